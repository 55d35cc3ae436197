//! Two stores are made alike, then one of them is changed in one place: that place is found, and no other. And tests of what is
//! poisoned, for each way that leads from one instance to another.
//! And what is poisoned, by each way that leads from one instance to another.

mod choice;
mod ends;
mod pairing;
mod threads;

use super::sides::compare_frames;
use super::state::Pairing;
use super::walk::{ComparedPlace, Difference, DifferenceKind, Findings, Walk};
use crate::conformance::backend::Backend;
use crate::conformance::execute::session::Session;
use crate::conformance::outcome::Outcome;
use crate::conformance::outcome::equality::Correspondence;
use crate::conformance::outcome::pattern::Arg;
use crate::conformance::read::language::{Language, Spec};
use crate::conformance::read::script::{Action, Source};
use crate::runtime::store::{BacktraceFrame, Extern, InstanceId};

fn session() -> Session {
    session_in(&Language::of(Spec::Latest))
}

fn session_in(language: &Language) -> Session {
    let backend = Backend::named("interp").expect("a backend");
    Session::new(&backend, language).unwrap_or_else(|e| panic!("{e}"))
}

/// Makes an instance with a name, under which its exports can also be imported.
fn load(session: &mut Session, name: &str, text: &str) -> InstanceId {
    load_in(&Language::of(Spec::Latest), session, name, text)
}

fn load_in(language: &Language, session: &mut Session, name: &str, text: &str) -> InstanceId {
    let prepared = Source::text(text.into()).prepare(language);
    let made = session.act("0", &Action::Module { name: Some(name.into()) }, Some(&prepared));
    assert_eq!(made.outcome, Outcome::Done, "{text}");
    let registered = session.act("0", &Action::Register { name: name.into(), module: Some(name.into()) }, None);
    assert_eq!(registered.outcome, Outcome::Done);
    made.instance.expect("an instance")
}

fn call(session: &mut Session, instance: &str, name: &str, args: &[Arg]) {
    let action = Action::Invoke { module: Some(instance.into()), name: name.into(), args: args.to_vec() };
    let ended = session.act("0", &action, None).outcome;
    assert!(matches!(&ended, Outcome::Returned(_)), "{name} of {instance}: {ended}");
}

/// Two stores with the same instances.
fn alike(modules: &[(&str, &str)]) -> (Session, Session, Pairing) {
    alike_in(&Language::of(Spec::Latest), modules)
}

fn alike_in(language: &Language, modules: &[(&str, &str)]) -> (Session, Session, Pairing) {
    let made = || {
        let mut session = session_in(language);
        for (name, text) in modules {
            load_in(language, &mut session, name, text);
        }
        session
    };
    let (left, right) = (made(), made());
    let mut pairing = Pairing::new(&left, &right, false);
    assert_eq!(pairing.pair_new(&left.store, &right.store, (0, 0)), []);
    (left, right, pairing)
}

/// All differences.
fn differences(pairing: &Pairing, left: &Session, right: &Session) -> Vec<Difference> {
    let mut pairing = pairing.clone();
    let map = std::mem::take(&mut pairing.map);
    let mut walk = Walk::new(&left.store, &right.store, &map);
    pairing.compare(&mut walk, None, true);
    walk.findings.differences
}

/// Two of each kind of entity, with several of each kind of place in one of them, and functions that change a place when they are
/// called and change it back when they are called again.
/// called and changes it back when it is called again.
const PLACES: &str = r#"(module
  (memory $small 2) (memory $wide i64 1) (memory $last 1)
  (func (export "memory 0") (param $at i32) (param $bits i32)
    (i32.store8 $small (local.get $at) (i32.xor (i32.load8_u $small (local.get $at)) (local.get $bits))))
  (func (export "memory 1") (param $at i32) (param $bits i32) (local $to i64)
    (local.set $to (i64.extend_i32_u (local.get $at)))
    (i32.store8 $wide (local.get $to) (i32.xor (i32.load8_u $wide (local.get $to)) (local.get $bits))))
  (func (export "memory 2") (param $at i32) (param $bits i32)
    (i32.store8 $last (local.get $at) (i32.xor (i32.load8_u $last (local.get $at)) (local.get $bits))))

  (global $i0 (mut i32) (i32.const 5)) (global $i1 (mut i32) (i32.const -1))
  (global $l0 (mut i64) (i64.const 5)) (global $l1 (mut i64) (i64.const -1))
  (global $f0 (mut f32) (f32.const 0)) (global $f1 (mut f32) (f32.const -1.5))
  (global $d0 (mut f64) (f64.const 0)) (global $d1 (mut f64) (f64.const -1.5))
  (global $v0 (mut v128) (v128.const i64x2 0 0)) (global $v1 (mut v128) (v128.const i64x2 -1 5))
  (func (export "i32 0") (param i64 i64) (global.set $i0 (i32.xor (global.get $i0) (i32.wrap_i64 (local.get 0)))))
  (func (export "i32 1") (param i64 i64) (global.set $i1 (i32.xor (global.get $i1) (i32.wrap_i64 (local.get 0)))))
  (func (export "i64 0") (param i64 i64) (global.set $l0 (i64.xor (global.get $l0) (local.get 0))))
  (func (export "i64 1") (param i64 i64) (global.set $l1 (i64.xor (global.get $l1) (local.get 0))))
  (func (export "f32 0") (param i64 i64) (global.set $f0 (f32.reinterpret_i32
    (i32.xor (i32.reinterpret_f32 (global.get $f0)) (i32.wrap_i64 (local.get 0))))))
  (func (export "f32 1") (param i64 i64) (global.set $f1 (f32.reinterpret_i32
    (i32.xor (i32.reinterpret_f32 (global.get $f1)) (i32.wrap_i64 (local.get 0))))))
  (func (export "f64 0") (param i64 i64) (global.set $d0 (f64.reinterpret_i64
    (i64.xor (i64.reinterpret_f64 (global.get $d0)) (local.get 0)))))
  (func (export "f64 1") (param i64 i64) (global.set $d1 (f64.reinterpret_i64
    (i64.xor (i64.reinterpret_f64 (global.get $d1)) (local.get 0)))))
  (func $pair (param i64 i64) (result v128) (i64x2.replace_lane 1 (i64x2.splat (local.get 0)) (local.get 1)))
  (func (export "v128 0") (param i64 i64)
    (global.set $v0 (v128.xor (global.get $v0) (call $pair (local.get 0) (local.get 1)))))
  (func (export "v128 1") (param i64 i64)
    (global.set $v1 (v128.xor (global.get $v1) (call $pair (local.get 0) (local.get 1)))))

  (func $f) (elem declare func $f)
  (table $functions 5 funcref) (table $numbers i64 4 anyref)
  (func (export "table 0") (param i32)
    (table.set $functions (local.get 0)
      (select (result funcref) (ref.func $f) (ref.null func)
        (ref.is_null (table.get $functions (local.get 0))))))
  (func (export "table 1") (param i32) (local $at i64)
    (local.set $at (i64.extend_i32_u (local.get 0)))
    (table.set $numbers (local.get $at)
      (select (result anyref) (ref.i31 (i32.const 7)) (ref.null any)
        (ref.is_null (table.get $numbers (local.get $at))))))

  (type $bytes (array (mut i8))) (type $halves (array (mut i16))) (type $words (array (mut i32)))
  (type $longs (array (mut i64))) (type $singles (array (mut f32))) (type $doubles (array (mut f64)))
  (type $vectors (array (mut v128))) (type $references (array (mut anyref)))
  (global $bytes (ref $bytes) (array.new_default $bytes (i32.const 5)))
  (global $halves (ref $halves) (array.new_default $halves (i32.const 5)))
  (global $words (ref $words) (array.new_default $words (i32.const 5)))
  (global $longs (ref $longs) (array.new_default $longs (i32.const 5)))
  (global $singles (ref $singles) (array.new_default $singles (i32.const 5)))
  (global $doubles (ref $doubles) (array.new_default $doubles (i32.const 5)))
  (global $vectors (ref $vectors) (array.new_default $vectors (i32.const 5)))
  (global $references (ref $references) (array.new_default $references (i32.const 5)))
  (func (export "array of i8") (param i32) (array.set $bytes (global.get $bytes) (local.get 0)
    (i32.xor (array.get_u $bytes (global.get $bytes) (local.get 0)) (i32.const 0x80))))
  (func (export "array of i16") (param i32) (array.set $halves (global.get $halves) (local.get 0)
    (i32.xor (array.get_u $halves (global.get $halves) (local.get 0)) (i32.const 0x8000))))
  (func (export "array of i32") (param i32) (array.set $words (global.get $words) (local.get 0)
    (i32.xor (array.get $words (global.get $words) (local.get 0)) (i32.const 0x80000000))))
  (func (export "array of i64") (param i32) (array.set $longs (global.get $longs) (local.get 0)
    (i64.xor (array.get $longs (global.get $longs) (local.get 0)) (i64.const 0x8000000000000000))))
  (func (export "array of f32") (param i32) (array.set $singles (global.get $singles) (local.get 0)
    (f32.neg (array.get $singles (global.get $singles) (local.get 0)))))
  (func (export "array of f64") (param i32) (array.set $doubles (global.get $doubles) (local.get 0)
    (f64.neg (array.get $doubles (global.get $doubles) (local.get 0)))))
  (func (export "array of v128") (param i32) (array.set $vectors (global.get $vectors) (local.get 0)
    (v128.xor (array.get $vectors (global.get $vectors) (local.get 0)) (v128.const i32x4 0 0 0 0x80000000))))
  (func (export "array of references") (param i32) (array.set $references (global.get $references) (local.get 0)
    (select (result anyref) (ref.i31 (i32.const 0)) (ref.null any)
      (ref.is_null (array.get $references (global.get $references) (local.get 0))))))

  (type $s (struct (field (mut i8)) (field (mut i16)) (field (mut i32)) (field (mut i64)) (field (mut f32))
    (field (mut f64)) (field (mut v128)) (field (mut anyref)) (field (mut funcref)) (field (mut i8))))
  (type $chain (struct (field (ref null $chain)) (field (ref $s))))
  (global $s (ref $s) (struct.new_default $s))
  (global $chain (ref $chain) (struct.new $chain
    (struct.new $chain (struct.new $chain (ref.null $chain) (struct.new_default $s)) (struct.new_default $s))
    (struct.new_default $s)))
  (func $chain (param $depth i32) (result (ref $s)) (local $at (ref null $chain))
    (local.set $at (global.get $chain))
    (block $end (loop $next
      (br_if $end (i32.eqz (local.get $depth)))
      (local.set $at (struct.get $chain 0 (local.get $at)))
      (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
      (br $next)))
    (struct.get $chain 1 (local.get $at)))
  (func $change (param $s (ref $s)) (param $field i32)
    (block $9 (block $8 (block $7 (block $6 (block $5 (block $4 (block $3 (block $2 (block $1 (block $0
      (br_table $0 $1 $2 $3 $4 $5 $6 $7 $8 $9 (local.get $field)))
      (struct.set $s 0 (local.get $s) (i32.xor (struct.get_u $s 0 (local.get $s)) (i32.const 1))) (return))
      (struct.set $s 1 (local.get $s) (i32.xor (struct.get_u $s 1 (local.get $s)) (i32.const 1))) (return))
      (struct.set $s 2 (local.get $s) (i32.xor (struct.get $s 2 (local.get $s)) (i32.const 1))) (return))
      (struct.set $s 3 (local.get $s) (i64.xor (struct.get $s 3 (local.get $s)) (i64.const 1))) (return))
      (struct.set $s 4 (local.get $s) (f32.neg (struct.get $s 4 (local.get $s)))) (return))
      (struct.set $s 5 (local.get $s) (f64.neg (struct.get $s 5 (local.get $s)))) (return))
      (struct.set $s 6 (local.get $s)
        (v128.xor (struct.get $s 6 (local.get $s)) (v128.const i32x4 0 0 0 1))) (return))
      (struct.set $s 7 (local.get $s) (select (result anyref) (ref.i31 (i32.const 1)) (ref.null any)
        (ref.is_null (struct.get $s 7 (local.get $s))))) (return))
      (struct.set $s 8 (local.get $s) (select (result funcref) (ref.func $f) (ref.null func)
        (ref.is_null (struct.get $s 8 (local.get $s))))) (return))
      (struct.set $s 9 (local.get $s) (i32.xor (struct.get_u $s 9 (local.get $s)) (i32.const 1))))
  (func (export "field") (param i32) (call $change (global.get $s) (local.get 0)))
  (func (export "field of the first") (param i32) (call $change (call $chain (i32.const 0)) (local.get 0)))
  (func (export "field of the second") (param i32) (call $change (call $chain (i32.const 1)) (local.get 0)))
  (func (export "field of the third") (param i32) (call $change (call $chain (i32.const 2)) (local.get 0))))"#;

/// The functions of [`PLACES`], with arguments for each place, and the place that is expected to differ.
fn changes() -> Vec<(String, Vec<Arg>, ComparedPlace)> {
    let mut all = Vec::new();
    for (memory, bytes) in [(0, 131_072u32), (1, 65_536), (2, 65_536)] {
        let inner = [1, 7, 8, 255, 4_095, 4_096, 32_768, 65_535].into_iter().filter(|at| *at < bytes);
        for at in [0, bytes - 1].into_iter().chain(inner).chain((bytes > 65_536).then_some(65_536)) {
            for bits in [1, 0x80] {
                let args = vec![Arg::I32(at), Arg::I32(bits)];
                all.push((format!("memory {memory}"), args, ComparedPlace::Memory));
            }
        }
    }
    for (ty, width) in [("i32", 32u32), ("i64", 64), ("f32", 32), ("f64", 64), ("v128", 128)] {
        for bit in 0..width {
            let bits = 1u128 << bit;
            let args = vec![Arg::I64(bits as u64), Arg::I64((bits >> 64) as u64)];
            let number = bit % 2;
            all.push((format!("{ty} {number}"), args.clone(), ComparedPlace::Global));
            if bit == 0 || bit == width - 1 {
                all.push((format!("{ty} {}", 1 - number), args, ComparedPlace::Global));
            }
        }
    }
    let each = |name: &str, count: u32, place| {
        (0..count).map(move |at| (name.to_string(), vec![Arg::I32(at)], place)).collect::<Vec<_>>()
    };
    all.extend(each("table 0", 5, ComparedPlace::Table));
    all.extend(each("table 1", 4, ComparedPlace::Table));
    for of in ["i8", "i16", "i32", "i64", "f32", "f64", "v128", "references"] {
        all.extend(each(&format!("array of {of}"), 5, ComparedPlace::Element));
    }
    for of in ["field", "field of the first", "field of the second", "field of the third"] {
        all.extend(each(of, 10, ComparedPlace::Field));
    }
    all
}

/// This holds for either of two instances of one module, and whichever side changed.
#[test]
fn a_change_of_any_place_is_found_there_alone() {
    let (mut left, mut right, pairing) = alike(&[("a", PLACES), ("b", PLACES)]);
    assert_eq!(differences(&pairing, &left, &right), []);
    for (n, (name, args, place)) in changes().into_iter().enumerate() {
        let instance = ["a", "b"][n / 2 % 2];
        for turn in 0..2 {
            call(if n % 2 == 0 { &mut left } else { &mut right }, instance, &name, &args);
            let found = differences(&pairing, &left, &right);
            let places: Vec<ComparedPlace> = found.iter().map(|d| d.place).collect();
            let expected = if turn == 0 { vec![place] } else { Vec::new() };
            assert_eq!(places, expected, "{name} {args:?} of {instance}: {found:?}");
        }
    }
}

/// This holds for each entity of an instance, and each instance.
#[test]
fn a_size_that_changed_and_a_segment_that_is_dropped_are_found_alone() {
    const SIZES: &str = r#"(module
      (memory $a 1 9) (memory $b i64 1 9) (table $t 1 9 funcref) (table $u i64 1 9 externref)
      (data $d "x") (data $e "") (data $g "yz") (func $f)
      (elem $k func $f) (elem $l func) (elem $m anyref (ref.i31 (i32.const 1)))
      (func (export "memory 0") (drop (memory.grow $a (i32.const 1))))
      (func (export "memory 1") (drop (memory.grow $b (i64.const 1))))
      (func (export "table 0") (drop (table.grow $t (ref.null func) (i32.const 1))))
      (func (export "table 1") (drop (table.grow $u (ref.null extern) (i64.const 1))))
      (func (export "data 0") (data.drop $d)) (func (export "data 1") (data.drop $e))
      (func (export "data 2") (data.drop $g))
      (func (export "elements 0") (elem.drop $k)) (func (export "elements 1") (elem.drop $l))
      (func (export "elements 2") (elem.drop $m)))"#;
    use {ComparedPlace as P, DifferenceKind as K};
    for (name, place, kind) in [
        ("memory 0", P::Memory, K::Number),
        ("memory 1", P::Memory, K::Number),
        ("table 0", P::Table, K::Number),
        ("table 1", P::Table, K::Number),
        ("data 0", P::DataSegment, K::Dropped),
        ("data 1", P::DataSegment, K::Dropped),
        ("data 2", P::DataSegment, K::Dropped),
        ("elements 0", P::ElementSegment, K::Dropped),
        ("elements 1", P::ElementSegment, K::Dropped),
        ("elements 2", P::ElementSegment, K::Dropped),
    ] {
        for instance in ["a", "b"] {
            let (left, mut right, pairing) = alike(&[("a", SIZES), ("b", SIZES)]);
            call(&mut right, instance, name, &[]);
            let found = differences(&pairing, &left, &right);
            let found: Vec<_> = found.iter().map(|d| (d.place, d.what)).collect();
            assert_eq!(found, [(place, kind)], "{name} of {instance}");
        }
    }
}

/// An instance with a global that is mutable, and without an operator that makes NaNs.
const PLAIN: &str = r#"(module (global (export "g") (mut i32) (i32.const 0))
  (func (export "set") (global.set 0 (i32.const 1))))"#;
/// [`PLAIN`] with such an operator.
const FLOATS: &str = r#"(module (global (export "g") (mut i32) (i32.const 0))
  (func (export "set") (global.set 0 (i32.const 1)))
  (func (param f32) (result f32) (f32.add (local.get 0) (local.get 0))))"#;

/// The index of the global that an instance exports as `g`.
fn global_of(session: &Session, instance: u32) -> u32 {
    let Some(Extern::Global(global)) = session.store.export(InstanceId(instance), "g") else { panic!("a global") };
    global.0
}

/// Checks which instances, by name, are poisoned when `p` is.
#[track_caller]
fn poisoned_with_p(modules: &[(&str, &str)], expected: &[&str]) {
    let (left, right, mut pairing) = alike(modules);
    let ids = || (0..).map(InstanceId).zip(modules);
    let (p, _) = ids().find(|(_, (name, _))| *name == "p").expect("a module of this name");
    assert!(!pairing.leaves_out());
    pairing.poison_reached(&left.store, &right.store, (Some(p), None));
    let poisoned: Vec<&str> = ids().filter(|(id, _)| pairing.is_poisoned(*id)).map(|(_, (name, _))| *name).collect();
    assert_eq!(poisoned, expected, "{modules:?}");
    assert!(pairing.leaves_out());
}

#[test]
fn what_a_poisoned_instance_can_reach_is_poisoned_and_nothing_else_is() {
    const ALONE: (&str, &str) = ("z", "(module (memory 1) (func (export \"f\")))");
    // What `p` imports of `q`.
    for (of_q, of_p, reached) in [
        (r#"(func (export "x"))"#, r#"(import "q" "x" (func))"#, true),
        (r#"(memory (export "x") 1)"#, r#"(import "q" "x" (memory 1))"#, true),
        (r#"(table (export "x") 1 funcref)"#, r#"(import "q" "x" (table 1 funcref))"#, true),
        (r#"(global (export "x") (mut i32) (i32.const 1))"#, r#"(import "q" "x" (global (mut i32)))"#, true),
        (r#"(global (export "x") i32 (i32.const 1))"#, r#"(import "q" "x" (global i32))"#, false),
        (r#"(tag (export "x"))"#, r#"(import "q" "x" (tag))"#, false),
        // A value that nobody can change, and that leads to a function.
        (
            r#"(func $f) (global (export "x") funcref (ref.func $f)) (elem declare func $f)"#,
            r#"(import "q" "x" (global funcref))"#,
            true,
        ),
        (r#"(global (export "x") funcref (ref.null func))"#, r#"(import "q" "x" (global funcref))"#, false),
        (
            r#"(type $s (struct (field i32) (field funcref))) (func $f) (elem declare func $f)
               (global (export "x") anyref (struct.new $s (i32.const 1) (ref.func $f)))"#,
            r#"(import "q" "x" (global anyref))"#,
            true,
        ),
        (
            r#"(type $a (array funcref)) (func $f) (elem declare func $f)
               (global (export "x") anyref (array.new_fixed $a 3 (ref.null func) (ref.null func) (ref.func $f)))"#,
            r#"(import "q" "x" (global anyref))"#,
            true,
        ),
        (
            r#"(type $s (struct (field funcref))) (type $a (array (ref null $s))) (func $f) (elem declare func $f)
               (global (export "x") anyref
                 (array.new_fixed $a 2 (struct.new $s (ref.null func)) (struct.new $s (ref.func $f))))"#,
            r#"(import "q" "x" (global anyref))"#,
            true,
        ),
        // A value without identity cannot change.
        (r#"(global (export "x") i31ref (ref.i31 (i32.const 1)))"#, r#"(import "q" "x" (global i31ref))"#, false),
        // An exception in a field that both can change, with a function in its payload and without one.
        (
            r#"(type $s (struct (field (mut exnref)))) (func $f) (elem declare func $f) (tag $e (param i32 funcref))
               (global $g (export "x") (ref $s) (struct.new_default $s))
               (func $start (struct.set $s 0 (global.get $g) (block $caught (result exnref)
                 (try_table (catch_all_ref $caught) (throw $e (i32.const 1) (ref.func $f))) (unreachable))))
               (start $start)"#,
            r#"(type $s (struct (field (mut exnref)))) (import "q" "x" (global (ref $s)))"#,
            true,
        ),
        (
            r#"(type $s (struct (field (mut exnref)))) (tag $e (param i32))
               (global $g (export "x") (ref $s) (struct.new_default $s))
               (func $start (struct.set $s 0 (global.get $g) (block $caught (result exnref)
                 (try_table (catch_all_ref $caught) (throw $e (i32.const 1))) (unreachable))))
               (start $start)"#,
            r#"(type $s (struct (field (mut exnref)))) (import "q" "x" (global (ref $s)))"#,
            true,
        ),
    ] {
        let (q, p) = (format!("(module {of_q})"), format!("(module {of_p})"));
        let expected: &[&str] = if reached { &["q", "p"] } else { &["p"] };
        poisoned_with_p(&[("q", &q), ALONE, ("p", &p)], expected);
    }
    // What `q` imports of `p`.
    for (of_p, of_q, sees) in [
        (r#"(func (export "x"))"#, r#"(import "p" "x" (func))"#, true),
        (r#"(memory (export "x") 1)"#, r#"(import "p" "x" (memory 1))"#, true),
        (r#"(table (export "x") 1 funcref)"#, r#"(import "p" "x" (table 1 funcref))"#, true),
        (r#"(global (export "x") (mut i64) (i64.const 1))"#, r#"(import "p" "x" (global (mut i64)))"#, true),
        (r#"(global (export "x") i64 (i64.const 1))"#, r#"(import "p" "x" (global i64))"#, false),
        (r#"(tag (export "x"))"#, r#"(import "p" "x" (tag))"#, false),
    ] {
        let (q, p) = (format!("(module {of_q})"), format!("(module {of_p})"));
        let expected: &[&str] = if sees { &["p", "q"] } else { &["p"] };
        poisoned_with_p(&[("p", &p), ALONE, ("q", &q)], expected);
    }
    // In steps, of different kinds.
    let (a, b, c) = (
        r#"(module (memory (export "m") 1) (global (export "g") (mut i32) (i32.const 0)))"#,
        r#"(module (import "a" "m" (memory 1)) (table (export "t") 1 funcref))"#,
        r#"(module (import "b" "t" (table 1 funcref)) (func (export "f")))"#,
    );
    let p = r#"(module (import "c" "f" (func)))"#;
    poisoned_with_p(&[("a", a), ("b", b), ("c", c), ("p", p), ALONE], &["a", "b", "c", "p"]);
    let p = r#"(module (import "a" "g" (global (mut i32))))"#;
    poisoned_with_p(&[("a", a), ("b", b), ("c", c), ("p", p), ALONE], &["a", "b", "c", "p"]);
}

/// An instance that only the right side has may have changed whatever it could reach.
#[test]
fn what_an_instance_of_one_side_alone_could_reach_is_poisoned() {
    const MODULES: [(&str, &str); 3] = [
        (
            "a",
            r#"(module (memory (export "m") 1) (table (export "t") 1 funcref) (func (export "f")) (tag (export "e"))
              (global (export "g") (mut i32) (i32.const 1)) (global (export "c") i32 (i32.const 1)))"#,
        ),
        ("b", r#"(module (import "a" "m" (memory 1)))"#),
        ("z", "(module (memory 1))"),
    ];
    for (import, expected) in [
        (r#"(import "a" "m" (memory 1))"#, &["a", "b"][..]),
        (r#"(import "a" "t" (table 1 funcref))"#, &["a", "b"]),
        (r#"(import "a" "g" (global (mut i32)))"#, &["a", "b"]),
        (r#"(import "a" "f" (func))"#, &["a", "b"]),
        (r#"(import "a" "e" (tag))"#, &[]),
        (r#"(import "spectest" "print" (func))"#, &[]),
    ] {
        let (left, mut right, mut pairing) = alike(&MODULES);
        let alone = load(&mut right, "p", &format!("(module {import})"));
        pairing.poison_reached(&left.store, &right.store, (None, Some(alone)));
        let poisoned: Vec<&str> = (0..)
            .map(InstanceId)
            .zip(MODULES)
            .filter(|(id, _)| pairing.is_poisoned(*id))
            .map(|(_, (name, _))| name)
            .collect();
        assert_eq!(poisoned, expected, "{import}");
    }
}

/// Threads that write to a memory may affect any instance that can reach it, on either side, while they run and when they have
/// ended. In the left store, instances that share anything, even a tag, form one component. An instance that only the right store
/// has must share something mutable, or be able to call.
#[test]
fn who_can_reach_a_memory_of_threads_races() {
    const MODULES: [(&str, &str); 4] = [
        (
            "a",
            r#"(module (memory (export "m") 1) (table (export "t") 1 funcref) (func (export "f")) (tag (export "e"))
              (global (export "g") (mut i32) (i32.const 1)) (global (export "c") i32 (i32.const 1)))"#,
        ),
        ("b", r#"(module (import "a" "m" (memory 1)))"#),
        ("c", r#"(module (import "a" "e" (tag)))"#),
        (
            "z",
            r#"(module (memory (export "m") 1) (table (export "t") 1 funcref) (func (export "f"))
              (global (export "g") (mut i32) (i32.const 1)))"#,
        ),
    ];
    for ended in [false, true] {
        let (left, mut right, mut pairing) = alike(&MODULES);
        let Some(Extern::Memory(memory)) = left.store.export(InstanceId(0), "m") else { panic!("a memory") };
        let both = |pairing: &Pairing, right: &Session| {
            [0, 1, 2, 3].map(|n| pairing.races(&right.store, (Some(InstanceId(n)), Some(InstanceId(n)))))
        };
        assert_eq!(both(&pairing, &right), [false; 4]);
        let (running, over) = if ended { (vec![], vec![memory]) } else { (vec![memory], vec![]) };
        pairing.set_racing(running, over);
        assert_eq!(both(&pairing, &right), [true, true, true, false]);
        assert!(!pairing.races(&right.store, (None, None)));
        for (import, races) in [
            (r#"(import "a" "m" (memory 1))"#, true),
            (r#"(import "a" "t" (table 1 funcref))"#, true),
            (r#"(import "a" "g" (global (mut i32)))"#, true),
            (r#"(import "a" "f" (func))"#, true),
            (r#"(import "a" "c" (global i32))"#, true),
            (r#"(import "a" "e" (tag))"#, false),
            (r#"(import "z" "m" (memory 1))"#, false),
            (r#"(import "z" "t" (table 1 funcref))"#, false),
            (r#"(import "z" "g" (global (mut i32)))"#, false),
            (r#"(import "z" "f" (func))"#, false),
            (r#"(import "spectest" "print" (func)) (func)"#, false),
        ] {
            let alone = load(&mut right, "p", &format!("(module {import})"));
            assert_eq!(pairing.races(&right.store, (None, Some(alone))), races, "{import}, ended: {ended}");
        }
    }
}

/// What is poisoned is not compared, and everything else is.
#[test]
fn poison_hides_what_it_is_in_alone() {
    let (left, mut right, mut pairing) = alike(&[("a", PLACES), ("b", PLACES)]);
    pairing.poison_reached(&left.store, &right.store, (Some(InstanceId(0)), None));
    for (instance, found) in [("a", 0), ("b", 1)] {
        for (name, args) in [
            ("memory 2", vec![Arg::I32(3), Arg::I32(1)]),
            ("i32 1", vec![Arg::I64(1), Arg::I64(0)]),
            ("table 1", vec![Arg::I32(3)]),
            ("field of the third", vec![Arg::I32(9)]),
        ] {
            call(&mut right, instance, name, &args);
            assert_eq!(differences(&pairing, &left, &right).len(), found, "{name} of {instance}");
            call(&mut right, instance, name, &args);
        }
    }
}

#[test]
fn instances_of_one_side_alone_are_told_and_not_paired() {
    let (left, mut right) = (session(), session());
    load(&mut right, "a", "(module (memory 1))");
    let mut pairing = Pairing::new(&left, &right, false);
    let found = pairing.pair_new(&left.store, &right.store, (0, 0));
    let texts: Vec<&str> = found.iter().map(|d| d.text.as_str()).collect();
    assert_eq!(texts, ["instances made: 0 / 1"]);
    assert!(pairing.leaves_out() && pairing.map.instances.is_empty());
}

/// Entities of different kinds are not a pair, even if both were made by modules.
#[test]
fn instances_of_different_entities_are_linked_to_other_things() {
    const KINDS: [&str; 5] = [
        "(module (memory 1))",
        "(module (table 1 funcref))",
        "(module (global i32 (i32.const 1)))",
        "(module (tag))",
        "(module (func))",
    ];
    for (n, a) in KINDS.into_iter().enumerate() {
        for (m, b) in KINDS.into_iter().enumerate() {
            let (mut left, mut right) = (session(), session());
            load(&mut left, "a", a);
            load(&mut right, "a", b);
            let mut pairing = Pairing::new(&left, &right, false);
            let found = pairing.pair_new(&left.store, &right.store, (0, 0));
            let expected: &[_] = if n == m { &[] } else { &[(ComparedPlace::Instance, DifferenceKind::Link)] };
            assert_eq!(found.iter().map(|d| (d.place, d.what)).collect::<Vec<_>>(), expected, "{a} {b}");
        }
    }
}

/// A reference to something that only one side has says nothing about the other side, and is not a pass. The first one is
/// reported.
#[test]
fn what_refers_to_something_unpaired_is_unknown() {
    const TEXT: &str = r#"(module (func $f) (elem declare func $f) (global (export "g") funcref (ref.func $f)))"#;
    let (left, right, pairing) = alike(&[("a", TEXT)]);
    let Some(Extern::Global(global)) = left.store.export(InstanceId(0), "g") else { panic!("a global") };
    let (x, y) = (left.store.global_get(global), right.store.global_get(global));
    for (map, unknown) in [(&Correspondence::default(), true), (&pairing.map, false)] {
        let mut walk = Walk::new(&left.store, &right.store, map);
        for name in ["it", "another"] {
            assert!(walk.value(ComparedPlace::Global, &|| name.into(), x, y));
        }
        let findings = walk.findings;
        assert!(findings.differences.is_empty());
        assert_eq!(findings.unknown.is_some_and(|text| text.starts_with("it: ")), unknown);
    }
}

#[test]
fn what_was_excused_is_told() {
    let findings =
        |first_nan: Option<&str>| Findings { nans: 2, first_nan: first_nan.map(String::from), ..Findings::default() };
    assert_eq!(findings(None).excused(), None);
    let nans = "NaNs that differ by their bits: 2, the first one global 1: a / b";
    let excused = ("the same except for bits of NaNs".to_string(), nans.to_string());
    assert_eq!(findings(Some("global 1: a / b")).excused(), Some(excused));
}

/// The functions of all frames count, as do the positions in them and the number of frames.
#[test]
fn frames_are_compared_up_to_the_last() {
    const TEXT: &str = "(module (func))";
    let (left, right, pairing) = alike(&[("a", TEXT), ("b", TEXT)]);
    let frame = |instance: u32, function: u32, offset: u32| BacktraceFrame {
        instance: InstanceId(instance),
        function,
        name: format!("f{function}"),
        module_offset: Some(offset),
        function_offset: Some(offset),
        tier: "interp",
        code_offset: None,
    };
    let base = || vec![frame(0, 1, 10), frame(1, 2, 20), frame(0, 3, 30), frame(1, 4, 40)];
    let found = |left_frames: &[BacktraceFrame], right_frames: &[BacktraceFrame]| {
        let mut walk = Walk::new(&left.store, &right.store, &pairing.map);
        compare_frames(&mut walk, left_frames, right_frames);
        walk.findings.differences.into_iter().map(|d| d.text).collect::<Vec<_>>()
    };
    assert_eq!(found(&base(), &base()), [""; 0]);
    assert_eq!(found(&[], &[]), [""; 0]);
    let last = base().len() - 1;
    for n in 0..=last {
        let with = |change: fn(&mut BacktraceFrame)| {
            let mut changed = base();
            change(&mut changed[n]);
            found(&base(), &changed).len() + found(&changed, &base()).len()
        };
        assert_eq!(with(|frame| frame.function += 1), 2, "{n}");
        assert_eq!(with(|frame| frame.instance.0 ^= 1), 2, "{n}");
        assert_eq!(with(|frame| frame.module_offset = Some(11)), 2, "{n}");
        assert_eq!(with(|frame| frame.module_offset = None), 2, "{n}");
        // An instance without a partner, since it was never completed, may stand for any.
        assert_eq!(with(|frame| frame.instance.0 = 9), 1, "{n}");
        assert_eq!(with(|frame| (frame.tier, frame.code_offset) = ("jit", Some(7))), 0, "{n}");
        let shorter = &base()[..n];
        assert_eq!(found(&base(), shorter).len() + found(shorter, &base()).len(), 2, "{n}");
    }
    assert_eq!(
        found(&base(), &base()[..last]),
        ["frame 3: f4 at 0x28 / nothing"],
        "the first that differs, by what it is"
    );
}
