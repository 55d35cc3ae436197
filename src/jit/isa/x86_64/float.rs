//! Selection of operations on floats, and of conversions.

use super::builder::{Arg, Cx, RowBuilder, pool, width};
use super::inst::Inst;
use super::operand::load_or_reg;
use super::table::{Cc, Cond, Op as M, W};
use crate::jit::ir::{self, FloatCond, Imm, Op, Type, Value};
use regalloc2::{Operand, RegClass, VReg};

/// The value as a second operand.
fn arg(cx: &mut Cx<'_>, value: Value) -> Arg {
    if let Some(bits) = cx.as_const(value).filter(|&b| b != 0) {
        return pool(cx, u128::from(bits));
    }
    let w = width(cx.ty(value));
    load_or_reg(cx, value, w)
}

/// Sets the flags for a float comparison.
pub(super) fn compare(cx: &mut Cx<'_>, inst: ir::Inst, only: bool) -> Cond {
    let data = cx.data(inst);
    let Imm::FloatCond(cond) = data.imm else { unreachable!("a comparison has a condition") };
    let (a, b) = (data.args[0], data.args[1]);
    let double = cx.ty(a) == Type::F64;
    // `ucomis a, b` is "above" for a > b and sets carry for unordered, so less-than exchanges its operands.
    let (a, b, cond) = match cond {
        FloatCond::Eq => (a, b, Cond::FEq),
        FloatCond::Ne => (a, b, Cond::FNe),
        FloatCond::Gt => (a, b, Cond::Cc(Cc::A)),
        FloatCond::Ge => (a, b, Cond::Cc(Cc::Ae)),
        FloatCond::Lt => (b, a, Cond::Cc(Cc::A)),
        FloatCond::Le => (b, a, Cond::Cc(Cc::Ae)),
    };
    let a = cx.reg(a);
    let b = if only { arg(cx, b) } else { Arg::Reg(cx.reg(b)) };
    M::Ucomis.float(double).reg(a).rm(b).push(cx);
    cond
}

/// Lowers an operation on floats.
pub(super) fn lower(cx: &mut Cx<'_>, inst: ir::Inst) {
    let f = cx.function();
    let data = f.inst(inst);
    let args = &data.args;
    let double = data.ty == Type::F64;
    match data.op {
        Op::FAdd => binary(cx, inst, M::Addf, true),
        Op::FSub => binary(cx, inst, M::Subf, false),
        Op::FMul => binary(cx, inst, M::Mulf, true),
        Op::FDiv => binary(cx, inst, M::Divf, false),
        Op::FMin | Op::FMax => {
            let max = data.op == Op::FMax;
            if let Some((bound, x)) = bound(cx, args[0], args[1], double) {
                // The instruction returns its second operand if that is a NaN. Zeros of both signs cannot meet. A sum
                // with -0 changes nothing except that a NaN becomes quiet.
                let (bound, x, zero) = (cx.reg(bound), arg(cx, x), pool(cx, sign_mask(double)));
                let chosen = cx.temp(RegClass::Float, if double { 64 } else { 32 });
                let op = if max { M::Maxf } else { M::Minf };
                op.float(double).def(chosen).reg(bound).rm(x).push(cx);
                let def = cx.def_of(inst);
                return M::Addf.float(double).def(def).reg(chosen).rm(zero).push(cx);
            }
            let (a, b) = (cx.reg(args[0]), cx.reg(args[1]));
            let def = cx.def_of(inst);
            let operands = [Operand::reg_use(a), Operand::reg_reuse_def(def, 0), Operand::reg_use_at_end(b)];
            cx.push(Inst::MinMax { double, max }, &operands);
        }
        Op::FCopysign => {
            let sign = sign_mask(double);
            let (a, b) = (cx.reg(args[0]), cx.reg(args[1]));
            let mask = pool(cx, !sign);
            let magnitude = packed(cx, M::Andp, a, mask);
            let mask = pool(cx, sign);
            let sign = packed(cx, M::Andp, b, mask);
            let def = cx.def_of(inst);
            M::Orp.lanes().def(def).reg(magnitude).rm(sign).push(cx);
        }
        Op::FAbs | Op::FNeg => {
            let a = cx.reg(args[0]);
            let sign = sign_mask(double);
            let (op, mask) = if data.op == Op::FAbs { (M::Andp, !sign) } else { (M::Xorp, sign) };
            let mask = pool(cx, mask);
            let def = cx.def_of(inst);
            op.lanes().def(def).reg(a).rm(mask).push(cx);
        }
        Op::FCanon => {
            let nan = if double { 0x7ff8_0000_0000_0000 } else { 0x7fc0_0000 };
            let (a, pool) = (cx.reg(args[0]), cx.pool(nan));
            let def = cx.def_of(inst);
            let operands = [Operand::reg_use(a), Operand::reg_reuse_def(def, 0)];
            cx.push(Inst::Canonical { double, lanes: false, pool }, &operands);
        }
        Op::FSqrt => unary(cx, inst, M::Sqrtf.float(double)),
        Op::FCeil => round(cx, inst, 2),
        Op::FFloor => round(cx, inst, 1),
        Op::FTrunc => round(cx, inst, 3),
        Op::FNearest => round(cx, inst, 0),
        Op::FPromote => unary(cx, inst, M::Cvtf2f.float(false)),
        Op::FDemote => unary(cx, inst, M::Cvtf2f.float64()),
        Op::FToS => {
            let a = arg(cx, args[0]);
            let def = cx.def_of(inst);
            M::Cvttf2si.convert(width(data.ty), cx.ty(args[0]) == Type::F64).def(def).rm(a).push(cx);
        }
        Op::FToU => {
            let double = cx.ty(args[0]) == Type::F64;
            if data.ty == Type::I32 {
                // Converted as 64 bits: values in range are positive there.
                let a = arg(cx, args[0]);
                let def = cx.def_of(inst);
                M::Cvttf2si.convert(W::B64, double).def(def).rm(a).push(cx);
            } else {
                to_int(cx, inst, Inst::FloatToU64 { double });
            }
        }
        Op::FToSSat => {
            let double = cx.ty(args[0]) == Type::F64;
            to_int(cx, inst, Inst::FloatToSSat { w: width(data.ty), double });
        }
        Op::FToUSat => {
            let double = cx.ty(args[0]) == Type::F64;
            to_int(cx, inst, Inst::FloatToUSat { w: width(data.ty), double });
        }
        Op::SToF => {
            let from = width(cx.ty(args[0]));
            let a = load_or_reg(cx, args[0], from);
            let def = cx.def_of(inst);
            M::Cvtsi2f.convert(from, double).def(def).rm(a).push(cx);
        }
        Op::UToF => {
            let a = cx.reg(args[0]);
            if cx.ty(args[0]) == Type::I32 {
                let wide = cx.temp(RegClass::Int, 64);
                M::Mov.int(W::B32).def(wide).rm(a).push(cx);
                let def = cx.def_of(inst);
                M::Cvtsi2f.convert(W::B64, double).def(def).rm(wide).push(cx);
            } else {
                let temp = cx.temp(RegClass::Int, 64);
                let def = cx.def_of(inst);
                let operands = [Operand::reg_use_at_end(a), Operand::reg_def_at_start(def), Operand::reg_temp(temp)];
                cx.push(Inst::U64ToFloat { double }, &operands);
            }
        }
        Op::Bitcast => {
            // Moves between the register files; within one file, `reg` renames.
            let a = cx.reg(args[0]);
            let def = cx.def_of(inst);
            if data.ty.is_float() {
                M::MovGX.int(width(data.ty)).def(def).rm(a).push(cx);
            } else {
                M::MovXG.int(width(data.ty)).def(def).reg(a).push(cx);
            }
        }
        op => unreachable!("{} is lowered elsewhere", op.name()),
    }
}

/// If one operand is a constant number other than zero: that operand and the other one.
fn bound(cx: &Cx<'_>, a: Value, b: Value, double: bool) -> Option<(Value, Value)> {
    let is_bound = |&(value, _): &(Value, Value)| {
        let number = cx.as_const(value).map(|bits| match double {
            true => f64::from_bits(bits),
            false => f32::from_bits(bits as u32).into(),
        });
        number.is_some_and(|number| !number.is_nan() && number != 0.0)
    };
    [(b, a), (a, b)].into_iter().find(is_bound)
}

fn sign_mask(double: bool) -> u128 {
    if double { 1 << 63 } else { 1 << 31 }
}

fn packed(cx: &mut Cx<'_>, op: M, a: VReg, b: Arg) -> VReg {
    let to = cx.temp(RegClass::Float, 64);
    op.lanes().def(to).reg(a).rm(b).push(cx);
    to
}

fn binary(cx: &mut Cx<'_>, inst: ir::Inst, op: M, commutes: bool) {
    let data = cx.data(inst);
    let (mut a, mut b, double) = (data.args[0], data.args[1], data.ty == Type::F64);
    let absorbs = |cx: &Cx<'_>, v: Value| cx.as_const(v).is_some() || cx.sinkable_load(v).is_some();
    if commutes && absorbs(cx, a) && !absorbs(cx, b) {
        (a, b) = (b, a);
    }
    let b = arg(cx, b);
    let a = cx.reg(a);
    let def = cx.def_of(inst);
    op.float(double).def(def).reg(a).rm(b).push(cx);
}

/// Emits a row with one operand, which may be in memory.
fn unary(cx: &mut Cx<'_>, inst: ir::Inst, row: RowBuilder) {
    let a = arg(cx, cx.data(inst).args[0]);
    let def = cx.def_of(inst);
    row.def(def).rm(a).push(cx);
}

/// Rounds in this mode, with the inexact exception suppressed.
fn round(cx: &mut Cx<'_>, inst: ir::Inst, mode: i32) {
    let double = cx.data(inst).ty == Type::F64;
    let op = if double { M::Round64 } else { M::Round32 };
    unary(cx, inst, op.float(double).imm(8 | mode));
}

/// Emits a sequence that converts a float to an integer.
fn to_int(cx: &mut Cx<'_>, inst: ir::Inst, sequence: Inst) {
    let a = cx.reg(cx.data(inst).args[0]);
    let def = cx.def_of(inst);
    let temp = cx.temp(RegClass::Float, 64);
    let operands = [Operand::reg_use_at_end(a), Operand::reg_def_at_start(def), Operand::reg_temp(temp)];
    cx.push(sequence, &operands);
}
