//! Picks a backend per function, joins them by adapters, and is the public embedding API.

pub mod adapters;

use crate::module::Module;
use crate::runtime::store::{Code, Limits, Store};
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

/// Everything that changes how code is executed, never what it means.
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
    /// Poison undefined upper bits.
    pub poison: bool,
    /// Collect at every allocation.
    pub gc_stress: bool,
    /// `None`: the best that this build supports.
    pub dispatch: Option<Dispatch>,
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
            gc_stress: false,
            dispatch: None,
        }
    }
}

/// Why a valid module cannot be executed.
#[derive(Clone, Debug, PartialEq)]
pub enum CompileError {
    /// A feature that this backend does not have yet: names it ("simd", "gc", …) and the function at fault.
    Unsupported(String),
    /// Over an implementation limit.
    Limit(String),
    /// A defect of wasmoon: verifier or checker failed.
    Internal(String),
}

/// Compiles modules and makes stores under one configuration. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    config: Arc<Config>,
}

impl Engine {
    pub fn new(config: Config) -> Result<Engine, String> {
        Ok(Engine { config: Arc::new(config) })
    }
    /// Translates every body of the module, each by the tier that the mode assigns.
    pub fn compile(&self, module: &Arc<Module>) -> Result<Arc<dyn Code>, CompileError> {
        let _ = module;
        Err(CompileError::Unsupported("no backend is wired up".into()))
    }
    pub fn store(&self, limits: Limits) -> Store {
        Store::new(Arc::new(adapters::AdapterSet::new(self.config.registers, self.config.poison)), limits)
    }
    /// Bytes of machine code of a compiled module, for the determinism test.
    pub fn code_bytes(&self, code: &Arc<dyn Code>) -> Vec<u8> {
        let _ = code;
        todo!()
    }
}
