//! Picks a backend for each function and joins the backends with adapters.

pub mod adapters;
mod background;
mod compiled;
#[cfg(feature = "compiled-files")]
pub mod compiled_file;
#[cfg(test)]
mod nan_tests;
#[cfg(feature = "harness")]
pub mod profile;
#[cfg(not(feature = "harness"))]
#[path = "profile/off.rs"]
mod profile;
mod tiered;

pub use crate::config::{AllocatorKind, Bodies, Config, Dispatch, Mode, NanProfile, OptLevel, Relaxed, Tier};
use crate::interp::{self, InterpCode};
use crate::jit;
use crate::module::{BodyIndex, DecodeError, Module, Phase};
#[cfg(feature = "compiled-files")]
use crate::runtime::code::CodeTables;
pub use crate::runtime::compile_error::{CompileError, CompileLimits, Interrupt};
use crate::runtime::store::{Code, Limits, Store};
use crate::runtime::sys::cpu;
use crate::target::{CpuLevel, Target};
use adapters::AdapterSet;
use background::Start;
use compiled::CompiledModule;
use std::sync::Arc;
use tiered::{Compilers, TieredModule};

/// How often code must be asked for before anything is compiled. Starting a thread, and a compiler that is not in any
/// cache yet, takes a millisecond of processor time, and many programs end before they gain as much.
const ASKS_TO_START: u32 = 10;
/// Up to this many bytes of bodies are compiled by the executing thread before other threads start. While it compiles, nobody
/// interprets code that will soon be native, and most small programs have no more code worth compiling.
const BYTES_TO_START: usize = 4 << 10;

/// Why an engine cannot have a configuration: it is not supported by this build or this CPU, or the combination of
/// options is not supported.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// A pass does not exist.
    #[error(transparent)]
    Pass(#[from] jit::opt::PassError),
    /// Fewer registers than the JIT needs for every function.
    #[error("the JIT needs at least 4 registers")]
    TooFewRegisters,
    /// The JIT does not compile for this CPU or system.
    #[error("no JIT for {} on {}", std::env::consts::ARCH, std::env::consts::OS)]
    NoJit,
    /// The CPU is older than all CPUs that the JIT compiles for.
    #[error("the JIT needs a CPU with {0}")]
    OldCpu(&'static str),
    /// The CPU lacks the requested level.
    #[error("this CPU does not support {asked}; it has at most {here}")]
    CpuLevel {
        /// The requested level.
        asked: &'static str,
        /// The highest level of this CPU.
        here: &'static str,
    },
    /// `Relaxed::Native`, but some functions are interpreted.
    #[error("only the JIT has native relaxed operators, so no function may be interpreted")]
    MixedRelaxed,
    /// `Dispatch::Chain`, which this build lacks.
    #[error("no chained dispatcher in this build; it needs a CPU that the build script knows, and opt-level 2")]
    NoChain,
}

/// Checks whether code can be compiled under a configuration, on any host.
///
/// # Errors
/// `Pass` or `TooFewRegisters`.
pub fn check(config: &Config) -> Result<(), ConfigError> {
    jit::opt::passes(config)?;
    match config.registers {
        Some(0..4) => Err(ConfigError::TooFewRegisters),
        _ => Ok(()),
    }
}

/// Compiles modules and makes stores under one configuration. Cheap to clone.
///
/// Code runs in stores of the engine that compiled it, or of one with the same number of registers and poisoning: they
/// share one calling convention.
#[derive(Clone)]
pub struct Engine {
    config: Arc<Config>,
    /// The calling convention of its code: the number of registers, and whether it is poisoned.
    convention: (Option<u8>, bool),
    /// The threads of [`Mode::Tiered`].
    compilers: Option<Arc<Compilers>>,
}

impl Engine {
    /// Creates an engine with this configuration.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn new(config: Config) -> Result<Engine, ConfigError> {
        let native = !matches!(config.mode, Mode::All(Tier::Interp | Tier::Eval));
        check(&config)?;
        if native {
            let target = Target::native().filter(|_| cpu::RUNS_NATIVE_CODE).ok_or(ConfigError::NoJit)?;
            let here = CpuLevel::detected().ok_or_else(|| ConfigError::OldCpu(target.baseline().name()))?;
            if let Some(level) = config.cpu.filter(|level| !level.is_here()) {
                return Err(ConfigError::CpuLevel { asked: level.name(), here: here.name() });
            }
        }
        let interprets = config.only.is_some() || !matches!(config.mode, Mode::All(Tier::Jit | Tier::Eval));
        if config.relaxed == Relaxed::Native && interprets {
            return Err(ConfigError::MixedRelaxed);
        }
        if config.dispatch == Some(Dispatch::Chain) && !interp::CHAIN {
            return Err(ConfigError::NoChain);
        }
        let convention = (config.registers, config.poison);
        let config = Arc::new(config);
        let in_background = config.mode.replaces() && config.compile_threads != Some(0);
        let compilers = in_background.then(|| {
            let config = Arc::clone(&config);
            // If a seed decides, few passings must be enough.
            let chosen = config.mode != (Mode::Tiered { seed: None });
            let (asks, bytes) = if chosen { (0, 0) } else { (ASKS_TO_START, BYTES_TO_START) };
            Compilers::new(Start { asks, bytes, count: move || config.threads_to_compile() })
        });
        Ok(Engine { config, convention, compilers })
    }

    /// Returns the adapters for a module or a store created now.
    fn adapters(&self) -> Arc<AdapterSet> {
        let (registers, poison) = self.convention;
        AdapterSet::shared(registers, poison)
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Compiles every body of the module with the tier that the mode assigns. In [`Mode::Tiered`] nothing is compiled
    /// before it is called.
    ///
    /// # Errors
    /// See [`CompileError`]. A body that its tier cannot execute is never passed to another tier.
    pub fn compile(&self, module: &Arc<Module>) -> Result<Arc<dyn Code>, CompileError> {
        self.compile_within(module, CompileLimits::default())
    }

    /// Like [`Engine::compile`], within limits. The time limit can be exceeded by at most one stage of one function.
    ///
    /// # Errors
    /// See [`CompileError`].
    pub fn compile_within(
        &self,
        module: &Arc<Module>,
        limits: CompileLimits<'_>,
    ) -> Result<Arc<dyn Code>, CompileError> {
        let config = match &self.config.profile {
            Some(profile) if profile.module != module_hash(module) => {
                Arc::new(Config { profile: None, ..Config::clone(&self.config) })
            }
            _ => Arc::clone(&self.config),
        };
        if config.mode.replaces() {
            let compilers = self.compilers.as_ref();
            return Ok(TieredModule::new(module, &config, &self.adapters(), compilers, limits));
        }
        Ok(Arc::new(CompiledModule::new(module, &config, &self.adapters(), limits)?))
    }

    /// Makes a module executable with code compiled earlier under a configuration with the same [`Config::of_code`].
    /// The code is trusted.
    ///
    /// # Errors
    /// `Limit` if the address space for code is exhausted; `Internal` if the tables do not fit the code, or the code does
    /// not fit the module.
    #[cfg(feature = "compiled-files")]
    pub(crate) fn publish(
        &self,
        module: &Arc<Module>,
        code: &[u8],
        tables: CodeTables,
    ) -> Result<Arc<dyn Code>, CompileError> {
        Ok(Arc::new(CompiledModule::from_code(module, &self.config, &self.adapters(), code, tables)?))
    }

    /// Creates an empty store for code of this engine.
    pub fn store(&self, limits: Limits) -> Store {
        let mut store = Store::new(self.adapters(), limits);
        store.set_gc_stress(self.config.gc_stress);
        store.set_paranoid(self.config.paranoid);
        store
    }

    /// Returns the machine code of a compiled module, for the determinism test.
    pub fn code_bytes(&self, code: &Arc<dyn Code>) -> Vec<u8> {
        code.machine_code().map_or(Vec::new(), |object| object.bytes().to_vec())
    }
}

/// Converts the error of a function whose validation was deferred.
fn refused_late(e: DecodeError) -> CompileError {
    match e.phase {
        Phase::Limit => CompileError::Limit(format!("{} (at offset {:#x})", e.message, e.offset)),
        Phase::Memory => CompileError::Memory(format!("{} (at offset {:#x})", e.message, e.offset)),
        Phase::Timeout => CompileError::Timeout,
        _ => CompileError::Invalid(e.to_string()),
    }
}

/// Returns whether the interpreter's code is for the chained dispatcher.
fn chained(config: &Config) -> bool {
    config.dispatch.map_or(interp::CHAIN, |d| d == Dispatch::Chain)
}

/// Translates a body for the interpreter.
///
/// # Errors
/// `Limit` if it exceeds a limit of the interpreter, `Memory` if it may take more than is left, `Timeout` if the time is over,
/// `Unsupported` if the interpreter does not support an operator.
fn translate(
    module: &Module,
    body: BodyIndex,
    config: &Config,
    limits: CompileLimits<'_>,
) -> Result<InterpCode, CompileError> {
    let step = interp::step_bytes(module, body);
    limits.check_memory(step, || {
        let range = &module.bodies[body.0 as usize].range;
        format!("translating a function of {} bytes (at offset {:#x})", range.len(), range.start)
    })?;
    interp::translate_within(module, body, chained(config), config, limits.less(step)).map_err(|e| match e.reason {
        interp::Reason::Limit(_) => CompileError::Limit(format!("{} (at offset {:#x})", e.reason, e.offset)),
        interp::Reason::Memory(_) => CompileError::Memory(format!("{} (at offset {:#x})", e.reason, e.offset)),
        interp::Reason::Feature(feature) => CompileError::Unsupported(feature.into()),
        interp::Reason::Timeout => CompileError::Timeout,
    })
}

/// Returns the hash of a module's bytes (64-bit FNV-1a).
pub fn module_hash(module: &Module) -> u64 {
    module.bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests;
