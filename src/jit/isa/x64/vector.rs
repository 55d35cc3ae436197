//! Selection: vectors.
//!
//! Everything is made of rows over virtual registers, so that the allocator sees all of it. Without AVX an operand in memory
//! must be aligned: only constants are addressed there. What one instruction does on a higher level is a sequence on the
//! baseline; both compute the same.

mod floats;

use super::float::pool;
use super::inst::*;
use super::lower::{Addr, Arg, Cx, alu, load_arg, row, row_more, sink_load, width};
use super::shuffle;
use super::table::{Cc, Cond, Op as M, W};
use crate::jit::ir::vector::shape_of;
use crate::jit::ir::{self, Access, FloatCond, Imm, IntCond, Op, Shape, Value};
use crate::target::{CpuLevel, x86_64};
use floats::{
    convert_unsigned, min_max, multiply_add, round, truncate_f32_signed, truncate_f32_unsigned, truncate_f64_signed,
    truncate_f64_unsigned,
};
use regalloc2::{Operand, RegClass, VReg};

// Parts that all sequences are made of. `to` is the register to define.

/// A register for an intermediate vector.
pub(super) fn fresh(cx: &mut Cx<'_>) -> VReg {
    cx.temp(RegClass::Float, 128)
}

/// A row of two operands (of integers, or of 32-bit floats).
pub(super) fn two(cx: &mut Cx<'_>, op: M, to: VReg, a: VReg, b: Arg) -> VReg {
    two_imm(cx, op, to, a, b, 0)
}

pub(super) fn two_imm(cx: &mut Cx<'_>, op: M, to: VReg, a: VReg, b: Arg, imm: i32) -> VReg {
    row(cx, op, W::B32, false, Some(to), Some(a), b, imm);
    to
}

/// A row of two operands that knows both float types.
fn two_float(cx: &mut Cx<'_>, op: M, double: bool, to: VReg, a: VReg, b: Arg, imm: i32) -> VReg {
    row(cx, op, W::B32, double, Some(to), Some(a), b, imm);
    to
}

/// A row that only writes its result.
pub(super) fn one(cx: &mut Cx<'_>, op: M, to: VReg, a: Arg, imm: i32) -> VReg {
    row(cx, op, W::B32, false, Some(to), None, a, imm);
    to
}

/// A shift of each lane by an immediate.
fn shift_imm(cx: &mut Cx<'_>, op: M, to: VReg, a: VReg, count: i32) -> VReg {
    row(cx, op, W::B32, false, Some(to), None, Arg::Reg(a), count);
    to
}

pub(super) fn zero(cx: &mut Cx<'_>) -> VReg {
    let to = fresh(cx);
    cx.push(Inst::ZeroFloat, &[Operand::reg_def(to)], false);
    to
}

fn ones(cx: &mut Cx<'_>) -> VReg {
    let to = fresh(cx);
    cx.push(Inst::Ones, &[Operand::reg_def(to)], false);
    to
}

/// A constant with the same lane everywhere, as an operand.
fn every(cx: &mut Cx<'_>, bits: u32, lane: u64) -> Arg {
    let vector = (0..128 / bits).fold(0, |v, i| v | u128::from(lane) << (i * bits));
    pool(cx, vector)
}

/// The same in a register.
fn every_in(cx: &mut Cx<'_>, bits: u32, lane: u64) -> VReg {
    let (to, arg) = (fresh(cx), every(cx, bits, lane));
    one(cx, M::Loadups, to, arg, 0)
}

pub(super) fn has(cx: &Cx<'_>, level: CpuLevel) -> bool {
    cx.options.cpu_level().includes(level)
}

/// The value as a second operand of 16 bytes.
pub(super) fn arg(cx: &mut Cx<'_>, value: Value) -> Arg {
    match cx.f.as_vector(value) {
        Some(0 | u128::MAX) => Arg::Reg(cx.reg(value)),
        Some(bits) => pool(cx, bits),
        None if has(cx, x86_64::AVX) => match load_arg(cx, value, W::B128) {
            Some(load) => load,
            None => Arg::Reg(cx.reg(value)),
        },
        None => Arg::Reg(cx.reg(value)),
    }
}

/// The value as a second operand of which only the low 8 bytes are read: a load of just these may be done here.
fn low_arg(cx: &mut Cx<'_>, value: Value) -> Arg {
    if let Some(load) = cx.sinkable_load(value)
        && matches!(cx.data(load).imm, Imm::Heap { access: Access::U64, .. })
    {
        return sink_load(cx, load);
    }
    Arg::Reg(cx.reg(value))
}

fn absorbs(cx: &Cx<'_>, value: Value) -> bool {
    cx.f.as_vector(value).is_some_and(|bits| bits != 0 && bits != u128::MAX)
        || has(cx, x86_64::AVX) && cx.sinkable_load(value).is_some()
}

/// The operands of a row, exchanged if the first one can be in memory and the second cannot.
fn operands(cx: &mut Cx<'_>, mut a: Value, mut b: Value, commutes: bool) -> (VReg, Arg) {
    if commutes && absorbs(cx, a) && !absorbs(cx, b) {
        (a, b) = (b, a);
    }
    let b = arg(cx, b);
    (cx.reg(a), b)
}

/// The one for a shape out of those for 8, 16, 32 and 64 bits.
fn by_width(shape: Shape, ops: [M; 4]) -> M {
    ops[shape.bits().trailing_zeros() as usize - 3]
}

pub(super) fn constant(cx: &mut Cx<'_>, inst: ir::Inst, to: VReg) {
    let Imm::Vector(v) = cx.data(inst).imm else { unreachable!("a constant has bits") };
    match cx.f.vectors[v as usize] {
        0 => cx.push(Inst::ZeroFloat, &[Operand::reg_def(to)], false),
        u128::MAX => cx.push(Inst::Ones, &[Operand::reg_def(to)], false),
        bits => {
            let entry = pool(cx, bits);
            one(cx, M::Loadups, to, entry, 0);
        }
    }
}

/// Fills what a float leaves of its register with garbage.
pub(super) fn poison(cx: &mut Cx<'_>, from: VReg, to: VReg) {
    let above = u128::MAX << cx.vcode.widths[from.vreg()];
    let garbage = pool(cx, 0x5a5a_5a5a_a5a5_a5a5_5a5a_5a5a_a5a5_a5a5 & above);
    two(cx, M::Orp, to, from, garbage);
}

/// Sets the flags for a test of a whole vector.
pub(super) fn test(cx: &mut Cx<'_>, inst: ir::Inst) -> Cond {
    let data = cx.data(inst);
    let (op, imm, value) = (data.op, data.imm, data.args[0]);
    let mut a = cx.reg(value);
    let mut cond = Cond::Cc(Cc::Ne);
    if let (Op::VAllTrue, Some(shape)) = (op, shape_of(imm)) {
        // No lane equals 0.
        let zero = zero(cx);
        let equal = by_width(shape, [M::Pcmpeqb, M::Pcmpeqw, M::Pcmpeqd, M::Pcmpeqq]);
        let to = fresh(cx);
        a = two(cx, equal, to, zero, Arg::Reg(a));
        cond = Cond::Cc(Cc::E);
    }
    row(cx, M::Ptest, W::B32, false, None, Some(a), Arg::Reg(a), 0);
    cond
}

/// Lowers an operation that takes or makes vectors; `false` if it is one of those that do not look at types.
pub(super) fn lower(cx: &mut Cx<'_>, inst: ir::Inst) -> bool {
    let f = cx.f;
    let data = f.inst(inst);
    let args = &data.args;
    let imm = data.imm;
    let shape = shape_of(imm).unwrap_or(Shape::I8x16);
    let double = shape == Shape::F64x2;
    let all = |ops: [M; 4]| by_width(shape, ops);
    // Of 8 and 16 bits, or of the three narrow widths.
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
            let def = cx.def(f.result(inst));
            two(cx, M::Pandn, def, a, b);
        }
        Op::VBitselect => {
            let (a, b, mask) = (cx.reg(args[0]), cx.reg(args[1]), arg(cx, args[2]));
            let differ = fresh(cx);
            two(cx, M::Pxor, differ, a, Arg::Reg(b));
            let chosen = fresh(cx);
            two(cx, M::Pand, chosen, differ, mask);
            let def = cx.def(f.result(inst));
            two(cx, M::Pxor, def, chosen, Arg::Reg(b));
        }
        Op::IAdd => binary(cx, inst, all([M::Paddb, M::Paddw, M::Paddd, M::Paddq]), true),
        Op::ISub => binary(cx, inst, all([M::Psubb, M::Psubw, M::Psubd, M::Psubq]), false),
        Op::IMul => multiply(cx, inst, shape),
        Op::Shl | Op::ShrS | Op::ShrU => shift(cx, inst, shape),
        Op::VAddSatS => binary(cx, inst, small(M::Paddsb, M::Paddsw), true),
        Op::VAddSatU => binary(cx, inst, small(M::Paddusb, M::Paddusw), true),
        Op::VSubSatS => binary(cx, inst, small(M::Psubsb, M::Psubsw), false),
        Op::VSubSatU => binary(cx, inst, small(M::Psubusb, M::Psubusw), false),
        Op::VAvgrU => binary(cx, inst, small(M::Pavgb, M::Pavgw), true),
        Op::VMinS => binary(cx, inst, upto32([M::Pminsb, M::Pminsw, M::Pminsd]), true),
        Op::VMinU => binary(cx, inst, upto32([M::Pminub, M::Pminuw, M::Pminud]), true),
        Op::VMaxS => binary(cx, inst, upto32([M::Pmaxsb, M::Pmaxsw, M::Pmaxsd]), true),
        Op::VMaxU => binary(cx, inst, upto32([M::Pmaxub, M::Pmaxuw, M::Pmaxud]), true),
        Op::VDot => binary(cx, inst, M::Pmaddwd, true),
        Op::VNarrowS => binary(cx, inst, small(M::Packsswb, M::Packssdw), false),
        Op::VNarrowU => binary(cx, inst, small(M::Packuswb, M::Packusdw), false),
        Op::VQ15MulrSat => {
            // Only MIN * MIN comes out as MIN, and is to be MAX.
            let (a, b) = operands(cx, args[0], args[1], true);
            let (product, wrong) = (fresh(cx), fresh(cx));
            two(cx, M::Pmulhrsw, product, a, b);
            let min = every(cx, 16, 0x8000);
            two(cx, M::Pcmpeqw, wrong, product, min);
            let def = cx.def(f.result(inst));
            two(cx, M::Pxor, def, product, Arg::Reg(wrong));
        }
        Op::VQ15Mulr => binary(cx, inst, M::Pmulhrsw, true),
        Op::VDotSU => {
            // The first operand's bytes are unsigned, the second's signed.
            let (b, a) = operands(cx, args[1], args[0], false);
            let def = cx.def(f.result(inst));
            two(cx, M::Pmaddubsw, def, b, a);
        }
        Op::VLaneSelect => lane_select(cx, inst, shape),
        Op::VAbs => absolute(cx, inst, shape),
        Op::Popcnt => popcnt(cx, inst),
        Op::VICmp => compare(cx, inst),
        Op::VAnyTrue | Op::VAllTrue => {
            let cond = test(cx, inst);
            let def = cx.def(f.result(inst));
            cx.push(Inst::SetCond { cond }, &[Operand::reg_def(def)], false);
        }
        Op::VBitmask => bitmask(cx, inst, shape),
        Op::VExtendLowS => extend_low(cx, inst, all([M::Pmovsxbw, M::Pmovsxbw, M::Pmovsxwd, M::Pmovsxdq])),
        Op::VExtendLowU => extend_low(cx, inst, all([M::Pmovzxbw, M::Pmovzxbw, M::Pmovzxwd, M::Pmovzxdq])),
        Op::VExtendHighS => {
            let (a, low) = (arg(cx, args[0]), fresh(cx));
            one(cx, M::Pshufd, low, a, 0xee);
            let def = cx.def(f.result(inst));
            one(cx, all([M::Pmovsxbw, M::Pmovsxbw, M::Pmovsxwd, M::Pmovsxdq]), def, Arg::Reg(low), 0);
        }
        Op::VExtendHighU => {
            let (a, zero) = (cx.reg(args[0]), zero(cx));
            let def = cx.def(f.result(inst));
            two(cx, all([M::Punpckhbw, M::Punpckhbw, M::Punpckhwd, M::Punpckhdq]), def, a, Arg::Reg(zero));
        }
        Op::VPairwiseS | Op::VPairwiseU => pairwise(cx, inst, shape),
        Op::VSplat => splat(cx, inst, shape),
        Op::VExtract => extract(cx, inst),
        Op::VReplace => replace(cx, inst),
        Op::VShuffle => shuffle::shuffle(cx, inst),
        Op::VSwizzle => shuffle::swizzle(cx, inst),
        Op::VSwizzleLow => {
            let (a, indices) = (cx.reg(args[0]), arg(cx, args[1]));
            let def = cx.def(f.result(inst));
            two(cx, M::Pshufb, def, a, indices);
        }

        Op::FAdd => binary_float(cx, inst, M::Addp, true),
        Op::FSub => binary_float(cx, inst, M::Subp, false),
        Op::FMul => binary_float(cx, inst, M::Mulp, true),
        Op::FDiv => binary_float(cx, inst, M::Divp, false),
        Op::VPMin | Op::VPMax => {
            // What the instructions do with their operands exchanged: where the comparison is false, the second.
            let (b, a) = operands(cx, args[1], args[0], false);
            let def = cx.def(f.result(inst));
            let op = if data.op == Op::VPMin { M::Minp } else { M::Maxp };
            two_float(cx, op, double, def, b, a, 0);
        }
        Op::FMin | Op::FMax => min_max(cx, inst, double),
        Op::VFma => multiply_add(cx, inst, double),
        Op::FAbs | Op::FNeg => {
            let a = cx.reg(args[0]);
            let bits = shape.bits();
            let sign = 1u64 << (bits - 1);
            let (op, lane) = if data.op == Op::FAbs { (M::Andp, sign - 1) } else { (M::Xorp, sign) };
            let mask = every(cx, bits, lane);
            let def = cx.def(f.result(inst));
            two(cx, op, def, a, mask);
        }
        Op::FCanon => {
            let others: u128 = if double { 0x8007_ffff_ffff_ffff } else { 0x803f_ffff_803f_ffff };
            let (a, pool) = (cx.reg(args[0]), cx.pool(others << 64 | others));
            let def = cx.def(f.result(inst));
            let operands = [Operand::reg_use(a), Operand::reg_reuse_def(def, 0)];
            cx.push(Inst::Canonical { double, lanes: true, pool }, &operands, false);
        }
        Op::FSqrt => {
            let a = arg(cx, args[0]);
            let def = cx.def(f.result(inst));
            row(cx, M::Sqrtp, W::B32, double, Some(def), None, a, 0);
        }
        // The mode, with the inexact exception off.
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
            let def = cx.def(f.result(inst));
            two_float(cx, M::Cmpp, double, def, a, b, predicate);
        }
        Op::VFToSMin => {
            let a = arg(cx, args[0]);
            let def = cx.def(f.result(inst));
            one(cx, if double { M::Cvttpd2dq } else { M::Cvttps2dq }, def, a, 0);
        }
        Op::FToSSat if double => truncate_f64_signed(cx, inst),
        Op::FToUSat if double => truncate_f64_unsigned(cx, inst),
        Op::FToSSat => truncate_f32_signed(cx, inst),
        Op::FToUSat => truncate_f32_unsigned(cx, inst),
        Op::SToF => {
            let a = if double { low_arg(cx, args[0]) } else { arg(cx, args[0]) };
            let def = cx.def(f.result(inst));
            one(cx, if double { M::Cvtdq2pd } else { M::Cvtdq2ps }, def, a, 0);
        }
        Op::UToF => convert_unsigned(cx, inst, double),
        Op::FPromote => {
            let a = low_arg(cx, args[0]);
            let def = cx.def(f.result(inst));
            one(cx, M::Cvtps2pd, def, a, 0);
        }
        Op::FDemote => {
            let a = arg(cx, args[0]);
            let def = cx.def(f.result(inst));
            one(cx, M::Cvtpd2ps, def, a, 0);
        }
        // Selections, memory, calls, control: as for any other type.
        _ => return false,
    }
    true
}

fn binary(cx: &mut Cx<'_>, inst: ir::Inst, op: M, commutes: bool) {
    let data = cx.data(inst);
    let (a, b) = (data.args[0], data.args[1]);
    let (a, b) = operands(cx, a, b, commutes);
    let def = cx.def(cx.f.result(inst));
    two(cx, op, def, a, b);
}

fn binary_float(cx: &mut Cx<'_>, inst: ir::Inst, op: M, commutes: bool) {
    let data = cx.data(inst);
    let (a, b, double) = (data.args[0], data.args[1], shape_of(data.imm) == Some(Shape::F64x2));
    let (a, b) = operands(cx, a, b, commutes);
    let def = cx.def(cx.f.result(inst));
    two_float(cx, op, double, def, a, b, 0);
}

// Integers

/// What both values are extended from by the same operation, and which it is.
fn both_extended(cx: &Cx<'_>, a: Value, b: Value) -> Option<(Op, Value, Value)> {
    let of = |v: Value| cx.f.def_inst(v).map(|i| cx.data(i));
    let (a, b) = (of(a)?, of(b)?);
    let extends = matches!(a.op, Op::VExtendLowS | Op::VExtendLowU | Op::VExtendHighS | Op::VExtendHighU);
    (extends && a.op == b.op && a.imm == b.imm).then(|| (a.op, a.args[0], b.args[0]))
}

fn multiply(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let (a, b) = (cx.data(inst).args[0], cx.data(inst).args[1]);
    match (shape, both_extended(cx, a, b)) {
        (Shape::I32x4, Some((op, a, b))) => {
            // Both halves of the products of 16-bit lanes.
            let (a, b) = (cx.reg(a), cx.reg(b));
            let (low, high) = (fresh(cx), fresh(cx));
            two(cx, M::Pmullw, low, a, Arg::Reg(b));
            let signed = matches!(op, Op::VExtendLowS | Op::VExtendHighS);
            two(cx, if signed { M::Pmulhw } else { M::Pmulhuw }, high, a, Arg::Reg(b));
            let lower = matches!(op, Op::VExtendLowS | Op::VExtendLowU);
            let def = cx.def(cx.f.result(inst));
            two(cx, if lower { M::Punpcklwd } else { M::Punpckhwd }, def, low, Arg::Reg(high));
        }
        (Shape::I64x2, Some((op, a, b))) => {
            // The lanes to be multiplied go to even places.
            let lower = matches!(op, Op::VExtendLowS | Op::VExtendLowU);
            let order = if lower { 0x50 } else { 0xfa };
            // What is extended for others too is in a register for them.
            let extended = [cx.data(inst).args[0], cx.data(inst).args[1]];
            let [a, b] = [(a, extended[0]), (b, extended[1])].map(|(v, extended)| {
                let v = if cx.use_count(extended) == 1 { arg(cx, v) } else { Arg::Reg(cx.reg(v)) };
                let to = fresh(cx);
                one(cx, M::Pshufd, to, v, order)
            });
            let signed = matches!(op, Op::VExtendLowS | Op::VExtendHighS);
            let def = cx.def(cx.f.result(inst));
            two(cx, if signed { M::Pmuldq } else { M::Pmuludq }, def, a, Arg::Reg(b));
        }
        (Shape::I64x2, None) => {
            // a * b = low(a) low(b) + (high(a) low(b) + low(a) high(b)) 2^32
            let (a, b) = (cx.reg(a), cx.reg(b));
            let half = |cx: &mut Cx<'_>, high: VReg, low: VReg| {
                let (shifted, product) = (fresh(cx), fresh(cx));
                shift_imm(cx, M::PsrlqImm, shifted, high, 32);
                two(cx, M::Pmuludq, product, shifted, Arg::Reg(low))
            };
            let (x, y) = (half(cx, a, b), half(cx, b, a));
            let (sum, shifted, low) = (fresh(cx), fresh(cx), fresh(cx));
            two(cx, M::Paddq, sum, x, Arg::Reg(y));
            shift_imm(cx, M::PsllqImm, shifted, sum, 32);
            two(cx, M::Pmuludq, low, a, Arg::Reg(b));
            let def = cx.def(cx.f.result(inst));
            two(cx, M::Paddq, def, low, Arg::Reg(shifted));
        }
        (Shape::I32x4, None) => binary(cx, inst, M::Pmulld, true),
        _ => binary(cx, inst, M::Pmullw, true),
    }
}

fn shift(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let data = cx.data(inst);
    let (op, value, by) = (data.op, data.args[0], data.args[1]);
    let a = cx.reg(value);
    let bits = shape.bits();
    let known = cx.as_const(by).map(|c| c as i32 & (bits as i32 - 1));
    // A count that is not known travels in a vector register; instructions do not take it modulo the width.
    let count = match known {
        Some(_) => None,
        None => {
            let by = cx.reg(by);
            Some(alu(cx, M::And, W::B32, by, Arg::Imm(bits as i32 - 1)))
        }
    };
    let to_vector = |cx: &mut Cx<'_>, count: VReg| {
        let to = fresh(cx);
        one(cx, M::MovGX, to, Arg::Reg(count), 0)
    };
    let def = cx.def(cx.f.result(inst));
    // Shifts `a` by the count and `more`.
    let by_count = |cx: &mut Cx<'_>, ops: (M, M), to: VReg, a: VReg, count: Option<VReg>, more: i32| match count {
        Some(count) => two(cx, ops.1, to, a, Arg::Reg(count)),
        None => shift_imm(cx, ops.0, to, a, known.unwrap_or(0) + more),
    };
    if shape == Shape::I8x16 && op == Op::ShrS {
        // As 16-bit lanes with the byte in the upper half.
        let count = count.map(|c| {
            let more = alu(cx, M::Add, W::B32, c, Arg::Imm(8));
            to_vector(cx, more)
        });
        let halves = [M::Punpcklbw, M::Punpckhbw].map(|unpack| {
            let (wide, shifted) = (fresh(cx), fresh(cx));
            two(cx, unpack, wide, a, Arg::Reg(a));
            by_count(cx, (M::PsrawImm, M::Psraw), shifted, wide, count, 8)
        });
        two(cx, M::Packsswb, def, halves[0], Arg::Reg(halves[1]));
        return;
    }
    let count = count.map(|c| to_vector(cx, c));
    if shape == Shape::I8x16 {
        // As 16-bit lanes, and what came from the neighbour is masked off.
        let ops = if op == Op::Shl { (M::PsllwImm, M::Psllw) } else { (M::PsrlwImm, M::Psrlw) };
        let shifted = fresh(cx);
        by_count(cx, ops, shifted, a, count, 0);
        let mask = match known {
            Some(n) => every(cx, 8, u64::from(if op == Op::Shl { 0xffu8 << n } else { 0xffu8 >> n })),
            None => {
                // The low byte of a 16-bit lane, shifted likewise, everywhere.
                let (ones, low, mask, bytes) = (ones(cx), fresh(cx), fresh(cx), fresh(cx));
                shift_imm(cx, M::PsrlwImm, low, ones, 8);
                by_count(cx, ops, mask, low, count, 0);
                let first = zero(cx);
                Arg::Reg(two(cx, M::Pshufb, bytes, mask, Arg::Reg(first)))
            }
        };
        two(cx, M::Pand, def, shifted, mask);
        return;
    }
    if shape == Shape::I64x2 && op == Op::ShrS {
        // There is no such instruction: shifted without sign, then the sign extended from where it is now.
        let sign = every_in(cx, 64, 1 << 63);
        let (sign_now, shifted, flipped) = (fresh(cx), fresh(cx), fresh(cx));
        by_count(cx, (M::PsrlqImm, M::Psrlq), sign_now, sign, count, 0);
        by_count(cx, (M::PsrlqImm, M::Psrlq), shifted, a, count, 0);
        two(cx, M::Pxor, flipped, shifted, Arg::Reg(sign_now));
        two(cx, M::Psubq, def, flipped, Arg::Reg(sign_now));
        return;
    }
    let ops = match (op, shape) {
        (Op::Shl, Shape::I16x8) => (M::PsllwImm, M::Psllw),
        (Op::Shl, Shape::I32x4) => (M::PslldImm, M::Pslld),
        (Op::Shl, _) => (M::PsllqImm, M::Psllq),
        (Op::ShrU, Shape::I16x8) => (M::PsrlwImm, M::Psrlw),
        (Op::ShrU, Shape::I32x4) => (M::PsrldImm, M::Psrld),
        (Op::ShrU, _) => (M::PsrlqImm, M::Psrlq),
        (_, Shape::I16x8) => (M::PsrawImm, M::Psraw),
        _ => (M::PsradImm, M::Psrad),
    };
    by_count(cx, ops, def, a, count, 0);
}

fn absolute(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let value = cx.data(inst).args[0];
    if shape != Shape::I64x2 {
        let a = arg(cx, value);
        let def = cx.def(cx.f.result(inst));
        one(cx, by_width(shape, [M::Pabsb, M::Pabsw, M::Pabsd, M::Pabsd]), def, a, 0);
        return;
    }
    // (a xor sign) - sign, the sign being that of the upper half, everywhere.
    let a = cx.reg(value);
    let (upper, sign, flipped) = (fresh(cx), fresh(cx), fresh(cx));
    one(cx, M::Pshufd, upper, Arg::Reg(a), 0xf5);
    shift_imm(cx, M::PsradImm, sign, upper, 31);
    two(cx, M::Pxor, flipped, a, Arg::Reg(sign));
    let def = cx.def(cx.f.result(inst));
    two(cx, M::Psubq, def, flipped, Arg::Reg(sign));
}

/// Looks up the count of each half of a byte.
fn popcnt(cx: &mut Cx<'_>, inst: ir::Inst) {
    let a = cx.reg(cx.data(inst).args[0]);
    let nibble = every_in(cx, 8, 0x0f);
    let (low, shifted, high) = (fresh(cx), fresh(cx), fresh(cx));
    two(cx, M::Pand, low, a, Arg::Reg(nibble));
    shift_imm(cx, M::PsrlwImm, shifted, a, 4);
    two(cx, M::Pand, high, shifted, Arg::Reg(nibble));
    let counts = u128::from_le_bytes(std::array::from_fn(|i| i.count_ones() as u8));
    let table = cx.pool(counts);
    let halves = [low, high].map(|indices| {
        let (t, to) = (fresh(cx), fresh(cx));
        one(cx, M::Loadups, t, Arg::Mem(Addr::frame(Base::Pool(table), 0)), 0);
        two(cx, M::Pshufb, to, t, Arg::Reg(indices))
    });
    let def = cx.def(cx.f.result(inst));
    two(cx, M::Paddb, def, halves[0], Arg::Reg(halves[1]));
}

fn compare(cx: &mut Cx<'_>, inst: ir::Inst) {
    let Imm::LaneIntCond(shape, cond) = cx.data(inst).imm else { unreachable!("a comparison has a condition") };
    let (a, b) = (cx.data(inst).args[0], cx.data(inst).args[1]);
    let equal = by_width(shape, [M::Pcmpeqb, M::Pcmpeqw, M::Pcmpeqd, M::Pcmpeqq]);
    let greater = by_width(shape, [M::Pcmpgtb, M::Pcmpgtw, M::Pcmpgtd, M::Pcmpgtq]);
    let narrow = |ops: [M; 3]| ops[(shape.bits().trailing_zeros() as usize - 3).min(2)];
    let def = cx.def(cx.f.result(inst));
    // The bound that equals `a` where the condition holds (`true`) or where it does not.
    let bound = match cond {
        IntCond::Eq => {
            let (a, b) = operands(cx, a, b, true);
            two(cx, equal, def, a, b);
            return;
        }
        IntCond::Ne => {
            let (a, b) = operands(cx, a, b, true);
            let same = fresh(cx);
            two(cx, equal, same, a, b);
            return invert(cx, def, same);
        }
        _ if shape == Shape::I64x2 => {
            let swapped = matches!(cond, IntCond::LtS | IntCond::GeS);
            let inverted = matches!(cond, IntCond::LeS | IntCond::GeS);
            let (a, b) = if swapped { (b, a) } else { (a, b) };
            let (a, b) = (cx.reg(a), cx.reg(b));
            let to = if inverted { fresh(cx) } else { def };
            greater_64(cx, to, a, b);
            if inverted {
                invert(cx, def, to);
            }
            return;
        }
        IntCond::GtS | IntCond::LtS => {
            let (a, b) = if cond == IntCond::GtS { (a, b) } else { (b, a) };
            let (a, b) = operands(cx, a, b, false);
            two(cx, greater, def, a, b);
            return;
        }
        IntCond::LeS => (narrow([M::Pminsb, M::Pminsw, M::Pminsd]), true),
        IntCond::GeS => (narrow([M::Pmaxsb, M::Pmaxsw, M::Pmaxsd]), true),
        IntCond::LeU => (narrow([M::Pminub, M::Pminuw, M::Pminud]), true),
        IntCond::GeU => (narrow([M::Pmaxub, M::Pmaxuw, M::Pmaxud]), true),
        IntCond::GtU => (narrow([M::Pminub, M::Pminuw, M::Pminud]), false),
        IntCond::LtU => (narrow([M::Pmaxub, M::Pmaxuw, M::Pmaxud]), false),
    };
    let (a, b) = (cx.reg(a), arg(cx, b));
    let extreme = fresh(cx);
    two(cx, bound.0, extreme, a, b);
    let to = if bound.1 { def } else { fresh(cx) };
    two(cx, equal, to, extreme, Arg::Reg(a));
    if !bound.1 {
        invert(cx, def, to);
    }
}

fn invert(cx: &mut Cx<'_>, to: VReg, a: VReg) {
    let ones = ones(cx);
    two(cx, M::Pxor, to, a, Arg::Reg(ones));
}

/// a > b in signed 64-bit lanes.
fn greater_64(cx: &mut Cx<'_>, to: VReg, a: VReg, b: VReg) {
    if has(cx, x86_64::AVX) {
        two(cx, M::Pcmpgtq, to, a, Arg::Reg(b));
        return;
    }
    // By the upper halves; where these are equal, b - a has all ones there if it borrowed.
    let (difference, equal, borrow, above, upper) = (fresh(cx), fresh(cx), fresh(cx), fresh(cx), fresh(cx));
    two(cx, M::Psubq, difference, b, Arg::Reg(a));
    two(cx, M::Pcmpeqd, equal, a, Arg::Reg(b));
    two(cx, M::Pand, borrow, difference, Arg::Reg(equal));
    two(cx, M::Pcmpgtd, above, a, Arg::Reg(b));
    two(cx, M::Por, upper, above, Arg::Reg(borrow));
    one(cx, M::Pshufd, to, Arg::Reg(upper), 0xf5);
}

fn bitmask(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let a = cx.reg(cx.data(inst).args[0]);
    let (op, double, a) = match shape {
        Shape::I8x16 => (M::Pmovmskb, false, a),
        Shape::I16x8 => {
            // Saturation keeps signs; the upper half is 0.
            let (zero, packed) = (zero(cx), fresh(cx));
            (M::Pmovmskb, false, two(cx, M::Packsswb, packed, a, Arg::Reg(zero)))
        }
        Shape::I32x4 => (M::Movmskp, false, a),
        _ => (M::Movmskp, true, a),
    };
    let def = cx.def(cx.f.result(inst));
    row(cx, op, W::B32, double, Some(def), None, Arg::Reg(a), 0);
}

fn extend_low(cx: &mut Cx<'_>, inst: ir::Inst, op: M) {
    let a = low_arg(cx, cx.data(inst).args[0]);
    let def = cx.def(cx.f.result(inst));
    one(cx, op, def, a, 0);
}

fn pairwise(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let (signed, value) = (cx.data(inst).op == Op::VPairwiseS, cx.data(inst).args[0]);
    let a = cx.reg(value);
    let def = cx.def(cx.f.result(inst));
    match (shape, signed) {
        (Shape::I16x8, true) => {
            // The first operand's bytes are unsigned, the second's signed.
            let ones = every_in(cx, 8, 1);
            two(cx, M::Pmaddubsw, def, ones, Arg::Reg(a));
        }
        (Shape::I16x8, false) => {
            let ones = every(cx, 8, 1);
            two(cx, M::Pmaddubsw, def, a, ones);
        }
        (_, true) => {
            let ones = every(cx, 16, 1);
            two(cx, M::Pmaddwd, def, a, ones);
        }
        (_, false) => {
            // Signed after 2^15 is taken away from each, which comes back twice.
            let sign = every(cx, 16, 0x8000);
            let (moved, sum) = (fresh(cx), fresh(cx));
            two(cx, M::Pxor, moved, a, sign);
            let ones = every(cx, 16, 1);
            two(cx, M::Pmaddwd, sum, moved, ones);
            let back = every(cx, 32, 0x1_0000);
            two(cx, M::Paddd, def, sum, back);
        }
    }
}

// Lanes

/// From AVX on.
fn lane_select(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let (a, b, mask) = (cx.data(inst).args[0], cx.data(inst).args[1], cx.data(inst).args[2]);
    let (b, a, mut mask) = (cx.reg(b), arg(cx, a), cx.reg(mask));
    let op = match shape {
        Shape::I32x4 => M::Vblendvps,
        Shape::I64x2 => M::Vblendvpd,
        Shape::I8x16 => M::Vpblendvb,
        // A byte at a time: both get the highest bit.
        _ => {
            let whole = fresh(cx);
            mask = shift_imm(cx, M::PsrawImm, whole, mask, 15);
            M::Vpblendvb
        }
    };
    let def = cx.def(cx.f.result(inst));
    row_more(cx, op, false, def, b, a, mask);
}

fn splat(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let value = cx.data(inst).args[0];
    let avx2 = has(cx, x86_64::AVX2);
    match shape {
        Shape::F64x2 => {
            let a = load_arg(cx, value, W::B64).unwrap_or_else(|| Arg::Reg(cx.reg(value)));
            let def = cx.def(cx.f.result(inst));
            one(cx, M::Movddup, def, a, 0);
        }
        Shape::F32x4 if avx2 => {
            let a = load_arg(cx, value, W::B32).unwrap_or_else(|| Arg::Reg(cx.reg(value)));
            let def = cx.def(cx.f.result(inst));
            one(cx, M::Vpbroadcastd, def, a, 0);
        }
        Shape::F32x4 => {
            let a = cx.reg(value);
            let def = cx.def(cx.f.result(inst));
            two_imm(cx, M::Shufp, def, a, Arg::Reg(a), 0);
        }
        _ => {
            let a = cx.reg(value);
            let low = fresh(cx);
            let w = width(shape.lane_type());
            row(cx, M::MovGX, w, false, Some(low), None, Arg::Reg(a), 0);
            let def = cx.def(cx.f.result(inst));
            match shape {
                Shape::I64x2 => two(cx, M::Punpcklqdq, def, low, Arg::Reg(low)),
                Shape::I32x4 => one(cx, M::Pshufd, def, Arg::Reg(low), 0),
                Shape::I16x8 if avx2 => one(cx, M::Vpbroadcastw, def, Arg::Reg(low), 0),
                Shape::I16x8 => {
                    let words = fresh(cx);
                    one(cx, M::Pshuflw, words, Arg::Reg(low), 0);
                    one(cx, M::Pshufd, def, Arg::Reg(words), 0)
                }
                _ if avx2 => one(cx, M::Vpbroadcastb, def, Arg::Reg(low), 0),
                _ => {
                    let first = zero(cx);
                    two(cx, M::Pshufb, def, low, Arg::Reg(first))
                }
            };
        }
    }
}

fn extract(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let Imm::Lane(shape, lane) = data.imm else { unreachable!("a lane") };
    let (value, lane) = (data.args[0], i32::from(lane));
    let a = cx.reg(value);
    let def = cx.def(cx.f.result(inst));
    let w = width(shape.lane_type());
    match shape {
        // What is above a float in its register means nothing.
        Shape::F32x4 | Shape::F64x2 if lane == 0 => {
            one(cx, M::Movaps, def, Arg::Reg(a), 0);
        }
        Shape::F32x4 => {
            one(cx, M::Pshufd, def, Arg::Reg(a), lane);
        }
        Shape::F64x2 => {
            one(cx, M::Pshufd, def, Arg::Reg(a), 0xee);
        }
        Shape::I8x16 => row(cx, M::Pextrb, W::B32, false, None, Some(a), Arg::Reg(def), lane),
        Shape::I16x8 => row(cx, M::Pextrw, W::B32, false, None, Some(a), Arg::Reg(def), lane),
        _ if lane == 0 => row(cx, M::MovXG, w, false, None, Some(a), Arg::Reg(def), 0),
        _ => row(cx, M::Pextr, w, false, None, Some(a), Arg::Reg(def), lane),
    }
}

fn replace(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let Imm::Lane(shape, lane) = data.imm else { unreachable!("a lane") };
    let (vector, value, lane) = (data.args[0], data.args[1], i32::from(lane));
    let w = width(shape.lane_type());
    let x = match shape {
        Shape::F32x4 | Shape::I32x4 | Shape::I64x2 => load_arg(cx, value, w),
        _ => None,
    };
    let x = x.unwrap_or_else(|| Arg::Reg(cx.reg(value)));
    let a = cx.reg(vector);
    let def = cx.def(cx.f.result(inst));
    match shape {
        Shape::I8x16 => row(cx, M::Pinsrb, W::B32, false, Some(def), Some(a), x, lane),
        Shape::I16x8 => row(cx, M::Pinsrw, W::B32, false, Some(def), Some(a), x, lane),
        Shape::I32x4 | Shape::I64x2 => row(cx, M::Pinsr, w, false, Some(def), Some(a), x, lane),
        Shape::F32x4 => row(cx, M::Insertps, W::B32, false, Some(def), Some(a), x, lane << 4),
        Shape::F64x2 if lane == 0 => row(cx, M::Blendpd, W::B32, false, Some(def), Some(a), x, 1),
        Shape::F64x2 => row(cx, M::Unpcklp, W::B32, true, Some(def), Some(a), x, 0),
    }
}
