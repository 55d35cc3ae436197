//! Selection of atomic operations.
//!
//! Loads are ordinary loads, because all writes are locked instructions, which are ordered with everything. A store is an
//! exchange. `and`, `or` and `xor` have locked forms that do not return the old value; if it is needed, a
//! compare-and-exchange loop is used.

use super::builder::{Cx, int_const, sum_64, width};
use super::inst::{Inst, Locked};
use super::registers::RAX;
use super::table::W;
use crate::jit::ir::{self, Imm, Op, Value};
use crate::jit::isa::int_reg;
use regalloc2::{Operand, RegClass, VReg};

/// Base, index and displacement.
fn address(cx: &mut Cx<'_>, base: Value, index: Value, offset: u32) -> (VReg, VReg, i32) {
    let (base, index) = (cx.reg(base), cx.reg(index));
    if let Ok(disp) = i32::try_from(offset) {
        return (base, index, disp);
    }
    let offset = int_const(cx, W::B64, offset.into());
    (base, sum_64(cx, index, offset), 0)
}

/// Lowers an atomic operation other than a load or a fence.
pub(super) fn lower(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (ty, args, which) = (data.ty, data.args.clone(), data.op);
    let Imm::Heap { offset, access, .. } = data.imm else { unreachable!("an atomic access has its immediate") };
    let w = W::of_bytes(access.bytes(ty));
    // The instruction leaves upper bits that are not part of the value.
    let extend = w != width(ty);
    let (base, index) = (args[args.len() - 2], args[args.len() - 1]);
    let (base, index, disp) = address(cx, base, index, offset);
    if which == Op::AtomicCas {
        let (expected, new) = (cx.reg(args[0]), cx.reg(args[1]));
        let def = cx.def_of(inst);
        let operands = [
            Operand::reg_fixed_use(expected, int_reg(RAX)),
            Operand::reg_use(new),
            Operand::reg_use(base),
            Operand::reg_use(index),
            Operand::reg_fixed_def(def, int_reg(RAX)),
        ];
        return cx.push(Inst::Atomic { what: Locked::Cmpxchg, w, disp, extend }, &operands);
    }
    let value = cx.reg(args[0]);
    let logic = match which {
        Op::AtomicAnd => Some((Locked::And, Locked::FetchAnd)),
        Op::AtomicOr => Some((Locked::Or, Locked::FetchOr)),
        Op::AtomicXor => Some((Locked::Xor, Locked::FetchXor)),
        _ => None,
    };
    if let Some((silent, fetch)) = logic {
        let result = cx.function().result(inst);
        if cx.use_count(result) == 0 {
            let operands = [Operand::reg_use(value), Operand::reg_use(base), Operand::reg_use(index)];
            return cx.push(Inst::Atomic { what: silent, w, disp, extend: false }, &operands);
        }
        let def = cx.def(result);
        let operands = [
            Operand::reg_use_at_end(value),
            Operand::reg_use_at_end(base),
            Operand::reg_use_at_end(index),
            Operand::reg_fixed_def(def, int_reg(RAX)),
        ];
        return cx.push(Inst::Atomic { what: fetch, w, disp, extend }, &operands);
    }
    let def = match which {
        Op::AtomicStore => cx.temp(RegClass::Int, width(ty).bits()),
        _ => cx.def_of(inst),
    };
    let what = if which == Op::AtomicAdd { Locked::Xadd } else { Locked::Xchg };
    let extend = extend && which != Op::AtomicStore;
    let operands =
        [Operand::reg_use(value), Operand::reg_reuse_def(def, 0), Operand::reg_use(base), Operand::reg_use(index)];
    cx.push(Inst::Atomic { what, w, disp, extend }, &operands);
}

/// Orders all accesses before it with all accesses after it.
pub(super) fn fence(cx: &mut Cx<'_>) {
    cx.push(Inst::Fence, &[]);
}
