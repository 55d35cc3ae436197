//! Trials, bisecting and reducing, through the library and on the command line. Tests that need a wrong compiler are in
//! `museum/tests`; here, the two configurations may legitimately differ.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use wasmoon::config::NanProfile;
use wasmoon::engine::{Bodies, Config, Mode, Tier, module_hash};
use wasmoon::module::{Module, WasmFeatures};
use wasmoon::triage::bisect::{Case, Culprit, Guilty, report, stage};
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

/// On Linux, a process that is to die with its parent dies with the thread that started it.
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

/// Kills processes that were started through this path and have used a second of processor time.
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

/// A process that dies has already reported the steps that it completed.
#[test]
fn a_worker_dies_in_the_step_that_kills_it() {
    let text = r#"(module (func (export "a") (result i32) (i32.const 1)) (func (export "b") (result i32) (i32.const 2))
        (func (export "c") (loop (br 0))) (func (export "d")))"#;
    let drive = DrivenBy::Exports { seed: 0, rounds: 1, fuel: None, hostless: false };
    let subject = Subject { bytes: binary(text), provider: None, drive };
    // A name that distinguishes it from the workers of other tests.
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("worker");
    std::os::unix::fs::symlink(exe(), &own).unwrap();
    let limits = TrialLimits { seconds: 1000.0, ..TrialLimits::default() };
    let mut trials = Trials::new(TrialPlace::Worker(own.clone()), limits);
    let seen = std::thread::scope(|scope| {
        let trial = scope.spawn(|| trials.observe(&subject, &Config::default()).unwrap());
        // Before it is in the loop, it uses much less than that.
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

/// A worker keeps the last module that it was sent, and accepts a new one, even of the same length.
#[test]
fn a_worker_runs_what_it_is_given() {
    let mut trials = Trials::new(TrialPlace::Worker(exe()), TrialLimits::default());
    for n in [42, 43, 43, 42, 41] {
        let text = format!(r#"(module (func (export "f") (result i32) (i32.const {n})))"#);
        let seen = trials.observe(&invoke(&text, "f"), &jit()).unwrap();
        assert_eq!(seen.steps.last().unwrap().end.to_string(), format!("returned (i32 {n})"));
    }
}

/// Two configurations differ on this module: one makes each NaN canonical, the other keeps its bits.
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

/// The first wrong configuration of several is found by its position, however many run at once.
#[test]
fn the_first_wrong_configuration_is_found_by_its_place() {
    for jobs in [1, 2, 3, 4] {
        let mut case = case_of_nans(jobs);
        let wrong = case.config().clone();
        for (count, at) in [(6, Some(5)), (6, Some(0)), (5, Some(4)), (3, Some(2)), (5, None)] {
            let configs: Vec<Config> = (0..count).map(|n| if Some(n) == at { wrong.clone() } else { jit() }).collect();
            assert_eq!(case.first_wrong_of(&configs).unwrap(), at, "{count} configurations, {jobs} at once");
        }
        // The first one counts, even if all run at the same time.
        assert_eq!(case.first_wrong_of(&vec![wrong; 3]).unwrap(), Some(0));
    }
}

/// A failure in one process must also occur in a new one.
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

/// If no single body is wrong when compiled alone, none is to blame.
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
    // The interpreter has the same NaN profile as compiled code: it is wrong whatever is compiled, and no function is to blame.
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

/// Given two NaNs, compiled code returns another one than the interpreter. Which of these operators does so depends on the CPU.
const CHOICES: [&str; 2] = [
    "(f32x4.max (i32x4.splat (local.get 0)) (i32x4.splat (local.get 1)))",
    "(f32x4.relaxed_madd (i32x4.splat (local.get 0)) (v128.const i32x4 0 0 0 0) (i32x4.splat (local.get 1)))",
];

/// A function on which the interpreter and compiled code differ without a compiler bug.
fn chooses(operator: &str) -> String {
    format!("(func $f (param i32 i32) (result i32) (i32x4.extract_lane 0 {operator}))")
}

/// A call of the function with different results, and one with the same result.
const NANS_OF_TWO: &str = "(call $f (i32.const 0x7fc00001) (i32.const 0xffc00002))";
const NUMBERS: &str = "(call $f (i32.const 0x3f800000) (i32.const 0x40000000))";

/// The case for a subject made with the text of such a function, and its culprits.
fn case_of_choices(good: &Config, bad: &Config, subject: impl Fn(&str) -> Subject) -> (Case, Vec<Culprit>) {
    let mut case = CHOICES
        .into_iter()
        .find_map(|operator| {
            let trials = Trials::new(TrialPlace::Worker(exe()), TrialLimits::default());
            Case::new(subject(&chooses(operator)), good.clone(), bad.clone().into(), trials).ok()
        })
        .expect("the backends choose different NaNs");
    // A correct compiler cannot be blamed for anything else.
    case.counts_nans = true;
    let Guilty::Bodies(culprits) = case.functions(&mut |_| {}).unwrap() else { panic!("no function is to blame") };
    (case, culprits)
}

/// A function is not blamed for a possible choice of NaNs, whatever else differs, but is for other differences.
#[test]
fn a_choice_of_nans_is_no_evidence() {
    let (mut case, culprits) = case_of_choices(&Config::default(), &jit(), |function| {
        let text = format!(
            "(module {function} (func (export \"test\") (result i32) {NANS_OF_TWO}) (func (export \"other\") (result i32)
                {NUMBERS}))"
        );
        Subject {
            drive: DrivenBy::Exports { seed: 0, rounds: 1, fuel: None, hostless: false },
            ..invoke(&text, "test")
        }
    });
    assert_eq!(culprits.len(), 1);
    let blamed = case.bad_for(&culprits);
    let canonical = Config { nan: NanProfile::Canonical, ..blamed.clone() };
    assert!(case.is_wrong(&blamed).unwrap());
    case.counts_nans = false;
    assert!(!case.is_wrong(&blamed).unwrap());
    for jobs in [1, 3] {
        case.others = (1..jobs).map(|_| case.trials.another()).collect();
        let configs = [blamed.clone(), jit(), canonical.clone(), blamed.clone()];
        assert_eq!(case.first_wrong_of(&configs).unwrap(), Some(2), "the profile of one side leaves it no choice");
    }
    assert_eq!(case.functions(&mut |_| {}).unwrap(), Guilty::OnlyAsAWhole);
    // The interpreter may also be the side considered wrong, for one function alone.
    let (mut case, culprits) = case_of_choices(&jit(), &Config::default(), |function| {
        invoke(&format!("(module {function} (func (export \"test\") (result i32) {NANS_OF_TWO}))"), "test")
    });
    let blamed = case.bad_for(&culprits);
    assert!(case.is_wrong(&blamed).unwrap());
    case.counts_nans = false;
    assert!(!case.is_wrong(&blamed).unwrap() && !case.is_wrong(&Config::default()).unwrap());
}

/// The function is found, and so is that its code is right when it is evaluated.
#[test]
fn a_function_is_to_blame_with_its_stage() {
    let (mut case, culprits) = case_of_choices(&Config::default(), &jit(), |function| {
        let text = format!(
            "(module (global i32 (i32.add (i32.const 1) (i32.const 2)))
                (func $other (result i32) (i32.const 7)) {function}
                (func $test (export \"test\") (result i32) (i32.xor (call $other) {NANS_OF_TWO})))"
        );
        invoke(&text, "test")
    });
    let (left, right) = (&case.difference.left, &case.difference.right);
    let disagreement =
        format!("disagreement in 'test' ():\n  interp  {left}\n  jit     {right}\n  signature: values\n");
    assert_eq!(report::disagreement(&case), disagreement);
    let bodies: Vec<String> = case.bodies().iter().map(ToString::to_string).collect();
    let names = ["function 0 'other'", "function 1 'f'", "function 2 'test'", "constant expression const_0 (body 3)"];
    assert_eq!(bodies, names);
    assert_eq!(report::guilty(&case, &Guilty::Bodies(culprits.clone())), "function: function 1 'f'\n");
    let verdict = stage::find(&mut case, &culprits, &mut |_| {}).unwrap();
    let expected = "stage: lowering
  - the SSA form after all stages, evaluated, is right: the back end is at fault
  - the emitted allocation, followed symbolically, gives each instruction its operands
  - with the fast allocator instead of the good one, it is also wrong
  - native code of the SSA form without any stage is wrong
";
    assert_eq!(report::verdict(&verdict), expected);
}

/// From the command line to the function, and beyond. With canonical NaNs the module recurses endlessly, so the choice of a NaN
/// may not be the only difference.
#[test]
fn the_command_line_names_the_function_and_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &str| {
        let output = Command::new(exe()).current_dir(folder.path()).args(words.split_whitespace()).output().unwrap();
        (output.status.code(), text(&output))
    };
    let found = CHOICES.into_iter().find_map(|operator| {
        let module = format!(
            "(module (func $other (result i32) (i32.const 7)) {}
                (func $deep (call $deep))
                (func $test (export \"test\") (result i32) (local i32)
                    (local.set 0 {NANS_OF_TWO})
                    (if (i32.eq (local.get 0) (i32.const 0x7fc00000)) (then (call $deep)))
                    (i32.xor (call $other) (local.get 0))))",
            chooses(operator)
        );
        file(folder.path(), "m.wat", &module);
        let (status, text) = run("bisect m.wat --invoke test");
        (status == Some(0)).then_some(text)
    });
    let found = found.expect("the backends choose different NaNs");
    let lines: Vec<&str> = found.lines().collect();
    let value = |line: &str, side: &str| {
        let value = line.strip_prefix(side).and_then(|rest| rest.trim().strip_prefix("returned (i32 "));
        value.and_then(|rest| rest.strip_suffix(')')).unwrap_or_else(|| panic!("{found}")).to_string()
    };
    let (right, wrong) = (value(lines[1], "  interp"), value(lines[2], "  jit"));
    assert_ne!(right, wrong);
    let begin = ["disagreement in 'test' ():", lines[1], lines[2], "  signature: values", "function: function 1 'f'"];
    assert_eq!(lines[..5], begin, "{found}");
    assert_eq!(lines[5], "stage: lowering", "{found}");
    let next = [
        "next steps:",
        "  wasmoon run --only-funcs 1 m.wat --invoke test",
        "  wasmoon explore m.wat --func 1",
        "  wasmoon reduce m.wat --invoke test",
    ];
    let at = lines.iter().position(|line| *line == next[0]).unwrap_or_else(|| panic!("{found}"));
    assert_eq!(lines[at..at + next.len()], next, "{found}");
    assert!(lines.len() == at + next.len() + 1 && lines[at + next.len()].contains(" executions, "), "{found}");
    // The printed commands reproduce the finding.
    let of = |line: &str| run(line.trim_start().strip_prefix("wasmoon ").expect("a command"));
    assert_eq!(of(next[1]), (Some(0), format!("{wrong}\n")));
    assert_eq!(run("run --no-jit m.wat --invoke test"), (Some(0), format!("{right}\n")));
    let (status, text) = of(next[2]);
    assert!(status == Some(0) && text.contains("extract_lane"), "{text}");
}

/// The first wrong call is extracted into a separate module, whichever call it is.
#[test]
fn the_first_wrong_call_is_captured() {
    for nth in [1, 3] {
        let (mut case, culprits) = case_of_choices(&Config::default(), &jit(), |function| {
            let call = |n: u32| match n == nth {
                true => format!("(call $f (i32.const {}) (i32.const 0xffc00002))", 0x7fc0_0000 + n),
                false => NUMBERS.to_string(),
            };
            let sum = |n: u32| format!("(global.set $n (i32.xor (global.get $n) {}))", call(n));
            let calls: String = (1..=5).map(sum).collect();
            let text = format!(
                "(module (global $n (mut i32) (i32.const 0)) {function}
                    (func (export \"test\") (result i32) {calls} (global.get $n)))"
            );
            invoke(&text, "test")
        });
        let best = reduce::start(&mut case, &culprits, &mut |_| {}).unwrap();
        let text = wasmprinter::print_bytes(best.ast.encode()).unwrap();
        assert!(text.contains(&format!("i32.const {}\n", 0x7fc0_0000 + nth)), "{nth}: {text}");
        assert!(text.matches("call").count() == 1 && best.instructions() <= 10, "{nth}: {text}");
    }
}

/// The interpreter is blamed if compiled code is considered right. A function that is replaced while it runs may also be wrong if
/// it is compiled before.
#[test]
fn the_side_that_is_held_to_be_wrong_is_blamed() {
    let module = |function: &str| {
        let text =
            format!("(module {function} (func (export \"test\") (result i32) (i32.xor {NUMBERS} {NANS_OF_TWO})))");
        invoke(&text, "test")
    };
    let replaced = Config { mode: Mode::Replaced { at_loops: false, after: 0 }, ..jit() };
    let interpreted = "stage: interp\n  - interpreted alone, with everything else compiled, it is wrong\n";
    let anyway = "stage: lowering\n  - compiled before it runs, it is also wrong: the replacement is not at fault\n";
    let of_replaced = ["interp            ", "jit+tier:entry:0  "];
    for (good, bad, [left, right], place, stage) in [
        (jit(), Config::default(), ["jit     ", "interp  "], "", interpreted),
        (Config::default(), replaced, of_replaced, ", replaced at its entry", anyway),
    ] {
        let (mut case, culprits) = case_of_choices(&good, &bad, module);
        let d = &case.difference;
        let ends = format!("  {left}{}\n  {right}{}\n", d.left, d.right);
        assert_eq!(report::disagreement(&case), format!("disagreement in 'test' ():\n{ends}  signature: values\n"));
        let guilty = report::guilty(&case, &Guilty::Bodies(culprits.clone()));
        assert_eq!(guilty, format!("function: function 0 'f'{place}\n"));
        case.replace_all_alike(&culprits).unwrap();
        let best = reduce::start(&mut case, &culprits, &mut |_| {}).unwrap();
        assert_eq!(best.difference.signature(), "values");
        assert!(best.instructions() <= 10, "{}", wasmprinter::print_bytes(best.ast.encode()).unwrap());
        let verdict = report::verdict(&stage::find(&mut case, &culprits, &mut |_| {}).unwrap());
        assert!(verdict.starts_with(stage), "{verdict}");
    }
}

/// A difference in a memory is read by a separate export.
#[test]
fn a_difference_of_state_becomes_one_of_results() {
    let (mut case, culprits) = case_of_choices(&Config::default(), &jit(), |function| {
        let text = format!(
            "(module (memory 1) (memory i64 1) {function}
                (func (export \"test\") (i32.store 1 (i64.const 1000) {NANS_OF_TWO})))"
        );
        invoke(&text, "test")
    });
    assert_eq!((case.difference.step, case.difference.signature().as_str()), (1, "state: memory"));
    assert_eq!(culprits.len(), 1);
    let best = reduce::start(&mut case, &[], &mut |_| {}).unwrap();
    let text = wasmprinter::print_bytes(best.ast.encode()).unwrap();
    assert_eq!((best.difference.step, best.difference.signature().as_str()), (2, "values"), "{text}");
    assert!(text.contains("i64.const 1000\n    i32.load8_u 1\n"), "{text}");
}

/// Of two linked modules, the provider comes first.
#[test]
fn a_function_of_a_linked_module_is_found_in_it() {
    let (mut case, culprits) = case_of_choices(&Config::default(), &jit(), |function| {
        let text = format!(
            "(module (import \"p\" \"h\" (func $h (result i32))) {function}
                (func (export \"test\") (result i32) (i32.xor (call $h) {NANS_OF_TWO})))"
        );
        let provider = binary("(module (func (export \"h\") (result i32) (i32.const 5)) (func) (func))");
        Subject { provider: Some(provider), ..invoke(&text, "test") }
    });
    let guilty = report::guilty(&case, &Guilty::Bodies(culprits.clone()));
    assert_eq!(guilty, "function: function 1 'f' of module 1\n");
    assert_eq!(culprits[0].module, 1);
    let best = reduce::start(&mut case, &culprits, &mut |_| {}).unwrap();
    assert!(best.provider.is_some() && best.subject().prepare().is_ok());
    let verdict = stage::find(&mut case, &culprits, &mut |_| {}).unwrap();
    assert_eq!(verdict.part.name(), "lowering");
}

#[test]
fn nothing_is_executed_after_the_deadline() {
    let mut case = case_of_nans(1);
    let executions = case.executions();
    case.deadline = Some(Instant::now());
    let error = case.is_wrong(&jit()).unwrap_err().to_string();
    assert_eq!((error.as_str(), case.executions()), ("out of time", executions));
    case.deadline = Some(Instant::now() + Duration::from_secs(600));
    assert!(!case.is_wrong(&jit()).unwrap());
}

/// A configuration that lacks a feature does not count as wrong, nor does it determine what is right.
#[test]
fn what_a_side_lacks_is_neither_wrong_nor_right() {
    let wat = r#"(module (type $s (shared (struct (field i32))))
        (func (export "f") (result i32)
            (drop (struct.get $s 0 (struct.new $s (i32.const 1))))
            (i32.reinterpret_f32 (f32.add (f32.const nan:0x200001) (f32.const 1)))))"#;
    let case = |good: Config, bad: Config| {
        Case::new(invoke(wat, "f"), good, bad.into(), Trials::new(TrialPlace::Worker(exe()), TrialLimits::default()))
    };
    let canonical = Config { nan: NanProfile::Canonical, ..Config::default() };
    let mut differs = case(Config::default(), canonical.clone()).expect("they differ");
    assert!(differs.is_wrong(&canonical).unwrap() && !differs.is_wrong(&jit()).unwrap());
    let error = case(jit(), Config::default()).map(drop).unwrap_err().to_string();
    assert!(error.starts_with("jit cannot execute it: unsupported: shared-everything-threads"), "{error}");
}

#[test]
fn a_trial_has_the_memory_that_it_may_spend() {
    let limits = TrialLimits { memory_bytes: 2 << 16, ..TrialLimits::default() };
    let mut trials = Trials::new(TrialPlace::Worker(exe()), limits);
    let mut begins = |pages: u32| {
        let wat = format!("(module (memory {pages}) (func (export \"f\")))");
        let seen = trials.observe(&invoke(&wat, "f"), &Config::default()).unwrap();
        !matches!(seen.steps[0].end, StepEnd::Refused(_))
    };
    assert_eq!([2, 3].map(&mut begins), [true, false]);
}

/// A program has the same inputs, times and random numbers in every execution. Its output is recorded by descriptor.
#[test]
fn a_program_has_the_same_inputs_each_time() {
    let wat = r#"(module
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\00\01\00\00\40\00\00\00")
        (func (export "_start")
            (drop (call $args (i32.const 100) (i32.const 104)))
            (drop (call $environ (i32.const 108) (i32.const 112)))
            (drop (call $random (i32.const 128) (i32.const 16)))
            (drop (call $time (i32.const 0) (i64.const 0) (i32.const 144)))
            (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
            (i32.store (i32.const 4) (i32.load (i32.const 16)))
            (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 20)))
            (call $exit (i32.const 3))))"#;
    let drive = DrivenBy::Program {
        args: vec!["p".into(), "--fast".into()],
        env: vec![("A".into(), "1".into()), ("B".into(), "2".into()), ("C".into(), "3".into())],
        dirs: Vec::new(),
        stdin: b"input".to_vec(),
    };
    let subject = Subject { bytes: binary(wat), provider: None, drive };
    let mut trials = Trials::new(TrialPlace::Worker(exe()), TrialLimits::default());
    let seen = trials.observe(&subject, &Config::default()).unwrap();
    assert_eq!((seen.steps.len(), &seen.steps[0].end), (1, &StepEnd::Exit(3)));
    assert_eq!(seen.steps[0].output, [(1, Vec::new()), (2, b"input".to_vec())]);
    trials.start_anew();
    assert_eq!(trials.observe(&subject, &Config::default()).unwrap(), seen);
    let snapshot = trials.snapshot(&subject, &jit(), None).unwrap();
    let memory = &snapshot.memories[0];
    assert_eq!([100, 104, 108, 112].map(|at| memory.byte(at)), [2, 9, 3, 12]);
    assert!((128..152).any(|at| memory.byte(at) != 0));
}

/// A program that appends a byte to a file in each run, and exits with the file's length.
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
    let large = r#"(module (table 0x10000000 funcref) (func (export "f")))"#;
    for command in ["bisect", "reduce"] {
        let path = file(dir.path(), "large.wat", large).display().to_string();
        let output = wasmoon(&[command, &path, "--invoke", "f"]);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(2), "{command}: {said}");
        assert!(said.contains("interp cannot execute it: refused"), "{command}: {said}");
        assert!(!said.contains("no disagreement"), "{command}: {said}");
    }
}

/// Modules that `run` refuses are refused here too, with the same message.
#[test]
fn modules_are_refused_as_they_are_by_run() {
    let dir = tempfile::tempdir().unwrap();
    for (name, wat) in
        [("type.wat", SHARED), ("global.wat", "(module (global (shared mut i32) (i32.const 1)) (func (export \"f\")))")]
    {
        let path = file(dir.path(), name, wat).display().to_string();
        let refused = text(&wasmoon(&["run", &path, "--invoke", "f"]));
        assert!(refused.contains(&format!("{name}: malformed module: malformed ")), "{refused}");
        for command in ["bisect", "reduce"] {
            let output = wasmoon(&[command, &path, "--invoke", "f"]);
            assert_eq!((output.status.code(), text(&output)), (Some(2), refused.clone()), "{command} {name}");
        }
    }
}

/// A module with a feature that the interpreter supports and the JIT does not.
const SHARED: &str = r#"(module (type $s (shared (struct (field i32))))
    (func $f (export "f") (result i32) (struct.get $s 0 (struct.new $s (i32.const 1)))))"#;

/// Bodies to compile are selected for the module's hash: modules made from it are compiled as a whole. (No script header enables
/// the feature that this module uses, so the result cannot be shown as a script, and this is reported.)
#[test]
fn bodies_are_chosen_in_the_given_module_only() {
    let subject = invoke(SHARED, "f");
    let module = Module::new(&subject.bytes, WasmFeatures::all()).unwrap();
    let bad = Config { only: Some(Bodies::from_iter([(module_hash(&module), 0)])), ..jit() };
    let trials = || Trials::new(TrialPlace::Worker(exe()), TrialLimits::default());
    let mut case = Case::new(subject, Config::default(), bad.into(), trials()).expect("they differ");
    let best = reduce::start(&mut case, &[], &mut |_| {}).unwrap();
    assert!(wasmprinter::print_bytes(best.ast.encode()).unwrap().contains("struct.new"));
    assert!(!reduce::shows_as_script(&best, "", &case, &mut trials()).unwrap());
}

/// NaN bits that a script accepts are no disagreement; values computed from them may be one.
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
        assert!(text(&output).contains("the input would be overwritten"), "{}", text(&output));
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), DEPTH);
}

#[test]
fn varying_behaviour_is_reported() {
    // Both sides agree once; a third run differs.
    let third = CHANGES.replace(
        "(call $exit (i32.load (i32.const 96)))",
        // Clears the other traces of the length and the times in memory.
        "(i32.ge_u (i32.load (i32.const 96)) (i32.const 3))
        (memory.fill (i32.const 64) (i32.const 0) (i32.const 64)) (call $exit)",
    );
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "m.wat", &third);
    let dir = format!("{}::/", folder.path().display());
    let output = wasmoon(&["bisect", "--dir", &dir, path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("not deterministic: jit agrees in one run and not in another"), "{}", text(&output));
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "m.wat", CHANGES);
    let dir = format!("{}::/", folder.path().display());
    let output = wasmoon(&["bisect", "--dir", &dir, path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("not deterministic"), "{}", text(&output));
}

/// The depth of recursion legitimately depends on the backend: a disagreement without a compiler bug.
const DEPTH: &str = r#"(module
    (global $n (mut i32) (i32.const 0))
    (func $deeper (export "deeper") (global.set $n (i32.add (global.get $n) (i32.const 1))) (call $deeper))
    (func (export "depth") (result i32) (global.get $n)))
(assert_exhaustion (invoke "deeper") "call stack exhausted")
(assert_return (invoke "depth") (i32.const 0))
"#;

/// A missing export is reported if its directive is the one asked about; a module that must be refused is refused by both sides.
#[test]
fn a_directive_without_its_export_is_no_agreement() {
    let folder = tempfile::tempdir().unwrap();
    let script =
        "(module (func (export \"f\")))\n(invoke \"no\")\n(invoke \"f\")\n(assert_invalid (module (func drop)) \"\")\n";
    let path = file(folder.path(), "mistake.wast", script);
    for command in ["bisect", "reduce"] {
        for (line, status, says) in [
            ("2", 2, "interp cannot execute it: unknown export \"no\""),
            ("3", 1, "no disagreement: both returned ()\n"),
            ("4", 1, "no disagreement: both invalid\n"),
        ] {
            let output = wasmoon(&[command, path.to_str().unwrap(), "--at", line]);
            assert_eq!(output.status.code(), Some(status), "{command} {line}: {}", text(&output));
            assert!(text(&output).contains(says), "{command} {line}: {}", text(&output));
        }
    }
}

/// After an exhausted stack, the state differs, and so does what is read from it: nothing is compared from there on.
#[test]
fn the_depth_of_a_stack_is_no_disagreement() {
    let folder = tempfile::tempdir().unwrap();
    let exhausts = &DEPTH[..DEPTH.find("(assert_return").unwrap()];
    let other = format!("{DEPTH}(module (func (export \"one\") (result i32) (i32.const 1)))\n(invoke \"one\")\n");
    for (name, script, steps) in [
        ("depth.wast", DEPTH, "directive 1 and 1 more"),
        ("exhausts.wast", exhausts, "directive 1"),
        ("other.wast", &other, "directive 1 and 3 more"),
    ] {
        let path = file(folder.path(), name, script);
        for command in ["bisect", "reduce"] {
            let output = wasmoon(&[command, path.to_str().unwrap()]);
            assert_eq!(output.status.code(), Some(1), "{}", text(&output));
            let said = format!(
                "no disagreement: both ran out of stack in different states, and nothing is compared from there on: {steps}\n"
            );
            assert!(text(&output).contains(&said), "{}", text(&output));
        }
    }
}

/// If the state is the same on both sides, what follows is compared.
#[test]
fn what_follows_an_exhaustion_without_traces_is_compared() {
    let nan = "(f32.add (f32.const nan:0x200001) (f32.const 1))";
    let script = format!(
        "(module (func $deeper (export \"deeper\") (call $deeper))
            (func (export \"nan\") (result i32) (i32.reinterpret_f32 {nan})))
        (assert_exhaustion (invoke \"deeper\") \"call stack exhausted\")\n(invoke \"nan\")\n"
    );
    let drive = DrivenBy::Script { line: u32::MAX };
    let subject = Subject { bytes: script.into_bytes(), provider: None, drive };
    let bad = Config { nan: NanProfile::Canonical, ..jit() };
    let trials = Trials::new(TrialPlace::Worker(exe()), TrialLimits::default());
    let case = Case::new(subject, Config::default(), Side::Backend(bad), trials).expect("they differ");
    assert_eq!((case.difference.step, case.difference.signature().as_str()), (2, "values"));
}

#[test]
fn the_function_of_a_script_is_found() {
    let (mut case, culprits) = case_of_choices(&Config::default(), &jit(), |function| {
        let script =
            format!("(module {function} (func (export \"test\") (result i32) {NANS_OF_TWO}))\n(invoke \"test\")\n");
        Subject { bytes: script.into_bytes(), provider: None, drive: DrivenBy::Script { line: u32::MAX } }
    });
    assert!(report::disagreement(&case).starts_with("disagreement in directive 1:\n"));
    assert_eq!(report::guilty(&case, &Guilty::Bodies(culprits.clone())), "function: function 0 'f'\n");
    assert_eq!(stage::find(&mut case, &culprits, &mut |_| {}).unwrap().part.name(), "lowering");
}

/// The bits of a NaN may be in an integer, a global or an object, or decide what is executed.
#[test]
fn a_choice_of_nans_is_not_searched_wherever_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let modules = |operator: &str| {
        let function = chooses(operator);
        let odd = format!("(i32.and {NANS_OF_TWO} (i32.const 1))");
        [
            format!("(module {function} (func (export \"f\") (result i32) {NANS_OF_TWO}))"),
            format!(
                "(module (type $s (struct (field i32))) (global $g (mut (ref null $s)) (ref.null $s)) {function}
                    (func (export \"f\") (global.set $g (struct.new $s {NANS_OF_TWO}))))"
            ),
            format!("(module {function} (func (export \"f\") (if {odd} (then (unreachable)))))"),
        ]
    };
    let mut choices = 0;
    for wat in CHOICES.into_iter().flat_map(modules) {
        let path = file(folder.path(), "m.wat", &wat).display().to_string();
        let out = folder.path().join("out.wast");
        let out = out.to_str().unwrap();
        for args in [&["bisect", &path, "--invoke", "f"][..], &["reduce", &path, "--invoke", "f", "-o", out]] {
            let output = wasmoon(args);
            assert_eq!(output.status.code(), Some(1), "{wat}: {}", text(&output));
            let choice = text(&output).contains("no disagreement: the difference disappears under --nan canonical");
            assert!(choice || text(&output).contains("no disagreement: both "), "{wat}: {}", text(&output));
            choices += u32::from(choice);
        }
    }
    // On each CPU, one of the operators chooses differently.
    assert!(choices >= 4, "{choices}");
}

/// A difference in the state may be overwritten by the selected line, or on it.
#[test]
fn a_line_that_agrees_may_come_after_a_difference() {
    let folder = tempfile::tempdir().unwrap();
    let (set, clear) = ("(invoke \"set\")", "(invoke \"clear\")");
    for (calls, at, says) in [
        (
            format!("{set}\n{clear}"),
            "3",
            "no disagreement at line 3, but the state differs after line 2; --at 2 ends there\n",
        ),
        (
            format!("{set} {clear}"),
            "2",
            "no disagreement at the end of line 2, but after an earlier directive of that line\n",
        ),
    ] {
        // On each CPU, one of the operators chooses differently.
        let outputs = CHOICES.map(|operator| {
            let script = format!(
                "(module (global $g (mut i32) (i32.const 0)) {} (func (export \"set\") (global.set $g {NANS_OF_TWO})) \
                 (func (export \"clear\") (global.set $g (i32.const 0))))\n{calls}\n",
                chooses(operator)
            );
            let path = file(folder.path(), "s.wast", &script);
            text(&wasmoon(&["bisect", path.to_str().unwrap(), "--at", at]))
        });
        let found = |output: &String| output.contains(says) && output.contains("disappears under --nan canonical");
        assert!(outputs.iter().any(found), "{outputs:?}");
        let agrees = |output: &String| output.contains("no disagreement: both returned ()\n");
        assert!(outputs.iter().all(|output| found(output) || agrees(output)), "{outputs:?}");
    }
}

/// A compiler bug may not affect other code: a difference that is gone with canonical NaNs is searched on demand.
#[test]
fn what_may_be_a_choice_of_nans_is_searched_on_demand() {
    let folder = tempfile::tempdir().unwrap();
    let mut found = 0;
    for operator in CHOICES {
        let wat = format!("(module {} (func (export \"f\") (result i32) {NANS_OF_TWO}))", chooses(operator));
        let path = file(folder.path(), "m.wat", &wat).display().to_string();
        let said = text(&wasmoon(&["bisect", &path, "--invoke", "f"]));
        let output = wasmoon(&["bisect", &path, "--invoke", "f", "--count-nans"]);
        if !said.contains("; --count-nans counts it anyway\n") {
            assert!(text(&output).contains("no disagreement: both "), "{}", text(&output));
            continue;
        }
        found += 1;
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        assert!(text(&output).contains("function: function 0 'f'\n"), "{}", text(&output));
        let next = format!("  wasmoon reduce --count-nans {path} --invoke f\n");
        assert!(text(&output).contains(&next), "{}", text(&output));
        let out = folder.path().join("out.wast");
        let output = wasmoon(&["reduce", &path, "--invoke", "f", "--count-nans", "-o", out.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        assert!(text(&output).contains("function: function 0 'f'\n"), "{}", text(&output));
    }
    assert!(found > 0, "the backends choose different NaNs");
}

/// The NaN profile applies to both sides.
#[test]
fn both_sides_have_the_chosen_nans() {
    let folder = tempfile::tempdir().unwrap();
    let nan = "(f32.add (f32.const nan:0x200001) (f32.const 1))";
    let wat = format!(r#"(module (func (export "f") (result i32) (i32.reinterpret_f32 {nan})))"#);
    let path = file(folder.path(), "nan.wat", &wat).display().to_string();
    for command in ["bisect", "reduce"] {
        let output = wasmoon(&[command, &path, "--invoke", "f", "--nan", "canonical"]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(text(&output).contains("no disagreement: both returned (i32 2143289344)\n"), "{}", text(&output));
    }
}

/// Without a given name, a result is in a separate folder and named after the module. The command that reproduces it has the
/// switches of the wrong side.
#[test]
fn a_result_has_a_place_and_a_line_that_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut found = 0;
    for operator in CHOICES {
        let wat = format!("(module {} (func (export \"f\") (result i32) {NANS_OF_TWO}))", chooses(operator));
        file(folder.path(), "m.n.wat", &wat);
        let args = ["reduce", "m.n.wat", "--invoke", "f", "--bad", "jit-O1", "--regs", "5", "--count-nans"];
        let output = Command::new(exe()).current_dir(folder.path()).args(args).output().unwrap();
        if text(&output).contains("no disagreement: both ") {
            continue;
        }
        found += 1;
        let line = |script: &str| format!("wasmoon test {script} --backend interp,jit-O1 --regs 5\n");
        let replay = format!("replay: {}", line("target/reduce/m.n.wast"));
        assert!(text(&output).contains(&replay), "{}", text(&output));
        let script = std::fs::read_to_string(folder.path().join("target/reduce/m.n.wast")).unwrap();
        assert!(script.starts_with(";; Reduced from m.n.wat: ") && script.contains(&line("m.n.wast")), "{script}");
    }
    assert!(found > 0, "the backends choose different NaNs");
}

/// Nothing beside a thread is searched; what runs before the first thread is, and the rest of the script is left out.
#[test]
fn a_script_is_searched_up_to_its_first_thread() {
    let folder = tempfile::tempdir().unwrap();
    let script = "(module (func (export \"f\") (result i32) (i32.const 7)))
        (invoke \"f\")
        (thread $t (module (func (export \"f\") (result i32) (i32.const 8))) (invoke \"f\"))
        (wait $t)
        (invoke \"f\")\n";
    let path = file(folder.path(), "s.wast", script).display().to_string();
    let refused = "s.wast: a thread starts on line 3, and scripts with threads can be neither bisected nor reduced";
    for command in [&["bisect", &path][..], &["reduce", &path], &["bisect", &path, "--engine", "cmd:true"]] {
        for at in [None, Some("3"), Some("5")] {
            let at = at.map(|line| ["--at", line]);
            let output = wasmoon(&[command, at.as_ref().map_or(&[][..], |at| &at[..])].concat());
            assert_eq!(output.status.code(), Some(2), "{command:?} {at:?}: {}", text(&output));
            assert!(text(&output).contains(refused), "{command:?} {at:?}: {}", text(&output));
        }
    }
    let output = wasmoon(&["bisect", &path, "--at", "2"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("no disagreement: both returned (i32 7)\n"), "{}", text(&output));
}

/// A case is refused if another engine would be given something else than the script has.
#[test]
fn what_another_engine_would_not_get_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let provider = "(module $p (memory (export \"m\") 1))\n(register \"p\" $p)\n";
    let call = "(module (import \"p\" \"m\" (memory 1)) (func (export \"f\") (result i32) (i32.load8_u (i32.const 0))))\n\
        (assert_return (invoke \"f\") (i32.const 7))\n";
    let writes = "(module (import \"p\" \"m\" (memory 1)) (data (i32.const 0) \"\\07\"))\n";
    let host = "(module (func (export \"f\") (param externref) (result i32) (ref.is_null (local.get 0))))\n\
        (assert_return (invoke \"f\" (ref.extern 5)) (i32.const 0))\n";
    for (script, at, why) in [
        (format!("{provider}{writes}{call}"), "5", "line 3 instantiates another module that imports from the same one"),
        (host.to_string(), "2", "line 2 calls 'f' with a value of the host, which would become null"),
    ] {
        let path = file(folder.path(), "s.wast", &script).display().to_string();
        let output = wasmoon(&["bisect", &path, "--at", at, "--engine", "cmd:true"]);
        assert_eq!(output.status.code(), Some(2), "{script}: {}", text(&output));
        let whole = format!(
            "another engine is given only the calls of the last module, but {why}; use `wasmoon test` to compare"
        );
        assert!(text(&output).contains(&whole), "{script}: {}", text(&output));
    }
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
        (&["bisect", path, "--passes", "foo"], "unknown pass 'foo'; known passes: branches"),
        (&["bisect", "absent.wasm"], "absent.wasm"),
        (&["bisect", path, "--invoke", "none"], "no exported function 'none'"),
        (&["bisect", path, "--invoke", "fine", "--bad", "jat"], "unknown backend 'jat'"),
        (&["bisect", path, "--at", "3"], "--at is only for scripts"),
        (&["bisect", path, "--only-funcs", "nobody"], "nobody"),
        (&["bisect", path, "--only-funcs", "c4294967295"], "no function of that name or index has a body"),
        (&["bisect", script, "--invoke", "f"], "--invoke is only for modules, not for scripts"),
        (&["reduce", script, "--set", "g=1"], "--set is only for modules, not for scripts"),
        (
            &["bisect", path, "--invoke", "fine", "--engine", "cmd:true", "--regs", "4"],
            "--mode and compiler switches apply to backends",
        ),
        (
            &["bisect", path, "--invoke", "fine", "--bad", "cmd:true", "--mode", "tier:1"],
            "--mode and compiler switches apply to backends",
        ),
        (&["bisect", path, "--timeout", "0"], "--timeout"),
        (&["bisect", path, "--invoke", "hang", "--timeout", "0.3"], "interp cannot execute it: timeout after 0.3 s"),
        (&["bisect", fuel, "--set", "i64=5"], "'i64' is not an exported mutable global of type i32"),
        (&["reduce", fuel, "--set", "const=5"], "'const' is not an exported mutable global of type i32"),
        (&["bisect", fuel, "--set", "typo=5"], "'typo' is not an exported mutable global of type i32"),
        (&["bisect", fuel, "--rounds", "0"], "--rounds"),
        (&["bisect", fuel, "--rounds", "1001"], "--rounds"),
        (&["bisect", fuel, "--dir", "absent"], "fuel.wat: --dir is only for programs (a `_start` export"),
        (&["bisect", fuel, "a"], "fuel.wat: ARGS is only for programs (a `_start` export"),
        (&["bisect", path, "--invoke", "fine", "--env", "A=1"], "m.wat: --env is only for programs"),
        (
            &["reduce", path, "--invoke", "fine", "--rounds", "9"],
            "m.wat: --rounds is only for modules whose exports are all called",
        ),
        (&["reduce", program, "--set", "fuel=9"], "p.wat: --set is only for modules whose exports are all called"),
        (&["bisect", script, "--seed", "3"], "s.wast: --seed is only for modules, not for scripts"),
        (
            &["bisect", path, "--invoke", "fine", "--bad", "cmd:true"],
            "use `wasmoon reduce` for an engine, or --engine for several versions of one",
        ),
        (&["reduce", path, "--time", "0"], "--time"),
        (
            &["bisect", path, "--invoke", "fine", "--bad", "interp", "--mode", "tier:1"],
            "--mode applies to jit-O0, jit-O1 and jit, not to interp",
        ),
        (&["reduce", path, "--set", "fuel"], "--set: expected GLOBAL=N"),
        (&["reduce", path, "--set", "fuel=1.5"], "--set: expected GLOBAL=N"),
    ];
    for (args, expected) in cases {
        let output = wasmoon(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output));
        assert!(text(&output).contains(expected), "{args:?}: {}", text(&output));
    }
}
