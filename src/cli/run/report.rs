//! Traces and crash reports of `run`.

use super::patterns::{FunctionPattern, parse_store_range};
use super::show::show;
use crate::cli::way::{Way, WayError};
use crate::cli::{Failed, OK, TRAPPED, USAGE, complain, input, remark};
use crate::engine::Config;
use crate::module::{BodyIndex, BodyKind, Module};
use crate::runtime::observe::tracer::{StoreRange, Tracer};
use crate::runtime::store::{Abort, Store};
use crate::text::harmless;
use crate::triage::FileError;
use crate::triage::post_mortem::{self, DumpError, DumpFolder, TrapSubject};
use crate::triage::stages::{Beginning, StageKind, stages};
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The options for traces and crash reports.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Traces and crash reports")]
pub struct Diagnose {
    /// If the program traps, write a report: backtrace, code at every stage, registers, memory
    #[arg(long)]
    dump_on_trap: bool,
    /// Folder for the report of --dump-on-trap; created for the report if it does not exist [default: target]
    #[arg(long, value_name = "DIR", requires = "dump_on_trap")]
    dump_dir: Option<PathBuf>,
    /// Functions whose calls to print, with operands and results: names (`*` matches any text) or indices
    #[arg(long, value_name = "F,…", value_delimiter = ',')]
    trace_calls: Vec<String>,
    /// Bytes of memory whose stores to print, except those by atomic operators: ADDR, FROM..TO (TO is not included),
    /// mem1:FROM..TO (repeatable)
    #[arg(long, value_name = "ADDR", value_delimiter = ',', value_parser = parse_store_range)]
    trace_stores: Vec<StoreRange>,
    /// File for traces [default: standard error]
    #[arg(long, value_name = "FILE")]
    pub trace_output: Option<PathBuf>,
    /// Seed for repeatable random numbers; also makes the clock repeatable, so that two runs can be compared
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Stages to print for each function before the program runs: wasm, bytecode, ir, opt, mach, regalloc, asm
    #[arg(long, value_name = "STAGE,…", value_delimiter = ',', value_parser = StageKind::parse)]
    debug: Vec<StageKind>,
    /// Function whose stages --debug prints, by name or index [default: all]
    #[arg(long, value_name = "F", requires = "debug")]
    func: Option<String>,
}

impl Diagnose {
    /// Whether anything is to be traced, reported or printed.
    pub fn is_given(&self) -> bool {
        self.dump_on_trap || !self.trace_calls.is_empty() || !self.trace_stores.is_empty() || !self.debug.is_empty()
    }

    /// Whether code is shown. It is then compiled for that, even if nothing else is compiled.
    pub fn shows_code(&self) -> bool {
        self.dump_on_trap || !self.debug.is_empty()
    }

    /// Sets the engine switches that these options need.
    pub fn configure(&self, config: &mut Config) {
        config.trace_calls |= !self.trace_calls.is_empty();
        config.trace_stores |= !self.trace_stores.is_empty();
    }

    /// Prepares the run of a module: looks up functions and memories, and prints stages.
    ///
    /// # Errors
    /// The module does not have one of these functions or memories.
    pub fn before(&self, module: &Module, config: &Config) -> Result<(), Failed> {
        for pattern in &self.trace_calls {
            functions(module, pattern, "--trace-calls")?;
        }
        let memories = module.memories.len();
        let missing = |range: &&StoreRange| range.memory.map_or(memories == 0, |memory| memory as usize >= memories);
        if let Some(range) = self.trace_stores.iter().find(missing) {
            let memory = range.memory.map_or("memory".into(), |memory| format!("memory mem{memory}"));
            let are = match memories {
                0 => "it has none".into(),
                1 => "its only memory is mem0".into(),
                _ => format!("its memories are mem0 to mem{}", memories - 1),
            };
            return Err(format!("--trace-stores: the module has no {memory}; {are}").into());
        }
        if !self.trace_stores.is_empty() && module.has_atomic_writes() {
            remark("--trace-stores: writes by the module's atomic operators are not shown");
        }
        if self.debug.is_empty() {
            return Ok(());
        }
        let chosen = match &self.func {
            Some(pattern) => functions(module, pattern, "--func")?,
            None => (0..module.functions.len() as u32).collect(),
        };
        let bodies: Vec<BodyIndex> = chosen.iter().filter_map(|&f| module.function_body(f)).collect();
        if bodies.is_empty() {
            let what =
                if chosen.is_empty() { "the module has no functions" } else { "only imported functions are selected" };
            return Err(format!("--debug: {what}, so there is no code to show").into());
        }
        let mut out = anstream::stderr();
        for body in bodies {
            let text = stages_text(module, body, config, &self.debug);
            // If standard error is closed, the text is lost.
            let _ = out.write_all(harmless(&text).as_bytes());
        }
        Ok(())
    }

    /// The tracer, if anything is traced. `module`: the file that is run.
    ///
    /// # Errors
    /// The trace file cannot be created, or is the module.
    pub fn tracer(&self, module: &Path) -> Result<Option<Tracer>, Failed> {
        if self.trace_calls.is_empty() && self.trace_stores.is_empty() {
            return match &self.trace_output {
                Some(_) => Err("--trace-output: nothing is traced; add --trace-calls F or --trace-stores ADDR".into()),
                None => Ok(None),
            };
        }
        let sink: Box<dyn Write + Send> = match &self.trace_output {
            Some(path) => {
                input::spare(module, path, "--trace-output")?;
                let file = std::fs::File::create(path);
                Box::new(file.map_err(|e| format!("cannot write the trace to {}: {e}", path.display()))?)
            }
            None => Box::new(std::io::stderr()),
        };
        let patterns: Vec<FunctionPattern> = self.trace_calls.iter().map(|text| FunctionPattern::new(text)).collect();
        let calls = move |index, name: &str| patterns.iter().any(|pattern| pattern.matches(index, name));
        Ok(Some(Tracer::new(sink, Box::new(calls), self.trace_stores.clone())))
    }

    /// Prepares a new store for the requested traces and reports.
    pub fn prepare(&self, store: &mut Store, tracer: Option<Tracer>) {
        if self.dump_on_trap {
            store.keep_post_mortem();
        }
        if let Some(tracer) = tracer {
            store.trace(tracer);
        }
    }

    /// Opens the folder for the trap report, if one is requested, before the program runs; an error is only reported if
    /// the program traps. `dirs` are the folders that the program is given.
    pub fn open_dump_folder(&self, dirs: &[(PathBuf, String)]) -> Option<Result<DumpFolder, String>> {
        let named = self.dump_dir.as_deref().unwrap_or(Path::new("target"));
        self.dump_on_trap.then(|| {
            let way = Way::of_output(named, dirs).map_err(|why| match why {
                WayError::Io(source) => DumpError::Folder(FileError { path: named.to_path_buf(), source }).to_string(),
                WayError::LeadsOut(_) => format!("{}: {why}", named.display()),
            })?;
            DumpFolder::open(named, &way.end).map_err(|e| e.to_string())
        })
    }

    /// Prints why the code did not return, and writes the requested report into this folder. Returns the exit status.
    ///
    /// # Errors
    /// The program ended with neither a trap nor an exception.
    pub fn aborted(
        &self,
        folder: Option<Result<DumpFolder, String>>,
        subject: &TrapSubject<'_>,
        store: &mut Store,
        abort: &Abort,
    ) -> Result<u8, Failed> {
        let show = |store: &Store, value| show(store, value);
        let Some(mut text) = post_mortem::report(store, abort, &show, subject.debug_info) else {
            return match abort {
                Abort::Host(message) => Err(message.clone().into()),
                other => Err(format!("the program ended unexpectedly: {other:?}").into()),
            };
        };
        let mut problem = None;
        if let (Some(folder), Abort::Trap(trap)) = (folder, abort) {
            let dumped = |folder| post_mortem::dump(&folder, subject, store, trap).map_err(|e| e.to_string());
            match folder.and_then(dumped) {
                Ok(path) => {
                    let _ = writeln!(text, "Report: {}", path.display());
                }
                Err(e) => {
                    problem = Some(format!("cannot write the trap report: {e}; choose another folder with --dump-dir"))
                }
            }
        }
        // If standard error is closed, there is still the exit status.
        let _ = std::io::stderr().write_all(harmless(&text).as_bytes());
        if let Some(problem) = problem {
            complain(&problem);
        }
        Ok(self.finish(store, TRAPPED))
    }

    /// Called at the end of a run with this status; prints an error if a trace is incomplete.
    pub fn finish(&self, store: &Store, status: u8) -> u8 {
        let Some(failure) = store.trace_failure() else { return status };
        let to = self.trace_output.as_deref().unwrap_or(Path::new("standard error"));
        complain(&format!("the trace is incomplete: cannot write {}: {failure}", to.display()));
        if status == OK { USAGE } else { status }
    }
}

/// The functions that match a pattern; an error if there are none.
fn functions(module: &Module, text: &str, option: &str) -> Result<Vec<u32>, Failed> {
    let pattern = FunctionPattern::new(text);
    let all = 0..module.functions.len() as u32;
    let found: Vec<u32> = all.clone().filter(|&f| pattern.matches(f, &module.display_name(f))).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let part = text.trim_matches('*').to_lowercase();
    let near = all.filter(|&f| !part.is_empty() && module.display_name(f).to_lowercase().contains(&part));
    let near: Vec<String> = near.take(8).map(|f| module.display_name(f).escape_debug().to_string()).collect();
    let hint = match near.is_empty() {
        true => {
            format!("it has {}, with indices 0 to {}", module.functions.len(), module.functions.len().saturating_sub(1))
        }
        false => format!("similar names: {}", near.join(", ")),
    };
    Err(format!("{option}: the module has no function '{text}'; {hint}").into())
}

fn stages_text(module: &Module, body: BodyIndex, config: &Config, kinds: &[StageKind]) -> String {
    let mut text = String::new();
    let index = match module.bodies[body.0 as usize].kind {
        BodyKind::Function(f) => f,
        BodyKind::Const(_) => unreachable!("functions were chosen"),
    };
    let all = stages(module, body, Beginning::Entry, config);
    for stage in all.stages.iter().filter(|stage| kinds.contains(&stage.kind)) {
        let _ = writeln!(text, ";; {index} '{}': {}, {}", all.name.escape_debug(), stage.name, stage.about);
        if let Some(problem) = &stage.problem {
            let _ = writeln!(text, ";; {problem}");
        }
        for line in &stage.lines {
            let offset = line.wasm.map_or_else(|| " ".repeat(6), |offset| format!("{offset:6x}"));
            let code = line.code.map(|code| format!(" {code:6x}")).unwrap_or_default();
            let _ = writeln!(text, "{offset}{code}  {}", line.text);
        }
    }
    text
}

/// The command line of this process, quoted for a shell.
pub fn command_line() -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
    let quote = |word: String| {
        if !word.is_empty() && word.chars().all(plain) { word } else { format!("'{}'", word.replace('\'', r"'\''")) }
    };
    let words = std::env::args_os().map(|word| quote(word.to_string_lossy().into_owned()));
    words.collect::<Vec<_>>().join(" ")
}
