//! Selection of operations that move single lanes from and to scalars.

use super::parts::*;
use crate::jit::ir::{self, Imm as IrImm, Shape};
use crate::jit::isa::aarch64::builder::Cx;
use crate::jit::isa::aarch64::encode::Imm;
use crate::jit::isa::aarch64::table::{Op as M, W};

/// The width of the general register that holds an integer lane.
fn register(shape: Shape) -> W {
    lane(shape).max(W::B32)
}

/// Copies a scalar to all lanes.
pub(super) fn splat(cx: &mut Cx<'_>, inst: ir::Inst, shape: Shape) {
    let a = cx.reg(cx.data(inst).args[0]);
    let def = cx.def_of(inst);
    let imm = Imm::Lane(lane(shape), 0);
    match shape {
        Shape::F32x4 | Shape::F64x2 => {
            unary_row_imm(cx, M::DupLane, def, a, imm);
        }
        _ => M::Dup.int(register(shape)).def(def).n(a).imm(imm).push(cx),
    }
}

pub(super) fn extract(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let IrImm::Lane(shape, number) = data.imm else { unreachable!("a lane") };
    let a = cx.reg(data.args[0]);
    let def = cx.def_of(inst);
    let imm = Imm::Lane(lane(shape), number);
    match shape {
        Shape::F32x4 | Shape::F64x2 => {
            unary_row_imm(cx, M::MovLane, def, a, imm);
        }
        _ => M::Umov.int(register(shape)).def(def).n(a).imm(imm).push(cx),
    }
}

pub(super) fn replace(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let IrImm::Lane(shape, number) = data.imm else { unreachable!("a lane") };
    let (vector, value) = (data.args[0], data.args[1]);
    let (a, x) = (cx.reg(vector), cx.reg(value));
    let def = cx.def_of(inst);
    let w = lane(shape);
    match shape {
        Shape::F32x4 | Shape::F64x2 => {
            M::InsLane.fixed().def(def).tied(a).n(x).imm(Imm::Lanes2(w, number, 0)).push(cx);
        }
        _ => M::Ins.int(register(shape)).def(def).tied(a).n(x).imm(Imm::Lane(w, number)).push(cx),
    }
}
