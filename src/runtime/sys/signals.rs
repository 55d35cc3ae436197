//! Hardware faults as signals.
//!
//! Handlers for SIGSEGV, SIGBUS, SIGILL and SIGFPE are installed once, for the process; each thread gets an alternate
//! stack. A fault that is not a trap goes to the previous handler: in the end, the process dies of it.

use super::cpu;
use crate::runtime::observe::post_mortem::Registers;
use std::fmt::Write;
use std::sync::{Once, OnceLock};

/// The kind of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// An access to memory at this address.
    Access {
        /// The address that could not be accessed.
        address: usize,
    },
    /// An illegal instruction.
    Illegal,
    /// A division.
    Arithmetic,
}

/// A fault of the current thread, with its registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The kind of the fault.
    pub kind: FaultKind,
    /// The program counter, at the faulting instruction.
    pub pc: usize,
    /// The stack pointer.
    pub sp: usize,
    /// The frame pointer.
    pub fp: usize,
    /// All registers.
    pub registers: Registers,
}

/// The point where the thread continues, with two arguments; SP below the memory that the faulting frame uses, and
/// 16-aligned; FP unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// Address of the code to continue at.
    pub target: usize,
    /// The first argument.
    pub ctx: usize,
    /// The second argument.
    pub code: usize,
}

/// Decides about a fault; runs in the signal handler.
pub type Classify = fn(&Fault) -> Option<Redirect>;

/// Describes a fault that the process is about to die of: gets the signal's name. Runs in the signal handler.
pub type LastWords = fn(&str, &Fault, &mut dyn Write);

static LAST_WORDS: OnceLock<LastWords> = OnceLock::new();

/// Reports hardware faults that are not traps to standard error from now on. Only the first call has an effect.
pub fn set_last_words(words: LastWords) {
    let _ = LAST_WORDS.set(words);
}

static BEFORE_ABORT: OnceLock<fn()> = OnceLock::new();

/// Calls this from now on when the process aborts itself, on the thread that does: for want of memory, or of stack. It runs in
/// the signal handler. Only the first call has an effect.
///
/// A thread whose stack overflows aborts in the handler of that fault. The alternate stack that Rust gives it is too small for both
/// handlers, so it needs [`prepare_thread`].
pub fn before_abort(note: fn()) {
    if BEFORE_ABORT.set(note).is_ok() {
        imp::note_aborts();
    }
}

/// Text in a signal handler: the part beyond its room is dropped.
struct FixedText {
    bytes: [u8; 512],
    len: usize,
}

impl Write for FixedText {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let n = text.len().min(self.bytes.len() - self.len);
        self.bytes[self.len..self.len + n].copy_from_slice(&text.as_bytes()[..n]);
        self.len += n;
        Ok(())
    }
}

static CLASSIFY: OnceLock<Classify> = OnceLock::new();

/// Installs the handlers, unless they are installed, and gives the current thread an alternate stack, unless it has one
/// that is large enough. Only the first call's `classify` has an effect.
///
/// # Errors
/// If the address space is exhausted.
pub fn prepare_thread(classify: Classify) -> std::io::Result<()> {
    // Without native code, no fault is a trap.
    if cpu::RUNS_NATIVE_CODE {
        static INSTALL: Once = Once::new();
        INSTALL.call_once(|| {
            let _ = CLASSIFY.set(classify);
            imp::install();
        });
    }
    imp::prepare_thread()
}

#[cfg(target_os = "linux")]
mod imp {
    use super::super::answer;
    use super::{BEFORE_ABORT, CLASSIFY, Fault, FaultKind, FixedText, LAST_WORDS};
    use crate::runtime::sys::{cpu, mmap};
    use std::cell::RefCell;
    use std::io;
    use std::mem::MaybeUninit;
    use std::ptr::{NonNull, null, null_mut};
    use std::sync::OnceLock;

    const SIGNALS: [i32; 4] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE];

    /// Bytes of an alternate stack with its guard, a page: on hosts with large pages, more than the usual size.
    fn alternate_stack_bytes() -> usize {
        (64 << 10).max(2 * mmap::page_size())
    }

    static PREVIOUS: [OnceLock<libc::sigaction>; 4] = [const { OnceLock::new() }; 4];

    pub(super) fn install() {
        for (signal, previous) in SIGNALS.into_iter().zip(&PREVIOUS) {
            // SAFETY: a `sigaction` of zeros is valid; the handler has the signature that SA_SIGINFO requires. The
            // previous action is stored before ours can run: nothing of ours faults on this thread until we return, and
            // other threads have no native code yet.
            unsafe {
                let mut old = MaybeUninit::<libc::sigaction>::zeroed();
                answer(libc::sigaction(signal, null(), old.as_mut_ptr())).expect("sigaction");
                let _ = previous.set(old.assume_init());
                let mut new = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
                new.sa_sigaction = handle as *const () as usize;
                new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
                libc::sigemptyset(&mut new.sa_mask);
                answer(libc::sigaction(signal, &new, null_mut())).expect("sigaction");
            }
        }
    }

    pub(super) fn note_aborts() {
        // SAFETY: a `sigaction` of zeros is valid; the handler has the signature of one without SA_SIGINFO.
        unsafe {
            let mut new = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
            new.sa_sigaction = aborts as *const () as usize;
            new.sa_flags = libc::SA_ONSTACK;
            libc::sigemptyset(&mut new.sa_mask);
            answer(libc::sigaction(libc::SIGABRT, &new, null_mut())).expect("sigaction");
        }
    }

    /// When this returns, `abort` ends the process all the same; a signal that was sent is sent again.
    extern "C" fn aborts(signal: i32) {
        if let Some(note) = BEFORE_ABORT.get() {
            note();
        }
        // SAFETY: both are allowed in a signal handler. The signal is blocked until this returns.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
    }

    /// Our own alternate stack, freed when the thread ends.
    struct AlternateStack(NonNull<u8>);

    impl Drop for AlternateStack {
        fn drop(&mut self) {
            let off = libc::stack_t { ss_sp: null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
            // SAFETY: the thread ends, and is not on its alternate stack; nothing else refers to ours.
            unsafe {
                libc::sigaltstack(&off, null_mut());
                mmap::release(self.0, alternate_stack_bytes());
            }
        }
    }

    pub(super) fn prepare_thread() -> io::Result<()> {
        thread_local!(static STACK: RefCell<Option<AlternateStack>> = const { RefCell::new(None) });
        STACK.with_borrow_mut(|stack| {
            if stack.is_none() {
                *stack = Some(alternate_stack()?);
            }
            Ok(())
        })
    }

    fn alternate_stack() -> io::Result<AlternateStack> {
        let len = alternate_stack_bytes();
        let base = mmap::reserve(len)?;
        // SAFETY: the memory is new, ours, and stays until the thread ends. Its lowest page keeps no access: a guard.
        unsafe {
            let page = mmap::page_size();
            if let Err(e) = mmap::commit(base.as_ptr().add(page), len - page) {
                mmap::release(base, len);
                return Err(e);
            }
            let new = libc::stack_t { ss_sp: base.as_ptr().cast(), ss_flags: 0, ss_size: len };
            answer(libc::sigaltstack(&new, null_mut())).expect("sigaltstack");
        }
        Ok(AlternateStack(base))
    }

    unsafe extern "C" fn handle(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        // SAFETY: the kernel passes valid pointers.
        unsafe {
            let fault = cpu::fault::read(context, kind(signal, (*info).si_addr() as usize));
            // Codes above 0 are the hardware's; a signal that a process sent is not a fault.
            let redirect =
                if (*info).si_code > 0 { CLASSIFY.get().and_then(|classify| classify(&fault)) } else { None };
            let Some(redirect) = redirect else {
                if (*info).si_code > 0 {
                    say_last_words(signal, &fault);
                }
                chain(signal, info, context);
                return;
            };
            cpu::fault::redirect(context, &fault, redirect);
        }
    }

    /// The kind of the fault that a signal tells of, with the address that comes with it.
    pub(super) fn kind(signal: i32, address: usize) -> FaultKind {
        match signal {
            libc::SIGILL => FaultKind::Illegal,
            libc::SIGFPE => FaultKind::Arithmetic,
            _ => FaultKind::Access { address },
        }
    }

    /// Writes to standard error, in one call.
    fn say_last_words(signal: i32, fault: &Fault) {
        let Some(words) = LAST_WORDS.get() else { return };
        let name = match signal {
            libc::SIGSEGV => "SIGSEGV",
            libc::SIGBUS => "SIGBUS",
            libc::SIGILL => "SIGILL",
            _ => "SIGFPE",
        };
        let mut text = FixedText { bytes: [0; 512], len: 0 };
        words(name, fault, &mut text);
        // SAFETY: the bytes are initialised. The write may fail, which is ignored.
        unsafe { libc::write(2, text.bytes.as_ptr().cast(), text.len) };
    }

    /// Passes a signal on to the previous handler.
    ///
    /// # Safety
    /// In a signal handler, with its arguments.
    unsafe fn chain(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        let previous = SIGNALS.iter().position(|&s| s == signal).and_then(|i| PREVIOUS[i].get());
        // SAFETY: handlers are called as their flags say; `now` is written by the kernel.
        unsafe {
            let sent = (*info).si_code <= 0;
            match previous {
                Some(old) if old.sa_sigaction == libc::SIG_IGN && sent => {}
                Some(old) if old.sa_sigaction != libc::SIG_DFL && old.sa_sigaction != libc::SIG_IGN => {
                    if old.sa_flags & libc::SA_SIGINFO != 0 {
                        type Handler = unsafe extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void);
                        std::mem::transmute::<usize, Handler>(old.sa_sigaction)(signal, info, context);
                    } else {
                        std::mem::transmute::<usize, unsafe extern "C" fn(i32)>(old.sa_sigaction)(signal);
                    }
                }
                _ => {
                    libc::signal(signal, libc::SIG_DFL);
                }
            }
            // Who restores the default means to die of it, as we do here, and the standard library's handler does. A
            // hardware fault repeats when we return; a sent signal has to be sent again.
            let mut now: libc::sigaction = std::mem::zeroed();
            let known = libc::sigaction(signal, null(), &mut now) == 0;
            if sent && known && now.sa_sigaction == libc::SIG_DFL {
                libc::raise(signal);
            }
        }
    }
}

/// Native code does not run on this system.
#[cfg(not(target_os = "linux"))]
mod imp {
    pub(super) fn install() {}
    pub(super) fn note_aborts() {}
    pub(super) fn prepare_thread() -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces follow one another; what has no room is left out.
    #[test]
    fn text_of_a_fixed_length() {
        let mut text = FixedText { bytes: [0; 512], len: 0 };
        write!(text, "abc-{}", 12).unwrap();
        assert_eq!(&text.bytes[..text.len], b"abc-12");
        for _ in 0..200 {
            text.write_str("12345").unwrap();
        }
        let whole = format!("abc-12{}", "12345".repeat(200));
        assert_eq!(&text.bytes[..text.len], &whole.as_bytes()[..512]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_signal_tells_the_kind_of_a_fault() {
        for (signal, kind) in [
            (libc::SIGILL, FaultKind::Illegal),
            (libc::SIGFPE, FaultKind::Arithmetic),
            (libc::SIGSEGV, FaultKind::Access { address: 77 }),
            (libc::SIGBUS, FaultKind::Access { address: 77 }),
        ] {
            assert_eq!(imp::kind(signal, 77), kind, "{signal}");
        }
    }
}
