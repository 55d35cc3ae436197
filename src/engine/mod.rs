//! Picks a backend per function, joins them by adapters, and is the public embedding API.

pub mod adapters;
mod compiled;
mod nan;
pub mod profile;

use crate::interp;
use crate::jit;
use crate::module::Module;
use crate::random::mix;
use crate::runtime::store::{Code, Limits, Store};
use crate::runtime::sys::cpu;
use crate::target::{CpuLevel, Target};
use adapters::AdapterSet;
use compiled::CompiledModule;
pub use jit::Relaxed;
pub use nan::NanProfile;
use std::sync::Arc;

/// Optimization level of the JIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum OptLevel {
    /// The same pipeline without optimization passes.
    O0,
    /// Linear, cheap passes.
    O1,
    /// All passes.
    O2,
}

/// Which backend executes a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Tier {
    Interp,
    Jit,
    /// `jit::ir::eval`, on the SSA as it stands after all passes (or after the pass that the configuration names).
    Eval,
}

/// How tiers are assigned to functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Mode {
    All(Tier),
    /// Interpreter or JIT by a hash of seed, module and function.
    Mix {
        seed: u64,
    },
    /// Interpreter, JIT or SSA evaluator by a hash.
    Mix3 {
        seed: u64,
    },
}

/// The interpreter's dispatcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Dispatch {
    Loop,
    /// Handlers that tail-call each other; `Engine::new` refuses it where the build does not support it.
    Chain,
}

/// Everything that changes how code is executed; but for `relaxed` and `nan`, never what it means.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Config {
    pub mode: Mode,
    pub opt: OptLevel,
    /// Names of passes to run instead of the level's own (`--passes`).
    pub passes: Option<Vec<String>>,
    /// Allocatable registers of each class.
    pub registers: Option<u8>,
    /// IR verifier after each pass, allocation checker after each allocation.
    pub verify: bool,
    /// Poison what is undefined: upper halves of 32-bit values, the interpreter's accumulators where no instruction
    /// relies on them.
    pub poison: bool,
    /// The instructions that the JIT may use. `None`: all that this CPU has and the JIT knows.
    #[serde(default)]
    pub cpu: Option<CpuLevel>,
    /// What relaxed operators do in compiled code. [`Relaxed::Native`] is the JIT's alone: the interpreter would choose
    /// otherwise in the same program.
    #[serde(default)]
    pub relaxed: Relaxed,
    /// Which NaNs operators of floats make, on all tiers.
    #[serde(default)]
    pub nan: NanProfile,
    /// Collect at every allocation; after some thousands of them in a store at every hundredth or so, since loops that
    /// allocate a million times have to end.
    pub gc_stress: bool,
    /// `None`: the best that this build supports.
    pub dispatch: Option<Dispatch>,
    /// Have code count fuel: see [`Store::set_fuel`]. The same units at the same points on every tier and level.
    #[serde(default)]
    pub fuel: bool,
    /// Have code call by way of records alone, so that [`Store::trace`] can re-route them.
    #[serde(default)]
    pub trace_calls: bool,
    /// Have code tell of its stores before it makes them, for [`Store::trace`].
    #[serde(default)]
    pub trace_stores: bool,
    /// Bodies that get the mode's tier; all others are interpreted. `None`: all.
    pub only: Option<Bodies>,
    /// Run only the first so many of [`Config::stages`] (`--pass-limit`).
    pub pass_limit: Option<u32>,
    /// Let the last stage that runs make only the first so many changes (`--rewrite-limit`).
    pub rewrite_limit: Option<u64>,
    /// `None`: the fast one at `O0`, else the good one.
    pub allocator: Option<AllocatorKind>,
}

/// The register allocator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum AllocatorKind {
    /// regalloc2's single pass over each block.
    Fast,
    /// Our own pass over the function.
    Good,
    /// regalloc2's backtracking one: slow, and a second witness.
    Backtracking,
}

impl AllocatorKind {
    pub const ALL: [AllocatorKind; 3] = [AllocatorKind::Fast, AllocatorKind::Good, AllocatorKind::Backtracking];

    /// As the command line has it.
    pub fn name(self) -> &'static str {
        match self {
            AllocatorKind::Fast => "fast",
            AllocatorKind::Good => "good",
            AllocatorKind::Backtracking => "backtracking",
        }
    }
}

/// A set of bodies of some modules; what bisection narrows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Bodies {
    /// By [`module_hash`]: indices into [`Module::bodies`], ascending.
    modules: std::collections::BTreeMap<u64, std::collections::BTreeSet<u32>>,
}

impl Bodies {
    pub fn contains(&self, module_hash: u64, body: u32) -> bool {
        self.modules.get(&module_hash).is_some_and(|bodies| bodies.contains(&body))
    }

    /// Pairs of [`module_hash`] and body, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u32)> + '_ {
        self.modules.iter().flat_map(|(&module, bodies)| bodies.iter().map(move |&body| (module, body)))
    }
}

impl FromIterator<(u64, u32)> for Bodies {
    fn from_iter<I: IntoIterator<Item = (u64, u32)>>(bodies: I) -> Self {
        let mut set = Bodies::default();
        for (module, body) in bodies {
            set.modules.entry(module).or_default().insert(body);
        }
        set
    }
}

impl Config {
    /// The tier of a body of the module with this hash.
    pub fn tier(&self, module_hash: u64, body: u32) -> Tier {
        match &self.only {
            Some(only) if !only.contains(module_hash, body) => Tier::Interp,
            _ => self.mode.tier(module_hash, body),
        }
    }

    /// What the JIT is told.
    pub fn jit_options(&self) -> jit::Options {
        jit::Options {
            level: match self.opt {
                OptLevel::O0 => jit::Level::O0,
                OptLevel::O1 => jit::Level::O1,
                OptLevel::O2 => jit::Level::O2,
            },
            passes: self.passes.clone(),
            registers: self.registers,
            verify: self.verify,
            poison: self.poison,
            cpu: self.cpu.unwrap_or_default(),
            relaxed: self.relaxed,
            canonical_nans: self.nan.is_canonical(),
            // Then the records of the module's functions never lead anywhere else.
            direct_calls: self.mode == Mode::All(Tier::Jit) && self.only.is_none() && !self.trace_calls,
            fuel: self.fuel,
            trace_stores: self.trace_stores,
            stage_limit: self.pass_limit,
            rewrite_limit: self.rewrite_limit,
            effort: self.allocator.map(|kind| match kind {
                AllocatorKind::Fast => jit::regalloc::Effort::Fast,
                AllocatorKind::Good => jit::regalloc::Effort::Good,
                AllocatorKind::Backtracking => jit::regalloc::Effort::Backtracking,
            }),
        }
    }

    /// Whether code can be made under this configuration, wherever it is to run.
    ///
    /// # Errors
    /// A pass that does not exist, too few registers.
    pub fn check(&self) -> Result<(), String> {
        self.stages().map_err(|e| match e {
            CompileError::Internal(what) => what,
            other => other.to_string(),
        })?;
        match self.registers {
            Some(0..4) => Err("at least 4 registers".into()),
            _ => Ok(()),
        }
    }

    /// Names of what happens to the SSA form, in order, without [`Config::pass_limit`].
    ///
    /// # Errors
    /// A pass that does not exist.
    pub fn stages(&self) -> Result<Vec<&'static str>, CompileError> {
        Ok(jit::pipeline::stages(&self.jit_options())?)
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            mode: Mode::All(Tier::Interp),
            opt: OptLevel::O2,
            passes: None,
            registers: None,
            verify: false,
            poison: false,
            cpu: None,
            relaxed: Relaxed::default(),
            nan: NanProfile::default(),
            gc_stress: false,
            dispatch: None,
            fuel: false,
            trace_calls: false,
            trace_stores: false,
            only: None,
            pass_limit: None,
            rewrite_limit: None,
            allocator: None,
        }
    }
}

/// Why a valid module cannot be executed.
#[derive(Clone, Debug, PartialEq)]
pub enum CompileError {
    /// A feature that this backend does not have yet: names it ("stack-switching", …) and the function at fault.
    Unsupported(String),
    /// Over an implementation limit.
    Limit(String),
    /// A defect of wasmoon: verifier or checker failed.
    Internal(String),
}

impl std::fmt::Display for CompileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CompileError::Unsupported(what) => write!(f, "unsupported: {what}"),
            CompileError::Limit(what) => write!(f, "over an implementation limit: {what}"),
            CompileError::Internal(what) => write!(f, "internal error: {what}"),
        }
    }
}

impl std::error::Error for CompileError {}

/// Compiles modules and makes stores under one configuration. Cheap to clone.
///
/// Code runs in stores of the engine that compiled it, or of one with the same number of registers and poisoning: they
/// share one calling convention.
#[derive(Clone)]
pub struct Engine {
    config: Arc<Config>,
    adapters: Arc<AdapterSet>,
}

impl Engine {
    /// An engine with this configuration.
    ///
    /// # Errors
    /// What this build or this CPU does not support.
    pub fn new(config: Config) -> Result<Engine, String> {
        let native = !matches!(config.mode, Mode::All(Tier::Interp | Tier::Eval));
        config.check()?;
        if native {
            let none = || format!("no JIT for {} on {}", std::env::consts::ARCH, std::env::consts::OS);
            let target = Target::native().filter(|_| cpu::RUNS_NATIVE_CODE).ok_or_else(none)?;
            let lowest = || format!("the JIT needs a CPU with {}", target.baseline().name());
            let here = CpuLevel::detected().ok_or_else(lowest)?;
            if let Some(level) = config.cpu.filter(|level| !level.is_here()) {
                return Err(format!("this CPU has no {}: {} at most", level.name(), here.name()));
            }
        }
        let interprets = config.only.is_some() || !matches!(config.mode, Mode::All(Tier::Jit | Tier::Eval));
        if config.relaxed == Relaxed::Native && interprets {
            return Err(
                "relaxed operators of the CPU's choice are the JIT's alone, and may not be mixed with others".into()
            );
        }
        if config.dispatch == Some(Dispatch::Chain) && !interp::CHAIN {
            return Err(
                "no chained dispatcher in this build: it takes a CPU that the build script knows, and opt-level 2"
                    .into(),
            );
        }
        let adapters = AdapterSet::shared(config.registers, config.poison);
        Ok(Engine { config: Arc::new(config), adapters })
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Translates every body of the module, each by the tier that the mode assigns.
    ///
    /// # Errors
    /// See [`CompileError`]. A tier that cannot execute a body never hands it to another.
    pub fn compile(&self, module: &Arc<Module>) -> Result<Arc<dyn Code>, CompileError> {
        Ok(Arc::new(CompiledModule::new(module, &self.config, &self.adapters)?))
    }

    pub fn store(&self, limits: Limits) -> Store {
        let mut store = Store::new(self.adapters.clone(), limits);
        store.set_gc_stress(self.config.gc_stress);
        store
    }

    /// Bytes of machine code of a compiled module, for the determinism test.
    pub fn code_bytes(&self, code: &Arc<dyn Code>) -> Vec<u8> {
        code.machine_code().to_vec()
    }
}

impl Mode {
    /// The tier of a body. Depends on nothing but the mode, the module's bytes (by [`module_hash`]) and the index.
    pub fn tier(self, module_hash: u64, body: u32) -> Tier {
        let draw = |seed: u64, n: u64| mix(seed ^ mix(module_hash ^ mix(u64::from(body)))) % n;
        match self {
            Mode::All(tier) => tier,
            Mode::Mix { seed } => [Tier::Interp, Tier::Jit][draw(seed, 2) as usize],
            Mode::Mix3 { seed } => [Tier::Interp, Tier::Jit, Tier::Eval][draw(seed, 3) as usize],
        }
    }
}

/// Hash of a module's bytes (64-bit FNV-1a).
pub fn module_hash(module: &Module) -> u64 {
    module.bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests;
