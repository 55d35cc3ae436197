//! Engines and stores return all system resources that they take: address space, mappings, descriptors, threads.

#![cfg(target_os = "linux")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use wasmoon::engine::{Config, Engine, Mode, Tier};
use wasmoon::module::{Module, WasmFeatures};
use wasmoon::runtime::store::{Extern, InterruptHandle, Limits};
use wasmoon::runtime::value::Val;

/// Grows a memory and a table, creates objects, throws an exception, exhausts the stack, and leaves a computation suspended.
const PROGRAM: &str = r#"(module
    (type $f (func)) (type $k (cont $f)) (type $bytes (array (mut i8)))
    (tag $t) (tag $e (param i32))
    (memory 1 20) (memory $large 40) (table $table 1 100000 funcref)
    (func $suspends (suspend $t))
    (func $endless (result i32) (i32.add (i32.const 1) (call $endless)))
    (func $deep (export "deep") (result i32) (call $endless))
    (elem declare func $suspends)
    (func (export "f") (param i32) (result i32)
        (local $i i32)
        (drop (memory.grow (i32.const 3)))
        (i64.store (i32.const 131072) (i64.const 7))
        (i64.store $large (i32.const 2000000) (i64.const 7))
        (drop (table.grow $table (ref.func $suspends) (i32.const 20000)))
        (loop $more
            (drop (array.new_default $bytes (i32.const 1000)))
            (drop (block $caught (result i32)
                (try_table (catch $e $caught) (throw $e (local.get $i)))
                (unreachable)))
            (drop (block $suspended (result (ref $k))
                (resume $k (on $t $suspended) (cont.new $k (ref.func $suspends)))
                (unreachable)))
            (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0))))
        (local.get $i))
    WORK)"#;

/// [`PROGRAM`], with enough work in enough functions that a background thread compiles some.
fn program() -> Vec<u8> {
    let step = "(local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 3)) (local.get $n)))".repeat(40);
    let functions = (0..20).map(|i| {
        format!(
            "(func $work{i} (param $n i32) (result i32) (local $sum i32)
                (loop $l {step} (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                (local.get $sum))"
        )
    });
    let calls = (0..20).map(|i| format!("(drop (call $work{i} (i32.const 1200)))"));
    let all = format!("{}(func (export \"work\") {})", functions.collect::<String>(), calls.collect::<String>());
    wat::parse_str(PROGRAM.replace("WORK", &all)).expect("valid")
}

/// The system's allocator, with the number of bytes allocated and not freed.
struct Counting(AtomicUsize);

#[global_allocator]
static ALLOCATOR: Counting = Counting(AtomicUsize::new(0));

// SAFETY: all calls are passed to the system's allocator. (By default, `realloc` uses `alloc` and `dealloc`.)
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.0.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.0.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        self.0.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(at, layout) }
    }
}

/// The allocated bytes, and the numbers of pages of address space, mappings, open descriptors and threads.
#[derive(Clone, Copy, Debug)]
struct Taken {
    bytes: usize,
    pages: usize,
    mappings: usize,
    descriptors: usize,
    threads: usize,
}

fn taken() -> Taken {
    let statm = fs::read_to_string("/proc/self/statm").expect("proc");
    let entries = |folder: &str| fs::read_dir(folder).expect("proc").count();
    Taken {
        bytes: ALLOCATOR.0.load(Ordering::Relaxed),
        pages: statm.split(' ').next().and_then(|word| word.parse().ok()).expect("a number"),
        mappings: fs::read_to_string("/proc/self/maps").expect("proc").lines().count(),
        descriptors: entries("/proc/self/fd"),
        threads: entries("/proc/self/task"),
    }
}

/// Runs the program in a separate engine on a new thread, and waits until the thread has ended. Returns the number of threads at
/// the end of the program.
fn run(config: &Config, bytes: &Arc<[u8]>) -> usize {
    let (config, bytes) = (config.clone(), Arc::clone(bytes));
    let thread = std::thread::spawn(move || {
        let features = WasmFeatures::WASM3 | WasmFeatures::STACK_SWITCHING;
        let module = Arc::new(Module::new(&bytes, features).expect("valid"));
        let engine = Engine::new(config).expect("an engine");
        let mut store = engine.store(Limits::default());
        let instance = store.instantiate(engine.compile(&module).expect("compiles"), &[]).expect("instantiates");
        let mut call = |name: &str, args: &[Val]| {
            let Some(Extern::Func(f)) = store.export(instance, name) else { panic!("no {name}") };
            store.call(f, args)
        };
        assert_eq!(call("f", &[Val::I32(40)]).expect("it returns"), [Val::I32(40)]);
        assert!(call("deep", &[]).is_err());
        call("work", &[]).expect("it returns");
        taken().threads
    });
    thread.join().expect("no panic")
}

/// Waits until compiler threads have ended with their engine, which takes a moment.
fn settled(threads: usize) -> Taken {
    for _ in 0..60_000 {
        let taken = taken();
        if taken.threads <= threads {
            return taken;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("threads go on without an engine: {:?}, and {threads} before", taken());
}

/// Keeps a store's interrupt handle after the store is dropped: it retains next to nothing of the store.
fn run_and_keep(config: &Config, bytes: &Arc<[u8]>, kept: &mut Vec<InterruptHandle>) {
    let features = WasmFeatures::WASM3 | WasmFeatures::STACK_SWITCHING;
    let module = Arc::new(Module::new(bytes, features).expect("valid"));
    let engine = Engine::new(config.clone()).expect("an engine");
    let mut store = engine.store(Limits::default());
    let instance = store.instantiate(engine.compile(&module).expect("compiles"), &[]).expect("instantiates");
    let Some(Extern::Func(f)) = store.export(instance, "f") else { panic!("no f") };
    assert_eq!(store.call(f, &[Val::I32(40)]).expect("it returns"), [Val::I32(40)]);
    kept.push(store.interrupt_handle());
}

/// A module with one function, which has a loop that is replaced, and unique locals: bits of `n` choose their types.
fn with_locals_of(n: usize) -> Arc<[u8]> {
    let locals: String = (0..40).map(|bit| if n >> (bit % 16) & 1 == 0 { " i64" } else { " f64" }).collect();
    let body = "(loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))";
    let text = format!("(module (func (export \"f\") (param $n i32) (local{locals}) {body}))");
    wat::parse_str(text).expect("valid").into()
}

/// Runs modules one after another, each with a loop of another signature, and drops them.
fn replace_loops(engine: &Engine, modules: std::ops::Range<usize>) {
    for n in modules {
        let module = Arc::new(Module::new(&with_locals_of(n), WasmFeatures::WASM3).expect("valid"));
        let mut store = engine.store(Limits::default());
        let instance = store.instantiate(engine.compile(&module).expect("compiles"), &[]).expect("instantiates");
        let Some(Extern::Func(f)) = store.export(instance, "f") else { panic!("no f") };
        assert_eq!(store.call(f, &[Val::I32(10)]).expect("it returns"), []);
        assert_eq!(store.replacements(), [0, 1]);
    }
}

#[test]
fn what_is_taken_is_given_back() {
    /// The number of stores in a row: enough that a page kept by each of them would show.
    const ROUNDS: usize = 200;
    let bytes = Arc::from(program());
    let mut modes = vec![(Mode::All(Tier::Interp), None)];
    if cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
        modes.extend([
            (Mode::All(Tier::Jit), None),
            (Mode::Tiered { seed: None }, None),
            // More than one thread has to end.
            (Mode::Tiered { seed: None }, Some(3)),
            (Mode::Replaced { at_loops: true, after: 2 }, None),
        ]);
    }
    let threads = taken().threads;
    for (mode, compile_threads) in modes {
        let config = Config { mode, compile_threads, ..Config::default() };
        let compile = if matches!(mode, Mode::All(_)) { 0 } else { usize::from(config.threads_to_compile()) };
        assert_eq!(run(&config, &bytes), threads + 1 + compile, "{mode:?}");
        // What is kept for the next store, and by the allocator for the next thread, is allocated once.
        (0..20).for_each(|_| _ = run(&config, &bytes));
        // The C library keeps stacks and arenas of ended threads, up to a limit, and how many threads existed at once varies. A
        // store that leaks does so every time.
        let mut attempts = 0..if compile > 0 { 8 } else { 0 };
        loop {
            let before = settled(threads);
            (0..ROUNDS).for_each(|_| _ = run(&config, &bytes));
            let after = settled(threads);
            // Less than one byte for each store.
            if after.bytes < before.bytes + ROUNDS
                && after.pages < before.pages + ROUNDS / 2
                && after.mappings < before.mappings + ROUNDS / 4
                && after.descriptors == before.descriptors
            {
                break;
            }
            assert!(attempts.next().is_some(), "{mode:?}: {before:?}, {after:?}");
        }
    }
    const HANDLES: usize = 20;
    let mut kept = Vec::with_capacity(HANDLES + 1);
    let config = Config { mode: Mode::All(Tier::Interp), ..Config::default() };
    run_and_keep(&config, &bytes, &mut kept);
    let before = taken();
    (0..HANDLES).for_each(|_| run_and_keep(&config, &bytes, &mut kept));
    let after = taken();
    // The handle's own record.
    assert!(after.bytes < before.bytes + HANDLES * 4096, "{before:?}, {after:?}");
    assert!(after.mappings < before.mappings + HANDLES / 4, "{before:?}, {after:?}");
    assert!(after.pages < before.pages + HANDLES * 16, "{before:?}, {after:?}");
    kept.iter().for_each(InterruptHandle::interrupt);
    assert!(kept.iter().all(InterruptHandle::is_requested));
    // Code that starts at a loop is freed with its module, and so is its adapter: an engine may see any number of modules.
    if cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
        let mode = Mode::Replaced { at_loops: true, after: 2 };
        let engine = Engine::new(Config { mode, compile_threads: Some(0), ..Config::default() }).expect("an engine");
        replace_loops(&engine, 0..20);
        let before = taken();
        replace_loops(&engine, 20..20 + ROUNDS);
        let after = taken();
        assert!(after.bytes < before.bytes + ROUNDS, "{before:?}, {after:?}");
    }
}
