//! Where blocks meet: what is in registers at their beginnings, and the moves on edges.

use super::{ENDS, Loc, Machine, Move, NEVER, NO_REG, NONE, Scan, When, bit, bits};
use regalloc2::{Block, Inst, VReg};

/// Moves that happen at once.
pub(super) struct Parallel {
    /// Target, source, class.
    moves: Vec<(Loc, Loc, u8)>,
    /// Moves that can be made.
    ready: Vec<u32>,
    /// Of registers; that of slots is at the values.
    registers: Vec<Traffic>,
}

/// Who reads and who writes a location.
#[derive(Clone, Copy)]
pub(super) struct Traffic {
    pub readers: u32,
    pub writer: u32,
}

/// The target of a move that was made.
const MADE: Loc = Loc(NONE);

impl Default for Parallel {
    fn default() -> Self {
        let registers = vec![Traffic { readers: 0, writer: NONE }; 64];
        Parallel { moves: Vec::new(), ready: Vec::new(), registers }
    }
}

impl Scan {
    /// Chooses what is in registers at the beginning of a block, and makes moves on the edges that lead there from
    /// blocks that are done.
    pub(super) fn enter<F: Machine>(&mut self, f: &F, b: u32) {
        for reg in bits(std::mem::take(&mut self.occupied)) {
            self.values[self.content[usize::from(reg)] as usize].reg = NO_REG;
        }
        let around = self.in_loop;
        self.mark_live(b);
        let first = self.blocks[b as usize].first;
        while self.calls.last().is_some_and(|&c| c < first) {
            self.calls.pop();
        }
        let preds = f.block_preds(Block::new(b as usize));
        match preds {
            [] => {}
            [pred] if (pred.index() as u32) < b => self.follow(f, pred.index() as u32, b),
            _ => self.join(f, b, preds),
        }
        if self.in_loop != around && self.in_loop != NONE {
            self.remember_promises();
        }
        let start = self.states.len() as u32;
        for reg in bits(self.occupied) {
            self.states.push((self.content[usize::from(reg)], reg));
        }
        self.blocks[b as usize].entry = (start, self.states.len() as u32);
        if preds.len() > 1 {
            for pred in preds.iter().map(|p| p.index() as u32).filter(|&p| p < b) {
                self.connect(f, pred, b);
            }
        }
    }

    /// Back in a loop: what its header has promised counts again.
    fn remember_promises(&mut self) {
        let this = self.loops[self.in_loop as usize];
        let (from, to) = self.blocks[this.header as usize].entry;
        for n in from..to {
            let value = &mut self.values[self.states[n as usize].0 as usize];
            value.held = value.held.max(this.end);
        }
    }

    /// Takes note of what is in registers at the end of a block, and makes moves on edges back.
    pub(super) fn leave<F: Machine>(&mut self, f: &F, b: u32) {
        let block = Block::new(b as usize);
        let succs = f.block_succs(block);
        let (last, args) = (self.blocks[b as usize].last, self.blocks[b as usize].args as usize);
        let terminator = Inst::new(last as usize);
        if f.is_branch(terminator) {
            let count: usize = (0..succs.len()).map(|n| f.branch_blockparams(block, terminator, n).len()).sum();
            let mut n = args + count;
            for succ in (0..succs.len()).rev() {
                for arg in f.branch_blockparams(block, terminator, succ).iter().rev() {
                    n -= 1;
                    let value = &mut self.values[arg.vreg()];
                    value.next = self.uses[n] & !ENDS;
                    value.last = value.last.max(last);
                }
            }
        }
        let start = self.states.len() as u32;
        for reg in bits(self.occupied) {
            self.states.push((self.content[usize::from(reg)], reg));
        }
        self.blocks[b as usize].exit = (start, self.states.len() as u32);
        for succ in succs.iter().map(|s| s.index() as u32).filter(|&s| s <= b) {
            self.connect(f, b, succ);
        }
    }

    /// Sets [`Value::at`](super::Value) to where values are at the end of a block.
    fn look_at_end_of(&mut self, b: u32) {
        let (from, to) = self.blocks[b as usize].exit;
        for n in from..to {
            let (value, reg) = self.states[n as usize];
            self.values[value as usize].at = reg;
        }
    }

    fn look_away(&mut self, b: u32) {
        let (from, to) = self.blocks[b as usize].exit;
        for n in from..to {
            let (value, _) = self.states[n as usize];
            self.values[value as usize].at = NO_REG;
        }
    }

    /// The only edge into a block.
    fn follow<F: Machine>(&mut self, f: &F, pred: u32, b: u32) {
        let (from, to) = self.blocks[pred as usize].exit;
        for n in from..to {
            let (value, reg) = self.states[n as usize];
            if self.is_live_in(value) {
                self.place(value, reg);
            }
        }
        let params = f.block_params(Block::new(b as usize));
        if params.is_empty() {
            return;
        }
        let args = arguments(f, pred, b, &self.blocks);
        self.look_at_end_of(pred);
        let first = self.blocks[b as usize].first;
        // Parameters whose arguments end here take their registers.
        for (param, arg) in params.iter().zip(args) {
            let reg = self.values[arg.vreg()].at;
            if self.values[param.vreg()].next != NEVER && reg != NO_REG && self.occupied & bit(reg) == 0 {
                self.place(param.vreg() as u32, reg);
                self.values[param.vreg()].home = reg;
            }
        }
        for (param, arg) in params.iter().zip(args) {
            let (param, arg) = (param.vreg() as u32, arg.vreg() as u32);
            if self.values[param as usize].next == NEVER || self.is_in_register(param) {
                continue;
            }
            let source = self.source(arg, pred);
            self.values[arg as usize].last = self.values[arg as usize].last.max(first);
            let target = self.new_place(param);
            self.parallel.moves.push((target, source, self.values[param as usize].class));
        }
        self.look_away(pred);
        self.resolve(When::Enter.at(first));
    }

    /// Where a value is at the end of the block that is looked at.
    fn source(&mut self, value: u32, block: u32) -> Loc {
        match self.values[value as usize].at {
            NO_REG => {
                self.needs(value, block);
                Loc::slot(value)
            }
            reg => Loc::reg(reg),
        }
    }

    /// A place for a parameter: a free register, or its slot.
    fn new_place(&mut self, param: u32) -> Loc {
        let free = self.class_of(param) & !self.occupied;
        if free == 0 {
            self.values[param as usize].home = NO_REG;
            self.define_in_memory(param);
            return Loc::slot(param);
        }
        let mut wish = self.wish(param);
        let home = self.values[param as usize].home;
        if free & wish == 0 && home != NO_REG {
            wish = bit(home);
        }
        let reg = self.choose(free, wish);
        self.place(param, reg);
        self.values[param as usize].home = reg;
        Loc::reg(reg)
    }

    /// Chooses the state of a block with several edges into it.
    fn join<F: Machine>(&mut self, f: &F, b: u32, preds: &[Block]) {
        let this = self.blocks[b as usize];
        let done = || preds.iter().map(|p| p.index() as u32).filter(|&p| p < b);
        // The most frequent edge, and of several the last one.
        let Some(first) = done().max_by_key(|&p| (self.blocks[p as usize].weight(), p)) else { return };
        // Values in registers at the end of predecessors, and in how many.
        self.candidates.clear();
        let mut edges = 0;
        for pred in std::iter::once(first).chain(done().filter(|&p| p != first)) {
            edges += 1;
            let (from, to) = self.blocks[pred as usize].exit;
            for n in from..to {
                let (v, reg) = self.states[n as usize];
                if !self.is_live_in(v) {
                    continue;
                }
                let value = &mut self.values[v as usize];
                if value.at == NO_REG {
                    value.at = reg;
                    value.count = 1;
                    self.candidates.push(v);
                } else {
                    value.count += 1;
                }
            }
        }
        let around = this.in_loop;
        let header = around != NONE && self.loops[around as usize].header == b;
        let call = self.calls.last().copied().unwrap_or(NEVER);
        let mut candidates = std::mem::take(&mut self.candidates);
        if header {
            let l = self.loops[around as usize];
            // What has to leave for want of room. Values that are in memory already have.
            let mut over = [0, 1].map(|c| i64::from(l.pressure[c]) - i64::from(self.registers(c)));
            if over[0] > 0 || over[1] > 0 {
                for n in l.live.0..l.live.1 {
                    let value = &self.values[self.through[n as usize] as usize];
                    over[usize::from(value.class)] -= i64::from(value.at == NO_REG);
                }
                candidates.sort_by_key(|&v| std::cmp::Reverse(self.values[v as usize].next));
            }
            candidates.retain(|&v| {
                let value = &mut self.values[v as usize];
                let over = &mut over[usize::from(value.class)];
                let keep = if value.next <= l.end {
                    (!l.must_call || value.next <= call) && *over <= 4
                } else {
                    !l.calls && *over <= 0
                };
                if !keep {
                    *over -= 1;
                    value.at = NO_REG;
                }
                keep
            });
        } else {
            candidates.retain(|&v| {
                let value = &mut self.values[v as usize];
                let keep = value.count == edges || value.next <= call && value.next <= this.last;
                if !keep {
                    value.at = NO_REG;
                }
                keep
            });
        }
        // Of more than there is room for, those that are used first.
        if candidates.len() as u32 > self.registers(0).min(self.registers(1)) {
            candidates.sort_by_key(|&v| self.values[v as usize].next);
        }
        let mut unlucky = 0;
        for n in 0..candidates.len() {
            let v = candidates[n];
            let reg = std::mem::replace(&mut self.values[v as usize].at, NO_REG);
            if self.occupied & bit(reg) == 0 {
                self.place(v, reg);
            } else {
                candidates[unlucky] = v;
                unlucky += 1;
            }
        }
        candidates.truncate(unlucky);
        self.join_params(f, first, b);
        for &v in &candidates {
            self.place_if_free(v, 0);
        }
        if header && !self.loops[around as usize].must_call {
            self.hoist(around);
        }
        self.candidates = candidates;
        if header {
            let end = self.loops[around as usize].end;
            for reg in bits(self.occupied) {
                self.values[self.content[usize::from(reg)] as usize].held = end;
            }
        }
    }

    fn place_if_free(&mut self, v: u32, reserve: u32) {
        let free = self.class_of(v) & !self.occupied;
        if free.count_ones() > reserve {
            let reg = self.choose(free, self.wish(v));
            self.place(v, reg);
        }
    }

    /// Gives the parameters of a block places, by preference where the arguments of an edge are.
    fn join_params<F: Machine>(&mut self, f: &F, pred: u32, b: u32) {
        let params = f.block_params(Block::new(b as usize));
        if params.is_empty() {
            return;
        }
        let args = arguments(f, pred, b, &self.blocks);
        self.look_at_end_of(pred);
        for (param, arg) in params.iter().zip(args) {
            let reg = self.values[arg.vreg()].at;
            if self.values[param.vreg()].next != NEVER && reg != NO_REG && self.occupied & bit(reg) == 0 {
                self.place(param.vreg() as u32, reg);
                self.values[param.vreg()].home = reg;
            }
        }
        self.look_away(pred);
        let (first, ends) = self.span_of_edges(f, b);
        for param in params {
            let v = param.vreg() as u32;
            if self.values[v as usize].next == NEVER || self.is_in_register(v) {
                continue;
            }
            if self.new_place(v).as_slot().is_some() {
                // The edges write its slot.
                let value = &mut self.values[v as usize];
                value.first = value.first.min(first);
                value.last = value.last.max(ends);
            }
        }
    }

    /// The first and the last position at which an edge into the block writes.
    fn span_of_edges<F: Machine>(&self, f: &F, b: u32) -> (u32, u32) {
        let at = self.blocks[b as usize].first;
        f.block_preds(Block::new(b as usize)).iter().fold((at, at), |(first, last), pred| {
            let at = self.blocks[pred.index()].last;
            (first.min(at), last.max(at))
        })
    }

    /// Has values that a loop uses loaded before it, as far as there is room.
    fn hoist(&mut self, l: u32) {
        let this = self.loops[l as usize];
        for n in this.live.0..this.live.1 {
            let v = self.through[n as usize];
            let value = &self.values[v as usize];
            if value.reg != NO_REG || value.next > this.end {
                continue;
            }
            let class = usize::from(value.class);
            // What the loop needs for itself stays free.
            let inside = u32::from(this.pressure[class]).min(self.registers(class));
            let held = (self.occupied & self.class_of(v)).count_ones();
            let reserve = inside.saturating_sub(held).min(4);
            self.place_if_free(v, reserve.saturating_sub(1));
        }
    }

    /// Makes the moves of an edge between blocks of which one has several predecessors, at the end of the other.
    fn connect<F: Machine>(&mut self, f: &F, pred: u32, b: u32) {
        self.look_at_end_of(pred);
        let last = self.blocks[pred as usize].last;
        let (from, to) = self.blocks[b as usize].entry;
        for n in from..to {
            let (v, reg) = self.states[n as usize];
            if self.values[v as usize].is_param && self.values[v as usize].block == b {
                continue;
            }
            let source = self.source(v, pred);
            self.push_move(v, Loc::reg(reg), source, last);
        }
        let params = f.block_params(Block::new(b as usize));
        if !params.is_empty() {
            let args = arguments(f, pred, b, &self.blocks);
            for (param, arg) in params.iter().zip(args) {
                let (param, arg) = (param.vreg() as u32, arg.vreg() as u32);
                let target = match self.values[param as usize] {
                    p if p.in_memory => Loc::slot(param),
                    // Nobody uses it.
                    p if p.home == NO_REG || !self.is_at_entry(b, param) => continue,
                    p => Loc::reg(p.home),
                };
                if target == Loc::slot(arg) {
                    // Its own argument is still in its slot.
                    continue;
                }
                let source = self.source(arg, pred);
                self.push_move(arg, target, source, last);
            }
        }
        self.look_away(pred);
        self.resolve(When::Leave.at(last));
    }

    /// Whether a parameter is in a register at the beginning of its block.
    fn is_at_entry(&self, b: u32, param: u32) -> bool {
        let (from, to) = self.blocks[b as usize].entry;
        self.states[from as usize..to as usize].iter().any(|&(v, _)| v == param)
    }

    fn push_move(&mut self, value: u32, to: Loc, from: Loc, at: u32) {
        let value = &mut self.values[value as usize];
        if from.as_slot().is_some() {
            value.last = value.last.max(at);
        }
        let class = value.class;
        if to != from {
            self.parallel.moves.push((to, from, class));
        }
    }

    /// Puts moves that happen at once into an order.
    fn resolve(&mut self, at: u32) {
        if self.parallel.moves.is_empty() {
            return;
        }
        let mut moves = std::mem::take(&mut self.parallel.moves);
        if let [(to, from, class)] = moves[..] {
            self.transfer(at, to, from, class);
            moves.clear();
            self.parallel.moves = moves;
            return;
        }
        let mut ready = std::mem::take(&mut self.parallel.ready);
        for (n, &(to, from, _)) in moves.iter().enumerate() {
            *self.traffic(from) = Traffic { readers: 0, writer: NONE };
            *self.traffic(to) = Traffic { readers: 0, writer: n as u32 };
        }
        // What is written and read by different moves has both.
        for (n, &(to, from, _)) in moves.iter().enumerate() {
            self.traffic(from).readers += 1;
            self.traffic(to).writer = n as u32;
        }
        ready.clear();
        for (n, &(to, ..)) in moves.iter().enumerate() {
            if self.traffic(to).readers == 0 {
                ready.push(n as u32);
            }
        }
        let mut left = moves.len();
        let mut next = 0;
        while left > 0 {
            if let Some(n) = ready.pop() {
                let (to, from, class) = moves[n as usize];
                self.transfer(at, to, from, class);
                moves[n as usize].0 = MADE;
                left -= 1;
                self.was_read(from, &mut ready);
                continue;
            }
            // Only cycles are left. One move's source is put aside, so that the move that overwrites it can be made.
            while moves[next].0 == MADE {
                next += 1;
            }
            let (to, from, class) = moves[next];
            let mut at_registers = to.as_slot().is_none();
            let mut loc = from;
            while loc != to {
                at_registers &= loc.as_slot().is_none();
                loc = moves[self.traffic(loc).writer as usize].1;
            }
            let aside =
                if at_registers { Loc::reg(self.scratch[usize::from(class)]) } else { self.new_slot(at, class) };
            self.transfer(at, aside, from, class);
            *self.traffic(aside) = Traffic { readers: 1, writer: NONE };
            moves[next].1 = aside;
            self.was_read(from, &mut ready);
        }
        moves.clear();
        self.parallel.moves = moves;
        self.parallel.ready = ready;
    }

    fn traffic(&mut self, loc: Loc) -> &mut Traffic {
        match loc.as_slot() {
            Some(value) => &mut self.values[value as usize].traffic,
            None => &mut self.parallel.registers[loc.0 as usize],
        }
    }

    /// One reader less: if it was the last, the location may be overwritten.
    fn was_read(&mut self, loc: Loc, ready: &mut Vec<u32>) {
        let traffic = self.traffic(loc);
        traffic.readers -= 1;
        if traffic.readers == 0 && traffic.writer != NONE {
            ready.push(traffic.writer);
        }
    }

    /// One move, through a register if it is between slots.
    fn transfer(&mut self, at: u32, to: Loc, from: Loc, class: u8) {
        if to.as_slot().is_some() && from.as_slot().is_some() {
            let scratch = Loc::reg(self.scratch[usize::from(class)]);
            self.loose.push(Move { at, from, to: scratch });
            self.loose.push(Move { at, from: scratch, to });
        } else {
            self.loose.push(Move { at, from, to });
        }
    }

    /// A slot for a moment.
    fn new_slot(&mut self, at: u32, class: u8) -> Loc {
        let v = self.values.len() as u32;
        let inst = at / 8;
        self.values.push(super::Value {
            first: inst,
            last: inst,
            block: 0,
            need: 0,
            class,
            in_memory: true,
            ..super::Value::NEW
        });
        self.spilled.push(v);
        Loc::slot(v)
    }
}

/// Arguments on the edge between two blocks.
fn arguments<'f, F: Machine>(f: &'f F, pred: u32, b: u32, blocks: &[super::BlockData]) -> &'f [VReg] {
    let last = Inst::new(blocks[pred as usize].last as usize);
    f.branch_blockparams(Block::new(pred as usize), last, blocks[b as usize].edge as usize)
}
