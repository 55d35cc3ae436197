//! Compares every report of an invented run literally with `tests/report_texts`: all verdicts, known and unknown ones, blocked
//! directives, texts that need quoting, partial runs, other engines. The files are rewritten by `WASMOON_BLESS=1 cargo test
//! --test report_texts`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Returns the exit status and all output.
fn wasmoon(folder: &Path, args: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    let output = command.current_dir(folder).args(args).env("NO_COLOR", "1").output().expect("it starts");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().expect("a status"), text)
}

/// Compares a text with the file of this name, or writes the file.
#[track_caller]
fn as_kept(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/report_texts").join(name);
    if std::env::var_os("WASMOON_BLESS").is_some_and(|v| v == "1") {
        std::fs::write(&path, text).expect("writable");
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = (1..).zip(kept.lines().zip(text.lines())).find(|(_, (a, b))| a != b);
    assert!(
        kept == text,
        "{} differs ({} lines, {} kept) first in {differs:?}\nIf that is right: WASMOON_BLESS=1 cargo test --test report_texts",
        path.display(),
        text.lines().count(),
        kept.lines().count()
    );
}

/// The lines of a run.
#[derive(Clone, Default)]
struct Lines {
    records: Vec<Value>,
}

impl Lines {
    /// Adds a directive. It passes in columns that are not named; the others have a verdict and additional members.
    fn directive(&mut self, file: &str, line: u32, index: &str, text: &str, deviations: &[(&str, &str, Value)]) {
        let (group, file) = file.rsplit_once('/').expect("group and file");
        for (n, column) in COLUMNS.iter().enumerate() {
            let mut record = json!({
                "schema": 1, "group": group, "file": file, "line": line, "index": index, "directive": text,
                "backend": column, "verdict": "pass", "us": 1000 * line as usize + n
            });
            if let Some((_, verdict, more)) = deviations.iter().find(|(of, ..)| of == column) {
                record["verdict"] = json!(verdict);
                let members = more.as_object().expect("members");
                members.iter().for_each(|(name, value)| record[name] = value.clone());
            }
            self.records.push(record);
        }
    }

    /// The lines, followed by a last line with the totals and the members of `end`.
    fn text(&self, end: &Value) -> String {
        let mut summary: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for record in &self.records {
            let of = |name: &str| record[name].as_str().expect("text").to_string();
            *summary.entry(of("backend")).or_default().entry(of("verdict")).or_default() += 1;
        }
        let last = json!({"wall_ms": 12345, "suite": "suite <1>", "unexpected": 0, "jit_functions": 42});
        let (mut last, end) = (last.as_object().expect("members").clone(), end.as_object().expect("members"));
        last.extend(end.clone());
        let records = self.records.iter().map(|record| format!("{record}\n")).collect::<String>();
        // The totals come first in the last line, which is recognized by them.
        let rest = Value::Object(last).to_string();
        format!("{records}{{\"summary\":{},{}\n", json!(summary), &rest[1..])
    }
}

const COLUMNS: [&str; 4] = ["interp", "jit", "other", "xdiff"];

/// A run with each verdict, known and not, on several columns.
fn run() -> Lines {
    let mut lines = Lines::default();
    let replay = |line: u32, column: &str| format!("wasmoon test core/a --at {line} --backend {column}");
    lines.directive("core/a", 1, "0", "module $a", &[]);
    let wrong = |line: u32, column: &str, got: &str| json!({"expected": "i32 1, f32 nan:canonical", "got": got, "replay": replay(line, column)});
    lines.directive(
        "core/a",
        3,
        "1",
        "assert_return <f> \"x&y\"",
        &[
            ("jit", "fail", wrong(3, "jit", "i32 2, f32 nan:canonical")),
            ("xdiff", "diverge", json!({"got": "i32 1 | i32 2"})),
        ],
    );
    // The same results on other lines, and on another column.
    for (n, line) in [(2, 4), (3, 6), (4, 9)] {
        let again = wrong(line, "jit", "i32 2, f32 nan:canonical");
        let also = wrong(line, "interp", "i32 2, f32 nan:canonical");
        lines.directive(
            "core/a",
            line,
            &n.to_string(),
            "assert_return g",
            &[("jit", "fail", again), ("interp", "fail", also)],
        );
    }
    let several =
        json!({"expected": "one\ntwo\nthree\nfour", "got": "one\n2\nthree\nfour\nfive", "replay": replay(11, "jit")});
    lines.directive("core/a", 11, "5", "assert_trap `h`*", &[("jit", "fail", several)]);
    lines.directive("core/a", 12, "6", "invoke", &[("other", "timeout", json!({"got": "no end after 5 s"}))]);
    // A module that crashes, and its dependents.
    let died = json!({"got": "signal 11", "replay": replay(20, "interp")});
    lines.directive("core/b", 20, "0", "module", &[("interp", "crash", died), ("xdiff", "poisoned", json!({}))]);
    for (n, line) in [(1, 21), (2, 23), (3, 25)] {
        let blocked = json!({"got": "there is no instance", "cause": "0"});
        lines.directive("core/b", line, &n.to_string(), "assert_return h", &[("interp", "fail", blocked)]);
    }
    let known = |bug: &str, got: &str| json!({"known": true, "bug": bug, "got": got, "expected": "i64 5"});
    lines.directive(
        "core/b",
        30,
        "4",
        "assert_return k",
        &[("jit", "fail", known("B-1", "i64 4")), ("other", "flaky", known("B-1", "i64 3"))],
    );
    lines.directive("core/b", 31, "5", "assert_return k", &[("jit", "fail", known("B-2", "i64 4"))]);
    lines.directive("core/b", 32, "6", "assert_invalid", &[("jit", "fail", known("B-1", "i64 4"))]);
    // A proposal that one column lacks, and a thread in the module.
    let lacks = json!({"got": "threads are not there"});
    lines.directive("more/threads/c", 5, "0", "module", &[("other", "unsupported", lacks.clone())]);
    let of_thread = json!({"got": "threads are not there", "cause": "0"});
    lines.directive("more/threads/c", 7, "1.0", "assert_return", &[("other", "unsupported", of_thread.clone())]);
    lines.directive("more/threads/c", 8, "1.1", "assert_return", &[("other", "unsupported", of_thread)]);
    lines.directive(
        "more/threads/d",
        2,
        "0",
        "assert_malformed",
        &[("other", "unsupported", json!({"known": true, "bug": "B-3"}))],
    );
    lines.directive("simd/e", 2, "0", "assert_return", &[]);
    lines
}

/// An earlier run: another directive fails, one has moved, one does not exist yet, and there is an additional file.
fn earlier() -> Lines {
    let mut lines = run();
    for record in &mut lines.records {
        let is = |name: &str, value: &str| record[name] == value;
        if is("file", "a") && is("index", "1") {
            record["verdict"] = json!("pass");
            ["expected", "got", "replay"]
                .iter()
                .for_each(|name| drop(record.as_object_mut().expect("members").remove(*name)));
        } else if is("file", "a") && is("index", "5") && is("backend", "jit") {
            record["got"] = json!("something else");
        } else if is("file", "b") && is("index", "0") && is("backend", "interp") {
            record["verdict"] = json!("timeout");
        } else if is("file", "e") && is("backend", "jit") {
            record["verdict"] = json!("fail");
            record["got"] = json!("v128 0");
        }
    }
    lines.records.retain(|record| record["file"] != "d");
    lines.directive("gone/z", 1, "0", "module", &[]);
    lines.directive("gone/z", 2, "1", "assert_return", &[("jit", "fail", json!({"got": "i32 9"}))]);
    lines
}

fn about() -> Value {
    json!({
        "date": "2026-02-03T04:05:06Z", "version": "9.8.7", "commit": "0123456789ab-dirty", "rustc": "rustc 1.2.3",
        "build": "release", "cpu": "A <CPU>", "cpu_level": "avx2", "os": "linux", "arch": "x86_64",
        "switches": "--regs 6 --note 'a|b'", "backends": COLUMNS, "engines": ["other: other 1.0"], "selection": "core `more`",
        "content": "00112233445566778899aabbccddeeff", "files": 5, "jobs": 3
    })
}

fn end() -> Value {
    let news = json!([
        {"text": "expectations.toml:3: a rule <for> *nothing*", "counts": true},
        {"text": "expectations.toml:9: it passes", "counts": false}
    ]);
    json!({"run": about(), "news": news, "unexpected": 17, "tiers": {"called": 9, "entries": 4, "loops": 5}})
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).expect("writable");
    write("new.jsonl", run().text(&end()));
    let mut old = end();
    old["run"]["date"] = json!("2026-01-02T03:04:05Z");
    old["run"]["commit"] = json!("ba9876543210");
    old["news"] = json!([]);
    write("old.jsonl", earlier().text(&old));
    let mut part = end();
    part["run"]["shard"] = json!({"parts": [2], "of": 4});
    part["interrupted"] = json!(true);
    write("part.jsonl", run().text(&part));
    let quiet = json!({"wall_ms": 999, "suite": "s"});
    let mut fine = Lines::default();
    fine.directive("core/a", 1, "0", "module", &[]);
    write("fine.jsonl", fine.text(&quiet));
    folder
}

/// Decompresses the data in a script element of the page.
fn inflated(page: &str, id: &str) -> Value {
    let packed = page.split(&format!("id=\"{id}\">")).nth(1).expect(id).split("</script>").next().expect("an end");
    let bytes = BASE64_STANDARD.decode(packed).expect("base64");
    serde_json::from_reader(flate2::read::ZlibDecoder::new(&bytes[..])).expect("JSON")
}

/// The summary and the data of a page.
fn data(page: &str) -> String {
    let summary = page.split("id=\"summary\">").nth(1).expect("a summary").split("</script>").next().expect("an end");
    let summary: Value = serde_json::from_str(summary).expect("JSON");
    let whole = json!({"summary": summary, "data": inflated(page, "data")});
    // A line for each value at the two outer levels.
    let mut text = String::new();
    for (part, members) in whole.as_object().expect("members") {
        for (name, value) in members.as_object().expect("members") {
            text += &format!("{part}.{name}: {value}\n");
        }
    }
    text
}

#[test]
fn every_report_of_a_run_is_as_it_was() {
    let folder = folder();
    for name in ["new", "part", "fine"] {
        let input = format!("{name}.jsonl");
        let reports =
            ["junit", "markdown", "features", "html", "jsonl"].map(|format| format!("{format}={name}.report.{format}"));
        let mut args = vec!["report", &input, "--partial"];
        reports.iter().for_each(|report| args.extend(["--report", report]));
        let (status, text) = wasmoon(folder.path(), &args);
        as_kept(&format!("{name}.terminal.txt"), &format!("{text}status {status}\n"));
        let read = |format: &str| {
            std::fs::read_to_string(folder.path().join(format!("{name}.report.{format}"))).expect("written")
        };
        as_kept(&format!("{name}.junit.xml"), &read("junit"));
        as_kept(&format!("{name}.markdown.txt"), &read("markdown"));
        as_kept(&format!("{name}.features.json"), &read("features"));
        as_kept(&format!("{name}.page.txt"), &data(&read("html")));
        // A run that is read and written again is the same, except that unexpected results are counted again.
        let (original, again) = (std::fs::read_to_string(folder.path().join(&input)).expect("written"), read("jsonl"));
        let records = |text: &str| text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect::<Vec<Value>>();
        let (mut original, mut again) = (records(&original), records(&again));
        let (last, again_last) = (original.pop().expect("a last line"), again.pop().expect("a last line"));
        assert_eq!(original, again, "{name}");
        for member in ["wall_ms", "suite", "run", "jit_functions", "tiers", "news", "interrupted"] {
            assert_eq!(last.get(member), again_last.get(member), "{name}: {member}");
        }
        as_kept(&format!("{name}.sums.txt"), &format!("{}\n{}\n", again_last["summary"], again_last["unexpected"]));
    }
}

#[test]
fn runs_are_compared_word_for_word() {
    let folder = folder();
    let mut text = String::new();
    for args in [
        &["compare", "old.jsonl", "new.jsonl"][..],
        &["compare", "new.jsonl", "old.jsonl"],
        &["compare", "new.jsonl", "new.jsonl"],
        &["compare", "old.jsonl", "part.jsonl"],
        &["compare", "--partial", "old.jsonl", "part.jsonl"],
        &["compare", "--partial", "fine.jsonl", "new.jsonl"],
        &["report", "part.jsonl"],
    ] {
        let (status, said) = wasmoon(folder.path(), args);
        text += &format!("$ wasmoon {}\n{said}status {status}\n\n", args.join(" "));
    }
    as_kept("comparisons.txt", &text);
    let args = ["report", "--history", "new.jsonl", "old.jsonl", "--report", "html=history.html"];
    let (status, said) = wasmoon(folder.path(), &args);
    let page = std::fs::read_to_string(folder.path().join("history.html")).expect("written");
    as_kept("history.txt", &format!("{}{}status {status}\n", data(&page), said.lines().next().unwrap_or_default()));
}

/// Lists have a maximum length, and the number of omitted items is stated.
#[test]
fn long_lists_are_cut_and_say_so() {
    let folder = tempfile::tempdir().expect("a folder");
    for (failures, terminal, markdown) in [
        (40, None, None),
        (41, Some(1), None),
        (200, Some(160), None),
        (201, Some(161), Some(1)),
        (1003, Some(963), Some(803)),
    ] {
        let mut lines = Lines::default();
        for n in 0..failures {
            let wrong = json!({"expected": "i32 0", "got": format!("i32 {}", n + 1)});
            lines.directive("core/a", n + 1, &n.to_string(), "assert_return f", &[("jit", "fail", wrong)]);
        }
        std::fs::write(folder.path().join("many.jsonl"), lines.text(&json!({}))).expect("writable");
        let (status, text) = wasmoon(folder.path(), &["report", "many.jsonl", "--report", "markdown=many.md"]);
        assert_eq!(status, 1, "{failures}");
        let page = std::fs::read_to_string(folder.path().join("many.md")).expect("written");
        let more = |n: u32| format!("… and {n} more; a report in HTML or JSONL has them all");
        assert_eq!(text.lines().find(|line| line.starts_with("… and")), terminal.map(more).as_deref(), "{failures}");
        assert_eq!(text.matches("FAIL core/a").count(), failures.min(40) as usize);
        let left = |n: u32| format!("{n} more are in the other reports.");
        assert_eq!(
            page.lines().find(|line| line.ends_with("other reports.")),
            markdown.map(left).as_deref(),
            "{failures}"
        );
        assert_eq!(page.matches("- **fail** on jit").count(), failures.min(200) as usize);
        assert!(text.contains(&format!("\n{failures} unexpected\n")), "{failures}");
    }
}
