//! Leaving one native stack for another.
//!
//! [`prepare`] prepares a stack: a [`switch`] to the result calls `main` there, with `argument`.
//!
//! [`switch`] leaves the stack that runs, having stored its stack pointer at `save`, for the one whose stack pointer is
//! `to`, and returns when something switches to what was stored. It keeps what functions keep for their callers, except
//! the modes of floating point, which do not change.

pub use super::cpu::{prepare, switch};

/// Whether this CPU is one that these two are written for. Where it is not, they may not be called.
pub const SUPPORTED: bool = super::cpu::SWITCHES_STACKS;

/// What runs on a stack that is entered for the first time; it must not return.
pub type Main = unsafe extern "C" fn(argument: *mut u8) -> !;

#[cfg(test)]
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
        if !SUPPORTED {
            return println!("no code that switches stacks for this CPU");
        }
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
