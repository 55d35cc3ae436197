//! Eight threads on one shared memory, each with its own store: on the interpreter, on the JIT, on the evaluator, and
//! all of them at once. Modules are compiled once for each kind of backend, and run on many threads.
//!
//! `WASMOON_THREADS_ROUNDS=N` multiplies the work of the threads by N.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use wasmoon::engine::{Config, Engine, Mode, OptLevel, Tier};
use wasmoon::module::{MemoryType, Module, WasmFeatures};
use wasmoon::runtime::memory::SharedMemory;
use wasmoon::runtime::store::{Abort, Code, Extern, InstanceId, InterruptHandle, Limits, Store};
use wasmoon::runtime::trap::TrapCode;
use wasmoon::runtime::value::Val;

const THREADS: u32 = 8;
const LIMIT: u64 = 1 << 32;

fn rounds(n: u32) -> u32 {
    let factor = std::env::var("WASMOON_THREADS_ROUNDS").ok().and_then(|text| text.parse::<u32>().ok()).unwrap_or(1);
    n * factor
}

fn memory(initial: u64, maximum: u64) -> SharedMemory {
    let maximum = Some(maximum);
    let ty = MemoryType { memory64: false, shared: true, initial, maximum, page_size_log2: None };
    SharedMemory::new(ty, LIMIT).expect("address space")
}

/// A module compiled once, for the stores of many threads.
struct Program {
    engine: Engine,
    code: Arc<dyn Code>,
}

impl Program {
    /// Returns an instance in a new store for this thread.
    fn start(&self, memory: &SharedMemory) -> (Store, InstanceId) {
        let mut store = self.engine.store(Limits { total_bytes: LIMIT, ..Limits::default() });
        let memory = store.add_shared_memory(memory).expect("within the limits");
        let instance = store.instantiate(self.code.clone(), &[Extern::Memory(memory)]).expect("links");
        (store, instance)
    }
}

fn call(store: &mut Store, instance: InstanceId, name: &str, args: &[Val]) -> Result<Vec<Val>, Abort> {
    let Some(Extern::Func(f)) = store.export(instance, name) else { panic!("no function {name}") };
    store.call(f, args)
}

/// The module compiled for each set of backends: each one alone, and all mixed. Thread `i` takes the program `i` modulo their
/// number.
fn casts(text: &str) -> Vec<(&'static str, Vec<Program>)> {
    let bytes = wat::parse_str(text).expect("a module");
    let module = Arc::new(Module::new(&bytes, WasmFeatures::all()).expect("valid"));
    let config = |tier, opt| Config { mode: Mode::All(tier), opt, ..Config::default() };
    let program = |config: Config| {
        let engine = Engine::new(config).expect("a configuration");
        let code = engine.compile(&module).expect("supported");
        Program { engine, code }
    };
    let interp = || program(config(Tier::Interp, OptLevel::O2));
    let jit = |opt| program(config(Tier::Jit, opt));
    let eval = || program(config(Tier::Eval, OptLevel::O2));
    vec![
        ("interp", vec![interp()]),
        ("jit", vec![jit(OptLevel::O2)]),
        ("mixed", vec![jit(OptLevel::O2), interp(), jit(OptLevel::O0), eval()]),
    ]
}

/// Runs `body` on this many threads, each with its own instance.
fn on_threads(programs: &[Program], memory: &SharedMemory, body: impl Fn(u32, &mut Store, InstanceId) + Sync) {
    std::thread::scope(|scope| {
        let body = &body;
        let threads = (0..THREADS).zip(programs.iter().cycle()).map(|(i, program)| {
            let run = move || {
                let (mut store, instance) = program.start(memory);
                body(i, &mut store, instance);
            };
            std::thread::Builder::new().stack_size(16 << 20).spawn_scoped(scope, run).expect("a thread")
        });
        // Joined one by one, since ThreadSanitizer does not see the synchronization at the end of a scope.
        for thread in threads.collect::<Vec<_>>() {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
}

/// The type, prefix and suffix of names, first byte, and number of bits.
const CELLS: [(&str, &str, &str, u32, u32); 7] = [
    ("i32", "rmw", "", 0, 32),
    ("i64", "rmw", "", 8, 64),
    ("i32", "rmw8", "_u", 16, 8),
    ("i32", "rmw16", "_u", 18, 16),
    ("i64", "rmw8", "_u", 20, 8),
    ("i64", "rmw16", "_u", 22, 16),
    ("i64", "rmw32", "_u", 24, 32),
];
/// The size of the cells of one operator, in bytes.
const ROW: u32 = 32;

/// Every read-modify-write operator at every width, with an effect on a counter that shows how often it was executed: additions
/// and subtractions of 1; a bit owned by the thread that is set, cleared and flipped, and must be found as it was left; an
/// exchange that passes tokens around; an addition by comparison and exchange.
fn counting_module() -> String {
    let mut body = String::new();
    for (ty, rmw, u, at, bits) in CELLS {
        let bit = if ty == "i32" { "(local.get $bit)" } else { "(i64.extend_i32_u (local.get $bit))" };
        let op =
            |name: &str, row: u32, v: &str| format!("({ty}.atomic.{rmw}.{name}{u} (i32.const {}) {v})", row * ROW + at);
        let one = format!("({ty}.const 1)");
        body += &format!("(drop {}) (drop {})\n", op("add", 0, &one), op("sub", 1, &one));
        // Found clear, left set; found set, left clear; both of them twice.
        for (name, operand, found) in
            [("or", bit.to_string(), "eqz"), ("and", format!("({ty}.xor {bit} ({ty}.const -1))"), "set")]
        {
            let found_set = format!("({ty}.and {} {bit})", op(name, 2, &operand));
            let wrong = match found {
                "eqz" => format!("({ty}.ne {found_set} ({ty}.const 0))"),
                _ => format!("({ty}.eqz {found_set})"),
            };
            body += &format!("(if {wrong} (then (unreachable)))\n");
        }
        body += &format!("(drop {})\n", op("xor", 3, bit));
        // Takes the current value away, adds one to it, and adds it back. Nothing is lost.
        body += &format!(
            "(drop {})\n",
            op("add", 4, &format!("({ty}.add {one} {})", op("xchg", 4, &format!("({ty}.const 0)"))))
        );
        let load = if bits == if ty == "i32" { 32 } else { 64 } {
            format!("{ty}.atomic.load")
        } else {
            format!("{ty}.atomic.load{bits}_u")
        };
        let old = if ty == "i32" { "$old32" } else { "$old64" };
        let place = 5 * ROW + at;
        let mask = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
        body += &format!(
            "(loop $again
               (local.set {old} ({load} (i32.const {place})))
               (br_if $again ({ty}.ne (local.get {old}) ({ty}.atomic.{rmw}.cmpxchg{u} (i32.const {place})
                 (local.get {old}) ({ty}.and ({ty}.const {mask:#x}) ({ty}.add (local.get {old}) {one}))))))\n"
        );
    }
    format!(
        r#"(module (memory (import "m" "m") 1 1 shared)
        (func (export "run") (param $rounds i32) (param $bit i32) (local $old32 i32) (local $old64 i64)
          (loop $next
            {body}
            ;; A spin lock, and what it protects.
            (loop $taken (br_if $taken (i32.atomic.rmw.cmpxchg (i32.const 1024) (i32.const 0) (i32.const 1))))
            (i64.store (i32.const 1032) (i64.add (i64.load (i32.const 1032)) (i64.const 1)))
            (f64.store (i32.const 1040) (f64.add (f64.load (i32.const 1040)) (f64.const 0.5)))
            (i32.atomic.store (i32.const 1024) (i32.const 0))
            (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))
        (func (export "load") (param i32) (result i64) (i64.load (local.get 0))))"#
    )
}

#[test]
fn nothing_is_lost_by_any_operator() {
    let each = rounds(400);
    for (name, programs) in casts(&counting_module()) {
        let memory = memory(1, 1);
        on_threads(&programs, &memory, |i, store, instance| {
            let result = call(store, instance, "run", &[Val::I32(each), Val::I32(1 << i)]);
            assert_eq!(result, Ok(vec![]), "thread {i} of {name}");
        });
        let (mut store, instance) = programs[0].start(&memory);
        let mut load = |at: u32, bits: u32| {
            let Ok(values) = call(&mut store, instance, "load", &[Val::I32(at)]) else { panic!("a load") };
            let [Val::I64(v)] = values[..] else { panic!("{values:?}") };
            if bits == 64 { v } else { v & ((1 << bits) - 1) }
        };
        let total = u64::from(each * THREADS);
        for (ty, rmw, _, at, bits) in CELLS {
            let modulo = |v: u64| if bits == 64 { v } else { v & ((1 << bits) - 1) };
            // Every bit was flipped the same number of times.
            let flipped = if each.is_multiple_of(2) { 0 } else { (1 << THREADS) - 1 };
            let expected = [total, total.wrapping_neg(), 0, flipped, total, total];
            for (row, expected) in (0..).zip(expected) {
                let found = load(row * ROW + at, bits);
                assert_eq!(found, modulo(expected), "{ty}.atomic.{rmw} of row {row} on {name}");
            }
        }
        assert_eq!((load(1032, 64), f64::from_bits(load(1040, 64))), (total, total as f64 / 2.0), "{name}");
    }
}

/// Half of the threads make tokens and notify; the others take tokens, and wait if there are none: indefinitely, or for some
/// microseconds.
const STORM: &str = r#"(module (memory (import "m" "m") 1 1 shared)
    (func (export "make") (param $n i32)
      (loop $next
        (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
        (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    ;; How often it was woken, and how often its time was over.
    (func (export "take") (param $n i32) (param $timeout i64) (result i32 i32)
      (local $old i32) (local $how i32) (local $woken i32) (local $late i32)
      (loop $next
        (block $got
          (loop $try
            (local.set $old (i32.atomic.load (i32.const 0)))
            (if (local.get $old)
              (then
                (br_if $got (i32.eq (local.get $old) (i32.atomic.rmw.cmpxchg (i32.const 0) (local.get $old)
                  (i32.sub (local.get $old) (i32.const 1)))))
                (br $try)))
            (local.set $how (memory.atomic.wait32 (i32.const 0) (i32.const 0) (local.get $timeout)))
            (local.set $woken (i32.add (local.get $woken) (i32.eqz (local.get $how))))
            (local.set $late (i32.add (local.get $late) (i32.eq (local.get $how) (i32.const 2))))
            (br $try)))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $woken) (local.get $late))
    (func (export "left") (result i32) (i32.load (i32.const 0))))"#;

#[test]
fn tokens_are_taken_by_who_waits_for_them() {
    let each = rounds(300);
    for (name, programs) in casts(STORM) {
        let memory = memory(1, 1);
        on_threads(&programs, &memory, |i, store, instance| {
            if i < THREADS / 2 {
                assert_eq!(call(store, instance, "make", &[Val::I32(each)]), Ok(vec![]), "{name}");
            } else {
                // Two threads wait indefinitely, so no notification may be lost. Two others have a time limit.
                let timeout = if i % 2 == 0 { -1i64 as u64 } else { 20_000 };
                let taken = call(store, instance, "take", &[Val::I32(each), Val::I64(timeout)]).expect(name);
                assert!(
                    timeout == 20_000 || taken[1] == Val::I32(0),
                    "{taken:?}: no thread had a time limit on {name}"
                );
            }
        });
        let (mut store, instance) = programs[0].start(&memory);
        assert_eq!(call(&mut store, instance, "left", &[]), Ok(vec![Val::I32(0)]), "{name}");
        assert_eq!(memory.waiting(), 0, "{name}");
    }
}

/// A thread that sees a size may access all of it, by loads, stores and in bulk, while others grow the memory.
const GROWTH: &str = r#"(module (memory (import "m" "m") 1 200 shared)
    (func (export "grow") (param $pages i32) (local $i i32)
      (loop $next
        (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable)))
        (br_if $next (local.tee $pages (i32.sub (local.get $pages) (i32.const 1))))))
    (func (export "use") (param $until i32) (param $own i32) (local $size i32) (local $last i32) (local $end i32)
      (loop $next
        (local.set $size (memory.size))
        (if (i32.lt_u (local.get $size) (local.get $last)) (then (unreachable)))
        (local.set $last (local.get $size))
        (local.set $end (i32.shl (local.get $size) (i32.const 16)))
        ;; A place of its own in the last page.
        (local.set $end (i32.sub (local.get $end) (i32.mul (local.get $own) (i32.const 64))))
        (i64.store (local.get $end) (i64.extend_i32_u (local.get $size)))
        (if (i64.ne (i64.load (local.get $end)) (i64.extend_i32_u (local.get $size))) (then (unreachable)))
        (drop (i32.atomic.rmw.add offset=8 (local.get $end) (i32.const 1)))
        (memory.fill (i32.add (local.get $end) (i32.const 16)) (local.get $own) (i32.const 40))
        (memory.copy (i32.add (local.get $end) (i32.const 17)) (i32.add (local.get $end) (i32.const 16)) (i32.const 39))
        (if (i32.ne (i32.load8_u offset=55 (local.get $end)) (local.get $own)) (then (unreachable)))
        (br_if $next (i32.ne (local.get $size) (local.get $until))))))"#;

#[test]
fn memories_grow_while_others_use_them() {
    for (name, programs) in casts(GROWTH) {
        for _ in 0..rounds(2) {
            let memory = memory(1, 200);
            on_threads(&programs, &memory, |i, store, instance| {
                let result = match i {
                    0 | 1 => call(store, instance, "grow", &[Val::I32(80)]),
                    _ => call(store, instance, "use", &[Val::I32(161), Val::I32(i)]),
                };
                assert_eq!(result, Ok(vec![]), "thread {i} of {name}");
            });
            assert_eq!(memory.ty().initial, 161, "{name}");
        }
    }
}

/// Accesses beyond the end trap, however often the memory grows meanwhile: faults in the guard region race with growth
/// in another thread.
#[test]
fn accesses_beyond_a_growing_memory_trap_or_not() {
    const EDGE: &str = r#"(module (memory (import "m" "m") 1 65536 shared)
        (func (export "grow") (result i32) (memory.grow (i32.const 1)))
        (func (export "touch") (result i32) (i32.load (i32.shl (memory.size) (i32.const 16)))))"#;
    for (name, programs) in casts(EDGE) {
        let memory = memory(1, 65536);
        // Whether the access traps. If there is memory by now, nothing has been written to it.
        let traps = |store: &mut Store, instance| match call(store, instance, "touch", &[]) {
            Ok(values) => {
                assert_eq!(values, [Val::I32(0)], "{name}");
                false
            }
            Err(Abort::Trap(trap)) => {
                assert_eq!(trap.code, TrapCode::MemoryOutOfBounds, "{name}");
                true
            }
            Err(other) => panic!("{other:?} on {name}"),
        };
        on_threads(&programs, &memory, |i, store, instance| {
            for n in 0..rounds(100) {
                match i {
                    0 => assert_eq!(call(store, instance, "grow", &[]), Ok(vec![Val::I32(1 + n)]), "{name}"),
                    _ => _ = traps(store, instance),
                }
            }
        });
        // The memory no longer grows.
        on_threads(&programs, &memory, |i, store, instance| {
            assert!((0..10).all(|_| traps(store, instance)), "thread {i} of {name} reads what is not there");
        });
        assert_eq!(memory.ty().initial, u64::from(1 + rounds(100)), "{name}");
    }
}

#[test]
fn who_waits_without_end_can_be_interrupted() {
    for (name, programs) in casts(STORM) {
        let memory = memory(1, 1);
        let (sender, receiver) = mpsc::channel::<InterruptHandle>();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let (mut store, instance) = programs[0].start(&memory);
                sender.send(store.interrupt_handle()).expect("somebody listens");
                let result = call(&mut store, instance, "take", &[Val::I32(1), Val::I64(u64::MAX)]);
                // The store remains usable.
                call(&mut store, instance, "make", &[Val::I32(1)]).expect("not interrupted any more");
                match result {
                    Err(Abort::Trap(trap)) => trap.code,
                    other => panic!("{other:?} on {name}"),
                }
            });
            let handle = receiver.recv().expect("it starts");
            while memory.waiting() == 0 {
                std::thread::yield_now();
            }
            let start = Instant::now();
            handle.interrupt();
            assert_eq!(waiting.join().expect("no panic"), TrapCode::Interrupt, "{name}");
            assert!(start.elapsed() < Duration::from_secs(5), "{name}");
        });
        assert_eq!(memory.waiting(), 0);
    }
}

#[test]
fn a_shared_memory_counts_against_the_limit_of_each_store() {
    let engine = Engine::new(Config::default()).expect("a configuration");
    let mut store = engine.store(Limits { total_bytes: 3 << 16, ..Limits::default() });
    let (small, large) = (memory(2, 4), memory(2, 4));
    let id = store.add_shared_memory(&small).expect("there is room");
    assert_eq!(store.add_shared_memory(&small), Ok(id), "added only once");
    assert!(store.add_shared_memory(&large).is_err());
    assert!(store.shared_memory(id).is_some());
}
