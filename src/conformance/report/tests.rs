use super::*;
use crate::conformance::compare::{Kind, compare};
use crate::conformance::record::{Verdict, XDIFF};
use std::path::Path;

fn record(group: &str, file: &str, index: u32, backend: &str, verdict: Verdict) -> Record {
    let fine = verdict.is_fine();
    Record {
        schema: 1,
        group: group.into(),
        file: file.into(),
        line: index + 10,
        index: index.to_string(),
        directive: "assert_return </script> add".into(),
        backend: backend.into(),
        verdict,
        expected: (!fine).then(|| "i32 1".into()),
        got: (!fine).then(|| "i32 2".into()),
        cause: None,
        known: false,
        bug: None,
        replay: (!fine).then(|| "wasmoon test core/i32 --at 11".into()),
        us: 3,
    }
}

fn run() -> Vec<Vec<Record>> {
    let file = |group: &str, file: &str, n: u32| -> Vec<Record> {
        (0..n).flat_map(|i| ["interp", "jit", XDIFF].map(|b| record(group, file, i, b, Verdict::Pass))).collect()
    };
    let mut files = vec![file("core", "i32", 3), file("core", "i64", 2), file("extra/calls", "many", 1)];
    files[0][1].verdict = Verdict::Fail;
    files[0][1].expected = Some("i32 1".into());
    files[0][1].got = Some("i32 2".into());
    files[0][2].verdict = Verdict::Diverge;
    files[1][0].verdict = Verdict::Unsupported;
    files[1][0].known = true;
    files[1][0].bug = Some("B1".into());
    files[0][8].verdict = Verdict::Poisoned;
    files
}

fn end() -> End {
    let news = vec![NewsItem { text: "expectations.toml:3: stale".into(), counts: true }];
    End { wall_ms: 1234, suite: "r1".into(), about: None, jit_functions: 7, news, interrupted: false }
}

fn columns() -> Vec<String> {
    ["interp", "jit", XDIFF].map(String::from).to_vec()
}

/// Writes one report of [`run`] and returns its text.
fn write(format: &str, folder: &Path) -> String {
    let path = folder.join(format);
    let target = Target::parse(&format!("{format}={}", path.display())).unwrap();
    let mut reports = Reports::create(&[target], &columns()).unwrap();
    for records in run() {
        reports.file(&FileReport { source: Some("(module) ;; </script>\n"), records: &records }).unwrap();
    }
    assert!(!path.exists(), "a report that is under way must not be seen");
    reports.finish(&end()).unwrap();
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1, "a temporary file is left");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    text
}

#[test]
fn jsonl_is_read_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let text = write("jsonl", folder.path());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 19);
    let last: serde_json::Value = serde_json::from_str(lines[18]).unwrap();
    assert_eq!(last["summary"]["jit"]["fail"], 1);
    assert_eq!(last["summary"]["xdiff"]["diverge"], 1);
    assert_eq!(last["unexpected"], 3);
    assert_eq!(last["jit_functions"], 7);
    let loaded = load("x", &text).unwrap();
    assert_eq!(loaded.records, run().concat());
    assert_eq!(loaded.end, end());
}

#[test]
fn a_report_that_is_cut_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = write("jsonl", folder.path());
    let whole: Vec<&str> = text.lines().collect();
    let refuse = |lines: &[&str], says: &str| {
        let e = load("x.jsonl", &lines.join("\n")).unwrap_err();
        assert!(e.contains("x.jsonl") && e.contains(says), "{e}");
    };
    refuse(&whole[..18], "summary at the end is missing");
    refuse(&whole[1..], "lines are missing");
    refuse(&[whole[18], whole[0]], "after the summary");
    refuse(&["{\"a\":1}"], "x.jsonl:1: not a line of a report");
    refuse(&[&whole[0].replace("\"schema\":1", "\"schema\":2")], "schema 2");
}

#[test]
fn shards_merge_into_the_whole() {
    let part = |records: Vec<Record>| Loaded { records, end: End { news: vec![], ..end() } };
    let files = run();
    let merged = merge(vec![
        ("a".into(), part(files[0].clone())),
        ("b".into(), part([files[1].clone(), files[2].clone()].concat())),
    ]);
    let merged = merged.unwrap();
    assert_eq!(merged.records, files.concat());
    assert_eq!(merged.end.jit_functions, 14);
    let twice = merge(vec![("a".into(), part(files[0].clone())), ("b".into(), part(files[0].clone()))]).unwrap_err();
    assert!(twice.contains("there twice"), "{twice}");
    let mut other = part(files[1].clone());
    other.end.suite = "r2".into();
    assert!(merge(vec![("a".into(), part(files[0].clone())), ("b".into(), other)]).unwrap_err().contains("r2"));
}

#[test]
fn the_matrix_counts_by_group_and_column() {
    let mut totals = Totals::new(&columns());
    let mut failures = Failures::default();
    run().concat().iter().for_each(|r| {
        totals.add(r);
        failures.add(r);
    });
    assert_eq!(totals.directives(), 6);
    assert_eq!(totals.unexpected, 2);
    assert_eq!(totals.rows[0].0, "core");
    assert_eq!(totals.rows[0].1[1].get(Verdict::Fail), 1);
    let text = anstream::adapter::strip_str(&print(&totals, &failures, &end())).to_string();
    let row = text.lines().find(|l| l.starts_with("core ")).unwrap();
    assert_eq!(row.split_whitespace().collect::<Vec<_>>().join(" "), "core 4 +1u 4 +1f 3 +1d +1p");
    for says in [
        "numbers alone: pass; f fail, u unsupported, d diverge, p poisoned",
        "FAIL core/i32 line 10",
        "expected  i32 1",
        "got       i32 2",
        "stale",
        "3 unexpected",
        "1 divergences, 1 poisoned",
    ] {
        assert!(text.contains(says), "no {says:?} in\n{text}");
    }
}

#[test]
fn failures_collapse_over_columns_and_causes() {
    let mut failures = Failures::default();
    let mut module = record("core", "x", 0, "interp", Verdict::Crash);
    failures.add(&module);
    module.backend = "jit".into();
    failures.add(&module);
    for i in 1..5 {
        let mut r = record("core", "x", i, "jit", Verdict::Fail);
        r.cause = Some("0".into());
        failures.add(&r);
    }
    assert_eq!(failures.list.len(), 1);
    assert_eq!(failures.list[0].backends, ["interp", "jit"]);
    assert_eq!(failures.list[0].consequences, 4);
}

#[test]
fn junit_has_a_case_a_file_and_backend() {
    let folder = tempfile::tempdir().unwrap();
    let text = write("junit", folder.path());
    assert_eq!(text.matches("<testcase ").count(), 9 + 1, "{text}");
    assert_eq!(text.matches("<failure ").count(), 3, "{text}");
    assert!(text.contains("name=\"extra::calls::many::jit\"") && text.contains("known (B1)"), "{text}");
}

#[test]
fn markdown_has_matrix_news_and_failures() {
    let folder = tempfile::tempdir().unwrap();
    let text = write("markdown", folder.path());
    assert!(text.contains("| group | interp | jit | xdiff |") && text.contains("3 unexpected"), "{text}");
    assert!(text.contains("**fail** on jit: `core/i32` line 10") && text.contains("stale"), "{text}");
}

#[test]
fn the_page_holds_its_data_and_nothing_ends_its_scripts_early() {
    let folder = tempfile::tempdir().unwrap();
    let text = write("html", folder.path());
    let data = text.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["columns"].as_array().unwrap().len(), 3);
    assert_eq!(data["files"][0]["verdicts"][1], "F..");
    assert_eq!(data["files"][0]["verdicts"][2], "D.p");
    assert_eq!(data["files"][1]["verdicts"][0], "u.");
    assert_eq!(data["texts"][0], "assert_return </script> add");
    assert_eq!(text.matches("<script").count(), text.matches("</script>").count());
    for outside in ["src=", "href=", "http:", "https:"] {
        assert!(!text.contains(outside), "the page refers to something outside: {outside}");
    }
}

#[test]
fn targets_that_cannot_be_written_are_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let create = |path: &str| {
        let target = Target { format: Format::Jsonl, path: path.to_string() };
        Reports::create(&[target], &columns()).err().unwrap()
    };
    assert!(create(&folder.path().join("no/such").display().to_string()).contains("no/such"));
    assert!(create(&folder.path().display().to_string()).contains("folder"));
    assert!(Target::parse("jsonl").unwrap_err().contains("FORMAT=PATH"));
    assert!(Target::parse("pdf=x").unwrap_err().contains("'pdf' is no format"));
}

#[test]
fn a_full_disk_is_an_error() {
    let target = Target { format: Format::Jsonl, path: "/dev/full".into() };
    let mut reports = Reports::create(&[target], &columns()).unwrap();
    let records = run().concat();
    let result =
        reports.file(&FileReport { source: None, records: &records }).and_then(|()| reports.finish(&end()).map(drop));
    let message = result.unwrap_err();
    assert!(message.contains("/dev/full") && message.contains("No space"), "{message}");
    assert!(Path::new("/dev/full").exists());
}

#[test]
fn a_broken_report_leaves_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.jsonl");
    std::fs::write(&path, "old").unwrap();
    let target = Target { format: Format::Jsonl, path: path.display().to_string() };
    let mut reports = Reports::create(&[target], &columns()).unwrap();
    reports.file(&FileReport { source: None, records: &run()[0] }).unwrap();
    drop(reports);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn comparisons_tell_better_from_worse() {
    let load = |records: Vec<Record>| Loaded { records, end: end() };
    let old = run();
    let mut new = run();
    new[0][1].verdict = Verdict::Pass; // better
    new[1][1].verdict = Verdict::Crash; // worse
    new[0].iter_mut().for_each(|r| r.index = (r.index.parse::<u32>().unwrap() + 1).to_string()); // moved
    new.pop(); // gone
    new.push(vec![record("core", "new", 0, "jit", Verdict::Fail)]);
    let (old, new) = (load(old.concat()), load(new.concat()));
    let c = compare(&old, &new);
    let count = |kind| c.changes.iter().filter(|c| c.kind == kind).count();
    assert_eq!([Kind::Better, Kind::Worse, Kind::NewBad, Kind::Gone, Kind::Changed].map(count), [1, 1, 1, 3, 0]);
    assert!(c.is_worse() && c.text().contains("pass -> crash"), "{}", c.text());
    assert!(!compare(&old, &old).is_worse() && compare(&old, &old).changes.is_empty());
}
