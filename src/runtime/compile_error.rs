//! The error type of all backends, and the limits of compilation.

use super::stacks::limit::StackLimit;
use std::time::Instant;

/// Why a module cannot be executed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The backend lacks a feature: its name ("stack-switching", …), and perhaps the function that uses it.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// An implementation limit was exceeded: its name, and where.
    #[error("over an implementation limit: {0}")]
    Limit(String),
    /// The memory for compiling, or a limit that it lowers, was exceeded: as [`CompileError::Limit`].
    #[error("over an implementation limit: {0}")]
    Memory(String),
    /// A function whose validation was deferred is not valid: why.
    #[error("{0}")]
    Invalid(String),
    /// The time limit was reached, or an interrupt came.
    #[error("compiling took longer than the time limit")]
    Timeout,
    /// A defect of wasmoon, as the verifier or a checker reports it.
    #[error("internal error: {0}")]
    Internal(String),
}

/// Tells whether a store is interrupted.
#[derive(Clone, Copy, Debug)]
pub struct Interrupt<'a>(&'a StackLimit);

impl<'a> Interrupt<'a> {
    /// The interrupt of the store with this `stack_limit`.
    pub(crate) fn new(stack_limit: &'a StackLimit) -> Interrupt<'a> {
        Interrupt(stack_limit)
    }

    /// Whether it is interrupted now.
    pub fn is_requested(self) -> bool {
        self.0.is_interrupted()
    }
}

/// The number of operators translated between two checks of the time: a few milliseconds, unless each has very many values.
const OPERATORS_AT_ONCE: usize = 4096;

/// What compiling may take. Backends check all of it between functions, and also check the time and the interrupt between the
/// stages of each function and every few thousand operators.
#[derive(Clone, Copy, Debug, Default)]
pub struct CompileLimits<'a> {
    /// When compiling must end.
    pub deadline: Option<Instant>,
    /// The interrupt of the store whose code waits for the compilation; it ends compiling, too.
    pub interrupt: Option<Interrupt<'a>>,
    /// Bytes of memory, estimated from above rather than measured: the same on every machine, except for the size of its pages.
    pub memory: Option<u64>,
}

impl CompileLimits<'_> {
    /// # Errors
    /// `Timeout` if the deadline has passed, or there is an interrupt.
    pub fn check_time(self) -> Result<(), CompileError> {
        let is_over = self.deadline.is_some_and(|end| Instant::now() >= end);
        match is_over || self.interrupt.is_some_and(Interrupt::is_requested) {
            true => Err(CompileError::Timeout),
            false => Ok(()),
        }
    }

    /// As [`CompileLimits::check_time`], before the operator with this number in its function; at most of them, checks nothing.
    ///
    /// # Errors
    /// As [`CompileLimits::check_time`].
    pub fn check_time_at(self, operator: usize) -> Result<(), CompileError> {
        let looks = operator > 0 && operator.is_multiple_of(OPERATORS_AT_ONCE);
        if looks { self.check_time() } else { Ok(()) }
    }

    /// Checks that memory suffices for the `bytes` needed up to the end of the next step, which is `what`.
    ///
    /// # Errors
    /// `Memory` if it does not.
    pub fn check_memory(self, bytes: u64, what: impl FnOnce() -> String) -> Result<(), CompileError> {
        match self.memory {
            Some(limit) if bytes > limit => Err(CompileError::Memory(format!(
                "{} may take {bytes} bytes of memory, but only {limit} are left",
                what()
            ))),
            _ => Ok(()),
        }
    }

    /// The limits that remain when `bytes` are in use.
    #[must_use]
    pub fn less(self, bytes: u64) -> Self {
        Self { memory: self.memory.map(|limit| limit.saturating_sub(bytes)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::stacks::limit::INTERRUPTED;
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
        let text = "over an implementation limit: it may take 101 bytes of memory, but only 100 are left";
        assert_eq!(error.to_string(), text);
        assert!(matches!(error, CompileError::Memory(_)), "{error:?}");
    }

    #[test]
    fn the_time_is_over_at_the_deadline() {
        let at = |deadline| CompileLimits { deadline, ..CompileLimits::default() }.check_time();
        let now = Instant::now();
        assert_eq!(at(None), Ok(()));
        assert_eq!(at(Some(now)), Err(CompileError::Timeout));
        assert_eq!(at(Some(now + Duration::from_secs(1000))), Ok(()));
    }

    #[test]
    fn every_few_thousand_operators_somebody_looks_at_the_time() {
        let limits = CompileLimits { deadline: Some(Instant::now()), ..CompileLimits::default() };
        let stops: Vec<usize> = (0..20_000).filter(|&operator| limits.check_time_at(operator).is_err()).collect();
        assert_eq!(stops, [4096, 8192, 12_288, 16_384]);
        assert!((0..20_000).all(|operator| CompileLimits::default().check_time_at(operator).is_ok()));
    }

    #[test]
    fn an_interrupt_ends_compiling_as_well() {
        let stack_limit = StackLimit::new(INTERRUPTED - 1);
        let limits = CompileLimits { interrupt: Some(Interrupt::new(&stack_limit)), ..CompileLimits::default() };
        assert_eq!(limits.check_time(), Ok(()));
        stack_limit.interrupt();
        assert_eq!(
            (limits.check_time(), limits.less(1).check_time()),
            (Err(CompileError::Timeout), Err(CompileError::Timeout))
        );
    }
}
