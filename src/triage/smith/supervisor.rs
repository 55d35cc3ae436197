//! Hands seeds to workers and collects what they find. What kills a worker, or keeps it busy for too long, is a finding
//! of the seed and the column that it was at; then another one goes on behind it.

use super::columns::Choice;
use super::features::Features;
use super::generate::generate;
use super::witness::longest;
use super::worker::{ASKING, Answer, Fault, Found, GENERATING, Order, ROLE, Settings, Tally};
use crate::process::channel::ChannelError;
use crate::process::worker::{StartError, Worker};
use crate::triage::observe::column_name;
use crate::triage::subject::Subject;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

/// Seeds that a worker is given at a time.
const CHUNK: u64 = 32;
/// Modules after which a worker is replaced: types, once registered, are never forgotten.
const LIFE: u64 = 8192;
/// How often it is looked whether a worker makes progress.
const POLL: Duration = Duration::from_millis(100);
/// Findings of one signature and column that are stored; more of them say nothing new.
pub const KEPT: u64 = 5;
/// Findings after which a run ends: then something is thoroughly broken.
const MAX_FINDINGS: u64 = 500;

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub first: u64,
    /// `None`: until time is up.
    pub count: Option<u64>,
    pub time: Option<Duration>,
    pub jobs: usize,
    pub features: Features,
    pub choice: Choice,
    /// Another engine to hold the reference against.
    pub oracle: Option<String>,
    /// Injected faults; none except in tests.
    pub faults: Vec<Fault>,
    /// For one module on one column.
    pub timeout: Duration,
    /// Executable of the workers, if not this one.
    pub worker: Option<PathBuf>,
    /// Set from outside (Ctrl-C): modules that are under way end, none is begun.
    pub stop: Arc<AtomicBool>,
}

impl Plan {
    /// So many modules from a seed on, on what all backends support, with a worker a core.
    pub fn new(first: u64, count: u64) -> Plan {
        Plan {
            first,
            count: Some(count),
            time: None,
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            features: Features::supported(),
            choice: Choice::default(),
            oracle: None,
            faults: Vec::new(),
            timeout: Duration::from_secs(10),
            worker: None,
            stop: Arc::new(AtomicBool::new(false)),
        }
    }
}

/// A run, done.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub tally: Tally,
    pub findings: u64,
    /// By signature and column.
    pub kinds: HashMap<(String, String), u64>,
    pub wall: Duration,
    /// The first seed that was not run; all before it were.
    pub next: u64,
    pub stopped: bool,
    /// Ended early because of too many findings.
    pub gave_up: bool,
}

/// News of a run.
pub enum News<'a> {
    /// Modules done so far, and findings.
    Progress(&'a Summary),
    /// A finding, and its subject (if it could be generated); only the first few of a kind.
    Finding(&'a Found, Option<&'a Subject>),
}

/// News of one job.
enum JobNews {
    Tally(Box<Tally>),
    Found(Box<Found>),
    Failed(String),
}

/// Runs a plan. `sink` is called on the calling thread; what it fails with ends the run.
///
/// # Errors
/// When workers cannot be started, or `sink` fails.
pub fn run(plan: &Plan, sink: &mut dyn FnMut(News<'_>) -> Result<(), String>) -> Result<Summary, String> {
    let start = Instant::now();
    let end = plan.count.map_or(u64::MAX, |n| plan.first.saturating_add(n));
    let next = AtomicU64::new(plan.first);
    let (halt, rest) = (AtomicBool::new(false), AtomicU64::new(u64::MAX));
    let mut summary = Summary::default();
    let mut failure = None;
    std::thread::scope(|scope| {
        let (sender, news) = channel();
        for _ in 0..plan.jobs {
            let (sender, next, halt, rest) = (sender.clone(), &next, &halt, &rest);
            scope.spawn(move || {
                let more = || {
                    let over = plan.time.is_some_and(|t| start.elapsed() >= t);
                    let stop = halt.load(Ordering::Relaxed) || plan.stop.load(Ordering::Relaxed);
                    if over || stop {
                        return None;
                    }
                    let first = next.fetch_add(CHUNK, Ordering::Relaxed);
                    (first < end).then(|| (first, CHUNK.min(end - first)))
                };
                match (Job { plan, sender: &sender, worker: None, modules: 0 }).work(more) {
                    Ok(seed) => _ = rest.fetch_min(seed, Ordering::Relaxed),
                    Err(what) => _ = sender.send(JobNews::Failed(what)),
                }
            });
        }
        drop(sender);
        for news in news {
            let result = match news {
                JobNews::Tally(tally) => {
                    add(&mut summary.tally, &tally);
                    sink(News::Progress(&summary))
                }
                JobNews::Found(found) => {
                    summary.findings += 1;
                    let kind = (found.signature.clone(), found.column.clone());
                    let seen = summary.kinds.entry(kind).or_default();
                    *seen += 1;
                    let keep = *seen <= KEPT;
                    if summary.findings >= MAX_FINDINGS {
                        summary.gave_up = true;
                        halt.store(true, Ordering::Relaxed);
                    }
                    let subject = if keep && found.signature != "generator" {
                        generate(found.seed, plan.features, plan.choice.nan).ok()
                    } else {
                        None
                    };
                    if keep { sink(News::Finding(&found, subject.as_ref())) } else { Ok(()) }
                }
                JobNews::Failed(what) => Err(what),
            };
            if let Err(what) = result {
                failure.get_or_insert(what);
                halt.store(true, Ordering::Relaxed);
            }
        }
    });
    if let Some(what) = failure {
        return Err(what);
    }
    summary.wall = start.elapsed();
    summary.next = next.load(Ordering::Relaxed).min(rest.load(Ordering::Relaxed)).min(end);
    summary.stopped = plan.stop.load(Ordering::Relaxed) && summary.next < end;
    Ok(summary)
}

fn add(total: &mut Tally, part: &Tally) {
    total.modules += part.modules;
    total.linked += part.linked;
    total.checked += part.checked;
    total.witnessed += part.witnessed;
    total.cut.iter_mut().zip(part.cut).for_each(|(total, part)| *total += part);
    total.late.extend(&part.late);
    total.oracle_ns += part.oracle_ns;
    total.generate_ns += part.generate_ns;
    total.decode_ns += part.decode_ns;
    total.made.iter_mut().zip(part.made).for_each(|(total, part)| *total += part);
    total.figures += &part.figures;
}

/// One thread with its worker.
struct Job<'a> {
    plan: &'a Plan,
    sender: &'a Sender<JobNews>,
    worker: Option<SmithWorker>,
    /// Modules that the present worker has run.
    modules: u64,
}

impl Job<'_> {
    /// Runs all that there is; the first seed that it was given and did not run.
    fn work(&mut self, mut more: impl FnMut() -> Option<(u64, u64)>) -> Result<u64, String> {
        while let Some((mut first, mut count)) = more() {
            while count > 0 {
                if self.plan.stop.load(Ordering::Relaxed) {
                    return Ok(first);
                }
                let done = self.chunk(first, count)?;
                first += done;
                count -= done;
            }
        }
        Ok(u64::MAX)
    }

    /// Runs seeds until the worker is done with them, is stopped or dies; how many it was through with.
    fn chunk(&mut self, first: u64, count: u64) -> Result<u64, String> {
        if self.modules >= LIFE {
            self.worker = None;
        }
        let (sender, plan) = (self.sender, self.plan);
        let worker = self.worker()?;
        let (mut counted, mut failed) = (0, None);
        let ended = worker.order(&Order::Run { first, count }, plan, &mut |answer| {
            let news = match answer {
                Answer::Progress(tally) => {
                    counted += tally.modules;
                    JobNews::Tally(tally)
                }
                Answer::Finding(found) => JobNews::Found(found),
                Answer::Failed(what) => return failed = Some(what),
                Answer::Script(_) | Answer::Done => return,
            };
            // The receiver outlives all jobs.
            let _ = sender.send(news);
        });
        if let Some(what) = failed {
            return Err(what);
        }
        self.modules += count;
        let OrderEnd::Died { at, what } = ended else { return Ok(counted) };
        let Some((place, column)) = at else {
            return Err(format!("a worker died while it did nothing: {what}"));
        };
        self.worker = None;
        self.modules = 0;
        let seed = first + place as u64;
        self.crashed(seed, column, &what)?;
        let through = place as u64 + 1;
        // What the worker had not sent yet is counted at least as modules.
        let _ = sender.send(JobNews::Tally(Box::new(Tally { modules: through - counted, ..Tally::default() })));
        Ok(through)
    }

    fn worker(&mut self) -> Result<&mut SmithWorker, String> {
        if self.worker.is_none() {
            let plan = self.plan;
            let executable = plan.worker.clone().unwrap_or_else(|| PathBuf::from("/proc/self/exe"));
            let settings = Settings {
                features: plan.features,
                choice: plan.choice.clone(),
                oracle: plan.oracle.clone(),
                timeout: plan.timeout,
                faults: plan.faults.clone(),
            };
            self.worker = Some(SmithWorker::start(&executable, settings).map_err(|e| e.to_string())?);
            self.modules = 0;
        }
        Ok(self.worker.as_mut().expect("just made"))
    }

    /// A worker died at this seed and column.
    fn crashed(&mut self, seed: u64, column: usize, what: &str) -> Result<(), String> {
        let plan = self.plan;
        let configs = plan.choice.of(seed);
        let names: Vec<String> = configs.iter().map(column_name).collect();
        let name = match column {
            GENERATING => "generator".to_string(),
            ASKING => plan.oracle.clone().unwrap_or_default(),
            _ => names.get(column).cloned().unwrap_or_else(|| format!("column {column}")),
        };
        let words: Vec<&str> =
            what.split_whitespace().take_while(|w| !w.contains(|c: char| c.is_ascii_digit())).collect();
        let mut found = Found {
            seed,
            column: name,
            reference: names.first().cloned().unwrap_or_default(),
            signature: words.join(" "),
            configs: configs.first().cloned().zip(configs.get(column).cloned()),
            what: "the module".into(),
            step: usize::MAX,
            left: "nothing of the kind".into(),
            right: what.to_string(),
            script: None,
        };
        if column != 0 && column != GENERATING {
            let order = Order::Script { seed, until: usize::MAX, title: found.title(plan.features) };
            let mut script = None;
            let ended = self.worker()?.order(&order, plan, &mut |answer| {
                if let Answer::Script(text) = answer {
                    script = text;
                }
            });
            if matches!(ended, OrderEnd::Died { .. }) {
                self.worker = None;
            }
            found.script = script;
        }
        let _ = self.sender.send(JobNews::Found(Box::new(found)));
        Ok(())
    }
}

enum OrderEnd {
    Done,
    /// At this place of the order and column.
    Died {
        at: Option<(usize, usize)>,
        what: String,
    },
}

/// A worker process.
struct SmithWorker {
    process: Worker<Order, Answer>,
}

impl SmithWorker {
    fn start(executable: &Path, settings: Settings) -> Result<SmithWorker, StartError> {
        let mut process = Worker::start(executable, &ROLE, Stdio::null(), POLL)?;
        // A worker that died already is found out with the first order.
        let _ = process.sender.send(&Order::Begin(Box::new(settings)));
        Ok(SmithWorker { process })
    }

    /// Gives an order and hands on the answers until it is done.
    fn order(&mut self, order: &Order, plan: &Plan, hear: &mut dyn FnMut(Answer)) -> OrderEnd {
        if self.process.sender.send(order).is_err() {
            return self.died(None);
        }
        self.process.rest();
        let mut stopped = false;
        loop {
            if !stopped && plan.stop.load(Ordering::Relaxed) {
                stopped = true;
                // A worker that cannot be reached is dead, which is seen where it is read from.
                let _ = self.process.sender.send(&Order::Stop);
            }
            match self.process.receiver.poll() {
                Ok(Some(Answer::Done)) => return OrderEnd::Done,
                Ok(Some(answer)) => hear(answer),
                Ok(None) => {}
                Err(ChannelError::Message(_)) => return self.died(Some("a worker's answer makes no sense".into())),
                Err(ChannelError::Closed | ChannelError::Io(_)) => return self.died(None),
            }
            // Another engine has a clock of its own, which the worker looks at.
            let at = self.process.board.progress();
            let timeout = if matches!(at, Some((_, ASKING))) { longest(plan.timeout) } else { plan.timeout };
            if self.process.idle() > timeout {
                return self.died(Some("timeout".into()));
            }
        }
    }

    /// Ends the process, if it has not ended, and says what of.
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
