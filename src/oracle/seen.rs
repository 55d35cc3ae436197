//! What an oracle is asked, and what it answers. Types of this room alone: triage converts.

use crate::runtime::trap::TrapCode;
use std::path::PathBuf;
use std::time::Duration;

/// A value, by its bits; of a reference, whether it is null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OracleValue {
    I32(u32),
    I64(u64),
    F32(u32),
    F64(u64),
    V128(u128),
    Null,
    /// A reference that is not null. Which one cannot be said across engines.
    Ref,
}

/// One call of an exported function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub export: String,
    /// One for each parameter. Of references only null, and some other external one ([`OracleValue::Ref`]) where the oracle
    /// has GC.
    pub args: Vec<OracleValue>,
}

/// A module, and what is to be called in it, in order, in one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The binary.
    pub bytes: Vec<u8>,
    /// Another binary, which imports nothing and is instantiated first, and the name by which the module imports from it.
    /// Without one, the module imports nothing.
    pub provider: Option<(String, Vec<u8>)>,
    pub calls: Vec<Call>,
    /// An exported mutable i32 global that is set to so much before each call.
    pub fuel: Option<(String, u32)>,
    /// When exported state is looked at.
    pub state: When,
    /// What one memory may have at most, in bytes, and one table in elements. V8 cannot be told; wasmtime holds its heap
    /// of objects to the limit of memories.
    pub limits: Option<(u64, u64)>,
    /// Whether the contents of exported memories are wanted, as they are in the end.
    pub contents: bool,
    /// For the whole job.
    pub timeout: Duration,
}

/// When exported state is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Never,
    AtEnd,
    EachCall,
}

/// What a job showed.
#[derive(Clone, Debug, PartialEq)]
pub struct OracleReport {
    /// `Values([])`, or why there is no instance (then nothing was called).
    pub start: End,
    /// State after instantiation, if it is looked at after each call.
    pub started: Option<State>,
    /// One for each call of the job, unless an end that leaves no instance (time-out, crash) came before.
    pub calls: Vec<(End, Option<State>)>,
    /// Exported memories by name, if their contents were wanted.
    pub contents: Vec<(String, Vec<u8>)>,
}

/// How a call, an instantiation or a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Values(Vec<OracleValue>),
    Trap(Trap),
    /// The tag by its export's name; of a tag that is not exported nothing is known.
    Exception {
        tag: Option<String>,
        payload: Vec<OracleValue>,
    },
    /// `proc_exit`.
    Exit(i32),
    /// Stacks exhausted.
    Exhausted,
    Timeout,
    /// A feature that the oracle does not have, or that cannot be asked through its interface: no difference. A call
    /// that ends so was not made, so nothing that follows can be compared.
    Unsupported(String),
    /// The oracle says the module is invalid, cannot be linked or takes too much: in its own words.
    Refused(String),
    /// The oracle's process died: with this module, twice.
    Crash(String),
}

/// A trap as another engine tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap {
    /// Codes that it may be: several where the engine has one text for them, none where it tells nothing.
    pub codes: Vec<TrapCode>,
    /// In the engine's own words.
    pub text: String,
}

impl Trap {
    /// Whether it may be this one.
    pub fn agrees(&self, code: TrapCode) -> bool {
        self.codes.is_empty() || self.codes.contains(&code)
    }
}

/// Exported state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    pub memories: Vec<Memory>,
    pub globals: Vec<(String, OracleValue)>,
    pub tables: Vec<Table>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    pub export: String,
    /// Length in bytes.
    pub len: u64,
    /// [`digest`](super::digest) of the contents.
    pub digest: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub export: String,
    /// Elements.
    pub len: u64,
    /// How many of the first [`TABLE_SCAN`] elements are null.
    pub nulls: u64,
}

/// Elements of a table that are looked at.
pub const TABLE_SCAN: u64 = 1024;

/// A WASI program (preview 1, `_start`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    pub bytes: Vec<u8>,
    /// With the program's name as the first.
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    /// Folders of the host and what the program sees them as.
    pub dirs: Vec<(PathBuf, String)>,
    pub stdin: Vec<u8>,
    /// `Duration::ZERO`: none.
    pub timeout: Duration,
}

/// What a program did.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    /// `Values([])` if `_start` returned, `Exit` after `proc_exit`.
    pub end: End,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// The export `memory` in the end.
    pub memory: Option<Vec<u8>>,
}
