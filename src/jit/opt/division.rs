//! Division by constants: shifts for powers of two, otherwise multiplication by a scaled reciprocal; for 32-bit numbers
//! in 64 bits, for 64-bit numbers with the upper half of a product.
//!
//! For x / d with n = floor(log2 d) and M = floor(2^(32+n) / d) + 1, the error M·d - 2^(32+n) is at most d < 2^(n+1),
//! and so floor(x·M / 2^(32+n)) is right for every |x| <= 2^31 (Granlund and Montgomery, "Division by Invariant
//! Integers using Multiplication"). For unsigned x < 2^32 it is right if the error is at most 2^n; otherwise M for n +
//! 1 has 33 bits, and its top bit is added separately, which in 64 bits cannot overflow.
//!
//! All of that also holds with 64 bits in place of 32, but there is no wider type to compute in: x·M / 2^64 is the upper
//! half of a product, and the part of M beyond a factor's range is added separately. For unsigned x, the sum of x and an
//! upper half h <= x would overflow; (x - h) / 2 + h is half of it. For signed x, M as a signed factor is 2^64 too low,
//! so the upper half is too low by x; if floor(2^(63+n) / d) + 1, which has 63 bits, is exact enough (error below 2^n),
//! it is used instead.

use super::super::ir::{Function, Imm, Inst, Op, Type, Value};
use super::edit::resolve_aliases;
use super::expr::{Expr, build};

/// Replaces divisions by constants; returns the number of divisions replaced.
pub fn reduce(f: &mut Function) -> u64 {
    let mut count = 0;
    for block in f.layout.clone() {
        if !f.blocks[block.index()].insts.iter().any(|&inst| is_division(f.inst(inst).op)) {
            continue;
        }
        let insts = std::mem::take(&mut f.blocks[block.index()].insts);
        let mut out = Vec::with_capacity(insts.len() + 8);
        for inst in insts {
            match division(f, inst) {
                Some(expr) if f.may_rewrite() => {
                    let offset = f.inst(inst).offset;
                    let value = build(&expr, &mut |op, ty, imm, args| {
                        let inst = f.new_inst(op, ty, imm, args, op.result_type(ty), offset, None);
                        out.push(inst);
                        f.result(inst)
                    });
                    let result = f.result(inst);
                    f.replace(result, value);
                    count += 1;
                }
                _ => out.push(inst),
            }
        }
        f.blocks[block.index()].insts = out;
    }
    resolve_aliases(f);
    count
}

fn is_division(op: Op) -> bool {
    matches!(op, Op::SDiv | Op::UDiv | Op::SRem | Op::URem)
}

/// Returns a cheaper expression for a division by a constant. Unsigned division by powers of two is left to folding.
pub fn division(f: &Function, inst: Inst) -> Option<Expr> {
    let data = f.inst(inst);
    if !is_division(data.op) {
        return None;
    }
    let (op, ty, x) = (data.op, data.ty, f.resolve(data.args[0]));
    let bits = f.as_const(data.args[1])?;
    let width = ty.bytes() * 8;
    let signed = matches!(op, Op::SDiv | Op::SRem);
    let divisor = if !signed {
        i128::from(bits)
    } else if width == 32 {
        i128::from(bits as u32 as i32)
    } else {
        i128::from(bits as i64)
    };
    let magnitude = divisor.unsigned_abs();
    if magnitude < 2 {
        return None;
    }
    let e = ExprMaker { ty };
    let power = magnitude.is_power_of_two();
    if !signed && power {
        return None;
    }
    if power {
        let k = u64::from(magnitude.trailing_zeros());
        // A shift rounds down. To round toward zero, 2^k - 1 is added to a negative x first.
        let sign = e.op(Op::ShrS, var(x), e.constant(u64::from(width) - 1));
        let biased = e.op(Op::IAdd, e.op(Op::ShrU, sign, e.constant(u64::from(width) - k)), var(x));
        if op == Op::SRem {
            let multiple = e.op(Op::And, biased, e.constant(u64::MAX << k));
            return Some(e.op(Op::ISub, var(x), multiple));
        }
        let quotient = e.op(Op::ShrS, biased, e.constant(k));
        return Some(if divisor < 0 { e.op(Op::ISub, e.constant(0), quotient) } else { quotient });
    }
    let quotient = match (signed, ty) {
        (true, Type::I32) => signed_quotient(x, divisor),
        (false, Type::I32) => unsigned_quotient(x, magnitude as u64),
        (true, _) => signed_quotient64(x, divisor),
        (false, _) => unsigned_quotient64(x, magnitude as u64),
    };
    Some(match op {
        Op::SDiv | Op::UDiv => quotient,
        _ => e.op(Op::ISub, var(x), e.op(Op::IMul, quotient, e.constant(bits))),
    })
}

/// x / d, 32-bit signed; |d| at least 3 and not a power of two.
fn signed_quotient(x: Value, d: i128) -> Expr {
    let (narrow, wide) = (ExprMaker { ty: Type::I32 }, ExprMaker { ty: Type::I64 });
    let magnitude = d.unsigned_abs() as u64;
    let n = u64::from(magnitude.ilog2());
    let magic = (1u64 << (32 + n)) / magnitude + 1;
    let product = wide.op(Op::IMul, wide.convert(Op::SExt, var(x)), wide.constant(magic));
    let floor = narrow.convert(Op::Wrap, wide.op(Op::ShrS, product, wide.constant(32 + n)));
    // The shift rounds down, so for a negative x the result is one too low. (x >> 31 is -1 for these and 0 otherwise.)
    let sign = narrow.op(Op::ShrS, var(x), narrow.constant(31));
    if d < 0 { narrow.op(Op::ISub, sign, floor) } else { narrow.op(Op::ISub, floor, sign) }
}

/// x / d, 32-bit unsigned; d at least 3 and not a power of two.
fn unsigned_quotient(x: Value, d: u64) -> Expr {
    let (narrow, wide) = (ExprMaker { ty: Type::I32 }, ExprMaker { ty: Type::I64 });
    let n = u64::from(d.ilog2());
    let x = wide.convert(Op::ZExt, var(x));
    let magic = (1u64 << (32 + n)) / d + 1;
    let shifted = if magic * d - (1 << (32 + n)) <= 1 << n {
        wide.op(Op::ShrU, wide.op(Op::IMul, x, wide.constant(magic)), wide.constant(32 + n))
    } else {
        let low = ((1u128 << (33 + n)) / u128::from(d) + 1 - (1 << 32)) as u64;
        let high = wide.op(Op::ShrU, wide.op(Op::IMul, x.clone(), wide.constant(low)), wide.constant(32));
        wide.op(Op::ShrU, wide.op(Op::IAdd, high, x), wide.constant(n + 1))
    };
    narrow.convert(Op::Wrap, shifted)
}

/// x / d, 64-bit signed; |d| at least 3 and not a power of two.
fn signed_quotient64(x: Value, d: i128) -> Expr {
    let e = ExprMaker { ty: Type::I64 };
    let magnitude = d.unsigned_abs();
    let n = magnitude.ilog2();
    let small = (1u128 << (63 + n)) / magnitude + 1;
    let floor = if small * magnitude - (1 << (63 + n)) < 1 << n {
        let high = e.op(Op::SMulHi, var(x), e.constant(small as u64));
        e.op(Op::ShrS, high, e.constant(u64::from(n) - 1))
    } else {
        let magic = (1u128 << (64 + n)) / magnitude + 1;
        let high = e.op(Op::SMulHi, var(x), e.constant(magic as u64));
        e.op(Op::ShrS, e.op(Op::IAdd, high, var(x)), e.constant(n.into()))
    };
    // As for 32 bits.
    let sign = e.op(Op::ShrS, var(x), e.constant(63));
    if d < 0 { e.op(Op::ISub, sign, floor) } else { e.op(Op::ISub, floor, sign) }
}

/// x / d, 64-bit unsigned; d at least 3 and not a power of two.
fn unsigned_quotient64(x: Value, d: u64) -> Expr {
    let e = ExprMaker { ty: Type::I64 };
    let n = d.ilog2();
    let (whole, rest) = ((1u128 << (64 + n)) / u128::from(d), (1u128 << (64 + n)) % u128::from(d));
    // The error of whole + 1 is d - rest.
    if u128::from(d) - rest <= 1 << n {
        let high = e.op(Op::UMulHi, var(x), e.constant((whole + 1) as u64));
        return e.op(Op::ShrU, high, e.constant(n.into()));
    }
    // floor(2^(65+n) / d) + 1 without its bit 64.
    let low = (2 * whole + u128::from(2 * rest >= u128::from(d)) + 1) as u64;
    let high = e.op(Op::UMulHi, var(x), e.constant(low));
    let half = e.op(Op::ShrU, e.op(Op::ISub, var(x), high.clone()), e.constant(1));
    e.op(Op::ShrU, e.op(Op::IAdd, half, high), e.constant(n.into()))
}

/// Makes expressions of a type.
struct ExprMaker {
    ty: Type,
}

impl ExprMaker {
    fn constant(&self, bits: u64) -> Expr {
        Expr::Const(self.ty, self.ty.truncate(bits))
    }

    fn op(&self, op: Op, a: Expr, b: Expr) -> Expr {
        Expr::Inst { op, ty: self.ty, imm: Imm::None, args: vec![a, b] }
    }

    fn convert(&self, op: Op, a: Expr) -> Expr {
        Expr::Inst { op, ty: self.ty, imm: Imm::None, args: vec![a] }
    }
}

fn var(x: Value) -> Expr {
    Expr::Value(x)
}
