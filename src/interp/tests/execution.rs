//! Awkward cases: deferred operands, frames, exceptions, tail calls, interrupts, hosts.

use super::*;
use crate::interp::Reason;
use crate::runtime::store::{Object, Trap};
use crate::runtime::trap::TrapCode;
use crate::runtime::value::Ref;
use std::sync::atomic::{AtomicU32, Ordering};

fn i32s(values: &[u32]) -> Vec<Val> {
    values.iter().map(|&v| Val::I32(v)).collect()
}

#[track_caller]
pub(super) fn trap(outcome: Result<Vec<Val>, Abort>) -> Trap {
    match outcome {
        Err(Abort::Trap(trap)) => trap,
        other => panic!("{other:?}"),
    }
}

#[test]
fn deferred_reads_keep_their_values() {
    let f = "(module (func (export \"f\") (param i32 i32) (result i32 i32 i32 i32)
        (local.get 0) (local.get 1)
        (local.set 0 (i32.mul (local.get 0) (i32.const 10)))
        (local.get 0)
        (if (local.get 1) (then (local.set 0 (i32.const 77))))
        (local.get 0)))";
    assert_eq!(run(f, &i32s(&[3, 1])), Ok(i32s(&[3, 1, 30, 77])));
    assert_eq!(run(f, &i32s(&[3, 0])), Ok(i32s(&[3, 0, 30, 30])));
}

#[test]
fn a_tee_is_read_through_the_accumulator() {
    let f = "(module (func (export \"f\") (param i32) (result i32) (local i32)
        (i32.mul (local.tee 1 (i32.add (local.get 0) (i32.const 1)))
                 (i32.sub (local.get 1) (local.tee 0 (i32.const 4))))))";
    assert_eq!(run(f, &i32s(&[9])), Ok(i32s(&[60])));
}

#[test]
fn accumulators_do_not_survive_joins() {
    let f = "(module (func (export \"f\") (param i32) (result i32) (local i32)
        (local.set 1 (i32.add (local.get 0) (i32.const 100)))
        (block (br_if 0 (local.get 0)) (drop (i32.add (local.get 0) (i32.const 5))) (br 0))
        (i32.add (local.get 1) (i32.const 1))))";
    assert_eq!(run(f, &i32s(&[0])), Ok(i32s(&[101])));
    assert_eq!(run(f, &i32s(&[1])), Ok(i32s(&[102])));
}

#[test]
fn steps_are_tested_after_they_are_made() {
    let f = "(module (func (export \"f\") (param i32) (result i32 i32) (local i32)
        (loop $l (local.set 1 (i32.add (local.get 1) (i32.const 2)))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 3)))))
        (local.get 0) (local.get 1)))";
    assert_eq!(run(f, &i32s(&[9])), Ok(i32s(&[0, 6])));
    // The value that the branch takes along was read before the step.
    let f = "(module (func (export \"f\") (param i32) (result i32 i32)
        (block (result i32)
          (local.get 0) (br_if 0 (local.tee 0 (i32.add (local.get 0) (i32.const -1))))
          (drop) (i32.const 50))
        (local.get 0)))";
    assert_eq!(run(f, &i32s(&[9])), Ok(i32s(&[9, 8])));
    assert_eq!(run(f, &i32s(&[1])), Ok(i32s(&[50, 0])));
    // Only the step of the local that is tested.
    let f = "(module (func (export \"f\") (param i32) (result i32) (local i32)
        (block $b (local.set 1 (i32.add (local.get 0) (i32.const -1)))
          (br_if $b (local.get 0)) (return (i32.const 7)))
        (local.get 1)))";
    assert_eq!(run(f, &i32s(&[1])), Ok(i32s(&[0])));
    assert_eq!(run(f, &i32s(&[0])), Ok(i32s(&[7])));
}

#[test]
fn float_constants_are_operands() {
    let f = "(module (func (export \"f\") (param f64 f32) (result f64 f64 f32 f32)
        (f64.sub (local.get 0) (f64.const 0.1)) (f64.div (f64.neg (local.get 0)) (f64.const 3))
        (f32.min (local.get 1) (f32.const -0.0)) (f32.mul (f32.const 2) (local.get 1))))";
    let expected = vec![
        Val::F64((1.5f64 - 0.1).to_bits()),
        Val::F64((-1.5f64 / 3.0).to_bits()),
        Val::F32((-0.0f32).to_bits()),
        Val::F32(0.5f32.to_bits()),
    ];
    assert_eq!(run(f, &[Val::F64(1.5f64.to_bits()), Val::F32(0.25f32.to_bits())]), Ok(expected));
}

#[test]
fn more_results_than_locals() {
    let f = "(module
        (func $many (result i32 i64 i32 i64 i32 i64)
          (i32.const 1) (i64.const 2) (i32.const 3) (i64.const 4) (i32.const 5) (i64.const 6))
        (func (export \"f\") (param i64) (result i64 i32 i64 i32 i64 i32)
          (local i32 i64 i32 i64 i32 i64)
          (call $many) (local.set 6) (local.set 5) (local.set 4) (local.set 3) (local.set 2) (local.set 1)
          (local.get 6) (local.get 5) (local.get 4) (local.get 3) (local.get 2) (local.get 1)))";
    let expected = vec![Val::I64(6), Val::I32(5), Val::I64(4), Val::I32(3), Val::I64(2), Val::I32(1)];
    assert_eq!(run(f, &[Val::I64(0)]), Ok(expected));
}

#[test]
fn traps_say_where() {
    let f = "(module (func $inner (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
        (func (export \"f\") (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 1))))";
    let trap = trap(run(f, &i32s(&[0])));
    assert_eq!(trap.code, TrapCode::IntegerDivideByZero);
    let names: Vec<_> = trap.backtrace.iter().map(|f| (f.name.as_str(), f.function, f.tier)).collect();
    assert_eq!(names, [("inner", 0, "interp"), ("f", 1, "interp")]);
    let module = decode(f);
    let at = |i: usize| module.bytes[trap.backtrace[i].module_offset.unwrap() as usize];
    assert_eq!(at(0), 0x6e, "i32.div_u");
    assert_eq!(at(1), 0x10, "call");
}

#[test]
fn elements_are_named() {
    let f = "(module (type $t (func)) (table 10 funcref)
        (func (export \"f\") (param i32) (call_indirect (type $t) (local.get 0))))";
    assert_eq!(trap(run(f, &i32s(&[7]))).message, "uninitialized element 7");
    assert_eq!(trap(run(f, &i32s(&[70]))).message, "undefined element 70");
}

#[test]
fn a_store_that_does_not_fit_writes_nothing() {
    let f = "(module (memory 1) (func (export \"f\") (param i32) (result i64)
        (block $b (br_if $b (local.get 0)) (i64.store (i32.const 65532) (i64.const -1)))
        (i64.load (i32.const 65528))))";
    for &chained in dispatchers() {
        let mut store = store();
        let instance = store.instantiate(compile(f, chained), &[]).unwrap();
        let f = export(&store, instance, "f");
        assert_eq!(trap(store.call(f, &i32s(&[0]))).code, TrapCode::MemoryOutOfBounds);
        assert_eq!(store.call(f, &i32s(&[1])), Ok(vec![Val::I64(0)]));
    }
}

#[test]
fn recursion_without_end_is_exhaustion() {
    let f =
        "(module (func $f (export \"f\") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1))))";
    assert_eq!(trap(run(f, &i32s(&[0]))).code, TrapCode::CallStackExhausted);
}

/// `f` of the first module calls `g` of the second, and so on.
const EVEN: &str = "(module (import \"\" \"odd\" (func $odd (param i32) (result i32)))
    (memory (export \"m\") 1)
    (func (export \"f\") (param i32) (result i32)
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
      (if (i32.eqz (local.get 0)) (then (return (i32.load (i32.const 0)))))
      (return_call $odd (i32.sub (local.get 0) (i32.const 1)))))";
const ODD: &str = "(module (table (export \"t\") 1 funcref) (type $t (func (param i32) (result i32)))
    (memory 2)
    (func (export \"f\") (param i32) (result i32) (local i64 i64 i64)
      (i32.store (i32.const 70000) (local.get 0))
      (if (i32.eqz (local.get 0)) (then (return (i32.const -1))))
      (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))))";

#[test]
fn tail_calls_across_instances_take_no_stack() {
    // All combinations of dispatchers: to one, code of the other is as foreign as native code.
    for &even in dispatchers() {
        for &odd in dispatchers() {
            let mut store = store();
            let second = store.instantiate(compile(ODD, odd), &[]).unwrap();
            let g = export(&store, second, "f");
            let first = store.instantiate(compile(EVEN, even), &[Extern::Func(g)]).unwrap();
            let f = export(&store, first, "f");
            let Some(Extern::Table(table)) = store.export(second, "t") else { panic!() };
            store.table_set(table, 0, Ref::Func(f));
            assert_eq!(store.call(f, &i32s(&[1_000_000])), Ok(i32s(&[500_001])));
            assert_eq!(store.call(f, &i32s(&[999_999])), Ok(i32s(&[u32::MAX])));
        }
    }
}

#[test]
fn calls_across_instances_return_and_trap() {
    let inner =
        "(module (func $inner (export \"f\") (param i32) (result i32) (i32.div_u (i32.const 12) (local.get 0))))";
    let outer = "(module (type $t (func (param i32) (result i32)))
        (import \"\" \"f\" (func $inner (type $t))) (table funcref (elem $inner))
        (func $outer (export \"f\") (param i32) (result i32)
          (i32.mul (call_indirect (type $t) (local.get 0) (i32.const 0)) (call $inner (i32.sub (local.get 0) (i32.const 1))))))";
    // To one dispatcher, code of the other is as foreign as native code.
    for &first in dispatchers() {
        for &second in dispatchers() {
            let mut store = store();
            let provider = store.instantiate(compile(inner, first), &[]).unwrap();
            let g = export(&store, provider, "f");
            let user = store.instantiate(compile(outer, second), &[Extern::Func(g)]).unwrap();
            let f = export(&store, user, "f");
            assert_eq!(store.call(f, &i32s(&[3])), Ok(i32s(&[24])));
            for n in [0, 1] {
                let trap = trap(store.call(f, &i32s(&[n])));
                assert_eq!(trap.code, TrapCode::IntegerDivideByZero);
                let names: Vec<_> = trap.backtrace.iter().map(|f| f.name.as_str()).collect();
                assert_eq!(names, ["inner", "outer"]);
            }
        }
    }
}

#[test]
fn hosts_are_called_and_call_back() {
    for &chained in dispatchers() {
        let mut store = store();
        let depth = Arc::new(AtomicU32::new(0));
        let target: Arc<std::sync::OnceLock<usize>> = Arc::default();
        let (seen, callee) = (depth.clone(), target.clone());
        let host = move |store: &mut Store, args: &[Val]| {
            seen.fetch_add(1, Ordering::Relaxed);
            let Val::I32(n) = args[0] else { panic!("{args:?}") };
            if n == 0 {
                return Ok(vec![Val::I32(1), Val::F64(2.5f64.to_bits())]);
            }
            let f = *callee.get().unwrap() as *mut VMFunc;
            let f = crate::runtime::value::FuncRef(std::ptr::NonNull::new(f).unwrap());
            let Val::F64(r) = store.call(f, &[Val::I32(n - 1)])?[0] else { panic!() };
            Ok(vec![Val::I32(n), Val::F64(r)])
        };
        let ty = FuncType::new([wasmparser::ValType::I32], [wasmparser::ValType::I32, wasmparser::ValType::F64]);
        let host = store.new_host_func("host", ty, Box::new(host));
        let f = "(module (import \"\" \"\" (func $host (param i32) (result i32 f64))) (memory 1)
            (func (export \"f\") (param i32) (result f64) (local f64)
              (call $host (local.get 0)) (local.set 1) (drop)
              (f64.add (local.get 1) (f64.const 1)))
            (func (export \"tail\") (param i32) (result i32 f64) (return_call $host (local.get 0))))";
        let instance = store.instantiate(compile(f, chained), &[Extern::Func(host)]).unwrap();
        let f = export(&store, instance, "f");
        target.set(f.0.as_ptr() as usize).unwrap();
        assert_eq!(store.call(f, &i32s(&[5])), Ok(vec![Val::F64(8.5f64.to_bits())]));
        assert_eq!(depth.load(Ordering::Relaxed), 6);
        let tail = export(&store, instance, "tail");
        assert_eq!(store.call(tail, &i32s(&[0])), Ok(vec![Val::I32(1), Val::F64(2.5f64.to_bits())]));
        // Each level takes native stack: that ends too.
        assert_eq!(trap(store.call(f, &i32s(&[1_000_000]))).code, TrapCode::CallStackExhausted);
        assert_eq!(store.call(f, &i32s(&[1])), Ok(vec![Val::F64(4.5f64.to_bits())]));
    }
}

const THROWS: &str = "(module
    (tag $t (export \"t\") (param i32 i64 f32 f64)) (tag $u)
    (func $throw (export \"throw\") (param i32)
      (if (local.get 0) (then (throw $u)))
      (throw $t (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4)))
    (func (export \"f\") (param i32) (result i32 i64 f32 f64 i32)
      (block $caught (result i32 i64 f32 f64)
        (block $all
          (try_table (catch $t $caught) (catch_all $all)
            (drop (i32.const 5)) (call $throw (local.get 0)))
          (unreachable))
        (i32.const 10) (i64.const 20) (f32.const 30) (f64.const 40))
      (i32.const 6)))";

#[test]
fn payloads_arrive() {
    let values = |scale: u32| {
        vec![
            Val::I32(scale),
            Val::I64(2 * u64::from(scale)),
            Val::F32((3.0 * scale as f32).to_bits()),
            Val::F64((4.0 * f64::from(scale)).to_bits()),
            Val::I32(6),
        ]
    };
    assert_eq!(run(THROWS, &i32s(&[0])), Ok(values(1)));
    assert_eq!(run(THROWS, &i32s(&[1])), Ok(values(10)));
}

#[test]
fn exceptions_cross_instances_and_leave() {
    let catcher = "(module (import \"\" \"throw\" (func $throw (param i32)))
        (import \"\" \"t\" (tag $t (param i32 i64 f32 f64))) (tag $other (param i32 i64 f32 f64))
        (func (export \"f\") (param i32) (result i32)
          (block $c (result i32 i64 f32 f64 exnref)
            (try_table (catch $other 0 (;never;)) (catch_ref $t $c) (call $throw (local.get 0)))
            (return (i32.const -1)))
          (throw_ref)))"
        .replace("(catch $other 0 (;never;)) ", "");
    for (&thrower, &catching) in dispatchers().iter().flat_map(|one| dispatchers().iter().map(move |two| (one, two))) {
        let mut store = store();
        let first = store.instantiate(compile(THROWS, thrower), &[]).unwrap();
        let imports = [store.export(first, "throw").unwrap(), store.export(first, "t").unwrap()];
        let Extern::Tag(tag) = imports[1] else { panic!() };
        let second = store.instantiate(compile(&catcher, catching), &imports).unwrap();
        let f = export(&store, second, "f");
        let Err(Abort::Exception(exception)) = store.call(f, &i32s(&[0])) else { panic!() };
        let Object::Exception { tag: thrown, payload } = store.object(exception) else { panic!() };
        assert_eq!(thrown, tag);
        assert_eq!(payload[..2], [Val::I32(1), Val::I64(2)]);
        // The other tag is not caught at all.
        assert!(matches!(store.call(f, &i32s(&[1])), Err(Abort::Exception(_))));
    }
}

#[test]
fn throwing_in_a_loop_leaks_nothing() {
    let f = "(module (tag $t (param i64 i64 i64 i64)) (func (export \"f\") (param i32) (result i32) (local i32 i64)
        (loop $l
          (block $c (result i64 i64 i64 i64)
            (try_table (catch $t $c)
              (throw $t (i64.const 1) (i64.const 2) (i64.const 3) (i64.extend_i32_u (local.get 0))))
            (unreachable))
          (local.set 2)
          (local.set 1 (i32.add (local.get 1) (i32.and (i32.wrap_i64 (local.get 2)) (i32.const 1))))
          (drop) (drop) (drop)
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1)))";
    assert_eq!(run(f, &i32s(&[200_000])), Ok(i32s(&[100_000])));
}

#[test]
fn interrupts_end_loops_of_every_kind() {
    let loops = [
        "(loop $l (br $l))",
        "(loop $l (br_if $l (i32.eqz (local.get 0))))",
        "(loop $l (br_table $l $l (local.get 0)))",
        "(call $self (local.get 0))",
        "(return_call $self (local.get 0))",
        "(loop $l (try_table (catch_all $l) (throw $t)))",
    ];
    for body in loops {
        for &chained in dispatchers() {
            let f = format!("(module (tag $t) (func $self (export \"f\") (param i32) {body}))");
            let mut store = store();
            let instance = store.instantiate(compile(&f, chained), &[]).unwrap();
            let f = export(&store, instance, "f");
            let handle = store.interrupt_handle();
            let interrupter = std::thread::spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(20));
                handle.interrupt();
            });
            let code = trap(store.call(f, &i32s(&[0]))).code;
            let recursion = body.starts_with("(call");
            assert!(
                code == TrapCode::Interrupt || recursion && code == TrapCode::CallStackExhausted,
                "{body}: {code:?}"
            );
            interrupter.join().unwrap();
        }
    }
}

#[test]
fn the_counter_counts_functions() {
    let f = "(module (func $one (result i32) (i32.const 1))
        (func (export \"f\") (result i32) (i32.add (call $one) (call $one))))";
    for &chained in dispatchers() {
        let mut store = store();
        let instance = store.instantiate(compile(f, chained), &[]).unwrap();
        let f = export(&store, instance, "f");
        let before = store.counters().0;
        store.call(f, &[]).unwrap();
        assert_eq!(store.counters().0 - before, 3);
    }
}

#[test]
fn references_are_called_and_tested() {
    let f = "(module (type $t (func (param i32) (result i32)))
        (func $twice (type $t) (i32.mul (local.get 0) (i32.const 2))) (elem declare func $twice)
        (func $pick (param i32) (result (ref null $t))
          (if (result (ref null $t)) (local.get 0) (then (ref.func $twice)) (else (ref.null $t))))
        (func $tail (param i32) (result i32)
          (return_call_ref $t (local.get 0) (call $pick (i32.const 1))))
        (func (export \"f\") (param i32) (result i32 i32 i32 i32) (local (ref null $t))
          (local.set 1 (call $pick (local.get 0)))
          (block $null (result i32)
            (drop (i32.const 11) (br_on_null $null (local.get 1)))
            (drop) (i32.const 12))
          (block $some (result i32 (ref $t))
            (i32.const 21) (br_on_non_null $some (local.get 1))
            (drop) (i32.const 22) (ref.func $twice))
          (drop)
          (call $tail (i32.const 31))
          (call_ref $t (i32.const 41) (ref.as_non_null (call $pick (i32.const 1))))))";
    assert_eq!(run(f, &i32s(&[0])), Ok(i32s(&[11, 22, 62, 82])));
    assert_eq!(run(f, &i32s(&[1])), Ok(i32s(&[12, 21, 62, 82])));
    let f = "(module (type $t (func)) (func (export \"f\") (call_ref $t (ref.null $t))))";
    assert_eq!(trap(run(f, &[])).code, TrapCode::NullFunctionReference);
    let f = "(module (func (export \"f\") (drop (ref.as_non_null (ref.null extern)))))";
    assert_eq!(trap(run(f, &[])).code, TrapCode::NullReference);
}

#[test]
fn vectors_take_two_slots() {
    // Between, below and above values of one slot; constants and locals deferred; written to a local at once.
    let f = "(module (func (export \"f\") (param i32 v128 i64 v128) (result v128 i32 v128 i64 v128) (local v128)
        (local.get 1) (local.get 0) (v128.const i64x2 5 6)
        (local.set 4 (v128.xor (local.get 1) (local.get 3)))
        (local.set 1 (v128.const i64x2 0 0))
        (local.get 2) (local.get 4)))";
    let (a, b) = (u128::MAX - 5, 0x1234_5678 << 64 | 77);
    let args = [Val::I32(1), Val::V128(a), Val::I64(2), Val::V128(b)];
    let results = [Val::V128(a), Val::I32(1), Val::V128(6 << 64 | 5), Val::I64(2), Val::V128(a ^ b)];
    assert_eq!(run(f, &args), Ok(results.to_vec()));
}

#[test]
fn vectors_do_not_straddle_the_header() {
    // More locals than fit below the frame pointer; an odd number of slots in front of the vectors.
    let f = "(module (func (export \"f\") (param i64) (result v128 v128) (local LOCALS)
        (local.set 15999 (v128.const i64x2 1 2)) (local.set 16000 (i64x2.splat (local.get 0)))
        (local.set 16001 (v128.const i64x2 3 4))
        (v128.or (local.get 15999) (v128.not (v128.not (local.get 16001)))) (local.get 16000)))";
    let f = f.replace("LOCALS", &"v128 ".repeat(16_005));
    assert_eq!(run(&f, &[Val::I64(9)]), Ok(vec![Val::V128(6 << 64 | 3), Val::V128(9 << 64 | 9)]));
}

#[test]
fn what_is_not_supported_is_named() {
    let text = "(module (global $g (mut i32) (i32.const 0)) (func (drop (global.atomic.get seqcst $g))))";
    let error = translate(&decode_with(text, WasmFeatures::all()), BodyIndex(0), false).unwrap_err();
    assert_eq!(error.reason, Reason::Feature("shared-everything-threads"));
}
