//! Lanes of floats: fused sums, rounding, the specification's minimum and maximum, conversions.

use super::*;

/// Overwrites the sum where nothing else wants it, as in a loop that adds up; where it comes from memory, a factor. Only
/// for CPUs that have FMA.
pub(super) fn multiply_add(cx: &mut Cx<'_>, inst: ir::Inst, double: bool) {
    let f = cx.f;
    let data = f.inst(inst);
    let (mut a, mut b, c) = (f.resolve(data.args[0]), f.resolve(data.args[1]), f.resolve(data.args[2]));
    // A factor's sign changes with the product's. (What the sign of a NaN is, nobody says.)
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
        let def = cx.def(f.result(inst));
        return row_more(cx, op_memory_sum, double, def, a, c, b);
    }
    let (b, a, c) = (arg(cx, b), cx.reg(a), cx.reg(c));
    let def = cx.def(f.result(inst));
    row_more(cx, op, double, def, c, b, a);
}

pub(super) fn round(cx: &mut Cx<'_>, inst: ir::Inst, double: bool, mode: i32) {
    let a = arg(cx, cx.data(inst).args[0]);
    let def = cx.def(cx.f.result(inst));
    one(cx, if double { M::Roundpd } else { M::Roundps }, def, a, mode);
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
        two_float(cx, op, double, to, a, Arg::Reg(b), 0)
    });
    // Either is a NaN, or has the sign of a zero: so has the union.
    let either = fresh(cx);
    two(cx, M::Orp, either, x, Arg::Reg(y));
    let result = if max {
        // Zeros whose signs differ leave -0 as union and as difference: -0 - -0 is +0. NaNs become quiet.
        let (differ, result) = (fresh(cx), fresh(cx));
        two(cx, M::Xorp, differ, x, Arg::Reg(y));
        two_float(cx, M::Subp, double, result, either, Arg::Reg(differ), 0)
    } else {
        either
    };
    // NaNs become canonical, so that they are where both arguments were: the union mixes payloads.
    let (nan, result_or_ones, low) = (fresh(cx), fresh(cx), fresh(cx));
    two_float(cx, M::Cmpp, double, nan, result, Arg::Reg(result), 3);
    two(cx, M::Orp, result_or_ones, result, Arg::Reg(nan));
    shift_imm(cx, shift, low, nan, payload);
    let def = cx.def(cx.f.result(inst));
    two(cx, M::Andnp, def, low, Arg::Reg(result_or_ones));
}

/// NaNs to 0; what is too large converts to MIN, which inverted is MAX.
pub(super) fn truncate_f32_signed(cx: &mut Cx<'_>, inst: ir::Inst) {
    let a = cx.reg(cx.data(inst).args[0]);
    let (number, x, converted, large) = (fresh(cx), fresh(cx), fresh(cx), fresh(cx));
    two_imm(cx, M::Cmpp, number, a, Arg::Reg(a), 0);
    two(cx, M::Andp, x, a, Arg::Reg(number));
    one(cx, M::Cvttps2dq, converted, Arg::Reg(x), 0);
    // Not less than 2^31.
    let limit = every(cx, 32, 2_147_483_648f32.to_bits().into());
    two_imm(cx, M::Cmpp, large, x, limit, 5);
    let def = cx.def(cx.f.result(inst));
    two(cx, M::Pxor, def, converted, Arg::Reg(large));
}

/// As the sum of what fits without sign and of what is above 2^31, each at most 2^31.
pub(super) fn truncate_f32_unsigned(cx: &mut Cx<'_>, inst: ir::Inst) {
    let a = cx.reg(cx.data(inst).args[0]);
    let (x, low, above, beyond, high, saturated, positive) =
        (fresh(cx), fresh(cx), fresh(cx), fresh(cx), fresh(cx), fresh(cx), fresh(cx));
    let none = zero(cx);
    // NaNs and what is negative become 0.
    two(cx, M::Maxp, x, a, Arg::Reg(none));
    // MIN, 2^31 without sign, for all that is larger.
    one(cx, M::Cvttps2dq, low, Arg::Reg(x), 0);
    let limit = every_in(cx, 32, 2_147_483_648f32.to_bits().into());
    two(cx, M::Subp, above, x, Arg::Reg(limit));
    // Again 2^31 or more: all ones, which makes MAX of the MIN that comes out.
    two_imm(cx, M::Cmpp, beyond, limit, Arg::Reg(above), 2);
    one(cx, M::Cvttps2dq, high, Arg::Reg(above), 0);
    two(cx, M::Pxor, saturated, high, Arg::Reg(beyond));
    let none = zero(cx);
    two(cx, M::Pmaxsd, positive, saturated, Arg::Reg(none));
    let def = cx.def(cx.f.result(inst));
    two(cx, M::Paddd, def, low, Arg::Reg(positive));
}

/// What is too small converts to MIN; what is too large is made MAX before, a NaN 0.
pub(super) fn truncate_f64_signed(cx: &mut Cx<'_>, inst: ir::Inst) {
    let a = cx.reg(cx.data(inst).args[0]);
    let (number, most, x) = (fresh(cx), fresh(cx), fresh(cx));
    two_float(cx, M::Cmpp, true, number, a, Arg::Reg(a), 0);
    let limit = every(cx, 64, 2_147_483_647f64.to_bits());
    two(cx, M::Andp, most, number, limit);
    // Where a lane is a NaN, the second operand.
    two_float(cx, M::Minp, true, x, a, Arg::Reg(most), 0);
    let def = cx.def(cx.f.result(inst));
    one(cx, M::Cvttpd2dq, def, Arg::Reg(x), 0);
}

/// In range, without fraction, 2^52 is added: the integer is the low half.
pub(super) fn truncate_f64_unsigned(cx: &mut Cx<'_>, inst: ir::Inst) {
    let a = cx.reg(cx.data(inst).args[0]);
    let (positive, x, whole, sum) = (fresh(cx), fresh(cx), fresh(cx), fresh(cx));
    let none = zero(cx);
    two_float(cx, M::Maxp, true, positive, a, Arg::Reg(none), 0);
    let limit = every(cx, 64, 4_294_967_295f64.to_bits());
    two_float(cx, M::Minp, true, x, positive, limit, 0);
    one(cx, M::Roundpd, whole, Arg::Reg(x), 11);
    let magic = every(cx, 64, 4_503_599_627_370_496f64.to_bits());
    two_float(cx, M::Addp, true, sum, whole, magic, 0);
    let none = zero(cx);
    let def = cx.def(cx.f.result(inst));
    two_imm(cx, M::Shufp, def, sum, Arg::Reg(none), 0x88);
}

pub(super) fn convert_unsigned(cx: &mut Cx<'_>, inst: ir::Inst, double: bool) {
    let a = cx.reg(cx.data(inst).args[0]);
    if double {
        // 2^52 and the integer, by putting their halves together.
        let exponent = every(cx, 32, 0x4330_0000);
        let joined = fresh(cx);
        two(cx, M::Unpcklp, joined, a, exponent);
        let magic = every(cx, 64, 4_503_599_627_370_496f64.to_bits());
        let def = cx.def(cx.f.result(inst));
        two_float(cx, M::Subp, true, def, joined, magic, 0);
        return;
    }
    // Upper and lower 16 bits are exact; their sum rounds, once. The upper part is halved, or it would have a sign.
    let none = zero(cx);
    let (low, high, half, low_float, half_float, high_float) =
        (fresh(cx), fresh(cx), fresh(cx), fresh(cx), fresh(cx), fresh(cx));
    two_imm(cx, M::Pblendw, low, none, Arg::Reg(a), 0x55);
    two(cx, M::Psubd, high, a, Arg::Reg(low));
    one(cx, M::Cvtdq2ps, low_float, Arg::Reg(low), 0);
    shift_imm(cx, M::PsrldImm, half, high, 1);
    one(cx, M::Cvtdq2ps, half_float, Arg::Reg(half), 0);
    two(cx, M::Addp, high_float, half_float, Arg::Reg(half_float));
    let def = cx.def(cx.f.result(inst));
    two(cx, M::Addp, def, high_float, Arg::Reg(low_float));
}
