//! Bulk copies and fills of memory that other threads may access meanwhile, by relaxed atomic accesses: by words if both sides
//! have the same alignment. Which of the racing bytes is read is unspecified; the behaviour is never undefined.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

const WORD: usize = size_of::<u64>();

/// # Safety
/// `at` may be read and written, and all other accesses meanwhile are atomic.
unsafe fn byte<'a>(at: *mut u8) -> &'a AtomicU8 {
    // SAFETY: the caller's promise.
    unsafe { AtomicU8::from_ptr(at) }
}

/// # Safety
/// As [`byte`], for a word; `at` is aligned.
unsafe fn word<'a>(at: *mut u8) -> &'a AtomicU64 {
    // SAFETY: the caller's promise.
    unsafe { AtomicU64::from_ptr(at.cast()) }
}

/// Number of bytes before the first aligned word of `len` bytes, and number of whole words from there on.
fn split(at: *const u8, len: usize) -> (usize, usize) {
    let head = at.align_offset(WORD).min(len);
    (head, (len - head) / WORD)
}

/// Copies bytes; the ranges may overlap.
///
/// # Safety
/// All `len` bytes of both may be accessed, and all other accesses meanwhile are atomic (or only the caller accesses
/// `from`).
pub(in crate::runtime) unsafe fn copy(to: *mut u8, from: *const u8, len: usize) {
    let from = from.cast_mut();
    let alike = (to as usize).wrapping_sub(from as usize).is_multiple_of(WORD);
    let (head, words) = if alike { split(to, len) } else { (len, 0) };
    let body = head + words * WORD;
    // Once, and not for each word: a build with assertions copies megabytes, too.
    debug_assert!(
        words == 0 || [to.cast_const(), from].iter().all(|at| at.wrapping_add(head).cast::<u64>().is_aligned())
    );
    // SAFETY: in bounds by the caller's promise; words are aligned on both sides.
    unsafe {
        let one = |i: usize| byte(to.add(i)).store(byte(from.add(i)).load(Ordering::Relaxed), Ordering::Relaxed);
        let eight = |i: usize| {
            let at = head + i * WORD;
            word(to.add(at)).store(word(from.add(at)).load(Ordering::Relaxed), Ordering::Relaxed);
        };
        if to.cast_const() <= from.cast_const() {
            (0..head).for_each(one);
            (0..words).for_each(eight);
            (body..len).for_each(one);
        } else {
            (body..len).rev().for_each(one);
            (0..words).rev().for_each(eight);
            (0..head).rev().for_each(one);
        }
    }
}

/// # Safety
/// All `len` bytes may be accessed, and all other accesses meanwhile are atomic.
pub(in crate::runtime) unsafe fn fill(to: *mut u8, with: u8, len: usize) {
    let (head, words) = split(to, len);
    let body = head + words * WORD;
    // SAFETY: in bounds by the caller's promise; words are aligned.
    unsafe {
        (0..head).chain(body..len).for_each(|i| byte(to.add(i)).store(with, Ordering::Relaxed));
        let all = u64::from_ne_bytes([with; WORD]);
        (0..words).for_each(|i| word(to.add(head + i * WORD)).store(all, Ordering::Relaxed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Less than a word is left on either side.
    #[test]
    fn all_words_are_words() {
        let room = [0u64; 8];
        let bytes = room.as_ptr().cast::<u8>();
        for at in 0..WORD {
            for len in 0..=size_of_val(&room) - at {
                let (head, words) = split(bytes.wrapping_add(at), len);
                let tail = len - head - words * WORD;
                assert!(head < WORD && tail < WORD && (words == 0 || (at + head).is_multiple_of(WORD)), "{at}, {len}");
            }
        }
    }

    #[test]
    fn copies_and_fills_as_slices_do() {
        for to in 0..20 {
            for from in 0..20 {
                for len in 0..20 {
                    let mut bytes: Vec<u8> = (0..64).collect();
                    let mut expected = bytes.clone();
                    expected.copy_within(from..from + len, to);
                    let base = bytes.as_mut_ptr();
                    // SAFETY: in bounds.
                    unsafe { copy(base.add(to), base.add(from), len) };
                    assert_eq!(bytes, expected, "{len} bytes from {from} to {to}");
                }
            }
            for len in 0..40 {
                let mut bytes: Vec<u8> = (0..64).collect();
                let mut expected = bytes.clone();
                expected[to..to + len].fill(0xa5);
                // SAFETY: in bounds.
                unsafe { fill(bytes.as_mut_ptr().add(to), 0xa5, len) };
                assert_eq!(bytes, expected, "{len} bytes at {to}");
            }
        }
    }
}
