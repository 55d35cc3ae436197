//! Selection of loads, stores and operations on objects.

use super::address::address;
use super::builder::{Addr, Cx, Src, width};
use super::inst::{Base, Inst};
use super::operand::{access_of, access_width, loaded};
use super::table::{Op as M, W};
use crate::jit::ir::{self, Access, Imm, Op, Type, Value};
use crate::jit::isa::lower::common::Place;
use regalloc2::{Operand, RegClass, VReg};

/// Lowers a memory access or an operation on an object.
pub(super) fn lower(cx: &mut Cx<'_>, inst: ir::Inst) {
    match cx.data(inst).op {
        Op::Load | Op::HeapLoad => load(cx, inst),
        Op::Store | Op::HeapStore => store(cx, inst),
        Op::Header => header(cx, inst),
        op => unreachable!("{} is lowered elsewhere", op.name()),
    }
}

/// The row that loads a value of a type with an extension; the operation zero-extends to 64 bits unless it sign-extends.
pub(super) fn load_row(ty: Type, access: Access) -> M {
    let wide = width(ty) == W::B64;
    match (ty, access) {
        (Type::F32, _) | (Type::V128, Access::U32) => M::LdrS,
        (Type::F64, _) | (Type::V128, Access::U64) => M::LdrD,
        (Type::V128, _) => M::LdrQ,
        (_, Access::S8) if wide => M::Ldrsb64,
        (_, Access::S8) => M::Ldrsb32,
        (_, Access::U8) => M::Ldrb,
        (_, Access::S16) if wide => M::Ldrsh64,
        (_, Access::S16) => M::Ldrsh32,
        (_, Access::U16) => M::Ldrh,
        (_, Access::S32) if wide => M::Ldrsw,
        (_, Access::U32 | Access::S32) => M::Ldr32,
        (_, Access::U64 | Access::Full) if wide => M::Ldr64,
        (_, Access::U64 | Access::Full) => M::Ldr32,
    }
}

/// Loads a whole value into a register.
pub(super) fn load_from(cx: &mut Cx<'_>, ty: Type, def: VReg, addr: Addr) {
    load_row(ty, Access::Full).fixed().def(def).at(addr).push(cx);
}

fn load(cx: &mut Cx<'_>, inst: ir::Inst) {
    let row = load_row(cx.data(inst).ty, access_of(cx.data(inst).imm));
    let from = loaded(cx, inst, row.desc().access.expect("an access"));
    let def = cx.def_of(inst);
    row.fixed().def(def).at(from).push(cx);
}

/// The row that stores the low bits of a value of a type.
fn store_row(ty: Type, w: W) -> M {
    match (ty, w) {
        (Type::V128, _) => M::StrQ,
        (Type::F32, _) => M::StrS,
        (Type::F64, _) => M::StrD,
        (_, W::B8) => M::Strb,
        (_, W::B16) => M::Strh,
        (_, W::B32) => M::Str32,
        _ => M::Str64,
    }
}

/// The row that stores a value, and its operand: the zero register for 0.
fn stored(cx: &mut Cx<'_>, value: Value, w: W) -> (M, Src) {
    let ty = cx.ty(value);
    if cx.as_const(value) == Some(0) && ty != Type::V128 {
        let integer = if w == W::B64 { Type::I64 } else { Type::I32 };
        return (store_row(integer, w), Src::Zero);
    }
    (store_row(ty, w), Src::Reg(cx.reg(value)))
}

fn store(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (value, imm) = (data.args[0], data.imm);
    let w = access_width(cx.ty(value), access_of(imm));
    let (base, index) = (data.args[1], data.args.get(2).copied());
    let (row, src) = stored(cx, value, w);
    let to = address(cx, imm, base, index, w);
    if matches!(imm, Imm::Heap { guard: true, .. }) && !cx.is_proven(inst) {
        probe(cx, w, to);
    }
    row.fixed().value(src).at(to).push(cx);
}

/// Loads what a store is about to overwrite: a store that faults may have written those of its bytes that are before the
/// end of the memory (Arm Architecture Reference Manual, B2.2, on accesses that are not single-copy atomic), but a store
/// that traps must not have an effect. (Stores that [`is_proven`](Cx::is_proven) knows about cannot trap.)
fn probe(cx: &mut Cx<'_>, w: W, at: Addr) {
    match w {
        W::B8 => {}
        W::B16 => M::Ldrh.fixed().discard().at(at).push(cx),
        W::B32 => M::Ldr32.fixed().discard().at(at).push(cx),
        W::B64 => M::Ldr64.fixed().discard().at(at).push(cx),
        W::B128 => {
            let unused = cx.temp(RegClass::Float, 128);
            M::LdrQ.fixed().def(unused).at(at).push(cx);
        }
    }
}

/// Lowers the load of a header word, after the tests that decide whether there is one.
fn header(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let Imm::Header { offset, i31 } = data.imm else { unreachable!("a header has its immediate") };
    let (for_null, reference, address) = (data.args[0], data.args[1], data.args[2]);
    let zero = cx.as_const(for_null) == Some(0);
    let (for_null, reference, address) = (cx.reg(for_null), cx.reg(reference), cx.reg(address));
    let def = cx.def_of(inst);
    let operands = [
        Operand::reg_use(for_null),
        Operand::reg_reuse_def(def, 0),
        Operand::reg_use_at_end(reference),
        Operand::reg_use_at_end(address),
    ];
    cx.push(Inst::Header { offset, i31, zero }, &operands);
}

/// Returns the address of a place.
pub(super) fn place(place: Place) -> Addr {
    match place {
        Place::Incoming(offset) => Addr::fixed(Base::Incoming, offset as i32),
        Place::Outgoing(offset) => Addr::fixed(Base::Outgoing, offset as i32),
        Place::Results(offset) => Addr::fixed(Base::Results, offset as i32),
        Place::At(base, offset) => Addr::reg(base, offset as i32),
    }
}

/// Stores a whole value.
pub(super) fn store_value(cx: &mut Cx<'_>, value: Value, to: Addr) {
    let w = width(cx.ty(value));
    let (row, src) = stored(cx, value, w);
    row.fixed().value(src).at(to).push(cx);
}

/// Stores a pointer.
pub(super) fn store_pointer(cx: &mut Cx<'_>, pointer: VReg, to: Addr) {
    M::Str64.fixed().value(pointer).at(to).push(cx);
}
