//! A CPU of which the interpreter uses nothing in particular.

use crate::interp::lanes::{self, U8x16};

/// A vector of bytes.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Bytes(U8x16);

/// Whether there is something else to use than what all CPUs have.
pub fn has_bytes() -> bool {
    false
}

/// The bytes of two words.
pub fn words(low: u64, high: u64) -> Bytes {
    let (low, high) = (low.to_le_bytes(), high.to_le_bytes());
    Bytes(std::array::from_fn(|i| if i < 8 { low[i] } else { high[i - 8] }))
}

/// # Safety
/// None.
pub unsafe fn swizzle(a: Bytes, indices: Bytes) -> Bytes {
    Bytes(lanes::swizzle(a.0, indices.0))
}

/// # Safety
/// None.
pub unsafe fn shuffle(a: Bytes, b: Bytes, indices: Bytes) -> Bytes {
    Bytes(lanes::shuffle(a.0, b.0, indices.0))
}
