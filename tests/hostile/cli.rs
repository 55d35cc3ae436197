//! Hostile programs on the command line: they end with a clear message and status, and take no more memory than the size of the
//! module justifies. The system enforces that bound: each process runs under a limit on the data that it may map, and exceeding
//! it ends the process with an unexpected status.

use super::encode;
use super::programs::PROGRAMS;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TIERS: [&str; 3] = ["--no-jit", "-O0", "-O2"];

/// The bytes that a process may map independently of the module.
const FIXED_BYTES: u64 = 64 << 20;
/// The additional bytes allowed for each byte of the module.
const INTERPRETER_FACTOR: u64 = 64;
const JIT_FACTOR: u64 = 1024;

struct Ran {
    status: Option<i32>,
    out: String,
    err: String,
}

/// Runs `wasmoon run` on the file `m.wasm` of a folder, with at most `data_bytes` of writable memory.
fn run(folder: &Path, data_bytes: u64, args: &[&str]) -> Ran {
    let mut command = Command::new("sh");
    // Without `exec`, a shell would survive the process that hits the limit, and have its own status.
    command.args(["-c", "ulimit -c 0; ulimit -d \"$0\"; exec \"$@\""]).arg((data_bytes >> 10).to_string());
    command.arg(env!("CARGO_BIN_EXE_wasmoon")).arg("run").args(args).arg("m.wasm");
    command.current_dir(folder).env("NO_COLOR", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a shell");
    // The output fits in a pipe's buffer, unless there is a defect.
    let mut streams = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let err = std::thread::spawn(move || {
        let mut text = String::new();
        streams.1.read_to_string(&mut text).map(|_| text)
    });
    let mut out = String::new();
    streams.0.read_to_string(&mut out).expect("text");
    let err = err.join().expect("no panic").expect("text");
    let status = child.wait().expect("it ends").code();
    assert!(!err.contains("panicked"), "{args:?}: {err}");
    Ran { status, out, err }
}

fn module(bytes: impl AsRef<[u8]>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("m.wasm"), bytes).expect("room on the disk");
    folder
}

/// Returns `(name of the tier in reports, its option)`.
fn named_tiers() -> [(&'static str, &'static str); 3] {
    TIERS.map(|option| (if option == "--no-jit" { "Interpreter" } else { "JIT" }, option))
}

#[test]
fn endless_programs_end_by_time_and_by_fuel() {
    let bodies = [
        "(loop $l (br $l))",
        "(loop $l (br_table $l $l (i32.const 1)))",
        "(loop $l (call $nothing) (br $l))",
        "(loop $l (try_table (catch_all $l) (throw $e)))",
        "(loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br $l))",
        "(return_call $start)",
    ];
    for body in bodies {
        let folder = module(encode(&format!(
            r#"(module (tag $e) (memory 1) (func $nothing) (func $start (export "_start") {body}))"#
        )));
        for (tier, option) in named_tiers() {
            let start = Instant::now();
            let ran = run(folder.path(), FIXED_BYTES, &[option, "--timeout", "0.05"]);
            assert_eq!(ran.status, Some(134), "{body} on {option}: {}", ran.err);
            assert!(ran.err.starts_with(&format!("Error: {tier} Trap: interrupt (wasm=")), "{body}: {}", ran.err);
            let last = ran.err.lines().last();
            assert_eq!(last, Some("error: m.wasm: stopped after 0.05 seconds (--timeout)"), "{body} on {option}");
            assert!(start.elapsed() < Duration::from_secs(5), "{body} on {option}: {:?}", start.elapsed());
            let ran = run(folder.path(), FIXED_BYTES, &[option, "--fuel", "20000"]);
            assert_eq!(ran.status, Some(134), "{body} on {option}: {}", ran.err);
            assert!(ran.err.starts_with(&format!("Error: {tier} Trap: all fuel consumed (wasm=")), "{}", ran.err);
        }
    }
}

#[test]
fn endless_recursion_exhausts_the_stack() {
    let bodies = [
        "(call $start)",
        "(call_indirect (i32.const 0))",
        "(call_ref $t (ref.func $start))",
        "(try_table (catch_all 0) (call $start))",
        "(local i64 i64 i64 i64 i64 i64 i64 i64) (call $start)",
    ];
    for body in bodies {
        let folder = module(encode(&format!(
            r#"(module (type $t (func)) (table funcref (elem $start))
                 (func $start (export "_start") (type $t) {body}))"#
        )));
        for (tier, option) in named_tiers() {
            let ran = run(folder.path(), FIXED_BYTES, &[option]);
            assert_eq!(ran.status, Some(134), "{body} on {option}: {}", ran.err);
            let wanted = format!("Error: {tier} Trap: call stack exhausted (wasm=0 'start'+");
            assert!(ran.err.starts_with(&wanted), "{body} on {option}: {}", ran.err);
            // A backtrace of thirty thousand frames takes a few lines.
            assert!(ran.err.lines().count() < 20, "{body} on {option}: {}", ran.err);
        }
    }
}

/// The first thread has the stack size of the system's limit, whatever the other limits are.
#[test]
fn the_first_thread_has_the_stack_that_the_system_gives_it() {
    let folder = module(encode(r#"(module (func $start (export "_start") (call $start)))"#));
    for limits in ["-s 1024", "-s 3000", "-s 20000", "-s 65536", "-s 65540", "-s unlimited", "-c 2048", "-c unlimited"]
    {
        for (tier, option) in named_tiers() {
            // A value above the hard limit leaves the limit unchanged; it is tried in a subshell, since some shells exit on the
            // error. A value below the usual limit is allowed.
            let script = format!(
                "if (ulimit -S {limits}) 2>/dev/null; then ulimit -S {limits}; else echo refused; fi
                 exec \"$0\" run {option} m.wasm 2>err"
            );
            let mut command = Command::new("sh");
            command
                .args(["-c", &script, env!("CARGO_BIN_EXE_wasmoon")])
                .current_dir(folder.path())
                .env("NO_COLOR", "1");
            let ran = command.output().expect("a shell");
            let refused = !ran.stdout.is_empty();
            assert!(!refused || !["-s 1024", "-s 3000"].contains(&limits), "{limits}: {ran:?}");
            let err = std::fs::read_to_string(folder.path().join("err")).expect("what it said");
            let wanted = format!("Error: {tier} Trap: call stack exhausted (wasm=0 'start'+");
            assert!(ran.status.code() == Some(134) && err.starts_with(&wanted), "{limits} {option}: {err}");
        }
    }
}

/// Grows by one until it fails, in doubling steps; returns the final size.
fn bomb(declare: &str, grow: &str, size: &str) -> Vec<u8> {
    encode(&format!(
        r#"(module {declare} (func (export "f") (result i32) (local $step i32)
             (local.set $step (i32.const 1))
             (loop $l (block $failed
               (br_if $failed (i32.eq (i32.const -1) ({grow} (local.get $step))))
               (local.set $step (i32.shl (local.get $step) (i32.const 1)))
               (br $l))
               (if (i32.gt_u (local.get $step) (i32.const 1))
                 (then (local.set $step (i32.shr_u (local.get $step) (i32.const 1))) (br $l))))
             ({size})))"#
    ))
}

#[test]
fn memory_and_table_bombs_stop_at_their_limit() {
    let memory = module(bomb("(memory 0)", "memory.grow", "memory.size"));
    let table = module(bomb("(table $t 0 externref)", "table.grow $t (ref.null extern)", "table.size $t"));
    for option in TIERS {
        let asked = run(memory.path(), FIXED_BYTES + (256 << 20), &[option, "--max-memory", "256M", "--invoke", "f"]);
        assert_eq!((asked.status, asked.out.as_str()), (Some(0), "4096\n"), "{option}: {}", asked.err);
        // Without our own limit the system refuses, and the program sees the failure.
        let ran = run(memory.path(), FIXED_BYTES + (256 << 20), &[option, "--invoke", "f"]);
        assert_eq!(ran.status, Some(0), "{option}: {}", ran.err);
        let pages: u64 = ran.out.trim().parse().expect("a number");
        assert!((4096..5120).contains(&pages), "{option}: {pages} pages");
        // Ten million references of eight bytes.
        let ran = run(table.path(), FIXED_BYTES + (80 << 20), &[option, "--invoke", "f"]);
        assert_eq!((ran.status, ran.out.as_str()), (Some(0), "10000000\n"), "{option}: {}", ran.err);
    }
}

#[test]
fn excessive_declared_sizes_are_reported() {
    let cases = [
        ("(memory 65536)", "memory of 65536 pages is over the limit of 67108864 bytes"),
        (
            "(memory 1000) (memory 1000)",
            "memory of 1000 pages: all memories, tables, objects and stacks together would be over the limit of 67108864 bytes",
        ),
        ("(table 10000001 funcref)", "table of 10000001 elements is over the limit of 10000000"),
        ("(table 4294967295 externref)", "table of 4294967295 elements is over the limit of 10000000"),
    ];
    for (declared, message) in cases {
        let folder = module(encode(&format!(r#"(module {declared} (func (export "_start")))"#)));
        for option in TIERS {
            let ran = run(folder.path(), FIXED_BYTES + (128 << 20), &[option, "--max-memory", "64M"]);
            assert_eq!(
                (ran.status, ran.err),
                (Some(2), format!("error: m.wasm: {message}\n")),
                "{declared} on {option}"
            );
        }
    }
}

/// The time limit starts when the module is read.
#[test]
fn compiling_counts_as_time() {
    let make = PROGRAMS.iter().find(|p| p.0 == "calls that may throw").expect("a program").2;
    let folder = module(make(2_000));
    for (_, option) in named_tiers() {
        let args = [option, "--timeout", "0.000001", "--invoke", "f", "--arg", "0"];
        let ran = run(folder.path(), FIXED_BYTES + (1 << 30), &args);
        let message = "error: m.wasm: compiling took longer than the time limit\n";
        assert_eq!((ran.status, ran.err.as_str()), (Some(2), message), "{option}");
        let long = [option, "--timeout", "1000", "--invoke", "f", "--arg", "0"];
        let ran = run(folder.path(), FIXED_BYTES + (1 << 30), &long);
        assert!(!ran.err.contains("time limit"), "{option}: {}", ran.err);
    }
}

/// Large modules, and their sizes: 100,000 levels of nesting, a million targets, 50,000 locals, a body of 7.5 MB.
const LARGE: &[(&str, u32)] = &[
    ("nested blocks", 100_000),
    ("nested loops", 100_000),
    ("nested ifs", 100_000),
    ("branch table, one target", 1_000_000),
    ("locals, live across calls", 49_000),
    ("calls that may throw", 15_000),
    ("constants", 540_000),
];

#[test]
fn large_modules_take_memory_by_their_size() {
    for &(name, size) in LARGE {
        let make = PROGRAMS.iter().find(|p| p.0 == name).unwrap_or_else(|| panic!("no program {name}")).2;
        let bytes = make(size);
        let folder = module(&bytes);
        let float = if name == "constants" { "1.5" } else { "0" };
        // The output of each tier; `None` if the fuel was consumed, on all tiers or on none.
        let mut ends: Vec<Option<String>> = Vec::new();
        for (tier, option) in named_tiers() {
            let factor = if option == "--no-jit" { INTERPRETER_FACTOR } else { JIT_FACTOR };
            let bound = FIXED_BYTES + factor * bytes.len() as u64;
            // The loops would run for hours.
            let ran = run(folder.path(), bound, &[option, "--fuel", "1000000", "--invoke", "f", "--arg", float]);
            match ran.status {
                Some(0) => ends.push(Some(ran.out)),
                _ => {
                    // A frame of compiled code may be larger than the stack.
                    let [exhausted, consumed] = ["call stack exhausted", "all fuel consumed"].map(|end| {
                        ran.status == Some(134)
                            && ran.err.starts_with(&format!("Error: {tier} Trap: {end} (wasm=0 'f'+"))
                    });
                    let clear = exhausted || consumed;
                    assert!(clear, "{name} on {option}, {} bytes: {:?}: {}", bytes.len(), ran.status, ran.err);
                    ends.extend(consumed.then_some(None));
                }
            }
        }
        assert!(ends.windows(2).all(|two| two[0] == two[1]), "{name}: {ends:?}");
        assert!(ends.iter().any(Option::is_some) || name == "nested loops", "{name} returned nowhere");
    }
}

#[test]
fn a_body_of_ten_megabytes_is_refused() {
    let make = PROGRAMS.iter().find(|p| p.0 == "constants").expect("it is there").2;
    let folder = module(make(750_000));
    for option in TIERS {
        let ran = run(folder.path(), FIXED_BYTES, &[option, "--invoke", "f", "--arg", "0"]);
        let wanted =
            "error: m.wasm: over a limit: function body size count exceeds limit of 7654321 (at offset 0x3b)\n";
        assert_eq!((ran.status, ran.err.as_str()), (Some(2), wanted), "{option}");
    }
}

/// A module of `n` types, functions and exports, and `_start`.
fn many(n: u32) -> Vec<u8> {
    use wasm_encoder::{
        CodeSection, ExportKind, ExportSection, Function, FunctionSection, Instruction, Module, TypeSection,
    };
    let (mut types, mut functions, mut exports) = (TypeSection::new(), FunctionSection::new(), ExportSection::new());
    let mut code = CodeSection::new();
    let mut body = Function::new([]);
    body.instruction(&Instruction::End);
    exports.export("_start", ExportKind::Func, 0);
    for i in 0..n {
        types.ty().function([], []);
        functions.function(i);
        exports.export(&format!("f{i}"), ExportKind::Func, i);
        code.function(&body);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&exports).section(&code);
    module.finish()
}

#[test]
fn many_entities() {
    let bytes = many(50_000);
    let folder = module(&bytes);
    let bound = FIXED_BYTES + JIT_FACTOR * bytes.len() as u64;
    for option in TIERS {
        let ran = run(folder.path(), bound, &[option]);
        assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""), "{option}");
    }
    let bytes = many(1_000_001);
    let folder = module(&bytes);
    for option in TIERS {
        let ran = run(folder.path(), FIXED_BYTES + INTERPRETER_FACTOR * bytes.len() as u64, &[option]);
        assert_eq!(ran.status, Some(2), "{option}: {}", ran.err);
        assert!(ran.err.starts_with("error: m.wasm: "), "{option}: {}", ran.err);
        assert!(ran.err.lines().count() == 1, "{option}: {}", ran.err);
    }
}

#[test]
fn broken_modules_are_refused_or_run() {
    let whole = encode(
        r#"(module (type $t (func (param i32) (result i32))) (tag $e (param i32))
             (memory 1 2) (data (i32.const 8) "abc")
             (table 3 funcref) (elem (i32.const 0) $f $f) (global $g (mut i64) (i64.const 5))
             (func $f (type $t) (block $out (result i32)
               (try_table (catch $e $out) (throw $e (i32.load8_u (local.get 0)))) (unreachable)))
             (func (export "_start")
               (drop (call_indirect (type $t) (i32.const 8) (i32.const 1)))
               (global.set $g (i64.extend_i32_u (memory.grow (i32.const 1))))))"#,
    );
    let mut refused = 0;
    let bits = whole.len() * 8;
    let broken = (0..40).map(|i| {
        let at = (i * 7919 + 64) % bits;
        let mut bytes = whole.clone();
        bytes[at / 8] ^= 1 << (at % 8);
        bytes
    });
    let cut = (1..20).map(|i| whole[..whole.len() * i / 20].to_vec());
    for (i, bytes) in broken.chain(cut).enumerate() {
        let folder = module(&bytes);
        let option = TIERS[i % 3];
        let ran = run(folder.path(), FIXED_BYTES, &[option, "--fuel", "100000", "--max-memory", "1M"]);
        let clear = match ran.status {
            Some(0) => ran.err.is_empty(),
            Some(2) => ran.err.starts_with("error: m.wasm: "),
            Some(134) => ran.err.starts_with("Error: "),
            _ => false,
        };
        assert!(clear, "variant {i} on {option}: {:?}: {}", ran.status, ran.err);
        refused += usize::from(ran.status == Some(2));
    }
    assert!(refused > 25, "{refused}");
}

#[test]
fn without_memory_for_a_heap_throwing_is_a_trap() {
    // All exceptions are retained: the heap grows until the system refuses, long before its own limit.
    let folder = module(encode(
        r#"(module (tag $e (param i64 i64 i64 i64 i64 i64 i64 i64)) (table $kept 4000000 exnref)
            (func (export "_start") (local $i i32)
              (loop $more
                (local.get $i) (block $caught (result exnref)
                  (try_table (catch_all_ref $caught)
                    (throw $e (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)
                      (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8)))
                  unreachable)
                (table.set $kept)
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $more (i32.lt_u (local.get $i) (i32.const 4000000))))))"#,
    ));
    for (tier, option) in named_tiers() {
        let ran = run(folder.path(), FIXED_BYTES + (128 << 20), &[option]);
        assert_eq!(ran.status, Some(134), "{option}: {}", ran.err);
        assert!(ran.err.starts_with(&format!("Error: {tier} Trap: allocation size too large")), "{}", ran.err);
    }
}

#[test]
fn without_address_space_nothing_is_instantiated() {
    let folder = module(encode(r#"(module (func (export "_start")))"#));
    for option in TIERS {
        // Limits upwards from less than the process itself needs (the table of types has 8 MiB): at some of them, the store is
        // the first to find no memory.
        let (mut refused, mut ran_well, mut aborted) = (0, 0, 0);
        for step in 0..64 {
            let ran = run(folder.path(), (6 << 20) + (step << 17), &[option]);
            match ran.status {
                Some(0) => ran_well += 1,
                Some(2) if ran.err.contains("address space") => refused += 1,
                // There is no memory for the thread's signal stack.
                Some(134) if ran.err == "Error: Trap: call stack exhausted\n" => refused += 1,
                // With even less, the system's loader and Rust's allocator can only abort.
                _ if refused + ran_well == 0 => {}
                // The allocator asks the system for 132 KiB at a time: after each of the two mappings that may be refused, there
                // can be one or two steps at which that mapping has just succeeded.
                None | Some(134) if ran.err.starts_with("memory allocation of ") => aborted += 1,
                other => panic!("{option}, step {step}: {other:?}: {}", ran.err),
            }
        }
        let counts = format!("{option}: {refused} refused, {aborted} aborted, {ran_well} ran");
        assert!(refused > aborted && aborted <= 4 && ran_well > 0, "{counts}");
    }
}
