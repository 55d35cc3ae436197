//! The process that generates and runs modules: this same executable, started again by the supervisor. It publishes its
//! current seed and column in shared memory, so that a crash can be attributed.

use super::columns::{ColumnChoice, Engines};
use super::features::Features;
use super::generate::{Generator, generate};
use super::witnesses;
use crate::engine::Config;
use crate::module::{Body, BodyKind, Module};
use crate::oracle::OracleError;
use crate::process::board::Board;
use crate::process::channel::{MessageSender, RemoteError};
use crate::process::worker::{Role, SupervisorLink};
use crate::runtime::sys::process::{exit_now, thread_cpu_time};
use crate::triage::difference::Difference;
use crate::triage::differential::{Checked, Figures, Mismatch, STACK_BYTES, bounds, check};
use crate::triage::observe::{Observation, execute};
use crate::triage::script::script;
use crate::triage::subject::{PreparedSubject, Subject};
use crate::triage::trial::Side;
use crate::triage::value::Hash;
use crate::triage::witness::{CutReason, NamedEngine, Witness};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;
use wasmparser::{BinaryReader, FunctionBody};

/// The role of workers that generate and run modules.
pub const ROLE: Role = Role { name: "smith", data_bytes: 8 << 30, confined: false, work };

/// The generator of the modules, in place of a column's name.
pub const GENERATOR: &str = "generator";

/// The column published while the module is generated and decoded.
pub const GENERATING: usize = 0xffff;
/// The column published while waiting for the first of the other engines; the next ones follow.
pub const ASKING: usize = 0xff00;

/// The settings sent to a worker as its first message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WorkerSettings {
    /// The features that modules may use.
    pub features: Features,
    /// The columns that modules run on.
    pub choice: ColumnChoice,
    /// The other engines.
    pub engines: Vec<NamedEngine>,
    /// The time limit for one module.
    pub timeout: Duration,
    /// Whether digests are wanted.
    pub digests: bool,
    /// Injected faults; empty except in tests.
    pub faults: Vec<Fault>,
}

/// A fault that a test injects, to check that the supervisor survives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The seed of the module at which it strikes.
    pub seed: u64,
    /// The index of the column at whose beginning it strikes.
    pub column: usize,
    /// The effect.
    pub kind: FaultKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
/// The effect of an injected defect.
pub enum FaultKind {
    /// Aborts the process.
    Abort,
    /// Sleeps forever.
    Hang,
    /// Panics.
    Panic,
}

impl Fault {
    fn act(self) {
        match self.kind {
            FaultKind::Abort => std::process::abort(),
            FaultKind::Hang => loop {
                std::thread::sleep(Duration::from_secs(1));
            },
            FaultKind::Panic => panic!("injected at seed {}", self.seed),
        }
    }
}

/// A message to a worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum SmithOrder {
    /// The settings for everything that follows.
    Begin(Box<WorkerSettings>),
    /// Run these seeds.
    Run(Vec<u64>),
    /// Run a seed on the reference alone, and write its behaviour up to this step as a script.
    Script {
        /// The seed.
        seed: u64,
        /// The last step of the script.
        until: usize,
        /// The comment at the top of the script.
        title: String,
    },
    /// Begin no more modules, not even of this order.
    Stop,
}

/// A message from a worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum SmithAnswer {
    /// The figures since the last answer.
    Progress(Box<SmithTally>),
    /// A finding.
    Finding(Box<Finding>),
    /// The script that was ordered, if it could be written.
    Script(Option<String>),
    /// The reason why the run cannot continue.
    Failed(RemoteError),
    /// The order is done.
    Done,
}

/// The work done since the last answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SmithTally {
    /// The number of modules run.
    pub modules: u64,
    /// The number of modules linked against a copy of themselves.
    pub linked: u64,
    /// The number of modules compiled under the verifier and the checker.
    pub checked: u64,
    /// One for each of the other engines, or nothing.
    pub engines: Vec<EngineTally>,
    /// The digests of the modules, if they are wanted.
    pub digests: Vec<Digest>,
    /// The time spent generating modules, in nanoseconds.
    pub generate_ns: u64,
    /// The time spent decoding them, in nanoseconds.
    pub decode_ns: u64,
    /// The figures by [`Generator`].
    pub made: [GeneratorFigures; Generator::ALL.len()],
    /// The figures of the comparisons.
    pub figures: Figures,
}

/// The modules that another engine was asked about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EngineTally {
    /// The number of modules.
    pub asked: u64,
    /// The number of modules that were not compared to the end, by reason.
    pub cut: BTreeMap<CutReason, u64>,
    /// The seeds that it did not answer in time.
    pub late: Vec<u64>,
    /// The seeds on which it died, but not when it was asked again.
    pub died: Vec<u64>,
    /// How it died the last time.
    pub death: String,
    /// The CPU time spent waiting and comparing, in nanoseconds.
    pub ns: u64,
}

impl EngineTally {
    /// The number of modules that were compared to the end.
    pub fn compared(&self) -> u64 {
        self.asked - self.cut.values().sum::<u64>()
    }

    /// Whether it compared none of the modules to the end. (Having had no time is another matter.)
    pub fn is_unwitnessed(&self) -> bool {
        self.asked > 0 && self.compared() == 0 && !self.cut.contains_key(&CutReason::Late)
    }
}

impl std::ops::AddAssign<&EngineTally> for EngineTally {
    fn add_assign(&mut self, o: &EngineTally) {
        self.asked += o.asked;
        o.cut.iter().for_each(|(reason, n)| *self.cut.entry(reason.clone()).or_default() += n);
        self.late.extend(&o.late);
        self.died.extend(&o.died);
        if !o.died.is_empty() {
            self.death.clone_from(&o.death);
        }
        self.ns += o.ns;
    }
}

/// A module and its behaviour as hashes, to be compared with those that another host computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Digest {
    /// The seed.
    pub seed: u64,
    /// The hash of the module's bytes, and of those of the module that it is linked with.
    pub module: u64,
    /// See [`Observation::digest`].
    pub behavior: u64,
}

impl Digest {
    fn of(seed: u64, subject: &Subject, seen: &Observation) -> Digest {
        let mut module = Hash::new();
        module.bytes(&subject.bytes);
        subject.provider.iter().for_each(|provider| module.bytes(provider));
        Digest { seed, module: module.end(), behavior: seen.digest() }
    }
}

/// Figures for the modules of one generator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratorFigures {
    /// The number of modules.
    pub modules: u64,
    /// The number of defined functions.
    pub functions: u64,
    /// The operators of all bodies, including `end`.
    pub instructions: u64,
    /// The number of calls that drive them.
    pub calls: u64,
    /// The CPU time of all work on them, except for the oracle.
    pub ns: u64,
}

impl GeneratorFigures {
    /// Returns the figures of one module, including its provider, without its time.
    fn of(prepared: &PreparedSubject) -> GeneratorFigures {
        let operators = |module: &Module, body: &Body| {
            let reader = BinaryReader::new(&module.bytes[body.range.clone()], 0);
            let operators = FunctionBody::new(reader).get_operators_reader();
            operators.map_or(0, |operators| operators.into_iter().count() as u64)
        };
        let functions = |module: &Module| {
            let functions = module.bodies.iter().filter(|b| matches!(b.kind, BodyKind::Function(_)));
            functions.map(|body| operators(module, body)).sum::<u64>()
        };
        GeneratorFigures {
            modules: 1,
            functions: prepared.modules().map(|module| u64::from(module.num_defined_functions())).sum(),
            instructions: prepared.modules().map(|module| functions(module)).sum(),
            calls: prepared.calls.len() as u64,
            ns: 0,
        }
    }
}

impl std::ops::AddAssign for GeneratorFigures {
    fn add_assign(&mut self, o: GeneratorFigures) {
        self.modules += o.modules;
        self.functions += o.functions;
        self.instructions += o.instructions;
        self.calls += o.calls;
        self.ns += o.ns;
    }
}

/// A difference, or a defect of one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The seed of the module.
    pub seed: u64,
    /// The name of the column that differs from the reference; names of several engines that differ in the same way.
    pub column: String,
    /// The name of the reference column.
    pub reference: String,
    /// The kind of the difference; see [`crate::triage::difference::Difference::signature`].
    pub signature: String,
    /// The reference and the column; `None` if the finding is not about two columns.
    pub sides: Option<(Config, Side)>,
    /// Who is alone, and what each engine outside `column` says, one per line. Empty without other engines.
    pub witnesses: Vec<String>,
    /// The engines in `column`.
    pub engines: Vec<NamedEngine>,
    /// The engines that agree with the reference.
    pub others: Vec<NamedEngine>,
    /// The executed step, with its number: "instantiation", or a call with its arguments.
    pub what: String,
    /// The index of the step.
    pub step: usize,
    /// The reference's behaviour, as text.
    pub left: String,
    /// The column's behaviour, as text.
    pub right: String,
    /// See [`crate::triage::script`].
    pub script: Option<String>,
}

fn work(link: SupervisorLink) -> ! {
    let board = Arc::clone(&link.board);
    let last_words = Arc::clone(&board);
    // A compiler's panic is caught and sent as a finding; any other panic ends the process with this message.
    std::panic::set_hook(Box::new(move |info| {
        last_words.set_message(info.payload_as_str().unwrap_or("?").lines().next().unwrap_or_default());
    }));
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let sender = link.sender();
    let seen = move |order: &SmithOrder| _ = stop.fetch_or(matches!(order, SmithOrder::Stop), Ordering::Relaxed);
    link.serve(("modules", STACK_BYTES), seen, move |orders| {
        let Ok(SmithOrder::Begin(settings)) = orders.recv() else { exit_now(3) };
        let engines = Engines::default();
        SmithWorker { settings: *settings, board, sender, stop: stopped, engines, witnesses: Vec::new() }.work(orders);
    })
}

struct SmithWorker {
    settings: WorkerSettings,
    board: Arc<Board>,
    sender: MessageSender<SmithAnswer>,
    stop: Arc<AtomicBool>,
    engines: Engines,
    /// The other engines, once they are open.
    witnesses: Vec<Witness>,
}

impl SmithWorker {
    fn work(&mut self, orders: &Receiver<SmithOrder>) {
        while let Ok(order) = orders.recv() {
            match order {
                SmithOrder::Run(seeds) => {
                    if let Err(e) = self.open().and_then(|()| self.run(&seeds)) {
                        self.send(&SmithAnswer::Failed(RemoteError::new(&e)));
                    }
                }
                SmithOrder::Script { seed, until, title } => {
                    let answer = self.script(seed, until, &title);
                    self.send(&SmithAnswer::Script(answer));
                }
                SmithOrder::Begin(_) | SmithOrder::Stop => continue,
            }
            self.board.set_progress(None);
            self.send(&SmithAnswer::Done);
        }
    }

    fn send(&mut self, answer: &SmithAnswer) {
        if self.sender.send(answer).is_err() {
            exit_now(0);
        }
    }

    /// Opens the other engines.
    fn open(&mut self) -> Result<(), OracleError> {
        for (n, engine) in self.settings.engines.iter().enumerate().skip(self.witnesses.len()) {
            self.board.set_progress(Some((0, ASKING + n)));
            self.witnesses.push(Witness::open(&engine.name, self.settings.choice.nan, self.settings.timeout)?);
        }
        Ok(())
    }

    fn run(&mut self, seeds: &[u64]) -> Result<(), OracleError> {
        for (at, &seed) in seeds.iter().enumerate() {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let mut tally = SmithTally::default();
            let (found, ended) = self.module(seed, at, &mut tally);
            for found in found {
                self.send(&SmithAnswer::Finding(Box::new(found)));
            }
            tally.modules += 1;
            // Sent one by one: what is not sent is lost if a later module ends the process.
            self.send(&SmithAnswer::Progress(Box::new(tally)));
            ended?;
        }
        Ok(())
    }

    /// Generates and runs the module of a seed. `at` is its index in the order. Findings are returned even if another engine can
    /// no longer be asked.
    fn module(&mut self, seed: u64, at: usize, tally: &mut SmithTally) -> (Vec<Finding>, Result<(), OracleError>) {
        self.board.set_progress(Some((at, GENERATING)));
        self.board.set_message("");
        let start = thread_cpu_time();
        let subject = match generate(seed, self.settings.features, self.settings.choice.nan) {
            Ok(subject) => subject,
            Err(what) => return (vec![broken(seed, GENERATOR, what.to_string())], Ok(())),
        };
        let generated = thread_cpu_time();
        let prepared = match subject.prepare() {
            Ok(prepared) => prepared,
            Err(what) => return (vec![broken(seed, "invalid", what.to_string())], Ok(())),
        };
        tally.generate_ns += (generated - start).as_nanos() as u64;
        let decoded = thread_cpu_time();
        tally.decode_ns += (decoded - generated).as_nanos() as u64;
        let made = GeneratorFigures::of(&prepared);
        let counted = thread_cpu_time();
        let columns = match self.engines.columns(self.settings.choice.of(seed)) {
            Ok(columns) => columns,
            Err(e) => return (vec![broken(seed, "engine", e.to_string())], Ok(())),
        };
        tally.linked += u64::from(prepared.provider.is_some());
        tally.checked += u64::from(columns.iter().any(|c| c.engine.config().verify));
        let (mut asked, mut ended) = (Vec::with_capacity(self.witnesses.len()), Ok(()));
        for (n, witness) in self.witnesses.iter_mut().enumerate() {
            self.board.set_progress(Some((at, ASKING + n)));
            match witness.ask(&prepared) {
                Ok(job) => asked.push(job),
                Err(e) => {
                    ended = Err(e);
                    break;
                }
            }
        }
        let board = &self.board;
        let faults = &self.settings.faults;
        let mut enter = |column| {
            board.set_progress(Some((at, column)));
            faults.iter().filter(|f| (f.seed, f.column) == (seed, column)).for_each(|f| f.act());
        };
        let Checked { mismatch, reference } = check(&prepared, &columns, &bounds(), &mut enter, &mut tally.figures);
        tally.digests.extend(self.settings.digests.then(|| Digest::of(seed, &subject, &reference)));
        let ns = (thread_cpu_time() - counted + (decoded - start)).as_nanos() as u64;
        tally.made[Generator::of(seed) as usize] += GeneratorFigures { ns, ..made };
        let mut answers = Vec::with_capacity(asked.len());
        tally.engines.resize(asked.len(), EngineTally::default());
        for (n, (witness, asked)) in self.witnesses.iter_mut().zip(&asked).enumerate() {
            let start = thread_cpu_time();
            self.board.set_progress(Some((at, ASKING + n)));
            let answer = match witness.compare(asked, &columns[0]) {
                Ok(answer) => answer,
                Err(e) => {
                    ended = Err(e);
                    break;
                }
            };
            let tally = &mut tally.engines[n];
            tally.asked += 1;
            if let Some(how) = witness.death() {
                tally.died.push(seed);
                tally.death = how.to_string();
            }
            if let Err(cut) = &answer {
                *tally.cut.entry(cut.clone()).or_default() += 1;
                tally.late.extend((*cut == CutReason::Late).then_some(seed));
            }
            tally.ns += (thread_cpu_time() - start).as_nanos() as u64;
            answers.push(answer);
        }
        let engines = &self.settings.engines;
        let config = |column: usize| columns[column].engine.config().clone();
        let reference = &columns[0].name;
        let finding = |column: String, difference: Difference, side: Side| Finding {
            seed,
            column,
            reference: reference.clone(),
            signature: difference.signature(),
            sides: Some((config(0), side)),
            witnesses: Vec::new(),
            engines: Vec::new(),
            others: Vec::new(),
            what: prepared.step_name(difference.step),
            step: difference.step,
            left: difference.left,
            right: difference.right,
            script: None,
        };
        let mut found: Vec<Finding> = Vec::new();
        if let Some(Mismatch { column, difference }) = mismatch {
            let all = witnesses::statements(engines, &answers, reference, &[]);
            let side = Side::Backend(config(column));
            found.push(Finding { witnesses: all, ..finding(columns[column].name.clone(), difference, side) });
        }
        for group in witnesses::groups(&answers) {
            let named: Vec<NamedEngine> = group.engines.iter().map(|&n| engines[n].clone()).collect();
            let column = named.iter().map(|engine| engine.label.as_str()).collect::<Vec<_>>().join(", ");
            let side = Side::Engine { name: named[0].name.clone(), nan: self.settings.choice.nan };
            let witnesses = witnesses::statements(engines, &answers, reference, &group.engines);
            let difference = group.difference.clone();
            let agreeing = engines.iter().zip(&answers).filter(|(_, answer)| **answer == Ok(None));
            let others = agreeing.map(|(engine, _)| engine.clone()).collect();
            found.push(Finding { witnesses, engines: named, others, ..finding(column, difference, side) });
        }
        if found.is_empty() {
            return (found, ended);
        }
        if let Some((prepared, seen)) = self.reference(&subject) {
            for found in &mut found {
                let title = found.title(self.settings.features);
                found.script = script(&prepared, &seen, found.step, &title, self.settings.choice.nan).ok();
            }
        }
        (found, ended)
    }

    fn script(&mut self, seed: u64, until: usize, title: &str) -> Option<String> {
        let subject = generate(seed, self.settings.features, self.settings.choice.nan).ok()?;
        let (prepared, seen) = self.reference(&subject)?;
        script(&prepared, &seen, until.min(prepared.calls.len()), title, self.settings.choice.nan).ok()
    }

    fn reference(&mut self, subject: &Subject) -> Option<(PreparedSubject, Observation)> {
        let prepared = subject.prepare().ok()?;
        let config = Config { nan: self.settings.choice.nan, ..self.settings.choice.columns.first()?.clone() };
        let column = self.engines.columns(vec![config]).ok()?.pop()?;
        let seen = execute(&prepared, &column.engine, &bounds());
        Some((prepared, seen))
    }
}

impl Finding {
    /// Returns a summary in several lines.
    pub fn title(&self, features: Features) -> String {
        let witnesses: String = self.witnesses.iter().map(|line| format!("{line}\n")).collect();
        format!(
            "seed {}: {}\n{}\n{}: {}\n{}: {}\n{witnesses}features: {}",
            self.seed,
            self.signature,
            self.what,
            self.reference,
            self.left,
            self.column,
            self.right,
            features.names()
        )
    }
}

/// Returns a finding that needs no comparison.
fn broken(seed: u64, signature: &str, what: String) -> Finding {
    Finding {
        seed,
        column: "all".into(),
        reference: "all".into(),
        signature: signature.into(),
        sides: None,
        witnesses: Vec::new(),
        engines: Vec::new(),
        others: Vec::new(),
        what: "the module".into(),
        step: 0,
        left: "a valid module".into(),
        right: what,
        script: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(reason: CutReason, n: u64) -> EngineTally {
        EngineTally { asked: n, cut: [(reason, n)].into(), ..EngineTally::default() }
    }

    #[test]
    fn tallies_of_an_engine_are_sums() {
        let mut all = EngineTally { asked: 5, ns: 1, ..EngineTally::default() };
        all += &cut(CutReason::Heap, 2);
        let died = |seed: u64, how: &str| EngineTally {
            asked: 1,
            late: vec![seed + 10],
            died: vec![seed],
            death: how.into(),
            ns: 2,
            ..EngineTally::default()
        };
        all += &died(1, "SIGSEGV");
        all += &died(2, "SIGABRT");
        all += &cut(CutReason::Heap, 1);
        all += &cut(CutReason::Stack, 1);
        let expected = EngineTally {
            asked: 11,
            cut: [(CutReason::Heap, 3), (CutReason::Stack, 1)].into(),
            late: vec![11, 12],
            died: vec![1, 2],
            death: "SIGABRT".into(),
            ns: 5,
        };
        assert_eq!(all, expected);
        assert_eq!(all.compared(), 7);
    }

    /// An engine that was never asked, or was only late, may still be a witness.
    #[test]
    fn an_engine_that_compared_nothing_is_no_witness() {
        let one = EngineTally { asked: 1, ..EngineTally::default() };
        let mut two = one.clone();
        two += &cut(CutReason::Heap, 1);
        for (tally, is_unwitnessed) in [
            (EngineTally::default(), false),
            (one, false),
            (two, false),
            (cut(CutReason::Heap, 2), true),
            (cut(CutReason::Late, 1), false),
        ] {
            assert_eq!(tally.is_unwitnessed(), is_unwitnessed, "{tally:?}");
        }
    }
}
