//! Finds the first of several engines, such as versions of one, that is wrong.

use super::search;
use crate::engine::Config;
use crate::triage::difference::{Difference, diff};
use crate::triage::subject::Subject;
use crate::triage::trial::{Side, TrialError, Trials};
use std::collections::HashMap;

/// Returns the index of the first of these engines that disagrees with `good`, if the last one does. The search takes about
/// log2(n) questions. It assumes that all engines before that one agree. `asked` receives each answer.
///
/// # Errors
/// The subject cannot be executed, `good` does not come to an end, or an engine cannot be asked, or says nothing about it.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::NanProfile;
    use crate::triage::observe::StepEnd;
    use crate::triage::subject::DrivenBy;
    use crate::triage::trial::{TrialLimits, TrialPlace};

    fn invoke(body: &str) -> Subject {
        let text = format!("(module (func (export \"f\") (result f32) {body}))");
        let drive = DrivenBy::Invoke { export: "f".into(), args: Vec::new() };
        Subject { bytes: wat::parse_str(text).unwrap(), provider: None, drive }
    }

    /// This includes the first and the last one, and each is asked once. They are NaN profiles, one of which differs from ours.
    #[test]
    fn the_first_of_several_engines_is_found() {
        let subject = invoke("(f32.add (f32.const nan:0x200001) (f32.const 1))");
        let good = Config::default();
        let bad = Config { nan: NanProfile::Canonical, ..Config::default() };
        for count in 0..6 {
            for first in 0..=count {
                let engine = |n| Side::Backend(if n < first { good.clone() } else { bad.clone() });
                let engines: Vec<Side> = (0..count).map(engine).collect();
                let mut trials = Trials::new(TrialPlace::Here, TrialLimits::default());
                let mut answers = Vec::new();
                let mut asked = |at: usize, difference: Option<&Difference>| answers.push((at, difference.is_some()));
                let found = first_wrong(&subject, &good, &engines, &mut trials, &mut asked).unwrap();
                assert_eq!(found, (first < count).then_some(first), "{first} of {count}");
                assert!(answers.iter().all(|&(at, wrong)| wrong == (at >= first)), "{answers:?}");
                let mut distinct = answers.clone();
                distinct.sort_unstable();
                distinct.dedup();
                assert_eq!(distinct.len(), answers.len(), "{answers:?}");
            }
        }
    }

    /// Nor is any other engine asked.
    #[test]
    fn what_ours_does_not_end_says_nothing_of_others() {
        let limits = TrialLimits { seconds: 0.05, ..TrialLimits::default() };
        let mut trials = Trials::new(TrialPlace::Here, limits);
        let engines = [Side::Backend(Config::default())];
        let subject = invoke("(loop (br 0)) (unreachable)");
        let mut asked = |_: usize, _: Option<&Difference>| panic!("nobody is asked");
        let found = first_wrong(&subject, &Config::default(), &engines, &mut trials, &mut asked);
        assert!(matches!(found, Err(TrialError::NothingRight(StepEnd::Timeout))));
    }
}
