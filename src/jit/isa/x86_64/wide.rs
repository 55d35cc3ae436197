//! Selection of sums with a carry, and of products of twice the width.
//!
//! [`patterns`](crate::jit::isa::lower::patterns) finds them.

use super::builder::{Arg, Cx, width};
use super::operand::imm_or_reg;
use super::registers::{RAX, RDX};
use super::table::{Op as M, W};
use crate::jit::ir::{self, Op};
use crate::jit::isa::int_reg;
use crate::jit::isa::lower::patterns::WithCarry;
use regalloc2::{Operand, PRegSet};

/// Lowers a sum or difference with a carry or borrow as one term. Returns whether it is one.
pub(super) fn sum_with_carry(cx: &mut Cx<'_>, inst: ir::Inst) -> bool {
    let Some(WithCarry { terms, below: (p, q), lower }) = cx.with_carry(inst) else { return false };
    let (op, ty) = (cx.data(inst).op, cx.data(inst).ty);
    // Making constants changes flags, so all operands come first.
    let w = width(ty);
    let term = cx.reg(terms.0);
    let other = match terms.1 {
        Some(other) => imm_or_reg(cx, other, w),
        None => Arg::Imm(0),
    };
    let half = width(cx.ty(p));
    match lower {
        Some(lower) => {
            let (mut a, mut b) = (cx.data(lower).args[0], cx.data(lower).args[1]);
            if op == Op::IAdd && cx.as_const(a).is_some() {
                (a, b) = (b, a);
            }
            let a = cx.reg(a);
            let b = imm_or_reg(cx, b, half);
            cx.sink(lower);
            let def = cx.def_of(lower);
            let op = if op == Op::IAdd { M::Add } else { M::Sub };
            op.int(half).def(def).reg(a).rm(b).push(cx);
        }
        None => {
            let p = cx.reg(p);
            let q = imm_or_reg(cx, q, half);
            M::Cmp.int(half).reg(p).rm(q).push(cx);
        }
    }
    let def = cx.def_of(inst);
    let op = if op == Op::IAdd { M::Adc } else { M::Sbb };
    op.int(w).def(def).reg(term).rm(other).push(cx);
    true
}

/// Lowers the upper half of a product, together with the lower half if that is computed just before.
pub(super) fn product(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (a, b) = (cx.function().resolve(data.args[0]), cx.function().resolve(data.args[1]));
    let op = if data.op == Op::SMulHi { M::ImulWide } else { M::Mul };
    let lower = cx.lower_half(inst);
    let (a, b) = (cx.reg(a), cx.reg(b));
    let upper = cx.def_of(inst);
    let row = op.int(W::B64).rm(b);
    let row = row.more(Operand::reg_fixed_use(a, int_reg(RAX))).more(Operand::reg_fixed_def(upper, int_reg(RDX)));
    match lower.filter(|&lower| cx.is_needed(cx.function().result(lower))) {
        Some(lower) => {
            cx.sink(lower);
            let def = cx.def_of(lower);
            row.more(Operand::reg_fixed_def(def, int_reg(RAX))).push(cx);
        }
        None => row.clobbers(PRegSet::empty().with(int_reg(RAX))).push(cx),
    }
}
