//! How `wasmoon test` executes code: the options that make its columns.

use crate::cli::Failed;
use crate::cli::switches::{level_parser, pass_names};
use crate::conformance::backend::Backend;
use crate::engine::{Dispatch, Engine, Mode, NanProfile, Relaxed};
use crate::target::CpuLevel;

/// How code is executed: its speed, and with --relaxed and --nan its results
#[derive(clap::Args)]
#[command(next_help_heading = "How code is executed")]
pub struct Tuning {
    /// Tier of each function: interp, jit, mix:SEED (chosen by a hash of the function) or mix3:SEED (the same, from
    /// interpreter, JIT and SSA evaluator). Columns of mixed modes are held against `interp`
    #[arg(long, value_name = "MODE", value_parser = parse_mode)]
    pub mode: Option<(String, Option<Mode>)>,
    /// Number of allocatable registers of each class
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(4..))]
    regs: Option<u8>,
    /// Instructions that the JIT may use [default: the highest level that this CPU has]
    #[arg(long, value_name = "LEVEL", value_parser = level_parser())]
    cpu: Option<CpuLevel>,
    /// Results of relaxed operators in compiled code: those of the deterministic profile (deterministic), or those of the
    /// instructions at this CPU level (native). With `native`, modules with such operators are held against expectations,
    /// not against the interpreter
    #[arg(long, value_name = "CHOICE", default_value = "deterministic", value_parser = Relaxed::from_name)]
    relaxed: Relaxed,
    /// NaNs that operators make: the CPU's (native), or only the positive canonical one, as in the deterministic profile
    /// (canonical); then they are compared bit for bit
    #[arg(long, value_name = "PROFILE", default_value = "native", value_parser = NanProfile::from_name)]
    nan: NanProfile,
    /// Verify the IR after each pass, and check each register allocation
    #[arg(long)]
    verify: bool,
    /// Poison the undefined upper halves of 32-bit values
    #[arg(long)]
    poison: bool,
    /// Collect garbage at every allocation
    #[arg(long)]
    gc_stress: bool,
    /// Dispatcher of the interpreter
    #[arg(long, value_name = "loop|chain", value_parser = parse_dispatch)]
    dispatch: Option<Dispatch>,
    /// Optimization passes to run instead of those of the level; an empty list runs no pass
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    passes: Option<Vec<String>>,
}

/// Mixed modes have a `Mode`; `interp` and `jit` only choose columns.
fn parse_mode(text: &str) -> Result<(String, Option<Mode>), String> {
    let seed = |s: &str| s.parse::<u64>().map_err(|_| format!("'{s}' is not a seed: write a number"));
    let mode = match text.split_once(':') {
        None if text == "interp" || text == "jit" => None,
        Some(("mix", s)) => Some(Mode::Mix { seed: seed(s)? }),
        Some(("mix3", s)) => Some(Mode::Mix3 { seed: seed(s)? }),
        _ => return Err("write interp, jit, mix:SEED or mix3:SEED".into()),
    };
    Ok((text.to_string(), mode))
}

fn parse_dispatch(text: &str) -> Result<Dispatch, String> {
    match text {
        "loop" => Ok(Dispatch::Loop),
        "chain" => Ok(Dispatch::Chain),
        _ => Err("write loop or chain".into()),
    }
}

impl Tuning {
    /// The columns of these names, or the default ones, with this tuning.
    ///
    /// # Errors
    /// A backend that does not exist or is named twice, or a configuration that is not possible here.
    pub fn backends(&self, named: &[String]) -> Result<Vec<Backend>, Failed> {
        let t = self;
        let mixed = t.mode.as_ref().and_then(|(name, mode)| mode.map(|mode| (name, mode)));
        let names: Vec<&str> = match (named, &t.mode) {
            ([], None) => Backend::NAMES.to_vec(),
            ([], Some((name, None))) => vec![name.as_str()],
            ([], Some(_)) => vec!["interp", "jit"],
            (list, _) => list.iter().map(String::as_str).collect(),
        };
        let mut backends: Vec<Backend> = Vec::new();
        for name in names {
            let hint = || format!("'{name}' is not a backend; there are {}", Backend::NAMES.join(", "));
            let mut backend = Backend::named(name).ok_or_else(hint)?;
            if let Some((mode_name, mode)) = mixed
                && backend.name != "interp"
            {
                backend.name = format!("{}+{mode_name}", backend.name);
                backend.config.mode = mode;
            }
            backend.config.registers = t.regs;
            backend.config.cpu = t.cpu;
            if backend.name != "interp" {
                backend.config.relaxed = t.relaxed;
            }
            backend.config.nan = t.nan;
            backend.config.verify = t.verify;
            backend.config.poison = t.poison;
            backend.config.gc_stress = t.gc_stress;
            backend.config.dispatch = t.dispatch;
            backend.config.passes = pass_names(&t.passes);
            let chosen = t.cpu.is_some() || t.passes.is_some() || t.dispatch.is_some();
            if chosen || t.relaxed != Relaxed::default() || t.nan != NanProfile::default() {
                // What cannot be done is better said before workers are started.
                Engine::new(backend.config.clone())?;
            }
            if backends.iter().any(|b| b.name == backend.name) {
                return Err(format!("backend {} is named twice", backend.name));
            }
            backends.push(backend);
        }
        Ok(backends)
    }
}
