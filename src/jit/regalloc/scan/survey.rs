//! The pass backwards: uses, liveness, hints.

use super::{
    BlockData, CLASS_MASK, ENDS, Loop, Machine, NEVER, NO_REG, NONE, Scan, Unfit, Value, bit, class_index, number,
};
use regalloc2::{Block, Inst, OperandConstraint, OperandKind, VReg};

/// Entries of all lists of live values that a function may have for each of its instructions, and at least.
const LIVE_PER_INST: usize = 64;
const LIVE_AT_LEAST: usize = 1 << 16;

impl Scan {
    pub(super) fn survey<F: Machine>(&mut self, f: &F) -> Result<(), Unfit> {
        self.values.clear();
        self.values.resize(f.num_vregs(), Value::NEW);
        self.offsets.clear();
        let mut operands = 0;
        for inst in 0..f.num_insts() {
            self.offsets.push(operands);
            operands += f.inst_operands(Inst::new(inst)).len() as u32;
        }
        self.offsets.push(operands);
        if f.num_insts() >= NEVER as usize / 8 {
            return Err(Unfit::Crowded);
        }
        self.uses.clear();
        self.uses.resize(operands as usize, 0);
        self.live.clear();
        self.calls.clear();
        self.shy = 0;
        self.blocks.clear();
        self.blocks.resize(f.num_blocks(), BlockData::default());
        let room = LIVE_AT_LEAST + f.num_insts() * LIVE_PER_INST;
        for b in (0..f.num_blocks()).rev() {
            self.survey_block(f, b)?;
            if self.live.len() > room {
                return Err(Unfit::Crowded);
            }
        }
        for b in 0..f.num_blocks() {
            let block = Block::new(b);
            let succs = f.block_succs(block);
            for (n, succ) in succs.iter().enumerate() {
                self.blocks[succ.index()].edge = n as u32;
                // Moves of an edge are made at one of its ends.
                let ends_alone = f.block_preds(*succ).len() == 1;
                let last = Inst::new(self.blocks[b].last as usize);
                if !ends_alone && (succs.len() > 1 || !f.inst_operands(last).is_empty()) {
                    return Err(Unfit::Operands);
                }
            }
        }
        self.find_loops(f)?;
        self.find_dominators(f);
        self.find_calling_loops(f);
        self.find_live_through(room)
    }

    fn survey_block<F: Machine>(&mut self, f: &F, b: usize) -> Result<(), Unfit> {
        let block = Block::new(b);
        let (this, insts) = (b as u32, f.block_insns(block));
        let (first, last) = (insts.first().index(), insts.last().index());
        let start = self.live.len();
        // How many values are live, by class.
        let mut count = [0u32; 2];
        for succ in f.block_succs(block) {
            if succ.index() > b {
                let (from, to) = self.blocks[succ.index()].live;
                for n in from..to {
                    let v = self.live[n as usize];
                    let value = &mut self.values[v as usize];
                    if value.seen != this {
                        value.seen = this;
                        count[usize::from(value.class)] += 1;
                        self.live.push(v);
                    }
                }
            }
        }
        let args = self.uses.len();
        let terminator = Inst::new(last);
        if f.is_branch(terminator) {
            for (n, succ) in f.block_succs(block).iter().enumerate() {
                let params = f.block_params(*succ);
                for (arg, param) in f.branch_blockparams(block, terminator, n).iter().zip(params) {
                    let ends = self.use_of(*arg, last as u32, this, &mut count);
                    self.uses.push(ends);
                    self.values[arg.vreg()].link = param.vreg() as u32;
                }
            }
        }
        let mut most = count;
        let mut calls = false;
        let cold = f.is_cold(block);
        for i in (first..=last).rev() {
            let inst = Inst::new(i);
            let ops = f.inst_operands(inst);
            let base = self.offsets[i] as usize;
            let mut fixed = 0;
            for op in ops {
                if op.kind() == OperandKind::Def {
                    let v = op.vreg().vreg();
                    let class = class_index(op.class());
                    let value = &mut self.values[v];
                    value.class = class as u8;
                    value.block = this;
                    value.first = i as u32;
                    value.last = i as u32;
                    if value.seen == this {
                        count[class] -= 1;
                    }
                    if let OperandConstraint::FixedReg(reg) = op.constraint() {
                        fixed |= bit(number(reg));
                    }
                }
            }
            for (k, op) in ops.iter().enumerate().rev() {
                if op.kind() == OperandKind::Use {
                    let vreg = op.vreg();
                    self.uses[base + k] = self.use_of(vreg, i as u32, this, &mut count);
                    match op.constraint() {
                        OperandConstraint::FixedReg(reg) => {
                            fixed |= bit(number(reg));
                            let value = &mut self.values[vreg.vreg()];
                            value.hint = number(reg);
                            value.hint_at = i as u32;
                        }
                        OperandConstraint::Limit(_) => return Err(Unfit::Operands),
                        _ => {}
                    }
                }
            }
            for op in ops {
                if let (OperandKind::Def, OperandConstraint::Reuse(input)) = (op.kind(), op.constraint())
                    && self.uses[base + input] & ENDS != 0
                {
                    self.values[ops[input].vreg().vreg()].link = op.vreg().vreg() as u32;
                }
            }
            for class in 0..2 {
                most[class] = most[class].max(count[class]);
            }
            let clobbers = self.clobbers(f, i as u32);
            if self.is_call(clobbers) {
                calls = true;
                if !cold {
                    self.calls.push(i as u32);
                }
            } else if !(f.is_ret(inst) || b == 0 && i == first) {
                self.shy |= fixed;
            }
        }
        for param in f.block_params(block) {
            let value = &mut self.values[param.vreg()];
            value.class = class_index(param.class()) as u8;
            value.block = this;
            value.first = first as u32;
            value.last = first as u32;
            value.is_param = true;
        }
        let mut kept = start;
        for n in start..self.live.len() {
            let v = self.live[n];
            if self.values[v as usize].block != this {
                self.live[kept] = v;
                kept += 1;
            }
        }
        self.live.truncate(kept);
        self.blocks[b] = BlockData {
            first: first as u32,
            last: last as u32,
            live: (start as u32, kept as u32),
            args: args as u32,
            in_loop: NONE,
            pressure: most.map(|n| n.min(u32::from(u16::MAX)) as u16),
            cold,
            calls,
            ..BlockData::default()
        };
        Ok(())
    }

    /// Notes a use: the next one, and whether the value ends with it.
    fn use_of(&mut self, vreg: VReg, at: u32, block: u32, count: &mut [u32; 2]) -> u32 {
        let class = class_index(vreg.class());
        let value = &mut self.values[vreg.vreg()];
        let mut entry = value.next;
        value.next = at;
        if value.seen != block {
            value.seen = block;
            value.class = class as u8;
            count[class] += 1;
            self.live.push(vreg.vreg() as u32);
            entry |= ENDS;
        }
        entry
    }

    /// Collects for each loop the values that are live throughout: those that its header needs from before.
    fn find_live_through(&mut self, room: usize) -> Result<(), Unfit> {
        self.through.clear();
        for l in (0..self.loops.len()).rev() {
            let start = self.through.len() as u32;
            let (header, parent) = (self.loops[l].header, self.loops[l].parent);
            // No block has such a number.
            let stamp = NEVER - 1 - l as u32;
            let outer = if parent == NONE { (0, 0) } else { self.loops[parent as usize].live };
            for n in outer.0..outer.1 {
                let v = self.through[n as usize];
                self.values[v as usize].seen = stamp;
                self.through.push(v);
            }
            let (from, to) = self.blocks[header as usize].live;
            for n in from..to {
                let v = self.live[n as usize];
                if self.values[v as usize].seen != stamp {
                    self.through.push(v);
                }
            }
            self.loops[l].live = (start, self.through.len() as u32);
            if self.through.len() > room {
                return Err(Unfit::Crowded);
            }
        }
        self.find_pressure(room)
    }

    /// Finds out how many values are live at once in each loop. In a block that is all that is live there as far as the
    /// way forward goes, and what is live throughout the loop.
    fn find_pressure(&mut self, room: usize) -> Result<(), Unfit> {
        let (mut last, mut cost) = (NONE, 0);
        let mut through = [0u16; 2];
        for b in 0..self.blocks.len() {
            let BlockData { in_loop, live, pressure, .. } = self.blocks[b];
            if in_loop == NONE {
                continue;
            }
            let this = &mut self.loops[in_loop as usize];
            if in_loop != last {
                last = in_loop;
                through = [0; 2];
                // Values will be marked once more like this, each time that a loop is entered or returned to.
                cost += (this.live.1 - this.live.0) as usize;
                if cost > room {
                    return Err(Unfit::Crowded);
                }
                for n in this.live.0..this.live.1 {
                    let value = &mut self.values[self.through[n as usize] as usize];
                    value.looped = in_loop;
                    let count = &mut through[usize::from(value.class)];
                    *count = count.saturating_add(1);
                }
            }
            let mut all = [0, 1].map(|c| u32::from(through[c]) + u32::from(pressure[c]));
            for n in live.0..live.1 {
                let value = &self.values[self.live[n as usize] as usize];
                all[usize::from(value.class)] -= u32::from(value.looped == in_loop);
            }
            for (most, all) in this.pressure.iter_mut().zip(all) {
                *most = (*most).max(all.min(u32::from(u16::MAX)) as u16);
            }
        }
        for value in &mut self.values {
            value.looped = NONE;
        }
        for l in 0..self.loops.len() {
            let Loop { parent, pressure, .. } = self.loops[l];
            if parent != NONE {
                let outer = &mut self.loops[parent as usize].pressure;
                *outer = [0, 1].map(|c| outer[c].max(pressure[c]));
            }
        }
        Ok(())
    }

    /// Marks what a block needs from before: see [`Scan::is_live_in`].
    pub(super) fn mark_live(&mut self, b: u32) {
        let block = self.blocks[b as usize];
        for n in block.live.0..block.live.1 {
            let value = &mut self.values[self.live[n as usize] as usize];
            value.seen = b;
            value.last = value.last.max(block.first);
        }
        if block.in_loop != self.in_loop {
            self.in_loop = block.in_loop;
            if block.in_loop != NONE {
                let this = self.loops[block.in_loop as usize];
                for n in this.live.0..this.live.1 {
                    let value = &mut self.values[self.through[n as usize] as usize];
                    value.looped = block.in_loop;
                    value.last = value.last.max(this.end);
                }
            }
        }
    }

    /// Whether the block that was marked last needs the value from before.
    pub(super) fn is_live_in(&self, value: u32) -> bool {
        let value = &self.values[value as usize];
        value.seen == self.block || self.is_looped(value)
    }

    /// Whether the value is live in all of the loop around the block.
    pub(super) fn is_looped(&self, value: &Value) -> bool {
        self.in_loop != NONE && value.looped == self.in_loop
    }

    /// Number of registers of a class.
    pub(super) fn registers(&self, class: usize) -> u32 {
        (self.all & CLASS_MASK[class]).count_ones()
    }

    /// Checks that the value was not placed yet.
    pub(super) fn is_in_register(&self, value: u32) -> bool {
        self.values[value as usize].reg != NO_REG
    }
}
