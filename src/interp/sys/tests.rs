//! What the CPU does is what the portable functions do.

use super::*;
use crate::interp::lanes::{self, U8x16};
use std::array::from_fn;

#[test]
fn bytes_are_shuffled_alike() {
    let (a, b): (U8x16, U8x16) = (from_fn(|i| 3 + i as u8), from_fn(|i| 200 + i as u8));
    if !has_bytes() {
        return println!("no instructions for it on this CPU");
    }
    for i in 0..=255u8 {
        let indices: U8x16 = from_fn(|k| i.wrapping_mul(k as u8 * 2 + 1).wrapping_add(k as u8));
        let below = indices.map(|i| i & 31);
        let register = |v: U8x16| {
            let half = |at: usize| u64::from_le_bytes(from_fn(|k| v[at + k]));
            words(half(0), half(8))
        };
        // SAFETY: the CPU has it, and a vector of bytes is one however it is called.
        let (swizzled, shuffled): (U8x16, U8x16) = unsafe {
            let swizzled = swizzle(register(a), register(indices));
            let shuffled = shuffle(register(a), register(b), register(below));
            (std::mem::transmute::<Bytes, U8x16>(swizzled), std::mem::transmute::<Bytes, U8x16>(shuffled))
        };
        assert_eq!(swizzled, lanes::swizzle(a, indices), "{indices:?}");
        assert_eq!(shuffled, lanes::shuffle(a, b, below), "{below:?}");
    }
}
