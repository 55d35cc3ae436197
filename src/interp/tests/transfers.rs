//! Stack switching and objects as translated: the operands of each, and the slots that they take.

use super::*;
use crate::interp::disassemble;
use crate::runtime::stacks::continuations::SUPPORTED;

const SWITCHING: WasmFeatures = WasmFeatures::WASM3.union(WasmFeatures::STACK_SWITCHING);
const DESCRIBED: WasmFeatures = WasmFeatures::WASM3.union(WasmFeatures::CUSTOM_DESCRIPTORS);

/// The instructions of the first function of a module, without its frame and without offsets in the module.
fn listing(text: &str, features: WasmFeatures) -> Vec<String> {
    let listing = disassemble(&decode_with(text, features), BodyIndex(0)).expect("it is supported");
    let strip = |line: &str| {
        let (at, rest) = line.split_once(' ').expect("a word and what is there");
        let (_, instruction) = rest.split_once(' ').expect("an offset and an instruction");
        format!("{at} {instruction}")
    };
    listing.lines().skip(1).map(strip).collect()
}

/// Types for continuations, of arguments of one slot each.
const TYPES: &str = "
    (type $f (func (param i32 i64) (result i32))) (type $c (cont $f))
    (type $g (func (param i64) (result i32))) (type $d (cont $g))
    (rec (type $back (func (param i64 (ref null $e)))) (type $e (cont $back)))
    (tag $t (param i32) (result i64)) (tag $thrown (param i64)) (tag $s (result i32)) (tag $w)";

#[test]
fn what_goes_to_another_stack_is_in_consecutive_slots() {
    if !SUPPORTED {
        return println!("no stack switching on this machine");
    }
    for (function, expected) in [
        (
            "(param i32) (param $fn (ref $f)) (result (ref $d))
             (cont.bind $c $d (local.get 0) (cont.new $c (local.get $fn)))",
            &["0004 cont.new t1 l[-1] 1", "0006 mov t0 l[-2]", "0008 cont.bind t0 t0 3 1", "0011 return.a t0 l[-2] 1"]
                [..],
        ),
        (
            "(param i32) (result i64) (suspend $t (local.get 0))",
            &["0004 mov t0 l[-1]", "0006 suspend t0 0 1 1", "0009 return t0 l[-1] 1"],
        ),
        (
            "(param i64) (param $k (ref $e)) (result i64) (switch $e $w (local.get 0) (local.get $k)) (drop)",
            &["0004 mov t0 l[-2]", "0006 mov t1 l[-1]", "0008 switch t0 3 1 2", "0011 return t0 l[-2] 1"],
        ),
        (
            "(param i32 i64) (param $k (ref $c)) (result i32)
             (block $on (result i32 (ref $d))
               (return (resume $c (on $t $on) (on $s switch) (local.get 0) (local.get 1) (local.get $k))))
             (drop)",
            &[
                "0004 mov t0 l[-3]",
                "0006 mov t1 l[-2]",
                "0008 mov t2 l[-1]",
                "0010 resume t0 2 1 2 0 (on 0 ->0020) (switch 2 ->0010)",
                "0018 return t0 l[-3] 1",
                "0020 return t0 l[-3] 1",
            ],
        ),
        (
            "(param i64) (param $k (ref $c)) (result i32) (resume_throw $c $thrown (local.get 0) (local.get $k))",
            &["0004 mov t0 l[-2]", "0006 mov t1 l[-1]", "0008 resume_throw t0 1 1 0 1", "0012 return t0 l[-2] 1"],
        ),
        (
            "(param exnref) (param $k (ref $c)) (result i32) (resume_throw_ref $c (local.get 0) (local.get $k))",
            &["0004 mov t0 l[-2]", "0006 mov t1 l[-1]", "0008 resume_throw_ref t0 1 1 0 0", "0012 return t0 l[-2] 1"],
        ),
    ] {
        assert_eq!(listing(&format!("(module {TYPES} (func {function}))"), SWITCHING), expected, "{function}");
    }
}

/// The target, the first slot and the number of slots, in the lower half and in the two quarters above it.
#[test]
fn a_handler_knows_the_slots_of_its_label() {
    if !SUPPORTED {
        return println!("no stack switching on this machine");
    }
    for (params, below, first) in [(299, "", 4), (1, "(i32.const 1) (i64.const 2)", 6)] {
        let values = "i32 ".repeat(params);
        let text = format!(
            "(module (type $f (func)) (type $k (cont $f)) (tag $t (param {values})) (tag $s)
               (func (param $k (ref $k))
                 {below}
                 (block $on (result {values} (ref $k))
                   (resume $k (on $s switch) (on $t $on) (local.get $k))
                   (return))
                 (unreachable)))"
        );
        let code = translate(&decode_with(&text, SWITCHING), BodyIndex(0), false).expect("it is supported");
        // A copy of the parameter, the instruction, the handlers, and a return; then the label.
        let slots = params as u64 + 1;
        assert_eq!(code.words[10..14], [1 | 1 << 32, 0, 0, 10 | first << 32 | slots << 48], "{below}");
    }
}

/// Fields and elements that are not packed come as they were put in, and are operands of what follows.
#[test]
fn floats_and_vectors_go_through_objects() {
    let text = "(module
        (type $s (struct (field (mut i8)) (field (mut f32)) (field (mut i16)) (field (mut v128)) (field (mut f64))))
        (type $v (array (mut v128))) (type $f (array (mut f32))) (type $d (array (mut f64)))
        (func (export \"f\") (param f32 f64 v128)
          (result f32 f64 v128 v128 v128 v128 v128 v128 f32 f64 i32 i32)
          (local $s (ref null $s)) (local $v (ref null $v))
          (local.set $s
            (struct.new $s (i32.const 1) (local.get 0) (i32.const -2) (local.get 2) (local.get 1)))
          (f32.add (struct.get $s 1 (local.get $s)) (f32.const 1))
          (f64.mul (struct.get $s 4 (local.get $s)) (f64.const 2))
          (struct.get $s 3 (local.get $s))
          (struct.set $s 3 (local.get $s) (v128.const i64x2 3 4))
          (struct.get $s 3 (local.get $s))
          (local.set $v (array.new $v (local.get 2) (i32.const 3)))
          (array.get $v (local.get $v) (i32.const 2))
          (array.fill $v (local.get $v) (i32.const 1) (v128.const i64x2 5 6) (i32.const 2))
          (array.get $v (local.get $v) (i32.const 2))
          (array.set $v (local.get $v) (i32.const 1) (v128.const i64x2 7 8))
          (array.get $v (local.get $v) (i32.const 1))
          (array.get $v
            (array.new_fixed $v 3 (local.get 2) (v128.const i64x2 9 10) (v128.const i64x2 11 12))
            (i32.const 2))
          (f32.add (array.get $f (array.new $f (local.get 0) (i32.const 1)) (i32.const 0)) (f32.const 1))
          (f64.add (array.get $d (array.new $d (local.get 1) (i32.const 1)) (i32.const 0)) (f64.const 1))
          (struct.get_s $s 2 (local.get $s))
          (struct.get_u $s 2 (local.get $s))))";
    let vector: u128 = 0xfedc_ba98_7654_3210 << 64 | 0x0123_4567_89ab_cdef;
    let args = [Val::F32(1.5f32.to_bits()), Val::F64(0.25f64.to_bits()), Val::V128(vector)];
    let results = vec![
        Val::F32(2.5f32.to_bits()),
        Val::F64(0.5f64.to_bits()),
        Val::V128(vector),
        Val::V128(4 << 64 | 3),
        Val::V128(vector),
        Val::V128(6 << 64 | 5),
        Val::V128(8 << 64 | 7),
        Val::V128(12 << 64 | 11),
        Val::F32(2.5f32.to_bits()),
        Val::F64(1.25f64.to_bits()),
        Val::I32(0xffff_fffe),
        Val::I32(0xfffe),
    ];
    assert_eq!(run(text, &args), Ok(results));
}

/// The test of a type is a number: a type's index, or a set of kinds, and flags.
#[test]
fn each_type_has_its_test() {
    const NULL: u32 = 1 << 31;
    const EXACT: u32 = 1 << 30;
    const FUNC: u32 = 1 << 28;
    const KINDS: u32 = 1 << 27;
    for (top, wanted, number) in [
        ("any", "any", KINDS | 0b11011),
        ("any", "eq", KINDS | 0b11001),
        ("any", "i31", KINDS | 0b00001),
        ("any", "struct", KINDS | 0b01000),
        ("any", "array", KINDS | 0b10000),
        ("any", "none", KINDS),
        ("any", "$s", 1),
        ("any", "(exact $s)", EXACT | 1),
        ("extern", "extern", KINDS | 0b11011),
        ("extern", "noextern", KINDS),
        ("func", "func", FUNC | KINDS | (KINDS - 1)),
        ("func", "nofunc", FUNC | KINDS),
        ("func", "$f", FUNC),
        ("func", "(exact $f)", FUNC | EXACT),
        ("exn", "exn", KINDS | 0b00100),
        ("exn", "noexn", KINDS),
    ] {
        for (null, number) in [("", number), ("null", number | NULL)] {
            let module = |function: &str| {
                format!(
                    "(module (type $f (func)) (type $s (struct))
                       (func (param (ref null {top})) (result i32) {function}))"
                )
            };
            let ty = format!("(ref {null} {wanted})");
            assert_eq!(
                listing(&module(&format!("(ref.test {ty} (local.get 0))")), DESCRIBED),
                [format!("0004 ref.test t0 l[-1] {number}"), "0006 return.a t0 l[-1] 1".to_string()],
                "{ty}"
            );
            assert_eq!(
                listing(&module(&format!("(drop (ref.cast {ty} (local.get 0))) (i32.const 7)")), DESCRIBED),
                [
                    format!("0004 ref.cast l[-1] {number}"),
                    "0006 const t0 7".to_string(),
                    "0008 return t0 l[-1] 1".to_string()
                ],
                "{ty}"
            );
        }
    }
}

/// A vector among the values of a described object takes two slots; the descriptor is behind them all.
#[test]
fn a_descriptor_is_behind_the_values() {
    let types = "(rec (type $a (sub (descriptor $d) (struct (field v128) (field i32))))
        (type $d (sub (describes $a) (struct))))";
    let new = "(func (param v128 i32) (param $d (ref (exact $d))) (result (ref $a))
        (struct.new_desc $a (local.get 0) (local.get 1) (local.get $d)))";
    assert_eq!(
        listing(&format!("(module {types} {new})"), DESCRIBED),
        [
            "0004 mov.v128 t0 l[-4]",
            "0006 mov t2 l[-2]",
            "0008 mov t3 l[-1]",
            "0010 struct.new_desc t0 t0 t3 0 0 0",
            "0013 return.a t0 l[-4] 1"
        ]
    );
    let default = "(func (param $d (ref (exact $d))) (result (ref $a)) (struct.new_default_desc $a (local.get $d)))";
    assert_eq!(
        listing(&format!("(module {types} {default})"), DESCRIBED),
        ["0004 struct.new_desc t0 l[-1] l[-1] 1 0 0", "0007 return.a t0 l[-1] 1"]
    );
}
