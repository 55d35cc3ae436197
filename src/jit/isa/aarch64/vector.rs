//! Selection of operations on vectors.
//!
//! Everything is built from rows over virtual registers, so that the allocator sees every register. Operations that are
//! one instruction at a higher level are a sequence with the same result at the baseline.

mod floats;
mod integers;
mod lanes;
mod parts;
mod shuffle;

use super::builder::{Addr, Cx};
use super::encode::Imm;
use super::immediate;
use super::inst::{Inst, Test};
use super::memory;
use super::table::{Op as M, W};
use crate::jit::ir::vector::shape_of;
use crate::jit::ir::{self, FloatCond, Imm as IrImm, Op, Shape, Type};
use parts::*;
use regalloc2::{Operand, RegClass, VReg};

/// Makes a constant.
pub(super) fn constant(cx: &mut Cx<'_>, inst: ir::Inst, to: VReg) {
    let IrImm::Vector(v) = cx.data(inst).imm else { unreachable!("a constant has bits") };
    let bits = cx.function().vectors[v as usize];
    constant_of(cx, bits, to);
}

/// Makes a constant of these bits.
fn constant_of(cx: &mut Cx<'_>, bits: u128, to: VReg) {
    if let Some(lanes) = immediate::lanes(bits) {
        return M::Movi.fixed().def(to).imm(Imm::Lanes(lanes)).push(cx);
    }
    let entry = cx.pool(bits);
    memory::load_from(cx, Type::V128, to, Addr::pool(entry));
}

/// Fills the bits above a float in its register with garbage.
pub(super) fn poison(cx: &mut Cx<'_>, from: VReg, to: VReg) {
    let above = u128::MAX << cx.bits(from);
    let garbage = fresh(cx);
    constant_of(cx, 0x5a5a_5a5a_a5a5_a5a5_5a5a_5a5a_a5a5_a5a5 & above, garbage);
    binary_row(cx, M::VOrr, to, from, garbage);
}

/// Returns a test of a whole vector, and the register that it tests.
pub(super) fn test(cx: &mut Cx<'_>, inst: ir::Inst) -> (Test, VReg) {
    let data = cx.data(inst);
    let (op, imm, value) = (data.op, data.imm, data.args[0]);
    let a = cx.reg(value);
    let result = fresh(cx);
    let to = cx.temp(RegClass::Int, 64);
    match (op, shape_of(imm)) {
        (Op::VAllTrue, Some(Shape::I64x2)) => {
            // All ones where a lane is 0; then the larger words of both lanes.
            let zeros = fresh(cx);
            M::CmeqZero.lanes(W::B64).def(zeros).n(a).push(cx);
            M::Umaxp.lanes(W::B32).def(result).n(zeros).m(zeros).push(cx);
            M::FmovFG.convert(W::B64, true).def(to).n(result).push(cx);
            (Test::Zero { w: W::B64, not: false }, to)
        }
        (Op::VAllTrue, Some(shape)) => {
            M::Uminv.lanes(lane(shape)).def(result).n(a).push(cx);
            M::FmovFG.convert(W::B32, false).def(to).n(result).push(cx);
            (Test::Zero { w: W::B32, not: true }, to)
        }
        _ => {
            M::Umaxp.lanes(W::B32).def(result).n(a).m(a).push(cx);
            M::FmovFG.convert(W::B64, true).def(to).n(result).push(cx);
            (Test::Zero { w: W::B64, not: true }, to)
        }
    }
}

/// Lowers an operation that takes or makes vectors; `false` for operations that are the same for all types.
pub(super) fn lower(cx: &mut Cx<'_>, inst: ir::Inst) -> bool {
    let f = cx.function();
    let data = f.inst(inst);
    let args = &data.args;
    let imm = data.imm;
    let shape = shape_of(imm).unwrap_or(Shape::I8x16);
    let double = shape == Shape::F64x2;
    match data.op {
        Op::VConst => {}
        Op::And => logic(cx, inst, M::VAnd),
        Op::Or if shuffle::rotation(cx, inst) => {}
        Op::Or => logic(cx, inst, M::VOrr),
        Op::Xor => shuffle::exclusive_or(cx, inst),
        Op::VAndNot => binary(cx, inst, M::VBic),
        Op::VBitselect => {
            let (a, b, mask) = (cx.reg(args[0]), cx.reg(args[1]), cx.reg(args[2]));
            let def = cx.def_of(inst);
            M::Bsl.fixed().def(def).tied(mask).n(a).m(b).push(cx);
        }
        Op::IAdd => integers::add(cx, inst, shape),
        Op::ISub => integers::subtract(cx, inst, shape),
        Op::IMul => integers::multiply(cx, inst, shape),
        Op::Shl | Op::ShrS | Op::ShrU => integers::shift(cx, inst, shape),
        Op::VAddSatS => binary_lanes(cx, inst, M::Sqadd, shape),
        Op::VAddSatU => binary_lanes(cx, inst, M::Uqadd, shape),
        Op::VSubSatS => binary_lanes(cx, inst, M::Sqsub, shape),
        Op::VSubSatU => binary_lanes(cx, inst, M::Uqsub, shape),
        Op::VAvgrU => binary_lanes(cx, inst, M::Urhadd, shape),
        Op::VMinS => binary_lanes(cx, inst, M::Smin, shape),
        Op::VMinU => binary_lanes(cx, inst, M::Umin, shape),
        Op::VMaxS => binary_lanes(cx, inst, M::Smax, shape),
        Op::VMaxU => binary_lanes(cx, inst, M::Umax, shape),
        Op::VDot => integers::dot(cx, inst, shape),
        Op::VDotAdd => {
            let (a, b, sum) = (cx.reg(args[0]), cx.reg(args[1]), cx.reg(args[2]));
            let def = cx.def_of(inst);
            M::Sdot.fixed().def(def).tied(sum).n(a).m(b).push(cx);
        }
        Op::VNarrowS => integers::narrow(cx, inst, shape, M::Sqxtn, M::Sqxtn2),
        Op::VNarrowU => integers::narrow(cx, inst, shape, M::Sqxtun, M::Sqxtun2),
        Op::VQ15MulrSat => binary_lanes(cx, inst, M::Sqrdmulh, shape),
        Op::VAbs => unary_lanes(cx, inst, M::VAbs, shape),
        Op::Popcnt => unary(cx, inst, M::Cnt),
        Op::VICmp => integers::compare(cx, inst),
        Op::VAnyTrue | Op::VAllTrue => integers::truth(cx, inst),
        Op::VBitmask => integers::bitmask(cx, inst, shape),
        Op::VExtendLowS => integers::extend(cx, inst, shape, M::Sshll),
        Op::VExtendLowU => integers::extend(cx, inst, shape, M::Ushll),
        Op::VExtendHighS => integers::extend(cx, inst, shape, M::Sshll2),
        Op::VExtendHighU => integers::extend(cx, inst, shape, M::Ushll2),
        Op::VPairwiseS => integers::pairwise(cx, inst, shape, M::Saddlp),
        Op::VPairwiseU => integers::pairwise(cx, inst, shape, M::Uaddlp),
        Op::VSplat => lanes::splat(cx, inst, shape),
        Op::VExtract => lanes::extract(cx, inst),
        Op::VReplace => lanes::replace(cx, inst),
        Op::VShuffle => shuffle::shuffle(cx, inst),
        Op::VSwizzle => binary(cx, inst, M::Tbl),

        Op::FAdd => binary_float(cx, inst, M::VFadd, double),
        Op::FSub => binary_float(cx, inst, M::VFsub, double),
        Op::FMul => binary_float(cx, inst, M::VFmul, double),
        Op::FDiv => binary_float(cx, inst, M::VFdiv, double),
        Op::FMin => binary_float(cx, inst, M::VFmin, double),
        Op::FMax => binary_float(cx, inst, M::VFmax, double),
        Op::VPMin => floats::pseudo(cx, inst, double, true),
        Op::VPMax => floats::pseudo(cx, inst, double, false),
        Op::VFma => floats::multiply_add(cx, inst, double),
        Op::FAbs => unary_float(cx, inst, M::VFabs, double),
        Op::FNeg => unary_float(cx, inst, M::VFneg, double),
        Op::FCanon => {
            let a = cx.reg(args[0]);
            let def = cx.def_of(inst);
            let operands = [Operand::reg_use(a), Operand::reg_reuse_def(def, 0)];
            cx.push(Inst::Canonical { double, lanes: true }, &operands);
        }
        Op::FSqrt => unary_float(cx, inst, M::VFsqrt, double),
        Op::FNearest => unary_float(cx, inst, M::VFrintn, double),
        Op::FFloor => unary_float(cx, inst, M::VFrintm, double),
        Op::FCeil => unary_float(cx, inst, M::VFrintp, double),
        Op::FTrunc => unary_float(cx, inst, M::VFrintz, double),
        Op::VFCmp => {
            let IrImm::LaneFloatCond(_, cond) = imm else { unreachable!("a comparison has a condition") };
            let (op, swapped) = match cond {
                FloatCond::Eq | FloatCond::Ne => (M::Fcmeq, false),
                FloatCond::Lt => (M::Fcmgt, true),
                FloatCond::Le => (M::Fcmge, true),
                FloatCond::Gt => (M::Fcmgt, false),
                FloatCond::Ge => (M::Fcmge, false),
            };
            let (mut a, mut b) = (cx.reg(args[0]), cx.reg(args[1]));
            if swapped {
                (a, b) = (b, a);
            }
            let def = cx.def_of(inst);
            if cond != FloatCond::Ne {
                op.float(double).def(def).n(a).m(b).push(cx);
                return true;
            }
            let equal = fresh(cx);
            op.float(double).def(equal).n(a).m(b).push(cx);
            M::VNot.fixed().def(def).n(equal).push(cx);
        }
        Op::FToSSat => floats::truncate(cx, inst, double, true),
        Op::FToUSat => floats::truncate(cx, inst, double, false),
        Op::SToF => floats::convert(cx, inst, double, true),
        Op::UToF => floats::convert(cx, inst, double, false),
        Op::FPromote => unary(cx, inst, M::Fcvtl),
        Op::FDemote => unary(cx, inst, M::Fcvtn),
        op @ (Op::VSwizzleLow | Op::VLaneSelect | Op::VQ15Mulr | Op::VDotSU | Op::VFToSMin) => {
            unreachable!("no level of this CPU has {}", op.name())
        }
        // Selects, memory, calls and control flow are the same as for any other type.
        _ => return false,
    }
    true
}
