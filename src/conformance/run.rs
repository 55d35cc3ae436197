//! One script on several backends in lockstep: each directive on each of them, judged, then compared.

use super::faults;
use super::json;
use super::language::Language;
use super::mutate::{Checker, SelfCheck, Tally};
use super::nested;
use super::outcome::Outcome;
use super::plan::{Backend, Fault, FaultKind, Stats};
use super::record::{Verdict, XDIFF};
use super::script::{self, Action, Prepared, ScriptError, Step};
use super::session::{Acted, Session};
use super::state::{Compared, HostCalls, Pairing, compare_calls};
use super::threads::{Ended, Orders, Task};
use super::values::Same;
use super::verdict::judge;
use super::watch::Watch;
use crate::runtime::store::MemoryId;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

/// In place of a backend: the preparation of a directive's module, which is done once for all of them.
pub const PREPARATION: &str = "preparation";
/// Its column.
pub const PREPARING: usize = u16::MAX as usize;

/// A directive that is not to be done on a backend, since it killed the process there.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Skip {
    /// Position among the steps.
    pub step: usize,
    /// A backend's name, [`PREPARATION`] or [`XDIFF`].
    pub backend: String,
    /// What is told instead: `None` is a time-out, otherwise what killed it.
    pub crash: Option<String>,
}

/// What to run of a script, and how.
pub struct Job<'j> {
    pub language: Language,
    /// Where the module files of a script in JSON are; `None` for a script in the text format.
    pub folder: Option<&'j Path>,
    pub backends: &'j [Backend],
    pub skips: &'j [Skip],
    /// Those of this file.
    pub faults: &'j [Fault],
    /// Steps to do; all if `None`.
    pub until: Option<usize>,
    /// After so long a directive's code is interrupted on a backend; `None`: never.
    pub timeout: Option<Duration>,
    pub self_check: Option<SelfCheck>,
}

/// What came of one directive in one column.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub verdict: Verdict,
    pub expected: Option<String>,
    pub got: Option<String>,
    pub cause: Option<String>,
    pub us: u64,
}

/// Told what happens as it happens. Column `backends.len()` is the comparison, [`PREPARING`] the preparation of a
/// module.
pub trait Observer {
    /// All steps of the script, before the first is done.
    fn script(&mut self, steps: &[Step<'_>]);
    /// A step begins in a column.
    fn enter(&mut self, step: usize, column: usize);
    fn line(&mut self, step: usize, column: usize, line: Line);
}

/// Runs a script.
///
/// # Errors
/// When the text is no script; then nothing was done.
pub fn run(text: &str, job: &Job<'_>, observer: &mut dyn Observer) -> Result<(Stats, Option<Tally>), ScriptError> {
    let start = Instant::now();
    let buffer;
    let mut steps = match job.folder {
        Some(folder) => json::parse(text, folder)?,
        None => {
            buffer = script::lex(text)?;
            script::parse(&buffer, text)?
        }
    };
    let mut stats = Stats { parse_us: micros(start), directives: steps.len() as u64, ..Stats::default() };
    observer.script(&steps);
    steps.truncate(job.until.unwrap_or(usize::MAX));
    let mut lockstep = Lockstep::new(job);
    for message in steps.iter_mut().filter_map(|step| step.expect.message_mut()) {
        if job.language.any_message {
            message.clear();
        }
        stats.by_phase_alone += u64::from(message.is_empty());
    }
    let mut at = 0;
    while at < steps.len() {
        at = lockstep.step(at, &mut steps, observer, &mut stats);
    }
    for side in lockstep.sides.iter().flat_map(|s| &s.session) {
        stats += side.stats;
    }
    Ok((stats, lockstep.checker.map(|checker| checker.finish(text, job.folder))))
}

fn micros(start: Instant) -> u64 {
    start.elapsed().as_micros() as u64
}

/// One backend in lockstep.
struct Side {
    name: String,
    /// Why there is none.
    session: Result<Box<Session>, String>,
    /// With the first side; `None` for that one itself, and where a side has no session.
    pairing: Option<Pairing>,
    /// Of the directive under way.
    acted: Acted,
    instances_before: u32,
    calls: HostCalls,
}

impl Side {
    fn instances(&self) -> u32 {
        self.session.as_ref().map_or(0, |s| s.store.instances())
    }
}

/// A thread of the script on all backends.
struct Thread {
    /// Its steps among those of the script.
    steps: Range<usize>,
    /// Memories of the first column's store that it was given.
    given: Vec<MemoryId>,
    /// By column; `None` until that column's has ended.
    ended: Vec<Option<Ended>>,
}

struct Lockstep<'j> {
    job: &'j Job<'j>,
    sides: Vec<Side>,
    /// Those that run in a column at least.
    threads: Vec<Thread>,
    checker: Option<Checker>,
    /// `None`: nothing is interrupted here, and what does not end is killed from outside.
    watch: Option<Watch>,
}

/// The comparison of two sides.
pub(super) struct Diff {
    pub verdict: Verdict,
    pub expected: String,
    pub got: String,
}

impl<'j> Lockstep<'j> {
    fn new(job: &'j Job<'j>) -> Self {
        let mut sides: Vec<Side> = job
            .backends
            .iter()
            .map(|backend| Side {
                name: backend.name.clone(),
                session: Session::new(backend, &job.language).map(Box::new),
                pairing: None,
                acted: Acted { outcome: Outcome::Done, instance: None },
                instances_before: 0,
                calls: Vec::new(),
            })
            .collect();
        if let Some((first, others)) = sides.split_first_mut()
            && let Ok(left) = &first.session
        {
            for side in others {
                side.pairing = side.session.as_ref().ok().map(|right| Pairing::new(left, right));
            }
        }
        Lockstep {
            job,
            sides,
            threads: Vec::new(),
            checker: job.self_check.map(|check| Checker::new(check, job.folder.is_some())),
            // Without a thread for it, what does not end is killed.
            watch: job.timeout.and_then(|timeout| Watch::start(timeout).ok()),
        }
    }

    /// Does the step at `i`, with those that are nested in it; position of the next.
    fn step(&mut self, i: usize, steps: &mut [Step<'_>], observer: &mut dyn Observer, stats: &mut Stats) -> usize {
        let nested = match steps[i].action {
            Action::Thread { steps: nested, .. } => i + 1..(i + 1 + nested).min(steps.len()),
            _ => i + 1..i + 1,
        };
        let last = nested.end == steps.len();
        let start = Instant::now();
        let prepared = self.prepare(i, &mut steps[i], observer);
        let within: Vec<_> = nested.clone().map(|at| self.prepare(at, &mut steps[at], observer)).collect();
        stats.parse_us += micros(start);
        if let Action::Thread { shared, .. } = &steps[i].action {
            let left = self.sides.first().and_then(|side| side.session.as_ref().ok());
            let given = left.zip(shared.as_deref()).map(|(left, name)| left.given(name)).unwrap_or_default();
            let ended = self.sides.iter().map(|_| None).collect();
            self.threads.push(Thread { steps: nested.clone(), given, ended });
        }
        let step = &steps[i];
        for column in 0..self.sides.len() {
            observer.enter(i, column);
            let start = Instant::now();
            match &step.action {
                Action::Thread { .. } => self.begin_thread(i, column, step, &steps[nested.clone()], &within),
                _ => self.act(i, column, step, prepared.as_ref(), observer),
            }
            let us = micros(start);
            stats.run_us += us;
            observer.line(i, column, judged(step, &self.sides[column].acted.outcome, us));
        }
        if let Some(checker) = &mut self.checker {
            checker.step(step, self.sides.iter().map(|s| (s.name.as_str(), &s.acted.outcome)));
        }
        if last {
            self.join_rest(observer);
        }
        let skip = self.job.skips.iter().find(|s| s.step == i && s.backend == XDIFF);
        if self.sides.len() > 1 {
            observer.enter(i, self.sides.len());
        }
        let start = Instant::now();
        let (raced, mut worst) = self.tell_threads(steps, skip, observer, stats);
        if self.sides.len() > 1 {
            match skip {
                Some(skip) => worst = Diff::died(skip.crash.as_deref()),
                None => worst.outweigh(self.compare(&steps[i], last, &raced, stats)),
            }
            let us = micros(start);
            stats.compare_us += us;
            stats.poisoned += u64::from(worst.verdict == Verdict::Poisoned);
            observer.line(i, self.sides.len(), worst.line(us));
        }
        nested.end
    }

    /// Encodes, decodes and validates the module of a step, for all columns.
    fn prepare(&self, i: usize, step: &mut Step<'_>, observer: &mut dyn Observer) -> Option<Prepared> {
        let source = step.action.source_mut()?;
        observer.enter(i, PREPARING);
        if self.job.skips.iter().any(|s| s.step == i && s.backend == PREPARATION) {
            return None;
        }
        if !self.job.faults.is_empty() {
            faults::suffer(PREPARATION);
        }
        for fault in self.job.faults.iter().filter(|f| f.index == step.index && f.backend == PREPARATION) {
            faults::die(fault.kind);
        }
        Some(source.prepare(&self.job.language))
    }

    /// What a step ended in on a backend, or already in its preparation, when it was tried before.
    fn skip(&self, i: usize, column: usize) -> Option<Outcome> {
        let name = &self.sides[column].name;
        let skip = self.job.skips.iter().find(|s| s.step == i && (s.backend == *name || s.backend == PREPARATION))?;
        Some(match &skip.crash {
            Some(what) => Outcome::Crash(what.clone()),
            None => Outcome::Timeout,
        })
    }

    /// Defects planted at a step in a column.
    fn faults(&self, step: &Step<'_>, column: usize) -> impl Iterator<Item = FaultKind> {
        let name = &self.sides[column].name;
        self.job.faults.iter().filter(|f| f.index == step.index && f.backend == *name).map(|f| f.kind)
    }

    /// Starts the thread that was noted last in a column.
    fn begin_thread(
        &mut self,
        i: usize,
        column: usize,
        step: &Step<'_>,
        nested: &[Step<'_>],
        prepared: &[Option<Prepared>],
    ) {
        let Action::Thread { name, shared, .. } = &step.action else { unreachable!("a thread begins") };
        let tasks = || {
            let tasks = nested.iter().zip(prepared).zip(i + 1..);
            tasks.map(|((step, prepared), at)| Task {
                index: step.index.clone(),
                action: step.action.without_source(),
                prepared: prepared.clone(),
                skip: self.skip(at, column),
                faults: self.faults(step, column).collect(),
            })
        };
        let (tasks, skip) = (tasks().collect(), self.skip(i, column));
        let (timeout, planted) = (self.job.timeout, !self.job.faults.is_empty());
        let orders = Orders { language: self.job.language, tasks, first: i + 1, column, timeout, planted };
        let side = &mut self.sides[column];
        side.instances_before = side.instances();
        side.calls.clear();
        let outcome = match (&mut side.session, skip) {
            (Err(why), _) => Outcome::Unsupported(why.clone()),
            (Ok(session), Some(skip)) => session.skip(&step.index, &step.action, skip).outcome,
            (Ok(session), None) => session.start_thread(&step.index, name, shared.as_deref(), orders),
        };
        if outcome != Outcome::Done {
            let thread = self.threads.last_mut().expect("noted before");
            thread.ended[column] = Some(Ended::blocked(i + 1, nested.len(), &step.index, &outcome));
        }
        side.acted = Acted { outcome, instance: None };
    }

    /// Waits for a thread in a column, if it runs there. Meanwhile it is at work, not this step.
    fn join(&mut self, name: &str, column: usize, observer: &mut dyn Observer) {
        let Ok(session) = &mut self.sides[column].session else { return };
        let Some(ended) = session.join_thread(name, &mut |at| observer.enter(at, column)) else { return };
        if let Some(thread) = self.threads.iter_mut().find(|thread| thread.steps.start == ended.first) {
            thread.ended[column] = Some(ended);
        }
    }

    /// At the end of the script, for those that it does not wait for.
    fn join_rest(&mut self, observer: &mut dyn Observer) {
        for column in 0..self.sides.len() {
            let rest = self.sides[column].session.as_ref().map(|session| session.running_threads());
            for name in rest.unwrap_or_default() {
                self.join(&name, column, observer);
            }
        }
    }

    /// Tells of the steps of the threads that have ended in all columns: memories that these may have written, and how
    /// what they left behind compares. `skip`: that killed the process before.
    fn tell_threads(
        &mut self,
        steps: &[Step<'_>],
        skip: Option<&Skip>,
        observer: &mut dyn Observer,
        stats: &mut Stats,
    ) -> (Vec<MemoryId>, Diff) {
        let mut raced = Vec::new();
        let mut worst = Diff::pass();
        let (ended, running) = std::mem::take(&mut self.threads)
            .into_iter()
            .partition::<Vec<_>, _>(|thread| thread.ended.iter().all(Option::is_some));
        self.threads = running;
        for thread in ended {
            let columns: Vec<Ended> = thread.ended.into_iter().flatten().collect();
            for (n, at) in thread.steps.clone().enumerate() {
                for (column, ended) in columns.iter().enumerate() {
                    let deed = &ended.deeds[n];
                    observer.line(at, column, judged(&steps[at], &deed.outcome, deed.us));
                }
                if let Some(checker) = &mut self.checker {
                    let names = self.sides.iter().map(|s| s.name.as_str());
                    checker.step(&steps[at], names.zip(columns.iter().map(|c| &c.deeds[n].outcome)));
                }
            }
            raced.extend(thread.given);
            let Some((left, others)) = columns.split_first().filter(|(_, others)| !others.is_empty()) else { continue };
            let mut lines: Vec<Diff> = thread.steps.clone().map(|_| Diff::pass()).collect();
            for (right, side) in others.iter().zip(&self.sides[1..]) {
                if skip.is_some() {
                    break;
                }
                let names = (self.sides[0].name.as_str(), side.name.as_str());
                let (diffs, left_behind) = nested::compare(names, (steps, thread.steps.clone()), left, right, stats);
                lines.iter_mut().zip(diffs).for_each(|(line, diff)| line.outweigh(diff));
                worst.outweigh(left_behind);
            }
            for (at, diff) in thread.steps.zip(lines) {
                let diff = skip.map_or(diff, |skip| Diff::died(skip.crash.as_deref()));
                stats.poisoned += u64::from(diff.verdict == Verdict::Poisoned);
                observer.line(at, self.sides.len(), diff.line(0));
            }
        }
        (raced, worst)
    }

    fn act(
        &mut self,
        i: usize,
        column: usize,
        step: &Step<'_>,
        prepared: Option<&Prepared>,
        observer: &mut dyn Observer,
    ) {
        let skip = self.skip(i, column);
        if let (Action::Wait { thread }, None) = (&step.action, &skip) {
            self.join(thread, column, observer);
            observer.enter(i, column);
        }
        let side = &mut self.sides[column];
        side.instances_before = side.instances();
        side.calls.clear();
        let session = match &mut side.session {
            Ok(session) => session,
            Err(why) => {
                side.acted = Acted { outcome: Outcome::Unsupported(why.clone()), instance: None };
                return;
            }
        };
        if let Some(outcome) = skip {
            side.acted = session.skip(&step.index, &step.action, outcome);
            return;
        }
        if !self.job.faults.is_empty() {
            faults::suffer(&side.name);
        }
        let watched = self.watch.as_ref().map(|watch| watch.over(session.store.interrupt_handle()));
        side.acted = session.act(&step.index, &step.action, prepared);
        drop(watched);
        for fault in self.job.faults.iter().filter(|f| f.index == step.index && f.backend == side.name) {
            faults::strike(fault.kind, &side.name, session, &mut side.acted.outcome);
        }
        side.calls = session.take_calls();
    }

    /// Holds every side against the first; the worst comparison is the directive's.
    /// `raced`: memories of threads that have just ended.
    fn compare(&mut self, step: &Step<'_>, last: bool, raced: &[MemoryId], stats: &mut Stats) -> Diff {
        let racing: Vec<MemoryId> = self.threads.iter().flat_map(|thread| &thread.given).copied().collect();
        let Some((first, others)) = self.sides.split_first_mut() else {
            return Diff::pass();
        };
        let executes =
            last || !matches!(step.action, Action::Check(_) | Action::Definition { .. } | Action::Unsupported(_));
        let mut worst = Diff::pass();
        for side in others {
            if let Some(pairing) = &mut side.pairing {
                pairing.set_racing(racing.clone());
            }
            worst.outweigh(compare_sides(first, side, executes, last, raced, stats));
        }
        worst
    }
}

/// The line of a step in a backend's column.
fn judged(step: &Step<'_>, outcome: &Outcome, us: u64) -> Line {
    let verdict = judge(&step.expect, outcome).verdict;
    let shown = verdict != Verdict::Pass;
    let cause = match outcome {
        Outcome::Blocked { cause, .. } => Some(cause.clone()),
        _ => None,
    };
    Line {
        verdict,
        expected: shown.then(|| step.expect.to_string()),
        got: shown.then(|| outcome.to_string()),
        cause,
        us,
    }
}

impl Diff {
    /// Takes the place of this one if it says more.
    pub fn outweigh(&mut self, other: Diff) {
        if rank(other.verdict) > rank(self.verdict) {
            *self = other;
        }
    }

    /// The line of a step in the comparison's column.
    fn line(self, us: u64) -> Line {
        let shown = self.verdict != Verdict::Pass;
        Line {
            verdict: self.verdict,
            expected: shown.then_some(self.expected),
            got: shown.then_some(self.got),
            cause: None,
            us,
        }
    }

    pub fn pass() -> Diff {
        Diff { verdict: Verdict::Pass, expected: String::new(), got: String::new() }
    }

    fn died(crash: Option<&str>) -> Diff {
        let (verdict, got) = match crash {
            Some(what) => (Verdict::Crash, format!("crash({what})")),
            None => (Verdict::Timeout, "timeout".into()),
        };
        Diff { verdict, expected: "a comparison".into(), got }
    }

    fn of(verdict: Verdict, left: &Side, right: &Side) -> Diff {
        Diff {
            verdict,
            expected: format!("{}: {}", left.name, left.acted.outcome),
            got: format!("{}: {}", right.name, right.acted.outcome),
        }
    }
}

/// Which verdict of a comparison outweighs which.
pub(super) fn rank(verdict: Verdict) -> u32 {
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
pub(super) fn without_outcome(outcome: &Outcome) -> Option<Verdict> {
    match outcome {
        Outcome::Crash(_) => Some(Verdict::Crash),
        Outcome::Timeout => Some(Verdict::Timeout),
        Outcome::Unsupported(_) | Outcome::Blocked { unsupported: Some(_), .. } => Some(Verdict::Unsupported),
        _ => None,
    }
}

/// `executes`: the directive may run code; `last`: it ends the script; `raced`: memories of threads that have just ended.
fn compare_sides(
    left: &Side,
    right: &mut Side,
    executes: bool,
    last: bool,
    raced: &[MemoryId],
    stats: &mut Stats,
) -> Diff {
    let (a, b) = (&left.acted, &right.acted);
    let none = [&a.outcome, &b.outcome].into_iter().filter_map(without_outcome).max_by_key(|v| rank(*v));
    let Some(mut pairing) = right.pairing.take() else {
        return Diff::of(none.unwrap_or(Verdict::Unsupported), left, right);
    };
    let (Ok(l), Ok(r)) = (&left.session, &right.session) else {
        return Diff::of(none.unwrap_or(Verdict::Unsupported), left, right);
    };
    pairing.pair_new(&l.store, &r.store, (left.instances_before, right.instances_before));
    if l.backend.config.relaxed != r.backend.config.relaxed {
        pairing.poison_relaxed(&l.store, left.instances_before..l.store.instances());
    }
    let poisoned = a.instance.is_some_and(|i| pairing.is_poisoned(i));
    // Whether threads that are running may have to do with it.
    let racy = match (a.instance, b.instance) {
        (Some(instance), _) => pairing.races(instance),
        (None, Some(instance)) => pairing.races_right(&r.store, instance),
        (None, None) => false,
    };
    let blocked = |o: &Outcome| matches!(o, Outcome::Blocked { .. });
    let exhausted = Outcome::is_exhausted;
    let mut diff = if let Some(verdict) = none {
        Diff::of(verdict, left, right)
    } else if poisoned || exhausted(&a.outcome) != exhausted(&b.outcome) || blocked(&a.outcome) != blocked(&b.outcome) {
        Diff::of(Verdict::Poisoned, left, right)
    } else {
        match a.outcome.same(&b.outcome, &pairing.map) {
            Same::Yes => Diff::pass(),
            Same::NaNs => {
                stats.nan_differences += 1;
                Diff::pass()
            }
            Same::Unknown => Diff::of(Verdict::Poisoned, left, right),
            Same::No if racy => Diff::of(Verdict::Poisoned, left, right),
            Same::No => Diff::of(Verdict::Diverge, left, right),
        }
    };
    // From here on the states may differ: poison what the directive could reach, before comparing the rest. Where both
    // sides refused alike, nothing ran.
    let refused = |o: &Outcome| matches!(o, Outcome::Unsupported(_) | Outcome::Blocked { .. });
    let both_refused = refused(&a.outcome) && refused(&b.outcome);
    // How deep the stack went before it was used up is nobody's business, unless it shows: where both sides gave up in
    // the same state, they may go on together.
    let both_exhausted = exhausted(&a.outcome) && exhausted(&b.outcome) && !poisoned;
    let settled = both_exhausted && matches!(pairing.clone().compare(l, r, None, true), Compared::Same { .. });
    if both_exhausted && !settled {
        diff = Diff::of(Verdict::Poisoned, left, right);
    }
    let stateful = a.outcome.has_state() && b.outcome.has_state();
    let may_differ = !(both_refused || settled || stateful);
    if executes && may_differ {
        match a.instance {
            Some(instance) => pairing.poison(&l.store, instance),
            None => {
                if let Some(instance) = b.instance {
                    pairing.poison_right(&l.store, &r.store, instance);
                }
            }
        }
    }
    if executes {
        let calls = if poisoned || both_exhausted || diff.verdict != Verdict::Pass {
            Compared::Same { nans: 0 }
        } else {
            compare_calls(&left.calls, &right.calls, &pairing.map)
        };
        // What threads wrote is compared once they have ended; they may have raced.
        let raced = if raced.is_empty() { Compared::Same { nans: 0 } } else { pairing.compare_raced(l, r, raced) };
        let joined = !matches!(raced, Compared::Same { nans: 0 });
        stats.after_threads += u64::from(racy);
        let all = pairing.compare(l, r, a.instance, last || joined);
        for (compared, racy) in [(calls, racy), (raced, true), (all, false)] {
            match compared {
                Compared::Same { nans } => stats.nan_differences += nans,
                Compared::Different(what) if racy => {
                    if diff.verdict == Verdict::Pass {
                        diff = Diff {
                            verdict: Verdict::Poisoned,
                            expected: format!("{}: the same beside threads that may race", left.name),
                            got: format!("{}: {what}", right.name),
                        };
                    }
                }
                Compared::Different(what)
                    if matches!(diff.verdict, Verdict::Pass | Verdict::Poisoned | Verdict::Unsupported) =>
                {
                    diff = Diff {
                        verdict: Verdict::Diverge,
                        expected: format!("{}: the same state and host calls", left.name),
                        got: format!("{}: {what}", right.name),
                    };
                }
                // The directive is red already; what differs is left out from now on, as it would be told again.
                Compared::Different(_) => {}
            }
        }
    }
    right.pairing = Some(pairing);
    diff
}
