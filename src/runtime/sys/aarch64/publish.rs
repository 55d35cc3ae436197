//! Makes written code visible to instruction fetches on AArch64, whose instruction caches do not see writes.

use std::arch::asm;

/// Whether a thread may run instructions that it fetched before their memory was taken away and written again: it may,
/// until an exception or a barrier makes it forget them.
pub const KEEPS_FETCHED: bool = true;

/// See [`instructions`](crate::runtime::sys::instructions).
///
/// # Safety
/// The range can be read.
pub unsafe fn make_visible(start: *const u8, len: usize) {
    let types: usize;
    // SAFETY: reads a register that user programs may read.
    unsafe { asm!("mrs {}, ctr_el0", out(reg) types, options(nomem, nostack, preserves_flags)) };
    // Log2 of the number of words of 4 bytes in the smallest line of any data cache, and of any instruction cache.
    let line = |shift: u32| 4usize << ((types >> shift) & 15);
    // SAFETY: the caller's promise: the lines have bytes that can be read. The operations change no memory. Each of
    // them reaches all processors that threads of the process run on, and is complete after the barrier.
    unsafe {
        for line in lines(start as usize, len, line(16)) {
            asm!("dc cvau, {}", in(reg) line, options(nostack, preserves_flags));
        }
        asm!("dsb ish", options(nostack, preserves_flags));
        for line in lines(start as usize, len, line(0)) {
            asm!("ic ivau, {}", in(reg) line, options(nostack, preserves_flags));
        }
        asm!("dsb ish", "isb", options(nostack, preserves_flags));
    }
}

/// Addresses of the cache lines that contain bytes of a range.
fn lines(start: usize, len: usize, line: usize) -> impl Iterator<Item = usize> {
    (start & !(line - 1)..start + len).step_by(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_range_is_visited() {
        let of = |start, len| lines(start, len, 64).collect::<Vec<_>>();
        assert_eq!(of(128, 64), [128]);
        assert_eq!(of(128, 65), [128, 192]);
        assert_eq!(of(191, 2), [128, 192]);
        assert_eq!(of(130, 190), [128, 192, 256]);
        assert!(of(128, 0).is_empty());
    }

    #[test]
    fn any_range_can_be_made_visible() {
        let bytes = vec![0u8; 1000];
        for (start, len) in [(0, 1000), (1, 1), (333, 500), (1000, 0)] {
            // SAFETY: inside the bytes.
            unsafe { make_visible(bytes.as_ptr().add(start), len) };
        }
    }
}
