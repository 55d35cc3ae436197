//! The directives `thread` and `wait`: a part of a script that runs on a thread of its own, in a store of its own, into which
//! nothing of the script reaches but the shared memories that the named instance exports, and the names under which that one
//! is registered. Names that the thread registers it under hold for the script after the `wait`.
//!
//! Each backend has its own threads. A thread runs from its `thread` to the `wait` that names it, or to the end of the
//! script; its outcomes are collected then, judged, and compared. While one runs, nobody looks at states. After all have
//! been waited for, states are compared again; threads may race, so what differs then is poisoned, not a divergence.
//!
//! What kills the process inside of a thread is told of the directive that the thread was at: [`position`].

use super::language::Language;
use super::outcome::Outcome;
use super::plan::{Backend, Stats};
use super::script::{Action, Prepared};
use super::session::Session;
use crate::runtime::memory::SharedMemory;
use crate::runtime::store::{InstanceId, InterruptHandle};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Native stack of a thread: what a store may use of it, and something for us.
const STACK_BYTES: usize = 64 << 20;
/// How long a thread that was told to stop has for it. One that does not stop is left behind.
const GRACE: Duration = Duration::from_secs(2);

thread_local! {
    static AT: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
}

/// Step and column that the current thread is at, if a script started it. May be called in a signal handler.
pub fn position() -> Option<(usize, usize)> {
    AT.get()
}

/// A directive of a thread.
pub struct Task {
    pub index: String,
    pub action: Action<'static>,
    pub prepared: Option<Prepared>,
    /// What is told instead of doing it: it killed the process before.
    pub skip: Option<Outcome>,
}

/// What a thread is given.
pub struct Start {
    pub backend: Backend,
    pub language: Language,
    pub shared: Option<Shared>,
    pub tasks: Vec<Task>,
    /// Position of the first task among the steps.
    pub first: usize,
    pub column: usize,
}

/// An instance that a thread may use, as far as it may.
pub struct Shared {
    pub name: String,
    /// In the script's store.
    pub instance: InstanceId,
    /// Names it is registered under.
    pub registered: Vec<String>,
    /// What it exports.
    pub memories: Vec<(String, SharedMemory)>,
}

/// A thread under way.
pub struct Running {
    shared: Option<InstanceId>,
    handle: JoinHandle<Stats>,
    told: Arc<Told>,
    indices: Vec<String>,
}

/// What has become of a thread.
pub struct Ended {
    /// Of each task, with microseconds.
    pub outcomes: Vec<(Outcome, u64)>,
    pub stats: Stats,
    /// Names, and the instances of the script's store that they are for.
    pub registered: Vec<(String, InstanceId)>,
}

/// What a thread tells, and is told.
#[derive(Default)]
struct Told {
    /// Of the tasks done so far, with microseconds.
    outcomes: Mutex<Vec<(Outcome, u64)>>,
    /// Names that the shared instance is registered under in the end.
    registered: Mutex<Vec<String>>,
    interrupt: Mutex<Option<InterruptHandle>>,
    /// No further task is to be begun.
    stop: AtomicBool,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Running {
    /// Starts a thread.
    ///
    /// # Errors
    /// When the system refuses one.
    pub fn start(start: Start) -> Result<Running, String> {
        let told = Arc::new(Told::default());
        let indices = start.tasks.iter().map(|t| t.index.clone()).collect();
        let shared = start.shared.as_ref().map(|shared| shared.instance);
        let own = Arc::clone(&told);
        let thread = std::thread::Builder::new().name("script thread".into()).stack_size(STACK_BYTES);
        let handle = thread.spawn(move || run(start, &own)).map_err(|e| format!("no thread: {e}"))?;
        Ok(Running { shared, handle, told, indices })
    }

    /// Waits until it has ended. `stop`: it was waited for in vain before, and is told to stop.
    pub fn join(self, stop: bool) -> Ended {
        if stop {
            self.told.stop.store(true, Ordering::SeqCst);
            let deadline = Instant::now() + GRACE;
            while !self.handle.is_finished() && Instant::now() < deadline {
                if let Some(interrupt) = &*locked(&self.told.interrupt) {
                    interrupt.interrupt();
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        let stats = match stop && !self.handle.is_finished() {
            true => Stats::default(),
            false => self.handle.join().unwrap_or_default(),
        };
        let mut outcomes = std::mem::take(&mut *locked(&self.told.outcomes));
        if let Some(first) = self.indices.get(outcomes.len()).filter(|_| stop) {
            let ended_before = outcomes.iter().position(|(o, _)| *o == Outcome::Timeout);
            let cause = ended_before.map_or(first, |i| &self.indices[i]).clone();
            if ended_before.is_none() {
                outcomes.push((Outcome::Timeout, 0));
            }
            outcomes.resize(self.indices.len(), (Outcome::Blocked { cause, unsupported: None }, 0));
        }
        let names = std::mem::take(&mut *locked(&self.told.registered));
        let registered =
            self.shared.into_iter().flat_map(|id| names.iter().map(move |name| (name.clone(), id))).collect();
        Ended { outcomes, stats, registered }
    }
}

fn run(start: Start, told: &Told) -> Stats {
    let Start { backend, language, shared, tasks, first, column } = start;
    AT.set(Some((first, column)));
    let mut session = match Session::new(&backend, &language) {
        Ok(session) => session,
        Err(why) => {
            locked(&told.outcomes).extend(tasks.iter().map(|_| (Outcome::Unsupported(why.clone()), 0)));
            return Stats::default();
        }
    };
    *locked(&told.interrupt) = Some(session.store.interrupt_handle());
    let adopted = match shared {
        Some(shared) => session.adopt(&shared).map(Some),
        None => Ok(None),
    };
    for (i, task) in tasks.into_iter().enumerate() {
        if told.stop.load(Ordering::SeqCst) {
            break;
        }
        AT.set(Some((first + i, column)));
        let begun = Instant::now();
        let outcome = match (&adopted, task.skip) {
            (Err(why), _) => Outcome::Error(why.clone()),
            (_, Some(skip)) => session.skip(&task.index, &task.action, skip).outcome,
            _ => session.act(&task.index, &task.action, task.prepared.as_ref()).outcome,
        };
        locked(&told.outcomes).push((outcome, begun.elapsed().as_micros() as u64));
    }
    if let Ok(Some(id)) = adopted {
        *locked(&told.registered) = session.names_of(id);
    }
    session.stats
}
