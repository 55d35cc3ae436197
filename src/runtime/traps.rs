//! Raising traps: from Rust, and from faults of native code.

use super::code::{CONTEXT_SLOT, SiteKind, lookup};
use super::post_mortem;
use super::sys::signals::{Fault, FaultKind, Redirect};
use super::trap::TrapCode;
use super::unwind::{self, Resume};
use super::vm::{GUARD_BYTES, INTERRUPTED, LibcallResult, Status, VMContext, VMStore};
use std::sync::atomic::Ordering;

/// Makes a trap the one in flight and records the backtrace. `detail` is `u64::MAX` for none. Returns `Status::Trap`.
///
/// # Safety
/// As [`unwind::walk`].
pub unsafe fn raise(store: *mut VMStore, code: TrapCode, detail: u64) -> Status {
    // SAFETY: the caller's promise.
    unsafe { raise_at(store, code, detail, false) }
}

/// # Safety
/// As [`unwind::walk`].
unsafe fn raise_at(store: *mut VMStore, code: TrapCode, detail: u64, fault: bool) -> Status {
    // SAFETY: the caller's promise.
    unsafe {
        (*store).pending_trap = code as u32;
        (*store).pending_trap_detail = detail;
        unwind::capture(store, fault);
        if (*store).keep_post_mortem {
            (*store).post_mortem = Some(Box::new(post_mortem::capture(store, fault)));
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
    let code = TrapCode::from_u8(code as u8).expect("compiled code raises traps that exist");
    // SAFETY: the caller's promise.
    unsafe { fail(ctx, code, detail) }
}

/// Libcall: the stack limit was hit. An interrupt, if one was asked for, is thereby taken.
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

/// Decides in a signal handler whether a fault is a trap, and if so, where to go on. Anything that is not exactly what a
/// trap site announces is no trap.
pub fn classify(fault: &Fault) -> Option<Redirect> {
    // SAFETY: the PC is one of the current thread.
    let object = unsafe { lookup(fault.pc) }?;
    let site = object.trap_at(object.offset_of(fault.pc)?)?;
    // SAFETY: frames of native code hold their context there at each trap site.
    let ctx = unsafe { *(fault.fp.wrapping_add_signed(CONTEXT_SLOT as isize) as *const *mut VMContext) };
    let genuine = match (site.kind, fault.kind) {
        (SiteKind::Explicit, FaultKind::Illegal) => true,
        (SiteKind::Memory(index), FaultKind::Access { address }) => {
            // SAFETY: code of a module accesses memories that the module has; a context points to all of them.
            let memory = unsafe { &**(*ctx).memories.add(index as usize) };
            let reservation = 0..(1u64 << 32) + GUARD_BYTES;
            // No access below the current length faults: a fault there is not the bounds check's.
            let offset = (address as u64).wrapping_sub(memory.base as u64);
            memory.guarded != 0
                && reservation.contains(&offset)
                && offset >= memory.byte_len.load(Ordering::Relaxed) as u64
        }
        _ => false,
    };
    if !genuine {
        return None;
    }
    // SAFETY: the context is that of a running function.
    unsafe {
        (*(*ctx).store).fault_registers = fault.registers;
        let stack = (*(*ctx).store).stack;
        ((*stack).exit_pc, (*stack).exit_sp, (*stack).exit_fp) = (fault.pc, fault.sp, fault.fp);
    }
    Some(Redirect { target: after_fault_entry()?, ctx: ctx as usize, code: site.code as usize })
}

#[cfg(target_arch = "x86_64")]
fn after_fault_entry() -> Option<usize> {
    Some(super::sys::x86_64::fault_entry as *const () as usize)
}

/// Without native code, no fault is a trap.
#[cfg(not(target_arch = "x86_64"))]
fn after_fault_entry() -> Option<usize> {
    None
}

/// Raises the trap of a fault, outside of the signal handler, on the native stack.
///
/// # Safety
/// [`classify`] has just redirected the current thread here; `resume` is valid for writing.
pub unsafe extern "C" fn after_fault(ctx: *mut VMContext, code: u64, resume: *mut Resume) {
    let code = TrapCode::from_u8(code as u8).expect("sites hold codes that exist");
    // SAFETY: the caller's promise: the innermost activation is native, and its exit was recorded.
    unsafe {
        let store = (*ctx).store;
        let status = raise_at(store, code, u64::MAX, true);
        *resume = unwind::landing(store, status);
    }
}
