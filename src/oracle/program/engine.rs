//! The command, and its reactions to programs whose end is known.

use super::super::driver_process::{LinkLost, is_abort};
use super::super::wire::{Hello, PROTOCOL, WireEnd};
use super::accepted::{self, Given};
use super::merge::{self, Act, HELLO, Output, Part, Program};
use super::process::{self, Ran, Trouble};
use super::words;
use crate::module::{Module, features};
use crate::process::spawn::ProcessEnd;
use crate::runtime::sys::process::signal_of_status;
use crate::text::decimal;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::{TempDir, TempPath};

/// The placeholder for the file in a command line.
pub const PROGRAM: &str = "{wasm}";
/// The placeholder for the function.
pub const ENTRY: &str = "{export}";

/// The time limit of a program whose end is known.
const CONTROL: Duration = Duration::from_secs(30);
/// A result that no message contains by chance.
const KNOWN: i64 = 0x0123_4567_89ab_cdef;
/// The status of engines that end as if by an abort when a program traps.
const TRAPPED: i32 = 134;
/// The line before a chain of causes, as Rust's programs write it.
const CAUSES: &str = "Caused by:";
/// The number of characters shown of an engine's message.
const SHOWN: usize = 300;

/// A command that runs programs.
pub struct Engine {
    words: Vec<String>,
    output: Output,
    folder: TempDir,
    /// The time beyond which no program runs; `None` for no limit.
    deadline: Option<Instant>,
    memories: bool,
    /// The status with which it ends when a program traps.
    trapped: Option<i32>,
    /// The text before and after a result, with [`ENTRY`] for the function.
    form: (String, String),
    /// What it says about a module that it accepts but cannot run: one with a function that could be run, and one without.
    taken: [Option<String>; 2],
}

/// A program in a file.
pub struct Stored {
    program: Program,
    path: TempPath,
}

impl Stored {
    /// The end of a program that has not begun. It may be a trap only if initial values are computed, because the message of a
    /// rejection may look like that of a trap.
    fn not_begun(&self, trap: Option<WireEnd>, words: String) -> Ending {
        match trap {
            Some(end @ WireEnd::Trap(..)) if self.program.computes => Ending::Trapped(end),
            _ => Ending::Refused(words),
        }
    }
}

/// What an engine says about a module that it does not run.
struct Rejection {
    /// Its message.
    words: String,
    /// The end that such a message stands for, if it is known.
    trap: Option<WireEnd>,
}

/// How a program ended.
pub enum Ending {
    /// It ended as it should.
    Done,
    /// It did not begin; the engine's message.
    Refused(String),
    /// It began, and trapped.
    Trapped(WireEnd),
    /// It died, took too long, or did not do everything.
    Lost(LinkLost),
}

impl Engine {
    /// Tries a command line with programs whose end is known.
    ///
    /// # Errors
    /// What it does wrong with one of them.
    pub fn open(words: &[OsString]) -> Result<(Engine, Hello), String> {
        let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let output = if words.iter().any(|word| word.contains(ENTRY)) { Output::Returned } else { Output::Written };
        let folder = tempfile::tempdir().map_err(|e| format!("needs temporary files: {e}"))?;
        let mut engine = Engine {
            words,
            output,
            folder,
            deadline: None,
            memories: false,
            trapped: None,
            form: (String::new(), String::new()),
            taken: [None, None],
        };
        let text = |what: &str| match what {
            "known" => format!("(module (func (export \"f\") (result i64) (i64.const {KNOWN})))"),
            "negative" => "(module (func (export \"f\") (result i64) (i64.const -2)))".to_string(),
            "trap" => "(module (func (export \"f\") (result i64) unreachable))".to_string(),
            _ => "(module (memory $a 1) (memory $b 1) (func (export \"f\") (result i64) (i64.store $b (i32.const 8) \
                (i64.const 3)) (i64.store $a (i32.const 8) (i64.const 4)) (i64.load $b (i32.const 8))))"
                .to_string(),
        };
        if output == Output::Returned {
            engine.form = engine.learn(&text("known"))?;
        }
        for (what, wanted) in [("known", KNOWN), ("negative", -2)] {
            match engine.control(&text(what)) {
                Ok(Ok(bits)) if bits == wanted as u64 => {}
                Ok(Ok(bits)) => return Err(format!("reports {bits} for a program with the result {}", wanted as u64)),
                Ok(Err(end)) => return Err(format!("cannot run a program with one function: {end:?}")),
                Err(why) => return Err(format!("cannot run a program with one function: {why}")),
            }
        }
        let trap = engine.control(&text("trap"));
        match trap.map_err(|why| format!("does not report that `unreachable` traps: {why}"))? {
            Ok(_) => return Err("reports a result for a function that traps".into()),
            Err(WireEnd::Trap(messages, _)) if messages == ["unreachable"] => {}
            Err(other) => return Err(format!("does not report that `unreachable` traps: {other:?}")),
        }
        engine.trapped = engine.status(&text("trap"))?;
        engine.memories = matches!(engine.control(&text("memories")), Ok(Ok(3)));
        engine.taken = [
            engine.words_of(&accepted::control(output)).map_err(Trouble::why)?,
            engine.words_of(b"\0asm\x01\0\0\0").map_err(Trouble::why)?,
        ];
        let hello = Hello {
            protocol: PROTOCOL,
            name: Path::new(&engine.words[0])
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            version: engine.version(),
            missing: None,
            host: false,
        };
        Ok((engine, hello))
    }

    /// Sets the time beyond which no program runs; `None` for no limit.
    pub fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// How programs report here.
    pub fn output(&self) -> Output {
        self.output
    }

    /// Whether a program may have several memories.
    pub fn has_memories(&self) -> bool {
        self.memories
    }

    /// The first line that the program prints when it is asked for its version.
    fn version(&self) -> String {
        let mut command = Command::new(&self.words[0]);
        command.arg("--version");
        let ran = process::run(command, CONTROL, 0).ok().filter(Ran::succeeded);
        let said = ran.map(|ran| ran.said()).unwrap_or_default();
        said.lines().next().unwrap_or_default().trim().to_string()
    }

    /// Runs the function `f` of one of our own modules.
    fn control(&self, text: &str) -> Result<Result<u64, WireEnd>, String> {
        let stored = self.control_program(text)?;
        match self.output {
            Output::Returned => self.call(&stored.path, "l2", CONTROL).map_err(Trouble::why),
            Output::Written => {
                let (frames, ending) = self.run(&stored, CONTROL).map_err(Trouble::why)?;
                match (frames.get(1), ending) {
                    (Some(frame), None) => {
                        Ok(Ok(u64::from_le_bytes(frame[..8].try_into().expect("eight bytes of sixteen"))))
                    }
                    (_, Some(Ending::Trapped(end))) => Ok(Err(end)),
                    (_, Some(Ending::Refused(words))) => Ok(Err(WireEnd::Refused(words))),
                    (_, Some(Ending::Lost(lost))) => Err(lost.to_string()),
                    (None, None) | (_, Some(Ending::Done)) => {
                        Err("exited successfully without writing anything".into())
                    }
                }
            }
        }
    }

    /// The status with which one of our own modules ends.
    fn status(&self, text: &str) -> Result<Option<i32>, String> {
        let stored = self.control_program(text)?;
        let ran = self.ran(&stored.path, "l2", CONTROL, 0).map_err(|e| format!("does not start: {e}"))?;
        Ok(match ran.end {
            Some(ProcessEnd::ExitStatus(status)) => Some(status),
            _ => None,
        })
    }

    fn control_program(&self, text: &str) -> Result<Stored, String> {
        let bytes = wat::parse_str(text).expect("a module");
        let module = Arc::new(Module::new(&bytes, features::all()).expect("a control is valid"));
        let part = Part { module, links: Vec::new(), area: false };
        let program = merge::merge(&[part], &[Act::Make(0), Act::Call(0, 0)], self.output, true);
        let program = program.map_err(|error| error.to_string())?;
        self.store(program).map_err(|_| "needs temporary files".to_string())
    }

    /// Determines the text before and after a result.
    fn learn(&self, text: &str) -> Result<(String, String), String> {
        let stored = self.control_program(text)?;
        let ran = self.ran(&stored.path, "l2", CONTROL, 0).map_err(|e| format!("does not start: {e}"))?;
        let said = ran.said();
        let known = KNOWN.to_string();
        let Some((before, behind)) = said.split_once(&known).filter(|_| ran.succeeded()) else {
            return Err(format!(
                "does not print {known}, the result of a function: {}",
                self.brief(&said, &stored.path)
            ));
        };
        let form = |part: &str| part.replace("l2", ENTRY);
        Ok((form(before), form(behind)))
    }

    /// Writes a program to a file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn store(&self, program: Program) -> Result<Stored, Trouble> {
        let path = self.file(&program.bytes)?;
        Ok(Stored { program, path })
    }

    fn file(&self, bytes: &[u8]) -> Result<TempPath, Trouble> {
        let written = || {
            let mut file = tempfile::Builder::new().suffix(".wasm").tempfile_in(&self.folder)?;
            file.write_all(bytes)?;
            Ok(file.into_temp_path())
        };
        written().map_err(|e: std::io::Error| Trouble::Garbage(format!("needs temporary files: {e}")))
    }

    /// Runs a file, which may write this many frames.
    fn ran(&self, path: &Path, entry: &str, timeout: Duration, frames: u32) -> std::io::Result<Ran> {
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let path = path.to_string_lossy();
        let mut words = self.words.iter().map(|word| word.replace(PROGRAM, &path).replace(ENTRY, entry));
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words);
        process::run(command, left.map_or(timeout, |left| left.min(timeout)), frames)
    }

    /// Runs a file, which has to end by itself. `may_trap`: whether something that could trap runs.
    fn lived(&self, path: &Path, entry: &str, timeout: Duration, may_trap: bool) -> Result<Ran, Trouble> {
        let ran = self.ran(path, entry, timeout, 0).map_err(|e| Trouble::Garbage(format!("does not start: {e}")))?;
        match self.lost(&ran, path, may_trap) {
            Some(lost) => Err(Trouble::Lost(lost)),
            None => Ok(ran),
        }
    }

    /// How it ended, if it did not end by itself. `may_trap`: whether something that could trap ran.
    fn lost(&self, ran: &Ran, path: &Path, may_trap: bool) -> Option<LinkLost> {
        let said = || ran.frames().map_or_else(|| ran.said(), |(_, said)| said);
        match &ran.end {
            None => Some(LinkLost::Timeout),
            Some(ProcessEnd::ExitStatus(status)) => {
                let said = said();
                // An abort may have the message of a trap: "entered unreachable code", "stack overflow".
                let abort = said.lines().find(|line| is_abort(line));
                // A shell goes on when its child dies, and only has a status for that.
                let died = || {
                    let trapped =
                        may_trap && self.trapped == Some(*status) || *status == TRAPPED && words::trap(&said).is_some();
                    signal_of_status(*status).filter(|_| !trapped).map(|_| &said[..])
                };
                let why = abort.or_else(died)?;
                Some(LinkLost::Ended(format!("ended with status {status}: {}", self.brief(why, path))))
            }
            Some(end) => Some(LinkLost::Ended(format!("{end}: {}", self.brief(&said(), path)))),
        }
    }

    /// Runs a program that writes. Returns the frames after the first one, and what stopped it, if something did.
    pub fn run(&self, stored: &Stored, timeout: Duration) -> Result<(Vec<[u8; 16]>, Option<Ending>), Trouble> {
        let all: u32 = stored.program.frames.iter().sum();
        let ran = self.ran(&stored.path, "", timeout, all + 1);
        let ran = ran.map_err(|e| Trouble::Garbage(format!("does not start: {e}")))?;
        let Some((mut frames, said)) = ran.frames() else {
            return Err(Trouble::Garbage("the program's output arrived out of order".into()));
        };
        if let Some(lost) = self.lost(&ran, &stored.path, true) {
            frames.drain(..frames.len().min(1));
            return Ok((frames, Some(Ending::Lost(lost))));
        }
        let words = || self.brief(&said, &stored.path);
        if frames.is_empty() {
            return match ran.succeeded() {
                true => Err(Trouble::Garbage(format!("exited successfully without writing anything: {}", words()))),
                false => Ok((frames, Some(stored.not_begun(words::trap(&said), words())))),
            };
        }
        frames.remove(0);
        if frames.len() == all as usize {
            return match ran.succeeded() {
                true => Ok((frames, None)),
                false => {
                    let what = format!("it did everything, but failed: {}", words());
                    Ok((frames, Some(Ending::Lost(LinkLost::Ended(what)))))
                }
            };
        }
        let end = match words::trap(&said) {
            Some(end) => end,
            None if ran.succeeded() => {
                let what = format!("it exited successfully without doing everything: {}", words());
                return Ok((frames, Some(Ending::Lost(LinkLost::Ended(what)))));
            }
            None => WireEnd::Trap(Vec::new(), words()),
        };
        Ok((frames, Some(Ending::Trapped(end))))
    }

    /// Whether a program without acts, or before its first act, is accepted.
    pub fn begins(&self, stored: &Stored, timeout: Duration) -> Result<Ending, Trouble> {
        match self.output {
            Output::Written => Ok(self.run(stored, timeout)?.1.unwrap_or(Ending::Done)),
            Output::Returned => Ok(match self.call(&stored.path, HELLO, timeout)? {
                Ok(1) => Ending::Done,
                Ok(other) => {
                    return Err(Trouble::Garbage(format!("returned {other} from a function that returns 1")));
                }
                Err(end) => {
                    let words = match &end {
                        WireEnd::Trap(_, words) => words.clone(),
                        other => format!("{other:?}"),
                    };
                    stored.not_begun(Some(end), words)
                }
            }),
        }
    }

    /// A frame of a program whose results return, or the end of the program.
    pub fn returned(
        &self,
        stored: &Stored,
        frame: u32,
        timeout: Duration,
    ) -> Result<Result<[u8; 16], WireEnd>, Trouble> {
        let mut bytes = [0; 16];
        let halves = if stored.program.wide.contains(&frame) { &["l", "h"][..] } else { &["l"] };
        for (half, name) in halves.iter().enumerate() {
            match self.call(&stored.path, &format!("{name}{frame}"), timeout)? {
                Ok(bits) => bytes[8 * half..][..8].copy_from_slice(&bits.to_le_bytes()),
                Err(end) => return Ok(Err(end)),
            }
        }
        Ok(Ok(bytes))
    }

    /// Calls a function that returns an i64.
    fn call(&self, path: &Path, entry: &str, timeout: Duration) -> Result<Result<u64, WireEnd>, Trouble> {
        let ran = self.lived(path, entry, timeout, true)?;
        let said = ran.said();
        let form = |part: &String| part.replace(ENTRY, entry);
        let (before, behind) = (form(&self.form.0), form(&self.form.1));
        let number = said.strip_prefix(&before).and_then(|rest| rest.strip_suffix(&behind)).filter(|_| ran.succeeded());
        let negative = |text: &str| text.starts_with('-').then(|| text.parse::<i64>().ok())?.map(|bits| bits as u64);
        let number = number.and_then(|text| decimal(text).or_else(|| negative(text)));
        let words = || self.brief(&said, path);
        match (number, words::trap(&said)) {
            (Some(number), _) => Ok(Ok(number)),
            (None, Some(end)) => Ok(Err(end)),
            // Some also exit successfully after a trap: whatever is not a result is a trap with an unknown message.
            (None, None) => Ok(Err(WireEnd::Trap(Vec::new(), words()))),
        }
    }

    /// Whether the engine accepts a module that is not valid.
    pub fn accepts(&self, bytes: &[u8], timeout: Duration) -> Result<WireEnd, Trouble> {
        let (wrapped, control) = match accepted::given(bytes, self.output) {
            Given::Imports => {
                return Ok(WireEnd::Unsupported("not driven: what it imports would be missing in any case".into()));
            }
            Given::Wrapped(wrapped) => (wrapped, &self.taken[0]),
            Given::Raw => (bytes.to_vec(), &self.taken[1]),
        };
        let may_trap = accepted::may_trap(&wrapped);
        let Some(rejection) = self.rejection(&wrapped, control.as_ref(), timeout, may_trap)? else {
            return Ok(WireEnd::Done);
        };
        let Rejection { words, trap } = rejection;
        let is_rejected = match trap {
            _ if !may_trap => true,
            Some(_) => false,
            // It is unknown whether it began, so the engine is asked again with a module in which nothing runs that could end so.
            None => match accepted::quiet(bytes, self.output) {
                Some(quiet) => self.rejection(&quiet, self.taken[0].as_ref(), timeout, false)?.is_some(),
                None => false,
            },
        };
        Ok(match is_rejected {
            true => WireEnd::Refused(words),
            false => WireEnd::Unsupported(format!("not driven: it is rejected, or begins and traps: {words}")),
        })
    }

    /// What the engine says about a module, unless it runs it, or says `control`, as for modules that it accepts.
    fn rejection(
        &self,
        bytes: &[u8],
        control: Option<&String>,
        timeout: Duration,
        may_trap: bool,
    ) -> Result<Option<Rejection>, Trouble> {
        let path = self.file(bytes)?;
        let ran = self.lived(&path, HELLO, timeout, may_trap)?;
        let said = ran.said();
        if ran.succeeded() || control == Some(&self.normal(&said, &path)) {
            return Ok(None);
        }
        Ok(Some(Rejection { words: self.brief(&said, &path), trap: words::trap(&said) }))
    }

    /// What the engine says about a module that it accepts but cannot run; `None` if it runs it.
    fn words_of(&self, bytes: &[u8]) -> Result<Option<String>, Trouble> {
        let path = self.file(bytes)?;
        let ran = self.lived(&path, HELLO, CONTROL, false)?;
        Ok((!ran.succeeded()).then(|| self.normal(&ran.said(), &path)))
    }

    /// A message without the parts that differ from file to file.
    fn normal(&self, said: &str, path: &Path) -> String {
        let said = self.without_path(said, path);
        said.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
    }

    fn without_path(&self, said: &str, path: &Path) -> String {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        said.replace(&*path.to_string_lossy(), PROGRAM).replace(&name, PROGRAM)
    }

    /// The most informative line of the output: the last one of a chain of causes, or the first with an error.
    fn brief(&self, said: &str, path: &Path) -> String {
        let said = self.without_path(said, path);
        let mut lines = said.lines().map(str::trim);
        // The chain ends at a blank line; what may follow is a trace of the engine itself.
        lines.by_ref().find(|line| *line == CAUSES);
        let cause = lines.take_while(|line| !line.is_empty()).last().map(without_number);
        let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
        let error = || lines.clone().find(|line| line.to_lowercase().contains("error"));
        let line = cause.or_else(error).or_else(|| lines.next()).unwrap_or("it says nothing");
        line.chars().take(SHOWN).collect()
    }
}

/// A cause without its number in the chain.
fn without_number(cause: &str) -> &str {
    cause.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix(": ").unwrap_or(cause)
}

/// An engine that is a shell script: `$1` is the file, and `$2` the function.
#[cfg(test)]
pub fn of_script(script: &str, output: Output) -> Engine {
    Engine {
        words: ["sh", "-c", script, "sh", PROGRAM, ENTRY].map(String::from).to_vec(),
        output,
        folder: tempfile::tempdir().expect("a folder"),
        deadline: None,
        memories: false,
        trapped: None,
        form: ("result of {export}: ".into(), " (i64)".into()),
        taken: [None, None],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::program::merge::MAGIC;
    use std::collections::BTreeSet;

    const LONG: Duration = Duration::from_secs(60);

    /// The frames that a program of two acts wrote, by their first bytes, and what stopped it.
    fn run(script: &str, computes: bool) -> Result<(Vec<u8>, String), String> {
        let engine = of_script(script, Output::Written);
        let program = Program { bytes: Vec::new(), frames: vec![1, 1], wide: BTreeSet::new(), computes };
        let stored = engine.store(program).map_err(Trouble::why)?;
        let (frames, how) = engine.run(&stored, LONG).map_err(Trouble::why)?;
        let how = match how {
            None => "all".into(),
            Some(Ending::Done) => "done".into(),
            Some(Ending::Refused(words)) => format!("refused: {words}"),
            Some(Ending::Trapped(end)) => format!("trapped: {end:?}"),
            Some(Ending::Lost(lost)) => format!("lost: {lost}"),
        };
        Ok((frames.iter().map(|frame| frame[0]).collect(), how))
    }

    #[test]
    fn how_programs_that_write_end() {
        assert_eq!(MAGIC, *b"\x02wm\x03");
        let frames = r#"f() { printf '\002wm\003\'$1'\000\000\000'$1'...............'; echo; }; "#;
        let trapped = |frame: &[u8], messages: &[&str], words: &str| {
            let messages = messages.iter().map(ToString::to_string).collect();
            Ok((frame.to_vec(), format!("trapped: {:?}", WireEnd::Trap(messages, words.into()))))
        };
        let ended = |frames: &[u8], how: &str| Ok((frames.to_vec(), how.to_string()));
        let garbage = |what: &str| Err(what.to_string());
        for (script, computes, expected) in [
            ("f 0; f 1; f 2", false, ended(b"12", "all")),
            (
                "f 0; f 1; f 2; echo late >&2; exit 1",
                false,
                ended(b"12", "lost: it ended: it did everything, but failed: late"),
            ),
            (
                "f 0; f 1; echo 'a trap: Unreachable' >&2; exit 1",
                false,
                trapped(b"1", &["unreachable"], "a trap: Unreachable"),
            ),
            ("f 0; f 1; echo 'who knows' >&2; exit 1", false, trapped(b"1", &[], "who knows")),
            (
                "f 0; f 1",
                false,
                ended(b"1", "lost: it ended: it exited successfully without doing everything: it says nothing"),
            ),
            (
                "f 0; f 1; echo 'thread panicked at unreachable'; exit 101",
                false,
                ended(b"1", "lost: it ended: ended with status 101: thread panicked at unreachable"),
            ),
            // As with a shell, which has a status for a signal; some engines have that of an abort for each trap.
            (
                "f 0; f 1; echo 'Segmentation fault' >&2; exit 139",
                false,
                ended(b"1", "lost: it ended: ended with status 139: Segmentation fault"),
            ),
            ("f 0; f 1; exit 137", false, ended(b"1", "lost: it ended: ended with status 137: it says nothing")),
            (
                "f 0; f 1; echo unreachable; exit 139",
                false,
                ended(b"1", "lost: it ended: ended with status 139: unreachable"),
            ),
            ("f 0; f 1; echo no; exit 134", false, ended(b"1", "lost: it ended: ended with status 134: no")),
            (
                "f 0; f 1; echo 'a trap: Unreachable' >&2; exit 134",
                false,
                trapped(b"1", &["unreachable"], "a trap: Unreachable"),
            ),
            (
                "f 0; f 1; echo 'thread f has overflowed its stack' >&2; exit 134",
                false,
                ended(b"1", "lost: it ended: ended with status 134: thread f has overflowed its stack"),
            ),
            (
                "f 0; f 1; echo 'fatal runtime error: stack overflow' >&2; exit 1",
                false,
                ended(b"1", "lost: it ended: ended with status 1: fatal runtime error: stack overflow"),
            ),
            ("f 0; f 1; echo 'who knows' >&2; exit 130", false, trapped(b"1", &[], "who knows")),
            ("echo unreachable; exit 1", false, ended(b"", "refused: unreachable")),
            ("echo unreachable; exit 1", true, trapped(b"", &["unreachable"], "unreachable")),
            ("echo 'call stack exhausted'; exit 1", true, ended(b"", "refused: call stack exhausted")),
            ("echo no; exit 1", true, ended(b"", "refused: no")),
            ("echo yes", false, garbage("exited successfully without writing anything: yes")),
            ("f 0; f 2", false, garbage("the program's output arrived out of order")),
        ] {
            assert_eq!(run(&format!("{frames}{script}"), computes), expected, "{script}");
        }
        let killed = run(&format!("{frames} f 0; f 1; kill -9 $$"), false);
        assert!(matches!(&killed, Ok((frames, how)) if frames == b"1" && how.starts_with("lost: it ended: SIGKILL: ")));
    }

    #[test]
    fn how_calls_that_return_end() {
        let call = |script: &str| {
            let engine = of_script(script, Output::Returned);
            let path = engine.file(b"").map_err(Trouble::why)?;
            engine.call(&path, "l7", LONG).map_err(Trouble::why)
        };
        let trap = |messages: &[&str], words: &str| {
            Ok(Err(WireEnd::Trap(messages.iter().map(ToString::to_string).collect(), words.into())))
        };
        for (script, expected) in [
            ("echo \"result of $2: 5 (i64)\"", Ok(Ok(5))),
            ("echo 'result of l7: -2 (i64)'", Ok(Ok(u64::MAX - 1))),
            ("echo 'result of l7: 18446744073709551615 (i64)'", Ok(Ok(u64::MAX))),
            ("echo 'result of l7: 18446744073709551616 (i64)'", trap(&[], "result of l7: 18446744073709551616 (i64)")),
            ("echo 'result of l8: 5 (i64)'", trap(&[], "result of l8: 5 (i64)")),
            ("echo 'result of l7: 5'", trap(&[], "result of l7: 5")),
            ("echo 'result of l7: 5 (i64)'; exit 1", trap(&[], "result of l7: 5 (i64)")),
            ("echo 'integer overflow'; exit 1", trap(&["integer overflow"], "integer overflow")),
            ("echo 'stack overflow'", Ok(Err(WireEnd::Exhausted))),
            ("kill -9 $$", Err("it ended: SIGKILL: it says nothing".to_string())),
            ("echo unreachable; exit 139", Err("it ended: ended with status 139: unreachable".to_string())),
        ] {
            assert_eq!(call(script), expected, "{script}");
        }
        let mut late = of_script("sleep 60", Output::Returned);
        late.set_deadline(Some(Instant::now()));
        let path = late.file(b"").map_err(Trouble::why).expect("a file");
        let ended = late.call(&path, "l7", LONG).map_err(Trouble::why);
        assert_eq!(ended, Err("it did not answer in time".to_string()));
    }

    /// Tests an engine that does not read files completely, and looks for a function to run.
    #[test]
    fn what_an_engine_takes_is_run_or_has_the_words_of_what_cannot_be_run() {
        let mut engine = of_script(
            "grep -aq 'i64.store' $1 && { echo \"bad section 7 in $1\"; exit 1; }
             grep -aq _start $1 || { echo \"no function at 0x$(($$ % 10)) in $1\"; exit 1; }",
            Output::Written,
        );
        let control = accepted::control(Output::Written);
        let empty = b"\0asm\x01\0\0\0";
        engine.taken =
            [&control[..], empty].map(|bytes| engine.words_of(bytes).map_err(Trouble::why).expect("it ends"));
        assert!(matches!(&engine.taken, [None, Some(words)] if words.starts_with("no function at 0x0")));
        let binary = |text: &str| wat::parse_str(text).expect("a module");
        let accepts = |bytes: &[u8]| engine.accepts(bytes, LONG).map_err(Trouble::why).expect("it ends");
        assert_eq!(accepts(&binary("(module (func i32.const 0))")), WireEnd::Done);
        assert_eq!(accepts(b"\0asm\x01\0\0\0\x01\x7f"), WireEnd::Done);
        let refused = WireEnd::Refused("bad section 7 in {wasm}".into());
        assert_eq!(accepts(b"\0asm\x01\0\0\0\x01\x7fi64.store"), refused);
        assert_eq!(accepts(&binary("(module (memory 1) (data \"i64.store\") (func i32.const 0))")), refused);
        let imports = accepts(&binary("(module (import \"a\" \"b\" (memory 1)) (func i32.const 0))"));
        assert!(matches!(imports, WireEnd::Unsupported(_)), "{imports:?}");
    }

    /// The message of a trap is a rejection only if nothing runs that could trap.
    #[test]
    fn a_module_that_may_trap_is_not_rejected_by_the_words_of_a_trap() {
        let engine = of_script("grep -aq words $1 && echo unreachable || echo no; exit 1", Output::Written);
        let accepts = |fields: &str| {
            let text = format!("(module {fields} (memory 1) (func (result i32) i64.const 0))");
            let bytes = wat::parse_str(text).expect("a module");
            engine.accepts(&bytes, LONG).map_err(Trouble::why).expect("it ends")
        };
        let refused = |words: &str| WireEnd::Refused(words.into());
        assert_eq!(accepts("(func) (start 0)"), refused("no"));
        assert_eq!(accepts("(data \"words\")"), refused("unreachable"));
        for fields in ["(data \"words\") (func) (start 0)", "(data (i32.const 65536) \"words\")"] {
            let end = accepts(fields);
            assert!(matches!(&end, WireEnd::Unsupported(what) if what.ends_with(": unreachable")), "{fields}: {end:?}");
        }
    }

    /// An unknown message may be that of a module that began. It is a rejection if the engine also rejects the module without
    /// anything that runs.
    #[test]
    fn unknown_words_of_a_module_that_may_trap_are_no_rejection_by_themselves() {
        let begins = "LC_ALL=C grep -qaP '\\x08\\x01\\x01' $1 && { echo who knows; exit 1; }; exit 0";
        let rejects = "echo who knows; exit 1";
        let accepts = |script: &str, bytes: &[u8]| {
            let engine = of_script(script, Output::Written);
            engine.accepts(bytes, LONG).map_err(Trouble::why).expect("it ends")
        };
        let unknown = WireEnd::Unsupported("not driven: it is rejected, or begins and traps: who knows".to_string());
        let refused = WireEnd::Refused("who knows".into());
        let binary = |text: &str| wat::parse_str(text).expect("a module");
        let start = binary("(module (func unreachable) (start 0) (func (result i32) i64.const 0))");
        assert_eq!([begins, rejects].map(|script| accepts(script, &start)), [unknown.clone(), refused.clone()]);
        // Without its start function, the rest is valid.
        let only_start = binary("(module (func (param i32)) (start 0))");
        assert_eq!(accepts(rejects, &only_start), unknown);
        // It cannot be read, and may or may not have a start function.
        assert_eq!(accepts(rejects, b"\0asm\x01\0\0\0\x08\x01"), unknown);
        assert_eq!(accepts(rejects, b"\0asm\x01\0\0\0\x01\x7f"), refused);
    }

    /// An engine may exit with the status of a death for each trap. So that status does not show that the engine died.
    #[test]
    fn the_status_of_traps_alone_is_no_death() {
        let opened = |script: &str| {
            let mut engine = of_script(script, Output::Written);
            engine.trapped = Some(TRAPPED);
            engine
        };
        let path = |engine: &Engine| engine.file(b"").map_err(Trouble::why).expect("a file");
        for (script, may_trap, expected) in [
            ("echo who knows; exit 134", true, None),
            ("echo who knows; exit 134", false, Some("ended with status 134: who knows")),
            ("echo who knows; exit 139", true, Some("ended with status 139: who knows")),
            ("echo 'fatal runtime error: x'; exit 134", true, Some("ended with status 134: fatal runtime error: x")),
        ] {
            let engine = opened(script);
            let lived = engine.lived(&path(&engine), "", LONG, may_trap).map(drop).map_err(Trouble::why);
            assert_eq!(lived, expected.map_or(Ok(()), |how| Err(format!("it ended: {how}"))), "{script}");
        }
        // If no such status is known, it is a death.
        let engine = of_script("echo who knows; exit 134", Output::Written);
        assert!(engine.lived(&path(&engine), "", LONG, true).is_err());
    }

    #[test]
    fn what_tells_most_is_shown() {
        let engine = of_script("", Output::Written);
        let path = Path::new("/folder/file.wasm");
        for (said, expected) in [
            ("", "it says nothing"),
            ("\n  first \n last\n", "first"),
            ("first\n an Error here\nanother error\n", "an Error here"),
            ("/folder/file.wasm: no\n", "{wasm}: no"),
            ("cannot load file.wasm\n", "cannot load {wasm}"),
            ("Error: it failed\n\nCaused by:\n    0: who\n    1: knows\n\nStack backtrace:\n   0: an error\n", "knows"),
            ("Error: it failed\n\nCaused by:\n    who knows", "who knows"),
            ("Error: it failed\n\nCaused by:\n    0: at\n    0: 0x2e - f\n    1: 42: no\n", "42: no"),
            ("Error: it failed\n\nCaused by:\n\n", "Error: it failed"),
        ] {
            assert_eq!(engine.brief(said, path), expected);
        }
        assert_eq!(engine.brief(&"é".repeat(SHOWN + 1), path), "é".repeat(SHOWN));
        assert_eq!(engine.normal("at 0x12 of /folder/file.wasm", path), "at 0x00 of {wasm}");
    }
}
