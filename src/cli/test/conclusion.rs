//! The end of `wasmoon test`: edits of the expectations, reports, the exit status.

use super::args::Args;
use crate::cli::{Failed, NOT_AS_EXPECTED, OK};
use crate::conformance::judge::expectations::{LocatedRules, RulesReport, edit};
use crate::conformance::matrix::FinishedRun;
use crate::conformance::read::suite::Suite;
use crate::conformance::report::about::About;
use crate::conformance::report::{self, RunEnd, TierFigures, figures};

/// Edits the expectations if that was asked for, publishes the reports, and prints the matrix; the exit status.
///
/// # Errors
/// A file cannot be written, or no directive is on the line of `--at`.
pub fn conclude(
    args: &Args,
    suite: &Suite,
    about: Option<About>,
    columns: &[String],
    rules: &LocatedRules,
    mut done: FinishedRun,
) -> Result<u8, Failed> {
    if let Some(line) = args.at
        && done.at_lines.is_empty()
        && done.errors.is_empty()
    {
        return Err(format!("no directive of the selected files begins on line {line}").into());
    }
    let mut notes = String::new();
    done.errors.iter().for_each(|e| notes += &format!("{e}\n"));
    done.empty.iter().for_each(|key| notes += &format!("{key}: no directives, nothing was judged in it\n"));
    if args.bless {
        notes += &bless(rules, &done.judgement)?;
        done.judgement.news.retain(|n| !n.blessable);
    }
    let news = done.news(&rules.rules.name);
    let mut all_added = false;
    if let (true, Some(path), Some(bug)) = (args.add, &rules.path, &args.bug) {
        let (text, added) = edit::add(&rules.source, &done.unexpected, columns, bug)?;
        report::write_atomically(path, &text)?;
        notes += &format!("added {added} rules to {}\n", path.display());
        all_added = !news.iter().any(|n| n.counts);
    }
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
    Ok(if status == NOT_AS_EXPECTED && all_added && !end.interrupted { OK } else { status })
}

/// Removes and narrows rules; returns a line about it.
fn bless(rules: &LocatedRules, judgement: &RulesReport) -> Result<String, Failed> {
    let Some(path) = &rules.path else { return Ok(String::new()) };
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
    Ok(format!("removed {removed} rules and narrowed {narrowed} in {}\n", path.display()))
}
