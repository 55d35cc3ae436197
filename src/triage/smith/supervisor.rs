//! Hands seeds to workers and collects their findings. If a worker dies or takes too long, that is a finding of its
//! current seed and column; then another worker continues after that seed.

use super::columns::ColumnChoice;
use super::features::Features;
use super::generate::generate;
use super::worker::{
    ASKING, EngineTally, Fault, Finding, GENERATING, GENERATOR, ROLE, SmithAnswer, SmithOrder, SmithTally,
    WorkerSettings,
};
use crate::process::channel::{ChannelError, RemoteError};
use crate::process::spawn::own_program;
use crate::process::worker::{StartError, Worker};
use crate::triage::observe::column_name;
use crate::triage::subject::Subject;
use crate::triage::trial::Side;
use crate::triage::witness::{NamedEngine, longest};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

/// The number of seeds given to a worker at a time.
const CHUNK: u64 = 32;
/// The number of modules after which a worker is replaced: types, once registered, are never freed.
const LIFE: u64 = 8192;
/// The interval at which a worker's progress is checked.
const POLL: Duration = Duration::from_millis(100);
/// The number of workers in a row that may die between two modules: something that kills one of them, such as a lack of memory,
/// rarely kills the next.
const IDLE_DEATHS: u32 = 3;
/// The number of stored findings per signature and column; more of them add nothing new.
pub const KEPT: u64 = 5;
/// The number of findings after which a run ends: something must be thoroughly broken. Only the first few findings of a kind
/// count if they are in other engines.
const MAX_FINDINGS: u64 = 500;

/// The seeds of a run, in the order in which they are begun.
#[derive(Clone, Debug)]
pub enum Seeds {
    /// A seed and those after it.
    From {
        /// The first seed.
        first: u64,
        /// Their number; `None` for as many as fit in the time limit.
        count: Option<u64>,
    },
    /// These seeds.
    Listed(Vec<u64>),
}

impl Seeds {
    /// The number of seeds, if it is known.
    pub fn count(&self) -> Option<u64> {
        match self {
            Seeds::From { count, .. } => *count,
            Seeds::Listed(list) => Some(list.len() as u64),
        }
    }

    /// The maximum number of seeds.
    fn most(&self) -> u64 {
        match self {
            Seeds::From { first, count } => count.unwrap_or(u64::MAX).min((u64::MAX - first).saturating_add(1)),
            Seeds::Listed(list) => list.len() as u64,
        }
    }

    /// Up to `count` seeds from this position on; none after the last.
    fn some(&self, place: u64, count: u64) -> Vec<u64> {
        let places = place.min(self.most())..place.saturating_add(count).min(self.most());
        match self {
            Seeds::From { first, .. } => places.map(|place| first + place).collect(),
            Seeds::Listed(list) => list[places.start as usize..places.end as usize].to_vec(),
        }
    }
}

/// The settings of a run.
#[derive(Clone, Debug)]
pub struct SmithPlan {
    /// The seeds.
    pub seeds: Seeds,
    /// The time limit of the run.
    pub time: Option<Duration>,
    /// The number of workers.
    pub jobs: usize,
    /// The features that modules may use.
    pub features: Features,
    /// The columns that modules run on.
    pub choice: ColumnChoice,
    /// Other engines to compare with the reference.
    pub engines: Vec<NamedEngine>,
    /// Whether the summary has digests.
    pub digests: bool,
    /// Injected faults; empty except in tests.
    pub faults: Vec<Fault>,
    /// The time limit for one module on one column.
    pub timeout: Duration,
    /// The executable of the workers, if it is not this one.
    pub worker: Option<PathBuf>,
    /// Set from outside (Ctrl-C): modules in progress are completed, and no others begin.
    pub stop: Arc<AtomicBool>,
}

impl SmithPlan {
    /// Returns a plan for `count` modules from the seed `first` on, with the features that all backends support and one
    /// worker per core.
    pub fn new(first: u64, count: u64) -> SmithPlan {
        SmithPlan {
            seeds: Seeds::From { first, count: Some(count) },
            time: None,
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            features: Features::supported(),
            choice: ColumnChoice::default(),
            engines: Vec::new(),
            digests: false,
            faults: Vec::new(),
            timeout: Duration::from_secs(10),
            worker: None,
            stop: Arc::new(AtomicBool::new(false)),
        }
    }
}

/// The result of a run.
#[derive(Clone, Debug, Default)]
pub struct SmithSummary {
    /// The work done.
    pub tally: SmithTally,
    /// The number of findings.
    pub findings: u64,
    /// The number of findings by signature and column.
    pub kinds: HashMap<(String, String), u64>,
    /// The wall-clock time of the run.
    pub wall: Duration,
    /// The number of seeds that were begun: these are the first ones.
    pub begun: u64,
    /// The number of seeds up to the last one that was begun. If a run ends early, some before it may not have been begun.
    pub reached: u64,
    /// Whether the run was interrupted.
    pub stopped: bool,
    /// Whether the run ended early because of too many findings.
    pub gave_up: bool,
}

/// An event of a run.
pub enum SmithNews<'a> {
    /// The number of modules so far, and findings.
    Progress(&'a SmithSummary),
    /// A finding, and its subject (if it could be generated); only the first few of a kind.
    Finding(&'a Finding, Option<&'a Subject>),
}

/// The reason why a run cannot continue.
#[derive(Debug, thiserror::Error)]
pub enum SmithError {
    /// A worker cannot be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A worker cannot go on.
    #[error(transparent)]
    Worker(#[from] RemoteError),
    /// Several workers in a row died between two modules; the cause of the last death.
    #[error("a worker died while idle: {0}")]
    DiedIdle(String),
}

/// The failure of a run that cannot continue.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct SmithFailure {
    /// The reason.
    #[source]
    pub error: SmithError,
    /// The results up to then.
    pub summary: Box<SmithSummary>,
}

/// An event of one job.
enum JobNews {
    Tally(Box<SmithTally>),
    Finding(Box<Finding>),
    Failed(SmithError),
}

/// Runs a plan. `sink` is called on the calling thread; `Break` ends the run once the modules in progress are completed.
///
/// # Errors
/// See [`SmithError`].
pub fn run(
    plan: &SmithPlan,
    sink: &mut dyn FnMut(SmithNews<'_>) -> ControlFlow<()>,
) -> Result<SmithSummary, SmithFailure> {
    let start = Instant::now();
    let (next, reached) = (AtomicU64::new(0), AtomicU64::new(0));
    let (halt, rest) = (AtomicBool::new(false), AtomicU64::new(u64::MAX));
    let over = || {
        let late = plan.time.is_some_and(|t| start.elapsed() >= t);
        late || halt.load(Ordering::Relaxed) || plan.stop.load(Ordering::Relaxed)
    };
    let mut summary = SmithSummary::default();
    let mut heavy = 0;
    let mut failure = None;
    std::thread::scope(|scope| {
        let (sender, news) = channel();
        for _ in 0..plan.jobs {
            let (sender, next, rest, reached, over) = (sender.clone(), &next, &rest, &reached, &over);
            scope.spawn(move || {
                let more = || {
                    if over() {
                        return None;
                    }
                    let place = next.fetch_add(CHUNK, Ordering::Relaxed);
                    Some((place, plan.seeds.some(place, CHUNK))).filter(|(_, seeds)| !seeds.is_empty())
                };
                let job = Job { plan, sender: &sender, over, reached, worker: None, modules: 0, idle_deaths: 0 };
                match job.work(more) {
                    Ok(place) => _ = rest.fetch_min(place, Ordering::Relaxed),
                    Err(error) => _ = sender.send(JobNews::Failed(error)),
                }
            });
        }
        drop(sender);
        for news in news {
            let flow = match news {
                JobNews::Tally(tally) => {
                    add(&mut summary.tally, &tally);
                    sink(SmithNews::Progress(&summary))
                }
                JobNews::Finding(found) => {
                    summary.findings += 1;
                    let kind = (found.signature.clone(), found.column.clone());
                    let seen = summary.kinds.entry(kind).or_default();
                    *seen += 1;
                    let keep = *seen <= KEPT;
                    // Repeated findings about other engines do not end a run.
                    heavy += u64::from(keep || found.engines.is_empty());
                    if heavy >= MAX_FINDINGS {
                        summary.gave_up = true;
                        halt.store(true, Ordering::Relaxed);
                    }
                    // What killed the generator or its worker would happen here, too.
                    let is_made = found.signature != GENERATOR && found.column != GENERATOR;
                    let subject =
                        if keep && is_made { generate(found.seed, plan.features, plan.choice.nan).ok() } else { None };
                    if keep { sink(SmithNews::Finding(&found, subject.as_ref())) } else { ControlFlow::Continue(()) }
                }
                JobNews::Failed(error) => {
                    failure.get_or_insert(error);
                    ControlFlow::Break(())
                }
            };
            if flow.is_break() {
                halt.store(true, Ordering::Relaxed);
            }
        }
    });
    summary.wall = start.elapsed();
    summary.tally.digests.sort_unstable();
    let end = plan.seeds.most();
    summary.begun = next.load(Ordering::Relaxed).min(rest.load(Ordering::Relaxed)).min(end);
    summary.reached = reached.load(Ordering::Relaxed);
    summary.stopped = plan.stop.load(Ordering::Relaxed) && summary.begun < end;
    match failure {
        Some(error) => Err(SmithFailure { error, summary: Box::new(summary) }),
        None => Ok(summary),
    }
}

fn add(total: &mut SmithTally, part: &SmithTally) {
    total.modules += part.modules;
    total.linked += part.linked;
    total.checked += part.checked;
    total.engines.resize(total.engines.len().max(part.engines.len()), EngineTally::default());
    total.engines.iter_mut().zip(&part.engines).for_each(|(total, part)| *total += part);
    total.digests.extend(&part.digests);
    total.generate_ns += part.generate_ns;
    total.decode_ns += part.decode_ns;
    total.made.iter_mut().zip(part.made).for_each(|(total, part)| *total += part);
    total.figures += &part.figures;
}

/// One thread with its worker.
struct Job<'a> {
    plan: &'a SmithPlan,
    sender: &'a Sender<JobNews>,
    /// Returns whether no more modules should be begun.
    over: &'a (dyn Fn() -> bool + Sync),
    /// See [`SmithSummary::reached`].
    reached: &'a AtomicU64,
    worker: Option<SmithWorker>,
    /// The number of modules that the current worker has run.
    modules: u64,
    /// The number of workers in a row that died between two modules.
    idle_deaths: u32,
}

impl Job<'_> {
    /// Runs all seeds that it gets, in groups with the position of the first seed; returns the first position that it got and did
    /// not run.
    fn work(mut self, mut more: impl FnMut() -> Option<(u64, Vec<u64>)>) -> Result<u64, SmithError> {
        while let Some((place, seeds)) = more() {
            let mut done = 0;
            while done < seeds.len() {
                if (self.over)() {
                    return Ok(place + done as u64);
                }
                done += self.chunk(place + done as u64, &seeds[done..])?;
            }
        }
        Ok(u64::MAX)
    }

    /// Runs seeds, the first of them at this position, until the worker has completed them, is stopped, or dies; returns the
    /// number of completed ones.
    fn chunk(&mut self, first: u64, seeds: &[u64]) -> Result<usize, SmithError> {
        if self.modules >= LIFE {
            self.worker = None;
        }
        let (sender, plan, over, reached) = (self.sender, self.plan, self.over, self.reached);
        let worker = self.worker()?;
        let (mut counted, mut failed) = (0, None);
        let ended = worker.order(&SmithOrder::Run(seeds.to_vec()), plan, over, &mut |answer| {
            let news = match answer {
                SmithAnswer::Progress(tally) => {
                    counted += tally.modules;
                    reached.fetch_max(first + counted, Ordering::Relaxed);
                    JobNews::Tally(tally)
                }
                SmithAnswer::Finding(found) => JobNews::Finding(found),
                SmithAnswer::Failed(error) => return failed = Some(error),
                SmithAnswer::Script(_) | SmithAnswer::Done => return,
            };
            // The receiver outlives all jobs.
            let _ = sender.send(news);
        });
        if let Some(error) = failed {
            return Err(error.into());
        }
        self.modules += seeds.len() as u64;
        let OrderEnd::Died { at, what } = ended else {
            self.idle_deaths = 0;
            return Ok(counted as usize);
        };
        self.worker = None;
        self.modules = 0;
        let Some((place, column)) = at else {
            self.idle_deaths += 1;
            return if self.idle_deaths < IDLE_DEATHS { Ok(counted as usize) } else { Err(SmithError::DiedIdle(what)) };
        };
        self.idle_deaths = 0;
        self.crashed(seeds[place], column, &what)?;
        let through = place + 1;
        reached.fetch_max(first + through as u64, Ordering::Relaxed);
        // The module that killed it has no figures, but counts.
        let _ = sender
            .send(JobNews::Tally(Box::new(SmithTally { modules: through as u64 - counted, ..SmithTally::default() })));
        Ok(through)
    }

    fn worker(&mut self) -> Result<&mut SmithWorker, StartError> {
        if self.worker.is_none() {
            let plan = self.plan;
            let executable = plan.worker.clone().unwrap_or_else(own_program);
            let settings = WorkerSettings {
                features: plan.features,
                choice: plan.choice.clone(),
                engines: plan.engines.clone(),
                timeout: plan.timeout,
                digests: plan.digests,
                faults: plan.faults.clone(),
            };
            self.worker = Some(SmithWorker::start(&executable, settings)?);
            self.modules = 0;
        }
        Ok(self.worker.as_mut().expect("just made"))
    }

    /// Records the death of a worker at this seed and column.
    fn crashed(&mut self, seed: u64, column: usize, what: &str) -> Result<(), StartError> {
        let plan = self.plan;
        let configs = plan.choice.of(seed);
        let names: Vec<String> = configs.iter().map(column_name).collect();
        let name = match column {
            GENERATING => GENERATOR.to_string(),
            ASKING.. => plan.engines.get(column - ASKING).map_or_else(String::new, |engine| engine.label.clone()),
            _ => names.get(column).cloned().unwrap_or_else(|| format!("column {column}")),
        };
        let words: Vec<&str> =
            what.split_whitespace().take_while(|w| !w.contains(|c: char| c.is_ascii_digit())).collect();
        let mut found = Finding {
            seed,
            column: name,
            reference: names.first().cloned().unwrap_or_default(),
            signature: words.join(" "),
            sides: configs.first().cloned().zip(configs.get(column).cloned().map(Side::Backend)),
            witnesses: Vec::new(),
            engines: Vec::new(),
            others: Vec::new(),
            what: "the module".into(),
            step: usize::MAX,
            left: "no defect".into(),
            right: what.to_string(),
            script: None,
        };
        if column != 0 && column != GENERATING {
            let order = SmithOrder::Script { seed, until: usize::MAX, title: found.title(plan.features) };
            let mut script = None;
            let over = self.over;
            let ended = self.worker()?.order(&order, plan, over, &mut |answer| {
                if let SmithAnswer::Script(text) = answer {
                    script = text;
                }
            });
            if matches!(ended, OrderEnd::Died { .. }) {
                self.worker = None;
            }
            found.script = script;
        }
        let _ = self.sender.send(JobNews::Finding(Box::new(found)));
        Ok(())
    }
}

enum OrderEnd {
    Done,
    /// The worker died at this index within the order, and in this column.
    Died {
        at: Option<(usize, usize)>,
        what: String,
    },
}

/// A worker process.
struct SmithWorker {
    process: Worker<SmithOrder, SmithAnswer>,
}

impl SmithWorker {
    fn start(executable: &Path, settings: WorkerSettings) -> Result<SmithWorker, StartError> {
        let mut process = Worker::start(executable, &ROLE, Stdio::null(), POLL)?;
        // A dead worker is detected with the first order.
        let _ = process.sender.send(&SmithOrder::Begin(Box::new(settings)));
        Ok(SmithWorker { process })
    }

    /// Sends an order and passes on the answers until it is done. Once it is `over`, the worker begins no more modules.
    fn order(
        &mut self,
        order: &SmithOrder,
        plan: &SmithPlan,
        over: &dyn Fn() -> bool,
        hear: &mut dyn FnMut(SmithAnswer),
    ) -> OrderEnd {
        if self.process.sender.send(order).is_err() {
            return self.died(None);
        }
        self.process.rest();
        let mut stopped = false;
        loop {
            if !stopped && over() {
                stopped = true;
                // An unreachable worker is dead, which the reader detects.
                let _ = self.process.sender.send(&SmithOrder::Stop);
            }
            match self.process.receiver.poll() {
                Ok(Some(SmithAnswer::Done)) => return OrderEnd::Done,
                Ok(Some(answer)) => hear(answer),
                Ok(None) => {}
                Err(ChannelError::Message(_)) => return self.died(Some("a worker sent an invalid answer".into())),
                Err(ChannelError::Closed | ChannelError::Io(_)) => return self.died(None),
            }
            // Another engine has its own time limit, which the worker checks.
            let at = self.process.board.progress();
            let timeout =
                if matches!(at, Some((_, ASKING..GENERATING))) { longest(plan.timeout) } else { plan.timeout };
            if self.process.idle() > timeout {
                return self.died(Some("timeout".into()));
            }
        }
    }

    /// Ends the process, if it has not ended, and reports the cause.
    fn died(&mut self, why: Option<String>) -> OrderEnd {
        let at = self.process.board.progress();
        if why.is_some() {
            self.process.kill();
        }
        let end = self.process.wait();
        let what = why.unwrap_or_else(|| match self.process.board.message() {
            Some(message) if !message.is_empty() => format!("crash({end}): {message}"),
            _ => format!("crash({end})"),
        });
        OrderEnd::Died { at, what }
    }
}
