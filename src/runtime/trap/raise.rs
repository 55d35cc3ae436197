//! Raises traps from Rust.

use super::TrapCode;
use crate::runtime::observe::capture;
use crate::runtime::stacks::unwind;
use crate::runtime::vm::{LibcallResult, Status, VMContext, VMStore};

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
        record(store, fault);
    }
    Status::Trap
}

/// Records where a trap comes from: the backtrace, and the state of the innermost frames if the store keeps it.
///
/// # Safety
/// As [`unwind::walk`].
pub(in crate::runtime) unsafe fn record(store: *mut VMStore, fault: bool) {
    // SAFETY: the caller's promise.
    unsafe {
        unwind::capture(store, fault);
        if (*store).keep_post_mortem {
            (*store).post_mortem = Some(Box::new(capture::post_mortem(store, fault)));
        }
    }
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
        let interrupted = (*store).stack_limit.take_interrupt(limit);
        let code = if interrupted { TrapCode::Interrupt } else { TrapCode::CallStackExhausted };
        fail(ctx, code, u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::heap::Heap;
    use crate::runtime::stacks::activation::Stack;
    use crate::runtime::stacks::limit::{INTERRUPTED, StackLimit};

    /// Whatever limit was hit, it is afterwards that of the running stack; an interrupt is taken once.
    #[test]
    fn a_check_of_the_stack_leaves_its_limit() {
        const LIMIT: usize = 4321;
        let mut stack = Stack::none();
        let mut store = VMStore::new(&mut stack, Heap::new(0, false));
        let store = &raw mut store;
        let mut ctx = VMContext::new(store);
        // SAFETY: nothing runs.
        unsafe {
            let running = (*store).stack;
            (*running).native_limit = LIMIT;
        }
        let exhausted = TrapCode::CallStackExhausted;
        for (before, code) in [
            (0, exhausted),
            (77, exhausted),
            (LIMIT, exhausted),
            (INTERRUPTED - 1, exhausted),
            (INTERRUPTED, TrapCode::Interrupt),
            (LIMIT, exhausted),
        ] {
            // SAFETY: as above.
            let (result, after) = unsafe {
                (*store).stack_limit = StackLimit::new(before);
                (*store).pending_trap_detail = 7;
                (stack_check(&raw mut ctx, 0, 0, 0, 0, 0), &*store)
            };
            assert_eq!((result.value, result.status), (0, Status::Trap), "{before:#x}");
            assert_eq!(TrapCode::from_u8(after.pending_trap as u8), Some(code), "{before:#x}");
            assert_eq!(after.pending_trap_detail, u64::MAX, "{before:#x}");
            assert_eq!(after.stack_limit.get(), LIMIT, "{before:#x}");
        }
    }
}
