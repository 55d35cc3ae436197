//! A watchdog that interrupts a store's code after a time limit.

use super::store::InterruptHandle;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Interrupts a store once a time is over, unless it is dropped before: its code then ends with the trap `Interrupt`,
/// and [`Watchdog::fired`] distinguishes this reason from others.
///
/// Code is interrupted at function entries, loop headers and between the pieces of bulk operations. A waiting host
/// function is not: it has to look at [`InterruptHandle::is_requested`] itself. If the time is over when nothing runs,
/// the interrupt ends a later call: [`Store::clear_interrupt`](crate::Store::clear_interrupt) withdraws it.
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
                    fired.store(true, Ordering::Release);
                    handle.interrupt();
                }
            }
        })?;
        Ok(Watchdog { fired, cancel: Some(cancel), thread: Some(thread) })
    }

    /// Whether the time was over.
    pub fn fired(&self) -> bool {
        self.fired.load(Ordering::Acquire)
    }
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
