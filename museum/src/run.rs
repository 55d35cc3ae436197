//! The museum's run: plants each historic bug, tries every means of finding it, one at a time, then has what was found
//! bisected and reduced.
//!
//! | file | inside |
//! |---|---|
//! | `child` | this executable as a child process, bounded by processor time |
//! | `code` | what a bug changes of the code, and what the compiler's own checks say |
//! | `means` | one means tried; bisection and reduction |
//! | `page` | what is known, as lines and as a page |
//!
//! Everything planted runs in child processes of this executable, which may crash or hang as they like. Several bugs are
//! tried at once, each in one process at a time. What is known of a bug is kept in a file of its own with the build that
//! it is about: a run that was interrupted goes on where it was, and never with what another build did.

mod child;
pub mod code;
mod means;
pub mod page;

use crate::conformance::suite::Suite;
use crate::museum::{Entry, Means, VARIABLE, find};
use crate::triage::value::Hash;
use crate::triage::write_whole;
use code::Code;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

/// What a run does.
#[derive(Clone, Debug)]
pub struct Settings {
    pub means: Vec<Means>,
    /// Processor time for one means.
    pub time: Duration,
    /// Random modules.
    pub modules: u64,
    /// Bugs at a time.
    pub jobs: usize,
    /// Do not use what an earlier run of this build found.
    pub again: bool,
    /// Neither bisect nor reduce.
    pub find_only: bool,
    /// Where results are kept.
    pub folder: PathBuf,
}

/// What is known of a bug.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Known {
    /// The build, and what else the results depend on.
    build: String,
    code: Option<Code>,
    found: Vec<Found>,
    bisected: Option<Bisected>,
    reduced: Option<Reduced>,
}

/// What a means did.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Found {
    means: String,
    found: bool,
    /// Processor time.
    seconds: f64,
    /// What showed it, or why nothing did.
    what: String,
    example: Option<Place>,
}

/// A directive that shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Place {
    script: PathBuf,
    line: u32,
}

/// What bisection says.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Bisected {
    /// As it was printed.
    function: String,
    stage: String,
    /// Whether the bug changes the code of that function.
    right_function: bool,
    right_stage: bool,
    seconds: f64,
}

/// What `reduce` got it to.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Reduced {
    instructions: Option<u32>,
    fails_with: bool,
    passes_without: bool,
    seconds: f64,
}

impl Reduced {
    /// A script that fails with the bug, and because of it.
    fn is_sound(&self) -> bool {
        self.fails_with && self.passes_without
    }
}

/// News of a run.
pub enum News<'a> {
    /// What is being done about a bug.
    Doing(&'static Entry, &'static str),
    Done(&'static Entry, &'a Known),
}

/// Sees to `--plant`: the bug is in the environment, for worker processes too, when this returns.
///
/// # Errors
/// There is no such bug, or the process cannot be started anew.
pub fn plant(name: Option<&str>) -> Result<(), String> {
    if let Ok(named) = std::env::var(VARIABLE)
        && !named.is_empty()
    {
        find(&named).map_err(|e| format!("{VARIABLE}: {e}"))?;
    }
    let Some(name) = name else { return Ok(()) };
    find(name)?;
    if std::env::var(VARIABLE).as_deref() == Ok(name) {
        return Ok(());
    }
    // Changing one's own environment is for single-threaded programs; a new image has it from the start.
    use std::os::unix::process::CommandExt;
    let e = child::command().args(std::env::args_os().skip(1)).env(VARIABLE, name).exec();
    Err(format!("cannot start anew with the bug planted: {e}"))
}

/// A name of this build: a hash of the executable.
///
/// # Errors
/// It cannot be read.
pub fn build_name() -> Result<String, String> {
    let bytes = std::fs::read("/proc/self/exe").map_err(|e| format!("this executable: {e}"))?;
    let mut hash = Hash::new();
    hash.bytes(&bytes);
    Ok(format!("{:016x}", hash.end()))
}

/// Tries all of these bugs, and returns what is known of them, in their order.
///
/// # Errors
/// Something cannot be started, read or written; or the first of `sink`.
pub fn run(
    bugs: &[&'static Entry],
    settings: &Settings,
    sink: &mut dyn FnMut(News<'_>) -> Result<(), String>,
) -> Result<Vec<(&'static Entry, Known)>, String> {
    let build = format!("{}, {} random modules, {} s", build_name()?, settings.modules, settings.time.as_secs());
    let suite = Suite::embedded()?;
    std::fs::create_dir_all(&settings.folder).map_err(|e| format!("{}: {e}", settings.folder.display()))?;
    let trial =
        means::Trial { suite: &suite, limit: settings.time, modules: settings.modules, folder: &settings.folder };
    let plain = settings.folder.join(format!("plain-{}.json", build_name()?));
    let (next, halt) = (AtomicUsize::new(0), AtomicBool::new(false));
    // The code without a bug is made once, by whoever needs it first.
    let making = Mutex::new(());
    let mut known: Vec<Option<Known>> = vec![None; bugs.len()];
    let mut failure = None;
    std::thread::scope(|scope| {
        let (sender, told) = channel();
        for _ in 0..settings.jobs.max(1) {
            let (sender, next, halt) = (sender.clone(), &next, &halt);
            let runner = Runner { settings, trial: &trial, build: &build, plain: &plain, making: &making };
            scope.spawn(move || {
                while !halt.load(Ordering::Relaxed) {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(&entry) = bugs.get(at) else { return };
                    let tell = |what| drop(sender.send(Told::Doing(entry, what)));
                    // Somebody listens as long as there are senders.
                    drop(sender.send(Told::Done(at, Box::new(runner.bug(entry, &tell)))));
                }
            });
        }
        drop(sender);
        for told in told {
            let result = match told {
                Told::Doing(entry, what) => sink(News::Doing(entry, what)),
                Told::Done(at, result) => match *result {
                    Ok(result) => {
                        let known = known[at].insert(result);
                        sink(News::Done(bugs[at], known))
                    }
                    Err(why) => Err(format!("{}: {why}", bugs[at].name)),
                },
            };
            if let Err(why) = result {
                halt.store(true, Ordering::Relaxed);
                failure.get_or_insert(why);
            }
        }
    });
    match failure {
        Some(why) => Err(why),
        None => Ok(bugs.iter().copied().zip(known.into_iter().flatten()).collect()),
    }
}

enum Told {
    Doing(&'static Entry, &'static str),
    /// Number of the bug.
    Done(usize, Box<Result<Known, String>>),
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
    fn bug(&self, entry: &Entry, tell: &dyn Fn(&'static str)) -> Result<Known, String> {
        let path = self.settings.folder.join(format!("{}.json", entry.name));
        let earlier = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice::<Known>(&text).ok());
        let mut known = earlier
            .filter(|known| !self.settings.again && known.build == self.build)
            .unwrap_or_else(|| Known { build: self.build.into(), ..Known::default() });
        let keep = |known: &Known| {
            let text = serde_json::to_string_pretty(known).map_err(|e| e.to_string())?;
            write_whole(&path, &text)
        };
        let code = match &known.code {
            Some(code) => code.clone(),
            None => {
                tell("code");
                let held = self.making.lock().unwrap_or_else(|e| e.into_inner());
                let first = (!self.plain.exists()).then_some(held);
                let code = code::of(entry.name, self.plain, &[])?;
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
            tell(means.name());
            known.found.push(self.trial.find(entry, means, &code)?);
            keep(&known)?;
        }
        if self.settings.find_only {
            return Ok(known);
        }
        // The smallest examples first: those of our own scripts.
        let order = [Means::Extra, Means::Smith, Means::Suite];
        let found = |m: &Means| known.found.iter().find(|f| f.means == m.name());
        let examples: Vec<Place> = order.iter().filter_map(found).filter_map(|f| f.example.clone()).collect();
        let Some(example) = examples.first() else { return Ok(known) };
        if known.bisected.is_none() {
            tell("bisect");
            known.bisected = Some(self.trial.bisect(entry, example)?);
            keep(&known)?;
        }
        // Not every script can be made a module of its own: then another one that shows it.
        for example in &examples {
            if known.reduced.as_ref().is_some_and(Reduced::is_sound) {
                break;
            }
            tell("reduce");
            let reduced = self.trial.reduce(entry, example)?;
            let before = known.reduced.as_ref().map_or(0.0, |r| r.seconds);
            known.reduced = Some(Reduced { seconds: before + reduced.seconds, ..reduced });
            keep(&known)?;
        }
        Ok(known)
    }
}
