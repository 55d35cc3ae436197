//! Processes: runaway code is stopped, and no process outlives the program.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use wasmoon::conformance::backend::Backend;
use wasmoon::conformance::injected_fault::PREPARATION;
use wasmoon::conformance::injected_fault::{InjectedFault, InjectedFaultKind};
use wasmoon::conformance::plan::{Event, FileResult, Plan};
use wasmoon::conformance::read::language::Dialect;
use wasmoon::conformance::read::suite::Suite;
use wasmoon::conformance::record::{Record, Verdict};
use wasmoon::conformance::supervise::run;

const ENDLESS: &str = r#"
(module
  (func (export "one") (result i32) (i32.const 1))
  (func (export "endless") (loop $l (br $l)))
  (func (export "recursive") (result i32) (call 2)))
(assert_return (invoke "one") (i32.const 1))
(assert_return (invoke "endless"))
(assert_return (invoke "one") (i32.const 1))
(assert_exhaustion (invoke "recursive") "call stack exhausted")
(assert_return (invoke "one") (i32.const 1))
"#;

fn script(text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("script.wast");
    std::fs::write(&path, text).expect("writable");
    (dir, path)
}

fn execute(text: &str, timeout: Duration) -> FileResult {
    let (_dir, path) = script(text);
    let mut plan = Plan::new(Suite::paths(&[path], Dialect::Spec).expect("a path").files);
    plan.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_wasmoon")));
    plan.timeout = timeout;
    run_one(&plan)
}

fn run_one(plan: &Plan) -> FileResult {
    let mut result = None;
    run(plan, &mut |event| {
        if let Event::Finished(r) = event {
            result = Some(r);
        }
    })
    .expect("workers start");
    *result.expect("one file")
}

/// If the worker program cannot be started, no file is judged, and no other file is tried.
#[test]
fn without_workers_nothing_is_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = ["a.wast", "b.wast", "c.wast"].map(|name| folder.path().join(name));
    for path in &paths {
        std::fs::write(path, ENDLESS).expect("writable");
    }
    let mut plan = Plan::new(Suite::paths(&paths, Dialect::Spec).expect("paths").files);
    plan.worker = Some(folder.path().join("wasmoon"));
    plan.jobs = 1;
    let (mut started, mut finished) = (0, 0);
    let result = run(&plan, &mut |event| match event {
        Event::Started(_) => started += 1,
        Event::Finished(_) => finished += 1,
    });
    assert!(result.is_err());
    assert_eq!((started, finished), (1, 0));
}

#[test]
fn an_endless_loop_times_out_on_every_backend() {
    let result = execute(ENDLESS, Duration::from_millis(1500));
    assert!(result.complete);
    for record in &result.records {
        let expected = if record.index == "2" { Verdict::Timeout } else { Verdict::Pass };
        // After a timeout there is nothing to compare.
        let fine = record.verdict == expected || record.backend == "xdiff" && record.verdict == Verdict::Poisoned;
        assert!(fine, "{record:?}");
    }
    assert_eq!(result.stats.crashes, 0, "endless code is interrupted, and the process lives on");
}

/// Asserts that one directive times out everywhere, that one which depends on its effects is not compared, and that all else
/// passes.
#[track_caller]
fn assert_times_out_once(result: &FileResult, endless: &str, looks: &str) {
    for record in &result.records {
        let want = match (record.index.as_str(), record.backend.as_str()) {
            (index, _) if index == endless => Verdict::Timeout,
            (index, "xdiff") if index == looks => Verdict::Poisoned,
            _ => Verdict::Pass,
        };
        assert_eq!(record.verdict, want, "{record:?}");
    }
    assert_eq!(result.stats.crashes, 0);
}

#[test]
fn an_endless_start_function_times_out_and_what_it_may_have_changed_is_not_compared() {
    let result = execute(
        r#"
        (module $m (memory (export "m") 1) (func (export "load") (result i32) (i32.load (i32.const 0))))
        (register "m")
        (module (import "m" "m" (memory 1))
          (func $f (loop $l (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1))) (br $l)))
          (start $f))
        (invoke $m "load")
        (module (func (export "one") (result i32) (i32.const 1)))
        (assert_return (invoke "one") (i32.const 1))
        "#,
        Duration::from_millis(300),
    );
    assert_times_out_once(&result, "2", "3");
}

#[test]
fn what_an_endless_function_of_another_instance_may_have_changed_is_not_compared() {
    let result = execute(
        r#"
        (module $counts
          (global $n (mut i32) (i32.const 0))
          (func (export "endless") (loop $l (global.set $n (i32.add (global.get $n) (i32.const 1))) (br $l)))
          (func (export "n") (result i32) (global.get $n)))
        (register "counts")
        (module $calls (import "counts" "endless" (func $endless)) (func (export "run") (call $endless)))
        (invoke $calls "run")
        (invoke $counts "n")
        (module (func (export "one") (result i32) (i32.const 1)))
        (assert_return (invoke "one") (i32.const 1))
        "#,
        Duration::from_millis(300),
    );
    assert_times_out_once(&result, "3", "4");
}

/// A script that is judged to its end, whatever the others in its folder do.
const PLAIN: &str = "(module (func (export \"one\") (result i32) (i32.const 1)))\n\
    (assert_return (invoke \"one\") (i32.const 1))\n";

#[test]
fn a_folder_of_troublemakers_is_judged_to_its_end() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).expect("writable");
    let (one, endless) = ("(assert_return (invoke \"one\") (i32.const 1))\n", "(invoke \"endless\")\n");
    let loops = format!("{endless}{one}").repeat(10);
    let module =
        "(module (func (export \"one\") (result i32) (i32.const 1)) (func (export \"endless\") (loop (br 0))))";
    write("loops.wast", format!("{module}\n{loops}").as_bytes());
    let checks = "(assert_malformed (module quote \"(func\") \"\")\n";
    write("dies.wast", format!("{PLAIN}{checks}{one}").as_bytes());
    write("plain.wast", PLAIN.as_bytes());
    let mut plan = Plan::new(Suite::paths(&[dir.path().to_path_buf()], Dialect::Spec).expect("a folder").files);
    plan.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_wasmoon")));
    plan.backends = ["interp", "jit"].map(|name| Backend::named(name).expect("a backend")).into();
    plan.timeout = Duration::from_millis(300);
    plan.file_timeout = Duration::from_secs(300);
    let dies = plan.files.iter().find(|file| file.stem == "dies").expect("listed").key();
    let (index, backend, kind) = ("2".into(), PREPARATION.into(), InjectedFaultKind::StackExhaustion);
    plan.faults = vec![InjectedFault { file: dies, index, backend, kind }];
    let mut records: Vec<Record> = Vec::new();
    run(&plan, &mut |event| {
        if let Event::Finished(result) = event {
            assert!(result.complete, "{:?}", result.error);
            records.extend(result.records);
        }
    })
    .expect("workers start");
    let of = |file: &str| -> Vec<(u32, &str, &str)> {
        let here = records.iter().filter(|r| r.file == file);
        here.map(|r| (r.line, r.backend.as_str(), r.verdict.name())).collect()
    };
    let lines = |range: std::ops::Range<u32>, verdict: &dyn Fn(u32, bool) -> &'static str| -> Vec<(u32, &str, &str)> {
        let columns = ["interp", "jit", "xdiff"];
        range.flat_map(|line| columns.map(|c| (line, c, verdict(line, c == "xdiff")))).collect()
    };
    // Odd lines assert, except for the first; the effects of an endless function are not compared.
    let expected = lines(1..22, &|line, xdiff| match line {
        1 => "pass",
        line if line % 2 == 0 => "timeout",
        _ if xdiff => "poisoned",
        _ => "pass",
    });
    assert_eq!(of("loops"), expected);
    // On a busy machine it may time out before its stack is exhausted.
    let died = of("dies").get(6).map_or("nothing", |(.., verdict)| *verdict);
    assert!(["crash", "timeout"].contains(&died), "{died}");
    assert_eq!(of("dies"), lines(1..5, &|line, _| if line == 3 { died } else { "pass" }));
    assert_eq!(of("plain"), lines(1..3, &|_, _| "pass"));
}

#[test]
fn text_may_nest_deeply() {
    let deep = 500_000;
    let (open, close) = ("(block ".repeat(deep), ")".repeat(deep));
    let quoted = |inside: &str| format!(r#"(module quote "(module (func {open} {inside} {close}))")"#);
    let hint = r#"(@metadata.code.branch_hint \"\\01\")"#;
    let text = format!(
        r#"
        (assert_malformed_custom {} "misplaced")
        (assert_invalid_custom {} "@metadata.code.branch_hint annotation: invalid target")
        {}
        (module (func (export "one") (result i32)
          {open} (@metadata.code.branch_hint "\00") (nop) {close} (i32.const 1)))
        (assert_return (invoke "one") (i32.const 1))
        "#,
        quoted(r#"(@custom \"x\")"#),
        quoted(&format!("{hint} (nop)")),
        quoted(&format!("{hint} (br_if 0 (i32.const 1)) {}{}", "(@unknown ".repeat(deep), ")".repeat(deep))),
    );
    let result = execute(&text, Duration::from_secs(200));
    assert!(result.complete, "{:?}", result.error);
    assert_eq!(result.stats.crashes, 0);
    let odd: Vec<_> = result.records.iter().filter(|r| r.verdict != Verdict::Pass).collect();
    assert!(odd.is_empty(), "{odd:?}");
    assert_eq!(result.records.last().map(|r| r.index.as_str()), Some("4"));
}

#[test]
fn the_time_of_a_file_is_a_time_of_its_parser_too() {
    let text = format!("(module)\n{}", "(assert_return (invoke \"f\"))\n".repeat(400_000));
    let (_dir, path) = script(&text);
    let mut plan = Plan::new(Suite::paths(&[path], Dialect::Spec).expect("a path").files);
    plan.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_wasmoon")));
    plan.file_timeout = Duration::from_millis(50);
    let result = run_one(&plan);
    assert!(!result.complete);
    let got: Vec<_> = result.records.iter().map(|r| (r.index.as_str(), r.directive.as_str(), r.verdict)).collect();
    assert_eq!(got, [("0", "script", Verdict::Timeout); 4], "{:?}", result.error);
    let error = result.error.as_deref().unwrap_or_default();
    assert!(error.contains("the file's time limit of 0.05 s"), "{error}");
}

#[test]
fn an_invalid_script_has_a_failure_per_column() {
    let result = execute("(module)\n(assert_return (invoke \"f\"\n", Duration::from_secs(20));
    assert!(!result.complete && result.error.is_some());
    let got: Vec<_> = result.records.iter().map(|r| (r.index.as_str(), r.directive.as_str(), r.verdict)).collect();
    assert_eq!(got, [("0", "script", Verdict::Fail); 4]);
}

/// The processes whose parent is this one.
fn children(parent: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").expect("procfs");
    let pids = entries.filter_map(|e| e.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/status")) else { return false };
        status.lines().any(|l| l.strip_prefix("PPid:").is_some_and(|p| p.trim() == parent.to_string()))
    })
    .collect()
}

fn alive(pid: u32) -> bool {
    let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/status")) else { return false };
    // A zombie that has not been reaped has ended all the same.
    !status.lines().any(|l| l.starts_with("State:") && l.contains('Z'))
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn start(path: &PathBuf) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    command.arg("test").arg(path).args(["--timeout", "300", "--backend", "interp"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the program starts")
}

#[test]
fn workers_die_with_the_program() {
    let (_dir, path) = script(ENDLESS);
    let mut program = start(&path);
    let mut workers = Vec::new();
    wait_until("a worker", || {
        workers = children(program.id());
        !workers.is_empty()
    });
    program.kill().expect("killed");
    program.wait().expect("ended");
    wait_until("the end of the workers", || workers.iter().all(|w| !alive(*w)));
}

#[test]
fn workers_hold_no_pipe_of_the_program() {
    let (_dir, path) = script(ENDLESS);
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    command.arg("test").arg(&path).args(["--timeout", "300", "--backend", "interp"]);
    let mut program =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("started");
    let mut workers = Vec::new();
    wait_until("a worker", || {
        workers = children(program.id());
        !workers.is_empty()
    });
    let link = |pid: u32, fd: u32| std::fs::read_link(format!("/proc/{pid}/fd/{fd}")).ok();
    let ours = link(program.id(), 1).expect("standard output");
    // Between fork and exec, a worker briefly has all descriptors.
    let holds = |worker: &u32| {
        let entries = std::fs::read_dir(format!("/proc/{worker}/fd")).expect("descriptors");
        entries.flatten().any(|e| std::fs::read_link(e.path()).ok().as_ref() == Some(&ours))
    };
    wait_until("a worker without our standard output", || !workers.iter().any(holds));
    program.kill().expect("killed");
    program.wait().expect("ended");
}

/// Workers have a memory limit, so that code which takes ever more memory dies before the machine runs out.
#[test]
fn workers_have_a_limit_of_memory() {
    let (_dir, path) = script(ENDLESS);
    let mut program = start(&path);
    let limit = |pid: u32| -> Option<u64> {
        let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
        let line = limits.lines().find_map(|line| line.strip_prefix("Max data size"))?;
        line.split_whitespace().next()?.parse().ok()
    };
    wait_until("a worker with a limit", || children(program.id()).into_iter().any(|pid| limit(pid).is_some()));
    program.kill().expect("killed");
    program.wait().expect("ended");
}

/// Runs a script under a limit in KiB on the data that a process may map; returns the records.
fn records_of(text: &str, data: Option<u64>) -> Vec<Record> {
    let (dir, path) = script(text);
    let report = dir.path().join("report.jsonl");
    let limit = data.map_or(String::new(), |kib| format!("ulimit -d {kib} && "));
    let output = Command::new("sh")
        .args(["-c", &format!("{limit}exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_wasmoon"), "test"])
        .arg(&path)
        .args(["--backend", "interp,jit", "--timeout", "60", "--report"])
        .arg(format!("jsonl={}", report.display()))
        .output()
        .expect("a shell");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let report = std::fs::read_to_string(report).expect("a report");
    report.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The verdicts of a directive on the interpreter, on the JIT, and in comparison.
fn verdicts(records: &[Record], index: &str) -> [&'static str; 3] {
    ["interp", "jit", "xdiff"].map(|column| {
        let record = records.iter().find(|r| r.index == index && r.backend == column);
        record.unwrap_or_else(|| panic!("no record of {index} on {column}")).verdict.name()
    })
}

#[test]
fn a_limit_is_unsupported_on_the_side_that_has_it() {
    let (operands, memories) = (70_000, "(memory 0) ".repeat(101));
    let text = format!(
        r#"
        (module (func (export "deep") (result i32) {} {}))
        (assert_return (invoke "deep") (i32.const {operands}))
        (module (func (export "one") (result i32) (local {}) (i32.const 1)))
        (assert_return (invoke "one") (i32.const 1))
        (module {memories})
        (assert_invalid (module {memories} (func (result i32) (i64.const 0))) "type mismatch")
        (assert_malformed (module quote "{memories} (func (result i32) (i64.const 0))") "unexpected token")
        (module (func (export "one") (result i32) (i32.const 1)))
        (assert_return (invoke "one") (i32.const 1))
        "#,
        "(i32.const 1) ".repeat(operands),
        "i32.add ".repeat(operands - 1),
        "v128 ".repeat(50_000),
    );
    let records = records_of(&text, None);
    let left = ["unsupported", "pass", "unsupported"];
    let all = ["unsupported"; 3];
    let expected = [left, left, left, left, all, all, all, ["pass"; 3], ["pass"; 3]];
    for (i, want) in expected.into_iter().enumerate() {
        assert_eq!(verdicts(&records, &i.to_string()), want, "{i}");
    }
    let got = |i: &str| records.iter().find(|r| r.index == i).and_then(|r| r.got.clone()).unwrap_or_default();
    assert!(got("0").starts_with("unsupported: limit: frame of more than"), "{}", got("0"));
    assert!(got("5").starts_with("unsupported: limit: memories count exceeds limit of 100"), "{}", got("5"));
}

#[test]
fn memory_that_the_system_refuses_is_unsupported_and_not_compared() {
    let text = r#"
        (module (memory 1 49152)
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
          (func (export "size") (result i32) (memory.size)))
        (assert_return (invoke "grow" (i32.const 32768)) (i32.const 1))
        (invoke "size")
        (module (func (export "one") (result i32) (i32.const 1)))
        (assert_return (invoke "one") (i32.const 1))
        (module (memory 32768))
        (assert_return (invoke "one") (i32.const 1))
        "#;
    // Room for the 2 GiB of one column, but not of two.
    let records = records_of(text, Some(3_500_000));
    let expected = [
        ["pass"; 3],
        ["pass", "unsupported", "unsupported"],
        ["pass", "pass", "poisoned"],
        ["pass"; 3],
        ["pass"; 3],
        ["unsupported"; 3],
        ["unsupported"; 3],
    ];
    for (i, want) in expected.into_iter().enumerate() {
        assert_eq!(verdicts(&records, &i.to_string()), want, "{i}");
    }
    let got = records.iter().find(|r| r.index == "1" && r.backend == "jit").and_then(|r| r.got.clone());
    assert_eq!(got.as_deref(), Some("unsupported: resources: the system refused the growth of a memory"));
}

/// As above: no room in the heap for an object is a trap, but no memory from the system is not.
#[test]
fn an_object_that_the_system_refuses_is_unsupported_and_not_compared() {
    let text = r#"
        (module (type $bytes (array i8))
          (func (export "make") (param i32) (result i32) (array.len (array.new_default $bytes (local.get 0)))))
        (assert_return (invoke "make" (i32.const 200000000)) (i32.const 200000000))
        "#;
    // Room for the 200 MB of one column, but not of two.
    let records = records_of(text, Some(375_000));
    for (i, want) in [["pass"; 3], ["pass", "unsupported", "unsupported"]].into_iter().enumerate() {
        assert_eq!(verdicts(&records, &i.to_string()), want, "{i}");
    }
    let got = records.iter().find(|r| r.index == "1" && r.backend == "jit").and_then(|r| r.got.clone());
    assert_eq!(got.as_deref(), Some("unsupported: resources: the system refused memory for an object"));
}
