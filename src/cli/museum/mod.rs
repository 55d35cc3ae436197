//! `wasmoon museum`: plants each historic bug, tries every means of finding it, one at a time, and tabulates.
//!
//! Everything planted runs in child processes of this executable, which may crash or hang as they like. What is known of a
//! bug is kept in a file of its own, so that an interrupted run goes on where it was.

mod child;
mod figures;
mod page;
mod trial;

use super::{Failed, NOT_AS_EXPECTED, OK, say};
use crate::museum::{BUGS, Entry, Means, VARIABLE, find};
use figures::Fingerprint;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Plant historic bugs, one at a time, and see which means find them
///
/// For each bug: the share of the suite's functions whose code it changes, then the means (suite, wast-extra, checker,
/// smith), then whether bisect names the right function and stage, and to what size reduce gets the case.
#[derive(clap::Args)]
#[command(after_help = "Results are kept in target/museum/, a file a bug, and used again: --again starts anew. \
    WASMOON_PLANT=NAME or --plant NAME plants a bug in any other command.\n\nExit status: 0 if every bug was found and \
    bisected, 1 if not, 2 usage, input or output at fault.\n\nExamples:\n  wasmoon museum --list\n  wasmoon museum \
    licm-trap --means smith --time 120\n  wasmoon museum --markdown docs/museum.md")]
pub struct Args {
    /// Bugs [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Means to try: suite, wast-extra, checker, smith
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = parse_means)]
    means: Vec<Means>,
    /// Longest time for one means
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    time: u64,
    /// Processes at a time in each means
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: u16,
    /// Write the table
    #[arg(long, value_name = "OUT")]
    markdown: Option<PathBuf>,
    /// Do not use results of earlier runs
    #[arg(long)]
    again: bool,
    /// Neither bisect nor reduce
    #[arg(long)]
    find_only: bool,
    /// List the bugs and end
    #[arg(long)]
    list: bool,
    /// Print a hash of each function's code over the suite, or over these scripts, and end
    #[arg(long, hide = true)]
    fingerprint: bool,
}

fn parse_means(text: &str) -> Result<Means, String> {
    let names = || Means::ALL.map(Means::name).join(", ");
    Means::ALL.into_iter().find(|m| m.name() == text).ok_or_else(|| format!("there are {}", names()))
}

/// What is known of a bug.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Known {
    /// Functions of the suite whose code it changes, and all.
    changed: Option<(usize, usize)>,
    found: Vec<Found>,
    bisected: Option<Bisected>,
    reduced: Option<Reduced>,
}

/// What a means did.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Found {
    means: String,
    found: bool,
    seconds: f64,
    /// What showed it, or why nothing did.
    what: String,
    /// A script that shows it, and the line.
    example: Option<(PathBuf, u32)>,
}

/// What bisection says.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Bisected {
    /// As it was printed; empty if there was nothing to be bisected.
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
    /// The result passes without the bug.
    passes_without: bool,
    seconds: f64,
}

/// Where results are kept.
const FOLDER: &str = "target/museum";

/// Sees to `--plant`: the bug is in the environment, for worker processes too, when this returns.
///
/// # Errors
/// There is no such bug, or the process cannot be started anew.
pub fn plant(name: Option<&str>) -> Result<(), Failed> {
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

pub fn run(args: Args) -> Result<u8, Failed> {
    if args.fingerprint {
        let files: Vec<PathBuf> = args.names.iter().map(PathBuf::from).collect();
        say(&figures::fingerprint(&files)?.text())?;
        return Ok(OK);
    }
    let bugs: Vec<&'static Entry> = match &args.names[..] {
        [] => BUGS.iter().collect(),
        names => names.iter().map(|name| find(name)).collect::<Result<_, _>>()?,
    };
    if args.list {
        let line = |e: &&Entry| format!("{:22}{:12}{}\n", e.name, e.stage, e.source);
        say(&bugs.iter().map(line).collect::<String>())?;
        return Ok(OK);
    }
    if std::env::var_os(VARIABLE).is_some() {
        return Err(format!("{VARIABLE} is set: this command plants the bugs itself"));
    }
    let means = if args.means.is_empty() { Means::ALL.to_vec() } else { args.means.clone() };
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(bugs.len() as u64) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} bugs {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    let mut runner = Runner { args: &args, means: &means, bar: &bar, plain: None };
    let mut rows: Vec<(&'static Entry, Known)> = Vec::new();
    for &entry in &bugs {
        let known = runner.bug(entry)?;
        bar.suspend(|| say(&page::line(entry, &known)))?;
        rows.push((entry, known));
        bar.inc(1);
    }
    bar.finish_and_clear();
    let totals = page::Totals::of(&rows);
    say(&totals.text())?;
    if let Some(out) = &args.markdown {
        write_whole(out, &page::markdown(&rows, args.time))?;
    }
    Ok(if totals.is_fine() { OK } else { NOT_AS_EXPECTED })
}

/// Writes a file in one piece.
fn write_whole(path: &Path, text: &str) -> Result<(), Failed> {
    let failed = |e: std::io::Error| format!("{}: {e}", path.display());
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}

struct Runner<'a> {
    args: &'a Args,
    means: &'a [Means],
    bar: &'a ProgressBar,
    /// The suite's code without any bug.
    plain: Option<Fingerprint>,
}

impl Runner<'_> {
    /// All that is asked about a bug, as far as it is not known yet.
    fn bug(&mut self, entry: &Entry) -> Result<Known, Failed> {
        let path = Path::new(FOLDER).join(format!("{}.json", entry.name));
        let mut known: Known = match std::fs::read(&path) {
            Ok(text) if !self.args.again => {
                serde_json::from_slice(&text).map_err(|e| format!("{}: {e}; --again starts anew", path.display()))?
            }
            _ => Known::default(),
        };
        let limit = Duration::from_secs(self.args.time);
        let keep = |known: &Known| {
            let text = serde_json::to_string_pretty(known).map_err(|e| e.to_string())?;
            write_whole(&path, &text)
        };
        if known.changed.is_none() {
            self.tell(entry, "code changed");
            if self.plain.is_none() {
                self.plain = Some(Fingerprint::of(None, &[])?);
            }
            let plain = self.plain.as_ref().expect("just made");
            known.changed = Some((Fingerprint::of(Some(entry.name), &[])?.changed(plain).len(), plain.len()));
            keep(&known)?;
        }
        for &means in self.means {
            if known.found.iter().any(|f| f.means == means.name()) {
                continue;
            }
            self.tell(entry, means.name());
            known.found.push(trial::find(entry, means, limit, self.args.jobs, Path::new(FOLDER))?);
            keep(&known)?;
        }
        if self.args.find_only {
            return Ok(known);
        }
        // The smallest examples first: those of our own scripts.
        let order = [Means::Extra, Means::Smith, Means::Suite];
        let found = |m: &Means| known.found.iter().find(|f| f.means == m.name());
        let Some(example) = order.iter().filter_map(found).find_map(|f| f.example.clone()) else { return Ok(known) };
        if known.bisected.is_none() {
            self.tell(entry, "bisect");
            known.bisected = Some(trial::bisect(entry, &example, limit)?);
            keep(&known)?;
        }
        if known.reduced.is_none() {
            self.tell(entry, "reduce");
            known.reduced = Some(trial::reduce(entry, &example, limit, Path::new(FOLDER))?);
            keep(&known)?;
        }
        Ok(known)
    }

    fn tell(&self, entry: &Entry, what: &str) {
        self.bar.set_message(format!("{}: {what}", entry.name));
    }
}
