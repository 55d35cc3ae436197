//! `wasmoon-museum museum`: plants each bug, tries every means of finding it, one at a time, and tabulates.

use crate::error::{MuseumError, UnknownMeans};
use crate::patches::{BUGS, Bug, CPU, Means, VARIABLE, find};
use crate::run::{News, Settings, build_name};
use crate::{code, page};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use wasmoon::triage::write_whole;

/// Folder of everything else that a run writes.
const FOLDER: &str = "target/museum";
/// The CPU whose results need not be named after it.
const USUAL: &str = "x86_64";

#[derive(Parser)]
#[command(name = "wasmoon-museum", bin_name = "wasmoon-museum")]
enum Command {
    Museum(Args),
}

/// Plant historic bugs, one at a time, and see which means find them
///
/// For each bug: the share of the suite's functions whose code it changes, then the means (suite, wast-extra, verifier,
/// checker, smith), then whether bisect names the right function and stage, and to what size reduce gets the case.
#[derive(clap::Args)]
#[command(
    after_help = "Results are kept in target/museum/results, a file for each bug, with the build that they are of: a run that was \
    interrupted goes on where it was, another build starts anew.\n\nExit status: 0 if every bug was found by each means \
    that must find it, and bisected (but with --find-only), 1 if not, 2 for an error in usage, input or output."
)]
struct Args {
    /// Names of bugs to plant [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Means to try: suite, wast-extra, verifier, checker, smith
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = parse_means)]
    means: Vec<Means>,
    /// Limit of processor time for one means, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    time: u64,
    /// Number of random modules for `smith`
    #[arg(long, value_name = "N", default_value_t = 4000, value_parser = clap::value_parser!(u64).range(1..))]
    modules: u64,
    /// Number of bugs at a time [default: one for each core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    jobs: Option<u16>,
    /// Write the table to docs/museum.md instead of target/museum/museum.md; if the CPU is not x86_64, to
    /// docs/museum-CPU.md
    #[arg(long, conflicts_with = "names")]
    page: bool,
    /// Only the bugs of this CPU's own code
    #[arg(long, conflicts_with = "names")]
    own: bool,
    /// Name of the build on the page, besides a hash of it
    #[arg(long, value_name = "TEXT", default_value = "an unnamed tree")]
    build: String,
    /// Ignore the results of earlier runs
    #[arg(long)]
    again: bool,
    /// Neither bisect nor reduce
    #[arg(long)]
    find_only: bool,
    /// Write hashes of all code to a file, or print what differs from them if a bug is planted, and end
    #[arg(long, value_name = "FILE", hide = true)]
    code: Option<PathBuf>,
}

/// Prints an error message; the status of wrong usage.
pub fn refuse(message: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "error: {message}");
    ExitCode::from(2)
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let Command::Museum(args) = Command::parse();
    match run(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(e) => refuse(&e.to_string()),
    }
}

fn say(text: &str) -> Result<(), MuseumError> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(MuseumError::Stdout)
}

fn parse_means(text: &str) -> Result<Means, UnknownMeans> {
    Means::of(text).ok_or(UnknownMeans)
}

/// A name of its own for what there is for each CPU.
fn of_cpu(name: &str) -> String {
    if CPU == USUAL { name.to_string() } else { format!("{name}-{CPU}") }
}

/// Whether everything is as it should be.
fn run(args: &Args) -> Result<bool, MuseumError> {
    let planted = std::env::var_os(VARIABLE).is_some_and(|name| !name.is_empty());
    if let Some(file) = &args.code {
        let scripts: Vec<PathBuf> = args.names.iter().map(PathBuf::from).collect();
        let code = code::compare(file, &scripts, planted)?;
        say(&serde_json::to_string(&code)?)?;
        return Ok(true);
    }
    let bugs: Vec<&'static Bug> = match &args.names[..] {
        [] => BUGS.iter().collect(),
        names => names.iter().map(|name| find(name)).collect::<Result<_, _>>()?,
    };
    let (bugs, elsewhere): (Vec<&'static Bug>, Vec<&'static Bug>) = bugs.into_iter().partition(|bug| bug.is_here());
    let bugs: Vec<&'static Bug> = bugs.into_iter().filter(|bug| !args.own || bug.target.is_some()).collect();
    if planted {
        return Err(MuseumError::Planted);
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let settings = Settings {
        means: if args.means.is_empty() { Means::ALL.to_vec() } else { args.means.clone() },
        time: Duration::from_secs(args.time),
        modules: args.modules,
        jobs: args.jobs.map_or(cores, usize::from),
        again: args.again,
        find_only: args.find_only,
        folder: Path::new(FOLDER).join(of_cpu("results")),
    };
    let start = Instant::now();
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(bugs.len() as u64) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} bugs {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    let mut doing = BTreeMap::new();
    let rows = crate::run::run(&bugs, &settings, &mut |news| {
        match news {
            News::Doing(bug, what) => drop(doing.insert(bug.name, what)),
            News::Done(bug, known) => {
                doing.remove(bug.name);
                bar.inc(1);
                bar.suspend(|| say(&page::line(bug, known)))?;
            }
        }
        let now: Vec<String> = doing.iter().map(|(name, what)| format!("{name}: {what}")).collect();
        bar.set_message(now.join(", "));
        Ok(())
    });
    bar.finish_and_clear();
    let (rows, totals) = rows.map(|rows| {
        let totals = page::Totals::of(&rows, &elsewhere);
        (rows, totals)
    })?;
    say(&format!(
        "{}{:.0} s by the clock, {} bugs at a time\n",
        totals.text(),
        start.elapsed().as_secs_f64(),
        settings.jobs
    ))?;
    if args.names.is_empty() {
        let build = format!("{} (executable {})", args.build, build_name()?);
        let means = format!("at most {} s, and {} random modules", args.time, args.modules);
        let folder = Path::new(if args.page { "docs" } else { FOLDER });
        let page = page::markdown(&rows, &elsewhere, &build, &means);
        write_whole(&folder.join(of_cpu("museum") + ".md"), &page)?;
    }
    Ok(totals.is_fine(args.find_only))
}
