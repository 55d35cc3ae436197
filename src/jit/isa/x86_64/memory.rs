//! Selection of loads, stores and operations on objects.

use super::address::address;
use super::builder::{Addr, Arg, Cx, width};
use super::inst::{Base, Inst};
use super::operand::{access_of, imm_of, loaded};
use super::table::{Op as M, W};
use crate::jit::ir::{self, Access, Imm, Op, Type, Value};
use crate::jit::isa::lower::common::Place;
use regalloc2::{Operand, VReg};

/// Lowers a memory access or an operation on an object.
pub(super) fn lower(cx: &mut Cx<'_>, inst: ir::Inst) {
    match cx.data(inst).op {
        Op::Load | Op::HeapLoad | Op::AtomicLoad => load(cx, inst),
        Op::Store | Op::HeapStore => store(cx, inst),
        Op::Header => header(cx, inst),
        op => unreachable!("{} is lowered elsewhere", op.name()),
    }
}

/// The row that loads a value of a type with an extension; the operation zero-extends to 64 bits unless it sign-extends.
fn load_row(ty: Type, access: Access) -> (M, W) {
    let w = width(ty);
    match (ty, access) {
        (Type::F32 | Type::F64, _) => (M::Loadf, w),
        (Type::V128, Access::U32) => (M::Loadf, W::B32),
        (Type::V128, Access::U64) => (M::Loadf, W::B64),
        (Type::V128, _) => (M::Loadups, w),
        (_, Access::S8) => (M::Movsx8, w),
        (_, Access::U8) => (M::Movzx8, W::B32),
        (_, Access::S16) => (M::Movsx16, w),
        (_, Access::U16) => (M::Movzx16, W::B32),
        (_, Access::S32) if w == W::B64 => (M::Movsxd, w),
        (_, Access::U32 | Access::S32) => (M::Mov, W::B32),
        (_, Access::U64 | Access::Full) => (M::Mov, w),
    }
}

/// Loads a value with an extension into a register.
fn load_as(cx: &mut Cx<'_>, (op, w): (M, W), def: VReg, from: Arg) {
    let double = op == M::Loadf && w == W::B64;
    op.convert(w, double).def(def).rm(from).push(cx);
}

/// Loads a whole value into a register.
pub(super) fn load_from(cx: &mut Cx<'_>, ty: Type, def: VReg, addr: Addr) {
    load_as(cx, load_row(ty, Access::Full), def, Arg::Mem(addr));
}

fn load(cx: &mut Cx<'_>, inst: ir::Inst) {
    let row = load_row(cx.data(inst).ty, access_of(cx.data(inst).imm));
    let from = loaded(cx, inst);
    let def = cx.def_of(inst);
    load_as(cx, row, def, from);
}

/// The operand of a store.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stored {
    Reg(VReg),
    Imm(i32),
}

fn store(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (value, imm) = (data.args[0], data.imm);
    let ty = cx.ty(value);
    let w = match access_of(imm) {
        Access::S8 | Access::U8 => W::B8,
        Access::S16 | Access::U16 => W::B16,
        Access::S32 | Access::U32 => W::B32,
        Access::U64 => W::B64,
        Access::Full => width(ty),
    };
    let (base, index) = (data.args[1], data.args.get(2).copied());
    let constant = if ty.is_int() { imm_of(cx, value, w) } else { None };
    let stored = constant.map(Stored::Imm).unwrap_or_else(|| Stored::Reg(cx.reg(value)));
    let addr = address(cx, imm, base, index);
    store_to(cx, ty, w, stored, addr);
}

/// Stores the low bits of a value of a type.
pub(super) fn store_to(cx: &mut Cx<'_>, ty: Type, w: W, stored: Stored, addr: Addr) {
    let to = Arg::Access(addr, cx.offset());
    match (stored, ty) {
        (Stored::Reg(value), Type::V128) => M::Storeups.int(w).reg(value).rm(to).push(cx),
        (Stored::Reg(value), Type::F32 | Type::F64) => {
            M::Storef.convert(w, ty == Type::F64).reg(value).rm(to).push(cx);
        }
        (Stored::Reg(value), _) => {
            let op = if w == W::B8 { M::Store8 } else { M::Store };
            op.int(w).reg(value).rm(to).push(cx);
        }
        (Stored::Imm(imm), _) => {
            let op = if w == W::B8 { M::StoreImm8 } else { M::StoreImm };
            op.int(w).rm(to).imm(imm).push(cx);
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
pub(super) fn store_value(cx: &mut Cx<'_>, value: Value, addr: Addr) {
    let ty = cx.ty(value);
    let w = width(ty);
    let constant = if ty.is_int() { imm_of(cx, value, w) } else { None };
    let stored = constant.map(Stored::Imm).unwrap_or_else(|| Stored::Reg(cx.reg(value)));
    store_to(cx, ty, w, stored, addr);
}
