//! One execution in this process: the request, its limits, and the answer.

use super::error::TrialError;
use super::snapshot::{self, Snapshot};
use super::{program, script};
use crate::engine::{Config, Engine};
use crate::runtime::store::Limits;
use crate::triage::observe::{Bounds, Observation, States, Step, StepEnd, column_name, execute_by_step};
use crate::triage::subject::{DrivenBy, Subject};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The resources that a trial may spend.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialLimits {
    /// The time limit, in seconds.
    pub seconds: f64,
    /// The limit of one linear memory.
    pub memory_bytes: u64,
}

impl Default for TrialLimits {
    /// Ten seconds, 5 GiB. Untouched memory costs nothing; this is enough for all of a 32-bit memory, and for a 64-bit
    /// memory somewhat beyond that.
    fn default() -> Self {
        TrialLimits { seconds: 10.0, memory_bytes: 5 << 30 }
    }
}

impl TrialLimits {
    fn bounds(&self) -> Bounds {
        Bounds {
            limits: Limits { memory_bytes: self.memory_bytes, table_elements: 1 << 20, ..Limits::default() },
            timeout: Some(self.time()),
            states: States::Each,
        }
    }

    /// Returns the time limit.
    pub fn time(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

/// The request of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TrialRequest {
    Observation,
    /// For a script, also the state after each directive, not only after the last one.
    EachState,
    /// The state when this exported global, an i32, became -1, or at the end.
    Snapshot(Option<String>),
}

/// The answer to a [`TrialRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TrialAnswer {
    Observation(Observation),
    Snapshot(Box<Snapshot>),
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TrialEnd {
    Answer(TrialAnswer),
    /// The process died or panicked, or its time was up.
    Died {
        /// The completed steps.
        ended: Vec<Step>,
        /// The end of the step that did not end by itself.
        end: StepEnd,
    },
}

/// Executes in this process. For an observation, `ended` receives each step when it ends.
pub fn perform(
    subject: &Subject,
    config: &Config,
    spending: &TrialLimits,
    request: &TrialRequest,
    ended: &mut dyn FnMut(&Step),
) -> Result<TrialAnswer, TrialError> {
    let bounds = spending.bounds();
    let mut steps = Vec::new();
    let mut note = |step| {
        ended(&step);
        steps.push(step);
    };
    match (&subject.drive, request) {
        (DrivenBy::Exports { .. } | DrivenBy::Invoke { .. }, TrialRequest::Observation | TrialRequest::EachState) => {
            execute_by_step(&subject.prepare()?, &Engine::new(config.clone())?, &bounds, &mut note);
            Ok(TrialAnswer::Observation(Observation { steps, column: column_name(config) }))
        }
        (DrivenBy::Exports { .. } | DrivenBy::Invoke { .. }, TrialRequest::Snapshot(stop)) => {
            let snapshot = snapshot::of_calls(&subject.prepare()?, config, &bounds, stop.as_deref())?;
            Ok(TrialAnswer::Snapshot(Box::new(snapshot)))
        }
        (DrivenBy::Script { line }, TrialRequest::Observation | TrialRequest::EachState) => {
            let states = if *request == TrialRequest::EachState { States::Each } else { States::Last };
            let bounds = Bounds { states, ..bounds };
            script::observe(&subject.bytes, *line, config, &bounds, &mut note)?;
            Ok(TrialAnswer::Observation(Observation { steps, column: column_name(config) }))
        }
        (DrivenBy::Script { .. }, TrialRequest::Snapshot(_)) => Err(TrialError::ScriptState),
        (DrivenBy::Program { .. }, TrialRequest::Observation | TrialRequest::EachState) => {
            Ok(TrialAnswer::Observation(program::observe(subject, config, &bounds)?))
        }
        (DrivenBy::Program { .. }, TrialRequest::Snapshot(_)) => {
            Ok(TrialAnswer::Snapshot(Box::new(program::snapshot(subject, config, &bounds)?)))
        }
    }
}
