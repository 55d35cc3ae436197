//! Link, instantiate, run.

use super::context::{Capture, Input, Output, WasiCtx};
use super::functions::{LinkError, link, missing};
use crate::engine::{CompileError, Engine};
use crate::module::{ExternKind, FuncType, Module};
use crate::runtime::linking::{self, InstantiateError};
use crate::runtime::resource::ResourceError;
use crate::runtime::store::{Abort, Code, Extern, InstanceId, Limits, Store};
use crate::runtime::value::{FuncRef, Val};
use crate::runtime::watchdog::Watchdog;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What of a module is to run.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum EntryPoint {
    /// `_start`: the module is a command.
    #[default]
    Start,
    /// An exported function; of a reactor, `_initialize` before it.
    Invoke { export: String, args: Vec<Val> },
}

/// How a program is run, other than what it is given.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    pub entry: EntryPoint,
    pub limits: Limits,
    /// The program is interrupted after so long (compiling does not count).
    pub timeout: Option<Duration>,
    /// Has a meaning only for engines that count it: see [`Store::set_fuel`].
    pub fuel: Option<u64>,
}

/// A program that has run.
pub struct Run {
    pub store: Store,
    /// `None` if there is no instance because its start function did not come to an end.
    pub instance: Option<InstanceId>,
    /// What the entry returned.
    pub end: Result<Vec<Val>, Abort>,
    /// The time was up: an interrupt in `end` is from that.
    pub timed_out: bool,
}

impl Run {
    /// The exit code of a program that ended by itself, by returning or by `proc_exit`; `None` if it did not.
    pub fn exit(&self) -> Option<i32> {
        match &self.end {
            Ok(_) => Some(0),
            Err(Abort::Exit(code)) => Some(*code),
            Err(_) => None,
        }
    }

    /// The memory that the program exports, as it left it; empty without one.
    pub fn memory(&self) -> &[u8] {
        match self.instance.and_then(|instance| self.store.export(instance, "memory")) {
            Some(Extern::Memory(memory)) => self.store.memory_bytes(memory),
            _ => &[],
        }
    }
}

/// Why a program could not be run at all.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The engine cannot execute it.
    #[error("{}", refusal(.0))]
    Compile(CompileError),
    /// Imports that nothing provides, one sentence each.
    #[error("{}", missing_text(.0))]
    Missing(Vec<String>),
    /// What it imports has other types than it declares.
    #[error(transparent)]
    Unlinkable(linking::LinkError),
    /// Out of host memory or over a limit.
    #[error(transparent)]
    Resource(ResourceError),
    /// The system has no thread left to watch the time.
    #[error("no thread to watch the time: {0}")]
    Watch(io::Error),
    /// The export that is to be called does not fit.
    #[error("the export '{name}' has parameters or results: {ty}")]
    EntryType { name: &'static str, ty: FuncType },
    /// A library, of which no function was chosen.
    #[error("a library (it has '_initialize', and no '_start'); choose a function with --invoke: {functions}")]
    Library { functions: String },
    /// A module that nothing starts, and of which no function was chosen.
    #[error("no program (it has no export '_start'); choose a function with --invoke: {functions}")]
    NoStart { functions: String },
    /// The chosen export is not a function.
    #[error("the export '{0}' is not a function")]
    NotAFunction(String),
    /// The chosen export does not exist.
    #[error("no export '{name}'; its functions are: {functions}")]
    NoExport { name: String, functions: String },
    /// A folder cannot be given to the program.
    #[error("{}: {error}", folder.display())]
    Folder { folder: PathBuf, error: io::Error },
    /// A standard stream cannot be given to the program.
    #[error("a standard stream cannot be given to the program: {0}")]
    Stream(io::Error),
}

fn refusal(e: &CompileError) -> String {
    match e {
        CompileError::Unsupported(what) => format!("not supported yet: {what}"),
        CompileError::Limit(what) => format!("over a limit: {what}"),
        CompileError::Internal(what) => format!("defect of wasmoon: {what}"),
    }
}

fn missing_text(imports: &[String]) -> String {
    let mut text = format!("imports what nothing provides (only functions of {} are provided):", super::MODULE);
    imports.iter().for_each(|import| text += &format!("\n  {import}"));
    if imports.iter().any(|i| i.starts_with("\"wasi_unstable\"")) {
        text += "\nwasi_unstable is the preview before: build the program anew, with a newer SDK";
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
/// See [`RunError`]; how a program ended that did run is in [`Run::end`].
///
/// # Panics
/// If arguments of [`EntryPoint::Invoke`] do not fit the function.
pub fn run(engine: &Engine, module: &Arc<Module>, ctx: WasiCtx, options: &RunOptions) -> Result<Run, RunError> {
    run_with(engine, module, ctx, options, |_, _| {})
}

/// As [`run`]; `prepare` gets the store and the code before anything is instantiated.
///
/// # Errors
/// As [`run`].
pub fn run_with(
    engine: &Engine,
    module: &Arc<Module>,
    ctx: WasiCtx,
    options: &RunOptions,
    prepare: impl FnOnce(&mut Store, &Arc<dyn Code>),
) -> Result<Run, RunError> {
    // The commonest reasons, before anything is compiled.
    let missing = missing(module);
    if !missing.is_empty() {
        return Err(RunError::Missing(missing));
    }
    let functions = entry(module, &options.entry)?;
    let code = engine.compile(module).map_err(RunError::Compile)?;
    let mut store = engine.store(options.limits);
    let imports = link(&mut store, ctx, module)?;
    if let Some(fuel) = options.fuel {
        store.set_fuel(fuel);
    }
    prepare(&mut store, &code);
    let watch = options.timeout.map(|after| Watchdog::start(store.interrupt_handle(), after)).transpose();
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

/// The functions to call, with their arguments.
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
        let names: Vec<&str> = functions.map(|e| e.name.as_str()).collect();
        if names.is_empty() { "none".to_string() } else { names.join(", ") }
    };
    let none: &[Val] = &[];
    match entry {
        EntryPoint::Start if plain("_start")? => Ok(vec![("_start", none)]),
        EntryPoint::Start if module.export("_initialize").is_some() => Err(RunError::Library { functions: names() }),
        // Everything that it does may be done by its start function.
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

/// What a program is given by tools that run it unseen.
#[derive(Clone, Debug, Default)]
pub struct ProgramInputs {
    /// Beginning with the program's name.
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    /// Folders of the host, and their names in the program.
    pub dirs: Vec<(PathBuf, String)>,
    pub stdin: Vec<u8>,
    /// Repeatable time and random numbers, if not the host's: see [`WasiCtx::deterministic`].
    pub seed: Option<u64>,
}

/// A program that has run unseen.
pub struct Captured {
    pub run: Run,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// Compiles, links and runs a program whose outputs are collected, at most 64 MiB each.
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
    let mut ctx = WasiCtx::new();
    given.args.iter().for_each(|arg| {
        ctx.arg(arg.as_str());
    });
    given.env.iter().for_each(|(name, value)| {
        ctx.env(name.as_bytes(), value.as_bytes());
    });
    for (host, guest) in &given.dirs {
        ctx.dir(host, guest).map_err(|error| RunError::Folder { folder: host.clone(), error })?;
    }
    ctx.stdin(Input::Bytes(given.stdin.clone()));
    ctx.stdout(Output::Capture(out.clone())).stderr(Output::Capture(err.clone()));
    if let Some(seed) = given.seed {
        ctx.deterministic(seed);
    }
    let run = run(engine, module, ctx, options)?;
    Ok(Captured { run, stdout: out.take(), stderr: err.take() })
}
