//! System calls for worker processes: shared memory, inherited descriptors, death with the parent.

use super::answer;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::ptr::NonNull;

/// Anonymous memory that a child process can map too.
#[derive(Debug)]
pub struct SharedMemory {
    fd: OwnedFd,
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: a mapping belongs to the process, not to a thread; its contents are accessed through raw pointers, whose
// users synchronize by atomics inside it.
unsafe impl Send for SharedMemory {}
// SAFETY: as above.
unsafe impl Sync for SharedMemory {}

impl SharedMemory {
    /// New memory of `len` bytes, zeroed.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn create(len: usize) -> io::Result<SharedMemory> {
        // SAFETY: the name is a C string; the flags are valid.
        let fd = answer(unsafe { libc::memfd_create(c"wasmoon".as_ptr(), libc::MFD_CLOEXEC) })?;
        // SAFETY: just created, and owned only by this.
        let file = unsafe { File::from_raw_fd(fd) };
        file.set_len(len as u64)?;
        SharedMemory::map(file.into(), len)
    }

    /// Maps memory that another process made.
    ///
    /// # Errors
    /// If the descriptor cannot be mapped.
    pub fn map(fd: OwnedFd, len: usize) -> io::Result<SharedMemory> {
        let (read_write, shared) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
        // SAFETY: a new mapping at an address of the kernel's choice disturbs nothing.
        let base = answer(unsafe { libc::mmap(std::ptr::null_mut(), len, read_write, shared, fd.as_raw_fd(), 0) })?;
        let base = NonNull::new(base.cast()).ok_or_else(|| io::Error::other("mapped at 0"))?;
        Ok(SharedMemory { fd, base, len })
    }

    /// Start of the memory; page-aligned, valid while `self` lives.
    pub fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// The descriptor, for [`inherit`].
    pub fn fd(&self) -> &OwnedFd {
        &self.fd
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        // SAFETY: mapped by us with this length; pointers do not outlive `self`.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.len) };
    }
}

/// Passes these descriptors to a command's process under these numbers (3 to 63), and makes the process die when the
/// *thread* that spawns it does. The descriptors must stay open until the process is spawned.
pub fn inherit(command: &mut Command, fds: &[(BorrowedFd<'_>, RawFd)]) {
    let mut fds: Vec<(RawFd, RawFd)> = fds.iter().map(|(fd, to)| (fd.as_raw_fd(), *to)).collect();
    let parent = std::process::id();
    let prepare = move || {
        // Copies above all targets first: a source may have the number of another's target.
        // Written into the child's copy of the list.
        for (fd, _) in &mut fds {
            // SAFETY: fcntl on a number is harmless, and async-signal-safe.
            *fd = answer(unsafe { libc::fcntl(*fd, libc::F_DUPFD_CLOEXEC, 64) })?;
        }
        for (copy, to) in &fds {
            // SAFETY: as above; dup2 clears close-on-exec.
            answer(unsafe { libc::dup2(*copy, *to) })?;
        }
        // SAFETY: plain system calls, async-signal-safe.
        unsafe {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            // The parent may have died before the line above.
            if libc::getppid() as u32 != parent {
                libc::_exit(1);
            }
        }
        Ok(())
    };
    // SAFETY: between fork and exec, only async-signal-safe calls and no allocation.
    unsafe { command.pre_exec(prepare) };
}

/// Takes ownership of a descriptor that the parent left under this number, and keeps children from inheriting it.
///
/// # Safety
/// The number must name an open descriptor that nothing else in this process owns.
pub unsafe fn adopt(fd: RawFd) -> OwnedFd {
    // SAFETY: fcntl on a number is harmless; ownership is the caller's promise.
    unsafe {
        libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
        OwnedFd::from_raw_fd(fd)
    }
}

/// Limits the resources of this process: bytes of writable private memory, and no core dumps. A tighter existing limit
/// stays: a privileged process could raise it, but must not.
pub fn limit(data_bytes: u64) {
    let set = |resource, value: u64| {
        let mut limit = libc::rlimit { rlim_cur: value, rlim_max: value };
        // SAFETY: the structure is valid. If the old limit is not returned, a new one is set.
        unsafe { libc::getrlimit(resource, &mut limit) };
        let value = value.min(limit.rlim_cur);
        let limit = libc::rlimit { rlim_cur: value, rlim_max: value };
        // SAFETY: the structure is valid. A refusal leaves the old limit, which is no worse than none.
        unsafe { libc::setrlimit(resource, &limit) };
    };
    set(libc::RLIMIT_CORE, 0);
    set(libc::RLIMIT_DATA, data_bytes);
}

/// Kills a child that leads its own process group, and all processes of that group. Only for a child that has not been
/// waited for: afterwards the number may belong to another process.
pub fn kill_group(child: &Child) {
    let Ok(leader) = libc::pid_t::try_from(child.id()) else { return };
    // SAFETY: a system call on numbers. The group exists as long as its leader is not waited for.
    unsafe { libc::kill(-leader, libc::SIGKILL) };
}

/// Whether a child has ended. Does not wait for it: until it is waited for, its number and that of its group stay its own.
///
/// # Errors
/// If it was waited for before.
pub fn has_ended(child: &Child) -> io::Result<bool> {
    // SAFETY: a structure of integers and pointers, for which zeros are values.
    let mut found: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: the structure is valid; the rest are numbers.
    answer(unsafe { libc::waitid(libc::P_PID, child.id(), &raw mut found, options) })?;
    // If nothing has ended, nothing is written.
    Ok(found.si_signo != 0)
}

/// The number of the user with whose rights this process runs.
pub fn effective_user() -> u32 {
    // SAFETY: has no arguments and cannot fail.
    unsafe { libc::geteuid() }
}

/// Ends this process at once, without destructors or exit handlers.
pub fn exit_now(status: i32) -> ! {
    // SAFETY: never returns, touches nothing.
    unsafe { libc::_exit(status) }
}

/// Name of a signal: `SIGSEGV`.
pub fn signal_name(signal: i32) -> String {
    let name = match signal {
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGBUS => "SIGBUS",
        libc::SIGILL => "SIGILL",
        libc::SIGFPE => "SIGFPE",
        libc::SIGABRT => "SIGABRT",
        libc::SIGTRAP => "SIGTRAP",
        libc::SIGKILL => "SIGKILL",
        libc::SIGTERM => "SIGTERM",
        libc::SIGINT => "SIGINT",
        libc::SIGXCPU => "SIGXCPU",
        other => return format!("signal {other}"),
    };
    name.to_string()
}

/// The signal that a shell's exit status stands for, if a process dies of that signal by a fault of its own, or is killed by it.
pub fn signal_of_status(status: i32) -> Option<i32> {
    let signal = status.checked_sub(128)?;
    let deadly = [libc::SIGILL, libc::SIGTRAP, libc::SIGABRT, libc::SIGBUS, libc::SIGFPE, libc::SIGKILL, libc::SIGSEGV];
    deadly.contains(&signal).then_some(signal)
}

/// CPU time of the calling thread.
pub fn thread_cpu_time() -> std::time::Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the structure is valid; this clock exists on all supported systems, and zero is harmless if not.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    std::time::Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    /// The shell has a list of its own.
    #[test]
    fn signals_have_the_names_that_a_shell_gives_them() {
        let mut named = 0;
        for signal in 1..32 {
            let name = signal_name(signal);
            if name != format!("signal {signal}") {
                let shell =
                    std::process::Command::new("sh").args(["-c", &format!("kill -l {signal}")]).output().unwrap();
                assert_eq!(name, format!("SIG{}", String::from_utf8(shell.stdout).unwrap().trim()), "{signal}");
                named += 1;
            }
        }
        assert_eq!(named, 10);
    }

    #[test]
    fn statuses_of_shells_are_signals() {
        let status = |script: &str| Command::new("sh").args(["-c", script]).output().unwrap().status.code().unwrap();
        for (signal, number) in [("ABRT", Some(libc::SIGABRT)), ("SEGV", Some(libc::SIGSEGV)), ("TERM", None)] {
            assert_eq!(signal_of_status(status(&format!("sh -c 'kill -{signal} $$'; exit $?"))), number, "{signal}");
        }
        for status in [i32::MIN, 0, 1, 101, 128, 255] {
            assert_eq!(signal_of_status(status), None, "{status}");
        }
    }

    /// However many there are, and even if the target numbers of some are the numbers of others.
    #[test]
    #[cfg(target_os = "linux")]
    fn descriptors_arrive_under_their_numbers() {
        use std::io::Write;
        let pipes: Vec<_> = (0..10).map(|_| std::io::pipe().unwrap()).collect();
        // The first descriptor gets the highest number.
        let numbers = (3..3 + pipes.len() as RawFd).rev();
        let given: Vec<_> = pipes.iter().map(|(reader, _)| reader.as_fd()).zip(numbers).collect();
        let mut command = Command::new("cat");
        command.args(given.iter().map(|(_, to)| format!("/dev/fd/{to}")).collect::<Vec<_>>());
        command.stdout(std::process::Stdio::piped());
        inherit(&mut command, &given);
        let child = command.spawn().unwrap();
        for (n, (_, mut writer)) in pipes.into_iter().enumerate() {
            write!(writer, "{n} ").unwrap();
        }
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "0 1 2 3 4 5 6 7 8 9 ");
    }

    /// A process does not outlive the thread that started it.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_dies_with_its_thread() {
        use std::os::unix::process::ExitStatusExt;
        let start = || {
            let mut command = Command::new("sleep");
            command.arg("1000");
            inherit(&mut command, &[]);
            command.spawn().unwrap()
        };
        let (mut here, mut child) = (start(), std::thread::spawn(start).join().unwrap());
        let ended = (0..1000).find_map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            child.try_wait().unwrap()
        });
        assert_eq!(ended.map(|status| status.signal()), Some(Some(libc::SIGKILL)));
        assert!(here.try_wait().unwrap().is_none(), "this thread is still there");
        here.kill().unwrap();
        here.wait().unwrap();
    }

    /// Not only the leader dies, but also what it has started.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_group_is_killed_as_a_whole() {
        use std::io::BufRead;
        use std::os::unix::process::CommandExt;
        let mut leader = std::process::Command::new("sh")
            .args(["-c", "sleep 1000 & echo $!; wait"])
            .process_group(0)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufReader::new(leader.stdout.take().unwrap()).read_line(&mut line).unwrap();
        // It may stay behind as a zombie, since it has lost its parent.
        let lives = || {
            let state = std::fs::read_to_string(format!("/proc/{}/stat", line.trim())).unwrap_or_default();
            state.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['Z', 'X']))
        };
        assert!(lives());
        kill_group(&leader);
        leader.wait().unwrap();
        let start = std::time::Instant::now();
        while lives() {
            assert!(start.elapsed() < std::time::Duration::from_secs(60), "{line} lives");
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }

    /// However often the question is asked; the status is still there afterwards.
    #[test]
    fn an_end_is_seen_without_waiting_for_it() {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "read line; exit 7"]).stdin(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        assert!(!has_ended(&child).unwrap());
        drop(child.stdin.take());
        while !has_ended(&child).unwrap() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        assert!(has_ended(&child).unwrap());
        assert_eq!(child.wait().unwrap().code(), Some(7));
        assert!(has_ended(&child).is_err());
    }

    /// A tighter limit stays, and there are no core dumps. Needs a process of its own, since limits stay.
    #[test]
    #[cfg(target_os = "linux")]
    fn limits_only_become_tighter() {
        const INSIDE: &str = "WASMOON_TEST_LIMITS";
        const NAME: &str = "runtime::sys::process::tests::limits_only_become_tighter";
        if std::env::var_os(INSIDE).is_none() {
            let output = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", NAME, "--test-threads=1"])
                .env(INSIDE, "1")
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            return assert!(output.status.success() && said.contains("1 passed"), "{said}");
        }
        let of = |resource| {
            let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            // SAFETY: there is room for the answer.
            assert_eq!(unsafe { libc::getrlimit(resource, &raw mut limit) }, 0);
            (limit.rlim_cur, limit.rlim_max)
        };
        let before = of(libc::RLIMIT_DATA).0;
        let check = |least: u64, what: &str| {
            let left = before.min(least);
            assert_eq!((of(libc::RLIMIT_DATA), of(libc::RLIMIT_CORE)), ((left, left), (0, 0)), "{what}");
        };
        // Far above any limit in use.
        limit(1 << 60);
        check(1 << 60, "a first one");
        // One that this process could lift by itself.
        let soft = libc::rlimit { rlim_cur: before.min(1 << 59), rlim_max: before.min(1 << 60) };
        // SAFETY: the structure is valid.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_DATA, &raw const soft) }, 0);
        limit((1 << 59) + 4096);
        check(1 << 59, "a tighter one is there");
        limit(u64::MAX);
        check(1 << 59, "none");
        limit(1 << 58);
        check(1 << 58, "a tighter one");
    }

    #[test]
    fn what_cannot_be_mapped_is_an_error() {
        let made = SharedMemory::create(4096).unwrap();
        let again = SharedMemory::map(made.fd().try_clone().unwrap(), 4096).unwrap();
        // SAFETY: inside of both mappings, which are of one memory and nobody else's.
        unsafe {
            made.base().as_ptr().add(4095).write_volatile(7);
            assert_eq!(again.base().as_ptr().add(4095).read_volatile(), 7);
        }
        let read_only = File::open(std::env::current_exe().unwrap()).unwrap();
        assert!(SharedMemory::map(read_only.into(), 4096).is_err());
    }
}
