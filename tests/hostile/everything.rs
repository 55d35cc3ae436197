//! A guest that takes as much as possible of all resources at once, under a few limits: the limits end it, and the process never
//! has more memory than they justify.

use super::programs::PROGRAMS;
use super::{encode, programs};
use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const LIMITS: [&str; 6] = ["--timeout", "1", "--max-memory", "64M", "--fuel", "1000000000000"];
/// The maximum memory of the process under these limits.
const MOST_BYTES: u64 = 256 << 20;

struct Ended {
    status: Option<i32>,
    err: String,
    /// The maximum resident memory.
    peak_bytes: u64,
    after: Duration,
}

/// Runs a module under [`LIMITS`], in a folder.
fn run(folder: &Path, module: &[u8], args: &[&str]) -> Ended {
    run_under(folder, module, &LIMITS, args)
}

/// Runs a module under limits, in a folder. The program reads it from a pipe, so that even a short run is observed.
fn run_under(folder: &Path, module: &[u8], limits: &[&str], args: &[&str]) -> Ended {
    let pipe = folder.join("m.wasm");
    if !pipe.exists() {
        assert!(Command::new("mkfifo").arg(&pipe).status().expect("it starts").success(), "a pipe");
    }
    let start = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    command.arg("run").args(limits).args(args).arg("m.wasm").current_dir(folder).env("NO_COLOR", "1");
    let err = fs::File::create(folder.join("err")).expect("a file");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(err).spawn().expect("it starts");
    let id = child.id();
    // The process's peak so far. Until it executes the program, it has the memory of this process.
    let peak_bytes = || {
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let kib =
            status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        1024 * kib.unwrap_or(0)
    };
    // Opening the pipe for writing succeeds once there is a reader: then the program is executing.
    let held = loop {
        match fs::OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(&pipe) {
            Ok(held) => break held,
            Err(e) => assert_eq!(e.raw_os_error(), Some(libc::ENXIO), "{e}"),
        }
        assert_eq!(child.try_wait().expect("a child"), None, "it reads the module");
        std::thread::sleep(Duration::from_millis(1));
    };
    let mut most_bytes = peak_bytes();
    assert!(most_bytes > 0, "its memory is seen");
    let mut writer = fs::OpenOptions::new().write(true).open(&pipe).expect("a pipe that is read");
    drop(held);
    match writer.write_all(module) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => panic!("{e}"),
        _ => drop(writer),
    }
    let status = loop {
        // The kernel keeps the maximum; only the last moments of a process can be missed.
        most_bytes = most_bytes.max(peak_bytes());
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let err = fs::read_to_string(folder.join("err")).expect("text");
    assert!(!err.contains("panicked"), "{err}");
    Ended { status: status.code(), err, peak_bytes: most_bytes, after: start.elapsed() }
}

/// The WASI errors for too many open files and for insufficient memory.
const MFILE: i32 = 33;
const NOMEM: i32 = 48;

/// A guest that does the given things in this order, and then all of them again, forever.
fn guest(order: &[&str]) -> String {
    let calls: String = order.iter().map(|name| format!("(call ${name}) ")).collect();
    format!(
        r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (type $f (func (param i32)))
  (type $c (cont $f))
  (type $g (func))
  (type $waits (cont $g))
  (type $cell (struct (field (ref null $cell)) (field i64 i64 i64 i64 i64 i64)))
  (type $bytes (array (mut i8)))
  (tag $wait)
  (memory (export "memory") 1)
  (data (i32.const 16) ".")
  (table $functions 0 funcref)
  (table $waiting 0 (ref null $waits))
  (global $list (mut (ref null $cell)) (ref.null $cell))
  (elem declare func $deep $start)

  ;; Success or this failure; otherwise, it is the status.
  (func $expect (param $failure i32) (param $got i32)
    (if (local.get $got)
      (then
        (if (i32.ne (local.get $got) (local.get $failure))
          (then (call $exit (local.get $got)))))))
  (func $memory (local $old i32)
    (block $full
      (loop $more
        (local.set $old (memory.grow (i32.const 1)))
        (br_if $full (i32.eq (local.get $old) (i32.const -1)))
        (memory.fill (i32.shl (local.get $old) (i32.const 16)) (i32.const 1) (i32.const 65536))
        (br $more))))
  (func $tables
    (loop $more
      (br_if $more (i32.ne (i32.const -1) (table.grow $functions (ref.func $start) (i32.const 1000))))))
  ;; About 40 MB.
  (func $objects (local $i i32)
    (drop (array.new $bytes (i32.const 1) (i32.const 8000000)))
    (loop $more
      (global.set $list (struct.new $cell (global.get $list)
        (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6)))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 600000)))))
  ;; Goes deep and waits there, or at the top.
  (func $deep (param $n i32)
    (if (i32.and (local.get $n) (i32.const 0xffff))
      (then (call $deep (i32.sub (local.get $n) (i32.const 1))))
      (else (if (local.get $n) (then (suspend $wait))))))
  (func $start_one (param $depth i32) (local $k (ref null $waits))
    (block $on (result (ref $waits))
      (resume $c (on $wait $on) (local.get $depth) (cont.new $c (ref.func $deep)))
      (return))
    (local.set $k)
    (drop (table.grow $waiting (local.get $k) (i32.const 1))))
  (func $stacks (local $i i32)
    (loop $more
      (call $start_one (i32.const 0x107d0))
      (call $start_one (i32.const 0x7d0))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 60)))))
  ;; As much as there may be, and nothing of it for long.
  (func $garbage (local $i i32)
    (loop $more
      (drop (array.new $bytes (i32.const 1) (i32.const 4000000)))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20)))))
  (func $passing (local $i i32)
    (loop $more
      (block $on (result (ref $waits))
        (resume $c (on $wait $on) (i32.const 0x107d0) (cont.new $c (ref.func $deep)))
        (return))
      (drop)
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100)))))
  (func $some
    (if (i32.lt_u (memory.size) (i32.const 500))
      (then
        (drop (memory.grow (i32.const 499)))
        (memory.fill (i32.const 65536) (i32.const 1) (i32.const 32000000)))))
  (func $host (local $i i32) (local $end i32)
    (local.set $end (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 65536)))
    (loop $more
      (call $expect (i32.const {MFILE})
        (call $path_open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 2)
          (i64.const 0x4000) (i64.const 0) (i32.const 0) (i32.const 32)))
      (if (i32.lt_u (local.get $i) (i32.const 1000))
        (then
          (call $expect (i32.const {NOMEM})
            (call $fd_readdir (i32.add (i32.const 4) (local.get $i)) (i32.const 1024) (i32.const 4096) (i64.const 0)
              (i32.const 48)))))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000))))
    (call $expect (i32.const 0) (call $random_get (i32.const 65536) (local.get $end)))
    (loop $vectors
      (i32.store (i32.const 1024) (i32.const 65536))
      (i32.store (i32.const 1028) (local.get $end))
      (call $expect (i32.const 0) (call $fd_write (i32.const 1) (i32.const 1024) (i32.const 1) (i32.const 512)))
      (br_if $vectors (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2010)))))

  (func $start (export "_start")
    (loop $always {calls} (br $always))))"#
    )
}

#[test]
fn a_guest_that_takes_everything_ends_within_its_limits() {
    let folder = tempfile::tempdir().expect("a folder");
    let inside = folder.path().join("inside");
    fs::create_dir(&inside).expect("a folder");
    for i in 0..2000 {
        fs::write(inside.join(format!("{i:0200}")), "").expect("a file");
    }
    let kinds = ["memory", "tables", "objects", "stacks", "host"];
    for option in ["--no-jit", "-O0", "-O2"] {
        for first in 0..kinds.len() {
            let mut order = kinds;
            order.rotate_left(first);
            let ended = run(folder.path(), &encode(&guest(&order)), &[option, "--dir", "inside"]);
            println!("{order:?} on {option}: {} MiB, {:?}: {}", ended.peak_bytes >> 20, ended.after, ended.err);
            assert_eq!(ended.status, Some(134), "{order:?} on {option}: {}", ended.err);
            assert!(ended.peak_bytes <= MOST_BYTES, "{order:?} on {option}: {} bytes", ended.peak_bytes);
            // Half a second more than the limit is expected, but the machine may be busy.
            assert!(ended.after < Duration::from_secs(10), "{order:?} on {option}: {:?}", ended.after);
        }
        // A guest that is never refused anything, so that only time or fuel ends it.
        let patient = encode(&guest(&["garbage", "passing", "some", "host"]));
        let ended = run(folder.path(), &patient, &[option, "--dir", "inside"]);
        println!("patient on {option}: {} MiB, {:?}: {}", ended.peak_bytes >> 20, ended.after, ended.err);
        assert_eq!(ended.status, Some(134), "{option}: {}", ended.err);
        assert!(
            ended.err.contains("stopped after 1 second (") || ended.err.contains("all fuel consumed"),
            "{}",
            ended.err
        );
        assert!(ended.peak_bytes <= MOST_BYTES, "{option}: {} bytes", ended.peak_bytes);
        assert!(ended.after < Duration::from_secs(10), "{option}: {:?}", ended.after);
    }
}

/// Compiling stays within the limits, too, whatever is compiled: it is refused, or the program runs.
#[test]
fn modules_that_are_dear_to_compile_end_within_the_limits() {
    let folder = tempfile::tempdir().expect("a folder");
    let products = programs::products().into_iter();
    let sizes = [1, 4, 16];
    let all = PROGRAMS.iter().flat_map(|&(name, size, make)| sizes.map(|part| (name, make(size / part))));
    for (name, bytes) in all.chain(products) {
        for option in ["--no-jit", "-O0", "-O2"] {
            let ended = run(folder.path(), &bytes, &[option, "--invoke", "f", "--arg", "0"]);
            let size = bytes.len();
            println!("{name} of {size} on {option}: {} MiB, {:?}: {}", ended.peak_bytes >> 20, ended.after, ended.err);
            assert!(matches!(ended.status, Some(0 | 2 | 134)), "{name} of {size} on {option}: {:?}", ended.status);
            assert!(ended.peak_bytes <= MOST_BYTES, "{name} of {size} on {option}: {} bytes", ended.peak_bytes);
            assert!(ended.after < Duration::from_secs(10), "{name} of {size} on {option}: {:?}", ended.after);
        }
    }
}

/// The report of a trap stays within the limits, too, although it reads the module's debug information.
#[test]
fn dwarf_that_is_dear_to_read_is_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let n = 20_000_000;
    let dear = [programs::dwarf(n / 5, 0, 0), programs::dwarf(1, n, 0), programs::dwarf(1, 0, n / 6)];
    for (bytes, left_out) in dear.into_iter().map(|bytes| (bytes, true)).chain([(programs::dwarf(1, 10, 0), false)]) {
        let ended = run(folder.path(), &bytes, &[]);
        println!("{} bytes: {} MiB, {:?}: {}", bytes.len(), ended.peak_bytes >> 20, ended.after, ended.err);
        assert_eq!(ended.status, Some(134), "{}", ended.err);
        assert_eq!(ended.err.contains("source lines are left out"), left_out, "{}", ended.err);
        assert_eq!(ended.err.contains("at f:"), !left_out, "{}", ended.err);
        assert!(ended.peak_bytes <= MOST_BYTES, "{} bytes", ended.peak_bytes);
    }
}

/// Prints the cost of stopping a program for each limit: the table in `docs/limits.md`.
#[test]
#[ignore = "prints figures: cargo test --release --test hostile figures -- --ignored --nocapture"]
fn figures() {
    const WASI: &str = r#"
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_allocate" (func $fd_allocate (param i32 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (func $open (param $name i32) (param $flags i32) (param $rights i64) (result i32)
    (path_open (i32.const 3) (i32.const 0) (local.get $name) (i32.const 1) (local.get $flags)
      (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 32)))"#;
    let wasi = |memory: &str, body: &str| {
        let imports = WASI.replace("(path_open", "(call $path_open");
        encode(&format!(
            r#"(module {imports} (memory (export "memory") {memory}) (data (i32.const 16) ".x")
                 (func (export "_start") (local $i i32) {body}))"#
        ))
    };
    let guest = |order: &[&str]| encode(&guest(order));
    let program = |name: &str, size| PROGRAMS.iter().find(|p| p.0 == name).expect("a program").2(size);
    let wide = |name: &str, values, count| {
        programs::wide(values, count).into_iter().find(|p| p.0 == name).expect("a program").1
    };
    let listings = wasi(
        "1",
        "(loop $l
           (if (call $open (i32.const 16) (i32.const 2) (i64.const 0x4000)) (then unreachable))
           (if (call $fd_readdir (i32.add (i32.const 4) (local.get $i)) (i32.const 1024) (i32.const 4096) (i64.const 0)
             (i32.const 48)) (then unreachable))
           (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))",
    );
    let descriptors = wasi(
        "1",
        "(loop $l
           (local.set $i (call $open (i32.const 16) (i32.const 2) (i64.const 0x4000)))
           (br_if $l (i32.eqz (local.get $i))))
         (call $exit (local.get $i))",
    );
    let random = wasi("65536", "(drop (call $random_get (i32.const 0) (i32.const -1)))");
    let write = wasi(
        "65536",
        "(i32.store (i32.const 1024) (i32.const 65536)) (i32.store (i32.const 1028) (i32.const 0x7fffffff))
         (loop $l (drop (call $fd_write (i32.const 1) (i32.const 1024) (i32.const 1) (i32.const 512))) (br $l))",
    );
    let allocate = wasi(
        "1",
        "(if (call $open (i32.const 17) (i32.const 1) (i64.const 0x140)) (then unreachable))
         (call $exit (call $fd_allocate (i32.load (i32.const 32)) (i64.const 0) (i64.const 2000000000)))",
    );
    let many = {
        let functions = "(func (drop (i32.const 1)) (drop (i64.const 2)))".repeat(900_000);
        encode(&format!("(module {functions} (func (export \"_start\")))"))
    };
    type Row<'a> = (&'a str, Vec<u8>, &'a [&'a str]);
    let rows: [Row<'_>; 12] = [
        ("listings of a thousand open folders", listings, &["--dir", "inside", "--max-memory", "1M"]),
        ("descriptors without end", descriptors, &["--dir", "inside"]),
        ("`random_get` of 4 GiB", random, &["--fuel", "30"]),
        ("`fd_write` of 2 GiB, again and again", write, &["--timeout", "0.3"]),
        ("`fd_allocate` of 2 GB", allocate, &["--dir", "inside", "--max-written", "100M"]),
        ("a million functions", many, &["--timeout", "2"]),
        (
            "calls with a thousand results",
            wide("calls with results", 1000, 100_000),
            &["--max-compile", "128M", "--invoke", "f", "--arg", "0"],
        ),
        (
            "a branch table with values",
            programs::labels_with_values(1000, 60_000),
            &["--timeout", "0.5", "--invoke", "f"],
        ),
        (
            "a function of 7 MB",
            program("constants", 540_000),
            &["--max-compile", "128M", "--invoke", "f", "--arg", "1.5"],
        ),
        ("waiting stacks", guest(&["stacks"]), &["--max-memory", "64M"]),
        (
            "memories, tables, objects, stacks",
            guest(&["memory", "tables", "objects", "stacks"]),
            &["--max-memory", "64M"],
        ),
        (
            "all of it, patiently",
            guest(&["garbage", "passing", "some", "host"]),
            &["--dir", "inside", "--max-memory", "64M", "--timeout", "2"],
        ),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("inside")).expect("a folder");
    for i in 0..2000 {
        fs::write(folder.path().join("inside").join(format!("{i:0200}")), "").expect("a file");
    }
    println!("| program | options | end | seconds | MiB |\n|---|---|---|--:|--:|");
    for (name, bytes, options) in rows {
        let ended = run_under(folder.path(), &bytes, &[], options);
        let end = ended.err.lines().next().unwrap_or("ends").replace("error: m.wasm: ", "");
        let end = end.split(" (wasm=").next().unwrap_or_default();
        let (seconds, mib) = (ended.after.as_secs_f64(), ended.peak_bytes as f64 / f64::from(1 << 20));
        println!("| {name} | `{}` | {end} | {seconds:.2} | {mib:.0} |", options.join(" "));
    }
}
