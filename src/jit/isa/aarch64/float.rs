//! Selection of operations on floats, and of conversions.

use super::builder::{Addr, Cx, Src, width};
use super::encode::Imm;
use super::immediate::{self, Lanes};
use super::inst::Inst;
use super::memory;
use super::table::{Cc, Op as M, W};
use crate::jit::ir::{self, FloatCond, Imm as IrImm, Op, Type};
use regalloc2::{Operand, RegClass, VReg};

/// Makes a constant.
pub(super) fn constant(cx: &mut Cx<'_>, bits: u64, ty: Type, to: VReg) {
    let double = ty == Type::F64;
    if bits == 0 {
        return zero(cx, to);
    }
    if let Some(byte) = immediate::float(bits, double) {
        return M::FmovImm.float(double).def(to).imm(Imm::Float(byte)).push(cx);
    }
    let entry = cx.pool(u128::from(bits));
    memory::load_from(cx, ty, to, Addr::pool(entry));
}

/// Sets all bits to 0.
pub(super) fn zero(cx: &mut Cx<'_>, to: VReg) {
    M::Movi.fixed().def(to).imm(Imm::Lanes(Lanes { op: 0, cmode: 0b1110, byte: 0 })).push(cx);
}

/// Returns the condition code for a float comparison. Unordered operands satisfy only "not equal".
pub(super) fn cc_of(cond: FloatCond) -> Cc {
    match cond {
        FloatCond::Eq => Cc::Eq,
        FloatCond::Ne => Cc::Ne,
        FloatCond::Lt => Cc::Mi,
        FloatCond::Le => Cc::Ls,
        FloatCond::Gt => Cc::Gt,
        FloatCond::Ge => Cc::Ge,
    }
}

/// Sets the flags for a float comparison.
pub(super) fn compare(cx: &mut Cx<'_>, inst: ir::Inst) -> Cc {
    let data = cx.data(inst);
    let IrImm::FloatCond(cond) = data.imm else { unreachable!("a comparison has a condition") };
    let (a, b) = (data.args[0], data.args[1]);
    let double = cx.ty(a) == Type::F64;
    if cx.as_const(b) == Some(0) {
        let a = cx.reg(a);
        M::FcmpZero.float(double).n(a).push(cx);
    } else {
        let (a, b) = (cx.reg(a), cx.reg(b));
        M::Fcmp.float(double).n(a).m(b).push(cx);
    }
    cc_of(cond)
}

/// Lowers an operation on floats.
pub(super) fn lower(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.function().inst(inst);
    let args = &data.args;
    let double = data.ty == Type::F64;
    let from_double = cx.ty(args[0]) == Type::F64;
    match data.op {
        Op::FAdd => binary(cx, inst, M::Fadd),
        Op::FSub => binary(cx, inst, M::Fsub),
        Op::FMul => binary(cx, inst, M::Fmul),
        Op::FDiv => binary(cx, inst, M::Fdiv),
        Op::FMin => binary(cx, inst, M::Fmin),
        Op::FMax => binary(cx, inst, M::Fmax),
        Op::FCopysign => copysign(cx, inst, double),
        Op::FAbs => unary(cx, inst, M::Fabs),
        Op::FNeg => unary(cx, inst, M::Fneg),
        Op::FCanon => {
            let a = cx.reg(args[0]);
            let def = cx.def_of(inst);
            let operands = [Operand::reg_use(a), Operand::reg_reuse_def(def, 0)];
            cx.push(Inst::Canonical { double, lanes: false }, &operands);
        }
        Op::FSqrt => unary(cx, inst, M::Fsqrt),
        Op::FCeil => unary(cx, inst, M::Frintp),
        Op::FFloor => unary(cx, inst, M::Frintm),
        Op::FTrunc => unary(cx, inst, M::Frintz),
        Op::FNearest => unary(cx, inst, M::Frintn),
        Op::FPromote => unary(cx, inst, M::FcvtSD),
        Op::FDemote => unary(cx, inst, M::FcvtDS),
        // The instructions saturate, and convert NaN to 0.
        Op::FToS | Op::FToSSat => convert(cx, inst, M::Fcvtzs, width(data.ty), from_double),
        Op::FToU | Op::FToUSat => convert(cx, inst, M::Fcvtzu, width(data.ty), from_double),
        Op::SToF => convert(cx, inst, M::Scvtf, width(cx.ty(args[0])), double),
        Op::UToF => convert(cx, inst, M::Ucvtf, width(cx.ty(args[0])), double),
        // Moves between the register files; within one file, `reg` renames.
        Op::Bitcast => {
            let w = width(data.ty);
            let op = if data.ty.is_float() { M::FmovGF } else { M::FmovFG };
            convert(cx, inst, op, w, w == W::B64);
        }
        op => unreachable!("{} is lowered elsewhere", op.name()),
    }
}

fn unary(cx: &mut Cx<'_>, inst: ir::Inst, op: M) {
    let (a, double) = (cx.data(inst).args[0], cx.data(inst).ty == Type::F64);
    let a = cx.reg(a);
    let def = cx.def_of(inst);
    op.float(double).def(def).n(a).push(cx);
}

fn binary(cx: &mut Cx<'_>, inst: ir::Inst, op: M) {
    let data = cx.data(inst);
    let (a, b, double) = (data.args[0], data.args[1], data.ty == Type::F64);
    let (a, b) = (cx.reg(a), cx.reg(b));
    let def = cx.def_of(inst);
    op.float(double).def(def).n(a).m(b).push(cx);
}

/// Emits a row with one operand that involves integers of a width and floats.
fn convert(cx: &mut Cx<'_>, inst: ir::Inst, op: M, w: W, double: bool) {
    let a = cx.data(inst).args[0];
    let from_zero = cx.as_const(a) == Some(0) && op.desc().regs[1].bank == super::table::Bank::G;
    let a = if from_zero { Src::Zero } else { Src::Reg(cx.reg(a)) };
    let def = cx.def_of(inst);
    op.convert(w, double).def(def).n(a).push(cx);
}

/// Takes the bits of one operand where a mask has the sign bit, and those of the other operand elsewhere.
fn copysign(cx: &mut Cx<'_>, inst: ir::Inst, double: bool) {
    let (a, b) = (cx.data(inst).args[0], cx.data(inst).args[1]);
    let (a, b) = (cx.reg(a), cx.reg(b));
    let mut sign = cx.temp(RegClass::Float, 128);
    if double {
        // -0
        zero(cx, sign);
        let negative = cx.temp(RegClass::Float, 128);
        M::VFneg.float(true).def(negative).n(sign).push(cx);
        sign = negative;
    } else {
        M::Movi.fixed().def(sign).imm(Imm::Lanes(Lanes { op: 0, cmode: 0b0110, byte: 0x80 })).push(cx);
    }
    let def = cx.def_of(inst);
    M::Bsl.fixed().def(def).tied(sign).n(b).m(a).push(cx);
}
