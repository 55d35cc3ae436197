//! One execution of a subject under one configuration, whatever it does: what dies, hangs or eats memory does so in a
//! process of its own.
//!
//! | file | inside |
//! |---|---|
//! | `process` | the worker process: the same executable, started again; reused until it dies |
//! | `program` | executing a WASI program |
//! | `script` | executing a script as far as a line |
//! | `snapshot` | a store's state, whole, at the end of an execution |

pub mod process;
pub mod program;
pub mod script;
pub mod snapshot;

use super::difference::{Difference, diff};
use super::observe::{Bounds, End, Observation, States, Step, column_name, execute};
use super::subject::{Drive, Subject};
use crate::engine::{Config, Engine};
use crate::runtime::store::Limits;
use process::Worker;
use serde::{Deserialize, Serialize};
use snapshot::Snapshot;
use std::path::PathBuf;
use std::time::Duration;

/// Where trials run.
#[derive(Clone, Debug)]
pub enum Place {
    /// In this process: a crash is this process's crash.
    Here,
    /// In processes of this executable, whose `main` begins with [`process::run_if_worker`].
    Worker(PathBuf),
}

impl Place {
    /// Processes of the executable that runs now.
    ///
    /// # Errors
    /// When the system does not tell which that is.
    pub fn this_executable() -> Result<Place, String> {
        let exe = std::env::current_exe().map_err(|e| format!("which executable this is: {e}"))?;
        Ok(Place::Worker(exe))
    }
}

/// What a trial may spend.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spending {
    pub seconds: f64,
    /// Of one linear memory.
    pub memory_bytes: u64,
}

impl Default for Spending {
    /// Ten seconds, 5 GiB: what is not touched costs nothing, all of a 32-bit memory can be addressed, and of a 64-bit one
    /// something beyond that.
    fn default() -> Self {
        Spending { seconds: 10.0, memory_bytes: 5 << 30 }
    }
}

impl Spending {
    fn bounds(&self) -> Bounds {
        Bounds {
            limits: Limits { memory_bytes: self.memory_bytes, table_elements: 1 << 20, ..Limits::default() },
            timeout: Some(self.time()),
            states: States::Each,
        }
    }

    pub fn time(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

/// What is wanted of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Want {
    Observation,
    /// The state when this exported global, an i32, became -1, or at the end.
    Snapshot(Option<String>),
}

/// Answer to a [`Want`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Got {
    Observation(Observation),
    Snapshot(Box<Snapshot>),
}

/// Runs trials one after the other.
pub struct Trials {
    place: Place,
    worker: Option<Worker>,
    pub spending: Spending,
    /// How many were run.
    pub count: u64,
}

impl Trials {
    pub fn new(place: Place, spending: Spending) -> Trials {
        Trials { place, worker: None, spending, count: 0 }
    }

    /// Another runner of the same kind, for another thread.
    pub fn another(&self) -> Trials {
        Trials::new(self.place.clone(), self.spending)
    }

    /// Has the next trial run in a new process.
    pub fn start_anew(&mut self) {
        self.worker = None;
    }

    /// Executes a subject once. A death of the process or a time-out is an end as others are.
    ///
    /// # Errors
    /// The subject cannot be driven, or no process can be started: a sentence.
    pub fn observe(&mut self, subject: &Subject, config: &Config) -> Result<Observation, String> {
        match self.run(subject, config, Want::Observation)? {
            Ok(Got::Observation(observation)) => Ok(observation),
            Ok(Got::Snapshot(_)) => Err("a snapshot was not asked for".into()),
            Err(end) => {
                let step = Step { end, state: Vec::new(), output: Vec::new() };
                Ok(Observation { steps: vec![step], column: column_name(config) })
            }
        }
    }

    /// Executes a subject and copies the state that it leaves; see [`Want::Snapshot`].
    ///
    /// # Errors
    /// As [`Trials::observe`]; and when the process died.
    pub fn snapshot(&mut self, subject: &Subject, config: &Config, stop: Option<&str>) -> Result<Snapshot, String> {
        match self.run(subject, config, Want::Snapshot(stop.map(str::to_string)))? {
            Ok(Got::Snapshot(snapshot)) => Ok(*snapshot),
            Ok(Got::Observation(_)) => Err("a snapshot was asked for".into()),
            Err(end) => Err(format!("no state is left after: {end}")),
        }
    }

    /// How a subject differs between two configurations.
    ///
    /// # Errors
    /// As [`Trials::observe`].
    pub fn difference(&mut self, subject: &Subject, good: &Config, bad: &Config) -> Result<Option<Difference>, String> {
        let left = self.observe(subject, good)?;
        let right = self.observe(subject, bad)?;
        Ok(diff(&left, &right))
    }

    /// The outer error is that nothing could be tried, the inner one how the process ended.
    fn run(&mut self, subject: &Subject, config: &Config, want: Want) -> Result<Result<Got, End>, String> {
        self.count += 1;
        match &self.place {
            Place::Here => perform(subject, config, &self.spending, &want).map(Ok),
            Place::Worker(exe) => {
                let worker = match self.worker.take() {
                    Some(worker) => worker,
                    None => Worker::start(exe)?,
                };
                let (got, worker) = worker.ask(subject, config, &self.spending, &want)?;
                self.worker = worker;
                Ok(got)
            }
        }
    }
}

/// Executes in this process.
fn perform(subject: &Subject, config: &Config, spending: &Spending, want: &Want) -> Result<Got, String> {
    let bounds = spending.bounds();
    match (&subject.drive, want) {
        (Drive::Exports { .. } | Drive::Invoke { .. }, Want::Observation) => Ok(Got::Observation(execute(
            &subject.prepare()?,
            &Engine::new(config.clone()).map_err(|e| e.to_string())?,
            &bounds,
        ))),
        (Drive::Exports { .. } | Drive::Invoke { .. }, Want::Snapshot(stop)) => {
            let snapshot = snapshot::of_calls(&subject.prepare()?, config, &bounds, stop.as_deref())?;
            Ok(Got::Snapshot(Box::new(snapshot)))
        }
        (Drive::Script { line }, Want::Observation) => {
            Ok(Got::Observation(script::observe(&subject.bytes, *line, config, &bounds)?))
        }
        (Drive::Script { .. }, Want::Snapshot(_)) => Err("a script has no single state to copy".into()),
        (Drive::Program { .. }, Want::Observation) => Ok(Got::Observation(program::observe(subject, config, &bounds)?)),
        (Drive::Program { .. }, Want::Snapshot(_)) => {
            Ok(Got::Snapshot(Box::new(program::snapshot(subject, config, &bounds)?)))
        }
    }
}
