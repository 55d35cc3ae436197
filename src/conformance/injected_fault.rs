//! Injected faults: defects that tests give a backend, to check that the harness catches each where it acts. Their
//! effects are implemented in [`execute::fault_injection`](super::execute::fault_injection).

use std::path::PathBuf;

/// In place of a backend's name: the preparation of a directive's module, which is done once for all backends.
pub const PREPARATION: &str = "preparation";

/// In place of a directive's index: the script as a whole, as it is read.
pub const SCRIPT: &str = "script";

/// The kinds of injected faults.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum InjectedFaultKind {
    /// Dereferences an address that nothing owns.
    Segfault,
    /// Aborts the process.
    Abort,
    /// Panics.
    Panic,
    /// Loops forever without a safepoint.
    EndlessLoop,
    /// Allocates until the process has no more.
    OutOfMemory,
    /// Recurses natively without end.
    StackExhaustion,
    /// Flips the lowest bit of the first result.
    FlipResultBit,
    /// Kills the process as soon as another backend does something.
    WildStore,
    /// Kills the process as soon as a module is prepared.
    WildStorePreparing,
    /// Changes the first byte of the store's newest memory.
    WrongMemoryByte,
    /// Loses the frames that a trap left.
    LostFrames,
    /// Says of a trap that the next byte of the module raised it.
    MovedTrap,
    /// Writes what nobody can read among the results, after the directive's own.
    GarbledResults,
    /// Does what a worker has no right to do, then aborts the process.
    Escape {
        /// A file that it makes.
        make: PathBuf,
        /// A file that it removes.
        remove: PathBuf,
        /// A port of this machine that it connects to.
        port: u16,
        /// A process that it kills.
        kill: u32,
    },
    /// Executes, and is judged by, this text in place of the script, with the same number of directives: then anything
    /// that a script can do may differ. [`InjectedFault::index`] is ignored.
    Script(String),
}

/// An injected fault and where it acts: just after the directive ran on that backend ([`InjectedFaultKind::LostFrames`]
/// and [`InjectedFaultKind::MovedTrap`]: while it runs), or, if the backend is [`PREPARATION`], before its module is prepared for all backends, or, if the index is
/// [`SCRIPT`], before the script is read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct InjectedFault {
    /// [`SuiteFile::key`](super::read::suite::SuiteFile::key).
    pub file: String,
    /// [`Record::index`](super::record::Record::index), or [`SCRIPT`].
    pub index: String,
    /// Name of a backend, or [`PREPARATION`].
    pub backend: String,
    /// The defect itself.
    pub kind: InjectedFaultKind,
}
