//! Switches between native stacks on AArch64.

use crate::runtime::sys::coroutine::Main;

/// Bytes at the top of a stack that [`prepare`] writes: the registers that [`switch`] saves.
const PREPARED: usize = 20 * 8;

/// See [`coroutine`](crate::runtime::sys::coroutine).
///
/// # Safety
/// `top`, a multiple of 16, is the end of a range of memory that nothing else uses.
pub unsafe fn prepare(top: usize, main: Main, argument: *mut u8) -> usize {
    let mut words = [0usize; PREPARED / 8];
    // x29 is 0: the chain of frames ends.
    words[1] = start as *const () as usize; // x30: where `switch` returns to
    words[2] = main as usize; // x19
    words[3] = argument as usize; // x20
    let sp = top - PREPARED;
    // SAFETY: the caller's promise.
    unsafe { (sp as *mut [usize; PREPARED / 8]).write(words) };
    sp
}

/// The first frame of a stack.
#[unsafe(naked)]
unsafe extern "C" fn start() {
    std::arch::naked_asm!("mov x0, x20", "blr x19", "udf #0")
}

/// See [`coroutine`](crate::runtime::sys::coroutine).
///
/// # Safety
/// `to` was stored by a `switch`, or comes from [`prepare`], and was not switched to since; the stack is intact.
#[unsafe(naked)]
pub unsafe extern "C" fn switch(save: *mut usize, to: usize) {
    std::arch::naked_asm!(
        "stp x29, x30, [sp, #-160]!",
        "stp x19, x20, [sp, #16]",
        "stp x21, x22, [sp, #32]",
        "stp x23, x24, [sp, #48]",
        "stp x25, x26, [sp, #64]",
        "stp x27, x28, [sp, #80]",
        "stp d8, d9, [sp, #96]",
        "stp d10, d11, [sp, #112]",
        "stp d12, d13, [sp, #128]",
        "stp d14, d15, [sp, #144]",
        "mov x9, sp",
        "str x9, [x0]",
        "mov sp, x1",
        "ldp x19, x20, [sp, #16]",
        "ldp x21, x22, [sp, #32]",
        "ldp x23, x24, [sp, #48]",
        "ldp x25, x26, [sp, #64]",
        "ldp x27, x28, [sp, #80]",
        "ldp d8, d9, [sp, #96]",
        "ldp d10, d11, [sp, #112]",
        "ldp d12, d13, [sp, #128]",
        "ldp d14, d15, [sp, #144]",
        "ldp x29, x30, [sp], #160",
        "ret",
    )
}
