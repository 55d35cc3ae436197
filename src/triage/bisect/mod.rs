//! From "these two configurations disagree about this subject" to a function, a stage and a rewrite.
//!
//! Each step asks a question that is answered by executing code; no step inspects code:
//!
//! 1. *Do they disagree*, and always in the same way? ([`Case::new`])
//! 2. *Which functions* must be compiled for it? ([`Case::functions`]: `search::minimal_set` over the bodies; where functions
//!    are replaced while they run, over the places at which they are)
//! 3. *Which stage* ([`stage`]) breaks it? The SSA evaluator takes the place of native code after the first k passes.
//!    If the evaluator is right after all passes, the fault lies in turning SSA into machine code, and other allocators
//!    and the checker narrow it down further.
//! 4. *Which rewrite* of that stage? The stage makes only its first n rewrites.

pub mod engines;
pub mod report;
pub mod search;
pub mod stage;

use super::difference::{Cut, Difference, diff};
use super::observe::{Observation, Step, StepEnd};
use super::subject::{DrivenBy, Subject};
use super::trial::script::{self, NotAScript};
use super::trial::{Side, TrialError, Trials};
use crate::engine::{Bodies, CompileError, Config, Mode, Tier, module_hash};
use crate::jit::opt::PassError;
use crate::module::{BodyIndex, BodyKind, DecodeError, Module, WasmFeatures};
use crate::runtime::store::Passing;
use std::sync::Arc;
use std::time::Instant;

/// The reason why there is nothing to bisect, or why bisection is impossible.
#[derive(Debug, thiserror::Error)]
pub enum NotBisectable {
    /// The two configurations agree; how both ended.
    #[error("no disagreement: both {0}")]
    Agree(String),
    /// The stack or the heap ran out, and nothing differs before that.
    #[error("no disagreement: {what}, and nothing is compared from there on: {steps}")]
    RanOut {
        /// Which side ran out of what.
        what: String,
        /// The steps that are not compared.
        steps: String,
    },
    /// The difference may be one that each side is free to make.
    #[error(
        "no disagreement: the difference disappears under --nan canonical, so it may only be a choice of NaNs; \
         --count-nans counts it anyway"
    )]
    OnlyNans,
    /// The behaviour is not always the same; the difference between runs.
    #[error("not deterministic: {0}")]
    Flaky(String),
    /// The subject cannot be executed.
    #[error(transparent)]
    Error(#[from] BisectError),
}

impl From<TrialError> for NotBisectable {
    fn from(e: TrialError) -> NotBisectable {
        NotBisectable::Error(e.into())
    }
}

/// The reason why a search could not be completed.
#[derive(Debug, thiserror::Error)]
pub enum BisectError {
    /// A trial did not take place.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// A module of the subject is not valid.
    #[error(transparent)]
    Module(#[from] DecodeError),
    /// The subject is not a script.
    #[error(transparent)]
    Script(#[from] NotAScript),
    /// The bad configuration has a pass that does not exist.
    #[error(transparent)]
    Pass(#[from] PassError),
    /// A body cannot be compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The side that is assumed to be right lacks a feature, cannot link or allocate, is asked for something that does not exist,
    /// or does not end by itself. So it does not show what is right.
    #[error("{column} cannot execute it: {end}")]
    Unable {
        /// Its column.
        column: String,
        /// How it ended.
        end: String,
    },
    /// The bad side is another engine.
    #[error("{0} is another engine, where the functions to compile cannot be chosen")]
    NotOurs(String),
    /// The deadline has passed.
    #[error("out of time")]
    OutOfTime,
}

/// Receives progress, one line at a time.
pub type ProgressLog<'a> = &'a mut dyn FnMut(&str);

/// A disagreement under investigation.
pub struct Case {
    /// The code to execute.
    pub subject: Subject,
    /// The configuration that behaves as expected.
    pub good: Config,
    /// The side that differs.
    pub bad: Side,
    /// Runs the subject.
    pub trials: Trials,
    /// The observation of the good configuration.
    pub expected: Observation,
    /// The first difference between the two observations.
    pub difference: Difference,
    /// The modules of the subject.
    pub modules: Vec<Arc<Module>>,
    /// The time at which to give up.
    pub deadline: Option<Instant>,
    /// Further runners, used at the same time as [`Case::trials`].
    pub others: Vec<Trials>,
    /// Whether a difference that may be a choice of NaNs counts ([`Trials::is_choice_of_nans`]).
    pub counts_nans: bool,
}

/// A body in one of the subject's modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Culprit {
    /// The index into [`Case::modules`].
    pub module: usize,
    /// The hash of the module's bytes, by which configurations select bodies.
    pub hash: u64,
    /// The index of the body.
    pub body: BodyIndex,
    /// The function index; `None` for a constant expression.
    pub function: Option<u32>,
    /// The name of the function, for reports.
    pub name: String,
    /// The place at which it is replaced while it runs; `None` if it is compiled before it runs.
    pub at: Option<Passing>,
}

impl std::fmt::Display for Culprit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.function {
            Some(index) => write!(f, "function {index} '{}'", self.name.escape_debug())?,
            None => write!(f, "constant expression {} (body {})", self.name, self.body.0)?,
        }
        match self.at {
            Some(Passing::Entry) => write!(f, ", replaced at its entry"),
            Some(Passing::Loop(offset)) => write!(f, ", replaced at the loop at offset {offset:#x}"),
            None => Ok(()),
        }
    }
}

/// The bodies that are to blame.
#[derive(Clone, Debug, PartialEq)]
pub enum Guilty {
    /// A minimal set of bodies that show the failure.
    Bodies(Vec<Culprit>),
    /// Everything is right as soon as calls go through function records, as they do in mixed modes.
    OnlyAsAWhole,
    /// It is wrong even with none of the bodies: what replaces the bad configuration for the other bodies is not the good
    /// configuration.
    NoneNeeded,
}

impl Case {
    /// Confirms the disagreement by running both sides twice.
    ///
    /// # Errors
    /// See [`NotBisectable`].
    pub fn new(subject: Subject, good: Config, bad: Side, mut trials: Trials) -> Result<Case, NotBisectable> {
        let subject = bad.subject(subject);
        let modules = modules(&subject)?;
        let expected = trials.observe(&subject, &good)?;
        let wrong = trials.observe_on(&subject, &bad, &expected)?;
        let difference = diff(&expected, &wrong);
        // A script goes on after a directive that asks for something that does not exist, unless that is the one in question.
        let asked = difference.as_ref().map_or(expected.steps.len().saturating_sub(1), |difference| difference.step);
        let says_nothing = |(at, step): (usize, &Step)| match step.end {
            StepEnd::Error(_) => at == asked,
            _ => step.end.is_unable() || step.end.is_defect(),
        };
        // A difference before it is still a disagreement.
        if let Some(at) = expected.steps.iter().enumerate().position(says_nothing)
            && difference.as_ref().is_none_or(|difference| difference.step >= at)
        {
            let end = match &expected.steps[at].end {
                StepEnd::Timeout => format!("timeout after {} s; it may need more time", trials.spending.seconds),
                StepEnd::Error(what) => what.clone(),
                end => end.to_string(),
            };
            let column = expected.column.clone();
            return Err(BisectError::Unable { column, end }.into());
        }
        let Some(difference) = difference else {
            // The disagreement may be intermittent.
            for _ in 0..2 {
                let again = trials.observe_on(&subject, &bad, &expected)?;
                if let Some(d) = diff(&expected, &again) {
                    return Err(NotBisectable::Flaky(format!(
                        "{} agrees in one run and not in another: {d}",
                        wrong.column
                    )));
                }
            }
            return Err(agreement(&subject, &expected, &wrong));
        };
        if let Some(d) = diff(&expected, &trials.observe(&subject, &good)?) {
            return Err(NotBisectable::Flaky(format!("{} differs from itself: {d}", expected.column)));
        }
        let again = diff(&expected, &trials.observe_on(&subject, &bad, &expected)?);
        if again.as_ref().map(Difference::signature) != Some(difference.signature()) {
            let again = again.map_or_else(|| "no difference at all".into(), |d| d.signature());
            let first = difference.signature();
            return Err(NotBisectable::Flaky(format!("{} differs from itself: {first}, then {again}", wrong.column)));
        }
        let (deadline, others, counts_nans) = (None, Vec::new(), false);
        Ok(Case { subject, good, bad, trials, expected, difference, modules, deadline, others, counts_nans })
    }

    /// Returns the case, unless the difference may be a choice of NaNs, for which no function is to blame.
    ///
    /// # Errors
    /// [`NotBisectable::OnlyNans`], or the subject cannot be executed.
    pub fn unless_only_nans(mut self) -> Result<Case, NotBisectable> {
        match self.trials.is_choice_of_nans(&self.subject, &self.difference, &self.good, &self.bad)? {
            true => Err(NotBisectable::OnlyNans),
            false => Ok(self),
        }
    }

    /// Returns whether a configuration is wrong in any way: one defect shows differently as more or less is compiled.
    /// An unsupported feature is not a defect, and a choice of NaNs is not, unless they count.
    ///
    /// # Errors
    /// The subject cannot be executed, or the deadline has passed.
    pub fn is_wrong(&mut self, config: &Config) -> Result<bool, BisectError> {
        Ok(self.first_wrong_of(std::slice::from_ref(config))?.is_some())
    }

    /// Returns the index of the first configuration that is wrong. Runs as many configurations at once as there are
    /// runners.
    ///
    /// # Errors
    /// As for [`Case::is_wrong`].
    pub fn first_wrong_of(&mut self, configs: &[Config]) -> Result<Option<usize>, BisectError> {
        let (subject, expected, good, counts_nans) = (&self.subject, &self.expected, &self.good, self.counts_nans);
        let able = |o: &Observation| !o.steps.iter().any(|s| s.end.is_unable());
        let ask = |trials: &mut Trials, config: &Config| {
            let wrong = |trials: &mut Trials| {
                let seen = trials.observe(subject, config)?;
                Ok::<_, TrialError>(diff(expected, &seen).filter(|_| able(&seen) || !able(expected)))
            };
            // Earlier executions in the same process may contribute to the failure: a wild store by another function,
            // or a value left on the stack. The failure must also occur in a new process.
            if wrong(trials)?.is_none() {
                return Ok(false);
            }
            trials.start_anew();
            let Some(difference) = wrong(trials)? else { return Ok(false) };
            Ok(counts_nans || !trials.is_choice_of_nans(subject, &difference, good, &config.clone().into())?)
        };
        let at_once = 1 + self.others.len();
        for (n, chunk) in configs.chunks(at_once).enumerate() {
            if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(BisectError::OutOfTime);
            }
            let answers = match chunk {
                [one] => vec![ask(&mut self.trials, one)],
                _ => std::thread::scope(|scope| {
                    let trials = std::iter::once(&mut self.trials).chain(&mut self.others);
                    let threads: Vec<_> =
                        trials.zip(chunk).map(|(trials, config)| scope.spawn(move || ask(trials, config))).collect();
                    let dead = |_| Err(TrialError::Panicked);
                    threads.into_iter().map(|t| t.join().unwrap_or_else(dead)).collect()
                }),
            };
            for (i, answer) in answers.into_iter().enumerate() {
                if answer? {
                    return Ok(Some(n * at_once + i));
                }
            }
        }
        Ok(None)
    }

    /// Returns the number of executions so far.
    pub fn executions(&self) -> u64 {
        self.trials.count + self.others.iter().map(|t| t.count).sum::<u64>()
    }

    /// Returns the configuration of the bad side.
    ///
    /// # Panics
    /// If it is another engine, of which there are no [`Culprit`]s.
    pub fn config(&self) -> &Config {
        self.bad.config().expect("only our own backends have culprits")
    }

    /// Returns whether the interpreter is assumed to be wrong, compared with compiled code.
    ///
    /// # Panics
    /// As for [`Case::config`].
    pub fn blames_interpreter(&self) -> bool {
        self.config().mode == Mode::All(Tier::Interp) && self.good.mode != self.config().mode
    }

    /// Returns the configuration that compiles: the bad one, unless the interpreter is blamed.
    ///
    /// # Panics
    /// As for [`Case::config`].
    pub fn compiling(&self) -> &Config {
        if self.blames_interpreter() { &self.good } else { self.config() }
    }

    /// Returns the bad configuration for these bodies and the good one for all others: one of the two interprets. If functions
    /// are replaced while they run, this applies to these places and no others.
    ///
    /// # Panics
    /// As for [`Case::config`].
    pub fn bad_for(&self, culprits: &[Culprit]) -> Config {
        if self.config().mode.replaces() {
            let at = |at| match at {
                Some(Passing::Loop(offset)) => Some(offset),
                Some(Passing::Entry) | None => None,
            };
            let places = culprits.iter().map(|c| (c.hash, c.body.0, at(c.at))).collect();
            return Config { places: Some(places), ..self.config().clone() };
        }
        let compiled = match self.blames_interpreter() {
            true => self.all_but(culprits),
            false => culprits.iter().map(|c| (c.hash, c.body.0)).collect(),
        };
        Config { only: Some(compiled), ..self.compiling().clone() }
    }

    /// Returns all bodies that the bad configuration compiles, or interprets if it compiles none; with each place at which it
    /// replaces one.
    ///
    /// # Panics
    /// As for [`Case::config`].
    pub fn bodies(&self) -> Vec<Culprit> {
        let mut all: Vec<Culprit> = Vec::new();
        for (number, module) in self.modules.iter().enumerate() {
            let hash = module_hash(module);
            if all.iter().any(|c| c.hash == hash) {
                continue;
            }
            for (i, body) in (0..).zip(&module.bodies) {
                let (function, name) = match body.kind {
                    BodyKind::Function(f) => (Some(f), module.display_name(f)),
                    BodyKind::Const(_) => (None, format!("const_{}", i - module.num_defined_functions())),
                };
                let culprit =
                    |at| Culprit { module: number, hash, body: BodyIndex(i), function, name: name.clone(), at };
                if self.blames_interpreter() || self.config().tier(hash, i) != Tier::Interp {
                    all.push(culprit(None));
                } else if self.config().mode.replaces() && function.is_some() {
                    let loops = module.loops(BodyIndex(i)).into_iter().map(Passing::Loop);
                    all.extend([Passing::Entry].into_iter().chain(loops).map(|at| culprit(Some(at))));
                }
            }
        }
        all
    }

    /// Returns a minimal set of bodies that show the failure when only they are compiled.
    ///
    /// # Errors
    /// The subject cannot be executed, or the bad side is another engine.
    pub fn functions(&mut self, log: ProgressLog<'_>) -> Result<Guilty, BisectError> {
        if self.bad.config().is_none() {
            return Err(BisectError::NotOurs(self.bad.to_string()));
        }
        let all = self.bodies();
        let whole = self.bad_for(&all);
        if !self.is_wrong(&whole)? {
            return Ok(Guilty::OnlyAsAWhole);
        }
        // Otherwise any set of bodies would be to blame.
        if self.is_wrong(&self.bad_for(&[]))? {
            return Ok(Guilty::NoneNeeded);
        }
        let numbers: Vec<usize> = (0..all.len()).collect();
        let pick = |set: &[usize]| set.iter().map(|&i| all[i].clone()).collect::<Vec<_>>();
        let found = search::minimal_set(&numbers, &mut |sets| {
            log(&format!("functions: {} of {}", sets[0].len(), all.len()));
            let configs: Vec<Config> = sets.iter().map(|set| self.bad_for(&pick(set))).collect();
            self.first_wrong_of(&configs)
        })?;
        Ok(Guilty::Bodies(pick(&found)))
    }

    /// Makes every function be replaced in the same way as these, so that the time does not depend on a hash of the module. It
    /// does so only if the subject still shows the failure.
    ///
    /// # Errors
    /// As for [`Case::is_wrong`].
    pub fn replace_all_alike(&mut self, culprits: &[Culprit]) -> Result<(), BisectError> {
        let Some(first) = culprits.first().filter(|c| c.at.is_some()) else { return Ok(()) };
        let at_loops = first.at != Some(Passing::Entry);
        let bytes = self.modules[first.module].bodies[first.body.0 as usize].range.len();
        let after = self.config().mode.passings(first.hash, first.body.0, bytes).unwrap_or_default();
        let mode = Mode::Replaced { at_loops, after };
        let config = Config { mode, places: None, ..self.config().clone() };
        if self.is_wrong(&config)?
            && let Some(difference) = diff(&self.expected, &self.trials.observe(&self.subject, &config)?)
        {
            (self.bad, self.difference) = (config.into(), difference);
        }
        Ok(())
    }

    /// Returns the bad configuration with the SSA evaluator in place of native code.
    pub fn evaluated(&self, culprits: &[Culprit]) -> Config {
        Config { mode: Mode::All(Tier::Eval), ..self.bad_for(culprits) }
    }

    /// Selects every body except these.
    pub fn all_but(&self, culprits: &[Culprit]) -> Bodies {
        let is_one = |c: &&Culprit| culprits.iter().any(|other| (other.hash, other.body) == (c.hash, c.body));
        self.bodies().iter().filter(|c| !is_one(c)).map(|c| (c.hash, c.body.0)).collect()
    }
}

/// Describes a step of an observation.
pub fn step_name(subject: &Subject, step: usize) -> String {
    match subject.prepare() {
        Ok(prepared) => prepared.step_name(step),
        Err(_) if matches!(subject.drive, DrivenBy::Script { .. }) => format!("directive {step}"),
        Err(_) => "the program".into(),
    }
}

/// Says how two observations without a difference agree: in the end of the last step that is compared, or up to a cut.
fn agreement(subject: &Subject, expected: &Observation, wrong: &Observation) -> NotBisectable {
    let Some((step, cut)) = Cut::first(expected, wrong) else {
        let end = expected.steps.last().map(|s| s.end.to_string()).unwrap_or_default();
        return NotBisectable::Agree(end);
    };
    let (left, right) = (&expected.steps[step], &wrong.steps[step]);
    let ran_out = |end: &StepEnd| match cut {
        Cut::Stack => *end == StepEnd::Exhausted,
        Cut::Heap => end.is_out_of_heap(),
    };
    let column = if ran_out(&left.end) { &expected.column } else { &wrong.column };
    let is_known = |seen: &Step| !seen.state.is_empty();
    let what = match left.end == right.end {
        false => format!("only {column} ran out of {cut}"),
        true if is_known(left) && is_known(right) => format!("both ran out of {cut} in different states"),
        true => format!("both ran out of {cut}"),
    };
    // Later calls are not even made; of a script, all directives are executed while there is time.
    let all = subject.prepare().map_or(expected.steps.len(), |prepared| 1 + prepared.calls.len());
    let steps = match all.saturating_sub(step + 1) {
        0 => step_name(subject, step),
        more => format!("{} and {more} more", step_name(subject, step)),
    };
    NotBisectable::RanOut { what, steps }
}

/// Returns the modules that a subject executes.
fn modules(subject: &Subject) -> Result<Vec<Arc<Module>>, BisectError> {
    match &subject.drive {
        DrivenBy::Script { line } => Ok(script::modules(&subject.bytes, *line)?),
        _ => {
            let module = |bytes| Module::new(bytes, WasmFeatures::all()).map(Arc::new).map_err(BisectError::Module);
            subject.provider.iter().chain([&subject.bytes]).map(|bytes| module(bytes)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::trap::TrapCode;
    use crate::triage::observe::Entity;

    /// If something runs out, nothing is known about what follows, and the report says so: also if it runs out on both sides, but
    /// in different states. In a script, both go on after that.
    #[test]
    fn an_agreement_says_how_far_it_goes() {
        let seen = |column: &str, ends: &[StepEnd]| Observation {
            steps: ends.iter().map(|end| Step { end: end.clone(), state: Vec::new(), output: Vec::new() }).collect(),
            column: column.into(),
        };
        let script = Subject { bytes: Vec::new(), provider: None, drive: DrivenBy::Script { line: u32::MAX } };
        let (done, deep) = (StepEnd::Values(Vec::new()), StepEnd::Exhausted);
        let full = StepEnd::Trap(TrapCode::AllocationTooLarge.message().into());
        let from = |steps: &str| format!("and nothing is compared from there on: {steps}");
        let (first, last) = (from("directive 0 and 1 more"), from("directive 1"));
        for (left, right, text) in [
            ([&done, &done], [&done, &done], "both returned ()".to_string()),
            ([&done, &deep], [&done, &deep], format!("both ran out of stack, {last}")),
            ([&deep, &done], [&deep, &done], format!("both ran out of stack, {first}")),
            ([&done, &done], [&done, &deep], format!("only jit ran out of stack, {last}")),
            ([&deep, &done], [&done, &done], format!("only interp ran out of stack, {first}")),
            ([&full, &done], [&done, &done], format!("only interp ran out of heap, {first}")),
            ([&done, &done], [&full, &done], format!("only jit ran out of heap, {first}")),
        ] {
            let sides = [("interp", left), ("jit", right)];
            let [left, right] = sides.map(|(column, ends)| seen(column, &ends.map(Clone::clone)));
            assert_eq!(agreement(&script, &left, &right).to_string(), format!("no disagreement: {text}"));
        }
        let counted = |column: &str, end: &StepEnd, count| {
            let mut seen = seen(column, &[end.clone(), StepEnd::Exit(3)]);
            seen.steps[0].state.push((Entity::Global(0), count));
            seen
        };
        for (end, what) in [(&deep, "stack"), (&full, "heap")] {
            let said = |count| agreement(&script, &counted("interp", end, 5), &counted("jit", end, count)).to_string();
            assert_eq!(said(5), "no disagreement: both exit 3");
            assert_eq!(said(6), format!("no disagreement: both ran out of {what} in different states, {first}"));
        }
        // Later calls are not made.
        let text = r#"(module (func $f (export "a") (call $f)) (func (export "b")) (func (export "c")))"#;
        let drive = DrivenBy::Exports { seed: 0, rounds: 1, fuel: None, hostless: false };
        let calls = Subject { bytes: wat::parse_str(text).unwrap(), provider: None, drive };
        let deep = |column| seen(column, &[done.clone(), deep.clone()]);
        assert_eq!(
            agreement(&calls, &deep("interp"), &deep("jit")).to_string(),
            format!("no disagreement: both ran out of stack, {}", from("'a' () and 2 more"))
        );
    }
}
