//! Evaluation of single operations on constants: the arithmetic of the folder.
//!
//! An operation is not folded (`None`) if it is undefined for these arguments (division by zero, `MIN / -1`, a conversion
//! out of range) or if its result would be a NaN: the compiler cannot know which NaN the hardware produces. `fabs`,
//! `fneg` and `fcopysign` only change the sign bit, so they fold NaNs, too; the result of `fcanon` is fixed.

use super::super::ir::{FloatCond, Imm, IntCond, Op, Type};

/// Returns the bits of the result of `op` on typed constants; `None` if it must not be folded. 32-bit constants and
/// results are zero-extended to 64 bits.
pub fn constant(op: Op, ty: Type, imm: Imm, args: &[(Type, u64)]) -> Option<u64> {
    let a = |i: usize| args[i].1;
    let bits = match op {
        Op::Select => {
            if a(0) as u32 != 0 {
                a(1)
            } else {
                a(2)
            }
        }
        Op::ICmp => {
            let Imm::IntCond(cond) = imm else { return None };
            u64::from(if ty.bytes() == 4 { cmp32(cond, a(0) as u32, a(1) as u32) } else { cmp64(cond, a(0), a(1)) })
        }
        Op::FCmp => {
            let Imm::FloatCond(cond) = imm else { return None };
            u64::from(match ty {
                Type::F32 => fcmp(cond, f64::from(float32(a(0))), f64::from(float32(a(1)))),
                Type::F64 => fcmp(cond, float64(a(0)), float64(a(1))),
                _ => return None,
            })
        }
        Op::Wrap => a(0),
        Op::ZExt => u64::from(a(0) as u32),
        Op::SExt => i64::from(a(0) as u32 as i32) as u64,
        Op::Bitcast => a(0),
        Op::SToF | Op::UToF => to_float(op == Op::SToF, ty, args[0])?,
        Op::FToS | Op::FToU => truncate(op == Op::FToS, ty, as_f64(args[0])?)?,
        Op::FToSSat => match ty {
            Type::I32 => as_f64(args[0])? as i32 as u32 as u64,
            Type::I64 => as_f64(args[0])? as i64 as u64,
            _ => return None,
        },
        Op::FToUSat => match ty {
            Type::I32 => u64::from(as_f64(args[0])? as u32),
            Type::I64 => as_f64(args[0])? as u64,
            _ => return None,
        },
        Op::FPromote => number64(f64::from(float32(a(0))))?,
        Op::FDemote => number32(float64(a(0)) as f32)?,
        _ => match (ty, args) {
            (Type::I32, &[(_, x)]) => u64::from(unary32(op, x as u32)?),
            (Type::I32, &[(_, x), (_, y)]) => u64::from(binary32(op, x as u32, y as u32)?),
            (Type::I64, &[(_, x)]) => unary64(op, x)?,
            (Type::I64, &[(_, x), (_, y)]) if op == Op::SMulHi => {
                (i128::from(x as i64).wrapping_mul(i128::from(y as i64)) >> 64) as u64
            }
            (Type::I64, &[(_, x), (_, y)]) if op == Op::UMulHi => {
                (u128::from(x).wrapping_mul(u128::from(y)) >> 64) as u64
            }
            (Type::I64, &[(_, x), (_, y)]) => binary64(op, x, y)?,
            (Type::Ptr, &[(_, x), (_, y)]) if matches!(op, Op::IAdd | Op::ISub) => binary64(op, x, y)?,
            (Type::F32, &[(_, x)]) => float_unary32(op, x as u32)?,
            (Type::F32, &[(_, x), (_, y)]) => float_binary32(op, x as u32, y as u32)?,
            (Type::F64, &[(_, x)]) => float_unary64(op, x)?,
            (Type::F64, &[(_, x), (_, y)]) => float_binary64(op, x, y)?,
            _ => return None,
        },
    };
    let four = match op {
        Op::ICmp | Op::FCmp => true,
        _ => ty.bytes() == 4,
    };
    Some(if four { bits & 0xffff_ffff } else { bits })
}

fn float32(bits: u64) -> f32 {
    f32::from_bits(bits as u32)
}

fn float64(bits: u64) -> f64 {
    f64::from_bits(bits)
}

/// The bits of a number; `None` for a NaN.
fn number32(x: f32) -> Option<u64> {
    (!x.is_nan()).then(|| u64::from(x.to_bits()))
}

fn number64(x: f64) -> Option<u64> {
    (!x.is_nan()).then(|| x.to_bits())
}

/// The exact value of a float constant of either width.
fn as_f64((ty, bits): (Type, u64)) -> Option<f64> {
    match ty {
        Type::F32 => Some(f64::from(float32(bits))),
        Type::F64 => Some(float64(bits)),
        _ => None,
    }
}

fn cmp32(cond: IntCond, a: u32, b: u32) -> bool {
    let (sa, sb) = (a as i32, b as i32);
    match cond {
        IntCond::Eq => a == b,
        IntCond::Ne => a != b,
        IntCond::LtS => sa < sb,
        IntCond::LtU => a < b,
        IntCond::GtS => sa > sb,
        IntCond::GtU => a > b,
        IntCond::LeS => sa <= sb,
        IntCond::LeU => a <= b,
        IntCond::GeS => sa >= sb,
        IntCond::GeU => a >= b,
    }
}

fn cmp64(cond: IntCond, a: u64, b: u64) -> bool {
    let (sa, sb) = (a as i64, b as i64);
    match cond {
        IntCond::Eq => a == b,
        IntCond::Ne => a != b,
        IntCond::LtS => sa < sb,
        IntCond::LtU => a < b,
        IntCond::GtS => sa > sb,
        IntCond::GtU => a > b,
        IntCond::LeS => sa <= sb,
        IntCond::LeU => a <= b,
        IntCond::GeS => sa >= sb,
        IntCond::GeU => a >= b,
    }
}

/// Widening `f32` to `f64` is exact and preserves order, so one comparison serves both widths.
fn fcmp(cond: FloatCond, a: f64, b: f64) -> bool {
    match cond {
        FloatCond::Eq => a == b,
        FloatCond::Ne => a != b,
        FloatCond::Lt => a < b,
        FloatCond::Gt => a > b,
        FloatCond::Le => a <= b,
        FloatCond::Ge => a >= b,
    }
}

fn to_float(signed: bool, ty: Type, (from, bits): (Type, u64)) -> Option<u64> {
    // Converting a 32-bit source through 64 bits is exact; the only rounding is the conversion to the result's width.
    let wide = match (from, signed) {
        (Type::I32, true) => i64::from(bits as u32 as i32) as u64,
        (Type::I32, false) => u64::from(bits as u32),
        (Type::I64, _) => bits,
        _ => return None,
    };
    match (ty, signed) {
        (Type::F32, true) => Some(u64::from((wide as i64 as f32).to_bits())),
        (Type::F32, false) => Some(u64::from((wide as f32).to_bits())),
        (Type::F64, true) => Some((wide as i64 as f64).to_bits()),
        (Type::F64, false) => Some((wide as f64).to_bits()),
        _ => None,
    }
}

/// Trapping truncations: defined only in range. The limits are powers of two and exact in `f64`.
fn truncate(signed: bool, ty: Type, x: f64) -> Option<u64> {
    const TWO_31: f64 = 2147483648.0;
    const TWO_63: f64 = 9223372036854775808.0;
    let t = x.trunc();
    match (ty, signed) {
        (Type::I32, true) => (-TWO_31..TWO_31).contains(&t).then_some(t as i32 as u32 as u64),
        (Type::I32, false) => (0.0..2.0 * TWO_31).contains(&t).then_some(t as u32 as u64),
        (Type::I64, true) => (-TWO_63..TWO_63).contains(&t).then_some(t as i64 as u64),
        (Type::I64, false) => (0.0..2.0 * TWO_63).contains(&t).then_some(t as u64),
        _ => None,
    }
}

macro_rules! integer {
    ($unary:ident $binary:ident $u:ident $i:ident) => {
        fn $unary(op: Op, x: $u) -> Option<$u> {
            Some(match op {
                Op::Clz => x.leading_zeros() as $u,
                Op::Ctz => x.trailing_zeros() as $u,
                Op::Popcnt => x.count_ones() as $u,
                Op::SExt8 => x as i8 as $i as $u,
                Op::SExt16 => x as i16 as $i as $u,
                Op::SExt32 => x as i32 as $i as $u,
                _ => return None,
            })
        }

        fn $binary(op: Op, x: $u, y: $u) -> Option<$u> {
            // A count modulo the width, which is a power of two.
            let count = (y & ($u::BITS as $u - 1)) as u32;
            Some(match op {
                Op::IAdd => x.wrapping_add(y),
                Op::ISub => x.wrapping_sub(y),
                Op::IMul => x.wrapping_mul(y),
                Op::SDiv => (x as $i).checked_div(y as $i)? as $u,
                Op::UDiv => x.checked_div(y)?,
                Op::SRem if y == 0 => return None,
                Op::SRem => (x as $i).wrapping_rem(y as $i) as $u,
                Op::URem => x.checked_rem(y)?,
                Op::And => x & y,
                Op::Or => x | y,
                Op::Xor => x ^ y,
                Op::Shl => x << count,
                Op::ShrS => ((x as $i) >> count) as $u,
                Op::ShrU => x >> count,
                Op::Rotl => x.rotate_left(count),
                Op::Rotr => x.rotate_right(count),
                _ => return None,
            })
        }
    };
}
integer!(unary32 binary32 u32 i32);
integer!(unary64 binary64 u64 i64);

macro_rules! float {
    ($unary:ident $binary:ident $number:ident $f:ident $u:ident $canonical:literal) => {
        fn $unary(op: Op, bits: $u) -> Option<u64> {
            const SIGN: $u = 1 << ($u::BITS - 1);
            let x = $f::from_bits(bits);
            $number(match op {
                Op::FAbs => return Some(u64::from(bits & !SIGN)),
                Op::FNeg => return Some(u64::from(bits ^ SIGN)),
                Op::FCanon if x.is_nan() => return Some(u64::from($canonical)),
                Op::FCanon => return Some(u64::from(bits)),
                Op::FSqrt => x.sqrt(),
                Op::FCeil => x.ceil(),
                Op::FFloor => x.floor(),
                Op::FTrunc => x.trunc(),
                Op::FNearest => x.round_ties_even(),
                _ => return None,
            })
        }

        fn $binary(op: Op, a: $u, b: $u) -> Option<u64> {
            const SIGN: $u = 1 << ($u::BITS - 1);
            let (x, y) = ($f::from_bits(a), $f::from_bits(b));
            $number(match op {
                Op::FCopysign => return Some(u64::from(a & !SIGN | b & SIGN)),
                Op::FAdd => x + y,
                Op::FSub => x - y,
                Op::FMul => x * y,
                Op::FDiv => x / y,
                Op::FMin | Op::FMax if x.is_nan() || y.is_nan() => return None,
                // Equal numbers differ at most in the sign of a zero: min keeps a set sign bit, max a clear one.
                Op::FMin if x == y => return Some(u64::from(a | b)),
                Op::FMax if x == y => return Some(u64::from(a & b)),
                Op::FMin => {
                    if x < y {
                        x
                    } else {
                        y
                    }
                }
                Op::FMax => {
                    if x > y {
                        x
                    } else {
                        y
                    }
                }
                _ => return None,
            })
        }
    };
}
float!(float_unary32 float_binary32 number32 f32 u32 0x7fc0_0000u32);
float!(float_unary64 float_binary64 number64 f64 u64 0x7ff8_0000_0000_0000u64);
