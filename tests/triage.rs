//! Trials, `wasmoon bisect` and `wasmoon reduce` on the command line. Tests that need a wrong compiler run only with
//! the feature `museum`: `cargo test --features museum --test triage`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use wasmoon::engine::{Config, Mode, Tier};
use wasmoon::triage::observe::End;
use wasmoon::triage::subject::{DrivenBy, Subject};
use wasmoon::triage::trial::{TrialLimits, TrialPlace, Trials};

fn exe() -> PathBuf {
    env!("CARGO_BIN_EXE_wasmoon").into()
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn wasmoon(args: &[&str], plant: Option<&str>) -> Output {
    let mut command = Command::new(exe());
    command.args(args).env_remove("WASMOON_PLANT");
    if let Some(plant) = plant {
        command.env("WASMOON_PLANT", plant);
    }
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn binary(wat: &str) -> Vec<u8> {
    let buffer = wast::parser::ParseBuffer::new(wat).unwrap();
    wast::parser::parse::<wast::Wat>(&buffer).unwrap().encode().unwrap()
}

fn invoke(wat: &str, export: &str) -> Subject {
    Subject { bytes: binary(wat), provider: None, drive: DrivenBy::Invoke { export: export.into(), args: Vec::new() } }
}

fn jit() -> Config {
    Config { mode: Mode::All(Tier::Jit), ..Config::default() }
}

const LOOPS: &str =
    r#"(module (func (export "hang") (loop (br 0))) (func (export "fine") (result i32) (i32.const 42)))"#;

#[test]
fn a_trial_that_hangs_is_a_timeout_and_the_next_one_is_not() {
    let mut trials = Trials::new(TrialPlace::Worker(exe()), TrialLimits { seconds: 0.3, ..TrialLimits::default() });
    for config in [Config::default(), jit()] {
        let start = Instant::now();
        let seen = trials.observe(&invoke(LOOPS, "hang"), &config).unwrap();
        assert_eq!(seen.steps.last().unwrap().end, End::Timeout);
        assert!(start.elapsed() < Duration::from_secs(15));
        let seen = trials.observe(&invoke(LOOPS, "fine"), &config).unwrap();
        assert_eq!(seen.steps.last().unwrap().end.to_string(), "returned (i32 42)");
    }
    assert_eq!(trials.count, 4);
}

/// On Linux, a process that dies with its parent dies with the thread that started it.
#[test]
fn a_worker_outlives_the_thread_that_asked_first() {
    let mut trials = Trials::new(TrialPlace::Worker(exe()), TrialLimits::default());
    let fine = |trials: &mut Trials| {
        let seen = trials.observe(&invoke(LOOPS, "fine"), &jit()).unwrap();
        assert_eq!(seen.steps.last().unwrap().end.to_string(), "returned (i32 42)");
    };
    for _ in 0..5 {
        std::thread::scope(|scope| scope.spawn(|| fine(&mut trials)).join().unwrap());
        std::thread::sleep(Duration::from_millis(20));
        fine(&mut trials);
        trials.start_anew();
    }
}

#[test]
fn a_worker_that_dies_is_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("dies");
    let mut f = std::fs::File::create(&script).unwrap();
    f.write_all(b"#!/bin/sh\nkill -SEGV $$\n").unwrap();
    drop(f);
    Command::new("chmod").arg("+x").arg(&script).status().unwrap();
    let mut trials = Trials::new(TrialPlace::Worker(script), TrialLimits::default());
    let seen = trials.observe(&invoke(LOOPS, "fine"), &jit()).unwrap();
    assert_eq!(seen.steps[0].end, End::Crash("SIGSEGV".into()));
    let mut trials = Trials::new(TrialPlace::Worker(folder.path().join("absent")), TrialLimits::default());
    let error = trials.observe(&invoke(LOOPS, "fine"), &jit()).unwrap_err();
    assert!(error.contains("absent") && error.contains("cannot start"), "{error}");
}

#[test]
fn agreement_has_nothing_to_bisect() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "m.wat", LOOPS);
    for command in ["bisect", "reduce"] {
        let output = wasmoon(&[command, path.to_str().unwrap(), "--invoke", "fine"], None);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(text(&output).contains("no disagreement: both returned (i32 42)"), "{}", text(&output));
    }
}

/// A program that lengthens a file by a byte in each run, and exits with that length.
const CHANGES: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_filestat_get" (func $stat (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "x") (data (i32.const 8) "\00\00\00\00\01\00\00\00")
    (func (export "_start")
        (if (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 1)
            (i64.const 0x200040) (i64.const 0) (i32.const 1) (i32.const 16))
            (then (call $exit (i32.const 100))))
        (drop (call $write (i32.load (i32.const 16)) (i32.const 8) (i32.const 1) (i32.const 20)))
        (drop (call $stat (i32.load (i32.const 16)) (i32.const 64)))
        (call $exit (i32.load (i32.const 96)))))"#;

#[test]
fn varying_behaviour_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "m.wat", CHANGES);
    let dir = format!("{}::/", folder.path().display());
    let output = wasmoon(&["bisect", "--dir", &dir, path.to_str().unwrap()], None);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("not deterministic"), "{}", text(&output));
}

/// The depth of recursion legitimately depends on the backend: a disagreement without a wrong compiler.
const DEPTH: &str = r#"(module
    (global $n (mut i32) (i32.const 0))
    (func $deeper (export "deeper") (global.set $n (i32.add (global.get $n) (i32.const 1))) (call $deeper))
    (func (export "depth") (result i32) (global.get $n)))
(assert_exhaustion (invoke "deeper") "call stack exhausted")
(assert_return (invoke "depth") (i32.const 0))
"#;

#[test]
fn the_function_of_a_script_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "depth.wast", DEPTH);
    let output = wasmoon(&["bisect", path.to_str().unwrap()], None);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("'deeper'") && text.contains("signature: ") && text.contains("stage: "), "{text}");
}

#[test]
fn failures_to_execute_are_reported_with_status_2() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "m.wat", LOOPS);
    let path = path.to_str().unwrap();
    let script = file(folder.path(), "s.wast", "(module)\n(module)\n");
    let script = script.to_str().unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["bisect", script, "--at", "99"], "s.wast: no directive begins on line 99"),
        (&["reduce", script, "--at", "3"], "s.wast: no directive begins on line 3"),
        (&["bisect", path, "--passes", "foo"], "error: no pass 'foo'"),
        (&["bisect", "absent.wasm"], "absent.wasm"),
        (&["bisect", path, "--invoke", "none"], "no exported function 'none'"),
        (&["bisect", path, "--invoke", "fine", "--bad", "jat"], "'jat' is not a backend"),
        (&["bisect", path, "--at", "3"], "--at is for scripts"),
        (&["bisect", path, "--only-funcs", "nobody"], "nobody"),
        (&["bisect", path, "--timeout", "0"], "--timeout"),
        (&["reduce", path, "--time", "0"], "--time"),
    ];
    for (args, expected) in cases {
        let output = wasmoon(args, None);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output));
        assert!(text(&output).contains(expected), "{args:?}: {}", text(&output));
    }
}

#[cfg(feature = "museum")]
mod museum {
    use super::*;

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

    #[test]
    fn planted_bugs_are_bisected_and_reduced() {
        let folder = tempfile::tempdir().unwrap();
        for (plant, wat, function, stage) in CASES {
            let path = file(folder.path(), &format!("{plant}.wat"), wat);
            let path = path.to_str().unwrap();
            let output = wasmoon(&["bisect", path, "--invoke", "f"], Some(plant));
            let text = text(&output);
            assert_eq!(output.status.code(), Some(0), "{plant}: {text}");
            assert!(text.contains(&format!("'{function}'")), "{plant}: {text}");
            assert!(text.contains(&format!("stage: {stage}\n")), "{plant}: {text}");
            let small = folder.path().join(format!("{plant}.wast"));
            let small = small.to_str().unwrap();
            let output = wasmoon(&["reduce", path, "--invoke", "f", "-o", small], Some(plant));
            assert_eq!(output.status.code(), Some(0), "{plant}: {}", super::text(&output));
            // It fails with the bug, and passes without.
            let test = ["test", small, "--backend", "interp,jit"];
            assert_eq!(wasmoon(&test, Some(plant)).status.code(), Some(1), "{plant}");
            assert_eq!(wasmoon(&test, None).status.code(), Some(0), "{plant}");
        }
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

    #[test]
    fn a_bug_between_two_modules_is_bisected_and_reduced_with_both() {
        let folder = tempfile::tempdir().unwrap();
        let (plant, small) = (Some("callee-context"), folder.path().join("small.wast"));
        let path = file(folder.path(), "between.wast", BETWEEN);
        let (path, small) = (path.to_str().unwrap(), small.to_str().unwrap());
        let output = wasmoon(&["bisect", path], plant);
        let text = text(&output);
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert!(text.contains("'wrong' of module 1") && text.contains("stage: lowering\n"), "{text}");
        let output = wasmoon(&["reduce", path, "-o", small, "--time", "20"], plant);
        assert_eq!(output.status.code(), Some(0), "{}", super::text(&output));
        let test = ["test", small, "--backend", "interp,jit"];
        assert_eq!(wasmoon(&test, plant).status.code(), Some(1));
        assert_eq!(wasmoon(&test, None).status.code(), Some(0));
        let script = std::fs::read_to_string(small).unwrap();
        assert!(
            script.contains(r#"(register "p")"#) && !script.contains("memory") && !script.contains("none"),
            "{script}"
        );
    }

    #[test]
    fn failures_to_write_are_reported() {
        let folder = tempfile::tempdir().unwrap();
        let (plant, wat, ..) = CASES[0];
        let path = file(folder.path(), "m.wat", wat);
        let output =
            wasmoon(&["reduce", path.to_str().unwrap(), "--invoke", "f", "-o", "/proc/none/small.wast"], Some(plant));
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        assert!(text(&output).contains("/proc/none"), "{}", text(&output));
    }
}
