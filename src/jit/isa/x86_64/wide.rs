//! Selection: sums that take a carry along, products of twice the width.
//!
//! The SSA form has no flags. A carry is a comparison there, `a + b < b` or, of a difference, `a < b`, and a 128-bit
//! sum is two sums and such a carry. Selection finds them again, in code of any origin.

use super::builder::{Arg, Cx, width};
use super::operand::imm_or_reg;
use super::registers::{RAX, RDX};
use super::table::{Op as M, W};
use crate::jit::ir::{self, Imm, IntCond, Op, Type, Value};
use crate::jit::isa::int_reg;
use regalloc2::{Operand, PRegSet};
use smallvec::SmallVec;

/// 1 if `below.0 < below.1`, unsigned, else 0; computed for one instruction alone.
struct Carry {
    below: (Value, Value),
    /// The comparison and its extension.
    by: SmallVec<[ir::Inst; 3]>,
}

fn carry(cx: &Cx<'_>, value: Value) -> Option<Carry> {
    let mut by = SmallVec::new();
    let mut value = value;
    if let Some(zext) = cx.def_by(value, Op::ZExt).filter(|_| cx.use_count(value) == 1) {
        by.push(zext);
        value = cx.data(zext).args[0];
    }
    let compare = cx.def_by(value, Op::ICmp).filter(|_| cx.use_count(value) == 1)?;
    by.push(compare);
    let data = cx.data(compare);
    let below = match data.imm {
        Imm::IntCond(IntCond::LtU) => (data.args[0], data.args[1]),
        Imm::IntCond(IntCond::GtU) => (data.args[1], data.args[0]),
        _ => return None,
    };
    Some(Carry { below, by })
}

/// Lowers a sum or difference if one term is a carry or borrow. Returns whether it is.
pub(super) fn sum_with_carry(cx: &mut Cx<'_>, inst: ir::Inst) -> bool {
    let data = cx.data(inst);
    let (op, ty, x, y) = (data.op, data.ty, data.args[0], data.args[1]);
    if !matches!(ty, Type::I32 | Type::I64) {
        return false;
    }
    let (rest, carry) = match (carry(cx, y), op) {
        (Some(carry), _) => (x, carry),
        (None, Op::IAdd) => match carry(cx, x) {
            Some(carry) => (y, carry),
            None => return false,
        },
        (None, _) => return false,
    };
    let mut between = carry.by.clone();
    // The other term may be a sum itself.
    let terms = match cx.def_by(rest, op).filter(|_| cx.use_count(rest) == 1) {
        Some(sum) => {
            between.push(sum);
            let (x, y) = (cx.data(sum).args[0], cx.data(sum).args[1]);
            if op == Op::IAdd && cx.as_const(x).is_some() { (y, Some(x)) } else { (x, Some(y)) }
        }
        None => (rest, None),
    };
    // The instruction just before may compute the lower half, and leave this very carry.
    let (p, q) = (cx.function().resolve(carry.below.0), cx.function().resolve(carry.below.1));
    let lower = cx.previous(&between).filter(|&lower| {
        let data = cx.data(lower);
        let (x, y) = match data.args[..] {
            [x, y] => (cx.function().resolve(x), cx.function().resolve(y)),
            _ => return false,
        };
        // An instruction without a result, such as a store, has another operation: so the result is asked for last.
        data.op == op
            && data.ty == cx.ty(p)
            && if op == Op::IAdd { p == cx.function().result(lower) && (q == x || q == y) } else { p == x && q == y }
    });
    // Constants change flags: all operands come first.
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
    let lower = cx.previous(&[]).filter(|&lower| {
        let data = cx.data(lower);
        let args: SmallVec<[Value; 2]> = data.args.iter().map(|&v| cx.function().resolve(v)).collect();
        data.op == Op::IMul && data.ty == Type::I64 && (args[..] == [a, b] || args[..] == [b, a])
    });
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
