//! Atomic operations: selection and emission.
//!
//! Loads are plain ones, since all that writes is a locked instruction, and those are ordered with everything. A store is
//! an exchange. `and`, `or` and `xor` have locked forms that do not tell the old value; where it is wanted, a loop of
//! comparisons and exchanges does it.

use super::emit::{Cx as Emit, jcc, op, reg};
use super::encode::{Mem, Place};
use super::inst::Inst;
use super::lower::{Cx, int_const, width};
use super::table::{Cc, Op as M, W};
use super::{R11, RAX};
use crate::jit::ir::{self, Imm, Op, Value};
use crate::jit::isa::int_reg;
use dynasmrt::dynasm;
use regalloc2::{Allocation, Operand, RegClass, VReg};

/// A locked instruction, or a loop of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    /// [use value, def reuses it, use base, use index]: exchanges.
    Xchg,
    /// The same: adds.
    Xadd,
    /// [use value, use base, use index]
    And,
    Or,
    Xor,
    /// [use value, base and index at the end, def rax]: the old value, too.
    FetchAnd,
    FetchOr,
    FetchXor,
    /// [use expected rax, use new, use base, use index, def rax]
    Cmpxchg,
}

impl Locked {
    pub fn name(self) -> &'static str {
        match self {
            Locked::Xchg => "xchg",
            Locked::Xadd => "xadd",
            Locked::And => "lock_and",
            Locked::Or => "lock_or",
            Locked::Xor => "lock_xor",
            Locked::FetchAnd => "fetch_and",
            Locked::FetchOr => "fetch_or",
            Locked::FetchXor => "fetch_xor",
            Locked::Cmpxchg => "cmpxchg",
        }
    }
}

/// Base, index and displacement.
fn address(cx: &mut Cx<'_>, base: Value, index: Value, offset: u32) -> (VReg, VReg, i32) {
    let (base, index) = (cx.reg(base), cx.reg(index));
    if let Ok(disp) = i32::try_from(offset) {
        return (base, index, disp);
    }
    let offset = int_const(cx, W::B64, offset.into());
    let sum = cx.temp(RegClass::Int, 64);
    let operands = [Operand::reg_use(index), Operand::reg_use(offset), Operand::reg_def(sum)];
    cx.push(Inst::Add { w: W::B64 }, &operands, false);
    (base, sum, 0)
}

/// Lowers whatever is neither a load nor a fence.
pub(super) fn lower(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (ty, args, which) = (data.ty, data.args.clone(), data.op);
    let Imm::Heap { offset, access, .. } = data.imm else { unreachable!("an atomic access has its immediate") };
    let w = W::of_bytes(access.bytes(ty));
    // What the instruction leaves in the upper bits is not the value's.
    let extend = w != width(ty);
    let (base, index) = (args[args.len() - 2], args[args.len() - 1]);
    let (base, index, disp) = address(cx, base, index, offset);
    if which == Op::AtomicCas {
        let (expected, new) = (cx.reg(args[0]), cx.reg(args[1]));
        let def = cx.def(cx.f.result(inst));
        let operands = [
            Operand::reg_fixed_use(expected, int_reg(RAX)),
            Operand::reg_use(new),
            Operand::reg_use(base),
            Operand::reg_use(index),
            Operand::reg_fixed_def(def, int_reg(RAX)),
        ];
        return cx.push(Inst::Atomic { what: Locked::Cmpxchg, w, disp, extend }, &operands, false);
    }
    let value = cx.reg(args[0]);
    let logic = match which {
        Op::AtomicAnd => Some((Locked::And, Locked::FetchAnd)),
        Op::AtomicOr => Some((Locked::Or, Locked::FetchOr)),
        Op::AtomicXor => Some((Locked::Xor, Locked::FetchXor)),
        _ => None,
    };
    if let Some((silent, fetch)) = logic {
        let result = cx.f.result(inst);
        if cx.use_count(result) == 0 {
            let operands = [Operand::reg_use(value), Operand::reg_use(base), Operand::reg_use(index)];
            return cx.push(Inst::Atomic { what: silent, w, disp, extend: false }, &operands, false);
        }
        let def = cx.def(result);
        let operands = [
            Operand::reg_use_at_end(value),
            Operand::reg_use_at_end(base),
            Operand::reg_use_at_end(index),
            Operand::reg_fixed_def(def, int_reg(RAX)),
        ];
        return cx.push(Inst::Atomic { what: fetch, w, disp, extend }, &operands, false);
    }
    let def = match which {
        Op::AtomicStore => cx.temp(RegClass::Int, width(ty).bits()),
        _ => cx.def(cx.f.result(inst)),
    };
    let what = if which == Op::AtomicAdd { Locked::Xadd } else { Locked::Xchg };
    let extend = extend && which != Op::AtomicStore;
    let operands =
        [Operand::reg_use(value), Operand::reg_reuse_def(def, 0), Operand::reg_use(base), Operand::reg_use(index)];
    cx.push(Inst::Atomic { what, w, disp, extend }, &operands, false);
}

pub(super) fn emit(cx: &mut Emit<'_>, what: Locked, w: W, disp: i32, extend: bool, allocs: &[Allocation]) {
    let r = |i: usize| reg(allocs[i]);
    // The register operand, and where base and index begin.
    let (value, at) = match what {
        Locked::Xchg | Locked::Xadd => (r(1), 2),
        Locked::And | Locked::Or | Locked::Xor | Locked::FetchAnd | Locked::FetchOr | Locked::FetchXor => (r(0), 1),
        Locked::Cmpxchg => (r(1), 2),
    };
    let place = Place::Mem(Mem { base: Some(r(at)), index: Some(r(at + 1)), scale: 0, disp });
    let by_width = |byte: M, wider: M| if w == W::B8 { byte } else { wider };
    let result = match what {
        Locked::Xchg => {
            op(cx, by_width(M::Xchg8, M::Xchg), w, value, place);
            value
        }
        Locked::Xadd => {
            op(cx, by_width(M::Xadd8, M::Xadd), w, value, place);
            value
        }
        Locked::And | Locked::Or | Locked::Xor => {
            let row = match what {
                Locked::And => by_width(M::AndMem8, M::AndMem),
                Locked::Or => by_width(M::OrMem8, M::OrMem),
                _ => by_width(M::XorMem8, M::XorMem),
            };
            op(cx, row, w, value, place);
            value
        }
        Locked::FetchAnd | Locked::FetchOr | Locked::FetchXor => {
            let wide = if w == W::B64 { W::B64 } else { W::B32 };
            let load = match w {
                W::B8 => M::Movzx8,
                W::B16 => M::Movzx16,
                _ => M::Mov,
            };
            op(cx, load, wide, RAX, place);
            let again = cx.asm.label();
            cx.asm.bind(again);
            op(cx, M::Mov, W::B64, R11, Place::Reg(RAX));
            let logic = match what {
                Locked::FetchAnd => M::And,
                Locked::FetchOr => M::Or,
                _ => M::Xor,
            };
            op(cx, logic, wide, R11, Place::Reg(value));
            op(cx, by_width(M::Cmpxchg8, M::Cmpxchg), w, R11, place);
            jcc(cx, Cc::Ne, again);
            RAX
        }
        Locked::Cmpxchg => {
            op(cx, by_width(M::Cmpxchg8, M::Cmpxchg), w, value, place);
            RAX
        }
    };
    if extend {
        match w {
            W::B8 => op(cx, M::Movzx8, W::B32, result, Place::Reg(result)),
            W::B16 => op(cx, M::Movzx16, W::B32, result, Place::Reg(result)),
            _ => op(cx, M::Mov, W::B32, result, Place::Reg(result)),
        }
    }
}

/// Orders all that comes before with all that comes after.
pub(super) fn fence(cx: &mut Emit<'_>) {
    dynasm!(cx.asm; .arch x64; mfence);
}
