//! System calls about files and clocks that the standard library lacks.

use super::answer;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::time::Duration;

/// The name of an error number, for errors of files and waits.
pub fn error_name(code: i32) -> Option<&'static str> {
    macro_rules! names {
        ($($name:ident)*) => { match code { $(libc::$name => Some(stringify!($name)),)* _ => None } };
    }
    names! {
        E2BIG EACCES EAGAIN EBADF EBUSY EDQUOT EEXIST EFAULT EFBIG EILSEQ EINTR EINVAL EIO EISDIR ELOOP EMFILE EMLINK
        ENAMETOOLONG ENFILE ENOBUFS ENODEV ENOENT ENOMEM ENOSPC ENOSYS ENOTDIR ENOTEMPTY ENOTSOCK ENOTSUP ENOTTY ENXIO
        EOVERFLOW EPERM EPIPE ERANGE EROFS ESPIPE ESTALE ETIMEDOUT ETXTBSY EXDEV
    }
}

/// Sets whether writes go to the end of the file, whatever its position.
///
/// # Errors
/// The system's error.
pub fn set_append(fd: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    // SAFETY: flags of an open descriptor.
    unsafe {
        let old = answer(libc::fcntl(fd.as_raw_fd(), libc::F_GETFL))?;
        let new = if on { old | libc::O_APPEND } else { old & !libc::O_APPEND };
        answer(libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, new))?;
    }
    Ok(())
}

/// A descriptor of the same pipe or terminal, for either reading or writing, that never waits, and that leaves the reads and
/// writes of the given one as they are. For anything else, and where the system refuses one, it is a duplicate.
///
/// # Errors
/// If there are no more descriptors.
pub fn without_waiting(fd: BorrowedFd<'_>, write: bool) -> io::Result<File> {
    let file = File::from(fd.try_clone_to_owned()?);
    let metadata = file.metadata()?;
    // The device that makes pseudoterminals: opening it makes another terminal.
    let is_window = metadata.rdev() == libc::makedev(5, 2);
    if !metadata.file_type().is_fifo() && (!file.is_terminal() || is_window) {
        return Ok(file);
    }
    let mut options = File::options();
    options.read(!write).write(write).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    Ok(options.open(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap_or(file))
}

/// Reserves disk space for this range of a file, which grows if it ends before the range does.
///
/// # Errors
/// The system's error; `EINVAL` for an empty range.
pub fn allocate(fd: BorrowedFd<'_>, offset: u64, len: u64) -> io::Result<()> {
    let wide = |n: u64| libc::off_t::try_from(n).map_err(|_| io::Error::from_raw_os_error(libc::EFBIG));
    let (offset, len) = (wide(offset)?, wide(len)?);
    // SAFETY: an open descriptor and two numbers.
    match unsafe { libc::posix_fallocate(fd.as_raw_fd(), offset, len) } {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

/// The expected use of a range of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// No advice.
    Normal,
    /// In order, from the start.
    Sequential,
    /// In any order.
    Random,
    /// Soon.
    WillNeed,
    /// Not soon.
    DontNeed,
    /// Once only.
    NoReuse,
}

/// Advises the system how a range of a file is going to be used.
///
/// # Errors
/// The system's error, for example `ESPIPE` for a pipe.
pub fn advise(fd: BorrowedFd<'_>, offset: u64, len: u64, advice: Advice) -> io::Result<()> {
    let wide = |n: u64| libc::off_t::try_from(n).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL));
    let (offset, len) = (wide(offset)?, wide(len)?);
    let advice = match advice {
        Advice::Normal => libc::POSIX_FADV_NORMAL,
        Advice::Sequential => libc::POSIX_FADV_SEQUENTIAL,
        Advice::Random => libc::POSIX_FADV_RANDOM,
        Advice::WillNeed => libc::POSIX_FADV_WILLNEED,
        Advice::DontNeed => libc::POSIX_FADV_DONTNEED,
        Advice::NoReuse => libc::POSIX_FADV_NOREUSE,
    };
    // SAFETY: an open descriptor and numbers.
    match unsafe { libc::posix_fadvise(fd.as_raw_fd(), offset, len, advice) } {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

/// A descriptor to wait for, until it can be read or written: whichever of those asked for comes first.
#[derive(Clone, Copy, Debug)]
pub struct WaitTarget<'a> {
    /// The descriptor.
    pub fd: BorrowedFd<'a>,
    /// Whether to wait until it can be read.
    pub read: bool,
    /// Whether to wait until it can be written.
    pub write: bool,
}

impl<'a> WaitTarget<'a> {
    /// Waits until the descriptor can be written, if `write`, or else until it can be read.
    pub fn new(fd: BorrowedFd<'a>, write: bool) -> WaitTarget<'a> {
        WaitTarget { fd, read: !write, write }
    }
}

/// The state of a descriptor after a wait, for a reader or for a writer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// Whether it can be read or written without waiting.
    pub ready: bool,
    /// Whether the other end is closed.
    pub hangup: bool,
    /// Number of bytes that can be read, if the system reports it. 0 for a writer.
    pub bytes: u64,
}

/// The state of a descriptor after a wait. Nothing is known about what was not waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waited {
    /// For a reader.
    pub read: Readiness,
    /// For a writer.
    pub write: Readiness,
}

impl Waited {
    /// Whether it can be read or written without waiting.
    pub fn is_ready(&self) -> bool {
        self.read.ready || self.write.ready
    }
}

/// Waits until a descriptor is ready or the timeout is over; a signal may end it early. Returns the state of each descriptor.
///
/// # Errors
/// The system's error.
pub fn wait(fds: &[WaitTarget<'_>], timeout: Duration) -> io::Result<Vec<Waited>> {
    let mut polled: Vec<libc::pollfd> = fds
        .iter()
        .map(|w| libc::pollfd {
            fd: w.fd.as_raw_fd(),
            events: if w.read { libc::POLLIN } else { 0 } | if w.write { libc::POLLOUT } else { 0 },
            revents: 0,
        })
        .collect();
    let timeout = libc::timespec {
        tv_sec: libc::time_t::try_from(timeout.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: libc::c_long::from(timeout.subsec_nanos() as i32),
    };
    // SAFETY: an array of that length, a valid time, no signal mask.
    let result =
        unsafe { libc::ppoll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, &raw const timeout, std::ptr::null()) };
    if let Err(e) = answer(result)
        && e.kind() != io::ErrorKind::Interrupted
    {
        return Err(e);
    }
    let waited = |(p, w): (&libc::pollfd, &WaitTarget<'_>)| {
        let mut bytes: libc::c_int = 0;
        if p.revents & libc::POLLIN != 0 {
            // SAFETY: a request for a number, with room for it. If the system does not know, it stays 0.
            unsafe { libc::ioctl(w.fd.as_raw_fd(), libc::FIONREAD, &raw mut bytes) };
        }
        // Errors and a closed other end concern both.
        let hangup = p.revents & libc::POLLHUP != 0;
        let mut waited = Waited::default();
        if w.read {
            waited.read = Readiness { ready: p.revents & !libc::POLLOUT != 0, hangup, bytes: bytes.max(0) as u64 };
        }
        if w.write {
            waited.write = Readiness { ready: p.revents & !libc::POLLIN != 0, hangup, bytes: 0 };
        }
        waited
    };
    Ok(polled.iter().zip(fds).map(waited).collect())
}

/// A clock of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The time of day.
    Realtime,
    /// A clock that never goes back.
    Monotonic,
    /// CPU time of the process.
    ProcessCpu,
    /// CPU time of the calling thread.
    ThreadCpu,
}

impl Clock {
    fn id(self) -> libc::clockid_t {
        match self {
            Clock::Realtime => libc::CLOCK_REALTIME,
            Clock::Monotonic => libc::CLOCK_MONOTONIC,
            Clock::ProcessCpu => libc::CLOCK_PROCESS_CPUTIME_ID,
            Clock::ThreadCpu => libc::CLOCK_THREAD_CPUTIME_ID,
        }
    }

    /// Nanoseconds since its start; 0 before it.
    ///
    /// # Errors
    /// If the system does not have this clock.
    pub fn now(self) -> io::Result<u64> {
        // SAFETY: room for one time.
        read(|time| unsafe { libc::clock_gettime(self.id(), time) })
    }

    /// The resolution in nanoseconds.
    ///
    /// # Errors
    /// If the system does not have this clock.
    pub fn resolution(self) -> io::Result<u64> {
        // SAFETY: room for one time.
        read(|time| unsafe { libc::clock_getres(self.id(), time) })
    }
}

fn read(get: impl Fn(*mut libc::timespec) -> libc::c_int) -> io::Result<u64> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    answer(get(&raw mut time))?;
    Ok(nanoseconds(time.tv_sec, time.tv_nsec))
}

/// A time of the system in nanoseconds since the epoch that its seconds are counted from; 0 before it. `rest`: nanoseconds since
/// the beginning of that second.
pub fn nanoseconds(seconds: impl Into<i64>, rest: impl Into<i64>) -> u64 {
    match u64::try_from(seconds.into()) {
        Ok(seconds) => seconds.saturating_mul(1_000_000_000).saturating_add(rest.into() as u64),
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::fd::AsFd;

    #[test]
    fn waiting_sees_what_a_pipe_holds_and_its_end() {
        let (reader, mut writer) = io::pipe().unwrap();
        let wanted = WaitTarget::new(reader.as_fd(), false);
        let short = Duration::from_millis(1);
        assert_eq!(wait(&[wanted], short).unwrap(), [Waited::default()]);
        writer.write_all(b"abc").unwrap();
        let ready = |bytes| Readiness { ready: true, hangup: false, bytes };
        let readable = Waited { read: ready(3), ..Waited::default() };
        assert_eq!(wait(&[wanted], short).unwrap(), [readable]);
        let out = WaitTarget::new(writer.as_fd(), true);
        // What can be read does not concern a writer.
        let both = wait(&[out, wanted], short).unwrap();
        assert_eq!(both, [Waited { write: ready(0), ..Waited::default() }, readable]);
        drop(writer);
        assert!(wait(&[wanted], short).unwrap()[0].read.hangup);
    }

    /// A descriptor for which both are asked is ready as soon as either is.
    #[test]
    fn reading_and_writing_are_waited_for_at_once() {
        let (mut ours, mut theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let seen = |ours: &std::os::unix::net::UnixStream, read, write| {
            wait(&[WaitTarget { fd: ours.as_fd(), read, write }], Duration::from_millis(1)).unwrap()[0]
        };
        let (not, ready) = (Readiness::default(), |bytes| Readiness { ready: true, hangup: false, bytes });
        assert_eq!(seen(&ours, true, true), Waited { read: not, write: ready(0) });
        theirs.write_all(b"abc").unwrap();
        assert_eq!(seen(&ours, true, true), Waited { read: ready(3), write: ready(0) });
        assert_eq!(seen(&ours, true, false), Waited { read: ready(3), write: not });
        assert_eq!(seen(&ours, false, true), Waited { read: not, write: ready(0) });
        while ours.write(&[0; 4096]).is_ok() {}
        assert_eq!(seen(&ours, true, true), Waited { read: ready(3), write: not });
        assert!(!seen(&ours, false, true).is_ready() && seen(&ours, true, true).is_ready());
        drop(theirs);
        let ended = seen(&ours, true, true);
        assert!([ended.read, ended.write].iter().all(|state| state.ready && state.hangup), "{ended:?}");
    }

    /// For both ends of a pipe: the given descriptor still waits.
    #[cfg(target_os = "linux")]
    #[test]
    fn descriptors_that_do_not_wait_leave_the_given_ones_as_they_are() {
        let (reader, writer) = io::pipe().unwrap();
        let waits = |fd: BorrowedFd<'_>| {
            // SAFETY: flags of an open descriptor.
            let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
            flags & libc::O_NONBLOCK == 0
        };
        let mut ours = [(reader.as_fd(), false), (writer.as_fd(), true)]
            .map(|(fd, write)| (without_waiting(fd, write).unwrap(), waits(fd)));
        assert!(ours.iter().all(|(file, given_waits)| !waits(file.as_fd()) && *given_waits));
        assert_eq!(ours[0].0.read(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        while ours[1].0.write(&[0; 4096]).is_ok() {}
        assert_eq!(ours[0].0.read(&mut [0; 9]).unwrap(), 9);
        // The end of a terminal that a window has stays that of the same terminal.
        let window = File::options().read(true).write(true).open("/dev/ptmx").unwrap();
        let number = |file: &File| {
            let mut number = 0u32;
            // SAFETY: there is room for the answer.
            assert_eq!(unsafe { libc::ioctl(file.as_raw_fd(), libc::TIOCGPTN, &raw mut number) }, 0);
            number
        };
        assert_eq!(number(&without_waiting(window.as_fd(), true).unwrap()), number(&window));
        // A file is never waited for.
        let memory = crate::runtime::sys::process::SharedMemory::create(3).unwrap();
        assert!(waits(without_waiting(memory.fd().as_fd(), true).unwrap().as_fd()));
    }

    /// The system waits for no more descriptors than a process may have open.
    #[test]
    fn what_the_system_refuses_to_wait_for_is_an_error() {
        let (reader, _writer) = io::pipe().unwrap();
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: there is room for the answer.
        assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) }, 0);
        // If there is hardly a limit, one is set that is still far above what the tests open.
        if limit.rlim_cur > 1 << 20 {
            limit.rlim_cur = 1 << 20;
            // SAFETY: the structure is valid.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
        }
        let many = limit.rlim_cur + 1;
        let wanted: Vec<_> = (0..many).map(|_| WaitTarget::new(reader.as_fd(), false)).collect();
        let refused = wait(&wanted, Duration::from_secs(600)).map(drop).map_err(|e| e.raw_os_error());
        assert_eq!(refused, Err(Some(libc::EINVAL)));
    }

    #[test]
    fn a_signal_ends_waiting_without_an_error() {
        use std::os::unix::thread::JoinHandleExt;
        extern "C" fn nothing(_: i32) {}
        // SAFETY: the handler does nothing, and nothing else here uses this signal.
        unsafe { libc::signal(libc::SIGUSR2, nothing as extern "C" fn(i32) as libc::sighandler_t) };
        let (reader, _writer) = io::pipe().unwrap();
        let waiting = std::thread::spawn(move || {
            wait(&[WaitTarget::new(reader.as_fd(), false)], Duration::from_secs(600)).unwrap()
        });
        while !waiting.is_finished() {
            // SAFETY: the thread has not been joined, so its handle is valid.
            unsafe { libc::pthread_kill(waiting.as_pthread_t(), libc::SIGUSR2) };
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(waiting.join().unwrap(), [Waited::default()]);
    }

    #[test]
    fn clocks_go_on() {
        for clock in [Clock::Realtime, Clock::Monotonic, Clock::ProcessCpu, Clock::ThreadCpu] {
            let (before, step) = (clock.now().unwrap(), clock.resolution().unwrap());
            assert!(clock.now().unwrap() >= before && step > 0 && step < 1_000_000_000, "{clock:?}");
        }
    }

    /// Each reading lies between two from another source.
    #[test]
    fn each_clock_is_the_one_of_its_name() {
        let since = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
        let thread = || crate::runtime::sys::process::thread_cpu_time().as_nanos() as u64;
        let monotonic = crate::runtime::sys::observers::monotonic_nanoseconds;
        let clocks: [(Clock, &dyn Fn() -> u64); 3] =
            [(Clock::Realtime, &since), (Clock::Monotonic, &monotonic), (Clock::ThreadCpu, &thread)];
        for (clock, other) in clocks {
            let [before, now, after] = [other(), clock.now().unwrap(), other()];
            // The time of day may be set meanwhile, by little.
            let slack = if clock == Clock::Realtime { 10_000_000_000 } else { 0 };
            assert!((before - slack.min(before)..=after + slack).contains(&now), "{clock:?}: {before} {now} {after}");
        }
    }

    #[test]
    fn writes_go_to_the_end_only_while_that_is_wanted() {
        use std::io::Seek;
        let memory = crate::runtime::sys::process::SharedMemory::create(3).unwrap();
        let mut file = std::fs::File::from(memory.fd().try_clone().unwrap());
        for on in [true, false, true] {
            set_append(file.as_fd(), on).unwrap();
            file.rewind().unwrap();
            file.write_all(if on { b"x" } else { b"y" }).unwrap();
        }
        file.rewind().unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, b"y\0\0xx");
    }

    /// The time of the process is that of all its threads, that of a thread its own.
    #[test]
    fn each_cpu_clock_has_its_threads() {
        const WORK: u64 = 5_000_000;
        let (process, thread) = (Clock::ProcessCpu.now().unwrap(), Clock::ThreadCpu.now().unwrap());
        let works = || while Clock::ThreadCpu.now().unwrap() < WORK {};
        std::thread::spawn(works).join().unwrap();
        let own = Clock::ThreadCpu.now().unwrap() - thread;
        assert!(Clock::ProcessCpu.now().unwrap() - process >= WORK + own);
    }

    #[test]
    fn times_before_the_start_are_its() {
        for (seconds, rest, time) in [
            (-1, 999_999_999, 0),
            (-2, 500_000_000, 0),
            (i64::MIN, 0, 0),
            (0, 0, 0),
            (0, 999_999_999, 999_999_999),
            (3, 7, 3_000_000_007),
            (i64::MAX, 7, u64::MAX),
        ] {
            assert_eq!(nanoseconds(seconds, rest), time, "{seconds} {rest}");
        }
    }

    /// No fraction of a second is invalid as a time.
    #[test]
    fn a_wait_may_take_any_number_of_nanoseconds() {
        let (reader, _writer) = io::pipe().unwrap();
        for nanoseconds in [0, 1, 32_767, 32_768, 40_000, 65_535, 65_536, 999_999] {
            let wanted = WaitTarget::new(reader.as_fd(), false);
            let seen = wait(&[wanted], Duration::from_nanos(nanoseconds));
            assert_eq!(seen.unwrap(), [Waited::default()], "{nanoseconds}");
        }
    }
}
