//! Starts processes and reports how they ended.

use crate::runtime::sys::process::{has_ended, signal_name};
use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

/// Starts a process from a thread that lives as long as this process does.
///
/// A process prepared by [`inherit`](crate::runtime::sys::process::inherit) is killed with its parent, and for the
/// system the parent is a thread: the one that calls `fork`. The thread that requests a process may end long before the
/// process does, so it must not be that thread.
///
/// # Errors
/// As [`Command::spawn`].
pub fn spawn(command: Command) -> io::Result<Child> {
    type SpawnRequest = (Command, Sender<io::Result<Child>>);
    static SPAWNER: OnceLock<Mutex<Sender<SpawnRequest>>> = OnceLock::new();
    let gone = || io::Error::other("the thread that starts processes is gone");
    let spawner = SPAWNER.get_or_init(|| {
        let (requests, received) = channel::<SpawnRequest>();
        std::thread::spawn(move || {
            for (mut command, reply) in received {
                // The receiver waits for this, unless its thread has panicked.
                let _ = reply.send(command.spawn());
            }
        });
        Mutex::new(requests)
    });
    let (reply, child) = channel();
    spawner.lock().map_err(|_| gone())?.send((command, reply)).map_err(|_| gone())?;
    child.recv().map_err(|_| gone())?
}

/// Returns the path for starting this program again: exactly the file that is running, even if another file has taken
/// its place.
///
/// Under an emulator of another CPU, the system's name for that file leads to the emulator; the result is then the path
/// with which the program was started.
pub fn own_program() -> PathBuf {
    let running = PathBuf::from("/proc/self/exe");
    let identity = |path: &Path| std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    match std::env::current_exe() {
        Ok(started) if identity(&started).is_some_and(|file| identity(&running) != Some(file)) => started,
        _ => running,
    }
}

/// Waits for a process to end, for at most `limit`; `None` if it is still running.
pub fn ended_within(child: &mut Child, limit: Duration) -> Option<ProcessEnd> {
    has_ended_within(child, limit).then(|| ProcessEnd::of(child.wait()))
}

/// Like [`ended_within`], but returns whether it ended, without collecting its status: its group can still be killed,
/// and its end can still be queried.
pub fn has_ended_within(child: &Child, limit: Duration) -> bool {
    let start = Instant::now();
    // Most processes are about to end, and a few run for long.
    let mut pause = Duration::from_micros(100);
    // If the state cannot be queried, the process has already been waited for.
    while !has_ended(child).unwrap_or(true) {
        if start.elapsed() >= limit {
            return false;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
    true
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcessEnd {
    /// The name of a signal: `SIGSEGV`.
    Signal(String),
    /// The status with which it exited.
    ExitStatus(i32),
    /// Unknown: the error of the system.
    Unknown(String),
}

impl ProcessEnd {
    /// Converts the status that the system reports.
    pub fn of(status: io::Result<ExitStatus>) -> ProcessEnd {
        match status.map(|s| (s.signal(), s.code())) {
            Ok((Some(signal), _)) => ProcessEnd::Signal(signal_name(signal)),
            Ok((None, Some(code))) => ProcessEnd::ExitStatus(code),
            Ok((None, None)) => ProcessEnd::Unknown("unknown".into()),
            Err(e) => ProcessEnd::Unknown(e.to_string()),
        }
    }
}

impl fmt::Display for ProcessEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProcessEnd::Signal(name) => f.write_str(name),
            ProcessEnd::ExitStatus(code) => write!(f, "exit status {code}"),
            ProcessEnd::Unknown(why) => f.write_str(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        spawn(command).expect("a shell")
    }

    #[test]
    fn ends_have_words() {
        let end = |script: &str| ended_within(&mut shell(script), Duration::from_secs(60)).map(|end| end.to_string());
        assert_eq!(end("exit 7").as_deref(), Some("exit status 7"));
        assert_eq!(end("kill -SEGV $$").as_deref(), Some("SIGSEGV"));
    }

    #[test]
    fn who_was_waited_for_has_ended() {
        let mut child = shell("exit 7");
        child.wait().expect("it ends");
        assert_eq!(ended_within(&mut child, Duration::ZERO), Some(ProcessEnd::ExitStatus(7)));
    }

    /// By the time it is started, its path may lead to another file.
    #[test]
    #[cfg(target_os = "linux")]
    fn the_file_that_runs_is_started_again() {
        let identity = |path: &Path| std::fs::metadata(path).map(|file| (file.dev(), file.ino())).expect("a file");
        let (started, running) = (std::env::current_exe().expect("a path"), PathBuf::from("/proc/self/exe"));
        // There, the running file is the emulator's.
        let is_emulated = identity(&running) != identity(&started);
        assert_eq!(own_program(), if is_emulated { started } else { running });
    }

    #[test]
    fn who_goes_on_is_not_waited_for() {
        let mut child = shell("exec sleep 1000");
        assert_eq!(ended_within(&mut child, Duration::from_millis(50)), None);
        child.kill().expect("it goes on");
        assert_eq!(ended_within(&mut child, Duration::from_secs(60)), Some(ProcessEnd::Signal("SIGKILL".into())));
    }
}
