//! Measurements of continuations: the memory of a suspended one, the cost of a resume, the leftovers of dropped ones; and
//! situations that only a host can create, by calling back into WebAssembly.
//!
//! The large measurements run on request (release build): `cargo test --release --test stacks -- --ignored --nocapture
//! --test-threads 1`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;
use wasmoon::engine::{Config, Dispatch, Engine, Mode, OptLevel, Tier};
use wasmoon::interp;
use wasmoon::module::{FuncType, Module, ValType, WasmFeatures};
use wasmoon::runtime::store::{Abort, Extern, InstanceId, Limits, Store};
use wasmoon::runtime::sys::mmap::page_size;
use wasmoon::runtime::trap::TrapCode;
use wasmoon::runtime::value::{FuncRef, Val};

const MODULE: &str = r#"(module
  (type $f (func (param i32) (result i32)))
  (type $c (cont $f))
  (type $g (func))
  (type $cg (cont $g))
  (tag $y (param i32) (result i32))
  (tag $number (param i32))
  (table $all 0 (ref null $c))

  ;; Waits, a few frames deep, and says who it is.
  (func $waits (param $n i32) (result i32) (i32.add (call $deeper (local.get $n)) (i32.const 1)))
  (func $deeper (param $n i32) (result i32) (i32.add (suspend $y (i32.const 0)) (local.get $n)))
  (func $started (param $n i32) (result (ref null $c)) (local $k (ref null $c))
    (block $on (result i32 (ref $c))
      (drop (resume $c (on $y $on) (local.get $n) (cont.new $c (ref.func $waits))))
      (unreachable))
    (local.set $k)
    (drop)
    (local.get $k))
  (func (export "keep") (param $n i32) (local $i i32)
    (drop (table.grow $all (ref.null $c) (local.get $n)))
    (loop $next
      (table.set $all (local.get $i) (call $started (local.get $i)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
  ;; Resumes every one, and sums up what they say.
  (func (export "finish") (param $n i32) (result i64) (local $i i32) (local $sum i64)
    (loop $next
      (local.set $sum
        (i64.add (local.get $sum)
          (i64.extend_i32_u (resume $c (i32.const 1) (table.get $all (local.get $i))))))
      (table.set $all (local.get $i) (ref.null $c))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  ;; Goes deep, and waits there or back at the top.
  (func $sinks (param $n i32) (result i32) (call $deep (i32.const 2000) (i32.const 1)))
  (func $wades (param $n i32) (result i32)
    (drop (call $deep (i32.const 2000) (i32.const 0)))
    (suspend $y (i32.const 0)))
  (func $deep (param $n i32) (param $waits i32) (result i32)
    (if (result i32) (local.get $n)
      (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get $n) (i32.const 1)) (local.get $waits))))
      (else (if (result i32) (local.get $waits)
        (then (suspend $y (i32.const 0)))
        (else (i32.const 7))))))
  ;; Keeps as many as there is room for, until it traps; `kept` counts.
  (global $kept (export "kept") (mut i32) (i32.const 0))
  (func $fill (param $n i32) (param $f (ref $f)) (local $k (ref null $c))
    (drop (table.grow $all (ref.null $c) (local.get $n)))
    (global.set $kept (i32.const 0))
    (loop $next
      (block $on (result i32 (ref $c))
        (drop (resume $c (on $y $on) (local.get $n) (cont.new $c (local.get $f))))
        (unreachable))
      (local.set $k)
      (drop)
      (table.set $all (global.get $kept) (local.get $k))
      (global.set $kept (i32.add (global.get $kept) (i32.const 1)))
      (br_if $next (i32.lt_u (global.get $kept) (local.get $n)))))
  (func (export "sink") (param $n i32) (call $fill (local.get $n) (ref.func $sinks)))
  (func (export "wade") (param $n i32) (call $fill (local.get $n) (ref.func $wades)))
  (memory 0)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (table $t 0 externref)
  (func (export "grow table") (param i32) (result i32) (table.grow $t (ref.null extern) (local.get 0)))
  (type $bytes (array (mut i8)))
  (global $made (mut (ref null $bytes)) (ref.null $bytes))
  (func (export "make") (param i32) (result i32)
    (global.set $made (array.new_default $bytes (local.get 0)))
    (array.len (global.get $made)))
  (func (export "forget") (table.fill $all (i32.const 0) (ref.null $c) (table.size $all)))
  (func (export "drop") (param $n i32)
    (loop $next
      (drop (call $started (local.get $n)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;; Never started.
  (func (export "drop fresh") (param $n i32)
    (loop $next
      (drop (cont.new $c (ref.func $waits)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))

  (func $generator (local $n i32)
    (loop $next
      (suspend $number (local.get $n))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br $next)))
  (func (export "generate") (param $n i32) (result i64) (local $k (ref null $cg)) (local $sum i64)
    (local.set $k (cont.new $cg (ref.func $generator)))
    (loop $next
      (block $on (result i32 (ref $cg))
        (resume $cg (on $number $on) (local.get $k))
        (unreachable))
      (local.set $k)
      (local.set $sum (i64.add (i64.extend_i32_u) (local.get $sum)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (elem declare func $waits $generator $sinks $wades))"#;

fn decode(text: &str) -> Arc<Module> {
    let bytes = wat::parse_str(text).expect("a module");
    Arc::new(Module::new(&bytes, WasmFeatures::WASM3 | WasmFeatures::STACK_SWITCHING).expect("valid"))
}

/// The columns that support continuations.
fn columns() -> Vec<Config> {
    let interp = Config { mode: Mode::All(Tier::Interp), ..Config::default() };
    let mut all = vec![Config { dispatch: Some(Dispatch::Loop), ..interp.clone() }];
    if interp::CHAIN {
        all.push(Config { dispatch: Some(Dispatch::Chain), ..interp });
    }
    if cfg!(target_arch = "x86_64") {
        let jit = |opt| Config { mode: Mode::All(Tier::Jit), opt, ..Config::default() };
        all.extend([OptLevel::O0, OptLevel::O2].map(jit));
    }
    all
}

fn name(config: &Config) -> String {
    match config.mode {
        Mode::All(Tier::Jit) => format!("the JIT at {:?}", config.opt),
        _ => format!("the interpreter ({:?})", config.dispatch),
    }
}

struct Program {
    store: Store,
    instance: InstanceId,
}

/// Tests that measure the process run one at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(|e| e.into_inner())
}

impl Program {
    fn new(config: &Config, limits: Limits) -> Program {
        let engine = Engine::new(config.clone()).expect("an engine");
        let code = engine.compile(&decode(MODULE)).expect("compiles");
        let mut store = engine.store(limits);
        let instance = store.instantiate(code, &[]).expect("instantiates");
        Program { store, instance }
    }

    fn call(&mut self, name: &str, args: &[u32]) -> Result<Vec<Val>, Abort> {
        let args: Vec<Val> = args.iter().map(|&v| Val::I32(v)).collect();
        let function = function(&self.store, self.instance, name);
        self.store.call(function, &args)
    }
}

fn function(store: &Store, instance: InstanceId, name: &str) -> FuncRef {
    match store.export(instance, name) {
        Some(Extern::Func(f)) => f,
        other => panic!("{name}: {other:?}"),
    }
}

/// The address space of this process, and its resident memory, in bytes.
fn memory() -> [u64; 2] {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let mut pages = text.split(' ').map(|pages| pages.parse::<u64>().expect("a number"));
    std::array::from_fn(|_| pages.next().expect("numbers") * page_size() as u64)
}

fn resident() -> u64 {
    memory()[1]
}

/// Suspends `count` continuations, and returns the bytes that each takes; then finishes all of them.
fn weigh(config: &Config, count: u32) -> u64 {
    let limits = Limits { stacks: count + 1, ..Limits::default() };
    let mut program = Program::new(config, limits);
    let before = resident();
    program.call("keep", &[count]).expect("all are suspended");
    let each = resident().saturating_sub(before) / u64::from(count);
    assert_eq!(program.store.stacks(), count as usize);
    let sum: u64 = (0..u64::from(count)).map(|i| i + 2).sum();
    assert_eq!(program.call("finish", &[count]), Ok(vec![Val::I64(sum)]));
    assert_eq!(program.store.stacks(), 0);
    each
}

#[test]
fn a_suspended_continuation_takes_less_than_ten_kilobytes() {
    let _alone = alone();
    for config in columns() {
        // If guards are mappings, a process cannot have many more.
        let each = weigh(&config, 15_000);
        assert!(each < 10_000, "{each} bytes with {}", name(&config));
    }
}

#[test]
#[ignore = "takes 5 GB of memory"]
fn a_million_suspended_continuations() {
    let _alone = alone();
    for config in columns() {
        let start = Instant::now();
        let each = weigh(&config, 1_000_000);
        println!("{}: {each} bytes a continuation, {:?} in all", name(&config), start.elapsed());
        assert!(each < 10_000);
    }
}

#[test]
fn a_generator_is_resumed_many_times() {
    let _alone = alone();
    for config in columns() {
        let mut program = Program::new(&config, Limits::default());
        assert_eq!(program.call("generate", &[300_000]), Ok(vec![Val::I64(299_999 * 300_000 / 2)]));
        assert!(program.store.stacks() <= 1);
    }
}

#[test]
#[ignore = "takes some seconds in a release build, and minutes in others"]
fn a_generator_is_resumed_a_hundred_million_times() {
    let _alone = alone();
    for config in columns() {
        let mut program = Program::new(&config, Limits::default());
        let start = Instant::now();
        assert_eq!(program.call("generate", &[100_000_000]), Ok(vec![Val::I64(99_999_999 * 100_000_000 / 2)]));
        println!("{}: {:.1} ns a resume", name(&config), start.elapsed().as_secs_f64() * 10.0);
    }
}

#[test]
fn dropped_continuations_leave_nothing() {
    let _alone = alone();
    for config in columns() {
        let mut program = Program::new(&config, Limits::default());
        program.call("drop", &[20_000]).expect("room");
        let before = resident();
        let mut most = 0;
        for _ in 0..10 {
            program.call("drop", &[20_000]).expect("room");
            most = most.max(program.store.stacks());
        }
        program.call("drop fresh", &[2_000_000]).expect("room");
        let grown = resident().saturating_sub(before);
        assert!(most <= 4096, "{most} stacks");
        assert!(grown < 32 << 20, "{grown} bytes more after ten times as many");
        program.store.collect_garbage();
        assert_eq!(program.store.stacks(), 0);
    }
}

#[test]
fn the_limit_of_stacks_is_a_trap_and_what_is_forgotten_makes_room() {
    let _alone = alone();
    for config in columns() {
        let mut program = Program::new(&config, Limits { stacks: 100, ..Limits::default() });
        program.call("keep", &[100]).expect("within the limit");
        match program.call("drop", &[1]) {
            Err(Abort::Trap(trap)) => assert_eq!(trap.code, TrapCode::TooManyStacks),
            other => panic!("{other:?}"),
        }
        program.call("forget", &[]).expect("a call");
        program.call("drop", &[1000]).expect("room");
        assert!(program.store.stacks() <= 100);
    }
}

/// A resumed stack no longer counts towards the limit of bytes: as many as there is room for can be suspended and resumed
/// repeatedly.
#[test]
fn what_goes_on_makes_room() {
    const LIMIT: u64 = 4 << 20;
    let _alone = alone();
    for config in columns() {
        let mut program = Program::new(&config, Limits { total_bytes: LIMIT, ..Limits::default() });
        // Each holds at least a page.
        let rounds = 2 * LIMIT / (50 * page_size() as u64);
        for round in 0..rounds {
            program.call("keep", &[50]).unwrap_or_else(|e| panic!("{}, round {round}: {e}", name(&config)));
            program.call("finish", &[50]).expect("all of them wait");
        }
        assert_eq!(program.call("grow", &[50]), Ok(vec![Val::I32(0)]), "{}", name(&config));
    }
}

/// Waiting stacks count towards the limit of bytes with what they hold, not with what they once touched.
#[test]
fn stacks_are_in_the_limit_of_bytes() {
    const LIMIT: u64 = 8 << 20;
    let _alone = alone();
    for config in columns() {
        let mut program = Program::new(&config, Limits { total_bytes: LIMIT, ..Limits::default() });
        let before = resident();
        for round in 0..3 {
            for (name, least, most) in [("wade", 400, 2100), ("sink", 12, 250)] {
                match program.call(name, &[5000]) {
                    Err(Abort::Trap(trap)) => assert_eq!(trap.code, TrapCode::TooManyStacks),
                    other => panic!("{other:?}"),
                }
                let Some(Extern::Global(kept)) = program.store.export(program.instance, "kept") else { panic!("kept") };
                let Val::I32(kept) = program.store.global_get(kept) else { panic!("a number") };
                assert!((least..most).contains(&kept), "{name} with {}: {kept} in round {round}", self::name(&config));
                // The running stack and the pool may take additional memory.
                let taken = resident().saturating_sub(before);
                assert!(taken < LIMIT + (24 << 20), "{name} with {}: {taken} bytes", self::name(&config));
                program.call("forget", &[]).expect("a call");
            }
        }
        // Stacks suspended near their top hold little, although each has touched much: a memory may take the rest.
        program.call("wade", &[7]).expect("room");
        assert_eq!(program.call("grow", &[110]), Ok(vec![Val::I32(0)]), "{}", name(&config));
        assert_eq!(program.call("grow", &[20]), Ok(vec![Val::I32(u32::MAX)]), "{}", name(&config));
    }
}

/// Waiting stacks release unneeded memory for everything that a store may be given: declared memories and tables, those of the
/// embedder, and memories of other stores.
#[test]
fn waiting_stacks_make_room_for_declarations() {
    use wasmoon::module::{MemoryType, RefType, TableType};
    use wasmoon::runtime::value::Ref;
    const LIMIT: u64 = 8 << 20;
    const PAGES: u64 = 100;
    const ELEMENTS: u64 = 800_000;
    let _alone = alone();
    let config = &columns()[0];
    let shared =
        MemoryType { memory64: false, shared: true, initial: PAGES, maximum: Some(PAGES), page_size_log2: None };
    let memory = MemoryType { shared: false, ..shared };
    let table =
        TableType { element_type: RefType::FUNCREF, table64: false, initial: ELEMENTS, maximum: None, shared: false };
    let mut elsewhere = Program::new(config, Limits::default());
    let lent = [(); 2].map(|()| {
        let memory = elsewhere.store.new_memory(shared).expect("room");
        elsewhere.store.shared_memory(memory).expect("it is shared")
    });
    let declared = |store: &mut Store, text: &str| {
        let engine = Engine::new(config.clone()).expect("an engine");
        store.instantiate(engine.compile(&decode(text)).expect("compiles"), &[]).is_ok()
    };
    type Take<'a> = &'a dyn Fn(&mut Store, usize) -> bool;
    let takes: [(&str, Take<'_>); 5] = [
        ("a declared memory", &|store, _| declared(store, &format!("(module (memory {PAGES}))"))),
        ("a declared table", &|store, _| declared(store, &format!("(module (table {ELEMENTS} funcref))"))),
        ("a memory", &|store, _| store.new_memory(memory).is_ok()),
        ("a table", &|store, _| store.new_table(table, Ref::Null).is_ok()),
        ("a memory of another store", &|store, round| store.add_shared_memory(&lent[round]).is_ok()),
    ];
    for (what, take) in takes {
        let mut program = Program::new(config, Limits { total_bytes: LIMIT, ..Limits::default() });
        program.call("wade", &[7]).expect("room");
        assert!(take(&mut program.store, 0), "{what}");
        assert!(!take(&mut program.store, 1), "{what}, twice");
        program.call("forget", &[]).expect("a call");
    }
}

/// The same for what a program allocates while it runs.
#[test]
fn waiting_stacks_make_room_for_objects_and_growth() {
    const LIMIT: u64 = 8 << 20;
    let _alone = alone();
    for config in columns() {
        for (what, amount, done) in [("make", 6_000_000, 6_000_000), ("grow table", 700_000, 0), ("grow", 100, 0)] {
            let mut program = Program::new(&config, Limits { total_bytes: LIMIT, ..Limits::default() });
            program.call("wade", &[7]).expect("room");
            let what_with = format!("{what} with {}", name(&config));
            assert_eq!(program.call(what, &[amount]), Ok(vec![Val::I32(done)]), "{what_with}");
            match program.call(what, &[amount]) {
                Ok(values) => assert_eq!(values, [Val::I32(u32::MAX)], "{what_with}, twice"),
                Err(Abort::Trap(trap)) => assert_eq!(trap.code, TrapCode::AllocationTooLarge, "{what_with}, twice"),
                Err(other) => panic!("{what_with}, twice: {other}"),
            }
            program.call("forget", &[]).expect("a call");
        }
    }
}

#[test]
fn a_store_goes_with_what_is_suspended_in_it() {
    let _alone = alone();
    for config in columns() {
        let stores = |count: u32| {
            for _ in 0..count {
                let mut program = Program::new(&config, Limits::default());
                program.call("keep", &[300]).expect("room");
            }
            memory()
        };
        // The stacks of a store take 300 MiB of address space, and hold more than a MiB of memory.
        let before = stores(5);
        let after = stores(20);
        let [reserved, resident] = std::array::from_fn(|i| after[i].saturating_sub(before[i]));
        assert!(resident < 16 << 20, "{resident} bytes more with {}", name(&config));
        assert!(reserved < 300 << 20, "{reserved} bytes of address space more with {}", name(&config));
    }
}

/// `run` resumes a function that calls the host, which calls `inner`, which may suspend.
const HOST: &str = r#"(module
  (import "host" "call" (func $call (param i32) (result i32)))
  (type $f (func (param i32) (result i32)))
  (type $c (cont $f))
  (tag $y (param i32) (result i32))
  (func $asks (param i32) (result i32) (i32.add (call $call (local.get 0)) (i32.const 1000)))
  (func (export "run") (param i32) (result i32)
    (block $on (result i32 (ref $c))
      (return (resume $c (on $y $on) (local.get 0) (cont.new $c (ref.func $asks)))))
    (drop))
  ;; The host function itself as a continuation.
  (func (export "run host") (param i32) (result i32)
    (block $on (result i32 (ref $c))
      (return (resume $c (on $y $on) (local.get 0) (cont.new $c (ref.func $call)))))
    (drop))
  ;; After a call from the host has ended, all is as before: a continuation is captured.
  (func $asks_first (param i32) (result i32)
    (i32.add (call $call (i32.const 0)) (suspend $y (local.get 0))))
  (func (export "run after") (param i32) (result i32) (local $k (ref null $c))
    (block $on (result i32 (ref $c))
      (drop (resume $c (on $y $on) (local.get 0) (cont.new $c (ref.func $asks_first))))
      (unreachable))
    (local.set $k)
    (resume $c (i32.add (i32.const 30)) (local.get $k)))
  ;; 0: returns. 1: suspends, with a handler on the other side of the host. 2: the same with one of its own. 3: as 1, on a
  ;; stack of its own. 4: traps.
  (func (export "inner") (param $what i32) (result i32)
    (if (i32.eqz (local.get $what)) (then (return (i32.const 5))))
    (if (i32.eq (local.get $what) (i32.const 1)) (then (return (suspend $y (i32.const 6)))))
    (if (i32.eq (local.get $what) (i32.const 2))
      (then
        (block $on (result i32 (ref $c))
          (return (resume $c (on $y $on) (i32.const 7) (cont.new $c (ref.func $own)))))
        (drop)
        (return)))
    (if (i32.eq (local.get $what) (i32.const 3))
      (then (return (resume $c (i32.const 6) (cont.new $c (ref.func $own))))))
    (unreachable))
  (func $own (param i32) (result i32) (suspend $y (local.get 0)))
  ;; A suspended one that the host resumes from within another.
  (global $k (mut (ref null $c)) (ref.null $c))
  (func (export "suspend") (param i32)
    (block $on (result i32 (ref $c))
      (drop (resume $c (on $y $on) (local.get 0) (cont.new $c (ref.func $own))))
      (unreachable))
    (global.set $k)
    (drop))
  (func (export "resume") (param i32) (result i32) (resume $c (local.get 0) (global.get $k)))
  (elem declare func $asks $asks_first $own $call))"#;

#[test]
fn nothing_is_captured_across_a_host_function() {
    let _alone = alone();
    for config in columns() {
        let engine = Engine::new(config).expect("an engine");
        let mut store = engine.store(Limits::default());
        let inner: Rc<Cell<Option<FuncRef>>> = Rc::default();
        let callee = Rc::clone(&inner);
        let ty = FuncType::new([ValType::I32], [ValType::I32]);
        let host = store.new_host_func(
            "call",
            ty,
            Box::new(move |store, args| store.call(callee.get().expect("it is set by now"), args)),
        );
        let code = engine.compile(&decode(HOST)).expect("compiles");
        let instance = store.instantiate(code, &[Extern::Func(host)]).expect("instantiates");
        inner.set(Some(function(&store, instance, "inner")));
        for (run, more) in [("run", 1000), ("run host", 0)] {
            let run = function(&store, instance, run);
            let mut run = |what: u32| store.call(run, &[Val::I32(what)]);
            let trap = |result: Result<Vec<Val>, Abort>| match result {
                Err(Abort::Trap(trap)) => trap.code,
                other => panic!("{other:?}"),
            };
            assert_eq!(run(0), Ok(vec![Val::I32(5 + more)]));
            assert_eq!(trap(run(1)), TrapCode::UnhandledTag);
            assert_eq!(run(2), Ok(vec![Val::I32(7 + more)]));
            assert_eq!(trap(run(3)), TrapCode::UnhandledTag);
            assert_eq!(trap(run(4)), TrapCode::Unreachable);
        }
        let after = function(&store, instance, "run after");
        assert_eq!(store.call(after, &[Val::I32(4)]), Ok(vec![Val::I32(39)]));
        store.check_invariants().unwrap();
        // A continuation suspended on the first stack is resumed on another continuation's stack, below frames of a host
        // function.
        let suspend = function(&store, instance, "suspend");
        store.call(suspend, &[Val::I32(1)]).expect("suspends");
        inner.set(Some(function(&store, instance, "resume")));
        let run = function(&store, instance, "run");
        assert_eq!(store.call(run, &[Val::I32(8)]), Ok(vec![Val::I32(1008)]));
        store.collect_garbage();
        assert_eq!(store.stacks(), 0);
    }
}

const REFUSED: &str = r#"(module
  (type $g (func))
  (type $c (cont $g))
  (tag $wait)
  (import "host" "call" (func $call))
  (global $kept (mut (ref null $c)) (ref.null $c))
  (func $nothing)
  (func (export "start another") (resume $c (cont.new $c (ref.func $nothing))))
  (func $asks (call $call) (suspend $wait))
  (func (export "run")
    (block $on (result (ref $c))
      (resume $c (on $wait $on) (cont.new $c (ref.func $asks)))
      (unreachable))
    (global.set $kept))
  (func (export "finish") (resume $c (global.get $kept)))
  (elem declare func $nothing $asks))"#;

/// Before a stack starts another, it is charged as a waiting one. If the other is over the limit, and a host function catches the
/// trap, the first goes on. When it waits later, it must not be charged a second time.
#[test]
fn a_refused_stack_costs_its_parent_nothing() {
    let _alone = alone();
    for config in columns() {
        let name = name(&config);
        let engine = Engine::new(config).expect("an engine");
        let mut store = engine.store(Limits { stacks: 1, ..Limits::default() });
        let inner: Rc<Cell<Option<FuncRef>>> = Rc::default();
        let callee = Rc::clone(&inner);
        let host = store.new_host_func(
            "call",
            FuncType::new([], []),
            Box::new(move |store, _| match store.call(callee.get().expect("it is set by now"), &[]) {
                Err(Abort::Trap(trap)) if trap.code == TrapCode::TooManyStacks => Ok(vec![]),
                other => panic!("{other:?}"),
            }),
        );
        let code = engine.compile(&decode(REFUSED)).expect("compiles");
        let instance = store.instantiate(code, &[Extern::Func(host)]).expect("instantiates");
        inner.set(Some(function(&store, instance, "start another")));
        for export in ["run", "finish", "run", "finish"] {
            let called = store.call(function(&store, instance, export), &[]);
            assert_eq!(called, Ok(vec![]), "{export} with {name}");
            store.check_invariants().unwrap_or_else(|e| panic!("{export} with {name}: {e}"));
        }
    }
}

/// A host function called by a continuation runs on the continuation's stack. So do its calls in another store, which have the
/// rest of that stack, and not the rest of the thread's.
#[test]
fn another_store_has_the_rest_of_a_continuations_stack() {
    let _alone = alone();
    const DEEP: &str = r#"(module (func $deep (export "deep") (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 7)))))"#;
    let run = || {
        for config in columns() {
            let name = name(&config);
            let engine = Engine::new(config).expect("an engine");
            let mut other = engine.store(Limits { native_stack_bytes: usize::MAX, ..Limits::default() });
            let instance = other.instantiate(engine.compile(&decode(DEEP)).expect("compiles"), &[]).expect("links");
            let deep = function(&other, instance, "deep");
            let other = Rc::new(RefCell::new(other));
            let goes_deep = {
                let other = Rc::clone(&other);
                move || {
                    let mut other = other.borrow_mut();
                    assert_eq!(other.call(deep, &[Val::I32(100)]), Ok(vec![Val::I32(7)]), "{name}");
                    match other.call(deep, &[Val::I32(u32::MAX)]) {
                        Err(Abort::Trap(trap)) => assert_eq!(trap.code, TrapCode::CallStackExhausted, "{name}"),
                        result => panic!("{result:?} with {name}"),
                    }
                }
            };
            let called = goes_deep.clone();
            let mut store = engine.store(Limits::default());
            let host = store.new_host_func(
                "call",
                FuncType::new([], []),
                Box::new(move |_, _| {
                    called();
                    Ok(vec![])
                }),
            );
            let code = engine.compile(&decode(REFUSED)).expect("compiles");
            let instance = store.instantiate(code, &[Extern::Func(host)]).expect("instantiates");
            goes_deep();
            for export in ["run", "finish"] {
                assert_eq!(store.call(function(&store, instance, export), &[]), Ok(vec![]));
            }
            goes_deep();
        }
    };
    // The order of the stacks of threads and continuations in memory is up to the system.
    run();
    std::thread::Builder::new().stack_size(16 << 20).spawn(run).expect("a thread").join().expect("no panic");
}

/// A continuation resumed by another store is not on the stack of a store whose host function waits for it. The first store, used
/// from there, keeps the objects that its code holds when it collects, and refuses calls; it goes on when it is back on its own
/// stack.
#[test]
fn a_continuation_of_another_store_is_not_on_a_stores_own_stack() {
    let _alone = alone();
    const HOLDS: &str = r#"(module
      (type $s (struct (field i64)))
      (import "host" "call" (func $call))
      (func (export "called"))
      (func (export "run") (param $n i64) (result i64) (local $s (ref $s))
        (local.set $s (struct.new $s (local.get $n)))
        (call $call)
        (struct.get $s 0 (local.get $s))))"#;
    let run = || {
        for config in columns() {
            let name = name(&config);
            let engine = Engine::new(config).expect("an engine");
            let mut other = engine.store(Limits::default());
            // The store lent to a host function while it waits for the other store.
            let lent = Rc::new(RefCell::new(engine.store(Limits::default())));
            let called: Rc<Cell<Option<FuncRef>>> = Rc::default();
            let (waits, callee, column) = (Rc::clone(&lent), Rc::clone(&called), name.clone());
            let innermost = other.new_host_func(
                "call",
                FuncType::new([], []),
                Box::new(move |_, _| {
                    let mut store = waits.borrow_mut();
                    store.collect_garbage();
                    // Objects of the same size, in place of freed ones.
                    for n in 0..100 {
                        store.new_extern(n);
                    }
                    match store.call(callee.get().expect("it is set by now"), &[]) {
                        Err(Abort::Trap(trap)) => assert_eq!(trap.code, TrapCode::CallStackExhausted, "{column}"),
                        result => panic!("{result:?} with {column}"),
                    }
                    Ok(vec![])
                }),
            );
            let code = engine.compile(&decode(REFUSED)).expect("compiles");
            let instance = other.instantiate(code, &[Extern::Func(innermost)]).expect("links");
            let resumes = function(&other, instance, "run");
            let other = RefCell::new(other);
            let mut store = engine.store(Limits::default());
            let (callee, column) = (Rc::clone(&called), name.clone());
            let outermost = store.new_host_func(
                "call",
                FuncType::new([], []),
                Box::new(move |store, _| {
                    std::mem::swap(store, &mut *lent.borrow_mut());
                    let resumed = other.borrow_mut().call(resumes, &[]);
                    std::mem::swap(store, &mut *lent.borrow_mut());
                    assert_eq!(resumed, Ok(vec![]), "{column}");
                    store.call(callee.get().expect("it is set by now"), &[])
                }),
            );
            let code = engine.compile(&decode(HOLDS)).expect("compiles");
            let instance = store.instantiate(code, &[Extern::Func(outermost)]).expect("links");
            called.set(Some(function(&store, instance, "called")));
            let holds = function(&store, instance, "run");
            for n in [7, u64::MAX] {
                assert_eq!(store.call(holds, &[Val::I64(n)]), Ok(vec![Val::I64(n)]), "{name}");
                store.check_invariants().unwrap_or_else(|e| panic!("{e} with {name}"));
            }
        }
    };
    // The order of the stacks of threads and continuations in memory is up to the system.
    run();
    std::thread::Builder::new().stack_size(16 << 20).spawn(run).expect("a thread").join().expect("no panic");
}

#[test]
fn a_panic_of_the_host_comes_through() {
    let _alone = alone();
    for config in columns() {
        let engine = Engine::new(config).expect("an engine");
        let mut store = engine.store(Limits::default());
        let ty = FuncType::new([ValType::I32], [ValType::I32]);
        let host = store.new_host_func("call", ty, Box::new(|_, _| panic!("the host gives up")));
        let code = engine.compile(&decode(HOST)).expect("compiles");
        let instance = store.instantiate(code, &[Extern::Func(host)]).expect("instantiates");
        for name in ["run", "run host"] {
            let run = function(&store, instance, name);
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| store.call(run, &[Val::I32(0)])));
            let payload = result.expect_err("it panics");
            assert_eq!(payload.downcast_ref::<&str>(), Some(&"the host gives up"));
            assert_eq!(store.stacks(), 0);
        }
        let inner = function(&store, instance, "inner");
        assert_eq!(store.call(inner, &[Val::I32(2)]), Ok(vec![Val::I32(7)]));
    }
}

#[test]
fn a_trap_names_the_frames_of_all_stacks() {
    let _alone = alone();
    const NESTED: &str = r#"(module
      (type $f (func)) (type $c (cont $f))
      (func $innermost (unreachable))
      (func $inner (call $innermost))
      (func $middle (resume $c (cont.new $c (ref.func $inner))))
      (func $outer (export "run") (resume $c (cont.new $c (ref.func $middle))))
      (elem declare func $inner $middle))"#;
    for config in columns() {
        let engine = Engine::new(config).expect("an engine");
        let mut store = engine.store(Limits::default());
        let code = engine.compile(&decode(NESTED)).expect("compiles");
        let instance = store.instantiate(code, &[]).expect("instantiates");
        let run = function(&store, instance, "run");
        let Err(Abort::Trap(trap)) = store.call(run, &[]) else { panic!("it traps") };
        let names: Vec<&str> = trap.backtrace.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["innermost", "inner", "middle", "outer"]);
    }
}

#[test]
fn interrupts_are_seen_on_every_stack() {
    let _alone = alone();
    const FOREVER: &str = r#"(module
      (type $f (func)) (type $c (cont $f)) (tag $y) (tag $e)
      (func $loops (loop $l (br $l)))
      (func $yields (loop $l (suspend $y) (br $l)))
      (func (export "inside") (resume $c (cont.new $c (ref.func $loops))))
      (func (export "between")
        (cont.new $c (ref.func $yields))
        (loop $on (param (ref $c)) (resume $c (on $y $on))))
      ;; Goes back to its head by a catch clause, into a fresh one and into one that waits.
      (func (export "thrown")
        (loop $l (try_table (catch $e $l) (resume_throw $c $e (cont.new $c (ref.func $yields))))))
      (func (export "thrown inside")
        (loop $l
          (try_table (catch $e $l)
            (block $on (result (ref $c)) (resume $c (on $y $on) (cont.new $c (ref.func $yields))) (return))
            (resume_throw $c $e))))
      (elem declare func $loops $yields))"#;
    for config in columns() {
        let engine = Engine::new(config).expect("an engine");
        for name in ["inside", "between", "thrown", "thrown inside"] {
            let mut store = engine.store(Limits::default());
            let code = engine.compile(&decode(FOREVER)).expect("compiles");
            let instance = store.instantiate(code, &[]).expect("instantiates");
            let handle = store.interrupt_handle();
            let stopper = std::thread::spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(50));
                handle.interrupt();
            });
            let run = function(&store, instance, name);
            let Err(Abort::Trap(trap)) = store.call(run, &[]) else { panic!("it is interrupted") };
            assert_eq!(trap.code, TrapCode::Interrupt);
            stopper.join().expect("it ends");
            // The store remains usable.
            let handle = store.interrupt_handle();
            assert!(!handle.is_requested());
        }
    }
}
