//! A module whose functions begin in the interpreter, and are compiled and replaced while they run.
//!
//! A function is translated for the interpreter when it is first called. Its code counts entries and beginnings of loops;
//! once there were as many as [`Mode::passings`] says, it asks for a replacement. A function that is entered often is
//! compiled from its entry; a loop that goes on and on is compiled from its beginning, and takes over from the interpreted
//! frame in the middle of its execution. Without threads in the background, the thread that asks compiles, and the answer is
//! always the code. Otherwise the request is queued, and the function asks again from time to time.
//!
//! Compiled code is shared by all instances of the module; the record of a function changes in an instance when the function
//! asks there. Nothing is ever taken back: code lives as long as the module.

use super::adapters::AdapterSet;
use super::profile::{self, CodeSource, Published};
use super::{CompileError, Config, Dispatch, Mode, module_hash};
use crate::interp::{self, InterpCode};
use crate::jit::{self, ModuleCode, parallel};
use crate::module::{BodyIndex, BodyKind, FuncType, Module};
use crate::runtime::code::CodeObject;
use crate::runtime::compile_error::CompileLimits;
use crate::runtime::store::{Code, CompiledEntry, Passing, Replacement, first_call};
use crate::runtime::vm::VMFunc;
use parking_lot::{Condvar, Mutex};
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};

/// How often a function may be passed until it asks again for code that is being compiled.
const PATIENCE: u32 = 50;
/// A function that was entered so often at most is not called again and again.
const FEW_ENTRIES: u32 = 2;
/// The most bytes of bodies that are compiled together, which saves pages of memory.
const BATCH: usize = 32 << 10;

/// A function, or the rest of one.
type Place = (BodyIndex, Passing);

/// What has become of a request.
#[derive(Clone, Copy)]
enum Progress {
    /// It asked once, and has to ask again.
    Noted,
    Requested,
    Ready(Entry),
    /// It is over a limit of the compiler.
    Refused,
    /// The compiler panicked, or its verifier found an error.
    Defect,
}

/// The addresses of a [`CompiledEntry`].
#[derive(Clone, Copy)]
struct Entry {
    native: usize,
    array: usize,
}

impl Entry {
    fn compiled(self) -> CompiledEntry {
        CompiledEntry { native: self.native as *const u8, array: self.array as *const u8 }
    }
}

/// Machine code that was published, and its entry in lists of profilers and debuggers.
struct Object {
    /// Withdrawn before the code is freed.
    _published: Published,
    _code: Arc<CodeObject>,
}

/// See the head of this file.
pub struct TieredModule {
    this: Weak<TieredModule>,
    module: Arc<Module>,
    hash: u64,
    config: Arc<Config>,
    adapters: Arc<AdapterSet>,
    limits: CompileLimits,
    /// Bytes of memory that all code takes so far.
    kept: AtomicU64,
    compilers: Option<Arc<Compilers>>,
    /// The interpreter's code of each body that was called. Boxed, so that it does not move.
    translated: Box<[OnceLock<Box<InterpCode>>]>,
    places: Mutex<HashMap<Place, Progress>>,
    objects: Mutex<Vec<Object>>,
}

impl TieredModule {
    pub fn new(
        module: &Arc<Module>,
        config: &Arc<Config>,
        adapters: &Arc<AdapterSet>,
        compilers: Option<&Arc<Compilers>>,
        limits: CompileLimits,
    ) -> Arc<TieredModule> {
        Arc::new_cyclic(|this| TieredModule {
            this: Weak::clone(this),
            module: Arc::clone(module),
            // Only a seed reads the hash.
            hash: if config.mode == (Mode::Tiered { seed: None }) { 0 } else { module_hash(module) },
            config: Arc::clone(config),
            adapters: Arc::clone(adapters),
            // The time limit is that of making this.
            limits: CompileLimits { deadline: None, ..limits },
            kept: AtomicU64::new(0),
            compilers: compilers.map(Arc::clone),
            translated: module.bodies.iter().map(|_| OnceLock::new()).collect(),
            places: Mutex::default(),
            objects: Mutex::default(),
        })
    }

    /// The interpreter's code of a body.
    ///
    /// # Errors
    /// If it is over a limit of the interpreter.
    fn interpreted(&self, body: BodyIndex) -> Result<&InterpCode, interp::Unsupported> {
        let place = &self.translated[body.0 as usize];
        if let Some(code) = place.get() {
            return Ok(code);
        }
        let chained = self.config.dispatch.map_or(interp::CHAIN, |d| d == Dispatch::Chain);
        let code = interp::translate_with(&self.module, body, chained, &self.config, self.left().memory)?;
        code.allow_passings(self.config.mode.passings(self.hash, body.0).unwrap_or(u32::MAX));
        self.kept.fetch_add(code.bytes_with_tables() as u64, Ordering::Relaxed);
        // Another thread may have been quicker.
        Ok(place.get_or_init(|| Box::new(code)))
    }

    /// What is left for more code.
    fn left(&self) -> CompileLimits {
        self.limits.less(self.kept.load(Ordering::Relaxed))
    }

    fn progress(&self, place: Place) -> Option<Progress> {
        self.places.lock().get(&place).copied()
    }

    /// Compiles a place that was requested, and makes the result known.
    fn compile(&self, place: Place) -> Progress {
        let compiled = catch_unwind(AssertUnwindSafe(|| match place {
            (body, Passing::Entry) => self.compile_entries(&[body]).map(|entries| entries[0]),
            (body, Passing::Loop(at)) => self.compile_loop(body, at),
        }));
        let progress = match compiled {
            Ok(Ok(entry)) => Progress::Ready(entry),
            Ok(Err(CompileError::Internal(_))) | Err(_) => Progress::Defect,
            Ok(Err(_)) => Progress::Refused,
        };
        self.places.lock().insert(place, progress);
        progress
    }

    /// Compiles bodies, in ascending order.
    fn compile_entries(&self, bodies: &[BodyIndex]) -> Result<Vec<Entry>, CompileError> {
        let code = jit::compile_some(&self.module, &self.config, &mut bodies.iter().copied(), self.left())?;
        let entries = bodies.iter().map(|body| code.entries[body.0 as usize].expect("compiled")).collect::<Vec<_>>();
        let addresses = self.publish(code, &entries)?;
        let entry = |(&body, native)| Ok(Entry { native, array: self.array_entry(&self.module.body_signature(body))? });
        bodies.iter().zip(addresses).map(entry).collect()
    }

    fn compile_loop(&self, body: BodyIndex, at: u32) -> Result<Entry, CompileError> {
        let made = jit::compile_from_loop(&self.module, &self.config, body, at, self.left())?;
        let entry = made.code.entries[body.0 as usize].expect("compiled");
        let native = self.publish(made.code, &[entry])?[0];
        Ok(Entry { native, array: self.array_entry(&made.signature)? })
    }

    /// Makes code executable; the addresses of these offsets.
    fn publish(&self, code: ModuleCode, offsets: &[u32]) -> Result<Vec<usize>, CompileError> {
        let object = CodeObject::publish(&code.code, code.tables)
            .map_err(|e| CompileError::Limit(format!("address space for code: {e}")))?;
        let published = profile::publish_module(&object, CodeSource { module: &self.module, lines: &code.sources });
        let addresses = offsets.iter().map(|&at| object.address(at) as usize).collect();
        self.kept.fetch_add(code.bytes, Ordering::Relaxed);
        self.objects.lock().push(Object { _published: published, _code: object });
        Ok(addresses)
    }

    fn array_entry(&self, signature: &FuncType) -> Result<usize, CompileError> {
        let address = self.adapters.array_to_native(signature);
        Ok(address.map_err(|e| CompileError::Limit(format!("address space for adapters: {e}")))? as usize)
    }

    /// Has a place compiled, here or in the background.
    fn request(&self, place: Place) -> Progress {
        let Some(compilers) = &self.compilers else { return self.compile(place) };
        self.places.lock().insert(place, Progress::Requested);
        compilers.push(Job { module: Weak::clone(&self.this), place });
        Progress::Requested
    }

    /// Compiles these bodies together, or, if that fails, each by itself.
    fn compile_batch(&self, bodies: &mut [BodyIndex]) {
        bodies.sort_unstable_by_key(|body| body.0);
        let together = catch_unwind(AssertUnwindSafe(|| self.compile_entries(bodies)));
        match together {
            Ok(Ok(entries)) => {
                let mut places = self.places.lock();
                for (&body, entry) in bodies.iter().zip(entries) {
                    places.insert((body, Passing::Entry), Progress::Ready(entry));
                }
            }
            _ => bodies.iter().for_each(|&body| _ = self.compile((body, Passing::Entry))),
        }
    }
}

impl Code for TieredModule {
    fn module(&self) -> &Arc<Module> {
        &self.module
    }

    fn install(&self, body: BodyIndex, func: &VMFunc) {
        if let Some(Progress::Ready(entry)) = self.progress((body, Passing::Entry)) {
            return entry.compiled().install(func);
        }
        match self.translated[body.0 as usize].get() {
            Some(code) => code.install(func),
            None => func.array_entry.store(first_call as *mut _, Ordering::Release),
        }
    }

    fn prepare(&self, body: BodyIndex, func: &VMFunc) -> Result<(), CompileError> {
        match self.interpreted(body) {
            Ok(code) => code.install(func),
            Err(e) => match self.request_now((body, Passing::Entry)) {
                Progress::Ready(entry) => entry.compiled().install(func),
                _ => return Err(CompileError::Limit(e.to_string())),
            },
        }
        Ok(())
    }

    fn replacement(&self, body: BodyIndex, passing: Passing) -> Replacement {
        let code = self.translated[body.0 as usize].get().expect("it is being executed");
        if passing == Passing::Entry && !self.config.mode.replaces_at_entry(self.hash, body.0) {
            return Replacement::default();
        }
        let seeded = matches!(self.config.mode, Mode::Tiered { seed: Some(_) });
        let place = self.place_to_compile(body, passing, code.entered());
        let progress = place.and_then(|place| self.progress(place)).or_else(|| place.map(|place| self.request(place)));
        let passings = self.config.mode.passings(self.hash, body.0).unwrap_or(u32::MAX);
        let passings = match progress {
            Some(Progress::Ready(entry)) if place == Some((body, passing)) => {
                return Replacement { here: Some(entry.compiled()), entry: None };
            }
            Some(Progress::Requested) => PATIENCE,
            // Whoever looks for defects sees this one; a program goes on without the code.
            Some(Progress::Defect) if seeded || self.config.verify => {
                panic!("compiling {} failed", self.module.display_name(self.number(body)))
            }
            // It stays as it is. A loop that is not replaced goes on, and then the entry may ask.
            Some(Progress::Refused | Progress::Defect) if passing == Passing::Entry => u32::MAX,
            Some(Progress::Noted | Progress::Refused | Progress::Defect | Progress::Ready(_)) | None => {
                passings.max(PATIENCE)
            }
        };
        code.allow_passings(passings);
        let entry = match self.progress((body, Passing::Entry)) {
            Some(Progress::Ready(entry)) if !seeded => Some(entry.compiled()),
            _ => None,
        };
        Replacement { here: None, entry }
    }
}

impl TieredModule {
    /// What to compile if a function asks that was entered so often: `None` if nothing for now.
    ///
    /// A function of many short calls is compiled from its entry, and what is interpreted of it ends soon. A loop that still
    /// goes on when there is code for the entry, or whose function is not called again and again, is compiled by itself.
    fn place_to_compile(&self, body: BodyIndex, passing: Passing, entered: u32) -> Option<Place> {
        let (own, entry) = ((body, passing), (body, Passing::Entry));
        let seeded = matches!(self.config.mode, Mode::Tiered { seed: Some(_) });
        if passing == Passing::Entry || seeded || entered <= FEW_ENTRIES {
            return Some(own);
        }
        let mut places = self.places.lock();
        match (places.get(&own), places.get(&entry)) {
            (Some(Progress::Noted), _) => {
                places.remove(&own);
                Some(own)
            }
            (Some(_), _) => Some(own),
            (None, None | Some(Progress::Requested)) => Some(entry),
            (None, Some(_)) => {
                places.insert(own, Progress::Noted);
                None
            }
        }
    }
}

impl TieredModule {
    /// As [`TieredModule::request`], on this thread.
    fn request_now(&self, place: Place) -> Progress {
        match self.progress(place) {
            Some(Progress::Noted | Progress::Requested) | None => self.compile(place),
            Some(done) => done,
        }
    }

    fn number(&self, body: BodyIndex) -> u32 {
        match self.module.bodies[body.0 as usize].kind {
            BodyKind::Function(function) => function,
            BodyKind::Const(_) => u32::MAX,
        }
    }
}

/// A place to be compiled.
struct Job {
    module: Weak<TieredModule>,
    place: Place,
}

/// Threads that compile in the background. They end when this is dropped.
pub struct Compilers {
    queue: Arc<Queue>,
}

#[derive(Default)]
struct Queue {
    /// `None`: the threads shall end.
    jobs: Mutex<Option<VecDeque<Job>>>,
    changed: Condvar,
}

impl Compilers {
    /// So many threads; `None` if there is none, or the system refuses the first.
    pub fn start(threads: u8) -> Option<Arc<Compilers>> {
        let queue = Arc::new(Queue { jobs: Mutex::new(Some(VecDeque::new())), changed: Condvar::new() });
        let mut started = 0;
        for _ in 0..threads {
            let queue = Arc::clone(&queue);
            let thread = std::thread::Builder::new().name("compiler".into()).stack_size(parallel::STACK_BYTES);
            started += usize::from(thread.spawn(move || queue.work()).is_ok());
        }
        (started > 0).then(|| Arc::new(Compilers { queue }))
    }

    fn push(&self, job: Job) {
        if let Some(jobs) = &mut *self.queue.jobs.lock() {
            jobs.push_back(job);
            self.queue.changed.notify_one();
        }
    }
}

impl Drop for Compilers {
    fn drop(&mut self) {
        *self.queue.jobs.lock() = None;
        self.queue.changed.notify_all();
    }
}

impl Queue {
    fn work(&self) {
        while let Some(jobs) = self.next() {
            // A module that is gone needs no code.
            let Some(module) = jobs[0].module.upgrade() else { continue };
            match jobs[0].place {
                (_, Passing::Loop(_)) => _ = module.compile(jobs[0].place),
                (..) => module.compile_batch(&mut jobs.iter().map(|job| job.place.0).collect::<Vec<_>>()),
            }
        }
    }

    /// The next job, with those that are compiled together with it; `None` if the thread shall end.
    fn next(&self) -> Option<Vec<Job>> {
        let mut queue = self.jobs.lock();
        let first = loop {
            match queue.as_mut()?.pop_front() {
                Some(job) => break job,
                None => self.changed.wait(&mut queue),
            }
        };
        let mut batch = vec![first];
        let Some(module) = batch[0].module.upgrade() else { return Some(batch) };
        let bytes = |job: &Job| module.module.bodies[job.place.0.0 as usize].range.len();
        let mut total = bytes(&batch[0]);
        let jobs = queue.as_mut()?;
        while batch[0].place.1 == Passing::Entry
            && let Some(job) = jobs.front()
            && job.place.1 == Passing::Entry
            && job.module.ptr_eq(&batch[0].module)
            && total + bytes(job) <= BATCH
        {
            total += bytes(job);
            batch.extend(jobs.pop_front());
        }
        Some(batch)
    }
}
