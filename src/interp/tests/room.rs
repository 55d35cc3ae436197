//! Code uses the value area to its last slot, and nothing behind it.

use super::execution::trap;
use super::*;
use crate::runtime::trap::TrapCode;

/// Slots that are enough for each program.
const ENOUGH: usize = 400;
const PAINT: u64 = 0xa5a5_5a5a_1234_8765;

/// A function with many operands at a time, so that its own header is far above the arguments of a call.
const DEEP: &str = "(drop (i32.add (local.get 0) (i32.add (local.get 0) (i32.add (local.get 0) (i32.add (local.get 0)
    (i32.add (local.get 0) (i32.add (local.get 0) (i32.add (local.get 0) (i32.add (local.get 0) (memory.grow (i32.const 0)))))))))))";

/// Programs whose outermost frame is that of `f`, and ways to make the frame, or the arguments, that end highest.
const PROGRAMS: [(&str, &str); 6] = [
    ("entered", "(func (export \"f\") (param i32) DEEP)"),
    ("called", "(func $g (param i32) (local f64) DEEP) (func (export \"f\") (param i32) (call $g (i32.const 1)))"),
    (
        "called through a table",
        "(type $t (func (param i32))) (table funcref (elem $g)) (func $g (type $t) DEEP)
         (func (export \"f\") (param i32) (call_indirect (type $t) (i32.const 1) (i32.const 0)))",
    ),
    (
        "tail call out of a called frame",
        "(func $g (return_call $host (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6)))
         (func (export \"f\") (param i32) DEEP (call $g))",
    ),
    (
        "resume with handlers",
        "(type $k (func)) (type $c (cont $k)) (tag $y) (func $waits (suspend $y)) (elem declare func $waits)
         (func (export \"f\") (param i32)
           (block $on (result (ref $c)) (resume $c ON (cont.new $c (ref.func $waits))) (return))
           (drop))",
    ),
    (
        "resume_throw with handlers",
        "(type $k (func)) (type $c (cont $k)) (tag $y) (tag $e) (func $waits (suspend $y)) (elem declare func $waits)
         (func (export \"f\") (param i32) (local $waiting (ref null $c))
           (block $on (result (ref $c))
             (resume $c (on $y $on) (cont.new $c (ref.func $waits)))
             (return))
           (local.set $waiting)
           (block $caught
             (block $on (result (ref $c))
               (try_table (catch $e $caught) (resume_throw $c $e ON (local.get $waiting)))
               (return))
             (drop)))",
    ),
];

/// So many handlers that they, and nothing else, end highest.
const HANDLERS: usize = 40;

/// Calls `f` with a value area of `slots`; whether there was room, and how many slots were written.
fn call(program: &str, chained: bool, slots: usize) -> (bool, usize) {
    let text = format!(
        "(module (import \"\" \"\" (func $host (param i64 i64 i64 i64 i64 i64))) (memory 1) {})",
        program.replace("DEEP", DEEP).replace("ON", &"(on $y $on) ".repeat(HANDLERS))
    );
    let module = decode_with(&text, WasmFeatures::WASM3 | WasmFeatures::STACK_SWITCHING);
    let mut store = store();
    let ty = FuncType::new([wasmparser::ValType::I64; 6], []);
    let host = store.new_host_func("host", ty, Box::new(|_, _| Ok(Vec::new())));
    let instance = store.instantiate(compile_module(Arc::new(module), chained), &[Extern::Func(host)]).unwrap();
    let f = export(&store, instance, "f");
    // SAFETY: nothing runs; the area of a default store has more slots.
    let area = unsafe {
        let stack = (*store.vm()).stack;
        let area = std::slice::from_raw_parts_mut((*stack).values_base, ENOUGH + 64);
        (*stack).values_end = (*stack).values_base.add(slots);
        area
    };
    area.fill(PAINT);
    let outcome = store.call(f, &[Val::I32(7)]);
    let written = area.iter().rposition(|&slot| slot != PAINT).map_or(0, |last| last + 1);
    let fits = outcome.is_ok();
    assert!(fits || trap(outcome).code == TrapCode::CallStackExhausted);
    (fits, written)
}

#[test]
fn the_value_area_is_used_to_its_last_slot() {
    for (name, program) in PROGRAMS {
        for &chained in dispatchers() {
            let (fits, need) = call(program, chained, ENOUGH);
            assert!(fits, "{name}");
            for slots in 0..need + 8 {
                let (fits, written) = call(program, chained, slots);
                assert!(written <= slots, "{name}: {written} slots of {slots} are written");
                assert_eq!(fits, slots >= need, "{name}: {slots} slots, and {need} are written if there are more");
            }
        }
    }
}
