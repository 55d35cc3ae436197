//! Tests as data: each file below `tests/filetests` has SSA functions, tests to apply, and the expected outputs.
//!
//! ```text
//! test passes gvn,dce              the passes to run; the verifier runs before and after each
//! test select cpu=avx2             machine instructions before allocation
//! test allocate registers=4        the same with the allocator's places and moves
//! test assemble                    disassembled machine code
//!
//! ; The purpose of the case.
//! function 0 "f" (i32) -> (i32) {  the text form of `jit::ir::print`
//! …
//! }
//! ; => passes gvn,dce              the output of each of these tests, written by
//! ; b0(v0: ptr, v1: i32):          `WASMOON_BLESS=1 cargo test --test filetests`
//! ```
//!
//! Consecutive `test` lines belong together: they apply to all functions up to the next ones. Machine tests take the
//! function unchanged, without passes; their settings are `cpu=LEVEL`, `registers=N` and `level=O0`. `unchanged` means
//! that the passes left the function as it was.

use std::path::{Path, PathBuf};
use wasmoon::config::{Config, OptLevel};
use wasmoon::jit::ir::Function;
use wasmoon::jit::ir::parse::parse;
use wasmoon::jit::ir::verify::verify;
use wasmoon::jit::listing::StageLine;
use wasmoon::jit::{opt, pipeline};
use wasmoon::module::{Module, WasmFeatures};
use wasmoon::target::CpuLevel;
use wasmoon::text::{Change, changes};

/// The prefix of a test's output.
const MARK: &str = "; => ";

/// A `test` line.
#[derive(Clone, Debug)]
struct Directive {
    stage: Stage,
    /// The text of the line.
    text: String,
}

#[derive(Clone, Debug)]
enum Stage {
    Passes(Vec<String>),
    Select(Config),
    Allocate(Config),
    Assemble(Config),
}

/// The lines that differ between two texts, with `+` or `-`; runs of equal lines are one "...".
fn difference(old: &str, new: &str) -> String {
    let (mut before, mut after) = (old.lines(), new.lines());
    let mut text = String::new();
    for change in changes(old.lines(), new.lines()) {
        match change {
            Change::Same(n) => {
                before.nth(n - 1);
                after.nth(n - 1);
                text += "...\n";
            }
            Change::Removed(n) => before.by_ref().take(n).for_each(|line| text += &format!("-{line}\n")),
            Change::Added(n) => after.by_ref().take(n).for_each(|line| text += &format!("+{line}\n")),
        }
    }
    text
}

/// Parses the settings of a machine test.
fn settings<'t>(words: impl Iterator<Item = &'t str>) -> Result<Config, String> {
    // The defaults are the same on every machine.
    let level = |name| CpuLevel::from_name(name).map_err(|e| e.to_string());
    let mut options = Config { cpu: Some(level("sse41")?), verify: true, ..Config::default() };
    for word in words {
        match word.split_once('=') {
            Some(("cpu", name)) => options.cpu = Some(level(name)?),
            Some(("registers", n)) => {
                options.registers = Some(n.parse().map_err(|_| format!("'{n}' is not a number"))?)
            }
            Some(("level", "O0")) => options.opt = OptLevel::O0,
            _ => return Err(format!("unknown setting '{word}'")),
        }
    }
    Ok(options)
}

fn directive(text: &str) -> Result<Directive, String> {
    let mut words = text.split_whitespace();
    let stage = match words.next() {
        Some("passes") => {
            let names = words.next().ok_or("which passes?")?;
            Stage::Passes(names.split(',').map(str::to_string).collect())
        }
        Some("select") => Stage::Select(settings(words)?),
        Some("allocate") => Stage::Allocate(settings(words)?),
        Some("assemble") => Stage::Assemble(settings(words)?),
        _ => return Err(format!("unknown test '{text}': passes, select, allocate, assemble")),
    };
    Ok(Directive { stage, text: text.to_string() })
}

/// Returns the lines of a function without its heading, its signatures and its closing brace.
fn body(f: &Function) -> Vec<String> {
    let text = f.to_string();
    let inner = text.lines().skip(1 + f.signatures.len()).filter(|line| *line != "}");
    inner.map(str::to_string).collect()
}

/// Returns the output of a test for a function.
fn output(stage: &Stage, f: &Function) -> Result<Vec<String>, String> {
    let machine = |options: &Config| {
        let module = Module::new(b"\0asm\x01\0\0\0", WasmFeatures::all()).expect("an empty module");
        pipeline::machine(&module, f, options, &|n| format!("f{n}")).map_err(|e| e.to_string())
    };
    let text = |lines: Vec<StageLine>| lines.into_iter().map(|line| line.text).collect();
    match stage {
        Stage::Passes(names) => {
            let mut after = f.clone();
            let config = Config { passes: Some(names.clone()), verify: true, ..Config::default() };
            opt::run(&mut after, &config, &mut |_, _| {}).map_err(|e| e.to_string())?;
            let (before, after) = (body(f), body(&after));
            Ok(if before == after { vec!["unchanged".into()] } else { after })
        }
        Stage::Select(options) => machine(options).map(|made| text(made.before)),
        Stage::Allocate(options) => machine(options).map(|made| text(made.after)),
        Stage::Assemble(options) => machine(options).map(|made| text(made.assembly)),
    }
}

/// Returns a file with its outputs updated, and their number.
fn blessed(file: &str) -> Result<(String, usize), String> {
    let (mut out, mut outputs) = (String::new(), 0);
    let mut directives: Vec<Directive> = Vec::new();
    // Whether the last item was a `test` line.
    let mut collecting = false;
    let mut lines = file.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        let at = |e: String| format!("line {}: {e}", number + 1);
        let begins = line.starts_with("function ");
        if let Some(text) = line.strip_prefix("test ") {
            if !collecting {
                directives.clear();
            }
            directives.push(directive(text).map_err(at)?);
            collecting = true;
        } else if !begins && !line.is_empty() && !line.starts_with(';') {
            return Err(at(format!("neither a test, a function nor a comment: {line}")));
        }
        out += line;
        out.push('\n');
        if !begins {
            continue;
        }
        collecting = false;
        let mut text = format!("{line}\n");
        for (_, line) in lines.by_ref() {
            text = text + line + "\n";
            out = out + line + "\n";
            if line == "}" {
                break;
            }
        }
        let f = parse(&text).map_err(|e| at(e.to_string()))?;
        verify(&f).map_err(|e| at(e.to_string()))?;
        if directives.is_empty() {
            return Err(at("a function without a test".into()));
        }
        if lines.peek().is_some_and(|(_, line)| line.starts_with(MARK)) {
            while lines.next_if(|(_, line)| line.starts_with(';')).is_some() {}
        }
        for directive in &directives {
            out = out + MARK + &directive.text + "\n";
            for line in output(&directive.stage, &f).map_err(at)? {
                out = out + format!("; {line}").trim_end() + "\n";
            }
            outputs += 1;
        }
    }
    Ok((out, outputs))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder of file tests") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "ssa") {
            found.push(path);
        } else {
            panic!("{} is not a file test: .ssa", path.display());
        }
    }
}

#[test]
fn outputs_are_as_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/filetests");
    let bless = std::env::var_os("WASMOON_BLESS").is_some_and(|v| v == "1");
    let mut paths = Vec::new();
    files(&root, &mut paths);
    paths.sort();
    let (mut outputs, mut wrong) = (0, Vec::new());
    for path in &paths {
        let name = path.strip_prefix(&root).expect("found there").display();
        let old = std::fs::read_to_string(path).expect("a text");
        let (new, n) = match blessed(&old) {
            Ok(made) => made,
            Err(e) => {
                wrong.push(format!("{name}: {e}"));
                continue;
            }
        };
        outputs += n;
        assert_eq!(blessed(&new).as_ref().map(|made| &made.0), Ok(&new), "{name}: a blessed file changes again");
        if new != old && bless {
            std::fs::write(path, new).expect("the source tree can be written");
        } else if new != old {
            wrong.push(format!("{name}: expected (-) and now (+)\n{}", difference(&old, &new)));
        }
    }
    assert!(wrong.is_empty(), "{}\nIf that is right: WASMOON_BLESS=1 cargo test --test filetests", wrong.join("\n"));
    assert!(paths.len() >= 10 && outputs >= 60, "only {outputs} outputs in {} files", paths.len());
}

const CASE: &str = "test passes dce\n\n; About.\nfunction 0 \"f\" (i32) -> (i32) {\nb0(v0: ptr, v1: i32):\n  \
    v2 = iadd.i32 v1, v1\n  return v1\n}\n";

#[test]
fn wrong_expectations_are_seen_and_mended() {
    let (right, outputs) = blessed(CASE).unwrap();
    assert_eq!(outputs, 1);
    assert_eq!(right, format!("{CASE}; => passes dce\n; b0(v0: ptr, v1: i32):\n;   return v1\n"));
    assert_eq!(blessed(&right).unwrap().0, right);
    let wrong = right.replace(";   return v1", ";   return v2");
    assert_ne!(wrong, right);
    assert_eq!(blessed(&wrong).unwrap().0, right);
    // An unchanged function has its own marker.
    assert!(blessed(&CASE.replace("test passes dce", "test passes licm")).unwrap().0.ends_with("; unchanged\n"));
}

#[test]
fn what_cannot_be_tested_is_an_error() {
    for (from, to, message) in [
        ("test passes dce", "test passes dcee", "unknown pass 'dcee'"),
        ("test passes dce", "test frobnicate", "unknown test 'frobnicate'"),
        ("test passes dce", "test select cpu=z80", "write sse41"),
        ("test passes dce", "test select speed=9", "unknown setting"),
        ("test passes dce", "", "a function without a test"),
        ("; About.", "About.", "line 3: neither a test"),
        ("return v1", "return v9", "v9 is used but not defined"),
        ("iadd.i32", "fadd.i32", "ControllingType"),
    ] {
        let error = blessed(&CASE.replace(from, to)).expect_err(message);
        assert!(error.contains(message), "{error}");
    }
}
