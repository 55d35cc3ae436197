//! One execution in this process: what is asked of it, what it may spend, and what comes of it.

use super::snapshot::{self, Snapshot};
use super::{program, script};
use crate::engine::{Config, Engine};
use crate::runtime::store::Limits;
use crate::triage::observe::{Bounds, End, Observation, States, execute};
use crate::triage::subject::{Drive, Subject};
use serde::{Deserialize, Serialize};
use std::time::Duration;

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

/// What is asked of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TrialRequest {
    Observation,
    /// The state when this exported global, an i32, became -1, or at the end.
    Snapshot(Option<String>),
}

/// Answer to a [`TrialRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TrialAnswer {
    Observation(Observation),
    Snapshot(Box<Snapshot>),
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TrialEnd {
    Answer(TrialAnswer),
    /// Its process died, or it panicked, or its time was over.
    Died(End),
}

/// Executes in this process.
pub fn perform(
    subject: &Subject,
    config: &Config,
    spending: &Spending,
    request: &TrialRequest,
) -> Result<TrialAnswer, String> {
    let bounds = spending.bounds();
    match (&subject.drive, request) {
        (Drive::Exports { .. } | Drive::Invoke { .. }, TrialRequest::Observation) => Ok(TrialAnswer::Observation(
            execute(&subject.prepare()?, &Engine::new(config.clone()).map_err(|e| e.to_string())?, &bounds),
        )),
        (Drive::Exports { .. } | Drive::Invoke { .. }, TrialRequest::Snapshot(stop)) => {
            let snapshot = snapshot::of_calls(&subject.prepare()?, config, &bounds, stop.as_deref())?;
            Ok(TrialAnswer::Snapshot(Box::new(snapshot)))
        }
        (Drive::Script { line }, TrialRequest::Observation) => {
            Ok(TrialAnswer::Observation(script::observe(&subject.bytes, *line, config, &bounds)?))
        }
        (Drive::Script { .. }, TrialRequest::Snapshot(_)) => Err("a script has no single state to copy".into()),
        (Drive::Program { .. }, TrialRequest::Observation) => {
            Ok(TrialAnswer::Observation(program::observe(subject, config, &bounds)?))
        }
        (Drive::Program { .. }, TrialRequest::Snapshot(_)) => {
            Ok(TrialAnswer::Snapshot(Box::new(program::snapshot(subject, config, &bounds)?)))
        }
    }
}
