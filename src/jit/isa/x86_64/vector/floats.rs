//! Selection: lanes of floats, their fused sums, rounding, the specification's minimum and maximum, conversions.

use super::parts::*;
use crate::jit::ir::{self, Op};
use crate::jit::isa::x86_64::builder::Cx;
use crate::jit::isa::x86_64::table::Op as M;
use regalloc2::Operand;

/// Overwrites the sum where nothing else wants it, as in a loop that adds up; where it comes from memory, a factor.
/// Only for CPUs that have FMA.
pub(super) fn multiply_add(cx: &mut Cx<'_>, inst: ir::Inst, double: bool) {
    let f = cx.function();
    let data = f.inst(inst);
    let (mut a, mut b, c) = (f.resolve(data.args[0]), f.resolve(data.args[1]), f.resolve(data.args[2]));
    // A factor's sign changes with the product's. (The specification leaves the sign of a NaN open.)
    let minus = cx.def_by(a, Op::FNeg).filter(|&minus| cx.use_count(a) == 1 && f.inst(minus).imm == data.imm);
    if let Some(minus) = minus {
        a = f.resolve(f.inst(minus).args[0]);
    }
    let negative = minus.is_some();
    let (op_memory_sum, op) = if negative { (M::Vfnmadd213, M::Vfnmadd231) } else { (M::Vfmadd213, M::Vfmadd231) };
    if absorbs(cx, a) && !absorbs(cx, b) {
        (a, b) = (b, a);
    }
    if absorbs(cx, c) && !absorbs(cx, b) {
        let (c, a, b) = (arg(cx, c), cx.reg(a), cx.reg(b));
        let def = cx.def_of(inst);
        return op_memory_sum.float(double).def(def).reg(a).rm(c).more(Operand::reg_use(b)).push(cx);
    }
    let (b, a, c) = (arg(cx, b), cx.reg(a), cx.reg(c));
    let def = cx.def_of(inst);
    op.float(double).def(def).reg(c).rm(b).more(Operand::reg_use(a)).push(cx);
}

pub(super) fn round(cx: &mut Cx<'_>, inst: ir::Inst, double: bool, mode: i32) {
    let a = arg(cx, cx.data(inst).args[0]);
    let def = cx.def_of(inst);
    unary_row_imm(cx, if double { M::Roundpd } else { M::Roundps }, def, a, mode);
}

/// The instructions take the second operand where a lane is a NaN, or both are zeros: so in both orders, which agree
/// everywhere else.
pub(super) fn min_max(cx: &mut Cx<'_>, inst: ir::Inst, double: bool) {
    let data = cx.data(inst);
    let (max, a, b) = (data.op == Op::FMax, data.args[0], data.args[1]);
    let (a, b) = (cx.reg(a), cx.reg(b));
    let op = if max { M::Maxp } else { M::Minp };
    // Sign, exponent and the highest bit of the mantissa stay.
    let (shift, payload) = if double { (M::PsrlqImm, 13) } else { (M::PsrldImm, 10) };
    let [x, y] = [(a, b), (b, a)].map(|(a, b)| {
        let to = fresh(cx);
        op.float(double).def(to).reg(a).rm(b).push(cx);
        to
    });
    // Either is a NaN, or has the sign of a zero: so has the union.
    let either = fresh(cx);
    binary_row(cx, M::Orp, either, x, y);
    let result = if max {
        // Zeros whose signs differ leave -0 as union and as difference: -0 - -0 is +0. NaNs become quiet.
        let (differ, result) = (fresh(cx), fresh(cx));
        binary_row(cx, M::Xorp, differ, x, y);
        M::Subp.float(double).def(result).reg(either).rm(differ).push(cx);
        result
    } else {
        either
    };
    // NaNs become canonical, so that they are where both arguments were: the union mixes payloads.
    let (nan, result_or_ones, low) = (fresh(cx), fresh(cx), fresh(cx));
    M::Cmpp.float(double).def(nan).reg(result).rm(result).imm(3).push(cx);
    binary_row(cx, M::Orp, result_or_ones, result, nan);
    unary_row_imm(cx, shift, low, nan, payload);
    let def = cx.def_of(inst);
    binary_row(cx, M::Andnp, def, low, result_or_ones);
}

/// NaNs become 0. Numbers that are too large convert to MIN, which is inverted to MAX.
pub(super) fn truncate_f32_signed(cx: &mut Cx<'_>, inst: ir::Inst) {
    let a = cx.reg(cx.data(inst).args[0]);
    let (number, x, converted, large) = (fresh(cx), fresh(cx), fresh(cx), fresh(cx));
    binary_row_imm(cx, M::Cmpp, number, a, a, 0);
    binary_row(cx, M::Andp, x, a, number);
    unary_row(cx, M::Cvttps2dq, converted, x);
    // Not less than 2^31.
    let limit = every(cx, 32, 2_147_483_648f32.to_bits().into());
    binary_row_imm(cx, M::Cmpp, large, x, limit, 5);
    let def = cx.def_of(inst);
    binary_row(cx, M::Pxor, def, converted, large);
}

/// The sum of two parts of at most 2^31 each: the part that converts as a signed number, and the rest above 2^31.
pub(super) fn truncate_f32_unsigned(cx: &mut Cx<'_>, inst: ir::Inst) {
    let a = cx.reg(cx.data(inst).args[0]);
    let (x, low, above, beyond, high, saturated, positive) =
        (fresh(cx), fresh(cx), fresh(cx), fresh(cx), fresh(cx), fresh(cx), fresh(cx));
    let none = zero(cx);
    // NaNs and negative numbers become 0.
    binary_row(cx, M::Maxp, x, a, none);
    // MIN, 2^31 without sign, for all that is larger.
    unary_row(cx, M::Cvttps2dq, low, x);
    let limit = every_in(cx, 32, 2_147_483_648f32.to_bits().into());
    binary_row(cx, M::Subp, above, x, limit);
    // Again 2^31 or more: all ones, which makes MAX of the MIN that comes out.
    binary_row_imm(cx, M::Cmpp, beyond, limit, above, 2);
    unary_row(cx, M::Cvttps2dq, high, above);
    binary_row(cx, M::Pxor, saturated, high, beyond);
    let none = zero(cx);
    binary_row(cx, M::Pmaxsd, positive, saturated, none);
    let def = cx.def_of(inst);
    binary_row(cx, M::Paddd, def, low, positive);
}

/// Numbers that are too small convert to MIN. Before the conversion, those that are too large become MAX, NaNs 0.
pub(super) fn truncate_f64_signed(cx: &mut Cx<'_>, inst: ir::Inst) {
    let a = cx.reg(cx.data(inst).args[0]);
    let (number, most, x) = (fresh(cx), fresh(cx), fresh(cx));
    M::Cmpp.float64().def(number).reg(a).rm(a).imm(0).push(cx);
    let limit = every(cx, 64, 2_147_483_647f64.to_bits());
    binary_row(cx, M::Andp, most, number, limit);
    // Where a lane is a NaN, the second operand.
    M::Minp.float64().def(x).reg(a).rm(most).push(cx);
    let def = cx.def_of(inst);
    unary_row(cx, M::Cvttpd2dq, def, x);
}

/// In range, without fraction, 2^52 is added: the integer is the low half.
pub(super) fn truncate_f64_unsigned(cx: &mut Cx<'_>, inst: ir::Inst) {
    let a = cx.reg(cx.data(inst).args[0]);
    let (positive, x, whole, sum) = (fresh(cx), fresh(cx), fresh(cx), fresh(cx));
    let none = zero(cx);
    M::Maxp.float64().def(positive).reg(a).rm(none).push(cx);
    let limit = every(cx, 64, 4_294_967_295f64.to_bits());
    M::Minp.float64().def(x).reg(positive).rm(limit).push(cx);
    unary_row_imm(cx, M::Roundpd, whole, x, 11);
    let magic = every(cx, 64, 4_503_599_627_370_496f64.to_bits());
    M::Addp.float64().def(sum).reg(whole).rm(magic).push(cx);
    let none = zero(cx);
    let def = cx.def_of(inst);
    binary_row_imm(cx, M::Shufp, def, sum, none, 0x88);
}

pub(super) fn convert_unsigned(cx: &mut Cx<'_>, inst: ir::Inst, double: bool) {
    let a = cx.reg(cx.data(inst).args[0]);
    if double {
        // 2^52 and the integer, by putting their halves together.
        let exponent = every(cx, 32, 0x4330_0000);
        let joined = fresh(cx);
        binary_row(cx, M::Unpcklp, joined, a, exponent);
        let magic = every(cx, 64, 4_503_599_627_370_496f64.to_bits());
        let def = cx.def_of(inst);
        M::Subp.float64().def(def).reg(joined).rm(magic).push(cx);
        return;
    }
    // Upper and lower 16 bits are exact; their sum rounds, once. The upper part is halved, or it would have a sign.
    let none = zero(cx);
    let (low, high, half, low_float, half_float, high_float) =
        (fresh(cx), fresh(cx), fresh(cx), fresh(cx), fresh(cx), fresh(cx));
    binary_row_imm(cx, M::Pblendw, low, none, a, 0x55);
    binary_row(cx, M::Psubd, high, a, low);
    unary_row(cx, M::Cvtdq2ps, low_float, low);
    unary_row_imm(cx, M::PsrldImm, half, high, 1);
    unary_row(cx, M::Cvtdq2ps, half_float, half);
    binary_row(cx, M::Addp, high_float, half_float, half_float);
    let def = cx.def_of(inst);
    binary_row(cx, M::Addp, def, high_float, low_float);
}
