//! One backend running a script: a store, and the three maps of names.

use super::fault_injection::FramesFault;
use super::names::{Cause, Names, Slot};
use super::threads::{EndedThread, RunningThread, Shared, ThreadOrders, ThreadStart};
use crate::conformance::backend::Backend;
use crate::conformance::outcome::Outcome;
use crate::conformance::outcome::observed::Observed;
use crate::conformance::outcome::pattern::Arg;
use crate::conformance::read::dialect;
use crate::conformance::read::language::{Dialect, Language, Spec};
use crate::conformance::read::script::{Action, PreparedModule};
use crate::conformance::stats::RunStats;
use crate::engine::{CompileError, Config, ConfigError, Engine, Mode, NanProfile, Relaxed, Tier};
use crate::module::{DecodeError, Module};
use crate::runtime::linking::spectest::{Calls, Spectest};
use crate::runtime::linking::{InstantiateError, LinkError};
use crate::runtime::resource::ResourceError;
use crate::runtime::store::{Abort, BacktraceFrame, Code, Extern, InstanceId, Limits, MemoryId, Store};
use crate::runtime::trap::TrapCode;
use crate::runtime::value::{FuncRef, Ref, Val};
use crate::text::{by_number, counted};
use std::collections::HashMap;
use std::hash::Hasher;
use std::sync::Arc;
use std::time::Instant;
use wasm_encoder::{ExportKind, ExportSection, ImportSection};
use wasmparser::WasmFeatures;

/// The limits under which the suite runs: enough for all of it, but small enough that a runaway script has an outcome.
pub const LIMITS: Limits = Limits {
    memory_bytes: 16 << 30,
    one_byte_pages: u32::MAX as u64,
    total_bytes: 64 << 30,
    table_elements: 10_000_000,
    all_table_elements: 20_000_000,
    instances: 100_000,
    gc_heap_bytes: 256 << 20,
    // Without optimization, a frame of the interpreter's dispatcher takes 60 KB, and mixed modes nest hundreds.
    native_stack_bytes: 24 << 20,
    value_stack_bytes: 8 << 20,
    stacks: 4_000,
};

/// The limit on stacks if each allocation collects. Each collection scans all of them, and a script that takes as many as it can
/// get must finish in time without optimization, too.
/// gets is to be done in time without optimization, too.
const STACKS_UNDER_STRESS: u32 = 1_000;

/// The prefix of errors of the compiler itself: the verifier or the checker of the allocation rejected its output.
pub const INTERNAL: &str = "internal: ";

/// One backend and the state that the script has made in it.
pub struct Session {
    /// The backend; its configuration is that of the engine.
    pub backend: Backend,
    /// The store of the script.
    pub store: Store,
    /// The module `spectest` in the store, and its log.
    pub spectest: Spectest,
    engine: Engine,
    dialect: Dialect,
    names: Names<Arc<dyn Code>, InstanceId>,
    /// `None` for a thread that was waited for.
    threads: HashMap<String, Slot<Option<RunningThread>>>,
    /// Memories that were given to threads.
    pub gave: Vec<MemoryId>,
    /// Names that threads have left for instances of this store.
    left: HashMap<String, InstanceId>,
    /// The results, or the exception, of the last directive. They are roots of the collector until the next directive.
    pub roots: Vec<Val>,
    /// The frames that the last directive left, if it trapped: innermost first, as many as a trap lists.
    pub frames: Vec<BacktraceFrame>,
    /// An injected fault that changes the frames of a trap.
    pub frames_fault: Option<FramesFault>,
    /// Statistics of the session so far.
    pub stats: RunStats,
}

/// The outcome of an action, and its instance.
pub struct StepResult {
    /// The outcome of the action.
    pub outcome: Outcome,
    /// The instance whose code ran, or that was made.
    pub instance: Option<InstanceId>,
}

/// Why a session could not start.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SessionError {
    /// This build, or this machine, cannot run the backend.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The module that scripts import could not be instantiated.
    #[error("spectest: {0:?}")]
    Spectest(InstantiateError),
}

/// Why a thread's session has no instance with the memories that the thread was given.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// A memory exceeds a limit.
    #[error("shared memory: {0:?}")]
    Memory(ResourceError),
    /// The module exceeds a limit of the decoder.
    #[error("{}", .0.message)]
    Decode(#[from] DecodeError),
    /// The module exceeds a limit of the backend.
    #[error("{0:?}")]
    Compile(#[from] CompileError),
    /// The instance exceeds a limit.
    #[error("shared memory: {0:?}")]
    Instantiate(#[from] InstantiateError),
}

impl Session {
    /// Makes a fresh store under a backend's configuration.
    ///
    /// # Errors
    /// See [`SessionError`].
    pub fn new(backend: &Backend, language: &Language) -> Result<Session, SessionError> {
        let mut backend = backend.clone();
        if language.canonical_nans {
            backend.config.nan = NanProfile::Canonical;
        }
        if language.deterministic_relaxed {
            backend.config.relaxed = Relaxed::Deterministic;
        }
        let engine = Engine::new(backend.config.clone())?;
        let stacks = if backend.config.gc_stress { STACKS_UNDER_STRESS } else { LIMITS.stacks };
        let one_byte_pages = match language.dialect {
            Dialect::Spec | Dialect::WasmTools => LIMITS.one_byte_pages,
            // With one more page, a size or the result of a growth would look like a failure to grow. This is why wasmtime
            // refuses it.
            Dialect::Wasmtime => LIMITS.one_byte_pages - 1,
        };
        let mut store = engine.store(Limits { stacks, one_byte_pages, ..LIMITS });
        store.check_segments_first(language.spec == Spec::Mvp);
        let spectest = match language.dialect {
            Dialect::Spec | Dialect::WasmTools => Spectest::new(&mut store, language.features),
            Dialect::Wasmtime => Spectest::of_wasmtime(&mut store, language.features),
        };
        let spectest = spectest.map_err(SessionError::Spectest)?;
        Ok(Session {
            backend,
            store,
            spectest,
            engine,
            dialect: language.dialect,
            names: Names::new(language.dialect),
            threads: HashMap::new(),
            gave: Vec::new(),
            left: HashMap::new(),
            roots: Vec::new(),
            frames: Vec::new(),
            frames_fault: None,
            stats: RunStats::default(),
        })
    }

    /// Performs a directive. `prepared` is its module, if it has one.
    pub fn act(&mut self, index: &str, action: &Action, prepared: Option<&PreparedModule>) -> StepResult {
        self.forget_roots();
        self.frames.clear();
        let before = self.store.instances();
        let counters = self.store.counters();
        let (replaced, called) = (self.store.replacements(), self.store.prepared());
        let (outcome, target, wasm) = self.dispatch(index, action, prepared);
        let made = self.store.instances();
        let instance = target.or_else(|| (made > before).then(|| InstanceId(made - 1)));
        let after = self.store.counters();
        let ran = (after.0 - counters.0, after.1 - counters.1);
        self.stats.native_entries += ran.1;
        let now = self.store.replacements();
        (0..2).for_each(|i| self.stats.replaced[i] += now[i] - replaced[i]);
        if matches!(self.backend.config, Config { mode: Mode::Tiered { seed: Some(_) }, only: None, places: None, .. })
        {
            self.stats.replaceable += self.store.prepared() - called;
        }
        let outcome = match (self.store.take_refused(), self.wrong_tier(ran, wasm)) {
            (Some(what), _) => Outcome::Shortage(what),
            (None, Some(message)) => Outcome::Error(message),
            (None, None) => outcome,
        };
        StepResult { outcome, instance }
    }

    fn forget_roots(&mut self) {
        self.roots.clear();
        self.store.clear_handles();
    }

    /// Treats a directive as if it had this outcome, without running it, because it killed the process before.
    pub fn skip(&mut self, index: &str, action: &Action, outcome: Outcome) -> StepResult {
        self.forget_roots();
        let instance = match action {
            Action::Invoke { module, .. } | Action::Get { module, .. } => self.names.instance(module.as_deref()).ok(),
            _ => None,
        };
        let cause = Cause { index: index.to_string(), unsupported: None };
        if let Action::Thread { name, .. } = action {
            // A thread that already has the name keeps it.
            self.threads.entry(name.clone()).or_insert(Slot::Dead(cause.clone()));
        }
        self.names.fail(action, &cause);
        StepResult { outcome, instance }
    }

    /// Counts the functions that a native column interpreted, and returns what [`wrong_tier`] says about the directive.
    fn wrong_tier(&mut self, ran: (u64, u64), wasm: bool) -> Option<String> {
        // With a selection of bodies, the others are interpreted on purpose.
        if self.backend.config.only.is_some() {
            return None;
        }
        let mode = self.backend.config.mode;
        if mode == Mode::All(Tier::Jit) {
            self.stats.fallbacks += ran.0;
        }
        wrong_tier(mode, ran, wasm)
    }

    fn dispatch(&mut self, index: &str, action: &Action, prepared: Option<&PreparedModule>) -> ActionEnd {
        let plain = |outcome| (outcome, None, false);
        match action {
            Action::Unsupported(what) => {
                let outcome = Outcome::Unsupported(what.clone());
                self.names.fail(action, &Cause::of(index, &outcome));
                plain(outcome)
            }
            // A thread is started with its steps, by the caller.
            Action::Thread { .. } => plain(Outcome::Error("a thread without its steps".into())),
            Action::Wait { thread } => plain(match self.threads.get(thread) {
                Some(Slot::Dead(cause)) => cause.outcome(),
                // A second wait returns at once.
                Some(Slot::Live(None)) => Outcome::Done,
                Some(Slot::Live(Some(_))) => {
                    Outcome::Error(format!("thread ${} was not waited for", thread.escape_debug()))
                }
                None => Outcome::Error(format!(
                    "unknown thread ${}: no directive before this one starts it",
                    thread.escape_debug()
                )),
            }),
            Action::Check => provided(&checked(prepared)),
            Action::Module { name, .. } => {
                let code = checked(prepared).and_then(|module| self.compile(&module));
                let instance = code.clone().and_then(|code| self.instantiate(&code, true));
                self.names.define(name.as_deref(), Slot::of(index, code));
                self.names.enter(name.as_deref(), Slot::of(index, instance.clone()));
                instantiated(instance)
            }
            Action::Definition { name, .. } => {
                let code = checked(prepared).and_then(|module| self.compile(&module));
                let end = provided(&code);
                self.names.define(name.as_deref(), Slot::of(index, code));
                end
            }
            Action::Instance { instance: name, module } => {
                let code = self.names.definition(module.as_deref());
                let instance = code.and_then(|code| self.instantiate(&code, true));
                self.names.enter(name.as_deref(), Slot::of(index, instance.clone()));
                instantiated(instance)
            }
            Action::Anonymous => {
                let code = checked(prepared).and_then(|module| self.compile(&module));
                let instance = code.clone().and_then(|code| self.instantiate(&code, false));
                self.names.define_anonymous(Slot::of(index, code));
                instantiated(instance)
            }
            Action::AnonymousInstance { module } => {
                let code = self.names.definition(module.as_deref());
                instantiated(code.and_then(|code| self.instantiate(&code, false)))
            }
            Action::Register { name, module } => {
                let instance = self.names.instance(module.as_deref());
                let end = provided(&instance);
                self.names.register(name, Slot::of(index, instance));
                end
            }
            Action::Get { module, global } => {
                let id = match self.names.instance(module.as_deref()) {
                    Ok(id) => id,
                    Err(outcome) => return plain(outcome),
                };
                let outcome = match self.store.export(id, global) {
                    Some(Extern::Global(g)) => {
                        let ty = self.store.global_type(g).content_type;
                        let value = self.store.global_get(g);
                        self.roots = vec![value];
                        Outcome::Returned(vec![(ty, Observed::of_result(value, &self.store, id))])
                    }
                    Some(_) => Outcome::Error(format!("export {global:?} is not a global")),
                    None => Outcome::Error(format!("unknown export {global:?}")),
                };
                (outcome, Some(id), false)
            }
            Action::Invoke { module, name, args } => {
                let id = match self.names.instance(module.as_deref()) {
                    Ok(id) => id,
                    Err(outcome) => return plain(outcome),
                };
                match self.store.export(id, name) {
                    Some(Extern::Func(func)) => {
                        let (outcome, called) = self.invoke(id, func, args);
                        (outcome, Some(id), called && self.store.func_origin(func).is_some())
                    }
                    Some(_) => (Outcome::Error(format!("export {name:?} is not a function")), Some(id), false),
                    None => (Outcome::Error(format!("unknown export {name:?}")), Some(id), false),
                }
            }
        }
    }

    /// Starts a thread. Returns the outcome of the directive.
    pub fn start_thread(&mut self, index: &str, name: &str, shared: Option<&str>, orders: ThreadOrders) -> Outcome {
        if let Some(Slot::Live(Some(_))) = self.threads.get(name) {
            return Outcome::Error(format!("thread ${} is running: nothing has waited for it", name.escape_debug()));
        }
        let shared = match shared {
            Some(name) => self.share(name).map(Some),
            None => Ok(None),
        };
        let started = shared.and_then(|shared| {
            let start = ThreadStart { backend: self.backend.clone(), shared, orders };
            RunningThread::start(start).map_err(|e| Outcome::Error(format!("cannot start a thread: {e}")))
        });
        let (slot, outcome) = match started {
            Ok(running) => (Slot::Live(Some(running)), Outcome::Done),
            Err(outcome) => (Slot::Dead(Cause::of(index, &outcome)), outcome),
        };
        self.threads.insert(name.to_string(), slot);
        outcome
    }

    /// Waits for a thread, if it is running. `progress` is called with each step that it is seen at.
    pub fn join_thread(&mut self, name: &str, progress: &mut dyn FnMut(usize)) -> Option<EndedThread> {
        let Some(Slot::Live(running)) = self.threads.get_mut(name) else { return None };
        let ended = running.take()?.join(progress);
        self.stats += ended.stats;
        self.left.extend(ended.registered().map(|(name, id)| (name.to_string(), id)));
        Some(ended)
    }

    /// Threads that were not waited for, in the order in which they were started.
    pub fn running_threads(&self) -> Vec<String> {
        let running = |slot: &Slot<Option<RunningThread>>| match slot {
            Slot::Live(Some(running)) => Some(running.first),
            _ => None,
        };
        let mut threads: Vec<_> = self.threads.iter().filter_map(|(name, slot)| Some((running(slot)?, name))).collect();
        threads.sort_unstable();
        threads.into_iter().map(|(_, name)| name.clone()).collect()
    }

    /// The shared memories that an instance exports, with their names.
    fn shared_memories(&self, instance: InstanceId) -> Vec<(String, MemoryId)> {
        let exports = self.store.module(instance).exports.iter();
        let shared = exports.filter_map(|export| match self.store.export(instance, &export.name)? {
            Extern::Memory(memory) if self.store.memory_type(memory).shared => Some((export.name.clone(), memory)),
            _ => None,
        });
        shared.collect()
    }

    /// Collects the memories that an instance gives a thread.
    fn share(&mut self, name: &str) -> Result<Shared, Outcome> {
        let id = self.names.instance(Some(name))?;
        let memories = self.shared_memories(id);
        if memories.is_empty() && !self.store.module(id).exports.is_empty() {
            return Err(Outcome::Error(format!(
                "module ${} exports no shared memory to give to a thread",
                name.escape_debug()
            )));
        }
        self.gave.extend(memories.iter().map(|(_, memory)| *memory));
        let memories =
            memories.into_iter().filter_map(|(name, memory)| Some((name, self.store.shared_memory(memory)?)));
        let memories = memories.collect();
        Ok(Shared { name: name.to_string(), instance: id, registered: self.names_of(id), memories })
    }

    /// The shared memories that a thread is given by the instance of this name.
    pub fn given(&self, name: &str) -> Vec<MemoryId> {
        let memories = self.names.instance(Some(name)).map(|id| self.shared_memories(id)).unwrap_or_default();
        memories.into_iter().map(|(_, memory)| memory).collect()
    }

    /// Takes the host calls since the last time.
    pub fn take_calls(&mut self) -> Calls {
        self.spectest.take_log()
    }

    /// The names that an instance is registered under.
    pub fn names_of(&self, instance: InstanceId) -> Vec<String> {
        let live = |slot: &Slot<InstanceId>| matches!(slot, Slot::Live(id) if *id == instance);
        self.names.all_registered().filter(|(_, slot)| live(slot)).map(|(name, _)| name.to_string()).collect()
    }

    /// Makes an instance with these names that exports these memories and nothing else. Returns it and the memories' ids in this
    /// store.
    ///
    /// # Errors
    /// A limit is exceeded; see [`AdoptError`].
    pub fn adopt(&mut self, shared: &Shared) -> Result<(InstanceId, Vec<MemoryId>), AdoptError> {
        let (mut imports, mut exports) = (ImportSection::new(), ExportSection::new());
        let (mut given, mut memories) = (Vec::new(), Vec::new());
        for (i, (export, memory)) in (0..).zip(&shared.memories) {
            let ty = memory.ty();
            let ty = wasm_encoder::MemoryType {
                minimum: ty.initial,
                maximum: ty.maximum,
                memory64: ty.memory64,
                shared: ty.shared,
                page_size_log2: ty.page_size_log2,
            };
            imports.import("", "", ty);
            exports.export(export, ExportKind::Memory, i);
            let id = self.store.add_shared_memory(memory).map_err(AdoptError::Memory)?;
            given.push(Extern::Memory(id));
            memories.push(id);
        }
        let mut module = wasm_encoder::Module::new();
        module.section(&imports).section(&exports);
        let module = Module::new(&module.finish(), WasmFeatures::all())?;
        let code = self.engine.compile(&Arc::new(module))?;
        let id = self.store.instantiate(code, &given)?;
        self.names.name(&shared.name, Slot::Live(id));
        for name in &shared.registered {
            self.names.register(name, Slot::Live(id));
        }
        Ok((id, memories))
    }

    fn compile(&mut self, module: &Arc<Module>) -> Result<Arc<dyn Code>, Outcome> {
        let start = Instant::now();
        let result = self.engine.compile(module);
        self.stats.compile_us += start.elapsed().as_micros() as u64;
        match result {
            Ok(code) => {
                if matches!(self.backend.config.mode, Mode::All(Tier::Jit)) {
                    self.stats.jit_functions += u64::from(module.num_defined_functions());
                    let bytes = self.engine.code_bytes(&code);
                    // Fixed keys: the same hash in every process.
                    let mut hasher = std::hash::DefaultHasher::new();
                    hasher.write(&bytes);
                    self.stats.code_bytes += bytes.len() as u64;
                    self.stats.code_hash = self.stats.code_hash.wrapping_add(hasher.finish());
                }
                Ok(code)
            }
            Err(CompileError::Unsupported(what)) => Err(Outcome::Unsupported(what)),
            Err(CompileError::Limit(what) | CompileError::Memory(what)) => {
                Err(Outcome::Unsupported(format!("limit: {what}")))
            }
            Err(CompileError::Internal(what)) => Err(Outcome::Error(format!("{INTERNAL}{what}"))),
            Err(CompileError::Timeout | CompileError::Invalid(_)) => unreachable!("validated, and no deadline was set"),
        }
    }

    /// `left`: imports may refer to instances that are named only by threads. The reference interpreter keeps a registry for each
    /// thread, and its scripts assert that nothing of a thread's can be linked. It used to have one registry for all threads, and
    /// scripts of that time link their last module to what only threads register.
    /// a registry for each thread, and its scripts assert that nothing of a thread's can be linked to. It had one
    /// registry for all before, and scripts of that time link their last module to what only threads register.
    fn instantiate(&mut self, code: &Arc<dyn Code>, left: bool) -> Result<InstanceId, Outcome> {
        let module = code.module().clone();
        let mut imports = Vec::with_capacity(module.imports.len());
        for import in &module.imports {
            let found = match self.names.registered(&import.module) {
                Some(slot) => self.store.export(*slot.get()?, &import.name),
                None => self.spectest.export(&import.module, &import.name).or_else(|| {
                    match self.left.get(&*import.module) {
                        Some(id) if left => self.store.export(*id, &import.name),
                        _ => None,
                    }
                }),
            };
            match found {
                Some(found) => imports.push(found),
                None => return Err(Outcome::Unlinkable(dialect::linking(self.dialect, &LinkError::unknown(import)))),
            }
        }
        match self.store.instantiate(code.clone(), &imports) {
            Ok(id) => Ok(id),
            Err(InstantiateError::Unlinkable(e)) => Err(Outcome::Unlinkable(dialect::linking(self.dialect, &e))),
            Err(InstantiateError::Abort(abort)) => Err(self.aborted(abort)),
            Err(InstantiateError::Resource(message)) => Err(Outcome::Unsupported(format!("resources: {message}"))),
        }
    }

    /// Calls an export of an instance. Returns the outcome, and whether the function was called at all.
    fn invoke(&mut self, asked: InstanceId, func: FuncRef, args: &[Arg]) -> (Outcome, bool) {
        let ty = self.store.func_type(func);
        if args.len() != ty.params().len() {
            let (given, wanted) = (counted(args.len(), "argument"), counted(ty.params().len(), "parameter"));
            let message = format!("{given} for {wanted}");
            return (Outcome::Error(message), false);
        }
        let mut values: Vec<Val> = Vec::with_capacity(args.len());
        for (i, (arg, want)) in args.iter().zip(ty.params()).enumerate() {
            match arg.value(*want, &mut self.store) {
                Some(value) => values.push(value),
                None => {
                    return (
                        Outcome::Error(format!("argument {i} is {arg}, but the parameter has type {want}")),
                        false,
                    );
                }
            }
        }
        let outcome = match self.store.call(func, &values) {
            Ok(results) => {
                self.roots = results;
                let seen = self.roots.iter().map(|v| Observed::of_result(*v, &self.store, asked));
                Outcome::Returned(ty.results().iter().copied().zip(seen).collect())
            }
            Err(abort) => match self.aborted(abort) {
                // All columns use the same walk over the stack, so none would differ from another.
                Outcome::Trap(code, message) if self.frames.is_empty() && self.store.func_origin(func).is_some() => {
                    Outcome::Error(format!("a trap with an empty backtrace: {message} ({code:?})"))
                }
                outcome => outcome,
            },
        };
        (outcome, true)
    }

    fn aborted(&mut self, abort: Abort) -> Outcome {
        match abort {
            Abort::Trap(trap) => match trap.code {
                TrapCode::CallStackExhausted | TrapCode::TooManyStacks => Outcome::Exhaustion(trap.message),
                TrapCode::UnhandledTag => Outcome::Suspension(trap.message),
                TrapCode::Interrupt => Outcome::Timeout,
                code => {
                    self.frames = trap.backtrace;
                    if let Some(fault) = self.frames_fault {
                        fault(&mut self.frames);
                    }
                    Outcome::Trap(code, trap.message)
                }
            },
            Abort::Exception(object) => {
                self.roots = vec![Val::Ref(Ref::Gc(object))];
                Outcome::Exception(Observed::object(object, &self.store))
            }
            Abort::Exit(code) => Outcome::Error(format!("host: exit with code {code}")),
            Abort::Host(message) => Outcome::Error(format!("host: {message}")),
        }
    }
}

fn checked(prepared: Option<&PreparedModule>) -> Result<Arc<Module>, Outcome> {
    match prepared {
        Some(PreparedModule::Module(module)) => Ok(module.clone()),
        Some(PreparedModule::Rejected(phase, message)) => Err(Outcome::rejected(*phase, message.clone())),
        Some(PreparedModule::Unsupported(what)) => Err(Outcome::Unsupported(what.clone())),
        Some(PreparedModule::Error(message)) => Err(Outcome::Error(message.clone())),
        None => Err(Outcome::Error("directive without a module".into())),
    }
}

/// How an action ended: its outcome, the instance that it is about, and whether a WebAssembly function was called.
type ActionEnd = (Outcome, Option<InstanceId>, bool);

/// The end of an action that provides something other than an instance.
fn provided<T>(made: &Result<T, Outcome>) -> ActionEnd {
    (made.as_ref().err().cloned().unwrap_or(Outcome::Done), None, false)
}

/// The end of an action that makes an instance.
fn instantiated(made: Result<InstanceId, Outcome>) -> ActionEnd {
    match made {
        Ok(id) => (Outcome::Done, Some(id), false),
        Err(outcome) => (outcome, None, false),
    }
}

/// What is wrong with where a directive ran, if anything. This proves that a column runs on its own tier, since a fallback is not
/// a pass. `interpreted`, `native`: function entries of either kind. `wasm`: whether a WebAssembly function was called and came
/// to an end.
fn wrong_tier(mode: Mode, (interpreted, native): (u64, u64), wasm: bool) -> Option<String> {
    match mode {
        Mode::All(Tier::Jit) if interpreted != 0 => {
            let entries = by_number(interpreted, "entry was", "entries were");
            Some(format!("{interpreted} function {entries} interpreted in a native column"))
        }
        Mode::All(Tier::Jit) => (wasm && native == 0).then(|| "no native code was entered".to_string()),
        Mode::All(Tier::Interp) if native != 0 => {
            let times = counted(native, "time");
            Some(format!("native code was entered {times} in the interpreter's column"))
        }
        Mode::All(Tier::Interp) => (wasm && interpreted == 0).then(|| "no function was interpreted".to_string()),
        Mode::All(Tier::Eval) | Mode::Mix { .. } | Mode::Mix3 { .. } | Mode::Tiered { .. } | Mode::Replaced { .. } => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::read::script::Source;

    #[test]
    fn a_column_of_one_tier_runs_on_that_tier() {
        for (tier, ran, wasm, wrong) in [
            (Tier::Jit, (0, 1), true, ""),
            (Tier::Jit, (0, 0), false, ""),
            (Tier::Jit, (0, 0), true, "no native code was entered"),
            (Tier::Jit, (1, 1), true, "1 function entry was interpreted in a native column"),
            (Tier::Jit, (2, 0), false, "2 function entries were interpreted in a native column"),
            (Tier::Interp, (1, 0), true, ""),
            (Tier::Interp, (0, 0), false, ""),
            (Tier::Interp, (0, 0), true, "no function was interpreted"),
            (Tier::Interp, (1, 1), true, "native code was entered 1 time in the interpreter's column"),
            (Tier::Interp, (0, 2), false, "native code was entered 2 times in the interpreter's column"),
            (Tier::Eval, (1, 1), true, ""),
        ] {
            let found = wrong_tier(Mode::All(tier), ran, wasm);
            assert_eq!(found.unwrap_or_default(), wrong, "{tier:?} {ran:?} {wasm}");
        }
        assert_eq!(wrong_tier(Mode::Mix { seed: 1 }, (3, 4), true), None);
    }

    /// The functions that a native column interpreted are counted, and no others.
    #[test]
    fn interpreted_functions_of_native_columns_are_counted() {
        for (name, expected) in [("jit", 5), ("jit-O0", 5), ("interp", 0)] {
            let backend = Backend::named(name).expect("a backend");
            let mut session = match Session::new(&backend, &Language::of(Spec::Latest)) {
                Ok(session) => session,
                // Without a JIT for this machine there is no such column.
                Err(SessionError::Config(ConfigError::NoJit)) => continue,
                Err(error) => panic!("{error}"),
            };
            session.wrong_tier((3, 1), true);
            session.wrong_tier((2, 0), false);
            assert_eq!(session.stats.fallbacks, expected, "{name}");
        }
    }

    /// A directive is about the instance whose code it ran or that it made, and not about one of another directive.
    #[test]
    fn a_directive_is_about_its_own_instance() {
        let language = Language::of(Spec::Latest);
        let backend = Backend::named("interp").expect("a backend");
        let mut session = Session::new(&backend, &language).unwrap_or_else(|e| panic!("{e}"));
        let name = || Some("a".to_string());
        let module = |name: Option<String>| Action::Module { name };
        let text = r#"(module (func (export "f")) (global (export "g") i32 (i32.const 1)))"#;
        let invoke = |module, name: &str| Action::Invoke { module, name: name.into(), args: Vec::new() };
        let get = |module, name: &str| Action::Get { module, global: name.into() };
        for (action, text, instance) in [
            (Action::Check, Some(text), None),
            (module(name()), Some(text), Some(0)),
            (Action::Definition { name: Some("d".into()) }, Some(text), None),
            (Action::Register { name: "r".into(), module: None }, None, None),
            (module(None), Some(text), Some(1)),
            (Action::Anonymous, Some("(module (func unreachable) (start 0))"), Some(2)),
            (Action::Anonymous, Some("(module (import \"a\" \"b\" (func)))"), None),
            (Action::Instance { instance: Some("b".into()), module: Some("d".into()) }, None, Some(3)),
            (Action::AnonymousInstance { module: Some("d".into()) }, None, Some(4)),
            (Action::AnonymousInstance { module: Some("e".into()) }, None, None),
            (invoke(None, "f"), None, Some(3)),
            (invoke(name(), "f"), None, Some(0)),
            (invoke(name(), "none"), None, Some(0)),
            (invoke(Some("none".into()), "f"), None, None),
            (get(name(), "g"), None, Some(0)),
            (get(None, "f"), None, Some(3)),
            (get(Some("none".into()), "g"), None, None),
            (Action::Wait { thread: "t".into() }, None, None),
            (Action::Unsupported("x".into()), None, None),
        ] {
            let prepared = text.map(|text| Source::text(text.into()).prepare(&language));
            let acted = session.act("0", &action, prepared.as_ref());
            assert_eq!(acted.instance, instance.map(InstanceId), "{action:?}: {}", acted.outcome);
            // Also if the directive is skipped, if the instance is known without running it.
            if matches!(action, Action::Invoke { .. } | Action::Get { .. }) {
                let skipped = session.skip("0", &action, Outcome::Crash("x".into()));
                assert_eq!(
                    (skipped.instance, skipped.outcome),
                    (acted.instance, Outcome::Crash("x".into())),
                    "{action:?}"
                );
            }
        }
    }

    /// What a directive returned lives until the next one begins.
    #[test]
    fn results_live_until_the_next_directive() {
        let language = Language::of(Spec::Latest);
        let backend = Backend::named("interp").expect("a backend");
        let mut session = Session::new(&backend, &language).unwrap_or_else(|e| panic!("{e}"));
        let text =
            r#"(module (type $s (struct)) (func (export "f") (result anyref) (struct.new $s)) (func (export "g")))"#;
        let prepared = Source::text(text.into()).prepare(&language);
        session.act("0", &Action::Module { name: None }, Some(&prepared));
        let live = |session: &mut Session, name: &str| {
            session.act("1", &Action::Invoke { module: None, name: name.into(), args: Vec::new() }, None);
            session.store.collect_garbage();
            session.store.gc_stats().live_objects
        };
        assert_eq!(["f", "f", "f", "g"].map(|name| live(&mut session, name)), [1, 1, 1, 0]);
    }

    /// A script may pass numbers of the parameter's type, a null of its hierarchy, and a host value to a top type. A null of a
    /// defined type belongs to any hierarchy that has defined types.
    #[test]
    fn arguments_have_the_type_of_their_parameter() {
        use crate::conformance::outcome::pattern::Hierarchy as H;
        use wasmparser::{AbstractHeapType as A, HeapType, RefType, ValType};
        let backend = Backend::named("interp").expect("a backend");
        let session = Session::new(&backend, &Language::of(Spec::Latest));
        let mut session = session.unwrap_or_else(|e| panic!("{e}"));
        let heaps = [
            (H::Func, &[A::Func, A::NoFunc][..]),
            (H::Extern, &[A::Extern, A::NoExtern]),
            (H::Any, &[A::Any, A::Eq, A::I31, A::Struct, A::Array, A::None]),
            (H::Exn, &[A::Exn, A::NoExn]),
            (H::Cont, &[A::Cont, A::NoCont]),
        ];
        let numbers = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];
        let mut args = vec![
            (Arg::I32(1), Some(Val::I32(1))),
            (Arg::I64(2), Some(Val::I64(2))),
            (Arg::F32(3), Some(Val::F32(3))),
            (Arg::F64(4), Some(Val::F64(4))),
            (Arg::V128(5), Some(Val::V128(5))),
        ];
        args.extend([Arg::RefNull(None), Arg::RefExtern(6), Arg::RefHost(7)].map(|arg| (arg, None)));
        args.extend([H::Func, H::Extern, H::Any, H::Exn, H::Cont].map(|h| (Arg::RefNull(Some(h)), None)));
        for (n, (arg, value)) in args.into_iter().enumerate() {
            for (m, ty) in numbers.into_iter().enumerate() {
                let passed = arg.value(ty, &mut session.store);
                assert_eq!(passed, value.filter(|_| n == m), "{arg} as {ty}");
            }
            for (hierarchy, types) in heaps {
                for (ty, nullable) in types.iter().flat_map(|ty| [(*ty, false), (*ty, true)]) {
                    let heap = HeapType::Abstract { shared: false, ty };
                    let ty_of = ValType::Ref(RefType::new(nullable, heap).expect("an abstract type"));
                    let seen = arg.value(ty_of, &mut session.store).map(|value| Observed::of(value, &session.store));
                    let expected = match arg {
                        Arg::RefNull(Some(h)) => (nullable && h == hierarchy).then_some(Observed::Null),
                        Arg::RefNull(None) => {
                            let defined = [H::Func, H::Any, H::Cont].contains(&hierarchy);
                            (nullable && defined).then_some(Observed::Null)
                        }
                        Arg::RefExtern(_) => (ty == A::Extern).then_some(Observed::Extern(6)),
                        Arg::RefHost(_) => (ty == A::Any).then_some(Observed::Extern(7)),
                        _ => None,
                    };
                    assert_eq!(seen, expected, "{arg} as {ty:?}, nullable: {nullable}");
                }
            }
        }
    }

    fn session(name: &str) -> Session {
        let backend = Backend::named(name).expect("a backend");
        Session::new(&backend, &Language::of(Spec::Latest)).unwrap_or_else(|e| panic!("{e}"))
    }

    fn module(session: &mut Session, text: &str) -> Outcome {
        let prepared = Source::text(text.into()).prepare(&Language::of(Spec::Latest));
        session.act("0", &Action::Module { name: None }, Some(&prepared)).outcome
    }

    fn invoke(name: &str, args: Vec<Arg>) -> Action {
        Action::Invoke { module: None, name: name.into(), args }
    }

    /// What a script's language asks for is added to the backend's configuration, and nothing else is.
    #[test]
    fn a_language_may_ask_for_a_profile() {
        for (nan, relaxed) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut backend = Backend::named("interp").expect("a backend");
            (backend.config.mode, backend.config.relaxed) = (Mode::All(Tier::Eval), Relaxed::Native);
            let mut language = Language::of(Spec::Latest);
            (language.canonical_nans, language.deterministic_relaxed) = (nan, relaxed);
            let Ok(session) = Session::new(&backend, &language) else { panic!("a session") };
            backend.config.nan = if nan { NanProfile::Canonical } else { NanProfile::Native };
            backend.config.relaxed = if relaxed { Relaxed::Deterministic } else { Relaxed::Native };
            assert_eq!(session.backend, backend);
        }
    }

    /// A memory of single bytes may be as large as the dialect says, and there are fewer stacks if each allocation collects.
    #[test]
    fn limits_are_those_of_the_dialect_and_the_backend() {
        let all = u64::from(u32::MAX);
        for (dialect, gc_stress, one_byte_pages, stacks) in [
            (Dialect::Spec, false, all, 4_000),
            (Dialect::WasmTools, true, all, 1_000),
            (Dialect::Wasmtime, false, all - 1, 4_000),
            (Dialect::Wasmtime, true, all - 1, 1_000),
        ] {
            let mut backend = Backend::named("interp").expect("a backend");
            backend.config.gc_stress = gc_stress;
            let language = Language { dialect, ..Language::of(Spec::Latest) };
            let session = Session::new(&backend, &language).unwrap_or_else(|e| panic!("{e}"));
            let limits = session.store.inner().limits;
            assert_eq!((limits.one_byte_pages, limits.stacks), (one_byte_pages, stacks), "{dialect:?}");
        }
    }

    /// What a directive leaves behind is gone when the next one begins or is skipped.
    #[test]
    fn a_directive_leaves_nothing_to_the_next_one() {
        let text = r#"(module (tag $e) (func (export "one") (result i32) (i32.const 1))
            (func (export "trap") unreachable) (func (export "throw") (throw $e)))"#;
        for passed_over in [false, true] {
            let mut session = session("interp");
            assert_eq!(module(&mut session, text), Outcome::Done);
            let left = ["one", "throw", "trap"].map(|name| {
                session.act("1", &invoke(name, Vec::new()), None);
                session.store.collect_garbage();
                let left = (session.roots.len(), session.frames.len(), session.store.gc_stats().live_objects);
                if passed_over {
                    session.skip("2", &Action::Check, Outcome::Timeout);
                } else {
                    session.act("2", &Action::Wait { thread: "t".into() }, None);
                    assert!(session.frames.is_empty(), "{name}");
                }
                assert!(session.roots.is_empty(), "{name}");
                session.store.collect_garbage();
                assert_eq!(session.store.gc_stats().live_objects, 0, "{name}");
                left
            });
            assert_eq!(left, [(1, 0, 0), (1, 0, 1), (0, 1, 0)]);
        }
    }

    /// A call that is not made runs nothing. That is not the column's fault: the script's mistake is reported.
    #[test]
    fn calls_that_cannot_be_made_say_why() {
        for name in ["interp", "jit"] {
            let backend = Backend::named(name).expect("a backend");
            let mut session = match Session::new(&backend, &Language::of(Spec::Latest)) {
                Ok(session) => session,
                // Without a JIT for this machine there is no such column.
                Err(SessionError::Config(ConfigError::NoJit)) => continue,
                Err(error) => panic!("{error}"),
            };
            let text = r#"(module (func (export "f") (param i32)) (global (export "g") i32 (i32.const 1)))"#;
            assert_eq!(module(&mut session, text), Outcome::Done);
            let get = |global: &str| Action::Get { module: None, global: global.into() };
            for (action, message) in [
                (invoke("f", vec![]), "0 arguments for 1 parameter"),
                (invoke("f", vec![Arg::I32(1), Arg::I32(2)]), "2 arguments for 1 parameter"),
                (invoke("f", vec![Arg::RefNull(None)]), "argument 0 is "),
                (invoke("g", vec![]), "export \"g\" is not a function"),
                (invoke("h", vec![]), "unknown export \"h\""),
                (get("f"), "export \"f\" is not a global"),
                (get("h"), "unknown export \"h\""),
            ] {
                let Outcome::Error(found) = session.act("1", &action, None).outcome else { panic!("{action:?}") };
                assert!(found.starts_with(message), "{name}: {found}");
            }
        }
    }

    /// If bodies are selected, all others are interpreted on purpose, and prove nothing.
    #[test]
    fn chosen_bodies_are_of_any_tier() {
        for (tier, ran) in [(Tier::Jit, (3, 0)), (Tier::Jit, (0, 0)), (Tier::Interp, (0, 2))] {
            let mut session = session("interp");
            session.backend.config.mode = Mode::All(tier);
            session.backend.config.only = Some(Default::default());
            assert_eq!(session.wrong_tier(ran, true), None, "{tier:?} {ran:?}");
            assert_eq!(session.stats.fallbacks, 0, "{tier:?} {ran:?}");
        }
    }

    /// The code of each module counts, by its length and its content.
    #[test]
    fn compiled_code_is_counted() {
        let backend = Backend::named("jit").expect("a backend");
        let of = |texts: &[&str]| {
            let session = Session::new(&backend, &Language::of(Spec::Latest));
            let mut session = match session {
                Ok(session) => session,
                // Without a JIT for this machine there is no such column.
                Err(SessionError::Config(ConfigError::NoJit)) => return None,
                Err(error) => panic!("{error}"),
            };
            let before = session.stats;
            texts.iter().for_each(|text| assert_eq!(module(&mut session, text), Outcome::Done));
            let after = session.stats;
            let hash = after.code_hash.wrapping_sub(before.code_hash);
            Some((after.jit_functions - before.jit_functions, after.code_bytes - before.code_bytes, hash))
        };
        let one = r#"(module (func (export "f") (result i32) (i32.const 1)))"#;
        let two = r#"(module (func (export "f") (result i32) (i32.const 2)))"#;
        let (Some(a), Some(b), Some(both)) = (of(&[one]), of(&[two]), of(&[one, two])) else { return };
        assert!(a.0 == 1 && a.1 > 0 && a.2 != b.2, "{a:?} {b:?}");
        assert_eq!(both, (a.0 + b.0, a.1 + b.1, a.2.wrapping_add(b.2)));
    }

    /// The time of each compilation is added to the total.
    #[test]
    fn the_time_of_compiling_adds_up() {
        const BEFORE: u64 = 1 << 40;
        let mut session = session("interp");
        session.stats.compile_us = BEFORE;
        assert_eq!(module(&mut session, "(module (func))"), Outcome::Done);
        assert!(session.stats.compile_us >= BEFORE, "{} µs", session.stats.compile_us);
    }

    /// What follows may instantiate it again, with the same result.
    #[test]
    fn a_module_without_an_instance_is_defined() {
        let mut session = session("interp");
        let trapped = module(&mut session, "(module (func $f unreachable) (start $f))");
        assert!(matches!(trapped, Outcome::Trap(TrapCode::Unreachable, _)), "{trapped}");
        let blocked = Cause::of("0", &trapped).outcome();
        assert_eq!(session.act("1", &invoke("f", Vec::new()), None).outcome, blocked);
        let again = Action::Instance { instance: None, module: None };
        assert_eq!(session.act("2", &again, None).outcome, trapped);
    }

    /// What exceeds a limit of the harness is unsupported, which is not the backend's fault.
    #[test]
    fn a_memory_over_the_limit_is_unsupported() {
        let (limit, pages) = (LIMITS.memory_bytes, LIMITS.memory_bytes / 65_536 + 1);
        let what = format!("resources: memory of {pages} pages is over the limit of {limit} bytes");
        let made = module(&mut session("interp"), &format!("(module (memory i64 {pages}))"));
        assert_eq!(made, Outcome::Unsupported(what));
    }

    /// A name that a script has registered refers to its instance, and not to anything of the host with that name.
    #[test]
    fn what_a_script_registers_takes_the_place_of_what_the_host_has() {
        const IMPORTS: &str = r#"(module (import "spectest" "print" (func)))"#;
        let mut session = session("interp");
        assert_eq!(module(&mut session, IMPORTS), Outcome::Done);
        assert_eq!(module(&mut session, "(module)"), Outcome::Done);
        let register = Action::Register { name: "spectest".into(), module: None };
        assert_eq!(session.act("1", &register, None).outcome, Outcome::Done);
        let linked = module(&mut session, IMPORTS);
        assert!(matches!(linked, Outcome::Unlinkable(_)), "{linked}");
    }

    /// The order does not depend on their names. A thread that was waited for is not listed.
    #[test]
    fn threads_that_run_are_told_in_the_order_of_their_beginnings() {
        let mut session = session("interp");
        for (first, name) in (1..).zip(["d", "a", "c", "b"]) {
            let (language, tasks) = (Language::of(Spec::Latest), Vec::new());
            let orders = ThreadOrders { language, tasks, first, column: 0, timeout: None, faults_injected: false };
            assert_eq!(session.start_thread("0", name, None, orders), Outcome::Done, "{name}");
        }
        assert_eq!(session.running_threads(), ["d", "a", "c", "b"]);
        assert!(session.join_thread("a", &mut |_| {}).is_some());
        assert!(session.join_thread("a", &mut |_| {}).is_none());
        assert_eq!(session.running_threads(), ["d", "c", "b"]);
    }

    /// Functions that were made executable at their first call, and those that were replaced, count once, however many directives
    /// call them. The former count only if a seed says when each function is replaced.
    #[test]
    fn functions_of_tiers_count_once() {
        let text = r#"(module (func $inner) (func (export "f") (call $inner)) (func (export "g") (call $inner)))"#;
        let (seeded, after_one) = (Mode::Tiered { seed: Some(1) }, Mode::Replaced { at_loops: false, after: 1 });
        for (mode, is_chosen, called, replaced) in [
            (seeded, false, 3, None),
            (seeded, true, 0, None),
            (Mode::Tiered { seed: None }, false, 0, Some([0, 0])),
            // Each function at its second call.
            (after_one, false, 0, Some([3, 0])),
            (after_one, true, 0, Some([3, 0])),
        ] {
            let mut backend = Backend::named("jit").expect("a backend");
            (backend.config.mode, backend.config.compile_threads) = (mode, Some(0));
            let mut session = match Session::new(&backend, &Language::of(Spec::Latest)) {
                Ok(session) => session,
                // Without a JIT for this machine there is no such column.
                Err(SessionError::Config(ConfigError::NoJit)) => continue,
                Err(error) => panic!("{error}"),
            };
            // As if only some bodies should be replaced.
            session.backend.config.only = is_chosen.then(Default::default);
            assert_eq!(module(&mut session, text), Outcome::Done);
            for name in ["f", "f", "g", "g", "f"] {
                assert_eq!(session.act("1", &invoke(name, vec![]), None).outcome, Outcome::Returned(vec![]));
            }
            let stats = session.stats;
            assert_eq!((stats.replaceable, stats.replaced), (called, session.store.replacements()), "{mode:?}");
            assert!(replaced.is_none_or(|replaced| stats.replaced == replaced), "{mode:?}: {:?}", stats.replaced);
        }
    }
}
