//! `wasmoon run`: a program, or one function of a module.

mod against;
mod report;

use super::profiling::{self, Profiling};
use super::switches::{Choice, Switches};
use super::{Failed, OK, complain, input, say};
use crate::conformance::read::language::all_features;
use crate::engine::{Config, Engine, Mode, OptLevel, Tier};
use crate::module::{ExternKind, FuncType, Module};
use crate::runtime::store::{Abort, Limits, Object, Store};
use crate::runtime::traps::tell_of_crashes;
use crate::runtime::value::{Ref, Val};
use crate::triage::post_mortem::Subject;
use crate::triage::value::Value;
use crate::wasi::WasiCtx;
use crate::wasi::program::{self, Entry, Options};
use report::Diagnose;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Run a program (WASI preview 1), or one function of a module
#[derive(clap::Args)]
#[command(
    after_help = "Without --invoke the module is a program and its export `_start` runs. What follows FILE is the \
    program's, from the first argument on that is no option; after `--` all of it is. A program sees no files but those \
    below folders given by --dir, and no environment variables but those given by --env.\n\nExit status: that of the \
    program (0 if it returns, what it passes to `proc_exit`, as a shell shows it), 134 if it trapped, threw, or was out \
    of time or fuel, 2 if it could not be run. With \
    --against: 0 if both engines did the same, 1 if not.\n\nExamples:\n  wasmoon run hello.wasm\n  wasmoon run --dir data::/ \
    --env HOME sort.wasm /in.txt -- -r\n  wasmoon run --timeout 10 --max-memory 256M untrusted.wasm\n  wasmoon run \
    fac.wat --invoke fac --arg 20\n  wasmoon run --no-jit fac.wasm --invoke fac --arg 20\n  wasmoon run -O0 f.wat \
    --invoke f --arg -1 --arg 0x1p-3 --arg nan:0x200000"
)]
pub struct Args {
    /// The module, .wasm or .wat; - is standard input
    file: PathBuf,
    /// Arguments of the program
    #[arg(trailing_var_arg = true, value_name = "ARGS")]
    args: Vec<OsString>,

    /// Exported function to call (of a library, `_initialize` is called before)
    #[arg(long, value_name = "NAME")]
    invoke: Option<String>,
    /// An argument of it (repeatable), written as in the text format; a vector as 0x and its bits, or 'i32x4 1 2 3 4'
    #[arg(long, value_name = "V", allow_hyphen_values = true, requires = "invoke")]
    arg: Vec<String>,

    /// A folder that the program may use, under the name GUEST (repeatable; by default under its own)
    #[arg(long, value_name = "HOST[::GUEST]")]
    dir: Vec<OsString>,
    /// An environment variable (repeatable); without a value, as it is here
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<OsString>,

    /// Stop it after so long
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    timeout: Option<Duration>,
    /// Let its memories, all together, grow to so many bytes (K, M and G are for KiB, MiB and GiB)
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    max_memory: Option<u64>,
    /// Let its heap of structures and arrays grow to so many bytes (1G by default, somewhat below 2G at most)
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    max_heap: Option<u64>,
    /// Let so many of its continuations run or wait at once (100,000 by default)
    #[arg(long, value_name = "N")]
    max_stacks: Option<u32>,
    /// Tell at the end what was allocated in that heap, and collected
    #[arg(long, conflicts_with = "against")]
    heap_stats: bool,
    /// Stop it after so many units of work; the same ones on every backend
    #[arg(long, value_name = "N")]
    fuel: Option<u64>,

    /// Run it on another engine too (wasmtime, v8, wasmi, "cmd:PROGRAM ARGUMENTS"), and compare output, exit, final
    /// memory and files; its output is not shown
    #[arg(long, value_name = "ORACLE", conflicts_with_all = ["dump_on_trap", "trace_calls", "trace_stores"])]
    against: Option<String>,

    /// Interpret everything
    #[arg(long, conflicts_with = "opt")]
    no_jit: bool,
    /// Optimization level of the JIT: 0, 1 or 2
    #[arg(short = 'O', long = "O", value_name = "LEVEL", default_value = "2", value_parser = parse_level)]
    opt: OptLevel,
    #[command(flatten)]
    diagnose: Diagnose,
    #[command(flatten)]
    profiling: Profiling,
    #[command(flatten)]
    switches: Switches,
    #[command(flatten)]
    choice: Choice,
}

fn parse_level(text: &str) -> Result<OptLevel, String> {
    match text {
        "0" => Ok(OptLevel::O0),
        "1" => Ok(OptLevel::O1),
        "2" => Ok(OptLevel::O2),
        _ => Err("write 0, 1 or 2".into()),
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let wrong = || "write a number of seconds above 0, as 10 or 0.5".to_string();
    let seconds: f64 = text.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(seconds).ok().filter(|d| !d.is_zero()).ok_or_else(wrong)
}

fn parse_bytes(text: &str) -> Result<u64, String> {
    let shift = match text.bytes().last() {
        Some(b'K' | b'k') => 10,
        Some(b'M' | b'm') => 20,
        Some(b'G' | b'g') => 30,
        _ => 0,
    };
    let digits = if shift == 0 { text } else { &text[..text.len() - 1] };
    let number = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(1 << shift));
    number.ok_or_else(|| "write a number of bytes, as 65536, 64K, 16M or 1G".into())
}

pub fn run(args: Args) -> Result<u8, Failed> {
    args.profiling.start()?;
    Ok(profiling::finish(execute(args)?))
}

fn execute(args: Args) -> Result<u8, Failed> {
    let name = args.file.display().to_string();
    let bytes = input::binary(&args.file, input::read(&args.file)?)?;
    let module = Module::new(&bytes, all_features()).map_err(|e| format!("{name}: {e}"))?;
    let module = Arc::new(module);
    let tier = if args.no_jit { Tier::Interp } else { Tier::Jit };
    let fuel = args.fuel.is_some();
    let mut config = Config { mode: Mode::All(tier), opt: args.opt, fuel, ..Config::default() };
    args.diagnose.configure(&mut config);
    args.switches.apply(&mut config, std::iter::once(&*module))?;
    args.choice.apply(&mut config);
    args.diagnose.before(&module, &config)?;
    let engine = Engine::new(config.clone())?;
    if let Some(oracle) = &args.against {
        return against::run(&args, oracle, &bytes, &module, &engine);
    }
    let mut limits = Limits::default();
    if let Some(bytes) = args.max_memory {
        (limits.memory_bytes, limits.all_memory_bytes) = (bytes, bytes);
    }
    limits.gc_heap_bytes = args.max_heap.unwrap_or(limits.gc_heap_bytes);
    limits.stacks = args.max_stacks.unwrap_or(limits.stacks);
    let options = Options { entry: entry(&args, &module)?, limits, timeout: args.timeout, fuel: args.fuel };
    let mut ctx = context(&args)?;
    if let Some(seed) = args.diagnose.seed {
        ctx.deterministic(seed);
    }
    tell_of_crashes(module.num_imported_functions);
    let tracer = args.diagnose.tracer()?;
    let prepare = |store: &mut Store, _: &_| args.diagnose.prepare(store, tracer);
    let run = program::run_with(&engine, &module, ctx, &options, prepare);
    let mut run = run.map_err(|e| format!("{name}: {e}"))?;
    if args.heap_stats {
        heap_stats(&run.store);
    }
    match &run.end {
        Ok(results) => {
            let lines = results.iter().map(|v| show(&run.store, *v) + "\n");
            say(&lines.collect::<String>())?;
            Ok(args.diagnose.finish(&run.store, OK))
        }
        // As a shell shows it.
        Err(Abort::Exit(code)) => Ok(args.diagnose.finish(&run.store, *code as u8)),
        Err(abort) => {
            let replay = report::command_line();
            let subject = Subject { file: &name, module: &module, config: &config, replay: &replay };
            let status = args.diagnose.aborted(&subject, &mut run.store, abort)?;
            if run.timed_out {
                complain(&format!(
                    "{name}: stopped after {} seconds (--timeout)",
                    args.timeout.unwrap_or_default().as_secs_f64()
                ));
            }
            Ok(status)
        }
    }
}

/// Tells, on standard error, what happened in the heap.
fn heap_stats(store: &Store) {
    let stats = store.gc_stats();
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    complain(&format!(
        "heap: {} objects, {:.1} MiB allocated; {} collections in {:.3} s; at most {:.1} MiB in use, {} objects of {:.1} MiB \
         after the last one",
        stats.allocated_objects,
        mib(stats.allocated_bytes),
        stats.collections,
        stats.collecting.as_secs_f64(),
        mib(stats.peak_bytes),
        stats.live_objects,
        mib(stats.live_bytes)
    ));
}

/// What the program is given.
fn context(args: &Args) -> Result<WasiCtx, Failed> {
    let mut ctx = WasiCtx::new();
    ctx.inherit_stdio().arg(args.file.as_os_str().as_bytes());
    for arg in &args.args {
        ctx.arg(arg.as_bytes());
    }
    for variable in &args.env {
        let bytes = variable.as_bytes();
        match bytes.iter().position(|&b| b == b'=') {
            Some(0) => return Err(format!("--env {}: a variable without a name", variable.display())),
            Some(at) => ctx.env(&bytes[..at], &bytes[at + 1..]),
            None => {
                let value = std::env::var_os(variable);
                let value = value.ok_or_else(|| {
                    let name = variable.display();
                    format!("--env {name}: there is no such variable here to pass on; --env {name}=VALUE sets one")
                })?;
                ctx.env(bytes, value.as_bytes())
            }
        };
    }
    for dir in &args.dir {
        let bytes = dir.as_bytes();
        let (host, guest) = match bytes.windows(2).rposition(|w| w == b"::") {
            Some(at) => (&bytes[..at], &bytes[at + 2..]),
            None => (bytes, bytes),
        };
        let host = PathBuf::from(OsString::from_vec(host.to_vec()));
        let guest = std::str::from_utf8(guest).map_err(|_| format!("--dir {}: its name is no UTF-8", dir.display()))?;
        if guest.is_empty() {
            return Err(format!("--dir {}: no name after ::", dir.display()));
        }
        opened(&mut ctx, &host, guest)?;
    }
    Ok(ctx)
}

fn opened(ctx: &mut WasiCtx, host: &Path, guest: &str) -> Result<(), Failed> {
    ctx.dir(host, guest).map(|_| ()).map_err(|e| format!("--dir {}: {e}", host.display()))
}

/// What is to run, with arguments by the types of the function's parameters.
fn entry(args: &Args, module: &Module) -> Result<Entry, Failed> {
    let Some(export) = &args.invoke else { return Ok(Entry::Start) };
    if !args.args.is_empty() {
        return Err("arguments of a program, and --invoke: pass those of the function by --arg".into());
    }
    // That there is no such function is told where it is looked up to be called.
    let values = match module.export(export).filter(|e| e.kind == ExternKind::Func) {
        Some(e) => arguments(module.function_signature(e.index), export, &args.arg)?,
        None => Vec::new(),
    };
    Ok(Entry::Invoke { export: export.clone(), args: values })
}

/// Parses arguments by the parameters' types.
fn arguments(ty: &FuncType, name: &str, texts: &[String]) -> Result<Vec<Val>, Failed> {
    let params = ty.params();
    if params.len() != texts.len() {
        let types: Vec<String> = params.iter().map(ToString::to_string).collect();
        let (want, have) = (params.len(), texts.len());
        return Err(format!(
            "'{name}' takes {want} arguments ({}), and {have} are given (--arg V, once each)",
            types.join(" ")
        ));
    }
    params
        .iter()
        .zip(texts)
        .map(|(&ty, text)| Value::parse(ty, text).and_then(Value::plain).ok_or_else(|| format!("'{text}' is no {ty}")))
        .collect()
}

/// A value as the text format writes it, integers signed.
fn show(store: &Store, value: Val) -> String {
    match value {
        Val::Ref(Ref::Func(func)) => match store.func_origin(func) {
            Some((_, index)) => format!("function {index}"),
            None => "host function".into(),
        },
        Val::Ref(Ref::Gc(object)) => match store.object(object) {
            Object::HostExtern(v) => format!("extern {v}"),
            Object::I31(v) => format!("i31 {}", (v << 1) as i32 >> 1),
            Object::Struct(_, fields) => format!("structure of {} fields", fields.len()),
            Object::Array(_, len) => format!("array of {len} elements"),
            Object::Cont(_) => "continuation".into(),
            Object::Exception { payload, .. } => format!("exception of {} values", payload.len()),
        },
        other => Value::of(other, store).literal(),
    }
}
