//! From SSA to machine code for any CPU: the stages from instruction selection on, behind an interface without type
//! parameters, and the list of supported CPUs.
//!
//! ```text
//!   ir::Function --isa::lower--> VCode --regalloc--> + Output --emit--> FunctionCode --Linker--> ModuleCode
//! ```

use super::buffer::{Fixup, OutOfReach};
use super::code::{DirectCalls, FunctionCode, Linker, ModuleCode};
use super::disassembly::Names;
use super::emit::EmitIsa;
use super::isa::lower::LowerIsa;
use super::isa::{self, Isa};
use super::regalloc::Allocator;
use super::{emit, ir, listing};
use crate::config::Config;
use crate::module::BodyIndex;
use crate::runtime::abi::AbiConfig;
use crate::runtime::compile_error::{CompileError, CompileLimits};
use crate::target::Target;
use std::marker::PhantomData;

/// One row for each CPU's back end.
static ALL: &[&dyn Backend] =
    &[&BackendOf::<isa::x86_64::X64>(PhantomData), &BackendOf::<isa::aarch64::A64>(PhantomData)];

/// The back end for a CPU.
///
/// # Panics
/// If the target has no back end, which a test excludes.
pub fn for_target(target: &Target) -> &'static dyn Backend {
    ALL.iter().copied().find(|b| b.target() == target).expect("each target has a back end")
}

/// The back half of the compiler for one CPU.
pub trait Backend: Sync {
    /// The CPU.
    fn target(&self) -> &'static Target;

    /// Returns a code generator for these options. `num_imported` is the number of imported functions, which come before
    /// the module's own.
    ///
    /// # Errors
    /// `Internal` for fewer than 4 registers, which an engine refuses.
    fn generator(
        &self,
        options: &Config,
        num_imported: u32,
        direct: DirectCalls,
    ) -> Result<Box<dyn Generator>, CompileError>;

    /// The linker that makes a module from the code of its functions.
    fn linker(&self, options: &Config, direct: DirectCalls) -> Box<dyn Link>;

    /// Fills in the fields of `code` that refer to code outside; `base` is the address that `code` will run at.
    ///
    /// # Errors
    /// If a field cannot reach its target.
    fn link_at(&self, base: usize, code: &mut [u8], outside: &[(u32, usize)]) -> Result<(), OutOfReach>;
}

/// Generates code one function at a time and reuses its memory between functions. Errors do not name the function.
pub trait Generator {
    /// Returns the machine code of a function, unless the time runs out.
    ///
    /// # Errors
    /// See [`CompileError`].
    fn function(&mut self, function: &ir::Function, limits: CompileLimits) -> Result<FunctionCode, CompileError>;

    /// Returns the stages of a function as text, with its code.
    ///
    /// # Errors
    /// As [`Generator::function`].
    fn listing(&mut self, function: &ir::Function, names: Names<'_>) -> Result<listing::MachineListing, CompileError>;

    /// Returns the first error in the register allocation of a function as the emitter receives it; `None` if every
    /// operand is where its instruction expects it.
    ///
    /// # Errors
    /// As [`Generator::function`].
    fn check_allocation(&mut self, function: &ir::Function) -> Result<Option<String>, CompileError>;

    /// Generates a function's code twice and compares the effects of its instructions with their declared effects (see
    /// [`Isa::check_agreement`]).
    ///
    /// # Errors
    /// As [`Generator::function`]; `Internal` if the effects of the instructions differ from the declared ones, or if the
    /// code differs between the two runs.
    fn check_agreement(&mut self, function: &ir::Function) -> Result<(), CompileError>;
}

/// Links functions by placing them one after another.
pub trait Link {
    /// Appends the code of a body.
    fn add(&mut self, body: BodyIndex, function: FunctionCode);

    /// Returns the number of bytes of memory that the module takes so far and will need when it is published.
    fn bytes(&self) -> u64;

    /// Returns the linked module.
    ///
    /// # Errors
    /// `Limit` if the module is too large for calls within it.
    ///
    /// # Panics
    /// If a function that is called directly was not added.
    fn finish(self: Box<Self>) -> Result<ModuleCode, CompileError>;
}

/// The back end of an [`Isa`].
struct BackendOf<I>(PhantomData<fn() -> I>);

impl<I: LowerIsa + EmitIsa> Backend for BackendOf<I> {
    fn target(&self) -> &'static Target {
        I::TARGET
    }

    fn generator(
        &self,
        options: &Config,
        num_imported: u32,
        direct: DirectCalls,
    ) -> Result<Box<dyn Generator>, CompileError> {
        Ok(Box::new(GeneratorOf::<I>::new(options, num_imported, direct)?))
    }

    fn linker(&self, options: &Config, direct: DirectCalls) -> Box<dyn Link> {
        Box::new(Linker::new(I::TARGET.layout.padding, I::FUNCTION_REFERENCE, options.short_reach, direct))
    }

    fn link_at(&self, base: usize, code: &mut [u8], outside: &[(u32, usize)]) -> Result<(), OutOfReach> {
        for &(at, address) in outside {
            let distance = address as i64 - (base as i64 + i64::from(at));
            if !I::FUNCTION_REFERENCE.reach().includes(distance) {
                return Err(OutOfReach { at, distance });
            }
            I::FUNCTION_REFERENCE.patch(code, at, distance);
        }
        Ok(())
    }
}

impl<K: super::buffer::Fixup> Link for Linker<K> {
    fn add(&mut self, body: BodyIndex, function: FunctionCode) {
        Linker::add(self, body, function);
    }

    fn bytes(&self) -> u64 {
        Linker::bytes(self)
    }

    fn finish(self: Box<Self>) -> Result<ModuleCode, CompileError> {
        Linker::finish(*self)
    }
}

/// The [`Generator`] of a CPU.
pub struct GeneratorOf<I: Isa> {
    options: Config,
    pub(super) abi: AbiConfig,
    pub(super) allocator: Allocator,
    num_imported: u32,
    direct: DirectCalls,
    isa: PhantomData<fn() -> I>,
}

impl<I: LowerIsa> GeneratorOf<I> {
    /// See [`Backend::generator`].
    ///
    /// # Errors
    /// See there.
    pub fn new(options: &Config, num_imported: u32, direct: DirectCalls) -> Result<Self, CompileError> {
        if let Some(n) = options.registers.filter(|&n| n < 4) {
            return Err(CompileError::Internal(format!("{n} registers are too few: at least 4 are needed")));
        }
        let abi = AbiConfig { cpu: I::TARGET.abi, registers: options.registers };
        let allocator = Allocator::new::<I>(&abi, options.allocator_kind(), options.verify);
        Ok(GeneratorOf { options: options.clone(), abi, allocator, num_imported, direct, isa: PhantomData })
    }

    /// Returns the machine instructions of a function before register allocation.
    ///
    /// # Errors
    /// `Unsupported`, `Limit`.
    pub fn lower(&self, function: &ir::Function) -> Result<isa::Lowered<I>, CompileError> {
        isa::lower::lower::<I>(function, &self.abi, &self.options, self.num_imported)
    }
}

impl<I: LowerIsa + EmitIsa> Generator for GeneratorOf<I> {
    fn function(&mut self, function: &ir::Function, limits: CompileLimits) -> Result<FunctionCode, CompileError> {
        let vcode = self.lower(function)?;
        limits.check_time()?;
        let output = self.allocator.run::<I>(&vcode)?;
        limits.check_time()?;
        emit::emit::<I>(&vcode, output, &self.abi, &self.options, &self.direct, false)
    }

    fn listing(&mut self, function: &ir::Function, names: Names<'_>) -> Result<listing::MachineListing, CompileError> {
        let vcode = self.lower(function)?;
        let output = self.allocator.run::<I>(&vcode)?;
        let code = emit::emit::<I>(&vcode, output, &self.abi, &self.options, &self.direct, true)?;
        Ok(listing::machine::<I>(&vcode, output, code, &|n| names(n + self.num_imported)))
    }

    fn check_allocation(&mut self, function: &ir::Function) -> Result<Option<String>, CompileError> {
        let vcode = self.lower(function)?;
        self.allocator.run::<I>(&vcode)?;
        Ok(self.allocator.check::<I>(&vcode).err().map(|e| e.to_string()))
    }

    fn check_agreement(&mut self, function: &ir::Function) -> Result<(), CompileError> {
        let vcode = self.lower(function)?;
        let output = self.allocator.run::<I>(&vcode)?;
        let code = emit::emit::<I>(&vcode, output, &self.abi, &self.options, &self.direct, true)?;
        I::check_agreement(&vcode, output, &code).map_err(|e| CompileError::Internal(e.to_string()))?;
        let plain = FunctionCode { spans: Vec::new(), ..code };
        if plain != self.function(function, CompileLimits::default())? {
            return Err(CompileError::Internal("the code differs the second time".to_string()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target;

    #[test]
    fn every_target_has_a_back_end() {
        assert_eq!(ALL.len(), target::ALL.len());
        for target in target::ALL {
            assert_eq!(for_target(target).target(), *target);
        }
    }
}
