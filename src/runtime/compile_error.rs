//! The error of all backends.

/// Why a valid module cannot be executed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// A feature that this backend does not have: its name ("stack-switching", …), and perhaps the function at fault.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// Over an implementation limit: which, and where.
    #[error("over an implementation limit: {0}")]
    Limit(String),
    /// A defect of wasmoon: what the verifier or a checker says.
    #[error("internal error: {0}")]
    Internal(String),
}
