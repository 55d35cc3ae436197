//! Runs files in worker processes: whatever a directive does to its process is an outcome of that directive on that
//! backend, and all others still run.
//!
//! When a worker dies or makes no progress, the crash is confirmed with the backend alone (a wild store of one backend
//! may kill another: then each goes on in a process of its own), the file is replayed from its start with that
//! directive skipped on that backend, and replayed results must equal the first ones. After [`MAX_CRASHES`] of a file the rest is given up.

use super::mutate::{SelfCheck, Tally};
use super::plan::{Backend, Event, Fault, FileResult, Plan, Stats, Summary};
use super::record::{Record, Verdict, XDIFF};
use super::run::{Line, Skip};
use super::suite::{Source, SuiteFile};
use super::wire::{DONE, Entry, FLUSHED, FULL, Header, JOB};
use super::worker::VARIABLE;
use super::{child, child::ended_by};
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// Crashes and time-outs of one file after which the rest of it is given up.
pub const MAX_CRASHES: u64 = 8;
/// How often the progress of a busy worker is looked at.
const POLL: Duration = Duration::from_millis(20);

/// Starts and keeps workers.
pub struct Supervisor {
    /// Executable whose `main` begins with [`super::worker::run_if_worker`].
    executable: PathBuf,
    idle: Mutex<Vec<Worker>>,
}

struct Worker {
    process: child::Worker,
    /// Where its standard error goes: the last words of an abort.
    errors: File,
}

/// How a job ended.
enum Ended {
    Done(Stats),
    NotAScript {
        line: u32,
        column: u32,
        message: String,
    },
    /// At this step and column, of this; `None`: a time-out.
    Died {
        at: Option<(usize, usize)>,
        crash: Option<String>,
    },
}

/// What is known of a file so far.
#[derive(Default)]
struct Known {
    steps: Vec<(String, u32, String)>,
    /// By step, then by column.
    lines: Vec<Vec<Option<Line>>>,
    tally: Option<Tally>,
}

/// What a file is run with.
#[derive(Clone, Copy)]
pub struct Settings<'p> {
    pub backends: &'p [Backend],
    pub timeout: Duration,
    pub faults: &'p [Fault],
    pub self_check: Option<SelfCheck>,
}

impl Supervisor {
    /// A supervisor whose workers are this same executable.
    pub fn new() -> Supervisor {
        Supervisor::with_executable(PathBuf::from("/proc/self/exe"))
    }

    /// A supervisor whose workers are another executable of this package: for tests whose own `main` is not ours.
    pub fn with_executable(executable: PathBuf) -> Supervisor {
        Supervisor { executable, idle: Mutex::new(Vec::new()) }
    }

    fn worker(&self) -> Result<Worker, String> {
        if let Some(worker) = self.idle.lock().ok().and_then(|mut idle| idle.pop()) {
            return Ok(worker);
        }
        Worker::start(self.executable.clone())
    }

    fn keep(&self, worker: Worker) {
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(worker);
        }
    }

    /// Runs a file on all backends.
    ///
    /// # Errors
    /// When no worker can be started.
    pub fn run_file(&self, file: &Arc<SuiteFile>, settings: Settings<'_>) -> Result<FileResult, String> {
        let start = Instant::now();
        let mut result = FileResult {
            file: file.clone(),
            records: Vec::new(),
            complete: false,
            error: None,
            stats: Stats::default(),
            tally: None,
            wall: Duration::ZERO,
        };
        if let Some(trouble) = &file.trouble {
            let verdict = if trouble.unsupported { Verdict::Unsupported } else { Verdict::Fail };
            result.refuse(settings.backends, verdict, trouble.line, trouble.message.clone());
            return Ok(result);
        }
        let text = match file.text() {
            Ok(text) => text,
            Err(message) => {
                result.refuse(settings.backends, Verdict::Fail, 0, message);
                return Ok(result);
            }
        };
        let mut run = FileRun {
            supervisor: self,
            file,
            text: &text,
            settings,
            known: Known::default(),
            skips: Vec::new(),
            crashes: 0,
        };
        match run.run()? {
            Ok(stats) => {
                result.stats = stats;
                result.stats.crashes = run.crashes;
                result.complete = true;
                result.tally = run.known.tally.take();
                result.records = run.records();
            }
            Err((line, message)) => result.refuse(settings.backends, Verdict::Fail, line, message),
        }
        result.wall = start.elapsed();
        Ok(result)
    }
}

impl Default for Supervisor {
    fn default() -> Self {
        Supervisor::new()
    }
}

impl FileResult {
    /// The file is not a script that can be run: one record in each column, with this verdict.
    fn refuse(&mut self, backends: &[Backend], verdict: Verdict, line: u32, message: String) {
        for backend in backends {
            self.records.push(Record {
                schema: 1,
                group: self.file.group.clone(),
                file: self.file.stem.clone(),
                line,
                index: "0".into(),
                directive: "script".into(),
                backend: backend.name.clone(),
                verdict,
                expected: Some("a script".into()),
                got: Some(message.clone()),
                cause: None,
                known: false,
                bug: None,
                replay: Some(replay(&self.file, line, &backend.name)),
                us: 0,
            });
        }
        self.error = Some(message);
    }
}

/// The command that replays a directive.
fn replay(file: &SuiteFile, line: u32, backends: &str) -> String {
    let what = match &file.source {
        Source::Disk(path) if !file.group.starts_with("extra/") => path.display().to_string(),
        _ => format!("{}::", file.name()),
    };
    let spec = file.version.map_or(String::new(), |spec| format!(" --spec {}", spec.name()));
    format!("wasmoon test {what}{spec} --at {line} --backend {backends}")
}

/// A file under way.
struct FileRun<'s> {
    supervisor: &'s Supervisor,
    file: &'s SuiteFile,
    text: &'s str,
    settings: Settings<'s>,
    known: Known,
    skips: Vec<Skip>,
    crashes: u64,
}

impl FileRun<'_> {
    /// Figures, or the line and message of a script that is none.
    fn run(&mut self) -> Result<Result<Stats, (u32, String)>, String> {
        let all: Vec<Backend> = self.settings.backends.to_vec();
        loop {
            let (ended, known) = self.job(&all, None)?;
            self.merge(known);
            let (at, crash) = match ended {
                Ended::Done(stats) => return Ok(Ok(stats)),
                Ended::NotAScript { line, column, message } => {
                    return Ok(Err((line, format!("{line}:{column}: {message}"))));
                }
                Ended::Died { at, crash } => (at, crash),
            };
            let what = crash.clone().unwrap_or_else(|| "timeout".into());
            let Some((step, column)) = at else {
                return Ok(Err((0, format!("the worker died while it read the script: {what}"))));
            };
            self.crashes += 1;
            if self.crashes >= MAX_CRASHES {
                self.give_up(step, column, crash);
                return Ok(Ok(Stats { directives: self.known.steps.len() as u64, ..Stats::default() }));
            }
            if !self.confirmed(step, column, &crash)? {
                return Ok(Ok(self.apart(step, column, crash)?));
            }
        }
    }

    /// Whether the backend that ran when the process died dies of that directive alone too. Then it is skipped there.
    fn confirmed(&mut self, step: usize, column: usize, crash: &Option<String>) -> Result<bool, String> {
        let backends = self.settings.backends;
        // Where there is only one, it was alone; and a comparison has no backend to run alone.
        let Some(backend) = backends.get(column) else {
            self.skips.push(Skip { step, backend: XDIFF.into(), crash: crash.clone() });
            return Ok(true);
        };
        let skip = Skip { step, backend: backend.name.clone(), crash: crash.clone() };
        if backends.len() > 1 {
            let (ended, _) = self.job(std::slice::from_ref(backend), Some(step + 1))?;
            if !matches!(ended, Ended::Died { at: Some((at, _)), .. } if at == step) {
                return Ok(false);
            }
        }
        self.skips.push(skip);
        Ok(true)
    }

    /// Runs each backend in a process of its own: one of them kills the others, as by a wild store, or dies only in
    /// their company. From `step` on there is nothing to compare.
    fn apart(&mut self, step: usize, column: usize, crash: Option<String>) -> Result<Stats, String> {
        let backends = self.settings.backends;
        let mut stats = Stats::default();
        for (c, backend) in backends.iter().enumerate() {
            loop {
                let (ended, known) = self.job(std::slice::from_ref(backend), None)?;
                for (old, new) in self.known.lines.iter_mut().zip(known.lines) {
                    if let (Some(slot), Some(Some(line))) = (old.get_mut(c), new.into_iter().next()) {
                        *slot = Some(line);
                    }
                }
                match ended {
                    Ended::Done(own) => {
                        stats += Stats { directives: 0, ..own };
                        break;
                    }
                    Ended::Died { at: Some((step, _)), crash } if self.crashes + 1 < MAX_CRASHES => {
                        self.crashes += 1;
                        self.skips.push(Skip { step, backend: backend.name.clone(), crash });
                    }
                    Ended::Died { .. } | Ended::NotAScript { .. } => break,
                }
            }
        }
        let what = crash.map_or_else(|| "timeout".to_string(), |what| format!("crash({what})"));
        let line = |verdict, got: String| Line { verdict, expected: None, got: Some(got), cause: None, us: 0 };
        if let Some(slot) = self.known.lines.get_mut(step).and_then(|l| l.get_mut(column))
            && slot.as_ref().is_some_and(|l| matches!(l.verdict, Verdict::Pass | Verdict::Fail))
        {
            *slot = Some(line(Verdict::Flaky, format!("{what} beside the other backends, not alone")));
        }
        for lines in &mut self.known.lines {
            if let Some(slot @ None) = lines.get_mut(backends.len()) {
                *slot = Some(line(Verdict::Crash, format!("not compared: {what} in the company of others only")));
            }
        }
        self.give_up(usize::MAX, 0, None);
        stats.directives = self.known.steps.len() as u64;
        Ok(stats)
    }

    /// Runs the script on some of the backends.
    fn job(&self, backends: &[Backend], until: Option<usize>) -> Result<(Ended, Known), String> {
        let key = self.file.key();
        let skips = self.skips.iter().filter(|s| s.backend == XDIFF || backends.iter().any(|b| b.name == s.backend));
        let header = Header {
            spec: self.file.language.spec,
            features: self.file.language.features.bits(),
            any_message: self.file.language.any_message,
            dialect: self.file.language.dialect,
            folder: self.file.json_folder(),
            backends: backends.to_vec(),
            skips: skips.cloned().collect(),
            faults: self.settings.faults.iter().filter(|f| f.file == key).cloned().collect(),
            until,
            self_check: self.settings.self_check,
        };
        let mut worker = self.supervisor.worker()?;
        let mut known = Known::default();
        let columns = backends.len() + usize::from(backends.len() > 1);
        let ended = worker.run(&header, self.text, self.settings.timeout, columns, &mut known)?;
        match ended {
            Ended::Died { .. } => {}
            Ended::Done(_) | Ended::NotAScript { .. } => self.supervisor.keep(worker),
        }
        Ok((ended, known))
    }

    /// Adds what a replay brought. What was known before has to come again.
    fn merge(&mut self, new: Known) {
        // The mutants of the last, longest run are those of the file.
        self.known.tally = new.tally.clone();
        if self.known.steps.is_empty() {
            self.known = new;
            return;
        }
        for (old, new) in self.known.lines.iter_mut().zip(new.lines) {
            for (old, new) in old.iter_mut().zip(new) {
                match (old.as_mut(), new) {
                    (None, new) => *old = new,
                    (Some(_), None) => {}
                    (Some(old), Some(new)) => {
                        if (old.verdict, &old.got) != (new.verdict, &new.got) {
                            let text = |l: &Line| l.got.clone().unwrap_or_else(|| format!("{:?}", l.verdict));
                            old.got = Some(format!("{}, on replay {}", text(old), text(&new)));
                            old.verdict = Verdict::Flaky;
                        }
                    }
                }
            }
        }
    }

    /// The rest of the file is not run.
    fn give_up(&mut self, step: usize, column: usize, crash: Option<String>) {
        let last = crash.map_or_else(|| "timeout".to_string(), |what| format!("crash({what})"));
        for (i, lines) in self.known.lines.iter_mut().enumerate() {
            for (c, line) in lines.iter_mut().enumerate().filter(|(_, line)| line.is_none()) {
                let got = if (i, c) == (step, column) { last.clone() } else { "crash(gave up)".to_string() };
                let verdict = if got == "timeout" { Verdict::Timeout } else { Verdict::Crash };
                *line = Some(Line { verdict, expected: None, got: Some(got), cause: None, us: 0 });
            }
        }
    }

    fn records(&mut self) -> Vec<Record> {
        let backends = self.settings.backends;
        let all = backends.iter().map(|b| b.name.as_str()).collect::<Vec<_>>().join(",");
        let mut records = Vec::with_capacity(self.known.steps.len() * (backends.len() + 1));
        let lines = std::mem::take(&mut self.known.lines);
        for ((index, line, text), columns) in self.known.steps.iter().zip(lines) {
            for (column, result) in columns.into_iter().enumerate() {
                let backend = backends.get(column).map_or(XDIFF, |b| b.name.as_str());
                // A worker that says it is done has told everything; a gap is a defect of the harness, and shown as one.
                let result = result.unwrap_or_else(|| Line {
                    verdict: Verdict::Fail,
                    expected: None,
                    got: Some("the worker told nothing".into()),
                    cause: None,
                    us: 0,
                });
                let quiet = result.verdict == Verdict::Pass;
                let named = if backend == XDIFF { all.as_str() } else { backend };
                records.push(Record {
                    schema: 1,
                    group: self.file.group.clone(),
                    file: self.file.stem.clone(),
                    line: *line,
                    index: index.clone(),
                    directive: text.clone(),
                    backend: backend.to_string(),
                    verdict: result.verdict,
                    expected: result.expected,
                    got: result.got,
                    cause: result.cause,
                    known: false,
                    bug: None,
                    replay: (!quiet).then(|| replay(self.file, *line, named)),
                    us: result.us,
                });
            }
        }
        records
    }
}

/// A request to the thread that starts workers.
type Start = (PathBuf, Sender<Result<Worker, String>>);

impl Worker {
    /// Starts a worker from a thread that never ends: a worker dies with the thread that started it.
    fn start(executable: PathBuf) -> Result<Worker, String> {
        static STARTER: OnceLock<Mutex<Sender<Start>>> = OnceLock::new();
        let starter = STARTER.get_or_init(|| {
            let (sender, receiver) = channel::<Start>();
            std::thread::spawn(move || {
                for (executable, reply) in receiver {
                    // Whoever asked has gone if this fails; then the worker goes too.
                    let _ = reply.send(Worker::spawn(&executable).map_err(|e| format!("cannot start a worker: {e}")));
                }
            });
            Mutex::new(sender)
        });
        let (reply, answer) = channel();
        let sent = starter.lock().is_ok_and(|s| s.send((executable, reply)).is_ok());
        if !sent {
            return Err("cannot start a worker: the starting thread is gone".into());
        }
        answer.recv().map_err(|e| format!("cannot start a worker: {e}"))?
    }

    fn spawn(executable: &Path) -> std::io::Result<Worker> {
        let errors = tempfile::tempfile()?;
        let process = child::Worker::start(executable, VARIABLE, Stdio::from(errors.try_clone()?), POLL)?;
        Ok(Worker { process, errors })
    }

    fn run(
        &mut self,
        header: &Header,
        text: &str,
        timeout: Duration,
        columns: usize,
        known: &mut Known,
    ) -> Result<Ended, String> {
        self.process.board.reset();
        let header = serde_json::to_vec(header).map_err(|e| format!("job: {e}"))?;
        let mut message = vec![JOB];
        for part in [&header, text.as_bytes()] {
            message.extend((part.len() as u32).to_le_bytes());
            message.extend(part);
        }
        // A worker that died between two files is found out below.
        let _ = self.process.socket.write_all(&message);
        let mut entries = Vec::new();
        let mut ticks = self.process.board.ticks();
        let mut since = Instant::now();
        let mut died = false;
        let mut byte = [0];
        loop {
            match self.process.socket.read(&mut byte) {
                Ok(1) if byte[0] == FULL => {
                    entries.extend(self.process.board.take());
                    let _ = self.process.socket.write_all(&[FLUSHED]);
                }
                Ok(1) if byte[0] == DONE => break,
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => {
                    died = true;
                    break;
                }
            }
            let now = self.process.board.ticks();
            if now != ticks {
                (ticks, since) = (now, Instant::now());
            } else if since.elapsed() > timeout {
                let at = self.process.board.progress();
                self.process.kill();
                entries.extend(self.process.board.take());
                known.add(entries, columns);
                return Ok(Ended::Died { at, crash: None });
            }
        }
        entries.extend(self.process.board.take());
        let end = known.add(entries, columns);
        if died {
            let at = self.process.board.progress();
            return Ok(Ended::Died { at, crash: Some(self.autopsy()) });
        }
        Ok(end.unwrap_or_else(|| Ended::Died { at: None, crash: Some("the worker told nothing".into()) }))
    }

    /// What a dead worker died of, without addresses or paths.
    fn autopsy(&mut self) -> String {
        let status = self.process.wait();
        if let Some(message) = self.process.board.message() {
            return format!("panic: {}", without_addresses(&message));
        }
        let mut text = Vec::new();
        // What cannot be read tells nothing.
        let _ = self.errors.seek(SeekFrom::Start(0)).and_then(|_| self.errors.read_to_end(&mut text));
        let text = String::from_utf8_lossy(&text);
        let detail = if text.contains("memory allocation of") {
            ": out of memory"
        } else if text.contains("has overflowed its stack") {
            ": stack overflow"
        } else {
            ""
        };
        let signalled = status.as_ref().is_ok_and(|s| s.signal().is_some());
        let what = ended_by(status);
        if signalled { what + detail } else { what }
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

impl Known {
    fn add(&mut self, entries: Vec<Entry>, columns: usize) -> Option<Ended> {
        let mut end = None;
        for entry in entries {
            match entry {
                Entry::Step { index, line, text } => {
                    self.steps.push((index, line, text));
                    self.lines.push(vec![None; columns]);
                }
                Entry::Line { step, column, line } => {
                    if let Some(slot) = self.lines.get_mut(step).and_then(|l| l.get_mut(column)) {
                        *slot = Some(line);
                    }
                }
                Entry::Mutants(tally) => self.tally = Some(*tally),
                Entry::End(stats) => end = Some(Ended::Done(stats)),
                Entry::Script { line, column, message } => end = Some(Ended::NotAScript { line, column, message }),
            }
        }
        end
    }
}

/// Runs a plan; see [`super::plan::run`].
pub(super) fn run_plan(plan: &Plan, sink: &mut dyn FnMut(Event)) -> Result<Summary, String> {
    let start = Instant::now();
    let supervisor = match &plan.worker {
        Some(executable) => Supervisor::with_executable(executable.clone()),
        None => Supervisor::new(),
    };
    // Large files first, so that no worker is left alone with one at the end.
    let mut order: Vec<&Arc<SuiteFile>> = plan.files.iter().collect();
    order.sort_by_key(|f| std::cmp::Reverse(size(f)));
    let next = AtomicUsize::new(0);
    let settings =
        Settings { backends: &plan.backends, timeout: plan.timeout, faults: &plan.faults, self_check: plan.self_check };
    let mut summary = Summary::default();
    let mut error = None;
    std::thread::scope(|scope| {
        let (sender, receiver) = channel();
        for _ in 0..plan.jobs.clamp(1, order.len().max(1)) {
            let (sender, order, next, supervisor) = (sender.clone(), &order, &next, &supervisor);
            scope.spawn(move || {
                while let Some(file) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if plan.stop.load(Ordering::Relaxed) {
                        return;
                    }
                    // The receiver leaves early only after an error, and then nobody wants this.
                    let _ = sender.send(Ok(Event::Started((*file).clone())));
                    let result = supervisor.run_file(file, settings);
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
                Ok(event) => {
                    if let Event::Finished(result) = &event {
                        summary.files += 1;
                        summary.stats += result.stats;
                    }
                    sink(event);
                }
                Err(message) => error = Some(message),
            }
        }
    });
    summary.not_run = plan.files.len() - summary.files;
    summary.wall = start.elapsed();
    match error {
        Some(message) => Err(message),
        None => Ok(summary),
    }
}

fn size(file: &SuiteFile) -> u64 {
    match &file.source {
        Source::Embedded(text) => text.len() as u64,
        Source::Disk(path) => path.metadata().map_or(0, |m| m.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::without_addresses;

    #[test]
    fn addresses_are_blanked() {
        assert_eq!(without_addresses("no object at 0xa499c618, slot 0x3f"), "no object at 0x…, slot 0x3f");
        assert_eq!(without_addresses("0x"), "0x");
    }
}
