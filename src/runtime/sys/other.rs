//! A CPU that native code cannot run on.

use super::coroutine::Main;
use std::ffi::c_void;

/// Whether native code can run.
pub const RUNS_NATIVE_CODE: bool = false;

/// Whether [`switch`] exists.
pub const SWITCHES_STACKS: bool = false;

/// How many general and how many vector registers a fault keeps.
pub const GENERAL_REGISTERS: usize = 0;
pub const VECTOR_REGISTERS: usize = 0;

/// An address in the caller's frame, or below it.
#[inline(always)]
pub fn stack_pointer() -> usize {
    let here = 0u8;
    std::hint::black_box(&raw const here) as usize
}

/// The trampolines by which native code leaves for Rust: null, as nothing leaves.
pub fn exits() -> *const *const c_void {
    std::ptr::null()
}

/// Where a thread goes on whose native code trapped: nowhere, as no fault is a trap.
pub fn fault_entry() -> Option<usize> {
    None
}

/// # Safety
/// [`SWITCHES_STACKS`], so never.
pub unsafe fn prepare(_: usize, _: Main, _: *mut u8) -> usize {
    unreachable!("code that switches stacks is not translated for this CPU")
}

/// # Safety
/// As [`prepare`].
pub unsafe fn switch(_: *mut usize, _: usize) {
    unreachable!("code that switches stacks is not translated for this CPU")
}

/// The state of a thread that got a signal.
pub mod fault {
    use crate::runtime::sys::signals::{Fault, FaultKind, Redirect};
    use std::ffi::c_void;

    /// # Safety
    /// [`RUNS_NATIVE_CODE`](super::RUNS_NATIVE_CODE), so never.
    pub unsafe fn read(_: *const c_void, _: FaultKind) -> Fault {
        unreachable!("no handler is installed where there is no native code")
    }

    /// # Safety
    /// As [`read`].
    pub unsafe fn redirect(_: *mut c_void, _: &Fault, _: Redirect) {
        unreachable!("no handler is installed where there is no native code")
    }
}
