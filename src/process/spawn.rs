//! Starting processes, and how they ended.

use crate::runtime::sys::process::signal_name;
use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock};

/// Starts a process from a thread that lives as long as this process does.
///
/// A process that was prepared by [`inherit`](crate::runtime::sys::process::inherit) is killed with its parent, and to
/// the system the parent is a thread: the one that calls `fork`. The thread that asks for a process may end long before
/// the process is done with, so it must not be that one.
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

/// The end of a process.
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
    /// The end that the system reports.
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
