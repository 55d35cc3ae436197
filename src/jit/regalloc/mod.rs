//! Register allocation: regalloc2 behind an interface that shows only what the rest needs, and its checker.

#[cfg(feature = "museum")]
pub(super) mod plants;

use super::CompileError;
use super::isa::{Isa, Lowered, float_reg, int_reg};
use crate::runtime::abi::{AbiConfig, RegClass};
use regalloc2::{Algorithm, Ctx, MachineEnv, Output, PRegSet, RegallocOptions};

/// How much effort to spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// One backward pass over each block.
    Fast,
    /// Backtracking over live ranges, aware of loops.
    Good,
}

/// An allocator for functions of one convention; keeps its memory from one function to the next.
pub struct Allocator {
    env: MachineEnv,
    effort: Effort,
    verify: bool,
    ctx: Ctx,
}

impl Allocator {
    /// With `verify`, each allocation is checked by symbolic execution.
    pub fn new<I: Isa>(abi: &AbiConfig, effort: Effort, verify: bool) -> Allocator {
        let set = |class| -> [PRegSet; 2] {
            let mut sets = [PRegSet::empty(); 2];
            for r in abi.allocatable(class) {
                let reg = match class {
                    RegClass::Int => int_reg(r),
                    RegClass::Float => float_reg(r),
                };
                // The upper half of the register file costs a prefix.
                sets[usize::from(r >= 8)].add(reg);
            }
            sets
        };
        let (int, float) = (set(RegClass::Int), set(RegClass::Float));
        let env = MachineEnv {
            preferred_regs_by_class: [int[0], float[0], PRegSet::empty()],
            non_preferred_regs_by_class: [int[1], float[1], PRegSet::empty()],
            scratch_by_class: [Some(int_reg(I::SCRATCH_INT)), Some(float_reg(I::SCRATCH_FLOAT)), None],
            fixed_stack_slots: Vec::new(),
        };
        Allocator { env, effort, verify, ctx: Ctx::default() }
    }

    /// Allocates.
    ///
    /// # Errors
    /// `Internal` when the function cannot be allocated or, under `verify`, the allocation is wrong.
    pub fn run<I: Isa>(&mut self, vcode: &Lowered<I>) -> Result<&Output, CompileError> {
        let algorithm = match self.effort {
            Effort::Fast => Algorithm::Fastalloc,
            Effort::Good => Algorithm::Ion,
        };
        let options = RegallocOptions { verbose_log: false, validate_ssa: self.verify, algorithm };
        regalloc2::run_with_ctx(vcode, &self.env, &options, &mut self.ctx)
            .map_err(|e| CompileError::Internal(format!("register allocation: {e:?}")))?;
        let output = &self.ctx.output;
        if self.verify {
            let mut checker = regalloc2::checker::Checker::new(vcode, &self.env);
            checker.prepare(output);
            checker.run().map_err(|e| CompileError::Internal(format!("allocation checker: {e:?}")))?;
        }
        #[cfg(feature = "museum")]
        plants::spoil::<I>(vcode, &mut self.ctx.output);
        Ok(&self.ctx.output)
    }
}
