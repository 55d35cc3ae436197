//! What a supervisor and its worker tell each other.
//!
//! Jobs go through a socket. Results go through memory that both map, so that telling costs no system call, and
//! survives the worker: before each directive the worker leaves its number there, after it what came of it. The layout
//! is four words (progress, ticks, bytes of log, bytes of panic message), the message, and from [`LOG`] on the log.

use crate::conformance::backend::Backend;
use crate::conformance::fault::PlantedFault;
use crate::conformance::judge::mutate::{SelfCheck, Tally};
use crate::conformance::lockstep::job::Skip;
use crate::conformance::read::json::Folder;
use crate::conformance::read::language::{Dialect, Messages, Spec};
use crate::conformance::record::DirectiveResult;
use crate::conformance::record::Verdict;
use crate::conformance::stats::RunStats;
use crate::runtime::sys::process::SharedMemory;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Bytes of the shared memory; touched only as far as it is used.
pub const SHARED_BYTES: usize = 8 << 20;
const LOG: usize = 4096;
const LOG_BYTES: usize = SHARED_BYTES - LOG;
const MESSAGE: usize = 64;
const MESSAGE_BYTES: usize = 2048;
/// Longest text of a result; longer ones are cut, visibly.
const TEXT_BYTES: usize = 8192;
/// Room for what [`cut`] adds.
const CUT_BYTES: usize = 64;

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
    pub messages: Messages,
    pub dialect: Dialect,
    pub canonical_nans: bool,
    /// The module files of a script in JSON.
    pub folder: Option<Folder>,
    pub backends: Vec<Backend>,
    pub skips: Vec<Skip>,
    pub faults: Vec<PlantedFault>,
    pub until: Option<usize>,
    /// For one directive on one backend.
    pub timeout: Duration,
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
    DirectiveResult {
        step: usize,
        column: usize,
        line: DirectiveResult,
    },
    /// What became of the script's mutants.
    Mutants(Box<Tally>),
    /// The script ran to its end.
    End(RunStats),
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

    /// Position of what is under way: step and column (see [`Observer`](crate::conformance::lockstep::Observer)); `None` between jobs and
    /// while the script is parsed.
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
        let text = cut(text, MESSAGE_BYTES - CUT_BYTES);
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

    /// Takes all entries, and the number of bytes after them that cannot be decoded: none, unless the worker's memory
    /// was damaged or the two sides disagree on the encoding.
    pub fn take(&self) -> (Vec<Entry>, usize) {
        let used = (self.word(2).swap(0, Ordering::AcqRel) as usize).min(LOG_BYTES);
        let bytes = self.read(LOG, used);
        let mut reader = Reader { bytes: &bytes };
        let mut entries = Vec::new();
        loop {
            let unread = reader.bytes.len();
            match reader.entry() {
                Some(entry) => entries.push(entry),
                None => return (entries, unread),
            }
        }
    }

    fn read(&self, start: usize, len: usize) -> Vec<u8> {
        assert!(start + len <= SHARED_BYTES);
        let mut bytes = vec![0; len];
        // SAFETY: in the mapping, and published by the other side, which does not write it again before it is told.
        unsafe { self.0.base().add(start).copy_to(std::ptr::NonNull::from(bytes.as_mut_slice()).cast(), len) };
        bytes
    }
}

fn encode(entry: &Entry) -> Vec<u8> {
    let mut out = Vec::with_capacity(32);
    match entry {
        Entry::Step { index, line, text } => {
            out.push(1);
            put_text(&mut out, index);
            out.extend(line.to_le_bytes());
            put_text(&mut out, text);
        }
        Entry::DirectiveResult { step, column, line } => {
            out.push(2);
            out.extend((*step as u32).to_le_bytes());
            out.push(*column as u8);
            out.push(line.verdict as u8);
            out.extend((line.us.min(u64::from(u32::MAX)) as u32).to_le_bytes());
            let texts = [&line.expected, &line.got, &line.cause];
            out.push(texts.iter().enumerate().map(|(i, t)| u8::from(t.is_some()) << i).sum());
            texts.into_iter().flatten().for_each(|t| put_text(&mut out, t));
        }
        Entry::End(stats) => {
            out.push(3);
            put_whole(&mut out, &serde_json::to_string(stats).unwrap_or_default());
        }
        Entry::Mutants(tally) => {
            out.push(5);
            put_whole(&mut out, &serde_json::to_string(tally).unwrap_or_default());
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

/// A text for people, cut if it is long.
fn put_text(out: &mut Vec<u8>, text: &str) {
    put_whole(out, &cut(text, TEXT_BYTES));
}

/// A text that a program reads.
fn put_whole(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.as_bytes());
}

/// A text of about `max` bytes at most. What is cut off leaves its length and its hash, so that two texts that differ
/// only there are still two texts: replays and reports are compared by what comes out here.
fn cut(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max {
        return Cow::Borrowed(text);
    }
    let (shown, rest) = text.split_at(text.floor_char_boundary(max));
    // FNV-1a: the same in every build and on every machine.
    let hash = rest.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    Cow::Owned(format!("{shown}… ({} bytes more, hash {hash:08x})", rest.len()))
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
                let verdict = *Verdict::ALL.get(usize::from(self.byte()?))?;
                let us = u64::from(self.u32()?);
                let flags = self.byte()?;
                let mut optional = |bit: u8| match flags & bit {
                    0 => Some(None),
                    _ => self.text().map(Some),
                };
                let (expected, got, cause) = (optional(1)?, optional(2)?, optional(4)?);
                Entry::DirectiveResult { step, column, line: DirectiveResult { verdict, expected, got, cause, us } }
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
        let line = |got: Option<&str>| DirectiveResult {
            verdict: Verdict::Diverge,
            expected: None,
            got: got.map(str::to_string),
            cause: Some("3".into()),
            us: 7,
        };
        let entries = vec![
            Entry::Step { index: "0".into(), line: 4, text: "assert_return ä".into() },
            Entry::DirectiveResult { step: 70_000, column: 4, line: line(Some("")) },
            Entry::DirectiveResult { step: 0, column: 0, line: line(None) },
            Entry::Script { line: 1, column: 2, message: "x".into() },
            Entry::End(RunStats { directives: 3, ..RunStats::default() }),
        ];
        assert!(entries.iter().all(|e| board.append(e)));
        assert_eq!(board.take(), (entries, 0));
        assert_eq!(board.take(), (vec![], 0));
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
        assert_eq!(board.take().0.len(), fitted);
        assert!(board.append(&entry));
    }

    #[test]
    fn rubbish_ends_the_entries() {
        let board = Board::new(SharedMemory::create(SHARED_BYTES).expect("shared memory"));
        board.append(&Entry::Step { index: "0".into(), line: 1, text: "a".into() });
        let used = board.word(2).load(Ordering::Relaxed);
        board.word(2).store(used + 40, Ordering::Relaxed);
        let (entries, unread) = board.take();
        assert_eq!((entries.len(), unread), (1, 40));
    }

    fn line(verdict: Verdict, got: String) -> Entry {
        let line = DirectiveResult { verdict, expected: None, got: Some(got), cause: None, us: 0 };
        Entry::DirectiveResult { step: 0, column: 0, line }
    }

    #[test]
    fn every_verdict_survives_the_board_and_no_other_is_made_up() {
        let board = Board::new(SharedMemory::create(SHARED_BYTES).expect("shared memory"));
        let entries: Vec<Entry> = Verdict::ALL.into_iter().map(|v| line(v, v.name().into())).collect();
        assert!(entries.iter().all(|e| board.append(e)));
        assert_eq!(board.take(), (entries, 0));
        for (i, verdict) in Verdict::ALL.into_iter().enumerate() {
            assert_eq!(verdict as usize, i);
            assert_eq!(serde_json::to_string(&verdict).ok(), Some(format!("{:?}", verdict.name())));
        }
        // MutantKind, step, column, then the verdict.
        let mut bytes = encode(&line(Verdict::Pass, "x".into()));
        bytes[6] = Verdict::ALL.len() as u8;
        assert_eq!(Reader { bytes: &bytes }.entry(), None);
    }

    #[test]
    fn a_cut_shows_and_hides_no_difference() {
        let board = Board::new(SharedMemory::create(SHARED_BYTES).expect("shared memory"));
        let long = "ä".repeat(TEXT_BYTES);
        for end in ["1", "2"] {
            assert!(board.append(&line(Verdict::Fail, format!("{long}{end}"))));
        }
        let (entries, _) = board.take();
        assert_ne!(entries[0], entries[1]);
        let Entry::DirectiveResult { line: DirectiveResult { got: Some(got), .. }, .. } = &entries[0] else {
            panic!("a line")
        };
        assert!(got.contains("ä… (8193 bytes more, hash "), "{}", &got[got.len() - 60..]);
        assert!(got.len() <= TEXT_BYTES + CUT_BYTES);
        board.set_message(&long);
        assert!(board.message().is_some_and(|m| m.contains("bytes more") && m.ends_with(')')));
    }
}
