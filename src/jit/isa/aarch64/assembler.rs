//! The primitives of emission: instructions with physical registers, constants, moves, jumps.

use super::A64;
use super::encode::{Imm, Place, encode, encode_access, offset_fits};
use super::fixup::Distance;
use super::immediate::{Piece, arithmetic, pieces};
use super::inst::Test;
use super::registers::{SP, X16, X17};
use super::table::{Cc, Op as M, W};
use crate::jit::buffer::Label;
use crate::jit::emit::{Emitter, Move};
use crate::jit::isa::layout;
use crate::jit::isa::vcode::MachBlock;
use regalloc2::{Allocation, RegClass};
use smallvec::{SmallVec, smallvec};

/// The state of emitting a function for this CPU.
pub(super) type Cx<'a> = Emitter<'a, A64>;

/// The number of an operand's register.
pub(super) fn reg(alloc: Allocation) -> u8 {
    alloc.as_reg().expect("an operand in a register").hw_enc() as u8
}

/// Appends an instruction.
pub(super) fn word(cx: &mut Cx<'_>, word: u32) {
    cx.asm.put_all(&word.to_le_bytes());
}

/// Appends a row for integers or lanes of integers; its registers are in the table's order.
pub(super) fn op(cx: &mut Cx<'_>, op: M, w: W, registers: &[u8]) {
    op_imm(cx, op, w, registers, Imm::None);
}

/// As [`op`], with an immediate.
pub(super) fn op_imm(cx: &mut Cx<'_>, op: M, w: W, registers: &[u8], imm: Imm) {
    word(cx, encode(op, w, false, registers, imm));
}

/// Appends a row for floats or lanes of floats: 64-bit ones if `double`, otherwise 32-bit ones.
pub(super) fn op_float(cx: &mut Cx<'_>, op: M, double: bool, registers: &[u8]) {
    word(cx, encode(op, W::B64, double, registers, Imm::None));
}

/// Copies a 64-bit register; neither register may be the stack pointer.
pub(super) fn mov(cx: &mut Cx<'_>, to: u8, from: u8) {
    op(cx, M::Mov, W::B64, &[to, from]);
}

/// The instructions that make a constant.
fn constant(to: u8, bits: u64) -> SmallVec<[u32; 5]> {
    let wide = u32::from(bits >> 32 != 0) << 31;
    let half = |opcode: u32, bits: u16, at: u8| opcode | u32::from(at) << 21 | u32::from(bits) << 5;
    let instruction = |piece| match piece {
        Piece::Zeros(bits, at) => half(0x5280_0000, bits, at),
        Piece::Ones(bits, at) => half(0x1280_0000, bits, at),
        Piece::Keep(bits, at) => half(0x7280_0000, bits, at),
        Piece::Logical(fields) => 0x3200_03e0 | fields << 10,
    };
    pieces(bits).into_iter().map(|piece| instruction(piece) | wide | u32::from(to)).collect()
}

/// Makes a constant; leaves flags alone.
pub(super) fn load_const(cx: &mut Cx<'_>, to: u8, bits: u64) {
    constant(to, bits).into_iter().for_each(|instruction| word(cx, instruction));
}

/// The instructions of [`add_offset`].
fn sum(to: u8, from: u8, offset: i64) -> SmallVec<[u32; 5]> {
    let (op, magnitude) = if offset < 0 { (M::SubImm, offset.unsigned_abs()) } else { (M::AddImm, offset as u64) };
    let with = |to, from, (value, shifted)| encode(op, W::B64, false, &[to, from], Imm::Arithmetic(value, shifted));
    if let Some(fields) = arithmetic(magnitude) {
        return smallvec![with(to, from, fields)];
    }
    if magnitude < 1 << 24 {
        let between = if to == SP && from != SP { X16 } else { to };
        let (upper, lower) = ((magnitude >> 12) as u16, (magnitude & 0xfff) as u16);
        return smallvec![with(between, from, (upper, true)), with(to, between, (lower, false))];
    }
    debug_assert_ne!(from, X16);
    let mut instructions = constant(X16, offset as u64);
    // The extended form, whose first two registers may be the stack pointer.
    instructions.push(0x8b20_6000 | u32::from(X16) << 16 | u32::from(from) << 5 | u32::from(to));
    instructions
}

/// Computes `to = from + offset`, where either register may be the stack pointer. Overwrites x16 if the offset is large;
/// preserves flags.
///
/// The stack pointer never leaves the range between its old and its new value: a signal may be handled between two
/// instructions, and its handler overwrites what is below the stack pointer.
pub(super) fn add_offset(cx: &mut Cx<'_>, to: u8, from: u8, offset: i64) {
    sum(to, from, offset).into_iter().for_each(|instruction| word(cx, instruction));
}

/// Returns the place `base + offset` for an access; overwrites x17 if the offset is large; preserves flags.
pub(super) fn within_reach(cx: &mut Cx<'_>, base: u8, offset: i32, access: W) -> Place {
    if offset_fits(offset, access) {
        return Place::Offset { base, offset };
    }
    load_const(cx, X17, offset as u64);
    Place::Index { base, index: X17, scaled: false, extend: None }
}

/// Loads or stores a register at `base + offset`; overwrites x17 if the offset is large.
pub(super) fn access(cx: &mut Cx<'_>, op: M, register: u8, base: u8, offset: i32) {
    let width = op.desc().access.expect("an access");
    let place = within_reach(cx, base, offset, width);
    word(cx, encode_access(op, register, place));
}

/// Loads 64 bits.
pub(super) fn load(cx: &mut Cx<'_>, to: u8, base: u8, offset: i32) {
    access(cx, M::Ldr64, to, base, offset);
}

/// Stores 64 bits.
pub(super) fn store(cx: &mut Cx<'_>, from: u8, base: u8, offset: i32) {
    access(cx, M::Str64, from, base, offset);
}

/// The frame's size in bytes.
pub(super) fn frame_bytes(cx: &Cx<'_>) -> u32 {
    layout::frame_bytes(cx.vcode, cx.output.num_spillslots)
}

/// The offset of a spill slot from the stack pointer: such offsets are positive and so reach farther than those from the
/// frame pointer.
pub(super) fn slot(cx: &Cx<'_>, slot: Allocation, class: RegClass) -> i32 {
    let slot = slot.as_stack().expect("a register or a slot");
    frame_bytes(cx) as i32 + layout::spill(cx.vcode, slot.index(), class)
}

/// Moves a value between registers and slots. Preserves flags, and x16, which the allocator may be using.
pub(super) fn emit_move(cx: &mut Cx<'_>, from: Allocation, to: Allocation, class: RegClass) {
    let wide = cx.vcode.has_vectors;
    let (load, store) = match class {
        RegClass::Int => (M::Ldr64, M::Str64),
        _ if wide => (M::LdrQ, M::StrQ),
        _ => (M::LdrD, M::StrD),
    };
    match (class, from.as_reg(), to.as_reg()) {
        (RegClass::Int, Some(from), Some(to)) => mov(cx, to.hw_enc() as u8, from.hw_enc() as u8),
        (_, Some(from), Some(to)) => mov_vector(cx, to.hw_enc() as u8, from.hw_enc() as u8),
        (_, None, Some(to)) => {
            let offset = slot(cx, from, class);
            access(cx, load, to.hw_enc() as u8, SP, offset);
        }
        (_, Some(from), None) => {
            let offset = slot(cx, to, class);
            access(cx, store, from.hw_enc() as u8, SP, offset);
        }
        (_, None, None) => unreachable!("the allocator makes no moves between slots"),
    }
}

/// Moves two registers to or from neighbouring slots, if the slots are within reach of one instruction.
pub(super) fn emit_pair(cx: &mut Cx<'_>, [first, second]: [Move; 2]) -> bool {
    if first.class != second.class {
        return false;
    }
    // Load and store pair, with a signed offset.
    let (load, store, bytes) = match first.class {
        RegClass::Int => (0xa940_0000, 0xa900_0000, 8),
        _ if cx.vcode.has_vectors => (0xad40_0000, 0xad00_0000, 16),
        _ => (0x6d40_0000, 0x6d00_0000, 8),
    };
    let (instruction, [a, b], slots) = match (first.from.as_reg(), first.to.as_reg()) {
        (None, Some(a)) if second.from.is_stack() => (load, [Some(a), second.to.as_reg()], [first.from, second.from]),
        (Some(a), None) if second.to.is_stack() => (store, [Some(a), second.from.as_reg()], [first.to, second.to]),
        _ => return false,
    };
    let (Some(mut low), Some(mut high)) = (a, b) else { return false };
    let [mut offset, other] = slots.map(|at| slot(cx, at, first.class));
    if other == offset - bytes {
        (low, high, offset) = (high, low, other);
    } else if other != offset + bytes {
        return false;
    }
    // A pair of loads into the same register is undefined.
    let count = offset / bytes;
    if !(0..=63).contains(&count) || offset % bytes != 0 || instruction == load && low == high {
        return false;
    }
    let [low, high] = [low, high].map(|reg| reg.hw_enc() as u32);
    word(cx, instruction | (count as u32) << 15 | high << 10 | u32::from(SP) << 5 | low);
    true
}

/// Copies all bits of a vector register.
pub(super) fn mov_vector(cx: &mut Cx<'_>, to: u8, from: u8) {
    op(cx, M::VOrr, W::B64, &[to, from, from]);
}

/// Appends an instruction whose field refers to a label.
fn refer(cx: &mut Cx<'_>, instruction: u32, kind: Distance, label: Label) {
    let at = cx.position();
    word(cx, instruction);
    cx.asm.refer(at, kind, label);
}

/// Appends a jump within the function.
pub(super) fn jump_to(cx: &mut Cx<'_>, label: Label) {
    refer(cx, 0x1400_0000, Distance::Jump, label);
}

/// Continues at a block.
pub(super) fn jump(cx: &mut Cx<'_>, to: MachBlock) {
    if !cx.falls_through(to) {
        let label = cx.label(to);
        jump_to(cx, label);
    }
}

/// A conditional jump by flags.
pub(super) fn jump_cc(cx: &mut Cx<'_>, cc: Cc, label: Label) {
    jump_if(cx, Test::Flags(cc), 0, label);
}

/// Jumps if the test holds (of `register`, if it tests a register); falls through otherwise.
pub(super) fn jump_if(cx: &mut Cx<'_>, test: Test, register: u8, label: Label) {
    let register = u32::from(register);
    match test {
        Test::Flags(cc) => refer(cx, 0x5400_0000 | cc as u32, Distance::Condition, label),
        Test::Zero { w, not } => {
            let wide = u32::from(w == W::B64) << 31;
            refer(cx, 0x3400_0000 | wide | u32::from(not) << 24 | register, Distance::Condition, label);
        }
        Test::Bit { bit, set } => {
            let number = u32::from(bit >> 5) << 31 | u32::from(bit & 31) << 19;
            refer(cx, 0x3600_0000 | number | u32::from(set) << 24 | register, Distance::Bit, label);
        }
    }
}

/// Sets `to` to the address of a nearby label.
pub(super) fn address_of(cx: &mut Cx<'_>, to: u8, label: Label) {
    refer(cx, 0x1000_0000 | u32::from(to), Distance::Address, label);
}

/// Loads an entry of the constant pool into a float register.
pub(super) fn load_pool(cx: &mut Cx<'_>, op: M, to: u8, entry: u32) {
    let at = cx.position();
    if cx.far {
        // adr x16, 0; movz x17; movk x17; then the access at their sum.
        word(cx, 0x1000_0000 | u32::from(X16));
        word(cx, 0xd280_0000 | u32::from(X17));
        word(cx, 0xf2a0_0000 | u32::from(X17));
        cx.pool_reference(at + 4, Distance::Far, entry);
        let place = Place::Index { base: X16, index: X17, scaled: false, extend: None };
        return word(cx, encode_access(op, to, place));
    }
    let literal = match op {
        M::LdrS => 0x1c00_0000,
        M::LdrD => 0x5c00_0000,
        M::LdrQ => 0x9c00_0000,
        _ => unreachable!("constants of the pool are floats and vectors"),
    };
    word(cx, literal | u32::from(to));
    cx.pool_reference(at, Distance::Literal, entry);
}

/// Calls the code whose address is in a register.
pub(super) fn call_register(cx: &mut Cx<'_>, register: u8) {
    word(cx, 0xd63f_0000 | u32::from(register) << 5);
}

/// Jumps to the code whose address is in a register.
pub(super) fn jump_register(cx: &mut Cx<'_>, register: u8) {
    word(cx, 0xd61f_0000 | u32::from(register) << 5);
}

/// An instruction that always faults.
pub(super) fn undefined(cx: &mut Cx<'_>) {
    word(cx, 0);
}

/// Compares the stack pointer with a register.
pub(super) fn compare_sp(cx: &mut Cx<'_>, register: u8) {
    word(cx, 0xeb20_63ff | u32::from(register) << 16);
}

/// Appends a jump to a label that is bound soon after, within a sequence.
pub(super) fn skip_if(cx: &mut Cx<'_>, test: Test, register: u8) -> Label {
    let label = cx.asm.label();
    jump_if(cx, test, register, label);
    label
}

#[cfg(test)]
mod tests {
    use super::super::immediate::logical;
    use super::super::registers::{FP, LR, X0, X9};
    use super::*;

    /// Executes one of the instructions that compute a sum with this offset. Register 31 is the stack pointer.
    fn execute(word: u32, offset: i64, registers: &mut [u64; 32]) {
        let field = |at: u32| (word >> at & 31) as usize;
        let (d, n, m) = (field(0), field(5), field(16));
        let immediate = u64::from(word >> 10 & 0xfff) << (12 * (word >> 22 & 1));
        let at = 16 * (word >> 21 & 3);
        let half = u64::from(word >> 5 & 0xffff) << at;
        registers[d] = match word & 0xff80_0000 {
            // add and sub with an immediate.
            0x9100_0000 => registers[n].wrapping_add(immediate),
            0xd100_0000 => registers[n].wrapping_sub(immediate),
            // add of registers, the second one extended from 64 bits, that is, unchanged.
            0x8b00_0000 if word & 0x0020_fc00 == 0x0020_6000 => registers[n].wrapping_add(registers[m]),
            // movz with 32 bits and with 64; movn and movk.
            0x5280_0000 | 0xd280_0000 => half,
            0x9280_0000 => !half,
            0x7280_0000 | 0xf280_0000 => registers[d] & !(0xffff << at) | half,
            // orr with the whole constant.
            0xb200_0000 => {
                assert_eq!(logical(offset as u64, W::B64), Some(word >> 10 & 0x1fff), "{word:#x}");
                offset as u64
            }
            _ => panic!("{word:#x}"),
        };
    }

    /// If the source is another register, only the last instruction writes the stack pointer; if it is the stack pointer
    /// itself, that moves in one direction only. Nothing else is written except x16.
    #[test]
    fn the_stack_pointer_is_never_above_live_data() {
        let magnitudes = [
            0,
            1,
            16,
            4080,
            4095,
            4096,
            4097,
            4112,
            8191,
            8192,
            0xf_fff0,
            (1 << 24) - 4096,
            (1 << 24) - 16,
            (1 << 24) - 1,
            1 << 24,
            (1 << 24) + 1,
            (1 << 24) + 16,
            0x1234_5670,
        ];
        for (to, from) in [(SP, FP), (SP, SP), (SP, X9), (LR, SP), (X0, FP), (X9, X9)] {
            for offset in magnitudes.iter().flat_map(|&magnitude| [magnitude, -magnitude]) {
                let case = format!("x{to} = x{from} + {offset:#x}");
                let before: [u64; 32] = std::array::from_fn(|n| (n as u64 + 1) << 40 | 0xabcd_e000);
                let expected = before[usize::from(from)].wrapping_add_signed(offset);
                let mut registers = before;
                let instructions = sum(to, from, offset);
                let (last, others) = instructions.split_last().expect("an instruction");
                for &word in others {
                    execute(word, offset, &mut registers);
                    let (now, then) = (registers[usize::from(SP)], before[usize::from(SP)]);
                    if from == SP {
                        assert!((then.min(expected)..=then.max(expected)).contains(&now), "{case}");
                    } else {
                        assert_eq!(now, then, "{case}");
                    }
                }
                execute(*last, offset, &mut registers);
                assert_eq!(registers[usize::from(to)], expected, "{case}");
                registers[usize::from(to)] = before[usize::from(to)];
                registers[usize::from(X16)] = before[usize::from(X16)];
                assert_eq!(registers, before, "{case}");
            }
        }
    }
}
