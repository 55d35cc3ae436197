//! One script on several backends in lockstep: each directive on each of them, judged, then compared.

mod shadow;

use crate::conformance::compare::nested;
use crate::conformance::compare::state::{HostCalls, Pairing, compare_calls};
use crate::conformance::compare::walk::{Difference, Findings, Place, Walk, What};
use crate::conformance::execute::faults;
use crate::conformance::execute::session::{Acted, Session};
use crate::conformance::execute::threads::{Ended, Orders, Task};
use crate::conformance::execute::watch::Watch;
use crate::conformance::judge::mutate::{Checker, SelfCheck, Tally, compared};
use crate::conformance::judge::verdict::judge;
use crate::conformance::outcome::shown::beside;
use crate::conformance::outcome::values::Pattern;
use crate::conformance::outcome::{Expect, Outcome};
use crate::conformance::plan::{Backend, Fault, FaultKind, Stats};
use crate::conformance::read::dialect::as_expected;
use crate::conformance::read::json;
use crate::conformance::read::language::{Dialect, Language};
use crate::conformance::read::script::{self, Action, Prepared, ScriptError, Step};
use crate::conformance::record::{Verdict, XDIFF};
use crate::runtime::memory::SharedMemory;
use crate::runtime::store::MemoryId;
use crate::runtime::value::Val;
use shadow::Shadow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// In place of a backend: the preparation of a directive's module, which is done once for all of them.
pub const PREPARATION: &str = "preparation";
/// Its column.
pub const PREPARING: usize = u16::MAX as usize;

/// In place of a directive's index: the script as a whole, as it is read.
pub const SCRIPT: &str = "script";

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
#[derive(Clone, Copy)]
pub struct Job<'j> {
    pub language: Language,
    /// The module files of a script in JSON; `None` for a script in the text format.
    pub folder: Option<&'j json::Folder>,
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
    /// What differs at a step between two sides, by its kind; told before the line of the comparison.
    fn differs(&mut self, _step: usize, _kind: (Place, What)) {}
}

/// Runs a script.
///
/// # Errors
/// When the text is no script; then nothing was done.
pub fn run(text: &str, job: &Job<'_>, observer: &mut dyn Observer) -> Result<(Stats, Option<Tally>), ScriptError> {
    let start = Instant::now();
    for fault in job.faults.iter().filter(|f| f.backend == PREPARATION && f.index == SCRIPT) {
        faults::die(&fault.kind);
    }
    // The script's, then those that tests have columns execute in its place.
    let texts: Vec<&str> = std::iter::once(text).chain(job.faults.iter().filter_map(faults::script)).collect();
    let (plain, buffers);
    let mut scripts: Vec<Vec<Step<'_>>> = match job.folder {
        Some(folder) => texts.iter().map(|text| json::parse(text, folder)).collect::<Result<_, _>>()?,
        None => {
            plain = texts.iter().map(|text| script::plain(text, &job.language)).collect::<Result<Vec<_>, _>>()?;
            buffers = plain.iter().map(|text| script::lex(text)).collect::<Result<Vec<_>, _>>()?;
            buffers.iter().zip(&plain).map(|(buffer, text)| script::parse(buffer, text)).collect::<Result<_, _>>()?
        }
    };
    let length = scripts[0].len();
    let mut stats = Stats { parse_us: micros(start), directives: length as u64, ..Stats::default() };
    stats.judged_once = scripts[0].iter().filter(|step| matches!(step.action, Action::Check(_))).count() as u64;
    observer.script(&scripts[0]);
    for steps in &mut scripts {
        assert_eq!(steps.len(), length, "scripts for other columns have the same directives");
        steps.truncate(job.until.unwrap_or(usize::MAX));
    }
    let mut lockstep = Lockstep::new(text, job);
    lockstep.clashes = script::clashes(&scripts[0], &job.language);
    for (i, steps) in scripts.iter_mut().enumerate() {
        for step in steps.iter_mut() {
            let counts = job.language.messages.count(&step.expect);
            let Some(message) = step.expect.message_mut() else { continue };
            if !counts {
                message.clear();
            }
            stats.by_phase_alone += u64::from(message.is_empty() && i == 0);
        }
    }
    let mut at = 0;
    while at < scripts[0].len() {
        at = lockstep.step(at, &mut scripts, observer, &mut stats);
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
    /// Which of the scripts it executes: the first, but in tests.
    script: usize,
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
    /// Of each column but the first: those whose contents were unknown as it began.
    unknown: Vec<Vec<SharedMemory>>,
    /// By column; `None` until that column's has ended.
    ended: Vec<Option<Ended>>,
}

struct Lockstep<'j> {
    text: &'j str,
    job: &'j Job<'j>,
    sides: Vec<Side>,
    /// Those that run in a column at least.
    threads: Vec<Thread>,
    checker: Option<Checker>,
    /// Once something differed that NaNs may be behind.
    shadow: Option<Shadow>,
    /// Steps that define a name anew, and so are not done: what is wrong with them.
    clashes: HashMap<usize, String>,
    /// `None`: nothing is interrupted here, and what does not end is killed from outside.
    watch: Option<Rc<Watch>>,
}

/// The comparison of two sides.
pub(super) struct Diff {
    pub verdict: Verdict,
    pub expected: String,
    pub got: String,
    /// What differs, of a divergence.
    pub kinds: Vec<(Place, What)>,
    /// NaNs may be behind that.
    pub may_be_nans: bool,
    /// Something was not compared: two NaNs, or what is left out by now.
    pub partial: bool,
}

impl<'j> Lockstep<'j> {
    fn new(text: &'j str, job: &'j Job<'j>) -> Self {
        let mut sides: Vec<Side> = job
            .backends
            .iter()
            .map(|backend| Side {
                name: backend.name.clone(),
                script: faults::script_of(job.faults, &backend.name),
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
                side.pairing = side.session.as_ref().ok().map(|right| {
                    let canonical = [left, right].iter().all(|side| side.backend.config.nan.is_canonical());
                    Pairing::new(left, right, canonical)
                });
            }
        }
        Lockstep {
            text,
            job,
            sides,
            threads: Vec::new(),
            shadow: None,
            checker: job.self_check.map(|check| Checker::new(check, job.folder.is_some())),
            clashes: HashMap::new(),
            // Without a thread for it, what does not end is killed.
            watch: job.timeout.and_then(|timeout| Watch::of_this_thread(timeout).ok()),
        }
    }

    /// Does the step at `i`, with those that are nested in it; position of the next.
    fn step(
        &mut self,
        i: usize,
        scripts: &mut [Vec<Step<'_>>],
        observer: &mut dyn Observer,
        stats: &mut Stats,
    ) -> usize {
        let length = scripts[0].len();
        let nested = match scripts[0][i].action {
            Action::Thread { steps: nested, .. } => i + 1..(i + 1 + nested).min(length),
            _ => i + 1..i + 1,
        };
        let last = nested.end == length;
        let start = Instant::now();
        let prepared: Vec<(Option<Prepared>, Vec<_>)> = scripts
            .iter_mut()
            .map(|steps| {
                let prepared = self.prepare(i, &mut steps[i], observer);
                (prepared, nested.clone().map(|at| self.prepare(at, &mut steps[at], observer)).collect())
            })
            .collect();
        stats.parse_us += micros(start);
        if let Action::Thread { shared, .. } = &scripts[0][i].action {
            let left = self.sides.first().and_then(|side| side.session.as_ref().ok());
            let given = left.zip(shared.as_deref()).map(|(left, name)| left.given(name)).unwrap_or_default();
            let unknown = |side: &Side| {
                let pairing = left.zip(side.pairing.as_ref());
                pairing.map(|(left, pairing)| pairing.unknown(&left.store)).unwrap_or_default()
            };
            let unknown = self.sides.iter().skip(1).map(unknown).collect();
            let ended = self.sides.iter().map(|_| None).collect();
            self.threads.push(Thread { steps: nested.clone(), given, unknown, ended });
        }
        for column in 0..self.sides.len() {
            observer.enter(i, column);
            let start = Instant::now();
            let script = self.sides[column].script;
            let (step, (prepared, within)) = (&scripts[script][i], &prepared[script]);
            match &step.action {
                Action::Thread { .. } => self.begin_thread(i, column, step, &scripts[script][nested.clone()], within),
                _ => self.act(i, column, step, prepared.as_ref(), observer),
            }
            let us = micros(start);
            stats.run_us += us;
            observer.line(i, column, judged(step, &self.sides[column].acted.outcome, self.job.language.dialect, us));
        }
        let steps = &scripts[0];
        let step = &steps[i];
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
        let (raced, left_behind) = self.tell_threads(steps, skip, observer, stats);
        if self.sides.len() > 1 {
            let diff = match skip {
                Some(skip) => Diff::died(skip.crash.as_deref()),
                None => left_behind.beside(self.compare(step, last, &raced, stats)),
            };
            let partial = diff.partial;
            // A run that killed the process is not begun again.
            let mut skips = self.job.skips.iter();
            if diff.may_be_nans && self.shadow.is_none() && !skips.any(|s| s.step <= i && s.backend == XDIFF) {
                self.shadow = Some(Shadow::run(self.text, self.job, i, &step.index, observer));
            }
            diff.kinds.iter().for_each(|kind| observer.differs(i, *kind));
            let line = diff.line(0);
            let line = match &self.shadow {
                Some(shadow) if skip.is_none() => shadow.judge(i, line),
                _ => line,
            };
            let us = micros(start);
            stats.compare_us += us;
            stats.poisoned += u64::from(line.verdict == Verdict::Poisoned);
            stats.not_compared += u64::from(partial || !matches!(line.verdict, Verdict::Pass | Verdict::Diverge));
            observer.line(i, self.sides.len(), Line { us, ..line });
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
            faults::die(&fault.kind);
        }
        Some(source.prepare(&self.job.language))
    }

    /// What a step ended in on a backend, or already in its preparation, when it was tried before.
    fn skip(&self, i: usize, column: usize) -> Option<Outcome> {
        if let Some(clash) = self.clashes.get(&i) {
            return Some(Outcome::Error(clash.clone()));
        }
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
        self.job.faults.iter().filter(|f| f.index == step.index && f.backend == *name).map(|f| f.kind.clone())
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
                    observer.line(at, column, judged(&steps[at], &deed.outcome, self.job.language.dialect, deed.us));
                }
                if let Some(checker) = &mut self.checker {
                    let names = self.sides.iter().map(|s| s.name.as_str());
                    checker.step(&steps[at], names.zip(columns.iter().map(|c| &c.deeds[n].outcome)));
                }
            }
            raced.extend(&thread.given);
            let Some((left, others)) = columns.split_first().filter(|(_, others)| !others.is_empty()) else { continue };
            let mut lines: Vec<Diff> = thread.steps.clone().map(|_| Diff::pass()).collect();
            let Some((first, sides)) = self.sides.split_first_mut() else { continue };
            let store = first.session.as_ref().ok().map(|session| &session.store);
            let given = |m: &MemoryId| store.and_then(|store| store.shared_memory(*m));
            let given: Vec<SharedMemory> = thread.given.iter().filter_map(given).collect();
            for ((right, side), unknown) in others.iter().zip(sides).zip(&thread.unknown) {
                if skip.is_some() {
                    break;
                }
                let names = (first.name.as_str(), side.name.as_str());
                let shared = nested::Shared { given: given.clone(), unknown: unknown.clone() };
                let told = nested::compare(names, (steps, thread.steps.clone()), (left, right), &shared, stats);
                lines = lines.into_iter().zip(told.lines).map(|(line, diff)| line.beside(diff)).collect();
                worst = worst.beside(told.left_behind);
                if let (Some(store), Some(pairing)) = (store, &mut side.pairing) {
                    let unknown = pairing.poison_shared(store, &told.unknown);
                    worst = worst.beside(nested::of_unknown(names, &unknown));
                }
            }
            for (at, diff) in thread.steps.zip(lines) {
                let diff = skip.map_or(diff, |skip| Diff::died(skip.crash.as_deref()));
                stats.poisoned += u64::from(diff.verdict == Verdict::Poisoned);
                stats.not_compared +=
                    u64::from(diff.partial || !matches!(diff.verdict, Verdict::Pass | Verdict::Diverge));
                diff.kinds.iter().for_each(|kind| observer.differs(at, *kind));
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
            faults::strike(&fault.kind, &side.name, session, &mut side.acted.outcome);
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
                pairing.set_racing(racing.clone(), raced.to_vec());
            }
            let diff = compare_sides(first, side, step, executes, last, stats);
            if let (Some(checker), Verdict::Pass) = (&mut self.checker, diff.verdict) {
                check_comparison(checker, step, first, side);
            }
            worst = worst.beside(diff);
        }
        worst
    }
}

/// Has what compares two sides see every mutant of the right one's end.
fn check_comparison(checker: &mut Checker, step: &Step<'_>, left: &Side, right: &Side) {
    let (Ok(l), Ok(r), Some(pairing)) = (&left.session, &right.session, &right.pairing) else { return };
    let mutants = compared::other_ends(&step.expect, &right.acted.outcome, &r.roots, &pairing.map);
    let columns = format!("{} and {}", left.name, right.name);
    checker.compared(step, &columns, &mutants, |mutant| {
        let mut walk = Walk::new(&l.store, &r.store, &mutant.map);
        compare_ends(&mut walk, step, (&left.acted.outcome, &l.roots), (&mutant.outcome, &mutant.roots));
        !walk.findings.differences.is_empty()
    });
}

/// The line of a step in a backend's column.
fn judged(step: &Step<'_>, outcome: &Outcome, dialect: Dialect, us: u64) -> Line {
    let verdict = judge(&step.expect, &as_expected(dialect, &step.action, &step.expect, outcome)).verdict;
    let shown = verdict != Verdict::Pass;
    let cause = match outcome {
        Outcome::Blocked { cause, .. } => Some(cause.clone()),
        _ => None,
    };
    Line {
        verdict,
        expected: shown.then(|| step.expect.to_string()),
        got: shown.then(|| beside(outcome, &step.expect)),
        cause,
        us,
    }
}

impl Diff {
    pub fn only(verdict: Verdict) -> Diff {
        let (expected, got) = (String::new(), String::new());
        Diff { verdict, expected, got, kinds: Vec::new(), may_be_nans: false, partial: false }
    }

    /// The line of a step in the comparison's column.
    fn line(self, us: u64) -> Line {
        // A pass has a text if something in it was excused.
        let shown = !self.got.is_empty();
        Line {
            verdict: self.verdict,
            expected: shown.then_some(self.expected),
            got: shown.then_some(self.got),
            cause: None,
            us,
        }
    }

    pub fn pass() -> Diff {
        Diff::only(Verdict::Pass)
    }

    fn died(crash: Option<&str>) -> Diff {
        let (verdict, got) = match crash {
            Some(what) => (Verdict::Crash, format!("crash({what})")),
            None => (Verdict::Timeout, "timeout".into()),
        };
        Diff { expected: "a comparison".into(), got, ..Diff::only(verdict) }
    }

    fn of(verdict: Verdict, left: &Side, right: &Side) -> Diff {
        Diff {
            expected: format!("{}: {}", left.name, left.acted.outcome),
            got: format!("{}: {}", right.name, right.acted.outcome),
            ..Diff::only(verdict)
        }
    }

    /// The comparisons of two sides with the first one, as that of a directive: the worse one, or both.
    pub fn beside(mut self, other: Diff) -> Diff {
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
        Diff { partial, may_be_nans, ..worst }
    }

    /// A comparison of all but the outcomes, which are alike.
    fn told(verdict: Verdict, left: &Side, expected: &str, right: &Side, got: &str) -> Diff {
        let (expected, got) = (format!("{}: {expected}", left.name), format!("{}: {got}", right.name));
        Diff { expected, got, ..Diff::only(verdict) }
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
        Outcome::Unsupported(_) | Outcome::Shortage(_) | Outcome::Blocked { unsupported: Some(_), .. } => {
            Some(Verdict::Unsupported)
        }
        _ => None,
    }
}

/// Compares how a directive ended on two sides.
fn compare_ends(walk: &mut Walk<'_>, step: &Step<'_>, left: (&Outcome, &[Val]), right: (&Outcome, &[Val])) {
    let differs = |walk: &mut Walk<'_>, place, what, text: &str| {
        walk.differs(Difference::new(place, what, text));
    };
    match (left.0, right.0) {
        (Outcome::Returned(x), Outcome::Returned(y)) => {
            if x.len() != y.len() {
                differs(walk, Place::Result, What::Number, "number of results");
            }
            let patterns: &[Pattern] = if let Expect::Values(patterns) = &step.expect { patterns } else { &[] };
            for (i, (v, w)) in left.1.iter().zip(right.1).enumerate() {
                if x[i].0 != y[i].0 {
                    differs(walk, Place::Result, What::Type, "type of a result");
                } else {
                    walk.result(i, patterns.get(i), *v, *w);
                }
            }
        }
        (Outcome::Exception(_), Outcome::Exception(_)) => {
            for (v, w) in left.1.iter().zip(right.1) {
                walk.value(Place::End, &|| "exception".into(), *v, *w);
            }
        }
        // How deep the stack went does not matter.
        (Outcome::Exhaustion(_), Outcome::Exhaustion(_)) => {}
        (Outcome::Trap(a, _), Outcome::Trap(b, _)) if a != b => differs(walk, Place::End, What::Kind, "another trap"),
        (a, b) if std::mem::discriminant(a) != std::mem::discriminant(b) => {
            differs(walk, Place::End, What::Kind, "another end");
        }
        // Texts of traps carry numbers, which both sides must agree on too.
        (a, b) if a != b => differs(walk, Place::End, What::Text, "another text"),
        _ => {}
    }
}

fn texts(differences: &[Difference]) -> String {
    differences.iter().map(|d| d.text.as_str()).collect::<Vec<_>>().join("; ")
}

/// `executes`: the directive may run code; `last`: it ends the script.
fn compare_sides(
    left: &Side,
    right: &mut Side,
    step: &Step<'_>,
    executes: bool,
    last: bool,
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
    let made = pairing.pair_new(&l.store, &r.store, (left.instances_before, right.instances_before));
    if l.backend.config.relaxed != r.backend.config.relaxed {
        pairing.poison_relaxed(&l.store, left.instances_before..l.store.instances());
    }
    // Whether threads that were running meanwhile may have to do with it.
    let racy = match (a.instance, b.instance) {
        (Some(instance), _) => pairing.races(instance),
        (None, Some(instance)) => pairing.races_right(&r.store, instance),
        (None, None) => false,
    };
    if racy {
        stats.after_threads += 1;
    }
    // Out of the pairing for as long as it is walked by.
    let map = std::mem::take(&mut pairing.map);
    let mut walk = Walk::new(&l.store, &r.store, &map);
    let poisoned = a.instance.is_some_and(|i| pairing.is_poisoned(i)) && made.is_empty();
    let blocked = |o: &Outcome| matches!(o, Outcome::Blocked { .. });
    let exhausted = Outcome::is_exhausted;
    let mut diff = if let Some(verdict) = none {
        Diff::of(verdict, left, right)
    } else if poisoned || exhausted(&a.outcome) != exhausted(&b.outcome) || blocked(&a.outcome) != blocked(&b.outcome) {
        Diff::of(Verdict::Poisoned, left, right)
    } else {
        compare_ends(&mut walk, step, (&a.outcome, &l.roots), (&b.outcome, &r.roots));
        if walk.findings.differences.is_empty() {
            walk.findings.differences = made;
        }
        match (walk.findings.differences.first(), &walk.findings.unknown) {
            (None, None) => Diff::pass(),
            (None, Some(_)) => Diff::of(Verdict::Poisoned, left, right),
            (Some(_), _) if racy => Diff::of(Verdict::Poisoned, left, right),
            (Some(first), _) => {
                let mut diff = Diff::of(Verdict::Diverge, left, right);
                // What was printed may not show it.
                if first.place != Place::End && (l.roots.len() > 1 || first.place != Place::Result) {
                    diff.got += &format!("; {first}");
                }
                diff.kinds = walk.findings.differences.iter().map(|d| (d.place, d.what)).collect();
                diff.may_be_nans = pairing.may_be_nans(&l.store, a.instance, &[]);
                diff
            }
        }
    };
    // From here on the states may differ: poison what the directive could reach, before comparing the rest. Where both
    // sides refused alike, nothing ran.
    let refused = |o: &Outcome| matches!(o, Outcome::Unsupported(_) | Outcome::Blocked { .. });
    let both_refused = refused(&a.outcome) && refused(&b.outcome);
    // How deep the stack went before it was used up is nobody's business, unless it shows: where both sides gave up in
    // the same state, they may go on together.
    let both_exhausted = exhausted(&a.outcome) && exhausted(&b.outcome) && !poisoned;
    let settled = both_exhausted && {
        let mut walk = Walk::new(&l.store, &r.store, &map);
        pairing.clone().compare(&mut walk, None, true);
        walk.findings.differences.is_empty() && walk.findings.unknown.is_none()
    };
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
        walk.findings.differences.clear();
        // What threads wrote is compared once they have ended. They may race: what differs then is no divergence.
        pairing.compare_raced(&mut walk);
        let mut may_race = std::mem::take(&mut walk.findings.differences);
        if !(poisoned || both_exhausted) && matches!(diff.verdict, Verdict::Pass | Verdict::Diverge) {
            compare_calls(&mut walk, &left.calls, &right.calls);
            if racy {
                may_race.append(&mut walk.findings.differences);
            }
        }
        let whole = last || pairing.has_raced();
        let differ = pairing.compare(&mut walk, a.instance, whole);
        let Findings { differences, unknown, .. } = &walk.findings;
        if !differences.is_empty() {
            let what = texts(differences);
            let told = Diff::told(Verdict::Diverge, left, "the same state and host calls", right, &what);
            let may_be_nans = pairing.may_be_nans(&l.store, a.instance, &differ);
            // A rule that knows the one says nothing of the other: both are in the text. And NaNs have to be behind
            // both to be behind it all.
            diff = Diff {
                kinds: diff.kinds.iter().copied().chain(differences.iter().map(|d| (d.place, d.what))).collect(),
                may_be_nans: may_be_nans && (diff.may_be_nans || diff.verdict != Verdict::Diverge),
                ..match diff.verdict {
                    Verdict::Pass => told,
                    _ => Diff {
                        expected: format!("{}; and the same state and host calls", diff.expected),
                        got: format!("{}; and {what}", diff.got),
                        ..told
                    },
                }
            };
        } else if !may_race.is_empty() {
            if diff.verdict == Verdict::Pass {
                diff = Diff::told(Verdict::Poisoned, left, "the same, if no threads race", right, &texts(&may_race));
            }
        } else if let (Some(unknown), Verdict::Pass) = (unknown, diff.verdict) {
            let unknown = format!("{unknown}: of something that one side alone has");
            diff = Diff::told(Verdict::Poisoned, left, "what can be compared", right, &unknown);
        }
    }
    let nans = walk.findings.nans;
    stats.nan_differences += nans;
    if let (Verdict::Pass, Some(first)) = (diff.verdict, &walk.findings.first_nan) {
        let got = format!("NaNs that differ by their bits: {nans}, the first one {first}");
        diff = Diff::told(Verdict::Pass, left, "the same but for bits of NaNs", right, &got);
    }
    diff.may_be_nans &= !map.canonical;
    diff.partial = nans > 0 || executes && pairing.leaves_out();
    pairing.map = map;
    right.pairing = Some(pairing);
    diff
}
