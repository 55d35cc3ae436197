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
    /// Columns of other engines. Each runs alone.
    pub engines: Vec<ForeignColumn>,
    /// The number of concurrent worker processes.
    pub jobs: usize,
    /// The time limit of one directive on one backend.
    pub timeout: Duration,
    /// The time limit of one file, replays included. A directive that has not run by then is a `timeout`.
    pub file_timeout: Duration,
    /// The executable of the workers, if it is not this one: for tests that have their own `main`.
    pub worker: Option<std::path::PathBuf>,
    /// Injected faults; empty except in tests.
    pub faults: Vec<InjectedFault>,
    /// For the replay lines of the records.
    pub replay: Replay,
    /// Mutate every assertion; see `super::mutate`.
    pub self_check: Option<SelfCheck>,
    /// Set from outside (Ctrl-C). Files under way are finished, and no others are begun.
    pub stop: Arc<AtomicBool>,
}

impl Plan {
    /// The time for a file, as a multiple of the time for a directive. Ten endless directives on four columns take 40 of these,
    /// and two or three times as many if they cannot be interrupted.
    /// or three times as many where they cannot be interrupted.
    pub const FILE_TIMEOUTS: u32 = 120;

    /// These files on the four columns, with one worker for each core, ten seconds for a directive and twenty minutes for a file.
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

/// The result of a finished file.
#[derive(Clone, Debug)]
pub struct FileResult {
    /// The script.
    pub file: Arc<SuiteFile>,
    /// In the order of directives. Each has one record for each backend, in the plan's order, then one for `xdiff` if there is
    /// more than one backend.
    pub records: Vec<Record>,
    /// Whether every directive ran in every column, and has its records. False if the file's time ran out first, or if whatever
    /// killed the process kept the rest from being run or compared; the records say so. Also false for a script that cannot be
    /// read or parsed: then `error` says why, and `records` holds one record for each backend with index "0", which is a `fail`,
    /// or a `crash` or `timeout` if the worker did not survive reading it.
    /// what killed the process kept the rest from being done or compared: then records say so. False for a script that
    /// cannot be read or parsed, too: then `error` says why, and `records` holds one for each backend with index "0": a
    /// `fail`, or a `crash` or `timeout` where the worker did not survive reading it.
    pub complete: bool,
    /// Why the script was not run to its end.
    pub error: Option<String>,
    /// Statistics of the file.
    pub stats: RunStats,
    /// The mutants, in a run with [`Plan::self_check`].
    pub tally: Option<MutantTally>,
    /// The wall-clock time that the file took.
    pub wall: Duration,
}

/// An event of a run. Files finish in any order.
#[derive(Clone, Debug)]
pub enum Event {
    /// A file has begun.
    Started(Arc<SuiteFile>),
    /// A file is finished.
    Finished(Box<FileResult>),
}

/// The summary of a finished run.
#[derive(Clone, Debug, Default)]
pub struct RunSummary {
    /// The number of files that were run.
    pub files: usize,
    /// The number of files not begun because of [`Plan::stop`].
    pub not_run: usize,
    /// The sums of the statistics of all files.
    pub stats: RunStats,
    /// The wall-clock time that the run took.
    pub wall: Duration,
}
