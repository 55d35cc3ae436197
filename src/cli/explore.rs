//! `wasmoon explore`: shows one function at each stage.

use super::profile::ProfileIn;
use super::switches::{ResultSwitches, Switches, options_of, target_parser};
use super::{Failed, NOT_AS_EXPECTED, OK, input, say, values};
use crate::conformance::report::Output;
use crate::conformance::report::replay::quoted;
use crate::engine::{self, Config, Mode, OptLevel, Tier};
use crate::module::{BodyIndex, Module};
use crate::target::Target;
use crate::triage::explore;
use crate::triage::stages::{Beginning, StageKind, stages};
use std::io::Write;
use std::path::PathBuf;

/// Show a function at each stage, from WebAssembly to assembly
#[derive(clap::Args)]
#[command(
    after_help = "Without --func, the functions are listed. Stages: wasm, bytecode (of the interpreter), ir (SSA as it \
    was built), opt (the changes of each pass, then the result), mach (machine instructions before register \
    allocation), regalloc (after it, with the allocator's moves), asm. The left column is the offset of the operator \
    in the module.\n\n\
    Exit status: 0, 1 if a stage failed (the output says why), 2 for a usage, input or output error.\n\n\
    Examples:\n  \
    wasmoon explore fac.wat                                    the functions\n  \
    wasmoon explore fac.wat --func fac --stage opt,asm         two stages\n  \
    wasmoon explore fac.wat --func fac --html fac.html         a page with linked lines\n  \
    wasmoon explore fac.wat --func 0 -O0 --regs 4 --stage asm  unoptimized, with four registers\n  \
    wasmoon explore fac.wat --func 0 --replaced-at entry       the code that a running program continues in"
)]
pub struct Args {
    /// Module (.wasm or .wat); `-` is standard input
    file: PathBuf,
    /// Function to show, by index, name or export; cN is constant expression N [default: list all functions]
    #[arg(long, value_name = "F", conflicts_with = "list")]
    func: Option<String>,
    /// Stages to show: wasm, bytecode, ir, opt, mach, regalloc, asm [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = StageKind::parse, requires = "func")]
    stage: Vec<StageKind>,
    /// Self-contained HTML page to write, with all stages; `-` is standard output
    #[arg(long, value_name = "OUT", requires = "func", conflicts_with = "stage")]
    html: Option<PathBuf>,
    /// Show the code that takes over from the interpreter while a program runs: at the function's `entry`, or at its
    /// loop with this offset in the module
    #[arg(long, value_name = "PLACE", requires = "func")]
    replaced_at: Option<String>,
    /// List the functions
    #[arg(long)]
    list: bool,
    /// Optimization level of the JIT: 0, 1 or 2
    #[arg(short = 'O', long = "O", value_name = "LEVEL", default_value = "2", value_parser = values::opt_level)]
    opt: OptLevel,
    /// CPU to compile for [default: this one]; --cpu chooses its level [default: the lowest, for any other CPU]
    #[arg(long, value_name = "NAME", value_parser = target_parser())]
    target: Option<&'static Target>,
    #[command(flatten)]
    profile: ProfileIn,
    #[command(flatten)]
    switches: Switches,
    #[command(flatten, next_help_heading = "Engine switches")]
    results: ResultSwitches,
}

pub fn run(args: Args) -> Result<u8, Failed> {
    let name = args.file.display();
    let bytes = input::binary(&args.file, input::read(&args.file)?)?;
    let module = input::module(&args.file, &bytes)?;
    let Some(wanted) = &args.func else {
        say(&explore::listing(&module))?;
        return Ok(OK);
    };
    let body = explore::find(&module, wanted).map_err(|e| format!("{name}: {e}"))?;
    let (mode, beginning) = match &args.replaced_at {
        None => (Mode::All(Tier::Jit), Beginning::Entry),
        Some(place) => (Mode::Tiered { seed: None }, beginning(&module, body, place)?),
    };
    let mut config = Config { mode, opt: args.opt, ..Config::default() };
    args.switches.apply(&mut config, std::iter::once(&module))?;
    args.results.apply(&mut config);
    args.profile.apply(&mut config, &module)?;
    if let Some(target) = args.target {
        match config.cpu {
            Some(level) if level.target() != target => {
                return Err(format!(
                    "{} is a CPU level of {}, not of {}",
                    level.name(),
                    level.target().name,
                    target.name
                )
                .into());
            }
            None if Target::native() != Some(target) => config.cpu = Some(target.baseline()),
            _ => {}
        }
    }
    // A mistake in the options is not an error of a stage. The code is not executed, so any CPU will do.
    engine::check(&config)?;
    let out = match &args.html {
        Some(path) => {
            for read in [Some(&args.file), args.profile.profile_in.as_ref()].into_iter().flatten() {
                input::spare(read, path, "--html")?;
            }
            Some(Output::create(path)?)
        }
        None => None,
    };
    let all = stages(&module, body, beginning, &config);
    let failed = all.stages.iter().any(|s| s.problem.is_some());
    match out {
        Some(mut out) => {
            let level = match args.opt {
                OptLevel::O0 => "-O0",
                OptLevel::O1 => "-O1",
                OptLevel::O2 => "-O2",
            };
            // The options of the compiler, as on the command line.
            let place =
                args.replaced_at.as_ref().map_or(String::new(), |place| format!(" --replaced-at {}", quoted(place)));
            let options = level.to_string() + &options_of(&config, [&module]) + &place;
            let page = explore::page(&module, &all, &options);
            out.write_all(page.as_bytes()).map_err(|e| out.error(&e))?;
            out.commit()?;
        }
        None => {
            let kinds = if args.stage.is_empty() { StageKind::ALL.to_vec() } else { args.stage };
            say(&explore::render(&all, &kinds))?;
        }
    }
    Ok(if failed { NOT_AS_EXPECTED } else { OK })
}

/// Parses a place in a function.
fn beginning(module: &Module, body: BodyIndex, place: &str) -> Result<Beginning, Failed> {
    if place == "entry" {
        return Ok(Beginning::Entry);
    }
    let offset = match place.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => place.parse().ok(),
    };
    let loops = module.loops(body);
    match offset.filter(|offset| loops.contains(offset)) {
        Some(offset) => Ok(Beginning::Loop(offset)),
        None if loops.is_empty() => {
            Err("--replaced-at: the function has no loops; the only valid place is `entry`".into())
        }
        None => {
            let known: Vec<String> = loops.iter().map(|offset| format!("{offset:#x}")).collect();
            Err(format!("--replaced-at: invalid place `{place}`; expected one of entry, {}", known.join(", ")).into())
        }
    }
}
