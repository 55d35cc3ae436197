use super::*;
use crate::runtime::trap::TrapCode;
use wasmparser::{RefType, ValType};

/// Assertions of all kinds that pass, with the observed outcomes.
fn passing() -> Vec<(Expect, Outcome)> {
    let returned = |ty, seen| Outcome::Returned(vec![(ty, seen)]);
    let vector = u128::from(0x7fc0_0001u32) << 32 | 1;
    let lanes = vec![Lane::Bits(1), Lane::Arithmetic, Lane::Bits(0), Lane::Bits(0)];
    vec![
        (Expect::Values(vec![]), Outcome::Returned(vec![])),
        (Expect::Values(vec![Pattern::I32(7)]), returned(ValType::I32, Observed::I32(7))),
        (Expect::Values(vec![Pattern::I64(7)]), returned(ValType::I64, Observed::I64(7))),
        (Expect::Values(vec![Pattern::F32(Lane::Bits(0))]), returned(ValType::F32, Observed::F32(0))),
        (Expect::Values(vec![Pattern::F64(Lane::Bits(1 << 63))]), returned(ValType::F64, Observed::F64(1 << 63))),
        (Expect::Values(vec![Pattern::F32(Lane::Canonical)]), returned(ValType::F32, Observed::F32(0xffc0_0000))),
        (Expect::Values(vec![Pattern::F32(Lane::Arithmetic)]), returned(ValType::F32, Observed::F32(0x7fc0_0001))),
        (Expect::Values(vec![Pattern::F64(Lane::Arithmetic)]), returned(ValType::F64, Observed::F64(0x7ff8 << 48))),
        (
            Expect::Values(vec![Pattern::V128(VectorShape::F32x4, lanes)]),
            returned(ValType::V128, Observed::V128(vector)),
        ),
        (Expect::Values(vec![Pattern::RefNull(None)]), returned(ValType::FUNCREF, Observed::Null)),
        (Expect::Values(vec![Pattern::RefNull(Some(Hierarchy::Func))]), returned(ValType::FUNCREF, Observed::Null)),
        (Expect::Values(vec![Pattern::RefNullDefined]), returned(ValType::FUNCREF, Observed::Null)),
        (Expect::Values(vec![Pattern::RefExtern(Some(3))]), returned(ValType::EXTERNREF, Observed::Extern(3))),
        (Expect::Values(vec![Pattern::RefExtern(None)]), returned(ValType::EXTERNREF, Observed::I31(3))),
        (Expect::Values(vec![Pattern::RefHost(3)]), returned(ValType::Ref(RefType::ANYREF), Observed::Extern(3))),
        (Expect::Values(vec![Pattern::RefAny]), returned(ValType::Ref(RefType::ANYREF), Observed::Extern(3))),
        (Expect::Values(vec![Pattern::RefEq]), returned(ValType::Ref(RefType::EQREF), Observed::I31(3))),
        (Expect::Values(vec![Pattern::RefI31]), returned(ValType::Ref(RefType::I31REF), Observed::I31(3))),
        (
            Expect::Values(vec![Pattern::Either(vec![Pattern::I32(1), Pattern::I32(2)])]),
            returned(ValType::I32, Observed::I32(2)),
        ),
        (
            Expect::Values(vec![Pattern::Either(vec![
                Pattern::V128(VectorShape::I64x2, vec![Lane::Bits(1), Lane::Bits(2)]),
                Pattern::V128(VectorShape::F64x2, vec![Lane::Canonical, Lane::Bits(2)]),
            ])]),
            returned(ValType::V128, Observed::V128(2 << 64 | 1)),
        ),
        (Expect::Trap("unreach".into()), Outcome::Trap(TrapCode::Unreachable, "unreachable".into())),
        (Expect::Exhaustion("call".into()), Outcome::Exhaustion("call stack exhausted".into())),
        (Expect::Suspension("unhandled".into()), Outcome::Suspension("unhandled tag".into())),
        (Expect::Malformed(String::new()), Outcome::Malformed("unexpected end".into())),
        (Expect::Invalid("type".into()), Outcome::Invalid("type mismatch".into())),
        (Expect::Unlinkable("unknown".into()), Outcome::Unlinkable("unknown import".into())),
        (Expect::Exception, Outcome::Exception(Observed::Extern(0))),
        (Expect::Success, Outcome::Done),
    ]
}

/// The mutants of an expected NaN are another NaN, which is not canonical, and a number.
#[test]
fn mutants_of_a_nan_are_a_nan_and_a_number() {
    for (width, canonical) in [(32, 0x7fc0_0000), (64, 0x7ff8_0000_0000_0000)] {
        for lane in [Lane::Canonical, Lane::Arithmetic] {
            for got in [canonical, canonical | 1, canonical | 2] {
                let [(MutantKind::NanPayload, Lane::Bits(nan)), (MutantKind::NanNumber, Lane::Bits(number))] =
                    float(lane, got, width)[..]
                else {
                    panic!("a NaN and a number")
                };
                assert!(nan & canonical == canonical && nan != canonical && nan != got, "{nan:#x} for {got:#x}");
                assert!(!is_nan(number, width), "{number:#x}");
            }
        }
    }
}

/// A mutant of a vector differs in one lane, which has no more bits than lanes of the shape have: otherwise nothing could ever
/// equal it.
#[test]
fn mutants_of_a_vector_are_vectors_of_its_shape() {
    use VectorShape::{F32x4, F64x2, I8x16, I16x8, I32x4, I64x2};
    for shape in [I8x16, I16x8, I32x4, I64x2, F32x4, F64x2] {
        let width = shape.lane_bits();
        let lanes: Vec<Lane> = (1..=u64::from(128 / width)).map(Lane::Bits).collect();
        let got = (0..128 / width).rev().fold(0, |all, lane| all << (width % 128) | u128::from(lane + 1));
        let mut changed = vec![0; lanes.len()];
        for (_, mutant) in vector(shape, &lanes, got) {
            let Pattern::V128(of, mutant) = mutant else { panic!("a vector") };
            assert!(of == shape && mutant.len() == lanes.len());
            let differ: Vec<usize> = (0..lanes.len()).filter(|&i| mutant[i] != lanes[i]).collect();
            let [lane] = differ[..] else { panic!("{shape:?}: {mutant:?}") };
            let Lane::Bits(bits) = mutant[lane] else { panic!("{shape:?}: {mutant:?}") };
            assert!(width == 64 || bits >> width == 0, "{shape:?}: {bits:#x} in lane {lane}");
            changed[lane] += 1;
        }
        assert!(changed.iter().all(|&count| count >= 2), "{shape:?}: {changed:?}");
    }
}

fn tally(mut lenience: Lenience) -> MutantTally {
    let mut tally = MutantTally::default();
    for (expect, outcome) in passing() {
        tally.check(|| format!("{expect}"), &expect, &outcome, &mut lenience);
    }
    tally
}

#[test]
fn another_type_has_the_same_bits() {
    let bits = Lane::Bits(0x8000_0000);
    for (pattern, other) in [
        (Pattern::I32(7), Pattern::I64(7)),
        (Pattern::I64(7), Pattern::F64(Lane::Bits(7))),
        (Pattern::F32(bits), Pattern::I32(0x8000_0000)),
        (Pattern::F64(bits), Pattern::I64(0x8000_0000)),
        (
            Pattern::Either(vec![Pattern::I32(7), Pattern::RefAny]),
            Pattern::Either(vec![Pattern::I64(7), Pattern::I32(0)]),
        ),
    ] {
        assert_eq!(other_type(&pattern), other, "{pattern}");
    }
}

#[test]
fn another_value_is_of_the_same_type_and_differs() {
    for (seen, ty, others) in [
        (Observed::I32(6), ValType::I32, vec![Pattern::I32(7)]),
        (Observed::I64(6), ValType::I64, vec![Pattern::I64(7)]),
        (Observed::F32(6), ValType::F32, vec![Pattern::F32(Lane::Bits(7))]),
        (Observed::F64(6), ValType::F64, vec![Pattern::F64(Lane::Bits(7))]),
    ] {
        assert_eq!(other_values(&seen), others, "{ty}");
        assert!(others.iter().all(|other| !other.matches(&seen, ty)), "{ty}");
    }
    let seen = Observed::V128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
    let others = other_values(&seen);
    assert!(others.iter().all(|other| !other.matches(&seen, ValType::V128)));
    assert_eq!(others.len(), 16, "one for each byte");
}

/// Tests which bits of a float are changed, by their role.
#[test]
fn each_part_of_a_float_is_changed_at_its_ends() {
    let changed = |pattern: Pattern, seen: Observed, bits: fn(&Pattern) -> Option<u64>| {
        let old = bits(&pattern).expect("bits");
        let all = patterns(&pattern, &seen).into_iter();
        all.filter_map(|(kind, changed)| Some((kind, (bits(&changed)? ^ old).trailing_zeros()))).collect::<Vec<_>>()
    };
    let f32 = changed(Pattern::F32(Lane::Bits(3)), Observed::F32(3), |pattern| match pattern {
        Pattern::F32(Lane::Bits(bits)) => Some(*bits),
        _ => None,
    });
    let f64 = changed(Pattern::F64(Lane::Bits(3)), Observed::F64(3), |pattern| match pattern {
        Pattern::F64(Lane::Bits(bits)) => Some(*bits),
        _ => None,
    });
    for (changed, digits, exponents, width) in [
        (f32, f32::MANTISSA_DIGITS, f32::MAX_EXP as u32 * 2, 32),
        (f64, f64::MANTISSA_DIGITS, f64::MAX_EXP as u32 * 2, 64),
    ] {
        let (fraction, exponent) = (digits - 1, exponents.ilog2());
        assert_eq!(fraction + exponent + 1, width);
        let bits = [
            (MutantKind::LowBit, 0),
            (MutantKind::MiddleBit, fraction / 2),
            (MutantKind::MiddleBit, fraction - 1),
            (MutantKind::Exponent, fraction),
            (MutantKind::Exponent, fraction + exponent - 1),
            (MutantKind::Sign, fraction + exponent),
        ];
        assert_eq!(changed, bits, "{width} bits");
    }
}

#[test]
fn a_strict_harness_kills_all() {
    let tally = tally(Lenience::default());
    assert_eq!(tally.not_passed, 0);
    assert_eq!(tally.survivors, Vec::<String>::new());
    assert_eq!(tally.unmutated, Vec::<String>::new());
    assert_eq!(
        tally.kinds.keys().copied().collect::<Vec<_>>(),
        MutantKind::ALL.iter().copied().filter(|kind| !kind.name().starts_with("xdiff-")).collect::<Vec<_>>(),
        "a kind without a mutant proves nothing"
    );
    assert!(tally.to_string().ends_with(&format!("mutants {0} killed {0} survived 0 unmutated 0", tally.mutants())));
}

/// Each end is changed to every end that the outcome does not meet. It would meet a rejection in the same phase, and a success if
/// values are expected.
#[test]
fn each_end_has_its_others() {
    let others: Vec<usize> = ends("x".into()).map(|end| other_ends(&end).len()).collect();
    let [stopped, rejected, linking, rejected_custom] = [[10; 3].as_slice(), &[9; 2], &[10], &[9; 2]];
    let (done, returned, thrown) = (10, 9, 10);
    assert_eq!(others, [stopped, rejected, linking, rejected_custom, &[done, returned, thrown]].concat());
}

/// Two columns may make different NaNs: the written mutant expects neither of them.
#[test]
fn a_mutant_that_is_written_fails_on_each_column() {
    use crate::conformance::read::script;
    let text = "(assert_return (invoke \"f\") (f32.const nan:arithmetic))";
    let buffer = script::lex(text).expect("tokens");
    let steps = script::parse(&buffer, text).expect("a script");
    let nan = |bits| Outcome::Returned(vec![(ValType::F32, Observed::F32(bits))]);
    // The first choice for one column is what the other one has.
    for (a, b) in [(0x7fc0_0000, 0x7fc0_0001), (0x7fc0_0001, 0x7fc0_0000), (0x7fc0_0002, 0x7fc0_0001)] {
        let outcomes = [("a", nan(a)), ("b", nan(b))];
        let mut checker = Checker::new(SelfCheck::default(), false, Messages::All);
        checker.picked = MutantKind::ALL
            .iter()
            .filter(|kind| **kind != MutantKind::NanPayload)
            .map(|kind| (*kind, (9, Expect::Success)))
            .collect();
        checker.step(&steps[0], outcomes.iter().map(|(name, outcome)| (*name, outcome)));
        match checker.picked.get(&MutantKind::NanPayload) {
            Some((_, picked)) => {
                let fails = |outcome| judge(picked, outcome).verdict == Verdict::Fail;
                assert!(outcomes.iter().all(|(_, outcome)| fails(outcome)), "{picked} for {a:x} and {b:x}");
            }
            // There is no other choice for these two.
            None => assert_eq!((a, b), (0x7fc0_0002, 0x7fc0_0001)),
        }
    }
}

/// The last line counts all survivors of every way, not only those that are listed.
#[test]
fn survivors_are_counted() {
    let mut tally = MutantTally { whole: (3, 2), ..MutantTally::default() };
    (0..LISTED + 7).for_each(|_| tally.survivor(|| "x".into()));
    assert_eq!(tally.survivors.len(), LISTED);
    let mut total = MutantTally::default();
    total += tally;
    assert!(total.to_string().ends_with("mutants 0 killed 0 survived 57 unmutated 0"), "{total}");
}

#[test]
fn every_lenience_lets_mutants_survive() {
    for lenience in Lenience::each() {
        let tally = tally(lenience.clone());
        assert!(!tally.survivors.is_empty(), "{lenience:?} goes unnoticed");
        assert!(tally.killed() < tally.mutants());
    }
}

#[test]
fn what_failed_is_not_mutated() {
    let mut tally = MutantTally::default();
    let outcome = Outcome::Crash("SIGSEGV".into());
    tally.check(String::new, &Expect::Trap("x".into()), &outcome, &mut Lenience::default());
    assert_eq!((tally.mutants(), tally.not_passed), (0, 1));
}

/// A tally is fine only if something was checked, in both ways, and nothing is wrong.
#[test]
fn a_tally_is_fine_for_every_reason() {
    let kinds = BTreeMap::from([(MutantKind::Sign, (3, 3))]);
    let fine = || MutantTally { kinds: kinds.clone(), whole: (2, 2), ..MutantTally::default() };
    assert!(fine().is_fine());
    let least = BTreeMap::from([(MutantKind::Sign, (1, 1))]);
    assert!(MutantTally { kinds: least, whole: (1, 1), ..fine() }.is_fine());
    assert!(MutantTally { not_passed: 1, judged_once: 1, ..fine() }.is_fine(), "counted, and not wrong");
    for wrong in [
        MutantTally::default(),
        MutantTally { kinds: BTreeMap::new(), ..fine() },
        MutantTally { kinds: BTreeMap::from([(MutantKind::Sign, (0, 0))]), ..fine() },
        MutantTally { whole: (0, 0), ..fine() },
        MutantTally { survivors: vec!["x".into()], ..fine() },
        MutantTally { unmutated: vec!["x".into()], ..fine() },
        MutantTally { unexpected: 1, ..fine() },
    ] {
        assert!(!wrong.is_fine(), "{wrong}");
    }
}

/// Every figure has its line, except those that are zero; figures are added one by one.
#[test]
fn tallies_are_added_and_shown() {
    let tally = |first: u64| MutantTally {
        kinds: BTreeMap::from([(MutantKind::Sign, (first + 1, first))]),
        survived: first + 7,
        survivors: vec![format!("s{first}")],
        unmutated: vec![format!("u{first}")],
        not_passed: first + 2,
        unexpected: first + 3,
        judged_once: first + 4,
        whole: (first + 6, first + 5),
        text: Some(MutatedText { text: String::new(), failing: Vec::new() }),
    };
    let mut sum = tally(10);
    sum += MutantTally { kinds: BTreeMap::from([(MutantKind::Lane, (9, 7))]), ..tally(100) };
    sum += tally(1000);
    let expected = [
        "mutation         mutants    killed  survived",
        "sign                1012      1010         2",
        "lane                   9         7         2",
        "unmutated: u10",
        "unmutated: u100",
        "unmutated: u1000",
        "survived: s10",
        "survived: s100",
        "survived: s1000",
        "through all         1128      1125         3",
        "1116 assertions did not pass and were not mutated",
        "1119 results were unexpected before anything was changed; `wasmoon test` shows them",
        "1122 assertions check only the decoder and validator that all columns share, so they count once",
        "mutants 1021 killed 1017 survived 1131 unmutated 3",
    ];
    assert_eq!(sum.to_string().lines().collect::<Vec<_>>(), expected);
    assert_eq!((sum.mutants(), sum.killed(), sum.text), (1021, 1017, None));
    let nothing = MutantTally::default().to_string();
    let expected = [
        expected[0],
        "through all            0         0         0",
        "no mutant went through all: no assertion outside of threads that can be rewritten passed",
        "mutants 0 killed 0 survived 0 unmutated 0",
    ];
    assert_eq!(nothing.lines().collect::<Vec<_>>(), expected);
}

/// Only what passed in every column is changed in the text, since it has to fail in every column.
#[test]
fn an_assertion_is_written_anew_if_it_passed_everywhere() {
    let step = |index: &str| ScriptStep {
        index: index.into(),
        line: 1,
        text: "assert_return f".into(),
        action: Action::Invoke { module: None, name: "f".into(), args: Vec::new() },
        source: None,
        expect: Expect::Values(vec![Pattern::I32(7)]),
    };
    let returned = |v| Outcome::Returned(vec![(ValType::I32, Observed::I32(v))]);
    let (right, wrong) = (returned(7), returned(8));
    let picked = |index: &str, columns: &[&Outcome]| {
        let mut checker = Checker::new(SelfCheck::default(), false, Messages::All);
        checker.step(&step(index), columns.iter().map(|outcome| ("column", *outcome)));
        assert_eq!(checker.tally.not_passed, columns.iter().filter(|o| **o == &wrong).count() as u64);
        checker.picked.len()
    };
    assert_eq!(picked("0", &[&right, &right]), 1, "one mutant of a directive");
    for columns in [&[&wrong, &right][..], &[&right, &wrong], &[&wrong], &[&right, &wrong, &right], &[]] {
        assert_eq!(picked("0", columns), 0, "{columns:?}");
    }
    assert_eq!(picked("0.1", &[&right]), 0, "a nested one has no position");
}

/// All mutants of an expectation, in order: each change, and why it must fail.
#[test]
fn each_expectation_has_these_mutants() {
    use MutantKind::{End, FewerResults, HighBit, LowBit, MessageCase, MessageEnd, MessageMiddle, MessageStart};
    use MutantKind::{MiddleBit, MoreResults, Success, Type};
    use Reason::{Arity, Kind, Value};
    type Text = fn(String) -> Expect;
    let of = |kind: MutantKind, reason: Reason, list: Vec<Expect>| -> Vec<Mutant> {
        list.into_iter().map(|expect| Mutant { kind, expect, reason }).collect()
    };
    let texts = |ends: &[Text], text: &str| -> Vec<Expect> { ends.iter().map(|end| end(text.into())).collect() };
    let messages = |end: Text, list: &[(MutantKind, &str)]| -> Vec<Mutant> {
        list.iter().flat_map(|(kind, text)| of(*kind, Reason::Message, vec![end((*text).into())])).collect()
    };
    let values = |list: &[Pattern]| Expect::Values(list.to_vec());
    let (five, six) = (Pattern::I32(5), Pattern::I64(6));
    let results = vec![(ValType::I32, Observed::I32(5)), (ValType::I64, Observed::I64(6))];
    let all: [Text; 8] = [
        Expect::Trap,
        Expect::Exhaustion,
        Expect::Suspension,
        Expect::Malformed,
        Expect::Invalid,
        Expect::Unlinkable,
        Expect::MalformedCustom,
        Expect::InvalidCustom,
    ];
    let plain = || vec![Expect::Success, values(&[]), Expect::Exception];
    let failures = || [texts(&all, ""), vec![Expect::Exception]].concat();
    let first = |pattern: Pattern| vec![values(&[pattern, six.clone()])];
    let second = |pattern: Pattern| vec![values(&[five.clone(), pattern])];
    for (expect, outcome, mutated) in [
        (
            values(&[five.clone(), six.clone()]),
            Outcome::Returned(results),
            vec![
                of(LowBit, Value, first(Pattern::I32(4))),
                of(MiddleBit, Value, first(Pattern::I32(0x8005))),
                of(MiddleBit, Value, first(Pattern::I32(0x1_0005))),
                of(HighBit, Value, first(Pattern::I32(0x8000_0005))),
                of(Type, Value, first(Pattern::I64(5))),
                of(LowBit, Value, second(Pattern::I64(7))),
                of(MiddleBit, Value, second(Pattern::I64(0x8000_0006))),
                of(MiddleBit, Value, second(Pattern::I64(0x1_0000_0006))),
                of(HighBit, Value, second(Pattern::I64(0x8000_0000_0000_0006))),
                of(Type, Value, second(Pattern::F64(Lane::Bits(6)))),
                of(MoreResults, Arity, vec![values(&[five.clone(), six.clone(), Pattern::I32(0)])]),
                of(FewerResults, Arity, vec![values(std::slice::from_ref(&five))]),
                of(End, Kind, failures()),
            ],
        ),
        (
            values(&[]),
            Outcome::Returned(Vec::new()),
            vec![of(MoreResults, Arity, vec![values(&[Pattern::I32(0)])]), of(End, Kind, failures())],
        ),
        (Expect::Success, Outcome::Done, vec![of(Success, Kind, failures())]),
        (
            Expect::Exception,
            Outcome::Exception(Observed::Extern(0)),
            vec![of(End, Kind, [texts(&all, ""), vec![Expect::Success, values(&[])]].concat())],
        ),
        (
            Expect::Trap("abCde".into()),
            Outcome::Trap(TrapCode::Unreachable, "abCdef".into()),
            vec![
                messages(
                    Expect::Trap,
                    &[
                        (MessageStart, "\u{7f}abCde"),
                        (MessageEnd, "abCde\u{7f}"),
                        (MessageStart, "\u{7f}bCde"),
                        (MessageMiddle, "ab\u{7f}de"),
                        (MessageEnd, "abCd\u{7f}"),
                        (MessageCase, "ABCDE"),
                    ],
                ),
                of(End, Kind, [texts(&all[1..], "abCde"), plain()].concat()),
            ],
        ),
        (
            Expect::Malformed(String::new()),
            Outcome::Malformed("x".into()),
            vec![
                messages(Expect::Malformed, &[(MessageStart, "\u{7f}"), (MessageEnd, "\u{7f}")]),
                of(End, Kind, [texts(&[all[0], all[1], all[2], all[4], all[5], all[7]], ""), plain()].concat()),
            ],
        ),
        (
            Expect::InvalidCustom("AB".into()),
            Outcome::InvalidCustom("AB".into()),
            vec![
                messages(
                    Expect::InvalidCustom,
                    &[
                        (MessageStart, "\u{7f}AB"),
                        (MessageEnd, "AB\u{7f}"),
                        (MessageStart, "\u{7f}B"),
                        (MessageMiddle, "A\u{7f}"),
                        (MessageEnd, "A\u{7f}"),
                    ],
                ),
                of(End, Kind, [texts(&[all[0], all[1], all[2], all[3], all[5], all[6]], "AB"), plain()].concat()),
            ],
        ),
    ] {
        assert_eq!(mutants(&expect, &outcome), mutated.concat(), "{expect}");
    }
}

/// All mutants of an expected number or reference, in order.
#[test]
fn each_result_has_these_mutants() {
    use MutantKind::{Alternatives, Exponent, LowBit, MiddleBit, NanNumber, NanPayload, Reference, Sign, Type};
    let single = |bits| Pattern::F32(Lane::Bits(bits));
    let double = |bits| Pattern::F64(Lane::Bits(bits));
    for (pattern, seen, changed) in [
        (
            single(0x7fc0_0003),
            Observed::F32(0x7fc0_0003),
            vec![
                (LowBit, single(0x7fc0_0002)),
                (MiddleBit, single(0x7fc0_0803)),
                (MiddleBit, single(0x7f80_0003)),
                (Exponent, single(0x7f40_0003)),
                (Exponent, single(0x3fc0_0003)),
                (Sign, single(0xffc0_0003)),
                (NanPayload, single(0x7fc0_0001)),
                (Type, Pattern::I32(0x7fc0_0003)),
            ],
        ),
        (
            double(0x7ff8_0000_0000_0003),
            Observed::F64(0x7ff8_0000_0000_0003),
            vec![
                (LowBit, double(0x7ff8_0000_0000_0002)),
                (MiddleBit, double(0x7ff8_0000_0400_0003)),
                (MiddleBit, double(0x7ff0_0000_0000_0003)),
                (Exponent, double(0x7fe8_0000_0000_0003)),
                (Exponent, double(0x3ff8_0000_0000_0003)),
                (Sign, double(0xfff8_0000_0000_0003)),
                (NanPayload, double(0x7ff8_0000_0000_0001)),
                (Type, Pattern::I64(0x7ff8_0000_0000_0003)),
            ],
        ),
        (
            Pattern::F32(Lane::Canonical),
            Observed::F32(0x7fc0_0000),
            vec![(NanPayload, single(0x7fc0_0001)), (NanNumber, single(0)), (Type, Pattern::I32(0))],
        ),
        (
            Pattern::F32(Lane::Arithmetic),
            Observed::F32(0x7fc0_0001),
            vec![(NanPayload, single(0x7fc0_0002)), (NanNumber, single(0)), (Type, Pattern::I32(0))],
        ),
        (
            Pattern::F64(Lane::Canonical),
            Observed::F64(0xfff8 << 48),
            vec![(NanPayload, double(0x7ff8_0000_0000_0001)), (NanNumber, double(0)), (Type, Pattern::I64(0))],
        ),
        (
            Pattern::F64(Lane::Arithmetic),
            Observed::F64(0x7ff8_0000_0000_0001),
            vec![(NanPayload, double(0x7ff8_0000_0000_0002)), (NanNumber, double(0)), (Type, Pattern::I64(0))],
        ),
        (
            Pattern::Either(vec![Pattern::I32(3), Pattern::I32(7)]),
            Observed::I32(7),
            vec![
                (Alternatives, Pattern::Either(vec![Pattern::I32(6), Pattern::I32(6)])),
                (Alternatives, Pattern::Either(vec![Pattern::I64(3), Pattern::I64(7)])),
            ],
        ),
    ] {
        assert_eq!(patterns(&pattern, &seen), changed, "{pattern}");
    }
    let null = |hierarchy| Pattern::RefNull(Some(hierarchy));
    let any_null = || Pattern::RefNull(None);
    for (pattern, others) in [
        (any_null(), vec![Pattern::RefExtern(None)]),
        (null(Hierarchy::Func), vec![Pattern::RefExtern(None), null(Hierarchy::Extern)]),
        (null(Hierarchy::Extern), vec![Pattern::RefExtern(None), null(Hierarchy::Func)]),
        (null(Hierarchy::Any), vec![Pattern::RefExtern(None), null(Hierarchy::Func)]),
        (Pattern::RefNullDefined, vec![Pattern::RefExtern(None), null(Hierarchy::Extern)]),
        (Pattern::RefExtern(None), vec![any_null(), Pattern::RefAny]),
        (Pattern::RefExtern(Some(3)), vec![any_null(), Pattern::RefExtern(Some(2))]),
        (Pattern::RefHost(3), vec![any_null(), Pattern::RefHost(2)]),
        (Pattern::RefFunc(None), vec![any_null()]),
        (Pattern::RefFunc(Some(3)), vec![any_null(), Pattern::RefFunc(Some(2))]),
        (Pattern::RefAny, vec![any_null(), Pattern::RefExtern(None)]),
        (Pattern::RefEq, vec![any_null(), Pattern::RefExtern(None)]),
        (Pattern::RefArray, vec![any_null(), Pattern::RefStruct]),
        (Pattern::RefStruct, vec![any_null(), Pattern::RefArray]),
        (Pattern::RefExn, vec![any_null(), null(Hierarchy::Exn)]),
        (Pattern::RefCont, vec![any_null(), null(Hierarchy::Cont)]),
        (Pattern::RefI31, vec![any_null(), Pattern::RefStruct]),
        (Pattern::RefI31Shared, vec![any_null(), Pattern::RefStruct]),
    ] {
        let mut changed: Vec<_> = others.into_iter().map(|other| (Reference, other)).collect();
        changed.push((Type, Pattern::I32(0)));
        assert_eq!(patterns(&pattern, &Observed::Null), changed, "{pattern}");
    }
}

/// All mutants of an expected vector, lane by lane.
#[test]
fn each_lane_has_these_mutants() {
    use MutantKind::{NanNumber, NanPayload, Type};
    use VectorShape::{F32x4, F64x2, I8x16, I16x8, I32x4, I64x2};
    let each_lane = |shape: VectorShape, lanes: Vec<Lane>, changes: Vec<Vec<(MutantKind, u64)>>, seen: u128| {
        let mut all = Vec::new();
        for (i, changes) in changes.into_iter().enumerate() {
            for (kind, bits) in changes {
                let mut lanes = lanes.clone();
                lanes[i] = Lane::Bits(bits);
                all.push((kind, Pattern::V128(shape, lanes)));
            }
        }
        all.push((Type, Pattern::I32(0)));
        assert_eq!(patterns(&Pattern::V128(shape, lanes), &Observed::V128(seen)), all, "{shape:?}");
    };
    for (shape, lanes, changed) in [
        (I8x16, 16, vec![4, 0x0d, 0x15, 0x85]),
        (I16x8, 8, vec![4, 0x85, 0x105, 0x8005]),
        (I32x4, 4, vec![4, 0x8005, 0x1_0005, 0x8000_0005]),
        (I64x2, 2, vec![4, 0x8000_0005, 0x1_0000_0005, 0x8000_0000_0000_0005]),
        (F32x4, 4, vec![4, 0x805, 0x40_0005, 0x80_0005, 0x4000_0005, 0x8000_0005]),
        (
            F64x2,
            2,
            vec![
                4,
                0x400_0005,
                0x0008_0000_0000_0005,
                0x0010_0000_0000_0005,
                0x4000_0000_0000_0005,
                0x8000_0000_0000_0005,
            ],
        ),
    ] {
        let changes: Vec<_> = changed.into_iter().map(|bits| (MutantKind::Lane, bits)).collect();
        each_lane(shape, vec![Lane::Bits(5); lanes], vec![changes; lanes], 0);
    }
    // For a NaN, one that differs from the one observed in this lane.
    let nan = |bits| vec![(NanPayload, bits), (NanNumber, 0)];
    let (first, second) = (0x7fc0_0001, 0x7fc0_0002);
    each_lane(
        F32x4,
        vec![Lane::Arithmetic; 4],
        vec![nan(second), nan(first), nan(first), nan(second)],
        0x7fc0_0001_7fc0_0000_ffc0_0001_7fc0_0001,
    );
    let (first, second) = (0x7ff8_0000_0000_0001, 0x7ff8_0000_0000_0002);
    each_lane(
        F64x2,
        vec![Lane::Arithmetic, Lane::Canonical],
        vec![nan(second), nan(first)],
        0xfff8_0000_0000_0001_7ff8_0000_0000_0001,
    );
}

/// The lowest bit of a number is flipped, whatever it was; in a vector, that of each byte is.
#[test]
fn another_value_has_another_lowest_bit() {
    for (seen, other) in [
        (Observed::I32(7), Pattern::I32(6)),
        (Observed::I64(7), Pattern::I64(6)),
        (Observed::F32(7), Pattern::F32(Lane::Bits(6))),
        (Observed::F64(7), Pattern::F64(Lane::Bits(6))),
    ] {
        assert_eq!(other_values(&seen), [other], "{seen}");
    }
    let bytes = [0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa, 0x99, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x00];
    let others = (0..16).map(|i| {
        let mut bytes = bytes;
        bytes[i] ^= 1;
        Pattern::V128(VectorShape::I8x16, bytes.map(Lane::Bits).to_vec())
    });
    let seen = Observed::V128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
    assert_eq!(other_values(&seen), others.collect::<Vec<_>>());
    assert_eq!(other_values(&Observed::Null), Vec::new());
}

fn step(index: &str, action: Action, expect: Expect) -> ScriptStep<'static> {
    ScriptStep { index: index.into(), line: 4, text: "invoke f".into(), action, source: None, expect }
}

fn invoke() -> Action {
    Action::Invoke { module: None, name: "f".into(), args: Vec::new() }
}

/// The number of mutants of one expected i32 by kind, all killed, times a number of assertions.
fn of_one_number(times: u64) -> BTreeMap<MutantKind, (u64, u64)> {
    use MutantKind::{End, FewerResults, HighBit, LowBit, MiddleBit, MoreResults, Type};
    let single = [LowBit, HighBit, Type, MoreResults, FewerResults].map(|kind| (kind, 1));
    let kinds = single.into_iter().chain([(MiddleBit, 2), (End, 9)]);
    kinds.map(|(kind, count)| (kind, (times * count, times * count))).collect()
}

/// The first mutant of each kind is written, and no two for one directive.
#[test]
fn the_first_mutant_of_each_kind_is_written() {
    let seven = Outcome::Returned(vec![(ValType::I32, Observed::I32(7))]);
    let returned = |v| Expect::Values(vec![Pattern::I32(v)]);
    let checked = || {
        let mut checker = Checker::new(SelfCheck::default(), false, Messages::All);
        for index in ["3", "2", "1"] {
            checker.step(&step(index, invoke(), returned(7)), [("a", &seven)].into_iter());
        }
        checker
    };
    let (low, middle, high) = (MutantKind::LowBit, MutantKind::MiddleBit, MutantKind::HighBit);
    let picked = [(low, (3, returned(6))), (middle, (2, returned(0x8007))), (high, (1, returned(0x8000_0007)))];
    assert_eq!(checked().picked, BTreeMap::from(picked));
    let script = |numbers: [i32; 3]| {
        let directive = |number: i32| format!("\n(assert_return (invoke \"f\") (i32.const {number}))");
        format!("(module){}", numbers.map(directive).concat())
    };
    let failing = vec![(1, high), (2, middle), (3, low)];
    let text = MutatedText { text: script([i32::MIN + 7, 0x8007, 6]), failing };
    assert_eq!(
        checked().finish(&script([7; 3]), None),
        MutantTally { kinds: of_one_number(3), text: Some(text), ..MutantTally::default() }
    );
    // It does not have the directives.
    assert_eq!(
        checked().finish("(module)", None),
        MutantTally {
            kinds: of_one_number(3),
            survived: 1,
            survivors: vec!["the script cannot be rewritten".into()],
            ..MutantTally::default()
        }
    );
}

/// A written mutant can be read again, and counts: a message of a kind that counts, and an expectation that the format can
/// express.
#[test]
fn a_mutant_that_is_written_can_be_read_and_counts() {
    use Messages::{All, None as NoMessages, OfExecution};
    let trap = |text: &str| (Expect::Trap("x".into()), Outcome::Trap(TrapCode::Unreachable, text.into()));
    let invalid = || (Expect::Invalid("x".into()), Outcome::Invalid("x".into()));
    let written = |kind: MutantKind, expect: Expect| vec![(kind, (0usize, expect))];
    let start = |expect| written(MutantKind::MessageStart, expect);
    let end = |expect| written(MutantKind::End, expect);
    let (exhaustion, suspension) = (Expect::Exhaustion("x".into()), Expect::Suspension("x".into()));
    let malformed = Expect::Malformed("x".into());
    let (other_trap, other_invalid) = (Expect::Trap("\u{7f}x".into()), Expect::Invalid("\u{7f}x".into()));
    for (action, (expect, outcome), is_json, messages, written) in [
        (invoke(), trap("xy"), false, All, start(other_trap.clone())),
        (invoke(), trap("xy"), false, OfExecution, start(other_trap.clone())),
        (invoke(), trap("xy"), false, NoMessages, end(exhaustion)),
        (Action::Check, invalid(), false, All, start(other_invalid)),
        (Action::Check, invalid(), false, OfExecution, end(malformed.clone())),
        (Action::Check, invalid(), false, NoMessages, end(malformed.clone())),
        (Action::Anonymous, trap("x"), false, NoMessages, end(suspension)),
        (Action::Anonymous, trap("x"), true, NoMessages, end(malformed)),
        (Action::Anonymous, trap("x"), true, All, start(other_trap)),
        (invoke(), (Expect::Success, Outcome::Done), false, All, Vec::new()),
    ] {
        let mut checker = Checker::new(SelfCheck::default(), is_json, messages);
        let step = step("0", action, expect);
        checker.step(&step, [("a", &outcome), ("b", &outcome)].into_iter());
        let picked: Vec<_> = checker.picked.into_iter().collect();
        assert_eq!(picked, written, "{:?}, JSON: {is_json}, {messages:?}", step.action);
        let judged_once = u64::from(step.action == Action::Check);
        assert_eq!((checker.tally.judged_once, checker.tally.not_passed), (judged_once, 0), "{:?}", step.action);
    }
}

/// Every mutant is counted by its kind, and one that was not killed is described.
#[test]
fn each_mutant_is_counted_and_survivors_are_described() {
    use crate::conformance::outcome::equality::Correspondence;
    let expect = Expect::Values(vec![Pattern::I32(5)]);
    let five = Outcome::Returned(vec![(ValType::I32, Observed::I32(5))]);
    let mut checker = Checker::new(SelfCheck { forgive: Some(Forgiven::FirstFailure) }, false, Messages::All);
    let step = step("0", invoke(), expect);
    checker.step(&step, [("interp", &five)].into_iter());
    let mut kinds = of_one_number(1);
    kinds.insert(MutantKind::LowBit, (1, 0));
    let low = "line 4 invoke f on interp: low-bit mutant expects returned [i32 4], got returned [i32 5]: judged \
                   Judgement { verdict: Pass, reason: None }, not a failure by Value";
    let mut expected = MutantTally { kinds, survived: 1, survivors: vec![low.into()], ..MutantTally::default() };
    assert_eq!(checker.tally, expected);
    let end = |outcome| compared::MutatedEnd {
        kind: MutantKind::ComparedEnd,
        outcome,
        roots: Vec::new(),
        map: Correspondence::default(),
    };
    let ends = [Outcome::Done, Outcome::Unlinkable("m".into()), Outcome::Done].map(end);
    checker.compared(&step, "interp/jit", &ends, |end| end.outcome == Outcome::Done);
    expected.kinds.insert(MutantKind::ComparedEnd, (3, 2));
    expected.survived += 1;
    let taken = "line 4 invoke f on interp/jit: xdiff-end mutant is not told apart: unlinkable: m";
    expected.survivors.push(taken.into());
    assert_eq!(checker.tally, expected);
}
