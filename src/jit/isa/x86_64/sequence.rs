//! The short sequences for which single instructions stand. Their jumps are two bytes long and stay inside the sequence.

use super::assembler::{
    Cx, bind, form, jcc, load_const, op, op_convert, op_float, op_imm, op_lanes, op_rm_imm, reg, short_jcc, short_jmp,
};
use super::encode::{Form, Mem, Place};
use super::inst::{Cold, ColdKind, Locked};
use super::registers::{R11, RAX, RDX, XMM15};
use super::table::{Cc, Cond, Op as M, W};
use dynasmrt::{DynasmApi, dynasm};
use regalloc2::Allocation;

/// Sets `to` to 1 or 0.
pub(super) fn set_cond(cx: &mut Cx<'_>, cond: Cond, to: u8) {
    let mut set = |cc: Cc, to: u8| {
        form(cx, Form::new(M::Setcc, W::B8, 0, Place::Reg(to)).cc(cc));
    };
    match cond {
        Cond::Cc(cc) => set(cc, to),
        Cond::FEq | Cond::FNe => {
            let (parity, equal, both) =
                if cond == Cond::FEq { (Cc::Np, Cc::E, M::And) } else { (Cc::P, Cc::Ne, M::Or) };
            set(parity, R11);
            set(equal, to);
            // The upper bits have their old contents; movzx drops them.
            op(cx, both, W::B32, to, Place::Reg(R11));
        }
    }
    op(cx, M::Movzx8, W::B32, to, Place::Reg(to));
}

/// Sets `to` to `other` if the condition holds.
pub(super) fn cmov_float(cx: &mut Cx<'_>, cond: Cond, to: u8, other: u8) {
    let copy = |cx: &mut Cx<'_>| op_lanes(cx, M::Movaps, to, Place::Reg(other));
    match cond {
        Cond::Cc(cc) => {
            let skip = short_jcc(cx, cc.invert());
            copy(cx);
            bind(cx, skip);
        }
        Cond::FEq => {
            let skips = [short_jcc(cx, Cc::Ne), short_jcc(cx, Cc::P)];
            copy(cx);
            for skip in skips {
                bind(cx, skip);
            }
        }
        Cond::FNe => {
            let take = short_jcc(cx, Cc::Ne);
            let skip = short_jcc(cx, Cc::Np);
            bind(cx, take);
            copy(cx);
            bind(cx, skip);
        }
    }
}

/// Divides rax by `divisor`: the quotient goes to rax, the remainder to rdx. `check` says that the divisor may be -1 and
/// only the remainder matters, which is then 0, while the hardware traps on MIN / -1.
pub(super) fn divide(cx: &mut Cx<'_>, w: W, signed: bool, check: bool, divisor: u8) {
    if !signed {
        op(cx, M::Xor, W::B32, RDX, Place::Reg(RDX));
        return op(cx, M::Div, w, 0, Place::Reg(divisor));
    }
    let done = check.then(|| {
        op_imm(cx, M::Cmp, w, divisor, -1);
        let divide = short_jcc(cx, Cc::Ne);
        op(cx, M::Xor, W::B32, RDX, Place::Reg(RDX));
        let done = short_jmp(cx);
        bind(cx, divide);
        done
    });
    if w == W::B64 {
        dynasm!(cx.asm; .arch x64; cqo);
    } else {
        dynasm!(cx.asm; .arch x64; cdq);
    }
    op(cx, M::Idiv, w, 0, Place::Reg(divisor));
    if let Some(done) = done {
        bind(cx, done);
    }
    debug_assert_ne!(divisor, RAX);
}

/// WebAssembly's min and max: a NaN if either operand is one, and -0 < +0.
pub(super) fn min_max(cx: &mut Cx<'_>, double: bool, max: bool, to: u8, other: u8) {
    op_float(cx, M::Ucomis, double, to, Place::Reg(other));
    let differ = short_jcc(cx, Cc::Ne);
    let nan = short_jcc(cx, Cc::P);
    // Equal: zeros of either sign, or the same.
    op_lanes(cx, if max { M::Andp } else { M::Orp }, to, Place::Reg(other));
    let done = short_jmp(cx);
    bind(cx, nan);
    op_float(cx, M::Addf, double, to, Place::Reg(other));
    let done_nan = short_jmp(cx);
    bind(cx, differ);
    op_float(cx, if max { M::Maxf } else { M::Minf }, double, to, Place::Reg(other));
    bind(cx, done);
    bind(cx, done_nan);
}

/// Makes NaNs canonical in cold code, because they are very rare: so a chain of operations does not wait for it.
pub(super) fn canonical(cx: &mut Cx<'_>, double: bool, lanes: bool, pool: u32, to: u8) {
    const UNORDERED: i32 = 3;
    let cc = if lanes {
        op_lanes(cx, M::Movaps, XMM15, Place::Reg(to));
        let compared = Place::Reg(XMM15);
        form(cx, Form::new(M::Cmpp, W::B32, XMM15, compared).double(double).imm(UNORDERED));
        op_float(cx, M::Movmskp, double, R11, Place::Reg(XMM15));
        op(cx, M::Test, W::B32, R11, Place::Reg(R11));
        Cc::Ne
    } else {
        op_float(cx, M::Ucomis, double, to, Place::Reg(to));
        Cc::P
    };
    let (label, back) = (cx.asm.label(), cx.asm.label());
    jcc(cx, cc, label);
    cx.asm.bind(back);
    let offset = cx.offset;
    cx.add_cold(Cold { label, offset, kind: ColdKind::Canonical { double, lanes, pool, to, back } });
}

/// The part of [`canonical`] that handles a value with a NaN.
pub(super) fn canonical_nans(cx: &mut Cx<'_>, double: bool, lanes: bool, pool: u32, to: u8) {
    let constant = Place::Pool(pool);
    if lanes {
        // All ones in the lanes of NaNs; then the bits that the canonical NaN does not have are cleared.
        op_lanes(cx, M::Orp, to, Place::Reg(XMM15));
        op_lanes(cx, M::Andp, XMM15, constant);
        op_lanes(cx, M::Xorp, to, Place::Reg(XMM15));
    } else {
        op_float(cx, M::Loadf, double, to, constant);
    }
}

/// Loads a word of the header at `address`. If `reference` is null, `to` is unchanged; if it is an i31, `to` becomes 0
/// (`zero` says that it already is 0).
pub(super) fn header(cx: &mut Cx<'_>, to: u8, reference: u8, address: u8, offset: i32, i31: bool, zero: bool) {
    op(cx, M::Test, W::B32, reference, Place::Reg(reference));
    let null = short_jcc(cx, Cc::E);
    let number = i31.then(|| {
        if !zero {
            op(cx, M::Xor, W::B32, to, Place::Reg(to));
        }
        op_imm(cx, M::Test, W::B32, reference, 1);
        short_jcc(cx, Cc::Ne)
    });
    op(cx, M::Mov, W::B32, to, Place::Mem(Mem::base(address, offset)));
    bind(cx, null);
    if let Some(number) = number {
        bind(cx, number);
    }
}

fn convert(cx: &mut Cx<'_>, double: bool, from: u8, to: u8) {
    op_lanes(cx, M::Xorp, to, Place::Reg(to));
    op_convert(cx, M::Cvtsi2f, W::B64, double, to, Place::Reg(from));
}

pub(super) fn u64_to_float(cx: &mut Cx<'_>, double: bool, from: u8, to: u8, temp: u8) {
    op(cx, M::Test, W::B64, from, Place::Reg(from));
    let large = short_jcc(cx, Cc::S);
    convert(cx, double, from, to);
    let done = short_jmp(cx);
    bind(cx, large);
    // Half of the value, with the lost bit kept sticky for rounding; then doubled.
    op(cx, M::Mov, W::B64, temp, Place::Reg(from));
    op_rm_imm(cx, M::ShrImm, W::B64, Place::Reg(temp), 1);
    op(cx, M::Mov, W::B32, R11, Place::Reg(from));
    op_imm(cx, M::And, W::B32, R11, 1);
    op(cx, M::Or, W::B64, temp, Place::Reg(R11));
    convert(cx, double, temp, to);
    op_float(cx, M::Addf, double, to, Place::Reg(to));
    bind(cx, done);
}

/// Makes 2^63 in a float register.
fn two_63(cx: &mut Cx<'_>, double: bool, to: u8) {
    if double {
        load_const(cx, R11, 0x43e0_0000_0000_0000);
        op(cx, M::MovGX, W::B64, to, Place::Reg(R11));
    } else {
        load_const(cx, R11, 0x5f00_0000);
        op(cx, M::MovGX, W::B32, to, Place::Reg(R11));
    }
}

/// For numbers in range: 2^63 is subtracted from numbers that are at least that large before the conversion, and added
/// afterwards.
pub(super) fn float_to_u64(cx: &mut Cx<'_>, double: bool, from: u8, to: u8, temp: u8) {
    two_63(cx, double, temp);
    op_float(cx, M::Ucomis, double, from, Place::Reg(temp));
    let large = short_jcc(cx, Cc::Ae);
    op_convert(cx, M::Cvttf2si, W::B64, double, to, Place::Reg(from));
    let done = short_jmp(cx);
    bind(cx, large);
    large_to_u64(cx, double, from, to, temp);
    bind(cx, done);
}

/// `temp` holds 2^63 and then the difference; the flags are those of `to` before its top bit is set.
fn large_to_u64(cx: &mut Cx<'_>, double: bool, from: u8, to: u8, temp: u8) {
    // from - temp, as -(temp - from).
    op_lanes(cx, M::Movaps, XMM15, Place::Reg(from));
    op_float(cx, M::Subf, double, XMM15, Place::Reg(temp));
    op_convert(cx, M::Cvttf2si, W::B64, double, to, Place::Reg(XMM15));
    load_const(cx, R11, 1 << 63);
    op(cx, M::Add, W::B64, to, Place::Reg(R11));
}

/// Saturating, signed: the hardware returns MIN for every value that does not fit; this is corrected.
pub(super) fn float_to_s_sat(cx: &mut Cx<'_>, w: W, double: bool, from: u8, to: u8, temp: u8) {
    op_convert(cx, M::Cvttf2si, w, double, to, Place::Reg(from));
    // Overflows only for MIN.
    op_imm(cx, M::Cmp, w, to, 1);
    let fits = short_jcc(cx, Cc::No);
    op_lanes(cx, M::Xorp, temp, Place::Reg(temp));
    op_float(cx, M::Ucomis, double, from, Place::Reg(temp));
    // Unordered is below, too.
    let nan = short_jcc(cx, Cc::P);
    let negative = short_jcc(cx, Cc::B);
    // MIN - 1 is MAX.
    op_imm(cx, M::Sub, w, to, 1);
    let done = short_jmp(cx);
    bind(cx, nan);
    op(cx, M::Xor, W::B32, to, Place::Reg(to));
    bind(cx, fits);
    bind(cx, negative);
    bind(cx, done);
}

/// Saturating, unsigned.
pub(super) fn float_to_u_sat(cx: &mut Cx<'_>, w: W, double: bool, from: u8, to: u8, temp: u8) {
    op_lanes(cx, M::Xorp, temp, Place::Reg(temp));
    op_float(cx, M::Ucomis, double, from, Place::Reg(temp));
    let positive = short_jcc(cx, Cc::A);
    // NaN, or not greater than 0.
    op(cx, M::Xor, W::B32, to, Place::Reg(to));
    let zero = short_jmp(cx);
    bind(cx, positive);
    if w == W::B32 {
        // Converted as 64 bits: a value that is too large gives either more than 2^32 - 1 or, beyond 63 bits, MIN, which
        // also is more when unsigned.
        op_convert(cx, M::Cvttf2si, W::B64, double, to, Place::Reg(from));
        load_const(cx, R11, 0xffff_ffff);
        op(cx, M::Cmp, W::B64, to, Place::Reg(R11));
        form(
            cx,
            Form {
                op: M::Cmov,
                w: W::B64,
                double: false,
                vex: None,
                cc: Cc::A as u8,
                reg: to,
                rm: Place::Reg(R11),
                imm: 0,
            },
        );
        return bind(cx, zero);
    }
    two_63(cx, double, temp);
    op_float(cx, M::Ucomis, double, from, Place::Reg(temp));
    let large = short_jcc(cx, Cc::Ae);
    op_convert(cx, M::Cvttf2si, W::B64, double, to, Place::Reg(from));
    let done = short_jmp(cx);
    bind(cx, large);
    large_to_u64(cx, double, from, to, temp);
    // Beyond 64 bits, the conversion returned MIN, to which 2^63 was added: the result is carry and 0 instead of the top bit.
    let fits = short_jcc(cx, Cc::S);
    dynasm!(cx.asm; .arch x64; or Rq(to), BYTE -1);
    bind(cx, fits);
    bind(cx, done);
    bind(cx, zero);
}

/// Emits a locked instruction at base + index + `disp`, or a loop around one.
pub(super) fn atomic(cx: &mut Cx<'_>, what: Locked, w: W, disp: i32, extend: bool, allocs: &[Allocation]) {
    let r = |i: usize| reg(allocs[i]);
    // The register operand, and the index of the operands base and index.
    let (value, at) = match what {
        Locked::Xchg | Locked::Xadd => (r(1), 2),
        Locked::And | Locked::Or | Locked::Xor | Locked::FetchAnd | Locked::FetchOr | Locked::FetchXor => (r(0), 1),
        Locked::Cmpxchg => (r(1), 2),
    };
    let place = Place::Mem(Mem { base: r(at), index: Some(r(at + 1)), scale: 0, disp });
    let by_width = |byte: M, wider: M| if w == W::B8 { byte } else { wider };
    let result = match what {
        Locked::Xchg => {
            op(cx, by_width(M::Xchg8, M::Xchg), w, value, place);
            value
        }
        Locked::Xadd => {
            op(cx, by_width(M::Xadd8, M::Xadd), w, value, place);
            value
        }
        Locked::And | Locked::Or | Locked::Xor => {
            let row = match what {
                Locked::And => by_width(M::AndMem8, M::AndMem),
                Locked::Or => by_width(M::OrMem8, M::OrMem),
                _ => by_width(M::XorMem8, M::XorMem),
            };
            op(cx, row, w, value, place);
            value
        }
        Locked::FetchAnd | Locked::FetchOr | Locked::FetchXor => {
            let wide = if w == W::B64 { W::B64 } else { W::B32 };
            let load = match w {
                W::B8 => M::Movzx8,
                W::B16 => M::Movzx16,
                _ => M::Mov,
            };
            op(cx, load, wide, RAX, place);
            let again = cx.asm.label();
            cx.asm.bind(again);
            op(cx, M::Mov, W::B64, R11, Place::Reg(RAX));
            let logic = match what {
                Locked::FetchAnd => M::And,
                Locked::FetchOr => M::Or,
                _ => M::Xor,
            };
            op(cx, logic, wide, R11, Place::Reg(value));
            op(cx, by_width(M::Cmpxchg8, M::Cmpxchg), w, R11, place);
            jcc(cx, Cc::Ne, again);
            RAX
        }
        Locked::Cmpxchg => {
            op(cx, by_width(M::Cmpxchg8, M::Cmpxchg), w, value, place);
            RAX
        }
    };
    if extend {
        match w {
            W::B8 => op(cx, M::Movzx8, W::B32, result, Place::Reg(result)),
            W::B16 => op(cx, M::Movzx16, W::B32, result, Place::Reg(result)),
            _ => op(cx, M::Mov, W::B32, result, Place::Reg(result)),
        }
    }
}
