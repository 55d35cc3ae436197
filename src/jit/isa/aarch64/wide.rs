//! Selection of sums with a carry. [`patterns`](crate::jit::isa::lower::patterns) finds them.

use super::builder::{Cx, Src, width};
use super::encode::Imm;
use super::operand::{addend, fresh, reg_or_zero};
use super::table::{Cc, Op as M, W};
use crate::jit::ir::{self, Op, Value};
use crate::jit::isa::lower::patterns::WithCarry;
use regalloc2::VReg;

/// Lowers a sum or difference with a carry or borrow as one term. Returns whether it is one.
pub(super) fn sum_with_carry(cx: &mut Cx<'_>, inst: ir::Inst) -> bool {
    let Some(WithCarry { terms, below: (p, q), lower }) = cx.with_carry(inst) else { return false };
    let (add, w) = (cx.data(inst).op == Op::IAdd, width(cx.data(inst).ty));
    let term = cx.reg(terms.0);
    let other = terms.1.map_or(Src::Zero, |other| reg_or_zero(cx, other));
    let half = width(cx.ty(p));
    match lower {
        Some(lower) => {
            let (mut a, mut b) = (cx.data(lower).args[0], cx.data(lower).args[1]);
            if add && cx.as_const(a).is_some() {
                (a, b) = (b, a);
            }
            cx.sink(lower);
            let def = cx.def_of(lower);
            with_flags(cx, add, half, def, a, b);
        }
        None if add => return add_comparison(cx, inst, (term, other), (p, q), half),
        // The carry flag means that there is no borrow.
        None => {
            let (p, q) = (cx.reg(p), cx.reg(q));
            M::Cmp.int(half).n(p).m(q).push(cx);
        }
    }
    let def = cx.def_of(inst);
    let op = if add { M::Adc } else { M::Sbc };
    op.int(w).def(def).n(term).m(other).push(cx);
    true
}

/// Emits a sum or difference that leaves its carry in the flags (for a difference, the absence of a borrow).
fn with_flags(cx: &mut Cx<'_>, add: bool, w: W, def: VReg, a: Value, b: Value) {
    // The opposite operation has a different carry for 0 and for the lowest number, which is its own opposite.
    if let Some((imm, false)) = addend(cx, b, w) {
        let a = cx.reg(a);
        let op = if add { M::AddsImm } else { M::SubsImm };
        return op.int(w).def(def).n(a).imm(imm).push(cx);
    }
    let (a, b) = (cx.reg(a), cx.reg(b));
    let op = if add { M::Adds } else { M::Subs };
    op.int(w).def(def).n(a).m(b).push(cx);
}

/// Computes the sum of two terms, plus 1 if `below.0 < below.1`.
fn add_comparison(cx: &mut Cx<'_>, inst: ir::Inst, (term, other): (VReg, Src), below: (Value, Value), half: W) -> bool {
    let w = width(cx.data(inst).ty);
    let sum = match other {
        Src::Zero => term,
        other => {
            let sum = fresh(cx, w);
            M::Add.int(w).def(sum).n(term).m(other).push(cx);
            sum
        }
    };
    let (p, q) = (cx.reg(below.0), cx.reg(below.1));
    M::Cmp.int(half).n(p).m(q).push(cx);
    let def = cx.def_of(inst);
    M::Csinc.int(w).def(def).n(sum).m(sum).imm(Imm::Cond(Cc::Hs)).push(cx);
    true
}
