//! Loops and dominators of blocks in reverse postorder.

use super::{Loop, Machine, NONE, Scan, Unfit};
use regalloc2::Block;

impl Scan {
    /// Finds natural loops, inner before outer, by walking back from the jumps back; a loop that was found is one node
    /// from then on (Tarjan, "Testing Flow Graph Reducibility", 1974; Havlak, "Nesting of Reducible and Irreducible
    /// Loops", TOPLAS 1997).
    pub(super) fn find_loops<F: Machine>(&mut self, f: &F) -> Result<(), Unfit> {
        self.loops.clear();
        let n = self.blocks.len() as u32;
        // By block: the header of the outermost loop found that it is in.
        let mut top: Vec<u32> = Vec::new();
        for header in (0..n).rev() {
            let preds = f.block_preds(Block::new(header as usize));
            if preds.iter().all(|p| (p.index() as u32) < header) {
                continue;
            }
            if top.is_empty() {
                top.extend(0..n);
            }
            let this = self.loops.len() as u32;
            let mut last = header;
            self.loops.push(Loop {
                header,
                parent: NONE,
                end: 0,
                live: (0, 0),
                calls: false,
                must_call: false,
                pressure: [0; 2],
            });
            self.work.clear();
            self.work.extend(preds.iter().map(|p| p.index() as u32).filter(|&p| p >= header));
            while let Some(block) = self.work.pop() {
                let block = find(&mut top, block);
                if block == header {
                    continue;
                }
                if block < header {
                    return Err(Unfit::Irreducible);
                }
                top[block as usize] = header;
                match self.blocks[block as usize].in_loop {
                    NONE => self.blocks[block as usize].in_loop = this,
                    inner => {
                        self.loops[inner as usize].parent = this;
                        let end = self.loops[inner as usize].end;
                        self.loops[this as usize].end = self.loops[this as usize].end.max(end);
                    }
                }
                last = last.max(block);
                self.work.extend(f.block_preds(Block::new(block as usize)).iter().map(|p| p.index() as u32));
            }
            self.blocks[header as usize].in_loop = this;
            let end = self.blocks[last as usize].last;
            self.loops[this as usize].end = self.loops[this as usize].end.max(end);
        }
        // Numbers of outer loops are higher.
        for block in &mut self.blocks {
            block.loop_depth = 0;
        }
        for l in (0..self.loops.len()).rev() {
            let Loop { header, parent, .. } = self.loops[l];
            let outside =
                if parent == NONE { 0 } else { self.blocks[self.loops[parent as usize].header as usize].loop_depth };
            self.blocks[header as usize].loop_depth = outside + 1;
        }
        for b in 0..self.blocks.len() {
            let l = self.blocks[b].in_loop;
            if l == NONE {
                continue;
            }
            let header = self.loops[l as usize].header as usize;
            self.blocks[b].loop_depth = self.blocks[header].loop_depth;
            let block = &self.blocks[b];
            self.loops[l as usize].calls |= block.calls && !block.cold;
        }
        // What an inner loop does, the outer one does.
        for l in 0..self.loops.len() {
            let Loop { parent, calls, .. } = self.loops[l];
            if parent != NONE {
                self.loops[parent as usize].calls |= calls;
            }
        }
        Ok(())
    }

    pub(super) fn find_dominators<F: Machine>(&mut self, f: &F) {
        for b in 1..self.blocks.len() as u32 {
            let mut idom = NONE;
            for pred in f.block_preds(Block::new(b as usize)) {
                let pred = pred.index() as u32;
                if pred < b {
                    idom = if idom == NONE { pred } else { self.common_dominator(idom, pred) };
                }
            }
            let idom = if idom == NONE { 0 } else { idom };
            let up = self.blocks[idom as usize];
            let (far, farther) = (up.jump, self.blocks[up.jump as usize].jump);
            let depth = |b: u32| self.blocks[b as usize].depth;
            let even = up.depth - depth(far) == depth(far) - depth(farther);
            let block = &mut self.blocks[b as usize];
            block.idom = idom;
            block.depth = up.depth + 1;
            block.jump = if even { farther } else { idom };
        }
    }

    /// Finds the loops in which each passing has a call.
    pub(super) fn find_calling_loops<F: Machine>(&mut self, f: &F) {
        /// Loops whose jumps back are farther down than this are taken for having none.
        const STEPS: u32 = 64;
        for l in 0..self.loops.len() {
            let Loop { header, calls, .. } = self.loops[l];
            if !calls {
                continue;
            }
            let mut back = NONE;
            for pred in f.block_preds(Block::new(header as usize)) {
                let pred = pred.index() as u32;
                if pred >= header {
                    back = if back == NONE { pred } else { self.common_dominator(back, pred) };
                }
            }
            for _ in 0..STEPS {
                if self.blocks[back as usize].calls {
                    self.loops[l].must_call = true;
                }
                if back == header {
                    break;
                }
                back = self.blocks[back as usize].idom;
            }
        }
    }

    pub(super) fn common_dominator(&self, mut a: u32, mut b: u32) -> u32 {
        let block = |b: u32| &self.blocks[b as usize];
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

fn find(top: &mut [u32], block: u32) -> u32 {
    let mut root = block;
    while top[root as usize] != root {
        root = top[root as usize];
    }
    let mut at = block;
    while top[at as usize] != root {
        at = std::mem::replace(&mut top[at as usize], root);
    }
    root
}
