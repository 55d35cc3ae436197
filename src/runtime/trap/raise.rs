//! Raises traps from Rust.

use super::TrapCode;
use crate::runtime::observe::capture;
use crate::runtime::stacks::unwind;
use crate::runtime::vm::{INTERRUPTED, LibcallResult, Status, VMContext, VMStore};
use std::sync::atomic::Ordering;

/// Makes a trap the one in flight and records the backtrace. A `detail` of `u64::MAX` means none, unless
/// the trap [names an element](TrapCode::names_element). Returns
/// `Status::Trap`.
///
/// # Safety
/// As [`unwind::walk`].
pub unsafe fn raise(store: *mut VMStore, code: TrapCode, detail: u64) -> Status {
    // SAFETY: the caller's promise.
    unsafe { raise_at(store, code, detail, false) }
}

/// # Safety
/// As [`unwind::walk`].
pub(super) unsafe fn raise_at(store: *mut VMStore, code: TrapCode, detail: u64, fault: bool) -> Status {
    // SAFETY: the caller's promise.
    unsafe {
        (*store).pending_trap = code as u32;
        (*store).pending_trap_detail = detail;
        unwind::capture(store, fault);
        if (*store).keep_post_mortem {
            (*store).post_mortem = Some(Box::new(capture::post_mortem(store, fault)));
        }
    }
    Status::Trap
}

/// Result of a libcall that traps.
///
/// # Safety
/// As [`unwind::walk`].
pub unsafe fn fail(ctx: *mut VMContext, code: TrapCode, detail: u64) -> LibcallResult {
    // SAFETY: the caller's promise.
    LibcallResult { value: 0, status: unsafe { raise((*ctx).store, code, detail) } }
}

/// Libcall: raises a trap.
///
/// # Safety
/// As [`unwind::walk`].
pub unsafe extern "C" fn trap(ctx: *mut VMContext, code: u64, detail: u64, _: u64, _: u64, _: u64) -> LibcallResult {
    let code = TrapCode::from_u8(code as u8).expect("compiled code raises only valid trap codes");
    // SAFETY: the caller's promise.
    unsafe { fail(ctx, code, detail) }
}

/// Libcall: the stack limit was hit. This takes a pending interrupt.
///
/// # Safety
/// As [`unwind::walk`].
pub unsafe extern "C" fn stack_check(ctx: *mut VMContext, _: u64, _: u64, _: u64, _: u64, _: u64) -> LibcallResult {
    // SAFETY: the caller's promise.
    unsafe {
        let store = (*ctx).store;
        let limit = (*(*store).stack).native_limit;
        let interrupted = (*store).stack_limit.swap(limit, Ordering::Relaxed) == INTERRUPTED;
        let code = if interrupted { TrapCode::Interrupt } else { TrapCode::CallStackExhausted };
        fail(ctx, code, u64::MAX)
    }
}
