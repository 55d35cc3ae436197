//! Selection of operations that move single lanes from and to scalars, and that choose lanes by a mask.

use super::parts::*;
use crate::jit::ir::{self, Imm, Shape};
use crate::jit::isa::x86_64::builder::{Arg, Cx, width};
use crate::jit::isa::x86_64::operand::{load_arg, load_or_reg};
use crate::jit::isa::x86_64::table::{Op as M, W};
use crate::target::x86_64;
use regalloc2::Operand;

/// Available from AVX on.
pub(super) fn lane_select(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let (a, b, mask) = (cx.data(inst).args[0], cx.data(inst).args[1], cx.data(inst).args[2]);
    let (b, a, mut mask) = (cx.reg(b), arg(cx, a), cx.reg(mask));
    let op = match shape {
        Shape::I32x4 => M::Vblendvps,
        Shape::I64x2 => M::Vblendvpd,
        Shape::I8x16 => M::Vpblendvb,
        // One byte at a time: both bytes get the highest bit.
        _ => {
            let whole = fresh(cx);
            mask = unary_row_imm(cx, M::PsrawImm, whole, mask, 15);
            M::Vpblendvb
        }
    };
    let def = cx.def_of(inst);
    op.lanes().def(def).reg(b).rm(a).more(Operand::reg_use(mask)).push(cx);
}

pub(super) fn splat(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let value = cx.data(inst).args[0];
    let avx2 = cx.has(x86_64::AVX2);
    match shape {
        Shape::F64x2 => {
            let a = load_or_reg(cx, value, W::B64);
            let def = cx.def_of(inst);
            unary_row(cx, M::Movddup, def, a);
        }
        Shape::F32x4 if avx2 => {
            let a = load_or_reg(cx, value, W::B32);
            let def = cx.def_of(inst);
            unary_row(cx, M::Vpbroadcastd, def, a);
        }
        Shape::F32x4 => {
            let a = cx.reg(value);
            let def = cx.def_of(inst);
            binary_row_imm(cx, M::Shufp, def, a, a, 0);
        }
        _ => {
            let a = cx.reg(value);
            let low = fresh(cx);
            let w = width(shape.lane_type());
            M::MovGX.int(w).def(low).rm(a).push(cx);
            let def = cx.def_of(inst);
            match shape {
                Shape::I64x2 => binary_row(cx, M::Punpcklqdq, def, low, low),
                Shape::I32x4 => unary_row_imm(cx, M::Pshufd, def, low, 0),
                Shape::I16x8 if avx2 => unary_row(cx, M::Vpbroadcastw, def, low),
                Shape::I16x8 => {
                    let words = fresh(cx);
                    unary_row_imm(cx, M::Pshuflw, words, low, 0);
                    unary_row_imm(cx, M::Pshufd, def, words, 0)
                }
                _ if avx2 => unary_row(cx, M::Vpbroadcastb, def, low),
                _ => {
                    let first = zero(cx);
                    binary_row(cx, M::Pshufb, def, low, first)
                }
            };
        }
    }
}

pub(super) fn extract(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let Imm::Lane(shape, lane) = data.imm else { unreachable!("a lane") };
    let (value, lane) = (data.args[0], i32::from(lane));
    let a = cx.reg(value);
    let def = cx.def_of(inst);
    let w = width(shape.lane_type());
    match shape {
        // The bits above a float in its register are undefined.
        Shape::F32x4 | Shape::F64x2 if lane == 0 => {
            unary_row(cx, M::Movaps, def, a);
        }
        Shape::F32x4 => {
            unary_row_imm(cx, M::Pshufd, def, a, lane);
        }
        Shape::F64x2 => {
            unary_row_imm(cx, M::Pshufd, def, a, 0xee);
        }
        Shape::I8x16 => M::Pextrb.lanes().def(def).reg(a).imm(lane).push(cx),
        Shape::I16x8 => M::Pextrw.lanes().def(def).reg(a).imm(lane).push(cx),
        _ if lane == 0 => M::MovXG.int(w).def(def).reg(a).push(cx),
        _ => M::Pextr.int(w).def(def).reg(a).imm(lane).push(cx),
    }
}

pub(super) fn replace(cx: &mut Cx<'_>, inst: ir::Inst) {
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
    let def = cx.def_of(inst);
    match shape {
        Shape::I8x16 => M::Pinsrb.lanes().def(def).reg(a).rm(x).imm(lane).push(cx),
        Shape::I16x8 => M::Pinsrw.lanes().def(def).reg(a).rm(x).imm(lane).push(cx),
        Shape::I32x4 | Shape::I64x2 => M::Pinsr.int(w).def(def).reg(a).rm(x).imm(lane).push(cx),
        Shape::F32x4 => M::Insertps.lanes().def(def).reg(a).rm(x).imm(lane << 4).push(cx),
        Shape::F64x2 if lane == 0 => M::Blendpd.lanes().def(def).reg(a).rm(x).imm(1).push(cx),
        Shape::F64x2 => M::Unpcklp.float64().def(def).reg(a).rm(x).push(cx),
    }
}
