//! What a supervisor and its worker tell each other.
//!
//! Jobs go through a socket. Results go through memory that both map, so that telling costs no system call, and
//! survives the worker: before each directive the worker leaves its number there, after it what came of it. The layout
//! is four words (progress, ticks, bytes of log, bytes of panic message), the message, and from [`LOG`] on the log.

use super::language::{Dialect, Spec};
use super::mutate::{SelfCheck, Tally};
use super::plan::{Backend, Fault, Stats};
use super::record::Verdict;
use super::run::{Line, Skip};
use crate::runtime::sys::process::SharedMemory;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of the shared memory; touched only as far as it is used.
pub const SHARED_BYTES: usize = 8 << 20;
const LOG: usize = 4096;
const LOG_BYTES: usize = SHARED_BYTES - LOG;
const MESSAGE: usize = 64;
const MESSAGE_BYTES: usize = 2048;
/// Longest text of a result; longer ones are cut.
const TEXT_BYTES: usize = 8192;

/// Supervisor to worker: a job follows (length and JSON, length and script).
pub const JOB: u8 = b'j';
/// Supervisor to worker: the log was read, begin anew.
pub const FLUSHED: u8 = b'a';
/// Worker to supervisor: the log is full.
pub const FULL: u8 = b'f';
/// Worker to supervisor: the job is done, ready for the next.
pub const DONE: u8 = b'd';

/// A job, without its script.
#[derive(Serialize, Deserialize)]
pub struct Header {
    pub spec: Spec,
    /// Bits of `WasmFeatures`.
    pub features: u64,
    pub any_message: bool,
    pub dialect: Dialect,
    /// Of the module files of a script in JSON.
    pub folder: Option<PathBuf>,
    pub backends: Vec<Backend>,
    pub skips: Vec<Skip>,
    pub faults: Vec<Fault>,
    pub until: Option<usize>,
    pub self_check: Option<SelfCheck>,
}

/// One thing that a worker tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    Step {
        index: String,
        line: u32,
        text: String,
    },
    Line {
        step: usize,
        column: usize,
        line: Line,
    },
    /// What became of the script's mutants.
    Mutants(Box<Tally>),
    /// The script ran to its end.
    End(Stats),
    /// The script is none.
    Script {
        line: u32,
        column: u32,
        message: String,
    },
}

/// The shared memory, seen from either side.
pub struct Board(SharedMemory);

impl Board {
    pub fn new(memory: SharedMemory) -> Board {
        Board(memory)
    }

    fn word(&self, index: usize) -> &AtomicU64 {
        assert!(index < 4);
        // SAFETY: the mapping is page-aligned, longer than four words, lives as long as `self`, and these words are
        // reached by atomics only, in both processes.
        unsafe { AtomicU64::from_ptr(self.0.base().as_ptr().cast::<u64>().add(index)) }
    }

    /// Position of what is under way: step and column; `None` between jobs and while the script is parsed.
    pub fn progress(&self) -> Option<(usize, usize)> {
        let word = self.word(0).load(Ordering::Acquire).checked_sub(1)?;
        Some(((word >> 16) as usize, (word & 0xffff) as usize))
    }

    pub fn set_progress(&self, at: Option<(usize, usize)>) {
        let word = at.map_or(0, |(step, column)| ((step as u64) << 16 | column as u64) + 1);
        self.word(0).store(word, Ordering::Release);
        self.word(1).fetch_add(1, Ordering::Release);
    }

    /// Changes whenever progress is made.
    pub fn ticks(&self) -> u64 {
        self.word(1).load(Ordering::Acquire)
    }

    /// Leaves the last words of a panic.
    pub fn set_message(&self, text: &str) {
        let len = text.len().min(MESSAGE_BYTES);
        // SAFETY: in the mapping; the other side reads it only once the length is published, after our death.
        unsafe { self.0.base().add(MESSAGE).copy_from(std::ptr::NonNull::from(text.as_bytes()).cast(), len) };
        self.word(3).store(len as u64, Ordering::Release);
    }

    pub fn message(&self) -> Option<String> {
        let len = (self.word(3).load(Ordering::Acquire) as usize).min(MESSAGE_BYTES);
        (len > 0).then(|| String::from_utf8_lossy(&self.read(MESSAGE, len)).into_owned())
    }

    /// Forgets progress, log and message, for a new job.
    pub fn reset(&self) {
        self.set_progress(None);
        self.word(2).store(0, Ordering::Release);
        self.word(3).store(0, Ordering::Release);
    }

    /// Appends an entry; false if there is no room for it.
    pub fn append(&self, entry: &Entry) -> bool {
        let bytes = encode(entry);
        let used = self.word(2).load(Ordering::Relaxed) as usize;
        if used + bytes.len() > LOG_BYTES {
            return false;
        }
        // SAFETY: in the mapping, beyond what is published; the other side reads it only once the new length is.
        unsafe {
            self.0.base().add(LOG + used).copy_from(std::ptr::NonNull::from(bytes.as_slice()).cast(), bytes.len());
        }
        self.word(2).store((used + bytes.len()) as u64, Ordering::Release);
        true
    }

    /// Takes all entries. Whatever cannot be decoded ends them: the worker may have died of a wild store.
    pub fn take(&self) -> Vec<Entry> {
        let used = (self.word(2).swap(0, Ordering::AcqRel) as usize).min(LOG_BYTES);
        let bytes = self.read(LOG, used);
        let mut reader = Reader { bytes: &bytes };
        let mut entries = Vec::new();
        while let Some(entry) = reader.entry() {
            entries.push(entry);
        }
        entries
    }

    fn read(&self, start: usize, len: usize) -> Vec<u8> {
        assert!(start + len <= SHARED_BYTES);
        let mut bytes = vec![0; len];
        // SAFETY: in the mapping, and published by the other side, which does not write it again before it is told.
        unsafe { self.0.base().add(start).copy_to(std::ptr::NonNull::from(bytes.as_mut_slice()).cast(), len) };
        bytes
    }
}

const VERDICTS: [Verdict; 9] = [
    Verdict::Pass,
    Verdict::Fail,
    Verdict::Crash,
    Verdict::Timeout,
    Verdict::Unsupported,
    Verdict::Skip,
    Verdict::Diverge,
    Verdict::Poisoned,
    Verdict::Flaky,
];

fn encode(entry: &Entry) -> Vec<u8> {
    let mut out = Vec::with_capacity(32);
    match entry {
        Entry::Step { index, line, text } => {
            out.push(1);
            put_text(&mut out, index);
            out.extend(line.to_le_bytes());
            put_text(&mut out, text);
        }
        Entry::Line { step, column, line } => {
            out.push(2);
            out.extend((*step as u32).to_le_bytes());
            out.push(*column as u8);
            out.push(VERDICTS.iter().position(|v| *v == line.verdict).unwrap_or(1) as u8);
            out.extend((line.us.min(u64::from(u32::MAX)) as u32).to_le_bytes());
            let texts = [&line.expected, &line.got, &line.cause];
            out.push(texts.iter().enumerate().map(|(i, t)| u8::from(t.is_some()) << i).sum());
            texts.into_iter().flatten().for_each(|t| put_text(&mut out, t));
        }
        Entry::End(stats) => {
            out.push(3);
            put_text(&mut out, &serde_json::to_string(stats).unwrap_or_default());
        }
        Entry::Mutants(tally) => {
            out.push(5);
            // Whole: unlike other texts it is read by a program.
            let text = serde_json::to_string(tally).unwrap_or_default();
            out.extend((text.len() as u32).to_le_bytes());
            out.extend(text.as_bytes());
        }
        Entry::Script { line, column, message } => {
            out.push(4);
            out.extend(line.to_le_bytes());
            out.extend(column.to_le_bytes());
            put_text(&mut out, message);
        }
    }
    out
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    let mut end = text.len().min(TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    out.extend((end as u32).to_le_bytes());
    out.extend(&text.as_bytes()[..end]);
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.bytes.split_first_chunk::<N>()?;
        self.bytes = tail;
        Some(*head)
    }

    fn byte(&mut self) -> Option<u8> {
        Some(self.take::<1>()?[0])
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn text(&mut self) -> Option<String> {
        let len = self.u32()? as usize;
        let (head, tail) = self.bytes.split_at_checked(len)?;
        self.bytes = tail;
        String::from_utf8(head.to_vec()).ok()
    }

    fn entry(&mut self) -> Option<Entry> {
        Some(match self.byte()? {
            1 => Entry::Step { index: self.text()?, line: self.u32()?, text: self.text()? },
            2 => {
                let step = self.u32()? as usize;
                let column = usize::from(self.byte()?);
                let verdict = *VERDICTS.get(usize::from(self.byte()?))?;
                let us = u64::from(self.u32()?);
                let flags = self.byte()?;
                let mut optional = |bit: u8| match flags & bit {
                    0 => Some(None),
                    _ => self.text().map(Some),
                };
                let (expected, got, cause) = (optional(1)?, optional(2)?, optional(4)?);
                Entry::Line { step, column, line: Line { verdict, expected, got, cause, us } }
            }
            3 => Entry::End(serde_json::from_str(&self.text()?).ok()?),
            5 => Entry::Mutants(serde_json::from_str(&self.text()?).ok()?),
            4 => Entry::Script { line: self.u32()?, column: self.u32()?, message: self.text()? },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_survive_the_board() {
        let board = Board::new(SharedMemory::create(SHARED_BYTES).expect("shared memory"));
        let line = |got: Option<&str>| Line {
            verdict: Verdict::Diverge,
            expected: None,
            got: got.map(str::to_string),
            cause: Some("3".into()),
            us: 7,
        };
        let entries = vec![
            Entry::Step { index: "0".into(), line: 4, text: "assert_return ä".into() },
            Entry::Line { step: 70_000, column: 4, line: line(Some("")) },
            Entry::Line { step: 0, column: 0, line: line(None) },
            Entry::Script { line: 1, column: 2, message: "x".into() },
            Entry::End(Stats { directives: 3, ..Stats::default() }),
        ];
        assert!(entries.iter().all(|e| board.append(e)));
        assert_eq!(board.take(), entries);
        assert_eq!(board.take(), []);
        board.set_progress(Some((12, 3)));
        assert_eq!(board.progress(), Some((12, 3)));
        board.set_message("last words");
        assert_eq!(board.message().as_deref(), Some("last words"));
        board.reset();
        assert_eq!((board.progress(), board.message()), (None, None));
    }

    #[test]
    fn a_full_board_says_so() {
        let board = Board::new(SharedMemory::create(SHARED_BYTES).expect("shared memory"));
        let entry = Entry::Step { index: "0".into(), line: 0, text: "x".repeat(2 * TEXT_BYTES) };
        let fitted = (0..).take_while(|_| board.append(&entry)).count();
        assert!(fitted > 900);
        assert_eq!(board.take().len(), fitted);
        assert!(board.append(&entry));
    }

    #[test]
    fn rubbish_ends_the_entries() {
        let board = Board::new(SharedMemory::create(SHARED_BYTES).expect("shared memory"));
        board.append(&Entry::Step { index: "0".into(), line: 1, text: "a".into() });
        let used = board.word(2).load(Ordering::Relaxed);
        board.word(2).store(used + 40, Ordering::Relaxed);
        assert_eq!(board.take().len(), 1);
    }
}
