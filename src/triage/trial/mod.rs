//! One execution of a subject under one configuration. Crashes, hangs and excessive memory use are confined to a separate
//! process.
//!
//! | file | contents |
//! |---|---|
//! | `error` | the reasons why a trial does not take place |
//! | `nans` | which differences may be choices of NaNs |
//! | `perform` | an execution in this process |
//! | `process` | the worker process: the same executable, started again and reused until it dies |
//! | `program` | executing a WASI program |
//! | `script` | executing a script up to a line |
//! | `side` | what executes a subject: a configuration of ours, or another engine |
//! | `snapshot` | a copy of a store's whole state at the end of an execution |

mod error;
pub mod nans;
mod perform;
pub mod process;
pub mod program;
pub mod script;
pub mod side;
pub mod snapshot;

use super::difference::{Difference, diff};
use super::observe::{Observation, Step, column_name};
use super::subject::Subject;
use super::witness::Witness;
use crate::engine::{Config, NanProfile};
pub use error::TrialError;
use nans::{Trusted, canonical, changes, may_be_chosen};
pub use perform::TrialLimits;
use perform::{TrialAnswer, TrialEnd, TrialRequest, perform};
use process::TrialWorker;
pub use side::Side;
use snapshot::Snapshot;
use std::path::PathBuf;
use std::time::Duration;

/// The least time limit of a trial on another engine.
const PATIENCE: Duration = Duration::from_secs(2);

/// The place where trials run.
#[derive(Clone, Debug)]
pub enum TrialPlace {
    /// In this process: a crash is this process's crash.
    Here,
    /// In processes of this executable, whose `main` begins with [`serve_if_worker`](crate::process::serve_if_worker).
    Worker(PathBuf),
    /// Nowhere: the configuration alone determines how a subject ends, in its only step.
    #[cfg(test)]
    Imagined(fn(&Config) -> super::observe::StepEnd),
}

impl TrialPlace {
    /// Returns a place in processes of the running executable.
    ///
    /// # Errors
    /// The system does not know the path of the executable.
    pub fn this_executable() -> Result<TrialPlace, TrialError> {
        let exe = std::env::current_exe().map_err(TrialError::Executable)?;
        Ok(TrialPlace::Worker(exe))
    }
}

/// Runs trials one after the other.
pub struct Trials {
    place: TrialPlace,
    worker: Option<TrialWorker>,
    /// The other engine that was asked last, by its name.
    witness: Option<(String, Witness)>,
    /// The limits of each trial.
    pub spending: TrialLimits,
    /// The number of trials so far.
    pub count: u64,
}

impl Trials {
    /// Returns a runner of trials at this place.
    pub fn new(place: TrialPlace, spending: TrialLimits) -> Trials {
        Trials { place, worker: None, witness: None, spending, count: 0 }
    }

    /// Returns another runner of the same kind, for another thread.
    pub fn another(&self) -> Trials {
        Trials::new(self.place.clone(), self.spending)
    }

    /// Runs the next trial in a new process.
    pub fn start_anew(&mut self) {
        self.worker = None;
    }

    /// Executes a subject once. The death of the process and a timeout are ends like any other.
    ///
    /// # Errors
    /// The subject cannot be driven, or no process can be started.
    pub fn observe(&mut self, subject: &Subject, config: &Config) -> Result<Observation, TrialError> {
        self.observation(subject, config, TrialRequest::Observation)
    }

    /// Like [`Trials::observe`], with the state after each directive of a script, which takes the time to read all of it.
    ///
    /// # Errors
    /// As for [`Trials::observe`].
    pub fn observe_each_state(&mut self, subject: &Subject, config: &Config) -> Result<Observation, TrialError> {
        self.observation(subject, config, TrialRequest::EachState)
    }

    fn observation(
        &mut self,
        subject: &Subject,
        config: &Config,
        request: TrialRequest,
    ) -> Result<Observation, TrialError> {
        match self.run(subject, config, request)? {
            TrialEnd::Answer(TrialAnswer::Observation(observation)) => Ok(observation),
            TrialEnd::Answer(TrialAnswer::Snapshot(_)) => Err(TrialError::UnexpectedSnapshot),
            TrialEnd::Died { ended: mut steps, end } => {
                steps.push(Step { end, state: Vec::new(), output: Vec::new() });
                Ok(Observation { steps, column: column_name(config) })
            }
        }
    }

    /// Executes a subject on a side.
    ///
    /// # Errors
    /// As for [`Trials::observe`]; also if the other engine cannot be asked, or cannot be compared with `expected` to its end
    /// ([`TrialError::NotCompared`]).
    pub fn observe_on(
        &mut self,
        subject: &Subject,
        side: &Side,
        expected: &Observation,
    ) -> Result<Observation, TrialError> {
        match side {
            Side::Backend(config) => self.observe(subject, config),
            Side::Engine { name, nan } => {
                self.count += 1;
                let prepared = subject.prepare()?;
                let seen = self.witness(name, *nan)?.observe(&prepared, expected);
                if seen.is_err() {
                    self.witness = None;
                }
                seen?.map_err(|why| TrialError::NotCompared { engine: name.clone(), why })
            }
        }
    }

    /// Starts the other engine in a new process next time: what it keeps from module to module may contribute to a failure.
    pub fn start_engine_anew(&mut self) {
        self.witness = None;
    }

    /// Returns another engine, which is kept until a different one is requested.
    ///
    /// # Errors
    /// It cannot be used.
    pub fn witness(&mut self, name: &str, nan: NanProfile) -> Result<&mut Witness, TrialError> {
        let known = self.witness.take().filter(|(known, _)| known == name);
        let mut open = match known {
            Some(known) => known,
            None => (name.to_string(), Witness::open(name, nan, PATIENCE)?),
        };
        // Another engine compiles more slowly than ours do, and its time includes that.
        open.1.timeout = self.spending.time().max(PATIENCE);
        Ok(&mut self.witness.insert(open).1)
    }

    /// Executes a subject and copies the state that it leaves; see `TrialRequest::Snapshot`.
    ///
    /// # Errors
    /// As for [`Trials::observe`]; also if the process died.
    pub fn snapshot(&mut self, subject: &Subject, config: &Config, stop: Option<&str>) -> Result<Snapshot, TrialError> {
        match self.run(subject, config, TrialRequest::Snapshot(stop.map(str::to_string)))? {
            TrialEnd::Answer(TrialAnswer::Snapshot(snapshot)) => Ok(*snapshot),
            TrialEnd::Answer(TrialAnswer::Observation(_)) => Err(TrialError::MissingSnapshot),
            TrialEnd::Died { end, .. } => Err(TrialError::StateLost(end)),
        }
    }

    /// Returns the difference of a subject between two configurations.
    ///
    /// # Errors
    /// As for [`Trials::observe`].
    pub fn difference(
        &mut self,
        subject: &Subject,
        good: &Config,
        bad: &Config,
    ) -> Result<Option<Difference>, TrialError> {
        let left = self.observe(subject, good)?;
        let right = self.observe(subject, bad)?;
        Ok(diff(&left, &right))
    }

    /// Returns whether a difference may be a choice of NaNs, which both sides may make freely unless their profile fixes it.
    /// Wherever the bits went, such a difference disappears when all operators return canonical NaNs, and nothing shows that it
    /// does not come from NaNs (see [`may_be_chosen`]). Another engine need not have such a profile: in that case, what canonical
    /// NaNs would change on the good side is not compared.
    ///
    /// # Errors
    /// As for [`Trials::observe`].
    pub fn is_choice_of_nans(
        &mut self,
        subject: &Subject,
        difference: &Difference,
        good: &Config,
        bad: &Side,
    ) -> Result<bool, TrialError> {
        if good.nan.is_canonical() || bad.nan().is_canonical() || difference.is_of_defect() {
            return Ok(false);
        }
        let left = self.observe(subject, &canonical(good))?;
        match bad {
            Side::Backend(bad) => {
                let right = self.observe(subject, &canonical(bad))?;
                Ok(may_be_chosen(difference, [&left, &right], Trusted::of(good, bad)))
            }
            Side::Engine { .. } => {
                Ok(left.steps.get(difference.step).is_some_and(|step| changes(difference, &step.end)))
            }
        }
    }

    fn run(&mut self, subject: &Subject, config: &Config, request: TrialRequest) -> Result<TrialEnd, TrialError> {
        self.count += 1;
        match &self.place {
            TrialPlace::Here => perform(subject, config, &self.spending, &request, &mut |_| {}).map(TrialEnd::Answer),
            TrialPlace::Worker(exe) => {
                let worker = match self.worker.take() {
                    Some(worker) => worker,
                    None => TrialWorker::start(exe)?,
                };
                let (end, worker) = worker.ask(subject, config, &self.spending, &request)?;
                self.worker = worker;
                Ok(end)
            }
            #[cfg(test)]
            TrialPlace::Imagined(end) => {
                let steps = vec![Step { end: end(config), state: Vec::new(), output: Vec::new() }];
                Ok(TrialEnd::Answer(TrialAnswer::Observation(Observation { steps, column: column_name(config) })))
            }
        }
    }
}
