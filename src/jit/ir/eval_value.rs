//! The results of each operation without side effects: slow, obvious, and without code shared with other implementations.
//!
//! Arguments are 64-bit registers: the upper half of a register that holds a 32-bit type is undefined and ignored.
//! Results are zero-extended.

use super::{FloatCond, Imm, IntCond, Op, Type};

/// Returns the result of `op`, or `None` if the operation is undefined (a division by zero, a float out of range) or has
/// effects. `from` is the type of the first argument.
pub fn evaluate(op: Op, ty: Type, imm: Imm, from: Type, [a, b, c]: [u64; 3]) -> Option<u64> {
    if ty == Type::V128 {
        return None;
    }
    let narrow = ty.bytes() == 4;
    match op {
        Op::Const => match imm {
            Imm::Const(bits) => Some(bits),
            _ => None,
        },
        Op::ICmp => match imm {
            Imm::IntCond(cond) if narrow => {
                Some(compare(cond, i64::from(a as i32), u64::from(a as u32), i64::from(b as i32), u64::from(b as u32)))
            }
            Imm::IntCond(cond) => Some(compare(cond, a as i64, a, b as i64, b)),
            _ => None,
        },
        Op::FCmp => match imm {
            // Every f32 is also an f64, in the same order.
            Imm::FloatCond(cond) => Some(compare_floats(cond, wide(ty, a), wide(ty, b))),
            _ => None,
        },
        Op::Select => Some(if a as u32 != 0 { b } else { c }).map(|v| ty.truncate(v)),
        Op::Wrap => Some(a & 0xffff_ffff),
        Op::ZExt => Some(a & 0xffff_ffff),
        Op::SExt => Some(i64::from(a as i32) as u64),
        Op::Bitcast => Some(ty.truncate(a)),
        Op::FToS | Op::FToU => truncate(op == Op::FToS, narrow, wide(from, a)),
        Op::FToSSat | Op::FToUSat => {
            let x = wide(from, a);
            Some(match (op, narrow) {
                (Op::FToSSat, true) => u64::from(x as i32 as u32),
                (Op::FToSSat, false) => x as i64 as u64,
                (_, true) => u64::from(x as u32),
                (_, false) => x as u64,
            })
        }
        Op::SToF => Some(match (from, ty) {
            (Type::I32, Type::F32) => u64::from((a as i32 as f32).to_bits()),
            (Type::I32, _) => f64::from(a as i32).to_bits(),
            (_, Type::F32) => u64::from((a as i64 as f32).to_bits()),
            _ => (a as i64 as f64).to_bits(),
        }),
        Op::UToF => Some(match (from, ty) {
            (Type::I32, Type::F32) => u64::from((a as u32 as f32).to_bits()),
            (Type::I32, _) => f64::from(a as u32).to_bits(),
            (_, Type::F32) => u64::from((a as f32).to_bits()),
            _ => (a as f64).to_bits(),
        }),
        Op::FPromote => Some(quiet64(f64::from(f32::from_bits(a as u32)).to_bits())),
        Op::FDemote => Some(u64::from(quiet32((f64::from_bits(a) as f32).to_bits()))),
        _ if ty.is_float() && narrow => float32(op, a as u32, b as u32).map(u64::from),
        _ if ty.is_float() => float64(op, a, b),
        Op::SMulHi => Some(((i128::from(a as i64) * i128::from(b as i64)) >> 64) as u64),
        Op::UMulHi => Some(((u128::from(a) * u128::from(b)) >> 64) as u64),
        _ if narrow => int32(op, a as u32, b as u32).map(u64::from),
        _ => int64(op, a, b),
    }
}

fn compare(cond: IntCond, signed_a: i64, a: u64, signed_b: i64, b: u64) -> u64 {
    u64::from(match cond {
        IntCond::Eq => a == b,
        IntCond::Ne => a != b,
        IntCond::LtS => signed_a < signed_b,
        IntCond::LtU => a < b,
        IntCond::GtS => signed_a > signed_b,
        IntCond::GtU => a > b,
        IntCond::LeS => signed_a <= signed_b,
        IntCond::LeU => a <= b,
        IntCond::GeS => signed_a >= signed_b,
        IntCond::GeU => a >= b,
    })
}

fn compare_floats(cond: FloatCond, a: f64, b: f64) -> u64 {
    u64::from(match cond {
        FloatCond::Eq => a == b,
        FloatCond::Ne => a != b,
        FloatCond::Lt => a < b,
        FloatCond::Gt => a > b,
        FloatCond::Le => a <= b,
        FloatCond::Ge => a >= b,
    })
}

/// The value of a float register.
fn wide(ty: Type, bits: u64) -> f64 {
    match ty {
        Type::F32 => f64::from(f32::from_bits(bits as u32)),
        _ => f64::from_bits(bits),
    }
}

/// Truncates toward zero; `None` if the result does not fit.
fn truncate(signed: bool, narrow: bool, x: f64) -> Option<u64> {
    let x = x.trunc();
    // All bounds are powers of two (or one less, and then representable), so they are exact as f64.
    let (low, high) = match (signed, narrow) {
        (true, true) => (-2_147_483_648.0, 2_147_483_648.0),
        (true, false) => (-9_223_372_036_854_775_808.0, 9_223_372_036_854_775_808.0),
        (false, true) => (0.0, 4_294_967_296.0),
        (false, false) => (0.0, 18_446_744_073_709_551_616.0),
    };
    (x >= low && x < high).then(|| {
        // Fits an i128 exactly.
        let bits = x as i128 as u64;
        if narrow { bits & 0xffff_ffff } else { bits }
    })
}

macro_rules! integers {
    ($name:ident, $u:ty, $s:ty) => {
        fn $name(op: Op, a: $u, b: $u) -> Option<$u> {
            const BITS: u32 = <$u>::BITS;
            let count = (b % BITS as $u) as u32;
            let signed = (a as $s, b as $s);
            Some(match op {
                Op::IAdd => a.wrapping_add(b),
                Op::ISub => a.wrapping_sub(b),
                Op::IMul => a.wrapping_mul(b),
                Op::SDiv => signed.0.checked_div(signed.1)? as $u,
                Op::UDiv => a.checked_div(b)?,
                Op::SRem if b == 0 => return None,
                Op::SRem => signed.0.wrapping_rem(signed.1) as $u,
                Op::URem => a.checked_rem(b)?,
                Op::And => a & b,
                Op::Or => a | b,
                Op::Xor => a ^ b,
                Op::Shl => a << count,
                Op::ShrS => (signed.0 >> count) as $u,
                Op::ShrU => a >> count,
                Op::Rotl => a.rotate_left(count),
                Op::Rotr => a.rotate_right(count),
                Op::Clz => <$u>::from(a.leading_zeros()),
                Op::Ctz => <$u>::from(a.trailing_zeros()),
                Op::Popcnt => <$u>::from(a.count_ones()),
                Op::SExt8 => a as i8 as $s as $u,
                Op::SExt16 => a as i16 as $s as $u,
                Op::SExt32 if BITS == 64 => a as i32 as $s as $u,
                _ => return None,
            })
        }
    };
}
integers!(int32, u32, i32);
integers!(int64, u64, i64);

macro_rules! floats {
    ($name:ident, $quiet:ident, $bits:ty, $float:ty) => {
        /// Makes a NaN quiet.
        fn $quiet(bits: $bits) -> $bits {
            // The quiet bit is the highest of the mantissa.
            if <$float>::from_bits(bits).is_nan() { bits | 1 << (<$float>::MANTISSA_DIGITS - 2) } else { bits }
        }

        fn $name(op: Op, a: $bits, b: $bits) -> Option<$bits> {
            const SIGN: $bits = 1 << (<$bits>::BITS - 1);
            // All of the exponent, and the quiet bit.
            const CANONICAL: $bits = (SIGN - 1) >> (<$float>::MANTISSA_DIGITS - 2) << (<$float>::MANTISSA_DIGITS - 2);
            let (x, y) = (<$float>::from_bits(a), <$float>::from_bits(b));
            let result = match op {
                // These depend on the sign bit at most.
                Op::FAbs => return Some(a & !SIGN),
                Op::FNeg => return Some(a ^ SIGN),
                Op::FCopysign => return Some(a & !SIGN | b & SIGN),
                Op::FCanon if x.is_nan() => return Some(CANONICAL),
                Op::FCanon => return Some(a),
                Op::FAdd => x + y,
                Op::FSub => x - y,
                Op::FMul => x * y,
                Op::FDiv => x / y,
                Op::FMin | Op::FMax if x.is_nan() => x,
                Op::FMin | Op::FMax if y.is_nan() => y,
                // Equal numbers differ at most in the sign of zero.
                Op::FMin if x == y => <$float>::from_bits(a | b),
                Op::FMax if x == y => <$float>::from_bits(a & b),
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
                Op::FSqrt => x.sqrt(),
                Op::FCeil => x.ceil(),
                Op::FFloor => x.floor(),
                Op::FTrunc => x.trunc(),
                Op::FNearest => x.round_ties_even(),
                _ => return None,
            };
            Some($quiet(result.to_bits()))
        }
    };
}
floats!(float32, quiet32, u32, f32);
floats!(float64, quiet64, u64, f64);

#[cfg(test)]
mod tests {
    use super::*;

    fn i32_(op: Op, a: i32, b: i32) -> Option<i32> {
        // Upper halves are undefined.
        let garbage = |v: i32| u64::from(v as u32) | 0xdead_beef << 32;
        evaluate(op, Type::I32, Imm::None, Type::I32, [garbage(a), garbage(b), 0]).map(|v| {
            assert_eq!(v >> 32, 0);
            v as i32
        })
    }

    fn i64_(op: Op, a: i64, b: i64) -> Option<i64> {
        evaluate(op, Type::I64, Imm::None, Type::I64, [a as u64, b as u64, 0]).map(|v| v as i64)
    }

    fn f32_(op: Op, a: u32, b: u32) -> u32 {
        evaluate(op, Type::F32, Imm::None, Type::F32, [a.into(), b.into(), 0]).unwrap() as u32
    }

    #[test]
    fn narrow_integers() {
        assert_eq!(i32_(Op::IAdd, i32::MAX, 1), Some(i32::MIN));
        assert_eq!(i32_(Op::ISub, i32::MIN, 1), Some(i32::MAX));
        assert_eq!(i32_(Op::IMul, 0x10000, 0x10001), Some(0x10000));
        assert_eq!(i32_(Op::SDiv, i32::MIN, -1), None);
        assert_eq!(i32_(Op::SDiv, 7, 0), None);
        assert_eq!(i32_(Op::SDiv, -7, 2), Some(-3));
        assert_eq!(i32_(Op::UDiv, -7, 2), Some(0x7fff_fffc));
        assert_eq!(i32_(Op::SRem, i32::MIN, -1), Some(0));
        assert_eq!(i32_(Op::SRem, -7, 2), Some(-1));
        assert_eq!(i32_(Op::SRem, -7, 0), None);
        assert_eq!(i32_(Op::URem, -1, 10), Some(5));
        assert_eq!(i32_(Op::URem, 1, 0), None);
        assert_eq!(
            (i32_(Op::Shl, 1, 31), i32_(Op::Shl, 1, 32), i32_(Op::Shl, 1, 33)),
            (Some(i32::MIN), Some(1), Some(2))
        );
        assert_eq!((i32_(Op::ShrS, -8, 1), i32_(Op::ShrS, -8, 63)), (Some(-4), Some(-1)));
        assert_eq!((i32_(Op::ShrU, -8, 1), i32_(Op::ShrU, -8, 32)), (Some(0x7fff_fffc), Some(-8)));
        assert_eq!((i32_(Op::Rotl, i32::MIN, 1), i32_(Op::Rotr, 1, 33)), (Some(1), Some(i32::MIN)));
        assert_eq!((i32_(Op::Clz, 0, 0), i32_(Op::Ctz, 0, 0), i32_(Op::Popcnt, -1, 0)), (Some(32), Some(32), Some(32)));
        assert_eq!((i32_(Op::SExt8, 0x180, 0), i32_(Op::SExt16, 0x18000, 0)), (Some(-128), Some(-32768)));
        assert_eq!((i32_(Op::And, 6, 3), i32_(Op::Or, 6, 3), i32_(Op::Xor, 6, 3)), (Some(2), Some(7), Some(5)));
    }

    #[test]
    fn wide_integers() {
        assert_eq!(i64_(Op::IAdd, i64::MAX, 1), Some(i64::MIN));
        assert_eq!((i64_(Op::SDiv, i64::MIN, -1), i64_(Op::SRem, i64::MIN, -1)), (None, Some(0)));
        assert_eq!((i64_(Op::UDiv, -1, 0), i64_(Op::URem, -1, 0)), (None, None));
        assert_eq!(
            (i64_(Op::Shl, 1, 32), i64_(Op::Shl, 1, 64), i64_(Op::Shl, 1, 65)),
            (Some(1 << 32), Some(1), Some(2))
        );
        assert_eq!((i64_(Op::ShrS, i64::MIN, 63), i64_(Op::ShrU, i64::MIN, 63)), (Some(-1), Some(1)));
        assert_eq!((i64_(Op::Rotl, i64::MIN, 65), i64_(Op::Rotr, 1, 1)), (Some(1), Some(i64::MIN)));
        assert_eq!((i64_(Op::Clz, 0, 0), i64_(Op::Ctz, 0, 0), i64_(Op::Popcnt, -1, 0)), (Some(64), Some(64), Some(64)));
        assert_eq!((i64_(Op::SExt8, 0x80, 0), i64_(Op::SExt32, 0x1_8000_0000, 0)), (Some(-128), Some(-1 << 31)));
    }

    #[test]
    fn comparisons_have_a_width() {
        let icmp = |ty, cond, a, b| evaluate(Op::ICmp, ty, Imm::IntCond(cond), ty, [a, b, 0]).unwrap();
        assert_eq!(icmp(Type::I32, IntCond::Eq, 1 << 32, 2 << 32), 1);
        assert_eq!(icmp(Type::I64, IntCond::Eq, 1 << 32, 2 << 32), 0);
        assert_eq!(
            (icmp(Type::I32, IntCond::LtS, 0xffff_ffff, 0), icmp(Type::I64, IntCond::LtS, 0xffff_ffff, 0)),
            (1, 0)
        );
        assert_eq!((icmp(Type::I32, IntCond::GtU, 0xffff_ffff, 0), icmp(Type::I64, IntCond::LeS, u64::MAX, 0)), (1, 1));
        let fcmp = |cond, a: f32, b: f32| {
            let bits = [a.to_bits().into(), b.to_bits().into(), 0];
            evaluate(Op::FCmp, Type::F32, Imm::FloatCond(cond), Type::F32, bits).unwrap()
        };
        for (cond, on_nan) in FloatCond::ALL.into_iter().zip([0, 1, 0, 0, 0, 0]) {
            assert_eq!(fcmp(cond, f32::NAN, 1.0), on_nan);
        }
        assert_eq!((fcmp(FloatCond::Eq, 0.0, -0.0), fcmp(FloatCond::Lt, -0.0, 0.0)), (1, 0));
    }

    #[test]
    fn float_signs_and_nans() {
        const NEG0: u32 = 1 << 31;
        const SIGNALLING: u32 = 0x7fa0_0001;
        assert_eq!((f32_(Op::FMin, 0, NEG0), f32_(Op::FMin, NEG0, 0)), (NEG0, NEG0));
        assert_eq!((f32_(Op::FMax, 0, NEG0), f32_(Op::FMax, NEG0, 0)), (0, 0));
        assert_eq!(f32_(Op::FMin, SIGNALLING, 0), SIGNALLING | 1 << 22);
        assert_eq!(f32_(Op::FMax, 0, SIGNALLING), SIGNALLING | 1 << 22);
        assert_eq!(f32_(Op::FNeg, SIGNALLING, 0), SIGNALLING | NEG0);
        assert_eq!(f32_(Op::FAbs, SIGNALLING | NEG0, 0), SIGNALLING);
        assert_eq!(f32_(Op::FCopysign, 0x3f80_0000, NEG0), 0xbf80_0000);
        for op in [Op::FSqrt, Op::FCeil, Op::FFloor, Op::FTrunc, Op::FNearest] {
            assert_eq!(f32_(op, SIGNALLING, 0) & 1 << 22, 1 << 22, "{op:?}");
            assert_eq!(f32_(op, NEG0, 0), NEG0, "{op:?}");
        }
        assert_eq!(f32_(Op::FNearest, 2.5f32.to_bits(), 0), 2f32.to_bits());
        assert_eq!(f32_(Op::FNearest, (-0.5f32).to_bits(), 0), NEG0);
        let demoted = evaluate(Op::FDemote, Type::F32, Imm::None, Type::F64, [0x7ff4_0000_0000_0000, 0, 0]).unwrap();
        assert_eq!(demoted, 0x7fe0_0000);
        let promoted = evaluate(Op::FPromote, Type::F64, Imm::None, Type::F32, [SIGNALLING.into(), 0, 0]).unwrap();
        assert_eq!(promoted & 1 << 51, 1 << 51);
    }

    #[test]
    fn conversions() {
        let from_f64 = |op, ty, x: f64| evaluate(op, ty, Imm::None, Type::F64, [x.to_bits(), 0, 0]);
        assert_eq!(from_f64(Op::FToS, Type::I32, -2_147_483_648.9), Some(0x8000_0000));
        assert_eq!(from_f64(Op::FToS, Type::I32, -2_147_483_649.0), None);
        assert_eq!(from_f64(Op::FToS, Type::I32, 2_147_483_648.0), None);
        assert_eq!(from_f64(Op::FToU, Type::I32, -0.9), Some(0));
        assert_eq!(from_f64(Op::FToU, Type::I32, 4_294_967_295.9), Some(0xffff_ffff));
        assert_eq!(from_f64(Op::FToU, Type::I64, -1.0), None);
        assert_eq!(from_f64(Op::FToS, Type::I64, -9_223_372_036_854_775_808.0), Some(1 << 63));
        assert_eq!(from_f64(Op::FToU, Type::I64, 18_446_744_073_709_549_568.0), Some(0xffff_ffff_ffff_f800));
        assert_eq!(from_f64(Op::FToU, Type::I64, f64::NAN), None);
        assert_eq!(from_f64(Op::FToSSat, Type::I32, f64::NAN), Some(0));
        assert_eq!(from_f64(Op::FToSSat, Type::I32, 1e30), Some(0x7fff_ffff));
        assert_eq!(from_f64(Op::FToUSat, Type::I64, -1e30), Some(0));
        let to_f32 = |op, from, v| evaluate(op, Type::F32, Imm::None, from, [v, 0, 0]).unwrap();
        assert_eq!(to_f32(Op::UToF, Type::I64, u64::MAX), 0x5f80_0000);
        assert_eq!(to_f32(Op::SToF, Type::I32, 0xdead_beef_ffff_ffff), 0xbf80_0000);
        // Rounded once, to even.
        assert_eq!(to_f32(Op::SToF, Type::I64, 0x7fff_ff40_0000_0001), 0x5eff_ffff);
        let convert = |op, ty, from, v| evaluate(op, ty, Imm::None, from, [v, 0, 0]).unwrap();
        assert_eq!(convert(Op::ZExt, Type::I64, Type::I32, u64::MAX), 0xffff_ffff);
        assert_eq!(convert(Op::SExt, Type::I64, Type::I32, 0x8000_0000), 0xffff_ffff_8000_0000);
        assert_eq!(convert(Op::Wrap, Type::I32, Type::I64, u64::MAX), 0xffff_ffff);
        assert_eq!(convert(Op::Bitcast, Type::F32, Type::I32, u64::MAX), 0xffff_ffff);
        assert_eq!(convert(Op::Bitcast, Type::F64, Type::I64, u64::MAX), u64::MAX);
    }

    #[test]
    fn selection_looks_at_32_bits() {
        let select = |cond| evaluate(Op::Select, Type::I64, Imm::None, Type::I32, [cond, 7, 9]).unwrap();
        assert_eq!((select(1 << 32), select(1)), (9, 7));
    }
}
