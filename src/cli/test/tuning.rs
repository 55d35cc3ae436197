//! The options of `wasmoon test` that configure its columns.

use crate::cli::Failed;
use crate::cli::modes;
use crate::cli::switches::{CompileSwitches, ResultSwitches};
use crate::conformance::backend::Backend;
use crate::engine::{Dispatch, Engine, Mode, NanProfile, Relaxed};

/// Options of execution: they affect its speed, and, with --relaxed and --nan, its results
#[derive(clap::Args)]
#[command(next_help_heading = "How code is executed")]
pub struct Tuning {
    /// Tier of each function: interp, jit, mix:SEED (chosen by a hash of the function), mix3:SEED (the same, from
    /// interpreter, JIT and SSA evaluator), tier:SEED (interpreted, and replaced by compiled code while it runs, at a
    /// passing chosen by a hash), tier:entry:N or tier:loop:N (all of them after N passings). Columns of such modes are
    /// compared with `interp`
    #[arg(long, value_name = "MODE", value_parser = modes::parse)]
    pub mode: Option<(String, Option<Mode>)>,
    #[command(flatten)]
    compile: CompileSwitches,
    #[command(flatten)]
    results: ResultSwitches,
    /// Collect garbage at every allocation
    #[arg(long)]
    gc_stress: bool,
    /// After each call, check the invariants of the store, and collect garbage and compare what is left with what values lead
    /// to; a defect is then a crash
    #[arg(long)]
    paranoid: bool,
    /// Dispatcher of the interpreter
    #[arg(long, value_name = "loop|chain")]
    dispatch: Option<Dispatch>,
}

impl Tuning {
    /// The columns of these names, or the default ones, with this tuning.
    ///
    /// # Errors
    /// A backend that does not exist or is named twice, a mode that no named backend has, or a configuration that is not
    /// possible here.
    pub fn backends(&self, named: &[String]) -> Result<Vec<Backend>, Failed> {
        let mixed = self.mode.as_ref().and_then(|(name, mode)| mode.map(|mode| (name, mode)));
        let names: Vec<&str> = match (named, &self.mode) {
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
            self.compile.apply(&mut backend.config);
            self.results.apply(&mut backend.config);
            if backend.name == "interp" {
                backend.config.relaxed = Relaxed::default();
            }
            backend.config.gc_stress = self.gc_stress;
            backend.config.paranoid = self.paranoid;
            backend.config.dispatch = self.dispatch;
            let chosen = self.compile.cpu.is_some() || self.compile.passes.is_some() || self.dispatch.is_some();
            if chosen || self.results.relaxed != Relaxed::default() || self.results.nan.nan != NanProfile::default() {
                // An impossible configuration is reported before workers are started.
                Engine::new(backend.config.clone())?;
            }
            if backends.iter().any(|b| b.name == backend.name) {
                return Err(format!("backend {} is named twice", backend.name).into());
            }
            backends.push(backend);
        }
        // A run that tests nothing of its mode would pass.
        match &self.mode {
            Some((mode, None)) if backends.iter().any(|b| b.name != *mode) => {
                Err(format!("--mode {mode} is the column {mode} alone: leave --backend out").into())
            }
            Some((mode, Some(_))) if backends.iter().all(|b| b.name == "interp") => {
                Err(format!("--mode {mode} is for backends other than interp, and --backend names none").into())
            }
            _ => Ok(backends),
        }
    }
}
