//! From "these two configurations disagree on this" to function, stage and rewrite.
//!
//! Each step is a question to executions, none is a look at code:
//!
//! 1. *Do they disagree*, and always in the same way? ([`Case::new`])
//! 2. *Which functions* have to be compiled for it? ([`Case::functions`]: `search::minimal_set` over the bodies)
//! 3. *Which stage* ([`stage`]): the SSA evaluator in place of native code, after the first k passes; if it is right after
//!    all of them, what turns SSA into machine code is at fault, and other allocators and the checker tell more.
//! 4. *Which rewrite* of that stage: it may make only the first n.

pub mod report;
pub mod search;
pub mod stage;

use super::difference::{Difference, diff};
use super::observe::{End, Observation};
use super::subject::{Drive, Subject};
use super::trial::{Trials, script};
use crate::engine::{Bodies, Config, Mode, Tier, module_hash};
use crate::module::{BodyIndex, BodyKind, Module, WasmFeatures};
use std::sync::Arc;
use std::time::Instant;

/// Why there is nothing to bisect, or no way to.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// The two configurations agree: what both showed in the end.
    Agree(String),
    /// It does not always do the same; what differs from run to run.
    Flaky(String),
    /// It cannot be tried.
    Error(String),
}

impl From<String> for Stop {
    fn from(message: String) -> Stop {
        Stop::Error(message)
    }
}

/// What is told while the search goes on: one line.
pub type Tell<'a> = &'a mut dyn FnMut(&str);

/// A disagreement that is being looked into.
pub struct Case {
    pub subject: Subject,
    pub good: Config,
    pub bad: Config,
    pub trials: Trials,
    /// What the good configuration does.
    pub expected: Observation,
    pub difference: Difference,
    /// The modules of the subject.
    pub modules: Vec<Arc<Module>>,
    /// When to give up.
    pub deadline: Option<Instant>,
    /// Asked at the same time as [`Case::trials`].
    pub others: Vec<Trials>,
}

/// A body of a module of the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Culprit {
    /// Position among [`Case::modules`].
    pub module: usize,
    pub hash: u64,
    pub body: BodyIndex,
    /// Function index; `None` for a constant expression.
    pub function: Option<u32>,
    pub name: String,
}

impl std::fmt::Display for Culprit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.function {
            Some(index) => write!(f, "function {index} '{}'", self.name),
            None => write!(f, "constant expression {} (body {})", self.name, self.body.0),
        }
    }
}

/// Which bodies are to blame.
#[derive(Clone, Debug, PartialEq)]
pub enum Guilty {
    Bodies(Vec<Culprit>),
    /// With calls through function records, as mixed modes make them, everything is right.
    OnlyAsAWhole,
}

impl Case {
    /// Confirms the disagreement: both sides twice.
    ///
    /// # Errors
    /// See [`Stop`].
    pub fn new(subject: Subject, good: Config, bad: Config, mut trials: Trials) -> Result<Case, Stop> {
        let modules = modules(&subject)?;
        let expected = trials.observe(&subject, &good)?;
        let wrong = trials.observe(&subject, &bad)?;
        let Some(difference) = diff(&expected, &wrong) else {
            // It may do so now and then.
            for _ in 0..2 {
                let again = trials.observe(&subject, &bad)?;
                if let Some(d) = diff(&expected, &again) {
                    return Err(Stop::Flaky(format!("{} agrees, and then does not: {d}", wrong.column)));
                }
            }
            let end = expected.steps.last().map(|s| s.end.to_string()).unwrap_or_default();
            return Err(Stop::Agree(end));
        };
        if let Some(d) = diff(&expected, &trials.observe(&subject, &good)?) {
            return Err(Stop::Flaky(format!("{} differs from itself: {d}", expected.column)));
        }
        let again = diff(&expected, &trials.observe(&subject, &bad)?);
        if again.as_ref().map(Difference::signature) != Some(difference.signature()) {
            let again = again.map_or_else(|| "no difference at all".into(), |d| d.signature());
            let first = difference.signature();
            return Err(Stop::Flaky(format!("{} differs from itself: {first}, then {again}", wrong.column)));
        }
        Ok(Case { subject, good, bad, trials, expected, difference, modules, deadline: None, others: Vec::new() })
    }

    /// Whether a configuration is wrong: in any way, since one defect shows differently as more or less is compiled. Not
    /// being able to do something is no defect.
    ///
    /// # Errors
    /// It cannot be tried, or the time is over.
    pub fn is_wrong(&mut self, config: &Config) -> Result<bool, String> {
        Ok(self.first_wrong_of(std::slice::from_ref(config))?.is_some())
    }

    /// The position of the first configuration that is wrong; as many of them are asked at once as there are `others` to
    /// ask.
    ///
    /// # Errors
    /// As [`Case::is_wrong`].
    pub fn first_wrong_of(&mut self, configs: &[Config]) -> Result<Option<usize>, String> {
        let (subject, expected) = (&self.subject, &self.expected);
        let unable = |end: &End| matches!(end, End::Unsupported(_) | End::Refused(_));
        let able = |o: &Observation| !o.steps.iter().any(|s| unable(&s.end));
        let ask = |trials: &mut Trials, config: &Config| {
            let wrong = |trials: &mut Trials| {
                let seen = trials.observe(subject, config)?;
                Ok::<_, String>(diff(expected, &seen).is_some() && (able(&seen) || !able(expected)))
            };
            // What was executed in a process before may have part in what goes wrong now: a wild store of another function,
            // what one left on the stack. It has to be wrong in a new process, too.
            if !wrong(trials)? {
                return Ok(false);
            }
            trials.start_anew();
            wrong(trials)
        };
        let at_once = 1 + self.others.len();
        for (n, chunk) in configs.chunks(at_once).enumerate() {
            if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err("the time is over".into());
            }
            let answers = match chunk {
                [one] => vec![ask(&mut self.trials, one)],
                _ => std::thread::scope(|scope| {
                    let trials = std::iter::once(&mut self.trials).chain(&mut self.others);
                    let threads: Vec<_> =
                        trials.zip(chunk).map(|(trials, config)| scope.spawn(move || ask(trials, config))).collect();
                    let dead = |_| Err("a trial panicked".to_string());
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

    /// Executions so far.
    pub fn executions(&self) -> u64 {
        self.trials.count + self.others.iter().map(|t| t.count).sum::<u64>()
    }

    /// The bad configuration for some bodies, the interpreter for all others.
    pub fn bad_for(&self, culprits: &[Culprit]) -> Config {
        Config { only: Some(culprits.iter().map(|c| (c.hash, c.body.0)).collect()), ..self.bad.clone() }
    }

    /// All bodies that the bad configuration compiles.
    pub fn bodies(&self) -> Vec<Culprit> {
        let mut all: Vec<Culprit> = Vec::new();
        for (number, module) in self.modules.iter().enumerate() {
            let hash = module_hash(module);
            if all.iter().any(|c| c.hash == hash) {
                continue;
            }
            let bodies = (0..).zip(&module.bodies);
            all.extend(bodies.filter(|(i, _)| self.bad.tier(hash, *i) != Tier::Interp).map(|(i, body)| {
                let (function, name) = match body.kind {
                    BodyKind::Function(f) => (Some(f), module.display_name(f)),
                    BodyKind::Const(_) => (None, format!("const_{}", i - module.num_defined_functions())),
                };
                Culprit { module: number, hash, body: BodyIndex(i), function, name }
            }));
        }
        all
    }

    /// A minimal set of bodies that show it when they alone are compiled.
    ///
    /// # Errors
    /// It cannot be tried.
    pub fn functions(&mut self, tell: Tell<'_>) -> Result<Guilty, String> {
        let all = self.bodies();
        let whole = self.bad_for(&all);
        if !self.is_wrong(&whole)? {
            return Ok(Guilty::OnlyAsAWhole);
        }
        let numbers: Vec<usize> = (0..all.len()).collect();
        let pick = |set: &[usize]| set.iter().map(|&i| all[i].clone()).collect::<Vec<_>>();
        let found = search::minimal_set(&numbers, &mut |sets| {
            tell(&format!("functions: {} of {}", sets[0].len(), all.len()));
            let configs: Vec<Config> = sets.iter().map(|set| self.bad_for(&pick(set))).collect();
            self.first_wrong_of(&configs)
        })?;
        Ok(Guilty::Bodies(pick(&found)))
    }

    /// The bad configuration with the SSA evaluator in place of native code.
    pub fn evaluated(&self, culprits: &[Culprit]) -> Config {
        Config { mode: Mode::All(Tier::Eval), ..self.bad_for(culprits) }
    }

    /// A selection of everything but these.
    pub fn all_but(&self, culprits: &[Culprit]) -> Bodies {
        self.bodies().iter().filter(|c| !culprits.contains(c)).map(|c| (c.hash, c.body.0)).collect()
    }
}

/// The modules that a subject executes.
fn modules(subject: &Subject) -> Result<Vec<Arc<Module>>, String> {
    match &subject.drive {
        Drive::Script { line } => script::modules(&subject.bytes, *line),
        _ => {
            let module = |bytes| Module::new(bytes, WasmFeatures::all()).map(Arc::new).map_err(|e| e.to_string());
            subject.provider.iter().chain([&subject.bytes]).map(|bytes| module(bytes)).collect()
        }
    }
}
