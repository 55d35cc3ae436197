//! The compiler is deterministic: the same module gives the same bytes in another process, at other addresses, and after other
//! modules were compiled.

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;
use support::{Missing, tool};
use wasmoon::conformance::plan::{Event, Plan};
use wasmoon::conformance::read::suite::Suite;
use wasmoon::conformance::supervise::run;

/// Returns the size of the machine code and its hash, by file and column.
fn compile(column: usize, jobs: usize, reversed: bool) -> BTreeMap<String, (u64, u64)> {
    let mut plan = Plan::new(Suite::embedded().expect("the embedded suite").files);
    plan.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_wasmoon")));
    plan.backends = vec![plan.backends.remove(column)];
    plan.jobs = jobs;
    if reversed {
        plan.files.reverse();
    }
    let mut code = BTreeMap::new();
    run(&plan, &mut |event| {
        if let Event::Finished(result) = event {
            code.insert(result.file.key(), (result.stats.code_bytes, result.stats.code_hash));
        }
    })
    .expect("workers start");
    code
}

/// Writes the hashes to a file, so that two versions of the compiler can be compared with `diff`.
fn record(column: &str, code: &BTreeMap<String, (u64, u64)>) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("code-{column}.txt"));
    let lines: String = code.iter().map(|(file, (bytes, hash))| format!("{file} {bytes} {hash:016x}\n")).collect();
    std::fs::write(&path, lines).expect("the folder for temporary files");
    println!("{column}: hashes in {}", path.display());
}

fn the_suite_compiles_to_the_same_bytes() -> Result<(), Missing> {
    // Otherwise worker processes use the same addresses, and dependence on addresses goes unnoticed.
    tool("randomized-addresses")?;
    for (column, name) in [(1, "jit-O0"), (3, "jit")] {
        let (first, second) = (compile(column, 2, false), compile(column, 1, true));
        let bytes: u64 = first.values().map(|(bytes, _)| bytes).sum();
        println!("{name}: {} files, {bytes} bytes of machine code", first.len());
        record(name, &first);
        assert!(bytes > 1_000_000, "{name}: hardly anything was compiled");
        for (file, code) in &first {
            assert_eq!(Some(code), second.get(file), "{name}: {file} compiles to other bytes the second time");
        }
    }
    Ok(())
}

fn main() -> std::process::ExitCode {
    support::run(tests![the_suite_compiles_to_the_same_bytes])
}
