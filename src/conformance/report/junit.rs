//! JUnit XML: a test suite for each group, a test case for each file and backend. They are named like trials, except for the
//! theme of a file of `core`, which records do not have.

use super::reporter::{FileReport, Reporter, RunEnd};
use super::totals::Totals;
use crate::conformance::record::Record;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::time::Duration;

#[derive(Default)]
pub(super) struct Junit {
    suites: Vec<TestSuite>,
}

impl Reporter for Junit {
    fn file(&mut self, file: &FileReport<'_>, _: &mut dyn io::Write) -> io::Result<()> {
        let Some(first) = file.records.first() else { return Ok(()) };
        let mut backends: Vec<&str> = Vec::new();
        file.records.iter().for_each(|r| {
            if !backends.contains(&r.backend.as_str()) {
                backends.push(&r.backend);
            }
        });
        let at = match self.suites.iter().position(|s| s.name.as_str() == first.group) {
            Some(at) => at,
            None => {
                self.suites.push(TestSuite::new(first.group.clone()));
                self.suites.len() - 1
            }
        };
        for backend in backends {
            let records: Vec<&Record> = file.records.iter().filter(|r| r.backend == backend).collect();
            self.suites[at].add_test_case(case(first, backend, &records));
        }
        Ok(())
    }

    fn finish(&mut self, _: &Totals, end: &RunEnd, out: &mut dyn io::Write) -> io::Result<()> {
        let mut report = Report::new("wasmoon");
        report.set_time(Duration::from_millis(end.wall_ms));
        let mut suites = std::mem::take(&mut self.suites);
        let facts: Vec<(&str, String)> = end.about.iter().flat_map(|about| about.facts()).collect();
        let missing = match &end.missing_shards()[..] {
            [] => String::new(),
            [one] => format!("shard {one} is missing"),
            several => format!("shards {} are missing", several.join(", ")),
        };
        for suite in &mut suites {
            suite.add_property(("suite", end.suite.as_str()));
            if end.interrupted {
                suite.add_property(("interrupted", "not everything was run"));
            }
            if !missing.is_empty() {
                suite.add_property(("incomplete", missing.as_str()));
            }
            for (name, value) in &facts {
                suite.add_property((*name, value.as_str()));
            }
        }
        report.add_test_suites(suites);
        if !end.news.is_empty() {
            let mut suite = TestSuite::new("expectations");
            for (n, item) in end.news.iter().enumerate() {
                suite.add_test_case(failing(&format!("expectations::news::{}", n + 1), &item.text));
            }
            report.add_test_suite(suite);
        }
        // Readers of JUnit count failures, and there may be no suite with properties. Missing shards are not a failure: each
        // shard by itself may be as expected.
        // shard by itself may be as expected.
        if end.interrupted {
            let mut suite = TestSuite::new("run");
            suite.add_test_case(failing("run::interrupted", "not everything was run"));
            report.add_test_suite(suite);
        }
        report.serialize(&mut *out).map_err(io::Error::other)?;
        out.write_all(b"\n")
    }
}

fn failing(name: &str, message: &str) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(message);
    TestCase::new(name, status)
}

fn case(first: &Record, backend: &str, records: &[&Record]) -> TestCase {
    let unexpected: Vec<&&Record> = records.iter().filter(|r| r.is_unexpected()).collect();
    let status = match unexpected.first() {
        None => TestCaseStatus::success(),
        Some(r) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let more =
                if unexpected.len() > 1 { format!(" (and {} more)", unexpected.len() - 1) } else { String::new() };
            status.set_type(r.verdict.name());
            status.set_message(format!(
                "line {}: {}: {}{more}",
                r.line,
                r.directive,
                r.got.as_deref().unwrap_or(r.verdict.name())
            ));
            status.set_description(unexpected.iter().fold(String::new(), |text, r| text + &describe(r)));
            status
        }
    };
    let mut case = TestCase::new(format!("{}::{}::{backend}", first.group.replace('/', "::"), first.file), status);
    case.set_classname(first.group.clone());
    case.set_assertions(records.len());
    case.set_time(Duration::from_micros(records.iter().map(|r| r.us).sum()));
    // A known deviation is neither a failure nor a skip: it is reported as output, with its bug.
    let mut known: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for r in records.iter().filter(|r| r.known) {
        *known.entry((r.bug.as_deref().unwrap_or_default(), r.verdict.name())).or_default() += 1;
    }
    let known = known.iter().map(|((bug, verdict), n)| format!("known ({bug}): {n} {verdict}\n"));
    // So is what was excused in a pass.
    let excused = records.iter().filter(|r| r.is_excused()).map(|r| describe(r));
    let output: String = known.chain(excused).collect();
    if !output.is_empty() {
        case.set_system_out(output);
    }
    case
}

fn describe(r: &Record) -> String {
    let mut text = format!("{} line {} (directive {}): {}\n", r.verdict.name(), r.line, r.index, r.directive);
    for (label, value) in [("expected", &r.expected), ("got", &r.got), ("cause", &r.cause), ("replay", &r.replay)] {
        if let Some(value) = value {
            let _ = writeln!(text, "  {label}: {value}");
        }
    }
    text
}
