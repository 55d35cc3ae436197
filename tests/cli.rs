//! The command line, bad input included: a clear message, the right exit status, no panic, no half-written report.

#[path = "cli/rules.rs"]
mod rules;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

struct Ran {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    #[track_caller]
    fn status(self, wanted: i32) -> Ran {
        assert_eq!(self.status, Some(wanted), "out: {}\nerr: {}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    #[track_caller]
    fn says(self, text: &str) -> Ran {
        assert!(
            self.out.contains(text) || self.err.contains(text),
            "no {text:?}\nout: {}\nerr: {}",
            self.out,
            self.err
        );
        self
    }
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    command
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::null())
        .env_remove("SPEC_TESTS")
        .env_remove("WASMOON_CACHE")
        .env("NO_COLOR", "1");
    command
}

fn wasmoon(folder: &Path, args: &[&str]) -> Ran {
    let output = command(folder, args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn write(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, content).unwrap();
    path
}

/// The names in a folder, to see that nothing was left behind.
fn names(folder: &TempDir) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A script whose outcome is the same on all backends: one malformed module, one invalid one.
const PLAIN: &str = "(assert_malformed (module binary \"\\00asm\") \"unexpected end\")\n\n\
    (assert_invalid (module (func (result i32))) \"type mismatch\")\n";
/// Expects the wrong phase.
const WRONG: &str = "(assert_malformed (module (func (result i32))) \"type mismatch\")\n";

const EMPTY_MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// The subcommands that `wasmoon help` lists, beside `help` itself.
fn subcommands(folder: &TempDir) -> Vec<String> {
    let help = wasmoon(folder.path(), &["help"]).status(0).out;
    let list = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("a list");
    let names = list.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").map(String::from).collect()
}

#[test]
fn help_is_everywhere() {
    let f = folder();
    wasmoon(f.path(), &[]).status(2).says("Usage: wasmoon");
    wasmoon(f.path(), &["--help"]).status(0).says("Exit status").says("Examples:");
    let commands = subcommands(&f);
    assert!(commands.len() >= 14, "{commands:?}");
    for command in commands {
        let help = wasmoon(f.path(), &[&command, "--help"]).status(0).says("Exit status").says("Example");
        // Each option has its own explanation.
        for phrase in ["Of none", "so long", "so many", "Where to\n"] {
            assert!(!help.out.contains(phrase), "{command}: {phrase:?}");
        }
        // `run` is defined without the other commands.
        assert_eq!(help.out, wasmoon(f.path(), &["help", &command]).status(0).out);
    }
}

/// An option that follows the engine's switches is not one of them.
#[test]
fn options_are_under_their_headings() {
    let f = folder();
    for (command, option) in [("bisect", "--time <"), ("reduce", "--output <")] {
        let help = wasmoon(f.path(), &["help", command]).status(0).out;
        let place = |text: &str| help.find(text).unwrap_or_else(|| panic!("no {text:?} in {help}"));
        assert!(place(option) < place("Engine switches:"), "{help}");
    }
}

#[test]
fn the_version_says_what_was_built_and_where_it_runs() {
    let f = folder();
    let short = wasmoon(f.path(), &["-V"]).status(0).out;
    assert_eq!(short, format!("wasmoon {}\n", env!("CARGO_PKG_VERSION")));
    let long = wasmoon(f.path(), &["--version"]).status(0).out;
    let field = |name: &str| {
        let line = long.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {name} in {long}"))
    };
    assert!(long.starts_with(&short), "{long}");
    assert!(!field("commit").is_empty() && field("build").contains("rustc "), "{long}");
    assert_eq!(field("target"), format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS));
    assert!(field("CPU").contains("--cpu ") && field("language").contains("stack-switching"), "{long}");
}

#[test]
fn shells_complete_and_man_has_pages() {
    let f = folder();
    let commands = subcommands(&f);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = wasmoon(f.path(), &["completions", shell]).status(0).out;
        for word in commands.iter().map(String::as_str).chain(["gc-stress", "max-memory"]) {
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
    wasmoon(f.path(), &["completions", "dos"]).status(2).says("bash");
    wasmoon(f.path(), &["man"]).status(0).says(".TH wasmoon 1").says("wasmoon\\-bisect");
    wasmoon(f.path(), &["man", "run"]).status(0).says(".TH wasmoon-run 1").says("max\\-memory");
    wasmoon(f.path(), &["man", "walk"]).status(2).says("'walk' is not a subcommand");
    wasmoon(f.path(), &["man", "--dir", "man1"]).status(0);
    for command in &commands {
        assert!(f.path().join(format!("man1/wasmoon-{command}.1")).is_file(), "{command}");
    }
    write(&f, "file", "");
    wasmoon(f.path(), &["man", "--dir", "file/man1"]).status(2).says("file/man1");
}

#[test]
fn bad_usage_is_status_2() {
    let f = folder();
    wasmoon(f.path(), &["frobnicate"]).status(2).says("frobnicate");
    // An engine is compared with what we do, which these change on our side alone.
    for more in [&["--seed", "1"][..], &["--fuel", "9"], &["--trace-output", "x"]] {
        let args = [&["run", "ok.wat", "--against", "wasmtime"], more].concat();
        wasmoon(f.path(), &args).status(2).says("cannot be used with");
    }
    wasmoon(f.path(), &["test", "--frobnicate"]).status(2).says("--frobnicate");
    wasmoon(f.path(), &["test", "--backend", "jti"]).status(2).says("'jti' is not a backend; there are interp, jit-O0");
    wasmoon(f.path(), &["test", "--shard", "3/2"]).status(2).says("1 <= K <= N");
    wasmoon(f.path(), &["test", "--shard", "0/2"]).status(2).says("1 <= K <= N");
    wasmoon(f.path(), &["test", "--report", "pdf=x"]).status(2).says("'pdf' is not a format");
    wasmoon(f.path(), &["test", "--jobs", "0"]).status(2);
    wasmoon(f.path(), &["test", "--timeout", "-1"]).status(2);
    wasmoon(f.path(), &["test", "--spec", "4.0"]).status(2).says("'4.0' is not a version");
    wasmoon(f.path(), &["test", "--features", "flux"]).status(2).says("'flux' is not a feature");
    wasmoon(f.path(), &["test", "--mode", "mix"]).status(2).says("mix:SEED");
    wasmoon(f.path(), &["test", "--add"]).status(2).says("--bug");
    wasmoon(f.path(), &["test", "--bless", "--shard", "1/2"]).status(2).says("--shard");
    wasmoon(f.path(), &["test", "--expectations", "none", "--bless"]).status(2).says("no expectations.toml");
    wasmoon(f.path(), &["run", "x.wat", "--no-jit", "-O0"]).status(2).says("--no-jit");
    wasmoon(f.path(), &["report"]).status(2);
    // A mode that no column would have.
    let filter = "names_and_hints";
    for (backend, mode, says) in [
        ("interp", "mix:1", "--mode mix:1 is for backends other than interp"),
        ("interp", "tier:1", "--mode tier:1 is for backends other than interp"),
        ("jit", "interp", "--mode interp is the column interp alone"),
        ("interp,jit", "jit", "--mode jit is the column jit alone"),
    ] {
        wasmoon(f.path(), &["test", filter, "--backend", backend, "--mode", mode]).status(2).says(says);
    }
    wasmoon(f.path(), &["test", filter, "--backend", "jit", "--mode", "jit"]).status(0);
    wasmoon(f.path(), &["test", filter, "--backend", "jit", "--mode", "mix:1"]).status(0);
    // Columns of other engines have no mutants.
    wasmoon(f.path(), &["test", filter, "--self-check", "--engine", "x=cmd:true"]).status(2).says("--engine");
    // Standard input is there once.
    for args in [&["validate", "-", "-"][..], &["compare", "-", "-"], &["report", "-", "a", "-"]] {
        wasmoon(f.path(), args).status(2).says("can be read only once");
    }
    let engine = ["bisect", "x.wat", "--engine", "a=cmd:true", "--time", "1"];
    wasmoon(f.path(), &engine).status(2).says("cannot be used with");
}

/// In continuous integration, a variable that is not set is often an empty one.
#[test]
fn an_empty_variable_is_none() {
    let f = folder();
    write(&f, "plain.wast", PLAIN);
    write(&f, "program.wat", "(module (func (export \"_start\")))");
    for args in [&["test", "plain.wast"][..], &["run", "program.wat"], &["run", "-O1", "program.wat"]] {
        let output = command(f.path(), args).env("SPEC_TESTS", "").env("WASMOON_CACHE", "").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// As in JSON: a script that was cut to nothing would be green otherwise.
#[test]
fn a_script_without_directives_fails() {
    let f = folder();
    write(&f, "plain.wast", PLAIN);
    for (name, text) in [("empty.wast", ""), ("comment.wast", ";; nothing\n(; at all ;)"), ("annotation.wast", "(@a)")]
    {
        write(&f, name, text);
        let says = format!("{name}:1:1: the script has no directives: nothing would be judged");
        wasmoon(f.path(), &["test", name]).status(1).says(&says);
        wasmoon(f.path(), &["test", name, "plain.wast"]).status(1).says(&says);
        let report = wasmoon(f.path(), &["test", name, "--report", "junit=-"]).status(1).out;
        assert!(report.contains("<failure"), "{report}");
        wasmoon(f.path(), &["bisect", name]).status(2).says("the script has no directives");
    }
}

/// Where nothing is called, the two sides do not agree about anything.
#[test]
fn nothing_to_call_is_no_agreement() {
    let f = folder();
    write(&f, "none.wat", "(module (func $f) (memory (export \"memory\") 1))");
    write(&f, "one.wat", "(module (func (export \"f\")))");
    for command in ["bisect", "reduce"] {
        wasmoon(f.path(), &[command, "none.wat"]).status(2).says("none.wat: it exports no function");
        wasmoon(f.path(), &[command, "one.wat", "--rounds", "0"]).status(2).says("--rounds");
        wasmoon(f.path(), &[command, "one.wat", "--rounds", "1"]).status(1).says("no disagreement");
    }
}

#[test]
fn a_filter_that_selects_nothing_has_a_hint() {
    let f = folder();
    wasmoon(f.path(), &["test", "exceptionz"]).status(2).says("did you mean exceptions").says("--list");
    wasmoon(f.path(), &["test", "core", "qqqqq"]).status(2).says("'qqqqq'");
}

#[test]
fn filters_match_small_letters_and_capitals() {
    let f = folder();
    let list = |filter: &str| wasmoon(f.path(), &["test", "--list", filter]).status(0).out;
    assert!(!list("try_table").is_empty());
    assert_eq!(list("TRY_Table"), list("try_table"));
}

/// The hint explains paths only where a path does not exist.
#[test]
fn paths_and_filters_are_distinguished() {
    let f = folder();
    // As the matrix writes it.
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/wast-extra/threads")).unwrap();
    let count = folder.filter(|e| e.as_ref().unwrap().path().extension().is_some_and(|e| e == "wast")).count();
    let selects = format!("the filter extra::threads selects {count} files of the suite");
    wasmoon(f.path(), &["test", "extra/threads"]).status(2).says(&selects);
    wasmoon(f.path(), &["test", "some/thing"]).status(2).says("a filter is part of a name");
    std::fs::create_dir(f.path().join("empty")).unwrap();
    let empty = wasmoon(f.path(), &["test", "empty/"]).status(2).says("no .wast in it");
    assert!(!empty.err.contains("filter"), "{}", empty.err);
}

/// A column alone is compared with nothing, so that its comparison cannot be selected.
#[test]
fn one_column_has_no_comparison() {
    let f = folder();
    wasmoon(f.path(), &["test", "names_and_hints::xdiff"]).status(0);
    wasmoon(f.path(), &["test", "names_and_hints::xdiff", "--backend", "jit"]).status(2);
    wasmoon(f.path(), &["test", "::xdiff", "--backend", "jit"]).status(2);
}

/// What could not be read matters more than what is invalid, in either order.
#[test]
fn the_worst_of_several_files_is_the_status() {
    let f = folder();
    write(&f, "good.wat", "(module)");
    write(&f, "invalid.wat", "(module (func (result i32)))");
    for (files, status) in [
        (&["good.wat", "good.wat"][..], 0),
        (&["invalid.wat", "good.wat"], 1),
        (&["missing.wasm", "invalid.wat", "good.wat"], 2),
        (&["good.wat", "invalid.wat", "missing.wasm"], 2),
    ] {
        wasmoon(f.path(), &[&["validate"][..], files].concat()).status(status);
    }
}

/// A library is initialized once, also when that is what is asked for.
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

/// Constant expressions are counted after the functions that have bodies: imported ones have none.
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

#[test]
fn a_component_is_called_one() {
    let f = folder();
    write(&f, "c.wat", "(component)");
    write(&f, "c.wasm", b"\0asm\x0d\0\x01\0");
    for file in ["c.wat", "c.wasm"] {
        wasmoon(f.path(), &["run", file]).status(2).says("a component, not a module").says("not supported");
        wasmoon(f.path(), &["explore", file]).status(2).says("a component, not a module");
        wasmoon(f.path(), &["validate", file]).status(1).says("a component, not a module");
    }
    // Another version of modules is rejected as before.
    write(&f, "v2.wasm", b"\0asm\x02\0\0\0");
    wasmoon(f.path(), &["validate", "v2.wasm"]).status(1).says("unknown binary version");
}

/// Names in modules and scripts are anybody's: a terminal must not take them for commands.
#[test]
fn modules_over_the_size_are_refused() {
    let f = folder();
    write(&f, "m.wat", r#"(module (func (export "_start")))"#);
    let ran = wasmoon(f.path(), &["run", "--max-module", "20", "m.wat"]).status(2);
    assert_eq!(ran.err, "error: m.wat: more than 20 bytes, the maximum by --max-module\n");
    // As a binary it is larger than as text.
    let ran = wasmoon(f.path(), &["run", "--max-module", "34", "m.wat"]).status(2);
    assert_eq!(ran.err, "error: m.wat, as a binary: more than 34 bytes, the maximum by --max-module\n");
    wasmoon(f.path(), &["run", "--max-module", "1K", "m.wat"]).status(0);
}

#[test]
fn names_do_not_control_the_terminal() {
    let f = folder();
    let evil = r"\1b]0;title\07\1b[2J\c2\9b\e2\80\ae";
    let shown = r"\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}\u{202e}";
    let module = |inside: &str| inside.replace("EVIL", evil);
    write(&f, "trap.wat", module(r#"(module (func (export "EVIL") unreachable) (func (export "_start") call 0))"#));
    write(&f, "imports.wat", module(r#"(module (import "EVIL" "f" (func)) (func (export "_start")))"#));
    write(&f, "twice.wat", module(r#"(module (func (export "EVIL")) (func (export "EVIL")))"#));
    write(&f, "library.wat", module(r#"(module (func (export "EVIL")))"#));
    write(&f, "fails.wast", module(r#"(module (func (export "EVIL") unreachable)) (assert_return (invoke "EVIL"))"#));
    write(&f, "link.wast", module(r#"(module (import "EVIL" "EVIL" (func)))"#));
    let commands: [(&[&str], i32); 9] = [
        (&["run", "trap.wat"], 134),
        (&["run", "--trace-calls", "*", "trap.wat"], 134),
        (&["run", "--debug", "bytecode", "trap.wat"], 134),
        (&["run", "imports.wat"], 2),
        (&["run", "library.wat"], 2),
        (&["validate", "twice.wat"], 1),
        (&["test", "fails.wast", "--expectations", "none"], 1),
        (&["test", "link.wast", "--expectations", "none"], 1),
        (&["test", "link.wast", "--expectations", "none", "--report", "markdown=-"], 1),
    ];
    for (args, status) in commands {
        let ran = wasmoon(f.path(), args).status(status);
        let text = ran.out.clone() + &ran.err;
        assert!(text.contains("title"), "{args:?}: the name is not shown\n{text}");
        let raw = |c: char| c.is_control() && c != '\n' && c != '\t' || c == '\u{202e}';
        assert!(!text.contains(raw), "{args:?}: {text:?}");
    }
    wasmoon(f.path(), &["run", "trap.wat"]).status(134).says(shown);
}

/// Exports give names to functions without one in the name section, unless another function has that name.
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
    run(&[]).status(2).says("usage: sort");
}

#[test]
fn list_names_what_would_run() {
    let f = folder();
    let all = wasmoon(f.path(), &["test", "--list"]).status(0);
    let some = wasmoon(f.path(), &["test", "--list", "try_table"]).status(0);
    assert!(all.out.lines().count() > 300);
    assert!(some.out.lines().count() > 0 && some.out.lines().all(|l| l.contains("try_table")), "{}", some.out);
    let part = |k: &str| wasmoon(f.path(), &["test", "--list", "--shard", k]).status(0).out.lines().count();
    assert_eq!(part("1/3") + part("2/3") + part("3/3"), all.out.lines().count());
}

#[test]
fn missing_files_are_status_2() {
    let f = folder();
    wasmoon(f.path(), &["test", "no/such.wast"]).status(2).says("no/such.wast").says("a filter is part of a name");
    wasmoon(f.path(), &["test", "--suite", "nowhere"]).status(2).says("nowhere");
    wasmoon(f.path(), &["test", "--expectations", "nowhere.toml"]).status(2).says("nowhere.toml");
    for args in [&["run", "no.wasm"][..], &["validate", "no.wasm"], &["wat2wasm", "no.wat"], &["wasm2wat", "no.wasm"]] {
        wasmoon(f.path(), args).status(2).says(args[1]);
    }
    wasmoon(f.path(), &["report", "no.jsonl"]).status(2).says("no.jsonl");
    wasmoon(f.path(), &["compare", "no.jsonl", "no.jsonl"]).status(2).says("no.jsonl");
    let empty = folder();
    wasmoon(f.path(), &["test", &format!("{}/", empty.path().display())]).status(2).says("no .wast");
}

#[test]
fn broken_modules_are_reported() {
    let f = folder();
    write(&f, "good.wasm", EMPTY_MODULE);
    let whole = wast_module("(module (func (export \"f\") (result i32) i32.const 7))");
    // 0xAA is neither a section nor the start of UTF-8 text.
    write(&f, "random.wasm", [0xAA, 1, 2, 3, 0xFF, 0x80, 9].repeat(50));
    write(&f, "random.wat", [0xAA, 1, 2, 3, 0xFF, 0x80, 9].repeat(50));
    write(&f, "random.wast", [0xAA, 1, 2, 3, 0xFF, 0x80, 9].repeat(50));
    write(&f, "invalid.wat", "(module\n  (func (result i32)))");
    write(&f, "syntax.wat", "(module\n  (func (result i33)))");
    wasmoon(f.path(), &["validate", "good.wasm"]).status(0);
    // Any number of missing bytes; the header alone, and the header with the types, are smaller modules.
    let smaller = [EMPTY_MODULE.len(), 10 + usize::from(whole[9])];
    for length in 0..whole.len() {
        write(&f, "cut.wasm", &whole[..length]);
        wasmoon(f.path(), &["validate", "cut.wasm"]).status(i32::from(!smaller.contains(&length)));
    }
    write(&f, "cut.wasm", &whole[..whole.len() - 2]);
    wasmoon(f.path(), &["run", "cut.wasm"]).status(2).says("cut.wasm").says("malformed");
    wasmoon(f.path(), &["wasm2wat", "cut.wasm"]).status(2).says("cut.wasm");
    wasmoon(f.path(), &["validate", "random.wasm"]).status(1).says("random.wasm").says("malformed");
    wasmoon(f.path(), &["run", "random.wasm"]).status(2).says("malformed");
    wasmoon(f.path(), &["run", "random.wat"]).status(2).says("not UTF-8");
    wasmoon(f.path(), &["wat2wasm", "random.wat"]).status(2).says("UTF-8");
    wasmoon(f.path(), &["test", "random.wast"]).status(1).says("random.wast: not UTF-8: byte 0xaa on line 1");
    wasmoon(f.path(), &["validate", "invalid.wat"]).status(1).says("invalid module").says("type mismatch");
    wasmoon(f.path(), &["run", "invalid.wat"]).status(2).says("invalid module");
    let late = "(module (func $wrong (result i32) (i64.const 1)) (func (export \"good\") (result i32) (i32.const 7))
                  (func (export \"bad\") (result i32) (call $wrong)))";
    write(&f, "late.wat", late);
    wasmoon(f.path(), &["run", "late.wat", "--invoke", "good"]).status(2).says("invalid module");
    let lazily = ["run", "--lazy-validation", "late.wat", "--invoke"];
    assert_eq!(wasmoon(f.path(), &[&lazily[..], &["good"]].concat()).status(0).out, "7\n");
    let trapped = wasmoon(f.path(), &[&lazily[..], &["bad"]].concat());
    let trapped = trapped.status(134).says("Trap: invalid function (wasm=2 'bad'+0x1)");
    trapped.says("error: late.wat: invalid module: type mismatch: expected i32, found i64 (at offset 0x");
    for option in ["--no-jit", "-O1", "--against=wasmtime"] {
        wasmoon(f.path(), &["run", "--lazy-validation", option, "late.wat"]).status(2).says("cannot be used with");
    }
    wasmoon(f.path(), &["run", "--lazy-validation", "--cache", "cached", "late.wat"]).status(2).says("invalid module");
    // Switches of the compiler compile everything.
    wasmoon(f.path(), &["run", "--lazy-validation", "--poison", "late.wat"]).status(2).says("invalid module");
    wasmoon(f.path(), &["validate", "syntax.wat"]).status(1).says("syntax.wat:2:17");
    wasmoon(f.path(), &["wat2wasm", "syntax.wat"]).status(2).says("syntax.wat:2:17");
    assert!(!names(&f).contains(&"syntax.wasm".to_string()));
    // The parser accepts its tokens, but the grammar does not.
    write(&f, "folded.wat", "(module\n  (func (nop nop)))");
    wasmoon(f.path(), &["validate", "folded.wat"]).status(1).says("folded.wat:2:14: unexpected token");
    write(&f, "folded.wast", "(module)\n(module\n  (func block (end)))");
    wasmoon(f.path(), &["test", "folded.wast"]).status(1).says("unexpected token");
    write(&f, "segment.wat", "(module (memory 1) (data 0 (i32.const 0) \"\"))");
    wasmoon(f.path(), &["validate", "segment.wat"]).status(1).says("segment.wat:1:26");
    wasmoon(f.path(), &["validate", "--spec", "1.0", "segment.wat"]).status(0);
    // One missing file is worse than an invalid one.
    wasmoon(f.path(), &["validate", "invalid.wat", "no.wasm", "good.wasm"]).status(2);
}

/// Encodes with the same library as the tool; only length and bytes matter here.
fn wast_module(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

#[test]
fn text_and_binary_go_back_and_forth() {
    let f = folder();
    write(&f, "a.wat", "(module (func (export \"f\") (param i32) (result i32) local.get 0))");
    wasmoon(f.path(), &["wat2wasm", "a.wat"]).status(0);
    wasmoon(f.path(), &["wasm2wat", "a.wasm", "-o", "b.wat"]).status(0);
    wasmoon(f.path(), &["wat2wasm", "b.wat", "-o", "b.wasm"]).status(0);
    let read = |name: &str| std::fs::read(f.path().join(name)).unwrap();
    assert_eq!(read("a.wasm"), read("b.wasm"));
    wasmoon(f.path(), &["validate", "a.wasm", "a.wat", "b.wat"]).status(0);
    wasmoon(f.path(), &["wasm2wat", "a.wasm"]).status(0).says("(export \"f\"");
}

#[test]
fn a_script_passes_or_fails() {
    let f = folder();
    write(&f, "s/plain.wast", PLAIN);
    write(&f, "s/wrong.wast", WRONG);
    wasmoon(f.path(), &["test", "s/plain.wast"]).status(0).says("0 unexpected");
    let wrong = wasmoon(f.path(), &["test", "s/wrong.wast"]).status(1).says("FAIL s/wrong line 1").says("replay");
    // The printed command reproduces the failure.
    let replay = wrong.out.lines().find_map(|l| l.trim().strip_prefix("replay")).unwrap().trim();
    let words: Vec<&str> = replay.split_whitespace().skip(1).collect();
    wasmoon(f.path(), &words).status(1).says("line 1");
    wasmoon(f.path(), &["test", "s/"]).status(1).says("3 directives");
    wasmoon(f.path(), &["test", "s/plain.wast", "--at", "3"]).status(0).says("1 directives").says("assert_invalid");
    wasmoon(f.path(), &["test", "s/plain.wast", "--at", "2"]).status(2).says("no directive").says("line 2");
    // What is no script has no directive on any line, and fails on all of them.
    write(&f, "s/broken.wast", format!("{PLAIN}(module\n"));
    for line in ["1", "99"] {
        wasmoon(f.path(), &["test", "s/broken.wast", "--at", line]).status(1).says("broken.wast");
    }
}

#[test]
fn scripts_in_json_are_scripts() {
    let f = folder();
    let module =
        wast_module("(module (func (export \"f\") (param i32) (result i32) (i32.div_s (i32.const 6) (local.get 0))))");
    write(&f, "j/m.wasm", module);
    write(&f, "j/bad.wat", "(func");
    let call =
        |arg: i32| format!(r#"{{"type": "invoke", "field": "f", "args": [{{"type": "i32", "value": "{arg}"}}]}}"#);
    let script = |expected: &str, more: &str| {
        format!(
            r#"{{"source_filename": "m.wast", "commands": [
 {{"type": "module", "line": 1, "filename": "m.wasm"}},
 {{"type": "assert_return", "line": 5, "action": {}, "expected": [{{"type": "i32", "value": "{expected}"}}]}},
 {{"type": "assert_trap", "line": 7, "action": {}, "text": "integer divide by zero"}},
 {{"type": "assert_malformed", "line": 9, "filename": "bad.wat", "module_type": "text", "text": "unexpected"}}{more}]}}"#,
            call(2),
            call(0)
        )
    };
    write(&f, "j/good.json", script("3", ""));
    wasmoon(f.path(), &["test", "j/good.json"]).status(0).says("4 directives").says("0 unexpected");
    wasmoon(&f.path().join("j"), &["test", "good.json"]).status(0).says("4 directives");
    wasmoon(f.path(), &["test", "j/"]).status(0).says("4 directives");
    wasmoon(f.path(), &["test", "j/good.json", "--self-check"]).status(0).says("survived 0 unmutated 0");
    write(&f, "j/wrong.json", script("4", ""));
    let wrong = wasmoon(f.path(), &["test", "j/wrong.json"]).status(1).says("FAIL j/wrong line 5: assert_return f");
    let replay = wrong.out.lines().find_map(|l| l.trim().strip_prefix("replay")).unwrap().trim();
    let words: Vec<&str> = replay.split_whitespace().skip(1).collect();
    wasmoon(f.path(), &words).status(1).says("line 5").says("returned [i32 3]");
    write(&f, "j/wrong.json", script("3", r#", {"type": "assert_later", "line": 11}"#));
    wasmoon(f.path(), &["test", "j/wrong.json"]).status(1).says("the command 'assert_later'");
    for (name, text, says) in [
        ("cut", script("3", "")[..200].to_string(), "j/cut.json:3:"),
        ("number", script("3.5", ""), "j/number.json:3:2: command 1: \"3.5\" is not a value of type 'i32'"),
        ("field", script("3", r#", {"type": "module", "line": 11, "file": "m.wasm"}"#), "unknown field `file`"),
        (
            "file",
            script(
                "3",
                r#",
{"type": "module", "line": 11, "filename": "n.wasm"}"#,
            ),
            "j/file.json:6:1: command 4: n.wasm: No such file",
        ),
        ("array", "[]".into(), "j/array.json:1:"),
    ] {
        write(&f, &format!("j/{name}.json"), text);
        wasmoon(f.path(), &["test", &format!("j/{name}.json")]).status(1).says(says);
    }
    wasmoon(f.path(), &["test", "j/"]).status(1).says("j/cut.json:3:").says("FAIL j/cut");
    wasmoon(f.path(), &["test", "nowhere.json"]).status(2).says("nowhere.json");
}

#[test]
fn versions_have_their_own_files_and_features() {
    let f = folder();
    let list = |spec: &str| wasmoon(f.path(), &["test", "--spec", spec, "--list"]).status(0).out.lines().count();
    assert_eq!((list("1.0"), list("1.0,2.0")), (73, 73 + 147));
    wasmoon(f.path(), &["test", "--spec", "2.0,2.0"]).status(2).says("given twice");
    wasmoon(f.path(), &["test", "--spec", "1.0,2.0", "core-1.0::memory_grow", "core-2.0::token"]).status(0);
    write(&f, "s/simd.wast", r#"(assert_malformed (module quote "(func (param v128))") "unknown operator")"#);
    wasmoon(f.path(), &["test", "s/simd.wast"]).status(1);
    wasmoon(f.path(), &["test", "s/simd.wast", "--spec", "1.0"]).status(0);
    wasmoon(f.path(), &["test", "s/simd.wast", "--spec", "1.0,2.0"]).status(2).says("one version only");
}

#[test]
fn a_syntax_error_in_a_script_is_reported_with_its_line() {
    let f = folder();
    write(&f, "bad.wast", format!("{PLAIN}(module (func (result i33)))\n{PLAIN}"));
    write(&f, "open.wast", format!("{PLAIN}(assert_return (invoke \"f\")\n"));
    wasmoon(f.path(), &["test", "bad.wast", "--report", "jsonl=r.jsonl"]).status(1).says("bad").says("4:");
    wasmoon(f.path(), &["report", "r.jsonl"]).status(1).says("FAIL");
    wasmoon(f.path(), &["test", "open.wast"]).status(1).says("open");
    write(&f, "header.wast", format!(";;! flux = true\n{PLAIN}"));
    wasmoon(f.path(), &["test", "header.wast"]).status(1).says("header.wast:1: header: unknown key 'flux'");
}

#[test]
fn reports_are_whole_or_absent() {
    let f = folder();
    write(&f, "s/plain.wast", PLAIN);
    wasmoon(f.path(), &["test", "s/", "--report", "jsonl=no/such/r.jsonl"])
        .status(2)
        .says("cannot write no/such/r.jsonl");
    wasmoon(f.path(), &["test", "s/", "--report", "html=s"]).status(2).says("it is a folder");
    wasmoon(f.path(), &["test", "s/", "--report", "jsonl=/dev/full"]).status(2).says("/dev/full").says("No space");
    wasmoon(f.path(), &["test", "s/", "--report", "jsonl=-", "--report", "junit=-"]).status(2).says("standard output");
    assert_eq!(names(&f), ["s"]);
    let all = ["jsonl=r.jsonl", "junit=r.xml", "markdown=r.md", "html=r.html"];
    let mut args = vec!["test", "s/"];
    all.iter().for_each(|r| args.extend(["--report", r]));
    wasmoon(f.path(), &args).status(0);
    assert_eq!(names(&f), ["r.html", "r.jsonl", "r.md", "r.xml", "s"]);
    // A report on standard output is the only text there.
    let out = wasmoon(f.path(), &["test", "s/", "--report", "jsonl=-"]).status(0);
    assert!(out.out.lines().all(|l| l.starts_with('{')) && out.err.contains("0 unexpected"), "{}", out.out);
}

#[test]
fn jsonl_keeps_its_contract() {
    let f = folder();
    write(&f, "s/plain.wast", PLAIN);
    write(&f, "s/wrong.wast", WRONG);
    wasmoon(f.path(), &["test", "s/", "--backend", "interp,jit", "--report", "jsonl=r.jsonl"]).status(1);
    let text = std::fs::read_to_string(f.path().join("r.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let (last, records) = lines.split_last().unwrap();
    assert_eq!(records.len(), 3 * 3);
    for r in records {
        assert_eq!(r["schema"], 1);
        for key in ["group", "file", "index", "directive", "backend", "verdict"] {
            assert!(r[key].is_string(), "{key} in {r}");
        }
        assert!(r["line"].is_u64() && r["us"].is_u64(), "{r}");
        let pass = r["verdict"] == "pass";
        assert!(pass || ["expected", "got", "replay"].iter().all(|k| r[*k].is_string()), "{r}");
    }
    let backends: Vec<&str> = records[..3].iter().map(|r| r["backend"].as_str().unwrap()).collect();
    assert_eq!(backends, ["interp", "jit", "xdiff"]);
    assert_eq!(last["summary"]["interp"]["fail"], 1);
    assert_eq!(last["summary"]["interp"]["pass"], 2);
    assert_eq!(last["unexpected"], 2);
    assert!(last["wall_ms"].is_u64() && last["suite"].is_string() && last["jit_functions"].is_u64(), "{last}");
}

/// Every file has its part of a report that is made of a report, as it has in that of the run.
#[test]
fn files_of_one_name_stay_apart_in_reports() {
    let f = folder();
    for (folder, times) in [("one", 1), ("two", 2), ("three", 3)] {
        write(&f, &format!("s/{folder}/same.wast"), PLAIN.repeat(times));
    }
    let kinds = ["junit", "html", "markdown"];
    let reports = |name: &str| -> Vec<String> {
        kinds.iter().flat_map(|kind| ["--report".to_string(), format!("{kind}={name}.{kind}")]).collect()
    };
    let run = |args: &[&str], name: &str| {
        let reports = reports(name);
        let all: Vec<&str> = args.iter().copied().chain(reports.iter().map(String::as_str)).collect();
        wasmoon(f.path(), &all).status(0);
    };
    run(&["test", "s/", "--report", "jsonl=all.jsonl"], "run");
    run(&["report", "all.jsonl"], "report");
    let count = |name: &str, what: &str| std::fs::read_to_string(f.path().join(name)).unwrap().matches(what).count();
    assert!(count("run.junit", "<testcase") > 3 && count("run.junit", "<testsuite ") >= 3);
    for what in ["<testcase", "<testsuite ", "same"] {
        assert_eq!(count("report.junit", what), count("run.junit", what), "{what}");
    }
    for folder in ["one", "two", "three"] {
        for kind in kinds {
            assert!(count(&format!("report.{kind}"), folder) > 0, "{folder} in {kind}");
        }
    }
}

#[test]
fn shards_merge_into_the_whole_run() {
    let f = folder();
    for n in 0..5 {
        write(&f, &format!("s/f{n}.wast"), PLAIN.repeat(n + 1));
    }
    let strip = |name: &str| {
        let text = std::fs::read_to_string(f.path().join(name)).unwrap();
        let mut lines: Vec<String> = text
            .lines()
            .map(|l| {
                let mut v: serde_json::Value = serde_json::from_str(l).unwrap();
                v.as_object_mut().unwrap().retain(|k, _| k != "us" && k != "wall_ms");
                if let Some(run) = v.get_mut("run").and_then(|run| run.as_object_mut()) {
                    run.remove("date");
                }
                v.to_string()
            })
            .collect();
        lines.sort();
        lines
    };
    wasmoon(f.path(), &["test", "s/", "--report", "jsonl=all.jsonl"]).status(0);
    for k in ["1/2", "2/2"] {
        let report = format!("jsonl={}.jsonl", &k[..1]);
        wasmoon(f.path(), &["test", "s/", "--shard", k, "--report", &report]).status(0);
    }
    wasmoon(f.path(), &["report", "1.jsonl", "2.jsonl", "--report", "jsonl=merged.jsonl", "--report", "html=m.html"])
        .status(0);
    assert_eq!(strip("all.jsonl"), strip("merged.jsonl"));
    wasmoon(f.path(), &["report", "1.jsonl", "1.jsonl"]).status(2).says("there twice");
    wasmoon(f.path(), &["compare", "all.jsonl", "merged.jsonl"]).status(0).says("0 worse");
    // A truncated report is refused.
    let text = std::fs::read_to_string(f.path().join("1.jsonl")).unwrap();
    write(&f, "cut.jsonl", &text[..text.len() / 2]);
    wasmoon(f.path(), &["report", "cut.jsonl"]).status(2).says("cut.jsonl");
}

#[test]
fn comparisons_report_regressions() {
    let f = folder();
    write(&f, "s/a.wast", PLAIN);
    wasmoon(f.path(), &["test", "s/", "--report", "jsonl=old.jsonl"]).status(0);
    write(&f, "s/a.wast", PLAIN.replace("type mismatch", "type matches"));
    wasmoon(f.path(), &["test", "s/", "--report", "jsonl=new.jsonl"]).status(1);
    wasmoon(f.path(), &["compare", "old.jsonl", "new.jsonl"]).status(1).says("pass -> fail").says("s/a line 3");
    wasmoon(f.path(), &["compare", "new.jsonl", "old.jsonl"]).status(0).says("fail -> pass");
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let f = folder();
    for args in [&["test", "--list"][..], &["test", "--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(f.path(), args).stdout(writer).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{err}");
        assert!(!err.contains("panicked"), "{err}");
    }
}

#[test]
fn ctrl_c_ends_with_a_whole_report() {
    let f = folder();
    // It runs in its own process group, all of which receives the signal, as on a terminal.
    let args = ["test", "--jobs", "1", "--expectations", "none", "--report", "jsonl=r.jsonl"];
    let mut child =
        command(f.path(), &args).process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1000));
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success());
    let start = Instant::now();
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    let status = child.wait().unwrap();
    assert!(start.elapsed() < Duration::from_secs(60));
    assert_eq!(status.code(), Some(1), "{err}");
    assert!(out.contains("interrupted"), "the run was over before the signal came\n{err}");
    let text = std::fs::read_to_string(f.path().join("r.jsonl")).unwrap();
    assert!(text.lines().last().unwrap().contains("\"interrupted\":true"));
    assert!(!text.contains("SIGINT"), "a worker died of the signal");
    assert_eq!(names(&f), ["r.jsonl"]);
    wasmoon(f.path(), &["report", "r.jsonl"]).status(1).says("interrupted");
}

#[test]
fn standard_input_is_a_dash() {
    let f = folder();
    let mut child = command(f.path(), &["wat2wasm", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"(module)").unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, EMPTY_MODULE);
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
        assert_eq!(run("id", &["null"]).status(0).out, "null\n");
        let trap = |text: &str| format!("Error: {tier} Trap: {text}");
        run("boom", &["1"]).status(134).says(&trap("unreachable (wasm=2 'deep'+0x5)\n")).says("  1: wasm=1 'boom'+0x3");
        run("div", &["1", "0"]).status(134).says(&trap("integer divide by zero (wasm=3 'div'+0x5)\n"));
        run("div", &["-2147483648", "-1"]).status(134).says(&trap("integer overflow"));
        run("load", &["65533"]).status(134).says(&trap("out of bounds memory access"));
        run("inf", &[]).status(134).says("Trap: call stack exhausted").says("times");
        run("throw", &[]).status(134).says("Uncaught exception of tag 0 (42)");
        run("fac", &[]).status(2).says("takes 1 arguments (i64)");
        run("fac", &["1.5"]).status(2).says("'1.5' is not a value of type i64");
        run("nope", &[]).status(2).says("no export 'nope'; its functions are: fac, boom");
        run("memory", &[]).status(2).says("is not a function");
    }
    write(&f, "v.wat", "(module (func (export \"not\") (param v128) (result v128) (v128.not (local.get 0))))");
    let not = |value: &str| wasmoon(f.path(), &["run", "--no-jit", "v.wat", "--invoke", "not", "--arg", value]);
    assert_eq!(not("i32x4 -1 0 1 0x10").status(0).out, "0xffffffeffffffffeffffffff00000000\n");
    assert_eq!(not("0xf").status(0).out, "0xfffffffffffffffffffffffffffffff0\n");
    not("i32x4 1 2").status(2).says("'i32x4 1 2' is not a value of type v128");
    write(&f, "start.wat", "(module (func unreachable) (start 0))");
    wasmoon(f.path(), &["run", "start.wat"]).status(134).says("Trap: unreachable (wasm=0 'func_0'");
    write(&f, "imports.wat", "(module (import \"a\" \"b\" (func)))");
    wasmoon(f.path(), &["run", "imports.wat"]).status(2).says("\"a\" \"b\" (").says("wasi_snapshot_preview1");
    write(&f, "quiet.wat", "(module (func (export \"_start\")))");
    assert_eq!(wasmoon(f.path(), &["run", "quiet.wat"]).status(0).out, "");
}

/// What a person may do wrong with compiled code.
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
    run(&["--lazy-validation", "p.cwasm"]).status(2).says("all of it is validated");
    // It cannot be compiled otherwise than it is.
    for option in ["-O1", "-O2", "--no-jit", "--poison", "--compile-threads=2", "--nan=canonical", "--relaxed=native"] {
        run(&[option, "p.cwasm"])
            .status(2)
            .says("error: p.cwasm: it is compiled already: give switches of the compiler");
    }
    run(&["--trace-calls", "*", "p.cwasm"]).status(2).says("p.cwasm: its code cannot be traced");
    run(&["--against", "v8", "p.cwasm"]).status(2).says("p.cwasm: --against compares");
    run(&["--fuel", "1000", "p.cwasm"])
        .status(2)
        .says("p.cwasm: its code counts no fuel: compile it with --count-fuel");
    wasmoon(f.path(), &["compile", "--count-fuel", "--nan", "canonical", "-O1", "p.wat", "-o", "fuel.cwasm"]).status(0);
    assert_eq!(run(&["--fuel", "1000", "fuel.cwasm"]).status(0).out, "42\n");
    run(&["--fuel", "0", "fuel.cwasm"]).status(134).says("fuel");
    assert_eq!(run(&["fuel.cwasm"]).status(0).out, "42\n", "without --fuel there is no end of it");
    run(&["--max-module", "100", "p.cwasm"])
        .status(2)
        .says("p.cwasm: more than 100 bytes, the maximum by --max-module");
    // Other commands take modules.
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
        .says("p.cwasm: compiled code, which only `wasmoon run` takes");
    wasmoon(f.path(), &["compile", "p.cwasm"]).status(2).says("p.cwasm: it is compiled already");
    // Errors of `compile`.
    wasmoon(f.path(), &["compile", "nothing.wat"]).status(2).says("nothing.wat: ");
    wasmoon(f.path(), &["compile", "-O3", "p.wat"]).status(2).says("write 0, 1 or 2");
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
    wasmoon(f.path(), &["run", "empty.cwasm"]).status(2).says("empty.cwasm: no program");
    wasmoon(f.path(), &["run", "--cache-stats", "p.wat"]).status(2).says("--cache <DIR>");
    assert_eq!(names(&f), ["empty.cwasm", "empty.wasm", "fuel.cwasm", "invalid.wat", "p.cwasm", "p.wat"]);
}

/// A device without end is refused, instead of being read until memory runs out. A file of holes takes no memory before
/// it is refused.
#[test]
fn input_has_a_limit() {
    let f = folder();
    for name in ["large.wat", "large.wast"] {
        std::fs::File::create(f.path().join(name)).unwrap().set_len((1 << 30) + 1).unwrap();
    }
    for args in [
        &["run", "large.wat"][..],
        &["validate", "large.wat"],
        &["wat2wasm", "large.wat"],
        &["wasm2wat", "large.wat"],
        &["explore", "large.wat"],
        &["bisect", "large.wast"],
        &["reduce", "large.wat"],
        &["report", "large.wat"],
        &["validate", "/dev/zero"],
        &["test", "--expectations", "large.wat", "core::nop"],
    ] {
        wasmoon(f.path(), args).status(2).says("more than 1024 MiB, the largest input that is read");
    }
    wasmoon(f.path(), &["test", "large.wast"]).status(1).says("large.wast: more than 1024 MiB");
}

/// A text without fields is an inline module, as in scripts.
#[test]
fn an_empty_text_is_a_module() {
    let f = folder();
    for (name, text) in [("empty.wat", ""), ("blank.wat", " \n(; a (; b ;) ;) ;; c\n")] {
        write(&f, name, text);
        wasmoon(f.path(), &["validate", name]).status(0);
        wasmoon(f.path(), &["wat2wasm", name, "-o", "out.wasm"]).status(0);
        assert_eq!(std::fs::read(f.path().join("out.wasm")).unwrap(), EMPTY_MODULE);
    }
    // A binary module has a header.
    write(&f, "empty.wasm", "");
    wasmoon(f.path(), &["validate", "empty.wasm"]).status(1);
    write(&f, "broken.wat", "(; a");
    wasmoon(f.path(), &["validate", "broken.wat"]).status(1);
}

#[test]
fn a_run_of_no_modules_is_refused() {
    let f = folder();
    wasmoon(f.path(), &["smith", "--count", "0"]).status(2).says("--count");
}

/// A module that prints a letter, and waits for its input to end.
const WAITS: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\01\00\00\00")
  (data (i32.const 16) "r")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32)))))"#;

/// Who sends a signal that a fault would cause gets what he would get from another program: it dies of it, or ignores it if
/// it was started so.
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
                // It would wait for its input otherwise.
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

/// Scripts are those of so many seeds, as far as there are numbers; those that are to be kept are.
#[test]
fn scripts_are_made_of_the_last_seed_too() {
    let f = TempDir::new().unwrap();
    let ran = wasmoon(
        f.path(),
        &["smith", "linking", "--seed", "18446744073709551615", "--count", "2", "--keep", "--out", "o"],
    );
    ran.status(0).says(" imports in 1 scripts");
    let kept: Vec<_> = std::fs::read_dir(f.path().join("o")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(kept, ["linking-18446744073709551615.wast"]);
}

/// What is read is not replaced by what is made of it, by whichever name: for example a text whose name ends as that of a binary.
#[test]
fn no_input_is_replaced_by_an_output() {
    let f = TempDir::new().unwrap();
    let text = "(module (func (export \"_start\")))";
    write(&f, "text.wasm", text);
    write(&f, "d/m.wat", text);
    write(&f, "binary", wast_module(text));
    write(&f, "reduced.wast", PLAIN);
    std::os::unix::fs::symlink("d/m.wat", f.path().join("link")).unwrap();
    let files =
        || ["text.wasm", "d/m.wat", "binary", "reduced.wast"].map(|name| std::fs::read(f.path().join(name)).unwrap());
    let before = files();
    for (args, option) in [
        (&["wat2wasm", "text.wasm"][..], "-o"),
        (&["wat2wasm", "text.wasm", "-o", "./text.wasm"], "-o"),
        (&["wat2wasm", "d/m.wat", "-o", "link"], "-o"),
        (&["wasm2wat", "binary", "-o", "d/../binary"], "-o"),
        (&["compile", "d/m.wat", "-o", "d/m.wat"], "-o"),
        (&["reduce", "reduced.wast", "-o", "./reduced.wast"], "-o"),
        (&["run", "--trace-calls", "*", "--trace-output", "link", "d/m.wat"], "--trace-output"),
        (&["run", "--profile-out", "d/./m.wat", "d/m.wat"], "--profile-out"),
        (&["explore", "d/m.wat", "--func", "0", "--html", "link"], "--html"),
    ] {
        wasmoon(f.path(), args).status(2).says(&format!("would be replaced; name another file with {option}"));
        assert!(files() == before, "{args:?}");
    }
    write(&f, "start.wat", r#"(module (func (export "_start")))"#);
    wasmoon(f.path(), &["run", "--profile-out", "seen", "start.wat"]).status(0);
    let seen = std::fs::read(f.path().join("seen")).unwrap();
    let args = ["explore", "start.wat", "--func", "0", "--profile-in", "seen", "--html", "./seen"];
    wasmoon(f.path(), &args).status(2).says("would be replaced; name another file with --html");
    assert_eq!(std::fs::read(f.path().join("seen")).unwrap(), seen);
    wasmoon(f.path(), &["wat2wasm", "d/m.wat", "-o", "/dev/null"]).status(0);
    wasmoon(f.path(), &["wat2wasm", "text.wasm", "-o", "binary.wasm"]).status(0);
    assert!(std::fs::read(f.path().join("binary.wasm")).unwrap().starts_with(b"\0asm"));
}

/// A name is bytes, and what is written is beside what was read.
#[test]
fn names_need_not_be_text() {
    let f = folder();
    let name = |bytes: &[u8]| f.path().join(OsStr::from_bytes(bytes));
    for (text, binary) in [(b"\xff.wat", &b"\xff.wasm"[..]), (b"\xfe.wat", b"\xfe.wasm")] {
        std::fs::write(name(text), "(module)").unwrap();
        assert!(command(f.path(), &["wat2wasm"]).arg(name(text)).status().unwrap().success());
        assert_eq!(std::fs::read(name(binary)).unwrap(), EMPTY_MODULE);
    }
    assert_eq!(std::fs::read_dir(f.path()).unwrap().count(), 4);
}

/// Only reports are compressed by their names.
#[test]
fn modules_and_rules_are_written_as_they_are() {
    let f = folder();
    write(&f, "a.wat", "(module)");
    wasmoon(f.path(), &["wat2wasm", "a.wat", "-o", "a.zst"]).status(0);
    assert_eq!(std::fs::read(f.path().join("a.zst")).unwrap(), EMPTY_MODULE);
    write(&f, "wrong.wast", WRONG);
    for rules in ["rules.toml.zst", "-"] {
        let args = ["test", "wrong.wast", "--expectations", rules];
        let added = wasmoon(f.path(), &[&args[..], &["--add", "--bug", "b"]].concat()).status(0);
        assert!(!added.out.contains("[[expect]]"), "{}", added.out);
        assert!(std::fs::read_to_string(f.path().join(rules)).unwrap().contains("[[expect]]"));
        wasmoon(f.path(), &args).status(0);
    }
}

/// A run that waits for its report to be read: its rules have been read when [`Waiting::start`] returns, and it comes to its end
/// in [`Waiting::end`].
struct Waiting {
    child: Child,
    report: File,
}

impl Waiting {
    /// `args` are those of `wasmoon test`.
    fn start(f: &TempDir, args: &[&str]) -> Waiting {
        let pipe = f.path().join("pipe");
        if !pipe.exists() {
            assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        }
        let all = [&["test", "--backend", "interp", "--jobs", "1", "--report", "jsonl=pipe"], args].concat();
        let child = command(f.path(), &all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Opening either end waits for the other one.
        Waiting { child, report: File::open(pipe).unwrap() }
    }

    fn end(mut self) -> Ran {
        let mut report = String::new();
        self.report.read_to_string(&mut report).unwrap();
        let output = self.child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ran { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

const RULE: &str =
    "\n[[expect]]\nfile = \"other/x\"\nat = [\"9 module\"]\nstatus = \"fail\"\nbug = \"hand\"\nreason = \"hand\"\n";

/// A run that was interrupted has not shown everything, whatever was added or asked for.
#[test]
fn an_interrupted_run_is_no_success() {
    let f = folder();
    let endless = "(module (func (export \"f\") (loop (br 0))))\n(assert_return (invoke \"f\"))\n";
    for n in 0..4 {
        write(&f, &format!("s/endless-{n}.wast"), endless);
    }
    write(&f, "s/late.wast", "\n\n\n\n(module)");
    for more in [&["--at", "5"][..], &["--expectations", "rules.toml", "--add", "--bug", "b"]] {
        let run = Waiting::start(&f, &[&["s/", "--timeout", "1", "--report", "junit=r.xml"], more].concat());
        assert!(Command::new("kill").args(["-INT", &run.child.id().to_string()]).status().unwrap().success());
        run.end().status(1).says("interrupted");
        let junit = std::fs::read_to_string(f.path().join("r.xml")).unwrap();
        assert!(junit.contains("<testcase name=\"run::interrupted\">"), "{junit}");
    }
}

/// Names of columns are unique, those that a mode makes included.
#[test]
fn an_engine_is_not_called_as_a_column_of_a_mode() {
    let f = folder();
    write(&f, "plain.wast", PLAIN);
    let args = ["test", "plain.wast", "--engine", "jit+mix:1=cmd:true", "--backend", "interp,jit"];
    let says = "a column cannot be called 'jit+mix:1'";
    wasmoon(f.path(), &[&args[..], &["--mode", "mix:1"]].concat()).status(2).says(says);
    // In another mode it can, and it is the command that is none of an engine.
    let other = wasmoon(f.path(), &[&args[..], &["--mode", "mix:2"]].concat()).status(2);
    assert!(!other.err.contains(says), "{}", other.err);
}

/// A report may say that it is one of any number of shards.
#[test]
fn a_line_of_a_report_cannot_ask_for_much() {
    let f = folder();
    write(&f, "s/a.wast", PLAIN);
    write(&f, "s/b.wast", PLAIN);
    wasmoon(f.path(), &["test", "s/", "--shard", "1/2", "--report", "jsonl=r.jsonl"]).status(0);
    let text = std::fs::read_to_string(f.path().join("r.jsonl")).unwrap();
    let shard = "\"shard\":{\"parts\":[1],\"of\":2}";
    assert!(text.contains(shard), "{text}");
    write(&f, "r.jsonl", text.replace(shard, "\"shard\":{\"parts\":[1],\"of\":18446744073709551615}"));
    let reports = ["jsonl=o.jsonl", "junit=o.xml", "markdown=o.md", "html=o.html", "features=o.json"];
    let mut args = vec!["report", "r.jsonl"];
    reports.iter().for_each(|report| args.extend(["--report", report]));
    let all = wasmoon(f.path(), &args).status(1).says("shard 2/18446744073709551615, 3/18446744073709551615");
    assert!(all.out.contains("and 18446744073709551604 more"), "{}", all.out);
    for name in ["o.xml", "o.md", "o.html"] {
        let text = std::fs::read_to_string(f.path().join(name)).unwrap();
        assert!(text.contains("and 18446744073709551604 more"), "{name}");
    }
}
