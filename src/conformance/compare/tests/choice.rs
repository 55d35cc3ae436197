//! Tests which differences are taken to be choices of NaNs. Two left sides decide that, one of them under the canonical profile.
//! Here they are stores that were made alike, one of which is then changed.
//! were made alike, and one of which is then changed.

use super::ends::returned;
use super::*;
use crate::conformance::compare::choice::{LeftSide, Suspect, bytes_but_nans, of_outcomes};
use crate::conformance::compare::walk::{At, HostCall};
use crate::conformance::outcome::Expect;
use crate::conformance::outcome::observed::Observed;
use crate::runtime::store::TagId;
use crate::runtime::trap::TrapCode;
use crate::runtime::value::Val;
use std::ops::Range;

const NAN: u32 = 0x7fc0_0000;
const OTHER: u32 = 0xffc0_0001;

fn suspect(at: At, numbers: Option<[Val; 2]>) -> Suspect {
    Suspect { thread: None, at, numbers }
}

/// The left side after a directive that left nothing but the state.
fn side(session: &Session) -> LeftSide<'_> {
    LeftSide { outcome: None, frames: &[], calls: &[], store: &session.store }
}

/// 32 bytes with these parts at these offsets.
fn bytes(parts: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; 32];
    for (at, part) in parts {
        bytes[*at..*at + part.len()].copy_from_slice(part);
    }
    bytes
}

/// Bytes that differ are reported unless they belong to the bits of a NaN on both sides, of either width, wherever it lies.
#[test]
fn bytes_of_nans_need_no_proof() {
    let (nan, other) = (NAN.to_le_bytes(), OTHER.to_le_bytes());
    let (wide, widely) = ((0x7ff8_u64 << 48).to_le_bytes(), (0xfff8_u64 << 48 | 1).to_le_bytes());
    let infinity = f32::INFINITY.to_le_bytes();
    let (less, more) = (1.5_f64.to_le_bytes(), 2.5_f64.to_le_bytes());
    let of = |left: &[u8], right: &[u8], within: Range<usize>| {
        let found = bytes_but_nans(left, right, std::iter::once(within));
        found.into_iter().map(|range| (range.start, range.end)).collect::<Vec<_>>()
    };
    for at in [0, 5, 8, 24] {
        assert_eq!(of(&bytes(&[(at, &nan)]), &bytes(&[(at, &other)]), 0..32), [], "{at}");
        assert_eq!(of(&bytes(&[(at, &wide)]), &bytes(&[(at, &widely)]), 0..32), [], "{at}");
        // One side alone has a NaN.
        for (left, right) in [(&nan, &infinity), (&infinity, &nan)] {
            let found = of(&bytes(&[(at, left)]), &bytes(&[(at, right)]), 0..32);
            assert_eq!(found, [(at + 2, at + 3)], "{at}");
        }
        // The exponent and the highest bits of the fraction.
        let pair = (bytes(&[(at, &less)]), bytes(&[(at, &more)]));
        assert_eq!(of(&pair.0, &pair.1, 0..32), [(at + 6, at + 8)], "{at}");
        assert_eq!(of(&pair.0, &pair.1, 0..at + 6), [], "{at}");
    }
    let both = |nan: &[u8], number: &[u8]| bytes(&[(0, nan), (8, number)]);
    assert_eq!(of(&both(&nan, &less), &both(&other, &more), 0..32), [(14, 16)], "beside a NaN");
    // As many as are kept.
    let odd: Vec<u8> = (0..4096).map(|i| u8::from(i % 2 == 1)).collect();
    assert_eq!(of(&odd, &[0; 4096], 0..4096).len(), 1024);
}

/// A place in the state has to be different under the canonical profile: that place, not one beside it.
#[test]
fn a_place_has_to_change() {
    const TEXT: &str = r#"(module
      (memory (export "m") 1 2) (table (export "t") 1 2 funcref) (global (export "g") (mut i32) (i32.const 0)) (data $d "x")
      (func $f (export "set") (global.set 0 (i32.const 5)))
      (func (export "store") (i32.store8 (i32.const 9) (i32.const 1)))
      (func (export "grow") (drop (memory.grow (i32.const 1))))
      (func (export "grow the table") (drop (table.grow (ref.null func) (i32.const 1))))
      (func (export "fill") (table.set (i32.const 0) (ref.func $f)))
      (func (export "drop") (data.drop $d)))"#;
    let (left, ..) = alike(&[("a", TEXT)]);
    let entity = |name: &str| left.store.export(InstanceId(0), name);
    let (Some(Extern::Memory(memory)), Some(Extern::Table(table)), Some(Extern::Global(global))) =
        (entity("m"), entity("t"), entity("g"))
    else {
        panic!("entities")
    };
    let byte = |at: usize| At::Bytes(memory, std::iter::once(at..at + 1).collect());
    let places = [
        ("set", suspect(At::Global(global), Some([Val::I32(0), Val::I32(7)]))),
        ("store", suspect(byte(12), None)),
        ("grow", suspect(At::Memory(memory), None)),
        ("grow the table", suspect(At::Table(table), None)),
        ("fill", suspect(At::Element(table, 0), None)),
        ("drop", suspect(At::Segments(InstanceId(0)), None)),
        ("nothing", suspect(byte(1), None)),
        ("nothing", suspect(byte(17), None)),
        ("nothing", suspect(At::End, None)),
    ];
    let (native, ..) = alike(&[("a", TEXT)]);
    for (called, _) in &places {
        let (mut canonical, ..) = alike(&[("a", TEXT)]);
        if *called != "nothing" {
            call(&mut canonical, "a", called, &[]);
        }
        for (name, suspect) in &places {
            let expected = name == called && *name != "nothing";
            assert_eq!(suspect.may_be_chosen(&side(&native), &side(&canonical)), expected, "{name} by {called}");
        }
    }
    // Bits of NaNs need not change, even within an object.
    for (numbers, expected) in [([NAN, OTHER], true), ([NAN, 1], false)] {
        let suspect = suspect(At::Element(table, 0), Some(numbers.map(Val::I32)));
        assert_eq!(suspect.may_be_chosen(&side(&native), &side(&left)), expected);
    }
    // If another instance was made, nothing is known about places.
    let (more, ..) = alike(&[("a", TEXT), ("b", TEXT)]);
    assert!(suspect(byte(1), None).may_be_chosen(&side(&native), &side(&more)));
}

/// The same for what a directive returns, throws and calls, and for where it traps: each number has to change. If it ends
/// differently under the canonical profile, anything may.
/// under the canonical profile, all may.
#[test]
fn an_outcome_has_to_change() {
    let (left, ..) = alike(&[]);
    let trap = || Outcome::Trap(TrapCode::Unreachable, "unreachable".into());
    let result = |left, right| suspect(At::Result(0), Some([Val::I32(left), Val::I32(right)]));
    let numbers = |values: &[u32]| values.iter().map(|v| Observed::I32(*v)).collect::<Vec<_>>();
    let thrown = |values: &[u32]| Observed::Exception(TagId(0), numbers(values));
    let exception = |values: &[u32]| Outcome::Exception(thrown(values));
    let throws = |values: &[u32]| suspect(At::Exception(thrown(values)), None);
    let chosen = |suspect: Suspect, native: &Outcome, canonical: &Outcome| {
        let of = |outcome| LeftSide { outcome: Some(outcome), ..side(&left) };
        suspect.may_be_chosen(&of(native), &of(canonical))
    };
    for (suspect, native, canonical, expected) in [
        (result(1, 2), returned(&[1]), returned(&[1]), false),
        (result(1, 2), returned(&[1]), returned(&[2]), true),
        (result(1, 2), returned(&[1]), trap(), true),
        (result(1, 2), returned(&[1, 5]), returned(&[1, 6]), false),
        (result(NAN, OTHER), returned(&[NAN]), returned(&[NAN]), true),
        (suspect(At::End, None), returned(&[1]), returned(&[2]), false),
        (suspect(At::End, None), returned(&[1]), trap(), true),
        (suspect(At::End, None), trap(), returned(&[1]), true),
        (suspect(At::End, None), trap(), trap(), false),
        (throws(&[2, 6]), exception(&[1, 5]), exception(&[3, 7]), true),
        (throws(&[2, 6]), exception(&[1, 5]), exception(&[3, 5]), false),
        (throws(&[2, 5]), exception(&[1, 5]), exception(&[3, 5]), true),
        (throws(&[OTHER, 6]), exception(&[NAN, 5]), exception(&[NAN, 7]), true),
        (throws(&[OTHER, 6]), exception(&[NAN, 5]), exception(&[NAN, 5]), false),
        (throws(&[2]), exception(&[1]), trap(), true),
    ] {
        assert_eq!(chosen(suspect.clone(), &native, &canonical), expected, "{suspect:?}: {native}, {canonical}");
    }
    let calls = |values: &[u32]| values.iter().map(|v| ("print_i32", vec![Val::I32(*v)])).collect::<Vec<HostCall>>();
    for (right, canonical, expected) in [
        (&[2, 6][..], &[1, 5][..], false),
        (&[2, 6], &[3, 7], true),
        (&[2, 6], &[3, 5], false),
        (&[2, 5], &[3, 5], true),
        (&[1], &[1, 5], false),
        (&[1], &[1], true),
        (&[1, 6], &[1], true),
    ] {
        let (calls_native, calls_canonical) = (calls(&[1, 5]), calls(canonical));
        let of = |calls| LeftSide { calls, ..side(&left) };
        let suspect = suspect(At::Calls(calls(right)), None);
        let found = suspect.may_be_chosen(&of(&calls_native[..]), &of(&calls_canonical[..]));
        assert_eq!(found, expected, "{right:?} {canonical:?}");
    }
    let frame = |function| BacktraceFrame {
        instance: InstanceId(0),
        function,
        name: String::new(),
        module_offset: Some(1),
        function_offset: None,
        tier: "interp",
        code_offset: None,
    };
    for (function, expected) in [(1, false), (2, true)] {
        let (native, canonical) = ([frame(1)], [frame(function)]);
        let of = |frames| LeftSide { frames, ..side(&left) };
        assert_eq!(suspect(At::Frames, None).may_be_chosen(&of(&native[..]), &of(&canonical[..])), expected);
    }
}

/// Of two copies of outcomes, only what differs has to be shown to be a choice.
#[test]
fn the_results_that_differ_are_told() {
    let map = Correspondence::default();
    let found = |left: &Outcome, right: &Outcome| of_outcomes((left, right), &Expect::Success, &map);
    let trap = Outcome::Trap(TrapCode::Unreachable, "unreachable".into());
    assert_eq!(found(&returned(&[1, 2]), &returned(&[1, 2])), []);
    let second = || suspect(At::Result(1), Some([Val::I32(2), Val::I32(5)]));
    assert_eq!(found(&returned(&[1, 2, 3]), &returned(&[1, 5, 3])), [second()]);
    assert_eq!(second().in_thread(7), Suspect { thread: Some(7), ..second() });
    for (left, right) in [(returned(&[1]), trap.clone()), (trap, returned(&[1])), (returned(&[1]), returned(&[1, 2]))] {
        assert_eq!(found(&left, &right), [suspect(At::End, None)]);
    }
    let thrown = |v| Observed::Exception(TagId(0), vec![Observed::I32(v)]);
    let of = found(&Outcome::Exception(thrown(1)), &Outcome::Exception(thrown(2)));
    assert_eq!(of, [suspect(At::Exception(thrown(2)), None)]);
}

/// What differs in a component at the end of a directive may cause all later differences there, and only there. So may NaNs that
/// are excused.
/// that are excused.
#[test]
fn what_was_unlike_before_a_directive_is_known() {
    const FLOAT: &str = r#"(module (global $f (mut f32) (f32.const nan))
      (func (export "set") (global.set $f (f32.const nan:0x400001))))"#;
    for text in [PLAIN, FLOAT] {
        let (left, mut right, mut pairing) = alike(&[("a", text), ("b", text)]);
        call(&mut right, "a", "set", &[]);
        let compare = |pairing: &mut Pairing| {
            let map = pairing.map.clone();
            let mut walk = Walk::new(&left.store, &right.store, &map);
            pairing.compare(&mut walk, None, true)
        };
        let unlike = |pairing: &Pairing| {
            [Some(InstanceId(0)), Some(InstanceId(1)), None].map(|instance| pairing.was_unlike(instance, &[]))
        };
        assert_eq!(unlike(&pairing), [false; 3]);
        let differ = compare(&mut pairing);
        assert_eq!(unlike(&pairing), [false; 3], "since the directive began");
        assert!(!pairing.was_unlike(Some(InstanceId(1)), &differ));
        pairing.begin_directive();
        assert_eq!(unlike(&pairing), [true, false, true]);
        assert_eq!(pairing.was_unlike(Some(InstanceId(1)), &differ), !differ.is_empty());
        compare(&mut pairing);
        pairing.begin_directive();
        assert_eq!(unlike(&pairing), [true, false, true]);
    }
}
