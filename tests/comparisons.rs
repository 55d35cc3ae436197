//! The table of comparisons: `comparisons/*.wast`, scripts in which two columns do different things, each with the
//! expected result of the comparison beside it.
//!
//! A script has alternatives, `{{1|2}}`: the left column executes (and is judged by) the script with the first of each, the right
//! column with the second. So anything that a script can do can be made to differ. The file of the same name with the suffix
//! `.jsonl` has a line for each directive whose comparison is not a plain pass, with the kind of the difference; all other
//! comparisons, and all directives of both columns, must pass. `BLESS=1 cargo test --test comparisons` writes these files; read
//! the changes.
//!
//! Every script runs on several pairs of backends, which must not matter, and all scripts together must produce each kind of
//! difference that [`COMPARED`] lists. They run a second time with a thread running beside the script, which must not matter
//! either.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use wasmoon::conformance::backend::Backend;
use wasmoon::conformance::compare::walk::{COMPARED, ComparedPlace, DifferenceKind};
use wasmoon::conformance::injected_fault::{InjectedFault, InjectedFaultKind};
use wasmoon::conformance::lockstep::job::{Job, Observer};
use wasmoon::conformance::lockstep::run;
use wasmoon::conformance::read::header::header;
use wasmoon::conformance::read::language::{Language, Spec};
use wasmoon::conformance::read::script::ScriptStep;
use wasmoon::conformance::record::DirectiveResult;
use wasmoon::conformance::record::Verdict;
use wasmoon::conformance::stats::RunStats;
use wasmoon::engine::{Config, Mode};
use wasmparser::WasmFeatures;

/// The same as in a worker.
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

/// Returns the script with the first of each two alternatives, and with the second.
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

/// The events of a run.
#[derive(Default)]
struct RunEvents {
    steps: Vec<(u32, String)>,
    lines: Vec<(usize, usize, DirectiveResult)>,
    kinds: Vec<(usize, (ComparedPlace, DifferenceKind))>,
    stats: RunStats,
}

impl Observer for RunEvents {
    fn script(&mut self, steps: &[ScriptStep<'_>]) {
        self.steps = steps.iter().map(|step| (step.line, step.text.clone())).collect();
    }

    fn enter(&mut self, _: usize, _: usize) {}

    fn line(&mut self, step: usize, column: usize, line: DirectiveResult) {
        self.lines.push((step, column, line));
    }

    fn differs(&mut self, step: usize, kind: (ComparedPlace, DifferenceKind)) {
        self.kinds.push((step, kind));
    }
}

/// Executes a script. `more` has features that its header need not name.
fn execute(text: &str, more: WasmFeatures, backends: &[Backend]) -> RunEvents {
    let mut language = header(text, Language::of(Spec::Latest)).expect("a header");
    language.features |= more;
    let (left, right) = alternatives(text);
    let other = InjectedFault {
        file: String::new(),
        index: String::new(),
        backend: "right".into(),
        kind: InjectedFaultKind::Script(right),
    };
    let mut events = RunEvents::default();
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
            events.stats = run(&left, &job, &mut events).expect("a script").0;
        };
        std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work).expect("a thread");
    });
    events
}

fn kind((place, what): &(ComparedPlace, DifferenceKind)) -> String {
    format!("{place:?} {what:?}")
}

/// Returns the comparisons that are not plain passes, as in the file beside a script, and everything else that is wrong.
fn compared(events: &RunEvents) -> (Vec<Value>, Vec<String>) {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    for (step, column, line) in &events.lines {
        let (number, directive) = &events.steps[*step];
        if *column < 2 {
            if line.verdict != Verdict::Pass {
                let got = line.got.as_deref().unwrap_or_default();
                wrong.push(format!("line {number} {directive}: {} in column {column}: {got}", line.verdict.name()));
            }
        } else if line.verdict != Verdict::Pass || line.got.is_some() {
            let kinds: Vec<String> = events.kinds.iter().filter(|(s, _)| s == step).map(|(_, k)| kind(k)).collect();
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
        let listed = path.with_extension("jsonl");
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for (i, (pair, backends)) in pairs().into_iter().enumerate() {
            let (found, red) = compared(&execute(&text, WasmFeatures::empty(), &backends));
            wrong.extend(red.iter().map(|red| format!("{name} on {pair}: {red}")));
            let found = strings(&found);
            if i == 0 && std::env::var_os("BLESS").is_some() {
                let lines: String = found.iter().map(|line| format!("{line}\n")).collect();
                std::fs::write(&listed, lines).expect("a writable folder");
            }
            let expected = std::fs::read_to_string(&listed).unwrap_or_default();
            let expected: Vec<String> = expected.lines().map(String::from).collect();
            wrong.extend(unlike(&expected, &found).iter().map(|line| format!("{name} on {pair}: {line}")));
        }
    }
    assert!(wrong.is_empty(), "{} are wrong\n{}", wrong.len(), wrong.join("\n"));
}

/// Partial comparisons are counted, also in a thread, and so is each NaN that was the reason.
#[test]
fn what_is_left_out_is_counted() {
    let module = |float: &str| format!("(module (func (export \"f\") (result f32) (f32.const {float})))");
    let call = "(assert_return (invoke \"f\") (f32.const nan:arithmetic))";
    let (nans, alike) = (module("{{nan:0x400001|nan:0x400002}}"), module("nan"));
    let state = "(module (global f32 (f32.const {{nan:0x400001|nan:0x400002}})))";
    let print = "(module (import \"spectest\" \"print_f32\" (func $print (param f32)))
      (func (export \"f\") (call $print (f32.const {{nan:0x400001|nan:0x400002}}))))";
    for (text, partial) in [
        (format!("{alike} {call} {call}"), 0),
        (format!("{nans} {call} {call}"), 2),
        (format!("(thread $t {alike} {call}) (wait $t)"), 0),
        (format!("(thread $t {nans} {call}) (wait $t)"), 1),
        (format!("{nans} {call} (thread $t {nans} {call} {call} {call}) {call} (wait $t)"), 5),
        (state.to_string(), 1),
        (format!("(thread $t {state}) (wait $t)"), 1),
        (format!("{print} (invoke \"f\")"), 1),
        (format!("(thread $t {print} (invoke \"f\")) (wait $t)"), 1),
    ] {
        for (pair, backends) in pairs() {
            let events = execute(&text, WasmFeatures::THREADS, &backends);
            assert_eq!(compared(&events).1, [] as [String; 0], "{pair}: {text}");
            let stats = events.stats;
            let counted = (stats.not_compared, stats.poisoned, stats.nan_differences);
            assert_eq!(counted, (partial, 0, partial), "{pair}: {text}");
        }
    }
}

/// Returns the lines that only one of the lists has.
fn unlike(expected: &[String], found: &[String]) -> Vec<String> {
    let missing = expected.iter().filter(|line| !found.contains(line)).map(|line| format!("missing {line}"));
    let more = found.iter().filter(|line| !expected.contains(line)).map(|line| format!("not expected {line}"));
    missing.chain(more).collect()
}

/// The module shared with a thread; it shares nothing that a script uses.
const SHARED: &str = r#"
(module $Beside (memory (export "shared") 1 1 shared)
  (func (export "end")
    (i32.atomic.store (i32.const 0) (i32.const 1))
    (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))))
(register "beside" $Beside)
"#;
/// Replaces the thread, so that the directives of a script keep their numbers.
const NONE: &str = "(register \"beside again\" $Beside)";
/// A thread that runs until [`END`] wakes it.
const THREAD: &str = r#"
(thread $Beside (shared (module $Beside))
  (module (memory (import "beside" "shared") 1 1 shared)
    (func (export "wait")
      (loop $again
        (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
        (br_if $again (i32.eqz (i32.atomic.load (i32.const 0)))))))
  (invoke "wait"))
"#;
const END: &str = "(invoke $Beside \"end\")\n";

/// Puts the script after `before`, with its lines unchanged, and then ends the thread.
fn wrapped(before: &[&str], text: &str) -> String {
    let code = |line: &&str| !line.trim_start().starts_with(";;") && !line.trim().is_empty();
    let comments: usize = text.split_inclusive('\n').take_while(|line| !code(line)).map(str::len).sum();
    let (head, directives) = text.split_at(comments);
    format!("{head}{}{directives}{END}", before.concat().replace('\n', " "))
}

#[test]
fn a_thread_beside_hides_no_difference() {
    let mut wrong = Vec::new();
    for path in scripts() {
        let text = std::fs::read_to_string(&path).expect("a script");
        let listed = std::fs::read_to_string(path.with_extension("jsonl")).unwrap_or_default();
        let listed: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for (pair, backends) in pairs() {
            let execute = |before: &[&str]| execute(&wrapped(before, &text), WasmFeatures::THREADS, &backends);
            // The texts contain the numbers of instances, memories and directives, so they are compared between runs with equal
            // numbers.
            let (alone, _) = compared(&execute(&[SHARED, NONE]));
            let events = execute(&[SHARED, THREAD]);
            // A thread's events are reported after it has ended.
            let position_of = |directive: &str| events.lines.iter().position(|(s, ..)| events.steps[*s].1 == directive);
            let (waited, end) = (position_of("invoke wait"), position_of("invoke end"));
            assert!(end.is_some() && end < waited, "{name} on {pair}: the thread did not run to the end");
            let (found, mut red) = compared(&events);
            red.extend(unlike(&strings(&alone), &strings(&found)));
            // At the end everything is compared again, and excused NaNs are excused again.
            let own: Vec<Value> =
                found.into_iter().filter(|r| r["verdict"] != "pass" || r["directive"] != "invoke end").collect();
            red.extend(unlike(&strings(&without_texts(&listed)), &strings(&without_texts(&own))));
            wrong.extend(red.iter().map(|red| format!("{name} on {pair}: {red}")));
        }
    }
    assert!(wrong.is_empty(), "{} are wrong\n{}", wrong.len(), wrong.join("\n"));
}

fn strings(records: &[Value]) -> Vec<String> {
    records.iter().map(Value::to_string).collect()
}

/// The place and the kind of each difference, without the displayed values.
fn without_texts(records: &[Value]) -> Vec<Value> {
    let keys = |record: &Value| ["line", "directive", "verdict", "kinds"].map(|key| record[key].clone());
    records.iter().map(|record| keys(record).to_vec().into()).collect()
}

/// Every kind of state and of difference needs a script that shows it.
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
