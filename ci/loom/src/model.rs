//! Time, and condition variables that end with it, for loom: it has no time-outs of its own.
//!
//! The clock has two readings, and a thread of the model turns it ([`elapse`]). Who sleeps with a time-out wakes when it is
//! notified or when the clock was turned, whatever comes first in the interleaving.

use std::sync::LockResult;

pub use loom::sync::{Arc, Mutex, MutexGuard};
pub use std::time::Duration;

loom::lazy_static! {
    // A lock: loom lets atomic loads see old values, whatever their ordering.
    static ref ELAPSED: Mutex<bool> = Mutex::new(false);
    static ref SLEEPERS: Mutex<Vec<Arc<loom::sync::Condvar>>> = Mutex::new(Vec::new());
}

fn elapsed() -> bool {
    *ELAPSED.lock().unwrap()
}

/// A reading of the clock, or a time to come: each is over as soon as the clock was turned.
#[derive(Clone, Copy)]
pub struct Instant {
    elapsed: bool,
}

impl Instant {
    pub fn now() -> Instant {
        Instant { elapsed: elapsed() }
    }

    pub fn checked_add(self, _: Duration) -> Option<Instant> {
        Some(self)
    }

    /// From a reading until this time.
    pub fn saturating_duration_since(self, now: Instant) -> Duration {
        if now.elapsed { Duration::ZERO } else { Duration::from_secs(1) }
    }
}

/// A condition variable whose waits may end by themselves.
#[derive(Debug)]
pub struct Condvar(Arc<loom::sync::Condvar>);

impl Default for Condvar {
    fn default() -> Condvar {
        Condvar(Arc::new(loom::sync::Condvar::new()))
    }
}

impl Condvar {
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Waits for a notification, or for the clock. The guard's lock must be one that [`elapse`] takes.
    pub fn wait_timeout<'a, T>(&self, guard: MutexGuard<'a, T>, _: Duration) -> LockResult<(MutexGuard<'a, T>, ())> {
        SLEEPERS.lock().unwrap().push(Arc::clone(&self.0));
        let guard = if elapsed() { guard } else { self.0.wait(guard).unwrap() };
        SLEEPERS.lock().unwrap().retain(|other| !Arc::ptr_eq(other, &self.0));
        Ok((guard, ()))
    }
}

/// Turns the clock. `lock` takes and releases the lock that sleepers hold until they sleep: after that, whoever read the old
/// time sleeps, and is woken here.
pub fn elapse(lock: impl FnOnce()) {
    *ELAPSED.lock().unwrap() = true;
    lock();
    for sleeper in SLEEPERS.lock().unwrap().iter() {
        sleeper.notify_all();
    }
}
