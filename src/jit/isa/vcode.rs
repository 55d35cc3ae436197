//! Machine instructions over virtual registers: the result of lowering and the input of the allocator.

use super::common::Side;
use crate::jit::ir::Catch;
use regalloc2::{Block, Inst, InstRange, Operand, PRegSet, RegClass, VReg};
use smallvec::SmallVec;
use std::ops::Range;

/// A block of machine code, numbered in reverse postorder.
pub type MachBlock = Block;

/// The role of an instruction in the control-flow graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Falls through.
    Next,
    /// Ends a block that has successors.
    Branch,
    /// Ends a block that has no successors.
    End,
}

/// An instruction with what the allocator needs to know about it.
#[derive(Clone, Copy, Debug)]
pub struct Record<I> {
    /// The instruction.
    pub inst: I,
    /// Its role in the control-flow graph.
    pub flow: Flow,
    /// Index into [`VCode::clobbers`].
    pub clobbers: u16,
    /// The number of its operands.
    pub num_operands: u16,
    /// Index into [`VCode::operands`].
    pub first_operand: u32,
    /// Byte offset of its operator in the module's binary.
    pub offset: u32,
}

/// A block of machine code.
#[derive(Clone, Debug, Default)]
pub struct BlockRecord {
    /// Its instructions, as indices into [`VCode::insts`].
    pub insts: Range<u32>,
    /// Its successors, in the order of the terminator's targets.
    pub succs: SmallVec<[Block; 2]>,
    /// Its predecessors.
    pub preds: SmallVec<[Block; 2]>,
    /// The registers that edges into it define.
    pub params: Vec<VReg>,
    /// For each successor, the arguments for its parameters.
    pub args: SmallVec<[Vec<VReg>; 2]>,
    /// Whether an exception may enter it; then only the frame pointer is valid.
    pub landing: bool,
    /// Whether a loop begins here.
    pub loop_header: bool,
    /// Whether it is seldom entered.
    pub cold: bool,
    /// How a jump may bypass its successor.
    pub bypass: Option<Bypass>,
}

/// A bypass around a block that only decides a branch by one of its parameters. It may be used if the allocator has put
/// no moves into that block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bypass {
    /// The block that is bypassed.
    pub over: Block,
    /// The block that it would branch to.
    pub to: Block,
    /// Whether the block that takes the bypass only defines that parameter, which nothing reads in this case.
    pub is_all: bool,
}

/// A handler of a throwing call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandlerRef {
    /// The exceptions that it handles.
    pub catch: Catch,
    /// The landing block.
    pub block: Block,
}

/// A function as machine instructions over virtual registers.
#[derive(Debug)]
pub struct VCode<I> {
    /// Instructions; those of a block are contiguous.
    pub insts: Vec<Record<I>>,
    /// Operands of all instructions.
    pub operands: Vec<Operand>,
    /// Sets of overwritten registers; number 0 is empty.
    pub clobbers: Vec<PRegSet>,
    /// Blocks in reverse postorder.
    pub blocks: Vec<BlockRecord>,
    /// Blocks in emission order.
    pub order: Vec<Block>,
    /// Data that is too large to be stored in instructions.
    pub sides: Vec<Side>,
    /// Width of each virtual register in bits: the bits that its definition defines. Registers of the float class hold up
    /// to 128 bits; if the function has vectors, moves and spills move all of these (see `has_vectors`).
    pub widths: Vec<u8>,
    /// Registers of 32-bit integers that are read as 64 bits: whatever defines them must clear the upper bits.
    pub extended: Vec<VReg>,
    /// Constants that code loads from memory; 64-bit ones use the low half. They are distinct.
    pub pool: Vec<u128>,
    /// Size in bytes of the area for call results that do not fit in registers.
    pub result_area: u32,
    /// Size in bytes of the stack arguments of calls.
    pub outgoing: u32,
    /// Size in bytes of the function's own stack arguments.
    pub incoming: u32,
    /// Whether spill slots of the float class take 16 bytes.
    pub has_vectors: bool,
    /// Whether it calls no function and has no loop, so that it needs no stack check.
    pub leaf: bool,
    /// Byte offset in the module's binary of the first operator.
    pub offset: u32,
}

impl<I> VCode<I> {
    /// Returns a function without blocks, whose frame has no areas.
    pub fn empty() -> VCode<I> {
        VCode {
            insts: Vec::new(),
            operands: Vec::new(),
            clobbers: vec![PRegSet::empty()],
            blocks: Vec::new(),
            order: Vec::new(),
            sides: Vec::new(),
            widths: Vec::new(),
            extended: Vec::new(),
            pool: Vec::new(),
            result_area: 0,
            outgoing: 0,
            incoming: 0,
            has_vectors: false,
            leaf: true,
            offset: 0,
        }
    }

    /// Returns a new virtual register for a value of this width in bits.
    pub fn new_vreg(&mut self, class: RegClass, bits: u8) -> VReg {
        debug_assert!(matches!(bits, 8 | 16 | 32 | 64 | 128), "{bits} bits");
        let vreg = VReg::new(self.widths.len(), class);
        self.widths.push(bits);
        vreg
    }

    /// The register operands of a machine instruction.
    pub fn operands_of(&self, inst: usize) -> &[Operand] {
        let r = &self.insts[inst];
        &self.operands[r.first_operand as usize..][..usize::from(r.num_operands)]
    }
}

impl<I> regalloc2::Function for VCode<I> {
    fn num_insts(&self) -> usize {
        self.insts.len()
    }

    fn num_blocks(&self) -> usize {
        self.blocks.len()
    }

    fn entry_block(&self) -> Block {
        Block::new(0)
    }

    fn block_insns(&self, block: Block) -> InstRange {
        let r = &self.blocks[block.index()].insts;
        InstRange::new(Inst::new(r.start as usize), Inst::new(r.end as usize))
    }

    fn block_succs(&self, block: Block) -> &[Block] {
        &self.blocks[block.index()].succs
    }

    fn block_preds(&self, block: Block) -> &[Block] {
        &self.blocks[block.index()].preds
    }

    fn block_params(&self, block: Block) -> &[VReg] {
        &self.blocks[block.index()].params
    }

    fn is_ret(&self, inst: Inst) -> bool {
        self.insts[inst.index()].flow == Flow::End
    }

    fn is_branch(&self, inst: Inst) -> bool {
        self.insts[inst.index()].flow == Flow::Branch
    }

    fn branch_blockparams(&self, block: Block, _inst: Inst, succ: usize) -> &[VReg] {
        &self.blocks[block.index()].args[succ]
    }

    fn inst_operands(&self, inst: Inst) -> &[Operand] {
        self.operands_of(inst.index())
    }

    fn inst_clobbers(&self, inst: Inst) -> PRegSet {
        self.clobbers[usize::from(self.insts[inst.index()].clobbers)]
    }

    fn num_vregs(&self) -> usize {
        self.widths.len()
    }

    fn spillslot_size(&self, class: RegClass) -> usize {
        if class == RegClass::Float && self.has_vectors { 2 } else { 1 }
    }
}

impl<I> crate::jit::regalloc::scan::BlockFrequency for VCode<I> {
    fn is_cold(&self, block: Block) -> bool {
        self.blocks[block.index()].cold
    }
}
