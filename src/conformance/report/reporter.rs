//! The interface of a report, and its inputs.

use super::about::About;
use super::totals::Totals;
use crate::conformance::record::Record;
use crate::conformance::stats::RunStats;
use serde::{Deserialize, Serialize};
use std::io;

/// One file's part of a run.
pub struct FileReport<'a> {
    /// The script, where it is at hand.
    pub source: Option<&'a str>,
    /// Judged against the expectations; in the order of directives, then of columns.
    pub records: &'a [Record],
}

/// How many functions went on in compiled code, in columns whose functions are replaced while they run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TierFigures {
    /// Functions that were called where a seed chooses when they are replaced, each instance by itself.
    pub called: u64,
    /// Replacements at entries.
    pub entries: u64,
    /// Replacements at loops.
    pub loops: u64,
}

impl TierFigures {
    /// Those of a run; `None` if it had no such column, or called nothing in it.
    pub fn of(stats: &RunStats) -> Option<TierFigures> {
        let RunStats { replaceable: called, replaced: [entries, loops], .. } = *stats;
        (called + entries + loops > 0).then_some(TierFigures { called, entries, loops })
    }

    /// Whether no function was replaced although so many were called: a seed has each seventh one replaced at its first
    /// entry, and the chance that it has none of a hundred is one in a million. Of few functions it says nothing.
    pub fn prove_nothing(&self) -> bool {
        self.called >= 100 && self.entries + self.loops == 0
    }

    /// The sums.
    pub fn plus(self, other: TierFigures) -> TierFigures {
        let TierFigures { called, entries, loops } = other;
        TierFigures { called: self.called + called, entries: self.entries + entries, loops: self.loops + loops }
    }
}

/// The facts that are known at the end of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunEnd {
    /// Time from the beginning of the run to its end, in milliseconds.
    pub wall_ms: u64,
    /// Revision of the suite.
    pub suite: String,
    /// The description of the run; reports of older versions have none.
    pub about: Option<About>,
    /// Functions that the JIT compiled.
    pub jit_functions: u64,
    /// What columns of tiers did; `None` if there is none.
    pub tiers: Option<TierFigures>,
    /// Problems of the expectations: `expectations.toml:12: message`.
    pub news: Vec<NewsItem>,
    /// Whether the run was stopped before its end.
    pub interrupted: bool,
}

impl RunEnd {
    /// The parts that are not in it, as `2/4`, of a run in shards; of many, the first ones, and how many more there are.
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

    /// News that make the run red by themselves.
    pub fn counting_news(&self) -> u64 {
        self.news.iter().filter(|n| n.counts).count() as u64
    }
}

/// A piece of news as reports carry it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewsItem {
    /// Place, colon, problem and remedy.
    pub text: String,
    /// It makes the run red by itself (otherwise a record does).
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

/// Makes one report.
pub trait Reporter {
    fn file(&mut self, file: &FileReport<'_>, out: &mut dyn io::Write) -> io::Result<()>;

    /// An older run of the same suite, for reports that have a history: after all files, the newest first.
    fn older(&mut self, _run: &Loaded) {}

    fn finish(&mut self, totals: &Totals, end: &RunEnd, out: &mut dyn io::Write) -> io::Result<()>;
}
