//! Decides which numbers may be choices of NaNs.
//!
//! Which NaN an operator makes is unspecified, and its bits may go into an integer, or decide what is computed next. So two sides
//! may legitimately differ in numbers that are not floats. If they no longer do when all operators make canonical NaNs, that may
//! be the reason. It may also be a fault of the compiler, which then makes different code. A choice either is the bits of a NaN,
//! or changes what a side that does not compile returns.
//! rightly differ in numbers that are no floats. Where they no longer do when all operators make canonical NaNs, that may be the
//! reason. It may also be a fault of the compiler, which makes other code then: a choice is the bits of a NaN, or changes what a
//! side returns that does not compile.

use super::numbers::is_nan;
use crate::runtime::value::Val;

/// Whether numbers or vectors that differ between two sides, and are alike with canonical NaNs, may be a choice: either they are
/// the bits of NaNs on both, or canonical NaNs change the value of the trusted side from `native` to `canonical`.
/// on both, or canonical NaNs change the one of the trusted side from `native` to `canonical`.
pub fn may_be_chosen([left, right]: [Val; 2], native: Val, canonical: Val) -> bool {
    let [left, right, native, canonical] = [left, right, native, canonical].map(as_one_nan);
    left == right || are_bits_of_nans(left, right) || changed((left, right), native, canonical)
}

/// Whether a value changes with canonical NaNs; in a vector, all 32-bit lanes in which the sides differ, unless these are NaNs on
/// both.
/// unless these are NaNs on both.
fn changed((left, right): (Val, Val), native: Val, canonical: Val) -> bool {
    use Val::V128;
    let (V128(left), V128(right), V128(native), V128(canonical)) = (left, right, native, canonical) else {
        return native != canonical;
    };
    (0..4).all(|i| {
        let [left, right, native, canonical] = [left, right, native, canonical].map(|bits| (bits >> (32 * i)) as u32);
        let nans = [left, right].iter().all(|&bits| is_nan(u64::from(bits), 32));
        left == right || nans || native != canonical
    })
}

/// Whether both values are the bits of NaNs, as floats, vectors or integers.
pub fn are_bits_of_nans(left: Val, right: Val) -> bool {
    let float = |value| match value {
        Val::I32(bits) => Val::F32(bits),
        Val::I64(bits) => Val::F64(bits),
        value => value,
    };
    are_nans(float(left), float(right))
}

/// Whether both values are NaNs, or vectors that differ only in lanes that are NaNs as f32 or as f64.
pub fn are_nans(left: Val, right: Val) -> bool {
    let f32s = |bits: u32| is_nan(u64::from(bits), 32);
    let f64s = |bits: u64| is_nan(bits, 64);
    match (left, right) {
        (Val::F32(a), Val::F32(b)) => f32s(a) && f32s(b),
        (Val::F64(a), Val::F64(b)) => f64s(a) && f64s(b),
        (Val::V128(a), Val::V128(b)) => {
            let lanes = |i: u32| ((a >> (32 * i)) as u32, (b >> (32 * i)) as u32);
            let halves = |i: u32| ((a >> (64 * i)) as u64, (b >> (64 * i)) as u64);
            (0..4).map(lanes).all(|(a, b)| a == b || f32s(a) && f32s(b))
                || (0..2).map(halves).all(|(a, b)| a == b || f64s(a) && f64s(b))
        }
        _ => false,
    }
}

/// The value, with all NaNs of a type replaced by the same one.
pub fn as_one_nan(value: Val) -> Val {
    match value {
        Val::F32(bits) if is_nan(u64::from(bits), 32) => Val::F32(f32::NAN.to_bits()),
        Val::F64(bits) if is_nan(bits, 64) => Val::F64(f64::NAN.to_bits()),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: u32 = 0x7fc0_0000;
    const OTHER: u32 = 0xffc0_0001;

    /// For two floats, all NaNs are the same. Elsewhere their bits count, or that canonical NaNs change the value.
    #[test]
    fn a_choice_is_the_bits_of_a_nan_or_changes() {
        use Val::{F32, I32, I64};
        let vector = |second: u32, first: u32| Val::V128(u128::from(second) << 32 | u128::from(first));
        for (left, right, canonical, expected) in [
            (F32(NAN), F32(OTHER), F32(NAN), true),
            (F32(1), F32(OTHER), F32(1), false),
            (I32(NAN), I32(OTHER), I32(NAN), true),
            (I32(1), I32(2), I32(1), false),
            (I32(1), I32(2), I32(2), true),
            (I64(0x7ff8 << 48), I64(0xfff8 << 48 | 1), I64(0x7ff8 << 48), true),
            (I64(u64::from(NAN)), I64(u64::from(OTHER)), I64(u64::from(NAN)), false),
            (vector(1, NAN), vector(1, OTHER), vector(1, NAN), true),
            (vector(1, NAN), vector(2, OTHER), vector(1, NAN), false),
            (vector(1, NAN), vector(2, OTHER), vector(3, NAN), true),
        ] {
            assert_eq!(may_be_chosen([left, right], left, canonical), expected, "{left:?} {right:?} {canonical:?}");
        }
    }
}
