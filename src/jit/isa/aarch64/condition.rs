//! Selection of conditions: flags and tests of registers, and selects that depend on them.

use super::builder::{Cx, Src, width};
use super::encode::Imm;
use super::inst::{Inst, Test};
use super::operand::{addend, const_of, extended_and_shifted, mask, only_by, reg_or_zero, shifted};
use super::table::{Cc, Op as M, W};
use super::{float, vector};
use crate::jit::ir::{self, Imm as IrImm, IntCond, Op, Type, Value};
use crate::jit::isa::lower::class_of;
use regalloc2::{Operand, RegClass, VReg};

pub(super) fn cc_of(cond: IntCond) -> Cc {
    match cond {
        IntCond::Eq => Cc::Eq,
        IntCond::Ne => Cc::Ne,
        IntCond::LtS => Cc::Lt,
        IntCond::LtU => Cc::Lo,
        IntCond::GtS => Cc::Gt,
        IntCond::GtU => Cc::Hi,
        IntCond::LeS => Cc::Le,
        IntCond::LeU => Cc::Ls,
        IntCond::GeS => Cc::Ge,
        IntCond::GeU => Cc::Hs,
    }
}

/// Returns a test for "value is not 0", and the register that it tests, if any.
pub(super) fn test(cx: &mut Cx<'_>, value: Value) -> (Test, Option<VReg>) {
    let only = cx.use_count(value) == 1;
    let (inner, inverted, only) = cx.behind_tests(value, only);
    let (test, register) = test_of(cx, inner, only);
    (if inverted { test.invert() } else { test }, register)
}

fn test_of(cx: &mut Cx<'_>, value: Value, only: bool) -> (Test, Option<VReg>) {
    if let Some(inst) = cx.def_by(value, Op::ICmp) {
        let data = cx.data(inst);
        let IrImm::IntCond(cond) = data.imm else { unreachable!("a comparison has a condition") };
        let (a, zero, w) = (data.args[0], cx.as_const(data.args[1]) == Some(0), width(cx.ty(data.args[0])));
        match cond {
            IntCond::Eq | IntCond::Ne if zero => return test_zero(cx, a, w, cond == IntCond::Ne, only),
            IntCond::LtS | IntCond::GeS if zero => {
                let a = cx.reg(a);
                return (Test::Bit { bit: w.bits() - 1, set: cond == IntCond::LtS }, Some(a));
            }
            _ => {}
        }
    } else if let Some(inst) = cx.vector_test(value) {
        let (test, register) = vector::test(cx, inst);
        return (test, Some(register));
    } else if cx.def_by(value, Op::FCmp).is_none() && (!only || joined(cx, value).is_none()) {
        return test_zero(cx, value, W::B32, true, only);
    }
    (Test::Flags(flags_of(cx, value, only)), None)
}

/// Returns a test for "value is 0" or, if `not`, "value is not 0". `only` says that nothing else tests the value.
fn test_zero(cx: &mut Cx<'_>, value: Value, w: W, not: bool, only: bool) -> (Test, Option<VReg>) {
    if only && let Some(and) = only_by(cx, value, Op::And) {
        let (a, bits) = (cx.data(and).args[0], cx.data(and).args[1]);
        if let Some(bits) = const_of(cx, bits, w).filter(|bits| bits.is_power_of_two()) {
            let a = cx.reg(a);
            return (Test::Bit { bit: bits.trailing_zeros() as u8, set: not }, Some(a));
        }
        test_bits(cx, and, w);
        return (Test::Flags(if not { Cc::Ne } else { Cc::Eq }), None);
    }
    let a = cx.reg(value);
    (Test::Zero { w, not }, Some(a))
}

/// Sets the flags for a conjunction that has no other users.
fn test_bits(cx: &mut Cx<'_>, and: ir::Inst, w: W) {
    let (a, b) = (cx.data(and).args[0], cx.data(and).args[1]);
    if let Some(imm) = mask(cx, b, w) {
        let a = cx.reg(a);
        return M::TstImm.int(w).n(a).imm(imm).push(cx);
    }
    let (b, imm) = shifted(cx, b, w, true).unwrap_or((b, Imm::None));
    let (a, b) = (cx.reg(a), cx.reg(b));
    M::Tst.int(w).n(a).m(b).imm(imm).push(cx);
}

/// Sets the flags for "value is not 0".
pub(super) fn condition(cx: &mut Cx<'_>, value: Value) -> Cc {
    let only = cx.use_count(value) == 1;
    condition_of(cx, value, only)
}

/// As [`condition`]. `only` says that no other instruction does the same for this value, so that its operands may be
/// absorbed.
fn condition_of(cx: &mut Cx<'_>, value: Value, only: bool) -> Cc {
    let (inner, inverted, only) = cx.behind_tests(value, only);
    let cc = flags_of(cx, inner, only);
    if inverted { cc.invert() } else { cc }
}

fn flags_of(cx: &mut Cx<'_>, value: Value, only: bool) -> Cc {
    if let Some(inst) = cx.def_by(value, Op::ICmp) {
        return compare(cx, inst, only);
    }
    if let Some(inst) = cx.def_by(value, Op::FCmp) {
        return float::compare(cx, inst);
    }
    if let Some(inst) = cx.vector_test(value) {
        let (test, register) = vector::test(cx, inst);
        let Test::Zero { w, not } = test else { unreachable!("a test of a register") };
        M::CmpImm.int(w).n(register).imm(Imm::Arithmetic(0, false)).push(cx);
        return if not { Cc::Ne } else { Cc::Eq };
    }
    if only && let Some(joined) = joined(cx, value) {
        return compare_both(cx, joined);
    }
    if only && let Some(and) = only_by(cx, value, Op::And) {
        test_bits(cx, and, W::B32);
        return Cc::Ne;
    }
    let a = cx.reg(value);
    M::CmpImm.int(W::B32).n(a).imm(Imm::Arithmetic(0, false)).push(cx);
    Cc::Ne
}

/// Two comparisons, of which both must hold, or at least one.
struct Joined {
    first: Value,
    /// The comparison that is made only if the first one does not decide.
    second: ir::Inst,
    both: bool,
}

/// Returns the conjunction or disjunction of two comparisons that has no other users.
fn joined(cx: &Cx<'_>, value: Value) -> Option<Joined> {
    let and = only_by(cx, value, Op::And);
    let inst = and.or_else(|| only_by(cx, value, Op::Or))?;
    let data = cx.data(inst);
    if data.ty != Type::I32 {
        return None;
    }
    let compares = |v: Value| only_by(cx, v, Op::ICmp).or_else(|| only_by(cx, v, Op::FCmp));
    let (a, b) = (data.args[0], data.args[1]);
    let (_, second) = (compares(a)?, compares(b)?);
    Some(Joined { first: a, second, both: and.is_some() })
}

/// Sets the flags for two comparisons: the second one is made only if the first one does not decide.
fn compare_both(cx: &mut Cx<'_>, Joined { first, second, both }: Joined) -> Cc {
    let data = cx.data(second);
    let (a, mut b) = (data.args[0], data.args[1]);
    let w = width(cx.ty(a));
    let float = data.op == Op::FCmp;
    let mut cc = match data.imm {
        IrImm::IntCond(cond) => cc_of(cond),
        IrImm::FloatCond(cond) => float::cc_of(cond),
        _ => unreachable!("a comparison has a condition"),
    };
    let mut a = a;
    if !float && cx.as_const(a).is_some() && cx.as_const(b).is_none() {
        let IrImm::IntCond(cond) = cx.data(second).imm else { unreachable!("a comparison of integers") };
        (a, b, cc) = (b, a, cc_of(cond.swapped()));
    }
    let known = if float { None } else { const_of(cx, b, w) };
    let top = u64::MAX >> (64 - w.bits());
    // Registers come first: nothing may come between the comparisons.
    let a = cx.reg(a);
    let small = known.filter(|&c| c < 32).map(|c| (M::CcmpImm, c));
    let opposite = known.map(|c| c.wrapping_neg() & top).filter(|&c| c > 0 && c < 32).map(|c| (M::CcmnImm, c));
    let imm = small.or(opposite);
    let b = if imm.is_none() { Some(cx.reg(b)) } else { None };
    let decides = condition_of(cx, first, true);
    // If the first one decides, these flags give the result.
    let (made_if, flags) = if both { (decides, cc.invert().flags()) } else { (decides.invert(), cc.flags()) };
    match (imm, b) {
        (Some((op, value)), _) => op.int(w).n(a).imm(Imm::CondFlagsConst(made_if, flags, value as u8)).push(cx),
        (None, Some(b)) if float => {
            M::Fccmp.float(w == W::B64).n(a).m(b).imm(Imm::CondFlags(made_if, flags)).push(cx);
        }
        (None, b) => {
            let b = b.expect("a register or an immediate");
            M::Ccmp.int(w).n(a).m(b).imm(Imm::CondFlags(made_if, flags)).push(cx);
        }
    }
    cc
}

/// Sets the flags for an integer comparison. `only` says that no other instruction does so, so that its operands may be
/// absorbed.
fn compare(cx: &mut Cx<'_>, inst: ir::Inst, only: bool) -> Cc {
    let data = cx.data(inst);
    let IrImm::IntCond(mut cond) = data.imm else { unreachable!("a comparison has a condition") };
    let (mut a, mut b) = (data.args[0], data.args[1]);
    let absorbs = |cx: &Cx<'_>, v: Value| {
        let w = width(cx.ty(v));
        shifted(cx, v, w, false).is_some() || w == W::B64 && extended_and_shifted(cx, v).is_some()
    };
    let constant = |v: Value| cx.as_const(v).is_some();
    if constant(a) && !constant(b) || only && !constant(b) && absorbs(cx, a) && !absorbs(cx, b) {
        (a, b) = (b, a);
        cond = cond.swapped();
    }
    let w = width(cx.ty(a));
    if const_of(cx, b, w) == Some(0)
        && matches!(cond, IntCond::Eq | IntCond::Ne)
        && only
        && let Some(and) = only_by(cx, a, Op::And)
    {
        test_bits(cx, and, w);
        return cc_of(cond);
    }
    if let Some((imm, negative)) = addend(cx, b, w) {
        let a = cx.reg(a);
        let op = if negative { M::CmnImm } else { M::CmpImm };
        op.int(w).n(a).imm(imm).push(cx);
    } else if only
        && w == W::B64
        && let Some((b, imm)) = extended_and_shifted(cx, b)
    {
        let (a, b) = (cx.reg(a), cx.reg(b));
        M::CmpExtended.int(w).n(a).m(b).imm(imm).push(cx);
    } else {
        let (b, imm) = if only { shifted(cx, b, w, false) } else { None }.unwrap_or((b, Imm::None));
        let (a, b) = (cx.reg(a), cx.reg(b));
        M::Cmp.int(w).n(a).m(b).imm(imm).push(cx);
    }
    cc_of(cond)
}

/// Computes a comparison as a value: 1 or 0.
pub(super) fn set(cx: &mut Cx<'_>, inst: ir::Inst) {
    let cc = condition_of(cx, cx.function().result(inst), true);
    let def = cx.def_of(inst);
    M::Csinc.int(W::B32).def(def).n(Src::Zero).m(Src::Zero).imm(Imm::Cond(cc.invert())).push(cx);
}

/// How a select can compute its second value from another value, or from 0 if there is none.
fn computed(cx: &Cx<'_>, value: Value, w: W) -> Option<(M, Option<Value>)> {
    let ones = u64::MAX >> (64 - w.bits());
    match const_of(cx, value, w) {
        Some(1) => return Some((M::Csinc, None)),
        Some(c) if c == ones => return Some((M::Csinv, None)),
        _ => {}
    }
    let of = |inst: ir::Inst, n: usize| cx.data(inst).args[n];
    if let Some(add) = only_by(cx, value, Op::IAdd).filter(|&add| const_of(cx, of(add, 1), w) == Some(1)) {
        return Some((M::Csinc, Some(of(add, 0))));
    }
    if let Some(not) = only_by(cx, value, Op::Xor).filter(|&not| const_of(cx, of(not, 1), w) == Some(ones)) {
        return Some((M::Csinv, Some(of(not, 0))));
    }
    let negation = only_by(cx, value, Op::ISub).filter(|&sub| const_of(cx, of(sub, 0), w) == Some(0))?;
    Some((M::Csneg, Some(of(negation, 1))))
}

/// One of two values.
pub(super) fn select(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (c, mut a, b, ty) = (data.args[0], data.args[1], data.args[2], data.ty);
    if class_of(ty) == RegClass::Float {
        let (a, b) = (cx.reg(a), cx.reg(b));
        let cc = condition(cx, c);
        let def = cx.def_of(inst);
        if ty == Type::V128 {
            let operands = [Operand::reg_use(b), Operand::reg_reuse_def(def, 0), Operand::reg_use(a)];
            return cx.push(Inst::SelectVector { cc }, &operands);
        }
        return M::Fcsel.float(ty == Type::F64).def(def).n(a).m(b).imm(Imm::Cond(cc)).push(cx);
    }
    let w = width(ty);
    let mut inverted = false;
    let (op, second) = match (computed(cx, b, w), computed(cx, a, w)) {
        (Some(computed), _) => computed,
        (None, Some(computed)) => {
            (a, inverted) = (b, true);
            computed
        }
        (None, None) => (M::Csel, Some(b)),
    };
    let a = reg_or_zero(cx, a);
    let b = match second {
        Some(value) => reg_or_zero(cx, value),
        None => Src::Zero,
    };
    let mut cc = condition(cx, c);
    if inverted {
        cc = cc.invert();
    }
    let def = cx.def_of(inst);
    op.int(w).def(def).n(a).m(b).imm(Imm::Cond(cc)).push(cx);
}
