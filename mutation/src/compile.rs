//! Builds the copy with a sample in it. Changes that do not compile are found by the positions of the compiler's errors, left
//! out, and replaced with the next ones in the sample's order, until everything compiles.

use crate::candidates::Candidate;
use crate::instrument::agree;
use crate::mutators::BY_HAND;
use crate::sample::Rooms;
use crate::tree::{Places, Tree};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::ops::Range;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The number of times that the compiler may fail before something else must be wrong.
const ROUNDS: usize = 30;

/// The build settings: with assertions, like tests, and quick to build. Packages that do not change are built as usual.
fn settings(opt_level: u8) -> Vec<String> {
    let of = |profile: &str| {
        [format!("opt-level={opt_level}"), "debug=false".into(), "codegen-units=16".into()]
            .map(|setting| format!("profile.{profile}.package.wasmoon.{setting}"))
    };
    ["dev", "test"].iter().flat_map(|profile| of(profile)).collect()
}

/// Runs the compiler without lints: a denied lint is no reason to leave a change out, since the code compiles. Cargo's queries
/// about targets are left alone, since cargo reads the warnings in their answers.
const WRAPPER: &str = r#"#!/bin/sh
case "$*" in
*--print*) exec "$@" ;;
esac
exec "$@" --cap-lints warn -Awarnings
"#;

/// Is called with what is done in a round, and everything that the compiler has refused so far.
pub type Told<'a> = &'a dyn Fn(&str, &BTreeSet<String>) -> Result<(), String>;

/// The changes that compile, and those that do not.
pub struct Compiled<'a> {
    /// The changes in the build, by their numbers.
    pub chosen: Vec<&'a Candidate>,
    /// Those that would have been in it, but do not compile.
    pub refused: Vec<&'a Candidate>,
    /// The program.
    pub program: PathBuf,
}

/// A compiler error: its positions, of which the first is the primary one, and whether it is a borrow error.
struct CompileError {
    text: String,
    spans: Vec<(String, Range<usize>, bool)>,
    of_borrows: bool,
}

/// Chooses as many changes from each room's order as requested, and builds them. `refused` are changes that are known not to
/// compile; `round` is called with what is done, and with all of them.
///
/// # Errors
/// The compiler refuses something other than the changes.
pub fn compile<'a>(
    tree: &Tree,
    orders: &BTreeMap<String, Vec<&'a Candidate>>,
    rooms: &Rooms,
    mut refused: BTreeSet<String>,
    round: Told,
) -> Result<Compiled<'a>, String> {
    // The compiler reports borrow errors only once there are no type errors left. So the first rounds have a reserve, so that
    // later ones need not begin with new changes.
    let mut reserve = 1.25;
    for number in 1..=ROUNDS {
        let (mut drawn, mut passed): (Vec<&Candidate>, Vec<&Candidate>) = (Vec::new(), Vec::new());
        for (room, n) in &rooms.0 {
            let wanted = (*n as f64 * reserve).ceil() as usize;
            let ordered = orders.get(room).map(Vec::as_slice).unwrap_or_default();
            let from = drawn.len();
            for &candidate in ordered {
                if drawn.len() - from >= wanted {
                    break;
                }
                if refused.contains(&candidate.identity()) {
                    passed.push(candidate);
                } else if drawn[from..].iter().filter(|c| c.file == candidate.file).all(|c| agree(c, candidate)) {
                    drawn.push(candidate);
                }
            }
        }
        let numbered: Vec<(u32, &Candidate)> = (0..).zip(drawn.iter().copied()).collect();
        let places = tree.write(&numbered)?;
        round(&format!("round {number}: {} changes, {} left out so far", drawn.len(), refused.len()), &refused)?;
        let errors = build(tree, &["build", "--bin", "wasmoon"])?.errors;
        if errors.is_empty() {
            return Ok(Compiled { chosen: drawn, refused: passed, program: tree.program() });
        }
        let before = refused.len();
        for error in &errors {
            let blamed = blame(error, &places);
            if blamed.is_empty() {
                round(&format!("no change is at the place of this error: {}", error.text), &refused)?;
            }
            for candidate in blamed.into_iter().map(|n| drawn[n as usize]) {
                if candidate.mutator == BY_HAND {
                    round(&format!("{} does not compile: {}", candidate.identity(), error.text), &refused)?;
                }
                refused.insert(candidate.identity());
            }
        }
        if refused.len() == before {
            return Err(format!("the tree does not compile, and no change is the cause: {}", errors[0].text));
        }
        reserve = if number < 3 { 1.25 } else { 1.1 };
    }
    Err(format!("the tree does not compile after {ROUNDS} rounds"))
}

/// Builds the tests of the library and the integration tests with the changes in them: names and programs. The library's
/// own are named `lib`.
///
/// # Errors
/// They do not compile, although the library does.
pub fn tests(tree: &Tree) -> Result<Vec<(String, PathBuf)>, String> {
    // Tests of other engines start it.
    let driver = build(tree, &["build", "--example", "driver"])?;
    let built = build(tree, &["test", "--no-run", "--lib", "--tests", "--bin", "wasmoon"])?;
    match driver.errors.iter().chain(&built.errors).next() {
        Some(error) => Err(format!("the tests do not compile: {}", error.text)),
        // Cargo reports them in the order in which it finishes them, which varies.
        None => Ok(BTreeMap::from_iter(built.tests).into_iter().collect()),
    }
}

/// The result of running cargo.
struct Build {
    /// The errors of the compiler, if any.
    errors: Vec<CompileError>,
    /// The programs with tests.
    tests: Vec<(String, PathBuf)>,
}

/// Runs cargo in the copy.
///
/// # Errors
/// cargo cannot be run, or fails without a compiler's error.
fn build(tree: &Tree, args: &[&str]) -> Result<Build, String> {
    let mut command = Command::new("cargo");
    command.args(args).args(["--locked", "--features", "internals"]);
    command.args(["--message-format", "json", "--target-dir"]).arg(tree.target().join("build"));
    command.args(settings(tree.opt_level).iter().flat_map(|setting| ["--config", setting]));
    command.env("CARGO_INCREMENTAL", "0");
    command.env("CARGO_BUILD_BUILD_DIR", tree.packages()).current_dir(tree.copy());
    let wrapper = tree.target().join("rustc");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    let written = std::fs::write(&wrapper, WRAPPER).and_then(|()| std::fs::set_permissions(&wrapper, executable));
    written.map_err(|e| format!("{}: {e}", wrapper.display()))?;
    command.env("RUSTC_WORKSPACE_WRAPPER", wrapper);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|e| format!("cargo: {e}"))?;
    let mut stderr = child.stderr.take().ok_or("no standard error")?;
    let complaint = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = stderr.read_to_string(&mut text);
        text
    });
    let (mut errors, mut tests) = (Vec::new(), Vec::new());
    for line in BufReader::new(child.stdout.take().ok_or("no standard output")?).lines() {
        let Ok(value) =
            line.map_err(|e| e.to_string()).and_then(|l| serde_json::from_str(&l).map_err(|e| e.to_string()))
        else {
            continue;
        };
        errors.extend(read_error(&value));
        tests.extend(read_test(&value));
    }
    let status = child.wait().map_err(|e| format!("cargo: {e}"))?;
    if !status.success() && errors.is_empty() {
        let complaint = complaint.join().unwrap_or_default();
        let last: Vec<&str> = complaint.lines().rev().take(20).collect();
        return Err(format!("cargo failed:\n{}", last.into_iter().rev().collect::<Vec<_>>().join("\n")));
    }
    Ok(Build { errors: if status.success() { Vec::new() } else { errors }, tests })
}

/// Reads a line of cargo's output: a program with tests, or nothing.
fn read_test(line: &Value) -> Option<(String, PathBuf)> {
    let target = line.get("target").filter(|_| line["profile"]["test"] == true)?;
    let name = match target["kind"][0].as_str()? {
        "lib" => "lib",
        "test" => target["name"].as_str()?,
        _ => return None,
    };
    Some((name.to_string(), PathBuf::from(line["executable"].as_str()?)))
}

/// Reads a line of cargo's output: a compiler error with a position, or nothing.
fn read_error(line: &Value) -> Option<CompileError> {
    let message = line.get("message").filter(|m| m["level"] == "error")?;
    let mut spans = Vec::new();
    let mut add = |span: &Value, primary: bool| {
        let mut span = span;
        // For code that a macro made, the place where it is used counts as well.
        loop {
            let number = |name: &str| span[name].as_u64().unwrap_or(0) as usize;
            if let Some(file) = span["file_name"].as_str() {
                spans.push((file.to_string(), number("byte_start")..number("byte_end"), primary));
            }
            match span.get("expansion").and_then(|e| e.get("span")) {
                Some(outer) => span = outer,
                None => break,
            }
        }
    };
    for span in message["spans"].as_array()? {
        add(span, span["is_primary"] == true);
    }
    for child in message["children"].as_array().into_iter().flatten() {
        child["spans"].as_array().into_iter().flatten().for_each(|span| add(span, false));
    }
    if spans.is_empty() {
        return None;
    }
    spans.sort_by_key(|(.., primary)| !primary);
    let code = message["code"]["code"].as_str().unwrap_or_default();
    let of_borrows = matches!(code.get(..3), Some("E05" | "E07")) || code == "E0382" || code == "E0381";
    let (file, at, _) = &spans[0];
    let text = format!("{file}:{}: {code} {}", at.start, message["message"].as_str().unwrap_or_default());
    Some(CompileError { text, spans, of_borrows })
}

/// The changes that an error is about: the innermost around its position, or those inside it.
fn blame(error: &CompileError, places: &Places) -> Vec<u32> {
    let covers = |a: &Range<usize>, b: &Range<usize>| a.start <= b.start && b.end <= a.end;
    for (file, span, primary) in &error.spans {
        let Some(here) = places.get(file) else { continue };
        let around: Vec<_> = here.iter().filter(|(_, place)| covers(place, span)).collect();
        if error.of_borrows && !around.is_empty() {
            // A scope that ends too early may belong to any of them.
            return around.into_iter().map(|(n, _)| *n).collect();
        }
        if let Some((n, _)) = around.into_iter().min_by_key(|(_, place)| place.len()) {
            return vec![*n];
        }
        let inside: Vec<u32> = here.iter().filter(|(_, place)| covers(span, place)).map(|(n, _)| *n).collect();
        if !inside.is_empty() && (*primary || inside.len() < 3) {
            return inside;
        }
    }
    // The nearest change in that file: a guess, and if it was wrong the next round takes another.
    error
        .spans
        .iter()
        .find_map(|(file, span, _)| {
            let nearest = places.get(file)?.iter().min_by_key(|(_, place)| place.start.abs_diff(span.start))?;
            Some(vec![nearest.0])
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn errors_are_blamed_on_the_innermost_change() {
        let places = Places::from([("src/a.rs".to_string(), vec![(0, 10..100), (1, 20..40), (2, 120..130)])]);
        let line = |start: usize, end: usize, code: &str| {
            json!({"reason": "compiler-message", "message": {"level": "error", "message": "m", "code": {"code": code}, "children": [],
                "spans": [{"file_name": "src/a.rs", "byte_start": start, "byte_end": end, "is_primary": true}]}})
        };
        let blamed = |start, end, code| blame(&read_error(&line(start, end, code)).unwrap(), &places);
        assert_eq!(blamed(25, 30, "E0308"), [1]);
        assert_eq!(blamed(25, 60, "E0308"), [0]);
        assert_eq!(blamed(25, 30, "E0716"), [0, 1], "the scope of any of them may be too small");
        assert_eq!(blamed(110, 140, "E0308"), [2]);
        assert_eq!(blamed(200, 210, "E0308"), [2], "the nearest");
        assert!(read_error(&json!({"message": {"level": "warning", "spans": []}})).is_none());
    }
}
