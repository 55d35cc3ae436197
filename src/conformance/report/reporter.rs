//! The interface of a report, and its inputs.

use super::about::About;
use super::totals::Totals;
use crate::conformance::record::Record;
use crate::conformance::stats::RunStats;
use serde::{Deserialize, Serialize};
use std::io;

/// One file's part of a run.
pub struct FileReport<'a> {
    /// The script, if it is available.
    pub source: Option<&'a str>,
    /// The records, judged by the expectations, ordered by directive, then by column.
    pub records: &'a [Record],
}

/// The number of functions that continued in compiled code, in columns whose functions are replaced while they run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TierFigures {
    /// Functions that were called in columns where a seed chooses when they are replaced, counted for each instance separately.
    pub called: u64,
    /// Replacements at function entries.
    pub entries: u64,
    /// Replacements at loops.
    pub loops: u64,
}

impl TierFigures {
    /// The figures of a run; `None` if it had no such column, or called nothing in it.
    pub fn of(stats: &RunStats) -> Option<TierFigures> {
        let RunStats { replaceable: called, replaced: [entries, loops], .. } = *stats;
        (called + entries + loops > 0).then_some(TierFigures { called, entries, loops })
    }

    /// Whether no function was replaced although many were called. A seed has every seventh one replaced at its first entry, and
    /// the chance that it picks none of a hundred is one in a million. For few functions this says nothing.
    pub fn prove_nothing(&self) -> bool {
        self.called >= 100 && self.entries + self.loops == 0
    }

    /// The sums of both.
    pub fn plus(self, other: TierFigures) -> TierFigures {
        let TierFigures { called, entries, loops } = other;
        TierFigures { called: self.called + called, entries: self.entries + entries, loops: self.loops + loops }
    }
}

/// The facts that are known at the end of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunEnd {
    /// The wall-clock time of the run, in milliseconds.
    pub wall_ms: u64,
    /// The revision of the suite.
    pub suite: String,
    /// The description of the run; reports of older versions have none.
    pub about: Option<About>,
    /// Functions that the JIT compiled.
    pub jit_functions: u64,
    /// The figures of tiered columns; `None` if there are none.
    pub tiers: Option<TierFigures>,
    /// The problems of the expectations: `expectations.toml:12: message`.
    pub news: Vec<NewsItem>,
    /// Whether the run was stopped before its end.
    pub interrupted: bool,
}

impl RunEnd {
    /// The missing parts of a run in shards, as `2/4`. If there are many, the first ones, and the number of the others.
    pub fn missing_shards(&self) -> Vec<String> {
        const NAMED: usize = 10;
        let Some(shard) = self.about.as_ref().and_then(|about| about.shard.as_ref()) else { return Vec::new() };
        let mut missing: Vec<String> = shard.missing().take(NAMED).map(|part| format!("{part}/{}", shard.of)).collect();
        let more = shard.count_missing() - missing.len() as u64;
        missing.extend((more > 0).then(|| format!("and {more} more")));
        missing
    }

    /// Why it is not a whole run, for the head of a report: one word, or nothing.
    pub fn not_whole(&self) -> Option<&'static str> {
        match (self.interrupted, self.missing_shards().is_empty()) {
            (true, _) => Some("interrupted"),
            (false, false) => Some("incomplete"),
            (false, true) => None,
        }
    }

    /// The number of news that make the run fail by themselves.
    pub fn counting_news(&self) -> u64 {
        self.news.iter().filter(|n| n.counts).count() as u64
    }
}

/// A piece of news as reports carry it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewsItem {
    /// The position, a colon, the problem and the remedy.
    pub text: String,
    /// Whether it makes the run fail by itself (otherwise a record does).
    pub counts: bool,
}

/// A report read back.
#[derive(Debug)]
pub struct Loaded {
    /// The records, in the order of the lines.
    pub records: Vec<Record>,
    /// The content of the last line.
    pub end: RunEnd,
}

/// A writer of one report.
pub trait Reporter {
    fn file(&mut self, file: &FileReport<'_>, out: &mut dyn io::Write) -> io::Result<()>;

    /// Adds an older run of the same suite, for reports that have a history. Called after all files, newest run first.
    fn older(&mut self, _run: &Loaded) {}

    fn finish(&mut self, totals: &Totals, end: &RunEnd, out: &mut dyn io::Write) -> io::Result<()>;
}
