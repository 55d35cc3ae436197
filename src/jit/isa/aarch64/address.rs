//! Addresses: the parts of a sum that an access adds up by itself.

use super::builder::{Addr, Cx, int_const, sum_64};
use super::operand::{extended, extended_and_shifted, fresh, only_by};
use super::table::{Op as M, W};
use crate::jit::ir::{Imm, Op, Value};
use regalloc2::VReg;

/// Returns the place of a load or a store of width `access` with these operands.
pub(super) fn address(cx: &mut Cx<'_>, imm: Imm, base: Value, index: Option<Value>, access: W) -> Addr {
    match imm {
        Imm::Field { offset, .. } => field_address(cx, base, offset, access),
        Imm::Heap { offset, memory, guard, .. } => {
            let index = index.expect("an access to a memory has an index");
            heap_address(cx, base, index, offset, access).guarded_by(guard.then_some(memory))
        }
        _ => unreachable!("an access has an address"),
    }
}

/// `base + offset`, where the base may be a sum.
fn field_address(cx: &mut Cx<'_>, base: Value, offset: i32, access: W) -> Addr {
    if offset == 0
        && let Some(add) = only_by(cx, base, Op::IAdd)
        && cx.as_const(cx.data(add).args[1]).is_none()
    {
        let (base, index) = (cx.data(add).args[0], cx.data(add).args[1]);
        let base = cx.reg(base);
        return indexed(cx, base, index, access);
    }
    Addr::reg(cx.reg(base), offset)
}

/// `base + index`: the index may be scaled by the size of the access, and be extended.
fn indexed(cx: &mut Cx<'_>, base: VReg, index: Value, access: W) -> Addr {
    let mut index = index;
    let mut scaled = false;
    if let Some(shl) = only_by(cx, index, Op::Shl)
        && cx.as_const(cx.data(shl).args[1]) == Some(access as u64)
    {
        index = cx.data(shl).args[0];
        scaled = access != W::B8;
    }
    match extended(cx, index) {
        Some((from, signed)) => Addr::indexed(base, cx.reg(from), scaled, Some(signed)),
        None => Addr::indexed(base, cx.reg(index), scaled, None),
    }
}

/// `base + index + offset`, each 64 bits wide.
fn heap_address(cx: &mut Cx<'_>, base: Value, index: Value, offset: u32, access: W) -> Addr {
    if let Some(c) = cx.as_const(index)
        && let Ok(disp) = i32::try_from(c.saturating_add(u64::from(offset)))
    {
        return Addr::reg(cx.reg(base), disp);
    }
    let base = cx.reg(base);
    if offset == 0 {
        return indexed(cx, base, index, access);
    }
    let sum = sum(cx, base, index);
    match i32::try_from(offset) {
        Ok(disp) => Addr::reg(sum, disp),
        Err(_) => {
            let offset = int_const(cx, W::B64, offset.into());
            Addr::indexed(sum, offset, false, None)
        }
    }
}

/// The sum of a pointer and an index.
fn sum(cx: &mut Cx<'_>, base: VReg, index: Value) -> VReg {
    match extended_and_shifted(cx, index) {
        Some((from, extension)) => {
            let (from, to) = (cx.reg(from), fresh(cx, W::B64));
            M::AddExtended.int(W::B64).def(to).n(base).m(from).imm(extension).push(cx);
            to
        }
        None => {
            let index = cx.reg(index);
            sum_64(cx, base, index)
        }
    }
}

/// `base + index + offset` in a register, for instructions that cannot add anything.
pub(super) fn whole_address(cx: &mut Cx<'_>, base: Value, index: Value, offset: u32) -> VReg {
    let base = cx.reg(base);
    let address = sum(cx, base, index);
    if offset == 0 {
        return address;
    }
    let offset = int_const(cx, W::B64, offset.into());
    sum_64(cx, address, offset)
}
