//! From a module to its machine code.

use super::code::{CompiledModule, FunctionCode, Linker};
use super::isa::Isa;
use super::isa::x64::X64;
use super::regalloc::{Allocator, Effort};
use super::{CompileError, Level, Options, emit, frontend, ir, isa};
use crate::module::{BodyIndex, Module};
use crate::runtime::abi::AbiConfig;
use std::sync::Arc;

/// Compiles all bodies of a module for x86-64: the same module and options give the same bytes.
///
/// # Errors
/// See [`CompileError`].
pub fn compile(module: &Arc<Module>, options: &Options) -> Result<CompiledModule, CompileError> {
    compile_for::<X64>(module, options)
}

fn compile_for<I: Isa>(module: &Module, options: &Options) -> Result<CompiledModule, CompileError> {
    let mut compiler = Compiler::<I>::new(options, module.num_imported_functions)?;
    let mut linker = Linker::default();
    for body in 0..module.bodies.len() as u32 {
        let function = build(module, BodyIndex(body), options)?;
        linker.add(compiler.function(&function)?, I::PADDING);
    }
    Ok(linker.finish(I::relocate))
}

/// The SSA form of a body, after all passes.
///
/// # Errors
/// `Unsupported`, or `Internal` if the verifier is not content.
pub fn build(module: &Module, body: BodyIndex, options: &Options) -> Result<ir::Function, CompileError> {
    let function = frontend::translate(module, body, None)
        .map_err(|e| CompileError::Unsupported(format!("{} (at offset {:#x})", e.feature, e.offset)))?;
    if options.verify {
        ir::verify::verify(&function).map_err(|e| CompileError::Internal(format!("{}: {e}", function.name)))?;
    }
    Ok(function)
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
        let effort = if options.level == Level::O0 { Effort::Fast } else { Effort::Good };
        let allocator = Allocator::new::<I>(&abi, effort, options.verify);
        Ok(Compiler { options: options.clone(), abi, allocator, num_imported, isa: std::marker::PhantomData })
    }

    /// Machine code of a function.
    ///
    /// # Errors
    /// See [`CompileError`].
    pub fn function(&mut self, function: &ir::Function) -> Result<FunctionCode, CompileError> {
        let vcode = self.lower(function)?;
        let output = self.allocator.run::<I>(&vcode).map_err(|e| in_function(e, function))?;
        emit::emit::<I>(&vcode, output, &self.abi, self.options.direct_calls).map_err(|e| in_function(e, function))
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
mod tests;
