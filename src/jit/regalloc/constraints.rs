//! Checks that regalloc2's checker does not make. That checker follows values from place to place, one whole instruction
//! at a time. It does not notice if an early result gets the register of an operand that is read later, and it checks
//! nothing at the end of an instruction one of whose results overwrites an operand. It treats places as mere names, so it
//! does not notice either if a vector's slot overlaps the next one.

use regalloc2::{
    Allocation, Edit, Function, Inst, Operand, OperandConstraint, OperandKind, OperandPos, Output, PReg, PRegSet,
    RegClass,
};
use std::fmt;

/// An instruction whose operands are not placed as it requires.
#[derive(Clone, Debug)]
pub struct Misplaced {
    /// The instruction.
    pub inst: Inst,
    /// The violated requirement.
    pub what: &'static str,
    /// The operands involved, with their places.
    pub operands: Vec<(Operand, Allocation)>,
}

impl fmt::Display for Misplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "instruction {}: {}:", self.inst.index(), self.what)?;
        self.operands.iter().try_for_each(|(operand, place)| write!(f, " {operand} at {place}"))
    }
}

/// Checks each instruction on its own: every operand is where the instruction requires it, and no operand shares a place
/// with another one that must last.
///
/// # Errors
/// The first instruction that violates this.
pub fn check<F: Function>(f: &F, output: &Output) -> Result<(), Misplaced> {
    for block in (0..f.num_blocks()).map(regalloc2::Block::new) {
        for inst in f.block_insns(block).iter() {
            let (ops, places) = (f.inst_operands(inst), output.inst_allocs(inst));
            let clobbers = f.inst_clobbers(inst);
            for (k, (&op, &place)) in ops.iter().zip(places).enumerate() {
                let wrong = |what, others: &[usize]| {
                    let operands = [k].iter().chain(others).map(|&n| (ops[n], places[n])).collect();
                    Err(Misplaced { inst, what, operands })
                };
                if !is_met(op, place, places) {
                    return wrong("an operand is in a place of the wrong kind", &[]);
                }
                if is_overwritten(op, place, clobbers) {
                    return wrong("an operand has to last, but its register is overwritten", &[]);
                }
                if let Some(other) = (0..k).find(|&n| places[n] == place && collide(op, ops[n])) {
                    return wrong("two operands exclude each other, but share a place", &[other]);
                }
            }
        }
    }
    Ok(())
}

/// A spill slot that overlaps another one or is outside the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedSlot {
    /// The index of its first word, and its size in words.
    pub slot: (usize, usize),
    /// Another slot that shares some of its words; `None` if some of its words are outside the frame.
    pub other: Option<(usize, usize)>,
}

impl fmt::Display for SharedSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, words) = self.slot;
        write!(f, "the spill slot of {words} words at {start} ")?;
        match self.other {
            Some((start, words)) => write!(f, "overlaps the one of {words} words at {start}"),
            None => write!(f, "is beyond the frame"),
        }
    }
}

/// Checks that all spill slots are inside the frame and that no two of them overlap.
///
/// # Errors
/// The first slot that violates this.
pub fn check_slots<F: Function>(f: &F, output: &Output) -> Result<(), SharedSlot> {
    let mut owners: Vec<Option<(usize, usize)>> = vec![None; output.num_spillslots];
    let mut used = |place: Allocation, class: RegClass| {
        let Some(slot) = place.as_stack() else { return Ok(()) };
        let slot = (slot.index(), f.spillslot_size(class));
        let Some(words) = owners.get_mut(slot.0..slot.0 + slot.1) else { return Err(SharedSlot { slot, other: None }) };
        if let Some(other) = words.iter().flatten().find(|other| **other != slot) {
            return Err(SharedSlot { slot, other: Some(*other) });
        }
        words.fill(Some(slot));
        Ok(())
    };
    for inst in (0..f.num_insts()).map(Inst::new) {
        let places = f.inst_operands(inst).iter().zip(output.inst_allocs(inst));
        places.into_iter().try_for_each(|(op, &place)| used(place, op.class()))?;
    }
    for (_, Edit::Move { from, to }) in &output.edits {
        // One side is a register; its class is that of the other side.
        if let Some(reg) = from.as_reg().or(to.as_reg()) {
            used(*from, reg.class())?;
            used(*to, reg.class())?;
        }
    }
    Ok(())
}

/// Whether a place meets the operand's constraint.
fn is_met(op: Operand, place: Allocation, places: &[Allocation]) -> bool {
    let reg: Option<PReg> = place.as_reg();
    match op.constraint() {
        OperandConstraint::Any => reg.is_none_or(|r| r.class() == op.class()),
        OperandConstraint::Reg => reg.is_some_and(|r| r.class() == op.class()),
        OperandConstraint::Limit(n) => reg.is_some_and(|r| r.class() == op.class() && r.hw_enc() < n),
        OperandConstraint::FixedReg(wanted) => reg == Some(wanted),
        OperandConstraint::Stack => place.is_stack(),
        OperandConstraint::Reuse(input) => place == places[input],
    }
}

/// Whether the instruction clobbers the register of a result, or of an operand that it reads at its end.
fn is_overwritten(op: Operand, place: Allocation, clobbers: PRegSet) -> bool {
    let lasts = op.kind() == OperandKind::Def || op.pos() == OperandPos::Late;
    lasts && place.as_reg().is_some_and(|reg| clobbers.contains(reg))
}

/// Whether two operands cannot share a place because one is written while the other must last. Two operands that are read
/// can share one; the checker decides whether it holds both values.
fn collide(a: Operand, b: Operand) -> bool {
    match (a.kind(), b.kind()) {
        (OperandKind::Use, OperandKind::Use) => false,
        (OperandKind::Def, OperandKind::Def) => true,
        (OperandKind::Use, OperandKind::Def) => a.pos() == OperandPos::Late || b.pos() == OperandPos::Early,
        (OperandKind::Def, OperandKind::Use) => collide(b, a),
    }
}
