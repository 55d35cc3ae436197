//! Walks of the dominator tree.

use super::super::ir::cfg::Cfg;
use super::super::ir::{Block, Function};

/// A step of [`walk_dominators`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A block is entered.
    Enter(Block),
    /// A block is left: all blocks that it dominates have been visited.
    Leave(Block),
}

/// Visits the dominator tree from the root: each block is entered before the blocks that it dominates and left after
/// them. Siblings are visited in reverse postorder.
pub fn walk_dominators(f: &Function, cfg: &Cfg) -> Vec<Step> {
    let mut first = vec![u32::MAX; f.blocks.len()];
    let mut next = vec![u32::MAX; f.blocks.len()];
    for &block in cfg.rpo() {
        // The list of children comes out reversed, and the stack below reverses it again.
        if let Some(parent) = cfg.idom(block) {
            next[block.index()] = std::mem::replace(&mut first[parent.index()], block.0);
        }
    }
    let mut steps = Vec::with_capacity(2 * cfg.rpo().len());
    let mut stack = Vec::with_capacity(cfg.rpo().len());
    stack.push(Step::Enter(f.entry()));
    while let Some(step) = stack.pop() {
        steps.push(step);
        if let Step::Enter(block) = step {
            stack.push(Step::Leave(block));
            let mut child = first[block.index()];
            while child != u32::MAX {
                stack.push(Step::Enter(Block(child)));
                child = next[child as usize];
            }
        }
    }
    steps
}
