//! Bugs of the museum in register allocation. They change an allocation that the checker has already accepted.

use crate::jit::isa::{Isa, Lowered};
use crate::museum::{Bug, planted};
use regalloc2::{Allocation, Edit, Inst, InstPosition, OperandConstraint, OperandKind, Output, PReg};

/// Spoils an allocation as the planted bug does.
pub(super) fn spoil<I: Isa>(vcode: &Lowered<I>, output: &mut Output) {
    if planted(Bug::FixedArgument) {
        fixed_argument::<I>(vcode, output);
    }
    if planted(Bug::LostCycleMove) {
        lost_cycle_move::<I>(output);
    }
}

fn drop_edits(output: &mut Output, lost: &[usize]) {
    let mut at = 0;
    output.edits.retain(|_| {
        at += 1;
        !lost.contains(&(at - 1))
    });
}

/// Whether anything between two edits of one block writes the register.
fn written_between<I: Isa>(vcode: &Lowered<I>, output: &Output, reg: PReg, from: usize, to: usize) -> bool {
    let place = Allocation::reg(reg);
    let moved = output.edits[from + 1..to].iter().any(|(_, Edit::Move { to, .. })| *to == place);
    let (first, last) = (output.edits[from].0, output.edits[to].0);
    let start = if first.pos() == InstPosition::Before { first.inst().index() } else { first.inst().index() + 1 };
    let defined = (start..last.inst().index()).any(|inst| {
        let allocs = output.inst_allocs(Inst::new(inst));
        vcode.operands_of(inst).iter().zip(allocs).any(|(o, a)| o.kind() == OperandKind::Def && *a == place)
    });
    moved || defined
}

/// See [`Bug::FixedArgument`].
fn fixed_argument<I: Isa>(vcode: &Lowered<I>, output: &mut Output) {
    // Calls with so many arguments in registers: a program whose every call may be wrong does not live to see one.
    const ARGUMENTS: std::ops::RangeInclusive<usize> = 3..=5;
    let block_of = |inst: Inst| vcode.blocks.iter().position(|b| b.insts.contains(&(inst.index() as u32)));
    let mut lost = Vec::new();
    for (n, &(point, Edit::Move { from, to })) in output.edits.iter().enumerate() {
        let (Some(reg), InstPosition::Before) = (to.as_reg(), point.pos()) else { continue };
        let inst = point.inst();
        let is_call = !vcode.clobbers[usize::from(vcode.insts[inst.index()].clobbers)].is_empty(reg.class());
        let fixed = |o: &regalloc2::Operand| match (o.kind(), o.constraint()) {
            (OperandKind::Use, OperandConstraint::FixedReg(reg)) => Some(reg),
            _ => None,
        };
        let arguments: Vec<PReg> = vcode.operands_of(inst.index()).iter().filter_map(fixed).collect();
        if !is_call || !ARGUMENTS.contains(&arguments.len()) || !arguments.contains(&reg) {
            continue;
        }
        // Its way out of the register, earlier in this block.
        let block = block_of(inst);
        let away = (0..n).rev().find(|&m| {
            let (_, Edit::Move { from: source, to: target }) = output.edits[m];
            source == to && target == from
        });
        if let Some(away) = away
            && block_of(output.edits[away].0.inst()) == block
            && written_between::<I>(vcode, output, reg, away, n)
        {
            lost.push(n);
        }
    }
    drop_edits(output, &lost);
}

/// See [`Bug::LostCycleMove`].
fn lost_cycle_move<I: Isa>(output: &mut Output) {
    let scratch = Allocation::reg(crate::jit::isa::int_reg(I::TARGET.abi.int_scratch));
    let mut lost = Vec::new();
    for (n, &(point, Edit::Move { from, .. })) in output.edits.iter().enumerate() {
        if from != scratch {
            continue;
        }
        // A cycle: what the scratch register saved was overwritten in between.
        let same = |m: &usize| output.edits[*m].0 == point;
        let saved = (0..n).rev().take_while(same).find_map(|m| match output.edits[m].1 {
            Edit::Move { from, to } if to == scratch => Some((m, from)),
            _ => None,
        });
        if let Some((m, saved)) = saved
            && saved.is_reg()
            && output.edits[m + 1..n].iter().any(|(_, Edit::Move { to, .. })| *to == saved)
        {
            lost.push(n);
        }
    }
    drop_edits(output, &lost);
}

/// Spill slots in which only values are put that an instruction has extended from 32 bits: see [`Bug::SpilledI32`].
pub(in crate::jit) fn narrow_slots<I: Isa>(vcode: &Lowered<I>, output: &Output) -> Vec<Allocation> {
    let mut slots: Vec<(Allocation, bool)> = Vec::new();
    if !planted(Bug::SpilledI32) {
        return Vec::new();
    }
    for &(point, Edit::Move { from, to }) in &output.edits {
        if !to.is_stack() || !from.is_reg() {
            continue;
        }
        // The instruction before that defines the register.
        let block = vcode.blocks.iter().find(|b| b.insts.contains(&(point.inst().index() as u32)));
        let start = block.map_or(0, |b| b.insts.start as usize);
        let end = point.inst().index() + usize::from(point.pos() == InstPosition::After);
        let definition = (start..end).rev().find(|&inst| {
            let operands = vcode.operands_of(inst).iter().zip(output.inst_allocs(Inst::new(inst)));
            operands.into_iter().any(|(o, a)| o.kind() == OperandKind::Def && *a == from)
        });
        let narrow = definition.is_some_and(|inst| I::extends_32(&vcode.insts[inst].inst));
        match slots.iter_mut().find(|(slot, _)| *slot == to) {
            Some((_, all)) => *all &= narrow,
            None => slots.push((to, narrow)),
        }
    }
    slots.into_iter().filter(|&(_, narrow)| narrow).map(|(slot, _)| slot).collect()
}
