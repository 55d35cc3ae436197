//! A program run once.

use super::merge::{FRAME, MAGIC};
use crate::oracle::LinkLost;
use crate::process::spawn::{ProcessEnd, spawn};
use crate::runtime::sys::process::{inherit, kill_group};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// Bytes that are read of an output; more than that is no report.
const MOST: usize = 256 << 20;

/// What became of a program.
pub struct Ran {
    /// Its end; `None` if it said nothing for too long.
    pub end: Option<ProcessEnd>,
    /// What it wrote to its standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to its standard error.
    pub stderr: Vec<u8>,
}

impl Ran {
    /// Whether it ended with status 0.
    pub fn succeeded(&self) -> bool {
        self.end == Some(ProcessEnd::ExitStatus(0))
    }

    /// Its frames, in order, and everything else that it wrote, as text. `None` if a number is missing or comes twice.
    pub fn frames(&self) -> Option<(Vec<[u8; 16]>, String)> {
        let (mut frames, mut rest) = (Vec::new(), Vec::new());
        let mut bytes = &self.stdout[..];
        while let Some((first, more)) = bytes.split_first() {
            if bytes.starts_with(&MAGIC) && bytes.len() >= FRAME {
                let number = u32::from_le_bytes(bytes[MAGIC.len()..][..4].try_into().ok()?);
                if number as usize != frames.len() {
                    return None;
                }
                frames.push(bytes[FRAME - 16..FRAME].try_into().ok()?);
                bytes = &bytes[FRAME..];
            } else {
                rest.push(*first);
                bytes = more;
            }
        }
        rest.push(b'\n');
        rest.extend(&self.stderr);
        Some((frames, String::from_utf8_lossy(&rest).trim().to_string()))
    }

    /// Everything that it wrote, as text.
    pub fn said(&self) -> String {
        let whole = [&self.stdout[..], b"\n", &self.stderr].concat();
        String::from_utf8_lossy(&whole).trim().to_string()
    }
}

/// Why there is no answer.
pub enum Trouble {
    /// The engine died, or was silent for too long.
    Lost(LinkLost),
    /// It does what no engine does.
    Garbage(String),
}

impl Trouble {
    /// In words.
    pub fn why(self) -> String {
        match self {
            Trouble::Lost(lost) => lost.to_string(),
            Trouble::Garbage(what) => what,
        }
    }
}

enum Heard {
    Output(Vec<u8>),
    Error(Vec<u8>),
}

/// Runs a program, until it ends or is silent for `timeout`.
///
/// # Errors
/// It cannot be started.
pub fn run(mut command: Command, timeout: Duration) -> std::io::Result<Ran> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    inherit(&mut command, &[]);
    let mut child = spawn(command)?;
    let (sender, heard) = channel();
    if let Some(pipe) = child.stdout.take() {
        listen(pipe, sender.clone(), Heard::Output);
    }
    if let Some(pipe) = child.stderr.take() {
        listen(pipe, sender.clone(), Heard::Error);
    }
    drop(sender);
    let mut ran = Ran { end: None, stdout: Vec::new(), stderr: Vec::new() };
    loop {
        match heard.recv_timeout(timeout) {
            Ok(Heard::Output(bytes)) => ran.stdout.extend(bytes),
            Ok(Heard::Error(bytes)) => ran.stderr.extend(bytes),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                kill_group(&child);
                let _ = child.wait();
                return Ok(ran);
            }
        }
        if ran.stdout.len() + ran.stderr.len() > MOST {
            kill_group(&child);
            let _ = child.wait();
            ran.end = Some(ProcessEnd::Unknown(format!("it wrote more than {} MiB", MOST >> 20)));
            return Ok(ran);
        }
    }
    ran.end = Some(ProcessEnd::of(child.wait()));
    Ok(ran)
}

/// Reads a pipe to its end.
fn listen(mut pipe: impl Read + Send + 'static, to: Sender<Heard>, heard: fn(Vec<u8>) -> Heard) {
    thread::spawn(move || {
        let mut chunk = [0; 1 << 16];
        while let Ok(n @ 1..) = pipe.read(&mut chunk) {
            if to.send(heard(chunk[..n].to_vec())).is_err() {
                break;
            }
        }
    });
}
