//! A run of scripts in columns, and its summary.

use super::column::Column;
use super::driver::{Driver, made};
use super::engine::Engine;
use super::error::Error;
use super::load::{Script, Scripts};
use crate::conformance::backend::Backend;
use crate::conformance::foreign::column::ForeignColumn;
use crate::conformance::foreign::run::{add, end};
use crate::conformance::lockstep::alone::Executor;
use crate::conformance::plan::{FileResult, Plan};
use crate::conformance::read::language::Messages;
use crate::conformance::read::suite::{Source, SuiteFile, folder_of_script};
use crate::conformance::record::{Record, Verdict, XDIFF};
use crate::conformance::report::about::{About, content};
use crate::conformance::report::replay::{Replay, quoted};
use crate::conformance::report::{
    Failures, FileReport, Format, ReportTarget, Reports, RunEnd, Totals, check_destinations, print,
};
use crate::conformance::supervise::supervisor::{FileSettings, Supervisor};
use crate::conformance::supervise::worker;
use crate::conformance::unsupervised;
use crate::process;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// The backends of this crate: the interpreter, and the JIT at each of its optimization levels.
pub const BACKENDS: [&str; 4] = Backend::NAMES;

/// The columns in which scripts are run, and how they are run.
///
/// ```
/// use std::time::Duration;
/// use wasmoon::scripts::{BACKENDS, Format, Matrix, Scripts};
///
/// # let folder = tempfile::tempdir()?;
/// # let page = folder.path().join("report.html");
/// let scripts = Scripts::embedded()?.filter("multi-value::fac")?;
/// let mut matrix = Matrix::new(&BACKENDS)?;
/// matrix.timeout(Duration::from_secs(5)).report(Format::Html, page);
/// let summary = matrix.run(&scripts, |_| {})?;
/// assert!(summary.is_fine(), "{summary}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Matrix {
    backends: Vec<Backend>,
    columns: Vec<ForeignColumn>,
    timeout: Duration,
    jobs: usize,
    worker: Option<PathBuf>,
    any_message: bool,
    reports: Vec<(Format, PathBuf)>,
    stop: Arc<AtomicBool>,
}

impl Matrix {
    /// Creates a matrix with these [backends](BACKENDS), of which there may be none.
    ///
    /// Each directive gets ten seconds, and as many scripts run at a time as the machine has cores.
    ///
    /// # Errors
    /// [`Column`](Error::Column) for a name that is not a backend's.
    pub fn new(backends: &[&str]) -> Result<Matrix, Error> {
        let named = |name: &&str| {
            let unknown =
                || Error::Column(format!("unknown backend '{name}'; expected one of {}", BACKENDS.join(", ")));
            Backend::named(name).ok_or_else(unknown)
        };
        let plan = Plan::new(Vec::new());
        Ok(Matrix {
            backends: backends.iter().map(named).collect::<Result<_, _>>()?,
            columns: Vec::new(),
            timeout: plan.timeout,
            jobs: plan.jobs,
            worker: None,
            any_message: false,
            reports: Vec::new(),
            stop: Arc::default(),
        })
    }

    /// Adds a column of your own. `engine` creates a fresh engine for each script, on the thread that runs the script,
    /// or says why it cannot run that script; the script's directives are then unsupported.
    pub fn column<C, F>(&mut self, name: &str, engine: F) -> &mut Self
    where
        C: Column + 'static,
        F: Fn(&Script) -> Result<C, String> + Send + Sync + 'static,
    {
        let executor = move |file: &Arc<SuiteFile>, _: Option<Instant>| -> Box<dyn Executor> {
            Box::new(Driver::new(file.language, made(|| engine(&Script::new(file)))))
        };
        self.columns.push(ForeignColumn::new(name, false, executor));
        self
    }

    /// Adds another engine, which runs in its own process: one that `wasmoon test --list-engines` names, or `cmd:` and the
    /// command line of a driver (`docs/engines.md`). The timeout set before applies to each directive.
    ///
    /// # Errors
    /// [`Column`](Error::Column) if it is unknown, not installed, or does not start.
    pub fn engine(&mut self, name: &str, engine: &str) -> Result<&mut Self, Error> {
        let opened = Engine::open(engine).map_err(|error| Error::Column(error.to_string()))?;
        self.columns.push(Arc::new(opened).column(name, self.timeout, false));
        Ok(self)
    }

    /// Sets the time that a directive may take on a backend of this crate. Beyond that, it is a
    /// [`Timeout`](Verdict::Timeout).
    pub fn timeout(&mut self, timeout: Duration) -> &mut Self {
        self.timeout = timeout;
        self
    }

    /// Sets how many scripts run at a time.
    pub fn jobs(&mut self, jobs: usize) -> &mut Self {
        self.jobs = jobs;
        self
    }

    /// Runs the backends of this crate in worker processes: anything a directive does to its process is then a
    /// [`Crash`](Verdict::Crash) of that directive, and all others still run.
    ///
    /// `executable` is a `wasmoon` program of the same version, or any program whose `main` begins with [`serve_if_worker`]:
    /// [`std::env::current_exe`], if this program's does. (If it does not, as in a `#[test]`, each worker is this whole program
    /// once more, which fails only when it tries to start workers itself.)
    pub fn workers(&mut self, executable: impl AsRef<Path>) -> &mut Self {
        self.worker = Some(executable.as_ref().into());
        self
    }

    /// Sets whether traps and rejections are judged by their phase alone, without their messages, for engines that do
    /// not use the words of the testsuite. It applies to all columns.
    pub fn any_message(&mut self, any: bool) -> &mut Self {
        self.any_message = any;
        self
    }

    /// Writes a report to a file at the end of a run; `-` is standard output. A file whose name ends in `.zst` is
    /// compressed.
    pub fn report(&mut self, format: Format, path: impl AsRef<Path>) -> &mut Self {
        self.reports.push((format, path.as_ref().into()));
        self
    }

    /// Sets a flag that ends a run early, for example for a signal handler. Once it is set, no more scripts are started, and
    /// those that are running are completed. The scripts that ran are the first of the list; the summary
    /// [says](Summary::is_interrupted) if they are not all.
    pub fn stop(&mut self, flag: Arc<AtomicBool>) -> &mut Self {
        self.stop = flag;
        self
    }

    /// Runs scripts. `each` gets a record for each directive and column, in the order of scripts, directives and columns:
    /// backends, your own columns, and [`XDIFF`] if there are two backends. A script that cannot be read has one record per
    /// column, a [`Fail`](Verdict::Fail). Other [engines](Matrix::engine) end with the run: one that does not end well has a
    /// record after the last script, a [`Crash`](Verdict::Crash). If a run is [stopped](Matrix::stop), they are not waited for.
    ///
    /// # Errors
    /// Two columns with the same name, a report that cannot be written, a process or a thread that cannot be started.
    ///
    /// # Panics
    /// If `each` does, or, without [workers](Matrix::workers), a backend of this crate.
    pub fn run(&self, scripts: &Scripts, mut each: impl FnMut(&Record)) -> Result<Summary, Error> {
        let start = Instant::now();
        let columns = self.names()?;
        let mut files = scripts.0.files.clone();
        if self.any_message {
            files.iter_mut().for_each(|file| Arc::make_mut(file).language.messages = Messages::None);
        }
        let inputs: Vec<PathBuf> = files.iter().flat_map(|file| file.paths()).collect();
        let targets = self.targets()?;
        check_destinations(&targets, &inputs).map_err(|error| Error::Report(error.to_string()))?;
        let mut sink = Sink {
            reports: Reports::create(&targets, &columns).map_err(|error| Error::Report(error.to_string()))?,
            errors: Vec::new(),
            jit_functions: 0,
        };
        let jobs = self.jobs.clamp(1, files.len().max(1));
        let ran = self.each_file(&files, jobs, |result| sink.file(&result, &mut each))?;
        // All texts are hashed only if there is a report, which includes the hash.
        let about = (!self.reports.is_empty()).then(|| About {
            backends: columns,
            selection: selection(&files),
            content: content(&files, &scripts.0.revision),
            files: files.len() as u64,
            jobs: jobs as u64,
            ..About::here()
        });
        let end = RunEnd {
            wall_ms: start.elapsed().as_millis() as u64,
            suite: scripts.0.revision.clone(),
            about,
            jit_functions: sink.jit_functions,
            interrupted: ran < files.len(),
            ..RunEnd::default()
        };
        let (totals, failures) = sink.reports.finish(&end).map_err(|error| Error::Report(error.to_string()))?;
        Ok(Summary { totals, failures, end, errors: sink.errors })
    }

    /// Returns the files that the reports go to.
    fn targets(&self) -> Result<Vec<ReportTarget>, Error> {
        let target = |(format, path): &(Format, PathBuf)| {
            let refused = || Error::Report(format!("{}: the path of a report must be UTF-8", path.display()));
            Ok(ReportTarget { format: *format, path: path.to_str().ok_or_else(refused)?.into() })
        };
        self.reports.iter().map(target).collect()
    }

    /// The names of the columns, in their order.
    fn names(&self) -> Result<Vec<String>, Error> {
        let backends = self.backends.iter().map(|backend| backend.name.clone());
        let mut names: Vec<String> = backends.chain(self.columns.iter().map(|column| column.name.clone())).collect();
        names.extend((self.backends.len() > 1).then(|| XDIFF.to_string()));
        for (n, name) in names.iter().enumerate() {
            if names[..n].contains(name) || (name == XDIFF && self.columns.iter().any(|column| column.name == XDIFF)) {
                return Err(Error::Column(format!(
                    "the name '{name}' is already taken; give each column a different one"
                )));
            }
        }
        Ok(names)
    }

    /// Runs files on threads and passes on their results in the order of the files. Returns how many ran: always the first
    /// ones.
    fn each_file(
        &self,
        files: &[Arc<SuiteFile>],
        jobs: usize,
        mut take: impl FnMut(FileResult) -> Result<(), Error>,
    ) -> Result<usize, Error> {
        let supervisor = self.worker.as_ref().map(|executable| Supervisor::with_executable(executable.clone()));
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let (sender, receiver) = channel();
            for _ in 0..jobs {
                let (sender, next, supervisor) = (sender.clone(), &next, supervisor.as_ref());
                let work = move || {
                    while !self.stop.load(Ordering::Relaxed)
                        && let at = next.fetch_add(1, Ordering::Relaxed)
                        && let Some(file) = files.get(at)
                    {
                        // After an error, nobody receives results any more.
                        if sender.send((at, self.file(file, supervisor))).is_err() {
                            return;
                        }
                    }
                };
                let thread = std::thread::Builder::new().name("scripts".into()).stack_size(worker::STACK_BYTES);
                thread
                    .spawn_scoped(scope, work)
                    .map_err(|error| Error::Start(format!("cannot start a thread: {error}")))?;
            }
            drop(sender);
            let (mut waiting, mut at) = (BTreeMap::new(), 0);
            for (n, result) in receiver {
                waiting.insert(n, result?);
                while let Some(mut result) = waiting.remove(&at) {
                    at += 1;
                    if at == files.len() {
                        end(&mut result, &self.backend_names(), &self.columns, &replay());
                    }
                    take(result)?;
                }
            }
            Ok(at)
        })
    }

    fn backend_names(&self) -> Vec<&str> {
        self.backends.iter().map(|backend| backend.name.as_str()).collect()
    }

    /// Runs one script in all columns.
    fn file(&self, file: &Arc<SuiteFile>, supervisor: Option<&Supervisor>) -> Result<FileResult, Error> {
        let replay = replay();
        let mut result = match supervisor.filter(|_| !self.backends.is_empty()) {
            Some(supervisor) => {
                let settings = FileSettings {
                    backends: &self.backends,
                    timeout: self.timeout,
                    file_timeout: self.timeout.saturating_mul(Plan::FILE_TIMEOUTS),
                    faults: &[],
                    self_check: None,
                    replay: &replay,
                };
                supervisor.run_file(file, settings).map_err(|error| Error::Start(error.to_string()))?
            }
            None => unsupervised::run_file(file, &self.backends, self.timeout, &replay),
        };
        let time = self.timeout.saturating_mul(Plan::FILE_TIMEOUTS);
        add(&mut result, &self.backend_names(), &self.columns, time, &replay);
        Ok(result)
    }
}

impl fmt::Debug for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matrix").field("columns", &self.names()).finish_non_exhaustive()
    }
}

/// How a command would replay one of our directives.
fn replay() -> Replay {
    Replay { by_path: true, ..Replay::default() }
}

/// Describes which files were run, for the heads of reports, in shell words like those of a command. A file whose path does not
/// say its group is always named, so that comparisons can find it.
fn selection(files: &[Arc<SuiteFile>]) -> String {
    const NAMED: usize = 5;
    let (mut words, mut more) = (Vec::new(), 0);
    for (number, file) in files.iter().enumerate() {
        let path = match &file.source {
            Source::Disk(path) => Some(path),
            Source::Embedded(_) | Source::Given(_) => None,
        };
        if number < NAMED || path.is_some_and(|path| folder_of_script(path).is_none()) {
            words.push(quoted(&path.map_or_else(|| file.key(), |path| path.display().to_string())));
        } else {
            more += 1;
        }
    }
    if more > 0 {
        words.push(quoted(&format!("and {more} more")));
    }
    words.join(" ")
}

/// Collects the results of files.
struct Sink {
    reports: Reports,
    errors: Vec<String>,
    jit_functions: u64,
}

impl Sink {
    fn file(&mut self, result: &FileResult, each: &mut dyn FnMut(&Record)) -> Result<(), Error> {
        self.errors.extend(result.located_error());
        self.jit_functions += result.stats.jit_functions;
        result.records.iter().for_each(each);
        let source = result.source();
        let report = FileReport { source: source.as_deref(), records: &result.records };
        self.reports.file(&report).map_err(|error| Error::Report(error.to_string()))
    }
}

/// The summary of a run. Its text is the table of verdicts by group and column, with the first deviations.
#[derive(Clone, Debug)]
pub struct Summary {
    totals: Totals,
    failures: Failures,
    end: RunEnd,
    errors: Vec<String>,
}

impl Summary {
    /// The names of the columns, in their order.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &str> {
        self.totals.columns.iter().map(String::as_str)
    }

    /// The number of directives.
    pub fn directives(&self) -> u64 {
        self.totals.directives()
    }

    /// The number of records with a verdict in a column.
    ///
    /// # Panics
    /// If there is no such column.
    pub fn count(&self, column: &str, verdict: Verdict) -> u64 {
        let Some(at) = self.totals.columns.iter().position(|name| name == column) else {
            panic!("unknown column '{column}'; expected one of {}", self.totals.columns.join(", "));
        };
        self.totals.column(at).get(verdict)
    }

    /// The scripts that could not be read, and why: `file:line:column: message`.
    pub fn errors(&self) -> &[String] {
        &self.errors
    }

    /// Returns whether the run was [stopped](Matrix::stop) before the last script.
    pub fn is_interrupted(&self) -> bool {
        self.end.interrupted
    }

    /// Returns whether something ran, nothing was left out, and each record is a pass (or, in the column [`XDIFF`], there was
    /// nothing to compare). Unsupported directives count against it.
    pub fn is_fine(&self) -> bool {
        self.directives() > 0 && self.totals.unexpected == 0 && self.errors.is_empty() && !self.is_interrupted()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = print(&self.totals, &self.failures, &self.end);
        write!(f, "{}", anstream::adapter::strip_str(&text))
    }
}

/// Lets this program be a [worker](Matrix::workers): if it was started as one, this function serves and never returns.
/// Otherwise it does nothing. Call it first in `main`, before anything is opened.
pub fn serve_if_worker() {
    process::serve_if_worker(&[&worker::ROLE]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_disk(path: &str) -> Arc<SuiteFile> {
        Arc::new(SuiteFile::of_test(Source::Disk(path.into())))
    }

    /// The text is as a command given these paths would say it, so that the two can be compared.
    #[test]
    fn heads_of_reports_have_paths() {
        let about = |paths: &[&str]| {
            let files: Vec<_> = paths.iter().map(|path| on_disk(path)).collect();
            About { selection: selection(&files), ..About::default() }
        };
        assert_eq!(about(&["/x y/a.wast", "b.wast"]).selection, "'/x y/a.wast' b.wast");
        assert_eq!(selection(&[Arc::new(SuiteFile::of_test(Source::Embedded("")))]), "group/stem");
        let typed = About { selection: "t/a.wast b.wast".into(), ..About::default() };
        let absolute = about(&["/x/t/a.wast", "/x/b.wast"]);
        assert!(absolute.same_scripts(&typed, false) && typed.same_scripts(&absolute, false));
        // A file whose path does not say its folder is named, whatever its number.
        let many =
            about(&["s/1.wast", "s/2.wast", "s/3.wast", "s/4.wast", "s/5.wast", "s/6.wast", "a.wast", "s/7.wast"]);
        assert_eq!(many.selection, "s/1.wast s/2.wast s/3.wast s/4.wast s/5.wast a.wast 'and 2 more'");
        assert!(many.names_alone("a") && ["1", "6", "and", "2"].iter().all(|stem| !many.names_alone(stem)));
    }
}
