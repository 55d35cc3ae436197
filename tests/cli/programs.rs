//! `wasmoon run` and `compile`: results, traps, arguments, signals.

use super::*;

/// A library is initialized once, also if `_initialize` itself is invoked.
#[test]
fn a_library_is_initialized_once() {
    let f = folder();
    let text = r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1) (global $n (mut i32) (i32.const 0))
        (func (export "_initialize") (global.set $n (i32.add (global.get $n) (i32.const 1)))
            (if (i32.gt_u (global.get $n) (i32.const 1)) (then (call $exit (i32.const 9)))))
        (func (export "f") (result i32) (i32.mul (global.get $n) (i32.const 11))))"#;
    write(&f, "lib.wat", text);
    wasmoon(f.path(), &["run", "lib.wat", "--invoke", "_initialize"]).status(0);
    wasmoon(f.path(), &["run", "lib.wat", "--invoke", "f"]).status(0).says("11");
}

/// Constant expressions are numbered after the functions with bodies; imported functions do not count.
#[test]
fn constant_expressions_are_named_by_number() {
    let f = folder();
    let text = r#"(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
        (global $a i32 (i32.add (i32.const 1) (i32.const 2))) (global $b i32 (i32.add (i32.const 3) (i32.const 4)))
        (memory (export "memory") 1)
        (func (export "f") (result i32) (i32.mul (global.get $a) (global.get $b))))"#;
    write(&f, "c.wat", text);
    for (name, status) in [("c0", 0), ("c1", 0), ("c2", 2), ("0", 2), ("1", 0), ("2", 2)] {
        let ran = wasmoon(f.path(), &["run", "--invoke", "f", "--only-funcs", name, "c.wat"]).status(status);
        assert_eq!(ran.out.contains("21"), status == 0, "{name}: {}", ran.out);
    }
}

#[test]
fn the_status_is_the_low_byte_of_the_programs() {
    let f = TempDir::new().unwrap();
    for (code, status) in [(0, 0), (7, 7), (255, 255), (256, 0), (259, 3), (-1, 255), (i32::MIN, 0)] {
        let text = format!(
            r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const {code}))))"#
        );
        std::fs::write(f.path().join("m.wat"), text).unwrap();
        wasmoon(f.path(), &["run", "m.wat"]).status(status);
    }
}

/// Exports name functions that have no name in the name section, unless another function has that name.
#[test]
fn exports_name_functions_in_backtraces() {
    let f = folder();
    let text = r#"(module
        (func (export "outer") (export "second") (call $inner))
        (func $inner (call 2))
        (func (export "inner") (call 3))
        (func unreachable))"#;
    write(&f, "names.wat", text);
    for tier in ["--no-jit", "-O2"] {
        let ran = wasmoon(f.path(), &["run", tier, "names.wat", "--invoke", "outer"]).status(134);
        let names: Vec<&str> = ran.err.lines().skip(1).filter_map(|line| line.split('\'').nth(1)).collect();
        assert_eq!(names, ["func_3", "func_2", "inner", "outer"], "{}", ran.err);
    }
}

/// Options before the program's arguments are wasmoon's; everything after the first argument is the program's.
#[test]
fn arguments_of_a_program() {
    let f = folder();
    let sort = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/sort.wat");
    write(&f, "in.txt", "b\na\nc\n");
    let run = |args: &[&str]| wasmoon(f.path(), &[&["run", "--dir", ".::/", sort], args].concat());
    assert_eq!(run(&["/in.txt"]).status(0).out, "a\nb\nc\n");
    assert_eq!(run(&["in.txt", "-r"]).status(0).out, "c\nb\na\n");
    assert_eq!(run(&["--", "in.txt", "-r"]).status(0).out, "c\nb\na\n");
    run(&["--", "-r"]).status(2).says("cannot be opened");
    run(&["-r"]).status(2).says("unexpected argument '-r'");
    run(&["--invoke", "_start", "in.txt"])
        .status(2)
        .says("ARGS are only for programs; with --invoke, pass arguments with --arg");
    run(&[]).status(2).says("usage: sort");
}

const PROGRAM: &str = r#"(module
  (func $fac (export "fac") (param i64) (result i64)
    (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 1))
      (else (i64.mul (local.get 0) (call $fac (i64.sub (local.get 0) (i64.const 1)))))))
  (func $boom (export "boom") (param i32) (call $deep (local.get 0)))
  (func $deep (param i32) (if (local.get 0) (then unreachable)))
  (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "floats") (param f32 f64) (result f32 f64) (local.get 0) (local.get 1))
  (func $inf (export "inf") (call $inf))
  (tag $t (param i32))
  (func (export "throw") (throw $t (i32.const 42)))
  (memory (export "memory") 1)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "id") (param externref) (result externref) (local.get 0)))"#;

#[test]
fn run_prints_results_and_says_why_it_trapped() {
    let f = folder();
    write(&f, "p.wat", PROGRAM);
    for (options, tier) in [
        (&["--no-jit"][..], "Interpreter"),
        (&["-O0"], "JIT"),
        (&["-O1"], "JIT"),
        (&["--O", "2"], "JIT"),
        (&[], "Interpreter"),
    ] {
        let run = |name: &str, values: &[&str]| {
            let mut args = vec!["run", "p.wat", "--invoke", name];
            args.extend(options);
            values.iter().for_each(|v| args.extend(["--arg", v]));
            wasmoon(f.path(), &args)
        };
        assert_eq!(run("fac", &["20"]).status(0).out, "2432902008176640000\n");
        assert_eq!(run("div", &["-7", "0x2"]).status(0).out, "-3\n");
        assert_eq!(run("floats", &["nan:0x200000", "-0x1p-3"]).status(0).out, "nan:0x200000\n-0.125\n");
        assert_eq!(run("floats", &["0x1.00000101", "-0x1p-99999999999"]).status(0).out, "1.0000001\n-0\n");
        assert_eq!(run("id", &["null"]).status(0).out, "null\n");
        let trap = |text: &str| format!("Error: {tier} Trap: {text}");
        run("boom", &["1"]).status(134).says(&trap("unreachable (wasm=2 'deep'+0x5)\n")).says("  1: wasm=1 'boom'+0x3");
        run("div", &["1", "0"]).status(134).says(&trap("integer divide by zero (wasm=3 'div'+0x5)\n"));
        run("div", &["-2147483648", "-1"]).status(134).says(&trap("integer overflow"));
        run("load", &["65533"]).status(134).says(&trap("out of bounds memory access"));
        run("inf", &[]).status(134).says("Trap: call stack exhausted").says("times");
        run("throw", &[]).status(134).says("Uncaught exception of tag 0 (42)");
        run("fac", &[]).status(2).says("takes 1 argument (i64), but 0 were given; repeat --arg for each");
        run("fac", &["1.5"]).status(2).says("'1.5' is not a value of type i64");
        run("nope", &[]).status(2).says("no export 'nope'; the exported functions are: fac, boom");
        run("memory", &[]).status(2).says("is not a function");
    }
    write(&f, "v.wat", "(module (func (export \"not\") (param v128) (result v128) (v128.not (local.get 0))))");
    let not = |value: &str| wasmoon(f.path(), &["run", "--no-jit", "v.wat", "--invoke", "not", "--arg", value]);
    assert_eq!(not("i32x4 -1 0 1 0x10").status(0).out, "0xffffffeffffffffeffffffff00000000\n");
    assert_eq!(not("0xf").status(0).out, "0xfffffffffffffffffffffffffffffff0\n");
    let [one, above] = ["0x3f800000", "0x3f800001"].map(|lane| not(&format!("i32x4 {lane} 0 0 0")).status(0).out);
    assert_eq!(not("f32x4 0x1.00000001 0 0 0").status(0).out, one);
    assert_eq!(not("f32x4 0x1.00000101 0 0 0").status(0).out, above);
    not("i32x4 1 2").status(2).says("'i32x4 1 2' is not a value of type v128");
    let null =
        "(module (func (export \"f\") (param externref funcref (ref null eq)) (result i32) (ref.is_null (local.get 0)))
        (func (export \"g\") (param (ref i31))))";
    write(&f, "null.wat", null);
    let given = |export: &str, args: &[&str]| {
        let args: Vec<&str> = args.iter().flat_map(|arg| ["--arg", *arg]).collect();
        wasmoon(f.path(), &[&["run", "null.wat", "--invoke", export], &args[..]].concat())
    };
    assert_eq!(given("f", &["null", "ref.null", "null"]).status(0).out, "1\n");
    let only = "the only reference that can be given is null";
    let why = format!("'ref.extern 1' is not a value of type externref; {only}\n");
    given("f", &["ref.extern 1", "null", "null"]).status(2).says(&why);
    let why = format!("'null' is not a value of type (ref i31); {only}, which this type does not have\n");
    given("g", &["null"]).status(2).says(&why);
    write(&f, "start.wat", "(module (func unreachable) (start 0))");
    wasmoon(f.path(), &["run", "start.wat"]).status(134).says("Trap: unreachable (wasm=0 'func_0'");
    write(&f, "imports.wat", "(module (import \"a\" \"b\" (func)))");
    wasmoon(f.path(), &["run", "imports.wat"]).status(2).says("\"a\" \"b\" (").says("wasi_snapshot_preview1");
    write(&f, "quiet.wat", "(module (func (export \"_start\")))");
    assert_eq!(wasmoon(f.path(), &["run", "quiet.wat"]).status(0).out, "");
}

#[test]
fn references_are_shown_as_what_they_are() {
    let f = folder();
    let text = r#"(module (type $s (struct (field i32) (field i64))) (type $a (array i8)) (tag $t)
        (func (export "other"))
        (func $f (export "func") (result funcref) (ref.func $f))
        (func (export "i31") (param i32) (result i31ref) (ref.i31 (local.get 0)))
        (func (export "struct") (result anyref) (struct.new $s (i32.const 1) (i64.const 2)))
        (func (export "array") (result anyref) (array.new_default $a (i32.const 3)))
        (func (export "exception") (result exnref)
            (block $caught (result exnref) (try_table (catch_all_ref $caught) (throw $t)) (unreachable))))"#;
    write(&f, "refs.wat", text);
    for (export, arg, shown) in [
        ("func", None, "function 1"),
        ("i31", Some("0"), "i31 0"),
        ("i31", Some("-1"), "i31 -1"),
        ("i31", Some("0x3fffffff"), "i31 1073741823"),
        ("i31", Some("0x40000000"), "i31 -1073741824"),
        ("struct", None, "structure of 2 fields"),
        ("array", None, "array of 3 elements"),
        ("exception", None, "exception of 0 values"),
    ] {
        let mut args = vec!["run", "refs.wat", "--invoke", export];
        args.extend(arg.iter().flat_map(|arg| ["--arg", *arg]));
        assert_eq!(wasmoon(f.path(), &args).status(0).out, format!("{shown}\n"), "{args:?}");
    }
}

/// Results are printed in few characters that are read back as the same number.
#[test]
fn large_and_small_results_have_exponents() {
    let f = folder();
    write(&f, "same.wat", "(module (func (export \"f\") (param f64) (result f64) (local.get 0)))");
    for number in ["1e300", "-1e-300", "1.7976931348623157e308", "123.5", "9007199254740991", "-0", "inf"] {
        let ran = wasmoon(f.path(), &["run", "same.wat", "--invoke", "f", "--arg", number]).status(0);
        assert_eq!(ran.out, format!("{number}\n"));
    }
}

/// The total allocated, the maximum in use, and what is left are three different figures.
#[test]
fn the_figures_of_the_heap_are_those_of_the_program() {
    let f = folder();
    let make = "(drop (array.new_default $a (i32.const 1048576)))";
    write(&f, "heap.wat", format!("(module (type $a (array i8)) (func (export \"_start\") {make} {make} {make}))"));
    // Compiled code keeps no reference to them.
    let err = wasmoon(f.path(), &["run", "-O2", "--max-heap", "16M", "--heap-stats", "heap.wat"]).status(0).err;
    assert!(err.starts_with("heap: 3 objects, 3.0 MiB allocated; 3 collections in "), "{err}");
    assert!(err.ends_with("; at most 1.0 MiB in use, 0 objects of 0.0 MiB after the last one\n"), "{err}");
}

/// The switches given to `compile` apply to the code, although `run` is not given them.
#[test]
fn what_is_compiled_ahead_is_as_the_switches_say() {
    let f = folder();
    let text = r#"(module (func (export "add") (param f32 f32) (result f32) (f32.add (local.get 0) (local.get 1))))"#;
    write(&f, "add.wat", text);
    let compiled = |switches: &[&str]| {
        wasmoon(f.path(), &[&["compile", "add.wat"], switches].concat()).status(0);
        std::fs::read(f.path().join("add.cwasm")).unwrap()
    };
    let plain = compiled(&[]);
    for switches in [&["--regs", "4"][..], &["-O0"], &["--count-fuel"], &["--nan", "canonical"]] {
        assert!(compiled(switches) != plain, "{switches:?}");
    }
    let args = ["run", "add.cwasm", "--invoke", "add", "--arg", "nan:0x200001", "--arg", "1"];
    assert_eq!(wasmoon(f.path(), &args).status(0).out, "nan:0x400000\n");
}

/// A module that is small enough to be read may still be too large to compile.
#[test]
fn compiling_over_a_limit_is_held_against_the_option() {
    let f = folder();
    let body = "(drop (i32.add (i32.const 1) (i32.const 2)))".repeat(3000);
    write(&f, "large.wasm", wast_module(&format!("(module (func (export \"f\") {body}))")));
    for (options, says) in [
        (
            ["--no-jit", "--max-memory", "100K"],
            "are left (twice --max-memory; use --max-compile to set another limit)\n",
        ),
        (["-O2", "--max-compile", "200K"], "are left (--max-compile)\n"),
    ] {
        let args = [&["run"][..], &options, &["large.wasm", "--invoke", "f"]].concat();
        let ran = wasmoon(f.path(), &args).status(2).says("a function of ");
        assert!(ran.err.ends_with(says), "{}", ran.err);
    }
}

/// What can go wrong with compiled code.
#[test]
fn compiled_code_is_made_and_run() {
    let f = folder();
    let twice = "(module (func (export \"twice\") (param i32) (result i32) (i32.add (local.get 0) (local.get 0))))";
    write(&f, "p.wat", twice);
    let run = |args: &[&str]| {
        let all = [&["run"], args, &["--invoke", "twice", "--arg", "21"]].concat();
        wasmoon(f.path(), &all)
    };
    wasmoon(f.path(), &["compile", "p.wat"]).status(0);
    assert_eq!(names(&f), ["p.cwasm", "p.wat"]);
    assert_eq!(run(&["p.cwasm"]).status(0).out, "42\n");
    assert_eq!(
        run(&["--timeout", "9", "--max-memory", "1M", "--heap-stats", "p.cwasm"]).status(0).says("heap: ").out,
        "42\n"
    );
    run(&["--lazy-validation", "p.cwasm"])
        .status(2)
        .says("already compiled and validated, so --lazy-validation has no effect");
    // Compiled code cannot be compiled again with other switches.
    for option in ["-O1", "-O2", "--no-jit", "--poison", "--compile-threads=2", "--nan=canonical", "--relaxed=native"] {
        run(&[option, "p.cwasm"]).status(2).says("error: p.cwasm: already compiled; pass compiler switches");
    }
    run(&["--trace-calls", "*", "p.cwasm"]).status(2).says("p.cwasm: compiled code cannot be traced");
    run(&["--against", "v8", "p.cwasm"]).status(2).says("p.cwasm: --against needs the module itself");
    run(&["--fuel", "1000", "p.cwasm"])
        .status(2)
        .says("p.cwasm: compiled without fuel counting; compile it with --count-fuel");
    wasmoon(f.path(), &["compile", "--count-fuel", "--nan", "canonical", "-O1", "p.wat", "-o", "fuel.cwasm"]).status(0);
    assert_eq!(run(&["--fuel", "1000", "fuel.cwasm"]).status(0).out, "42\n");
    run(&["--fuel", "0", "fuel.cwasm"]).status(134).says("fuel");
    assert_eq!(run(&["fuel.cwasm"]).status(0).out, "42\n", "without --fuel there is no end of it");
    // The limit applies to the module in the file.
    let size = wat::parse_str(twice).unwrap().len();
    assert!(std::fs::metadata(f.path().join("p.cwasm")).unwrap().len() > size as u64);
    assert_eq!(run(&["--max-module", &size.to_string(), "p.cwasm"]).status(0).out, "42\n");
    let most = (size - 1).to_string();
    let says = format!("p.cwasm (its module): larger than {most} bytes, the limit set by --max-module");
    run(&["--max-module", &most, "p.cwasm"]).status(2).says(&says);
    // Contents, not the name, make a file compiled code.
    let text = write(&f, "text.cwasm", twice);
    let says = format!("text.cwasm: larger than {most} bytes, the limit set by --max-module");
    run(&["--max-module", &most, "text.cwasm"]).status(2).says(&says);
    std::fs::remove_file(text).unwrap();
    // Other commands do not take it.
    let others =
        [&["validate"][..], &["explore"], &["reduce"], &["bisect"], &["wasm2wat"], &["wat2wasm"], &["compile"]];
    for args in others {
        wasmoon(f.path(), &[args, &["p.cwasm"]].concat())
            .says("p.cwasm: ")
            .status
            .filter(|s| [1, 2].contains(s))
            .unwrap();
    }
    wasmoon(f.path(), &["validate", "p.cwasm"])
        .status(1)
        .says("p.cwasm: compiled code, which only `wasmoon run` accepts");
    wasmoon(f.path(), &["compile", "p.cwasm"]).status(2).says("p.cwasm: already compiled");
    // Errors of `compile`.
    wasmoon(f.path(), &["compile", "nothing.wat"]).status(2).says("nothing.wat: ");
    wasmoon(f.path(), &["compile", "-O3", "p.wat"]).status(2).says("expected 0, 1 or 2");
    wasmoon(f.path(), &["compile", "--cpu", "abacus", "p.wat"]).status(2).says("abacus");
    wasmoon(f.path(), &["compile", "--passes", "magic", "p.wat"]).status(2).says("magic");
    wasmoon(f.path(), &["compile", "p.wat", "-o", "no/folder/x"]).status(2).says("cannot write no/folder/x");
    write(&f, "invalid.wat", "(module (func (result i32)))");
    wasmoon(f.path(), &["compile", "invalid.wat"]).status(2).says("invalid.wat: invalid module: type mismatch");
    // Through pipes, and modules without functions.
    let mut child = command(f.path(), &["compile", "-"]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(twice.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.stdout == std::fs::read(f.path().join("p.cwasm")).unwrap());
    write(&f, "empty.wasm", EMPTY_MODULE);
    wasmoon(f.path(), &["compile", "empty.wasm"]).status(0);
    wasmoon(f.path(), &["run", "empty.cwasm"]).status(2).says("empty.cwasm: not a program");
    wasmoon(f.path(), &["run", "--cache-stats", "p.wat"]).status(2).says("--cache <DIR>");
    assert_eq!(names(&f), ["empty.cwasm", "empty.wasm", "fuel.cwasm", "invalid.wat", "p.cwasm", "p.wat"]);
}

/// A module that prints a letter, and then waits for the end of its input.
const WAITS: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\01\00\00\00")
  (data (i32.const 16) "r")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32)))))"#;

/// A fault signal sent by another process has its usual effect: the program dies of it, or ignores it if it was started that way.
#[test]
fn a_signal_that_is_sent_is_no_fault() {
    let f = folder();
    write(&f, "waits.wat", WAITS);
    for signal in ["SEGV", "BUS", "ILL", "FPE"] {
        for ignored in [false, true] {
            let trap = if ignored { format!("trap '' {signal}; ") } else { String::new() };
            let mut child = Command::new("sh")
                .current_dir(f.path())
                .args(["-c", &format!("{trap}exec \"$0\" run -O2 waits.wat"), env!("CARGO_BIN_EXE_wasmoon")])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut letter = [0];
            child.stdout.as_mut().unwrap().read_exact(&mut letter).unwrap();
            Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
            if !ignored {
                // Standard input stays open: the program would wait for it otherwise.
                let output = child.wait_with_output().unwrap();
                assert!(output.status.code().is_none(), "{signal}: {}", output.status);
                assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{signal}: nothing is said of a fault");
                continue;
            }
            drop(child.stdin.take());
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{signal}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
