//! Libcalls that make and throw exceptions. Finding the handler is [`crate::runtime::stacks::unwind`]'s part.

use crate::runtime::heap;
use crate::runtime::stacks::unwind;
use crate::runtime::trap::TrapCode;
use crate::runtime::trap::raise::fail;
use crate::runtime::vm::{LibcallResult, Status, VMContext};

/// Libcall: a new exception of the context's tag; value: its exnref.
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

/// Libcall: throws an exnref; traps if it is null.
///
/// # Safety
/// `ctx` is that of running code that has published its frames.
pub unsafe extern "C" fn throw(ctx: *mut VMContext, exnref: u64, _: u64, _: u64, _: u64, _: u64) -> LibcallResult {
    // SAFETY: the caller's promise.
    unsafe {
        if exnref as u32 == 0 {
            return fail(ctx, TrapCode::NullExceptionReference, u64::MAX);
        }
        let store = (*ctx).store;
        (*store).pending_exception = exnref as u32;
        // A program may throw a million times: only for whoever wants to know where the last one was from.
        if (*store).keep_post_mortem {
            unwind::capture(store, false);
        }
    }
    LibcallResult { value: 0, status: Status::Exception }
}
