//! `wasmoon test`: the matrix.

use super::given::Given;
use super::switches::pass_names;
use super::validate::{apply_features, unknown_spec};
use super::{Failed, NOT_AS_EXPECTED, OK, say};
use crate::conformance::backend::Backend;
use crate::conformance::judge::expectations::{
    Conditions, Coverage, Expectations, Extent, Judge, Judgement, Located, edit,
};
use crate::conformance::plan::{Event, FileResult, Plan, Summary};
use crate::conformance::read::language::{Dialect, Messages, Spec};
use crate::conformance::read::suite::{Suite, SuiteFile, has_extension};
use crate::conformance::record::{Record, XDIFF};
use crate::conformance::report::about::{About, Shard, content};
use crate::conformance::report::replay::Replay;
use crate::conformance::report::{self, End, FileReport, NewsItem, Reports, Target};
use crate::conformance::supervise;
use crate::engine::{CpuLevel, Dispatch, Engine, Mode, NanProfile, Relaxed};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::{BTreeMap, HashMap};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Run the WebAssembly testsuite on every backend, and print the matrix
///
/// Every directive runs on every backend, is held against the expected outcome, and the backends are held against each
/// other after each directive (the column `xdiff`). What no rule of expectations.toml covers is unexpected.
#[derive(clap::Args)]
#[command(after_help = "Exit status: 0 as expected, 1 not as expected, 2 usage, input or output at fault or nothing \
    selected.\n\nExamples:\n  wasmoon test\n  wasmoon test exceptions tail-call --backend interp,jit\n  wasmoon test \
    path/to/my.wast\n  wasmoon test path/to/my.json\n  wasmoon test --spec 1.0,2.0\n  wasmoon test core::i32 --at 312\n  wasmoon test --report html=matrix.html --report \
    jsonl=run.jsonl\n  wasmoon test --shard 2/4 --report jsonl=shard-2.jsonl")]
pub struct Args {
    /// Part of a name, as `exceptions` or `core::i32` (any may match); or a script or a folder of scripts to run instead
    /// of the suite: whatever has a slash, ends in .wast or .json, or exists. Folders are read to the bottom. In JSON as
    /// wast2json and json-from-wast write it, module files beside it
    #[arg(value_name = "FILTER | FILE.wast | FILE.json | DIR/")]
    patterns: Vec<String>,
    /// Columns: interp, jit-O0, jit-O1, jit
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    backend: Vec<String>,
    /// A checkout of the testsuite repository, instead of the embedded suite
    #[arg(long, value_name = "DIR", env = "SPEC_TESTS")]
    suite: Option<PathBuf>,
    /// Run all files of these versions of the specification, with exactly their features, a row each: 1.0, 2.0, 3.0,
    /// latest. With scripts by path, or --suite: judge them (the core files) by this one version
    #[arg(long, value_name = "VERSION", value_delimiter = ',', conflicts_with_all = ["bless", "add"])]
    spec: Vec<String>,
    /// Features to add to every file's own, or with a minus in front to take away
    #[arg(long, value_name = "LIST", value_delimiter = ',', allow_hyphen_values = true)]
    features: Vec<String>,
    /// Judge traps and rejections by their phase alone, for scripts that expect other words than the
    /// specification's
    #[arg(long)]
    any_message: bool,
    /// Whose conventions scripts by path follow: spec, or wasmtime (named modules are registered by themselves, the last
    /// one of a name counts, the host has "wasmtime" "gc", features are those of the header alone, an invoke without an
    /// assertion may end in any way, messages are wasmtime's and may stand anywhere in the text)
    #[arg(long, value_name = "NAME", default_value = "spec", value_parser = Dialect::parse, conflicts_with = "self_check")]
    dialect: Dialect,
    /// Known deviations; `none`: every deviation is unexpected
    #[arg(long, value_name = "FILE|none")]
    expectations: Option<String>,
    /// Report to write (repeatable): jsonl=F, junit=F, markdown=F or html=F; - is standard output, and a name that ends
    /// in .zst is compressed
    #[arg(long, value_name = "FORMAT=F", value_parser = Target::parse)]
    report: Vec<Target>,
    /// Run the K-th of N parts of the selected files (K from 1). There have to be at least K files: a part without any is
    /// an error (status 2)
    #[arg(long, value_name = "K/N", value_parser = parse_shard)]
    shard: Option<(usize, usize)>,
    /// Worker processes at a time [default: one a core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Time for one directive on one backend
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = parse_seconds)]
    timeout: f64,
    /// Time for everything about one file; what has not run by then is `timeout` [default: 120 times --timeout]
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    file_timeout: Option<f64>,
    /// Show only the directives on this line, what each backend did included
    #[arg(long, value_name = "LINE")]
    at: Option<u32>,
    /// Print the names of the selected files and end: name for filters, then name for expectations
    #[arg(long)]
    list: bool,
    /// Remove from the expectations what this run has shown to be unnecessary
    #[arg(long, conflicts_with_all = ["shard", "add"])]
    bless: bool,
    /// Add a rule to the expectations for each unexpected deviation
    #[arg(long, requires = "bug")]
    add: bool,
    /// Where the added deviations are tracked
    #[arg(long, value_name = "URL", requires = "add")]
    bug: Option<String>,
    /// Check the harness instead: change every assertion so that it must fail, and see that it does
    #[arg(long, conflicts_with_all = ["report", "bless", "add", "at"])]
    self_check: bool,
    #[command(flatten)]
    tuning: Tuning,
}

/// How code is executed; but for --relaxed and --nan, never what it means
#[derive(clap::Args)]
#[command(next_help_heading = "How code is executed")]
struct Tuning {
    /// Which functions are compiled: interp, jit, mix:SEED (by a hash of each function) or mix3:SEED (interpreter, JIT
    /// and SSA evaluator). Columns of mixed modes are held against `interp`
    #[arg(long, value_name = "MODE", value_parser = parse_mode)]
    mode: Option<(String, Option<Mode>)>,
    /// Allocatable registers of each class
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(4..))]
    regs: Option<u8>,
    /// Instructions that the JIT may use: sse41, avx or avx2 (default: the highest that this CPU has)
    #[arg(long, value_name = "LEVEL", value_parser = CpuLevel::from_name)]
    cpu: Option<CpuLevel>,
    /// What relaxed operators do in compiled code: what the deterministic profile says, or what the CPU level has an
    /// instruction for (native). With `native`, what modules with such operators do is held against expectations, not
    /// against the interpreter
    #[arg(long, value_name = "CHOICE", default_value = "deterministic", value_parser = Relaxed::from_name)]
    relaxed: Relaxed,
    /// NaNs that operators make: the CPU's (native), or the positive canonical one alone, as the deterministic profile has
    /// it (canonical); then they are compared bit for bit
    #[arg(long, value_name = "PROFILE", default_value = "native", value_parser = NanProfile::from_name)]
    nan: NanProfile,
    /// Verify the IR after each pass, and check each register allocation
    #[arg(long)]
    verify: bool,
    /// Poison the undefined upper halves of 32-bit values
    #[arg(long)]
    poison: bool,
    /// Collect garbage at every allocation
    #[arg(long)]
    gc_stress: bool,
    /// The interpreter's dispatcher
    #[arg(long, value_name = "loop|chain", value_parser = parse_dispatch)]
    dispatch: Option<Dispatch>,
    /// Optimization passes to run instead of a level's own; none if the list is empty
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    passes: Option<Vec<String>>,
}

fn parse_shard(text: &str) -> Result<(usize, usize), String> {
    let parsed = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    parsed.filter(|&(k, n)| 1 <= k && k <= n).ok_or_else(|| "write K/N with 1 <= K <= N, as 2/4".into())
}

fn parse_seconds(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|s: &f64| *s > 0.0 && *s < 1e6).ok_or_else(|| "write a number of seconds".into())
}

/// Mixed modes have a `Mode`; `interp` and `jit` only choose columns.
fn parse_mode(text: &str) -> Result<(String, Option<Mode>), String> {
    let seed = |s: &str| s.parse::<u64>().map_err(|_| format!("'{s}' is no seed: write a number"));
    let mode = match text.split_once(':') {
        None if text == "interp" || text == "jit" => None,
        Some(("mix", s)) => Some(Mode::Mix { seed: seed(s)? }),
        Some(("mix3", s)) => Some(Mode::Mix3 { seed: seed(s)? }),
        _ => return Err("write interp, jit, mix:SEED or mix3:SEED".into()),
    };
    Ok((text.to_string(), mode))
}

fn parse_dispatch(text: &str) -> Result<Dispatch, String> {
    match text {
        "loop" => Ok(Dispatch::Loop),
        "chain" => Ok(Dispatch::Chain),
        _ => Err("write loop or chain".into()),
    }
}

/// `given`: the arguments as they were typed.
pub fn run(args: Args, given: Given) -> Result<u8, Failed> {
    if args.patterns.iter().any(|p| p == "-") {
        return Err(
            "scripts are read from files: write what comes on standard input into one that ends in .wast or .json, \
                    and name it"
                .into(),
        );
    }
    let (paths, filters): (Vec<&String>, Vec<&String>) = args.patterns.iter().partition(|p| is_path(p));
    if given.suite_typed && !paths.is_empty() {
        return Err(format!("--suite and a path ({}) are two things to run: leave one of them out", paths[0]));
    }
    // A path that is named counts for more than the environment.
    let suite_switch = if paths.is_empty() { &given.suite[..] } else { "" };
    let suite = load_suite(&args, &paths)?;
    let backends = backends(&args)?;
    let Selection { files, backends } = select(&suite, &filters, backends)?;
    let selected = files.clone();
    let files = match args.shard {
        None => files,
        Some(shard) => part(files, shard)?,
    };
    if args.list {
        return list(&files);
    }
    // Files that a person names are none of the suite's: its rules do not speak of them unless asked to.
    let argument = args.expectations.as_deref().or((!paths.is_empty()).then_some("none"));
    let rules = Expectations::find(argument)?;
    let inputs: Vec<PathBuf> = suite.files.iter().flat_map(|f| f.paths()).chain(rules.path.clone()).collect();
    report::check_destinations(&args.report, &inputs)?;
    if args.bless && !paths.is_empty() {
        return Err(
            "--bless needs a run of the suite that the expectations are for: scripts by path cannot show that no \
                    other script needs a rule. Remove by hand what the news name"
                .into(),
        );
    }
    if (args.bless || args.add) && rules.path.is_none() {
        return Err(
            "there is no expectations.toml to change: run in the checkout, or name one with --expectations".into()
        );
    }
    let mut columns: Vec<String> = backends.iter().map(|b| b.name.clone()).collect();
    if columns.len() > 1 {
        columns.push(XDIFF.into());
    }
    let mut plan = Plan::new(files);
    plan.backends = backends;
    plan.timeout = Duration::from_secs_f64(args.timeout);
    plan.file_timeout = args.file_timeout.map_or(plan.timeout * Plan::FILE_TIMEOUTS, Duration::from_secs_f64);
    plan.jobs = args.jobs.map_or(plan.jobs, usize::from);
    // Of a suite of whole versions, each file says which one it is of.
    let spec = if paths.is_empty() && args.suite.is_none() { "" } else { &given.spec };
    plan.replay = Replay { switches: format!("{}{suite_switch}{spec}", given.switches), by_path: !paths.is_empty() };
    let stop = Arc::clone(&plan.stop);
    // A run without handler still works; only signals then end it without reports.
    let _ = ctrlc::set_handler(move || stop.store(true, Ordering::Relaxed));

    let conditions = Conditions {
        arch: std::env::consts::ARCH.into(),
        os: std::env::consts::OS.into(),
        suite: suite.revision.clone(),
        spec: if args.spec.is_empty() { "latest".into() } else { args.spec.join(",") },
        mode: args.tuning.mode.as_ref().map(|(name, _)| name.clone()).unwrap_or_default(),
    };
    let coverage = Coverage {
        files: suite.files.iter().map(|f| f.rules_key()).collect(),
        extent: match (paths.is_empty(), args.spec.is_empty()) {
            (true, true) => Extent::Suite,
            (true, false) => Extent::Part { folders: Vec::new() },
            (false, _) => Extent::Part { folders: suite.groups.iter().map(|g| g.name.clone()).collect() },
        },
        columns: Backend::NAMES.iter().copied().chain([XDIFF]).map(String::from).collect(),
        ran: columns.clone(),
    };
    if args.self_check {
        return self_check(&plan, Judge::new(&rules.rules, conditions, coverage));
    }
    // Hashing all texts is left out where nobody would see it.
    let about = (!args.report.is_empty()).then(|| About {
        switches: format!("{}{suite_switch}{}", given.switches, given.spec).trim().into(),
        backends: columns.clone(),
        selection: given.selection.trim().into(),
        content: content(&selected),
        files: selected.len() as u64,
        shard: args.shard.map(|(k, n)| Shard { parts: vec![k as u64], of: n as u64 }),
        jobs: plan.jobs as u64,
        ..About::here()
    });
    let reports = Reports::create(&args.report, &columns)?;
    let judge = Judge::new(&rules.rules, conditions, coverage);
    let done = Run::new(&plan, judge, reports, args.at, args.add).go(&plan)?;
    conclude(&args, &suite, about, &columns, &rules, done)
}

/// The harness, held against scripts that must fail. `judge` knows what did not pass to begin with.
fn self_check(plan: &Plan, mut judge: Judge<'_>) -> Result<u8, Failed> {
    let bar = progress_bar(2 * plan.files.len());
    let tally = supervise::self_check::self_check(plan, &mut |result| {
        judge.file(&result.file.rules_key(), &mut result.records, result.complete);
        bar.set_message(result.file.key());
        bar.inc(1);
    })
    .map_err(|e| e.to_string())?;
    bar.finish_and_clear();
    say(&format!("{tally}\n"))?;
    Ok(if tally.is_fine() { OK } else { NOT_AS_EXPECTED })
}

/// On a terminal only.
fn progress_bar(files: usize) -> ProgressBar {
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(files as u64) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} files {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

/// Whether an argument is a path rather than a filter: it looks like one, or it is there.
fn is_path(argument: &str) -> bool {
    let path = Path::new(argument);
    let looks = argument.contains('/') || ["wast", "json"].iter().any(|e| has_extension(path, e));
    looks || path.symlink_metadata().is_ok()
}

/// Says of each argument that is a path only because it exists, and that would select something as a filter, which of
/// them it was taken for.
fn note_ambiguous(paths: &[&String]) -> Result<(), Failed> {
    let looks_like_filter = |p: &&&String| !p.contains('/') && Path::new(p.as_str()).extension().is_none();
    let ambiguous: Vec<&&String> = paths.iter().filter(looks_like_filter).collect();
    if ambiguous.is_empty() {
        return Ok(());
    }
    let suite = Suite::embedded()?;
    for path in ambiguous {
        let selected = suite.select(path, &Backend::NAMES).len();
        if selected > 0 {
            let files = if selected == 1 { "file" } else { "files" };
            note(&format!(
                "'{path}' exists and was taken for a path; as a filter it would select {selected} {files} of the suite \
                 (elsewhere, or as a longer part of their names)"
            ));
        }
    }
    Ok(())
}

/// A remark on standard error, which leaves the reports and the exit status alone.
fn note(message: &str) {
    // If standard error is closed there is nobody to read it.
    let _ = writeln!(anstream::stderr(), "note: {message}");
}

/// The K-th of N parts of the selected files.
fn part(files: Vec<Arc<SuiteFile>>, (k, n): (usize, usize)) -> Result<Vec<Arc<SuiteFile>>, Failed> {
    let all = files.len();
    let files: Vec<_> = files.into_iter().skip(k - 1).step_by(n).collect();
    let are = if all == 1 { "is 1 file" } else { &format!("are {all} files") };
    if files.is_empty() {
        return Err(format!(
            "shard {k}/{n} has no files: there {are} in all\nnothing would be run; of {all} files make at most {all} \
             shards (`wasmoon test --list` prints one line a file)"
        ));
    }
    note(&format!("shard {k}/{n}: {} of {all} files", files.len()));
    Ok(files)
}

fn load_suite(args: &Args, paths: &[&String]) -> Result<Suite, Failed> {
    let specs = args.spec.iter().map(|text| Spec::parse(text).ok_or_else(|| unknown_spec(text)));
    let specs = specs.collect::<Result<Vec<Spec>, Failed>>()?;
    if let Some(twice) = (1..specs.len()).find(|&i| specs[..i].contains(&specs[i])) {
        return Err(format!("--spec {} is given twice", specs[twice].name()));
    }
    let mut suite = if !paths.is_empty() {
        note_ambiguous(paths)?;
        Suite::paths(&paths.iter().map(PathBuf::from).collect::<Vec<_>>(), args.dialect).map_err(|e| {
            format!(
                "{e}\nan argument that exists, has a slash, or ends in .wast or .json is a path; a filter has none of \
                 these, as core::i32"
            )
        })?
    } else if args.dialect != Dialect::Spec {
        return Err("--dialect is for scripts by path: name a script or a folder of scripts".into());
    } else if let Some(dir) = &args.suite {
        Suite::checkout(dir)?
    } else if !specs.is_empty() {
        Suite::versions(&specs)?
    } else {
        Suite::embedded()?
    };
    if let Some(&spec) = specs.first().filter(|_| !paths.is_empty() || args.suite.is_some()) {
        if specs.len() > 1 {
            return Err("--spec: scripts by path and checkouts can be judged by one version only".into());
        }
        if paths.is_empty() {
            suite.files.retain(|f| f.group == "core");
        }
        suite.set_language(|language| {
            language.spec = spec;
            language.features = spec.features();
        });
    }
    apply_features(Spec::Latest.features(), &args.features)?;
    suite.set_language(|language| {
        if args.any_message {
            language.messages = Messages::None;
        }
        // The names were checked above.
        language.features = apply_features(language.features, &args.features).unwrap_or(language.features);
    });
    Ok(suite)
}

/// The columns, as `--backend`, `--mode` and the rest ask for.
fn backends(args: &Args) -> Result<Vec<Backend>, Failed> {
    let t = &args.tuning;
    let mixed = t.mode.as_ref().and_then(|(name, mode)| mode.map(|mode| (name, mode)));
    let names: Vec<&str> = match (&args.backend[..], &t.mode) {
        ([], None) => Backend::NAMES.to_vec(),
        ([], Some((name, None))) => vec![name.as_str()],
        ([], Some(_)) => vec!["interp", "jit"],
        (list, _) => list.iter().map(String::as_str).collect(),
    };
    let mut backends: Vec<Backend> = Vec::new();
    for name in names {
        let hint = || format!("'{name}' is no backend: {}", Backend::NAMES.join(", "));
        let mut backend = Backend::named(name).ok_or_else(hint)?;
        if let Some((mode_name, mode)) = mixed
            && backend.name != "interp"
        {
            backend.name = format!("{}+{mode_name}", backend.name);
            backend.config.mode = mode;
        }
        backend.config.registers = t.regs;
        backend.config.cpu = t.cpu;
        if backend.name != "interp" {
            backend.config.relaxed = t.relaxed;
        }
        backend.config.nan = t.nan;
        backend.config.verify = t.verify;
        backend.config.poison = t.poison;
        backend.config.gc_stress = t.gc_stress;
        backend.config.dispatch = t.dispatch;
        backend.config.passes = pass_names(&t.passes);
        let chosen = t.cpu.is_some() || t.passes.is_some() || t.dispatch.is_some();
        if chosen || t.relaxed != Relaxed::default() || t.nan != NanProfile::default() {
            // What cannot be done is better said before workers are started.
            Engine::new(backend.config.clone())?;
        }
        if backends.iter().any(|b| b.name == backend.name) {
            return Err(format!("backend {} is named twice", backend.name));
        }
        backends.push(backend);
    }
    Ok(backends)
}

struct Selection {
    files: Vec<Arc<SuiteFile>>,
    backends: Vec<Backend>,
}

/// Files and columns that a filter names: `::jit` is a column, `core::i32` a file.
fn select(suite: &Suite, filters: &[&String], backends: Vec<Backend>) -> Result<Selection, Failed> {
    if filters.is_empty() {
        return Ok(Selection { files: suite.files.clone(), backends });
    }
    let names: Vec<&str> = backends.iter().map(|b| b.name.as_str()).collect();
    let with_xdiff: Vec<&str> = names.iter().copied().chain((names.len() > 1).then_some(XDIFF)).collect();
    for filter in filters {
        if suite.select(filter, &with_xdiff).is_empty() {
            return Err(nothing_selected(suite, filter));
        }
    }
    let matches = |f: &SuiteFile, column: &str| filters.iter().any(|filter| f.trial(column).contains(filter.as_str()));
    let files: Vec<_> = suite.files.iter().filter(|f| with_xdiff.iter().any(|c| matches(f, c))).cloned().collect();
    let named: Vec<Backend> = backends.iter().filter(|b| files.iter().any(|f| matches(f, &b.name))).cloned().collect();
    // A filter for `xdiff` alone needs the columns that it compares.
    Ok(Selection { files, backends: if named.is_empty() { backends } else { named } })
}

fn nothing_selected(suite: &Suite, filter: &str) -> Failed {
    let mut words: Vec<String> =
        suite.files.iter().flat_map(|f| [Some(f.stem.clone()), f.theme.clone()]).flatten().collect();
    words.extend(suite.groups.iter().map(|g| g.name.clone()));
    words.sort();
    words.dedup();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let last = filter.rsplit("::").next().unwrap_or(filter);
    let close = similar::get_close_matches(last, &words, 3, 0.6);
    let hint = if close.is_empty() { String::new() } else { format!("; did you mean {}?", close.join(" or ")) };
    format!(
        "nothing is selected by '{filter}'{hint}\n`wasmoon test --list` prints all names; a filter is any part of one"
    )
}

fn list(files: &[Arc<SuiteFile>]) -> Result<u8, Failed> {
    let width = files.iter().map(|f| f.name().len()).max().unwrap_or(0);
    let text: String = files.iter().map(|f| format!("{:width$}  {}\n", f.name(), f.key())).collect();
    say(&text)?;
    Ok(OK)
}

/// A run under way. Files end in any order, and are judged and reported in the plan's.
struct Run<'a> {
    judge: Judge<'a>,
    reports: Reports,
    bar: ProgressBar,
    order: HashMap<String, usize>,
    waiting: BTreeMap<usize, FileResult>,
    next: usize,
    at: Option<u32>,
    /// All records of files with unexpected ones, for `--add`.
    keep: Option<Vec<Record>>,
    at_lines: Vec<Record>,
    errors: Vec<String>,
    /// Files that were read to their end and have no directives.
    empty: Vec<String>,
    failed: Option<String>,
}

/// A run that ended.
struct Done {
    judgement: Judgement,
    reports: Reports,
    summary: Summary,
    unexpected: Vec<Record>,
    at_lines: Vec<Record>,
    errors: Vec<String>,
    empty: Vec<String>,
}

impl<'a> Run<'a> {
    fn new(plan: &Plan, judge: Judge<'a>, reports: Reports, at: Option<u32>, add: bool) -> Run<'a> {
        let order = plan.files.iter().enumerate().map(|(i, f)| (f.key(), i)).collect();
        let bar = progress_bar(plan.files.len());
        let keep = add.then(Vec::new);
        let (waiting, at_lines, errors, empty) = (BTreeMap::new(), Vec::new(), Vec::new(), Vec::new());
        Run { judge, reports, bar, order, waiting, next: 0, at, keep, at_lines, errors, empty, failed: None }
    }

    fn go(mut self, plan: &Plan) -> Result<Done, Failed> {
        let summary = supervise::run(plan, &mut |event| match event {
            Event::Started(file) => self.bar.set_message(file.key()),
            Event::Finished(result) => {
                self.bar.inc(1);
                if let Some(&n) = self.order.get(&result.file.key()) {
                    self.waiting.insert(n, *result);
                }
                while let Some(result) = self.waiting.remove(&self.next) {
                    self.next += 1;
                    self.file(result, plan);
                }
            }
        })
        .map_err(|e| e.to_string())?;
        // After Ctrl-C there are gaps.
        for result in std::mem::take(&mut self.waiting).into_values() {
            self.file(result, plan);
        }
        self.bar.finish_and_clear();
        if self.failed.is_none() {
            self.settle(plan)?;
        }
        if let Some(message) = self.failed {
            return Err(message);
        }
        let unexpected = self.keep.unwrap_or_default();
        let judgement = self.judge.finish();
        let (reports, at_lines, errors, empty) = (self.reports, self.at_lines, self.errors, self.empty);
        Ok(Done { judgement, reports, summary, unexpected, at_lines, errors, empty })
    }

    /// Runs the files of `flaky` rules again, until their directives were seen to pass and to deviate, or as often as the
    /// rules say.
    fn settle(&mut self, plan: &Plan) -> Result<(), Failed> {
        loop {
            let keys = self.judge.unsettled();
            let mut again = plan.clone();
            again.files.retain(|f| keys.contains(&f.rules_key()));
            let mut completed = 0;
            if !again.files.is_empty() && !plan.stop.load(Ordering::Relaxed) {
                supervise::run(&again, &mut |event| {
                    if let Event::Finished(result) = event {
                        self.judge.again(&result.file.rules_key(), &result.records, result.complete);
                        completed += u32::from(result.complete);
                    }
                })
                .map_err(|e| e.to_string())?;
            }
            if completed == 0 {
                return Ok(());
            }
        }
    }

    fn file(&mut self, mut result: FileResult, plan: &Plan) {
        if let Some(error) = &result.error {
            // What has a line in the file begins with it.
            let colon = if error.starts_with(|c: char| c.is_ascii_digit()) { ":" } else { ": " };
            self.errors.push(format!("{}{colon}{error}", result.file.place()));
        }
        if result.complete && result.records.is_empty() {
            self.empty.push(result.file.key());
        }
        self.judge.file(&result.file.rules_key(), &mut result.records, result.complete);
        if let Some(keep) = &mut self.keep
            && result.records.iter().any(Record::is_unexpected)
        {
            keep.extend(result.records.iter().cloned());
        }
        if let Some(line) = self.at {
            result.records.retain(|r| r.line == line);
            self.at_lines.extend(result.records.iter().cloned());
        }
        if self.failed.is_some() {
            return;
        }
        // The lines of a script in JSON are those of the script that it was made from.
        let source = result.file.text().ok().filter(|_| result.file.json_folder().is_none());
        let file = FileReport { source: source.as_deref(), records: &result.records };
        if let Err(message) = self.reports.file(&file) {
            // Nobody can read the outcome: there is no use in going on.
            self.failed = Some(message);
            plan.stop.store(true, Ordering::Relaxed);
        }
    }
}

fn conclude(
    args: &Args,
    suite: &Suite,
    about: Option<About>,
    columns: &[String],
    rules: &Located,
    mut done: Done,
) -> Result<u8, Failed> {
    if let Some(line) = args.at
        && done.at_lines.is_empty()
        && done.errors.is_empty()
    {
        return Err(format!("no directive of the selected files begins on line {line}"));
    }
    let mut notes = String::new();
    done.errors.iter().for_each(|e| notes += &format!("{e}\n"));
    done.empty.iter().for_each(|key| notes += &format!("{key}: no directives, nothing was judged in it\n"));
    if args.bless {
        notes += &bless(rules, &done.judgement)?;
        done.judgement.news.retain(|n| !n.blessable);
    }
    let news = done
        .judgement
        .news
        .iter()
        .map(|n| NewsItem { text: format!("{}:{}: {}", rules.rules.name, n.line, n.message), counts: n.kind.counts() });
    let mut news: Vec<NewsItem> = news.collect();
    let stats = done.summary.stats;
    if stats.fallbacks > 0 {
        let text = format!(
            "{} functions were interpreted in columns that are all JIT: these columns prove nothing",
            stats.fallbacks
        );
        news.push(NewsItem { text, counts: true });
    }
    let mut all_added = false;
    if let (true, Some(path), Some(bug)) = (args.add, &rules.path, &args.bug) {
        let (text, added) = edit::add(&rules.source, &done.unexpected, columns, bug)?;
        report::write_atomically(path, &text)?;
        notes += &format!("added {added} rules to {}\n", path.display());
        all_added = !news.iter().any(|n| n.counts);
    }
    let end = End {
        wall_ms: done.summary.wall.as_millis() as u64,
        suite: suite.revision.clone(),
        about,
        jit_functions: stats.jit_functions,
        news,
        interrupted: done.summary.not_run > 0,
    };
    notes += &figures(&done.summary);
    done.at_lines.iter().for_each(|r| notes += &one_line(r));
    let status = super::report::finish(done.reports, &end, &args.report, &notes)?;
    Ok(if status == NOT_AS_EXPECTED && all_added && !end.interrupted { OK } else { status })
}

fn bless(rules: &Located, judgement: &Judgement) -> Result<String, Failed> {
    let Some(path) = &rules.path else { return Ok(String::new()) };
    if judgement.narrowings.is_empty() {
        return Ok(format!("nothing to remove from {}\n", path.display()));
    }
    let text = edit::bless(&rules.source, &judgement.narrowings)?;
    report::write_atomically(path, &text)?;
    let removed = judgement.narrowings.iter().filter(|n| n.removes()).count();
    let narrowed = judgement.narrowings.len() - removed;
    Ok(format!("removed {removed} rules and narrowed {narrowed} in {}\n", path.display()))
}

fn figures(summary: &Summary) -> String {
    let s = &summary.stats;
    let seconds = |us: u64| us as f64 / 1e6;
    let mut text = format!(
        "{} files; CPU: parsing {:.2} s, compiling {:.2} s, running {:.2} s, comparing {:.2} s; {} functions compiled, {} \
         entries into native code\n",
        summary.files,
        seconds(s.parse_us),
        seconds(s.compile_us),
        seconds(s.run_us),
        seconds(s.compare_us),
        s.jit_functions,
        s.native_entries
    );
    if s.judged_once > 0 {
        text += &format!("{} directives judge the common decoder and validator, once for all columns\n", s.judged_once);
    }
    if s.not_compared > 0 {
        text += &format!("{} directives at which something was not compared: their records say what\n", s.not_compared);
    }
    if s.after_threads > 0 {
        text += &format!(
            "{} comparisons of directives in or beside threads: what these could reach was compared at a thread's end\n",
            s.after_threads
        );
    }
    if s.nan_differences > 0 || s.by_phase_alone > 0 {
        text += &format!(
            "{} NaNs of other bits on the two sides; {} assertions without a message, judged by phase alone\n",
            s.nan_differences, s.by_phase_alone
        );
    }
    text
}

/// What `--at` shows of a directive in a column.
fn one_line(r: &Record) -> String {
    let mut text = format!("{} line {} {} on {}: {}\n", r.key(), r.line, r.directive, r.backend, r.verdict.name());
    for (label, value) in [("expected", &r.expected), ("got", &r.got), ("cause", &r.cause)] {
        if let Some(value) = value {
            text += &format!("  {label:8}  {value}\n");
        }
    }
    text
}
