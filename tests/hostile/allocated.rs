//! Counts allocated bytes: the same number in each run, unlike time.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, counting bytes by thread.
pub struct Counting;

thread_local!(static TOTAL: Cell<u64> = const { Cell::new(0) });

/// Returns the bytes that this thread has requested so far, including those it has freed.
pub fn total() -> u64 {
    TOTAL.get()
}

fn add(bytes: usize) {
    // A thread that is ending has no counter any more, and no reader.
    let _ = TOTAL.try_with(|total| total.set(total.get() + bytes as u64));
}

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: guaranteed by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: guaranteed by the caller.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: guaranteed by the caller.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new: usize) -> *mut u8 {
        add(new.saturating_sub(layout.size()));
        // SAFETY: guaranteed by the caller.
        unsafe { System.realloc(ptr, layout, new) }
    }
}
