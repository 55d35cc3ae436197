//! The reasons why a trial does not take place.

use super::script::NotAScript;
use crate::engine::ConfigError;
use crate::module::DecodeError;
use crate::oracle::OracleError;
use crate::process::channel::RemoteError;
use crate::process::worker::StartError;
use crate::runtime::linking::InstantiateError;
use crate::triage::observe::StepEnd;
use crate::triage::subject::SubjectError;
use crate::triage::witness::CutReason;
use crate::wasi::program::RunError;

/// The reason why a trial did not take place, or has no answer.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The system does not know the path of the running executable.
    #[error("cannot find the path of this executable: {0}")]
    Executable(#[source] std::io::Error),
    /// The worker process cannot be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The request cannot be encoded.
    #[error("cannot send a trial: {0}")]
    Request(#[source] postcard::Error),
    /// The worker's answer cannot be decoded.
    #[error("cannot read a worker's answer: {0}")]
    Reply(#[source] postcard::Error),
    /// The worker did not perform the trial.
    #[error(transparent)]
    Worker(#[from] RemoteError),
    /// A subject that is driven by calls cannot be prepared.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// The module of a program is not valid.
    #[error(transparent)]
    Module(#[from] DecodeError),
    /// This build, or this CPU, does not have the configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The bytes of the subject are not a script that can be executed.
    #[error(transparent)]
    Script(#[from] NotAScript),
    /// The subject is not driven as a program.
    #[error("not driven as a program")]
    NotAProgram,
    /// The program, or one of its inputs, is unusable.
    #[error(transparent)]
    Program(#[from] RunError),
    /// A snapshot of a script was requested; a script may have many stores' worth of instances.
    #[error("a script has no single state to copy")]
    ScriptState,
    /// The execution ended before there was a state to copy.
    #[error("{0}")]
    NotStarted(StepEnd),
    /// The module could not be instantiated.
    #[error("{0:?}")]
    Instantiate(#[source] InstantiateError),
    /// The process died, and the state with it.
    #[error("no state is left after: {0}")]
    StateLost(StepEnd),
    /// The good side does not end in a way that others could be compared with.
    #[error("the good side does not show what is right: {0}")]
    NothingRight(StepEnd),
    /// Another engine was asked, and says nothing about the subject.
    #[error("{engine} cannot be compared: {why}")]
    NotCompared {
        /// Its name.
        engine: String,
        /// The reason.
        why: CutReason,
    },
    /// Another engine cannot be asked.
    #[error(transparent)]
    Oracle(#[from] OracleError),
    /// The worker sent a snapshot in place of an observation.
    #[error("unexpected snapshot")]
    UnexpectedSnapshot,
    /// The worker sent an observation in place of a snapshot.
    #[error("expected a snapshot")]
    MissingSnapshot,
    /// The thread of a trial panicked.
    #[error("a trial panicked")]
    Panicked,
}
