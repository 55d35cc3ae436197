//! Waiting for `memory.atomic.notify`: one lot for each memory, one queue for each address, first come, first served.
//! Keeping queues outside the memory, by address, follows WebKit's parking lot (Pizlo, "Locking in WebKit", 2016).
//!
//! **Why no wake-up is lost.** A thread reads the value and queues up while it holds the lock of the lot. A thread that
//! changes the value and then notifies takes the same lock to notify: either the waiting thread was in the queue by
//! then, or it read the value after the change. **Why none is counted twice.** A notifying thread takes a waiting one
//! out of its queue and marks it, under the lock; a thread that times out also takes itself out under the lock, unless
//! it is marked: then it was notified.
//!
//! A thread waits in slices; after each, it checks whether its store was interrupted.

use parking_lot::{Condvar, Mutex};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The time that a thread sleeps before it checks for an interrupt.
const SLICE: Duration = Duration::from_millis(10);

/// The end of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitEnd {
    Notified,
    /// The value was a different one.
    NotEqual,
    TimedOut,
    Interrupted,
}

/// The waiting threads of a memory, by address.
#[derive(Debug, Default)]
pub(crate) struct ParkingLot {
    queues: Mutex<Queues>,
}

type Queues = HashMap<u64, VecDeque<Arc<Waiter>>>;

#[derive(Debug, Default)]
struct Waiter {
    /// Whether a notification took it out of the queue. Changed only under the lot's lock.
    notified: AtomicBool,
    signal: Condvar,
}

impl ParkingLot {
    /// The number of waiting threads.
    pub fn len(&self) -> usize {
        self.queues.lock().values().map(VecDeque::len).sum()
    }

    /// Waits at an address, if `unchanged` still holds, until it is notified, `timeout` has passed (`None`: no limit),
    /// or `interrupted` returns true.
    pub fn wait(
        &self,
        address: u64,
        timeout: Option<Duration>,
        unchanged: impl FnOnce() -> bool,
        interrupted: impl Fn() -> bool,
    ) -> WaitEnd {
        // A deadline beyond the clock's range means no limit.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut queues = self.queues.lock();
        if !unchanged() {
            return WaitEnd::NotEqual;
        }
        let waiter = Arc::new(Waiter::default());
        queues.entry(address).or_default().push_back(Arc::clone(&waiter));
        loop {
            if waiter.notified.load(Ordering::Relaxed) {
                return WaitEnd::Notified;
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let ended = if left == Some(Duration::ZERO) {
                WaitEnd::TimedOut
            } else if interrupted() {
                WaitEnd::Interrupted
            } else {
                let slice = left.unwrap_or(SLICE).min(SLICE);
                waiter.signal.wait_for(&mut queues, slice);
                continue;
            };
            if let Some(queue) = queues.get_mut(&address) {
                queue.retain(|other| !Arc::ptr_eq(other, &waiter));
                if queue.is_empty() {
                    queues.remove(&address);
                }
            }
            return ended;
        }
    }

    /// Wakes up to `count` of the threads that wait at an address, the longest-waiting first; returns their number.
    pub fn notify(&self, address: u64, count: u32) -> u32 {
        let mut queues = self.queues.lock();
        let Some(queue) = queues.get_mut(&address) else { return 0 };
        let woken = queue.len().min(count as usize);
        for waiter in queue.drain(..woken) {
            waiter.notified.store(true, Ordering::Relaxed);
            waiter.signal.notify_one();
        }
        if queue.is_empty() {
            queues.remove(&address);
        }
        woken as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    fn never() -> bool {
        false
    }

    #[test]
    fn ends_as_it_should() {
        let lot = ParkingLot::default();
        assert_eq!(lot.wait(0, None, || false, never), WaitEnd::NotEqual);
        assert_eq!(lot.wait(0, Some(Duration::ZERO), || true, never), WaitEnd::TimedOut);
        assert_eq!(lot.wait(0, Some(Duration::from_millis(3)), || true, never), WaitEnd::TimedOut);
        assert_eq!(lot.wait(0, None, || true, || true), WaitEnd::Interrupted);
        // Nothing is left of those who gave up: a program may wait at any number of addresses.
        assert_eq!((lot.len(), lot.queues.lock().len()), (0, 0));
        assert_eq!((lot.notify(0, u32::MAX), lot.len(), lot.queues.lock().len()), (0, 0, 0));
    }

    /// However long a thread waits, with a time limit or without.
    #[test]
    fn an_interrupt_that_comes_later_is_seen() {
        for timeout in [None, Some(Duration::from_secs(3600))] {
            let (lot, stop) = (ParkingLot::default(), AtomicBool::new(false));
            std::thread::scope(|scope| {
                let waiter = scope.spawn(|| lot.wait(0, timeout, || true, || stop.load(Ordering::SeqCst)));
                while lot.len() == 0 {
                    std::thread::yield_now();
                }
                stop.store(true, Ordering::SeqCst);
                let start = Instant::now();
                while !waiter.is_finished() && start.elapsed() < Duration::from_secs(20) {
                    std::thread::sleep(Duration::from_millis(1));
                }
                // Whoever still waits is woken.
                lot.notify(0, 1);
                assert_eq!(waiter.join().unwrap(), WaitEnd::Interrupted, "{timeout:?}");
            });
        }
    }

    #[test]
    fn wakes_in_order_and_at_the_address() {
        let (lot, order) = (ParkingLot::default(), AtomicU32::new(0));
        std::thread::scope(|scope| {
            let waiters: Vec<_> = (0..4)
                .map(|i| {
                    let waiter = scope.spawn(|| {
                        let woken = lot.wait(8, None, || true, never);
                        (woken, order.fetch_add(1, Ordering::SeqCst))
                    });
                    while lot.len() != i + 1 {
                        std::thread::yield_now();
                    }
                    waiter
                })
                .collect();
            assert_eq!((lot.notify(12, 4), lot.notify(8, 0)), (0, 0), "another address; none of them");
            for (i, waiter) in (0..).zip(waiters) {
                assert_eq!(lot.notify(8, 1), 1);
                assert_eq!(waiter.join().unwrap(), (WaitEnd::Notified, i));
            }
        });
        assert_eq!(lot.notify(8, 1), 0);
    }

    /// A thread that gives up leaves the queue, and takes no other along: the others are woken in their order.
    #[test]
    fn who_gives_up_takes_nobody_along() {
        // One of three that wait without limit, because of an interrupt, or a fourth one, by a timeout.
        for gone in 0..4 {
            let (lot, stop) = (ParkingLot::default(), [const { AtomicBool::new(false) }; 3]);
            let (ended, left, woken) = std::thread::scope(|scope| {
                let lot = &lot;
                let mut waiters: Vec<_> = (0..)
                    .zip(&stop)
                    .map(|(i, stop)| {
                        let waiter = scope.spawn(move || lot.wait(8, None, || true, || stop.load(Ordering::SeqCst)));
                        while lot.len() != i + 1 {
                            std::thread::yield_now();
                        }
                        (i, waiter)
                    })
                    .collect();
                let ended = if gone < waiters.len() {
                    stop[gone].store(true, Ordering::SeqCst);
                    waiters.remove(gone).1.join().unwrap()
                } else {
                    lot.wait(8, Some(Duration::from_millis(1)), || true, never)
                };
                let left = lot.len();
                let wake = |(i, waiter): (usize, std::thread::ScopedJoinHandle<'_, WaitEnd>)| {
                    let woken = lot.notify(8, 1);
                    // A thread that was notified does not look at it any more.
                    stop[i].store(true, Ordering::SeqCst);
                    (woken, waiter.join().unwrap())
                };
                (ended, left, waiters.into_iter().map(wake).collect::<Vec<_>>())
            });
            let (expected, others) = if gone < 3 { (WaitEnd::Interrupted, 2) } else { (WaitEnd::TimedOut, 3) };
            assert_eq!((ended, left), (expected, others), "{gone}");
            assert_eq!(woken, vec![(1, WaitEnd::Notified); others], "{gone}");
            assert_eq!((lot.len(), lot.queues.lock().len()), (0, 0), "{gone}");
        }
    }

    /// Each notification that reports a woken thread has woken one, even if others time out meanwhile.
    #[test]
    fn wake_ups_and_time_outs_add_up() {
        const ROUNDS: u64 = 200;
        let (lot, notified, done) = (ParkingLot::default(), AtomicU32::new(0), AtomicU32::new(0));
        let mut woken = 0;
        std::thread::scope(|scope| {
            let waiters = [0, 1, 2, 3].map(|i| {
                let (lot, notified, done) = (&lot, &notified, &done);
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        let timeout = Duration::from_micros((i + round) % 7 * 20);
                        if lot.wait(0, Some(timeout), || true, never) == WaitEnd::Notified {
                            notified.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                    done.fetch_add(1, Ordering::SeqCst);
                })
            });
            while done.load(Ordering::SeqCst) != waiters.len() as u32 {
                woken += lot.notify(0, 2);
            }
            // Joined one by one: a sanitizer does not see the order that the end of a scope implies.
            for waiter in waiters {
                waiter.join().unwrap();
            }
        });
        assert_eq!((notified.into_inner(), lot.len()), (woken, 0));
    }
}
