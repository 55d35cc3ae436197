//! The parts from which all vector sequences are built. `to` is the register to define.

use crate::jit::ir::vector::shape_of;
use crate::jit::ir::{self, Access, Imm, Shape, Value};
use crate::jit::isa::x86_64::builder::{Arg, Cx, pool};
use crate::jit::isa::x86_64::inst::Inst;
use crate::jit::isa::x86_64::operand::{load_or_reg, sink_load};
use crate::jit::isa::x86_64::table::{Op as M, W};
use crate::target::x86_64;
use regalloc2::{Operand, RegClass, VReg};

/// Returns a register for an intermediate vector.
pub(super) fn fresh(cx: &mut Cx<'_>) -> VReg {
    cx.temp(RegClass::Float, 128)
}

/// Emits a row with one operand, of integers or of 32-bit floats. Returns the register that it defines.
pub(super) fn unary_row(cx: &mut Cx<'_>, op: M, to: VReg, a: impl Into<Arg>) -> VReg {
    op.lanes().def(to).rm(a).push(cx);
    to
}

/// As [`unary_row`], with an immediate, as in a shift of each lane.
pub(super) fn unary_row_imm(cx: &mut Cx<'_>, op: M, to: VReg, a: impl Into<Arg>, imm: i32) -> VReg {
    op.lanes().def(to).rm(a).imm(imm).push(cx);
    to
}

/// Emits a row with two operands, of integers or of 32-bit floats. Returns the register that it defines.
pub(super) fn binary_row(cx: &mut Cx<'_>, op: M, to: VReg, a: VReg, b: impl Into<Arg>) -> VReg {
    op.lanes().def(to).reg(a).rm(b).push(cx);
    to
}

/// As [`binary_row`], with an immediate.
pub(super) fn binary_row_imm(cx: &mut Cx<'_>, op: M, to: VReg, a: VReg, b: impl Into<Arg>, imm: i32) -> VReg {
    op.lanes().def(to).reg(a).rm(b).imm(imm).push(cx);
    to
}

/// A constant with no bits set.
pub(super) fn zero(cx: &mut Cx<'_>) -> VReg {
    let to = fresh(cx);
    cx.push(Inst::ZeroFloat, &[Operand::reg_def(to)]);
    to
}

/// A constant with all bits set.
pub(super) fn ones(cx: &mut Cx<'_>) -> VReg {
    let to = fresh(cx);
    cx.push(Inst::Ones, &[Operand::reg_def(to)]);
    to
}

/// A constant with the same value in every lane, as an operand.
pub(super) fn every(cx: &mut Cx<'_>, bits: u32, lane: u64) -> Arg {
    let vector = (0..128 / bits).fold(0, |v, i| v | u128::from(lane) << (i * bits));
    pool(cx, vector)
}

/// The same in a register.
pub(super) fn every_in(cx: &mut Cx<'_>, bits: u32, lane: u64) -> VReg {
    let (to, arg) = (fresh(cx), every(cx, bits, lane));
    unary_row(cx, M::Loadups, to, arg)
}

/// The value as a 16-byte second operand.
pub(super) fn arg(cx: &mut Cx<'_>, value: Value) -> Arg {
    match cx.function().as_vector(value) {
        Some(0 | u128::MAX) => Arg::Reg(cx.reg(value)),
        Some(bits) => pool(cx, bits),
        None if cx.has(x86_64::AVX) => load_or_reg(cx, value, W::B128),
        None => Arg::Reg(cx.reg(value)),
    }
}

/// The value as a second operand of which only the low 8 bytes are read: a load of just these bytes may be performed here.
pub(super) fn low_arg(cx: &mut Cx<'_>, value: Value) -> Arg {
    if let Some(load) = cx.sinkable_load(value)
        && matches!(cx.data(load).imm, Imm::Heap { access: Access::U64, .. })
    {
        return sink_load(cx, load);
    }
    Arg::Reg(cx.reg(value))
}

/// Whether the value can be a memory operand.
pub(super) fn absorbs(cx: &Cx<'_>, value: Value) -> bool {
    cx.function().as_vector(value).is_some_and(|bits| bits != 0 && bits != u128::MAX)
        || cx.has(x86_64::AVX) && cx.sinkable_load(value).is_some()
}

/// The operands of a row, exchanged if the first one can be in memory and the second cannot.
pub(super) fn operands(cx: &mut Cx<'_>, mut a: Value, mut b: Value, commutes: bool) -> (VReg, Arg) {
    if commutes && absorbs(cx, a) && !absorbs(cx, b) {
        (a, b) = (b, a);
    }
    let b = arg(cx, b);
    (cx.reg(a), b)
}

/// Chooses a row by lane width: `ops` are those for 8, 16, 32 and 64 bits.
pub(super) fn by_width(shape: Shape, ops: [M; 4]) -> M {
    ops[shape.bits().trailing_zeros() as usize - 3]
}

/// Lowers an operation on two vectors to one row.
pub(super) fn binary(cx: &mut Cx<'_>, inst: ir::Inst, op: M, commutes: bool) {
    let data = cx.data(inst);
    let (a, b) = (data.args[0], data.args[1]);
    let (a, b) = operands(cx, a, b, commutes);
    let def = cx.def_of(inst);
    binary_row(cx, op, def, a, b);
}

/// As [`binary`], for a row with both float types.
pub(super) fn binary_float(cx: &mut Cx<'_>, inst: ir::Inst, op: M, commutes: bool) {
    let data = cx.data(inst);
    let (a, b, double) = (data.args[0], data.args[1], shape_of(data.imm) == Some(Shape::F64x2));
    let (a, b) = operands(cx, a, b, commutes);
    let def = cx.def_of(inst);
    op.float(double).def(def).reg(a).rm(b).push(cx);
}
