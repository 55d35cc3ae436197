//! Makes a module small while two configurations go on disagreeing about it in the same way.
//!
//! | file | inside |
//! |---|---|
//! | `capture` | from a program, or calls, to a module whose exports take nothing |
//! | `linked` | two modules, one after the other |
//! | `coverage` | what a module executes, and the module without the rest |
//! | `ast` | a module as lists, and back |
//! | `used` | the module without what nothing reaches |
//! | `typing` | the operand stack between operators |
//! | `edits` | smaller variants, one edit each |
//! | `signatures` | parameters and results fewer or plainer, everywhere at once; payloads of exceptions |
//! | `calls` | shorter ways from call to call |
//! | `wast` | the result as a script |
//!
//! This is delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", TSE 2002) with edits
//! that keep a module valid. The order is from coarse to fine, and round until nothing gets smaller: functions that may be stubs, stretches of
//! bodies from halves down to single operators, data likewise, then small steps. Every variant is held against a
//! [`edits::weight`] first, then validated, then tried.

pub mod ast;
pub mod calls;
pub mod capture;
pub mod coverage;
pub mod edits;
mod linked;
pub mod signatures;
pub mod typing;
pub mod used;
pub mod wast;

use super::bisect::search::minimal_set;
use super::bisect::{Case, Culprit, Tell};
use super::difference::{Difference, Kind, diff};
use super::observe::{End, Observation};
use super::subject::{Drive, Prepared, Subject};
use super::trial::{Trials, script};
use super::value::Value;
use crate::engine::Config;
use ast::{Ast, Mode};
use capture::drive;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Instructions that a person reads without an effort: slow steps are for more than that.
const ENOUGH: usize = 30;

/// Modules for which it is tried where a wrong value is passed: for each parameter a trial, so not for large ones.
const FEW: usize = 400;

/// What reduction may spend.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub time: Duration,
    /// Variants tried at once.
    pub jobs: usize,
    /// Of the last, blind steps.
    pub seed: u64,
}

/// The smallest module so far, and what the good configuration does with it.
#[derive(Clone, Debug)]
pub struct Best {
    /// Whether the script calls what exports call with constants, with those as arguments (see [`wast::direct`]).
    pub direct: bool,
    pub ast: Ast,
    /// What the module imports from: see [`Subject::provider`].
    pub provider: Option<Ast>,
    pub expected: Observation,
    pub difference: Difference,
}

impl Best {
    /// Instructions of the modules in the script.
    pub fn instructions(&self) -> usize {
        let module = if self.direct { wast::direct(&self.ast).0.instructions() } else { self.ast.instructions() };
        module + self.provider.as_ref().map_or(0, Ast::instructions)
    }

    /// See [`edits::weight`]; of both modules.
    pub fn weight(&self) -> u64 {
        edits::weight(&self.ast) + self.provider.as_ref().map_or(0, edits::weight)
    }

    /// What is executed.
    pub fn subject(&self) -> Subject {
        Subject { bytes: self.ast.encode(), provider: self.provider.as_ref().map(Ast::encode), drive: drive() }
    }
}

/// Told of each smaller module. `Err` ends the reduction.
pub type Keep<'a> = &'a mut dyn FnMut(&Best) -> Result<(), String>;

/// Asks of a module whether it shows what is looked for: what the good configuration does then, and the difference.
pub type Ask<'a> = &'a (dyn Fn(&mut Trials, &[u8]) -> Result<Option<(Observation, Difference)>, String> + Sync);

/// What of the difference has to stay as a module shrinks.
#[derive(Clone, Debug)]
enum Hold {
    /// Its signature: another defect rarely has the same.
    Signature(String),
    /// That something is wrong, or by which defect the bad side died. More may keep a module large: where a program goes on
    /// to its end only because of what a cut function returned, the end of the good side changes with the cut.
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

/// The two configurations, and the difference that has to stay.
struct Question {
    good: Config,
    bad: Config,
    hold: Hold,
}

impl Question {
    /// The difference, if a subject shows the one that is looked for.
    fn ask(&self, trials: &mut Trials, subject: &Subject) -> Result<Option<(Observation, Difference)>, String> {
        // Either of two modules may have lost what the other one needs.
        if subject.provider.is_some() && subject.prepare().is_err() {
            return Ok(None);
        }
        let expected = forget(trials.observe(subject, &self.good)?);
        let unusable = |end: &End| end.is_defect() || matches!(end, End::Refused(_) | End::Exhausted);
        if expected.steps.iter().any(|s| unusable(&s.end)) {
            return Ok(None);
        }
        let seen = forget(trials.observe(subject, &self.bad)?);
        let found = diff(&expected, &seen).filter(|d| !only_nans(d, &self.good) && self.hold.holds(d));
        let Some(d) = found else { return Ok(None) };
        // What others left on stacks and in registers may have part in it; it has to show without them.
        trials.start_anew();
        let again = forget(trials.observe(subject, &self.bad)?);
        let again = diff(&expected, &again).filter(|d| !only_nans(d, &self.good) && self.hold.holds(d));
        Ok(again.is_some().then_some((expected, d)))
    }
}

/// By which defect the bad side died, or that it is wrong.
fn class(d: &Difference) -> String {
    match &d.kind {
        Kind::End(_, bad) if bad.is_defect() || **bad == End::Exhausted => {
            d.signature().split_once(" / ").map_or_else(String::new, |(_, bad)| bad.to_string())
        }
        _ => "wrong".into(),
    }
}

/// Leaves out states: what matters of them is asked for by an export.
fn forget(mut seen: Observation) -> Observation {
    seen.steps.iter_mut().for_each(|s| s.state.clear());
    seen
}

/// Whether results differ only in which NaN they are, which both sides may choose unless their profile says which.
fn only_nans(d: &Difference, config: &Config) -> bool {
    if config.nan.is_canonical() {
        return false;
    }
    let Kind::End(l, r) = &d.kind else { return false };
    let (End::Values(l), End::Values(r)) = (&**l, &**r) else { return false };
    let nan = |v: &Value| match v {
        Value::F32(bits) => f32::from_bits(*bits).is_nan(),
        Value::F64(bits) => f64::from_bits(*bits).is_nan(),
        _ => false,
    };
    l.len() == r.len() && l.iter().zip(r).all(|(a, b)| a == b || nan(a) && nan(b))
}

/// Makes a subject one whose exports take nothing, by capturing the guilty call if it can, else by writing down the calls.
/// The difference may change its kind on the way: state is asked for by an export.
///
/// # Errors
/// Why neither can be had: a sentence each.
pub fn start(case: &mut Case, culprits: &[Culprit], tell: Tell<'_>) -> Result<Best, String> {
    let mut problems = Vec::new();
    if let [culprit] = culprits {
        match capture::of_function(case, culprit, tell) {
            Ok(ast) => match normal(case, ast, None) {
                Ok(best) => return Ok(best),
                Err(problem) => problems.push(format!("the captured call: {problem}")),
            },
            Err(problem) => problems.push(format!("capturing the call: {problem}")),
        }
    }
    let prepared = match &case.subject.drive {
        Drive::Exports { .. } | Drive::Invoke { .. } => Some(case.subject.prepare()?),
        Drive::Script { line } => script::calls(&case.subject.bytes, *line)?,
        Drive::Program { .. } => None,
    };
    if let Some(prepared) = prepared {
        let calls = match case.subject.drive {
            Drive::Script { .. } => prepared.calls.len(),
            _ => case.difference.step.max(1),
        };
        if let Some(provider) = &prepared.provider {
            // Many failures of a linked module are also those of what it was linked with, called the same way.
            let alone = Prepared { module: Arc::clone(provider), provider: None, ..prepared.clone() };
            let made = capture::of_calls(&alone, alone.calls.len()).and_then(|ast| normal(case, ast, None));
            match made {
                Ok(best) if class(&best.difference) == class(&case.difference) => return Ok(best),
                Ok(best) => problems.push(format!("its provider alone: {}", best.difference.signature())),
                Err(problem) => problems.push(format!("its provider alone: {problem}")),
            }
        }
        let provider = prepared.provider.as_ref().map(|provider| Ast::parse(&provider.bytes)).transpose()?;
        match capture::of_calls(&prepared, calls).and_then(|ast| normal(case, ast, provider)) {
            Ok(best) => return Ok(best),
            Err(problem) => problems.push(format!("its calls as exports: {problem}")),
        }
    }
    Err(format!("it cannot be made a module of its own: {}", problems.join("; ")))
}

/// The first difference of a module that is driven by its exports, with a getter if it is one of state.
fn normal(case: &mut Case, ast: Ast, provider: Option<Ast>) -> Result<Best, String> {
    let provided = provider.as_ref().map(Ast::encode);
    let subject = |ast: &Ast| Subject { bytes: ast.encode(), provider: provided.clone(), drive: drive() };
    let first = subject(&ast);
    if !typing::is_valid(&first.bytes) {
        return Err("what was made of it is not valid".into());
    }
    let expected = case.trials.observe(&first, &case.good)?;
    let seen = case.trials.observe(&first, &case.bad)?;
    let found = diff(&expected, &seen).ok_or("it does not show the disagreement")?;
    let Kind::State(_) = found.kind else {
        return Ok(Best { direct: false, ast, provider, expected: forget(expected), difference: found });
    };
    // What was asked for already makes the step at which states first differ the last one but that.
    let (left, right) =
        (case.trials.snapshot(&first, &case.good, None)?, case.trials.snapshot(&first, &case.bad, None)?);
    let unread = "the state that differs cannot be read by code of the module";
    let ast = capture::with_getter(&ast, &left, &right).ok_or(unread)?;
    let subject = subject(&ast);
    let expected = forget(case.trials.observe(&subject, &case.good)?);
    let seen = forget(case.trials.observe(&subject, &case.bad)?);
    let difference = diff(&expected, &seen).ok_or("what differs in state is not seen by code")?;
    Ok(Best { direct: false, ast, provider, expected, difference })
}

/// Variants that are gone back to at most when the smallest one does not show it as a script.
const REMEMBERED: usize = 100;

/// Makes it smaller until nothing helps or the time is over. The signature of the difference is held as long as that leaves
/// a module that a person reads without an effort; after that only its class, and the signature is given up for a module
/// that is much smaller. What is returned shows the difference as a script too, if anything on the way did.
///
/// # Errors
/// Nothing can be tried any more, or `keep` wants to stop: a sentence.
pub fn reduce(case: &Case, best: Best, settings: &Settings, keep: Keep<'_>, tell: Tell<'_>) -> Result<Best, String> {
    let question = |hold| Question { good: case.good.clone(), bad: case.bad.clone(), hold };
    let strict = question(Hold::Signature(best.difference.signature()));
    let loose = question(Hold::Class(class(&best.difference)));
    let mut trials: Vec<Trials> = (0..settings.jobs.max(1)).map(|_| case.trials.another()).collect();
    // A variant that runs for much longer than what it was made of does not end.
    let start = Instant::now();
    if strict.ask(&mut trials[0], &best.subject())?.is_none() {
        return Err("the disagreement is gone when it is tried again".into());
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
        let settings = Settings { time, ..*settings };
        if best.provider.is_some() {
            let ask = |trials: &mut Trials, subject: &Subject| question.ask(trials, subject);
            return linked::smaller(&ask, &another, best, &settings, &mut remember, tell);
        }
        let ask = |trials: &mut Trials, bytes: &[u8]| {
            question.ask(trials, &Subject { bytes: bytes.to_vec(), provider: None, drive: drive() })
        };
        reduce_by(&ask, Some(&case.good), another(), best, &settings, &mut remember, tell)
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
        if shows_as_script(&candidate, case, &mut trials[0])? {
            let direct = Best { direct: true, ..candidate.clone() };
            let shorter = direct.instructions() < candidate.instructions();
            return Ok(if shorter && shows_as_script(&direct, case, &mut trials[0])? { direct } else { candidate });
        }
    }
    Ok(best)
}

/// Whether the script that would be written shows a difference, each side in a process of its own.
fn shows_as_script(best: &Best, case: &Case, trials: &mut Trials) -> Result<bool, String> {
    let Ok(text) = wast::script(best, "", case.good.nan) else { return Ok(false) };
    let subject = Subject { bytes: text.into_bytes(), provider: None, drive: Drive::Script { line: u32::MAX } };
    trials.start_anew();
    let expected = trials.observe(&subject, &case.good)?;
    trials.start_anew();
    let seen = trials.observe(&subject, &case.bad)?;
    Ok(diff(&expected, &seen).is_some_and(|d| !only_nans(&d, &case.good)))
}

/// As [`reduce`], by any question about one module, of as many variants at once as there are `trials`. What `good` does not
/// reach goes at once.
///
/// # Errors
/// The first of `ask` or `keep`.
pub fn reduce_by(
    ask: Ask<'_>,
    good: Option<&Config>,
    trials: Vec<Trials>,
    best: Best,
    settings: &Settings,
    keep: Keep<'_>,
    tell: Tell<'_>,
) -> Result<Best, String> {
    let deadline = Instant::now() + settings.time;
    let mut reducer = Reducer { ask, good, trials, best, deadline, known: HashSet::new(), tried: 0, keep, tell };
    reducer.noted()?;
    reducer.rounds()?;
    reducer.noted()?;
    while reducer.best.ast.instructions() > ENOUGH && !reducer.is_over() && reducer.together()? {
        reducer.rounds()?;
    }
    if reducer.best.ast.instructions() > ENOUGH && !reducer.is_over() {
        reducer.blindly(settings.seed)?;
        reducer.rounds()?;
    }
    Ok(reducer.best)
}

struct Reducer<'a, 'k, 'q> {
    ask: Ask<'q>,
    /// What knows which code is reached.
    good: Option<&'q Config>,
    /// One a job.
    trials: Vec<Trials>,
    best: Best,
    deadline: Instant,
    /// Hashes of what was tried.
    known: HashSet<u64>,
    tried: u64,
    keep: Keep<'k>,
    tell: Tell<'a>,
}

impl Reducer<'_, '_, '_> {
    fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    fn say(&mut self, what: &str) {
        let (n, weight) = (self.best.ast.instructions(), edits::weight(&self.best.ast));
        let line = format!("{what}: {n} instructions, weight {weight}, {} tried", self.tried);
        (self.tell)(&line);
    }

    fn rounds(&mut self) -> Result<(), String> {
        loop {
            let before = edits::weight(&self.best.ast);
            self.exports()?;
            self.collect()?;
            self.unreached()?;
            self.functions()?;
            self.data(4096)?;
            self.bodies()?;
            self.each(edits::outside)?;
            self.each(calls::forwarded)?;
            self.each(calls::direct)?;
            self.each(calls::inlined)?;
            self.each(signatures::lighter_tags)?;
            self.each(signatures::narrower)?;
            self.each(signatures::plainer)?;
            for size in [512, 64, 8, 1] {
                self.data(size)?;
            }
            self.small()?;
            self.collect()?;
            if self.is_over() || edits::weight(&self.best.ast) >= before {
                return Ok(());
            }
        }
    }

    /// Tries variants, several at once, and takes the first in their order that still shows it; its number. They are made
    /// as they are needed.
    fn first(&mut self, variants: impl Iterator<Item = Ast>) -> Result<Option<usize>, String> {
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
                threads.into_iter().map(|t| t.join().unwrap_or_else(|_| Err("a trial panicked".into()))).collect()
            });
            self.tried += batch.len() as u64;
            for ((i, ast, _), answer) in batch.into_iter().zip(answers) {
                if let Some((expected, difference)) = answer? {
                    self.best = Best { direct: false, ast, provider: None, expected, difference };
                    self.hurry(start.elapsed());
                    (self.keep)(&self.best)?;
                    return Ok(Some(i));
                }
            }
        }
    }

    /// What does not end in many times the time of the last good one does not end.
    fn hurry(&mut self, last: Duration) {
        for trials in &mut self.trials {
            trials.spending.seconds = trials.spending.seconds.min((last.as_secs_f64() * 8.0).max(0.5));
        }
    }

    fn one(&mut self, variant: Ast) -> Result<bool, String> {
        let smaller = edits::weight(&variant) < edits::weight(&self.best.ast);
        Ok(smaller && self.first(std::iter::once(variant))?.is_some())
    }

    /// Takes variants one after the other, made anew after each success, until none helps. The search goes on where it
    /// was: what did not help before rarely does now.
    fn each(&mut self, variants: impl Fn(&Ast) -> Vec<Ast>) -> Result<(), String> {
        let mut skip = 0;
        loop {
            let limit = edits::weight(&self.best.ast);
            let smaller = variants(&self.best.ast).into_iter().filter(|v| edits::weight(v) < limit);
            match self.first(smaller.skip(skip))? {
                Some(i) => skip += i,
                None if skip == 0 => return Ok(()),
                None => skip = 0,
            }
            self.say("small steps");
        }
    }

    /// A minimal set of exports: calls that have nothing to do with it go first, and all that only they reach with them.
    fn exports(&mut self) -> Result<(), String> {
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

    /// Looks for a parameter that is wrong already where it arrives. What its function does with it then goes, and what
    /// made a difference of that, but noting it takes some instructions: what is larger in the end is given up.
    fn noted(&mut self) -> Result<(), String> {
        let before = self.best.clone();
        if (ENOUGH..FEW).contains(&before.ast.instructions())
            && !self.is_over()
            && self.first(calls::noted(&before.ast).into_iter())?.is_some()
        {
            self.say("a parameter that is wrong");
            self.rounds()?;
            if self.best.ast.instructions() >= before.ast.instructions() {
                self.best = before;
            }
        }
        Ok(())
    }

    fn collect(&mut self) -> Result<(), String> {
        if let Ok(ast) = self.best.ast.without_unused() {
            self.one(ast)?;
        }
        Ok(())
    }

    /// Cuts what the good configuration does not reach, all of it if that is possible.
    fn unreached(&mut self) -> Result<(), String> {
        let Some(good) = self.good.filter(|_| !self.is_over()) else { return Ok(()) };
        let base = self.best.ast.clone();
        let noted = coverage::instrumented(&base);
        let subject = Subject { bytes: noted.ast.encode(), provider: None, drive: drive() };
        // It may be too much with the stores; then other steps have to do.
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

    /// A minimal set of functions that are not stubs; stubs return zeros, or trap.
    fn functions(&mut self) -> Result<(), String> {
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
            // Each question is asked of the same base, so that answers fit each other.
            self.minimal(&numbers, "functions", &with)?;
            self.collect()?;
        }
        Ok(())
    }

    /// A minimal set of items with which a variant shows it.
    fn minimal(&mut self, items: &[usize], what: &str, with: &dyn Fn(&[usize]) -> Ast) -> Result<(), String> {
        // `None`: the time is over.
        let found = minimal_set::<usize, Option<String>>(items, &mut |sets| {
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
            Err(Some(message)) => Err(message),
        }
    }

    /// Whether a variant shows it; it becomes the best one if it is smaller.
    fn holds(&mut self, variant: Ast) -> Result<bool, String> {
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
            (self.keep)(&self.best)?;
        }
        Ok(true)
    }

    /// Stretches of bodies, from halves to single operators, the largest bodies first.
    fn bodies(&mut self) -> Result<(), String> {
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

    /// All stretches of one size; after a success the rest of them, made anew.
    fn sweep(&mut self, func: usize, size: usize) -> Result<(), String> {
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

    /// A minimal set of pieces of data, of at most so many bytes.
    fn data(&mut self, size: usize) -> Result<(), String> {
        let base = split(&self.best.ast, size);
        let active: Vec<usize> =
            (0..base.data.len()).filter(|&i| matches!(base.data[i].mode, Mode::Active(..))).collect();
        // So many are a matter of larger pieces, in a later round.
        if active.is_empty() || active.len() > 3000 {
            return Ok(());
        }
        let with = |set: &[usize]| {
            let mut variant = base.clone();
            let mut i = 0;
            variant.data.retain(|d| {
                i += 1;
                !matches!(d.mode, Mode::Active(..)) || set.binary_search(&(i - 1)).is_ok()
            });
            variant
        };
        if self.is_over() || self.holds(with(&[]))? {
            return Ok(());
        }
        // The weight of a split module is more: by itself it is not better.
        self.minimal(&active, "data", &with)
    }

    /// Small steps in all bodies, locals, parameters, results.
    fn small(&mut self) -> Result<(), String> {
        for func in 0..self.best.ast.funcs.len() {
            self.each(|ast| match ast.funcs.get(func) {
                // Of a body that is still that large the stretches have not been tried out: the time was over.
                Some(f) if f.ops.len() > 2000 => Vec::new(),
                Some(f) => edits::small_steps(f).into_iter().map(|ops| edits::with_ops(ast, func, ops)).collect(),
                None => Vec::new(),
            })?;
            self.each(|ast| if func < ast.funcs.len() { edits::fewer_locals(ast, func) } else { Vec::new() })?;
        }
        Ok(())
    }

    /// Two edits at once, near ones first: what hides the difference alone may not together, since it often takes a
    /// certain number of values that are alive at once. Whether anything helped.
    fn together(&mut self) -> Result<bool, String> {
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

    /// wasm-shrink's mutations, which know nothing of what is looked for.
    fn blindly(&mut self, seed: u64) -> Result<(), String> {
        self.say("wasm-shrink");
        let bytes = self.best.ast.encode();
        let (question, trials, deadline) = (self.ask, &mut self.trials[0], self.deadline);
        let shrink = wasm_shrink::WasmShrink::default().attempts(300).seed(seed);
        let shrunk = shrink.run(bytes, &mut |bytes: &[u8]| {
            let shows =
                Instant::now() < deadline && typing::is_valid(bytes) && matches!(question(trials, bytes), Ok(Some(_)));
            Ok(shows)
        });
        // That it found nothing smaller is an error to it, and none to us.
        if let Ok(info) = shrunk
            && let Ok(ast) = Ast::parse(&info.output)
        {
            self.one(ast)?;
        }
        Ok(())
    }
}

/// Cuts active data into pieces of at most so many bytes, zeros at their ends left out.
fn split(ast: &Ast, size: usize) -> Ast {
    let mut edited = ast.clone();
    edited.data.clear();
    let mut cut = Vec::new();
    for d in &ast.data {
        let Mode::Active(memory, offset) = &d.mode else {
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
            let wide = ast.memories.get(*memory as usize).is_some_and(|m| m.memory64);
            let at = if wide {
                wasm_encoder::Instruction::I64Const(at)
            } else {
                wasm_encoder::Instruction::I32Const(at as i32)
            };
            let mode = Mode::Active(*memory, vec![ast::op(&at), offset[offset.len() - 1].clone()]);
            cut.push(ast::Data { mode, bytes: chunk[first..=last].into() });
        }
    }
    edited.data.extend(cut);
    edited
}

#[cfg(test)]
pub mod tests;
