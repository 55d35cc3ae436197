//! Models of waiting and notifying, executed under every interleaving (up to so many preemptions) by loom, over the very
//! source of the runtime. A lost wake-up is a deadlock here, and loom reports those.

#[allow(dead_code, reason = "the models do not use all of it")]
mod parking {
    include!(concat!(env!("OUT_DIR"), "/parking.rs"));
}
mod model;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use loom::thread;
use parking::{Lot, Woken};
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

const TIMEOUT: Option<Duration> = Some(Duration::from_secs(1));

fn never() -> bool {
    false
}

/// Runs a model under all interleavings and tells how many there were.
fn explore(name: &str, preemptions: Option<usize>, body: impl Fn() + Sync + Send + 'static) {
    let count = std::sync::Arc::new(AtomicUsize::new(0));
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    let counted = std::sync::Arc::clone(&count);
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        body();
    });
    let bound = preemptions.map_or("all".into(), |n| format!("up to {n} preemptions"));
    println!("{name}: {} interleavings ({bound})", count.load(Ordering::Relaxed));
}

/// Who changes the value and then notifies wakes whoever saw the old one.
fn no_wake_up_is_lost() {
    let (lot, value) = (Arc::new(Lot::default()), Arc::new(AtomicU32::new(0)));
    let waiter = {
        let (lot, value) = (Arc::clone(&lot), Arc::clone(&value));
        thread::spawn(move || lot.wait(8, None, || value.load(Ordering::SeqCst) == 0, never))
    };
    value.store(1, Ordering::SeqCst);
    let woken = lot.notify(8, 1);
    let ended = waiter.join().unwrap();
    assert_eq!((woken, ended), if woken == 1 { (1, Woken::Notified) } else { (0, Woken::NotEqual) });
    assert_eq!(lot.len(), 0);
}

/// Two wait, two notify one each: each is woken once, and each notification counts whom it woke.
fn each_notification_wakes_one() {
    let (lot, value) = (Arc::new(Lot::default()), Arc::new(AtomicU32::new(0)));
    let waiters = [(); 2].map(|()| {
        let (lot, value) = (Arc::clone(&lot), Arc::clone(&value));
        thread::spawn(move || lot.wait(8, None, || value.load(Ordering::SeqCst) == 0, never))
    });
    value.store(1, Ordering::SeqCst);
    let woken = lot.notify(8, 1) + lot.notify(8, 1);
    let notified = waiters.map(|w| w.join().unwrap()).into_iter().filter(|&w| w == Woken::Notified).count();
    assert_eq!((woken as usize, lot.len()), (notified, 0));
}

/// What a notification counts and what ends by its time are never the same thread.
fn a_time_out_is_no_notification() {
    let lot = Arc::new(Lot::default());
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
    assert_eq!(ended, if woken == 1 { Woken::Notified } else { Woken::TimedOut });
    assert_eq!(lot.len(), 0);
}

/// One notification, two waiting: if the first one's time is over, the second gets it.
fn a_notification_is_not_spent_on_who_left() {
    let lot = Arc::new(Lot::default());
    let waiters = [TIMEOUT, TIMEOUT].map(|timeout| {
        let lot = Arc::clone(&lot);
        thread::spawn(move || lot.wait(8, timeout, || true, never))
    });
    let clock = {
        let lot = Arc::clone(&lot);
        thread::spawn(move || model::elapse(|| assert!(lot.len() <= 2)))
    };
    let woken = lot.notify(8, 1);
    let notified = waiters.map(|w| w.join().unwrap()).into_iter().filter(|&w| w == Woken::Notified).count();
    clock.join().unwrap();
    assert_eq!((woken as usize, lot.len()), (notified, 0));
}

/// An interrupt ends a wait without end, and leaves the queue as it was.
fn an_interrupt_ends_waiting() {
    let (lot, stop) = (Arc::new(Lot::default()), Arc::new(AtomicBool::new(false)));
    let waiter = {
        let (lot, stop) = (Arc::clone(&lot), Arc::clone(&stop));
        thread::spawn(move || lot.wait(8, None, || true, || stop.load(Ordering::SeqCst)))
    };
    stop.store(true, Ordering::SeqCst);
    model::elapse(|| assert!(lot.len() <= 2));
    let woken = lot.notify(8, 1);
    let ended = waiter.join().unwrap();
    assert_eq!(ended, if woken == 1 { Woken::Notified } else { Woken::Interrupted });
    assert_eq!(lot.len(), 0);
}

fn main() {
    explore("no wake-up is lost", None, no_wake_up_is_lost);
    explore("each notification wakes one", Some(3), each_notification_wakes_one);
    explore("a time-out is no notification", Some(3), a_time_out_is_no_notification);
    explore("a notification is not spent on who left", Some(2), a_notification_is_not_spent_on_who_left);
    explore("an interrupt ends waiting", Some(3), an_interrupt_ends_waiting);
}
