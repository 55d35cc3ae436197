//! Selection of operations on lanes of integers.

use super::parts::*;
use crate::jit::ir::{self, Imm, IntCond, Op, Shape, Value};
use crate::jit::isa::x86_64::builder::{Addr, Arg, Cx, alu};
use crate::jit::isa::x86_64::inst::Base;
use crate::jit::isa::x86_64::table::{Op as M, W};
use crate::target::x86_64;
use regalloc2::VReg;

/// If the same operation extends both values to lanes of this shape: that operation and its operands.
fn both_extended(cx: &Cx<'_>, a: Value, b: Value, shape: Shape) -> Option<(Op, Value, Value)> {
    let of = |v: Value| cx.function().def_inst(v).map(|i| cx.data(i));
    let (a, b) = (of(a)?, of(b)?);
    let extends = matches!(a.op, Op::VExtendLowS | Op::VExtendLowU | Op::VExtendHighS | Op::VExtendHighU);
    (extends && a.op == b.op && [a.imm, b.imm] == [Imm::Shape(shape); 2]).then(|| (a.op, a.args[0], b.args[0]))
}

pub(super) fn multiply(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let (a, b) = (cx.data(inst).args[0], cx.data(inst).args[1]);
    match (shape, both_extended(cx, a, b, shape)) {
        (Shape::I32x4, Some((op, a, b))) => {
            // Both halves of the products of 16-bit lanes.
            let (a, b) = (cx.reg(a), cx.reg(b));
            let (low, high) = (fresh(cx), fresh(cx));
            binary_row(cx, M::Pmullw, low, a, b);
            let signed = matches!(op, Op::VExtendLowS | Op::VExtendHighS);
            binary_row(cx, if signed { M::Pmulhw } else { M::Pmulhuw }, high, a, b);
            let lower = matches!(op, Op::VExtendLowS | Op::VExtendLowU);
            let def = cx.def_of(inst);
            binary_row(cx, if lower { M::Punpcklwd } else { M::Punpckhwd }, def, low, high);
        }
        (Shape::I64x2, Some((op, a, b))) => {
            // The lanes to be multiplied are moved to even places.
            let lower = matches!(op, Op::VExtendLowS | Op::VExtendLowU);
            let order = if lower { 0x50 } else { 0xfa };
            // If the extended value has other users, its operand is in a register for them.
            let extended = [cx.data(inst).args[0], cx.data(inst).args[1]];
            let [a, b] = [(a, extended[0]), (b, extended[1])].map(|(v, extended)| {
                let v = if cx.use_count(extended) == 1 { arg(cx, v) } else { Arg::Reg(cx.reg(v)) };
                let to = fresh(cx);
                unary_row_imm(cx, M::Pshufd, to, v, order)
            });
            let signed = matches!(op, Op::VExtendLowS | Op::VExtendHighS);
            let def = cx.def_of(inst);
            binary_row(cx, if signed { M::Pmuldq } else { M::Pmuludq }, def, a, b);
        }
        (Shape::I64x2, None) => {
            // a * b = low(a) low(b) + (high(a) low(b) + low(a) high(b)) 2^32
            let (a, b) = (cx.reg(a), cx.reg(b));
            let half = |cx: &mut Cx<'_>, high: VReg, low: VReg| {
                let (shifted, product) = (fresh(cx), fresh(cx));
                unary_row_imm(cx, M::PsrlqImm, shifted, high, 32);
                binary_row(cx, M::Pmuludq, product, shifted, low)
            };
            let (x, y) = (half(cx, a, b), half(cx, b, a));
            let (sum, shifted, low) = (fresh(cx), fresh(cx), fresh(cx));
            binary_row(cx, M::Paddq, sum, x, y);
            unary_row_imm(cx, M::PsllqImm, shifted, sum, 32);
            binary_row(cx, M::Pmuludq, low, a, b);
            let def = cx.def_of(inst);
            binary_row(cx, M::Paddq, def, low, shifted);
        }
        (Shape::I32x4, None) => binary(cx, inst, M::Pmulld, true),
        _ => binary(cx, inst, M::Pmullw, true),
    }
}

pub(super) fn shift(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let data = cx.data(inst);
    let (op, value, by) = (data.op, data.args[0], data.args[1]);
    let a = cx.reg(value);
    let bits = shape.bits();
    let known = cx.as_const(by).map(|c| c as i32 & (bits as i32 - 1));
    // A variable count is passed in a vector register; the instructions do not take it modulo the width.
    let count = match known {
        Some(_) => None,
        None => {
            let by = cx.reg(by);
            Some(alu(cx, M::And, W::B32, by, Arg::Imm(bits as i32 - 1)))
        }
    };
    let to_vector = |cx: &mut Cx<'_>, count: VReg| {
        let to = fresh(cx);
        unary_row(cx, M::MovGX, to, count)
    };
    let def = cx.def_of(inst);
    // Shifts `a` by the count and `more`.
    let by_count = |cx: &mut Cx<'_>, ops: (M, M), to: VReg, a: VReg, count: Option<VReg>, more: i32| match count {
        Some(count) => binary_row(cx, ops.1, to, a, count),
        None => unary_row_imm(cx, ops.0, to, a, known.unwrap_or(0) + more),
    };
    if shape == Shape::I8x16 && op == Op::ShrS {
        // As 16-bit lanes with the byte in the upper half.
        let count = count.map(|c| {
            let more = alu(cx, M::Add, W::B32, c, Arg::Imm(8));
            to_vector(cx, more)
        });
        let halves = [M::Punpcklbw, M::Punpckhbw].map(|unpack| {
            let (wide, shifted) = (fresh(cx), fresh(cx));
            binary_row(cx, unpack, wide, a, a);
            by_count(cx, (M::PsrawImm, M::Psraw), shifted, wide, count, 8)
        });
        binary_row(cx, M::Packsswb, def, halves[0], halves[1]);
        return;
    }
    let count = count.map(|c| to_vector(cx, c));
    if shape == Shape::I8x16 {
        // As 16-bit lanes; then the bits from the neighbour are masked off.
        let ops = if op == Op::Shl { (M::PsllwImm, M::Psllw) } else { (M::PsrlwImm, M::Psrlw) };
        let shifted = fresh(cx);
        by_count(cx, ops, shifted, a, count, 0);
        let mask = match known {
            Some(n) => every(cx, 8, u64::from(if op == Op::Shl { 0xffu8 << n } else { 0xffu8 >> n })),
            None => {
                // The low byte of a 16-bit lane, shifted likewise, everywhere.
                let (ones, low, mask, bytes) = (ones(cx), fresh(cx), fresh(cx), fresh(cx));
                unary_row_imm(cx, M::PsrlwImm, low, ones, 8);
                by_count(cx, ops, mask, low, count, 0);
                let first = zero(cx);
                Arg::Reg(binary_row(cx, M::Pshufb, bytes, mask, first))
            }
        };
        binary_row(cx, M::Pand, def, shifted, mask);
        return;
    }
    if shape == Shape::I64x2 && op == Op::ShrS {
        // There is no such instruction: shifted without sign, then the sign extended from where it is now.
        let sign = every_in(cx, 64, 1 << 63);
        let (sign_now, shifted, flipped) = (fresh(cx), fresh(cx), fresh(cx));
        by_count(cx, (M::PsrlqImm, M::Psrlq), sign_now, sign, count, 0);
        by_count(cx, (M::PsrlqImm, M::Psrlq), shifted, a, count, 0);
        binary_row(cx, M::Pxor, flipped, shifted, sign_now);
        binary_row(cx, M::Psubq, def, flipped, sign_now);
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

pub(super) fn absolute(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let value = cx.data(inst).args[0];
    if shape != Shape::I64x2 {
        let a = arg(cx, value);
        let def = cx.def_of(inst);
        unary_row(cx, by_width(shape, [M::Pabsb, M::Pabsw, M::Pabsd, M::Pabsd]), def, a);
        return;
    }
    // (a xor sign) - sign, where the sign is that of the upper half.
    let a = cx.reg(value);
    let (upper, sign, flipped) = (fresh(cx), fresh(cx), fresh(cx));
    unary_row_imm(cx, M::Pshufd, upper, a, 0xf5);
    unary_row_imm(cx, M::PsradImm, sign, upper, 31);
    binary_row(cx, M::Pxor, flipped, a, sign);
    let def = cx.def_of(inst);
    binary_row(cx, M::Psubq, def, flipped, sign);
}

/// Looks up the bit count of each half of a byte.
pub(super) fn popcnt(cx: &mut Cx<'_>, inst: ir::Inst) {
    let a = cx.reg(cx.data(inst).args[0]);
    let nibble = every_in(cx, 8, 0x0f);
    let (low, shifted, high) = (fresh(cx), fresh(cx), fresh(cx));
    binary_row(cx, M::Pand, low, a, nibble);
    unary_row_imm(cx, M::PsrlwImm, shifted, a, 4);
    binary_row(cx, M::Pand, high, shifted, nibble);
    let counts = u128::from_le_bytes(std::array::from_fn(|i| i.count_ones() as u8));
    let table = cx.pool(counts);
    let halves = [low, high].map(|indices| {
        let (t, to) = (fresh(cx), fresh(cx));
        unary_row(cx, M::Loadups, t, Arg::Mem(Addr::fixed(Base::Pool(table), 0)));
        binary_row(cx, M::Pshufb, to, t, indices)
    });
    let def = cx.def_of(inst);
    binary_row(cx, M::Paddb, def, halves[0], halves[1]);
}

pub(super) fn compare(cx: &mut Cx<'_>, inst: ir::Inst) {
    let Imm::LaneIntCond(shape, cond) = cx.data(inst).imm else { unreachable!("a comparison has a condition") };
    let (a, b) = (cx.data(inst).args[0], cx.data(inst).args[1]);
    let equal = by_width(shape, [M::Pcmpeqb, M::Pcmpeqw, M::Pcmpeqd, M::Pcmpeqq]);
    let greater = by_width(shape, [M::Pcmpgtb, M::Pcmpgtw, M::Pcmpgtd, M::Pcmpgtq]);
    let narrow = |ops: [M; 3]| ops[(shape.bits().trailing_zeros() as usize - 3).min(2)];
    let def = cx.def_of(inst);
    // The bound that equals `a` if the condition holds (`true`), or if it does not.
    let bound = match cond {
        IntCond::Eq => {
            let (a, b) = operands(cx, a, b, true);
            binary_row(cx, equal, def, a, b);
            return;
        }
        IntCond::Ne => {
            let (a, b) = operands(cx, a, b, true);
            let same = fresh(cx);
            binary_row(cx, equal, same, a, b);
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
            binary_row(cx, greater, def, a, b);
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
    binary_row(cx, bound.0, extreme, a, b);
    let to = if bound.1 { def } else { fresh(cx) };
    binary_row(cx, equal, to, extreme, a);
    if !bound.1 {
        invert(cx, def, to);
    }
}

fn invert(cx: &mut Cx<'_>, to: VReg, a: VReg) {
    let ones = ones(cx);
    binary_row(cx, M::Pxor, to, a, ones);
}

/// a > b in signed 64-bit lanes.
fn greater_64(cx: &mut Cx<'_>, to: VReg, a: VReg, b: VReg) {
    if cx.has(x86_64::AVX) {
        binary_row(cx, M::Pcmpgtq, to, a, b);
        return;
    }
    // Compares the upper halves; where they are equal, b - a has all ones there if it borrowed.
    let (difference, equal, borrow, above, upper) = (fresh(cx), fresh(cx), fresh(cx), fresh(cx), fresh(cx));
    binary_row(cx, M::Psubq, difference, b, a);
    binary_row(cx, M::Pcmpeqd, equal, a, b);
    binary_row(cx, M::Pand, borrow, difference, equal);
    binary_row(cx, M::Pcmpgtd, above, a, b);
    binary_row(cx, M::Por, upper, above, borrow);
    unary_row_imm(cx, M::Pshufd, to, upper, 0xf5);
}

pub(super) fn bitmask(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let a = cx.reg(cx.data(inst).args[0]);
    let (op, double, a) = match shape {
        Shape::I8x16 => (M::Pmovmskb, false, a),
        Shape::I16x8 => {
            // Saturation keeps signs; the upper half becomes 0.
            let (zero, packed) = (zero(cx), fresh(cx));
            (M::Pmovmskb, false, binary_row(cx, M::Packsswb, packed, a, zero))
        }
        Shape::I32x4 => (M::Movmskp, false, a),
        _ => (M::Movmskp, true, a),
    };
    let def = cx.def_of(inst);
    op.float(double).def(def).rm(a).push(cx);
}

pub(super) fn extend_low(cx: &mut Cx<'_>, inst: ir::Inst, op: M) {
    let a = low_arg(cx, cx.data(inst).args[0]);
    let def = cx.def_of(inst);
    unary_row(cx, op, def, a);
}

/// Computes sums of products of neighbouring signed bytes. The CPU's instruction treats one operand's bytes as unsigned
/// and saturates the sum. So a byte is split into its lower seven bits and its sign, which counts as -128: the sums of
/// neither part are out of range.
pub(super) fn dot_bytes(cx: &mut Cx<'_>, inst: ir::Inst) {
    let (a, b) = (cx.data(inst).args[0], cx.data(inst).args[1]);
    let (a, b) = (cx.reg(a), cx.reg(b));
    let [positive, negative] = [0x7f, 0x80].map(|bits| {
        let (mask, part, sums) = (every(cx, 8, bits), fresh(cx), fresh(cx));
        binary_row(cx, M::Pand, part, b, mask);
        binary_row(cx, M::Pmaddubsw, sums, part, a);
        sums
    });
    let def = cx.def_of(inst);
    binary_row(cx, M::Psubw, def, positive, negative);
}

pub(super) fn pairwise(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let (signed, value) = (cx.data(inst).op == Op::VPairwiseS, cx.data(inst).args[0]);
    let a = cx.reg(value);
    let def = cx.def_of(inst);
    match (shape, signed) {
        (Shape::I16x8, true) => {
            // The first operand's bytes are unsigned, the second's signed.
            let ones = every_in(cx, 8, 1);
            binary_row(cx, M::Pmaddubsw, def, ones, a);
        }
        (Shape::I16x8, false) => {
            let ones = every(cx, 8, 1);
            binary_row(cx, M::Pmaddubsw, def, a, ones);
        }
        (_, true) => {
            let ones = every(cx, 16, 1);
            binary_row(cx, M::Pmaddwd, def, a, ones);
        }
        (_, false) => {
            // Signed after 2^15 is subtracted from each, which is added back twice.
            let sign = every(cx, 16, 0x8000);
            let (moved, sum) = (fresh(cx), fresh(cx));
            binary_row(cx, M::Pxor, moved, a, sign);
            let ones = every(cx, 16, 1);
            binary_row(cx, M::Pmaddwd, sum, moved, ones);
            let back = every(cx, 32, 0x1_0000);
            binary_row(cx, M::Paddd, def, sum, back);
        }
    }
}
