//! Tables of traces: every store operator, at both ends of a memory; every kind of value as an argument and as a result; bulk
//! operations of every length around the number of bytes shown. All tiers write the same lines.

use std::process::Command;
use tempfile::TempDir;

const TIERS: [&str; 4] = ["--no-jit", "-O0", "-O1", "-O2"];

/// Returns the standard error of running this module's `_start` with these options, which must be the same on every tier.
#[track_caller]
fn traced(module: &str, options: &[&str], ends_well: bool) -> String {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("m.wat"), module).unwrap();
    let mut first: Option<String> = None;
    for tier in TIERS {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
        command.current_dir(folder.path()).args(["run", tier, "m.wat"]).args(options).env("NO_COLOR", "1");
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        let text = text.replace("JIT Trap", "Interpreter Trap").replace("[jit]", "[interp]");
        assert_eq!(output.status.success(), ends_well, "{tier}: {text}");
        match &first {
            None => first = Some(text),
            Some(first) => assert_eq!(&text, first, "{tier}"),
        }
    }
    first.unwrap()
}

/// The lines without their code locations, which are tested elsewhere.
fn without_places(text: &str) -> Vec<&str> {
    text.lines().map(|line| line.split_once(" in 0 '_start'+0x").map_or(line, |(line, _)| line)).collect()
}

/// The operator, its name in a trace, the number of bytes, the value, and the part of it that is stored.
const STORES: [(&str, &str, u32, &str, u128); 14] = [
    ("i32.store", "i32", 4, "(i32.const 0x87654321)", 0x8765_4321),
    ("i64.store", "i64", 8, "(i64.const 0xfedcba9876543210)", 0xfedc_ba98_7654_3210),
    ("f32.store", "f32", 4, "(f32.const -nan:0x200001)", 0xffa0_0001),
    ("f64.store", "f64", 8, "(f64.const -nan:0x4000000000001)", 0xfff4_0000_0000_0001),
    ("i32.store8", "i32.8", 1, "(i32.const 0x876543fe)", 0xfe),
    ("i32.store16", "i32.16", 2, "(i32.const 0x8765fedc)", 0xfedc),
    ("i64.store8", "i64.8", 1, "(i64.const 0x87654321876543fd)", 0xfd),
    ("i64.store16", "i64.16", 2, "(i64.const 0x876543218765fedb)", 0xfedb),
    ("i64.store32", "i64.32", 4, "(i64.const 0x87654321fedcba98)", 0xfedc_ba98),
    ("v128.store", "v128", 16, VECTOR, 0xf1e2_d3c4_b5a6_9788_7968_5a4b_3c2d_1e0f),
    ("v128.store8_lane 15", "i32.8", 1, VECTOR, 0xf1),
    ("v128.store16_lane 7", "i32.16", 2, VECTOR, 0xf1e2),
    ("v128.store32_lane 3", "i32", 4, VECTOR, 0xf1e2_d3c4),
    ("v128.store64_lane 1", "i64", 8, VECTOR, 0xf1e2_d3c4_b5a6_9788),
];

const VECTOR: &str = "(v128.const i64x2 0x79685a4b3c2d1e0f 0xf1e2d3c4b5a69788)";

/// The operator with an offset before its lane.
fn with_offset(operator: &str, offset: u64) -> String {
    match operator.split_once(' ') {
        Some((operator, lane)) => format!("{operator} offset={offset} {lane}"),
        None => format!("{operator} offset={offset}"),
    }
}

#[test]
fn every_store_is_traced_up_to_the_ends_of_its_memory() {
    for (operator, name, bytes, value, stored) in STORES {
        let last = 65536 - bytes;
        let at_end = with_offset(operator, 7);
        // At the beginning, twice at the end, and one byte too far.
        let module = format!(
            "(module (memory 1) (func (export \"_start\")
              ({operator} (i32.const 0) {value})
              ({operator} (i32.const {last}) {value})
              ({at_end} (i32.const {}) {value})
              ({operator} (i32.const {}) {value})))",
            last - 7,
            last + 1
        );
        let text = traced(&module, &["--trace-stores", "0..0x10000"], false);
        let lines = without_places(&text);
        let line = |at: u32, was: u128| format!("store {at:#x} {name} {stored:#x} (was {was:#x})");
        assert_eq!(lines[..3], [line(0, 0), line(last, 0), line(last, stored)], "{operator}: {text}");
        assert!(lines[3].contains("out of bounds memory access"), "{operator}: {text}");
    }
}

#[test]
fn of_a_store_any_byte_is_watched_and_no_other() {
    for (operator, name, bytes, value, stored) in STORES {
        let stores: String = [64, 128, 192, 256].map(|at| format!("({operator} (i32.const {at}) {value})\n")).concat();
        let module = format!("(module (memory 1) (func (export \"_start\") {stores}))");
        // The byte before the first store, the first byte of the second, the last byte of the third, and the one after the
        // fourth.
        let watched = format!("63..64,128..129,{}..{},{}..{}", 191 + bytes, 192 + bytes, 256 + bytes, 257 + bytes);
        let text = traced(&module, &["--trace-stores", &watched], true);
        let expected = [128, 192].map(|at| format!("store {at:#x} {name} {stored:#x} (was 0x0)"));
        assert_eq!(without_places(&text), expected, "{operator}");
    }
}

#[test]
fn the_memory_of_a_store_is_named() {
    let module = r#"(module (memory 1) (memory 1) (memory 1) (func (export "_start")
      (i32.store $two (i32.const 1) (i32.const 5))
      (i64.store8 1 (i32.const 2) (i64.const 6))
      (memory.fill 2 (i32.const 3) (i32.const 7) (i32.const 2))
      (memory.copy 1 2 (i32.const 8) (i32.const 2) (i32.const 3))))"#
        .replace("$two", "2");
    let all = ["--trace-stores", "mem0:0..64,mem1:0..64,mem2:0..64"];
    let lines = [
        "store mem2:0x1 i32 0x5 (was 0x0)",
        "store mem1:0x2 i64.8 0x6 (was 0x0)",
        "fill mem2:0x3..0x5 0707 (was 0000)",
        "copy mem1:0x8..0xb 000707 (was 000000)",
    ];
    assert_eq!(without_places(&traced(&module, &all, true)), lines);
    let second = traced(&module, &["--trace-stores", "mem1:0..64"], true);
    assert_eq!(without_places(&second), [lines[1], lines[3]]);
}

#[test]
fn bulk_operations_show_their_first_sixteen_bytes() {
    for length in [1_usize, 2, 15, 16, 17, 33] {
        let at = 65536 - length;
        let module = format!(
            "(module (memory 1) (func (export \"_start\")
              (memory.fill (i32.const {at}) (i32.const 0xa5) (i32.const {length}))
              (memory.copy (i32.const {at}) (i32.const 0) (i32.const {length}))))"
        );
        let text = traced(&module, &["--trace-stores", "0..0x10000"], true);
        let (shown, more) = (length.min(16), if length > 16 { "…" } else { "" });
        let (zeros, filled) = ("00".repeat(shown), "a5".repeat(shown));
        let line = |what: &str, now: &str, was: &str| format!("{what} {at:#x}..0x10000 {now}{more} (was {was}{more})");
        assert_eq!(without_places(&text), [line("fill", &filled, &zeros), line("copy", &zeros, &filled)], "{length}");
    }
}

#[test]
fn addresses_beyond_4_gib_are_traced() {
    const AT: u64 = 0x1_0000_0010;
    for (operator, name, bytes, value, stored) in STORES {
        let module = format!(
            "(module (memory i64 65537) (func (export \"_start\")
              ({operator} (i64.const {AT}) {value})
              (memory.fill (i64.const {AT}) (i32.const 0x5a) (i64.const {bytes}))))"
        );
        let text = traced(&module, &["--trace-stores", "0x100000000..0x100000020"], true);
        let was: String = stored.to_le_bytes()[..bytes as usize].iter().map(|byte| format!("{byte:02x}")).collect();
        let end = AT + u64::from(bytes);
        let expected = [
            format!("store {AT:#x} {name} {stored:#x} (was 0x0)"),
            format!("fill {AT:#x}..{end:#x} {} (was {was})", "5a".repeat(bytes as usize)),
        ];
        assert_eq!(without_places(&text), expected, "{operator}");
    }
}

/// A type, an expression for a value of it, and the value in a trace.
const VALUES: [(&str, &str, &str); 30] = [
    ("i32", "(i32.const -2147483648)", "i32 -2147483648"),
    ("i64", "(i64.const -9223372036854775808)", "i64 -9223372036854775808"),
    ("f32", "(f32.const 0x1p-149)", "f32 1e-45"),
    ("f32", "(f32.const -0)", "f32 -0.0"),
    ("f32", "(f32.const -inf)", "f32 -inf"),
    ("f32", "(f32.const nan)", "f32 nan:0x400000"),
    ("f32", "(f32.const -nan:0x7fffff)", "f32 -nan:0x7fffff"),
    ("f32", "(f32.const nan:0x1)", "f32 nan:0x1"),
    ("f64", "(f64.const 0.1)", "f64 0.1"),
    ("f64", "(f64.const inf)", "f64 inf"),
    ("f64", "(f64.const nan)", "f64 nan:0x8000000000000"),
    ("f64", "(f64.const -nan:0xfffffffffffff)", "f64 -nan:0xfffffffffffff"),
    ("f64", "(f64.const nan:0x1)", "f64 nan:0x1"),
    ("v128", VECTOR, "v128 0xf1e2d3c4b5a6978879685a4b3c2d1e0f"),
    ("funcref", "(ref.null func)", "ref null"),
    ("funcref", "(ref.func $f)", "ref func 1"),
    ("funcref", "(ref.func $host)", "ref host"),
    ("externref", "(ref.null extern)", "ref null"),
    ("externref", "(extern.convert_any (ref.i31 (i32.const 5)))", "ref i31 5"),
    ("anyref", "(ref.null any)", "ref null"),
    ("i31ref", "(ref.i31 (i32.const 0))", "ref i31 0"),
    ("i31ref", "(ref.i31 (i32.const 0x3fffffff))", "ref i31 1073741823"),
    ("i31ref", "(ref.i31 (i32.const -1))", "ref i31 -1"),
    ("i31ref", "(ref.i31 (i32.const 0x40000000))", "ref i31 -1073741824"),
    ("(ref $pair)", "(struct.new $pair (i32.const 1) (f64.const 2))", "ref structure of 2 fields"),
    ("structref", "(struct.new $none)", "ref structure of 0 fields"),
    ("(ref $bytes)", "(array.new_default $bytes (i32.const 300))", "ref array of 300"),
    ("arrayref", "(array.new_fixed $bytes 0)", "ref array of 0"),
    ("(ref $task)", "(cont.new $task (ref.func $f))", "ref continuation"),
    ("exnref", "(call $thrown)", "ref tag 0 (i32 7, f64 nan:0x8000000000000)"),
];

/// The line for nested exceptions does not grow with their number: the first exception is the end of a chain longer than any
/// stack; from the second, there are as many paths to the innermost one as there are 64-bit numbers.
#[test]
fn exceptions_in_exceptions_are_shown_without_theirs() {
    let module = r#"(module
      (tag $one (param exnref)) (tag $two (param exnref exnref i32)) (tag $none)
      (func $show (param exnref exnref exnref) (result exnref) (local.get 0))
      (func $rethrow (param exnref) (throw_ref (local.get 0)))
      (func (export "_start") (local $n i32) (local $chain exnref) (local $web exnref) (local $leaf exnref)
        (local.set $leaf (block $h (result exnref) (try_table (catch_all_ref $h) (throw $none)) (unreachable)))
        (local.set $n (i32.const 1000000))
        (loop $next
          (local.set $chain (block $h (result exnref)
            (try_table (catch_all_ref $h) (throw $one (local.get $chain))) (unreachable)))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.set $n (i32.const 64))
        (loop $next
          (local.set $web (block $h (result exnref)
            (try_table (catch_all_ref $h) (throw $two (local.get $web) (local.get $leaf) (local.get $n))) (unreachable)))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (drop (call $show (local.get $chain) (local.get $web) (local.get $leaf)))
        (block $caught (try_table (catch_all $caught) (call $rethrow (local.get $web))))))"#;
    let text = traced(module, &["--trace-calls", "show", "--trace-calls", "rethrow"], true);
    let (chain, web) = ("tag 0 (ref tag 0 (…))", "tag 1 (ref tag 1 (…), ref tag 2 (), i32 1)");
    let expected = [
        format!("call 0 'show' (ref {chain}, ref {web}, ref tag 2 ()) depth 0"),
        format!("return 0 'show' -> ref {chain}"),
        format!("call 1 'rethrow' (ref {web}) depth 0"),
        format!("throw 1 'rethrow': {web}"),
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn every_kind_of_value_is_shown_as_argument_and_as_result() {
    let declarations = r#"
      (import "wasi_snapshot_preview1" "sched_yield" (func $host (result i32)))
      (type $pair (struct (field i32 f64))) (type $none (struct)) (type $bytes (array i8))
      (type $plain (func)) (type $task (cont $plain))
      (tag $oops (param i32 f64))
      (func $f (type $plain))
      (elem declare func $f $host)
      (func $thrown (result exnref) (local $e exnref)
        (block $h (result i32 f64 exnref)
          (try_table (catch_ref $oops $h) (throw $oops (i32.const 7) (f64.const nan)))
          unreachable)
        (local.set $e) drop drop (local.get $e))"#;
    let (mut functions, mut calls) = (String::new(), String::new());
    for (i, (ty, value, _)) in VALUES.iter().enumerate() {
        functions += &format!("(func $same{i} (param i32 {ty}) (result {ty} i64) (local.get 1) (i64.const {i}))\n");
        calls += &format!("(call $same{i} (i32.const {i}) {value}) drop drop\n");
    }
    let module = format!("(module {declarations} {functions} (func (export \"_start\") {calls}))");
    let text = traced(&module, &["--trace-calls", "same*"], true);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2 * VALUES.len(), "{text}");
    for (i, (_, source, shown)) in VALUES.iter().enumerate() {
        let name = format!("{} 'same{i}'", i + 3);
        assert_eq!(lines[2 * i], format!("call {name} (i32 {i}, {shown}) depth 0"), "{source}");
        assert_eq!(lines[2 * i + 1], format!("return {name} -> ({shown}, i64 {i})"), "{source}");
    }
}

#[test]
fn results_are_shown_by_their_number() {
    let module = r#"(module
      (func $none) (func $one (result i32) (i32.const 1)) (func $two (result i32 i64) (i32.const 1) (i64.const 2))
      (func (export "_start") call $none call $one drop call $two drop drop))"#;
    let text = traced(module, &["--trace-calls", "none,one,two"], true);
    let returns: Vec<&str> = text.lines().filter(|line| line.starts_with("return")).collect();
    assert_eq!(returns, ["return 0 'none'", "return 1 'one' -> i32 1", "return 2 'two' -> (i32 1, i64 2)"]);
}

/// Atomic operators are not traced. With `--trace-stores`, a message says so if the module has any that write.
#[test]
fn writes_of_atomic_operators_are_said_to_be_missing() {
    const SAID: &str = "--trace-stores: writes by the module's atomic operators are not shown";
    let of = |operators: &str| {
        format!(
            "(module (memory 1 1 shared) (func (export \"_start\") {operators} (i32.store (i32.const 8) (i32.const 3))))"
        )
    };
    for (operators, is_said) in [
        ("(drop (i32.atomic.load (i32.const 8))) (atomic.fence)", false),
        ("(drop (memory.atomic.notify (i32.const 8) (i32.const 1)))", false),
        ("(i64.atomic.store16 (i32.const 16) (i64.const 1))", true),
        ("(drop (i32.atomic.rmw.add (i32.const 16) (i32.const 1)))", true),
        ("(drop (i64.atomic.rmw32.cmpxchg_u (i32.const 16) (i64.const 1) (i64.const 1)))", true),
    ] {
        let text = traced(&of(operators), &["--trace-stores", "8..24"], true);
        let (said, lines): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.contains(SAID));
        assert_eq!(said.len(), usize::from(is_said), "{operators}: {text}");
        assert_eq!(without_places(&lines.join("\n")), ["store 0x8 i32 0x3 (was 0x0)"], "{operators}");
        assert!(!traced(&of(operators), &["--trace-calls", "_start"], true).contains(SAID), "{operators}");
    }
}
