//! One script on several backends in lockstep: each directive on each of them, judged, then compared.

pub mod alone;
pub mod job;
mod shadow;

use crate::conformance::compare::choice::LeftSide;
use crate::conformance::compare::nested;
use crate::conformance::compare::result::SideComparison;
use crate::conformance::compare::sides::{DirectiveExtent, Side, compare_ends, compare_sides};
use crate::conformance::compare::state::Pairing;
use crate::conformance::compare::walk::Walk;
use crate::conformance::execute::fault_injection;
use crate::conformance::execute::session::{Session, StepResult};
use crate::conformance::execute::threads::{EndedThread, ThreadOrders, ThreadTask};
use crate::conformance::execute::timeout::Watch;
use crate::conformance::injected_fault::InjectedFaultKind;
use crate::conformance::injected_fault::{PREPARATION, SCRIPT};
use crate::conformance::judge::conventions::as_expected;
use crate::conformance::judge::mutate::{Checker, MutantTally, compared};
use crate::conformance::judge::verdict::judge;
use crate::conformance::outcome::Outcome;
use crate::conformance::read::error::ScriptError;
use crate::conformance::read::json;
use crate::conformance::read::language::{Dialect, Messages};
use crate::conformance::read::script::{self, Action, PreparedModule, ScriptStep};
use crate::conformance::record::DirectiveResult;
use crate::conformance::record::{Verdict, XDIFF};
use crate::conformance::stats::RunStats;
use crate::runtime::memory::SharedMemory;
use crate::runtime::store::MemoryId;
use job::{Job, Observer, PREPARING, Skip};
use shadow::{Listener, Shadow};
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use std::time::Instant;

/// Runs a script.
///
/// # Errors
/// The text is not a script. In that case nothing was run.
pub fn run(
    text: &str,
    job: &Job<'_>,
    observer: &mut dyn Observer,
) -> Result<(RunStats, Option<MutantTally>), ScriptError> {
    let start = Instant::now();
    for fault in job.faults.iter().filter(|f| f.backend == PREPARATION && f.index == SCRIPT) {
        fault_injection::die(&fault.kind);
    }
    // The script's own text, then those that tests make columns execute in its place.
    let texts: Vec<&str> = std::iter::once(text).chain(job.faults.iter().filter_map(fault_injection::script)).collect();
    let plain = match job.folder {
        Some(_) => Vec::new(),
        None => texts.iter().map(|text| script::plain(text, &job.language)).collect::<Result<Vec<_>, _>>()?,
    };
    // Each is read once, from its beginning to its end.
    let lexed = || plain.iter().map(script::Plain::lex).collect::<Result<Vec<_>, _>>();
    let (buffers, others) = (lexed()?, lexed()?);
    let parse = |once_more: bool| -> Scripts<'_> {
        let buffers = if once_more { &others } else { &buffers };
        match job.folder {
            Some(folder) => texts.iter().map(|text| json::parse(text, folder)).collect(),
            None => buffers.iter().zip(&plain).map(|(buffer, text)| text.parse(buffer)).collect(),
        }
    };
    let parse_again = || parse(true);
    let mut scripts = parse(false)?;
    let mut stats = RunStats { parse_us: micros(start), directives: scripts[0].len() as u64, ..RunStats::default() };
    stats.judged_once = scripts[0].iter().filter(|step| matches!(step.action, Action::Check)).count() as u64;
    observer.script(&scripts[0]);
    let mut lockstep = Lockstep::new(*job, &parse_again);
    stats.by_phase_alone = lockstep.take(&mut scripts);
    let mut at = 0;
    while at < scripts[0].len() {
        at = lockstep.step(at, &mut scripts, observer, &mut stats);
    }
    for side in lockstep.sides.iter().flat_map(|s| &s.session) {
        stats += side.stats;
    }
    Ok((stats, lockstep.checker.map(|checker| checker.finish(text, job.folder))))
}

/// The steps of the script, then those of the others that columns execute.
type Scripts<'s> = Result<Vec<Vec<ScriptStep<'s>>>, ScriptError>;

/// Clears the expected messages that do not count, so that the phase alone decides. Returns the number of such expectations.
fn leave_out_messages(steps: &mut [ScriptStep<'_>], messages: Messages) -> u64 {
    let mut by_phase_alone = 0;
    for step in steps {
        let counts = messages.count(&step.expect);
        let Some(message) = step.expect.message_mut() else { continue };
        if !counts {
            message.clear();
        }
        by_phase_alone += u64::from(message.is_empty());
    }
    by_phase_alone
}

fn micros(start: Instant) -> u64 {
    start.elapsed().as_micros() as u64
}

/// A thread of the script on all backends.
struct Thread {
    /// The range of its steps among those of the script.
    steps: Range<usize>,
    /// The memories of the first column's store that it was given.
    given: Vec<MemoryId>,
    /// For each column but the first, the memories whose contents were unknown when it began.
    unknown: Vec<Vec<SharedMemory>>,
    /// The ended threads by column; `None` until the thread has ended in that column.
    ended: Vec<Option<EndedThread>>,
}

struct Lockstep<'s> {
    job: Job<'s>,
    /// Reads the scripts again, for the run under the canonical profile.
    parse_again: &'s dyn Fn() -> Scripts<'s>,
    sides: Vec<Side>,
    /// The threads that run in at least one column.
    threads: Vec<Thread>,
    /// The threads of the first column that are reported with the directive under way.
    ended: Vec<EndedThread>,
    checker: Option<Checker>,
    /// Set once there was a difference that NaNs may explain.
    canonical: Option<CanonicalRun<'s>>,
    /// The problems of the steps that redefine a name, and so do not run.
    clashes: HashMap<usize, String>,
    /// If `None`, nothing is interrupted here, and what does not end is killed from outside.
    watch: Option<Rc<Watch>>,
}

/// A run of the same script under the canonical profile, as far as this one has come.
struct CanonicalRun<'s> {
    lockstep: Box<Lockstep<'s>>,
    scripts: Vec<Vec<ScriptStep<'s>>>,
    /// The position of its next directive.
    next: usize,
    stats: RunStats,
    shadow: Shadow,
}

impl<'s> CanonicalRun<'s> {
    /// A run that has not yet reached any directive. It is begun for the comparison of the directive at `begun`.
    fn new(
        job: &Job<'s>,
        parse_again: &'s dyn Fn() -> Scripts<'s>,
        begun: usize,
    ) -> Result<CanonicalRun<'s>, ScriptError> {
        let mut scripts = parse_again()?;
        let shadow = Shadow::new(scripts[0].len(), begun);
        let mut lockstep = Box::new(Lockstep::new(Shadow::job(job), parse_again));
        lockstep.take(&mut scripts);
        Ok(CanonicalRun { lockstep, scripts, next: 0, stats: RunStats::default(), shadow })
    }

    /// Runs the directives up to the one at this position, whose comparison, in this column, waits for it.
    fn follow(&mut self, to: usize, column: usize, observer: &mut dyn Observer) {
        let mut listener = Listener::new(observer, to, column, &mut self.shadow);
        while self.next <= to && self.next < self.scripts[0].len() {
            self.next = self.lockstep.step(self.next, &mut self.scripts, &mut listener, &mut self.stats);
        }
    }
}

impl<'s> Lockstep<'s> {
    fn new(job: Job<'s>, parse_again: &'s dyn Fn() -> Scripts<'s>) -> Self {
        let mut sides: Vec<Side> = job
            .backends
            .iter()
            .map(|backend| Side {
                name: backend.name.clone(),
                script: fault_injection::script_of(job.faults, &backend.name),
                session: Session::new(backend, &job.language).map(Box::new),
                pairing: None,
                acted: StepResult { outcome: Outcome::Done, instance: None },
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
            job,
            parse_again,
            sides,
            threads: Vec::new(),
            ended: Vec::new(),
            canonical: None,
            checker: job.self_check.map(|check| Checker::new(check, job.folder.is_some(), job.language.messages)),
            clashes: HashMap::new(),
            // If no thread can be started for it, what does not end is killed.
            watch: job.timeout.and_then(|timeout| Watch::of_this_thread(timeout).ok()),
        }
    }

    /// Prepares the scripts for their first step. Returns the number of expectations of the first one that the phase alone
    /// decides.
    fn take(&mut self, scripts: &mut [Vec<ScriptStep<'_>>]) -> u64 {
        let length = scripts[0].len();
        for steps in scripts.iter_mut() {
            assert_eq!(steps.len(), length, "scripts for other columns have the same directives");
            steps.truncate(self.job.until.unwrap_or(usize::MAX));
        }
        self.clashes = script::clashes(&scripts[0], &self.job.language);
        let messages = self.job.language.messages;
        let by_phase_alone: Vec<u64> = scripts.iter_mut().map(|steps| leave_out_messages(steps, messages)).collect();
        by_phase_alone[0]
    }

    /// Runs the step at `i` and those nested in it. Returns the position of the next one.
    fn step(
        &mut self,
        i: usize,
        scripts: &mut [Vec<ScriptStep<'_>>],
        observer: &mut dyn Observer,
        stats: &mut RunStats,
    ) -> usize {
        let length = scripts[0].len();
        let nested = match scripts[0][i].action {
            Action::Thread { steps: nested, .. } => i + 1..(i + 1 + nested).min(length),
            _ => i + 1..i + 1,
        };
        let last = nested.end == length;
        self.ended.clear();
        let start = Instant::now();
        let prepared: Vec<(Option<PreparedModule>, Vec<_>)> = scripts
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
            self.sides[column].acted.outcome.locate(|index| script::place(&scripts[0], index));
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
        let (start, excused) = (Instant::now(), stats.nan_differences);
        let (raced, left_behind, mut comparisons) = self.report_threads(steps, skip, observer, stats);
        if self.sides.len() > 1 {
            let diff = match skip {
                Some(skip) => {
                    self.sides.iter_mut().filter_map(|side| side.pairing.as_mut()).for_each(Pairing::miss);
                    SideComparison::died(skip.crash.as_deref())
                }
                None => left_behind.beside(self.compare(step, last, &raced, stats)),
            };
            comparisons.push((i, diff));
            let excused = stats.nan_differences > excused && !self.job.language.canonical_nans;
            self.follow(i, &comparisons, excused, observer);
            for (at, diff) in &mut comparisons {
                diff.may_be_nans = diff.may_be_nans && self.may_be_chosen(*at, diff);
            }
            let since = comparisons.iter().find(|(_, diff)| diff.may_be_nans).map(|(at, _)| *at);
            if let (Some(run), Some(at)) = (&mut self.canonical, since) {
                run.shadow.counts_from(at, &steps[at].index);
            }
            let us = micros(start);
            stats.compare_us += us;
            for (at, diff) in comparisons {
                let (partial, may_be_nans) = (diff.partial, diff.may_be_nans);
                diff.kinds.iter().for_each(|kind| observer.differs(at, *kind));
                let line = diff.line(if at == i { us } else { 0 });
                let line = match &self.canonical {
                    Some(run) => run.shadow.judge(at, line, may_be_nans),
                    None => line,
                };
                stats.poisoned += u64::from(line.verdict == Verdict::Poisoned);
                stats.not_compared += u64::from(partial || !matches!(line.verdict, Verdict::Pass | Verdict::Diverge));
                observer.line(at, self.sides.len(), line);
            }
        }
        nested.end
    }

    /// Lets the run under the canonical profile catch up with this one, which has compared the directive at `i`. Begins that run
    /// if NaNs were excused, or may explain a difference.
    fn follow(
        &mut self,
        i: usize,
        comparisons: &[(usize, SideComparison)],
        excused: bool,
        observer: &mut dyn Observer,
    ) {
        // If that run killed the process before, it is not begun again.
        if self.job.skips.iter().any(|s| s.step <= i && s.backend == XDIFF) {
            self.canonical = None;
            return;
        }
        if self.canonical.is_none() && (excused || comparisons.iter().any(|(_, diff)| diff.may_be_nans)) {
            let first = comparisons.iter().map(|(at, _)| *at).min().unwrap_or(i);
            self.canonical = match CanonicalRun::new(&self.job, self.parse_again, first) {
                Ok(run) => Some(run),
                // The files of its modules may be gone. Then differences stand, and NaNs that were excused are not checked again.
                Err(_) if self.job.folder.is_some() => None,
                Err(e) => unreachable!("a script was read, and now it is none: {e}"),
            };
        }
        let column = self.sides.len();
        if let Some(run) = &mut self.canonical {
            run.follow(i, column, observer);
        }
    }

    /// Whether a difference of the step at `at` may be a choice of NaNs. If the sides differ under the canonical profile too,
    /// that decides.
    fn may_be_chosen(&self, at: usize, diff: &SideComparison) -> bool {
        let Some(run) = self.canonical.as_ref().filter(|run| run.shadow.agrees_at(at)) else { return true };
        diff.suspects.iter().all(|suspect| {
            let sides = self.left(at, suspect.thread).zip(run.lockstep.left(at, suspect.thread));
            sides.is_some_and(|(native, canonical)| suspect.may_be_chosen(&native, &canonical))
        })
    }

    /// The first column's state after the step at `at`: that of its store, or of the thread with this first step.
    fn left(&self, at: usize, thread: Option<usize>) -> Option<LeftSide<'_>> {
        let Some(first) = thread else {
            let side = self.sides.first()?;
            let session = side.session.as_ref().ok()?;
            return Some(LeftSide {
                outcome: Some(&side.acted.outcome),
                frames: &session.frames,
                calls: &side.calls,
                store: &session.store,
            });
        };
        let (ended, own) = self.ended.iter().find_map(|ended| Some((ended, ended.store(first)?)))?;
        let result = at.checked_sub(ended.first).and_then(|n| ended.results.get(n));
        Some(LeftSide {
            outcome: result.map(|result| &result.outcome),
            frames: result.map_or(&[][..], |result| &result.frames[..]),
            calls: own.calls.get(&at).map_or(&[][..], Vec::as_slice),
            store: &own.session.store,
        })
    }

    /// Encodes, decodes and validates the module of a step, for all columns.
    fn prepare(&self, i: usize, step: &mut ScriptStep<'_>, observer: &mut dyn Observer) -> Option<PreparedModule> {
        let source = step.source.as_mut()?;
        observer.enter(i, PREPARING);
        if self.job.skips.iter().any(|s| s.step == i && s.backend == PREPARATION) {
            return None;
        }
        if !self.job.faults.is_empty() {
            fault_injection::act_on_others(PREPARATION);
        }
        for fault in self.job.faults.iter().filter(|f| f.index == step.index && f.backend == PREPARATION) {
            fault_injection::die(&fault.kind);
        }
        Some(source.prepare(&self.job.language))
    }

    /// The crash or timeout in an earlier attempt of a step on a backend, or in its preparation.
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

    /// The faults injected at a step in a column.
    fn faults(&self, step: &ScriptStep<'_>, column: usize) -> impl Iterator<Item = InjectedFaultKind> {
        let name = &self.sides[column].name;
        self.job.faults.iter().filter(|f| f.index == step.index && f.backend == *name).map(|f| f.kind.clone())
    }

    /// Starts the most recently recorded thread in a column.
    fn begin_thread(
        &mut self,
        i: usize,
        column: usize,
        step: &ScriptStep<'_>,
        nested: &[ScriptStep<'_>],
        prepared: &[Option<PreparedModule>],
    ) {
        let Action::Thread { name, shared, .. } = &step.action else { unreachable!("a thread begins") };
        let tasks = || {
            let tasks = nested.iter().zip(prepared).zip(i + 1..);
            tasks.map(|((step, prepared), at)| ThreadTask {
                index: step.index.clone(),
                action: step.action.clone(),
                prepared: prepared.clone(),
                skip: self.skip(at, column),
                faults: self.faults(step, column).collect(),
            })
        };
        let (tasks, skip) = (tasks().collect(), self.skip(i, column));
        let (timeout, faults_injected) = (self.job.timeout, !self.job.faults.is_empty());
        let orders =
            ThreadOrders { language: self.job.language, tasks, first: i + 1, column, timeout, faults_injected };
        let side = &mut self.sides[column];
        side.instances_before = side.instances();
        side.calls.clear();
        let outcome = match (&mut side.session, skip) {
            (Err(why), _) => Outcome::Unsupported(why.to_string()),
            (Ok(session), Some(skip)) => session.skip(&step.index, &step.action, skip).outcome,
            (Ok(session), None) => session.start_thread(&step.index, name, shared.as_deref(), orders),
        };
        if outcome != Outcome::Done {
            let thread = self.threads.last_mut().expect("noted before");
            thread.ended[column] = Some(EndedThread::blocked(i + 1..i + 1 + nested.len(), &step.index, &outcome));
        }
        side.acted = StepResult { outcome, instance: None };
    }

    /// Waits for a thread in a column, if it runs there. Meanwhile the thread counts as being at work, not this step.
    fn join(&mut self, name: &str, column: usize, observer: &mut dyn Observer) {
        let Ok(session) = &mut self.sides[column].session else { return };
        let Some(ended) = session.join_thread(name, &mut |at| observer.enter(at, column)) else { return };
        if let Some(thread) = self.threads.iter_mut().find(|thread| thread.steps.start == ended.first) {
            thread.ended[column] = Some(ended);
        }
    }

    /// Joins the threads that the script does not wait for, at its end.
    fn join_rest(&mut self, observer: &mut dyn Observer) {
        for column in 0..self.sides.len() {
            let rest = self.sides[column].session.as_ref().map(|session| session.running_threads());
            for name in rest.unwrap_or_default() {
                self.join(&name, column, observer);
            }
        }
    }

    /// Reports the steps of the threads that have ended in all columns: the memories that these may have written, the comparison
    /// of the state that they left behind, and that of each step. `skip`: this comparison killed the process before.
    fn report_threads(
        &mut self,
        steps: &[ScriptStep<'_>],
        skip: Option<&Skip>,
        observer: &mut dyn Observer,
        stats: &mut RunStats,
    ) -> (Vec<MemoryId>, SideComparison, Vec<(usize, SideComparison)>) {
        let (mut raced, mut comparisons) = (Vec::new(), Vec::new());
        let mut worst = SideComparison::pass();
        let (ended, running) = std::mem::take(&mut self.threads)
            .into_iter()
            .partition::<Vec<_>, _>(|thread| thread.ended.iter().all(Option::is_some));
        self.threads = running;
        for thread in ended {
            let mut columns: Vec<EndedThread> = thread.ended.into_iter().flatten().collect();
            for result in columns.iter_mut().flat_map(|ended| &mut ended.results) {
                result.outcome.locate(|index| script::place(steps, index));
            }
            for (n, at) in thread.steps.clone().enumerate() {
                for (column, ended) in columns.iter().enumerate() {
                    let result = &ended.results[n];
                    observer.line(
                        at,
                        column,
                        judged(&steps[at], &result.outcome, self.job.language.dialect, result.us),
                    );
                }
                if let Some(checker) = &mut self.checker {
                    let names = self.sides.iter().map(|s| s.name.as_str());
                    checker.step(&steps[at], names.zip(columns.iter().map(|c| &c.results[n].outcome)));
                }
            }
            raced.extend(&thread.given);
            let Some((left, others)) = columns.split_first().filter(|(_, others)| !others.is_empty()) else { continue };
            let mut lines: Vec<SideComparison> = thread.steps.clone().map(|_| SideComparison::pass()).collect();
            let Some((first, sides)) = self.sides.split_first_mut() else { continue };
            let store = first.session.as_ref().ok().map(|session| &session.store);
            let given = |m: &MemoryId| store.and_then(|store| store.shared_memory(*m));
            let given: Vec<SharedMemory> = thread.given.iter().filter_map(given).collect();
            for ((right, side), unknown) in others.iter().zip(sides).zip(&thread.unknown) {
                if skip.is_some() {
                    break;
                }
                let names = (first.name.as_str(), side.name.as_str());
                let shared = nested::SharedMemories { given: given.clone(), unknown: unknown.clone() };
                let compared = nested::compare(names, (steps, thread.steps.clone()), (left, right), &shared, stats);
                lines = lines.into_iter().zip(compared.lines).map(|(line, diff)| line.beside(diff)).collect();
                worst = worst.beside(compared.left_behind);
                if let (Some(store), Some(pairing)) = (store, &mut side.pairing) {
                    let unknown = pairing.poison_shared(store, &compared.unknown);
                    worst = worst.beside(nested::of_unknown(names, &unknown));
                }
            }
            let died = |diff| skip.map_or(diff, |skip| SideComparison::died(skip.crash.as_deref()));
            comparisons.extend(thread.steps.zip(lines.into_iter().map(died)));
            self.ended.extend(columns.into_iter().next());
        }
        (raced, worst, comparisons)
    }

    fn act(
        &mut self,
        i: usize,
        column: usize,
        step: &ScriptStep<'_>,
        prepared: Option<&PreparedModule>,
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
                side.acted = StepResult { outcome: Outcome::Unsupported(why.to_string()), instance: None };
                return;
            }
        };
        if let Some(outcome) = skip {
            side.acted = session.skip(&step.index, &step.action, outcome);
            return;
        }
        if !self.job.faults.is_empty() {
            fault_injection::act_on_others(&side.name);
        }
        let watched = self.watch.as_ref().map(|watch| watch.over(session.store.interrupt_handle()));
        let faults =
            self.job.faults.iter().filter(|f| f.index == step.index && f.backend == side.name).map(|f| &f.kind);
        session.frames_fault = fault_injection::frames_fault(faults.clone());
        side.acted = session.act(&step.index, &step.action, prepared);
        drop(watched);
        for fault in faults {
            fault_injection::inject(fault, &side.name, &mut session.store, &mut session.roots, &mut side.acted.outcome);
        }
        side.calls = session.take_calls();
    }

    /// Compares every side with the first; the worst comparison is the directive's.
    /// `raced`: memories of threads that have just ended.
    fn compare(
        &mut self,
        step: &ScriptStep<'_>,
        last: bool,
        raced: &[MemoryId],
        stats: &mut RunStats,
    ) -> SideComparison {
        let racing: Vec<MemoryId> = self.threads.iter().flat_map(|thread| &thread.given).copied().collect();
        let Some((first, others)) = self.sides.split_first_mut() else {
            return SideComparison::pass();
        };
        let no_code = matches!(step.action, Action::Check | Action::Definition { .. } | Action::Unsupported(_));
        let extent = DirectiveExtent { executes: last || !no_code, last };
        let mut worst = SideComparison::pass();
        for side in others {
            if let Some(pairing) = &mut side.pairing {
                pairing.set_racing(racing.clone(), raced.to_vec());
            }
            let diff = compare_sides(first, side, step, extent, stats);
            if let (Some(checker), Verdict::Pass) = (&mut self.checker, diff.verdict) {
                check_comparison(checker, step, first, side);
            }
            worst = worst.beside(diff);
        }
        worst
    }
}

/// Checks that the comparison of two sides notices every mutant of the right one's end.
fn check_comparison(checker: &mut Checker, step: &ScriptStep<'_>, left: &Side, right: &Side) {
    let (Ok(l), Ok(r), Some(pairing)) = (&left.session, &right.session, &right.pairing) else { return };
    let mutants = compared::other_ends(&step.expect, &right.acted.outcome, &r.roots, &pairing.map);
    let columns = format!("{} and {}", left.name, right.name);
    checker.compared(step, &columns, &mutants, |mutant| {
        let mut walk = Walk::new(&l.store, &r.store, &mutant.map);
        compare_ends(&mut walk, step, (&left.acted.outcome, &l.roots), (&mutant.outcome, &mutant.roots));
        !walk.findings.differences.is_empty()
    });
}

/// The result of a step in a backend's column.
fn judged(step: &ScriptStep<'_>, outcome: &Outcome, dialect: Dialect, us: u64) -> DirectiveResult {
    let verdict = judge(&step.expect, &as_expected(dialect, &step.action, &step.expect, outcome)).verdict;
    let shown = verdict != Verdict::Pass;
    let cause = match outcome {
        Outcome::Blocked { cause, .. } => Some(cause.clone()),
        _ => None,
    };
    DirectiveResult {
        verdict,
        expected: shown.then(|| step.expect.to_string()),
        got: shown.then(|| outcome.beside(&step.expect)),
        cause,
        us,
    }
}

#[cfg(test)]
mod tests;
