//! Selection of operations on lanes of floats: fused sums, pseudo-minimum and -maximum, conversions.

use super::parts::*;
use crate::jit::ir::{self, Op};
use crate::jit::isa::aarch64::builder::Cx;
use crate::jit::isa::aarch64::encode::Imm;
use crate::jit::isa::aarch64::table::{Op as M, W};

/// The second operand if it is less (or greater), otherwise the first one.
pub(super) fn pseudo(cx: &mut Cx<'_>, inst: ir::Inst, double: bool, less: bool) {
    let (a, b) = both(cx, inst);
    let mask = fresh(cx);
    let (greater, smaller) = if less { (a, b) } else { (b, a) };
    M::Fcmgt.float(double).def(mask).n(greater).m(smaller).push(cx);
    let def = cx.def_of(inst);
    M::Bsl.fixed().def(def).tied(mask).n(b).m(a).push(cx);
}

pub(super) fn multiply_add(cx: &mut Cx<'_>, inst: ir::Inst, double: bool) {
    let f = cx.function();
    let data = f.inst(inst);
    let (mut a, b, c) = (f.resolve(data.args[0]), f.resolve(data.args[1]), f.resolve(data.args[2]));
    // Negating a factor negates the product. (The specification leaves the sign of a NaN open.)
    let minus = cx.def_by(a, Op::FNeg).filter(|&minus| cx.use_count(a) == 1 && f.inst(minus).imm == data.imm);
    if let Some(minus) = minus {
        a = f.resolve(f.inst(minus).args[0]);
    }
    let op = if minus.is_some() { M::Fmls } else { M::Fmla };
    let (a, b, c) = (cx.reg(a), cx.reg(b), cx.reg(c));
    let def = cx.def_of(inst);
    op.float(double).def(def).tied(c).n(a).m(b).push(cx);
}

/// Converts to 32-bit integers: 64-bit lanes are saturated a second time, to the lower half.
pub(super) fn truncate(cx: &mut Cx<'_>, inst: ir::Inst, double: bool, signed: bool) {
    let a = cx.reg(cx.data(inst).args[0]);
    let op = if signed { M::VFcvtzs } else { M::VFcvtzu };
    if !double {
        let def = cx.def_of(inst);
        return op.float(false).def(def).n(a).push(cx);
    }
    let whole = fresh(cx);
    op.float(true).def(whole).n(a).push(cx);
    let def = cx.def_of(inst);
    let narrow = if signed { M::Sqxtn } else { M::Uqxtn };
    narrow.lanes(W::B32).def(def).n(whole).push(cx);
}

/// Converts from 32-bit integers: for 64-bit lanes, those of the lower half.
pub(super) fn convert(cx: &mut Cx<'_>, inst: ir::Inst, double: bool, signed: bool) {
    let mut a = cx.reg(cx.data(inst).args[0]);
    if double {
        let wide = fresh(cx);
        a = unary_row_imm(cx, if signed { M::Sshll } else { M::Ushll }, wide, a, Imm::Left(W::B32, 0));
    }
    let def = cx.def_of(inst);
    let op = if signed { M::VScvtf } else { M::VUcvtf };
    op.float(double).def(def).n(a).push(cx);
}
