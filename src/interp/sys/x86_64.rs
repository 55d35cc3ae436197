//! x86-64: SSSE3.

use std::arch::x86_64::{
    __m128i, _mm_add_epi8, _mm_adds_epu8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8, _mm_sub_epi8,
};

/// A vector of bytes in a register: as an array, the compiler would keep it in memory around the assembly.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Bytes(__m128i);

/// Whether [`swizzle`] and [`shuffle`] can be used.
pub fn has_bytes() -> bool {
    std::arch::is_x86_feature_detected!("ssse3")
}

/// The bytes of two words.
#[inline(always)]
pub fn words(low: u64, high: u64) -> Bytes {
    // SAFETY: x86-64 has SSE2.
    Bytes(unsafe { _mm_set_epi64x(high as i64, low as i64) })
}

/// The bytes of `a` that the lower four bits of indices name, 0 where the uppermost bit is set.
///
/// # Safety
/// [`has_bytes`].
#[inline(always)]
unsafe fn pick(mut a: __m128i, indices: __m128i) -> __m128i {
    // SAFETY: the CPU has the instruction, by the caller's promise; it touches only these registers. Assembly, because
    // a function that is compiled for such CPUs would be called, and handlers must not make calls.
    unsafe {
        std::arch::asm!(
            "pshufb {}, {}",
            inout(xmm_reg) a,
            in(xmm_reg) indices,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    a
}

/// As [`lanes::swizzle`](crate::interp::lanes::swizzle).
///
/// # Safety
/// [`has_bytes`].
#[inline(always)]
pub unsafe fn swizzle(a: Bytes, indices: Bytes) -> Bytes {
    // From 16 on, the addition sets the uppermost bit.
    // SAFETY: the caller's promise.
    Bytes(unsafe { pick(a.0, _mm_adds_epu8(indices.0, _mm_set1_epi8(0x70))) })
}

/// As [`lanes::shuffle`](crate::interp::lanes::shuffle).
///
/// # Safety
/// [`has_bytes`].
#[inline(always)]
pub unsafe fn shuffle(a: Bytes, b: Bytes, indices: Bytes) -> Bytes {
    // Of 0 to 31, each half gets its uppermost bit from one of the two.
    // SAFETY: the caller's promise; x86-64 has SSE2.
    Bytes(unsafe {
        let first = _mm_add_epi8(indices.0, _mm_set1_epi8(0x70));
        let second = _mm_sub_epi8(indices.0, _mm_set1_epi8(16));
        _mm_or_si128(pick(a.0, first), pick(b.0, second))
    })
}
