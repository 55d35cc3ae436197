//! Native stacks.

use std::cell::Cell;

pub use super::cpu::stack_pointer as pointer;

/// The addresses of a stack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::runtime) struct Bounds {
    /// The lowest usable address.
    pub low: usize,
    /// The address above all frames.
    pub high: usize,
}

thread_local! {
    /// As [`bounds`]; `None` if nothing has asked for them yet.
    static BOUNDS: Cell<Option<Bounds>> = const { Cell::new(None) };
}

/// The bounds of the thread's own stack, or of the one that [`Elsewhere`] gives.
fn bounds() -> Bounds {
    BOUNDS.with(|known| {
        let bounds = known.get().unwrap_or_else(query);
        known.set(Some(bounds));
        bounds
    })
}

/// Lowest usable address of the stack that the current thread is on.
pub fn low() -> usize {
    bounds().low
}

/// Whether the current thread is on the stack whose end is [`low`]: programs may move to one that is not known here.
pub fn is_known() -> bool {
    let Bounds { low, high } = bounds();
    (low..high).contains(&pointer())
}

/// While this lives, the thread is on a stack other than its own. Only the runtime may claim this: calls rely on it.
pub(in crate::runtime) struct Elsewhere {
    before: Option<Bounds>,
}

impl Elsewhere {
    /// The thread is on a stack with these bounds.
    pub(in crate::runtime) fn new(bounds: Bounds) -> Elsewhere {
        Elsewhere { before: BOUNDS.replace(Some(bounds)) }
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        BOUNDS.set(self.before);
    }
}

#[cfg(target_os = "linux")]
fn query() -> Bounds {
    let Some(bounds) = main_thread() else { return ask() };
    // What is above the name, and the end of its page.
    let above = bounds.low.wrapping_sub(ask().low);
    debug_assert!((0..1 << 14).contains(&above), "{bounds:x?} are not {:x?}", ask());
    bounds
}

/// The bounds of the stack of a program's first thread. The C library would search a list of all mappings for it, which takes a
/// tenth of the time of a program that does nothing. `None` if this is another thread, or the system does not say enough.
///
/// The stack ends with the name of the program, and the kernel keeps as much room below as the limit says, up to 128 MB.
#[cfg(target_os = "linux")]
fn main_thread() -> Option<Bounds> {
    const MOST: usize = 64 << 20;
    // SAFETY: these take no pointers but the one to `limit`, which is written.
    let (is_first, name, limit) = unsafe {
        let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: 0 };
        libc::getrlimit(libc::RLIMIT_STACK, &mut limit);
        (libc::gettid() == libc::getpid(), libc::getauxval(libc::AT_EXECFN) as usize, limit.rlim_cur)
    };
    let limit = usize::try_from(limit).ok().filter(|&limit| limit <= MOST)?;
    let low = name.checked_sub(limit)?.next_multiple_of(super::mmap::page_size());
    (is_first && (low..name).contains(&pointer())).then_some(Bounds { low, high: name })
}

#[cfg(target_os = "linux")]
fn ask() -> Bounds {
    let mut attributes = std::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    let mut base = std::ptr::null_mut();
    let mut size = 0;
    // SAFETY: `attributes` is initialized by the first call, which succeeded, before it is read and destroyed.
    unsafe {
        let failed = libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr());
        assert_eq!(failed, 0, "pthread_getattr_np");
        libc::pthread_attr_getstack(attributes.as_ptr(), &mut base, &mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
    }
    Bounds { low: base as usize, high: base as usize + size }
}

#[cfg(target_os = "macos")]
fn query() -> Bounds {
    // SAFETY: both take a thread that exists.
    unsafe {
        let thread = libc::pthread_self();
        let high = libc::pthread_get_stackaddr_np(thread) as usize;
        Bounds { low: high - libc::pthread_get_stacksize_np(thread), high }
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
                assert!(super::low() < super::pointer() && super::is_known());
                super::pointer() - super::low()
            })
            .unwrap()
            .join()
            .unwrap();
        // The C library may give a thread a larger stack that it has kept, never a smaller one.
        assert!((1 << 19..1 << 30).contains(&here), "{here}");
    }

    /// Also for one inside another.
    #[test]
    fn a_thread_is_elsewhere_as_long_as_that_is_said() {
        let bounds = |low| super::Bounds { low, high: low + 0x8_0000 };
        let own = super::bounds();
        let first = super::Elsewhere::new(bounds(0x10_0000));
        assert_eq!(super::bounds(), bounds(0x10_0000));
        assert!(!super::is_known());
        let second = super::Elsewhere::new(bounds(0x20_0000));
        assert_eq!(super::low(), 0x20_0000);
        drop(second);
        assert_eq!(super::low(), 0x10_0000);
        drop(first);
        assert_eq!(super::bounds(), own);
        assert!(super::is_known());
    }

    /// Neither one below is the thread's, nor one above.
    #[test]
    fn a_stack_without_the_pointer_is_not_known() {
        let here = super::pointer();
        for (low, high, known) in [(here - 0x10_0000, here + 0x10_0000, true), (0x1000, here - 0x10_0000, false)] {
            let _elsewhere = super::Elsewhere::new(super::Bounds { low, high });
            assert_eq!(super::is_known(), known);
        }
        let _elsewhere = super::Elsewhere::new(super::Bounds { low: here + 0x10_0000, high: usize::MAX });
        assert!(!super::is_known());
    }
}
