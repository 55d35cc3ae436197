//! JSONL: a line a directive and backend, and a last line with the sums. Written, read back and merged here.

use super::about::{About, Shard};
use super::reporter::{End, FileReport, NewsItem, Reporter};
use super::totals::Totals;
use crate::conformance::record::{Record, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
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
    /// What the run was of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<About>,
    jit_functions: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    news: Vec<NewsItem>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    interrupted: bool,
}

impl Reporter for Jsonl {
    fn file(&mut self, file: &FileReport<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        for record in file.records {
            serde_json::to_writer(&mut *out, record)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    fn finish(&mut self, totals: &Totals, end: &End, out: &mut dyn io::Write) -> io::Result<()> {
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
            news: end.news.clone(),
            interrupted: end.interrupted,
        };
        serde_json::to_writer(&mut *out, &last)?;
        out.write_all(b"\n")
    }
}

/// A report read back.
#[derive(Debug)]
pub struct Loaded {
    pub records: Vec<Record>,
    pub end: End,
}

/// Reads a JSONL report.
///
/// # Errors
/// `name:line: message`; among others when the last line is missing, because then the run did not end, or when the
/// sums in it are not those of the lines.
pub fn load(name: &str, text: &str) -> Result<Loaded, String> {
    let mut records: Vec<Record> = Vec::new();
    let mut last: Option<Last> = None;
    for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |e: &dyn std::fmt::Display| format!("{name}:{}: {e}", n + 1);
        if last.is_some() {
            return Err(wrong(&"there is more after the summary; merge reports with `wasmoon report A B …`"));
        }
        if line.starts_with("{\"summary\"") {
            last = Some(serde_json::from_str(line).map_err(|e| wrong(&e))?);
            continue;
        }
        let record: Record = serde_json::from_str(line).map_err(|e| wrong(&format!("not a line of a report: {e}")))?;
        if record.schema != 1 {
            return Err(wrong(&format!("schema {} is not known (1 is)", record.schema)));
        }
        records.push(record);
    }
    let last = last
        .ok_or_else(|| format!("{name}: the summary at the end is missing: the run did not end, or the file is cut"))?;
    let mut totals = Totals::default();
    records.iter().for_each(|r| totals.add(r));
    for (i, backend) in totals.columns.iter().enumerate() {
        let cell = totals.column(i);
        let counted = |v: &Verdict| last.summary.get(backend).and_then(|m| m.get(v.name())).copied().unwrap_or(0);
        if let Some(v) = Verdict::ALL.iter().find(|v| counted(v) != cell.get(**v)) {
            let (told, found) = (counted(v), cell.get(*v));
            let verdict = v.name();
            return Err(format!(
                "{name}: the summary says {told} {verdict} for {backend}, and there are {found}: lines are missing"
            ));
        }
    }
    let end = End {
        wall_ms: last.wall_ms,
        suite: last.suite,
        about: last.run,
        jit_functions: last.jit_functions,
        news: last.news,
        interrupted: last.interrupted,
    };
    Ok(Loaded { records, end })
}

/// Merges the reports of shards into one: records in order of the inputs, times those of the slowest (shards run side
/// by side). Which shards are missing, [`Shard::missing`] says.
///
/// # Errors
/// Reports of different programs, switches or selections, a report that does not say what it is of, or a directive that
/// two reports have.
pub fn merge(inputs: Vec<(String, Loaded)>) -> Result<Loaded, String> {
    let mut seen: HashSet<(String, String, String, String)> = HashSet::new();
    let mut merged: Option<(String, Loaded)> = None;
    for (name, input) in inputs {
        for r in &input.records {
            if !seen.insert((r.group.clone(), r.file.clone(), r.index.clone(), r.backend.clone())) {
                let place = format!("{} directive {} on {}", r.key(), r.index, r.backend);
                return Err(format!("{name}: {place} is there twice: these are not shards of one run"));
            }
        }
        merged = Some(match merged {
            None => (name, input),
            Some((first, mut all)) => {
                if all.end.suite != input.end.suite {
                    let (a, b) = (&all.end.suite, &input.end.suite);
                    return Err(format!("{first} is of suite {a:?}, {name} of {b:?}: these are not shards of one run"));
                }
                all.end.about = Some(together(&first, &all.end, &name, &input.end)?);
                all.records.extend(input.records);
                all.end.wall_ms = all.end.wall_ms.max(input.end.wall_ms);
                all.end.jit_functions += input.end.jit_functions;
                all.end.interrupted |= input.end.interrupted;
                for item in input.end.news {
                    // Each shard sees the same expectations.
                    if !all.end.news.contains(&item) {
                        all.end.news.push(item);
                    }
                }
                (first, all)
            }
        });
    }
    let (_, mut all) = merged.ok_or("no report to read")?;
    // All shards are the whole run.
    if let Some(about) = &mut all.end.about
        && about.shard.as_ref().is_some_and(|shard| shard.missing().is_empty())
    {
        about.shard = None;
    }
    Ok(all)
}

/// What two shards are of together.
fn together(first: &str, a: &End, second: &str, b: &End) -> Result<About, String> {
    let says = |name: &str, end: &End| {
        end.about.clone().ok_or_else(|| {
            format!("{name} does not say what it is of (an older wasmoon wrote it): it cannot be merged with others")
        })
    };
    let (mut a, b) = (says(first, a)?, says(second, b)?);
    let apart = |why: String| format!("{first} and {second} are not shards of one run: {why}");
    // Shards may run on different machines.
    if let Some((what, old, new)) = a.differences(&b).iter().find(|(what, ..)| *what != "CPU") {
        return Err(apart(format!("{what}: {old:?} and {new:?}")));
    }
    match (&mut a.shard, &b.shard) {
        (Some(x), Some(y)) if x.of == y.of && !y.parts.iter().any(|part| x.parts.contains(part)) => {
            x.parts.extend(&y.parts);
            x.parts.sort_unstable();
        }
        (x, y) => {
            let text = |s: Option<&Shard>| s.map_or_else(|| "a whole run".into(), |s| format!("shard {s}"));
            return Err(apart(format!("{} and {}", text(x.as_ref()), text(y.as_ref()))));
        }
    }
    Ok(a)
}
