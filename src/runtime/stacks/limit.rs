//! The word of a store from which running code learns of the end of its stack, and of interrupts. `ci/loom-models`
//! executes this file under every interleaving.

use std::sync::atomic::{AtomicUsize, Ordering, fence};

/// The limit of an interrupted store: no stack pointer is above it.
pub const INTERRUPTED: usize = usize::MAX;

/// The lowest address that the native stack pointer may reach, or [`INTERRUPTED`]. Compiled code reads it as a plain number and
/// compares its stack pointer with it. Any thread may interrupt; only the one that runs the store sets limits.
#[derive(Debug)]
#[repr(transparent)]
pub struct StackLimit(AtomicUsize);

impl StackLimit {
    /// A limit with this initial value.
    pub const fn new(limit: usize) -> StackLimit {
        StackLimit(AtomicUsize::new(limit))
    }

    /// The number itself, for a comparison with the stack pointer.
    #[inline(always)]
    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Requests an interrupt. A thread that notices it sees everything that this thread has written before.
    pub fn interrupt(&self) {
        // A store would suffice, but loom only knows the order of two threads' writes if they are exchanges.
        self.0.swap(INTERRUPTED, Ordering::Release);
    }

    /// Whether an interrupt is pending.
    #[inline(always)]
    pub fn is_interrupted(&self) -> bool {
        let pending = self.get() == INTERRUPTED;
        if pending {
            // The fence comes only now, since every iteration of a loop asks this.
            fence(Ordering::Acquire);
        }
        pending
    }

    /// Sets the limit, unless an interrupt is pending.
    pub fn set(&self, limit: usize) {
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |old| (old != INTERRUPTED).then_some(limit));
    }

    /// Sets the limit, and takes the interrupt. Returns whether there was one.
    pub fn take_interrupt(&self, limit: usize) -> bool {
        self.0.swap(limit, Ordering::Acquire) == INTERRUPTED
    }

    /// Takes the interrupt, if there is one, while nothing runs: whatever runs next sets a limit.
    pub fn withdraw(&self) {
        let _ = self.0.compare_exchange(INTERRUPTED, 0, Ordering::Acquire, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each operation, on each kind of number.
    #[test]
    fn an_interrupt_is_pending_until_it_is_taken() {
        for before in [0, 1, 77, INTERRUPTED - 1, INTERRUPTED] {
            let pending = before == INTERRUPTED;
            let after = |operation: &dyn Fn(&StackLimit)| {
                let limit = StackLimit::new(before);
                assert_eq!((limit.get(), limit.is_interrupted()), (before, pending));
                operation(&limit);
                limit.get()
            };
            assert_eq!(after(&|limit| limit.interrupt()), INTERRUPTED, "{before:#x}");
            assert_eq!(after(&|limit| limit.set(78)), if pending { INTERRUPTED } else { 78 }, "{before:#x}");
            assert_eq!(after(&|limit| assert_eq!(limit.take_interrupt(78), pending)), 78, "{before:#x}");
            assert_eq!(after(&StackLimit::withdraw), if pending { 0 } else { before }, "{before:#x}");
        }
    }
}
