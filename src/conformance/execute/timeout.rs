//! Ends endless code: once a directive's time is up, the store that it runs in is interrupted. The process lives on, so nothing
//! has to be replayed.
//!
//! Programs and trials have only one time limit each, and use [`watchdog`](crate::runtime::watchdog). Code that cannot be
//! interrupted (a compiler that loops, a runtime that hangs) is killed by the supervisor.
//! cannot be interrupted (a compiler that loops, a runtime that hangs) is killed by the supervisor.

use crate::runtime::store::InterruptHandle;
use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A thread that interrupts the store that it was last given, if code in that store takes too long.
#[derive(Debug)]
pub struct Watch {
    shared: Arc<Shared>,
    timeout: Duration,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<WatchState>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct WatchState {
    /// When to interrupt what.
    armed: Option<(Instant, InterruptHandle)>,
    ended: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, WatchState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self, timeout: Duration) {
        // With a timeout of zero it would poll without pause.
        let timeout = timeout.max(Duration::from_millis(1));
        let mut state = self.state();
        while !state.ended {
            let now = Instant::now();
            let wait = match &state.armed {
                Some((deadline, handle)) if *deadline <= now => {
                    handle.interrupt();
                    state.armed = None;
                    timeout
                }
                Some((deadline, _)) => *deadline - now,
                // Anything armed in the meantime has a later deadline, so this thread need not be woken for it.
                None => timeout,
            };
            state = self.ended.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

thread_local! {
    static OF_THIS_THREAD: RefCell<Option<Rc<Watch>>> = const { RefCell::new(None) };
}

impl Watch {
    /// The watch of this thread, for one store at a time. It is kept for the next script, because starting one takes longer than
    /// most scripts do.
    ///
    /// # Errors
    /// As for `Watch::start`.
    pub fn of_this_thread(timeout: Duration) -> io::Result<Rc<Watch>> {
        OF_THIS_THREAD.with_borrow_mut(|kept| match kept {
            Some(watch) if watch.timeout == timeout => Ok(Rc::clone(watch)),
            _ => Ok(Rc::clone(kept.insert(Rc::new(Watch::start(timeout)?)))),
        })
    }

    /// Starts a watch that allows each store no longer than `timeout`.
    ///
    /// # Errors
    /// The system cannot start another thread.
    fn start(timeout: Duration) -> io::Result<Watch> {
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("watch".into()).spawn(move || own.watch(timeout))?;
        Ok(Watch { shared, timeout, thread: Some(thread) })
    }

    /// Watches a store until the result is dropped.
    pub fn over(&self, handle: InterruptHandle) -> Watched<'_> {
        // A limit beyond the range of `Instant` is no limit.
        self.shared.state().armed = Instant::now().checked_add(self.timeout).map(|at| (at, handle.clone()));
        Watched { watch: self, handle }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.state().ended = true;
        self.shared.ended.notify_all();
        if let Some(thread) = self.thread.take() {
            // The thread does nothing that could panic.
            let _ = thread.join();
        }
    }
}

/// A store under watch. When this is dropped, no code may be running in the store.
#[derive(Debug)]
pub struct Watched<'w> {
    watch: &'w Watch,
    handle: InterruptHandle,
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        let mut state = self.watch.shared.state();
        state.armed = None;
        // Still locked: a late interrupt arrived before this point, and does not hit the next directive.
        self.handle.withdraw();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Config, Engine};
    use crate::module::Module;
    use crate::runtime::store::{Abort, Extern, Limits, Store};
    use crate::runtime::trap::TrapCode;
    use crate::runtime::value::Val;
    use wasmparser::WasmFeatures;

    fn encoded(text: &str) -> Vec<u8> {
        wat::parse_str(text).expect("a module")
    }

    /// A store with a function that returns 1, and one that never returns.
    fn store() -> (Store, [Extern; 2]) {
        let text =
            r#"(module (func (export "one") (result i32) (i32.const 1)) (func (export "endless") (loop (br 0))))"#;
        let module = Module::new(&encoded(text), WasmFeatures::all()).expect("a module");
        let engine = Engine::new(Config::default()).expect("an engine");
        let mut store = engine.store(Limits::default());
        let code = engine.compile(&Arc::new(module)).expect("compiles");
        let id = store.instantiate(code, &[]).expect("instantiates");
        let export = |name| store.export(id, name).expect("an export");
        let functions = [export("one"), export("endless")];
        (store, functions)
    }

    fn call(store: &mut Store, function: Extern) -> Result<Vec<Val>, Abort> {
        let Extern::Func(function) = function else { panic!("a function") };
        store.call(function, &[])
    }

    #[test]
    fn endless_code_ends_and_the_next_call_is_free() {
        let (mut store, [one, endless]) = store();
        let watch = Watch::start(Duration::from_millis(50)).expect("a thread");
        for _ in 0..3 {
            let watched = watch.over(store.interrupt_handle());
            let ended = call(&mut store, endless);
            assert!(matches!(ended, Err(Abort::Trap(trap)) if trap.code == TrapCode::Interrupt));
            drop(watched);
            let _watched = watch.over(store.interrupt_handle());
            assert_eq!(call(&mut store, one).ok(), Some(vec![Val::I32(1)]));
        }
    }

    #[test]
    fn a_time_beyond_all_time_is_no_limit() {
        let (mut store, [one, endless]) = store();
        let watch = Watch::start(Duration::MAX).expect("a thread");
        let watched = watch.over(store.interrupt_handle());
        assert_eq!(call(&mut store, one).ok(), Some(vec![Val::I32(1)]));
        drop(watched);
        // With a timeout of zero, code is interrupted as well.
        let watch = Watch::start(Duration::ZERO).expect("a thread");
        let _watched = watch.over(store.interrupt_handle());
        assert!(call(&mut store, endless).is_err());
    }

    /// A thread keeps its watch while the timeout stays the same, and gets another one for another timeout.
    #[test]
    fn a_thread_keeps_the_watch_of_its_time() {
        let watch = |seconds| Watch::of_this_thread(Duration::from_secs(seconds)).expect("a thread");
        let first = watch(1);
        assert!(Rc::ptr_eq(&first, &watch(1)));
        let other = watch(2);
        assert!(!Rc::ptr_eq(&first, &other));
        assert_eq!(other.timeout, Duration::from_secs(2));
        // A watch with a longer timeout does not serve for a shorter one.
        let again = watch(1);
        assert!(!Rc::ptr_eq(&other, &again));
        assert_eq!(again.timeout, Duration::from_secs(1));
    }

    /// Dropping a watch ends its thread. Otherwise threads would pile up.
    #[test]
    fn nothing_is_left_of_a_watch() {
        let watch = Watch::start(Duration::from_secs(1000)).expect("a thread");
        let shared = Arc::clone(&watch.shared);
        assert_eq!(Arc::strong_count(&shared), 3);
        drop(watch);
        assert_eq!(Arc::strong_count(&shared), 1);
    }

    /// A directive that is over is not interrupted at its time limit.
    #[test]
    fn nothing_is_watched_when_a_directive_is_over() {
        let (store, _) = store();
        let watch = Watch::start(Duration::from_secs(1000)).expect("a thread");
        let is_armed = || watch.shared.state().armed.is_some();
        for _ in 0..2 {
            let watched = watch.over(store.interrupt_handle());
            assert!(is_armed());
            drop(watched);
            assert!(!is_armed());
        }
    }

    #[test]
    fn a_late_interrupt_is_withdrawn() {
        let (mut store, [one, _]) = store();
        let watch = Watch::start(Duration::from_millis(1)).expect("a thread");
        let watched = watch.over(store.interrupt_handle());
        while !store.is_interrupted() {
            std::thread::yield_now();
        }
        drop(watched);
        assert_eq!(call(&mut store, one).ok(), Some(vec![Val::I32(1)]));
    }

    #[test]
    fn one_store_after_the_other() {
        let (mut first, [one, _]) = store();
        let (mut second, [_, endless]) = store();
        let watch = Watch::start(Duration::from_millis(20)).expect("a thread");
        drop(watch.over(first.interrupt_handle()));
        let watched = watch.over(second.interrupt_handle());
        assert!(call(&mut second, endless).is_err());
        drop(watched);
        assert!(!first.is_interrupted());
        assert!(call(&mut first, one).is_ok());
    }
}
