//! The end of `wasmoon test`: edits of the expectations, reports, the exit status.

use super::args::Args;
use crate::cli::{Failed, NOT_AS_EXPECTED, OK};
use crate::conformance::judge::expectations::edit::{self, EditError, Found};
use crate::conformance::judge::expectations::{LocatedRules, RulesReport};
use crate::conformance::matrix::FinishedRun;
use crate::conformance::read::suite::{BY_PATH, Suite};
use crate::conformance::record::Record;
use crate::conformance::report::about::About;
use crate::conformance::report::{self, RunEnd, TierFigures, figures};
use crate::text::counted;
use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

/// Edits the expectations if requested, publishes the reports, and prints the matrix; returns the exit status.
/// `every_column`: the columns of a full run.
///
/// # Errors
/// A file cannot be written, the expectations have changed in the meantime, or no directive is on the line of `--at`.
pub fn conclude(
    args: &Args,
    suite: &Suite,
    about: Option<About>,
    every_column: &[String],
    rules: &LocatedRules,
    mut done: FinishedRun,
) -> Result<u8, Failed> {
    if let Some(line) = args.at
        && done.at_lines.is_empty()
        && done.errors.is_empty()
        && done.summary.not_run == 0
    {
        return Err(format!("no directive in the selected files begins on line {line}").into());
    }
    let mut notes = String::new();
    done.errors.iter().for_each(|e| notes += &format!("{e}\n"));
    // If the rules cannot be changed, the run is not lost.
    let mut all_added = false;
    let edited = match (&rules.path, &args.bug) {
        (Some(path), _) if args.bless => bless(rules, path, &done.judgement).map(|note| {
            notes += &note;
            done.judgement.news.retain(|n| !n.blessable);
        }),
        (Some(path), Some(bug)) if args.add => {
            add(args, suite, rules, path, bug, every_column, &done).map(|(note, all)| {
                notes += &note;
                all_added = all;
            })
        }
        _ => Ok(()),
    };
    let news = done.news(&rules.rules.name);
    all_added &= !news.iter().any(|n| n.counts);
    let end = RunEnd {
        wall_ms: done.summary.wall.as_millis() as u64,
        suite: suite.revision.clone(),
        about,
        jit_functions: done.summary.stats.jit_functions,
        tiers: TierFigures::of(&done.summary.stats),
        news,
        interrupted: done.summary.not_run > 0,
    };
    notes += &figures::figures(&done.summary);
    done.at_lines.iter().for_each(|r| notes += &figures::directive(r));
    let status = crate::cli::report::finish(done.reports, &end, &args.report, &notes)?;
    edited?;
    Ok(if status == NOT_AS_EXPECTED && all_added && !end.interrupted { OK } else { status })
}

/// Adds rules for deviations that no rule covers; returns a line about them, and whether none is left.
fn add(
    args: &Args,
    suite: &Suite,
    rules: &LocatedRules,
    path: &Path,
    bug: &str,
    every_column: &[String],
    done: &FinishedRun,
) -> Result<(String, bool), Failed> {
    let is_shown = |record: &Record| args.at.is_none_or(|line| record.line == line);
    let is_changed = |record: &Record| done.judgement.has_changed(record);
    let _alone = locked(path);
    let wanted = |record: &Record| is_shown(record) && !is_changed(record);
    let rules_keys: HashMap<String, String> = suite.files.iter().map(|f| (f.key(), f.rules_key())).collect();
    let suite = (suite.revision != BY_PATH).then_some(&*suite.revision);
    let found = Found { records: &done.unexpected, wanted: &wanted, rules_keys: &rules_keys, suite };
    // Other runs may have added their rules in the meantime.
    let (text, added) = edit::add(&rules.now()?, &found, every_column, bug)?;
    report::write_atomically(path, &text)?;
    let left = done.unexpected.iter().filter(|r| r.is_unexpected() && is_shown(r) && is_changed(r)).count();
    let mut note = format!("added {} to {}\n", counted(added, "rule"), path.display());
    if left > 0 {
        let deviations = counted(left, "deviation");
        note +=
            &format!("no rules added for {deviations} that an existing rule states differently; change that rule\n");
    }
    Ok((note, left == 0))
}

/// Removes and narrows rules; returns a line about that.
fn bless(rules: &LocatedRules, path: &Path, judgement: &RulesReport) -> Result<String, Failed> {
    let _alone = locked(path);
    if rules.now()? != rules.source {
        return Err(EditError::Changed(path.display().to_string()).into());
    }
    if judgement.narrowings.is_empty() {
        if !path.exists() {
            report::write_atomically(path, &rules.source)?;
        }
        return Ok(format!("nothing to remove from {}\n", path.display()));
    }
    let text = edit::bless(&rules.source, &judgement.narrowings)?;
    report::write_atomically(path, &text)?;
    let removed = judgement.narrowings.iter().filter(|n| n.removes()).count();
    let narrowed = judgement.narrowings.len() - removed;
    Ok(format!("removed {} and narrowed {narrowed} in {}\n", counted(removed, "rule"), path.display()))
}

/// Keeps other runs from changing this file until the result is dropped. The file itself will be replaced, so its
/// folder is locked instead. On a system without locks, nothing is locked.
fn locked(path: &Path) -> Option<File> {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let folder = real.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = File::open(folder).ok()?;
    folder.lock().ok()?;
    Some(folder)
}
