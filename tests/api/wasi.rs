//! Programs of WASI preview 1 through the interface do what they do on the command line.

use super::engines;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmoon::wasip1::{self, Capture, Input, Output, WasiCtx, WasiCtxBuilder};
use wasmoon::{Engine, Error, Linker, Module, Store};

struct Ran {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// 134 for a trap, as on the command line.
    status: i32,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn embedded(engine: &Engine, file: &Path, folder: &Path, args: &[&str]) -> Ran {
    let (out, err) = (Capture::default(), Capture::default());
    let mut context = WasiCtxBuilder::new();
    context.stdin(Input::Empty).stdout(Output::Capture(out.clone())).stderr(Output::Capture(err.clone()));
    context.arg(file.to_str().expect("text")).dir(folder, "/").expect("a folder");
    args.iter().for_each(|&arg| {
        context.arg(arg);
    });
    let mut linker = Linker::new(engine);
    wasip1::add_to_linker(&mut linker, |context: &mut WasiCtx| context).expect("no name is taken");
    let module = Module::from_file(engine, file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut store = Store::new(engine, context.build().expect("streams"));
    let ended = linker
        .instantiate(&mut store, &module)
        .and_then(|instance| instance.get_typed_func::<(), ()>(&mut store, "_start")?.call(&mut store, ()));
    let status = match &ended {
        Ok(()) => 0,
        Err(e) => e.i32_exit_status().or_else(|| e.as_trap().map(|_| 134)).unwrap_or_else(|| panic!("{e}")),
    };
    Ran { stdout: out.take(), stderr: err.take(), status }
}

fn command_line(tier: Option<&str>, file: &Path, folder: &Path, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    let mut dir = folder.as_os_str().to_owned();
    dir.push("::/");
    command.arg("run").args(tier).arg("--dir").arg(dir).arg(file).args(args);
    let output = command.stdin(std::process::Stdio::null()).output().expect("it starts");
    Ran { stdout: output.stdout, stderr: output.stderr, status: output.status.code().expect("a status") }
}

/// The programs of `examples/`, and those that `ci/workloads build` has built, if it has.
fn programs() -> Vec<(PathBuf, &'static [&'static str])> {
    let mut programs: Vec<(PathBuf, &'static [&'static str])> = vec![
        (root().join("examples/sort.wat"), &["/in.txt"]),
        (root().join("examples/sort.wat"), &["/in.txt", "-r"]),
        (root().join("examples/sort.wat"), &["/nothing"]),
        (root().join("examples/sort.wat"), &[]),
        (root().join("examples/check.wat"), &[]),
    ];
    let built = std::fs::read_dir(root().join("target/workloads")).into_iter().flatten();
    let built = built.map(|entry| entry.expect("an entry").path());
    programs.extend(built.filter(|path| path.extension().is_some_and(|e| e == "wasm")).map(|path| (path, &[][..])));
    programs
}

#[test]
fn programs_do_what_they_do_on_the_command_line() {
    for (file, args) in programs() {
        for (engine, tier) in engines().iter().zip([None, Some("--no-jit")]) {
            let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            for folder in [&here, &there] {
                std::fs::copy(root().join("examples/in.txt"), folder.path().join("in.txt")).unwrap();
            }
            let a = embedded(engine, &file, here.path(), args);
            let b = command_line(tier, &file, there.path(), args);
            let name = file.display();
            assert_eq!(a.status, b.status, "{name} {args:?} {tier:?}: {}", String::from_utf8_lossy(&b.stderr));
            assert!(a.stdout == b.stdout, "{name} {args:?} {tier:?}: {}", String::from_utf8_lossy(&a.stdout));
            // The command line adds the report of a trap.
            assert!(
                b.stderr.starts_with(&a.stderr),
                "{name} {args:?} {tier:?}: {}",
                String::from_utf8_lossy(&b.stderr)
            );
        }
    }
}

#[test]
fn functions_of_the_host_stand_beside_those_of_wasi() {
    for engine in engines() {
        let text = r#"(module
            (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
            (import "host" "add" (func $add (param i32)))
            (memory (export "memory") 1)
            (func (export "f") (call $add (call $random (i32.const 0) (i32.const 4))) (call $add (i32.load (i32.const 0)))))"#;
        struct Data {
            wasi: WasiCtx,
            sum: i64,
        }
        let mut context = WasiCtxBuilder::new();
        context.deterministic(1);
        let mut linker = Linker::new(&engine);
        wasip1::add_to_linker(&mut linker, |data: &mut Data| &mut data.wasi).unwrap();
        let add = |mut caller: wasmoon::Caller<'_, Data>, n: i32| caller.data_mut().sum += i64::from(n as u32);
        linker.func_wrap("host", "add", add).unwrap();
        let mut store = Store::new(&engine, Data { wasi: context.build().unwrap(), sum: 0 });
        let instance = linker.instantiate(&mut store, &Module::new(&engine, text).unwrap()).unwrap();
        instance.get_typed_func::<(), ()>(&mut store, "f").unwrap().call(&mut store, ()).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let word = u32::from_le_bytes(memory.data(&store)[..4].try_into().unwrap());
        assert!(word != 0 && store.data().sum == i64::from(word));
    }
}

#[test]
fn a_shared_memory_is_refused() {
    for engine in engines() {
        let text = r#"(module
            (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
            (memory (export "memory") 1 1 shared)
            (func (export "f") (drop (call $random (i32.const 0) (i32.const 4)))))"#;
        let mut linker = Linker::new(&engine);
        wasip1::add_to_linker(&mut linker, |context: &mut WasiCtx| context).unwrap();
        let mut store = Store::new(&engine, WasiCtxBuilder::new().build().unwrap());
        let instance = linker.instantiate(&mut store, &Module::new(&engine, text).unwrap()).unwrap();
        let ended: Result<(), Error> = instance.get_typed_func(&mut store, "f").unwrap().call(&mut store, ());
        assert_eq!(ended.unwrap_err().to_string(), "random_get: the program's memory is shared");
    }
}
