//! Copies of invariant values for loop nests without calls, in functions that call.
//!
//! Calls overwrite all registers, and the allocator gives up on values whose ranges it had to split often. So a nest
//! gets copies of the invariant values that it uses, whose ranges are the nest's own. They are made on the one way in.

use crate::jit::ir::cfg::{Cfg, LoopId};
use crate::jit::ir::{self, Effect, Function, Op};
use foldhash::{HashMap, HashMapExt};
use regalloc2::VReg;

/// The nests that get copies, and the copies as lowering asks for them.
pub(super) struct LoopCopies {
    /// By block: the nest around it, by its outermost loop.
    nests: Vec<Option<LoopId>>,
    /// The nest of the block that is being lowered.
    current: Option<LoopId>,
    /// By nest and original.
    copies: HashMap<(LoopId, VReg), VReg>,
    /// By nest: originals and copies, in order.
    lists: HashMap<LoopId, Vec<(VReg, VReg)>>,
}

impl LoopCopies {
    /// No copies, for a function with this many blocks.
    pub fn none(blocks: usize) -> LoopCopies {
        LoopCopies { nests: vec![None; blocks], current: None, copies: HashMap::new(), lists: HashMap::new() }
    }

    /// Finds the outermost loops that call nothing, if the function calls.
    pub fn find_nests(&mut self, f: &Function, cfg: &Cfg) {
        let mut calls = vec![false; cfg.loops().len()];
        let mut any = false;
        for &block in cfg.rpo() {
            let insts = &f.blocks[block.index()].insts;
            let overwrites = |op| {
                let effect = Op::effect(op) == Effect::Call && !matches!(op, Op::Poll | Op::LandingPad | Op::Alloc);
                effect || op.is_throwing()
            };
            if !insts.iter().any(|&i| overwrites(f.inst(i).op)) {
                continue;
            }
            any = true;
            let mut at = cfg.loop_of(block);
            while let Some(l) = at.filter(|l| !calls[l.0 as usize]) {
                calls[l.0 as usize] = true;
                at = cfg.loops()[l.0 as usize].parent;
            }
        }
        if !any {
            return;
        }
        // By loop, from the outside in: the outermost around it that calls nothing.
        let mut outermost: Vec<Option<LoopId>> = vec![None; calls.len()];
        for (i, l) in cfg.loops().iter().enumerate().rev() {
            if !calls[i] {
                let here = LoopId(i as u32);
                outermost[i] = Some(l.parent.and_then(|p| outermost[p.0 as usize]).unwrap_or(here));
            }
        }
        let single: Vec<bool> = (0..calls.len())
            .map(|i| outermost[i] == Some(LoopId(i as u32)) && entries(cfg, LoopId(i as u32)) == 1)
            .collect();
        for &block in cfg.rpo() {
            let l = cfg.loop_of(block).and_then(|l| outermost[l.0 as usize]);
            self.nests[block.index()] = l.filter(|l| single[l.0 as usize]);
        }
    }

    /// Lowering has come to a block.
    pub fn enter_block(&mut self, block: ir::Block) {
        self.current = self.nests[block.index()];
    }

    /// Whether a value that is defined in the block `home` is invariant in the nest of the block that is being lowered.
    pub fn is_invariant(&self, home: ir::Block) -> bool {
        self.current.is_some() && self.nests[home.index()] != self.current
    }

    /// The register that stands for an invariant one in the block that is being lowered: a copy, which `new` makes
    /// when it is first asked for, or itself outside of nests.
    pub fn localize(&mut self, original: VReg, new: impl FnOnce() -> VReg) -> VReg {
        let Some(nest) = self.current else { return original };
        *self.copies.entry((nest, original)).or_insert_with(|| {
            let copy = new();
            self.lists.entry(nest).or_default().push((original, copy));
            copy
        })
    }

    /// Originals and copies of the nest that a jump from `from` to `to` enters. The caller makes the copies there.
    pub fn entered(&mut self, from: ir::Block, to: ir::Block) -> Vec<(VReg, VReg)> {
        let entered = self.nests[to.index()].filter(|&l| self.nests[from.index()] != Some(l));
        entered.and_then(|l| self.lists.remove(&l)).unwrap_or_default()
    }
}

/// Number of edges into a loop from outside.
fn entries(cfg: &Cfg, l: LoopId) -> usize {
    let header = cfg.loops()[l.0 as usize].header;
    // Loops are natural ones: blocks that the header does not dominate are outside.
    cfg.preds(header).iter().filter(|e| !cfg.dominates(header, e.from)).count()
}
