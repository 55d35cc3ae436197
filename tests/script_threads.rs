//! Scripts with threads: comparisons beside and inside threads, the attribution of failures, and nested threads.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use wasmoon::conformance::backend::Backend;
use wasmoon::conformance::injected_fault::{InjectedFault, InjectedFaultKind};
use wasmoon::conformance::plan::{Event, FileResult, Plan};
use wasmoon::conformance::read::language::{Language, Spec};
use wasmoon::conformance::read::suite::{Source, SuiteFile};
use wasmoon::conformance::record::{Verdict, XDIFF};
use wasmoon::conformance::supervise::run;

/// Runs a script on the interpreter and on a second column, into which faults are injected.
fn execute(text: &str, second: &str, faults: &[(&str, InjectedFaultKind)], timeout: Duration) -> FileResult {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("script.wast");
    std::fs::write(&path, text).expect("writable");
    let mut language = Language::of(Spec::Latest);
    language.features |= wasmparser::WasmFeatures::THREADS;
    let file = SuiteFile {
        group: "threads".into(),
        stem: "script".into(),
        theme: None,
        language,
        trouble: None,
        source: Source::Disk(path),
        version: None,
        known_as: None,
        digest: None,
    };
    let mut plan = Plan::new(vec![Arc::new(file)]);
    let second = Backend { name: "second".into(), ..Backend::named(second).expect("a backend") };
    plan.backends = vec![Backend::named("interp").expect("a backend"), second];
    plan.jobs = 1;
    plan.timeout = timeout;
    plan.file_timeout = timeout * 40;
    plan.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_wasmoon")));
    let injected = |(index, kind): &(&str, InjectedFaultKind)| InjectedFault {
        file: "threads/script".into(),
        index: (*index).into(),
        backend: "second".into(),
        kind: kind.clone(),
    };
    plan.faults = faults.iter().map(injected).collect();
    let mut result = None;
    run(&plan, &mut |event| {
        if let Event::Finished(done) = event {
            result = Some(done);
        }
    })
    .expect("workers start");
    *result.expect("one file")
}

/// Returns everything that is not a pass, as index, backend and verdict.
fn odd(result: &FileResult) -> Vec<(&str, &str, Verdict)> {
    let records = result.records.iter().filter(|r| r.verdict != Verdict::Pass);
    records.map(|r| (r.index.as_str(), r.backend.as_str(), r.verdict)).collect()
}

const LONG: Duration = Duration::from_secs(20);
const SECONDS: [&str; 2] = ["interp", "jit"];

/// While `$T` runs, directives 2 to 4 concern an instance that shares nothing, 6 and 7 its shared memory.
const BESIDE: &str = r#"
(module $Mem (memory (export "shared") 1 1 shared)
  (func (export "go")
    (i32.atomic.store (i32.const 0) (i32.const 1))
    (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
  (func (export "two") (result i32) (i32.const 2)))
(register "mem" $Mem)
(thread $T (shared (module $Mem))
  (module (memory (import "mem" "shared") 1 1 shared)
    (func (export "wait")
      (loop $l
        (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
        (br_if $l (i32.eqz (i32.atomic.load (i32.const 0)))))))
  (invoke "wait")
  (module
    (import "spectest" "print_i32" (func $print (param i32)))
    (memory (export "own") 1)
    (func (export "three") (result i32) (i32.const 3))
    (func (export "print") (call $print (i32.const 1))))
  (assert_return (invoke "three") (i32.const 3)))
(module $Alone (memory (export "m") 1) (func (export "one") (result i32) (i32.const 1)))
(assert_return (invoke $Alone "one") (i32.const 1))
(invoke $Mem "go")
(assert_return (invoke $Mem "two") (i32.const 2))
(wait $T)
(assert_return (invoke $Mem "two") (i32.const 2))
"#;

#[test]
fn nothing_is_odd_where_nothing_is_wrong() {
    for second in SECONDS {
        let result = execute(BESIDE, second, &[], LONG);
        assert_eq!(odd(&result), [], "{second}: {:?}", result.error);
        assert!(result.stats.after_threads > 0);
    }
}

#[test]
fn beside_a_thread_what_it_cannot_reach_is_compared() {
    for second in SECONDS {
        let result = execute(BESIDE, second, &[("4", InjectedFaultKind::FlipResultBit)], LONG);
        assert_eq!(odd(&result), [("4", "second", Verdict::Fail), ("4", XDIFF, Verdict::Diverge)], "{second}");
        let result = execute(BESIDE, second, &[("3", InjectedFaultKind::WrongMemoryByte)], LONG);
        assert_eq!(odd(&result), [("3", XDIFF, Verdict::Diverge)], "{second}");
    }
}

#[test]
fn what_a_thread_can_reach_is_poisoned_at_its_end_and_nothing_else_is() {
    for second in SECONDS {
        // A race may explain this result.
        let result = execute(BESIDE, second, &[("6", InjectedFaultKind::FlipResultBit)], LONG);
        assert_eq!(odd(&result), [("6", "second", Verdict::Fail), ("6", XDIFF, Verdict::Poisoned)], "{second}");
        // The same result after the thread has ended, without a difference before.
        let result = execute(BESIDE, second, &[("8", InjectedFaultKind::FlipResultBit)], LONG);
        assert_eq!(odd(&result), [("8", "second", Verdict::Fail), ("8", XDIFF, Verdict::Diverge)], "{second}");
    }
}

#[test]
fn what_threads_wrote_differently_poisons_its_readers() {
    let text = r#"
(module $Mem (memory (export "shared") 1 1 shared) (func (export "two") (result i32) (i32.const 2)))
(thread $T (shared (module $Mem)) (module))
(module $Alone (memory 1) (func (export "one") (result i32) (i32.const 1)))
(wait $T)
(assert_return (invoke $Mem "two") (i32.const 2))
(assert_return (invoke $Alone "one") (i32.const 1))
"#;
    for second in SECONDS {
        // The thread's spectest has a memory, too; the newest memory is the shared one.
        let result = execute(text, second, &[("1.0", InjectedFaultKind::WrongMemoryByte)], LONG);
        // The memory is not read until the thread has ended; after that, results of the instance that has it may differ.
        let expected = [("3", XDIFF, Verdict::Poisoned), ("4", XDIFF, Verdict::Poisoned)];
        assert_eq!(odd(&result), expected, "{second}");
        // Nobody else can have written to the thread's own memory.
        let own = text.replace("(module))\n(module $Alone", "(module (memory 1)))\n(module $Alone");
        assert_ne!(own, text);
        let result = execute(&own, second, &[("1.0", InjectedFaultKind::WrongMemoryByte)], LONG);
        assert_eq!(odd(&result), [("3", XDIFF, Verdict::Diverge)], "{second}");
    }
}

#[test]
fn the_stores_of_threads_are_compared() {
    for second in SECONDS {
        let result = execute(BESIDE, second, &[("2.3", InjectedFaultKind::FlipResultBit)], LONG);
        assert_eq!(odd(&result), [("2.3", "second", Verdict::Fail), ("2.3", XDIFF, Verdict::Diverge)], "{second}");
        // Its state is compared at its end, by the directive that waits for it.
        let result = execute(BESIDE, second, &[("2.3", InjectedFaultKind::WrongMemoryByte)], LONG);
        assert_eq!(odd(&result), [("7", XDIFF, Verdict::Diverge)], "{second}");
    }
}

/// The module of each level has a different number of functions.
const NESTED: &str = r#"
(module (func (export "a")))
(invoke "a")
(thread $T
  (module (func (export "b")) (func))
  (invoke "b")
  (thread $U
    (module (func (export "c")) (func) (func) (func))
    (invoke "c")
    (invoke "c"))
  (wait $U)
  (invoke "b"))
(wait $T)
"#;

#[test]
fn what_threads_in_threads_did_is_counted() {
    let result = execute(NESTED, "jit", &[], LONG);
    assert_eq!(odd(&result), []);
    let stats = result.stats;
    assert_eq!((stats.jit_functions, stats.native_entries, stats.fallbacks), (1 + 2 + 4, 1 + 2 + 2, 0));
}

const ENDLESS: &str = r#"
(module (func (export "one") (result i32) (i32.const 1)))
(assert_return (invoke "one") (i32.const 1))
(thread $T
  (module (func (export "one") (result i32) (i32.const 1)) (func (export "endless") (loop (br 0))))
  (assert_return (invoke "one") (i32.const 1))
  (thread $U
    (module (func (export "endless") (loop (br 0))))
    (invoke "endless"))
  (wait $U)
  (invoke "endless")
  (assert_return (invoke "one") (i32.const 1)))
(assert_return (invoke "one") (i32.const 1))
(wait $T)
(assert_return (invoke "one") (i32.const 1))
"#;

#[test]
fn endless_code_is_the_timeout_of_the_directive_that_it_is_in() {
    for text in [ENDLESS.to_string(), ENDLESS.replace("(wait $T)\n", "")] {
        let result = execute(&text, "jit", &[], Duration::from_secs(1));
        let timeouts: Vec<_> = odd(&result).into_iter().filter(|o| o.1 != XDIFF).collect();
        let expected = [("2.2.1", "interp"), ("2.2.1", "second"), ("2.4", "interp"), ("2.4", "second")];
        assert_eq!(timeouts, expected.map(|(index, backend)| (index, backend, Verdict::Timeout)));
        assert_eq!(result.stats.crashes, 0, "it is interrupted, not killed");
    }
}

/// No directive waits for `$T`: it may still be running when the last directive is done.
const UNAWAITED: &str = r#"
(module $Mem (memory (export "shared") 1 1 shared) (func (export "two") (result i32) (i32.const 2)))
(register "mem" $Mem)
(module $Alone (memory (export "m") 1) (func (export "one") (result i32) (i32.const 1)))
(thread $T (shared (module $Mem))
  (module (memory (import "mem" "shared") 1 1 shared)
    (func (export "run") (loop $l (i32.store (i32.const 0) (i32.const 42)) BRANCH)))
  (invoke "run"))
LAST
"#;

#[test]
fn the_last_directive_is_beside_the_threads_that_nothing_waited_for() {
    for second in SECONDS {
        let script = |last: &str| UNAWAITED.replace("BRANCH", "").replace("LAST", last);
        let flip = |last: &str| execute(&script(last), second, &[("4", InjectedFaultKind::FlipResultBit)], LONG);
        // A result that a race may explain, and one that no race can.
        let result = flip("(assert_return (invoke $Mem \"two\") (i32.const 2))");
        assert_eq!(odd(&result), [("4", "second", Verdict::Fail), ("4", XDIFF, Verdict::Poisoned)], "{second}");
        let result = flip("(assert_return (invoke $Alone \"one\") (i32.const 1))");
        assert_eq!(odd(&result), [("4", "second", Verdict::Fail), ("4", XDIFF, Verdict::Diverge)], "{second}");
        let last = "(assert_return (invoke $Mem \"two\") (i32.const 2))";
        assert_eq!(odd(&execute(&script(last), second, &[], LONG)), [], "{second}");
    }
}

#[test]
fn what_an_endless_thread_wrote_is_no_divergence() {
    let last = r#"(module (memory (import "mem" "shared") 1 1 shared)
          (func (export "get") (result i32) (i32.load (i32.const 0))))
        (assert_return (invoke "get") (i32.const 42))"#;
    let text = UNAWAITED.replace("BRANCH", "(br $l)").replace("LAST", last);
    for second in SECONDS {
        for _ in 0..3 {
            let result = execute(&text, second, &[], Duration::from_millis(300));
            // Whether the write comes before the read is unspecified.
            let others: Vec<_> = odd(&result).into_iter().filter(|(_, _, verdict)| *verdict != Verdict::Fail).collect();
            let timeouts = ["interp", "second", XDIFF].map(|column| ("3.1", column, Verdict::Timeout));
            let expected: Vec<_> = timeouts.into_iter().chain([("5", XDIFF, Verdict::Poisoned)]).collect();
            assert_eq!(others, expected, "{second}");
            assert_eq!(result.stats.poisoned, 1);
        }
    }
}

/// A crash in a thread, in a nested thread or beside both is the outcome of the directive where it happened.
#[test]
fn deaths_in_threads_are_outcomes_of_their_directives() {
    const NESTED: &str = r#"
(thread $T
  (module (func (export "one") (result i32) (i32.const 1)))
  (assert_return (invoke "one") (i32.const 1))
  (assert_return (invoke "one") (i32.const 1))
  (thread $U
    (module (func (export "two") (result i32) (i32.const 2)))
    (assert_return (invoke "two") (i32.const 2))
    (assert_return (invoke "two") (i32.const 2)))
  (wait $U)
  (assert_return (invoke "one") (i32.const 1)))
(wait $T)
"#;
    const DEATHS: [(InjectedFaultKind, &str); 5] = [
        (InjectedFaultKind::Segfault, "crash(SIGSEGV)"),
        (InjectedFaultKind::Abort, "crash(SIGABRT)"),
        (InjectedFaultKind::Panic, "crash(panic: injected)"),
        (InjectedFaultKind::OutOfMemory, "crash(SIGABRT: out of memory)"),
        (InjectedFaultKind::StackExhaustion, "crash(SIGABRT: stack overflow)"),
    ];
    for second in SECONDS {
        assert_eq!(odd(&execute(NESTED, second, &[], LONG)), []);
        for at in ["0.1", "0.2", "0.3.1", "0.3.2", "0.5", "1"] {
            for (kind, ends) in DEATHS {
                let result = execute(NESTED, second, &[(at, kind.clone())], LONG);
                // The effect of the directive on its instance is unknown.
                let mut found = odd(&result);
                found.retain(|&(_, column, verdict)| (column, verdict) != (XDIFF, Verdict::Poisoned));
                let expected = [(at, "second", Verdict::Crash), (at, XDIFF, Verdict::Crash)];
                assert_eq!(found, expected, "{second} {at} {kind:?}");
                let dead = result.records.iter().find(|r| r.verdict == Verdict::Crash).expect("a crash");
                assert_eq!((dead.got.as_deref(), result.stats.crashes), (Some(ends), 1), "{second} {at} {kind:?}");
            }
        }
    }
}

/// `$T` is interrupted while it repeatedly writes the same value: the contents of the memory of `$Mem` are unknown from directive
/// 4 on, but nothing else is.
const INTERRUPTED: &str = r#"
(module $Mem (memory (export "shared") 1 1 shared) (func (export "two") (result i32) (i32.const 2)))
(register "mem" $Mem)
(module $Alone (memory (export "m") 1 1 shared) (func (export "one") (result i32) (i32.const 1)))
(thread $T (shared (module $Mem))
  (module $Own (func (export "three") (result i32) (i32.const 3)))
  BEGUN
  (assert_return (invoke $Own "three") (i32.const 3)))
(wait $T)
(assert_return (invoke $Mem "two") (i32.const 2))
(assert_return (invoke $Alone "one") (i32.const 1))
(thread $U (shared (module $Mem))
  (module $Other (func (export "four") (result i32) (i32.const 4)))
  (assert_return (invoke $Other "four") (i32.const 4))
  (module (memory (import "mem" "shared") 1 1 shared) (func (export "five") (result i32) (i32.const 5)))
  (assert_return (invoke "five") (i32.const 5)))
(wait $U)
(assert_return (invoke $Alone "one") (i32.const 1))
"#;

#[test]
fn what_an_interrupted_thread_could_reach_is_unknown_for_good() {
    const MODULE: &str = r#"(module (memory (import "mem" "shared") 1 1 shared)
      (func $run (export "run") (loop $l (i32.store (i32.const 0) (i32.const 0)) (br $l))) START)"#;
    // In a call, and in a start function.
    let called = format!("{} (invoke \"run\")", MODULE.replace("START", ""));
    let started = format!("{} (invoke $Own \"three\")", MODULE.replace("START", "(start $run)"));
    for (begun, at) in [(called, "3.2"), (started, "3.1")] {
        let text = INTERRUPTED.replace("BEGUN", &begun);
        let compared = |faults: &[(&str, InjectedFaultKind)]| {
            let result = execute(&text, "jit", faults, Duration::from_millis(300));
            let verdicts: Vec<(String, Verdict)> = odd(&result)
                .into_iter()
                .filter(|(_, column, _)| *column == XDIFF)
                .map(|(index, _, verdict)| (index.to_string(), verdict))
                .collect();
            let poisoned = verdicts.iter().filter(|(_, verdict)| *verdict == Verdict::Poisoned).count();
            assert_eq!(result.stats.poisoned, poisoned as u64);
            verdicts
        };
        let poisoned = ["4", "5", "7.2", "7.3"].map(|index| (index.to_string(), Verdict::Poisoned));
        let expected: Vec<_> = [(at.to_string(), Verdict::Timeout)].into_iter().chain(poisoned).collect();
        assert_eq!(compared(&[]), expected, "{begun}");
        // Everything out of its reach is still compared: in its store, beside it, and in another thread.
        for index in ["3.3", "6", "7.1", "9"] {
            let mut with = expected.clone();
            with.push((index.to_string(), Verdict::Diverge));
            with.sort_by_key(|(index, _)| index.split('.').map(|n| n.parse().unwrap_or(0)).collect::<Vec<u32>>());
            let mut verdicts = compared(&[(index, InjectedFaultKind::FlipResultBit)]);
            verdicts.sort_by_key(|(index, _)| index.split('.').map(|n| n.parse().unwrap_or(0)).collect::<Vec<u32>>());
            assert_eq!(verdicts, with, "{begun} {index}");
        }
    }
}

#[test]
fn an_interrupted_directive_that_cannot_reach_the_memory_leaves_it_known() {
    let begun = "(module (func (export \"run\") (loop (br 0)))) (invoke \"run\")";
    let text = INTERRUPTED.replace("BEGUN", begun);
    let flip = [("5", InjectedFaultKind::FlipResultBit)];
    let result = execute(&text, "jit", &flip, Duration::from_millis(300));
    let xdiff: Vec<_> = odd(&result).into_iter().filter(|(_, column, _)| *column == XDIFF).collect();
    assert_eq!(xdiff, [("3.2", XDIFF, Verdict::Timeout), ("5", XDIFF, Verdict::Diverge)]);
}

#[test]
fn what_kills_or_hangs_a_thread_is_its_directive() {
    for (kind, verdict) in
        [(InjectedFaultKind::Segfault, Verdict::Crash), (InjectedFaultKind::EndlessLoop, Verdict::Timeout)]
    {
        let result = execute(BESIDE, "interp", &[("2.3", kind)], Duration::from_secs(2));
        assert_eq!(odd(&result), [("2.3", "second", verdict), ("2.3", XDIFF, verdict)]);
    }
}

/// The time limit applies to each directive, not to all directives of a thread together.
#[test]
fn each_directive_of_a_thread_has_its_own_time() {
    const WAITS: &str = r#"(thread $T
      (module (memory 1 1 shared)
        (func (export "wait") (result i32)
          (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 500_000_000))))
      (assert_return (invoke "wait") (i32.const 2))
      (assert_return (invoke "wait") (i32.const 2))
      (assert_return (invoke "wait") (i32.const 2))
      (assert_return (invoke "wait") (i32.const 2))
      (assert_return (invoke "wait") (i32.const 2))
      (assert_return (invoke "wait") (i32.const 2))
      (assert_return (invoke "wait") (i32.const 2)))
    (wait $T)"#;
    let result = execute(WAITS, "jit", &[], Duration::from_secs(3));
    assert_eq!(odd(&result), [], "{:?}", result.error);
}

/// A thread's names are separate, also in a nested thread.
#[test]
fn threads_in_threads_name_their_own_modules() {
    const NAMES: &str = r#"(module $m (func (export "f") (result i32) (i32.const 0)))
    (thread $a
      (module $m (func (export "f") (result i32) (i32.const 1)))
      (thread $b
        (module $m (func (export "f") (result i32) (i32.const 2)))
        (assert_return (invoke $m "f") (i32.const 2)))
      (wait $b)
      (assert_return (invoke $m "f") (i32.const 1)))
    (wait $a)
    (assert_return (invoke $m "f") (i32.const 0))"#;
    for second in SECONDS {
        let result = execute(NAMES, second, &[], LONG);
        assert_eq!(odd(&result), [], "{second}: {:?}", result.error);
    }
}

#[test]
fn names_of_threads() {
    let cases = [
        ("(module) (thread $T (module)) (thread $T (module)) (wait $T)", "2", "thread $T is already defined"),
        ("(module) (thread $T (module)) (thread $U (thread $T)) (wait $T)", "2.0", "thread $T is already defined"),
        ("(module) (wait $T)", "1", "unknown thread $T"),
        ("(module) (thread $T (module)) (thread $U (wait $T)) (wait $T)", "2.0", "unknown thread $T"),
        ("(module) (thread $T (shared (module $M)) (module))", "1", "unknown instance"),
        (
            "(module $M (memory (export \"m\") 1)) (thread $T (shared (module $M)) (module))",
            "1",
            "module $M exports no shared memory",
        ),
    ];
    for (text, index, message) in cases {
        let result = execute(text, "interp", &[], LONG);
        let first =
            result.records.iter().find(|r| r.verdict != Verdict::Pass).unwrap_or_else(|| panic!("{text} passes"));
        assert_eq!((first.index.as_str(), first.verdict), (index, Verdict::Fail), "{text}: {first:?}");
        assert!(first.got.as_ref().is_some_and(|got| got.contains(message)), "{text}: {first:?}");
    }
    let right = [
        "(module) (thread $T (module)) (wait $T) (wait $T)",
        "(module) (thread $T (thread $U)) (thread $V (thread $U))",
        // Without exports, nothing can be shared.
        "(module $M) (thread $T (shared (module $M)) (module)) (wait $T)",
        // Nothing waits for the inner thread.
        "(thread $T (thread $U (module (func (export \"f\"))) (invoke \"f\"))) (wait $T)",
    ];
    for text in right {
        assert_eq!(odd(&execute(text, "interp", &[], LONG)), [], "{text}");
    }
}

/// All directives of a thread that cannot start depend on what prevented it.
#[test]
fn a_thread_that_does_not_start_blocks_its_directives() {
    const NESTED: &str = "(module) (thread $U (module)) (wait $U)";
    for (text, thread, verdict, cause) in [
        (format!("(thread $T (shared (module $M)) {NESTED})"), "0", Verdict::Fail, "0"),
        (format!("(component $M) (thread $T (shared (module $M)) {NESTED})"), "1", Verdict::Unsupported, "0"),
        (
            format!("(module $M (memory (export \"m\") 1)) (thread $T (shared (module $M)) {NESTED})"),
            "1",
            Verdict::Fail,
            "1",
        ),
    ] {
        let result = execute(&text, "interp", &[], LONG);
        let of = |index: &str| {
            let record = result.records.iter().find(|r| r.index == index && r.backend == "interp");
            let record = record.unwrap_or_else(|| panic!("no record of {index}: {text}"));
            (record.verdict, record.cause.clone())
        };
        assert_eq!(of(thread).0, verdict, "{text}");
        for nested in ["0", "1", "1.0", "2"] {
            assert_eq!(of(&format!("{thread}.{nested}")), (verdict, Some(cause.to_string())), "{nested}: {text}");
        }
    }
}

/// A wild store of one backend crashes a thread of the other one, and is reported there.
#[test]
fn a_wild_store_strikes_in_a_thread() {
    const TEXT: &str = r#"
(module (func (export "f")))
(invoke "f")
(thread $T (module))
(wait $T)
"#;
    let result = execute(TEXT, "interp", &[("1", InjectedFaultKind::WildStore)], LONG);
    let sides: Vec<_> = odd(&result).into_iter().filter(|(_, column, _)| *column != XDIFF).collect();
    assert_eq!(sides, [("2.0", "interp", Verdict::Flaky)]);
}
