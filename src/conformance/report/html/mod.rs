//! HTML: one self-contained page, for one run or several. It has tables of groups and files, directives as rows that exist only
//! while they are in view, and for each directive its source, the expected outcome and the actual ones.
//!
//! The table of groups is made from [`Summary`], which stands uncompressed before the page's script, so that there is something
//! to see at once. Everything else is compressed: the [`data`], and the sources of each group, which the page decompresses when
//! one of its directives is opened.

mod data;

use super::reporter::Loaded;
use super::reporter::{FileReport, Reporter, RunEnd};
use super::totals::{Cell, Totals};
use crate::conformance::record::{Verdict, XDIFF};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use data::Directives;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The page; style, summary, script and data have a place in it.
const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What the page shows first, and what it says about its runs.
#[derive(Serialize)]
struct Summary {
    columns: Vec<String>,
    /// The pseudo column that compares backends.
    xdiff: &'static str,
    suite: String,
    /// The name, the letter, whether it is fine, and the meaning.
    verdicts: Vec<(&'static str, char, bool, &'static str)>,
    /// The runs, newest first.
    runs: Vec<Run>,
    /// The groups of the newest run, with their cells.
    groups: Vec<(String, Vec<Counts>)>,
    /// The number of each group's script element with sources, if there is one.
    sources: BTreeMap<String, usize>,
}

/// The numbers of verdicts in the order of [`Verdict::ALL`], then of those that no rule covers.
type Counts = Vec<u64>;

/// What the page says about a run.
#[derive(Serialize)]
struct Run {
    /// The date; empty if the report has none.
    date: String,
    /// The engine and its version, by column; empty if the run did not have the column.
    versions: Vec<String>,
    /// Names and values of the run's description.
    facts: Vec<(&'static str, String)>,
    /// The first run with the same program, engines, switches, scripts and machine: differences between the two are flaky.
    same_as: usize,
    unexpected: u64,
    /// A word for why this is not a whole run; empty if it is one.
    not_whole: &'static str,
    /// The shards that are not in it.
    missing: Vec<String>,
    news: Vec<String>,
    wall_ms: u64,
    jit_functions: u64,
}

pub(super) struct Html {
    directives: Directives,
    /// The texts of files, by group and name.
    sources: BTreeMap<String, BTreeMap<String, String>>,
    /// The descriptions of the older runs, and their numbers of unexpected records.
    older: Vec<(RunEnd, u64)>,
}

impl Html {
    /// An empty page with these columns.
    pub fn new(columns: &[String]) -> Html {
        let mut directives = Directives::new(columns);
        directives.begin_run();
        Html { directives, sources: BTreeMap::new(), older: Vec::new() }
    }

    fn summary(&self, totals: &Totals, end: &RunEnd) -> Summary {
        let columns = self.directives.columns().to_vec();
        let ends: Vec<&RunEnd> = [end].into_iter().chain(self.older.iter().map(|(end, _)| end)).collect();
        let unexpected = [totals.unexpected].into_iter().chain(self.older.iter().map(|(_, n)| *n));
        let run = |(n, (end, unexpected)): (usize, (&&RunEnd, u64))| Run {
            date: end.about.as_ref().map(|about| about.date.clone()).unwrap_or_default(),
            versions: columns.iter().map(|column| version(end, column)).collect(),
            facts: end.about.iter().flat_map(|about| about.facts()).collect(),
            same_as: ends[..n].iter().position(|other| is_repeated(other, end)).unwrap_or(n),
            unexpected: unexpected + end.counting_news(),
            not_whole: end.not_whole().unwrap_or_default(),
            missing: end.missing_shards(),
            news: end.news.iter().map(|n| n.text.clone()).collect(),
            wall_ms: end.wall_ms,
            jit_functions: end.jit_functions,
        };
        let counts = |cells: &[Cell]| {
            let of = |cell: &Cell| Verdict::ALL.iter().map(|v| cell.get(*v)).chain([cell.unexpected]).collect();
            let place = |column| totals.columns.iter().position(|c| c == column);
            columns.iter().map(|column| place(column).map_or_else(|| of(&Cell::default()), |n| of(&cells[n]))).collect()
        };
        Summary {
            runs: ends.iter().zip(unexpected).enumerate().map(run).collect(),
            groups: totals.rows.iter().map(|(group, cells)| (group.clone(), counts(cells))).collect(),
            sources: self.sources.keys().enumerate().map(|(n, group)| (group.clone(), n)).collect(),
            verdicts: Verdict::ALL.iter().map(|v| (v.name(), v.letter().into(), v.is_fine(), v.meaning())).collect(),
            suite: end.suite.clone(),
            xdiff: XDIFF,
            columns,
        }
    }
}

/// The engine of a column, with its version.
fn version(end: &RunEnd, column: &str) -> String {
    let Some(about) = end.about.as_ref().filter(|about| about.backends.iter().any(|name| name == column)) else {
        return String::new();
    };
    let named = |text: &String| Some(text.strip_prefix(column)?.strip_prefix(": ")?.to_string());
    about.engines.iter().find_map(named).unwrap_or_else(|| match &about.commit[..] {
        "" => format!("wasmoon {}", about.version),
        commit => format!("wasmoon {} ({commit})", about.version),
    })
}

/// Whether one run repeats the other with nothing changed. Two builds of modified sources may be different.
fn is_repeated(a: &RunEnd, b: &RunEnd) -> bool {
    let (Some(a), Some(b)) = (&a.about, &b.about) else { return false };
    !a.commit.is_empty() && !a.commit.ends_with("-dirty") && a.differences(b).is_empty()
}

impl Reporter for Html {
    fn file(&mut self, report: &FileReport<'_>, _: &mut dyn io::Write) -> io::Result<()> {
        self.directives.add(report.records);
        if let (Some(first), Some(source)) = (report.records.first(), report.source) {
            self.sources.entry(first.group.clone()).or_default().insert(first.file.clone(), source.to_string());
        }
        Ok(())
    }

    fn older(&mut self, run: &Loaded) {
        self.directives.begin_run();
        for records in run.records.chunk_by(|a, b| (&a.group, &a.file) == (&b.group, &b.file)) {
            self.directives.add(records);
        }
        let unexpected = run.records.iter().filter(|r| r.is_unexpected()).count() as u64;
        self.older.push((run.end.clone(), unexpected));
    }

    fn finish(&mut self, totals: &Totals, end: &RunEnd, out: &mut dyn io::Write) -> io::Result<()> {
        // `<` is escaped, so that no text in the data ends the element.
        let summary = serde_json::to_string(&self.summary(totals, end))?.replace('<', "\\u003c");
        let mut rest = PAGE;
        for (place, text) in [("/*STYLE*/", STYLE), ("/*SUMMARY*/", &summary), ("/*SCRIPT*/", SCRIPT)] {
            let missing = || io::Error::other(format!("page.html has no {place}"));
            let (head, tail) = rest.split_once(place).ok_or_else(missing)?;
            out.write_all(head.as_bytes())?;
            out.write_all(text.as_bytes())?;
            rest = tail;
        }
        let (head, tail) =
            rest.split_once("<!--DATA-->").ok_or_else(|| io::Error::other("page.html has no place for its data"))?;
        out.write_all(head.as_bytes())?;
        write_compressed(out, "data", &self.directives.encode())?;
        for (n, texts) in self.sources.values().enumerate() {
            write_compressed(out, &format!("sources-{n}"), texts)?;
        }
        out.write_all(tail.as_bytes())
    }
}

/// Writes an element with compressed JSON, in an alphabet without `<`.
fn write_compressed(out: &mut dyn Write, id: &str, value: &impl Serialize) -> io::Result<()> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    serde_json::to_writer(io::BufWriter::with_capacity(1 << 16, &mut encoder), value)?;
    let text = BASE64_STANDARD.encode(encoder.finish()?);
    writeln!(out, "<script type=\"text/plain\" id=\"{id}\">{text}</script>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::record::Record;
    use crate::conformance::report::about::About;

    /// The data is in its place in the page, not around it.
    #[test]
    fn data_lies_in_its_place_of_the_page() {
        let mut page = Vec::new();
        Html::new(&[]).finish(&Totals::default(), &RunEnd::default(), &mut page).expect("written");
        let page = String::from_utf8(page).expect("text");
        let (head, tail) = PAGE.split_once("<!--DATA-->").expect("a place");
        let (_, head) = head.rsplit_once("*/").expect("places before it");
        let (before, behind) = page.split_once("<script type=\"text/plain\" id=\"data\">").expect("data");
        assert!(page.starts_with("<!") && before.ends_with(head) && behind.ends_with(tail), "{page}");
    }

    #[test]
    fn columns_of_a_run_have_versions() {
        let of = |backends: &[&str], commit: &str| {
            let backends = backends.iter().map(|name| name.to_string()).collect();
            let (version, commit) = ("9.8.7".into(), commit.into());
            let about =
                About { version, commit, backends, engines: vec!["other: other 1.0".into()], ..About::default() };
            RunEnd { about: Some(about), ..RunEnd::default() }
        };
        assert_eq!(version(&of(&["jit", "other"], ""), "jit"), "wasmoon 9.8.7");
        assert_eq!(version(&of(&["jit"], "0123"), "jit"), "wasmoon 9.8.7 (0123)");
        assert_eq!(version(&of(&["jit", "other"], ""), "other"), "other 1.0");
        // Not a column of this run, or a run without a description.
        assert_eq!(version(&of(&["jit"], ""), "other"), "");
        assert_eq!(version(&RunEnd::default(), "jit"), "");
    }

    /// The first run of the same program is named, if the program is known and nothing else differs.
    #[test]
    fn runs_that_were_made_again_are_known() {
        let of = |(commit, switches): &(&str, &str)| {
            let about = About { commit: commit.to_string(), switches: switches.to_string(), ..About::default() };
            RunEnd { about: Some(about), ..RunEnd::default() }
        };
        let same_as = |ends: &[RunEnd]| -> Vec<usize> {
            let mut page = Html::new(&[]);
            ends[1..].iter().for_each(|end| page.older(&Loaded { records: Vec::new(), end: end.clone() }));
            page.summary(&Totals::default(), &ends[0]).runs.iter().map(|run| run.same_as).collect()
        };
        for (runs, same) in [
            (&[("a", "")][..], &[0][..]),
            (&[("a", ""), ("a", ""), ("a", "")], &[0, 0, 0]),
            (&[("a", ""), ("b", ""), ("a", ""), ("b", "")], &[0, 1, 0, 1]),
            (&[("a", ""), ("a", "-x"), ("a", "-x")], &[0, 1, 1]),
            (&[("a-dirty", ""), ("a-dirty", "")], &[0, 1]),
            (&[("", ""), ("", "")], &[0, 1]),
        ] {
            let ends: Vec<RunEnd> = runs.iter().map(of).collect();
            assert_eq!(same_as(&ends), same, "{runs:?}");
        }
        let unknown = RunEnd::default();
        assert_eq!(same_as(&[of(&("a", "")), unknown.clone(), unknown]), [0, 1, 2]);
    }

    /// A column that only an older run has is on the page, without numbers of the newest run, which may have other columns. Each
    /// column has its own numbers, and each run its own deviations.
    #[test]
    fn columns_of_older_runs_have_no_numbers() {
        let of = |index: &str, backend: &str, verdict, known| Record {
            verdict,
            known,
            ..Record::passed("g", "f", index, backend)
        };
        let (pass, fail) = (Verdict::Pass, Verdict::Fail);
        let newest = [of("0", "jit", pass, false), of("1", "jit", fail, false), of("2", "jit", fail, true)];
        let mut totals = Totals::new(&["left-out".to_string(), "jit".to_string()]);
        newest.iter().chain([&of("0", "left-out", fail, true)]).for_each(|record| totals.add(record));
        let mut page = Html::new(&["jit".to_string()]);
        page.file(&FileReport { source: None, records: &newest }, &mut io::sink()).expect("nothing is written");
        let records = vec![
            of("0", "jit", fail, false),
            of("0", "old", fail, false),
            of("1", "jit", pass, false),
            of("1", "old", fail, false),
            of("2", "old", fail, true),
        ];
        page.older(&Loaded { records, end: RunEnd::default() });
        let summary = page.summary(&totals, &RunEnd::default());
        assert_eq!(summary.columns, ["jit", "old"]);
        assert_eq!(summary.groups, [("g".to_string(), vec![vec![1, 2, 0, 0, 0, 0, 0, 0, 1], vec![0; 9]])]);
        assert_eq!(summary.runs.iter().map(|run| run.unexpected).collect::<Vec<_>>(), [1, 3]);
    }
}
