//! Makes a module small while two configurations keep disagreeing about it in the same way.
//!
//! | file | contents |
//! |---|---|
//! | `capture` | from a program, or calls, to a module whose exports have no parameters |
//! | `linked` | two linked modules, in turn |
//! | `error` | the reasons why a subject cannot be reduced |
//! | `coverage` | the executed parts of a module, and the module without the rest |
//! | `ast` | a module as lists, and back |
//! | `used` | the module without unreachable items |
//! | `typing` | the operand stack between operators |
//! | `edits` | smaller variants, one edit each |
//! | `signatures` | fewer or simpler parameters and results, everywhere at once; payloads of exceptions |
//! | `calls` | shorter paths from call to call |
//! | `wast` | the result as a script |
//!
//! This is delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", TSE 2002) with
//! edits that keep a module valid. The order is from coarse to fine, repeated until nothing gets smaller: functions
//! become stubs, stretches of bodies go, from halves down to single operators, then data likewise, then small steps.
//! Every variant must first have a lower `edits::weight`, then be valid, and is then executed. The minimal sets are
//! QuickXplain's, see [`minimal_set`].

mod ast;
mod calls;
mod capture;
mod coverage;
mod edits;
mod error;
mod linked;
mod signatures;
mod typing;
mod used;
pub mod wast;

use super::bisect::search::minimal_set;
use super::bisect::{Case, Culprit, ProgressLog};
use super::difference::{Difference, DifferenceKind, agree_beyond, diff};
use super::observe::{Observation, StepEnd};
use super::subject::{DrivenBy, PreparedSubject, Subject};
use super::trial::nans::{canonical, may_be_nans};
use super::trial::snapshot::{MemoryImage, Snapshot};
use super::trial::{Side, TrialError, Trials, script};
use super::value::PortableValue;
use super::witness::ExportedState;
use crate::engine::{Config, NanProfile};
use crate::text::counted;
use ast::{Ast, SegmentMode};
use capture::drive;
pub use error::{CaptureError, FailedAttempt, ReduceError};
use std::collections::{HashSet, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};
use used::Groups;

/// The number of instructions that a person reads without effort; slow steps are for larger modules.
const ENOUGH: usize = 30;

/// The largest module for which each parameter is tried as the place where a wrong value is passed: one trial per
/// parameter.
const FEW: usize = 400;

/// The resources that reduction may spend.
#[derive(Clone, Copy, Debug)]
pub struct ReduceSettings {
    /// The time limit.
    pub time: Duration,
    /// The number of variants tried at once.
    pub jobs: usize,
}

/// The smallest module so far, and the good configuration's behaviour with it.
#[derive(Clone, Debug)]
pub struct Best {
    /// Whether the script passes constants as arguments instead of calling an export that does (see [`wast::direct`]).
    pub direct: bool,
    /// The module.
    pub ast: Ast,
    /// The module that this one imports from: see [`Subject::provider`].
    pub provider: Option<Ast>,
    /// The good configuration's observation.
    pub expected: Observation,
    /// The difference between the two configurations.
    pub difference: Difference,
}

impl Best {
    /// Returns the number of instructions of the modules in the script.
    pub fn instructions(&self) -> usize {
        let module = if self.direct { wast::direct(&self.ast).0.instructions() } else { self.ast.instructions() };
        module + self.provider.as_ref().map_or(0, Ast::instructions)
    }

    /// Returns the `edits::weight` of both modules.
    pub fn weight(&self) -> u64 {
        edits::weight(&self.ast) + self.provider.as_ref().map_or(0, edits::weight)
    }

    /// Returns the subject to execute.
    pub fn subject(&self) -> Subject {
        Subject { bytes: self.ast.encode(), provider: self.provider.as_ref().map(Ast::encode), drive: drive() }
    }
}

/// Receives each smaller module. `Break` ends the reduction with [`ReduceError::Stopped`].
pub type OnSmaller<'a> = &'a mut dyn FnMut(&Best) -> ControlFlow<()>;

/// Returns the good configuration's observation and the difference, if the subject shows the failure.
pub type ProbeAnswer = Result<Option<(Observation, Difference)>, TrialError>;

/// Executes a module.
pub type Probe<'a> = &'a (dyn Fn(&mut Trials, &[u8]) -> ProbeAnswer + Sync);

/// The part of the difference that must stay as a module shrinks.
#[derive(Clone, Debug)]
enum Hold {
    /// Its signature: another defect rarely has the same one.
    Signature(String),
    /// Its class: the defect that ended the bad side, or merely that something is wrong. Requiring more may keep a
    /// module large: if the program runs to its end only because of a cut function's result, the good side's end
    /// changes with the cut.
    Class(String),
}

impl Hold {
    fn holds(&self, d: &Difference) -> bool {
        match self {
            Hold::Signature(signature) => d.signature() == *signature,
            Hold::Class(wanted) => class(d) == *wanted,
        }
    }
}

/// The two configurations, and the difference that must stay.
struct Question {
    good: Config,
    bad: Side,
    hold: Hold,
    /// See [`Case::counts_nans`].
    counts_nans: bool,
}

impl Question {
    /// Returns the difference, if a subject shows the one in question.
    fn ask(&self, trials: &mut Trials, subject: &Subject) -> ProbeAnswer {
        // One of two linked modules may have lost an item that the other one needs.
        if subject.provider.is_some() && subject.prepare().is_err() {
            return Ok(None);
        }
        let expected = forget(trials.observe(subject, &self.good)?);
        let unusable = |end: &StepEnd| end.is_defect() || end.is_unable() || *end == StepEnd::Exhausted;
        if expected.steps.iter().any(|s| unusable(&s.end)) {
            return Ok(None);
        }
        let Some(seen) = self.observe_bad(trials, subject, &expected)? else { return Ok(None) };
        let Some(d) = diff(&expected, &seen).filter(|d| self.hold.holds(d)) else { return Ok(None) };
        if !self.counts_nans && only_nans(trials, subject, &d, (&self.good, &self.bad))? {
            return Ok(None);
        }
        // Leftovers of other code on stacks and in registers may contribute; the failure must occur without them.
        trials.start_anew();
        let Some(again) = self.observe_bad(trials, subject, &expected)? else { return Ok(None) };
        let Some(again) = diff(&expected, &again).filter(|d| self.hold.holds(d)) else { return Ok(None) };
        let counts = self.counts_nans || !is_free(trials, subject, &again, (&self.good, &self.bad))?;
        Ok(counts.then_some((expected, d)))
    }

    /// What the bad side does; `None` if that says nothing: a variant may need what an engine lacks, or exhaust its
    /// stack, the first time or later.
    fn observe_bad(
        &self,
        trials: &mut Trials,
        subject: &Subject,
        expected: &Observation,
    ) -> Result<Option<Observation>, TrialError> {
        match trials.observe_on(subject, &self.bad, expected) {
            Err(TrialError::NotCompared { .. }) => Ok(None),
            seen => seen.map(|seen| Some(forget(seen))),
        }
    }
}

/// Returns the defect that ended the bad side, or that something is wrong.
fn class(d: &Difference) -> String {
    match &d.kind {
        DifferenceKind::End(_, bad) if bad.is_defect() || **bad == StepEnd::Exhausted => {
            d.signature().split_once(" / ").map_or_else(String::new, |(_, bad)| bad.to_string())
        }
        _ => "wrong".into(),
    }
}

/// Returns a module that shows a disagreement, if that has the same class as the case's: the way it was made, for example with
/// zeros for imports, may cause another one.
fn alike(case: &Case, best: Best) -> Result<Best, CaptureError> {
    match class(&best.difference) == class(&case.difference) {
        true => Ok(best),
        false => Err(CaptureError::OtherDifference(best.difference.signature())),
    }
}

/// Drops states: an export returns the part of the state that matters. Those after a full heap determine whether both sides go on
/// alike, so they stay.
fn forget(mut seen: Observation) -> Observation {
    seen.steps.iter_mut().filter(|s| !s.end.is_out_of_heap()).for_each(|s| s.state.clear());
    seen
}

/// Returns whether the difference is a choice of NaNs, even if their bits went into integers or affected what is executed.
fn is_free(
    trials: &mut Trials,
    subject: &Subject,
    d: &Difference,
    (good, bad): (&Config, &Side),
) -> Result<bool, TrialError> {
    Ok(only_nans(trials, subject, d, (good, bad))? || trials.is_choice_of_nans(subject, d, good, bad)?)
}

/// Returns whether results differ only in the choice of NaNs, which both sides may make freely unless their profile
/// fixes it. Lanes of a vector need not be floats: if they look like NaNs, both sides are asked again with canonical
/// ones.
fn only_nans(
    trials: &mut Trials,
    subject: &Subject,
    d: &Difference,
    (good, bad): (&Config, &Side),
) -> Result<bool, TrialError> {
    let DifferenceKind::End(l, r) = &d.kind else { return Ok(false) };
    let (l, r) = match (&**l, &**r) {
        (StepEnd::Values(l), StepEnd::Values(r)) => (l, r),
        (StepEnd::Exception(tag, l), StepEnd::Exception(other, r)) if tag == other => (l, r),
        _ => return Ok(false),
    };
    if good.nan.is_canonical() || l.len() != r.len() {
        return Ok(false);
    }
    let differing: Vec<_> = (0..).zip(l.iter().zip(r)).filter(|(_, (a, b))| a != b).collect();
    if !differing.iter().all(|(_, (a, b))| may_be_nans(a, b)) {
        return Ok(false);
    }
    if !differing.iter().any(|(_, (a, _))| matches!(a, PortableValue::V128(_))) {
        return Ok(true);
    }
    let expected = forget(trials.observe(subject, &canonical(good))?);
    let Side::Backend(bad) = bad else {
        // Another engine need not have a canonical profile. A lane of ours that is not canonical in that case was not a computed
        // NaN.
        let Some(StepEnd::Values(made) | StepEnd::Exception(_, made)) = expected.steps.get(d.step).map(|s| &s.end)
        else {
            return Ok(true);
        };
        let free = |(i, (a, b)): &(usize, (&PortableValue, &PortableValue))| match (a, b, made.get(*i)) {
            (PortableValue::V128(a), PortableValue::V128(b), Some(PortableValue::V128(made))) => {
                differ_where_canonical(*a, *b, *made)
            }
            _ => true,
        };
        return Ok(differing.iter().all(free));
    };
    let seen = forget(trials.observe(subject, &canonical(bad))?);
    Ok(agree_beyond(&expected, &seen, d.step))
}

/// Returns whether two vectors differ only in lanes in which a third one has canonical NaNs, as f32 or as f64.
fn differ_where_canonical(a: u128, b: u128, made: u128) -> bool {
    let lanes = |width: u32, nan: u128| {
        // Of any sign.
        let mask = (1 << (width - 1)) - 1;
        (0..128 / width).map(move |i| i * width).all(|at| {
            let same = (a ^ b) >> at & (mask << 1 | 1) == 0;
            same || made >> at & mask == nan
        })
    };
    lanes(32, 0x7fc0_0000) || lanes(64, 0x7ff8_0000_0000_0000)
}

/// Converts a subject into one whose exports have no parameters: by capturing the guilty call, or else by writing down
/// the calls. The kind of the difference may change: an export reads state.
///
/// # Errors
/// The reasons why neither works.
pub fn start(case: &mut Case, culprits: &[Culprit], log: ProgressLog<'_>) -> Result<Best, ReduceError> {
    let mut problems = Vec::new();
    let mut note = |attempt, error| problems.push(FailedAttempt { attempt, error });
    // Bodies are chosen by the module's hash, and every edit makes another module.
    if let Side::Backend(bad) = &mut case.bad {
        bad.only = None;
    }
    if let [culprit] = culprits {
        match capture::of_function(case, culprit, log) {
            Ok(ast) => match normal(case, ast, None).and_then(|best| alike(case, best)) {
                Ok(best) => return Ok(best),
                Err(error) => note("the captured call", error),
            },
            Err(error) => note("capturing the call", error),
        }
    }
    let prepared = match &case.subject.drive {
        DrivenBy::Exports { .. } | DrivenBy::Invoke { .. } => Some(case.subject.prepare()?),
        DrivenBy::Script { line } => {
            let prepared = script::calls(&case.subject.bytes, *line)?;
            if prepared.is_none() {
                note("its calls as exports", CaptureError::NoCall);
            }
            prepared
        }
        DrivenBy::Program { .. } => None,
    };
    let engine = matches!(case.bad, Side::Engine { .. });
    if let Some(prepared) = prepared {
        let calls = match case.subject.drive {
            DrivenBy::Script { .. } => prepared.calls.len(),
            // Step 0 is the instantiation.
            _ => case.difference.step.max(1),
        };
        if let Some(provider) = &prepared.provider {
            // Many failures of a linked module also occur in its provider, called the same way.
            let alone = PreparedSubject { module: Arc::clone(provider), provider: None, ..prepared.clone() };
            let made = capture::of_calls(&alone, alone.calls.len(), engine).and_then(|ast| normal(case, ast, None));
            match made.and_then(|best| alike(case, best)) {
                Ok(best) => return Ok(best),
                Err(error) => note("its provider alone", error),
            }
        }
        let provider = prepared.provider.as_ref().map(|provider| Ast::parse(&provider.bytes)).transpose()?;
        let made = capture::of_calls(&prepared, calls, engine).and_then(|ast| normal(case, ast, provider));
        match made.and_then(|best| alike(case, best)) {
            Ok(best) => return Ok(best),
            Err(error) => note("its calls as exports", error),
        }
    }
    Err(ReduceError::NotExtracted(problems))
}

/// Returns the calls that a script makes of its last module up to a line as a subject whose exports have no parameters;
/// `None` if the directive there is neither that module nor a call of it.
///
/// # Errors
/// The text is not a script, or a call cannot be written as code.
pub fn calls_of_script(bytes: &[u8], line: u32) -> Result<Option<Subject>, ReduceError> {
    let Some(prepared) = script::calls(bytes, line)? else { return Ok(None) };
    let ast = capture::of_calls(&prepared, prepared.calls.len(), true).map_err(not_extracted)?;
    let provider = prepared.provider.as_ref().map(|provider| provider.bytes.to_vec());
    Ok(Some(Subject { bytes: ast.encode(), provider, drive: drive() }))
}

/// Finds the first difference of a module driven by its exports; adds a getter if the difference is one of state.
fn normal(case: &mut Case, ast: Ast, provider: Option<Ast>) -> Result<Best, CaptureError> {
    let provided = provider.as_ref().map(Ast::encode);
    let subject = |ast: &Ast| Subject { bytes: ast.encode(), provider: provided.clone(), drive: drive() };
    let first = subject(&ast);
    if !typing::is_valid(&first.bytes) {
        return Err(CaptureError::Invalid);
    }
    let expected = case.trials.observe(&first, &case.good)?;
    let seen = case.trials.observe_on(&first, &case.bad, &expected)?;
    let found = diff(&expected, &seen);
    let ast = match (&case.bad, found) {
        (Side::Backend(_), None) => return Err(CaptureError::NotShown),
        (_, Some(difference)) if !matches!(difference.kind, DifferenceKind::State(_)) => {
            let best = Best { direct: false, ast, provider, expected: forget(expected), difference };
            return not_only_nans(case, best);
        }
        // A getter that is already there makes the step at which states first differ the second-to-last one.
        (Side::Backend(bad), Some(_)) => {
            let left = case.trials.snapshot(&first, &case.good, None)?;
            let right = case.trials.snapshot(&first, bad, None)?;
            capture::with_getter(&ast, &left, &right).ok_or(CaptureError::UnreadableState)?
        }
        (Side::Engine { name, nan }, _) => {
            let subject = |ast: &Ast| subject(ast);
            getter_for_engine(&ast, &subject, &case.good, (name, *nan), &mut case.trials)?
                .ok_or(CaptureError::NotShown)?
        }
    };
    let subject = subject(&ast);
    let expected = forget(case.trials.observe(&subject, &case.good)?);
    let seen = forget(case.trials.observe_on(&subject, &case.bad, &expected)?);
    let difference = diff(&expected, &seen).ok_or(CaptureError::UnobservableState)?;
    not_only_nans(case, Best { direct: false, ast, provider, expected, difference })
}

/// Returns the module, unless the difference is a free choice: it would not be reduced.
fn not_only_nans(case: &mut Case, best: Best) -> Result<Best, CaptureError> {
    if case.counts_nans {
        return Ok(best);
    }
    let (subject, found, sides) = (best.subject(), &best.difference, (&case.good, &case.bad));
    if only_nans(&mut case.trials, &subject, found, sides)? {
        return Err(CaptureError::OnlyNans);
    }
    match is_free(&mut case.trials, &subject, found, sides)? {
        true => Err(CaptureError::GoneWithCanonicalNans),
        false => Ok(best),
    }
}

/// Returns the module with an export that reads the difference in the final state of globals and memories on another engine.
/// `subject` makes a subject from a module.
fn getter_for_engine(
    ast: &Ast,
    subject: &dyn Fn(&Ast) -> Subject,
    good: &Config,
    (name, nan): (&str, NanProfile),
    trials: &mut Trials,
) -> Result<Option<Ast>, TrialError> {
    // State of another engine is visible only if it is exported.
    let exporting = subject(&capture::with_state_exported(ast));
    let left = trials.snapshot(&exporting, good, None)?;
    let state = trials.witness(name, nan)?.exports(&exporting.prepare()?)?;
    let state = state.map_err(|why| TrialError::NotCompared { engine: name.into(), why })?;
    let right = snapshot_like(&left, &state);
    Ok(capture::with_getter(ast, &left, &right))
}

/// Returns a subject whose ends differ on another engine: the given one, or, if only final state differs, one whose exports
/// have no parameters, and whose last export reads that state. If nothing differs, the subject stays as it is; the same
/// holds for a side of ours, whose state is seen anyway.
///
/// # Errors
/// A call cannot be written as code, or an execution is impossible.
pub fn with_state_read(
    subject: Subject,
    good: &Config,
    bad: &Side,
    trials: &mut Trials,
) -> Result<Subject, ReduceError> {
    let Side::Engine { name, nan } = bad else { return Ok(subject) };
    let subject = bad.subject(subject);
    let expected = trials.observe(&subject, good)?;
    let seen = trials.observe_on(&subject, bad, &expected)?;
    if diff(&expected, &seen).is_some() {
        return Ok(subject);
    }
    let prepared = subject.prepare()?;
    let ast = capture::of_calls(&prepared, prepared.calls.len(), true).map_err(not_extracted)?;
    let as_subject = |ast: &Ast| Subject { bytes: ast.encode(), provider: subject.provider.clone(), drive: drive() };
    let with_getter = getter_for_engine(&ast, &as_subject, good, (name, *nan), trials)?;
    Ok(with_getter.map_or_else(|| subject.clone(), |ast| as_subject(&ast)))
}

fn not_extracted(error: CaptureError) -> ReduceError {
    ReduceError::NotExtracted(vec![FailedAttempt { attempt: "its calls as exports", error }])
}

/// Returns a snapshot of what another engine exported; the rest is the same as in ours.
fn snapshot_like(ours: &Snapshot, state: &ExportedState) -> Snapshot {
    let named = |prefix: &str, i: usize| format!("{prefix}{i}");
    let mut snapshot = ours.clone();
    for (i, global) in snapshot.globals.iter_mut().enumerate() {
        let name = named(capture::GLOBAL, i);
        // For a reference, it is only known whether it is null.
        match state.globals.iter().find(|(n, _)| *n == name).map(|(_, value)| *value) {
            Some(PortableValue::Object(_)) if *global != PortableValue::Null => {}
            Some(value) => *global = value,
            None => {}
        }
    }
    for (i, memory) in snapshot.memories.iter_mut().enumerate() {
        let name = named(capture::MEMORY, i);
        if let Some((_, bytes)) = state.memories.iter().find(|(n, _)| *n == name) {
            *memory = MemoryImage::of_bytes(bytes);
        }
    }
    snapshot
}

/// The maximum number of variants to fall back on if the smallest one does not show the failure as a script.
const REMEMBERED: usize = 100;

/// Makes a module smaller until nothing helps or the time is up. The signature of the difference is kept as long as the
/// module stays small enough to read without effort. After that, only the class is kept, and the signature is given up
/// for a much smaller module. The returned module also shows the difference as a script, if any variant on the way did.
///
/// # Errors
/// Nothing can be executed any more, the failure did not occur again, or `keep` ended the reduction.
pub fn reduce(
    case: &Case,
    best: Best,
    settings: &ReduceSettings,
    keep: OnSmaller<'_>,
    log: ProgressLog<'_>,
) -> Result<Best, ReduceError> {
    let question =
        |hold| Question { good: case.good.clone(), bad: case.bad.clone(), hold, counts_nans: case.counts_nans };
    let strict = question(Hold::Signature(best.difference.signature()));
    let loose = question(Hold::Class(class(&best.difference)));
    let mut trials: Vec<Trials> = (0..settings.jobs.max(1)).map(|_| case.trials.another()).collect();
    // A variant that runs much longer than its origin is considered endless.
    let start = Instant::now();
    if strict.ask(&mut trials[0], &best.subject())?.is_none() {
        return Err(ReduceError::Gone);
    }
    let seconds = (start.elapsed().as_secs_f64() * 20.0).clamp(0.3, trials[0].spending.seconds.max(0.3));
    trials.iter_mut().for_each(|t| t.spending.seconds = seconds.min(t.spending.seconds));
    let mut passed: VecDeque<Best> = VecDeque::from([best.clone()]);
    let mut remember = |better: &Best| {
        passed.push_back(better.clone());
        if passed.len() > REMEMBERED {
            passed.pop_front();
        }
        keep(better)
    };
    let mut smaller = |question: &Question, best: Best, time: Duration| {
        let another = || trials.iter().map(Trials::another).collect();
        let settings = ReduceSettings { time, ..*settings };
        if best.provider.is_some() {
            let ask = |trials: &mut Trials, subject: &Subject| question.ask(trials, subject);
            return linked::smaller(&ask, &another, best, &settings, &mut remember, log);
        }
        let ask = |trials: &mut Trials, bytes: &[u8]| {
            question.ask(trials, &Subject { bytes: bytes.to_vec(), provider: None, drive: drive() })
        };
        reduce_by(&ask, Some(&case.good), another(), best, &settings, &mut remember, log)
    };
    let mut best = smaller(&strict, best, settings.time.mul_f64(0.7))?;
    let left = settings.time.saturating_sub(start.elapsed());
    let size = |best: &Best| best.ast.instructions() + best.provider.as_ref().map_or(0, Ast::instructions);
    if size(&best) > ENOUGH && !left.is_zero() {
        let other = smaller(&loose, best.clone(), left)?;
        let signature = |best: &Best| best.difference.signature();
        let worth_it = size(&other) * 4 <= size(&best) * 3;
        if signature(&other) == signature(&best) || worth_it {
            best = other;
        }
    }
    passed.push_back(best.clone());
    for candidate in passed.into_iter().rev() {
        if shows_as_script(&candidate, "", case, &mut trials[0])? {
            let direct = Best { direct: true, ..candidate.clone() };
            let shorter = direct.instructions() < candidate.instructions();
            return Ok(if shorter && shows_as_script(&direct, "", case, &mut trials[0])? { direct } else { candidate });
        }
    }
    Ok(best)
}

/// Returns whether the resulting script, with this comment, shows the difference, each side in its own process. Its values may
/// differ, but a defect has to be of the same kind.
///
/// # Errors
/// Nothing can be executed any more.
pub fn shows_as_script(best: &Best, comment: &str, case: &Case, trials: &mut Trials) -> Result<bool, TrialError> {
    let Ok(text) = wast::script(best, comment, case.good.nan) else { return Ok(false) };
    let Side::Backend(bad) = &case.bad else {
        // Another engine gets the calls of the script.
        let Ok(Some(subject)) = calls_of_script(text.as_bytes(), u32::MAX) else { return Ok(false) };
        let expected = forget(trials.observe(&subject, &case.good)?);
        trials.start_engine_anew();
        return match trials.observe_on(&subject, &case.bad, &expected) {
            Err(TrialError::NotCompared { .. }) => Ok(false),
            seen => match diff(&expected, &forget(seen?)) {
                Some(d) if is_same_in_script(&best.difference, &d) => {
                    Ok(case.counts_nans || !is_free(trials, &subject, &d, (&case.good, &case.bad))?)
                }
                _ => Ok(false),
            },
        };
    };
    let subject = Subject { bytes: text.into_bytes(), provider: None, drive: DrivenBy::Script { line: u32::MAX } };
    trials.start_anew();
    let expected = trials.observe(&subject, &case.good)?;
    trials.start_anew();
    let seen = trials.observe(&subject, bad)?;
    match diff(&expected, &seen) {
        Some(d) if is_same_in_script(&best.difference, &d) => {
            Ok(case.counts_nans || !is_free(trials, &subject, &d, (&case.good, &case.bad))?)
        }
        _ => Ok(false),
    }
}

/// Returns whether a script's difference is of the same class as that of the module in it. For a defect only the kind is
/// compared, because a script words some of them differently, and an exhausted stack is not one.
fn is_same_in_script(module: &Difference, script: &Difference) -> bool {
    let kind = |d: &Difference| match class(d).split('(').next() {
        None | Some("exhausted") => "wrong".to_string(),
        Some(kind) => kind.to_string(),
    };
    kind(module) == kind(script)
}

/// Like [`reduce`], for any question about one module; tries as many variants at once as there are `trials`. Code that `good`
/// does not reach goes first.
///
/// # Errors
/// The first error of `ask`, or [`ReduceError::Stopped`].
pub fn reduce_by(
    ask: Probe<'_>,
    good: Option<&Config>,
    trials: Vec<Trials>,
    best: Best,
    settings: &ReduceSettings,
    keep: OnSmaller<'_>,
    log: ProgressLog<'_>,
) -> Result<Best, ReduceError> {
    let deadline = Instant::now() + settings.time;
    let mut reducer = Reducer { ask, good, trials, best, deadline, known: HashSet::new(), tried: 0, keep, log };
    reducer.noted()?;
    reducer.rounds()?;
    reducer.noted()?;
    while reducer.best.ast.instructions() > ENOUGH && !reducer.is_over() && reducer.together()? {
        reducer.rounds()?;
    }
    Ok(reducer.best)
}

/// Smaller modules, made on demand.
type Variants<'a> = Box<dyn Iterator<Item = Ast> + 'a>;

struct Reducer<'a, 'k, 'q> {
    ask: Probe<'q>,
    /// The configuration that records coverage.
    good: Option<&'q Config>,
    /// One runner per job.
    trials: Vec<Trials>,
    best: Best,
    deadline: Instant,
    /// The hashes of variants already tried.
    known: HashSet<u64>,
    tried: u64,
    keep: OnSmaller<'k>,
    log: ProgressLog<'a>,
}

impl Reducer<'_, '_, '_> {
    fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    fn say(&mut self, what: &str) {
        let (n, weight) = (self.best.ast.instructions(), edits::weight(&self.best.ast));
        let line = format!("{what}: {}, weight {weight}, {} tried", counted(n, "instruction"), self.tried);
        (self.log)(&line);
    }

    fn rounds(&mut self) -> Result<(), ReduceError> {
        loop {
            let before = edits::weight(&self.best.ast);
            self.exports()?;
            self.collect()?;
            self.unreached()?;
            self.functions()?;
            self.data(4096)?;
            self.bodies()?;
            self.each(|ast| Box::new(edits::outside(ast)))?;
            self.each(|ast| Box::new(calls::forwarded(ast)))?;
            self.each(|ast| Box::new(calls::direct(ast)))?;
            self.each(|ast| Box::new(calls::inlined(ast)))?;
            self.each(|ast| Box::new(signatures::lighter_tags(ast).into_iter()))?;
            self.each(|ast| Box::new(signatures::narrower(ast).into_iter()))?;
            self.each(|ast| Box::new(signatures::plainer(ast).into_iter()))?;
            for size in [512, 64, 8, 1] {
                self.data(size)?;
            }
            self.small()?;
            self.collect()?;
            self.sift()?;
            if self.is_over() || edits::weight(&self.best.ast) >= before {
                return Ok(());
            }
        }
    }

    /// Tries variants, several at once, and takes the first one that still shows the failure; returns its index.
    /// Variants are made on demand.
    fn first(&mut self, variants: impl Iterator<Item = Ast>) -> Result<Option<usize>, ReduceError> {
        let mut variants = variants.enumerate();
        loop {
            let mut batch: Vec<(usize, Ast, Vec<u8>)> = Vec::new();
            while batch.len() < self.trials.len()
                && let Some((i, variant)) = variants.next()
            {
                let bytes = variant.encode();
                let mut hash = super::value::Hash::new();
                hash.bytes(&bytes);
                if self.known.insert(hash.end()) {
                    batch.push((i, variant, bytes));
                }
            }
            if batch.is_empty() || self.is_over() {
                return Ok(None);
            }
            let question = self.ask;
            let ask = |trials: &mut Trials, bytes: &[u8]| {
                if typing::is_valid(bytes) { question(trials, bytes) } else { Ok(None) }
            };
            let start = Instant::now();
            let answers: Vec<_> = std::thread::scope(|scope| {
                let work = self.trials.iter_mut().zip(&batch);
                let threads: Vec<_> =
                    work.map(|(trials, (.., bytes))| scope.spawn(move || ask(trials, bytes))).collect();
                threads.into_iter().map(|t| t.join().unwrap_or(Err(TrialError::Panicked))).collect()
            });
            self.tried += batch.len() as u64;
            for ((i, ast, _), answer) in batch.into_iter().zip(answers) {
                if let Some((expected, difference)) = answer? {
                    self.best = Best { direct: false, ast, provider: None, expected, difference };
                    self.hurry(start.elapsed());
                    self.keep_best()?;
                    return Ok(Some(i));
                }
            }
        }
    }

    fn keep_best(&mut self) -> Result<(), ReduceError> {
        match (self.keep)(&self.best) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(ReduceError::Stopped),
        }
    }

    /// Lowers the time limit to a multiple of the last good variant's time; longer runs are considered endless.
    fn hurry(&mut self, last: Duration) {
        for trials in &mut self.trials {
            trials.spending.seconds = trials.spending.seconds.min((last.as_secs_f64() * 8.0).max(0.5));
        }
    }

    fn one(&mut self, variant: Ast) -> Result<bool, ReduceError> {
        let smaller = edits::weight(&variant) < edits::weight(&self.best.ast);
        Ok(smaller && self.first(std::iter::once(variant))?.is_some())
    }

    /// Takes one variant after another, made anew after each success, until none helps. The search continues where it
    /// was: a variant that did not help before rarely does now.
    fn each(&mut self, variants: impl for<'v> Fn(&'v Ast) -> Variants<'v>) -> Result<(), ReduceError> {
        let mut skip = 0;
        loop {
            if self.is_over() {
                return Ok(());
            }
            let (base, deadline) = (self.best.ast.clone(), self.deadline);
            let limit = edits::weight(&base);
            // Making a variant also takes time, whether it is tried or not.
            let in_time = variants(&base).take_while(|_| Instant::now() < deadline);
            let smaller = in_time.filter(|v| edits::weight(v) < limit);
            match self.first(smaller.skip(skip))? {
                Some(i) => skip += i,
                None if skip == 0 => return Ok(()),
                None => skip = 0,
            }
            self.say("small steps");
        }
    }

    /// Finds a minimal set of exports: unrelated calls go first, with everything that only they reach.
    fn exports(&mut self) -> Result<(), ReduceError> {
        let base = self.best.ast.clone();
        if base.exports.len() < 2 {
            return Ok(());
        }
        let with = |set: &[usize]| {
            let mut variant = base.clone();
            variant.exports = set.iter().map(|&i| base.exports[i].clone()).collect();
            variant.without_unused().unwrap_or(variant)
        };
        let numbers: Vec<usize> = (0..base.exports.len()).collect();
        self.minimal(&numbers, "calls", &with)
    }

    /// Looks for a parameter that is already wrong on arrival. Then the function's use of it can go, but recording it
    /// takes some instructions: the result is given up if it is larger in the end.
    fn noted(&mut self) -> Result<(), ReduceError> {
        let before = self.best.clone();
        if (ENOUGH..FEW).contains(&before.ast.instructions())
            && !self.is_over()
            && self.first(calls::noted(&before.ast))?.is_some()
        {
            self.say("a parameter that is wrong");
            self.rounds()?;
            if self.best.ast.instructions() >= before.ast.instructions() {
                self.best = before;
            }
        }
        Ok(())
    }

    fn collect(&mut self) -> Result<(), ReduceError> {
        if let Ok(ast) = self.best.ast.without_unused() {
            self.one(ast)?;
        }
        Ok(())
    }

    /// Drops unused items if the failure is in a function that nothing calls, for example if a module is rejected; and drops the
    /// unused types of recursion groups.
    fn sift(&mut self) -> Result<(), ReduceError> {
        let base = self.best.ast.clone();
        let first = base.imported().funcs;
        let functions: Vec<usize> = (0..base.funcs.len()).collect();
        let with = |set: &[usize]| {
            let kept: Vec<u32> = set.iter().map(|&i| first + i as u32).collect();
            base.without_unused_beside(&kept, Groups::Whole).unwrap_or_else(|_| base.clone())
        };
        // All functions together: this loses other items.
        if self.holds(with(&functions))? && !self.holds(with(&[]))? {
            self.minimal(&functions, "functions that nothing calls", &with)?;
        }
        let base = self.best.ast.clone();
        let all: Vec<u32> = (0..base.funcs.len()).map(|i| base.imported().funcs + i as u32).collect();
        if let Ok(ast) = base.without_unused_beside(&all, Groups::Split) {
            self.one(ast)?;
        }
        Ok(())
    }

    /// Cuts the code that the good configuration does not reach, all of it if possible.
    fn unreached(&mut self) -> Result<(), ReduceError> {
        let Some(good) = self.good.filter(|_| !self.is_over()) else { return Ok(()) };
        let base = self.best.ast.clone();
        let noted = coverage::instrumented(&base);
        let subject = Subject { bytes: noted.ast.encode(), provider: None, drive: drive() };
        // The stores may make the module too large; then other steps have to do.
        let Ok(snapshot) = self.trials[0].snapshot(&subject, good, None) else { return Ok(()) };
        let unreached = noted.unreached(&base, &snapshot.memories);
        let numbers: Vec<usize> = (0..unreached.len()).collect();
        let with = |set: &[usize]| {
            let cut = unreached.iter().enumerate().filter(|(i, _)| set.binary_search(i).is_err());
            coverage::without(&base, cut.map(|(_, u)| u))
        };
        self.say(&format!("not reached: {} stretches", unreached.len()));
        if !unreached.is_empty() && !self.holds(with(&[]))? {
            self.minimal(&numbers, "not reached", &with)?;
        }
        self.collect()
    }

    /// Finds a minimal set of functions that are not stubs; stubs return zeros, or trap.
    fn functions(&mut self) -> Result<(), ReduceError> {
        for trap in [false, true] {
            let base = self.best.ast.clone();
            let numbers: Vec<usize> = (0..base.funcs.len()).collect();
            let with = |set: &[usize]| {
                let mut variant = base.clone();
                for i in numbers.iter().filter(|i| set.binary_search(i).is_err()) {
                    if let Some(stub) = edits::stub(&base, base.funcs[*i].ty, trap)
                        && stub.ops.len() < base.funcs[*i].ops.len()
                    {
                        variant.funcs[*i] = stub;
                    }
                }
                variant
            };
            // All questions start from the same base, so that their answers are consistent.
            self.minimal(&numbers, "functions", &with)?;
            self.collect()?;
        }
        Ok(())
    }

    /// Finds a minimal set of items with which a variant shows the failure.
    fn minimal(&mut self, items: &[usize], what: &str, with: &dyn Fn(&[usize]) -> Ast) -> Result<(), ReduceError> {
        // `None`: the time is up.
        let found = minimal_set::<usize, Option<ReduceError>>(items, &mut |sets| {
            for (i, set) in sets.iter().enumerate() {
                if self.is_over() {
                    return Err(None);
                }
                if set.len() == items.len() {
                    return Ok(Some(i));
                }
                self.say(&format!("{what}: {} of {}", set.len(), items.len()));
                if self.holds(with(set)).map_err(Some)? {
                    return Ok(Some(i));
                }
            }
            Ok(None)
        });
        match found {
            Ok(_) | Err(None) => Ok(()),
            Err(Some(error)) => Err(error),
        }
    }

    /// Returns whether a variant shows the failure; it becomes the best one if it is smaller.
    fn holds(&mut self, variant: Ast) -> Result<bool, ReduceError> {
        if self.is_over() {
            return Ok(false);
        }
        let bytes = variant.encode();
        if !typing::is_valid(&bytes) {
            return Ok(false);
        }
        self.tried += 1;
        let start = Instant::now();
        let Some((expected, difference)) = (self.ask)(&mut self.trials[0], &bytes)? else { return Ok(false) };
        self.hurry(start.elapsed());
        if edits::weight(&variant) < edits::weight(&self.best.ast) {
            self.best = Best { direct: false, ast: variant, provider: None, expected, difference };
            self.keep_best()?;
        }
        Ok(true)
    }

    /// Cuts stretches of bodies, from halves to single operators, the largest bodies first.
    fn bodies(&mut self) -> Result<(), ReduceError> {
        let mut order: Vec<usize> = (0..self.best.ast.funcs.len()).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(self.best.ast.funcs[i].ops.len()));
        for func in order {
            let mut size = self.best.ast.funcs[func].ops.len() / 2;
            while size > 0 && !self.is_over() {
                self.say(&format!("code: function {func} by {size}"));
                self.sweep(func, size)?;
                size = if size > 8 { size / 2 } else { size - 1 };
            }
        }
        Ok(())
    }

    /// Tries all stretches of one size; after a success, the remaining ones are made anew.
    fn sweep(&mut self, func: usize, size: usize) -> Result<(), ReduceError> {
        let mut skip = 0;
        loop {
            let base = self.best.ast.clone();
            let Some(states) = typing::states(&base.encode(), func) else { return Ok(()) };
            let body = base.funcs[func].clone();
            let edits = edits::stretches(&body, &states, size, true);
            let rest = edits.iter().skip(skip).map(|edit| edits::with_ops(&base, func, edit.apply(&body)));
            match self.first(rest)? {
                Some(i) => skip += i,
                None => return Ok(()),
            }
        }
    }

    /// Finds a minimal set of pieces of data, each of at most `size` bytes.
    fn data(&mut self, size: usize) -> Result<(), ReduceError> {
        let base = split(&self.best.ast, size);
        let active: Vec<usize> =
            (0..base.data.len()).filter(|&i| matches!(base.data[i].mode, SegmentMode::Active(..))).collect();
        // This many pieces are left to a later round with larger ones.
        if active.is_empty() || active.len() > 3000 {
            return Ok(());
        }
        let with = |set: &[usize]| {
            let mut variant = base.clone();
            let mut i = 0;
            variant.data.retain(|d| {
                i += 1;
                !matches!(d.mode, SegmentMode::Active(..)) || set.binary_search(&(i - 1)).is_ok()
            });
            variant
        };
        if self.is_over() || self.holds(with(&[]))? {
            return Ok(());
        }
        // A split module weighs more, so it is not better by itself.
        self.minimal(&active, "data", &with)
    }

    /// Takes small steps: in bodies, locals, parameters and results.
    fn small(&mut self) -> Result<(), ReduceError> {
        for func in 0..self.best.ast.funcs.len() {
            self.each(|ast| match ast.funcs.get(func) {
                // If a body is still that large, time ran out before all of its stretches were tried.
                Some(f) if f.ops.len() > 2000 => Box::new(std::iter::empty()),
                Some(f) => {
                    let steps = edits::small_steps(f).into_iter();
                    Box::new(steps.map(move |ops| edits::with_ops(ast, func, ops)))
                }
                None => Box::new(std::iter::empty()),
            })?;
            self.each(|ast| {
                let fewer = if func < ast.funcs.len() { edits::fewer_locals(ast, func) } else { Vec::new() };
                Box::new(fewer.into_iter())
            })?;
        }
        Ok(())
    }

    /// Tries two edits at once, near ones first: the failure often needs a certain number of live values, so that two
    /// edits may preserve it where each alone hides it. Returns whether anything helped.
    fn together(&mut self) -> Result<bool, ReduceError> {
        let before = edits::weight(&self.best.ast);
        for func in 0..self.best.ast.funcs.len() {
            loop {
                let base = self.best.ast.clone();
                let body = base.funcs[func].clone();
                // The number of pairs is the square of this.
                if body.ops.len() > 200 || self.is_over() {
                    break;
                }
                let Some(states) = typing::states(&base.encode(), func) else { break };
                let mut single: Vec<edits::Edit> =
                    (1..=4).flat_map(|size| edits::stretches(&body, &states, size, false)).collect();
                single.sort_by_key(|e| (e.range.start, e.range.end));
                self.say(&format!("pairs of {} edits of function {func}", single.len()));
                let pairs = (1..single.len()).flat_map(|d| (0..single.len() - d).map(move |i| (i, i + d)));
                let variants = pairs
                    .map(|(i, j)| [&single[i], &single[j]])
                    .filter(|[a, b]| a.range.end <= b.range.start)
                    .map(|pair| edits::with_ops(&base, func, edits::apply_all(&pair, &body)));
                if self.first(variants)?.is_none() {
                    break;
                }
            }
        }
        if !self.is_over() {
            self.say("pairs of parameters and results");
            let base = self.best.ast.clone();
            let limit = edits::weight(&base);
            self.first(signatures::narrower_by_two(&base).filter(|v| edits::weight(v) < limit))?;
        }
        Ok(edits::weight(&self.best.ast) < before)
    }
}

/// Cuts active data into pieces of at most `size` bytes and drops zeros at their ends.
fn split(ast: &Ast, size: usize) -> Ast {
    let mut edited = ast.clone();
    edited.data.clear();
    let mut cut = Vec::new();
    for d in &ast.data {
        let SegmentMode::Active(memory, offset) = &d.mode else {
            edited.data.push(d.clone());
            continue;
        };
        let base = match ast::decode(&offset[0]) {
            wasmparser::Operator::I32Const { value } => i64::from(value),
            wasmparser::Operator::I64Const { value } => value,
            _ => {
                edited.data.push(d.clone());
                continue;
            }
        };
        for (i, chunk) in d.bytes.chunks(size).enumerate() {
            let Some(first) = chunk.iter().position(|&b| b != 0) else { continue };
            let last = chunk.iter().rposition(|&b| b != 0).unwrap_or(first);
            let at = base + (i * size + first) as i64;
            let wide = ast.memory_type(*memory).is_some_and(|m| m.memory64);
            let at = if wide {
                wasm_encoder::Instruction::I64Const(at)
            } else {
                wasm_encoder::Instruction::I32Const(at as i32)
            };
            let mode = SegmentMode::Active(*memory, vec![ast::op(&at), offset[offset.len() - 1].clone()]);
            cut.push(ast::Data { mode, bytes: chunk[first..=last].into() });
        }
    }
    edited.data.extend(cut);
    edited
}

#[cfg(test)]
mod tests;
