//! What the vector operations compute, lane by lane. Written for the interpreter alone, as [`num`](super::num).
//!
//! A vector is an array of its lanes, the first lane first: so it lies in its two slots too, on the little-endian
//! machines that there are. Loops over lanes have no calls and no branches, so that the compiler makes vector
//! instructions of them.
//!
//! Of relaxed operations the *deterministic profile* is implemented: each gives the first of the results that the
//! specification allows, which is what the strict operation of the same kind gives.

use std::array::from_fn;

pub type U8x16 = [u8; 16];
pub type U16x8 = [u16; 8];
pub type U32x4 = [u32; 4];
pub type U64x2 = [u64; 2];
pub type I8x16 = [i8; 16];
pub type I16x8 = [i16; 8];
pub type I32x4 = [i32; 4];
pub type I64x2 = [i64; 2];
pub type F32x4 = [f32; 4];
pub type F64x2 = [f64; 2];

/// A function of each lane.
#[inline(always)]
pub fn map<A: Copy, R, const N: usize>(a: [A; N], f: impl Fn(A) -> R) -> [R; N] {
    from_fn(|i| f(a[i]))
}

/// A function of two lanes at a time.
#[inline(always)]
pub fn zip<A: Copy, B: Copy, R, const N: usize>(a: [A; N], b: [B; N], f: impl Fn(A, B) -> R) -> [R; N] {
    from_fn(|i| f(a[i], b[i]))
}

/// What a lane is when a comparison holds, and when not.
pub trait Truth {
    fn truth(holds: bool) -> Self;
}

macro_rules! truths {
    ($($t:ty),*) => {$(impl Truth for $t {
        #[inline(always)]
        fn truth(holds: bool) -> $t {
            <$t>::from(holds).wrapping_neg()
        }
    })*};
}
truths!(u8, u16, u32, u64);

/// All ones where two lanes compare.
#[inline(always)]
pub fn compare<A: Copy, R: Truth, const N: usize>(a: [A; N], b: [A; N], holds: impl Fn(A, A) -> bool) -> [R; N] {
    from_fn(|i| R::truth(holds(a[i], b[i])))
}

/// The lanes of both vectors, each as narrow as `f` makes it.
#[inline(always)]
pub fn narrow<A: Copy, R, const N: usize, const M: usize>(a: [A; N], b: [A; N], f: impl Fn(A) -> R) -> [R; M] {
    from_fn(|i| f(if i < N { a[i] } else { b[i - N] }))
}

/// The lower half of the lanes, twice as wide.
#[inline(always)]
pub fn low<A: Copy, R: From<A>, const N: usize, const M: usize>(a: [A; N]) -> [R; M] {
    from_fn(|i| a[i].into())
}

/// The upper half of the lanes, twice as wide.
#[inline(always)]
pub fn high<A: Copy, R: From<A>, const N: usize, const M: usize>(a: [A; N]) -> [R; M] {
    from_fn(|i| a[M + i].into())
}

/// A function of neighbours, twice as wide.
#[inline(always)]
pub fn pairs<A: Copy, R: From<A>, const N: usize, const M: usize>(a: [A; N], f: impl Fn(R, R) -> R) -> [R; M] {
    from_fn(|i| f(a[2 * i].into(), a[2 * i + 1].into()))
}

/// The bytes of a word, the lowest first.
#[inline(always)]
pub fn u8s(word: u64) -> [u8; 8] {
    from_fn(|i| (word >> (8 * i)) as u8)
}

/// The 16-bit parts of a word.
#[inline(always)]
pub fn u16s(word: u64) -> [u16; 4] {
    from_fn(|i| (word >> (16 * i)) as u16)
}

/// The 32-bit parts of a word.
#[inline(always)]
pub fn u32s(word: u64) -> [u32; 2] {
    from_fn(|i| (word >> (32 * i)) as u32)
}

/// One lane replaced. `lane` is a lane of the vector.
#[inline(always)]
pub fn replace<A: Copy, const N: usize>(a: [A; N], x: A, lane: u16) -> [A; N] {
    from_fn(|i| if i == usize::from(lane) { x } else { a[i] })
}

/// Bits of `a` where `mask` has ones, of `b` where it has zeros.
#[inline(always)]
pub fn bitselect(a: U64x2, b: U64x2, mask: U64x2) -> U64x2 {
    from_fn(|i| a[i] & mask[i] | b[i] & !mask[i])
}

/// A bit a lane.
#[inline(always)]
pub fn bitmask<const N: usize>(lanes: [bool; N]) -> u32 {
    lanes.iter().enumerate().fold(0, |mask, (i, &set)| mask | u32::from(set) << i)
}

/// The bytes of `a` that `indices` name, 0 where there is none.
#[inline(always)]
pub fn swizzle(a: U8x16, indices: U8x16) -> U8x16 {
    map(indices, |i| if i < 16 { a[usize::from(i & 15)] } else { 0 })
}

/// Bytes of two vectors. Indices are below 32.
#[inline(always)]
pub fn shuffle(a: U8x16, b: U8x16, indices: U8x16) -> U8x16 {
    let both: [u8; 32] = from_fn(|i| if i < 16 { a[i] } else { b[i - 16] });
    map(indices, |i| both[usize::from(i & 31)])
}

/// How many bits of a byte are ones.
#[inline(always)]
pub fn ones(a: u8) -> u8 {
    let a = a - (a >> 1 & 0x55);
    let a = (a & 0x33) + (a >> 2 & 0x33);
    (a + (a >> 4)) & 0x0f
}

/// The mean, rounded up.
#[inline(always)]
pub fn average8(a: u8, b: u8) -> u8 {
    ((u16::from(a) + u16::from(b) + 1) >> 1) as u8
}

/// The mean, rounded up.
#[inline(always)]
pub fn average16(a: u16, b: u16) -> u16 {
    ((u32::from(a) + u32::from(b) + 1) >> 1) as u16
}

/// The product of fractions of 15 bits, rounded. Only -1 times -1 is out of range.
#[inline(always)]
pub fn q15(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b) + 0x4000) >> 15).min(i16::MAX.into()) as i16
}

/// Products of neighbours, added.
#[inline(always)]
pub fn dot(a: I16x8, b: I16x8) -> I32x4 {
    let product = |i: usize| i32::from(a[i]) * i32::from(b[i]);
    from_fn(|i| product(2 * i).wrapping_add(product(2 * i + 1)))
}

/// Products of neighbours, both signed, added with saturation.
#[inline(always)]
pub fn relaxed_dot(a: I8x16, b: I8x16) -> I16x8 {
    let product = |i: usize| i16::from(a[i]) * i16::from(b[i]);
    from_fn(|i| product(2 * i).saturating_add(product(2 * i + 1)))
}

/// Sums of neighbours of that, and of `c`.
#[inline(always)]
pub fn relaxed_dot_add(a: I8x16, b: I8x16, c: I32x4) -> I32x4 {
    let sums: I32x4 = pairs(relaxed_dot(a, b), i32::wrapping_add);
    zip(sums, c, i32::wrapping_add)
}

/// Rounding without a call, for lanes: adding and subtracting the smallest number that has no fractions rounds to the
/// nearest, ties to even.
macro_rules! rounding {
    ($nearest:ident, $trunc:ident, $floor:ident, $ceil:ident, $rounded:ident, $f:ty, $bits:ty, $whole:expr, $quiet:expr) => {
        /// Rounded, the sign and what has no fraction kept, NaNs quiet. `of` gets a number without a sign, its nearest
        /// integer, and whether there was a sign.
        #[inline(always)]
        fn $rounded(a: $f, of: impl Fn($f, $f, bool) -> $f) -> $f {
            const SIGN: $bits = 1 << (<$bits>::BITS - 1);
            let (bits, sign) = (a.to_bits(), a.to_bits() & SIGN);
            let size = <$f>::from_bits(bits & !SIGN);
            let rounded = of(size, (size + $whole) - $whole, sign != 0).to_bits() | sign;
            let quiet = if a.is_nan() { $quiet } else { 0 };
            <$f>::from_bits(if size < $whole { rounded } else { bits | quiet })
        }

        #[inline(always)]
        pub fn $nearest(a: $f) -> $f {
            $rounded(a, |_, near, _| near)
        }

        #[inline(always)]
        pub fn $trunc(a: $f) -> $f {
            $rounded(a, |size, near, _| if near > size { near - 1.0 } else { near })
        }

        // Away from 0 on one side, towards it on the other.
        #[inline(always)]
        pub fn $floor(a: $f) -> $f {
            $rounded(a, |size, near, negative| match negative {
                true => {
                    if near < size {
                        near + 1.0
                    } else {
                        near
                    }
                }
                false => {
                    if near > size {
                        near - 1.0
                    } else {
                        near
                    }
                }
            })
        }

        #[inline(always)]
        pub fn $ceil(a: $f) -> $f {
            $rounded(a, |size, near, negative| match negative {
                true => {
                    if near > size {
                        near - 1.0
                    } else {
                        near
                    }
                }
                false => {
                    if near < size {
                        near + 1.0
                    } else {
                        near
                    }
                }
            })
        }
    };
}
rounding!(f32_nearest, f32_trunc, f32_floor, f32_ceil, f32_rounded, f32, u32, 8_388_608.0, 1 << 22);
rounding!(f64_nearest, f64_trunc, f64_floor, f64_ceil, f64_rounded, f64, u64, 4_503_599_627_370_496.0, 1 << 51);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interp::num;

    /// Edge values, and random ones of every size.
    fn floats() -> impl Iterator<Item = u64> {
        let edges = [
            0,
            1,
            1 << 51,
            0x3fe0 << 48,
            0x3ff8 << 48,
            0x4004 << 48,
            0x4330 << 48,
            0x4340 << 48,
            0x7ff0 << 48,
            0x7ff4 << 48,
            0x7ff8 << 48,
        ];
        let near = edges.into_iter().flat_map(|e: u64| [e.wrapping_sub(1), e, e + 1]);
        let mut x = 1u64;
        near.chain((0..200_000).map(move |i| {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Exponents around those of numbers with fractions.
            let exponent = 1020 + i % 60;
            if i % 3 == 0 { x } else { x & !(0x7ff << 52) | exponent << 52 }
        }))
        .flat_map(|x| [x, x ^ 1 << 63])
    }

    #[test]
    fn rounding_is_that_of_numbers() {
        for bits in floats() {
            let a = f64::from_bits(bits);
            assert_eq!(f64_nearest(a).to_bits(), num::f64_nearest(a).to_bits(), "nearest {a:?}");
            assert_eq!(f64_trunc(a).to_bits(), num::f64_trunc(a).to_bits(), "trunc {a:?}");
            assert_eq!(f64_floor(a).to_bits(), num::f64_floor(a).to_bits(), "floor {a:?}");
            assert_eq!(f64_ceil(a).to_bits(), num::f64_ceil(a).to_bits(), "ceil {a:?}");
            for a in [num::demote(a), f32::from_bits(bits as u32), f32::from_bits((bits >> 32) as u32)] {
                assert_eq!(f32_nearest(a).to_bits(), num::f32_nearest(a).to_bits(), "nearest {a:?}");
                assert_eq!(f32_trunc(a).to_bits(), num::f32_trunc(a).to_bits(), "trunc {a:?}");
                assert_eq!(f32_floor(a).to_bits(), num::f32_floor(a).to_bits(), "floor {a:?}");
                assert_eq!(f32_ceil(a).to_bits(), num::f32_ceil(a).to_bits(), "ceil {a:?}");
            }
        }
    }

    #[test]
    fn ones_are_counted() {
        assert!((0..=255u8).all(|a| u32::from(ones(a)) == a.count_ones()));
    }

    #[test]
    fn corners() {
        assert_eq!(q15(i16::MIN, i16::MIN), i16::MAX);
        assert_eq!(q15(i16::MIN, i16::MAX), -32767);
        assert_eq!(dot([i16::MIN; 8], [i16::MIN; 8]), [i32::MIN; 4]);
        assert_eq!(relaxed_dot([i8::MIN; 16], [i8::MIN; 16]), [i16::MAX; 8]);
        assert_eq!(relaxed_dot_add([i8::MIN; 16], [i8::MIN; 16], [1; 4]), [65535; 4]);
        assert_eq!(average8(255, 254), 255);
        assert_eq!(average16(0, 1), 1);
        assert_eq!(u16s(0x0004_0003_0002_0001), [1, 2, 3, 4]);
    }
}
