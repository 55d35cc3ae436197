//! A harness that forgives one thing: each of the defects that testsuite runners are known for, to be switched on in
//! tests. The self-check has to notice each.

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
    /// Any NaN in place of another.
    AnyNan,
    /// A zero of the other sign.
    ZeroSigns,
    /// Any error where a trap is expected.
    AnyErrorIsATrap,
    /// The first failure that it judges.
    FirstFailure,
    /// Of a vector, only the first lane is looked at.
    OtherLanes,
    /// Where alternatives are expected, any value will do.
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
