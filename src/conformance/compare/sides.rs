//! Two backends after a directive: the outcome on each, the state left behind, and the places that remain comparable.

use super::choice::Suspect;
use super::result::{SideComparison, worst_without_outcome};
use super::state::{Pairing, compare_calls};
use super::walk::{At, ComparedPlace, Difference, DifferenceKind, Findings, Walk};
use crate::conformance::execute::session::{Session, SessionError, StepResult};
use crate::conformance::outcome::pattern::Pattern;
use crate::conformance::outcome::{Expect, Outcome};
use crate::conformance::read::script::ScriptStep;
use crate::conformance::record::Verdict;
use crate::conformance::stats::RunStats;
use crate::runtime::linking::spectest::Calls;
use crate::runtime::store::BacktraceFrame;
use crate::runtime::value::Val;

/// One backend in lockstep.
pub struct Side {
    /// The name of the backend.
    pub name: String,
    /// The index of the script that it executes: 0, except in tests.
    pub script: usize,
    /// The session, or why the backend cannot run.
    pub session: Result<Box<Session>, SessionError>,
    /// The pairing with the first side; `None` for the first side itself, and if a side has no session.
    pub pairing: Option<Pairing>,
    /// The result of the directive under way.
    pub acted: StepResult,
    /// The number of instances before the directive.
    pub instances_before: u32,
    /// The calls of host functions by the directive.
    pub calls: Calls,
}

impl Side {
    /// The number of instances in the store; 0 without a session.
    pub fn instances(&self) -> u32 {
        self.session.as_ref().map_or(0, |s| s.store.instances())
    }
}

/// Compares how a directive ended on two sides.
pub fn compare_ends(walk: &mut Walk<'_>, step: &ScriptStep<'_>, left: (&Outcome, &[Val]), right: (&Outcome, &[Val])) {
    let differs = |walk: &mut Walk<'_>, place, what, text: &str| {
        walk.differs(Difference::new(place, what, text));
    };
    match (left.0, right.0) {
        (Outcome::Returned(x), Outcome::Returned(y)) => {
            if x.len() != y.len() {
                differs(walk, ComparedPlace::Result, DifferenceKind::Number, "number of results");
            }
            let patterns: &[Pattern] = if let Expect::Values(patterns) = &step.expect { patterns } else { &[] };
            for (i, (v, w)) in left.1.iter().zip(right.1).enumerate() {
                walk.at = At::Result(i);
                if x[i].0 != y[i].0 {
                    differs(walk, ComparedPlace::Result, DifferenceKind::Type, "type of a result");
                } else {
                    walk.result(i, patterns.get(i), *v, *w);
                }
            }
        }
        (Outcome::Exception(_), Outcome::Exception(exception)) => {
            walk.at = At::Exception(exception.clone());
            for (v, w) in left.1.iter().zip(right.1) {
                walk.value(ComparedPlace::End, &|| "exception".into(), *v, *w);
            }
        }
        // The depth of the stack does not matter.
        (Outcome::Exhaustion(_), Outcome::Exhaustion(_)) => {}
        (Outcome::Trap(a, _), Outcome::Trap(b, _)) if a != b => {
            differs(walk, ComparedPlace::End, DifferenceKind::Kind, "another trap")
        }
        (a, b) if std::mem::discriminant(a) != std::mem::discriminant(b) => {
            differs(walk, ComparedPlace::End, DifferenceKind::Kind, "another end");
        }
        // The texts of traps contain numbers, on which both sides must agree as well.
        (a, b) if a != b => differs(walk, ComparedPlace::End, DifferenceKind::Text, "another text"),
        _ => {}
    }
}

/// Compares where two sides trapped, and their call stacks: each frame by its function and the offset in the binary.
pub fn compare_frames(walk: &mut Walk<'_>, left: &[BacktraceFrame], right: &[BacktraceFrame]) {
    let shown = |frames: &[BacktraceFrame], i: usize| match frames.get(i) {
        Some(frame) => match frame.module_offset {
            Some(offset) => format!("{} at {offset:#x}", frame.name),
            None => frame.name.clone(),
        },
        None => "nothing".to_string(),
    };
    walk.at = At::Frames;
    for i in 0..left.len().max(right.len()) {
        let of_one_function = |a: &BacktraceFrame, b: &BacktraceFrame| {
            walk.may_correspond(a.instance, b.instance) && a.function == b.function
        };
        let text = || format!("frame {i}: {} / {}", shown(left, i), shown(right, i));
        match (left.get(i), right.get(i)) {
            (Some(a), Some(b)) if of_one_function(a, b) && a.module_offset == b.module_offset => {}
            _ => {
                walk.differs(Difference::new(ComparedPlace::End, DifferenceKind::Frames, text()));
                return;
            }
        }
    }
}

fn texts(differences: &[Difference]) -> String {
    differences.iter().map(|d| d.text.as_str()).collect::<Vec<_>>().join("; ")
}

impl SideComparison {
    /// A comparison with this verdict that shows both outcomes.
    pub fn of(verdict: Verdict, left: &Side, right: &Side) -> SideComparison {
        SideComparison {
            expected: format!("{}: {}", left.name, left.acted.outcome),
            got: format!("{}: {}", right.name, right.acted.outcome),
            ..SideComparison::only(verdict)
        }
    }

    /// A comparison of everything but the outcomes, which are alike.
    pub fn of_state(verdict: Verdict, left: &Side, expected: &str, right: &Side, got: &str) -> SideComparison {
        let (expected, got) = (format!("{}: {expected}", left.name), format!("{}: {got}", right.name));
        SideComparison { expected, got, ..SideComparison::only(verdict) }
    }
}

/// The effects that a directive may have, as far as they matter to a comparison.
#[derive(Clone, Copy, Debug)]
pub struct DirectiveExtent {
    /// It may run code.
    pub executes: bool,
    /// It ends the script.
    pub last: bool,
}

/// Whether the ends of a directive on two sides can be compared, and what a difference means.
struct Comparability {
    /// The verdict, if a side has no outcome.
    without_outcome: Option<Verdict>,
    /// Whether the instance that the directive is about was already poisoned.
    poisoned: bool,
    /// Whether threads that were running meanwhile may be the cause.
    racy: bool,
    exhausted: (bool, bool),
    blocked: (bool, bool),
    /// Whether each side refused. A side that refused ran nothing.
    refused: (bool, bool),
    /// Whether both sides left a state that can be compared.
    stateful: bool,
}

/// Whether nothing was done.
pub(super) fn is_refused(o: &Outcome) -> bool {
    matches!(o, Outcome::Unsupported(_) | Outcome::Blocked { .. })
}

impl Comparability {
    fn of(a: &StepResult, b: &StepResult, poisoned: bool, racy: bool) -> Comparability {
        let both = |holds: fn(&Outcome) -> bool| (holds(&a.outcome), holds(&b.outcome));
        let stateful = both(Outcome::has_state);
        Comparability {
            without_outcome: worst_without_outcome(&a.outcome, &b.outcome),
            poisoned,
            racy,
            exhausted: both(Outcome::is_exhausted),
            blocked: both(|o| matches!(o, Outcome::Blocked { .. })),
            refused: both(is_refused),
            stateful: stateful.0 && stateful.1,
        }
    }

    /// Whether the sides diverged so far that comparing their ends says nothing.
    fn is_poisoned(&self) -> bool {
        self.poisoned || self.exhausted.0 != self.exhausted.1 || self.blocked.0 != self.blocked.1
    }

    fn both_exhausted(&self) -> bool {
        self.exhausted == (true, true) && !self.poisoned
    }

    /// Whether the states may differ from here on. `settled`: both sides were exhausted, and their states are the same.
    fn may_differ(&self, settled: bool) -> bool {
        !(self.refused == (true, true) || settled || self.stateful)
    }
}

/// Compares the outcomes of a directive on two sides, and the states that it left behind.
pub fn compare_sides(
    left: &Side,
    right: &mut Side,
    step: &ScriptStep<'_>,
    extent: DirectiveExtent,
    stats: &mut RunStats,
) -> SideComparison {
    let (a, b) = (&left.acted, &right.acted);
    let (Some(mut pairing), Ok(l), Ok(r)) = (right.pairing.take(), &left.session, &right.session) else {
        let verdict = worst_without_outcome(&a.outcome, &b.outcome);
        return SideComparison::of(verdict.unwrap_or(Verdict::Unsupported), left, right);
    };
    let instances = (a.instance, b.instance);
    pairing.begin_directive();
    let made = pairing.pair_new(&l.store, &r.store, (left.instances_before, right.instances_before));
    if l.backend.config.relaxed != r.backend.config.relaxed {
        pairing.poison_relaxed(&l.store, left.instances_before..l.store.instances());
    }
    let poisoned = a.instance.is_some_and(|i| pairing.is_poisoned(i)) && made.is_empty();
    let sides = Comparability::of(a, b, poisoned, pairing.races(&r.store, instances));
    stats.after_threads += u64::from(sides.racy);

    // Taken out of the pairing while the walk borrows it.
    let map = std::mem::take(&mut pairing.map);
    let mut walk = Walk::new(&l.store, &r.store, &map);
    let mut ends = compare_step_ends(&mut walk, step, (left, right), &pairing, &sides, made);

    // The depth at which the stack is used up is unspecified: if both sides gave up in the same state, they may go on together.
    let settled = sides.both_exhausted() && {
        let mut walk = Walk::new(&l.store, &r.store, &map);
        pairing.clone().compare(&mut walk, None, true);
        walk.findings.differences.is_empty() && walk.findings.unknown.is_none()
    };
    if sides.both_exhausted() && !settled {
        ends = SideComparison::of(Verdict::Poisoned, left, right);
    }
    // Places that may differ from here on must be poisoned before the rest is compared.
    if extent.executes && sides.may_differ(settled) {
        pairing.poison_reached(&l.store, &r.store, instances);
    }
    let mut whole = ends;
    if extent.executes {
        whole = compare_left_behind(&mut walk, (left, right), &mut pairing, &sides, extent.last, whole);
    }

    stats.nan_differences += walk.findings.nans;
    let excused = walk.findings.excused();
    if let (Verdict::Pass, Some((same, differ))) = (whole.verdict, &excused) {
        whole = SideComparison::of_state(Verdict::Pass, left, same, right, differ);
    }
    whole.may_be_nans &= !map.canonical;
    whole.partial = excused.is_some() || extent.executes && pairing.leaves_out();
    pairing.map = map;
    right.pairing = Some(pairing);
    whole
}

/// Compares how a step ended on two sides. `made`: the differences between the instances that it made.
fn compare_step_ends(
    walk: &mut Walk<'_>,
    step: &ScriptStep<'_>,
    (left, right): (&Side, &Side),
    pairing: &Pairing,
    sides: &Comparability,
    made: Vec<Difference>,
) -> SideComparison {
    let (Ok(l), Ok(r)) = (&left.session, &right.session) else { unreachable!("a pairing is of two sessions") };
    if let Some(verdict) = sides.without_outcome {
        return SideComparison::of(verdict, left, right);
    }
    if sides.is_poisoned() {
        return SideComparison::of(Verdict::Poisoned, left, right);
    }
    compare_ends(walk, step, (&left.acted.outcome, &l.roots), (&right.acted.outcome, &r.roots));
    // No difference: both trapped, or neither did. How full the heap is depends on what a backend keeps alive.
    let trapped = matches!(left.acted.outcome, Outcome::Trap(..));
    if trapped && sides.exhausted == (false, false) && walk.findings.differences.is_empty() {
        compare_frames(walk, &l.frames, &r.frames);
    }
    if walk.findings.differences.is_empty() {
        walk.findings.differences = made;
    }
    match (walk.findings.differences.first(), &walk.findings.unknown) {
        (None, None) => SideComparison::pass(),
        (None, Some(_)) => SideComparison::of(Verdict::Poisoned, left, right),
        (Some(_), _) if sides.racy => SideComparison::of(Verdict::Poisoned, left, right),
        (Some(first), _) => {
            let mut ends = SideComparison::of(Verdict::Diverge, left, right);
            // The printed text may not show the difference.
            let unseen = first.place != ComparedPlace::End || first.what == DifferenceKind::Frames;
            if unseen && (l.roots.len() > 1 || first.place != ComparedPlace::Result) {
                ends.got += &format!("; {first}");
            }
            ends.kinds = walk.findings.differences.iter().map(|d| (d.place, d.what)).collect();
            ends.may_be_nans = pairing.may_be_nans(&l.store, left.acted.instance, &[]);
            if !pairing.was_unlike(left.acted.instance, &[]) {
                ends.suspects = walk.findings.differences.iter().map(Suspect::of).collect();
            }
            ends
        }
    }
}

/// What is the same when a place refers to something that only one side has.
pub(super) const COMPARABLE: &str = "the same on both sides, as far as both have it";

/// The text for the other side in that case; `unknown` is the place.
pub(super) fn of_one_side(unknown: &str) -> String {
    format!("{unknown}: refers to something that only one side has")
}

/// Compares the states that a step left behind, and its calls of the host; `ends` is the comparison so far.
fn compare_left_behind(
    walk: &mut Walk<'_>,
    (left, right): (&Side, &Side),
    pairing: &mut Pairing,
    sides: &Comparability,
    last: bool,
    ends: SideComparison,
) -> SideComparison {
    let Ok(l) = &left.session else { unreachable!("a pairing is of two sessions") };
    walk.findings.differences.clear();
    // The writes of threads are compared once they have ended. They may have raced, in which case a difference is not a
    // divergence.
    pairing.compare_raced(walk);
    let mut may_race = std::mem::take(&mut walk.findings.differences);
    let compares_calls = !(sides.poisoned || sides.both_exhausted());
    if compares_calls && matches!(ends.verdict, Verdict::Pass | Verdict::Diverge) {
        compare_calls(walk, &left.calls, &right.calls);
        if sides.racy {
            may_race.append(&mut walk.findings.differences);
        }
    }
    let everything = last || pairing.has_raced();
    let differ = pairing.compare(walk, left.acted.instance, everything);
    let Findings { differences, unknown, .. } = &walk.findings;
    if !differences.is_empty() {
        let what = texts(differences);
        let state = SideComparison::of_state(Verdict::Diverge, left, "the same state and host calls", right, &what);
        let may_be_nans = pairing.may_be_nans(&l.store, left.acted.instance, &differ);
        let mut suspects = ends.suspects;
        if !pairing.was_unlike(left.acted.instance, &differ) {
            suspects.extend(differences.iter().map(Suspect::of));
        }
        // A rule that covers the one says nothing about the other, so the text has both. And NaNs explain the whole only if they
        // may explain both.
        return SideComparison {
            kinds: ends.kinds.iter().copied().chain(differences.iter().map(|d| (d.place, d.what))).collect(),
            may_be_nans: may_be_nans && (ends.may_be_nans || ends.verdict != Verdict::Diverge),
            suspects,
            ..match ends.verdict {
                Verdict::Pass => state,
                _ => SideComparison {
                    expected: format!("{}; and the same state and host calls", ends.expected),
                    got: format!("{}; and {what}", ends.got),
                    ..state
                },
            }
        };
    }
    match unknown {
        _ if ends.verdict != Verdict::Pass => ends,
        _ if !may_race.is_empty() => {
            let what = texts(&may_race);
            SideComparison::of_state(Verdict::Poisoned, left, "the same, provided that no threads race", right, &what)
        }
        Some(unknown) => SideComparison::of_state(Verdict::Poisoned, left, COMPARABLE, right, &of_one_side(unknown)),
        None => ends,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::trap::TrapCode;

    /// Tests which ends of two sides can be compared, and after which of them the states may differ.
    #[test]
    fn sides_that_came_apart_are_not_compared() {
        let text = || "x".to_string();
        // It ran to an end, was cut short by a full stack or heap, has no outcome, or did not run.
        #[derive(Clone, Copy, Debug, PartialEq)]
        enum Came {
            Through,
            Full,
            Dead,
            Refused,
        }
        use Came::{Dead, Full, Refused, Through};
        let outcomes = [
            (Outcome::Done, Through),
            (Outcome::Returned(Vec::new()), Through),
            (Outcome::Trap(TrapCode::Unreachable, text()), Through),
            (Outcome::Unlinkable(text()), Through),
            (Outcome::Exhaustion(text()), Full),
            (Outcome::Trap(TrapCode::AllocationTooLarge, text()), Full),
            (Outcome::Crash(text()), Dead),
            (Outcome::Timeout, Dead),
            (Outcome::Shortage("memory"), Dead),
            (Outcome::Unsupported(text()), Refused),
            (Outcome::Blocked { cause: text(), place: None, unsupported: Some(text()) }, Refused),
            (Outcome::Blocked { cause: text(), place: None, unsupported: None }, Refused),
        ];
        let blocked = |outcome: &Outcome| matches!(outcome, Outcome::Blocked { .. });
        for (a, left) in &outcomes {
            for (b, right) in &outcomes {
                let of = |poisoned| {
                    let result = |outcome: &Outcome| StepResult { outcome: outcome.clone(), instance: None };
                    Comparability::of(&result(a), &result(b), poisoned, false)
                };
                let sides = of(false);
                let apart = (*left == Full) != (*right == Full) || blocked(a) != blocked(b);
                assert_eq!(sides.is_poisoned(), apart, "{a} {b}");
                assert!(of(true).is_poisoned() && !of(true).both_exhausted(), "{a} {b}");
                assert_eq!(sides.both_exhausted(), (*left, *right) == (Full, Full), "{a} {b}");
                assert!(!sides.may_differ(true), "{a} {b}");
                let alike = [(Through, Through), (Refused, Refused)].contains(&(*left, *right));
                assert_eq!(sides.may_differ(false), !alike, "{a} {b}");
            }
        }
    }
}
