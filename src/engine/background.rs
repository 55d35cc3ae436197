//! Requests for compiled code, and the background threads that answer them.
//!
//! A place may be asked for many times, but is requested once, and the request is answered when its code is ready. **Why no
//! request is lost:** a thread looks for jobs and goes to sleep under the same lock that a request takes. **Why nothing is
//! dropped under that lock:** the last owner of a module also owns the threads' queue, and takes the lock to end them. So a job
//! holds its module weakly, and a thread upgrades that reference only after releasing the lock. `ci/loom-models` executes this
//! file under every interleaving.
//!
//! If there is little to compile, threads cost more than they save, so the thread that asks is told to compile it. The same
//! applies to small code that was asked for often while every thread is compiling a large body.

use crate::runtime::sys::threads::run_elsewhere;
use parking_lot::{Condvar, Mutex};
use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

/// The native stack size of a compiler thread.
const STACK_BYTES: usize = 8 << 20;
/// The maximum number of bytes of bodies that are compiled together, which saves pages of memory. The first body waits for
/// the last.
const BATCH: usize = 4 << 10;

/// How long a thread with nothing to compile waits before it looks ahead.
const FIRST_LOOK: Duration = Duration::from_millis(5);
/// The longest such wait; after each look that finds nothing, the wait becomes four times as long.
const LAST_LOOK: Duration = Duration::from_millis(500);

/// How often a place must ask again before the thread executing it compiles it, while every compiler thread is at a body larger
/// than a batch.
const URGENT_ASKS: u32 = 32;

/// How often a loop asks before it is compiled if there is code for its function or for another loop. Each further loop with
/// code doubles this: such code is about as large as the function, so code for all loops would be as large as its square. The
/// number of loops with code is therefore logarithmic in what was executed, and a loop that runs for long gets code.
const LOOP_ASKS: u32 = 16;
/// The maximum number of loops of a function that get their own code.
const MOST_WITH_CODE: usize = 16;
/// Once this many loops of a function are refused, all others are: most limits apply to the whole body, which is translated
/// again for each loop.
const MOST_REFUSED: usize = 3;
/// A loop has probably ended if, since its last ask, there were more asks than this multiple of the usual number between two of
/// its own, plus this number.
const LATE: (u64, u64) = (4, 16);
/// The same for a loop that asked only once, so that it is unknown how often it asks.
const LATE_FOR_THE_SECOND: u64 = 64;

/// The status of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<E> {
    /// The place asked this often, and must ask again.
    Noted(u32),
    Requested,
    Ready(E),
    /// It exceeds a limit of the compiler.
    Refused,
    /// The compiler panicked, or its verifier found an error.
    Defect,
}

/// The known status of a module's places.
pub struct Requests<P, E> {
    known: Mutex<Known<P, E>>,
}

struct Known<P, E> {
    places: HashMap<P, Progress<E>>,
    /// For each function entry, its loops that were requested and not given up since. The last of them may have been
    /// given up.
    loops: HashMap<P, Vec<P>>,
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

    /// Like [`Requests::progress`], but requests the place if nothing is known about it. The second value says whether
    /// this call made the request: if several threads ask at the same time, only one is told so.
    pub fn request(&self, place: P) -> (Progress<E>, bool) {
        let places = &mut self.known.lock().places;
        let known = places.get(&place).copied();
        let first = matches!(known, None | Some(Progress::Noted(_)));
        if first {
            places.insert(place, Progress::Requested);
        }
        (known.filter(|_| !first).unwrap_or(Progress::Requested), first)
    }

    /// Withdraws an unanswered request that was given up, so that the next thread that asks makes it again.
    pub fn forget(&self, place: P) {
        let places = &mut self.known.lock().places;
        if places.get(&place) == Some(&Progress::Requested) {
            places.remove(&place);
        }
    }

    /// Records how a request ended, once that is known. Two threads may have done the same work; existing code stays.
    pub fn answer(&self, place: P, compile: impl FnOnce() -> Progress<E>) -> Progress<E> {
        let progress = compile();
        let known = &mut *self.known.lock();
        if let Some(ready @ Progress::Ready(_)) = known.places.get(&place) {
            return *ready;
        }
        known.places.insert(place, progress);
        progress
    }

    /// Returns which place to request for a loop that keeps running; `None` if none for now. This is the entry of its function,
    /// if the function is called repeatedly and the entry has no code. Otherwise it is the loop itself, unless another loop of
    /// the function is being compiled, or has code that execution may soon reach: then this loop must ask more often. A loop
    /// refused because of other loops' results is answered here.
    pub fn for_loop(&self, own: P, entry: P, is_called_again: bool) -> Option<P> {
        let Known { places, loops } = &mut *self.known.lock();
        let progress = places.get(&own).copied();
        if matches!(progress, Some(Progress::Requested | Progress::Ready(_))) {
            return Some(own);
        }
        if is_called_again && matches!(places.get(&entry), None | Some(Progress::Requested)) {
            return Some(entry);
        }
        let asked = match progress {
            None => 1,
            Some(Progress::Noted(asked)) => asked + 1,
            Some(_) => return Some(own),
        };
        let loops = loops.entry(entry).or_default();
        let others: Vec<Progress<E>> =
            loops.iter().filter(|&&other| other != own).filter_map(|other| places.get(other).copied()).collect();
        if others.contains(&Progress::Requested) {
            return None;
        }
        let with_code = others.iter().filter(|other| matches!(other, Progress::Ready(_))).count();
        let refused = others.iter().filter(|other| matches!(other, Progress::Refused | Progress::Defect)).count();
        if with_code >= MOST_WITH_CODE || refused >= MOST_REFUSED {
            places.insert(own, Progress::Refused);
            return Some(own);
        }
        let was_given_up = loops.last() == Some(&own);
        let needed = match is_called_again || with_code > 0 && !was_given_up {
            true => LOOP_ASKS << with_code.saturating_sub(1),
            false => 1,
        };
        if asked < needed {
            places.insert(own, Progress::Noted(asked));
            return None;
        }
        loops.retain(|other| *other != own && !matches!(places.get(other), None | Some(Progress::Noted(_))));
        loops.push(own);
        Some(own)
    }

    /// Returns the places whose requests ended in this way.
    pub fn with(&self, ended: impl Fn(&Progress<E>) -> bool) -> Vec<P> {
        self.known.lock().places.iter().filter(|(_, progress)| ended(progress)).map(|(&place, _)| place).collect()
    }
}

/// An owner of places to compile.
pub trait Compile: Send + Sync + 'static {
    type Place: Copy + Eq + Hash + Send;

    /// Compiles these places and answers their requests.
    fn compile_all(&self, places: &[Self::Place]);

    /// Forgets the request of a loop that has probably ended. If the loop is still running, it asks again.
    fn give_up(&self, place: Self::Place);

    /// Has places asked for now that will probably be asked for later. A thread with nothing to compile calls this. Returns
    /// whether there were any.
    fn look_ahead(&self) -> bool;
}

/// A place to be compiled.
struct Job<S: Compile> {
    of: Weak<S>,
    place: S::Place,
    /// The size of the body in bytes.
    bytes: usize,
    /// Whether this is a loop. A loop is compiled by itself, and may have ended before its turn.
    is_loop: bool,
    /// The numbers of its first and its last ask, among all asks.
    asks: (u64, u64),
}

impl<S: Compile> Job<S> {
    fn is_large(&self) -> bool {
        self.bytes > BATCH
    }
}

/// The order in which waiting places are compiled: the one asked for again most often comes first, and among several of these,
/// the one pushed first.
type Turn = (Reverse<u32>, u64);

/// The waiting places. There may be as many as a module has functions, so nothing here may take time proportional to
/// their number.
struct Jobs<S: Compile> {
    waiting: BTreeMap<Turn, Job<S>>,
    /// Turns by the module's address, which the job keeps from being reused.
    turns: HashMap<(usize, S::Place), Turn>,
    pushed: u64,
    /// The number of asks so far, for any place.
    asks: u64,
    /// The number of threads that are at a body larger than a batch.
    at_large: u8,
}

fn key<S: Compile>(of: &Weak<S>, place: S::Place) -> (usize, S::Place) {
    (of.as_ptr() as usize, place)
}

impl<S: Compile> Jobs<S> {
    fn new() -> Jobs<S> {
        Jobs { waiting: BTreeMap::new(), turns: HashMap::new(), pushed: 0, asks: 0, at_large: 0 }
    }

    fn push(&mut self, job: Job<S>) {
        self.asks += 1;
        if let Entry::Vacant(place) = self.turns.entry(key(&job.of, job.place)) {
            let turn = *place.insert((Reverse(0), self.pushed));
            self.waiting.insert(turn, Job { asks: (self.asks, self.asks), ..job });
            self.pushed += 1;
        }
    }

    fn push_again(&mut self, of: &Weak<S>, place: S::Place) {
        self.asks += 1;
        if let Some(turn) = self.turns.get_mut(&key(of, place)) {
            let mut job = self.waiting.remove(turn).expect("it waits");
            job.asks.1 = self.asks;
            turn.0.0 += 1;
            self.waiting.insert(*turn, job);
        }
    }

    /// Returns the next job if it `fits`, and whether it has probably ended.
    fn pop_if(&mut self, fits: impl FnOnce(&Job<S>) -> bool) -> Option<(Job<S>, bool)> {
        let ((Reverse(again), _), job) = self.waiting.first_entry().filter(|first| fits(first.get()))?.remove_entry();
        self.turns.remove(&key(&job.of, job.place));
        let (first, last) = job.asks;
        let late = match (last - first).checked_div(again.into()) {
            Some(usually) => LATE.0 * usually + LATE.1,
            None => LATE_FOR_THE_SECOND,
        };
        let has_ended = job.is_loop && self.asks - last > late;
        Some((job, has_ended))
    }

    /// Removes a place that would wait too long until one of this many threads reaches it.
    fn take_urgent(&mut self, of: &Weak<S>, place: S::Place, threads: u8) -> Option<S::Place> {
        if self.at_large < threads {
            return None;
        }
        let key = key(of, place);
        let turn = *self.turns.get(&key).filter(|(Reverse(again), _)| *again >= URGENT_ASKS)?;
        if self.waiting[&turn].is_large() {
            return None;
        }
        self.waiting.remove(&turn);
        self.turns.remove(&key);
        Some(place)
    }

    /// Removes all places of a module.
    fn take(&mut self, of: &Weak<S>) -> Vec<Job<S>> {
        let taken: Vec<_> = self.waiting.extract_if(.., |_, job| job.of.ptr_eq(of)).map(|(_, job)| job).collect();
        for job in &taken {
            self.turns.remove(&key(of, job.place));
        }
        taken
    }
}

/// When threads start.
pub struct Start<F> {
    /// There must have been this many asks.
    pub asks: u32,
    /// And the bodies asked for so far must be larger than this in total. Otherwise the thread that asks compiles what is
    /// waiting, and the count starts again.
    pub bytes: usize,
    /// Returns how many threads there will be.
    pub count: F,
}

/// The threads that compile in the background. They start when there is enough to compile, and end when this value is
/// dropped.
pub struct Compilers<S: Compile> {
    queue: Arc<Queue<S>>,
    threads: Mutex<Threads>,
}

enum Threads {
    /// They have yet to be started; there were this many asks.
    Wanted { asked: u32, start: Start<Box<dyn Fn() -> u8 + Send>> },
    /// This many threads are running.
    Started(u8),
}

struct Queue<S: Compile> {
    /// `None` if the threads are to end.
    jobs: Mutex<Option<Jobs<S>>>,
    changed: Condvar,
}

impl<S: Compile> Compilers<S> {
    pub fn new<F: Fn() -> u8 + Send + 'static>(start: Start<F>) -> Arc<Compilers<S>> {
        let queue = Arc::new(Queue { jobs: Mutex::new(Some(Jobs::new())), changed: Condvar::default() });
        let start = Start { asks: start.asks, bytes: start.bytes, count: Box::new(start.count) as Box<_> };
        Arc::new(Compilers { queue, threads: Mutex::new(Threads::Wanted { asked: 0, start }) })
    }

    /// Has a place compiled: a loop or the entry of a function, in a body of this many bytes. Returns what the caller
    /// must compile itself, like [`Compilers::waits`].
    pub fn push(&self, of: &Weak<S>, place: S::Place, bytes: usize, is_loop: bool) -> Vec<S::Place> {
        if let Some(jobs) = &mut *self.queue.jobs.lock() {
            jobs.push(Job { of: Weak::clone(of), place, bytes, is_loop, asks: (0, 0) });
            self.queue.changed.notify_one();
        }
        self.asked(of, None)
    }

    /// Notes another ask for a place that was pushed before: what is asked for most often is compiled first. Returns what the
    /// caller must compile itself. This is that place, if the caller can begin `at_once`, the place was asked for often and is
    /// small, and every thread is busy with something large; otherwise it is what [`Compilers::waits`] returns.
    pub fn push_again(&self, of: &Weak<S>, place: S::Place, at_once: bool) -> Vec<S::Place> {
        if let Some(jobs) = &mut *self.queue.jobs.lock() {
            jobs.push_again(of, place);
        }
        self.asked(of, at_once.then_some(place))
    }

    /// Notes an ask for code that cannot be requested yet because of something pushed before. Returns what the caller must
    /// compile itself, out of what was pushed for this module: nothing if threads do or will, and everything if it is too
    /// little for a thread or the system refuses threads.
    pub fn waits(&self, of: &Weak<S>) -> Vec<S::Place> {
        if let Some(jobs) = &mut *self.queue.jobs.lock() {
            jobs.asks += 1;
        }
        self.asked(of, None)
    }

    /// Counts an ask towards the start of the threads, and returns what the caller must compile itself, possibly the place
    /// `again`, which was pushed before.
    fn asked(&self, of: &Weak<S>, again: Option<S::Place>) -> Vec<S::Place> {
        let mut threads = self.threads.lock();
        if let Threads::Wanted { asked, start } = &mut *threads {
            *asked += 1;
            if *asked < start.asks {
                return Vec::new();
            }
            if self.queue.bytes() <= start.bytes {
                let (here, bytes) = self.queue.take(of);
                // Another thread may have pushed something since.
                (*asked, start.bytes) = (0, start.bytes.saturating_sub(bytes));
                return here;
            }
            let spawn = |_: &u8| {
                let queue = Arc::clone(&self.queue);
                let thread = thread::Builder::new().name("compiler".into()).stack_size(STACK_BYTES);
                thread.spawn(move || queue.work()).inspect(|thread| _ = run_elsewhere(thread)).is_ok()
            };
            *threads = Threads::Started((0..(start.count)()).filter(spawn).count() as u8);
        }
        match (&*threads, again) {
            (Threads::Started(0), _) => self.queue.take(of).0,
            (&Threads::Started(count), Some(place)) => {
                let urgent = self.queue.jobs.lock().as_mut().and_then(|jobs| jobs.take_urgent(of, place, count));
                urgent.into_iter().collect()
            }
            _ => Vec::new(),
        }
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
        // The module that was compiled last, and how long to wait before looking for more in it.
        let mut last: Option<(Weak<S>, Duration)> = None;
        while let Some((jobs, has_ended)) = self.next(last.as_ref().map(|&(_, wait)| wait)) {
            let is_large = jobs.first().is_some_and(Job::is_large);
            last = match (jobs.first(), last) {
                (Some(job), _) => {
                    let of = Weak::clone(&job.of);
                    // A module that no longer exists needs no code.
                    match of.upgrade() {
                        Some(module) if has_ended => module.give_up(job.place),
                        Some(module) => module.compile_all(&jobs.iter().map(|job| job.place).collect::<Vec<_>>()),
                        None => {}
                    }
                    Some((of, FIRST_LOOK))
                }
                (None, Some((of, wait))) => {
                    let found = of.upgrade().map(|module| module.look_ahead());
                    found.and_then(|found| next_look(wait, found)).map(|wait| (of, wait))
                }
                (None, None) => None,
            };
            if is_large && let Some(jobs) = &mut *self.jobs.lock() {
                jobs.at_large -= 1;
            }
        }
    }

    /// Returns the total size in bytes of the waiting bodies.
    fn bytes(&self) -> usize {
        self.jobs.lock().iter().flat_map(|jobs| jobs.waiting.values()).map(|job| job.bytes).sum()
    }

    /// Removes all places of a module, and returns them with their total size in bytes.
    fn take(&self, of: &Weak<S>) -> (Vec<S::Place>, usize) {
        let taken = self.jobs.lock().as_mut().map_or_else(Vec::new, |jobs| jobs.take(of));
        (taken.iter().map(|job| job.place).collect(), taken.iter().map(|job| job.bytes).sum())
    }

    /// Returns the next job, with those to be compiled together with it, and whether it is a loop that has probably ended.
    /// There are no jobs if none came for about as long as `wait`. `None` if the thread is to end.
    fn next(&self, wait: Option<Duration>) -> Option<(Vec<Job<S>>, bool)> {
        let mut queue = self.jobs.lock();
        while queue.as_ref()?.waiting.is_empty() {
            match wait {
                None => self.changed.wait(&mut queue),
                Some(wait) => {
                    self.changed.wait_for(&mut queue, wait);
                    if queue.as_ref()?.waiting.is_empty() {
                        return Some((Vec::new(), false));
                    }
                }
            }
        }
        let jobs = queue.as_mut()?;
        let (first, has_ended) = jobs.pop_if(|_| true)?;
        jobs.at_large += u8::from(first.is_large());
        let (of, mut total, alone) = (Weak::clone(&first.of), first.bytes, first.is_loop);
        let mut batch = vec![first];
        while let Some((job, _)) =
            jobs.pop_if(|job| !alone && !job.is_loop && job.of.ptr_eq(&of) && total + job.bytes <= BATCH)
        {
            total += job.bytes;
            batch.push(job);
        }
        Some((batch, has_ended))
    }
}

/// Returns how long to wait before the next look ahead, after a wait of this length. `None`: until there is a job.
fn next_look(wait: Duration, found: bool) -> Option<Duration> {
    let next = if found { FIRST_LOOK } else { wait * 4 };
    (next <= LAST_LOOK).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    const NOTHING: [u32; 0] = [];

    /// Records what is compiled together, how often somebody looked ahead (with success only the first two times), and what was
    /// given up.
    struct Module(Mutex<Vec<Vec<u32>>>, Condvar, AtomicU32, Mutex<Vec<u32>>);

    impl Compile for Module {
        type Place = u32;

        fn compile_all(&self, places: &[u32]) {
            self.0.lock().push(places.to_vec());
            self.1.notify_all();
        }

        fn give_up(&self, place: u32) {
            self.3.lock().push(place);
        }

        fn look_ahead(&self) -> bool {
            self.2.fetch_add(1, Ordering::Relaxed) < 2
        }
    }

    fn module() -> Arc<Module> {
        Arc::new(Module(Mutex::default(), Condvar::new(), AtomicU32::new(0), Mutex::default()))
    }

    /// Creates threads that start however little there is to compile.
    fn compilers(asks: u32, count: u8) -> Arc<Compilers<Module>> {
        Compilers::new(Start { asks, bytes: 0, count: move || count })
    }

    #[test]
    fn code_that_is_there_stays() {
        let requests = Requests::<u32, u32>::default();
        requests.answer(1, || Progress::Refused);
        requests.answer(1, || Progress::Ready(7));
        for later in [Progress::Refused, Progress::Ready(8)] {
            assert_eq!(requests.answer(1, || later), Progress::Ready(7));
            assert_eq!(requests.progress(1), Some(Progress::Ready(7)));
        }
    }

    /// A request that was given up is made again; an answer that arrived meanwhile stays.
    #[test]
    fn a_request_that_is_given_up_is_made_again() {
        let requests = Requests::<u32, u32>::default();
        requests.request(1);
        requests.forget(1);
        assert_eq!((requests.progress(1), requests.request(1)), (None, (Progress::Requested, true)));
        requests.answer(1, || Progress::Ready(7));
        requests.forget(1);
        assert_eq!(requests.progress(1), Some(Progress::Ready(7)));
    }

    #[test]
    fn of_several_that_ask_one_is_told() {
        let requests = Requests::<u32, ()>::default();
        assert_eq!(requests.request(1), (Progress::Requested, true));
        assert_eq!(requests.request(1), (Progress::Requested, false));
        requests.answer(1, || Progress::Ready(()));
        assert_eq!(requests.request(1), (Progress::Ready(()), false));
    }

    #[test]
    fn another_loop_has_to_ask_more_often() {
        let requests = Requests::<u32, ()>::default();
        assert_eq!(requests.for_loop(1, 0, false), Some(1));
        requests.request(1);
        assert_eq!(requests.for_loop(2, 0, false), None, "one at a time");
        requests.answer(1, || Progress::Ready(()));
        for _ in 1..LOOP_ASKS {
            assert_eq!(requests.for_loop(2, 0, false), None);
        }
        assert_eq!(requests.for_loop(2, 0, false), Some(2));
    }

    /// Asks for a loop this often, and checks that only the last ask requests it. All asks but the last two are only
    /// noted.
    fn asks(requests: &Requests<u32, ()>, own: u32, is_called_again: bool, asks: u32) {
        let left = asks.min(2);
        if asks > left {
            requests.known.lock().places.insert(own, Progress::Noted(asks - left));
        }
        let places: Vec<_> = (0..left).map(|_| requests.for_loop(own, 0, is_called_again)).collect();
        let expected: Vec<_> = (1..left).map(|_| None).chain([Some(own)]).collect();
        assert_eq!((places, requests.request(own)), (expected, (Progress::Requested, true)), "{own}");
    }

    /// A recursion may have as many frames as the function has loops, each of which reaches another loop.
    #[test]
    fn each_further_loop_has_to_ask_twice_as_often() {
        for is_called_again in [false, true] {
            let requests = Requests::<u32, ()>::default();
            requests.answer(0, || Progress::Ready(()));
            let first = if is_called_again { 16 } else { 1 };
            let needed = [first, 16, 32, 64, 128, 256, 512, 1024].into_iter().chain((11..19).map(|n| 1u32 << n));
            for (own, needed) in (1..).zip(needed) {
                asks(&requests, own, is_called_again, needed);
                requests.answer(own, || Progress::Ready(()));
            }
            // There are sixteen loops with code.
            for own in 17..30 {
                assert_eq!(requests.for_loop(own, 0, is_called_again), Some(own));
                assert_eq!(requests.request(own), (Progress::Refused, false));
            }
            assert_eq!(requests.with(|progress| *progress == Progress::Ready(())).len(), 17);
            // A loop that has code continues with it.
            assert_eq!((requests.for_loop(3, 0, is_called_again), requests.request(3).1), (Some(3), false));
        }
    }

    /// Only loops that have code count, not those that were given up or refused.
    #[test]
    fn loops_without_code_do_not_make_others_ask_more_often() {
        let requests = Requests::<u32, ()>::default();
        asks(&requests, 1, false, 1);
        requests.answer(1, || Progress::Ready(()));
        for own in [2, 3, 4] {
            asks(&requests, own, false, 16);
            requests.forget(own);
        }
        asks(&requests, 4, false, 1);
        requests.answer(4, || Progress::Refused);
        asks(&requests, 5, false, 16);
        requests.answer(5, || Progress::Ready(()));
        asks(&requests, 6, false, 32);
    }

    /// There is no code that execution may soon reach.
    #[test]
    fn a_loop_beside_one_without_code_is_requested_at_once() {
        for ended in [Progress::Refused, Progress::Defect] {
            let requests = Requests::<u32, ()>::default();
            assert_eq!(requests.for_loop(1, 0, false), Some(1));
            requests.request(1);
            requests.answer(1, || ended);
            assert_eq!(requests.for_loop(2, 0, false), Some(2), "{ended:?}");
        }
    }

    /// Each of them would be translated in vain, in time proportional to the size of the function.
    #[test]
    fn where_a_few_loops_were_refused_all_others_are() {
        for ended in [Progress::Refused, Progress::Defect] {
            let requests = Requests::<usize, ()>::default();
            for own in 1..=MOST_REFUSED {
                assert_eq!(requests.for_loop(own, 0, false), Some(own));
                assert_eq!(requests.request(own), (Progress::Requested, true), "{ended:?}");
                requests.answer(own, || ended);
            }
            for own in 11..20 {
                assert_eq!(requests.for_loop(own, 0, false), Some(own));
                assert_eq!(requests.request(own), (Progress::Refused, false), "{ended:?}");
            }
            // Loops of another function are not refused.
            assert_eq!(requests.for_loop(21, 20, false), Some(21));
            assert_eq!(requests.request(21), (Progress::Requested, true));
        }
    }

    /// Its entry may have code though its loops have none.
    #[test]
    fn a_function_whose_loops_are_refused_is_compiled_from_its_entry() {
        let requests = Requests::<u32, ()>::default();
        requests.answer(1, || Progress::Refused);
        assert_eq!(requests.for_loop(1, 0, false), Some(1), "it is not called again");
        assert_eq!(requests.for_loop(1, 0, true), Some(0));
        requests.answer(0, || Progress::Ready(()));
        assert_eq!(requests.for_loop(1, 0, true), Some(1));
    }

    #[test]
    fn a_function_that_is_called_again_is_compiled_from_its_entry() {
        let requests = Requests::<u32, ()>::default();
        assert_eq!(requests.for_loop(1, 0, true), Some(0));
        requests.request(0);
        assert_eq!(requests.for_loop(1, 0, true), Some(0));
        requests.answer(0, || Progress::Refused);
        assert_eq!(requests.for_loop(1, 0, true), None, "it has to ask more often");
    }

    /// Nobody can execute its code.
    #[test]
    fn a_module_that_is_gone_is_not_compiled() {
        let (gone, here) = (module(), module());
        let of = Arc::downgrade(&gone);
        let compilers = compilers(2, 1);
        assert_eq!(compilers.push(&of, 1, 1, false), NOTHING);
        drop(gone);
        assert_eq!(compilers.push(&Arc::downgrade(&here), 2, 1, false), NOTHING);
        let mut compiled = here.0.lock();
        while *compiled != [[2]] {
            assert!(!here.1.wait_for(&mut compiled, std::time::Duration::from_secs(60)).timed_out());
        }
    }

    /// Returns what is compiled after places were pushed, each with the size of its body if others can be compiled with it, and
    /// asked for again. All of that is one ask short of starting a thread; then `last` is pushed.
    fn compiled(pushed: &[(u32, Option<usize>)], again: &[u32], last: u32) -> Vec<Vec<u32>> {
        let module = module();
        let of = Arc::downgrade(&module);
        let compilers = compilers((pushed.len() + again.len() + 1) as u32, 1);
        for &(place, bytes) in pushed {
            assert_eq!(compilers.push(&of, place, bytes.unwrap_or(1), bytes.is_none()), NOTHING);
        }
        again.iter().for_each(|&place| assert_eq!(compilers.push_again(&of, place, true), NOTHING));
        assert!(matches!(&*compilers.threads.lock(), Threads::Wanted { .. }));
        assert_eq!(compilers.push(&of, last, 1, true), NOTHING);
        let mut compiled = module.0.lock();
        while compiled.iter().map(Vec::len).sum::<usize>() <= pushed.len() {
            assert!(!module.1.wait_for(&mut compiled, Duration::from_secs(60)).timed_out(), "only {compiled:?}");
        }
        compiled.clone()
    }

    #[test]
    fn what_is_asked_for_most_often_is_compiled_first() {
        let alone = [(1, None), (2, None), (3, None)];
        assert_eq!(compiled(&alone, &[], 4), [[1], [2], [3], [4]]);
        assert_eq!(compiled(&alone, &[3, 2, 3], 4), [[3], [2], [1], [4]]);
        // An ask for another module's place, or one that is not waiting, has no effect.
        assert_eq!(compiled(&alone, &[9, 2], 4), [[2], [1], [3], [4]]);
    }

    /// As many as a large module has functions, each of which asks repeatedly: a search on each ask would take hours.
    #[test]
    fn so_many_may_wait_as_there_are_functions() {
        const PLACES: u32 = 400_000;
        let (module, other) = (module(), module());
        let of = [&module, &other].map(Arc::downgrade);
        let mut jobs = Jobs::new();
        for place in 0..PLACES {
            jobs.push(Job { of: Weak::clone(&of[place as usize % 2]), place, bytes: 1, is_loop: false, asks: (0, 0) });
        }
        // The last ones ask most often, and asks under another module's name have no effect.
        for place in (0..PLACES).chain(PLACES / 2..PLACES) {
            jobs.push_again(&of[place as usize % 2], place);
            jobs.push_again(&of[1 - place as usize % 2], place);
        }
        for place in (PLACES / 2..PLACES).chain(0..100) {
            assert_eq!(jobs.pop_if(|_| true).map(|(job, _)| job.place), Some(place));
        }
        let taken: Vec<u32> = jobs.take(&of[0]).iter().map(|job| job.place).collect();
        assert!(taken.into_iter().eq((100..PLACES / 2).step_by(2)));
        assert!(jobs.pop_if(|job| job.place == 0).is_none());
        assert_eq!((jobs.waiting.len(), jobs.turns.len()), (PLACES as usize / 4 - 50, PLACES as usize / 4 - 50));
    }

    /// Returns whether a place has probably ended, given the number of asks for others before it, for it, for others between
    /// two of these, and after its last one.
    fn has_ended(is_loop: bool, before: u64, asks: u64, between: u64, after: u64) -> bool {
        let module = module();
        let of = Arc::downgrade(&module);
        let mut jobs = Jobs::new();
        let others = |jobs: &mut Jobs<Module>, count| (0..count).for_each(|_| jobs.push_again(&of, 9));
        others(&mut jobs, before);
        for ask in 0..asks {
            match ask {
                0 => jobs.push(Job { of: Weak::clone(&of), place: 1, bytes: 1, is_loop, asks: (0, 0) }),
                _ => jobs.push_again(&of, 1),
            }
            others(&mut jobs, if ask + 1 < asks { between } else { after });
        }
        let (job, has_ended) = jobs.pop_if(|_| true).unwrap();
        assert_eq!(job.place, 1);
        has_ended
    }

    #[test]
    fn a_loop_that_does_not_ask_as_usual_has_ended() {
        for (asks, between, late) in [(1, 0, 64), (5, 0, 20), (5, 9, 56), (2, 100, 420)] {
            for before in [0, 1000] {
                assert!(!has_ended(true, before, asks, between, late), "{asks} {between}");
                assert!(has_ended(true, before, asks, between, late + 1), "{asks} {between}");
                assert!(!has_ended(false, before, asks, between, 10 * late), "a function is called again");
            }
        }
    }

    /// A thread does not compile it, and continues with what comes after it.
    #[test]
    fn what_has_ended_is_given_up() {
        let module = module();
        let of = Arc::downgrade(&module);
        let compilers = compilers(60, 1);
        for place in [1, 2] {
            assert_eq!(compilers.push(&of, place, 1, true), NOTHING);
            (1..30).for_each(|_| assert_eq!(compilers.push_again(&of, place, true), NOTHING));
        }
        let mut compiled = module.0.lock();
        while compiled.is_empty() {
            assert!(!module.1.wait_for(&mut compiled, Duration::from_secs(60)).timed_out(), "nothing");
        }
        assert_eq!((&*compiled, &*module.3.lock()), (&vec![vec![2]], &vec![1]));
    }

    /// If it is still running after all, it need not ask more often than before.
    #[test]
    fn a_loop_that_was_given_up_is_no_other_loop() {
        let requests = Requests::<u32, u32>::default();
        for _ in 0..2 {
            assert_eq!(requests.for_loop(1, 0, false), Some(1));
            requests.request(1);
            requests.forget(1);
        }
        // Nothing of the function has code or will get it.
        assert_eq!(requests.for_loop(2, 0, false), Some(2));
    }

    /// Asks for code that cannot be requested count: the requested loop has ended.
    #[test]
    fn who_waits_for_a_loop_that_has_ended_tells_so() {
        let module = module();
        let of = Arc::downgrade(&module);
        let compilers = compilers(1000, 1);
        assert_eq!(compilers.push(&of, 1, 1, true), NOTHING);
        (0..65).for_each(|_| assert_eq!(compilers.waits(&of), NOTHING));
        let popped = compilers.queue.jobs.lock().as_mut().and_then(|jobs| jobs.pop_if(|_| true));
        assert!(popped.is_some_and(|(_, has_ended)| has_ended));
    }

    #[test]
    fn small_bodies_are_compiled_together() {
        let sizes = [(1, Some(BATCH - 10)), (2, Some(10)), (3, Some(1)), (4, None), (5, Some(2 * BATCH))];
        assert_eq!(compiled(&sizes, &[], 6), [vec![1, 2], vec![3], vec![4], vec![5], vec![6]]);
        assert_eq!(compiled(&sizes, &[3], 6), [vec![3, 1], vec![2], vec![4], vec![5], vec![6]]);
    }

    /// A place that waits for another one may be the only one that asks.
    #[test]
    fn threads_start_for_those_who_wait() {
        let module = module();
        let (of, compilers) = (Arc::downgrade(&module), compilers(3, 1));
        assert_eq!([compilers.push(&of, 1, 1, false), compilers.waits(&of), compilers.waits(&of)], [NOTHING; 3]);
        let mut compiled = module.0.lock();
        while compiled.is_empty() {
            assert!(!module.1.wait_for(&mut compiled, Duration::from_secs(60)).timed_out(), "nothing");
        }
    }

    /// Soon after the last job, repeatedly while there is something to find, then a few more times; and again after the next
    /// job.
    #[test]
    fn who_has_nothing_to_do_looks_ahead() {
        let module = module();
        let (of, compilers) = (Arc::downgrade(&module), compilers(1, 1));
        for (place, looks) in [(1, 2 + 4), (2, 2 + 4 + 4)] {
            assert_eq!(compilers.push(&of, place, 1, false), NOTHING);
            let start = std::time::Instant::now();
            while module.2.load(Ordering::Relaxed) < looks {
                assert!(start.elapsed() < Duration::from_secs(60), "{} looks", module.2.load(Ordering::Relaxed));
                thread::sleep(Duration::from_millis(1));
            }
        }
        assert_eq!(*module.0.lock(), [[1], [2]]);
    }

    #[test]
    fn each_look_in_vain_takes_longer_and_the_last_is_the_last() {
        let waits = std::iter::successors(Some(FIRST_LOOK), |&wait| next_look(wait, false));
        assert_eq!(waits.map(|wait| wait.as_millis()).collect::<Vec<_>>(), [5, 20, 80, 320]);
        assert_eq!(next_look(LAST_LOOK, true), Some(FIRST_LOOK));
        let exact = LAST_LOOK / 4;
        assert_eq!(
            (next_look(exact, false), next_look(exact + Duration::from_nanos(1), false)),
            (Some(LAST_LOOK), None)
        );
    }

    #[test]
    fn who_asks_is_told_that_there_are_no_threads() {
        let module = module();
        let (of, compilers) = (Arc::downgrade(&module), compilers(3, 0));
        assert_eq!(compilers.push(&of, 1, 1, false), NOTHING);
        assert_eq!(compilers.push(&of, 2, 1, false), NOTHING);
        assert_eq!(compilers.push_again(&of, 1, true), [1, 2]);
        assert_eq!(compilers.push_again(&of, 1, true), NOTHING);
        assert_eq!(compilers.push(&of, 3, 1, false), [3]);
    }

    /// Returns whether a place of this size that was asked for again this often is taken from one of two threads, of which this
    /// many are at a large body.
    fn is_urgent(bytes: usize, again: u32, at_large: u8) -> bool {
        let (module, other) = (module(), module());
        let [of, of_other] = [&module, &other].map(Arc::downgrade);
        let mut jobs = Jobs::new();
        for (place, bytes) in [(1, 1), (2, bytes), (3, 1)] {
            jobs.push(Job { of: Weak::clone(&of), place, bytes, is_loop: false, asks: (0, 0) });
        }
        (0..again).for_each(|_| jobs.push_again(&of, 2));
        (0..1000).for_each(|_| jobs.push_again(&of, 3));
        jobs.at_large = at_large;
        assert_eq!(jobs.take_urgent(&of_other, 2, 2), None, "another module's");
        assert_eq!(jobs.take_urgent(&of, 9, 2), None, "it does not wait");
        let taken = jobs.take_urgent(&of, 2, 2);
        assert!(matches!(taken, None | Some(2)), "{taken:?}");
        // A place that is taken no longer waits, and nothing else is gone.
        let left: Vec<u32> = std::iter::from_fn(|| jobs.pop_if(|_| true).map(|(job, _)| job.place)).collect();
        assert_eq!(left.contains(&2), taken.is_none());
        assert_eq!((left.contains(&1), left.contains(&3), jobs.turns.len()), (true, true, 0));
        taken.is_some()
    }

    #[test]
    fn what_is_urgent_waits_for_no_large_body() {
        assert!(is_urgent(BATCH, URGENT_ASKS, 2));
        assert!(is_urgent(1, 1000, 2));
        assert!(!is_urgent(BATCH + 1, 1000, 2), "it would take long");
        assert!(!is_urgent(BATCH, URGENT_ASKS - 1, 2), "it was not asked for often enough");
        assert!(!is_urgent(BATCH, 1000, 1), "one of the threads is about to look");
    }

    /// While the only thread is at a large body, and no longer than that.
    #[test]
    fn who_asks_compiles_what_is_urgent() {
        /// Compiles nothing while its lock is held.
        struct Held(Mutex<()>);

        impl Compile for Held {
            type Place = u32;

            fn compile_all(&self, _: &[u32]) {
                drop(self.0.lock());
            }

            fn give_up(&self, _: u32) {}

            fn look_ahead(&self) -> bool {
                false
            }
        }

        let module = Arc::new(Held(Mutex::default()));
        let of = Arc::downgrade(&module);
        let compilers = Compilers::new(Start { asks: 1, bytes: 0, count: || 1 });
        let wait_for = |at_large: u8, waiting: usize| {
            let start = std::time::Instant::now();
            let seen = || compilers.queue.jobs.lock().as_ref().map(|jobs| (jobs.at_large, jobs.waiting.len()));
            while seen() != Some((at_large, waiting)) {
                assert!(start.elapsed() < Duration::from_secs(60), "{:?}", seen());
                thread::sleep(Duration::from_millis(1));
            }
        };
        let held = module.0.lock();
        assert_eq!(compilers.push(&of, 1, BATCH + 1, false), NOTHING);
        wait_for(1, 0);
        assert_eq!(compilers.push(&of, 2, BATCH, true), NOTHING);
        (1..URGENT_ASKS).for_each(|_| assert_eq!(compilers.push_again(&of, 2, true), NOTHING));
        assert_eq!(compilers.waits(&of), NOTHING, "it waits for something else");
        assert_eq!(compilers.push_again(&of, 2, false), NOTHING, "who asks would have to wait");
        assert_eq!(compilers.push_again(&of, 2, true), [2]);
        assert_eq!(compilers.push_again(&of, 2, true), NOTHING, "it was told so");
        drop(held);
        wait_for(0, 0);
        // A small body keeps the thread equally busy, but not for long.
        let held = module.0.lock();
        assert_eq!(compilers.push(&of, 3, BATCH, false), NOTHING);
        wait_for(0, 0);
        assert_eq!(compilers.push(&of, 4, 1, false), NOTHING);
        (0..1000).for_each(|_| assert_eq!(compilers.push_again(&of, 4, true), NOTHING));
        drop(held);
    }

    #[test]
    fn who_asks_compiles_what_is_too_little_for_a_thread() {
        let [one, other] = [module(), module()];
        let [of, of_other] = [Arc::downgrade(&one), Arc::downgrade(&other)];
        let compilers = Compilers::new(Start { asks: 3, bytes: 10, count: || 1 });
        assert_eq!(compilers.push(&of, 1, 4, false), NOTHING);
        assert_eq!(compilers.push(&of_other, 9, 4, false), NOTHING);
        assert_eq!(compilers.push(&of, 2, 2, true), [1, 2]);
        // After the same number of asks it is considered again: the other module has to ask itself.
        assert_eq!([compilers.push_again(&of, 1, true), compilers.waits(&of), compilers.waits(&of)], [NOTHING; 3]);
        assert_eq!([compilers.waits(&of), compilers.waits(&of)], [NOTHING; 2]);
        assert_eq!(compilers.push_again(&of_other, 9, true), [9]);
        // Ten bytes are compiled here, so one more is for a thread.
        assert_eq!([compilers.push(&of, 3, 1, false), compilers.waits(&of)], [NOTHING; 2]);
        assert!(matches!(&*compilers.threads.lock(), Threads::Wanted { .. }));
        assert_eq!(compilers.waits(&of), NOTHING);
        assert!(matches!(&*compilers.threads.lock(), Threads::Started(1)));
        let mut compiled = one.0.lock();
        while *compiled != [[3]] {
            assert!(!one.1.wait_for(&mut compiled, Duration::from_secs(60)).timed_out(), "only {compiled:?}");
        }
        assert!(other.0.lock().is_empty());
    }
}
