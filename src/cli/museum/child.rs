//! This executable as a child process with a bug planted, watched and bounded.

use crate::cli::Failed;
use crate::museum::VARIABLE;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// This executable again.
pub fn command() -> Command {
    Command::new("/proc/self/exe")
}

/// How a child ended.
pub struct Ended {
    /// `None`: it was killed, by a signal or by us.
    pub status: Option<i32>,
    pub seconds: f64,
    /// Standard output, as far as it came.
    pub output: Vec<String>,
    /// Standard error.
    pub complaint: String,
    pub in_time: bool,
}

/// Runs `wasmoon ARGS` with a bug planted. It is killed when `limit` is over, or when `enough` says so of a line.
///
/// # Errors
/// It cannot be started.
pub fn run(
    bug: Option<&str>,
    args: &[&str],
    folder: Option<&Path>,
    limit: Duration,
    mut enough: impl FnMut(&str) -> bool,
) -> Result<Ended, Failed> {
    let start = Instant::now();
    let mut command = command();
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    match bug {
        Some(bug) => command.env(VARIABLE, bug),
        None => command.env_remove(VARIABLE),
    };
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    let mut child = command.spawn().map_err(|e| format!("cannot start {}: {e}", args.join(" ")))?;
    let (lines, received) = mpsc::channel();
    let stdout = child.stdout.take().expect("piped");
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                break;
            }
        }
    });
    let stderr = child.stderr.take().expect("piped");
    let complaint = std::thread::spawn(move || {
        let lines: Vec<String> = BufReader::new(stderr).lines().map_while(Result::ok).take(200).collect();
        lines.join("\n")
    });
    let mut output = Vec::new();
    let mut in_time = true;
    loop {
        match received.recv_timeout(limit.saturating_sub(start.elapsed())) {
            Ok(line) => {
                let stop = enough(&line);
                output.push(line);
                if stop {
                    // What belongs to the line that was waited for.
                    while let Ok(line) = received.recv_timeout(Duration::from_millis(200)) {
                        output.push(line);
                    }
                    break;
                }
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                in_time = false;
                break;
            }
        }
    }
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status.code(),
            // It has closed its output: it is about to end.
            Ok(None) if in_time && start.elapsed() < limit && child_ends(&mut child) => continue,
            _ => {
                // Our own child, by its handle. Its workers die with it.
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
        }
    };
    let seconds = start.elapsed().as_secs_f64();
    Ok(Ended { status, seconds, output, complaint: complaint.join().unwrap_or_default(), in_time })
}

/// Waits up to a second for a child that has closed its output.
fn child_ends(child: &mut std::process::Child) -> bool {
    let until = Instant::now() + Duration::from_secs(1);
    while Instant::now() < until {
        if !matches!(child.try_wait(), Ok(None)) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}
