//! Native stacks.

use std::cell::Cell;

pub use super::cpu::stack_pointer as pointer;

/// Lowest usable address of the current thread's stack.
pub fn low() -> usize {
    thread_local!(static LOW: Cell<usize> = const { Cell::new(0) });
    LOW.with(|low| {
        if low.get() == 0 {
            low.set(query());
        }
        low.get()
    })
}

#[cfg(target_os = "linux")]
fn query() -> usize {
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
        // The C library may give a thread a larger stack that it has left over, never a smaller one.
        assert!(here > 1 << 19, "{here}");
    }
}
