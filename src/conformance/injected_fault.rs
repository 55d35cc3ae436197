//! Injected faults: defects that tests plant in a backend to check that the harness catches each of them where it acts. The
//! effects are implemented in [`execute::fault_injection`](super::execute::fault_injection).

use std::path::PathBuf;

/// Stands in for a backend's name: the preparation of a directive's module, which happens once for all backends.
pub const PREPARATION: &str = "preparation";

/// Stands in for a directive's index: the script as a whole, while it is being read.
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
    /// Allocates until the process runs out of memory.
    StackExhaustion,
    /// Flips the lowest bit of the first result.
    FlipResultBit,
    /// Kills the process as soon as another backend acts.
    WildStore,
    /// Kills the process as soon as a module is prepared.
    WildStorePreparing,
    /// Changes the first byte of the store's newest memory.
    WrongMemoryByte,
    /// Drops the stack frames that a trap recorded.
    LostFrames,
    /// Reports each trap one byte further on in the module.
    MovedTrap,
    /// Writes garbage into the results, after the directive's own.
    GarbledResults,
    /// Does what a worker may not do, then aborts the process.
    Escape {
        /// A file to create.
        make: PathBuf,
        /// A file to remove.
        remove: PathBuf,
        /// A port of this machine to connect to.
        port: u16,
        /// A process to kill.
        kill: u32,
    },
    /// Executes this text in place of the script, and is judged by it. It has the same number of directives, so anything that a
    /// script can do may differ. [`InjectedFault::index`] is ignored.
    /// that a script can do may differ. [`InjectedFault::index`] is ignored.
    Script(String),
}

/// An injected fault and where it acts: just after the directive ran on that backend ([`InjectedFaultKind::LostFrames`] and
/// [`InjectedFaultKind::MovedTrap`]: while it runs). If the backend is [`PREPARATION`], it acts before the directive's module is
/// prepared for all backends; if the index is [`SCRIPT`], before the script is read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct InjectedFault {
    /// [`SuiteFile::key`](super::read::suite::SuiteFile::key).
    pub file: String,
    /// [`Record::index`](super::record::Record::index), or [`SCRIPT`].
    pub index: String,
    /// The name of a backend, or [`PREPARATION`].
    pub backend: String,
    /// The defect itself.
    pub kind: InjectedFaultKind,
}
