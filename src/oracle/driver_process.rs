//! A driver's process: lines out, lines in, with a time limit, and the end of its standard error if it dies.

use super::engines::DriverCommand;
use crate::process::spawn::{ProcessEnd, spawn};
use crate::runtime::sys::process::{inherit, kill_group};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes of the longest line that is read from a driver.
const LONGEST: u64 = 256 << 20;
/// Bytes at the end of its standard error that are kept.
const LAST_WORDS: usize = 16 << 10;

/// Words, in lower case, of the line that says why a process aborts.
const WHY: [&str; 5] = ["fatal error", "panicked at", "assertion", "check failed", "terminate called"];

/// Why there is no line.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LinkLost {
    /// There was no answer in time.
    #[error("it did not answer in time")]
    Timeout,
    /// The driver ended: its status, and the end of its standard error.
    #[error("it ended: {0}")]
    Ended(String),
}

/// A running driver. Killed when dropped.
pub struct Process {
    child: Child,
    requests: Sender<Vec<u8>>,
    lines: Receiver<String>,
    errors: Arc<Mutex<VecDeque<u8>>>,
    /// Disconnected once all of its standard error has been read.
    silent: Receiver<()>,
}

impl Process {
    /// Starts a program.
    ///
    /// # Errors
    /// The operating system's error, for example if the program does not exist.
    pub fn start(command: &DriverCommand) -> std::io::Result<Process> {
        let Some((program, args)) = command.words.split_first() else {
            return Err(std::io::Error::new(ErrorKind::InvalidInput, "an empty command"));
        };
        let variables = command.variables;
        let mut command = Command::new(program);
        command.envs(variables.iter().copied());
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C is handled by this process; the driver is killed with it, even in the middle of an endless loop.
        command.process_group(0);
        inherit(&mut command, &[]);
        let (requests, outgoing) = channel::<Vec<u8>>();
        let mut child = spawn(command)?;
        let mut stdin = child.stdin.take();
        // A separate thread writes, because a driver that does not read would block this one.
        thread::spawn(move || {
            for line in outgoing {
                // If the driver has died, that shows where answers are read.
                if let Some(pipe) = &mut stdin
                    && pipe.write_all(&line).and_then(|()| pipe.flush()).is_err()
                {
                    stdin = None;
                }
            }
        });
        let (sender, lines) = channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                let mut reader = BufReader::new(stdout);
                loop {
                    let mut line = Vec::new();
                    match reader.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
                        Ok(n) if n > 0 && sender.send(String::from_utf8_lossy(&line).into_owned()).is_ok() => {}
                        _ => break,
                    }
                }
            });
        }
        let errors = Arc::new(Mutex::new(VecDeque::new()));
        let (speaking, silent) = channel();
        if let Some(mut stderr) = child.stderr.take() {
            let errors = Arc::clone(&errors);
            thread::spawn(move || {
                let _speaking = speaking;
                let mut chunk = [0; 4096];
                while let Ok(n @ 1..) = stderr.read(&mut chunk) {
                    let mut kept = errors.lock().unwrap_or_else(|e| e.into_inner());
                    kept.extend(&chunk[..n]);
                    let excess = kept.len().saturating_sub(LAST_WORDS);
                    kept.drain(..excess);
                }
            });
        }
        Ok(Process { child, requests, lines, errors, silent })
    }

    /// Sends a line; never blocks.
    pub fn send(&self, mut line: Vec<u8>) {
        line.push(b'\n');
        // The writing thread lives as long as `self`.
        let _ = self.requests.send(line);
    }

    /// Receives the next line. After `LinkLost` the driver is unusable.
    ///
    /// # Errors
    /// If it took longer than `timeout`, or the driver ended.
    pub fn receive(&mut self, timeout: Duration) -> Result<String, LinkLost> {
        match self.lines.recv_timeout(timeout) {
            Ok(line) => Ok(line),
            Err(RecvTimeoutError::Timeout) => Err(LinkLost::Timeout),
            Err(RecvTimeoutError::Disconnected) => Err(LinkLost::Ended(self.end())),
        }
    }

    /// How the driver ended, after it closed its output.
    fn end(&mut self) -> String {
        let deadline = Instant::now() + Duration::from_secs(2);
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break described(ProcessEnd::of(Ok(status))),
                Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(5)),
                _ => break "closed its output".to_string(),
            }
        };
        // Standard error may still be on its way. A process that the driver started may hold the pipe for longer.
        let _ = self.silent.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        let words = self.errors.lock().unwrap_or_else(|e| e.into_inner());
        let words: Vec<u8> = words.iter().copied().collect();
        let words = String::from_utf8_lossy(&words);
        let said: Vec<&str> = words.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        // Behind the line that says why, some print stacks, their command line, and where to report it.
        match said.iter().find(|line| is_abort(line)).or(said.last()) {
            Some(words) => format!("{status}, its last words: {words}"),
            None => status,
        }
    }
}

/// Whether a line says why a process aborts.
pub fn is_abort(line: &str) -> bool {
    let line = line.to_lowercase();
    WHY.iter().any(|word| line.contains(word))
}

fn described(end: ProcessEnd) -> String {
    match end {
        ProcessEnd::Signal(name) => format!("killed by {name}"),
        ProcessEnd::ExitStatus(status) => format!("ended with status {status}"),
        ProcessEnd::Unknown(why) => format!("ended: {why}"),
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be in an endless loop or gone; both are fine. `python3` may be a script that starts the real one, so
        // the whole group is killed.
        if let Ok(None) = self.child.try_wait() {
            kill_group(&self.child);
            let _ = self.child.wait();
        }
    }
}
