//! Processes: what runs away is stopped, and nobody outlives the program.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use wasmoon::conformance::language::Dialect;
use wasmoon::conformance::plan::{Event, FileResult, Plan, run};
use wasmoon::conformance::record::Verdict;
use wasmoon::conformance::suite::Suite;

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
    let mut result = None;
    run(&plan, &mut |event| {
        if let Event::Finished(r) = event {
            result = Some(r);
        }
    })
    .expect("workers start");
    *result.expect("one file")
}

#[test]
fn an_endless_loop_times_out_on_every_backend() {
    let result = execute(ENDLESS, Duration::from_millis(1500));
    assert!(result.complete);
    for record in &result.records {
        let expected = if record.index == "2" { Verdict::Timeout } else { Verdict::Pass };
        // After the time-outs the comparison has nothing to say.
        let fine = record.verdict == expected || record.backend == "xdiff" && record.verdict == Verdict::Poisoned;
        assert!(fine, "{record:?}");
    }
    assert_eq!(result.stats.crashes, 4, "one a backend");
}

#[test]
fn a_script_that_is_none_has_a_failure_a_column() {
    let result = execute("(module)\n(assert_return (invoke \"f\"\n", Duration::from_secs(20));
    assert!(!result.complete && result.error.is_some());
    let got: Vec<_> = result.records.iter().map(|r| (r.index.as_str(), r.directive.as_str(), r.verdict)).collect();
    assert_eq!(got, [("0", "script", Verdict::Fail); 4]);
}

/// Processes whose parent is this one.
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
    // A zombie that nobody has waited for yet has ended all the same.
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
    // Between fork and exec it has everything for a moment.
    let holds = |worker: &u32| {
        let entries = std::fs::read_dir(format!("/proc/{worker}/fd")).expect("descriptors");
        entries.flatten().any(|e| std::fs::read_link(e.path()).ok().as_ref() == Some(&ours))
    };
    wait_until("a worker without our standard output", || !workers.iter().any(holds));
    program.kill().expect("killed");
    program.wait().expect("ended");
}
