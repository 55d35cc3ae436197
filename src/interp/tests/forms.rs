//! Rare forms: what their instructions are, and what must not be joined to one.

use super::execution::trap;
use super::*;
use crate::config::{Config, NanProfile};
use crate::interp::{Limit, Reason, Unsupported, disassemble_with, translate_with};
use crate::runtime::trap::TrapCode;

/// The operations of the first body, without their positions.
fn operations(text: &str, config: &Config) -> Vec<String> {
    let module = decode_with(text, WasmFeatures::WASM3 | WasmFeatures::THREADS);
    let listing = disassemble_with(&module, BodyIndex(0), config).unwrap_or_else(|e| panic!("{text}: {e}"));
    listing.lines().skip(1).map(|line| line.splitn(3, ' ').last().expect("an operation").to_string()).collect()
}

/// Indices and lengths of 32 and of 64 bits, references of both kinds, each operand in its place.
#[test]
fn memories_and_tables_of_both_index_types_have_their_operations() {
    for (body, expected) in [
        ("(drop (memory.size $m))", "memory.size t0 0"),
        ("(drop (memory.size $n))", "memory.size t0 1"),
        ("(drop (memory.grow $m (local.get $i)))", "memory.grow t0 l[-8] 0"),
        ("(drop (memory.grow $n (local.get $l)))", "memory.grow.64 t0 l[-5] 1"),
        ("(memory.fill $m (local.get $i) (local.get $j) (local.get $k))", "memory.fill l[-8] l[-7] l[-6] 0 0 0"),
        ("(memory.fill $n (local.get $l) (local.get $j) (local.get $q))", "memory.fill l[-5] l[-7] l[-3] 5 1 0"),
        ("(memory.copy $m $m (local.get $i) (local.get $j) (local.get $k))", "memory.copy l[-8] l[-7] l[-6] 0 0 0"),
        ("(memory.copy $n $n (local.get $l) (local.get $p) (local.get $q))", "memory.copy l[-5] l[-4] l[-3] 7 1 1"),
        ("(memory.copy $n $m (local.get $l) (local.get $j) (local.get $k))", "memory.copy l[-5] l[-7] l[-6] 1 1 0"),
        ("(memory.copy $m $n (local.get $i) (local.get $p) (local.get $k))", "memory.copy l[-8] l[-4] l[-6] 2 0 1"),
        ("(memory.init $m $d (local.get $i) (local.get $j) (local.get $k))", "memory.init l[-8] l[-7] l[-6] 0 0 1"),
        ("(memory.init $n $d (local.get $l) (local.get $j) (local.get $k))", "memory.init l[-5] l[-7] l[-6] 1 1 1"),
        ("(data.drop $d)", "data.drop 1"),
        ("(atomic.fence)", "atomic.fence"),
        ("(drop (table.get $t (local.get $i)))", "table.get t0 l[-8] 0"),
        ("(drop (table.get $u (local.get $l)))", "table.get.64 t0 l[-5] 1"),
        ("(drop (table.get $x (local.get $i)))", "table.get t0 l[-8] 2"),
        ("(drop (table.get $y (local.get $l)))", "table.get.64 t0 l[-5] 3"),
        ("(table.set $t (local.get $i) (local.get $f))", "table.set l[-8] l[-2] 0"),
        ("(table.set $u (local.get $l) (local.get $f))", "table.set.64 l[-5] l[-2] 1"),
        ("(table.set $x (local.get $i) (local.get $e))", "table.set.gc l[-8] l[-1] 2"),
        ("(table.set $y (local.get $l) (local.get $e))", "table.set.gc.64 l[-5] l[-1] 3"),
        ("(drop (table.size $t))", "table.size t0 0"),
        ("(drop (table.size $y))", "table.size t0 3"),
        ("(drop (table.grow $t (local.get $f) (local.get $j)))", "table.grow t0 l[-2] l[-7] 0 0 0"),
        ("(drop (table.grow $u (local.get $f) (local.get $p)))", "table.grow t0 l[-2] l[-4] 1 1 0"),
        ("(drop (table.grow $x (local.get $e) (local.get $j)))", "table.grow t0 l[-1] l[-7] 0 2 1"),
        ("(drop (table.grow $y (local.get $e) (local.get $p)))", "table.grow t0 l[-1] l[-4] 1 3 1"),
        ("(table.fill $t (local.get $i) (local.get $f) (local.get $k))", "table.fill l[-8] l[-2] l[-6] 0 0 0"),
        ("(table.fill $u (local.get $l) (local.get $f) (local.get $q))", "table.fill l[-5] l[-2] l[-3] 5 1 0"),
        ("(table.fill $x (local.get $i) (local.get $e) (local.get $k))", "table.fill l[-8] l[-1] l[-6] 0 2 1"),
        ("(table.fill $y (local.get $l) (local.get $e) (local.get $q))", "table.fill l[-5] l[-1] l[-3] 5 3 1"),
        ("(table.copy $t $t (local.get $i) (local.get $j) (local.get $k))", "table.copy l[-8] l[-7] l[-6] 0 0 0"),
        ("(table.copy $u $u (local.get $l) (local.get $p) (local.get $q))", "table.copy l[-5] l[-4] l[-3] 7 1 1"),
        ("(table.copy $u $t (local.get $l) (local.get $j) (local.get $k))", "table.copy l[-5] l[-7] l[-6] 1 1 0"),
        ("(table.copy $t $u (local.get $i) (local.get $p) (local.get $k))", "table.copy l[-8] l[-4] l[-6] 2 0 1"),
        ("(table.init $t $s (local.get $i) (local.get $j) (local.get $k))", "table.init l[-8] l[-7] l[-6] 0 0 1"),
        ("(table.init $u $s (local.get $l) (local.get $j) (local.get $k))", "table.init l[-5] l[-7] l[-6] 1 1 1"),
        ("(elem.drop $s)", "elem.drop 1"),
        ("(call_indirect $t (type $v) (local.get $i))", "call_indirect t0 l[-8] 0 0"),
        ("(call_indirect $u (type $v) (local.get $l))", "call_indirect.64 t0 l[-5] 1 0"),
        ("(drop (ref.is_null (local.get $f)))", "i64.eq t0 l[-2] 0"),
        ("(drop (ref.is_null (local.get $e)))", "i32.eq t0 l[-1] 0"),
        // The value on top decides, not that below it.
        ("(local.get $e) (drop (ref.is_null (local.get $f))) (drop)", "i64.eq t1 l[-2] 0"),
        ("(local.get $f) (drop (ref.is_null (local.get $e))) (drop)", "i32.eq t1 l[-1] 0"),
        ("(drop (ref.as_non_null (local.get $f)))", "trap_if_null l[-2]"),
        ("(drop (ref.as_non_null (local.get $e)))", "trap_if_null.gc l[-1]"),
    ] {
        let text = format!(
            r#"(module (type $v (func))
              (memory $m 1) (memory $n i64 1) (data $c "") (data $d "")
              (table $t 1 funcref) (table $u i64 1 funcref) (table $x 1 externref) (table $y i64 1 externref)
              (elem $r func) (elem $s func)
              (func (param $i i32) (param $j i32) (param $k i32) (param $l i64) (param $p i64) (param $q i64)
                    (param $f funcref) (param $e externref)
                {body}))"#
        );
        assert_eq!(operations(&text, &Config::default()), [expected, "return"], "{body}");
    }
}

#[test]
fn the_operand_on_top_says_how_a_vector_is_shifted_and_what_is_selected() {
    for (body, expected) in [
        ("(drop (i32x4.shl (local.get $v) (i32.const 3)))", "i32x4.shl t0 l[-2] 3"),
        ("(drop (i32x4.shl (local.get $v) (i32.const 0x10003)))", "i32x4.shl t0 l[-2] 65539"),
        ("(i32.const 7) (drop (i32x4.shl (local.get $v) (local.get $i))) (drop)", "i32x4.shl t1 l[-2] l[-3]"),
        ("(local.get $i) (drop (i32x4.shl (local.get $v) (i32.const 3))) (drop)", "i32x4.shl t1 l[-2] 3"),
        (
            "(local.get $i) (drop (select (local.get $v) (local.get $v) (local.get $i))) (drop)",
            "select.v128 t1 l[-2] l[-2] l[-3]",
        ),
        (
            "(local.get $v) (drop (select (local.get $i) (local.get $i) (local.get $i))) (drop)",
            "select t2 l[-3] l[-3] l[-3]",
        ),
    ] {
        let text = format!("(module (func (param $i i32) (param $v v128) {body}))");
        assert_eq!(operations(&text, &Config::default()), [expected, "return"], "{body}");
    }
}

/// The results of a function of two integers, by its body; 77 is at address 8.
#[track_caller]
fn of_two(body: &str, args: [u32; 2]) -> u32 {
    let body = body
        .replace("SUM", "(i32.add (local.get 0) (local.get 1))")
        .replace("LESS", "(i32.lt_s (local.get 0) (local.get 1))");
    let text = format!(
        r#"(module (memory 1) (data (i32.const 8) "\4d")
          (func $eight (result i32) (i32.const 8)) (func $zero (result i32) (i32.const 0))
          (func (export "f") (param i32 i32) (result i32) {body}))"#
    );
    match run(&text, &args.map(Val::I32)).as_deref() {
        Ok(&[Val::I32(result)]) => result,
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn a_sum_is_the_address_only_if_it_is_the_operand() {
    for (body, result) in [
        ("(i32.load SUM)", 0),
        ("(i32.load (i32.add (i32.sub (local.get 0) (local.get 1)) (local.get 1)))", 77),
        ("(call $eight) (drop SUM) (i32.load)", 77),
        ("(drop SUM) (i32.load (local.get 0))", 77),
        ("(drop SUM) (i32.load (i32.const 8))", 77),
        ("(call $eight) (drop SUM) (local.get 1) (i32.store) (i32.load (i32.const 8))", 200),
        ("SUM (i32.store (local.get 0) (local.get 1)) (i32.load (i32.const 8)) (i32.add)", 408),
        ("(drop SUM) (i32.store (local.get 0) (local.get 1)) (i32.load (i32.const 8))", 200),
        ("(i32.store SUM (local.get 1)) (i32.load (i32.const 208))", 200),
    ] {
        assert_eq!(of_two(body, [8, 200]), result, "{body}");
    }
}

#[test]
fn a_local_gets_the_operand_and_not_what_was_made_last() {
    for (body, result) in [
        ("(local.set 1 SUM) (local.get 1)", 208),
        ("(drop SUM) (local.set 0 (i32.const 9)) (local.get 0)", 9),
        ("(drop SUM) (local.set 0 (local.get 1)) (local.get 0)", 200),
        ("(call $eight) (drop SUM) (local.set 1) (local.get 1)", 8),
        ("(drop SUM) (local.get 0) (local.set 0 (i32.const 9)) (i32.sub (i32.const 1))", 7),
        ("(local.set 0 SUM) (local.get 0) (local.set 0 (i32.const 9)) (i32.sub (local.get 0))", 199),
        ("(local.set 0 SUM) (local.set 0 (i32.const 9)) (i32.sub (local.get 0) (i32.const 1))", 8),
    ] {
        assert_eq!(of_two(body, [8, 200]), result, "{body}");
    }
}

#[test]
fn a_comparison_is_inverted_only_if_it_is_compared_with_zero() {
    for (body, result) in [
        ("(i32.eqz LESS)", 0),
        ("(i32.eqz (i32.eqz LESS))", 1),
        ("(i32.eqz (i32.eqz (i32.eqz LESS)))", 0),
        ("(i32.eq LESS (i32.const 0))", 0),
        ("(i32.eq (i32.const 0) LESS)", 0),
        ("(i32.eq LESS (i32.const 1))", 1),
        ("(i32.eq LESS (i32.const 2))", 0),
        ("(i32.ne LESS (i32.const 0))", 1),
        ("(i32.gt_u LESS (i32.const 0))", 1),
        ("(i32.lt_u LESS (i32.const 0))", 0),
        ("(i32.ge_s LESS (i32.const 0))", 1),
        ("(i64.eqz (i64.extend_i32_u LESS))", 0),
        ("(i32.eqz (f64.lt (f64.convert_i32_s (local.get 0)) (f64.const nan)))", 1),
        ("(drop LESS) (i32.eqz (local.get 0))", 1),
        ("(call $zero) (drop LESS) (i32.eqz)", 1),
        ("(if (result i32) (i32.eqz LESS) (then (i32.const 2)) (else (i32.const 3)))", 3),
        ("(if (result i32) (i32.ne LESS (i32.const 0)) (then (i32.const 2)) (else (i32.const 3)))", 2),
    ] {
        assert_eq!(of_two(body, [0, 5]), result, "{body}");
    }
}

/// The accumulator still has a float that was in the same slot, when another comes there without going through it.
#[test]
fn a_float_that_was_in_a_slot_is_not_what_comes_there_next() {
    const MODULE: &str = r#"(module (global $g (mut f32) (f32.const 4)) (func $one (result f32) (f32.const 1))
        (func (export "f") (param f32 f32 i32) (result f32) BODY))"#;
    for (body, result) in [
        ("(f32.neg SUM)", -3.0),
        ("(drop SUM) (f32.neg CHOSEN)", -2.5),
        ("(drop SUM) (f32.neg (global.get $g))", -4.0),
        ("(drop SUM) (f32.neg (f32.const 7))", -7.0),
        ("(drop SUM) (local.set 0 (f32.const 9)) (f32.neg (local.get 0))", -9.0),
        ("(drop SUM) (local.get 0) (local.set 0 (f32.const 9)) (f32.neg)", -1.5),
        ("(local.set 0 SUM) (local.get 0) (local.set 0 (f32.const 9)) (f32.neg)", -3.0),
        ("(local.set 0 SUM) (local.set 0 (f32.const 9)) (f32.neg (local.get 0))", -9.0),
        ("(local.set 0 SUM) (local.set 0 (local.get 1)) (f32.neg (local.get 0))", -2.5),
        ("(local.set 0 SUM) (local.set 0 CHOSEN) (f32.neg (local.get 0))", -2.5),
        ("(call $one) (drop SUM) (f32.neg)", -1.0),
        ("(call $one) (drop SUM) (local.set 0) (f32.neg (local.get 0))", -1.0),
    ] {
        let text = MODULE
            .replace("BODY", body)
            .replace("SUM", "(f32.add (local.get 0) (local.get 0))")
            .replace("CHOSEN", "(select (local.get 0) (local.get 1) (local.get 2))");
        let f32s = [1.5f32, 2.5].map(|x| Val::F32(x.to_bits()));
        let expected = Val::F32((result as f32).to_bits());
        assert_eq!(run(&text, &[&f32s[..], &[Val::I32(0)]].concat()), Ok(vec![expected]), "{body}");
        let f64s = [1.5f64, 2.5].map(|x| Val::F64(x.to_bits()));
        let expected = Val::F64(f64::to_bits(result));
        let text = text.replace("f32", "f64");
        assert_eq!(run(&text, &[&f64s[..], &[Val::I32(0)]].concat()), Ok(vec![expected]), "of 64 bits: {body}");
    }
}

/// Reads of locals on both sides of the header are deferred, each under its own number.
#[test]
fn deferred_reads_of_locals_above_the_header_are_their_own() {
    let below = 31_980..32_000;
    let set = |value: &dyn Fn(u64) -> i64| -> String {
        let all = std::iter::once(32_000).chain(below.clone());
        all.map(|local| format!("(local.set {local} (i64.const {}))\n", value(local))).collect()
    };
    let text = format!(
        "(module (func (export \"f\") (result i64) (local {}) {} (local.get 32000) {} {} {}))",
        "i64 ".repeat(32_010),
        set(&|local| if local == 32_000 { 1_000_000 } else { local as i64 }),
        below.clone().map(|local| format!("(local.get {local})\n")).collect::<String>(),
        set(&|_| -7),
        "i64.add\n".repeat(20)
    );
    // Twenty numbers around 31,989.5.
    assert_eq!(run(&text, &[]), Ok(vec![Val::I64(1_000_000 + 639_790)]));
}

/// An operator that does not distinguish NaNs reads its operands as they were made.
#[test]
fn nans_are_made_canonical_where_they_are_seen() {
    let canonical = Config { nan: NanProfile::Canonical, ..Config::default() };
    let check = |body: &str, expected: &[&str]| {
        let text = format!(
            "(module (func (param $i i32) (param $f f32) (param $d f64) (param $v v128) {body})
               (func $g (result f32) (f32.const 1)))"
        );
        let operations = operations(&text, &canonical);
        let found: Vec<&str> = operations
            .iter()
            .filter_map(|line| line.split(' ').next())
            .filter(|name| name.ends_with(".canonical"))
            .collect();
        assert_eq!(found, expected, "{body}: {operations:#?}");
    };
    let unary = |op: &str, made: &str, expected: &[&str]| check(&format!("(drop ({op} {made}))"), expected);
    let binary = |op: &str, made: &str, other: &str, expected: &[&str]| {
        check(&format!("(drop ({op} {made} {other}))"), expected);
        check(&format!("(drop ({op} {other} {made}))"), expected);
    };
    let scalars = [("f32", "(local.get $f)", "f32.canonical"), ("f64", "(local.get $d)", "f64.canonical")];
    for (ty, other, own) in scalars {
        let made = format!("({ty}.sqrt {other})");
        for op in ["eq", "ne", "lt", "gt", "le", "ge"] {
            binary(&format!("{ty}.{op}"), &made, other, &[]);
        }
        for op in ["add", "sub", "mul", "div", "min", "max"] {
            binary(&format!("{ty}.{op}"), &made, other, &[own]);
        }
        for op in ["sqrt", "ceil", "floor", "trunc", "nearest"] {
            unary(&format!("{ty}.{op}"), &made, &[own]);
        }
        for to in ["i32", "i64"] {
            for sign in ["s", "u"] {
                unary(&format!("{to}.trunc_{ty}_{sign}"), &made, &[]);
                unary(&format!("{to}.trunc_sat_{ty}_{sign}"), &made, &[]);
            }
        }
        // These see its bits.
        unary(&format!("{ty}.neg"), &made, &[own]);
        unary(&format!("{ty}.abs"), &made, &[own]);
        binary(&format!("{ty}.copysign"), &made, other, &[own]);
    }
    unary("f64.promote_f32", "(f32.sqrt (local.get $f))", &["f64.canonical"]);
    unary("f32.demote_f64", "(f64.sqrt (local.get $d))", &["f32.canonical"]);
    unary("i32.reinterpret_f32", "(f32.sqrt (local.get $f))", &["f32.canonical"]);
    let vector = "(local.get $v)";
    for (shape, own, other_shape, truncations) in [
        (
            "f32x4",
            "f32x4.canonical",
            "f64x2",
            [
                "i32x4.trunc_sat_f32x4_s",
                "i32x4.trunc_sat_f32x4_u",
                "i32x4.relaxed_trunc_f32x4_s",
                "i32x4.relaxed_trunc_f32x4_u",
            ],
        ),
        (
            "f64x2",
            "f64x2.canonical",
            "f32x4",
            [
                "i32x4.trunc_sat_f64x2_s_zero",
                "i32x4.trunc_sat_f64x2_u_zero",
                "i32x4.relaxed_trunc_f64x2_s_zero",
                "i32x4.relaxed_trunc_f64x2_u_zero",
            ],
        ),
    ] {
        let made = format!("({shape}.sqrt {vector})");
        for op in ["eq", "ne", "lt", "gt", "le", "ge"] {
            binary(&format!("{shape}.{op}"), &made, vector, &[]);
            // Lanes of another format are other bits.
            binary(&format!("{other_shape}.{op}"), &made, vector, &[own]);
        }
        for op in ["add", "sub", "mul", "div", "min", "max", "relaxed_min", "relaxed_max"] {
            binary(&format!("{shape}.{op}"), &made, vector, &[own]);
        }
        for op in ["relaxed_madd", "relaxed_nmadd"] {
            let op = format!("{shape}.{op}");
            binary(&op, &made, &format!("{vector} {vector}"), &[own]);
            check(&format!("(drop ({op} {vector} {made} {vector}))"), &[own]);
        }
        for op in truncations {
            unary(op, &made, &[]);
        }
        unary(&format!("{shape}.neg"), &made, &[own]);
        binary(&format!("{shape}.pmin"), &made, vector, &[own]);
        binary("v128.and", &made, vector, &[own]);
    }
    unary("f64x2.promote_low_f32x4", "(f32x4.sqrt (local.get $v))", &["f64x2.canonical"]);
    unary("f32x4.demote_f64x2_zero", "(f64x2.sqrt (local.get $v))", &["f32x4.canonical"]);
    // What is not the operand stays as it is.
    let root = "(f32.sqrt (local.get $f))";
    check(&format!("(drop {root}) (drop (f32.eq (local.get $f) (local.get $f)))"), &["f32.canonical"]);
    check(&format!("(call $g) (drop {root}) (drop (i32.trunc_sat_f32_s))"), &["f32.canonical"]);
    check(&format!("(local.set $f {root}) (drop (f32.eq (local.get $f) (local.get $f)))"), &["f32.canonical"]);
    check(&format!("{root} {root} (f32.add) (drop)"), &["f32.canonical", "f32.canonical"]);
}

/// Jumps and positions reach over more words, and more bytes, than 16 bits count.
#[test]
fn a_long_body_jumps_and_traps_as_a_short_one() {
    // Five words and seven bytes each.
    let stores = "(i32.store (i32.const 8) (i32.const 0))".repeat(15_000);
    let text = format!(
        "(module (memory 1) (func (export \"f\") (param i32)
           (block (if (local.get 0) (then (br 1))) {stores} (unreachable))))"
    );
    assert_eq!(run(&text, &[Val::I32(1)]), Ok(vec![]));
    let trap = trap(run(&text, &[Val::I32(0)]));
    assert_eq!(trap.code, TrapCode::Unreachable);
    let at = trap.backtrace[0].module_offset.expect("a position") as usize;
    // The operator, and two ends.
    assert_eq!(decode(&text).bytes.len() - at, 3);
    let operations = operations(&text, &Config::default());
    // The jump to the return is one.
    assert_eq!(operations[..4], ["br_unless ->0008 l[-1]", "return", "const t0 8", "i32.store t0 0 0"]);
    assert_eq!(operations.len(), 2 + 2 * 15_000 + 2);
    assert_eq!(operations[operations.len() - 2..], ["unreachable", "return"]);
}

#[test]
fn much_memory_allows_no_more_than_instructions_can_name() {
    let refused = |text: &str, memory: Option<u64>| {
        let error = translate_with(&decode(text), BodyIndex(0), false, &Config::default(), memory).err()?;
        Some(error.reason)
    };
    let pushes = |operands: usize| format!("(module (func {} unreachable))", "(i32.const 0)".repeat(operands));
    for memory in [1 << 30, 64 << 32, u64::MAX] {
        assert_eq!(refused(&pushes(32_000), Some(memory)), None, "{memory}");
        assert_eq!(refused(&pushes(32_001), Some(memory)), Some(Reason::Limit(Limit::Frame)), "{memory}");
    }
    // Half of the vectors fill the slots below the header; the rest, and a number, take one too many above.
    let locals =
        |numbers: usize| format!("(module (func (local {} {})))", "v128 ".repeat(32_000), "i32 ".repeat(numbers));
    assert_eq!(refused(&locals(0), None), None);
    assert_eq!(refused(&locals(1), None), Some(Reason::Limit(Limit::Frame)));
}

#[test]
fn shared_tables_are_not_supported() {
    let text = "(module (table shared 1 (ref null (shared func))) (func (drop (table.size 0))))";
    let module = decode_with(text, WasmFeatures::all());
    let error = translate(&module, BodyIndex(0), false).expect_err("its table is shared");
    // Of three bytes; a `drop` and an `end` follow.
    let offset = module.bytes.len() - 5;
    assert_eq!(error, Unsupported { reason: Reason::Feature("shared-everything-threads"), offset });
}

/// A handler is refused where it is if its payload would lie beyond what can be named; otherwise the block that it leads
/// to is, where that ends.
#[test]
fn a_payload_needs_slots_that_can_be_named() {
    let refused = |operands: usize| {
        // Two thousand slots.
        let payload = "v128 ".repeat(1000);
        let module = decode(&format!(
            "(module (tag (param {payload}))
               (func {}
                 (block (result {payload}) (try_table (catch 0 0) (nop)) (unreachable))
                 (unreachable)))",
            "(i32.const 0)".repeat(operands)
        ));
        let error = translate_with(&module, BodyIndex(0), false, &Config::default(), None).expect_err("it is too much");
        (error.reason, module.bytes.len() - error.offset)
    };
    // The payload would be at 4 slots of the header, the operands and two thousand; names end at 32,767.
    let frame = Reason::Limit(Limit::Frame);
    assert_eq!(refused(30_763), (frame, 3));
    assert_eq!(refused(30_764), (frame, 12));
}
