//! The interface of a CPU that native code cannot run on.

use super::coroutine::Main;
use std::ffi::c_void;

/// Whether native code can run.
pub const RUNS_NATIVE_CODE: bool = false;

/// Whether [`switch`] exists.
pub const SWITCHES_STACKS: bool = false;

/// Whether a thread may run instructions that it fetched before their memory was written again: it runs none at all.
pub const KEEPS_FETCHED: bool = false;

/// See [`instructions`](crate::runtime::sys::instructions): no instructions are fetched.
///
/// # Safety
/// The range can be read.
pub unsafe fn make_visible(_: *const u8, _: usize) {}

/// Number of general registers that a fault keeps.
pub const GENERAL_REGISTERS: usize = 0;
pub const VECTOR_REGISTERS: usize = 0;

/// An address in the caller's frame, or below it.
#[inline(always)]
pub fn stack_pointer() -> usize {
    let here = 0u8;
    std::hint::black_box(&raw const here) as usize
}

/// The trampolines from native code to Rust: null, as there is no native code.
pub fn exits() -> *const *const c_void {
    std::ptr::null()
}

/// The address at which a thread continues whose native code trapped: none, as no fault is a trap.
pub fn fault_entry() -> Option<usize> {
    None
}

/// # Safety
/// Never to be called, as [`SWITCHES_STACKS`] is false.
pub unsafe fn prepare(_: usize, _: Main, _: *mut u8) -> usize {
    unreachable!("stack switching does not exist for this CPU")
}

/// # Safety
/// As [`prepare`].
pub unsafe fn switch(_: *mut usize, _: usize) {
    unreachable!("stack switching does not exist for this CPU")
}

/// The state of a thread that got a signal.
pub mod fault {
    use crate::runtime::sys::signals::{Fault, FaultKind, Redirect};
    use std::ffi::c_void;

    /// # Safety
    /// Never to be called, as [`RUNS_NATIVE_CODE`](super::RUNS_NATIVE_CODE) is false.
    pub unsafe fn read(_: *const c_void, _: FaultKind) -> Fault {
        unreachable!("no handler is installed without native code")
    }

    /// # Safety
    /// As [`read`].
    pub unsafe fn redirect(_: *mut c_void, _: &Fault, _: Redirect) {
        unreachable!("no handler is installed without native code")
    }
}
