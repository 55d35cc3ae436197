//! Trials, bisecting and reducing, by itself and on the command line. Tests that need a wrong compiler are in `museum/tests`;
//! here, two configurations differ that may.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use wasmoon::config::NanProfile;
use wasmoon::engine::{Config, Mode, Tier};
use wasmoon::triage::bisect::{Case, Guilty};
use wasmoon::triage::observe::StepEnd;
use wasmoon::triage::reduce::{self, Best, ReduceSettings};
use wasmoon::triage::subject::{DrivenBy, Subject};
use wasmoon::triage::trial::{Side, TrialLimits, TrialPlace, Trials};

fn exe() -> PathBuf {
    env!("CARGO_BIN_EXE_wasmoon").into()
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn wasmoon(args: &[&str]) -> Output {
    Command::new(exe()).args(args).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn binary(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).unwrap()
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
        assert_eq!(seen.steps.last().unwrap().end, StepEnd::Timeout);
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
    assert_eq!(seen.steps[0].end, StepEnd::Crash("SIGSEGV".into()));
    let mut trials = Trials::new(TrialPlace::Worker(folder.path().join("absent")), TrialLimits::default());
    let error = trials.observe(&invoke(LOOPS, "fine"), &jit()).unwrap_err().to_string();
    assert!(error.contains("absent") && error.contains("cannot start"), "{error}");
}

#[test]
fn agreement_has_nothing_to_bisect() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "m.wat", LOOPS);
    for command in ["bisect", "reduce"] {
        let output = wasmoon(&[command, path.to_str().unwrap(), "--invoke", "fine"]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(text(&output).contains("no disagreement: both returned (i32 42)"), "{}", text(&output));
    }
}

/// A worker keeps the module that it was sent last, and takes a new one, as long as the one before as it may be.
#[test]
fn a_worker_runs_what_it_is_given() {
    let mut trials = Trials::new(TrialPlace::Worker(exe()), TrialLimits::default());
    for n in [42, 43, 43, 42, 41] {
        let text = format!(r#"(module (func (export "f") (result i32) (i32.const {n})))"#);
        let seen = trials.observe(&invoke(&text, "f"), &jit()).unwrap();
        assert_eq!(seen.steps.last().unwrap().end.to_string(), format!("returned (i32 {n})"));
    }
}

/// Two configurations that really differ: one makes each NaN the canonical one, the other keeps its bits.
const NANS: &str = r#"(module
    (memory (export "memory") 1)
    (global $g (mut i32) (i32.const 3))
    (func $fac (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.mul (local.get 0) (call $fac (i32.sub (local.get 0) (i32.const 1)))))
            (else (i32.const 1))))
    (func $fill (param i32) (loop $l
        (i32.store (local.get 0) (call $fac (i32.and (local.get 0) (i32.const 7))))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 4))))))
    (func $sum (param f32 f32) (result i32) (local i32)
        (local.set 2 (i32.const 5))
        (loop $l
            (local.set 0 (f32.add (local.get 0) (local.get 1)))
            (br_if $l (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))
        (i32.reinterpret_f32 (local.get 0)))
    (func $middle (param i32) (result i32)
        (call $fill (i32.const 400))
        (global.set $g (i32.add (global.get $g) (local.get 0)))
        (i32.xor (i32.load (i32.const 20)) (call $sum (f32.const nan:0x200001) (f32.const 1))))
    (func (export "test") (result i32)
        (drop (call $fac (i32.const 5)))
        (i32.add (call $middle (global.get $g)) (i32.const 1))))"#;

fn case_of_nans(jobs: usize) -> Case {
    let bad = Config { nan: NanProfile::Canonical, ..jit() };
    let trials = Trials::new(TrialPlace::Worker(exe()), TrialLimits::default());
    let mut case = Case::new(invoke(NANS, "test"), Config::default(), Side::Backend(bad), trials).expect("they differ");
    case.others = (1..jobs).map(|_| case.trials.another()).collect();
    case
}

/// The first wrong one of several is found by its place, however many run at once.
#[test]
fn the_first_wrong_configuration_is_found_by_its_place() {
    for jobs in [1, 2, 3, 4] {
        let mut case = case_of_nans(jobs);
        let wrong = case.config().clone();
        for (count, at) in [(6, Some(5)), (6, Some(0)), (5, Some(4)), (3, Some(2)), (5, None)] {
            let configs: Vec<Config> = (0..count).map(|n| if Some(n) == at { wrong.clone() } else { jit() }).collect();
            assert_eq!(case.first_wrong_of(&configs).unwrap(), at, "{count} configurations, {jobs} at once");
        }
        // The first counts, also of those that run at the same time.
        assert_eq!(case.first_wrong_of(&vec![wrong; 3]).unwrap(), Some(0));
    }
}

/// Where all bodies, selected one by one, do nothing wrong, none is to blame.
#[test]
fn what_is_right_piece_by_piece_is_wrong_as_a_whole_only() {
    let mut case = case_of_nans(1);
    case.bad = Side::Backend(jit());
    assert_eq!(case.functions(&mut |_| {}).unwrap(), Guilty::OnlyAsAWhole);
    assert!(case.executions() < 10, "it is not searched for");
}

#[test]
fn a_disagreement_is_made_small() {
    let mut case = case_of_nans(2);
    let mut log = |_: &str| {};
    let Guilty::Bodies(culprits) = case.functions(&mut log).unwrap() else { panic!("no function is to blame") };
    // The interpreter has the same profile as compiled code: whatever is compiled, one function is enough.
    assert_eq!(culprits.len(), 1);
    let culprits: Vec<_> = case.bodies().into_iter().filter(|culprit| culprit.name == "sum").collect();
    assert_eq!(culprits.iter().map(|culprit| culprit.function).collect::<Vec<_>>(), [Some(2)]);
    case.replace_all_alike(&culprits).unwrap();
    let best = reduce::start(&mut case, &culprits, &mut log).unwrap();
    let settings = ReduceSettings { time: Duration::from_secs(40), jobs: 2 };
    let (mut steps, before) = (Vec::new(), best.instructions());
    let mut keep = |better: &Best| {
        steps.push(better.weight());
        std::ops::ControlFlow::Continue(())
    };
    let best = reduce::reduce(&case, best, &settings, &mut keep, &mut log).unwrap();
    assert!(steps.len() > 3 && steps.windows(2).all(|two| two[1] <= two[0]), "{steps:?}");
    let text = wasmprinter::print_bytes(best.ast.encode()).unwrap();
    assert!(before > 10 && best.instructions() <= 8, "{before}, then {}:\n{text}", best.instructions());
    assert!(text.contains("f32.") && !text.contains("memory") && !text.contains("loop"), "{text}");
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
fn a_module_that_a_side_cannot_execute_is_no_agreement() {
    let dir = tempfile::tempdir().unwrap();
    let shared = r#"(module (type $s (shared (struct (field i32))))
        (func (export "f") (result i32) (struct.get $s 0 (struct.new $s (i32.const 1)))))"#;
    let large = r#"(module (table 0x10000000 funcref) (func (export "f")))"#;
    let cases = [
        ("bisect", "shared.wat", shared, "jit cannot execute it: unsupported: shared-everything-threads"),
        ("bisect", "large.wat", large, "interp cannot execute it: refused"),
        ("reduce", "large.wat", large, "interp cannot execute it: refused"),
    ];
    for (command, name, wat, reason) in cases {
        let path = file(dir.path(), name, wat).display().to_string();
        let output = wasmoon(&[command, &path, "--invoke", "f"]);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(2), "{command} {name}: {said}");
        assert!(said.contains(reason), "{command} {name}: {said}");
        assert!(!said.contains("no disagreement"), "{command} {name}: {said}");
    }
}

#[test]
fn varying_behaviour_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "m.wat", CHANGES);
    let dir = format!("{}::/", folder.path().display());
    let output = wasmoon(&["bisect", "--dir", &dir, path.to_str().unwrap()]);
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
    let output = wasmoon(&["bisect", path.to_str().unwrap()]);
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
        (&["bisect", path, "--passes", "foo"], "no pass 'foo'; known passes: branches"),
        (&["bisect", "absent.wasm"], "absent.wasm"),
        (&["bisect", path, "--invoke", "none"], "no exported function 'none'"),
        (&["bisect", path, "--invoke", "fine", "--bad", "jat"], "'jat' is not a backend"),
        (&["bisect", path, "--at", "3"], "--at is for scripts"),
        (&["bisect", path, "--only-funcs", "nobody"], "nobody"),
        (&["bisect", path, "--only-funcs", "c4294967295"], "there is no such function with a body"),
        (&["bisect", script, "--invoke", "f"], "--invoke is for modules, not for scripts"),
        (&["reduce", script, "--set", "g=1"], "--set is for modules, not for scripts"),
        (&["bisect", path, "--invoke", "fine", "--engine", "cmd:true", "--regs", "4"], "are for backends"),
        (&["bisect", path, "--invoke", "fine", "--bad", "cmd:true", "--mode", "tier:1"], "are for backends"),
        (&["bisect", path, "--timeout", "0"], "--timeout"),
        (&["reduce", path, "--time", "0"], "--time"),
    ];
    for (args, expected) in cases {
        let output = wasmoon(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output));
        assert!(text(&output).contains(expected), "{args:?}: {}", text(&output));
    }
}
