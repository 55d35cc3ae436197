//! Leaving one native stack for another.

use crate::runtime::sys::coroutine::Main;

/// Bytes at the top of a stack that [`prepare`] takes.
const PREPARED: usize = 9 * 8;

/// See [`coroutine`](crate::runtime::sys::coroutine).
///
/// # Safety
/// `top`, a multiple of 16, is the end of a range of memory that nothing else uses.
pub unsafe fn prepare(top: usize, main: Main, argument: *mut u8) -> usize {
    let words: [usize; PREPARED / 8] = [
        0,                           // r15
        0,                           // r14
        0,                           // r13
        main as usize,               // r12
        argument as usize,           // rbx
        0,                           // rbp: the chain of frames ends
        start as *const () as usize, // where `switch` returns to
        0,                           // a return address, for what looks for a caller
        0,
    ];
    let sp = top - PREPARED;
    // SAFETY: the caller's promise.
    unsafe { (sp as *mut [usize; PREPARED / 8]).write(words) };
    sp
}

/// The first frame of a stack.
#[unsafe(naked)]
unsafe extern "sysv64" fn start() {
    std::arch::naked_asm!("mov rdi, rbx", "call r12", "ud2")
}

/// See [`coroutine`](crate::runtime::sys::coroutine).
///
/// # Safety
/// `to` was stored by a `switch`, or comes from [`prepare`], and was not switched to since; the stack is intact.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn switch(save: *mut usize, to: usize) {
    std::arch::naked_asm!(
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov [rdi], rsp",
        "mov rsp, rsi",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}
