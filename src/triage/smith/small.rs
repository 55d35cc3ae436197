//! Reduces a finding by bisection and reduction, as `wasmoon reduce` does.

use super::worker::Found;
use crate::triage::bisect::{Case, Guilty, Stop, report};
use crate::triage::reduce::{Settings, reduce, start, wast};
use crate::triage::subject::Subject;
use crate::triage::trial::{Place, Spending, Trials};
use std::time::Duration;

/// A small script that shows a finding.
pub struct Small {
    pub script: String,
    pub instructions: usize,
    /// The guilty functions: text of several lines.
    pub guilty: String,
}

/// Reduces a finding, within about this time. `stop` ends the reduction early with the best result so far.
///
/// # Errors
/// The reason why it cannot be reduced.
pub fn small(
    found: &Found,
    subject: Subject,
    time: Duration,
    stop: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(&str),
) -> Result<Small, String> {
    let (good, bad) = found.configs.clone().ok_or("it is not about two columns of this program")?;
    let spending = Spending { seconds: 5.0, memory_bytes: 3 << 30 };
    let mut case =
        Case::new(subject, good, bad, Trials::new(Place::this_executable()?, spending)).map_err(|e| match e {
            Stop::Agree(_) => "the two columns agree when they run alone".to_string(),
            Stop::Flaky(what) => format!("the behaviour varies: {what}"),
            Stop::Error(what) => what,
        })?;
    let guilty = case.functions(tell)?;
    let text = report::guilty(&case, &guilty);
    let culprits = match &guilty {
        Guilty::Bodies(culprits) => culprits.as_slice(),
        Guilty::OnlyAsAWhole => &[],
    };
    let mut best = start(&mut case, culprits, tell)?;
    let mut last = best.clone();
    let settings = Settings { time, jobs: 1, seed: found.seed };
    let mut keep = |better: &crate::triage::reduce::Best| {
        last = better.clone();
        if stop() { Err("stopped".to_string()) } else { Ok(()) }
    };
    match reduce(&case, best.clone(), &settings, &mut keep, tell) {
        Ok(smallest) => best = smallest,
        // The best result so far is still good.
        Err(_) => best = last,
    }
    let comment =
        format!("Seed {}, reduced: {} and {}, {}.", found.seed, found.reference, found.column, found.signature);
    let script = wast::script(&best, &comment, case.good.nan)?;
    Ok(Small { script, instructions: best.instructions(), guilty: text })
}
