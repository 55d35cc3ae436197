//! The results of the numeric operations. Written for the interpreter alone: the JIT and its evaluator have their own.
//!
//! Integers come as unsigned words. A float operation on a NaN returns a quiet NaN; where Rust's own operation would
//! let the compiler pass a signalling NaN through (`floor` and the like), the bit is set explicitly.

use crate::runtime::trap::TrapCode;

macro_rules! integers {
    ($(#[$doc:meta])* $name:ident, $u:ty, $s:ty, { $($trunc:ident: $f:ty => $i:ty, $above:expr, $below:expr;)* }) => {
        $(#[$doc])*
        pub mod $name {
            use super::TrapCode;

            #[inline(always)]
            pub fn div_s(a: $u, b: $u) -> Result<$u, TrapCode> {
                if b == 0 {
                    return Err(TrapCode::IntegerDivideByZero);
                }
                if a == <$s>::MIN as $u && b == <$u>::MAX {
                    return Err(TrapCode::IntegerOverflow);
                }
                Ok((a as $s).wrapping_div(b as $s) as $u)
            }

            #[inline(always)]
            pub fn div_u(a: $u, b: $u) -> Result<$u, TrapCode> {
                a.checked_div(b).ok_or(TrapCode::IntegerDivideByZero)
            }

            #[inline(always)]
            pub fn rem_s(a: $u, b: $u) -> Result<$u, TrapCode> {
                if b == 0 {
                    return Err(TrapCode::IntegerDivideByZero);
                }
                Ok((a as $s).wrapping_rem(b as $s) as $u)
            }

            #[inline(always)]
            pub fn rem_u(a: $u, b: $u) -> Result<$u, TrapCode> {
                a.checked_rem(b).ok_or(TrapCode::IntegerDivideByZero)
            }

            $(
                /// Truncates; traps on NaN and outside of `(above, below)`.
                #[inline(always)]
                pub fn $trunc(a: $f) -> Result<$u, TrapCode> {
                    // Every float in the open interval truncates into range; NaN fails both comparisons.
                    if a > $above && a < $below {
                        Ok(a as $i as $u)
                    } else if a.is_nan() {
                        Err(TrapCode::InvalidConversionToInteger)
                    } else {
                        Err(TrapCode::IntegerOverflow)
                    }
                }
            )*
        }
    };
}

// The lower bounds of truncations are the greatest floats that are too small: MIN - 1 where that is representable, else
// the next float below MIN.
integers!(
    /// Operations on i32 that may trap.
    word32, u32, i32, {
        trunc_f32_s: f32 => i32, -2_147_483_904.0, 2_147_483_648.0;
        trunc_f32_u: f32 => u32, -1.0, 4_294_967_296.0;
        trunc_f64_s: f64 => i32, -2_147_483_649.0, 2_147_483_648.0;
        trunc_f64_u: f64 => u32, -1.0, 4_294_967_296.0;
    }
);
integers!(
    /// Operations on i64 that may trap.
    word64, u64, i64, {
        trunc_f32_s: f32 => i64, -9_223_373_136_366_403_584.0, 9_223_372_036_854_775_808.0;
        trunc_f32_u: f32 => u64, -1.0, 18_446_744_073_709_551_616.0;
        trunc_f64_s: f64 => i64, -9_223_372_036_854_777_856.0, 9_223_372_036_854_775_808.0;
        trunc_f64_u: f64 => u64, -1.0, 18_446_744_073_709_551_616.0;
    }
);

macro_rules! floats {
    ($(#[$doc:meta])* $name:ident, $f:ty, quiet: $quiet:expr, canonical: $canonical:expr) => {
        $(#[$doc])*
        pub mod $name {
            #[inline(always)]
            fn quiet(a: $f) -> $f {
                <$f>::from_bits(a.to_bits() | $quiet)
            }

            #[inline(always)]
            pub fn min(a: $f, b: $f) -> $f {
                if a < b {
                    a
                } else if b < a {
                    b
                } else if a == b {
                    // Equal: only the sign of zero can differ, and min wants it set.
                    <$f>::from_bits(a.to_bits() | b.to_bits())
                } else if a.is_nan() {
                    quiet(a)
                } else {
                    quiet(b)
                }
            }

            #[inline(always)]
            pub fn max(a: $f, b: $f) -> $f {
                if a > b {
                    a
                } else if b > a {
                    b
                } else if a == b {
                    <$f>::from_bits(a.to_bits() & b.to_bits())
                } else if a.is_nan() {
                    quiet(a)
                } else {
                    quiet(b)
                }
            }

            #[inline(always)]
            pub fn ceil(a: $f) -> $f {
                if a.is_nan() { quiet(a) } else { a.ceil() }
            }

            #[inline(always)]
            pub fn floor(a: $f) -> $f {
                if a.is_nan() { quiet(a) } else { a.floor() }
            }

            #[inline(always)]
            pub fn trunc(a: $f) -> $f {
                if a.is_nan() { quiet(a) } else { a.trunc() }
            }

            #[inline(always)]
            pub fn nearest(a: $f) -> $f {
                if a.is_nan() { quiet(a) } else { a.round_ties_even() }
            }

            /// Replaces any NaN by the positive canonical one.
            #[inline(always)]
            pub fn canonical(a: $f) -> $f {
                <$f>::from_bits(if a.is_nan() { $canonical } else { a.to_bits() })
            }
        }
    };
}
floats!(
    /// Operations on f32 where Rust's own treat NaNs or zeros differently.
    float32, f32, quiet: 1 << 22, canonical: 0x7fc0_0000
);
floats!(
    /// Operations on f64 where Rust's own treat NaNs or zeros differently.
    float64, f64, quiet: 1 << 51, canonical: 0x7ff8_0000_0000_0000
);

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

/// Both halves of a 128-bit number, the lower first.
fn halves(wide: u128) -> (u64, u64) {
    (wide as u64, (wide >> 64) as u64)
}

/// The number of two halves.
fn whole((low, high): (u64, u64)) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// Sum modulo 2^128 of numbers passed and returned as lower and upper half.
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
        assert_eq!(word32::div_s(i32::MIN as u32, u32::MAX), Err(TrapCode::IntegerOverflow));
        assert_eq!(word32::rem_s(i32::MIN as u32, u32::MAX), Ok(0));
        assert_eq!(word64::div_s(7, 0), Err(TrapCode::IntegerDivideByZero));
        assert_eq!(word64::div_s((-7i64) as u64, 2), Ok((-3i64) as u64));
        assert_eq!(word64::rem_s((-7i64) as u64, 2), Ok((-1i64) as u64));
    }

    #[test]
    fn minimum_and_maximum() {
        assert_eq!(float32::min(0.0, -0.0).to_bits(), (-0.0f32).to_bits());
        assert_eq!(float64::max(-0.0, 0.0).to_bits(), 0);
        let signalling = f32::from_bits(0x7fa0_0001);
        assert_eq!(float32::min(1.0, signalling).to_bits(), 0x7fe0_0001);
        assert_eq!(float32::max(signalling, 1.0).to_bits(), 0x7fe0_0001);
    }

    #[test]
    fn rounding_quiets() {
        let signalling = f64::from_bits(0x7ff0_0000_0000_0001);
        for round in [float64::ceil, float64::floor, float64::trunc, float64::nearest] {
            assert_eq!(round(signalling).to_bits(), 0x7ff8_0000_0000_0001);
        }
        assert_eq!(float64::nearest(2.5), 2.0);
        assert_eq!(float32::nearest(-0.5).to_bits(), (-0.0f32).to_bits());
    }

    #[test]
    fn changes_of_width_quiet() {
        assert_eq!(demote(f64::from_bits(0xfff0_0000_2000_0001)).to_bits(), 0xffc0_0001);
        assert_eq!(promote(f32::from_bits(0x7f80_0001)).to_bits(), 0x7ff8_0000_2000_0000);
        assert_eq!(promote(f32::from_bits(0xffa0_0000)).to_bits(), 0xfffc_0000_0000_0000);
        assert_eq!(demote(f64::from_bits(0x7ff4_0000_0000_0000)).to_bits(), 0x7fe0_0000);
        // The lowest bit of the upper half is one of the payload, not the sign.
        assert_eq!(demote(f64::from_bits(0x7ff8_0001_0000_0000)).to_bits(), 0x7fc0_0008);
        assert_eq!(demote(1.5), 1.5);
    }

    #[test]
    fn truncation_bounds() {
        assert_eq!(word32::trunc_f64_s(-2_147_483_648.9), Ok(i32::MIN as u32));
        assert_eq!(word32::trunc_f64_s(-2_147_483_649.0), Err(TrapCode::IntegerOverflow));
        assert_eq!(word32::trunc_f32_s(-2_147_483_648.0), Ok(i32::MIN as u32));
        assert_eq!(word32::trunc_f32_u(-0.9), Ok(0));
        assert_eq!(word64::trunc_f64_s(-9_223_372_036_854_775_808.0), Ok(i64::MIN as u64));
        assert_eq!(word64::trunc_f32_s(-9_223_372_036_854_775_808.0), Ok(i64::MIN as u64));
        assert_eq!(word64::trunc_f64_u(f64::NAN), Err(TrapCode::InvalidConversionToInteger));
        assert_eq!(word64::trunc_f32_u(f32::INFINITY), Err(TrapCode::IntegerOverflow));
    }

    #[test]
    fn both_halves_of_wide_numbers() {
        let (top, max) = (1 << 63, u64::MAX);
        assert_eq!(add128((max, 7), (1, 0x10_0000_0000)), (0, 0x10_0000_0008));
        assert_eq!(add128((max, max), (2, 0)), (1, 0));
        assert_eq!(sub128((0, 0x10_0000_0008), (1, 7)), (max, 0x10_0000_0000));
        assert_eq!(sub128((1, 0), (2, 0)), (max, max));
        assert_eq!(mul_wide_u(max, max), (1, max - 1));
        assert_eq!(mul_wide_u(top | 3, 4), (12, 2));
        assert_eq!(mul_wide_s(max, max), (1, 0));
        assert_eq!(mul_wide_s(max, 0x1_0000_0001), (max - 0x1_0000_0000, max));
        assert_eq!(mul_wide_s(0x1_0000_0001, max), (max - 0x1_0000_0000, max));
        assert_eq!(mul_wide_s(top, top), (0, 1 << 62));
    }
}
