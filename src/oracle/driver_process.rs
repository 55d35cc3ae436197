//! A driver's process: sends and receives lines, with a time limit, and returns the end of its standard error if it dies.

use super::engines::DriverCommand;
use crate::process::spawn::{ProcessEnd, has_ended_within, spawn};
use crate::runtime::sys::process::{inherit, kill_group};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The length of the longest line that is read from a driver, in bytes.
const LONGEST: u64 = 256 << 20;
/// The number of lines that are read ahead. A driver that goes on writing has to wait.
const MOST_LINES: usize = 2;
/// Bytes at the end of its standard error that are kept.
const LAST_WORDS: usize = 16 << 10;

/// Words, in lower case, of the line that says why a process aborts.
const WHY: [&str; 7] = [
    "fatal error",
    "fatal runtime error",
    "has overflowed its stack",
    "panicked at",
    "assertion",
    "check failed",
    "terminate called",
];

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

/// A line that a driver wrote.
struct Line {
    text: String,
    /// Whether more was read together with it.
    has_more: bool,
}

/// A running driver. Killed when dropped, with all processes of its group.
pub struct Process {
    child: Child,
    /// It was waited for: its number may be another process's by now.
    gone: bool,
    /// The channel to its input; `None` once its input was closed.
    requests: Option<Sender<Vec<u8>>>,
    lines: Receiver<Line>,
    /// Whether more was read together with the last line that was received.
    has_more: bool,
    errors: Arc<Mutex<VecDeque<u8>>>,
    /// Disconnected once its standard error has been read completely.
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
        // This process handles Ctrl-C; the driver is killed with it, even in the middle of an endless loop.
        command.process_group(0);
        inherit(&mut command, &[]);
        let (requests, outgoing) = channel::<Vec<u8>>();
        let mut child = spawn(command)?;
        let mut stdin = child.stdin.take();
        // A separate thread writes, because a driver that does not read would block this one.
        thread::spawn(move || {
            for line in outgoing {
                // If the driver has died, that is noticed where answers are read.
                if let Some(pipe) = &mut stdin
                    && pipe.write_all(&line).and_then(|()| pipe.flush()).is_err()
                {
                    stdin = None;
                }
            }
        });
        let (sender, lines) = sync_channel(MOST_LINES);
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || read(stdout, &sender));
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
        let requests = Some(requests);
        Ok(Process { child, gone: false, requests, lines, has_more: false, errors, silent })
    }

    /// Sends a line; never blocks.
    pub fn send(&self, mut line: Vec<u8>) {
        line.push(b'\n');
        if let Some(requests) = &self.requests {
            // The writing thread lives until the channel is closed.
            let _ = requests.send(line);
        }
    }

    /// Closes its input after what was sent, which makes a driver end.
    pub fn close(&mut self) {
        self.requests = None;
    }

    /// How it ended, if by a signal or with a status other than 0. One that still runs at `deadline` is killed, and nothing is
    /// reported.
    pub fn failure(&mut self, deadline: Instant) -> Option<String> {
        let left = || deadline.saturating_duration_since(Instant::now());
        if !has_ended_within(&self.child, left()) {
            self.kill();
            return None;
        }
        let _ = self.silent.recv_timeout(left());
        match self.kill() {
            ProcessEnd::ExitStatus(0) | ProcessEnd::Unknown(_) => None,
            end => Some(self.with_last_words(described(end))),
        }
    }

    /// Receives the next line. After `LinkLost` the driver is unusable.
    ///
    /// # Errors
    /// It took longer than `timeout`, or the driver ended.
    pub fn receive(&mut self, timeout: Duration) -> Result<String, LinkLost> {
        match self.lines.recv_timeout(timeout) {
            Ok(line) => {
                self.has_more = line.has_more;
                Ok(line.text)
            }
            Err(RecvTimeoutError::Timeout) => Err(LinkLost::Timeout),
            Err(RecvTimeoutError::Disconnected) => Err(LinkLost::Ended(self.end())),
        }
    }

    /// Whether it wrote something after the last line that was received, as far as that has been read. Such a line is lost.
    pub fn says_more(&mut self) -> bool {
        self.has_more || self.lines.try_recv().is_ok()
    }

    /// How the driver ended, after it closed its output.
    fn end(&mut self) -> String {
        let deadline = Instant::now() + Duration::from_secs(2);
        let has_ended = has_ended_within(&self.child, deadline.saturating_duration_since(Instant::now()));
        // Standard error may still be on its way. A process that the driver started may hold the pipe for longer.
        let _ = self.silent.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        let status = self.kill();
        self.with_last_words(if has_ended { described(status) } else { "closed its output".to_string() })
    }

    /// A status, with the driver's last words about it.
    fn with_last_words(&self, status: String) -> String {
        let words = self.errors.lock().unwrap_or_else(|e| e.into_inner());
        let words: Vec<u8> = words.iter().copied().collect();
        let words = String::from_utf8_lossy(&words);
        let said: Vec<&str> = words.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        // After the line that says why, some print stacks, their command line, and where to report it.
        match said.iter().find(|line| is_abort(line)).or(said.last()) {
            Some(words) => format!("{status}, its last words: {words}"),
            None => status,
        }
    }

    /// Kills its whole group, waits for the first process of it, and returns how that ended.
    fn kill(&mut self) -> ProcessEnd {
        if !self.gone {
            kill_group(&self.child);
        }
        self.gone = true;
        ProcessEnd::of(self.child.wait())
    }
}

/// Reads lines to the end. Text without a line break is not a line: its writer died before completing it. If a line is too long,
/// a piece of it is passed on, which is not a valid answer.
fn read(from: impl Read, to: &SyncSender<Line>) {
    let mut reader = BufReader::new(from);
    loop {
        let mut line = Vec::new();
        let Ok(length) = reader.by_ref().take(LONGEST).read_until(b'\n', &mut line) else { break };
        if !line.ends_with(b"\n") && (length as u64) < LONGEST {
            break;
        }
        let text = String::from_utf8_lossy(&line).into_owned();
        if to.send(Line { text, has_more: !reader.buffer().is_empty() }).is_err() {
            break;
        }
    }
}

/// Whether a line gives the reason for an abort.
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
        // It may be in an endless loop or gone; both are fine. `python3` may be a script that starts the real one, and
        // ends before it, so the whole group is killed.
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Process {
        let words = ["sh", "-c", script].map(Into::into).to_vec();
        Process::start(&DriverCommand { words, variables: &[], install: None }).expect("a shell")
    }

    const LONG: Duration = Duration::from_secs(60);

    /// What was not asked for is not read: it stays with the driver, which waits, and nothing of it is lost.
    #[test]
    fn a_driver_that_goes_on_writing_has_to_wait() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("done");
        let line = "head -c 1000000 /dev/zero | tr '\\0' x; echo";
        let mut driver = shell(&format!("for i in 1 2 3 4 5 6 7 8; do {line}; done; : >{}", file.display()));
        driver.receive(LONG).expect("a line");
        thread::sleep(Duration::from_millis(500));
        assert!(!file.exists(), "somebody reads all of it");
        for _ in 1..8 {
            assert_eq!(driver.receive(LONG).expect("a line").len(), 1_000_001);
        }
        assert!(matches!(driver.receive(LONG), Err(LinkLost::Ended(how)) if how == "ended with status 0"));
        assert!(file.exists());
    }

    /// A line needs a line break. If two lines come at once, that is known with the first.
    #[test]
    fn half_a_line_is_none() {
        let mut driver = shell("env printf 'one\\ntwo\\nthr'; kill -9 $$");
        assert_eq!(driver.receive(LONG).expect("a line"), "one\n");
        assert!(driver.says_more());
        let rest = std::iter::from_fn(|| driver.receive(LONG).ok()).collect::<Vec<_>>();
        assert!(!rest.contains(&"thr".to_string()), "{rest:?}");
        let mut driver = shell("echo one; read line");
        assert_eq!(driver.receive(LONG).expect("a line"), "one\n");
        assert!(!driver.says_more());
    }

    #[test]
    fn a_driver_has_the_variables_of_its_engine() {
        let words = ["sh", "-c", "echo $WASMOON_OF_THIS_TEST"].map(Into::into).to_vec();
        let command = DriverCommand { words, variables: &[("WASMOON_OF_THIS_TEST", "7")], install: None };
        let mut driver = Process::start(&command).expect("a shell");
        assert_eq!(driver.receive(LONG).expect("a line"), "7\n");
    }

    /// There may be stacks after the line that says why.
    #[test]
    fn last_words_say_why() {
        let end = |script: &str| match shell(script).receive(LONG) {
            Err(LinkLost::Ended(how)) => how,
            other => panic!("{script}: {other:?}"),
        };
        for (words, told) in [
            ("first\\n  second  \\n\\n", "second"),
            ("first\\nthread f PANICKED AT a.rs\\nat b\\nat c\\n", "thread f PANICKED AT a.rs"),
            ("Fatal error in f\\nCheck failed: x\\nat b\\n", "Fatal error in f"),
        ] {
            let expected = format!("ended with status 3, its last words: {told}");
            assert_eq!(end(&format!("printf '{words}' >&2; exit 3")), expected);
        }
        assert_eq!(end("exit 3"), "ended with status 3");
        assert_eq!(end("kill -9 $$"), "killed by SIGKILL");
    }

    /// A driver ends when its input does, whatever was sent before. If it ends properly, or not at all, nothing is reported.
    #[test]
    fn a_driver_that_is_closed_ends_well() {
        for (script, failure) in [
            // What was sent is there, and nothing after it.
            ("read line; read line", Some("ended with status 1")),
            ("cat >/dev/null", None),
            (
                "cat >/dev/null; echo fatal error: here >&2; exit 3",
                Some("ended with status 3, its last words: fatal error: here"),
            ),
            ("cat >/dev/null; kill -SEGV $$", Some("killed by SIGSEGV")),
            // The driver ends before it is closed.
            ("exit 4", Some("ended with status 4")),
        ] {
            let mut driver = shell(script);
            driver.send(b"1".to_vec());
            driver.close();
            driver.send(b"2".to_vec());
            assert_eq!(driver.failure(Instant::now() + LONG).as_deref(), failure, "{script}");
        }
        let mut driver = shell("exec sleep 1000");
        driver.close();
        assert_eq!(driver.failure(Instant::now()), None);
        assert!(driver.gone, "it goes on");
    }

    /// This holds however the first process of the group ends, even if it has already ended.
    #[test]
    fn nobody_is_left_behind() {
        for script in ["sleep 1000 >/dev/null 2>&1 & echo $!; exit 5", "sleep 1000 >/dev/null 2>&1 & echo $!; wait"] {
            for listens in [false, true] {
                let mut driver = shell(script);
                let child = driver.receive(LONG).expect("a number");
                if listens {
                    // The driver ends, or is late.
                    let _ = driver.receive(Duration::from_millis(100));
                }
                drop(driver);
                let stat = format!("/proc/{}/stat", child.trim());
                let is_gone = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
                while !is_gone() {
                    thread::sleep(Duration::from_millis(5));
                }
            }
        }
    }
}
