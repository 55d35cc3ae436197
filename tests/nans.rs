//! `--nan canonical` on the command line: its effect on programs, scripts and random modules, and that every replay command
//! repeats it.

mod fake_driver;

use std::path::Path;
use std::process::{Command, Output};
use wasmoon::engine::{Config, NanProfile};
use wasmoon::triage::difference::diff;
use wasmoon::triage::differential::{Figures, STACK_BYTES, bounds, check};
use wasmoon::triage::observe::execute;
use wasmoon::triage::smith::columns::Engines;
use wasmoon::triage::smith::generate::generate;
use wasmoon::triage::smith::{CheckedShare, ColumnChoice, Features};

/// An addition whose NaN x86-64 takes from the first operand: negative, with a payload.
const MODULE: &str = r#"(module
    (func (export "sum") (param f64 f64) (result i64)
        (i64.reinterpret_f64 (f64.add (local.get 0) (local.get 1)))))"#;

fn wasmoon(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wasmoon")).args(args).current_dir(dir).output().expect("it starts")
}

/// The exit status and the output.
fn said(dir: &Path, args: &[&str]) -> (Option<i32>, String) {
    let output = wasmoon(dir, args);
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code(), text)
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    files.iter().for_each(|(name, text)| std::fs::write(dir.path().join(name), text).expect("it is written"));
    dir
}

#[test]
fn programs_see_the_canonical_nan() {
    let dir = folder(&[("m.wat", MODULE)]);
    let call = ["m.wat", "--invoke", "sum", "--arg=-nan:0xc000000000001", "--arg=1"];
    for tier in [&["--no-jit"][..], &["-O0"], &["-O2"], &["--cpu", "sse41", "--regs", "4"]] {
        let run = |nan: &[&str]| said(dir.path(), &[&["run"], tier, nan, &call[..]].concat());
        let (status, text) = run(&["--nan", "canonical"]);
        assert_eq!(status, Some(0), "{text}");
        let canonical = 0x7ff8_0000_0000_0000_u64.to_string();
        assert!(text.contains(&canonical), "{tier:?}: {text}");
        let (_, text) = run(&[]);
        assert!(!text.contains(&canonical), "{tier:?}: the profile is off unless asked for: {text}");
    }
    let (status, text) = said(dir.path(), &["run", "--nan", "quiet", "m.wat"]);
    assert!(status == Some(2) && text.contains("expected native or canonical"), "{text}");
}

/// Either the header or the option requests the profile; a script with neither is judged as before.
#[test]
fn scripts_ask_by_header_or_are_asked_by_option() {
    let call = r#"(assert_return (invoke "sum" (f64.const -nan:0xc000000000001) (f64.const 1))"#;
    let script = format!("{MODULE}\n{call} (i64.const 0x7ff8000000000000))");
    let with = |value: &str| format!(";;! nan_canonicalization = {value}\n{script}");
    let files = [("plain.wast", script.as_str()), ("on.wast", &with("true")), ("off.wast", &with("false"))];
    let dir = folder(&files);
    for (file, option, status) in [
        ("plain.wast", "native", 1),
        ("plain.wast", "canonical", 0),
        ("on.wast", "native", 0),
        ("on.wast", "canonical", 0),
        ("off.wast", "native", 1),
        ("off.wast", "canonical", 0),
    ] {
        let (code, text) = said(dir.path(), &["test", file, "--nan", option]);
        assert_eq!(code, Some(status), "{file} {option}: {text}");
        // Mixed tiers share one profile.
        let (code, text) = said(dir.path(), &["test", file, "--nan", option, "--mode", "mix3:5"]);
        assert_eq!(code, Some(status), "{file} {option}, mixed: {text}");
    }
}

/// A header can also request the deterministic results of relaxed operators, whatever the option is.
#[test]
fn scripts_ask_for_deterministic_relaxed_operators() {
    let zeros = " 0".repeat(14);
    // An index of 16 selects a zero, or lane 0.
    let script = format!(
        "(module (func (export \"f\") (param v128 v128) (result v128)
            (i8x16.relaxed_swizzle (local.get 0) (local.get 1))))
        (assert_return (invoke \"f\" (v128.const i8x16 1 2{zeros}) (v128.const i8x16 16 17{zeros}))
            (v128.const i8x16 0 0{ones}))",
        ones = " 1".repeat(14)
    );
    let with = |value: &str| format!(";;! relaxed_simd_deterministic = {value}\n{script}");
    let files = [("plain.wast", script.as_str()), ("on.wast", &with("true")), ("off.wast", &with("false"))];
    let dir = folder(&files);
    // On AArch64, the CPU's own operator is deterministic.
    let chosen = i32::from(cfg!(target_arch = "x86_64"));
    for (file, option, status) in [
        ("plain.wast", "deterministic", 0),
        ("plain.wast", "native", chosen),
        ("on.wast", "deterministic", 0),
        ("on.wast", "native", 0),
        ("off.wast", "native", chosen),
    ] {
        let args = ["test", file, "--backend", "jit", "--relaxed", option];
        let (code, text) = said(dir.path(), &args);
        assert_eq!(code, Some(status), "{file} {option}: {text}");
    }
}

#[test]
fn the_stages_show_where_it_is_done() {
    let dir = folder(&[("m.wat", MODULE)]);
    let stages = "bytecode,ir,mach,asm";
    let (_, plain) = said(dir.path(), &["explore", "m.wat", "--func", "0", "--stage", stages]);
    let (status, text) =
        said(dir.path(), &["explore", "m.wat", "--func", "0", "--stage", stages, "--nan", "canonical"]);
    assert_eq!(status, Some(0), "{text}");
    for part in ["f64.canonical", "fcanon.f64", "canonical.sd", "ucomisd"] {
        assert!(text.contains(part), "{part}: {text}");
        assert!(!plain.contains(part), "{part}: {plain}");
    }
}

/// A finding under the profile is reproduced under the profile.
#[test]
fn findings_come_back_under_the_profile() {
    let driver = fake_driver::script(":", r#"{"trap":[["unreachable"],""]}"#);
    let dir = folder(&[("driver", &driver)]);
    let oracle = format!("cmd:bash {}", dir.path().join("driver").display());
    let args = ["--nan", "canonical", "--oracle", &oracle, "--reduce", "0", "--count", "3", "--seed", "8"];
    let (status, text) = said(dir.path(), &[&["smith", "--out", "found"], &args[..]].concat());
    assert_eq!(status, Some(1), "{text}");
    let replay = text.lines().find_map(|line| line.trim().strip_prefix("replay: ")).expect("a finding");
    assert!(replay.contains("--nan canonical"), "{replay}");
    let seed = replay.split_whitespace().nth(3).expect("a seed");
    let script = dir.path().join("found").join(seed).join("failing.wast");
    let script = std::fs::read_to_string(script).expect("a script");
    assert!(script.starts_with(";;! nan_canonicalization = true\n"), "{script}");
    // It expects the outcome of the reference, which is correct.
    let (status, text) = said(dir.path(), &["test", &format!("found/{seed}/failing.wast")]);
    assert_eq!(status, Some(0), "{text}");
}

/// Random modules leave NaNs to the engine, and backends agree under the profile. The modules do produce NaNs: without the
/// profile, their outcome or state differs.
#[test]
fn backends_agree_on_modules_that_leave_nans_to_them() {
    let work = || {
        let features = Features::parse(&["relaxed-simd".to_string()]).expect("a feature");
        let (mut engines, mut figures, mut bad, mut others) = (Engines::default(), Figures::default(), Vec::new(), 0);
        let choice =
            ColumnChoice { checked: CheckedShare::OneIn(4), nan: NanProfile::Canonical, ..ColumnChoice::default() };
        for seed in 0..120 {
            let prepared = generate(seed, features, NanProfile::Canonical).unwrap().prepare().unwrap();
            let columns = engines.columns(choice.of(seed)).unwrap();
            if let Some(found) = check(&prepared, &columns, &bounds(), &mut |_| {}, &mut figures).mismatch {
                let what = prepared.step_name(found.difference.step);
                bad.push(format!("seed {seed}, {}, {what}: {}", columns[found.column].name, found.difference));
            }
            let native = engines.columns(vec![Config::default()]).unwrap();
            let [under, without] = [&columns[0], &native[0]].map(|c| execute(&prepared, &c.engine, &bounds()));
            others += u32::from(diff(&under, &without).is_some());
        }
        assert!(bad.is_empty(), "{} modules:\n{}", bad.len(), bad.join("\n"));
        assert!(figures.compared > 2000, "{figures:?}");
        assert!(others >= 4, "only {others} modules show a NaN that is not canonical by itself");
    };
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).unwrap().join().unwrap();
}
