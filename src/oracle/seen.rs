//! Questions to an oracle and its answers. These types belong to the oracle only; triage converts them.

use crate::runtime::trap::TrapCode;
use std::path::PathBuf;
use std::time::Duration;

/// A value as its bits; for a reference, only whether it is null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OracleValue {
    /// An i32.
    I32(u32),
    /// An i64.
    I64(u64),
    /// The bits of an f32.
    F32(u32),
    /// The bits of an f64.
    F64(u64),
    /// A v128, lane 0 in the lowest bits.
    V128(u128),
    /// A null reference.
    Null,
    /// A reference that is not null. Its identity cannot be compared across engines.
    Ref,
}

/// One call of an exported function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OracleCall {
    /// The name of the export.
    pub export: String,
    /// The arguments, one for each parameter. References are null, or non-null external ones ([`OracleValue::Ref`]) if the oracle
    /// has GC.
    pub args: Vec<OracleValue>,
}

/// A module, and the calls to make in order in one instance of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OracleJob {
    /// The binary.
    pub bytes: Vec<u8>,
    /// Another binary, which has no imports and is instantiated first, and the name by which the module imports from
    /// it. If `None`, the module has no imports.
    pub provider: Option<(String, Vec<u8>)>,
    /// The calls, in order.
    pub calls: Vec<OracleCall>,
    /// An exported mutable i32 global, and the value that it is set to before each call.
    pub fuel: Option<(String, u32)>,
    /// When exported state is read.
    pub state: StateReads,
    /// The limits of one memory in bytes, and of one table in elements. V8 has no such option; wasmtime applies the limit of
    /// memories to its heap of objects.
    pub limits: Option<(u64, u64)>,
    /// Whether to return the final contents of exported memories.
    pub contents: bool,
    /// The time limit of the whole job.
    pub timeout: Duration,
}

/// When exported state is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateReads {
    /// Never.
    Never,
    /// Once, after the last call.
    AtEnd,
    /// After instantiation and after each call.
    EachCall,
}

/// The results of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct OracleReport {
    /// `Values([])`, or why there is no instance (no calls were made then).
    pub start: OracleEnd,
    /// The state after instantiation, if it is read after each call.
    pub started: Option<OracleState>,
    /// One for each call of the job, unless an end that leaves no instance (timeout, crash) came before.
    pub calls: Vec<(OracleEnd, Option<OracleState>)>,
    /// The final contents of exported memories by name, if the job asked for them.
    pub contents: Vec<(String, Vec<u8>)>,
}

/// How a call, an instantiation or a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OracleEnd {
    /// It returned these results.
    Values(Vec<OracleValue>),
    /// It trapped.
    Trap(OracleTrap),
    /// An uncaught exception, with the export name of its tag; `None` if the tag is not exported.
    Exception {
        /// The export name of the tag.
        tag: Option<String>,
        /// The payload; empty if the tag is not exported.
        payload: Vec<OracleValue>,
    },
    /// `proc_exit`, with the exit code.
    Exit(i32),
    /// The stack is exhausted.
    Exhausted,
    /// It took longer than the time limit.
    Timeout,
    /// The oracle lacks a feature, or its interface cannot express the call: not a difference. The call was not made,
    /// so the calls after it cannot be compared.
    Unsupported(String),
    /// The oracle considers the module invalid, unlinkable or too large; its own message.
    Refused(String),
    /// The oracle's process died with this module, twice.
    Crash(String),
}

impl OracleEnd {
    /// A trap that may have any of these codes.
    pub fn trap(codes: Vec<TrapCode>, text: String) -> OracleEnd {
        OracleEnd::Trap(OracleTrap { codes, text })
    }
}

/// A trap, as another engine reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OracleTrap {
    /// The codes that it may have: several if the engine has one text for them, none if it reports no reason.
    pub codes: Vec<TrapCode>,
    /// The engine's own message.
    pub text: String,
}

impl OracleTrap {
    /// Whether it may be a trap of this code.
    pub fn agrees(&self, code: TrapCode) -> bool {
        self.codes.is_empty() || self.codes.contains(&code)
    }
}

/// Exported state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OracleState {
    /// The exported memories.
    pub memories: Vec<MemoryState>,
    /// The exported globals, by name.
    pub globals: Vec<(String, OracleValue)>,
    /// The exported tables.
    pub tables: Vec<TableState>,
}

/// The state of an exported memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryState {
    /// The name of the export.
    pub export: String,
    /// The length in bytes.
    pub len: u64,
    /// The `digest` of the contents.
    pub digest: u64,
}

/// The state of an exported table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableState {
    /// The name of the export.
    pub export: String,
    /// The number of elements.
    pub len: u64,
    /// The number of nulls among the first [`TABLE_SCAN`] elements.
    pub nulls: u64,
}

/// The number of elements of a table that are read.
pub const TABLE_SCAN: u64 = 1024;

/// A WASI program (preview 1, `_start`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OracleProgram {
    /// The binary.
    pub bytes: Vec<u8>,
    /// Arguments; the first is the program's name.
    pub args: Vec<String>,
    /// Environment variables: name and value.
    pub env: Vec<(String, String)>,
    /// The folders of the host, and their names in the program.
    pub dirs: Vec<(PathBuf, String)>,
    /// The contents of standard input.
    pub stdin: Vec<u8>,
    /// The time limit; `Duration::ZERO` for none.
    pub timeout: Duration,
}

/// The results of a program.
#[derive(Clone, Debug, PartialEq)]
pub struct ProgramReport {
    /// `Values([])` if `_start` returned, `Exit` after `proc_exit`.
    pub end: OracleEnd,
    /// The bytes written to standard output.
    pub stdout: Vec<u8>,
    /// The bytes written to standard error.
    pub stderr: Vec<u8>,
    /// The final contents of the export `memory`.
    pub memory: Option<Vec<u8>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some engines have one text for several traps, and some have none.
    #[test]
    fn a_trap_agrees_with_each_code_that_it_may_be() {
        use TrapCode::{IntegerOverflow, InvalidConversionToInteger, Unreachable};
        for (codes, expected) in [
            (vec![], [true, true]),
            (vec![Unreachable], [true, false]),
            (vec![IntegerOverflow, InvalidConversionToInteger], [false, true]),
        ] {
            let trap = OracleTrap { codes, text: "?".into() };
            assert_eq!([Unreachable, InvalidConversionToInteger].map(|code| trap.agrees(code)), expected, "{trap:?}");
        }
    }
}
