//! The result of comparing two sides.

use super::walk::{ComparedPlace, DifferenceKind};
use crate::conformance::outcome::Outcome;
use crate::conformance::record::{DirectiveResult, Verdict};
use std::cmp::Ordering;

/// The comparison of two sides.
pub struct SideComparison {
    /// The verdict of the comparison.
    pub verdict: Verdict,
    /// The left side, as text; empty without a difference.
    pub expected: String,
    /// The right side, as text; empty without a difference.
    pub got: String,
    /// Of a divergence: the places and kinds of the differences.
    pub kinds: Vec<(ComparedPlace, DifferenceKind)>,
    /// Whether NaNs may have caused it.
    pub may_be_nans: bool,
    /// Whether something was not compared: two NaNs, or a place that is left out by now.
    pub partial: bool,
}

impl SideComparison {
    /// A comparison with this verdict and without texts.
    pub fn only(verdict: Verdict) -> SideComparison {
        let (expected, got) = (String::new(), String::new());
        SideComparison { verdict, expected, got, kinds: Vec::new(), may_be_nans: false, partial: false }
    }

    /// The line of a step in the comparison's column.
    pub fn line(self, us: u64) -> DirectiveResult {
        // A pass has a text if something in it was excused.
        let shown = !self.got.is_empty();
        DirectiveResult {
            verdict: self.verdict,
            expected: shown.then_some(self.expected),
            got: shown.then_some(self.got),
            cause: None,
            us,
        }
    }

    /// A comparison that found no difference.
    pub fn pass() -> SideComparison {
        SideComparison::only(Verdict::Pass)
    }

    /// A comparison that itself crashed (for this reason) or made no progress (`None`).
    pub fn died(crash: Option<&str>) -> SideComparison {
        let (verdict, got) = match crash {
            Some(what) => (Verdict::Crash, format!("crash({what})")),
            None => (Verdict::Timeout, "timeout".into()),
        };
        SideComparison { expected: "a comparison".into(), got, ..SideComparison::only(verdict) }
    }

    /// The comparisons of two sides with the first one, as that of a directive: the worse one, or both.
    pub fn beside(mut self, other: SideComparison) -> SideComparison {
        let partial = self.partial || other.partial;
        // Of what may have come from NaNs, and what may not, the latter counts.
        let may_be_nans = match (self.verdict, other.verdict) {
            (Verdict::Diverge, Verdict::Diverge) => self.may_be_nans && other.may_be_nans,
            _ => self.may_be_nans || other.may_be_nans,
        };
        let worst = match rank(other.verdict).cmp(&rank(self.verdict)) {
            Ordering::Greater => other,
            Ordering::Equal if self.got.is_empty() => other,
            Ordering::Equal if !other.got.is_empty() => {
                self.got += &format!("; {}", other.got);
                if self.expected != other.expected {
                    self.expected += &format!("; {}", other.expected);
                }
                self.kinds.extend(other.kinds);
                self
            }
            Ordering::Equal | Ordering::Less => self,
        };
        SideComparison { partial, may_be_nans, ..worst }
    }
}

/// Which verdict of a comparison outweighs which.
fn rank(verdict: Verdict) -> u32 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Poisoned => 1,
        Verdict::Unsupported => 2,
        Verdict::Timeout => 3,
        Verdict::Crash => 4,
        _ => 5,
    }
}

/// A verdict that a side without an outcome decides.
fn without_outcome(outcome: &Outcome) -> Option<Verdict> {
    match outcome {
        Outcome::Crash(_) => Some(Verdict::Crash),
        Outcome::Timeout => Some(Verdict::Timeout),
        Outcome::Unsupported(_) | Outcome::Shortage(_) | Outcome::Blocked { unsupported: Some(_), .. } => {
            Some(Verdict::Unsupported)
        }
        _ => None,
    }
}

/// The verdict that sides without an outcome decide, if there are any.
pub fn worst_without_outcome(left: &Outcome, right: &Outcome) -> Option<Verdict> {
    [left, right].into_iter().filter_map(without_outcome).max_by_key(|v| rank(*v))
}
