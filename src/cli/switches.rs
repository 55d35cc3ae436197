//! The engine's switches for triage, as options of several subcommands.

use super::Failed;
use crate::conformance::report::replay::quoted;
use crate::engine::{AllocatorKind, Config, NanProfile, Relaxed, module_hash};
use crate::jit::opt::{self, PassError};
use crate::module::{BodyIndex, BodyKind, Module};
use crate::target::{self, CpuLevel, Target};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::collections::BTreeSet;

/// The compiler's switches, for every command that runs code.
#[derive(clap::Args, Clone, Debug, Default, PartialEq)]
pub struct CompileSwitches {
    /// Optimization passes to run instead of those of the optimization level; an empty list runs none
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = pass_name)]
    pub passes: Option<Vec<String>>,
    /// Number of allocatable registers in each register class
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(4..))]
    pub regs: Option<u8>,
    /// CPU level, which determines the instructions that the JIT may use [default: the highest level of this CPU]
    #[arg(long, value_name = "LEVEL", value_parser = level_parser())]
    pub cpu: Option<CpuLevel>,
    /// Verify the IR after each pass, and check each register allocation
    #[arg(long)]
    pub verify: bool,
    /// Poison the undefined upper halves of 32-bit values
    #[arg(long)]
    pub poison: bool,
    /// Limit references within code to a range of a few instructions, on CPUs whose references have a limited range
    #[arg(long)]
    pub short_reach: bool,
    /// Invent a profile from this seed: place code as if some branches were rarely taken
    #[arg(long, value_name = "SEED")]
    pub invented_profile: Option<u64>,
}

/// Parses the name of a pass, so that a wrong name is reported before anything runs. An empty list arrives as one empty
/// name.
fn pass_name(name: &str) -> Result<String, PassError> {
    if !name.is_empty() {
        opt::passes(&Config { passes: Some(vec![name.into()]), ..Config::default() })?;
    }
    Ok(name.into())
}

/// Parses the name of a level of any CPU.
fn level_parser() -> impl TypedValueParser<Value = CpuLevel> {
    PossibleValuesParser::new(CpuLevel::all().map(CpuLevel::name)).try_map(|name| CpuLevel::from_name(&name))
}

/// Parses the name of a CPU.
pub fn target_parser() -> impl TypedValueParser<Value = &'static Target> {
    PossibleValuesParser::new(target::ALL.iter().map(|target| target.name)).try_map(|name| Target::named(&name))
}

impl CompileSwitches {
    /// Applies these switches to a configuration.
    pub fn apply(&self, config: &mut Config) {
        let named = |passes: &Vec<String>| passes.iter().filter(|name| !name.is_empty()).cloned().collect();
        config.passes = self.passes.as_ref().map(named);
        config.registers = self.regs;
        config.cpu = self.cpu;
        config.verify = self.verify;
        config.poison = self.poison;
        config.short_reach = self.short_reach;
        config.invented_profile = self.invented_profile;
    }
}

/// Switches that limit parts of the engine; `wasmoon bisect` finds the ones that matter.
#[derive(clap::Args, Clone, Debug, Default, PartialEq)]
#[command(next_help_heading = "Engine switches")]
pub struct Switches {
    /// Compile only these functions (index, name, or cN for constant expression N), and interpret all others
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub only_funcs: Option<Vec<String>>,
    #[command(flatten)]
    pub compile: CompileSwitches,
    /// Stop after the first N stages (folding during construction is the first)
    #[arg(long, value_name = "N")]
    pub pass_limit: Option<u32>,
    /// Let the last stage that runs make only its first N changes
    #[arg(long, value_name = "N")]
    pub rewrite_limit: Option<u64>,
    /// Register allocator
    #[arg(long, value_name = "fast|good|backtracking")]
    pub allocator: Option<AllocatorKind>,
}

impl Switches {
    /// Whether any of these switches is given.
    pub fn are_given(&self) -> bool {
        *self != Switches::default()
    }

    /// Applies these switches to a configuration; functions are looked up in these modules.
    ///
    /// # Errors
    /// No module has a function of that name or index with a body.
    pub fn apply<'m>(
        &self,
        config: &mut Config,
        modules: impl Iterator<Item = &'m Module> + Clone,
    ) -> Result<(), Failed> {
        if let Some(names) = &self.only_funcs {
            let mut bodies = Vec::new();
            for name in names {
                let before = bodies.len();
                for module in modules.clone() {
                    bodies.extend(bodies_named(module, name).map(|body| (module_hash(module), body.0)));
                }
                if bodies.len() == before {
                    return Err(format!("--only-funcs {name}: no function of that name or index has a body").into());
                }
            }
            config.only = Some(bodies.into_iter().collect());
        }
        self.compile.apply(config);
        config.pass_limit = self.pass_limit;
        config.rewrite_limit = self.rewrite_limit;
        config.allocator = self.allocator;
        Ok(())
    }
}

/// Switches that choose among the results that the specification allows. They are not bisected.
#[derive(clap::Args, Clone, Copy, Debug, Default, PartialEq)]
pub struct ResultSwitches {
    /// Results of relaxed operators in compiled code: those of the deterministic profile (deterministic), or those of
    /// the instructions at this CPU level (native). With `native`, tests compare modules that use these operators with
    /// the expected outcomes, not with the interpreter
    #[arg(long, value_name = "CHOICE", default_value = "deterministic")]
    pub relaxed: Relaxed,
    #[command(flatten)]
    pub nan: NanSwitch,
}

impl ResultSwitches {
    /// Applies these switches to a configuration.
    pub fn apply(self, config: &mut Config) {
        config.relaxed = self.relaxed;
        config.nan = self.nan.nan;
    }
}

/// The switch that chooses which NaNs operators produce. Both sides of a comparison use the same ones.
#[derive(clap::Args, Clone, Copy, Debug, Default, PartialEq)]
pub struct NanSwitch {
    /// NaNs that operators produce: those of the CPU (native), or only the positive canonical NaN, as in the
    /// deterministic profile (canonical), so that tests compare NaNs bit for bit
    #[arg(long, value_name = "PROFILE", default_value = "native")]
    pub nan: NanProfile,
}

/// The bodies with this function index or name, or this `cN`.
fn bodies_named<'m>(module: &'m Module, name: &'m str) -> impl Iterator<Item = BodyIndex> + 'm {
    let defined = module.num_defined_functions();
    let constant = name.strip_prefix('c').and_then(|n| n.parse::<u32>().ok()?.checked_add(defined));
    let index: Option<u32> = name.parse().ok();
    (0..).map(BodyIndex).zip(&module.bodies).filter_map(move |(body, data)| {
        let found = match data.kind {
            BodyKind::Function(f) => index == Some(f) || index.is_none() && module.display_name(f) == name,
            BodyKind::Const(_) => constant == Some(body.0),
        };
        found.then_some(body)
    })
}

/// The options that turn the default configuration into this one, each with a leading space. Of the selected bodies,
/// only those of these modules are listed.
pub fn options_of<'m>(config: &Config, modules: impl IntoIterator<Item = &'m Module>) -> String {
    let mut text = String::new();
    if let Some(only) = &config.only {
        // Functions come before constant expressions. Bodies of several modules may have the same name.
        let mut numbers = BTreeSet::new();
        for module in modules {
            let hash = module_hash(module);
            numbers.extend(only.iter().filter(|(m, _)| *m == hash).map(|(_, body)| {
                match module.bodies[body as usize].kind {
                    BodyKind::Function(f) => ("", f),
                    BodyKind::Const(_) => ("c", body - module.num_defined_functions()),
                }
            }));
        }
        let names: Vec<String> = numbers.iter().map(|(prefix, number)| format!("{prefix}{number}")).collect();
        text = format!(" --only-funcs {}", names.join(","));
    }
    text + &switches_of(config)
}

/// Like [`options_of`], without the selection of bodies.
pub fn switches_of(config: &Config) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    if let Some(passes) = &config.passes {
        // An empty list is still an argument.
        let _ = write!(text, " --passes {}", quoted(&passes.join(",")));
    }
    if let Some(n) = config.pass_limit {
        let _ = write!(text, " --pass-limit {n}");
    }
    if let Some(n) = config.rewrite_limit {
        let _ = write!(text, " --rewrite-limit {n}");
    }
    if let Some(kind) = config.allocator {
        let _ = write!(text, " --allocator {}", kind.name());
    }
    if let Some(n) = config.registers {
        let _ = write!(text, " --regs {n}");
    }
    if let Some(level) = config.cpu {
        let _ = write!(text, " --cpu {}", level.name());
    }
    if let Some(seed) = config.invented_profile {
        let _ = write!(text, " --invented-profile {seed}");
    }
    if config.relaxed != Relaxed::default() {
        let _ = write!(text, " --relaxed {}", config.relaxed.name());
    }
    if config.nan != NanProfile::default() {
        let _ = write!(text, " --nan {}", config.nan.name());
    }
    let flags = [(config.verify, " --verify"), (config.poison, " --poison"), (config.short_reach, " --short-reach")];
    for (on, name) in flags {
        text += if on { name } else { "" };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::input;
    use crate::module::features;
    use clap::Parser;
    use std::path::Path;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        switches: Switches,
        #[command(flatten)]
        results: ResultSwitches,
    }

    /// The configuration that these switches give for this module.
    fn config(words: &[&str], module: &Module) -> Result<Config, Failed> {
        let line = Line::try_parse_from(["run"].iter().chain(words)).unwrap_or_else(|e| panic!("{e}"));
        let mut config = Config::default();
        line.switches.apply(&mut config, std::iter::once(module))?;
        line.results.apply(&mut config);
        Ok(config)
    }

    fn module() -> Module {
        let text = r#"(module (import "m" "i" (func $i)) (func $f) (func $g)
            (global $x i32 (i32.add (i32.const 1) (i32.const 2))) (global $y i32 (i32.add (i32.const 3) (i32.const 4))))"#;
        let binary = input::encode(Path::new("m.wat"), text).expect("a module");
        Module::new(&binary, features::all()).expect("it is valid")
    }

    /// Each switch changes what it should and nothing else, and is written in follow-up commands so that it is read as
    /// the same.
    #[test]
    fn switches_are_written_as_they_are_read() {
        let (module, plain) = (module(), Config::default());
        let mut cases: Vec<(Vec<&str>, Config, String)> = vec![
            (vec![], plain.clone(), String::new()),
            (vec!["--relaxed", "deterministic", "--nan", "native"], plain.clone(), String::new()),
            (vec!["--passes", ""], Config { passes: Some(vec![]), ..plain.clone() }, " --passes ''".into()),
        ];
        let mut plainly = |words: &[&'static str], config| {
            cases.push((words.to_vec(), config, words.iter().map(|word| format!(" {word}")).collect()));
        };
        let passes = Some(vec!["dce".into(), "branches".into()]);
        plainly(&["--passes", "dce,branches"], Config { passes, ..plain.clone() });
        plainly(&["--pass-limit", "0"], Config { pass_limit: Some(0), ..plain.clone() });
        plainly(&["--rewrite-limit", "0"], Config { rewrite_limit: Some(0), ..plain.clone() });
        for kind in AllocatorKind::ALL {
            plainly(&["--allocator", kind.name()], Config { allocator: Some(*kind), ..plain.clone() });
        }
        plainly(&["--regs", "4"], Config { registers: Some(4), ..plain.clone() });
        for level in CpuLevel::all() {
            plainly(&["--cpu", level.name()], Config { cpu: Some(level), ..plain.clone() });
        }
        plainly(&["--invented-profile", "0"], Config { invented_profile: Some(0), ..plain.clone() });
        plainly(&["--relaxed", "native"], Config { relaxed: Relaxed::Native, ..plain.clone() });
        plainly(&["--nan", "canonical"], Config { nan: NanProfile::Canonical, ..plain.clone() });
        plainly(&["--verify"], Config { verify: true, ..plain.clone() });
        plainly(&["--poison"], Config { poison: true, ..plain.clone() });
        plainly(&["--short-reach"], Config { short_reach: true, ..plain.clone() });
        let several = Config { pass_limit: Some(2), rewrite_limit: Some(3), registers: Some(5), ..plain.clone() };
        plainly(
            &["--pass-limit", "2", "--rewrite-limit", "3", "--regs", "5", "--verify", "--poison"],
            Config { verify: true, poison: true, ..several },
        );
        for (words, expected, text) in cases {
            assert_eq!(config(&words, &module).expect("no function is named"), expected, "{words:?}");
            assert_eq!((switches_of(&expected), options_of(&expected, [&module])), (text.clone(), text), "{words:?}");
        }
    }

    /// Functions have names and indices, which imported functions share; constant expressions are numbered after the
    /// functions with bodies.
    #[test]
    fn bodies_are_written_by_index() {
        let module = module();
        for (names, bodies, text) in [
            ("f", &[0][..], "1"),
            ("1", &[0], "1"),
            ("2", &[1], "2"),
            ("g,f", &[0, 1], "1,2"),
            ("c0", &[2], "c0"),
            ("c1,f,c1", &[0, 3], "1,c1"),
        ] {
            let config = config(&["--only-funcs", names], &module).expect("they are there");
            let only = bodies.iter().map(|&body| (module_hash(&module), body)).collect();
            assert_eq!(config, Config { only: Some(only), ..Config::default() }, "{names}");
            assert_eq!(options_of(&config, [&module]), format!(" --only-funcs {text}"));
            assert_eq!(switches_of(&config), "");
            // A body that is in both modules is written once.
            assert_eq!(options_of(&config, [&module, &module]), format!(" --only-funcs {text}"));
        }
        for name in ["0", "i", "3", "c", "c2", "c4294967295", "h"] {
            let refused = config(&["--only-funcs", &format!("f,{name}")], &module).err().map(|Failed(why)| why);
            let why = format!("--only-funcs {name}: no function of that name or index has a body");
            assert_eq!(refused, Some(why));
        }
    }
}
