//! The short sequences for which single instructions stand.

use super::assembler::{Cx, jump_cc, jump_if, load_const, mov_vector, op, op_float, op_imm, reg, skip_if, word};
use super::encode::{Imm, Place, encode, encode_access};
use super::inst::{Cold, ColdKind, Exclusive, Test};
use super::registers::{V31, X16, X17, ZR};
use super::table::{Cc, Op as M, W};
use regalloc2::Allocation;

/// Sets `to` to `other` if the condition holds.
pub(super) fn select_vector(cx: &mut Cx<'_>, cc: Cc, to: u8, other: u8) {
    let skip = skip_if(cx, Test::Flags(cc.invert()), 0);
    mov_vector(cx, to, other);
    cx.asm.bind(skip);
}

/// Makes NaNs canonical in cold code, because they are very rare: so a chain of operations does not wait for it.
pub(super) fn canonical(cx: &mut Cx<'_>, double: bool, lanes: bool, to: u8) {
    let (label, back) = (cx.asm.label(), cx.asm.label());
    if lanes {
        op_float(cx, M::Fcmeq, double, &[V31, to, to]);
        // The smallest byte of all lanes: 0 if there is a NaN.
        op(cx, M::Uminv, W::B8, &[V31, V31]);
        op_imm(cx, M::Umov, W::B32, &[X16, V31], Imm::Lane(W::B8, 0));
        jump_if(cx, Test::Zero { w: W::B32, not: false }, X16, label);
    } else {
        op_float(cx, M::Fcmp, double, &[to, to]);
        jump_cc(cx, Cc::Vs, label);
    }
    cx.asm.bind(back);
    let offset = cx.offset;
    cx.add_cold(Cold { label, offset, kind: ColdKind::Canonical { double, lanes, to, back } });
}

/// The part of [`canonical`] that handles a value with a NaN.
pub(super) fn canonical_nans(cx: &mut Cx<'_>, double: bool, lanes: bool, to: u8) {
    if lanes {
        // In the lanes of NaNs, all ones become the exponent and the highest fraction bit.
        let (w, fraction) = if double { (W::B64, 52) } else { (W::B32, 23) };
        op_float(cx, M::Fcmeq, double, &[V31, to, to]);
        op(cx, M::VAnd, W::B64, &[to, to, V31]);
        op(cx, M::VNot, W::B64, &[V31, V31]);
        op_imm(cx, M::VShl, W::B64, &[V31, V31], Imm::Left(w, fraction));
        op_imm(cx, M::Ushr, W::B64, &[V31, V31], Imm::Right(w, 1));
        op(cx, M::VOrr, W::B64, &[to, to, V31]);
    } else {
        let (w, nan) = if double { (W::B64, 0x7ff8_0000_0000_0000) } else { (W::B32, 0x7fc0_0000) };
        load_const(cx, X16, nan);
        word(cx, encode(M::FmovGF, w, double, &[to, X16], Imm::None));
    }
}

/// Loads a word of the header at `address`. If `reference` is null, `to` is unchanged; if it is an i31, `to` becomes 0
/// (`zero` says that it already is 0).
pub(super) fn header(cx: &mut Cx<'_>, to: u8, reference: u8, address: u8, offset: i32, i31: bool, zero: bool) {
    let null = skip_if(cx, Test::Zero { w: W::B32, not: false }, reference);
    let number = i31.then(|| {
        if !zero {
            op(cx, M::Mov, W::B32, &[to, ZR]);
        }
        skip_if(cx, Test::Bit { bit: 0, set: true }, reference)
    });
    word(cx, encode_access(M::Ldr32, to, Place::Offset { base: address, offset }));
    cx.asm.bind(null);
    if let Some(number) = number {
        cx.asm.bind(number);
    }
}

/// Appends an exclusive load with acquire semantics.
fn load_exclusive(cx: &mut Cx<'_>, w: W, to: u8, address: u8) {
    word(cx, 0x085f_fc00 | (w as u32) << 30 | u32::from(address) << 5 | u32::from(to));
}

/// Appends an exclusive store with release semantics; `status` becomes 0 if it succeeds.
fn store_exclusive(cx: &mut Cx<'_>, w: W, status: u8, value: u8, address: u8) {
    let registers = u32::from(status) << 16 | u32::from(address) << 5 | u32::from(value);
    word(cx, 0x0800_fc00 | (w as u32) << 30 | registers);
}

/// A loop of an exclusive load and an exclusive store.
pub(super) fn exclusive(cx: &mut Cx<'_>, what: Exclusive, w: W, allocs: &[Allocation]) {
    let r = |i: usize| reg(allocs[i]);
    let (address, value) = (r(0), r(1));
    let wide = w.max(W::B32);
    let again = cx.asm.label();
    cx.asm.bind(again);
    let failed = Test::Zero { w: W::B32, not: true };
    if what == Exclusive::Compare {
        let (new, old) = (r(2), r(3));
        load_exclusive(cx, w, old, address);
        match w {
            // The low bits of the expected value, zero-extended as the old contents are.
            W::B8 | W::B16 => {
                let extension = if w == W::B8 { 0 } else { 1 << 13 };
                word(cx, 0x6b20_001f | u32::from(value) << 16 | extension | u32::from(old) << 5);
            }
            _ => op(cx, M::Cmp, wide, &[old, value]),
        }
        let different = skip_if(cx, Test::Flags(Cc::Ne), 0);
        store_exclusive(cx, w, X17, new, address);
        jump_if(cx, failed, X17, again);
        return cx.asm.bind(different);
    }
    let old = r(2);
    load_exclusive(cx, w, old, address);
    let row = match what {
        Exclusive::Add => Some(M::Add),
        Exclusive::And => Some(M::And),
        Exclusive::Or => Some(M::Orr),
        Exclusive::Xor => Some(M::Eor),
        Exclusive::Swap | Exclusive::Compare => None,
    };
    let new = match row {
        Some(row) => {
            op(cx, row, wide, &[X16, old, value]);
            X16
        }
        None => value,
    };
    store_exclusive(cx, w, X17, new, address);
    jump_if(cx, failed, X17, again);
}
