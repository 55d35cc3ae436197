//! Selection of operations on integers.

use super::builder::{Arg, Cx, alu, int_const, width};
use super::condition::flag_row;
use super::inst::Inst;
use super::operand::{access_of, arg, imm_of, load_arg, load_or_reg, sink_load};
use super::registers::{RAX, RCX, RDX};
use super::table::{Cc, Cond, Op as M, W};
use super::wide;
use crate::jit::ir::{self, Access, Op, Value};
use crate::jit::isa::int_reg;
use crate::target::x86_64;
use regalloc2::{Operand, PRegSet, RegClass, VReg};

/// Lowers an operation on integers.
pub(super) fn lower(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.function().inst(inst);
    let args = &data.args;
    let w = width(data.ty);
    if cx.wants_flags(inst)
        && let Some((row, commutes)) = flag_row(data.op)
    {
        return binary(cx, inst, row, commutes);
    }
    match data.op {
        Op::IAdd | Op::ISub if wide::sum_with_carry(cx, inst) => {}
        Op::SMulHi | Op::UMulHi => wide::product(cx, inst),
        Op::IAdd => add(cx, inst),
        Op::ISub => {
            if let Some(imm) = imm_of(cx, args[1], w).and_then(i32::checked_neg) {
                let (a, def) = (cx.reg(args[0]), cx.def_of(inst));
                add_imm(cx, w, a, imm, def);
            } else {
                binary(cx, inst, M::Sub, false);
            }
        }
        Op::IMul => match imm_of(cx, args[1], w) {
            Some(imm) => {
                let (a, def) = (cx.reg(args[0]), cx.def_of(inst));
                M::ImulImm.int(w).def(def).rm(a).imm(imm).push(cx);
            }
            None => binary(cx, inst, M::Imul, true),
        },
        Op::SDiv | Op::UDiv | Op::SRem | Op::URem => divide(cx, inst),
        Op::And => match imm_of(cx, args[1], w) {
            Some(0xff) => unary(cx, inst, M::Movzx8, W::B32),
            Some(0xffff) => unary(cx, inst, M::Movzx16, W::B32),
            _ if cx.as_const(args[1]) == Some(0xffff_ffff) && w == W::B64 => unary(cx, inst, M::Mov, W::B32),
            _ => binary(cx, inst, M::And, true),
        },
        Op::Or => binary(cx, inst, M::Or, true),
        Op::Xor => match cx.as_const(args[1]) {
            Some(c) if c == u64::MAX >> (64 - w.bits()) => unary(cx, inst, M::Not, w),
            _ => binary(cx, inst, M::Xor, true),
        },
        Op::Shl => shift_by(cx, inst, M::ShlImm, M::ShlCl),
        Op::ShrS => shift_by(cx, inst, M::SarImm, M::SarCl),
        Op::ShrU => shift_by(cx, inst, M::ShrImm, M::ShrCl),
        Op::Rotl => shift_by(cx, inst, M::RolImm, M::RolCl),
        Op::Rotr => shift_by(cx, inst, M::RorImm, M::RorCl),
        Op::Clz if cx.has(x86_64::AVX2) => count(cx, inst, M::Lzcnt),
        Op::Ctz if cx.has(x86_64::AVX2) => count(cx, inst, M::Tzcnt),
        Op::Popcnt if cx.has(x86_64::AVX) => count(cx, inst, M::Popcnt),
        Op::Clz => {
            // bsr leaves its destination undefined for 0: 2w - 1 xor w - 1 is w.
            let none = int_const(cx, w, 2 * u64::from(w.bits()) - 1);
            let top = scan(cx, M::Bsr, w, args[0], none);
            let def = cx.def_of(inst);
            M::Xor.int(w).def(def).reg(top).rm(Arg::Imm(i32::from(w.bits()) - 1)).push(cx);
        }
        Op::Ctz => {
            let none = int_const(cx, w, u64::from(w.bits()));
            let first = scan(cx, M::Bsf, w, args[0], none);
            let def = cx.def_of(inst);
            M::Mov.int(w).def(def).rm(first).push(cx);
        }
        Op::Popcnt => popcnt(cx, inst),
        Op::SExt8 => unary(cx, inst, M::Movsx8, w),
        Op::SExt16 => unary(cx, inst, M::Movsx16, w),
        Op::SExt32 => unary(cx, inst, M::Movsxd, w),
        Op::Wrap => unary(cx, inst, M::Mov, W::B32),
        Op::ZExt => widen(cx, inst, false),
        Op::SExt => widen(cx, inst, true),
        op => unreachable!("{} is lowered elsewhere", op.name()),
    }
}

fn add(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (mut a, mut b, w) = (data.args[0], data.args[1], width(data.ty));
    if cx.as_const(a).is_some() {
        (a, b) = (b, a);
    }
    if let Some(imm) = imm_of(cx, b, w) {
        let (a, def) = (cx.reg(a), cx.def_of(inst));
        return add_imm(cx, w, a, imm, def);
    }
    for (a, b) in [(a, b), (b, a)] {
        if let Some(load) = load_arg(cx, b, w) {
            let (a, def) = (cx.reg(a), cx.def_of(inst));
            return M::Add.int(w).def(def).reg(a).rm(load).push(cx);
        }
    }
    let (a, b, def) = (cx.reg(a), cx.reg(b), cx.def_of(inst));
    cx.push(Inst::Add { w }, &[Operand::reg_use(a), Operand::reg_use(b), Operand::reg_def(def)]);
}

fn add_imm(cx: &mut Cx<'_>, w: W, a: VReg, imm: i32, def: VReg) {
    cx.push(Inst::AddImm { w, imm }, &[Operand::reg_use(a), Operand::reg_def(def)]);
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
    // Imul has no form with an immediate as its second operand.
    let b = match (op, imm_of(cx, b, w)) {
        (M::Imul, Some(_)) => Arg::Reg(cx.reg(b)),
        _ => arg(cx, b, w),
    };
    let a = cx.reg(a);
    let def = cx.def_of(inst);
    op.int(w).def(def).reg(a).rm(b).push(cx);
}

/// Emits a row with one operand, which is in a register.
fn unary(cx: &mut Cx<'_>, inst: ir::Inst, op: M, w: W) {
    let a = cx.reg(cx.data(inst).args[0]);
    let def = cx.def_of(inst);
    op.int(w).def(def).rm(a).push(cx);
}

/// Converts i32 to i64; if the argument is a load, the load does this.
fn widen(cx: &mut Cx<'_>, inst: ir::Inst, signed: bool) {
    let value = cx.data(inst).args[0];
    let (mut op, mut w) = if signed { (M::Movsxd, W::B64) } else { (M::Mov, W::B32) };
    let mut source = None;
    if let Some(load) = cx.sinkable_load(value) {
        let row = match access_of(cx.data(load).imm) {
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
    let def = cx.def_of(inst);
    op.int(w).def(def).rm(source).push(cx);
}

fn shift_by(cx: &mut Cx<'_>, inst: ir::Inst, by_imm: M, by_cl: M) {
    let data = cx.data(inst);
    let (a, by, w) = (data.args[0], data.args[1], width(data.ty));
    if let Some(count) = cx.as_const(by) {
        let (a, def) = (cx.reg(a), cx.def_of(inst));
        let count = (count & (u64::from(w.bits()) - 1)) as i32;
        return by_imm.int(w).def(def).rm(a).imm(count).push(cx);
    }
    let without_flags = match by_cl {
        M::ShlCl => Some(M::Shlx),
        M::ShrCl => Some(M::Shrx),
        M::SarCl => Some(M::Sarx),
        _ => None,
    };
    if let Some(op) = without_flags.filter(|_| cx.has(x86_64::AVX2)) {
        // The count may be in any register.
        let value = load_or_reg(cx, a, w);
        let (by, def) = (cx.reg(by), cx.def_of(inst));
        return op.int(w).def(def).reg(by).rm(value).push(cx);
    }
    let (a, by, def) = (cx.reg(a), cx.reg(by), cx.def_of(inst));
    by_cl.int(w).def(def).rm(a).more(Operand::reg_fixed_use(by, int_reg(RCX))).push(cx);
}

/// Counts bits of a register or of a load.
fn count(cx: &mut Cx<'_>, inst: ir::Inst, op: M) {
    let data = cx.data(inst);
    let (value, w) = (data.args[0], width(data.ty));
    let a = load_or_reg(cx, value, w);
    let def = cx.def_of(inst);
    op.int(w).def(def).rm(a).push(cx);
}

/// Emits a bit scan; the result is `none` for 0.
fn scan(cx: &mut Cx<'_>, op: M, w: W, value: Value, none: VReg) -> VReg {
    let a = cx.reg(value);
    let found = cx.temp(RegClass::Int, w.bits());
    op.int(w).def(found).rm(a).push(cx);
    let to = cx.temp(RegClass::Int, w.bits());
    let operands = [Operand::reg_use(found), Operand::reg_reuse_def(to, 0), Operand::reg_use(none)];
    cx.push(Inst::Cmov { w, cond: Cond::Cc(Cc::E) }, &operands);
    to
}

/// Shifts right by a constant, into a new register.
fn shift_right(cx: &mut Cx<'_>, w: W, a: VReg, by: i32) -> VReg {
    let to = cx.temp(RegClass::Int, w.bits());
    M::ShrImm.int(w).def(to).rm(a).imm(by).push(cx);
    to
}

/// Adds up bits in parallel, in wider and wider fields.
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
    let half = shift_right(cx, w, x, 1);
    let m = mask(cx, 0x55);
    let odd = alu(cx, M::And, w, half, m);
    let pairs = alu(cx, M::Sub, w, x, odd);
    let m = mask(cx, 0x33);
    let low = alu(cx, M::And, w, pairs, m);
    let high = shift_right(cx, w, pairs, 2);
    let m = mask(cx, 0x33);
    let high = alu(cx, M::And, w, high, m);
    let nibbles = alu(cx, M::Add, w, low, high);
    let high = shift_right(cx, w, nibbles, 4);
    let bytes = alu(cx, M::Add, w, nibbles, high);
    let m = mask(cx, 0x0f);
    let bytes = alu(cx, M::And, w, bytes, m);
    let ones = int_const(cx, w, 0x0101_0101_0101_0101 >> (64 - w.bits()));
    let sum = alu(cx, M::Imul, w, bytes, ones);
    let def = cx.def_of(inst);
    M::ShrImm.int(w).def(def).rm(sum).imm(i32::from(w.bits()) - 8).push(cx);
}

fn divide(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (a, b, w, op) = (data.args[0], data.args[1], width(data.ty), data.op);
    let signed = matches!(op, Op::SDiv | Op::SRem);
    let remainder = matches!(op, Op::SRem | Op::URem);
    let minus_one = op == Op::SRem && cx.as_const(b).is_none_or(|c| c == u64::MAX >> (64 - w.bits()));
    let (a, b) = (cx.reg(a), cx.reg(b));
    let def = cx.def_of(inst);
    let (out, other) = if remainder { (RDX, RAX) } else { (RAX, RDX) };
    let operands = [
        Operand::reg_fixed_use(a, int_reg(RAX)),
        Operand::reg_use_at_end(b),
        Operand::reg_fixed_def(def, int_reg(out)),
    ];
    let clobbers = PRegSet::empty().with(int_reg(other));
    cx.push_clobbering(Inst::Divide { w, signed, remainder, minus_one }, &operands, clobbers);
}
