//! The harness against defective backends: each planted defect turns exactly one directive red, with the right
//! verdict, and all others still run.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use wasmoon::conformance::plan::{Backend, Event, Fault, FaultKind, FileResult, Plan, run};
use wasmoon::conformance::record::{Verdict, XDIFF};
use wasmoon::conformance::{
    language::{Language, Spec},
    suite::{Source, SuiteFile},
};

const SCRIPT: &str = r#"
(module
  (memory (export "m") 1)
  (func (export "id") (param i32) (result i32) (local.get 0))
  (func (export "load") (result i32) (i32.load (i32.const 64)))
  (func (export "store") (i32.store (i32.const 64) (i32.const 7))))
(assert_return (invoke "id" (i32.const 1)) (i32.const 1))
(assert_return (invoke "id" (i32.const 2)) (i32.const 2))
(assert_return (invoke "id" (i32.const 3)) (i32.const 3))
(invoke "store")
(assert_return (invoke "load") (i32.const 7))
(module (func (export "one") (result i32) (i32.const 1)))
(assert_return (invoke "one") (i32.const 1))
"#;
const DIRECTIVES: usize = 8;
/// Index of the directive that goes wrong, on the second backend.
const AT: usize = 3;

fn file(text: &'static str) -> Arc<SuiteFile> {
    Arc::new(SuiteFile {
        group: "faults".into(),
        stem: "script".into(),
        theme: None,
        language: Language::of(Spec::Latest),
        trouble: None,
        source: Source::Embedded(text),
        version: None,
        known_as: None,
    })
}

/// Two columns of the same backend: what they differ in was planted.
fn columns() -> Vec<Backend> {
    let named = |name: &str| Backend { name: name.into(), ..Backend::named("interp").expect("a backend") };
    vec![named("left"), named("right")]
}

fn execute(faults: Vec<Fault>, timeout: Duration) -> FileResult {
    let mut plan = Plan::new(vec![file(SCRIPT)]);
    plan.backends = columns();
    plan.jobs = 1;
    plan.timeout = timeout;
    plan.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_wasmoon")));
    plan.faults = faults;
    let mut result = None;
    run(&plan, &mut |event| {
        if let Event::Finished(r) = event {
            result = Some(r);
        }
    })
    .expect("workers start");
    *result.expect("one file, one result")
}

fn fault(index: usize, kind: FaultKind) -> Fault {
    Fault { file: "faults/script".into(), index: index.to_string(), backend: "right".into(), kind }
}

fn verdict(result: &FileResult, index: usize, backend: &str) -> (Verdict, String) {
    let record = result
        .records
        .iter()
        .find(|r| r.index == index.to_string() && r.backend == backend)
        .unwrap_or_else(|| panic!("no record of {index} on {backend}"));
    (record.verdict, record.got.clone().unwrap_or_default())
}

/// Everything but the directive at fault passed; the comparison too, but for pairs that may differ afterwards.
fn others_pass(result: &FileResult) {
    assert!(result.complete);
    assert_eq!(result.records.len(), DIRECTIVES * 3);
    for record in &result.records {
        let here = record.index == AT.to_string() && record.backend != "left";
        let fine = if record.backend == XDIFF { record.verdict.is_fine() } else { record.verdict == Verdict::Pass };
        assert!(here || fine, "{record:?}");
    }
}

#[test]
fn without_a_defect_all_pass() {
    let result = execute(vec![], Duration::from_secs(20));
    assert!(result.records.iter().all(|r| r.verdict == Verdict::Pass), "{:#?}", result.records);
    assert_eq!(result.records.len(), DIRECTIVES * 3);
    assert_eq!(result.stats.crashes, 0);
}

#[test]
fn deaths_are_outcomes_of_their_directive() {
    let deaths = [
        (FaultKind::Segfault, "crash(SIGSEGV)"),
        (FaultKind::Abort, "crash(SIGABRT)"),
        (FaultKind::Panic, "crash(panic: planted)"),
        (FaultKind::OutOfMemory, "crash(SIGABRT: out of memory)"),
        (FaultKind::StackExhaustion, "crash(SIGABRT: stack overflow)"),
    ];
    for (kind, got) in deaths {
        let result = execute(vec![fault(AT, kind)], Duration::from_secs(20));
        assert_eq!(verdict(&result, AT, "right"), (Verdict::Crash, got.to_string()), "{kind:?}");
        assert_eq!(verdict(&result, AT, "left").0, Verdict::Pass, "{kind:?}");
        assert_eq!(verdict(&result, AT, XDIFF).0, Verdict::Crash, "{kind:?}");
        others_pass(&result);
        assert_eq!(result.stats.crashes, 1, "{kind:?}");
    }
}

#[test]
fn an_endless_loop_is_a_timeout_of_its_directive() {
    let result = execute(vec![fault(AT, FaultKind::EndlessLoop)], Duration::from_millis(400));
    assert_eq!(verdict(&result, AT, "right"), (Verdict::Timeout, "timeout".into()));
    assert_eq!(verdict(&result, AT, XDIFF).0, Verdict::Timeout);
    others_pass(&result);
}

#[test]
fn one_flipped_bit_fails_and_diverges() {
    let result = execute(vec![fault(AT, FaultKind::FlipResultBit)], Duration::from_secs(20));
    assert_eq!(verdict(&result, AT, "right"), (Verdict::Fail, "returned [i32 2]".into()));
    assert_eq!(verdict(&result, AT, XDIFF), (Verdict::Diverge, "right: returned [i32 2]".into()));
    others_pass(&result);
}

#[test]
fn one_wrong_byte_of_memory_diverges() {
    let result = execute(vec![fault(AT, FaultKind::WrongMemoryByte)], Duration::from_secs(20));
    assert_eq!(verdict(&result, AT, "right").0, Verdict::Pass, "no result shows it");
    let (verdict, got) = verdict(&result, AT, XDIFF);
    assert_eq!(verdict, Verdict::Diverge);
    assert!(got.contains("memory") && got.contains("0x00 / 0x01"), "{got}");
    others_pass(&result);
}

#[test]
fn a_wrong_byte_out_of_reach_is_found_by_the_end() {
    // The newest memory is none that directive 7 can reach.
    let result = execute(vec![fault(6, FaultKind::WrongMemoryByte)], Duration::from_secs(20));
    let diverging: Vec<_> = result.records.iter().filter(|r| r.verdict != Verdict::Pass).collect();
    assert_eq!(diverging.len(), 1, "{diverging:#?}");
    assert_eq!((diverging[0].index.as_str(), diverging[0].backend.as_str()), ("7", XDIFF));
    assert!(diverging[0].got.as_ref().is_some_and(|g| g.contains("out of reach of this directive")), "{diverging:#?}");
}

#[test]
fn a_wild_store_is_not_blamed_on_its_victim() {
    let result = execute(vec![fault(AT, FaultKind::WildStore)], Duration::from_secs(20));
    assert_eq!(result.records.len(), DIRECTIVES * 3);
    let (verdict, got) = verdict(&result, AT + 1, "left");
    assert_eq!((verdict, got.as_str()), (Verdict::Flaky, "crash(SIGABRT) beside the other backends, not alone"));
    for record in result.records.iter().filter(|r| r.backend != XDIFF) {
        let victim = record.backend == "left" && record.index == (AT + 1).to_string();
        assert!(victim || record.verdict == Verdict::Pass, "{record:?}");
    }
    for record in result.records.iter().filter(|r| r.backend == XDIFF) {
        let compared = record.index.parse::<usize>().expect("no nested ones") <= AT;
        assert_eq!(record.verdict, if compared { Verdict::Pass } else { Verdict::Crash }, "{record:?}");
    }
}

#[test]
fn a_module_that_crashes_takes_its_dependents_along() {
    let result = execute(vec![fault(6, FaultKind::Abort)], Duration::from_secs(20));
    assert_eq!(verdict(&result, 6, "right").0, Verdict::Crash);
    let dependent = result.records.iter().find(|r| r.index == "7" && r.backend == "right").expect("a record");
    assert_eq!((dependent.verdict, dependent.cause.as_deref()), (Verdict::Fail, Some("6")));
    assert_eq!(verdict(&result, 7, "left").0, Verdict::Pass);
}

#[test]
fn a_file_that_keeps_crashing_is_given_up() {
    let faults = (0..DIRECTIVES).map(|i| fault(i, FaultKind::Abort)).collect();
    let result = execute(faults, Duration::from_secs(20));
    assert_eq!(result.records.len(), DIRECTIVES * 3);
    assert_eq!(verdict(&result, 0, "right").0, Verdict::Crash);
    assert_eq!(verdict(&result, DIRECTIVES - 1, "right").0, Verdict::Crash);
    assert_eq!(result.stats.crashes, 8);
    assert_eq!(verdict(&result, DIRECTIVES - 1, XDIFF), (Verdict::Crash, "crash(gave up)".into()));
}
