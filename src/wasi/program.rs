//! Links, instantiates and runs programs.

use super::capture::Capture;
use super::context::{Input, Output, WasiCtxBuilder, WasiLimits};
use super::imports::{LinkError, link, missing};
use crate::engine::{CompileError, CompileLimits, Engine};
use crate::module::{ExternKind, FuncType, Module};
use crate::runtime::linking::{self, InstantiateError};
use crate::runtime::resource::ResourceError;
use crate::runtime::store::{Abort, Code, Extern, InstanceId, Limits, Store};
use crate::runtime::value::{FuncRef, Val};
use crate::runtime::watchdog::Watchdog;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The part of a module that is to be run.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum EntryPoint {
    /// `_start`: the module is a command.
    #[default]
    Start,
    /// An exported function; for a reactor, after its `_initialize`.
    Invoke {
        /// Name of the export.
        export: String,
        /// The arguments, which must fit the function.
        args: Vec<Val>,
    },
}

/// Options of an execution, besides the program's inputs.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// The part of the module that runs.
    pub entry: EntryPoint,
    /// Limits of the store.
    pub limits: Limits,
    /// The time limit of the execution, after which the program is interrupted. Compiling does not count.
    pub timeout: Option<Duration>,
    /// The time by which compiling and the execution must end.
    pub deadline: Option<Instant>,
    /// Bytes of memory that compiling may take: see [`CompileLimits::memory`].
    pub compile_memory: Option<u64>,
    /// Fuel, for engines that count it: see [`Store::set_fuel`].
    pub fuel: Option<u64>,
}

impl RunOptions {
    /// Returns the limits for compiling.
    pub fn compiling(&self) -> CompileLimits<'static> {
        CompileLimits { deadline: self.deadline, memory: self.compile_memory, ..CompileLimits::default() }
    }
}

/// A program that has run.
pub struct Run {
    /// The store, with the instance in its last state.
    pub store: Store,
    /// The instance; `None` if its start function did not end normally.
    pub instance: Option<InstanceId>,
    /// Results of the entry point.
    pub end: Result<Vec<Val>, Abort>,
    /// Whether the time limit was reached: if so, it is the reason for an interrupt in `end`.
    pub timed_out: bool,
}

impl Run {
    /// Returns the exit code of a program that ended by returning or by `proc_exit`.
    pub fn exit(&self) -> Option<i32> {
        match &self.end {
            Ok(_) => Some(0),
            Err(Abort::Exit(code)) => Some(*code),
            Err(_) => None,
        }
    }

    /// Returns the memory that the program exports, in its last state; empty if it exports none.
    pub fn memory(&self) -> &[u8] {
        match self.instance.and_then(|instance| self.store.export(instance, "memory")) {
            Some(Extern::Memory(memory)) => self.store.memory_bytes(memory),
            _ => &[],
        }
    }
}

/// The reason why a program could not be run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The engine cannot execute it.
    #[error("{}", refusal(.0))]
    Compile(CompileError),
    /// Imports that nothing provides, one sentence each, and one for all beyond the first hundred.
    #[error("{}", missing_text(.0))]
    Missing(Vec<String>),
    /// Imports whose types differ from those the module declares.
    #[error(transparent)]
    Unlinkable(linking::LinkError),
    /// The host is out of memory, or a limit is exceeded.
    #[error(transparent)]
    Resource(ResourceError),
    /// The system has no thread for the time limit.
    #[error("cannot start a thread for the time limit: {0}")]
    Watch(io::Error),
    /// The export to be called does not have the required type.
    #[error("the export '{name}' has parameters or results: {ty}")]
    EntryType {
        /// Name of the export.
        name: &'static str,
        /// Its type.
        ty: FuncType,
    },
    /// The module is a library, and no function was chosen.
    #[error("a library (it exports '_initialize' but not '_start'); choose a function with --invoke: {functions}")]
    Library {
        /// The exported functions, as a list.
        functions: String,
    },
    /// The module has no start, and no function was chosen.
    #[error("not a program (it does not export '_start'); choose a function with --invoke: {functions}")]
    NoStart {
        /// The exported functions, as a list.
        functions: String,
    },
    /// The chosen export is not a function.
    #[error("the export '{}' is not a function", .0.escape_debug())]
    NotAFunction(String),
    /// The chosen export does not exist.
    #[error("no export '{}'; the exported functions are: {functions}", .name.escape_debug())]
    NoExport {
        /// The chosen name.
        name: String,
        /// The exported functions, as a list.
        functions: String,
    },
    /// A folder cannot be given to the program.
    #[error("{}: {error}", folder.display())]
    Folder {
        /// The folder of the host.
        folder: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// A standard stream cannot be given to the program.
    #[error("cannot pass a standard stream to the program: {0}")]
    Stream(io::Error),
}

fn refusal(e: &CompileError) -> String {
    match e {
        CompileError::Unsupported(what) => format!("not supported yet: {what}"),
        CompileError::Limit(what) | CompileError::Memory(what) => format!("over a limit: {what}"),
        CompileError::Timeout | CompileError::Invalid(_) => e.to_string(),
        CompileError::Internal(what) => format!("bug in wasmoon: {what}"),
    }
}

fn missing_text(imports: &[String]) -> String {
    let mut text = format!("unknown imports (only functions of {} are provided):", super::MODULE);
    imports.iter().for_each(|import| text += &format!("\n  {import}"));
    if imports.iter().any(|i| i.starts_with("\"wasi_unstable\"")) {
        text += "\nwasi_unstable is an older preview: rebuild the program with a newer SDK";
    }
    text
}

impl From<LinkError> for RunError {
    fn from(e: LinkError) -> RunError {
        match e {
            LinkError::Missing(imports) => RunError::Missing(imports),
            LinkError::Io(e) => RunError::Stream(e),
        }
    }
}

/// Compiles, links and runs a program.
///
/// # Errors
/// See [`RunError`]; how a program that did run ended is in [`Run::end`].
///
/// # Panics
/// If the arguments of [`EntryPoint::Invoke`] do not fit the function.
pub fn run(engine: &Engine, module: &Arc<Module>, ctx: WasiCtxBuilder, options: &RunOptions) -> Result<Run, RunError> {
    run_with(engine, module, ctx, options, || engine.compile_within(module, options.compiling()), |_, _| {})
}

/// Does the same as [`run`], but with code made by `compile`; `prepare` gets it with the store before anything is
/// instantiated.
///
/// # Errors
/// As [`run`].
pub fn run_with(
    engine: &Engine,
    module: &Arc<Module>,
    ctx: WasiCtxBuilder,
    options: &RunOptions,
    compile: impl FnOnce() -> Result<Arc<dyn Code>, CompileError>,
    prepare: impl FnOnce(&mut Store, &Arc<dyn Code>),
) -> Result<Run, RunError> {
    // The most common reasons are checked before anything is compiled.
    let missing = missing(module);
    if !missing.is_empty() {
        return Err(RunError::Missing(missing));
    }
    let functions = entry(module, &options.entry)?;
    let code = compile().map_err(RunError::Compile)?;
    let mut store = engine.store(options.limits);
    let imports = link(&mut store, ctx, module)?;
    if let Some(fuel) = options.fuel {
        store.set_fuel(fuel);
    }
    prepare(&mut store, &code);
    let left = options.deadline.map(|end| end.saturating_duration_since(Instant::now()));
    let timeout = left.into_iter().chain(options.timeout).min();
    let watch = timeout.map(|after| Watchdog::start(store.interrupt_handle(), after)).transpose();
    let watch = watch.map_err(RunError::Watch)?;
    let (instance, end) = match store.instantiate(code, &imports) {
        Ok(instance) => (Some(instance), call(&mut store, instance, &functions)),
        Err(InstantiateError::Unlinkable(e)) => return Err(RunError::Unlinkable(e)),
        Err(InstantiateError::Resource(e)) => return Err(RunError::Resource(e)),
        Err(InstantiateError::Abort(abort)) => (None, Err(abort)),
    };
    let timed_out = watch.is_some_and(|w| w.fired());
    Ok(Run { store, instance, end, timed_out })
}

fn call(store: &mut Store, instance: InstanceId, functions: &[(&str, &[Val])]) -> Result<Vec<Val>, Abort> {
    let mut results = Vec::new();
    for (name, args) in functions {
        results = store.call(function(store, instance, name), args)?;
    }
    Ok(results)
}

fn function(store: &Store, instance: InstanceId, name: &str) -> FuncRef {
    match store.export(instance, name) {
        Some(Extern::Func(func)) => func,
        other => unreachable!("{name} was looked up in the module: {other:?}"),
    }
}

/// Returns the functions to call, with their arguments.
fn entry<'a>(module: &Module, entry: &'a EntryPoint) -> Result<Vec<(&'a str, &'a [Val])>, RunError> {
    let signature = |name: &str| {
        let export = module.export(name).filter(|e| e.kind == ExternKind::Func)?;
        Some(module.function_signature(export.index))
    };
    let plain = |name: &'static str| match signature(name) {
        Some(ty) if ty.params().is_empty() && ty.results().is_empty() => Ok(true),
        Some(ty) => Err(RunError::EntryType { name, ty: ty.clone() }),
        None => Ok(false),
    };
    let names = || {
        let functions = module.exports.iter().filter(|e| e.kind == ExternKind::Func && !e.name.starts_with('_'));
        let names: Vec<String> = functions.map(|e| e.name.escape_debug().to_string()).collect();
        if names.is_empty() { "none".to_string() } else { names.join(", ") }
    };
    let none: &[Val] = &[];
    match entry {
        EntryPoint::Start if plain("_start")? => Ok(vec![("_start", none)]),
        EntryPoint::Start if module.export("_initialize").is_some() => Err(RunError::Library { functions: names() }),
        // A module without `_start` may do everything in its start function.
        EntryPoint::Start if module.start.is_some() => Ok(Vec::new()),
        EntryPoint::Start => Err(RunError::NoStart { functions: names() }),
        EntryPoint::Invoke { export, args } => match module.export(export) {
            Some(e) if e.kind == ExternKind::Func => {
                let mut calls = Vec::new();
                if export != "_initialize" && plain("_initialize")? {
                    calls.push(("_initialize", none));
                }
                calls.push((export.as_str(), args.as_slice()));
                Ok(calls)
            }
            Some(_) => Err(RunError::NotAFunction(export.clone())),
            None => Err(RunError::NoExport { name: export.clone(), functions: names() }),
        },
    }
}

/// The inputs of a program run by a tool that captures its outputs.
#[derive(Clone, Debug, Default)]
pub struct ProgramInputs {
    /// The arguments; the first is the program's name.
    pub args: Vec<String>,
    /// Environment variables: name and value.
    pub env: Vec<(String, String)>,
    /// Folders of the host, with their names in the program.
    pub dirs: Vec<(PathBuf, String)>,
    /// Contents of standard input.
    pub stdin: Vec<u8>,
    /// Limits on the program's use of WASI.
    pub limits: WasiLimits,
    /// The seed for repeatable time and random numbers instead of the host's: see [`WasiCtxBuilder::deterministic`].
    pub seed: Option<u64>,
}

/// A program that has run, with its outputs.
pub struct Captured {
    /// The execution.
    pub run: Run,
    /// Bytes written to standard output.
    pub stdout: Vec<u8>,
    /// Bytes written to standard error.
    pub stderr: Vec<u8>,
}

/// Compiles, links and runs a program whose outputs are captured, at most 64 MiB each.
///
/// # Errors
/// As [`run`]; a folder that cannot be opened is `Folder`.
pub fn run_captured(
    engine: &Engine,
    module: &Arc<Module>,
    given: &ProgramInputs,
    options: &RunOptions,
) -> Result<Captured, RunError> {
    let (out, err) = (Capture::default(), Capture::default());
    let mut ctx = WasiCtxBuilder::new();
    given.args.iter().for_each(|arg| {
        ctx.arg(arg.as_str());
    });
    given.env.iter().for_each(|(name, value)| {
        ctx.env(name.as_bytes(), value.as_bytes());
    });
    for (host, guest) in &given.dirs {
        ctx.dir(host, guest).map_err(|error| RunError::Folder { folder: host.clone(), error })?;
    }
    ctx.limits(given.limits).stdin(Input::Bytes(given.stdin.clone()));
    ctx.stdout(Output::Capture(out.clone())).stderr(Output::Capture(err.clone()));
    if let Some(seed) = given.seed {
        ctx.deterministic(seed);
    }
    let run = run(engine, module, ctx, options)?;
    Ok(Captured { run, stdout: out.take(), stderr: err.take() })
}
