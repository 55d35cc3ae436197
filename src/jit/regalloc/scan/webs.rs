//! Webs: sets of values that share one slot because one becomes another on an edge. If both are in memory, the edge then
//! need not move anything between them.
//!
//! Where many values meet in one block, such moves are most of the code: a function that saves 150 locals in 1,300 places
//! would copy each of them in each place.
//!
//! First, each block parameter is united with its arguments, and these with the arguments of other blocks whose
//! parameters they are. No web has two parameters of the same block, so a web usually corresponds to one local variable.
//! Then the code is walked backwards, block by block, and a value that is live at the same time as another value of its
//! web leaves the web. (The steps are those of Sreedhar, Ju, Gillies and Santhanam, "Translating Out of Static Single
//! Assignment Form", SAS 1999: classes of connected values, and an interference test; but values leave instead of being
//! copied.)
//!
//! So the slot of a web holds the value of its one live member, if that member was stored. Like a slot of a single value,
//! it is valid wherever the value is read.

use super::graph::Graph;
use super::index::{BlockId, IntervalId, LoopIndex, Table};
use super::input::BlockFrequency;
use super::interval::Intervals;
use super::registers::RegisterFile;
use super::survey::Survey;
use regalloc2::{OperandKind, OperandPos, VReg};
use std::collections::{BTreeMap, BTreeSet};

/// The number of block comparisons allowed per argument of an edge when webs are united: bounds the work for hostile
/// functions.
const STEPS_PER_ARG: usize = 16;

/// The webs of a function.
#[derive(Default)]
pub(super) struct Webs {
    /// The representative of each value's web. Empty if each value is alone.
    of: Table<IntervalId, IntervalId>,
    /// For each web, the member that is live at the current point of the walk.
    here: Table<IntervalId, Occupant<BlockId>>,
    /// For each web, the member that is live throughout the loop around the current block.
    around: Table<IntervalId, Occupant<LoopIndex>>,
}

/// The member of a web that is live in a block or a loop; it is valid only while that block or loop is being looked at.
#[derive(Clone, Copy)]
struct Occupant<I> {
    place: I,
    value: IntervalId,
}

impl Webs {
    /// The value whose slot a value uses.
    pub fn of(&self, value: IntervalId) -> IntervalId {
        self.of.get(value.0 as usize).copied().unwrap_or(value)
    }

    /// Finds the webs of a surveyed function if it has parameters that may be in memory.
    pub fn find<F: BlockFrequency>(
        &mut self,
        f: &F,
        file: &RegisterFile,
        survey: &Survey,
        intervals: &Intervals,
        graph: &Graph,
    ) {
        self.of.clear();
        if !has_parameters_in_memory(f, file, graph) {
            return;
        }
        self.of.extend((0..f.num_vregs() as u32).map(IntervalId));
        self.unite_all(f, intervals, graph);
        for value in self.of.ids() {
            self.of[value] = self.root(value);
        }
        self.here.reset(self.of.len(), Occupant { place: BlockId::NONE, value: IntervalId::NONE });
        self.around.reset(self.of.len(), Occupant { place: LoopIndex::NONE, value: IntervalId::NONE });
        self.separate(f, survey, graph);
    }

    fn root(&mut self, value: IntervalId) -> IntervalId {
        let mut root = value;
        while self.of[root] != root {
            // Path halving.
            self.of[root] = self.of[self.of[root]];
            root = self.of[root];
        }
        root
    }

    fn unite_all<F: BlockFrequency>(&mut self, f: &F, intervals: &Intervals, graph: &Graph) {
        // For each root, the blocks that have a parameter in the web.
        let mut blocks: BTreeMap<IntervalId, BTreeSet<BlockId>> = BTreeMap::default();
        let mut args_in_all = 0;
        for b in graph.blocks.ids() {
            for &param in f.block_params(b.block()) {
                blocks.entry(IntervalId::of(param)).or_default().insert(b);
            }
        }
        let mut steps = 0;
        for b in graph.blocks.ids() {
            let params = f.block_params(b.block());
            if params.is_empty() {
                continue;
            }
            for &pred in f.block_preds(b.block()) {
                let args: &[VReg] = graph.arguments(f, BlockId::of(pred), b);
                args_in_all += args.len();
                for (&param, &arg) in params.iter().zip(args) {
                    let (param, arg) = (IntervalId::of(param), IntervalId::of(arg));
                    if intervals[param].class() == intervals[arg].class() && steps <= args_in_all * STEPS_PER_ARG {
                        steps += self.unite(param, arg, &mut blocks);
                    }
                }
            }
        }
    }

    /// Unites two webs unless both have parameters of the same block. Returns the number of blocks that were compared or
    /// moved.
    fn unite(&mut self, a: IntervalId, b: IntervalId, blocks: &mut BTreeMap<IntervalId, BTreeSet<BlockId>>) -> usize {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return 0;
        }
        let size = |root| blocks.get(&root).map_or(0, BTreeSet::len);
        let (large, small) = if size(a) >= size(b) { (a, b) } else { (b, a) };
        let Some(moved) = blocks.get(&small) else {
            self.of[small] = large;
            return 0;
        };
        let there = &blocks[&large];
        if let Some(compared) = moved.iter().position(|block| there.contains(block)) {
            return compared + 1;
        }
        self.of[small] = large;
        let moved = blocks.remove(&small).expect("just seen");
        let steps = 2 * moved.len();
        blocks.get_mut(&large).expect("just seen").extend(moved);
        steps
    }

    /// Walks through the code and removes values from webs in which another value is live.
    fn separate<F: BlockFrequency>(&mut self, f: &F, survey: &Survey, graph: &Graph) {
        let mut in_loop = LoopIndex::NONE;
        for b in graph.blocks.ids() {
            let data = &graph.blocks[b];
            if data.in_loop != in_loop {
                in_loop = data.in_loop;
                if !in_loop.is_none() {
                    for &v in &survey.through[graph.loops[in_loop].live.indices()] {
                        self.surround(v, in_loop);
                    }
                }
            }
            let at = (b, in_loop);
            let block = b.block();
            let succs = f.block_succs(block);
            // Values that a loop's header needs are live throughout the loop.
            for succ in succs.iter().map(|&succ| BlockId::of(succ)).filter(|&succ| succ > b) {
                for &v in &survey.live[graph.blocks[succ].live.indices()] {
                    self.occupy(v, at);
                }
            }
            if f.is_branch(data.last.inst()) {
                for n in 0..succs.len() {
                    for &arg in f.branch_blockparams(block, data.last.inst(), n) {
                        self.occupy(IntervalId::of(arg), at);
                    }
                }
            }
            for inst in (data.first.0..=data.last.0).rev() {
                let ops = f.inst_operands(regalloc2::Inst::new(inst as usize));
                let of = |kind, pos| {
                    let chosen = ops.iter().filter(move |op| op.kind() == kind && op.pos() == pos);
                    chosen.map(|op| IntervalId::of(op.vreg()))
                };
                of(OperandKind::Use, OperandPos::Late).for_each(|v| self.occupy(v, at));
                // A result in a web is passed on by some edge. So it is live after this point and was found to be alone.
                of(OperandKind::Def, OperandPos::Late).for_each(|v| self.end(v));
                of(OperandKind::Def, OperandPos::Early).for_each(|v| self.end(v));
                // A result written before these operands are read is in a register at that point and is stored afterwards.
                of(OperandKind::Use, OperandPos::Early).for_each(|v| self.occupy(v, at));
            }
            for &param in f.block_params(block) {
                self.is_alone(IntervalId::of(param), at);
                self.end(IntervalId::of(param));
            }
        }
    }

    /// Another live member of a value's web, if there is one.
    fn other(&self, value: IntervalId, (b, l): (BlockId, LoopIndex)) -> Option<IntervalId> {
        let web = self.of[value];
        let (here, around) = (self.here[web], self.around[web]);
        let is_other = |live: IntervalId| !live.is_none() && live != value;
        if here.place == b && is_other(here.value) {
            return Some(here.value);
        }
        (!l.is_none() && around.place == l && is_other(around.value)).then_some(around.value)
    }

    /// Removes one of two live members from their web, but never the representative. Returns whether it is the second.
    fn part(&mut self, one: IntervalId, value: IntervalId) -> bool {
        let second = self.of[value] != value;
        let leaves = if second { value } else { one };
        let web = self.of[leaves];
        self.of[leaves] = leaves;
        if self.here[web].value == leaves {
            self.here[web].value = IntervalId::NONE;
        }
        if self.around[web].value == leaves {
            self.around[web].value = IntervalId::NONE;
        }
        second
    }

    /// Removes from a value's web either all other live members or the value itself. Returns whether the value stays.
    fn is_alone(&mut self, value: IntervalId, at: (BlockId, LoopIndex)) -> bool {
        while let Some(other) = self.other(value, at) {
            if self.part(other, value) {
                return false;
            }
        }
        true
    }

    /// Records that a value is live from here upwards.
    fn occupy(&mut self, value: IntervalId, at: (BlockId, LoopIndex)) {
        if self.is_alone(value, at) {
            self.here[self.of[value]] = Occupant { place: at.0, value };
        }
    }

    /// Records that a value is live throughout a loop.
    fn surround(&mut self, value: IntervalId, l: LoopIndex) {
        if self.is_alone(value, (BlockId::NONE, l)) {
            self.around[self.of[value]] = Occupant { place: l, value };
        }
    }

    /// Records that a value is not live above this point: it is defined here.
    fn end(&mut self, value: IntervalId) {
        let here = &mut self.here[self.of[value]];
        if here.value == value {
            here.value = IntervalId::NONE;
        }
    }
}

/// Whether a parameter of a block with several predecessors may get no register.
fn has_parameters_in_memory<F: BlockFrequency>(f: &F, file: &RegisterFile, graph: &Graph) -> bool {
    graph.blocks.ids().any(|b| {
        let block = &graph.blocks[b];
        let mut pressure = block.pressure;
        if !block.in_loop.is_none() {
            let around = graph.loops[block.in_loop].pressure;
            pressure = [0, 1].map(|class| pressure[class].max(around[class]));
        }
        let crowded = (0..2).any(|class| u32::from(pressure[class]) > file.count(class));
        crowded && f.block_preds(b.block()).len() > 1 && !f.block_params(b.block()).is_empty()
    })
}
