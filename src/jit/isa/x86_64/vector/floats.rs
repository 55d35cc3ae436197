//! Selection of operations on lanes of floats: fused sums, rounding, WebAssembly's minimum and maximum, conversions.

use super::parts::*;
use crate::jit::ir::vector::shape_of;
use crate::jit::ir::{self, Op, Shape, Value};
use crate::jit::isa::x86_64::builder::Cx;
use crate::jit::isa::x86_64::table::Op as M;
use regalloc2::Operand;

/// Overwrites the addend if it has no other users, as in a loop that adds up; if the addend comes from memory, overwrites
/// a factor. Only for CPUs with FMA.
pub(super) fn multiply_add(cx: &mut Cx<'_>, inst: ir::Inst, double: bool) {
    let f = cx.function();
    let data = f.inst(inst);
    let (mut a, mut b, c) = (f.resolve(data.args[0]), f.resolve(data.args[1]), f.resolve(data.args[2]));
    // Negating a factor negates the product. (The specification leaves the sign of a NaN open.)
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

/// If one operand is a constant of numbers other than zero: that operand and the other one.
fn bound(cx: &Cx<'_>, a: Value, b: Value, double: bool) -> Option<(Value, Value)> {
    let is_bound = |&(value, _): &(Value, Value)| {
        floats_of(cx, value, double).is_some_and(|lanes| lanes.iter().all(|lane| !lane.is_nan() && *lane != 0.0))
    };
    [(b, a), (a, b)].into_iter().find(is_bound)
}

/// The lanes of a constant.
fn floats_of(cx: &Cx<'_>, value: Value, double: bool) -> Option<Vec<f64>> {
    let bits = cx.function().as_vector(value)?;
    Some(match double {
        true => (0..2).map(|lane| f64::from_bits((bits >> (64 * lane)) as u64)).collect(),
        false => (0..4).map(|lane| f32::from_bits((bits >> (32 * lane)) as u32).into()).collect(),
    })
}

/// The instruction that defines the value, if it is this operation on these lanes. (Another operation may use the bits as
/// lanes of another kind.)
fn lanes_by(cx: &Cx<'_>, value: Value, op: Op, double: bool) -> Option<ir::Inst> {
    let shape = if double { Shape::F64x2 } else { Shape::F32x4 };
    cx.def_by(value, op).filter(|&inst| shape_of(cx.data(inst).imm) == Some(shape))
}

/// Whether a value is the result of an operation on these lanes that gives only quiet NaNs.
fn is_quiet(cx: &Cx<'_>, value: Value, double: bool) -> bool {
    [Op::FAdd, Op::FSub, Op::FMul, Op::FDiv, Op::FMin, Op::FMax, Op::FSqrt, Op::FCanon, Op::VFma]
        .into_iter()
        .any(|op| lanes_by(cx, value, op, double).is_some())
}

/// Whether every lane of an f32x4 is less than 2^31 or a NaN: the value is the minimum with a constant, or the maximum of
/// such a minimum and a constant.
fn is_below_2_31(cx: &Cx<'_>, value: Value) -> bool {
    let small =
        |value| floats_of(cx, value, false).is_some_and(|lanes| lanes.iter().all(|&lane| lane < 2_147_483_648.0));
    let is_small_minimum = |value| {
        lanes_by(cx, value, Op::FMin, false).is_some_and(|min| cx.data(min).args.iter().any(|&operand| small(operand)))
    };
    let of_small_minimum = |max: ir::Inst| {
        let args = &cx.data(max).args;
        [(args[0], args[1]), (args[1], args[0])].into_iter().any(|(bound, x)| small(bound) && is_small_minimum(x))
    };
    is_small_minimum(value) || lanes_by(cx, value, Op::FMax, false).is_some_and(of_small_minimum)
}

/// The instructions return the second operand if one lane is a NaN or both are zeros, so they are executed with the
/// operands in both orders; everywhere else the two results agree.
pub(super) fn min_max(cx: &mut Cx<'_>, inst: ir::Inst, double: bool) {
    let data = cx.data(inst);
    let (max, a, b) = (data.op == Op::FMax, data.args[0], data.args[1]);
    let op = if max { M::Maxp } else { M::Minp };
    if let Some((bound, x)) = bound(cx, a, b, double) {
        // The instruction returns its second operand if that is a NaN. Zeros of both signs cannot meet.
        let (bound, quiet) = (cx.reg(bound), is_quiet(cx, x, double));
        let x = arg(cx, x);
        let to = if quiet { cx.def_of(inst) } else { fresh(cx) };
        op.float(double).def(to).reg(bound).rm(x).push(cx);
        if !quiet {
            // A sum with -0 changes nothing except that a NaN becomes quiet.
            let bits = if double { 64 } else { 32 };
            let zero = every(cx, bits, 1 << (bits - 1));
            let def = cx.def_of(inst);
            M::Addp.float(double).def(def).reg(to).rm(zero).push(cx);
        }
        return;
    }
    let (a, b) = (cx.reg(a), cx.reg(b));
    // Sign, exponent and the highest bit of the mantissa are kept.
    let (shift, payload) = if double { (M::PsrlqImm, 13) } else { (M::PsrldImm, 10) };
    let [x, y] = [(a, b), (b, a)].map(|(a, b)| {
        let to = fresh(cx);
        op.float(double).def(to).reg(a).rm(b).push(cx);
        to
    });
    // If either result is a NaN or has the sign of a zero, so does the union.
    let either = fresh(cx);
    binary_row(cx, M::Orp, either, x, y);
    let result = if max {
        // Zeros with different signs give -0 as union and as difference: -0 - -0 is +0. NaNs become quiet.
        let (differ, result) = (fresh(cx), fresh(cx));
        binary_row(cx, M::Xorp, differ, x, y);
        M::Subp.float(double).def(result).reg(either).rm(differ).push(cx);
        result
    } else {
        either
    };
    // NaNs become canonical, as they must if both arguments' NaNs were: the union mixes payloads.
    let (nan, result_or_ones, low) = (fresh(cx), fresh(cx), fresh(cx));
    M::Cmpp.float(double).def(nan).reg(result).rm(result).imm(3).push(cx);
    binary_row(cx, M::Orp, result_or_ones, result, nan);
    unary_row_imm(cx, shift, low, nan, payload);
    let def = cx.def_of(inst);
    binary_row(cx, M::Andnp, def, low, result_or_ones);
}

/// NaNs become 0. Numbers that are too large convert to MIN, which is inverted to MAX.
pub(super) fn truncate_f32_signed(cx: &mut Cx<'_>, inst: ir::Inst) {
    let value = cx.data(inst).args[0];
    let a = cx.reg(value);
    let (number, x) = (fresh(cx), fresh(cx));
    binary_row_imm(cx, M::Cmpp, number, a, a, 0);
    binary_row(cx, M::Andp, x, a, number);
    if is_below_2_31(cx, value) {
        let def = cx.def_of(inst);
        unary_row(cx, M::Cvttps2dq, def, x);
        return;
    }
    let (converted, large) = (fresh(cx), fresh(cx));
    unary_row(cx, M::Cvttps2dq, converted, x);
    // Not less than 2^31.
    let limit = every(cx, 32, 2_147_483_648f32.to_bits().into());
    binary_row_imm(cx, M::Cmpp, large, x, limit, 5);
    let def = cx.def_of(inst);
    binary_row(cx, M::Pxor, def, converted, large);
}

/// The result is the sum of two parts of at most 2^31 each: the part that converts as a signed number, and the rest above
/// 2^31.
pub(super) fn truncate_f32_unsigned(cx: &mut Cx<'_>, inst: ir::Inst) {
    let a = cx.reg(cx.data(inst).args[0]);
    let (x, low, above, beyond, high, saturated, positive) =
        (fresh(cx), fresh(cx), fresh(cx), fresh(cx), fresh(cx), fresh(cx), fresh(cx));
    let none = zero(cx);
    // NaNs and negative numbers become 0.
    binary_row(cx, M::Maxp, x, a, none);
    // MIN, which is 2^31 unsigned, for all larger numbers.
    unary_row(cx, M::Cvttps2dq, low, x);
    let limit = every_in(cx, 32, 2_147_483_648f32.to_bits().into());
    binary_row(cx, M::Subp, above, x, limit);
    // Again 2^31 or more: all ones, which turn the resulting MIN into MAX.
    binary_row_imm(cx, M::Cmpp, beyond, limit, above, 2);
    unary_row(cx, M::Cvttps2dq, high, above);
    binary_row(cx, M::Pxor, saturated, high, beyond);
    let none = zero(cx);
    binary_row(cx, M::Pmaxsd, positive, saturated, none);
    let def = cx.def_of(inst);
    binary_row(cx, M::Paddd, def, low, positive);
}

/// Numbers that are too small convert to MIN. Before the conversion, those that are too large become MAX, and NaNs 0.
pub(super) fn truncate_f64_signed(cx: &mut Cx<'_>, inst: ir::Inst) {
    let a = cx.reg(cx.data(inst).args[0]);
    let (number, most, x) = (fresh(cx), fresh(cx), fresh(cx));
    M::Cmpp.float64().def(number).reg(a).rm(a).imm(0).push(cx);
    let limit = every(cx, 64, 2_147_483_647f64.to_bits());
    binary_row(cx, M::Andp, most, number, limit);
    // If a lane is a NaN, the result is the second operand.
    M::Minp.float64().def(x).reg(a).rm(most).push(cx);
    let def = cx.def_of(inst);
    unary_row(cx, M::Cvttpd2dq, def, x);
}

/// 2^52 is added to a number in range without fraction: then the integer is in the low half.
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
        // 2^52 plus the integer, made by combining their halves.
        let exponent = every(cx, 32, 0x4330_0000);
        let joined = fresh(cx);
        binary_row(cx, M::Unpcklp, joined, a, exponent);
        let magic = every(cx, 64, 4_503_599_627_370_496f64.to_bits());
        let def = cx.def_of(inst);
        M::Subp.float64().def(def).reg(joined).rm(magic).push(cx);
        return;
    }
    // The upper and lower 16 bits are exact; only their sum is rounded. The upper part is halved, as otherwise it could
    // look negative.
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
