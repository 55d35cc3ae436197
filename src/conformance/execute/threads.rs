//! The directives `thread` and `wait`: a part of a script that runs on a thread of its own, in a store of its own. All it gets
//! from the script are the shared memories that the named instance exports, and the names under which that instance is
//! registered. A thread may start others in turn.
//!
//! Each backend has its own threads. A thread runs from its `thread` to the `wait` that names it, or to the end of the script or
//! thread that started it. Then it leaves behind the results of its directives ([`ThreadStepResult`]) and its store
//! ([`ThreadSession`]), for the comparison of backends. The waiting thread reports the directive that the thread is at, and
//! interrupts that directive at its time limit. A crash inside a thread is attributed to the directive that the thread was at:
//! see [`position`].

use super::fault_injection;
use super::names::Cause;
use super::session::{Session, StepResult};
use crate::conformance::backend::Backend;
use crate::conformance::injected_fault::InjectedFaultKind;
use crate::conformance::outcome::Outcome;
use crate::conformance::read::language::Language;
use crate::conformance::read::script::{Action, PreparedModule};
use crate::conformance::stats::RunStats;
use crate::runtime::linking::spectest::Calls;
use crate::runtime::memory::SharedMemory;
use crate::runtime::store::{BacktraceFrame, InstanceId, InterruptHandle, MemoryId};
use crate::runtime::trap::from_fault::prepare_thread;
use std::any::Any;
use std::cell::Cell;
use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The native stack of a thread, in bytes: the part that a store may use, and some for the harness itself.
const STACK_BYTES: usize = 64 << 20;
/// The interval at which a waiting thread checks the position of the other one.
const POLL: Duration = Duration::from_millis(5);

thread_local! {
    static AT: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
}

/// The step and column that the current thread is at, if a script started it. May be called in a signal handler.
pub fn position() -> Option<(usize, usize)> {
    AT.get()
}

/// A directive of a thread.
pub struct ThreadTask {
    /// [`ScriptStep::index`](crate::conformance::read::script::ScriptStep::index).
    pub index: String,
    /// The action of the directive.
    pub action: Action,
    /// Its module, if it has one.
    pub prepared: Option<PreparedModule>,
    /// Its outcome, if it must not run because it killed the process before.
    pub skip: Option<Outcome>,
    /// Faults injected here.
    pub faults: Vec<InjectedFaultKind>,
}

/// The work of a thread.
pub struct ThreadOrders {
    /// The language of the script.
    pub language: Language,
    /// The directives of the thread, with each `thread` among them followed by its own directives.
    pub tasks: Vec<ThreadTask>,
    /// The position of the first task among the steps of the script.
    pub first: usize,
    /// The position of the backend among the columns.
    pub column: usize,
    /// The time after which a directive is interrupted, if the thread is being waited for; `None` for no limit.
    pub timeout: Option<Duration>,
    /// Whether faults are injected anywhere in the script.
    pub faults_injected: bool,
}

/// The inputs of a new thread.
pub struct ThreadStart {
    /// The backend of the thread's session.
    pub backend: Backend,
    /// The instance whose memories the thread is given, if any.
    pub shared: Option<Shared>,
    /// The work of the thread.
    pub orders: ThreadOrders,
}

/// The part of an instance that a thread may use.
pub struct Shared {
    /// The name of the instance in the script.
    pub name: String,
    /// Its id in the store of the session that starts the thread.
    pub instance: InstanceId,
    /// The names that it is registered under.
    pub registered: Vec<String>,
    /// The shared memories that it exports.
    pub memories: Vec<(String, SharedMemory)>,
}

/// The result of a directive of a thread.
pub struct ThreadStepResult {
    /// The outcome of the directive.
    pub outcome: Outcome,
    /// The instance whose code ran, or that was made.
    pub instance: Option<InstanceId>,
    /// The stack frames if it trapped, as in [`Session::frames`].
    pub frames: Vec<BacktraceFrame>,
    /// The instances that were made.
    pub made: Range<u32>,
    /// Microseconds.
    pub us: u64,
}

impl ThreadStepResult {
    /// The result of a directive that did not run.
    fn without(outcome: Outcome) -> ThreadStepResult {
        ThreadStepResult { outcome, instance: None, frames: Vec::new(), made: 0..0, us: 0 }
    }
}

/// A store that a thread hands over when it ends.
struct SentSession {
    left: ThreadSession,
}

// SAFETY: the thread that made the session (and the values in its calls, which refer into its store) puts it here as
// its last action, and keeps nothing that refers into it; the receiver has all of it. The parts of a session that are
// not `Send` are pointers and counts whose other ends are in the same session: of the store's parts to each other, of the host
// functions in the store to the log of the spectest module. No code still runs in the store, so nothing in it
// refers to the stack of the thread that ran it; the runtime's data about a thread (its alternate stack, the end of
// its stack) is found by that thread, not through the store.
unsafe impl Send for SentSession {}

/// The results and stores of a thread that has ended.
pub struct ThreadSession {
    /// The position of its first task.
    pub first: usize,
    /// The session of the thread, with its store.
    pub session: Box<Session>,
    /// The memories of this store that also belong to other stores.
    pub given: Vec<MemoryId>,
    /// The calls of host functions, by position among the steps.
    pub calls: HashMap<usize, Calls>,
}

/// The results of a thread, and of those that it started.
#[derive(Default)]
pub struct EndedThread {
    /// The position of the first task.
    pub first: usize,
    /// The results of its tasks.
    pub results: Vec<ThreadStepResult>,
    /// Its store, if it had one, and those of the threads that it started.
    pub stores: Vec<ThreadSession>,
    /// Statistics of the thread's session.
    pub stats: RunStats,
    /// The names that the shared instance is registered under at the end.
    names: Vec<String>,
    shared: Option<InstanceId>,
}

impl EndedThread {
    /// A thread with these tasks that did not start, because the directive with this index ended in this way.
    pub fn blocked(tasks: Range<usize>, index: &str, outcome: &Outcome) -> EndedThread {
        let blocked = Cause::of(index, outcome).outcome();
        EndedThread {
            first: tasks.start,
            results: tasks.map(|_| ThreadStepResult::without(blocked.clone())).collect(),
            ..EndedThread::default()
        }
    }

    /// The store of the thread with this first task: this one, or one that it started.
    pub fn store(&self, first: usize) -> Option<&ThreadSession> {
        self.stores.iter().find(|store| store.first == first)
    }

    /// The names that the thread has left for an instance of the session that started it.
    pub fn registered(&self) -> impl Iterator<Item = (&str, InstanceId)> {
        self.shared.into_iter().flat_map(|id| self.names.iter().map(move |name| (name.as_str(), id)))
    }
}

/// The position of a thread, visible to the thread that waits for it.
struct ThreadBoard {
    state: Mutex<ThreadState>,
    /// Signals that the thread has begun or ended.
    changed: Condvar,
    /// The results of the tasks that were done.
    results: Mutex<Vec<Option<ThreadStepResult>>>,
}

struct ThreadState {
    /// The step of the thread, or of the thread that it waits for.
    at: usize,
    /// The handle that interrupts a directive while one executes.
    running: Option<InterruptHandle>,
    /// Whether it is at its first step, with a store of its own.
    begun: bool,
    ended: bool,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ThreadBoard {
    fn show(&self, at: usize) {
        locked(&self.state).at = at;
    }

    /// Runs `work`, which the waiting thread may interrupt.
    fn interruptibly<T>(&self, session: &mut Session, work: impl FnOnce(&mut Session) -> T) -> T {
        let handle = session.store.interrupt_handle();
        locked(&self.state).running = Some(handle.clone());
        let result = work(session);
        let mut state = locked(&self.state);
        state.running = None;
        // Still locked: a late interrupt arrived before this point, and does not hit the next directive.
        handle.withdraw();
        result
    }
}

/// Reports that a thread has ended, however it ends.
struct MarksEnd<'t>(&'t ThreadBoard);

impl Drop for MarksEnd<'_> {
    fn drop(&mut self) {
        locked(&self.0.state).ended = true;
        self.0.changed.notify_all();
    }
}

/// A running thread.
pub struct RunningThread {
    /// The position of its first task.
    pub first: usize,
    handle: JoinHandle<ThreadReturn>,
    board: Arc<ThreadBoard>,
    indices: Vec<String>,
    shared: Option<InstanceId>,
    timeout: Option<Duration>,
}

/// The return value of a thread.
struct ThreadReturn {
    own: Option<SentSession>,
    /// The sessions of the threads that it started.
    others: Vec<SentSession>,
    names: Vec<String>,
}

impl RunningThread {
    /// Starts a thread and waits until it has begun.
    ///
    /// # Errors
    /// The system cannot start a thread.
    pub fn start(start: ThreadStart) -> io::Result<RunningThread> {
        let ThreadOrders { first, timeout, .. } = start.orders;
        let indices: Vec<String> = start.orders.tasks.iter().map(|t| t.index.clone()).collect();
        let board = Arc::new(ThreadBoard {
            // A thread without tasks is at the directive that started it.
            state: Mutex::new(ThreadState {
                at: first - usize::from(indices.is_empty()),
                running: None,
                begun: false,
                ended: false,
            }),
            changed: Condvar::new(),
            results: Mutex::new(indices.iter().map(|_| None).collect()),
        });
        let shared = start.shared.as_ref().map(|shared| shared.instance);
        let own = Arc::clone(&board);
        let thread = std::thread::Builder::new().name("script thread".into()).stack_size(STACK_BYTES);
        let work = move || {
            let _end = MarksEnd(&own);
            run(start, &own)
        };
        let handle = thread.spawn(work)?;
        // Threads begin in the order in which they are started, so that the time that it takes to make a store matters as little
        // as possible.
        // as possible.
        let unbegun = |state: &mut ThreadState| !(state.begun || state.ended);
        drop(board.changed.wait_while(locked(&board.state), unbegun).unwrap_or_else(PoisonError::into_inner));
        Ok(RunningThread { first, handle, board, indices, shared, timeout })
    }

    /// Waits until the thread has ended. `progress` is called with each step that the thread is seen at.
    pub fn join(self, progress: &mut dyn FnMut(usize)) -> EndedThread {
        let (mut shown, mut since) = (None, Instant::now());
        let mut state = locked(&self.board.state);
        while !state.ended {
            if shown != Some(state.at) {
                (shown, since) = (Some(state.at), Instant::now());
                progress(state.at);
            } else if self.timeout.is_some_and(|timeout| since.elapsed() >= timeout)
                && let Some(handle) = &state.running
            {
                handle.interrupt();
            }
            state = self.board.changed.wait_timeout(state, POLL).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(state);
        let RunningThread { first, handle, board, indices, shared, .. } = self;
        let (finished, panic) = match handle.join() {
            Ok(finished) => (finished, None),
            Err(panic) => (ThreadReturn { own: None, others: Vec::new(), names: Vec::new() }, Some(panic)),
        };
        let at = locked(&board.state).at;
        let mut results = std::mem::take(&mut *locked(&board.results));
        // In a worker, a panic ends the process, and is attributed to the same directive.
        let cause = indices.get(at.saturating_sub(first)).or(indices.last());
        if let (Some(panic), Some(slot)) = (&panic, results.get_mut(at.saturating_sub(first))) {
            *slot = Some(ThreadStepResult::without(Outcome::Crash(format!("panic: {}", message(panic.as_ref())))));
        }
        let lost = || Outcome::Blocked { cause: cause.cloned().unwrap_or_default(), place: None, unsupported: None };
        let results =
            results.into_iter().map(|result| result.unwrap_or_else(|| ThreadStepResult::without(lost()))).collect();
        let stores: Vec<ThreadSession> =
            finished.own.into_iter().chain(finished.others).map(|handed| handed.left).collect();
        let stats =
            stores.first().filter(|own| own.first == first).map_or_else(RunStats::default, |own| own.session.stats);
        EndedThread { first, results, stores, stats, names: finished.names, shared }
    }
}

/// The message of a panic.
pub fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("?")
}

/// The body of a thread.
fn run(start: ThreadStart, board: &ThreadBoard) -> ThreadReturn {
    let ThreadStart { backend, shared, orders } = start;
    let ThreadOrders { language, tasks, first, column, timeout, faults_injected } = orders;
    let mut finished = ThreadReturn { own: None, others: Vec::new(), names: Vec::new() };
    AT.set(Some((first, column)));
    // If this fails, a stack overflow here has no outcome; code in the session tries again, and reports the failure.
    let _ = prepare_thread();
    let mut session = match Session::new(&backend, &language) {
        Ok(session) => session,
        Err(why) => {
            let results = tasks.iter().map(|_| Some(ThreadStepResult::without(Outcome::Unsupported(why.to_string()))));
            *locked(&board.results) = results.collect();
            return finished;
        }
    };
    let adopted = shared.map(|shared| session.adopt(&shared)).transpose();
    locked(&board.state).begun = true;
    board.changed.notify_all();
    let note = |at: usize, results: Vec<ThreadStepResult>| {
        for (slot, result) in locked(&board.results)[at - first..].iter_mut().zip(results) {
            *slot = Some(result);
        }
    };
    let wait = |session: &mut Session, finished: &mut ThreadReturn, name: &str| {
        let Some(ended) = session.join_thread(name, &mut |at| board.show(at)) else { return };
        note(ended.first, ended.results);
        finished.others.extend(ended.stores.into_iter().map(|left| SentSession { left }));
    };
    let mut calls = HashMap::new();
    let mut tasks = tasks.into_iter().enumerate();
    while let Some((i, task)) = tasks.next() {
        let at = first + i;
        board.show(at);
        AT.set(Some((at, column)));
        let begun = Instant::now();
        let before = session.store.instances();
        let nested = if let Action::Thread { steps, .. } = task.action { steps } else { 0 };
        let nested: Vec<ThreadTask> = tasks.by_ref().take(nested).map(|(_, task)| task).collect();
        let inner = at + 1..at + 1 + nested.len();
        if faults_injected {
            fault_injection::act_on_others(&backend.name);
        }
        let skipped = task.skip.is_some();
        session.frames_fault = fault_injection::frames_fault(task.faults.iter());
        let mut acted = match (&adopted, task.skip) {
            (Err(why), _) => {
                let outcome = Outcome::Error(why.to_string());
                note(inner.start, EndedThread::blocked(inner, &task.index, &outcome).results);
                StepResult { outcome, instance: None }
            }
            (_, Some(skip)) => {
                let acted = session.skip(&task.index, &task.action, skip);
                note(inner.start, EndedThread::blocked(inner, &task.index, &acted.outcome).results);
                acted
            }
            (_, None) => match &task.action {
                Action::Thread { name, shared, .. } => {
                    let orders =
                        ThreadOrders { language, tasks: nested, first: inner.start, column, timeout, faults_injected };
                    let outcome = session.start_thread(&task.index, name, shared.as_deref(), orders);
                    if outcome != Outcome::Done {
                        note(inner.start, EndedThread::blocked(inner, &task.index, &outcome).results);
                    }
                    StepResult { outcome, instance: None }
                }
                action => {
                    if let Action::Wait { thread } = action {
                        wait(&mut session, &mut finished, thread);
                        board.show(at);
                    }
                    board
                        .interruptibly(&mut session, |session| session.act(&task.index, action, task.prepared.as_ref()))
                }
            },
        };
        for fault in task.faults.iter().filter(|_| !skipped) {
            fault_injection::inject(fault, &backend.name, &mut session.store, &mut session.roots, &mut acted.outcome);
        }
        let made = before..session.store.instances();
        calls.insert(at, session.take_calls());
        let us = begun.elapsed().as_micros() as u64;
        let StepResult { outcome, instance } = acted;
        let frames = std::mem::take(&mut session.frames);
        note(at, vec![ThreadStepResult { outcome, instance, frames, made, us }]);
    }
    for name in session.running_threads() {
        wait(&mut session, &mut finished, &name);
    }
    let given = match adopted {
        Ok(Some((id, given))) => {
            finished.names = session.names_of(id);
            given
        }
        _ => Vec::new(),
    };
    finished.own = Some(SentSession { left: ThreadSession { first, session: Box::new(session), given, calls } });
    finished
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::read::language::Spec;
    use crate::engine::{ConfigError, Relaxed};

    /// The position of the first task of a thread here.
    const FIRST: usize = 5;

    fn interp() -> Backend {
        Backend::named("interp").expect("a backend")
    }

    /// Starts a thread with a number of directives that depend on nothing.
    fn started(backend: Backend, tasks: usize) -> RunningThread {
        let task = |n: usize| ThreadTask {
            index: format!("4.{n}"),
            action: Action::Check,
            prepared: None,
            skip: None,
            faults: Vec::new(),
        };
        let orders = ThreadOrders {
            language: Language::of(Spec::Latest),
            tasks: (0..tasks).map(task).collect(),
            first: FIRST,
            column: 0,
            timeout: None,
            faults_injected: false,
        };
        RunningThread::start(ThreadStart { backend, shared: None, orders }).expect("a thread")
    }

    /// A thread without directives is shown at the directive that started it: the next one is not its own.
    #[test]
    fn a_thread_is_at_a_directive_of_its_own_or_at_its_start() {
        for (tasks, at) in [(0, FIRST - 1), (1, FIRST)] {
            let thread = started(interp(), tasks);
            assert_eq!(locked(&thread.board.state).at, at, "{tasks} directives");
            let ended = thread.join(&mut |_| {});
            assert_eq!((ended.first, ended.results.len(), ended.stores.len()), (FIRST, tasks, 1));
        }
    }

    /// If the backend cannot run at all, no directive of the thread has failed.
    #[test]
    fn the_directives_of_a_thread_without_a_store_are_unsupported() {
        let mut backend = interp();
        backend.config.relaxed = Relaxed::Native;
        let ended = started(backend, 3).join(&mut |_| {});
        let outcomes: Vec<Outcome> = ended.results.into_iter().map(|result| result.outcome).collect();
        assert_eq!(outcomes, vec![Outcome::Unsupported(ConfigError::MixedRelaxed.to_string()); 3]);
        assert!(ended.stores.is_empty());
        assert_eq!(ended.stats, RunStats::default());
    }

    /// A late interrupt does not hit the next directive, and none arrives between two directives.
    #[test]
    fn a_directive_that_is_over_is_not_interrupted() {
        let mut session = Session::new(&interp(), &Language::of(Spec::Latest)).unwrap_or_else(|e| panic!("{e}"));
        let board = ThreadBoard {
            state: Mutex::new(ThreadState { at: FIRST, running: None, begun: true, ended: false }),
            changed: Condvar::new(),
            results: Mutex::default(),
        };
        let interrupted = board.interruptibly(&mut session, |session| {
            let state = locked(&board.state);
            state.running.as_ref().expect("it may be interrupted").interrupt();
            session.store.is_interrupted()
        });
        assert!(interrupted);
        assert!(!session.store.is_interrupted());
        assert!(locked(&board.state).running.is_none());
    }

    /// Whatever the reason that a thread did not start, its directives name the first cause, and are unsupported if that was.
    #[test]
    fn directives_of_a_thread_that_did_not_start_have_its_cause() {
        let lacks = || Some("gc".to_string());
        for (outcome, cause, unsupported) in [
            (Outcome::Error("x".into()), "7", None),
            (Outcome::Crash("x".into()), "7", None),
            (Outcome::Unsupported("gc".into()), "7", lacks()),
            (Outcome::Blocked { cause: "2".into(), place: None, unsupported: None }, "2", None),
            (Outcome::Blocked { cause: "2".into(), place: None, unsupported: lacks() }, "2", lacks()),
        ] {
            let ended = EndedThread::blocked(8..11, "7", &outcome);
            assert_eq!((ended.first, ended.results.len(), ended.stores.len()), (8, 3, 0), "{outcome}");
            let blocked = Outcome::Blocked { cause: cause.into(), place: None, unsupported };
            for result in ended.results {
                assert_eq!((result.outcome, result.instance, result.made, result.us), (blocked.clone(), None, 0..0, 0));
            }
        }
    }
}
