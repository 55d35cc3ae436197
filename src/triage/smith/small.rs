//! Reduces a finding by bisection and reduction, as `wasmoon reduce` does.

use super::worker::Finding;
use crate::triage::bisect::{Case, Guilty, NotBisectable, report};
use crate::triage::reduce::{ReduceSettings, reduce, start, wast};
use crate::triage::subject::Subject;
use crate::triage::trial::{TrialLimits, TrialPlace, Trials};
use std::time::Duration;

/// A small script that shows a finding.
pub struct Small {
    /// The script.
    pub script: String,
    /// The number of instructions in it.
    pub instructions: usize,
    /// The guilty functions: text of several lines.
    pub guilty: String,
}

/// Reduces a finding, within about this time. `stop` ends the reduction early with the best result so far.
///
/// # Errors
/// The reason why it cannot be reduced.
pub fn small(
    found: &Finding,
    subject: Subject,
    time: Duration,
    stop: &dyn Fn() -> bool,
    log: &mut dyn FnMut(&str),
) -> Result<Small, String> {
    let (good, bad) = found.configs.clone().ok_or("it is not about two columns of this program")?;
    let spending = TrialLimits { seconds: 5.0, memory_bytes: 3 << 30 };
    let mut case =
        Case::new(subject, good, bad, Trials::new(TrialPlace::this_executable()?, spending)).map_err(|e| match e {
            NotBisectable::Agree(_) => "the two columns agree when they run alone".to_string(),
            NotBisectable::Flaky(what) => format!("the behaviour varies: {what}"),
            NotBisectable::Error(what) => what,
        })?;
    let guilty = case.functions(log)?;
    let text = report::guilty(&case, &guilty);
    let culprits = match &guilty {
        Guilty::Bodies(culprits) => culprits.as_slice(),
        Guilty::OnlyAsAWhole => &[],
    };
    let mut best = start(&mut case, culprits, log)?;
    let mut last = best.clone();
    let settings = ReduceSettings { time, jobs: 1, seed: found.seed };
    let mut keep = |better: &crate::triage::reduce::Best| {
        last = better.clone();
        if stop() { Err("stopped".to_string()) } else { Ok(()) }
    };
    match reduce(&case, best.clone(), &settings, &mut keep, log) {
        Ok(smallest) => best = smallest,
        // The best result so far is still good.
        Err(_) => best = last,
    }
    let comment =
        format!("Seed {}, reduced: {} and {}, {}.", found.seed, found.reference, found.column, found.signature);
    let script = wast::script(&best, &comment, case.good.nan)?;
    Ok(Small { script, instructions: best.instructions(), guilty: text })
}
