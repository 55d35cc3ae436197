//! Runs a script again under the canonical profile, to find out whether two sides differ only by the bits of NaNs.
//!
//! Which NaN an operator makes is unspecified, and a script may move its bits into an integer, a vector lane, a memory or a host
//! call, where they are no longer excused. And not every NaN is an operator's choice: what is loaded, negated or passed on keeps
//! its bits, and no operator makes a signalling one. So if a comparison excuses two NaNs, or finds a difference that NaNs may
//! explain, the script is run again from its start with operators that make only one NaN, and from then on both runs proceed side
//! by side.
//! memory or a call of the host, where they are excused no more. And not every NaN is an operator's choice: what is loaded,
//! negated or passed on keeps its bits, and no operator makes a signalling one. So where a comparison excuses two NaNs, or
//! finds a difference that NaNs may be behind, the script is run again from its start with operators that make one NaN only, and
//! from then on both runs go on side by side.
//!
//! Anything that was excused but also differs there is a divergence. So is any other place that also differs there. What is alike
//! there need not be right: the compiler makes different code, which may be correct where the first is wrong. It counts as
//! `poisoned` only if the left side shows that NaNs may be the cause ([`choice`](crate::conformance::compare::choice)).
//! need not be: the compiler makes other code then, which may be right where the first is wrong. It counts as `poisoned` only if the
//! left side shows that NaNs may be behind it ([`choice`](crate::conformance::compare::choice)).
//!
//! A place that differed by NaNs is left out of the comparison from then on, and its contents may have spread anywhere. So from
//! that directive to the end of the script, the other run's comparisons count. Directives of threads are compared when their
//! thread has ended: for those before that directive, what was the same stays so. Such scripts are few; the others are run once.
//! directive to the end of the script, it is the other run's comparisons that count. Directives of threads are compared when their
//! thread has ended: of those before that directive, what was the same stays so. Such scripts are few, and the others are run once.

use super::job::{Job, Observer};
use crate::conformance::read::language::Language;
use crate::conformance::read::script::ScriptStep;
use crate::conformance::record::DirectiveResult;
use crate::conformance::record::Verdict;

/// The comparisons of a run under the canonical profile.
pub struct Shadow {
    /// The comparisons of the steps that it has reached.
    lines: Vec<Option<DirectiveResult>>,
    /// The position of the directive for which the run was begun.
    begun: usize,
    /// The position and index of the directive from which on they count, because it has a difference that NaNs may explain.
    since: Option<(usize, String)>,
}

/// The observer of that run. If the run kills the process, that is attributed to the comparison that waits for it.
pub struct Listener<'o> {
    observer: &'o mut dyn Observer,
    at: usize,
    column: usize,
    shadow: &'o mut Shadow,
}

impl<'o> Listener<'o> {
    /// An observer for the comparison, in its column, of the step at `at`.
    pub fn new(observer: &'o mut dyn Observer, at: usize, column: usize, shadow: &'o mut Shadow) -> Listener<'o> {
        Listener { observer, at, column, shadow }
    }
}

impl Observer for Listener<'_> {
    fn script(&mut self, _: &[ScriptStep<'_>]) {}

    fn enter(&mut self, _: usize, _: usize) {
        self.observer.enter(self.at, self.column);
    }

    fn line(&mut self, step: usize, column: usize, line: DirectiveResult) {
        if column == self.column {
            self.shadow.lines[step] = Some(line);
        }
    }
}

impl Shadow {
    /// The job of that run.
    pub fn job<'j>(job: &Job<'j>) -> Job<'j> {
        Job { language: Language { canonical_nans: true, ..job.language }, self_check: None, ..*job }
    }

    /// The comparisons of a run of this many steps, which is begun for the directive at this position.
    pub fn new(steps: usize, begun: usize) -> Shadow {
        Shadow { lines: vec![None; steps], begun, since: None }
    }

    /// Makes its comparisons count from the directive with this position and index on, if they do not yet.
    pub fn counts_from(&mut self, at: usize, index: &str) {
        self.since.get_or_insert_with(|| (at, index.to_string()));
    }

    /// Whether the sides are alike at this step under the canonical profile.
    pub fn agrees_at(&self, step: usize) -> bool {
        let line = self.lines.get(step).and_then(Option::as_ref);
        line.is_some_and(|line| line.verdict == Verdict::Pass)
    }

    /// Judges a comparison by that of the same step under the canonical profile. `may_be_nans`: whether NaNs may explain a
    /// divergence; otherwise it stands.
    pub fn judge(&self, step: usize, native: DirectiveResult, may_be_nans: bool) -> DirectiveResult {
        const UNDER: &str = "under --nan canonical";
        let Some(canonical) = self.lines.get(step).and_then(Option::as_ref) else { return native };
        if native.verdict == Verdict::Diverge && !may_be_nans {
            return native;
        }
        let note = |text: Option<&String>, note: &str| Some(format!("{} ({note})", text.map_or("", String::as_str)));
        let since = self.since.as_ref().filter(|(at, _)| step >= *at).map(|(_, index)| index);
        if since.is_none() && native.verdict != Verdict::Diverge {
            // Nothing was excused before the run was begun.
            let differs = matches!(canonical.verdict, Verdict::Diverge | Verdict::Crash | Verdict::Timeout);
            return match native.verdict {
                Verdict::Pass if differs && step >= self.begun => {
                    DirectiveResult { got: note(canonical.got.as_ref(), UNDER), us: native.us, ..canonical.clone() }
                }
                _ => native,
            };
        }
        match (native.verdict, canonical.verdict) {
            (Verdict::Diverge, Verdict::Pass) => DirectiveResult {
                verdict: Verdict::Poisoned,
                got: note(native.got.as_ref(), &format!("differs only in the bits of NaNs: the same {UNDER}")),
                ..native
            },
            (Verdict::Diverge, Verdict::Diverge) => native,
            (Verdict::Diverge, other) => {
                DirectiveResult { got: note(native.got.as_ref(), &format!("{} {UNDER}", other.name())), ..native }
            }
            (Verdict::Pass | Verdict::Poisoned, Verdict::Diverge | Verdict::Crash | Verdict::Timeout) => {
                DirectiveResult { got: note(canonical.got.as_ref(), UNDER), us: native.us, ..canonical.clone() }
            }
            (Verdict::Pass, Verdict::Pass) => DirectiveResult {
                expected: Some(format!("the same {UNDER}")),
                got: since.map(|index| format!("the same; the sides differ in NaNs since directive {index}")),
                ..native
            },
            (Verdict::Pass, _) => {
                DirectiveResult { got: note(canonical.got.as_ref(), UNDER), us: native.us, ..canonical.clone() }
            }
            _ => native,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(verdict: Verdict, got: &str, us: u64) -> DirectiveResult {
        DirectiveResult { verdict, expected: Some("e".into()), got: Some(got.into()), cause: None, us }
    }

    /// Every comparison, judged by every comparison of the same step under the canonical profile: a difference that is still
    /// there stands, and one that is not was about NaNs; a pass that is not a pass there is none.
    #[test]
    fn the_canonical_run_decides() {
        use Verdict::{Crash, Diverge, Pass, Poisoned, Timeout, Unsupported};
        let all = [Pass, Poisoned, Diverge, Unsupported, Timeout, Crash];
        let table = [
            (Pass, [Pass, Poisoned, Diverge, Unsupported, Timeout, Crash]),
            (Poisoned, [Poisoned, Poisoned, Diverge, Poisoned, Timeout, Crash]),
            (Diverge, [Poisoned, Diverge, Diverge, Diverge, Diverge, Diverge]),
            (Unsupported, [Unsupported; 6]),
            (Timeout, [Timeout; 6]),
            (Crash, [Crash; 6]),
        ];
        for (native, row) in table {
            for (canonical, expected) in all.into_iter().zip(row) {
                let shadow = |since| Shadow {
                    lines: vec![None, Some(line(canonical, "canonical", 100))],
                    begun: since,
                    since: Some((since, "5".into())),
                };
                // A directive of a thread, before the one in question.
                let before = shadow(2).judge(1, line(native, "native", 7), true);
                // It was begun for two NaNs that were excused: only a difference there adds anything.
                let excused = Shadow { begun: 1, since: None, ..shadow(1) }.judge(1, line(native, "native", 7), true);
                let is_worse = native == Pass && matches!(canonical, Diverge | Crash | Timeout);
                let told = if is_worse { "canonical (under --nan canonical)" } else { "native" };
                if native != Diverge {
                    let verdict = if is_worse { canonical } else { native };
                    assert_eq!(excused, line(verdict, told, 7), "{native:?} {canonical:?}");
                }
                let shadow = shadow(1);
                let judged = shadow.judge(1, line(native, "native", 7), true);
                assert_eq!(before == judged, native == Diverge || judged == line(native, "native", 7));
                assert!(native == Diverge || before == line(native, "native", 7), "{native:?} {canonical:?}");
                assert_eq!((judged.verdict, judged.us), (expected, 7), "{native:?} {canonical:?}");
                let got = judged.got.expect("a text");
                let told = match (native, canonical) {
                    (Pass, Pass) => "the same; the sides differ in NaNs since directive 5".to_string(),
                    (Diverge, Pass) => {
                        "native (differs only in the bits of NaNs: the same under --nan canonical)".to_string()
                    }
                    (Diverge, Diverge) => "native".to_string(),
                    (Diverge, other) => format!("native ({} under --nan canonical)", other.name()),
                    _ if expected == native && native != Pass => "native".to_string(),
                    _ => "canonical (under --nan canonical)".to_string(),
                };
                assert_eq!(got, told, "{native:?} {canonical:?}");
                // A step that the other run did not reach.
                for step in [0, 2] {
                    assert_eq!(shadow.judge(step, line(native, "native", 7), true), line(native, "native", 7));
                }
            }
        }
    }

    /// If NaNs cannot explain a divergence, it stands, whatever the run was begun for and whatever it finds at that step. This
    /// does not affect anything that is not a divergence.
    #[test]
    fn a_divergence_that_nans_are_not_behind_stands() {
        use Verdict::{Crash, Diverge, Pass, Poisoned, Timeout, Unsupported};
        let all = [Pass, Poisoned, Diverge, Unsupported, Timeout, Crash];
        for native in all {
            for canonical in all {
                for since in [None, Some(0), Some(1), Some(2)] {
                    let shadow = Shadow {
                        lines: vec![None, Some(line(canonical, "canonical", 100))],
                        begun: 0,
                        since: since.map(|at| (at, "5".into())),
                    };
                    let judged = |may_be_nans| shadow.judge(1, line(native, "native", 7), may_be_nans);
                    let expected = if native == Diverge { line(native, "native", 7) } else { judged(true) };
                    assert_eq!(judged(false), expected, "{native:?} {canonical:?} {since:?}");
                }
            }
        }
    }

    /// Only a pass says that the sides are alike.
    #[test]
    fn the_sides_agree_where_they_were_compared() {
        use Verdict::{Crash, Diverge, Pass, Poisoned, Timeout, Unsupported};
        let lines = [Pass, Poisoned, Diverge, Unsupported, Timeout, Crash].map(|verdict| Some(line(verdict, "", 1)));
        let shadow = Shadow { lines: lines.into_iter().chain([None]).collect(), ..Shadow::new(7, 0) };
        assert_eq!((0..8).filter(|step| shadow.agrees_at(*step)).collect::<Vec<_>>(), [0]);
    }
}
