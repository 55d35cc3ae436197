//! Blocks in reverse postorder, their loops and their dominators.

use super::index::{BlockId, ListRange, LoopIndex, Position, Table};
use super::input::{BlockFrequency, Unfit};
use regalloc2::VReg;

/// A block.
#[derive(Clone, Copy)]
pub(super) struct BlockData {
    /// Its first instruction.
    pub first: Position,
    /// Its terminator.
    pub last: Position,
    /// In [`Survey::live`](super::survey::Survey): the values that are live into it and used in it or on some path
    /// forward.
    pub live: ListRange,
    /// In `Scan::states`: the register contents at its beginning.
    pub entry: ListRange,
    /// In `Scan::states`: the register contents at its end.
    pub exit: ListRange,
    /// In [`Survey::uses`](super::survey::Survey): the first use by an argument of its outgoing edges.
    pub args: u32,
    /// The index of the predecessor's edge that leads here. If there are several predecessors, each of them has only one
    /// edge.
    pub edge: u32,
    /// The immediate dominator; the entry is its own.
    pub idom: BlockId,
    /// A more distant dominator: see [`Graph::find_dominators`].
    pub jump: BlockId,
    /// Depth in the dominator tree.
    pub depth: u32,
    /// The innermost loop.
    pub in_loop: LoopIndex,
    /// The number of loops around it.
    pub loop_depth: u32,
    /// The number of values of each class that are live at once.
    pub pressure: [u16; 2],
    /// Whether it is seldom entered.
    pub cold: bool,
    /// Whether it contains a call.
    pub calls: bool,
}

impl BlockData {
    pub const NEW: BlockData = BlockData {
        first: Position(0),
        last: Position(0),
        live: ListRange::EMPTY,
        entry: ListRange::EMPTY,
        exit: ListRange::EMPTY,
        args: 0,
        edge: 0,
        idom: BlockId::ENTRY,
        jump: BlockId::ENTRY,
        depth: 0,
        in_loop: LoopIndex::NONE,
        loop_depth: 0,
        pressure: [0; 2],
        cold: false,
        calls: false,
    };

    /// An estimate of how often the block is executed: lower means less often.
    pub fn weight(&self) -> u32 {
        self.loop_depth * 2 + u32::from(!self.cold)
    }
}

/// A natural loop.
#[derive(Clone, Copy)]
pub(super) struct Loop {
    /// The only block through which it is entered.
    pub header: BlockId,
    /// The next outer loop.
    pub parent: LoopIndex,
    /// Its last position.
    pub end: Position,
    /// In [`Survey::through`](super::survey::Survey): the values that are live throughout the loop.
    pub live: ListRange,
    /// Whether it contains a call that is not on a cold path.
    pub calls: bool,
    /// Whether each iteration has a call.
    pub must_call: bool,
    /// The greatest number of values of each class that are live at once.
    pub pressure: [u16; 2],
}

/// The blocks and loops of a function.
#[derive(Default)]
pub(super) struct Graph {
    pub blocks: Table<BlockId, BlockData>,
    pub loops: Table<LoopIndex, Loop>,
    work: Vec<BlockId>,
}

impl Graph {
    /// The loop whose header is this block, if there is one.
    pub fn loop_headed_by(&self, block: BlockId) -> Option<LoopIndex> {
        let l = self.blocks[block].in_loop;
        (!l.is_none() && self.loops[l].header == block).then_some(l)
    }

    /// The arguments on the edge between two blocks.
    pub fn arguments<'f, F: BlockFrequency>(&self, f: &'f F, pred: BlockId, to: BlockId) -> &'f [VReg] {
        let last = self.blocks[pred].last.inst();
        f.branch_blockparams(pred.block(), last, self.blocks[to].edge as usize)
    }

    /// Finds natural loops, inner before outer, by walking backwards from back edges. A loop that has been found is then
    /// treated as a single node (Tarjan, "Testing Flow Graph Reducibility", 1974; Havlak, "Nesting of Reducible and
    /// Irreducible Loops", TOPLAS 1997).
    ///
    /// # Errors
    /// [`Unfit::Irreducible`].
    pub fn find_loops<F: BlockFrequency>(&mut self, f: &F) -> Result<(), Unfit> {
        self.loops.clear();
        // For each block, the header of the outermost loop found so far that contains it.
        let mut top: Table<BlockId, BlockId> = Table::default();
        for header in self.blocks.ids().rev() {
            let preds = f.block_preds(header.block());
            if preds.iter().all(|&p| BlockId::of(p) < header) {
                continue;
            }
            if top.is_empty() {
                top.extend(self.blocks.ids());
            }
            let mut last = header;
            let this = self.loops.push(Loop {
                header,
                parent: LoopIndex::NONE,
                end: Position(0),
                live: ListRange::EMPTY,
                calls: false,
                must_call: false,
                pressure: [0; 2],
            });
            self.work.clear();
            self.work.extend(preds.iter().map(|&p| BlockId::of(p)).filter(|&p| p >= header));
            while let Some(block) = self.work.pop() {
                let block = outermost(&mut top, block);
                if block == header {
                    continue;
                }
                if block < header {
                    return Err(Unfit::Irreducible);
                }
                top[block] = header;
                match self.blocks[block].in_loop {
                    LoopIndex::NONE => self.blocks[block].in_loop = this,
                    inner => {
                        self.loops[inner].parent = this;
                        self.loops[this].end = self.loops[this].end.max(self.loops[inner].end);
                    }
                }
                last = last.max(block);
                self.work.extend(f.block_preds(block.block()).iter().map(|&p| BlockId::of(p)));
            }
            self.blocks[header].in_loop = this;
            let end = self.blocks[last].last;
            self.loops[this].end = self.loops[this].end.max(end);
        }
        self.find_depths();
        self.find_calls();
        Ok(())
    }

    /// Counts the loops around each block.
    fn find_depths(&mut self) {
        for block in self.blocks.iter_mut() {
            block.loop_depth = 0;
        }
        // Outer loops have higher numbers.
        for l in self.loops.ids().rev() {
            let Loop { header, parent, .. } = self.loops[l];
            let outside = if parent.is_none() { 0 } else { self.blocks[self.loops[parent].header].loop_depth };
            self.blocks[header].loop_depth = outside + 1;
        }
    }

    /// Finds the loops that contain calls, and gives each block its header's depth.
    fn find_calls(&mut self) {
        for b in self.blocks.ids() {
            let l = self.blocks[b].in_loop;
            if l.is_none() {
                continue;
            }
            self.blocks[b].loop_depth = self.blocks[self.loops[l].header].loop_depth;
            let block = &self.blocks[b];
            self.loops[l].calls |= block.calls && !block.cold;
        }
        // A call in an inner loop is also a call in the outer loop.
        for l in self.loops.ids() {
            let Loop { parent, calls, .. } = self.loops[l];
            if !parent.is_none() {
                self.loops[parent].calls |= calls;
            }
        }
    }

    /// Finds immediate dominators as common dominators of the predecessors: one pass is enough for a reducible graph
    /// (Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm"). Common dominators are found with jump pointers
    /// (Myers, "An applicative random-access stack").
    pub fn find_dominators<F: BlockFrequency>(&mut self, f: &F) {
        for b in self.blocks.ids().skip(1) {
            let mut idom = BlockId::NONE;
            for &pred in f.block_preds(b.block()) {
                let pred = BlockId::of(pred);
                if pred < b {
                    idom = if idom.is_none() { pred } else { self.common_dominator(idom, pred) };
                }
            }
            let idom = if idom.is_none() { BlockId::ENTRY } else { idom };
            let up = self.blocks[idom];
            let (far, farther) = (up.jump, self.blocks[up.jump].jump);
            let depth = |b: BlockId| self.blocks[b].depth;
            let even = up.depth - depth(far) == depth(far) - depth(farther);
            let block = &mut self.blocks[b];
            block.idom = idom;
            block.depth = up.depth + 1;
            block.jump = if even { farther } else { idom };
        }
    }

    /// Finds the loops with a call in each iteration.
    pub fn find_calling_loops<F: BlockFrequency>(&mut self, f: &F) {
        /// The maximum number of dominators that are examined, starting at the back edges. Calls farther away are not found.
        const STEPS: u32 = 64;
        for l in self.loops.ids() {
            let Loop { header, calls, .. } = self.loops[l];
            if !calls {
                continue;
            }
            let mut back = BlockId::NONE;
            for &pred in f.block_preds(header.block()) {
                let pred = BlockId::of(pred);
                if pred >= header {
                    back = if back.is_none() { pred } else { self.common_dominator(back, pred) };
                }
            }
            for _ in 0..STEPS {
                if self.blocks[back].calls {
                    self.loops[l].must_call = true;
                }
                if back == header {
                    break;
                }
                back = self.blocks[back].idom;
            }
        }
    }

    /// The nearest block that dominates both.
    pub fn common_dominator(&self, mut a: BlockId, mut b: BlockId) -> BlockId {
        let block = |b: BlockId| &self.blocks[b];
        if block(a).depth < block(b).depth {
            (a, b) = (b, a);
        }
        let depth = block(b).depth;
        while block(a).depth > depth {
            a = if block(block(a).jump).depth >= depth { block(a).jump } else { block(a).idom };
        }
        while a != b {
            let far = block(a).jump != block(b).jump;
            (a, b) = if far { (block(a).jump, block(b).jump) } else { (block(a).idom, block(b).idom) };
        }
        a
    }
}

/// The header of the outermost loop around a block, found by union-find with path compression.
fn outermost(top: &mut Table<BlockId, BlockId>, block: BlockId) -> BlockId {
    let mut root = block;
    while top[root] != root {
        root = top[root];
    }
    let mut at = block;
    while top[at] != root {
        at = std::mem::replace(&mut top[at], root);
    }
    root
}
