//! Other engines as witnesses.
//!
//! | file | what |
//! |---|---|
//! | `seen` | questions to an oracle, and its answers |
//! | `probe` | the module that stands between an oracle and its embedding interface |
//! | `action` | the same for one action of a script |
//! | `proposals` | what an engine lacks, and what a module needs |
//! | `digest` | a hash of a memory, computed where the memory is |
//! | `job` | a job as the steps that a driver takes, and their ends as a report |
//! | `wire` | the line protocol |
//! | `abilities` | what an engine is able to do |
//! | `connection` | a running driver |
//! | `check` | whether a driver keeps to the protocol |
//! | `driver_process` | a driver as a child process |
//! | `program/` | an engine that only runs programs, in place of a driver |
//! | `retry` | what happens when a driver dies or hangs over a job |
//! | `engines` | the engines that are known by name, and how their drivers are started |
//! | `drivers/` | drivers in Python and JavaScript; those in Rust are the workspace `drivers` |
//!
//! A feature that an oracle lacks is [`OracleEnd::Unsupported`], never a difference. Its messages are kept in its own words,
//! beside the codes that they may mean.

mod abilities;
pub mod action;
pub mod check;
mod connection;
mod digest;
mod driver_process;
mod engines;
mod job;
mod probe;
mod program;
mod proposals;
mod retry;
mod seen;
#[cfg(test)]
mod tests;
mod wire;

pub use abilities::Abilities;
pub use connection::{Connection, HELLO};
pub use digest::{BLOCK, digest};
pub use driver_process::LinkLost;
pub use engines::{COMMAND, DRIVERS, ENGINES, KnownEngine, NODE, PYTHON, launch, names};
pub use probe::{ARGS, JobError, RESULTS, SLOT, imports};
pub use proposals::{lacking, needed};
pub use seen::*;
pub use wire::{Step, WireEnd, hex, unhex};

use crate::engine::NanProfile;
use crate::text::reason;
use job::Pending;
use program::PROGRAM;
use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::time::Duration;
use wire::Request;

/// The number of consecutive jobs that end in a crash after which the oracle is given up.
const MOST_CRASHES: u32 = 8;

/// Another engine, ready to be asked.
///
/// A driver that dies on a job is started again and asked once more ([`Oracle::death`]); if it dies again, the job ends as
/// [`OracleEnd::Crash`]. A driver that hangs is killed ([`OracleEnd::Timeout`]), and started again for the next job.
pub struct Oracle {
    connection: Connection,
    crashes: u32,
    /// The death of the driver on the job that was collected last.
    death: Option<String>,
    /// The jobs that were submitted and not yet collected.
    pending: VecDeque<Pending>,
    /// The modules that hash memories, by their binary; few of them differ.
    hashers: HashMap<Vec<u8>, u64>,
    /// The start of the driver that has them.
    hashers_of: u64,
    /// The names of the features that it lacks. A command is taken at its word instead.
    lacks: Vec<&'static str>,
}

/// The name and version of an oracle, as reports state it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// "wasmtime", "v8", "wasmi", or what the driver calls itself.
    pub name: String,
    /// The engine's version.
    pub version: String,
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// Why an oracle cannot be asked. The messages say what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OracleError {
    /// There is no oracle with this name.
    #[error(
        "unknown engine '{0}'; expected one of {known}, or \"{COMMAND}PROGRAM ARGUMENTS\"", known = names().join(", ")
    )]
    Unknown(String),
    /// A dependency is not installed.
    #[error("the engine '{oracle}' needs {what}, which is not installed; try `{how}`")]
    NotInstalled {
        /// The name of the oracle.
        oracle: String,
        /// The dependency, as in "the program 'node'".
        what: String,
        /// A command that installs it.
        how: String,
    },
    /// It does not start, dies repeatedly, or does not speak the protocol.
    #[error("the oracle '{oracle}' {what}")]
    Broken {
        /// The name of the oracle.
        oracle: String,
        /// What it does, as the rest of a sentence.
        what: String,
    },
    /// It returns the CPU's NaNs, and has no option for canonical ones.
    #[error("'{0}' cannot make NaNs canonical; wasmtime can")]
    Nans(String),
    /// Its relaxed operators have a different profile than a script expects.
    #[error("the relaxed operators of '{0}' are not those of the deterministic profile")]
    Relaxed(String),
    /// The job makes no sense: its module is invalid or does not export what is called.
    #[error("an oracle cannot run this: {0}")]
    Job(#[from] JobError),
    /// Temporary files cannot be written.
    #[error("temporary files for an oracle: {0}")]
    Files(String),
}

impl Oracle {
    /// Opens an oracle by its name: one of [`ENGINES`], or [`COMMAND`] and a command line (split at spaces) of a program
    /// that speaks the protocol.
    ///
    /// # Errors
    /// The oracle is unknown, not installed, or does not start.
    pub fn open(name: &str) -> Result<Oracle, OracleError> {
        Oracle::open_under(name, NanProfile::Native)
    }

    /// Like [`Oracle::open`]. Under [`NanProfile::Canonical`], the oracle makes all NaNs canonical; a command has to do so by
    /// itself.
    ///
    /// # Errors
    /// As for [`Oracle::open`]; also if the engine has no such profile.
    pub fn open_under(name: &str, nan: NanProfile) -> Result<Oracle, OracleError> {
        if name.starts_with(COMMAND) && name.contains(PROGRAM) {
            let what = "only runs programs, so it can only be asked about the scripts of `wasmoon test`".into();
            return Err(OracleError::Broken { oracle: name.into(), what });
        }
        let mut connection = Connection::open(name, launch(name, nan)?)?;
        let lacks = if name.starts_with(COMMAND) { Vec::new() } else { lacking(&mut connection)? };
        let (pending, hashers) = (VecDeque::new(), HashMap::new());
        Ok(Oracle { connection, crashes: 0, death: None, pending, hashers, hashers_of: 0, lacks })
    }

    /// The name and version of the engine.
    pub fn identity(&self) -> &Identity {
        self.connection.identity()
    }

    /// Whether exceptions that leave a function come with their tag and payload.
    pub fn catches(&self) -> bool {
        self.connection.abilities().exceptions
    }

    /// Whether non-null external references can be passed to it.
    pub fn has_gc(&self) -> bool {
        self.connection.abilities().gc
    }

    /// Resets the count of consecutive crashes.
    pub fn forgive(&mut self) {
        self.crashes = 0;
    }

    /// How the driver died on the job that was collected last, if it did not die when it was asked again.
    pub fn death(&self) -> Option<&str> {
        self.death.as_deref()
    }

    /// Submits a job and waits for the report.
    ///
    /// # Errors
    /// As for [`Oracle::submit`] and [`Oracle::collect`].
    ///
    /// # Panics
    /// A submitted job was not collected.
    pub fn observe(&mut self, job: &OracleJob) -> Result<OracleReport, OracleError> {
        assert!(self.pending.is_empty(), "an answer was not collected");
        self.submit(job)?;
        self.collect()
    }

    /// Submits a job and returns at once; the oracle works in parallel with the caller.
    ///
    /// # Errors
    /// The job makes no sense, or the oracle cannot be started again.
    pub fn submit(&mut self, job: &OracleJob) -> Result<(), OracleError> {
        let mut pending = Pending::new(job, self.connection.abilities())?;
        self.send(&mut pending)?;
        self.pending.push_back(pending);
        Ok(())
    }

    /// Runs a WASI program and waits for its end.
    ///
    /// # Errors
    /// Files cannot be written, the oracle cannot be started, or it violates the protocol.
    ///
    /// # Panics
    /// A submitted job was not collected.
    pub fn run(&mut self, program: &OracleProgram) -> Result<ProgramReport, OracleError> {
        assert!(self.pending.is_empty(), "an answer was not collected");
        let folder = temporary()?;
        let file = |name: &str| folder.path().join(name);
        let write = |name: &str, bytes: &[u8]| std::fs::write(file(name), bytes).map_err(|e| files(&file(name), &e));
        write("program.wasm", &program.bytes)?;
        write("stdin", &program.stdin)?;
        let id = self.connection.request(|id| Request::Program {
            id,
            module: file("program.wasm"),
            args: program.args.clone(),
            env: program.env.clone(),
            dirs: program.dirs.clone(),
            stdin: file("stdin"),
            stdout: file("stdout"),
            stderr: file("stderr"),
            memory: file("memory"),
        })?;
        let timeout = if program.timeout.is_zero() { Duration::MAX } else { program.timeout };
        // The program may have changed files, so it is not run again after a crash.
        let end = match self.connection.receive(id, timeout)? {
            Ok(ends) => match &ends[..] {
                [WireEnd::Done] => OracleEnd::Values(Vec::new()),
                [end] => job::ended(&self.connection, end)?,
                [] => return Err(self.connection.garbage("", "ends are missing")),
                _ => return Err(self.connection.garbage("", "more ends than programs")),
            },
            Err(LinkLost::Timeout) => OracleEnd::Timeout,
            Err(LinkLost::Ended(how)) => OracleEnd::Crash(how),
        };
        let read = |name: &str| match std::fs::read(file(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(files(&file(name), &e)),
        };
        let (stdout, stderr) = (read("stdout")?.unwrap_or_default(), read("stderr")?.unwrap_or_default());
        Ok(ProgramReport { end, stdout, stderr, memory: read("memory")? })
    }

    fn send(&mut self, pending: &mut Pending) -> Result<(), OracleError> {
        if !self.connection.runs() {
            self.connection.start()?;
        }
        if self.hashers_of != self.connection.starts() {
            self.hashers.clear();
            self.hashers_of = self.connection.starts();
        }
        let steps = pending.steps(&mut self.connection, &mut self.hashers);
        pending.id = self.connection.send(steps)?;
        Ok(())
    }
}

fn temporary() -> Result<tempfile::TempDir, OracleError> {
    let folder = std::env::temp_dir();
    tempfile::tempdir_in(&folder).map_err(|e| files(&folder, &e))
}

fn files(path: &Path, e: &std::io::Error) -> OracleError {
    OracleError::Files(format!("{}: {}", path.display(), reason(e)))
}
