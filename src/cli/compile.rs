//! `wasmoon compile`: writes compiled code to a file, which `wasmoon run` executes.

use super::program::{LimitArgs, Loaded, Reading, load_module};
use super::switches::{CompileSwitches, ResultSwitches};
use super::{Failed, input, translate, values};
use crate::conformance::report::check_writable;
use crate::engine::compiled_file::{self, EXTENSION, Key};
use crate::engine::{CompileLimits, Config, Engine, Mode, OptLevel, Tier};
use std::path::{Path, PathBuf};

/// Compile a module ahead of time, for `wasmoon run`
#[derive(clap::Args)]
#[command(
    after_help = "The file holds the module, its code and the switches. `wasmoon run` accepts it in place of the \
    module if its name ends in .cwasm. It is only for this build of wasmoon, and for CPUs that have every feature of \
    this one (or of the level given by --cpu); otherwise it is refused. Run only files made by yourself or someone you \
    trust: their code is executed as it is. `run --cache` keeps code without such files.\n\n\
    Exit status: 0, or 2 if the module cannot be read or compiled, or the file cannot be written.\n\n\
    Examples:\n  \
    wasmoon compile sort.wasm             writes sort.cwasm\n  \
    wasmoon run --dir data::/ sort.cwasm /in.txt\n  \
    wasmoon compile -O1 sort.wasm -o quick/sort.cwasm"
)]
pub struct Args {
    /// Module to compile (.wasm or .wat); `-` is standard input
    file: PathBuf,
    /// File to write; `-` is standard output [default: next to the module, as .cwasm]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Optimization level: 0, 1 or 2
    #[arg(short = 'O', long = "O", value_name = "LEVEL", default_value = "2", value_parser = values::opt_level)]
    opt: OptLevel,
    /// Count fuel, for `run --fuel`
    #[arg(long)]
    count_fuel: bool,
    #[command(flatten, next_help_heading = "Engine switches")]
    switches: CompileSwitches,
    #[command(flatten, next_help_heading = "Engine switches")]
    results: ResultSwitches,
}

pub fn run(args: Args) -> Result<u8, Failed> {
    let reading = Reading { lazily: false, whole: true };
    let Loaded { module, compiled, .. } =
        load_module(&args.file, CompileLimits::default(), &LimitArgs::default(), reading)?;
    let in_file = |e: &dyn std::fmt::Display| format!("{}: {e}", args.file.display());
    if compiled.is_some() {
        return Err(in_file(&"already compiled").into());
    }
    let output = args.output.clone().unwrap_or_else(|| match args.file.as_path() {
        file if file == Path::new("-") => PathBuf::from("-"),
        file => file.with_extension(EXTENSION),
    });
    // Before compiling, which may take a while.
    input::spare(&args.file, &output, "-o")?;
    check_writable(&output)?;
    let mut config = Config {
        mode: Mode::All(Tier::Jit),
        opt: args.opt,
        fuel: args.count_fuel,
        compile_threads: None,
        ..Config::default()
    };
    args.switches.apply(&mut config);
    args.results.apply(&mut config);
    let engine = Engine::new(config)?;
    let code = engine.compile(&module).map_err(|e| in_file(&e))?;
    let bytes = Key::new(&module, engine.config()).and_then(|key| compiled_file::write(&*code, &key, true));
    translate::write(&args.file, &output, &bytes.map_err(|e| in_file(&e))?)
}
