//! Selection of operations on integers.

use super::builder::{Cx, Src, width};
use super::encode::Imm;
use super::memory::load_row;
use super::operand::{
    access_of, addend, const_of, extended, extended_and_shifted, fresh, mask, only_by, reg_or_zero, shifted, sink_load,
};
use super::table::{Op as M, W};
use super::wide;
use crate::jit::ir::{self, Access, Op, Type, Value};
use regalloc2::{RegClass, VReg};

/// Lowers an operation on integers.
pub(super) fn lower(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.function().inst(inst);
    let args = &data.args;
    let w = width(data.ty);
    match data.op {
        Op::IAdd | Op::ISub if wide::sum_with_carry(cx, inst) => {}
        Op::IAdd => add(cx, inst),
        Op::ISub => sub(cx, inst),
        Op::IMul => multiply(cx, inst),
        Op::SMulHi => binary(cx, inst, M::Smulh),
        Op::UMulHi => binary(cx, inst, M::Umulh),
        Op::SDiv => binary(cx, inst, M::Sdiv),
        Op::UDiv => binary(cx, inst, M::Udiv),
        Op::SRem => remainder(cx, inst, M::Sdiv),
        Op::URem => remainder(cx, inst, M::Udiv),
        Op::And if field_of(cx, inst) => {}
        Op::Or if extract(cx, inst) || insert(cx, inst) => {}
        Op::And => logic(cx, inst, M::And, M::AndImm, M::Bic),
        Op::Or => logic(cx, inst, M::Orr, M::OrrImm, M::Orn),
        Op::Xor if const_of(cx, args[1], w) == Some(u64::MAX >> (64 - w.bits())) => {
            let a = args[0];
            invert(cx, inst, a);
        }
        Op::Xor => logic(cx, inst, M::Eor, M::EorImm, M::Eon),
        Op::Shl => shift(cx, inst, M::Lsl),
        Op::ShrS => shift(cx, inst, M::Asr),
        Op::ShrU => shift(cx, inst, M::Lsr),
        Op::Rotl | Op::Rotr => rotate(cx, inst),
        Op::Clz => unary(cx, inst, M::Clz, Imm::None),
        Op::Ctz => {
            let (a, reversed) = (cx.reg(args[0]), fresh(cx, w));
            M::Rbit.int(w).def(reversed).n(a).push(cx);
            let def = cx.def_of(inst);
            M::Clz.int(w).def(def).n(reversed).push(cx);
        }
        Op::Popcnt => popcnt(cx, inst),
        Op::SExt8 => unary(cx, inst, M::Sbfm, Imm::Bits(0, 7)),
        Op::SExt16 => unary(cx, inst, M::Sbfm, Imm::Bits(0, 15)),
        Op::SExt32 => unary(cx, inst, M::Sxtw, Imm::None),
        Op::Wrap => {
            let a = cx.reg(args[0]);
            let def = cx.def_of(inst);
            M::Mov.int(W::B32).def(def).m(a).push(cx);
        }
        Op::ZExt => widen(cx, inst, false),
        Op::SExt => widen(cx, inst, true),
        op => unreachable!("{} is lowered elsewhere", op.name()),
    }
}

/// Returns the factors of a product that has no other users.
fn product(cx: &Cx<'_>, value: Value) -> Option<(Value, Value)> {
    let data = cx.data(only_by(cx, value, Op::IMul)?);
    Some((data.args[0], data.args[1]))
}

/// Returns the 32-bit factors, if both are extended in the same way, and whether they are sign-extended.
fn narrow_factors(cx: &Cx<'_>, a: Value, b: Value) -> Option<(Value, Value, bool)> {
    let ((a, signed), (b, same)) = (extended(cx, a)?, extended(cx, b)?);
    (signed == same).then_some((a, b, signed))
}

fn add(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (mut a, mut b, w) = (data.args[0], data.args[1], width(data.ty));
    if cx.as_const(a).is_some() {
        (a, b) = (b, a);
    }
    if let Some((imm, negative)) = addend(cx, b, w) {
        return with_imm(cx, inst, if negative { M::SubImm } else { M::AddImm }, a, imm);
    }
    for (a, b) in [(a, b), (b, a)] {
        let Some((x, y)) = product(cx, b) else { continue };
        if w == W::B64
            && let Some((x, y, signed)) = narrow_factors(cx, x, y)
        {
            let (x, y, a) = (cx.reg(x), cx.reg(y), cx.reg(a));
            let def = cx.def_of(inst);
            let op = if signed { M::Smaddl } else { M::Umaddl };
            return op.fixed().def(def).n(x).m(y).a(a).push(cx);
        }
        let (x, y, a) = (cx.reg(x), cx.reg(y), cx.reg(a));
        let def = cx.def_of(inst);
        return M::Madd.int(w).def(def).n(x).m(y).a(a).push(cx);
    }
    for (a, b) in [(a, b), (b, a)] {
        if w == W::B64
            && let Some((b, imm)) = extended_and_shifted(cx, b)
        {
            let (a, b) = (cx.reg(a), cx.reg(b));
            let def = cx.def_of(inst);
            return M::AddExtended.int(w).def(def).n(a).m(b).imm(imm).push(cx);
        }
        if let Some((b, imm)) = shifted(cx, b, w, false) {
            return two(cx, inst, M::Add, a, b, imm);
        }
    }
    two(cx, inst, M::Add, a, b, Imm::None);
}

fn sub(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (a, b, w) = (data.args[0], data.args[1], width(data.ty));
    if let Some((imm, negative)) = addend(cx, b, w) {
        return with_imm(cx, inst, if negative { M::AddImm } else { M::SubImm }, a, imm);
    }
    if let Some((x, y)) = product(cx, b) {
        let (x, y, a) = (cx.reg(x), cx.reg(y), reg_or_zero(cx, a));
        let def = cx.def_of(inst);
        return M::Msub.int(w).def(def).n(x).m(y).a(a).push(cx);
    }
    if w == W::B64
        && cx.as_const(a).is_none()
        && let Some((b, imm)) = extended_and_shifted(cx, b)
    {
        let (a, b) = (cx.reg(a), cx.reg(b));
        let def = cx.def_of(inst);
        return M::SubExtended.int(w).def(def).n(a).m(b).imm(imm).push(cx);
    }
    let (b, imm) = shifted(cx, b, w, false).unwrap_or((b, Imm::None));
    if cx.as_const(a) == Some(0) {
        let b = cx.reg(b);
        let def = cx.def_of(inst);
        return M::Neg.int(w).def(def).m(b).imm(imm).push(cx);
    }
    two(cx, inst, M::Sub, a, b, imm);
}

fn multiply(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (a, b) = (data.args[0], data.args[1]);
    if data.ty == Type::I64
        && let Some((a, b, signed)) = narrow_factors(cx, a, b)
    {
        return two(cx, inst, if signed { M::Smull } else { M::Umull }, a, b, Imm::None);
    }
    // The product with a negated factor is the negated product.
    for (a, b) in [(a, b), (b, a)] {
        if let Some(negation) = only_by(cx, a, Op::ISub)
            && cx.as_const(cx.data(negation).args[0]) == Some(0)
        {
            let a = cx.data(negation).args[1];
            return two(cx, inst, M::Mneg, a, b, Imm::None);
        }
    }
    binary(cx, inst, M::Mul);
}

/// Emits a row with two registers.
fn binary(cx: &mut Cx<'_>, inst: ir::Inst, op: M) {
    let (a, b) = (cx.data(inst).args[0], cx.data(inst).args[1]);
    two(cx, inst, op, a, b, Imm::None);
}

/// Emits a row with two registers, the last of which may be shifted.
fn two(cx: &mut Cx<'_>, inst: ir::Inst, op: M, a: Value, b: Value, imm: Imm) {
    let w = width(cx.data(inst).ty);
    let (a, b) = (cx.reg(a), cx.reg(b));
    let def = cx.def_of(inst);
    op.int(w).def(def).n(a).m(b).imm(imm).push(cx);
}

/// Emits a row with a register and an immediate.
fn with_imm(cx: &mut Cx<'_>, inst: ir::Inst, op: M, a: Value, imm: Imm) {
    let w = width(cx.data(inst).ty);
    let a = cx.reg(a);
    let def = cx.def_of(inst);
    op.int(w).def(def).n(a).imm(imm).push(cx);
}

/// Emits a row with the instruction's only operand.
fn unary(cx: &mut Cx<'_>, inst: ir::Inst, op: M, imm: Imm) {
    let a = cx.data(inst).args[0];
    with_imm(cx, inst, op, a, imm);
}

fn remainder(cx: &mut Cx<'_>, inst: ir::Inst, divide: M) {
    let data = cx.data(inst);
    let (a, b, w) = (data.args[0], data.args[1], width(data.ty));
    let (a, b, quotient) = (cx.reg(a), cx.reg(b), fresh(cx, w));
    divide.int(w).def(quotient).n(a).m(b).push(cx);
    let def = cx.def_of(inst);
    M::Msub.int(w).def(def).n(quotient).m(b).a(a).push(cx);
}

/// Computes the inverse of a value that may be shifted.
fn invert(cx: &mut Cx<'_>, inst: ir::Inst, value: Value) {
    let w = width(cx.data(inst).ty);
    let (value, imm) = shifted(cx, value, w, true).unwrap_or((value, Imm::None));
    let value = cx.reg(value);
    let def = cx.def_of(inst);
    M::Mvn.int(w).def(def).m(value).imm(imm).push(cx);
}

/// The value of which `value` is the inverse, if it is one.
fn inverse(cx: &Cx<'_>, value: Value, w: W) -> Option<Value> {
    let data = cx.data(only_by(cx, value, Op::Xor)?);
    (const_of(cx, data.args[1], w) == Some(u64::MAX >> (64 - w.bits()))).then_some(data.args[0])
}

/// Lowers a logical operation: with an immediate, with an inverse, or with a shifted operand.
fn logic(cx: &mut Cx<'_>, inst: ir::Inst, op: M, with_mask: M, with_inverse: M) {
    let data = cx.data(inst);
    let (mut a, mut b, w) = (data.args[0], data.args[1], width(data.ty));
    if cx.as_const(a).is_some() {
        (a, b) = (b, a);
    }
    if let Some(imm) = mask(cx, b, w) {
        return with_imm(cx, inst, with_mask, a, imm);
    }
    for (a, b) in [(a, b), (b, a)] {
        if let Some(b) = inverse(cx, b, w) {
            let (b, imm) = shifted(cx, b, w, true).unwrap_or((b, Imm::None));
            return two(cx, inst, with_inverse, a, b, imm);
        }
    }
    for (a, b) in [(a, b), (b, a)] {
        if let Some((b, imm)) = shifted(cx, b, w, true) {
            return two(cx, inst, op, a, b, imm);
        }
    }
    two(cx, inst, op, a, b, Imm::None);
}

/// The number of ones, if they are the lowest bits but not all bits.
fn low_ones(bits: u64, w: W) -> Option<u8> {
    let count = bits.trailing_ones() as u8;
    (count > 0 && count < w.bits() && bits == u64::MAX >> (64 - count)).then_some(count)
}

/// The lowest bits of a value shifted right: a bit field. Returns whether it is one.
fn field_of(cx: &mut Cx<'_>, inst: ir::Inst) -> bool {
    let data = cx.data(inst);
    let (a, b, w) = (data.args[0], data.args[1], width(data.ty));
    let Some(count) = const_of(cx, b, w).and_then(|bits| low_ones(bits, w)) else { return false };
    let Some(shift) = only_by(cx, a, Op::ShrU) else { return false };
    let (value, by) = (cx.data(shift).args[0], cx.data(shift).args[1]);
    let Some(by) = cx.as_const(by).map(|by| by as u8 & (w.bits() - 1)) else { return false };
    let last = (by + count - 1).min(w.bits() - 1);
    with_imm(cx, inst, M::Ubfm, value, Imm::Bits(by, last));
    true
}

/// A left shift and a right shift that together fill a word. Returns whether they do.
fn extract(cx: &mut Cx<'_>, inst: ir::Inst) -> bool {
    let data = cx.data(inst);
    let w = width(data.ty);
    for (a, b) in [(data.args[0], data.args[1]), (data.args[1], data.args[0])] {
        let (Some(left), Some(right)) = (only_by(cx, a, Op::Shl), only_by(cx, b, Op::ShrU)) else { continue };
        let amount = |shift: ir::Inst| cx.as_const(cx.data(shift).args[1]).map(|by| by as u8 & (w.bits() - 1));
        let (Some(up), Some(down)) = (amount(left), amount(right)) else { continue };
        if up == 0 || up + down != w.bits() {
            continue;
        }
        let (high, low) = (cx.data(left).args[0], cx.data(right).args[0]);
        two(cx, inst, M::Extr, high, low, Imm::Bits(0, down));
        return true;
    }
    false
}

/// A bit field inserted in place of bits that a mask has cleared. Returns whether it is one.
fn insert(cx: &mut Cx<'_>, inst: ir::Inst) -> bool {
    let data = cx.data(inst);
    let w = width(data.ty);
    for (a, b) in [(data.args[0], data.args[1]), (data.args[1], data.args[0])] {
        let Some((into, kept)) = masked(cx, a, w) else { continue };
        let hole = !kept & u64::MAX >> (64 - w.bits());
        let low = hole.trailing_zeros() as u8;
        let Some(count) = hole.checked_shr(low.into()).and_then(|bits| low_ones(bits, w)) else { continue };
        let Some((from, imm)) = field(cx, b, w, low, count) else { continue };
        let (into, from) = (cx.reg(into), cx.reg(from));
        let def = cx.def_of(inst);
        M::Bfm.int(w).def(def).tied(into).n(from).imm(imm).push(cx);
        return true;
    }
    false
}

/// The data of the operation of this width that computes a value for its only user.
fn made_by<'c>(cx: &'c Cx<'_>, value: Value, op: Op, w: W) -> Option<&'c ir::InstData> {
    only_by(cx, value, op).map(|inst| cx.data(inst)).filter(|data| width(data.ty) == w)
}

/// A value and the mask that is applied to it for its only user.
fn masked(cx: &Cx<'_>, value: Value, w: W) -> Option<(Value, u64)> {
    let data = made_by(cx, value, Op::And, w)?;
    Some((data.args[0], const_of(cx, data.args[1], w)?))
}

/// The value whose lowest `count` bits, zero-extended, are this value.
fn lowest(cx: &Cx<'_>, value: Value, w: W, count: u8) -> Option<Value> {
    match extended(cx, value).filter(|_| w == W::B64 && count == 32 && cx.use_count(value) == 1) {
        Some((from, false)) => Some(from),
        _ => masked(cx, value, w).filter(|&(_, mask)| mask == u64::MAX >> (64 - count)).map(|(from, _)| from),
    }
}

/// A value that is shifted by a constant for its only user, and the amount.
fn moved(cx: &Cx<'_>, value: Value, op: Op, w: W) -> Option<(Value, u8)> {
    let data = made_by(cx, value, op, w)?;
    Some((data.args[0], cx.as_const(data.args[1])? as u8 & (w.bits() - 1)))
}

/// The source of a value that is 0 except for `count` bits from `low` on, as operands for inserting these bits.
fn field(cx: &Cx<'_>, value: Value, w: W, low: u8, count: u8) -> Option<(Value, Imm)> {
    let up = Imm::Bits((w.bits() - low) & (w.bits() - 1), count - 1);
    if let Some((shifted, by)) = moved(cx, value, Op::Shl, w) {
        // The value masked before the shift; no mask is needed if the shift leaves no other bits.
        let inner = lowest(cx, shifted, w, count);
        let whole = (low + count == w.bits()).then_some(shifted);
        return inner.or(whole).filter(|_| by == low).map(|from| (from, up));
    }
    if low == 0 {
        let from = lowest(cx, value, w, count)?;
        return Some(match moved(cx, from, Op::ShrU, w).filter(|&(_, by)| by + count <= w.bits()) {
            Some((from, by)) => (from, Imm::Bits(by, by + count - 1)),
            None => (from, up),
        });
    }
    let (from, _) = masked(cx, value, w).filter(|&(_, mask)| mask == u64::MAX >> (64 - count) << low)?;
    moved(cx, from, Op::Shl, w).filter(|&(_, by)| by == low).map(|(from, _)| (from, up))
}

fn shift(cx: &mut Cx<'_>, inst: ir::Inst, op: M) {
    let data = cx.data(inst);
    let (a, by, w) = (data.args[0], data.args[1], width(data.ty));
    let Some(by) = cx.as_const(by).map(|by| by as u8 & (w.bits() - 1)) else { return binary(cx, inst, op) };
    let top = w.bits() - 1;
    if op == M::Lsl {
        // The lowest bits of a value, moved up.
        if let Some(and) = only_by(cx, a, Op::And)
            && let (value, bits) = (cx.data(and).args[0], cx.data(and).args[1])
            && let Some(count) = const_of(cx, bits, w).and_then(|bits| low_ones(bits, w))
            && count + by <= top
        {
            return with_imm(cx, inst, M::Ubfm, value, Imm::Bits((w.bits() - by) & top, count - 1));
        }
        return with_imm(cx, inst, M::Ubfm, a, Imm::Bits((w.bits() - by) & top, top - by));
    }
    let op = if op == M::Asr { M::Sbfm } else { M::Ubfm };
    // The bits that a left shift leaves of a value, shifted back.
    if let Some(left) = only_by(cx, a, Op::Shl)
        && let (value, up) = (cx.data(left).args[0], cx.data(left).args[1])
        && let Some(up) = cx.as_const(up).map(|up| up as u8 & top)
        && up <= by
    {
        return with_imm(cx, inst, op, value, Imm::Bits(by - up, top - up));
    }
    with_imm(cx, inst, op, a, Imm::Bits(by, top));
}

fn rotate(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (a, by, w, left) = (data.args[0], data.args[1], width(data.ty), data.op == Op::Rotl);
    let known = cx.as_const(by).map(|by| by as u8 & (w.bits() - 1));
    if let Some(by) = known {
        let right = if left { (w.bits() - by) & (w.bits() - 1) } else { by };
        return two(cx, inst, M::Extr, a, a, Imm::Bits(0, right));
    }
    if !left {
        return binary(cx, inst, M::Ror);
    }
    let (a, by, right) = (cx.reg(a), cx.reg(by), fresh(cx, w));
    M::Neg.int(w).def(right).m(by).push(cx);
    let def = cx.def_of(inst);
    M::Ror.int(w).def(def).n(a).m(right).push(cx);
}

/// Counts bits in the bytes of a vector and adds the counts up.
fn popcnt(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (a, w) = (data.args[0], width(data.ty));
    let a = cx.reg(a);
    let float = |cx: &mut Cx<'_>| -> VReg { cx.temp(RegClass::Float, 128) };
    let (moved, counts, sum) = (float(cx), float(cx), float(cx));
    // Sets the other bytes to 0.
    M::FmovGF.convert(w, w == W::B64).def(moved).n(a).push(cx);
    M::Cnt.fixed().def(counts).n(moved).push(cx);
    M::Addv.lanes(W::B8).def(sum).n(counts).push(cx);
    let def = cx.def_of(inst);
    M::Umov.int(W::B32).def(def).n(sum).imm(Imm::Lane(W::B8, 0)).push(cx);
}

/// Converts i32 to i64; if the argument is a load, the load does this.
fn widen(cx: &mut Cx<'_>, inst: ir::Inst, signed: bool) {
    let value = cx.data(inst).args[0];
    if let Some(load) = cx.sinkable_load(value) {
        let access = match access_of(cx.data(load).imm) {
            Access::Full | Access::S32 | Access::U32 => Some(if signed { Access::S32 } else { Access::U32 }),
            Access::U64 => None,
            access @ (Access::U8 | Access::U16) => Some(access),
            access @ (Access::S8 | Access::S16) => signed.then_some(access),
        };
        if let Some(access) = access {
            let row = load_row(Type::I64, access);
            let from = sink_load(cx, load, row.desc().access.expect("an access"));
            let def = cx.def_of(inst);
            return row.fixed().def(def).at(from).push(cx);
        }
    }
    let a = cx.reg(value);
    let def = cx.def_of(inst);
    if signed {
        M::Sxtw.fixed().def(def).n(a).push(cx);
    } else {
        M::Mov.int(W::B32).def(def).m(Src::Reg(a)).push(cx);
    }
}
