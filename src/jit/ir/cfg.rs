//! The control-flow graph of a function: predecessors, reverse postorder, dominators, loops.
//!
//! It is a snapshot: a pass that changes terminators recomputes it. Unreachable blocks have no number and no dominator,
//! and contribute no edges.

use super::{Block, Function, Inst};
use std::sync::Arc;

/// An edge into a block: target number `target` of the terminator `inst` of `from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The block that the edge leaves.
    pub from: Block,
    /// Its terminator.
    pub inst: Inst,
    /// The index of the target in the terminator.
    pub target: u32,
}

/// Index into [`Cfg::loops`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LoopId(pub u32);

/// A natural loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loop {
    /// The only block of the loop that edges from outside lead to.
    pub header: Block,
    /// The next outer loop.
    pub parent: Option<LoopId>,
    /// 1 for an outermost loop.
    pub depth: u32,
}

/// The graph with its dominators and loops; see the module docs.
#[derive(Clone, Debug, PartialEq)]
pub struct Cfg {
    /// By position in `rpo`: the terminator, and the index of its first target in `targets`.
    terminators: Vec<(Inst, u32)>,
    targets: Vec<Block>,
    /// The edges into block `b` are `edges[first_edge[b]..first_edge[b + 1]]`.
    first_edge: Vec<u32>,
    edges: Vec<Edge>,
    rpo: Vec<Block>,
    /// Position in `rpo`; `NONE` for unreachable blocks.
    number: Vec<u32>,
    /// Immediate dominator of each block; `NONE` for the entry and unreachable blocks.
    idom: Vec<u32>,
    /// The interval of each block in a depth-first walk of the dominator tree: dominance is containment.
    interval: Vec<(u32, u32)>,
    loop_of: Vec<u32>,
    loops: Vec<Loop>,
}

const NONE: u32 = u32::MAX;

impl Cfg {
    /// Computes the graph. Every block in the layout must have a terminator.
    pub fn new(f: &Function) -> Cfg {
        let blocks = f.blocks.len();
        let mut cfg = Cfg {
            terminators: Vec::with_capacity(f.layout.len()),
            targets: Vec::new(),
            first_edge: vec![0; blocks + 1],
            edges: Vec::new(),
            rpo: Vec::with_capacity(f.layout.len()),
            number: vec![NONE; blocks],
            idom: vec![NONE; blocks],
            interval: vec![(0, 0); blocks],
            loop_of: vec![NONE; blocks],
            loops: Vec::new(),
        };
        cfg.order(f);
        cfg.note_edges(f);
        cfg.predecessors(f);
        cfg.dominators();
        cfg.intervals();
        cfg.find_loops();
        cfg
    }

    /// As [`Cfg::new`], but returns the known graph of the function if it is still current.
    pub fn of(f: &Function) -> Arc<Cfg> {
        match &f.known_cfg {
            Some(known) if known.is_current(f) => {
                debug_assert_eq!(**known, Cfg::new(f));
                Arc::clone(known)
            }
            _ => Arc::new(Cfg::new(f)),
        }
    }

    fn note_edges(&mut self, f: &Function) {
        for &block in &self.rpo {
            let inst = f.terminator(block);
            self.terminators.push((inst, self.targets.len() as u32));
            self.targets.extend(f.targets(inst).iter().map(|target| target.block));
        }
    }

    /// Whether all edges are the same as before.
    fn is_current(&self, f: &Function) -> bool {
        let ends = self.terminators.iter().skip(1).map(|&(_, first)| first as usize).chain([self.targets.len()]);
        let mut blocks = self.rpo.iter().zip(&self.terminators).zip(ends);
        self.rpo[0] == f.entry()
            && self.number.len() == f.blocks.len()
            && blocks.all(|((&block, &(inst, first)), end)| {
                let known = &self.targets[first as usize..end];
                f.blocks[block.index()].insts.last() == Some(&inst)
                    && f.targets(inst).iter().map(|target| target.block).eq(known.iter().copied())
            })
    }

    fn order(&mut self, f: &Function) {
        // An explicit stack of (block, next successor), because functions may nest deeper than a native stack allows.
        let entry = f.entry();
        let mut stack = vec![(entry, 0usize)];
        self.number[entry.index()] = 0;
        while let Some((block, next)) = stack.last_mut() {
            let targets = f.targets(f.terminator(*block));
            if let Some(target) = targets.get(*next) {
                *next += 1;
                let to = target.block;
                if self.number[to.index()] == NONE {
                    self.number[to.index()] = 0;
                    stack.push((to, 0));
                }
            } else {
                self.rpo.push(*block);
                stack.pop();
            }
        }
        self.rpo.reverse();
        for (i, b) in self.rpo.iter().enumerate() {
            self.number[b.index()] = i as u32;
        }
    }

    fn predecessors(&mut self, f: &Function) {
        for &block in &self.rpo {
            for t in f.targets(f.terminator(block)) {
                self.first_edge[t.block.index() + 1] += 1;
            }
        }
        for i in 1..self.first_edge.len() {
            self.first_edge[i] += self.first_edge[i - 1];
        }
        let total = *self.first_edge.last().unwrap() as usize;
        self.edges = vec![Edge { from: Block(0), inst: Inst(0), target: 0 }; total];
        let mut next = self.first_edge.clone();
        for &from in &self.rpo {
            let inst = f.terminator(from);
            for (i, t) in f.targets(inst).iter().enumerate() {
                let slot = &mut next[t.block.index()];
                self.edges[*slot as usize] = Edge { from, inst, target: i as u32 };
                *slot += 1;
            }
        }
    }

    /// The algorithm of Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm", in one pass if the graph is
    /// reducible, as WebAssembly's is. In this case common ancestors are found with jump pointers; otherwise thousands of
    /// branches from a deep nest to one block would take quadratic time.
    fn dominators(&mut self) {
        let count = self.rpo.len();
        let mut tree = DominatorTree { idom: vec![NONE; count], jump: vec![0; count], depth: vec![0; count] };
        tree.idom[0] = 0;
        for i in 1..count {
            let known =
                self.preds(self.rpo[i]).iter().map(|e| self.number[e.from.index()]).filter(|&p| (p as usize) < i);
            let parent = known.reduce(|a, b| tree.common(a, b)).expect("a reachable block has a predecessor before it");
            tree.add(i as u32, parent);
        }
        let reducible = (1..count).all(|i| {
            let mut back =
                self.preds(self.rpo[i]).iter().map(|e| self.number[e.from.index()]).filter(|&p| p as usize >= i);
            back.all(|p| tree.ancestor(p, tree.depth[i]) == i as u32)
        });
        let mut idom = tree.idom;
        let mut changed = !reducible;
        while changed {
            changed = false;
            for i in 1..count {
                let mut new = NONE;
                for e in self.preds(self.rpo[i]) {
                    let mut p = self.number[e.from.index()];
                    if new == NONE {
                        new = p;
                        continue;
                    }
                    while p != new {
                        if p > new {
                            p = idom[p as usize];
                        } else {
                            new = idom[new as usize];
                        }
                    }
                }
                if idom[i] != new {
                    idom[i] = new;
                    changed = true;
                }
            }
        }
        for (i, &d) in idom.iter().enumerate().skip(1) {
            self.idom[self.rpo[i].index()] = self.rpo[d as usize].0;
        }
    }

    fn intervals(&mut self) {
        // Subtree sizes bottom-up, then start numbers top-down; a dominator precedes the blocks that it dominates in `rpo`.
        let mut size = vec![1u32; self.number.len()];
        for &b in self.rpo.iter().skip(1).rev() {
            size[self.idom[b.index()] as usize] += size[b.index()];
        }
        let mut next = vec![0u32; self.number.len()];
        for (i, &b) in self.rpo.iter().enumerate() {
            let start = if i == 0 {
                0
            } else {
                let parent = self.idom[b.index()] as usize;
                let start = next[parent];
                next[parent] += size[b.index()];
                start
            };
            self.interval[b.index()] = (start, start + size[b.index()]);
            next[b.index()] = start + 1;
        }
    }

    fn find_loops(&mut self) {
        let mut work = Vec::new();
        // For each loop, a loop around it: the outermost found so far, or one on the path to it. Paths are followed and
        // compressed: otherwise branches from the innermost loop of a deep nest to each of its loops would climb the
        // whole nest each time.
        let mut around: Vec<u32> = Vec::new();
        // Inner headers come later in `rpo`, so loops are found from the inside out.
        for i in (0..self.rpo.len()).rev() {
            let header = self.rpo[i];
            work.extend(self.preds(header).iter().map(|e| e.from).filter(|&from| self.dominates(header, from)));
            if work.is_empty() {
                continue;
            }
            let id = self.loops.len() as u32;
            self.loops.push(Loop { header, parent: None, depth: 0 });
            around.push(id);
            self.loop_of[header.index()] = id;
            while let Some(block) = work.pop() {
                if self.loop_of[block.index()] == NONE {
                    self.loop_of[block.index()] = id;
                    work.extend(self.preds(block).iter().map(|e| e.from));
                    continue;
                }
                let mut outer = self.loop_of[block.index()];
                while around[outer as usize] != outer {
                    let next = around[outer as usize];
                    around[outer as usize] = around[next as usize];
                    outer = next;
                }
                if outer != id {
                    around[outer as usize] = id;
                    self.loops[outer as usize].parent = Some(LoopId(id));
                    let header = self.loops[outer as usize].header;
                    work.extend(self.preds(header).iter().map(|e| e.from));
                }
            }
        }
        for i in (0..self.loops.len()).rev() {
            self.loops[i].depth = self.loops[i].parent.map_or(1, |p| self.loops[p.0 as usize].depth + 1);
        }
    }

    /// The edges into a block, in reverse postorder of their source blocks.
    pub fn preds(&self, block: Block) -> &[Edge] {
        &self.edges[self.first_edge[block.index()] as usize..self.first_edge[block.index() + 1] as usize]
    }

    /// The reachable blocks, entry first; each comes before the blocks that it dominates.
    pub fn rpo(&self) -> &[Block] {
        &self.rpo
    }

    /// Position in [`Cfg::rpo`]; `None` for an unreachable block.
    #[cfg(test)]
    pub fn number(&self, block: Block) -> Option<u32> {
        let n = self.number[block.index()];
        (n != NONE).then_some(n)
    }

    /// Whether the block is reachable from the entry.
    pub fn is_reachable(&self, block: Block) -> bool {
        self.number[block.index()] != NONE
    }

    /// Immediate dominator; `None` for the entry and for unreachable blocks.
    pub fn idom(&self, block: Block) -> Option<Block> {
        let d = self.idom[block.index()];
        (d != NONE).then_some(Block(d))
    }

    /// Whether every path from the entry to `b` goes through `a` (a block dominates itself). False if either block is
    /// unreachable.
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        if !self.is_reachable(a) || !self.is_reachable(b) {
            return false;
        }
        let (start, end) = self.interval[a.index()];
        (start..end).contains(&self.interval[b.index()].0)
    }

    /// All loops; each comes before the loops that contain it.
    pub fn loops(&self) -> &[Loop] {
        &self.loops
    }

    /// The innermost loop that contains a block.
    pub fn loop_of(&self, block: Block) -> Option<LoopId> {
        let l = self.loop_of[block.index()];
        (l != NONE).then_some(LoopId(l))
    }

    /// The number of loops that contain a block.
    #[cfg(test)]
    pub fn depth(&self, block: Block) -> u32 {
        self.loop_of(block).map_or(0, |l| self.loops[l.0 as usize].depth)
    }

    /// Whether `inner` is `outer` or nested in it.
    pub fn loop_contains(&self, outer: LoopId, inner: LoopId) -> bool {
        let depth = |l: LoopId| self.loops[l.0 as usize].depth;
        let mut at = inner;
        // Searches no farther out than `outer`: loops have many exits, which lead far out of deep nests.
        while depth(at) > depth(outer) {
            at = self.loops[at.0 as usize].parent.expect("a loop that is not an outermost one");
        }
        at == outer
    }
}

/// A tree that grows at its leaves, indexed by position in reverse postorder, with the jump pointers of Myers ("An
/// Applicative Random-Access Stack", 1983): ancestors are found in logarithmic time.
struct DominatorTree {
    idom: Vec<u32>,
    jump: Vec<u32>,
    depth: Vec<u32>,
}

impl DominatorTree {
    fn add(&mut self, node: u32, parent: u32) {
        let depth = |n: u32| self.depth[n as usize];
        let jump = self.jump[parent as usize];
        let far = self.jump[jump as usize];
        let equal = depth(parent) - depth(jump) == depth(jump) - depth(far);
        self.jump[node as usize] = if equal { far } else { parent };
        self.depth[node as usize] = depth(parent) + 1;
        self.idom[node as usize] = parent;
    }

    /// The longest possible step from a node to an ancestor that is not above `depth`.
    fn step(&self, node: u32, depth: u32) -> u32 {
        let jump = self.jump[node as usize];
        if self.depth[jump as usize] >= depth { jump } else { self.idom[node as usize] }
    }

    /// The ancestor at `depth`, or the node itself if it is not that deep.
    fn ancestor(&self, mut node: u32, depth: u32) -> u32 {
        while self.depth[node as usize] > depth {
            node = self.step(node, depth);
        }
        node
    }

    fn common(&self, a: u32, b: u32) -> u32 {
        let depth = self.depth[a as usize].min(self.depth[b as usize]);
        let (mut a, mut b) = (self.ancestor(a, depth), self.ancestor(b, depth));
        while a != b {
            let (jump_a, jump_b) = (self.jump[a as usize], self.jump[b as usize]);
            (a, b) = if jump_a == jump_b { (self.idom[a as usize], self.idom[b as usize]) } else { (jump_a, jump_b) };
        }
        a
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jit::ir::builder::Builder;
    use crate::jit::ir::{Signature, Type};
    use crate::module::{FuncType, ValType};

    /// Returns a function whose block i has the given successors (none: return; one: jump; two: brif).
    fn graph(successors: &[&[u32]]) -> Function {
        let signature = Signature { wasm: FuncType::new([ValType::I32], []) };
        let mut b = Builder::new(Function::new("g".into(), 0, signature), None);
        for _ in 1..successors.len() {
            b.create_block();
        }
        for (i, s) in successors.iter().enumerate() {
            b.switch_to(Block(i as u32));
            let cond = b.func.blocks[0].params[1];
            match s {
                [] => b.ret(&[]),
                [a] => b.jump(Block(*a), &[]),
                [x, y] => b.brif(cond, Block(*x), &[], Block(*y), &[]),
                _ => unreachable!(),
            };
        }
        assert_eq!(b.func.ty(b.func.blocks[0].params[1]), Type::I32);
        b.finish()
    }

    #[test]
    fn diamond() {
        let cfg = Cfg::new(&graph(&[&[1, 2], &[3], &[3], &[]]));
        assert_eq!(cfg.rpo()[0], Block(0));
        assert_eq!(cfg.rpo()[3], Block(3));
        assert_eq!(cfg.idom(Block(3)), Some(Block(0)));
        assert_eq!(cfg.idom(Block(0)), None);
        assert_eq!(cfg.preds(Block(3)).len(), 2);
        assert!(cfg.dominates(Block(0), Block(3)) && cfg.dominates(Block(1), Block(1)));
        assert!(!cfg.dominates(Block(1), Block(3)) && !cfg.dominates(Block(3), Block(0)));
        assert_eq!(cfg.depth(Block(1)), 0);
    }

    #[test]
    fn nested_loops() {
        // 1 is the outer header, 2 the inner one, 3 the inner latch, 4 the outer latch.
        let cfg = Cfg::new(&graph(&[&[1], &[2, 5], &[3], &[2, 4], &[1], &[]]));
        let depths: Vec<u32> = (0..6).map(|i| cfg.depth(Block(i))).collect();
        assert_eq!(depths, [0, 1, 2, 2, 1, 0]);
        let (inner, outer) = (cfg.loop_of(Block(3)).unwrap(), cfg.loop_of(Block(4)).unwrap());
        assert_eq!(cfg.loops()[inner.0 as usize], Loop { header: Block(2), parent: Some(outer), depth: 2 });
        assert!(cfg.loop_contains(outer, inner) && !cfg.loop_contains(inner, outer));
    }

    #[test]
    fn unreachable_blocks_and_double_edges() {
        let cfg = Cfg::new(&graph(&[&[2, 2], &[2], &[]]));
        assert!(!cfg.is_reachable(Block(1)) && cfg.number(Block(1)).is_none());
        assert_eq!(
            cfg.preds(Block(2)).iter().map(|e| (e.from, e.target)).collect::<Vec<_>>(),
            [(Block(0), 0), (Block(0), 1)]
        );
        assert_eq!(cfg.idom(Block(2)), Some(Block(0)));
        assert!(!cfg.dominates(Block(1), Block(1)));
    }

    #[test]
    fn self_loop() {
        let cfg = Cfg::new(&graph(&[&[1], &[1, 2], &[]]));
        assert_eq!((cfg.depth(Block(1)), cfg.depth(Block(2))), (1, 0));
    }

    /// On random graphs, reducible or not: a dominates b if and only if b cannot be reached without a.
    #[test]
    fn dominators_by_definition() {
        let mut state = 1u64;
        let mut random = move |n: u32| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as u32 % n
        };
        for _ in 0..2000 {
            let n = 2 + random(12);
            // In some graphs little is reachable, and some have many loops with several entries.
            let least = random(2);
            let successors: Vec<Vec<u32>> =
                (0..n).map(|_| (0..least + random(3 - least)).map(|_| 1 + random(n - 1)).collect()).collect();
            let slices: Vec<&[u32]> = successors.iter().map(Vec::as_slice).collect();
            let cfg = Cfg::new(&graph(&slices));
            for a in 0..n {
                let mut reached = vec![false; n as usize];
                let mut work = if a == 0 { vec![] } else { vec![0] };
                while let Some(b) = work.pop() {
                    if b != a && !std::mem::replace(&mut reached[b as usize], true) {
                        work.extend(&successors[b as usize]);
                    }
                }
                for b in 0..n {
                    let both = cfg.is_reachable(Block(a)) && cfg.is_reachable(Block(b));
                    let expected = both && !reached[b as usize];
                    assert_eq!(cfg.dominates(Block(a), Block(b)), expected, "{a} {b} in {successors:?}");
                }
            }
        }
    }

    /// In a chain, and in trees that are nearly as deep, each ancestor of a node is reached in a logarithmic number of steps.
    #[test]
    fn ancestors_are_a_few_steps_away() {
        const NODES: usize = 1 << 12;
        let mut state = 7;
        for choices in [1, 2, 5] {
            let mut tree = DominatorTree { idom: vec![0; NODES], jump: vec![0; NODES], depth: vec![0; NODES] };
            for node in 1..NODES as u32 {
                let back = 1 + (crate::random::next(&mut state) % choices) as u32;
                tree.add(node, node.saturating_sub(back));
            }
            for node in NODES as u32 - 64..NODES as u32 {
                let mut ancestors: Vec<u32> =
                    std::iter::successors(Some(node), |&n| (n != 0).then(|| tree.idom[n as usize])).collect();
                ancestors.reverse();
                assert_eq!(ancestors.len(), tree.depth[node as usize] as usize + 1);
                for (depth, &ancestor) in (0..).zip(&ancestors) {
                    let (mut at, mut steps) = (node, 0);
                    while tree.depth[at as usize] > depth {
                        at = tree.step(at, depth);
                        steps += 1;
                    }
                    assert_eq!([at, tree.ancestor(node, depth)], [ancestor; 2], "{node} at {depth}");
                    assert!(steps <= 3 * NODES.ilog2(), "{steps} steps from {node} to {depth}");
                }
            }
        }
    }

    /// Random successors of blocks; the entry is not among them.
    fn random_graph(random: &mut impl FnMut(u32) -> u32) -> Vec<Vec<u32>> {
        let n = 2 + random(14);
        let least = random(2);
        // In some graphs, most edges lead to a nearby block, so that loops nest.
        let near = random(2) == 0;
        let mut target = |from: u32| {
            let to = if near { (from + 3).saturating_sub(random(5)).clamp(1, n - 1) } else { 1 + random(n - 1) };
            if random(8) == 0 { 1 + random(n - 1) } else { to }
        };
        let counts: Vec<u32> = (0..n).map(|i| least + (i * 7 + n) % (3 - least)).collect();
        (0..n).map(|from| (0..counts[from as usize]).map(|_| target(from)).collect()).collect()
    }

    /// On random graphs: a loop consists of the blocks that reach a back edge to its header (from a block that the header
    /// dominates) without passing the header. The innermost loop of a block is the smallest one that contains it, and the
    /// next outer loop is the smallest one around that.
    #[test]
    fn loops_by_definition() {
        let mut state = 5;
        let mut random = move |n: u32| (crate::random::next(&mut state) % u64::from(n)) as u32;
        let (mut loops, mut nested) = (0, 0);
        for _ in 0..3000 {
            let successors = random_graph(&mut random);
            let slices: Vec<&[u32]> = successors.iter().map(Vec::as_slice).collect();
            let cfg = Cfg::new(&graph(&slices));
            let n = successors.len() as u32;
            let reachable = |b: &u32| cfg.is_reachable(Block(*b));
            let edges: Vec<(u32, u32)> =
                (0..n).filter(reachable).flat_map(|a| successors[a as usize].iter().map(move |&b| (a, b))).collect();
            // For each header, the blocks of its loop.
            let members = |header: u32| -> Vec<bool> {
                let mut inside = vec![false; n as usize];
                let back = edges.iter().filter(|&&(a, b)| b == header && cfg.dominates(Block(header), Block(a)));
                let mut work: Vec<u32> = back.map(|&(a, _)| a).collect();
                if work.is_empty() {
                    return inside;
                }
                inside[header as usize] = true;
                while let Some(block) = work.pop() {
                    if !std::mem::replace(&mut inside[block as usize], true) {
                        work.extend(edges.iter().filter(|edge| edge.1 == block).map(|edge| edge.0));
                    }
                }
                inside
            };
            let all: Vec<(u32, Vec<bool>)> = (0..n)
                .filter(reachable)
                .map(|header| (header, members(header)))
                .filter(|(_, inside)| inside.contains(&true))
                .collect();
            let what = format!("{successors:?}");
            let mut headers: Vec<u32> = cfg.loops().iter().map(|l| l.header.0).collect();
            headers.sort_unstable();
            assert_eq!(headers, all.iter().map(|(header, _)| *header).collect::<Vec<_>>(), "{what}");
            loops += all.len();
            let size = |inside: &[bool]| inside.iter().filter(|inside| **inside).count();
            let smallest = |block: u32, above: usize| {
                let around = all.iter().filter(|(_, inside)| inside[block as usize] && size(inside) > above);
                around.min_by_key(|(_, inside)| size(inside))
            };
            // In a graph with loops with several entries, loops may overlap, and there is no innermost one.
            let disjoint = |a: &[bool], b: &[bool]| !a.iter().zip(b).any(|(a, b)| *a && *b);
            let within = |a: &[bool], b: &[bool]| a.iter().zip(b).all(|(a, b)| !*a || *b);
            let pairs = all.iter().flat_map(|(_, a)| all.iter().map(move |(_, b)| (a, b)));
            if pairs.clone().any(|(a, b)| !disjoint(a, b) && !within(a, b) && !within(b, a)) {
                continue;
            }
            for block in 0..n {
                let expected = if reachable(&block) { smallest(block, 0) } else { None };
                let innermost = cfg.loop_of(Block(block));
                assert_eq!(
                    innermost.map(|l| cfg.loops()[l.0 as usize].header.0),
                    expected.map(|(header, _)| *header),
                    "{block} in {what}"
                );
                let around = all.iter().filter(|(_, inside)| inside[block as usize]).count() as u32;
                assert_eq!(cfg.depth(Block(block)), around, "{block} in {what}");
            }
            for (at, l) in cfg.loops().iter().enumerate() {
                let (_, inside) = all.iter().find(|(header, _)| *header == l.header.0).unwrap();
                let parent = smallest(l.header.0, size(inside)).map(|(header, _)| *header);
                assert_eq!(l.parent.map(|p| cfg.loops()[p.0 as usize].header.0), parent, "{what}");
                assert!(l.parent.is_none_or(|p| p.0 as usize > at), "a loop is before those that contain it: {what}");
                nested += u32::from(parent.is_some());
                for (other, m) in cfg.loops().iter().enumerate() {
                    let (_, outer) = all.iter().find(|(header, _)| *header == m.header.0).unwrap();
                    let contains = cfg.loop_contains(LoopId(other as u32), LoopId(at as u32));
                    assert_eq!(contains, within(inside, outer), "{what}");
                }
            }
        }
        assert!(loops > 2000 && nested > 300, "{loops} loops, {nested} nested");
    }

    /// On random graphs: the edges into a block are complete and ordered by their source; a block is numbered after those
    /// that dominate it, the entry first, and its immediate dominator is the last of these.
    #[test]
    fn edges_and_order_by_definition() {
        let mut state = 6;
        let mut random = move |n: u32| (crate::random::next(&mut state) % u64::from(n)) as u32;
        for _ in 0..2000 {
            let successors = random_graph(&mut random);
            let slices: Vec<&[u32]> = successors.iter().map(Vec::as_slice).collect();
            let f = graph(&slices);
            let cfg = Cfg::new(&f);
            assert_eq!(cfg.rpo()[0], f.entry());
            for (i, &block) in cfg.rpo().iter().enumerate() {
                assert_eq!(cfg.number(block), Some(i as u32));
            }
            assert_eq!(cfg.rpo().len(), (0..successors.len() as u32).filter(|&b| cfg.is_reachable(Block(b))).count());
            for block in (0..successors.len() as u32).map(Block) {
                let mut edges = Vec::new();
                for &from in cfg.rpo() {
                    for (target, &to) in successors[from.index()].iter().enumerate() {
                        if to == block.0 {
                            edges.push(Edge { from, inst: f.terminator(from), target: target as u32 });
                        }
                    }
                }
                assert_eq!(cfg.preds(block), edges, "{block} in {successors:?}");
                let mut others = cfg.rpo().iter().filter(|&&other| other != block && cfg.dominates(other, block));
                assert!(others.clone().all(|&other| cfg.number(other) < cfg.number(block)));
                assert_eq!(cfg.idom(block), others.next_back().copied(), "{block} in {successors:?}");
            }
        }
    }
}
