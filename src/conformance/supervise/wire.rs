//! The messages between a supervisor and its workers.
//!
//! Jobs go through a socket. Results go through the log on the shared board, so that they cost no system call and survive the
//! worker. Both are encoded by `postcard`: a value that one side cannot decode is an error, never another value.

use crate::conformance::backend::Backend;
use crate::conformance::injected_fault::InjectedFault;
use crate::conformance::judge::mutate::{MutantTally, SelfCheck};
use crate::conformance::lockstep::job::Skip;
use crate::conformance::read::json::Folder;
use crate::conformance::read::language::{Dialect, Messages, Spec};
use crate::conformance::record::DirectiveResult;
use crate::conformance::stats::RunStats;
use crate::process::board::{Board, shortened};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::time::Duration;

/// The length of the longest text of a result, in bytes; longer ones are visibly truncated.
const TEXT_BYTES: usize = 8192;
/// The first byte of each entry of the log, by which a damaged log is recognized.
const ENTRY: u8 = 0xe5;

/// The work of a worker.
#[derive(Debug, Serialize, Deserialize)]
pub struct JobMessage {
    /// The text of the script.
    pub text: String,
    /// [`Language::spec`](crate::conformance::read::language::Language::spec).
    pub spec: Spec,
    /// The bits of `WasmFeatures`.
    pub features: u64,
    /// [`Language::messages`](crate::conformance::read::language::Language::messages).
    pub messages: Messages,
    /// [`Language::dialect`](crate::conformance::read::language::Language::dialect).
    pub dialect: Dialect,
    /// [`Language::canonical_nans`](crate::conformance::read::language::Language::canonical_nans).
    pub canonical_nans: bool,
    /// [`Language::deterministic_relaxed`](crate::conformance::read::language::Language::deterministic_relaxed).
    pub deterministic_relaxed: bool,
    /// The module files of a script in JSON.
    pub folder: Option<Folder>,
    /// The columns without `xdiff`.
    pub backends: Vec<Backend>,
    /// Directives to leave out.
    pub skips: Vec<Skip>,
    /// The injected faults of this file.
    pub faults: Vec<InjectedFault>,
    /// The number of steps to run; `None` for all.
    pub until: Option<usize>,
    /// The time limit of one directive on one backend.
    pub timeout: Duration,
    /// Mutate every assertion.
    pub self_check: Option<SelfCheck>,
}

/// A message to a worker.
#[derive(Debug, Serialize, Deserialize)]
pub enum ToWorker {
    /// A script to run.
    Job(Box<JobMessage>),
    /// The log was taken; the worker may go on.
    LogTaken,
}

/// A message from a worker.
#[derive(Debug, Serialize, Deserialize)]
pub enum FromWorker {
    /// The log is full: the worker waits for [`ToWorker::LogTaken`].
    LogFull,
    /// The job is done, and everything about it is in the log.
    Done,
}

/// One entry of a worker's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LogEntry {
    /// A directive of the script, before the first is executed.
    Step {
        /// The number of the directive, as reports write it.
        index: String,
        /// The 1-based line on which it begins.
        line: u32,
        /// Its abbreviated text.
        text: String,
    },
    /// The result of a directive in a column.
    Result {
        /// The index of its [`LogEntry::Step`].
        step: usize,
        /// The index of the column.
        column: usize,
        /// The result.
        result: DirectiveResult,
    },
    /// A piece of the script with mutants, which as a whole may not fit into a log.
    MutatedText(String),
    /// The results of the script's mutants; the text with the mutants came before, in pieces.
    Mutants(Box<MutantTally>),
    /// The script ran to its end.
    End(RunStats),
    /// The text is not a script.
    NotAScript {
        /// The 1-based line.
        line: u32,
        /// The 1-based column, in bytes.
        column: u32,
        /// The parser's message.
        message: String,
    },
}

impl LogEntry {
    /// The entry with long texts truncated.
    fn shortened(mut self) -> LogEntry {
        let cut = |text: &mut String| {
            if let Cow::Owned(short) = shortened(text, TEXT_BYTES) {
                *text = short;
            }
        };
        match &mut self {
            LogEntry::Step { text, .. } => cut(text),
            LogEntry::Result { result: DirectiveResult { expected, got, cause, .. }, .. } => {
                [expected, got, cause].into_iter().flatten().for_each(cut);
            }
            LogEntry::NotAScript { message, .. } => cut(message),
            LogEntry::MutatedText(_) | LogEntry::Mutants(_) | LogEntry::End(_) => {}
        }
        self
    }

    /// The bytes of the entry in a log, with long texts truncated.
    ///
    /// # Panics
    /// Never: an entry is plain data.
    pub fn encoded(self) -> Vec<u8> {
        postcard::to_extend(&self.shortened(), vec![ENTRY]).expect("an entry is plain data")
    }

    /// The first entry in these bytes, and the rest; `None` if they do not begin with one.
    fn decoded(bytes: &[u8]) -> Option<(LogEntry, &[u8])> {
        let (&ENTRY, bytes) = bytes.split_first()? else { return None };
        postcard::take_from_bytes(bytes).ok()
    }
}

/// Takes all entries of the log, and the number of bytes after them that cannot be decoded: 0, unless the worker's
/// memory was damaged or the two sides disagree on the encoding.
pub fn take_entries(board: &Board) -> (Vec<LogEntry>, usize) {
    let log = board.take_log();
    let mut rest = &log[..];
    let mut entries = Vec::new();
    while let Some((entry, behind)) = LogEntry::decoded(rest) {
        entries.push(entry);
        rest = behind;
    }
    (entries, rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::record::Verdict;
    use crate::process::board::{SHARED_BYTES, SHORTENED_BYTES};
    use crate::runtime::sys::process::SharedMemory;

    fn board() -> Board {
        Board::new(SharedMemory::create(SHARED_BYTES).expect("shared memory"))
    }

    fn append(board: &Board, entry: &LogEntry) -> bool {
        board.append(&entry.clone().encoded())
    }

    #[test]
    fn entries_survive_the_board() {
        let board = board();
        let result = |got: Option<&str>| DirectiveResult {
            verdict: Verdict::Diverge,
            expected: None,
            got: got.map(str::to_string),
            cause: Some("3".into()),
            us: 7,
        };
        let entries = vec![
            LogEntry::Step { index: "0".into(), line: 4, text: "assert_return ä".into() },
            LogEntry::Result { step: 70_000, column: 4, result: result(Some("")) },
            LogEntry::Result { step: 0, column: 0, result: result(None) },
            LogEntry::NotAScript { line: 1, column: 2, message: "x".into() },
            LogEntry::End(RunStats { directives: 3, ..RunStats::default() }),
        ];
        assert!(entries.iter().all(|e| append(&board, e)));
        assert_eq!(take_entries(&board), (entries, 0));
        assert_eq!(take_entries(&board), (vec![], 0));
        board.set_progress(Some((12, 3)));
        assert_eq!(board.progress(), Some((12, 3)));
        board.set_message("last words");
        assert_eq!(board.message().as_deref(), Some("last words"));
        board.reset();
        assert_eq!((board.progress(), board.message()), (None, None));
    }

    #[test]
    fn a_full_board_says_so() {
        let board = board();
        let entry = LogEntry::Step { index: "0".into(), line: 0, text: "x".repeat(2 * TEXT_BYTES) };
        let fitted = (0..).take_while(|_| append(&board, &entry)).count();
        assert!(fitted > 900);
        assert_eq!(take_entries(&board).0.len(), fitted);
        assert!(append(&board, &entry));
    }

    /// A text may have the full length anywhere in an entry; one that is a byte longer is truncated to it.
    #[test]
    fn long_texts_are_cut_to_the_same_length() {
        for len in [TEXT_BYTES - 1, TEXT_BYTES, TEXT_BYTES + 1, TEXT_BYTES + 2] {
            let whole = || "x".repeat(len);
            let result = |[expected, got, cause]: [Option<String>; 3]| LogEntry::Result {
                step: 0,
                column: 0,
                result: DirectiveResult { verdict: Verdict::Fail, expected, got, cause, us: 0 },
            };
            let step = |text| LogEntry::Step { index: "0".into(), line: 1, text };
            let no_script = |message| LogEntry::NotAScript { line: 1, column: 1, message };
            let cut = || shortened(&whole(), TEXT_BYTES).into_owned();
            assert_eq!(cut() == whole(), len <= TEXT_BYTES);
            for (entry, expected) in [
                (step(whole()), step(cut())),
                (no_script(whole()), no_script(cut())),
                (result([Some(whole()), None, None]), result([Some(cut()), None, None])),
                (result([None, Some(whole()), None]), result([None, Some(cut()), None])),
                (result([None, None, Some(whole())]), result([None, None, Some(cut())])),
            ] {
                assert_eq!(LogEntry::decoded(&entry.encoded()), Some((expected, &[][..])), "{len} bytes");
            }
        }
    }

    #[test]
    fn rubbish_ends_the_entries() {
        let board = board();
        append(&board, &LogEntry::Step { index: "0".into(), line: 1, text: "a".into() });
        board.append(&[0; 40]);
        let (entries, unread) = take_entries(&board);
        assert_eq!((entries.len(), unread), (1, 40));
    }

    fn result(verdict: Verdict, got: String) -> LogEntry {
        let result = DirectiveResult { verdict, expected: None, got: Some(got), cause: None, us: 0 };
        LogEntry::Result { step: 0, column: 0, result }
    }

    /// Most of a log consists of plain results: the directives of the suite, on each backend.
    #[test]
    fn a_plain_result_takes_few_bytes() {
        let result = DirectiveResult { verdict: Verdict::Pass, expected: None, got: None, cause: None, us: 100 };
        assert!(LogEntry::Result { step: 1000, column: 4, result }.encoded().len() <= 12);
    }

    #[test]
    fn every_verdict_survives_the_board_and_no_other_is_made_up() {
        let board = board();
        let entries: Vec<LogEntry> = Verdict::ALL.into_iter().map(|v| result(v, v.name().into())).collect();
        assert!(entries.iter().all(|e| append(&board, e)));
        assert_eq!(take_entries(&board), (entries, 0));
        for (i, verdict) in Verdict::ALL.into_iter().enumerate() {
            assert_eq!(verdict as usize, i);
            assert_eq!(serde_json::to_string(&verdict).ok(), Some(format!("{:?}", verdict.name())));
        }
        // Mark, variant, step, column, then the verdict.
        let mut bytes = result(Verdict::Pass, "x".into()).encoded();
        assert!(LogEntry::decoded(&bytes).is_some());
        bytes[4] = Verdict::ALL.len() as u8;
        assert_eq!(LogEntry::decoded(&bytes), None);
    }

    #[test]
    fn a_cut_shows_and_hides_no_difference() {
        let board = board();
        let long = "ä".repeat(TEXT_BYTES);
        for end in ["1", "2"] {
            assert!(append(&board, &result(Verdict::Fail, format!("{long}{end}"))));
        }
        let (entries, _) = take_entries(&board);
        assert_ne!(entries[0], entries[1]);
        let LogEntry::Result { result: DirectiveResult { got: Some(got), .. }, .. } = &entries[0] else {
            panic!("a result")
        };
        assert!(got.contains("ä… (8193 bytes more, hash "), "{}", &got[got.len() - 60..]);
        assert!(got.len() <= TEXT_BYTES + SHORTENED_BYTES);
        board.set_message(&long);
        assert!(board.message().is_some_and(|m| m.contains("bytes more") && m.ends_with(')')));
    }
}
