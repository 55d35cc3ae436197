//! Mutants of the comparison: the outcome of a directive on one side, changed so that it differs from the other side's. The
//! comparison of the two sides (`compare_ends`) must notice each.

use super::kinds::{MutantKind, integer};
use crate::conformance::judge::verdict::judge;
use crate::conformance::outcome::equality::Correspondence;
use crate::conformance::outcome::numbers::is_nan;
use crate::conformance::outcome::observed::Observed;
use crate::conformance::outcome::{Expect, Outcome};
use crate::conformance::record::Verdict;
use crate::runtime::trap::TrapCode;
use crate::runtime::value::{Ref, Val};

/// The end of a directive on one side of a comparison.
#[derive(Clone, Debug)]
pub struct MutatedEnd {
    /// The mutator that made it.
    pub kind: MutantKind,
    /// The changed outcome.
    pub outcome: Outcome,
    /// Its values: the results, or the exception.
    pub roots: Vec<Val>,
    /// The correspondence of the entities of the two sides.
    pub map: Correspondence,
}

/// All mutants of an end that is the same on both sides. These do not include differences that a comparison may excuse: one NaN
/// in place of another, or the depth of the stack.
pub fn other_ends(expect: &Expect, outcome: &Outcome, roots: &[Val], map: &Correspondence) -> Vec<MutatedEnd> {
    let mut out = Vec::new();
    if outcome.is_exhausted() || matches!(outcome, Outcome::Unsupported(_) | Outcome::Blocked { .. }) {
        return out;
    }
    let mut push = |kind, outcome: &Outcome, roots: &[Val], map: &Correspondence| {
        out.push(MutatedEnd { kind, outcome: outcome.clone(), roots: roots.to_vec(), map: map.clone() });
    };
    for other in ends() {
        if std::mem::discriminant(&other) != std::mem::discriminant(outcome) {
            push(MutantKind::ComparedEnd, &other, &[], map);
        }
    }
    match outcome {
        Outcome::Returned(values) => {
            if let Some((_, fewer)) = values.split_last() {
                push(MutantKind::ComparedNumber, &Outcome::Returned(fewer.to_vec()), &roots[..roots.len() - 1], map);
            }
            for (i, root) in roots.iter().enumerate() {
                for changed in others(*root) {
                    let mut values = values.clone();
                    if let Some(seen) = scalar(changed) {
                        values[i].1 = seen;
                    }
                    let changed_outcome = Outcome::Returned(values);
                    // A lane that the script expects as a NaN may be another NaN.
                    let may_be_nan = matches!((changed, expect), (Val::V128(_), Expect::Values(_)));
                    if may_be_nan && judge(expect, &changed_outcome).verdict == Verdict::Pass {
                        continue;
                    }
                    let mut roots = roots.to_vec();
                    roots[i] = changed;
                    push(MutantKind::ComparedValue, &changed_outcome, &roots, map);
                }
            }
        }
        Outcome::Trap(code, message) => {
            if let Some(other) = TrapCode::ALL.iter().find(|other| *other != code) {
                push(MutantKind::ComparedText, &Outcome::Trap(*other, message.clone()), roots, map);
            }
            push(MutantKind::ComparedText, &Outcome::Trap(*code, format!("{message} ")), roots, map);
        }
        Outcome::Unlinkable(message) => {
            push(MutantKind::ComparedText, &Outcome::Unlinkable(format!("{message} ")), roots, map);
        }
        _ => {}
    }
    // Another instance's function, another tag: nothing on one side corresponds to its former counterpart.
    if roots.iter().any(|root| matches!(root, Val::Ref(Ref::Func(_)))) && has_function(outcome) {
        let mut map = map.clone();
        map.instances.values_mut().for_each(|instance| instance.0 ^= 1 << 30);
        push(MutantKind::ComparedInstance, outcome, roots, &map);
    }
    if matches!(outcome, Outcome::Exception(_)) {
        let mut map = map.clone();
        map.tags.values_mut().for_each(|tag| tag.0 ^= 1 << 30);
        push(MutantKind::ComparedTag, outcome, roots, &map);
    }
    out
}

/// An end of each kind.
fn ends() -> [Outcome; 6] {
    let text = || "m".to_string();
    [
        Outcome::Done,
        Outcome::Returned(Vec::new()),
        Outcome::Trap(TrapCode::Unreachable, text()),
        Outcome::Malformed(text().into()),
        Outcome::Invalid(text().into()),
        Outcome::Unlinkable(text()),
    ]
}

/// Values of the same type that differ.
fn others(value: Val) -> Vec<Val> {
    let float = |bits: u64, width: u32| {
        let fraction = if width == 32 { 23 } else { 52 };
        let masks = [0, fraction / 2, fraction, width - 2, width - 1].map(|bit| bits ^ 1 << bit);
        masks.into_iter().filter(move |other| !(is_nan(bits, width) && is_nan(*other, width)))
    };
    match value {
        Val::I32(v) => integer(32).into_iter().map(|(_, mask)| Val::I32(v ^ mask as u32)).collect(),
        Val::I64(v) => integer(64).into_iter().map(|(_, mask)| Val::I64(v ^ mask)).collect(),
        Val::F32(v) => float(u64::from(v), 32).map(|bits| Val::F32(bits as u32)).collect(),
        Val::F64(v) => float(v, 64).map(Val::F64).collect(),
        Val::V128(v) => (0..16).map(|byte| Val::V128(v ^ 1 << (8 * byte))).collect(),
        Val::Ref(Ref::Null) => Vec::new(),
        Val::Ref(_) => vec![Val::Ref(Ref::Null)],
    }
}

/// The value as observed, if it is a number.
fn scalar(value: Val) -> Option<Observed> {
    Some(match value {
        Val::I32(v) => Observed::I32(v),
        Val::I64(v) => Observed::I64(v),
        Val::F32(v) => Observed::F32(v),
        Val::F64(v) => Observed::F64(v),
        Val::V128(v) => Observed::V128(v),
        Val::Ref(_) => return None,
    })
}

/// Whether a result is a function of an instance: host functions have none.
fn has_function(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Returned(values) if values.iter().any(|(_, seen)| matches!(seen, Observed::Func { .. })))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each value is changed in some of its bits, as many and as far apart as its classes say.
    #[test]
    fn other_values_differ_in_the_bits_of_each_class() {
        let bits = |value: Val| -> Vec<u32> {
            let raw = |value: Val| match value {
                Val::I32(v) | Val::F32(v) => u128::from(v),
                Val::I64(v) | Val::F64(v) => u128::from(v),
                Val::V128(v) => v,
                Val::Ref(_) => panic!("a number"),
            };
            let changed = others(value).into_iter().map(|other| {
                assert_eq!(std::mem::discriminant(&other), std::mem::discriminant(&value));
                let changed = raw(other) ^ raw(value);
                assert_eq!(changed.count_ones(), 1, "{value:?} {other:?}");
                changed.trailing_zeros()
            });
            changed.collect()
        };
        assert_eq!(bits(Val::I32(5)), [0, 15, 16, 31]);
        assert_eq!(bits(Val::I64(5)), [0, 31, 32, 63]);
        assert_eq!(bits(Val::F32(0)), [0, 11, 23, 30, 31]);
        assert_eq!(bits(Val::F64(0)), [0, 26, 52, 62, 63]);
        // Of a NaN, the bits whose change does not make another NaN.
        assert_eq!(bits(Val::F32(0x7f80_0001)), [0, 23, 30]);
        assert_eq!(bits(Val::F32(0x7fc0_0000)), [23, 30]);
        assert_eq!(bits(Val::F64(0x7ff8 << 48)), [52, 62]);
        assert_eq!(bits(Val::V128(u128::MAX)), (0..16).map(|byte| 8 * byte).collect::<Vec<_>>());
        assert_eq!(others(Val::Ref(Ref::Null)), []);
    }

    /// The mutants of an end, in order, each with its outcome, values and counterparts.
    #[test]
    fn each_end_has_these_mutants() {
        use crate::conformance::outcome::numbers::VectorShape;
        use crate::conformance::outcome::pattern::{Lane, Pattern};
        use crate::runtime::store::{InstanceId, TagId};
        use crate::runtime::value::FuncRef;
        use MutantKind::{ComparedEnd, ComparedInstance, ComparedNumber, ComparedTag, ComparedText, ComparedValue};
        use wasmparser::ValType;
        /// The bit that turns a counterpart into a different one.
        const CHANGED: u32 = 1 << 30;
        type Mutated = (MutantKind, Outcome, Vec<Val>);
        let map = Correspondence {
            instances: [(InstanceId(0), InstanceId(5)), (InstanceId(1), InstanceId(CHANGED | 6))].into(),
            tags: [(TagId(0), TagId(7)), (TagId(1), TagId(CHANGED | 8))].into(),
            canonical: true,
        };
        let others = Correspondence {
            instances: [(InstanceId(0), InstanceId(CHANGED | 5)), (InstanceId(1), InstanceId(6))].into(),
            tags: [(TagId(0), TagId(CHANGED | 7)), (TagId(1), TagId(8))].into(),
            canonical: true,
        };
        let function = Val::Ref(Ref::Func(FuncRef(std::ptr::NonNull::dangling())));
        let null = Val::Ref(Ref::Null);
        let seen = Observed::Func { instance: InstanceId(0), index: 3, here: Vec::new() };
        let of_host = Observed::HostFunc { name: "h".into(), here: Vec::new() };
        let returned = |number: u32, reference: &Observed| {
            Outcome::Returned(vec![(ValType::I32, Observed::I32(number)), (ValType::FUNCREF, reference.clone())])
        };
        let one = |number: u32| Outcome::Returned(vec![(ValType::I32, Observed::I32(number))]);
        let text = || "m".to_string();
        let (done, nothing) = (Outcome::Done, Outcome::Returned(Vec::new()));
        let (trapped, unlinkable) = (Outcome::Trap(TrapCode::Unreachable, text()), Outcome::Unlinkable(text()));
        let (malformed, invalid) = (Outcome::Malformed("m".into()), Outcome::Invalid("m".into()));
        let thrown = Outcome::Exception(Observed::Exception(TagId(0), Vec::new()));
        let ends = |list: &[&Outcome]| -> Vec<Mutated> {
            list.iter().map(|end| (ComparedEnd, (*end).clone(), Vec::new())).collect()
        };
        let but_returned = || ends(&[&done, &trapped, &malformed, &invalid, &unlinkable]);
        let numbers = |reference: &Observed| -> Vec<Mutated> {
            let changed = |number| (ComparedValue, returned(number, reference), vec![Val::I32(number), function]);
            let mut all = [4, 0x8005, 0x1_0005, 0x8000_0005].map(changed).to_vec();
            // A reference has no number, so its observed form stays.
            all.push((ComparedValue, returned(5, reference), vec![Val::I32(5), null]));
            all.insert(0, (ComparedNumber, one(5), vec![Val::I32(5)]));
            all
        };
        let roots = [Val::I32(5), function];
        let cases: Vec<(Outcome, Vec<Val>, Vec<Vec<Mutated>>)> = vec![
            (
                returned(5, &seen),
                roots.to_vec(),
                vec![but_returned(), numbers(&seen), vec![(ComparedInstance, returned(5, &seen), roots.to_vec())]],
            ),
            (returned(5, &of_host), roots.to_vec(), vec![but_returned(), numbers(&of_host)]),
            (nothing.clone(), Vec::new(), vec![but_returned()]),
            (
                trapped.clone(),
                Vec::new(),
                vec![
                    ends(&[&done, &nothing, &malformed, &invalid, &unlinkable]),
                    vec![
                        (ComparedText, Outcome::Trap(TrapCode::MemoryOutOfBounds, text()), Vec::new()),
                        (ComparedText, Outcome::Trap(TrapCode::Unreachable, "m ".into()), Vec::new()),
                    ],
                ],
            ),
            (
                Outcome::Trap(TrapCode::IntegerOverflow, text()),
                Vec::new(),
                vec![
                    ends(&[&done, &nothing, &malformed, &invalid, &unlinkable]),
                    vec![
                        (ComparedText, trapped.clone(), Vec::new()),
                        (ComparedText, Outcome::Trap(TrapCode::IntegerOverflow, "m ".into()), Vec::new()),
                    ],
                ],
            ),
            (
                unlinkable.clone(),
                Vec::new(),
                vec![
                    ends(&[&done, &nothing, &trapped, &malformed, &invalid]),
                    vec![(ComparedText, Outcome::Unlinkable("m ".into()), Vec::new())],
                ],
            ),
            (
                thrown.clone(),
                vec![null],
                vec![
                    ends(&[&done, &nothing, &trapped, &malformed, &invalid, &unlinkable]),
                    vec![(ComparedTag, thrown.clone(), vec![null])],
                ],
            ),
            (done.clone(), Vec::new(), vec![ends(&[&nothing, &trapped, &malformed, &invalid, &unlinkable])]),
            // Ends that may be different on the other side.
            (Outcome::Exhaustion(text()), Vec::new(), Vec::new()),
            (Outcome::Trap(TrapCode::AllocationTooLarge, text()), Vec::new(), Vec::new()),
            (Outcome::Unsupported(text()), Vec::new(), Vec::new()),
            (Outcome::Blocked { cause: text(), place: None, unsupported: None }, Vec::new(), Vec::new()),
        ];
        for (outcome, roots, expected) in cases {
            let mutants = other_ends(&Expect::Success, &outcome, &roots, &map);
            for mutant in &mutants {
                let of_instances = if mutant.kind == ComparedInstance { &others } else { &map };
                let of_tags = if mutant.kind == ComparedTag { &others } else { &map };
                assert_eq!((&mutant.map.instances, &mutant.map.tags), (&of_instances.instances, &of_tags.tags));
                assert!(mutant.map.canonical);
            }
            let mutants: Vec<Mutated> = mutants.into_iter().map(|end| (end.kind, end.outcome, end.roots)).collect();
            assert_eq!(mutants, expected.concat(), "{outcome}");
        }
        // For each number, the observed value changes with it; for a vector that a script has an expectation for, only if it no
        // longer meets that.
        // not meet that.
        let values = |ty, seen: Observed, value, expect: &Expect| -> Vec<(Observed, Val)> {
            let all = other_ends(expect, &Outcome::Returned(vec![(ty, seen)]), &[value], &map).into_iter();
            let changed = all.filter(|end| end.kind == ComparedValue).map(|end| match (&end.outcome, &end.roots[..]) {
                (Outcome::Returned(values), [root]) => (values[0].1.clone(), *root),
                _ => panic!("{end:?}"),
            });
            changed.collect()
        };
        let expect = Expect::Success;
        assert_eq!(
            values(ValType::I64, Observed::I64(5), Val::I64(5), &expect),
            [4, 0x8000_0005, 0x1_0000_0005, 0x8000_0000_0000_0005].map(|v| (Observed::I64(v), Val::I64(v)))
        );
        assert_eq!(
            values(ValType::F32, Observed::F32(5), Val::F32(5), &expect),
            [4, 0x805, 0x80_0005, 0x4000_0005, 0x8000_0005].map(|v| (Observed::F32(v), Val::F32(v)))
        );
        assert_eq!(
            values(ValType::F64, Observed::F64(5), Val::F64(5), &expect),
            [4, 0x400_0005, 0x0010_0000_0000_0005, 0x4000_0000_0000_0005, 0x8000_0000_0000_0005]
                .map(|v| (Observed::F64(v), Val::F64(v)))
        );
        let zero = Expect::Values(vec![Pattern::V128(VectorShape::I64x2, vec![Lane::Bits(0); 2])]);
        for expect in [Expect::Success, Expect::Unjudged(text()), zero] {
            assert_eq!(
                values(ValType::V128, Observed::V128(0), Val::V128(0), &expect),
                (0..16).map(|byte| 1 << (8 * byte)).map(|v| (Observed::V128(v), Val::V128(v))).collect::<Vec<_>>(),
                "{expect}"
            );
        }
        // The lowest bits of seven bytes of a NaN belong to its fraction, and changing them makes another NaN.
        let nan = u128::from(0x7ff8_u64 << 48);
        let lanes = vec![Lane::Arithmetic, Lane::Bits(0)];
        let arithmetic = Expect::Values(vec![Pattern::V128(VectorShape::F64x2, lanes)]);
        assert_eq!(
            values(ValType::V128, Observed::V128(nan), Val::V128(nan), &arithmetic),
            (7..16).map(|byte| nan ^ 1 << (8 * byte)).map(|v| (Observed::V128(v), Val::V128(v))).collect::<Vec<_>>()
        );
    }
}
