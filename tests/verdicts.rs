//! Scripts in which every directive is right, `tests/right/*.wast`, and scripts that are wrong in known places,
//! `tests/wrong/*.wast`. Anyone can add one.
//!
//! In a wrong script, a line `;; WRONG` begins a section whose directives must all fail, `;; UNSUPPORTED` one of
//! directives that cannot be judged, and a line `;; RIGHT` ends it. All other directives must pass.
//!
//! Scripts in `tests/wasmtime` are of both kinds, and follow that engine's conventions.

mod parentheses;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmoon::conformance::read::script;
use wasmoon::conformance::read::suite::Suite;

const BACKENDS: [&str; 2] = ["interp", "jit"];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn scripts(name: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder(name))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "wast"))
        .collect();
    files.sort();
    files
}

/// The report on one directive of a script: line, directive, column, verdict and result.
struct ReportLine {
    line: u32,
    index: String,
    directive: String,
    column: String,
    verdict: String,
    expected: String,
    got: String,
}

/// Returns the report on a script, and the program's error messages.
fn run(script: &Path, dialect: &str) -> (Vec<ReportLine>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_wasmoon"))
        .args(["test", "--backend", &BACKENDS.join(","), "--expectations", "none", "--report", "jsonl=-"])
        .args(["--dialect", dialect])
        .arg(script)
        .output()
        .expect("wasmoon runs");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let records = text.lines().filter_map(|line| {
        let value: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|e| panic!("{}: {e}: {line}", script.display()));
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_string();
        value["directive"].as_str()?;
        Some(ReportLine {
            line: value["line"].as_u64().expect("a line") as u32,
            index: text("index"),
            directive: text("directive"),
            column: text("backend"),
            verdict: text("verdict"),
            expected: text("expected"),
            got: text("got"),
        })
    });
    let records: Vec<ReportLine> = records.collect();
    let wrong = records.iter().any(|r| !["pass", "poisoned"].contains(&r.verdict.as_str()));
    assert_eq!(output.status.code(), Some(i32::from(wrong)), "{}: {errors}", script.display());
    (records, errors)
}

/// For each line of a script, the verdict that its directives should have.
fn verdicts(text: &str) -> Vec<&'static str> {
    let mut verdict = "pass";
    let mut lines = vec![verdict];
    for line in text.lines() {
        match line.trim() {
            ";; WRONG" => verdict = "fail",
            ";; UNSUPPORTED" => verdict = "unsupported",
            ";; RIGHT" => verdict = "pass",
            _ => {}
        }
        lines.push(verdict);
    }
    lines
}

/// Runs all scripts of a folder; returns the numbers of directives in wrong sections and elsewhere.
fn judge(name: &str, dialect: &str) -> (usize, usize) {
    let (mut complaints, mut counts) = (Vec::new(), (0, 0));
    for script in scripts(name) {
        let text = std::fs::read_to_string(&script).expect("a script");
        let verdicts = verdicts(&text);
        let (report, errors) = run(&script, dialect);
        let file = script.file_name().expect("a name").to_string_lossy();
        if report.is_empty() {
            complaints.push(format!("{file}: nothing was judged. {errors}"));
        }
        let mut columns: BTreeMap<&str, usize> = BTreeMap::new();
        for t in &report {
            // Directives in a thread are in the parentheses of the thread.
            *columns.entry(&t.column).or_default() += usize::from(!t.index.contains('.'));
            let want = match verdicts[t.line as usize] {
                // The columns agree on what is wrong.
                "fail" if t.column == "xdiff" => "pass",
                verdict => verdict,
            };
            if t.column == BACKENDS[0] {
                *(if want == "fail" { &mut counts.0 } else { &mut counts.1 }) += 1;
            }
            if t.verdict != want {
                let ReportLine { line, index, directive, column, verdict, expected, got } = t;
                complaints.push(format!(
                    "{file}:{line} [{index}] {directive} on {column} is {verdict}, should be {want}: \
                     expected {expected}, got {got}"
                ));
            }
        }
        let directives = parentheses::count(&text);
        if columns.len() != BACKENDS.len() + 1 || columns.values().any(|n| *n != directives) {
            complaints.push(format!("{file}: {columns:?} of {directives} directives"));
        }
    }
    assert!(complaints.is_empty(), "{} wrong verdicts:\n{}", complaints.len(), complaints.join("\n"));
    counts
}

/// Only foreign scripts may have assertions without a message, which leaves the phase open.
#[test]
fn our_own_assertions_have_messages() {
    let suite = Suite::embedded().expect("the suite");
    let (mut without, mut files) = (Vec::new(), 0);
    for file in suite.files.iter().filter(|file| file.group.starts_with("extra/")) {
        let text = file.text().expect("a text");
        let text = script::plain(&text, &file.language).expect("a script");
        let buffer = script::lex(&text).expect("tokens");
        for mut step in script::parse(&buffer, &text).expect("a script") {
            if step.expect.message_mut().is_some_and(|message| message.is_empty()) {
                without.push(format!("{}:{}", file.key(), step.line));
            }
        }
        files += 1;
    }
    assert!(files > 100, "{files} files");
    assert_eq!(without, Vec::<String>::new());
}

#[test]
fn right_scripts_pass() {
    let (wrong, right) = judge("right", "spec");
    assert_eq!(wrong, 0, "wrong sections belong in tests/wrong");
    assert!(right >= 480, "{right} directives");
}

#[test]
fn wrong_directives_fail() {
    let (wrong, right) = judge("wrong", "spec");
    assert!(wrong >= 1000 && right >= 150, "{wrong} wrong directives, {right} right ones");
}

#[test]
fn wasmtime_s_conventions() {
    let (wrong, right) = judge("wasmtime", "wasmtime");
    assert!(wrong >= 15 && right >= 30, "{wrong} wrong directives, {right} right ones");
}
