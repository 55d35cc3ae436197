//! No handler may leave anything on the native stack when it goes on to the next: millions of operations of every kind
//! run on a stack that could not hold a word for each.

use super::*;
use crate::interp::family::{Family, ValueClass, families};

const ROUNDS: u32 = 100_000;

/// Bodies of a loop, with operands wherever they can be.
fn bodies() -> Vec<String> {
    let mut out = Vec::new();
    let binary = ["add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr"];
    let division = ["div_s", "div_u", "rem_s", "rem_u"];
    let comparisons = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];
    for t in ["i32", "i64"] {
        for op in binary.iter().chain(&division) {
            let (a, b) = (format!("(local.get $a{t})"), format!("(local.get $b{t})"));
            // An operation in the accumulator; the divisor is odd, so never 0 nor -1.
            let acc = format!("({t}.or {a} ({t}.const 5))");
            for (x, y) in [
                (a.as_str(), format!("({t}.or {b} ({t}.const 3))")),
                (a.as_str(), format!("({t}.const 7)")),
                (acc.as_str(), b.clone()),
                (acc.as_str(), format!("({t}.const 9)")),
            ] {
                out.push(format!("(local.set $a{t} ({t}.{op} {x} {y}))"));
            }
            out.push(format!("(local.set $b{t} ({t}.or {b} ({t}.const 11)))"));
        }
        for op in comparisons {
            let (a, b) = (format!("(local.get $a{t})"), format!("(local.get $b{t})"));
            let acc = format!("({t}.add {a} ({t}.const 5))");
            for (x, y) in [
                (a.clone(), b.clone()),
                (a.clone(), format!("({t}.const 7)")),
                (acc.clone(), b.clone()),
                (b, acc.clone()),
                (acc, format!("({t}.const 7)")),
            ] {
                out.push(format!("(local.set $ai32 ({t}.{op} {x} {y}))"));
                out.push(format!("(block (br_if 0 ({t}.{op} {x} {y})))"));
                out.push(format!("(if ({t}.{op} {x} {y}) (then))"));
            }
        }
        for op in ["clz", "ctz", "popcnt", "extend8_s", "extend16_s"] {
            out.push(format!("(local.set $a{t} ({t}.{op} ({t}.{op} (local.get $a{t}))))"));
        }
        for access in ["load", "load8_s", "load8_u", "load16_s", "load16_u"] {
            out.push(format!("(local.set $a{t} ({t}.{access} offset=8 (local.get $p)))"));
            out.push(format!("(local.set $a{t} ({t}.{access} (i32.and (local.get $p) (i32.const 255))))"));
            out.push(format!("(local.set $a{t} ({t}.{access} $other (local.get $p)))"));
            out.push(format!("(local.set $a{t} ({t}.{access} (i32.add (local.get $p) (local.get $p))))"));
        }
        for access in ["store", "store8", "store16"] {
            out.push(format!("({t}.{access} offset=8 (local.get $p) (local.get $a{t}))"));
            out.push(format!("({t}.{access} offset=8 (local.get $p) ({t}.const 77))"));
            out.push(format!("({t}.{access} (i32.and (local.get $p) (i32.const 255)) (local.get $a{t}))"));
            out.push(format!("({t}.{access} (local.get $p) ({t}.add (local.get $a{t}) ({t}.const 1)))"));
            out.push(format!("({t}.{access} $other (local.get $p) (local.get $a{t}))"));
            out.push(format!("({t}.{access} (i32.add (local.get $p) (local.get $p)) (local.get $a{t}))"));
        }
    }
    for t in ["f32", "f64"] {
        let (a, b) = (format!("(local.get $a{t})"), format!("(local.get $b{t})"));
        let acc = format!("({t}.neg {a})");
        for op in ["add", "sub", "mul", "div", "min", "max", "copysign"] {
            out.push(format!("(local.set $a{t} ({t}.{op} {a} {b}))"));
            out.push(format!("(local.set $a{t} ({t}.{op} {acc} {b}))"));
            out.push(format!("(local.set $a{t} ({t}.{op} {b} {acc}))"));
            out.push(format!("(local.set $a{t} ({t}.{op} {b} ({t}.const 1.5)))"));
            out.push(format!("(local.set $a{t} ({t}.{op} {acc} ({t}.const 1.5)))"));
        }
        for op in ["eq", "ne", "lt", "gt", "le", "ge"] {
            for x in [&a, &acc] {
                out.push(format!("(local.set $ai32 ({t}.{op} {x} {b}))"));
                out.push(format!("(block (br_if 0 ({t}.{op} {x} {b})))"));
                out.push(format!("(if ({t}.{op} {x} {b}) (then))"));
            }
        }
        for op in ["abs", "neg", "ceil", "floor", "trunc", "nearest", "sqrt"] {
            out.push(format!("(local.set $a{t} ({t}.{op} ({t}.{op} {a})))"));
        }
        out.push(format!("(block (loop (br_if 1 ({t}.lt {a} {b}))))"));
        out.push(format!("({t}.store (i32.add (local.get $p) (local.get $p)) {a})"));
        out.push(format!("(local.set $b{t} ({t}.load (i32.add (local.get $p) (local.get $p))))"));
        out.push(format!("({t}.store (local.get $p) {a})"));
        out.push(format!("({t}.store (local.get $p) ({t}.const 1))"));
        out.push(format!("({t}.store (local.get $p) ({t}.abs {a}))"));
        out.push(format!("(local.set $b{t} ({t}.load (local.get $p)))"));
        for i in ["i32", "i64"] {
            for s in ["s", "u"] {
                out.push(format!("(local.set $a{t} ({t}.convert_{i}_{s} (local.get $a{i})))"));
                out.push(format!("(local.set $a{i} ({i}.trunc_sat_{t}_{s} ({t}.sqrt {a})))"));
                out.push(format!("(local.set $a{i} ({i}.trunc_{t}_{s} ({t}.const 3.7)))"));
            }
        }
    }
    out.extend(vectors());
    let others = [
        "(local.set $af32 (f32.demote_f64 (f64.promote_f32 (local.get $af32))))",
        "(local.set $ai32 (i32.reinterpret_f32 (f32.reinterpret_i32 (local.get $ai32))))",
        "(local.set $ai64 (i64.reinterpret_f64 (f64.reinterpret_i64 (local.get $ai64))))",
        "(local.set $ai32 (i32.wrap_i64 (i64.extend_i32_s (local.get $ai32))))",
        "(local.set $ai64 (i64.extend32_s (i64.extend_i32_u (local.get $ai32))))",
        "(local.set $ai32 (select (local.get $ai32) (local.get $bi32) (local.get $p)))",
        "(local.set $ai32 (select (local.get $ai32) (local.get $bi32) (i32.eqz (local.get $p))))",
        "(global.set $g (local.get $ai32)) (local.set $ai32 (global.get $g))",
        "(global.set $h (local.get $ai64)) (local.set $ai64 (global.get $h))",
        "(local.set $ai32 (memory.size)) (memory.fill (i32.const 0) (i32.const 1) (i32.const 9))",
        "(memory.copy (i32.const 0) (i32.const 1) (i32.const 9))",
        "(memory.init $d (i32.const 0) (i32.const 0) (i32.const 2))",
        "(local.set $ai32 (memory.grow (i32.const 0)))",
        "(table.set (i32.const 1) (ref.func $one)) (drop (table.get (i32.const 1)))",
        "(table.set $x (i32.const 1) (table.get $x (i32.const 0)))",
        "(table.fill (i32.const 2) (ref.null func) (i32.const 1)) (drop (table.size))",
        "(table.copy (i32.const 2) (i32.const 1) (i32.const 1)) (drop (table.grow (ref.null func) (i32.const 0)))",
        "(local.set $ai32 (call $one (local.get $ai32)))",
        "(local.set $af32 (call $onef (local.get $af32)))",
        "(local.set $af64 (call $oned (local.get $af64)))",
        "(local.set $ai32 (call_indirect (type $i) (local.get $ai32) (i32.const 0)))",
        "(local.set $ai32 (call $tail (local.get $ai32)))",
        "(call $two) (drop) (drop)",
        "(block (block (block (br_table 0 1 2 (local.get $ai32)))))",
        "(drop (block (result i32) (br_if 0 (i32.const 1) (local.get $ai32))))",
        "(block $c (try_table (catch_all $c) (throw $t (local.get $ai32))))",
        "(drop (block $c (result i32) (try_table (result i32) (catch $t $c) (throw $t (local.get $ai32)))))",
        "(block $c (try_table (catch_all $c) (throw_ref (block $r (result exnref)
            (try_table (catch_all_ref $r) (throw $t (local.get $ai32))) (unreachable)))))",
        "(drop (ref.is_null (ref.func $one)))",
        "(local.set $ai64 (i64.const 0x123456789abcdef))",
    ];
    out.extend(others.map(str::to_string));
    out
}

/// Each vector operation of the table, by its name, with operands that validate.
fn vectors() -> Vec<String> {
    let operand = |class: ValueClass| match class {
        ValueClass::Int32 => "(i32.load (local.get $p))",
        ValueClass::Int64 => "(i64.load (local.get $p))",
        ValueClass::F32 => "(f32.load (local.get $p))",
        ValueClass::F64 => "(f64.load (local.get $p))",
        ValueClass::V128 | ValueClass::V128High => "(local.get $v)",
    };
    let set = |class: ValueClass| match class {
        ValueClass::Int32 => "$ai32",
        ValueClass::Int64 => "$ai64",
        ValueClass::F32 => "$af32",
        ValueClass::F64 => "$af64",
        ValueClass::V128 | ValueClass::V128High => "$v",
    };
    let mut out = Vec::new();
    for (name, family) in families() {
        match family {
            Family::Lanes(op) => {
                let operands: Vec<&str> = op.operands.iter().map(|&c| operand(c)).collect();
                out.push(format!("(local.set {} ({name} {}))", set(op.result), operands.join(" ")));
            }
            Family::Shift(_) => {
                out.push(format!("(local.set $v ({name} (local.get $v) (local.get $n)))"));
                out.push(format!("(local.set $v ({name} (local.get $v) (i32.const 3)))"));
            }
            Family::Extract(_, class) => out.push(format!("(local.set {} ({name} 1 (local.get $v)))", set(class))),
            Family::Replace(_) => {
                let number = match &name[..5] {
                    "i64x2" => ValueClass::Int64,
                    "f32x4" => ValueClass::F32,
                    "f64x2" => ValueClass::F64,
                    _ => ValueClass::Int32,
                };
                out.push(format!("(local.set $v ({name} 1 (local.get $v) {}))", operand(number)));
            }
            Family::LoadLane(_) => {
                out.push(format!("(local.set $v ({name} 1 (local.get $p) (local.get $v)))"));
                out.push(format!("(local.set $v ({name} $other 1 (local.get $p) (local.get $v)))"));
            }
            Family::StoreLane(_) => out.push(format!("({name} 1 (local.get $p) (local.get $v))")),
            Family::Load(_, ValueClass::V128) => {
                let p = "(local.get $p)";
                for address in [p, &format!("(i32.and {p} (i32.const 255))"), &format!("(i32.add {p} {p})")] {
                    out.push(format!("(local.set $v ({name} {address}))"));
                }
                out.push(format!("(local.set $v ({name} $other {p}))"));
            }
            Family::Store(_, ValueClass::V128) => {
                let p = "(local.get $p)";
                for address in [p, &format!("(i32.and {p} (i32.const 255))"), &format!("(i32.add {p} {p})")] {
                    out.push(format!("({name} {address} (local.get $v))"));
                }
                out.push(format!("({name} $other {p} (local.get $v))"));
            }
            _ => {}
        }
    }
    assert!(out.len() > 250, "{} bodies", out.len());
    let others = [
        "(local.set $v (v128.const i64x2 1 2))",
        "(local.set $v (i8x16.shuffle 0 17 2 19 4 21 6 23 8 25 10 27 12 29 14 31 (local.get $v) (local.get $w)))",
        "(local.set $w (local.get $v)) (local.set $v (select (local.get $v) (local.get $w) (local.get $n)))",
        "(global.set $gv (local.get $v)) (local.set $v (global.get $gv))",
        "(local.set $v (call $onev (local.get $v)))",
    ];
    out.extend(others.map(str::to_string));
    out
}

fn module(bodies: &[String]) -> String {
    let mut text = String::from(
        r#"(module
        (type $i (func (param i32) (result i32)))
        (memory 1) (memory $other 1) (data $d "abc")
        (table 10 20 funcref) (table $x 10 externref) (elem (i32.const 0) func $one)
        (global $g (mut i32) (i32.const 0)) (global $h (mut i64) (i64.const 0))
        (tag $t (param i32))
        (func $one (type $i) (i32.add (local.get 0) (i32.const 1)))
        (func $onef (param f32) (result f32) (f32.add (local.get 0) (f32.const 1)))
        (func $oned (param f64) (result f64) (local f64) (local.get 0))
        (global $gv (mut v128) (v128.const i64x2 0 0))
        (func $onev (param v128) (result v128) (v128.not (local.get 0)))
        (func $two (result i32 i64) (i32.const 1) (i64.const 2))
        (func $tail (type $i) (return_call_indirect (type $i) (local.get 0) (i32.const 0)))
        "#,
    );
    for (n, body) in bodies.iter().enumerate() {
        text += &format!(
            "(func (export \"{n}\") (param $n i32) (local $p i32) (local $ai32 i32) (local $bi32 i32)
              (local $ai64 i64) (local $bi64 i64) (local $af32 f32) (local $bf32 f32)
              (local $af64 f64) (local $bf64 f64) (local $v v128) (local $w v128)
              (local.set $p (i32.const 16)) (local.set $bi32 (i32.const 3)) (local.set $bi64 (i64.const 3))
              (loop $l {body} (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))\n"
        );
    }
    text + ")"
}

#[test]
fn the_native_stack_does_not_grow() {
    let bodies = bodies();
    let text = module(&bodies);
    for &chained in dispatchers() {
        let (text, bodies) = (text.clone(), bodies.clone());
        let rounds = if chained { ROUNDS } else { 100 };
        // The store, the collector and the test itself need some of it: a word for each round does not fit, though.
        let thread = std::thread::Builder::new().stack_size(400 << 10);
        let run = move || {
            let mut store = store();
            let instance = store.instantiate(compile(&text, chained), &[]).unwrap();
            for (n, body) in bodies.iter().enumerate() {
                let f = export(&store, instance, &n.to_string());
                assert_eq!(store.call(f, &[Val::I32(rounds)]), Ok(vec![]), "{body}");
            }
        };
        thread.spawn(run).unwrap().join().unwrap();
    }
}
