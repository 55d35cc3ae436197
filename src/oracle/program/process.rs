//! Runs a program once.

use super::merge::{FRAME, MAGIC};
use crate::oracle::LinkLost;
use crate::process::spawn::{ProcessEnd, has_ended_within, spawn};
use crate::runtime::sys::process::{inherit, kill_group};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The maximum number of bytes that are read of an output; more than that is not a report.
const MOST: usize = 256 << 20;

/// How long to wait for output before checking whether a program has ended.
const POLL: Duration = Duration::from_millis(200);

/// The maximum time for reading what a program wrote before its end. Any process that holds its pipes after that is outside its
/// group.
const REST: Duration = Duration::from_secs(2);

/// The result of running a program.
pub struct Ran {
    /// Its end; `None` if it took too long.
    pub end: Option<ProcessEnd>,
    /// What it wrote to its standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to its standard error.
    pub stderr: Vec<u8>,
}

impl Ran {
    fn take(&mut self, heard: Heard) {
        match heard {
            Heard::Output(bytes) => self.stdout.extend(bytes),
            Heard::Error(bytes) => self.stderr.extend(bytes),
        }
    }

    /// Whether it wrote more than is read.
    fn is_endless(&self) -> bool {
        self.stdout.len() + self.stderr.len() > MOST
    }

    /// Whether it ended with status 0.
    pub fn succeeded(&self) -> bool {
        self.end == Some(ProcessEnd::ExitStatus(0))
    }

    /// Its frames, in order, and everything else that it wrote, as text. `None` if a number is missing or occurs twice.
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
    /// The engine died, or took too long.
    Lost(LinkLost),
    /// It does what no engine should do.
    Garbage(String),
}

impl Trouble {
    /// The reason in words.
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

/// The frames that a program has written so far.
struct Seen {
    /// The maximum number that count: as many as the program has.
    most: u32,
    count: u32,
    /// The number of bytes of its standard output that were examined.
    to: usize,
}

impl Seen {
    /// Whether there are more frames now, in order.
    fn more_in(&mut self, stdout: &[u8]) -> bool {
        let before = self.count;
        while self.count < self.most {
            let next = [MAGIC, self.count.to_le_bytes()].concat();
            let Some(at) = stdout[self.to..].windows(next.len()).position(|bytes| bytes == next) else {
                self.to = self.to.max((stdout.len() + 1).saturating_sub(next.len()));
                break;
            };
            self.to += at + next.len();
            self.count += 1;
        }
        self.count > before
    }
}

/// Runs a program, until it ends or takes too long: `timeout` starts again with each of the `frames` that it may write. No other
/// output counts as a sign of life. It ends when its first process does, with everything that its other processes have written
/// until then; these are killed as well.
///
/// # Errors
/// It cannot be started.
pub fn run(mut command: Command, timeout: Duration, frames: u32) -> std::io::Result<Ran> {
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
    Ok(heard_of(&mut child, &heard, timeout, frames))
}

/// Collects the output of a program, and how it ends.
fn heard_of(child: &mut Child, heard: &Receiver<Heard>, timeout: Duration, frames: u32) -> Ran {
    let mut ran = Ran { end: None, stdout: Vec::new(), stderr: Vec::new() };
    let mut seen = Seen { most: frames, count: 0, to: 0 };
    let mut last = Instant::now();
    let has_ended = loop {
        let left = timeout.saturating_sub(last.elapsed());
        match heard.recv_timeout(POLL.min(left)) {
            Ok(heard) => {
                ran.take(heard);
                if seen.more_in(&ran.stdout) {
                    last = Instant::now();
                }
                if !ran.is_endless() && last.elapsed() < timeout {
                    continue;
                }
            }
            Err(RecvTimeoutError::Disconnected) => break has_ended_within(child, left),
            Err(RecvTimeoutError::Timeout) => {}
        }
        // If something still holds its pipes, that is another process.
        let has_ended = has_ended_within(child, Duration::ZERO);
        if has_ended || ran.is_endless() || last.elapsed() >= timeout {
            break has_ended;
        }
    };
    // The rest of its group, too.
    kill_group(child);
    let end = ProcessEnd::of(child.wait());
    ran.end = has_ended.then_some(end);
    // It may have ended in the meantime, with output that is still on its way.
    let end = Instant::now() + REST;
    while !ran.is_endless()
        && let Ok(heard) = heard.recv_timeout(end.saturating_duration_since(Instant::now()))
    {
        ran.take(heard);
    }
    if ran.is_endless() {
        ran.end = Some(ProcessEnd::Unknown(format!("it wrote more than {} MiB", MOST >> 20)));
    }
    ran
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, timeout: Duration) -> (Ran, Duration) {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let start = Instant::now();
        (run(command, timeout, 0).expect("a shell"), start.elapsed())
    }

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(500);

    #[test]
    fn programs_end() {
        let (ran, _) = shell("echo out; echo err >&2; exit 3", LONG);
        assert_eq!(
            (ran.end, &*ran.stdout, &*ran.stderr),
            (Some(ProcessEnd::ExitStatus(3)), &b"out\n"[..], &b"err\n"[..])
        );
    }

    /// Output does not keep a program from being late: only frames are signs of life, in order, and no more than it has.
    #[test]
    fn each_frame_is_a_sign_of_life() {
        let frames = |count: u32, end: &str| {
            let mut command = Command::new("sh");
            // The second one in two pieces.
            let frame = "printf '\\002wm'; sleep 0.5; printf '\\003\\'$i'\\0\\0\\0................'; echo $i";
            command.args(["-c", &format!("for i in 0 1 2 3 4 5; do {frame}; done{end}")]);
            run(command, 4 * SHORT, count).expect("a shell")
        };
        let ran = frames(6, "");
        assert!(ran.succeeded() && ran.frames().is_some_and(|(frames, said)| frames.len() == 6 && said.len() == 11));
        assert!(frames(1, "; sleep 60").end.is_none());
        for script in ["while :; do echo .; sleep 0.1; done", "while :; do echo . >&2; sleep 0.1; done"] {
            assert!(shell(script, SHORT).0.end.is_none(), "{script}");
        }
    }

    /// It may have closed its outputs, or never used them.
    #[test]
    fn who_is_silent_is_not_waited_for() {
        for script in ["exec sleep 60", "exec >/dev/null 2>&1; exec sleep 60"] {
            let (ran, took) = shell(script, SHORT);
            assert!(ran.end.is_none() && took < LONG / 2, "{script}: {took:?}");
        }
    }

    /// If a process that it started keeps running, the program has ended all the same. That process is killed as well.
    #[test]
    fn who_has_ended_has_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("child");
        let (ran, took) = shell(&format!("sleep 60 & echo $! >{}; echo done", file.display()), LONG);
        assert!(ran.succeeded() && ran.stdout == b"done\n" && took < LONG / 2, "{took:?}");
        assert_is_gone(&file);
        let (ran, _) = shell(&format!("sleep 60 & echo $! >{}; wait", file.display()), SHORT);
        assert!(ran.end.is_none());
        assert_is_gone(&file);
        // The other process has closed the outputs, so that they end with the first process.
        let (ran, _) = shell(&format!("sleep 60 >/dev/null 2>&1 & echo $! >{}; echo done", file.display()), LONG);
        assert!(ran.succeeded() && ran.stdout == b"done\n");
        assert_is_gone(&file);
    }

    /// Output may be read after it is known that the program has ended.
    #[test]
    fn last_words_are_heard() {
        let mut command = Command::new("true");
        command.process_group(0);
        let mut child = spawn(command).expect("it starts");
        let (sender, heard) = channel();
        let late = thread::spawn(move || {
            thread::sleep(POLL * 2);
            [Heard::Output(b"last ".into()), Heard::Error(b"!".into()), Heard::Output(b"words".into())]
                .into_iter()
                .for_each(|words| sender.send(words).expect("somebody listens"));
        });
        let ran = heard_of(&mut child, &heard, LONG, 0);
        assert!(ran.succeeded() && (&*ran.stdout, &*ran.stderr) == (b"last words", b"!"), "{}", ran.said());
        late.join().expect("it was heard");
    }

    fn assert_is_gone(file: &std::path::Path) {
        let stat = format!("/proc/{}/stat", std::fs::read_to_string(file).expect("a number").trim());
        let is_gone = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
        let wait = || thread::sleep(Duration::from_millis(20));
        assert!(
            (0..500).any(|_| is_gone() || {
                wait();
                false
            }),
            "{stat}"
        );
    }

    #[test]
    fn who_writes_without_end_is_ended() {
        let mut command = Command::new("yes");
        command.arg("x".repeat(1000));
        let ran = run(command, LONG, 0).expect("it starts");
        assert!(matches!(ran.end, Some(ProcessEnd::Unknown(why)) if why.contains("256 MiB")));
    }

    #[test]
    fn frames_come_in_order() {
        let frame = |number: u32| {
            let mut bytes = vec![0; FRAME];
            bytes[..MAGIC.len()].copy_from_slice(&MAGIC);
            bytes[MAGIC.len()..][..4].copy_from_slice(&number.to_le_bytes());
            bytes
        };
        let frames = |numbers: &[u32]| {
            let stdout = numbers.iter().flat_map(|number| frame(*number)).collect();
            Ran { end: None, stdout, stderr: b"x".to_vec() }.frames()
        };
        assert!(frames(&[0, 1]).is_some_and(|(frames, said)| frames.len() == 2 && said == "x"));
        assert!(frames(&[0, 0]).is_none() && frames(&[1]).is_none());
    }
}
