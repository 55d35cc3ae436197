//! Machine instructions over virtual registers: the result of lowering, and the input of the allocator.

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
    /// Ends a block that has none.
    End,
}

/// An instruction with the facts that the allocator needs.
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
    /// The blocks that it leads to, in the order of the terminator's targets.
    pub succs: SmallVec<[Block; 2]>,
    /// The blocks that lead to it.
    pub preds: SmallVec<[Block; 2]>,
    /// The registers that edges into it define.
    pub params: Vec<VReg>,
    /// For each successor, the arguments for its parameters.
    pub args: SmallVec<[Vec<VReg>; 2]>,
    /// An exception may enter it, with no register but the frame pointer.
    pub landing: bool,
    /// A loop begins here.
    pub loop_header: bool,
    /// It is seldom entered.
    pub cold: bool,
    /// A jump may go around the block that it leads to.
    pub bypass: Option<Bypass>,
}

/// A way around a block that decides a branch by a parameter, and does nothing else. It is open if the allocator has put no moves
/// into that block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bypass {
    /// The block that is left out.
    pub over: Block,
    /// The block that it would lead to.
    pub to: Block,
    /// The block that takes the way does nothing but define that parameter, which nobody reads then.
    pub is_all: bool,
}

/// A handler of a throwing call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandlerRef {
    /// The exceptions that it handles.
    pub catch: Catch,
    /// The block that they land in.
    pub block: Block,
}

/// A function as machine instructions over virtual registers.
#[derive(Debug)]
pub struct VCode<I> {
    /// Instructions, those of a block together.
    pub insts: Vec<Record<I>>,
    /// Operands of all instructions.
    pub operands: Vec<Operand>,
    /// Sets of overwritten registers; number 0 is empty.
    pub clobbers: Vec<PRegSet>,
    /// Blocks in reverse postorder.
    pub blocks: Vec<BlockRecord>,
    /// Blocks in emission order.
    pub order: Vec<Block>,
    /// Data of instructions that are too large for these.
    pub sides: Vec<Side>,
    /// Width in bits of each virtual register: the bits that its definition defines. Those of the float class hold up
    /// to 128: where there are vectors, moves and spills of them move all of these (see `has_vectors`).
    pub widths: Vec<u8>,
    /// Registers of 32-bit integers that are read as 64 bits: whatever defines them has to clear the others.
    pub extended: Vec<VReg>,
    /// Constants that code addresses: 64-bit ones take the low half. Distinct.
    pub pool: Vec<u128>,
    /// Bytes of the area for results of calls that do not fit in registers.
    pub result_area: u32,
    /// Bytes for stack arguments of calls.
    pub outgoing: u32,
    /// Bytes of the function's own stack arguments.
    pub incoming: u32,
    /// Whether spill slots of the float class take 16 bytes.
    pub has_vectors: bool,
    /// It calls no function and has no loop, so that it needs no stack check.
    pub leaf: bool,
    /// Byte offset in the module's binary of the first operator.
    pub offset: u32,
}

impl<I> VCode<I> {
    /// A function without blocks, whose frame has no area of its own.
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

    /// A fresh virtual register for a value of a width in bits.
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
