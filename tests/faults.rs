//! The harness with defective backends: each injected fault makes exactly one directive fail, with the right verdict, and all
//! others still run.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use wasmoon::conformance::backend::Backend;
use wasmoon::conformance::injected_fault::{InjectedFault, InjectedFaultKind};
use wasmoon::conformance::injected_fault::{PREPARATION, SCRIPT as WHOLE};
use wasmoon::conformance::plan::{Event, FileResult, Plan};
use wasmoon::conformance::read::{
    language::{Language, Spec},
    suite::{Source, SuiteFile},
};
use wasmoon::conformance::record::{Verdict, XDIFF};
use wasmoon::conformance::supervise::run;

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
/// The index of the directive that goes wrong on the second backend.
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
        digest: None,
    })
}

/// Two columns of the same backend: all their differences are injected.
fn columns() -> Vec<Backend> {
    let named = |name: &str| Backend { name: name.into(), ..Backend::named("interp").expect("a backend") };
    vec![named("left"), named("right")]
}

fn execute(faults: Vec<InjectedFault>, timeout: Duration) -> FileResult {
    execute_within(faults, timeout, timeout * Plan::FILE_TIMEOUTS)
}

fn execute_within(faults: Vec<InjectedFault>, timeout: Duration, file_timeout: Duration) -> FileResult {
    execute_on(columns(), faults, timeout, file_timeout)
}

fn execute_on(
    columns: Vec<Backend>,
    faults: Vec<InjectedFault>,
    timeout: Duration,
    file_timeout: Duration,
) -> FileResult {
    execute_script(SCRIPT, columns, faults, timeout, file_timeout)
}

fn execute_script(
    text: &'static str,
    columns: Vec<Backend>,
    faults: Vec<InjectedFault>,
    timeout: Duration,
    file_timeout: Duration,
) -> FileResult {
    let [result] = execute_files([file(text)], columns, faults, timeout, file_timeout);
    result
}

/// Runs the files one after the other.
fn execute_files<const N: usize>(
    files: [Arc<SuiteFile>; N],
    columns: Vec<Backend>,
    faults: Vec<InjectedFault>,
    timeout: Duration,
    file_timeout: Duration,
) -> [FileResult; N] {
    let mut plan = Plan::new(files.into());
    plan.backends = columns;
    plan.jobs = 1;
    plan.timeout = timeout;
    plan.file_timeout = file_timeout;
    plan.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_wasmoon")));
    plan.faults = faults;
    let mut results = Vec::new();
    run(&plan, &mut |event| {
        if let Event::Finished(result) = event {
            results.push(*result);
        }
    })
    .expect("workers start");
    results.try_into().unwrap_or_else(|results: Vec<FileResult>| panic!("{} results", results.len()))
}

fn fault(index: usize, kind: InjectedFaultKind) -> InjectedFault {
    InjectedFault { file: "faults/script".into(), index: index.to_string(), backend: "right".into(), kind }
}

fn verdict(result: &FileResult, index: usize, backend: &str) -> (Verdict, String) {
    let record = result
        .records
        .iter()
        .find(|r| r.index == index.to_string() && r.backend == backend)
        .unwrap_or_else(|| panic!("no record of {index} on {backend}"));
    (record.verdict, record.got.clone().unwrap_or_default())
}

/// Asserts that everything except the directive at fault passed, and so did the comparison, except for pairs that may differ
/// afterwards.
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
        (InjectedFaultKind::Segfault, "crash(SIGSEGV)"),
        (InjectedFaultKind::Abort, "crash(SIGABRT)"),
        (InjectedFaultKind::Panic, "crash(panic: injected)"),
        (InjectedFaultKind::OutOfMemory, "crash(SIGABRT: out of memory)"),
        (InjectedFaultKind::StackExhaustion, "crash(SIGABRT: stack overflow)"),
    ];
    for (kind, got) in deaths {
        let result = execute(vec![fault(AT, kind.clone())], Duration::from_secs(20));
        assert_eq!(verdict(&result, AT, "right"), (Verdict::Crash, got.to_string()), "{kind:?}");
        assert_eq!(verdict(&result, AT, "left").0, Verdict::Pass, "{kind:?}");
        assert_eq!(verdict(&result, AT, XDIFF).0, Verdict::Crash, "{kind:?}");
        others_pass(&result);
        assert_eq!(result.stats.crashes, 1, "{kind:?}");
    }
}

#[test]
fn an_endless_loop_is_a_timeout_of_its_directive() {
    let result = execute(vec![fault(AT, InjectedFaultKind::EndlessLoop)], Duration::from_millis(400));
    assert_eq!(verdict(&result, AT, "right"), (Verdict::Timeout, "timeout".into()));
    assert_eq!(verdict(&result, AT, XDIFF).0, Verdict::Timeout);
    others_pass(&result);
}

#[test]
fn one_flipped_bit_fails_and_diverges() {
    let result = execute(vec![fault(AT, InjectedFaultKind::FlipResultBit)], Duration::from_secs(20));
    assert_eq!(verdict(&result, AT, "right"), (Verdict::Fail, "returned [i32 2]".into()));
    assert_eq!(verdict(&result, AT, XDIFF), (Verdict::Diverge, "right: returned [i32 2]".into()));
    others_pass(&result);
}

/// A flipped bit is detected in a result of any type.
#[test]
fn a_flipped_bit_of_any_type_is_seen() {
    const TYPES: &str = r#"
(module
  (func (export "i64") (result i64) (i64.const 7))
  (func (export "f32") (result f32) (f32.const 0x1.000002p0))
  (func (export "f64") (result f64) (f64.const 0x1.0000000000001p0))
  (func (export "v128") (result v128) (v128.const i64x2 7 7))
  (func (export "even") (result i64) (i64.const 6)))
(assert_return (invoke "i64") (i64.const 7))
(assert_return (invoke "f32") (f32.const 0x1.000002p0))
(assert_return (invoke "f64") (f64.const 0x1.0000000000001p0))
(assert_return (invoke "v128") (v128.const i64x2 7 7))
(assert_return (invoke "even") (i64.const 6))
"#;
    let limit = Duration::from_secs(20);
    let faults = (1..=5).map(|at| fault(at, InjectedFaultKind::FlipResultBit)).collect();
    let result = execute_script(TYPES, columns(), faults, limit, limit);
    for (at, got) in [(1, "i64 6"), (2, "f32 1.0 (0x3f800000)"), (3, "f64 1.0 (0x3ff0000000000000)"), (5, "i64 7")] {
        assert_eq!(verdict(&result, at, "right"), (Verdict::Fail, format!("returned [{got}]")));
        assert_eq!(verdict(&result, at, XDIFF), (Verdict::Diverge, format!("right: returned [{got}]")));
    }
    let (fails, got) = verdict(&result, 4, "right");
    assert!(fails == Verdict::Fail && got.contains("v128"), "{got}");
    assert_eq!(verdict(&result, 4, XDIFF).0, Verdict::Diverge);
}

/// The count of entries into native code proves that a column ran on its own tier.
#[test]
fn entries_into_native_code_are_counted_by_directive() {
    let limit = Duration::from_secs(20);
    let column = |name: &str| Backend::named(name).expect("a backend");
    let result = execute_on(vec![column("interp"), column("jit")], vec![], limit, limit);
    assert!(result.records.iter().all(|r| r.verdict == Verdict::Pass), "{:#?}", result.records);
    assert_eq!(result.stats.native_entries, 6, "a call of each of 6 directives, on one of the columns");
    assert_eq!(result.stats.fallbacks, 0);
}

#[test]
fn every_column_is_held_against_the_first() {
    let mut columns = columns();
    for name in ["third", "fourth"] {
        columns.push(Backend { name: name.into(), ..columns[0].clone() });
    }
    for name in ["right", "third", "fourth"] {
        let fault = InjectedFault { backend: name.into(), ..fault(AT, InjectedFaultKind::FlipResultBit) };
        let limit = Duration::from_secs(60);
        let result = execute_on(columns.clone(), vec![fault], limit, limit);
        assert_eq!(verdict(&result, AT, XDIFF), (Verdict::Diverge, format!("{name}: returned [i32 2]")));
    }
}

/// All columns share the runtime that walks the stack: a comparison would not show frames that it loses.
#[test]
fn a_trap_that_left_no_function_is_an_error() {
    let text = r#"
        (module (func (export "trap") unreachable))
        (assert_trap (invoke "trap") "unreachable")
        (assert_trap (invoke "trap") "unreachable")"#;
    let lost = |backend: &str| InjectedFault { backend: backend.into(), ..fault(1, InjectedFaultKind::LostFrames) };
    let limit = Duration::from_secs(20);
    let result = execute_script(text, columns(), vec![lost("left"), lost("right")], limit, limit);
    for backend in ["left", "right"] {
        let (at_fault, got) = verdict(&result, 1, backend);
        assert!(at_fault == Verdict::Fail && got.contains("a trap with an empty backtrace: unreachable"), "{got}");
        assert_eq!(verdict(&result, 2, backend).0, Verdict::Pass);
    }
}

/// No script says where in a function a trap occurs: only the comparison finds a backend that is wrong about it.
#[test]
fn a_trap_in_another_place_diverges() {
    let text = r#"
        (module (func (export "trap") nop unreachable nop))
        (assert_trap (invoke "trap") "unreachable")
        (assert_trap (invoke "trap") "unreachable")"#;
    let moved = InjectedFault { backend: "right".into(), ..fault(1, InjectedFaultKind::MovedTrap) };
    let limit = Duration::from_secs(20);
    let result = execute_script(text, columns(), vec![moved], limit, limit);
    let (at_fault, got) = verdict(&result, 1, XDIFF);
    assert!(at_fault == Verdict::Diverge && got.contains("frame 0: trap at 0x22 / trap at 0x23"), "{got}");
    assert_eq!(verdict(&result, 1, "right").0, Verdict::Pass);
    assert_eq!(verdict(&result, 2, XDIFF).0, Verdict::Pass);
}

#[test]
fn one_wrong_byte_of_memory_diverges() {
    let result = execute(vec![fault(AT, InjectedFaultKind::WrongMemoryByte)], Duration::from_secs(20));
    assert_eq!(verdict(&result, AT, "right").0, Verdict::Pass, "no result shows it");
    let (verdict, got) = verdict(&result, AT, XDIFF);
    assert_eq!(verdict, Verdict::Diverge);
    assert!(got.contains("memory") && got.contains("0x00 / 0x01"), "{got}");
    others_pass(&result);
}

#[test]
fn a_wrong_byte_out_of_reach_is_found_by_the_end() {
    // The newest memory is not accessible to directive 7.
    let result = execute(vec![fault(6, InjectedFaultKind::WrongMemoryByte)], Duration::from_secs(20));
    let diverging: Vec<_> = result.records.iter().filter(|r| r.verdict != Verdict::Pass).collect();
    assert_eq!(diverging.len(), 1, "{diverging:#?}");
    assert_eq!((diverging[0].index.as_str(), diverging[0].backend.as_str()), ("7", XDIFF));
    assert!(diverging[0].got.as_ref().is_some_and(|g| g.contains("out of reach of this directive")), "{diverging:#?}");
}

/// A wrong byte that no later directive can access is still found long before the end.
#[test]
fn a_wrong_byte_out_of_reach_is_found_before_long() {
    const CALLS: usize = 400;
    let text =
        format!("(module $a (func (export \"f\")))\n(module (memory 1))\n{}", "(invoke $a \"f\")\n".repeat(CALLS));
    let (wrong, limit) = (fault(2, InjectedFaultKind::WrongMemoryByte), Duration::from_secs(60));
    let result = execute_script(text.leak(), columns(), vec![wrong], limit, limit);
    let diverging: Vec<&str> =
        result.records.iter().filter(|r| r.verdict == Verdict::Diverge).map(|r| r.index.as_str()).collect();
    let [at] = diverging[..] else { panic!("{diverging:?}") };
    assert!((3..=2 + 128).contains(&at.parse::<usize>().expect("no nested ones")), "{at}");
}

#[test]
fn a_wild_store_is_not_blamed_on_its_victim() {
    let result = execute(vec![fault(AT, InjectedFaultKind::WildStore)], Duration::from_secs(20));
    assert_eq!(result.records.len(), DIRECTIVES * 3);
    assert!(!result.complete, "not all of it was compared");
    let (verdict, got) = verdict(&result, AT + 1, "left");
    assert_eq!(
        (verdict, got.as_str()),
        (Verdict::Flaky, "crash(SIGABRT) only when run together with the other backends")
    );
    for record in result.records.iter().filter(|r| r.backend != XDIFF) {
        let victim = record.backend == "left" && record.index == (AT + 1).to_string();
        assert!(victim || record.verdict == Verdict::Pass, "{record:?}");
    }
    for record in result.records.iter().filter(|r| r.backend == XDIFF) {
        let compared = record.index.parse::<usize>().expect("no nested ones") <= AT;
        assert_eq!(record.verdict, if compared { Verdict::Pass } else { Verdict::Crash }, "{record:?}");
    }
}

/// A victim that also fails by itself is still reported as killed beside the other backends.
#[test]
fn a_victim_that_fails_alone_was_killed_all_the_same() {
    let wrong = SCRIPT.replace("(invoke \"store\")", "(assert_return (invoke \"store\") (i32.const 1))");
    let (wild, long) = (fault(AT, InjectedFaultKind::WildStore), Duration::from_secs(20));
    let result = execute_script(wrong.leak(), columns(), vec![wild], long, long * Plan::FILE_TIMEOUTS);
    let killed = (Verdict::Flaky, "crash(SIGABRT) only when run together with the other backends".to_string());
    assert_eq!(verdict(&result, AT + 1, "left"), killed);
    assert_eq!(verdict(&result, AT + 1, "right").0, Verdict::Fail);
}

/// The preparation of a module does not count as another backend.
#[test]
fn a_wild_store_before_a_module_strikes_in_another_backend() {
    let result = execute(vec![fault(5, InjectedFaultKind::WildStore)], Duration::from_secs(20));
    let killed = (Verdict::Flaky, "crash(SIGABRT) only when run together with the other backends".to_string());
    assert_eq!(verdict(&result, 6, "left"), killed);
    for (index, backend) in [(5, "left"), (5, "right"), (6, "right"), (7, "left"), (7, "right")] {
        assert_eq!(verdict(&result, index, backend).0, Verdict::Pass, "{index} {backend}");
    }
}

/// A victim that is unsupported by itself stays unsupported.
#[test]
fn a_victim_that_is_refused_alone_is_refused() {
    let refused = SCRIPT.replace("(invoke \"store\")", "(input \"other.wast\")");
    let (wild, long) = (fault(AT, InjectedFaultKind::WildStore), Duration::from_secs(20));
    let result = execute_script(refused.leak(), columns(), vec![wild], long, long * Plan::FILE_TIMEOUTS);
    for backend in ["left", "right"] {
        assert_eq!(verdict(&result, AT + 1, backend).0, Verdict::Unsupported, "{backend}");
    }
    assert_eq!(verdict(&result, AT, "left").0, Verdict::Pass);
}

/// When each backend runs in its own process, directives that killed the process before are skipped there, too.
#[test]
fn what_killed_the_process_before_is_not_tried_again_in_several_processes() {
    let at_first = |backend: &str| InjectedFault { backend: backend.into(), ..fault(1, InjectedFaultKind::Abort) };
    let wild = || fault(AT, InjectedFaultKind::WildStore);
    for (faults, deaths) in [
        (vec![wild()], [false, false]),
        (vec![at_first("right"), wild()], [false, true]),
        (vec![at_first("left"), at_first("right"), wild()], [true, true]),
    ] {
        let result = execute(faults, Duration::from_secs(20));
        let died = (Verdict::Crash, "crash(SIGABRT)".to_string());
        for (backend, dies) in ["left", "right"].into_iter().zip(deaths) {
            let expected = if dies { died.clone() } else { (Verdict::Pass, String::new()) };
            assert_eq!(verdict(&result, 1, backend), expected, "{backend}");
        }
        assert_eq!(verdict(&result, AT + 1, "left").0, Verdict::Flaky);
        assert_eq!(verdict(&result, AT + 1, "right").0, Verdict::Pass);
        let deaths = deaths.into_iter().filter(|dies| *dies).count() as u64;
        assert_eq!(result.stats.crashes, deaths + 1, "each directive, and that of the wild store");
    }
}

/// When each backend runs in its own process, directives that are judged for all columns are counted once.
#[test]
fn what_is_judged_once_is_counted_once_in_several_processes() {
    let text = format!(
        "{SCRIPT}{}\n{}\n",
        "(assert_malformed (module quote \"(func\") \"\")",
        "(assert_invalid (module (func (result i32))) \"type mismatch\")"
    );
    let (wild, long) = (fault(AT, InjectedFaultKind::WildStore), Duration::from_secs(20));
    let result = execute_script(text.leak(), columns(), vec![wild], long, long * Plan::FILE_TIMEOUTS);
    assert_eq!(verdict(&result, AT + 1, "left").0, Verdict::Flaky);
    let stats = result.stats;
    assert_eq!((stats.directives, stats.judged_once, stats.by_phase_alone), (DIRECTIVES as u64 + 2, 2, 1));
}

/// A directive that hung has used its time; the file's time ends before the timeout is confirmed, and nothing else runs.
#[test]
fn the_time_of_a_file_may_end_while_a_death_is_confirmed() {
    let hangs = vec![fault(AT, InjectedFaultKind::EndlessLoop)];
    // It is killed two seconds after its time limit, and would be again.
    let result = execute_within(hangs, Duration::from_millis(300), Duration::from_millis(4300));
    assert!(!result.complete);
    let (limit, pass) = ("timeout: the file's time limit of 4.3 s", (Verdict::Pass, String::new()));
    let timeout = |text: &str| (Verdict::Timeout, text.to_string());
    for i in 0..DIRECTIVES {
        let expected = match i {
            _ if i < AT => [pass.clone(), pass.clone(), pass.clone()],
            _ if i == AT => [pass.clone(), timeout("timeout"), timeout(limit)],
            _ => [timeout(limit), timeout(limit), timeout(limit)],
        };
        assert_eq!(["left", "right", XDIFF].map(|column| verdict(&result, i, column)), expected, "{i}");
    }
    assert_eq!(result.stats.crashes, 1);
}

/// After the last directive everything is compared, whatever the directive is.
#[test]
fn a_wrong_byte_is_found_by_a_last_directive_that_executes_nothing() {
    const MODULES: &str = r#"(module $a (memory 1) (func (export "a")))
        (module $b (memory 1) (func (export "b")))
        (invoke $a "a")"#;
    for last in [
        r#"(assert_malformed (module quote "(func br)") "x")"#,
        r#"(assert_invalid (module (func br 1)) "unknown label")"#,
    ] {
        let (wrong, long) = (fault(2, InjectedFaultKind::WrongMemoryByte), Duration::from_secs(20));
        let text = format!("{MODULES}\n{last}").leak();
        let result = execute_script(text, columns(), vec![wrong], long, long * Plan::FILE_TIMEOUTS);
        assert_eq!(verdict(&result, 2, XDIFF).0, Verdict::Pass, "{last}");
        assert_eq!(verdict(&result, 3, XDIFF).0, Verdict::Diverge, "{last}");
    }
}

/// After results that cannot be read, directives have no result, and none passes: for all columns, or only for the column whose
/// process it was.
#[test]
fn results_that_cannot_be_read_count_for_nothing() {
    let unread = (Verdict::Crash, "the worker's results cannot be read; this is a bug in the harness".to_string());
    let garbled = fault(AT, InjectedFaultKind::GarbledResults);
    let result = execute(vec![garbled.clone()], Duration::from_secs(20));
    assert_eq!(result.records.len(), DIRECTIVES * 3);
    assert_eq!((result.complete, result.error.as_ref()), (false, Some(&unread.1)));
    assert_eq!(result.stats.directives, DIRECTIVES as u64);
    for record in &result.records {
        let index = record.index.parse::<usize>().expect("no nested ones");
        let known = index < AT || index == AT && record.backend != XDIFF;
        let expected = if known { (Verdict::Pass, None) } else { (unread.0, Some(unread.1.clone())) };
        assert_eq!((record.verdict, if known { None } else { record.got.clone() }), expected, "{record:?}");
    }
    let later = InjectedFault { index: (AT + 2).to_string(), ..garbled };
    let result = execute(vec![fault(AT, InjectedFaultKind::WildStore), later], Duration::from_secs(20));
    for index in AT + 2..DIRECTIVES {
        assert_eq!(verdict(&result, index, "left").0, Verdict::Pass);
        let expected = if index == AT + 2 { (Verdict::Pass, String::new()) } else { unread.clone() };
        assert_eq!(verdict(&result, index, "right"), expected, "{index}");
    }
}

#[test]
fn a_module_that_crashes_takes_its_dependents_along() {
    let result = execute(vec![fault(6, InjectedFaultKind::Abort)], Duration::from_secs(20));
    assert_eq!(verdict(&result, 6, "right").0, Verdict::Crash);
    let dependent = result.records.iter().find(|r| r.index == "7" && r.backend == "right").expect("a record");
    assert_eq!((dependent.verdict, dependent.cause.as_deref()), (Verdict::Fail, Some("6")));
    assert_eq!(verdict(&result, 7, "left").0, Verdict::Pass);
}

#[test]
fn a_file_that_keeps_crashing_is_judged_to_its_end() {
    // Both columns, at every directive except modules, since their dependents would be blocked and not crash.
    let at = [1, 2, 3, 4, 5, 7];
    let both = |i: usize| {
        ["left", "right"].map(|name| InjectedFault { backend: name.into(), ..fault(i, InjectedFaultKind::Abort) })
    };
    let result = execute(at.into_iter().flat_map(both).collect(), Duration::from_secs(20));
    assert_eq!(result.stats.crashes as usize, 2 * at.len());
    assert!(result.complete, "each directive was done, or ended its process");
    for i in 0..DIRECTIVES {
        let want = if at.contains(&i) { Verdict::Crash } else { Verdict::Pass };
        for column in ["left", "right", XDIFF] {
            assert_eq!(verdict(&result, i, column).0, want, "{i} {column}");
        }
    }
    assert_eq!(verdict(&result, 7, "left"), (Verdict::Crash, "crash(SIGABRT)".into()));
}

/// A file's time limit ends its worker, which is not used for the next file.
#[test]
fn a_file_has_no_more_than_its_time() {
    let faults = vec![fault(AT, InjectedFaultKind::EndlessLoop)];
    let start = std::time::Instant::now();
    let (timeout, file_timeout) = (Duration::from_secs(300), Duration::from_secs(4));
    let next = Arc::new(SuiteFile { stem: "next".into(), ..SuiteFile::clone(&file(SCRIPT)) });
    let [result, next] = execute_files([file(SCRIPT), next], columns(), faults, timeout, file_timeout);
    assert!(start.elapsed() < Duration::from_secs(60));
    assert!(next.records.iter().all(|r| r.verdict == Verdict::Pass), "{:#?}", next.records);
    assert_eq!((next.complete, next.stats.crashes), (true, 0));
    assert_eq!(result.records.len(), DIRECTIVES * 3);
    assert!(!result.complete);
    let limit = (Verdict::Timeout, "timeout: the file's time limit of 4 s".to_string());
    for i in 0..DIRECTIVES {
        for column in ["left", "right", XDIFF] {
            let in_time = i < AT || i == AT && column == "left";
            let want = if in_time { (Verdict::Pass, String::new()) } else { limit.clone() };
            assert_eq!(verdict(&result, i, column), want, "{i} {column}");
        }
    }
}

#[test]
fn what_dies_while_it_is_prepared_is_an_outcome_in_all_columns() {
    let prepared = |index: usize, kind| InjectedFault { backend: PREPARATION.into(), ..fault(index, kind) };
    for (kind, want) in [
        (InjectedFaultKind::Segfault, (Verdict::Crash, "crash(SIGSEGV)".to_string())),
        (InjectedFaultKind::StackExhaustion, (Verdict::Crash, "crash(SIGABRT: stack overflow)".into())),
        (InjectedFaultKind::EndlessLoop, (Verdict::Timeout, "timeout".into())),
    ] {
        let result = execute(vec![prepared(6, kind.clone())], Duration::from_millis(1500));
        for column in ["left", "right"] {
            assert_eq!(verdict(&result, 6, column), want, "{kind:?}");
            let dependent = result.records.iter().find(|r| r.index == "7" && r.backend == column).expect("a record");
            assert_eq!((dependent.verdict, dependent.cause.as_deref()), (Verdict::Fail, Some("6")), "{kind:?}");
        }
        assert_eq!(verdict(&result, 6, XDIFF).0, want.0, "{kind:?}");
        for record in result.records.iter().filter(|r| !["6", "7"].contains(&r.index.as_str())) {
            assert_eq!(record.verdict, Verdict::Pass, "{kind:?}: {record:?}");
        }
        assert_eq!(result.stats.crashes, 1, "{kind:?}");
    }
}

#[test]
fn what_dies_while_the_script_is_read_is_a_crash_of_the_file() {
    let fault = |kind| InjectedFault { index: WHOLE.into(), backend: PREPARATION.into(), ..fault(0, kind) };
    // A worker that hangs is not given a second try.
    for (kind, want, crashes, text) in [
        (
            InjectedFaultKind::StackExhaustion,
            Verdict::Crash,
            2,
            "crash(SIGABRT: stack overflow): the worker did not survive",
        ),
        (InjectedFaultKind::EndlessLoop, Verdict::Timeout, 1, "timeout: the worker did not survive"),
    ] {
        let result = execute(vec![fault(kind.clone())], Duration::from_millis(500));
        assert_eq!(result.stats.crashes, crashes, "{kind:?}");
        assert!(!result.complete);
        let got: Vec<_> = result.records.iter().map(|r| (r.index.as_str(), r.directive.as_str(), r.verdict)).collect();
        assert_eq!(got, [("0", "script", want); 2], "{kind:?}");
        assert!(result.error.as_deref().is_some_and(|e| e.starts_with(text)), "{:?}", result.error);
    }
}

#[test]
fn a_wild_store_that_strikes_in_a_preparation_is_not_blamed_on_the_module() {
    // The text can be prepared, but no longer in a process in which `right` ran before.
    let faults = vec![fault(AT, InjectedFaultKind::WildStorePreparing)];
    let result = execute(faults, Duration::from_secs(20));
    for record in result.records.iter().filter(|r| r.backend == "left") {
        assert_eq!(record.verdict, Verdict::Pass, "{record:?}");
    }
    assert_eq!(verdict(&result, 6, "right"), (Verdict::Crash, "crash(SIGABRT)".into()));
    let (of, got) = verdict(&result, 6, XDIFF);
    assert_eq!(of, Verdict::Crash);
    assert!(got.contains("only when run together with others"), "{got}");
    assert_eq!(result.stats.crashes, 2, "together, and by itself");
}

#[test]
fn a_run_of_no_files_ends() {
    let mut plan = Plan::new(vec![]);
    plan.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_wasmoon")));
    let summary = run(&plan, &mut |_| panic!("nothing happens")).expect("no worker is needed");
    assert_eq!((summary.files, summary.not_run), (0, 0));
}

/// A stopped run starts no other file, and reports how many it has not started.
#[test]
fn a_run_that_is_stopped_begins_no_other_file() {
    let mut plan = Plan::new((0..3).map(|_| file(SCRIPT)).collect());
    (plan.backends, plan.jobs) = (columns(), 1);
    plan.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_wasmoon")));
    plan.stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut events = 0;
    let summary = run(&plan, &mut |_| events += 1).expect("nothing is started");
    assert_eq!((events, summary.files, summary.not_run), (0, 0, 3));
    assert_eq!(summary.stats.directives, 0);
}
