//! Copies of invariant values for loop nests without calls, in functions with calls.
//!
//! Calls overwrite all registers, and the allocator gives up on values whose ranges it had to split often. So a nest gets
//! copies of the invariant values that it uses; the copies are live only in the nest. They are made on the only edge into
//! the nest.

use crate::jit::ir::cfg::{Cfg, LoopId};
use crate::jit::ir::{self, Effect, Function, Op};
use foldhash::{HashMap, HashMapExt};
use regalloc2::VReg;

/// The nests that get copies, and the copies requested by lowering.
pub(super) struct LoopCopies {
    /// For each block, the nest around it, given by its outermost loop.
    nests: Vec<Option<LoopId>>,
    /// The nest of the block being lowered.
    current: Option<LoopId>,
    /// The copy for each nest and original.
    copies: HashMap<(LoopId, VReg), VReg>,
    /// For each nest, originals and copies in order.
    lists: HashMap<LoopId, Vec<(VReg, VReg)>>,
}

impl LoopCopies {
    /// Returns a state without copies, for a function with this many blocks.
    pub fn none(blocks: usize) -> LoopCopies {
        LoopCopies { nests: vec![None; blocks], current: None, copies: HashMap::new(), lists: HashMap::new() }
    }

    /// Finds the outermost loops without calls, if the function has calls.
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
        // For each loop, from the outside in: the outermost loop around it without calls.
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

    /// Sets the block being lowered.
    pub fn enter_block(&mut self, block: ir::Block) {
        self.current = self.nests[block.index()];
    }

    /// Whether a value defined in the block `home` is invariant in the nest of the block being lowered.
    pub fn is_invariant(&self, home: ir::Block) -> bool {
        self.current.is_some() && self.nests[home.index()] != self.current
    }

    /// Returns the register that replaces an invariant one in the block being lowered: a copy, which `new` makes when it
    /// is first requested, or outside of nests the register itself.
    pub fn localize(&mut self, original: VReg, new: impl FnOnce() -> VReg) -> VReg {
        let Some(nest) = self.current else { return original };
        *self.copies.entry((nest, original)).or_insert_with(|| {
            let copy = new();
            self.lists.entry(nest).or_default().push((original, copy));
            copy
        })
    }

    /// Returns the originals and copies of the nest that a jump from `from` to `to` enters. The caller makes the copies
    /// there.
    pub fn entered(&mut self, from: ir::Block, to: ir::Block) -> Vec<(VReg, VReg)> {
        let entered = self.nests[to.index()].filter(|&l| self.nests[from.index()] != Some(l));
        entered.and_then(|l| self.lists.remove(&l)).unwrap_or_default()
    }
}

/// The number of edges into a loop from outside.
fn entries(cfg: &Cfg, l: LoopId) -> usize {
    let header = cfg.loops()[l.0 as usize].header;
    // Loops are natural loops: blocks that the header does not dominate are outside.
    cfg.preds(header).iter().filter(|e| !cfg.dominates(header, e.from)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jit::ir::Block;
    use crate::jit::ir::parse::parse;
    use regalloc2::RegClass;

    /// Two nested loops that begin at blocks 3 and 4, with these lines in the inner loop, after it in the outer loop, and
    /// after both; `edges` edges lead to them.
    fn loops(edges: usize, [inner, outer, end]: [&str; 3]) -> Function {
        let (to, join) = if edges == 1 { ("b7", "b7():\n  jump -> b3()\n") } else { ("b3", "") };
        let text = format!(
            "function 0 \"f\" (i32) -> () {{
  sig0 () -> ()
b0(v0: ptr, v1: i32):
  brif v1 -> b1(), b2()
b1():
  jump -> {to}()
b2():
  jump -> {to}()
{join}b3():
  jump -> b4()
b4():
{inner}  brif v1 -> b4(), b5()
b5():
{outer}  brif v1 -> b3(), b6()
b6():
{end}}}
"
        );
        parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }

    /// A nest is the outermost loop without calls in a function with calls, if a single edge leads to it.
    #[test]
    fn nests_are_loops_without_calls_that_one_edge_enters() {
        const CALL: &str = "  call func(0, sig0)\n";
        const POLL: &str = "  poll\n";
        const END: &str = "  return\n";
        const CALL_AT_THE_END: &str = "  call func(0, sig0)\n  return\n";
        const THROWING: &str = "  try_call func(0, sig0) -> b8(), b9() catch all\nb8():\n  return\nb9():\n  \
            v2 = landing_pad\n  return\n";
        let both = &[(3, 3), (4, 3), (5, 3)][..];
        let only_inner = &[(4, 4)][..];
        for (edges, lines, expected) in [
            (1, ["", "", END], &[][..]),
            (1, [POLL, POLL, END], &[]),
            (1, ["", "", CALL_AT_THE_END], both),
            (1, [POLL, POLL, CALL_AT_THE_END], both),
            (1, ["", "", THROWING], both),
            (1, ["", CALL, END], only_inner),
            (1, [CALL, "", END], &[]),
            (1, [CALL, CALL, CALL_AT_THE_END], &[]),
            // The edge between the loops is a single one, whatever leads to the outer loop.
            (2, ["", "", CALL_AT_THE_END], &[]),
            (2, ["", CALL, END], only_inner),
        ] {
            let f = loops(edges, lines);
            let cfg = Cfg::new(&f);
            let mut copies = LoopCopies::none(f.blocks.len());
            copies.find_nests(&f, &cfg);
            let header = |l: LoopId| cfg.loops()[l.0 as usize].header.index();
            let nests = copies.nests.iter().enumerate().filter_map(|(block, nest)| Some((block, header((*nest)?))));
            assert_eq!(nests.collect::<Vec<_>>(), expected, "{edges} edges, {lines:?}");
        }
    }

    /// A nest has one copy of each register that is requested in it; it is made only on the edge that leads to the nest.
    #[test]
    fn copies_are_made_once_on_the_way_in() {
        let f = loops(1, ["", "", "  call func(0, sig0)\n  return\n"]);
        let mut copies = LoopCopies::none(f.blocks.len());
        copies.find_nests(&f, &Cfg::new(&f));
        let [one, two, copy_of_one, copy_of_two] = [0, 1, 2, 3].map(|n| VReg::new(n, RegClass::Int));
        let none = || -> VReg { panic!("there is no need of another copy") };
        copies.enter_block(Block(6));
        assert!(!copies.is_invariant(Block(0)));
        assert_eq!(copies.localize(one, none), one);
        copies.enter_block(Block(5));
        assert_eq!(
            [0, 3, 4, 5, 6, 7].map(|home| copies.is_invariant(Block(home))),
            [true, false, false, false, true, true]
        );
        assert_eq!(copies.localize(one, || copy_of_one), copy_of_one);
        copies.enter_block(Block(4));
        assert_eq!(copies.localize(two, || copy_of_two), copy_of_two);
        assert_eq!(copies.localize(one, none), copy_of_one);
        for (from, to) in [(5, 3), (3, 4), (4, 4), (5, 6), (1, 7)] {
            assert!(copies.entered(Block(from), Block(to)).is_empty(), "{from} {to}");
        }
        assert_eq!(copies.entered(Block(7), Block(3)), [(one, copy_of_one), (two, copy_of_two)]);
        assert!(copies.entered(Block(7), Block(3)).is_empty(), "they are there");
    }
}
