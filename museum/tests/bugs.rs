//! The museum build: bugs are planted by name, found, bisected and reduced. `ci/museum test` runs this in the patched copy of the
//! tree; where the patches are not applied there is one test, that the program refuses to run.

#![cfg_attr(not(planted), allow(dead_code, reason = "without bugs there is little to test"))]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn wasmoon(args: &[&str], bug: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon-museum"));
    command.args(args).env_remove("WASMOON_PLANT");
    bug.map(|name| command.env("WASMOON_PLANT", name));
    command.output().expect("it starts")
}

fn text_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("the folder can be written");
    path
}

#[cfg(not(planted))]
#[test]
fn without_bugs_it_refuses_to_run() {
    for args in [&["test", "--list"][..], &["museum"]] {
        let output = wasmoon(args, None);
        assert_eq!(output.status.code(), Some(2));
        assert!(text_of(&output).contains("ci/museum build"), "{}", text_of(&output));
    }
}

/// In worker processes too; a name that does not exist is refused.
#[cfg(planted)]
#[test]
fn a_bug_is_planted_by_name() {
    let test = ["test", "extra::width::narrow_memory", "--backend", "interp,jit"];
    let status = |bug| wasmoon(&test, bug).status.code();
    assert_eq!(status(None), Some(0));
    assert_eq!(status(Some("narrow-load")), Some(1));
    assert_eq!(status(Some("")), Some(0));
    let refused = wasmoon(&test, Some("no-such-bug"));
    assert_eq!(refused.status.code(), Some(2));
    assert!(text_of(&refused).contains("'no-such-bug'"), "{}", text_of(&refused));
}

/// One bug from end to end: found, bisected and reduced in a folder of its own; a second run knows it already.
#[cfg(planted)]
#[test]
fn a_bug_is_found_and_a_run_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon-museum"));
        command.args(["museum", "clz-zero", "--means", "wast-extra,verifier,checker"]).args(args);
        let run = command.env_remove("WASMOON_PLANT").current_dir(folder.path()).output().expect("it starts");
        (run.status.code(), text_of(&run))
    };
    let (status, text) = run(&["--build", "a test"]);
    assert_eq!(status, Some(0), "{text}");
    let line = text.lines().next().expect("a line a bug");
    assert!(line.contains("wast-extra found") && line.contains("checker -") && line.contains(": lowering"), "{text}");
    assert!(line.contains(" instructions") && !line.contains("WRONG") && !line.contains("without the bug"), "{text}");
    // What is known is not tried again, unless it is of another build.
    let file = folder.path().join("target/museum/results/clz-zero.json");
    let known = std::fs::read_to_string(&file).expect("what is known");
    std::fs::write(&file, known.replace("\"instructions\": ", "\"instructions\": 7")).expect("written");
    assert!(run(&[]).1.contains(" 7"), "the second run does not use what the first one found");
    let build = known.split('"').nth(3).expect("the build");
    std::fs::write(&file, known.replace(build, "another")).expect("written");
    let (status, text) = run(&["--find-only", "--jobs", "1"]);
    // The line of the bug: the totals speak of instructions in any case.
    let line = text.lines().next().expect("a line a bug");
    assert!(status == Some(0) && !line.contains(" instructions"), "{text}");
    let now = std::fs::read_to_string(&file).expect("what is known");
    assert!(now.contains(build) && !now.contains("another"), "{now}");
}

/// A plant, a module that shows it, the function at fault and the stage.
const CASES: &[(&str, &str, &str, &str)] = &[
    (
        "fold-shift",
        r#"(module
        (func $half (param i32) (result i32) (i32.div_s (local.get 0) (i32.const 2)))
        (func $wrong (param i32) (result i32)
            (i32.add (i32.shr_u (i32.const 0x80000000) (i32.const 4)) (local.get 0)))
        (func (export "f") (result i32) (call $half (call $wrong (call $half (i32.const 9))))))"#,
        "wrong",
        "construct",
    ),
    // Allocation: another allocator may be wrong, too.
    (
        "fixed-argument",
        r#"(module
        (func $first (param i32 i32 i32) (result i32)
            (i32.sub (local.get 0) (i32.sub (local.get 1) (local.get 2))))
        (func $again (param i32 i32 i32) (result i32)
            (drop (call $first (i32.const 9) (i32.const 9) (i32.const 9)))
            (call $first (local.get 0) (local.get 1) (local.get 2)))
        (func (export "f") (result i32) (call $again (i32.const 1) (i32.const 22) (i32.const 333))))"#,
        "again",
        "regalloc",
    ),
    // What is small has the hint still.
    (
        "hint-flip",
        r#"(module
        (func $f (export "f") (result i32)
            (i32.popcnt (i32.const 3))
            (@metadata.code.branch_hint "\00")
            (if (result i32) (then (i32.const 10)) (else (i32.const 20)))))"#,
        "f",
        "frontend",
    ),
    // Not allocation: another allocator may be right, by luck. It takes two functions.
    (
        "stack-parameter",
        r#"(module
        (func $trash (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64))
        (func $last (param i64 i64 i64 i64 i64 i64 i64 i64 i32 i32) (result i64)
            (i64.add (i64.extend_i32_u (local.get 8)) (i64.extend_i32_u (local.get 9))))
        (func $caller (param i32) (result i64)
            (call $trash (i64.const -1) (i64.const -1) (i64.const -1) (i64.const -1) (i64.const -1) (i64.const -1)
                (i64.const -1) (i64.const -1) (i64.const -1) (i64.const -1) (i64.const -1) (i64.const -1))
            (call $last (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)
                (i64.const 0) (i64.const 0) (local.get 0) (i32.const 1)))
        (func (export "f") (result i64) (call $caller (i32.const 7))))"#,
        "last",
        "lowering",
    ),
];

#[cfg(planted)]
#[test]
fn planted_bugs_are_bisected_and_reduced() {
    let folder = tempfile::tempdir().unwrap();
    for (plant, wat, function, stage) in CASES {
        let path = file(folder.path(), &format!("{plant}.wat"), wat);
        let path = path.to_str().unwrap();
        let output = wasmoon(&["bisect", path, "--invoke", "f"], Some(plant));
        let text = text_of(&output);
        assert_eq!(output.status.code(), Some(0), "{plant}: {text}");
        assert!(text.contains(&format!("'{function}'")), "{plant}: {text}");
        assert!(text.contains(&format!("stage: {stage}\n")), "{plant}: {text}");
        let small = folder.path().join(format!("{plant}.wast"));
        let small = small.to_str().unwrap();
        let output = wasmoon(&["reduce", path, "--invoke", "f", "-o", small], Some(plant));
        assert_eq!(output.status.code(), Some(0), "{plant}: {}", text_of(&output));
        // It fails with the bug, and passes without.
        let test = ["test", small, "--backend", "interp,jit"];
        assert_eq!(wasmoon(&test, Some(plant)).status.code(), Some(1), "{plant}");
        assert_eq!(wasmoon(&test, None).status.code(), Some(0), "{plant}");
    }
}

/// All others are compiled, when one is interpreted.
#[cfg(planted)]
#[test]
fn a_bug_of_the_interpreter_is_bisected_and_reduced() {
    let wat = r#"(module
      (func $half (param i64) (result i64) (i64.div_s (local.get 0) (i64.const 2)))
      (func $turn (param i64) (result i64) (i64.rotl (call $half (local.get 0)) (i64.const 40)))
      (func (export "f") (result i64) (call $half (call $turn (i64.const 99)))))"#;
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "turn.wat", wat);
    let (path, small) = (path.to_str().unwrap(), folder.path().join("small.wast"));
    let small = small.to_str().unwrap();
    let (plant, sides) = (Some("rotate-width"), ["--good", "jit", "--bad", "interp"]);
    let text = text_of(&wasmoon(&[&["bisect", path, "--invoke", "f"], &sides[..]].concat(), plant));
    assert!(text.contains("function: function 1 'turn'\n") && text.contains("stage: interp\n"), "{text}");
    assert!(text.contains(&format!("wasmoon run --no-jit {path} --invoke f\n")), "{text}");
    let output = wasmoon(&[&["reduce", path, "--invoke", "f", "-o", small], &sides[..]].concat(), plant);
    assert!(output.status.success() && text_of(&output).contains("function 1 'turn'"), "{}", text_of(&output));
    let script = std::fs::read_to_string(small).expect("written");
    assert!(!script.contains("div_s"), "{script}");
    let test = ["test", small, "--backend", "interp,jit"];
    assert_eq!((wasmoon(&test, plant).status.code(), wasmoon(&test, None).status.code()), (Some(1), Some(0)));
}

/// A function that is wrong only where it is replaced while it runs: found by the place, and reduced so that it does not matter
/// when. One that is wrong anyway is bisected as such.
#[cfg(planted)]
#[test]
fn a_bug_of_a_replacement_is_bisected_and_reduced() {
    let wat = r#"(module
      (func $half (param i32) (result i32) (i32.div_s (local.get 0) (i32.const 2)))
      (func $count (param $n i32) (result f64 i32) (local $i i32)
        (f64.const 1.5) (i32.const 7)
        (loop $first (br_if $first (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
        (local.set $i (i32.const 0))
        (loop $l (param i32) (result i32)
          (i32.add (call $half (local.get $i)))
          (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
      (func (export "f") (result f64 i32) (call $count (i32.const 30))))"#;
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "count.wat", wat);
    let (path, small) = (path.to_str().unwrap(), folder.path().join("small.wast"));
    let small = small.to_str().unwrap();
    let plant = Some("loop-float");
    for mode in ["tier:loop:2", "tier:loop:31"] {
        let text = text_of(&wasmoon(&["bisect", path, "--invoke", "f", "--mode", mode], plant));
        assert!(text.contains("'count', replaced at the loop at offset 0x"), "{text}");
        assert!(text.contains("stage: replacement-at-loop\n"), "{text}");
        assert!(text.contains(&format!("wasmoon reduce --mode {mode} {path} --invoke f")), "{text}");
    }
    let entries = wasmoon(&["bisect", path, "--invoke", "f", "--mode", "tier:entry:0"], plant);
    assert_eq!(entries.status.code(), Some(1), "{}", text_of(&entries));
    let output =
        wasmoon(&["reduce", path, "--invoke", "f", "--mode", "tier:loop:2", "-o", small, "--time", "20"], plant);
    let text = text_of(&output);
    assert!(output.status.code() == Some(0) && text.contains("--mode tier:loop:2"), "{text}");
    let test = ["test", small, "--backend", "interp,jit", "--mode", "tier:loop:2"];
    assert_eq!(wasmoon(&test, plant).status.code(), Some(1));
    assert_eq!(wasmoon(&test, None).status.code(), Some(0));
    let (_, wrong, ..) = CASES[0];
    let path = file(folder.path(), "wrong.wat", wrong);
    let args = ["bisect", path.to_str().unwrap(), "--invoke", "f", "--mode", "tier:entry:0"];
    let text = text_of(&wasmoon(&args, Some("fold-shift")));
    assert!(text.contains("'wrong', replaced at its entry") && text.contains("stage: construct\n"), "{text}");
}

/// What `smith` finds where functions are replaced is a script with the mode that it takes, and is reduced to another one.
#[cfg(planted)]
#[test]
fn a_finding_in_tiers_says_how_to_repeat_it() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let plant = Some("loop-float");
    let args = ["smith", "--count", "300", "--jobs", "1", "--backend", "interp,jit", "--mode", "tier:1", "--out", out];
    let text = text_of(&wasmoon(&args, plant));
    let seed = text.split_once("(seed ").and_then(|(_, rest)| rest.split(')').next()).expect(&text);
    let told = std::fs::read_to_string(folder.path().join(seed).join("finding.txt")).expect(&text);
    let script = told.lines().find_map(|line| line.strip_prefix("script: wasmoon ")).expect(&told);
    assert!(script.ends_with(" --backend interp,jit --mode tier:1"), "{told}");
    let script: Vec<&str> = script.split(' ').collect();
    assert_eq!(wasmoon(&script, plant).status.code(), Some(1));
    assert_eq!(wasmoon(&script, None).status.code(), Some(0));
    assert!(text.contains("replaced at the loop at offset 0x"), "{text}");
}

/// A run in which nothing was replaced fails, though all results are right.
#[cfg(planted)]
#[test]
fn a_column_that_replaces_nothing_is_refused() {
    let test = |args: &[&str], bug| wasmoon(&[&["test", "extra::loops::", "extra::width::"], args].concat(), bug);
    assert_eq!(test(&["--mode", "tier:0"], None).status.code(), Some(0));
    let output = test(&["--mode", "tier:0"], Some("never-hot"));
    assert!(output.status.code() == Some(1) && text_of(&output).contains("prove nothing"), "{}", text_of(&output));
    assert_eq!(test(&["--backend", "interp,jit"], Some("never-hot")).status.code(), Some(0));
}

/// A script of two modules, neither of which shows it alone.
const BETWEEN: &str = r#"(module
  (global $own (mut i32) (i32.const 11)) (memory (export "m") 1)
  (func (export "get") (result i32) (i32.store (i32.const 4) (i32.const 9)) (global.get $own))
  (func (export "none")))
(register "other")
(module
  (import "other" "m" (memory 1)) (import "other" "get" (func $get (result i32))) (import "other" "none" (func $none))
  (global (mut i32) (i32.const 22))
  (func $half (param i32) (result i32) (i32.div_s (local.get 0) (i32.const 2)))
  (func $wrong (param i32) (result i32) (call $none) (i32.add (call $get) (local.get 0)))
  (func (export "f") (param i32) (result i32) (call $half (call $wrong (local.get 0)))))
(assert_return (invoke "f" (i32.const 5)) (i32.const 8))"#;

#[cfg(planted)]
#[test]
fn a_bug_between_two_modules_is_bisected_and_reduced_with_both() {
    let folder = tempfile::tempdir().unwrap();
    let (plant, small) = (Some("callee-context"), folder.path().join("small.wast"));
    let path = file(folder.path(), "between.wast", BETWEEN);
    let (path, small) = (path.to_str().unwrap(), small.to_str().unwrap());
    let output = wasmoon(&["bisect", path], plant);
    let text = text_of(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("'wrong' of module 1") && text.contains("stage: lowering\n"), "{text}");
    let output = wasmoon(&["reduce", path, "-o", small, "--time", "20"], plant);
    assert_eq!(output.status.code(), Some(0), "{}", text_of(&output));
    let test = ["test", small, "--backend", "interp,jit"];
    assert_eq!(wasmoon(&test, plant).status.code(), Some(1));
    assert_eq!(wasmoon(&test, None).status.code(), Some(0));
    let script = std::fs::read_to_string(small).unwrap();
    assert!(script.contains(r#"(register "p")"#) && !script.contains("memory") && !script.contains("none"), "{script}");
}

#[cfg(planted)]
#[test]
fn what_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (plant, wat, ..) = CASES[0];
    let path = file(folder.path(), "m.wat", wat);
    let output =
        wasmoon(&["reduce", path.to_str().unwrap(), "--invoke", "f", "-o", "/proc/none/small.wast"], Some(plant));
    assert_eq!(output.status.code(), Some(2), "{}", text_of(&output));
    assert!(text_of(&output).contains("/proc/none"), "{}", text_of(&output));
}
