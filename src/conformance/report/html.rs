//! HTML: one page without anything outside it. The matrix, a filter, the directives as rows that exist only while they
//! are in view, and for each its source, the expected outcome, the actual one, and the difference.
//!
//! The data is compact because a whole run is some 70,000 directives on five columns: a letter a verdict, a string a
//! column and file; texts are interned, and only deviations have any. Sources are separate script elements that the
//! page reads when a directive of theirs is opened.

use super::reporter::{FileReport, Reporter, RunEnd};
use super::totals::Totals;
use crate::conformance::record::{Record, Verdict};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::io;

const PAGE: &str = include_str!("page.html");

#[derive(Serialize, Default)]
struct Data {
    columns: Vec<String>,
    suite: String,
    wall_ms: u64,
    jit_functions: u64,
    unexpected: u64,
    /// Why this is not a whole run: a word, and empty if it is one.
    not_whole: &'static str,
    /// The shards that are not in it.
    missing: Vec<String>,
    news: Vec<String>,
    /// Names and values of the run's description.
    facts: Vec<(&'static str, String)>,
    /// Interned texts.
    texts: Vec<String>,
    files: Vec<File>,
}

#[derive(Serialize)]
struct File {
    group: String,
    name: String,
    /// By directive: its line, its text, ...
    lines: Vec<u32>,
    directives: Vec<u32>,
    /// ... its index, where that is not its position.
    indices: BTreeMap<usize, String>,
    /// By column: a letter a directive (see [`letter`]).
    verdicts: Vec<String>,
    /// "directive:column" of a deviation: expected, got, cause, bug, replay; -1 for none.
    details: BTreeMap<String, [i64; 5]>,
}

pub(super) struct Html {
    data: Data,
    interned: HashMap<String, u32>,
    sources: Vec<Option<String>>,
}

impl Html {
    /// An empty page with these columns.
    pub fn new(columns: &[String]) -> Html {
        let data = Data { columns: columns.to_vec(), ..Data::default() };
        Html { data, interned: HashMap::new(), sources: Vec::new() }
    }

    fn intern(&mut self, text: &str) -> u32 {
        if let Some(&n) = self.interned.get(text) {
            return n;
        }
        let n = self.data.texts.len() as u32;
        self.data.texts.push(text.to_string());
        self.interned.insert(text.to_string(), n);
        n
    }

    fn optional(&mut self, text: &Option<String>) -> i64 {
        text.as_ref().map_or(-1, |t| i64::from(self.intern(t)))
    }

    fn column(&mut self, backend: &str) -> usize {
        match self.data.columns.iter().position(|c| c == backend) {
            Some(c) => c,
            None => {
                self.data.columns.push(backend.to_string());
                self.data.columns.len() - 1
            }
        }
    }
}

/// A letter for a verdict; upper case: not known to the expectations. `.` is a pass, a blank a column without record.
fn letter(record: &Record) -> u8 {
    let letter = record.verdict.letter();
    if record.is_unexpected() { letter.to_ascii_uppercase() } else { letter }
}

impl Reporter for Html {
    fn file(&mut self, report: &FileReport<'_>, _: &mut dyn io::Write) -> io::Result<()> {
        let Some(first) = report.records.first() else { return Ok(()) };
        let mut file = File {
            group: first.group.clone(),
            name: first.file.clone(),
            lines: Vec::new(),
            directives: Vec::new(),
            indices: BTreeMap::new(),
            verdicts: Vec::new(),
            details: BTreeMap::new(),
        };
        let mut rows: HashMap<&str, usize> = HashMap::new();
        let mut verdicts: Vec<Vec<u8>> = Vec::new();
        for r in report.records {
            let row = *rows.entry(&r.index).or_insert_with(|| {
                let row = file.lines.len();
                file.lines.push(r.line);
                let directive = self.intern(&r.directive);
                file.directives.push(directive);
                if r.index != row.to_string() {
                    file.indices.insert(row, r.index.clone());
                }
                row
            });
            let column = self.column(&r.backend);
            verdicts.resize(verdicts.len().max(column + 1), Vec::new());
            let letters = &mut verdicts[column];
            letters.resize(letters.len().max(row + 1), b' ');
            letters[row] = letter(r);
            if r.verdict != Verdict::Pass {
                // The page adds `--backend` again: without it the columns of a directive share the text.
                let replay =
                    r.replay.as_ref().map(|t| t.rsplit_once(" --backend ").map_or(&t[..], |(t, _)| t).to_string());
                let details = [&r.expected, &r.got, &r.cause, &r.bug, &replay].map(|t| self.optional(t));
                file.details.insert(format!("{row}:{column}"), details);
            }
        }
        file.verdicts = verdicts.into_iter().map(|v| v.into_iter().map(char::from).collect()).collect();
        self.data.files.push(file);
        self.sources.push(report.source.map(String::from));
        Ok(())
    }

    fn finish(&mut self, totals: &Totals, end: &RunEnd, out: &mut dyn io::Write) -> io::Result<()> {
        self.data.suite = end.suite.clone();
        self.data.wall_ms = end.wall_ms;
        self.data.jit_functions = end.jit_functions;
        self.data.unexpected = totals.unexpected + end.counting_news();
        self.data.not_whole = end.not_whole().unwrap_or_default();
        self.data.missing = end.missing_shards();
        self.data.facts = end.about.iter().flat_map(|about| about.facts()).collect();
        self.data.news = end.news.iter().map(|n| n.text.clone()).collect();
        let (head, tail) =
            PAGE.split_once("<!--DATA-->").ok_or_else(|| io::Error::other("page.html has no place for its data"))?;
        out.write_all(head.as_bytes())?;
        write_script(out, "data", &self.data)?;
        for (n, source) in self.sources.iter().enumerate() {
            if let Some(source) = source {
                write_script(out, &format!("source-{n}"), source)?;
            }
        }
        out.write_all(tail.as_bytes())
    }
}

/// JSON in a script element; `<` is escaped, so that no text of a test ends the element.
fn write_script(out: &mut dyn io::Write, id: &str, value: &impl Serialize) -> io::Result<()> {
    let json = serde_json::to_string(value)?.replace('<', "\\u003c");
    writeln!(out, "<script type=\"application/json\" id=\"{id}\">{json}</script>")
}
