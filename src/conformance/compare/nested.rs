//! The comparison of the threads of a script: the outcomes, trap positions and host calls of each of their directives, and their
//! stores when they end.
//! their directives, and at their end their stores.
//! Only what can reach a memory that several threads have may differ because of races: that is poisoned. If a directive was cut
//! short, any memory that it could reach is poisoned too, for every instance that has it, as its contents are unknown. Everything
//! else is compared as if the thread were a script.
//! Only what can reach a memory that several threads have may differ because threads raced: that is poisoned. So is,
//! for every instance that has it, a memory that a directive could reach which was cut short: its contents are unknown.
//! All else is compared as if the thread were a script.

use super::choice::{self, Suspect};
use super::result::{SideComparison, worst_without_outcome};
use super::sides::{COMPARABLE, compare_frames, is_refused, of_one_side};
use super::state::{Pairing, compare_calls};
use super::walk::{ComparedPlace, Difference, DifferenceKind, Findings, Walk};
use crate::conformance::execute::threads::{EndedThread, ThreadStepResult};
use crate::conformance::outcome::equality::{Correspondence, Equality};
use crate::conformance::outcome::{Expect, Outcome};
use crate::conformance::read::script::{Action, ScriptStep};
use crate::conformance::record::Verdict;
use crate::conformance::stats::RunStats;
use crate::runtime::memory::SharedMemory;
use crate::runtime::store::MemoryId;
use std::ops::Range;

/// The memories that a thread shares with the thread that started it, on the left side.
#[derive(Default)]
pub struct SharedMemories {
    /// Memories that it was given.
    pub given: Vec<SharedMemory>,
    /// Memories whose contents were unknown when it began.
    pub unknown: Vec<SharedMemory>,
}

/// The result of comparing a thread and those that it started.
pub struct Compared {
    /// The comparisons of its steps, and of theirs.
    pub lines: Vec<SideComparison>,
    /// The comparison of the state that it left behind, which is reported at the step that waits for it.
    pub left_behind: SideComparison,
    /// Memories of the left side whose contents are unknown from now on: a directive that could reach them was cut short, or ran
    /// on one side only.
    pub unknown: Vec<SharedMemory>,
}

/// Compares a thread and those that it started.
pub fn compare(
    names: (&str, &str),
    (steps, range): (&[ScriptStep<'_>], Range<usize>),
    (left, right): (&EndedThread, &EndedThread),
    shared: &SharedMemories,
    stats: &mut RunStats,
) -> Compared {
    // For steps without a store; replaced if both sides have one.
    let of_pair = |((a, b), step): ((&ThreadStepResult, &ThreadStepResult), &ScriptStep<'_>)| {
        of_outcomes(names, (&a.outcome, &b.outcome), &step.expect, &Correspondence::default(), true)
    };
    let lines = left.results.iter().zip(&right.results).zip(&steps[range.clone()]).map(of_pair).collect();
    let mut threads = Threads { names, steps, first: range.start, left, right, lines, stats };
    let (left_behind, unknown) = threads.compare(range, shared);
    Compared { lines: threads.lines, left_behind, unknown }
}

/// The comparison that reports that memories of the left store become unknown.
pub fn of_unknown(names: (&str, &str), memories: &[MemoryId]) -> SideComparison {
    if memories.is_empty() {
        return SideComparison::pass();
    }
    let memories: Vec<String> = memories.iter().map(|m| format!("memory {}", m.0)).collect();
    let expected = format!("{}: known contents of {}", names.0, memories.join(", "));
    let got = format!("{}: unknown contents, left by a directive of the thread that did not finish", names.1);
    SideComparison { expected, got, ..SideComparison::only(Verdict::Poisoned) }
}

/// The comparison of a thread and those that it started.
struct Threads<'c> {
    names: (&'c str, &'c str),
    steps: &'c [ScriptStep<'c>],
    /// The position of the outermost thread's first step.
    first: usize,
    left: &'c EndedThread,
    right: &'c EndedThread,
    /// By step.
    lines: Vec<SideComparison>,
    stats: &'c mut RunStats,
}

/// A thread that another one has started and not yet waited for.
struct Within<'c> {
    name: &'c str,
    steps: Range<usize>,
    shared: SharedMemories,
}

/// Compares how a directive ended.
fn of_outcomes(
    names: (&str, &str),
    (a, b): (&Outcome, &Outcome),
    expect: &Expect,
    map: &Correspondence,
    racy: bool,
) -> SideComparison {
    let blocked = |o: &Outcome| matches!(o, Outcome::Blocked { .. });
    let none = worst_without_outcome(a, b);
    let unlike = a.is_exhausted() != b.is_exhausted() || blocked(a) != blocked(b);
    let same = a.same(b, expect, map);
    let verdict = none.unwrap_or(match same {
        Equality::Yes | Equality::NaNs => Verdict::Pass,
        Equality::No if !unlike && !racy => Verdict::Diverge,
        Equality::No | Equality::Unknown => Verdict::Poisoned,
    });
    if verdict == Verdict::Pass && same == Equality::Yes {
        return SideComparison::pass();
    }
    let (expected, got) = (format!("{}: {a}", names.0), format!("{}: {b}", names.1));
    let kinds = match verdict {
        Verdict::Pass => return partly(format!("{expected}, the same except for bits of NaNs"), got),
        Verdict::Diverge => vec![(ComparedPlace::End, DifferenceKind::Kind)],
        _ => Vec::new(),
    };
    SideComparison { expected, got, kinds, ..SideComparison::only(verdict) }
}

fn is_divergence(diff: &SideComparison) -> bool {
    diff.verdict == Verdict::Diverge
}

/// A comparison that found no difference and left something out.
fn partly(expected: String, got: String) -> SideComparison {
    SideComparison { expected, got, partial: true, ..SideComparison::pass() }
}

/// The findings other than outcomes, as a comparison.
fn of_findings(names: (&str, &str), expected: &str, findings: &Findings, racy: bool) -> SideComparison {
    if let (true, Some(unknown)) = (findings.differences.is_empty(), &findings.unknown) {
        let (expected, got) = (format!("{}: {COMPARABLE}", names.0), format!("{}: {}", names.1, of_one_side(unknown)));
        return SideComparison { expected, got, ..SideComparison::only(Verdict::Poisoned) };
    }
    match findings.excused() {
        Some((same, differ)) if findings.differences.is_empty() => {
            partly(format!("{}: {same}", names.0), format!("{}: {differ}", names.1))
        }
        _ => of_differences(names, expected, &findings.differences, racy),
    }
}

/// The differences other than those between outcomes, as a comparison.
fn of_differences(names: (&str, &str), expected: &str, differences: &[Difference], racy: bool) -> SideComparison {
    if differences.is_empty() {
        return SideComparison::pass();
    }
    let what = differences.iter().map(|d| d.text.as_str()).collect::<Vec<_>>().join("; ");
    let (expected, got) = (format!("{}: {expected}", names.0), format!("{}: {what}", names.1));
    if racy {
        return SideComparison { expected, got, ..SideComparison::only(Verdict::Poisoned) };
    }
    let kinds = differences.iter().map(|d| (d.place, d.what)).collect();
    SideComparison { expected, got, kinds, ..SideComparison::only(Verdict::Diverge) }
}

impl<'c> Threads<'c> {
    /// The outcomes and instances of a step on both sides.
    fn results(&self, at: usize) -> (&'c ThreadStepResult, &'c ThreadStepResult) {
        (&self.left.results[at - self.first], &self.right.results[at - self.first])
    }

    /// Adds to the comparison of a step.
    fn add(&mut self, at: usize, diff: SideComparison) {
        let line = &mut self.lines[at - self.first];
        *line = std::mem::replace(line, SideComparison::pass()).beside(diff);
    }

    /// Compares the directives of the thread with these steps, and then the state that it left behind. Returns the
    /// comparison of the latter, and the memories whose contents are unknown.
    fn compare(&mut self, range: Range<usize>, shared: &SharedMemories) -> (SideComparison, Vec<SharedMemory>) {
        let (names, steps) = (self.names, self.steps);
        let (Some(left), Some(right)) = (self.left.store(range.start), self.right.store(range.start)) else {
            // It is unknown whether the side without a store changed the memories.
            let pairs = range.clone().map(|at| self.results(at));
            let idle = pairs.fold(true, |idle, (a, b)| idle && is_refused(&a.outcome) && is_refused(&b.outcome));
            return (SideComparison::pass(), if idle { Vec::new() } else { shared.given.clone() });
        };
        let (l, r) = (&*left.session, &*right.session);
        let canonical = [l, r].iter().all(|side| side.backend.config.nan.is_canonical());
        let mut pairing = Pairing::new(l, r, canonical);
        let mut raced = left.given.clone();
        raced.extend(&l.gave);
        pairing.set_racing(raced.clone(), Vec::new());
        // The instance that it was given counts as well.
        let all = (l.store.instances(), r.store.instances());
        let begun = if range.is_empty() { None } else { Some(self.results(range.start)) };
        let given = begun.map_or(all, |(a, b)| (a.made.start, b.made.start));
        // What is already wrong there is reported with the first directive.
        let mut wrong = pairing.pair_made((&l.store, 0..given.0), (&r.store, 0..given.1));
        pairing.poison_shared(&l.store, &shared.unknown);
        let mut within: Vec<Within<'c>> = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let (a, b) = self.results(at);
            let mut made = std::mem::take(&mut wrong);
            made.extend(pairing.pair_made((&l.store, a.made.clone()), (&r.store, b.made.clone())));
            if l.backend.config.relaxed != r.backend.config.relaxed {
                pairing.poison_relaxed(&l.store, a.made.clone());
            }
            let poisoned = a.instance.is_some_and(|instance| pairing.is_poisoned(instance)) && made.is_empty();
            let instances = (a.instance, b.instance);
            let racy = poisoned || pairing.races(&r.store, instances);
            let outcomes = (&a.outcome, &b.outcome);
            let mut diff = of_outcomes(names, outcomes, &steps[at].expect, &pairing.map, racy);
            let mut suspects = Vec::new();
            if is_divergence(&diff) {
                suspects = choice::of_outcomes(outcomes, &steps[at].expect, &pairing.map);
            }
            if (poisoned || a.outcome.is_exhausted()) && diff.verdict == Verdict::Pass {
                let (expected, got) = (format!("{}: {}", names.0, a.outcome), format!("{}: {}", names.1, b.outcome));
                diff = SideComparison { expected, got, ..SideComparison::only(Verdict::Poisoned) };
            }
            if diff.verdict == Verdict::Pass {
                let mut walk = Walk::new(&l.store, &r.store, &pairing.map);
                walk.findings.differences = made;
                compare_frames(&mut walk, &a.frames, &b.frames);
                let calls = [left, right].map(|side| side.calls.get(&at).map_or(&[][..], Vec::as_slice));
                compare_calls(&mut walk, calls[0], calls[1]);
                // How many results differ in the bits of NaNs is not known here, only whether any do.
                self.stats.nan_differences += walk.findings.nans + u64::from(diff.partial);
                diff =
                    diff.beside(of_findings(names, "the same frames, instances and host calls", &walk.findings, racy));
                suspects = walk.findings.differences.iter().map(Suspect::of).collect();
            }
            diff.suspects = suspects.into_iter().map(|suspect| suspect.in_thread(range.start)).collect();
            diff.may_be_nans = is_divergence(&diff) && !canonical && pairing.may_be_nans(&l.store, a.instance, &[]);
            let stateful = a.outcome.has_state() && b.outcome.has_state();
            if !(stateful || is_refused(&a.outcome) && is_refused(&b.outcome)) {
                pairing.poison_reached(&l.store, &r.store, instances);
            }
            self.stats.after_threads += u64::from(a.instance.is_some());
            diff.partial |= pairing.leaves_out();
            self.lines[at - self.first] = diff;
            let mut next = at + 1;
            let mut ended = Vec::new();
            match &steps[at].action {
                Action::Thread { name, shared, steps } => {
                    next = (next + steps).min(range.end);
                    let given = shared.as_deref().map(|name| l.given(name)).unwrap_or_default();
                    let given = given.into_iter().filter_map(|memory| l.store.shared_memory(memory)).collect();
                    let shared = SharedMemories { given, unknown: pairing.unknown(&l.store) };
                    within.push(Within { name, steps: at + 1..next, shared });
                }
                Action::Wait { thread } => ended = within.extract_if(.., |within| within.name == thread).collect(),
                _ => {}
            }
            if next == range.end {
                ended.append(&mut within);
            }
            for thread in ended {
                let (left_behind, unknown) = self.compare(thread.steps, &thread.shared);
                self.add(at, left_behind);
                let unknown = pairing.poison_shared(&l.store, &unknown);
                self.add(at, of_unknown(names, &unknown));
            }
            at = next;
        }
        // Differences from here on are found where the memories are compared.
        let unknown = pairing.unknown(&l.store);
        // The bytes of memories that it was given are compared where they come from.
        left.given.iter().for_each(|memory| pairing.leave_out(*memory));
        pairing.set_racing(Vec::new(), raced);
        let map = std::mem::take(&mut pairing.map);
        let mut walk = Walk::new(&l.store, &r.store, &map);
        pairing.compare_raced(&mut walk);
        const STATE: &str = "the same state at the end of the thread";
        let may_race = of_differences(names, STATE, &std::mem::take(&mut walk.findings.differences), true);
        let partial = pairing.leaves_out();
        let differ = pairing.compare(&mut walk, None, true);
        self.stats.nan_differences += walk.findings.nans;
        let mut state = of_findings(names, STATE, &walk.findings, false);
        let suspects = walk.findings.differences.iter().map(Suspect::of);
        state.suspects = suspects.map(|suspect| suspect.in_thread(range.start)).collect();
        state.may_be_nans = is_divergence(&state) && !canonical && pairing.may_be_nans(&l.store, None, &differ);
        state.partial |= partial;
        (may_race.beside(state), unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reference to something that only one side has is not the same on both.
    #[test]
    fn what_could_not_be_compared_is_no_pass() {
        let of = |findings: &Findings| {
            let found = of_findings(("a", "b"), "the same", findings, false);
            (found.verdict, found.expected, found.got)
        };
        let pass = (Verdict::Pass, String::new(), String::new());
        assert_eq!(of(&Findings::default()), pass);
        let unknown = Findings { unknown: Some("it".into()), ..Findings::default() };
        let expected = (
            "a: the same on both sides, as far as both have it".to_string(),
            "b: it: refers to something that only one side has".to_string(),
        );
        assert_eq!(of(&unknown), (Verdict::Poisoned, expected.0, expected.1));
    }
}
