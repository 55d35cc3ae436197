//! Selection of operations on vectors.
//!
//! Everything is built from rows over virtual registers, so that the allocator sees every register. Without AVX, memory
//! operands must be aligned, so only constants are memory operands there. Operations that are one instruction at a higher
//! level are a sequence with the same result at the baseline.

mod floats;
mod integers;
mod lanes;
mod parts;
mod shuffle;

use super::builder::{Cx, pool};
use super::inst::Inst;
use super::table::{Cc, Cond, Op as M};
use crate::jit::ir::vector::shape_of;
use crate::jit::ir::{self, FloatCond, Imm, Op, Shape};
use floats::{
    convert_unsigned, min_max, multiply_add, round, truncate_f32_signed, truncate_f32_unsigned, truncate_f64_signed,
    truncate_f64_unsigned,
};
use parts::*;
use regalloc2::{Operand, VReg};

/// Makes a constant.
pub(super) fn constant(cx: &mut Cx<'_>, inst: ir::Inst, to: VReg) {
    let Imm::Vector(v) = cx.data(inst).imm else { unreachable!("a constant has bits") };
    match cx.function().vectors[v as usize] {
        0 => cx.push(Inst::ZeroFloat, &[Operand::reg_def(to)]),
        u128::MAX => cx.push(Inst::Ones, &[Operand::reg_def(to)]),
        bits => {
            let entry = pool(cx, bits);
            unary_row(cx, M::Loadups, to, entry);
        }
    }
}

/// Fills the bits above a float in its register with garbage.
pub(super) fn poison(cx: &mut Cx<'_>, from: VReg, to: VReg) {
    let above = u128::MAX << cx.bits(from);
    let garbage = pool(cx, 0x5a5a_5a5a_a5a5_a5a5_5a5a_5a5a_a5a5_a5a5 & above);
    binary_row(cx, M::Orp, to, from, garbage);
}

/// Sets the flags for a test of a whole vector.
pub(super) fn test(cx: &mut Cx<'_>, inst: ir::Inst) -> Cond {
    let data = cx.data(inst);
    let (op, imm, value) = (data.op, data.imm, data.args[0]);
    let mut a = cx.reg(value);
    let mut cond = Cond::Cc(Cc::Ne);
    if let (Op::VAllTrue, Some(shape)) = (op, shape_of(imm)) {
        // True if no lane equals 0.
        let zero = zero(cx);
        let equal = by_width(shape, [M::Pcmpeqb, M::Pcmpeqw, M::Pcmpeqd, M::Pcmpeqq]);
        let to = fresh(cx);
        a = binary_row(cx, equal, to, zero, a);
        cond = Cond::Cc(Cc::E);
    }
    M::Ptest.lanes().reg(a).rm(a).push(cx);
    cond
}

/// Lowers an operation that takes or makes vectors; `false` for operations that are the same for all types.
pub(super) fn lower(cx: &mut Cx<'_>, inst: ir::Inst) -> bool {
    let f = cx.function();
    let data = f.inst(inst);
    let args = &data.args;
    let imm = data.imm;
    let shape = shape_of(imm).unwrap_or(Shape::I8x16);
    let double = shape == Shape::F64x2;
    let all = |ops: [M; 4]| by_width(shape, ops);
    // Chooses between rows for 8 and 16 bits, or for the three narrow widths.
    let small = |b: M, w: M| if shape == Shape::I8x16 { b } else { w };
    let upto32 = |ops: [M; 3]| ops[shape.bits().trailing_zeros() as usize - 3];
    match data.op {
        Op::VConst => {}
        Op::And => binary(cx, inst, M::Pand, true),
        Op::Or => binary(cx, inst, M::Por, true),
        Op::Xor => binary(cx, inst, M::Pxor, true),
        Op::VAndNot => {
            // The instruction inverts its first operand.
            let (a, b) = operands(cx, args[1], args[0], false);
            let def = cx.def_of(inst);
            binary_row(cx, M::Pandn, def, a, b);
        }
        Op::VBitselect => {
            let (a, b, mask) = (cx.reg(args[0]), cx.reg(args[1]), arg(cx, args[2]));
            let differ = fresh(cx);
            binary_row(cx, M::Pxor, differ, a, b);
            let chosen = fresh(cx);
            binary_row(cx, M::Pand, chosen, differ, mask);
            let def = cx.def_of(inst);
            binary_row(cx, M::Pxor, def, chosen, b);
        }
        Op::IAdd => binary(cx, inst, all([M::Paddb, M::Paddw, M::Paddd, M::Paddq]), true),
        Op::ISub => binary(cx, inst, all([M::Psubb, M::Psubw, M::Psubd, M::Psubq]), false),
        Op::IMul => integers::multiply(cx, inst, shape),
        Op::Shl | Op::ShrS | Op::ShrU => integers::shift(cx, inst, shape),
        Op::VAddSatS => binary(cx, inst, small(M::Paddsb, M::Paddsw), true),
        Op::VAddSatU => binary(cx, inst, small(M::Paddusb, M::Paddusw), true),
        Op::VSubSatS => binary(cx, inst, small(M::Psubsb, M::Psubsw), false),
        Op::VSubSatU => binary(cx, inst, small(M::Psubusb, M::Psubusw), false),
        Op::VAvgrU => binary(cx, inst, small(M::Pavgb, M::Pavgw), true),
        Op::VMinS => binary(cx, inst, upto32([M::Pminsb, M::Pminsw, M::Pminsd]), true),
        Op::VMinU => binary(cx, inst, upto32([M::Pminub, M::Pminuw, M::Pminud]), true),
        Op::VMaxS => binary(cx, inst, upto32([M::Pmaxsb, M::Pmaxsw, M::Pmaxsd]), true),
        Op::VMaxU => binary(cx, inst, upto32([M::Pmaxub, M::Pmaxuw, M::Pmaxud]), true),
        Op::VDot if shape == Shape::I16x8 => integers::dot_bytes(cx, inst),
        Op::VDot => binary(cx, inst, M::Pmaddwd, true),
        Op::VNarrowS => binary(cx, inst, small(M::Packsswb, M::Packssdw), false),
        Op::VNarrowU => binary(cx, inst, small(M::Packuswb, M::Packusdw), false),
        Op::VQ15MulrSat => {
            // Only MIN * MIN gives MIN, and must become MAX.
            let (a, b) = operands(cx, args[0], args[1], true);
            let (product, wrong) = (fresh(cx), fresh(cx));
            binary_row(cx, M::Pmulhrsw, product, a, b);
            let min = every(cx, 16, 0x8000);
            binary_row(cx, M::Pcmpeqw, wrong, product, min);
            let def = cx.def_of(inst);
            binary_row(cx, M::Pxor, def, product, wrong);
        }
        Op::VQ15Mulr => binary(cx, inst, M::Pmulhrsw, true),
        Op::VDotSU => {
            // The first operand's bytes are unsigned, the second's signed.
            let (b, a) = operands(cx, args[1], args[0], false);
            let def = cx.def_of(inst);
            binary_row(cx, M::Pmaddubsw, def, b, a);
        }
        Op::VLaneSelect => lanes::lane_select(cx, inst, shape),
        Op::VAbs => integers::absolute(cx, inst, shape),
        Op::Popcnt => integers::popcnt(cx, inst),
        Op::VICmp => integers::compare(cx, inst),
        Op::VAnyTrue | Op::VAllTrue => {
            let cond = test(cx, inst);
            let def = cx.def_of(inst);
            cx.push(Inst::SetCond { cond }, &[Operand::reg_def(def)]);
        }
        Op::VBitmask => integers::bitmask(cx, inst, shape),
        Op::VExtendLowS => integers::extend_low(cx, inst, all([M::Pmovsxbw, M::Pmovsxbw, M::Pmovsxwd, M::Pmovsxdq])),
        Op::VExtendLowU => integers::extend_low(cx, inst, all([M::Pmovzxbw, M::Pmovzxbw, M::Pmovzxwd, M::Pmovzxdq])),
        Op::VExtendHighS => {
            let (a, low) = (arg(cx, args[0]), fresh(cx));
            unary_row_imm(cx, M::Pshufd, low, a, 0xee);
            let def = cx.def_of(inst);
            unary_row(cx, all([M::Pmovsxbw, M::Pmovsxbw, M::Pmovsxwd, M::Pmovsxdq]), def, low);
        }
        Op::VExtendHighU => {
            let (a, zero) = (cx.reg(args[0]), zero(cx));
            let def = cx.def_of(inst);
            binary_row(cx, all([M::Punpckhbw, M::Punpckhbw, M::Punpckhwd, M::Punpckhdq]), def, a, zero);
        }
        Op::VPairwiseS | Op::VPairwiseU => integers::pairwise(cx, inst, shape),
        Op::VSplat => lanes::splat(cx, inst, shape),
        Op::VExtract => lanes::extract(cx, inst),
        Op::VReplace => lanes::replace(cx, inst),
        Op::VShuffle => shuffle::shuffle(cx, inst),
        Op::VSwizzle => shuffle::swizzle(cx, inst),
        Op::VSwizzleLow => {
            let (a, indices) = (cx.reg(args[0]), arg(cx, args[1]));
            let def = cx.def_of(inst);
            binary_row(cx, M::Pshufb, def, a, indices);
        }

        Op::FAdd => binary_float(cx, inst, M::Addp, true),
        Op::FSub => binary_float(cx, inst, M::Subp, false),
        Op::FMul => binary_float(cx, inst, M::Mulp, true),
        Op::FDiv => binary_float(cx, inst, M::Divp, false),
        Op::VPMin | Op::VPMax => {
            // The instructions return the second operand if the comparison is false, so the operands are exchanged.
            let (b, a) = operands(cx, args[1], args[0], false);
            let def = cx.def_of(inst);
            let op = if data.op == Op::VPMin { M::Minp } else { M::Maxp };
            op.float(double).def(def).reg(b).rm(a).push(cx);
        }
        Op::FMin | Op::FMax => min_max(cx, inst, double),
        Op::VFma => multiply_add(cx, inst, double),
        Op::FAbs | Op::FNeg => {
            let a = cx.reg(args[0]);
            let bits = shape.bits();
            let sign = 1u64 << (bits - 1);
            let (op, lane) = if data.op == Op::FAbs { (M::Andp, sign - 1) } else { (M::Xorp, sign) };
            let mask = every(cx, bits, lane);
            let def = cx.def_of(inst);
            binary_row(cx, op, def, a, mask);
        }
        Op::FCanon => {
            let others: u128 = if double { 0x8007_ffff_ffff_ffff } else { 0x803f_ffff_803f_ffff };
            let (a, pool) = (cx.reg(args[0]), cx.pool(others << 64 | others));
            let def = cx.def_of(inst);
            let operands = [Operand::reg_use(a), Operand::reg_reuse_def(def, 0)];
            cx.push(Inst::Canonical { double, lanes: true, pool }, &operands);
        }
        Op::FSqrt => {
            let a = arg(cx, args[0]);
            let def = cx.def_of(inst);
            M::Sqrtp.float(double).def(def).rm(a).push(cx);
        }
        // The mode, with the inexact exception suppressed.
        Op::FNearest => round(cx, inst, double, 8),
        Op::FFloor => round(cx, inst, double, 9),
        Op::FCeil => round(cx, inst, double, 10),
        Op::FTrunc => round(cx, inst, double, 11),
        Op::VFCmp => {
            let Imm::LaneFloatCond(_, cond) = imm else { unreachable!("a comparison has a condition") };
            let (a, b, predicate) = match cond {
                FloatCond::Eq => (args[0], args[1], 0),
                FloatCond::Lt => (args[0], args[1], 1),
                FloatCond::Le => (args[0], args[1], 2),
                FloatCond::Gt => (args[1], args[0], 1),
                FloatCond::Ge => (args[1], args[0], 2),
                FloatCond::Ne => (args[0], args[1], 4),
            };
            let (a, b) = operands(cx, a, b, false);
            let def = cx.def_of(inst);
            M::Cmpp.float(double).def(def).reg(a).rm(b).imm(predicate).push(cx);
        }
        Op::VFToSMin => {
            let a = arg(cx, args[0]);
            let def = cx.def_of(inst);
            unary_row(cx, if double { M::Cvttpd2dq } else { M::Cvttps2dq }, def, a);
        }
        Op::FToSSat if double => truncate_f64_signed(cx, inst),
        Op::FToUSat if double => truncate_f64_unsigned(cx, inst),
        Op::FToSSat => truncate_f32_signed(cx, inst),
        Op::FToUSat => truncate_f32_unsigned(cx, inst),
        Op::SToF => {
            let a = if double { low_arg(cx, args[0]) } else { arg(cx, args[0]) };
            let def = cx.def_of(inst);
            unary_row(cx, if double { M::Cvtdq2pd } else { M::Cvtdq2ps }, def, a);
        }
        Op::UToF => convert_unsigned(cx, inst, double),
        Op::FPromote => {
            let a = low_arg(cx, args[0]);
            let def = cx.def_of(inst);
            unary_row(cx, M::Cvtps2pd, def, a);
        }
        Op::FDemote => {
            let a = arg(cx, args[0]);
            let def = cx.def_of(inst);
            unary_row(cx, M::Cvtpd2ps, def, a);
        }
        // Selects, memory, calls and control flow are the same as for any other type.
        _ => return false,
    }
    true
}
