//! Each trap has its code, and the position of the operator that trapped, wherever its operands are.

use super::execution::trap;
use super::*;
use crate::runtime::trap::TrapCode::{self, *};

/// The function `f` gets -1, -1 and NaNs; its locals are 0 and null. Table 0 has a null and a function of type `$void`.
fn module(memory: &str, body: &str) -> String {
    format!(
        r#"(module
        (type $void (func)) (type $i (func (param i32))) (type $ir (func (param i32) (result i32)))
        (type $s (struct (field (mut i32)))) (type $a (array (mut i32))) (type $p (array i8))
        (type $e (array (mut funcref)))
        (memory {memory} 1) (memory $other 1) (memory $far i64 1)
        (table $t 2 funcref) (table $x 2 externref) (table $w i64 2 funcref) (table $y i64 2 externref)
        (elem (table $t) (i32.const 1) func $void) (elem (table $w) (i64.const 1) func $void)
        (elem $seg func $void) (data $data "abc")
        (func $void)
        (func $div (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 0)))
        (elem declare func $div)
        (func (export "f") (param $i i32) (param $l i64) (param $f f32) (param $d f64)
          (local $z i32) (local $zl i64) (local $v v128) (local $sn (ref null $s)) (local $an (ref null $a))
          (local $any anyref) (local $fn (ref null $ir)) (local $vn (ref null $void)) (local $xn exnref)
          (local $en externref) (local $in i31ref) (local $arr (ref null $a))
          (nop) {body}))"#
    )
}

/// Runs the body by each dispatcher: it traps with this code, and each frame, the innermost first, is at an operator that
/// begins with these bytes.
#[track_caller]
fn check(memory: &str, body: &str, code: TrapCode, operators: &[&[u8]]) {
    let bytes = wat::parse_str(module(memory, body)).unwrap_or_else(|e| panic!("{body}: {e}"));
    let features = WasmFeatures::WASM3 | WasmFeatures::THREADS;
    let module = Arc::new(Module::new(&bytes, features).unwrap_or_else(|e| panic!("{body}: {e}")));
    for &chained in dispatchers() {
        let mut store = store();
        let instance = store.instantiate(compile_module(Arc::clone(&module), chained), &[]).unwrap();
        let f = export(&store, instance, "f");
        let args = [Val::I32(u32::MAX), Val::I64(u64::MAX), Val::F32(f32::NAN.to_bits()), Val::F64(f64::NAN.to_bits())];
        let trap = trap(store.call(f, &args));
        assert_eq!(trap.code, code, "{body}");
        // Nothing else has a number in its message.
        if !code.names_element() {
            assert_eq!(trap.message, code.message(), "{body}");
        }
        let found: Vec<_> = trap.backtrace.iter().map(|frame| frame.module_offset.expect("a position")).collect();
        assert_eq!(found.len(), operators.len(), "{body}");
        for (&at, operator) in found.iter().zip(operators) {
            assert!(module.bytes[at as usize..].starts_with(operator), "{body}: trapped at {at:#x}");
        }
    }
}

#[track_caller]
fn traps(body: &str, code: TrapCode, operator: &[u8]) {
    check("", body, code, &[operator]);
}

/// Operands of an operator on two integers: of both kinds, a number of zero, and a way in which it is reached.
fn pairs(ty: &str) -> [[String; 2]; 5] {
    let (x, z) = if ty == "i32" { ("$i", "$z") } else { ("$l", "$zl") };
    let (value, zero) = (format!("(local.get {x})"), format!("(local.get {z})"));
    let constant = format!("({ty}.const 0)");
    let (made, made_zero) = (format!("({ty}.add {value} {value})"), format!("({ty}.and {value} {zero})"));
    [
        [value.clone(), zero.clone()],
        [value.clone(), constant.clone()],
        [made.clone(), zero],
        [value, made_zero],
        [made, constant],
    ]
}

#[test]
fn of_numbers() {
    traps("(unreachable)", Unreachable, &[0x00]);
    let ops = [("div_s", 0), ("div_u", 1), ("rem_s", 2), ("rem_u", 3)];
    for (ty, first) in [("i32", 0x6d), ("i64", 0x7f)] {
        for (op, number) in ops {
            for [a, b] in pairs(ty) {
                let body = format!("(drop ({ty}.{op} {a} {b}))");
                traps(&body, IntegerDivideByZero, &[first + number]);
            }
        }
    }
    traps("(drop (i32.div_s (i32.const 0x80000000) (local.get $i)))", IntegerOverflow, &[0x6d]);
    traps("(drop (i64.div_s (i64.const 0x8000000000000000) (local.get $l)))", IntegerOverflow, &[0x7f]);
    for (to, from, sign, opcode) in [
        ("i32", "f32", 's', 0xa8),
        ("i32", "f32", 'u', 0xa9),
        ("i32", "f64", 's', 0xaa),
        ("i32", "f64", 'u', 0xab),
        ("i64", "f32", 's', 0xae),
        ("i64", "f32", 'u', 0xaf),
        ("i64", "f64", 's', 0xb0),
        ("i64", "f64", 'u', 0xb1),
    ] {
        let nan = format!("(local.get ${})", if from == "f32" { "f" } else { "d" });
        let large = format!("(f64.const {})", if to == "i32" { "4294967296" } else { "18446744073709551616" });
        let large = if from == "f32" { format!("(f32.demote_f64 {large})") } else { large };
        for (operand, code) in [
            (nan.clone(), InvalidConversionToInteger),
            (format!("({from}.neg {nan})"), InvalidConversionToInteger),
            (large.clone(), IntegerOverflow),
            (format!("({from}.abs {large})"), IntegerOverflow),
        ] {
            traps(&format!("(drop ({to}.trunc_{from}_{sign} {operand}))"), code, &[opcode]);
        }
    }
}

/// Each access, at an address out of bounds that comes in each way, of each memory.
#[test]
fn of_accesses() {
    let addresses = |ty: &str| -> Vec<(&str, String)> {
        let (x, z) = if ty == "i32" { ("$i", "$z") } else { ("$l", "$zl") };
        vec![
            ("", format!("(local.get {x})")),
            ("", format!("({ty}.or (local.get {x}) (local.get {z}))")),
            ("", format!("({ty}.add (local.get {x}) (local.get {z}))")),
            ("offset=0x10000", format!("(local.get {z})")),
            ("offset=0x10000", format!("({ty}.or (local.get {z}) (local.get {z}))")),
            ("offset=0xffff", format!("({ty}.add (local.get {x}) ({ty}.const 2))")),
            // A sum with the offset does not begin again at 0.
            ("offset=1", format!("(local.get {x})")),
            ("offset=1", format!("({ty}.add (local.get {x}) (local.get {z}))")),
        ]
    };
    let loads: [(&str, &[u8]); 16] = [
        ("i32.load", &[0x28]),
        ("i64.load", &[0x29]),
        ("f32.load", &[0x2a]),
        ("f64.load", &[0x2b]),
        ("i32.load8_s", &[0x2c]),
        ("i32.load8_u", &[0x2d]),
        ("i32.load16_s", &[0x2e]),
        ("i32.load16_u", &[0x2f]),
        ("i64.load8_s", &[0x30]),
        ("i64.load32_u", &[0x35]),
        ("v128.load", &[0xfd, 0]),
        ("v128.load8x8_s", &[0xfd, 1]),
        ("v128.load16_splat", &[0xfd, 8]),
        ("v128.load32_zero", &[0xfd, 92]),
        ("i32.atomic.load8_u", &[0xfe, 0x12]),
        ("i64.atomic.load8_u", &[0xfe, 0x14]),
    ];
    let stores: [(&str, &str, &[u8]); 9] = [
        ("i32.store", "i32", &[0x36]),
        ("i64.store", "i64", &[0x37]),
        ("f32.store", "f32", &[0x38]),
        ("f64.store", "f64", &[0x39]),
        ("i32.store8", "i32", &[0x3a]),
        ("i32.store16", "i32", &[0x3b]),
        ("i64.store32", "i64", &[0x3e]),
        ("v128.store", "v128", &[0xfd, 11]),
        ("i64.atomic.store8", "i64", &[0xfe, 0x1b]),
    ];
    let values = |ty: &str| match ty {
        "i32" => ["(local.get $z)", "(i32.const 7)", "(i32.or (local.get $z) (local.get $z))"],
        "i64" => ["(local.get $l)", "(i64.const 7)", "(i64.or (local.get $l) (local.get $l))"],
        "f32" => ["(local.get $f)", "(f32.const 7)", "(f32.neg (local.get $f))"],
        "f64" => ["(local.get $d)", "(f64.const 7)", "(f64.neg (local.get $d))"],
        _ => ["(local.get $v)", "(v128.const i64x2 1 2)", "(v128.not (local.get $v))"],
    };
    // Memory 0 of 32 bits and of 64, another of 32 bits, another of 64.
    for (memory0, memory, ty) in [("", "", "i32"), ("i64", "", "i64"), ("", "$other", "i32"), ("", "$far", "i64")] {
        for (offset, address) in addresses(ty) {
            for (load, opcode) in loads {
                let body = format!("(drop ({load} {memory} {offset} {address}))");
                check(memory0, &body, MemoryOutOfBounds, &[opcode]);
            }
            for (store, value, opcode) in stores {
                for value in values(value) {
                    let body = format!("({store} {memory} {offset} {address} {value})");
                    check(memory0, &body, MemoryOutOfBounds, &[opcode]);
                }
            }
            for (op, opcode) in [("load8_lane", 84), ("store64_lane", 91)] {
                let (open, close) = if op.starts_with("load") { ("(drop ", ")") } else { ("", "") };
                let body = format!("{open}(v128.{op} {memory} {offset} 1 {address} (local.get $v)){close}");
                check(memory0, &body, MemoryOutOfBounds, &[&[0xfd, opcode]]);
            }
        }
    }
    // The next element of a list.
    traps("(local.set $z (i32.load offset=0x10000 (local.get $z)))", MemoryOutOfBounds, &[0x28]);
    check("i64", "(local.set $zl (i64.load offset=0x10000 (local.get $zl)))", MemoryOutOfBounds, &[&[0x29]]);
}

#[test]
fn of_bulk_operations_and_tables() {
    let three = "(local.get $z) (local.get $z) (local.get $i)";
    for (operator, code, opcode) in [
        ("memory.fill", MemoryOutOfBounds, 11),
        ("memory.copy", MemoryOutOfBounds, 10),
        ("memory.init $data", MemoryOutOfBounds, 8),
        ("table.copy", TableOutOfBounds, 14),
        ("table.init $seg", TableOutOfBounds, 12),
    ] {
        traps(&format!("({operator} {three})"), code, &[0xfc, opcode]);
    }
    traps("(table.fill (local.get $z) (ref.null func) (local.get $i))", TableOutOfBounds, &[0xfc, 17]);
    for (table, index) in
        [("$t", "(local.get $i)"), ("$w", "(local.get $l)"), ("$t", "(i32.const 2)"), ("$w", "(i64.const 2)")]
    {
        traps(&format!("(drop (table.get {table} {index}))"), TableOutOfBounds, &[0x25]);
        traps(&format!("(table.set {table} {index} (ref.null func))"), TableOutOfBounds, &[0x26]);
        let refs = if table == "$t" { "$x" } else { "$y" };
        traps(&format!("(drop (table.get {refs} {index}))"), TableOutOfBounds, &[0x25]);
        traps(&format!("(table.set {refs} {index} (local.get $en))"), TableOutOfBounds, &[0x26]);
        traps(&format!("(call_indirect {table} (type $void) {index})"), UndefinedElement, &[0x11]);
        traps(&format!("(return_call_indirect {table} (type $void) {index})"), UndefinedElement, &[0x13]);
    }
    for (table, null, other) in [("$t", "(i32.const 0)", "(i32.const 1)"), ("$w", "(i64.const 0)", "(i64.const 1)")] {
        for (call, opcode) in [("call_indirect", 0x11), ("return_call_indirect", 0x13)] {
            traps(&format!("({call} {table} (type $void) {null})"), UninitializedElement, &[opcode]);
            let body = format!("({call} {table} (type $i) (local.get $i) {other})");
            traps(&body, IndirectCallTypeMismatch, &[opcode]);
        }
    }
}

#[test]
fn of_references() {
    let array = "(local.set $arr (array.new_default $a (i32.const 3)))";
    for (body, code, operator) in [
        ("(drop (call_ref $ir (local.get $i) (local.get $fn)))", NullFunctionReference, &[0x14][..]),
        ("(return_call_ref $void (local.get $vn))", NullFunctionReference, &[0x15]),
        ("(drop (ref.as_non_null (local.get $fn)))", NullReference, &[0xd4]),
        ("(drop (ref.as_non_null (local.get $en)))", NullReference, &[0xd4]),
        ("(throw_ref (local.get $xn))", NullExceptionReference, &[0x0a]),
        ("(drop (struct.get $s 0 (local.get $sn)))", NullStructureReference, &[0xfb, 2]),
        ("(struct.set $s 0 (local.get $sn) (local.get $i))", NullStructureReference, &[0xfb, 5]),
        ("(drop (array.get $a (local.get $an) (local.get $z)))", NullArrayReference, &[0xfb, 11]),
        ("(array.set $a (local.get $an) (local.get $z) (local.get $z))", NullArrayReference, &[0xfb, 14]),
        ("(drop (array.len (local.get $an)))", NullArrayReference, &[0xfb, 15]),
        ("ARRAY (drop (array.get $a (local.get $arr) (i32.const 3)))", ArrayOutOfBounds, &[0xfb, 11]),
        ("ARRAY (array.set $a (local.get $arr) (i32.const 3) (local.get $z))", ArrayOutOfBounds, &[0xfb, 14]),
        (
            "ARRAY (array.fill $a (local.get $arr) (i32.const 1) (local.get $i) (i32.const 3))",
            ArrayOutOfBounds,
            &[0xfb, 16],
        ),
        (
            "ARRAY (array.copy $a $a (local.get $arr) (i32.const 1) (local.get $arr) (i32.const 0) (i32.const 3))",
            ArrayOutOfBounds,
            &[0xfb, 17],
        ),
        (
            "ARRAY (array.init_data $a $data (local.get $arr) (i32.const 3) (i32.const 0) (i32.const 1))",
            ArrayOutOfBounds,
            &[0xfb, 18],
        ),
        ("(drop (array.new_data $p $data (i32.const 1) (i32.const 3)))", MemoryOutOfBounds, &[0xfb, 9]),
        ("(drop (array.new_elem $e $seg (i32.const 0) (i32.const 2)))", TableOutOfBounds, &[0xfb, 10]),
        (
            "(array.init_elem $e $seg (array.new_default $e (i32.const 1)) (i32.const 0) (i32.const 1) (i32.const 1))",
            TableOutOfBounds,
            &[0xfb, 19],
        ),
        ("(drop (ref.cast (ref $s) (local.get $any)))", CastFailure, &[0xfb, 22]),
        ("(drop (ref.cast (ref null $s) (ref.i31 (local.get $i))))", CastFailure, &[0xfb, 23]),
        ("(drop (i31.get_s (local.get $in)))", NullI31Reference, &[0xfb, 29]),
        ("(drop (i31.get_u (local.get $in)))", NullI31Reference, &[0xfb, 30]),
    ] {
        traps(&body.replace("ARRAY", array), code, operator);
    }
}

#[test]
fn of_atomic_accesses() {
    let (one, end) = ("(i32.const 1)", "(i32.const 65536)");
    for (operator, operands, opcode) in [
        ("i32.atomic.load", "", 0x10),
        ("i64.atomic.load", "", 0x11),
        ("i32.atomic.rmw.add", "(local.get $i)", 0x1e),
        ("i64.atomic.rmw16.xchg_u", "(local.get $l)", 0x46),
        ("i32.atomic.rmw.cmpxchg", "(local.get $i) (local.get $z)", 0x48),
        ("memory.atomic.notify", "(local.get $i)", 0x00),
    ] {
        for memory in ["", "$other"] {
            for (address, code) in
                [(one, UnalignedAtomic), (end, MemoryOutOfBounds), ("(local.get $i)", UnalignedAtomic)]
            {
                traps(&format!("(drop ({operator} {memory} {address} {operands}))"), code, &[0xfe, opcode]);
            }
        }
    }
    for (address, code) in [(one, UnalignedAtomic), (end, MemoryOutOfBounds)] {
        traps(&format!("(i32.atomic.store {address} (local.get $i))"), code, &[0xfe, 0x17]);
    }
    // It is the sum with the offset that is aligned, or is not.
    for (operator, address, offset, opcode) in [
        ("i32.atomic.load", 1, 1, 0x10),
        ("i32.atomic.load", 2, 4, 0x10),
        ("i64.atomic.load", 4, 8, 0x11),
        ("i64.atomic.load", 3, 3, 0x11),
        ("i32.atomic.load16_u", 2, 3, 0x13),
    ] {
        let body = format!("(drop ({operator} offset={offset} (i32.const {address})))");
        traps(&body, UnalignedAtomic, &[0xfe, opcode]);
        // The next sum that is aligned.
        let aligned = offset + (8 - (address + offset) % 8);
        let body = format!("(drop ({operator} offset={aligned} (i32.const {address}))) (unreachable)");
        traps(&body, Unreachable, &[0x00]);
    }
    let wait = "(drop (memory.atomic.wait32 (local.get $z) (local.get $z) (local.get $l)))";
    traps(wait, AtomicWaitOnUnshared, &[0xfe, 0x01]);
}

/// A frame that called is at its call.
#[test]
fn of_calls() {
    for (body, call) in [
        ("(drop (call $div (local.get $i)))", 0x10),
        ("(drop (call_ref $ir (local.get $i) (ref.func $div)))", 0x14),
        (
            "(table.set $t (i32.const 0) (ref.func $div)) (drop (call_indirect $t (type $ir) (local.get $i) (i32.const 0)))",
            0x11,
        ),
        (
            "(table.set $w (i64.const 0) (ref.func $div)) (drop (call_indirect $w (type $ir) (local.get $i) (i64.const 0)))",
            0x11,
        ),
    ] {
        check("", body, IntegerDivideByZero, &[&[0x6e], &[call]]);
    }
}
