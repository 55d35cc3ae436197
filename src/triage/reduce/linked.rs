//! Makes two linked modules smaller, in turn, as long as that helps.
//!
//! A variant that no longer links does not show the failure, so that definitions needed by the other module stay.

use super::ast::{Ast, AstError, Export};
use super::capture::drive;
use super::{Best, OnSmaller, ProbeAnswer, ProgressLog, ReduceError, ReduceSettings, edits, reduce_by};
use crate::triage::subject::Subject;
use crate::triage::trial::Trials;
use std::time::{Duration, Instant};
use wasmparser::ExternalKind;

/// The module to make smaller.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Module,
    Provider,
}

/// Like [`super::Probe`], for both modules.
pub(super) type PairProbe<'a> = &'a (dyn Fn(&mut Trials, &Subject) -> ProbeAnswer + Sync);

/// Makes a module and its provider smaller, within the time limit.
pub(super) fn smaller(
    question: PairProbe<'_>,
    trials: &dyn Fn() -> Vec<Trials>,
    mut best: Best,
    settings: &ReduceSettings,
    keep: OnSmaller<'_>,
    log: ProgressLog<'_>,
) -> Result<Best, ReduceError> {
    let deadline = Instant::now() + settings.time;
    loop {
        let before = best.weight();
        for half in [Half::Module, Half::Provider] {
            // Neither module waits for the other to be as small as possible.
            let time = deadline.saturating_duration_since(Instant::now()) / 3;
            best = one(question, half, trials(), best, &ReduceSettings { time, ..*settings }, keep, log)?;
        }
        if best.weight() >= before || deadline.saturating_duration_since(Instant::now()) < Duration::from_millis(500) {
            return Ok(best);
        }
    }
}

fn one(
    question: PairProbe<'_>,
    half: Half,
    trials: Vec<Trials>,
    best: Best,
    settings: &ReduceSettings,
    keep: OnSmaller<'_>,
    log: ProgressLog<'_>,
) -> Result<Best, ReduceError> {
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
    let (mut trials, mut single) = (trials, Best { ast, provider: None, ..best.clone() });
    // Exports that the other module does not need are removed at once, with everything that only they reach, if the failure
    // persists.
    let variants = match half {
        Half::Module => vec![without_unused_imports(&single.ast)],
        Half::Provider => {
            let mut fewer = single.ast.clone();
            fewer.exports.retain(|export| other.imports.iter().any(|import| import.name == export.name));
            vec![fewer.without_unused(), Ok(fewer)]
        }
    };
    for variant in variants.into_iter().flatten() {
        if edits::weight(&variant) < edits::weight(&single.ast)
            && let Some((expected, difference)) = ask(&mut trials[0], &variant.encode())?
        {
            single = Best { ast: variant, expected, difference, ..single };
            break;
        }
    }
    let both = |found: &Best| {
        let (ast, provider): (Ast, Ast) = match half {
            Half::Module => (found.ast.clone(), other.clone()),
            Half::Provider => (other.clone(), found.ast.clone()),
        };
        Best { ast, provider: Some(provider), ..found.clone() }
    };
    let mut keep = |found: &Best| keep(&both(found));
    // Coverage is recorded in a memory of a single module that runs alone, which is not possible here.
    reduce_by(&ask, None, trials, single, settings, &mut keep, log).map(|found| both(&found))
}

/// Returns the module without unused imports. Its definitions stay, used or not.
fn without_unused_imports(ast: &Ast) -> Result<Ast, AstError> {
    let mut all = ast.clone();
    let n = ast.imported();
    let defined = [
        (ExternalKind::Func, n.funcs, ast.funcs.len()),
        (ExternalKind::Table, n.tables, ast.tables.len()),
        (ExternalKind::Memory, n.memories, ast.memories.len()),
        (ExternalKind::Global, n.globals, ast.globals.len()),
        (ExternalKind::Tag, n.tags, ast.tags.len()),
    ];
    for (kind, first, count) in defined {
        all.exports.extend((first..first + count as u32).map(|index| Export { name: String::new(), kind, index }));
    }
    let mut kept = all.without_unused()?;
    kept.exports.truncate(ast.exports.len());
    Ok(kept)
}
