//! Calls in both directions, and how they end.

use super::{backends, engines};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use wasmoon::{
    AnyRef, AsContextMut, Caller, CompileError, Config, Engine, Error, ErrorKind, ExnRef, Extern, ExternRef, Func,
    FuncType, Instance, Linker, Module, RootScope, Rooted, Store, StoreLimitsBuilder, Strategy, Tag, TagType, TrapCode,
    UsageError, V128, Val, ValType, Watchdog,
};

/// A store with the instance of a module without imports.
fn instance(engine: &Engine, text: &str) -> (Store<()>, Instance) {
    let module = Module::new(engine, text).expect("a module");
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[]).expect("an instance");
    (store, instance)
}

/// A vector takes as much room as two numbers, also when the arguments take more room than the results.
#[test]
fn host_functions_take_vectors() {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let (a, b) = (0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10u128, 7u128 << 64 | 5);
        let none = Func::wrap(&mut store, move |v: V128| assert_eq!(u128::from(v), a));
        let sum = Func::wrap(&mut store, |v: V128, n: i32, w: V128| {
            let (v, w) = (u128::from(v), u128::from(w));
            (v as i32).wrapping_add((w >> 64) as i32).wrapping_mul(n)
        });
        let expected = (a as i32).wrapping_add(7).wrapping_mul(3);
        none.typed::<V128, ()>(&store).unwrap().call(&mut store, a.into()).unwrap();
        let direct = sum.typed::<(V128, i32, V128), i32>(&store).unwrap();
        assert_eq!(direct.call(&mut store, (a.into(), 3, b.into())).unwrap(), expected);
        let text = r#"(module (import "" "" (func $none (param v128))) (import "" "" (func $sum (param v128 i32 v128) (result i32)))
            (func (export "f") (param v128 v128) (result i32)
                (call $none (local.get 0)) (call $sum (local.get 0) (i32.const 3) (local.get 1))))"#;
        let module = Module::new(&engine, text).unwrap();
        let instance = Instance::new(&mut store, &module, &[none.into(), sum.into()]).unwrap();
        let f = instance.get_typed_func::<(V128, V128), i32>(&mut store, "f").unwrap();
        assert_eq!(f.call(&mut store, (a.into(), b.into())).unwrap(), expected);
    }
}

#[test]
fn numbers_and_vectors_pass_both_ways() {
    for engine in engines() {
        let text = r#"(module
            (import "host" "mix" (func $mix (param i32 i64 f32 f64 v128) (result v128 f64 f32 i64 i32)))
            (func (export "f") (param i32 i64 f32 f64 v128) (result v128 f64 f32 i64 i32)
                (call $mix (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4))))"#;
        let module = Module::new(&engine, text).unwrap();
        let mut linker = Linker::new(&engine);
        let mix = |a: i32, b: i64, c: f32, d: f64, e: V128| (V128::from(!u128::from(e)), -d, -c, b + 1, a - 1);
        linker.func_wrap("host", "mix", mix).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        type Params = (i32, i64, f32, f64, V128);
        let f = instance.get_typed_func::<Params, (V128, f64, f32, i64, i32)>(&mut store, "f").unwrap();
        let results = f.call(&mut store, (-5, i64::MAX - 1, 1.5, f64::MIN, V128::from(7 | 9 << 64))).unwrap();
        assert_eq!(results, (V128::from(!(7 | 9 << 64)), -f64::MIN, -1.5, i64::MAX, -6));
        // The same without static types.
        let args = [Val::I32(1), Val::I64(2), Val::from(3f32), Val::from(4f64), Val::V128(V128::from(5 << 64 | 6))];
        let mut results = [Val::I32(0); 5];
        f.func().call(&mut store, &args, &mut results).unwrap();
        assert_eq!(results[0].v128(), Some(V128::from(!(5 << 64 | 6))));
        assert_eq!((results[1].f64(), results[2].f32()), (Some(-4.0), Some(-3.0)));
        assert_eq!((results[3].i64(), results[4].i32()), (Some(3), Some(0)));
    }
}

#[test]
fn signatures_and_numbers_of_arguments_are_checked() {
    for engine in engines() {
        let (mut store, instance) =
            instance(&engine, r#"(module (func (export "f") (param i32) (result i64) (i64.const 1)))"#);
        let f = instance.get_func(&mut store, "f").unwrap();
        let error = f.typed::<i64, i64>(&store).unwrap_err();
        assert_eq!(error.to_string(), "the function's type is (i32) -> (i64), not (i64) -> (i64)");
        let error = f.call(&mut store, &[], &mut [Val::I64(0)]).unwrap_err();
        assert_eq!(error.to_string(), "0 arguments given, but 1 is required");
        let error = f.call(&mut store, &[Val::I32(1)], &mut []).unwrap_err();
        assert_eq!(error.to_string(), "0 results given, but 1 is required");
        let error = f.call(&mut store, &[Val::F32(1)], &mut [Val::I64(0)]).unwrap_err();
        assert_eq!(error.to_string(), "argument 1: expected i32, found f32");
        let error = instance.get_typed_func::<(), ()>(&mut store, "g").unwrap_err();
        assert_eq!(error.to_string(), "no exported function named \"g\"");
    }
}

#[test]
fn a_trap_has_a_code_and_a_backtrace() {
    for engine in engines() {
        let text = r#"(module $m
            (func $inner (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
            (func (export "f") (param i32) (result i32) (call $inner (local.get 0))))"#;
        let (mut store, instance) = instance(&engine, text);
        let f = instance.get_typed_func::<i32, i32>(&mut store, "f").unwrap();
        assert_eq!(f.call(&mut store, 1).unwrap(), 1);
        let error = f.call(&mut store, 0).unwrap_err();
        assert_eq!(error.as_trap_code(), Some(TrapCode::IntegerDivideByZero));
        assert_eq!(error.to_string(), "integer divide by zero in inner");
        let names: Vec<&str> = error.as_trap().unwrap().backtrace.iter().map(|frame| frame.name.as_str()).collect();
        assert_eq!(names, ["inner", "f"]);
    }
}

/// A trap is written with a line for each frame; of many frames, the middle ones are only counted, and the last ones keep their
/// numbers.
#[test]
fn a_trap_is_written_with_its_frames() {
    for engine in engines() {
        let text = r#"(module $m
            (func $down (export "f") (param i32) (result i32)
                (i32.eqz (local.get 0))
                if unreachable end
                (call $down (i32.sub (local.get 0) (i32.const 1)))))"#;
        let (mut store, instance) = instance(&engine, text);
        let f = instance.get_typed_func::<i32, i32>(&mut store, "f").unwrap();
        for depth in [0, 1, 109, 110, 111, 500] {
            let error = f.call(&mut store, depth).unwrap_err();
            let trap = error.as_trap().unwrap();
            let text = format!("{trap:#}");
            let (head, frames) = text.split_once('\n').unwrap();
            assert_eq!(head, "unreachable in down");
            let mut next = 0;
            for line in frames.lines() {
                if let Some(count) = line.trim().strip_prefix("… ") {
                    let frames = if trap.omitted == 1 { "frame" } else { "frames" };
                    assert_eq!(count, format!("{} more {frames} …", trap.omitted));
                    next += trap.omitted;
                } else {
                    let frame = format!("{next:>5}: down (function 0, module offset 0x");
                    assert!(line.starts_with(&frame) && line.ends_with(')'), "{line}");
                    next += 1;
                }
            }
            assert_eq!(next, depth as u64 + 1, "{text}");
            assert_eq!(frames.contains("more frame"), depth >= 110, "{text}");
        }
    }
}

/// A backtrace keeps the innermost 100 frames and the outermost 10.
#[test]
fn a_long_backtrace_has_both_ends() {
    let outer: String = (0..12).map(|n| format!("(func $o{n} (param i32) (call $o{} (local.get 0)))", n + 1)).collect();
    let text = format!(
        r#"(module (export "f" (func $o0)) {outer}
            (func $o12 (param i32)
                (if (i32.eqz (local.get 0)) (then unreachable))
                (call $o12 (i32.sub (local.get 0) (i32.const 1)))))"#
    );
    for engine in engines() {
        let (mut store, instance) = instance(&engine, &text);
        let f = instance.get_typed_func::<i32, ()>(&mut store, "f").unwrap();
        for depth in [0, 97, 98, 107, 500] {
            let error = f.call(&mut store, depth).unwrap_err();
            let trap = error.as_trap().unwrap();
            let mut expected = vec!["o12".to_string(); depth as usize + 1];
            expected.extend((0..12).rev().map(|n| format!("o{n}")));
            let omitted = expected.len().saturating_sub(110);
            if omitted > 0 {
                expected.drain(100..100 + omitted);
            }
            assert!(trap.backtrace.len() <= 100 && trap.outer.len() <= 10);
            let names: Vec<&str> = trap.backtrace.iter().chain(&trap.outer).map(|frame| frame.name.as_str()).collect();
            assert_eq!((names, trap.omitted), (expected.iter().map(String::as_str).collect(), omitted as u64));
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the disk is full")]
struct Full;

#[test]
fn errors_of_host_functions_arrive_as_they_are() {
    for engine in engines() {
        let text = r#"(module (import "host" "fail" (func $fail (param i32)))
            (func (export "f") (param i32) (call $fail (local.get 0))))"#;
        let module = Module::new(&engine, text).unwrap();
        let mut linker = Linker::new(&engine);
        let fail = |n: i32| match n {
            0 => Err(Error::host(Full)),
            1 => Err(Error::new("a message")),
            2 => Err(Error::from(TrapCode::IntegerOverflow)),
            3 => Err(Error::i32_exit(7)),
            _ => Ok(()),
        };
        linker.func_wrap("host", "fail", fail).unwrap();
        let mut store = Store::new(&engine, ());
        let f = linker.instantiate(&mut store, &module).unwrap();
        let f = f.get_typed_func::<i32, ()>(&mut store, "f").unwrap();
        let full = f.call(&mut store, 0).unwrap_err();
        assert!(full.downcast_ref::<Full>().is_some());
        assert_eq!(std::error::Error::source(&full).unwrap().to_string(), "the disk is full");
        assert_eq!(f.call(&mut store, 1).unwrap_err().to_string(), "a message");
        assert_eq!(f.call(&mut store, 2).unwrap_err().as_trap_code(), Some(TrapCode::IntegerOverflow));
        assert_eq!(f.call(&mut store, 3).unwrap_err().i32_exit_status(), Some(7));
        f.call(&mut store, 4).unwrap();
    }
}

#[test]
fn a_panic_passes_through_and_the_store_can_be_used_on() {
    for engine in engines() {
        let text = r#"(module (import "host" "panic" (func $panic (param i32)))
            (func (export "f") (param i32) (result i32) (call $panic (local.get 0)) (i32.const 1)))"#;
        let module = Module::new(&engine, text).unwrap();
        let mut linker = Linker::new(&engine);
        linker.func_wrap("host", "panic", |n: i32| assert_eq!(n, 0, "as asked")).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let f = instance.get_typed_func::<i32, i32>(&mut store, "f").unwrap();
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| f.call(&mut store, 1)));
        assert!(panic.is_err());
        assert_eq!(f.call(&mut store, 0).unwrap(), 1);
    }
}

#[test]
fn host_functions_see_their_caller_and_call_back() {
    for engine in engines() {
        let text = r#"(module (import "host" "call" (func $call (param i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "hello")
            (func (export "double") (param i32) (result i32) (i32.mul (i32.const 2) (local.get 0)))
            (func (export "f") (param i32) (result i32) (i32.add (i32.const 1) (call $call (local.get 0)))))"#;
        let module = Module::new(&engine, text).unwrap();
        let mut linker = Linker::new(&engine);
        let call = |mut caller: Caller<'_, Vec<u8>>, n: i32| -> Result<i32, Error> {
            let memory = caller.get_export("memory").and_then(Extern::into_memory).expect("the caller's memory");
            let (bytes, data) = memory.data_and_store_mut(&mut caller);
            data.extend_from_slice(&bytes[..5]);
            bytes[0] = b'j';
            let double = caller.get_export("double").and_then(Extern::into_func).expect("the caller's function");
            double.typed::<i32, i32>(&caller)?.call(&mut caller, n)
        };
        linker.func_wrap("host", "call", call).unwrap();
        let mut store = Store::new(&engine, Vec::new());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let f = instance.get_typed_func::<i32, i32>(&mut store, "f").unwrap();
        assert_eq!(f.call(&mut store, 20).unwrap(), 41);
        assert_eq!(f.call(&mut store, 21).unwrap(), 43);
        assert_eq!(store.data(), b"hellojello");
        // If the host calls it directly, there is no calling instance.
        let call = linker.get(&mut store, "host", "call").and_then(Extern::into_func).unwrap();
        let called = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            call.typed::<i32, i32>(&store).unwrap().call(&mut store, 1)
        }));
        assert!(called.is_err(), "the closure expects a memory");
    }
}

#[test]
fn exceptions_are_thrown_and_caught_across_the_border() {
    for engine in engines() {
        let text = r#"(module
            (import "host" "tag" (tag $e (param i32 i64)))
            (import "host" "throw" (func $throw (param i32)))
            (func (export "catch") (param i32) (result i32 i64)
                (block $h (result i32 i64)
                    (try_table (catch $e $h) (call $throw (local.get 0)))
                    (i32.const 0) (i64.const 0)))
            (func (export "throw") (throw $e (i32.const 3) (i64.const 4))))"#;
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let tag = Tag::new(&mut store, TagType::new(FuncType::new([ValType::I32, ValType::I64], [])));
        let mut linker = Linker::new(&engine);
        linker.define("host", "tag", tag).unwrap();
        let throw = move |mut caller: Caller<'_, ()>, n: i32| -> Result<(), Error> {
            let exception = ExnRef::new(&mut caller, &tag, &[Val::I32(n), Val::I64(2)])?;
            caller.throw(exception)
        };
        linker.func_wrap("host", "throw", throw).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let catch = instance.get_typed_func::<i32, (i32, i64)>(&mut store, "catch").unwrap();
        assert_eq!(catch.call(&mut store, 1).unwrap(), (1, 2));
        let throw = instance.get_typed_func::<(), ()>(&mut store, "throw").unwrap();
        let error = throw.call(&mut store, ()).unwrap_err();
        let exception = error.as_exception().expect("an exception").to_rooted(&mut store).unwrap();
        store.gc();
        assert_eq!(exception.tag(&store).unwrap(), tag);
        let payload = exception.payload(&mut store).unwrap();
        assert_eq!((payload[0].i32(), payload[1].i64()), (Some(3), Some(4)));
    }
}

/// A loop that keeps catching what a host function throws is interrupted before its next call.
#[test]
fn a_loop_around_a_host_function_that_throws_is_interrupted() {
    const INTERRUPTED: u32 = 3;
    for engine in engines() {
        let text = r#"(module
            (import "host" "throw" (func $throw))
            (func (export "f") (loop $l (try_table (catch_all $l) (call $throw)))))"#;
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, 0);
        let tag = Tag::new(&mut store, TagType::new(FuncType::new([], [])));
        let interrupt = store.interrupt_handle();
        let mut linker = Linker::new(&engine);
        let throw = move |mut caller: Caller<'_, u32>| -> Result<(), Error> {
            *caller.data_mut() += 1;
            match *caller.data() {
                INTERRUPTED => interrupt.interrupt(),
                // End the loop even if the interrupt had no effect.
                calls if calls > INTERRUPTED => return Ok(()),
                _ => {}
            }
            let exception = ExnRef::new(&mut caller, &tag, &[])?;
            caller.throw(exception)
        };
        linker.func_wrap("host", "throw", throw).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let f = instance.get_typed_func::<(), ()>(&mut store, "f").unwrap();
        let error = f.call(&mut store, ()).map_err(|e| e.as_trap_code());
        assert_eq!((error, *store.data()), (Err(Some(TrapCode::Interrupt)), INTERRUPTED));
    }
}

/// An exception that the host has dropped is collected, and so is everything held by the call that threw it.
#[test]
fn exceptions_that_are_dropped_take_no_room() {
    // About a thousand bytes each, in a heap of a million.
    let thrown = |name: &str| {
        let values = "(v128.const i64x2 1 2)".repeat(60);
        format!("(module (tag $e (param {})) (func $f {name} (throw $e {values})) START)", "v128 ".repeat(60))
    };
    for engine in engines() {
        let limits = StoreLimitsBuilder::new().heap_size(1 << 20).instances(4000).build();
        let mut store = Store::with_limits(&engine, (), limits);
        let text = thrown(r#"(export "f")"#).replace("START", "");
        let instance = Instance::new(&mut store, &Module::new(&engine, text).unwrap(), &[]).unwrap();
        let f = instance.get_typed_func::<(), ()>(&mut store, "f").unwrap();
        let starts = Module::new(&engine, thrown("").replace("START", "(start $f)")).unwrap();
        for n in 0..3000 {
            let called = f.call(&mut store, ()).unwrap_err();
            assert!(matches!(called.kind(), ErrorKind::Exception(_)), "{n}: {called}");
            let started = Instance::new(&mut store, &starts, &[]).unwrap_err();
            assert!(matches!(started.kind(), ErrorKind::Exception(_)), "{n}: {started}");
        }
    }
}

#[test]
fn fuel_interrupts_and_limits_end_a_program() {
    for engine in engines() {
        let text = r#"(module (memory (export "memory") 1) (func (export "spin") (loop $l (br $l)))
            (func (export "grow") (result i32) (memory.grow (i32.const 100))))"#;
        let module = Module::new(&engine, text).unwrap();
        let limits = StoreLimitsBuilder::new().memory_size(1 << 20).build();
        let mut store = Store::with_limits(&engine, (), limits);
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let spin = instance.get_typed_func::<(), ()>(&mut store, "spin").unwrap();
        store.set_fuel(1000).unwrap();
        assert_eq!(spin.call(&mut store, ()).unwrap_err().as_trap_code(), Some(TrapCode::OutOfFuel));
        assert_eq!(store.get_fuel().unwrap(), 0);
        store.set_fuel(u64::MAX).unwrap();
        let watchdog = Watchdog::start(store.interrupt_handle(), std::time::Duration::from_millis(20)).unwrap();
        assert_eq!(spin.call(&mut store, ()).unwrap_err().as_trap_code(), Some(TrapCode::Interrupt));
        assert!(watchdog.fired());
        // A late interrupt affects the next call, unless it is cleared.
        let grow = instance.get_typed_func::<(), i32>(&mut store, "grow").unwrap();
        store.interrupt_handle().interrupt();
        assert_eq!(spin.call(&mut store, ()).unwrap_err().as_trap_code(), Some(TrapCode::Interrupt));
        store.interrupt_handle().interrupt();
        store.clear_interrupt();
        store.set_fuel(1000).unwrap();
        assert_eq!(spin.call(&mut store, ()).unwrap_err().as_trap_code(), Some(TrapCode::OutOfFuel));
        store.set_fuel(u64::MAX).unwrap();
        assert_eq!(grow.call(&mut store, ()).unwrap(), -1);
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        assert!(memory.grow(&mut store, 100).is_err());
        assert_eq!(memory.grow(&mut store, 15).unwrap(), 1);
    }
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    assert!(matches!(store.set_fuel(1).unwrap_err().kind(), ErrorKind::Usage(UsageError::NoFuel)));
}

/// Without fuel counting, neither a store nor a host function can get or set fuel.
#[test]
fn fuel_that_is_not_counted_is_not_asked_for() {
    let mut store = Store::new(&Engine::default(), ());
    let refused = |asked: Result<u64, Error>| matches!(asked.unwrap_err().kind(), ErrorKind::Usage(UsageError::NoFuel));
    assert!(refused(store.get_fuel()) && refused(store.set_fuel(1).map(|()| 1)));
    let asks = Func::wrap(&mut store, move |mut caller: Caller<'_, ()>| {
        i32::from(refused(caller.get_fuel()) && refused(caller.set_fuel(1).map(|()| 1)))
    });
    assert_eq!(asks.typed::<(), i32>(&store).unwrap().call(&mut store, ()).unwrap(), 1);
}

/// A host function is told which instance called it; `None` if the host did.
#[test]
fn host_functions_know_who_calls() {
    for engine in engines() {
        let mut linker: Linker<Vec<Option<Instance>>> = Linker::new(&engine);
        let who = |mut caller: Caller<'_, Vec<Option<Instance>>>| {
            let instance = caller.instance();
            caller.data_mut().push(instance);
        };
        linker.func_wrap("host", "who", who).unwrap();
        let text =
            r#"(module (import "host" "who" (func $who)) (export "who" (func $who)) (func (export "f") (call $who)))"#;
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, Vec::new());
        let [a, b] = [0, 1].map(|_| linker.instantiate(&mut store, &module).unwrap());
        for (instance, name) in [(a, "f"), (b, "f"), (a, "who"), (a, "f")] {
            instance.get_typed_func::<(), ()>(&mut store, name).unwrap().call(&mut store, ()).unwrap();
        }
        assert_eq!(*store.data(), [Some(a), Some(b), None, Some(a)]);
        // A host function that calls another one.
        let own = Func::wrap(&mut store, who);
        let nested = Func::wrap(&mut store, move |mut caller: Caller<'_, Vec<Option<Instance>>>| {
            own.call(&mut caller, &[], &mut [])
        });
        let text = r#"(module (import "" "" (func $nested)) (func (export "f") (call $nested)))"#;
        let module = Module::new(&engine, text).unwrap();
        let c = Instance::new(&mut store, &module, &[nested.into()]).unwrap();
        store.data_mut().clear();
        c.get_typed_func::<(), ()>(&mut store, "f").unwrap().call(&mut store, ()).unwrap();
        nested.call(&mut store, &[], &mut []).unwrap();
        assert_eq!(*store.data(), [Some(c), None]);
    }
}

#[test]
fn host_functions_see_interrupts_and_take_fuel() {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        store.set_fuel(u64::MAX).unwrap();
        let waits = Func::wrap(&mut store, |caller: Caller<'_, ()>| {
            while !caller.is_interrupted() {
                std::thread::yield_now();
            }
        });
        let watchdog = Watchdog::start(store.interrupt_handle(), std::time::Duration::from_millis(20)).unwrap();
        waits.call(&mut store, &[], &mut []).unwrap();
        assert!(watchdog.fired());
        store.clear_interrupt();
        let starves = Func::wrap(&mut store, |mut caller: Caller<'_, ()>| -> Result<(), Error> {
            assert!(caller.get_fuel()? > 0);
            caller.set_fuel(0)
        });
        let text = r#"(module (import "" "" (func $starve)) (func (export "f") (call $starve) (loop $l (br $l))))"#;
        let module = Module::new(&engine, text).unwrap();
        let instance = Instance::new(&mut store, &module, &[starves.into()]).unwrap();
        let f = instance.get_typed_func::<(), ()>(&mut store, "f").unwrap();
        assert_eq!(f.call(&mut store, ()).unwrap_err().as_trap_code(), Some(TrapCode::OutOfFuel));
    }
}

/// The possible depth of recursion depends on the size of the stack.
#[test]
fn stacks_are_as_large_as_is_asked_for() {
    let mut config = Config::new();
    config.strategy(Strategy::Interpreter);
    let engine = Engine::new(&config).unwrap();
    let text = r#"(module (func $f (export "f") (param i32)
        (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))))))"#;
    let module = Module::new(&engine, text).unwrap();
    let ends = |bytes: usize| {
        let mut store = Store::with_limits(&engine, (), StoreLimitsBuilder::new().stack_size(bytes).build());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let f = instance.get_typed_func::<i32, ()>(&mut store, "f").unwrap();
        f.call(&mut store, 2000).map_err(|error| error.as_trap_code())
    };
    assert_eq!(ends(1 << 14), Err(Some(TrapCode::CallStackExhausted)));
    assert_eq!(ends(1 << 20), Ok(()));
}

/// Compiled and interpreted code have separate stacks, each of the configured size.
#[test]
fn each_backend_goes_deeper_with_a_larger_stack() {
    let text = r#"(module (global $n (export "n") (mut i32) (i32.const 0))
        (func $f (export "f") (global.set $n (i32.add (global.get $n) (i32.const 1))) (call $f) (call $f)))"#;
    for engine in backends() {
        let module = Module::new(&engine, text).unwrap();
        let calls = |bytes: usize| {
            let mut store = Store::with_limits(&engine, (), StoreLimitsBuilder::new().stack_size(bytes).build());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let f = instance.get_typed_func::<(), ()>(&mut store, "f").unwrap();
            let ended = f.call(&mut store, ()).unwrap_err();
            assert_eq!(ended.as_trap_code(), Some(TrapCode::CallStackExhausted));
            instance.get_global(&mut store, "n").unwrap().get(&mut store).i32().unwrap()
        };
        let (half, whole) = (calls(1 << 18), calls(1 << 19));
        assert!(half > 0 && whole > half / 2 * 3, "{half} and {whole} calls");
    }
}

/// A trap that a host function returns has the frames of its callers, and both are printed.
#[test]
fn a_trap_of_the_host_has_a_backtrace() {
    const TEXT: &str = r#"(module (import "host" "fail" (func $fail (param i32)))
        (func $inner (call $fail (i32.const 7)))
        (func $outer (export "run") (call $inner)))"#;
    for engine in engines() {
        let mut linker: Linker<()> = Linker::new(&engine);
        linker.func_wrap("host", "fail", |_: i32| Err::<(), _>(TrapCode::Unreachable)).unwrap();
        let mut store = Store::new(&engine, ());
        let module = Module::new(&engine, TEXT).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let run = instance.get_typed_func::<(), ()>(&mut store, "run").unwrap();
        let error = run.call(&mut store, ()).unwrap_err();
        let names: Vec<&str> = error.as_trap().unwrap().backtrace.iter().map(|frame| frame.name.as_str()).collect();
        assert_eq!(names, ["inner", "outer"]);
        assert_eq!(error.to_string(), "unreachable in inner");
        let lines: Vec<String> = format!("{error:?}").lines().map(str::to_string).collect();
        assert!(lines[0] == "unreachable in inner" && lines[1].starts_with("    0: inner (function 1"), "{lines:?}");
        assert!(lines.len() == 3 && lines[2].starts_with("    1: outer (function 2"), "{lines:?}");
        // Called directly, there are no frames.
        let fail = Func::wrap(&mut store, || Err::<(), _>(TrapCode::Unreachable));
        let error = fail.call(&mut store, &[], &mut []).unwrap_err();
        assert!(error.as_trap().unwrap().backtrace.is_empty());
        // The causes of a host error.
        let inner = std::io::Error::other(Error::new("the reason"));
        assert_eq!(format!("{:?}", Error::host(inner)), "the reason");
        let file = Module::from_file(&engine, "does/not/exist").unwrap_err();
        assert!(format!("{file:?}").starts_with("does/not/exist: "), "{file:?}");
    }
}

/// An error is written with a line for each cause, except where a wrapper only repeats what it wraps.
#[test]
fn an_error_is_written_with_the_reasons_behind_it() {
    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Because {
        text: &'static str,
        source: Option<Box<Because>>,
    }
    let because = |text, source: Option<Because>| Because { text, source: source.map(Box::new) };
    let end = |text| because(text, None);
    for (error, written) in [
        (end("a"), "a"),
        (because("a", Some(end("b"))), "a\ncaused by: b"),
        (because("a", Some(because("b", Some(end("c"))))), "a\ncaused by: b\ncaused by: c"),
        (because("a", Some(because("a", Some(end("b"))))), "a\ncaused by: b"),
        (because("a", Some(because("b", Some(because("b", Some(end("a"))))))), "a\ncaused by: b\ncaused by: a"),
    ] {
        assert_eq!(format!("{:?}", Error::host(error)), written);
    }
    assert_eq!(format!("{:#?}", Error::host(Full)), "Host(\n    Full,\n)");
}

#[test]
fn compiling_has_limits() {
    let text = "(module (func))";
    // 64,000 bytes of binary from a short text.
    let long = format!("(module (memory 1) (data \"{}\"))", "x".repeat(64_000));
    let functions = format!("(module (func {}))", "nop ".repeat(5000));
    let timeout = Some(std::time::Duration::ZERO);
    let [of_time, of_size, of_memory]: [fn(&CompileError) -> bool; 3] = [
        |e| matches!(e, CompileError::Timeout),
        |e| matches!(e, CompileError::Limit(_)),
        |e| matches!(e, CompileError::Memory(_)),
    ];
    for (config, text, is_expected) in [
        (Config::new().compile_timeout(timeout), text, of_time),
        (Config::new().max_module_size(4), text, of_size),
        (Config::new().max_compile_memory(Some(1000)), text, of_memory),
        (Config::new().max_compile_memory(Some(100_000)), &long, of_memory),
        (Config::new().strategy(Strategy::Jit).max_compile_memory(Some(2_800_000)), &functions, of_memory),
    ] {
        let engine = Engine::new(config).unwrap();
        let error = Module::new(&engine, text).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Compile(e) if is_expected(e)), "{error}");
    }
    let engine = Engine::new(Config::new().max_compile_memory(Some(20 << 20))).unwrap();
    for text in [text, &long, &functions] {
        assert!(Module::new(&engine, text).is_ok());
    }
    // An endless device is read no further than the limit.
    let engine = Engine::new(Config::new().max_module_size(1 << 20)).unwrap();
    let error = Module::from_file(&engine, "/dev/zero").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Compile(CompileError::Limit(_))), "{error}");
    // The limit applies to the binary as well as to the text. The binary of a short text may be longer than it.
    let engine = Engine::new(Config::new().max_module_size(text.len())).unwrap();
    let error = Module::new(&engine, text).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Compile(CompileError::Limit(_))), "{error}");
    let (binary, text) = (b"\0asm\x01\0\0\0", "(module)");
    for (size, fits) in [(binary.len(), true), (binary.len() - 1, false)] {
        let engine = Engine::new(Config::new().max_module_size(size)).unwrap();
        assert_eq!(Module::new(&engine, binary).is_ok(), fits);
        assert_eq!(Module::new(&engine, text).is_ok(), fits);
    }
    // A function that is compiled at run time may exceed the limit; then it is not interpreted either.
    let engine = Engine::new(Config::new().max_compile_memory(Some(250_000))).unwrap();
    // Two functions of type [] -> [], "f" and "g".
    let head = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x03\x02\0\0\x07\x09\x02\x01f\0\0\x01g\0\x01";
    // "f" calls "g" 20,000 times; the sizes are 40,009 and 40,002 bytes.
    let code = [&b"\x0a\xc9\xb8\x02\x02\xc2\xb8\x02\0"[..], &b"\x10\x01".repeat(20_000), b"\x0b\x02\0\x0b"].concat();
    let module = Module::new(&engine, [&head[..], &code].concat()).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let mut call = |name| instance.get_typed_func::<(), ()>(&mut store, name).unwrap().call(&mut store, ());
    assert!(call("g").is_ok());
    assert_eq!(call("f").unwrap_err().as_trap().unwrap().code, TrapCode::FunctionTooLarge);
    // The same for an invalid function. It is refused before the program runs, unless validation is lazy.
    let text = r#"(module (func (export "f") (result i32) (i64.const 1)) (func (export "g")))"#;
    assert!(Module::new(&Engine::default(), text).is_err());
    let engine = Engine::new(Config::new().lazy_validation(true)).unwrap();
    let module = Module::new(&engine, text).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    assert!(instance.get_typed_func::<(), ()>(&mut store, "g").unwrap().call(&mut store, ()).is_ok());
    let trap = instance.get_typed_func::<(), i32>(&mut store, "f").unwrap().call(&mut store, ()).unwrap_err();
    assert_eq!(trap.as_trap().unwrap().code, TrapCode::InvalidFunction);
    for eager in [Strategy::Jit, Strategy::Interpreter] {
        assert!(Module::new(&Engine::new(Config::new().strategy(eager).lazy_validation(true)).unwrap(), text).is_err());
    }
    // Validation alone has the same limits.
    // A custom section of 64,000 bytes.
    let binary = [b"\0asm\x01\0\0\0\0\x81\xf4\x03\0", &[0; 64_000][..]].concat();
    assert!(Module::validate(&Engine::default(), &binary).is_ok());
    let engine = Engine::new(Config::new().max_compile_memory(Some(100_000))).unwrap();
    assert!(Module::validate(&engine, &binary).is_err());
    let engine = Engine::new(Config::new().compile_timeout(timeout)).unwrap();
    let error = Module::validate(&engine, &binary).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Compile(CompileError::Timeout)), "{error}");
}

#[test]
fn bad_modules_are_refused_with_their_place() {
    let engine = Engine::default();
    let error = Module::new(&engine, "(module\n  (func (result i32)))").unwrap_err();
    assert!(error.to_string().contains("type mismatch"), "{error}");
    let error = Module::new(&engine, "(module\n  (fun))").unwrap_err();
    assert!(error.to_string().contains(":2:4"), "{error}");
    let error = Module::new(&engine, b"\0asm\x01\0\0\0\x7f").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Module(_)), "{error}");
    let text = "(module (func (export \"f\") (i32.atomic.load (i32.const 0)) drop) (memory 1 1 shared))";
    assert!(Module::new(&engine, text).is_err(), "threads are off by default");
}

#[test]
fn a_linker_serves_many_stores_on_many_threads() {
    for engine in engines() {
        let text =
            r#"(module (import "host" "add" (func $add (param i32))) (func (export "f") (call $add (i32.const 1))))"#;
        let module = Module::new(&engine, text).unwrap();
        let sum = Arc::new(AtomicU32::new(0));
        let mut linker = Linker::new(&engine);
        let total = Arc::clone(&sum);
        let add = move |mut caller: Caller<'_, i32>, n: i32| {
            *caller.data_mut() += n;
            total.fetch_add(n as u32, Ordering::Relaxed);
        };
        linker.func_wrap("host", "add", add).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let (engine, module, linker) = (&engine, &module, linker.clone());
                scope.spawn(move || {
                    let mut store = Store::new(engine, 0);
                    for _ in 0..10 {
                        let instance = linker.instantiate(&mut store, module).unwrap();
                        instance.get_typed_func::<(), ()>(&mut store, "f").unwrap().call(&mut store, ()).unwrap();
                    }
                    // A store may be dropped on another thread than the one it was created on.
                    std::thread::scope(|scope| {
                        scope.spawn(move || assert_eq!(store.into_data(), 10));
                    });
                });
            }
        });
        assert_eq!(sum.load(Ordering::Relaxed), 40);
    }
}

#[test]
fn linkers_find_imports_by_name() {
    for engine in engines() {
        let library = Module::new(&engine, r#"(module (func (export "one") (result i32) (i32.const 1)))"#).unwrap();
        let user =
            Module::new(&engine, r#"(module (import "lib" "one" (func $one (result i32))) (export "f" (func $one)))"#);
        let user = user.unwrap();
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        let error = linker.instantiate(&mut store, &user).unwrap_err();
        assert_eq!(error.to_string(), "unknown import \"lib\" \"one\"");
        let instance = linker.instantiate(&mut store, &library).unwrap();
        linker.instance(&mut store, "lib", instance).unwrap();
        let user = linker.instantiate(&mut store, &user).unwrap();
        let f = user.get_typed_func::<(), i32>(&mut store, "f").unwrap();
        assert_eq!(f.call(&mut store, ()).unwrap(), 1);
        assert_eq!(Some(*f.func()), instance.get_func(&mut store, "one"), "it is the same function");
        let error = linker.func_wrap("lib", "one", || 2).map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), "\"lib\" \"one\" is already defined");
        // A definition makes one function for each store, also through a copy of the linker.
        linker.func_wrap("host", "f", || 3).unwrap();
        let (text, copy) =
            (r#"(module (import "host" "f" (func $f (result i32))) (export "f" (func $f)))"#, linker.clone());
        let module = Module::new(&engine, text).unwrap();
        let exported = |store: &mut Store<()>, linker: &Linker<()>| {
            linker.instantiate(&mut *store, &module).unwrap().get_func(&mut *store, "f").unwrap()
        };
        let first = linker.get(&mut store, "host", "f").and_then(Extern::into_func).unwrap();
        for linker in [&linker, &copy, &linker] {
            assert_eq!(linker.get(&mut store, "host", "f").and_then(Extern::into_func), Some(first));
            assert_eq!(exported(&mut store, linker), first);
        }
        let mut other = Store::new(&engine, ());
        assert_ne!(exported(&mut other, &linker), first);
        linker.alias("lib", "one", "other", "name").unwrap();
        assert!(linker.get(store.as_context_mut(), "other", "name").is_some());
    }
}

#[test]
fn an_alias_is_of_a_definition_and_takes_no_name() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker: Linker<()> = Linker::new(&engine);
    linker.func_wrap("a", "one", || 1).unwrap();
    linker.func_wrap("b", "two", || 2).unwrap();
    let missing = linker.alias("a", "two", "c", "three").unwrap_err();
    assert_eq!(missing.to_string(), r#"no definition named "a.two""#);
    let taken = linker.alias("a", "one", "b", "two").unwrap_err();
    assert_eq!(taken.to_string(), r#""b" "two" is already defined"#);
    linker.alias("a", "one", "b", "one").unwrap();
    let answers = [("a", "one"), ("b", "one"), ("b", "two"), ("a", "two"), ("c", "three")].map(|(module, name)| {
        let function = linker.get(&mut store, module, name).and_then(Extern::into_func)?;
        Some(function.typed::<(), i32>(&store).unwrap().call(&mut store, ()).unwrap())
    });
    assert_eq!(answers, [Some(1), Some(1), Some(2), None, None]);
}

#[test]
fn a_function_of_a_type_known_at_run_time_sets_its_results() {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let ty = FuncType::new([ValType::I32], [ValType::I32, ValType::FUNCREF]);
        let f = Func::new(&mut store, ty, |_, params, results| {
            results[0] = Val::I32(params[0].i32().unwrap() + 1);
            if params[0].i32() == Some(13) {
                results[1] = Val::I64(0);
            }
            Ok(())
        });
        assert_eq!(f.ty(&store), ty);
        let mut results = [Val::I32(0), Val::I32(0)];
        f.call(&mut store, &[Val::I32(1)], &mut results).unwrap();
        assert!(matches!(results, [Val::I32(2), Val::FuncRef(None)]));
        let error = f.call(&mut store, &[Val::I32(13)], &mut results).unwrap_err();
        assert!(
            error.to_string().starts_with("result 2 of a host function: expected (ref null func), found i64"),
            "{error}"
        );
    }
}

/// A typed function must have exactly the parameters and results of the function's type.
#[test]
fn typed_functions_have_their_types() {
    for engine in engines() {
        let text = r#"(module (func (export "f") (param i32 i64) (result i32 f64) (local.get 0) (f64.const 2)))"#;
        let (mut store, instance) = instance(&engine, text);
        assert!(instance.get_typed_func::<(i32, i64), (i32, f64)>(&mut store, "f").is_ok());
        assert!(instance.get_typed_func::<(i32, i32), (i32, f64)>(&mut store, "f").is_err());
        assert!(instance.get_typed_func::<(i64, i64), (i32, f64)>(&mut store, "f").is_err());
        assert!(instance.get_typed_func::<i32, (i32, f64)>(&mut store, "f").is_err());
        assert!(instance.get_typed_func::<(i32, i64), (i32, i64)>(&mut store, "f").is_err());
        assert!(instance.get_typed_func::<(i32, i64), (f32, f64)>(&mut store, "f").is_err());
        assert!(instance.get_typed_func::<(i32, i64), i32>(&mut store, "f").is_err());
    }
}

/// A typed function may have subtypes of the function's parameter types and supertypes of its result types, but not the other way
/// round.
#[test]
fn typed_functions_have_subtypes_of_parameters_and_supertypes_of_results() {
    // The type of a parameter or result; whether `Option<Rooted<AnyRef>>` and `Rooted<AnyRef>` are accepted for the parameter,
    // and whether they are accepted for the result.
    for (ty, params, results) in [
        ("anyref", [true, true], [true, false]),
        ("(ref any)", [false, true], [true, true]),
        ("eqref", [false, false], [true, false]),
        ("(ref i31)", [false, false], [true, true]),
        ("(ref null $s)", [false, false], [true, false]),
        ("(ref $s)", [false, false], [true, true]),
        ("nullref", [false, false], [true, false]),
        ("externref", [false, false], [false, false]),
        ("(ref func)", [false, false], [false, false]),
        ("i32", [false, false], [false, false]),
    ] {
        let text = format!(
            r#"(module (type $s (struct))
              (func (export "takes") (param i64 {ty})) (func (export "returns") (result i64 {ty}) unreachable))"#
        );
        for engine in engines() {
            let (mut store, instance) = instance(&engine, &text);
            let takes = [
                instance.get_typed_func::<(i64, Option<Rooted<AnyRef>>), ()>(&mut store, "takes").is_ok(),
                instance.get_typed_func::<(i64, Rooted<AnyRef>), ()>(&mut store, "takes").is_ok(),
            ];
            let returns = [
                instance.get_typed_func::<(), (i64, Option<Rooted<AnyRef>>)>(&mut store, "returns").is_ok(),
                instance.get_typed_func::<(), (i64, Rooted<AnyRef>)>(&mut store, "returns").is_ok(),
            ];
            assert_eq!((takes, returns), (params, results), "{ty}");
        }
    }
}

/// A program that a host function ends has the status that it gave, through all its callers.
#[test]
fn a_host_function_ends_a_program_with_a_status() {
    for engine in engines() {
        let text = r#"(module (import "host" "end" (func $end (param i32)))
            (func $g (param i32) (call $end (local.get 0)) unreachable)
            (func (export "f") (param i32) (block (try_table (catch_all 0) (call $g (local.get 0)))) unreachable))"#;
        let module = Module::new(&engine, text).unwrap();
        let mut linker = Linker::new(&engine);
        linker.func_wrap("host", "end", |status: i32| Err::<(), _>(Error::i32_exit(status))).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let f = instance.get_typed_func::<i32, ()>(&mut store, "f").unwrap();
        for status in [0, 7, -1] {
            let error = f.call(&mut store, status).unwrap_err();
            assert_eq!((error.i32_exit_status(), error.as_trap_code()), (Some(status), None), "{error}");
        }
    }
}

/// Results that take more room than the parameters, and more than most calls need.
#[test]
fn typed_functions_return_more_than_they_take() {
    let constants: String = (1..=9).map(|i| format!("(v128.const i64x2 {i} {})", 10 * i)).collect();
    let text = format!(r#"(module (func (export "f") (result {}) {constants}))"#, "v128 ".repeat(9));
    type Nine = (V128, V128, V128, V128, V128, V128, V128, V128, V128);
    for engine in engines() {
        let (mut store, instance) = instance(&engine, &text);
        let f = instance.get_typed_func::<(), Nine>(&mut store, "f").unwrap();
        let (a, b, c, d, e, f, g, h, i) = f.call(&mut store, ()).unwrap();
        for (n, v) in (1..).zip([a, b, c, d, e, f, g, h, i]) {
            assert_eq!(u128::from(v), n | (10 * n) << 64);
        }
    }
}

/// Each host value keeps its identity, whichever others are collected.
#[test]
fn values_of_the_host_stay_apart() {
    let (mut store, _) = instance(&Engine::default(), "(module)");
    let mut kept = Vec::new();
    for n in 0..40usize {
        let mut scope = RootScope::new(&mut store);
        let value = ExternRef::new(&mut scope, n).unwrap();
        if n % 3 == 0 {
            kept.push((n, value.to_owned_rooted(&mut scope).unwrap()));
        }
        drop(scope);
        if n % 10 == 9 {
            store.gc();
        }
    }
    for (n, value) in &kept {
        let value = value.to_rooted(&mut store).unwrap();
        assert_eq!(value.data(&store).unwrap().and_then(|data| data.downcast_ref::<usize>()), Some(n));
    }
}

/// The interface reads texts as the command line does.
#[test]
fn modules_in_text_form_are_read_rightly() {
    for engine in engines() {
        let bits = |literal: &str| {
            let text = format!("(module (func (export \"\u{202e}\") (result f32) (f32.const {literal})))");
            let module = Module::new(&engine, text).expect(literal);
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).expect("no imports");
            let constant = instance.get_typed_func::<(), f32>(&mut store, "\u{202e}").expect("the export");
            constant.call(&mut store, ()).expect("a constant").to_bits()
        };
        for literal in ["0x1.00000101", "(@x) 0x1.00000101", "(; ;) 0x100000101p-32"] {
            assert_eq!(bits(literal), 0x3f80_0001, "{literal}");
        }
        assert_eq!([bits("0x1p-99999999999"), bits("-0x1p-99999999999")], [0, 1 << 31]);
        for blank in ["", " ;; nothing\n", "\u{feff}", "\u{feff}(module)"] {
            assert_eq!(Module::new(&engine, blank).expect("a module without fields").exports().len(), 0);
        }
        let folded = "(tag $e) (func (export \"f\") (result i32)
            (try (result i32) (do (throw $e)) (catch $e (i32.const 7)) (catch_all (i32.const 8))))";
        let mut store = Store::new(&engine, ());
        let instance =
            Instance::new(&mut store, &Module::new(&engine, folded).expect(folded), &[]).expect("no imports");
        let caught = instance.get_typed_func::<(), i32>(&mut store, "f").expect("the export");
        assert_eq!(caught.call(&mut store, ()).expect("it is caught"), 7);
        let error = Module::new(&engine, "(func\n (try (do nop) (do)))").expect_err("a second `do`").to_string();
        assert!(error.contains(":2:16") && error.contains("unexpected token ( in a folded `try`"), "{error}");
        let wrong = "(func (drop (f32.const 0x1.00000101)) (bogus))";
        let error = Module::new(&engine, wrong).expect_err("no such instruction");
        assert!(matches!(error.kind(), ErrorKind::Text(_)), "{error}");
        let message = error.to_string();
        assert!(message.contains(":1:40") && message.contains(wrong), "{message}");
    }
}
