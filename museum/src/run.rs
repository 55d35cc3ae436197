//! A run over the bugs: each is planted, every means of finding it is tried, one at a time, then the result is bisected and
//! reduced.
//!
//! Everything with a bug runs in child processes of this executable, which may crash or hang as they like. Several bugs are
//! tried at once, each in one process at a time. The results of a bug are kept in a file of its own, with the name of
//! the build: an interrupted run continues, and never with the results of another build.

use crate::code::{self, Code};
use crate::error::MuseumError;
use crate::means;
use crate::patches::{Bug, Means};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;
use wasmoon::conformance::read::suite::Suite;
use wasmoon::process::spawn::own_program;
use wasmoon::triage::value::Hash;
use wasmoon::triage::{FileError, write_whole};

/// The settings of a run.
#[derive(Clone, Debug)]
pub struct Settings {
    pub means: Vec<Means>,
    /// Processor time for one means.
    pub time: Duration,
    /// Random modules.
    pub modules: u64,
    /// Bugs at a time.
    pub jobs: usize,
    /// Ignore the results of an earlier run of this build.
    pub again: bool,
    /// Neither bisect nor reduce.
    pub find_only: bool,
    /// Where results are kept.
    pub folder: PathBuf,
}

/// The results for one bug, as far as they are known.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BugResults {
    /// The build, and what else the results depend on.
    pub build: String,
    pub code: Option<Code>,
    pub found: Vec<MeansResult>,
    pub bisected: Option<Bisected>,
    pub reduced: Option<Reduced>,
}

/// The result of one means.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MeansResult {
    pub means: String,
    pub found: bool,
    /// Processor time.
    pub seconds: f64,
    /// What showed it, or why nothing did.
    pub what: String,
    pub example: Option<Directive>,
}

/// A directive that shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Directive {
    pub script: PathBuf,
    pub line: u32,
    /// The value of `--mode` under which it does, if functions have to be replaced.
    pub mode: Option<String>,
}

/// The result of bisection.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bisected {
    /// As it was printed.
    pub function: String,
    pub stage: String,
    /// Whether the bug changes the code of that function.
    pub right_function: bool,
    pub right_stage: bool,
    pub seconds: f64,
}

/// The result of reduction.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reduced {
    pub instructions: Option<u32>,
    pub fails_with: bool,
    pub passes_without: bool,
    pub seconds: f64,
}

impl Reduced {
    /// A script that fails with the bug, and because of it.
    pub fn is_sound(&self) -> bool {
        self.fails_with && self.passes_without
    }
}

/// News of a run.
pub enum News<'a> {
    /// The step that begins for a bug.
    Doing(&'static Bug, &'static str),
    Done(&'static Bug, &'a BugResults),
}

/// A name of this build: a hash of the executable.
///
/// # Errors
/// It cannot be read.
pub fn build_name() -> Result<String, MuseumError> {
    let bytes = std::fs::read(own_program()).map_err(MuseumError::Executable)?;
    let mut hash = Hash::new();
    hash.bytes(&bytes);
    Ok(format!("{:016x}", hash.end()))
}

/// Tries all of these bugs, and returns their results, in their order.
///
/// # Errors
/// Something cannot be started, read or written; or the first of `sink`.
pub fn run(
    bugs: &[&'static Bug],
    settings: &Settings,
    sink: &mut dyn FnMut(News<'_>) -> Result<(), MuseumError>,
) -> Result<Vec<(&'static Bug, BugResults)>, MuseumError> {
    let build = format!("{}, {} random modules, {} s", build_name()?, settings.modules, settings.time.as_secs());
    let suite = Suite::embedded()?;
    let folder = &settings.folder;
    std::fs::create_dir_all(folder).map_err(|source| FileError { path: folder.clone(), source })?;
    let trial =
        means::Trial { suite: &suite, limit: settings.time, modules: settings.modules, folder: &settings.folder };
    let plain = settings.folder.join(format!("plain-{}.json", build_name()?));
    let (next, halt) = (AtomicUsize::new(0), AtomicBool::new(false));
    // The code without a bug is made once, by the first thread that needs it.
    let making = Mutex::new(());
    let mut known: Vec<Option<BugResults>> = vec![None; bugs.len()];
    let mut failure = None;
    std::thread::scope(|scope| {
        let (sender, events) = channel();
        for _ in 0..settings.jobs.max(1) {
            let (sender, next, halt) = (sender.clone(), &next, &halt);
            let runner = Runner { settings, trial: &trial, build: &build, plain: &plain, making: &making };
            scope.spawn(move || {
                while !halt.load(Ordering::Relaxed) {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(&bug) = bugs.get(at) else { return };
                    let begin = |what| drop(sender.send(Event::Doing(bug, what)));
                    // The receiver lives as long as there are senders.
                    drop(sender.send(Event::Done(at, Box::new(runner.bug(bug, &begin)))));
                }
            });
        }
        drop(sender);
        for event in events {
            let result = match event {
                Event::Doing(bug, what) => sink(News::Doing(bug, what)),
                Event::Done(at, result) => match *result {
                    Ok(result) => {
                        let known = known[at].insert(result);
                        sink(News::Done(bugs[at], known))
                    }
                    Err(e) => Err(MuseumError::Bug { bug: bugs[at].name, source: Box::new(e) }),
                },
            };
            if let Err(e) = result {
                halt.store(true, Ordering::Relaxed);
                failure.get_or_insert(e);
            }
        }
    });
    match failure {
        Some(e) => Err(e),
        None => Ok(bugs.iter().copied().zip(known.into_iter().flatten()).collect()),
    }
}

enum Event {
    Doing(&'static Bug, &'static str),
    /// Number of the bug.
    Done(usize, Box<Result<BugResults, MuseumError>>),
}

struct Runner<'a> {
    settings: &'a Settings,
    trial: &'a means::Trial<'a>,
    build: &'a str,
    plain: &'a Path,
    making: &'a Mutex<()>,
}

impl Runner<'_> {
    /// All that is asked about a bug, as far as it is not known yet.
    fn bug(&self, bug: &Bug, begin: &dyn Fn(&'static str)) -> Result<BugResults, MuseumError> {
        let path = self.settings.folder.join(format!("{}.json", bug.name));
        let earlier = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice::<BugResults>(&text).ok());
        let mut known = earlier
            .filter(|known| !self.settings.again && known.build == self.build)
            .unwrap_or_else(|| BugResults { build: self.build.into(), ..BugResults::default() });
        let keep = |known: &BugResults| {
            let text = serde_json::to_string_pretty(known)?;
            Ok::<_, MuseumError>(write_whole(&path, &text)?)
        };
        let code = match &known.code {
            Some(code) => code.clone(),
            None => {
                begin("code");
                let held = self.making.lock().unwrap_or_else(|e| e.into_inner());
                let first = (!self.plain.exists()).then_some(held);
                let code = code::of(bug.name, self.plain, &[])?;
                drop(first);
                known.code = Some(code.clone());
                keep(&known)?;
                code
            }
        };
        for &means in &self.settings.means {
            if known.found.iter().any(|f| f.means == means.name()) {
                continue;
            }
            begin(means.name());
            known.found.push(self.trial.find(bug, means, &code)?);
            keep(&known)?;
        }
        if self.settings.find_only {
            return Ok(known);
        }
        // The smallest examples first: those of our own scripts.
        let order = [Means::Extra, Means::Smith, Means::Suite];
        let found = |m: &Means| known.found.iter().find(|f| f.means == m.name());
        let examples: Vec<Directive> = order.iter().filter_map(found).filter_map(|f| f.example.clone()).collect();
        let Some(example) = examples.first() else { return Ok(known) };
        // Both take the interpreter for right, and need the backends to disagree.
        if !bug.is_compiled() && !bug.is_replacement() {
            return Ok(known);
        }
        if known.bisected.is_none() {
            begin("bisect");
            known.bisected = Some(self.trial.bisect(bug, example)?);
            keep(&known)?;
        }
        // Not every script can be made a module of its own: then another one that shows it.
        for example in &examples {
            if known.reduced.as_ref().is_some_and(Reduced::is_sound) {
                break;
            }
            begin("reduce");
            let reduced = self.trial.reduce(bug, example)?;
            let before = known.reduced.as_ref().map_or(0.0, |r| r.seconds);
            known.reduced = Some(Reduced { seconds: before + reduced.seconds, ..reduced });
            keep(&known)?;
        }
        Ok(known)
    }
}
