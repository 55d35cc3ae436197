//! A worker process and its links to the supervisor: a socket for messages ([`channel`](super::channel)), and memory
//! that both map ([`Board`]).

use super::board::{Board, SHARED_BYTES};
use super::channel::{ChannelError, MessageReceiver, MessageSender};
use super::confine::confine;
use super::spawn::{ProcessEnd, ended_within, spawn};
use crate::runtime::sys::process::{SharedMemory, adopt, exit_now, inherit, limit};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// The environment variable that tells a worker the name of its role.
pub const VARIABLE: &str = "WASMOON_WORKER";
/// The descriptor of the socket in the worker.
const SOCKET: i32 = 3;
/// The descriptor of the shared memory in the worker.
const MEMORY: i32 = 4;
/// How long a worker may leave sent messages unread. A healthy worker reads at all times.
const READING: Duration = Duration::from_secs(60);
/// How long a worker that no longer communicates may take to end.
const DYING: Duration = Duration::from_secs(10);
/// The exit status of a worker that cannot work.
const CANNOT_WORK: i32 = 3;

/// The purpose of a worker.
#[derive(Debug)]
pub struct Role {
    /// The value of [`VARIABLE`].
    pub name: &'static str,
    /// The bytes of writable memory that the worker may have: a runaway worker fails at this limit before the machine
    /// does.
    pub data_bytes: u64,
    /// Whether the worker gives up the rights to change files, to use TCP and to signal other processes, if the system
    /// supports that.
    pub confined: bool,
    /// The body of the worker; see [`SupervisorLink::serve`].
    pub work: fn(SupervisorLink) -> !,
}

/// Why a worker could not be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start a worker: {}: {error}", executable.display())]
pub struct StartError {
    /// The executable that was to be started.
    pub executable: PathBuf,
    /// The error of the system.
    #[source]
    pub error: io::Error,
}

/// A worker process, as seen by its supervisor. It receives messages of type `S` and sends messages of type `R`. It
/// dies with this process, and when the value is dropped.
#[derive(Debug)]
pub struct Worker<S, R> {
    child: Child,
    /// Sends messages to the worker.
    pub sender: MessageSender<S>,
    /// Receives messages from the worker.
    pub receiver: MessageReceiver<R>,
    /// The memory that both processes map.
    pub board: Board,
    /// The board's ticks when last read, and the time at which they last changed.
    ticks: u64,
    since: Instant,
}

impl<S: Serialize, R: DeserializeOwned> Worker<S, R> {
    /// Starts an executable whose `main` begins with [`serve_if_worker`]. A poll for a message waits no longer than `poll`.
    ///
    /// # Errors
    /// If the system cannot start a process, or this process was itself started as a worker: its `main` then does not begin
    /// that way, and each worker would start the next.
    pub fn start(executable: &Path, role: &Role, errors: Stdio, poll: Duration) -> Result<Worker<S, R>, StartError> {
        Worker::spawn(executable, role, errors, poll)
            .map_err(|error| StartError { executable: executable.to_path_buf(), error })
    }

    fn spawn(executable: &Path, role: &Role, errors: Stdio, poll: Duration) -> io::Result<Worker<S, R>> {
        if std::env::var_os(VARIABLE).is_some() {
            let why = format!(
                "{VARIABLE} is set, so this process is a worker, but its main does not begin with serve_if_worker"
            );
            return Err(io::Error::other(why));
        }
        let (socket, theirs) = UnixStream::pair()?;
        socket.set_write_timeout(Some(READING))?;
        let memory = SharedMemory::create(SHARED_BYTES)?;
        let mut command = Command::new(executable);
        command.env(VARIABLE, role.name).env("RUST_BACKTRACE", "0");
        // It gets its own process group: Ctrl-C is for the supervisor to handle, which lets work in progress finish.
        command.process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
        inherit(&mut command, &[(theirs.as_fd(), SOCKET), (memory.fd().as_fd(), MEMORY)]);
        let (sender, receiver) = (MessageSender::new(socket.try_clone()?), MessageReceiver::new(socket, Some(poll))?);
        // This comes last: nobody would end the process if anything failed after it.
        let child = spawn(command)?;
        Ok(Worker { child, sender, receiver, board: Board::new(memory), ticks: 0, since: Instant::now() })
    }

    /// Returns the time since the worker last made progress, or since [`Worker::rest`].
    pub fn idle(&mut self) -> Duration {
        let ticks = self.board.ticks();
        if ticks != self.ticks {
            self.rest();
        }
        self.since.elapsed()
    }

    /// Restarts the time of [`Worker::idle`], for example when the worker gets something to do.
    pub fn rest(&mut self) {
        (self.ticks, self.since) = (self.board.ticks(), Instant::now());
    }

    /// Kills the process if it has not ended.
    pub fn kill(&mut self) {
        kill(&mut self.child);
    }

    /// Waits for a process that no longer communicates to end. If it goes on, it is killed.
    pub fn wait(&mut self) -> ProcessEnd {
        ended_within(&mut self.child, DYING).unwrap_or_else(|| {
            self.kill();
            ProcessEnd::Unknown("it stopped responding, but did not end".into())
        })
    }
}

fn kill(child: &mut Child) {
    // It is fine if it is already dead.
    let _ = child.kill();
    let _ = child.wait();
}

impl<S, R> Drop for Worker<S, R> {
    fn drop(&mut self) {
        kill(&mut self.child);
    }
}

/// The worker's side: its end of the socket, and the shared memory.
#[derive(Debug)]
pub struct SupervisorLink {
    socket: UnixStream,
    /// The memory that both processes map.
    pub board: Arc<Board>,
}

impl SupervisorLink {
    /// Creates a sender of messages to the supervisor.
    pub fn sender<T: Serialize>(&self) -> MessageSender<T> {
        match self.socket.try_clone() {
            Ok(socket) => MessageSender::new(socket),
            Err(_) => exit_now(CANNOT_WORK),
        }
    }

    /// Passes the supervisor's messages to `work`, which runs on a thread with this name and native stack size. `seen`
    /// is called with each message as it arrives, whatever `work` is doing.
    ///
    /// When the supervisor is gone, the process exits, whatever `work` is doing; when `work` ends, the process is
    /// aborted.
    pub fn serve<T: DeserializeOwned + Send + 'static>(
        self,
        (thread, stack_bytes): (&str, usize),
        mut seen: impl FnMut(&T),
        work: impl FnOnce(&Receiver<T>) + Send + 'static,
    ) -> ! {
        let (sender, messages) = channel();
        let runner = std::thread::Builder::new().name(thread.into()).stack_size(stack_bytes);
        let spawned = runner.spawn(move || {
            let _ = catch_unwind(AssertUnwindSafe(|| work(&messages)));
            std::process::abort()
        });
        let Ok(mut receiver) = MessageReceiver::<T>::new(self.socket, None) else { exit_now(CANNOT_WORK) };
        if spawned.is_err() {
            exit_now(CANNOT_WORK);
        }
        loop {
            match receiver.receive() {
                Ok(message) => {
                    seen(&message);
                    if sender.send(message).is_err() {
                        exit_now(CANNOT_WORK);
                    }
                }
                Err(ChannelError::Message(_)) => exit_now(CANNOT_WORK),
                Err(ChannelError::Closed | ChannelError::Io(_)) => exit_now(0),
            }
        }
    }
}

/// If this process was started as a worker, works until its supervisor is gone and never returns. Call it first in
/// `main`, with all roles that this executable has.
pub fn serve_if_worker(roles: &[&Role]) {
    let Some(name) = std::env::var_os(VARIABLE) else { return };
    let Some(role) = roles.iter().find(|role| name == role.name) else {
        eprintln!("{VARIABLE}={}: this program has no such worker; only wasmoon sets this variable", name.display());
        exit_now(CANNOT_WORK)
    };
    // SAFETY: a supervisor that sets the variable leaves these two descriptors, and nothing ran before us that could
    // own them.
    let (socket, memory) = unsafe { (adopt(SOCKET), adopt(MEMORY)) };
    limit(role.data_bytes);
    if role.confined && confine().is_err() {
        exit_now(CANNOT_WORK);
    }
    match SharedMemory::map(memory, SHARED_BYTES) {
        Ok(memory) => (role.work)(SupervisorLink { socket: socket.into(), board: Arc::new(Board::new(memory)) }),
        Err(_) => exit_now(CANNOT_WORK),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::sys::process::has_ended;

    const ROLE: Role = Role { name: "test", data_bytes: 1 << 30, confined: false, work: never };

    fn never(_: SupervisorLink) -> ! {
        unreachable!("no worker has this role")
    }

    /// Starts a program that does not know its role, and keeps running.
    fn worker() -> Worker<(), ()> {
        Worker::start(Path::new("yes"), &ROLE, Stdio::null(), Duration::from_millis(1)).expect("a process")
    }

    /// Even its process number, which remains until somebody waits for it, is gone.
    #[test]
    fn a_worker_that_is_killed_is_gone() {
        let mut killed = worker();
        assert!(!has_ended(&killed.child).expect("a child"));
        killed.kill();
        assert!(has_ended(&killed.child).is_err(), "nobody has waited for it");
        let dropped = worker();
        let folder = PathBuf::from(format!("/proc/{}", dropped.child.id()));
        assert!(folder.exists());
        drop(dropped);
        assert!(!folder.exists());
    }

    /// A faulty socket is noticed before there is a process that would have to be ended: starting one is not even tried.
    #[test]
    fn what_cannot_be_polled_starts_no_process() {
        let start = |poll| Worker::<(), ()>::start(Path::new("/nowhere/worker"), &ROLE, Stdio::null(), poll);
        let kind = |poll| start(poll).map(drop).map_err(|e| e.error.kind());
        assert_eq!(kind(Duration::from_millis(1)), Err(io::ErrorKind::NotFound));
        assert_eq!(kind(Duration::ZERO), Err(io::ErrorKind::InvalidInput));
    }

    #[test]
    fn a_worker_is_idle_from_its_last_tick_on() {
        const PAUSE: Duration = Duration::from_millis(2);
        let mut worker = worker();
        worker.rest();
        for ticks in [false, true, false, true] {
            let since = worker.since;
            std::thread::sleep(PAUSE);
            if ticks {
                worker.board.set_progress(Some((1, 0)));
                worker.idle();
                assert!(worker.since > since);
            } else {
                assert!(worker.idle() >= PAUSE);
                assert_eq!(worker.since, since);
            }
        }
    }
}
