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
use super::state::{Compared, Pairing, compare_calls};
use super::threads::{Deed, Ended, Left};
use super::values::{Correspondence, Same};
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
    let mut lines: Vec<Diff> = pairs.map(|(a, b)| of_deeds(names, a, b, &Correspondence::default(), true)).collect();
    let mut worst = Diff::pass();
    for l in &left.stores {
        let Some(r) = right.stores.iter().find(|r| r.first == l.first) else { continue };
        let own = own_steps(steps, l.first, range.end, range.start);
        let pairs = |at: &usize| (&left.deeds[at - range.start], &right.deeds[at - range.start]);
        let (diffs, state) = compare_stores(names, own.iter().map(pairs).collect(), l, r, stats);
        for (at, diff) in own.iter().zip(diffs) {
            lines[at - range.start] = diff;
        }
        // Whoever waited for it has a line of its own, if that is in a thread, too.
        match waits(steps, &range, l.first) {
            Some(at) => lines[at - range.start].outweigh(state),
            None => worst.outweigh(state),
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

/// Compares what a directive did, but for its state.
fn of_deeds(names: (&str, &str), a: &Deed, b: &Deed, map: &Correspondence, racy: bool) -> Diff {
    let blocked = |o: &Outcome| matches!(o, Outcome::Blocked { .. });
    let none = [&a.outcome, &b.outcome].into_iter().filter_map(without_outcome).max_by_key(|v| rank(*v));
    let unlike = a.outcome.is_exhausted() != b.outcome.is_exhausted() || blocked(&a.outcome) != blocked(&b.outcome);
    let differ = if racy { Verdict::Poisoned } else { Verdict::Diverge };
    let verdict = none.unwrap_or_else(|| match a.outcome.same(&b.outcome, map) {
        Same::Yes | Same::NaNs => Verdict::Pass,
        _ if unlike => Verdict::Poisoned,
        Same::Unknown => Verdict::Poisoned,
        Same::No => differ,
    });
    let (expected, got) = (format!("{}: {}", names.0, a.outcome), format!("{}: {}", names.1, b.outcome));
    if verdict != Verdict::Pass {
        return Diff { verdict, expected, got };
    }
    match compare_calls(&a.calls, &b.calls, map) {
        Compared::Same { .. } => Diff::pass(),
        Compared::Different(what) => {
            Diff { verdict: differ, expected: format!("{}: the same host calls", names.0), got: format!("{}: {what}", names.1) }
        }
    }
}

/// Compares a thread's directives, and then what it has left behind.
fn compare_stores(
    names: (&str, &str),
    deeds: Vec<(&Deed, &Deed)>,
    left: &Left,
    right: &Left,
    stats: &mut Stats,
) -> (Vec<Diff>, Diff) {
    let (l, r) = (&*left.session, &*right.session);
    let mut pairing = Pairing::new(l, r);
    let mut raced = left.given.clone();
    raced.extend(&l.gave);
    pairing.set_racing(raced.clone());
    // What it was given is an instance, too.
    let begin = |deed: Option<&Deed>, instances| 0..deed.map_or(instances, |deed| deed.made.start);
    let given = (begin(deeds.first().map(|d| d.0), l.store.instances()), begin(deeds.first().map(|d| d.1), r.store.instances()));
    pairing.pair_made((&l.store, given.0), (&r.store, given.1));
    let mut diffs = Vec::with_capacity(deeds.len());
    for (a, b) in deeds {
        pairing.pair_made((&l.store, a.made.clone()), (&r.store, b.made.clone()));
        if l.backend.config.relaxed != r.backend.config.relaxed {
            pairing.poison_relaxed(&l.store, a.made.clone());
        }
        let racy = match (a.instance, b.instance) {
            (Some(instance), _) => pairing.races(instance),
            (None, Some(instance)) => pairing.races_right(&r.store, instance),
            (None, None) => false,
        };
        let poisoned = a.instance.is_some_and(|instance| pairing.is_poisoned(instance));
        let mut diff = of_deeds(names, a, b, &pairing.map, racy || poisoned);
        let refused = |o: &Outcome| matches!(o, Outcome::Unsupported(_) | Outcome::Blocked { .. });
        let stateful = a.outcome.has_state() && b.outcome.has_state();
        if !stateful && !(refused(&a.outcome) && refused(&b.outcome)) {
            match (a.instance, b.instance) {
                (Some(instance), _) => pairing.poison(&l.store, instance),
                (None, Some(instance)) => pairing.poison_right(&l.store, &r.store, instance),
                (None, None) => {}
            }
        }
        if (poisoned || a.outcome.is_exhausted()) && diff.verdict == Verdict::Pass {
            let (expected, got) = (format!("{}: {}", names.0, a.outcome), format!("{}: {}", names.1, b.outcome));
            diff = Diff { verdict: Verdict::Poisoned, expected, got };
        }
        stats.after_threads += u64::from(a.instance.is_some());
        diffs.push(diff);
    }
    // The bytes of memories that it was given are compared where they come from.
    left.given.iter().for_each(|memory| pairing.leave_out(*memory));
    pairing.set_racing(Vec::new());
    let compared = [
        (Verdict::Poisoned, if raced.is_empty() { Compared::Same { nans: 0 } } else { pairing.compare_raced(l, r, &raced) }),
        (Verdict::Diverge, pairing.compare(l, r, None, true)),
    ];
    let mut worst = Diff::pass();
    for (verdict, compared) in compared {
        match compared {
            Compared::Same { nans } => stats.nan_differences += nans,
            Compared::Different(what) => worst.outweigh(Diff {
                verdict,
                expected: format!("{}: the same state at the end of the thread", names.0),
                got: format!("{}: {what}", names.1),
            }),
        }
    }
    (diffs, worst)
}
