//! Which of several engines, such as versions of one, is the first that is wrong.

use super::search;
use crate::engine::Config;
use crate::triage::difference::{Difference, diff};
use crate::triage::subject::Subject;
use crate::triage::trial::{Side, TrialError, Trials};
use std::collections::HashMap;

/// Returns the index of the first of these engines that disagrees with `good`, if the last one does. The search takes
/// about log2(n) questions: it supposes that all engines before that one agree. `asked` receives each answer.
///
/// # Errors
/// The subject cannot be executed, `good` does not come to an end, or an engine cannot be asked, or says nothing of it.
pub fn first_wrong(
    subject: &Subject,
    good: &Config,
    engines: &[Side],
    trials: &mut Trials,
    asked: &mut dyn FnMut(usize, Option<&Difference>),
) -> Result<Option<usize>, TrialError> {
    let subject = &subject.clone().without_host_values();
    let expected = trials.observe(subject, good)?;
    if let Some(step) = expected.steps.iter().find(|step| step.end.is_unable() || step.end.is_defect()) {
        return Err(TrialError::NothingRight(step.end.clone()));
    }
    let mut known = HashMap::new();
    let mut wrong = |n: u64| {
        let at = n as usize;
        if let Some(&wrong) = known.get(&at) {
            return Ok(wrong);
        }
        let seen = trials.observe_on(subject, &engines[at], &expected)?;
        let difference = diff(&expected, &seen);
        asked(at, difference.as_ref());
        known.insert(at, difference.is_some());
        Ok::<bool, TrialError>(difference.is_some())
    };
    let Some(last) = engines.len().checked_sub(1) else { return Ok(None) };
    if !wrong(last as u64)? {
        return Ok(None);
    }
    search::first_wrong(0, last as u64, &mut wrong).map(|n| Some(n as usize))
}
