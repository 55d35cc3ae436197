//! One execution of a subject under one configuration, whatever it does: what dies, hangs or eats memory does so in a
//! process of its own.
//!
//! | file | inside |
//! |---|---|
//! | `perform` | an execution in this process |
//! | `process` | the worker process: the same executable, started again; reused until it dies |
//! | `program` | executing a WASI program |
//! | `script` | executing a script as far as a line |
//! | `snapshot` | a store's state, whole, at the end of an execution |

mod perform;
pub mod process;
pub mod program;
pub mod script;
pub mod snapshot;

use super::difference::{Difference, diff};
use super::observe::{Observation, Step, column_name};
use super::subject::Subject;
use crate::engine::Config;
pub use perform::Spending;
use perform::{TrialAnswer, TrialEnd, TrialRequest, perform};
use process::TrialWorker;
use snapshot::Snapshot;
use std::path::PathBuf;

/// Where trials run.
#[derive(Clone, Debug)]
pub enum Place {
    /// In this process: a crash is this process's crash.
    Here,
    /// In processes of this executable, whose `main` begins with [`serve_if_worker`](crate::process::serve_if_worker).
    Worker(PathBuf),
}

impl Place {
    /// Processes of the executable that runs now.
    ///
    /// # Errors
    /// When the system does not know which that is.
    pub fn this_executable() -> Result<Place, String> {
        let exe = std::env::current_exe().map_err(|e| format!("which executable this is: {e}"))?;
        Ok(Place::Worker(exe))
    }
}

/// Runs trials one after the other.
pub struct Trials {
    place: Place,
    worker: Option<TrialWorker>,
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
        match self.run(subject, config, TrialRequest::Observation)? {
            TrialEnd::Answer(TrialAnswer::Observation(observation)) => Ok(observation),
            TrialEnd::Answer(TrialAnswer::Snapshot(_)) => Err("a snapshot was not asked for".into()),
            TrialEnd::Died(end) => {
                let step = Step { end, state: Vec::new(), output: Vec::new() };
                Ok(Observation { steps: vec![step], column: column_name(config) })
            }
        }
    }

    /// Executes a subject and copies the state that it leaves; see [`TrialRequest::Snapshot`].
    ///
    /// # Errors
    /// As [`Trials::observe`]; and when the process died.
    pub fn snapshot(&mut self, subject: &Subject, config: &Config, stop: Option<&str>) -> Result<Snapshot, String> {
        match self.run(subject, config, TrialRequest::Snapshot(stop.map(str::to_string)))? {
            TrialEnd::Answer(TrialAnswer::Snapshot(snapshot)) => Ok(*snapshot),
            TrialEnd::Answer(TrialAnswer::Observation(_)) => Err("a snapshot was asked for".into()),
            TrialEnd::Died(end) => Err(format!("no state is left after: {end}")),
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

    fn run(&mut self, subject: &Subject, config: &Config, request: TrialRequest) -> Result<TrialEnd, String> {
        self.count += 1;
        match &self.place {
            Place::Here => perform(subject, config, &self.spending, &request).map(TrialEnd::Answer),
            Place::Worker(exe) => {
                let worker = match self.worker.take() {
                    Some(worker) => worker,
                    None => TrialWorker::start(exe)?,
                };
                let (end, worker) = worker.ask(subject, config, &self.spending, &request)?;
                self.worker = worker;
                Ok(end)
            }
        }
    }
}
