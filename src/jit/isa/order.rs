//! The two orders of machine blocks: their numbering, and the order in which they are emitted.

use crate::jit::ir::cfg::Cfg;
use crate::jit::ir::{self, Function, Op};
use regalloc2::Block;

/// A machine block's origin.
#[derive(Clone, Copy)]
pub(super) enum Origin {
    Ir(ir::Block),
    /// Edge number n of a block's terminator.
    Edge(ir::Block, u32),
    /// A second successor, never entered, for a block whose only successor is a landing block. Without it, the allocator
    /// would move values to their places for the landing block *before* the call that overwrites all registers.
    Never,
}

/// Returns two orders. The numbering is a reverse postorder, because the allocator wants definitions to precede uses; the
/// blocks of a loop are kept together, because it measures distances, and each block is followed by its split edges. The
/// emission order has hot blocks in layout order, then those in `cold`.
pub(super) fn number(f: &Function, cfg: &Cfg, cold: &[bool]) -> (Vec<Origin>, Vec<Block>) {
    let mut order = Vec::with_capacity(f.layout.len() * 2);
    let mut first = vec![0; f.blocks.len()];
    let edges = |order: &mut Vec<Origin>, block: ir::Block| {
        let term = f.terminator(block);
        let targets = f.targets(term);
        if targets.len() == 1 && f.inst(term).op == Op::Throw {
            order.push(Origin::Never);
        }
        for (n, target) in targets.iter().enumerate() {
            if targets.len() > 1 && cfg.preds(target.block).len() > 1 {
                order.push(Origin::Edge(block, n as u32));
            }
        }
    };
    for block in loops_together(cfg) {
        first[block.index()] = order.len();
        order.push(Origin::Ir(block));
        edges(&mut order, block);
    }
    let is_cold = |block: ir::Block| cold[block.index()];
    let mut emission = Vec::with_capacity(order.len());
    for cold in [false, true] {
        let mut late = Vec::new();
        for &block in f.layout.iter().filter(|&&b| cfg.is_reachable(b) && is_cold(b) == cold) {
            let start = first[block.index()];
            emission.push(Block::new(start));
            for (i, origin) in order.iter().enumerate().skip(start + 1) {
                match *origin {
                    Origin::Ir(_) => break,
                    Origin::Edge(_, n) if !is_cold(f.targets(f.terminator(block))[n as usize].block) => {
                        emission.push(Block::new(i));
                    }
                    Origin::Edge(..) | Origin::Never => late.push(Block::new(i)),
                }
            }
        }
        emission.append(&mut late);
    }
    (order, emission)
}

/// For each block, whether it is seldom entered: blocks that are marked so, and blocks reached only from them.
pub(super) fn cold(f: &Function, cfg: &Cfg) -> Vec<bool> {
    let mut cold: Vec<bool> = f.blocks.iter().map(|block| block.cold).collect();
    let mut seen = vec![false; f.blocks.len()];
    for &block in cfg.rpo() {
        // Back edges come from blocks that have not been visited yet; they are ignored.
        let mut from = cfg.preds(block).iter().map(|edge| edge.from).filter(|b| seen[b.index()]).peekable();
        cold[block.index()] |= from.peek().is_some() && from.all(|b| cold[b.index()]);
        seen[block.index()] = true;
    }
    cold
}

/// A reverse postorder in which the blocks of each loop are contiguous, at the place of its header. The blocks that lead
/// to a loop come before its header anyway, because the header is the only way in.
fn loops_together(cfg: &Cfg) -> Vec<ir::Block> {
    if cfg.loops().is_empty() {
        return cfg.rpo().to_vec();
    }
    enum Item {
        Block(ir::Block),
        Loop(usize),
    }
    // By loop; the last entry is for the blocks outside of loops.
    let outside = cfg.loops().len();
    let mut items: Vec<Vec<Item>> = (0..=outside).map(|_| Vec::new()).collect();
    for &block in cfg.rpo() {
        let this = cfg.loop_of(block).map_or(outside, |l| l.0 as usize);
        if this != outside && cfg.loops()[this].header == block {
            let parent = cfg.loops()[this].parent.map_or(outside, |l| l.0 as usize);
            items[parent].push(Item::Loop(this));
        }
        items[this].push(Item::Block(block));
    }
    let mut order = Vec::with_capacity(cfg.rpo().len());
    let mut open = vec![std::mem::take(&mut items[outside]).into_iter()];
    while let Some(last) = open.last_mut() {
        match last.next() {
            Some(Item::Block(block)) => order.push(block),
            Some(Item::Loop(l)) => open.push(std::mem::take(&mut items[l]).into_iter()),
            None => drop(open.pop()),
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jit::ir::parse::parse;

    /// Blocks that only a cold block leads to are cold, including loops, and come last; blocks that others lead to as
    /// well are not.
    #[test]
    fn cold_blocks_come_last() {
        let text = "function 0 \"f\" (i32) -> (i32) {
b0(v0: ptr, v1: i32):
  brif v1 -> b1(), b2()
b1() cold:
  jump -> b3(v1)
b3(v2: i32):
  brif v2 -> b3(v1), b4()
b4():
  jump -> b5(v1)
b2():
  brif v1 -> b6(), b7()
b6():
  jump -> b5(v1)
b7() cold:
  jump -> b5(v1)
b5(v3: i32):
  return v3
}";
        let f = parse(text).unwrap();
        let cfg = Cfg::new(&f);
        let cold = cold(&f, &cfg);
        let are: Vec<usize> = (0..8).filter(|&block| cold[block]).collect();
        assert_eq!(are, [1, 3, 4, 7]);
        let (order, emission) = number(&f, &cfg, &cold);
        let blocks = emission.iter().filter_map(|block| match order[block.index()] {
            Origin::Ir(block) => Some(block.index()),
            _ => None,
        });
        assert_eq!(blocks.collect::<Vec<_>>(), [0, 2, 6, 5, 1, 3, 4, 7]);
    }
}
