//! The options of `wasmoon test` that configure its columns.

use crate::cli::Failed;
use crate::cli::modes;
use crate::cli::switches::{CompileSwitches, ResultSwitches};
use crate::conformance::backend::Backend;
use crate::engine::{Dispatch, Engine, Mode, NanProfile, Relaxed};

/// Execution options: they affect speed and, with --relaxed and --nan, results
#[derive(clap::Args)]
#[command(next_help_heading = "How code is executed")]
pub struct Tuning {
    /// Tier of each function: interp, jit, mix:SEED (chosen by a hash of the function), mix3:SEED (the same, among
    /// interpreter, JIT and SSA evaluator), tier:SEED (interpreted at first, and replaced by compiled code while it
    /// runs, after a number of passings chosen by a hash), tier:entry:N or tier:loop:N (all functions are replaced
    /// after N passings of their entry or of a loop). Columns with such a mode are compared with `interp`
    #[arg(long, value_name = "MODE", value_parser = modes::parse)]
    pub mode: Option<(String, Option<Mode>)>,
    #[command(flatten)]
    compile: CompileSwitches,
    #[command(flatten)]
    results: ResultSwitches,
    /// Collect garbage at every allocation
    #[arg(long)]
    gc_stress: bool,
    /// After each call, check the invariants of the store, collect garbage, and compare what is left with what is
    /// reachable from values; a defect is reported as a crash
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
    /// A backend does not exist or is named twice, no named backend has the mode, or a configuration is not possible
    /// here.
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
            let hint = || format!("unknown backend '{name}'; expected one of {}", Backend::NAMES.join(", "));
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
        // Without this check, a run that tests nothing in its mode would pass.
        match &self.mode {
            Some((mode, None)) if backends.iter().any(|b| b.name != *mode) => {
                Err(format!("--mode {mode} selects only the column {mode}; drop --backend").into())
            }
            Some((mode, Some(_))) if backends.iter().all(|b| b.name == "interp") => {
                Err(format!("--mode {mode} applies to backends other than interp, but --backend names none").into())
            }
            _ => Ok(backends),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Config;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        tuning: Tuning,
        #[arg(long, value_delimiter = ',')]
        backend: Vec<String>,
    }

    fn column(name: &str, change: impl Fn(&mut Config)) -> Backend {
        let mut backend = Backend::named(name).expect("a backend");
        change(&mut backend.config);
        backend
    }

    fn plain(name: &str) -> Backend {
        column(name, |_| {})
    }

    /// The columns of the matrix are those that were requested, and each switch is in every column that has it.
    #[test]
    fn columns_are_as_they_were_asked_for() {
        let backends = |words: &str| {
            let line = Line::parse_from(format!("test {words}").split_whitespace());
            line.tuning.backends(&line.backend).unwrap_or_else(|Failed(why)| panic!("{words}: {why}"))
        };
        let of_mode = |name: &str, mode: &str, of: Mode| Backend {
            name: format!("{name}+{mode}"),
            ..column(name, |config| config.mode = of)
        };
        for (words, expected) in [
            ("", Backend::NAMES.map(plain).to_vec()),
            ("--backend jit,interp", vec![plain("jit"), plain("interp")]),
            ("--backend jit-O2", vec![plain("jit")]),
            ("--mode interp", vec![plain("interp")]),
            ("--mode jit", vec![plain("jit")]),
            ("--mode mix:3", vec![plain("interp"), of_mode("jit", "mix:3", Mode::Mix { seed: 3 })]),
            ("--mode mix3:3", vec![plain("interp"), of_mode("jit", "mix3:3", Mode::Mix3 { seed: 3 })]),
            (
                "--mode tier:loop:2 --backend jit-O0,interp",
                vec![of_mode("jit-O0", "tier:loop:2", Mode::Replaced { at_loops: true, after: 2 }), plain("interp")],
            ),
            // Scripts are compared with what the interpreter does.
            (
                "--relaxed native --backend interp,jit",
                vec![plain("interp"), column("jit", |config| config.relaxed = Relaxed::Native)],
            ),
        ] {
            assert_eq!(backends(words), expected, "{words}");
        }
        type Switch = (&'static str, fn(&mut Config));
        let switches: [Switch; 9] = [
            ("--gc-stress", |config| config.gc_stress = true),
            ("--paranoid", |config| config.paranoid = true),
            ("--dispatch loop", |config| config.dispatch = Some(Dispatch::Loop)),
            ("--regs 6", |config| config.registers = Some(6)),
            ("--verify", |config| config.verify = true),
            ("--poison", |config| config.poison = true),
            ("--invented-profile 4", |config| config.invented_profile = Some(4)),
            ("--passes=", |config| config.passes = Some(Vec::new())),
            ("--nan canonical", |config| config.nan = NanProfile::Canonical),
        ];
        for (words, change) in switches {
            let expected = Backend::NAMES.map(|name| column(name, change));
            assert_eq!(backends(words), expected, "{words}");
        }
    }
}
