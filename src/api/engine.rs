//! Engines and their configuration.

use super::error::Error;
use crate::engine as low;
use crate::module::{WasmFeatures, features};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use low::OptLevel;

/// How functions are executed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// Interpreted at first. Functions that run often are compiled to machine code in the background and replaced while
    /// they run. On unsupported CPUs, everything is interpreted.
    #[default]
    Auto,
    /// Compiled to machine code when the module is made.
    Jit,
    /// Interpreted.
    Interpreter,
}

/// Options of an engine.
#[derive(Clone, Debug)]
pub struct Config {
    strategy: Strategy,
    low: low::Config,
    lazy_validation: bool,
    features: WasmFeatures,
    compile_timeout: Option<Duration>,
    max_module_size: usize,
    max_compile_memory: Option<u64>,
}

impl Default for Config {
    fn default() -> Config {
        Config::new()
    }
}

macro_rules! features {
    ($($(#[$doc:meta])* $name:ident = $flag:ident;)*) => {
        /// Language features. By default an engine has those of the newest version of the specification.
        impl Config {
            $(
                $(#[$doc])*
                pub fn $name(&mut self, enable: bool) -> &mut Self {
                    self.features.set(WasmFeatures::$flag, enable);
                    self
                }
            )*
        }
    };
}

features! {
    /// Blocks and functions with several results.
    wasm_multi_value = MULTI_VALUE;
    /// Bulk operations on memories and tables.
    wasm_bulk_memory = BULK_MEMORY;
    /// Reference types.
    wasm_reference_types = REFERENCE_TYPES;
    /// 128-bit vectors.
    wasm_simd = SIMD;
    /// Vector operators for which several results are allowed; this engine always gives the deterministic ones.
    wasm_relaxed_simd = RELAXED_SIMD;
    /// Tail calls.
    wasm_tail_call = TAIL_CALL;
    /// Arithmetic in constant expressions.
    wasm_extended_const = EXTENDED_CONST;
    /// Several memories in a module.
    wasm_multi_memory = MULTI_MEMORY;
    /// Memories and tables with 64-bit indices.
    wasm_memory64 = MEMORY64;
    /// Typed function references.
    wasm_function_references = FUNCTION_REFERENCES;
    /// Garbage-collected objects.
    wasm_gc = GC;
    /// Exceptions.
    wasm_exceptions = EXCEPTIONS;
    /// Shared memories and atomic operators (not in the specification's newest version).
    wasm_threads = THREADS;
    /// Memories with pages of one byte (a proposal).
    wasm_custom_page_sizes = CUSTOM_PAGE_SIZES;
    /// Arithmetic on 128 bits (a proposal).
    wasm_wide_arithmetic = WIDE_ARITHMETIC;
    /// Continuations (a proposal).
    wasm_stack_switching = STACK_SWITCHING;
    /// Descriptors of structures (a proposal).
    wasm_custom_descriptors = CUSTOM_DESCRIPTORS;
    /// The first form of exceptions, which the specification has abandoned.
    wasm_legacy_exceptions = LEGACY_EXCEPTIONS;
}

impl Config {
    /// Returns the default configuration: interpreted at first, then compiled with all optimizations; the newest version of
    /// the specification; no fuel; no limits on compilation.
    pub fn new() -> Config {
        Config {
            strategy: Strategy::default(),
            low: low::Config { compile_threads: None, ..low::Config::default() },
            features: features::LATEST,
            compile_timeout: None,
            lazy_validation: false,
            max_module_size: usize::MAX,
            max_compile_memory: None,
        }
    }

    /// Sets how functions are executed.
    pub fn strategy(&mut self, strategy: Strategy) -> &mut Self {
        self.strategy = strategy;
        self
    }

    /// Sets the number of compiler threads, besides the executing thread. The default is one less than the number of
    /// cores, but at least one. An engine with [`Strategy::Auto`] starts them, and they end with the engine; if there are
    /// none, calls wait while a function is compiled. With [`Strategy::Jit`] they share the functions of the module being
    /// created.
    pub fn compile_threads(&mut self, threads: u8) -> &mut Self {
        self.low.compile_threads = Some(threads);
        self
    }

    /// Sets whether [`Strategy::Auto`] validates a function at its first call rather than with the module, so that large
    /// modules are ready sooner. Every call of an invalid function then traps with
    /// [`TrapCode::InvalidFunction`](super::TrapCode::InvalidFunction); [`Module::validate`](super::Module::validate) says what
    /// is wrong. Off by default.
    pub fn lazy_validation(&mut self, enable: bool) -> &mut Self {
        self.lazy_validation = enable;
        self
    }

    /// Sets how much the compiler optimizes.
    pub fn opt_level(&mut self, level: OptLevel) -> &mut Self {
        self.low.opt = level;
        self
    }

    /// Sets whether code counts fuel: see [`Store::set_fuel`](super::Store::set_fuel).
    pub fn consume_fuel(&mut self, enable: bool) -> &mut Self {
        self.low.fuel = enable;
        self
    }

    /// Sets whether NaNs are always canonical, so that a program without imports behaves the same on every CPU.
    pub fn canonical_nans(&mut self, enable: bool) -> &mut Self {
        self.low.nan = if enable { low::NanProfile::Canonical } else { low::NanProfile::Native };
        self
    }

    /// Enables every feature that this engine can execute, including proposals.
    pub fn all_features(&mut self) -> &mut Self {
        self.features = features::all();
        self
    }

    /// Sets the time that compiling one module may take. After that, compilation fails with
    /// [`CompileError::Timeout`](super::CompileError::Timeout). It can overrun by at most one stage of one function, plus the
    /// parsing of text, which is not interrupted but takes time in proportion to its length ([`Config::max_module_size`]).
    /// Compilation while a program runs does not count.
    pub fn compile_timeout(&mut self, timeout: Option<Duration>) -> &mut Self {
        self.compile_timeout = timeout;
        self
    }

    /// Sets the maximum size of a module in bytes.
    pub fn max_module_size(&mut self, bytes: usize) -> &mut Self {
        self.max_module_size = bytes;
        self
    }

    /// Sets the bytes of memory that reading and compiling one module may take. Usage is estimated from above, identically
    /// on every machine: see `docs/limits.md`. With [`Strategy::Auto`] the limit covers all code ever made for the module:
    /// a function for which too little is left is not compiled, or traps if it cannot even be interpreted.
    pub fn max_compile_memory(&mut self, bytes: Option<u64>) -> &mut Self {
        self.max_compile_memory = bytes;
        self
    }
}

/// Compiles modules with one configuration. Cheap to clone; threads may share it.
#[derive(Clone)]
pub struct Engine(Arc<EngineInner>);

struct EngineInner {
    config: Config,
    low: low::Engine,
}

impl Engine {
    /// Creates an engine with these options.
    ///
    /// # Errors
    /// [`Config`](super::ErrorKind::Config) if this machine does not support them.
    pub fn new(config: &Config) -> Result<Engine, Error> {
        let with = |mode| low::Engine::new(low::Config { mode, ..config.low.clone() });
        let low = match config.strategy {
            Strategy::Jit => with(low::Mode::All(low::Tier::Jit)),
            Strategy::Interpreter => with(low::Mode::All(low::Tier::Interp)),
            Strategy::Auto => match with(low::Mode::Tiered { seed: None }) {
                Err(low::ConfigError::NoJit | low::ConfigError::OldCpu(_)) => with(low::Mode::All(low::Tier::Interp)),
                other => other,
            },
        }?;
        Ok(Engine(Arc::new(EngineInner { config: config.clone(), low })))
    }

    /// Returns whether both are the same engine, or clones of one.
    pub fn same(a: &Engine, b: &Engine) -> bool {
        Arc::ptr_eq(&a.0, &b.0)
    }

    /// Returns whether functions are compiled to machine code, now or later.
    pub fn is_jit(&self) -> bool {
        self.0.low.config().mode != low::Mode::All(low::Tier::Interp)
    }

    pub(super) fn low(&self) -> &low::Engine {
        &self.0.low
    }

    /// Returns whether functions are validated at their first call.
    pub(super) fn validates_lazily(&self) -> bool {
        self.0.config.lazy_validation && self.0.low.config().mode.replaces()
    }

    pub(super) fn counts_fuel(&self) -> bool {
        self.0.config.low.fuel
    }

    pub(super) fn features(&self) -> WasmFeatures {
        self.0.config.features
    }

    pub(super) fn max_module_size(&self) -> usize {
        self.0.config.max_module_size
    }

    /// The limits for a compilation that begins now.
    pub(super) fn compiling(&self) -> low::CompileLimits<'static> {
        let config = &self.0.config;
        let deadline = config.compile_timeout.and_then(|after| Instant::now().checked_add(after));
        low::CompileLimits { deadline, memory: config.max_compile_memory, ..low::CompileLimits::default() }
    }
}

impl Default for Engine {
    /// Creates an engine with the default options.
    ///
    /// # Panics
    /// Never: on a machine without a compiler, it interprets.
    fn default() -> Engine {
        Engine::new(&Config::new()).expect("the default options are supported everywhere")
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("config", &self.0.config).finish()
    }
}

/// Reads a file: all of it, or at most one byte more than `most`.
pub(super) fn read_file(path: &Path, most: usize) -> Result<Vec<u8>, Error> {
    let failed = |error| super::ErrorKind::File { path: path.display().to_string(), error };
    let file = File::open(path).map_err(failed)?;
    // Allocates space for the whole file at once; a device has no length.
    let len = file.metadata().map_or(0, |metadata| usize::try_from(metadata.len()).unwrap_or(usize::MAX));
    let mut bytes = Vec::new();
    bytes.try_reserve(len.min(most)).map_err(|error| failed(error.into()))?;
    file.take((most as u64).saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}
