//! Slow paths: calls into the runtime with the running frame published, and the continuation after them.
//!
//! Slow paths take and return values that fit in registers and are never inlined, so that a chained handler keeps
//! nothing on the native stack when it jumps to the next one.

use super::code;
use crate::runtime::libcalls::Libcall;
use crate::runtime::vm::{LibcallResult, Status, VMContext};

/// The point at which to continue after a slow path: an instruction in a frame, or outside of the activation. In two
/// registers.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Resume {
    /// Null: the activation ends.
    pc: *const u64,
    rest: Rest,
}

/// The second register of a [`Resume`].
#[derive(Clone, Copy)]
#[repr(C)]
union Rest {
    fp: *mut u64,
    /// If `pc` is null.
    status: Status,
}

impl Resume {
    /// Continues at an instruction, which is not null, of the frame `fp`.
    pub fn at(pc: *const u64, fp: *mut u64) -> Resume {
        debug_assert!(!pc.is_null());
        Resume { pc, rest: Rest { fp } }
    }

    /// Ends the activation.
    pub fn exit(status: Status) -> Resume {
        Resume { pc: std::ptr::null(), rest: Rest { status } }
    }

    /// The instruction and its frame, or the status with which the activation ends.
    #[inline(always)]
    pub fn target(self) -> Result<(*const u64, *mut u64), Status> {
        // SAFETY: both constructors write the field that `pc` selects, and nothing else does.
        unsafe { if self.pc.is_null() { Err(self.rest.status) } else { Ok((self.pc, self.rest.fp)) } }
    }
}

/// Publishes the running frame. `pc` is after the head of the instruction that is executing.
///
/// # Safety
/// `fp` is the running frame.
pub unsafe fn publish(pc: *const u64, fp: *mut u64) -> *mut VMContext {
    // SAFETY: the caller's promise; the innermost activation is that of the running frame.
    unsafe {
        let ctx = *fp.add(2) as *mut VMContext;
        let stack = (*(*ctx).store).stack;
        let (header, top) = code::publish_header(pc, fp);
        (*stack).values_top = top;
        (*(*stack).activation).frame = header as usize;
        ctx
    }
}

/// Calls the runtime with as many arguments as the libcall takes; the frame is published.
///
/// # Safety
/// The arguments match the libcall.
pub unsafe fn runtime<const N: usize>(ctx: *mut VMContext, libcall: Libcall, args: [u64; N]) -> LibcallResult {
    const { assert!(N <= 5, "a libcall has five arguments at most") };
    let mut all = [0; 5];
    all[..N].copy_from_slice(&args);
    let function = libcall.implementation();
    // SAFETY: the caller's promise.
    unsafe { function(ctx, all[0], all[1], all[2], all[3], all[4]) }
}

/// Calls the runtime from a slow path; also returns the context.
///
/// # Safety
/// The arguments match the libcall; `pc` is an instruction of the running frame `fp`.
pub unsafe fn libcall_at<const N: usize>(
    pc: *const u64,
    fp: *mut u64,
    libcall: Libcall,
    args: [u64; N],
) -> (*mut VMContext, LibcallResult) {
    // SAFETY: the caller's promise.
    unsafe {
        let ctx = publish(pc.add(1), fp);
        (ctx, runtime(ctx, libcall, args))
    }
}

/// Calls the runtime from an instruction, with all operands by value: the address of a local would prevent the handler
/// from jumping on.
///
/// # Safety
/// As [`libcall_at`].
#[inline(never)]
pub unsafe extern "C" fn libcall_slow(
    pc: *const u64,
    fp: *mut u64,
    libcall: u64,
    a: u64,
    b: u64,
    c: u64,
    d: u64,
    e: u64,
) -> LibcallResult {
    // SAFETY: the caller's promise.
    unsafe {
        let ctx = publish(pc.add(1), fp);
        runtime(ctx, Libcall::ALL[libcall as usize], [a, b, c, d, e])
    }
}

/// Raises a trap at `pc`. The status is `Trap`.
///
/// # Safety
/// `pc` is an instruction of the running frame `fp`.
#[cold]
#[inline(never)]
pub unsafe extern "C" fn trap(pc: *const u64, fp: *mut u64, code: u64, detail: u64) -> Status {
    // SAFETY: the caller's promise.
    unsafe {
        let ctx = publish(pc.add(1), fp);
        runtime(ctx, Libcall::Trap, [code, detail]).status
    }
}

/// Handles a due interruption: the status is `Trap`.
///
/// # Safety
/// As [`trap`].
#[cold]
#[inline(never)]
pub unsafe extern "C" fn interrupted(pc: *const u64, fp: *mut u64) -> Status {
    // SAFETY: the caller's promise.
    unsafe {
        let ctx = publish(pc.add(1), fp);
        runtime(ctx, Libcall::StackCheck, []).status
    }
}
