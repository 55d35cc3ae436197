//! The checks themselves, on invented effects. The tests of each CPU call those that depend on its registers; `any`
//! returns an instruction, no matter which.

use super::*;
use crate::jit::isa::vcode::{BlockRecord, VCode};
use crate::jit::isa::width::W as Width;
use crate::runtime::libcalls::Libcall;
use regalloc2::{Block, SpillSlot};

/// Instructions that read and write these registers.
fn accesses(reads: &[PReg], writes: &[PReg]) -> Effects {
    let reads = reads.iter().map(|&reg| (reg, 64)).collect();
    Effects { reads, writes: writes.iter().copied().collect(), ..Effects::default() }
}

fn code<W: Witness>(any: &dyn Fn() -> W::Read, effects: &[Effects]) -> Code<W> {
    effects.iter().map(|effects| (any(), effects.clone())).collect()
}

fn stack(n: usize) -> Allocation {
    Allocation::stack(SpillSlot::new(n))
}

fn int(n: usize) -> VReg {
    VReg::new(n, RegClass::Int)
}

/// Flags may be read if the last instruction that was not a constant set them or read them, too.
pub fn flags_last_until_something_else_comes<W: Witness>(any: &dyn Fn() -> W::Read) {
    let none = Effects::default();
    let sets = Effects { flags: FlagsWritten::Useful, ..Effects::default() };
    let spoils = Effects { flags: FlagsWritten::Useless, ..Effects::default() };
    let reads = Effects { reads_flags: true, ..Effects::default() };
    let reads_and_sets = Effects { reads_flags: true, ..sets.clone() };
    let constant = Effects { constant: true, ..Effects::default() };
    let spoiling_constant = Effects { constant: true, ..spoils.clone() };
    // Whether flags are valid before; and whether they are valid afterwards, if all flags that are read are valid.
    for (before, instructions, expected) in [
        (false, &[][..], Some(false)),
        (true, &[], Some(true)),
        (false, &[&reads], None),
        (true, &[&reads, &reads], Some(true)),
        (false, &[&sets, &reads], Some(true)),
        (false, &[&sets, &constant, &reads], Some(true)),
        (false, &[&constant], Some(false)),
        (false, &[&constant, &reads], None),
        (true, &[&none], Some(false)),
        (true, &[&none, &reads], None),
        (false, &[&sets, &none, &reads], None),
        (true, &[&spoils], Some(false)),
        (true, &[&spoiling_constant], Some(false)),
        (false, &[&sets, &spoils, &reads], None),
        (false, &[&sets, &spoiling_constant, &reads], None),
        (false, &[&spoils, &sets, &reads], Some(true)),
        (false, &[&reads_and_sets], None),
        (true, &[&reads_and_sets, &reads], Some(true)),
    ] {
        let mut flags = before;
        let instructions: Vec<Effects> = instructions.iter().map(|&effects| effects.clone()).collect();
        let checked = check_flags::<W>(&mut flags, &code::<W>(any, &instructions));
        assert_eq!(checked.is_ok().then_some(flags), expected, "{before} {instructions:?}");
    }
}

/// A move is one instruction that reads one place, writes the other, and does nothing else.
pub fn a_move_reads_one_place_and_writes_the_other<W: Witness>(any: &dyn Fn() -> W::Read) {
    let [a, b, c] = [0, 1, 2].map(int_reg);
    let (from, to, slot, slots) = (Allocation::reg(a), Allocation::reg(b), stack(3), W::SLOTS);
    for (from, to, effects, is_one) in [
        (from, to, accesses(&[a], &[b]), true),
        (from, to, accesses(&[a], &[c]), false),
        (from, to, accesses(&[c], &[b]), false),
        (from, to, accesses(&[a, c], &[b]), false),
        (from, to, accesses(&[a], &[b, c]), false),
        (from, to, accesses(&[], &[b]), false),
        (from, to, accesses(&[a], &[]), false),
        (slot, to, accesses(&[slots], &[b]), true),
        (slot, to, accesses(&[slots], &[c]), false),
        (slot, to, accesses(&[slots, a], &[b]), false),
        (from, slot, accesses(&[a, slots], &[]), true),
        (from, slot, accesses(&[c, slots], &[]), false),
        (from, slot, accesses(&[slots], &[]), false),
        (from, slot, accesses(&[a, slots], &[b]), false),
    ] {
        let check = |effects: &[Effects]| check_edit::<W>(from, to, &code::<W>(any, effects)).is_ok();
        let case = format!("{from} to {to}: {effects:?}");
        assert_eq!(check(std::slice::from_ref(&effects)), is_one, "{case}");
        if !is_one {
            continue;
        }
        assert!(!check(&[]), "{case}");
        assert!(!check(&[effects.clone(), effects.clone()]), "{case}");
        for flags in [FlagsWritten::Useful, FlagsWritten::Useless] {
            assert!(!check(&[Effects { flags, ..effects.clone() }]), "{case}");
        }
        // The instruction that computes the slot's address may come first, in its own register.
        let Some(address) = W::SLOT_ADDRESS else { continue };
        let constant = |reg| Effects { constant: true, ..accesses(&[], &[reg]) };
        assert!(check(&[constant(address), effects.clone()]), "{case}");
        assert!(check(&[constant(address), constant(address), effects.clone()]), "{case}");
        assert!(!check(&[constant(c), effects.clone()]), "{case}");
        assert!(!check(&[accesses(&[], &[address]), effects.clone()]), "{case}");
        let flags = FlagsWritten::Useful;
        assert!(!check(&[Effects { flags, ..constant(address) }, effects.clone()]), "{case}");
    }
    // That register stands for the slot only after its address was computed.
    if let Some(address) = W::SLOT_ADDRESS {
        let loads = accesses(&[address], &[b]);
        let constant = Effects { constant: true, ..accesses(&[], &[address]) };
        let check = |effects: &[Effects]| check_edit::<W>(slot, to, &code::<W>(any, effects)).is_ok();
        assert_eq!([check(&[constant, loads.clone()]), check(&[loads])], [true, false]);
    }
}

/// Two moves are one instruction whose registers are in the order of their slots in memory: the highest number first.
pub fn two_moves_have_their_registers_in_order<W: Witness>(any: &dyn Fn() -> W::Read) {
    let [a, b, c] = [0, 1, 2].map(int_reg);
    let registers = [a, b].map(Allocation::reg);
    for (slots, [first, second]) in [([4, 5], [b, a]), ([5, 4], [a, b])] {
        let slots = slots.map(stack);
        let (stores, loads) = (accesses(&[first, second, W::SLOTS], &[]), accesses(&[W::SLOTS], &[first, second]));
        for (from, to, right, other) in [(registers, slots, &stores, &loads), (slots, registers, &loads, &stores)] {
            let check = |effects: &[Effects]| check_pair::<W>(from, to, &code::<W>(any, effects)).is_ok();
            let case = format!("{from:?} to {to:?}");
            assert!(check(std::slice::from_ref(right)), "{case}");
            assert!(!check(&[]), "{case}");
            assert!(!check(&[right.clone(), right.clone()]), "{case}");
            assert!(!check(std::slice::from_ref(other)), "{case}");
            for flags in [FlagsWritten::Useful, FlagsWritten::Useless] {
                assert!(!check(&[Effects { flags, ..right.clone() }]), "{case}");
            }
            let mut wrong = right.clone();
            wrong.reads.push((c, 64));
            assert!(!check(&[wrong]), "{case}");
            let mut wrong = right.clone();
            wrong.writes.push(c);
            assert!(!check(&[wrong]), "{case}");
            let mut wrong = right.clone();
            wrong.reads.reverse();
            wrong.writes.reverse();
            assert!(!check(&[wrong]), "{case}, exchanged");
        }
    }
}

/// An argument of a libcall must be in its register at the call, however it got there.
pub fn arguments_arrive_before_the_call<W: Witness>(any: &dyn Fn() -> W::Read) {
    let [first, second, third, _, other] = [0, 1, 2, 3, 4].map(|n| usize::from(W::RUNTIME_ARGS[n]));
    let reg = |number: usize| int_reg(number as u8);
    let copy = |from, to| Effects { copied: Some(Copied::Move { from, to }), ..accesses(&[reg(from)], &[reg(to)]) };
    let exchange =
        |a, b| Effects { copied: Some(Copied::Exchange(a, b)), ..accesses(&[reg(a), reg(b)], &[reg(a), reg(b)]) };
    let write = |to| accesses(&[], &[reg(to)]);
    let call = Effects { calls: true, ..Effects::default() };
    let value = LibArg::Value(Width::B32);
    let mut vcode: Lowered<W> =
        VCode { blocks: vec![BlockRecord::default()], order: vec![Block::new(0)], ..VCode::empty() };
    let mut check = |args: &[LibArg], at: &[usize], effects: &[Effects]| {
        let (libcall, handlers, args) = (Libcall::MemoryGrow, Vec::new(), args.to_vec());
        vcode.sides = vec![Side::Libcall { libcall, args, handlers, normal: None, ends: false }];
        let allocs: Vec<Allocation> = at.iter().map(|&number| Allocation::reg(reg(number))).collect();
        check_arguments::<W>(&vcode, 0, &allocs, &code::<W>(any, effects)).is_ok()
    };
    // A constant between two values has no operand.
    let args = [value, LibArg::Imm(7), value];
    let places = [other, first];
    assert!(check(&args, &places, &[copy(first, third), copy(other, first), write(second), call.clone()]));
    assert!(!check(&args, &places, &[copy(other, first), copy(first, third), write(second), call.clone()]));
    assert!(!check(&args, &places, &[copy(first, third), write(second), call.clone()]));
    assert!(!check(&args, &places, &[copy(other, first), write(second), call.clone()]));
    assert!(!check(&args, &places, &[copy(first, third), copy(other, first), write(first), call.clone()]));
    assert!(!check(&args, &places, &[copy(first, third), copy(other, first), write(third), call.clone()]));
    // Instructions after the call come too late, and do no harm.
    assert!(!check(&args, &places, &[copy(first, third), call.clone(), copy(other, first)]));
    assert!(check(&args, &places, &[copy(first, third), copy(other, first), call.clone(), write(first)]));
    // Two that are swapped, two values from one register, and nothing to move.
    let args = [value, value];
    assert!(check(&args, &[second, first], &[exchange(first, second), call.clone()]));
    assert!(!check(&args, &[second, first], &[copy(second, first), copy(first, second), call.clone()]));
    assert!(!check(&args, &[first, second], &[exchange(first, second), call.clone()]));
    assert!(check(&args, &[other, other], &[copy(other, first), copy(first, second), call.clone()]));
    assert!(check(&args, &[first, second], std::slice::from_ref(&call)));
    assert!(!check(&args, &[first], &[call]), "an argument without an operand");
}

/// A register that is read as 64 bits has zero upper bits from the last instruction that writes it, or from the register
/// that was moved into it.
#[test]
fn what_is_extended_has_zeros_above_in_the_end() {
    let [read, to, other] = [0, 1, 2].map(int_reg);
    let write = |upper, reg| Effects { upper, ..accesses(&[], &[reg]) };
    let copy = |from: PReg, to: PReg| {
        let copied = Some(Copied::Move { from: from.hw_enc(), to: to.hw_enc() });
        Effects { copied, ..accesses(&[from], &[to]) }
    };
    let (cleared, kept, written) = (write(Upper::Cleared, to), write(Upper::Kept, to), write(Upper::Written, to));
    let operands = [Operand::reg_use(int(0)), Operand::reg_def(int(1))];
    let check = |extended: &[usize], places: [Allocation; 2], effects: &[&Effects]| {
        let extended: BTreeSet<VReg> = extended.iter().map(|&n| int(n)).collect();
        check_extended(&extended, &operands, &places, effects.iter().copied()).is_ok()
    };
    let places = [read, to].map(Allocation::reg);
    // Which of the register read (0) and the register defined (1) are extended.
    for (extended, effects, is_right) in [
        (&[1][..], &[][..], false),
        (&[1], &[&cleared], true),
        (&[1], &[&written], false),
        (&[1], &[&kept], false),
        (&[1], &[&cleared, &kept], true),
        (&[1], &[&cleared, &written], false),
        (&[1], &[&written, &cleared], true),
        (&[1], &[&write(Upper::Cleared, other)], false),
        (&[1], &[&cleared, &write(Upper::Written, other)], true),
        (&[1], &[&copy(read, to)], false),
        (&[0, 1], &[&copy(read, to)], true),
        (&[0, 1], &[&copy(other, to)], false),
        (&[0, 1], &[&write(Upper::Cleared, other), &copy(other, to)], true),
        (&[0, 1], &[&write(Upper::Written, read), &copy(read, to)], false),
        (&[0, 1], &[&copy(read, to), &written], false),
        // A register that is not extended may hold anything.
        (&[], &[&written], true),
        (&[0], &[&written], true),
        (&[], &[], true),
    ] {
        assert_eq!(check(extended, places, effects), is_right, "{extended:?} {effects:?}");
    }
    // A result in the register of an operand, and a result in a slot.
    let one = [read, read].map(Allocation::reg);
    assert_eq!([&[0, 1][..], &[1]].map(|extended| check(extended, one, &[])), [true, false]);
    assert!(check(&[1], [Allocation::reg(read), stack(0)], &[]));
}
