//! Faults that tests inject into a backend, to see the harness catch each where it is. What they do is in
//! [`execute::faults`](super::execute::faults).

/// In place of a backend: the preparation of a directive's module, which is done once for all of them.
pub const PREPARATION: &str = "preparation";

/// In place of a directive's index: the script as a whole, as it is read.
pub const SCRIPT: &str = "script";

/// A fault that a test injects into a backend, to see the harness catch it.
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
    /// do may differ. [`InjectedFault::index`] is of no importance.
    Script(String),
}

/// Where an injected fault acts: just after the directive ran on that backend, or, if that is
/// [`PREPARATION`], before its module is prepared for all of them, or,
/// with the index [`SCRIPT`], before the script is read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct InjectedFault {
    /// [`SuiteFile::key`](super::read::suite::SuiteFile::key).
    pub file: String,
    /// [`Record::index`](super::record::Record::index).
    pub index: String,
    pub backend: String,
    pub kind: FaultKind,
}
