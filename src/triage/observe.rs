//! What one execution showed, and where two of them differ.

use serde::{Deserialize, Serialize};

/// What can be seen of an execution, in order. Two executions of one subject that agree are equal in all events up to
/// the first that poisons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    pub events: Vec<Event>,
    /// The name of the configuration, as reports write it: "interp", "jit-O0", "wasmtime".
    pub column: String,
}

/// One observable event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A call (or the instantiation) ended so; `what` names it: the export and its arguments.
    End { what: String, end: End },
    /// State after it: hashes by entity ("memory 0", "global 3", "table 1").
    State { entities: Vec<(String, u64)> },
    /// A program wrote bytes to a descriptor.
    Output { descriptor: u32, bytes: Vec<u8> },
}

/// How a call, an instantiation or a program ended, as far as backends must agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum End {
    /// Result bits, printed as the text format writes them; references as null or not.
    Values(Vec<String>),
    /// A trap, by the specification's message without numbers.
    Trap(String),
    /// Tag by its index where exported or defined, payload as values.
    Exception(String),
    /// `proc_exit`.
    Exit(i32),
    /// Stacks exhausted: what follows may legitimately differ.
    Exhausted,
    /// Ran out of the time or the fuel that triage gave it.
    Timeout,
    /// A feature or limit that the backend does not have: a finding of its own.
    Unsupported(String),
    /// Failed to link or to allocate.
    Refused(String),
    /// The process died: the signal's name, or the panic's first line.
    Crash(String),
    /// The verifier or the allocation checker refused what the compiler made.
    Checker(String),
}
