//! A running driver, which receives steps and returns ends, and the abilities of its engine.

use super::abilities::{Abilities, CONVERT, TRY_TABLE};
use super::driver_process::{LinkLost, Process};
use super::engines::DriverCommand;
use super::program::{PROGRAM, Programs};
use super::wire::{Answer, Hello, PROTOCOL, Request, Step, WireEnd, hex};
use super::{Identity, JobError, OracleError};
use crate::runtime::trap::TrapCode;
use std::time::{Duration, Instant};

/// The time limit for a driver to identify itself.
pub const HELLO: Duration = Duration::from_secs(30);

/// The receiver of the steps.
enum Link {
    Driver(Process),
    Programs(Box<Programs>),
}

/// A driver that runs, or can be started again; or an engine that runs programs, in place of one.
pub struct Connection {
    identity: Identity,
    abilities: Abilities,
    command: DriverCommand,
    /// The link; `None` once it was lost.
    link: Option<Link>,
    next: u64,
    /// The number of requests that have not been answered yet.
    open: usize,
    /// The time beyond which no answer is awaited; `None` for no limit.
    deadline: Option<Instant>,
    /// The number of the last module; no two modules of a driver have the same.
    modules: u64,
    /// The number of times that the driver was started.
    starts: u64,
}

impl Connection {
    /// Starts a driver. Until it says its own name, `name` is that of the engine.
    ///
    /// # Errors
    /// The driver is not installed, does not start, or does not speak the protocol.
    pub fn open(name: &str, command: DriverCommand) -> Result<Connection, OracleError> {
        let identity = Identity { name: name.into(), version: String::new() };
        let abilities = Abilities::default();
        let mut connection = Connection {
            identity,
            abilities,
            command,
            link: None,
            next: 0,
            open: 0,
            deadline: None,
            modules: 0,
            starts: 0,
        };
        connection.start()?;
        Ok(connection)
    }

    /// The name and version of the engine.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Sets the time beyond which no answer is awaited, however long each may take; `None` for no limit.
    pub fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// What probes may use.
    pub fn abilities(&self) -> Abilities {
        self.abilities
    }

    /// Starts the driver again. It knows nothing about earlier requests.
    ///
    /// # Errors
    /// As for [`Connection::open`].
    pub fn start(&mut self) -> Result<(), OracleError> {
        // The old one ends before the new one begins.
        self.link = None;
        let (link, hello) = if self.forgets() { self.start_programs()? } else { self.start_driver()? };
        if hello.protocol != PROTOCOL {
            return Err(self.broken(format!("speaks version {} of the protocol, not {PROTOCOL}", hello.protocol)));
        }
        if let Some((what, how)) = hello.missing {
            return Err(OracleError::NotInstalled { oracle: self.identity.name.clone(), what, how });
        }
        self.identity = Identity { name: hello.name, version: hello.version };
        self.link = Some(link);
        self.open = 0;
        self.starts += 1;
        let compiled = |n: u64, bytes: &[u8]| Step::Module { module: n, bytes: hex(bytes) };
        let modules = vec![self.number(), self.number()];
        let asked = vec![compiled(modules[0], TRY_TABLE), compiled(modules[1], CONVERT), Step::Forget { modules }];
        let id = self.send(asked)?;
        let ends = match self.receive(id, HELLO)? {
            Ok(ends) => ends,
            Err(lost) => return Err(self.broken(format!("failed when asked for its features: {lost}"))),
        };
        let [exceptions, gc] = self.taken(&ends, 2)?[..] else { unreachable!("an answer for each") };
        self.abilities = Abilities { exceptions, gc, host: hello.host };
        Ok(())
    }

    /// Whether each of so many modules was accepted, by the ends of the steps that compile them, and of one that forgets them.
    ///
    /// # Errors
    /// These are not ends of such steps.
    pub fn taken(&self, ends: &[WireEnd], modules: usize) -> Result<Vec<bool>, OracleError> {
        let taken = |end: &WireEnd| match end {
            WireEnd::Done => Ok(true),
            WireEnd::Malformed(_) | WireEnd::Invalid(_) | WireEnd::Refused(_) | WireEnd::Unsupported(_) => Ok(false),
            // The message of a program that did not run may look like that of a trap.
            WireEnd::Trap(..) if self.forgets() => Ok(false),
            other => Err(self.garbage("", &format!("{other:?} in answer to a module"))),
        };
        match ends.split_last() {
            Some((WireEnd::Done, compiled)) if compiled.len() == modules => compiled.iter().map(taken).collect(),
            _ => Err(self.garbage("", "not every step was answered")),
        }
    }

    fn start_driver(&self) -> Result<(Link, Hello), OracleError> {
        let mut process = Process::start(&self.command).map_err(|e| self.not_started(&e))?;
        let line = match process.receive(HELLO) {
            Ok(line) => line,
            Err(LinkLost::Timeout) => {
                return Err(self.broken(format!("did not say anything for {} s", HELLO.as_secs())));
            }
            Err(LinkLost::Ended(how)) => return Err(self.broken(format!("died before it said anything: {how}"))),
        };
        let hello = serde_json::from_str(&line).map_err(|e| self.garbage(&line, &e.to_string()))?;
        Ok((Link::Driver(process), hello))
    }

    fn start_programs(&self) -> Result<(Link, Hello), OracleError> {
        let (programs, hello) = Programs::open(&self.command.words).map_err(|what| self.broken(what))?;
        Ok((Link::Programs(Box::new(programs)), hello))
    }

    /// Whether it only runs programs, so that all state ends with a trap. Everything is then recreated, except what the trapping
    /// function did.
    pub fn forgets(&self) -> bool {
        self.command.words.iter().any(|word| word.to_string_lossy().contains(PROGRAM))
    }

    /// Announces what will be asked, if that helps.
    pub fn plan(&mut self, requests: Vec<Vec<Step>>) {
        if let Some(Link::Programs(programs)) = &mut self.link {
            programs.plan(requests);
        }
    }

    fn not_started(&self, e: &std::io::Error) -> OracleError {
        let program = self.command.words.first().map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
        let oracle = self.identity.name.clone();
        if let (std::io::ErrorKind::NotFound, Some(how)) = (e.kind(), self.command.install) {
            return OracleError::NotInstalled {
                oracle,
                what: format!("the program '{program}'"),
                how: how.to_string(),
            };
        }
        OracleError::Broken { oracle, what: format!("does not start: {program}: {e}") }
    }

    /// Returns a number for a module.
    pub fn number(&mut self) -> u64 {
        self.modules += 1;
        self.modules
    }

    /// Sends steps, after starting the driver if it was lost. Returns the number of the request.
    ///
    /// # Errors
    /// The driver cannot be started again.
    pub fn send(&mut self, steps: Vec<Step>) -> Result<u64, OracleError> {
        self.request(|id| Request::Steps { id, steps })
    }

    /// Sends a request, as [`Connection::send`] does.
    ///
    /// # Errors
    /// The driver cannot be started again.
    pub fn request(&mut self, request: impl FnOnce(u64) -> Request) -> Result<u64, OracleError> {
        if self.link.is_none() {
            self.start()?;
        }
        self.is_quiet()?;
        let id = self.next;
        self.next += 1;
        let request = request(id);
        match (&mut self.link, request) {
            (Some(Link::Programs(programs)), Request::Steps { id, steps }) => programs.send(id, steps),
            (Some(Link::Programs(_)), Request::Program { .. }) => {
                return Err(self.broken("only runs programs without arguments and files".into()));
            }
            (Some(Link::Driver(process)), request) => {
                process.send(serde_json::to_vec(&request).map_err(|e| JobError::Encode(e.to_string()))?);
            }
            (None, _) => {}
        }
        self.open += 1;
        Ok(id)
    }

    /// Checks that the driver has sent nothing but answers. As long as some are due, this is unknown.
    fn is_quiet(&mut self) -> Result<(), OracleError> {
        if self.open == 0
            && let Some(Link::Driver(process)) = &mut self.link
            && process.says_more()
        {
            self.link = None;
            return Err(self.garbage("", "an unrequested line"));
        }
        Ok(())
    }

    /// The ends of the request `id`, which must be next. After a loss or an error, the driver is started again at the next
    /// request.
    ///
    /// # Errors
    /// The answer is not valid.
    pub fn receive(&mut self, id: u64, timeout: Duration) -> Result<Result<Vec<WireEnd>, LinkLost>, OracleError> {
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = left.map_or(timeout, |left| left.min(timeout));
        self.open = self.open.saturating_sub(1);
        let (line, answer) = match &mut self.link {
            Some(Link::Driver(process)) => match process.receive(timeout) {
                Ok(line) => {
                    let answer = serde_json::from_str::<Answer>(&line).map_err(|e| e.to_string());
                    (line, answer)
                }
                Err(lost) => return Ok(Err(self.lost(lost))),
            },
            Some(Link::Programs(programs)) => match programs.receive(timeout, self.deadline) {
                Ok(Ok((id, ends))) => (String::new(), Ok(Answer { id, ends })),
                Ok(Err(lost)) => return Ok(Err(self.lost(lost))),
                Err(what) => {
                    self.link = None;
                    return Err(self.broken(what));
                }
            },
            None => return Ok(Err(LinkLost::Ended("it was lost earlier".into()))),
        };
        match answer.and_then(|a| if a.id == id { Ok(a) } else { Err(format!("expected the answer to {id}")) }) {
            Ok(answer) => self.is_quiet().map(|()| Ok(answer.ends)),
            Err(why) => {
                self.link = None;
                Err(self.garbage(&line, &why))
            }
        }
    }

    fn lost(&mut self, lost: LinkLost) -> LinkLost {
        self.link = None;
        lost
    }

    /// Tells the driver that no more requests will follow.
    pub fn close(&mut self) {
        if let Some(Link::Driver(process)) = &mut self.link {
            process.close();
        }
    }

    /// How a driver that was [closed](Connection::close) ended, if by a signal or with a status other than 0. One that still runs
    /// at `deadline` is killed, and nothing is reported. In any case it is gone.
    pub fn failure(&mut self, deadline: Instant) -> Option<String> {
        let mut link = self.link.take()?;
        match &mut link {
            Link::Driver(process) => process.failure(deadline),
            Link::Programs(_) => None,
        }
    }

    /// The number of times that the driver was started. What it knew is gone when this changes.
    pub fn starts(&self) -> u64 {
        self.starts
    }

    /// Whether the driver is running, as far as is known.
    pub fn runs(&self) -> bool {
        self.link.is_some()
    }

    /// The codes for the messages of a trap.
    ///
    /// # Errors
    /// A message is not one of the specification's.
    pub fn codes(&self, messages: &[String]) -> Result<Vec<TrapCode>, OracleError> {
        let code = |message: &String| TrapCode::ALL.iter().copied().find(|c| c.message() == message);
        let known = |message| code(message).ok_or_else(|| self.garbage(message, "unknown trap"));
        messages.iter().map(known).collect()
    }

    /// The error for a failure of the driver.
    pub fn broken(&self, what: String) -> OracleError {
        OracleError::Broken { oracle: self.identity.name.clone(), what }
    }

    /// The error for something that is not an answer.
    pub fn garbage(&self, line: &str, why: &str) -> OracleError {
        let line: String = line.trim().chars().take(120).collect();
        self.broken(format!("does not speak the protocol ({why}): {line}"))
    }
}
