//! Register allocation: an allocator of our own and regalloc2's two behind one interface, with two checkers.

mod constraints;
pub mod scan;
#[cfg(test)]
mod tests;

use super::isa::{Isa, Lowered, float_reg, int_reg};
use crate::config::AllocatorKind;
use crate::runtime::abi::AbiConfig;
use crate::runtime::compile_error::CompileError;
use crate::target::RegClass;
use constraints::{Misplaced, SharedSlot};
use regalloc2::checker::{Checker, CheckerErrors};
use regalloc2::{Algorithm, Block, Ctx, Function, MachineEnv, Output, PRegSet, RegallocOptions, VReg};
use scan::Scan;

/// The time of the backtracking allocator grows with the total length of the live ranges: for each value, the number of
/// instructions from its first mention to its last. If the sum exceeds this limit, the fast allocator takes over, at any
/// level. (50,000 locals that are live across calls amount to 5,000,000,000 and took the backtracking allocator minutes;
/// the largest function of SQLite amounts to a few million.)
const MOST_LIVE: u64 = 50_000_000;
/// The fast allocator also takes over functions with more instructions than this.
const MOST_INSTS: usize = 1 << 18;
/// Functions with fewer virtual registers than this are not examined.
const FEW_VREGS: usize = 4096;

fn is_crowded<I: Isa>(vcode: &Lowered<I>) -> bool {
    if vcode.widths.len() < FEW_VREGS {
        return false;
    }
    let mut first = vec![u32::MAX; vcode.widths.len()];
    let mut live = 0;
    let mut mention = |vreg: usize, at: u32| {
        let first = &mut first[vreg];
        if *first == u32::MAX {
            *first = at;
        } else {
            // Instructions before the previous mention have already been counted.
            live += u64::from(at.saturating_sub(*first));
            *first = at.max(*first);
        }
    };
    for block in &vcode.blocks {
        block.params.iter().for_each(|p| mention(p.vreg(), block.insts.start));
        for inst in block.insts.clone() {
            vcode.operands_of(inst as usize).iter().for_each(|o| mention(o.vreg().vreg(), inst));
        }
        block.args.iter().flatten().for_each(|a| mention(a.vreg(), block.insts.end));
    }
    live > MOST_LIVE || vcode.insts.len() > MOST_INSTS
}

/// Operands that are not where their instructions require them.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Misallocation {
    /// As regalloc2's checker reports them.
    #[error("{0:?}")]
    Values(CheckerErrors),
    /// A single instruction is wrong on its own.
    #[error("{0}")]
    Places(Misplaced),
    /// Two values may overwrite each other.
    #[error("{0}")]
    Slots(SharedSlot),
}

/// Checks an allocation symbolically, and checks each instruction and the spill slots on their own.
///
/// # Errors
/// The first check that fails.
fn check<F: Function>(f: &F, env: &MachineEnv, output: &Output) -> Result<(), Misallocation> {
    constraints::check(f, output).map_err(Misallocation::Places)?;
    constraints::check_slots(f, output).map_err(Misallocation::Slots)?;
    let mut checker = Checker::new(f, env);
    checker.prepare(output);
    checker.run().map_err(Misallocation::Values)
}

/// The most work allowed for the fast allocator, in the unit of [`work_of_fast_allocator`]: a few seconds.
const MOST_WORK: u64 = 1 << 28;

/// An upper bound on the work of regalloc2's fast allocator for values that are live across blocks: at the beginning of
/// each block, it looks at all values that are live there, once for the block and once for each edge to it.
fn work_of_fast_allocator<F: Function>(f: &F) -> u64 {
    // For each value, the first and the last block that mention it.
    let mut mentions = vec![(u32::MAX, 0); f.num_vregs()];
    // For each block, the number of blocks before it and of edges to those.
    let mut before = vec![0u64];
    for b in 0..f.num_blocks() {
        let block = Block::new(b);
        let mut mention = |vreg: VReg| {
            let (first, last) = &mut mentions[vreg.vreg()];
            (*first, *last) = ((*first).min(b as u32), b as u32);
        };
        f.block_params(block).iter().for_each(|&vreg| mention(vreg));
        for inst in f.block_insns(block).iter() {
            f.inst_operands(inst)
                .iter()
                .filter(|o| o.as_fixed_nonallocatable().is_none())
                .for_each(|o| mention(o.vreg()));
        }
        let end = f.block_insns(block).last();
        for edge in 0..f.block_succs(block).len() {
            f.branch_blockparams(block, end, edge).iter().for_each(|&vreg| mention(vreg));
        }
        before.push(before[b] + 1 + f.block_preds(block).len() as u64);
    }
    // A value that is mentioned in one block only is not live across blocks.
    let across = mentions.iter().filter(|(first, last)| first < last);
    across.map(|&(first, last)| before[last as usize + 1] - before[first as usize]).fold(0, u64::saturating_add)
}

/// Returns the regalloc2 algorithm to use for a function.
///
/// # Errors
/// `Limit` if it is the fast one and it would take too long.
fn algorithm<I: Isa>(kind: AllocatorKind, vcode: &Lowered<I>) -> Result<Algorithm, CompileError> {
    if kind == AllocatorKind::Backtracking && !is_crowded::<I>(vcode) {
        return Ok(Algorithm::Ion);
    }
    if work_of_fast_allocator(vcode) > MOST_WORK {
        return Err(CompileError::Limit("too many values that live across too many branches".into()));
    }
    Ok(Algorithm::Fastalloc)
}

/// An allocator for functions with one calling convention; it reuses its memory between functions.
pub struct Allocator {
    env: MachineEnv,
    kind: AllocatorKind,
    verify: bool,
    scan: Scan,
    ctx: Ctx,
}

impl Allocator {
    /// Returns an allocator for a calling convention. With `verify`, each allocation is checked by symbolic execution.
    pub fn new<I: Isa>(abi: &AbiConfig, kind: AllocatorKind, verify: bool) -> Allocator {
        let set = |class| -> [PRegSet; 2] {
            let mut sets = [PRegSet::empty(); 2];
            for r in abi.allocatable(class) {
                let reg = match class {
                    RegClass::Int => int_reg(r),
                    RegClass::Float => float_reg(r),
                };
                sets[usize::from(I::costs_more(reg))].add(reg);
            }
            sets
        };
        let (int, float) = (set(RegClass::Int), set(RegClass::Float));
        let env = MachineEnv {
            preferred_regs_by_class: [int[0], float[0], PRegSet::empty()],
            non_preferred_regs_by_class: [int[1], float[1], PRegSet::empty()],
            scratch_by_class: [Some(int_reg(abi.cpu.int_scratch)), Some(float_reg(abi.cpu.float_scratch)), None],
            fixed_stack_slots: Vec::new(),
        };
        Allocator { scan: Scan::new(&env), env, kind, verify, ctx: Ctx::default() }
    }

    /// Allocates the registers of a function.
    ///
    /// # Errors
    /// `Internal` if the function cannot be allocated or, with `verify`, if the allocation is wrong; `Limit` if
    /// allocation would take too long.
    pub fn run<I: Isa>(&mut self, vcode: &Lowered<I>) -> Result<&Output, CompileError> {
        // regalloc2 takes the functions that this allocator refuses.
        let scanned = self.kind == AllocatorKind::Good && self.scan.run(vcode, &mut self.ctx.output).is_ok();
        if !scanned {
            let algorithm = algorithm::<I>(self.kind, vcode)?;
            let options = RegallocOptions { verbose_log: false, validate_ssa: self.verify, algorithm };
            regalloc2::run_with_ctx(vcode, &self.env, &options, &mut self.ctx)
                .map_err(|e| CompileError::Internal(format!("register allocation: {e:?}")))?;
        }
        if self.verify {
            self.check::<I>(vcode).map_err(|e| CompileError::Internal(format!("allocation checker: {e}")))?;
        }
        Ok(&self.ctx.output)
    }

    /// Checks that the last allocation places each operand of the function where its instruction requires it.
    ///
    /// # Errors
    /// The operands that are misplaced.
    pub fn check<I: Isa>(&self, vcode: &Lowered<I>) -> Result<(), Misallocation> {
        check(vcode, &self.env, &self.ctx.output)
    }
}
