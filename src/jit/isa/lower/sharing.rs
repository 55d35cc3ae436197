//! Finds sums with which several addresses in a block begin.
//!
//! If an access can add less to an address than an operator does, lowering computes a part of the address for each
//! access: earlier passes share the operator's index, but not that part.

use super::LowerIsa;
use crate::jit::isa::vcode::{Record, VCode};
use foldhash::{HashMap, HashMapExt};
use regalloc2::{Operand, OperandKind, VReg};

/// The maximum number of sums that are remembered within a block: equal sums are usually closer together than that.
const REMEMBERED: usize = 16;

/// Finds sums that a block has already computed.
pub(super) struct Sharing<I> {
    /// The sums of the block; the latest is last.
    known: Vec<Record<I>>,
    /// Maps the register of each omitted sum to that of the earlier one.
    same: HashMap<VReg, VReg>,
}

impl<I: Copy> Sharing<I> {
    pub(super) fn new() -> Sharing<I> {
        Sharing { known: Vec::with_capacity(REMEMBERED), same: HashMap::new() }
    }

    pub(super) fn enter_block(&mut self) {
        self.known.clear();
    }

    /// Whether the next instruction of the block is a sum that an earlier instruction computes.
    pub(super) fn knows<L: LowerIsa<Inst = I>>(&mut self, vcode: &VCode<I>, record: &Record<I>) -> bool {
        if !L::shares(&record.inst, &record.inst) {
            return false;
        }
        let of = |record: &Record<I>, kind: OperandKind| {
            let operands = &vcode.operands[record.first_operand as usize..][..usize::from(record.num_operands)];
            operands.iter().filter(move |operand| operand.kind() == kind).map(|operand| operand.vreg())
        };
        let def = |record: &Record<I>| of(record, OperandKind::Def).next().expect("a sum has a definition");
        let is_same = |earlier: &&Record<I>| {
            let uses = of(earlier, OperandKind::Use).eq(of(record, OperandKind::Use));
            uses && L::shares(&earlier.inst, &record.inst)
        };
        if let Some(earlier) = self.known.iter().rfind(is_same) {
            self.same.insert(def(record), def(earlier));
            return true;
        }
        if self.known.len() == REMEMBERED {
            self.known.remove(0);
        }
        self.known.push(*record);
        false
    }

    /// Makes all users of omitted sums use the earlier ones.
    pub(super) fn finish(self, vcode: &mut VCode<I>) {
        if self.same.is_empty() {
            return;
        }
        let rename = |vreg: &mut VReg| *vreg = self.same.get(vreg).copied().unwrap_or(*vreg);
        for operand in &mut vcode.operands {
            let mut vreg = operand.vreg();
            rename(&mut vreg);
            *operand = Operand::new(vreg, operand.constraint(), operand.kind(), operand.pos());
        }
        vcode.blocks.iter_mut().flat_map(|block| &mut block.args).flatten().for_each(rename);
    }
}
