//! Selection of operations on lanes of integers.

use super::parts::*;
use super::{constant_of, test};
use crate::jit::ir::{self, Imm as IrImm, IntCond, Op, Shape, Value};
use crate::jit::isa::aarch64::builder::{Cx, Src};
use crate::jit::isa::aarch64::encode::Imm;
use crate::jit::isa::aarch64::inst::Test;
use crate::jit::isa::aarch64::operand::{fresh as fresh_int, only_by};
use crate::jit::isa::aarch64::table::{Cc, Op as M, W};
use regalloc2::VReg;

/// The factors of a product of lanes of up to 32 bits that has no other users.
fn product(cx: &Cx<'_>, value: Value, shape: Shape) -> Option<(Value, Value)> {
    let data = cx.data(only_by(cx, value, Op::IMul).filter(|_| shape != Shape::I64x2)?);
    // Products of extended lanes have their own instructions.
    let (a, b) = (data.args[0], data.args[1]);
    (data.imm == IrImm::Shape(shape) && both_extended(cx, a, b, shape).is_none()).then_some((a, b))
}

/// Adds two vectors, with a multiply-add if one operand is a product.
pub(super) fn add(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let (a, b) = (cx.data(inst).args[0], cx.data(inst).args[1]);
    for (a, b) in [(a, b), (b, a)] {
        if let Some((x, y)) = product(cx, b, shape) {
            let (sum, x, y) = (cx.reg(a), cx.reg(x), cx.reg(y));
            let def = cx.def_of(inst);
            return M::Mla.lanes(lane(shape)).def(def).tied(sum).n(x).m(y).push(cx);
        }
    }
    binary_lanes(cx, inst, M::VAdd, shape);
}

pub(super) fn subtract(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let (a, b) = (cx.data(inst).args[0], cx.data(inst).args[1]);
    if cx.function().as_vector(a) == Some(0) {
        let b = cx.reg(b);
        let def = cx.def_of(inst);
        return M::VNeg.lanes(lane(shape)).def(def).n(b).push(cx);
    }
    if let Some((x, y)) = product(cx, b, shape) {
        let (from, x, y) = (cx.reg(a), cx.reg(x), cx.reg(y));
        let def = cx.def_of(inst);
        return M::Mls.lanes(lane(shape)).def(def).tied(from).n(x).m(y).push(cx);
    }
    binary_lanes(cx, inst, M::VSub, shape);
}

/// If the same operation extends both values to lanes of this shape: that operation and its operands.
fn both_extended(cx: &Cx<'_>, a: Value, b: Value, shape: Shape) -> Option<(Op, Value, Value)> {
    let of = |v: Value| cx.function().def_inst(v).map(|i| cx.data(i));
    let (a, b) = (of(a)?, of(b)?);
    let extends = matches!(a.op, Op::VExtendLowS | Op::VExtendLowU | Op::VExtendHighS | Op::VExtendHighU);
    (extends && a.op == b.op && [a.imm, b.imm] == [IrImm::Shape(shape); 2]).then(|| (a.op, a.args[0], b.args[0]))
}

pub(super) fn multiply(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let (a, b) = (cx.data(inst).args[0], cx.data(inst).args[1]);
    if let Some((op, a, b)) = both_extended(cx, a, b, shape) {
        let row = match op {
            Op::VExtendLowS => M::VSmull,
            Op::VExtendLowU => M::VUmull,
            Op::VExtendHighS => M::Smull2,
            _ => M::Umull2,
        };
        let (a, b) = (cx.reg(a), cx.reg(b));
        let def = cx.def_of(inst);
        return row.lanes(half(lane(shape))).def(def).n(a).m(b).push(cx);
    }
    if shape != Shape::I64x2 {
        return binary_lanes(cx, inst, M::VMul, shape);
    }
    // a * b = low(a) low(b) + (high(a) low(b) + low(a) high(b)) 2^32
    let (a, b) = (cx.reg(a), cx.reg(b));
    let (swapped, crossed, sums, high, low_a, low_b) =
        (fresh(cx), fresh(cx), fresh(cx), fresh(cx), fresh(cx), fresh(cx));
    M::Rev64.lanes(W::B32).def(swapped).n(b).push(cx);
    binary_row_lanes(cx, M::VMul, W::B32, crossed, swapped, a);
    M::Uaddlp.lanes(W::B32).def(sums).n(crossed).push(cx);
    unary_row_imm(cx, M::VShl, high, sums, Imm::Left(W::B64, 32));
    M::Xtn.lanes(W::B32).def(low_a).n(a).push(cx);
    M::Xtn.lanes(W::B32).def(low_b).n(b).push(cx);
    let def = cx.def_of(inst);
    M::Umlal.lanes(W::B32).def(def).tied(high).n(low_a).m(low_b).push(cx);
}

/// Computes sums of products of neighbouring lanes.
pub(super) fn dot(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let (a, b) = both(cx, inst);
    let (low, high) = (fresh(cx), fresh(cx));
    let (from, to) = if shape == Shape::I16x8 { (W::B8, W::B16) } else { (W::B16, W::B32) };
    binary_row_lanes(cx, M::VSmull, from, low, a, b);
    binary_row_lanes(cx, M::Smull2, from, high, a, b);
    let def = cx.def_of(inst);
    binary_row_lanes(cx, M::Addp, to, def, low, high);
}

/// Narrows two vectors with lanes of twice the width, with saturation: `low` writes the lower half, `high` the upper one.
pub(super) fn narrow(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape, low: M, high: M) {
    let (a, b) = both(cx, inst);
    let lower = fresh(cx);
    low.lanes(lane(shape)).def(lower).n(a).push(cx);
    let def = cx.def_of(inst);
    high.lanes(lane(shape)).def(def).tied(lower).n(b).push(cx);
}

pub(super) fn shift(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let data = cx.data(inst);
    let (op, value, by, w) = (data.op, data.args[0], data.args[1], lane(shape));
    let a = cx.reg(value);
    if let Some(by) = cx.as_const(by).map(|by| by as u8 & (w.bits() - 1)) {
        let def = cx.def_of(inst);
        // A right shift by 0 has no encoding.
        let (row, imm) = match op {
            Op::ShrS if by > 0 => (M::Sshr, Imm::Right(w, by)),
            Op::ShrU if by > 0 => (M::Ushr, Imm::Right(w, by)),
            _ => (M::VShl, Imm::Left(w, by)),
        };
        unary_row_imm(cx, row, def, a, imm);
        return;
    }
    // The instructions use 8 bits of a count, not the count modulo the width; for a right shift, it is negative.
    let count = fresh_int(cx, W::B32);
    let (by, ones) = (cx.reg(by), crate::jit::isa::aarch64::immediate::logical(u64::from(w.bits()) - 1, W::B32));
    M::AndImm.int(W::B32).def(count).n(by).imm(Imm::Logical(ones.expect("low bits"))).push(cx);
    let count = match op {
        Op::Shl => count,
        _ => {
            let opposite = fresh_int(cx, W::B32);
            M::Neg.int(W::B32).def(opposite).m(count).push(cx);
            opposite
        }
    };
    let counts = fresh(cx);
    if w == W::B64 {
        // Only the lower bytes matter, but a lane is a whole register.
        let wide = fresh_int(cx, W::B64);
        M::Sxtw.fixed().def(wide).n(count).push(cx);
        M::Dup.int(W::B64).def(counts).n(wide).imm(Imm::Lane(W::B64, 0)).push(cx);
    } else {
        M::Dup.int(W::B32).def(counts).n(count).imm(Imm::Lane(w, 0)).push(cx);
    }
    let def = cx.def_of(inst);
    let row = if op == Op::ShrS { M::Sshl } else { M::Ushl };
    binary_row_lanes(cx, row, w, def, a, counts);
}

pub(super) fn compare(cx: &mut Cx<'_>, inst: ir::Inst) {
    let IrImm::LaneIntCond(shape, mut cond) = cx.data(inst).imm else { unreachable!("a comparison has a condition") };
    let (mut a, mut b, w) = (cx.data(inst).args[0], cx.data(inst).args[1], lane(shape));
    let zero = |cx: &Cx<'_>, v: Value| cx.function().as_vector(v) == Some(0);
    if zero(cx, a) && !zero(cx, b) {
        (a, b) = (b, a);
        cond = cond.swapped();
    }
    if zero(cx, b) {
        let row = match cond {
            IntCond::Eq | IntCond::Ne => Some(M::CmeqZero),
            IntCond::GtS => Some(M::CmgtZero),
            IntCond::GeS => Some(M::CmgeZero),
            IntCond::LeS => Some(M::CmleZero),
            IntCond::LtS => Some(M::CmltZero),
            _ => None,
        };
        if let Some(row) = row {
            let a = cx.reg(a);
            let def = cx.def_of(inst);
            if cond != IntCond::Ne {
                return row.lanes(w).def(def).n(a).push(cx);
            }
            let equal = fresh(cx);
            row.lanes(w).def(equal).n(a).push(cx);
            unary_row(cx, M::VNot, def, equal);
            return;
        }
    }
    let (row, swapped) = match cond {
        IntCond::Eq | IntCond::Ne => (M::Cmeq, false),
        IntCond::GtS => (M::Cmgt, false),
        IntCond::GeS => (M::Cmge, false),
        IntCond::GtU => (M::Cmhi, false),
        IntCond::GeU => (M::Cmhs, false),
        IntCond::LtS => (M::Cmgt, true),
        IntCond::LeS => (M::Cmge, true),
        IntCond::LtU => (M::Cmhi, true),
        IntCond::LeU => (M::Cmhs, true),
    };
    if swapped {
        (a, b) = (b, a);
    }
    let (a, b) = (cx.reg(a), cx.reg(b));
    let def = cx.def_of(inst);
    if cond != IntCond::Ne {
        binary_row_lanes(cx, row, w, def, a, b);
        return;
    }
    let equal = fresh(cx);
    binary_row_lanes(cx, row, w, equal, a, b);
    unary_row(cx, M::VNot, def, equal);
}

/// Computes a test of a whole vector as a value: 1 or 0.
pub(super) fn truth(cx: &mut Cx<'_>, inst: ir::Inst) {
    let (test, register) = test(cx, inst);
    let Test::Zero { w, not } = test else { unreachable!("a test of a register") };
    M::CmpImm.int(w).n(register).imm(Imm::Arithmetic(0, false)).push(cx);
    let cc = if not { Cc::Ne } else { Cc::Eq };
    let def = cx.def_of(inst);
    M::Csinc.int(W::B32).def(def).n(Src::Zero).m(Src::Zero).imm(Imm::Cond(cc.invert())).push(cx);
}

/// Takes the sign of each lane as the bit with the lane's number, and adds them all up.
pub(super) fn bitmask(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let w = lane(shape);
    let a = cx.reg(cx.data(inst).args[0]);
    if shape == Shape::I64x2 {
        // One bit of each lane: the second is moved next to the first.
        let (signs, low, high) = (fresh(cx), fresh_int(cx, W::B64), fresh_int(cx, W::B64));
        unary_row_imm(cx, M::Ushr, signs, a, Imm::Right(W::B64, 63));
        M::FmovFG.convert(W::B64, true).def(low).n(signs).push(cx);
        M::Umov.int(W::B64).def(high).n(signs).imm(Imm::Lane(W::B64, 1)).push(cx);
        let def = cx.def_of(inst);
        let by = Imm::Shift(crate::jit::isa::aarch64::table::Shift::Lsl, 1);
        return M::Add.int(W::B32).def(def).n(low).m(high).imm(by).push(cx);
    }
    let (signs, weights, chosen) = (fresh(cx), fresh(cx), fresh(cx));
    M::CmltZero.lanes(w).def(signs).n(a).push(cx);
    let lanes = 128 / u32::from(w.bits());
    // For bytes, each half is handled separately.
    let weight = |i: u32| 1u128 << (i % if w == W::B8 { 8 } else { lanes }) << (i * u32::from(w.bits()));
    constant_of(cx, (0..lanes).map(weight).sum(), weights);
    binary_row(cx, M::VAnd, chosen, signs, weights);
    let sum = fresh(cx);
    let of: (VReg, W) = if w == W::B8 {
        // Bytes of both halves become 16-bit words.
        let (upper, words) = (fresh(cx), fresh(cx));
        M::Ext.fixed().def(upper).n(chosen).m(chosen).imm(Imm::Byte(8)).push(cx);
        binary_row_lanes(cx, M::Zip1, W::B8, words, chosen, upper);
        (words, W::B16)
    } else {
        (chosen, w)
    };
    M::Addv.lanes(of.1).def(sum).n(of.0).push(cx);
    let def = cx.def_of(inst);
    M::FmovFG.convert(W::B32, false).def(def).n(sum).push(cx);
}

/// Extends lanes of half the width from one half of the operand.
pub(super) fn extend(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape, op: M) {
    let a = cx.reg(cx.data(inst).args[0]);
    let def = cx.def_of(inst);
    unary_row_imm(cx, op, def, a, Imm::Left(half(lane(shape)), 0));
}

/// Computes sums of neighbouring lanes of half the width.
pub(super) fn pairwise(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape, op: M) {
    let a = cx.reg(cx.data(inst).args[0]);
    let def = cx.def_of(inst);
    op.lanes(half(lane(shape))).def(def).n(a).push(cx);
}
