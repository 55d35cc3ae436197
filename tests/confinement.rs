//! A compromised worker of the harness can change no file, open no connection and signal no other process.

mod support;

use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use support::{Missing, tool};
use wasmoon::conformance::injected_fault::{InjectedFault, InjectedFaultKind};
use wasmoon::conformance::plan::{Event, Plan};
use wasmoon::conformance::read::language::Dialect;
use wasmoon::conformance::read::suite::Suite;
use wasmoon::conformance::record::Verdict;
use wasmoon::conformance::supervise::run;

fn workers_give_up_their_rights() -> Result<(), Missing> {
    tool("landlock")?;
    let dir = tempfile::tempdir().expect("a folder");
    let (script, kept, made) = (dir.path().join("a.wast"), dir.path().join("kept"), dir.path().join("made"));
    std::fs::write(&script, r#"(module (func (export "f"))) (assert_return (invoke "f"))"#).expect("writable");
    std::fs::write(&kept, "kept").expect("writable");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a socket");
    let mut victim = Command::new("sleep").arg("100").stdin(Stdio::null()).spawn().expect("a process");

    let files = Suite::paths(&[script], Dialect::Spec).expect("a path").files;
    let (file, port) = (files[0].key(), listener.local_addr().expect("bound").port());
    let mut plan = Plan::new(files);
    plan.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_wasmoon")));
    let kind = InjectedFaultKind::Escape { make: made.clone(), remove: kept.clone(), port, kill: victim.id() };
    plan.faults = vec![InjectedFault { file, index: "1".into(), backend: "interp".into(), kind }];
    let mut records = Vec::new();
    run(&plan, &mut |event| {
        if let Event::Finished(result) = event {
            records.extend(result.records);
        }
    })
    .expect("workers start");

    let struck = records.iter().find(|r| r.index == "1" && r.backend == "interp").expect("a record");
    assert_eq!(struck.verdict, Verdict::Crash, "the fault acted: {struck:?}");
    assert!(!made.exists(), "a file was made");
    assert!(kept.exists(), "a file was removed");
    let refused = listener.accept().expect_err("there was a connection").kind();
    assert_eq!(refused, ErrorKind::WouldBlock);
    assert!(victim.try_wait().expect("a child").is_none(), "a process was killed");
    victim.kill().expect("alive");
    victim.wait().expect("a child");
    Ok(())
}

fn main() -> std::process::ExitCode {
    support::run(tests![workers_give_up_their_rights])
}
