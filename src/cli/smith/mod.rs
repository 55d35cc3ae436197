//! `wasmoon smith`: runs random modules on every backend, and random scripts.

mod scripts;

use super::given_switches::Given;
use super::switches::switches_of;
use super::{Failed, NOT_AS_EXPECTED, OK, engine_names, input, interrupt, many, modes, say, values};
use crate::conformance::backend::Backend;
use crate::conformance::read::kind;
use crate::conformance::report::replay::quoted;
use crate::engine::{Config, Engine, Mode, NanProfile, OptLevel, Tier};
use crate::oracle::{COMMAND, Oracle};
use crate::text::{by_number, counted};
use crate::triage::differential::COLUMNS;
use crate::triage::smith::small::small;
use crate::triage::smith::{
    CheckedShare, ColumnChoice, Digest, EngineTally, FEATURES, Features, Finding, Generator, KEPT, Seeds, SmithNews,
    SmithPlan, SmithSummary, findings, run as run_plan,
};
use crate::triage::subject::Subject;
use crate::triage::witness::{CutReason, NamedEngine};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Run random modules on every backend, and compare the backends
///
/// Each seed determines a module that terminates and computes only canonical NaNs. Even seeds give modules from
/// wasm-smith; odd seeds give, in turn, dense code in shapes that compilers often get wrong, and functions that each do
/// one thing where something ends. One module in four is linked with a copy of itself, from which it imports some of
/// its functions, tables, memories, globals and tags. All exported functions are called. After each call, results, traps, exceptions, memories, globals, tables and dropped segments
/// are compared. Differences, crashes, timeouts, errors of the checker and unsupported modules are findings, and are
/// stored.
#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = concat!("By default, modules run on interp, jit-O0 and jit. One in 16 runs with the verifier and the \
    checker, and more than half run on one more column: jit-O1, few registers, poison, mixed tiers, a collection at \
    each allocation, or the other dispatcher.\n\n\
    Exit status: 0 if nothing was found, 1 if something was, if another engine was too slow to answer, or if the run \
    was interrupted (the summary names the next seed), 2 for a usage, input or output error, or if nothing was \
    compared, 130 if ", interrupt::second_ctrl_c!(), " ended the run at once.\n\n\
    Examples:\n  \
    wasmoon smith --count 200\n  \
    wasmoon smith --seed 1000000 --time 600 --jobs 2\n  \
    wasmoon smith --replay 4711\n  \
    wasmoon smith --backend interp,jit --features none,multi-value --verify")
)]
pub struct Args {
    #[command(subcommand)]
    scripts: Option<scripts::Kind>,
    /// Number of modules to run [default: 1000; with --time, no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// First seed; each further module has the next seed
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// Time limit in seconds, after which no more modules are started
    #[arg(long, value_name = "SECONDS", value_parser = values::seconds)]
    time: Option<Duration>,
    /// Number of worker processes [default: one per core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    jobs: Option<u16>,
    /// Columns to run, with the reference first: interp, jit-O0, jit-O1, jit
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    backend: Vec<String>,
    /// Mode of the JIT columns: tier:SEED (interpreted at first, and replaced by compiled code while it runs, after a
    /// number of passings chosen by a hash), tier:entry:N or tier:loop:N (all functions are replaced after N passings
    /// of their entry or of a loop)
    #[arg(long, value_name = "MODE", value_parser = modes::tiers)]
    mode: Option<Mode>,
    /// Another engine to compare with (repeatable): a name from `wasmoon test --list-engines`, or "cmd:PROGRAM
    /// ARGUMENTS". NAME=ENGINE gives it another name. With several engines, one that disagrees with all others is named
    #[arg(long, value_name = "ENGINE", visible_alias = "oracle")]
    engine: Vec<String>,
    /// Features that modules may use, besides those that all backends support; a leading minus sign rules a feature
    /// out, and `none` removes all features before it (--list-features prints the names)
    #[arg(long, value_name = "LIST", value_delimiter = ',', allow_hyphen_values = true)]
    features: Vec<String>,
    /// Print the names of features, and run nothing
    #[arg(long, exclusive = true)]
    list_features: bool,
    /// Verify the IR after each pass, and check each register allocation, for all modules
    #[arg(long, conflicts_with = "no_verify")]
    verify: bool,
    /// Do not verify any module
    #[arg(long)]
    no_verify: bool,
    /// Number of allocatable registers in each register class, in all columns
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(4..))]
    regs: Option<u8>,
    /// Poison the undefined upper halves of 32-bit values, in all columns
    #[arg(long)]
    poison: bool,
    /// NaNs that operators produce in all columns: native or canonical. With `canonical`, the engine rather than the
    /// modules makes NaNs canonical, and results are compared bit for bit
    #[arg(long, value_name = "PROFILE", default_value = "native")]
    nan: NanProfile,
    /// Collect garbage at every allocation, in all columns
    #[arg(long)]
    gc_stress: bool,
    /// Time limit for one module on one column, in seconds; another engine that takes longer is given a second try,
    /// with three times the limit
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = values::seconds)]
    timeout: Duration,
    /// Folder for findings. Each finding has its own folder there, named after the seed; further findings of a seed
    /// have a number appended
    #[arg(long, value_name = "DIR", default_value = "target/smith")]
    out: PathBuf,
    /// File for digests: one line for each module that ran, with its seed, and hashes of its bytes and of its behaviour
    /// on the reference. The lines of two hosts or versions differ where behaviour differs, and where a stack or heap
    /// was full on only one side
    #[arg(long, value_name = "FILE")]
    digests: Option<PathBuf>,
    /// Time limit for reducing a finding, in seconds; 0 leaves findings unreduced
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(..1_000_000_000))]
    reduce: u64,
    /// Seed of a single module to run, as in a longer run
    #[arg(long, value_name = "SEED", conflicts_with_all = ["count", "seed", "time"])]
    replay: Option<u64>,
    /// File with the seeds of the modules to run, in decimal; a `#` begins a comment
    #[arg(long, value_name = "FILE", conflicts_with_all = ["count", "seed", "replay"])]
    seeds: Option<PathBuf>,
}

/// `given`: the arguments as they were typed.
pub fn run(args: Args, given: Given) -> Result<u8, Failed> {
    if let Some(kind) = args.scripts {
        return scripts::run(kind);
    }
    if args.list_features {
        let line = |f: &crate::triage::smith::features::Feature| {
            format!("{:26}{}\n", f.name, if f.supported { "" } else { "on request only" })
        };
        say(&FEATURES.iter().map(line).collect::<String>())?;
        return Ok(OK);
    }
    if let (Some(seeds), Some(digests)) = (&args.seeds, &args.digests) {
        input::spare(seeds, digests, "--digests")?;
    }
    input::check_folder("--out", &args.out)?;
    input::check_whole([("--digests", args.digests.clone())])?;
    let features = Features::parse(&args.features)?;
    let choice = choice(&args)?;
    let stop = Arc::new(AtomicBool::new(false));
    interrupt::stop_on_signal(&stop, "starting no more modules and waiting for the running ones".into());
    let mut plan = SmithPlan::new(args.replay.unwrap_or(args.seed), 1);
    plan.seeds = match (&args.seeds, args.replay, args.time) {
        (Some(file), ..) => Seeds::Listed(listed(file)?),
        (None, Some(seed), _) => Seeds::From { first: seed, count: Some(1) },
        (None, None, time) => {
            Seeds::From { first: args.seed, count: args.count.or_else(|| time.is_none().then_some(1000)) }
        }
    };
    plan.time = args.time;
    plan.jobs = if args.replay.is_some() { 1 } else { args.jobs.map_or(plan.jobs, usize::from) };
    plan.timeout = args.timeout;
    plan.digests = args.digests.is_some();
    (plan.features, plan.choice, plan.engines, plan.stop) = (features, choice, engines(&args)?, stop);
    let (bar, mut kept) = (progress_bar(plan.seeds.count()), Vec::new());
    let mut stored: HashMap<u64, u32> = HashMap::new();
    let mut show = |news: SmithNews<'_>| -> Result<(), Failed> {
        match news {
            SmithNews::Progress(summary) => {
                bar.set_position(summary.tally.modules);
                bar.set_message(match summary.findings {
                    0 => String::new(),
                    n => counted(n, "finding"),
                });
            }
            SmithNews::Finding(found, subject) => {
                let replay = format!("wasmoon smith --replay {}{}", found.seed, given.switches);
                let nth = stored.entry(found.seed).or_default();
                *nth += 1;
                let commands = findings::Commands { replay: &replay, columns: &columns_of(found) };
                let stored = findings::store(&args.out, *nth, found, subject, features, commands)
                    .map_err(|e| format!("cannot write {e}"));
                let place = stored.as_ref().map_or("nowhere".into(), |folder| folder.display().to_string());
                let (bold, red) = (anstyle::Style::new().bold(), anstyle::AnsiColor::Red.on_default().bold());
                let text = format!(
                    "{red}finding{red:#} {bold}{}{bold:#} on {} (seed {}), {}\n  {:10} {}\n  {:10} {}\n{}  in {}\n  replay: \
                     {replay}\n",
                    found.signature,
                    found.column,
                    found.seed,
                    found.what,
                    found.reference,
                    found.left,
                    found.column,
                    found.right,
                    found.witnesses.iter().map(|line| format!("  {line}\n")).collect::<String>(),
                    place
                );
                bar.suspend(|| say(&text))?;
                let folder = stored?;
                if let Some(subject) = subject {
                    kept.push((found.clone(), subject.clone(), folder));
                }
            }
        }
        Ok(())
    };
    let mut failure = None;
    let summary = run_plan(&plan, &mut |news| match show(news) {
        Ok(()) => ControlFlow::Continue(()),
        Err(e) => {
            failure.get_or_insert(e);
            ControlFlow::Break(())
        }
    });
    bar.finish_and_clear();
    if let Some(e) = failure {
        return Err(e);
    }
    let (summary, failure) = match summary {
        Ok(summary) => (summary, None),
        Err(failure) => (*failure.summary, Some(failure.error)),
    };
    let written = match &args.digests {
        Some(path) => crate::triage::write_whole(path, &digests(&summary.tally.digests)),
        None => Ok(()),
    };
    let reduced = reduce(&args, in_turns(kept), &plan.stop);
    // The findings are printed even if they cannot be written.
    say(&report(&summary, &plan, args.replay.is_some()))?;
    written?;
    reduced?;
    if let Some(error) = failure {
        return Err(error.into());
    }
    if summary.findings == 0 && !summary.stopped {
        if summary.tally.modules == 0 {
            return Err("no module was run within the time limit; raise it with --time".into());
        }
        if plan.engines.is_empty() && plan.choice.columns.len() == 1 && !plan.choice.variants && !plan.digests {
            return Err("nothing was compared; add columns with --backend, or another engine with --engine".into());
        }
    }
    let unwitnessed = unwitnessed(&summary, &plan);
    if !unwitnessed.is_empty() && summary.findings == 0 && !summary.stopped {
        return Err(format!(
            "nothing was compared with {}, which ran none of these modules to completion; turn off the features that \
             it lacks with --features, or choose another engine",
            unwitnessed.join(", ")
        )
        .into());
    }
    // The rest of an interrupted run might have found something.
    let late = summary.tally.engines.iter().any(|engine| !engine.late.is_empty());
    let as_expected = summary.findings == 0 && !late && !summary.stopped;
    Ok(if as_expected { OK } else { NOT_AS_EXPECTED })
}

/// The columns of `wasmoon test` that show a finding, and their switches, with a leading space. The columns are the
/// reference, unless it has the same name as the column that differs, and that column.
fn columns_of(found: &Finding) -> String {
    let Some((reference, side)) = &found.sides else { return String::new() };
    let name = |config: &Config| match (config.mode, config.opt) {
        (Mode::All(Tier::Interp), _) => "interp",
        (_, OptLevel::O0) => "jit-O0",
        (_, OptLevel::O1) => "jit-O1",
        (_, OptLevel::O2) => "jit",
    };
    // A switch applies to all columns.
    let config = side.config().unwrap_or(reference);
    let mut names = vec![name(reference)];
    match side.config() {
        Some(config) if name(config) == names[0] => {}
        Some(config) => names.push(name(config)),
        None => {}
    }
    let mut text = format!(" --backend {}", names.join(","));
    text += &match config.mode {
        Mode::Mix { seed } => format!(" --mode mix:{seed}"),
        Mode::Mix3 { seed } => format!(" --mode mix3:{seed}"),
        mode => modes::option_of(mode),
    };
    text += &switches_of(config);
    for (on, switch) in [(config.gc_stress, " --gc-stress"), (config.paranoid, " --paranoid")] {
        text += if on { switch } else { "" };
    }
    if let Some(dispatch) = config.dispatch {
        text += &format!(" --dispatch {}", dispatch.name());
    }
    text + &found.engines.iter().map(|engine| format!(" --engine {}", quoted(&engine.given()))).collect::<String>()
}

/// The seeds that a file lists.
fn listed(file: &Path) -> Result<Vec<u64>, Failed> {
    let bytes = input::read(file)?;
    let text = kind::utf8(&bytes).map_err(|e| format!("{}: {e}", file.display()))?;
    let mut seeds = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        for word in line.split('#').next().unwrap_or_default().split_whitespace() {
            let seed = word.parse().map_err(|_| format!("{}:{number}: invalid seed '{word}'", file.display()))?;
            seeds.push(seed);
        }
    }
    if seeds.is_empty() {
        return Err(format!("{}: no seeds in this file", file.display()).into());
    }
    Ok(seeds)
}

/// The contents of the digest file.
fn digests(all: &[Digest]) -> String {
    let mut text = String::from("# seed module behavior\n");
    for Digest { seed, module, behavior } in all {
        let _ = writeln!(text, "{seed} {module:016x} {behavior:016x}");
    }
    text
}

/// The engines that supported none of the modules.
fn unwitnessed<'p>(summary: &SmithSummary, plan: &'p SmithPlan) -> Vec<&'p str> {
    let engines = plan.engines.iter().zip(&summary.tally.engines);
    engines.filter(|(_, tally)| tally.is_unwitnessed()).map(|(engine, _)| engine.label.as_str()).collect()
}

/// The engines that the arguments name. Each is started once, so that one that is not installed is reported before
/// workers are started.
fn engines(args: &Args) -> Result<Vec<NamedEngine>, Failed> {
    let mut engines: Vec<NamedEngine> = Vec::new();
    for given in &args.engine {
        let (label, engine) = engine_names::split(given);
        let identity = Oracle::open_under(engine, args.nan)?.identity().clone();
        let label = label.unwrap_or(if engine.starts_with(COMMAND) { &identity.name } else { engine });
        let taken = engines.iter().map(|engine| engine.label.as_str());
        engine_names::check("--engine", given, label, taken)?;
        engines.push(NamedEngine { label: label.into(), name: engine.into(), version: identity.version });
    }
    Ok(engines)
}

/// The maximum number of findings of a run that are reduced.
const MOST_REDUCED: usize = 10;

/// The first finding of each kind, then the second of each, and so on, up to the number that are reduced.
fn in_turns(kept: Vec<(Finding, Subject, PathBuf)>) -> Vec<(Finding, Subject, PathBuf)> {
    let mut kinds: HashMap<(String, String), usize> = HashMap::new();
    // Reducing an unsupported or endless module teaches nothing.
    let unable = |f: &Finding| ["unsupported(", "refused("].iter().any(|end| f.signature.contains(end));
    let teaches = |f: &Finding| !unable(f) && f.signature != "timeout";
    let mut turns: Vec<_> = kept
        .into_iter()
        .filter(|(found, ..)| teaches(found))
        .map(|finding| {
            let turn = kinds.entry((finding.0.signature.clone(), finding.0.column.clone())).or_default();
            *turn += 1;
            (*turn, finding)
        })
        .collect();
    turns.sort_by_key(|(turn, _)| *turn);
    turns.into_iter().map(|(_, finding)| finding).take(MOST_REDUCED).collect()
}

/// Reduces findings, one after the other.
fn reduce(args: &Args, kept: Vec<(Finding, Subject, PathBuf)>, stop: &AtomicBool) -> Result<(), Failed> {
    let stopped = || stop.load(Ordering::Relaxed);
    for (found, subject, folder) in kept {
        if args.reduce == 0 || stopped() {
            return Ok(());
        }
        let bar = crate::cli::case::spinner();
        let seed = found.seed;
        let mut show = |line: &str| bar.set_message(format!("seed {seed}: {line}"));
        let made = small(&found, subject, Duration::from_secs(args.reduce), &stopped, &mut show);
        bar.finish_and_clear();
        match made {
            Ok(made) => {
                findings::add_small(&folder, &made)?;
                let path = folder.join("reduced.wast");
                say(&format!(
                    "seed {seed}: {}{} in {}\n",
                    made.guilty,
                    counted(made.instructions, "instruction"),
                    path.display()
                ))?;
            }
            Err(why) => say(&format!("seed {seed}: not reduced: {why}\n"))?,
        }
    }
    Ok(())
}

/// The columns that the arguments name.
fn choice(args: &Args) -> Result<ColumnChoice, Failed> {
    let mut choice = ColumnChoice { nan: args.nan, ..ColumnChoice::default() };
    if !args.backend.is_empty() {
        let named = |name: &String| {
            let hint = || format!("unknown backend '{name}'; expected one of {}", Backend::NAMES.join(", "));
            Ok::<_, Failed>(Backend::named(name).ok_or_else(hint)?.config)
        };
        if let Some(twice) = args.backend.iter().enumerate().find(|(i, name)| args.backend[..*i].contains(name)) {
            return Err(format!("backend {} is named twice, so nothing would be compared", twice.1).into());
        }
        choice.columns = args.backend.iter().map(named).collect::<Result<_, _>>()?;
        choice.variants = false;
    }
    if args.regs.is_some() || args.poison || args.gc_stress || args.mode.is_some() {
        choice.variants = false;
    }
    let compiles = |config: &Config| config.mode == Mode::All(Tier::Jit);
    if args.mode.is_some() && !choice.columns.iter().any(compiles) {
        let columns: Vec<String> = choice.columns.iter().map(crate::triage::observe::column_name).collect();
        return Err(format!("--mode applies to jit-O0, jit-O1 and jit, not to {}", columns.join(", ")).into());
    }
    for config in &mut choice.columns {
        let (registers, poison, gc_stress, nan) = (args.regs, args.poison, args.gc_stress, args.nan);
        let mode = args.mode.filter(|_| compiles(config)).unwrap_or(config.mode);
        *config = Config { mode, registers, poison, gc_stress, nan, ..config.clone() };
        // A configuration that this build does not support is reported before workers are started.
        Engine::new(config.clone())?;
    }
    choice.checked = match (args.verify, args.no_verify) {
        (true, _) => CheckedShare::All,
        (_, true) => CheckedShare::None,
        _ => choice.checked,
    };
    Ok(choice)
}

/// How many modules an engine ran, and why it did not run the others.
fn witnessed(engine: &NamedEngine, tally: &EngineTally) -> String {
    const SHOWN: usize = 6;
    let mut reasons: Vec<(&CutReason, u64)> = tally.cut.iter().map(|(reason, count)| (reason, *count)).collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let rest: u64 = reasons.iter().skip(SHOWN).map(|(_, count)| count).sum();
    let mut texts: Vec<String> =
        reasons.iter().take(SHOWN).map(|(why, count)| format!("{} {why}", HumanCount(*count))).collect();
    texts.extend((rest > 0).then(|| format!("{} for other reasons", HumanCount(rest))));
    let (asked, compared) = (many(tally.asked, "module"), HumanCount(tally.compared()));
    let why = if texts.is_empty() { String::new() } else { format!("; the others: {}", texts.join("; ")) };
    let NamedEngine { label, version, .. } = engine;
    let died = match tally.died.len() as u64 {
        0 => String::new(),
        count => format!(
            "; it died {} on a module that it survived on retry{}, the last time: {}",
            many(count, "time"),
            bracketed(&tally.died),
            tally.death
        ),
    };
    format!("{label} ({version}): {compared} of {asked} run to completion{why}{}{died}", bracketed(&tally.late))
}

/// The first few of a list of seeds, in brackets.
fn bracketed(list: &[u64]) -> String {
    const SHOWN: usize = 8;
    let mut names: Vec<String> = list.iter().take(SHOWN).map(u64::to_string).collect();
    names.extend((list.len() > SHOWN).then(|| "…".to_string()));
    if names.is_empty() { String::new() } else { format!(" (seeds {})", names.join(" ")) }
}

fn progress_bar(count: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match count {
        Some(n) => {
            (ProgressBar::new(n), "{bar:30} {human_pos}/{human_len} modules {per_sec} {elapsed} (eta {eta}) {msg}")
        }
        None => (ProgressBar::new_spinner(), "{spinner} {human_pos} modules {per_sec} {elapsed} {msg}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

fn report(s: &SmithSummary, plan: &SmithPlan, replay: bool) -> String {
    let (t, f) = (&s.tally, &s.tally.figures);
    let n = HumanCount;
    let mut out = String::new();
    let mut line = |text: String| {
        out += &text;
        out.push('\n');
    };
    let seeds = match &plan.seeds {
        Seeds::From { first, .. } if replay => format!("seed {first}"),
        Seeds::From { .. } if s.reached == 0 => "no seeds".into(),
        Seeds::From { first, .. } => format!("seeds {first} to {}", first + (s.reached - 1)),
        Seeds::Listed(list) => format!("of {}", many(list.len() as u64, "listed seed")),
    };
    line(format!(
        "{} ({seeds}), {} on the reference: {}, {}, {}, {} exhausted",
        many(t.modules, "module"),
        many(f.values + f.traps + f.exceptions + f.exhausted, "call"),
        many(f.values, "value"),
        many(f.traps, "trap"),
        many(f.exceptions, "exception"),
        n(f.exhausted)
    ));
    for (engine, tally) in plan.engines.iter().zip(&t.engines) {
        line(witnessed(engine, tally));
    }
    let mut columns: Vec<String> = plan.choice.columns.iter().map(crate::triage::observe::column_name).collect();
    columns.truncate(COLUMNS);
    if f.unstarted + f.full_heaps > 0 {
        line(format!(
            "{} did not start because the heap was full; {} stopped at a full heap",
            many(f.unstarted, "module"),
            many(f.full_heaps, "comparison")
        ));
    }
    if f.refused > 0 {
        line(format!("{} did not start because of a limit", many(f.refused, "module")));
    }
    line(format!(
        "{} compared with {}, including the state after each; {} compiled; {} run under verifier and checker",
        many(f.compared, "step"),
        columns.first().map_or("", String::as_str),
        many(f.compiled, "function"),
        many(t.checked, "module")
    ));
    if f.replaced != [0; 2] {
        let [entries, loops] = f.replaced;
        line(format!(
            "{} switched to compiled code at {} entry, {} at a loop",
            many(entries, "interpreted function"),
            by_number(entries, "its", "their"),
            n(loops)
        ));
    }
    for (maker, made) in Generator::ALL.iter().zip(&t.made).filter(|(_, made)| made.modules > 0) {
        let each = |count: u64| count as f64 / made.modules as f64;
        line(format!(
            "{}: {}, on average {:.1} functions, {:.0} instructions, {:.1} calls; {:.0} per second and core",
            maker.name(),
            many(made.modules, "module"),
            each(made.functions),
            each(made.instructions),
            each(made.calls),
            made.modules as f64 * 1e9 / made.ns.max(1) as f64
        ));
    }
    let linked = many(t.linked, "linked module");
    line(format!(
        "{linked}; the modules that {} linked with count as part of {}",
        by_number(t.linked, "this one is", "these are"),
        by_number(t.linked, "it", "them")
    ));
    line(format!("columns: {}{}", columns.join(" "), if plan.choice.variants { ", and variants" } else { "" }));
    line(format!("features: {}", plan.features.names()));
    let total_ns = t.generate_ns
        + t.decode_ns
        + t.engines.iter().map(|engine| engine.ns).sum::<u64>()
        + f.compare_ns
        + f.compile_ns.iter().sum::<u64>()
        + f.run_ns.iter().sum::<u64>();
    if t.modules > 0 && total_ns > 0 {
        let share = |ns: u64| format!("{:.0}%", ns as f64 * 100.0 / total_ns as f64);
        let mut shares = vec![
            format!("generating {}", share(t.generate_ns)),
            format!("decoding and validating {}", share(t.decode_ns)),
        ];
        let mut named: Vec<(usize, &str)> = columns.iter().map(String::as_str).enumerate().collect();
        if columns.len() < COLUMNS {
            named.push((columns.len(), "variants"));
        }
        for (i, name) in named {
            let (compile, run) = (f.compile_ns[i], f.run_ns[i]);
            if compile + run > 0 {
                shares.push(format!("{name} {} + {}", share(compile), share(run)));
            }
        }
        for (engine, tally) in plan.engines.iter().zip(&t.engines) {
            shares.push(format!("asking {} {}", engine.label, share(tally.ns)));
        }
        shares.push(format!("comparing {}", share(f.compare_ns)));
        line(format!(
            "{:.0} modules per second and core, {:.1} s with {}; CPU: {} (compiling + running)",
            t.modules as f64 * 1e9 / total_ns as f64,
            s.wall.as_secs_f64(),
            counted(plan.jobs, "job"),
            shares.join(", ")
        ));
    }
    if s.stopped {
        line(match &plan.seeds {
            Seeds::From { first, count } => {
                let rest = count.map(|count| format!(" --count {}", count - s.begun)).unwrap_or_default();
                format!("stopped early; continue with --seed {}{rest}", first.saturating_add(s.begun))
            }
            Seeds::Listed(list) => format!("stopped early, at seed {} of the list", list[s.begun as usize]),
        });
    }
    if s.gave_up {
        line("ended early: enough findings of this kind".into());
    }
    let unwitnessed = unwitnessed(s, plan);
    if s.findings == 0 && !unwitnessed.is_empty() {
        line(format!("no findings, and nothing was compared with {}", unwitnessed.join(", ")));
    } else if s.findings == 0 {
        line("no findings".into());
    } else {
        let mut kinds: Vec<_> = s.kinds.iter().collect();
        kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(**count), (*kind).clone()));
        line(format!("{} (up to {KEPT} of each kind are stored):", many(s.findings, "finding")));
        for ((signature, column), count) in kinds {
            line(format!("{count:8}  {signature} on {column}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use crate::engine::Dispatch;
    use crate::target::CpuLevel;
    use crate::triage::subject::DrivenBy;
    use crate::triage::trial::Side;
    use clap::Parser;

    /// The columns of a finding in the column of a configuration, or in engines.
    fn columns(reference: &Config, side: Side, engines: &[&str]) -> String {
        let named = |label: &&str| NamedEngine { label: label.to_string(), name: "cmd:x".into(), version: "1".into() };
        let engines = engines.iter().map(named).collect();
        columns_of(&Finding {
            sides: Some((reference.clone(), side.clone())),
            engines,
            ..finding(20, "result", &side.to_string())
        })
    }

    fn finding(seed: u64, signature: &str, column: &str) -> Finding {
        Finding {
            seed,
            column: column.into(),
            reference: "interp".into(),
            signature: signature.into(),
            sides: None,
            witnesses: Vec::new(),
            engines: Vec::new(),
            others: Vec::new(),
            what: "call 0".into(),
            step: 1,
            left: "i32 1".into(),
            right: "i32 2".into(),
            script: Some("(module)".into()),
        }
    }

    /// Of each kind, which is a signature on a column, the first finding is reduced before the second of any. Reducing
    /// a subject that cannot be executed teaches nothing.
    #[test]
    fn kinds_of_findings_take_turns() {
        let subject = Subject { bytes: Vec::new(), provider: None, drive: DrivenBy::Script { line: 1 } };
        let reduced = |findings: &[(&str, &str)]| -> Vec<u64> {
            let kept = (0..).zip(findings).map(|(seed, (signature, column))| {
                (finding(seed, signature, column), subject.clone(), PathBuf::from(seed.to_string()))
            });
            let turns = in_turns(kept.collect());
            assert!(turns.iter().all(|(found, _, folder)| *folder == Path::new(&found.seed.to_string())));
            turns.iter().map(|(found, ..)| found.seed).collect()
        };
        let (a, b, other) = (("a", "jit"), ("b", "jit"), ("a", "jit-O0"));
        assert_eq!(reduced(&[a, a, a, b, other, b, a]), [0, 3, 4, 1, 5, 2, 6]);
        let unable = [("timeout", "jit"), ("values / unsupported(x)", "jit"), ("refused(x) / trap(y)", "jit")];
        assert_eq!(reduced(&[&unable[..], &[a, ("values / timeout", "jit")]].concat()), [3, 4]);
        assert_eq!(reduced(&[&[a; 12][..], &[b]].concat()), [0, 12, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(reduced(&[]), [0; 0]);
    }

    /// Only the most frequent of many reasons are shown, and only the first of many seeds.
    #[test]
    fn what_an_engine_did_is_told_in_short() {
        let engine = NamedEngine { label: "x".into(), name: "cmd:x".into(), version: "1".into() };
        let told = |reasons: u64, late: u64| {
            let reason = |n: u64| (CutReason::Unsupported(format!("f{n}")), n);
            let cut = (1..=reasons).map(reason).collect();
            witnessed(&engine, &EngineTally { asked: 100, cut, late: (1..=late).collect(), ..EngineTally::default() })
        };
        for (reasons, late, compared, more) in [
            (0, 0, 100, ""),
            (0, 8, 100, " (seeds 1 2 3 4 5 6 7 8)"),
            (0, 9, 100, " (seeds 1 2 3 4 5 6 7 8 …)"),
            (3, 1, 94, "; the others: 3 lacks f3; 2 lacks f2; 1 lacks f1 (seeds 1)"),
            (6, 0, 79, "; the others: 6 lacks f6; 5 lacks f5; 4 lacks f4; 3 lacks f3; 2 lacks f2; 1 lacks f1"),
            (
                7,
                0,
                72,
                "; the others: 7 lacks f7; 6 lacks f6; 5 lacks f5; 4 lacks f4; 3 lacks f3; 2 lacks f2; 1 for other \
                 reasons",
            ),
            (
                8,
                0,
                64,
                "; the others: 8 lacks f8; 7 lacks f7; 6 lacks f6; 5 lacks f5; 4 lacks f4; 3 lacks f3; 3 for other \
                 reasons",
            ),
        ] {
            assert_eq!(told(reasons, late), format!("x (1): {compared} of 100 modules run to completion{more}"));
        }
    }

    /// The next seed is the first that was not started.
    #[test]
    fn an_interrupted_run_says_where_to_go_on() {
        let summary = SmithSummary { begun: 2, reached: 2, stopped: true, ..SmithSummary::default() };
        for (seeds, expected) in [
            (Seeds::From { first: 5, count: Some(6) }, "; continue with --seed 7 --count 4"),
            (Seeds::From { first: 5, count: None }, "; continue with --seed 7"),
            (Seeds::Listed(vec![7, 3, 9]), ", at seed 9 of the list"),
        ] {
            let plan = SmithPlan { seeds, ..SmithPlan::new(0, 1) };
            let text = report(&summary, &plan, false);
            let line = text.lines().find(|line| line.starts_with("stopped "));
            assert_eq!(line, Some(&*format!("stopped early{expected}")), "{text}");
        }
    }

    /// Switches apply to all columns, except for a mode, which applies to those of the JIT. Options that choose their
    /// own columns exclude other columns.
    #[test]
    fn columns_are_chosen() {
        let chosen = |words: &str| {
            let line = format!("wasmoon smith {words}");
            let parsed = Cli::try_parse_from(line.split_whitespace()).unwrap_or_else(|e| panic!("{e}"));
            let Command::Smith(args) = parsed.command else { panic!("another command") };
            choice(&args)
        };
        let plain = ColumnChoice::default();
        let changed = |change: &dyn Fn(&mut Config)| {
            let mut choice = ColumnChoice { variants: false, ..ColumnChoice::default() };
            choice.columns.iter_mut().for_each(change);
            choice
        };
        let tiers = |config: &mut Config| {
            if config.mode != Mode::All(Tier::Interp) {
                config.mode = Mode::Tiered { seed: Some(3) };
            }
        };
        let named = |name: &str| Backend::named(name).expect("a backend").config;
        let canonical = changed(&|config| config.nan = NanProfile::Canonical);
        for (words, expected) in [
            ("", plain.clone()),
            ("--verify", ColumnChoice { checked: CheckedShare::All, ..plain.clone() }),
            ("--no-verify", ColumnChoice { checked: CheckedShare::None, ..plain.clone() }),
            ("--nan canonical", ColumnChoice { variants: true, nan: NanProfile::Canonical, ..canonical }),
            ("--regs 5", changed(&|config| config.registers = Some(5))),
            ("--poison", changed(&|config| config.poison = true)),
            ("--gc-stress", changed(&|config| config.gc_stress = true)),
            ("--mode tier:3", changed(&tiers)),
            (
                "--backend jit,interp",
                ColumnChoice { columns: vec![named("jit"), named("interp")], variants: false, ..plain },
            ),
        ] {
            let found = chosen(words).unwrap_or_else(|Failed(why)| panic!("{words}: {why}"));
            assert_eq!(found, expected, "{words}");
        }
        for (words, says) in [
            ("--backend jit,interp,jit", "backend jit is named twice, so nothing would be compared"),
            ("--backend jet", "unknown backend 'jet'; expected one of interp, jit-O0, jit-O1, jit"),
            ("--backend interp --mode tier:3", "--mode applies to jit-O0, jit-O1 and jit, not to interp"),
        ] {
            assert_eq!(chosen(words).err().map(|Failed(why)| why).as_deref(), Some(says));
        }
    }

    #[test]
    fn a_finding_is_shown_by_the_columns_that_it_is_about() {
        let (interp, level) = (Config::default(), CpuLevel::all().next().unwrap());
        let jit = || Config { mode: Mode::All(Tier::Jit), ..Config::default() };
        let poisoned = || Config { registers: Some(5), poison: true, ..Config::default() };
        for (config, expected) in [
            (jit(), "interp,jit".to_string()),
            (Config { opt: OptLevel::O1, verify: true, ..jit() }, "interp,jit-O1 --verify".into()),
            (Config { mode: Mode::Mix { seed: 2 }, ..jit() }, "interp,jit --mode mix:2".into()),
            (
                Config { mode: Mode::Tiered { seed: Some(7) }, opt: OptLevel::O0, ..poisoned() },
                "interp,jit-O0 --mode tier:7 --regs 5 --poison".into(),
            ),
            (Config { cpu: Some(level), ..jit() }, format!("interp,jit --cpu {}", level.name())),
            (Config { gc_stress: true, paranoid: true, ..jit() }, "interp,jit --gc-stress --paranoid".into()),
            // The script expects what the reference does.
            (Config { dispatch: Some(Dispatch::Loop), ..Config::default() }, "interp --dispatch loop".into()),
        ] {
            assert_eq!(columns(&interp, config.into(), &[]), format!(" --backend {expected}"));
        }
        let engine = || Side::Engine { name: "cmd:x".into(), nan: NanProfile::Native };
        assert_eq!(columns(&interp, engine(), &["a", "b"]), " --backend interp --engine a=cmd:x --engine b=cmd:x");
        assert_eq!(columns(&poisoned(), engine(), &["a"]), " --backend interp --regs 5 --poison --engine a=cmd:x");
    }
}
