//! Hands seeds to workers and collects what they find. What kills a worker, or keeps it busy for too long, is a finding
//! of the seed and the column that it was at; then another one goes on behind it.

use super::columns::Choice;
use super::features::Features;
use super::generate::generate;
use super::witness::longest;
use super::worker::{ASKING, Answer, Fault, Found, GENERATING, Order, Settings, Tally, VARIABLE};
use crate::conformance::supervise::child::{self, ended_by};
use crate::triage::observe::column_name;
use crate::triage::subject::Subject;
use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
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
    /// Planted defects; none but in tests.
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

enum Told {
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
        let (sender, told) = channel();
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
                    Err(what) => _ = sender.send(Told::Failed(what)),
                }
            });
        }
        drop(sender);
        for told in told {
            let result = match told {
                Told::Tally(tally) => {
                    add(&mut summary.tally, &tally);
                    sink(News::Progress(&summary))
                }
                Told::Found(found) => {
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
                Told::Failed(what) => Err(what),
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
    sender: &'a Sender<Told>,
    worker: Option<Worker>,
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
            let told = match answer {
                Answer::Progress(tally) => {
                    counted += tally.modules;
                    Told::Tally(tally)
                }
                Answer::Finding(found) => Told::Found(found),
                Answer::Failed(what) => return failed = Some(what),
                Answer::Script(_) | Answer::Done => return,
            };
            // The receiver outlives all jobs.
            let _ = sender.send(told);
        });
        if let Some(what) = failed {
            return Err(what);
        }
        self.modules += count;
        let Ended::Died { at, what } = ended else { return Ok(counted) };
        let Some((place, column)) = at else {
            return Err(format!("a worker died while it did nothing: {what}"));
        };
        self.worker = None;
        self.modules = 0;
        let seed = first + place as u64;
        self.crashed(seed, column, &what)?;
        let through = place as u64 + 1;
        // What the worker had not told yet is counted at least as modules.
        let _ = sender.send(Told::Tally(Box::new(Tally { modules: through - counted, ..Tally::default() })));
        Ok(through)
    }

    fn worker(&mut self) -> Result<&mut Worker, String> {
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
            self.worker = Some(Worker::start(&executable, &settings)?);
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
            if matches!(ended, Ended::Died { .. }) {
                self.worker = None;
            }
            found.script = script;
        }
        let _ = self.sender.send(Told::Found(Box::new(found)));
        Ok(())
    }
}

enum Ended {
    Done,
    /// At this place of the order and column.
    Died {
        at: Option<(usize, usize)>,
        what: String,
    },
}

/// A worker process.
struct Worker {
    process: child::Worker,
    /// Bytes of an answer that has not arrived whole.
    pending: Vec<u8>,
}

impl Worker {
    fn start(executable: &Path, settings: &Settings) -> Result<Worker, String> {
        let failed = |e: std::io::Error| format!("cannot start a worker: {e}");
        let process = child::Worker::start(executable, VARIABLE, Stdio::null(), POLL).map_err(failed)?;
        let mut worker = Worker { process, pending: Vec::new() };
        worker.send(&serde_json::to_string(settings).expect("settings are plain data")).map_err(failed)?;
        Ok(worker)
    }

    fn send(&mut self, line: &str) -> std::io::Result<()> {
        self.process.socket.write_all(format!("{line}\n").as_bytes())
    }

    /// Gives an order and hands on the answers until it is done.
    fn order(&mut self, order: &Order, plan: &Plan, hear: &mut dyn FnMut(Answer)) -> Ended {
        let line = serde_json::to_string(order).expect("orders are plain data");
        if self.send(&line).is_err() {
            return self.died(None);
        }
        let (mut ticks, mut since) = (self.process.board.ticks(), Instant::now());
        let mut stopped = false;
        let mut buffer = [0; 16 << 10];
        loop {
            if !stopped && plan.stop.load(Ordering::Relaxed) {
                stopped = true;
                // A worker that cannot be told is dead, which is seen where it is read from.
                let _ = self.send(&serde_json::to_string(&Order::Stop).expect("orders are plain data"));
            }
            match self.process.socket.read(&mut buffer) {
                Ok(0) => return self.died(None),
                Ok(n) => self.pending.extend_from_slice(&buffer[..n]),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
                Err(_) => return self.died(None),
            }
            while let Some(end) = self.pending.iter().position(|&b| b == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                match serde_json::from_slice(&line) {
                    Ok(Answer::Done) => return Ended::Done,
                    Ok(answer) => hear(answer),
                    Err(_) => return self.died(Some("a worker's answer makes no sense".into())),
                }
            }
            let (now, at) = (self.process.board.ticks(), self.process.board.progress());
            // Another engine has a clock of its own, which the worker looks at.
            let timeout = if matches!(at, Some((_, ASKING))) { longest(plan.timeout) } else { plan.timeout };
            if now != ticks {
                (ticks, since) = (now, Instant::now());
            } else if since.elapsed() > timeout {
                return self.died(Some("timeout".into()));
            }
        }
    }

    /// Ends the process, if it has not ended, and says what of.
    fn died(&mut self, why: Option<String>) -> Ended {
        let at = self.process.board.progress();
        if why.is_some() {
            self.process.kill();
        }
        let status = self.process.wait();
        let what = why.unwrap_or_else(|| {
            let name = ended_by(status);
            match self.process.board.message() {
                Some(message) if !message.is_empty() => format!("crash({name}): {message}"),
                _ => format!("crash({name})"),
            }
        });
        Ended::Died { at, what }
    }
}
