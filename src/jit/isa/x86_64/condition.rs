//! Selection of conditions, from comparisons and from the flags of arithmetic operations.

use super::builder::{Arg, Cx, width};
use super::inst::Inst;
use super::operand::{imm_of, imm_or_reg, load_arg};
use super::table::{Cc, Cond, Op as M};
use super::{float, vector};
use crate::jit::ir::{self, Imm, IntCond, Op, Value};
use crate::jit::isa::common::Common;
use crate::jit::isa::lower::class_of;
use regalloc2::{Operand, RegClass};

pub(super) fn cc_of(cond: IntCond) -> Cc {
    match cond {
        IntCond::Eq => Cc::E,
        IntCond::Ne => Cc::Ne,
        IntCond::LtS => Cc::L,
        IntCond::LtU => Cc::B,
        IntCond::GtS => Cc::G,
        IntCond::GtU => Cc::A,
        IntCond::LeS => Cc::Le,
        IntCond::LeU => Cc::Be,
        IntCond::GeS => Cc::Ge,
        IntCond::GeU => Cc::Ae,
    }
}

/// Sets the flags for "value is not 0".
pub(super) fn condition(cx: &mut Cx<'_>, value: Value) -> Cond {
    let only = cx.use_count(value) == 1;
    condition_of(cx, value, only)
}

/// As [`condition`]. `only` says that no other instruction does the same for this value, so that its operands may be
/// absorbed.
pub(super) fn condition_of(cx: &mut Cx<'_>, value: Value, only: bool) -> Cond {
    let (inner, inverted, only) = cx.behind_tests(value, only);
    let cond = if let Some(inst) = cx.def_by(inner, Op::ICmp) {
        compare(cx, inst, only)
    } else if let Some(inst) = cx.def_by(inner, Op::FCmp) {
        float::compare(cx, inst, only)
    } else if let Some(inst) = cx.vector_test(inner) {
        vector::test(cx, inst)
    } else {
        test_zero(cx, inner, None, true);
        Cond::Cc(Cc::Ne)
    };
    if inverted { cond.invert() } else { cond }
}

/// Sets the flags for a comparison with 0, made by the instruction `by` if it is not the one being lowered. `equality`
/// says that it matters only whether the value is 0.
fn test_zero(cx: &mut Cx<'_>, value: Value, by: Option<ir::Inst>, equality: bool) {
    let w = width(cx.ty(value));
    if let Some(and) = cx.def_by(value, Op::And)
        && cx.use_count(value) == 1
    {
        let (x, y) = (cx.data(and).args[0], cx.data(and).args[1]);
        let x = cx.reg(x);
        let y = imm_or_reg(cx, y, w);
        return M::Test.int(w).reg(x).rm(y).push(cx);
    }
    // An addition just before has set the flags already, if nothing in between changes them.
    let keeps = |inst: &Inst| matches!(inst, Inst::Common(Common::Copy) | Inst::Const { bits: 1.. });
    if equality
        && !cx.poisons()
        && let Some(def) = cx.function().def_inst(value)
        && flag_row(cx.data(def).op).is_some()
        && cx.previous(by.as_slice()) == Some(def)
        && cx.pushed().all(keeps)
    {
        return cx.want_flags(value, def);
    }
    let a = cx.reg(value);
    M::Test.int(w).reg(a).rm(a).push(cx);
}

/// The row of an operation that leaves flags, and whether it is commutative.
pub(super) fn flag_row(op: Op) -> Option<(M, bool)> {
    match op {
        Op::IAdd => Some((M::Add, true)),
        Op::ISub => Some((M::Sub, false)),
        Op::And => Some((M::And, true)),
        Op::Or => Some((M::Or, true)),
        Op::Xor => Some((M::Xor, true)),
        _ => None,
    }
}

/// Sets the flags for an integer comparison. `only` says that no other instruction does so, so that its operands may be
/// absorbed.
fn compare(cx: &mut Cx<'_>, inst: ir::Inst, only: bool) -> Cond {
    let data = cx.data(inst);
    let Imm::IntCond(mut cond) = data.imm else { unreachable!("a comparison has a condition") };
    let (mut a, mut b) = (data.args[0], data.args[1]);
    if cx.as_const(a).is_some() && cx.as_const(b).is_none() {
        (a, b) = (b, a);
        cond = cond.swapped();
    }
    let w = width(cx.ty(a));
    if cx.as_const(b) == Some(0) {
        let equality = matches!(cond, IntCond::Eq | IntCond::Ne) && only;
        test_zero(cx, a, Some(inst), equality);
        return Cond::Cc(cc_of(cond));
    }
    if let Some(imm) = imm_of(cx, b, w) {
        let a = cx.reg(a);
        M::Cmp.int(w).reg(a).rm(Arg::Imm(imm)).push(cx);
    } else if only && let Some(load) = load_arg(cx, b, w) {
        let a = cx.reg(a);
        M::Cmp.int(w).reg(a).rm(load).push(cx);
    } else if only && let Some(load) = load_arg(cx, a, w) {
        let b = cx.reg(b);
        M::CmpMem.int(w).reg(b).rm(load).push(cx);
    } else {
        let (a, b) = (cx.reg(a), cx.reg(b));
        M::Cmp.int(w).reg(a).rm(b).push(cx);
    }
    Cond::Cc(cc_of(cond))
}

/// Computes a comparison as a value: 1 or 0.
pub(super) fn set(cx: &mut Cx<'_>, inst: ir::Inst) {
    let cond = condition_of(cx, cx.function().result(inst), true);
    let def = cx.def_of(inst);
    cx.push(Inst::SetCond { cond }, &[Operand::reg_def(def)]);
}

/// One of two values.
pub(super) fn select(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (c, a, b, ty) = (data.args[0], data.args[1], data.args[2], data.ty);
    let (mut a, mut b) = (cx.reg(a), cx.reg(b));
    let mut cond = condition(cx, c);
    let def = cx.def_of(inst);
    let float = class_of(ty) == RegClass::Float;
    if cond == Cond::FEq && !float {
        // Equal and ordered is one condition too many for a move; its opposite is two moves.
        (a, b) = (b, a);
        cond = cond.invert();
    }
    let operands = [Operand::reg_use(b), Operand::reg_reuse_def(def, 0), Operand::reg_use(a)];
    let inst = if float { Inst::CmovFloat { cond } } else { Inst::Cmov { w: width(ty), cond } };
    cx.push(inst, &operands);
}
