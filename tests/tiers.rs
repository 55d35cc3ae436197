//! Functions that start in the interpreter and continue in compiled code: when and where they are replaced, and that results,
//! traps and traces do not show it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use wasmoon::config::profile::{FunctionProfile, Profile, Seen};
use wasmoon::engine::{CompileError, CompileLimits, Config, Engine, Mode, Tier, module_hash};
use wasmoon::module::{BodyIndex, Module, ReadLimits, WasmFeatures};
use wasmoon::runtime::observe::tracer::Tracer;
use wasmoon::runtime::store::{Abort, Code, Extern, InstanceId, Limits, Store, Trap};
use wasmoon::runtime::trap::TrapCode;
use wasmoon::runtime::value::Val;

const MODULE: &str = r#"(module
  (import "host" "yield" (func $yield))
  (func $plus (param $a i32) (param $b i32) (result i32) (i32.add (local.get $a) (local.get $b)))
  (func (export "loop") (param $n i32) (result i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 3)) (local.get $n)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
  (func (export "calls") (param $n i32) (result i32) (local $s i32)
    (loop $l
      (local.set $s (call $plus (local.get $s) (local.get $n)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
  (func $short (export "short") (param $n i32) (result i32) (local $s i32) (local $i i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (local.get $n)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))))
    (local.get $s))
  (func $inner (param $n i32) (local $i i32)
    (loop $l
      (if (i32.eq (local.get $i) (local.get $n)) (then (unreachable)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $l)))
  (func $middle (param $n i32) (call $inner (local.get $n)))
  (func (export "trap") (param $n i32) (call $middle (local.get $n)))
  (func (export "alone") (param $n i32) (local $i i32)
    (loop $l
      (if (i32.eq (local.get $i) (local.get $n)) (then (unreachable)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $l))))"#;

fn encode(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("a module")
}

fn decode(text: &str) -> Arc<Module> {
    Arc::new(Module::new(&encode(text), WasmFeatures::all()).expect("valid"))
}

fn config(mode: Mode, compile_threads: u8) -> Config {
    Config { mode, compile_threads: Some(compile_threads), verify: true, poison: true, ..Config::default() }
}

const PLAIN: Mode = Mode::Tiered { seed: None };

struct Instance {
    store: Store,
    id: InstanceId,
}

impl Instance {
    fn new(engine: &Engine, code: &Arc<dyn Code>) -> Instance {
        let mut store = engine.store(Limits::default());
        let ty = wasmoon::module::FuncType::new([], []);
        let host = store.new_host_func("yield", ty, Box::new(|_, _| Ok(Vec::new())));
        let imports = if code.module().num_imported_functions > 0 { vec![Extern::Func(host)] } else { Vec::new() };
        let id = store.instantiate(Arc::clone(code), &imports).expect("links");
        Instance { store, id }
    }

    fn of(text: &str, config: Config) -> Instance {
        let engine = Engine::new(config).expect("a configuration");
        Instance::new(&engine, &engine.compile(&decode(text)).expect("supported"))
    }

    fn call(&mut self, name: &str, n: u32) -> Result<Vec<Val>, Abort> {
        let Some(Extern::Func(func)) = self.store.export(self.id, name) else { panic!("no function {name}") };
        self.store.call(func, &[Val::I32(n)])
    }

    fn number(&mut self, name: &str, n: u32) -> u32 {
        match self.call(name, n).expect("returns")[..] {
            [Val::I32(value)] => value,
            ref other => panic!("{other:?}"),
        }
    }

    fn trap(&mut self, name: &str, n: u32) -> Trap {
        match self.call(name, n) {
            Err(Abort::Trap(trap)) => trap,
            other => panic!("{other:?}"),
        }
    }
}

fn interpreted(name: &str, n: u32) -> u32 {
    Instance::of(MODULE, config(Mode::All(Tier::Interp), 0)).number(name, n)
}

#[test]
fn a_loop_that_goes_on_is_replaced_in_its_middle() {
    let mut instance = Instance::of(MODULE, config(PLAIN, 0));
    assert_eq!(instance.number("loop", 100), interpreted("loop", 100));
    assert_eq!(instance.store.replacements(), [0, 0], "100 times is little");
    assert_eq!(instance.number("loop", 100_000), interpreted("loop", 100_000));
    assert_eq!(instance.store.replacements(), [0, 1]);
    // The entry is still interpreted, and requests compilation at once.
    assert_eq!(instance.number("loop", 5000), interpreted("loop", 5000));
    assert_eq!(instance.store.replacements(), [1, 1]);
}

#[test]
fn a_function_that_is_called_again_and_again_is_replaced_at_its_entry() {
    let mut instance = Instance::of(MODULE, config(PLAIN, 0));
    for n in 0..3000 {
        assert_eq!(instance.number("short", n), n * 10);
    }
    assert_eq!(instance.store.replacements()[1], 0, "its loop ends too soon to be worth it");
    let before = instance.store.counters();
    instance.number("short", 1);
    let after = instance.store.counters();
    assert_eq!((after.0 - before.0, after.1 - before.1), (0, 1), "native code alone");
}

#[test]
fn callees_are_replaced_beside_their_callers() {
    let mut instance = Instance::of(MODULE, config(PLAIN, 0));
    assert_eq!(instance.number("calls", 100_000), interpreted("calls", 100_000));
    assert_eq!(instance.store.replacements(), [1, 1]);
}

/// Enough operators without effect that the body is compiled on a background thread.
fn padding() -> String {
    "nop ".repeat(5000)
}

#[test]
fn code_comes_from_the_background() {
    for threads in [1, 2, 3] {
        let text = MODULE.replace("(loop $l", &format!("{} (loop $l", padding()));
        let mut instance = Instance::of(&text, config(PLAIN, threads));
        let n = 30_000_000;
        let mut tries = 0;
        while instance.store.replacements()[1] == 0 {
            tries += 1;
            assert!(tries < 100, "3 000 000 000 passings, and no code");
            instance.number("loop", n);
        }
        assert_eq!(instance.number("loop", 1000), interpreted("loop", 1000));
    }
}

/// Small functions are compiled immediately on the requesting thread, so nothing here depends on when a thread runs.
#[test]
fn what_is_small_is_compiled_by_who_asks() {
    let mut instance = Instance::of(MODULE, config(PLAIN, 1));
    assert_eq!(instance.number("loop", 1400), interpreted("loop", 1400));
    assert_eq!(instance.store.replacements(), [0, 0], "too few asks for anything to be compiled");
    assert_eq!(instance.number("loop", 100_000), interpreted("loop", 100_000));
    assert_eq!(instance.store.replacements(), [0, 1]);
    assert_eq!(instance.number("calls", 100_000), interpreted("calls", 100_000));
    assert_eq!(instance.store.replacements(), [1, 2]);
}

/// A loop was requested and ended before any thread started; the next one waits for its code, and has to start the threads or
/// compile both itself.
#[test]
fn a_loop_behind_one_that_was_requested_is_replaced() {
    let text = |padding: &str| {
        format!(
            r#"(module
      (func (export "f") (param $n i32) (result i32) (local $s i32) (local $i i32)
        {padding}
        (loop $short
          (local.set $s (i32.add (local.get $s) (local.get $i)))
          (br_if $short (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1020))))
        (loop $long
          (local.set $s (i32.xor (i32.rotl (local.get $s) (i32.const 1)) (local.get $n)))
          (br_if $long (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $s)))"#
        )
    };
    let replaced = (0..20).any(|_| {
        let mut instance = Instance::of(&text(&padding()), config(PLAIN, 1));
        instance.number("f", 30_000_000);
        instance.store.replacements()[1] > 0
    });
    assert!(replaced, "600 000 000 passings, and no code");
    let mut small = Instance::of(&text(""), config(PLAIN, 1));
    small.number("f", 100_000);
    assert_eq!(small.store.replacements(), [0, 1]);
}

/// The compiler threads end with their engine, whatever is left to compile.
#[test]
fn an_engine_may_go_while_it_compiles() {
    let functions: String = (0..200)
        .map(|i| format!("(func (export \"f{i}\") (param i32) (result i32) (local.get 0) {})", "(i32.eqz)".repeat(200)))
        .collect();
    let module = decode(&format!("(module {functions})"));
    for _ in 0..20 {
        let engine = Engine::new(config(Mode::Tiered { seed: Some(1) }, 2)).expect("a configuration");
        let mut instance = Instance::new(&engine, &engine.compile(&module).expect("supported"));
        drop(engine);
        for i in 0..200 {
            assert_eq!(instance.number(&format!("f{i}"), 7), 1);
        }
    }
}

/// Compiled code calls traced functions through records, including itself and functions that were compiled before.
#[test]
fn a_trace_has_the_calls_of_compiled_functions() {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let module = decode(
        r#"(module
          (func $one (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)))
          (func $f (export "f") (param i32) (result i32)
            (if (result i32) (local.get 0)
              (then (i32.add (i32.const 1) (call $f (call $one (local.get 0)))))
              (else (i32.const 0)))))"#,
    );
    let traced = |mode| {
        let engine = Engine::new(Config { trace_calls: true, ..config(mode, 0) }).expect("a configuration");
        let mut store = engine.store(Limits::default());
        let lines = Lines::default();
        store.trace(Tracer::new(Box::new(lines.clone()), Box::new(|_, _| true), Vec::new()));
        let id = store.instantiate(engine.compile(&module).expect("supported"), &[]).expect("links");
        let mut instance = Instance { store, id };
        (0..20).for_each(|n| assert_eq!(instance.number("f", n), n));
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).expect("text");
        (text, instance.store.replacements()[0])
    };
    let (interpreted, _) = traced(Mode::All(Tier::Interp));
    // `f` is entered n + 1 times, and the other function n times; each call and each return has a line.
    assert_eq!(interpreted.lines().count(), 2 * (0..20).map(|n| 2 * n + 1).sum::<usize>(), "{interpreted}");
    for mode in [0, 1, 2, 9].map(|after| Mode::Replaced { after, at_loops: false }) {
        let (lines, replaced) = traced(mode);
        assert!(replaced > 0, "{mode:?}");
        assert_eq!(lines.replace("[jit]", "[interp]"), interpreted.replace("[jit]", "[interp]"), "{mode:?}");
    }
}

/// Compiling on the requesting thread needs stack space when the program may have used up its own.
#[test]
fn functions_are_compiled_where_the_stack_ends() {
    const BODIES: usize = 40;
    let nested = |open: &str, inner: &str, n: usize| format!("{}{inner}{}", open.repeat(n), ")".repeat(n));
    for body in [
        nested("(block ", "(br_if 0 (local.get 0))", 1300),
        nested("(loop (br_if 0 (i32.eqz (local.get 0)))", "", 300),
        nested("(if (local.get 0) (then (local.set 0 (i32.const 1))) (else ", "", 250) + &")".repeat(250),
        format!("(drop {})", nested("(i32.add (local.get 0) ", "(local.get 0)", 900)),
    ] {
        let bodies: String = (0..BODIES)
            .map(|i| format!("(func $f{i} (type $t) {body} (i32.const {i}))"))
            .chain(["(elem (i32.const 0) func ".to_string()])
            .chain((0..BODIES).map(|i| format!("$f{i} ")))
            .collect();
        let text = format!(
            r#"(module (type $t (func (param i32) (result i32))) (table {BODIES} funcref) {bodies})
              (func $r (export "r") (param $n i32) (param $f i32) (result i32)
                (if (result i32) (local.get $n)
                  (then (i32.add (i32.const 100) (call $r (i32.sub (local.get $n) (i32.const 1)) (local.get $f))))
                  (else (call_indirect (type $t) (i32.const 7) (local.get $f))))))"#
        );
        // Here, everything is compiled when it is called.
        let mode = Mode::Replaced { after: 0, at_loops: false };
        let mut instance = Instance::of(&text, config(mode, 0));
        let Some(Extern::Func(r)) = instance.store.export(instance.id, "r") else { panic!("no function") };
        // Finds the largest depth at which a function can be called; each function is first called at that depth.
        let (mut returns, mut exhausts, mut f, mut compiled) = (0, 1 << 24, 0, 0);
        while exhausts - returns > 1 {
            let n = (returns + exhausts) / 2;
            match instance.store.call(r, &[Val::I32(n), Val::I32(f)]) {
                Ok(values) => {
                    assert_eq!(values, [Val::I32(100 * n + f)]);
                    (returns, compiled) = (n, f);
                }
                Err(Abort::Trap(trap)) if trap.code == TrapCode::CallStackExhausted => exhausts = n,
                Err(other) => panic!("{other:?}"),
            }
            f += 1;
        }
        assert!(returns > 1000, "{returns}");
        assert!(instance.store.replacements()[0] > 5, "{:?}", instance.store.replacements());
        // The depth counts native frames: no others are left.
        let before = instance.store.counters();
        let values = instance.store.call(r, &[Val::I32(returns), Val::I32(compiled)]).expect("as before");
        assert_eq!(values, [Val::I32(100 * returns + compiled)]);
        let after = instance.store.counters();
        assert_eq!((after.0 - before.0, after.1 - before.1), (0, 1));
    }
}

/// Compiled code that continues at a loop takes the interpreter's locals as arguments, which are placed after the caller's frame.
/// That frame may end far beyond the one of the looping function: if there is no room for them, the function continues in the
/// interpreter.
#[test]
fn a_loop_goes_on_interpreted_where_its_locals_find_no_room() {
    const SLOTS: usize = 1000;
    const LOCALS: usize = 200;
    let text = format!(
        r#"(module
          (func $wide (param {params}) (result i32) (i32.const 0))
          (func $loops (param $n i32) (result i32) (local $i i32) (local {locals})
            (loop $next
              (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
            (i32.add (local.get $n) (local.get $i)))
          ;; Its frame is large for what it never does.
          (func $large (param $n i32) (result i32)
            (if (i32.eqz (local.get $n)) (then {args}{args} (call $wide) (drop) {drops}))
            (i32.add (call $loops (local.get $n)) (i32.const 100)))
          (func $deep (export "deep") (param $n i32) (result i32)
            (if (result i32) (local.get $n)
              (then (call $deep (i32.sub (local.get $n) (i32.const 1))))
              (else (call $large (i32.const 7))))))"#,
        params = "i32 ".repeat(SLOTS),
        locals = "i32 ".repeat(LOCALS),
        args = "(local.get $n)".repeat(SLOTS),
        drops = "(drop)".repeat(SLOTS),
    );
    let engine = Engine::new(config(Mode::Replaced { at_loops: true, after: 0 }, 0)).expect("a configuration");
    let code = engine.compile(&decode(&text)).expect("supported");
    let mut store = engine.store(Limits { value_stack_bytes: 64 << 10, ..Limits::default() });
    let id = store.instantiate(code, &[]).expect("links");
    let mut instance = Instance { store, id };
    let (mut replaced, mut interpreted, mut exhausted) = (0, 0, 0);
    for n in 0..1500 {
        let before = instance.store.counters().1;
        match instance.call("deep", n) {
            Ok(values) => {
                assert_eq!((values, exhausted), (vec![Val::I32(110)], 0), "{n}");
                let here = instance.store.counters().1 > before;
                assert!(!here || interpreted == 0, "{n}: there is room deeper in the stack");
                *(if here { &mut replaced } else { &mut interpreted }) += 1;
            }
            Err(Abort::Trap(trap)) if trap.code == TrapCode::CallStackExhausted => exhausted += 1,
            Err(other) => panic!("{n}: {other:?}"),
        }
    }
    let counts = [replaced, interpreted, exhausted];
    assert!(
        counts.iter().all(|n| *n > 10),
        "{replaced} times compiled, {interpreted} interpreted, {exhausted} exhausted"
    );
}

/// A loop is replaced if the arguments of its code fit near the end of the stack; otherwise its function is interpreted to its
/// end, and does not count as replaced. The program observes the same at each depth.
#[test]
fn loops_are_replaced_where_the_stack_ends() {
    const LEAVES: usize = 40;
    // Leaf functions with increasing numbers of locals, all more than a frame of `r` has slots: one of them ends exactly at the
    // end of the stack.
    let leaf = |i: usize, results: usize| {
        format!(
            r#"(func $f{i} (type $t) (param $n i32) (result{}) (local $x i64) (local $i i32) (local{})
                 (loop $l (local.set $x (i64.add (local.get $x) (i64.extend_i32_u (local.get $i))))
                   (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
                 {})"#,
            " i64".repeat(results),
            " i64".repeat(900 + i),
            "(local.get $x)".repeat(results)
        )
    };
    for results in [1, 400, 990] {
        let leaves: String = (0..LEAVES).map(|i| leaf(i, results)).collect();
        let names: String = (0..LEAVES).map(|i| format!("$f{i} ")).collect();
        let text = format!(
            r#"(module (type $t (func (param i32) (result{}))) (table {LEAVES} funcref) (elem (i32.const 0) func {names}) {leaves}
              (func $r (export "r") (param $n i32) (param $f i32) (param $rounds i32) (result i64)
                (if (result i64) (local.get $n)
                  (then (call $r (i32.sub (local.get $n) (i32.const 1)) (local.get $f) (local.get $rounds)))
                  (else (call_indirect (type $t) (local.get $rounds) (local.get $f)) {}))))"#,
            " i64".repeat(results),
            "(drop)".repeat(results - 1)
        );
        let module = decode(&text);
        // The outcome, and how often compiled code was entered at a loop.
        let call = |mode, n: u32, leaf: usize| {
            let engine = Engine::new(config(mode, 0)).expect("a configuration");
            let mut instance = Instance::new(&engine, &engine.compile(&module).expect("supported"));
            let Some(Extern::Func(r)) = instance.store.export(instance.id, "r") else { panic!("no function") };
            let mut call = |n, rounds| instance.store.call(r, &[Val::I32(n), Val::I32(leaf as u32), Val::I32(rounds)]);
            // It is translated while there is room: a first call takes a little more.
            assert_eq!(call(0, 1).expect("room"), [Val::I64(0)]);
            let outcome = match call(n, 20) {
                Ok(values) => Ok(values),
                Err(Abort::Trap(trap)) => Err(trap.code),
                Err(other) => panic!("{other:?}"),
            };
            let entered = instance.store.counters().1;
            assert_eq!(instance.store.replacements(), [0, entered], "depth {n}, leaf {leaf}");
            (outcome, entered)
        };
        let interpreted = |n, leaf| call(Mode::All(Tier::Interp), n, leaf).0;
        let (mut returns, mut exhausts) = (0, 1 << 20);
        while exhausts - returns > 1 {
            let n = (returns + exhausts) / 2;
            *if interpreted(n, 0).is_ok() { &mut returns } else { &mut exhausts } = n;
        }
        let (mut replaced, mut exhausted) = (0, 0);
        for leaf in 0..LEAVES {
            let (outcome, entered) = call(Mode::Replaced { after: 10, at_loops: true }, returns, leaf);
            assert_eq!(outcome, interpreted(returns, leaf), "leaf {leaf} of {results} results");
            match (outcome, entered) {
                (Ok(values), entered) => {
                    assert_eq!(values, [Val::I64(190)]);
                    replaced += entered;
                }
                (Err(code), 0) => {
                    assert_eq!(code, TrapCode::CallStackExhausted);
                    exhausted += 1;
                }
                (Err(_), _) => panic!("a leaf that was entered returns"),
            }
        }
        // The frames of `r` are larger if there are many results.
        assert!(
            replaced > 0 && (exhausted > 0 || results > 1),
            "{results} results: {exhausted} exhausted, {replaced} replaced"
        );
    }
}

#[test]
fn instances_share_what_was_compiled() {
    let engine = Engine::new(config(PLAIN, 0)).expect("a configuration");
    let code = engine.compile(&decode(MODULE)).expect("supported");
    let mut first = Instance::new(&engine, &code);
    (0..3000).for_each(|n| assert_eq!(first.number("short", n), n * 10));
    let mut second = Instance::new(&engine, &code);
    assert_eq!(second.number("short", 4), 40);
    assert_eq!((second.store.counters(), second.store.replacements()), ((0, 1), [0, 0]), "native from the first call");
    // Interpreted in one instance when another has had it compiled.
    let mut third = Instance::new(&engine, &code);
    third.number("calls", 10);
    first.number("calls", 100_000);
    third.number("calls", 5000);
    assert_eq!(third.number("calls", 5000), interpreted("calls", 5000));
    assert!(third.store.replacements()[0] > 0);
}

#[test]
fn backtraces_tell_nothing_of_tiers() {
    let frames =
        |trap: &Trap| trap.backtrace.iter().map(|frame| (frame.function, frame.module_offset)).collect::<Vec<_>>();
    for (name, depth) in [("trap", 3), ("alone", 1)] {
        let expected = Instance::of(MODULE, config(Mode::All(Tier::Interp), 0)).trap(name, 5000);
        assert_eq!(expected.backtrace.len(), depth);
        for mode in (0..12).map(|seed| Mode::Tiered { seed: Some(seed) }).chain([PLAIN]) {
            let mut instance = Instance::of(MODULE, config(mode, 0));
            let trap = instance.trap(name, 5000);
            assert_eq!((trap.code, frames(&trap)), (expected.code, frames(&expected)), "{name} with {mode:?}");
            assert_ne!(instance.store.replacements(), [0, 0], "{name} with {mode:?}");
            // Frames that were left are gone.
            let again = instance.trap(name, 5000);
            assert_eq!(frames(&again), frames(&expected), "{name} with {mode:?}");
        }
    }
}

/// With more locals than compiled code can take over, the frame stays interpreted, and the next call may be compiled.
#[test]
fn what_cannot_be_replaced_is_interpreted_to_its_end() {
    let locals = "(local i64)".repeat(1001);
    let text = format!(
        "(module (func (export \"f\") (param $n i32) (result i32) {locals} (local $s i32)
           (loop $l
             (local.set $s (i32.add (local.get $s) (local.get $n)))
             (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
           (local.get $s)))"
    );
    for mode in (0..6).map(|seed| Mode::Tiered { seed: Some(seed) }).chain([PLAIN]) {
        let mut instance = Instance::of(&text, config(mode, 0));
        for _ in 0..5 {
            assert_eq!(instance.number("f", 3000), 3000 * 3001 / 2, "{mode:?}");
        }
        assert_eq!(instance.store.replacements()[1], 0, "{mode:?}");
    }
}

/// A function over the interpreter's limits is compiled at its first call.
#[test]
fn what_the_interpreter_cannot_translate_is_compiled() {
    let text = format!(
        "(module (func (export \"f\") (param $n i32) (result i32) {} (i32.add (local.get $n) (i32.const 1))))",
        "(local v128)".repeat(40_000)
    );
    let mut instance = Instance::of(&text, Config { mode: PLAIN, ..Config::default() });
    assert_eq!(instance.number("f", 3), 4);
    assert_eq!(instance.store.counters().0, 0, "nothing is interpreted");
}

/// Without threads, the same program is replaced at the same points.
#[test]
fn without_threads_replacements_repeat() {
    for seed in 0..8 {
        let counts = || {
            let mut instance = Instance::of(MODULE, config(Mode::Tiered { seed: Some(seed) }, 0));
            let results = [instance.number("loop", 50), instance.number("calls", 50), instance.number("short", 50)];
            (results, instance.store.replacements(), instance.store.counters())
        };
        assert_eq!(counts(), counts());
    }
}

fn wasmoon(args: &[&str]) -> (Option<i32>, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_wasmoon")).args(args).output().expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text)
}

/// The numbers in the line about replaced functions, if there is one.
fn said(text: &str) -> Vec<u64> {
    let line = text.lines().find(|line| line.contains("switched to compiled code")).unwrap_or_default();
    line.split([' ', '(']).filter_map(|word| word.parse().ok()).collect()
}

/// A tiered column in which nothing is replaced would prove nothing.
#[test]
fn the_matrix_replaces_at_entries_and_at_loops() {
    let (status, text) = wasmoon(&["test", "extra::loops::", "--mode", "tier:1"]);
    let numbers = said(&text);
    assert!(status == Some(0) && numbers.len() == 3 && numbers.iter().all(|&n| n > 0), "{text}");
    let (_, text) = wasmoon(&["test", "extra::loops::", "--mode", "tier:1", "--report", "jsonl=-"]);
    let last = text.lines().find(|line| line.starts_with("{\"summary\"")).expect(&text);
    let [entries, loops, called] = numbers[..] else { panic!("{numbers:?}") };
    assert!(last.contains(&format!("{{\"called\":{called},\"entries\":{entries},\"loops\":{loops}}}")), "{last}");
}

/// All functions are replaced at the same kind of place.
#[test]
fn a_mode_replaces_at_entries_or_at_loops_alone() {
    let count = |mode: &str| {
        let (status, text) = wasmoon(&["test", "extra::loops::", "--mode", mode]);
        assert_eq!(status, Some(0), "{text}");
        said(&text)
    };
    let (entries, loops, few) = (count("tier:entry:0"), count("tier:loop:0"), count("tier:loop:9"));
    assert!(entries[0] > 0 && entries[1] == 0, "{entries:?}");
    assert!(loops[0] == 0 && loops[1] > 0, "{loops:?}");
    assert!(few[0] == 0 && few[1] > 0 && few[1] < loops[1], "{few:?} {loops:?}");
    // This includes an entry by a tail call from an interpreted function.
    assert!(count("tier:entry:7")[0] > 0);
}

/// If a mode or a list of places selects loops, a function is replaced there in every call, however many there are.
#[test]
fn what_is_replaced_at_loops_alone_is_never_replaced_at_its_entry() {
    let module = decode(MODULE);
    let body = (0..).find(|&body| !module.loops(BodyIndex(body)).is_empty()).expect("a loop");
    let place = (module_hash(&module), body, Some(module.loops(BodyIndex(body))[0]));
    let of = |mode, places| Instance::of(MODULE, Config { places, ..config(mode, 0) });
    for mut instance in [
        of(Mode::Replaced { at_loops: true, after: 3 }, None),
        of(Mode::Replaced { at_loops: false, after: 3 }, Some([place].into_iter().collect())),
    ] {
        let expected = interpreted("loop", 50);
        for calls in 1..=100 {
            assert_eq!(instance.number("loop", 50), expected);
            assert_eq!(instance.store.replacements(), [0, calls]);
        }
    }
}

/// Random modules have all kinds of replacements, and the figures show it.
#[test]
fn random_modules_are_replaced_at_entries_and_at_loops() {
    let (status, text) = wasmoon(&["smith", "--seed", "0", "--count", "60", "--jobs", "2"]);
    let numbers = said(&text);
    assert!(status == Some(0) && numbers.len() == 2 && numbers.iter().all(|&n| n > 0), "{text}");
    // Every module has replacements of one kind.
    let (status, text) = wasmoon(&["smith", "--count", "20", "--backend", "interp,jit", "--mode", "tier:loop:1"]);
    let numbers = said(&text);
    assert!(status == Some(0) && numbers[0] == 0 && numbers[1] > 20, "{text}");
    assert!(text.contains("columns: interp jit+tier:loop:1\n"), "{text}");
}

/// Replacements can be restricted to places of a module.
#[test]
fn places_can_be_selected() {
    let module = decode(MODULE);
    let hash = module_hash(&module);
    // `loop` is the first function with one.
    let loops = |body| module.loops(BodyIndex(body));
    let body = (0..).find(|&body| !loops(body).is_empty()).expect("a loop");
    let at = loops(body)[0];
    let replaced = |places: Vec<(u64, u32, Option<u32>)>| {
        let mode = Mode::Replaced { at_loops: false, after: 3 };
        let places = Some(places.into_iter().collect());
        let mut instance = Instance::of(MODULE, Config { places, ..config(mode, 0) });
        for _ in 0..3 {
            assert_eq!(instance.number("loop", 50), interpreted("loop", 50));
            assert_eq!(instance.number("calls", 50), interpreted("calls", 50));
        }
        instance.store.replacements()
    };
    assert_eq!(replaced(vec![]), [0, 0]);
    assert_eq!(replaced(vec![(hash + 1, body, None), (hash, body + 70, None)]), [0, 0]);
    assert_eq!(replaced(vec![(hash, body, None)]), [1, 0]);
    assert_eq!(replaced(vec![(hash, body, Some(at))]), [0, 3]);
    assert_eq!(replaced(vec![(hash, body, Some(at + 1))]), [0, 0]);
}

/// A program whose branches always go one way in `$hot`, and sometimes the other way in `$mixed`.
const BRANCHES: &str = r#"(module
  (func $hot (param $n i32) (result i32)
    (if (result i32) (i32.eqz (local.get $n))
      (then (i32.mul (i32.const 12345) (i32.const 3)))
      (else (i32.add (local.get $n) (i32.const 1)))))
  (func $mixed (param $n i32) (result i32)
    (block $c (block $b (block $a
      (br_table $a $b $c (i32.add (i32.and (local.get $n) (i32.const 1)) (i32.const 1))))
      (return (i32.const 1)))
      (return (i32.const 2)))
    (i32.const 3))
  (func (export "run") (param $n i32) (result i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (call $hot (local.get $n))))
      (local.set $s (i32.add (local.get $s) (call $mixed (local.get $n))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s)))"#;

/// A folder for a single test, with the program.
fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the folder for temporary files");
    std::fs::write(folder.join("p.wat"), BRANCHES).expect("written");
    folder
}

#[test]
fn what_was_seen_is_written_and_decides_where_code_lies() {
    let folder = folder("profile-replayed");
    let path = |name: &str| folder.join(name).display().to_string();
    let run = |options: &[&str]| {
        let file = path("p.wat");
        let program = [&["run"], options, &[&file, "--invoke", "run", "--arg", "5000"]].concat();
        assert_eq!(wasmoon(&program), (Some(0), "12520000\n".into()), "{options:?}");
    };
    run(&["--compile-threads", "0", "--profile-out", &path("1")]);
    run(&["--compile-threads", "0", "--profile-out", &path("2")]);
    run(&["--compile-threads", "1", "--profile-out", &path("3")]);
    let profile = std::fs::read_to_string(path("1")).expect("a profile");
    for again in ["2", "3"] {
        assert_eq!(std::fs::read_to_string(path(again)).expect("a profile"), profile);
    }
    let lines: Vec<&str> = profile.lines().collect();
    assert!(lines[0] == "wasmoon-profile 1" && lines[2] == "function 0 entered 1001", "{profile}");
    assert!(lines[3].ends_with(" branch 0 1000") && lines[5].ends_with(" table 0 500 500"), "{profile}");
    run(&["--profile-in", &path("1")]);
    run(&["-O2", "--profile-in", &path("1")]);

    let explore = |function: &str, stage: &str, options: &[&str]| {
        let file = path("p.wat");
        let all = [&["explore", &file, "--func", function, "--stage", stage], options].concat();
        let (status, text) = wasmoon(&all);
        assert_eq!(status, Some(0), "{text}");
        text
    };
    let option = path("1");
    let seen = ["--profile-in", &*option];
    for function in ["hot", "mixed"] {
        assert!(!explore(function, "ir", &[]).contains("cold"));
        assert_eq!(explore(function, "ir", &seen).matches(" cold").count(), 1, "{}", explore(function, "ir", &seen));
        assert_ne!(explore(function, "asm", &seen), explore(function, "asm", &[]));
        assert_eq!(explore(function, "asm", &seen), explore(function, "asm", &seen));
    }
    // Code that was never reached is placed last.
    let (plain, placed) = (explore("hot", "asm", &[]), explore("hot", "asm", &seen));
    let constant = |text: &str| text.find("37035").or(text.find("0x90ab")).expect("the product");
    let returns = |text: &str| text.find("ret").expect("a return");
    assert!(constant(&plain) < returns(&plain), "{plain}");
    assert!(constant(&placed) > returns(&placed), "{placed}");
}

/// The interpreter repeats the test at the start of a loop at its end.
#[test]
fn the_test_of_a_loop_is_counted_wherever_it_is_made() {
    let folder = folder("profile-loop");
    let path = |name: &str| folder.join(name).display().to_string();
    let program = r#"(module
      (func $sum (param $n i32) (result i32) (local $s i32)
        (block $done
          (loop $l
            (br_if $done (i32.eqz (local.get $n)))
            (local.set $s (i32.add (local.get $s) (local.get $n)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br $l)))
        (local.get $s))
      (func (export "run") (param $n i32) (result i32) (local $s i32)
        (loop $l
          (local.set $s (i32.add (local.get $s) (call $sum (i32.const 3))))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $s)))"#;
    std::fs::write(path("p.wat"), program).expect("written");
    let run = [
        "run",
        "--compile-threads",
        "0",
        "--profile-out",
        &path("seen"),
        &path("p.wat"),
        "--invoke",
        "run",
        "--arg",
        "5000",
    ];
    assert_eq!(wasmoon(&run), (Some(0), "30000\n".into()));
    let profile = std::fs::read_to_string(path("seen")).expect("a profile");
    let lines: Vec<&str> = profile.lines().skip(2).take(2).collect();
    // It is compiled at its 201st call.
    assert!(lines[0] == "function 0 entered 201" && lines[1].ends_with(" branch 200 600"), "{profile}");
}

/// A profile includes every operator that was executed once, and none that was not.
#[test]
fn what_was_executed_once_was_seen() {
    let folder = folder("profile-once");
    let path = |name: &str| folder.join(name).display().to_string();
    let program = r#"(module
      (func (export "run") (param $n i32) (result i32)
        (loop $l
          (if (i32.eq (local.get $n) (i32.const 4000))
            (then
              (block $a (block $b (br_table $a $b $a (i32.const 1))))
              (br_if $l (i32.eqz (local.get $n)))))
          (if (i32.eq (local.get $n) (i32.const 10000))
            (then
              (block $a (block $b (br_table $a $b $a (i32.const 0))))
              (br_if $l (i32.const 1))))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $n)))"#;
    std::fs::write(path("p.wat"), program).expect("written");
    let (file, seen) = (path("p.wat"), path("seen"));
    let run = ["run", "--compile-threads", "0", "--profile-out", &seen, &file, "--invoke", "run", "--arg", "4200"];
    assert_eq!(wasmoon(&run), (Some(0), "0\n".into()));
    let profile = std::fs::read_to_string(&seen).expect("a profile");
    let kinds: Vec<&str> =
        profile.lines().skip(3).map(|line| line.trim().split_once(' ').expect("two parts").1).collect();
    let [first, table, branch, second, last] = kinds[..] else { panic!("{profile}") };
    assert!(first.starts_with("branch 1 ") && second.starts_with("branch 0 "), "{profile}");
    assert_eq!((table, branch), ("table 0 1 0", "branch 0 1"), "{profile}");
    assert!(last.starts_with("branch ") && last.ends_with(" 0"), "{profile}");
}

#[test]
fn what_is_no_profile_of_the_module_is_refused() {
    let folder = folder("profile-refused");
    let path = |name: &str| folder.join(name).display().to_string();
    let hash = module_hash(&decode(BRANCHES));
    let wrong = format!("wasmoon-profile 1\nmodule {:016x}\n", hash + 1);
    let broken = format!("wasmoon-profile 1\nmodule {hash:016x}\nfunction 0 entered 7\n  0x30 branch many few\n");
    let marked = format!("\u{feff}{wrong}");
    let beyond = format!("wasmoon-profile 1\nmodule {hash:016x}\nfunction 9 entered 7\n");
    for (bytes, line, what) in [
        (wrong.as_bytes(), 2, "another module"),
        (marked.as_bytes(), 2, "another module"),
        (broken.as_bytes(), 4, "invalid number `many`"),
        (beyond.as_bytes(), 3, "the module does not define function 9"),
        (b"\0asm\x01\0\0\0", 1, "expected `wasmoon-profile 1`"),
        (b"wasmoon-profile 1\n\xff\xfe", 2, "module"),
        (b"", 1, "expected `wasmoon-profile 1`"),
    ] {
        std::fs::write(path("bad"), bytes).expect("written");
        for command in [&["run", "--invoke", "run", "--arg", "1"][..], &["run", "-O2"], &["explore", "--func", "0"]] {
            let (status, text) = wasmoon(&[command, &[&path("p.wat"), "--profile-in", &path("bad")]].concat());
            assert_eq!(status, Some(2), "{text}");
            assert!(text.contains(&format!("bad: line {line}: ")) && text.contains(what), "{text}");
        }
    }
    let (status, text) = wasmoon(&["run", &path("p.wat"), "--profile-in", &path("none")]);
    assert!(status == Some(2) && text.contains("none"), "{text}");
    // The profile would be empty.
    for option in ["-O2", "--no-jit", "--regs=5"] {
        let (status, text) = wasmoon(&["run", option, &path("p.wat"), "--profile-out", &path("out")]);
        assert!(status == Some(2) && text.contains("--profile-out"), "{text}");
    }
}

/// A profile is not trusted: its numbers and offsets affect the placement of code, and nothing else.
#[test]
fn a_profile_that_is_wrong_changes_no_result() {
    let module = decode(MODULE);
    let hash = module_hash(&module);
    let mut places = 0;
    for huge in [0, 1, 17, u64::MAX] {
        let mut text = format!("wasmoon-profile 1\nmodule {hash:016x}\n");
        for function in module.num_imported_functions..module.functions.len() as u32 {
            text += &format!("function {function} entered {huge}\n");
            // Any offset in the module, and beyond: at most a few of them are branches.
            for at in 0..module.bytes.len() as u32 + 100 {
                let kind = (at + function + (huge & 7) as u32) % 4;
                text += &match kind {
                    0 => format!("  {at:#x} branch {huge} 0\n"),
                    1 => format!("  {at:#x} branch 0 {huge}\n"),
                    2 => format!("  {at:#x} branch {} {huge}\n", u64::MAX),
                    _ => format!("  {at:#x} table {huge} 0 {}\n", u64::MAX),
                };
                places += 1;
            }
        }
        let defined = module.num_imported_functions..module.functions.len() as u32;
        let profile = Arc::new(Profile::parse(&text, hash, defined).expect("a profile"));
        for mode in [Mode::All(Tier::Jit), Mode::Tiered { seed: Some(3) }, PLAIN] {
            let config = Config { profile: Some(Arc::clone(&profile)), ..config(mode, 0) };
            let mut instance = Instance::of(MODULE, config);
            for name in ["loop", "calls", "short"] {
                assert_eq!(instance.number(name, 3000), interpreted(name, 3000), "{name}");
            }
            assert_eq!(instance.trap("trap", 5).code, TrapCode::Unreachable);
        }
    }
    assert!(places > 1000);
}

/// A profile of another module is not used, since an engine may compile several modules.
#[test]
fn a_profile_is_for_its_module() {
    let of = |module| {
        let seen = Seen::Branch { held: 0, failed: 99 };
        let operators = (0..500).map(|at| (at, seen.clone())).collect();
        let function = Arc::new(FunctionProfile { entered: 99, operators });
        let profile = Profile { module, functions: (0..9).map(|index| (index, Arc::clone(&function))).collect() };
        let engine = Engine::new(Config { profile: Some(Arc::new(profile)), ..config(Mode::All(Tier::Jit), 0) });
        let engine = engine.expect("a configuration");
        engine.code_bytes(&engine.compile(&decode(BRANCHES)).expect("supported"))
    };
    let hash = module_hash(&decode(BRANCHES));
    let plain = Engine::new(config(Mode::All(Tier::Jit), 0)).expect("a configuration");
    let plain = plain.code_bytes(&plain.compile(&decode(BRANCHES)).expect("supported"));
    assert_eq!(of(hash + 1), plain);
    assert_ne!(of(hash), plain);
    assert_eq!(of(hash), of(hash));
}

/// Functions are watched before they are compiled: code that does not count branches is the same as without profiles, and frames
/// switch to the counting code and back.
#[test]
fn functions_are_watched_before_they_are_compiled() {
    let engine = Engine::new(config(PLAIN, 0)).expect("a configuration");
    let code = engine.compile(&decode(MODULE)).expect("supported");
    let mut instance = Instance::new(&engine, &code);
    let seen = |code: &Arc<dyn Code>| code.seen().expect("it watches").functions;
    assert_eq!(instance.number("loop", 700), interpreted("loop", 700));
    assert!(seen(&code).is_empty(), "700 passings are not enough");
    assert_eq!(instance.number("loop", 150), interpreted("loop", 150));
    let watched = seen(&code);
    // Watching began in the middle of its loop.
    let [(_, function)] = &watched.iter().collect::<Vec<_>>()[..] else { panic!("{watched:?}") };
    assert_eq!(function.entered, 0);
    let [(_, Seen::Branch { held, failed: 1 })] = function.operators[..] else { panic!("{function:?}") };
    assert!((30..60).contains(&held), "{held}");
    assert_eq!(instance.number("loop", 5000), interpreted("loop", 5000));
    assert_eq!(instance.store.replacements(), [0, 1]);
    let ended = seen(&code);
    let [(_, Seen::Branch { held, .. })] = ended.values().next().expect("it").operators[..] else {
        panic!("{ended:?}")
    };
    assert!((190..200).contains(&held), "{held}");
    // It is watched only once.
    assert_eq!(instance.number("loop", 9000), interpreted("loop", 9000));
    assert_eq!(seen(&code), ended);
}

/// An invalid function traps at each call, whichever tier it is reached through, and the others run.
#[test]
fn an_invalid_function_traps_when_it_is_called() {
    let text = r#"(module
      (table funcref (elem $invalid))
      (func $invalid (export "invalid") (param i32) (result i32) (i64.const 1))
      (func (export "unreadable") (param i32) (result i32) (drop) (ref.null any) (i32.const 1))
      (func (export "call") (param $n i32) (result i32) (local $s i32)
        (loop $l
          (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 3)) (local.get $n)))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (call $invalid (local.get $s)))
      (func (export "call_indirect") (param i32) (result i32)
        (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0)))
      (func (export "return_call") (param i32) (result i32) (return_call $invalid (local.get 0)))
      (func (export "other") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))"#;
    let mut bytes = encode(text);
    // `ref.null any` becomes a `ref.null` with an invalid type.
    let at = bytes.windows(2).position(|w| w == [0xd0, 0x6e]).expect("an operator") + 1;
    bytes[at] = 0x45;
    assert!(Module::new(&bytes, WasmFeatures::all()).is_err());
    let limits = ReadLimits { lazily: true, ..ReadLimits::default() };
    for mode in [PLAIN, Mode::Replaced { at_loops: false, after: 0 }, Mode::Replaced { at_loops: true, after: 1 }] {
        let module = Module::new_within(bytes.clone(), WasmFeatures::all(), limits).expect("nothing else is wrong");
        let module = Arc::new(module);
        let engine = Engine::new(config(mode, 0)).expect("a configuration");
        let mut instance = Instance::new(&engine, &engine.compile(&module).expect("nothing is compiled yet"));
        for n in [1, 3000, 3000, 2] {
            assert_eq!(instance.number("other", n), n + 1);
            assert_eq!(module.error_found_late().is_none(), n == 1);
            for name in ["invalid", "unreadable", "call", "call_indirect", "return_call"] {
                let trap = instance.trap(name, n);
                assert_eq!((trap.code, &trap.message[..]), (TrapCode::InvalidFunction, "invalid function"), "{name}");
            }
            let error = module.error_found_late().expect("it is noted").to_string();
            assert!(
                error.starts_with("invalid module: type mismatch: expected i32, found i64 (at offset 0x"),
                "{error}"
            );
        }
        let code = module.bodies.iter().position(|body| module.bytes[body.range.clone()].contains(&0x45));
        let error = module.validate_body(BodyIndex(code.expect("a body") as u32), &|| false).unwrap_err();
        assert!(error.to_string().starts_with("malformed module: "), "{error}");
    }
    // An interrupt also ends validation, which then says nothing about the function.
    let long = text.replace(
        "(export \"other\")",
        &format!(
            "(export \"long\") (param i32) (result i32) {} (ref.null any))\n(func (export \"other\")",
            "(nop)".repeat(1000)
        ),
    );
    let module =
        Arc::new(Module::new_within(encode(&long), WasmFeatures::all(), limits).expect("nothing else is wrong"));
    let engine = Engine::new(config(PLAIN, 0)).expect("a configuration");
    let mut instance = Instance::new(&engine, &engine.compile(&module).expect("nothing is compiled yet"));
    instance.store.interrupt_handle().interrupt();
    assert_eq!(instance.trap("long", 0).code, TrapCode::Interrupt);
    assert!(module.error_found_late().is_none() && !instance.store.is_interrupted());
    assert_eq!(instance.trap("long", 0).code, TrapCode::InvalidFunction);
    // A function that validation has no memory for is not called invalid. (Quick validation, which takes less memory, does not
    // support this `ref.null`.)
    let deep = format!(
        "(module (func (export \"f\") (param i32) (result i32) (drop (ref.null any)) {} unreachable))",
        "(local.get 0)".repeat(100)
    );
    let few = ReadLimits { memory: Some(1000), ..limits };
    let module = Arc::new(Module::new_within(encode(&deep), WasmFeatures::all(), few).expect("nothing else is wrong"));
    let engine = Engine::new(config(PLAIN, 0)).expect("a configuration");
    let mut instance = Instance::new(&engine, &engine.compile(&module).expect("nothing is compiled yet"));
    assert_eq!(instance.trap("f", 0).code, TrapCode::FunctionTooLarge);
    let error = module.error_found_late().expect("it is noted").to_string();
    assert!(error.starts_with("over a limit: too many operands on the stack"), "{error}");
    // A tier that compiles everything validates everything.
    for tier in [Tier::Interp, Tier::Jit] {
        let module = Module::new_within(bytes.clone(), WasmFeatures::all(), limits).expect("nothing else is wrong");
        let refused = Engine::new(config(Mode::All(tier), 0)).expect("a configuration").compile(&Arc::new(module));
        assert!(matches!(refused, Err(CompileError::Invalid(_))), "{:?}", refused.err());
    }
}

/// A function for which neither the interpreter nor the compiler has enough memory traps, and nothing else is affected.
#[test]
fn a_function_over_all_limits_traps_when_it_is_called() {
    let text = format!(
        "(module (func (export \"small\") (param i32) (result i32) (local.get 0))
                 (func (export \"large\") (param i32) (result i32) {} (local.get 0)))",
        "(local v128)".repeat(40_000)
    );
    let engine = Engine::new(config(PLAIN, 0)).expect("a configuration");
    let limits = CompileLimits { memory: Some(8_000), ..CompileLimits::default() };
    let code = engine.compile_within(&decode(&text), limits).expect("nothing is compiled yet");
    let mut instance = Instance::new(&engine, &code);
    assert_eq!(instance.number("small", 3), 3);
    for _ in 0..2 {
        let trap = instance.trap("large", 3);
        assert_eq!(
            (trap.code, &trap.message[..]),
            (TrapCode::FunctionTooLarge, "function over an implementation limit")
        );
    }
    assert_eq!(instance.number("small", 4), 4);
}

/// `run` does not read sections for debuggers, but the hash in a profile covers all bytes, as other commands see them.
#[test]
fn a_profile_has_the_hash_of_the_whole_file() {
    let folder = folder("whole");
    let mut bytes = encode(r#"(module (func (export "_start")))"#);
    let name = b".debug_info";
    let size = 1 + name.len() + 70_000;
    bytes.push(0);
    bytes.extend([size as u8 | 0x80, (size >> 7) as u8 | 0x80, (size >> 14) as u8]);
    bytes.push(name.len() as u8);
    bytes.extend(name);
    bytes.resize(bytes.len() + 70_000, 7);
    let [module, profile] = ["debug.wasm", "profile.txt"].map(|name| folder.join(name).display().to_string());
    std::fs::write(&module, &bytes).expect("writable");
    assert_eq!(wasmoon(&["run", &module]).0, Some(0));
    assert_eq!(wasmoon(&["run", "--profile-out", &profile, &module]).0, Some(0));
    let hash =
        bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &b| (hash ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let text = std::fs::read_to_string(&profile).expect("a profile");
    assert!(text.contains(&format!("module {hash:016x}\n")), "{hash:016x}: {text}");
}

/// However a program ends, its profile is written, and its status is reported even if that fails.
#[test]
fn a_profile_does_not_hide_how_a_program_ended() {
    let folder = folder("ends");
    let path = |name: &str| folder.join(name).display().to_string();
    let program = r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 3))))"#;
    std::fs::write(folder.join("p.wat"), program).unwrap();
    let (status, text) = wasmoon(&["run", "--profile-out", "/dev/full", &path("p.wat")]);
    assert!(status == Some(3) && text.contains("/dev/full"), "{status:?} {text}");
    // A host call that fails because there is no memory.
    let fails = r#"(module (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (func (export "_start") (drop (call $random (i32.const 0) (i32.const 1)))))"#;
    std::fs::write(folder.join("f.wat"), fails).unwrap();
    let (status, text) = wasmoon(&["run", "--profile-out", &path("seen"), &path("f.wat")]);
    assert_ne!(status, Some(0), "{text}");
    assert!(std::fs::read_to_string(path("seen")).unwrap().contains("module "), "{text}");
}
