//! The command line.

use crate::candidates::{Candidate, Found, code};
use crate::compile::{self, Compiled, compile};
use crate::cover::{Reach, cover, each};
use crate::given::Given;
use crate::means::{self, Means, SETUPS, Trial, trials};
use crate::mutators::{BY_HAND, MUTATORS};
use crate::page::{self, Judged, Outcome};
use crate::sample::{Rooms, order};
use crate::score::{Scorer, Shown, Verdict};
use crate::tree::{Tree, git};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Change wasmoon's own sources, one small change at a time, and see which means catch it
#[derive(Parser)]
#[command(name = "ci/mutate", bin_name = "ci/mutate")]
enum Verb {
    /// Draw a sample, build it, and show each change to the means (what `ci/mutate` does without a command)
    Run(Run),
    /// Print the changes of a sample, and build nothing
    List(Choice),
    /// Print changes by their short names
    Show {
        /// The short names
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
    },
}

/// Which changes.
#[derive(clap::Args)]
struct Choice {
    /// Number of changes, in the usual shares of the rooms; with --changed, of each room
    #[arg(long, value_name = "N", default_value_t = 100)]
    sample: usize,
    /// Number of changes of each room, as jit=700,interp=400
    #[arg(long, value_name = "LIST", value_parser = Rooms::parse)]
    rooms: Option<Rooms>,
    /// Seed of the sample
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Only changes of these mutators
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = known_mutator)]
    mutators: Vec<&'static str>,
    /// Only changes of lines that differ from those of this revision
    #[arg(long, value_name = "REV")]
    changed: Option<String>,
    /// Only this change (repeatable)
    #[arg(long, value_name = "ID")]
    id: Vec<String>,
    /// Part of the sample: the K-th of N, with K from 1. Each is built by itself; the tables have those that are done
    #[arg(long, value_name = "K/N", value_parser = shard)]
    shard: Option<(usize, usize)>,
    /// Instead of a sample, all changes of this file: a TOML table `[[change]]` for each, with `file`, `before` (a text that is
    /// once in it: an expression, or statements of one block), `after` and, for readers, `why`
    #[arg(long, value_name = "FILE", value_parser = Given::open)]
    #[arg(conflicts_with_all = ["sample", "rooms", "seed", "mutators", "changed"])]
    from: Option<Given>,
}

impl Choice {
    /// A key that is the same for all parts of a sample, and for no other sample.
    fn key(&self) -> String {
        let Choice { sample, rooms, seed, mutators, changed, id, shard: _, from } = self;
        let from = from.as_ref().map(|given| crate::candidates::hash(&[&given.text]));
        format!("{sample} {rooms:?} {seed} {mutators:?} {changed:?} {id:?} {from:?}")
    }
}

#[derive(clap::Args)]
#[command(
    after_help = "Results are kept in target/mutation/results.jsonl: a run that was interrupted goes on where it was, as long as the \
    sources are the same. A run with more means shows them only what an earlier one has not caught, so the tests can come before \
    the slower means: --means suite,wast-extra,tests first, then all.\n\nExit status: 0; 1 if the score is below --at-least, or there is none; 2 for an error in usage, input or output, or if \
    something fails without any change."
)]
struct Run {
    #[command(flatten)]
    choice: Choice,
    /// Means to try, of suite, wast-extra, checks, modes, smith, tests [default: all but tests]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = Means::of, conflicts_with = "only_means")]
    means: Vec<Means>,
    /// Means to try, each of them by itself on every change
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = Means::of)]
    only_means: Vec<Means>,
    /// Build and judge a tree that has no scripts in `wast-extra/`. Tests that fail for that reason are left out, and told
    #[arg(long)]
    without_wast_extra: bool,
    /// Only these scripts, as `wasmoon test --list` names them; what others would catch is missed
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    scripts: Vec<String>,
    /// Number of random modules for `smith`
    #[arg(long, value_name = "N", default_value_t = 300)]
    modules: u64,
    /// Seconds that one setup of `checks` and `modes` may take for one change, as it takes without it; what tests the change's own
    /// room runs in any case, here and below
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0)]
    budget: f64,
    /// Seconds that the tests may take for one change, as they take without it
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    test_budget: f64,
    /// Level of the compiler's optimization: 0 builds in a third of the time, without the interpreter's chained dispatcher, and
    /// programs run several times as long
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=3))]
    opt_level: u8,
    /// Number of processes at a time [default: one for each core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    jobs: Option<u16>,
    /// Ignore the results of earlier runs
    #[arg(long)]
    again: bool,
    /// Build, see that all trials pass, and end
    #[arg(long)]
    build_only: bool,
    /// Build and show nothing: the tables of what earlier runs of this sample found on these sources
    #[arg(long, conflicts_with_all = ["again", "build_only"])]
    tables: bool,
    /// Write the tables to docs/mutation.md instead of target/mutation/mutation.md
    #[arg(long, conflicts_with = "only_means")]
    page: bool,
    /// Least score in percent
    #[arg(long, value_name = "PERCENT")]
    at_least: Option<f64>,
}

fn known_mutator(text: &str) -> Result<&'static str, String> {
    let known = || MUTATORS.iter().map(|mutator| mutator.name).filter(|name| *name != BY_HAND);
    known()
        .find(|name| *name == text)
        .ok_or_else(|| format!("expected one of {}", known().collect::<Vec<_>>().join(", ")))
}

fn shard(text: &str) -> Result<(usize, usize), String> {
    let numbers = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    numbers.filter(|(k, n)| (1..=*n).contains(k)).ok_or_else(|| "expected K/N, with K from 1 to N".to_string())
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let done = match Verb::parse() {
        Verb::Run(args) => run(&args),
        Verb::List(choice) => list(&choice),
        Verb::Show { ids } => show(&ids),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(e) => {
            let _ = writeln!(std::io::stderr(), "error: {e}");
            ExitCode::from(2)
        }
    }
}

fn say(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|e| format!("standard output: {e}"))
}

fn note(text: &str) {
    // If standard error is closed, the message is lost.
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn read_tree() -> Result<Tree, String> {
    let root = git(Path::new("."), &["rev-parse", "--show-toplevel"])?;
    Tree::read(Path::new(root.trim_end()))
}

/// The changes of a sample, by room, in the order in which they are taken.
struct Sample<'a> {
    orders: BTreeMap<String, Vec<&'a Candidate>>,
    rooms: Rooms,
    equivalent: Vec<&'a Candidate>,
}

/// All changes that can be made, and those that were given.
fn all(tree: &Tree, choice: &Choice) -> Result<Found, String> {
    let mut found = tree.candidates()?;
    if let Some(given) = &choice.from {
        found.candidates.extend(given.changes(tree)?);
    }
    Ok(found)
}

fn draw<'a>(tree: &Tree, all: &'a [Candidate], choice: &Choice) -> Result<Sample<'a>, String> {
    let equivalent = equivalent(all, tree.text("mutation/equivalent.toml"))?;
    let known: BTreeSet<String> = equivalent.iter().map(|c| c.identity()).collect();
    let changed = choice.changed.as_deref().map(|revision| tree.changed(revision)).transpose()?;
    let is_chosen = |c: &&Candidate| {
        let lines = || tree.line(&c.file, c.range.start)..=tree.line(&c.file, c.range.end);
        !known.contains(&c.identity())
            && changed.as_ref().is_none_or(|files| {
                files.get(&c.file).is_some_and(|changed| lines().any(|line| changed.contains(&line)))
            })
            && (choice.mutators.is_empty() || choice.mutators.contains(&c.mutator))
            && choice.from.is_some() == (c.mutator == BY_HAND)
            && (choice.id.is_empty() || choice.id.contains(&c.id()))
    };
    let chosen: Vec<&Candidate> = all.iter().filter(is_chosen).collect();
    if let Some(missing) = choice.id.iter().find(|id| !chosen.iter().any(|c| c.id() == **id)) {
        return Err(format!("no such change: {missing}"));
    }
    let everything = changed.is_some() || choice.from.is_some() || !choice.id.is_empty();
    let names: BTreeSet<&str> = chosen.iter().map(|c| c.room()).collect();
    let rooms = match &choice.rooms {
        Some(rooms) => rooms.clone(),
        None if everything => {
            // Changes that are requested by name are all taken.
            let most = if changed.is_some() && choice.id.is_empty() { choice.sample } else { chosen.len() };
            Rooms(names.iter().map(|room| (room.to_string(), most)).collect())
        }
        None => Rooms::usual(choice.sample),
    };
    if let Some((room, _)) = rooms.0.iter().find(|(room, _)| !everything && !names.contains(room.as_str())) {
        return Err(format!(
            "no room '{room}' with changes; expected one of {}",
            names.into_iter().collect::<Vec<_>>().join(", ")
        ));
    }
    let of = |room: &str| order(chosen.iter().copied().filter(|c| c.room() == room), choice.seed);
    let orders = rooms.0.iter().map(|(room, _)| (room.clone(), of(room))).collect();
    let (orders, rooms) = part(orders, rooms, choice.shard.unwrap_or((1, 1)));
    Ok(Sample { orders, rooms, equivalent })
}

/// The K-th of N parts of a sample, which are disjoint: each takes every N-th of a room's order, including replacements for
/// changes that do not compile.
fn part<T>(
    orders: BTreeMap<String, Vec<T>>,
    rooms: Rooms,
    (k, n): (usize, usize),
) -> (BTreeMap<String, Vec<T>>, Rooms) {
    let of = |order: Vec<T>| order.into_iter().skip(k - 1).step_by(n).collect();
    let orders = orders.into_iter().map(|(room, order)| (room, of(order))).collect();
    let share = |all: usize| all / n + usize::from(k <= all % n);
    (orders, Rooms(rooms.0.into_iter().map(|(room, all)| (room, share(all))).collect()))
}

/// A row of `mutation/equivalent.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    file: String,
    function: String,
    mutator: String,
    before: String,
    after: String,
    #[serde(default)]
    nth: usize,
    reason: String,
}

/// The changes that are known to make no difference.
///
/// # Errors
/// An entry has no reason, or does not match exactly one change.
fn equivalent<'a>(all: &'a [Candidate], table: &str) -> Result<Vec<&'a Candidate>, String> {
    #[derive(Deserialize)]
    struct Table {
        #[serde(default)]
        equivalent: Vec<Row>,
    }
    let table: Table = toml::from_str(table).map_err(|e| format!("mutation/equivalent.toml: {e}"))?;
    let find = |row: &Row| {
        let is_it = |c: &&Candidate| {
            (&c.file, &c.function, c.mutator, c.nth) == (&row.file, &row.function, &*row.mutator, row.nth)
                && [(&c.before, &row.before), (&c.after, &row.after)].iter().all(|(a, b)| code(a) == code(b))
        };
        let what = format!("mutation/equivalent.toml: {} {} {} `{}`", row.file, row.function, row.mutator, row.before);
        if row.reason.trim().is_empty() {
            return Err(format!("{what} has no reason"));
        }
        all.iter().find(is_it).ok_or_else(|| format!("{what} is not a change to the tree"))
    };
    table.equivalent.iter().map(find).collect()
}

fn list(choice: &Choice) -> Result<bool, String> {
    let tree = read_tree()?;
    let found = all(&tree, choice)?;
    let sample = draw(&tree, &found.candidates, choice)?;
    let mut text = String::new();
    for (room, n) in &sample.rooms.0 {
        for candidate in sample.orders[room].iter().take(*n) {
            let line = tree.line(&candidate.file, candidate.range.start);
            text += &format!("{} line {line}: {}\n", candidate.id(), candidate.identity());
        }
    }
    say(&text)?;
    note(&format!("of {} changes; {} uses of macros are not examined", found.candidates.len(), found.opaque));
    Ok(true)
}

fn show(ids: &[String]) -> Result<bool, String> {
    let tree = read_tree()?;
    let found = tree.candidates()?;
    for id in ids {
        let candidate =
            found.candidates.iter().find(|c| c.id() == *id).ok_or_else(|| format!("no such change: {id}"))?;
        say(&format!("{}{}\n", page::show(&tree, candidate), candidate.identity()))?;
    }
    Ok(true)
}

/// What a build was made from, so that the next run of the same sample need not find out what compiles.
#[derive(Serialize, Deserialize)]
struct Built {
    /// The key of the sources.
    sources: String,
    /// The key of the sources and the sample.
    of: String,
    chosen: Vec<String>,
    refused: Vec<String>,
}

/// What the compiler refused, for some sources.
#[derive(Serialize, Deserialize)]
struct Refused {
    sources: String,
    refused: BTreeSet<String>,
}

/// A build, with the key under which its coverage is kept.
struct Program<'a> {
    compiled: Compiled<'a>,
    of: String,
}

/// The existing build, if it is one of this sample, or has all changes that are requested by name.
fn kept<'a>(tree: &Tree, all: &'a [Candidate], choice: &Choice, of: &str) -> Option<Program<'a>> {
    let kept: Built = serde_json::from_slice(&std::fs::read(tree.target().join("build.json")).ok()?).ok()?;
    let program = tree.program();
    let known: BTreeMap<String, &Candidate> = all.iter().map(|c| (c.identity(), c)).collect();
    let find = |names: &[String]| names.iter().map(|name| known.get(name).copied()).collect::<Option<Vec<_>>>();
    let (chosen, refused) = (find(&kept.chosen)?, find(&kept.refused)?);
    let has_all = choice.id.iter().all(|id| chosen.iter().any(|c| c.id() == *id));
    let fits = kept.of == of || kept.sources == tree.key(false) && !choice.id.is_empty() && has_all;
    (fits && program.is_file()).then_some(Program { compiled: Compiled { chosen, refused, program }, of: kept.of })
}

/// Builds a sample.
fn built<'a>(tree: &Tree, sample: &Sample<'a>, of: &str, again: bool) -> Result<Program<'a>, String> {
    let file = tree.target().join("build.json");
    let start = Instant::now();
    let _ = std::fs::remove_file(&file);
    // What the compiler refused is the same in every sample of these sources.
    let (refusals, sources) = (tree.target().join("refused.json"), tree.key(false));
    let earlier: Option<Refused> = std::fs::read(&refusals).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let earlier = earlier.filter(|earlier| earlier.sources == sources && !again).map(|earlier| earlier.refused);
    let round = |text: &str, refused: &BTreeSet<String>| {
        note(&format!("{text} ({:.0} s)", start.elapsed().as_secs_f64()));
        write_json(&refusals, &Refused { sources: sources.clone(), refused: refused.clone() })
    };
    let compiled = compile(tree, &sample.orders, &sample.rooms, earlier.unwrap_or_default(), &round)?;
    let names = |all: &[&Candidate]| all.iter().map(|c| c.identity()).collect();
    let kept =
        Built { sources, of: of.to_string(), chosen: names(&compiled.chosen), refused: names(&compiled.refused) };
    write_json(&file, &kept)?;
    note(&format!("built in {:.0} s", start.elapsed().as_secs_f64()));
    Ok(Program { compiled, of: of.to_string() })
}

fn write_json(file: &Path, value: &impl Serialize) -> Result<(), String> {
    let text = serde_json::to_string(value).map_err(|e| e.to_string())?;
    std::fs::write(file, text).map_err(|e| format!("{}: {e}", file.display()))
}

/// The names of all scripts, as `wasmoon test` selects them.
fn scripts(program: &Path, folder: &Path) -> Result<Vec<String>, String> {
    let done =
        Command::new(program).args(["test", "--list"]).current_dir(folder).output().map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    let names: Vec<String> =
        text.lines().filter_map(|line| Some(line.split_whitespace().next()?.to_string())).collect();
    if !done.status.success() || names.is_empty() {
        return Err(format!("wasmoon test --list: {}", String::from_utf8_lossy(&done.stderr)));
    }
    Ok(names)
}

/// What was reached, with the key of what it was measured on.
#[derive(Serialize, Deserialize)]
struct Covered {
    of: String,
    reach: Vec<Reach>,
}

/// What the trials reach: as an earlier run found, or by running them. All must pass. Trials that `may_fail` accepts may fail;
/// these reach nothing, and are reported.
fn covered(
    tree: &Tree,
    trials: &[Trial],
    changes: usize,
    of: &str,
    jobs: usize,
    may_fail: &dyn Fn(&Trial) -> bool,
) -> Result<Vec<Reach>, String> {
    let names: Vec<String> =
        trials.iter().map(|trial| format!("{} {:?}", trial.program.display(), trial.args)).collect();
    let of = format!("{of} {:016x}", crate::candidates::hash(&names.iter().map(String::as_str).collect::<Vec<_>>()));
    let file = tree.target().join("cover.json");
    let kept: Option<Covered> = std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if let Some(kept) = kept.filter(|kept| kept.of == of && kept.reach.len() == trials.len()) {
        return Ok(kept.reach);
    }
    let start = Instant::now();
    let bar = bar(trials.len(), "trials");
    let mut reach = cover(trials, changes, &tree.target(), jobs, &|| bar.inc(1))?;
    bar.finish_and_clear();
    let mut left_out = 0;
    for (trial, reach) in trials.iter().zip(&mut reach) {
        if may_fail(trial) && reach.trouble.take().is_some() {
            left_out += 1;
            note(&format!("left out, since it fails without a change: {}", trial.name));
            reach.reached.clear();
        }
    }
    let failed: Vec<_> =
        trials.iter().zip(&reach).filter_map(|(trial, reach)| Some((trial, reach.trouble.as_ref()?))).collect();
    if !failed.is_empty() {
        let one = |(trial, trouble): &(&Trial, &String)| {
            let setup = trial.setup.map_or("", |setup| SETUPS[setup].name);
            format!("\n{} {setup} {}: {trouble}", trial.means.name(), trial.name)
        };
        return Err(format!("without any change, these fail:{}", failed.iter().map(one).collect::<String>()));
    }
    let seconds = start.elapsed().as_secs_f64();
    note(&format!(
        "{} trials pass without a change, {left_out} are left out ({seconds:.0} s)",
        trials.len() - left_out
    ));
    write_json(&file, &Covered { of, reach: reach.clone() })?;
    Ok(reach)
}

fn bar(length: usize, of: &str) -> ProgressBar {
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(length as u64) } else { ProgressBar::hidden() };
    if let Ok(style) =
        ProgressStyle::with_template(&format!("{{bar:30}} {{pos}}/{{len}} {of} {{elapsed}} {{wide_msg}}"))
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// The results of earlier runs with this key, by change and means.
fn earlier(file: &Path, key: &str) -> BTreeMap<(String, Means), Shown> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Shown>(line).ok());
    let here = lines.filter(|shown| shown.key == key);
    here.filter_map(|shown| Some(((shown.id.clone(), Means::of(&shown.means).ok()?), shown))).collect()
}

/// The means to which a change is still to be shown, in turn until one catches it, or separately if `alone`. None if an earlier
/// run has caught it, even by one of the last.
fn left(means: &[Means], alone: bool, before: impl Fn(Means) -> Option<Verdict>) -> &[Means] {
    let is_caught = !alone && means.iter().any(|means| before(*means).is_some_and(Verdict::is_catch));
    if is_caught { &[] } else { means }
}

/// The judged part of a sample, by the changes' names.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Done {
    scored: Vec<String>,
    refused: Vec<String>,
}

/// The parts of a sample that were judged, with a file for each.
struct Parts {
    folder: PathBuf,
    /// The key of the sample and of how it was judged.
    of: String,
    /// The number of all parts.
    number: usize,
}

impl Parts {
    fn file(&self, k: usize) -> PathBuf {
        let name = crate::candidates::hash(&[&self.of]);
        self.folder.join(format!("{name:016x}-{k}-of-{}.json", self.number))
    }

    fn keep(&self, k: usize, done: &Done) -> Result<(), String> {
        std::fs::create_dir_all(&self.folder).map_err(|e| format!("{}: {e}", self.folder.display()))?;
        write_json(&self.file(k), done)
    }

    /// The parts that exist, with their numbers.
    fn done(&self) -> Result<Vec<(usize, Done)>, String> {
        let there = (1..=self.number).map(|k| (k, self.file(k))).filter(|(_, file)| file.is_file());
        let read = |(k, file): (usize, PathBuf)| {
            let bytes = std::fs::read(&file).map_err(|e| format!("{}: {e}", file.display()))?;
            Ok((k, serde_json::from_slice(&bytes).map_err(|e| format!("{}: {e}", file.display()))?))
        };
        there.map(read).collect()
    }
}

/// A run, with the key of its results.
struct Judging<'a> {
    args: &'a Run,
    means: Vec<Means>,
    /// The key of what was measured, and how.
    key: String,
    results: PathBuf,
    parts: Parts,
}

impl<'a> Judging<'a> {
    fn new(tree: &Tree, args: &'a Run) -> Judging<'a> {
        let mut means = match (&args.means[..], &args.only_means[..]) {
            ([], []) => Means::ALL[..5].to_vec(),
            ([], only) => only.to_vec(),
            (some, _) => Means::ALL.into_iter().filter(|means| some.contains(means)).collect(),
        };
        if args.without_wast_extra {
            means.retain(|means| *means != Means::Extra);
        }
        let sources = tree.key(means.contains(&Means::Tests));
        let mut key = format!("{sources} {} modules, {} s, {} s", args.modules, args.budget, args.test_budget);
        if !args.scripts.is_empty() {
            key += &format!(", of {}", args.scripts.join(", "));
        }
        let of = format!("{key} {means:?} {}", args.choice.key());
        let number = args.choice.shard.map_or(1, |(_, n)| n);
        let parts = Parts { folder: tree.target().join("parts"), of, number };
        Judging { args, means, key, results: tree.target().join("results.jsonl"), parts }
    }

    /// Builds the sample, and shows each change to the means. Returns false if that was not requested.
    fn show(&self, tree: &Tree, all: &[Candidate], sample: &Sample) -> Result<bool, String> {
        let Judging { args, means, key, results, parts } = self;
        let Choice { id, shard, from, .. } = &args.choice;
        let sources = tree.key(false);
        let of = format!("{sources} {} {shard:?} {}", args.choice.key(), sample.equivalent.len());
        let Program { compiled, mut of } = match kept(tree, all, &args.choice, &of).filter(|_| !args.again) {
            Some(program) => program,
            None => built(tree, sample, &of, args.again)?,
        };
        // A change that is requested by name and not shown must not look as if it was caught.
        let is_missing = |name: &String| !compiled.chosen.iter().any(|c| c.id() == *name);
        let mut left_out: Vec<String> = id.iter().filter(|name| is_missing(name)).cloned().collect();
        if from.is_some() {
            // The tables include those that do not compile.
            let others = sample.orders.values().flatten().filter(|c| !compiled.refused.contains(c));
            left_out.extend(others.map(|c| c.id()).filter(is_missing));
            left_out.dedup();
        }
        if !left_out.is_empty() {
            let left_out = left_out.join(", ");
            return Err(format!("not in the build, since they do not compile or overlap others: {left_out}"));
        }
        let mut names = scripts(&compiled.program, &tree.copy())?;
        if let Some(unknown) = args.scripts.iter().find(|asked| !names.contains(asked)) {
            return Err(format!("no such script: {unknown}"));
        }
        names.retain(|name| args.scripts.is_empty() || args.scripts.contains(name));
        let findings = tree.target().join("findings");
        let mut trials = trials(&compiled.program, &tree.copy(), &findings, &names, means, args.modules);
        if means.contains(&Means::Tests) {
            // A kept build is of these sources, but its tests may be older.
            tree.write(&(0..).zip(compiled.chosen.iter().copied()).collect::<Vec<_>>())?;
            note("building the tests");
            let (tests, failing) = means::tests(&compile::tests(tree)?, &tree.copy(), args.without_wast_extra)?;
            failing.iter().for_each(|name| note(&format!("left out, since it fails without a change: lib::{name}")));
            trials.extend(tests);
            of += &format!(" {}", tree.key(true));
        }
        let jobs = self.jobs();
        let may_fail = |trial: &Trial| args.without_wast_extra && trial.means == Means::Tests;
        let reach = covered(tree, &trials, compiled.chosen.len(), &of, jobs, &may_fail)?;
        if args.build_only {
            return Ok(false);
        }
        let known = if args.again { BTreeMap::new() } else { earlier(results, key) };
        let file =
            File::options().create(true).append(true).open(results).map_err(|e| format!("results.jsonl: {e}"))?;
        let file = Mutex::new(file);

        // The first of each room, as many as were requested: the build may have a few more.
        let mut scored: Vec<(u32, &Candidate)> = (0..).zip(compiled.chosen.iter().copied()).collect();
        scored.retain(|(_, candidate)| id.is_empty() || id.contains(&candidate.id()));
        let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
        scored.retain(|(_, candidate)| {
            let taken = taken.entry(candidate.room()).or_default();
            *taken += 1;
            *taken <= sample.rooms.0.iter().find(|(room, _)| room == candidate.room()).map_or(0, |(_, n)| *n)
        });
        let scorer = Scorer {
            trials: &trials,
            reach: &reach,
            budget: args.budget,
            test_budget: args.test_budget,
            folder: &tree.target(),
            key,
        };
        let bar = bar(scored.len(), "changes");
        each(scored.len(), jobs, &|job, i| {
            let (n, candidate) = scored[i];
            let alone = !args.only_means.is_empty();
            let before = |means: Means| known.get(&(candidate.id(), means)).map(|shown| shown.verdict);
            for means in left(means, alone, before) {
                let verdict = match before(*means) {
                    Some(verdict) => verdict,
                    None => {
                        let shown = scorer.show(n, candidate, *means, job)?;
                        let line = serde_json::to_string(&shown).map_err(|e| e.to_string())? + "\n";
                        let mut file = file.lock().map_err(|e| e.to_string())?;
                        file.write_all(line.as_bytes()).map_err(|e| format!("results.jsonl: {e}"))?;
                        shown.verdict
                    }
                };
                if !alone && verdict.is_catch() {
                    break;
                }
            }
            bar.inc(1);
            Ok(())
        })?;
        bar.finish_and_clear();
        let refused = if id.is_empty() { &compiled.refused[..] } else { &[] };
        let done = Done {
            scored: scored.iter().map(|(_, c)| c.identity()).collect(),
            refused: refused.iter().map(|c| c.identity()).collect(),
        };
        parts.keep(shard.map_or(1, |(k, _)| k), &done)?;
        Ok(true)
    }

    fn jobs(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.args.jobs.map_or_else(cores, usize::from)
    }

    /// Prints the tables of the parts that are done, and writes the page. Returns the score; `None` if there is nothing to catch.
    fn tables(&self, tree: &Tree, found: &Found, sample: &Sample) -> Result<Option<f64>, String> {
        let Judging { args, means, key, results, parts } = self;
        let done = parts.done()?;
        if done.is_empty() {
            return Err("no part of this sample was judged on these sources".into());
        }
        let named: BTreeMap<String, &Candidate> = found.candidates.iter().map(|c| (c.identity(), c)).collect();
        let equivalent: BTreeSet<String> = sample.equivalent.iter().map(|c| c.identity()).collect();
        // Changes that have since been found to make no difference do not count.
        let of = |names: fn(&Done) -> &[String]| -> Result<Vec<&Candidate>, String> {
            let find =
                |name| named.get(name).copied().ok_or_else(|| format!("{name}, of an earlier run, is not a change"));
            let names = done.iter().flat_map(|(_, done)| names(done)).filter(|name| !equivalent.contains(*name));
            names.map(find).collect()
        };
        let (scored, refused) = (of(|done| &done.scored)?, of(|done| &done.refused)?);
        let shown = earlier(results, key);
        let outcome = |c: &Candidate| {
            let of: Vec<_> = means.iter().filter_map(|m| Some((*m, shown.get(&(c.id(), *m))?))).collect();
            if of.is_empty() { Err(format!("{} was shown to nothing", c.id())) } else { Ok(Outcome::of(&of)) }
        };
        let mut judged: Vec<Judged> = scored.iter().map(|c| Ok((*c, outcome(c)?))).collect::<Result<_, String>>()?;
        judged.extend(refused.iter().map(|c| (*c, Outcome::Refused)));
        judged.extend(sample.equivalent.iter().map(|c| (*c, Outcome::Equivalent)));
        let commit = git(Path::new("."), &["rev-parse", "--short", "HEAD"])?;
        let date = git(Path::new("."), &["show", "-s", "--format=%cs", "HEAD"])?;
        let command: Vec<String> =
            std::env::args().skip(1).filter(|arg| !["run", "--tables"].contains(&&**arg)).collect();
        let numbers = done.iter().map(|(k, _)| k.to_string()).collect::<Vec<_>>().join(", ");
        let of_parts = match parts.number {
            1 => String::new(),
            all => format!(" (parts {numbers} of {all})"),
        };
        let about = format!(
            "The results are those of `ci/mutate {}`{of_parts} on commit {} of {}. {} changes could be made; {} uses of macros were not \
             looked into. Do not edit this page.",
            command.join(" "),
            commit.trim(),
            date.trim(),
            found.candidates.len(),
            found.opaque
        );
        let alone = !args.only_means.is_empty();
        let text = if alone { page::alone(&scored, &shown, means) } else { page::by_room(&judged, means) };
        say(&text)?;
        let path = if args.page { PathBuf::from("docs/mutation.md") } else { tree.target().join("mutation.md") };
        std::fs::write(&path, page::markdown(tree, &judged, means, &about))
            .map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(page::score(judged.iter()))
    }
}

/// Whether the score is high enough.
fn run(args: &Run) -> Result<bool, String> {
    let mut tree = read_tree()?;
    tree.opt_level = args.opt_level;
    if args.without_wast_extra {
        tree.without_extra();
    }
    std::fs::create_dir_all(tree.target()).map_err(|e| format!("{}: {e}", tree.target().display()))?;
    let found = all(&tree, &args.choice)?;
    let sample = draw(&tree, &found.candidates, &args.choice)?;
    if sample.orders.values().all(Vec::is_empty) {
        say("nothing to change\n")?;
        return Ok(is_enough(None, args.at_least));
    }
    let (judging, start) = (Judging::new(&tree, args), Instant::now());
    if !args.tables && !judging.show(&tree, &found.candidates, &sample)? {
        return Ok(true);
    }
    let score = judging.tables(&tree, &found, &sample)?;
    if !args.tables {
        say(&format!("\n{:.0} s by the clock, {} at a time\n", start.elapsed().as_secs_f64(), judging.jobs()))?;
    }
    Ok(is_enough(score, args.at_least))
}

/// Whether the score is high enough. If there was nothing to catch, nothing was shown.
fn is_enough(score: Option<f64>, least: Option<f64>) -> bool {
    let Some(least) = least else { return true };
    match score {
        Some(score) if score >= least => return true,
        Some(_) => note("the score is below --at-least"),
        None => note("there is no score for --at-least: no change was shown to anything"),
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidates::find;

    #[test]
    fn an_entry_is_a_change_with_a_reason() {
        let all = find("src/jit/a.rs", "fn f(a: u32) -> bool {\n    a\n        < 3\n}\n").unwrap().candidates;
        let entry = |after: &str, reason: &str| {
            format!(
                "[[equivalent]]\nfile = 'src/jit/a.rs'\nfunction = 'f'\nmutator = 'comparison-edge'\nbefore = 'a < 3'\n\
                 after = '{after}'\nreason = '{reason}'\n"
            )
        };
        assert_eq!(equivalent(&all, &entry("a <= 3", "It is.")).unwrap()[0].mutator, "comparison-edge");
        assert!(equivalent(&all, &entry("a >= 3", "It is.")).is_err(), "it matches nothing");
        assert!(equivalent(&all, &entry("a <= 3", "")).is_err(), "it has no reason");
        assert!(equivalent(&all, "").unwrap().is_empty());
    }

    #[test]
    fn the_entries_are_changes_to_these_sources() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let text = |file: &str| std::fs::read_to_string(root.join(file)).unwrap_or_default();
        let table = text("mutation/equivalent.toml");
        let files: BTreeSet<&str> =
            table.lines().filter_map(|l| l.strip_prefix("file = '")?.strip_suffix('\'')).collect();
        let all: Vec<_> = files.iter().flat_map(|file| find(file, &text(file)).unwrap().candidates).collect();
        let count = table.matches("[[equivalent]]").count();
        assert_eq!(equivalent(&all, &table).map(|found| found.len()), Ok(count));
    }

    /// All changes of a sample are in one of its parts, and in no other; each part has its share of what is requested.
    #[test]
    fn parts_have_nothing_in_common() {
        let rooms = Rooms(vec![("jit".into(), 7), ("interp".into(), 2)]);
        let orders =
            || BTreeMap::from([("jit".to_string(), (0..20).collect()), ("interp".to_string(), (0..5).collect())]);
        let parts: Vec<_> = (1..=3).map(|k| part(orders(), rooms.clone(), (k, 3))).collect();
        for (i, (name, all)) in rooms.0.iter().enumerate() {
            let mut drawn: Vec<i32> = parts.iter().flat_map(|(orders, _)| orders[name].clone()).collect();
            drawn.sort_unstable();
            assert_eq!(drawn, orders()[name]);
            assert_eq!(parts.iter().map(|(_, rooms)| rooms.0[i].1).sum::<usize>(), *all);
        }
        assert_eq!(parts[1].0["jit"], [1, 4, 7, 10, 13, 16, 19]);
        assert_eq!(parts[0].1, Rooms(vec![("jit".into(), 3), ("interp".into(), 1)]));
        assert_eq!(part(orders(), rooms.clone(), (1, 1)), (orders(), rooms));
    }

    #[test]
    fn parts_that_are_done_are_put_together() {
        let folder = tempfile::tempdir().unwrap();
        let parts = |of: &str| Parts { folder: folder.path().join("parts"), of: of.into(), number: 3 };
        let done = |name: &str| Done { scored: vec![name.into()], refused: Vec::new() };
        parts("a").keep(3, &done("c")).unwrap();
        parts("a").keep(1, &done("a")).unwrap();
        parts("b").keep(2, &done("b")).unwrap();
        assert_eq!(parts("a").done(), Ok(vec![(1, done("a")), (3, done("c"))]));
        assert_eq!(Parts { number: 4, ..parts("a") }.done(), Ok(Vec::new()));
        std::fs::write(parts("b").file(2), "{").unwrap();
        assert!(parts("b").done().is_err());
    }

    #[test]
    fn what_was_caught_is_not_shown_again() {
        let all = [Means::Suite, Means::Smith, Means::Tests];
        let by_tests = |verdict| move |means| (means == Means::Tests).then_some(verdict);
        for verdict in [Verdict::Caught, Verdict::TimeOut] {
            assert_eq!(left(&all, false, by_tests(verdict)), []);
            assert_eq!(left(&all, true, by_tests(verdict)), all);
            assert_eq!(left(&all[..2], false, by_tests(verdict)), &all[..2], "tests are not asked for");
        }
        for verdict in [Verdict::Missed, Verdict::Unreached] {
            assert_eq!(left(&all, false, by_tests(verdict)), all);
        }
    }

    #[test]
    fn a_run_that_shows_nothing_is_not_enough() {
        assert_eq!([None, Some(0.0)].map(|score| is_enough(score, None)), [true; 2]);
        let scores = [None, Some(39.9), Some(40.0)];
        assert_eq!(scores.map(|score| is_enough(score, Some(40.0))), [false, false, true]);
    }

    #[test]
    fn shards_are_read() {
        assert_eq!(shard("2/4"), Ok((2, 4)));
        assert!(["0/4", "5/4", "2", "a/b"].iter().all(|text| shard(text).is_err()));
    }
}
