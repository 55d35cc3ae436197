//! Endless programs can be stopped from outside.

use super::{Config, Limits, Mode, allocated, configs, decode, function, instantiate};
use std::time::{Duration, Instant};
use wasmoon::engine::Engine;
use wasmoon::module::{FuncType, ValType};
use wasmoon::runtime::store::{Abort, Extern, InstanceId, Store};
use wasmoon::runtime::trap::TrapCode;
use wasmoon::runtime::value::Val;
use wasmoon::runtime::watchdog::Watchdog;

/// Bodies of a function `$self` without parameters that never end.
const ENDLESS: &[&str] = &[
    "(loop $l (br $l))",
    "(loop $l (br_if $l (i32.const 1)))",
    "(loop $l (br_table $l $l $l (global.get $g)))",
    "(loop $l (if (i32.eqz (global.get $g)) (then (br $l))))",
    "(loop $a (loop $b (br_if $a (global.get $g)) (br $b)))",
    "(loop $l (br_on_null $l (ref.null func)) (drop))",
    "(local i64) (loop $l (local.set 0 (i64.add (local.get 0) (i64.const 1))) \
       (br_if $l (i64.ne (local.get 0) (i64.const -1))))",
    "(return_call $self)",
    "(return_call_indirect (type $t) (i32.const 0))",
    "(return_call_ref $t (ref.func $self))",
    "(loop $l (try_table (catch $e $l) (throw $e)))",
    "(loop $l (try_table (catch_all $l) (call $throw)))",
    "(loop $l (call $nothing) (br $l))",
    "(loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br $l))",
    "(loop $l (memory.copy (i32.const 0) (i32.const 9) (i32.const 60000)) (br $l))",
    "(loop $l (table.fill $table (i32.const 0) (ref.null func) (i32.const 1)) (br $l))",
    "(loop $l (drop (memory.grow (i32.const 1))) (br $l))",
    "(loop $l (drop (table.grow $table (ref.null func) (i32.const 0))) (br $l))",
];

#[test]
fn what_never_ends_is_ended_by_the_watchdog() {
    for (column, config) in configs() {
        for body in ENDLESS {
            let module = decode(&format!(
                r#"(module (type $t (func)) (tag $e) (memory 1 4) (global $g (mut i32) (i32.const 0))
                   (table $table 1 4 funcref) (elem (table $table) (i32.const 0) func $self)
                   (func $nothing) (func $throw (throw $e))
                   (func $self (export "f") (type $t) {body}))"#
            ));
            let (mut store, instance) = instantiate(&config, &module, Limits::default());
            let f = function(&store, instance.expect("instantiates"), "f");
            let start = Instant::now();
            let watchdog = Watchdog::start(store.interrupt_handle(), Duration::from_millis(10)).expect("a thread");
            match store.call(f, &[]) {
                Err(Abort::Trap(trap)) => assert_eq!(trap.code, TrapCode::Interrupt, "{body} on {column}"),
                other => panic!("{body} on {column}: {other:?}"),
            }
            assert!(watchdog.fired(), "{body} on {column}");
            assert!(start.elapsed() < Duration::from_secs(5), "{body} on {column}: {:?}", start.elapsed());
            assert!(!store.is_interrupted(), "the interrupt was taken");
        }
    }
}

#[test]
fn a_watchdog_that_is_dropped_in_time_does_nothing() {
    let module = decode(r#"(module (func (export "f")))"#);
    for (column, config) in configs() {
        let (mut store, instance) = instantiate(&config, &module, Limits::default());
        let f = function(&store, instance.expect("instantiates"), "f");
        let watchdog = Watchdog::start(store.interrupt_handle(), Duration::from_secs(3600)).expect("a thread");
        assert!(!watchdog.fired());
        drop(watchdog);
        assert_eq!(store.call(f, &[]), Ok(vec![]), "{column}");
    }
}

#[test]
fn recursion_without_end_exhausts_the_stack() {
    let module = decode(
        r#"(module (type $t (func)) (table funcref (elem $indirect))
           (func $direct (export "direct") (call $direct))
           (func $indirect (export "indirect") (call_indirect (type $t) (i32.const 0)))
           (func $a (export "mutual") (call $b)) (func $b (call $a))
           (func $many (export "many") (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
             (call $many (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)
                         (local.get 5) (local.get 6) (local.get 7) (local.get 8) (local.get 9))))"#,
    );
    for (column, config) in configs() {
        let (mut store, instance) = instantiate(&config, &module, Limits::default());
        let instance = instance.expect("instantiates");
        for name in ["direct", "indirect", "mutual", "many"] {
            let f = function(&store, instance, name);
            let args =
                store.func_type(f).params().iter().map(|_| wasmoon::runtime::value::Val::I64(1)).collect::<Vec<_>>();
            match store.call(f, &args) {
                Err(Abort::Trap(trap)) => assert_eq!(trap.code, TrapCode::CallStackExhausted, "{name} on {column}"),
                other => panic!("{name} on {column}: {other:?}"),
            }
        }
    }
}

/// If the executing thread compiles a function at its first call, an interrupt ends the compilation. The next call compiles it.
#[test]
fn compiling_at_a_first_call_is_interrupted() {
    // More than the number of slots of an interpreted frame.
    let locals = "v128 ".repeat(40_000);
    let work = "(local.set $x (i32.mul (local.get $x) (i32.const 5)))".repeat(20_000);
    let module = decode(&format!(r#"(module (func (export "f") (local $x i32) (local {locals}) {work}))"#));
    let mode = Mode::Tiered { seed: None };
    let config = Config { mode, compile_threads: Some(0), ..Config::default() };
    let (mut store, instance) = instantiate(&config, &module, Limits::default());
    let f = function(&store, instance.expect("instantiates"), "f");
    let mut call = |interrupted: bool| {
        if interrupted {
            store.interrupt_handle().interrupt();
        }
        let before = allocated::total();
        let result = store.call(f, &[]);
        match &result {
            Err(Abort::Trap(trap)) if interrupted => assert_eq!(trap.code, TrapCode::Interrupt),
            result => assert_eq!((result, interrupted), (&Ok(vec![]), false)),
        }
        assert!(!store.is_interrupted(), "the interrupt was taken");
        allocated::total() - before
    };
    let given_up = [call(true), call(true)];
    let compiled = call(false);
    assert!(
        given_up.iter().all(|bytes| 2 * bytes < compiled),
        "{given_up:?} bytes, and {compiled} when it is compiled"
    );
    assert!(2 * call(false) < compiled, "it is compiled");
}

/// After requesting an interrupt, code allocates an object of 65,536 bytes, or a host function a small one. Nothing in between
/// checks for interrupts.
const ALLOCATES: &str = r#"(module (type $bytes (array i8))
    (import "a" "interrupt" (func $interrupt))
    (import "a" "make" (func $make (result externref)))
    (global $kept (mut (ref null $bytes)) (ref.null $bytes))
    (func (export "keep") (global.set $kept (array.new_default $bytes (i32.const 65520))))
    (func (export "forget") (global.set $kept (ref.null $bytes)))
    (func (export "new") (result i32)
      (call $interrupt)
      (array.len (array.new_default $bytes (i32.const 65520))))
    (func (export "make") (result externref) (call $make))
    (func (export "spin") (loop $l (br $l))))"#;

/// A store with a heap of `bytes` bytes, and an instance of the module.
fn allocates(config: &Config, bytes: u64) -> (Store, InstanceId) {
    let engine = Engine::new(config.clone()).expect("an engine");
    let code = engine.compile(&decode(ALLOCATES)).expect("supported");
    let mut store = engine.store(Limits { gc_heap_bytes: bytes, ..Limits::default() });
    let interrupt = store.new_host_func(
        "interrupt",
        FuncType::new([], []),
        Box::new(|store, _| {
            store.interrupt_handle().interrupt();
            Ok(Vec::new())
        }),
    );
    let make = store.new_host_func(
        "make",
        FuncType::new([], [ValType::EXTERNREF]),
        Box::new(|store, _| {
            store.interrupt_handle().interrupt();
            Ok(vec![store.try_new_extern(7)?.into()])
        }),
    );
    let instance = store.instantiate(code, &[Extern::Func(interrupt), Extern::Func(make)]).expect("instantiates");
    (store, instance)
}

fn ended(store: &mut Store, instance: InstanceId, name: &str) -> Result<Vec<Val>, TrapCode> {
    let f = function(store, instance, name);
    store.call(f, &[]).map_err(|abort| match abort {
        Abort::Trap(trap) => trap.code,
        other => panic!("{name}: {other:?}"),
    })
}

/// An interrupted allocation succeeds if there is room. Otherwise it ends with the interrupt, whatever a collection would have
/// freed.
#[test]
fn an_interrupted_allocation_does_not_wait_for_a_collection() {
    const OBJECT: u64 = 65_536;
    for (column, config) in configs() {
        for name in ["new", "make"] {
            for garbage in [false, true] {
                let (mut store, instance) = allocates(&config, OBJECT);
                assert_eq!(ended(&mut store, instance, "keep"), Ok(vec![]), "{column}");
                if garbage {
                    assert_eq!(ended(&mut store, instance, "forget"), Ok(vec![]), "{column}");
                }
                let collections = store.gc_stats().collections;
                assert_eq!(ended(&mut store, instance, name), Err(TrapCode::Interrupt), "{name} on {column}");
                assert!(!store.is_interrupted(), "the interrupt was taken");
                assert_eq!(store.gc_stats().collections, collections, "{name} on {column}");
            }
            // The request stays pending until the next check.
            let (mut store, instance) = allocates(&config, 4 * OBJECT);
            assert_eq!(ended(&mut store, instance, "keep"), Ok(vec![]), "{column}");
            assert!(ended(&mut store, instance, name).is_ok(), "{name} on {column}");
            assert!(store.is_interrupted(), "{name} on {column}");
            assert_eq!(ended(&mut store, instance, "spin"), Err(TrapCode::Interrupt), "{name} on {column}");
            assert!(!store.is_interrupted(), "the interrupt was taken");
        }
    }
}

/// If no code runs, collections complete, and the interrupt stays pending until the next call.
#[test]
fn an_interrupt_of_nothing_ends_no_collection() {
    const OBJECT: u64 = 65_536;
    for (column, config) in configs() {
        let (mut store, instance) = allocates(&config, OBJECT);
        for name in ["keep", "forget"] {
            assert_eq!(ended(&mut store, instance, name), Ok(vec![]), "{column}");
        }
        store.interrupt_handle().interrupt();
        let collections = store.gc_stats().collections;
        assert!(store.try_new_extern(1).is_ok(), "{column}");
        store.collect_garbage();
        assert_eq!((store.gc_stats().collections, store.is_interrupted()), (collections + 2, true), "{column}");
        assert_eq!(ended(&mut store, instance, "spin"), Err(TrapCode::Interrupt), "{column}");
    }
}
