//! The report of features: JSON with a cell for each group of directives (a proposal, or a version of the core) and column.

use super::about::About;
use super::reporter::{FileReport, Reporter, RunEnd};
use super::totals::{Cell, Totals};
use crate::conformance::record::{Record, Verdict, XDIFF};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::io;

/// How much of a group a column supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    /// Every directive passes.
    Yes,
    /// Some pass, of those that need the feature to work.
    Partial,
    /// None of those passes. An engine without the feature rejects invalid modules, too.
    No,
}

/// The first directive of a cell that is not a pass.
#[derive(Debug, Serialize)]
struct Decision {
    file: String,
    line: u32,
    directive: String,
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    got: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<String>,
}

/// What the records of a group say about a column.
#[derive(Default)]
struct Evidence {
    /// The number of passes that are not rejections, and the number of directives that could be such.
    works: (u64, u64),
    decided_by: Option<Decision>,
}

#[derive(Serialize)]
struct Entry {
    status: Status,
    pass: u64,
    of: u64,
    /// The number of records by verdict, for those that occur.
    counts: BTreeMap<&'static str, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<Decision>,
}

#[derive(Serialize)]
struct Table<'a> {
    schema: u32,
    suite: &'a str,
    /// `incomplete` or `interrupted`: the cells cover only a part of a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_whole: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'a About>,
    columns: Vec<&'a str>,
    /// Group -> column -> cell; a column without records in a group has none.
    features: BTreeMap<&'a str, BTreeMap<&'a str, Entry>>,
}

#[derive(Default)]
pub(super) struct Features {
    evidence: HashMap<(String, String), Evidence>,
}

/// Whether the directive passes on an engine that rejects everything.
fn is_rejection(directive: &str) -> bool {
    ["assert_invalid", "assert_malformed", "assert_unlinkable"].iter().any(|kind| directive.starts_with(kind))
}

impl Reporter for Features {
    fn file(&mut self, file: &FileReport<'_>, _: &mut dyn io::Write) -> io::Result<()> {
        for r in file.records {
            let evidence = self.evidence.entry((r.group.clone(), r.backend.clone())).or_default();
            if !is_rejection(&r.directive) {
                evidence.works.0 += u64::from(r.verdict == Verdict::Pass);
                evidence.works.1 += 1;
            }
            if r.verdict != Verdict::Pass && evidence.decided_by.is_none() {
                evidence.decided_by = Some(decision(r));
            }
        }
        Ok(())
    }

    fn finish(&mut self, totals: &Totals, end: &RunEnd, out: &mut dyn io::Write) -> io::Result<()> {
        let columns = || totals.columns.iter().enumerate().filter(|(_, name)| *name != XDIFF);
        let mut features = BTreeMap::new();
        for (group, cells) in &totals.rows {
            let row: &mut BTreeMap<&str, Entry> = features.entry(&group[..]).or_default();
            for (n, column) in columns().filter(|(n, _)| cells[*n].total() > 0) {
                let evidence = self.evidence.remove(&(group.clone(), column.clone())).unwrap_or_default();
                row.insert(column, entry(&cells[n], evidence));
            }
        }
        let table = Table {
            schema: 1,
            suite: &end.suite,
            not_whole: end.not_whole(),
            run: end.about.as_ref(),
            columns: columns().map(|(_, name)| &name[..]).collect(),
            features,
        };
        serde_json::to_writer_pretty(&mut *out, &table)?;
        out.write_all(b"\n")
    }
}

fn decision(r: &Record) -> Decision {
    Decision {
        file: r.file.clone(),
        line: r.line,
        directive: r.directive.clone(),
        verdict: r.verdict,
        got: r.got.clone(),
        replay: r.replay.clone(),
    }
}

fn entry(cell: &Cell, evidence: Evidence) -> Entry {
    let (pass, of) = (cell.get(Verdict::Pass), cell.total());
    // A group of nothing but rejections is about rejecting.
    let works = if evidence.works.1 > 0 { evidence.works.0 } else { pass };
    let status = match (pass == of, works) {
        (true, _) => Status::Yes,
        (false, 0) => Status::No,
        (false, _) => Status::Partial,
    };
    let counts = Verdict::ALL.iter().map(|v| (v.name(), cell.get(*v))).filter(|(_, n)| *n > 0).collect();
    Entry { status, pass, of, counts, decided_by: evidence.decided_by }
}
