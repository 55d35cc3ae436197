//! The primitives of emission: instructions over physical registers, constants, moves, jumps.

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

/// The state of emitting a function for this CPU.
pub(super) type Cx<'a> = Emitter<'a, A64>;

/// The number of the register of an operand.
pub(super) fn reg(alloc: Allocation) -> u8 {
    alloc.as_reg().expect("an operand in a register").hw_enc() as u8
}

/// Appends an instruction.
pub(super) fn word(cx: &mut Cx<'_>, word: u32) {
    cx.asm.put_all(&word.to_le_bytes());
}

/// A row on integers, or on lanes of them; its registers in the table's order.
pub(super) fn op(cx: &mut Cx<'_>, op: M, w: W, registers: &[u8]) {
    op_imm(cx, op, w, registers, Imm::None);
}

/// As [`op`], with an immediate.
pub(super) fn op_imm(cx: &mut Cx<'_>, op: M, w: W, registers: &[u8], imm: Imm) {
    word(cx, encode(op, w, false, registers, imm));
}

/// A row on floats, or on lanes of them: 64-bit ones if `double`, else 32-bit ones.
pub(super) fn op_float(cx: &mut Cx<'_>, op: M, double: bool, registers: &[u8]) {
    word(cx, encode(op, W::B64, double, registers, Imm::None));
}

/// Copies a register of 64 bits; neither may be the stack pointer.
pub(super) fn mov(cx: &mut Cx<'_>, to: u8, from: u8) {
    op(cx, M::Mov, W::B64, &[to, from]);
}

/// Makes a constant; leaves flags alone.
pub(super) fn load_const(cx: &mut Cx<'_>, to: u8, bits: u64) {
    let wide = u32::from(bits >> 32 != 0) << 31;
    for piece in pieces(bits) {
        let half = |opcode: u32, bits: u16, at: u8| opcode | u32::from(at) << 21 | u32::from(bits) << 5;
        let instruction = match piece {
            Piece::Zeros(bits, at) => half(0x5280_0000, bits, at),
            Piece::Ones(bits, at) => half(0x1280_0000, bits, at),
            Piece::Keep(bits, at) => half(0x7280_0000, bits, at),
            Piece::Logical(fields) => 0x3200_03e0 | fields << 10,
        };
        word(cx, instruction | wide | u32::from(to));
    }
}

/// `to = from + offset`, where either may be the stack pointer. Overwrites x16 if the offset is large; leaves flags
/// alone.
pub(super) fn add_offset(cx: &mut Cx<'_>, to: u8, from: u8, offset: i64) {
    let (op, magnitude) = if offset < 0 { (M::SubImm, offset.unsigned_abs()) } else { (M::AddImm, offset as u64) };
    if let Some((value, shifted)) = arithmetic(magnitude) {
        return op_imm(cx, op, W::B64, &[to, from], Imm::Arithmetic(value, shifted));
    }
    if magnitude < 1 << 24 {
        op_imm(cx, op, W::B64, &[to, from], Imm::Arithmetic((magnitude >> 12) as u16, true));
        return op_imm(cx, op, W::B64, &[to, to], Imm::Arithmetic((magnitude & 0xfff) as u16, false));
    }
    debug_assert_ne!(from, X16);
    load_const(cx, X16, offset as u64);
    // The extended form, in which the first two registers may be the stack pointer.
    word(cx, 0x8b20_6000 | u32::from(X16) << 16 | u32::from(from) << 5 | u32::from(to));
}

/// The place `base + offset` for an access; overwrites x17 if the offset is large, and leaves flags alone.
pub(super) fn within_reach(cx: &mut Cx<'_>, base: u8, offset: i32, access: W) -> Place {
    if offset_fits(offset, access) {
        return Place::Offset { base, offset };
    }
    load_const(cx, X17, offset as u64);
    Place::Index { base, index: X17, scaled: false, extend: None }
}

/// A load or store of a register at `base + offset`; overwrites x17 if the offset is large.
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

/// The offset of a spill slot from the stack pointer: these are positive, and so reach farther than those from the
/// frame pointer.
pub(super) fn slot(cx: &Cx<'_>, slot: Allocation, class: RegClass) -> i32 {
    let slot = slot.as_stack().expect("a register or a slot");
    frame_bytes(cx) as i32 + layout::spill(cx.vcode, slot.index(), class)
}

/// Moves a value between registers and slots. Flags survive, and so does x16, which the allocator may have in use.
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

/// Moves two registers to neighbouring slots or from there, if the slots are within reach of one instruction.
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
    // A pair of loads of one register means nothing.
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

/// An instruction whose field refers to a label.
fn refer(cx: &mut Cx<'_>, instruction: u32, kind: Distance, label: Label) {
    let at = cx.position();
    word(cx, instruction);
    cx.asm.refer(at, kind, label);
}

/// A jump within a function.
pub(super) fn jump_to(cx: &mut Cx<'_>, label: Label) {
    refer(cx, 0x1400_0000, Distance::Jump, label);
}

/// Goes on at a block.
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

/// Jumps if the test holds, of a register if it is one of a register; falls through otherwise.
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

/// `to` becomes the address of a label nearby.
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

/// A jump to a label that is bound soon, within a sequence.
pub(super) fn skip_if(cx: &mut Cx<'_>, test: Test, register: u8) -> Label {
    let label = cx.asm.label();
    jump_if(cx, test, register, label);
    label
}
