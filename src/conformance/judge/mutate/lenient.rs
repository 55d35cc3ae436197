//! A harness that forgives one thing. Tests can switch on each of the defects that testsuite runners are known for; the
//! self-check has to notice it.

use crate::conformance::judge::verdict::{Judgement, Reason, judge};
use crate::conformance::outcome::numbers::{VectorShape, is_nan};
use crate::conformance::outcome::observed::Observed;
use crate::conformance::outcome::pattern::{Lane, Pattern};
use crate::conformance::outcome::{Expect, Outcome};
use crate::conformance::record::Verdict;

use serde::{Deserialize, Serialize};

/// The mistakes that a lenient judge forgives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Forgiven {
    /// Another message.
    AnyMessage,
    /// Any NaN in place of another NaN.
    AnyNan,
    /// A zero of the wrong sign.
    ZeroSigns,
    /// Any error where a trap is expected.
    AnyErrorIsATrap,
    /// The first failure that is judged.
    FirstFailure,
    /// All lanes of a vector but the first.
    OtherLanes,
    /// Any value, if alternatives are expected.
    Alternatives,
}

impl Forgiven {
    /// All of them.
    pub const ALL: [Forgiven; 7] = [
        Forgiven::AnyMessage,
        Forgiven::AnyNan,
        Forgiven::ZeroSigns,
        Forgiven::AnyErrorIsATrap,
        Forgiven::FirstFailure,
        Forgiven::OtherLanes,
        Forgiven::Alternatives,
    ];
}

/// A judge; strict by default.
#[derive(Clone, Debug, Default)]
pub struct Lenience {
    forgiven: Option<Forgiven>,
    failures: u64,
}

const PASS: Judgement = Judgement { verdict: Verdict::Pass, reason: None };

impl Lenience {
    /// A judge that forgives one thing, or nothing.
    pub fn to(forgiven: Option<Forgiven>) -> Lenience {
        Lenience { forgiven, failures: 0 }
    }

    /// One judge for each of [`Forgiven::ALL`].
    pub fn each() -> impl Iterator<Item = Lenience> {
        Forgiven::ALL.into_iter().map(|f| Lenience::to(Some(f)))
    }

    /// [`judge`], with what this judge forgives.
    pub fn judge(&mut self, expect: &Expect, outcome: &Outcome) -> Judgement {
        let strict = judge(expect, outcome);
        let Some(forgiven) = self.forgiven else { return strict };
        if strict.verdict == Verdict::Pass {
            return strict;
        }
        match forgiven {
            Forgiven::AnyMessage if strict.reason == Some(Reason::Message) => PASS,
            Forgiven::AnyNan => judge(&map_expected(expect, any_nan), &map_seen(outcome, any_nan)),
            Forgiven::ZeroSigns => judge(&map_expected(expect, any_zero), &map_seen(outcome, any_zero)),
            Forgiven::AnyErrorIsATrap if matches!(expect, Expect::Trap(_)) && is_error(outcome) => PASS,
            Forgiven::OtherLanes => judge(&first_lanes(expect), outcome),
            Forgiven::Alternatives => judge(&any_alternative(expect, outcome), outcome),
            Forgiven::FirstFailure => {
                self.failures += 1;
                if self.failures == 1 { PASS } else { strict }
            }
            _ => strict,
        }
    }
}

fn is_error(outcome: &Outcome) -> bool {
    !matches!(outcome, Outcome::Done | Outcome::Returned(_))
}

fn any_nan(lane: Lane, width: u32) -> Lane {
    let canonical = if width == 32 { 0x7fc0_0000 } else { 0x7ff8_0000_0000_0000 };
    match lane {
        Lane::Bits(b) if !is_nan(b, width) => lane,
        _ => Lane::Bits(canonical),
    }
}

fn any_zero(lane: Lane, width: u32) -> Lane {
    match lane {
        Lane::Bits(b) if b == 1 << (width - 1) => Lane::Bits(0),
        _ => lane,
    }
}

/// Expectations of the first lane of each vector only.
fn first_lanes(expect: &Expect) -> Expect {
    let Expect::Values(patterns) = expect else { return expect.clone() };
    let each = |pattern: &Pattern| match pattern {
        Pattern::V128(shape, lanes) => Pattern::V128(*shape, lanes[..1].to_vec()),
        other => other.clone(),
    };
    Expect::Values(patterns.iter().map(each).collect())
}

/// The alternatives, with the observed value among them.
fn any_alternative(expect: &Expect, outcome: &Outcome) -> Expect {
    let (Expect::Values(patterns), Outcome::Returned(values)) = (expect, outcome) else { return expect.clone() };
    let seen = |i: usize| match values.get(i) {
        Some((_, Observed::I32(v))) => Some(Pattern::I32(*v)),
        Some((_, Observed::V128(v))) => {
            Some(Pattern::V128(VectorShape::I64x2, vec![Lane::Bits(*v as u64), Lane::Bits((v >> 64) as u64)]))
        }
        _ => None,
    };
    let each = |(i, pattern): (usize, &Pattern)| match pattern {
        Pattern::Either(arms) => Pattern::Either(arms.iter().cloned().chain(seen(i)).collect()),
        other => other.clone(),
    };
    Expect::Values(patterns.iter().enumerate().map(each).collect())
}

fn map_expected(expect: &Expect, map: fn(Lane, u32) -> Lane) -> Expect {
    let Expect::Values(patterns) = expect else { return expect.clone() };
    let each = |pattern: &Pattern| match pattern {
        Pattern::F32(lane) => Pattern::F32(map(*lane, 32)),
        Pattern::F64(lane) => Pattern::F64(map(*lane, 64)),
        other => other.clone(),
    };
    Expect::Values(patterns.iter().map(each).collect())
}

fn map_seen(outcome: &Outcome, map: fn(Lane, u32) -> Lane) -> Outcome {
    let Outcome::Returned(values) = outcome else { return outcome.clone() };
    let bits = |lane| if let Lane::Bits(b) = lane { b } else { 0 };
    let each = |seen: &Observed| match seen {
        Observed::F32(v) => Observed::F32(bits(map(Lane::Bits(u64::from(*v)), 32)) as u32),
        Observed::F64(v) => Observed::F64(bits(map(Lane::Bits(*v), 64))),
        other => other.clone(),
    };
    Outcome::Returned(values.iter().map(|(ty, seen)| (*ty, each(seen))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::trap::TrapCode;
    use wasmparser::ValType;

    /// Tests what each of the lenient judges forgives, and that it forgives nothing else.
    #[test]
    fn each_judge_forgives_one_thing() {
        let of = |pattern, ty, seen| (Expect::Values(vec![pattern]), Outcome::Returned(vec![(ty, seen)]));
        let single = |want, got| of(Pattern::F32(Lane::Bits(want)), ValType::F32, Observed::F32(got));
        let double = |want, got| of(Pattern::F64(Lane::Bits(want)), ValType::F64, Observed::F64(got));
        let vector = |lane: usize| {
            let lanes = (0..4).map(|i| Lane::Bits(u64::from(i == lane))).collect();
            of(Pattern::V128(VectorShape::I32x4, lanes), ValType::V128, Observed::V128(0))
        };
        let either = |pattern: Pattern, ty, seen| of(Pattern::Either(vec![pattern]), ty, seen);
        let trap = |message: &str| Outcome::Trap(TrapCode::Unreachable, message.into());
        let cases = [
            (Some(Forgiven::AnyMessage), (Expect::Exhaustion("a".into()), Outcome::Exhaustion("b".into()))),
            (Some(Forgiven::AnyMessage), (Expect::Invalid("a".into()), Outcome::Invalid("b".to_string().into()))),
            (Some(Forgiven::AnyNan), single(0x7fc0_0000, 0x7f80_0001)),
            (Some(Forgiven::AnyNan), double(0xfff8 << 48, 0x7ff0_0000_0000_0001)),
            (None, single(0x7fc0_0000, 0x7f80_0000)),
            (None, double(0x7ff8 << 48, 0x7ff0 << 48)),
            (Some(Forgiven::ZeroSigns), single(0, 1 << 31)),
            (Some(Forgiven::ZeroSigns), single(1 << 31, 0)),
            (Some(Forgiven::ZeroSigns), double(0, 1 << 63)),
            (Some(Forgiven::ZeroSigns), double(1 << 63, 0)),
            (None, single(0, 1)),
            (None, double(1 << 63, 1 << 62)),
            // A zero of either sign is not a NaN.
            (None, single(0x7fc0_0000, 1 << 31)),
            (None, double(0x7ff8 << 48, 1 << 63)),
            (Some(Forgiven::AnyErrorIsATrap), (Expect::Trap("a".into()), Outcome::Unlinkable("a".into()))),
            (None, (Expect::Trap("a".into()), Outcome::Returned(Vec::new()))),
            (None, (Expect::Exception, trap("a"))),
            (None, vector(0)),
            (Some(Forgiven::OtherLanes), vector(1)),
            (Some(Forgiven::OtherLanes), vector(3)),
            (Some(Forgiven::Alternatives), either(Pattern::I32(1), ValType::I32, Observed::I32(2))),
            (
                Some(Forgiven::Alternatives),
                either(
                    Pattern::V128(VectorShape::I64x2, vec![Lane::Bits(1), Lane::Bits(2)]),
                    ValType::V128,
                    Observed::V128(3 << 64 | 1),
                ),
            ),
            (
                Some(Forgiven::Alternatives),
                either(
                    Pattern::V128(VectorShape::I64x2, vec![Lane::Bits(1), Lane::Bits(2)]),
                    ValType::V128,
                    Observed::V128(0x8000_0001_8000_0002_8000_0003_8000_0004),
                ),
            ),
            (None, of(Pattern::I32(1), ValType::I32, Observed::I32(2))),
            (None, (Expect::Values(Vec::new()), Outcome::Returned(vec![(ValType::I32, Observed::I32(2))]))),
        ];
        for (forgiven, (expect, outcome)) in &cases {
            assert_eq!(Lenience::default().judge(expect, outcome).verdict, Verdict::Fail, "{expect} {outcome}");
            for judge in Forgiven::ALL.into_iter().filter(|judge| *judge != Forgiven::FirstFailure) {
                let passes = Lenience::to(Some(judge)).judge(expect, outcome).verdict == Verdict::Pass;
                assert_eq!(passes, Some(judge) == *forgiven, "{judge:?}: {expect}, {outcome}");
            }
        }
        let (expect, outcome) = &cases[0].1;
        let mut first = Lenience::to(Some(Forgiven::FirstFailure));
        let right = Outcome::Exhaustion("a".into());
        let verdicts = [&right, outcome, outcome, &right].map(|outcome| first.judge(expect, outcome).verdict);
        assert_eq!(verdicts, [Verdict::Pass, Verdict::Pass, Verdict::Fail, Verdict::Pass]);
    }
}
