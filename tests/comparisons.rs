//! The table of comparisons: `comparisons/*.wast`, scripts in which two columns do different things, and beside each what
//! the comparison has to say of it.
//!
//! A script has alternatives, `{{1|2}}`: the left column executes (and is judged by) the script with the first of each, the
//! right column that with the second. Whatever a script can do can so be made to differ. The file of the same name that
//! ends in `.jsonl` has a line for each directive whose comparison is not a plain pass, with the kind of what differs;
//! all other comparisons, and all directives of both columns, have to pass. `BLESS=1 cargo test --test comparisons` writes
//! these files; read what has changed.
//!
//! Every script runs on several pairs of backends, which must not matter, and all scripts together have to plant each kind
//! of difference that [`COMPARED`] lists.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use wasmoon::conformance::language::{Language, Spec, header};
use wasmoon::conformance::plan::{Backend, Fault, FaultKind};
use wasmoon::conformance::record::Verdict;
use wasmoon::conformance::run::{Job, Line, Observer, run};
use wasmoon::conformance::script::Step;
use wasmoon::conformance::walk::{COMPARED, Place, What};
use wasmoon::engine::{Config, Mode};

/// As that of a worker.
const STACK_BYTES: usize = 64 << 20;

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/comparisons");
    let entries = std::fs::read_dir(&folder).expect("the folder of comparisons");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "wast"));
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

/// The script with the first of each two alternatives, and with the second.
fn alternatives(text: &str) -> (String, String) {
    let (mut left, mut right) = (String::new(), String::new());
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let (before, after) = rest.split_at(at);
        let (both, after) = after[2..].split_once("}}").expect("alternatives end with }}");
        let (first, second) = both.split_once('|').expect("alternatives have | between them");
        left = left + before + first;
        right = right + before + second;
        rest = after;
    }
    (left + rest, right + rest)
}

/// Pairs of backends, named left and right.
fn pairs() -> Vec<(&'static str, [Backend; 2])> {
    let side = |name: &str, config: &Config| Backend { name: name.into(), config: config.clone() };
    let pair = |left: &Config, right: &Config| [side("left", left), side("right", right)];
    let of = |name: &str| Backend::named(name).expect("a backend").config;
    let mixed = Config { mode: Mode::Mix { seed: 1 }, ..Config::default() };
    vec![
        ("interp/interp", pair(&of("interp"), &of("interp"))),
        ("interp/jit", pair(&of("interp"), &of("jit"))),
        ("jit-O0/jit", pair(&of("jit-O0"), &of("jit"))),
        ("interp/mix:1", pair(&of("interp"), &mixed)),
    ]
}

/// What a run tells.
#[derive(Default)]
struct Told {
    steps: Vec<(u32, String)>,
    lines: Vec<(usize, usize, Line)>,
    kinds: Vec<(usize, (Place, What))>,
}

impl Observer for Told {
    fn script(&mut self, steps: &[Step<'_>]) {
        self.steps = steps.iter().map(|step| (step.line, step.text.clone())).collect();
    }

    fn enter(&mut self, _: usize, _: usize) {}

    fn line(&mut self, step: usize, column: usize, line: Line) {
        self.lines.push((step, column, line));
    }

    fn differs(&mut self, step: usize, kind: (Place, What)) {
        self.kinds.push((step, kind));
    }
}

fn execute(text: &str, backends: &[Backend]) -> Told {
    let language = header(text, Language::of(Spec::Latest)).expect("a header");
    let (left, right) = alternatives(text);
    let other =
        Fault { file: String::new(), index: String::new(), backend: "right".into(), kind: FaultKind::Script(right) };
    let mut told = Told::default();
    std::thread::scope(|scope| {
        let work = || {
            let faults = [other];
            let job = Job {
                language,
                folder: None,
                backends,
                skips: &[],
                faults: &faults,
                until: None,
                timeout: None,
                self_check: None,
            };
            run(&left, &job, &mut told).expect("a script");
        };
        std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work).expect("a thread");
    });
    told
}

fn kind((place, what): &(Place, What)) -> String {
    format!("{place:?} {what:?}")
}

/// What the comparison said but plain passes, as in the file beside a script; and all else that is wrong.
fn compared(told: &Told) -> (Vec<Value>, Vec<String>) {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    for (step, column, line) in &told.lines {
        let (number, directive) = &told.steps[*step];
        if *column < 2 {
            if line.verdict != Verdict::Pass {
                let got = line.got.as_deref().unwrap_or_default();
                wrong.push(format!("line {number} {directive}: {} in column {column}: {got}", line.verdict.name()));
            }
        } else if line.verdict != Verdict::Pass || line.got.is_some() {
            let kinds: Vec<String> = told.kinds.iter().filter(|(s, _)| s == step).map(|(_, k)| kind(k)).collect();
            found.push(json!({
                "line": number, "directive": directive, "verdict": line.verdict.name(), "kinds": kinds,
                "expected": line.expected, "got": line.got,
            }));
        }
    }
    (found, wrong)
}

#[test]
fn each_planted_difference_is_found_where_it_is() {
    let mut wrong = Vec::new();
    for path in scripts() {
        let text = std::fs::read_to_string(&path).expect("a script");
        let beside = path.with_extension("jsonl");
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for (i, (pair, backends)) in pairs().into_iter().enumerate() {
            let (found, red) = compared(&execute(&text, &backends));
            wrong.extend(red.iter().map(|red| format!("{name} on {pair}: {red}")));
            let found: Vec<String> = found.iter().map(Value::to_string).collect();
            if i == 0 && std::env::var_os("BLESS").is_some() {
                let lines: String = found.iter().map(|line| format!("{line}\n")).collect();
                std::fs::write(&beside, lines).expect("a writable folder");
            }
            let expected = std::fs::read_to_string(&beside).unwrap_or_default();
            let expected: Vec<&str> = expected.lines().collect();
            wrong.extend(
                expected
                    .iter()
                    .filter(|l| !found.iter().any(|f| f == *l))
                    .map(|l| format!("{name} on {pair}: missing {l}")),
            );
            wrong.extend(
                found
                    .iter()
                    .filter(|l| !expected.contains(&l.as_str()))
                    .map(|l| format!("{name} on {pair}: not expected {l}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{} are wrong\n{}", wrong.len(), wrong.join("\n"));
}

/// A new kind of state, or of what may differ, needs a script in which it does.
#[test]
fn each_kind_of_difference_is_planted() {
    let mut planted = BTreeSet::new();
    for path in scripts() {
        let text = std::fs::read_to_string(path.with_extension("jsonl")).unwrap_or_default();
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).expect("JSON");
            if line["verdict"] == "diverge" {
                let kinds = line["kinds"].as_array().expect("kinds").iter();
                planted.extend(kinds.filter_map(|kind| kind.as_str().map(String::from)));
            }
        }
    }
    let all = COMPARED.iter().flat_map(|(place, whats)| whats.iter().map(|what| kind(&(*place, *what))));
    let missing: Vec<String> = all.filter(|kind| !planted.contains(kind)).collect();
    assert!(missing.is_empty(), "no script of tests/comparisons plants: {}", missing.join(", "));
}
