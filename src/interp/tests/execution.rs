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
    // All combinations of dispatchers: each treats code of the other like native code.
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
    // Each dispatcher treats code of the other like native code.
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
    // With the opcode of the operator that ends it.
    let loops = [
        ("(loop $l (br $l))", 0x0c),
        ("(loop $l (br_if $l (i32.eqz (local.get 0))))", 0x0d),
        ("(loop $l (br_table $l $l (local.get 0)))", 0x0e),
        ("(call $self (local.get 0))", 0x10),
        ("(return_call $self (local.get 0))", 0x12),
        ("(loop $l (try_table (catch_all $l) (throw $t)))", 0x08),
    ];
    for (body, operator) in loops {
        for &chained in dispatchers() {
            let f = format!("(module (tag $t) (func $self (export \"f\") (param i32) {body}))");
            let module = decode(&f);
            let mut store = store();
            let instance = store.instantiate(compile(&f, chained), &[]).unwrap();
            let f = export(&store, instance, "f");
            let handle = store.interrupt_handle();
            let interrupter = std::thread::spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(20));
                handle.interrupt();
            });
            let trap = trap(store.call(f, &i32s(&[0])));
            let code = trap.code;
            let recursion = body.starts_with("(call");
            assert!(
                code == TrapCode::Interrupt || recursion && code == TrapCode::CallStackExhausted,
                "{body}: {code:?}"
            );
            // There is no frame yet if the interruption was first.
            if let Some(frame) = trap.backtrace.first() {
                let offset = frame.module_offset.expect("a position");
                assert_eq!(module.bytes[offset as usize], operator, "{body}");
            }
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

/// An index of 2^32 is not one of 0, wherever it occurs.
#[test]
fn indices_of_64_bits_are_whole() {
    let far = "(i64.const 0x1_0000_0000)";
    let (zero, narrow, null) = ("(i64.const 0)", "(i32.const 0)", "(ref.null func)");
    let (memory, table) = (TrapCode::MemoryOutOfBounds, TrapCode::TableOutOfBounds);
    for (operator, operands, code) in [
        ("memory.copy $w $w", [far, zero, zero], memory),
        ("memory.copy $w $w", [zero, far, zero], memory),
        ("memory.copy $w $w", [zero, zero, far], memory),
        ("memory.copy $w $n", [far, narrow, narrow], memory),
        ("memory.copy $n $w", [narrow, far, narrow], memory),
        ("memory.fill $w", [far, narrow, zero], memory),
        ("memory.fill $w", [zero, narrow, far], memory),
        ("memory.init $w $data", [far, narrow, narrow], memory),
        ("table.copy $u $u", [far, zero, zero], table),
        ("table.copy $u $u", [zero, far, zero], table),
        ("table.copy $u $u", [zero, zero, far], table),
        ("table.copy $u $t", [far, narrow, narrow], table),
        ("table.copy $t $u", [narrow, far, narrow], table),
        ("table.fill $u", [far, null, zero], table),
        ("table.fill $u", [zero, null, far], table),
        ("table.init $u $elem", [far, narrow, narrow], table),
        ("drop (table.get $u", [far, ")", ""], table),
        ("table.set $u", [far, null, ""], table),
    ] {
        let [a, b, c] = operands;
        let text = format!(
            "(module (memory $n 1) (memory $w i64 1) (table $t 2 funcref) (table $u i64 2 funcref)
               (data $data \"abc\") (elem $elem func $g) (func $g)
               (func (export \"f\") ({operator} {a} {b} {c})))"
        );
        assert_eq!(trap(run(&text, &[])).code, code, "{operator} {a} {b} {c}");
    }
}

/// Fields after others of every size.
#[test]
fn structures_hold_values_of_every_size() {
    let f = "(module (type $s (struct (field i8 i16 i32 i64 v128 f32 v128 f64 i16)))
        (func (export \"f\") (result i32 i32 i32 i64 v128 f32 v128 f64 i32) (local $s (ref null $s))
          (local.set $s (struct.new $s
            (i32.const 0x1fe) (i32.const 0x2abcd) (i32.const 0x12345678) (i64.const 0x123456789abcdef0)
            (v128.const i64x2 1 2) (f32.const 1.5) (v128.const i64x2 3 4) (f64.const 2.5) (i32.const 0x38001)))
          (struct.get_s $s 0 (local.get $s)) (struct.get_u $s 1 (local.get $s)) (struct.get $s 2 (local.get $s))
          (struct.get $s 3 (local.get $s)) (struct.get $s 4 (local.get $s)) (struct.get $s 5 (local.get $s))
          (struct.get $s 6 (local.get $s)) (struct.get $s 7 (local.get $s)) (struct.get_s $s 8 (local.get $s))))";
    let expected = [
        Val::I32(0xffff_fffe),
        Val::I32(0xabcd),
        Val::I32(0x1234_5678),
        Val::I64(0x1234_5678_9abc_def0),
        Val::V128(2 << 64 | 1),
        Val::F32(1.5f32.to_bits()),
        Val::V128(4 << 64 | 3),
        Val::F64(2.5f64.to_bits()),
        Val::I32(0xffff_8001),
    ];
    assert_eq!(run(f, &[]), Ok(expected.to_vec()));
}

/// However elements are written: all of a new array, each of a new array, one, some, copies.
#[test]
fn arrays_hold_values_of_every_size() {
    for (element, ty, get, [a, b], [read_a, read_b]) in [
        ("i8", "i32", "get_u", ["i32.const 0x1ff", "i32.const 0x102"], [Val::I32(0xff), Val::I32(2)]),
        ("i16", "i32", "get_u", ["i32.const 0x1fffe", "i32.const 0x20103"], [Val::I32(0xfffe), Val::I32(0x103)]),
        (
            "i32",
            "i32",
            "get",
            ["i32.const 0x80000001", "i32.const 0x10007"],
            [Val::I32(0x8000_0001), Val::I32(0x1_0007)],
        ),
        (
            "i64",
            "i64",
            "get",
            ["i64.const 0x8000000100000002", "i64.const 9"],
            [Val::I64(0x8000_0001_0000_0002), Val::I64(9)],
        ),
        (
            "f32",
            "f32",
            "get",
            ["f32.const 1.5", "f32.const -2"],
            [Val::F32(1.5f32.to_bits()), Val::F32((-2.0f32).to_bits())],
        ),
        (
            "f64",
            "f64",
            "get",
            ["f64.const 1.5", "f64.const -2"],
            [Val::F64(1.5f64.to_bits()), Val::F64((-2.0f64).to_bits())],
        ),
        (
            "v128",
            "v128",
            "get",
            ["v128.const i64x2 1 2", "v128.const i64x2 3 4"],
            [Val::V128(2 << 64 | 1), Val::V128(4 << 64 | 3)],
        ),
    ] {
        let reads = |array: &str, count: u32| -> String {
            (0..count).map(|i| format!("(array.{get} $a (local.get {array}) (i32.const {i}))\n")).collect()
        };
        let text = format!(
            "(module (type $a (array (mut {element})))
               (func (export \"f\") (result {types}) (local $x (ref null $a)) (local $y (ref null $a))
                 (local.set $x (array.new $a ({a}) (i32.const 5)))
                 (array.fill $a (local.get $x) (i32.const 1) ({b}) (i32.const 2))
                 (local.set $y (array.new_fixed $a 3 ({a}) ({b}) ({a})))
                 (array.set $a (local.get $y) (i32.const 0) ({b}))
                 (array.copy $a $a (local.get $x) (i32.const 3) (local.get $y) (i32.const 1) (i32.const 2))
                 {x} {y}))",
            types = [ty; 8].join(" "),
            x = reads("$x", 5),
            y = reads("$y", 3),
        );
        let expected: Vec<Val> = "ABBBABBA".chars().map(|c| if c == 'A' { read_a } else { read_b }).collect();
        assert_eq!(run(&text, &[]), Ok(expected), "{element}");
    }
}

/// Between frames that are foreign to each other, with more arguments than results, and with fewer.
#[test]
fn tail_calls_out_of_called_frames_pass_all_values() {
    let callee = "(module
        (func (export \"many\") (param i64 i64 i64 i64 i64) (result i64)
          (i64.add (local.get 4) (i64.mul (i64.const 10)
            (i64.add (local.get 3) (i64.mul (i64.const 10)
              (i64.add (local.get 2) (i64.mul (i64.const 10)
                (i64.add (local.get 1) (i64.mul (i64.const 10) (local.get 0))))))))))
        (func (export \"few\") (result i64 i64 i64) (i64.const 7) (i64.const 8) (i64.const 9)))";
    let caller = "(module
        (import \"\" \"many\" (func $many (param i64 i64 i64 i64 i64) (result i64)))
        (import \"\" \"few\" (func $few (result i64 i64 i64)))
        (func $one (result i64)
          (return_call $many (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5)))
        (func $other (result i64 i64 i64) (return_call $few))
        (func (export \"f\") (result i64 i64 i64 i64 i64 i64)
          (i64.const 6) (call $one) (call $other) (i64.const 10)))";
    for (&first, &second) in dispatchers().iter().flat_map(|one| dispatchers().iter().map(move |two| (one, two))) {
        let mut store = store();
        let provider = store.instantiate(compile(callee, first), &[]).unwrap();
        let imports = ["many", "few"].map(|name| Extern::Func(export(&store, provider, name)));
        let user = store.instantiate(compile(caller, second), &imports).unwrap();
        let f = export(&store, user, "f");
        let expected = [6, 12_345, 7, 8, 9, 10].map(Val::I64);
        assert_eq!(store.call(f, &[]), Ok(expected.to_vec()), "{first} {second}");
    }
}

/// Locals and operands of each frame, as a trap leaves them.
#[test]
fn a_trap_leaves_the_slots_of_its_frames() {
    let f = "(module
        (func $g (param i32 i64) (result i32) (local i32)
          (local.set 2 (i32.const 9))
          (i32.add (i32.mul (local.get 0) (i32.const 2)) (i32.div_u (local.get 0) (i32.const 0))))
        (func (export \"f\") (param i32 i64) (result i32) (call $g (local.get 0) (local.get 1))))";
    for &chained in dispatchers() {
        let mut store = store();
        store.keep_post_mortem();
        let instance = store.instantiate(compile(f, chained), &[]).unwrap();
        let f = export(&store, instance, "f");
        assert_eq!(trap(store.call(f, &[Val::I32(5), Val::I64(6)])).code, TrapCode::IntegerDivideByZero);
        let frames = store.take_post_mortem().expect("it is kept").frames;
        let [Some(inner), Some(outer)] = &frames[..] else { panic!("{frames:?}") };
        assert_eq!((&inner.locals[..], &outer.locals[..]), (&[5, 6, 9][..], &[5, 6][..]));
        // At most three operands at a time, and two.
        assert_eq!((inner.temporaries.len(), inner.temporaries[0]), (3, 10));
        assert_eq!(outer.temporaries, [5, 6]);
    }
}

/// Of a deep stack, as many of the innermost frames are kept as a report shows.
#[test]
fn a_trap_leaves_the_slots_of_so_many_frames() {
    let f = "(module
        (func $f (export \"f\") (param i32)
          (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (unreachable)))))";
    for &chained in dispatchers() {
        for depth in [1, 4, 5, 6, 20] {
            let mut store = store();
            store.keep_post_mortem();
            let instance = store.instantiate(compile(f, chained), &[]).unwrap();
            let f = export(&store, instance, "f");
            assert_eq!(trap(store.call(f, &[Val::I32(depth - 1)])).code, TrapCode::Unreachable);
            let frames = store.take_post_mortem().expect("it is kept").frames;
            let locals: Vec<u64> = frames.iter().flatten().flat_map(|slots| slots.locals.iter().copied()).collect();
            assert_eq!(locals, (0..depth.min(5) as u64).collect::<Vec<_>>(), "of {depth}");
        }
    }
}

fn run_switching(text: &str, args: &[Val]) -> Vec<Result<Vec<Val>, Abort>> {
    let module = Arc::new(decode_with(text, WasmFeatures::WASM3 | WasmFeatures::STACK_SWITCHING));
    let run = |&chained: &bool| {
        let mut store = store();
        let instance = store.instantiate(compile_module(Arc::clone(&module), chained), &[]).unwrap();
        let f = export(&store, instance, "f");
        store.call(f, args)
    };
    dispatchers().iter().map(run).collect()
}

/// Continuations and exceptions after more than 64 KiB of other objects.
#[test]
fn references_of_17_bits_are_whole() {
    if !crate::runtime::stacks::continuations::SUPPORTED {
        return println!("no stack switching on this machine");
    }
    let f = "(module
        (type $node (struct (field (ref null $node)) (field i64 i64 i64)))
        (type $f (func (param i64 i32) (result i32))) (type $k (cont $f))
        (type $g (func (param i32) (result i32))) (type $kg (cont $g))
        (rec (type $h (func (param (ref null $kh)) (result i32))) (type $kh (cont $h)))
        (tag $t (param i32) (result i32)) (tag $e (param i32)) (tag $switch (result i32))
        (func $work (type $f) (i32.add (i32.wrap_i64 (local.get 0)) (suspend $t (local.get 1))))
        (func $from (type $h) (drop (switch $kh $switch (cont.new $kh (ref.func $to)))) (i32.const 1))
        (func $to (type $h) (i32.const 55))
        (elem declare func $work $from $to)
        (func (export \"f\") (param $case i32) (result i32)
          (local $list (ref null $node)) (local $i i32) (local $seen i32) (local $cont (ref null $kg))
          (local $exn exnref)
          (local.set $i (i32.const 5000))
          (loop $l
            (local.set $list (struct.new $node (local.get $list) (i64.const 0) (i64.const 0) (i64.const 0)))
            (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
          (if (i32.eq (local.get $case) (i32.const 3))
            (then
              (return
                (resume $kh (on $switch switch) (ref.null $kh) (cont.new $kh (ref.func $from))))))
          (local.set $cont (cont.bind $k $kg (i64.const 100) (cont.new $k (ref.func $work))))
          (block $on (result i32 (ref $kg))
            (return (resume $kg (on $t $on) (i32.const 7) (local.get $cont))))
          (local.set $cont) (local.set $seen)
          (if (i32.eqz (local.get $case))
            (then
              (return (i32.add (local.get $seen) (resume $kg (i32.const 20) (local.get $cont))))))
          (if (i32.eq (local.get $case) (i32.const 1))
            (then
              (block $c (result i32)
                (try_table (result i32) (catch $e $c) (resume_throw $kg $e (i32.const 33) (local.get $cont))))
              (return)))
          (block $x (result i32 exnref)
            (try_table (catch_ref $e $x) (throw $e (i32.const 44)))
            (unreachable))
          (local.set $exn) (drop)
          (block $c (result i32)
            (try_table (result i32) (catch $e $c) (resume_throw_ref $kg (local.get $exn) (local.get $cont))))))";
    for (case, result) in [(0, 127), (1, 33), (2, 44), (3, 55)] {
        for outcome in run_switching(f, &i32s(&[case])) {
            assert_eq!(outcome, Ok(i32s(&[result])), "{case}");
        }
    }
}

/// A handler's tag has a number of 17 bits, its label is that many words away, and its values go above 200 others.
#[test]
fn a_handler_may_be_far_from_its_resume() {
    if !crate::runtime::stacks::continuations::SUPPORTED {
        return println!("no stack switching on this machine");
    }
    let f = format!(
        "(module (memory 1) {tags} (tag $t (param i32) (result i32))
           (type $f (func (param i32) (result i32))) (type $k (cont $f))
           (func $work (type $f) (suspend $t (i32.add (local.get 0) (i32.const 2)))) (elem declare func $work)
           (func (export \"f\") (result i32)
             {ones}
             (block $on (result i32 (ref $k))
               (drop (resume $k (on $t $on) (i32.const 5) (cont.new $k (ref.func $work))))
               {stores}
               (return (i32.const 0)))
             (drop)
             {sums}))",
        tags = "(tag)".repeat(0x1_0000),
        ones = "(i32.const 1)".repeat(200),
        stores = "(i32.store (i32.const 8) (i32.const 0))".repeat(24_000),
        sums = "(i32.add)".repeat(200),
    );
    for outcome in run_switching(&f, &[]) {
        assert_eq!(outcome, Ok(i32s(&[207])));
    }
    let module = decode_with(&f, WasmFeatures::WASM3 | WasmFeatures::STACK_SWITCHING);
    let text = crate::interp::disassemble(&module, BodyIndex(1)).expect("it is supported");
    let lines: Vec<&str> = text.lines().collect();
    let handler = lines.iter().find_map(|line| line.split_once(" (on 65536 ->")).expect("the handler").1;
    let label = format!("{} ", handler.strip_suffix(')').expect("the end of the handler"));
    let at = lines.iter().position(|line| line.starts_with(&label)).expect("a place of the code");
    // Behind the last store and the return is the first sum.
    assert!(lines[at - 1].contains(" return") && at > 24_000, "{}", lines[at - 1]);
    let offset = usize::from_str_radix(lines[at].split(' ').nth(1).expect("an offset"), 16).expect("a number");
    assert_eq!(module.bytes[offset], 0x6a, "{}", lines[at]);
}

/// An exception that nothing catches was thrown, or thrown again, at these operators.
#[test]
fn exceptions_say_where_they_were_thrown() {
    let f = "(module (tag $t) (global $g (mut i32) (i32.const 0))
        (func $throws (global.set $g (i32.const 1)) (throw $t))
        (func $again (local $exn exnref)
          (block $c (result exnref) (try_table (catch_ref $t $c) (call $throws)) (unreachable))
          (local.set $exn) (global.set $g (i32.const 2)) (throw_ref (local.get $exn)))
        (func (export \"f\") (param i32) (if (local.get 0) (then (call $again))) (call $throws)))";
    let module = decode(f);
    for &chained in dispatchers() {
        for (arg, inner) in [(0, ("throws", 0x08)), (1, ("again", 0x0a))] {
            let mut store = store();
            store.keep_post_mortem();
            let instance = store.instantiate(compile(f, chained), &[]).unwrap();
            let f = export(&store, instance, "f");
            assert!(matches!(store.call(f, &i32s(&[arg])), Err(Abort::Exception(_))));
            let thrown_at: Vec<_> = store
                .thrown_at()
                .iter()
                .map(|frame| (&*frame.name, module.bytes[frame.module_offset.expect("a position") as usize]))
                .collect();
            assert_eq!(thrown_at, [inner, ("f", 0x10)]);
        }
    }
}

/// An instruction that switches stacks is the first one that a handler covers, or the last.
#[test]
fn what_is_thrown_into_a_continuation_is_caught_around_its_suspension() {
    if !crate::runtime::stacks::continuations::SUPPORTED {
        return println!("no stack switching on this machine");
    }
    let f = "(module (type $f (func (result i32))) (type $k (cont $f)) (tag $t) (tag $e (param i32))
        (global $g (mut i32) (i32.const 0))
        (func $work (type $f)
          (block $c (result i32)
            (global.set $g (i32.const 10))
            (try_table (catch $e $c) (suspend $t))
            (global.set $g (i32.const 20))
            (suspend $t)
            (i32.const 30)))
        (elem declare func $work)
        (func $start (result (ref $k))
          (block $on (result (ref $k))
            (drop (resume $k (on $t $on) (cont.new $k (ref.func $work))))
            (unreachable)))
        (func $throw (param $cont (ref $k)) (result i32)
          (block $c (result i32)
            (try_table (result i32) (catch $e $c)
              (resume_throw $k $e (i32.const 7) (local.get $cont)))
            (return (i32.add (i32.const 1000)))))
        (func (export \"f\") (param i32) (result i32 i32)
          (local $cont (ref null $k))
          (local.set $cont (call $start))
          (if (local.get 0)
            (then
              (block $on (result (ref $k))
                (drop (resume $k (on $t $on) (local.get $cont)))
                (unreachable))
              (local.set $cont)))
          (call $throw (ref.as_non_null (local.get $cont)))
          (global.get $g)))";
    // Caught inside, which returns; not caught inside, at the second suspension.
    for (arg, results) in [(0, [1007, 10]), (1, [7, 20])] {
        for outcome in run_switching(f, &i32s(&[arg])) {
            assert_eq!(outcome, Ok(i32s(&results)), "{arg}");
        }
    }
}

/// Whatever type it has, a result that is used at once is not read from the frame.
#[test]
fn results_of_hosts_are_used_at_once() {
    let f = "(module
        (import \"\" \"\" (func $single (result f32))) (import \"\" \"\" (func $double (result f64)))
        (import \"\" \"\" (func $long (result i64)))
        (func $tail_single (result f32) (return_call $single))
        (func $tail_double (result f64) (return_call $double))
        (func $tail_long (result i64) (return_call $long))
        (func (export \"f\") (result f32 f64 i64 f32 f64 i64)
          (f32.add (call $single) (f32.const 1)) (f64.add (call $double) (f64.const 1))
          (i64.add (call $long) (i64.const 1))
          (f32.add (call $tail_single) (f32.const 2)) (f64.add (call $tail_double) (f64.const 2))
          (i64.add (call $tail_long) (i64.const 2))))";
    for &chained in dispatchers() {
        let mut store = store();
        let results = [
            (wasmparser::ValType::F32, Val::F32(1.5f32.to_bits())),
            (wasmparser::ValType::F64, Val::F64(2.5f64.to_bits())),
            (wasmparser::ValType::I64, Val::I64(0x1_0000_0005)),
        ];
        let hosts = results.map(|(ty, result)| {
            let ty = FuncType::new([], [ty]);
            Extern::Func(store.new_host_func("host", ty, Box::new(move |_, _| Ok(vec![result]))))
        });
        let instance = store.instantiate(compile(f, chained), &hosts).unwrap();
        let f = export(&store, instance, "f");
        let expected = [
            Val::F32(2.5f32.to_bits()),
            Val::F64(3.5f64.to_bits()),
            Val::I64(0x1_0000_0006),
            Val::F32(3.5f32.to_bits()),
            Val::F64(4.5f64.to_bits()),
            Val::I64(0x1_0000_0007),
        ];
        assert_eq!(store.call(f, &[]), Ok(expected.to_vec()));
    }
}

/// A caller sees the memory that a function of another instance has made larger.
#[test]
fn memories_grow_in_called_instances() {
    let owner = "(module (memory (export \"memory\") 1 8))";
    let grower = "(module (import \"\" \"\" (memory 1 8))
        (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0))))";
    let user = "(module (import \"\" \"memory\" (memory 1 8))
        (import \"\" \"grow\" (func $grow (param i32) (result i32)))
        (func $tail (param i32) (result i32) (return_call $grow (local.get 0)))
        (func (export \"f\") (result i32 i32 i32 i32)
          (call $grow (i32.const 1))
          (i32.store (i32.const 0x1fffc) (i32.const 7)) (i32.load (i32.const 0x1fffc))
          (call $tail (i32.const 2))
          (i32.store (i32.const 0x3fffc) (i32.const 8)) (i32.load (i32.const 0x3fffc))))";
    for (&first, &second) in dispatchers().iter().flat_map(|one| dispatchers().iter().map(move |two| (one, two))) {
        let mut store = store();
        let owner = store.instantiate(compile(owner, first), &[]).unwrap();
        let memory = store.export(owner, "memory").expect("a memory");
        let grower = store.instantiate(compile(grower, first), &[memory]).unwrap();
        let grow = Extern::Func(export(&store, grower, "grow"));
        let memory = store.export(owner, "memory").expect("a memory");
        let user = store.instantiate(compile(user, second), &[memory, grow]).unwrap();
        let f = export(&store, user, "f");
        assert_eq!(store.call(f, &[]), Ok(i32s(&[1, 7, 2, 8])), "{first} {second}");
    }
}
