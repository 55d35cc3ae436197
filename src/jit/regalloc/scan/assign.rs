//! Allocation for one instruction: assigns registers to its operands and makes room for them.
//!
//! All moves come before the instruction, in order. Results go to registers that are free once the operands have been
//! read, so values that must leave such a register do so before the instruction.

use super::index::{IntervalId, Position};
use super::moves::{Loc, Move, When};
use super::registers::{Mask, NO_REG, Reg, bit, bits, number, preg};
use super::{BlockFrequency, Scan, Unfit};
use regalloc2::{Allocation, Operand, OperandConstraint, OperandKind, OperandPos, SpillSlot};

/// The instruction that is being allocated.
struct Current<'f> {
    ops: &'f [Operand],
    at: Position,
    /// Index of its first operand.
    base: usize,
    /// Registers that operands require.
    fixed_uses: Mask,
    /// Registers that results require.
    fixed_defs: Mask,
    /// Registers that the instruction clobbers in addition to its results.
    clobbers: Mask,
}

impl Current<'_> {
    /// Registers in which no value survives the instruction.
    fn overwritten(&self) -> Mask {
        self.fixed_defs | self.clobbers
    }
}

impl Scan {
    /// Allocates the operands of an instruction.
    ///
    /// # Errors
    /// [`Unfit::Operands`].
    pub(super) fn inst<F: BlockFrequency>(&mut self, f: &F, i: Position) -> Result<(), Unfit> {
        let ops = f.inst_operands(i.inst());
        let clobbers = self.clobbers.of(f, &self.file, i);
        if self.survey.calls.last() == Some(&i) {
            self.survey.calls.pop();
        }
        if ops.is_empty() && clobbers == 0 {
            return Ok(());
        }
        let base = self.survey.offsets[i.number()] as usize;
        let (mut fixed_uses, mut fixed_defs): (Mask, Mask) = (0, 0);
        let (mut anywhere, mut ends, mut early_defs, mut late_defs) = (false, false, false, false);
        for (k, op) in ops.iter().enumerate() {
            let fixed = match op.constraint() {
                OperandConstraint::FixedReg(reg) => bit(number(reg)),
                _ => 0,
            };
            match op.kind() {
                OperandKind::Use => {
                    let using = self.survey.uses[base + k];
                    let through = self.in_loop;
                    let value = &mut self.intervals[IntervalId::of(op.vreg())];
                    value.live.next = using.position();
                    value.read_at(i);
                    value.marks.used = i;
                    if using.ends() && (through.is_none() || value.marks.through != through) {
                        value.marks.ends = i;
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
        let cur = Current { ops, at: i, base, fixed_uses, fixed_defs, clobbers };
        self.registers.early = 0;
        self.registers.late = clobbers & !fixed_defs;
        if fixed_uses != 0 {
            self.fixed_uses(&cur);
        }
        for (k, op) in ops.iter().enumerate() {
            if op.kind() == OperandKind::Use && matches!(op.constraint(), OperandConstraint::Reg) {
                let reg = self.register_use(&cur, op)?;
                self.edits.operands[base + k] = Allocation::reg(preg(reg));
            }
        }
        if anywhere {
            for k in (0..ops.len()).filter(|&k| ops[k].kind() == OperandKind::Use) {
                self.any_use(&cur, k);
            }
        }
        if fixed_uses != 0 {
            for (k, op) in ops.iter().enumerate() {
                if let (OperandKind::Use, OperandConstraint::FixedReg(reg)) = (op.kind(), op.constraint()) {
                    self.edits.operands[base + k] = Allocation::reg(reg);
                }
            }
        }
        if early_defs {
            self.early_defs(&cur)?;
        }
        if ends {
            for op in ops {
                let value = &self.intervals[IntervalId::of(op.vreg())];
                if value.marks.ends == i && value.place.reg != NO_REG {
                    self.unplace(value.place.reg);
                }
            }
        }
        // Values in registers that the instruction overwrites leave them before it.
        let overwritten = self.registers.occupied & cur.overwritten() & !self.kept(&cur, early_defs);
        if overwritten != 0 {
            self.displace(&cur, overwritten);
        }
        if late_defs {
            self.late_defs(&cur, f.is_branch(i.inst()))?;
        }
        // A result that is never used occupies a register only for this instruction.
        if early_defs || late_defs {
            for op in ops {
                if op.kind() == OperandKind::Def {
                    let value = &self.intervals[IntervalId::of(op.vreg())];
                    if value.live.next == Position::NEVER && value.place.reg != NO_REG {
                        self.unplace(value.place.reg);
                    }
                }
            }
        }
        Ok(())
    }

    /// Registers of values that the instruction has just defined.
    fn kept(&self, cur: &Current<'_>, early_defs: bool) -> Mask {
        let mut mask = 0;
        if early_defs {
            for op in cur.ops {
                let value = &self.intervals[IntervalId::of(op.vreg())];
                if op.kind() == OperandKind::Def && value.live.first == cur.at && value.place.reg != NO_REG {
                    mask |= bit(value.place.reg);
                }
            }
        }
        mask
    }

    /// Adds a move before the instruction.
    fn before(&mut self, i: Position, from: Loc, to: Reg) {
        self.edits.ordered.push(Move { at: When::Before.at(i), from, to: Loc::reg(to) });
    }

    /// Moves or loads a value into a free register. If the value dies here or was in no register, it is in that register
    /// from now on.
    fn bring(&mut self, value: IntervalId, reg: Reg, i: Position, overwritten: Mask) {
        match self.intervals[value].place.reg {
            NO_REG => {
                self.read_from_slot(value, self.block);
                self.before(i, self.slot(value), reg);
                if overwritten & bit(reg) == 0 {
                    self.place(value, reg);
                }
            }
            from => {
                self.before(i, Loc::reg(from), reg);
                let ends = self.intervals[value].marks.ends == i;
                if ends || overwritten & bit(from) != 0 && overwritten & bit(reg) == 0 {
                    self.unplace(from);
                    self.place(value, reg);
                }
            }
        }
    }

    /// Brings values into the registers that their uses require.
    fn fixed_uses(&mut self, cur: &Current<'_>) {
        for op in cur.ops {
            let (OperandKind::Use, OperandConstraint::FixedReg(reg)) = (op.kind(), op.constraint()) else { continue };
            let (value, reg) = (IntervalId::of(op.vreg()), number(reg));
            if self.intervals[value].place.reg != reg && self.registers.early & bit(reg) == 0 {
                if self.registers.occupied & bit(reg) != 0 {
                    self.vacate(cur, reg, cur.fixed_uses, cur.overwritten());
                }
                self.bring(value, reg, cur.at, cur.overwritten());
            }
            self.registers.early |= bit(reg);
            if op.pos() == OperandPos::Late {
                self.registers.late |= bit(reg);
            }
        }
    }

    /// Makes room in a register that an operand requires. The value in it moves to another register if there is one, but
    /// not to one of the `fixed` registers, which other operands require, unless the value itself is required there.
    fn vacate(&mut self, cur: &Current<'_>, reg: Reg, fixed: Mask, overwritten: Mask) {
        let value = self.registers.at(reg);
        let free = self.allowed(value) & !(self.registers.occupied | self.registers.early);
        if self.intervals[value].marks.used != cur.at {
            let free = free & !(fixed | overwritten);
            self.unplace(reg);
            if free != 0 {
                let to = self.choose(free, self.wish(value));
                self.before(cur.at, Loc::reg(reg), to);
                self.place(value, to);
            }
            return;
        }
        // The instruction uses this value, too, and may require it in another register.
        let own = cur.ops.iter().find_map(|op| match (op.kind(), op.constraint()) {
            (OperandKind::Use, OperandConstraint::FixedReg(to)) if IntervalId::of(op.vreg()) == value => {
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
                // No other register is available. The value can be read from its slot again.
                self.unplace(reg);
                return;
            }
        };
        self.unplace(reg);
        self.before(cur.at, Loc::reg(reg), to);
        self.place(value, to);
    }

    /// Returns a register for a use that may be in any register.
    fn register_use(&mut self, cur: &Current<'_>, op: &Operand) -> Result<Reg, Unfit> {
        let overwritten = cur.overwritten();
        let value = IntervalId::of(op.vreg());
        let late = op.pos() == OperandPos::Late;
        let now = self.intervals[value].place.reg;
        if now != NO_REG && !(late && overwritten & bit(now) != 0) {
            self.registers.early |= bit(now);
            if late {
                self.registers.late |= bit(now);
            }
            return Ok(now);
        }
        let mut allowed = self.allowed(value) & !(self.registers.early | cur.fixed_uses);
        if late {
            allowed &= !overwritten;
        }
        let free = allowed & !self.registers.occupied;
        // The registers in which the value can stay.
        let lasting = free & !overwritten;
        let reg = if lasting != 0 {
            self.choose(lasting, self.wish(value))
        } else if free != 0 {
            self.choose(free, self.wish(value))
        } else {
            let reg = self.farthest(allowed, cur.at)?;
            self.unplace(reg);
            reg
        };
        self.bring(value, reg, cur.at, overwritten);
        self.registers.early |= bit(reg);
        if late {
            self.registers.late |= bit(reg);
        }
        Ok(reg)
    }

    /// Allocates a use that may or must be in its slot.
    fn any_use(&mut self, cur: &Current<'_>, k: usize) {
        let (op, index) = (&cur.ops[k], cur.base + k);
        let stack = match op.constraint() {
            OperandConstraint::Any => false,
            OperandConstraint::Stack => true,
            _ => return,
        };
        // An operand that must last is read from its slot if the instruction overwrites its register.
        let lost = if op.pos() == OperandPos::Late { cur.overwritten() } else { 0 };
        let value = IntervalId::of(op.vreg());
        let mut reg = self.intervals[value].place.reg;
        if reg == NO_REG && !stack && cur.clobbers == 0 && self.intervals[value].marks.ends != cur.at {
            // It may pay to keep the value in a register from here on.
            let taken = self.registers.occupied | self.registers.early | self.registers.late;
            let free = self.allowed(value) & !(taken | lost);
            let soon = self.intervals[value].live.next <= self.next_call();
            if free != 0 && soon {
                reg = self.choose(free, self.wish(value));
                self.bring(value, reg, cur.at, 0);
            }
        }
        if reg == NO_REG || stack || lost & bit(reg) != 0 {
            self.read_from_slot(value, self.block);
            self.in_slot(value, index);
        } else {
            self.registers.early |= bit(reg);
            if op.pos() == OperandPos::Late {
                self.registers.late |= bit(reg);
            }
            self.edits.operands[index] = Allocation::reg(preg(reg));
        }
    }

    /// Records that an operand is in the value's slot.
    fn in_slot(&mut self, value: IntervalId, index: usize) {
        self.edits.operands[index] = Allocation::stack(SpillSlot::new(value.0 as usize));
        self.edits.in_slots.push(index as u32);
    }

    /// Returns the occupied register whose value is needed last; a value that the instruction itself uses is chosen only
    /// if there is no other.
    fn farthest(&self, allowed: Mask, i: Position) -> Result<Reg, Unfit> {
        let mut best = (0, NO_REG);
        for reg in bits(allowed & self.registers.occupied) {
            let value = &self.intervals[self.registers.at(reg)];
            let mut distance = u64::from(i.distance_to(value.live.next));
            if value.place.promised >= i {
                distance = distance.min(u64::from(i.distance_to(value.place.promised)));
            }
            // A value without a slot would have to be stored, so it is better to keep it.
            distance = distance * if value.place.readers.is_none() { 4 } else { 6 } + 2;
            if value.marks.used == i {
                distance = 1;
            }
            if distance > best.0 {
                best = (distance, reg);
            }
        }
        if best.1 == NO_REG { Err(Unfit::Operands) } else { Ok(best.1) }
    }

    /// Assigns registers to results that are written before the operands have been read.
    fn early_defs(&mut self, cur: &Current<'_>) -> Result<(), Unfit> {
        let fixed = cur.fixed_uses | cur.fixed_defs;
        for (k, op) in cur.ops.iter().enumerate() {
            if op.kind() != OperandKind::Def || op.pos() != OperandPos::Early {
                continue;
            }
            let value = IntervalId::of(op.vreg());
            let reg = match op.constraint() {
                OperandConstraint::Reg | OperandConstraint::Any => {
                    let allowed = self.allowed(value) & !(self.registers.early | self.registers.late | fixed);
                    match allowed & !self.registers.occupied {
                        0 => {
                            let reg = self.farthest(allowed, cur.at)?;
                            self.unplace(reg);
                            reg
                        }
                        free => self.choose(free, self.wish(value)),
                    }
                }
                OperandConstraint::FixedReg(reg) => {
                    let reg = number(reg);
                    if self.registers.early & bit(reg) != 0 {
                        return Err(Unfit::Operands);
                    }
                    if self.registers.occupied & bit(reg) != 0 {
                        self.vacate(cur, reg, fixed, cur.fixed_defs);
                    }
                    reg
                }
                _ => return Err(Unfit::Operands),
            };
            self.define(value, reg, cur.base + k);
            self.registers.early |= bit(reg);
        }
        Ok(())
    }

    /// Puts a result into a free register.
    fn define(&mut self, value: IntervalId, reg: Reg, index: usize) {
        self.place(value, reg);
        self.settle(value, reg);
        self.registers.late |= bit(reg);
        self.edits.operands[index] = Allocation::reg(preg(reg));
    }

    /// Moves values out of registers that the instruction overwrites, to other registers if any are free.
    fn displace(&mut self, cur: &Current<'_>, registers: Mask) {
        for reg in bits(registers) {
            let value = self.registers.at(reg);
            self.unplace(reg);
            let free = self.allowed(value)
                & !(self.registers.occupied | self.registers.early | self.registers.late | cur.overwritten());
            if free != 0 {
                let to = self.choose(free, self.wish(value));
                self.before(cur.at, Loc::reg(reg), to);
                self.place(value, to);
            }
        }
    }

    /// Assigns places to results that are written after the operands have been read.
    fn late_defs(&mut self, cur: &Current<'_>, terminates: bool) -> Result<(), Unfit> {
        let late = |op: &Operand| op.kind() == OperandKind::Def && op.pos() == OperandPos::Late;
        if cur.fixed_defs != 0 {
            for (k, op) in cur.ops.iter().enumerate().filter(|(_, op)| late(op)) {
                if let OperandConstraint::FixedReg(reg) = op.constraint() {
                    self.define(IntervalId::of(op.vreg()), number(reg), cur.base + k);
                }
            }
        }
        for (k, op) in cur.ops.iter().enumerate().filter(|(_, op)| late(op)) {
            let value = IntervalId::of(op.vreg());
            // Nothing can be stored after a terminator.
            if terminates && !matches!(op.constraint(), OperandConstraint::Any | OperandConstraint::Stack) {
                return Err(Unfit::Operands);
            }
            match op.constraint() {
                OperandConstraint::Reuse(input) => self.reuse(cur, k, input)?,
                OperandConstraint::Any | OperandConstraint::Stack => {
                    self.define_in_memory(value);
                    self.in_slot(value, cur.base + k);
                }
                OperandConstraint::Reg => {
                    let allowed = self.allowed(value) & !(self.registers.late | cur.fixed_defs);
                    let reg = match allowed & !self.registers.occupied {
                        0 => {
                            let reg = self.farthest(allowed, cur.at)?;
                            self.unplace(reg);
                            reg
                        }
                        free => self.choose(free, self.wish(value)),
                    };
                    self.define(value, reg, cur.base + k);
                }
                OperandConstraint::FixedReg(_) => {}
                OperandConstraint::Limit(_) => return Err(Unfit::Operands),
            }
        }
        Ok(())
    }

    /// Allocates a result that overwrites an operand.
    fn reuse(&mut self, cur: &Current<'_>, k: usize, input: usize) -> Result<(), Unfit> {
        let Current { ops, at: i, base, .. } = *cur;
        let value = IntervalId::of(ops[k].vreg());
        let Some(reg) = self.edits.operands[base + input].as_reg().map(number) else { return Err(Unfit::Operands) };
        let old = IntervalId::of(ops[input].vreg());
        if (self.registers.occupied | self.registers.late) & bit(reg) == 0 {
            self.define(value, reg, base + k);
            return Ok(());
        }
        // The operand is needed later or must last: either the result gets a copy of it, or the operand moves away.
        let free = self.allowed(value) & !(self.registers.occupied | self.registers.early | self.registers.late);
        let movable = self.registers.late & bit(reg) == 0 && self.registers.at(reg) == old;
        if free == 0 && movable {
            let others = self.allowed(value) & !(self.registers.early | self.registers.late);
            // Another value may be needed even later.
            if let Ok(other) = self.farthest(others, i)
                && self.distance(self.registers.at(other), i) > self.distance(old, i)
            {
                self.unplace(other);
                self.before(i, Loc::reg(reg), other);
                self.edits.operands[base + input] = Allocation::reg(preg(other));
                self.registers.early |= bit(other);
                self.define(value, other, base + k);
                return Ok(());
            }
            self.unplace(reg);
            self.define(value, reg, base + k);
            return Ok(());
        }
        let wish = self.wish(value);
        if free != 0 && movable && wish & bit(reg) != 0 && self.intervals[old].place.promised < i {
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
            let to = self.farthest(self.allowed(value) & !(self.registers.early | self.registers.late), i)?;
            self.unplace(to);
            to
        };
        self.before(i, Loc::reg(reg), to);
        self.edits.operands[base + input] = Allocation::reg(preg(to));
        self.registers.early |= bit(to);
        self.define(value, to, base + k);
        Ok(())
    }

    /// The number of instructions until a value is needed by a use or by a promise.
    fn distance(&self, value: IntervalId, i: Position) -> u32 {
        let value = &self.intervals[value];
        let next = if value.place.promised >= i { value.live.next.min(value.place.promised) } else { value.live.next };
        i.distance_to(next)
    }
}
