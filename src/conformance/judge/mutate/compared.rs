//! Mutants of the comparison: the outcome of a directive on one side, changed so that it differs from the other side's.
//! Each has to be seen by what compares the two (`compare_ends`).

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
    /// The values that it left: its results, or the exception.
    pub roots: Vec<Val>,
    /// Which entities of the two sides stand for each other.
    pub map: Correspondence,
}

/// All mutants of an end that is the same on both sides. Differences that a comparison may excuse are not among them:
/// NaNs in place of NaNs, how deep a stack went.
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
                    if matches!(changed, Val::V128(_)) && judge(expect, &changed_outcome).verdict == Verdict::Pass {
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
    // Another instance's function, another tag: nothing of one side stands for its former counterpart.
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

/// As it is seen, if it is a number.
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

/// Whether a result is a function of an instance: the host's have none.
fn has_function(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Returned(values) if values.iter().any(|(_, seen)| matches!(seen, Observed::Func { .. })))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The changes of each value are bits of it, as many and as far apart as its classes say.
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
        // Of a NaN, what makes no other NaN of it.
        assert_eq!(bits(Val::F32(0x7f80_0001)), [0, 23, 30]);
        assert_eq!(bits(Val::F32(0x7fc0_0000)), [23, 30]);
        assert_eq!(bits(Val::F64(0x7ff8 << 48)), [52, 62]);
        assert_eq!(bits(Val::V128(u128::MAX)), (0..16).map(|byte| 8 * byte).collect::<Vec<_>>());
        assert_eq!(others(Val::Ref(Ref::Null)), []);
    }
}
