//! The results of the atomic operators, and accesses to memories that other threads may access too. Written for the
//! interpreter alone.
//!
//! Atomic accesses are Rust's own: the caller has checked their alignment. Plain accesses to shared memory may be
//! unaligned; they are relaxed atomic accesses, byte by byte if unaligned.

#![expect(clippy::useless_conversion, reason = "one macro widens at four widths; at one of them nothing changes")]

use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

/// The operation of a read-modify-write operator on the old value and its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Rmw {
    Add,
    Sub,
    And,
    Or,
    Xor,
    Xchg,
}

/// The width of an atomic access and of its value, and the operation, packed into an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtomicKind {
    /// log2 of the number of bytes accessed.
    pub log2: u16,
    /// Whether the value is an i64.
    pub long: bool,
    /// The operation, if it is a read-modify-write access.
    pub rmw: Rmw,
}

impl AtomicKind {
    /// Packs the kind into 16 bits.
    pub fn encode(self) -> u16 {
        self.log2 | u16::from(self.long) << 2 | (self.rmw as u16) << 3
    }

    #[inline(always)]
    /// Unpacks what [`AtomicKind::encode`] packed.
    pub fn decode(bits: u16) -> AtomicKind {
        let rmw = match bits >> 3 {
            0 => Rmw::Add,
            1 => Rmw::Sub,
            2 => Rmw::And,
            3 => Rmw::Or,
            4 => Rmw::Xor,
            _ => Rmw::Xchg,
        };
        AtomicKind { log2: bits & 3, long: bits & 4 != 0, rmw }
    }

    #[inline(always)]
    /// The number of bytes accessed.
    pub fn bytes(self) -> usize {
        1 << self.log2
    }
}

/// The order of all atomic operators: they are sequentially consistent.
const ORDER: Ordering = Ordering::SeqCst;

macro_rules! by_width {
    ($log2:expr, $at:expr, |$cell:ident, $t:ident| $body:expr) => {
        match $log2 {
            0 => {
                type $t = u8;
                let $cell = AtomicU8::from_ptr($at);
                $body
            }
            1 => {
                type $t = u16;
                let $cell = AtomicU16::from_ptr($at.cast());
                $body
            }
            2 => {
                type $t = u32;
                let $cell = AtomicU32::from_ptr($at.cast());
                $body
            }
            _ => {
                type $t = u64;
                let $cell = AtomicU64::from_ptr($at.cast());
                $body
            }
        }
    };
}

/// Loads a value, zero-extended.
///
/// # Safety
/// In bounds and aligned.
#[inline(always)]
pub unsafe fn load(at: *mut u8, log2: u16) -> u64 {
    // SAFETY: the caller's promise. (The type's name is not needed.)
    unsafe { by_width!(log2, at, |cell, _T| u64::from(cell.load(ORDER))) }
}

/// Stores the lower bytes of a value.
///
/// # Safety
/// In bounds and aligned.
#[inline(always)]
pub unsafe fn store(at: *mut u8, log2: u16, value: u64) {
    // SAFETY: the caller's promise.
    unsafe { by_width!(log2, at, |cell, T| cell.store(value as T, ORDER)) }
}

/// Applies a read-modify-write operator; returns the old value, zero-extended.
///
/// # Safety
/// In bounds and aligned.
#[inline(always)]
pub unsafe fn rmw(at: *mut u8, kind: AtomicKind, value: u64) -> u64 {
    // SAFETY: the caller's promise.
    unsafe {
        by_width!(kind.log2, at, |cell, T| {
            let value = value as T;
            u64::from(match kind.rmw {
                Rmw::Add => cell.fetch_add(value, ORDER),
                Rmw::Sub => cell.fetch_sub(value, ORDER),
                Rmw::And => cell.fetch_and(value, ORDER),
                Rmw::Or => cell.fetch_or(value, ORDER),
                Rmw::Xor => cell.fetch_xor(value, ORDER),
                Rmw::Xchg => cell.swap(value, ORDER),
            })
        })
    }
}

/// Compares and exchanges; returns the old value, zero-extended. The expected value is wrapped to the width of the
/// access.
///
/// # Safety
/// In bounds and aligned.
#[inline(always)]
pub unsafe fn compare_exchange(at: *mut u8, log2: u16, expected: u64, new: u64) -> u64 {
    // SAFETY: the caller's promise.
    unsafe {
        by_width!(log2, at, |cell, T| {
            match cell.compare_exchange(expected as T, new as T, ORDER, ORDER) {
                Ok(old) | Err(old) => u64::from(old),
            }
        })
    }
}

/// A plain load of memory that others may write meanwhile: the bytes as a little-endian number.
///
/// # Safety
/// All bytes are in bounds.
#[inline(always)]
pub unsafe fn load_relaxed<const BYTES: usize>(at: *const u8) -> u128 {
    let at = at.cast_mut();
    // Both widths are constants once this is inlined, so an aligned access is a single load.
    // SAFETY: the caller's promise; any address is aligned for single bytes.
    unsafe { if is_whole(at, BYTES) { load_by::<BYTES>(at, whole(BYTES)) } else { load_by::<BYTES>(at, 0) } }
}

/// A load in accesses of 2 to the power of `log2` bytes.
///
/// # Safety
/// All bytes are in bounds, and the address is aligned to each access.
#[inline(always)]
unsafe fn load_by<const BYTES: usize>(at: *mut u8, log2: u32) -> u128 {
    // In registers: a handler that lets the address of a local escape calls the next handler instead of jumping to it.
    debug_assert!(is_aligned(at, log2));
    let mut value = 0;
    let mut i = 0;
    while i < BYTES {
        // SAFETY: the caller's promise.
        let word =
            unsafe { by_width!(log2, at.wrapping_add(i), |cell, _T| u64::from(cell.load(Ordering::Relaxed).to_le())) };
        value |= u128::from(word) << (8 * i);
        i += 1 << log2;
    }
    value
}

/// A plain store to memory that others may access meanwhile, of the lower bytes of a number in little-endian order.
///
/// # Safety
/// All bytes are in bounds.
#[inline(always)]
pub unsafe fn store_relaxed<const BYTES: usize>(at: *mut u8, value: u128) {
    // SAFETY: as in `load_relaxed`.
    unsafe {
        if is_whole(at, BYTES) { store_by::<BYTES>(at, value, whole(BYTES)) } else { store_by::<BYTES>(at, value, 0) }
    }
}

/// A store in accesses of 2 to the power of `log2` bytes.
///
/// # Safety
/// As [`load_by`].
#[inline(always)]
unsafe fn store_by<const BYTES: usize>(at: *mut u8, value: u128, log2: u32) {
    debug_assert!(is_aligned(at, log2));
    let mut i = 0;
    while i < BYTES {
        let word = (value >> (8 * i)) as u64;
        // SAFETY: the caller's promise.
        unsafe { by_width!(log2, at.wrapping_add(i), |cell, T| cell.store((word as T).to_le(), Ordering::Relaxed)) };
        i += 1 << log2;
    }
}

/// log2 of the widest access that a value of this many bytes, a power of two, consists of: at most 8 bytes.
#[inline(always)]
fn whole(bytes: usize) -> u32 {
    bytes.trailing_zeros().min(3)
}

/// Whether accesses of that width are aligned at this address. If not, bytes are accessed one by one: WebAssembly lets
/// them tear.
#[inline(always)]
fn is_whole(at: *mut u8, bytes: usize) -> bool {
    is_aligned(at, whole(bytes))
}

/// Whether an address is a multiple of 2 to the power of `log2`.
#[inline(always)]
fn is_aligned(at: *mut u8, log2: u32) -> bool {
    at as usize & ((1 << log2) - 1) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn kinds_are_encoded_without_loss() {
        for log2 in 0..4 {
            for long in [false, true] {
                for rmw in [Rmw::Add, Rmw::Sub, Rmw::And, Rmw::Or, Rmw::Xor, Rmw::Xchg] {
                    let kind = AtomicKind { log2, long, rmw };
                    assert_eq!(AtomicKind::decode(kind.encode()), kind);
                }
            }
        }
    }

    #[test]
    fn relaxed_accesses_are_those_bytes() {
        let number = |from: usize, bytes: usize| (0..bytes).fold(0, |n, i| n | ((from + i) as u128) << (8 * i));
        for at in 0..16 {
            let mut memory: Vec<u8> = (0..48).collect();
            let base = memory.as_mut_ptr();
            // SAFETY: in bounds.
            unsafe {
                assert_eq!(load_relaxed::<16>(base.add(at)), number(at, 16));
                assert_eq!(load_relaxed::<8>(base.add(at)), number(at, 8));
                assert_eq!(load_relaxed::<2>(base.add(at)), number(at, 2));
                assert_eq!(load_relaxed::<1>(base.add(at)), number(at, 1));
                store_relaxed::<4>(base.add(at), 0xee_ddcc_bbaa);
                store_relaxed::<16>(base.add(at + 4), number(0xe0, 16));
            }
            let stored = [0xaa, 0xbb, 0xcc, 0xdd].into_iter().chain(0xe0..0xf0);
            let expected: Vec<u8> = (0..at as u8).chain(stored).chain(at as u8 + 20..48).collect();
            assert_eq!(memory, expected);
        }
    }

    #[test]
    fn accesses_are_as_wide_as_their_alignment_allows() {
        // Bytes of the value, and of each access.
        for (bytes, each) in [(1, 1), (2, 2), (4, 4), (8, 8), (16, 8)] {
            assert_eq!(1 << whole(bytes), each);
            for at in 0..64_usize {
                assert_eq!(is_whole(at as *mut u8, bytes), at.is_multiple_of(each), "{bytes} bytes at {at}");
            }
        }
    }

    /// A thread sees all of an aligned number that another thread wrote, or none of it.
    #[test]
    fn aligned_numbers_do_not_tear() {
        const ROUNDS: usize = 1_000_000;
        fn check<const BYTES: usize>() {
            let all = u128::MAX >> (128 - 8 * BYTES);
            let (memory, ended) = (AtomicU64::new(0), AtomicBool::new(false));
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    // SAFETY: in bounds.
                    (0..ROUNDS).for_each(|i| unsafe {
                        store_relaxed::<BYTES>(memory.as_ptr().cast(), if i % 2 == 0 { all } else { 0 });
                    });
                    ended.store(true, Ordering::Release);
                });
                while !ended.load(Ordering::Acquire) {
                    // SAFETY: in bounds.
                    let seen = unsafe { load_relaxed::<BYTES>(memory.as_ptr().cast()) };
                    assert!(seen == 0 || seen == all, "{seen:#x} of {BYTES} bytes");
                }
            });
        }
        check::<2>();
        check::<4>();
        check::<8>();
    }
}
