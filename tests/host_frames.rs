//! Exceptions and traps that cross a host function: WebAssembly calls the host, which calls WebAssembly, which throws.
//! On every tier, alone and mixed function by function. A script cannot express this, because its host functions call
//! nothing.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use wasmoon::engine::{Config, Engine, Mode, OptLevel, Tier};
use wasmoon::module::{FuncType, Module, ValType, WasmFeatures};
use wasmoon::runtime::store::{Abort, Extern, InstanceId, Limits, Store};
use wasmoon::runtime::trap::TrapCode;
use wasmoon::runtime::value::{FuncRef, Val};

/// `catch` calls `host.call`, which calls `throw` of the same instance.
const MODULE: &str = r#"(module
    (type $payload (func (param i32 i64 f32 f64 i32 i64 f32 f64 i32)))
    (import "host" "call" (func $call (param i32) (result i32)))
    (tag $e (type $payload))
    (tag $other)
    (func (export "throw") (param $n i32) (result i32)
        (if (i32.eqz (local.get $n)) (then (unreachable)))
        (if (i32.eq (local.get $n) (i32.const 1)) (then (return (i32.const 11))))
        (if (i32.eq (local.get $n) (i32.const 2)) (then (throw $other)))
        (throw $e (local.get $n) (i64.const -2) (f32.const 3.5) (f64.const -0) (i32.const 5)
            (i64.const 6) (f32.const inf) (f64.const 8) (i32.const -9)))
    (func $f (export "catch") (param $n i32)
        (result i64 i32 i64 f32 f64 i32 i64 f32 f64 i32)
        (local $kept i64)
        (local.set $kept (i64.extend_i32_u (i32.mul (local.get $n) (i32.const 1000))))
        (block $h (result i32 i64 f32 f64 i32 i64 f32 f64 i32)
            (try_table (catch $e $h)
                (local.get $kept)
                (call $call (local.get $n))
                (i64.const 0) (f32.const 0) (f64.const 0) (i32.const 0) (i64.const 0) (f32.const 0) (f64.const 0)
                (i32.const 0)
                (return))
            (unreachable))
        (call $pack (local.get $kept)))
    (func $pack (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64)
        (result i64 i32 i64 f32 f64 i32 i64 f32 f64 i32)
        (local.get 9) (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)
        (local.get 6) (local.get 7) (local.get 8)))"#;

fn tiers() -> Vec<Config> {
    let mode = |mode| Config { mode, verify: true, poison: true, ..Config::default() };
    let mut all = vec![
        mode(Mode::All(Tier::Interp)),
        mode(Mode::All(Tier::Eval)),
        mode(Mode::All(Tier::Jit)),
        Config { opt: OptLevel::O0, ..mode(Mode::All(Tier::Jit)) },
        Config { registers: Some(4), ..mode(Mode::All(Tier::Jit)) },
        Config { gc_stress: true, ..mode(Mode::All(Tier::Jit)) },
    ];
    // Enough seeds that each function runs on each tier, next to every other tier.
    all.extend((0..12).map(|seed| mode(Mode::Mix3 { seed })));
    all
}

/// Executes `work` on a separate stack, as libraries for deep recursion do.
#[cfg(target_os = "linux")]
fn elsewhere(work: &mut dyn FnMut()) {
    thread_local! {
        static WORK: Cell<Option<*mut (dyn FnMut() + 'static)>> = const { Cell::new(None) };
    }
    extern "C" fn enter() {
        let work = WORK.take().expect("some work");
        // SAFETY: `elsewhere` has the only other reference to it, and waits.
        unsafe { (*work)() };
    }
    let mut stack = vec![0u8; 4 << 20];
    // SAFETY: the other context runs on a stack that outlives it, ends, and then continues here. `work` is used until then.
    unsafe {
        WORK.set(Some(std::mem::transmute::<*mut (dyn FnMut() + '_), *mut (dyn FnMut() + 'static)>(work)));
        let mut own: libc::ucontext_t = std::mem::zeroed();
        let mut other: libc::ucontext_t = std::mem::zeroed();
        assert_eq!(libc::getcontext(&mut other), 0);
        other.uc_stack.ss_sp = stack.as_mut_ptr().cast();
        other.uc_stack.ss_size = stack.len();
        other.uc_link = &mut own;
        libc::makecontext(&mut other, enter, 0);
        assert_eq!(libc::swapcontext(&mut own, &other), 0);
    }
}

/// A host function may continue on another stack and collect objects there: those held by the code that called it are kept. Calls
/// from there are refused, since the stack is unknown.
#[test]
#[cfg(target_os = "linux")]
fn a_host_function_may_be_on_another_stack() {
    let text = r#"(module
        (type $s (struct (field i64)))
        (import "" "elsewhere" (func $elsewhere))
        (func (export "called"))
        (func (export "f") (param $n i64) (result i64) (local $s (ref $s))
            (local.set $s (struct.new $s (local.get $n)))
            (call $elsewhere)
            (struct.get $s 0 (local.get $s))))"#;
    for config in tiers() {
        let engine = Engine::new(config.clone()).expect("a configuration");
        let mut store = engine.store(Limits::default());
        let called: Rc<Cell<Option<FuncRef>>> = Rc::default();
        let callee = Rc::clone(&called);
        let host = store.new_host_func(
            "elsewhere",
            FuncType::new([], []),
            Box::new(move |store, _| {
                let mut refused = None;
                elsewhere(&mut || {
                    store.collect_garbage();
                    // Objects of the same size, in place of freed ones.
                    for n in 0..100 {
                        store.new_extern(n);
                    }
                    refused = Some(store.call(callee.get().expect("an instance"), &[]));
                });
                let Some(Err(Abort::Trap(trap))) = refused else { panic!("{refused:?}") };
                assert_eq!(trap.code, TrapCode::CallStackExhausted);
                // The reason distinguishes this from a recursion that is too deep.
                assert_eq!(store.take_refused(), Some("a call on a stack that a host function made"));
                store.call(callee.get().expect("an instance"), &[]).map(|_| Vec::new())
            }),
        );
        let code = engine.compile(&decode(text)).expect("supported");
        let instance = store.instantiate(code, &[Extern::Func(host)]).expect("links");
        called.set(Some(function(&store, instance, "called")));
        let f = function(&store, instance, "f");
        for n in [7, -1] {
            assert_eq!(store.call(f, &[Val::I64(n as u64)]), Ok(vec![Val::I64(n as u64)]), "{config:?}");
        }
    }
}

/// The first call of a store is also refused on such a stack, wherever it lies, and succeeds on the thread's own.
#[test]
#[cfg(target_os = "linux")]
fn a_first_call_on_another_stack_is_refused() {
    for config in tiers() {
        let engine = Engine::new(config.clone()).expect("a configuration");
        let mut store = engine.store(Limits::default());
        let code = engine.compile(&decode(r#"(module (func (export "f")))"#)).expect("supported");
        let instance = store.instantiate(code, &[]).expect("links");
        let f = function(&store, instance, "f");
        let mut refused = None;
        elsewhere(&mut || refused = Some(store.call(f, &[])));
        let Some(Err(Abort::Trap(trap))) = refused else { panic!("{refused:?} with {config:?}") };
        assert_eq!(trap.code, TrapCode::CallStackExhausted);
        assert_eq!(store.take_refused(), Some("a call on a stack that is not the thread's"));
        assert_eq!(store.call(f, &[]), Ok(vec![]));
    }
}

fn function(store: &Store, instance: InstanceId, name: &str) -> FuncRef {
    match store.export(instance, name) {
        Some(Extern::Func(f)) => f,
        other => panic!("{name}: {other:?}"),
    }
}

fn decode(text: &str) -> Arc<Module> {
    let bytes = wat::parse_str(text).expect("a module");
    Arc::new(Module::new(&bytes, WasmFeatures::all()).expect("valid"))
}

/// A store with an instance of the module, and a host function that calls its export `throw` and counts the calls.
fn instantiate(config: &Config) -> (Store, InstanceId, Rc<Cell<u32>>) {
    let engine = Engine::new(config.clone()).expect("a configuration");
    let code = engine.compile(&decode(MODULE)).expect("supported");
    let mut store = engine.store(Limits::default());
    let target: Rc<Cell<Option<FuncRef>>> = Rc::default();
    let calls: Rc<Cell<u32>> = Rc::default();
    let (callee, count) = (target.clone(), calls.clone());
    let host = store.new_host_func(
        "call",
        FuncType::new([ValType::I32], [ValType::I32]),
        Box::new(move |store, args| {
            count.set(count.get() + 1);
            store.call(callee.get().expect("instantiated"), args)
        }),
    );
    let instance = store.instantiate(code, &[Extern::Func(host)]).expect("links");
    target.set(Some(function(&store, instance, "throw")));
    (store, instance, calls)
}

#[test]
fn exceptions_and_traps_cross_host_frames() {
    for config in tiers() {
        let (mut store, instance, calls) = instantiate(&config);
        let catch = function(&store, instance, "catch");
        for n in [3, 4, 77] {
            let expected = vec![
                Val::I64(u64::from(n) * 1000),
                Val::I32(n),
                Val::I64(-2i64 as u64),
                Val::F32(3.5f32.to_bits()),
                Val::F64((-0f64).to_bits()),
                Val::I32(5),
                Val::I64(6),
                Val::F32(f32::INFINITY.to_bits()),
                Val::F64(8f64.to_bits()),
                Val::I32(-9i32 as u32),
            ];
            assert_eq!(store.call(catch, &[Val::I32(n)]), Ok(expected), "{config:?}");
        }
        let returned = store.call(catch, &[Val::I32(1)]).expect("no exception");
        assert_eq!(returned[..2], [Val::I64(1000), Val::I32(11)], "{config:?}");
        match store.call(catch, &[Val::I32(0)]) {
            Err(Abort::Trap(trap)) => assert_eq!(trap.code, TrapCode::Unreachable, "{config:?}"),
            other => panic!("{other:?} with {config:?}"),
        }
        // An exception that no frame catches propagates out of all frames.
        assert!(matches!(store.call(catch, &[Val::I32(2)]), Err(Abort::Exception(_))), "{config:?}");
        assert_eq!(calls.get(), 6, "{config:?}");
        // The exceptions are garbage by now.
        for _ in 0..1000 {
            store.call(catch, &[Val::I32(5)]).expect("caught");
            store.clear_handles();
        }
        assert!(store.gc_stats().allocated_objects > 1000, "{config:?}");
        store.collect_garbage();
        assert_eq!(store.gc_stats().live_objects, 0, "{config:?}");
    }
}

/// All nested calls through the host share the native stack of the outermost one.
#[test]
fn calls_through_the_host_share_one_stack() {
    const AGAIN: &str = r#"(module (import "host" "call" (func $call (param i32) (result i32)))
        (func (export "again") (param i32) (result i32) (call $call (i32.add (local.get 0) (i32.const 1)))))"#;
    // Here no frame is left when the host is called.
    const TAIL: &str = r#"(module (import "host" "call" (func $call (param i32) (result i32)))
        (func (export "again") (param i32) (result i32) (return_call $call (i32.add (local.get 0) (i32.const 1)))))"#;
    const BYTES: usize = 256 << 10;
    // The stack limit of the store, plus what the frame that exceeds it may take.
    const MOST: usize = BYTES + (64 << 10);
    let run = || {
        for (config, text) in tiers().iter().flat_map(|config| [(config, AGAIN), (config, TAIL)]) {
            let engine = Engine::new(config.clone()).expect("a configuration");
            let mut store = engine.store(Limits { native_stack_bytes: BYTES, ..Limits::default() });
            store.set_paranoid(true);
            let target: Rc<Cell<Option<FuncRef>>> = Rc::default();
            let seen: Rc<Cell<(usize, usize, u32)>> = Rc::new(Cell::new((usize::MAX, 0, 0)));
            let (callee, noted) = (target.clone(), seen.clone());
            let host = store.new_host_func(
                "call",
                FuncType::new([ValType::I32], [ValType::I32]),
                Box::new(move |store, args| {
                    let marker = 0u8;
                    let here = std::hint::black_box(&raw const marker) as usize;
                    let (low, high, calls) = noted.get();
                    noted.set((low.min(here), high.max(here), calls + 1));
                    store.call(callee.get().expect("instantiated"), args)
                }),
            );
            let code = engine.compile(&decode(text)).expect("supported");
            let instance = store.instantiate(code, &[Extern::Func(host)]).expect("links");
            let again = function(&store, instance, "again");
            target.set(Some(again));
            match store.call(again, &[Val::I32(0)]) {
                Err(Abort::Trap(trap)) => assert_eq!(trap.code, TrapCode::CallStackExhausted, "{config:?}"),
                other => panic!("{other:?} with {config:?}"),
            }
            let (low, high, calls) = seen.get();
            assert!(calls > 20 && high - low < MOST, "{calls} calls, {} bytes with {config:?}", high - low);
            // The next call has the whole stack again.
            seen.set((usize::MAX, 0, 0));
            assert!(matches!(store.call(again, &[Val::I32(0)]), Err(Abort::Trap(_))), "{config:?}");
            assert!(seen.get().2 >= calls - 1, "{calls} calls, then {} with {config:?}", seen.get().2);
        }
    };
    std::thread::Builder::new().stack_size(64 << 20).spawn(run).expect("a thread").join().expect("no panic");
}

/// With the largest possible stack limit, the thread's stack is the limit.
#[test]
fn a_stack_may_be_as_large_as_one_likes() {
    const DEEP: &str = r#"(module (func $deep (export "deep") (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 7)))))"#;
    for config in tiers() {
        let engine = Engine::new(config.clone()).expect("a configuration");
        let mut store = engine.store(Limits { native_stack_bytes: usize::MAX, ..Limits::default() });
        let code = engine.compile(&decode(DEEP)).expect("supported");
        let instance = store.instantiate(code, &[]).expect("links");
        let deep = function(&store, instance, "deep");
        assert_eq!(store.call(deep, &[Val::I32(1000)]), Ok(vec![Val::I32(7)]), "{config:?}");
        match store.call(deep, &[Val::I32(u32::MAX)]) {
            Err(Abort::Trap(trap)) => assert_eq!(trap.code, TrapCode::CallStackExhausted, "{config:?}"),
            other => panic!("{other:?} with {config:?}"),
        }
    }
}

/// Code that a host function calls may call another host function itself. Afterwards the first one still knows where the frames of
/// its caller are: for a trap's backtrace, and for a collection.
#[test]
fn callers_are_known_after_other_host_calls() {
    /// The function of each frame, and the offset in the module.
    type Places = Vec<(u32, Option<u32>)>;
    const TEXT: &str = r#"(module
        (type $s (struct (field i64)))
        (import "" "outer" (func $outer)) (import "" "inner" (func $inner))
        (func $leaf (call $inner))
        (func (export "middle") (call $leaf))
        (func (export "trap") (unreachable))
        (func (export "f") (param $n i64) (result i64) (local $s (ref $s))
            (local.set $s (struct.new $s (local.get $n)))
            (call $outer)
            (struct.get $s 0 (local.get $s))))"#;
    let mode = |mode| Config { mode, ..Config::default() };
    let configs = [Mode::All(Tier::Interp), Mode::All(Tier::Jit)].into_iter();
    // Enough seeds for each of the four functions to run on each tier, next to every other tier.
    let configs = configs.chain((0..80).map(|seed| Mode::Mix { seed })).map(mode);
    let mut expected = None;
    for config in configs {
        let engine = Engine::new(config.clone()).expect("a configuration");
        let mut store = engine.store(Limits::default());
        let inner = store.new_host_func("inner", FuncType::new([], []), Box::new(|_, _| Ok(Vec::new())));
        let exports: Rc<Cell<Option<[FuncRef; 2]>>> = Rc::default();
        let seen: Rc<Cell<Places>> = Rc::default();
        let (called, noted) = (exports.clone(), seen.clone());
        let outer = store.new_host_func(
            "outer",
            FuncType::new([], []),
            Box::new(move |store, _| {
                let [middle, trap] = called.get().expect("an instance");
                store.call(middle, &[])?;
                let Err(Abort::Trap(trap)) = store.call(trap, &[]) else { panic!("no trap") };
                noted.set(trap.backtrace.iter().map(|frame| (frame.function, frame.module_offset)).collect());
                store.collect_garbage();
                // Objects of the same size, in place of freed ones.
                for n in 0..100 {
                    store.new_extern(n);
                }
                Ok(Vec::new())
            }),
        );
        let code = engine.compile(&decode(TEXT)).expect("supported");
        let instance = store.instantiate(code, &[Extern::Func(outer), Extern::Func(inner)]).expect("links");
        exports.set(Some(["middle", "trap"].map(|name| function(&store, instance, name))));
        let f = function(&store, instance, "f");
        assert_eq!(store.call(f, &[Val::I64(7)]), Ok(vec![Val::I64(7)]), "{config:?}");
        let frames = seen.take();
        let functions: Vec<u32> = frames.iter().map(|frame| frame.0).collect();
        assert_eq!(functions, [4, 5], "{config:?}");
        assert_eq!(expected.get_or_insert_with(|| frames.clone()), &frames, "{config:?}");
    }
}

/// After a call from a host function has ended, in whatever way, the host function has the same stack as before: no more, as
/// endless recursion would show, and no less. The same applies to its caller.
#[test]
fn the_host_goes_on_after_what_it_called_has_ended() {
    const ENDS: &str = r#"(module (import "host" "call" (func $call (param i32) (result i32)))
        (tag $e)
        (func (export "f") (param $n i32) (result i32)
            (i32.add (call $call (local.get $n)) (i32.mul (local.get $n) (i32.const 1000))))
        (func $ends (export "ends") (param $how i32) (result i32)
            (if (i32.eqz (local.get $how)) (then (return (i32.const 7))))
            (if (i32.eq (local.get $how) (i32.const 1)) (then (unreachable)))
            (if (i32.eq (local.get $how) (i32.const 2)) (then (throw $e)))
            (i32.add (call $ends (local.get $how)) (i32.const 1))))"#;
    const INTERRUPTED: u32 = 4;
    for config in tiers() {
        let name = format!("{config:?}");
        let engine = Engine::new(config).expect("a configuration");
        let mut store = engine.store(Limits::default());
        let target: Rc<Cell<Option<FuncRef>>> = Rc::default();
        let (callee, column) = (target.clone(), name.clone());
        let host = store.new_host_func(
            "call",
            FuncType::new([ValType::I32], [ValType::I32]),
            Box::new(move |store, args| {
                for how in [3, 0, 3, 4, 3, 4, 0, 1, 3, 2, 3, 0] {
                    if how == INTERRUPTED {
                        store.interrupt_handle().interrupt();
                    }
                    let end = store.call(callee.get().expect("instantiated"), &[Val::I32(how)]);
                    let code = if let Err(Abort::Trap(trap)) = &end { Some(trap.code) } else { None };
                    let right = match how {
                        0 => end == Ok(vec![Val::I32(7)]),
                        1 => code == Some(TrapCode::Unreachable),
                        2 => matches!(end, Err(Abort::Exception(_))),
                        INTERRUPTED => code == Some(TrapCode::Interrupt),
                        _ => code == Some(TrapCode::CallStackExhausted),
                    };
                    assert!(right, "{how}: {end:?} with {column}");
                }
                Ok(args.to_vec())
            }),
        );
        let code = engine.compile(&decode(ENDS)).expect("supported");
        let instance = store.instantiate(code, &[Extern::Func(host)]).expect("links");
        target.set(Some(function(&store, instance, "ends")));
        let f = function(&store, instance, "f");
        for n in [1, 2] {
            assert_eq!(store.call(f, &[Val::I32(n)]), Ok(vec![Val::I32(1001 * n)]), "{name}");
            store.check_invariants().unwrap_or_else(|e| panic!("{e} with {name}"));
        }
    }
}
