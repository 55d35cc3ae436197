//! Native stacks.

use std::cell::Cell;

pub use super::cpu::stack_pointer as pointer;

thread_local! {
    /// As [`low`]; 0 if nobody has asked.
    static LOW: Cell<usize> = const { Cell::new(0) };
}

/// Lowest usable address of the stack that the current thread is on.
pub fn low() -> usize {
    LOW.with(|low| {
        if low.get() == 0 {
            low.set(query());
        }
        low.get()
    })
}

/// While this lives, the thread is on another stack than its own. Only the runtime may say so: calls rely on it.
pub(in crate::runtime) struct Elsewhere {
    before: usize,
}

impl Elsewhere {
    /// On a stack whose lowest usable address is `low`.
    pub(in crate::runtime) fn new(low: usize) -> Elsewhere {
        Elsewhere { before: LOW.replace(low) }
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        LOW.set(self.before);
    }
}

#[cfg(target_os = "linux")]
fn query() -> usize {
    let Some(low) = main_thread() else { return ask() };
    // What is above the name, and the end of its page.
    debug_assert!((0..1 << 14).contains(&low.wrapping_sub(ask())), "{low:#x} is not {:#x}", ask());
    low
}

/// Of a program's first thread, whose stack the C library would look for in a list of all mappings: a tenth of what a program that
/// does nothing takes. `None`: it is another thread, or the system has not said enough.
///
/// The stack ends with the name of the program, and the kernel keeps room for as much below as the limit says, up to 128 MB.
#[cfg(target_os = "linux")]
fn main_thread() -> Option<usize> {
    const MOST: usize = 64 << 20;
    // SAFETY: these take no pointers but the one to `limit`, which is written.
    let (is_first, name, limit) = unsafe {
        let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: 0 };
        libc::getrlimit(libc::RLIMIT_STACK, &mut limit);
        (libc::gettid() == libc::getpid(), libc::getauxval(libc::AT_EXECFN) as usize, limit.rlim_cur)
    };
    let limit = usize::try_from(limit).ok().filter(|&limit| limit <= MOST)?;
    let low = name.checked_sub(limit)?.next_multiple_of(super::mmap::page_size());
    (is_first && (low..name).contains(&pointer())).then_some(low)
}

#[cfg(target_os = "linux")]
fn ask() -> usize {
    let mut attributes = std::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    let mut base = std::ptr::null_mut();
    let mut size = 0;
    // SAFETY: `attributes` is initialised by the first call, which succeeded, before it is read and destroyed.
    unsafe {
        let failed = libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr());
        assert_eq!(failed, 0, "pthread_getattr_np");
        libc::pthread_attr_getstack(attributes.as_ptr(), &mut base, &mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
    }
    base as usize
}

#[cfg(target_os = "macos")]
fn query() -> usize {
    // SAFETY: both take a thread that exists.
    unsafe {
        let thread = libc::pthread_self();
        libc::pthread_get_stackaddr_np(thread) as usize - libc::pthread_get_stacksize_np(thread)
    }
}

#[cfg(test)]
mod tests {
    /// No test runs on the first thread; programs that tests start do, and compare.
    #[test]
    #[cfg(target_os = "linux")]
    fn another_thread_is_not_the_first() {
        assert_eq!(super::main_thread(), None);
    }

    #[test]
    fn the_pointer_lies_on_the_stack() {
        let here = std::thread::Builder::new()
            .stack_size(1 << 20)
            .spawn(|| {
                assert!(super::low() < super::pointer());
                super::pointer() - super::low()
            })
            .unwrap()
            .join()
            .unwrap();
        // The C library may give a thread a larger stack that it has kept, never a smaller one.
        assert!((1 << 19..1 << 30).contains(&here), "{here}");
    }

    /// One inside of another, too.
    #[test]
    fn a_thread_is_elsewhere_as_long_as_that_is_said() {
        let own = super::low();
        let first = super::Elsewhere::new(0x10_0000);
        assert_eq!(super::low(), 0x10_0000);
        let second = super::Elsewhere::new(0x20_0000);
        assert_eq!(super::low(), 0x20_0000);
        drop(second);
        assert_eq!(super::low(), 0x10_0000);
        drop(first);
        assert_eq!(super::low(), own);
    }
}
