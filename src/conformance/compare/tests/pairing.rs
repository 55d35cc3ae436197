//! What a pairing reaches, what it leaves out, and which places it compares when.

use super::*;
use crate::conformance::compare::walk::Offsets;
use crate::runtime::memory::SharedMemory;
use crate::runtime::store::MemoryId;
use crate::runtime::value::GcRef;
use std::num::NonZeroU32;
use std::ops::Range;
use wasmparser::WasmFeatures;

/// The names of the instances that are poisoned, given the names in the order in which the instances were loaded.
fn poisoned<'n>(pairing: &Pairing, names: &[&'n str]) -> Vec<&'n str> {
    (0..).map(InstanceId).zip(names).filter(|(id, _)| pairing.is_poisoned(*id)).map(|(_, name)| *name).collect()
}

/// The texts of the differences after a directive about this instance.
fn found(
    pairing: &mut Pairing,
    (left, right): (&Session, &Session),
    instance: Option<InstanceId>,
    whole: bool,
) -> Vec<String> {
    let map = pairing.map.clone();
    let mut walk = Walk::new(&left.store, &right.store, &map);
    pairing.compare(&mut walk, instance, whole);
    walk.findings.differences.into_iter().map(|d| d.text).collect()
}

/// Anything that holds a function of another instance leads to that instance, however deeply the function is nested. The instance
/// that put it there is one of the left side only, which leads nowhere.
/// that put it there is an instance of the left side alone, which leads nowhere.
#[test]
fn what_holds_a_function_leads_to_its_instance() {
    const TYPES: &str = "(type $f (func)) (type $c (cont $f))
        (type $s (struct (field (mut funcref)) (field (mut anyref)) (field (mut funcref))))
        (type $functions (array (mut funcref))) (type $objects (array (mut anyref)))";
    let segments: String = (0..3)
        .map(|n| {
            let item = "(struct.new_default $s)";
            format!(
                "(elem $e{n} anyref {item} {item} {item})
                 (func (export \"e{n}\") (param i32) (result anyref)
                   (array.get $objects (array.new_elem $objects $e{n} (local.get 0) (i32.const 1)) (i32.const 0)))\n"
            )
        })
        .collect();
    let p = format!(
        r#"(module {TYPES}
          (table (export "t") 3 funcref) (global (export "g") (mut funcref) (ref.null func))
          (global (export "o") (mut anyref) (ref.null any))
          (global (export "c") (mut (ref null $c)) (ref.null $c))
          {segments})"#
    );
    let modules = [("r", r#"(module (func (export "f")))"#), ("p", p.as_str()), ("z", "(module (memory 1))")];
    let struct_of = |first: &str, last: &str| format!("(struct.new $s {first} (ref.null any) {last})");
    let (f, null) = ("(ref.func $f)", "(ref.null func)");
    let (with, without) = (struct_of(f, null), struct_of(null, null));
    let cyclic = |last: &str| {
        format!(
            "(local.set $s (struct.new_default $s)) (struct.set $s 1 (local.get $s) (local.get $s))
             (struct.set $s 2 (local.get $s) {last}) (global.set $o (local.get $s))"
        )
    };
    let mut cases = vec![
        (String::new(), false),
        (format!("(global.set $g {f})"), true),
        (format!("(global.set $o {with})"), true),
        (format!("(global.set $o {})", struct_of(null, f)), true),
        (format!("(global.set $o {without})"), false),
        (format!("(global.set $o (array.new_fixed $functions 3 {f} {null} {null}))"), true),
        (format!("(global.set $o (array.new_fixed $functions 3 {null} {null} {f}))"), true),
        (format!("(global.set $o (array.new_fixed $functions 3 {null} {null} {null}))"), false),
        (format!("(global.set $o (array.new_fixed $objects 2 {with} {without}))"), true),
        (format!("(global.set $o (array.new_fixed $objects 2 {without} {with}))"), true),
        (format!("(global.set $o (array.new_fixed $objects 2 {without} {without}))"), false),
        (cyclic(f), true),
        (cyclic(null), false),
        (format!("(global.set $c (cont.new $c {f}))"), true),
    ];
    for at in 0..3 {
        cases.push((format!("(table.set $t (i32.const {at}) {f})"), true));
        for segment in 0..3 {
            let object = format!("(ref.cast (ref $s) (call $e{segment} (i32.const {at})))");
            cases.push((format!("(struct.set $s 0 {object} {f})"), true));
            cases.push((format!("(struct.set $s 0 {object} {null})"), false));
        }
    }
    let mut language = Language::of(Spec::Latest);
    language.features |= WasmFeatures::STACK_SWITCHING;
    for (put, reached) in cases {
        let (mut left, right, mut pairing) = alike_in(&language, &modules);
        let q = format!(
            r#"(module {TYPES}
              (import "r" "f" (func $f)) (import "p" "t" (table $t 3 funcref))
              (import "p" "g" (global $g (mut funcref))) (import "p" "o" (global $o (mut anyref)))
              (import "p" "c" (global $c (mut (ref null $c))))
              (import "p" "e0" (func $e0 (param i32) (result anyref)))
              (import "p" "e1" (func $e1 (param i32) (result anyref)))
              (import "p" "e2" (func $e2 (param i32) (result anyref)))
              (elem declare func $f)
              (func $start (local $s (ref null $s)) {put})
              (start $start))"#
        );
        load_in(&language, &mut left, "q", &q);
        pairing.poison_reached(&left.store, &right.store, (Some(InstanceId(1)), None));
        let expected: &[&str] = if reached { &["r", "p"] } else { &["p"] };
        assert_eq!(poisoned(&pairing, &["r", "p", "z"]), expected, "{put}");
    }
}

/// Places out of reach are compared in every 128th comparison after the last full one, and reported once.
#[test]
fn places_out_of_reach_are_compared_now_and_then() {
    const TEXT: &str = r#"(module (memory (export "m") 1)
      (func (export "set") (param i32) (i32.store8 (i32.const 4) (local.get 0))))"#;
    let (left, mut right, pairing) = alike(&[("a", TEXT), ("b", TEXT)]);
    let [a, b] = [0, 1].map(|n| match left.store.export(InstanceId(n), "m") {
        Some(Extern::Memory(memory)) => memory,
        other => panic!("{other:?}"),
    });
    let near = Some(InstanceId(0));
    const FAR: &str = " (out of reach of this directive: since the last whole comparison)";
    // How the count begins again, after some comparisons.
    enum Again {
        No,
        Whole,
        OfNone,
        OfRaced,
    }
    assert!(!pairing.leaves_out());
    for (before, again, until) in
        [(0, Again::No, 128), (100, Again::Whole, 128), (100, Again::OfNone, 128), (100, Again::OfRaced, 28)]
    {
        // Whatever differs is left out from then on, so each round gets a pairing that has left out nothing.
        let mut fresh = pairing.clone();
        for _ in 0..before {
            assert_eq!(found(&mut fresh, (&left, &right), near, false), [""; 0]);
        }
        match again {
            Again::No => {}
            Again::Whole => assert_eq!(found(&mut fresh, (&left, &right), near, true), [""; 0]),
            Again::OfNone => assert_eq!(found(&mut fresh, (&left, &right), None, false), [""; 0]),
            Again::OfRaced => {
                // What threads wrote is a small part, and says nothing about the rest.
                fresh.set_racing(Vec::new(), vec![a]);
                let map = fresh.map.clone();
                let mut walk = Walk::new(&left.store, &right.store, &map);
                fresh.compare_raced(&mut walk);
                assert_eq!(walk.findings, Findings::default());
                fresh.set_racing(Vec::new(), Vec::new());
            }
        }
        call(&mut right, "b", "set", &[Arg::I32(7)]);
        for n in 1..until {
            assert_eq!(found(&mut fresh, (&left, &right), near, false), [""; 0], "comparison {n} of {until}");
        }
        assert!(!fresh.leaves_out());
        let text = format!("memory {} at 0x4: 0x00 / 0x07", b.0);
        assert_eq!(found(&mut fresh, (&left, &right), near, false), [format!("{text}{FAR}")], "of {until}");
        assert!(fresh.leaves_out());
        assert_eq!(found(&mut fresh, (&left, &right), near, true), [""; 0], "told once");
        // Immediately, by a comparison of everything or of the instance itself.
        assert_eq!(found(&mut pairing.clone(), (&left, &right), near, true), [format!("{text}{FAR}")]);
        assert_eq!(found(&mut pairing.clone(), (&left, &right), None, false), [text.as_str()]);
        assert_eq!(found(&mut pairing.clone(), (&left, &right), Some(InstanceId(1)), false), [text.as_str()]);
        // The same as before for the next round.
        call(&mut right, "b", "set", &[Arg::I32(0)]);
    }
}

/// A directive of one instance says nothing about the floats of another, unless the difference is there, or it is unknown what
/// belongs together.
/// not known what belongs together.
#[test]
fn nans_may_be_behind_what_has_to_do_with_them() {
    for at in 0..3 {
        let text = |n| if n == at { FLOATS } else { PLAIN };
        let (left, mut right, mut pairing) = alike(&[("a", text(0)), ("b", text(1)), ("c", text(2))]);
        assert!(pairing.may_be_nans(&left.store, None, &[]), "{at}");
        for (n, name) in [(0, "a"), (1, "b"), (2, "c")] {
            assert_eq!(pairing.may_be_nans(&left.store, Some(InstanceId(n)), &[]), n == at, "{at} {n}");
            call(&mut right, name, "set", &[]);
            let map = pairing.map.clone();
            let mut walk = Walk::new(&left.store, &right.store, &map);
            let differ = pairing.compare(&mut walk, None, true);
            assert_eq!(differ.len(), 1, "{at} {n}");
            assert_eq!(pairing.may_be_nans(&left.store, None, &differ), n == at, "{at} {n}");
            assert!(pairing.may_be_nans(&left.store, Some(InstanceId(at)), &differ), "{at} {n}");
        }
    }
    let (mut left, _, pairing) = alike(&[("a", PLAIN), ("b", PLAIN)]);
    assert!(!pairing.may_be_nans(&left.store, None, &[]));
    // An instance without a partner.
    load(&mut left, "alone", FLOATS);
    assert!(pairing.may_be_nans(&left.store, Some(InstanceId(0)), &[]));
}

#[test]
fn new_instances_with_relaxed_operators_are_poisoned() {
    const RELAXED: &str = "(module (func (param v128) (result v128)
      (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))";
    let names = ["a", "b", "c"];
    let cases: [(Range<u32>, &[&str]); 6] =
        [(0..0, &[]), (0..1, &["a"]), (1..3, &["c"]), (0..3, &["a", "c"]), (1..2, &[]), (2..3, &["c"])];
    for (made, expected) in cases {
        let (left, _, mut pairing) = alike(&[("a", RELAXED), ("b", PLAIN), ("c", RELAXED)]);
        pairing.poison_relaxed(&left.store, made.clone());
        assert_eq!(poisoned(&pairing, &names), expected, "{made:?}");
    }
}

/// This holds for each memory of each instance. Each is reported once, in order.
#[test]
fn memories_of_unknown_contents_poison_who_has_them() {
    const MODULES: [(&str, &str); 4] = [
        (
            "a",
            r#"(module (memory (export "own") 1 1 shared) (memory (export "m") 1 1 shared)
              (memory (export "n") 1 1 shared) (tag (export "e")))"#,
        ),
        ("b", r#"(module (import "a" "n" (memory 1 1 shared)) (import "a" "m" (memory 1 1 shared)))"#),
        ("c", r#"(module (import "a" "e" (tag)) (memory (export "alone") 1))"#),
        ("d", r#"(module (memory (export "own") 1 1 shared))"#),
    ];
    // The memories that become unknown, those that are reported, and the instances that are poisoned.
    type Case = (&'static [(u32, &'static str)], &'static [(u32, &'static str)], &'static [&'static str]);
    let cases: [Case; 6] = [
        (&[], &[], &[]),
        (&[(0, "own")], &[(0, "own")], &["a", "b"]),
        (&[(0, "n")], &[(0, "n")], &["a", "b"]),
        (&[(0, "n"), (0, "m")], &[(0, "m"), (0, "n")], &["a", "b"]),
        (&[(3, "own")], &[(3, "own")], &["d"]),
        (&[(3, "own"), (0, "own")], &[(0, "own"), (3, "own")], &["a", "b", "d"]),
    ];
    let mut language = Language::of(Spec::Latest);
    language.features |= WasmFeatures::THREADS;
    for (which, told, expected) in cases {
        let (left, _, mut pairing) = alike_in(&language, &MODULES);
        let id = |(instance, name): &(u32, &str)| match left.store.export(InstanceId(*instance), name) {
            Some(Extern::Memory(memory)) => memory,
            other => panic!("{other:?}"),
        };
        let shared = |memory: MemoryId| left.store.shared_memory(memory).expect("a shared memory");
        let memories: Vec<SharedMemory> = which.iter().map(|memory| shared(id(memory))).collect();
        let told: Vec<MemoryId> = told.iter().map(id).collect();
        assert_eq!(pairing.poison_shared(&left.store, &memories), told, "{which:?}");
        assert_eq!(poisoned(&pairing, &["a", "b", "c", "d"]), expected, "{which:?}");
        assert_eq!(pairing.poison_shared(&left.store, &memories), [], "{which:?}, again");
        // All memories of an instance that has one of them are unknown.
        let numbers = [("a", 3), ("d", 1)].into_iter().filter(|(name, _)| expected.contains(name));
        assert_eq!(pairing.unknown(&left.store).len(), numbers.map(|(_, n)| n).sum::<usize>(), "{which:?}");
    }
}

/// Of the memories that threads may have raced for, differences are reported, and the instances that have them are poisoned.
/// Everything else stays as it is.
#[test]
fn what_differs_where_threads_raced_is_poisoned_alone() {
    const A: &str = r#"(module (memory (export "m") 1) (tag (export "e"))
      (func (export "set") (i32.store (i32.const 0) (i32.const 1))))"#;
    const B: &str = r#"(module (import "a" "e" (tag)) (global (export "g") (mut i32) (i32.const 0)) (data $d "x")
      (func (export "set") (global.set 0 (i32.const 1))) (func (export "drop") (data.drop $d)))"#;
    // The change, the instances that are poisoned, and how much differs elsewhere.
    type Case = (Option<(&'static str, &'static str)>, &'static [&'static str], usize);
    let cases: [Case; 5] = [
        (None, &[], 0),
        (Some(("a", "set")), &["a"], 0),
        (Some(("b", "set")), &["b"], 0),
        (Some(("b", "drop")), &["b"], 0),
        (Some(("c", "set")), &[], 1),
    ];
    for (changed, expected, far) in cases {
        let (left, mut right, mut pairing) = alike(&[("a", A), ("b", B), ("c", PLAIN)]);
        let Some(Extern::Memory(memory)) = left.store.export(InstanceId(0), "m") else { panic!("a memory") };
        if let Some((instance, name)) = changed {
            call(&mut right, instance, name, &[]);
        }
        let raced = |pairing: &mut Pairing| {
            let map = pairing.map.clone();
            let mut walk = Walk::new(&left.store, &right.store, &map);
            pairing.compare_raced(&mut walk);
            walk.findings.differences.len()
        };
        assert_eq!(raced(&mut pairing), 0, "{changed:?}, without threads");
        // While they run, only what they cannot reach is compared.
        pairing.set_racing(vec![memory], Vec::new());
        assert_eq!(found(&mut pairing.clone(), (&left, &right), None, true).len(), far, "{changed:?}");
        pairing.set_racing(Vec::new(), vec![memory]);
        assert_eq!(raced(&mut pairing), expected.len(), "{changed:?}");
        assert_eq!(poisoned(&pairing, &["a", "b", "c"]), expected, "{changed:?}");
        assert_eq!(found(&mut pairing, (&left, &right), None, true).len(), far, "{changed:?}");
    }
}

/// Each object has a partner of its own, however close together and however many they are.
#[test]
fn each_object_has_its_own_partner() {
    let object = |n: u32| GcRef(NonZeroU32::new(8 * n).expect("an offset"));
    let mut offsets = Offsets::default();
    for n in 1..=2000 {
        assert_eq!(offsets.get(object(n)), None, "{n}");
        assert_eq!(offsets.insert(object(n), object(n + 3000)), None, "{n}");
    }
    for n in 1..=2000 {
        assert_eq!(offsets.get(object(n)), Some(object(n + 3000)), "{n}");
        assert_eq!(offsets.insert(object(n), object(n + 5000)), Some(object(n + 3000)), "{n}");
    }
    assert_eq!((offsets.get(object(2000)), offsets.get(object(2001))), (Some(object(7000)), None));
}

/// Objects that turn out to differ are not partners. Those that are alike are, each with exactly one other.
#[test]
fn objects_that_differ_are_no_partners() {
    const TEXT: &str = r#"(module (type $s (struct (field i32)))
      (type $p (struct (field (ref $s)) (field i32)))
      (global (export "0") anyref (struct.new $p (struct.new $s (i32.const 1)) (i32.const 5)))
      (global (export "1") anyref (struct.new $p (struct.new $s (i32.const 1)) (i32.const 6)))
      (global (export "2") anyref (struct.new $p (struct.new $s (i32.const 2)) (i32.const 5))))"#;
    let (left, right, pairing) = alike(&[("a", TEXT)]);
    let values = |session: &Session| {
        ["0", "1", "2"].map(|name| match session.store.export(InstanceId(0), name) {
            Some(Extern::Global(global)) => session.store.global_get(global),
            other => panic!("{other:?}"),
        })
    };
    let (l, r) = (values(&left), values(&right));
    let mut walk = Walk::new(&left.store, &right.store, &pairing.map);
    let name = || "it".to_string();
    let met = |here: &str, there: &str| {
        format!("it: an object seen before on the {here} side, but a different one on the {there}")
    };
    for (i, j, text) in [
        (0, 1, "it, field 1: i32 5 / i32 6".to_string()),
        (0, 2, "it, field 0 of object 1 in it: i32 1 / i32 2".to_string()),
        (1, 0, "it, field 1: i32 6 / i32 5".to_string()),
        (0, 0, String::new()),
        (0, 0, String::new()),
        (0, 1, met("left", "right")),
        (1, 0, met("right", "left")),
        (1, 1, String::new()),
        (2, 2, String::new()),
    ] {
        let same = walk.value(ComparedPlace::Global, &name, l[i], r[j]);
        assert_eq!(same, text.is_empty(), "{i} {j}");
        let found: Vec<String> = walk.findings.differences.drain(..).map(|d| d.text).collect();
        assert_eq!(found.concat(), text, "{i} {j}");
    }
    assert_eq!(walk.findings, Findings::default());
}

/// Exports for others to import: two of each kind. The module can change something of its own, and has an operator that makes
/// NaNs.
const EXPORTS: &str = r#"(module
  (func (export "f0")) (func (export "f1"))
  (memory (export "m0") 1) (memory (export "m1") 1)
  (table (export "t0") 1 funcref) (table (export "t1") 1 funcref)
  (global (export "g0") (mut i32) (i32.const 0)) (global (export "g1") (mut i32) (i32.const 0))
  (global (export "c0") i32 (i32.const 0)) (global (export "c1") i32 (i32.const 0))
  (tag (export "e0")) (tag (export "e1"))
  (global $own (mut i32) (i32.const 0))
  (func (export "set") (global.set $own (i32.const 1)))
  (func (param f32) (result f32) (f32.add (local.get 0) (local.get 0))))"#;

/// The kinds of [`EXPORTS`]: the beginning of their names, how they are imported, and one of a module's own.
const KINDS: [(&str, &str, &str); 6] = [
    ("f", "(func)", "(func)"),
    ("m", "(memory 1)", "(memory 1)"),
    ("t", "(table 1 funcref)", "(table 1 funcref)"),
    ("g", "(global (mut i32))", "(global (mut i32) (i32.const 0))"),
    ("c", "(global i32)", "(global i32 (i32.const 0))"),
    ("e", "(tag)", "(tag)"),
];

/// Things of each kind: an instance's own; one of several of the same instance or of another one; one of them twice; two in
/// another order. Each instance is linked in the same way as itself, and as no other.
/// in another order. Each instance is linked as it is itself, and as no other.
#[test]
fn instances_are_linked_to_the_same_things() {
    for (kind, ty, own) in KINDS {
        let of = |instance: &str, n: u32| format!(r#"(import "{instance}" "{kind}{n}" {ty})"#);
        let mut parts = vec![
            own.to_string(),
            format!("{own} {own}"),
            of("a", 0),
            of("a", 1),
            of("b", 0),
            of("b", 1),
            of("a", 0) + &of("a", 0),
            of("a", 0) + &of("a", 1),
            of("a", 1) + &of("a", 0),
            of("a", 0) + &of("b", 0),
            of("a", 0) + own,
            of("a", 1) + own,
        ];
        if kind == "f" {
            parts.push(r#"(import "spectest" "print" (func))"#.into());
            parts.push(r#"(import "spectest" "print_i32" (func (param i32)))"#.into());
        }
        let (mut left, mut right, pairing) = alike(&[("a", EXPORTS), ("b", EXPORTS)]);
        for session in [&mut left, &mut right] {
            for parts in &parts {
                load(session, "p", &format!("(module {parts})"));
            }
        }
        for (i, x) in (2..).zip(&parts) {
            for (j, y) in (2..).zip(&parts) {
                let mut fresh = pairing.clone();
                let found = fresh.pair_made((&left.store, i..i + 1), (&right.store, j..j + 1));
                let found: Vec<_> = found.iter().map(|d| (d.place, d.what)).collect();
                let expected: &[_] = if i == j { &[] } else { &[(ComparedPlace::Instance, DifferenceKind::Link)] };
                assert_eq!(found, expected, "{x} / {y}");
                assert_eq!(fresh.is_poisoned(InstanceId(i)), i != j, "{x} / {y}");
            }
        }
    }
}

/// Whatever an instance imports from another one, what the other does is compared with it, also for the purposes of threads and
/// NaNs; and so is what the instances that the other imports from do.
/// concerned, too; and what those do that it imports of in turn.
#[test]
fn what_is_imported_is_within_reach() {
    for (kind, ty, _) in KINDS {
        let p = format!(r#"(module (import "a" "{kind}1" {ty}) (func (export "f")))"#);
        let q = r#"(module (import "p" "f" (func)))"#;
        let (left, mut right, mut pairing) = alike(&[("a", EXPORTS), ("p", &p), ("q", q), ("z", PLAIN)]);
        call(&mut right, "a", "set", &[]);
        let Some(Extern::Memory(memory)) = left.store.export(InstanceId(0), "m0") else { panic!("a memory") };
        pairing.set_racing(Vec::new(), vec![memory]);
        for (n, reaches) in [(0, true), (1, true), (2, true), (3, false)] {
            let instance = Some(InstanceId(n));
            let found = found(&mut pairing.clone(), (&left, &right), instance, false);
            assert_eq!(found.len(), usize::from(reaches), "{kind}, instance {n}: {found:?}");
            assert!(found.iter().all(|text| text.ends_with(": i32 0 / i32 1")), "{kind}, instance {n}: {found:?}");
            assert_eq!(pairing.races(&right.store, (instance, instance)), reaches, "{kind}, instance {n}");
            assert_eq!(pairing.may_be_nans(&left.store, instance, &[]), reaches, "{kind}, instance {n}");
        }
    }
}

/// Each is identified by its type, its function, its bound arguments, and its state.
#[test]
fn each_continuation_is_the_same_as_its_counterpart_alone() {
    const TEXT: &str = r#"(module
      (type $f (sub (func))) (type $g (sub $f (func)))
      (type $c (cont $f)) (type $d (cont $g))
      (type $takes (func (param i32))) (type $t (cont $takes))
      (tag $yield)
      (func $one (type $g)) (func $two (type $g)) (func $yields (type $f) (suspend $yield))
      (func $first (type $takes)) (func $second (type $takes))
      (elem declare func $one $two $yields $first $second)
      (global $kept (mut contref) (ref.null cont))
      (func (export "0") (global.set $kept (ref.null cont)))
      (func (export "1") (global.set $kept (cont.new $c (ref.func $one))))
      (func (export "2") (global.set $kept (cont.new $d (ref.func $one))))
      (func (export "3") (global.set $kept (cont.new $c (ref.func $two))))
      (func (export "4") (global.set $kept (cont.new $t (ref.func $first))))
      (func (export "5") (global.set $kept (cont.bind $t $c (i32.const 1) (cont.new $t (ref.func $first)))))
      (func (export "6") (global.set $kept (cont.bind $t $c (i32.const 2) (cont.new $t (ref.func $first)))))
      (func (export "7") (global.set $kept (cont.bind $t $c (i32.const 1) (cont.new $t (ref.func $second)))))
      (func (export "8") (local $k (ref null $c))
        (resume $c (local.tee $k (cont.new $c (ref.func $one)))) (global.set $kept (local.get $k)))
      (func (export "9") (local $k (ref null $d))
        (resume $d (local.tee $k (cont.new $d (ref.func $one)))) (global.set $kept (local.get $k)))
      (func (export "10") (global.set $kept (block $on (result (ref $c))
        (resume $c (on $yield $on) (cont.new $c (ref.func $yields))) (unreachable)))))"#;
    let mut language = Language::of(Spec::Latest);
    language.features |= WasmFeatures::STACK_SWITCHING;
    let (mut left, mut right, pairing) = alike_in(&language, &[("a", TEXT)]);
    for i in 0..=10 {
        for j in 0..=10 {
            call(&mut left, "a", &i.to_string(), &[]);
            call(&mut right, "a", &j.to_string(), &[]);
            let found = differences(&pairing, &left, &right);
            assert_eq!(found.len(), usize::from(i != j), "{i} {j}: {found:?}");
        }
    }
}
