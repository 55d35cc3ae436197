//! Reduces a finding by bisection and reduction, as `wasmoon reduce` does.

use super::worker::Finding;
use crate::triage::bisect::{BisectError, Case, Guilty, NotBisectable, report};
use crate::triage::reduce::{ReduceError, ReduceSettings, reduce, shows_as_script, start, wast, with_state_read};
use crate::triage::script::WriteScriptError;
use crate::triage::subject::Subject;
use crate::triage::trial::{Side, TrialError, TrialLimits, TrialPlace, Trials};
use std::ops::ControlFlow;
use std::time::Duration;

/// A small script that shows a finding.
pub struct ReducedFinding {
    /// The script.
    pub script: String,
    /// The number of instructions in it.
    pub instructions: usize,
    /// The guilty functions: text of several lines; empty for another engine.
    pub guilty: String,
}

/// The reason why a finding cannot be reduced.
#[derive(Debug, thiserror::Error)]
pub enum NotReducible {
    /// The finding has no two sides.
    #[error("it is not a disagreement between two columns")]
    NotTwoColumns,
    /// The failure depends on earlier modules in the same process.
    #[error("the two columns agree when they run alone")]
    Agree,
    /// The difference may be one that each side is free to make, or nothing is compared from some point on.
    #[error("{0}")]
    NotCompared(String),
    /// The behaviour is not always the same; the difference between runs.
    #[error("the behaviour varies: {0}")]
    Flaky(String),
    /// No trial could take place.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// The guilty functions could not be found.
    #[error(transparent)]
    Bisect(#[from] BisectError),
    /// No smaller module was found.
    #[error(transparent)]
    Reduce(#[from] ReduceError),
    /// The script cannot be written.
    #[error(transparent)]
    Script(#[from] WriteScriptError),
    /// The difference does not occur when the script is executed.
    #[error("no smaller script shows the disagreement in new processes")]
    NotShown,
}

impl From<NotBisectable> for NotReducible {
    fn from(e: NotBisectable) -> NotReducible {
        match e {
            NotBisectable::Agree(_) => NotReducible::Agree,
            reason @ (NotBisectable::RanOut { .. } | NotBisectable::OnlyNans) => {
                NotReducible::NotCompared(reason.to_string())
            }
            NotBisectable::Flaky(what) => NotReducible::Flaky(what),
            NotBisectable::Error(e) => NotReducible::Bisect(e),
        }
    }
}

/// Reduces a finding, within about this time. `stop` ends the reduction early with the best result so far.
///
/// # Errors
/// See [`NotReducible`].
pub fn small(
    found: &Finding,
    subject: Subject,
    time: Duration,
    stop: &dyn Fn() -> bool,
    log: &mut dyn FnMut(&str),
) -> Result<ReducedFinding, NotReducible> {
    let (good, bad) = found.sides.clone().ok_or(NotReducible::NotTwoColumns)?;
    let spending = TrialLimits { seconds: 5.0, memory_bytes: 3 << 30 };
    let mut trials = Trials::new(TrialPlace::this_executable()?, spending);
    let subject = with_state_read(subject, &good, &bad, &mut trials)?;
    let mut case = Case::new(subject, good, bad, trials)?.unless_only_nans()?;
    let (mut text, mut culprits) = (String::new(), Vec::new());
    if let Side::Backend(_) = case.bad {
        let guilty = case.functions(log)?;
        text = report::guilty(&case, &guilty);
        if let Guilty::Bodies(bodies) = guilty {
            case.replace_all_alike(&bodies)?;
            culprits = bodies;
        }
    }
    let mut best = start(&mut case, &culprits, log)?;
    let mut last = best.clone();
    let settings = ReduceSettings { time, jobs: 1 };
    let mut keep = |better: &crate::triage::reduce::Best| {
        last = better.clone();
        if stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    match reduce(&case, best.clone(), &settings, &mut keep, log) {
        Ok(smallest) => best = smallest,
        // The best result so far is still good.
        Err(ReduceError::Stopped) => best = last,
        Err(e) => return Err(e.into()),
    }
    let signature = best.difference.signature();
    let comment = format!("Seed {}, reduced: {} and {}, {signature}.", found.seed, found.reference, found.column);
    let script = wast::script(&best, &comment, case.good.nan)?;
    if !shows_as_script(&best, &comment, &case, &mut case.trials.another())? {
        return Err(NotReducible::NotShown);
    }
    Ok(ReducedFinding { script, instructions: best.instructions(), guilty: text })
}
