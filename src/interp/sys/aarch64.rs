//! AArch64: table lookups, which its base has.

use std::arch::aarch64::{uint8x16_t, uint8x16x2_t, vcombine_u8, vcreate_u8, vqtbl1q_u8, vqtbl2q_u8};

/// A vector of bytes in a register.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Bytes(uint8x16_t);

/// Whether [`swizzle`] and [`shuffle`] can be used.
pub fn has_bytes() -> bool {
    true
}

/// The bytes of two words.
#[inline(always)]
pub fn words(low: u64, high: u64) -> Bytes {
    // SAFETY: the base of AArch64 has vectors.
    Bytes(unsafe { vcombine_u8(vcreate_u8(low), vcreate_u8(high)) })
}

/// As [`lanes::swizzle`](crate::interp::lanes::swizzle).
///
/// # Safety
/// [`has_bytes`].
#[inline(always)]
pub unsafe fn swizzle(a: Bytes, indices: Bytes) -> Bytes {
    // An index beyond the table selects 0.
    // SAFETY: the caller's promise.
    Bytes(unsafe { vqtbl1q_u8(a.0, indices.0) })
}

/// As [`lanes::shuffle`](crate::interp::lanes::shuffle).
///
/// # Safety
/// [`has_bytes`].
#[inline(always)]
pub unsafe fn shuffle(a: Bytes, b: Bytes, indices: Bytes) -> Bytes {
    // SAFETY: the caller's promise.
    Bytes(unsafe { vqtbl2q_u8(uint8x16x2_t(a.0, b.0), indices.0) })
}
