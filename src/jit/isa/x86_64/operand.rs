//! Values as operands: immediates, memory operands of loads that their users do, and addresses.

use super::builder::{Addr, Arg, Cx, int_const, sum_64, width};
use super::table::W;
use crate::jit::ir::{self, Access, Imm, Op, Value};

/// The constant as a sign-extended 32-bit immediate of an operation of this width.
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

/// The value as a second operand: a load that only this instruction needs, or a register.
pub(super) fn load_or_reg(cx: &mut Cx<'_>, value: Value, w: W) -> Arg {
    match load_arg(cx, value, w) {
        Some(load) => load,
        None => Arg::Reg(cx.reg(value)),
    }
}

/// The value as a second operand: an immediate, a load that only this instruction needs, or a register.
pub(super) fn arg(cx: &mut Cx<'_>, value: Value, w: W) -> Arg {
    match imm_of(cx, value, w) {
        Some(imm) => Arg::Imm(imm),
        None => load_or_reg(cx, value, w),
    }
}

/// The value as a memory operand, if it is a load of exactly this width that only this instruction needs.
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

/// Does a load here, instead of at its own place.
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

/// The part of a place in memory that an instruction accesses.
pub(super) fn access_of(imm: Imm) -> Access {
    match imm {
        Imm::Heap { access, .. } | Imm::Field { access, .. } => access,
        _ => unreachable!("an access to memory"),
    }
}

/// The address of a load or a store with these operands.
pub(super) fn address(cx: &mut Cx<'_>, imm: Imm, base: Value, index: Option<Value>) -> Addr {
    match imm {
        Imm::Field { offset, .. } => field_address(cx, base, offset),
        Imm::Heap { offset, memory, guard, .. } => {
            let index = index.expect("an access to a memory has an index");
            heap_address(cx, base, index, offset).guarded_by(guard.then_some(memory))
        }
        _ => unreachable!("an access has an address"),
    }
}

/// `base + offset`, where the base may be a sum.
fn field_address(cx: &mut Cx<'_>, base: Value, offset: i32) -> Addr {
    if let Some(add) = cx.def_by(base, Op::IAdd)
        && cx.use_count(base) == 1
        && cx.as_const(cx.data(add).args[1]).is_none()
    {
        let (base, index) = (cx.data(add).args[0], cx.data(add).args[1]);
        let base = cx.reg(base);
        let (index, scale) = scaled(cx, index);
        let index = cx.reg(index);
        return Addr::indexed(base, index, scale, offset);
    }
    Addr::reg(cx.reg(base), offset)
}

/// `base + index + offset`, each 64 bits wide.
fn heap_address(cx: &mut Cx<'_>, base: Value, index: Value, offset: u32) -> Addr {
    if let Some(c) = cx.as_const(index)
        && let Ok(disp) = i32::try_from(c.saturating_add(u64::from(offset)))
    {
        return Addr::reg(cx.reg(base), disp);
    }
    let base = cx.reg(base);
    let Ok(disp) = i32::try_from(offset) else {
        let offset = int_const(cx, W::B64, u64::from(offset));
        let index = cx.reg(index);
        let sum = sum_64(cx, index, offset);
        return Addr::indexed(base, sum, 0, 0);
    };
    let (index, scale) = scaled(cx, index);
    let index = cx.reg(index);
    Addr::indexed(base, index, scale, disp)
}

/// An index as another one times 2, 4 or 8.
fn scaled(cx: &Cx<'_>, index: Value) -> (Value, u8) {
    if let Some(shl) = cx.def_by(index, Op::Shl)
        && cx.use_count(index) == 1
        && let Some(by @ 1..=3) = cx.as_const(cx.data(shl).args[1])
    {
        return (cx.data(shl).args[0], by as u8);
    }
    (index, 0)
}
