//! Requests for compiled code, and the threads in the background that answer them.
//!
//! A place is requested once, and its answer is there once the code is. **Why no request is lost:** a thread looks for jobs
//! and sleeps under the lock that a request takes. **Why nothing is dropped under that lock:** the last owner of a module
//! owns the threads' queue, too, and takes the lock to end them; so a job holds its module weakly, and a thread looks for
//! it when it has let go. `ci/loom-models` executes this file under every interleaving.

use parking_lot::{Condvar, Mutex};
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Weak};
use std::thread;

/// The native stack of a thread that compiles.
const STACK_BYTES: usize = 8 << 20;
/// The most bytes of bodies that are compiled together, which saves pages of memory.
const BATCH: usize = 32 << 10;

/// How often a loop asks before it is compiled, where there is code for its function or for another loop.
const LOOP_ASKS: u32 = 16;

/// What has become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<E> {
    /// It asked so often, and has to ask again.
    Noted(u32),
    Requested,
    Ready(E),
    /// It is over a limit of the compiler.
    Refused,
    /// The compiler panicked, or its verifier found an error.
    Defect,
}

/// What is known of the places of a module.
pub struct Requests<P, E> {
    known: Mutex<Known<P, E>>,
}

struct Known<P, E> {
    places: HashMap<P, Progress<E>>,
    /// By the entry of a function: its loop that was requested last.
    loops: HashMap<P, P>,
}

impl<P, E> Default for Requests<P, E> {
    fn default() -> Self {
        Requests { known: Mutex::new(Known { places: HashMap::new(), loops: HashMap::new() }) }
    }
}

impl<P: Copy + Eq + Hash, E: Copy + PartialEq> Requests<P, E> {
    pub fn progress(&self, place: P) -> Option<Progress<E>> {
        self.known.lock().places.get(&place).copied()
    }

    /// As [`Requests::progress`]; if nothing is known of the place, it is requested from now on, which the second value
    /// says: of several threads that ask at once, one is told so.
    pub fn request(&self, place: P) -> (Progress<E>, bool) {
        let places = &mut self.known.lock().places;
        let known = places.get(&place).copied();
        let first = matches!(known, None | Some(Progress::Noted(_)));
        if first {
            places.insert(place, Progress::Requested);
        }
        (known.filter(|_| !first).unwrap_or(Progress::Requested), first)
    }

    /// Makes the end of a request known, once that is reached.
    pub fn answer(&self, place: P, compile: impl FnOnce() -> Progress<E>) -> Progress<E> {
        let progress = compile();
        self.known.lock().places.insert(place, progress);
        progress
    }

    /// Which place to request where a loop goes on; `None` if none for now. That is the entry of its function, if the
    /// function is called again and again, and its code is not there. Else the loop itself, unless another one of the
    /// function is being compiled, or has code that what executes may soon get to: then it has to ask more often.
    pub fn for_loop(&self, own: P, entry: P, is_called_again: bool) -> Option<P> {
        let known = &mut *self.known.lock();
        let asked = match known.places.get(&own) {
            None => 1,
            Some(Progress::Noted(asked)) => asked + 1,
            Some(_) => return Some(own),
        };
        if is_called_again && matches!(known.places.get(&entry), None | Some(Progress::Requested)) {
            return Some(entry);
        }
        let other = known.loops.get(&entry);
        if other.is_some_and(|other| known.places.get(other) == Some(&Progress::Requested)) {
            return None;
        }
        if asked < LOOP_ASKS && (is_called_again || other.is_some()) {
            known.places.insert(own, Progress::Noted(asked));
            return None;
        }
        known.loops.insert(entry, own);
        Some(own)
    }

    /// The places whose requests ended so.
    pub fn with(&self, ended: impl Fn(&Progress<E>) -> bool) -> Vec<P> {
        self.known.lock().places.iter().filter(|(_, progress)| ended(progress)).map(|(&place, _)| place).collect()
    }
}

/// What has places to compile.
pub trait Compile: Send + Sync + 'static {
    type Place: Copy + Send;

    /// Compiles these places, which were requested one after another, and answers their requests.
    fn compile_all(&self, places: &[Self::Place]);
}

/// A place to be compiled.
struct Job<S: Compile> {
    of: Weak<S>,
    place: S::Place,
    /// Bytes of the body, if it can be compiled together with others.
    bytes: Option<usize>,
}

/// Threads that compile in the background. They start when there is something to compile, and end when this is dropped.
pub struct Compilers<S: Compile> {
    queue: Arc<Queue<S>>,
    threads: Mutex<Threads>,
}

enum Threads {
    /// As many are to be started as this says.
    Wanted(Box<dyn Fn() -> u8 + Send>),
    /// So many are there.
    Started(u8),
}

struct Queue<S: Compile> {
    /// `None`: the threads shall end.
    jobs: Mutex<Option<VecDeque<Job<S>>>>,
    changed: Condvar,
}

impl<S: Compile> Compilers<S> {
    /// As many threads as this says, when the first place is to be compiled.
    pub fn new(threads: impl Fn() -> u8 + Send + 'static) -> Arc<Compilers<S>> {
        let queue = Arc::new(Queue { jobs: Mutex::new(Some(VecDeque::new())), changed: Condvar::default() });
        Arc::new(Compilers { queue, threads: Mutex::new(Threads::Wanted(Box::new(threads))) })
    }

    /// Has a place compiled. `bytes`: of its body, if it can be compiled together with others. Returns whether there are
    /// threads: the system may refuse them.
    pub fn push(&self, of: &Weak<S>, place: S::Place, bytes: Option<usize>) -> bool {
        let started = self.started();
        if started && let Some(jobs) = &mut *self.queue.jobs.lock() {
            jobs.push_back(Job { of: Weak::clone(of), place, bytes });
            self.queue.changed.notify_one();
        }
        started
    }

    fn started(&self) -> bool {
        let mut threads = self.threads.lock();
        if let Threads::Wanted(wanted) = &*threads {
            let start = |_: &u8| {
                let queue = Arc::clone(&self.queue);
                let thread = thread::Builder::new().name("compiler".into()).stack_size(STACK_BYTES);
                thread.spawn(move || queue.work()).is_ok()
            };
            *threads = Threads::Started((0..wanted()).filter(start).count() as u8);
        }
        !matches!(*threads, Threads::Started(0))
    }
}

impl<S: Compile> Drop for Compilers<S> {
    fn drop(&mut self) {
        *self.queue.jobs.lock() = None;
        self.queue.changed.notify_all();
    }
}

impl<S: Compile> Queue<S> {
    fn work(&self) {
        while let Some(jobs) = self.next() {
            // A module that is gone needs no code.
            if let Some(module) = jobs[0].of.upgrade() {
                module.compile_all(&jobs.iter().map(|job| job.place).collect::<Vec<_>>());
            }
        }
    }

    /// The next job, with those that are compiled together with it; `None` if the thread shall end.
    fn next(&self) -> Option<Vec<Job<S>>> {
        let mut queue = self.jobs.lock();
        let first = loop {
            match queue.as_mut()?.pop_front() {
                Some(job) => break job,
                None => self.changed.wait(&mut queue),
            }
        };
        let jobs = queue.as_mut()?;
        let mut batch = vec![first];
        let Some(mut total) = batch[0].bytes else { return Some(batch) };
        while let Some(job) = jobs.front()
            && let Some(bytes) = job.bytes
            && job.of.ptr_eq(&batch[0].of)
            && total + bytes <= BATCH
        {
            total += bytes;
            batch.extend(jobs.pop_front());
        }
        Some(batch)
    }
}
