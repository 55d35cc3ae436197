//! Values as operands that an instruction can shift, extend or hold as an immediate.

use super::builder::{Addr, Cx, Src, width};
use super::encode::Imm;
use super::immediate::{arithmetic, logical};
use super::table::{Shift, W};
use crate::jit::ir::{self, Access, Imm as IrImm, Op, Type, Value};
use regalloc2::VReg;

/// The value's constant, truncated to the width of an operation.
pub(super) fn const_of(cx: &Cx<'_>, value: Value, w: W) -> Option<u64> {
    Some(cx.as_const(value)? & u64::MAX >> (64 - w.bits()))
}

/// The constant as an immediate of an addition, and whether it is to be subtracted instead.
pub(super) fn addend(cx: &Cx<'_>, value: Value, w: W) -> Option<(Imm, bool)> {
    let bits = const_of(cx, value, w)?;
    let negative = bits.wrapping_neg() & u64::MAX >> (64 - w.bits());
    let imm = |(value, shifted)| Imm::Arithmetic(value, shifted);
    match (arithmetic(bits), arithmetic(negative)) {
        (Some(fields), _) => Some((imm(fields), false)),
        (None, Some(fields)) => Some((imm(fields), true)),
        (None, None) => None,
    }
}

/// The constant as an immediate for a logical operation.
pub(super) fn mask(cx: &Cx<'_>, value: Value, w: W) -> Option<Imm> {
    logical(const_of(cx, value, w)?, w).map(Imm::Logical)
}

/// The instruction that computes a value, if it has this operation and the value has no other users.
pub(super) fn only_by(cx: &Cx<'_>, value: Value, op: Op) -> Option<ir::Inst> {
    cx.def_by(value, op).filter(|_| cx.use_count(value) == 1)
}

/// The value as another one shifted by a constant, for an operation of this width. `rotates` allows rotations, too.
pub(super) fn shifted(cx: &Cx<'_>, value: Value, w: W, rotates: bool) -> Option<(Value, Imm)> {
    let shifts = [(Op::Shl, Shift::Lsl), (Op::ShrU, Shift::Lsr), (Op::ShrS, Shift::Asr)];
    let rotations = [(Op::Rotl, Shift::Ror), (Op::Rotr, Shift::Ror)];
    let kinds = shifts.iter().chain(rotations.iter().filter(|_| rotates));
    kinds.copied().find_map(|(op, kind)| {
        let inst = only_by(cx, value, op)?;
        let data = cx.data(inst);
        let count = cx.as_const(data.args[1])?;
        // There are only right rotations.
        let by = if op == Op::Rotl { count.wrapping_neg() } else { count } & u64::from(w.bits() - 1);
        (width(data.ty) == w && cx.as_const(data.args[0]).is_none()).then(|| (data.args[0], Imm::Shift(kind, by as u8)))
    })
}

/// The value as an extended 32-bit one, and whether it is sign-extended.
pub(super) fn extended(cx: &Cx<'_>, value: Value) -> Option<(Value, bool)> {
    let of = |inst: ir::Inst| cx.data(inst).args[0];
    // References are not integers, but their offsets are extended in the same way.
    let zext = cx.def_by(value, Op::ZExt).map(|inst| (of(inst), false));
    let (from, signed) = zext.or_else(|| cx.def_by(value, Op::SExt).map(|inst| (of(inst), true)))?;
    (cx.ty(from).bytes() == 4 && cx.as_const(from).is_none()).then_some((from, signed))
}

/// The value as one that an addition can extend from 32 bits and shift by up to 4.
pub(super) fn extended_and_shifted(cx: &Cx<'_>, value: Value) -> Option<(Value, Imm)> {
    if let Some((from, signed)) = extended(cx, value) {
        return Some((from, Imm::Extend { signed, by: 0 }));
    }
    let shl = only_by(cx, value, Op::Shl)?;
    let data = cx.data(shl);
    let by = cx.as_const(data.args[1]).filter(|&by| by <= 4)?;
    let (from, signed) = extended(cx, data.args[0])?;
    Some((from, Imm::Extend { signed, by: by as u8 }))
}

/// The value in a register: the zero register for 0.
pub(super) fn reg_or_zero(cx: &mut Cx<'_>, value: Value) -> Src {
    match cx.as_const(value) {
        Some(0) => Src::Zero,
        _ => Src::Reg(cx.reg(value)),
    }
}

/// Performs a load here instead of at its own place.
pub(super) fn sink_load(cx: &mut Cx<'_>, inst: ir::Inst, access: W) -> Addr {
    cx.sink(inst);
    loaded(cx, inst, access)
}

/// The place of a load.
pub(super) fn loaded(cx: &mut Cx<'_>, load: ir::Inst, access: W) -> Addr {
    let data = cx.data(load);
    let (imm, base, index, offset) = (data.imm, data.args[0], data.args.get(1).copied(), data.offset);
    super::address::address(cx, imm, base, index, access).of_operator(offset)
}

/// The access that an instruction makes to its place in memory.
pub(super) fn access_of(imm: IrImm) -> Access {
    match imm {
        IrImm::Heap { access, .. } | IrImm::Field { access, .. } => access,
        _ => unreachable!("an access to memory"),
    }
}

/// The width of a memory access for a value of a type.
pub(super) fn access_width(ty: Type, access: Access) -> W {
    W::of_bytes(access.bytes(ty))
}

/// Returns a new register for an integer.
pub(super) fn fresh(cx: &mut Cx<'_>, w: W) -> VReg {
    cx.temp(regalloc2::RegClass::Int, w.bits())
}
