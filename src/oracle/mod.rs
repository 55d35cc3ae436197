//! Other engines as witnesses.
//!
//! | file | what |
//! |---|---|
//! | `seen` | questions to an oracle, and its answers |
//! | `probe` | the module that stands between an oracle and its embedding interface |
//! | `digest` | a hash of a memory, computed where the memory is |
//! | `wire` | the line protocol |
//! | `driver_process` | a driver as a child process |
//! | `retry` | what happens when a driver dies or hangs over a job |
//! | `in_process` | wasmi, through its crate |
//! | `drivers/` | wasmtime through Python's package, V8 through node |
//!
//! A feature that an oracle lacks is [`OracleEnd::Unsupported`], never a difference. Its messages are kept in its own words,
//! beside the codes that they may mean.

mod digest;
mod driver_process;
#[cfg(feature = "wasmi")]
mod in_process;
mod probe;
mod retry;
mod seen;
mod wire;

pub use digest::{BLOCK, digest};
pub use seen::*;

use crate::engine::NanProfile;
use driver_process::Process;
pub use probe::JobError;
use probe::{AnswerError, PreparedCall, Probe};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;
use wire::{Answer, Hello, Link, LinkLost, PROTOCOL, Request, StateBytes, WireEnd, hex, unhex};

/// Names that [`Oracle::open`] knows.
pub const NAMES: [&str; 3] = ["wasmtime", "v8", "wasmi"];
/// Prefix of a name that is a command instead.
pub const COMMAND: &str = "cmd:";
/// Environment variable that names another Python.
pub const PYTHON: &str = "WASMOON_PYTHON";
/// Environment variable that names another node.
pub const NODE: &str = "WASMOON_NODE";

/// Time limit for a driver to identify itself.
pub const HELLO: Duration = Duration::from_secs(30);
/// Number of jobs in a row that end in a crash, after which the oracle is given up.
const MOST_CRASHES: u32 = 8;

/// Another engine, ready to be asked.
///
/// A driver that dies over a job is started again and asked once more; if it dies again, the job ends as
/// [`OracleEnd::Crash`]. A driver that hangs is killed ([`OracleEnd::Timeout`]), and started again for the next job.
pub struct Oracle {
    identity: Identity,
    abilities: Abilities,
    launch: Launch,
    /// The way to the driver; `None` once it was lost.
    link: Option<Box<dyn Link>>,
    next: u64,
    crashes: u32,
    /// Jobs that were submitted and not collected.
    pending: VecDeque<Pending>,
}

/// How a driver is started.
enum Launch {
    Command(Vec<OsString>),
    #[cfg(feature = "wasmi")]
    Wasmi,
}

struct Pending {
    id: u64,
    job: OracleJob,
    probe: Probe,
    /// The calls of the job: each as the driver makes it, or its end if the driver cannot make it.
    calls: Vec<Result<PreparedCall, OracleEnd>>,
    /// Folder for contents of memories.
    folder: Option<tempfile::TempDir>,
}

/// Features that a probe may use.
#[derive(Clone, Copy, Debug, Default)]
struct Abilities {
    /// `try_table`
    exceptions: bool,
    /// `ref.i31`, `extern.convert_any`: ways to make external references.
    gc: bool,
}

/// Name and version of an oracle, as reports state it.
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

/// Why an oracle cannot be asked. The texts say what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OracleError {
    /// No oracle of this name.
    #[error("there is no oracle '{0}'; there are {known}, and \"{COMMAND}PROGRAM ARGUMENTS\"", known = NAMES.join(", "))]
    Unknown(String),
    /// This build does not have it.
    #[error("the oracle '{0}' is not in this build; build with `cargo build --features {0}`")]
    NotBuilt(String),
    /// A dependency is not installed, and how to install it.
    #[error("the oracle '{oracle}' needs {what}, which is not installed; try `{how}`")]
    NotInstalled {
        /// Name of the oracle.
        oracle: String,
        /// The dependency, as in "the program 'node'".
        what: String,
        /// A command that installs it.
        how: String,
    },
    /// It does not start, dies repeatedly, or does not speak the protocol.
    #[error("the oracle '{oracle}' {what}")]
    Broken {
        /// Name of the oracle.
        oracle: String,
        /// What it does, as the rest of the sentence.
        what: String,
    },
    /// It returns the CPU's NaNs, and has no option for canonical ones.
    #[error("the oracle '{0}' cannot make NaNs canonical: ask wasmtime, or leave --nan canonical out")]
    Nans(String),
    /// The job makes no sense: its module is invalid or does not export what is called.
    #[error("an oracle cannot run this: {0}")]
    Job(#[from] JobError),
    /// Temporary files cannot be written.
    #[error("temporary files for an oracle: {0}")]
    Files(String),
}

impl Oracle {
    /// Opens an oracle by its name: one of [`NAMES`], or [`COMMAND`] and a command line (split at spaces) of a program
    /// that speaks the protocol.
    ///
    /// # Errors
    /// If it is unknown, not in this build, not installed, or does not start.
    pub fn open(name: &str) -> Result<Oracle, OracleError> {
        Oracle::open_under(name, NanProfile::Native)
    }

    /// As [`Oracle::open`]; under [`NanProfile::Canonical`], an oracle that makes all NaNs canonical. A command has to
    /// do so by itself.
    ///
    /// # Errors
    /// As [`Oracle::open`], and for an engine that has no such profile.
    pub fn open_under(name: &str, nan: NanProfile) -> Result<Oracle, OracleError> {
        if nan.is_canonical() && name != "wasmtime" && NAMES.contains(&name) {
            return Err(OracleError::Nans(name.into()));
        }
        let from = |variable: &str, usual: &str| std::env::var_os(variable).unwrap_or_else(|| usual.into());
        let launch = match name {
            "wasmtime" => {
                let driver = include_str!("drivers/wasmtime.py");
                let mut command = vec![from(PYTHON, "python3"), "-u".into(), "-c".into(), driver.into()];
                command.extend(nan.is_canonical().then(|| "canonical-nans".into()));
                Launch::Command(command)
            }
            "v8" => {
                let driver = include_str!("drivers/v8.mjs");
                let flags = ["--no-warnings", "--input-type=module", "--eval"].map(OsString::from);
                Launch::Command([from(NODE, "node")].into_iter().chain(flags).chain([driver.into()]).collect())
            }
            #[cfg(feature = "wasmi")]
            "wasmi" => Launch::Wasmi,
            #[cfg(not(feature = "wasmi"))]
            "wasmi" => return Err(OracleError::NotBuilt(name.into())),
            _ => match name.strip_prefix(COMMAND).map(str::split_whitespace) {
                Some(words) if words.clone().next().is_some() => Launch::Command(words.map(OsString::from).collect()),
                _ => return Err(OracleError::Unknown(name.into())),
            },
        };
        let identity = Identity { name: name.into(), version: String::new() };
        let pending = VecDeque::new();
        let abilities = Abilities::default();
        let mut oracle = Oracle { identity, abilities, launch, link: None, next: 0, crashes: 0, pending };
        oracle.start()?;
        Ok(oracle)
    }

    /// Name and version of the engine.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Whether exceptions that leave a function come with tag and payload.
    pub fn catches(&self) -> bool {
        self.abilities.exceptions
    }

    /// Whether it can be passed external references that are not null.
    pub fn has_gc(&self) -> bool {
        self.abilities.gc
    }

    /// Submits a job and waits for the report.
    ///
    /// # Errors
    /// As [`Oracle::submit`] and [`Oracle::collect`].
    ///
    /// # Panics
    /// If a submitted job was not collected.
    pub fn observe(&mut self, job: &OracleJob) -> Result<OracleReport, OracleError> {
        assert!(self.pending.is_empty(), "an answer was not collected");
        self.submit(job)?;
        self.collect()
    }

    /// Submits a job and returns at once: the oracle works while the caller does.
    ///
    /// # Errors
    /// If the job makes no sense, or the oracle cannot be started again.
    pub fn submit(&mut self, job: &OracleJob) -> Result<(), OracleError> {
        let probe = Probe::new(job, self.abilities).map_err(OracleError::Job)?;
        let calls = job.calls.iter().map(|c| probe.prepare(c)).collect::<Result<_, _>>().map_err(OracleError::Job)?;
        let folder = job.contents.then(temporary).transpose()?;
        let id = self.next;
        self.next += 1;
        let pending = Pending { id, job: job.clone(), probe, calls, folder };
        self.send(&pending)?;
        self.pending.push_back(pending);
        Ok(())
    }

    /// Runs a WASI program and waits for its end.
    ///
    /// # Errors
    /// If files cannot be written, the oracle cannot be started, or it violates the protocol.
    ///
    /// # Panics
    /// If a submitted job was not collected.
    pub fn run(&mut self, program: &OracleProgram) -> Result<ProgramReport, OracleError> {
        assert!(self.pending.is_empty(), "an answer was not collected");
        let nothing = |end| ProgramReport { end, stdout: Vec::new(), stderr: Vec::new(), memory: None };
        let folder = temporary()?;
        let file = |name: &str| folder.path().join(name);
        let write = |name: &str, bytes: &[u8]| std::fs::write(file(name), bytes).map_err(|e| files(&file(name), &e));
        write("program.wasm", &program.bytes)?;
        write("stdin", &program.stdin)?;
        let id = self.next;
        self.next += 1;
        let request = Request::Program {
            id,
            module: file("program.wasm"),
            args: program.args.clone(),
            env: program.env.clone(),
            dirs: program.dirs.clone(),
            stdin: file("stdin"),
            stdout: file("stdout"),
            stderr: file("stderr"),
            memory: file("memory"),
        };
        let line = serde_json::to_vec(&request).map_err(|e| JobError::Encode(e.to_string()))?;
        let timeout = if program.timeout.is_zero() { Duration::MAX } else { program.timeout };
        // The program may have changed files, so it is not run again after a crash.
        self.link()?.send(line);
        let end = match self.receive(id, timeout)? {
            Ok(Answer { start: WireEnd::Returned(..), .. }) => OracleEnd::Values(Vec::new()),
            Ok(answer) => self.ended(&answer.start)?,
            Err(LinkLost::Timeout) => OracleEnd::Timeout,
            Err(LinkLost::Ended(how)) => OracleEnd::Crash(how),
        };
        let read = |name: &str| match std::fs::read(file(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(files(&file(name), &e)),
        };
        let (stdout, stderr) = (read("stdout")?.unwrap_or_default(), read("stderr")?.unwrap_or_default());
        Ok(ProgramReport { stdout, stderr, memory: read("memory")?, ..nothing(end) })
    }

    /// Starts the driver and reads its name and version.
    fn start(&mut self) -> Result<(), OracleError> {
        // The old one ends before the new one begins.
        self.link = None;
        let mut link: Box<dyn Link> = match &self.launch {
            Launch::Command(command) => Box::new(Process::start(command).map_err(|e| self.not_started(command, &e))?),
            #[cfg(feature = "wasmi")]
            Launch::Wasmi => Box::new(in_process::Thread::start()),
        };
        let line = match link.receive(HELLO) {
            Ok(line) => line,
            Err(LinkLost::Timeout) => return Err(self.broken(format!("said nothing for {} s", HELLO.as_secs()))),
            Err(LinkLost::Ended(how)) => return Err(self.broken(format!("died before it said anything: {how}"))),
        };
        let hello: Hello = serde_json::from_str(&line).map_err(|e| self.garbage(&line, &e.to_string()))?;
        if hello.protocol != PROTOCOL {
            return Err(self.broken(format!("speaks version {} of the protocol, not {PROTOCOL}", hello.protocol)));
        }
        if let Some((what, how)) = hello.missing {
            return Err(OracleError::NotInstalled { oracle: self.identity.name.clone(), what, how });
        }
        self.identity = Identity { name: hello.name, version: hello.version };
        self.abilities = Abilities { exceptions: hello.exceptions, gc: hello.gc };
        self.link = Some(link);
        Ok(())
    }

    fn not_started(&self, command: &[OsString], e: &std::io::Error) -> OracleError {
        let program = command.first().map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
        let oracle = self.identity.name.clone();
        let package = match oracle.as_str() {
            "wasmtime" => "python3 python3-pip",
            "v8" => "nodejs",
            _ => "",
        };
        if e.kind() == std::io::ErrorKind::NotFound && !package.is_empty() {
            let how = format!("apt-get install {package}");
            return OracleError::NotInstalled { oracle, what: format!("the program '{program}'"), how };
        }
        OracleError::Broken { oracle, what: format!("does not start: {program}: {e}") }
    }

    fn send(&mut self, pending: &Pending) -> Result<(), OracleError> {
        let Pending { id, job, probe, calls, folder } = pending;
        let made = calls.iter().flatten();
        let request = Request::Module {
            id: *id,
            module: hex(&job.bytes),
            provider: job.provider.as_ref().map(|(name, bytes)| (name.clone(), hex(bytes))),
            probe: hex(&probe.bytes),
            calls: made.map(|c| (c.function.clone(), hex(&c.args), c.room)).collect(),
            memories: probe.memories.iter().map(|(name, ty)| (name.clone(), hex(&digest::hasher(name, *ty)))).collect(),
            state: match job.state {
                StateReads::Never => "never".into(),
                StateReads::AtEnd => "end".into(),
                StateReads::EachCall => "each".into(),
            },
            state_bytes: probe.state_bytes,
            limits: job.limits,
            contents: folder.as_ref().map(|f| f.path().to_path_buf()),
        };
        let line = serde_json::to_vec(&request).map_err(|e| JobError::Encode(e.to_string()))?;
        self.link()?.send(line);
        Ok(())
    }

    /// The running driver.
    fn link(&mut self) -> Result<&mut dyn Link, OracleError> {
        if self.link.is_none() {
            self.start()?;
        }
        match &mut self.link {
            Some(link) => Ok(&mut **link),
            None => Err(OracleError::Broken { oracle: self.identity.name.clone(), what: "does not run".into() }),
        }
    }

    /// The next answer. After `LinkLost` or an error the driver has to be started again.
    fn receive(&mut self, id: u64, timeout: Duration) -> Result<Result<Answer, LinkLost>, OracleError> {
        let line = match self.link()?.receive(timeout) {
            Ok(line) => line,
            Err(lost) => {
                self.link = None;
                return Ok(Err(lost));
            }
        };
        let answer = serde_json::from_str::<Answer>(&line).map_err(|e| e.to_string());
        match answer.and_then(|a| if a.id == id { Ok(a) } else { Err(format!("the answer to {id} was due")) }) {
            Ok(answer) => Ok(Ok(answer)),
            Err(why) => {
                self.link = None;
                Err(self.garbage(&line, &why))
            }
        }
    }

    fn understood(&mut self, pending: &Pending, answer: &Answer) -> Result<OracleReport, OracleError> {
        let Pending { job, probe, calls, folder, .. } = pending;
        if !matches!(answer.start, WireEnd::Returned(..)) {
            return Ok(OracleReport::nothing(self.ended(&answer.start)?));
        }
        let malformed = |what: &str| self.garbage("", what);
        let unreadable = |e: AnswerError| self.garbage("", &e.to_string());
        let bytes = |text: &str| unhex(text).ok_or_else(|| malformed("bytes that are not hexadecimal"));
        let state = |seen: &StateBytes| {
            let mut state = probe.state(&bytes(&seen.bytes)?).map_err(unreadable)?;
            for ((export, _), (len, digest)) in probe.memories.iter().zip(&seen.memories) {
                let digest = digest.parse().map_err(|_| malformed("a digest that is not a number"))?;
                state.memories.push(MemoryState { export: export.clone(), len: *len, digest });
            }
            if state.memories.len() != probe.memories.len() {
                return Err(malformed("memories are missing"));
            }
            Ok(state)
        };
        let mut answers = answer.calls.iter();
        let mut ended = Vec::new();
        for (call, made) in job.calls.iter().zip(calls) {
            ended.push(match made {
                Err(end) => (end.clone(), None),
                Ok(_) => {
                    let (end, seen) = answers.next().ok_or_else(|| malformed("calls are missing"))?;
                    let end = match end {
                        WireEnd::Returned(status, written) => {
                            probe.end(call, *status, &bytes(written)?).map_err(unreadable)?
                        }
                        other => self.ended(other)?,
                    };
                    (end, seen.as_ref().map(state).transpose()?)
                }
            });
        }
        let mut contents = Vec::new();
        for (i, (export, _)) in probe.memories.iter().enumerate() {
            let Some(folder) = folder else { break };
            let path = folder.path().join(format!("memory-{i}"));
            contents.push((export.clone(), std::fs::read(&path).map_err(|e| files(&path, &e))?));
        }
        let started = answer.started.as_ref().map(state).transpose()?;
        Ok(OracleReport { start: OracleEnd::Values(Vec::new()), started, calls: ended, contents })
    }

    fn ended(&self, ended: &WireEnd) -> Result<OracleEnd, OracleError> {
        use crate::runtime::trap::TrapCode;
        Ok(match ended {
            WireEnd::Returned(..) => return Err(self.garbage("", "a result that does not exist")),
            WireEnd::Trap(messages, text) => {
                let code = |message: &String| TrapCode::ALL.iter().copied().find(|c| c.message() == message);
                let codes = messages.iter().map(code).collect::<Option<_>>();
                let codes = codes.ok_or_else(|| self.garbage(&messages.join(", "), "there is no such trap"))?;
                OracleEnd::Trap(OracleTrap { codes, text: text.clone() })
            }
            WireEnd::Exception => OracleEnd::Exception { tag: None, payload: Vec::new() },
            WireEnd::Exit(status) => OracleEnd::Exit(*status),
            WireEnd::Exhausted => OracleEnd::Exhausted,
            WireEnd::Unsupported(what) => OracleEnd::Unsupported(what.clone()),
            WireEnd::Refused(what) => OracleEnd::Refused(what.clone()),
        })
    }

    fn broken(&self, what: String) -> OracleError {
        OracleError::Broken { oracle: self.identity.name.clone(), what }
    }

    /// An error for a line that is not an answer.
    fn garbage(&self, line: &str, why: &str) -> OracleError {
        let line: String = line.trim().chars().take(120).collect();
        self.broken(format!("does not speak the protocol ({why}): {line}"))
    }
}

impl OracleReport {
    fn nothing(start: OracleEnd) -> OracleReport {
        OracleReport { start, started: None, calls: Vec::new(), contents: Vec::new() }
    }
}

fn temporary() -> Result<tempfile::TempDir, OracleError> {
    let folder = std::env::temp_dir();
    tempfile::tempdir_in(&folder).map_err(|e| files(&folder, &e))
}

fn files(path: &Path, e: &std::io::Error) -> OracleError {
    OracleError::Files(format!("{}: {e}", path.display()))
}
