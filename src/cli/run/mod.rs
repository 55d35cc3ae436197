//! `wasmoon run`: runs a program, or one function of a module.

mod cache;
mod patterns;
mod report;
mod show;

use super::profile::{self, Profiles};
use super::profiling::{self, Profiling};
use super::program::{LimitArgs, Program, ProgramArgs, Reading};
use super::switches::{ResultSwitches, Switches, options_of};
use super::{Failed, NOT_AS_EXPECTED, OK, USAGE, complain, engine_names, remark, say, values, warn};
use crate::conformance::read::files;
use crate::engine::compiled_file::CompiledFile;
use crate::engine::{Config, Engine, Mode, OptLevel, Relaxed, Tier};
use crate::module::Module;
use crate::runtime::store::{Abort, Code, Store};
use crate::runtime::trap::from_fault::report_crashes;
use crate::text::counted;
use crate::triage::against::{self, CompareError, Task};
use crate::triage::post_mortem::{DebugInfo, TrapSubject};
use crate::wasi::program::{EntryPoint, RunError, RunOptions, run_with};
use cache::{Cache, CacheArgs};
use report::Diagnose;
use show::show;
use std::cell::OnceCell;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Run a program (WASI preview 1), or one function of a module
#[derive(clap::Args, Debug, Default)]
#[command(after_help = "Without --invoke, the module is a program, and its export `_start` is run. Put options of \
    wasmoon before ARGS: the first argument after FILE that is not an option, and everything after it, belong to the \
    program. Write `--` before ARGS that begin with an option of the program. A program sees only the files in folders \
    given by --dir, and only the environment variables given by --env.\n\n\
    Exit status: that of the program (0 if it returns, otherwise the lower 8 bits of the argument of `proc_exit`), 134 \
    if it trapped, threw an exception, or ran out of time or fuel, 2 if it could not be run. With --against: 0 if both \
    engines did the same, 1 if not.\n\n\
    Examples:\n  \
    wasmoon run hello.wasm\n  \
    wasmoon run --dir data::/ --env HOME sort.wasm /in.txt -r\n  \
    wasmoon run echo.wasm -- -n text\n  \
    wasmoon run --timeout 10 --max-memory 256M untrusted.wasm\n  \
    wasmoon run fac.wat --invoke fac --arg 20\n  \
    wasmoon run --no-jit fac.wasm --invoke fac --arg 20\n  \
    wasmoon run -O0 f.wat --invoke f --arg -1 --arg 0x1p-3 --arg nan:0x200000")]
pub struct Args {
    /// Module (.wasm or .wat), or a file written by `wasmoon compile`; `-` is standard input
    file: PathBuf,
    #[command(flatten)]
    program: ProgramArgs,
    #[command(flatten)]
    limits: LimitArgs,
    /// Print GC heap statistics at the end: allocations and collections
    #[arg(long, conflicts_with = "against")]
    heap_stats: bool,
    /// Also run the program on another engine (`wasmoon test --list-engines` lists them), and compare output, exit,
    /// final memory and files; its output is not shown
    #[arg(long, value_name = "ORACLE", conflicts_with_all = ["dump_on_trap", "trace_calls", "trace_stores", "trace_output", "seed", "fuel"])]
    against: Option<String>,

    /// Interpret every function. Compiler switches are then refused, unless code is shown (--debug, --dump-on-trap)
    #[arg(long, conflicts_with = "opt")]
    no_jit: bool,
    /// Compile every function before the program starts, at this optimization level: 0, 1 or 2
    #[arg(short = 'O', long = "O", value_name = "LEVEL", value_parser = values::opt_level)]
    opt: Option<OptLevel>,
    /// Number of compiler threads besides the program's own thread. They work while the program runs, or with -O before
    /// it starts; with 0, the program waits for each function [default: one less than the number of cores, at least 1]
    #[arg(long, value_name = "N", conflicts_with = "no_jit")]
    compile_threads: Option<u8>,
    /// Validate each function when it is first called, so that a large program starts sooner; calling an invalid
    /// function traps
    #[arg(long, conflicts_with_all = ["no_jit", "opt", "against"])]
    lazy_validation: bool,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    diagnose: Diagnose,
    #[command(flatten)]
    profiles: Profiles,
    #[command(flatten)]
    profiling: Profiling,
    #[command(flatten)]
    switches: Switches,
    #[command(flatten, next_help_heading = "Engine switches")]
    results: ResultSwitches,
}

pub fn run(args: Args) -> Result<u8, Failed> {
    args.against.as_deref().map_or(Ok(""), |oracle| engine_names::unnamed("--against", oracle))?;
    args.check_outputs()?;
    args.profiling.start()?;
    let done = execute(args);
    let status = profiling::finish(*done.as_ref().unwrap_or(&USAGE));
    done.map(|_| status)
}

impl Args {
    /// Parses a command line `run FILE` whose only options are the program's folders and variables, with the same
    /// result as the definition above; `None` for any other command line. Building fifty option definitions takes as
    /// long as running a small program.
    pub fn without_definition(words: &[OsString]) -> Option<Args> {
        let [_, command, words @ ..] = words else { return None };
        if command != "run" || cache::variable().is_some() {
            return None;
        }
        let is_value = |word: &&OsString| !word.is_empty() && !word.as_bytes().starts_with(b"-");
        let mut program = ProgramArgs::default();
        let mut file = None;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.to_str() {
                Some("--dir") => program.dir.push(words.next().filter(is_value)?.clone()),
                Some("--env") => program.env.push(words.next().filter(is_value)?.clone()),
                // From the first argument on, everything belongs to the program.
                Some("--") if file.is_some() => program.args.extend(words.by_ref().cloned()),
                _ if !is_value(&word) => return None,
                _ if file.is_none() => file = Some(PathBuf::from(word)),
                _ => program.args.extend([word].into_iter().chain(words.by_ref()).cloned()),
            }
        }
        file.map(|file| Args { file, program, ..Args::default() })
    }

    /// Refuses files and folders to write to that an earlier run may have redirected out of the program's folders. (The
    /// cache and the folder for trap reports have their own rules.)
    fn check_outputs(&self) -> Result<(), Failed> {
        let outputs = [
            ("--trace-output", &self.diagnose.trace_output),
            ("--profile-out", &self.profiles.profile_out),
            ("--perf-dir", &self.profiling.perf_dir),
        ];
        for (option, path) in outputs {
            if let Some(path) = path {
                self.program.check_output(path, option)?;
            }
        }
        Ok(())
    }

    /// Opens the cache, if every function is to be compiled.
    fn open_cache(&self) -> Result<Option<Cache>, Failed> {
        let interpreted = self.no_jit || self.switches.only_funcs.is_some();
        // A cache keeps no line numbers for profilers, and its code is compiled without a profile.
        if interpreted || self.against.is_some() || self.profiling.is_given() || self.profiles.are_given() {
            return Ok(None);
        }
        self.cache.open(&self.program.folders()?)
    }

    /// Refuses compiler switches if nothing is compiled and no code is shown.
    fn check_interpreted(&self, config: &Config, module: &Module) -> Result<(), Failed> {
        if !self.no_jit || self.diagnose.shows_code() {
            return Ok(());
        }
        // The fields that are left at their defaults here also affect the interpreter, or are refused for a reason of
        // their own.
        let (default, config) = (Config::default(), config.clone());
        let compiled = Config { poison: default.poison, nan: default.nan, relaxed: default.relaxed, ..config };
        let mut given = options_of(&compiled, [module]);
        if self.profiles.read.profile_in.is_some() {
            given += " --profile-in";
        }
        match given.trim_start() {
            "" => Ok(()),
            given => Err(format!("{given}: no effect with --no-jit, since nothing is compiled").into()),
        }
    }

    /// The configuration with which a file was compiled, if the other options are compatible with it.
    fn config_of(&self, file: &CompiledFile<Vec<u8>>) -> Result<Config, Failed> {
        let compiles = self.no_jit
            || self.opt.is_some()
            || self.compile_threads.is_some()
            || self.switches.are_given()
            || self.profiles.are_given()
            || self.results != ResultSwitches::default();
        if compiles {
            return Err("already compiled; pass compiler switches to `wasmoon compile` instead".into());
        }
        if self.lazy_validation {
            return Err("already compiled and validated, so --lazy-validation has no effect".into());
        }
        if self.against.is_some() {
            return Err("--against needs the module itself, not compiled code".into());
        }
        let mut config = file.config().clone();
        if self.limits.fuel.is_some() && !config.fuel {
            return Err("compiled without fuel counting; compile it with --count-fuel".into());
        }
        self.diagnose.configure(&mut config);
        if config != *file.config() {
            return Err("compiled code cannot be traced; run the module itself".into());
        }
        Ok(config)
    }

    /// Whether all bytes of the module are needed, for another engine or for a hash.
    fn needs_whole(&self) -> bool {
        self.cache.folder().is_some()
            || self.against.is_some()
            || self.profiles.are_given()
            || self.switches.are_given()
            || self.profiling.is_given()
            || self.diagnose.is_given()
    }

    /// Interpreted at first, unless a single tier is requested, or something that has to see the same code in each run.
    fn mode(&self) -> Mode {
        let diagnosed = self.diagnose.is_given() || self.profiling.is_given() || self.against.is_some();
        let same_code = self.switches.are_given() || diagnosed;
        match (self.no_jit, self.opt) {
            (true, _) => Mode::All(Tier::Interp),
            (false, None) if !same_code && self.results.relaxed == Relaxed::default() => Mode::Tiered { seed: None },
            _ => Mode::All(Tier::Jit),
        }
    }
}

fn execute(args: Args) -> Result<u8, Failed> {
    // Code from a cache covers all functions.
    let lazily = args.lazy_validation && args.cache.folder().is_none() && args.mode().replaces();
    let mut program =
        Program::load(&args.file, &args.program, &args.limits, Reading { lazily, whole: args.needs_whole() })?;
    let (mut cache, mut profile) = (None, None);
    let config = match &program.compiled {
        Some(file) => args.config_of(file).map_err(|Failed(why)| format!("{}: {why}", program.name()))?,
        None => {
            cache = args.open_cache()?;
            let mode = if cache.is_some() { Mode::All(Tier::Jit) } else { args.mode() };
            let fuel = program.options.fuel.is_some();
            let mut config = Config { mode, fuel, compile_threads: args.compile_threads, ..Config::default() };
            config.opt = args.opt.unwrap_or(config.opt);
            args.diagnose.configure(&mut config);
            args.switches.apply(&mut config, std::iter::once(&*program.module))?;
            args.results.apply(&mut config);
            args.check_interpreted(&config, &program.module)?;
            profile = args.profiles.apply(&mut config, &program.module, &args.file)?;
            config
        }
    };
    args.diagnose.before(&program.module, &config)?;
    let engine = Engine::new(config)?;
    match &args.against {
        Some(oracle) => {
            drop(program.loading.take());
            compare(&program, &engine, oracle, &args.limits)
        }
        None => {
            let code = OnceCell::new();
            let done = alone(&mut program, &engine, cache.as_ref(), &code, &args);
            let status = *done.as_ref().unwrap_or(&USAGE);
            // The profile is written however the program ended.
            let status = match (profile, code.get()) {
                (Some(out), Some(code)) => profile::write(out, &**code, status),
                _ => status,
            };
            done.map(|_| status)
        }
    }
}

/// Runs a program here and on another engine; 0 if both did the same.
fn compare(program: &Program, engine: &Engine, oracle: &str, limits: &LimitArgs) -> Result<u8, Failed> {
    let is_program = program.options.entry == EntryPoint::Start;
    let stdin = if is_program && !std::io::stdin().is_terminal() && program.file != Path::new("-") {
        files::bounded(std::io::stdin(), 0, files::LIMIT).map_err(|e| format!("standard input: {e}"))?
    } else {
        Vec::new()
    };
    let given = program.given(stdin)?;
    let task = Task { bytes: &program.module.bytes, module: &program.module, given: &given, options: &program.options };
    let comparison = against::compare(&task, engine, oracle).map_err(|e| {
        let held = if let CompareError::Run(e) = &e { held_against(limits, e) } else { "" };
        e.in_file(&program.name()) + held
    })?;
    say(&comparison.text)?;
    Ok(if comparison.equal { OK } else { NOT_AS_EXPECTED })
}

/// The suffix for the message of an error: the option that set the limit.
fn held_against(limits: &LimitArgs, e: &RunError) -> &'static str {
    match e {
        RunError::Compile(e) => limits.held_against(e),
        _ => "",
    }
}

/// Runs a program here, and returns its exit status. `code` is set to the module's code.
fn alone(
    program: &mut Program,
    engine: &Engine,
    cache: Option<&Cache>,
    code: &OnceCell<Arc<dyn Code>>,
    args: &Args,
) -> Result<u8, Failed> {
    let mut context = program.context()?;
    if let Some(seed) = args.diagnose.seed {
        context.deterministic(seed);
    }
    report_crashes(program.module.num_imported_functions);
    let tracer = args.diagnose.tracer(&args.file)?;
    let dump_folder = args.diagnose.open_dump_folder(&args.program.folders()?);
    let options = RunOptions { deadline: program.deadline, ..program.options.clone() };
    let loading = program.loading.take();
    let prepare = |store: &mut Store, made: &Arc<dyn Code>| {
        drop(loading);
        _ = code.set(Arc::clone(made));
        args.diagnose.prepare(store, tracer);
    };
    let loaded = program.compiled.take().map(|file| file.load_own(engine, &program.module)).transpose();
    let loaded = loaded.map_err(|e| format!("{}: {e}", program.name()))?;
    let compile = || match (loaded, cache) {
        (Some(code), _) => Ok(code),
        (None, Some(cache)) => cache.code(engine, &program.module, options.compiling()),
        (None, None) => engine.compile_within(&program.module, options.compiling()),
    };
    let run = run_with(engine, &program.module, context, &options, compile, prepare);
    let mut run = run.map_err(|e| format!("{}: {e}{}", program.name(), held_against(&args.limits, &e)))?;
    if args.heap_stats {
        heap_stats(&run.store);
    }
    let defects = run.store.compiler_defects();
    if !defects.is_empty() {
        let list = defects.iter().map(|name| name.escape_debug().to_string()).collect::<Vec<_>>().join(", ");
        warn(&format!("the compiler failed on {list}, interpreted instead; this is a bug in wasmoon"));
    }
    match &run.end {
        Ok(results) => {
            let lines = results.iter().map(|v| show(&run.store, *v) + "\n");
            let said = say(&lines.collect::<String>());
            let status = args.diagnose.finish(&run.store, if said.is_ok() { OK } else { USAGE });
            said.map(|()| status)
        }
        // As a shell reports it.
        Err(Abort::Exit(code)) => Ok(args.diagnose.finish(&run.store, *code as u8)),
        Err(abort) => {
            let (name, replay) = (program.name(), report::command_line());
            let debug_info = DebugInfo { memory: options.compile_memory, left_out: program.left_out.as_ref() };
            let subject = TrapSubject {
                file: &name,
                module: &program.module,
                config: engine.config(),
                replay: &replay,
                debug_info,
            };
            let status = args.diagnose.aborted(dump_folder, &subject, &mut run.store, abort)?;
            if let Some(error) = program.module.error_found_late() {
                complain(&format!("{name}: {error}"));
            }
            if let (true, Some(limit)) = (run.timed_out, program.options.timeout) {
                let seconds = limit.as_secs_f64();
                let unit = if seconds == 1.0 { "second" } else { "seconds" };
                complain(&format!("{name}: stopped after {seconds} {unit} (--timeout)"));
            }
            Ok(status)
        }
    }
}

/// Prints heap statistics on standard error.
fn heap_stats(store: &Store) {
    let stats = store.gc_stats();
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    remark(&format!(
        "heap: {}, {:.1} MiB allocated; {} in {:.3} s; at most {:.1} MiB in use, {} of {:.1} MiB after the last one",
        counted(stats.allocated_objects, "object"),
        mib(stats.allocated_bytes),
        counted(stats.collections, "collection"),
        stats.collecting.as_secs_f64(),
        mib(stats.peak_bytes),
        counted(stats.live_objects, "object"),
        mib(stats.live_bytes)
    ));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    #[test]
    fn command_lines_mean_what_the_definition_says() {
        let lines: [&[&str]; 17] = [
            &["a.wasm"],
            &["a.wat", "b"],
            &["a", "b", "-n", "--dir", "."],
            &["x", "b", "--", "-c"],
            &["a", "b", ""],
            &["a", "b", "-"],
            &["--dir", "d::/", "a"],
            &["--dir", "d", "--env", "A=1", "--dir", "e::/e", "--env", "B", "a", "--", "-n", "x"],
            &["a", "--dir", "d", "b", "--env", "C"],
            &["a", "--dir", "d", "--", "b"],
            &["a", "--"],
            &["a", "--", "--", "b"],
            &["a", "--", "--dir", "d"],
            &["a", "--", ""],
            &["a", "--", "b", "--"],
            &["--env", "A=-1", "a", "b", "--help"],
            &["--dir", "d", "--dir", "d", "a"],
        ];
        for line in lines {
            let words: Vec<OsString> = ["wasmoon", "run"].iter().chain(line).map(OsString::from).collect();
            let quick = Args::without_definition(&words).expect("all is known");
            let Command::Run(defined) = Cli::try_parse_from(&words).expect("a command line").command else {
                panic!("{line:?} is another command");
            };
            assert_eq!(format!("{quick:?}"), format!("{defined:?}"), "{line:?}");
        }
    }

    fn args_of(words: &[&str]) -> Args {
        let words = ["wasmoon", "run"].iter().chain(words);
        let parsed = Cli::try_parse_from(words).unwrap_or_else(|e| panic!("{e}"));
        let Command::Run(args) = parsed.command else { panic!("another command") };
        *args
    }

    /// A program is interpreted at first, unless a tier was requested, or something that has to see the same code in
    /// each run. Debug sections are read at once for options that use them during the run, or that need a hash of all
    /// bytes.
    #[test]
    fn options_choose_the_mode_and_what_is_read() {
        let (tiers, interp, jit) = (Mode::Tiered { seed: None }, Mode::All(Tier::Interp), Mode::All(Tier::Jit));
        for (options, mode, whole) in [
            ("", tiers, false),
            ("--no-jit", interp, false),
            ("-O0", jit, false),
            ("-O2", jit, false),
            ("--compile-threads 0", tiers, false),
            ("--lazy-validation", tiers, false),
            ("--heap-stats --fuel 5 --timeout 1000 --max-memory 1G", tiers, false),
            ("--nan canonical", tiers, false),
            ("--relaxed native", jit, false),
            ("--dump-on-trap", jit, true),
            ("--trace-calls f", jit, true),
            ("--trace-stores 7", jit, true),
            ("--debug wasm", jit, true),
            ("--perf map", jit, true),
            ("-g", jit, true),
            ("--against other", jit, true),
            ("--verify", jit, true),
            ("--regs 6", jit, true),
            ("--only-funcs f", jit, true),
            ("--pass-limit 1", jit, true),
            ("--no-jit --only-funcs f", interp, true),
            ("--profile-in p", tiers, true),
            ("--profile-out p", tiers, true),
            ("--cache c", tiers, true),
        ] {
            let args = args_of(&options.split_whitespace().chain(["a.wasm"]).collect::<Vec<_>>());
            assert_eq!((args.mode(), args.needs_whole()), (mode, whole), "{options}");
        }
    }

    /// The code in a cache covers all functions, without line numbers for profilers and without a profile. Options that
    /// need other code do not even create the folder.
    #[test]
    fn a_cache_is_for_plain_code() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = folder.path().join("cache");
        let opened = |options: &[&str]| {
            let path = cache.to_str().expect("UTF-8");
            let words = [&["--cache", path][..], options, &["a.wasm"]].concat();
            let opened = args_of(&words).open_cache().expect("a folder that can be made");
            (opened.is_some(), cache.exists())
        };
        for options in [
            &["--no-jit"][..],
            &["--only-funcs", "f"],
            &["--against", "other"],
            &["--perf", "jitdump"],
            &["-g"],
            &["--profile-in", "p"],
            &["--profile-out", "p"],
        ] {
            assert_eq!(opened(options), (false, false), "{options:?}");
        }
        for options in [&[][..], &["-O1"], &["--verify"], &["--heap-stats"], &["--relaxed", "native"]] {
            assert_eq!(opened(options), (true, true), "{options:?}");
        }
    }

    #[test]
    fn others_are_left_to_the_definition() {
        let lines: [&[&str]; 14] = [
            &["run"],
            &["run", "-"],
            &["run", "--help"],
            &["run", "a", "--dir"],
            &["run", "a", "--dir", "-"],
            &["run", "--dir=d", "a"],
            &["run", "--dir", "d"],
            &["run", "--", "a"],
            &["run", "-O2", "a"],
            &["run", "a", "--invoke", "f"],
            &["run", "--env", "", "a"],
            &["run", ""],
            &["run", "a", ""],
            &["test", "a"],
        ];
        for line in lines {
            let words: Vec<OsString> = ["wasmoon"].iter().chain(line).map(OsString::from).collect();
            assert!(Args::without_definition(&words).is_none(), "{line:?}");
        }
    }
}
