//! Two modules made smaller: the one while the other stays as it is, and then the other way round, as long as that helps.
//!
//! A variant that does not link any more shows nothing, so that what the other one needs stays until that is gone.

use super::ast::Ast;
use super::capture::drive;
use super::{Best, Keep, Settings, Tell, edits, reduce_by};
use crate::triage::difference::Difference;
use crate::triage::observe::Observation;
use crate::triage::subject::Subject;
use crate::triage::trial::Trials;
use std::time::{Duration, Instant};

/// Which of the two is made smaller.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Module,
    Provider,
}

fn weight(best: &Best) -> u64 {
    edits::weight(&best.ast) + best.provider.as_ref().map_or(0, edits::weight)
}

/// As [`super::Ask`], of both.
pub(super) type Ask<'a> =
    &'a (dyn Fn(&mut Trials, &Subject) -> Result<Option<(Observation, Difference)>, String> + Sync);

/// Makes a module and its provider smaller, within the time of the settings.
pub(super) fn smaller(
    question: Ask<'_>,
    trials: &dyn Fn() -> Vec<Trials>,
    mut best: Best,
    settings: &Settings,
    keep: Keep<'_>,
    tell: Tell<'_>,
) -> Result<Best, String> {
    let deadline = Instant::now() + settings.time;
    loop {
        let before = weight(&best);
        for half in [Half::Module, Half::Provider] {
            // Neither waits for the other to be as small as can be.
            let time = deadline.saturating_duration_since(Instant::now()) / 3;
            best = one(question, half, trials(), best, &Settings { time, ..*settings }, keep, tell)?;
        }
        if weight(&best) >= before || deadline.saturating_duration_since(Instant::now()) < Duration::from_millis(500) {
            return Ok(best);
        }
    }
}

fn one(
    question: Ask<'_>,
    half: Half,
    trials: Vec<Trials>,
    best: Best,
    settings: &Settings,
    keep: Keep<'_>,
    tell: Tell<'_>,
) -> Result<Best, String> {
    let Best { ast: module, provider: Some(provider), .. } = &best else { return Ok(best) };
    let (ast, other) = match half {
        Half::Module => (module.clone(), provider.clone()),
        Half::Provider => (provider.clone(), module.clone()),
    };
    let encoded = other.encode();
    let ask = |trials: &mut Trials, bytes: &[u8]| {
        let (bytes, provider) = match half {
            Half::Module => (bytes.to_vec(), encoded.clone()),
            Half::Provider => (encoded.clone(), bytes.to_vec()),
        };
        question(trials, &Subject { bytes, provider: Some(provider), drive: drive() })
    };
    let both = |found: &Best| {
        let (ast, provider): (Ast, Ast) = match half {
            Half::Module => (found.ast.clone(), other.clone()),
            Half::Provider => (other.clone(), found.ast.clone()),
        };
        Best { ast, provider: Some(provider), ..found.clone() }
    };
    let single = Best { ast, provider: None, ..best.clone() };
    let mut keep = |found: &Best| keep(&both(found));
    // What is reached is noted in a memory of one module that runs alone: not here.
    reduce_by(&ask, None, trials, single, settings, &mut keep, tell).map(|found| both(&found))
}
