//! A worker process, and what joins it with whoever supervises it: a socket for messages, and memory that both map, in
//! which the worker says what it is at.
//!
//! Conformance runs and random modules have different messages; all else is the same, and here.

use super::wire::{Board, SHARED_BYTES};
use crate::runtime::sys::process::{SharedMemory, adopt, exit_now, inherit, limit, signal_name};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Descriptor of the socket in the worker.
const SOCKET: i32 = 3;
/// Descriptor of the shared memory in the worker.
const MEMORY: i32 = 4;

/// A worker process, as its supervisor sees it. It dies with the thread that starts it, and when this is dropped.
pub struct Worker {
    child: Child,
    pub socket: UnixStream,
    pub board: Board,
}

impl Worker {
    /// Starts an executable whose `main` looks for `variable` in its environment first of all. A read from the socket
    /// waits no longer than `poll`.
    ///
    /// # Errors
    /// When the system starts no process.
    pub fn start(executable: &Path, variable: &str, errors: Stdio, poll: Duration) -> std::io::Result<Worker> {
        let (socket, theirs) = UnixStream::pair()?;
        socket.set_read_timeout(Some(poll))?;
        let memory = SharedMemory::create(SHARED_BYTES)?;
        let mut command = Command::new(executable);
        command.env(variable, "1").env("RUST_BACKTRACE", "0");
        // A group of its own: Ctrl-C is the supervisor's to answer, which lets what is under way end.
        command.process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
        inherit(&mut command, &[(theirs.as_fd(), SOCKET), (memory.fd().as_fd(), MEMORY)]);
        let child = command.spawn()?;
        Ok(Worker { child, socket, board: Board::new(memory) })
    }

    /// Ends the process, if it has not ended.
    pub fn kill(&mut self) {
        // Already dead is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits for the end of the process.
    ///
    /// # Errors
    /// When the system does not know it.
    pub fn wait(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a process ended by: a signal's name, or its exit status.
pub fn ended_by(status: std::io::Result<ExitStatus>) -> String {
    match status.map(|s| (s.signal(), s.code())) {
        Ok((Some(signal), _)) => signal_name(signal),
        Ok((None, Some(code))) => format!("exit status {code}"),
        Ok((None, None)) => "unknown".into(),
        Err(e) => e.to_string(),
    }
}

/// The worker's side: its end of the socket and of the memory. Ends the process where the supervisor left none.
///
/// `data_bytes`: writable memory that this process may have, so that a runaway dies of it before the machine does.
///
/// # Safety
/// To be called first thing in a process that [`Worker::start`] started: nothing may own the two descriptors yet.
pub unsafe fn join(data_bytes: u64) -> (UnixStream, Arc<Board>) {
    // SAFETY: the supervisor leaves these two descriptors, and by the caller's promise nobody owns them.
    let (socket, memory) = unsafe { (adopt(SOCKET), adopt(MEMORY)) };
    limit(data_bytes);
    match SharedMemory::map(memory, SHARED_BYTES) {
        Ok(memory) => (UnixStream::from(socket), Arc::new(Board::new(memory))),
        Err(_) => exit_now(3),
    }
}
