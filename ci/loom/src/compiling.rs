//! Models of requests for compiled code. The module is a stand-in for the engine's, with the same ownership: it owns the threads,
//! as the engine does, and the queue has weak references to it.

use crate::background::{Compile, Compilers, Progress, Requests, Start};
use crate::model::shared::{Arc, Weak};
use crate::model::{Condvar, Mutex};
use loom::cell::UnsafeCell;
use loom::thread;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of places that were compiled by the thread that asked for them, in all interleavings so far.
pub static COMPILED_HERE: AtomicUsize = AtomicUsize::new(0);

struct Module {
    requests: Requests<u32, usize>,
    /// For each of two places, whether there is code for its entry to lead to.
    code: [UnsafeCell<bool>; 2],
    /// The number of compilations.
    compiled: Mutex<u32>,
    done: Condvar,
    given_up: Mutex<u32>,
    given_up_one: Condvar,
    compilers: Option<Arc<Compilers<Module>>>,
}

// SAFETY: loom sees each access of a cell, and reports those that no lock orders.
unsafe impl Send for Module {}
// SAFETY: as above.
unsafe impl Sync for Module {}

impl Module {
    fn new(compilers: &Arc<Compilers<Module>>) -> Arc<Module> {
        Arc::new(Module {
            requests: Requests::default(),
            code: [UnsafeCell::new(false), UnsafeCell::new(false)],
            compiled: Mutex::new(0),
            done: Condvar::default(),
            given_up: Mutex::new(0),
            given_up_one: Condvar::default(),
            compilers: Some(Arc::clone(compilers)),
        })
    }

    /// Asks as a function does that wants to be replaced.
    fn ask(self: &Arc<Module>, place: u32) -> Progress<usize> {
        self.ask_as(place, 8, false)
    }

    fn ask_as(self: &Arc<Module>, place: u32, bytes: usize, is_loop: bool) -> Progress<usize> {
        let (mut progress, first) = self.requests.request(place);
        let compilers = self.compilers.as_ref().expect("threads");
        let here = match progress {
            _ if first => compilers.push(&Weak::of(self), place, bytes, is_loop),
            Progress::Requested => compilers.push_again(&Weak::of(self), place, true),
            _ => Vec::new(),
        };
        if !here.is_empty() {
            self.compile_all(&here);
            COMPILED_HERE.fetch_add(here.len(), Ordering::Relaxed);
            progress = self.requests.progress(place).expect("it was requested");
        }
        if let Progress::Ready(entry) = progress {
            self.code[entry].with(|code| assert!(unsafe { *code }, "an entry without code"));
        }
        progress
    }

    fn wait_for(&self, compiled: u32) {
        let mut count = self.compiled.lock();
        while *count < compiled {
            self.done.wait(&mut count);
        }
    }
}

impl Compile for Module {
    type Place = u32;

    fn compile_all(&self, places: &[u32]) {
        for &place in places {
            self.requests.answer(place, || {
                self.code[place as usize].with_mut(|code| unsafe { *code = true });
                Progress::Ready(place as usize)
            });
            *self.compiled.lock() += 1;
            self.done.notify_all();
        }
    }

    fn give_up(&self, place: u32) {
        self.requests.forget(place);
        *self.given_up.lock() += 1;
        self.given_up_one.notify_all();
    }

    fn look_ahead(&self) -> bool {
        false
    }
}

fn threads(count: u8) -> Arc<Compilers<Module>> {
    Compilers::new(Start { asks: 0, bytes: 0, count: move || count })
}

/// A requested place is compiled and then has its answer, whether the thread slept or was about to sleep.
pub fn a_request_is_answered() {
    let compilers = threads(1);
    let module = Module::new(&compilers);
    assert_eq!(module.ask(0), Progress::Requested);
    module.wait_for(1);
    assert_eq!(module.ask(0), Progress::Ready(0));
}

/// The same if the thread starts only after a place was asked for again.
pub fn a_request_waits_for_others() {
    let compilers = Compilers::new(Start { asks: 3, bytes: 0, count: || 1 });
    let module = Module::new(&compilers);
    module.ask(0);
    let other = {
        let module = Arc::clone(&module);
        thread::spawn(move || _ = module.ask(1))
    };
    module.ask(0);
    other.join().unwrap();
    module.wait_for(2);
    assert_eq!((module.ask(0), module.ask(1)), (Progress::Ready(0), Progress::Ready(1)));
}

/// Whoever asks in between sees the request, or an entry that has its code.
pub fn what_is_ready_was_made_before() {
    let compilers = threads(1);
    let module = Module::new(&compilers);
    module.ask(0);
    module.ask(1);
    for place in [0, 1, 0] {
        assert!(matches!(module.ask(place), Progress::Requested | Progress::Ready(_)));
    }
}

/// Two stores execute a module on two threads, and ask for one place.
pub fn who_asks_at_once_has_it_compiled_once() {
    let compilers = threads(1);
    let module = Module::new(&compilers);
    let other = {
        let module = Arc::clone(&module);
        thread::spawn(move || _ = module.ask(0))
    };
    module.ask(0);
    other.join().unwrap();
    module.wait_for(1);
    module.ask(1);
    module.wait_for(2);
    assert_eq!((*module.compiled.lock(), module.ask(0)), (2, Progress::Ready(0)));
}

/// Two threads ask for two places, which are too small to start a background thread: each is compiled once, by one of the two.
pub fn who_asks_compiles_it() {
    let compilers = Compilers::new(Start { asks: 2, bytes: 16, count: || unreachable!("a thread") });
    let module = Module::new(&compilers);
    let other = {
        let module = Arc::clone(&module);
        thread::spawn(move || _ = module.ask(1))
    };
    module.ask(0);
    other.join().unwrap();
    module.wait_for(2);
    assert_eq!((module.ask(0), module.ask(1)), (Progress::Ready(0), Progress::Ready(1)));
    assert_eq!(*module.compiled.lock(), 2);
}

/// A place is asked for often, while the background thread compiles a large body, or just before or after: it is compiled once,
/// by the background thread or by the one that asks.
pub fn what_is_urgent_is_compiled_once() {
    let compilers = Compilers::new(Start { asks: 66, bytes: 0, count: || 1 });
    let module = Module::new(&compilers);
    module.ask_as(0, 1 << 20, false);
    (0..33).for_each(|_| _ = module.ask(0));
    (0..32).for_each(|_| _ = module.ask(1));
    // The background thread begins with the first place.
    module.ask(1);
    module.wait_for(2);
    assert_eq!((module.ask(0), module.ask(1)), (Progress::Ready(0), Progress::Ready(1)));
    assert_eq!(*module.compiled.lock(), 2);
}

/// A loop that has ended before its turn is given up, and is compiled when it asks again.
pub fn what_is_given_up_can_be_asked_for() {
    let compilers = Compilers::new(Start { asks: 67, bytes: 0, count: || 1 });
    let module = Module::new(&compilers);
    module.ask_as(0, 8, true);
    (0..66).for_each(|_| _ = module.ask(1));
    module.wait_for(1);
    {
        let mut given_up = module.given_up.lock();
        while *given_up == 0 {
            module.given_up_one.wait(&mut given_up);
        }
    }
    assert_eq!(module.ask_as(0, 8, true), Progress::Requested);
    module.wait_for(2);
    assert_eq!((module.ask(0), module.ask(1)), (Progress::Ready(0), Progress::Ready(1)));
    assert_eq!(*module.compiled.lock(), 2);
}

/// The last owner of a module may be the thread that compiles it. The thread then owns itself.
pub fn a_module_may_go_while_it_is_compiled() {
    let compilers = threads(1);
    let module = Module::new(&compilers);
    module.ask(0);
    module.ask(1);
    drop(compilers);
    drop(module);
}

/// Two modules, two threads: whichever owner is dropped last, the threads end, and what is left in the queue goes with them.
pub fn threads_end_with_the_last_owner() {
    let compilers = threads(2);
    let modules = [Module::new(&compilers), Module::new(&compilers)];
    modules[0].ask(0);
    modules[1].ask(1);
    drop(compilers);
    modules.into_iter().for_each(drop);
}
