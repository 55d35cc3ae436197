//! Runs files in worker processes: whatever a directive does to its process is an outcome of that directive on that
//! backend, and all others still run.
//!
//! When a worker dies or makes no progress, the crash is confirmed with the backend alone. (A wild store of one backend may kill
//! another: in that case each continues in its own process.) The file is then replayed from its start with that directive skipped
//! on that backend, and replayed results must equal the first ones. This repeats, however often something dies, until the file's
//! time is up ([`FileSettings::file_timeout`]).
//!
//! Endless code in a script is handled elsewhere: the worker interrupts it, and the process lives on. It is killed only if it has
//! not stopped `GRACE` later.
//!
//! A crash during the preparation of a module is that directive's outcome in all columns.

use super::wire::{FromWorker, JobMessage, LogEntry, ToWorker, take_entries};
use super::worker::ROLE;
use crate::conformance::backend::Backend;
use crate::conformance::foreign::run::{add, end};
use crate::conformance::injected_fault::InjectedFault;
use crate::conformance::injected_fault::PREPARATION;
use crate::conformance::judge::mutate::SelfCheck;
use crate::conformance::lockstep::job::{PREPARING, Skip};
use crate::conformance::plan::{Event, FileResult, Plan, RunSummary};
use crate::conformance::progress::{FileError, FileProgress, text_of};
use crate::conformance::read::error::ScriptError;
use crate::conformance::read::suite::{Source, SuiteFile};
use crate::conformance::record::DirectiveResult;
use crate::conformance::record::{Verdict, XDIFF};
use crate::conformance::report::replay::Replay;
use crate::conformance::stats::RunStats;
use crate::process::board::Board;
use crate::process::spawn::{ProcessEnd, own_program};
use crate::process::worker::{StartError, Worker};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The time that an interrupted directive has to stop before its process is killed.
const GRACE: Duration = Duration::from_secs(2);
/// The text in place of a directive's outcome.
const GARBLED: &str = "the worker's results cannot be read; this is a bug in the harness";
/// The interval at which the progress of a busy worker is checked.
const POLL: Duration = Duration::from_millis(20);

/// Starts and keeps workers.
pub struct Supervisor {
    /// The executable, whose `main` begins with [`serve_if_worker`](crate::process::serve_if_worker).
    executable: PathBuf,
    idle: Mutex<Vec<ScriptWorker>>,
}

struct ScriptWorker {
    process: Worker<ToWorker, FromWorker>,
    /// The file that receives its standard error, such as the message of an abort.
    errors: File,
}

/// The end of a job.
enum JobEnd {
    Done(RunStats),
    NotAScript {
        line: u32,
        column: u32,
        message: String,
    },
    /// The worker died at this step and column, for this reason; `None` for a timeout.
    Died {
        at: Option<(usize, usize)>,
        crash: Option<String>,
    },
    /// The file's time was up.
    OutOfTime,
    /// The worker's results cannot be read.
    Garbled,
}

/// The end of a file.
enum FileEnd {
    /// Each of its directives was run, in each column.
    Complete(RunStats),
    /// Its directives have results, but not all of them ran: the rest were given a result.
    CutShort(RunStats),
    /// Those of its directives that are known have results; there may be more directives.
    Garbled(RunStats),
    NotRun(FileError),
}

/// The settings that a file is run with.
#[derive(Clone, Copy)]
pub struct FileSettings<'p> {
    /// The columns without `xdiff`.
    pub backends: &'p [Backend],
    /// The time limit of one directive on one backend.
    pub timeout: Duration,
    /// The time limit of everything about the file.
    pub file_timeout: Duration,
    /// Injected faults; empty except in tests.
    pub faults: &'p [InjectedFault],
    /// Mutate every assertion.
    pub self_check: Option<SelfCheck>,
    /// For the replay commands of the records.
    pub replay: &'p Replay,
}

impl Supervisor {
    /// A supervisor whose workers are this same executable.
    pub fn new() -> Supervisor {
        Supervisor::with_executable(own_program())
    }

    /// A supervisor whose workers are another executable of this package: for tests that have their own `main`.
    pub fn with_executable(executable: PathBuf) -> Supervisor {
        Supervisor { executable, idle: Mutex::new(Vec::new()) }
    }

    fn worker(&self) -> Result<ScriptWorker, StartError> {
        if let Some(worker) = self.idle.lock().ok().and_then(|mut idle| idle.pop()) {
            return Ok(worker);
        }
        ScriptWorker::start(&self.executable)
    }

    /// Ends the idle workers, so that the next ones are new.
    fn forget_idle(&self) {
        if let Ok(mut idle) = self.idle.lock() {
            idle.clear();
        }
    }

    fn keep(&self, worker: ScriptWorker) {
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(worker);
        }
    }

    /// Runs a file on all backends.
    ///
    /// # Errors
    /// No worker can be started.
    pub fn run_file(&self, file: &Arc<SuiteFile>, settings: FileSettings<'_>) -> Result<FileResult, StartError> {
        let start = Instant::now();
        let mut result = FileResult::new(file);
        let names: Vec<&str> = settings.backends.iter().map(|b| b.name.as_str()).collect();
        let text = match text_of(file) {
            Ok(text) => text,
            Err(error) => {
                result.fail(&names, Some(settings.replay), error);
                return Ok(result);
            }
        };
        let mut run = FileRun {
            supervisor: self,
            file,
            text: &text,
            settings,
            // A limit beyond the range of `Instant` is no limit.
            deadline: start.checked_add(settings.file_timeout),
            known: FileProgress::default(),
            skips: Vec::new(),
            crashes: 0,
            is_second_reading: false,
        };
        match run.run()? {
            end @ (FileEnd::Complete(stats) | FileEnd::CutShort(stats)) => {
                result.stats = stats;
                result.complete = matches!(end, FileEnd::Complete(_));
                result.tally = run.known.tally.take();
                result.records = run.known.records(file, &names, Some(settings.replay));
            }
            FileEnd::Garbled(stats) => {
                result.stats = stats;
                result.error = Some(GARBLED.into());
                result.records = run.known.records(file, &names, Some(settings.replay));
            }
            FileEnd::NotRun(error) => result.fail(&names, Some(settings.replay), error),
        }
        result.stats.crashes = run.crashes;
        result.wall = start.elapsed();
        Ok(result)
    }
}

impl Default for Supervisor {
    fn default() -> Self {
        Supervisor::new()
    }
}

/// The run of a file.
struct FileRun<'s> {
    supervisor: &'s Supervisor,
    file: &'s SuiteFile,
    text: &'s str,
    settings: FileSettings<'s>,
    /// The deadline of the whole file; `None` for none.
    deadline: Option<Instant>,
    known: FileProgress,
    skips: Vec<Skip>,
    crashes: u64,
    /// Whether a worker did not survive reading the script.
    is_second_reading: bool,
}

/// The result of retrying a directive that killed its process.
enum Confirmed {
    Yes,
    /// It does not die, or dies elsewhere.
    No,
    OutOfTime,
}

/// The outcome of a directive that the process died of.
fn died_of(crash: Option<&str>) -> (Verdict, String) {
    match crash {
        Some(what) => (Verdict::Crash, format!("crash({what})")),
        None => (Verdict::Timeout, "timeout".into()),
    }
}

/// The result of a directive that was not judged, so it did not pass.
fn line_of(verdict: Verdict, got: String) -> DirectiveResult {
    assert_ne!(verdict, Verdict::Pass, "not judged: {got}");
    DirectiveResult { verdict, expected: None, got: Some(got), cause: None, us: 0 }
}

impl FileRun<'_> {
    /// Runs the file to its end, in as many processes as that takes.
    fn run(&mut self) -> Result<FileEnd, StartError> {
        let all: Vec<Backend> = self.settings.backends.to_vec();
        let columns = 0..all.len() + 1;
        loop {
            let (ended, known) = self.job(&all, None, &self.skips)?;
            self.known.merge(known);
            let (at, crash) = match ended {
                JobEnd::Done(stats) => return Ok(FileEnd::Complete(stats)),
                JobEnd::NotAScript { line, column, message } => {
                    return Ok(FileEnd::NotRun(FileError::not_a_script(&ScriptError { line, column, message })));
                }
                JobEnd::OutOfTime if self.known.steps.is_empty() => {
                    let message = format!("{}, which expired before the script was read", self.out_of_time());
                    return Ok(FileEnd::NotRun(FileError::whole(Verdict::Timeout, message)));
                }
                JobEnd::OutOfTime => {
                    self.fill(columns, Verdict::Timeout, &self.out_of_time());
                    return Ok(FileEnd::CutShort(self.partial()));
                }
                JobEnd::Garbled if self.known.steps.is_empty() => {
                    return Ok(FileEnd::NotRun(FileError::whole(Verdict::Crash, GARBLED.into())));
                }
                JobEnd::Garbled => {
                    self.fill(columns, Verdict::Crash, GARBLED);
                    return Ok(FileEnd::Garbled(self.partial()));
                }
                JobEnd::Died { at, crash } => (at, crash),
            };
            self.crashes += 1;
            let (verdict, what) = died_of(crash.as_deref());
            let Some((step, column)) = at else {
                // A reused worker may have died earlier, or because of the previous file. One that hangs is not waited for twice.
                if crash.is_some() && !std::mem::replace(&mut self.is_second_reading, true) {
                    self.supervisor.forget_idle();
                    continue;
                }
                let message = format!("{what}: the worker did not survive reading the script");
                return Ok(FileEnd::NotRun(FileError::whole(verdict, message)));
            };
            let skip = Skip { step, backend: self.at_work(column).into(), crash };
            if self.skips.iter().any(|s| (s.step, &s.backend) == (skip.step, &skip.backend)) {
                let stuck = self.stuck(step, &what);
                self.fill(columns, verdict, &stuck);
                return Ok(FileEnd::CutShort(self.partial()));
            }
            match self.confirmed(&skip, column)? {
                Confirmed::Yes => self.skips.push(skip),
                Confirmed::No => return Ok(FileEnd::CutShort(self.apart(step, column, &what)?)),
                Confirmed::OutOfTime => {
                    let column = column.min(all.len());
                    if let Some(slot @ None) = self.known.lines.get_mut(step).and_then(|l| l.get_mut(column)) {
                        *slot = Some(line_of(verdict, what));
                    }
                    self.fill(columns, Verdict::Timeout, &self.out_of_time());
                    return Ok(FileEnd::CutShort(self.partial()));
                }
            }
        }
    }

    /// The name of a column at work: a backend's, or what stands in its place.
    fn at_work(&self, column: usize) -> &str {
        match column {
            PREPARING => PREPARATION,
            column => self.settings.backends.get(column).map_or(XDIFF, |b| b.name.as_str()),
        }
    }

    /// The text for all directives that had no time.
    fn out_of_time(&self) -> String {
        format!("timeout: the file's time limit of {} s", self.settings.file_timeout.as_secs_f64())
    }

    /// The text for the rest if skipping a directive did not keep the process from dying there.
    fn stuck(&self, step: usize, what: &str) -> String {
        let index = self.known.steps.get(step).map_or("?", |(index, ..)| index);
        format!("{what} at directive {index}, although it was skipped; this is a bug in the harness")
    }

    /// Statistics of a file whose last run did not complete.
    fn partial(&self) -> RunStats {
        RunStats { directives: self.known.steps.len() as u64, ..RunStats::default() }
    }

    /// Whether a directive also kills a process without the other backends.
    fn confirmed(&self, skip: &Skip, column: usize) -> Result<Confirmed, StartError> {
        let backends = self.settings.backends;
        let alone = match backends.get(column) {
            // The backend was already alone.
            _ if backends.len() < 2 => return Ok(Confirmed::Yes),
            Some(backend) => std::slice::from_ref(backend),
            // Preparing a module involves no backend. A worker that hangs there is not waited for twice.
            None if column == PREPARING && skip.crash.is_some() => &[],
            // A comparison involves nothing that could run alone.
            None => return Ok(Confirmed::Yes),
        };
        // A directive in a thread may wait for what comes after the thread's.
        let nested = self.known.steps.get(skip.step).is_some_and(|(index, ..)| index.contains('.'));
        let (ended, _) = self.job(alone, (!nested).then_some(skip.step + 1), &self.skips)?;
        Ok(match ended {
            JobEnd::Died { at: Some((at, _)), .. } if at == skip.step => Confirmed::Yes,
            JobEnd::OutOfTime => Confirmed::OutOfTime,
            _ => Confirmed::No,
        })
    }

    /// Runs each backend in its own process, because one of them kills the others, for example by a wild store, or dies only
    /// alongside them. From `step` on there is nothing to compare.
    fn apart(&mut self, step: usize, column: usize, what: &str) -> Result<RunStats, StartError> {
        let backends = self.settings.backends;
        let mut stats = RunStats::default();
        for (c, backend) in backends.iter().enumerate() {
            let mut skips = self.skips.clone();
            loop {
                let (ended, known) = self.job(std::slice::from_ref(backend), None, &skips)?;
                self.known.merge_column(c, known);
                let (verdict, rest) = match ended {
                    JobEnd::Done(own) => {
                        // What is judged once for all columns is counted once.
                        let once = |count: u64| if c == 0 { count } else { 0 };
                        let (judged_once, by_phase_alone) = (once(own.judged_once), once(own.by_phase_alone));
                        stats += RunStats { directives: 0, judged_once, by_phase_alone, ..own };
                        break;
                    }
                    JobEnd::Died { at, crash } => {
                        self.crashes += 1;
                        let (verdict, what) = died_of(crash.as_deref());
                        match at {
                            Some((step, column)) => {
                                // A module that a backend prepares only for itself is skipped only for that backend.
                                let name = if column == PREPARING { PREPARATION } else { &backend.name };
                                let skip = Skip { step, backend: name.into(), crash };
                                if !skips.iter().any(|s| (s.step, &s.backend) == (skip.step, &skip.backend)) {
                                    skips.push(skip);
                                    continue;
                                }
                                (verdict, self.stuck(step, &what))
                            }
                            None => (verdict, format!("{what}: the worker did not survive reading the script")),
                        }
                    }
                    JobEnd::OutOfTime => (Verdict::Timeout, self.out_of_time()),
                    JobEnd::Garbled => (Verdict::Crash, GARBLED.into()),
                    JobEnd::NotAScript { message, .. } => (Verdict::Fail, message),
                };
                self.fill(c..c + 1, verdict, &rest);
                break;
            }
        }
        if let Some(slot) = self.known.lines.get_mut(step).and_then(|l| l.get_mut(column))
            && slot.as_ref().is_some_and(|l| matches!(l.verdict, Verdict::Pass | Verdict::Fail))
        {
            *slot = Some(line_of(Verdict::Flaky, format!("{what} only when run together with the other backends")));
        }
        let compared = backends.len()..backends.len() + 1;
        self.fill(compared, Verdict::Crash, &format!("not compared: {what} only when run together with others"));
        stats.directives = self.known.steps.len() as u64;
        Ok(stats)
    }

    /// Runs the script on some of the backends.
    fn job(
        &self,
        backends: &[Backend],
        until: Option<usize>,
        skips: &[Skip],
    ) -> Result<(JobEnd, FileProgress), StartError> {
        let key = self.file.key();
        let job = JobMessage {
            text: self.text.to_string(),
            spec: self.file.language.spec,
            features: self.file.language.features.bits(),
            messages: self.file.language.messages,
            dialect: self.file.language.dialect,
            canonical_nans: self.file.language.canonical_nans,
            deterministic_relaxed: self.file.language.deterministic_relaxed,
            folder: self.file.json_folder(),
            backends: backends.to_vec(),
            skips: skips.to_vec(),
            faults: self.settings.faults.iter().filter(|f| f.file == key).cloned().collect(),
            until,
            timeout: self.settings.timeout,
            self_check: self.settings.self_check,
        };
        let mut worker = self.supervisor.worker()?;
        let mut known = FileProgress::default();
        let columns = backends.len() + usize::from(backends.len() > 1);
        let ended = worker.run(job, self.deadline, columns, &mut known);
        match ended {
            JobEnd::Died { .. } | JobEnd::OutOfTime | JobEnd::Garbled => {}
            JobEnd::Done(_) | JobEnd::NotAScript { .. } => self.supervisor.keep(worker),
        }
        Ok((ended, known))
    }

    /// Fills in a result in these columns wherever none is known.
    fn fill(&mut self, columns: Range<usize>, verdict: Verdict, got: &str) {
        for lines in &mut self.known.lines {
            for slot in lines.iter_mut().enumerate().filter(|(c, _)| columns.contains(c)).map(|(_, slot)| slot) {
                slot.get_or_insert_with(|| line_of(verdict, got.into()));
            }
        }
    }
}

impl ScriptWorker {
    fn start(executable: &Path) -> Result<ScriptWorker, StartError> {
        let failed = |error| StartError { executable: executable.to_path_buf(), error };
        let errors = tempfile::tempfile().map_err(failed)?;
        let stderr = Stdio::from(errors.try_clone().map_err(failed)?);
        Ok(ScriptWorker { process: Worker::start(executable, &ROLE, stderr, POLL)?, errors })
    }

    /// Runs a job until it ends, however it ends. Adds the results to `progress`.
    fn run(
        &mut self,
        job: JobMessage,
        deadline: Option<Instant>,
        columns: usize,
        progress: &mut FileProgress,
    ) -> JobEnd {
        let timeout = job.timeout.saturating_add(GRACE);
        self.process.board.reset();
        // A worker that died between two files is noticed below.
        let _ = self.process.sender.send(&ToWorker::Job(Box::new(job)));
        let mut log = JobLog::default();
        self.process.rest();
        loop {
            match self.process.receiver.poll() {
                Ok(Some(FromWorker::LogFull)) => {
                    log.take(&self.process.board);
                    let _ = self.process.sender.send(&ToWorker::LogTaken);
                }
                Ok(Some(FromWorker::Done)) => {
                    log.take(&self.process.board);
                    let end = take_log(progress, log.entries, columns);
                    return end.filter(|_| !log.garbled).unwrap_or(JobEnd::Garbled);
                }
                Ok(None) => {}
                Err(_) => {
                    log.take(&self.process.board);
                    take_log(progress, log.entries, columns);
                    let at = self.process.board.progress();
                    return JobEnd::Died { at, crash: Some(self.autopsy()) };
                }
            }
            let out_of_time = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            if out_of_time || self.process.idle() > timeout {
                let at = self.process.board.progress();
                self.process.kill();
                log.take(&self.process.board);
                take_log(progress, log.entries, columns);
                return if out_of_time { JobEnd::OutOfTime } else { JobEnd::Died { at, crash: None } };
            }
        }
    }

    /// The cause of a worker's death, without addresses or paths.
    fn autopsy(&mut self) -> String {
        let end = self.process.wait();
        if let Some(message) = self.process.board.message() {
            return format!("panic: {}", without_addresses(&message));
        }
        let mut text = Vec::new();
        // An entry that cannot be read is ignored.
        let _ = self.errors.seek(SeekFrom::Start(0)).and_then(|_| self.errors.read_to_end(&mut text));
        let text = String::from_utf8_lossy(&text);
        let detail = if text.contains("memory allocation of") {
            ": out of memory"
        } else if text.contains("has overflowed its stack") {
            ": stack overflow"
        } else {
            ""
        };
        match end {
            ProcessEnd::Signal(name) => name + detail,
            end => end.to_string(),
        }
    }
}

/// The log of a job.
#[derive(Default)]
struct JobLog {
    entries: Vec<LogEntry>,
    /// Whether there were bytes that are not an entry.
    garbled: bool,
}

impl JobLog {
    fn take(&mut self, board: &Board) {
        let (entries, unread) = take_entries(board);
        // The content of a gap is unknown, so nothing after it counts.
        if !self.garbled {
            self.entries.extend(entries);
        }
        self.garbled |= unread > 0;
    }
}

/// A text in which long hexadecimal numbers are blanked: they differ from run to run.
fn without_addresses(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("0x") {
        let (before, number) = rest.split_at(at + 2);
        let end = number.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(number.len());
        out += before;
        out += if end > 4 { "…" } else { &number[..end] };
        rest = &number[end..];
    }
    out + rest
}

/// Adds the log of a job to what is known of its file.
fn take_log(progress: &mut FileProgress, entries: Vec<LogEntry>, columns: usize) -> Option<JobEnd> {
    let (mut end, mut mutated) = (None, String::new());
    for entry in entries {
        match entry {
            LogEntry::Step { index, line, text } => progress.add_step((index, line, text), columns),
            LogEntry::Result { step, column, result } => progress.add_line(step, column, result),
            LogEntry::MutatedText(piece) => mutated += &piece,
            LogEntry::Mutants(mut tally) => {
                if let Some(text) = &mut tally.text {
                    text.text = std::mem::take(&mut mutated);
                }
                progress.tally = Some(*tally);
            }
            LogEntry::End(stats) => end = Some(JobEnd::Done(stats)),
            LogEntry::NotAScript { line, column, message } => end = Some(JobEnd::NotAScript { line, column, message }),
        }
    }
    end
}

/// Runs a plan. `sink` is called on the calling thread.
///
/// # Errors
/// Workers cannot be started at all. What goes wrong in a file is in its records.
pub fn run(plan: &Plan, sink: &mut dyn FnMut(Event)) -> Result<RunSummary, StartError> {
    let start = Instant::now();
    let supervisor = match &plan.worker {
        Some(executable) => Supervisor::with_executable(executable.clone()),
        None => Supervisor::new(),
    };
    // Large files come first, so that no worker is left alone with one at the end.
    let mut order: Vec<&Arc<SuiteFile>> = plan.files.iter().collect();
    order.sort_by_key(|f| std::cmp::Reverse(size(f)));
    let next = AtomicUsize::new(0);
    let settings = FileSettings {
        backends: &plan.backends,
        timeout: plan.timeout,
        file_timeout: plan.file_timeout,
        faults: &plan.faults,
        self_check: plan.self_check,
        replay: &plan.replay,
    };
    let backends: Vec<&str> = plan.backends.iter().map(|b| b.name.as_str()).collect();
    let mut summary = RunSummary::default();
    let mut error = None;
    std::thread::scope(|scope| {
        let (sender, receiver) = channel();
        for _ in 0..plan.jobs.clamp(1, order.len().max(1)) {
            let (sender, order, next, supervisor) = (sender.clone(), &order, &next, &supervisor);
            let backends = &backends;
            scope.spawn(move || {
                while let Some(file) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if plan.stop.load(Ordering::Relaxed) {
                        return;
                    }
                    // The receiver stops early only after an error, and then this is not needed.
                    let _ = sender.send(Ok(Event::Started((*file).clone())));
                    let ours = match &plan.backends[..] {
                        [] => Ok(FileResult::new(file)),
                        _ => supervisor.run_file(file, settings),
                    };
                    let result = ours.map(|mut result| {
                        add(&mut result, backends, &plan.engines, plan.file_timeout, &plan.replay);
                        result
                    });
                    let failed = result.is_err();
                    let _ = sender.send(result.map(|r| Event::Finished(Box::new(r))));
                    if failed {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for event in receiver {
            match event {
                Ok(mut event) => {
                    if let Event::Finished(result) = &mut event {
                        summary.files += 1;
                        summary.stats += result.stats;
                        // Nobody waits for engines of a run that was stopped.
                        if summary.files == plan.files.len() {
                            end(result, &backends, &plan.engines, &plan.replay);
                        }
                    }
                    sink(event);
                }
                Err(e) => error = Some(e),
            }
        }
    });
    summary.not_run = plan.files.len() - summary.files;
    summary.wall = start.elapsed();
    match error {
        Some(error) => Err(error),
        None => Ok(summary),
    }
}

fn size(file: &SuiteFile) -> u64 {
    match &file.source {
        Source::Embedded(text) => text.len() as u64,
        Source::Given(text) => text.len() as u64,
        Source::Disk(path) => path.metadata().map_or(0, |m| m.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::foreign::column::ForeignColumn;
    use crate::conformance::judge::mutate::{MutantKind, MutantTally, MutatedText};
    use crate::conformance::lockstep::alone::Stateless;
    use crate::conformance::outcome::Outcome;
    use crate::conformance::read::script::ScriptStep;
    use crate::process::board::SHARED_BYTES;
    use crate::runtime::sys::process::SharedMemory;
    use std::io::Write;

    #[test]
    fn addresses_are_blanked() {
        assert_eq!(without_addresses("no object at 0xa499c618, slot 0x3f"), "no object at 0x…, slot 0x3f");
        assert_eq!(without_addresses("0x"), "0x");
        // A number of up to four digits is not an address.
        assert_eq!(without_addresses("0x1f40, 0x1f403"), "0x1f40, 0x…");
    }

    /// Calls `test` on the run of a file about which nothing is known yet, and whose workers are this executable.
    fn with_run(executable: &str, test: impl FnOnce(&mut FileRun<'_>)) {
        let file = SuiteFile::of_test(Source::Embedded(""));
        let backends = ["interp", "jit"].map(|name| Backend::named(name).expect("a backend"));
        let replay = Replay::default();
        let settings = FileSettings {
            backends: &backends,
            timeout: Duration::from_secs(1),
            file_timeout: Duration::from_millis(2500),
            faults: &[],
            self_check: None,
            replay: &replay,
        };
        let supervisor = Supervisor::with_executable(executable.into());
        test(&mut FileRun {
            supervisor: &supervisor,
            file: &file,
            text: "",
            settings,
            deadline: None,
            known: FileProgress::default(),
            skips: Vec::new(),
            crashes: 0,
            is_second_reading: false,
        });
    }

    /// Directives without an outcome of their own say why; this is filled in where nothing is known, in the given columns.
    #[test]
    fn the_rest_of_a_file_has_its_reason() {
        with_run("true", |run| {
            for (column, name) in [(0, "interp"), (1, "jit"), (2, XDIFF), (PREPARING, PREPARATION)] {
                assert_eq!(run.at_work(column), name);
            }
            assert_eq!(run.out_of_time(), "timeout: the file's time limit of 2.5 s");
            assert_eq!(died_of(Some("SIGSEGV")), (Verdict::Crash, "crash(SIGSEGV)".into()));
            assert_eq!(died_of(None), (Verdict::Timeout, "timeout".into()));
            for index in ["0", "1", "1.0"] {
                run.known.add_step((index.into(), 1, "invoke f".into()), 3);
            }
            assert_eq!(
                run.stuck(2, "crash(SIGSEGV)"),
                "crash(SIGSEGV) at directive 1.0, although it was skipped; this is a bug in the harness"
            );
            assert_eq!(run.partial(), RunStats { directives: 3, ..RunStats::default() });
            run.known.add_line(1, 1, line_of(Verdict::Fail, "known".into()));
            run.fill(1..3, Verdict::Crash, "rest");
            let texts: Vec<Vec<&str>> = run
                .known
                .lines
                .iter()
                .map(|lines| lines.iter().map(|l| l.as_ref().and_then(|l| l.got.as_deref()).unwrap_or("-")).collect())
                .collect();
            assert_eq!(texts, [["-", "rest", "rest"], ["-", "known", "rest"], ["-", "rest", "rest"]]);
            assert!(run.known.lines.iter().all(|l| l[2].as_ref().is_some_and(|l| l.verdict == Verdict::Crash)));
        });
    }

    /// If each backend runs in its own process, that process may have no time left, or not even read the script. What was already
    /// known is kept.
    #[test]
    fn what_has_no_result_apart_has_its_reason() {
        // One says nothing and keeps running; the other ends at once.
        for (executable, verdict, reason, crashes) in [
            ("yes", Verdict::Timeout, "timeout: the file's time limit of 2.5 s", 0),
            ("true", Verdict::Crash, "crash(exit status 0): the worker did not survive reading the script", 2),
        ] {
            with_run(executable, |run| {
                run.deadline = (verdict == Verdict::Timeout).then(Instant::now);
                for index in ["0", "1"] {
                    run.known.add_step((index.into(), 1, "invoke f".into()), 3);
                }
                run.known.add_line(0, 0, line_of(Verdict::Fail, "known".into()));
                let stats = run.apart(1, 0, "crash(SIGSEGV)").expect("they start");
                assert_eq!((stats.directives, run.crashes), (2, crashes), "{executable}");
                let line = |verdict, got: &str| Some(line_of(verdict, got.into()));
                let compared = line(Verdict::Crash, "not compared: crash(SIGSEGV) only when run together with others");
                let rest = || line(verdict, reason);
                let expected =
                    [vec![line(Verdict::Fail, "known"), rest(), compared.clone()], vec![rest(), rest(), compared]];
                assert_eq!(run.known.lines, expected, "{executable}");
            });
        }
    }

    /// An idle worker is used before another one is started.
    #[test]
    fn a_worker_that_waits_is_used_again() {
        let supervisor = Supervisor::with_executable("yes".into());
        let waiting = |supervisor: &Supervisor| supervisor.idle.lock().expect("nobody panicked").len();
        let workers = [(); 2].map(|()| supervisor.worker().expect("it starts"));
        workers.into_iter().for_each(|worker| supervisor.keep(worker));
        for left in [1, 0] {
            let _worker = supervisor.worker().expect("one waits");
            assert_eq!(waiting(&supervisor), left);
        }
        supervisor.keep(supervisor.worker().expect("it starts"));
        supervisor.forget_idle();
        assert_eq!(waiting(&supervisor), 0);
    }

    /// Large files come first, files of the same size keep their order, and files that cannot be read come last. Without columns
    /// of ours, no worker is needed.
    #[test]
    fn large_files_come_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("disk.wast");
        std::fs::write(&path, "\n\n\n").expect("writable");
        let file = |stem: &str, source| Arc::new(SuiteFile { stem: stem.into(), ..SuiteFile::of_test(source) });
        let mut plan = Plan::new(vec![
            file("missing", Source::Disk("/nowhere/at/all.wast".into())),
            file("one", Source::Given("\n".into())),
            file("three on disk", Source::Disk(path)),
            file("four", Source::Embedded("\n\n\n\n")),
            file("two", Source::Given("\n\n".into())),
            file("other two", Source::Embedded("\n\n")),
        ]);
        plan.backends.clear();
        plan.engines =
            vec![ForeignColumn::new("other", false, |_, _| Box::new(Stateless(|_: &ScriptStep<'_>| Outcome::Done)))];
        plan.jobs = 1;
        let mut seen = Vec::new();
        let summary = run(&plan, &mut |event| {
            seen.push(match event {
                Event::Started(file) => format!("{} begins", file.stem),
                Event::Finished(result) => format!("{} ends", result.file.stem),
            });
        })
        .expect("no worker is needed");
        let order = ["four", "three on disk", "two", "other two", "one", "missing"];
        let expected: Vec<String> =
            order.iter().flat_map(|stem| [format!("{stem} begins"), format!("{stem} ends")]).collect();
        assert_eq!(seen, expected);
        assert_eq!((summary.files, summary.not_run), (6, 0));
    }

    /// Engines are ended once, when all files are done; what they report then is in the result of the last one.
    #[test]
    fn engines_end_behind_the_last_file() {
        let ended = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&ended);
        let mut column =
            ForeignColumn::new("other", false, |_, _| Box::new(Stateless(|_: &ScriptStep<'_>| Outcome::Done)));
        column.end = Arc::new(move || vec![format!("end {}", counted.fetch_add(1, Ordering::Relaxed))]);
        let file = |stem: &str| {
            let source = Source::Given("(invoke \"f\")".into());
            Arc::new(SuiteFile { stem: stem.into(), ..SuiteFile::of_test(source) })
        };
        let mut plan = Plan::new(["a", "b", "c"].map(file).into());
        plan.backends.clear();
        plan.engines = vec![column];
        plan.jobs = 2;
        let mut told = Vec::new();
        run(&plan, &mut |event| {
            if let Event::Finished(result) = event {
                told.push(result.records.iter().filter_map(|r| r.got.clone()).collect::<Vec<_>>());
            }
        })
        .expect("no worker is needed");
        assert_eq!(told, [vec![], vec![], vec!["crash(end 0)".to_string()]]);
        // A stopped run does not wait for engines.
        plan.stop.store(true, Ordering::Relaxed);
        run(&plan, &mut |_| {}).expect("no worker is needed");
        assert_eq!(ended.load(Ordering::Relaxed), 1);
    }

    /// Nothing counts after something unreadable, even a single byte.
    #[test]
    fn a_log_ends_where_it_cannot_be_read() {
        let board = Board::new(SharedMemory::create(SHARED_BYTES).expect("shared memory"));
        let entry = |line| LogEntry::NotAScript { line, column: 1, message: "no".into() };
        let mut log = JobLog::default();
        for (line, rubbish, entries, garbled) in [(1, false, 1, false), (2, true, 2, true), (3, false, 2, true)] {
            assert!(board.append(&entry(line).encoded()));
            assert!(!rubbish || board.append(&[0]));
            log.take(&board);
            assert_eq!((log.entries.len(), log.garbled), (entries, garbled), "{line}");
        }
        assert_eq!(log.entries, [entry(1), entry(2)]);
    }

    /// A panic is reported by its message, without addresses; any other end by what the system says, with what standard error
    /// adds.
    #[test]
    fn a_dead_worker_has_a_cause_of_death() {
        const MEMORY: &str = "memory allocation of 8 bytes failed";
        for (says, errors, cause) in [
            (None, "", "SIGKILL"),
            (None, MEMORY, "SIGKILL: out of memory"),
            (None, "thread 'scripts' has overflowed its stack", "SIGKILL: stack overflow"),
            (Some("no object at 0xa499c618"), MEMORY, "panic: no object at 0x…"),
        ] {
            // It runs until it is killed.
            let mut worker = ScriptWorker::start(Path::new("yes")).expect("it starts");
            worker.process.kill();
            worker.errors.write_all(errors.as_bytes()).expect("writable");
            if let Some(says) = says {
                worker.process.board.set_message(says);
            }
            assert_eq!(worker.autopsy(), cause);
        }
    }

    /// The text with mutants comes in pieces, before the results of the mutants.
    #[test]
    fn a_log_becomes_what_is_known() {
        let line = line_of(Verdict::Fail, "1".into());
        let text = MutatedText { text: String::new(), failing: vec![(0, MutantKind::LowBit)] };
        let tally = MutantTally { survived: 3, text: Some(text.clone()), ..MutantTally::default() };
        let stats = RunStats { directives: 7, ..RunStats::default() };
        let mut progress = FileProgress::default();
        let end = take_log(
            &mut progress,
            vec![
                LogEntry::Step { index: "0".into(), line: 4, text: "invoke f".into() },
                LogEntry::Result { step: 0, column: 1, result: line.clone() },
                LogEntry::MutatedText("(a".into()),
                LogEntry::MutatedText(")".into()),
                LogEntry::Mutants(Box::new(tally.clone())),
                LogEntry::End(stats),
            ],
            2,
        );
        assert!(matches!(end, Some(JobEnd::Done(done)) if done == stats));
        assert_eq!(progress.steps, [("0".to_string(), 4, "invoke f".to_string())]);
        assert_eq!(progress.lines, [vec![None, Some(line)]]);
        let text = MutatedText { text: "(a)".into(), ..text };
        assert_eq!(progress.tally, Some(MutantTally { text: Some(text), ..tally }));
        assert!(take_log(&mut progress, vec![], 2).is_none());
    }

    /// Idle workers may have been killed by what killed the first one. A script is read again by a new worker, and what happens
    /// to that is the script's own doing.
    #[test]
    fn no_worker_that_waits_reads_a_script_again() {
        // It exits at once, whatever it is asked.
        let supervisor = Supervisor::with_executable("true".into());
        let workers = [(); 3].map(|()| ScriptWorker::start(&supervisor.executable).expect("it starts"));
        workers.into_iter().for_each(|worker| supervisor.keep(worker));
        let backends = ["interp", "jit"].map(|name| Backend::named(name).expect("a backend"));
        let replay = Replay::default();
        let settings = FileSettings {
            backends: &backends,
            timeout: Duration::from_secs(60),
            file_timeout: Duration::from_secs(600),
            faults: &[],
            self_check: None,
            replay: &replay,
        };
        let file = Arc::new(SuiteFile::of_test(Source::Embedded("")));
        let result = supervisor.run_file(&file, settings).expect("they start");
        let verdicts: Vec<Verdict> = result.records.iter().map(|record| record.verdict).collect();
        assert_eq!((verdicts, result.stats.crashes), (vec![Verdict::Crash; 2], 2));
        assert_eq!(
            result.error.as_deref(),
            Some("crash(exit status 0): the worker did not survive reading the script")
        );
        // The first attempt took one of three, and the second one neither of the other two.
        assert_eq!(supervisor.idle.lock().expect("nobody panics").len(), 0);
    }
}
