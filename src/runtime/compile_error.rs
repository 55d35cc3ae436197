//! The error of all backends, and the time limit of compiling.

use std::time::Instant;

/// Why a valid module cannot be executed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The backend lacks a feature: its name ("stack-switching", …), and perhaps the function that uses it.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// Over an implementation limit: its name, and where it was exceeded.
    #[error("over an implementation limit: {0}")]
    Limit(String),
    /// The time limit was reached: see [`Deadline`].
    #[error("compiling took longer than the time limit")]
    Timeout,
    /// A defect of wasmoon, as the verifier or a checker reports it.
    #[error("internal error: {0}")]
    Internal(String),
}

/// The time when compiling has to end, if there is one. Backends look at it between functions, and between the stages
/// of each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deadline(pub Option<Instant>);

impl Deadline {
    /// # Errors
    /// `Timeout` once the time is over.
    pub fn check(self) -> Result<(), CompileError> {
        match self.0 {
            Some(end) if Instant::now() >= end => Err(CompileError::Timeout),
            _ => Ok(()),
        }
    }
}
