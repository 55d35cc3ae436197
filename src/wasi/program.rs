//! Link, instantiate, run.

use super::context::{Capture, Input, Output, WasiCtx};
use super::functions::{LinkError, link, missing};
use crate::engine::{CompileError, Engine};
use crate::module::{ExternKind, Module};
use crate::runtime::store::{Abort, Code, Extern, InstanceId, InstantiateError, Limits, Store};
use crate::runtime::value::{FuncRef, Val};
use crate::runtime::watchdog::Watchdog;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What of a module is to run.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Entry {
    /// `_start`: the module is a command.
    #[default]
    Start,
    /// An exported function; of a reactor, `_initialize` before it.
    Invoke { export: String, args: Vec<Val> },
}

/// How a program is run, other than what it is given.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub entry: Entry,
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
#[derive(Debug)]
pub enum RunError {
    Compile(CompileError),
    /// Imports that nobody provides, one sentence each.
    Missing(Vec<String>),
    Unlinkable(String),
    /// Out of host memory or over a limit.
    Resource(String),
    /// There is no such function to be run; the sentence says which there are.
    NoEntry(String),
    /// A folder or a stream cannot be given to the program.
    Io(String),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Compile(CompileError::Unsupported(what)) => write!(f, "not supported yet: {what}"),
            RunError::Compile(CompileError::Limit(what)) => write!(f, "over a limit: {what}"),
            RunError::Compile(CompileError::Internal(what)) => write!(f, "defect of wasmoon: {what}"),
            RunError::Missing(imports) => {
                write!(f, "imports what nobody provides (only functions of {} are):", super::MODULE)?;
                imports.iter().try_for_each(|import| write!(f, "\n  {import}"))?;
                if imports.iter().any(|i| i.starts_with("\"wasi_unstable\"")) {
                    write!(f, "\nwasi_unstable is the preview before: build the program anew, with a newer SDK")?;
                }
                Ok(())
            }
            RunError::Unlinkable(e) | RunError::Resource(e) | RunError::NoEntry(e) | RunError::Io(e) => f.write_str(e),
        }
    }
}

impl std::error::Error for RunError {}

impl From<LinkError> for RunError {
    fn from(e: LinkError) -> RunError {
        match e {
            LinkError::Missing(imports) => RunError::Missing(imports),
            LinkError::Io(e) => RunError::Io(format!("a standard stream cannot be given to the program: {e}")),
        }
    }
}

/// Compiles, links and runs a program.
///
/// # Errors
/// See [`RunError`]; how a program ended that did run is in [`Run::end`].
///
/// # Panics
/// If arguments of [`Entry::Invoke`] do not fit the function.
pub fn run(engine: &Engine, module: &Arc<Module>, ctx: WasiCtx, options: &Options) -> Result<Run, RunError> {
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
    options: &Options,
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
    let watch = watch.map_err(|e| RunError::Resource(format!("no thread to watch the time: {e}")))?;
    let (instance, end) = match store.instantiate(code, &imports) {
        Ok(instance) => (Some(instance), call(&mut store, instance, &functions)),
        Err(InstantiateError::Unlinkable(e)) => return Err(RunError::Unlinkable(e.to_string())),
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
fn entry<'a>(module: &Module, entry: &'a Entry) -> Result<Vec<(&'a str, &'a [Val])>, RunError> {
    let signature = |name: &str| {
        let export = module.export(name).filter(|e| e.kind == ExternKind::Func)?;
        Some(module.function_signature(export.index))
    };
    let plain = |name: &str| match signature(name) {
        Some(ty) if ty.params().is_empty() && ty.results().is_empty() => Ok(true),
        Some(ty) => Err(RunError::NoEntry(format!("the export '{name}' has parameters or results: {ty}"))),
        None => Ok(false),
    };
    let names = || {
        let functions = module.exports.iter().filter(|e| e.kind == ExternKind::Func && !e.name.starts_with('_'));
        let names: Vec<&str> = functions.map(|e| e.name.as_str()).collect();
        if names.is_empty() { "none".to_string() } else { names.join(", ") }
    };
    let none: &[Val] = &[];
    match entry {
        Entry::Start if plain("_start")? => Ok(vec![("_start", none)]),
        Entry::Start if module.export("_initialize").is_some() => Err(RunError::NoEntry(format!(
            "a library (it has '_initialize', and no '_start'); choose a function with --invoke: {}",
            names()
        ))),
        // Everything that it does may be done by its start function.
        Entry::Start if module.start.is_some() => Ok(Vec::new()),
        Entry::Start => Err(RunError::NoEntry(format!(
            "no program (it has no export '_start'); choose a function with --invoke: {}",
            names()
        ))),
        Entry::Invoke { export, args } => match module.export(export) {
            Some(e) if e.kind == ExternKind::Func => {
                let mut calls = Vec::new();
                if export != "_initialize" && plain("_initialize")? {
                    calls.push(("_initialize", none));
                }
                calls.push((export.as_str(), args.as_slice()));
                Ok(calls)
            }
            Some(_) => Err(RunError::NoEntry(format!("the export '{export}' is no function"))),
            None => Err(RunError::NoEntry(format!("no export '{export}'; its functions are: {}", names()))),
        },
    }
}

/// What a program is given by tools that run it unseen.
#[derive(Clone, Debug, Default)]
pub struct Given {
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
/// As [`run`]; a folder that cannot be opened is `Io`.
pub fn run_captured(
    engine: &Engine,
    module: &Arc<Module>,
    given: &Given,
    options: &Options,
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
        ctx.dir(host, guest).map_err(|e| RunError::Io(format!("{}: {e}", host.display())))?;
    }
    ctx.stdin(Input::Bytes(given.stdin.clone()));
    ctx.stdout(Output::Capture(out.clone())).stderr(Output::Capture(err.clone()));
    if let Some(seed) = given.seed {
        ctx.deterministic(seed);
    }
    let run = run(engine, module, ctx, options)?;
    Ok(Captured { run, stdout: out.take(), stderr: err.take() })
}
