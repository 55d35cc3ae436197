//! A clock, locks, and condition variables with time-outs for loom, which has no time-outs of its own; and whatever else the
//! sources use of the standard library.
//!
//! The clock has two readings, and a thread of the model advances it ([`elapse`]). A thread that sleeps with a time-out wakes
//! when it is notified or when the clock advances, whichever comes first in the interleaving.

use std::ops::{Deref, DerefMut};

pub use loom::sync::Arc;
pub use std::time::Duration;

/// A lock whose guard is passed to a wait by reference, as with the runtime's locks.
#[derive(Debug, Default)]
pub struct Mutex<T>(loom::sync::Mutex<T>);

/// Holds the lock, except while its thread sleeps.
pub struct MutexGuard<'a, T>(Option<loom::sync::MutexGuard<'a, T>>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Mutex<T> {
        Mutex(loom::sync::Mutex::new(value))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard(Some(self.0.lock().unwrap()))
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_deref().expect("awake")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_deref_mut().expect("awake")
    }
}

loom::lazy_static! {
    // A lock, because loom lets atomic loads see old values, whatever their ordering.
    static ref ELAPSED: Mutex<bool> = Mutex::new(false);
    static ref SLEEPERS: Mutex<Vec<Arc<loom::sync::Condvar>>> = Mutex::new(Vec::new());
}

fn elapsed() -> bool {
    *ELAPSED.lock()
}

/// A reading of the clock, or a future time, which has passed as soon as the clock has advanced.
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

    /// The duration from a reading until this time.
    pub fn saturating_duration_since(self, now: Instant) -> Duration {
        if now.elapsed { Duration::ZERO } else { Duration::from_secs(1) }
    }
}

/// A condition variable whose waits may time out.
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

    pub fn notify_all(&self) {
        self.0.notify_all();
    }

    /// Waits for a notification, without a time-out.
    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let awake = guard.0.take().expect("awake");
        guard.0 = Some(self.0.wait(awake).unwrap());
    }

    /// Waits for a notification, or for the clock to advance. The guard's lock must be one that [`elapse`] takes.
    pub fn wait_for<T>(&self, guard: &mut MutexGuard<'_, T>, _: Duration) {
        SLEEPERS.lock().push(Arc::clone(&self.0));
        if !elapsed() {
            let awake = guard.0.take().expect("awake");
            guard.0 = Some(self.0.wait(awake).unwrap());
        }
        SLEEPERS.lock().retain(|other| !Arc::ptr_eq(other, &self.0));
    }
}

/// A condition variable whose waits with a time-out end at once. Unlike [`Condvar`], it works in threads that outlive the model's
/// main thread, which have no access to loom's statics.
#[derive(Debug, Default)]
pub struct Impatient(Condvar);

impl Impatient {
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    pub fn notify_all(&self) {
        self.0.notify_all();
    }

    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        self.0.wait(guard);
    }

    pub fn wait_for<T>(&self, _: &mut MutexGuard<'_, T>, _: Duration) {}
}

/// Advances the clock. `lock` takes and releases the lock that sleepers hold until they sleep. After that, each thread that has
/// read the old time is asleep, and is woken here.
pub fn elapse(lock: impl FnOnce()) {
    *ELAPSED.lock() = true;
    lock();
    for sleeper in SLEEPERS.lock().iter() {
        sleeper.notify_all();
    }
}

/// Reference counting. Loom has no weak references, so the standard library's are used, and loom may switch threads after each
/// upgrade, since another thread may run there.
pub mod shared {
    pub use std::sync::Arc;

    pub struct Weak<T>(std::sync::Weak<T>);

    impl<T> Clone for Weak<T> {
        fn clone(&self) -> Weak<T> {
            Weak(self.0.clone())
        }
    }

    impl<T> Weak<T> {
        pub fn of(owner: &Arc<T>) -> Weak<T> {
            Weak(Arc::downgrade(owner))
        }

        pub fn upgrade(&self) -> Option<Arc<T>> {
            let owner = self.0.upgrade();
            loom::thread::yield_now();
            owner
        }

        pub fn as_ptr(&self) -> *const T {
            self.0.as_ptr()
        }

        pub fn ptr_eq(&self, other: &Weak<T>) -> bool {
            self.0.ptr_eq(&other.0)
        }
    }
}

/// Detached threads.
pub mod thread {
    pub struct Builder;

    /// A model has no CPUs.
    pub fn run_elsewhere<T>(_: &loom::thread::JoinHandle<T>) -> bool {
        false
    }

    impl Builder {
        pub fn new() -> Builder {
            Builder
        }

        pub fn name(self, _: String) -> Builder {
            self
        }

        pub fn stack_size(self, _: usize) -> Builder {
            self
        }

        pub fn spawn(self, body: impl FnOnce() + 'static) -> std::io::Result<loom::thread::JoinHandle<()>> {
            Ok(loom::thread::spawn(body))
        }
    }
}
