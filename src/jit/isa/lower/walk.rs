//! The backward walk over the blocks of a function. Its order is the order in which uses are seen, so it decides which
//! instructions are needed.
//!
//! ```text
//!   for each block, from the last to the first
//!     parameters              before anything may need their registers
//!     split edges             machine blocks of their own: their arguments are uses
//!     block never entered     see Origin::Never
//!     arguments of the edges that are not split
//!     terminator
//!     other instructions      from the last to the first
//!     head                    parameters of the function, results of a throwing call from memory
//! ```

use super::sharing::Sharing;
use super::{Lower, LowerIsa, common};
use crate::config::OptLevel;
use crate::jit::ir::cfg::Cfg;
use crate::jit::ir::{self, Effect, Function, Op, Target};
use crate::jit::isa::common::Common;
use crate::jit::isa::order::{Origin, cold, number};
use crate::jit::isa::vcode::{BlockRecord, Bypass, Flow, Record};
use crate::runtime::compile_error::CompileError;
use regalloc2::{Block, Operand, SpillSlot, VReg};
use std::ops::Range;

/// The maximum number of virtual registers of a function. Each takes some 150 bytes until the function is compiled, and a
/// CPU that lacks an instruction for an operator takes up to twenty registers for it. The allocator numbers slots by
/// these values, and `regalloc2` has 24 bits for a slot.
const MOST_VALUES: usize = 1 << 22;
const _: () = assert!(MOST_VALUES <= SpillSlot::MAX);

/// Facts about the function's blocks, and the machine blocks made from them.
struct BlockPlan<'a> {
    f: &'a Function,
    cfg: &'a Cfg,
    /// For each block, whether it is seldom entered.
    cold: Vec<bool>,
    /// The origin of each machine block.
    origins: Vec<Origin>,
    /// For each block, its machine block, which is followed by those of its split edges.
    machine: Vec<Block>,
}

impl<'a> BlockPlan<'a> {
    /// Returns the plan and the emission order.
    fn new(f: &'a Function, cfg: &'a Cfg) -> (BlockPlan<'a>, Vec<Block>) {
        let cold = cold(f, cfg);
        let (origins, emission) = number(f, cfg, &cold);
        let mut machine = vec![Block::invalid(); f.blocks.len()];
        for (i, origin) in origins.iter().enumerate() {
            if let Origin::Ir(block) = *origin {
                machine[block.index()] = Block::new(i);
            }
        }
        (BlockPlan { f, cfg, cold, origins, machine }, emission)
    }

    /// Reachable blocks in postorder: each comes after all blocks that only it leads to.
    fn postorder(&self) -> impl Iterator<Item = ir::Block> + use<'a> {
        self.cfg.rpo().iter().rev().copied()
    }

    /// The additional machine blocks that are made for a block, in order.
    fn beside(&self, block: ir::Block) -> impl Iterator<Item = (Block, Origin)> {
        let first = self.machine[block.index()].index() + 1;
        let origins = self.origins[first..].iter().enumerate().map(move |(i, &origin)| (Block::new(first + i), origin));
        origins.take_while(|(_, origin)| !matches!(origin, Origin::Ir(_)))
    }

    fn is_split_edge(&self, block: Block) -> bool {
        matches!(self.origins[block.index()], Origin::Edge(..))
    }

    fn is_loop_header(&self, block: ir::Block) -> bool {
        self.cfg.loop_of(block).is_some_and(|l| self.cfg.loops()[l.0 as usize].header == block)
    }

    /// If a block is the continuation or a landing block of a throwing call: that call, and the index of the block among
    /// the call's targets.
    fn throwing_call_before(&self, block: ir::Block) -> Option<(ir::Inst, u32)> {
        match self.cfg.preds(block) {
            [edge] if self.f.inst(edge.inst).op.is_throwing() => Some((edge.inst, edge.target)),
            _ => None,
        }
    }

    /// Whether a machine block is seldom entered.
    fn is_cold(&self, origin: Origin) -> bool {
        let is_cold = |block: ir::Block| self.cold[block.index()];
        match origin {
            Origin::Ir(block) => is_cold(block),
            Origin::Edge(block, n) => {
                is_cold(block) || is_cold(self.f.targets(self.f.terminator(block))[n as usize].block)
            }
            Origin::Never => true,
        }
    }
}

/// The machine instructions of the whole function, in reverse order.
struct Backwards<I> {
    insts: Vec<Record<I>>,
    /// The range of each machine block.
    ranges: Vec<Range<usize>>,
}

impl<I> Backwards<I> {
    /// Ends a machine block whose instructions were added from `start` on.
    fn end_block(&mut self, block: Block, start: usize) {
        self.ranges[block.index()] = start..self.insts.len();
    }
}

impl<I: LowerIsa> Lower<'_, I> {
    /// Lowers all blocks.
    pub(super) fn run(&mut self, cfg: &Cfg) -> Result<(), CompileError> {
        let f = self.f;
        let (plan, emission) = BlockPlan::new(f, cfg);
        self.vcode.order = emission;
        self.vcode.blocks.resize_with(plan.origins.len(), BlockRecord::default);
        let mut code =
            Backwards { insts: Vec::with_capacity(f.insts.len() * 2), ranges: vec![0..0; plan.origins.len()] };
        for block in plan.postorder() {
            self.lower_block(&plan, block, &mut code)?;
        }
        for (record, &origin) in self.vcode.blocks.iter_mut().zip(&plan.origins) {
            record.cold = plan.is_cold(origin);
        }
        debug_assert!(
            self.vcode.blocks.iter().skip(1).all(|block| !block.preds.is_empty()),
            "a block to which no edge leads: the allocator would be free to do anything there"
        );
        let mut sharing = Sharing::new();
        let shares = self.options.opt != OptLevel::O0;
        for (block, range) in code.ranges.into_iter().enumerate() {
            let first = self.vcode.insts.len() as u32;
            sharing.enter_block();
            for record in code.insts[range].iter().rev() {
                if !shares || !sharing.knows::<I>(&self.vcode, record) {
                    self.vcode.insts.push(*record);
                }
            }
            self.vcode.blocks[block].insts = first..self.vcode.insts.len() as u32;
        }
        sharing.finish(&mut self.vcode);
        Ok(())
    }

    fn lower_block(
        &mut self,
        plan: &BlockPlan<'_>,
        block: ir::Block,
        code: &mut Backwards<I::Inst>,
    ) -> Result<(), CompileError> {
        let f = self.f;
        let mach = plan.machine[block.index()];
        let data = &f.blocks[block.index()];
        self.copies.enter_block(block);
        self.here.block = block;
        if block != f.entry() {
            let params: Vec<VReg> = data.params.iter().map(|&v| self.param_vreg(v)).collect();
            self.vcode.blocks[mach.index()].params = params;
        }
        let args: usize = f.targets(f.terminator(block)).iter().map(|t| t.args.len()).sum();
        self.check_room(args + data.params.len())?;

        let direct = self.lower_split_edges(plan, block, code);
        let never = self.lower_never(plan, block, code);
        let start = code.insts.len();
        self.lower_terminator(plan, block, &direct, never, code)?;
        for (place, &inst) in data.insts.iter().enumerate().rev().skip(1) {
            self.check_room(0)?;
            self.here.place = place;
            self.lower_inst(inst)?;
            self.flush(&mut code.insts);
        }
        self.lower_head(plan, block);
        self.flush(&mut code.insts);
        self.vcode.blocks[mach.index()].loop_header = plan.is_loop_header(block);
        code.end_block(mach, start);
        Ok(())
    }

    /// Makes the machine blocks for split edges and sets [`Lower::targets`]. Returns the other edges.
    fn lower_split_edges<'f>(
        &mut self,
        plan: &BlockPlan<'f>,
        block: ir::Block,
        code: &mut Backwards<I::Inst>,
    ) -> Vec<&'f Target> {
        let term = plan.f.terminator(block);
        let mut split = plan.beside(block).filter(|(_, origin)| matches!(origin, Origin::Edge(..))).peekable();
        self.targets.clear();
        let mut direct = Vec::new();
        for (n, target) in plan.f.targets(term).iter().enumerate() {
            let to = plan.machine[target.block.index()];
            let edge = split.next_if(|(_, origin)| matches!(origin, Origin::Edge(_, of) if *of == n as u32));
            let Some((edge, _)) = edge else {
                self.targets.push(to);
                direct.push(target);
                continue;
            };
            self.targets.push(edge);
            self.here.offset = plan.f.inst(term).offset;
            let start = code.insts.len();
            let args = self.edge_args(target);
            self.copy_invariants(block, target.block);
            self.vcode.blocks[edge.index()].bypass = self.bypass(plan, target, &args);
            self.push_common(Common::Jump { to }, &[]);
            self.current.last_mut().expect("the jump").flow = Flow::Branch;
            self.flush(&mut code.insts);
            code.end_block(edge, start);
            let mach = plan.machine[block.index()];
            self.connect(mach, edge, Vec::new());
            self.connect(edge, to, args);
        }
        direct
    }

    /// Returns the bypass around the target of an edge with these arguments, if the target only branches by one of its
    /// parameters and the argument for it is a constant. [`Lower::current`] holds whatever else the block for the edge
    /// does.
    fn bypass(&self, plan: &BlockPlan<'_>, edge: &Target, args: &[VReg]) -> Option<Bypass> {
        let over = &self.f.blocks[edge.block.index()];
        let &[only] = &over.insts[..] else { return None };
        let branch = self.f.inst(only);
        let selector = *branch.args.first().filter(|_| branch.op == Op::BrIf)?;
        let i = over.params.iter().position(|&param| param == self.f.resolve(selector))?;
        let bits = self.as_const(edge.args[i])?;
        if self.use_count(selector) != 1 {
            return None;
        }
        let n = usize::from(bits as u32 == 0);
        let to = self.f.targets(only)[n].block;
        let is_split = |origin: &Origin| matches!(origin, Origin::Edge(_, of) if *of == n as u32);
        let split = plan.beside(edge.block).find(|(_, origin)| is_split(origin));
        let defines_selector = |inst: &Record<I::Inst>| {
            let operands = &self.vcode.operands[inst.first_operand as usize..][..usize::from(inst.num_operands)];
            matches!(operands, [to] if to.vreg() == args[i])
        };
        Some(Bypass {
            over: plan.machine[edge.block.index()],
            to: split.map_or(plan.machine[to.index()], |(block, _)| block),
            is_all: self.current.iter().all(defines_selector),
        })
    }

    /// Makes the block that is never entered, if one is needed.
    fn lower_never(&mut self, plan: &BlockPlan<'_>, block: ir::Block, code: &mut Backwards<I::Inst>) -> Option<Block> {
        let (never, _) = plan.beside(block).find(|(_, origin)| matches!(origin, Origin::Never))?;
        let start = code.insts.len();
        self.push_common(Common::Never, &[]);
        self.current.last_mut().expect("just pushed").flow = Flow::End;
        self.flush(&mut code.insts);
        code.end_block(never, start);
        Some(never)
    }

    /// Lowers the terminator, after the arguments of the edges that were not split.
    fn lower_terminator(
        &mut self,
        plan: &BlockPlan<'_>,
        block: ir::Block,
        direct: &[&Target],
        never: Option<Block>,
        code: &mut Backwards<I::Inst>,
    ) -> Result<(), CompileError> {
        let term = plan.f.terminator(block);
        let mach = plan.machine[block.index()];
        self.here.inst = Some(term);
        self.here.place = plan.f.blocks[block.index()].insts.len() - 1;
        self.here.offset = plan.f.inst(term).offset;
        let mut args: Vec<Vec<VReg>> = Vec::with_capacity(direct.len());
        for target in direct {
            args.push(self.edge_args(target));
            self.copy_invariants(block, target.block);
        }
        if let (Op::Jump, [target], [args]) = (plan.f.inst(term).op, direct, &args[..]) {
            let bypass = self.bypass(plan, target, args);
            self.vcode.blocks[mach.index()].bypass = bypass.map(|bypass| Bypass { is_all: false, ..bypass });
        }
        // Split edges were connected first, but regalloc2 wants the successors in the order of the targets, so all are
        // connected anew.
        let mut args = args.into_iter();
        let record = &mut self.vcode.blocks[mach.index()];
        record.succs.clear();
        record.args.clear();
        for &to in &self.targets.clone() {
            if plan.is_split_edge(to) {
                let record = &mut self.vcode.blocks[mach.index()];
                record.succs.push(to);
                record.args.push(Vec::new());
            } else {
                self.connect(mach, to, args.next().expect("an argument list for each direct edge"));
            }
        }
        if let Some(never) = never {
            self.connect(mach, never, Vec::new());
        }
        self.lower_any(term)?;
        let last = self.current.last_mut().expect("a terminator lowers to something");
        last.flow = if self.targets.is_empty() { Flow::End } else { Flow::Branch };
        self.flush(&mut code.insts);
        Ok(())
    }

    /// Lowers an instruction that is not a terminator, unless another one does its work or it is not needed.
    fn lower_inst(&mut self, inst: ir::Inst) -> Result<(), CompileError> {
        if self.sunk[inst.index()] {
            return Ok(());
        }
        let data = self.f.inst(inst);
        let droppable = matches!(data.op.effect(), Effect::Pure | Effect::Guarded | Effect::Read);
        if droppable && !self.f.results(inst).any(|v| self.needed[v.index()]) {
            return Ok(());
        }
        self.here.inst = Some(inst);
        self.here.offset = data.offset;
        self.lower_any(inst)
    }

    fn lower_any(&mut self, inst: ir::Inst) -> Result<(), CompileError> {
        if common::lower(self, inst) { Ok(()) } else { I::lower(self, inst) }
    }

    /// Lowers the beginning of a block, before its first instruction.
    fn lower_head(&mut self, plan: &BlockPlan<'_>, block: ir::Block) {
        let data = &plan.f.blocks[block.index()];
        let mach = plan.machine[block.index()].index();
        self.here.inst = None;
        self.here.offset = data.insts.first().map_or(0, |&i| plan.f.inst(i).offset);
        if block == plan.f.entry() {
            common::entry(self);
            return;
        }
        for (i, &v) in data.params.iter().enumerate() {
            let raw = self.vcode.blocks[mach].params[i];
            if self.is_poisoned(v) {
                let vreg = self.vreg(v);
                self.poisons.push((raw, vreg));
            }
        }
        if let Some((call, target)) = plan.throwing_call_before(block) {
            match (target, plan.f.inst(call).op) {
                (0, Op::TryCall | Op::TryCallRef) => {
                    self.here.offset = plan.f.inst(call).offset;
                    common::memory_results(self, call);
                }
                (0, Op::TryLibcall) => {}
                _ => self.vcode.blocks[mach].landing = true,
            }
        }
    }

    /// Checks that enough register numbers are left for the next instruction, which needs a few for each operand, and for
    /// `more` values.
    fn check_room(&self, more: usize) -> Result<(), CompileError> {
        const ONE_INSTRUCTION: usize = 10_000;
        if self.vcode.widths.len() + 2 * more + ONE_INSTRUCTION > MOST_VALUES {
            return Err(CompileError::Limit(format!("more than {MOST_VALUES} values in one function")));
        }
        Ok(())
    }

    /// Makes the copies for the loop nest that a jump from `from` to `to` enters.
    fn copy_invariants(&mut self, from: ir::Block, to: ir::Block) {
        for (original, copy) in self.copies.entered(from, to) {
            self.push_common(Common::Copy, &[Operand::any_use(original), Operand::reg_def(copy)]);
        }
    }

    /// Adds an edge between machine blocks.
    fn connect(&mut self, from: Block, to: Block, args: Vec<VReg>) {
        self.vcode.blocks[from.index()].succs.push(to);
        self.vcode.blocks[from.index()].args.push(args);
        self.vcode.blocks[to.index()].preds.push(from);
    }

    /// Appends the machine instructions of one instruction, backwards.
    fn flush(&mut self, code: &mut Vec<Record<I::Inst>>) {
        for (from, to) in std::mem::take(&mut self.poisons) {
            I::poison(self, from, to);
        }
        code.extend(self.current.drain(..).rev());
    }
}
