//! What the numeric operations compute. Written for the interpreter alone: the JIT and its evaluator have their own.
//!
//! Integers come as unsigned words. A float operation that is given a NaN answers with a quiet NaN; where Rust's own
//! operation would let the compiler pass a signalling NaN through (`floor` and the like), the bit is set by hand.

use crate::runtime::trap::TrapCode;

macro_rules! integers {
    ($div_s:ident, $div_u:ident, $rem_s:ident, $rem_u:ident, $u:ty, $s:ty) => {
        #[inline(always)]
        pub fn $div_s(a: $u, b: $u) -> Result<$u, TrapCode> {
            if b == 0 {
                return Err(TrapCode::IntegerDivideByZero);
            }
            if a == <$s>::MIN as $u && b == <$u>::MAX {
                return Err(TrapCode::IntegerOverflow);
            }
            Ok((a as $s).wrapping_div(b as $s) as $u)
        }

        #[inline(always)]
        pub fn $div_u(a: $u, b: $u) -> Result<$u, TrapCode> {
            a.checked_div(b).ok_or(TrapCode::IntegerDivideByZero)
        }

        #[inline(always)]
        pub fn $rem_s(a: $u, b: $u) -> Result<$u, TrapCode> {
            if b == 0 {
                return Err(TrapCode::IntegerDivideByZero);
            }
            Ok((a as $s).wrapping_rem(b as $s) as $u)
        }

        #[inline(always)]
        pub fn $rem_u(a: $u, b: $u) -> Result<$u, TrapCode> {
            a.checked_rem(b).ok_or(TrapCode::IntegerDivideByZero)
        }
    };
}
integers!(i32_div_s, i32_div_u, i32_rem_s, i32_rem_u, u32, i32);
integers!(i64_div_s, i64_div_u, i64_rem_s, i64_rem_u, u64, i64);

macro_rules! floats {
    ($min:ident, $max:ident, $ceil:ident, $floor:ident, $trunc:ident, $nearest:ident, $quiet:ident, $f:ty, $bits:ty, $quiet_bit:expr) => {
        #[inline(always)]
        fn $quiet(a: $f) -> $f {
            <$f>::from_bits(a.to_bits() | $quiet_bit)
        }

        #[inline(always)]
        pub fn $min(a: $f, b: $f) -> $f {
            if a < b {
                a
            } else if b < a {
                b
            } else if a == b {
                // Equal: only the sign of zero can differ, and min wants it set.
                <$f>::from_bits(a.to_bits() | b.to_bits())
            } else if a.is_nan() {
                $quiet(a)
            } else {
                $quiet(b)
            }
        }

        #[inline(always)]
        pub fn $max(a: $f, b: $f) -> $f {
            if a > b {
                a
            } else if b > a {
                b
            } else if a == b {
                <$f>::from_bits(a.to_bits() & b.to_bits())
            } else if a.is_nan() {
                $quiet(a)
            } else {
                $quiet(b)
            }
        }

        #[inline(always)]
        pub fn $ceil(a: $f) -> $f {
            if a.is_nan() { $quiet(a) } else { a.ceil() }
        }

        #[inline(always)]
        pub fn $floor(a: $f) -> $f {
            if a.is_nan() { $quiet(a) } else { a.floor() }
        }

        #[inline(always)]
        pub fn $trunc(a: $f) -> $f {
            if a.is_nan() { $quiet(a) } else { a.trunc() }
        }

        #[inline(always)]
        pub fn $nearest(a: $f) -> $f {
            if a.is_nan() { $quiet(a) } else { a.round_ties_even() }
        }
    };
}
floats!(f32_min, f32_max, f32_ceil, f32_floor, f32_trunc, f32_nearest, f32_quiet, f32, u32, 1 << 22);
floats!(f64_min, f64_max, f64_ceil, f64_floor, f64_trunc, f64_nearest, f64_quiet, f64, u64, 1 << 51);

/// f64 to f32, quieting NaNs.
#[inline(always)]
pub fn demote(a: f64) -> f32 {
    if a.is_nan() {
        let bits = a.to_bits();
        // Sign, all-ones exponent, quiet bit, then the top of the payload.
        f32::from_bits(((bits >> 32) as u32 & 0x8000_0000) | 0x7fc0_0000 | ((bits >> 29) as u32 & 0x003f_ffff))
    } else {
        a as f32
    }
}

/// The positive canonical NaN for any.
#[inline(always)]
pub fn f32_canonical(a: f32) -> f32 {
    f32::from_bits(if a.is_nan() { 0x7fc0_0000 } else { a.to_bits() })
}

/// As [`f32_canonical`].
#[inline(always)]
pub fn f64_canonical(a: f64) -> f64 {
    f64::from_bits(if a.is_nan() { 0x7ff8_0000_0000_0000 } else { a.to_bits() })
}

/// f32 to f64, quieting NaNs.
#[inline(always)]
pub fn promote(a: f32) -> f64 {
    if a.is_nan() {
        let bits = u64::from(a.to_bits());
        f64::from_bits(((bits & 0x8000_0000) << 32) | 0x7ff8_0000_0000_0000 | ((bits & 0x003f_ffff) << 29))
    } else {
        f64::from(a)
    }
}

macro_rules! truncations {
    ($($name:ident: $f:ty => $i:ty as $u:ty, $above:expr, $below:expr;)*) => {$(
        /// Truncates; traps on NaN and outside of `(above, below)`.
        #[inline(always)]
        pub fn $name(a: $f) -> Result<$u, TrapCode> {
            // Every float in the open interval truncates into range; NaN fails both comparisons.
            if a > $above && a < $below {
                Ok(a as $i as $u)
            } else if a.is_nan() {
                Err(TrapCode::InvalidConversionToInteger)
            } else {
                Err(TrapCode::IntegerOverflow)
            }
        }
    )*};
}
// The lower bounds are the greatest floats that are too small: MIN - 1 where that is representable, else the float
// next below MIN.
truncations! {
    i32_trunc_f32_s: f32 => i32 as u32, -2_147_483_904.0, 2_147_483_648.0;
    i32_trunc_f32_u: f32 => u32 as u32, -1.0, 4_294_967_296.0;
    i32_trunc_f64_s: f64 => i32 as u32, -2_147_483_649.0, 2_147_483_648.0;
    i32_trunc_f64_u: f64 => u32 as u32, -1.0, 4_294_967_296.0;
    i64_trunc_f32_s: f32 => i64 as u64, -9_223_373_136_366_403_584.0, 9_223_372_036_854_775_808.0;
    i64_trunc_f32_u: f32 => u64 as u64, -1.0, 18_446_744_073_709_551_616.0;
    i64_trunc_f64_s: f64 => i64 as u64, -9_223_372_036_854_777_856.0, 9_223_372_036_854_775_808.0;
    i64_trunc_f64_u: f64 => u64 as u64, -1.0, 18_446_744_073_709_551_616.0;
}

/// Both halves of a 128-bit number, the lower first.
fn halves(wide: u128) -> (u64, u64) {
    (wide as u64, (wide >> 64) as u64)
}

fn whole((low, high): (u64, u64)) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// Sum modulo 2^128 of numbers that come, and go, as lower and upper half.
#[inline(always)]
pub fn add128(a: (u64, u64), b: (u64, u64)) -> (u64, u64) {
    halves(whole(a).wrapping_add(whole(b)))
}

/// Difference, as [`add128`].
#[inline(always)]
pub fn sub128(a: (u64, u64), b: (u64, u64)) -> (u64, u64) {
    halves(whole(a).wrapping_sub(whole(b)))
}

/// The whole product of signed numbers, lower and upper half.
#[inline(always)]
pub fn mul_wide_s(a: u64, b: u64) -> (u64, u64) {
    halves((i128::from(a as i64) * i128::from(b as i64)) as u128)
}

/// The whole product of unsigned numbers, lower and upper half.
#[inline(always)]
pub fn mul_wide_u(a: u64, b: u64) -> (u64, u64) {
    halves(u128::from(a) * u128::from(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_traps() {
        assert_eq!(i32_div_s(i32::MIN as u32, u32::MAX), Err(TrapCode::IntegerOverflow));
        assert_eq!(i32_rem_s(i32::MIN as u32, u32::MAX), Ok(0));
        assert_eq!(i64_div_s(7, 0), Err(TrapCode::IntegerDivideByZero));
        assert_eq!(i64_div_s((-7i64) as u64, 2), Ok((-3i64) as u64));
        assert_eq!(i64_rem_s((-7i64) as u64, 2), Ok((-1i64) as u64));
    }

    #[test]
    fn minimum_and_maximum() {
        assert_eq!(f32_min(0.0, -0.0).to_bits(), (-0.0f32).to_bits());
        assert_eq!(f64_max(-0.0, 0.0).to_bits(), 0);
        let signalling = f32::from_bits(0x7fa0_0001);
        assert_eq!(f32_min(1.0, signalling).to_bits(), 0x7fe0_0001);
        assert_eq!(f32_max(signalling, 1.0).to_bits(), 0x7fe0_0001);
    }

    #[test]
    fn rounding_quiets() {
        let signalling = f64::from_bits(0x7ff0_0000_0000_0001);
        for round in [f64_ceil, f64_floor, f64_trunc, f64_nearest] {
            assert_eq!(round(signalling).to_bits(), 0x7ff8_0000_0000_0001);
        }
        assert_eq!(f64_nearest(2.5), 2.0);
        assert_eq!(f32_nearest(-0.5).to_bits(), (-0.0f32).to_bits());
    }

    #[test]
    fn changes_of_width_quiet() {
        assert_eq!(demote(f64::from_bits(0xfff0_0000_2000_0001)).to_bits(), 0xffc0_0001);
        assert_eq!(promote(f32::from_bits(0x7f80_0001)).to_bits(), 0x7ff8_0000_2000_0000);
        assert_eq!(demote(1.5), 1.5);
    }

    #[test]
    fn truncation_bounds() {
        assert_eq!(i32_trunc_f64_s(-2_147_483_648.9), Ok(i32::MIN as u32));
        assert_eq!(i32_trunc_f64_s(-2_147_483_649.0), Err(TrapCode::IntegerOverflow));
        assert_eq!(i32_trunc_f32_s(-2_147_483_648.0), Ok(i32::MIN as u32));
        assert_eq!(i32_trunc_f32_u(-0.9), Ok(0));
        assert_eq!(i64_trunc_f64_s(-9_223_372_036_854_775_808.0), Ok(i64::MIN as u64));
        assert_eq!(i64_trunc_f32_s(-9_223_372_036_854_775_808.0), Ok(i64::MIN as u64));
        assert_eq!(i64_trunc_f64_u(f64::NAN), Err(TrapCode::InvalidConversionToInteger));
        assert_eq!(i64_trunc_f32_u(f32::INFINITY), Err(TrapCode::IntegerOverflow));
    }
}
