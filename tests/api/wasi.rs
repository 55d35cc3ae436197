//! WASI preview 1 programs behave the same through the interface as on the command line.

use super::engines;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use wasmoon::wasip1::{self, Capture, Input, Output, WasiCtx, WasiCtxBuilder};
use wasmoon::{Engine, Error, Linker, Module, Store, StoreLimitsBuilder, Watchdog};

#[path = "../wasi/sources.rs"]
mod sources;

/// A program and its input: as command-line options, and for the interface.
#[derive(Debug, Default)]
struct Case {
    file: PathBuf,
    options: Vec<&'static str>,
    args: Vec<&'static str>,
    stdin: Vec<u8>,
    env: Vec<(&'static str, &'static str)>,
    /// The function to call instead of `_start`, and its argument.
    invoke: Option<(&'static str, i32)>,
    memory: Option<u64>,
    fuel: Option<u64>,
    timeout: Option<Duration>,
}

struct Ran {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// 134 for a trap, as on the command line.
    status: i32,
    files: Vec<(PathBuf, Vec<u8>)>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files that a program may have created or changed.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> =
        entries.map(|path| (path.file_name().unwrap().into(), std::fs::read(path).unwrap())).collect();
    files.sort();
    files
}

/// Calls `_start`, or else `_initialize`, if it is exported, and then the function, and returns its result as text.
fn call(store: &mut Store<WasiCtx>, linker: &Linker<WasiCtx>, module: &Module, case: &Case) -> Result<String, Error> {
    let instance = linker.instantiate(&mut *store, module)?;
    let Some((name, arg)) = case.invoke else {
        return instance.get_typed_func::<(), ()>(&mut *store, "_start")?.call(store, ()).map(|()| String::new());
    };
    if let Ok(initialize) = instance.get_typed_func::<(), ()>(&mut *store, "_initialize") {
        initialize.call(&mut *store, ())?;
    }
    let result = instance.get_typed_func::<i32, i32>(&mut *store, name)?.call(store, arg)?;
    Ok(format!("{result}\n"))
}

fn embedded(engine: &Engine, case: &Case, folder: &Path) -> Ran {
    let (out, err) = (Capture::default(), Capture::default());
    let mut context = WasiCtxBuilder::new();
    context.stdin(Input::Bytes(case.stdin.clone())).stdout(Output::Capture(out.clone()));
    context.stderr(Output::Capture(err.clone())).dir(folder, "/").expect("a folder");
    context.arg(case.file.to_str().expect("text"));
    for &arg in &case.args {
        context.arg(arg);
    }
    for (name, value) in &case.env {
        context.env(name.as_bytes(), value.as_bytes());
    }
    let mut linker = Linker::new(engine);
    wasip1::add_to_linker(&mut linker, |context: &mut WasiCtx| context).expect("no name is taken");
    let module = Module::from_file(engine, &case.file).unwrap_or_else(|e| panic!("{}: {e}", case.file.display()));
    let limits = StoreLimitsBuilder::new();
    let limits = case.memory.map_or(limits, |bytes| limits.total_size(bytes)).build();
    let mut store = Store::with_limits(engine, context.build().expect("streams"), limits);
    if let Some(fuel) = case.fuel {
        store.set_fuel(fuel).expect("the engine counts fuel");
    }
    let watchdog = case.timeout.map(|after| Watchdog::start(store.interrupt_handle(), after).expect("a thread"));
    let ended = call(&mut store, &linker, &module, case);
    drop(watchdog);
    let status = match &ended {
        Ok(_) => 0,
        Err(e) => e.i32_exit_status().or_else(|| e.as_trap().map(|_| 134)).unwrap_or_else(|| panic!("{e}")),
    };
    let stdout = [out.take(), ended.unwrap_or_default().into_bytes()].concat();
    Ran { stdout, stderr: err.take(), status, files: files(folder) }
}

fn command_line(tier: Option<&str>, case: &Case, folder: &Path) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    let mut dir = folder.as_os_str().to_owned();
    dir.push("::/");
    command.arg("run").args(tier).args(&case.options).arg("--dir").arg(dir).arg(&case.file).args(&case.args);
    // A file instead of a pipe: nobody would read the program's output while its input is written.
    let mut stdin = tempfile::tempfile().unwrap();
    stdin.write_all(&case.stdin).and_then(|()| stdin.rewind()).unwrap();
    let output = command.stdin(stdin).output().expect("it starts");
    let status = output.status.code().expect("a status");
    Ran { stdout: output.stdout, stderr: output.stderr, status, files: files(folder) }
}

/// The programs of `examples/`.
fn examples() -> Vec<Case> {
    let case =
        |file: &str, args: &[&'static str]| Case { file: root().join(file), args: args.to_vec(), ..Case::default() };
    let sort = "examples/sort.wat";
    let args: [&[&str]; 4] = [&["/in.txt"], &["/in.txt", "-r"], &["/nothing"], &[]];
    args.map(|args| case(sort, args)).into_iter().chain([case("examples/check.wat", &[])]).collect()
}

/// The programs of `tests/wasi`, in a folder.
fn texts(folder: &Path) -> Vec<Case> {
    use sources::{COPY, LIBRARY, SLEEP, printer};
    let case = |name: &str, text: &str, options: &[&'static str]| {
        let file = folder.join(name);
        std::fs::write(&file, text).expect("writable");
        Case { file, options: options.to_vec(), ..Case::default() }
    };
    let copy = |stdin: &[u8]| Case { stdin: stdin.to_vec(), ..case("copy.wat", COPY, &[]) };
    let start = COPY.replace("(func (export \"_start\")", "(func (export \"_start\")) (start $s) (func $s");
    let arguments = |args: &[&'static str]| Case { args: args.to_vec(), ..case("args.wat", &printer("args"), &[]) };
    let env = vec![("A", "b=c"), ("SEEN", "")];
    let grow = "(module (memory 1) (func (export \"g\") (param i32) (result i32) (memory.grow (local.get 0))))";
    let grow = |n, arg| Case {
        invoke: Some(("g", n)),
        memory: Some(128 << 10),
        ..case("grow.wat", grow, &["--max-memory", "128K", "--invoke", "g", "--arg", arg])
    };
    let endless = "(module (func (export \"_start\") (loop (br 0))))";
    let late =
        |name, text| Case { timeout: Some(Duration::from_millis(200)), ..case(name, text, &["--timeout", "0.2"]) };
    vec![
        copy(b""),
        copy(b"x y z"),
        copy(&b"some input".repeat(300)),
        Case { stdin: b"early".to_vec(), ..case("start.wat", &start, &[]) },
        arguments(&[]),
        arguments(&["a", "--env", "-O0", ""]),
        case("env.wat", &printer("environ"), &[]),
        Case { env, ..case("env.wat", &printer("environ"), &["--env", "A=b=c", "--env", "SEEN="]) },
        Case { invoke: Some(("get", -1)), ..case("library.wat", LIBRARY, &["--invoke", "get", "--arg", "-1"]) },
        grow(1, "1"),
        grow(2, "2"),
        Case { fuel: Some(1000), ..case("loop.wat", endless, &["--fuel", "1000"]) },
        late("loop.wat", endless),
        late("sleep.wat", SLEEP),
    ]
}

/// The programs built by `ci/workloads build`, except those that print their run time.
fn workloads() -> Vec<Case> {
    let built = std::fs::read_dir(root().join("target/workloads")).expect("ci/workloads build was run");
    let built = built.map(|entry| entry.expect("an entry").path());
    let modules = built.filter(|path| path.extension().is_some_and(|e| e == "wasm"));
    let timed = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("_x200"));
    modules.filter(|path| !timed(path)).map(|file| Case { file, ..Case::default() }).collect()
}

#[test]
fn programs_do_what_they_do_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    alike(examples().into_iter().chain(texts(folder.path())));
}

#[test]
#[ignore = "takes what `ci/workloads build` makes: cargo test --test api workloads -- --ignored"]
fn workloads_do_what_they_do_on_the_command_line() {
    let workloads = workloads();
    assert!(workloads.len() > 10, "{} programs", workloads.len());
    alike(workloads.into_iter());
}

fn alike(cases: impl Iterator<Item = Case>) {
    for case in cases {
        for (engine, tier) in engines().iter().zip([None, Some("--no-jit")]) {
            let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            for folder in [&here, &there] {
                std::fs::copy(root().join("examples/in.txt"), folder.path().join("in.txt")).unwrap();
            }
            let a = embedded(engine, &case, here.path());
            let b = command_line(tier, &case, there.path());
            let shown = String::from_utf8_lossy(&b.stderr);
            assert_eq!(a.status, b.status, "{case:?} {tier:?}: {shown}");
            assert!(a.stdout == b.stdout, "{case:?} {tier:?}: {}", String::from_utf8_lossy(&a.stdout));
            // The command line adds a report of the trap.
            let same = if a.status == 134 { b.stderr.starts_with(&a.stderr) } else { a.stderr == b.stderr };
            assert!(same, "{case:?} {tier:?}: {shown}");
            assert!(a.files == b.files, "{case:?} {tier:?}: the files differ");
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

/// The memory is that of the calling instance, whatever other instances there are; without such an export, the call fails with an
/// error.
#[test]
fn the_memory_is_that_of_the_instance_that_calls() {
    for engine in engines() {
        let module = |export: &str| {
            let text = format!(
                r#"(module (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
                    (memory {export} 1)
                    (func (export "f") (result i32) (call $random (i32.const 8) (i32.const 64))))"#
            );
            Module::new(&engine, text).unwrap()
        };
        let (open, hidden) = (module(r#"(export "memory")"#), module(""));
        let mut linker = Linker::new(&engine);
        wasip1::add_to_linker(&mut linker, |context: &mut WasiCtx| context).unwrap();
        let mut store = Store::new(&engine, WasiCtxBuilder::new().build().unwrap());
        let [a, b, without] = [&open, &open, &hidden].map(|module| linker.instantiate(&mut store, module).unwrap());
        for (instance, expected) in [(b, [false, true]), (a, [true, true])] {
            let f = instance.get_typed_func::<(), i32>(&mut store, "f").unwrap();
            assert_eq!(f.call(&mut store, ()).unwrap(), 0);
            let written = [a, b].map(|instance| {
                let memory = instance.get_memory(&mut store, "memory").unwrap();
                memory.data(&store)[8..72].iter().any(|byte| *byte != 0)
            });
            assert_eq!(written, expected);
        }
        let f = without.get_typed_func::<(), i32>(&mut store, "f").unwrap();
        let told = f.call(&mut store, ()).unwrap_err().to_string();
        assert_eq!(told, r#"the program calls random_get but exports no memory named "memory""#);
    }
}
