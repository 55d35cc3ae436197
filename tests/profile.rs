//! Names of JIT code in profilers and debuggers, read by those programs if they are installed.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use support::{Missing, tool};
use tempfile::TempDir;

const WASMOON: &str = env!("CARGO_BIN_EXE_wasmoon");

/// A loop that takes a while, in a named function; another function with a hostile name.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"(module (memory 1)
        (func $hot (param $n i32) (result i32) (local $s i32)
          (loop $again
            (local.set $s (i32.add (local.get $s) (i32.rem_u (local.get $n) (i32.load (i32.const 0)))))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
          (call $leaf (local.get $s)))
        (func $leaf (param i32) (result i32) (drop (memory.grow (i32.const 0))) (local.get 0))
        (func (@name "a\nb") (export "other"))
        (func)
        (func (export "main") (result i32)
          (i32.store (i32.const 0) (i32.const 7))
          (call $hot (i32.const 30000000))))"#;
    std::fs::write(folder.path().join("hot.wat"), text).unwrap();
    folder
}

fn run(folder: &Path, args: &[&str]) -> (u32, Option<i32>, String) {
    let mut command = Command::new(WASMOON);
    command.current_dir(folder).args(["run"]).args(args).stdin(Stdio::null());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!err.contains("panicked"), "{err}");
    (pid, output.status.code(), err)
}

fn maps_name_functions() {
    let folder = folder();
    let (pid, status, err) = run(folder.path(), &["--perf", "map", "hot.wat", "--invoke", "other"]);
    assert_eq!(status, Some(0), "{err}");
    let path = PathBuf::from(format!("/tmp/perf-{pid}.map"));
    let map = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let mut names = Vec::new();
    for line in map.lines() {
        let mut fields = line.splitn(3, ' ');
        let mut number = || u64::from_str_radix(fields.next().unwrap(), 16).unwrap();
        assert!(number() > 0 && number() > 0, "{line}");
        names.push(fields.next().unwrap());
    }
    for name in ["hot", "leaf", "a?b", "wasm[3]::func_3", "main", "wasm::enter"] {
        assert!(names.contains(&name), "no {name} in {names:?}");
    }
}

fn an_unwritable_folder_is_reported() {
    let folder = folder();
    let (_, status, err) =
        run(folder.path(), &["--perf", "jitdump", "--perf-dir", "none", "hot.wat", "--invoke", "other"]);
    assert_eq!(status, Some(2), "{err}");
    assert!(err.contains("none"), "{err}");
    let (_, status, err) = run(folder.path(), &["--perf", "map", "--perf-dir", ".", "hot.wat"]);
    assert_eq!(status, Some(2), "{err}");
    assert!(err.contains("--perf-dir has an effect only with"), "{err}");
    let (_, status, err) = run(folder.path(), &["--perf", "mop", "hot.wat"]);
    assert_eq!(status, Some(2), "{err}");
    assert!(err.contains("map, jitdump or gdb"), "{err}");
}

/// A folder may be used by only one of several tools.
fn a_folder_may_be_for_one_tool_of_several() {
    let folder = folder();
    let args = ["--perf", "map,jitdump", "--perf-dir", "dumps", "hot.wat", "--invoke", "other"];
    std::fs::create_dir(folder.path().join("dumps")).unwrap();
    let (pid, status, err) = run(folder.path(), &args);
    assert_eq!(status, Some(0), "{err}");
    std::fs::remove_file(format!("/tmp/perf-{pid}.map")).unwrap();
    assert!(folder.path().join(format!("dumps/jit-{pid}.dump")).exists());
}

/// Others may be able to write to the folder.
fn a_link_in_the_place_of_a_dump_is_not_followed() {
    let folder = folder();
    let mine = folder.path().join("mine");
    std::fs::write(&mine, "precious").unwrap();
    let script = format!("ln -s mine jit-$$.dump; exec '{WASMOON}' run --perf jitdump hot.wat --invoke other");
    let output = Command::new("sh").current_dir(folder.path()).args(["-c", &script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(std::fs::read_to_string(mine).unwrap(), "precious");
    let mut names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap());
    let dump = names.find(|entry| entry.file_name().to_string_lossy().ends_with(".dump")).unwrap();
    assert!(dump.file_type().unwrap().is_file() && dump.metadata().unwrap().len() > 40);
}

/// A truncated dump is an error, but the program's own failure determines the status.
fn a_full_disk_is_reported() {
    let folder = folder();
    let text = r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "returns"))
        (func (export "exits") (call $exit (i32.const 3)))
        (func (export "traps") unreachable))"#;
    std::fs::write(folder.path().join("ends.wat"), text).unwrap();
    for (export, status) in [("returns", 2), ("exits", 3), ("traps", 134)] {
        // Files are limited to one block; the signal for exceeding it is ignored.
        let script =
            format!("trap '' XFSZ; ulimit -f 1; exec '{WASMOON}' run --perf jitdump ends.wat --invoke {export}");
        let output = Command::new("sh").current_dir(folder.path()).args(["-c", &script]).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{export}: {err}");
        assert!(err.contains("the profile is missing names: cannot write "), "{export}: {err}");
    }
}

fn perf_reads_the_dump() -> Result<(), Missing> {
    tool("perf")?;
    let folder = folder();
    let perf = |args: &[&str]| {
        let output = Command::new("perf").current_dir(folder.path()).args(args).stdin(Stdio::null()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    };
    let (recorded, _, err) = perf(&[
        "record",
        "-q",
        "-e",
        "cpu-clock",
        "-k",
        "mono",
        "-o",
        "data",
        WASMOON,
        "run",
        "--perf",
        "jitdump",
        "hot.wat",
        "--invoke",
        "main",
    ]);
    assert!(recorded, "{err}");
    let (injected, _, err) = perf(&["inject", "--jit", "-i", "data", "-o", "injected"]);
    assert!(injected, "{err}");
    let (_, report, err) = perf(&["report", "-i", "injected", "--stdio"]);
    assert!(report.lines().any(|l| l.contains("jitted-") && l.ends_with(" hot")), "{report}{err}");
    // Lines of the listing appear between the lines of machine code.
    let (_, code, err) = perf(&["annotate", "-i", "injected", "--stdio", "-s", "hot"]);
    assert!(code.contains("i32.rem_u") && code.contains("div "), "{code}{err}");
    Ok(())
}

fn gdb_walks_through_frames() -> Result<(), Missing> {
    tool("gdb")?;
    let folder = folder();
    let commands = [
        "set debuginfod enabled off",
        "set breakpoint pending on",
        "break leaf",
        "run",
        "backtrace 8",
        "up",
        "print $rbx",
        "list",
    ];
    let mut command = Command::new("gdb");
    command.current_dir(folder.path()).args(["-q", "-nx", "-batch"]).stdin(Stdio::null());
    for text in commands {
        command.args(["-ex", text]);
    }
    let output = command
        .args(["--args", WASMOON, "run", "-g", "--perf-dir", ".", "hot.wat", "--invoke", "main"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let frames: Vec<&str> = text.lines().filter(|l| l.starts_with('#')).collect();
    // Below are frames of Rust code, with or without paths, depending on GDB and the level of optimization.
    let names = ["leaf", "hot", "main", "wasm::enter", "src/runtime/libcalls/exits.rs"];
    assert!(frames.len() >= 5, "{text}{}", String::from_utf8_lossy(&output.stderr));
    for (frame, name) in frames.iter().zip(names) {
        assert!(frame.contains(name), "{name}: {frame}\n{text}");
    }
    assert!(frames[..3].iter().all(|f| f.contains(".wat:")), "lines of the listing: {text}");
    assert!(text.contains("call $leaf"), "the line of the call: {text}");
    // The table has information that cannot be guessed from the code: compiled code preserves no register.
    assert!(text.contains("<not saved>"), "{text}");
    Ok(())
}

fn main() -> std::process::ExitCode {
    support::run(tests![
        maps_name_functions,
        an_unwritable_folder_is_reported,
        a_folder_may_be_for_one_tool_of_several,
        a_link_in_the_place_of_a_dump_is_not_followed,
        a_full_disk_is_reported,
        perf_reads_the_dump,
        gdb_walks_through_frames
    ])
}
