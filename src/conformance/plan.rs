//! What to run, and what comes of it.

use super::record::Record;
use crate::conformance::judge::mutate::{SelfCheck, Tally};
use crate::conformance::read::suite::SuiteFile;
use crate::conformance::report::replay::Replay;
use crate::engine::{Config, Mode, OptLevel, Tier};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// A column of the matrix.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Backend {
    /// `interp`, `jit-O0`, `jit-O1`, `jit`.
    pub name: String,
    pub config: Config,
}

impl Backend {
    /// The columns of a plain run, in order.
    pub const NAMES: [&'static str; 4] = ["interp", "jit-O0", "jit-O1", "jit"];

    /// A backend by its name; `jit-O2` is another name of `jit`.
    pub fn named(name: &str) -> Option<Backend> {
        let (tier, opt) = match name {
            "interp" => (Tier::Interp, OptLevel::O2),
            "jit-O0" => (Tier::Jit, OptLevel::O0),
            "jit-O1" => (Tier::Jit, OptLevel::O1),
            "jit" | "jit-O2" => (Tier::Jit, OptLevel::O2),
            _ => return None,
        };
        let name = if name == "jit-O2" { "jit" } else { name };
        Some(Backend { name: name.into(), config: Config { mode: Mode::All(tier), opt, ..Config::default() } })
    }
}

/// A defect that a test plants in a backend, to see the harness catch it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum FaultKind {
    /// Dereferences an address that nothing owns.
    Segfault,
    Abort,
    Panic,
    EndlessLoop,
    /// Allocates until the process has no more.
    OutOfMemory,
    /// Recurses natively for ever.
    StackExhaustion,
    /// Flips the lowest bit of the first result.
    FlipResultBit,
    /// Kills the process as soon as another backend does something.
    WildStore,
    /// Kills the process as soon as a module is prepared.
    WildStorePreparing,
    /// Changes the first byte of the store's newest memory.
    WrongMemoryByte,
    /// Executes, and is judged by, this text in place of the script, with as many directives: then whatever a script can
    /// do may differ. [`Fault::index`] is of no importance.
    Script(String),
}

/// Where a planted defect acts: just after the directive ran on that backend, or, if that is
/// [`PREPARATION`](crate::conformance::lockstep::PREPARATION), before its module is prepared for all of them, or,
/// with the index [`SCRIPT`](crate::conformance::lockstep::SCRIPT), before the script is read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fault {
    /// [`SuiteFile::key`].
    pub file: String,
    /// [`Record::index`].
    pub index: String,
    pub backend: String,
    pub kind: FaultKind,
}

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub files: Vec<Arc<SuiteFile>>,
    /// All run in lockstep, compared after each directive; the first is the reference of the comparison.
    pub backends: Vec<Backend>,
    /// Worker processes at a time.
    pub jobs: usize,
    /// For one directive on one backend.
    pub timeout: Duration,
    /// For everything about one file, replays included: what has not run by then is a `timeout`.
    pub file_timeout: Duration,
    /// Executable of the workers, if not this one: for tests whose own `main` is not ours.
    pub worker: Option<std::path::PathBuf>,
    /// Planted defects; empty but in tests.
    pub faults: Vec<Fault>,
    /// For the replay lines of the records.
    pub replay: Replay,
    /// Mutate every assertion, see [`super::mutate`].
    pub self_check: Option<SelfCheck>,
    /// Set from outside (Ctrl-C): files that are under way end, none is begun.
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

/// Figures of a file or a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stats {
    /// Directives, nested ones included.
    pub directives: u64,
    /// Directives whose comparison was `poisoned`.
    pub poisoned: u64,
    /// Comparisons of directives that ran in a thread, or beside threads which could reach the same memory: the state that
    /// they left was compared at the end of the thread, not at once.
    pub after_threads: u64,
    /// Values of a type of floats where both sides had a NaN, but not the same one.
    pub nan_differences: u64,
    /// Directives at which anything at all was not compared: poisoned, without an outcome on a side, with two NaNs that
    /// differ, or after something was left out.
    pub not_compared: u64,
    /// Assertions judged by phase alone, since they expect no message.
    pub by_phase_alone: u64,
    /// Assertions that judge the decoder and the validator, which all columns share: one judgement, in every column.
    #[serde(default)]
    pub judged_once: u64,
    /// Functions that the JIT compiled, all columns together.
    pub jit_functions: u64,
    /// Bytes of machine code of all modules and columns, and the sum of the hashes of each module's code in each column:
    /// equal in any two runs, or the compiler is not deterministic.
    pub code_bytes: u64,
    pub code_hash: u64,
    /// Entries into native code from Rust.
    pub native_entries: u64,
    /// Interpreted function entries in columns that are all JIT: 0, or they prove nothing.
    pub fallbacks: u64,
    /// Deaths of worker processes, and workers that had to be killed since they made no progress.
    pub crashes: u64,
    pub parse_us: u64,
    pub compile_us: u64,
    pub run_us: u64,
    pub compare_us: u64,
}

impl std::ops::AddAssign for Stats {
    fn add_assign(&mut self, o: Stats) {
        self.directives += o.directives;
        self.poisoned += o.poisoned;
        self.after_threads += o.after_threads;
        self.nan_differences += o.nan_differences;
        self.not_compared += o.not_compared;
        self.by_phase_alone += o.by_phase_alone;
        self.judged_once += o.judged_once;
        self.jit_functions += o.jit_functions;
        self.code_bytes += o.code_bytes;
        self.code_hash = self.code_hash.wrapping_add(o.code_hash);
        self.native_entries += o.native_entries;
        self.fallbacks += o.fallbacks;
        self.crashes += o.crashes;
        self.parse_us += o.parse_us;
        self.compile_us += o.compile_us;
        self.run_us += o.run_us;
        self.compare_us += o.compare_us;
    }
}

/// One file, done.
#[derive(Clone, Debug)]
pub struct FileResult {
    pub file: Arc<SuiteFile>,
    /// In the order of directives; for each one record a backend, in the plan's order, then `xdiff` (if there is more
    /// than one backend).
    pub records: Vec<Record>,
    /// Every directive has its records. False for a script that cannot be read or parsed: then `error` says why, and
    /// `records` holds one for each backend with index "0": a `fail`, or a `crash` or `timeout` where the worker did
    /// not survive reading it.
    pub complete: bool,
    pub error: Option<String>,
    pub stats: Stats,
    /// Of a run with [`Plan::self_check`].
    pub tally: Option<Tally>,
    pub wall: Duration,
}

/// News of a run. Files end in any order.
#[derive(Clone, Debug)]
pub enum Event {
    Started(Arc<SuiteFile>),
    Finished(Box<FileResult>),
}

/// A run, done.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub files: usize,
    /// Files not begun because of [`Plan::stop`].
    pub not_run: usize,
    pub stats: Stats,
    pub wall: Duration,
}

/// Runs a plan. `sink` is called on the calling thread.
///
/// # Errors
/// When workers cannot be started at all. What goes wrong in a file is in its records.
pub fn run(plan: &Plan, sink: &mut dyn FnMut(Event)) -> Result<Summary, String> {
    crate::conformance::supervise::supervisor::run_plan(plan, sink)
}
