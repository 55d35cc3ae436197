//! Code uses the value area to its last slot, and nothing beyond it.

use super::execution::trap;
use super::*;
use crate::runtime::store::Trap;
use crate::runtime::trap::TrapCode;

/// Slots that are enough for each program.
const ENOUGH: usize = 400;
const PAINT: u64 = 0xa5a5_5a5a_1234_8765;

/// A function with many operands at a time, so that its own header is far above the arguments of a call.
const DEEP: &str = "(drop (i32.add (local.get 0) (i32.add (local.get 0) (i32.add (local.get 0) (i32.add (local.get 0)
    (i32.add (local.get 0) (i32.add (local.get 0) (i32.add (local.get 0) (i32.add (local.get 0) (memory.grow (i32.const 0)))))))))))";

/// Programs whose outermost frame is that of `f`, and ways to make the frame, or the arguments, that end highest.
const PROGRAMS: [(&str, &str); 8] = [
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
        "tail call out of a called frame, for many results",
        "(func $g (result i64 i64 i64) (return_call $many))
         (func (export \"f\") (param i32) DEEP (call $g) (drop) (drop) (drop))",
    ),
    (
        "tail call out of the entered frame",
        "(func (export \"f\") (param i32) DEEP
           (return_call $host (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6)))",
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

/// The number of handlers with which they, and nothing else, end highest.
const HANDLERS: usize = 40;

/// Calls `f` with a value area of `slots`: the module, the trap if there was no room, and how many slots were written.
fn outcome(program: &str, chained: bool, slots: usize) -> (Arc<Module>, Option<Trap>, usize) {
    let text = format!(
        "(module (import \"\" \"\" (func $host (param i64 i64 i64 i64 i64 i64)))
           (import \"\" \"\" (func $many (result i64 i64 i64))) (memory 1) {})",
        program.replace("DEEP", DEEP).replace("ON", &"(on $y $on) ".repeat(HANDLERS))
    );
    let module = Arc::new(decode_with(&text, WasmFeatures::WASM3 | WasmFeatures::STACK_SWITCHING));
    let mut store = store();
    let ty = FuncType::new([wasmparser::ValType::I64; 6], []);
    let host = store.new_host_func("host", ty, Box::new(|_, _| Ok(Vec::new())));
    let ty = FuncType::new([], [wasmparser::ValType::I64; 3]);
    let many = store.new_host_func("many", ty, Box::new(|_, _| Ok((1..=3).map(Val::I64).collect())));
    let imports = [Extern::Func(host), Extern::Func(many)];
    let instance = store.instantiate(compile_module(Arc::clone(&module), chained), &imports).unwrap();
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
    let trap = outcome.is_err().then(|| trap(outcome));
    if let Some(trap) = &trap {
        assert_eq!((trap.code, &*trap.message), (TrapCode::CallStackExhausted, "call stack exhausted"));
    }
    (module, trap, written)
}

/// Whether there was room, and how many slots were written.
fn call(program: &str, chained: bool, slots: usize) -> (bool, usize) {
    let (_, trap, written) = outcome(program, chained, slots);
    (trap.is_none(), written)
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

/// If a tail call finds no room for its arguments or results, its frame is still there, at that call.
#[test]
fn a_tail_call_without_room_is_where_the_trap_is() {
    let programs = PROGRAMS.iter().filter(|(name, _)| name.starts_with("tail call out of a called frame"));
    let mut programs_seen = 0;
    for (name, program) in programs {
        programs_seen += 1;
        for &chained in dispatchers() {
            let (_, need) = call(program, chained, ENOUGH);
            let (module, trap, _) = outcome(program, chained, need - 1);
            let backtrace = trap.expect("a slot is missing").backtrace;
            let found: Vec<_> = backtrace
                .iter()
                .map(|frame| (&*frame.name, module.bytes[frame.module_offset.expect("a position") as usize]))
                .collect();
            assert_eq!(found, [("g", 0x12), ("f", 0x10)], "{name}");
        }
    }
    assert_eq!(programs_seen, 2);
}
