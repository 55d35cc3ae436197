//! The results of the vector operations, lane by lane. Written for the interpreter alone, as [`numbers`](super::numbers).
//!
//! A vector is an array of its lanes, the first lane first. It lies in its two slots the same way, since all supported
//! machines are little-endian. Loops over lanes have no calls and no branches, so that the compiler makes vector
//! instructions of them.
//!
//! Relaxed operations follow the *deterministic profile*: each gives the first of the results that the specification
//! allows, which is the result of the strict operation of the same kind.

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

/// A type of lanes.
pub trait Lane: Copy + Default {}
impl<T: Copy + Default> Lane for T {}

/// As [`std::array::from_fn`], which calls functions that are not inlined unless units are optimized together. A function that a
/// handler calls might still use the handler's frame, so that the jump to the next handler would become a call, too.
#[inline(always)]
pub fn from_fn<R: Lane, const N: usize>(f: impl Fn(usize) -> R) -> [R; N] {
    let mut lanes = [R::default(); N];
    let mut i = 0;
    while i < N {
        lanes[i] = f(i);
        i += 1;
    }
    lanes
}

/// Applies a function to each lane.
#[inline(always)]
pub fn map<A: Copy, R: Lane, const N: usize>(a: [A; N], f: impl Fn(A) -> R) -> [R; N] {
    from_fn(|i| f(a[i]))
}

/// Applies a function to each pair of lanes.
#[inline(always)]
pub fn zip<A: Copy, B: Copy, R: Lane, const N: usize>(a: [A; N], b: [B; N], f: impl Fn(A, B) -> R) -> [R; N] {
    from_fn(|i| f(a[i], b[i]))
}

/// The values of a lane when a comparison holds, and when it does not.
pub trait Truth: Lane {
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

/// All ones where the comparison of two lanes holds.
#[inline(always)]
pub fn compare<A: Copy, R: Truth, const N: usize>(a: [A; N], b: [A; N], holds: impl Fn(A, A) -> bool) -> [R; N] {
    from_fn(|i| R::truth(holds(a[i], b[i])))
}

/// The lanes of both vectors, each narrowed by `f`.
#[inline(always)]
pub fn narrow<A: Copy, R: Lane, const N: usize, const M: usize>(a: [A; N], b: [A; N], f: impl Fn(A) -> R) -> [R; M] {
    from_fn(|i| f(if i < N { a[i] } else { b[i - N] }))
}

/// The lower half of the lanes, twice as wide.
#[inline(always)]
pub fn low<A: Copy, R: Lane + From<A>, const N: usize, const M: usize>(a: [A; N]) -> [R; M] {
    from_fn(|i| a[i].into())
}

/// The upper half of the lanes, twice as wide.
#[inline(always)]
pub fn high<A: Copy, R: Lane + From<A>, const N: usize, const M: usize>(a: [A; N]) -> [R; M] {
    from_fn(|i| a[M + i].into())
}

/// Applies a function to each pair of neighbours, twice as wide.
#[inline(always)]
pub fn pairs<A: Copy, R: Lane + From<A>, const N: usize, const M: usize>(a: [A; N], f: impl Fn(R, R) -> R) -> [R; M] {
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

/// Replaces one lane. `lane` is a lane of the vector.
#[inline(always)]
pub fn replace<A: Lane, const N: usize>(a: [A; N], x: A, lane: u16) -> [A; N] {
    from_fn(|i| if i == usize::from(lane) { x } else { a[i] })
}

/// Bits of `a` where `mask` has ones, of `b` where it has zeros.
#[inline(always)]
pub fn bitselect(a: U64x2, b: U64x2, mask: U64x2) -> U64x2 {
    from_fn(|i| a[i] & mask[i] | b[i] & !mask[i])
}

/// Whether no lane of `WIDTH` bits is 0. Taking 1 from each makes a borrow of the lowest lane that is 0, if there is
/// one.
#[inline(always)]
pub fn all_true<const WIDTH: u32>(a: U64x2) -> u32 {
    let ones = u64::MAX / (u64::MAX >> (64 - WIDTH));
    let zero = |a: u64| a.wrapping_sub(ones) & !a & ones << (WIDTH - 1);
    u32::from(zero(a[0]) | zero(a[1]) == 0)
}

/// The signs of the 8-bit lanes, one bit a lane. Each is moved to its place by one of the terms of a product, in which
/// no two bits meet.
#[inline(always)]
pub fn bitmask8(a: U64x2) -> u32 {
    let half = |a: u64| ((a >> 7 & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32;
    half(a[0]) | half(a[1]) << 8
}

/// As [`bitmask8`], for lanes of 16 bits.
#[inline(always)]
pub fn bitmask16(a: U64x2) -> u32 {
    let half = |a: u64| ((a >> 15 & 0x0001_0001_0001_0001).wrapping_mul(0x0001_0002_0004_0008) >> 48) as u32 & 15;
    half(a[0]) | half(a[1]) << 4
}

/// As [`bitmask8`], for lanes of 32 bits.
#[inline(always)]
pub fn bitmask32(a: U64x2) -> u32 {
    let half = |a: u64| (a >> 31 & 1 | a >> 62 & 2) as u32;
    half(a[0]) | half(a[1]) << 2
}

/// As [`bitmask8`], for lanes of 64 bits.
#[inline(always)]
pub fn bitmask64(a: U64x2) -> u32 {
    (a[0] >> 63 | a[1] >> 62 & 2) as u32
}

/// The bytes of `a` at `indices`, 0 where an index is out of range.
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

/// The number of ones in a byte.
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

/// Sums of products of 16-bit neighbours: the two halves of each lane.
#[inline(always)]
pub fn dot(a: I32x4, b: I32x4) -> I32x4 {
    let lower = |x: i32| i32::from(x as i16);
    zip(a, b, |a, b| (lower(a) * lower(b)).wrapping_add((a >> 16) * (b >> 16)))
}

/// Sums of products of neighbours, both signed.
#[inline(always)]
pub fn relaxed_dot(a: I8x16, b: I8x16) -> I16x8 {
    let product = |i: usize| i16::from(a[i]) * i16::from(b[i]);
    from_fn(|i| product(2 * i).wrapping_add(product(2 * i + 1)))
}

/// Sums of neighbours of [`relaxed_dot`], and of `c`.
#[inline(always)]
pub fn relaxed_dot_add(a: I8x16, b: I8x16, c: I32x4) -> I32x4 {
    let sums: I32x4 = pairs(relaxed_dot(a, b), i32::wrapping_add);
    zip(sums, c, i32::wrapping_add)
}

macro_rules! floats {
    ($(#[$doc:meta])* $name:ident, $f:ty, $bits:ty, whole: $whole:expr, quiet: $quiet:expr) => {
        $(#[$doc])*
        pub mod $name {
            /// Rounds; keeps the sign and numbers without a fraction, and makes NaNs quiet. Without a call, and so
            /// without a branch: adding and subtracting the smallest number that has no fractions rounds to the
            /// nearest, ties to even. `of` gets the number and the rounded one.
            #[inline(always)]
            fn rounded(a: $f, of: impl Fn($f, $f) -> $f) -> $f {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                let (bits, sign) = (a.to_bits(), a.to_bits() & SIGN);
                let size = <$f>::from_bits(bits & !SIGN);
                let near = <$f>::from_bits(((size + $whole) - $whole).to_bits() | sign);
                let rounded = of(a, near).to_bits() | sign;
                let quiet = if a.is_nan() { $quiet } else { 0 };
                <$f>::from_bits(if size < $whole { rounded } else { bits | quiet })
            }

            #[inline(always)]
            pub fn nearest(a: $f) -> $f {
                rounded(a, |_, near| near)
            }

            #[inline(always)]
            pub fn trunc(a: $f) -> $f {
                rounded(a, |a, near| {
                    // In steps of 1 with the number's sign.
                    let one = <$f>::from_bits((1.0 as $f).to_bits() | a.to_bits() & (1 << (<$bits>::BITS - 1)));
                    if near.abs() > a.abs() { near - one } else { near }
                })
            }

            #[inline(always)]
            pub fn floor(a: $f) -> $f {
                rounded(a, |a, near| if near > a { near - 1.0 } else { near })
            }

            #[inline(always)]
            pub fn ceil(a: $f) -> $f {
                rounded(a, |a, near| if near < a { near + 1.0 } else { near })
            }

            #[inline(always)]
            pub fn min(a: $f, b: $f) -> $f {
                let (x, y) = (a.to_bits(), b.to_bits());
                // Equal: only the sign of zero can differ, and min wants it set.
                let (x, y) = (if a < b { x } else { y }, if b < a { y } else { x });
                // A sum with a NaN is that NaN, quiet.
                <$f>::from_bits(if a.is_nan() | b.is_nan() { (a + b).to_bits() } else { x | y })
            }

            #[inline(always)]
            pub fn max(a: $f, b: $f) -> $f {
                let (x, y) = (a.to_bits(), b.to_bits());
                let (x, y) = (if a > b { x } else { y }, if b > a { y } else { x });
                <$f>::from_bits(if a.is_nan() | b.is_nan() { (a + b).to_bits() } else { x & y })
            }
        }
    };
}
floats!(
    /// Operations on f32 lanes.
    float32, f32, u32, whole: 8_388_608.0, quiet: 1 << 22
);
floats!(
    /// Operations on f64 lanes.
    float64, f64, u64, whole: 4_503_599_627_370_496.0, quiet: 1 << 51
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interp::numbers;
    use std::array::from_fn;

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
            assert_eq!(float64::nearest(a).to_bits(), numbers::float64::nearest(a).to_bits(), "nearest {a:?}");
            assert_eq!(float64::trunc(a).to_bits(), numbers::float64::trunc(a).to_bits(), "trunc {a:?}");
            assert_eq!(float64::floor(a).to_bits(), numbers::float64::floor(a).to_bits(), "floor {a:?}");
            assert_eq!(float64::ceil(a).to_bits(), numbers::float64::ceil(a).to_bits(), "ceil {a:?}");
            for a in [numbers::demote(a), f32::from_bits(bits as u32), f32::from_bits((bits >> 32) as u32)] {
                assert_eq!(float32::nearest(a).to_bits(), numbers::float32::nearest(a).to_bits(), "nearest {a:?}");
                assert_eq!(float32::trunc(a).to_bits(), numbers::float32::trunc(a).to_bits(), "trunc {a:?}");
                assert_eq!(float32::floor(a).to_bits(), numbers::float32::floor(a).to_bits(), "floor {a:?}");
                assert_eq!(float32::ceil(a).to_bits(), numbers::float32::ceil(a).to_bits(), "ceil {a:?}");
            }
        }
    }

    #[test]
    fn minimum_and_maximum_are_those_of_numbers() {
        let edges: Vec<u64> = floats().take(60).collect();
        for (&a, &b) in edges.iter().flat_map(|a| edges.iter().map(move |b| (a, b))) {
            let (a, b) = (f64::from_bits(a), f64::from_bits(b));
            let nan = a.is_nan() || b.is_nan();
            let quiet = |bits: u64| bits & 0x7ff8 << 48 == 0x7ff8 << 48;
            for (got, want) in
                [(float64::min(a, b), numbers::float64::min(a, b)), (float64::max(a, b), numbers::float64::max(a, b))]
            {
                assert!(
                    if nan { quiet(got.to_bits()) } else { got.to_bits() == want.to_bits() },
                    "{a:?} {b:?} {got:?}"
                );
            }
            let (a, b) = (numbers::demote(a), numbers::demote(b));
            for (got, want) in
                [(float32::min(a, b), numbers::float32::min(a, b)), (float32::max(a, b), numbers::float32::max(a, b))]
            {
                assert!(if nan { got.is_nan() } else { got.to_bits() == want.to_bits() }, "{a:?} {b:?} {got:?}");
            }
        }
    }

    #[test]
    fn bytes_are_shuffled_alike() {
        assert_eq!(
            swizzle(from_fn(|i| i as u8 + 1), from_fn(|i| (i * 5) as u8)),
            [1, 6, 11, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        );
        assert_eq!(shuffle([7; 16], [9; 16], from_fn(|i| 8 + i as u8)), from_fn(|i| if i < 8 { 7 } else { 9 }));
        let (a, b): (U8x16, U8x16) = (from_fn(|i| 3 + i as u8), from_fn(|i| 200 + i as u8));
        for i in 0..=255u8 {
            let indices: U8x16 = from_fn(|k| i.wrapping_mul(k as u8 * 2 + 1).wrapping_add(k as u8));
            let below = map(indices, |i| i & 31);
            let swizzled: U8x16 = from_fn(|k| if indices[k] < 16 { 3 + indices[k] } else { 0 });
            let shuffled: U8x16 = from_fn(|k| if below[k] < 16 { 3 + below[k] } else { 200 - 16 + below[k] });
            assert_eq!(swizzle(a, indices), swizzled, "{indices:?}");
            assert_eq!(shuffle(a, b, below), shuffled, "{below:?}");
        }
    }

    #[test]
    fn no_lane_is_missed() {
        for i in 0..16 {
            for byte in [1u8, 0x7f, 0x80, 0xff] {
                let v: U8x16 = from_fn(|k| if k == i { 0 } else { byte });
                let halves = [u64::from_le_bytes(from_fn(|k| v[k])), u64::from_le_bytes(from_fn(|k| v[k + 8]))];
                assert_eq!([all_true::<8>(halves), all_true::<16>(halves), all_true::<64>(halves)], [0, 1, 1], "{v:?}");
                let two = [0, 8].map(|h| u64::from_le_bytes(from_fn(|k| if (h + k) / 2 == i / 2 { 0 } else { byte })));
                assert_eq!([all_true::<16>(two), all_true::<32>(two)], [0, 1], "{two:x?}");
            }
        }
        assert_eq!(
            (all_true::<64>([1, 0]), all_true::<64>([1 << 63, 1]), all_true::<32>([1 << 32, u64::MAX])),
            (0, 1, 0)
        );
    }

    #[test]
    fn signs_are_gathered() {
        // Each bit alone, and each missing.
        for v in (0..128).flat_map(|i| [1u128 << i, !(1 << i), 0, u128::MAX]) {
            let mask =
                |width: u32| (0..128 / width).fold(0, |m, i| m | ((v >> (i * width + width - 1)) as u32 & 1) << i);
            let halves = [v as u64, (v >> 64) as u64];
            let got = [bitmask8(halves), bitmask16(halves), bitmask32(halves), bitmask64(halves)];
            assert_eq!(got, [mask(8), mask(16), mask(32), mask(64)], "{v:#x}");
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
        // Halves go up.
        let near = [16_383, 16_384, -16_384, -16_385].map(|b| q15(1, b));
        assert_eq!(near, [0, 1, 0, -1]);
        let minima = i32::from_le_bytes([0, 0x80, 0, 0x80]);
        assert_eq!(dot([minima; 4], [minima; 4]), [i32::MIN; 4]);
        assert_eq!(dot([-1; 4], [0x0002_0003; 4]), [-5; 4]);
        assert_eq!(relaxed_dot([i8::MIN; 16], [i8::MIN; 16]), [i16::MIN; 8]);
        assert_eq!(relaxed_dot_add([i8::MIN; 16], [i8::MIN; 16], [1; 4]), [-65535; 4]);
        assert_eq!(average8(255, 254), 255);
        assert_eq!(average16(0, 1), 1);
        assert_eq!(u16s(0x0004_0003_0002_0001), [1, 2, 3, 4]);
    }
}
