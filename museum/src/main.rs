//! `wasmoon museum`: plants each historic bug, tries every means of finding it, one at a time, and tabulates.

use super::{Failed, NOT_AS_EXPECTED, OK, say};
use crate::museum::{BUGS, Entry, Means, VARIABLE, find};
use crate::triage::museum::{News, Settings, build_name, code, page, run as run_museum};
use crate::triage::write_whole;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Plant historic bugs, one at a time, and see which means find them
///
/// For each bug: the share of the suite's functions whose code it changes, then the means (suite, wast-extra, verifier,
/// checker, smith), then whether bisect names the right function and stage, and to what size reduce gets the case.
#[derive(clap::Args)]
#[command(
    after_help = "Results are kept in target/museum/, a file a bug, with the build that they are of: a run that was \
    interrupted goes on where it was, another build starts anew. WASMOON_PLANT=NAME or --plant NAME plants a bug in any \
    other command.\n\nExit status: 0 if every bug was found by each means that must find it, and bisected, 1 if not, 2 \
    usage, input or output at fault.\n\nExamples:\n  wasmoon museum --list\n  wasmoon museum licm-trap --means smith \
    --modules 100000 --time 600\n  wasmoon museum --markdown docs/museum.md"
)]
pub struct Args {
    /// Bugs [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Means to try: suite, wast-extra, verifier, checker, smith
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = parse_means)]
    means: Vec<Means>,
    /// Most processor time for one means
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    time: u64,
    /// Random modules for `smith`
    #[arg(long, value_name = "N", default_value_t = 4000, value_parser = clap::value_parser!(u64).range(1..))]
    modules: u64,
    /// Bugs at a time [default: one a core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    jobs: Option<u16>,
    /// Write the table
    #[arg(long, value_name = "OUT")]
    markdown: Option<PathBuf>,
    /// What the table says of the build, besides a hash of it
    #[arg(long, value_name = "TEXT", requires = "markdown")]
    build: Option<String>,
    /// Do not use results of earlier runs
    #[arg(long)]
    again: bool,
    /// Neither bisect nor reduce
    #[arg(long)]
    find_only: bool,
    /// List the bugs and end
    #[arg(long)]
    list: bool,
    /// Write hashes of all code to a file, or print what differs from them if a bug is planted, and end
    #[arg(long, value_name = "FILE", hide = true)]
    code: Option<PathBuf>,
}

fn parse_means(text: &str) -> Result<Means, String> {
    let names = || Means::ALL.map(Means::name).join(", ");
    Means::ALL.into_iter().find(|m| m.name() == text).ok_or_else(|| format!("there are {}", names()))
}

pub fn run(args: Args) -> Result<u8, Failed> {
    let planted = std::env::var_os(VARIABLE).is_some_and(|name| !name.is_empty());
    if let Some(file) = &args.code {
        let scripts: Vec<PathBuf> = args.names.iter().map(PathBuf::from).collect();
        let code = code::compare(file, &scripts, planted)?;
        say(&serde_json::to_string(&code).map_err(|e| e.to_string())?)?;
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
    if planted {
        return Err(format!("{VARIABLE} is set: this command plants the bugs itself"));
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let settings = Settings {
        means: if args.means.is_empty() { Means::ALL.to_vec() } else { args.means.clone() },
        time: Duration::from_secs(args.time),
        modules: args.modules,
        jobs: args.jobs.map_or(cores, usize::from),
        again: args.again,
        find_only: args.find_only,
        folder: PathBuf::from("target/museum"),
    };
    let start = Instant::now();
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(bugs.len() as u64) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} bugs {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    let mut doing = BTreeMap::new();
    let rows = run_museum(&bugs, &settings, &mut |news| {
        match news {
            News::Doing(entry, what) => drop(doing.insert(entry.name, what)),
            News::Done(entry, known) => {
                doing.remove(entry.name);
                bar.inc(1);
                bar.suspend(|| say(&page::line(entry, known)))?;
            }
        }
        let now: Vec<String> = doing.iter().map(|(name, what)| format!("{name}: {what}")).collect();
        bar.set_message(now.join(", "));
        Ok(())
    });
    bar.finish_and_clear();
    let (rows, totals) = rows.map(|rows| {
        let totals = page::Totals::of(&rows);
        (rows, totals)
    })?;
    say(&format!(
        "{}{:.0} s by the clock, {} bugs at a time\n",
        totals.text(),
        start.elapsed().as_secs_f64(),
        settings.jobs
    ))?;
    if let Some(out) = &args.markdown {
        let build = match &args.build {
            Some(text) => format!("{text} (executable {})", build_name()?),
            None => format!("the executable {}", build_name()?),
        };
        let means = format!("at most {} s, and {} random modules", args.time, args.modules);
        write_whole(out, &page::markdown(&rows, &build, &means))?;
    }
    Ok(if totals.is_fine() { OK } else { NOT_AS_EXPECTED })
}
