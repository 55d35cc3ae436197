//! Constants at edges (signs, widths, immediates, displacements, roundings, bounds of conversions), and types of references.

use crate::random::Random;
use wasm_encoder::{AbstractHeapType, HeapType, Instruction as I, RefType, ValType as V};

/// The types of references to any object, and to exceptions.
pub const ANY_REF: RefType = nullable(HeapType::ANY);
pub const ANY: V = V::Ref(ANY_REF);
pub const EXN: V = V::Ref(nullable(HeapType::Abstract { shared: false, ty: AbstractHeapType::Exn }));

pub const fn nullable(heap_type: HeapType) -> RefType {
    RefType { nullable: true, heap_type }
}

/// Integers at edges.
const INTEGERS: [u64; 31] = [
    0,
    1,
    2,
    3,
    7,
    8,
    10,
    31,
    32,
    33,
    63,
    64,
    100,
    127,
    128,
    255,
    1000,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_fffe,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ff80,
    u64::MAX,
];

/// The same for floats.
const FLOATS: [f64; 20] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    1.5,
    2.0,
    -2147483648.0,
    -2147483648.5,
    -2147483649.0,
    2147483647.0,
    2147483647.5,
    4294967295.5,
    9223372036854775807.0,
    18446744073709551615.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    1e-310,
    16777217.0,
];

pub fn drawn<T: Copy>(random: &mut Random, list: &[T]) -> T {
    list[random.below(list.len() as u64) as usize]
}

/// Draws an edge, a neighbour of one, a value half-way between two floats, or anything.
pub fn integer(random: &mut Random) -> u64 {
    match random.below(12) {
        0 => random.next(),
        1 | 2 => drawn(random, &INTEGERS).wrapping_neg(),
        3 => half_way(random),
        _ => drawn(random, &INTEGERS),
    }
}

pub fn float(random: &mut Random) -> f64 {
    match random.below(10) {
        0 => random.below(1 << 40) as f64 / 4096.0,
        1 => half_way_float(random),
        2 => random.below(64) as f64 - 32.5,
        _ => drawn(random, &FLOATS),
    }
}

/// Draws an integer half-way between two floats of one of the widths, or a neighbour: values that reveal rounding in
/// the wrong direction, double rounding, or none.
pub fn half_way(random: &mut Random) -> u64 {
    let wide = random.below(3) == 0;
    let width = if wide { 53 } else { 24 };
    // Bits below the significand; the first of them is the half.
    let (below, next) = match random.below(4) {
        // Half-way after the bits beyond the wider significand are lost.
        0 => (if wide { 10 } else { 30 + random.below(10) }, drawn(random, &[1, 1u64.wrapping_neg()])),
        // All bits, and the lowest one decides.
        1 => (64 - width, drawn(random, &[0, 1, 1, 1u64.wrapping_neg()])),
        _ => (1 + random.below(63 - width), drawn(random, &[0, 0, 1, 1u64.wrapping_neg()])),
    };
    let significand = 1 << (width - 1) | random.next() & ((1 << (width - 1)) - 1);
    let value = (significand << below | 1 << (below - 1)).wrapping_add(next);
    if random.below(4) == 0 { value.wrapping_neg() } else { value }
}

/// Draws an f64 half-way between two f32 values, or a neighbour.
pub fn half_way_float(random: &mut Random) -> f64 {
    // Some in the range of subnormal f32 numbers, and some below it.
    let exponent = drawn(random, &[1023, 1023 + 40, 1023 - 20, 1023 - 130, 1023 - 148, 1023 - 149, 1023 + 127]);
    let short = random.next() & ((1 << 23) - 1);
    // Below 2^-126 there are fewer bits.
    let lost = if exponent < 1023 - 126 { (1023 - 126 - exponent).min(23) } else { 0 };
    let significand = (short >> lost << lost) << 29 | 1 << (28 + lost);
    let next = drawn(random, &[0, 0, 1, 1u64.wrapping_neg()]);
    f64::from_bits((random.below(2) << 63 | exponent << 52 | significand).wrapping_add(next))
}

/// Draws a divisor that is not 0: an edge, a power of two, a small number, or anything.
pub fn divisor(random: &mut Random, wide: bool) -> u64 {
    let bits = if wide { 63 } else { 31 };
    let by = match random.below(8) {
        0 => integer(random),
        1 => 1 << random.below(bits + 1),
        2 => (1 << random.below(bits + 1)) + 1,
        3 => random.next() >> random.below(bits),
        4 => (3 + random.below(1000)).wrapping_neg(),
        _ => 3 + random.below(1000),
    };
    if wide { by.max(1) } else { u64::from((by as u32).max(1)) }
}

/// Draws the bits of an edge of a type, as stored in memory.
pub fn bits(random: &mut Random, ty: V) -> u64 {
    match ty {
        V::F32 => u64::from((float(random) as f32).to_bits()),
        V::F64 => float(random).to_bits(),
        _ => integer(random),
    }
}

/// Returns the constant of a type with these bits.
pub fn constant(ty: V, bits: u64) -> I<'static> {
    match ty {
        V::I32 => I::I32Const(bits as i32),
        V::I64 => I::I64Const(bits as i64),
        V::F32 => I::F32Const(f32::from_bits(bits as u32).into()),
        _ => I::F64Const(f64::from_bits(bits).into()),
    }
}

/// Turns a NaN on the stack into the canonical one, by way of a local of its type.
pub fn canonical(ty: V, helper: u32) -> [I<'static>; 6] {
    let (nan, same) = match ty {
        V::F32 => (I::F32Const(f32::NAN.into()), I::F32Eq),
        _ => (I::F64Const(f64::NAN.into()), I::F64Eq),
    };
    let get = || I::LocalGet(helper);
    [I::LocalTee(helper), nan, get(), get(), same, I::Select]
}

/// Joins the halves of the vector on the stack to an i64, by way of a local.
pub fn halves(helper: u32) -> [I<'static>; 7] {
    let (low, high) = (I::I64x2ExtractLane(0), I::I64x2ExtractLane(1));
    [I::LocalTee(helper), low, I::I64Const(29), I::I64Rotl, I::LocalGet(helper), high, I::I64Xor]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half-way values are half-way: both neighbours are equally far, or the value is next to such a number.
    #[test]
    fn half_way_is_half_way() {
        let mut random = Random::new(1);
        let (mut twice, mut short) = (0, 0);
        for _ in 0..10_000 {
            let v = half_way(&mut random) as i64;
            twice += u32::from(v as f32 != v as f64 as f32);
            let f = half_way_float(&mut random);
            let (up, down) = ((f * (1.0 + f64::EPSILON)) as f32, (f * (1.0 - f64::EPSILON)) as f32);
            short += u32::from(up != down);
        }
        assert!(twice > 800, "only {twice} integers show a second rounding");
        assert!(short > 5000, "only {short} floats are half-way");
    }
}
