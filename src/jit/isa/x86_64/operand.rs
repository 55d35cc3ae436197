//! Values as operands: immediates, and memory operands for loads that their users perform.

use super::address::address;
use super::builder::{Arg, Cx, width};
use super::table::W;
use crate::jit::ir::{self, Access, Imm, Value};

/// The constant as a sign-extended 32-bit immediate for an operation of this width.
pub(super) fn imm_of(cx: &Cx<'_>, value: Value, w: W) -> Option<i32> {
    let bits = cx.as_const(value)?;
    match w {
        W::B64 => i32::try_from(bits as i64).ok(),
        _ => Some(bits as u32 as i32),
    }
}

/// The value as a second operand: an immediate or a register.
pub(super) fn imm_or_reg(cx: &mut Cx<'_>, value: Value, w: W) -> Arg {
    match imm_of(cx, value, w) {
        Some(imm) => Arg::Imm(imm),
        None => Arg::Reg(cx.reg(value)),
    }
}

/// The value as a second operand: a load that has no other users, or a register.
pub(super) fn load_or_reg(cx: &mut Cx<'_>, value: Value, w: W) -> Arg {
    match load_arg(cx, value, w) {
        Some(load) => load,
        None => Arg::Reg(cx.reg(value)),
    }
}

/// The value as a second operand: an immediate, a load that has no other users, or a register.
pub(super) fn arg(cx: &mut Cx<'_>, value: Value, w: W) -> Arg {
    match imm_of(cx, value, w) {
        Some(imm) => Arg::Imm(imm),
        None => load_or_reg(cx, value, w),
    }
}

/// The value as a memory operand, if it is a load of exactly this width that has no other users.
pub(super) fn load_arg(cx: &mut Cx<'_>, value: Value, w: W) -> Option<Arg> {
    let inst = cx.sinkable_load(value)?;
    let data = cx.data(inst);
    let whole = match access_of(data.imm) {
        Access::Full => true,
        Access::S32 | Access::U32 => data.ty.bytes() == 4,
        _ => false,
    };
    (whole && width(data.ty) == w).then(|| sink_load(cx, inst))
}

/// Performs a load here instead of at its own place.
pub(super) fn sink_load(cx: &mut Cx<'_>, inst: ir::Inst) -> Arg {
    cx.sink(inst);
    loaded(cx, inst)
}

/// The memory operand of a load.
pub(super) fn loaded(cx: &mut Cx<'_>, load: ir::Inst) -> Arg {
    let data = cx.data(load);
    let (imm, base, index, offset) = (data.imm, data.args[0], data.args.get(1).copied(), data.offset);
    Arg::Access(address(cx, imm, base, index), offset)
}

/// The access that an instruction makes to its place in memory.
pub(super) fn access_of(imm: Imm) -> Access {
    match imm {
        Imm::Heap { access, .. } | Imm::Field { access, .. } => access,
        _ => unreachable!("an access to memory"),
    }
}
