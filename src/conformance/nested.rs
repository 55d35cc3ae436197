//! What threads of a script have left behind, held against each other: the outcomes and the calls of the host of each of
//! their directives, and at their end their stores.
//!
//! Only what can reach a memory that several threads have may differ because threads raced: that is poisoned. All else is
//! compared as if the thread were a script.

use super::outcome::Outcome;
use super::plan::Stats;
use super::record::Verdict;
use super::run::{Diff, rank, without_outcome};
use super::script::{Action, Step};
use super::state::{Pairing, compare_calls};
use super::threads::{Deed, Ended, Left};
use super::values::{Correspondence, Same};
use super::walk::{Difference, Place, Walk, What};
use std::ops::Range;

/// Compares a thread and those that it started. Returns a comparison for each of `steps`, and one for what the thread
/// itself has left behind, which is told of the step that waited for it.
pub fn compare(
    names: (&str, &str),
    (steps, range): (&[Step<'_>], Range<usize>),
    left: &Ended,
    right: &Ended,
    stats: &mut Stats,
) -> (Vec<Diff>, Diff) {
    let pairs = left.deeds.iter().zip(&right.deeds);
    // What no store says anything about; replaced where there is one on both sides.
    let mut lines: Vec<Diff> =
        pairs.map(|(a, b)| of_outcomes(names, &a.outcome, &b.outcome, &Correspondence::default(), true)).collect();
    let mut worst = Diff::pass();
    for l in &left.stores {
        let Some(r) = right.stores.iter().find(|r| r.first == l.first) else { continue };
        let own = own_steps(steps, l.first, range.end, range.start);
        let pairs = |at: &usize| (&left.deeds[at - range.start], &right.deeds[at - range.start]);
        let deeds: Vec<_> = own.iter().map(pairs).collect();
        let (diffs, state) = compare_stores(names, (&own, &deeds), l, r, stats);
        for (at, diff) in own.iter().zip(diffs) {
            lines[at - range.start] = diff;
        }
        // Whoever waited for it has a line of its own, if that is in a thread, too.
        match waits(steps, &range, l.first) {
            Some(at) => {
                let line = &mut lines[at - range.start];
                *line = std::mem::replace(line, Diff::pass()).beside(state);
            }
            None => worst = worst.beside(state),
        }
    }
    (lines, worst)
}

/// Positions of the steps of the thread that begins at `first`, without those of threads within.
fn own_steps(steps: &[Step<'_>], first: usize, end: usize, outermost: usize) -> Vec<usize> {
    let length = match &steps[first - 1].action {
        Action::Thread { steps, .. } => *steps,
        _ => 0,
    };
    let end = if first == outermost { end } else { (first + length).min(end) };
    let (mut own, mut at) = (Vec::new(), first);
    while at < end {
        own.push(at);
        at += 1 + if let Action::Thread { steps, .. } = &steps[at].action { *steps } else { 0 };
    }
    own
}

/// The step in a thread that waits for the thread that begins at `first`, or the last one before the end does; `None` for
/// the outermost.
fn waits(steps: &[Step<'_>], range: &Range<usize>, first: usize) -> Option<usize> {
    let Action::Thread { name, .. } = &steps[first - 1].action else { return None };
    // The thread around it is the last one that begins before and ends after.
    let around = (range.start..first).rev().find(|&begin| {
        let holds = |n: usize| begin + n >= first;
        begin != first && matches!(&steps[begin - 1].action, Action::Thread { steps, .. } if holds(*steps))
    })?;
    let own = own_steps(steps, around, range.end, range.start);
    let after = own.iter().copied().filter(|at| *at >= first);
    let mut waits = after.filter(|at| matches!(&steps[*at].action, Action::Wait { thread } if thread == name));
    waits.next().or(own.last().copied())
}

/// Compares how a directive ended.
fn of_outcomes(names: (&str, &str), a: &Outcome, b: &Outcome, map: &Correspondence, racy: bool) -> Diff {
    let blocked = |o: &Outcome| matches!(o, Outcome::Blocked { .. });
    let none = [a, b].into_iter().filter_map(without_outcome).max_by_key(|v| rank(*v));
    let unlike = a.is_exhausted() != b.is_exhausted() || blocked(a) != blocked(b);
    let verdict = none.unwrap_or_else(|| match a.same(b, map) {
        Same::Yes | Same::NaNs => Verdict::Pass,
        Same::No if !unlike && !racy => Verdict::Diverge,
        Same::No | Same::Unknown => Verdict::Poisoned,
    });
    match verdict {
        Verdict::Pass => Diff::pass(),
        _ => {
            let kinds = if verdict == Verdict::Diverge { vec![(Place::End, What::Kind)] } else { Vec::new() };
            let (expected, got) = (format!("{}: {a}", names.0), format!("{}: {b}", names.1));
            Diff { expected, got, kinds, ..Diff::only(verdict) }
        }
    }
}

/// What differs besides outcomes, as a comparison.
fn of_differences(names: (&str, &str), expected: &str, differences: &[Difference], racy: bool) -> Diff {
    if differences.is_empty() {
        return Diff::pass();
    }
    let what = differences.iter().map(|d| d.text.as_str()).collect::<Vec<_>>().join("; ");
    let (expected, got) = (format!("{}: {expected}", names.0), format!("{}: {what}", names.1));
    if racy {
        return Diff { expected, got, ..Diff::only(Verdict::Poisoned) };
    }
    let kinds = differences.iter().map(|d| (d.place, d.what)).collect();
    Diff { expected, got, kinds, ..Diff::only(Verdict::Diverge) }
}

/// Compares a thread's directives, and then what it has left behind.
fn compare_stores(
    names: (&str, &str),
    (steps, deeds): (&[usize], &[(&Deed, &Deed)]),
    left: &Left,
    right: &Left,
    stats: &mut Stats,
) -> (Vec<Diff>, Diff) {
    let (l, r) = (&*left.session, &*right.session);
    let canonical = [l, r].iter().all(|side| side.backend.config.nan.is_canonical());
    let mut pairing = Pairing::new(l, r, canonical);
    let mut raced = left.given.clone();
    raced.extend(&l.gave);
    pairing.set_racing(raced.clone());
    // What it was given is an instance, too.
    let given = deeds.first().map_or((l.store.instances(), r.store.instances()), |(a, b)| (a.made.start, b.made.start));
    pairing.pair_made((&l.store, 0..given.0), (&r.store, 0..given.1));
    let mut diffs = Vec::with_capacity(deeds.len());
    for (at, (a, b)) in steps.iter().zip(deeds) {
        let made = pairing.pair_made((&l.store, a.made.clone()), (&r.store, b.made.clone()));
        if l.backend.config.relaxed != r.backend.config.relaxed {
            pairing.poison_relaxed(&l.store, a.made.clone());
        }
        let poisoned = a.instance.is_some_and(|instance| pairing.is_poisoned(instance));
        let racy = poisoned
            || match (a.instance, b.instance) {
                (Some(instance), _) => pairing.races(instance),
                (None, Some(instance)) => pairing.races_right(&r.store, instance),
                (None, None) => false,
            };
        let mut diff = of_outcomes(names, &a.outcome, &b.outcome, &pairing.map, racy);
        if (poisoned || a.outcome.is_exhausted()) && diff.verdict == Verdict::Pass {
            let (expected, got) = (format!("{}: {}", names.0, a.outcome), format!("{}: {}", names.1, b.outcome));
            diff = Diff { expected, got, ..Diff::only(Verdict::Poisoned) };
        }
        if diff.verdict == Verdict::Pass {
            let mut walk = Walk::new(&l.store, &r.store, &pairing.map);
            walk.findings.differences = made;
            let calls = [left, right].map(|side| side.calls.get(at).map_or(&[][..], Vec::as_slice));
            compare_calls(&mut walk, calls[0], calls[1]);
            diff = of_differences(names, "the same instances and host calls", &walk.findings.differences, racy);
        }
        let refused = |o: &Outcome| matches!(o, Outcome::Unsupported(_) | Outcome::Blocked { .. });
        let stateful = a.outcome.has_state() && b.outcome.has_state();
        if !(stateful || refused(&a.outcome) && refused(&b.outcome)) {
            match (a.instance, b.instance) {
                (Some(instance), _) => pairing.poison(&l.store, instance),
                (None, Some(instance)) => pairing.poison_right(&l.store, &r.store, instance),
                (None, None) => {}
            }
        }
        stats.after_threads += u64::from(a.instance.is_some());
        diffs.push(diff);
    }
    // The bytes of memories that it was given are compared where they come from.
    left.given.iter().for_each(|memory| pairing.leave_out(*memory));
    pairing.set_racing(Vec::new());
    let map = std::mem::take(&mut pairing.map);
    let mut walk = Walk::new(&l.store, &r.store, &map);
    if !raced.is_empty() {
        pairing.compare_raced(&mut walk, &raced);
    }
    const STATE: &str = "the same state at the end of the thread";
    let may_race = of_differences(names, STATE, &std::mem::take(&mut walk.findings.differences), true);
    pairing.compare(&mut walk, None, true);
    stats.nan_differences += walk.findings.nans;
    let mut diff = may_race.beside(of_differences(names, STATE, &walk.findings.differences, false));
    diff.partial |= walk.findings.nans > 0;
    (diffs, diff)
}
