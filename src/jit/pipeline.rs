//! From a module to its machine code.

use super::code::{CompiledModule, FunctionCode, Linker};
use super::isa::Isa;
use super::isa::x64::X64;
use super::opt::{self, Level, PassConfig, PassError};
use super::regalloc::{Allocator, Effort};
use super::{CompileError, Options, Relaxed, emit, frontend, ir, isa, listing};
use crate::module::{BodyIndex, Module};
use crate::runtime::abi::AbiConfig;

/// Compiles all bodies of a module for x86-64: the same module and options give the same bytes.
///
/// # Errors
/// See [`CompileError`].
pub fn compile(module: &Module, options: &Options) -> Result<CompiledModule, CompileError> {
    compile_for::<X64>(module, options, &mut (0..module.bodies.len() as u32).map(BodyIndex))
}

/// Compiles some bodies of a module, in ascending order; the others are of another tier.
///
/// # Errors
/// See [`CompileError`].
///
/// # Panics
/// If `options` ask for direct calls, which need all functions.
pub fn compile_some(
    module: &Module,
    options: &Options,
    bodies: &mut dyn Iterator<Item = BodyIndex>,
) -> Result<CompiledModule, CompileError> {
    assert!(!options.direct_calls, "direct calls to what may not be compiled");
    compile_for::<X64>(module, options, bodies)
}

fn compile_for<I: Isa>(
    module: &Module,
    options: &Options,
    bodies: &mut dyn Iterator<Item = BodyIndex>,
) -> Result<CompiledModule, CompileError> {
    let mut compiler = Compiler::<I>::new(options, module.num_imported_functions)?;
    let mut linker = Linker::new(module.bodies.len());
    for body in bodies {
        let function = build(module, body, options)?;
        linker.add(body, compiler.function(&function)?, I::PADDING);
    }
    Ok(linker.finish(I::relocate))
}

/// The SSA form of a body, after all passes.
///
/// # Errors
/// `Unsupported`, `Options` for a pass that does not exist, `Internal` if the verifier is not content.
pub fn build(module: &Module, body: BodyIndex, options: &Options) -> Result<ir::Function, CompileError> {
    build_observed(module, body, options, &mut |_, _| {})
}

/// As [`build`]; `observer` sees the function as it was built, with an empty name, then after each pass, with the pass's
/// name.
///
/// # Errors
/// As [`build`].
pub fn build_observed(
    module: &Module,
    body: BodyIndex,
    options: &Options,
    observer: &mut dyn FnMut(&str, &ir::Function),
) -> Result<ir::Function, CompileError> {
    let constructs = options.level != Level::O0;
    let limit = options.stage_limit.map_or(usize::MAX, |n| n as usize);
    let passes = limit.saturating_sub(usize::from(constructs));
    // The limit is for the last stage, which is construction if no pass follows.
    let rewrites_left = options.rewrite_limit.filter(|_| passes == 0).unwrap_or(u64::MAX);
    let mut construct = opt::Construct::default();
    construct.rewrites_left = rewrites_left;
    let simplifier: Option<&mut dyn ir::builder::Simplifier> =
        if constructs && limit > 0 { Some(&mut construct) } else { None };
    let extras = frontend::Extras {
        fuel: options.fuel,
        trace_stores: options.trace_stores,
        native: (options.relaxed == Relaxed::Native).then_some(options.cpu),
        canonical_nans: options.canonical_nans,
    };
    let mut function = frontend::translate_with(module, body, simplifier, extras).map_err(|e| {
        let what = format!("{} (at offset {:#x})", e.reason, e.offset);
        match e.reason {
            frontend::Reason::Limit(_) => CompileError::Limit(what),
            frontend::Reason::Feature(_) => CompileError::Unsupported(what),
        }
    })?;
    observer("", &function);
    function.rewrites_left = construct.rewrites_left;
    let config = PassConfig {
        level: options.level,
        only: options.passes.clone(),
        verify: options.verify,
        limit: Some(passes),
        rewrites: options.rewrite_limit,
    };
    opt::run(&mut function, &config, observer).map_err(|e| match e {
        PassError::Unknown(_) => CompileError::Options(e.to_string()),
        PassError::Input(_) | PassError::Broken { .. } => CompileError::Internal(format!("{}: {e}", function.name)),
    })?;
    Ok(function)
}

/// The stages of a function after the passes, as text: what [`compile`] makes of it under the same options.
///
/// # Errors
/// As [`Compiler::function`].
pub fn machine(
    module: &Module,
    function: &ir::Function,
    options: &Options,
    names: listing::Names<'_>,
) -> Result<listing::Machine, CompileError> {
    listing::machine::<X64>(function, options, module.num_imported_functions, names)
        .map_err(|e| in_function(e, function))
}

/// Names of what happens to the SSA form, in order: construction with folding (not at `O0`), then the passes.
///
/// # Errors
/// `Options` for a pass that does not exist.
pub fn stages(options: &Options) -> Result<Vec<&'static str>, CompileError> {
    let config = PassConfig { level: options.level, only: options.passes.clone(), ..PassConfig::default() };
    let passes = opt::passes(&config).map_err(|e| CompileError::Options(e.to_string()))?;
    let construction = (options.level != Level::O0).then_some(CONSTRUCTION);
    Ok(construction.into_iter().chain(passes.iter().map(|pass| pass.name)).collect())
}

/// Name of folding and sharing while the frontend builds.
pub const CONSTRUCTION: &str = "construct";

/// How many changes the last stage that `options` let run makes of a body, if nothing limits it.
///
/// # Errors
/// As [`build`].
pub fn rewrites(module: &Module, body: BodyIndex, options: &Options) -> Result<u64, CompileError> {
    const MANY: u64 = u64::MAX / 2;
    let options = Options { rewrite_limit: Some(MANY), ..options.clone() };
    Ok(MANY - build(module, body, &options)?.rewrites_left)
}

/// What is wrong with the allocation of a body's registers, as emission gets it: whatever was done to it since the allocator
/// itself may have been checked. `None` if every operand is where its instruction asks for it.
///
/// # Errors
/// As [`build`] and [`Compiler::function`].
pub fn check_allocation(module: &Module, body: BodyIndex, options: &Options) -> Result<Option<String>, CompileError> {
    let unchecked = Options { verify: false, ..options.clone() };
    let mut compiler = Compiler::<X64>::new(&unchecked, module.num_imported_functions)?;
    let vcode = compiler.lower(&build(module, body, &unchecked)?)?;
    compiler.allocator.run::<X64>(&vcode)?;
    Ok(compiler.allocator.check::<X64>(&vcode).err())
}

/// What allocation is worth.
pub(crate) fn effort(options: &Options) -> Effort {
    if let Some(effort) = options.effort {
        return effort;
    }
    if options.level == Level::O0 { Effort::Fast } else { Effort::Good }
}

/// Compiles functions one by one; keeps its memory in between.
pub struct Compiler<I: Isa> {
    options: Options,
    abi: AbiConfig,
    allocator: Allocator,
    num_imported: u32,
    isa: std::marker::PhantomData<I>,
}

impl<I: Isa> Compiler<I> {
    /// `num_imported`: functions that precede those that the module defines.
    ///
    /// # Errors
    /// `Options` for fewer than 4 registers.
    pub fn new(options: &Options, num_imported: u32) -> Result<Self, CompileError> {
        if let Some(n) = options.registers.filter(|&n| n < 4) {
            return Err(CompileError::Options(format!("{n} registers are too few: at least 4")));
        }
        let abi = AbiConfig { cpu: *I::ABI, registers: options.registers };
        let allocator = Allocator::new::<I>(&abi, effort(options), options.verify);
        Ok(Compiler { options: options.clone(), abi, allocator, num_imported, isa: std::marker::PhantomData })
    }

    /// Machine code of a function.
    ///
    /// # Errors
    /// See [`CompileError`].
    pub fn function(&mut self, function: &ir::Function) -> Result<FunctionCode, CompileError> {
        let vcode = self.lower(function)?;
        let output = self.allocator.run::<I>(&vcode).map_err(|e| in_function(e, function))?;
        emit::emit::<I>(&vcode, output, &self.abi, &self.options, false).map_err(|e| in_function(e, function))
    }

    /// Machine instructions of a function before allocation.
    ///
    /// # Errors
    /// `Unsupported`, `Limit`.
    pub fn lower(&self, function: &ir::Function) -> Result<isa::Lowered<I>, CompileError> {
        isa::lower::lower::<I>(function, &self.abi, &self.options, self.num_imported)
            .map_err(|e| in_function(e, function))
    }
}

fn in_function(e: CompileError, function: &ir::Function) -> CompileError {
    match e {
        CompileError::Internal(what) => CompileError::Internal(format!("{}: {what}", function.name)),
        CompileError::Limit(what) => CompileError::Limit(format!("{}: {what}", function.name)),
        e => e,
    }
}

#[cfg(test)]
#[path = "pipeline_tests.rs"]
pub(crate) mod tests;
