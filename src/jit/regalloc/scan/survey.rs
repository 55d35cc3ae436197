//! The backward pass: uses, liveness, hints.

use super::graph::{BlockData, Graph, Loop};
use super::index::{BlockId, IntervalId, ListRange, LoopIndex, NextUse, Position};
use super::input::{BlockFrequency, Unfit};
use super::interval::{Interval, Intervals, Stamp};
use super::moves::EditPoint;
use super::registers::{ClobberCache, Mask, RegisterFile, bit, class_index, number};
use regalloc2::{Inst, OperandConstraint, OperandKind, VReg};

/// The number of entries that all lists of live values together may have per instruction of the function.
pub(super) const LIVE_PER_INST: usize = 64;
/// The number of entries that they may have in any function.
pub(super) const LIVE_AT_LEAST: usize = 1 << 16;

/// What the scan needs to know about the code, apart from what is stored in intervals, blocks and loops. Only `calls`
/// changes after the survey.
#[derive(Default)]
pub(super) struct Survey {
    /// Index of each instruction's first operand, and the number of all operands.
    pub offsets: Vec<u32>,
    /// Indexed by operand, then by argument of an edge.
    pub uses: Vec<NextUse>,
    /// For [`BlockData::live`].
    pub live: Vec<IntervalId>,
    /// For [`Loop::live`].
    pub through: Vec<IntervalId>,
    /// Positions of calls outside of cold blocks, last to first. The scan removes those that it has passed.
    pub calls: Vec<Position>,
    /// Registers that instructions require for operands: other values should avoid them.
    pub required: Mask,
}

impl Survey {
    /// Surveys a function and replaces the contents of this survey, of `intervals` and of `graph`.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn run<F: BlockFrequency>(
        &mut self,
        f: &F,
        file: &RegisterFile,
        clobbers: &mut ClobberCache,
        intervals: &mut Intervals,
        graph: &mut Graph,
    ) -> Result<(), Unfit> {
        intervals.reset(f.num_vregs(), Interval::NEW);
        self.offsets.clear();
        let mut operands = 0;
        for inst in 0..f.num_insts() {
            self.offsets.push(operands);
            operands += f.inst_operands(Inst::new(inst)).len() as u32;
        }
        self.offsets.push(operands);
        if f.num_insts() >= EditPoint::MOST_INSTS {
            return Err(Unfit::Crowded);
        }
        self.uses.clear();
        self.uses.resize(operands as usize, NextUse::new(Position(0), false));
        self.live.clear();
        self.calls.clear();
        self.required = 0;
        graph.blocks.reset(f.num_blocks(), BlockData::NEW);
        let room = LIVE_AT_LEAST + f.num_insts() * LIVE_PER_INST;
        for b in graph.blocks.ids().rev() {
            self.survey_block(f, file, clobbers, intervals, graph, b)?;
            if self.live.len() > room {
                return Err(Unfit::Crowded);
            }
        }
        check_edges(f, graph)?;
        graph.find_loops(f)?;
        graph.find_dominators(f);
        graph.find_calling_loops(f);
        self.find_live_through(intervals, graph, room)?;
        find_pressure(self, f, intervals, graph, room)
    }

    fn survey_block<F: BlockFrequency>(
        &mut self,
        f: &F,
        file: &RegisterFile,
        clobbers: &mut ClobberCache,
        intervals: &mut Intervals,
        graph: &mut Graph,
        b: BlockId,
    ) -> Result<(), Unfit> {
        let block = b.block();
        let insts = f.block_insns(block);
        let (first, last) = (Position::of(insts.first()), Position::of(insts.last()));
        let start = self.live.len();
        let mut count = LiveCount { live: &mut self.live, stamp: Stamp::block(b), by_class: [0; 2] };
        for succ in f.block_succs(block) {
            if BlockId::of(*succ) > b {
                for n in graph.blocks[BlockId::of(*succ)].live.indices() {
                    let v = count.live[n];
                    count.is_new(&mut intervals[v], v);
                }
            }
        }
        let args = self.uses.len();
        if f.is_branch(last.inst()) {
            for (n, succ) in f.block_succs(block).iter().enumerate() {
                let params = f.block_params(*succ);
                for (arg, param) in f.branch_blockparams(block, last.inst(), n).iter().zip(params) {
                    self.uses.push(count.use_of(intervals, *arg, last));
                    intervals[IntervalId::of(*arg)].hint.link = IntervalId::of(*param);
                }
            }
        }
        let mut most = count.by_class;
        let mut calls = false;
        let cold = f.is_cold(block);
        for i in (first.0..=last.0).rev().map(Position) {
            let ops = f.inst_operands(i.inst());
            let base = self.offsets[i.number()] as usize;
            let mut fixed = 0;
            for op in ops {
                if op.kind() == OperandKind::Def {
                    let class = class_index(op.class());
                    let value = &mut intervals[IntervalId::of(op.vreg())];
                    value.place.class = class as u8;
                    value.live.block = b;
                    value.live.first = i;
                    value.live.last = i;
                    if value.marks.live == count.stamp {
                        count.by_class[class] -= 1;
                    }
                    if let OperandConstraint::FixedReg(reg) = op.constraint() {
                        fixed |= bit(number(reg));
                    }
                }
            }
            for (k, op) in ops.iter().enumerate().rev() {
                if op.kind() == OperandKind::Use {
                    let vreg = op.vreg();
                    self.uses[base + k] = count.use_of(intervals, vreg, i);
                    match op.constraint() {
                        OperandConstraint::FixedReg(reg) => {
                            fixed |= bit(number(reg));
                            let hint = &mut intervals[IntervalId::of(vreg)].hint;
                            hint.reg = number(reg);
                            hint.at = i;
                        }
                        OperandConstraint::Limit(_) => return Err(Unfit::Operands),
                        _ => {}
                    }
                }
            }
            for op in ops {
                if let (OperandKind::Def, OperandConstraint::Reuse(input)) = (op.kind(), op.constraint())
                    && self.uses[base + input].ends()
                {
                    intervals[IntervalId::of(ops[input].vreg())].hint.link = IntervalId::of(op.vreg());
                }
            }
            for (most, count) in most.iter_mut().zip(count.by_class) {
                *most = (*most).max(count);
            }
            if file.is_call(clobbers.of(f, file, i)) {
                calls = true;
                if !cold {
                    self.calls.push(i);
                }
            } else if !(f.is_ret(i.inst()) || b == BlockId::ENTRY && i == first) {
                self.required |= fixed;
            }
        }
        for param in f.block_params(block) {
            let value = &mut intervals[IntervalId::of(*param)];
            value.place.class = class_index(param.class()) as u8;
            value.live.block = b;
            value.live.first = first;
            value.live.last = first;
            value.edge.is_param = true;
        }
        // Values that are defined in the block are not live into it.
        let mut kept = start;
        for n in start..self.live.len() {
            let v = self.live[n];
            if intervals[v].live.block != b {
                self.live[kept] = v;
                kept += 1;
            }
        }
        self.live.truncate(kept);
        graph.blocks[b] = BlockData {
            first,
            last,
            live: ListRange::new(start, kept),
            args: args as u32,
            pressure: most.map(|n| n.min(u32::from(u16::MAX)) as u16),
            cold,
            calls,
            ..BlockData::NEW
        };
        Ok(())
    }

    /// Collects for each loop the values that are live throughout it: those that are live into its header.
    fn find_live_through(&mut self, intervals: &mut Intervals, graph: &mut Graph, room: usize) -> Result<(), Unfit> {
        self.through.clear();
        for l in graph.loops.ids().rev() {
            let start = self.through.len();
            let Loop { header, parent, .. } = graph.loops[l];
            let stamp = Stamp::in_loop(l);
            let outer = if parent.is_none() { ListRange::EMPTY } else { graph.loops[parent].live };
            for n in outer.indices() {
                let v = self.through[n];
                intervals[v].marks.live = stamp;
                self.through.push(v);
            }
            for &v in &self.live[graph.blocks[header].live.indices()] {
                if intervals[v].marks.live != stamp {
                    self.through.push(v);
                }
            }
            graph.loops[l].live = ListRange::new(start, self.through.len());
            if self.through.len() > room {
                return Err(Unfit::Crowded);
            }
        }
        Ok(())
    }

    /// The greatest number of values of each class that are live at once in a block of a loop, without those marked as
    /// live throughout the loop.
    fn most_beside_through<F: BlockFrequency>(
        &self,
        f: &F,
        intervals: &Intervals,
        block: &BlockData,
        params: &[VReg],
    ) -> [u32; 2] {
        let is_through = |v: IntervalId| intervals[v].marks.through == block.in_loop;
        let mut count = [0; 2];
        for &v in self.live[block.live.indices()].iter().filter(|&&v| !is_through(v)) {
            count[intervals[v].class()] += 1;
        }
        for param in params.iter().filter(|&&param| intervals[IntervalId::of(param)].live.next != Position::NEVER) {
            count[class_index(param.class())] += 1;
        }
        let mut most = [0; 2];
        for i in (block.first.0..=block.last.0).map(Position) {
            most = [0, 1].map(|c| most[c].max(count[c]));
            let ops = f.inst_operands(i.inst());
            let base = self.offsets[i.number()] as usize;
            for (op, at) in ops.iter().zip(base..) {
                let v = IntervalId::of(op.vreg());
                match op.kind() {
                    OperandKind::Use if self.uses[at].ends() && !is_through(v) => count[class_index(op.class())] -= 1,
                    OperandKind::Def if intervals[v].live.next != Position::NEVER => {
                        count[class_index(op.class())] += 1
                    }
                    _ => {}
                }
            }
        }
        most
    }
}

/// The values that are live at the point that the survey of a block has reached.
struct LiveCount<'a> {
    /// [`Survey::live`], to which a value is added when it is first seen in the block.
    live: &'a mut Vec<IntervalId>,
    /// The block.
    stamp: Stamp,
    /// Their number, by class.
    by_class: [u32; 2],
}

impl LiveCount<'_> {
    /// Counts a value whose class is known. Returns whether it was not live before.
    fn is_new(&mut self, value: &mut Interval, v: IntervalId) -> bool {
        let new = value.marks.live != self.stamp;
        if new {
            value.marks.live = self.stamp;
            self.by_class[value.class()] += 1;
            self.live.push(v);
        }
        new
    }

    /// Records a use; returns the position of the next use and whether the value dies with this one.
    fn use_of(&mut self, intervals: &mut Intervals, vreg: VReg, at: Position) -> NextUse {
        let v = IntervalId::of(vreg);
        let value = &mut intervals[v];
        value.place.class = class_index(vreg.class()) as u8;
        let next = std::mem::replace(&mut value.live.next, at);
        NextUse::new(next, self.is_new(value, v))
    }
}

/// Checks that the moves of each edge can be made at one of its ends.
fn check_edges<F: BlockFrequency>(f: &F, graph: &mut Graph) -> Result<(), Unfit> {
    for b in graph.blocks.ids() {
        let succs = f.block_succs(b.block());
        for (n, succ) in succs.iter().enumerate() {
            graph.blocks[BlockId::of(*succ)].edge = n as u32;
            let ends_alone = f.block_preds(*succ).len() == 1;
            let last = graph.blocks[b].last.inst();
            if !ends_alone && (succs.len() > 1 || !f.inst_operands(last).is_empty()) {
                return Err(Unfit::Operands);
            }
        }
    }
    Ok(())
}

/// Counts the values that are live at once in each loop: in each of its blocks, those that are live on some path forward
/// and those that are live throughout the loop, each counted once.
fn find_pressure<F: BlockFrequency>(
    survey: &Survey,
    f: &F,
    intervals: &mut Intervals,
    graph: &mut Graph,
    room: usize,
) -> Result<(), Unfit> {
    let (mut last, mut cost) = (LoopIndex::NONE, 0);
    let mut through = [0; 2];
    for b in graph.blocks.ids() {
        let block = graph.blocks[b];
        let in_loop = block.in_loop;
        if in_loop.is_none() {
            continue;
        }
        let this = &mut graph.loops[in_loop];
        if in_loop != last {
            last = in_loop;
            through = [0; 2];
            // The scan will mark as many values each time it enters or returns to a loop.
            cost += this.live.len();
            if cost > room {
                return Err(Unfit::Crowded);
            }
            for &v in &survey.through[this.live.indices()] {
                let value = &mut intervals[v];
                value.marks.through = in_loop;
                through[value.class()] += 1;
            }
        }
        let others = survey.most_beside_through(f, intervals, &block, f.block_params(b.block()));
        for ((most, others), through) in this.pressure.iter_mut().zip(others).zip(through) {
            *most = (*most).max((others + through).min(u32::from(u16::MAX)) as u16);
        }
    }
    for value in intervals.iter_mut() {
        value.marks.through = LoopIndex::NONE;
    }
    for l in graph.loops.ids() {
        let Loop { parent, pressure, .. } = graph.loops[l];
        if !parent.is_none() {
            let outer = &mut graph.loops[parent].pressure;
            *outer = [0, 1].map(|c| outer[c].max(pressure[c]));
        }
    }
    Ok(())
}
