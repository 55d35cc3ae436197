//! The observations of one execution.
//!
//! An observation is a list of steps: the instantiation, then one step per call. Each step has its end (values, trap,
//! exception, …) and the state after it, as one hash per entity. Nothing in it depends on addresses or time, so the
//! observations of two backends are equal where the backends agree.
//!
//! **NaNs** are compared by bits: a subject that computes NaNs must make them canonical itself, as wasm-smith's
//! modules do.

use super::subject::PreparedSubject;
use super::value::{Hash, ObjectReader, PortableValue, list};
use crate::engine::{CompileError, Config, Engine, Mode, OptLevel, Tier};
use crate::module::{Import, Module};
use crate::runtime::linking::{InstantiateError, LinkError};
use crate::runtime::store::{
    Abort, BacktraceFrame, Extern, GlobalId, InstanceId, Limits, MemoryId, Object, Store, TableId,
};
use crate::runtime::trap::TrapCode;
use crate::runtime::value::{Ref, Val};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

/// The observable behaviour of an execution, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The name of the configuration, as reports write it: "interp", "jit-O0", "wasmtime".
    pub column: String,
}

impl Observation {
    /// Hashes the steps and the state after each. Two hosts that behave the same compute the same digest. Anything after an
    /// exhausted stack or a full heap is left out; whether one occurs may still depend on the host.
    pub fn digest(&self) -> u64 {
        let mut hash = Hash::new();
        for step in &self.steps {
            hash.bytes(step.end.to_string().as_bytes());
            if step.end.poisons() || step.end.is_out_of_heap() {
                break;
            }
            step.state.iter().for_each(|&(_, state)| hash.word(state));
            for (descriptor, bytes) in &step.output {
                hash.word(u64::from(*descriptor));
                hash.bytes(bytes);
            }
        }
        hash.end()
    }
}

/// One step: the instantiation, a call, a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The end of the step.
    pub end: StepEnd,
    /// One hash per entity; empty if the state was not recorded.
    pub state: Vec<(Entity, u64)>,
    /// The output of a program, by descriptor, in order.
    pub output: Vec<(u32, Vec<u8>)>,
}

/// Something that has state. Numbers are those of the store, in order of creation; for a single instance without
/// imports they are the module's indices. A provider's entities come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Entity {
    /// The value of a global.
    Global(u32),
    /// Length and bytes.
    Memory(u32),
    /// Length and elements.
    Table(u32),
    /// The set of dropped segments of an instance.
    Segments(u32),
    /// The functions that a trap left, and where, innermost first.
    Frames,
}

impl Entity {
    /// Returns the name of the entity without its number.
    pub fn kind(self) -> &'static str {
        match self {
            Entity::Global(_) => "global",
            Entity::Memory(_) => "memory",
            Entity::Table(_) => "table",
            Entity::Segments(_) => "segments",
            Entity::Frames => "frames",
        }
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entity::Global(n) | Entity::Memory(n) | Entity::Table(n) | Entity::Segments(n) => {
                write!(f, "{} {n}", self.kind())
            }
            Entity::Frames => f.write_str("the trap's place"),
        }
    }
}

/// The end of a call, an instantiation or a program, as far as backends must agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StepEnd {
    /// The results of a call.
    Values(Vec<PortableValue>),
    /// A trap, by the specification's message without numbers.
    Trap(String),
    /// A script's directive was not executed: its module is malformed, invalid or cannot be linked, or an earlier directive
    /// failed. The script goes on.
    Rejected(String),
    /// A script's directive asks for something that does not exist, or was not executed by the tier that should have executed it.
    /// The script goes on.
    Error(String),
    /// The number of the tag in its store, and the payload.
    Exception(u32, Vec<PortableValue>),
    /// `proc_exit`.
    Exit(i32),
    /// A stack was exhausted: the following steps may legitimately differ.
    Exhausted,
    /// The time or the fuel set by triage ran out.
    Timeout,
    /// The backend lacks a feature, or code exceeds one of its limits: a separate finding.
    Unsupported(String),
    /// An import is missing, or is not what the module asks for.
    Unlinkable(String),
    /// There is no memory for it, or a limit is exceeded.
    Refused(String),
    /// The process died: the signal's name, or the panic's first line.
    Crash(String),
    /// The verifier or the allocation checker rejected the compiler's output.
    Checker(String),
}

impl StepEnd {
    /// Returns the end of an execution that panicked, with the first line of the message.
    pub fn panicked(payload: &(dyn std::any::Any + Send)) -> StepEnd {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("?");
        StepEnd::Crash(format!("panic: {}", text.lines().next().unwrap_or_default()))
    }

    /// Returns whether no later step can be compared.
    pub fn poisons(&self) -> bool {
        match self {
            StepEnd::Values(_) | StepEnd::Trap(_) | StepEnd::Exception(..) => false,
            StepEnd::Rejected(_) | StepEnd::Error(_) => false,
            StepEnd::Exit(_) | StepEnd::Exhausted | StepEnd::Timeout => true,
            StepEnd::Unsupported(_) | StepEnd::Unlinkable(_) | StepEnd::Refused(_) => true,
            StepEnd::Crash(_) | StepEnd::Checker(_) => true,
        }
    }

    /// Returns whether the GC heap was full.
    pub fn is_out_of_heap(&self) -> bool {
        matches!(self, StepEnd::Trap(message) if message == TrapCode::AllocationTooLarge.message())
    }

    /// Returns whether nothing was executed, because a feature, an import or memory was missing.
    pub fn is_unable(&self) -> bool {
        matches!(self, StepEnd::Unsupported(_) | StepEnd::Unlinkable(_) | StepEnd::Refused(_))
    }

    /// Returns whether this end is a finding by itself, without any comparison.
    pub fn is_defect(&self) -> bool {
        matches!(self, StepEnd::Unsupported(_) | StepEnd::Crash(_) | StepEnd::Checker(_) | StepEnd::Timeout)
    }
}

impl fmt::Display for StepEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StepEnd::Values(values) => write!(f, "returned ({})", list(values)),
            StepEnd::Trap(message) => write!(f, "trap: {message}"),
            StepEnd::Rejected(what) => f.write_str(what),
            StepEnd::Error(what) => write!(f, "error: {what}"),
            StepEnd::Exception(tag, payload) => write!(f, "exception of tag {tag} ({})", list(payload)),
            StepEnd::Exit(status) => write!(f, "exit {status}"),
            StepEnd::Exhausted => f.write_str("call stack exhausted"),
            StepEnd::Timeout => f.write_str("timeout"),
            StepEnd::Unsupported(what) => write!(f, "unsupported: {what}"),
            StepEnd::Unlinkable(what) | StepEnd::Refused(what) => write!(f, "refused: {what}"),
            StepEnd::Crash(what) => write!(f, "crash: {what}"),
            StepEnd::Checker(what) => write!(f, "checker: {what}"),
        }
    }
}

/// The amount of state to record, and the resources that the execution may spend.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The limits of the store.
    pub limits: Limits,
    /// The time limit of the whole execution, without compilation. `None` if the caller limits the time in another way.
    pub timeout: Option<Duration>,
    /// The steps after which the state is hashed.
    pub states: States,
}

/// The steps after which the state is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum States {
    /// After every step.
    Each,
    /// After the last step, and after a step that ends the execution or finds the heap full: what follows that is compared if
    /// both sides left the same state.
    Last,
}

impl Default for Bounds {
    /// Memories of 64 MiB, ten seconds, the state after every step.
    fn default() -> Self {
        let limits = Limits { memory_bytes: 64 << 20, table_elements: 1 << 20, ..Limits::default() };
        Bounds { limits, timeout: Some(Duration::from_secs(10)), states: States::Each }
    }
}

/// Returns a name for a configuration, as used for columns of the matrix: `interp`, `jit-O0`, `jit+mix:7+regs:5`. All switches
/// that change how code is executed are in it, so that no two columns of a comparison have the same name.
pub fn column_name(config: &Config) -> String {
    let level = match config.opt {
        OptLevel::O0 => "jit-O0",
        OptLevel::O1 => "jit-O1",
        OptLevel::O2 => "jit",
    };
    let mut name = match config.mode {
        Mode::All(Tier::Interp) => "interp".to_string(),
        Mode::All(Tier::Jit) => level.to_string(),
        Mode::All(Tier::Eval) => format!("{level}+eval"),
        Mode::Mix { seed } => format!("{level}+mix:{seed}"),
        Mode::Mix3 { seed } => format!("{level}+mix3:{seed}"),
        Mode::Tiered { seed: None } => "tiered".to_string(),
        Mode::Tiered { seed: Some(seed) } => format!("{level}+tier:{seed}"),
        Mode::Replaced { at_loops: false, after } => format!("{level}+tier:entry:{after}"),
        Mode::Replaced { at_loops: true, after } => format!("{level}+tier:loop:{after}"),
    };
    if let Some(passes) = &config.passes {
        name += &format!("+passes:{}", passes.join(","));
    }
    if let Some(stages) = config.pass_limit {
        name += &format!("+pass-limit:{stages}");
    }
    if let Some(changes) = config.rewrite_limit {
        name += &format!("+rewrite-limit:{changes}");
    }
    if let Some(allocator) = config.allocator {
        name += &format!("+allocator:{}", allocator.name());
    }
    if let Some(level) = config.cpu {
        name += &format!("+cpu:{}", level.name());
    }
    if let Some(dispatch) = config.dispatch {
        name += &format!("+dispatch:{}", dispatch.name());
    }
    if let Some(seed) = config.invented_profile {
        name += &format!("+profile:{seed}");
    }
    if let Some(registers) = config.registers {
        name += &format!("+regs:{registers}");
    }
    for (on, text) in [
        (config.verify, "+verify"),
        (config.poison, "+poison"),
        (config.short_reach, "+short-reach"),
        (config.gc_stress, "+gc"),
        (config.paranoid, "+paranoid"),
    ] {
        name += if on { text } else { "" };
    }
    name
}

/// Executes a prepared subject once, in its own store. Compiler panics are caught; a crash of the process takes the
/// caller with it.
pub fn execute(prepared: &PreparedSubject, engine: &Engine, bounds: &Bounds) -> Observation {
    let mut steps = Vec::with_capacity(prepared.calls.len() + 1);
    execute_by_step(prepared, engine, bounds, &mut |step| steps.push(step));
    Observation { steps, column: column_name(engine.config()) }
}

/// Like [`execute`], and passes on each step when it ends.
pub fn execute_by_step(prepared: &PreparedSubject, engine: &Engine, bounds: &Bounds, ended: &mut dyn FnMut(Step)) {
    match compile(prepared, engine) {
        Ok(code) => run(prepared, &mut engine.store(bounds.limits), code, bounds, ended),
        Err(end) => ended(Step { end, state: Vec::new(), output: Vec::new() }),
    }
}

type Code = Arc<dyn crate::runtime::store::Code>;

/// The code of a prepared subject.
pub struct Compiled {
    provider: Option<Code>,
    module: Code,
}

/// Compiles the provider and then the module.
///
/// # Errors
/// The end of the execution, if it ends before it begins.
pub fn compile(prepared: &PreparedSubject, engine: &Engine) -> Result<Compiled, StepEnd> {
    let provider = prepared.provider.as_ref().map(|provider| compile_one(provider, engine)).transpose()?;
    Ok(Compiled { provider, module: compile_one(&prepared.module, engine)? })
}

fn compile_one(module: &Arc<Module>, engine: &Engine) -> Result<Code, StepEnd> {
    // The only state of the engine that a panic could leave half-made is code, and no store has that code yet.
    match catch_unwind(AssertUnwindSafe(|| engine.compile(module))) {
        Ok(Ok(code)) => Ok(code),
        Ok(Err(CompileError::Unsupported(what))) => Err(StepEnd::Unsupported(what)),
        Ok(Err(CompileError::Limit(what) | CompileError::Memory(what))) => Err(StepEnd::Refused(what)),
        Ok(Err(CompileError::Internal(what))) => Err(StepEnd::Checker(what)),
        Ok(Err(CompileError::Timeout | CompileError::Invalid(_))) => unreachable!("validated, and no deadline was set"),
        Err(panic) => Err(StepEnd::panicked(&*panic)),
    }
}

/// Instantiates the provider, if there is one, and then the module, linked with the provider's exports. The store must
/// be new: afterwards the module's instance is [`PreparedSubject::instance`].
///
/// # Errors
/// Those of [`Store::instantiate`], for either module.
pub fn instantiate(
    prepared: &PreparedSubject,
    store: &mut Store,
    code: Compiled,
) -> Result<InstanceId, InstantiateError> {
    let provider = code.provider.map(|code| store.instantiate(code, &[])).transpose()?;
    let found = |import: &Import| {
        let missing = || InstantiateError::Unlinkable(LinkError::unknown(import));
        provider.and_then(|provider| store.export(provider, &import.name)).ok_or_else(missing)
    };
    let imports = prepared.module.imports.iter().map(found).collect::<Result<Vec<Extern>, _>>()?;
    store.instantiate(code.module, &imports)
}

/// Executes compiled code in a new store, with one step for the instantiation and one for each call. Passes on each step when it
/// ends.
pub fn run(
    prepared: &PreparedSubject,
    store: &mut Store,
    code: Compiled,
    bounds: &Bounds,
    ended: &mut dyn FnMut(Step),
) {
    let _watch = bounds.timeout.map(|after| Watch::start(store, after));
    let last = prepared.calls.len();
    let mut push = |(end, frames): (StepEnd, Option<u64>), store: &Store, step: usize| {
        let poisons = end.poisons();
        let look = !poisons && (step == last || bounds.states == States::Each || end.is_out_of_heap());
        let mut state = if look { state(store) } else { Vec::new() };
        state.extend(frames.map(|hash| (Entity::Frames, hash)));
        ended(Step { end, state, output: Vec::new() });
        !poisons
    };
    let instance = match instantiate(prepared, store, code) {
        Ok(instance) => instance,
        Err(e) => {
            let end = match e {
                InstantiateError::Unlinkable(why) => (StepEnd::Unlinkable(why.to_string()), None),
                InstantiateError::Resource(what) => (StepEnd::Refused(what.to_string()), None),
                InstantiateError::Abort(abort) => with_frames(abort, store),
            };
            push(end, store, last);
            return;
        }
    };
    if !push((StepEnd::Values(Vec::new()), None), store, 0) {
        return;
    }
    let fuel = prepared.fuel.as_ref().and_then(|(name, n)| match store.export(instance, name) {
        Some(Extern::Global(global)) => Some((global, Val::I32(*n))),
        _ => None,
    });
    for (i, call) in prepared.calls.iter().enumerate() {
        if let Some((global, amount)) = fuel {
            store.global_set(global, amount);
        }
        let Some(Extern::Func(func)) = store.export(instance, &call.export) else { continue };
        let ty = store.func_type(func);
        let args = call.args.iter().zip(ty.params()).map(|(v, &ty)| v.argument(ty, store));
        let Some(args) = args.collect::<Option<Vec<Val>>>() else { continue };
        let end = match store.call(func, &args) {
            Ok(values) => (StepEnd::Values(values.into_iter().map(|v| PortableValue::of(v, store)).collect()), None),
            Err(abort) => with_frames(abort, store),
        };
        store.clear_handles();
        if !push(end, store, i + 1) {
            return;
        }
    }
}

fn with_frames(abort: Abort, store: &Store) -> (StepEnd, Option<u64>) {
    let place = match &abort {
        Abort::Trap(trap) => Some(frames(&trap.backtrace)),
        _ => None,
    };
    let end = aborted(abort, store);
    // How full the heap is depends on what a backend keeps alive.
    let settled = !end.poisons() && !end.is_out_of_heap();
    (end, place.filter(|_| settled))
}

/// A hash of the operator and the function that trapped, and of the call stack with its call sites.
pub fn frames(backtrace: &[BacktraceFrame]) -> u64 {
    let mut hash = Hash::new();
    for frame in backtrace {
        hash.word(u64::from(frame.instance.0) << 32 | u64::from(frame.function));
        hash.word(frame.module_offset.map_or(u64::MAX, u64::from));
    }
    hash.end()
}

/// Converts an abort into an end.
pub fn aborted(abort: Abort, store: &Store) -> StepEnd {
    match abort {
        Abort::Trap(trap) => match trap.code {
            TrapCode::CallStackExhausted | TrapCode::TooManyStacks => StepEnd::Exhausted,
            TrapCode::Interrupt => StepEnd::Timeout,
            code => StepEnd::Trap(code.message().to_string()),
        },
        Abort::Exception(object) => match store.object(object) {
            Object::Exception { tag, payload } => {
                StepEnd::Exception(tag.0, payload.into_iter().map(|v| PortableValue::of(v, store)).collect())
            }
            _ => StepEnd::Crash("the thrown object is not an exception".into()),
        },
        Abort::Exit(status) => StepEnd::Exit(status),
        Abort::Host(what) => StepEnd::Refused(what),
    }
}

/// Hashes all state of a store.
pub fn state(store: &Store) -> Vec<(Entity, u64)> {
    let (globals, memories, tables) = (store.globals(), store.memories(), store.tables());
    let mut all = Vec::with_capacity((globals + memories + tables + store.instances()) as usize);
    for g in 0..globals {
        let mut hash = Hash::new();
        hash.value(PortableValue::of(store.global_get(GlobalId(g)), store));
        all.push((Entity::Global(g), hash.end()));
    }
    for m in 0..memories {
        let bytes = store.memory_bytes(MemoryId(m));
        let page = crate::runtime::sys::mmap::page_size();
        let mut hash = Hash::new();
        hash.word(bytes.len() as u64);
        for touched in store.touched_pages(MemoryId(m)) {
            let page = (touched as usize * page).min(bytes.len())..((touched as usize + 1) * page).min(bytes.len());
            // The size of a page depends on the host; that of a chunk does not.
            for at in page.clone().step_by(CHUNK) {
                hash_chunk(at, &bytes[at..(at + CHUNK).min(page.end)], &mut hash);
            }
        }
        all.push((Entity::Memory(m), hash.end()));
    }
    for t in 0..tables {
        let mut hash = Hash::new();
        let len = store.table_len(TableId(t));
        hash.word(len);
        let mut objects = ObjectReader::new(store);
        for i in 0..len {
            match store.table_get(TableId(t), i) {
                None | Some(Ref::Null) => {}
                Some(element) => {
                    hash.word(i);
                    hash.value(objects.read(element));
                }
            }
        }
        all.push((Entity::Table(t), hash.end()));
    }
    for i in 0..store.instances() {
        let (data, elements) = store.dropped(InstanceId(i));
        let mut hash = Hash::new();
        data.iter().chain(&elements).for_each(|&dropped| hash.word(u64::from(dropped)));
        all.push((Entity::Segments(i), hash.end()));
    }
    all
}

/// The number of bytes that are hashed at once: the smallest page of all CPUs.
const CHUNK: usize = 4096;

/// Chunks of zeros do not change the hash, whether they were touched or not.
fn hash_chunk(at: usize, bytes: &[u8], hash: &mut Hash) {
    if bytes.iter().any(|&b| b != 0) {
        hash.word(at as u64);
        hash.bytes(bytes);
    }
}

/// Interrupts a store when its time is up. Dropping the watch disarms it.
struct Watch(#[expect(dead_code, reason = "dropping it is the signal")] Sender<()>);

impl Watch {
    fn start(store: &Store, after: Duration) -> Watch {
        let (sender, over) = channel();
        let handle = store.interrupt_handle();
        std::thread::spawn(move || {
            if over.recv_timeout(after) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                handle.interrupt();
            }
        });
        Watch(sender)
    }
}

#[cfg(test)]
mod tests;
