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
    /// Interpreted at first; what runs often is compiled to machine code in the background, and replaced while it runs.
    /// Where the CPU is not supported, interpreted.
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
        /// Features of the language. By default an engine has those of the newest version of the specification.
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
    /// Vectors of 128 bits.
    wasm_simd = SIMD;
    /// Vector operators with several results that are allowed; here always the deterministic ones.
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
    /// Objects that are collected.
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
    /// The first form of exceptions, which the specification has given up.
    wasm_legacy_exceptions = LEGACY_EXCEPTIONS;
}

impl Config {
    /// The default: interpreted at first, then compiled, with all optimizations; the newest version of the specification; no
    /// fuel; no limit on compiling.
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

    /// Sets the number of threads that compile, beside that which executes: one less than there are cores by default, but
    /// at least one. An engine with [`Strategy::Auto`] starts them, and its end ends them; with none, a call waits while a
    /// function is compiled. With [`Strategy::Jit`] they share the functions of a module that is made.
    pub fn compile_threads(&mut self, threads: u8) -> &mut Self {
        self.low.compile_threads = Some(threads);
        self
    }

    /// Sets whether [`Strategy::Auto`] validates a function when it is first called, rather than with the module: a large module
    /// is ready sooner. Calling a function that is not valid traps then
    /// ([`TrapCode::InvalidFunction`](super::TrapCode::InvalidFunction)), each time; [`Module::validate`](super::Module::validate)
    /// says what is wrong. Off by default.
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

    /// Sets whether NaNs are always canonical, so that a program without imports does the same on each CPU.
    pub fn canonical_nans(&mut self, enable: bool) -> &mut Self {
        self.low.nan = if enable { low::NanProfile::Canonical } else { low::NanProfile::Native };
        self
    }

    /// Turns on everything that this engine can execute, proposals included.
    pub fn all_features(&mut self) -> &mut Self {
        self.features = features::all();
        self
    }

    /// Sets the time that compiling one module may take; then it fails with
    /// [`CompileError::Timeout`](super::CompileError::Timeout). It is exceeded by one stage of one function at most; and by the
    /// reading of text, which is not interrupted, but takes time in proportion to its length
    /// ([`Config::max_module_size`]). What is compiled while a program runs is not part of it.
    pub fn compile_timeout(&mut self, timeout: Option<Duration>) -> &mut Self {
        self.compile_timeout = timeout;
        self
    }

    /// Sets the maximum size of a module in bytes.
    pub fn max_module_size(&mut self, bytes: usize) -> &mut Self {
        self.max_module_size = bytes;
        self
    }

    /// Sets the bytes of memory that reading and compiling one module may take. They are estimated from above, the same on
    /// each machine: see `docs/limits.md`. With [`Strategy::Auto`] the limit is that of all code that is ever made of the
    /// module: a function for which too little is left is not compiled, or traps if it cannot even be interpreted.
    pub fn max_compile_memory(&mut self, bytes: Option<u64>) -> &mut Self {
        self.max_compile_memory = bytes;
        self
    }
}

/// Compiles modules, under one configuration. Cheap to clone; threads may share it.
#[derive(Clone)]
pub struct Engine(Arc<EngineInner>);

struct EngineInner {
    config: Config,
    low: low::Engine,
}

impl Engine {
    /// An engine with these options.
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

    /// Whether both are the same engine, or clones of one.
    pub fn same(a: &Engine, b: &Engine) -> bool {
        Arc::ptr_eq(&a.0, &b.0)
    }

    /// Whether functions are compiled to machine code, now or later.
    pub fn is_jit(&self) -> bool {
        self.0.low.config().mode != low::Mode::All(low::Tier::Interp)
    }

    pub(super) fn low(&self) -> &low::Engine {
        &self.0.low
    }

    /// Whether functions of modules are validated at their first call.
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

    /// What a compilation that begins now may take.
    pub(super) fn compiling(&self) -> low::CompileLimits<'static> {
        let config = &self.0.config;
        let deadline = config.compile_timeout.and_then(|after| Instant::now().checked_add(after));
        low::CompileLimits { deadline, memory: config.max_compile_memory, ..low::CompileLimits::default() }
    }
}

impl Default for Engine {
    /// An engine with the default options.
    ///
    /// # Panics
    /// Never: a machine without compiler interprets.
    fn default() -> Engine {
        Engine::new(&Config::new()).expect("the default options are supported everywhere")
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("config", &self.0.config).finish()
    }
}

/// Reads a file: all of it, or one byte more than `most`.
pub(super) fn read_file(path: &Path, most: usize) -> Result<Vec<u8>, Error> {
    let failed = |error| super::ErrorKind::File { path: path.display().to_string(), error };
    let file = File::open(path).map_err(failed)?;
    // Room for the whole file at once; a device has no length.
    let len = file.metadata().map_or(0, |metadata| usize::try_from(metadata.len()).unwrap_or(usize::MAX));
    let mut bytes = Vec::new();
    bytes.try_reserve(len.min(most)).map_err(|error| failed(error.into()))?;
    file.take((most as u64).saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}
