//! `memory.atomic.wait` and `memory.atomic.notify`, which both backends call. All other atomic operators compute
//! values: each backend has its own.

use super::memories_and_tables::{interrupt, interrupted, libcall, memory, ok, trap};
use crate::runtime::memory::Memory;
use crate::runtime::memory::parking::WaitEnd;
use crate::runtime::trap::TrapCode;
use crate::runtime::vm::{LibcallResult, VMContext};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// The offset in the memory of an atomic access of `size` bytes (a power of two), or its trap: an access that is both
/// unaligned and out of bounds is unaligned.
fn effective(memory: &Memory, index: u64, offset: u64, size: u64) -> Result<u64, TrapCode> {
    if !index.wrapping_add(offset).is_multiple_of(size) {
        return Err(TrapCode::UnalignedAtomic);
    }
    let at = index.checked_add(offset).ok_or(TrapCode::MemoryOutOfBounds)?;
    at.checked_add(size).filter(|&end| end <= memory.len() as u64).ok_or(TrapCode::MemoryOutOfBounds)?;
    Ok(at)
}

/// # Safety
/// As a libcall; `index` is of a memory. `unchanged` is called with an aligned address of `size` bytes of it.
unsafe fn wait(
    ctx: *mut VMContext,
    index: u64,
    at: Result<u64, TrapCode>,
    timeout: u64,
    unchanged: impl FnOnce(*mut u8) -> bool,
) -> LibcallResult {
    // SAFETY: the caller's promise; the store is alive as long as its code runs.
    unsafe {
        let memory = memory(ctx, index);
        let at = match at {
            // The specification's interpreter checks alignment, then that the memory is shared, then bounds.
            Err(TrapCode::UnalignedAtomic) => return trap(ctx, TrapCode::UnalignedAtomic),
            _ if memory.vm.shared == 0 => return trap(ctx, TrapCode::AtomicWaitOnUnshared),
            Ok(at) => at,
            Err(code) => return trap(ctx, code),
        };
        // Nanoseconds, signed: a negative one means no limit.
        let timeout = i64::try_from(timeout).ok().map(|ns| Duration::from_nanos(ns as u64));
        let here = memory.vm.base.add(at as usize);
        match memory.waiting.wait(at, timeout, || unchanged(here), || interrupted(ctx)) {
            WaitEnd::Notified => ok(0),
            WaitEnd::NotEqual => ok(1),
            WaitEnd::TimedOut => ok(2),
            WaitEnd::Interrupted => interrupt(ctx),
        }
    }
}

libcall! {
    /// `memory.atomic.wait32`.
    atomic_wait32 |ctx, index, address, offset, expected, timeout| {
        // SAFETY: the caller's promise; in bounds and aligned when it is read.
        unsafe {
            let at = effective(memory(ctx, index), address, offset, 4);
            wait(ctx, index, at, timeout, |at| AtomicU32::from_ptr(at.cast()).load(Ordering::SeqCst) == expected as u32)
        }
    }
}

libcall! {
    /// `memory.atomic.wait64`.
    atomic_wait64 |ctx, index, address, offset, expected, timeout| {
        // SAFETY: as above.
        unsafe {
            let at = effective(memory(ctx, index), address, offset, 8);
            wait(ctx, index, at, timeout, |at| AtomicU64::from_ptr(at.cast()).load(Ordering::SeqCst) == expected)
        }
    }
}

libcall! {
    /// `memory.atomic.notify`. A memory that is not shared has no waiting threads.
    atomic_notify |ctx, index, address, offset, count| _ u64 {
        // SAFETY: the caller's promise.
        unsafe {
            let memory = memory(ctx, index);
            match effective(memory, address, offset, 4) {
                Ok(at) => ok(memory.waiting.notify(at, count as u32).into()),
                Err(code) => trap(ctx, code),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::MemoryType;

    /// Compared with unbounded arithmetic: aligned, and the last byte inside.
    #[test]
    fn an_atomic_access_is_aligned_and_then_in_bounds() {
        // A length need not be a multiple of the access's.
        for len in [65536, 65534, 65531] {
            let (initial, page_size_log2) = (len, Some(0));
            let ty = MemoryType { memory64: true, shared: true, initial, maximum: Some(initial), page_size_log2 };
            let memory = Memory::new(ty, 1 << 20).unwrap();
            let near = |n: u64| (0..20).map(move |i| n.wrapping_add(i).wrapping_sub(10));
            let numbers: Vec<u64> = [0, 65536, 1 << 32, 1 << 63].into_iter().flat_map(near).collect();
            for size in [1, 2, 4, 8, 16] {
                for &index in &numbers {
                    for &offset in &numbers {
                        let at = u128::from(index) + u128::from(offset);
                        let expected = if at % u128::from(size) != 0 {
                            Err(TrapCode::UnalignedAtomic)
                        } else if at + u128::from(size) > u128::from(len) {
                            Err(TrapCode::MemoryOutOfBounds)
                        } else {
                            Ok(at as u64)
                        };
                        let found = effective(&memory, index, offset, size);
                        assert_eq!(found, expected, "{len}: {size} at {index:#x}+{offset:#x}");
                    }
                }
            }
        }
    }
}
