//! The result of comparing two sides.

use super::choice::Suspect;
use super::walk::{ComparedPlace, DifferenceKind};
use crate::conformance::outcome::Outcome;
use crate::conformance::record::{COMPARISON, DirectiveResult, Verdict};
use std::cmp::Ordering;

/// The comparison of two sides.
pub struct SideComparison {
    /// The verdict of the comparison.
    pub verdict: Verdict,
    /// The left side, as text; empty if there is no difference.
    pub expected: String,
    /// The right side, as text; empty if there is no difference.
    pub got: String,
    /// For a divergence, the places and kinds of the differences.
    pub kinds: Vec<(ComparedPlace, DifferenceKind)>,
    /// Whether NaNs may have caused the difference.
    pub may_be_nans: bool,
    /// If so, the differences that must be shown to be choices of NaNs.
    pub suspects: Vec<Suspect>,
    /// Whether something was not compared: two NaNs, or a place that is no longer compared.
    pub partial: bool,
}

impl SideComparison {
    /// A comparison with this verdict and without texts.
    pub fn only(verdict: Verdict) -> SideComparison {
        let (expected, got) = (String::new(), String::new());
        let (kinds, suspects) = (Vec::new(), Vec::new());
        SideComparison { verdict, expected, got, kinds, may_be_nans: false, suspects, partial: false }
    }

    /// The result of a step in the comparison's column.
    pub fn line(self, us: u64) -> DirectiveResult {
        // A pass has text if something in it was excused.
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
        SideComparison { expected: COMPARISON.into(), got, ..SideComparison::only(verdict) }
    }

    /// Combines the comparisons of two sides with the first one into that of the directive: the worse one, or both.
    pub fn beside(mut self, other: SideComparison) -> SideComparison {
        let partial = self.partial || other.partial;
        // A difference that cannot come from NaNs outweighs one that may.
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
                self.suspects.extend(other.suspects);
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

/// The verdict that a side without an outcome determines, if it has none.
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

/// The verdict that sides without an outcome determine, if there are any.
pub fn worst_without_outcome(left: &Outcome, right: &Outcome) -> Option<Verdict> {
    [left, right].into_iter().filter_map(without_outcome).max_by_key(|v| rank(*v))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::compare::walk::At;
    use crate::conformance::outcome::observed::Observed;
    use crate::runtime::store::TagId;
    use crate::runtime::trap::TrapCode;

    /// From the mildest to the worst.
    const RANKS: [Verdict; 6] =
        [Verdict::Pass, Verdict::Poisoned, Verdict::Unsupported, Verdict::Timeout, Verdict::Crash, Verdict::Diverge];

    fn comparison(verdict: Verdict, name: &str, kind: DifferenceKind) -> SideComparison {
        SideComparison {
            verdict,
            expected: format!("expected {name}"),
            got: format!("got {name}"),
            kinds: vec![(ComparedPlace::Result, kind)],
            may_be_nans: false,
            suspects: Vec::new(),
            partial: false,
        }
    }

    /// The worse of two comparisons becomes the directive's; if they are equally bad, both do.
    #[test]
    fn the_worse_comparison_counts() {
        for (i, a) in RANKS.into_iter().enumerate() {
            for (j, b) in RANKS.into_iter().enumerate() {
                let of = |verdict, name| match verdict {
                    Verdict::Pass => SideComparison::pass(),
                    _ => comparison(verdict, name, if name == "a" { DifferenceKind::I32 } else { DifferenceKind::I64 }),
                };
                let both = of(a, "a").beside(of(b, "b"));
                assert_eq!(both.verdict, RANKS[i.max(j)], "{a:?} {b:?}");
                let (expected, got, kinds) = match i.cmp(&j) {
                    _ if i.max(j) == 0 => ("", "", vec![]),
                    Ordering::Less => ("expected b", "got b", vec![DifferenceKind::I64]),
                    Ordering::Greater => ("expected a", "got a", vec![DifferenceKind::I32]),
                    Ordering::Equal => {
                        ("expected a; expected b", "got a; got b", vec![DifferenceKind::I32, DifferenceKind::I64])
                    }
                };
                assert_eq!((both.expected.as_str(), both.got.as_str()), (expected, got), "{a:?} {b:?}");
                assert_eq!(both.kinds.iter().map(|(_, kind)| *kind).collect::<Vec<_>>(), kinds, "{a:?} {b:?}");
            }
        }
        let suspect = |result| Suspect { thread: None, at: At::Result(result), numbers: None };
        let with = |result| SideComparison {
            suspects: vec![suspect(result)],
            ..comparison(Verdict::Diverge, "a", DifferenceKind::I32)
        };
        assert_eq!(with(0).beside(with(1)).suspects, [suspect(0), suspect(1)], "each has to prove to be a choice");
        let same = comparison(Verdict::Diverge, "a", DifferenceKind::I32);
        let also = SideComparison { got: "got b".into(), ..comparison(Verdict::Diverge, "a", DifferenceKind::I64) };
        let both = same.beside(also);
        assert_eq!((both.expected.as_str(), both.got.as_str()), ("expected a", "got a; got b"), "expected once");
        // A pass may say that something in it was excused.
        let excused = || comparison(Verdict::Pass, "a", DifferenceKind::F32);
        assert_eq!(SideComparison::pass().beside(excused()).got, "got a");
        assert_eq!(excused().beside(SideComparison::pass()).got, "got a");
    }

    /// What one comparison left out is left out of the combination. NaNs may explain two differences only if they may explain
    /// each.
    #[test]
    fn what_one_leaves_out_both_do() {
        for (a, b) in [(false, false), (false, true), (true, false), (true, true)] {
            let with = |partial| SideComparison { partial, ..SideComparison::pass() };
            assert_eq!(with(a).beside(with(b)).partial, a || b);
            for (i, j) in [(Verdict::Diverge, Verdict::Diverge), (Verdict::Diverge, Verdict::Pass)] {
                let with = |verdict, may_be_nans| SideComparison { may_be_nans, ..SideComparison::only(verdict) };
                let both = with(i, a).beside(with(j, b)).may_be_nans;
                assert_eq!(both, if i == j { a && b } else { a || b }, "{i:?} {a} {j:?} {b}");
            }
        }
    }

    #[test]
    fn a_comparison_becomes_a_line() {
        let line = comparison(Verdict::Diverge, "a", DifferenceKind::I32).line(7);
        assert_eq!((line.verdict, line.us, line.cause), (Verdict::Diverge, 7, None));
        assert_eq!((line.expected.as_deref(), line.got.as_deref()), (Some("expected a"), Some("got a")));
        let line = SideComparison::pass().line(8);
        assert_eq!((line.verdict, line.expected, line.got, line.us), (Verdict::Pass, None, None, 8));
        let died = SideComparison::died(Some("SIGSEGV"));
        assert_eq!((died.verdict, died.got.as_str()), (Verdict::Crash, "crash(SIGSEGV)"));
        let died = SideComparison::died(None);
        assert_eq!((died.verdict, died.got.as_str()), (Verdict::Timeout, "timeout"));
    }

    /// Tests which outcomes leave nothing to compare, and which of two decides.
    #[test]
    fn the_worse_side_without_an_outcome_decides() {
        let text = || "x".to_string();
        let (crash, timeout, unsupported) = (Some(Verdict::Crash), Some(Verdict::Timeout), Some(Verdict::Unsupported));
        let outcomes = [
            (Outcome::Done, None),
            (Outcome::Returned(Vec::new()), None),
            (Outcome::Trap(TrapCode::Unreachable, text()), None),
            (Outcome::Exception(Observed::Exception(TagId(0), Vec::new())), None),
            (Outcome::Exhaustion(text()), None),
            (Outcome::Suspension(text()), None),
            (Outcome::Malformed("x".into()), None),
            (Outcome::Invalid("x".into()), None),
            (Outcome::MalformedCustom("x".into()), None),
            (Outcome::InvalidCustom("x".into()), None),
            (Outcome::Unlinkable(text()), None),
            (Outcome::Error(text()), None),
            (Outcome::Blocked { cause: text(), place: None, unsupported: None }, None),
            (Outcome::Blocked { cause: text(), place: None, unsupported: Some(text()) }, unsupported),
            (Outcome::Unsupported(text()), unsupported),
            (Outcome::Shortage("x"), unsupported),
            (Outcome::Timeout, timeout),
            (Outcome::Crash(text()), crash),
        ];
        for (a, of_a) in &outcomes {
            for (b, of_b) in &outcomes {
                let order = [None, unsupported, timeout, crash];
                let at = |verdict| order.iter().position(|v| v == verdict).expect("one of these");
                assert_eq!(worst_without_outcome(a, b), order[at(of_a).max(at(of_b))], "{a} {b}");
            }
        }
    }
}
