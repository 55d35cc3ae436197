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

/// The point where the thread continues, with two arguments; SP is below the memory that the faulting frame uses, and
/// 16-aligned; FP is unchanged.
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

/// Describes a fault that is about to kill the process: gets the signal's name. Runs in the signal handler.
pub type LastWords = fn(&str, &Fault, &mut dyn Write);

static LAST_WORDS: OnceLock<LastWords> = OnceLock::new();

/// Reports hardware faults that are not traps to standard error from now on. Only the first call has an effect.
pub fn set_last_words(words: LastWords) {
    let _ = LAST_WORDS.set(words);
}

static BEFORE_ABORT: OnceLock<fn()> = OnceLock::new();

/// Sets what is called when the process aborts itself, for want of memory or of stack, on the thread that aborts. It runs in the
/// signal handler. Only the first call has an effect.
///
/// A thread whose stack overflows aborts in the handler of that fault. The alternate stack that Rust gives it is too small for both
/// handlers, so it needs [`prepare_thread`].
pub fn before_abort(note: fn()) {
    if BEFORE_ABORT.set(note).is_ok() {
        imp::note_aborts();
    }
}

/// Text in a signal handler: the part that does not fit is dropped.
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

    /// Bytes of an alternate stack with its guard page: more than the usual size on hosts with large pages.
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

    /// When this returns, `abort` still ends the process; a signal that was sent is sent again.
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

    /// The kind of the fault that a signal reports, with the address that comes with it.
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
        // SAFETY: the bytes are initialized. The write may fail, which is ignored.
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
            // Whoever restores the default means to die of the signal, as we do here, and as the standard library's
            // handler does. A hardware fault repeats when we return; a sent signal has to be sent again.
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

    /// Pieces follow one another; what does not fit is dropped.
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

    /// Processes of their own, in which this is the first to handle signals.
    #[cfg(target_os = "linux")]
    mod alone {
        use super::*;
        use crate::runtime::sys::{mmap, process};
        use std::os::unix::process::ExitStatusExt;
        use std::sync::atomic::{AtomicI32, Ordering};

        const CASE: &str = "WASMOON_TEST_SIGNAL";
        /// The status of a process that continued.
        const WENT_ON: i32 = 100;

        /// How often it was asked whether a fault is a trap.
        static ASKED: AtomicI32 = AtomicI32::new(0);

        fn no_trap(_: &Fault) -> Option<Redirect> {
            ASKED.fetch_add(1, Ordering::Relaxed);
            None
        }

        fn words(signal: &str, _: &Fault, out: &mut dyn Write) {
            let _ = write!(out, "a fault: {signal}");
        }

        fn note(text: &str) {
            // SAFETY: the bytes are initialized.
            unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
        }

        extern "C" fn plain(signal: i32) {
            process::exit_now(signal + 20 * ASKED.load(Ordering::Relaxed))
        }

        extern "C" fn informed(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
            // SAFETY: the kernel's arguments.
            let right = !context.is_null() && unsafe { (*info).si_signo } == signal;
            process::exit_now(if right { 40 + signal + 20 * ASKED.load(Ordering::Relaxed) } else { 1 })
        }

        extern "C" fn restores(signal: i32) {
            // SAFETY: allowed in a signal handler.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }

        extern "C" fn returns(_: i32) {}

        /// Handles a signal in one of these ways.
        fn handle(signal: i32, how: &str) {
            let (handler, flags) = match how {
                "default" => (libc::SIG_DFL, 0),
                "ignored" => (libc::SIG_IGN, 0),
                "plain" => (plain as *const () as usize, 0),
                "informed" => (informed as *const () as usize, libc::SA_SIGINFO),
                "restores" => (restores as *const () as usize, 0),
                "returns" => (returns as *const () as usize, 0),
                other => panic!("{other}"),
            };
            // SAFETY: a `sigaction` of zeros is valid; each handler has the signature that its flags say.
            unsafe {
                let mut action: libc::sigaction = std::mem::zeroed();
                (action.sa_sigaction, action.sa_flags) = (handler, flags);
                assert_eq!(libc::sigaction(signal, &action, std::ptr::null_mut()), 0);
            }
        }

        /// Sends a signal to this thread, as one process does to another.
        fn send(signal: i32) {
            // SAFETY: the structure is valid; its code is 0, as of `kill`.
            let sent = unsafe {
                let mut info: libc::siginfo_t = std::mem::zeroed();
                info.si_signo = signal;
                let (process, thread) = (libc::getpid(), libc::gettid());
                libc::syscall(libc::SYS_rt_tgsigqueueinfo, process, thread, signal, &raw const info)
            };
            assert_eq!(sent, 0);
        }

        /// Raises a signal by a hardware fault.
        fn fault(signal: i32) {
            if signal == libc::SIGBUS {
                let memory = process::SharedMemory::create(mmap::page_size()).expect("memory");
                let file = std::fs::File::from(memory.fd().try_clone().expect("a descriptor"));
                file.set_len(0).expect("it shrinks");
                // SAFETY: unsound on purpose: the page is beyond the end of the file.
                unsafe { memory.base().as_ptr().read_volatile() };
            } else {
                // SAFETY: unsound on purpose: nothing is there.
                unsafe { std::ptr::without_provenance::<u8>(16).read_volatile() };
            }
        }

        /// What the process does: signal, how it was handled before, and what happens.
        fn child(case: &str) -> ! {
            let parts: Vec<&str> = case.split(' ').collect();
            let [signal, before, event] = parts[..] else { panic!("{case}") };
            let signal: i32 = signal.parse().expect("a number");
            // No core dumps.
            process::limit(u64::MAX);
            if signal == libc::SIGABRT {
                before_abort(|| note("noted"));
                before_abort(|| note("noted by another"));
            } else {
                handle(signal, before);
                set_last_words(words);
                prepare_thread(no_trap).expect("a stack");
            }
            match event {
                "sent" => send(signal),
                "aborted" => std::process::abort(),
                _ => fault(signal),
            }
            process::exit_now(WENT_ON + ASKED.load(Ordering::Relaxed))
        }

        /// How the process ends, by its status or by a signal, and what it writes.
        fn end(test: &str, signal: i32, before: &str, event: &str) -> (Result<i32, Option<i32>>, String) {
            let test = format!("runtime::sys::signals::tests::alone::{test}");
            let output = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", &test, "--nocapture", "--test-threads=1"])
                .env(CASE, format!("{signal} {before} {event}"))
                .output()
                .unwrap();
            (output.status.code().ok_or(output.status.signal()), String::from_utf8(output.stderr).unwrap())
        }

        /// What is not a trap goes to the previous handler: a fault after the last words, and a sent signal without
        /// being classified. A process that means to die of it does.
        #[test]
        fn what_is_no_trap_goes_to_the_handler_before() {
            if let Ok(case) = std::env::var(CASE) {
                child(&case);
            }
            if !cpu::RUNS_NATIVE_CODE {
                return;
            }
            let end = |signal, before, event| end("what_is_no_trap_goes_to_the_handler_before", signal, before, event);
            for (signal, name) in [(libc::SIGSEGV, "SIGSEGV"), (libc::SIGBUS, "SIGBUS")] {
                let dies = Err(Some(signal));
                for (before, sent, fault) in [
                    ("default", dies, dies),
                    ("ignored", Ok(WENT_ON), dies),
                    ("plain", Ok(signal), Ok(20 + signal)),
                    ("informed", Ok(40 + signal), Ok(60 + signal)),
                    ("restores", dies, dies),
                ] {
                    assert_eq!(end(signal, before, "sent"), (sent, String::new()), "{name}: {before}");
                    assert_eq!(end(signal, before, "fault"), (fault, format!("a fault: {name}")), "{name}: {before}");
                }
                assert_eq!(end(signal, "returns", "sent"), (Ok(WENT_ON), String::new()), "{name}");
            }
            for signal in [libc::SIGILL, libc::SIGFPE] {
                assert_eq!(end(signal, "default", "sent"), (Err(Some(signal)), String::new()));
                assert_eq!(end(signal, "ignored", "sent"), (Ok(WENT_ON), String::new()));
                assert_eq!(end(signal, "plain", "sent"), (Ok(signal), String::new()));
            }
        }

        /// The first note that was set is called, once, whether the process aborts itself or is sent the signal.
        #[test]
        fn an_abort_is_noted_once_and_is_the_end() {
            if let Ok(case) = std::env::var(CASE) {
                child(&case);
            }
            for event in ["aborted", "sent"] {
                let end = end("an_abort_is_noted_once_and_is_the_end", libc::SIGABRT, "default", event);
                assert_eq!(end, (Err(Some(libc::SIGABRT)), "noted".to_string()), "{event}");
            }
        }
    }
}
