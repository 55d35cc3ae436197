//! Leaving one native stack for another.

/// Whether this CPU is one that the rest of this file is written for. Where it is not, nothing here may be called.
pub const SUPPORTED: bool = cfg!(target_arch = "x86_64");

/// What runs on a stack that is entered for the first time; it must not return.
pub type Main = unsafe extern "C" fn(argument: *mut u8) -> !;

/// Bytes at the top of a stack that [`prepare`] takes.
#[cfg(target_arch = "x86_64")]
const PREPARED: usize = 9 * 8;

/// Prepares a stack: a [`switch`] to the result calls `main` there.
///
/// # Safety
/// `top`, a multiple of 16, is the end of a range of memory that nobody else uses.
#[cfg(target_arch = "x86_64")]
pub unsafe fn prepare(top: usize, main: Main, argument: *mut u8) -> usize {
    let words: [usize; PREPARED / 8] = [
        0,                           // r15
        0,                           // r14
        0,                           // r13
        main as usize,               // r12
        argument as usize,           // rbx
        0,                           // rbp: the chain of frames ends
        start as *const () as usize, // where `switch` returns to
        0,                           // a return address for whoever looks who called
        0,
    ];
    let sp = top - PREPARED;
    // SAFETY: the caller's promise.
    unsafe { (sp as *mut [usize; PREPARED / 8]).write(words) };
    sp
}

/// The first frame of a stack.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
unsafe extern "sysv64" fn start() {
    std::arch::naked_asm!("mov rdi, rbx", "call r12", "ud2")
}

/// Leaves the stack that runs, having stored its stack pointer at `save`, for the one whose stack pointer is `to`. Returns
/// when somebody switches to what was stored.
///
/// Keeps what functions keep for their callers, other than the modes of floating point, which nobody changes.
///
/// # Safety
/// `to` was stored by a `switch`, or comes from [`prepare`], and was not switched to since; the stack is intact.
#[cfg(target_arch = "x86_64")]
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

#[cfg(not(target_arch = "x86_64"))]
mod other {
    use super::Main;

    /// # Safety
    /// None: it is not called where it is this one.
    pub unsafe fn prepare(_: usize, _: Main, _: *mut u8) -> usize {
        unreachable!("code that switches stacks is not translated for this CPU")
    }

    /// # Safety
    /// As [`prepare`].
    pub unsafe fn switch(_: *mut usize, _: usize) {
        unreachable!("code that switches stacks is not translated for this CPU")
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub use other::{prepare, switch};

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    struct Pair {
        here: usize,
        there: usize,
        seen: Vec<usize>,
    }

    unsafe extern "C" fn count(argument: *mut u8) -> ! {
        let pair = argument.cast::<Pair>();
        for n in 0.. {
            // SAFETY: the test keeps the pair, and looks at it only while this stack is left.
            unsafe {
                (*pair).seen.push(n * n);
                switch(&raw mut (*pair).there, (*pair).here);
            }
        }
        unreachable!()
    }

    #[test]
    fn back_and_forth() {
        let mut stack = vec![0u128; 4 << 10];
        let top = stack.as_mut_ptr_range().end as usize;
        let mut pair = Box::new(Pair { here: 0, there: 0, seen: Vec::new() });
        let this = &raw mut *pair;
        // SAFETY: the stack is ours, and large enough to push a number to a vector.
        unsafe {
            (*this).there = prepare(top, count, this.cast());
            for _ in 0..5 {
                switch(&raw mut (*this).here, (*this).there);
                (*this).seen.push(1000);
            }
        }
        assert_eq!(pair.seen, [0, 1000, 1, 1000, 4, 1000, 9, 1000, 16, 1000]);
    }
}
