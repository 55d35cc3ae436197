//! Addresses: the base, scaled index and displacement that an instruction adds up by itself.

use super::builder::{Addr, Cx, int_const, sum_64};
use super::table::W;
use crate::jit::ir::{Imm, Op, Value};

/// Returns the address of a load or a store with these operands.
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
