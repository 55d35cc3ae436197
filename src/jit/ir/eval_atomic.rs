//! Memory accesses for the evaluator. Other threads may share the memory, so plain accesses are relaxed atomic accesses;
//! the atomic operations are one loop around a compare-exchange.

use super::{Access, Imm, InstData, Op, Type};
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

/// Returns the contents of memory after `op` found `old` there; `None` if it leaves memory unchanged. Only the low bits
/// count, as many as the access has.
fn after(op: Op, old: u64, args: [u64; 2], mask: u64) -> Option<u64> {
    Some(match op {
        Op::AtomicLoad => return None,
        Op::AtomicStore | Op::AtomicXchg => args[0],
        Op::AtomicAdd => old.wrapping_add(args[0]),
        Op::AtomicAnd => old & args[0],
        Op::AtomicOr => old | args[0],
        Op::AtomicXor => old ^ args[0],
        Op::AtomicCas if old == args[0] & mask => args[1],
        Op::AtomicCas => return None,
        _ => unreachable!("{op:?} is not atomic"),
    })
}

/// Executes an atomic operation on memory and returns the old contents, zero-extended. `args` are the operands before
/// base and index.
///
/// # Safety
/// The access is in bounds and aligned.
pub(super) unsafe fn execute(data: &InstData, at: *mut u8, args: [u64; 2]) -> u64 {
    let Imm::Heap { access, .. } = data.imm else { unreachable!("an atomic access has its immediate") };
    let (op, bytes) = (data.op, width(access, data.ty));
    assert_eq!(at as usize % bytes, 0, "alignment is checked before an atomic access");
    macro_rules! update {
        ($t:ty, $cell:ty) => {{
            // SAFETY: the caller's promise.
            let cell = unsafe { <$cell>::from_ptr(at.cast()) };
            let mut old = cell.load(Ordering::SeqCst);
            while let Some(new) = after(op, old.into(), args, <$t>::MAX.into()) {
                match cell.compare_exchange(old, new as $t, Ordering::SeqCst, Ordering::SeqCst) {
                    Ok(_) => break,
                    Err(now) => old = now,
                }
            }
            u64::from(old)
        }};
    }
    match bytes {
        1 => update!(u8, AtomicU8),
        2 => update!(u16, AtomicU16),
        4 => update!(u32, AtomicU32),
        _ => update!(u64, AtomicU64),
    }
}

fn width(access: Access, ty: Type) -> usize {
    access.bytes(ty) as usize
}

/// Returns the place as that of an integer, which must be aligned. Many CPUs also allow unaligned accesses, but perhaps
/// in parts.
fn aligned<T>(at: *mut u8) -> *mut T {
    debug_assert!(at.cast::<T>().is_aligned(), "an access at once is aligned");
    at.cast()
}

/// Reads 1, 2, 4, 8 or 16 bytes: in one access if they are aligned and at most eight, otherwise byte by byte.
///
/// # Safety
/// The bytes may be read, and other threads write them only atomically.
pub(super) unsafe fn read(at: *const u8, bytes: usize) -> u128 {
    let at = at.cast_mut();
    // SAFETY: the caller's promise; aligned where it has to be.
    unsafe {
        if !(at as usize).is_multiple_of(bytes) || bytes > 8 {
            let one = |i: usize| u128::from(AtomicU8::from_ptr(at.add(i)).load(Ordering::Relaxed)) << (8 * i);
            return (0..bytes).map(one).sum();
        }
        match bytes {
            1 => AtomicU8::from_ptr(at).load(Ordering::Relaxed).into(),
            2 => AtomicU16::from_ptr(aligned(at)).load(Ordering::Relaxed).into(),
            4 => AtomicU32::from_ptr(aligned(at)).load(Ordering::Relaxed).into(),
            _ => AtomicU64::from_ptr(aligned(at)).load(Ordering::Relaxed).into(),
        }
    }
}

/// Writes the low `bytes` bytes of a value in the way in which [`read`] reads them.
///
/// # Safety
/// The bytes may be written, and other threads access them only atomically.
pub(super) unsafe fn write(at: *mut u8, bytes: usize, value: u128) {
    // SAFETY: the caller's promise; aligned where it has to be.
    unsafe {
        if !(at as usize).is_multiple_of(bytes) || bytes > 8 {
            for i in 0..bytes {
                AtomicU8::from_ptr(at.add(i)).store((value >> (8 * i)) as u8, Ordering::Relaxed);
            }
            return;
        }
        match bytes {
            1 => AtomicU8::from_ptr(at).store(value as u8, Ordering::Relaxed),
            2 => AtomicU16::from_ptr(aligned(at)).store(value as u16, Ordering::Relaxed),
            4 => AtomicU32::from_ptr(aligned(at)).store(value as u32, Ordering::Relaxed),
            _ => AtomicU64::from_ptr(aligned(at)).store(value as u64, Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    /// An aligned access of at most eight bytes is a single access, as in compiled code: nobody sees a part of it.
    #[test]
    fn aligned_accesses_are_not_torn() {
        for bytes in [2, 4, 8] {
            let cell = AtomicU64::new(0);
            let (at, done) = (cell.as_ptr() as usize, AtomicBool::new(false));
            let whole = u128::MAX >> (128 - 8 * bytes);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        for value in [u128::MAX, 0] {
                            // SAFETY: the cell outlives the scope, in which it is accessed by these functions alone.
                            unsafe { write(at as *mut u8, bytes, value) };
                        }
                    }
                });
                // SAFETY: as above.
                let seen = || unsafe { read(at as *const u8, bytes) };
                // More than fits between two thread switches.
                let torn = (0..3_000_000).map(|_| seen()).filter(|&seen| seen != 0 && seen != whole).count();
                done.store(true, Ordering::Relaxed);
                assert_eq!(torn, 0, "accesses of {bytes} bytes");
            });
        }
    }

    #[test]
    fn any_place_holds_any_number_of_bytes() {
        let mut room = [0xa5u8; 48];
        for (at, bytes) in (0..16).flat_map(|at| [1, 2, 4, 8, 16].map(|bytes| (at, bytes))) {
            let value = 0x0123_4567_89ab_cdef_1021_3243_5465_7687u128 << at;
            // SAFETY: inside the room.
            let read = unsafe {
                write(room.as_mut_ptr().add(8 + at), bytes, value);
                read(room.as_ptr().add(8 + at), bytes)
            };
            assert_eq!(read, value & (u128::MAX >> (128 - 8 * bytes)), "{bytes} bytes at {at}");
            assert_eq!((room[7 + at], room[8 + at + bytes]), (0xa5, 0xa5), "{bytes} bytes at {at}");
            room.fill(0xa5);
        }
    }
}
