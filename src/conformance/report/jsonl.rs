//! JSONL: a line for each directive and backend, and a last line with the sums. They are written and read here;
//! [`merge()`](super::merge()) merges several.

use super::about::About;
use super::reporter::{FileReport, Loaded, NewsItem, Reporter, RunEnd, TierFigures};
use super::totals::Totals;
use crate::conformance::record::{Record, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

pub(super) struct Jsonl;

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
struct Last {
    /// Backend -> verdict -> number; every verdict is there.
    summary: BTreeMap<String, BTreeMap<String, u64>>,
    unexpected: u64,
    wall_ms: u64,
    suite: String,
    /// The description of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<About>,
    jit_functions: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tiers: Option<TierFigures>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    news: Vec<NewsItem>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    interrupted: bool,
}

impl From<Last> for RunEnd {
    fn from(last: Last) -> RunEnd {
        RunEnd {
            wall_ms: last.wall_ms,
            suite: last.suite,
            about: last.run,
            jit_functions: last.jit_functions,
            tiers: last.tiers,
            news: last.news,
            interrupted: last.interrupted,
        }
    }
}

impl Reporter for Jsonl {
    fn file(&mut self, file: &FileReport<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        for record in file.records {
            serde_json::to_writer(&mut *out, record)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    fn finish(&mut self, totals: &Totals, end: &RunEnd, out: &mut dyn io::Write) -> io::Result<()> {
        let summary = totals.columns.iter().enumerate().map(|(i, name)| {
            let cell = totals.column(i);
            (name.clone(), Verdict::ALL.iter().map(|v| (v.name().to_string(), cell.get(*v))).collect())
        });
        let last = Last {
            summary: summary.collect(),
            unexpected: totals.unexpected + end.counting_news(),
            wall_ms: end.wall_ms,
            suite: end.suite.clone(),
            run: end.about.clone(),
            jit_functions: end.jit_functions,
            tiers: end.tiers,
            news: end.news.clone(),
            interrupted: end.interrupted,
        };
        serde_json::to_writer(&mut *out, &last)?;
        out.write_all(b"\n")
    }
}

/// Why a text is not a complete JSONL report.
#[derive(Debug, thiserror::Error)]
#[error("{name}{}: {problem}", line.map_or_else(String::new, |line| format!(":{line}")))]
pub struct LoadError {
    /// The name of the report.
    pub name: String,
    /// The 1-based line; `None` for the report as a whole.
    pub line: Option<usize>,
    /// The problem.
    pub problem: LoadProblem,
}

/// The ways in which a text is not a complete JSONL report.
#[derive(Debug, thiserror::Error)]
pub enum LoadProblem {
    /// Several reports were concatenated.
    #[error("unexpected content after the summary; merge reports with `wasmoon report A B …`")]
    AfterSummary,
    /// The last line is not a summary.
    #[error(transparent)]
    NotASummary(serde_json::Error),
    /// A line is not a record.
    #[error("not a line of a report: {0}")]
    NotARecord(serde_json::Error),
    /// A record of another version of the format.
    #[error("unknown schema {0}; expected 1")]
    Schema(u32),
    /// The last line is missing.
    #[error("the summary at the end is missing: the run did not finish, or the file is truncated")]
    NoSummary,
    /// The sums of the summary are not those of the lines.
    #[error("the summary says {stated} {verdict} for {backend}, but there are {found}: lines are missing")]
    LinesMissing {
        /// The name of the verdict.
        verdict: &'static str,
        /// The name of the column.
        backend: String,
        /// The number in the summary.
        stated: u64,
        /// The number of lines.
        found: u64,
    },
}

/// Reads a JSONL report.
///
/// # Errors
/// See [`LoadProblem`]. A report without its last line is refused, because the run did not end.
pub fn load(name: &str, text: &str) -> Result<Loaded, LoadError> {
    let error = |line, problem| LoadError { name: name.to_string(), line, problem };
    let mut records: Vec<Record> = Vec::new();
    let mut last: Option<Last> = None;
    for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |problem| error(Some(n + 1), problem);
        if last.is_some() {
            return Err(wrong(LoadProblem::AfterSummary));
        }
        if line.starts_with("{\"summary\"") {
            last = Some(serde_json::from_str(line).map_err(|e| wrong(LoadProblem::NotASummary(e)))?);
            continue;
        }
        let record: Record = serde_json::from_str(line).map_err(|e| wrong(LoadProblem::NotARecord(e)))?;
        if record.schema != 1 {
            return Err(wrong(LoadProblem::Schema(record.schema)));
        }
        records.push(record);
    }
    let last = last.ok_or_else(|| error(None, LoadProblem::NoSummary))?;
    // All lines of a column that only the summary has are missing.
    let mut totals = Totals::new(&last.summary.keys().cloned().collect::<Vec<_>>());
    records.iter().for_each(|r| totals.add(r));
    for (i, backend) in totals.columns.iter().enumerate() {
        let cell = totals.column(i);
        let counted = |v: &Verdict| last.summary.get(backend).and_then(|m| m.get(v.name())).copied().unwrap_or(0);
        if let Some(v) = Verdict::ALL.iter().find(|v| counted(v) != cell.get(**v)) {
            let (verdict, backend, stated, found) = (v.name(), backend.clone(), counted(v), cell.get(*v));
            return Err(error(None, LoadProblem::LinesMissing { verdict, backend, stated, found }));
        }
    }
    Ok(Loaded { records, end: last.into() })
}

/// Reads only the last line of a report, without its records.
///
/// # Errors
/// See [`LoadError`].
pub fn load_end(name: &str, text: &str) -> Result<RunEnd, LoadError> {
    let error = |problem| LoadError { name: name.to_string(), line: None, problem };
    let line = text.trim_end().lines().next_back().filter(|line| line.starts_with("{\"summary\""));
    let line = line.ok_or_else(|| error(LoadProblem::NoSummary))?;
    let last: Last = serde_json::from_str(line).map_err(|e| error(LoadProblem::NotASummary(e)))?;
    Ok(last.into())
}
