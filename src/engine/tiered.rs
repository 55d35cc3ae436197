//! A module whose functions start in the interpreter, and are compiled and replaced while they run.
//!
//! A function is translated for the interpreter when it is first called. Its code counts passings: entries, and iterations
//! of loops. When there have been as many as [`Mode::passings`] says, it asks for a replacement. A function that is entered
//! often is compiled from its entry. A loop that keeps running is compiled from its start, and the code takes over from the
//! interpreted frame in the middle of its execution. Without background threads, the thread that asks compiles, and always
//! gets the code. Otherwise the request is queued, and the function asks again from time to time.
//!
//! Compiled code is shared by all instances of the module; an instance's function record changes when the function asks in
//! that instance. Nothing is ever undone: code lives as long as the module.

use super::adapters::{self, AdapterSet};
use super::background::{self, Compile, Requests};
use super::profile::{self, CodeSource, Published};
use super::{CompileError, Config, Mode, chained, module_hash, refused_late, translate};
use crate::config::profile::{FunctionProfile, Profile};
use crate::interp::InterpCode;
use crate::jit::{self, Callees, DirectCalls, LoopCode, ModuleCode};
use crate::module::{BodyIndex, BodyKind, FuncType, Module};
use crate::runtime::code::{CodeObject, FunctionKind, FunctionRange};
use crate::runtime::compile_error::{CompileLimits, Interrupt};
use crate::runtime::store::{Code, CompiledEntry, Passing, Replacement, first_call};
use crate::runtime::vm::VMFunc;
use parking_lot::{Mutex, MutexGuard};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;
use wasmparser::{BinaryReader, Operator, OperatorsReader};

/// The number of passings before a function asks again for code that is being compiled.
const PATIENCE: u32 = 50;
/// A function that needs more passings before it first asks waits for more here, too: for this fraction of them. So a function
/// that asks more often has more to gain for its size, and is compiled earlier.
const PART: u32 = 20;
/// When a function has made this fraction of its passings, a thread with nothing to compile expects it to make the rest, and
/// has it ask at its next passing.
const SOME: u32 = 8;
/// The maximum number of bytes of bodies that a thread has ask each time it looks ahead, unless a single body is
/// larger.
const AHEAD: usize = 4 << 10;
/// A function entered at most this often does not count as called repeatedly.
const FEW_ENTRIES: u32 = 2;
/// A function entered more often than this is compiled from its entry even if there is code for its loop.
const MANY_ENTRIES: u32 = 32;

/// The bytes of memory that a place takes besides its code: its status, records that lead to it, a code object.
const BYTES_PER_PLACE: u64 = 512;
/// How long a thread waits for its turn to compile before it checks for an interrupt.
const TURN: Duration = Duration::from_millis(10);

/// A function, or the rest of a function from a loop on.
type Place = (BodyIndex, Passing);

type Progress = background::Progress<Entry>;

/// The compiler threads of an engine.
pub type Compilers = background::Compilers<TieredModule>;

/// The addresses of a [`CompiledEntry`].
#[derive(Clone, Copy, PartialEq)]
struct Entry {
    native: usize,
    array: usize,
}

impl Entry {
    fn compiled(self) -> CompiledEntry {
        CompiledEntry { native: self.native as *const u8, array: self.array as *const u8 }
    }
}

/// Published machine code, and its entry in the lists of profilers and debuggers.
struct Object {
    /// Withdrawn before the code is freed.
    _published: Published,
    _code: Arc<CodeObject>,
}

/// See the module documentation.
pub struct TieredModule {
    this: Weak<TieredModule>,
    module: Arc<Module>,
    hash: u64,
    config: Arc<Config>,
    adapters: Arc<AdapterSet>,
    limits: CompileLimits<'static>,
    /// The bytes of memory that all code takes so far.
    kept: AtomicU64,
    /// If memory is limited, held by the thread that compiles: what is left depends on what the others take.
    turn: Mutex<()>,
    compilers: Option<Arc<Compilers>>,
    /// The interpreter's code of each body that was called, boxed so that it does not move.
    translated: Box<[OnceLock<Box<InterpCode>>]>,
    /// For each body, whether it has ever asked.
    asked: Box<[AtomicBool]>,
    requests: Requests<Place, Entry>,
    /// The profiles of bodies that are no longer watched, by function index.
    seen: Mutex<BTreeMap<u32, Arc<FunctionProfile>>>,
    /// For each body, the native entry of its code, for direct calls; 0 if there is none.
    natives: Arc<[AtomicUsize]>,
    objects: Mutex<Vec<Object>>,
}

impl TieredModule {
    pub fn new(
        module: &Arc<Module>,
        config: &Arc<Config>,
        adapters: &Arc<AdapterSet>,
        compilers: Option<&Arc<Compilers>>,
        limits: CompileLimits<'_>,
    ) -> Arc<TieredModule> {
        adapters.prepare(module, limits);
        Arc::new_cyclic(|this| TieredModule {
            this: Weak::clone(this),
            module: Arc::clone(module),
            // Only a seed, a selection and a profile for others use the hash.
            hash: match **config {
                Config {
                    mode: Mode::Tiered { seed: None },
                    only: None,
                    places: None,
                    profile: None,
                    watch_all: false,
                    ..
                } => 0,
                _ => module_hash(module),
            },
            config: Arc::clone(config),
            adapters: Arc::clone(adapters),
            // The time limit applies only to this constructor.
            limits: CompileLimits { memory: limits.memory, ..CompileLimits::default() },
            kept: AtomicU64::new(0),
            turn: Mutex::new(()),
            compilers: compilers.map(Arc::clone),
            translated: module.bodies.iter().map(|_| OnceLock::new()).collect(),
            asked: module.bodies.iter().map(|_| AtomicBool::new(false)).collect(),
            requests: Requests::default(),
            seen: Mutex::default(),
            natives: module.bodies.iter().map(|_| AtomicUsize::new(0)).collect(),
            objects: Mutex::default(),
        })
    }

    /// Returns the interpreter's code of a body, translating it if necessary, until an interrupt.
    ///
    /// # Errors
    /// As [`translate`]; `Timeout` if interrupted.
    fn interpreted(&self, body: BodyIndex, interrupt: Option<Interrupt<'_>>) -> Result<&InterpCode, CompileError> {
        let place = &self.translated[body.0 as usize];
        if let Some(code) = place.get() {
            return Ok(code);
        }
        let code = translate(&self.module, body, &self.config, self.left_until(interrupt))?;
        code.allow_passings(self.passings(body).map_or(u32::MAX, |n| n - self.watched(body)));
        // Another thread may have been faster.
        let code = place.get_or_init(|| {
            self.kept.fetch_add(code.bytes_with_tables() as u64, Ordering::Relaxed);
            Box::new(code)
        });
        if self.config.watch_all {
            self.watch(body, code);
        }
        Ok(code)
    }

    fn bytes(&self, body: BodyIndex) -> usize {
        self.module.bodies[body.0 as usize].range.len()
    }

    /// Returns for how many passings a body is interpreted; `None` if always.
    fn passings(&self, body: BodyIndex) -> Option<u32> {
        self.config.mode.passings(self.hash, body.0, self.bytes(body))
    }

    /// Returns for how many of its passings a body is watched.
    fn watched(&self, body: BodyIndex) -> u32 {
        let mode = self.config.mode;
        // Constant expressions have no branches.
        if self.number(body) == u32::MAX || !chained(&self.config) {
            return 0;
        }
        match self.config.profile {
            None if self.config.watch_all => self.passings(body).unwrap_or(0),
            None => mode.watched(self.hash, body.0),
            Some(_) => 0,
        }
    }

    /// Has the interpreter watch a body from now on, unless it has already been watched. Returns whether watching
    /// begins.
    fn watch(&self, body: BodyIndex, code: &InterpCode) -> bool {
        let passings = self.watched(body);
        let fits = self.left().memory.is_none_or(|left| left >= code.bytes_to_watch() as u64);
        let begins = passings > 0 && fits && code.can_be_watched();
        if begins && code.begin_to_watch(passings) {
            self.kept.fetch_add(code.bytes_to_watch() as u64, Ordering::Relaxed);
        }
        begins
    }

    /// Stops watching a body and keeps its profile.
    fn watch_no_more(&self, body: BodyIndex, code: &InterpCode) {
        if let Some(seen) = code.watch_no_more() {
            // If a seed decides, a few passings must have an effect.
            let chosen = self.config.mode != (Mode::Tiered { seed: None });
            let seen = if chosen { seen.times(100) } else { seen };
            self.seen.lock().insert(self.number(body), Arc::new(seen));
        }
    }

    /// Returns the configuration for compiling these bodies, which includes their profiles.
    fn config_for(&self, bodies: &[BodyIndex]) -> Cow<'_, Config> {
        let seen = self.seen.lock();
        let known = |&body: &BodyIndex| seen.get_key_value(&self.number(body)).map(|(&f, seen)| (f, Arc::clone(seen)));
        let functions: BTreeMap<_, _> = bodies.iter().filter_map(known).collect();
        if functions.is_empty() {
            return Cow::Borrowed(&self.config);
        }
        let profile = Some(Arc::new(Profile { module: self.hash, functions }));
        Cow::Owned(Config { profile, ..Config::clone(&self.config) })
    }

    /// Returns the limits that remain for more code.
    fn left(&self) -> CompileLimits<'static> {
        self.limits.less(self.kept.load(Ordering::Relaxed))
    }

    /// Like `left`, for code that somebody waits for until an interrupt.
    fn left_until<'a>(&self, interrupt: Option<Interrupt<'a>>) -> CompileLimits<'a> {
        CompileLimits { interrupt, ..self.left() }
    }

    /// If memory is limited, waits until no other thread compiles.
    ///
    /// # Errors
    /// `Timeout` if interrupted.
    fn turn(&self, interrupt: Option<Interrupt<'_>>) -> Result<Option<MutexGuard<'_, ()>>, CompileError> {
        if self.limits.memory.is_none() {
            return Ok(None);
        }
        loop {
            if let Some(turn) = self.turn.try_lock_for(TURN) {
                return Ok(Some(turn));
            }
            self.left_until(interrupt).check_time()?;
        }
    }

    /// Compiles a requested place and records the result; `None` if it was interrupted.
    fn compile(&self, place: Place, interrupt: Option<Interrupt<'_>>) -> Option<Progress> {
        let compiled = catch_unwind(AssertUnwindSafe(|| match place {
            (body, Passing::Entry) => self.compile_entries(&[body], interrupt).map(|entries| entries[0]),
            (body, Passing::Loop(at)) => self.compile_loop(body, at, interrupt),
        }));
        let progress = match compiled {
            Ok(Ok(entry)) => Progress::Ready(entry),
            Ok(Err(CompileError::Timeout)) => return None,
            Ok(Err(CompileError::Internal(_))) | Err(_) => Progress::Defect,
            Ok(Err(_)) => Progress::Refused,
        };
        Some(self.requests.answer(place, || progress))
    }

    /// Compiles bodies, in ascending order.
    fn compile_entries(
        &self,
        bodies: &[BodyIndex],
        interrupt: Option<Interrupt<'_>>,
    ) -> Result<Vec<Entry>, CompileError> {
        let _turn = self.turn(interrupt)?;
        let config = self.config_for(bodies);
        let addresses = self.publish(bodies, &|direct| {
            jit::compile_some(&self.module, &config, &mut bodies.iter().copied(), direct, self.left_until(interrupt))
        })?;
        let entry = |(&body, native)| Ok(Entry { native, array: self.array_entry(&self.module.body_signature(body))? });
        let entries = bodies.iter().zip(addresses).map(entry).collect::<Result<Vec<Entry>, CompileError>>()?;
        for (body, entry) in bodies.iter().zip(&entries) {
            self.natives[body.0 as usize].store(entry.native, Ordering::Release);
        }
        Ok(entries)
    }

    /// Compiles the rest of a body from a loop on. The code includes its adapter, since hardly any other function has the same
    /// signature.
    fn compile_loop(&self, body: BodyIndex, at: u32, interrupt: Option<Interrupt<'_>>) -> Result<Entry, CompileError> {
        let _turn = self.turn(interrupt)?;
        let config = self.config_for(&[body]);
        let addresses = self.publish(&[], &|direct| {
            let limits = self.left_until(interrupt);
            let LoopCode { mut code, signature } =
                jit::compile_from_loop(&self.module, &config, body, at, direct, limits)?;
            let adapter = self.adapters.array_to_native_code(&signature);
            code.code.resize(code.code.len().next_multiple_of(adapters::ALIGNMENT), 0);
            let start = code.code.len() as u32;
            code.code.extend_from_slice(&adapter);
            let end = code.code.len() as u32;
            code.tables.functions.push(FunctionRange { start, end, kind: FunctionKind::Adapter });
            // Published code is copied one more time.
            code.bytes += 2 * adapter.len() as u64;
            Ok(code)
        })?;
        Ok(Entry { native: addresses[0], array: addresses[1] })
    }

    /// Compiles code, makes it executable, and returns the addresses of its functions. The code directly calls these
    /// bodies, whose entries it contains, and those that already have code.
    fn publish(
        &self,
        bodies: &[BodyIndex],
        compile: &dyn Fn(DirectCalls) -> Result<ModuleCode, CompileError>,
    ) -> Result<Vec<usize>, CompileError> {
        let mut direct = match self.config.trace_calls {
            // Calls go through records, which lead to the tracer.
            true => DirectCalls::No,
            false => DirectCalls::To(Arc::new(Callees {
                beside: bodies.iter().map(|body| body.0).collect(),
                outside: Arc::clone(&self.natives),
            })),
        };
        loop {
            let code = compile(direct)?;
            let offsets: Vec<u32> = code.tables.functions.iter().map(|function| function.start).collect();
            let pages = CodeObject::bytes_of_pages(code.code.len()) as u64;
            let bytes = code.bytes.max(pages) + BYTES_PER_PLACE * offsets.len() as u64;
            self.left().check_memory(bytes, || format!("code of {} bytes", code.code.len()))?;
            let link = |base, bytes: &mut [u8]| jit::link_at(&self.config, base, bytes, &code.outside);
            let object = CodeObject::publish_linked(&code.code, code.tables, link)
                .map_err(|e| CompileError::Limit(format!("address space for code: {e}")))?;
            let Some(object) = object else {
                // Some code is too far away for a direct call.
                direct = DirectCalls::No;
                continue;
            };
            let published = profile::publish_module(&object, CodeSource { module: &self.module, lines: &code.sources });
            let addresses = offsets.into_iter().map(|at| object.address(at) as usize).collect();
            self.kept.fetch_add(bytes, Ordering::Relaxed);
            self.objects.lock().push(Object { _published: published, _code: object });
            return Ok(addresses);
        }
    }

    fn array_entry(&self, signature: &FuncType) -> Result<usize, CompileError> {
        let address = self.adapters.array_to_native(signature);
        Ok(address.map_err(|e| CompileError::Limit(format!("address space for adapters: {e}")))? as usize)
    }

    /// Returns the status of a place. If nothing is known about it, has it compiled: in the background, or here until an
    /// interrupt. `None` if it was interrupted.
    fn request(&self, place: Place, interrupt: Interrupt<'_>) -> Option<Progress> {
        let Some(compilers) = &self.compilers else { return self.request_now(place, interrupt) };
        let (progress, first) = self.requests.request(place);
        let here = match progress {
            _ if first => compilers.push(&self.this, place, self.bytes(place.0), place.1 != Passing::Entry),
            // If memory is limited, the executing thread would wait for the turn that a compiler thread has.
            Progress::Requested => compilers.push_again(&self.this, place, self.limits.memory.is_none()),
            _ => Vec::new(),
        };
        if here.is_empty() {
            return Some(progress);
        }
        self.compile_places(&here, Some(interrupt));
        self.requests.progress(place)
    }

    /// Compiles requested places and answers their requests. After an interrupt they can be requested again.
    fn compile_places(&self, places: &[Place], interrupt: Option<Interrupt<'_>>) {
        let (entries, loops): (Vec<Place>, Vec<Place>) = places.iter().partition(|place| place.1 == Passing::Entry);
        if !entries.is_empty() {
            self.compile_batch(&mut entries.iter().map(|place| place.0).collect::<Vec<_>>(), interrupt);
        }
        loops.into_iter().for_each(|place| self.compile_alone(place, interrupt));
    }

    fn compile_alone(&self, place: Place, interrupt: Option<Interrupt<'_>>) {
        if self.compile(place, interrupt).is_none() {
            self.requests.forget(place);
        }
    }

    /// Compiles these bodies together or, if that fails, individually.
    fn compile_batch(&self, bodies: &mut [BodyIndex], interrupt: Option<Interrupt<'_>>) {
        bodies.sort_unstable_by_key(|body| body.0);
        let together = catch_unwind(AssertUnwindSafe(|| self.compile_entries(bodies, interrupt)));
        match together {
            Ok(Ok(entries)) => {
                for (&body, entry) in bodies.iter().zip(entries) {
                    self.requests.answer((body, Passing::Entry), || Progress::Ready(entry));
                }
            }
            _ => bodies.iter().for_each(|&body| self.compile_alone((body, Passing::Entry), interrupt)),
        }
    }
}

impl Code for TieredModule {
    fn module(&self) -> &Arc<Module> {
        &self.module
    }

    fn install(&self, body: BodyIndex, func: &VMFunc) {
        if let Some(Progress::Ready(entry)) = self.requests.progress((body, Passing::Entry)) {
            return entry.compiled().install(func);
        }
        match self.translated[body.0 as usize].get() {
            Some(code) => code.current().install(func),
            None => func.array_entry.publish(first_call as *mut _),
        }
    }

    fn prepare(&self, body: BodyIndex, func: &VMFunc, interrupt: Interrupt<'_>) -> Result<(), CompileError> {
        self.module.validate_body(body, &|| interrupt.is_requested()).map_err(refused_late)?;
        match self.interpreted(body, Some(interrupt)) {
            Ok(code) => code.current().install(func),
            Err(CompileError::Timeout) => return Err(CompileError::Timeout),
            Err(e) => match self.request_now((body, Passing::Entry), interrupt) {
                Some(Progress::Ready(entry)) => entry.compiled().install(func),
                Some(_) => return Err(e),
                None => return Err(CompileError::Timeout),
            },
        }
        Ok(())
    }

    /// This is fast because tools that pack memories create tens of thousands of segments, each with an offset
    /// expression.
    fn constant(&self, body: BodyIndex) -> Option<u64> {
        let range = self.module.bodies[body.0 as usize].range.clone();
        let mut operators =
            OperatorsReader::new(BinaryReader::new(&self.module.bytes[range.clone()], range.start as u64));
        match (operators.read().ok()?, operators.read().ok()?) {
            (Operator::I32Const { value }, Operator::End) => Some(u64::from(value as u32)),
            (Operator::I64Const { value }, Operator::End) => Some(value as u64),
            _ => None,
        }
    }

    fn replacement(&self, body: BodyIndex, passing: Passing, interrupt: Interrupt<'_>) -> Replacement {
        let code = self.translated[body.0 as usize].get().expect("it is being executed");
        self.asked[body.0 as usize].store(true, Ordering::Relaxed);
        if !self.replaces((body, passing)) {
            return Replacement::default();
        }
        let bytecode = |code: &InterpCode| Some(code.current().address());
        if self.watch(body, code) || code.is_watched_on() {
            return Replacement { bytecode: bytecode(code), ..Replacement::default() };
        }
        self.watch_no_more(body, code);
        let chosen = self.config.mode != (Mode::Tiered { seed: None });
        let place = self.place_to_compile(body, passing, code.entered());
        let progress = place.and_then(|place| self.request(place, interrupt));
        if let (None, Some(compilers)) = (place, &self.compilers) {
            self.compile_places(&compilers.waits(&self.this), Some(interrupt));
        }
        let passings = self.passings(body).unwrap_or(u32::MAX);
        let patience = PATIENCE.max(passings / PART);
        let passings = match progress {
            Some(Progress::Ready(here)) if place == Some((body, passing)) => {
                // Calls that reach the loop do not ask for its code again, and the entry's code may be better.
                let later = !chosen && passing != Passing::Entry && code.entered() > MANY_ENTRIES;
                let entry = if later { self.request((body, Passing::Entry), interrupt) } else { None };
                let entry = if let Some(Progress::Ready(entry)) = entry { Some(entry.compiled()) } else { None };
                return Replacement { here: Some(here.compiled()), entry, bytecode: bytecode(code) };
            }
            Some(Progress::Requested) | None => patience,
            // Whoever looks for defects must see this one; an ordinary program continues without the code.
            Some(Progress::Defect) if chosen || self.config.verify => {
                let name = self.module.display_name(self.number(body));
                panic!("compiling {} failed", name.escape_debug())
            }
            // It stays interpreted. A loop that is not replaced keeps counting, so that the entry may ask later.
            Some(Progress::Refused | Progress::Defect) if passing == Passing::Entry => u32::MAX,
            Some(Progress::Noted(_) | Progress::Refused | Progress::Defect | Progress::Ready(_)) => {
                passings.max(PATIENCE)
            }
        };
        code.allow_passings(passings);
        let entry = match self.requests.progress((body, Passing::Entry)) {
            Some(Progress::Ready(entry)) if !chosen => Some(entry.compiled()),
            _ => None,
        };
        Replacement { here: None, entry, bytecode: bytecode(code) }
    }

    fn seen(&self) -> Option<Profile> {
        let mut functions = self.seen.lock().clone();
        for (body, code) in (0..).map(BodyIndex).zip(&self.translated) {
            if let Some(seen) = code.get().and_then(|code| code.seen_so_far()) {
                functions.entry(self.number(body)).or_insert_with(|| Arc::new(seen));
            }
        }
        Some(Profile { module: self.hash, functions })
    }

    fn defects(&self) -> Vec<String> {
        let failed = self.requests.with(|progress| matches!(progress, Progress::Defect));
        failed.into_iter().map(|(body, _)| self.module.display_name(self.number(body))).collect()
    }
}

impl TieredModule {
    /// Returns what to compile when a function that has been entered `entered` times asks; `None` if nothing for now.
    ///
    /// A function with many short calls is compiled from its entry, since its interpreted frames end soon. A loop is
    /// compiled by itself if it is still running when there is code for the entry, or if its function is not called
    /// repeatedly.
    fn place_to_compile(&self, body: BodyIndex, passing: Passing, entered: u32) -> Option<Place> {
        let (own, entry) = ((body, passing), (body, Passing::Entry));
        let chosen = self.config.mode != (Mode::Tiered { seed: None }) || self.config.places.is_some();
        if passing == Passing::Entry || chosen {
            return Some(own);
        }
        self.requests.for_loop(own, entry, entered > FEW_ENTRIES)
    }

    /// Returns whether a function may be replaced at a place. If it may not, it asks again at the next place.
    fn replaces(&self, (body, passing): Place) -> bool {
        let at = match passing {
            Passing::Entry => None,
            Passing::Loop(at) => Some(at),
        };
        let Config { mode, only, places, .. } = &*self.config;
        only.as_ref().is_none_or(|only| only.contains(self.hash, body.0))
            && places.as_ref().is_none_or(|places| places.contains(self.hash, body.0, at))
            && (at.is_some() || mode.replaces_at_entry(self.hash, body.0))
    }
}

impl Compile for TieredModule {
    type Place = Place;

    fn compile_all(&self, places: &[Place]) {
        self.compile_places(places, None);
    }

    fn give_up(&self, place: Place) {
        self.requests.forget(place);
    }

    fn look_ahead(&self) -> bool {
        // The seed decides when code arrives.
        if self.config.mode != (Mode::Tiered { seed: None }) {
            return false;
        }
        // For each function that has not asked but is on its way: the fraction of its passings that is left, in
        // thousandths.
        let on_its_way = |(index, code): (usize, &OnceLock<Box<InterpCode>>)| {
            let (body, code) = (BodyIndex(index as u32), code.get()?);
            let all = self.passings(body)? - self.watched(body);
            let left = code.passings_left();
            let passed = all.checked_sub(left)?;
            let is_on_its_way = left > 0 && passed >= all / SOME && !self.asked[index].load(Ordering::Relaxed);
            is_on_its_way.then(|| (u64::from(left) * 1000 / u64::from(all), body))
        };
        let mut ahead: Vec<_> = self.translated.iter().enumerate().filter_map(on_its_way).collect();
        ahead.sort_unstable_by_key(|&(left, body)| (left, body.0));
        let mut bytes = 0;
        for (place, &(_, body)) in ahead.iter().enumerate() {
            bytes += self.bytes(body);
            if place > 0 && bytes > AHEAD {
                break;
            }
            // A thread that is just counting a passing may overwrite this. The next look then finds the function again.
            self.translated[body.0 as usize].get().expect("translated").allow_passings(0);
        }
        !ahead.is_empty()
    }
}

impl TieredModule {
    /// Like [`TieredModule::request`], but compiles on this thread.
    fn request_now(&self, place: Place, interrupt: Interrupt<'_>) -> Option<Progress> {
        match self.requests.progress(place) {
            Some(Progress::Noted(_) | Progress::Requested) | None => self.compile(place, Some(interrupt)),
            done => done,
        }
    }

    fn number(&self, body: BodyIndex) -> u32 {
        match self.module.bodies[body.0 as usize].kind {
            BodyKind::Function(function) => function,
            BodyKind::Const(_) => u32::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::profile::Seen;
    use crate::engine::{Dispatch, Engine, Limits};
    use crate::runtime::stacks::limit::{INTERRUPTED, StackLimit};
    use crate::runtime::store::Extern;
    use crate::runtime::sys::cpu;

    /// Returns what a loop gets that asks after its function was entered this often: code for itself, and for the entry. The
    /// last ask counts.
    fn loop_gets(entered: &[u32]) -> [bool; 2] {
        let text = r#"(module (func (export "f") (loop $l (br_if $l (i32.const 0)))))"#;
        let module =
            Arc::new(Module::new(&wat::parse_str(text).unwrap(), crate::module::WasmFeatures::default()).unwrap());
        // With this dispatcher, nothing is watched first.
        let config = Config { mode: Mode::Tiered { seed: None }, dispatch: Some(Dispatch::Loop), ..Config::default() };
        let engine = Engine::new(Config { compile_threads: Some(0), ..config }).unwrap();
        let code = TieredModule::new(&module, &engine.config, &engine.adapters(), None, CompileLimits::default());
        let mut store = engine.store(Limits::default());
        let id = store.instantiate(Arc::clone(&code) as Arc<dyn Code>, &[]).unwrap();
        let Some(Extern::Func(f)) = store.export(id, "f") else { panic!("no function") };
        let running = StackLimit::new(0);
        let (mut calls, mut got) = (0, [false; 2]);
        for &entered in entered {
            while calls < entered {
                store.call(f, &[]).unwrap();
                calls += 1;
            }
            let passing = Passing::Loop(module.loops(BodyIndex(0))[0]);
            let Replacement { here, entry, .. } = code.replacement(BodyIndex(0), passing, Interrupt::new(&running));
            got = [here.is_some(), entry.is_some()];
        }
        got
    }

    #[test]
    fn what_a_loop_gets_depends_on_how_often_its_function_was_entered() {
        if !cpu::RUNS_NATIVE_CODE {
            return;
        }
        assert_eq!(loop_gets(&[1]), [true, false]);
        assert_eq!(loop_gets(&[FEW_ENTRIES]), [true, false]);
        assert_eq!(loop_gets(&[FEW_ENTRIES + 1]), [false, true], "the function is called again and again");
        // The loop has its own code and continues with it; later calls then use the entry's.
        assert_eq!(loop_gets(&[1, MANY_ENTRIES]), [true, false]);
        assert_eq!(loop_gets(&[1, MANY_ENTRIES + 1]), [true, true]);
    }

    /// A function that waits for code asks again after fifty passings, or after a twentieth of those before it first
    /// asked.
    #[test]
    fn who_waits_asks_again() {
        if !cpu::RUNS_NATIVE_CODE {
            return;
        }
        for (nops, passings, again) in [(0, 1000, 50), (2060, 2000, 100), (4110, 4000, 200)] {
            let text = format!("(module (func (if (i32.const 0) (then {}))))", "nop ".repeat(nops));
            let module = Module::new(&wat::parse_str(text).unwrap(), crate::module::WasmFeatures::default()).unwrap();
            let config =
                Config { mode: Mode::Tiered { seed: None }, dispatch: Some(Dispatch::Loop), ..Config::default() };
            let engine = Engine::new(config).unwrap();
            // The threads start much later.
            let compilers = Compilers::new(background::Start { asks: 1000, bytes: 0, count: || 0 });
            let limits = CompileLimits::default();
            let code =
                TieredModule::new(&Arc::new(module), &engine.config, &engine.adapters(), Some(&compilers), limits);
            let translated = code.interpreted(BodyIndex(0), None).unwrap();
            assert_eq!(translated.passings_left(), passings);
            let running = StackLimit::new(0);
            for _ in 0..2 {
                let got = code.replacement(BodyIndex(0), Passing::Entry, Interrupt::new(&running));
                assert!(got.here.is_none() && got.entry.is_none());
                assert_eq!(translated.passings_left(), again);
            }
        }
    }

    fn tiered(text: &str, engine: &Engine) -> Arc<TieredModule> {
        let module = Module::new(&wat::parse_str(text).unwrap(), crate::module::WasmFeatures::default()).unwrap();
        TieredModule::new(&Arc::new(module), &engine.config, &engine.adapters(), None, CompileLimits::default())
    }

    /// Nothing is watched first if the dispatcher is a loop.
    fn without_watching() -> Engine {
        let config = Config { mode: Mode::Tiered { seed: None }, dispatch: Some(Dispatch::Loop), ..Config::default() };
        Engine::new(Config { compile_threads: Some(0), ..config }).unwrap()
    }

    /// A passing that counts for several never takes more than are left.
    #[test]
    fn heavy_passings_take_what_is_left() {
        if !cpu::RUNS_NATIVE_CODE {
            return;
        }
        let body = "(local.set 1 (i32.add (local.get 1) (local.get 0)))".repeat(700);
        let text = format!(
            r#"(module (func (export "f") (param i32 i32) (loop $l {body}
                 (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#
        );
        let engine = without_watching();
        let code = tiered(&text, &engine);
        let all = code.passings(BodyIndex(0)).expect("it is counted");
        let mut store = engine.store(Limits::default());
        let id = store.instantiate(Arc::clone(&code) as Arc<dyn Code>, &[]).unwrap();
        let Some(Extern::Func(f)) = store.export(id, "f") else { panic!("no function") };
        let is_compiled = || code.natives[0].load(Ordering::Relaxed) != 0;
        let mut calls = 0;
        while !is_compiled() {
            store.call(f, &[crate::runtime::value::Val::I32(1), crate::runtime::value::Val::I32(0)]).unwrap();
            calls += 1;
            let left = code.interpreted(BodyIndex(0), None).unwrap().passings_left();
            assert!(left <= all, "{left} of {all} after {calls} calls");
        }
        assert!(calls > 1 && calls < all / 4, "{calls} calls of {all} passings");
    }

    /// The translation of a large function stops at an interrupt. It is translated when it is called again.
    #[test]
    fn translating_at_a_first_call_is_interrupted() {
        if !cpu::RUNS_NATIVE_CODE {
            return;
        }
        let code = tiered(&format!("(module (func {}))", "(nop)".repeat(10_000)), &without_watching());
        let (running, interrupted) = (StackLimit::new(0), StackLimit::new(INTERRUPTED));
        let translated = |limit| code.interpreted(BodyIndex(0), Some(Interrupt::new(limit))).map(drop);
        let given_up = [translated(&interrupted), translated(&interrupted)];
        assert!(given_up.iter().all(|end| matches!(end, Err(CompileError::Timeout))), "{given_up:?}");
        assert!(code.translated[0].get().is_none());
        assert_eq!(translated(&running), Ok(()));
        assert_eq!(translated(&interrupted), Ok(()), "it is translated");
    }

    /// A loop that cannot be compiled asks again after as many passings as before it first asked.
    #[test]
    fn a_loop_that_is_refused_goes_on_as_long() {
        if !cpu::RUNS_NATIVE_CODE {
            return;
        }
        let engine = without_watching();
        let code = tiered(
            &format!("(module (func (local {}) (loop $l (br_if $l (i32.const 0)))))", "i32 ".repeat(1001)),
            &engine,
        );
        let translated = code.interpreted(BodyIndex(0), None).unwrap();
        let (passings, running) = (translated.passings_left(), StackLimit::new(0));
        assert!(passings > PATIENCE);
        translated.allow_passings(0);
        let at = Passing::Loop(code.module.loops(BodyIndex(0))[0]);
        let got = code.replacement(BodyIndex(0), at, Interrupt::new(&running));
        assert!(got.here.is_none() && got.entry.is_none());
        assert_eq!(translated.passings_left(), passings);
    }

    /// After three loops of a function are refused, no other is translated: a thread that compiled one on request would end at
    /// the interrupt.
    #[test]
    fn a_body_that_is_refused_is_not_translated_for_each_of_its_loops() {
        if !cpu::RUNS_NATIVE_CODE {
            return;
        }
        let engine = without_watching();
        let loops = "(loop $l (br_if $l (i32.const 0)))".repeat(6);
        let code = tiered(&format!("(module (func (local {}) {loops}))", "i32 ".repeat(1001)), &engine);
        let translated = code.interpreted(BodyIndex(0), None).unwrap();
        let (passings, patience) = (translated.passings_left(), PATIENCE.max(translated.passings_left() / PART));
        assert!(passings > patience);
        let at = code.module.loops(BodyIndex(0));
        // Returns for how many more passings the loop runs.
        let asks = |at, word| {
            let limit = StackLimit::new(word);
            let got = code.replacement(BodyIndex(0), Passing::Loop(at), Interrupt::new(&limit));
            assert!(got.here.is_none() && got.entry.is_none());
            translated.passings_left()
        };
        for &at in &at[..3] {
            assert_eq!([asks(at, INTERRUPTED), asks(at, 0)], [patience, passings], "it is translated");
        }
        for &at in &at[3..] {
            assert_eq!([asks(at, INTERRUPTED), asks(at, 0)], [passings; 2], "it is not");
        }
        assert_eq!(code.requests.with(|progress| *progress == Progress::Refused).len(), 6);
    }

    /// Each loop asks equally often, one after another, as in the frames of a recursion. Code is made for the first, for those
    /// that ask sixteen and thirty-two times, and for no more.
    #[test]
    fn what_begins_at_loops_is_not_compiled_for_each_of_many() {
        if !cpu::RUNS_NATIVE_CODE {
            return;
        }
        let engine = without_watching();
        let code = tiered(&format!("(module (func {}))", "(loop $l (br_if $l (i32.const 0)))".repeat(30)), &engine);
        code.interpreted(BodyIndex(0), None).unwrap();
        let running = StackLimit::new(0);
        let has_code = |at: u32| {
            let ask = || code.replacement(BodyIndex(0), Passing::Loop(at), Interrupt::new(&running)).here.is_some();
            (0..40).any(|_| ask())
        };
        let with_code: Vec<bool> = code.module.loops(BodyIndex(0)).into_iter().map(has_code).collect();
        assert_eq!(with_code, [[true; 3].as_slice(), &[false; 27]].concat());
        assert_eq!(code.objects.lock().len(), 3);
    }

    /// Profiles are found by function numbers; imported functions come first.
    #[test]
    fn bodies_are_compiled_with_what_was_seen_of_them() {
        if !cpu::RUNS_NATIVE_CODE {
            return;
        }
        let engine = without_watching();
        let code = tiered(r#"(module (import "m" "f" (func)) (func) (func) (func))"#, &engine);
        let seen = |entered| Arc::new(FunctionProfile { entered, operators: Vec::new() });
        code.seen.lock().extend([(1, seen(10)), (3, seen(30))]);
        let known = |bodies: &[u32]| {
            let bodies: Vec<BodyIndex> = bodies.iter().map(|&body| BodyIndex(body)).collect();
            let profile = code.config_for(&bodies).profile.clone()?;
            Some(profile.functions.iter().map(|(&function, seen)| (function, seen.entered)).collect::<Vec<_>>())
        };
        assert_eq!(known(&[0, 1, 2]), Some(vec![(1, 10), (3, 30)]));
        assert_eq!([known(&[0]), known(&[1])], [Some(vec![(1, 10)]), None]);
    }

    /// For code from the entry and from the loop: what was never reached is placed elsewhere.
    #[test]
    fn what_was_seen_decides_where_code_lies() {
        if !cpu::RUNS_NATIVE_CODE {
            return;
        }
        let engine = without_watching();
        let text = "(module (memory 1) (func (param i32) (loop $l
          (if (local.get 0) (then (i32.store (i32.const 0) (local.get 0))))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))";
        let compiled = |seen: bool, is_loop: bool| {
            let code = tiered(text, &engine);
            let range = code.module.bodies[0].range.clone();
            let condition = code.module.bytes[range.clone()].iter().position(|&byte| byte == 0x04).expect("an if");
            if seen {
                let operators = vec![((range.start + condition) as u32, Seen::Branch { held: 0, failed: 1000 })];
                code.seen.lock().insert(0, Arc::new(FunctionProfile { entered: 1000, operators }));
            }
            let at = code.module.loops(BodyIndex(0))[0];
            let passing = if is_loop { Passing::Loop(at) } else { Passing::Entry };
            assert!(matches!(code.compile((BodyIndex(0), passing), None), Some(Progress::Ready(_))));
            code.objects.lock().last().expect("code")._code.bytes().to_vec()
        };
        for is_loop in [false, true] {
            assert_eq!(compiled(false, is_loop), compiled(false, is_loop));
            assert_ne!(compiled(true, is_loop), compiled(false, is_loop), "a loop: {is_loop}");
        }
    }

    /// Functions that are compiled together are compiled individually if that fails.
    #[test]
    fn who_is_refused_takes_no_other_along() {
        if !cpu::RUNS_NATIVE_CODE {
            return;
        }
        let text = format!("(module (func) (func {}) (func))", "nop ".repeat(5000));
        let module = Module::new(&wat::parse_str(text).unwrap(), crate::module::WasmFeatures::default()).unwrap();
        let engine = without_watching();
        // Enough for small functions, and far too little for the large one.
        let limits = CompileLimits { memory: Some(1 << 20), ..CompileLimits::default() };
        let code = TieredModule::new(&Arc::new(module), &engine.config, &engine.adapters(), None, limits);
        let places = [0, 1, 2].map(|body| (BodyIndex(body), Passing::Entry));
        for place in places {
            assert!(code.requests.request(place).1);
        }
        code.compile_places(&places, None);
        let [first, large, last] = places.map(|place| code.requests.progress(place));
        assert!(matches!(large, Some(Progress::Refused)));
        assert!([first, last].iter().all(|progress| matches!(progress, Some(Progress::Ready(_)))));
    }

    /// If memory is limited, the executing thread does not wait for a thread that is compiling a large body, however
    /// often it asks.
    #[test]
    fn who_executes_goes_on_while_another_thread_has_the_memory() {
        if !cpu::RUNS_NATIVE_CODE {
            return;
        }
        let text = format!("(module (func {}) (func))", "nop ".repeat(5000));
        let module = Module::new(&wat::parse_str(text).unwrap(), crate::module::WasmFeatures::default()).unwrap();
        let engine = without_watching();
        let compilers = Compilers::new(background::Start { asks: 1, bytes: 0, count: || 1 });
        let limits = CompileLimits { memory: Some(1 << 30), ..CompileLimits::default() };
        let code = TieredModule::new(&Arc::new(module), &engine.config, &engine.adapters(), Some(&compilers), limits);
        let [large, small] = [0, 1].map(|body| (BodyIndex(body), Passing::Entry));
        let wait_until = |what: &str, is_so: &dyn Fn() -> bool| {
            let start = std::time::Instant::now();
            while !is_so() {
                assert!(start.elapsed() < Duration::from_secs(60), "{what}");
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        let held = code.turn.lock();
        // A thread that waited for the turn would end at this interrupt, and its place would be forgotten.
        let interrupted = StackLimit::new(INTERRUPTED);
        let ask = |place| code.request(place, Interrupt::new(&interrupted));
        assert!(matches!(ask(large), Some(Progress::Requested)));
        // A thread owns the module while it compiles or waits to compile.
        wait_until("a thread begins", &|| Arc::strong_count(&code) > 1);
        for asks in 0..100 {
            assert!(matches!(ask(small), Some(Progress::Requested)), "{asks} asks");
        }
        drop(held);
        wait_until("both are compiled", &|| {
            [large, small].iter().all(|&place| matches!(code.requests.progress(place), Some(Progress::Ready(_))))
        });
        assert_eq!(code.objects.lock().len(), 2, "each of them once");
    }

    /// If memory is limited, a compiling thread waits until the other one is done: both would take what is left.
    #[test]
    fn of_limited_memory_one_thread_takes_at_a_time() {
        if !cpu::RUNS_NATIVE_CODE {
            return;
        }
        let bytes = wat::parse_str("(module (func (result i32) (i32.const 7)))").unwrap();
        let module = Arc::new(Module::new(&bytes, crate::module::WasmFeatures::default()).unwrap());
        let engine = Engine::new(Config { mode: Mode::Tiered { seed: None }, ..Config::default() }).unwrap();
        let tiered = |memory| {
            let limits = CompileLimits { memory, ..CompileLimits::default() };
            TieredModule::new(&module, &engine.config, &engine.adapters(), None, limits)
        };
        let place = (BodyIndex(0), Passing::Entry);
        // Without a limit, nobody waits.
        let unlimited = tiered(None);
        let held = unlimited.turn.lock();
        assert!(matches!(unlimited.compile(place, None), Some(Progress::Ready(_))));
        drop(held);
        let limited = tiered(Some(1 << 20));
        let held = limited.turn.lock();
        // Nor does anybody wait after an interrupt.
        let interrupted = StackLimit::new(INTERRUPTED);
        assert!(limited.compile(place, Some(Interrupt::new(&interrupted))).is_none());
        let order = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                assert!(matches!(limited.compile(place, None), Some(Progress::Ready(_))));
                order.lock().push("the other one");
            });
            // Enough time for a thread that does not wait.
            std::thread::sleep(10 * TURN);
            order.lock().push("the one that held it");
            drop(held);
        });
        assert_eq!(order.into_inner(), ["the one that held it", "the other one"]);
    }
}
