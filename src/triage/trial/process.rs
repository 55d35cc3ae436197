//! Trials in worker processes. A subject's bytes are sent only if they differ from those of the previous request.

use super::error::TrialError;
use super::perform::{TrialAnswer, TrialEnd, TrialLimits, TrialRequest, perform};
use crate::engine::Config;
use crate::process::board::Board;
use crate::process::channel::{ChannelError, MessageSender, RemoteError};
use crate::process::worker::{Role, StartError, SupervisorLink, Worker};
use crate::runtime::sys::process::exit_now;
use crate::triage::observe::{Step, StepEnd};
use crate::triage::subject::{DrivenBy, Subject};
use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// The role of workers that execute one subject after another.
pub const ROLE: Role = Role { name: "trial", data_bytes: 6 << 30, confined: false, work };

/// The native stack of the thread that executes; the parser of the text format recurses.
const STACK_BYTES: usize = 64 << 20;
/// The time a trial may take beyond its limit, for compiling and for reading the state.
const GRACE: Duration = Duration::from_secs(20);
/// The interval at which a trial's time is checked.
const POLL: Duration = Duration::from_millis(100);

/// A message to a worker.
#[derive(Serialize, Deserialize)]
struct TrialMessage {
    drive: DrivenBy,
    config: Config,
    spending: TrialLimits,
    request: TrialRequest,
    /// The subject; `None` for that of the previous message.
    bytes: Option<Vec<u8>>,
    provider: Option<Vec<u8>>,
}

/// A message from a worker.
#[derive(Serialize, Deserialize)]
enum Reply {
    Answer(TrialAnswer),
    Panicked(StepEnd),
    /// The reason why the trial did not take place.
    NotDone(RemoteError),
}

/// A worker process that is waiting for a request.
pub(super) struct TrialWorker {
    process: Worker<TrialMessage, Reply>,
    /// The bytes sent last.
    sent: Vec<u8>,
}

impl TrialWorker {
    /// # Errors
    /// The system cannot start a process.
    pub fn start(exe: &Path) -> Result<TrialWorker, StartError> {
        let process = Worker::start(exe, &ROLE, Stdio::null(), POLL)?;
        Ok(TrialWorker { process, sent: Vec::new() })
    }

    /// Runs a trial. Returns the worker too, unless it is dead.
    ///
    /// # Errors
    /// The worker's reason for not performing the trial.
    pub fn ask(
        mut self,
        subject: &Subject,
        config: &Config,
        spending: &TrialLimits,
        request: &TrialRequest,
    ) -> Result<(TrialEnd, Option<TrialWorker>), TrialError> {
        let again = self.sent == subject.bytes && !self.sent.is_empty();
        let message = TrialMessage {
            drive: subject.drive.clone(),
            config: config.clone(),
            spending: *spending,
            request: request.clone(),
            bytes: (!again).then(|| subject.bytes.clone()),
            provider: subject.provider.clone(),
        };
        // Steps of the previous trial are not those of this one, however early it ends.
        self.process.board.reset();
        match self.process.sender.send(&message) {
            Ok(()) => self.sent.clone_from(&subject.bytes),
            Err(ChannelError::Message(e)) => return Err(TrialError::Request(e)),
            Err(ChannelError::Closed | ChannelError::Io(_)) => return Ok((self.died(), None)),
        }
        let start = Instant::now();
        loop {
            match self.process.receiver.poll() {
                Ok(Some(Reply::Answer(answer))) => return Ok((TrialEnd::Answer(answer), Some(self))),
                Ok(Some(Reply::Panicked(end))) => return Ok((self.ended_by(end), Some(self))),
                Ok(Some(Reply::NotDone(why))) => return Err(why.into()),
                Ok(None) if start.elapsed() >= spending.time() + GRACE => {
                    self.process.kill();
                    return Ok((self.ended_by(StepEnd::Timeout), None));
                }
                Ok(None) => {}
                Err(ChannelError::Message(e)) => return Err(TrialError::Reply(e)),
                Err(ChannelError::Closed | ChannelError::Io(_)) => return Ok((self.died(), None)),
            }
        }
    }

    fn died(&mut self) -> TrialEnd {
        let end = StepEnd::Crash(self.process.wait().to_string());
        self.ended_by(end)
    }

    /// The end of a trial that the worker did not complete: it has left the completed steps on the board.
    fn ended_by(&self, end: StepEnd) -> TrialEnd {
        let log = self.process.board.take_log();
        let (mut rest, mut ended) = (&log[..], Vec::new());
        while let Ok((step, behind)) = postcard::take_from_bytes(rest) {
            ended.push(step);
            rest = behind;
        }
        TrialEnd::Died { ended, end }
    }
}

fn work(link: SupervisorLink) -> ! {
    std::panic::set_hook(Box::new(|_| {}));
    let sender = link.sender();
    let board = Arc::clone(&link.board);
    link.serve(("trials", STACK_BYTES), |_| {}, move |messages| run_trials(sender, &board, messages))
}

fn run_trials(mut sender: MessageSender<Reply>, board: &Board, messages: &Receiver<TrialMessage>) {
    let mut bytes = Vec::new();
    while let Ok(message) = messages.recv() {
        let TrialMessage { drive, config, spending, request, bytes: new, provider } = message;
        let subject = Subject { bytes: new.unwrap_or(bytes), provider, drive };
        // A death after steps that did not fit on the board is reported at the first of them.
        let mut fits = true;
        let mut note = |step: &Step| {
            fits = fits && postcard::to_stdvec(step).is_ok_and(|bytes| board.append(&bytes));
        };
        let done = AssertUnwindSafe(|| perform(&subject, &config, &spending, &request, &mut note));
        let reply = match catch_unwind(done) {
            Ok(Ok(answer)) => Reply::Answer(answer),
            Ok(Err(e)) => Reply::NotDone(RemoteError::new(&e)),
            Err(panic) => Reply::Panicked(StepEnd::panicked(&*panic)),
        };
        bytes = subject.bytes;
        if sender.send(&reply).is_err() {
            exit_now(0);
        }
    }
}
