//! A watchdog that interrupts a store's code after a time limit.

use super::store::InterruptHandle;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Interrupts a store after a time limit, unless it is dropped first: the store's code then ends with the trap
/// `Interrupt`, and [`Watchdog::fired`] distinguishes this reason from others.
///
/// Code is interrupted at function entries, loop headers and between the pieces of bulk operations. A waiting host
/// function is not: it must check [`InterruptHandle::is_requested`] itself. If the time is over when nothing runs, the
/// interrupt ends a later call, unless [`Store::clear_interrupt`](crate::Store::clear_interrupt) withdraws it.
#[derive(Debug)]
pub struct Watchdog {
    fired: Arc<AtomicBool>,
    /// Dropping it wakes the thread.
    cancel: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// # Errors
    /// If the system has no thread left.
    pub fn start(handle: InterruptHandle, after: Duration) -> io::Result<Watchdog> {
        let fired = Arc::new(AtomicBool::new(false));
        let (cancel, cancelled) = channel();
        let thread = std::thread::Builder::new().name("watchdog".into()).spawn({
            let fired = Arc::clone(&fired);
            move || {
                if cancelled.recv_timeout(after) == Err(RecvTimeoutError::Timeout) {
                    fire(&fired, || handle.interrupt());
                }
            }
        })?;
        Ok(Watchdog { fired, cancel: Some(cancel), thread: Some(thread) })
    }

    /// Whether the time limit was reached.
    pub fn fired(&self) -> bool {
        self.fired.load(Ordering::Acquire)
    }
}

/// Records the reason, and then interrupts: whoever notices the interrupt may ask at once where it comes from.
fn fire(fired: &AtomicBool, interrupt: impl FnOnce()) {
    fired.store(true, Ordering::Release);
    interrupt();
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.cancel = None;
        if let Some(thread) = self.thread.take() {
            // The thread has no code that could panic.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::FuncType;
    use crate::runtime::store::{Adapters, Limits, Store};

    struct NoAdapters;

    impl Adapters for NoAdapters {
        fn native_to_array(&self, _: &FuncType) -> io::Result<*const u8> {
            Ok(std::ptr::null())
        }
    }

    #[test]
    fn a_watchdog_says_why_before_it_interrupts() {
        let fired = AtomicBool::new(false);
        let mut known = None;
        fire(&fired, || known = Some(fired.load(Ordering::Acquire)));
        assert_eq!(known, Some(true));
    }

    #[test]
    fn a_watchdog_interrupts_when_its_time_is_over() {
        let store = Store::new(Arc::new(NoAdapters), Limits::default());
        let handle = store.interrupt_handle();
        let watchdog = Watchdog::start(handle.clone(), Duration::ZERO).expect("a thread");
        while !handle.is_requested() {
            std::thread::yield_now();
        }
        assert!(watchdog.fired());
    }

    /// Dropping a watchdog does not wait for the time limit, and interrupts nothing.
    #[test]
    fn a_watchdog_that_is_dropped_is_silent() {
        let store = Store::new(Arc::new(NoAdapters), Limits::default());
        let handle = store.interrupt_handle();
        let watchdog = Watchdog::start(handle.clone(), Duration::MAX).expect("a thread");
        let fired = Arc::clone(&watchdog.fired);
        drop(watchdog);
        assert!(!handle.is_requested() && !fired.load(Ordering::Acquire));
    }
}
