//! The plan of a run, and its results.

use super::backend::Backend;
use super::foreign::column::ForeignColumn;
use super::injected_fault::InjectedFault;
use super::record::Record;
use super::stats::RunStats;
use crate::conformance::judge::mutate::{MutantTally, SelfCheck};
use crate::conformance::read::suite::SuiteFile;
use crate::conformance::report::replay::Replay;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The plan of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The scripts, in the order of the reports.
    pub files: Vec<Arc<SuiteFile>>,
    /// The columns. They run in lockstep and are compared after each directive; the first is the reference.
    pub backends: Vec<Backend>,
    /// Columns that are not ours. Each runs alone.
    pub engines: Vec<ForeignColumn>,
    /// The number of worker processes at a time.
    pub jobs: usize,
    /// Time limit of one directive on one backend.
    pub timeout: Duration,
    /// Time limit of everything about one file, replays included: a directive that has not run by then is a `timeout`.
    pub file_timeout: Duration,
    /// Executable of the workers, if not this one: for tests whose own `main` is not ours.
    pub worker: Option<std::path::PathBuf>,
    /// Injected faults; empty except in tests.
    pub faults: Vec<InjectedFault>,
    /// For the replay lines of the records.
    pub replay: Replay,
    /// Mutate every assertion, see `super::mutate`.
    pub self_check: Option<SelfCheck>,
    /// Set from outside (Ctrl-C): files that are under way end, and no other file is begun.
    pub stop: Arc<AtomicBool>,
}

impl Plan {
    /// The time for a file, in times for a directive: ten endless directives on four columns take 40 of these, and two
    /// or three times as many where they cannot be interrupted.
    pub const FILE_TIMEOUTS: u32 = 120;

    /// These files on the four columns, with as many workers as cores, ten seconds a directive and twenty minutes a
    /// file.
    pub fn new(files: Vec<Arc<SuiteFile>>) -> Plan {
        Plan {
            files,
            backends: Backend::NAMES.iter().filter_map(|n| Backend::named(n)).collect(),
            engines: Vec::new(),
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            timeout: Duration::from_secs(10),
            file_timeout: Duration::from_secs(10) * Plan::FILE_TIMEOUTS,
            worker: None,
            faults: Vec::new(),
            replay: Replay::default(),
            self_check: None,
            stop: Arc::new(AtomicBool::new(false)),
        }
    }
}

/// One file, done.
#[derive(Clone, Debug)]
pub struct FileResult {
    /// The script.
    pub file: Arc<SuiteFile>,
    /// In the order of directives; for each one record a backend, in the plan's order, then `xdiff` (if there is more
    /// than one backend).
    pub records: Vec<Record>,
    /// Every directive was done in every column, and has its records. False if the time of the file was over before, or
    /// what killed the process kept the rest from being done or compared: then records say so. False for a script that
    /// cannot be read or parsed, too: then `error` says why, and `records` holds one for each backend with index "0": a
    /// `fail`, or a `crash` or `timeout` where the worker did not survive reading it.
    pub complete: bool,
    /// Why the script was not run to its end.
    pub error: Option<String>,
    /// Figures of the file.
    pub stats: RunStats,
    /// Of a run with [`Plan::self_check`].
    pub tally: Option<MutantTally>,
    /// Time from the beginning of the file to its end.
    pub wall: Duration,
}

/// News of a run. Files end in any order.
#[derive(Clone, Debug)]
pub enum Event {
    /// A file is begun.
    Started(Arc<SuiteFile>),
    /// A file has ended.
    Finished(Box<FileResult>),
}

/// A run, done.
#[derive(Clone, Debug, Default)]
pub struct RunSummary {
    /// The number of files that were run.
    pub files: usize,
    /// Files not begun because of [`Plan::stop`].
    pub not_run: usize,
    /// Sums of the figures of all files.
    pub stats: RunStats,
    /// Time from the beginning of the run to its end.
    pub wall: Duration,
}
