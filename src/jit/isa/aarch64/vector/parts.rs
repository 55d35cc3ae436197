//! The parts from which all vector sequences are built. `to` is the register to define.

use crate::jit::ir::{self, Shape};
use crate::jit::isa::aarch64::builder::Cx;
use crate::jit::isa::aarch64::encode::Imm;
use crate::jit::isa::aarch64::table::{Op as M, W};
use regalloc2::{RegClass, VReg};

/// Returns a register for an intermediate vector.
pub(super) fn fresh(cx: &mut Cx<'_>) -> VReg {
    cx.temp(RegClass::Float, 128)
}

/// The width of the lanes of a shape.
pub(super) fn lane(shape: Shape) -> W {
    W::of_bytes(shape.bits() / 8)
}

/// Half the width.
pub(super) fn half(w: W) -> W {
    W::of_bytes(u32::from(w.bytes()) / 2)
}

/// Emits a row with one operand and no width, or a fixed one. Returns the register that it defines.
pub(super) fn unary_row(cx: &mut Cx<'_>, op: M, to: VReg, a: VReg) -> VReg {
    op.fixed().def(to).n(a).push(cx);
    to
}

/// As [`unary_row`], with an immediate.
pub(super) fn unary_row_imm(cx: &mut Cx<'_>, op: M, to: VReg, a: VReg, imm: Imm) -> VReg {
    op.fixed().def(to).n(a).imm(imm).push(cx);
    to
}

/// Emits a row with two operands and no width, or a fixed one. Returns the register that it defines.
pub(super) fn binary_row(cx: &mut Cx<'_>, op: M, to: VReg, a: VReg, b: VReg) -> VReg {
    op.fixed().def(to).n(a).m(b).push(cx);
    to
}

/// Emits a row with two operands with lanes of a width. Returns the register that it defines.
pub(super) fn binary_row_lanes(cx: &mut Cx<'_>, op: M, w: W, to: VReg, a: VReg, b: VReg) -> VReg {
    op.lanes(w).def(to).n(a).m(b).push(cx);
    to
}

/// Lowers an operation on one vector to one row.
pub(super) fn unary(cx: &mut Cx<'_>, inst: ir::Inst, op: M) {
    let a = cx.reg(cx.data(inst).args[0]);
    let def = cx.def_of(inst);
    unary_row(cx, op, def, a);
}

/// As [`unary`], with lanes of integers.
pub(super) fn unary_lanes(cx: &mut Cx<'_>, inst: ir::Inst, op: M, shape: Shape) {
    let a = cx.reg(cx.data(inst).args[0]);
    let def = cx.def_of(inst);
    op.lanes(lane(shape)).def(def).n(a).push(cx);
}

/// As [`unary`], with lanes of floats.
pub(super) fn unary_float(cx: &mut Cx<'_>, inst: ir::Inst, op: M, double: bool) {
    let a = cx.reg(cx.data(inst).args[0]);
    let def = cx.def_of(inst);
    op.float(double).def(def).n(a).push(cx);
}

/// The registers of the first two arguments.
pub(super) fn both(cx: &mut Cx<'_>, inst: ir::Inst) -> (VReg, VReg) {
    let (a, b) = (cx.data(inst).args[0], cx.data(inst).args[1]);
    (cx.reg(a), cx.reg(b))
}

/// Lowers an operation on two vectors to one row.
pub(super) fn binary(cx: &mut Cx<'_>, inst: ir::Inst, op: M) {
    let (a, b) = both(cx, inst);
    let def = cx.def_of(inst);
    binary_row(cx, op, def, a, b);
}

/// As [`binary`], with lanes of integers.
pub(super) fn binary_lanes(cx: &mut Cx<'_>, inst: ir::Inst, op: M, shape: Shape) {
    let (a, b) = both(cx, inst);
    let def = cx.def_of(inst);
    binary_row_lanes(cx, op, lane(shape), def, a, b);
}

/// As [`binary`], with lanes of floats.
pub(super) fn binary_float(cx: &mut Cx<'_>, inst: ir::Inst, op: M, double: bool) {
    let (a, b) = both(cx, inst);
    let def = cx.def_of(inst);
    op.float(double).def(def).n(a).m(b).push(cx);
}

/// Lowers a conjunction or disjunction; an operand that is an inverse is absorbed.
pub(super) fn logic(cx: &mut Cx<'_>, inst: ir::Inst, op: M) {
    let (a, b) = (cx.data(inst).args[0], cx.data(inst).args[1]);
    let with_inverse = if op == M::VAnd { M::VBic } else { M::VOrn };
    for (a, b) in [(a, b), (b, a)] {
        if let Some(b) = inverse(cx, b) {
            let (a, b) = (cx.reg(a), cx.reg(b));
            let def = cx.def_of(inst);
            binary_row(cx, with_inverse, def, a, b);
            return;
        }
    }
    binary(cx, inst, op);
}

/// The vector of which `value` is the inverse, if it is one.
pub(super) fn inverse(cx: &Cx<'_>, value: ir::Value) -> Option<ir::Value> {
    let xor = cx.def_by(value, ir::Op::Xor).filter(|_| cx.use_count(value) == 1)?;
    let data = cx.data(xor);
    let ones = |v: ir::Value| cx.function().as_vector(v) == Some(u128::MAX);
    match data.args[..] {
        [a, b] if ones(b) => Some(a),
        [a, b] if ones(a) => Some(b),
        _ => None,
    }
}
