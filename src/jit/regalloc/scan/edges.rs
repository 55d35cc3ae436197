//! Block boundaries: the register contents at the beginning of each block, and the moves on edges.

use super::graph::{BlockData, Loop};
use super::index::{BlockId, IntervalId, ListRange, LoopIndex, Position};
use super::interval::{Interval, Stamp};
use super::moves::{EditPoint, Loc, When};
use super::registers::{NO_REG, bit, bits};
use super::{BlockFrequency, Scan};
use regalloc2::{Block, VReg};

/// How many edges must agree that a parameter is in memory, and by what factor they must outnumber the others.
const MANY_EDGES: u32 = 4;

impl Scan {
    /// Chooses the register contents at the beginning of a block, and makes the moves on edges from blocks that have
    /// already been allocated.
    pub(super) fn enter<F: BlockFrequency>(&mut self, f: &F, b: BlockId) {
        for reg in bits(std::mem::take(&mut self.registers.occupied)) {
            self.intervals[self.registers.at(reg)].place.reg = NO_REG;
        }
        let around = self.in_loop;
        self.mark_live(b);
        let first = self.graph.blocks[b].first;
        while self.survey.calls.last().is_some_and(|&c| c < first) {
            self.survey.calls.pop();
        }
        let preds = f.block_preds(b.block());
        match *preds {
            [] => {}
            [pred] if BlockId::of(pred) < b => self.follow(f, BlockId::of(pred), b),
            _ => self.join(f, b, preds),
        }
        if self.in_loop != around && !self.in_loop.is_none() {
            self.remember_promises();
        }
        self.graph.blocks[b].entry = self.record_state();
        if preds.len() > 1 {
            for pred in preds.iter().map(|&p| BlockId::of(p)).filter(|&p| p < b) {
                self.connect(f, pred, b);
            }
        }
    }

    /// Marks the values that are live into a block, for [`Scan::is_live_in`].
    fn mark_live(&mut self, b: BlockId) {
        let BlockData { live, first, in_loop, .. } = self.graph.blocks[b];
        for &v in &self.survey.live[live.indices()] {
            let value = &mut self.intervals[v];
            value.marks.live = Stamp::block(b);
            value.read_at(first);
        }
        if in_loop != self.in_loop {
            self.in_loop = in_loop;
            if !in_loop.is_none() {
                let Loop { live, end, .. } = self.graph.loops[in_loop];
                for &v in &self.survey.through[live.indices()] {
                    let value = &mut self.intervals[v];
                    value.marks.through = in_loop;
                    value.read_at(end);
                }
            }
        }
    }

    /// Whether a value is live into the block that was last marked.
    fn is_live_in(&self, value: IntervalId) -> bool {
        let value = &self.intervals[value];
        value.marks.live == Stamp::block(self.block) || self.is_live_through(value)
    }

    fn is_in_register(&self, value: IntervalId) -> bool {
        self.intervals[value].place.reg != NO_REG
    }

    /// Renews the promises of a loop's header when the scan returns to that loop.
    fn remember_promises(&mut self) {
        let Loop { header, end, .. } = self.graph.loops[self.in_loop];
        for &(v, _) in &self.states[self.graph.blocks[header].entry.indices()] {
            let place = &mut self.intervals[v].place;
            place.promised = place.promised.max(end);
        }
    }

    /// Records the register contents at the end of a block, and makes the moves on back edges.
    pub(super) fn leave<F: BlockFrequency>(&mut self, f: &F, b: BlockId) {
        let block = b.block();
        let succs = f.block_succs(block);
        let BlockData { last, args, .. } = self.graph.blocks[b];
        let terminator = last.inst();
        if f.is_branch(terminator) {
            let count: usize = (0..succs.len()).map(|n| f.branch_blockparams(block, terminator, n).len()).sum();
            let mut n = args as usize + count;
            for succ in (0..succs.len()).rev() {
                for &arg in f.branch_blockparams(block, terminator, succ).iter().rev() {
                    n -= 1;
                    let value = &mut self.intervals[IntervalId::of(arg)];
                    value.live.next = self.survey.uses[n].position();
                    value.read_at(last);
                }
            }
        }
        self.graph.blocks[b].exit = self.record_state();
        for succ in succs.iter().map(|&s| BlockId::of(s)).filter(|&s| s <= b) {
            self.connect(f, b, succ);
        }
    }

    /// Appends the current contents of the registers to the states.
    fn record_state(&mut self) -> ListRange {
        let start = self.states.len();
        for reg in bits(self.registers.occupied) {
            self.states.push((self.registers.at(reg), reg));
        }
        ListRange::new(start, self.states.len())
    }

    /// Sets [`EdgeState::reg`](super::interval::EdgeState) to the registers that hold values at the end of a block.
    fn look_at_end_of(&mut self, b: BlockId) {
        for &(value, reg) in &self.states[self.graph.blocks[b].exit.indices()] {
            self.intervals[value].edge.reg = reg;
        }
    }

    /// Undoes [`Scan::look_at_end_of`].
    fn look_away(&mut self, b: BlockId) {
        for &(value, _) in &self.states[self.graph.blocks[b].exit.indices()] {
            self.intervals[value].edge.reg = NO_REG;
        }
    }

    /// Begins a block in the state in which its only predecessor ended.
    fn follow<F: BlockFrequency>(&mut self, f: &F, pred: BlockId, b: BlockId) {
        for n in self.graph.blocks[pred].exit.indices() {
            let (value, reg) = self.states[n];
            if self.is_live_in(value) {
                self.place(value, reg);
            }
        }
        let params = f.block_params(b.block());
        if params.is_empty() {
            return;
        }
        let args = self.graph.arguments(f, pred, b);
        self.look_at_end_of(pred);
        let first = self.graph.blocks[b].first;
        self.place_where_arguments_are(params, args);
        for (&param, &arg) in params.iter().zip(args) {
            let (param, arg) = (IntervalId::of(param), IntervalId::of(arg));
            if self.intervals[param].live.next == Position::NEVER || self.is_in_register(param) {
                continue;
            }
            let source = self.source(arg, pred);
            self.intervals[arg].read_at(first);
            let target = self.new_place(param);
            self.parallel.push(target, source, self.intervals[param].place.class);
        }
        self.look_away(pred);
        self.make_parallel_moves(When::Enter.at(first));
    }

    /// Puts parameters into the registers that their arguments have at the end of the block being looked at, if those
    /// registers are free.
    fn place_where_arguments_are(&mut self, params: &[VReg], args: &[VReg]) {
        for (&param, &arg) in params.iter().zip(args) {
            let (param, arg) = (IntervalId::of(param), IntervalId::of(arg));
            let reg = self.intervals[arg].edge.reg;
            let Interval { live, place, .. } = self.intervals[param];
            let wants = live.next != Position::NEVER && !place.in_memory;
            if wants && reg != NO_REG && self.registers.occupied & bit(reg) == 0 {
                self.place(param, reg);
                self.intervals[param].place.home = reg;
            }
        }
    }

    /// The location of a value at the end of the block being looked at.
    fn source(&mut self, value: IntervalId, block: BlockId) -> Loc {
        match self.intervals[value].edge.reg {
            NO_REG => {
                self.read_from_slot(value, block);
                self.slot(value)
            }
            reg => Loc::reg(reg),
        }
    }

    /// Chooses a place for a parameter: a free register or its slot.
    fn new_place(&mut self, param: IntervalId) -> Loc {
        let free = self.allowed(param) & !self.registers.occupied;
        if free == 0 {
            self.intervals[param].place.home = NO_REG;
            self.define_in_memory(param);
            return self.slot(param);
        }
        let mut wish = self.wish(param);
        let home = self.intervals[param].place.home;
        if free & wish == 0 && home != NO_REG {
            wish = bit(home);
        }
        let reg = self.choose(free, wish);
        self.place(param, reg);
        self.intervals[param].place.home = reg;
        Loc::reg(reg)
    }

    /// Chooses the state at the beginning of a block with several predecessors.
    fn join<F: BlockFrequency>(&mut self, f: &F, b: BlockId, preds: &[Block]) {
        let done = || preds.iter().map(|&p| BlockId::of(p)).filter(|&p| p < b);
        // The most frequent edge; of several, the last one.
        let Some(first) = done().max_by_key(|&p| (self.graph.blocks[p].weight(), p)) else { return };
        let edges = self.find_candidates(first, done().filter(|&p| p != first));
        let header = self.graph.loop_headed_by(b);
        match header {
            Some(l) => self.reject_candidates_of_loop(l),
            None => self.reject_candidates_of_join(edges, self.graph.blocks[b].last),
        }
        // If there is not enough room for all, those that are used first take precedence.
        if self.candidates.len() as u32 > self.file.count(0).min(self.file.count(1)) {
            self.candidates.sort_by_key(|&v| self.intervals[v].live.next);
        }
        // First place those that can be in the same register as on the most frequent edge.
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.retain(|&v| {
            let reg = std::mem::replace(&mut self.intervals[v].edge.reg, NO_REG);
            let taken = self.registers.occupied & bit(reg) != 0;
            if !taken {
                self.place(v, reg);
            }
            taken
        });
        if header.is_none() {
            self.leave_in_slots(f, b);
        }
        self.join_params(f, first, b);
        for &v in &candidates {
            self.place_if_free(v, 0);
        }
        self.candidates = candidates;
        if let Some(l) = header {
            if !self.graph.loops[l].must_call {
                self.hoist(l);
            }
            let end = self.graph.loops[l].end;
            for reg in bits(self.registers.occupied) {
                self.intervals[self.registers.at(reg)].place.promised = end;
            }
        }
    }

    /// Collects the live values that are in registers at the end of predecessors. Records for each its register in the
    /// first predecessor that has it in one, and the number of predecessors that do. Returns the number of predecessors.
    fn find_candidates(&mut self, first: BlockId, others: impl Iterator<Item = BlockId>) -> u32 {
        self.candidates.clear();
        let mut edges = 0;
        for pred in std::iter::once(first).chain(others) {
            edges += 1;
            for n in self.graph.blocks[pred].exit.indices() {
                let (v, reg) = self.states[n];
                if !self.is_live_in(v) {
                    continue;
                }
                let edge = &mut self.intervals[v].edge;
                if edge.reg == NO_REG {
                    edge.reg = reg;
                    edge.preds = 1;
                    self.candidates.push(v);
                } else {
                    edge.preds += 1;
                }
            }
        }
        edges
    }

    /// Drops the candidates that should not be in registers at the beginning of a loop: those that a call displaces in
    /// each iteration, and, if there may not be enough room, those that are used last.
    fn reject_candidates_of_loop(&mut self, l: LoopIndex) {
        let call = self.next_call();
        let Scan { candidates, intervals, .. } = self;
        let l = self.graph.loops[l];
        // The number of values that must leave registers, less those that are already in memory.
        let mut over = [0, 1].map(|c| i64::from(l.pressure[c]) - i64::from(self.file.count(c)));
        if over[0] > 0 || over[1] > 0 {
            for &v in &self.survey.through[l.live.indices()] {
                let value = &intervals[v];
                over[value.class()] -= i64::from(value.edge.reg == NO_REG);
            }
            candidates.sort_by_key(|&v| std::cmp::Reverse(intervals[v].live.next));
        }
        candidates.retain(|&v| {
            let value = &mut intervals[v];
            let class = value.class();
            let over = &mut over[class];
            let keep = if value.live.next <= l.end {
                (!l.must_call || value.live.next <= call) && *over <= 4
            } else {
                !l.calls && *over <= 0
            };
            if !keep {
                *over -= 1;
                value.edge.reg = NO_REG;
            }
            keep
        });
    }

    /// Drops the candidates that would have to be loaded on some edges, unless the block uses them before the next call.
    fn reject_candidates_of_join(&mut self, edges: u32, last: Position) {
        let call = self.next_call();
        let intervals = &mut self.intervals;
        self.candidates.retain(|&v| {
            let value = &mut intervals[v];
            let keep = value.edge.preds == edges || value.live.next <= call && value.live.next <= last;
            if !keep {
                value.edge.reg = NO_REG;
            }
            keep
        });
    }

    /// Puts a value into a register if more than `reserve` are free.
    fn place_if_free(&mut self, v: IntervalId, reserve: u32) {
        let free = self.allowed(v) & !self.registers.occupied;
        if free.count_ones() > reserve {
            let reg = self.choose(free, self.wish(v));
            self.place(v, reg);
        }
    }

    /// Places the parameters of a block, preferably where the arguments of an edge are.
    fn join_params<F: BlockFrequency>(&mut self, f: &F, pred: BlockId, b: BlockId) {
        let params = f.block_params(b.block());
        if params.is_empty() {
            return;
        }
        let args = self.graph.arguments(f, pred, b);
        self.look_at_end_of(pred);
        self.place_where_arguments_are(params, args);
        self.look_away(pred);
        let (first, last) = self.span_of_edges(f, b);
        for &param in params {
            let v = IntervalId::of(param);
            if self.intervals[v].live.next == Position::NEVER || self.is_in_register(v) {
                continue;
            }
            if self.intervals[v].place.in_memory || self.new_place(v).is_slot() {
                // The edges write the parameter's slot.
                let value = &mut self.intervals[v];
                value.live.first = value.live.first.min(first);
                value.read_at(last);
            }
        }
    }

    /// Places a parameter in memory if there are many edges and on nearly all of them its argument is already in the same
    /// slot. Then these edges move nothing, and the block loads what it uses. Otherwise a function that saves its locals
    /// in a thousand places would load a dozen of them in each place, only to store them elsewhere.
    fn leave_in_slots<F: BlockFrequency>(&mut self, f: &F, b: BlockId) {
        let (params, preds) = (f.block_params(b.block()), f.block_preds(b.block()));
        if params.is_empty() || preds.len() < MANY_EDGES as usize {
            return;
        }
        // For each parameter, the number of edges whose argument is already in its slot and their greatest weight; then
        // the same for the other edges.
        let mut edges = vec![[(0, 0); 2]; params.len()];
        for pred in preds.iter().map(|&p| BlockId::of(p)).filter(|&p| p < b) {
            let weight = self.graph.blocks[pred].weight();
            self.look_at_end_of(pred);
            let args = self.graph.arguments(f, pred, b);
            for ((&param, &arg), edges) in params.iter().zip(args).zip(&mut edges) {
                let (param, arg) = (IntervalId::of(param), IntervalId::of(arg));
                let elsewhere = self.is_in_register_at_edge(arg) || self.slot(arg) != self.slot(param);
                let (count, greatest) = &mut edges[usize::from(elsewhere)];
                *count += 1;
                *greatest = weight.max(*greatest);
            }
            self.look_away(pred);
        }
        for (&param, [there, elsewhere]) in params.iter().zip(edges) {
            let param = IntervalId::of(param);
            let most = there.0 >= MANY_EDGES && there.0 >= MANY_EDGES * elsewhere.0 && there.1 >= elsewhere.1;
            if most && self.intervals[param].live.next != Position::NEVER {
                self.intervals[param].place.home = NO_REG;
                self.define_in_memory(param);
            }
        }
    }

    /// Whether a value is in a register at the end of the block being looked at.
    fn is_in_register_at_edge(&self, value: IntervalId) -> bool {
        self.intervals[value].edge.reg != NO_REG
    }

    /// The first and last positions at which an edge into the block writes.
    fn span_of_edges<F: BlockFrequency>(&self, f: &F, b: BlockId) -> (Position, Position) {
        let at = self.graph.blocks[b].first;
        f.block_preds(b.block()).iter().fold((at, at), |(first, last), &pred| {
            let at = self.graph.blocks[BlockId::of(pred)].last;
            (first.min(at), last.max(at))
        })
    }

    /// Loads values that a loop uses before the loop, as far as there is room.
    fn hoist(&mut self, l: LoopIndex) {
        let Loop { live, end, pressure, .. } = self.graph.loops[l];
        for n in live.indices() {
            let v = self.survey.through[n];
            let value = &self.intervals[v];
            if value.place.reg != NO_REG || value.live.next > end {
                continue;
            }
            let class = value.class();
            // Keeps the registers free that the loop needs for its own values.
            let inside = u32::from(pressure[class]).min(self.file.count(class));
            let held = (self.registers.occupied & self.file.of_class(class)).count_ones();
            let reserve = inside.saturating_sub(held).min(4);
            self.place_if_free(v, reserve.saturating_sub(1));
        }
    }

    /// Makes the moves of an edge into a block with several predecessors, at the end of the edge's source block.
    fn connect<F: BlockFrequency>(&mut self, f: &F, pred: BlockId, b: BlockId) {
        self.look_at_end_of(pred);
        let last = self.graph.blocks[pred].last;
        for n in self.graph.blocks[b].entry.indices() {
            let (v, reg) = self.states[n];
            if self.intervals[v].edge.is_param && self.intervals[v].live.block == b {
                continue;
            }
            let source = self.source(v, pred);
            self.push_move(v, Loc::reg(reg), source, last);
        }
        let params = f.block_params(b.block());
        if !params.is_empty() {
            let args = self.graph.arguments(f, pred, b);
            for (&param, &arg) in params.iter().zip(args) {
                let (param, arg) = (IntervalId::of(param), IntervalId::of(arg));
                let target = match self.intervals[param].place {
                    p if p.in_memory => self.slot(param),
                    // The parameter is not used.
                    p if p.home == NO_REG || !self.is_at_entry(b, param) => continue,
                    p => Loc::reg(p.home),
                };
                let source = if target == self.slot(arg) && !self.intervals[arg].place.readers.is_none() {
                    // The argument is stored in this slot anyway.
                    self.read_from_slot(arg, pred);
                    target
                } else {
                    self.source(arg, pred)
                };
                self.push_move(arg, target, source, last);
            }
        }
        self.look_away(pred);
        self.make_parallel_moves(When::Leave.at(last));
    }

    /// Whether a parameter is in a register at the beginning of its block.
    fn is_at_entry(&self, b: BlockId, param: IntervalId) -> bool {
        self.states[self.graph.blocks[b].entry.indices()].iter().any(|&(v, _)| v == param)
    }

    /// Adds a move of a value to the parallel moves of the edge.
    fn push_move(&mut self, value: IntervalId, to: Loc, from: Loc, at: Position) {
        let value = &mut self.intervals[value];
        if from.is_slot() {
            value.read_at(at);
        }
        if to != from {
            self.parallel.push(to, from, value.place.class);
        }
    }

    /// Emits the parallel moves that were added.
    fn make_parallel_moves(&mut self, at: EditPoint) {
        let (spilled, moves) = (&mut self.edits.spilled, &mut self.edits.loose);
        self.parallel.sequence(at, &self.file, &mut self.intervals, spilled, moves);
    }
}
