//! The error of all backends, and the limits of compiling.

use std::time::Instant;

/// Why a module cannot be executed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The backend lacks a feature: its name ("stack-switching", …), and perhaps the function that uses it.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// Over an implementation limit: its name, and where it was exceeded.
    #[error("over an implementation limit: {0}")]
    Limit(String),
    /// A function that was left to be validated later is not valid: why.
    #[error("{0}")]
    Invalid(String),
    /// The time limit was reached.
    #[error("compiling took longer than the time limit")]
    Timeout,
    /// A defect of wasmoon, as the verifier or a checker reports it.
    #[error("internal error: {0}")]
    Internal(String),
}

/// What compiling may take. Backends look at both between functions, and at the time between the stages of each, too.
#[derive(Clone, Copy, Debug, Default)]
pub struct CompileLimits {
    /// The time when it has to end.
    pub deadline: Option<Instant>,
    /// Bytes of memory. They are not measured but estimated, from above and the same on each machine.
    pub memory: Option<u64>,
}

impl CompileLimits {
    /// # Errors
    /// `Timeout` once the time is over.
    pub fn check_time(self) -> Result<(), CompileError> {
        match self.deadline {
            Some(end) if Instant::now() >= end => Err(CompileError::Timeout),
            _ => Ok(()),
        }
    }

    /// Compares with the bytes that are needed up to the end of the next step, which is `what`.
    ///
    /// # Errors
    /// `Limit` if these are more than there may be.
    pub fn check_memory(self, bytes: u64, what: impl FnOnce() -> String) -> Result<(), CompileError> {
        match self.memory {
            Some(limit) if bytes > limit => {
                Err(CompileError::Limit(format!("{} may take {bytes} bytes of memory, and {limit} are left", what())))
            }
            _ => Ok(()),
        }
    }

    /// What is left when `bytes` are in use.
    #[must_use]
    pub fn less(self, bytes: u64) -> CompileLimits {
        CompileLimits { memory: self.memory.map(|limit| limit.saturating_sub(bytes)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_is_left_may_be_used_to_the_last_byte() {
        let limits = |memory| CompileLimits { memory, ..CompileLimits::default() };
        let fits = |limits: CompileLimits, bytes| limits.check_memory(bytes, || "it".to_string()).is_ok();
        assert!(fits(limits(None), u64::MAX) && fits(limits(Some(0)), 0) && !fits(limits(Some(0)), 1));
        assert!(fits(limits(Some(100)), 100) && !fits(limits(Some(100)), 101));
        let less = limits(Some(100)).less(30);
        assert!(fits(less, 70) && !fits(less, 71));
        assert!(fits(less.less(71), 0) && !fits(less.less(71), 1) && fits(limits(None).less(9), u64::MAX));
        let error = limits(Some(100)).check_memory(101, || "it".to_string()).unwrap_err();
        let text = "over an implementation limit: it may take 101 bytes of memory, and 100 are left";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn the_time_is_over_at_the_deadline() {
        let at = |deadline| CompileLimits { deadline, ..CompileLimits::default() }.check_time();
        let now = Instant::now();
        assert_eq!(at(None), Ok(()));
        assert_eq!(at(Some(now)), Err(CompileError::Timeout));
        assert_eq!(at(Some(now + Duration::from_secs(1000))), Ok(()));
    }
}
