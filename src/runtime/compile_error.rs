//! The error of all backends.

/// Why a valid module cannot be executed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The backend lacks a feature: its name ("stack-switching", …), and perhaps the function that uses it.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// Over an implementation limit: its name, and where it was exceeded.
    #[error("over an implementation limit: {0}")]
    Limit(String),
    /// A defect of wasmoon, as the verifier or a checker reports it.
    #[error("internal error: {0}")]
    Internal(String),
}
