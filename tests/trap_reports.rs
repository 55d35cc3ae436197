//! What `run` prints about programs: trap lines, backtraces, reports, traces of calls and stores. It is the same on all backends.

use std::cell::Cell;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use wasmoon::engine::{Config, Engine, Mode, OptLevel, Tier};
use wasmoon::module::{FuncType, Module, WasmFeatures};
use wasmoon::runtime::code::RETURN_SLOT;
use wasmoon::runtime::store::{Abort, Extern, Limits};
use wasmoon::runtime::value::Val;

/// CPU-specific text in reports.
struct InReports {
    /// The start of a 32-bit load.
    load: &'static str,
    pc: &'static str,
    last_vector: &'static str,
    /// An instruction that is in each prologue.
    prologue: &'static str,
}

const CPU: InReports = if cfg!(target_arch = "aarch64") {
    InReports { load: "ldr w", pc: "pc 0x0000", last_vector: "v31   0x", prologue: "mov x29, sp" }
} else {
    InReports { load: "mov e", pc: "rip 0x0000", last_vector: "xmm15 0x", prologue: "mov rbp, rsp" }
};

const TIERS: [&str; 4] = ["--no-jit", "-O0", "-O1", "-O2"];

const PROGRAM: &str = r#"(module
  (memory (export "memory") 1)
  (data (i32.const 16) "hello, world")
  (type $binary (func (param i32 i32) (result i32)))
  (tag $oops (export "oops") (param i32 i64))
  (table funcref (elem $plus $minus))
  (global $calls (export "calls") (mut i32) (i32.const 0))
  (func $plus (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $minus (type $binary) (i32.sub (local.get 0) (local.get 1)))
  ;; Sorts bytes: stores of all kinds of neighbours.
  (func $swap (param $a i32) (param $b i32) (local $t i32)
    (local.set $t (i32.load8_u (local.get $a)))
    (i32.store8 (local.get $a) (i32.load8_u (local.get $b)))
    (i32.store8 (local.get $b) (local.get $t)))
  (func $sort (param $from i32) (param $to i32) (local $i i32)
    (if (i32.ge_u (i32.add (local.get $from) (i32.const 1)) (local.get $to)) (then (return)))
    (local.set $i (local.get $from))
    (loop $next
      (if (i32.lt_u (i32.load8_u (local.get $i)) (i32.load8_u (local.get $from)))
        (then (call $swap (local.get $i) (local.get $from))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $to))))
    (return_call $sort (i32.add (local.get $from) (i32.const 1)) (local.get $to)))
  (func $throws (param i32) (result f64 i64)
    (if (i32.eqz (local.get 0)) (then (throw $oops (i32.const 42) (i64.const -1))))
    (f64.const -0.5) (i64.extend_i32_s (local.get 0)))
  (func $catches (param i32) (result i64) (local $t i64)
    (block $h (result i32 i64)
      (try_table (catch $oops $h)
        (call $throws (local.get 0)) (local.set $t) (drop)
        (i64.store (i32.const 64) (local.get $t))
        (return (local.get $t)))
      (unreachable))
    (drop) (i64.extend_i32_u))
  (func $go (export "go") (param i32) (result i32)
    (call $sort (i32.const 16) (i32.const 28))
    (f64.store (i32.const 72) (f64.const 1.5)) (f32.store (i32.const 80) (f32.const nan:0x200000))
    (i64.store32 (i32.const 84) (i64.const -1)) (i64.store16 (i32.const 86) (i64.const 0x12345))
    (i64.store8 (i32.const 88) (i64.const 0x199)) (i32.store16 offset=60 (i32.const 30) (i32.const -2))
    (memory.fill (i32.const 90) (i32.const 0xaa) (i32.const 9))
    (memory.copy (i32.const 100) (i32.const 14) (i32.const 20))
    (drop (call $catches (i32.const 0))) (drop (call $catches (i32.const 5)))
    (drop (call_indirect (type $binary) (i32.const 3) (i32.const 4) (i32.const 0)))
    (drop (call_indirect (type $binary) (i32.const 3) (i32.const 4) (i32.const 1)))
    (call $leaf (local.get 0)))
  (func $leaf (param i32) (result i32)
    (i32.load (i32.mul (local.get 0) (i32.const 65536))))
  (func (export "spin") (param i32) (result i32)
    (return_call $spin2 (local.get 0)))
  (func $spin2 (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (call $plus (i32.const 1) (i32.const 2)))))
    (return_call $spin3 (i32.sub (local.get 0) (i32.const 1))))
  (func $spin3 (param i32) (result i32) (return_call $spin2 (local.get 0)))
  (func $even (param i32) (call $odd (i32.add (local.get 0) (i32.const 1))) (drop (i32.load (i32.const 0))))
  (func $odd (param i32) (call $even (i32.add (local.get 0) (i32.const 1))) (drop (i32.load (i32.const 0))))
  (func (export "recurse") (call $even (i32.const 0)))
  (func (export "throw") (throw $oops (i32.const 42) (i64.const -1)))
  (func (export "unreachable") unreachable)
  (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
  (func (export "truncate") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (export "element") (param i32) (result i32)
    (call_indirect (type $binary) (i32.const 0) (i32.const 0) (local.get 0)))
  (func (export "fill") (memory.fill (i32.const 65535) (i32.const 0) (i32.const 2)))
  (func $poke (export "poke") (param i32) (i32.store (local.get 0) (i32.const 1)))
  (func (export "forever") (loop (drop (call $plus (i32.const 1) (i32.const 2))) (br 0))))"#;

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("p.wat"), PROGRAM).unwrap();
    folder
}

fn command(folder: &TempDir, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    command.current_dir(folder.path()).arg("run").args(args).stdin(Stdio::null()).env("NO_COLOR", "1");
    command
}

/// Returns the exit status and standard error.
#[track_caller]
fn run(folder: &TempDir, args: &[&str]) -> (i32, String) {
    let Output { status, stderr, .. } = command(folder, args).output().unwrap();
    let text = String::from_utf8(stderr).unwrap();
    assert!(!text.contains("panicked"), "{text}");
    (status.code().unwrap_or_else(|| panic!("{args:?}: {status}")), text)
}

/// Replaces the name of the tier with the interpreter's.
fn neutral(text: &str) -> String {
    text.replace("JIT Trap", "Interpreter Trap").replace("[jit]", "[interp]")
}

#[test]
fn every_tier_reports_a_trap_alike() {
    let folder = folder();
    let cases: [(&str, &[&str], &str); 9] = [
        ("unreachable", &[], "unreachable (wasm=15 'unreachable'+0x1)"),
        ("divide", &["0"], "integer divide by zero (wasm=16 'divide'+0x5)"),
        ("truncate", &["1e10"], "integer overflow (wasm=17 'truncate'+0x3)"),
        ("truncate", &["nan"], "invalid conversion to integer (wasm=17 'truncate'+0x3)"),
        ("element", &["2"], "undefined element 2 (wasm=18 'element'+0x7)"),
        ("fill", &[], "out of bounds memory access (wasm=19 'fill'+0x9)"),
        ("poke", &["65533"], "out of bounds memory access (wasm=20 'poke'+0x5)"),
        ("poke", &["-1"], "out of bounds memory access (wasm=20 'poke'+0x5)"),
        ("go", &["1"], "out of bounds memory access (wasm=7 'leaf'+0x8)"),
    ];
    for (function, arguments, line) in cases {
        let mut first = None;
        for tier in TIERS {
            let mut args = vec![tier, "p.wat", "--invoke", function];
            arguments.iter().for_each(|a| args.extend(["--arg", a]));
            let (status, text) = run(&folder, &args);
            assert_eq!(status, 134, "{function} {tier}: {text}");
            let name = if tier == "--no-jit" { "Interpreter" } else { "JIT" };
            assert!(text.starts_with(&format!("Error: {name} Trap: {line}\n")), "{function} {tier}: {text}");
            let first = first.get_or_insert_with(|| text.clone());
            assert_eq!(*first, neutral(&text), "{function} {tier}");
        }
    }
    let (_, text) = run(&folder, &["p.wat", "--invoke", "go", "--arg", "1"]);
    let frames: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(frames.len(), 2, "{text}");
    assert!(frames[0].starts_with("    0: wasm=7 'leaf'+0x8, module offset 0x"), "{text}");
    assert!(frames[1].starts_with("    1: wasm=6 'go'+0x") && frames[1].ends_with(" [interp]"), "{text}");
}

#[test]
fn recursion_is_counted_from_both_ends() {
    let folder = folder();
    for tier in TIERS {
        let (status, text) = run(&folder, &[tier, "p.wat", "--invoke", "recurse"]);
        assert_eq!(status, 134, "{text}");
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].contains("Trap: call stack exhausted (wasm="), "{text}");
        assert!(lines.len() < 20, "{text}");
        assert!(text.contains("these 2 frames, 50 times") || text.contains("these 2 frames, 49 times"), "{text}");
        assert!(text.contains("… these 2 frames, 4 times"), "{text}");
        // A prologue has the offset of the first operator, so no code is outside its function.
        assert!(lines[1].contains("+0x") && lines[1].contains("module offset 0x"), "{text}");
        // The outermost frame has the highest number, and omitted frames leave a gap in the numbers.
        let last: u64 = lines.last().unwrap().trim().split(':').next().unwrap().parse().unwrap();
        let omitted = lines.iter().find_map(|l| l.trim().strip_prefix("… ")?.strip_suffix(" more frames …"));
        assert_eq!(last + 1, 100 + omitted.unwrap().parse::<u64>().unwrap() + 10, "{text}");
        assert!(lines.last().unwrap().contains("wasm=13 'recurse'"), "{text}");
    }
}

/// A function that calls itself is shown once, with its number of frames; two functions that call each other are, if they do so
/// more than twice.
#[test]
fn repeated_frames_are_shown_once() {
    let folder = folder();
    let calls = |name: &str, other: &str| {
        format!(
            r#"(func ${name} (export "{name}") (param i32) (if (i32.eqz (local.get 0)) (then (unreachable)))
                 (call ${other} (i32.sub (local.get 0) (i32.const 1))))"#
        )
    };
    let module = format!("(module {} {} {})", calls("one", "one"), calls("a", "b"), calls("b", "a"));
    std::fs::write(folder.path().join("r.wat"), module).unwrap();
    for (function, depth, expected) in [
        ("one", "1", &["0: 0 'one'+0x6", "1: 0 'one'+0xd"][..]),
        ("one", "2", &["0: 0 'one'+0x6", "1: 0 'one'+0xd, 2 times"]),
        ("one", "5", &["0: 0 'one'+0x6", "1: 0 'one'+0xd, 5 times"]),
        ("a", "4", &["0: 1 'a'+0x6", "1: 2 'b'+0xd", "2: 1 'a'+0xd", "3: 2 'b'+0xd", "4: 1 'a'+0xd"]),
        ("a", "6", &["0: 1 'a'+0x6", "1: 2 'b'+0xd", "2: 1 'a'+0xd", "… these 2 frames, 3 times"]),
        ("b", "7", &["0: 1 'a'+0x6", "1: 2 'b'+0xd", "2: 1 'a'+0xd", "… these 2 frames, 3 times", "7: 2 'b'+0xd"]),
    ] {
        for tier in ["--no-jit", "-O0", "-O2"] {
            let (status, text) = run(&folder, &[tier, "r.wat", "--invoke", function, "--arg", depth]);
            assert_eq!(status, 134, "{text}");
            let shown: Vec<String> = text
                .lines()
                .skip(1)
                .map(|line| {
                    let line = line.trim().replacen("wasm=", "", 1);
                    match line.split_once(", module offset ") {
                        Some((place, rest)) => format!("{place}{}", rest.split_once(']').expect("a tier").1),
                        None => line,
                    }
                })
                .collect();
            assert_eq!(shown, expected, "{tier} {function} {depth}");
        }
    }
}

#[test]
fn uncaught_exceptions_show_tag_and_payload() {
    let folder = folder();
    for tier in TIERS {
        let (status, text) = run(&folder, &[tier, "p.wat", "--invoke", "throw"]);
        assert_eq!(status, 134);
        assert_eq!(text, "Error: Uncaught exception of tag 0 'oops' (42, -1)\n");
        // The place of the throw is recorded on request.
        let (status, text) = run(&folder, &[tier, "p.wat", "--invoke", "throw", "--dump-on-trap"]);
        assert_eq!(status, 134);
        let line = "Error: Uncaught exception of tag 0 'oops' (42, -1) thrown at wasm=14 'throw'+0x5\n    0: wasm=14 ";
        assert!(text.starts_with(line), "{text}");
    }
}

/// An exception thrown into a continuation, whether new or suspended, is reported at the place that resumes it.
#[test]
fn an_exception_is_thrown_where_a_computation_is_resumed() {
    let program = r#"(module
      (type $f (func)) (type $k (cont $f)) (tag $oops (param i32)) (tag $yield)
      (func $body (suspend $yield))
      (elem declare func $body)
      (func (export "fresh") (resume_throw $k $oops (i32.const 7) (cont.new $k (ref.func $body))))
      (func (export "suspended")
        (resume_throw $k $oops (i32.const 7)
          (block $h (result (ref $k))
            (resume $k (on $yield $h) (cont.new $k (ref.func $body))) (unreachable)))))"#;
    let folder = folder();
    std::fs::write(folder.path().join("k.wat"), program).unwrap();
    for (function, place) in [("fresh", "wasm=1 'fresh'+0x7"), ("suspended", "wasm=2 'suspended'+0x12")] {
        for tier in TIERS {
            let (status, text) = run(&folder, &[tier, "k.wat", "--invoke", function, "--dump-on-trap"]);
            let line = format!("Error: Uncaught exception of tag 0 (7) thrown at {place}\n    0: {place}, module");
            assert!(status == 134 && text.starts_with(&line), "{tier}: {text}");
            assert!(!text.contains("    1: "), "{tier}: {text}");
        }
    }
}

/// An exception that the host throws or passes on is reported at the call of the host, whatever was thrown and caught before.
#[test]
fn an_exception_of_the_host_is_thrown_where_the_host_is_called() {
    let text = r#"(module (import "" "throws" (func $throws)) (tag $t)
        (func $own (export "own") (throw $t))
        (func (export "outer")
          (block $caught (try_table (catch_all $caught) (call $own)))
          (call $throws)))"#;
    let module = Arc::new(Module::new(&wat::parse_str(text).expect("a module"), WasmFeatures::all()).expect("valid"));
    for (tier, opt) in [(Tier::Interp, OptLevel::O2), (Tier::Jit, OptLevel::O0), (Tier::Jit, OptLevel::O2)] {
        let engine = Engine::new(Config { mode: Mode::All(tier), opt, ..Config::default() }).expect("a configuration");
        let mut store = engine.store(Limits::default());
        store.keep_post_mortem();
        // The function that the host function calls, once there is an instance.
        let own = Rc::new(Cell::new(None));
        let called = Rc::clone(&own);
        let throws = store.new_host_func(
            "throws",
            FuncType::new([], []),
            Box::new(move |store, _| {
                let thrown = store.call(called.get().expect("an instance"), &[]);
                assert_eq!(store.thrown_at().iter().map(|f| f.function).collect::<Vec<_>>(), [1, 2]);
                thrown
            }),
        );
        let code = engine.compile(&module).expect("supported");
        let instance = store.instantiate(code, &[Extern::Func(throws)]).expect("links");
        let [f, outer] = ["own", "outer"].map(|name| match store.export(instance, name) {
            Some(Extern::Func(f)) => f,
            _ => panic!("a function"),
        });
        own.set(Some(f));
        assert!(matches!(store.call(outer, &[]), Err(Abort::Exception(_))));
        assert_eq!(store.thrown_at().iter().map(|f| f.function).collect::<Vec<_>>(), [2], "{tier:?} {opt:?}");
    }
}

/// Endlessly nested inlined calls, and entries that share a long list of attributes or ranges, with a few bytes for each entry:
/// reading all of them would overflow the stack or take gigabytes.
#[test]
fn dwarf_that_is_out_of_proportion_is_not_read() {
    let section = |name: &str, bytes: &[u8]| {
        let escaped: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
        format!("(@custom \"{name}\" \"{escaped}\")")
    };
    // A unit, a function, and inlined calls: with children, with a list of ranges, with many attributes.
    let mut abbreviations = vec![1, 0x11, 1, 0x11, 1, 0x12, 6, 0x10, 0x17, 0, 0, 2, 0x2e, 1, 0x11, 1, 0x12, 6, 0, 0];
    abbreviations.extend([3, 0x1d, 1, 0, 0, 4, 0x1d, 0, 0x55, 0x17, 0, 0, 5, 0x1d, 0]);
    abbreviations.extend([0x34, 0x19].repeat(20_000));
    abbreviations.extend([0, 0, 0]);
    let header = [1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, b'a', b'.', b'c', 0, 0, 0, 0, 0];
    let rows = [0, 5, 2, 0, 0, 0, 0, 1, 2, 0xff, 0xff, 0x1f, 1, 0, 1, 1];
    let mut line = vec![4, 0, header.len() as u8, 0, 0, 0];
    line.extend(header.iter().chain(&rows));
    let line = [&(line.len() as u32).to_le_bytes()[..], &line].concat();
    let ranges = [[0, 0, 0, 0, 1, 0, 0, 0].repeat(20_000), vec![0; 8]].concat();
    let folder = folder();
    let inlined = [(vec![3], 30_000), (vec![4, 0, 0, 0, 0], 20_000), (vec![5], 20_000), (vec![3], 20)];
    for (i, (entry, count)) in inlined.into_iter().enumerate() {
        let mut entries = vec![4, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0];
        entries.extend([2, 0, 0, 0, 0, 0xff, 0xff, 0, 0]);
        entries.extend(entry.repeat(count));
        entries.extend([0, 0]);
        let info = [&(entries.len() as u32).to_le_bytes()[..], &entries].concat();
        let sections = [
            section(".debug_abbrev", &abbreviations),
            section(".debug_info", &info),
            section(".debug_line", &line),
            section(".debug_ranges", &ranges),
        ];
        let module = format!("(module (func (export \"f\") unreachable) {})", sections.concat());
        std::fs::write(folder.path().join("deep.wat"), module).unwrap();
        let (status, text) = run(&folder, &["deep.wat", "--invoke", "f", "--dump-on-trap"]);
        assert_eq!(status, 134, "{i}: {text}");
        assert_eq!(text.contains("source lines are left out"), count > 20, "{i}: {text}");
    }
}

#[test]
fn source_lines_come_from_dwarf() {
    let folder = folder();
    std::fs::write(folder.path().join("lines.wat"), include_str!("../examples/lines.wat")).unwrap();
    for tier in TIERS {
        let (status, text) = run(&folder, &[tier, "lines.wat", "--invoke", "entry", "--arg", "7"]);
        assert_eq!(status, 134);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(lines.len(), 6, "{text}");
        assert!(lines[1].starts_with("0: wasm=0 'outer'+0xa"), "{text}");
        assert_eq!(lines[2..4], ["at /src/d.c:3:5 (inlined 'inner')", "at /src/d.c:8:10"], "{text}");
        assert_eq!(lines[5], "at /src/d.c:12:10", "{text}");
    }
    // Truncated debugging information is not an error; the report contains what could be read.
    let broken =
        include_str!("../examples/lines.wat").replace(r#""entry\00x"#, r#""\ff\00x"#).replace(r"\01\01\01\fb", "");
    assert_ne!(broken, include_str!("../examples/lines.wat"));
    std::fs::write(folder.path().join("broken.wat"), broken).unwrap();
    let (status, text) = run(&folder, &["broken.wat", "--invoke", "entry", "--arg", "7"]);
    assert!(status == 134 && text.starts_with("Error: Interpreter Trap: unreachable (wasm=0 'outer'+0xa)"), "{text}");
}

/// The module of [`source_lines_come_from_dwarf`] as a binary, with so many zeros after each DWARF section that the sections are
/// only read when a report needs them.
fn binary_with_large_sections() -> Vec<u8> {
    const PAD: usize = 17_000;
    let binary = wat::parse_str(include_str!("../examples/lines.wat")).unwrap();
    let mut padded = wasm_encoder::Module::new();
    for payload in wasmparser::Parser::new(0).parse_all(&binary).map(Result::unwrap) {
        match &payload {
            wasmparser::Payload::CustomSection(section) if section.name().starts_with(".debug_") => {
                let mut data = [section.data(), &[0; PAD]].concat();
                if section.name() == ".debug_info" {
                    // Its only unit starts with its length, and now ends with null entries.
                    let length = u32::from_le_bytes(data[..4].try_into().unwrap()) + PAD as u32;
                    data[..4].copy_from_slice(&length.to_le_bytes());
                }
                padded.section(&wasm_encoder::CustomSection { name: section.name().into(), data: data.into() });
            }
            _ => {
                if let Some((id, range)) = payload.as_section() {
                    let data = &binary[range.start as usize..range.end as usize];
                    padded.section(&wasm_encoder::RawSection { id, data });
                }
            }
        }
    }
    padded.finish()
}

/// Large sections are not read before the program runs, but the lines are still found: by default, and in each tier.
#[test]
fn source_lines_come_from_large_sections_too() {
    let folder = folder();
    std::fs::write(folder.path().join("lines.wasm"), binary_with_large_sections()).unwrap();
    for tier in [&[][..], &["--no-jit"], &["-O2"]] {
        let args = [tier, &["lines.wasm", "--invoke", "entry", "--arg", "7"]].concat();
        let (status, text) = run(&folder, &args);
        assert_eq!(status, 134);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(lines.len(), 6, "{text}");
        assert_eq!(lines[2..4], ["at /src/d.c:3:5 (inlined 'inner')", "at /src/d.c:8:10"], "{text}");
        assert_eq!(lines[5], "at /src/d.c:12:10", "{text}");
    }
    // The memory that the sections may take is known without reading them.
    let (_, text) = run(&folder, &["--max-compile", "4M", "lines.wasm", "--invoke", "entry", "--arg", "7"]);
    assert_eq!(text.matches("source lines are left out").count(), 1, "{text}");
}

/// A program that changes its own file before it traps.
#[test]
fn lines_of_another_file_are_not_shown() {
    let folder = folder();
    let text = r#"(module
      (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "self.wasm\00\00\00\14\00\00\00\02\00\00\00no")
      (func (export "_start")
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 9) (i32.const 0)
          (i64.const 0x40) (i64.const 0) (i32.const 0) (i32.const 32)))
        (if (call $write (i32.load (i32.const 32)) (i32.const 12) (i32.const 1) (i32.const 36)) (then (return)))
        (unreachable))
      (@custom ".debug_line" "PAD"))"#
        .replace("PAD", &"x".repeat(17_000));
    std::fs::write(folder.path().join("self.wasm"), wat::parse_str(text).unwrap()).unwrap();
    let (status, text) = run(&folder, &["--dir", ".", "self.wasm"]);
    assert_eq!(status, 134, "it is written: {text}");
    assert!(text.contains("\n         source lines are left out: self.wasm: changed during the run\n"), "{text}");
}

/// Long names are cut to a readable length; a report may have a hundred.
#[test]
fn long_names_are_cut_in_reports() {
    let folder = folder();
    let (name, shown) = ("é".repeat(1 << 19), format!("'{}…'", "é".repeat(512)));
    let module = format!(
        r#"(module (tag $t)
          (func $f (@name "{name}") (param i32) (if (local.get 0) (then (throw $t))) unreachable)
          (func $g (@name "x") (export "g") (param i32) (call $f (local.get 0))))"#
    );
    std::fs::write(folder.path().join("n.wat"), module).unwrap();
    // A trap, and an exception, whose place is recorded on request.
    for arg in ["0", "1"] {
        let (status, text) = run(&folder, &["n.wat", "--invoke", "g", "--arg", arg, "--dump-on-trap"]);
        assert_eq!(status, 134);
        assert!(text.len() < 4000, "{} bytes", text.len());
        assert_eq!(text.matches(&shown).count(), 2, "{text}");
    }
}

#[test]
fn names_of_hostile_modules_are_harmless() {
    let folder = folder();
    let module = r#"(module (func $f (@name "../../\1b[31m\0aname/\"x\"") (export "f") unreachable))"#;
    std::fs::write(folder.path().join("h.wat"), module).unwrap();
    let (status, text) = run(&folder, &["h.wat", "--invoke", "f", "--dump-on-trap", "--trace-calls", "0"]);
    assert_eq!(status, 134, "{text}");
    assert!(!text.contains('\x1b'), "{text:?}");
    assert!(text.contains("(wasm=0 '../../\\u{1b}[31m\\nname/"), "{text}");
    let reports: Vec<_> =
        std::fs::read_dir(folder.path().join("target")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(reports, ["jit-trap-0-.._..___31m_name__x_.log"], "one file, in its folder");
}

/// Traces calls of the functions in `calls`, and stores to all of memory.
fn trace(folder: &TempDir, tier: &str, function: &str, arguments: &[&str], calls: &str) -> (i32, String) {
    let mut args = vec![tier, "p.wat", "--invoke", function, "--trace-output", "trace.txt"];
    args.extend(["--trace-calls", calls, "--trace-stores", "0..0x10000"]);
    arguments.iter().for_each(|a| args.extend(["--arg", a]));
    let (status, _) = run(folder, &args);
    (status, std::fs::read_to_string(folder.path().join("trace.txt")).unwrap())
}

#[test]
fn traces_of_all_tiers_are_equal() {
    let folder = folder();
    for (argument, status) in [("0", 0), ("1", 134)] {
        let (ended, first) = trace(&folder, "--no-jit", "go", &[argument], "*");
        assert_eq!(ended, status, "{first}");
        for tier in &TIERS[1..] {
            let (ended, other) = trace(&folder, tier, "go", &[argument], "*");
            assert_eq!(ended, status);
            let differs = first.lines().zip(other.lines()).find(|(a, b)| a != b);
            assert!(first == other, "{tier}: {differs:?}\n{other}");
        }
        let lines: Vec<&str> = first.lines().collect();
        let count = |start: &str| lines.iter().filter(|l| l.starts_with(start)).count();
        assert_eq!(lines[0], "data 0 0x10..0x1c 68656c6c6f2c20776f726c64 (was 000000000000000000000000)");
        assert_eq!(lines[1], format!("call 6 'go' (i32 {argument}) depth 0"));
        // Each call ends exactly once: by return, trap or exception.
        assert_eq!(count("call "), count("return ") + count("throw ") + count("trap "), "{first}");
        assert_eq!(count("call 3 'sort' "), 12, "{first}");
        let end = if status == 0 { "return 6 'go' -> i32 0" } else { "trap 6 'go': out of bounds memory access" };
        assert_eq!(*lines.last().unwrap(), end, "{first}");
        for line in [
            "call 3 'sort' (i32 16, i32 28) depth 1",
            "call 3 'sort' (i32 17, i32 28) depth 2",
            "throw 4 'throws': tag 0 (i32 42, i64 -1)",
            "return 4 'throws' -> (f64 -0.5, i64 5)",
            "return 5 'catches' -> i64 42",
            "call 1 'minus' (i32 3, i32 4) depth 1",
            "return 1 'minus' -> i32 -1",
        ] {
            assert!(lines.contains(&line), "no {line:?} in:\n{first}");
        }
        let stores = |what: &str| lines.iter().filter(|l| l.starts_with(what)).collect::<Vec<_>>();
        for text in [
            "store 0x48 f64 0x3ff8000000000000 (was 0x0) in 6 'go'+0x",
            "store 0x50 f32 0x7fa00000 (was 0x0) in 6 'go'+0x",
            "store 0x54 i64.32 0xffffffff (was 0x0) in 6 'go'+0x",
            "store 0x56 i64.16 0x2345 (was 0xffff) in 6 'go'+0x",
            "store 0x58 i64.8 0x99 (was 0x0) in 6 'go'+0x",
            "store 0x5a i32.16 0xfffe (was 0x0) in 6 'go'+0x",
            "fill 0x5a..0x63 aaaaaaaaaaaaaaaaaa (was feff00000000000000) in 6 'go'+0x",
            "copy 0x64..0x78 0000202c6465686c6c6c6f6f72770000… (was ",
        ] {
            assert_eq!(stores(text).len(), 1, "{text:?} in:\n{first}");
        }
    }
}

#[test]
fn only_what_is_asked_for_is_traced() {
    let folder = folder();
    let (status, text) = run(&folder, &["p.wat", "--invoke", "go", "--arg", "0", "--trace-calls", "func_1,thr*"]);
    assert_eq!(status, 0);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 6, "{text}");
    assert!(lines.iter().all(|l| l.contains("'minus'") || l.contains("'throws'")), "{text}");
    let range = ["p.wat", "--invoke", "go", "--arg", "0", "--trace-stores", "mem0:0x48..0x4a,0x58"];
    let (status, text) = run(&folder, &range);
    assert_eq!(status, 0);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with("store 0x48 f64") && lines[1].starts_with("store 0x58 i64.8"), "{text}");
    // A bulk operation on several ranges is reported for each, in address order; adjacent or overlapping ranges are merged.
    let filled = ["fill 0x5c..0x5e aaaa (was 0000) in ", "fill 0x60..0x63 aaaaaa (was 000000) in "];
    for ranges in [
        "0x5c..0x5e,0x60..0x63",
        "0x61..0x63,0x60..0x62,0x5c..0x5e,0x5d",
        "0x61..0x63,0x5c..0x5e,0x60",
        // One within another.
        "0x60..0x63,0x61,0x5c,0x5c..0x5e",
        "0x5c..0x5e,0x5c,0x60..0x62,0x60..0x63,0x60",
    ] {
        let (status, text) = run(&folder, &["p.wat", "--invoke", "go", "--arg", "0", "--trace-stores", ranges]);
        assert_eq!(status, 0);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() == 2 && lines.iter().zip(filled).all(|(line, filled)| line.starts_with(filled)), "{text}");
    }
}

#[test]
fn a_store_that_traps_is_not_traced() {
    let folder = folder();
    for tier in TIERS {
        for address in ["65533", "-1"] {
            let (status, text) = trace(&folder, tier, "poke", &[address], "poke");
            let argument: i32 = address.parse().unwrap();
            let expected = format!(
                "data 0 0x10..0x1c 68656c6c6f2c20776f726c64 (was 000000000000000000000000)\n\
                 call 20 'poke' (i32 {argument}) depth 0\ntrap 20 'poke': out of bounds memory access\n"
            );
            assert_eq!((status, text.as_str()), (134, expected.as_str()), "{tier}");
        }
    }
}

#[test]
fn what_is_not_traced_keeps_its_tail_calls() {
    let folder = folder();
    for tier in TIERS {
        let (status, text) = trace(&folder, tier, "spin", &["1000000"], "plus");
        assert_eq!(status, 0, "{tier}");
        assert!(text.ends_with("call 0 'plus' (i32 1, i32 2) depth 0\nreturn 0 'plus' -> i32 3\n"), "{text}");
    }
}

/// 64-bit addresses are printed in full, whether or not their offset fits in an instruction.
#[test]
fn stores_to_wide_memories_are_traced() {
    let folder = folder();
    let module = r#"(module
      (memory i64 0x10001)
      (func (export "go") (param $at i64)
        (i32.store offset=0x10 (local.get $at) (i32.const 7))
        (i64.store8 offset=0x1_0000_0000 (i64.const 5) (i64.const 3))
        (i64.store offset=0xffff_ffff_ffff_fff0 (local.get $at) (i64.const 4))))"#;
    std::fs::write(folder.path().join("m.wat"), module).unwrap();
    for tier in TIERS {
        let args = [tier, "m.wat", "--invoke", "go", "--arg", "0x1_0000_0020", "--trace-stores", "0..0x2_0000_0000"];
        let (status, text) = run(&folder, &args);
        assert_eq!(status, 134, "{text}");
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("store 0x100000030 i32 0x7 (was 0x0) in 0 'go'+0x"), "{text}");
        assert!(lines[1].starts_with("store 0x100000005 i64.8 0x3 (was 0x0) in 0 'go'+0x"), "{text}");
        // An address that wraps around is out of bounds, and is not traced.
        assert!(lines[2].contains("out of bounds memory access"), "{text}");
    }
}

#[test]
fn host_functions_are_traced_and_watched() {
    let folder = folder();
    let module = r#"(module
      (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (i32.store (i32.const 8) (i32.const -1))
        (drop (call $sizes (i32.const 8) (i32.const 12)))))"#;
    std::fs::write(folder.path().join("w.wat"), module).unwrap();
    for tier in TIERS {
        let (status, text) = run(&folder, &[tier, "w.wat", "--trace-calls", "sizes", "--trace-stores", "0..64"]);
        assert_eq!(status, 0, "{text}");
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("store 0x8 i32 0xffffffff (was 0x0) in 2 '_start'+0x"), "{text}");
        assert_eq!(lines[1], "call 1 'sizes' (i32 8, i32 12) depth 0", "{text}");
        assert!(lines[2].starts_with("host ") && lines[2].contains(" 0x8..0xd 0100000006 (was ffffffff00)"), "{text}");
        assert_eq!(lines[3], "return 1 'sizes' -> i32 0", "{text}");
        assert_eq!(lines.len(), 4, "{text}");
    }
}

#[test]
fn stores_of_vectors_and_of_lanes_are_traced() {
    let folder = folder();
    let module = r#"(module (memory (export "memory") 1) (func (export "_start")
      (v128.store (i32.const 8) (v128.const i32x4 1 2 3 -1))
      (v128.store8_lane offset=1 3 (i32.const 31) (v128.const i8x16 0 1 2 0xfe 4 5 6 7 8 9 10 11 12 13 14 15))
      (v128.store16_lane 7 (i32.const 36) (v128.const i16x8 0 1 2 3 4 5 6 -2))
      (v128.store32_lane 1 (i32.const 40) (v128.const i32x4 5 6 7 8))
      (v128.store64_lane 1 (i32.const 44) (v128.const i64x2 5 -6))))"#;
    std::fs::write(folder.path().join("v.wat"), module).unwrap();
    let expected = [
        "store 0x8 v128 0xffffffff000000030000000200000001 (was 0x0) in 0 '_start'",
        "store 0x20 i32.8 0xfe (was 0x0) in 0 '_start'",
        "store 0x24 i32.16 0xfffe (was 0x0) in 0 '_start'",
        "store 0x28 i32 0x6 (was 0x0) in 0 '_start'",
        "store 0x2c i64 0xfffffffffffffffa (was 0x0) in 0 '_start'",
    ];
    for tier in TIERS {
        let (status, text) = run(&folder, &[tier, "v.wat", "--trace-stores", "0..64"]);
        assert_eq!((status, text.lines().count()), (0, expected.len()), "{tier}: {text}");
        for (line, start) in text.lines().zip(expected) {
            assert!(line.starts_with(start), "{tier}: {text}");
        }
    }
}

#[test]
fn runs_with_a_seed_can_be_compared() {
    let folder = folder();
    let module = r#"(module
      (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func $show (param i64))
      (func (export "_start")
        (drop (call $random_get (i32.const 0) (i32.const 8)))
        (call $show (i64.load (i32.const 0)))))"#;
    std::fs::write(folder.path().join("r.wat"), module).unwrap();
    let traced = |more: &[&'static str]| run(&folder, &[&["r.wat", "--trace-calls", "show"], more].concat());
    let (status, first) = traced(&["--seed", "1"]);
    assert!(status == 0 && first.starts_with("call 1 'show' (i64 "), "{first}");
    assert_eq!(traced(&["--seed", "1", "-O0"]).1, first);
    assert_eq!(run(&folder, &["--no-jit", "r.wat", "--trace-calls", "show", "--seed", "1"]).1, first);
    assert_ne!(traced(&["--seed", "2"]).1, first);
    assert_ne!(traced(&[]).1, first);
}

#[test]
fn a_report_has_what_a_person_looks_at() {
    let folder = folder();
    for (tier, name) in [("--no-jit", "interp"), ("-O0", "jit"), ("-O2", "jit")] {
        let args = [tier, "p.wat", "--invoke", "go", "--arg", "1", "--dump-on-trap", "--dump-dir", "new/folder"];
        let (status, text) = run(&folder, &args);
        assert_eq!(status, 134, "{text}");
        let path = format!("new/folder/{name}-trap-7-leaf.log");
        assert!(text.ends_with(&format!("Report: {path}\n")), "{text}");
        let report = std::fs::read_to_string(folder.path().join(&path)).unwrap();
        assert!(report.contains("Trap: out of bounds memory access (wasm=7 'leaf'+0x8)\n"), "{report}");
        for section in [
            "== What was run",
            "== Function wasm=7 'leaf'+0x8 : (func (param i32) (result i32))",
            "-- Arguments, locals, temporaries",
            "== WebAssembly",
            "== Bytecode",
            "== SSA before optimization",
            "== Register allocation",
            "== Assembly",
            "== Registers",
            "== Memory 0 (65536 bytes)",
        ] {
            assert!(report.contains(section), "no {section:?}:\n{report}");
        }
        assert!(report.contains("run ") && report.contains(&format!("{tier} p.wat --invoke go --arg 1")), "{report}");
        // The caller is in the report, too, with its call marked.
        let (report, caller) = report.split_once("== Caller wasm=6 'go'+0x").unwrap();
        let marked: Vec<&str> = caller.lines().filter(|l| l.starts_with("=>")).collect();
        assert!(marked.len() == 2 && marked.iter().all(|l| l.contains("call ")), "{marked:?}\n{caller}");
        assert!(caller.contains(" lines …"), "{caller}");
        if name == "interp" {
            assert!(caller.contains("   param   0 i32 1 (0x1)"), "{caller}");
        }
        let marked: Vec<&str> = report.lines().filter(|l| l.starts_with("=>")).collect();
        assert!(marked[0].ends_with("i32.load"), "{marked:?}");
        assert!(marked.iter().any(|l| l.contains("heap_load.i32")), "{marked:?}");
        if name == "jit" {
            let last = marked.last().unwrap();
            assert!(
                last.contains(CPU.load) && last.contains("; trap: out of bounds memory access (memory 0)"),
                "{last}"
            );
            // The register that holds the address, and where it points: beyond the end.
            assert!(report.contains(CPU.pc) && report.contains(CPU.last_vector), "{report}");
            assert!(report.contains("the access was at 0x10000, 0 bytes beyond the end"), "{report}");
            assert!(report.lines().any(|l| l.ends_with(" = 0x10000")), "{report}");
            assert!(report.contains("context\n") && report.contains("return address\n"), "{report}");
        } else {
            assert!(report.contains("   param   0 i32 1 (0x1)"), "{report}");
        }
    }
    // A trap raised by the runtime: the mark is on the call.
    let (_, text) = run(&folder, &["p.wat", "--invoke", "fill", "--dump-on-trap"]);
    assert!(text.contains("Report: target/jit-trap-19-fill.log"), "{text}");
    let report = std::fs::read_to_string(folder.path().join("target/jit-trap-19-fill.log")).unwrap();
    let marked = report.lines().rfind(|l| l.starts_with("=>")).unwrap();
    assert!(marked.contains("call") && marked.contains("memory_fill"), "{marked}\n{report}");
}

/// A WASI call cut short by a timeout or by fuel is a trap like any other: the report has the state of its caller.
#[test]
fn the_report_of_a_call_that_is_cut_short_has_the_state_of_its_caller() {
    let folder = folder();
    let text = r#"(module
        (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (memory (export "memory") 128)
        ;; An hour by a clock.
        (func (export "sleep") (param i32)
          (i64.store (i32.const 24) (i64.const 3600000000000))
          (i32.store (i32.const 16) (i32.const 1))
          (drop (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200))))
        ;; 4 MiB, for which 1,024 units of fuel are needed.
        (func (export "fill") (param i32)
          (drop (call $random (i32.const 4096) (i32.const 4194304)))))"#;
    std::fs::write(folder.path().join("cut.wat"), text).unwrap();
    for (tier, name) in [("--no-jit", "interp"), ("-O0", "jit"), ("-O2", "jit")] {
        for (function, export, limit) in [(2, "sleep", ["--timeout", "1"]), (3, "fill", ["--fuel", "600"])] {
            let [option, value] = limit;
            let args = [tier, "cut.wat", "--invoke", export, "--arg", "77", option, value, "--dump-on-trap"];
            let (status, text) = run(&folder, &args);
            let path = format!("target/{name}-trap-{function}-{export}.log");
            assert!(status == 134 && text.contains(&format!("Report: {path}\n")), "{tier}: {text}");
            let report = std::fs::read_to_string(folder.path().join(&path)).unwrap();
            let kept = match name {
                "interp" => "   param   0 i32 77 (0x4d)\n",
                _ => "\n   The trap was raised by the runtime, which keeps no others.\n",
            };
            assert!(report.contains(kept) && !report.contains("Nothing was kept"), "{tier} {export}:\n{report}");
        }
    }
}

/// Of the native stack, only the innermost frame or its first words are kept, and nothing above it.
#[test]
fn no_more_of_the_stack_is_kept_than_the_innermost_frame() {
    let values = |n: usize| {
        let (mut set, mut sum) = (String::new(), "(i64.const 0)".to_string());
        for i in 0..n {
            set += &format!("(local.set {} (call $id (i64.const {i})))", i + 1);
            sum = format!("(i64.add {sum} (local.get {}))", i + 1);
        }
        format!(
            r#"(func (export "f{n}") (param i32) (result i64) (local {}) {set}
                (if (local.get 0) (then (unreachable))) {sum})"#,
            "i64 ".repeat(n)
        )
    };
    let sizes = [0, 1, 20, 100, 400];
    let functions: String = sizes.into_iter().map(values).collect();
    let text = format!(r#"(module (func $id (param i64) (result i64) (local.get 0)) {functions})"#);
    let module = Arc::new(Module::new(&wat::parse_str(&text).expect("a module"), WasmFeatures::all()).expect("valid"));
    for opt in [OptLevel::O0, OptLevel::O2] {
        let config = Config { mode: Mode::All(Tier::Jit), opt, ..Config::default() };
        let engine = Engine::new(config).expect("a configuration");
        let mut store = engine.store(Limits::default());
        store.keep_post_mortem();
        let instance = store.instantiate(engine.compile(&module).expect("supported"), &[]).expect("links");
        let kept = sizes.map(|n| {
            let Some(Extern::Func(f)) = store.export(instance, &format!("f{n}")) else { panic!("a function") };
            assert!(store.call(f, &[Val::I32(1)]).is_err());
            let kept = store.take_post_mortem().expect("a trap");
            let [_, sp, fp] = kept.native.expect("native code");
            let frame = (fp + RETURN_SLOT as u64 + 8 - sp) / 8;
            assert_eq!(kept.stack.len() as u64, frame.min(256), "{n} values, {opt:?}");
            kept.stack.len()
        });
        assert!(kept.is_sorted() && kept[0] < 16 && (100..256).contains(&kept[3]) && kept[4] == 256, "{kept:?}");
    }
}

#[test]
fn a_report_has_every_operand_at_its_height() {
    let folder = folder();
    let module = r#"(module (memory 1) (func (export "go") (param i32) (result i32)
      (i32.add (local.get 0) (i32.const 5))
      (i32.mul (local.get 0) (i32.const 7))
      (i32.load (i32.add (local.get 0) (i32.const 0x10000)))
      (i32.add) (i32.add)))"#;
    std::fs::write(folder.path().join("o.wat"), module).unwrap();
    let args = ["--no-jit", "o.wat", "--invoke", "go", "--arg", "3", "--dump-on-trap", "--dump-dir", "operands"];
    let (status, text) = run(&folder, &args);
    assert_eq!(status, 134, "{text}");
    let report = std::fs::read_to_string(folder.path().join("operands/interp-trap-0-go.log")).unwrap();
    let values =
        ["param   0 i32 3 (0x3)", "temp    0     bits 0x0000000000000008", "temp    1     bits 0x0000000000000015"];
    let (_, listed) = report.split_once("-- Arguments, locals, temporaries\n").unwrap();
    for (line, value) in listed.lines().zip(values) {
        assert_eq!(line.trim(), value, "{report}");
    }
}

/// The memory around an address is shown once, under all names of the address; a vector takes two slots, and is one value.
#[test]
fn a_report_has_the_memory_at_addresses_and_each_local() {
    let folder = folder();
    let module = r#"(module (memory 1) (data (i32.const 16) "hello, world")
      (func $at (export "at") (param i32 i32 i32) unreachable)
      (func $wide (export "wide") (param v128 i32) (local v128 i64)
        (local.set 2 (i64x2.add (local.get 0) (local.get 0))) (local.set 3 (i64.const -3)) unreachable)
      (func (export "go") (call $wide (v128.const i64x2 -1 -2) (i32.const 7))))"#;
    std::fs::write(folder.path().join("m.wat"), module).unwrap();
    let report = |function: &str, arguments: &[&str], file: &str| {
        let mut args = vec!["--no-jit", "m.wat", "--invoke", function, "--dump-on-trap", "--dump-dir", "d"];
        arguments.iter().for_each(|argument| args.extend(["--arg", argument]));
        let (status, text) = run(&folder, &args);
        assert_eq!(status, 134, "{text}");
        std::fs::read_to_string(folder.path().join("d").join(file)).unwrap()
    };
    let at = report("at", &["16", "20", "1000"], "interp-trap-0-at.log");
    let (_, memory) = at.split_once("\n== Memory 0 (65536 bytes)\n").expect("a memory");
    let row = |address: u32| match address {
        16 => "           10  68 65 6c 6c 6f 2c 20 77 6f 72 6c 64 00 00 00 00  hello, world....\n".to_string(),
        _ => format!("     {address:8x}  {}  {}\n", ["00"; 16].join(" "), ".".repeat(16)),
    };
    let rows = |from: u32, to: u32| (from..to).step_by(16).map(row).collect::<String>();
    let near = format!("   0x10: local 0\n   0x14: local 1\n{}", rows(0, 0x60));
    assert_eq!(memory, format!("{near}   0x3e8: local 2\n{}", rows(0x3c0, 0x430)));
    let wide = report("go", &[], "interp-trap-1-wide.log");
    let (_, values) = wide.split_once("-- Arguments, locals, temporaries\n").expect("values");
    let expected = [
        "   param   0 v128 0xfffffffffffffffeffffffffffffffff",
        "   param   1 i32 7 (0x7)",
        "   local   2 v128 0xfffffffffffffffcfffffffffffffffe",
        "   local   3 i64 -3 (0xfffffffffffffffd)",
    ];
    assert_eq!(values.lines().take(4).collect::<Vec<_>>(), expected, "{wide}");
}

/// Offsets are relative to the function, however far from the start of the module it is.
#[test]
fn a_trap_far_behind_in_a_module_has_the_offset_in_its_function() {
    let folder = folder();
    let module = format!(
        r#"(module (func (export "far") {}) (func $traps (export "traps") (nop) (unreachable)))"#,
        "(nop)".repeat(70_000)
    );
    std::fs::write(folder.path().join("far.wat"), module).unwrap();
    for tier in TIERS {
        let (status, text) = run(&folder, &[tier, "far.wat", "--invoke", "traps"]);
        assert_eq!(status, 134, "{tier}: {text}");
        assert!(text.contains("wasm=1 'traps'+0x2"), "{tier}: {text}");
    }
}

#[test]
fn a_trap_without_code_has_a_report_too() {
    let folder = folder();
    let module = r#"(module (memory 1) (data (i32.const 65535) "ab") (func (export "_start")))"#;
    std::fs::write(folder.path().join("d.wat"), module).unwrap();
    let (status, text) = run(&folder, &["d.wat", "--dump-on-trap"]);
    assert_eq!(status, 134);
    assert_eq!(text, "Error: Trap: out of bounds memory access\nReport: target/trap-instantiation.log\n");
    let report = std::fs::read_to_string(folder.path().join("target/trap-instantiation.log")).unwrap();
    assert!(report.contains("== What was run") && report.contains("No code was running"), "{report}");
}

/// The command in a report can be run by a shell.
#[test]
fn a_report_repeats_its_command() {
    let folder = folder();
    std::fs::write(folder.path().join("t t.wat"), r#"(module (func (export "_start") unreachable))"#).unwrap();
    let (status, text) = run(&folder, &["--dump-on-trap", "--env", "A=it's so", "t t.wat", "", "b"]);
    assert_eq!(status, 134, "{text}");
    let report = std::fs::read_to_string(folder.path().join("target/jit-trap-0-_start.log")).unwrap();
    let command = report.lines().find_map(|line| line.trim_start().strip_prefix("again ")).unwrap_or_default();
    assert!(command.ends_with(r"run --dump-on-trap --env 'A=it'\''s so' 't t.wat' '' b"), "{report}");
}

#[test]
fn a_report_that_cannot_be_written_hides_nothing() {
    let folder = folder();
    std::fs::write(folder.path().join("file"), "").unwrap();
    for dir in ["file", "file/below", "/dev/full", "/proc/nowhere"] {
        let (status, text) =
            run(&folder, &["p.wat", "--invoke", "poke", "--arg", "-1", "--dump-on-trap", "--dump-dir", dir]);
        assert_eq!(status, 134, "{dir}: {text}");
        assert!(text.starts_with("Error: JIT Trap: out of bounds memory access (wasm=20 'poke'+0x5)\n"), "{text}");
        assert!(text.contains("error: cannot write the trap report: cannot ") && text.contains(dir), "{text}");
        assert!(text.contains("--dump-dir"), "{text}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing was left behind");
}

/// A program that moves `target` away in its folder, puts a link out of the folder in its place, and traps.
const LEADS_OUT: &str = r#"(module
  (import "wasi_snapshot_preview1" "path_rename" (func $rename (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink" (func $symlink (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "target") (data (i32.const 16) "moved") (data (i32.const 32) "../outside")
  (func (export "_start")
    (drop (call $rename (i32.const 3) (i32.const 0) (i32.const 6) (i32.const 3) (i32.const 16) (i32.const 5)))
    (if (call $symlink (i32.const 32) (i32.const 10) (i32.const 3) (i32.const 0) (i32.const 6)) (then (return)))
    (unreachable)))"#;

/// Whatever the program does to the folder's name, during the run or before the next one, no report is written outside the
/// program's folder.
#[test]
fn a_report_stays_in_the_folder_that_was_there_before_the_program() {
    let folder = folder();
    let at = |path: &str| folder.path().join(path);
    std::fs::write(at("s.wat"), LEADS_OUT).unwrap();
    for tier in ["--no-jit", "-O2"] {
        for path in ["given", "given/target", "outside"] {
            std::fs::create_dir(at(path)).unwrap();
        }
        let dump = |file| {
            let args = [tier, "--dir", "given", "--dump-on-trap", "--dump-dir", "given/target", file];
            run(&folder, &args)
        };
        let names = |path: &str| {
            std::fs::read_dir(at(path)).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>()
        };
        let (status, text) = dump("s.wat");
        assert!(status == 134 && text.contains("Report: given/target/"), "{tier}: {text}");
        let name = if tier == "--no-jit" { "interp-trap-2-_start.log" } else { "jit-trap-2-_start.log" };
        assert_eq!(names("given/moved"), [name], "{tier}");
        // The link now exists, and is not followed.
        std::fs::write(at("t.wat"), r#"(module (func (export "_start") unreachable))"#).unwrap();
        let (status, text) = dump("t.wat");
        assert_eq!(status, 134, "{tier}: {text}");
        let why = "cannot write the trap report: given/target: its path leads through given, which --dir gives to the \
                   program";
        assert!(text.contains(why) && text.contains("--dump-dir"), "{tier}: {text}");
        assert_eq!(names("outside").len(), 0, "{tier}");
        // Nor is a link with the report's name followed, in a folder that the program can write to.
        std::fs::remove_file(at("given/target")).unwrap();
        std::fs::create_dir(at("given/target")).unwrap();
        let report = at("given/target").join(name.replace('2', "0"));
        std::os::unix::fs::symlink("../../outside/report", &report).unwrap();
        let (status, text) = dump("t.wat");
        assert!(status == 134 && text.contains("Report: given/target/"), "{tier}: {text}");
        assert!(std::fs::symlink_metadata(&report).unwrap().is_file(), "{tier}");
        assert_eq!((names("given/target").len(), names("outside").len()), (1, 0), "{tier}");
        for path in ["given", "outside"] {
            std::fs::remove_dir_all(at(path)).unwrap();
        }
    }
}

/// A folder is only created when there is a report, and if it is inside a folder of the program, it is created there.
#[test]
fn no_folder_is_made_without_a_report() {
    let folder = folder();
    let at = |path: &str| folder.path().join(path);
    std::fs::write(at("returns.wat"), r#"(module (func (export "_start")))"#).unwrap();
    std::fs::write(at("leads.wat"), LEADS_OUT).unwrap();
    for tier in ["--no-jit", "-O2"] {
        for path in ["given", "outside"] {
            std::fs::create_dir(at(path)).unwrap();
        }
        let dump = |dir, file| run(&folder, &[tier, "--dir", "given", "--dump-on-trap", "--dump-dir", dir, file]);
        for dir in ["new", "new/folder", "given/new"] {
            let (status, text) = dump(dir, "returns.wat");
            assert!(status == 0 && !at(dir).exists() && !at("new").exists(), "{tier} {dir}: {text}");
        }
        for dir in ["given/target", "given/target/new"] {
            let (status, text) = dump(dir, "leads.wat");
            assert_eq!(status, 134, "{tier} {dir}: {text}");
            assert!(
                text.contains(&format!("cannot write the trap report: cannot create the folder {dir}: ")),
                "{tier}: {text}"
            );
            assert_eq!(std::fs::read_dir(at("outside")).unwrap().count(), 0, "{tier} {dir}");
            std::fs::remove_file(at("given/target")).unwrap();
        }
        for path in ["given", "outside"] {
            std::fs::remove_dir_all(at(path)).unwrap();
        }
    }
}

#[test]
fn unwritable_traces_are_reported() {
    let folder = folder();
    let base = ["p.wat", "--invoke", "go", "--arg", "0", "--trace-calls", "go"];
    let with = |more: &[&'static str]| run(&folder, &[&base[..], more].concat());
    let (status, text) = with(&["--trace-output", "/dev/full"]);
    assert!(status == 2 && text.contains("the trace is incomplete: cannot write /dev/full: No space left"), "{text}");
    let (status, text) = with(&["--trace-output", "no/such/folder"]);
    assert!(status == 2 && text.contains("cannot write the trace to no/such/folder"), "{text}");
    // The trap's status takes precedence.
    let (status, text) =
        run(&folder, &["p.wat", "--invoke", "unreachable", "--trace-calls", "*", "--trace-output", "/dev/full"]);
    assert!(status == 134 && text.contains("Trap: unreachable") && text.contains("the trace is incomplete"), "{text}");
}

/// Runs with standard error closed, or with a pipe that has no reader.
fn with_stderr(folder: &TempDir, args: &str, stderr: &str) -> Option<i32> {
    let line = format!("exec {stderr}; exec '{}' run {args}", env!("CARGO_BIN_EXE_wasmoon"));
    Command::new("sh").current_dir(folder.path()).args(["-c", &line]).stdout(Stdio::null()).status().unwrap().code()
}

#[test]
fn a_closed_standard_error_leaves_the_status() {
    let folder = folder();
    for stderr in ["2>&-", "2>/dev/full"] {
        let trap = with_stderr(&folder, "p.wat --invoke poke --arg -1 --dump-on-trap --dump-dir file/x", stderr);
        assert_eq!(trap, Some(134), "{stderr}");
        let traced = with_stderr(&folder, "p.wat --invoke poke --arg -1 --trace-calls '*'", stderr);
        assert_eq!(traced, Some(134), "{stderr}");
    }
    // A reader that goes away.
    let line = format!("'{}' run p.wat --invoke go --arg 0 --trace-calls '*' 2>&1 >/dev/null | head -1; exit 0", BIN);
    let output = Command::new("bash").current_dir(folder.path()).args(["-c", &line]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "call 6 'go' (i32 0) depth 0\n");
}

const BIN: &str = env!("CARGO_BIN_EXE_wasmoon");

#[test]
fn what_was_traced_before_a_kill_is_there_in_whole_lines() {
    let folder = folder();
    let args = ["p.wat", "--invoke", "forever", "--trace-calls", "plus", "--trace-output", "trace.txt"];
    let mut child = command(&folder, &args).spawn().unwrap();
    let path = folder.path().join("trace.txt");
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |m| m.len());
    for _ in 0..300 {
        if size(&path) > 10_000 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.len() > 10_000);
    for pair in text.lines().collect::<Vec<_>>().chunks_exact(2) {
        assert_eq!(pair, ["call 0 'plus' (i32 1, i32 2) depth 0", "return 0 'plus' -> i32 3"]);
    }
    assert!(text.ends_with('\n'));
}

#[test]
fn a_timeout_is_reported_where_it_was_noticed() {
    let folder = folder();
    for tier in TIERS {
        let (status, text) = run(&folder, &[tier, "p.wat", "--invoke", "forever", "--timeout", "0.2"]);
        assert_eq!(status, 134, "{text}");
        assert!(text.contains("Trap: interrupt (wasm=") && text.contains("'forever'+0x"), "{text}");
        assert!(text.contains("stopped after 0.2 seconds"), "{text}");
    }
}

#[test]
fn stages_are_printed_before_the_run() {
    let folder = folder();
    let args =
        ["p.wat", "--invoke", "divide", "--arg", "1", "--debug", "bytecode,ir,opt,mach,regalloc,asm", "--func", "poke"];
    let (status, text) = run(&folder, &args);
    assert_eq!(status, 0, "{text}");
    for part in
        [";; 20 'poke': bytecode", ";; 20 'poke': ssa", ";; 20 'poke': regalloc", ";; 20 'poke': asm", CPU.prologue]
    {
        assert!(text.contains(part), "no {part:?}:\n{text}");
    }
    assert!(!text.contains("'leaf'") && !text.contains(": wasm,"), "{text}");
    let (status, text) = run(&folder, &["p.wat", "--invoke", "divide", "--arg", "1", "--debug", "wasm"]);
    assert!(status == 0 && text.contains(";; 7 'leaf': wasm") && text.contains(";; 20 'poke': wasm"), "{text}");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let folder = folder();
    let refused = |args: &[&str], message: &str| {
        let (status, text) = run(&folder, &[&["p.wat", "--invoke", "unreachable"], args].concat());
        assert!(status == 2 && text.contains(message), "{args:?}: {status} {text}");
    };
    refused(&["--trace-calls", "nowhere"], "--trace-calls: the module has no function 'nowhere'; it has 22");
    let last = "--trace-calls: the module has no function '22'; it has 22, with indices 0 to 21";
    refused(&["--trace-calls", "22"], last);
    refused(&["--trace-calls", "SWA"], "similar names: swap");
    refused(&["--trace-stores", "5..5"], "the end is exclusive");
    refused(&["--trace-stores", "hello"], "invalid address 'hello'");
    refused(&["--trace-stores", "mem1"], "'mem1' has no addresses; expected mem1:FROM..TO");
    refused(&["--trace-stores", "8,mem1:8"], "--trace-stores: the module has no memory mem1; its only memory is mem0");
    refused(&["--trace-output", "x"], "nothing is traced");
    refused(&["--debug", "everything"], "expected one of wasm, bytecode");
    refused(&["--func", "poke"], "--debug");
    assert!(!folder.path().join("x").exists());
    // A module without functions, or with only imported ones, has nothing to show.
    std::fs::write(folder.path().join("none.wat"), "(module (memory 1))").unwrap();
    let (status, text) = run(&folder, &["none.wat", "--debug", "ir", "--invoke", "x"]);
    assert!(
        status == 2 && text.contains("the module has no functions, so there is no code to show"),
        "{status} {text}"
    );
    std::fs::write(folder.path().join("import.wat"), r#"(module (import "a" "f" (func)))"#).unwrap();
    let (status, text) = run(&folder, &["import.wat", "--debug", "ir", "--invoke", "x"]);
    assert!(
        status == 2 && text.contains("only imported functions are selected, so there is no code to show"),
        "{status} {text}"
    );
}
