//! Checks the harness with assertions that must fail, and this self-check with lenient harnesses.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use wasmoon::conformance::judge::mutate::lenient::Forgiven;
use wasmoon::conformance::judge::mutate::{MutantKind, MutantTally, SelfCheck};
use wasmoon::conformance::plan::Plan;
use wasmoon::conformance::read::language::Dialect;
use wasmoon::conformance::read::suite::Suite;
use wasmoon::conformance::supervise::self_check::self_check;

/// A plan for the files selected by `select`, with the program as the worker.
fn plan(select: impl Fn(&str) -> bool) -> Plan {
    let mut files = Suite::embedded().expect("the embedded suite").files;
    files.retain(|f| select(&f.key()));
    let mut plan = Plan::new(files);
    plan.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_wasmoon")));
    plan.timeout = Duration::from_secs(60);
    plan
}

fn check(plan: &Plan) -> MutantTally {
    self_check(plan, &mut |_| {}).expect("workers start")
}

#[test]
fn no_mutant_of_the_suite_survives() {
    let tally = check(&plan(|_| true));
    println!("{tally}");
    assert!(tally.is_fine(), "{tally}");
    assert!(tally.mutants() >= 1_000_000, "{tally}");
    for kind in MutantKind::ALL {
        let mutants = tally.kinds.get(kind).map_or(0, |&(mutants, _)| mutants);
        assert!(mutants >= 100, "{mutants} mutants of kind {}", kind.name());
    }
}

/// A self-check that did not finish is not successful, whichever of its two runs was stopped.
#[test]
fn a_self_check_that_is_stopped_is_not_fine() {
    let files = ["core/i32", "core/f32", "core/i64", "core/f64"];
    for stopped_after in [1, 5] {
        let mut plan = plan(|key| files.contains(&key));
        assert_eq!(plan.files.len(), 4);
        plan.jobs = 1;
        plan.backends.truncate(1);
        let (stop, mut ended) = (Arc::clone(&plan.stop), 0);
        let tally = self_check(&plan, &mut |_| {
            ended += 1;
            stop.store(ended >= stopped_after, Ordering::Relaxed);
        });
        let tally = tally.expect("workers start");
        assert!(!tally.is_fine() && tally.to_string().contains("files were not run"), "{tally}");
    }
}

/// A script with mutants may be longer than the log of a worker.
#[test]
fn a_script_of_any_length_is_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("long.wast");
    let text = r#"(module (func (export "f") (result i32) (i32.const 1))) (assert_return (invoke "f") (i32.const 1))"#;
    std::fs::write(&path, format!("{}{text}", ";; é\n".repeat(2_000_000))).expect("writable");
    let mut plan = plan(|_| false);
    plan.files = Suite::paths(&[path], Dialect::Spec).expect("a script").files;
    let tally = check(&plan);
    assert!(tally.is_fine() && tally.whole.0 > 0, "{tally}");
}

#[test]
fn every_lenience_is_noticed() {
    // Files with messages, NaNs, zeros, traps and other errors; with vectors and alternatives.
    let files = [
        "core/linking",
        "core/f32",
        "core-1.0/f32",
        "core/traps",
        "core/call_indirect",
        "simd/simd_i32x4_arith",
        "relaxed-simd/relaxed_min_max",
    ];
    for forgiven in Forgiven::ALL {
        let mut plan = plan(|key| files.contains(&key));
        assert!(plan.files.len() >= 3, "the files were renamed: {}", plan.files.len());
        plan.backends.truncate(1);
        assert!(check(&plan).is_fine(), "strict");
        plan.self_check = Some(SelfCheck { forgive: Some(forgiven) });
        let tally = check(&plan);
        let survived = tally.mutants() - tally.killed();
        println!("{forgiven:?}: {survived} mutants survive");
        assert!(survived > 0, "a harness that forgives {forgiven:?} goes unnoticed\n{tally}");
        let is_placed = |text: &String| files.iter().any(|key| text.starts_with(&format!("{key} ")));
        assert!(tally.survivors.iter().all(is_placed), "each with its file\n{tally}");
    }
}
