//! The process that executes scripts: this same executable, started again by a [`super::supervisor::Supervisor`].

use super::wire::{FromWorker, JobMessage, LogEntry, ToWorker};
use crate::conformance::backend::Backend;
use crate::conformance::execute::threads;
use crate::conformance::injected_fault::{InjectedFault, InjectedFaultKind};
use crate::conformance::lockstep::job::{Job, Observer};
use crate::conformance::lockstep::run;
use crate::conformance::read::language::Language;
use crate::conformance::read::script::ScriptStep;
use crate::conformance::record::DirectiveResult;
use crate::process::board::{Board, packed, unpacked};
use crate::process::channel::MessageSender;
use crate::process::worker::{Role, SupervisorLink};
use crate::runtime::sys::process::exit_now;
use crate::runtime::sys::signals::{Fault, before_abort, set_last_words};
use crate::runtime::trap::from_fault::prepare_thread;
use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, OnceLock};
use wasmparser::WasmFeatures;

/// The role of workers that execute scripts. Seven columns that run at once may each have a memory of more than 4 GiB.
pub const ROLE: Role = Role { name: "conformance", data_bytes: 64 << 30, confined: true, work };

/// The native stack of the thread that runs scripts; the parser of the text format recurses.
pub const STACK_BYTES: usize = 64 << 20;

/// For [`thread_aborts`].
static BOARD: OnceLock<Arc<Board>> = OnceLock::new();

/// Runs in the signal handler.
fn thread_died(_: &str, _: &Fault, _: &mut dyn std::fmt::Write) {
    thread_aborts();
}

/// As above.
fn thread_aborts() {
    if let Some(board) = BOARD.get() {
        note_thread(board);
    }
}

/// Where the process dies on a thread that a script started, as [`packed`]; 0 if it does not.
static DIES_AT: AtomicU64 = AtomicU64::new(0);

/// Records that the process dies on a thread that a script started, and the position of that thread.
fn note_thread(board: &Board) {
    if let Some(at) = threads::position() {
        DIES_AT.store(packed(at), Ordering::Relaxed);
        // Either the thread that enters a step sees this, or what it has written is overwritten here.
        fence(Ordering::SeqCst);
        board.set_progress(Some(at));
    }
}

fn work(link: SupervisorLink) -> ! {
    let board = Arc::clone(&link.board);
    let last_words = Arc::clone(&board);
    let _ = BOARD.set(Arc::clone(&board));
    set_last_words(thread_died);
    before_abort(thread_aborts);
    std::panic::set_hook(Box::new(move |info| {
        // One line, without the position, because it has to be the same from build to build.
        note_thread(&last_words);
        let text = info.payload_as_str().unwrap_or("?").lines().next().unwrap_or_default().to_string();
        last_words.set_message(&text);
        eprintln!("{info}");
        std::process::abort();
    }));
    let sender = link.sender();
    link.serve(("scripts", STACK_BYTES), |_| {}, move |messages| run_jobs(&board, sender, messages))
}

fn run_jobs(board: &Board, sender: MessageSender<FromWorker>, messages: &Receiver<ToWorker>) {
    if prepare_thread().is_err() {
        exit_now(3);
    }
    let mut log =
        BoardObserver { board, sender: RefCell::new(sender), messages, garbled: Vec::new(), garbled_steps: Vec::new() };
    while let Ok(message) = messages.recv() {
        let ToWorker::Job(job) = message else { exit_now(3) };
        let JobMessage { text, spec, features, messages, dialect, canonical_nans, deterministic_relaxed, .. } = *job;
        let features = WasmFeatures::from_bits_retain(features);
        log.garbled = garbled(&job.faults, &job.backends);
        let language = Language { spec, features, messages, dialect, canonical_nans, deterministic_relaxed };
        let job = Job {
            language,
            folder: job.folder.as_ref(),
            backends: &job.backends,
            skips: &job.skips,
            faults: &job.faults,
            until: job.until,
            timeout: Some(job.timeout),
            self_check: job.self_check,
        };
        let end = match run(&text, &job, &mut log) {
            Ok((stats, tally)) => {
                if let Some(mut tally) = tally {
                    let text = tally.text.as_mut().map(|mutated| std::mem::take(&mut mutated.text));
                    pieces(text.as_deref().unwrap_or_default()).for_each(|piece| {
                        log.append(LogEntry::MutatedText(piece.into()));
                    });
                    log.append(LogEntry::Mutants(Box::new(tally)));
                }
                LogEntry::End(stats)
            }
            Err(e) => LogEntry::NotAScript { line: e.line, column: e.column, message: e.message },
        };
        log.append(end);
        board.set_progress(None);
        log.send(&FromWorker::Done);
    }
}

/// Splits a text into pieces of at most a megabyte.
fn pieces(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let (piece, rest) = text.split_at(text.floor_char_boundary(1 << 20));
        text = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Where the injected faults garble the results: the index of the directive, and the column.
fn garbled(faults: &[InjectedFault], backends: &[Backend]) -> Vec<(String, usize)> {
    let faults = faults.iter().filter(|fault| fault.kind == InjectedFaultKind::GarbledResults);
    let column = |fault: &InjectedFault| backends.iter().position(|backend| backend.name == fault.backend);
    faults.filter_map(|fault| Some((fault.index.clone(), column(fault)?))).collect()
}

/// The observer that records events on the board.
struct BoardObserver<'a> {
    board: &'a Board,
    sender: RefCell<MessageSender<FromWorker>>,
    messages: &'a Receiver<ToWorker>,
    /// What [`garbled`] found for the job.
    garbled: Vec<(String, usize)>,
    /// The same, with the number of the step.
    garbled_steps: Vec<(usize, usize)>,
}

impl BoardObserver<'_> {
    fn send(&self, message: &FromWorker) {
        if self.sender.borrow_mut().send(message).is_err() {
            exit_now(0);
        }
    }

    /// Appends to the log. If it is full, the supervisor empties it first.
    fn append(&self, entry: LogEntry) {
        let bytes = entry.encoded();
        if self.board.append(&bytes) {
            return;
        }
        self.send(&FromWorker::LogFull);
        if !matches!(self.messages.recv(), Ok(ToWorker::LogTaken)) || !self.board.append(&bytes) {
            exit_now(3);
        }
    }
}

impl Observer for BoardObserver<'_> {
    fn script(&mut self, steps: &[ScriptStep<'_>]) {
        let step = |index: &str| steps.iter().position(|step| step.index == index);
        self.garbled_steps = self.garbled.iter().filter_map(|(index, column)| Some((step(index)?, *column))).collect();
        for step in steps {
            self.append(LogEntry::Step { index: step.index.clone(), line: step.line, text: step.text.clone() });
        }
    }

    fn enter(&mut self, step: usize, column: usize) {
        self.board.set_progress(Some((step, column)));
        // The process takes a while to end. Nothing that this thread does meanwhile is the cause of death.
        fence(Ordering::SeqCst);
        if let Some(at) = unpacked(DIES_AT.load(Ordering::Relaxed)) {
            self.board.set_progress(Some(at));
            loop {
                std::thread::park();
            }
        }
    }

    fn line(&mut self, step: usize, column: usize, result: DirectiveResult) {
        self.append(LogEntry::Result { step, column, result });
        if self.garbled_steps.contains(&(step, column)) {
            // No entry begins with this byte.
            self.board.append(&[0xff; 16]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A piece has a megabyte, or ends before a character that does not fit.
    #[test]
    fn a_long_text_goes_in_pieces() {
        for (text, expected) in [
            (String::new(), &[][..]),
            ("x".repeat(1 << 20), &[1_048_576][..]),
            ("x".repeat((1 << 20) + 1), &[1_048_576, 1]),
            ("é".repeat(600_000), &[1_048_576, 151_424]),
            (format!("x{}", "é".repeat(1_100_000)), &[1_048_575, 1_048_576, 102_850]),
        ] {
            let found: Vec<&str> = pieces(&text).collect();
            assert_eq!(found.iter().map(|piece| piece.len()).collect::<Vec<_>>(), expected);
            assert!(found.concat() == text);
        }
    }
}
