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

/// Kills processes that were started by this path, and have used a second of the processor.
fn kill_those_at_work(exe: &Path) {
    for process in std::fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path())) {
        let read = |name: &str| std::fs::read_to_string(process.join(name)).unwrap_or_default();
        let ticks = read("stat").rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(11)?.parse().ok());
        if read("cmdline").split('\0').next() == exe.to_str() && ticks.is_some_and(|ticks: u64| ticks >= 100) {
            let number = process.file_name().unwrap();
            assert!(Command::new("kill").arg("-KILL").arg(number).status().unwrap().success());
        }
    }
}

/// A process that dies has told which steps it had ended.
#[test]
fn a_worker_dies_in_the_step_that_kills_it() {
    let text = r#"(module (func (export "a") (result i32) (i32.const 1)) (func (export "b") (result i32) (i32.const 2))
        (func (export "c") (loop (br 0))) (func (export "d")))"#;
    let drive = DrivenBy::Exports { seed: 0, rounds: 1, fuel: None, hostless: false };
    let subject = Subject { bytes: binary(text), provider: None, drive };
    // A name by which it can be told from the workers of other tests.
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("worker");
    std::os::unix::fs::symlink(exe(), &own).unwrap();
    let limits = TrialLimits { seconds: 1000.0, ..TrialLimits::default() };
    let mut trials = Trials::new(TrialPlace::Worker(own.clone()), limits);
    let seen = std::thread::scope(|scope| {
        let trial = scope.spawn(|| trials.observe(&subject, &Config::default()).unwrap());
        // Until it is in the loop, it needs much less than that.
        while !trial.is_finished() {
            kill_those_at_work(&own);
            std::thread::sleep(Duration::from_millis(20));
        }
        trial.join().unwrap()
    });
    let ends: Vec<String> = seen.steps.iter().map(|step| step.end.to_string()).collect();
    assert_eq!(ends, ["returned ()", "returned (i32 1)", "returned (i32 2)", "crash: SIGKILL"]);
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

/// What is wrong in one process has to be wrong in a new one, too.
#[test]
fn a_failure_of_one_process_only_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let started = folder.path().join("started");
    let text = format!(
        "#!/bin/sh\nif [ ! -e '{started}' ]; then : > '{started}'; kill -SEGV $$; fi\nexec '{exe}' \"$@\"\n",
        started = started.display(),
        exe = exe().display()
    );
    let dies_once = file(folder.path(), "dies once", &text);
    Command::new("chmod").arg("+x").arg(&dies_once).status().unwrap();
    let mut case = case_of_nans(1);
    case.trials = Trials::new(TrialPlace::Worker(dies_once), TrialLimits::default());
    assert!(!case.is_wrong(&jit()).unwrap());
    assert!(started.exists() && case.is_wrong(&case.config().clone()).unwrap());
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
    // The interpreter has the same profile as compiled code: it is wrong whatever is compiled, and no function is to blame.
    assert_eq!(case.functions(&mut log).unwrap(), Guilty::NoneNeeded);
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

/// The choice of compiled bodies is one by the module's hash: what is made of that module is compiled as a whole. (No header of a
/// script switches on what this module uses, so that the result is not one, and that is said.)
#[test]
fn bodies_are_chosen_in_the_given_module_only() {
    let folder = tempfile::tempdir().unwrap();
    let wat = r#"(module (type $s (shared (struct (field i32))))
        (func $f (export "f") (result i32) (struct.get $s 0 (struct.new $s (i32.const 1)))))"#;
    let path = file(folder.path(), "m.wat", wat).display().to_string();
    let out = folder.path().join("out.wast");
    let output = wasmoon(&["reduce", &path, "--invoke", "f", "--only-funcs", "f", "-o", out.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("a module of its own: "), "{}", text(&output));
    assert!(text(&output).contains("the script does not show the disagreement"), "{}", text(&output));
    assert!(std::fs::read_to_string(out).unwrap().contains("struct.new"));
}

/// The bits of the NaNs that a script lets pass are no disagreement; what is computed from them may be one.
#[test]
fn a_script_is_wrong_where_the_matrix_says_so() {
    let nan = "(f32.add (f32.const nan:0x200001) (f32.const 1))";
    let script = format!(
        "(module (func (export \"f\") (result f32) {nan}) (func (export \"g\") (result i32) (i32.reinterpret_f32 {nan})))\n\
         (assert_return (invoke \"f\") (f32.const nan:arithmetic))\n(invoke \"f\")\n(assert_return (invoke \"g\") (i32.const 0))\n"
    );
    let drive = DrivenBy::Script { line: u32::MAX };
    let subject = Subject { bytes: script.into_bytes(), provider: None, drive };
    let bad = Config { nan: NanProfile::Canonical, ..jit() };
    let trials = Trials::new(TrialPlace::Worker(exe()), TrialLimits::default());
    let case = Case::new(subject, Config::default(), Side::Backend(bad), trials).expect("they differ");
    assert_eq!((case.difference.step, case.difference.signature().as_str()), (3, "values"));
}

/// A choice of NaNs cannot be reduced.
#[test]
fn a_choice_of_nans_is_said_to_be_one() {
    let wat = r#"(module (func (export "f") (result f32) (f32.add (f32.const nan:0x200001) (f32.const 1))))"#;
    let bad = Config { nan: NanProfile::Canonical, ..jit() };
    let trials = Trials::new(TrialPlace::Worker(exe()), TrialLimits::default());
    let mut case = Case::new(invoke(wat, "f"), Config::default(), Side::Backend(bad), trials).expect("they differ");
    let error = reduce::start(&mut case, &[], &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("differ only in the bits of NaNs, which each side may choose"), "{error}");
}

#[test]
fn a_result_does_not_take_the_place_of_its_origin() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "depth.wast", DEPTH);
    let link = folder.path().join("link.wast");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    for output in [&path, &link] {
        let output = wasmoon(&["reduce", path.to_str().unwrap(), "-o", output.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        assert!(text(&output).contains("it is read, and would be replaced"), "{}", text(&output));
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), DEPTH);
}

#[test]
fn varying_behaviour_is_reported() {
    // Both sides agree once; a third run differs.
    let third = CHANGES.replace(
        "(call $exit (i32.load (i32.const 96)))",
        // Nothing else of the length and the times stays in the memory.
        "(i32.ge_u (i32.load (i32.const 96)) (i32.const 3))
        (memory.fill (i32.const 64) (i32.const 0) (i32.const 64)) (call $exit)",
    );
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "m.wat", &third);
    let dir = format!("{}::/", folder.path().display());
    let output = wasmoon(&["bisect", "--dir", &dir, path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("not deterministic: jit agrees, and then does not"), "{}", text(&output));
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
    let fuel = r#"(module (global (export "i64") (mut i64) (i64.const 0)) (global (export "const") i32 (i32.const 0))
        (func (export "f") (result i32) (global.get 1)))"#;
    let fuel = file(folder.path(), "fuel.wat", fuel);
    let fuel = fuel.to_str().unwrap();
    let program = file(folder.path(), "p.wat", r#"(module (func (export "_start")))"#);
    let program = program.to_str().unwrap();
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
        (&["bisect", path, "--invoke", "hang", "--timeout", "0.3"], "interp cannot execute it: timeout after 0.3 s"),
        (&["bisect", fuel, "--set", "i64=5"], "'i64' is not an exported global of type i32 that can be set"),
        (&["reduce", fuel, "--set", "const=5"], "'const' is not an exported global of type i32 that can be set"),
        (&["bisect", fuel, "--set", "typo=5"], "'typo' is not an exported global of type i32 that can be set"),
        (&["bisect", fuel, "--rounds", "0"], "--rounds"),
        (&["bisect", fuel, "--rounds", "1001"], "--rounds"),
        (&["bisect", fuel, "--dir", "absent"], "fuel.wat: --dir is for programs, which have `_start`"),
        (&["bisect", fuel, "a"], "fuel.wat: ARGS is for programs, which have `_start`"),
        (&["bisect", path, "--invoke", "fine", "--env", "A=1"], "m.wat: --env is for programs"),
        (
            &["reduce", path, "--invoke", "fine", "--rounds", "9"],
            "m.wat: --rounds is for modules whose exports are all called",
        ),
        (&["reduce", program, "--set", "fuel=9"], "p.wat: --set is for modules whose exports are all called"),
        (&["bisect", script, "--seed", "3"], "s.wast: --seed is for modules, not for scripts"),
        (&["bisect", path, "--invoke", "fine", "--bad", "cmd:true"], "takes one, and --engine several versions of one"),
        (&["reduce", path, "--time", "0"], "--time"),
    ];
    for (args, expected) in cases {
        let output = wasmoon(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output));
        assert!(text(&output).contains(expected), "{args:?}: {}", text(&output));
    }
}
