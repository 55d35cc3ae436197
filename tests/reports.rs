//! Reports, replay lines and comparisons of runs, in the forms that scripts rely on.

mod fake_driver;

use serde_json::Value;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use tempfile::TempDir;
use wasmoon::conformance::injected_fault::{InjectedFault, InjectedFaultKind};
use wasmoon::conformance::plan::{Event, Plan};
use wasmoon::conformance::read::suite::Suite;
use wasmoon::conformance::record::{Record, Verdict, XDIFF};
use wasmoon::conformance::supervise::run;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wasmoon");

/// A folder with a subfolder `bin` that contains `wasmoon`.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("bin")).unwrap();
    symlink(PROGRAM, folder.path().join("bin/wasmoon")).unwrap();
    folder
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path
}

fn wasmoon(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.current_dir(folder).args(args).env_remove("SPEC_TESTS").env("NO_COLOR", "1").output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs `wasmoon`, which must end with this status; returns all its output.
#[track_caller]
fn status(folder: &Path, args: &[&str], status: i32) -> String {
    let output = wasmoon(folder, args);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(status), "{args:?}: {text}");
    text
}

/// The records of a report, and its last line.
fn report(jsonl: &str) -> (Vec<Value>, Value) {
    let mut lines: Vec<Value> = jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = lines.pop().expect("a last line");
    (lines, last)
}

fn read(folder: &Path, name: &str) -> (Vec<Value>, Value) {
    report(&std::fs::read_to_string(folder.join(name)).unwrap())
}

/// Assertions that are right, wrong, and wrong under some switches.
const SCRIPT: &str = r#"(module
  (func (export "one") (result i32) (i32.const 1))
  (func (export "two") (result i32 i32) (i32.const 1) (i32.const 2))
  (func (export "nan") (result i32) (i32.reinterpret_f32 (f32.div (f32.const 0) (f32.const 0)))))
(assert_return (invoke "one") (i32.const 1))
(assert_return (invoke "one") (i32.const 2))
(assert_return (invoke "two") (i32.const 1) (i32.const 2))
(assert_return (invoke "nan") (i32.const 0x7fc00000))
(module (func (export "v") (result v128) (v128.const i32x4 1 2 3 4)))
(assert_return (invoke "v") (v128.const i32x4 1 2 3 5))
(assert_malformed (module quote "(func") "some other words")
"#;

#[test]
fn replay_lines_repeat_what_they_are_of() {
    let folder = folder();
    write(folder.path(), "its own folder/it's.wast", SCRIPT);
    // The switches determine the verdicts: without them, the replay lines would have other results.
    let runs: [&[&str]; 9] = [
        &[],
        &["--mode", "mix:1"],
        &["--mode", "mix3:7", "--regs", "6", "--poison", "--gc-stress", "--verify"],
        &["--features=-simd"],
        &["--spec", "1.0"],
        &["--nan", "canonical", "--backend", "jit"],
        &["--any-message", "--dispatch", "loop", "--passes", ""],
        &["--timeout", "3", "--backend", "jit-O0,jit"],
        &["--relaxed", "native", "--mode", "jit"],
    ];
    for switches in runs {
        let args = [&["test", "its own folder/it's.wast", "--report", "jsonl=run.jsonl"], switches].concat();
        status(folder.path(), &args, 1);
        let (records, last) = read(folder.path(), "run.jsonl");
        let failed: Vec<&Value> = records.iter().filter(|r| r["verdict"] != "pass").collect();
        assert!(!failed.is_empty(), "{switches:?}");
        let mut tried = std::collections::BTreeSet::new();
        for record in failed {
            let replay = record["replay"].as_str().unwrap();
            // The columns of a directive usually have the same result: one of them is enough, and the comparison.
            if !tried.insert((record["line"].to_string(), record["backend"] == "xdiff")) {
                continue;
            }
            let script = format!("PATH=\"$PWD/bin:$PATH\"; {replay} --report jsonl=again.jsonl");
            let output = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{replay}: {}", text(&output));
            let (again, _) = read(folder.path(), "again.jsonl");
            let same = |r: &&Value| r["index"] == record["index"] && r["backend"] == record["backend"];
            let repeated = again.iter().find(same).unwrap_or_else(|| panic!("{replay}: no such record in {again:?}"));
            for key in ["verdict", "expected", "got"] {
                assert_eq!(repeated[key], record[key], "{replay}");
            }
        }
        let shown_switches = last["run"]["switches"].as_str().unwrap();
        assert!(
            switches.iter().all(|word| word.is_empty()
                || *word == "--backend"
                || shown_switches.contains(word)
                || last["run"]["backends"].to_string().contains(word.split(',').next().unwrap())),
            "{shown_switches}"
        );
    }
}

#[test]
fn replay_lines_of_a_suite_name_its_files() {
    let folder = folder();
    write(folder.path(), "a suite/wrong.wast", SCRIPT);
    let args = ["test", "core::wrong", "--suite", "a suite", "--report", "jsonl=run.jsonl", "--expectations", "none"];
    status(folder.path(), &args, 1);
    let (records, _) = read(folder.path(), "run.jsonl");
    let replay = records.iter().find_map(|r| r["replay"].as_str()).unwrap();
    assert!(replay.contains("core::") && replay.contains("--suite 'a suite'"), "{replay}");
    let script = format!("PATH=\"$PWD/bin:$PATH\"; {replay}");
    let output = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{replay}: {}", text(&output));
    assert!(text(&output).contains("FAIL core/wrong"), "{}", text(&output));
}

#[test]
fn what_came_is_written_as_what_was_expected() {
    let folder = folder();
    write(folder.path(), "s/w.wast", SCRIPT);
    let all = status(folder.path(), &["test", "s/w.wast", "--backend", "jit"], 1);
    for line in [
        "expected  returned [v128 i32x4 0x00000001 0x00000002 0x00000003 0x00000005]",
        "got       returned [v128 i32x4 0x00000001 0x00000002 0x00000003 0x00000004]",
    ] {
        assert!(all.contains(line), "{all}");
    }
    let broken = "(module (func (export \"f\") (result f64) (f64.const 0x1.fffffffffffffp+1023)))\n\
        (assert_return (invoke \"f\") (f64.const 0x0.0000000000001p-1022))\n\
        (module $m (func (export \"g\")) (memory (import \"no\" \"such\") 1))\n(assert_return (invoke $m \"g\"))\n";
    write(folder.path(), "s/x.wast", broken);
    let args = ["test", "s/x.wast", "--backend", "jit", "--report", "jsonl=run.jsonl"];
    status(folder.path(), &args, 1);
    let (records, _) = read(folder.path(), "run.jsonl");
    assert_eq!(records[1]["expected"], "returned [f64 5e-324 (0x0000000000000001)]");
    assert_eq!(records[1]["got"], "returned [f64 1.7976931348623157e308 (0x7fefffffffffffff)]");
    assert_eq!(records[3]["got"], "depends on line 3 (module m), which failed");
    assert_eq!(records[3]["cause"], "2");
}

#[test]
fn repetitions_are_reported_once() {
    let folder = folder();
    let script = "(module binary \"\\00asn\\01\\00\\00\\00\")\n".repeat(12);
    write(folder.path(), "s/w.wast", &script);
    let all = status(folder.path(), &["test", "s/w.wast"], 1);
    assert_eq!(all.matches("FAIL ").count(), 1, "{all}");
    assert!(all.contains("11 more directives of this file, on lines 2, 3,"), "{all}");
}

/// Two scripts, and the reports of their two shards.
fn shards() -> TempDir {
    let folder = folder();
    for name in ["s/a.wast", "s/b.wast"] {
        write(folder.path(), name, "(module)\n(module)\n");
    }
    for part in ["1/2", "2/2"] {
        let report = format!("jsonl=shard-{}.jsonl", &part[..1]);
        status(folder.path(), &["test", "s/a.wast", "s/b.wast", "--shard", part, "--report", &report], 0);
    }
    folder
}

#[test]
fn one_shard_is_no_run() {
    let folder = shards();
    let all = status(folder.path(), &["report", "shard-1.jsonl", "--report", "jsonl=part.jsonl"], 1);
    assert!(all.contains("shard 2/2 is not among the reports"), "{all}");
    status(folder.path(), &["report", "shard-1.jsonl", "--partial"], 0);
    // The merged report still records the missing shard.
    status(folder.path(), &["report", "part.jsonl"], 1);
    status(folder.path(), &["report", "part.jsonl", "shard-2.jsonl"], 0);
    status(folder.path(), &["report", "shard-2.jsonl", "shard-1.jsonl", "--report", "jsonl=all.jsonl"], 0);
    let (records, last) = read(folder.path(), "all.jsonl");
    assert_eq!(records.len(), 2 * 2 * 5);
    assert!(
        last["run"]["content"].is_string() && last["run"].get("shard").is_none(),
        "all shards are the whole: {last}"
    );
    status(folder.path(), &["test", "s/a.wast", "s/b.wast", "--report", "jsonl=whole.jsonl"], 0);
    status(folder.path(), &["compare", "whole.jsonl", "all.jsonl"], 0);
}

#[test]
fn shards_of_other_switches_are_refused() {
    let folder = shards();
    let args = ["test", "s/a.wast", "s/b.wast", "--shard", "2/2", "--gc-stress", "--report", "jsonl=other.jsonl"];
    status(folder.path(), &args, 0);
    let all = status(folder.path(), &["report", "shard-1.jsonl", "other.jsonl"], 2);
    assert!(all.contains("not shards of one run") && all.contains("--gc-stress"), "{all}");
}

#[test]
fn a_part_of_a_run_is_not_compared_with_the_whole() {
    let folder = folder();
    for name in ["s/a.wast", "s/b.wast"] {
        write(folder.path(), name, "(module)\n(module)\n");
    }
    let whole = ["test", "s/a.wast", "s/b.wast", "--report", "jsonl=whole.jsonl"];
    status(folder.path(), &whole, 0);
    let parts: [&[&str]; 4] = [
        &["test", "s/a.wast"],
        &["test", "s/a.wast", "s/b.wast", "--shard", "1/2"],
        &["test", "s/a.wast", "s/b.wast", "--at", "2"],
        &["test", "s/a.wast", "s/b.wast", "--backend", "interp,jit"],
    ];
    for part in parts {
        status(folder.path(), &[part, &["--report", "jsonl=part.jsonl"]].concat(), 0);
        let all = status(folder.path(), &["compare", "whole.jsonl", "part.jsonl"], 2);
        assert!(all.contains("different selections") && all.contains("--partial"), "{all}");
        status(folder.path(), &["compare", "whole.jsonl", "part.jsonl", "--partial"], 0);
    }
    // With the same selection, a shorter file has other content, and a removed one is reported as missing.
    let (records, _) = read(folder.path(), "whole.jsonl");
    assert!(!records.is_empty());
    let text = std::fs::read_to_string(folder.path().join("whole.jsonl")).unwrap();
    let without: Vec<&str> = text.lines().filter(|l| !l.contains("\"file\":\"b\"")).collect();
    let mut last: Value = serde_json::from_str(without.last().unwrap()).unwrap();
    for cell in last["summary"].as_object_mut().unwrap().values_mut() {
        cell["pass"] = 2.into();
    }
    let last = last.to_string();
    let cut = [&without[..without.len() - 1], &[&last]].concat().join("\n") + "\n";
    // The summary line is identified by its first key.
    let cut = cut.replace(
        &last,
        &format!("{{\"summary\":{},{}", serde_json::from_str::<Value>(&last).unwrap()["summary"], rest(&last)),
    );
    write(folder.path(), "gone.jsonl", &cut);
    let all = status(folder.path(), &["compare", "whole.jsonl", "gone.jsonl"], 1);
    assert!(all.contains("10 of those gone were in the earlier run"), "{all}");
    write(
        folder.path(),
        "interrupted.jsonl",
        &text.replace("\"jit_functions\"", "\"interrupted\":true,\"jit_functions\""),
    );
    let all = status(folder.path(), &["compare", "whole.jsonl", "interrupted.jsonl"], 2);
    assert!(all.contains("interrupted"), "{all}");
}

/// The members of an object except `summary`, and its closing brace.
fn rest(object: &str) -> String {
    let mut value: Value = serde_json::from_str(object).unwrap();
    value.as_object_mut().unwrap().remove("summary");
    value.to_string()[1..].to_string()
}

#[test]
fn compressed_reports_are_reports() {
    let folder = folder();
    write(folder.path(), "s/w.wast", SCRIPT);
    let args = ["test", "s/w.wast", "--report", "jsonl=run.jsonl.zst", "--report", "jsonl=run.jsonl"];
    status(folder.path(), &args, 1);
    let size = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().len();
    assert!(size("run.jsonl.zst") * 4 < size("run.jsonl"));
    assert!(status(folder.path(), &["compare", "run.jsonl", "run.jsonl.zst"], 0).contains("0 gone"));
    status(folder.path(), &["report", "run.jsonl.zst", "--report", "jsonl=back.jsonl"], 1);
    assert_eq!(read(folder.path(), "back.jsonl"), read(folder.path(), "run.jsonl"));
    let bytes = std::fs::read(folder.path().join("run.jsonl.zst")).unwrap();
    std::fs::write(folder.path().join("cut.jsonl.zst"), &bytes[..bytes.len() / 2]).unwrap();
    let all = status(folder.path(), &["report", "cut.jsonl.zst"], 2);
    assert!(all.contains("cut.jsonl.zst: damaged or truncated"), "{all}");
}

#[test]
fn a_run_says_what_it_is_of() {
    let folder = folder();
    write(folder.path(), "s/w.wast", "(module)\n");
    let args = ["test", "s/w.wast", "--gc-stress", "--jobs", "1", "--report", "jsonl=a.jsonl"];
    status(folder.path(), &args, 0);
    status(folder.path(), &["test", "s/w.wast", "--report", "jsonl=b.jsonl"], 0);
    let (a, b) = (read(folder.path(), "a.jsonl").1, read(folder.path(), "b.jsonl").1);
    let run = &a["run"];
    assert_eq!(run["switches"], "--gc-stress");
    assert_eq!(run["selection"], "s/w.wast");
    assert_eq!((run["jobs"].as_u64(), run["files"].as_u64()), (Some(1), Some(1)));
    assert_eq!(run["version"], env!("CARGO_PKG_VERSION"));
    for key in ["date", "rustc", "build", "cpu", "cpu_level", "os", "arch", "content"] {
        assert!(!run[key].as_str().unwrap().is_empty(), "{key}: {run}");
    }
    assert_eq!(run["content"], b["run"]["content"]);
    let all = status(folder.path(), &["compare", "b.jsonl", "a.jsonl"], 0);
    assert!(all.contains("switches: \"\" -> \"--gc-stress\""), "{all}");
    write(folder.path(), "s/w.wast", "(module)\n\n");
    status(folder.path(), &["test", "s/w.wast", "--report", "jsonl=c.jsonl"], 0);
    assert_ne!(read(folder.path(), "c.jsonl").1["run"]["content"], run["content"]);
}

const RULE: &str = "suite = \"files\"\n[[expect]]\nfile = \"s/w\"\nbug = \"B1\"\nreason = \"because\"\n";

#[test]
fn a_failure_that_never_changes_is_not_flaky() {
    let folder = folder();
    write(folder.path(), "s/w.wast", "(module (func (export \"f\")))\n(assert_trap (invoke \"f\") \"x\")\n");
    let rules = "status = \"flaky\"\ngot = \"returned []\"\nat = [\"2 assert_trap f\"]\nwhen = { backend = \"jit\" }\n";
    write(folder.path(), "rules.toml", &format!("{RULE}{rules}"));
    let args = ["test", "s/w.wast", "--backend", "jit", "--expectations", "rules.toml"];
    let all = status(folder.path(), &args, 1);
    assert!(all.contains("deviates in all 10 runs"), "{all}");
    write(folder.path(), "rules.toml", &format!("{RULE}{}", rules.replace("flaky", "fail")));
    status(folder.path(), &args, 0);
}

/// Rules refer to files of an older edition by the names of the newest one, also when flaky files are run again.
#[test]
fn flaky_files_of_an_older_edition_are_run_again() {
    let folder = folder();
    let rule = RULE.replace("s/w", "core/nop") + "status = \"flaky\"\ngot = \"i32 7\"\nruns = 3\n";
    write(folder.path(), "rules.toml", &rule);
    let args = ["test", "nop", "--spec", "1.0", "--expectations", "rules.toml"];
    let all = status(folder.path(), &args, 1);
    assert!(all.contains("news rules.toml:2: "), "it deviates in no run: {all}");
}

#[test]
fn a_rule_for_a_file_must_say_what_it_does() {
    let folder = folder();
    write(folder.path(), "s/w.wast", SCRIPT);
    write(folder.path(), "rules.toml", &format!("{RULE}status = \"fail\"\n"));
    let all = status(folder.path(), &["test", "s/w.wast", "--expectations", "rules.toml"], 2);
    assert!(all.contains("rules.toml:2: a rule for a whole file would cover every future failure"), "{all}");
}

#[test]
fn bless_says_why_it_does_nothing() {
    let folder = folder();
    write(folder.path(), "s/w.wast", "(module)\n");
    let rules = format!("{RULE}status = \"fail\"\nat = [\"1 module\"]\n");
    write(folder.path(), "rules.toml", &rules);
    let args = ["test", "s/w.wast", "--expectations", "rules.toml"];
    let all = status(folder.path(), &args, 1);
    assert!(all.contains("the rule expects fail") && !all.contains("--bless"), "{all}");
    let all = status(folder.path(), &[&args[..], &["--bless"]].concat(), 2);
    assert!(all.contains("scripts by path cannot show"), "{all}");
    assert_eq!(std::fs::read_to_string(folder.path().join("rules.toml")).unwrap(), rules);
}

#[test]
fn the_self_check_wants_assertions_that_passed() {
    let folder = folder();
    let right = "(module (func (export \"f\") (result i32) (i32.const 1)))\n\
        (assert_return (invoke \"f\") (i32.const 1))\n\
        (assert_invalid (module (func (result i32))) \"type mismatch\")\n";
    write(folder.path(), "s/w.wast", right);
    let all = status(folder.path(), &["test", "s/w.wast", "--backend", "interp,jit", "--self-check"], 0);
    assert!(
        all.contains("1 assertion checks only the decoder and validator that all columns share, so they count once"),
        "{all}"
    );
    write(folder.path(), "s/w.wast", &format!("{right}(assert_return (invoke \"f\") (i32.const 2))\n"));
    let args = ["test", "s/w.wast", "--backend", "interp,jit", "--self-check"];
    let all = status(folder.path(), &args, 1);
    assert!(all.contains("2 results were unexpected"), "{all}");
    let rule = "status = \"fail\"\nat = [\"4 assert_return f\"]\ngot = \"returned [i32 1]\"\n";
    write(folder.path(), "rules.toml", &format!("{RULE}{rule}"));
    status(folder.path(), &[&args[..], &["--expectations", "rules.toml"]].concat(), 0);
    let all = status(folder.path(), &["test", "s/w.wast"], 1);
    assert!(
        all.contains("1 directive checks only the decoder and validator that all columns share, so they ran once"),
        "{all}"
    );
}

#[test]
fn an_oracle_that_supports_nothing_finds_nothing() {
    let folder = folder();
    let script = fake_driver::script(":", r#"{"unsupported":"everything"}"#);
    let driver = write(folder.path(), "driver", &script);
    std::fs::set_permissions(&driver, std::fs::Permissions::from_mode(0o755)).unwrap();
    let oracle = format!("cmd:{}", driver.display());
    let args = ["smith", "--count", "4", "--backend", "interp", "--oracle", &oracle, "--jobs", "1"];
    let all = status(folder.path(), &args, 2);
    assert!(all.contains("nothing was compared with fake, which ran none of these modules to completion"), "{all}");
    assert!(!all.lines().any(|l| l == "no findings"), "{all}");
}

/// The records of a script with faults injected into the JIT, on the interpreter and the JIT.
fn with_faults(script: &str, faults: &[(u32, InjectedFaultKind)]) -> Vec<Record> {
    let folder = folder();
    let path = write(folder.path(), "s/w.wast", script);
    let suite = Suite::paths(&[path], wasmoon::conformance::read::language::Dialect::Spec).unwrap();
    let mut plan = Plan::new(suite.files.clone());
    plan.backends.retain(|b| b.name == "interp" || b.name == "jit");
    plan.worker = Some(PROGRAM.into());
    let fault = |(index, kind): &(u32, InjectedFaultKind)| InjectedFault {
        file: Arc::clone(&suite.files[0]).key(),
        index: index.to_string(),
        backend: "jit".into(),
        kind: kind.clone(),
    };
    plan.faults = faults.iter().map(fault).collect();
    let mut records = Vec::new();
    run(&plan, &mut |event| {
        if let Event::Finished(result) = event {
            records = result.records;
        }
    })
    .unwrap();
    records
}

/// A rule for the outcome must not hide a difference in the state, or vice versa.
#[test]
fn a_comparison_reports_outcome_and_state() {
    let script = "(module (memory 1) \
        (func (export \"f\") (result i32) (i32.store (i32.const 8) (i32.const 1)) (i32.const 1)))\n\
        (assert_return (invoke \"f\") (i32.const 1))\n";
    let comparison = |faults: &[(u32, InjectedFaultKind)]| {
        let records = with_faults(script, faults);
        let found = records.into_iter().find(|r| r.index == "1" && r.backend == XDIFF).unwrap();
        (found.verdict, found.got.unwrap_or_default())
    };
    let (result, memory) = (InjectedFaultKind::FlipResultBit, InjectedFaultKind::WrongMemoryByte);
    assert_eq!(comparison(&[]).0, Verdict::Pass);
    let (verdict, text) = comparison(&[(1, result.clone())]);
    assert!(verdict == Verdict::Diverge && text.contains("returned [i32 0]") && !text.contains("memory"), "{text}");
    let (verdict, text) = comparison(&[(1, result), (1, memory)]);
    assert!(verdict == Verdict::Diverge && text.contains("returned [i32 0]") && text.contains("memory"), "{text}");
}

const PASSES: &str =
    "(module (func (export \"f\") (result i32) (i32.const 1)))\n(assert_return (invoke \"f\") (i32.const 1))\n";
const FAILS: &str =
    "(module (func (export \"f\") (result i32) (i32.const 1)))\n(assert_return (invoke \"f\") (i32.const 2))\n";

/// A script in JSON whose only module is a file beside it.
const JSON: &str = r#"{"commands": [
  {"type": "module", "line": 1, "filename": "m.wat"},
  {"type": "assert_return", "line": 2, "action": {"type": "invoke", "field": "f", "args": []},
   "expected": [{"type": "i32", "value": "1"}]}]}"#;

/// The text that runs must be the selected one: it was hashed, and its header determines the language.
#[test]
fn a_file_that_changes_during_a_run_fails() {
    let module = |n: u32| format!("(module (func (export \"f\") (result i32) (i32.const {n})))");
    let (one, two) = (module(1), module(2));
    let header = format!(";;! threads = true\n{PASSES}");
    // The file, its text at selection, and its text when it runs; `None` if it does not exist.
    let changes: [(&str, Option<&str>, Option<&str>, &str); 8] = [
        ("s/z.wast", Some(FAILS), Some(PASSES), "changed during the run"),
        ("s/z.wast", Some(PASSES), Some(FAILS), "changed during the run"),
        ("s/z.wast", Some(PASSES), Some(&header), "changed during the run"),
        ("s/z.wast", Some(PASSES), Some(""), "changed during the run"),
        ("s/z.wast", Some(PASSES), None, "changed during the run"),
        ("s/j.json", Some(JSON), Some("{\"commands\": []}"), "changed during the run"),
        ("s/m.wat", Some(&one), Some(&two), "2:3: command 0: m.wat: changed during the run"),
        ("s/m.wat", None, Some(&one), "2:3: command 0: m.wat: changed during the run"),
    ];
    for (name, before, after, message) in changes {
        let folder = folder();
        write(folder.path(), "s/j.json", JSON);
        write(folder.path(), "s/m.wat", &one);
        let path = write(folder.path(), name, "");
        let set = |text: Option<&str>| match text {
            Some(text) => std::fs::write(&path, text).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        };
        set(before);
        let script = if name.ends_with(".wat") { folder.path().join("s/j.json") } else { path.clone() };
        let suite = Suite::paths(&[script], wasmoon::conformance::read::language::Dialect::Spec).unwrap();
        let content = suite.files[0].content();
        set(after);
        assert_eq!(suite.files[0].content(), content, "the content is what was selected");
        let mut plan = Plan::new(suite.files.clone());
        plan.worker = Some(PROGRAM.into());
        let mut records = Vec::new();
        run(&plan, &mut |event| {
            if let Event::Finished(result) = event {
                assert!(!result.complete, "{name}");
                records = result.records;
            }
        })
        .unwrap();
        assert_eq!(records.len(), 4, "{name}: one a column");
        for record in records {
            assert_eq!((record.verdict, record.got.as_deref()), (Verdict::Fail, Some(message)), "{name}");
        }
    }
}

/// Two runs of scripts in JSON have the same content only if their modules are the same.
#[test]
fn module_files_are_content() {
    let folder = folder();
    write(folder.path(), "s/a.json", JSON);
    let content = |module: Option<&str>, expected: i32| {
        match module {
            Some(text) => drop(write(folder.path(), "s/m.wat", text)),
            None => std::fs::remove_file(folder.path().join("s/m.wat")).unwrap(),
        }
        status(folder.path(), &["test", "s/a.json", "--report", "jsonl=run.jsonl"], expected);
        read(folder.path(), "run.jsonl").1["run"]["content"].as_str().unwrap().to_string()
    };
    let (one, two) = [1, 2].map(|n| format!("(module (func (export \"f\") (result i32) (i32.const {n})))")).into();
    let contents = [content(Some(&one), 0), content(Some(&two), 1), content(None, 1), content(Some(&one), 0)];
    assert_eq!(contents[0], contents[3]);
    assert!(contents[0] != contents[1] && contents[0] != contents[2] && contents[1] != contents[2], "{contents:?}");
    // Modules of nested commands count, too.
    let nested = r#"{"commands": [{"type": "thread", "line": 1, "name": "T", "commands": [
        {"type": "module", "line": 2, "filename": "m.wat"}]}, {"type": "wait", "line": 3, "thread": "T"}]}"#;
    write(folder.path(), "s/a.json", nested);
    assert_ne!(content(Some(&one), 0), content(Some(&two), 0));
}

/// An unneeded rule for a script given by path makes the run fail, like one for the suite.
#[test]
fn rules_on_scripts_by_path_are_strict() {
    let folder = folder();
    write(folder.path(), "d/fl.wast", PASSES);
    write(folder.path(), "d/other.wast", PASSES);
    let judged = |file: &str, rule: &str, paths: &[&str], expected: i32| {
        let rules = format!("suite = \"x\"\n[[expect]]\nfile = {file:?}\n{rule}\nbug = \"B\"\nreason = \"r\"\n");
        write(folder.path(), "rules.toml", &rules);
        status(folder.path(), &[&["test", "--expectations", "rules.toml"], paths].concat(), expected)
    };
    let got = "got = \"returned *\"";
    for rule in [
        &format!("status = \"fail\"\n{got}")[..],
        &format!("status = \"unsupported\"\n{got}"),
        &format!("status = \"flaky\"\n{got}\nruns = 2"),
        "at = [\"7 assert_return f\"]\nstatus = \"fail\"",
        "at = [\"2 assert_return f #3\"]\nstatus = \"fail\"",
        &format!("at = [\"7 assert_return f\"]\nstatus = \"flaky\"\n{got}\nruns = 2"),
        "at = [\"2 assert_return f\"]\nstatus = \"fail\"",
    ] {
        for (file, paths) in [("d/fl", &["d/fl.wast"][..]), ("d/fl", &["d"]), ("d/f*", &["d"])] {
            let all = judged(file, rule, paths, 1);
            assert!(all.contains("news rules.toml:2: ") && !all.contains("--bless does"), "{rule}: {all}");
        }
        // Nothing is known about files that do not run.
        judged("d/absent", rule, &["d"], 0);
        judged("d/fl", rule, &["d/other.wast"], 0);
    }
    judged("d/fl", "when = { backend = \"jitt\" }\nat = [\"7 x\"]\nstatus = \"fail\"", &["d"], 2);
}

#[test]
fn a_report_overwrites_nothing_that_is_needed() {
    let folder = folder();
    write(folder.path(), "d/a.wast", PASSES);
    write(folder.path(), "d/j.json", JSON);
    write(folder.path(), "d/m.wat", "(module (func (export \"f\") (result i32) (i32.const 1)))");
    write(folder.path(), "rules.toml", "suite = \"x\"\n");
    symlink("d", folder.path().join("link")).unwrap();
    let files = || {
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        ["d/a.wast", "d/j.json", "d/m.wat", "rules.toml"].map(read)
    };
    let before = files();
    let test = |reports: &[&'static str]| {
        let reports = reports.iter().flat_map(|r| ["--report", r]);
        ["test", "d", "--expectations", "rules.toml"].into_iter().chain(reports).collect::<Vec<_>>()
    };
    for (reports, hint) in [
        (&["jsonl=same", "junit=same"][..], "two reports cannot both be written to same"),
        (&["jsonl=same", "junit=./d/../same"], "which are the same file"),
        (&["jsonl=d/new", "html=link/new"], "which are the same file"),
        (&["jsonl=-", "html=/dev/stdout"], "which are the same file"),
        (&["jsonl=d/a.wast"], "would overwrite the input d/a.wast"),
        (&["jsonl=ok", "html=link/a.wast"], "the report link/a.wast would overwrite the input d/a.wast"),
        (&["markdown=d/j.json"], "would overwrite the input d/j.json"),
        (&["markdown=d/m.wat"], "the report d/m.wat would overwrite the input "),
        (&["jsonl=rules.toml"], "would overwrite the input rules.toml"),
    ] {
        let all = status(folder.path(), &test(reports), 2);
        assert!(all.contains(hint), "{reports:?}: {all}");
        assert!(!["same", "ok", "d/new"].iter().any(|name| folder.path().join(name).exists()), "{reports:?}");
        assert_eq!(files(), before, "{reports:?}");
    }
    status(folder.path(), &test(&["jsonl=d/new.jsonl", "junit=new.jsonl"]), 0);
    let all = status(folder.path(), &["report", "new.jsonl", "d/new.jsonl", "--report", "html=link/new.jsonl"], 2);
    assert!(all.contains("would overwrite the input d/new.jsonl"), "{all}");
    // A rules file that the run itself will create.
    let begun = ["test", "d", "--expectations", "begun.toml", "--add", "--bug", "b", "--report", "jsonl=./begun.toml"];
    let all = status(folder.path(), &begun, 2);
    assert!(
        all.contains("would overwrite the input begun.toml") && !folder.path().join("begun.toml").exists(),
        "{all}"
    );
}

/// A link stays a link, and a private file stays private.
#[test]
fn a_report_takes_the_place_of_what_was_there() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    write(folder.path(), "a.wast", "(module)");
    for (link, target) in [("dangling", "d/made"), ("d/chain", "../dangling")] {
        std::fs::create_dir_all(path("d")).unwrap();
        symlink(target, path(link)).unwrap();
    }
    for name in ["dangling", "d/chain"] {
        status(folder.path(), &["test", "a.wast", "--report", &format!("jsonl={name}")], 0);
        assert!(
            path(name).symlink_metadata().unwrap().is_symlink() && path("d/made").metadata().unwrap().is_file(),
            "{name}"
        );
        std::fs::remove_file(path("d/made")).unwrap();
    }
    write(folder.path(), "private", "");
    for mode in [0o600, 0o640, 0o666] {
        std::fs::set_permissions(path("private"), std::fs::Permissions::from_mode(mode)).unwrap();
        status(folder.path(), &["test", "a.wast", "--report", "jsonl=private"], 0);
        let metadata = path("private").metadata().unwrap();
        assert!(metadata.len() > 0 && metadata.permissions().mode() & 0o777 == mode, "{mode:o}");
    }
}

/// A report to an open descriptor is appended: the file may also be used by another program.
#[test]
fn a_file_behind_a_descriptor_is_written_on() {
    let folder = folder();
    write(folder.path(), "a.wast", "(module)");
    for (name, of_output) in [
        ("-", true),
        ("/dev/stdout", true),
        ("/dev/fd/1", true),
        ("/proc/self/fd/1", true),
        ("/dev/stderr", false),
        ("/proc/self/fd/2", false),
    ] {
        let path = write(folder.path(), "out", "header\n");
        let file = std::fs::File::options().append(true).open(&path).unwrap();
        let mut command = Command::new(PROGRAM);
        command.current_dir(folder.path()).args(["test", "./a.wast", "--report", &format!("jsonl={name}")]);
        if of_output {
            command.stdout(file)
        } else {
            command.stderr(file)
        };
        let output = command.env("NO_COLOR", "1").output().unwrap();
        let (written, shown) = (std::fs::read_to_string(&path).unwrap(), text(&output));
        assert!(output.status.success(), "{name}: {shown}");
        assert!(written.starts_with("header\n") && written.contains("{\"summary\":"), "{name}: {written}");
        // The matrix is on the other stream.
        assert!(shown.contains("xdiff"), "{name}: {shown}");
    }
}

#[test]
fn a_comparison_of_nothing_is_refused() {
    let folder = folder();
    for name in ["s/a.wast", "s/b.wast", "s/c.wast"] {
        write(folder.path(), name, PASSES);
    }
    for part in ["1", "2"] {
        let report = format!("jsonl=shard-{part}.jsonl");
        status(folder.path(), &["test", "s", "--shard", &format!("{part}/3"), "--report", &report], 0);
    }
    let all = status(folder.path(), &["compare", "--partial", "shard-1.jsonl", "shard-2.jsonl"], 2);
    assert!(
        all.contains("nothing to compare: the reports have no directive of the same column in common")
            && all.contains("0 the same"),
        "{all}"
    );
    status(folder.path(), &["compare", "--partial", "shard-1.jsonl", "shard-1.jsonl"], 0);
    // A script that has changed completely.
    status(folder.path(), &["test", "s/a.wast", "--report", "jsonl=old.jsonl"], 0);
    write(folder.path(), "s/a.wast", &format!("\n{PASSES}"));
    status(folder.path(), &["test", "s/a.wast", "--report", "jsonl=new.jsonl"], 0);
    status(folder.path(), &["compare", "old.jsonl", "new.jsonl"], 2);
    // A shorter script is not worse, and the help says so.
    write(folder.path(), "s/a.wast", PASSES.lines().next().unwrap());
    status(folder.path(), &["test", "s/a.wast", "--report", "jsonl=short.jsonl"], 0);
    let all = status(folder.path(), &["compare", "old.jsonl", "short.jsonl"], 0);
    assert!(all.contains("5 gone") && all.contains("content of the selected files"), "{all}");
    let help = status(folder.path(), &["compare", "--help"], 0).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("If the scripts have changed"), "{help}");
    assert!(help.contains("or the two have nothing in common"), "{help}");
}

/// Every format states at its top that the run is incomplete.
#[test]
fn reports_say_that_shards_are_missing() {
    let folder = shards();
    let all = ["markdown=all.md", "html=all.html", "junit=all.xml"];
    let reports = || all.iter().flat_map(|r| ["--report", r]);
    let texts = |args: &[&'static str]| {
        status(folder.path(), &args.iter().copied().chain(reports()).collect::<Vec<_>>(), 0);
        ["all.md", "all.html", "all.xml"].map(|name| std::fs::read_to_string(folder.path().join(name)).unwrap())
    };
    let [markdown, html, junit] = texts(&["report", "shard-1.jsonl", "--partial"]);
    assert!(markdown.starts_with("# WebAssembly testsuite: incomplete\n"), "{markdown}");
    assert!(markdown.contains("Incomplete: shard 2/2 is not in this report."), "{markdown}");
    assert!(html.contains("\"not_whole\":\"incomplete\",\"missing\":[\"2/2\"]"));
    assert!(html.contains("[one.not_whole, unexpected]"));
    assert!(junit.contains("<property name=\"incomplete\" value=\"shard 2/2 is missing\"/>"), "{junit}");
    let [markdown, html, junit] = texts(&["report", "shard-1.jsonl", "shard-2.jsonl"]);
    assert!(markdown.starts_with("# WebAssembly testsuite: as expected\n"), "{markdown}");
    assert!(html.contains("\"not_whole\":\"\",\"missing\":[]"));
    assert!(!junit.contains("incomplete") && !markdown.contains("ncomplete"), "{junit}");
}

#[test]
fn runs_of_one_suite_are_a_history() {
    let folder = folder();
    write(folder.path(), "s/a.wast", PASSES);
    status(folder.path(), &["test", "s/a.wast", "--report", "jsonl=1.jsonl"], 0);
    let text = std::fs::read_to_string(folder.path().join("1.jsonl")).unwrap();
    let date = read(folder.path(), "1.jsonl").1["run"]["date"].as_str().unwrap().to_string();
    write(folder.path(), "0.jsonl", &text.replace(&date, "2001-01-01T00:00:00Z"));
    let reports = ["--report", "html=site.html", "--report", "features=f.json"];
    let args = |inputs: &[&'static str]| [&["report", "--history"], inputs, &reports].concat();
    let all = status(folder.path(), &args(&["0.jsonl", "1.jsonl"]), 0);
    assert!(all.contains("the newest of 2 runs") && all.contains(&date), "{all}");
    let html = std::fs::read_to_string(folder.path().join("site.html")).unwrap();
    let (new, old) = (html.find(&format!("\"date\":\"{date}")), html.find("\"date\":\"2001-01-01T00:00:00Z"));
    assert!(new.is_some() && new < old, "the newest first");
    let features: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("f.json")).unwrap()).unwrap();
    assert_eq!(features["run"]["date"], date);
    for (inputs, says) in [
        (&["1.jsonl", "1.jsonl"][..], "both began at"),
        (&["1.jsonl", "-"], "standard input"),
        (&["1.jsonl", "none.jsonl"], "none.jsonl"),
        (&["1.jsonl", "s/a.wast"], "s/a.wast"),
    ] {
        let all = status(folder.path(), &args(inputs), 2);
        assert!(all.contains(says), "{inputs:?}: {all}");
    }
    let other = text.replace("\"suite\":\"", "\"suite\":\"another ").replace(&date, "2002-01-01T00:00:00Z");
    write(folder.path(), "2.jsonl", &other);
    assert!(
        status(folder.path(), &args(&["1.jsonl", "2.jsonl"]), 2).contains("all runs in a history must be of one suite")
    );
    // Without --history they are taken for shards, which these are not.
    status(folder.path(), &["report", "0.jsonl", "1.jsonl"], 2);
}
