//! Libcalls that make and throw exceptions. [`crate::runtime::stacks::unwind`] finds the handlers.

use crate::runtime::heap;
use crate::runtime::stacks::unwind;
use crate::runtime::trap::raise::fail;
use crate::runtime::vm::{LibcallResult, Status, VMContext, VMStore};

/// Libcall: makes an exception of the context's tag; value: its exnref.
///
/// # Safety
/// `ctx` is that of running code that has published its frames, and has this tag.
pub unsafe extern "C" fn exception_new(ctx: *mut VMContext, tag: u64, _: u64, _: u64, _: u64, _: u64) -> LibcallResult {
    // SAFETY: the caller's promise.
    unsafe {
        let tag = *(*ctx).tags.add(tag as usize);
        match heap::new_exception((*ctx).store, tag) {
            Ok(object) => LibcallResult { value: u64::from(object.0.get()), status: Status::Ok },
            Err(code) => fail(ctx, code, u64::MAX),
        }
    }
}

/// Libcall: throws an exnref, which is not null: all code has checked that.
///
/// # Safety
/// `ctx` is that of running code that has published its frames.
pub unsafe extern "C" fn throw(ctx: *mut VMContext, exnref: u64, _: u64, _: u64, _: u64, _: u64) -> LibcallResult {
    // SAFETY: the caller's promise.
    unsafe {
        assert_ne!(exnref as u32, 0, "null is a trap before");
        in_flight((*ctx).store, exnref)
    }
}

/// Makes an exception the one in flight.
///
/// # Safety
/// The store runs, and has published its frames; the exception is one of the store's.
pub(in crate::runtime) unsafe fn in_flight(store: *mut VMStore, exnref: u64) -> LibcallResult {
    // SAFETY: the caller's promise.
    unsafe {
        (*store).pending_exception = exnref as u32;
        // A program may throw a million times: a backtrace is only taken if the origin of the last one is wanted.
        if (*store).keep_post_mortem {
            unwind::capture(store, false);
        }
    }
    LibcallResult { value: 0, status: Status::Exception }
}
