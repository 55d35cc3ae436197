//! This executable as a child process with a bug planted, watched and bounded by the processor time that it and all that it
//! starts take: a machine that does other things at the same time finds no less.

use crate::error::MuseumError;
use crate::patches::VARIABLE;
use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use wasmoon::process::spawn::own_program;

/// Interval between looks at the time that a child has taken.
const POLL: Duration = Duration::from_millis(200);
/// A child that takes no processor time hangs. By the clock it may take this multiple of its limit.
const PATIENCE: u32 = 20;
/// Ticks per second of the processor times in `/proc`; the same on every Linux.
const TICKS: f64 = 100.0;

/// This executable again.
pub fn command() -> Command {
    Command::new(own_program())
}

/// How a child ended.
pub struct ChildEnd {
    /// `None`: it was killed, by a signal or by us.
    pub status: Option<i32>,
    /// Processor time, in seconds, of the child and its own children.
    pub seconds: f64,
    /// Standard output, as far as it came.
    pub output: Vec<String>,
    /// Standard error.
    pub complaint: String,
    pub in_time: bool,
}

/// Runs `wasmoon ARGS` with a bug planted, or none. It is killed when it has taken `limit` of processor time, or when
/// `enough` says so of a line.
///
/// # Errors
/// It cannot be started.
pub fn run(
    bug: Option<&str>,
    args: &[&str],
    limit: Duration,
    mut enough: impl FnMut(&str) -> bool,
) -> Result<ChildEnd, MuseumError> {
    let start = Instant::now();
    let mut command = command();
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    match bug {
        Some(bug) => command.env(VARIABLE, bug),
        None => command.env_remove(VARIABLE),
    };
    let mut child = command.spawn().map_err(|source| MuseumError::Start { args: args.join(" "), source })?;
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
    let (mut output, mut taken) = (Vec::new(), 0.0f64);
    let is_over = |taken: f64| taken >= limit.as_secs_f64() || start.elapsed() >= limit * PATIENCE;
    let (mut in_time, mut closed) = (true, false);
    while !closed && in_time {
        match received.recv_timeout(POLL) {
            Ok(line) => {
                let stop = enough(&line);
                output.push(line);
                if stop {
                    // What belongs to the line that was waited for.
                    while let Ok(line) = received.recv_timeout(POLL) {
                        output.push(line);
                    }
                    break;
                }
                continue;
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => closed = true,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        taken = taken.max(processor_seconds(child.id()));
        in_time = !is_over(taken);
    }
    taken = taken.max(processor_seconds(child.id()));
    let status = if closed { ending(&mut child) } else { None };
    if status.is_none() {
        // Our own child, by its handle. Its workers die with it.
        let _ = child.kill();
        let _ = child.wait();
    }
    let complaint = complaint.join().unwrap_or_default();
    Ok(ChildEnd { status: status.flatten(), seconds: taken, output, complaint, in_time })
}

/// Waits for a child that has closed its output and so is about to end. `None`: it is not.
fn ending(child: &mut Child) -> Option<Option<i32>> {
    let until = Instant::now() + Duration::from_secs(5);
    while Instant::now() < until {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status.code());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    None
}

/// Processor time of a process and of all that it started, as far as those are there or were waited for.
fn processor_seconds(root: u32) -> f64 {
    let Ok(entries) = std::fs::read_dir("/proc") else { return 0.0 };
    let mut all: HashMap<u32, (u32, u64)> = HashMap::new();
    for entry in entries.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Some(found) =
            std::fs::read_to_string(entry.path().join("stat")).ok().as_deref().and_then(parent_and_ticks)
        {
            all.insert(pid, found);
        }
    }
    let mut family = HashSet::from([root]);
    // Children have not always the higher number: until there are no more.
    loop {
        let before = family.len();
        family.extend(
            all.iter().filter(|(_, (parent, _))| family.contains(parent)).map(|(pid, _)| *pid).collect::<Vec<_>>(),
        );
        if family.len() == before {
            break;
        }
    }
    family.iter().filter_map(|pid| all.get(pid)).map(|(_, ticks)| *ticks as f64 / TICKS).sum()
}

/// Of `/proc/PID/stat`: the parent, and the time of the process and of its children that were waited for.
fn parent_and_ticks(stat: &str) -> Option<(u32, u64)> {
    // The name is in brackets and may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |i: usize| fields.get(i)?.parse::<u64>().ok();
    let ticks = [11, 12, 13, 14].into_iter().map(number).sum::<Option<u64>>()?;
    Some((number(1)? as u32, ticks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_this_process_took_is_told() {
        let stat = "77 (a) b (c)) S 12 77 77 0 -1 4194560 1 2 3 4 50 6 700 8 20 0 1 0 5 6 7";
        assert_eq!(parent_and_ticks(stat), Some((12, 764)));
        let start = Instant::now();
        let mut n = 0u64;
        while start.elapsed() < Duration::from_millis(300) {
            n = std::hint::black_box(n + 1);
        }
        assert!(processor_seconds(std::process::id()) > 0.05);
        assert_eq!(processor_seconds(u32::MAX), 0.0);
    }
}
