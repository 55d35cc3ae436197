//! Counts allocated bytes: the same number in each run, unlike time.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, counting bytes by thread.
pub struct Counting;

thread_local! {
    static TOTAL: Cell<u64> = const { Cell::new(0) };
    static LIVE: Cell<i64> = const { Cell::new(0) };
    static PEAK: Cell<i64> = const { Cell::new(0) };
}

/// Returns the bytes that this thread has requested so far, including those it has freed.
pub fn total() -> u64 {
    TOTAL.get()
}

/// Calls `f`, and returns by how many bytes this thread's allocations at most exceeded those before the call.
pub fn peak<R>(f: impl FnOnce() -> R) -> (R, u64) {
    let before = LIVE.get();
    PEAK.set(before);
    let result = f();
    (result, PEAK.get().saturating_sub(before) as u64)
}

fn add(bytes: usize) {
    // A thread that is ending no longer has a counter, nor a reader of it.
    let _ = TOTAL.try_with(|total| total.set(total.get() + bytes as u64));
    let _ = LIVE.try_with(|live| {
        live.set(live.get() + bytes as i64);
        PEAK.with(|peak| peak.set(peak.get().max(live.get())));
    });
}

fn remove(bytes: usize) {
    // These may be another thread's bytes, which makes the peak too small; but the measured code allocates and frees on its own
    // thread.
    let _ = LIVE.try_with(|live| live.set(live.get() - bytes as i64));
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
        remove(layout.size());
        // SAFETY: guaranteed by the caller.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new: usize) -> *mut u8 {
        add(new.saturating_sub(layout.size()));
        remove(layout.size().saturating_sub(new));
        // SAFETY: guaranteed by the caller.
        unsafe { System.realloc(ptr, layout, new) }
    }
}
