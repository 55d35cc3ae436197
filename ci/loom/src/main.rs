//! Models of waiting and notifying, of compiling in the background, of published pointers, and of interrupts. Loom executes them
//! under every interleaving, up to a number of preemptions, on the sources themselves. A lost wake-up is a deadlock here, which
//! loom reports.

#[allow(dead_code, reason = "the models do not use all of it")]
mod parking {
    include!(concat!(env!("OUT_DIR"), "/parking.rs"));
}
#[allow(dead_code, reason = "the models do not use all of it")]
mod background {
    include!(concat!(env!("OUT_DIR"), "/background.rs"));
}
#[allow(dead_code, reason = "the models do not use all of it")]
mod published {
    include!(concat!(env!("OUT_DIR"), "/published.rs"));
}
#[allow(dead_code, reason = "the models do not use all of it")]
mod limit {
    include!(concat!(env!("OUT_DIR"), "/limit.rs"));
}
mod compiling;
mod model;

use limit::StackLimit;
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use loom::thread;
use parking::{ParkingLot, WaitEnd};
use published::Published;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

const TIMEOUT: Option<Duration> = Some(Duration::from_secs(1));

fn never() -> bool {
    false
}

/// Runs a model under all interleavings, and prints and returns their number.
fn explore(name: &str, preemptions: Option<usize>, body: impl Fn() + Sync + Send + 'static) -> usize {
    let count = std::sync::Arc::new(AtomicUsize::new(0));
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    let counted = std::sync::Arc::clone(&count);
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        body();
    });
    let bound = preemptions.map_or("all".into(), |n| format!("up to {n} preemptions"));
    let count = count.load(Ordering::Relaxed);
    println!("{name}: {count} interleavings ({bound})");
    count
}

/// A thread that changes the value and then notifies wakes a thread that saw the old value.
fn no_wake_up_is_lost() {
    let (lot, value) = (Arc::new(ParkingLot::default()), Arc::new(AtomicU32::new(0)));
    let waiter = {
        let (lot, value) = (Arc::clone(&lot), Arc::clone(&value));
        thread::spawn(move || lot.wait(8, None, || value.load(Ordering::SeqCst) == 0, never))
    };
    value.store(1, Ordering::SeqCst);
    let woken = lot.notify(8, 1);
    let ended = waiter.join().unwrap();
    assert_eq!((woken, ended), if woken == 1 { (1, WaitEnd::Notified) } else { (0, WaitEnd::NotEqual) });
    assert_eq!(lot.len(), 0);
}

/// Two threads wait, and two notifications wake one each: each is woken once, and each notification counts what it woke.
fn each_notification_wakes_one() {
    let (lot, value) = (Arc::new(ParkingLot::default()), Arc::new(AtomicU32::new(0)));
    let waiters = [(); 2].map(|()| {
        let (lot, value) = (Arc::clone(&lot), Arc::clone(&value));
        thread::spawn(move || lot.wait(8, None, || value.load(Ordering::SeqCst) == 0, never))
    });
    value.store(1, Ordering::SeqCst);
    let woken = lot.notify(8, 1) + lot.notify(8, 1);
    let notified = waiters.map(|w| w.join().unwrap()).into_iter().filter(|&w| w == WaitEnd::Notified).count();
    assert_eq!((woken as usize, lot.len()), (notified, 0));
}

/// A thread that a notification has counted never wakes by its time-out.
fn a_time_out_is_not_a_notification() {
    let lot = Arc::new(ParkingLot::default());
    let waiter = {
        let lot = Arc::clone(&lot);
        thread::spawn(move || lot.wait(8, TIMEOUT, || true, never))
    };
    let clock = {
        let lot = Arc::clone(&lot);
        thread::spawn(move || model::elapse(|| assert!(lot.len() <= 2)))
    };
    let woken = lot.notify(8, 1);
    let ended = waiter.join().unwrap();
    clock.join().unwrap();
    assert_eq!(ended, if woken == 1 { WaitEnd::Notified } else { WaitEnd::TimedOut });
    assert_eq!(lot.len(), 0);
}

/// One notification for two waiting threads: if the first has timed out, the second gets it.
fn a_notification_is_not_spent_on_a_thread_that_left() {
    let lot = Arc::new(ParkingLot::default());
    let waiters = [TIMEOUT, TIMEOUT].map(|timeout| {
        let lot = Arc::clone(&lot);
        thread::spawn(move || lot.wait(8, timeout, || true, never))
    });
    let clock = {
        let lot = Arc::clone(&lot);
        thread::spawn(move || model::elapse(|| assert!(lot.len() <= 2)))
    };
    let woken = lot.notify(8, 1);
    let notified = waiters.map(|w| w.join().unwrap()).into_iter().filter(|&w| w == WaitEnd::Notified).count();
    clock.join().unwrap();
    assert_eq!((woken as usize, lot.len()), (notified, 0));
}

/// An interrupt ends a wait that has no time limit, and leaves the queue as it was.
fn an_interrupt_ends_waiting() {
    let (lot, stop) = (Arc::new(ParkingLot::default()), Arc::new(AtomicBool::new(false)));
    let waiter = {
        let (lot, stop) = (Arc::clone(&lot), Arc::clone(&stop));
        thread::spawn(move || lot.wait(8, None, || true, || stop.load(Ordering::SeqCst)))
    };
    stop.store(true, Ordering::SeqCst);
    model::elapse(|| assert!(lot.len() <= 2));
    let woken = lot.notify(8, 1);
    let ended = waiter.join().unwrap();
    assert_eq!(ended, if woken == 1 { WaitEnd::Notified } else { WaitEnd::Interrupted });
    assert_eq!(lot.len(), 0);
}

/// A thread that gets a pointer sees what was written before it was published.
fn what_is_published_was_written_before() {
    struct Code(UnsafeCell<u32>);
    // SAFETY: loom sees each access of a cell, and reports those that nothing orders.
    unsafe impl Sync for Code {}
    unsafe impl Send for Code {}
    let code = Arc::new((Code(UnsafeCell::new(0)), Published::null()));
    let publisher = {
        let code = Arc::clone(&code);
        thread::spawn(move || {
            let (Code(bytes), entry) = &*code;
            bytes.with_mut(|bytes| unsafe { *bytes = 1 });
            entry.publish(std::ptr::from_ref(bytes).cast_mut());
        })
    };
    let found = code.1.get();
    if !found.is_null() {
        assert_eq!(unsafe { &*found }.with(|bytes| unsafe { *bytes }), 1);
    }
    publisher.join().unwrap();
}

/// An interrupt is taken once, however limits are set meanwhile, and a thread that takes or sees it sees earlier writes.
fn an_interrupt_is_not_lost() {
    struct Reason(UnsafeCell<u32>);
    // SAFETY: loom sees each access of a cell, and reports those that nothing orders.
    unsafe impl Sync for Reason {}
    unsafe impl Send for Reason {}
    let store = Arc::new((Reason(UnsafeCell::new(0)), StackLimit::new(10)));
    let other = {
        let store = Arc::clone(&store);
        thread::spawn(move || {
            let (Reason(reason), limit) = &*store;
            reason.with_mut(|reason| unsafe { *reason = 1 });
            limit.interrupt();
        })
    };
    let (Reason(reason), limit) = &*store;
    let sees_why = || assert_eq!(reason.with(|reason| unsafe { *reason }), 1);
    limit.set(20);
    if limit.is_interrupted() {
        sees_why();
    }
    let taken = limit.take_interrupt(30);
    if taken {
        sees_why();
        assert_eq!(limit.get(), 30);
    }
    other.join().unwrap();
    assert_ne!(taken, limit.is_interrupted());
}

fn main() {
    explore("an interrupt is not lost", None, an_interrupt_is_not_lost);
    explore("what is published was written before", None, what_is_published_was_written_before);
    explore("no wake-up is lost", None, no_wake_up_is_lost);
    explore("each notification wakes one", Some(3), each_notification_wakes_one);
    explore("a time-out is not a notification", Some(3), a_time_out_is_not_a_notification);
    explore(
        "a notification is not spent on a thread that left",
        Some(2),
        a_notification_is_not_spent_on_a_thread_that_left,
    );
    explore("an interrupt ends waiting", Some(3), an_interrupt_ends_waiting);
    explore("a request is answered", None, compiling::a_request_is_answered);
    explore("a request waits for others", Some(2), compiling::a_request_waits_for_others);
    explore("what is ready was made before", Some(3), compiling::what_is_ready_was_made_before);
    explore("who asks at once has it compiled once", Some(3), compiling::who_asks_at_once_has_it_compiled_once);
    explore("what is given up can be asked for", Some(2), compiling::what_is_given_up_can_be_asked_for);
    explore("who asks compiles it", Some(3), compiling::who_asks_compiles_it);
    let before = compiling::COMPILED_HERE.load(Ordering::Relaxed);
    let urgent = explore("what is urgent is compiled once", Some(2), compiling::what_is_urgent_is_compiled_once);
    let here = compiling::COMPILED_HERE.load(Ordering::Relaxed) - before;
    assert!((1..urgent).contains(&here), "{here} of {urgent} by who asked");
    explore("a module may go while it is compiled", Some(3), compiling::a_module_may_go_while_it_is_compiled);
    explore("threads end with the last owner", Some(2), compiling::threads_end_with_the_last_owner);
}
