//! `wasmoon smith` on the command line: findings are found, attributed, stored and reproduced.

mod fake_driver;

use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use wasmoon::engine::NanProfile;
use wasmoon::triage::smith::findings::StoredFinding;
use wasmoon::triage::smith::generate::generate;
use wasmoon::triage::smith::{
    ColumnChoice, Fault, FaultKind, Features, Finding, Generator, KEPT, SmithNews, SmithPlan, SmithSummary, run,
};
use wasmoon::triage::witness::NamedEngine;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wasmoon");

fn smith(dir: &Path, args: &[&str]) -> Output {
    Command::new(PROGRAM).arg("smith").args(args).current_dir(dir).output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A driver that answers that every module's start function traps, so it disagrees with nearly all modules.
fn contrary(dir: &Path) -> String {
    driver(dir, ":", r#"{"trap":[["unreachable"],""]}"#)
}

/// A driver that runs `first` for each module, and then answers that compiling the module ended in `start`. The first request
/// asks for its features.
fn driver(dir: &Path, first: &str, start: &str) -> String {
    let script = fake_driver::script(first, start);
    let path = dir.join("driver");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("cmd:{}", path.display())
}

#[test]
fn a_run_as_a_new_user_would_start_it() {
    let dir = tempfile::tempdir().unwrap();
    let output = smith(dir.path(), &["--count", "40", "--jobs", "1"]);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    let linked = (0..40)
        .filter(|&seed| generate(seed, Features::supported(), NanProfile::Native).unwrap().provider.is_some())
        .count();
    assert!(text.contains(&format!("{linked} linked modules")) && linked > 3, "{text}");
    for part in [
        "40 modules (seeds 0 to 39)",
        "no findings",
        "functions compiled",
        "modules per second and core",
        "relaxed-simd",
    ] {
        assert_eq!(text.contains(part), part != "relaxed-simd", "{part}: {text}");
    }
    assert!(!text.contains("unsupported"), "{text}");
    assert!(!dir.path().join("target").exists(), "nothing is left where nothing was found");
}

#[test]
fn the_seeds_of_a_file_are_run() {
    let dir = tempfile::tempdir().unwrap();
    let run = |list: &str, more: &[&str]| {
        std::fs::write(dir.path().join("seeds.txt"), list).unwrap();
        let output = smith(dir.path(), &[&["--seeds", "seeds.txt"], more].concat());
        (output.status.code(), text(&output))
    };
    let digests = ["--jobs", "1", "--digests", "digests.txt"];
    let (status, all) = run("# Some.\n7 3\n\n18446744073709551615 # the last\n", &digests);
    assert_eq!(status, Some(0), "{all}");
    assert!(all.contains("3 modules (of 3 listed seeds)") && all.contains("no findings"), "{all}");
    let digests = std::fs::read_to_string(dir.path().join("digests.txt")).unwrap();
    let ran: Vec<&str> = digests.lines().skip(1).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(ran, ["3", "7", "18446744073709551615"]);

    for (list, error) in [
        ("1\n2 x\n", "seeds.txt:2: invalid seed 'x'"),
        ("1\n18446744073709551616\n", "seeds.txt:2: invalid seed '18446744073709551616'"),
        ("# 1\n", "seeds.txt: no seeds"),
    ] {
        let (status, all) = run(list, &[]);
        assert!(status == Some(2) && all.contains(error), "{list:?}: {status:?} {all}");
    }
    let (status, all) = run("1", &["--count", "3"]);
    assert!(status == Some(2) && all.contains("cannot be used with"), "{all}");
    let missing = text(&smith(dir.path(), &["--seeds", "missing"]));
    assert!(missing.contains("missing: "), "{missing}");
    // Only one more seed exists after this one.
    let last = smith(dir.path(), &["--seed", "18446744073709551614", "--count", "5"]);
    assert!(text(&last).contains("2 modules (seeds 18446744073709551614 to 18446744073709551615)"), "{}", text(&last));
    let last = smith(dir.path(), &["--replay", "18446744073709551615"]);
    assert!(text(&last).contains("1 module (seed 18446744073709551615)"), "{}", text(&last));
    // The results are printed even if a file cannot be written.
    let lost = smith(dir.path(), &["--count", "2", "--digests", "/dev/full"]);
    assert!(lost.status.code() == Some(2) && text(&lost).contains("2 modules (seeds 0 to 1)"), "{}", text(&lost));
}

/// A script that is stored as reduced must reproduce the finding by itself, since it is what is reported.
#[test]
fn a_reduction_that_no_script_shows_is_not_stored() {
    let dir = tempfile::tempdir().unwrap();
    // It gives a wrong answer for the module found (which exports `f0`) and for modules made from it (`test0`), but not if a
    // function only calls one without arguments, as in a script.
    let lies = r#"
        wrong='{"trap":[["unreachable"],""]}'
        [[ $line != *02663000* && $line != *7465737430* || $line =~ 040010..0b ]] && wrong='{"unsupported":"it"}'"#;
    let oracle = driver(dir.path(), lies, r#"'"$wrong"'"#);
    let args = ["--count", "1", "--seed", "1", "--oracle", &oracle, "--jobs", "1", "--reduce", "5", "--out", "found"];
    let output = smith(dir.path(), &args);
    let all = text(&output);
    assert_eq!(output.status.code(), Some(1), "{all}");
    assert!(all.contains("seed 1: not reduced: no smaller script shows the disagreement"), "{all}");
    let folder = std::fs::read_dir(dir.path().join("found")).unwrap().next().unwrap().unwrap().path();
    assert!(folder.join("failing.wast").exists() && !folder.join("reduced.wast").exists(), "{all}");
}

#[test]
fn what_differs_is_a_finding() {
    let dir = tempfile::tempdir().unwrap();
    let oracle = contrary(dir.path());
    let args = ["--count", "3", "--oracle", &oracle, "--jobs", "1", "--reduce", "0", "--out", "found"];
    let output = smith(dir.path(), &args);
    let all = text(&output);
    assert_eq!(output.status.code(), Some(1), "{all}");
    assert!(all.contains("values / trap(unreachable)"), "{all}");
    let mut stored = std::fs::read_dir(dir.path().join("found")).unwrap();
    let folder = stored.next().unwrap().unwrap().path();
    let finding = std::fs::read_to_string(folder.join("finding.txt")).unwrap();
    assert!(folder.join("module.wasm").exists(), "{finding}");
    let replay = finding.lines().find_map(|l| l.strip_prefix("replay: wasmoon smith ")).unwrap();
    let words: Vec<&str> = replay.split_whitespace().map(|word| word.trim_matches('"')).collect();
    assert!(finding.contains("fake: trap: unreachable"), "{finding}");
    let script = finding.lines().find_map(|l| l.strip_prefix("script: wasmoon test ")).unwrap();
    assert!(script.contains("failing.wast --backend interp --engine ") && script.contains("fake=cmd:"), "{finding}");
    let again = smith(dir.path(), &words);
    assert_eq!(again.status.code(), Some(1), "{}", text(&again));
    assert!(text(&again).contains("values / trap(unreachable)"), "{}", text(&again));
    // With listed seeds, and a folder name that a shell would split.
    std::fs::write(dir.path().join("seeds"), "2").unwrap();
    let listed = smith(
        dir.path(),
        &["--seeds", "seeds", "--oracle", &oracle, "--jobs", "1", "--reduce", "0", "--out", "in two"],
    );
    assert_eq!(listed.status.code(), Some(1), "{}", text(&listed));
    let finding = std::fs::read_to_string(dir.path().join("in two/2/finding.txt")).unwrap();
    assert!(finding.contains("script: wasmoon test 'in two/2/failing.wast' --backend"), "{finding}");
    let replay = finding.lines().find_map(|l| l.strip_prefix("replay: ")).unwrap();
    let line = replay.replacen("wasmoon", env!("CARGO_BIN_EXE_wasmoon"), 1);
    let again = Command::new("sh").args(["-c", &line]).current_dir(dir.path()).output().unwrap();
    assert_eq!(again.status.code(), Some(1), "{line}: {}", text(&again));
}

/// Of several engines, the one that disagrees is named, and the results of the others are shown.
#[test]
fn of_several_engines_the_one_that_is_alone_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let folder = |name: &str, start: &str| {
        std::fs::create_dir(dir.path().join(name)).unwrap();
        format!("{name}={}", driver(&dir.path().join(name), ":", start))
    };
    let trap = r#"{"trap":[["unreachable"],""]}"#;
    let [a, b] = ["a", "b"].map(|name| folder(name, trap));
    let lacking = folder("c", r#"{"unsupported":"numbers"}"#);
    let run = |engines: &[&String]| {
        let engines = engines.iter().flat_map(|engine| ["--engine", engine.as_str()]);
        let args = ["--count", "3", "--jobs", "1", "--reduce", "0"].into_iter().chain(engines);
        let output = smith(dir.path(), &args.collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        text(&output)
    };
    // Two engines that agree against ours, and one without a result.
    let all = run(&[&a, &lacking, &b]);
    assert!(all.contains(" on a, b (seed "), "{all}");
    assert!(all.contains("  alone: interp\n  c: not compared: lacks numbers\n"), "{all}");
    // Of two engines, neither is known to be right.
    let all = run(&[&a, &lacking]);
    assert!(all.contains(" on a (seed ") && !all.contains("alone:"), "{all}");
    // Two engines that differ in different ways make two findings, each with its own folder.
    let overflow = folder("d", r#"{"trap":[["integer divide by zero"],""]}"#);
    let engines = ["--engine", &a, "--engine", &overflow];
    let args = ["--seed", "2", "--count", "1", "--jobs", "1", "--reduce", "0", "--out", "two"];
    let output = smith(dir.path(), &[&args[..], &engines].concat());
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    for (folder, column, end) in [("2", "a", "unreachable"), ("2-2", "d", "integer divide by zero")] {
        let folder = dir.path().join("two").join(folder);
        let finding = std::fs::read_to_string(folder.join("finding.txt")).unwrap();
        assert!(finding.contains(&format!("\n{column}: trap: {end}\n")), "{finding}");
        assert!(folder.join("failing.wast").exists() && finding.contains("failing.wast"), "{finding}");
        // It mentions that the other engine differs in another way; only the engine that differs like this is asked again.
        let stored = StoredFinding::read(&folder).unwrap();
        let given = if column == "a" { &a } else { &overflow };
        assert_eq!((stored.seed, stored.engines.as_slice()), (2, std::slice::from_ref(given)));
        assert!(finding.contains("\nsplit: engines differ in several ways\n"), "{finding}");
    }
    assert_eq!(std::fs::read_dir(dir.path().join("two")).unwrap().count(), 2);
    // Two engines of the same name are refused before anything runs.
    let output = smith(dir.path(), &["--count", "1", "--engine", &a, "--engine", &a]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("'a' cannot be used as a column name"), "{}", text(&output));
}

/// The finding for a linked module stores both modules, and a script with both and the results of the reference.
#[test]
fn a_linked_module_is_stored_with_what_it_is_linked_with() {
    let dir = tempfile::tempdir().unwrap();
    let oracle = contrary(dir.path());
    let is_linked = |seed: &u64| {
        let subject = generate(*seed, Features::supported(), NanProfile::Native).unwrap();
        // A module with calls, so that there is something to report.
        subject.provider.is_some() && subject.prepare().unwrap().calls.len() > 3
    };
    for parity in 0..2 {
        let seed = (700..).step_by(2).map(|seed| seed + parity).find(is_linked).unwrap().to_string();
        let args = ["--replay", &seed, "--oracle", &oracle, "--reduce", "0", "--out", "found"];
        let output = smith(dir.path(), &args);
        let all = text(&output);
        assert!(output.status.code() == Some(1) && all.contains("1 linked module"), "{all}");
        let folder = dir.path().join("found").join(&seed);
        for file in ["module.wasm", "provider.wasm"] {
            let bytes = std::fs::read(folder.join(file)).unwrap();
            assert!(bytes.starts_with(b"\0asm"), "{file}");
        }
        let finding = std::fs::read_to_string(folder.join("finding.txt")).unwrap();
        assert!(
            finding.contains(r#"linked: what module.wasm imports from "p" is provided by provider.wasm"#),
            "{finding}"
        );
        let script = std::fs::read_to_string(folder.join("failing.wast")).unwrap();
        assert!(script.contains(r#"(register "p")"#) && script.contains(r#"(import "p""#), "{script}");
        let path = folder.join("failing.wast");
        let run = Command::new(PROGRAM).arg("test").arg(&path).current_dir(dir.path()).output().unwrap();
        assert_eq!(run.status.code(), Some(0), "{}{script}", text(&run));
    }
}

/// The finding's command that runs its script asks the engine, whatever switches the run had.
#[test]
fn the_script_of_a_finding_asks_the_engine() {
    let dir = tempfile::tempdir().unwrap();
    let oracle = format!("fake={}", contrary(dir.path()));
    let switches = ["--regs", "5", "--poison", "--gc-stress", "--reduce", "0", "--out", "found"];
    let output = smith(dir.path(), &[&["--seed", "2", "--count", "1", "--engine", &oracle], &switches[..]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let finding = std::fs::read_to_string(dir.path().join("found/2/finding.txt")).unwrap();
    let line = finding.lines().find_map(|l| l.strip_prefix("script: wasmoon ")).unwrap();
    for part in [" --backend interp ", " --regs 5", " --poison", " --gc-stress", " --engine "] {
        assert!(line.contains(part), "{part}: {line}");
    }
    let again = Command::new("sh").args(["-c", &format!("{PROGRAM} {line}")]).current_dir(dir.path()).output().unwrap();
    // The engine is asked: the fake only answers requests for random modules, and this one gets an error.
    assert_eq!(again.status.code(), Some(2), "{line}: {}", text(&again));
    assert!(text(&again).contains("the oracle 'fake' does not speak the protocol"), "{line}: {}", text(&again));
}

#[test]
fn no_module_is_begun_after_the_time() {
    let dir = tempfile::tempdir().unwrap();
    let oracle = driver(dir.path(), "sleep 1", r#"{"unsupported":"numbers"}"#);
    let output = smith(dir.path(), &["--time", "1", "--jobs", "1", "--oracle", &oracle]);
    let all = text(&output);
    let line = all.lines().find(|line| line.contains(" (seeds 0 to ")).unwrap_or_else(|| panic!("{all}"));
    let ran: u64 = line.split(' ').next().unwrap().parse().unwrap();
    // The module that was running, and few after it; a worker is given many more at a time.
    assert!(ran < 8, "{line}");
    // Without time nothing runs, which is no success.
    let none = smith(dir.path(), &["--time", "0.000001", "--jobs", "1"]);
    assert_eq!(none.status.code(), Some(2), "{}", text(&none));
    assert!(text(&none).contains("0 modules (no seeds)"), "{}", text(&none));
    assert!(text(&none).contains("no module was run within the time limit"), "{}", text(&none));
}

#[test]
fn what_compares_nothing_is_no_success() {
    let dir = tempfile::tempdir().unwrap();
    let alone = ["--count", "4", "--jobs", "1", "--backend", "interp"];
    let output = smith(dir.path(), &alone);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("nothing was compared; add columns"), "{}", text(&output));
    // Digests alone are useful for a comparison with another run.
    let output = smith(dir.path(), &[&alone[..], &["--digests", "digests.txt"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

/// When an engine fails, the results so far are printed and written.
#[test]
fn an_engine_that_fails_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    // It answers five requests about modules.
    let first = r#"n=$((n + 1)); [ $n -le 5 ] || { echo nonsense; continue; }"#;
    let oracle = driver(dir.path(), first, r#"{"unsupported":"numbers"}"#);
    let args = ["--count", "40", "--jobs", "1", "--oracle", &oracle, "--digests", "digests.txt"];
    let output = smith(dir.path(), &args);
    let all = text(&output);
    assert_eq!(output.status.code(), Some(2), "{all}");
    let line = all.lines().find(|line| line.contains(" modules (seeds 0 to ")).unwrap_or_else(|| panic!("{all}"));
    let ran: usize = line.split(' ').next().unwrap().parse().unwrap();
    let digests = std::fs::read_to_string(dir.path().join("digests.txt")).unwrap();
    let seeds: Vec<String> = digests.lines().skip(1).map(|line| line.split(' ').next().unwrap().to_string()).collect();
    assert_eq!(seeds, (0..ran).map(|seed| seed.to_string()).collect::<Vec<_>>(), "{all}");
    assert!((5..40).contains(&ran) && all.contains("error: "), "{all}");
}

#[test]
fn what_is_not_compared_to_the_end_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    // If an oracle completes no module, nothing is compared, which is an error.
    for (start, reason, status) in [
        (r#"{"unsupported":"numbers"}"#, " lacks numbers", 2),
        (r#"{"trap":[["allocation size too large"],""]}"#, " a heap was full", 2),
        (r#""exhausted""#, " a stack was exhausted", 2),
    ] {
        let oracle = driver(dir.path(), ":", start);
        let output = smith(dir.path(), &["--count", "40", "--oracle", &oracle, "--jobs", "1"]);
        let all = text(&output);
        assert_eq!(output.status.code(), Some(status), "{start}: {all}");
        let line = all.lines().find_map(|line| line.strip_prefix("fake (7): ")).unwrap_or_else(|| panic!("{all}"));
        let whole: u64 = line.split(' ').next().unwrap().parse().unwrap();
        let others = line.split_once("; the others: ").and_then(|(_, others)| others.strip_suffix(reason));
        let others: u64 = others.unwrap_or_else(|| panic!("{reason}: {line}")).parse().unwrap();
        assert_eq!(all.lines().any(|line| line == "no findings"), status == 0, "{start}: {all}");
        assert!(others > 30 && whole + others == 40, "{start}: {line}");
    }
}

#[test]
fn an_oracle_that_is_late_is_asked_again_and_is_no_finding() {
    let dir = tempfile::tempdir().unwrap();
    let run = |first: &str| {
        let oracle = driver(dir.path(), first, r#"{"unsupported":"numbers"}"#);
        smith(dir.path(), &["--seed", "8", "--count", "2", "--oracle", &oracle, "--jobs", "1", "--timeout", "1"])
    };
    let output = run("sleep 1000");
    let all = text(&output);
    // Nothing was compared, which is no success.
    assert_eq!(output.status.code(), Some(1), "{all}");
    assert!(all.contains("2 no answer in time (seeds 8 9)") && all.contains("no findings"), "{all}");
    let output = run("[ -e asked ] || { touch asked; sleep 1000; }");
    let all = text(&output);
    assert_eq!(output.status.code(), Some(2), "{all}");
    assert!(all.contains("the others: 2 lacks numbers\n"), "{all}");
}

#[test]
fn what_a_backend_does_not_have_is_a_finding() {
    let dir = tempfile::tempdir().unwrap();
    let features = "none,reference-types,shared-everything-threads";
    let output = smith(dir.path(), &["--count", "60", "--features", features, "--jobs", "1", "--reduce", "0"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("values / unsupported(shared-everything-threads) on jit-O0"), "{}", text(&output));
}

/// Variants of scripts, and scripts without variants, are counted: a script that is changed as a whole, one with a large module,
/// one with threads, one with nothing to change, and one that does not end.
#[test]
fn what_becomes_of_each_script_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let large = format!("(module (memory 1) (data (i32.const 0) \"{}\"))", "x".repeat(5000));
    let scripts = [
        ("plain", "(module (func (export \"f\") (param i32))) (invoke \"f\" (i32.const 1))".to_string()),
        ("large", format!("{large} {large} (module (func (param i32)))")),
        ("threads", ";;! threads = true\n(thread $t (module)) (wait $t)".to_string()),
        ("empty", "(assert_invalid (module (func (result i32))) \"type mismatch\")".to_string()),
        (
            "endless",
            "(module (func (export \"f\") (loop (br 0)))) (invoke \"f\") (module (func (param i64)))".to_string(),
        ),
    ];
    for (name, text) in &scripts {
        std::fs::write(dir.path().join(format!("{name}.wast")), text).unwrap();
    }
    let counted = |names: &[&str]| {
        let files: Vec<String> = names.iter().map(|name| format!("{name}.wast")).collect();
        let mut args = vec!["types", "--count", "3", "--jobs", "1", "--out", "out"];
        args.extend(files.iter().map(String::as_str));
        let output = smith(dir.path(), &args);
        let text = text(&output);
        assert_eq!(output.status.code(), Some(0), "{text}");
        let words = text.lines().next().unwrap_or_default().split(|c: char| !c.is_ascii_digit());
        let numbers: Vec<u64> = words.filter_map(|word| word.parse().ok()).collect();
        let [variants, changed, of, too_large, without, cut] = numbers[..] else { panic!("{text}") };
        assert!(variants > 0 && variants <= 3 * changed && of > 3 * changed, "{text}");
        [changed, too_large, without, cut]
    };
    assert_eq!(counted(&["plain"]), [1, 0, 0, 0]);
    assert_eq!(counted(&["plain", "threads", "empty"]), [1, 0, 2, 0]);
    assert_eq!(counted(&["large", "endless", "plain", "threads", "empty"]), [3, 2, 2, 1]);
}

/// File names that differ only in the separator between their parts are kept apart.
#[test]
fn two_scripts_have_two_files() {
    let dir = tempfile::tempdir().unwrap();
    let module = |ty: &str| format!("(module (func (export \"f\") (param {ty}))) (invoke \"f\" ({ty}.const 1))");
    for (folder, name, ty) in [("g", "x-y", "i32"), ("g-x", "y", "i64")] {
        std::fs::create_dir(dir.path().join(folder)).unwrap();
        std::fs::write(dir.path().join(folder).join(format!("{name}.wast")), module(ty)).unwrap();
    }
    let args = ["types", "g/", "g-x/", "--count", "3", "--keep", "--jobs", "1", "--out", "out"];
    let output = smith(dir.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let kept = ["g-x-y.wast", "g-x-y~2.wast"].map(|name| std::fs::read_to_string(dir.path().join("out").join(name)));
    let [first, second] = kept.map(|text| text.unwrap());
    assert!(first != second && std::fs::read_dir(dir.path().join("out")).unwrap().count() == 2);
}

#[test]
fn bad_usage_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let oracle = contrary(dir.path());
    for (args, part) in [
        (&["--features", "smid"][..], "unknown feature 'smid'; expected one of sign-extension"),
        (&["--backend", "jit-O7"], "unknown backend 'jit-O7'"),
        (&["types", "--backend", "interp"], "nothing would be compared: variants expect the interpreter's results"),
        (&["--count", "1", "--oracle", "nobody"], "unknown engine 'nobody'"),
        (&["--count", "4", "--oracle", &oracle, "--out", "/proc/nowhere"], "cannot write /proc/nowhere"),
    ] {
        let output = smith(dir.path(), args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output));
        assert!(text(&output).contains(part), "{args:?}: {}", text(&output));
    }
}

#[test]
fn closed_standard_output_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    let oracle = contrary(dir.path());
    for args in [&["--count", "4"][..], &["--count", "4", "--oracle", &oracle, "--reduce", "0"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(PROGRAM);
        let output = command.arg("smith").args(args).current_dir(dir.path()).stdout(writer).output().unwrap();
        let all = text(&output);
        assert_eq!(output.status.code(), Some(2), "{all}");
        assert!(all.contains("cannot write standard output") && !all.contains("panicked"), "{all}");
    }
}

#[test]
fn signals_end_with_a_summary() {
    ["INT", "TERM"].into_iter().for_each(ends_with_a_summary);
}

fn ends_with_a_summary(signal: &str) {
    let dir = tempfile::tempdir().unwrap();
    // It runs in its own process group, all of which receives the signal, as on a terminal. The first seeds are findings, so that
    // there is something to wait for; they are too slow to wait for all seeds of a worker.
    let mut command = Command::new(PROGRAM);
    let oracle = driver(dir.path(), "sleep 0.5", r#"{"trap":[["unreachable"],""]}"#);
    let args = ["smith", "--seed", "1000", "--count", "500", "--oracle", &oracle, "--reduce", "0", "--jobs", "1"];
    command.args(args).current_dir(dir.path());
    let mut child = command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    assert!(first.contains("finding"), "{first}");
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args([&format!("-{signal}"), "--", &group]).status().unwrap().success());
    let start = Instant::now();
    let (mut rest, mut err) = (String::new(), String::new());
    out.read_to_string(&mut rest).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{rest}{err}");
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    let ran = rest.lines().find_map(|l| l.split_once(" modules (seeds 1000 to ")?.0.parse::<u64>().ok());
    let ran = ran.unwrap_or_else(|| panic!("{rest}{err}"));
    let hint = format!("stopped early; continue with --seed {} --count {}\n", 1000 + ran, 500 - ran);
    assert!((1..32).contains(&ran) && rest.contains(&hint), "{hint}: {rest}{err}");
    assert!(!rest.contains("SIG") && !err.contains("panicked"), "a worker died of the signal: {rest}{err}");
}

fn with_faults(faults: Vec<Fault>, timeout: Duration) -> (SmithSummary, Vec<Finding>) {
    let mut plan = SmithPlan::new(100, 50);
    (plan.worker, plan.faults, plan.jobs, plan.timeout) = (Some(PROGRAM.into()), faults, 1, timeout);
    plan.digests = true;
    let mut all = Vec::new();
    let summary = run(&plan, &mut |news| {
        if let SmithNews::Finding(found, subject) = news {
            assert!(subject.is_some());
            all.push(found.clone());
        }
        ControlFlow::Continue(())
    });
    (summary.unwrap(), all)
}

#[test]
fn what_kills_or_stops_a_worker_has_a_seed_and_a_column() {
    let fault = |seed, column, kind| Fault { seed, column, kind };
    let faults = vec![
        fault(103, 1, FaultKind::Abort),
        fault(104, 0, FaultKind::Hang),
        fault(131, 2, FaultKind::Panic),
        fault(149, 1, FaultKind::Abort),
    ];
    let (summary, found) = with_faults(faults, Duration::from_secs(2));
    let seen: Vec<(u64, &str, &str)> =
        found.iter().map(|f| (f.seed, f.column.as_str(), f.signature.as_str())).collect();
    let expected = [
        (103, "jit-O0", "crash(SIGABRT)"),
        (104, "interp", "timeout"),
        (131, "jit", "crash(SIGABRT): injected at seed"),
        (149, "jit-O0", "crash(SIGABRT)"),
    ];
    // With the verifier, the columns have longer names.
    let plain: Vec<(u64, &str, &str)> =
        seen.iter().map(|(seed, column, what)| (*seed, column.trim_end_matches("+verify"), *what)).collect();
    assert_eq!(plain, expected);
    assert_eq!((summary.tally.modules, summary.findings), (50, 4));
    // Modules before the one that ended a worker keep their results.
    let digests: Vec<u64> = summary.tally.digests.iter().map(|digest| digest.seed).collect();
    let whole: Vec<u64> = (100..150).filter(|seed| ![103, 104, 131, 149].contains(seed)).collect();
    assert_eq!(digests, whole);
    let script = found[0].script.as_ref().expect("the reference still says what is expected");
    assert!(script.contains("(module") && script.contains(";; seed 103"), "{script}");
}

/// An engine may kill the process that starts it: it has a finding, which cannot be reduced.
#[test]
fn an_engine_that_ends_the_worker_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let folder = |name: &str, first: &str| {
        let folder = dir.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        let engine = driver(&folder, ":", r#"{"unsupported":"numbers"}"#);
        let path = folder.join("driver");
        let script = std::fs::read_to_string(&path).unwrap().replacen("#!/bin/bash\n", first, 1);
        std::fs::write(&path, script).unwrap();
        format!("{name}={engine}")
    };
    let engines = [
        folder("quiet", "#!/bin/bash\n"),
        folder("deadly", "#!/bin/bash\n[ -z \"$WASMOON_WORKER\" ] || { kill -9 $PPID; sleep 100; }\n"),
    ];
    let args = ["--seed", "2", "--count", "2", "--jobs", "1", "--reduce", "1", "--out", "found"];
    let engines = engines.iter().flat_map(|engine| ["--engine", engine.as_str()]);
    let output = smith(dir.path(), &args.into_iter().chain(engines).collect::<Vec<_>>());
    let all = text(&output);
    assert_eq!(output.status.code(), Some(1), "{all}");
    for seed in [2, 3] {
        assert!(all.contains(&format!(" on deadly (seed {seed}), ")) && all.contains("crash(SIGKILL)"), "{all}");
        let refused = format!("seed {seed}: not reduced: it is not a disagreement between two columns\n");
        assert!(all.contains(&refused), "{all}");
    }
    assert!(dir.path().join("found/2/failing.wast").exists(), "the reference says what it does");
    assert!(all.contains("2 modules (seeds 2 to 3)"), "{all}");
}

/// Three consecutive workers that end before they run anything are an error; a worker that runs something resets the count.
#[test]
fn workers_that_end_now_and_then_end_no_run() {
    let dir = tempfile::tempdir().unwrap();
    let (path, log) = (dir.path().join("worker"), dir.path().join("started"));
    // A worker that ends if the number of workers started so far satisfies this condition.
    let ran = |ends: &str| {
        let log_path = log.display();
        let text =
            format!("#!/bin/sh\necho >>'{log_path}'\nn=$(wc -l <'{log_path}')\n{ends} && exit 7\nexec '{PROGRAM}'\n");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut plan = SmithPlan::new(100, 4);
        let fault = |seed| Fault { seed, column: 0, kind: FaultKind::Abort };
        (plan.worker, plan.jobs, plan.faults) = (Some(path.clone()), 1, [100, 101, 102].map(fault).into());
        let result = run(&plan, &mut |_| ControlFlow::Continue(()));
        let started = std::fs::read_to_string(&log).unwrap().lines().count();
        std::fs::remove_file(&log).unwrap();
        (result, started)
    };
    // Every second one runs a module, and ends with it; the last one completes.
    let (result, started) = ran("[ $((n % 2)) = 1 ]");
    let summary = result.unwrap();
    assert_eq!((summary.tally.modules, summary.findings, started), (4, 3, 8));
    let (result, started) = ran("true");
    assert_eq!(result.unwrap_err().to_string(), "a worker died while idle: crash(exit status 7)");
    assert_eq!(started, 3);
}

/// The figures of a run are the sums over its modules.
#[test]
fn figures_of_a_run_are_those_of_its_modules() {
    let mut plan = SmithPlan::new(53, 12);
    (plan.worker, plan.jobs) = (Some(PROGRAM.into()), 2);
    let summary = run(&plan, &mut |_| ControlFlow::Continue(())).unwrap();
    let choice = ColumnChoice::default();
    let (mut linked, mut checked, mut made) = (0, 0, [[0; 3]; Generator::ALL.len()]);
    for seed in 53..65 {
        let subject = generate(seed, Features::supported(), NanProfile::Native).unwrap();
        linked += u64::from(subject.provider.is_some());
        checked += u64::from(choice.of(seed).iter().any(|config| config.verify));
        let prepared = subject.prepare().unwrap();
        let functions = prepared.modules().map(|module| u64::from(module.num_defined_functions())).sum::<u64>();
        let all = [1, functions, prepared.calls.len() as u64];
        made[Generator::of(seed) as usize].iter_mut().zip(all).for_each(|(sum, n)| *sum += n);
    }
    let tally = &summary.tally;
    assert_eq!((tally.modules, tally.linked, tally.checked, summary.findings), (12, linked, checked, 0));
    assert_eq!(tally.made.map(|made| [made.modules, made.functions, made.calls]), made);
    assert!(linked > 1 && checked > 1 && tally.made.iter().all(|made| made.instructions > made.functions));
}

/// Only the first findings of a kind are kept, but all are counted.
#[test]
fn the_first_findings_of_a_kind_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = SmithPlan::new(2, 12);
    (plan.worker, plan.jobs) = (Some(PROGRAM.into()), 1);
    plan.engines = vec![NamedEngine { label: "fake".into(), name: contrary(dir.path()), version: "7".into() }];
    let mut kept = std::collections::HashMap::<(String, String), u64>::new();
    let summary = run(&plan, &mut |news| {
        if let SmithNews::Finding(found, _) = news {
            *kept.entry((found.signature.clone(), found.column.clone())).or_default() += 1;
        }
        ControlFlow::Continue(())
    });
    let summary = summary.unwrap();
    let all = kept.keys().map(|kind| (kind.clone(), summary.kinds[kind].min(KEPT)));
    assert_eq!(kept, all.collect::<std::collections::HashMap<_, _>>());
    assert_eq!(kept.len(), summary.kinds.len());
    assert_eq!(summary.kinds.values().sum::<u64>(), summary.findings);
    assert!(summary.kinds.values().any(|&all| all > KEPT), "{:?}", summary.kinds);
}

/// A run that is stopped when nothing is left to do is complete.
#[test]
fn a_run_that_is_at_its_end_cannot_be_stopped() {
    let mut plan = SmithPlan::new(40, 4);
    (plan.worker, plan.jobs) = (Some(PROGRAM.into()), 1);
    let stop = std::sync::Arc::clone(&plan.stop);
    let summary = run(&plan, &mut |news| {
        if matches!(news, SmithNews::Progress(summary) if summary.tally.modules == 4) {
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        ControlFlow::Continue(())
    });
    let summary = summary.unwrap();
    assert_eq!((summary.stopped, summary.begun, summary.reached), (false, 4, 4));
}

#[test]
fn an_invalid_worker_is_an_error() {
    let mut plan = SmithPlan::new(0, 5);
    plan.worker = Some("/bin/false".into());
    let error = run(&plan, &mut |_| ControlFlow::Continue(())).unwrap_err().to_string();
    assert!(error.contains("a worker"), "{error}");
    plan.worker = Some("/nowhere/to/be/found".into());
    let error = run(&plan, &mut |_| ControlFlow::Continue(())).unwrap_err().to_string();
    assert!(error.contains("cannot start a worker"), "{error}");
}

/// Hashes of behaviour: equal for any number of jobs and any reference backend, and on every host equal to those in
/// `tests/smith/digests.txt`. After a change to the modules generated from seeds: `WASMOON_BLESS=1 cargo test --test smith
/// digests`.
#[test]
fn digests_are_the_same_on_every_host() {
    let dir = tempfile::tempdir().unwrap();
    let digests = |args: &[&str]| {
        let output = smith(dir.path(), &[&["--count", "200", "--digests", "some/digests.txt"], args].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        std::fs::read_to_string(dir.path().join("some/digests.txt")).unwrap()
    };
    let expected = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/smith/digests.txt");
    let (mixed, compiled) = (digests(&["--jobs", "2"]), digests(&["--jobs", "1", "--backend", "jit"]));
    if std::env::var_os("WASMOON_BLESS").is_some_and(|v| v == "1") {
        std::fs::write(expected, &mixed).unwrap();
    }
    assert_eq!(mixed.lines().count(), 201, "{mixed}");
    assert!(mixed == compiled, "interp\n{mixed}\njit\n{compiled}");
    assert!(mixed == std::fs::read_to_string(expected).unwrap(), "not what {expected} has:\n{mixed}");
}
