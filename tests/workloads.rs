//! Real programs, if `ci/workloads build` has built them: each prints and writes the same on every backend, and meets libsodium's
//! own expectations.

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use support::{Missing, tool};
use wasmoon::engine::{Config, Engine, Mode, OptLevel, Tier};
use wasmoon::module::{Module, WasmFeatures};
use wasmoon::wasi::program::{ProgramInputs, RunOptions, run_captured};

/// A program's output and the files that it wrote.
type Seen = (Vec<u8>, BTreeMap<PathBuf, Vec<u8>>);

fn built() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/workloads")
}

fn columns() -> Vec<(&'static str, Config)> {
    let jit = |opt| Config { mode: Mode::All(Tier::Jit), opt, ..Config::default() };
    vec![
        ("jit", jit(OptLevel::O2)),
        ("jit-O0", jit(OptLevel::O0)),
        ("jit-O1", jit(OptLevel::O1)),
        ("interp", Config::default()),
    ]
}

/// Runs a program on every column.
fn run(name: &str, args: &[&str], expected: Option<&Path>) {
    let bytes = std::fs::read(built().join(name).with_extension("wasm")).expect("built with the others");
    let module = Arc::new(Module::new(&bytes, WasmFeatures::all()).expect("valid"));
    let mut first: Option<Seen> = None;
    for (column, config) in columns() {
        let folder = tempfile::tempdir().unwrap();
        let mut dirs = vec![(folder.path().to_path_buf(), "/".to_string())];
        dirs.extend(expected.map(|e| (e.to_path_buf(), "/exp".to_string())));
        let args = std::iter::once(name).chain(args.iter().copied()).map(str::to_string).collect();
        let given = ProgramInputs { args, dirs, ..ProgramInputs::default() };
        let engine = Engine::new(config).expect("a configuration");
        let ran =
            run_captured(&engine, &module, &given, &RunOptions::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let text = String::from_utf8_lossy(&ran.stdout);
        assert_eq!(ran.run.exit(), Some(0), "{name} on {column}: {:?}\n{text}", ran.run.end);
        let files = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path());
        let files = files.map(|f| (f.file_name().unwrap().into(), std::fs::read(f).unwrap())).collect();
        let seen: Seen = (ran.stdout, files);
        if let Some(expected) = expected {
            let written = seen.1.get(&PathBuf::from(format!("{name}.res")));
            let expected = std::fs::read(expected.join(format!("{name}.exp"))).expect("libsodium's expectations");
            assert!(written == Some(&expected), "{name} on {column} did not write what libsodium expects");
        }
        match &first {
            None => first = Some(seen),
            Some(first) => assert!(*first == seen, "{name}: {column} does not give what jit gives"),
        }
    }
}

/// libsodium's tests compare their output with the expectation themselves; this repeats the comparison.
fn libsodium_gives_what_it_expects() -> Result<(), Missing> {
    tool("workloads")?;
    let expected = built().join("libsodium-stable/test/default");
    let names =
        ["aead_aegis128l", "aead_chacha20poly1305", "auth", "hash", "kdf", "onetimeauth", "secretbox", "stream"];
    names.iter().for_each(|name| run(name, &[], Some(&expected)));
    Ok(())
}

fn sqlite_works_on_a_database_on_disk() -> Result<(), Missing> {
    tool("workloads")?;
    run("sqlite", &["/work.db", "300"], None);
    Ok(())
}

fn main() -> std::process::ExitCode {
    support::run(tests![libsodium_gives_what_it_expects, sqlite_works_on_a_database_on_disk])
}
