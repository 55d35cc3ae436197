//! One instruction: registers for its operands, and room for them.
//!
//! All moves come before the instruction, one after the other. What the instruction writes goes to registers that are
//! free once it has read its operands; so values that have to leave such a register do so before.

use super::{ENDS, Loc, Machine, Mask, Move, NEVER, NO_REG, NONE, Reg, Scan, Unfit, When, bit, bits, number};
use regalloc2::{Allocation, Inst, Operand, OperandConstraint, OperandKind, OperandPos};

impl Scan {
    pub(super) fn inst<F: Machine>(&mut self, f: &F, i: u32) -> Result<(), Unfit> {
        let ops = f.inst_operands(Inst::new(i as usize));
        let clobbers = self.clobbers(f, i);
        if self.calls.last() == Some(&i) {
            self.calls.pop();
        }
        if ops.is_empty() && clobbers == 0 {
            return Ok(());
        }
        let base = self.offsets[i as usize] as usize;
        let (mut fixed_uses, mut fixed_defs): (Mask, Mask) = (0, 0);
        let (mut anywhere, mut ends, mut early_defs, mut late_defs) = (false, false, false, false);
        for (k, op) in ops.iter().enumerate() {
            let fixed = match op.constraint() {
                OperandConstraint::FixedReg(reg) => bit(number(reg)),
                _ => 0,
            };
            match op.kind() {
                OperandKind::Use => {
                    let entry = self.uses[base + k];
                    let value = &mut self.values[op.vreg().vreg()];
                    value.next = entry & !ENDS;
                    value.last = value.last.max(i);
                    value.used = i;
                    if entry & ENDS != 0 && !(self.in_loop != NONE && value.looped == self.in_loop) {
                        value.ends = i;
                        ends = true;
                    }
                    fixed_uses |= fixed;
                    anywhere |= matches!(op.constraint(), OperandConstraint::Any | OperandConstraint::Stack);
                }
                OperandKind::Def => {
                    fixed_defs |= fixed;
                    match op.pos() {
                        OperandPos::Early => early_defs = true,
                        OperandPos::Late => late_defs = true,
                    }
                }
            }
        }
        self.early = 0;
        self.late = clobbers & !fixed_defs;
        if fixed_uses != 0 {
            self.fixed_uses(ops, i, fixed_uses, fixed_defs | clobbers)?;
        }
        for (k, op) in ops.iter().enumerate() {
            if op.kind() == OperandKind::Use && matches!(op.constraint(), OperandConstraint::Reg) {
                let reg = self.register_use(op, i, fixed_uses, fixed_defs | clobbers)?;
                self.allocs[base + k] = Allocation::reg(super::preg(reg));
            }
        }
        if anywhere {
            for (k, op) in ops.iter().enumerate() {
                if op.kind() == OperandKind::Use {
                    self.any_use(op, i, base + k, clobbers);
                }
            }
        }
        if fixed_uses != 0 {
            for (k, op) in ops.iter().enumerate() {
                if let (OperandKind::Use, OperandConstraint::FixedReg(reg)) = (op.kind(), op.constraint()) {
                    self.allocs[base + k] = Allocation::reg(reg);
                }
            }
        }
        if early_defs {
            self.early_defs(ops, i, base, fixed_uses, fixed_defs)?;
        }
        if ends {
            for op in ops {
                let value = &self.values[op.vreg().vreg()];
                if value.ends == i && value.reg != NO_REG {
                    self.unplace(value.reg);
                }
            }
        }
        // Values that the instruction overwrites leave before it.
        let overwritten = self.occupied & (clobbers | fixed_defs) & !self.kept(ops, i, early_defs);
        if overwritten != 0 {
            self.displace(overwritten, i, clobbers | fixed_defs);
        }
        if late_defs {
            self.late_defs(ops, i, base, fixed_defs, f.is_branch(Inst::new(i as usize)))?;
        }
        // What nobody uses has a register for the moment.
        if early_defs || late_defs {
            for op in ops {
                if op.kind() == OperandKind::Def {
                    let value = &self.values[op.vreg().vreg()];
                    if value.next == NEVER && value.reg != NO_REG {
                        self.unplace(value.reg);
                    }
                }
            }
        }
        Ok(())
    }

    /// Registers of values that the instruction has just defined.
    fn kept(&self, ops: &[Operand], i: u32, early_defs: bool) -> Mask {
        let mut mask = 0;
        if early_defs {
            for op in ops {
                let value = &self.values[op.vreg().vreg()];
                if op.kind() == OperandKind::Def && value.first == i && value.reg != NO_REG {
                    mask |= bit(value.reg);
                }
            }
        }
        mask
    }

    fn before(&mut self, i: u32, from: Loc, to: Reg) {
        self.moves.push(Move { at: When::Before.at(i), from, to: Loc::reg(to) });
    }

    /// Brings a value into a register that is free, from wherever it is. If it ends there, or was nowhere, that is where
    /// it is from now on.
    fn bring(&mut self, value: u32, reg: Reg, i: u32, overwritten: Mask) {
        match self.values[value as usize].reg {
            NO_REG => {
                self.needs(value, self.block);
                self.before(i, Loc::slot(value), reg);
                if overwritten & bit(reg) == 0 {
                    self.place(value, reg);
                }
            }
            from => {
                self.before(i, Loc::reg(from), reg);
                let ends = self.values[value as usize].ends == i;
                if ends || overwritten & bit(from) != 0 && overwritten & bit(reg) == 0 {
                    self.unplace(from);
                    self.place(value, reg);
                }
            }
        }
    }

    fn fixed_uses(&mut self, ops: &[Operand], i: u32, fixed: Mask, overwritten: Mask) -> Result<(), Unfit> {
        for op in ops {
            let (OperandKind::Use, OperandConstraint::FixedReg(reg)) = (op.kind(), op.constraint()) else { continue };
            let (value, reg) = (op.vreg().vreg() as u32, number(reg));
            if self.values[value as usize].reg != reg && self.early & bit(reg) == 0 {
                if self.occupied & bit(reg) != 0 {
                    self.vacate(ops, i, reg, fixed, overwritten)?;
                }
                self.bring(value, reg, i, overwritten);
            }
            self.early |= bit(reg);
            if op.pos() == OperandPos::Late {
                self.late |= bit(reg);
            }
        }
        Ok(())
    }

    /// Makes room in a register that an operand wants.
    fn vacate(&mut self, ops: &[Operand], i: u32, reg: Reg, fixed: Mask, overwritten: Mask) -> Result<(), Unfit> {
        let value = self.content[usize::from(reg)];
        let free = self.class_of(value) & !(self.occupied | self.early);
        if self.values[value as usize].used != i {
            let free = free & !(fixed | overwritten);
            self.unplace(reg);
            if free != 0 {
                let to = self.choose(free, self.wish(value));
                self.before(i, Loc::reg(reg), to);
                self.place(value, to);
            }
            return Ok(());
        }
        // The instruction wants it elsewhere: perhaps in another certain register.
        let own = ops.iter().find_map(|op| match (op.kind(), op.constraint()) {
            (OperandKind::Use, OperandConstraint::FixedReg(to)) if op.vreg().vreg() as u32 == value => {
                Some(number(to)).filter(|&to| free & bit(to) != 0)
            }
            _ => None,
        });
        let to = match own {
            Some(to) => to,
            None if free & !fixed != 0 => {
                let free = free & !fixed;
                let lasting = free & !overwritten;
                self.choose(if lasting != 0 { lasting } else { free }, 0)
            }
            None => {
                // Nothing else to give up: it can be read from its slot again.
                self.unplace(reg);
                return Ok(());
            }
        };
        self.unplace(reg);
        self.before(i, Loc::reg(reg), to);
        self.place(value, to);
        Ok(())
    }

    /// A register for a use that may be in any.
    fn register_use(&mut self, op: &Operand, i: u32, fixed: Mask, overwritten: Mask) -> Result<Reg, Unfit> {
        let value = op.vreg().vreg() as u32;
        let late = op.pos() == OperandPos::Late;
        let now = self.values[value as usize].reg;
        if now != NO_REG && !(late && overwritten & bit(now) != 0) {
            self.early |= bit(now);
            if late {
                self.late |= bit(now);
            }
            return Ok(now);
        }
        let mut allowed = self.class_of(value) & !(self.early | fixed);
        if late {
            allowed &= !overwritten;
        }
        let free = allowed & !self.occupied;
        // Where it can stay.
        let lasting = free & !overwritten;
        let reg = if lasting != 0 {
            self.choose(lasting, self.wish(value))
        } else if free != 0 {
            self.choose(free, self.wish(value))
        } else {
            let reg = self.farthest(allowed, i)?;
            self.unplace(reg);
            reg
        };
        self.bring(value, reg, i, overwritten);
        self.early |= bit(reg);
        if late {
            self.late |= bit(reg);
        }
        Ok(reg)
    }

    fn any_use(&mut self, op: &Operand, i: u32, index: usize, clobbers: Mask) {
        let stack = match op.constraint() {
            OperandConstraint::Any => false,
            OperandConstraint::Stack => true,
            _ => return,
        };
        let value = op.vreg().vreg() as u32;
        let mut reg = self.values[value as usize].reg;
        if reg == NO_REG && !stack && clobbers == 0 && self.values[value as usize].ends != i {
            // It may pay to have it in a register from here on.
            let free = self.class_of(value) & !(self.occupied | self.early | self.late);
            let soon = self.values[value as usize].next <= self.calls.last().copied().unwrap_or(NEVER);
            if free != 0 && soon {
                reg = self.choose(free, self.wish(value));
                self.bring(value, reg, i, 0);
            }
        }
        if reg == NO_REG || stack {
            self.needs(value, self.block);
            self.in_slot(value, index);
        } else {
            self.early |= bit(reg);
            if op.pos() == OperandPos::Late {
                self.late |= bit(reg);
            }
            self.allocs[index] = Allocation::reg(super::preg(reg));
        }
    }

    /// An operand that is in the value's slot.
    fn in_slot(&mut self, value: u32, index: usize) {
        self.allocs[index] = Allocation::stack(regalloc2::SpillSlot::new(value as usize));
        self.stack_allocs.push(index as u32);
    }

    /// Of occupied registers, the one whose value is needed last; those that the instruction mentions only if need be.
    fn farthest(&self, allowed: Mask, i: u32) -> Result<Reg, Unfit> {
        let mut best = (0, NO_REG);
        for reg in bits(allowed & self.occupied) {
            let value = &self.values[self.content[usize::from(reg)] as usize];
            let mut distance = u64::from(value.next.max(i) - i);
            if value.held >= i {
                distance = distance.min(u64::from(value.held - i));
            }
            // What has to be stored first is worth more.
            distance = distance * if value.need == NONE { 4 } else { 6 } + 2;
            if value.used == i {
                distance = 1;
            }
            if distance > best.0 {
                best = (distance, reg);
            }
        }
        if best.1 == NO_REG { Err(Unfit::Operands) } else { Ok(best.1) }
    }

    fn early_defs(&mut self, ops: &[Operand], i: u32, base: usize, uses: Mask, defs: Mask) -> Result<(), Unfit> {
        for (k, op) in ops.iter().enumerate() {
            if op.kind() != OperandKind::Def || op.pos() != OperandPos::Early {
                continue;
            }
            let value = op.vreg().vreg() as u32;
            let reg = match op.constraint() {
                OperandConstraint::Reg | OperandConstraint::Any => {
                    let allowed = self.class_of(value) & !(self.early | self.late | uses | defs);
                    match allowed & !self.occupied {
                        0 => {
                            let reg = self.farthest(allowed, i)?;
                            self.unplace(reg);
                            reg
                        }
                        free => self.choose(free, self.wish(value)),
                    }
                }
                OperandConstraint::FixedReg(reg) => {
                    let reg = number(reg);
                    if self.early & bit(reg) != 0 {
                        return Err(Unfit::Operands);
                    }
                    if self.occupied & bit(reg) != 0 {
                        self.vacate(ops, i, reg, uses | defs, defs)?;
                    }
                    reg
                }
                _ => return Err(Unfit::Operands),
            };
            self.define(value, reg, base + k);
            self.early |= bit(reg);
        }
        Ok(())
    }

    fn define(&mut self, value: u32, reg: Reg, index: usize) {
        self.place(value, reg);
        self.settle(value, reg);
        self.late |= bit(reg);
        self.allocs[index] = Allocation::reg(super::preg(reg));
    }

    /// Moves values out of registers that the instruction overwrites, to others if there are any.
    fn displace(&mut self, registers: Mask, i: u32, overwritten: Mask) {
        for reg in bits(registers) {
            let value = self.content[usize::from(reg)];
            self.unplace(reg);
            let free = self.class_of(value) & !(self.occupied | self.early | self.late | overwritten);
            if free != 0 {
                let to = self.choose(free, self.wish(value));
                self.before(i, Loc::reg(reg), to);
                self.place(value, to);
            }
        }
    }

    fn late_defs(&mut self, ops: &[Operand], i: u32, base: usize, fixed: Mask, terminates: bool) -> Result<(), Unfit> {
        let late = |op: &Operand| op.kind() == OperandKind::Def && op.pos() == OperandPos::Late;
        if fixed != 0 {
            for (k, op) in ops.iter().enumerate().filter(|(_, op)| late(op)) {
                if let OperandConstraint::FixedReg(reg) = op.constraint() {
                    self.define(op.vreg().vreg() as u32, number(reg), base + k);
                }
            }
        }
        for (k, op) in ops.iter().enumerate().filter(|(_, op)| late(op)) {
            let value = op.vreg().vreg() as u32;
            // Nothing can be stored after a terminator.
            if terminates && !matches!(op.constraint(), OperandConstraint::Any | OperandConstraint::Stack) {
                return Err(Unfit::Operands);
            }
            match op.constraint() {
                OperandConstraint::Reuse(input) => self.reuse(ops, i, base, k, input)?,
                OperandConstraint::Any | OperandConstraint::Stack => {
                    self.define_in_memory(value);
                    self.in_slot(value, base + k);
                }
                OperandConstraint::Reg => {
                    let allowed = self.class_of(value) & !(self.late | fixed);
                    let reg = match allowed & !self.occupied {
                        0 => {
                            let reg = self.farthest(allowed, i)?;
                            self.unplace(reg);
                            reg
                        }
                        free => self.choose(free, self.wish(value)),
                    };
                    self.define(value, reg, base + k);
                }
                OperandConstraint::FixedReg(_) => {}
                OperandConstraint::Limit(_) => return Err(Unfit::Operands),
            }
        }
        Ok(())
    }

    /// A result that overwrites an operand.
    fn reuse(&mut self, ops: &[Operand], i: u32, base: usize, k: usize, input: usize) -> Result<(), Unfit> {
        let value = ops[k].vreg().vreg() as u32;
        let Some(reg) = self.allocs[base + input].as_reg().map(number) else { return Err(Unfit::Operands) };
        let old = ops[input].vreg().vreg() as u32;
        if (self.occupied | self.late) & bit(reg) == 0 {
            self.define(value, reg, base + k);
            return Ok(());
        }
        // The operand is needed later, or must last: the result gets a copy of it, or it moves away.
        let free = self.class_of(value) & !(self.occupied | self.early | self.late);
        let movable = self.late & bit(reg) == 0 && self.content[usize::from(reg)] == old;
        if free == 0 && movable {
            let others = self.class_of(value) & !(self.early | self.late);
            // Something else may be needed later still.
            if let Ok(other) = self.farthest(others, i)
                && self.distance(self.content[usize::from(other)], i) > self.distance(old, i)
            {
                self.unplace(other);
                self.before(i, Loc::reg(reg), other);
                self.allocs[base + input] = Allocation::reg(super::preg(other));
                self.early |= bit(other);
                self.define(value, other, base + k);
                return Ok(());
            }
            self.unplace(reg);
            self.define(value, reg, base + k);
            return Ok(());
        }
        let wish = self.wish(value);
        if free != 0 && movable && wish & bit(reg) != 0 && self.values[old as usize].held < i {
            let to = self.choose(free, self.wish(old));
            self.before(i, Loc::reg(reg), to);
            self.unplace(reg);
            self.place(old, to);
            self.define(value, reg, base + k);
            return Ok(());
        }
        let to = if free != 0 {
            self.choose(free, wish)
        } else {
            let to = self.farthest(self.class_of(value) & !(self.early | self.late), i)?;
            self.unplace(to);
            to
        };
        self.before(i, Loc::reg(reg), to);
        self.allocs[base + input] = Allocation::reg(super::preg(to));
        self.early |= bit(to);
        self.define(value, to, base + k);
        Ok(())
    }

    fn distance(&self, value: u32, i: u32) -> u32 {
        let value = &self.values[value as usize];
        let next = if value.held >= i { value.next.min(value.held) } else { value.next };
        next.max(i) - i
    }
}
