//! The process that executes scripts: this same executable, started again by a [`super::supervisor::Supervisor`].

use super::child::join;
use super::wire::{Board, DONE, Entry, FLUSHED, FULL, Header, JOB};
use crate::conformance::execute::threads;
use crate::conformance::lockstep::job::{Job, Observer};
use crate::conformance::lockstep::run;
use crate::conformance::read::language::Language;
use crate::conformance::read::script::Step;
use crate::conformance::record::DirectiveResult;
use crate::runtime::sys::process::exit_now;
use crate::runtime::sys::signals::{Fault, set_last_words};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use wasmparser::WasmFeatures;

/// Set in a worker's environment.
pub const VARIABLE: &str = "WASMOON_WORKER";
/// Native stack of the thread that runs scripts; the parser of the text format recurses.
const STACK_BYTES: usize = 64 << 20;
/// Writable memory that a worker may have: a runaway dies of it before the machine does. Four backends may each have
/// a memory of 4 GiB.
const DATA_BYTES: u64 = 40 << 30;

/// For [`thread_died`].
static BOARD: OnceLock<Arc<Board>> = OnceLock::new();

/// Runs in the signal handler.
fn thread_died(_: &str, _: &Fault, _: &mut dyn std::fmt::Write) {
    if let Some(board) = BOARD.get() {
        note_thread(board);
    }
}

/// Step and column, plus one, at which the process dies on a thread that a script started; 0: it does not.
static DIES_AT: AtomicU64 = AtomicU64::new(0);

/// What the process dies of happened on a thread that a script started: that is where it was.
fn note_thread(board: &Board) {
    if let Some((step, column)) = threads::position() {
        DIES_AT.store(((step as u64) << 16 | column as u64) + 1, Ordering::SeqCst);
        board.set_progress(Some((step, column)));
    }
}

/// What the reading thread tells the running one.
enum Told {
    Job(Header, String),
    Flushed,
}

/// If this process was started as a worker, works until the supervisor is gone and never returns. To be called first
/// thing in `main`.
pub fn run_if_worker() {
    if std::env::var_os(VARIABLE).is_none() {
        return;
    }
    // SAFETY: the supervisor started us by that variable, and nothing ran before us.
    let (mut socket, board) = unsafe { join(DATA_BYTES) };
    let last_words = board.clone();
    let _ = BOARD.set(board.clone());
    set_last_words(thread_died);
    std::panic::set_hook(Box::new(move |info| {
        // One line, without the place: it has to be the same from build to build.
        note_thread(&last_words);
        let text = info.payload_as_str().unwrap_or("?").lines().next().unwrap_or_default().to_string();
        last_words.set_message(&text);
        eprintln!("{info}");
        std::process::abort();
    }));
    let Ok(answers) = socket.try_clone() else { exit_now(3) };
    let (sender, receiver) = channel();
    let runner = std::thread::Builder::new().name("scripts".into()).stack_size(STACK_BYTES);
    if runner.spawn(move || work(&board, answers, &receiver)).is_err() {
        exit_now(3);
    }
    // This thread outlives any script: whatever the other is at, the end of the supervisor is the end of us.
    let _ = read_all(&mut socket, &sender);
    exit_now(0)
}

fn read_all(socket: &mut UnixStream, sender: &Sender<Told>) -> std::io::Result<()> {
    loop {
        let mut kind = [0];
        socket.read_exact(&mut kind)?;
        let told = match kind[0] {
            JOB => {
                let header = serde_json::from_slice(&frame(socket)?)?;
                Told::Job(header, String::from_utf8(frame(socket)?).map_err(std::io::Error::other)?)
            }
            FLUSHED => Told::Flushed,
            _ => return Err(std::io::Error::other("unknown message")),
        };
        sender.send(told).map_err(std::io::Error::other)?;
    }
}

fn frame(socket: &mut UnixStream) -> std::io::Result<Vec<u8>> {
    let mut len = [0; 4];
    socket.read_exact(&mut len)?;
    let mut bytes = vec![0; u32::from_le_bytes(len) as usize];
    socket.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn work(board: &Arc<Board>, socket: UnixStream, told: &Receiver<Told>) {
    let telling = Arc::new(Mutex::new(socket));
    while let Ok(message) = told.recv() {
        let Told::Job(header, text) = message else { exit_now(3) };
        let language = Language {
            spec: header.spec,
            features: WasmFeatures::from_bits_retain(header.features),
            messages: header.messages,
            dialect: header.dialect,
            canonical_nans: header.canonical_nans,
        };
        let job = Job {
            language,
            folder: header.folder.as_ref(),
            backends: &header.backends,
            skips: &header.skips,
            faults: &header.faults,
            until: header.until,
            timeout: Some(header.timeout),
            self_check: header.self_check,
        };
        let mut teller = Teller { board, socket: &telling, told };
        let end = match run(&text, &job, &mut teller) {
            Ok((stats, tally)) => {
                if let Some(tally) = tally {
                    teller.tell(&Entry::Mutants(Box::new(tally)));
                }
                Entry::End(stats)
            }
            Err(e) => Entry::Script { line: e.line, column: e.column, message: e.message },
        };
        teller.tell(&end);
        board.set_progress(None);
        send(&telling, DONE);
    }
}

fn send(socket: &Mutex<UnixStream>, byte: u8) {
    let sent = socket.lock().is_ok_and(|mut s| s.write_all(&[byte]).is_ok());
    if !sent {
        exit_now(0);
    }
}

/// Writes what happens on the board.
struct Teller<'a> {
    board: &'a Board,
    socket: &'a Mutex<UnixStream>,
    told: &'a Receiver<Told>,
}

impl Teller<'_> {
    fn tell(&self, entry: &Entry) {
        if self.board.append(entry) {
            return;
        }
        send(self.socket, FULL);
        if !matches!(self.told.recv(), Ok(Told::Flushed)) || !self.board.append(entry) {
            exit_now(3);
        }
    }
}

impl Observer for Teller<'_> {
    fn script(&mut self, steps: &[Step<'_>]) {
        for step in steps {
            self.tell(&Entry::Step { index: step.index.clone(), line: step.line, text: step.text.clone() });
        }
    }

    fn enter(&mut self, step: usize, column: usize) {
        self.board.set_progress(Some((step, column)));
        // The end of a process takes a while. What this thread goes on to meanwhile is not what the process dies of.
        if let Some(at) = DIES_AT.load(Ordering::SeqCst).checked_sub(1) {
            self.board.set_progress(Some(((at >> 16) as usize, (at & 0xffff) as usize)));
            loop {
                std::thread::park();
            }
        }
    }

    fn line(&mut self, step: usize, column: usize, line: DirectiveResult) {
        self.tell(&Entry::DirectiveResult { step, column, line });
    }
}
