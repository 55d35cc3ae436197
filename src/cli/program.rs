//! A program, or one function of a module, and its inputs: the options are the same for every command that runs one.

use super::way::Way;
use super::{Failed, input, values};
use crate::conformance::read::files::{self, LeftOut};
use crate::engine::compiled_file::{CompiledFile, EXTENSION, is_compiled};
use crate::engine::{CompileError, CompileLimits};
use crate::module::{self, ExternKind, FuncType, Module, Phase, ReadLimits, features};
use crate::runtime::store::Limits;
use crate::runtime::value::Val;
use crate::text::counted;
use crate::triage::value::{PortableValue, references_to_give};
use crate::wasi::program::{EntryPoint, ProgramInputs, RunOptions};
use crate::wasi::{WasiCtxBuilder, WasiLimits};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// The program's arguments, environment and folders.
#[derive(clap::Args, Debug, Default)]
pub struct ProgramArgs {
    /// Arguments for the program
    #[arg(trailing_var_arg = true, value_name = "ARGS")]
    pub args: Vec<OsString>,
    /// Exported function to call (after `_initialize`, if the module has it)
    #[arg(long, value_name = "NAME")]
    pub invoke: Option<String>,
    /// Argument for the function (repeatable), written as in the text format. A vector is 0x and its bits, or 'i32x4 1
    /// 2 3 4'; null is the only reference that can be given
    #[arg(long, value_name = "V", allow_hyphen_values = true, requires = "invoke")]
    pub arg: Vec<String>,
    /// Folder that the program may use, under the name GUEST (repeatable) [default name: the same]
    #[arg(long, value_name = "HOST[::GUEST]")]
    pub dir: Vec<OsString>,
    /// Environment variable for the program (repeatable); without a value, it is passed on from this environment
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub env: Vec<OsString>,
}

impl ProgramArgs {
    /// The environment variables given by `--env`.
    ///
    /// # Errors
    /// A variable has no name, or one to be passed on is not set.
    pub fn environment(&self) -> Result<Vec<(OsString, OsString)>, Failed> {
        let pair = |variable: &OsString| {
            let bytes = variable.as_bytes();
            match bytes.iter().position(|&b| b == b'=') {
                Some(0) => Err(format!("--env {}: the variable has no name", variable.display()).into()),
                Some(at) => Ok((os(&bytes[..at]), os(&bytes[at + 1..]))),
                None => {
                    let value = std::env::var_os(variable).ok_or_else(|| {
                        let name = variable.display();
                        format!("--env {name}: not set in the environment; use --env {name}=VALUE to set it")
                    })?;
                    Ok((variable.clone(), value))
                }
            }
        };
        self.env.iter().map(pair).collect()
    }

    /// The folders given by `--dir`, and their names in the program.
    ///
    /// # Errors
    /// A name cannot be given to a program.
    pub fn folders(&self) -> Result<Vec<(PathBuf, String)>, Failed> {
        let pair = |dir: &OsString| {
            let bytes = dir.as_bytes();
            let (host, guest) = match bytes.windows(2).rposition(|w| w == b"::") {
                Some(at) => (&bytes[..at], &bytes[at + 2..]),
                None => (bytes, bytes),
            };
            match std::str::from_utf8(guest) {
                Err(_) => Err(format!("--dir {}: the name is not UTF-8", dir.display()).into()),
                Ok("") => Err(format!("--dir {}: missing name after ::", dir.display()).into()),
                Ok(guest) => Ok((PathBuf::from(os(host)), guest.to_string())),
            }
        };
        self.dir.iter().map(pair).collect()
    }

    /// Refuses an output that a link left by the program may lead out of its folders. `option` names the output.
    ///
    /// # Errors
    /// See [`Way::of_output`].
    pub fn check_output(&self, path: &Path, option: &str) -> Result<(), Failed> {
        match Way::of_output(path, &self.folders()?) {
            Ok(_) => Ok(()),
            Err(why) => Err(format!("{option} {}: {why}", path.display()).into()),
        }
    }

    /// The entry point, with arguments of the function's parameter types.
    ///
    /// # Errors
    /// The arguments do not have these types, or are for a program and a function at once.
    pub fn entry(&self, module: &Module) -> Result<EntryPoint, Failed> {
        let Some(export) = &self.invoke else { return Ok(EntryPoint::Start) };
        if !self.args.is_empty() {
            return Err("ARGS are only for programs; with --invoke, pass arguments with --arg".into());
        }
        // A function that does not exist is reported when it is looked up for the call.
        let args = match module.export(export).filter(|e| e.kind == ExternKind::Func) {
            Some(e) => arguments(module.function_signature(e.index), export, &self.arg)?,
            None => Vec::new(),
        };
        Ok(EntryPoint::Invoke { export: export.clone(), args })
    }
}

/// The limits of a program.
#[derive(clap::Args, Debug, Default)]
pub struct LimitArgs {
    /// Time limit in seconds, including compilation
    #[arg(long, value_name = "SECONDS", value_parser = values::seconds)]
    pub timeout: Option<Duration>,
    /// Maximum size of the module (also of the one in a file of compiled code), in bytes, or in KiB, MiB or GiB with
    /// suffix K, M or G. Compiling takes time and memory in proportion to it
    #[arg(long, value_name = "BYTES", value_parser = values::bytes)]
    max_module: Option<u64>,
    /// Maximum memory for reading and compiling, by an upper-bound estimate, in bytes, or in KiB, MiB or GiB with
    /// suffix K, M or G [default: twice --max-memory if that is given, otherwise no limit]
    #[arg(long, value_name = "BYTES", value_parser = values::bytes)]
    max_compile: Option<u64>,
    /// Maximum total size of memories, tables, objects and waiting stacks, in bytes, or in KiB, MiB or GiB with suffix
    /// K, M or G [default: 16G]
    #[arg(long, value_name = "BYTES", value_parser = values::bytes)]
    max_memory: Option<u64>,
    /// Maximum size of the GC heap (structures and arrays), in bytes, or in KiB, MiB or GiB with suffix K, M or G; at
    /// most somewhat below 2G [default: 1G]
    #[arg(long, value_name = "BYTES", value_parser = values::bytes)]
    max_heap: Option<u64>,
    /// Maximum number of descriptors open at once [default: 1024]
    #[arg(long, value_name = "N")]
    max_files: Option<usize>,
    /// Maximum size of the listings of the folders being read, in bytes, or in KiB, MiB or GiB with suffix K, M or G
    /// [default: 16M]
    #[arg(long, value_name = "BYTES", value_parser = values::bytes)]
    max_listings: Option<u64>,
    /// Maximum amount that the program may write to files and streams, in bytes, or in KiB, MiB or GiB with suffix K, M
    /// or G
    #[arg(long, value_name = "BYTES", value_parser = values::bytes)]
    max_written: Option<u64>,
    /// Maximum number of live continuations [default: 100000]
    #[arg(long, value_name = "N")]
    max_stacks: Option<u32>,
    /// Maximum number of units of work, which every backend counts in the same way
    #[arg(long, value_name = "N")]
    pub fuel: Option<u64>,
}

impl LimitArgs {
    /// The limits on reading and compiling, starting now.
    fn compiling(&self) -> CompileLimits<'static> {
        CompileLimits {
            deadline: self.timeout.and_then(|limit| Instant::now().checked_add(limit)),
            memory: self.max_compile.or_else(|| Some(self.max_memory?.saturating_mul(2))),
            ..CompileLimits::default()
        }
    }

    /// The suffix for the message of a compile error: the option that set the limit, if any.
    pub fn held_against(&self, e: &CompileError) -> &'static str {
        if matches!(e, CompileError::Memory(_)) { self.option_of_memory() } else { "" }
    }

    /// The suffix for the message of an error about the memory for reading and compiling: the option that limits it, if
    /// any.
    fn option_of_memory(&self) -> &'static str {
        match (self.max_compile, self.max_memory) {
            (Some(_), _) => " (--max-compile)",
            (None, Some(_)) => " (twice --max-memory; use --max-compile to set another limit)",
            (None, None) => "",
        }
    }

    fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        if let Some(bytes) = self.max_memory {
            (limits.memory_bytes, limits.total_bytes) = (bytes, bytes);
        }
        limits.gc_heap_bytes = self.max_heap.unwrap_or(limits.gc_heap_bytes);
        limits.stacks = self.max_stacks.unwrap_or(limits.stacks);
        limits
    }

    fn wasi_limits(&self) -> WasiLimits {
        let default = WasiLimits::default();
        let listings = self.max_listings.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        WasiLimits {
            descriptors: self.max_files.unwrap_or(default.descriptors),
            listing_bytes: listings.unwrap_or(default.listing_bytes),
            written_bytes: self.max_written.unwrap_or(default.written_bytes),
        }
    }
}

/// A loaded module and its inputs.
pub struct Program {
    /// The file as it was named.
    pub file: PathBuf,
    pub module: Arc<Module>,
    /// The file, if it contains compiled code; the module is inside.
    pub compiled: Option<CompiledFile<Vec<u8>>>,
    /// The parts of the file that were not read.
    pub left_out: Option<LeftOut>,
    /// Without the program's own name.
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    /// Folders of the host, with their names in the program.
    dirs: Vec<(PathBuf, String)>,
    /// Entry point, limits, time and fuel.
    pub options: RunOptions,
    wasi_limits: WasiLimits,
    /// When the execution has to end, if its time includes loading.
    pub deadline: Option<Instant>,
    /// Ends the process if loading, including compilation, takes too long. It is dropped when loading is done.
    pub loading: Option<LoadingWatch>,
}

/// Ends the process with an error message unless it is dropped in time.
///
/// The code that reads and compiles a module checks the time and ends in an orderly way, but it does not check
/// everywhere: a single operator may have millions of labels. Nothing has run yet that could be lost.
pub struct LoadingWatch {
    /// Dropping it wakes the thread.
    _cancel: Sender<()>,
}

impl LoadingWatch {
    /// The time left for an orderly end.
    const GRACE: Duration = Duration::from_millis(100);

    /// # Errors
    /// The system cannot start another thread.
    fn start(file: &Path, end: Instant) -> Result<LoadingWatch, Failed> {
        let (cancel, cancelled) = channel();
        let name = file.display().to_string();
        std::thread::Builder::new().name("loading".into()).spawn(move || {
            let left = (end + LoadingWatch::GRACE).saturating_duration_since(Instant::now());
            if cancelled.recv_timeout(left) == Err(RecvTimeoutError::Timeout) {
                super::complain(&format!("{name}: {}", CompileError::Timeout));
                std::process::exit(super::exit_status::USAGE.into());
            }
        })?;
        Ok(LoadingWatch { _cancel: cancel })
    }
}

impl Program {
    /// Reads the module, and looks up its inputs.
    ///
    /// # Errors
    /// The file cannot be read or is not a valid module, or options do not fit it.
    pub fn load(file: &Path, given: &ProgramArgs, limits: &LimitArgs, reading: Reading) -> Result<Program, Failed> {
        let compiling = limits.compiling();
        let loading = compiling.deadline.map(|end| LoadingWatch::start(file, end)).transpose()?;
        let Loaded { module, compiled, left_out, weight } = load_module(file, compiling, limits, reading)?;
        let options = RunOptions {
            entry: given.entry(&module)?,
            limits: limits.limits(),
            timeout: limits.timeout,
            deadline: None,
            compile_memory: compiling.less(weight).memory,
            fuel: limits.fuel,
        };
        Ok(Program {
            file: file.to_path_buf(),
            module,
            compiled,
            left_out,
            args: given.args.clone(),
            env: given.environment()?,
            dirs: given.folders()?,
            options,
            wasi_limits: limits.wasi_limits(),
            deadline: compiling.deadline,
            loading,
        })
    }

    /// The file's name, for messages.
    pub fn name(&self) -> String {
        self.file.display().to_string()
    }

    /// Arguments, variables and folders, with this process's streams.
    ///
    /// # Errors
    /// A folder cannot be opened.
    pub fn context(&self) -> Result<WasiCtxBuilder, Failed> {
        let mut context = WasiCtxBuilder::new();
        context.limits(self.wasi_limits).inherit_stdio().arg(self.file.as_os_str().as_bytes());
        for arg in &self.args {
            context.arg(arg.as_bytes());
        }
        for (name, value) in &self.env {
            context.env(name.as_bytes(), value.as_bytes());
        }
        for (host, guest) in &self.dirs {
            context.dir(host, guest).map_err(|e| format!("--dir {}: {e}", host.display()))?;
        }
        Ok(context)
    }

    /// The same as text, which can be given to every engine, with this standard input.
    ///
    /// # Errors
    /// Something is not UTF-8.
    pub fn given(&self, stdin: Vec<u8>) -> Result<ProgramInputs, Failed> {
        let mut args = vec![utf8(self.file.as_os_str(), "the file")?];
        for arg in &self.args {
            args.push(utf8(arg, "the argument")?);
        }
        let pair =
            |(name, value): &(OsString, OsString)| Ok((utf8(name, "--env")?, utf8(value, "the value of --env")?));
        let env = self.env.iter().map(pair).collect::<Result<_, Failed>>()?;
        Ok(ProgramInputs { args, env, dirs: self.dirs.clone(), stdin, limits: self.wasi_limits, seed: None })
    }
}

/// How a module is read.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// Functions are validated at their first call.
    pub lazily: bool,
    /// Large sections for debuggers are read too, because all bytes or their hash are needed.
    pub whole: bool,
}

/// A module that has been read.
pub struct Loaded {
    pub module: Arc<Module>,
    /// The file, if it contains compiled code; the module is inside.
    pub compiled: Option<CompiledFile<Vec<u8>>>,
    /// The parts of the file that were not read.
    left_out: Option<LeftOut>,
    /// The estimated memory that it takes, in bytes.
    weight: u64,
}

/// Reads a module within limits, whose time is already running (`compiling`): a binary, a text, or compiled code.
/// Compiled code is executed as it is, so the name of its file must have the right extension: nobody can pass it off as
/// a module.
///
/// # Errors
/// The file cannot be read, is over a limit, is not a valid module, or has compiled code that is damaged or not for
/// this program or CPU.
pub fn load_module(
    file: &Path,
    compiling: CompileLimits,
    limits: &LimitArgs,
    reading: Reading,
) -> Result<Loaded, Failed> {
    let most = limits.max_module.map(|most| (most, "--max-module"));
    let named = |e: CompileError| format!("{}: {e}{}", file.display(), limits.held_against(&e));
    let mut left_out = None;
    let by = |path: &Path, limit| match reading.whole {
        true => files::any(path, limit),
        false => files::without_debug_info(path, limit).map(|(bytes, parts)| {
            left_out = parts;
            bytes
        }),
    };
    let may_be_compiled = file.extension().is_some_and(|extension| extension == EXTENSION);
    // For compiled code, only the module is limited.
    let read = input::read_by(by, file, most.filter(|_| !may_be_compiled))?;
    let in_file = |e| format!("{}: {e}", file.display());
    let over = |len: usize, what: &str| match most {
        Some((most, option)) if len as u64 > most => {
            Err(input::too_large(&format!("{}{what}", file.display()), most, option))
        }
        _ => Ok(()),
    };
    let (compiled, encoded) = if is_compiled(&read) {
        if !may_be_compiled {
            return Err(format!(
                "{}: refusing to run compiled code from a file without the extension .{EXTENSION}: it can do anything \
                 that you can, and may be an untrusted file that passes for a module",
                file.display()
            )
            .into());
        }
        (Some(CompiledFile::read(read).map_err(in_file)?), Vec::new())
    } else {
        over(read.len(), "")?;
        if !read.starts_with(b"\0asm") {
            compiling.check_memory(module::text_weight(&read), || "reading the text".into()).map_err(named)?;
        }
        (None, input::binary(file, read)?)
    };
    let bytes = match &compiled {
        Some(compiled) => compiled.module().map_err(in_file)?.to_vec(),
        None => encoded,
    };
    // The binary may be longer than the text.
    over(bytes.len(), if compiled.is_some() { " (its module)" } else { " (as a binary)" })?;
    let weight = compiling.memory.map_or(0, |_| module::weight(&bytes));
    compiling.check_memory(weight, || "reading the module".into()).map_err(named)?;
    let memory = compiling.less(weight).memory;
    // Compiled code may call any function.
    let lazily = reading.lazily && compiled.is_none();
    let left = ReadLimits { end: compiling.deadline, memory, on_all_cores: true, lazily };
    let module = Module::new_within(bytes, features::all(), left).map_err(|e| match e.phase {
        Phase::Timeout => named(CompileError::Timeout).into(),
        Phase::Memory => format!("{}: {e}{}", file.display(), limits.option_of_memory()).into(),
        _ => input::refused(file, &e),
    })?;
    Ok(Loaded { module: Arc::new(module), compiled, left_out, weight })
}

fn os(bytes: &[u8]) -> OsString {
    OsString::from_vec(bytes.to_vec())
}

/// Returns a text that has to be UTF-8.
///
/// # Errors
/// It is not; the message names the text.
pub fn utf8(value: &OsStr, what: &str) -> Result<String, Failed> {
    Ok(value.to_str().map(str::to_string).ok_or_else(|| format!("{what} {}: not UTF-8", value.display()))?)
}

/// Parses arguments as values of the parameters' types.
fn arguments(ty: &FuncType, name: &str, texts: &[String]) -> Result<Vec<Val>, Failed> {
    let params = ty.params();
    if params.len() != texts.len() {
        let types: Vec<String> = params.iter().map(ToString::to_string).collect();
        let (want, have) = (params.len(), texts.len());
        let were = if have == 1 { "was" } else { "were" };
        return Err(format!(
            "'{}' takes {} ({}), but {have} {were} given; repeat --arg for each",
            name.escape_debug(),
            counted(want, "argument"),
            types.join(" ")
        )
        .into());
    }
    let value = |(&ty, text): (_, &String)| {
        PortableValue::parse(ty, text)
            .and_then(PortableValue::plain)
            .ok_or_else(|| format!("'{text}' is not a value of type {ty}{}", references_to_give(ty)).into())
    };
    params.iter().zip(texts).map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::parsed;

    /// Each option limits what it should, and nothing else.
    #[test]
    fn each_option_is_a_limit_of_its_own() {
        let (store, wasi) = (Limits::default(), WasiLimits::default());
        let memory = |bytes| Limits { memory_bytes: bytes, total_bytes: bytes, ..store };
        for (words, of_store, of_wasi, of_compiling) in [
            ("", store, wasi, None),
            ("--max-memory 3K", memory(3 << 10), wasi, Some(6 << 10)),
            ("--max-memory 18446744073709551615", memory(u64::MAX), wasi, Some(u64::MAX)),
            ("--max-compile 11", store, wasi, Some(11)),
            ("--max-compile 11 --max-memory 3K", memory(3 << 10), wasi, Some(11)),
            ("--max-heap 5M", Limits { gc_heap_bytes: 5 << 20, ..store }, wasi, None),
            ("--max-stacks 0", Limits { stacks: 0, ..store }, wasi, None),
            ("--max-files 7", store, WasiLimits { descriptors: 7, ..wasi }, None),
            ("--max-listings 9K", store, WasiLimits { listing_bytes: 9 << 10, ..wasi }, None),
            ("--max-written 0", store, WasiLimits { written_bytes: 0, ..wasi }, None),
            ("--max-module 1 --fuel 2 --timeout 1000", store, wasi, None),
        ] {
            let given = parsed::<LimitArgs>(words);
            let compiling = given.compiling();
            let found = format!("{:?}", (given.limits(), given.wasi_limits(), compiling.memory));
            assert_eq!(found, format!("{:?}", (of_store, of_wasi, of_compiling)), "{words}");
            assert_eq!(compiling.deadline.is_some(), given.timeout.is_some(), "{words}");
        }
    }

    /// The memory that the module takes is not available for compiling it.
    #[test]
    fn what_was_read_takes_from_what_compiling_may() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("m.wat");
        std::fs::write(&path, "(module (func (export \"_start\")))").expect("writable");
        for (words, memory) in [("", None), ("--max-compile 16M", Some(16 << 20)), ("--max-memory 8M", Some(16 << 20))]
        {
            let reading = Reading { lazily: false, whole: true };
            let program = Program::load(&path, &ProgramArgs::default(), &parsed(words), reading).expect("a program");
            let taken = module::weight(&program.module.bytes);
            assert!(taken > 0);
            assert_eq!(program.options.compile_memory, memory.map(|memory: u64| memory - taken), "{words}");
        }
    }

    /// The message names the option that was given.
    #[test]
    fn a_module_over_a_limit_is_held_against_the_option_that_was_given() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("m.wat");
        std::fs::write(&path, "(module (func (export \"_start\")))").expect("writable");
        // Calls of two bytes have a thousand operands each, for which the estimate has no room.
        let operands = folder.path().join("operands.wasm");
        let calls = format!(
            "(module (func (result {}) unreachable) (func (export \"_start\") {} unreachable))",
            "i32 ".repeat(1000),
            "call 0 ".repeat(60)
        );
        std::fs::write(&operands, crate::module::text::encode(&calls).expect("a text")).expect("writable");
        for (path, words, option) in [
            (&path, "--max-compile 0", "(--max-compile)"),
            (&path, "--max-memory 0", "(twice --max-memory; use --max-compile to set another limit)"),
            (&path, "--max-compile 0 --max-memory 1G", "(--max-compile)"),
            (&operands, "--max-compile 800K", "(at offset 0x46e) (--max-compile)"),
        ] {
            let reading = Reading { lazily: false, whole: true };
            let refused = Program::load(path, &ProgramArgs::default(), &parsed(words), reading).err();
            let Failed(why) = refused.expect("no memory to read it");
            assert!(why.ends_with(option), "{words}: {why}");
        }
        // No option makes a frame smaller, whatever the message says.
        let (memory, frame) =
            (CompileError::Memory("of 8 bytes".into()), CompileError::Limit("memory_copy: frame".into()));
        let held = |words, e: &CompileError| parsed::<LimitArgs>(words).held_against(e);
        assert_eq!(held("--max-compile 8", &memory), " (--max-compile)");
        for (words, e) in [("--max-compile 8", &frame), ("--max-memory 8", &frame), ("", &memory), ("", &frame)] {
            assert_eq!(held(words, e), "", "{words}: {e}");
        }
        assert_eq!(parsed::<LimitArgs>("--max-compile 8").held_against(&CompileError::Timeout), "");
    }

    /// Another engine is given the same inputs as a program here, as text.
    #[test]
    fn an_engine_is_given_all_that_a_program_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("m.wat");
        std::fs::write(&path, "(module (func (export \"_start\")))").expect("writable");
        let load = |given: &ProgramArgs| {
            let reading = Reading { lazily: false, whole: true };
            Program::load(&path, given, &parsed("--max-files 7"), reading).expect("a program")
        };
        let inputs = load(&ProgramArgs {
            args: vec!["-n".into(), "x".into()],
            env: vec!["A=b=c".into(), "E=".into()],
            dir: vec!["d::/x".into(), "e".into()],
            ..ProgramArgs::default()
        })
        .given(b"input".to_vec())
        .expect("all of it is text");
        let pair = |left: &str, right: &str| (left.to_string(), right.to_string());
        assert_eq!(inputs.args, [path.to_str().expect("UTF-8"), "-n", "x"]);
        assert_eq!(inputs.env, [pair("A", "b=c"), pair("E", "")]);
        assert_eq!(inputs.dirs, [(PathBuf::from("d"), "/x".to_string()), (PathBuf::from("e"), "e".to_string())]);
        assert_eq!((inputs.stdin, inputs.limits.descriptors, inputs.seed), (b"input".to_vec(), 7, None));
        for (given, why) in [
            (ProgramArgs { args: vec![os(b"\xff")], ..ProgramArgs::default() }, "the argument \u{fffd}: not UTF-8"),
            (ProgramArgs { env: vec![os(b"\xff=")], ..ProgramArgs::default() }, "--env \u{fffd}: not UTF-8"),
            (
                ProgramArgs { env: vec![os(b"A=\xff")], ..ProgramArgs::default() },
                "the value of --env \u{fffd}: not UTF-8",
            ),
        ] {
            let refused = load(&given).given(Vec::new()).err().map(|Failed(why)| why);
            assert_eq!(refused.as_deref(), Some(why));
        }
    }

    #[test]
    fn the_last_colons_of_a_folder_are_before_its_name() {
        let folders = |dir: &str| ProgramArgs { dir: vec![dir.into()], ..ProgramArgs::default() }.folders();
        for (dir, host, guest) in
            [("d", "d", "d"), ("d::/x", "d", "/x"), ("a::b::/data", "a::b", "/data"), ("a:b", "a:b", "a:b")]
        {
            assert_eq!(folders(dir).ok(), Some(vec![(PathBuf::from(host), guest.to_string())]), "{dir}");
        }
        assert!(folders("d::").is_err());
    }
}
