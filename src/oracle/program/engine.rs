//! The command, and what it says of programs whose end is known.

use super::super::driver_process::{LinkLost, is_abort};
use super::super::wire::{Hello, PROTOCOL, WireEnd};
use super::accepted::{self, Given};
use super::merge::{self, Act, HELLO, Output, Part, Program};
use super::process::{self, Ran, Trouble};
use super::words;
use crate::module::{Module, features};
use crate::process::spawn::ProcessEnd;
use crate::text::decimal;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::{TempDir, TempPath};

/// What stands for the file in a command line.
pub const PROGRAM: &str = "{wasm}";
/// What stands for the function.
pub const ENTRY: &str = "{export}";

/// Time for a program whose end is known.
const CONTROL: Duration = Duration::from_secs(30);
/// A result that no message has by chance.
const KNOWN: i64 = 0x0123_4567_89ab_cdef;
/// Characters of what an engine said that are shown.
const SHOWN: usize = 300;

/// A command that runs programs.
pub struct Engine {
    words: Vec<String>,
    output: Output,
    folder: TempDir,
    /// No program runs beyond this; `None`: there is no such time.
    deadline: Option<Instant>,
    memories: bool,
    /// What stands before and behind a result, with [`ENTRY`] for the function.
    form: (String, String),
    /// What it says of a module that it takes and cannot run: with a function that could be run, and without.
    taken: [Option<String>; 2],
}

/// A program in a file.
pub struct Stored {
    program: Program,
    path: TempPath,
}

impl Stored {
    /// How a program ended that has not begun. Only where first values are computed, that may be a trap: the words of a
    /// rejection may be those of one.
    fn not_begun(&self, trap: Option<WireEnd>, words: String) -> Ending {
        match trap {
            Some(end @ WireEnd::Trap(..)) if self.program.computes => Ending::Trapped(end),
            _ => Ending::Refused(words),
        }
    }
}

/// How a program ended.
pub enum Ending {
    /// As it should.
    Done,
    /// It did not begin: in the engine's words.
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
    /// What it does with one of them.
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
                Ok(Ok(bits)) => return Err(format!("reports {bits} where a program has the result {}", wanted as u64)),
                Ok(Err(end)) => return Err(format!("does not run a program of one function: {end:?}")),
                Err(why) => return Err(format!("does not run a program of one function: {why}")),
            }
        }
        let trap = engine.control(&text("trap"));
        match trap.map_err(|why| format!("does not say that `unreachable` traps: {why}"))? {
            Ok(_) => return Err("reports a result of a function that traps".into()),
            Err(WireEnd::Trap(messages, _)) if messages == ["unreachable"] => {}
            Err(other) => return Err(format!("does not say that `unreachable` traps: {other:?}")),
        }
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

    /// Sets a time beyond which no program runs; `None`: there is none.
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

    /// Runs the function `f` of a module of ours.
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
                    (None, None) | (_, Some(Ending::Done)) => Err("ends well and has written nothing".into()),
                }
            }
        }
    }

    fn control_program(&self, text: &str) -> Result<Stored, String> {
        let bytes = wat::parse_str(text).expect("a module");
        let module = Arc::new(Module::new(&bytes, features::all()).expect("a control is valid"));
        let part = Part { module, links: Vec::new(), area: false };
        let program = merge::merge(&[part], &[Act::Make(0), Act::Call(0, 0)], self.output, true);
        let program = program.map_err(|error| error.to_string())?;
        self.store(program).map_err(|_| "needs temporary files".to_string())
    }

    /// What stands before and behind a result.
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

    /// Runs a file, which may write so many frames.
    fn ran(&self, path: &Path, entry: &str, timeout: Duration, frames: u32) -> std::io::Result<Ran> {
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let path = path.to_string_lossy();
        let mut words = self.words.iter().map(|word| word.replace(PROGRAM, &path).replace(ENTRY, entry));
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words);
        process::run(command, left.map_or(timeout, |left| left.min(timeout)), frames)
    }

    /// Runs a file; its end has to be one of its own.
    fn lived(&self, path: &Path, entry: &str, timeout: Duration) -> Result<Ran, Trouble> {
        let ran = self.ran(path, entry, timeout, 0).map_err(|e| Trouble::Garbage(format!("does not start: {e}")))?;
        match self.lost(&ran, path) {
            Some(lost) => Err(Trouble::Lost(lost)),
            None => Ok(ran),
        }
    }

    /// How it ended, if that was no end of its own.
    fn lost(&self, ran: &Ran, path: &Path) -> Option<LinkLost> {
        match &ran.end {
            None => Some(LinkLost::Timeout),
            // An abort may have a trap's words: "entered unreachable code".
            Some(ProcessEnd::ExitStatus(status)) => {
                let said = ran.said();
                let why = said.lines().find(|line| is_abort(line))?;
                Some(LinkLost::Ended(format!("ended with status {status}: {}", self.brief(why, path))))
            }
            Some(end) => Some(LinkLost::Ended(format!("{end}: {}", self.brief(&ran.said(), path)))),
        }
    }

    /// Runs a program that writes: the frames behind the first one, and what stopped it, if something did.
    pub fn run(&self, stored: &Stored, timeout: Duration) -> Result<(Vec<[u8; 16]>, Option<Ending>), Trouble> {
        let all: u32 = stored.program.frames.iter().sum();
        let ran = self.ran(&stored.path, "", timeout, all + 1);
        let ran = ran.map_err(|e| Trouble::Garbage(format!("does not start: {e}")))?;
        let Some((mut frames, said)) = ran.frames() else {
            return Err(Trouble::Garbage("what the program wrote came in another order".into()));
        };
        if let Some(lost) = self.lost(&ran, &stored.path) {
            frames.drain(..frames.len().min(1));
            return Ok((frames, Some(Ending::Lost(lost))));
        }
        let words = || self.brief(&said, &stored.path);
        if frames.is_empty() {
            return match ran.succeeded() {
                true => Err(Trouble::Garbage(format!("ends well and has written nothing: {}", words()))),
                false => Ok((frames, Some(stored.not_begun(words::trap(&said), words())))),
            };
        }
        frames.remove(0);
        if frames.len() == all as usize {
            return match ran.succeeded() {
                true => Ok((frames, None)),
                false => {
                    let what = format!("it has done everything, and fails: {}", words());
                    Ok((frames, Some(Ending::Lost(LinkLost::Ended(what)))))
                }
            };
        }
        let end = match words::trap(&said) {
            Some(end) => end,
            None if ran.succeeded() => {
                let what = format!("it ends well, and has not done everything: {}", words());
                return Ok((frames, Some(Ending::Lost(LinkLost::Ended(what)))));
            }
            None => WireEnd::Trap(Vec::new(), words()),
        };
        Ok((frames, Some(Ending::Trapped(end))))
    }

    /// Whether a program without acts, or before its first one, is taken.
    pub fn begins(&self, stored: &Stored, timeout: Duration) -> Result<Ending, Trouble> {
        match self.output {
            Output::Written => Ok(self.run(stored, timeout)?.1.unwrap_or(Ending::Done)),
            Output::Returned => Ok(match self.call(&stored.path, HELLO, timeout)? {
                Ok(1) => Ending::Done,
                Ok(other) => {
                    return Err(Trouble::Garbage(format!("{other} is the result of a function that returns 1")));
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
        let ran = self.lived(path, entry, timeout)?;
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
            // Some end well after a trap, too: what is no result is one, in words that nobody knows.
            (None, None) => Ok(Err(WireEnd::Trap(Vec::new(), words()))),
        }
    }

    /// Whether a module is taken that is not valid.
    pub fn accepts(&self, bytes: &[u8], timeout: Duration) -> Result<WireEnd, Trouble> {
        let (bytes, control) = match accepted::given(bytes, self.output) {
            Given::Imports => {
                return Ok(WireEnd::Unsupported("not driven: what it imports would be missing in any case".into()));
            }
            Given::Wrapped(wrapped) => (wrapped, &self.taken[0]),
            Given::Raw => (bytes.to_vec(), &self.taken[1]),
        };
        let path = self.file(&bytes)?;
        let ran = self.lived(&path, HELLO, timeout)?;
        let said = ran.said();
        let taken = ran.succeeded() || control.as_ref() == Some(&self.normal(&said, &path));
        Ok(if taken { WireEnd::Done } else { WireEnd::Refused(self.brief(&said, &path)) })
    }

    /// What is said of a module that is taken and cannot be run; `None` if it is run.
    fn words_of(&self, bytes: &[u8]) -> Result<Option<String>, Trouble> {
        let path = self.file(bytes)?;
        let ran = self.lived(&path, HELLO, CONTROL)?;
        Ok((!ran.succeeded()).then(|| self.normal(&ran.said(), &path)))
    }

    /// Words without what differs from file to file.
    fn normal(&self, said: &str, path: &Path) -> String {
        let said = self.without_path(said, path);
        said.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
    }

    fn without_path(&self, said: &str, path: &Path) -> String {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        said.replace(&*path.to_string_lossy(), PROGRAM).replace(&name, PROGRAM)
    }

    /// The line of what was said that tells most.
    fn brief(&self, said: &str, path: &Path) -> String {
        let said = self.without_path(said, path);
        let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let error = lines.iter().find(|line| line.to_lowercase().contains("error"));
        let line = error.or(lines.first()).copied().unwrap_or("it says nothing");
        line.chars().take(SHOWN).collect()
    }
}
