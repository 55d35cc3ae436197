//! Worker processes: this same executable, started again with a variable in its environment.
//!
//! Requests and answers go over two pipes of their own as frames: length and JSON, then length and raw bytes (the
//! subject's, which are not sent again if they are those of the request before), then in the same way the provider's (of
//! length 0 if there is none). A worker dies with its parent.

use super::{Got, Spending, Want, perform};
use crate::conformance::supervise::child::ended_by;
use crate::engine::Config;
use crate::runtime::sys::process::{adopt, exit_now, inherit, limit};
use crate::triage::observe::End;
use crate::triage::subject::{Drive, Subject};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

/// Set in a worker's environment.
pub const VARIABLE: &str = "WASMOON_TRIAL";
const REQUESTS: i32 = 3;
const ANSWERS: i32 = 4;
/// Native stack of the thread that executes; the parser of the text format recurses.
const STACK_BYTES: usize = 64 << 20;
/// Writable memory that a worker may have: a runaway dies of it before the machine does.
const DATA_BYTES: u64 = 6 << 30;
/// What a trial may take beyond its time: compiling, and looking at the state.
const GRACE: Duration = Duration::from_secs(20);

#[derive(Serialize, Deserialize)]
struct Request {
    drive: Drive,
    config: Config,
    spending: Spending,
    want: Want,
}

/// A worker process that is waiting for a request.
pub(super) struct Worker {
    child: Child,
    requests: File,
    answers: Receiver<io::Result<Vec<u8>>>,
    /// The bytes that it has.
    sent: Vec<u8>,
}

impl Worker {
    /// # Errors
    /// When the system starts no process: a sentence.
    pub fn start(exe: &Path) -> Result<Worker, String> {
        let failed = |e: io::Error| format!("cannot start {} as a worker: {e}", exe.display());
        let (their_requests, requests) = io::pipe().map_err(failed)?;
        let (answers, their_answers) = io::pipe().map_err(failed)?;
        let mut command = Command::new(exe);
        command.env(VARIABLE, "1").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        inherit(&mut command, &[(their_requests.as_fd(), REQUESTS), (their_answers.as_fd(), ANSWERS)]);
        let child = spawn(command).map_err(failed)?;
        drop((their_requests, their_answers));
        let mut answers = File::from(OwnedFd::from(answers));
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            loop {
                let answer = read_frame(&mut answers);
                let over = answer.is_err();
                if sender.send(answer).is_err() || over {
                    return;
                }
            }
        });
        let requests = File::from(OwnedFd::from(requests));
        Ok(Worker { child, requests, answers: receiver, sent: Vec::new() })
    }

    /// Has a trial done. The worker comes back unless it is dead.
    ///
    /// # Errors
    /// What the worker says it cannot do.
    pub fn ask(
        mut self,
        subject: &Subject,
        config: &Config,
        spending: &Spending,
        want: &Want,
    ) -> Result<(Result<Got, End>, Option<Worker>), String> {
        let request =
            Request { drive: subject.drive.clone(), config: config.clone(), spending: *spending, want: want.clone() };
        let json = serde_json::to_vec(&request).map_err(|e| format!("a request: {e}"))?;
        let again = self.sent == subject.bytes && !self.sent.is_empty();
        let sent = write_frame(&mut self.requests, &json)
            .and_then(|()| write_frame(&mut self.requests, if again { &[] } else { &subject.bytes }))
            .and_then(|()| write_frame(&mut self.requests, subject.provider.as_deref().unwrap_or_default()));
        if sent.is_ok() {
            self.sent.clone_from(&subject.bytes);
            match self.answers.recv_timeout(spending.time() + GRACE) {
                Ok(Ok(answer)) => {
                    let answer: Result<Result<Got, End>, String> =
                        serde_json::from_slice(&answer).map_err(|e| format!("what a worker answers: {e}"))?;
                    return Ok((answer?, Some(self)));
                }
                Err(RecvTimeoutError::Timeout) => {
                    // It is killed when it is dropped.
                    return Ok((Err(End::Timeout), None));
                }
                Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => {}
            }
        }
        Ok((Err(End::Crash(ended_by(self.child.wait()))), None))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may be dead already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a process from a thread that lives as long as this one does. To the system the parent that a process is to die
/// with is a thread, and whoever asks for a worker may be one that ends long before the worker is done with.
fn spawn(command: Command) -> io::Result<Child> {
    type Order = (Command, Sender<io::Result<Child>>);
    static SPAWNER: OnceLock<Mutex<Sender<Order>>> = OnceLock::new();
    let gone = || io::Error::other("the thread that starts processes is gone");
    let spawner = SPAWNER.get_or_init(|| {
        let (orders, received) = channel::<Order>();
        std::thread::spawn(move || {
            for (mut command, reply) in received {
                // Who asked may have gone.
                let _ = reply.send(command.spawn());
            }
        });
        Mutex::new(orders)
    });
    let (reply, child) = channel();
    spawner.lock().map_err(|_| gone())?.send((command, reply)).map_err(|_| gone())?;
    child.recv().map_err(|_| gone())?
}

/// If this process was started as a worker, works until whoever started it is gone and never returns. To be called first
/// thing in `main`.
pub fn run_if_worker() {
    if std::env::var_os(VARIABLE).is_none() {
        return;
    }
    // SAFETY: the parent leaves these two descriptors, and nothing ran before us that could own them.
    let (requests, answers) = unsafe { (File::from(adopt(REQUESTS)), File::from(adopt(ANSWERS))) };
    limit(DATA_BYTES);
    std::panic::set_hook(Box::new(|_| {}));
    let runner = std::thread::Builder::new().name("trials".into()).stack_size(STACK_BYTES);
    match runner.spawn(move || serve(requests, answers)) {
        Ok(thread) => exit_now(i32::from(thread.join().is_err())),
        Err(_) => exit_now(3),
    }
}

fn serve(mut requests: File, mut answers: File) {
    let mut bytes = Vec::new();
    loop {
        let mut frame = || read_frame(&mut requests);
        let (Ok(json), Ok(new), Ok(provider)) = (frame(), frame(), frame()) else { return };
        if !new.is_empty() {
            bytes = new;
        }
        let answer = match serde_json::from_slice::<Request>(&json) {
            Ok(request) => {
                let provider = (!provider.is_empty()).then_some(provider);
                let subject = Subject { bytes: std::mem::take(&mut bytes), provider, drive: request.drive };
                let done = AssertUnwindSafe(|| perform(&subject, &request.config, &request.spending, &request.want));
                let answer = match catch_unwind(done) {
                    Ok(answer) => answer.map(Ok),
                    Err(panic) => {
                        let text = panic.downcast_ref::<String>().map(String::as_str);
                        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("?");
                        Ok(Err(End::Crash(format!("panic: {}", text.lines().next().unwrap_or_default()))))
                    }
                };
                bytes = subject.bytes;
                answer
            }
            Err(e) => Err(format!("a request that is none: {e}")),
        };
        let Ok(json) = serde_json::to_vec(&answer) else { return };
        if write_frame(&mut answers, &json).is_err() {
            return;
        }
    }
}

fn write_frame(to: &mut File, bytes: &[u8]) -> io::Result<()> {
    to.write_all(&(bytes.len() as u64).to_le_bytes())?;
    to.write_all(bytes)
}

fn read_frame(from: &mut File) -> io::Result<Vec<u8>> {
    let mut len = [0; 8];
    from.read_exact(&mut len)?;
    let mut bytes = vec![0; u64::from_le_bytes(len) as usize];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}
