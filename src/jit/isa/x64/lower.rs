//! Selection: integers, memory, control.

use super::condition::{condition, condition_of, flag_row};
use super::inst::*;
use super::table::{Bank, Cc, Cond, Op as M, Role, W};
use super::{RAX, RCX, RDX, X64, atomic, call, float, vector, wide};
use crate::jit::ir::{self, Access, Imm, Op, Type, Value};
use crate::jit::isa::int_reg;
use crate::jit::isa::lower::{Lower, class_of};
use crate::runtime::compile_error::CompileError;
use crate::target::x86_64;
use regalloc2::{Operand, PRegSet, RegClass, VReg};
use smallvec::SmallVec;

pub(super) type Cx<'a> = Lower<'a, X64>;
pub(super) type Operands = SmallVec<[Operand; 8]>;

/// A memory operand over virtual registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addr {
    pub base: Option<VReg>,
    pub index: Option<VReg>,
    pub amode: Amode,
}

impl Addr {
    pub fn reg(base: VReg, disp: i32) -> Addr {
        let amode = Amode { base: Base::Reg, index: false, scale: 0, disp };
        Addr { base: Some(base), index: None, amode }
    }

    pub fn frame(base: Base, disp: i32) -> Addr {
        Addr { base: None, index: None, amode: Amode { base, index: false, scale: 0, disp } }
    }
}

/// The second operand.
#[derive(Clone, Copy, Debug)]
pub(super) enum Arg {
    Reg(VReg),
    Mem(Addr),
    /// A load done here: its guarded memory and its operator's offset.
    Load(Addr, Option<u32>, u32),
    Imm(i32),
}

pub(super) fn width(ty: Type) -> W {
    W::of_bytes(ty.bytes())
}

/// Appends a row of the table. `a` is the register operand that is read, `def` what is defined, wherever the table has
/// it.
#[allow(clippy::too_many_arguments)]
pub(super) fn row(cx: &mut Cx<'_>, op: M, w: W, double: bool, def: Option<VReg>, a: Option<VReg>, arg: Arg, imm: i32) {
    row_fixed(cx, op, w, double, def, a, arg, imm, &[]);
}

/// A row of the table with one operand more, the last one.
pub(super) fn row_more(cx: &mut Cx<'_>, op: M, double: bool, def: VReg, a: VReg, arg: Arg, last: VReg) {
    row_fixed(cx, op, W::B32, double, Some(def), Some(a), arg, 0, &[Operand::reg_use(last)]);
}

#[allow(clippy::too_many_arguments)]
fn row_fixed(
    cx: &mut Cx<'_>,
    op: M,
    w: W,
    double: bool,
    def: Option<VReg>,
    a: Option<VReg>,
    arg: Arg,
    imm: i32,
    fixed: &[Operand],
) {
    let d = op.desc();
    let vex = d.vex && cx.options.cpu_level().includes(x86_64::AVX);
    let mut operands = Operands::new();
    match d.reg {
        Role::Ext(_) => {}
        Role::Use => operands.push(Operand::reg_use(a.expect("an operand"))),
        Role::Def => operands.push(Operand::reg_def(def.expect("a result"))),
        Role::Tied if vex && !d.three => {
            operands.push(Operand::reg_def(def.expect("a result")));
            operands.push(Operand::reg_use(a.expect("an operand")));
        }
        Role::Tied => {
            operands.push(Operand::reg_use(a.expect("an operand")));
            operands.push(Operand::reg_reuse_def(def.expect("a result"), 0));
        }
    }
    let mut site = None;
    let mut offset = None;
    let mut imm = imm;
    let rm = match arg {
        Arg::Reg(r) => {
            match d.rm {
                Role::Use => operands.push(Operand::reg_use(r)),
                Role::Def => operands.push(Operand::reg_def(r)),
                Role::Tied if vex => {
                    operands.push(Operand::reg_use(r));
                    operands.push(Operand::reg_def(def.expect("a result")));
                }
                Role::Tied => {
                    operands.push(Operand::reg_use(r));
                    operands.push(Operand::reg_reuse_def(def.expect("a result"), operands.len() - 1));
                }
                Role::Ext(_) => unreachable!("the r/m field is never an extension"),
            }
            Rm::Reg
        }
        Arg::Mem(addr) | Arg::Load(addr, ..) => {
            operands.extend(addr.base.map(Operand::reg_use));
            operands.extend(addr.index.map(Operand::reg_use));
            if let Arg::Load(_, s, o) = arg {
                site = s;
                offset = Some(o);
            }
            Rm::Mem(addr.amode)
        }
        Arg::Imm(i) => {
            imm = i;
            Rm::Imm
        }
    };
    operands.extend_from_slice(fixed);
    if cx.options.verify {
        check_widths(cx, op, w, &operands);
    }
    cx.push(Inst::Row(Row { op, w, double, vex, rm, imm, site }), &operands, false);
    if let Some(offset) = offset {
        cx.set_last_offset(offset);
    }
}

/// A 64-bit operation must not read a register whose upper half is undefined.
fn check_widths(cx: &Cx<'_>, op: M, w: W, operands: &[Operand]) {
    let d = op.desc();
    if w != W::B64 || d.rm_width.is_some() || d.reg_bank != Bank::G || d.rm_bank != Bank::G {
        return;
    }
    for operand in operands {
        let bits = cx.vcode.widths[operand.vreg().vreg()];
        let read = operand.kind() == regalloc2::OperandKind::Use;
        assert!(!read || bits == 64, "{} reads 64 bits of {} which has {bits}", d.name, operand.vreg());
    }
}

/// `op` on two values into a fresh register.
pub(super) fn alu(cx: &mut Cx<'_>, op: M, w: W, a: VReg, b: Arg) -> VReg {
    let to = cx.temp(RegClass::Int, w.bits());
    row(cx, op, w, false, Some(to), Some(a), b, 0);
    to
}

/// A shift by a constant into a fresh register.
fn shift(cx: &mut Cx<'_>, op: M, w: W, a: VReg, by: i32) -> VReg {
    let to = cx.temp(RegClass::Int, w.bits());
    row(cx, op, w, false, Some(to), None, Arg::Reg(a), by);
    to
}

pub(super) fn int_const(cx: &mut Cx<'_>, w: W, bits: u64) -> VReg {
    let to = cx.temp(RegClass::Int, w.bits());
    cx.push(Inst::Const { bits }, &[Operand::reg_def(to)], false);
    to
}

/// The constant as a sign-extended 32-bit immediate of an operation of this width.
pub(super) fn imm_of(cx: &Cx<'_>, value: Value, w: W) -> Option<i32> {
    let bits = cx.as_const(value)?;
    match w {
        W::B64 => i32::try_from(bits as i64).ok(),
        _ => Some(bits as u32 as i32),
    }
}

/// The value as a second operand: an immediate, a load that only this instruction needs, or a register.
pub(super) fn arg(cx: &mut Cx<'_>, value: Value, w: W) -> Arg {
    if let Some(imm) = imm_of(cx, value, w) {
        return Arg::Imm(imm);
    }
    match load_arg(cx, value, w) {
        Some(arg) => arg,
        None => Arg::Reg(cx.reg(value)),
    }
}

/// The value as a memory operand, if it is a load of exactly this width that only this instruction needs.
pub(super) fn load_arg(cx: &mut Cx<'_>, value: Value, w: W) -> Option<Arg> {
    let inst = cx.sinkable_load(value)?;
    let data = cx.data(inst);
    let whole = match data.imm {
        Imm::Heap { access, .. } | Imm::Field { access, .. } => match access {
            Access::Full => true,
            Access::S32 | Access::U32 => data.ty.bytes() == 4,
            _ => false,
        },
        _ => unreachable!("a load has an address"),
    };
    if !whole || width(data.ty) != w {
        return None;
    }
    Some(sink_load(cx, inst))
}

/// Does a load here.
pub(super) fn sink_load(cx: &mut Cx<'_>, inst: ir::Inst) -> Arg {
    cx.sink(inst);
    let offset = cx.data(inst).offset;
    let (addr, site) = load_address(cx, inst);
    Arg::Load(addr, site, offset)
}

fn load_address(cx: &mut Cx<'_>, inst: ir::Inst) -> (Addr, Option<u32>) {
    let data = cx.data(inst);
    match data.imm {
        Imm::Field { offset, .. } => (field_address(cx, data.args[0], offset), None),
        Imm::Heap { offset, memory, guard, .. } => {
            let (base, index) = (data.args[0], data.args[1]);
            (heap_address(cx, base, index, offset), guard.then_some(memory))
        }
        _ => unreachable!("a load has an address"),
    }
}

/// base + offset, where the base may be a sum.
fn field_address(cx: &mut Cx<'_>, base: Value, offset: i32) -> Addr {
    if let Some(add) = cx.def_by(base, Op::IAdd)
        && cx.use_count(base) == 1
        && cx.as_const(cx.data(add).args[1]).is_none()
    {
        let (base, index) = (cx.data(add).args[0], cx.data(add).args[1]);
        let base = cx.reg(base);
        let (index, scale) = scaled(cx, index);
        let index = cx.reg(index);
        let amode = Amode { base: Base::Reg, index: true, scale, disp: offset };
        return Addr { base: Some(base), index: Some(index), amode };
    }
    Addr::reg(cx.reg(base), offset)
}

/// base + index + offset, all of them 64 bits wide.
fn heap_address(cx: &mut Cx<'_>, base: Value, index: Value, offset: u32) -> Addr {
    if let Some(c) = cx.as_const(index)
        && let Ok(disp) = i32::try_from(c.saturating_add(u64::from(offset)))
    {
        return Addr::reg(cx.reg(base), disp);
    }
    let base = cx.reg(base);
    let Ok(disp) = i32::try_from(offset) else {
        let offset = int_const(cx, W::B64, u64::from(offset));
        let index = cx.reg(index);
        let sum = cx.temp(RegClass::Int, 64);
        let operands = [Operand::reg_use(index), Operand::reg_use(offset), Operand::reg_def(sum)];
        cx.push(Inst::Add { w: W::B64 }, &operands, false);
        let amode = Amode { base: Base::Reg, index: true, scale: 0, disp: 0 };
        return Addr { base: Some(base), index: Some(sum), amode };
    };
    let (index, scale) = scaled(cx, index);
    let index = cx.reg(index);
    Addr { base: Some(base), index: Some(index), amode: Amode { base: Base::Reg, index: true, scale, disp } }
}

/// An index as another one times 2, 4 or 8.
fn scaled(cx: &Cx<'_>, index: Value) -> (Value, u8) {
    if let Some(shl) = cx.def_by(index, Op::Shl)
        && cx.use_count(index) == 1
        && let Some(by @ 1..=3) = cx.as_const(cx.data(shl).args[1])
    {
        return (cx.data(shl).args[0], by as u8);
    }
    (index, 0)
}

/// The row that loads a type with an extension; the operation zero-extends to 64 bits unless it sign-extends.
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

fn access_of(imm: Imm) -> Access {
    match imm {
        Imm::Heap { access, .. } | Imm::Field { access, .. } => access,
        _ => Access::Full,
    }
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
    let (base, rest) = (data.args[1], data.args.get(2).copied());
    let constant = if ty.is_int() { imm_of(cx, value, w) } else { None };
    let value = if constant.is_some() { None } else { Some(cx.reg(value)) };
    let (addr, site) = match imm {
        Imm::Field { offset, .. } => (field_address(cx, base, offset), None),
        Imm::Heap { offset, memory, guard, .. } => {
            let index = rest.expect("heap_store has an index");
            (heap_address(cx, base, index, offset), guard.then_some(memory))
        }
        _ => unreachable!("a store has an address"),
    };
    store_to(cx, ty, w, value, constant.unwrap_or(0), addr, site);
}

/// Stores a register, or an immediate where there is none.
pub(super) fn store_to(cx: &mut Cx<'_>, ty: Type, w: W, value: Option<VReg>, imm: i32, addr: Addr, site: Option<u32>) {
    let op = match (ty, value) {
        (Type::V128, _) => M::Storeups,
        (Type::F32 | Type::F64, _) => M::Storef,
        (_, Some(_)) if w == W::B8 => M::Store8,
        (_, Some(_)) => M::Store,
        (_, None) if w == W::B8 => M::StoreImm8,
        (_, None) => M::StoreImm,
    };
    let offset = cx.offset();
    row(cx, op, w, ty == Type::F64, None, value, Arg::Load(addr, site, offset), imm);
}

/// A load into a register.
pub(super) fn load_from(cx: &mut Cx<'_>, ty: Type, def: VReg, addr: Addr) {
    let (op, w) = load_row(ty, Access::Full);
    row(cx, op, w, ty == Type::F64, Some(def), None, Arg::Mem(addr), 0);
}

pub(super) fn constant(cx: &mut Cx<'_>, inst: ir::Inst, to: VReg) {
    let data = cx.data(inst);
    let Imm::Const(bits) = data.imm else { return vector::constant(cx, inst, to) };
    match data.ty {
        Type::F32 | Type::F64 if bits == 0 => cx.push(Inst::ZeroFloat, &[Operand::reg_def(to)], false),
        Type::F32 | Type::F64 => {
            let (ty, entry) = (data.ty, cx.pool(u128::from(bits)));
            load_from(cx, ty, to, Addr::frame(Base::Pool(entry), 0));
        }
        _ => cx.push(Inst::Const { bits }, &[Operand::reg_def(to)], false),
    }
}

/// Lowers an instruction.
pub(super) fn lower(cx: &mut Cx<'_>, inst: ir::Inst) -> Result<(), CompileError> {
    let f = cx.f;
    let data = f.inst(inst);
    let vector = data.ty == Type::V128 || data.args.iter().any(|&a| cx.ty(a) == Type::V128);
    if vector && vector::lower(cx, inst) {
        return Ok(());
    }
    let args = &data.args;
    let ty = data.ty;
    let w = width(ty);
    let target = |cx: &Cx<'_>, i: usize| cx.targets[i];
    let bmi = cx.options.cpu_level().includes(x86_64::AVX2);
    if cx.wants_flags(inst)
        && let Some((row, commutes)) = flag_row(data.op)
    {
        binary(cx, inst, row, commutes);
        return Ok(());
    }
    match data.op {
        // Made at each use.
        Op::Const | Op::VConst => {}
        Op::IAdd | Op::ISub if wide::sum_with_carry(cx, inst) => {}
        Op::SMulHi | Op::UMulHi => wide::product(cx, inst),
        Op::IAdd => add(cx, inst),
        Op::ISub => {
            if let Some(imm) = imm_of(cx, args[1], w).and_then(i32::checked_neg) {
                let (a, def) = (cx.reg(args[0]), cx.def(f.result(inst)));
                add_imm(cx, w, a, imm, def);
            } else {
                binary(cx, inst, M::Sub, false);
            }
        }
        Op::IMul => match imm_of(cx, args[1], w) {
            Some(imm) => {
                let (a, def) = (cx.reg(args[0]), cx.def(f.result(inst)));
                row(cx, M::ImulImm, w, false, Some(def), None, Arg::Reg(a), imm);
            }
            None => binary(cx, inst, M::Imul, true),
        },
        Op::SDiv | Op::UDiv | Op::SRem | Op::URem => divide(cx, inst),
        Op::And => match imm_of(cx, args[1], w) {
            Some(0xff) => extend(cx, inst, M::Movzx8, W::B32),
            Some(0xffff) => extend(cx, inst, M::Movzx16, W::B32),
            _ if cx.as_const(args[1]) == Some(0xffff_ffff) && w == W::B64 => extend(cx, inst, M::Mov, W::B32),
            _ => binary(cx, inst, M::And, true),
        },
        Op::Or => binary(cx, inst, M::Or, true),
        Op::Xor => match cx.as_const(args[1]) {
            Some(c) if c == u64::MAX >> (64 - w.bits()) => {
                let (a, def) = (cx.reg(args[0]), cx.def(f.result(inst)));
                row(cx, M::Not, w, false, Some(def), None, Arg::Reg(a), 0);
            }
            _ => binary(cx, inst, M::Xor, true),
        },
        Op::Shl => shift_by(cx, inst, M::ShlImm, M::ShlCl),
        Op::ShrS => shift_by(cx, inst, M::SarImm, M::SarCl),
        Op::ShrU => shift_by(cx, inst, M::ShrImm, M::ShrCl),
        Op::Rotl => shift_by(cx, inst, M::RolImm, M::RolCl),
        Op::Rotr => shift_by(cx, inst, M::RorImm, M::RorCl),
        Op::Clz if bmi => count(cx, inst, M::Lzcnt),
        Op::Ctz if bmi => count(cx, inst, M::Tzcnt),
        Op::Popcnt if cx.options.cpu_level().includes(x86_64::AVX) => count(cx, inst, M::Popcnt),
        Op::Clz => {
            // bsr leaves its destination undefined for 0: 2w - 1 xor w - 1 is w.
            let none = int_const(cx, w, 2 * u64::from(w.bits()) - 1);
            let top = scan(cx, M::Bsr, w, args[0], none);
            let def = cx.def(f.result(inst));
            row(cx, M::Xor, w, false, Some(def), Some(top), Arg::Imm(i32::from(w.bits()) - 1), 0);
        }
        Op::Ctz => {
            let none = int_const(cx, w, u64::from(w.bits()));
            let first = scan(cx, M::Bsf, w, args[0], none);
            let def = cx.def(f.result(inst));
            row(cx, M::Mov, w, false, Some(def), None, Arg::Reg(first), 0);
        }
        Op::Popcnt => popcnt(cx, inst),
        Op::SExt8 => extend(cx, inst, M::Movsx8, w),
        Op::SExt16 => extend(cx, inst, M::Movsx16, w),
        Op::SExt32 => extend(cx, inst, M::Movsxd, w),
        Op::ICmp => {
            let cond = condition_of(cx, f.result(inst), true);
            let def = cx.def(f.result(inst));
            cx.push(Inst::SetCond { cond }, &[Operand::reg_def(def)], false);
        }
        Op::Wrap => extend(cx, inst, M::Mov, W::B32),
        Op::ZExt => widen(cx, inst, false),
        Op::SExt => widen(cx, inst, true),
        Op::Select => select(cx, inst),
        Op::Load | Op::HeapLoad | Op::AtomicLoad => {
            let (addr, site) = load_address(cx, inst);
            let (op, w) = load_row(ty, access_of(data.imm));
            let def = cx.def(f.result(inst));
            let double = op == M::Loadf && w == W::B64;
            row(cx, op, w, double, Some(def), None, Arg::Load(addr, site, data.offset), 0);
        }
        Op::Store | Op::HeapStore => store(cx, inst),
        Op::Fence => cx.push(Inst::Fence, &[], false),
        Op::Header => header(cx, inst),
        Op::Alloc => {
            cx.vcode.leaf = false;
            let Imm::Alloc { ty, word, len } = data.imm else { unreachable!("an allocation has its immediate") };
            let (store, id) = (cx.invariant(RegClass::Int, 64), cx.reg(args[0]));
            let (def, temp) = (cx.def(f.result(inst)), cx.temp(RegClass::Int, 64));
            let side = cx.side(Side::Alloc { ty, word, len });
            let operands = [
                Operand::any_use(store),
                Operand::reg_use_at_end(id),
                Operand::reg_def_at_start(def),
                Operand::reg_temp(temp),
            ];
            cx.push(Inst::Alloc { side }, &operands, false);
        }
        op if op.is_atomic() => atomic::lower(cx, inst),
        Op::TrapNz | Op::TrapZ => {
            let Imm::Trap(code) = data.imm else { unreachable!("a trap has a code") };
            let detail = args.get(1).map(|&d| (cx.reg(d), width(cx.ty(d))));
            let mut cond = condition(cx, args[0]);
            if data.op == Op::TrapZ {
                cond = cond.invert();
            }
            match detail {
                None => cx.push(Inst::TrapIf { cond, code }, &[], false),
                Some((detail, w)) => {
                    cx.push(Inst::TrapIfDetail { cond, code, w }, &[Operand::reg_use(detail)], false);
                }
            }
        }
        Op::Poll => {
            cx.vcode.leaf = false;
            // The pointer to the store.
            let store = cx.invariant(RegClass::Int, 64);
            cx.push(Inst::Poll, &[Operand::any_use(store)], false);
        }
        Op::LandingPad => {
            let def = cx.def(f.result(inst));
            cx.push(Inst::LandingPad, &[Operand::reg_def(def)], false);
        }
        Op::Jump => {
            let to = target(cx, 0);
            cx.push(Inst::Jump { to }, &[], false);
        }
        Op::BrIf => {
            let cond = condition(cx, args[0]);
            let (then, or) = (target(cx, 0), target(cx, 1));
            cx.push(Inst::Branch { cond, then, or }, &[], false);
        }
        Op::BrTable => {
            let targets = cx.targets.to_vec();
            if let [to] = targets[..] {
                cx.push(Inst::Jump { to }, &[], false);
            } else {
                let index = cx.reg(args[0]);
                let temp = cx.temp(RegClass::Int, 64);
                let side = cx.side(Side::Table { targets });
                cx.push(Inst::JumpTable { side }, &[Operand::reg_use(index), Operand::reg_temp(temp)], false);
            }
        }
        Op::TrapNow => {
            let Imm::Trap(code) = data.imm else { unreachable!("a trap has a code") };
            match args.first() {
                None => cx.push(Inst::Trap { code }, &[], false),
                Some(&detail) => call::trap(cx, code, detail),
            }
        }
        Op::Call
        | Op::CallRef
        | Op::TryCall
        | Op::TryCallRef
        | Op::TryLibcall
        | Op::ReturnCall
        | Op::ReturnCallRef
        | Op::Return
        | Op::Libcall
        | Op::Throw => call::lower(cx, inst),
        _ => float::lower(cx, inst),
    }
    Ok(())
}

fn add(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (mut a, mut b, w) = (data.args[0], data.args[1], width(data.ty));
    if cx.as_const(a).is_some() {
        (a, b) = (b, a);
    }
    let result = cx.f.result(inst);
    if let Some(imm) = imm_of(cx, b, w) {
        let (a, def) = (cx.reg(a), cx.def(result));
        return add_imm(cx, w, a, imm, def);
    }
    for (a, b) in [(a, b), (b, a)] {
        if let Some(load) = load_arg(cx, b, w) {
            let (a, def) = (cx.reg(a), cx.def(result));
            return row(cx, M::Add, w, false, Some(def), Some(a), load, 0);
        }
    }
    let (a, b, def) = (cx.reg(a), cx.reg(b), cx.def(result));
    cx.push(Inst::Add { w }, &[Operand::reg_use(a), Operand::reg_use(b), Operand::reg_def(def)], false);
}

fn add_imm(cx: &mut Cx<'_>, w: W, a: VReg, imm: i32, def: VReg) {
    cx.push(Inst::AddImm { w, imm }, &[Operand::reg_use(a), Operand::reg_def(def)], false);
}

fn binary(cx: &mut Cx<'_>, inst: ir::Inst, op: M, commutes: bool) {
    let data = cx.data(inst);
    let (mut a, mut b, w) = (data.args[0], data.args[1], width(data.ty));
    if commutes && cx.as_const(a).is_some() {
        (a, b) = (b, a);
    }
    if commutes && cx.as_const(b).is_none() && cx.sinkable_load(b).is_none() && cx.sinkable_load(a).is_some() {
        (a, b) = (b, a);
    }
    // Imul has no immediate in the place of its second operand.
    let b = match (op, imm_of(cx, b, w)) {
        (M::Imul, Some(_)) => Arg::Reg(cx.reg(b)),
        _ => arg(cx, b, w),
    };
    let a = cx.reg(a);
    let def = cx.def(cx.f.result(inst));
    row(cx, op, w, false, Some(def), Some(a), b, 0);
}

/// A one-operand row into the result.
fn extend(cx: &mut Cx<'_>, inst: ir::Inst, op: M, w: W) {
    let a = cx.reg(cx.data(inst).args[0]);
    let def = cx.def(cx.f.result(inst));
    row(cx, op, w, false, Some(def), None, Arg::Reg(a), 0);
}

/// i32 to i64, done by the load where the argument is one.
fn widen(cx: &mut Cx<'_>, inst: ir::Inst, signed: bool) {
    let value = cx.data(inst).args[0];
    let (mut op, mut w) = if signed { (M::Movsxd, W::B64) } else { (M::Mov, W::B32) };
    let mut source = None;
    if let Some(load) = cx.sinkable_load(value) {
        let access = access_of(cx.data(load).imm);
        let row = match access {
            Access::Full | Access::S32 | Access::U32 => Some((op, w)),
            Access::U64 => None,
            Access::U8 => Some((M::Movzx8, W::B32)),
            Access::U16 => Some((M::Movzx16, W::B32)),
            Access::S8 => signed.then_some((M::Movsx8, W::B64)),
            Access::S16 => signed.then_some((M::Movsx16, W::B64)),
        };
        if let Some(row) = row {
            (op, w) = row;
            source = Some(sink_load(cx, load));
        }
    }
    let source = source.unwrap_or_else(|| Arg::Reg(cx.reg(value)));
    let def = cx.def(cx.f.result(inst));
    row(cx, op, w, false, Some(def), None, source, 0);
}

fn shift_by(cx: &mut Cx<'_>, inst: ir::Inst, by_imm: M, by_cl: M) {
    let data = cx.data(inst);
    let (a, by, w) = (data.args[0], data.args[1], width(data.ty));
    let result = cx.f.result(inst);
    if let Some(count) = cx.as_const(by) {
        let (a, def) = (cx.reg(a), cx.def(result));
        let count = (count & (u64::from(w.bits()) - 1)) as i32;
        row(cx, by_imm, w, false, Some(def), None, Arg::Reg(a), count);
    } else {
        let without_flags = match by_cl {
            M::ShlCl => Some(M::Shlx),
            M::ShrCl => Some(M::Shrx),
            M::SarCl => Some(M::Sarx),
            _ => None,
        };
        if let Some(op) = without_flags.filter(|_| cx.options.cpu_level().includes(x86_64::AVX2)) {
            // The count may be anywhere.
            let value = match load_arg(cx, a, w) {
                Some(load) => load,
                None => Arg::Reg(cx.reg(a)),
            };
            let (by, def) = (cx.reg(by), cx.def(result));
            return row(cx, op, w, false, Some(def), Some(by), value, 0);
        }
        let (a, by, def) = (cx.reg(a), cx.reg(by), cx.def(result));
        let count = Operand::reg_fixed_use(by, int_reg(RCX));
        row_fixed(cx, by_cl, w, false, Some(def), None, Arg::Reg(a), 0, &[count]);
    }
}

/// Counts bits, of a register or of what a load brings.
fn count(cx: &mut Cx<'_>, inst: ir::Inst, op: M) {
    let data = cx.data(inst);
    let (value, w) = (data.args[0], width(data.ty));
    let a = match load_arg(cx, value, w) {
        Some(load) => load,
        None => Arg::Reg(cx.reg(value)),
    };
    let def = cx.def(cx.f.result(inst));
    row(cx, op, w, false, Some(def), None, a, 0);
}

/// A bit scan, `none` for 0.
fn scan(cx: &mut Cx<'_>, op: M, w: W, value: Value, none: VReg) -> VReg {
    let a = cx.reg(value);
    let found = cx.temp(RegClass::Int, w.bits());
    row(cx, op, w, false, Some(found), None, Arg::Reg(a), 0);
    let to = cx.temp(RegClass::Int, w.bits());
    let operands = [Operand::reg_use(found), Operand::reg_reuse_def(to, 0), Operand::reg_use(none)];
    cx.push(Inst::Cmov { w, cond: Cond::Cc(Cc::E) }, &operands, false);
    to
}

/// Adds up bits in parallel, in ever wider fields.
fn popcnt(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (value, w) = (data.args[0], width(data.ty));
    let mask = |cx: &mut Cx<'_>, byte: u8| {
        let bits = u64::from_le_bytes([byte; 8]);
        match w {
            W::B64 => Arg::Reg(int_const(cx, w, bits)),
            _ => Arg::Imm(bits as u32 as i32),
        }
    };
    let x = cx.reg(value);
    let half = shift(cx, M::ShrImm, w, x, 1);
    let m = mask(cx, 0x55);
    let odd = alu(cx, M::And, w, half, m);
    let pairs = alu(cx, M::Sub, w, x, Arg::Reg(odd));
    let m = mask(cx, 0x33);
    let low = alu(cx, M::And, w, pairs, m);
    let high = shift(cx, M::ShrImm, w, pairs, 2);
    let m = mask(cx, 0x33);
    let high = alu(cx, M::And, w, high, m);
    let nibbles = alu(cx, M::Add, w, low, Arg::Reg(high));
    let high = shift(cx, M::ShrImm, w, nibbles, 4);
    let bytes = alu(cx, M::Add, w, nibbles, Arg::Reg(high));
    let m = mask(cx, 0x0f);
    let bytes = alu(cx, M::And, w, bytes, m);
    let ones = int_const(cx, w, 0x0101_0101_0101_0101 >> (64 - w.bits()));
    let sum = alu(cx, M::Imul, w, bytes, Arg::Reg(ones));
    let def = cx.def(cx.f.result(inst));
    row(cx, M::ShrImm, w, false, Some(def), None, Arg::Reg(sum), i32::from(w.bits()) - 8);
}

fn divide(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (a, b, w, op) = (data.args[0], data.args[1], width(data.ty), data.op);
    let signed = matches!(op, Op::SDiv | Op::SRem);
    let remainder = matches!(op, Op::SRem | Op::URem);
    let minus_one = op == Op::SRem && cx.as_const(b).is_none_or(|c| c == u64::MAX >> (64 - w.bits()));
    let (a, b) = (cx.reg(a), cx.reg(b));
    let def = cx.def(cx.f.result(inst));
    let (out, other) = if remainder { (RDX, RAX) } else { (RAX, RDX) };
    let operands = [
        Operand::reg_fixed_use(a, int_reg(RAX)),
        Operand::reg_use_at_end(b),
        Operand::reg_fixed_def(def, int_reg(out)),
    ];
    let clobbers = PRegSet::empty().with(int_reg(other));
    cx.push_clobbering(Inst::Divide { w, signed, remainder, minus_one }, &operands, clobbers);
}

fn select(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (c, a, b, ty) = (data.args[0], data.args[1], data.args[2], data.ty);
    let (mut a, mut b) = (cx.reg(a), cx.reg(b));
    let mut cond = condition(cx, c);
    let def = cx.def(cx.f.result(inst));
    let float = class_of(ty) == RegClass::Float;
    if cond == Cond::FEq && !float {
        // Equal and ordered is one condition too many for a move; its opposite is two moves.
        (a, b) = (b, a);
        cond = cond.invert();
    }
    let operands = [Operand::reg_use(b), Operand::reg_reuse_def(def, 0), Operand::reg_use(a)];
    let inst = if float { Inst::CmovFloat { cond } } else { Inst::Cmov { w: width(ty), cond } };
    cx.push(inst, &operands, false);
}

/// A word of a header, after the tests that decide whether there is one.
fn header(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let Imm::Header { offset, i31 } = data.imm else { unreachable!("a header has its immediate") };
    let (for_null, reference, address) = (data.args[0], data.args[1], data.args[2]);
    let zero = cx.as_const(for_null) == Some(0);
    let (for_null, reference, address) = (cx.reg(for_null), cx.reg(reference), cx.reg(address));
    let def = cx.def(cx.f.result(inst));
    let operands = [
        Operand::reg_use(for_null),
        Operand::reg_reuse_def(def, 0),
        Operand::reg_use_at_end(reference),
        Operand::reg_use_at_end(address),
    ];
    cx.push(Inst::Header { offset, i31, zero }, &operands, false);
}
