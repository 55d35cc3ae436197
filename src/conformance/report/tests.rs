use super::about::{About, Shard};
use super::comparison::{ChangeKind, compare};
use super::reporter::TierFigures;
use super::*;
use crate::conformance::read::files::ReadError;
use crate::conformance::read::suite::BY_PATH;
use crate::conformance::record::{Record, Verdict, XDIFF};
use crate::conformance::stats::RunStats;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::io::Read;

fn record(group: &str, file: &str, index: u32, backend: &str, verdict: Verdict) -> Record {
    let fine = verdict.is_fine();
    Record {
        line: index + 10,
        directive: "assert_return </script> add".into(),
        verdict,
        expected: (!fine).then(|| "i32 1".into()),
        got: (!fine).then(|| "i32 2".into()),
        replay: (!fine).then(|| "wasmoon test core/i32 --at 11".into()),
        us: 3,
        ..Record::passed(group, file, &index.to_string(), backend)
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

fn end() -> RunEnd {
    let news = vec![NewsItem { text: "expectations.toml:3: stale".into(), counts: true }];
    RunEnd {
        wall_ms: 1234,
        suite: "r1".into(),
        about: None,
        jit_functions: 7,
        tiers: Some(TierFigures { called: 9, entries: 4, loops: 5 }),
        news,
        interrupted: false,
    }
}

fn columns() -> Vec<String> {
    ["interp", "jit", XDIFF].map(String::from).to_vec()
}

/// Writes one report of [`run`] and returns its text.
fn write(format: &str, folder: &Path) -> String {
    let path = folder.join(format);
    let target = ReportTarget::parse(&format!("{format}={}", path.display())).unwrap();
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
    assert_eq!(last["tiers"], serde_json::json!({"called": 9, "entries": 4, "loops": 5}));
    let loaded = load("x", &text).unwrap();
    assert_eq!(loaded.records, run().concat());
    assert_eq!(loaded.end, end());
    assert_eq!(load_end("x", &text).unwrap(), end());
}

#[test]
fn a_report_that_is_cut_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = write("jsonl", folder.path());
    let whole: Vec<&str> = text.lines().collect();
    let refuse = |lines: &[&str], says: &str| {
        let e = load("x.jsonl", &lines.join("\n")).unwrap_err().to_string();
        assert!(e.contains("x.jsonl") && e.contains(says), "{e}");
    };
    refuse(&whole[..18], "summary at the end is missing");
    refuse(&whole[1..], "lines are missing");
    refuse(&[whole[18], whole[0]], "x.jsonl:2: unexpected content after the summary");
    refuse(&[&whole[..], &[whole[18]]].concat(), "x.jsonl:20: unexpected content after the summary");
    refuse(&[whole[0], "", "[]"], "x.jsonl:3: not a line of a report");
    refuse(&["{\"a\":1}"], "x.jsonl:1: not a line of a report");
    refuse(&[&whole[0].replace("\"schema\":1", "\"schema\":2")], "schema 2");
    // All lines of a column, or all lines.
    for column in ["interp", "jit", XDIFF] {
        let named = format!("\"backend\":\"{column}\"");
        let others: Vec<&str> = whole.iter().copied().filter(|line| !line.contains(&named)).collect();
        assert_eq!(others.len(), 13);
        refuse(&others, &format!("for {column}, but there are 0: lines are missing"));
    }
    refuse(&whole[18..], "lines are missing");
    // A wrong sum for each verdict that occurs.
    for (stated, wrong) in [("\"pass\":5", "\"pass\":4"), ("\"poisoned\":1", "\"poisoned\":2")] {
        assert!(whole[18].contains(stated), "{}", whole[18]);
        let last = whole[18].replacen(stated, wrong, 1);
        refuse(&[&whole[..18], &[last.as_str()][..]].concat(), "lines are missing");
    }
}

/// The head of a shard's report.
fn shard(part: u64, of: u64) -> About {
    let shard = Some(Shard { parts: vec![part], of });
    About { switches: "--regs 6".into(), content: "c".into(), files: 3, shard, ..About::here() }
}

#[test]
fn shards_merge_into_the_whole() {
    let part =
        |records: Vec<Record>, about: Option<About>| Loaded { records, end: RunEnd { news: vec![], about, ..end() } };
    let files = run();
    let first = || ("a".to_string(), part(files[0].clone(), Some(shard(2, 3))));
    let second = |about| ("b".to_string(), part([files[1].clone(), files[2].clone()].concat(), about));
    let merged = merge(vec![first(), second(Some(shard(1, 3)))]).unwrap();
    assert_eq!(merged.records, files.concat());
    assert_eq!(merged.end.jit_functions, 14);
    assert_eq!(merged.end.tiers, Some(TierFigures { called: 18, entries: 8, loops: 10 }));
    assert_eq!(merged.end.about.unwrap().shard.unwrap().missing().collect::<Vec<_>>(), [3]);
    let twice = merge(vec![first(), first()]).unwrap_err().to_string();
    assert!(twice.contains("occurs twice"), "{twice}");
    let refused = |about, says: &[&str]| {
        let message = merge(vec![first(), second(about)]).unwrap_err().to_string();
        assert!(says.iter().all(|s| message.contains(s)), "{message}");
    };
    refused(None, &["does not state what was run"]);
    refused(Some(shard(2, 3)), &["shard 2/3 and shard 2/3"]);
    refused(Some(shard(1, 4)), &["shard 2/3 and shard 1/4"]);
    refused(Some(About { shard: None, ..shard(1, 3) }), &["shard 2/3 and a whole run"]);
    refused(Some(About { switches: "--gc-stress".into(), ..shard(1, 3) }), &["switches", "--regs 6", "--gc-stress"]);
    refused(Some(About { commit: "other".into(), ..shard(1, 3) }), &["commit", "other"]);
    refused(Some(About { content: "d".into(), ..shard(1, 3) }), &["content"]);
    // Shards may run on different machines.
    let elsewhere = About { cpu: "another".into(), jobs: 9, date: "then".into(), ..shard(1, 3) };
    assert!(merge(vec![first(), second(Some(elsewhere))]).is_ok());
    let mut other = second(Some(shard(1, 3)));
    other.1.end.suite = "r2".into();
    assert!(merge(vec![first(), other]).unwrap_err().to_string().contains("r2"));
}

#[test]
fn what_is_compressed_is_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let plain = write("jsonl", folder.path());
    let path = folder.path().join("run.jsonl.zst");
    let target = ReportTarget { format: Format::Jsonl, path: path.display().to_string() };
    let mut reports = Reports::create(&[target], &columns()).unwrap();
    for records in run() {
        reports.file(&FileReport { source: None, records: &records }).unwrap();
    }
    reports.finish(&end()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.len() * 4 < plain.len(), "{} of {}", bytes.len(), plain.len());
    let size = plain.len() as u64;
    assert_eq!(decompressed(bytes.clone(), size).unwrap(), plain.as_bytes());
    assert!(matches!(decompressed(bytes[..bytes.len() - 5].to_vec(), size), Err(ReadError::Io(_))), "cut");
    assert_eq!(decompressed(plain.clone().into_bytes(), 0).unwrap(), plain.as_bytes(), "it was not compressed");
    // A few bytes may decompress to any number of them.
    assert!(matches!(decompressed(bytes, size - 1), Err(ReadError::TooLarge(limit)) if limit == size - 1));
    let zeros = zstd::encode_all(std::io::repeat(0).take(100 << 20), 1).unwrap();
    assert!(zeros.len() < 1 << 16, "{}", zeros.len());
    assert!(matches!(decompressed(zeros, 1 << 20), Err(ReadError::TooLarge(_))));
}

#[test]
fn every_report_says_what_it_is_of() {
    let folder = tempfile::tempdir().unwrap();
    let about = About { selection: "simd".into(), backends: columns(), jobs: 2, ..shard(2, 3) };
    for &format in Format::ALL {
        let path = folder.path().join(format.name());
        let target = ReportTarget::parse(&format!("{}={}", format.name(), path.display())).unwrap();
        let mut reports = Reports::create(&[target], &columns()).unwrap();
        reports.file(&FileReport { source: None, records: &run()[0] }).unwrap();
        reports.finish(&RunEnd { about: Some(about.clone()), ..end() }).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        for part in
            [&about.date, &about.version, &about.commit, "--regs 6", "simd", &about.cpu, &about.os, &about.rustc]
        {
            assert!(text.contains(part), "{format:?}: no {part:?} in\n{text}");
        }
    }
    let text = std::fs::read_to_string(folder.path().join("jsonl")).unwrap();
    assert_eq!(load("x", &text).unwrap().end.about, Some(about));
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
    let listed: Vec<Verdict> = failures.list.iter().map(|f| f.record.verdict).collect();
    assert_eq!(listed, [Verdict::Fail, Verdict::Diverge]);
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
        "1 divergence, 1 poisoned",
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
        for backend in ["interp", "jit"] {
            let mut r = record("core", "x", i, backend, Verdict::Fail);
            r.cause = Some("0".into());
            failures.add(&r);
        }
    }
    assert_eq!(failures.list.len(), 1);
    assert_eq!(failures.list[0].backends, ["interp", "jit"]);
    assert_eq!(failures.list[0].consequences().as_deref(), Some("4 directives fail because of this one"));
    let mut lacks = record("core", "x", 6, "jit", Verdict::Unsupported);
    failures.add(&lacks);
    assert_eq!(failures.list[1].consequences(), None);
    (lacks.index, lacks.cause) = ("7".into(), Some("6".into()));
    failures.add(&lacks);
    assert_eq!(failures.list[1].consequences().as_deref(), Some("1 directive is unsupported because of this one"));
    // Of two failures of one directive, the one in the same column is the cause, if there is one.
    let mut failures = Failures::default();
    for (backend, got) in [("interp", "one"), ("jit", "other")] {
        let mut module = record("core", "x", 0, backend, Verdict::Fail);
        module.got = Some(got.into());
        failures.add(&module);
    }
    for (index, backend) in [(1, "jit"), (2, "jit"), (3, "interp"), (4, "neither")] {
        let mut r = record("core", "x", index, backend, Verdict::Fail);
        r.cause = Some("0".into());
        failures.add(&r);
    }
    let counted: Vec<_> = failures.list.iter().map(|f| (&*f.backends[0], f.consequences.len())).collect();
    assert_eq!(counted, [("interp", 2), ("jit", 2)]);
}

/// A comparison follows a side that has no outcome. If the comparison itself died, nothing else says so.
#[test]
fn a_comparison_that_died_by_itself_is_listed() {
    let listed = |records: &[Record]| {
        let mut failures = Failures::default();
        records.iter().for_each(|r| failures.add(r));
        let list: Vec<(String, Vec<String>)> =
            failures.list.iter().map(|f| (f.record.index.clone(), f.backends.clone())).collect();
        list
    };
    let of = |index, backend: &str, verdict| record("core", "x", index, backend, verdict);
    let all =
        |index, [a, b, xdiff]: [Verdict; 3]| [of(index, "interp", a), of(index, "jit", b), of(index, XDIFF, xdiff)];
    let (pass, crash) = (Verdict::Pass, Verdict::Crash);
    let alone = |index: &str, backend: &str| (index.to_string(), vec![backend.to_string()]);
    for died in [crash, Verdict::Timeout] {
        assert_eq!(listed(&all(1, [pass, pass, died])), [alone("1", XDIFF)]);
        assert_eq!(listed(&all(1, [pass, died, died])), [alone("1", "jit")]);
        let mut known = all(1, [pass, pass, died]);
        known[2].known = true;
        assert_eq!(listed(&known), []);
    }
    assert_eq!(listed(&all(1, [pass, Verdict::Fail, Verdict::Diverge])), [alone("1", "jit"), alone("1", XDIFF)]);
    assert_eq!(listed(&all(1, [pass, Verdict::Fail, crash])), [alone("1", "jit"), alone("1", XDIFF)]);
    assert_eq!(listed(&all(1, [Verdict::Timeout, crash, crash])), [alone("1", "interp"), alone("1", "jit")]);
    assert_eq!(listed(&all(1, [crash, Verdict::Timeout, crash])), [alone("1", "interp"), alone("1", "jit")]);
    // The side of another directive says nothing about it.
    let mut both = all(1, [pass, crash, crash]).to_vec();
    both.push(of(2, XDIFF, crash));
    assert_eq!(listed(&both), [alone("1", "jit"), alone("2", XDIFF)]);
    // Each directive separately.
    let mut both = all(1, [pass, crash, crash]).to_vec();
    both.extend(all(2, [pass, pass, Verdict::Timeout]));
    assert_eq!(listed(&both), [alone("1", "jit"), alone("2", XDIFF)]);
    // What depends on a directive that did not run on a side has no outcome either.
    let mut blocked = all(1, [pass, Verdict::Unsupported, Verdict::Unsupported]).to_vec();
    blocked.extend(all(2, [pass, Verdict::Unsupported, Verdict::Unsupported]));
    blocked[4].cause = Some("1".into());
    assert_eq!(listed(&blocked), [alone("1", "jit")]);
}

/// Beyond those that are kept, columns of a directive that fail in the same way count as one failure.
#[test]
fn failures_that_are_left_out_are_counted() {
    let mut failures = Failures::default();
    let mut add = |index: u32, backend: &str, got: String| {
        let got = Some(got);
        failures.add(&Record { got, ..record("core", "x", index, backend, Verdict::Fail) });
        (failures.list.len(), failures.left_out)
    };
    for index in 0..Failures::KEPT as u32 {
        add(index, "jit", format!("number {index}"));
    }
    assert_eq!(add(2000, "interp", "a".into()), (Failures::KEPT, 1));
    assert_eq!(add(2000, "jit", "a".into()), (Failures::KEPT, 1));
    assert_eq!(add(2000, "other", "b".into()), (Failures::KEPT, 2));
    assert_eq!(add(2000, "more", "a".into()), (Failures::KEPT, 2));
    assert_eq!(add(2001, "interp", "a".into()), (Failures::KEPT, 3));
    assert_eq!(add(2002, "jit", "b".into()), (Failures::KEPT, 4));
    assert_eq!(add(2003, "jit", "number 3".into()), (Failures::KEPT, 4), "it repeats one that is kept");
}

#[test]
fn repetitions_are_reported_once() {
    let mut failures = Failures::default();
    for i in 0..30 {
        for backend in ["interp", "jit"] {
            failures.add(&record("core", "x", i, backend, Verdict::Fail));
        }
    }
    let mut other = record("core", "x", 40, "jit", Verdict::Fail);
    other.got = Some("i32 3".into());
    failures.add(&other);
    failures.add(&record("core", "y", 0, "jit", Verdict::Fail));
    assert_eq!(failures.list.len(), 3);
    let first = &failures.list[0];
    assert_eq!((first.repeated, &first.backends[..]), (29, &["interp".to_string(), "jit".to_string()][..]));
    let text = print(&Totals::new(&columns()), &failures, &end());
    assert!(
        text.contains("29 more directives of this file, on lines 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, …"),
        "{text}"
    );
}

/// One repetition is reported in the singular, and none not at all.
#[test]
fn a_failure_may_be_repeated_once() {
    let mut failures = Failures::default();
    failures.add(&record("core", "x", 1, "jit", Verdict::Fail));
    assert_eq!(failures.list[0].more_lines(), None);
    failures.add(&record("core", "x", 2, "jit", Verdict::Fail));
    let more = failures.list[0].more_lines();
    assert_eq!(more.as_deref(), Some("1 more directive of this file, on line 12"));
}

/// What depends on a repetition follows from the failure that is repeated. A failure without text repeats nothing.
#[test]
fn what_follows_from_a_repetition_is_not_listed() {
    let listed = |records: &[Record]| {
        let mut failures = Failures::default();
        records.iter().for_each(|r| failures.add(r));
        let list = failures.list.iter();
        list.map(|f| (f.record.index.clone(), f.repeated, f.consequences.iter().cloned().collect::<Vec<_>>().join(" ")))
            .collect::<Vec<_>>()
    };
    let died = |index| record("core", "x", index, "jit", Verdict::Crash);
    let follows = |file: &str, index, cause: &str| Record {
        got: Some("there is no instance".into()),
        cause: Some(cause.into()),
        ..record("core", file, index, "jit", Verdict::Fail)
    };
    let silent = |index, backend: &str| Record { expected: None, got: None, backend: backend.into(), ..died(index) };
    let of = |index: &str, repeated: u64, consequences: &str| (index.to_string(), repeated, consequences.to_string());
    for (records, expected) in [
        (vec![died(0), died(5), follows("x", 6, "5"), follows("x", 7, "0")], vec![of("0", 1, "6 7")]),
        (vec![died(0), died(5), died(8), follows("x", 9, "8")], vec![of("0", 2, "9")]),
        // Its cause is not of that file.
        (vec![died(0), died(5), follows("y", 6, "5")], vec![of("0", 1, ""), of("6", 0, "")]),
        (vec![silent(0, "jit"), silent(5, "jit")], vec![of("0", 0, ""), of("5", 0, "")]),
        (vec![silent(0, "interp"), silent(0, "jit")], vec![of("0", 0, "")]),
    ] {
        assert_eq!(listed(&records), expected, "{records:?}");
    }
}

/// A column that is added late has cells in earlier rows, and a row has cells in all columns.
#[test]
fn the_matrix_grows_in_both_directions() {
    let mut totals = Totals::new(&[]);
    assert_eq!(totals.directives(), 0);
    let (pass, fail) = (Verdict::Pass, Verdict::Fail);
    for (group, index, backend, verdict) in [
        ("a", 0, "jit", pass),
        ("b", 0, "jit", fail),
        ("b", 0, "interp", pass),
        ("a", 1, "interp", pass),
        ("b", 1, "interp", pass),
    ] {
        totals.add(&record(group, "x", index, backend, verdict));
    }
    let cell = |verdict, n, unexpected| {
        let mut cell = Cell::default();
        cell.add(verdict, n);
        cell.unexpected = unexpected;
        cell
    };
    assert_eq!(totals.columns, ["jit", "interp"]);
    assert_eq!(
        totals.rows,
        [
            ("a".to_string(), vec![cell(pass, 1, 0), cell(pass, 1, 0)]),
            ("b".to_string(), vec![cell(fail, 1, 1), cell(pass, 2, 0)]),
        ]
    );
    // As many as the column with the most.
    assert_eq!((totals.unexpected, totals.directives()), (1, 3));
    (1..3).for_each(|index| totals.add(&record("b", "x", index, "jit", pass)));
    assert_eq!((totals.unexpected, totals.directives()), (1, 4));
}

/// At most ten are named.
#[test]
fn shards_that_are_missing_are_named() {
    let missing = |parts: &[u64], of| {
        let about = About { shard: Some(Shard { parts: parts.to_vec(), of }), ..About::default() };
        RunEnd { about: Some(about), ..end() }.missing_shards()
    };
    assert_eq!(missing(&[1], 1), [""; 0]);
    assert_eq!(missing(&[2], 4), ["1/4", "3/4", "4/4"]);
    assert_eq!(missing(&[1], 11), ["2/11", "3/11", "4/11", "5/11", "6/11", "7/11", "8/11", "9/11", "10/11", "11/11"]);
    assert_eq!(
        missing(&[1], 12),
        ["2/12", "3/12", "4/12", "5/12", "6/12", "7/12", "8/12", "9/12", "10/12", "11/12", "and 1 more"]
    );
}

/// A part of a run says so in the first line of Markdown, and in a property in JUnit; an interrupted run is a failure there.
#[test]
fn a_part_of_a_run_says_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let text = |format: &str, end: &RunEnd, verdict| {
        let path = folder.path().join(format);
        let target = ReportTarget::parse(&format!("{format}={}", path.display())).unwrap();
        let mut reports = Reports::create(&[target], &columns()).unwrap();
        let records = [record("core", "x", 0, "jit", verdict)];
        reports.file(&FileReport { source: None, records: &records }).unwrap();
        reports.finish(end).unwrap();
        std::fs::read_to_string(path).unwrap()
    };
    let (pass, fail) = (Verdict::Pass, Verdict::Fail);
    for (parts, interrupted, verdict, state, lacks) in [
        (&[1, 2, 3][..], false, pass, "as expected", None),
        (&[1, 2, 3], false, fail, "1 unexpected", None),
        (&[1, 2, 3], true, pass, "interrupted", None),
        (&[1, 2, 3], true, fail, "interrupted, 1 unexpected", None),
        (&[1, 3], false, pass, "incomplete", Some("shard 2/3 is missing")),
        (&[3], false, fail, "incomplete, 1 unexpected", Some("shards 1/3, 2/3 are missing")),
        (&[3], true, pass, "interrupted", Some("shards 1/3, 2/3 are missing")),
    ] {
        let about = About { shard: Some(Shard { parts: parts.to_vec(), of: 3 }), ..About::default() };
        let end = RunEnd { about: Some(about), news: Vec::new(), interrupted, ..end() };
        let markdown = text("markdown", &end, verdict);
        assert!(markdown.starts_with(&format!("# WebAssembly testsuite: {state}\n")), "{markdown}");
        let junit = text("junit", &end, verdict);
        assert_eq!(junit.contains("missing"), lacks.is_some(), "{junit}");
        assert!(lacks.is_none_or(|lacks| junit.contains(lacks)), "{junit}");
        assert_eq!(junit.contains("run::interrupted"), interrupted, "{junit}");
    }
}

#[test]
fn junit_has_a_case_a_file_and_backend() {
    let folder = tempfile::tempdir().unwrap();
    let text = write("junit", folder.path());
    assert_eq!(text.matches("<testcase ").count(), 9 + 1, "{text}");
    assert_eq!(text.matches("<failure ").count(), 3, "{text}");
    assert!(text.contains("name=\"extra::calls::many::jit\"") && text.contains("known (B1)"), "{text}");
}

/// What was excused in a pass is shown in each report that has directives, and counted in the others.
#[test]
fn reports_say_what_was_excused() {
    let folder = tempfile::tempdir().unwrap();
    let text = |format: &str, excused: bool| {
        let path = folder.path().join(format);
        let target = ReportTarget::parse(&format!("{format}={}", path.display())).unwrap();
        let mut reports = Reports::create(&[target], &columns()).unwrap();
        let mut compared = record("core", "x", 0, XDIFF, Verdict::Pass);
        (compared.expected, compared.got) = (excused.then(|| "f32 1".into()), excused.then(|| "another NaN".into()));
        reports.file(&FileReport { source: None, records: &[compared] }).unwrap();
        reports.finish(&end()).unwrap();
        std::fs::read_to_string(path).unwrap()
    };
    for excused in [false, true] {
        let junit = text("junit", excused);
        for told in ["pass line 10 (directive 0): ", "expected: f32 1", "got: another NaN"] {
            assert_eq!(junit.contains(told), excused, "{told}: {junit}");
        }
        // It is the one about the expectations.
        assert_eq!(junit.matches("<failure ").count(), 1, "{junit}");
        assert_eq!(text("jsonl", excused).contains("another NaN"), excused);
        let markdown = text("markdown", excused);
        assert_eq!(markdown.contains("Passes in which something was excused: 1."), excused, "{markdown}");
    }
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
    let part = |id: &str| text.split(&format!("id=\"{id}\">")).nth(1).unwrap().split("</script>").next().unwrap();
    let inflate = |id: &str| -> serde_json::Value {
        let bytes = BASE64_STANDARD.decode(part(id)).unwrap();
        serde_json::from_reader(flate2::read::ZlibDecoder::new(&bytes[..])).unwrap()
    };
    let summary: serde_json::Value = serde_json::from_str(part("summary")).unwrap();
    assert_eq!(summary["columns"].as_array().unwrap().len(), 3);
    // For core on the JIT: four passes, a failure, and no other verdict; one of them is unexpected.
    assert_eq!(summary["groups"][0][0], "core");
    assert_eq!(summary["groups"][0][1][1], serde_json::json!([4, 1, 0, 0, 0, 0, 0, 0, 1]));
    let data = inflate("data");
    assert_eq!(data["runs"][0], serde_json::json!([".3u.2", "F.5", "D.p.3"]));
    assert_eq!(data["directives"]["texts"][0], "assert_return </script> add");
    assert_eq!(inflate("sources-0")["i32"], "(module) ;; </script>\n");
    assert_eq!(text.matches("<script").count(), text.matches("</script>").count());
    for outside in ["src=", "href=\"h", "http://", "https://", "@import", "url("] {
        assert!(!text.contains(outside), "the page refers to something outside: {outside}");
    }
}

#[test]
fn targets_that_cannot_be_written_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let create = |path: &str| {
        let target = ReportTarget { format: Format::Jsonl, path: path.to_string() };
        Reports::create(&[target], &columns()).err().unwrap().to_string()
    };
    assert!(create(&folder.path().join("no/such").display().to_string()).contains("no/such"));
    assert!(create(&folder.path().display().to_string()).contains("folder"));
    assert!(ReportTarget::parse("jsonl").unwrap_err().to_string().contains("FORMAT=PATH"));
    assert!(ReportTarget::parse("pdf=x").unwrap_err().to_string().contains("unknown format 'pdf'"));
}

/// A destination may have several names, and standard output has a name in messages.
#[test]
fn destinations_are_told_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let check = |paths: &[&str], inputs: &[&str]| {
        let target = |path: &&str| ReportTarget { format: Format::Jsonl, path: path.to_string() };
        let targets: Vec<ReportTarget> = paths.iter().map(target).collect();
        check_destinations(&targets, &inputs.iter().map(PathBuf::from).collect::<Vec<_>>())
    };
    let shared = |what: &str| Err(DestinationError::Shared(what.to_string()));
    assert_eq!(check(&["-", "-"], &[]), shared("standard output"));
    assert_eq!(check(&["-", "/dev/stdout"], &[]), shared("standard output and /dev/stdout, which are the same file"));
    let (x, same, other) = (path("x"), path("./x"), path("y"));
    assert_eq!(check(&[&other, &x, &x], &[]), shared(&x));
    assert_eq!(check(&[&x, &other, &same], &[]), shared(&format!("{x} and {same}, which are the same file")));
    let input = Err(DestinationError::Input { report: x.clone(), input: PathBuf::from(&same) });
    assert_eq!(check(&[&x], &[&other, &same]), input);
    assert_eq!(check(&[&x, "-"], &[&other, "-"]), Ok(()));
    assert_eq!(check(&[], &[&x, &x]), Ok(()));
}

#[test]
fn a_full_disk_is_an_error() {
    let target = ReportTarget { format: Format::Jsonl, path: "/dev/full".into() };
    let mut reports = Reports::create(&[target], &columns()).unwrap();
    let records = run().concat();
    let result =
        reports.file(&FileReport { source: None, records: &records }).and_then(|()| reports.finish(&end()).map(drop));
    let message = result.unwrap_err().to_string();
    assert!(message.contains("/dev/full") && message.contains("No space"), "{message}");
    assert!(Path::new("/dev/full").exists());
}

#[test]
fn a_broken_report_leaves_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.jsonl");
    std::fs::write(&path, "old").unwrap();
    let target = ReportTarget { format: Format::Jsonl, path: path.display().to_string() };
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
    assert_eq!(
        [ChangeKind::Better, ChangeKind::Worse, ChangeKind::NewBad, ChangeKind::Gone, ChangeKind::Changed].map(count),
        [1, 1, 1, 3, 0]
    );
    assert!(c.is_worse() && c.text().contains("pass -> crash"), "{}", c.text());
    assert!(!compare(&old, &old).is_worse() && compare(&old, &old).changes.is_empty());
}

/// Directives that read alike on one line are paired in their order, where another one before them changes their indices.
#[test]
fn directives_that_read_alike_are_paired_in_order() {
    let load = |first: u32| Loaded {
        records: [Verdict::Pass, Verdict::Fail, Verdict::Pass]
            .into_iter()
            .zip(first..)
            .map(|(verdict, index)| Record { index: index.to_string(), ..record("core", "x", 7, "jit", verdict) })
            .collect(),
        end: end(),
    };
    for (old, new) in [(7, 8), (8, 9), (9, 10), (98, 99), (99, 100)] {
        let (old, new) = (load(old), load(new));
        assert!(compare(&old, &new).changes.is_empty(), "{}", compare(&old, &new).text());
    }
    // In any order.
    let (old, mut new) = (load(9), load(9));
    new.records.swap(0, 1);
    assert!(compare(&old, &new).changes.is_empty(), "{}", compare(&old, &new).text());
}

#[test]
fn the_worst_changes_come_first() {
    let load = |verdicts: &[(u32, Verdict)]| Loaded {
        records: verdicts.iter().map(|(index, verdict)| record("core", "x", *index, "jit", *verdict)).collect(),
        end: end(),
    };
    let (pass, fail) = (Verdict::Pass, Verdict::Fail);
    let old = load(&[(0, fail), (1, pass), (2, fail), (3, pass), (4, pass)]);
    let new = load(&[(0, pass), (1, fail), (2, Verdict::Crash), (3, Verdict::Poisoned), (5, pass), (6, fail)]);
    let comparison = compare(&old, &new);
    let kinds: Vec<ChangeKind> = comparison.changes.iter().map(|change| change.kind).collect();
    assert_eq!(
        kinds,
        [
            ChangeKind::Worse,
            ChangeKind::NotCompared,
            ChangeKind::NewBad,
            ChangeKind::Changed,
            ChangeKind::Better,
            ChangeKind::NewGood,
            ChangeKind::Gone,
        ]
    );
    let text = comparison.text();
    let last = "1 of those gone were in the earlier run, which had the same selection\n\
        1 worse, 1 no longer compared, 1 new and not passing, 1 changed, 1 better, 1 new and passing, 1 gone, \
        0 the same\n";
    assert!(text.ends_with(last), "{text}");
}

#[test]
fn runs_of_different_selections_are_named() {
    let of = |about: About| Loaded { records: Vec::new(), end: RunEnd { about: Some(about), ..end() } };
    let old = of(About { backends: columns(), ..About::here() });
    let shard = Some(Shard { parts: vec![1], of: 2 });
    let part = About { selection: "core::i32".into(), backends: vec!["jit".into()], shard, ..About::here() };
    let new = of(part);
    let different = "the runs were of different selections (";
    let (whole, part) = ("everything on interp, jit, xdiff", "core::i32, shard 1/2 on jit");
    let obstacle = |old, new| compare(old, new).obstacle.unwrap_or_default();
    assert_eq!(obstacle(&old, &new), format!("{different}{whole} and {part})"));
    assert_eq!(obstacle(&new, &old), format!("{different}{part} and {whole})"));
    assert_eq!(obstacle(&old, &old), "");
}

/// Files by group and name, and the selection that they come from.
type Scripts<'a> = (&'a [(&'a str, &'a str)], &'a str);

/// A report of scripts, each with a directive that passed on the JIT.
fn report_of((files, selection): Scripts<'_>, suite: &str) -> Loaded {
    let about = About { selection: selection.into(), content: "1".into(), ..About::default() };
    Loaded {
        records: files.iter().map(|(group, file)| record(group, file, 0, "jit", Verdict::Pass)).collect(),
        end: RunEnd { suite: suite.into(), about: Some(about), ..end() },
    }
}

/// If one of the paths does not include the script's folder, it is matched with the only script of its name in the other report.
#[test]
fn scripts_are_known_without_their_folders() {
    let cases: [(Scripts<'_>, Scripts<'_>, u64); 10] = [
        ((&[("files", "a")], "a.wast"), (&[("s", "a")], "s"), 1),
        ((&[("s", "a")], "s/a.wast"), (&[("files", "a")], "./a.wast"), 1),
        ((&[("files", "a"), ("t", "a")], "a.wast t"), (&[("s", "a"), ("t", "a")], "s t"), 2),
        // It could be either.
        ((&[("files", "a")], "a.wast"), (&[("s", "a"), ("t", "a")], "s t"), 0),
        ((&[("s", "a"), ("t", "a")], "s t"), (&[("files", "a")], "a.wast"), 0),
        ((&[("s", "a")], "s"), (&[("t", "a")], "t"), 0),
        ((&[("files", "a")], "a.wast"), (&[("s", "b")], "s"), 0),
        // A folder of that name.
        ((&[("files", "a")], "files"), (&[("s", "a")], "s/a.wast"), 0),
        ((&[("s", "a")], "s"), (&[("files", "a")], "files/a.wast"), 0),
        // Paths that are typed in the same way lead to the same place.
        ((&[("files", "a")], "a.wast s"), (&[("s", "a")], "a.wast s"), 0),
    ];
    for (before, after, same) in cases {
        let (old, new) = (report_of(before, BY_PATH), report_of(after, BY_PATH));
        assert_eq!(compare(&old, &new).same, same, "{before:?} {after:?}");
        // Groups of the suite are not guessed.
        let (old, new) = (report_of(before, "r1"), report_of(after, "r1"));
        let both = before.0.iter().filter(|file| after.0.contains(file)).count() as u64;
        assert_eq!(compare(&old, &new).same, both, "{before:?} {after:?}");
    }
}

/// Nothing may vanish from scripts with the same contents; in other folders they are different scripts.
#[test]
fn what_is_gone_from_the_same_scripts_is_missed() {
    let whole = report_of((&[("s", "a"), ("s", "a")], "s/a.wast"), BY_PATH);
    let cases: [(Scripts<'_>, bool, bool); 4] = [
        ((&[("files", "a"), ("files", "a")], "a.wast"), false, false),
        ((&[("files", "a")], "a.wast"), false, true),
        ((&[("s", "a")], "./s"), false, true),
        ((&[("t", "a")], "t"), true, false),
    ];
    for (scripts, obstacle, is_worse) in cases {
        let part = report_of(scripts, BY_PATH);
        let comparison = compare(&whole, &part);
        let found = (comparison.obstacle.is_some(), comparison.is_worse());
        assert_eq!(found, (obstacle, is_worse), "{scripts:?}: {:?}", comparison.obstacle);
    }
}

/// At most sixty of each kind are listed.
#[test]
fn a_comparison_lists_so_many_changes() {
    let load = |count: u32, verdict| Loaded {
        records: (0..count).map(|index| record("core", "x", index, "jit", verdict)).collect(),
        end: end(),
    };
    for (count, more) in [(60, None), (61, Some("… and 1 more")), (70, Some("… and 10 more"))] {
        let text = compare(&load(count, Verdict::Pass), &load(count, Verdict::Fail)).text();
        assert_eq!(text.contains("more"), more.is_some(), "{text}");
        assert!(more.is_none_or(|more| text.contains(more)), "{text}");
        assert_eq!(text.matches("-> fail").count(), 60, "{text}");
    }
}

/// Tests deviations that were known and have changed or are no longer known, and directives that are no longer compared.
#[test]
fn comparisons_tell_what_no_rule_knows() {
    let loaded = |change: &dyn Fn(&mut Vec<Record>)| {
        let mut records = run().concat();
        change(&mut records);
        Loaded { records, end: end() }
    };
    // `core/i64`, directive 0 on interp, which is `unsupported` and known, and its comparison.
    let [at, compared] = [9, 11];
    let old = loaded(&|_| {});
    assert_eq!((old.records[at].known, &*old.records[compared].backend), (true, XDIFF));
    let against = |change: &dyn Fn(&mut Vec<Record>)| {
        let new = loaded(change);
        let c = compare(&old, &new);
        let kinds: Vec<ChangeKind> = c.changes.iter().map(|c| c.kind).collect();
        (kinds, c.is_worse())
    };
    let crash = |r: &mut Record| r.verdict = Verdict::Crash;
    let forget = |r: &mut Record| r.known = false;
    assert_eq!(against(&|all| crash(&mut all[at])), (vec![ChangeKind::Changed], false), "a rule knows it");
    assert_eq!(against(&|all| [crash, forget].iter().for_each(|f| f(&mut all[at]))), (vec![ChangeKind::Changed], true));
    assert_eq!(against(&|all| forget(&mut all[at])), (vec![ChangeKind::Changed], true), "its rule is gone");
    assert_eq!(against(&|all| crash(&mut all[1])), (vec![ChangeKind::Changed], false), "it was not known before");
    let poison = |r: &mut Record| r.verdict = Verdict::Poisoned;
    let lost = vec![ChangeKind::NotCompared];
    assert_eq!(against(&|all| poison(&mut all[5])), (lost.clone(), true));
    assert_eq!(against(&|all| poison(&mut all[compared])), (lost.clone(), false), "a rule may be the reason");
    let threads = |all: &mut Vec<Record>| {
        poison(&mut all[5]);
        all.push(Record { index: "2.0".into(), ..all[5].clone() });
    };
    let (kinds, worse) = against(&threads);
    assert!(kinds.contains(&ChangeKind::NotCompared) && !worse, "threads may race: {kinds:?}");
}

#[test]
fn what_is_gone_counts() {
    let about = || About { content: "c".into(), backends: columns(), ..About::here() };
    let whole = |files: Vec<Vec<Record>>, about: Option<About>| Loaded {
        records: files.concat(),
        end: RunEnd { about, ..end() },
    };
    let (mut some, all) = (run(), run());
    some.pop();
    let old = whole(all.clone(), Some(about()));
    let against = |about: Option<About>, interrupted: bool| {
        let mut new = whole(some.clone(), about);
        new.end.interrupted = interrupted;
        let c = compare(&old, &new);
        (c.is_worse(), c.obstacle.clone().unwrap_or_default(), c.text())
    };
    let (worse, obstacle, text) = against(Some(about()), false);
    assert!(worse && obstacle.is_empty() && text.contains("3 of those gone were in the earlier run"), "{text}");
    assert!(against(None, false).0, "of an older version, which does not say what it is of");
    assert!(against(Some(about()), true).1.contains("interrupted"));
    let others = [
        About { selection: "core::i32".into(), ..about() },
        About { selection: "--at 7".into(), ..about() },
        About { shard: Some(Shard { parts: vec![1], of: 2 }), ..about() },
        About { backends: vec!["jit".into()], ..about() },
    ];
    for other in others {
        let (worse, obstacle, _) = against(Some(other), false);
        assert!(!worse && obstacle.contains("different selections"), "{obstacle}");
    }
    // With other contents, a directive may leave its file, but a file may not vanish.
    let edited = || About { content: "d".into(), ..about() };
    assert!(against(Some(edited()), false).0);
    let mut fewer = all.clone();
    fewer[0].truncate(6);
    let c = whole(fewer.clone(), Some(edited()));
    assert!(!compare(&old, &c).is_worse());
    // The same holds for another suite, but not for other reasons.
    let mut c = whole(fewer.clone(), Some(about()));
    assert!(compare(&old, &c).is_worse());
    c.end.suite = "another".into();
    assert!(!compare(&old, &c).is_worse());
    let c = whole(fewer, Some(About { switches: "--gc-stress".into(), ..about() }));
    assert!(compare(&old, &c).is_worse());
    let other = whole(all, Some(About { switches: "--gc-stress".into(), ..about() }));
    assert!(compare(&old, &other).text().contains("switches: \"\" -> \"--gc-stress\""));
}

/// The table of features of these records.
fn features(records: &[Record]) -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.json");
    let target = ReportTarget { format: Format::Features, path: path.display().to_string() };
    let mut reports = Reports::create(&[target], &columns()).unwrap();
    for records in records.chunk_by(|a, b| a.key() == b.key()) {
        reports.file(&FileReport { source: None, records }).unwrap();
    }
    reports.finish(&end()).unwrap();
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap()
}

#[test]
fn features_are_decided_by_what_works() {
    let mut records: Vec<Record> = run().concat();
    records.retain(|r| r.backend != XDIFF);
    // The JIT rejects what should be rejected, and can do nothing else.
    for r in records.iter_mut().filter(|r| r.group == "core" && r.backend == "jit") {
        let is_rejection = r.file == "i64" && r.index == "1";
        r.directive = if is_rejection { "assert_invalid" } else { "assert_return f" }.into();
        r.verdict = if is_rejection { Verdict::Pass } else { Verdict::Unsupported };
    }
    let table = features(&records);
    assert_eq!(table["columns"], serde_json::json!(["interp", "jit"]));
    let cell = |group: &str, column: &str| table["features"][group][column].clone();
    let status = |group, column| cell(group, column)["status"].clone();
    assert_eq!(status("extra/calls", "jit"), "yes");
    assert!(cell("extra/calls", "jit").get("decided_by").is_none());
    let partial = cell("core", "interp");
    assert_eq!((&partial["status"], &partial["pass"], &partial["of"]), (&"partial".into(), &4.into(), &5.into()));
    assert_eq!((&partial["decided_by"]["file"], &partial["decided_by"]["line"]), (&"i64".into(), &10.into()));
    assert_eq!(status("core", "jit"), "no", "one pass of five, which an engine without anything has, too");
    assert_eq!(cell("core", "jit")["counts"], serde_json::json!({"pass": 1, "unsupported": 4}));
}

/// In a group that has only rejections, these decide; a column says nothing about a group that it has not run.
#[test]
fn a_feature_may_be_a_rejection() {
    let mut records = Vec::new();
    let mut add = |group: &str, directives: &[(&str, Verdict)]| {
        for (n, (directive, verdict)) in directives.iter().enumerate() {
            records.push(Record { directive: (*directive).into(), ..record(group, "x", n as u32, "interp", *verdict) });
        }
    };
    let (pass, fail) = (Verdict::Pass, Verdict::Fail);
    add("all", &[("assert_invalid", pass), ("assert_malformed", pass), ("assert_unlinkable", pass)]);
    add("some", &[("assert_invalid", pass), ("assert_malformed_custom", fail)]);
    add("none", &[("assert_invalid", fail), ("assert_unlinkable", fail)]);
    add("works", &[("assert_invalid", fail), ("module", pass), ("assert_return f", fail)]);
    add("rejects", &[("assert_invalid", pass), ("module", fail)]);
    records.push(record("other", "x", 0, "jit", pass));
    let table = features(&records);
    let cells = |group: &str| {
        let row = table["features"][group].as_object().unwrap();
        row.iter().map(|(column, cell)| format!("{column} {}", cell["status"].as_str().unwrap())).collect::<Vec<_>>()
    };
    for (group, expected) in [
        ("all", "interp yes"),
        ("some", "interp partial"),
        ("none", "interp no"),
        ("works", "interp partial"),
        ("rejects", "interp no"),
        ("other", "jit yes"),
    ] {
        assert_eq!(cells(group), [expected], "{group}");
    }
}

/// Without a comparison, nothing is said about one. The sums are over all backends.
#[test]
fn the_last_line_is_about_the_columns_that_there_are() {
    let last = |columns: &[&str]| {
        let mut totals = Totals::new(&columns.iter().map(|c| c.to_string()).collect::<Vec<_>>());
        for (n, column) in columns.iter().enumerate() {
            totals.add(&record("core", "x", 0, column, Verdict::Pass));
            totals.add(&record("core", "x", 1, column, if n == 1 { Verdict::Fail } else { Verdict::Pass }));
        }
        let end = RunEnd { news: Vec::new(), ..end() };
        let text = anstream::adapter::strip_str(&print(&totals, &Failures::default(), &end)).to_string();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len() - 2..].join("; ")
    };
    assert_eq!(last(&["interp"]), "2 directives on 1 backend in 1.23 s: 2 pass; 0 unexpected");
    assert_eq!(last(&["interp", "jit"]), "2 directives on 2 backends in 1.23 s: 3 pass, 1 fail; 1 unexpected");
    assert_eq!(
        last(&["interp", "jit", XDIFF]),
        "2 directives on 2 backends in 1.23 s: 3 pass, 1 fail; 0 divergences, 0 poisoned; 1 unexpected"
    );
}

/// Everything that both reports have is compared, whether it changed or not.
#[test]
fn what_is_in_both_reports_is_compared() {
    let load = |records: Vec<Record>| Loaded { records, end: end() };
    let records = |verdicts: &[Verdict]| {
        let each = verdicts.iter().enumerate();
        load(each.map(|(n, verdict)| record("core", "x", n as u32, "jit", *verdict)).collect())
    };
    let (pass, fail, crash) = (Verdict::Pass, Verdict::Fail, Verdict::Crash);
    for (old, new, compared, same) in [
        (&[pass, pass, fail][..], &[pass, pass, fail][..], 3, 3),
        (&[pass, pass, fail], &[pass, fail, crash], 3, 1),
        (&[pass, pass], &[fail, fail, pass], 2, 0),
        (&[pass, fail, fail], &[fail], 1, 0),
        (&[pass], &[], 0, 0),
        (&[], &[pass, fail], 0, 0),
    ] {
        let (old, new) = (records(old), records(new));
        let comparison = compare(&old, &new);
        assert_eq!((comparison.compared(), comparison.same), (compared, same), "{old:?} {new:?}");
    }
}

#[test]
fn a_history_is_of_one_suite() {
    let of = |name: &str, date: &str| {
        let about = About { date: date.into(), ..About::here() };
        (name.to_string(), RunEnd { about: Some(about), ..end() })
    };
    let (old, new) = (of("old", "2026-01-01T00:00:00Z"), of("new", "2026-01-02T00:00:00Z"));
    assert_eq!(order(&[old.clone(), new.clone()], false), Ok(vec![1, 0]), "the newest first");
    let refused = |change: &dyn Fn(&mut RunEnd), says: &[&str], partial: bool| {
        let mut other = new.clone();
        change(&mut other.1);
        let runs = [old.clone(), other];
        let message = order(&runs, false).unwrap_err().to_string();
        assert!(says.iter().chain(&["new"]).all(|s| message.contains(s)), "{message}");
        assert_eq!(order(&runs, true).is_ok(), partial, "{message}");
    };
    refused(&|end| end.about = None, &["does not state when"], false);
    refused(&|end| end.suite = "r2".into(), &["r1", "r2", "all runs in a history must be of one suite"], false);
    refused(
        &|end| end.about.as_mut().unwrap().date = "2026-01-01T00:00:00Z".into(),
        &["both began at 2026-01-01"],
        false,
    );
    refused(&|end| end.interrupted = true, &["interrupted", "--partial"], true);
    let part = Some(Shard { parts: vec![1], of: 2 });
    refused(&|end| end.about.as_mut().unwrap().shard = part.clone(), &["shard 2/2 is missing", "merge"], true);
    refused(
        &|end| end.about.as_mut().unwrap().selection = "simd".into(),
        &["everything", "\"simd\"", "--partial"],
        true,
    );
}

/// The order is that in which they were given.
#[test]
fn runs_that_are_no_history_are_named() {
    let of = |name: &str, day: u32, suite: &str, selection: &str| {
        let date = format!("2026-01-0{day}T00:00:00Z");
        let about = About { date, selection: selection.into(), ..About::default() };
        (name.to_string(), RunEnd { suite: suite.into(), about: Some(about), ..end() })
    };
    let pair = |a: &str, b: &str| (a.to_string(), b.to_string());
    assert_eq!(order(&[], false), Ok(vec![]));
    assert_eq!(order(&[of("a", 1, "r1", "")], false), Ok(vec![0]));
    assert_eq!(order(&[2, 4, 1, 3].map(|day| of("a", day, "r1", "x")), false), Ok(vec![1, 3, 0, 2]));
    let [a, b] = [of("a", 1, "r1", ""), of("b", 2, "r1", "")];
    let refused = |third: (String, RunEnd)| order(&[a.clone(), b.clone(), third], false).unwrap_err();
    assert_eq!(
        refused(of("c", 2, "r1", "")),
        HistoryError::SameDate("b".into(), "c".into(), "2026-01-02T00:00:00Z".into())
    );
    assert_eq!(refused(of("c", 3, "r2", "")), HistoryError::Suites(pair("a", "r1"), pair("c", "r2")));
    let error = refused(of("c", 3, "r1", "simd"));
    assert_eq!(error, HistoryError::Selections(pair("a", ""), pair("c", "simd")));
    assert_eq!(
        error.to_string(),
        "a is of everything, but c is of the selection \"simd\", so their totals cannot be compared; pass --partial to \
         accept this"
    );
    let changed = |change: &dyn Fn(&mut RunEnd)| {
        let mut run = of("c", 3, "r1", "");
        change(&mut run.1);
        refused(run)
    };
    let not_whole = |problem: &str| HistoryError::NotWhole { name: "c".into(), problem: problem.into() };
    assert_eq!(changed(&|end| end.interrupted = true), not_whole("it was interrupted"));
    let shard = Shard { parts: vec![2], of: 3 };
    assert_eq!(
        changed(&|end| end.about.as_mut().unwrap().shard = Some(shard.clone())),
        not_whole("shard 1/3, 3/3 is missing")
    );
    assert_eq!(changed(&|end| end.about = None), HistoryError::NoDate("c".into()));
    assert_eq!(changed(&|end| end.about.as_mut().unwrap().date.clear()), HistoryError::NoDate("c".into()));
}

#[test]
fn columns_of_tiers_have_to_replace_something() {
    let stats = |replaceable, replaced| RunStats { replaceable, replaced, ..RunStats::default() };
    assert_eq!(TierFigures::of(&stats(0, [0, 0])), None);
    let nothing = |replaceable, replaced| TierFigures::of(&stats(replaceable, replaced)).unwrap().prove_nothing();
    assert!(nothing(100, [0, 0]) && nothing(7000, [0, 0]));
    assert!(!nothing(99, [0, 0]) && !nothing(100, [1, 0]) && !nothing(100, [0, 1]));
    // Not chosen by a seed: there may be good reasons.
    assert!(!nothing(0, [3, 0]));
}
