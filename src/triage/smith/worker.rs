//! The process that generates and runs modules: this same executable, started again by the supervisor. It says what it
//! is at in memory that both map, so that a crash has a seed and a column.

use super::columns::{Choice, Engines};
use super::features::Features;
use super::generate::{Maker, generate};
use super::witness::{Cut, Witness};
use crate::engine::Config;
use crate::module::{Body, BodyKind, Module};
use crate::process::board::Board;
use crate::process::channel::MessageSender;
use crate::process::worker::{Role, SupervisorLink};
use crate::runtime::sys::process::{exit_now, thread_cpu_time};
use crate::triage::differential::{Figures, Mismatch, STACK_BYTES, bounds, check};
use crate::triage::observe::{Observation, execute};
use crate::triage::script::script;
use crate::triage::subject::{Prepared, Subject};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};
use wasmparser::{BinaryReader, FunctionBody};

/// Workers that generate and run modules.
pub const ROLE: Role = Role { name: "smith", data_bytes: 8 << 30, work };

/// How often figures are sent.
const REPORT: Duration = Duration::from_millis(50);
/// The column of the board while the module is generated and decoded.
pub const GENERATING: usize = 0xffff;
/// The column of the board while another engine is waited for.
pub const ASKING: usize = 0xfffe;

/// What a worker is sent once, first of all.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    pub features: Features,
    pub choice: Choice,
    /// Another engine, by the name that `oracle` knows.
    pub oracle: Option<String>,
    /// What it may take for one module.
    pub timeout: Duration,
    /// Injected faults; none except in tests.
    pub faults: Vec<Fault>,
}

/// A fault that a test injects, to see the supervisor survive it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub seed: u64,
    /// Place of the column at whose beginning it acts.
    pub column: usize,
    pub kind: FaultKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultKind {
    Abort,
    Hang,
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

/// A message to a worker: what it is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Order {
    /// The settings of all that follows.
    Begin(Box<Settings>),
    /// Run these seeds.
    Run { first: u64, count: u64 },
    /// Run a seed on the reference alone, and write what it does as a script, as far as this step.
    Script { seed: u64, until: usize, title: String },
    /// Begin no more modules, of this order either.
    Stop,
}

/// A message from a worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Answer {
    Progress(Box<Tally>),
    Finding(Box<Found>),
    Script(Option<String>),
    /// The run cannot go on: why.
    Failed(String),
    /// The order is done.
    Done,
}

/// What was done since the last answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    pub modules: u64,
    /// Modules that were linked against a copy of themselves.
    pub linked: u64,
    /// Modules that were compiled under verifier and checker.
    pub checked: u64,
    /// Modules that another engine was asked about, and those that were not compared with it to the end, by [`Cut`].
    pub witnessed: u64,
    pub cut: [u64; Cut::COUNT],
    /// Seeds of those that it gave no answer for in time.
    pub late: Vec<u64>,
    pub oracle_ns: u64,
    pub generate_ns: u64,
    pub decode_ns: u64,
    /// By [`Maker`].
    pub made: [Made; 2],
    pub figures: Figures,
}

/// Modules of one maker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    pub modules: u64,
    pub functions: u64,
    /// Operators of all bodies, `end` included.
    pub instructions: u64,
    pub calls: u64,
    /// CPU time of all that was done with them, the oracle excepted.
    pub ns: u64,
}

impl Made {
    /// What a module adds, its provider included, without its time.
    fn of(prepared: &Prepared) -> Made {
        let operators = |module: &Module, body: &Body| {
            let reader = BinaryReader::new(&module.bytes[body.range.clone()], 0);
            let operators = FunctionBody::new(reader).get_operators_reader();
            operators.map_or(0, |operators| operators.into_iter().count() as u64)
        };
        let functions = |module: &Module| {
            let functions = module.bodies.iter().filter(|b| matches!(b.kind, BodyKind::Function(_)));
            functions.map(|body| operators(module, body)).sum::<u64>()
        };
        Made {
            modules: 1,
            functions: prepared.modules().map(|module| u64::from(module.num_defined_functions())).sum(),
            instructions: prepared.modules().map(|module| functions(module)).sum(),
            calls: prepared.calls.len() as u64,
            ns: 0,
        }
    }
}

impl std::ops::AddAssign for Made {
    fn add_assign(&mut self, o: Made) {
        self.modules += o.modules;
        self.functions += o.functions;
        self.instructions += o.instructions;
        self.calls += o.calls;
        self.ns += o.ns;
    }
}

/// A difference, or a defect of one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    pub seed: u64,
    /// Name of the column that differs from the reference, and of the reference.
    pub column: String,
    pub reference: String,
    pub signature: String,
    /// Configurations of the two, if both are columns of this program.
    pub configs: Option<(Config, Config)>,
    /// What was executed: "instantiation", a call with its arguments. With its number.
    pub what: String,
    pub step: usize,
    pub left: String,
    pub right: String,
    /// See [`crate::triage::script`].
    pub script: Option<String>,
}

fn work(link: SupervisorLink) -> ! {
    let board = Arc::clone(&link.board);
    let last_words = Arc::clone(&board);
    // Panics of a compiler are caught and sent as findings; others end the process, which leaves these words.
    std::panic::set_hook(Box::new(move |info| {
        last_words.set_message(info.payload_as_str().unwrap_or("?").lines().next().unwrap_or_default());
    }));
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let sender = link.sender();
    let seen = move |order: &Order| _ = stop.fetch_or(matches!(order, Order::Stop), Ordering::Relaxed);
    link.serve(("modules", STACK_BYTES), seen, move |orders| {
        let Ok(Order::Begin(settings)) = orders.recv() else { exit_now(3) };
        let engines = Engines::default();
        SmithWorker { settings: *settings, board, sender, stop: stopped, engines, witness: None }.work(orders);
    })
}

struct SmithWorker {
    settings: Settings,
    board: Arc<Board>,
    sender: MessageSender<Answer>,
    stop: Arc<AtomicBool>,
    engines: Engines,
    witness: Option<Witness>,
}

impl SmithWorker {
    fn work(&mut self, orders: &Receiver<Order>) {
        while let Ok(order) = orders.recv() {
            match order {
                Order::Run { first, count } => {
                    if let Err(what) = self.open().and_then(|()| self.run(first, count)) {
                        self.send(&Answer::Failed(what));
                    }
                }
                Order::Script { seed, until, title } => {
                    let answer = self.script(seed, until, &title);
                    self.send(&Answer::Script(answer));
                }
                Order::Begin(_) | Order::Stop => continue,
            }
            self.board.set_progress(None);
            self.send(&Answer::Done);
        }
    }

    fn send(&mut self, answer: &Answer) {
        if self.sender.send(answer).is_err() {
            exit_now(0);
        }
    }

    /// Opens the other engine, if one is asked for.
    fn open(&mut self) -> Result<(), String> {
        if let (None, Some(name)) = (&self.witness, &self.settings.oracle) {
            self.board.set_progress(Some((0, ASKING)));
            self.witness =
                Some(Witness::open(name, self.settings.choice.nan, self.settings.timeout).map_err(|e| e.to_string())?);
        }
        Ok(())
    }

    fn run(&mut self, first: u64, count: u64) -> Result<(), String> {
        let (mut tally, mut reported) = (Tally::default(), Instant::now());
        for seed in first..first + count {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            if let Some(found) = self.module(seed, (seed - first) as usize, &mut tally)? {
                self.send(&Answer::Finding(Box::new(found)));
            }
            tally.modules += 1;
            if reported.elapsed() >= REPORT {
                self.send(&Answer::Progress(Box::new(std::mem::take(&mut tally))));
                reported = Instant::now();
            }
        }
        self.send(&Answer::Progress(Box::new(tally)));
        Ok(())
    }

    /// Generates and runs the module of a seed. `at` is its place in the order.
    fn module(&mut self, seed: u64, at: usize, tally: &mut Tally) -> Result<Option<Found>, String> {
        self.board.set_progress(Some((at, GENERATING)));
        self.board.set_message("");
        let start = thread_cpu_time();
        let subject = match generate(seed, self.settings.features, self.settings.choice.nan) {
            Ok(subject) => subject,
            Err(what) => return Ok(Some(broken(seed, "generator", what))),
        };
        let generated = thread_cpu_time();
        let prepared = match subject.prepare() {
            Ok(prepared) => prepared,
            Err(what) => return Ok(Some(broken(seed, "invalid", what))),
        };
        tally.generate_ns += (generated - start).as_nanos() as u64;
        let decoded = thread_cpu_time();
        tally.decode_ns += (decoded - generated).as_nanos() as u64;
        let made = Made::of(&prepared);
        let counted = thread_cpu_time();
        let columns = match self.engines.columns(self.settings.choice.of(seed)) {
            Ok(columns) => columns,
            Err(what) => return Ok(Some(broken(seed, "engine", what))),
        };
        tally.linked += u64::from(prepared.provider.is_some());
        tally.checked += u64::from(columns.iter().any(|c| c.engine.config().verify));
        let asked = match &mut self.witness {
            Some(witness) => {
                self.board.set_progress(Some((at, ASKING)));
                Some(witness.ask(&prepared).map_err(|e| e.to_string())?)
            }
            None => None,
        };
        let board = &self.board;
        let faults = &self.settings.faults;
        let mut enter = |column| {
            board.set_progress(Some((at, column)));
            faults.iter().filter(|f| (f.seed, f.column) == (seed, column)).for_each(|f| f.act());
        };
        let found = check(&prepared, &columns, &bounds(), &mut enter, &mut tally.figures);
        let ns = (thread_cpu_time() - counted + (decoded - start)).as_nanos() as u64;
        tally.made[Maker::of(seed) as usize] += Made { ns, ..made };
        let mut found = found.map(|Mismatch { column, difference }| (columns[column].name.clone(), difference));
        if let (Some(asked), Some(witness)) = (asked, &mut self.witness) {
            let start = thread_cpu_time();
            self.board.set_progress(Some((at, ASKING)));
            let seen = witness.compare(&asked, &columns[0]).map_err(|e| e.to_string())?;
            tally.witnessed += 1;
            if let Err(cut) = seen {
                tally.cut[cut as usize] += 1;
                tally.late.extend((cut == Cut::Late).then_some(seed));
            }
            tally.oracle_ns += (thread_cpu_time() - start).as_nanos() as u64;
            let seen = seen.ok().flatten();
            found = found.or(seen.map(|difference| (witness.identity().name.clone(), difference)));
        }
        let Some((column, difference)) = found else { return Ok(None) };
        let config = |c: &crate::triage::differential::Column| c.engine.config().clone();
        let found = Found {
            seed,
            configs: columns.iter().find(|c| c.name == column).map(|c| (config(&columns[0]), config(c))),
            column,
            reference: columns[0].name.clone(),
            signature: difference.signature(),
            what: prepared.step_name(difference.step),
            step: difference.step,
            left: difference.left,
            right: difference.right,
            script: None,
        };
        let script = self.reference(&subject).and_then(|(prepared, seen)| {
            script(&prepared, &seen, found.step, &found.title(self.settings.features), self.settings.choice.nan).ok()
        });
        Ok(Some(Found { script, ..found }))
    }

    fn script(&mut self, seed: u64, until: usize, title: &str) -> Option<String> {
        let subject = generate(seed, self.settings.features, self.settings.choice.nan).ok()?;
        let (prepared, seen) = self.reference(&subject)?;
        script(&prepared, &seen, until.min(prepared.calls.len()), title, self.settings.choice.nan).ok()
    }

    fn reference(&mut self, subject: &Subject) -> Option<(Prepared, Observation)> {
        let prepared = subject.prepare().ok()?;
        let config = Config { nan: self.settings.choice.nan, ..self.settings.choice.columns.first()?.clone() };
        let column = self.engines.columns(vec![config]).ok()?.pop()?;
        let seen = execute(&prepared, &column.engine, &bounds());
        Some((prepared, seen))
    }
}

impl Found {
    /// What a person reads first, in several lines.
    pub fn title(&self, features: Features) -> String {
        format!(
            "seed {}: {}\n{}\n{}: {}\n{}: {}\nfeatures: {}",
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

/// Something that is wrong before anything is compared.
fn broken(seed: u64, signature: &str, what: String) -> Found {
    Found {
        seed,
        column: "all".into(),
        reference: "all".into(),
        signature: signature.into(),
        configs: None,
        what: "the module".into(),
        step: 0,
        left: "a valid module".into(),
        right: what,
        script: None,
    }
}
