//! `wasmoon test`: the matrix.

mod args;
mod conclusion;
mod engines;
mod scripts;
mod tuning;

use super::given_switches::Given;
use super::{Failed, NOT_AS_EXPECTED, OK, interrupt, say};
use crate::conformance::backend::Backend;
use crate::conformance::judge::expectations::{
    Conditions, Coverage, Expectations, Extent, FileKeys, Judge, LocatedRules,
};
use crate::conformance::matrix::{self, KeptRecords, Progress};
use crate::conformance::plan::Plan;
use crate::conformance::read::suite::{Suite, SuiteFile};
use crate::conformance::record::XDIFF;
use crate::conformance::report::about::{About, Shard, content};
use crate::conformance::report::replay::Replay;
use crate::conformance::report::{self, Reports, check_writable};
use crate::conformance::selection::{Filter, Selection, select};
use crate::conformance::supervise::self_check;
use crate::oracle::names;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use args::Args;

/// `given`: the arguments as they were typed.
pub fn run(args: Args, given: Given) -> Result<u8, Failed> {
    if args.list_engines {
        return engines::list();
    }
    if args.patterns.iter().any(|p| p == "-") {
        return Err(
            "scripts cannot be read from standard input; write the script to a .wast or .json file and name that"
                .into(),
        );
    }
    let (paths, filters): (Vec<&String>, Vec<&String>) = args.patterns.iter().partition(|p| scripts::is_path(p));
    if given.suite_typed && !paths.is_empty() {
        return Err(format!("--suite cannot be used with a path ({}); drop one of them", paths[0]).into());
    }
    // A path that is named takes precedence over the environment.
    let suite_switch = if paths.is_empty() { &given.suite[..] } else { "" };
    let suite = scripts::load(&args, &paths)?;
    let filters: Vec<Filter> = filters.iter().map(|text| Filter::new(text)).collect();
    let alone = !args.engine.is_empty() && args.backend.is_empty() && args.tuning.mode.is_none();
    let backends = if alone { Vec::new() } else { args.tuning.backends(&args.backend)? };
    let Selection { files, backends } = select(&suite, &filters, backends)
        .map_err(|e| format!("{e}\n`wasmoon test --list` prints all names; a filter matches any part of a name"))?;
    let selected = files.clone();
    let files = match args.shard {
        None => files,
        Some(shard) => scripts::shard(files, shard)?,
    };
    if args.list {
        return list(&files);
    }
    let engines = engines::columns(&args, &backends)?;
    let known: Vec<String> = names().into_iter().map(String::from).chain(named(&engines)).collect();
    let rules = rules(&args, !paths.is_empty(), &suite, &known)?;
    let inputs: Vec<PathBuf> = suite.files.iter().flat_map(|f| f.paths()).chain(rules.path.clone()).collect();
    report::check_destinations(&args.report, &inputs)?;
    if args.bless && !paths.is_empty() {
        return Err(
            "--bless needs a run of the suite that the expectations are for: a run of scripts by path cannot show that \
             no other script needs a rule; remove the positions that the run lists by hand"
                .into(),
        );
    }
    if (args.bless || args.add) && rules.path.is_none() {
        let why = match (args.expectations.as_deref(), paths.is_empty()) {
            (Some(_), _) => {
                "--add and --bless need an expectations file, so they cannot be used with --expectations none"
            }
            (None, false) => {
                "scripts by path need their own expectations file; name one with --expectations (--add creates it)"
            }
            (None, true) => "no expectations.toml found to edit; run in a checkout, or name a file with --expectations",
        };
        return Err(why.into());
    }
    if let Some(path) = rules.path.as_deref().filter(|_| args.bless || args.add) {
        check_writable(path)?;
    }
    let mut columns: Vec<String> = backends.iter().map(|b| b.name.clone()).collect();
    columns.extend(engines.iter().map(|engine| engine.column.name.clone()));
    if backends.len() > 1 {
        columns.push(XDIFF.into());
    }
    let mut plan = Plan::new(files);
    plan.engines = engines.iter().map(|engine| engine.column.clone()).collect();
    plan.backends = backends;
    plan.timeout = args.timeout;
    plan.file_timeout = args.file_timeout.unwrap_or(plan.timeout * Plan::FILE_TIMEOUTS);
    plan.jobs = args.jobs.map_or(plan.jobs, usize::from);
    // In a suite of whole versions, each file states its version.
    let spec = if paths.is_empty() && args.suite.is_none() { "" } else { &given.spec };
    plan.replay = Replay {
        switches: format!("{}{suite_switch}{spec}", given.switches),
        mode: given.mode.clone(),
        by_path: !paths.is_empty(),
        engine: None,
    };
    interrupt::stop_on_signal(&plan.stop, waits(&plan));

    let conditions = Conditions {
        arch: std::env::consts::ARCH.into(),
        os: std::env::consts::OS.into(),
        suite: suite.revision.clone(),
        spec: if args.spec.is_empty() { "latest".into() } else { args.spec.join(",") },
        mode: args.tuning.mode.as_ref().map(|(name, _)| name.clone()).unwrap_or_default(),
    };
    let every_column: Vec<String> =
        Backend::NAMES.iter().copied().chain([XDIFF]).map(String::from).chain(named(&engines)).collect();
    let coverage = Coverage {
        files: suite.files.iter().map(|f| f.rules_key()).collect(),
        extent: match (paths.is_empty(), args.spec.is_empty()) {
            (true, true) => Extent::Suite,
            (true, false) => Extent::Part { folders: Vec::new() },
            (false, _) => Extent::Part { folders: suite.groups.iter().map(|g| g.name.clone()).collect() },
        },
        columns: every_column.clone(),
        ran: columns.clone(),
        lenient: args.any_message || !args.features.is_empty(),
    };
    if args.self_check {
        return self_check(&plan, Judge::new(&rules.rules, conditions, coverage));
    }
    // Hashing all texts is only needed for a report, which contains the hash.
    let about = (!args.report.is_empty()).then(|| About {
        switches: format!("{}{}{}{suite_switch}{}", given.switches, given.mode, given.exact_messages, given.spec)
            .trim()
            .into(),
        backends: columns.clone(),
        engines: engines.iter().map(|engine| format!("{}: {}", engine.column.name, engine.identity)).collect(),
        selection: given.selection.trim().into(),
        content: content(&selected, &suite.revision),
        files: selected.len() as u64,
        shard: args.shard.map(|(k, n)| Shard { parts: vec![k as u64], of: n as u64 }),
        jobs: plan.jobs as u64,
        ..About::here()
    });
    let reports = Reports::create(&args.report, &columns)?;
    let judge = Judge::new(&rules.rules, conditions, coverage);
    let bar = progress_bar(plan.files.len());
    let keep = KeptRecords { at: args.at, unexpected: args.add };
    let done = matrix::run(&plan, judge, reports, keep, &mut |progress| match progress {
        Progress::Started(file) => bar.set_message(file.key()),
        Progress::Finished => bar.inc(1),
    })?;
    bar.finish_and_clear();
    conclusion::conclude(&args, &suite, about, &every_column, &rules, done)
}

/// What an interrupted run waits for. For each script, the backends share the script's time limit, and then each engine
/// has the same limit.
fn waits(plan: &Plan) -> String {
    let turns = u32::from(!plan.backends.is_empty()) + plan.engines.len() as u32;
    let most = plan.file_timeout.saturating_mul(turns).as_secs_f64();
    let times = if turns == 1 { String::new() } else { format!("{turns} times ") };
    format!("starting no more scripts and waiting for the running ones, each within {most} s ({times}--file-timeout)")
}

/// The known deviations that this run is judged by. The suite's rules do not apply to scripts by path, unless they are
/// named. `engines`: the names of columns that are not ours.
fn rules(args: &Args, by_path: bool, suite: &Suite, engines: &[String]) -> Result<LocatedRules, Failed> {
    let argument = args.expectations.as_deref().or(by_path.then_some("none"));
    match argument.map(PathBuf::from) {
        Some(path) if (args.add || args.bless) && path != Path::new("none") && !path.exists() => {
            let source = format!(
                "# Known deviations of wasmoon from scripts. `wasmoon test --add --bug URL` adds rules. Those that a run lists as\n\
                 # no longer needed are removed by hand, or, of the suite, by `wasmoon test --bless`. expectations.toml in\n\
                 # wasmoon's sources explains the fields.\n\nsuite = {:?}\n",
                suite.revision
            );
            let rules = Expectations::parse(&path.display().to_string(), &source, engines)?;
            Ok(LocatedRules { rules, path: Some(path), source })
        }
        _ => Ok(Expectations::find(argument, engines)?),
    }
}

/// Tests the harness with scripts that must fail. `judge` knows the directives that did not pass in the first place.
fn self_check(plan: &Plan, mut judge: Judge<'_>) -> Result<u8, Failed> {
    let bar = progress_bar(2 * plan.files.len());
    let tally = self_check::self_check(plan, &mut |result| {
        let (own, rules) = (result.file.key(), result.file.rules_key());
        judge.file(FileKeys { own: &own, rules: &rules }, &mut result.records, result.complete);
        bar.set_message(result.file.key());
        bar.inc(1);
    })?;
    bar.finish_and_clear();
    say(&format!("{tally}\n"))?;
    Ok(if tally.is_fine() { OK } else { NOT_AS_EXPECTED })
}

fn named(engines: &[engines::EngineColumn]) -> impl Iterator<Item = String> {
    engines.iter().map(|engine| engine.column.name.clone())
}

/// A progress bar, shown only on a terminal.
fn progress_bar(files: usize) -> ProgressBar {
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(files as u64) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} files {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

fn list(files: &[Arc<SuiteFile>]) -> Result<u8, Failed> {
    let width = files.iter().map(|f| f.name().len()).max().unwrap_or(0);
    let text: String = files.iter().map(|f| format!("{:width$}  {}\n", f.name(), f.key())).collect();
    say(&text)?;
    Ok(OK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::foreign::column::ForeignColumn;
    use std::time::Duration;

    /// A script may take the time limit of each party that takes a turn on it.
    #[test]
    fn a_run_says_how_long_it_waits_at_most() {
        let engine = ForeignColumn::new("other", false, |_, _| unreachable!("nothing runs"));
        for (backends, engines, end) in [
            (4, 0, "each within 2.5 s (--file-timeout)"),
            (0, 1, "each within 2.5 s (--file-timeout)"),
            (1, 1, "each within 5 s (2 times --file-timeout)"),
            (4, 2, "each within 7.5 s (3 times --file-timeout)"),
        ] {
            let mut plan = Plan::new(Vec::new());
            plan.backends.truncate(backends);
            plan.engines = vec![engine.clone(); engines];
            plan.file_timeout = Duration::from_millis(2_500);
            let text = waits(&plan);
            assert!(text.ends_with(end), "{text}");
        }
    }
}
