//! The primitives of emission: rows, constants, moves, jumps.

use super::X64;
use super::encode::{Form, Mem, Place, encode};
use super::fixup::Distance;
use super::registers::RBP;
use super::table::{Cc, Cond, Op as M, W};
use crate::jit::buffer::Label;
use crate::jit::emit::Emitter;
use crate::jit::isa::layout;
use crate::jit::isa::vcode::MachBlock;
use dynasmrt::{DynasmApi, dynasm};
use regalloc2::{Allocation, RegClass};

/// The state of emitting a function for this CPU.
pub(super) type Cx<'a> = Emitter<'a, X64>;

/// The number of an operand's register.
pub(super) fn reg(alloc: Allocation) -> u8 {
    alloc.as_reg().expect("an operand in a register").hw_enc() as u8
}

/// Encodes an instruction and appends it.
pub(super) fn form(cx: &mut Cx<'_>, form: Form) {
    let code = encode(&form);
    let start = cx.position();
    cx.asm.put_all(&code.bytes);
    if let Some((at, entry)) = code.pool {
        let behind = (code.bytes.len() - at - 4) as u8;
        cx.pool_reference(start + at as u32, Distance::Dword { behind }, entry);
    }
}

/// Appends a row for integers with a register and an r/m operand.
pub(super) fn op(cx: &mut Cx<'_>, op: M, w: W, reg: u8, rm: Place) {
    form(cx, Form::new(op, w, reg, rm));
}

/// Appends a row for floats or lanes of floats: 64-bit ones if `double`, otherwise 32-bit ones.
pub(super) fn op_float(cx: &mut Cx<'_>, op: M, double: bool, reg: u8, rm: Place) {
    op_convert(cx, op, W::B32, double, reg, rm);
}

/// Appends a row for whole float registers, whatever their lanes are.
pub(super) fn op_lanes(cx: &mut Cx<'_>, op: M, reg: u8, rm: Place) {
    op_float(cx, op, false, reg, rm);
}

/// Appends a conversion between integers of a width and floats.
pub(super) fn op_convert(cx: &mut Cx<'_>, op: M, w: W, double: bool, reg: u8, rm: Place) {
    form(cx, Form::new(op, w, reg, rm).double(double));
}

/// Appends a row with an immediate as its second operand.
pub(super) fn op_imm(cx: &mut Cx<'_>, op: M, w: W, reg: u8, imm: i32) {
    form(cx, Form::new(op, w, reg, Place::Imm).imm(imm));
}

/// Appends a row without a register operand, whose immediate follows the r/m operand.
pub(super) fn op_rm_imm(cx: &mut Cx<'_>, op: M, w: W, rm: Place, imm: i32) {
    form(cx, Form::new(op, w, 0, rm).imm(imm));
}

/// Makes a constant; preserves flags unless the constant is 0.
pub(super) fn load_const(cx: &mut Cx<'_>, to: u8, bits: u64) {
    if bits == 0 {
        op(cx, M::Xor, W::B32, to, Place::Reg(to));
    } else if let Ok(imm) = u32::try_from(bits) {
        dynasm!(cx.asm; .arch x64; mov Rd(to), imm as i32);
    } else if let Ok(imm) = i32::try_from(bits as i64) {
        dynasm!(cx.asm; .arch x64; mov Rq(to), imm);
    } else {
        dynasm!(cx.asm; .arch x64; mov Rq(to), QWORD bits as i64);
    }
}

/// Moves a value between registers and slots. Preserves flags, because it uses only `mov` instructions.
pub(super) fn emit_move(cx: &mut Cx<'_>, from: Allocation, to: Allocation, class: RegClass) {
    let wide = cx.vcode.has_vectors;
    let slot = |cx: &Cx<'_>, a: Allocation| {
        let slot = a.as_stack().expect("a register or a slot");
        Place::Mem(Mem::base(RBP, layout::spill(cx.vcode, slot.index(), class)))
    };
    match (class, from.as_reg(), to.as_reg()) {
        (RegClass::Int, Some(from), Some(to)) => {
            op(cx, M::Mov, W::B64, to.hw_enc() as u8, Place::Reg(from.hw_enc() as u8));
        }
        (RegClass::Int, None, Some(to)) => {
            let slot = slot(cx, from);
            op(cx, M::Mov, W::B64, to.hw_enc() as u8, slot);
        }
        (RegClass::Int, Some(from), None) => {
            let slot = slot(cx, to);
            op(cx, M::Store, W::B64, from.hw_enc() as u8, slot);
        }
        (_, Some(from), Some(to)) => op_lanes(cx, M::Movaps, to.hw_enc() as u8, Place::Reg(from.hw_enc() as u8)),
        (_, None, Some(to)) => {
            let slot = slot(cx, from);
            op_float(cx, if wide { M::Loadups } else { M::Loadf }, true, to.hw_enc() as u8, slot);
        }
        (_, Some(from), None) => {
            let slot = slot(cx, to);
            op_float(cx, if wide { M::Storeups } else { M::Storef }, true, from.hw_enc() as u8, slot);
        }
        (_, None, None) => unreachable!("the allocator makes no moves between slots"),
    }
}

/// The distance to a block that was emitted shortly before, from the end of an instruction of `bytes` bytes.
pub(super) fn short_distance(cx: &Cx<'_>, to: MachBlock, bytes: u32) -> Option<u8> {
    let distance = i64::from(cx.emitted_at(to)?) - i64::from(cx.position() + bytes);
    i8::try_from(distance).ok().map(|d| d as u8)
}

/// Continues at a block.
pub(super) fn jump(cx: &mut Cx<'_>, to: MachBlock) {
    if cx.falls_through(to) {
        return;
    }
    match short_distance(cx, to, 2) {
        Some(distance) => cx.asm.extend([0xeb, distance]),
        None => {
            let label = cx.label(to);
            jump_to(cx, label);
        }
    }
}

/// Appends opcode bytes followed by the distance to a label.
fn refer(cx: &mut Cx<'_>, opcode: &[u8], label: Label) {
    cx.asm.put_all(opcode);
    let at = cx.position();
    cx.asm.put_all(&[0; 4]);
    cx.asm.refer(at, Distance::LAST, label);
}

/// Appends a jump that is not short.
pub(super) fn jump_to(cx: &mut Cx<'_>, label: Label) {
    refer(cx, &[0xe9], label);
}

/// A conditional jump.
pub(super) fn jcc(cx: &mut Cx<'_>, cc: Cc, label: Label) {
    refer(cx, &[0x0f, 0x80 + cc as u8], label);
}

/// Jumps if the condition holds; falls through otherwise.
pub(super) fn jump_if(cx: &mut Cx<'_>, cond: Cond, label: Label) {
    match cond {
        Cond::Cc(cc) => jcc(cx, cc, label),
        Cond::FNe => {
            jcc(cx, Cc::Ne, label);
            jcc(cx, Cc::P, label);
        }
        Cond::FEq => {
            let skip = short_jcc(cx, Cc::P);
            jcc(cx, Cc::E, label);
            bind(cx, skip);
        }
    }
}

/// A short jump whose target is not bound yet.
#[must_use]
pub(super) struct Short(Label);

/// Appends a conditional short jump.
pub(super) fn short_jcc(cx: &mut Cx<'_>, cc: Cc) -> Short {
    short(cx, 0x70 + cc as u8)
}

/// Appends a short jump.
pub(super) fn short_jmp(cx: &mut Cx<'_>) -> Short {
    short(cx, 0xeb)
}

fn short(cx: &mut Cx<'_>, opcode: u8) -> Short {
    let label = cx.asm.label();
    cx.asm.put_all(&[opcode, 0]);
    let at = cx.position() - 1;
    cx.asm.refer(at, Distance::Byte, label);
    Short(label)
}

/// Binds the target of a short jump to this position.
pub(super) fn bind(cx: &mut Cx<'_>, jump: Short) {
    cx.asm.bind(jump.0);
}
