//! `wasmoon file`: reports a finding in a form that suits the engine's maintainers.

use super::{Failed, NOT_AS_EXPECTED, OK, engine_names, input, say};
use crate::api::scripts::{Engine, Matrix, Record, Scripts, Verdict, XDIFF};
use crate::conformance::read::kind::WantedInput;
use crate::conformance::report::about::About;
use crate::conformance::report::replay::quoted;
use crate::oracle::{ENGINES, hex};
use crate::text::{by_number, counted};
use crate::triage::smith::findings::StoredFinding;
use crate::triage::trial::script;
use crate::triage::{FileError, write_whole};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Our own columns in a report.
const OURS: [&str; 2] = ["interp", "jit"];

/// Write a report on a finding in another engine, for its maintainers
#[derive(clap::Args)]
#[command(
    after_help = "FINDING is a folder written by `wasmoon smith`, or a script such as `wasmoon reduce` writes. The \
    folder OUT gets report.md, the script, its modules as binaries and, if it is one module (or two linked ones) whose \
    exports are called without arguments, repro.js for JavaScript engines. The report shows what each engine does now: \
    the script is run for it.\n\n\
    Exit status: 0 if there is a report, 1 if there is nothing to report because the engine does what the script \
    expects or cannot execute it, 2 for a usage, input or output error.\n\n\
    Examples:\n  \
    wasmoon file target/smith/20\n  \
    wasmoon file small.wast --engine jsc --engine v8-turbofan --engine wasmtime"
)]
pub struct Args {
    /// Finding to report: a folder written by `wasmoon smith`, or a script
    #[arg(value_name = "FINDING")]
    finding: PathBuf,
    /// Engines (repeatable): first the one that the report is for, then witnesses; names from `wasmoon test
    /// --list-engines`, or NAME="cmd:PROGRAM ARGUMENTS" [default: those of the finding]
    #[arg(long, value_name = "ENGINE")]
    engine: Vec<String>,
    /// Folder to write [default: target/file/NAME]
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
}

pub fn run(args: Args) -> Result<u8, Failed> {
    let (path, mut given) = source(&args.finding)?;
    if !args.engine.is_empty() {
        given.clone_from(&args.engine);
    }
    if given.is_empty() {
        return Err(
            "no engine given; name the one that the report is about with --engine ENGINE, and repeat the option for \
             engines to compare with"
                .into(),
        );
    }
    let name = match args.finding.is_dir() {
        true => args.finding.file_name(),
        false => args.finding.file_stem(),
    };
    let name = name.map_or("finding".into(), |name| name.to_string_lossy().into_owned());
    let out = args.output.unwrap_or_else(|| Path::new("target/file").join(name));
    input::check_whole([("--output", Some(out.join("report.md")))])?;
    let text = input::text(&path, WantedInput::Script)?;
    let mut matrix = Matrix::new(&OURS).map_err(text_of)?;
    let mut engines: Vec<(String, String, String)> = Vec::new();
    for given in &given {
        let (label, name) = engine_names::split(given);
        if let Some(label) = label {
            engine_names::check("--engine", given, label, engines.iter().map(|(label, ..)| &**label))?;
        }
        let label = label.unwrap_or(name);
        let version = Engine::open(name)?.identity().to_string();
        matrix.engine(label, name).map_err(text_of)?;
        engines.push((label.to_string(), name.to_string(), version));
    }
    let scripts = Scripts::path(&path).map_err(text_of)?;
    let mut records = Vec::new();
    matrix.run(&scripts, |record| records.push(record.clone())).map_err(text_of)?;
    let subject = &engines[0].0;
    let deviations: Vec<&Record> = records.iter().filter(|r| r.backend == *subject && deviates(r)).collect();
    if deviations.is_empty() {
        let lacks = records.iter().find(|r| r.backend == *subject && r.verdict == Verdict::Unsupported);
        let what = lacks.map_or("does what the script expects".into(), |lacks| {
            format!("cannot execute the whole script ({})", lacks.got.as_deref().unwrap_or("unsupported"))
        });
        say(&format!("{}: {subject} {what}; there is nothing to report\n", path.display()))?;
        return Ok(NOT_AS_EXPECTED);
    }
    let modules = script::modules(text.as_bytes(), u32::MAX)?;
    let binary = |n: usize| out.join(format!("{n}.wasm"));
    let written = ["report.md", "case.wast", "repro.js"].map(|name| out.join(name));
    let there: Vec<PathBuf> = written
        .iter()
        .cloned()
        .chain((1..).map(binary).take_while(|path| path.exists()))
        .filter(|path| path.exists())
        .collect();
    // An earlier report is removed, since it may have had more modules.
    if let Some(path) = there.first().filter(|_| !(written[0].exists() && written[1].exists())) {
        return Err(format!(
            "{}: already exists, in a folder without a report; choose another folder with --output",
            path.display()
        )
        .into());
    }
    for path in there {
        std::fs::remove_file(&path).map_err(|source| FileError { path, source })?;
    }
    write_whole(&out.join("case.wast"), &text)?;
    for (n, module) in (1..).zip(&modules) {
        let path = binary(n);
        std::fs::write(&path, &**module.bytes).map_err(|source| FileError { path, source })?;
    }
    let javascript = javascript(&text, modules.len())?;
    if let Some(javascript) = &javascript {
        write_whole(&out.join("repro.js"), javascript)?;
    }
    let report = report(&text, &engines, &records, &deviations, javascript.is_some());
    write_whole(&out.join("report.md"), &report)?;
    let (directives, deviate) =
        (counted(deviations.len(), "directive"), by_number(deviations.len(), "deviates", "deviate"));
    say(&format!("{}: {directives} {deviate} on {subject}\n", out.join("report.md").display()))?;
    Ok(OK)
}

/// Whether a record is a deviation in its own right: not a missing feature, nor a consequence of an earlier deviation.
fn deviates(record: &Record) -> bool {
    !record.verdict.is_fine() && record.verdict != Verdict::Unsupported && record.cause.is_none()
}

fn text_of(error: crate::api::scripts::Error) -> Failed {
    error.to_string().into()
}

/// The script of a finding, and the engines that the finding is about.
fn source(finding: &Path) -> Result<(PathBuf, Vec<String>), Failed> {
    if !finding.is_dir() {
        return Ok((finding.into(), Vec::new()));
    }
    let stored = StoredFinding::read(finding)?;
    let script = ["reduced.wast", "failing.wast"].map(|name| finding.join(name)).into_iter().find(|path| path.exists());
    let script = script.ok_or_else(|| format!("{}: no script in this folder", finding.display()))?;
    Ok((script, stored.engines))
}

/// The script's calls as a JavaScript program, if the script is one module, possibly linked with another, whose exports
/// are called without arguments. `modules`: the number of its modules.
fn javascript(text: &str, modules: usize) -> Result<Option<String>, Failed> {
    let Some(prepared) = script::calls(text.as_bytes(), u32::MAX)? else { return Ok(None) };
    let whole = modules == prepared.modules().count() && script::not_in_calls(text.as_bytes(), u32::MAX)?.is_none();
    if !whole || prepared.calls.iter().any(|call| !call.args.is_empty()) {
        return Ok(None);
    }
    let mut out = String::from(
        "// Compiles, instantiates and calls what report.md describes.\n\
         const say = globalThis.print ?? console.log;\n\
         const bytes = hex => Uint8Array.from(hex.match(/../g), byte => parseInt(byte, 16));\n\
         const tried = (what, step) => {\n  try {\n    const value = step();\n    say(`${what}: ${value}`);\n    \
         return value;\n  } catch (error) {\n    say(`${what}: ${error}`);\n  }\n};\n",
    );
    let instance = |imports: &str, bytes: &[u8]| {
        format!("new WebAssembly.Instance(new WebAssembly.Module(bytes(\"{}\")), {imports})", hex(bytes))
    };
    let imports = match &prepared.provider {
        Some(provider) => {
            let _ = writeln!(out, "const provider = {};", instance("{}", &provider.bytes));
            let name = prepared.module.imports.first().map_or("", |import| &*import.module);
            format!("{{{}: provider.exports}}", serde_json::to_string(name).map_err(|e| e.to_string())?)
        }
        None => "{}".into(),
    };
    let _ = writeln!(out, "const instance = tried(\"module\", () => {});", instance(&imports, &prepared.module.bytes));
    for call in &prepared.calls {
        let export = serde_json::to_string(&call.export).map_err(|e| e.to_string())?;
        let _ = writeln!(out, "if (instance) tried({export}, () => instance.exports[{export}]());");
    }
    Ok(Some(out))
}

/// The report, in Markdown.
fn report(
    text: &str,
    engines: &[(String, String, String)],
    records: &[Record],
    deviations: &[&Record],
    javascript: bool,
) -> String {
    let (label, name, version) = &engines[0];
    let first = deviations[0];
    let got = |record: &Record| record.got.clone().unwrap_or_else(|| record.verdict.name().into());
    let mut out = String::new();
    let mut line = |text: &str| {
        out += text;
        out.push('\n');
    };
    line(&format!("# {}: {}\n", version, got(first)));
    line(&format!(
        "Line {}, `{}`: expected {}, got {}.\n",
        first.line,
        first.directive,
        first.expected.as_deref().unwrap_or("what the script says"),
        got(first)
    ));
    line("## Script\n");
    line(&format!("```wast\n{}\n```\n", text.trim_end()));
    line("## Steps\n");
    let known = ENGINES.iter().find(|engine| engine.name == name);
    if let Some(by_hand) = known.filter(|_| javascript).and_then(|engine| engine.by_hand()) {
        line(&format!("```sh\n{by_hand}\n```\n"));
        line("Or, with the whole script and all engines below:\n");
    }
    let given = |(label, name, _): &(String, String, String)| {
        let engine = if label == name { name.clone() } else { format!("{label}={name}") };
        format!(" --engine {}", quoted(&engine))
    };
    let all: String = engines.iter().map(given).collect();
    line(&format!("```sh\nwasmoon test case.wast --backend {}{all}\n```\n", OURS.join(",")));
    line("## What each engine does\n");
    line("| line | directive | engine | outcome |\n|---:|---|---|---|");
    let mut agreeing: Vec<&str> = Vec::new();
    let columns: Vec<&str> = OURS.into_iter().chain(engines.iter().map(|(label, ..)| label.as_str())).collect();
    for column in &columns {
        let of = || records.iter().filter(|record| record.backend == *column && record.backend != XDIFF);
        let wrong: Vec<&Record> = of().filter(|record| !record.verdict.is_fine()).collect();
        if wrong.is_empty() && of().count() > 0 {
            agreeing.push(column);
            line(&format!("| | all {} | `{column}` | as the script expects |", of().count()));
        }
        for record in wrong {
            let outcome = got(record).replace('|', "\\|").replace('\n', " ");
            line(&format!(
                "| {} | `{}` | `{column}` | {}: {outcome} |",
                record.line,
                record.directive,
                record.verdict.name()
            ));
        }
    }
    line("\n## Why this is expected\n");
    line(&match agreeing.len() {
        0 => "No engine of this run does what the script expects; look at the specification first.".to_string(),
        n => format!(
            "{n} of {} {} what the script expects: {}.",
            counted(columns.len(), "column"),
            by_number(n, "does", "do"),
            agreeing.join(", ")
        ),
    });
    line("The script is judged by the rules of the WebAssembly testsuite, phases and traps included.\n");
    line("## Versions\n");
    let about = About::here();
    line(&format!(
        "- wasmoon {}{}",
        about.version,
        if about.commit.is_empty() { String::new() } else { format!(" ({})", about.commit) }
    ));
    for (column, _, version) in engines {
        line(&format!("- `{column}`: {version}"));
    }
    line(&format!("- {} {}, {} ({})", about.os, about.arch, about.cpu, about.cpu_level));
    line(&format!("- {}", about.date));
    if *label != *name {
        line(&format!("\n`{label}` is `{name}`."));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(line: u32, backend: &str, got: Option<&str>) -> Record {
        Record {
            line,
            directive: format!("assert_return f{line}"),
            verdict: if got.is_some() { Verdict::Fail } else { Verdict::Pass },
            expected: got.map(|_| "returned [i32 1]".into()),
            got: got.map(Into::into),
            ..Record::passed("script", "case", &line.to_string(), backend)
        }
    }

    /// The reduced script is preferred to the one that failed at first. A script that is named is used as it is.
    #[test]
    fn the_script_of_a_finding_is_the_smallest() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let write = |name: &str, text: &str| std::fs::write(at(name), text).expect("writable");
        let of = |path: &Path| source(path).map_err(|Failed(why)| why);
        write("finding.json", r#"{"seed": 20, "signature": "result", "engines": ["a=cmd:x", "b"]}"#);
        let engines = || vec!["a=cmd:x".to_string(), "b".to_string()];
        let none = format!("{}: no script in this folder", folder.path().display());
        assert_eq!(of(folder.path()), Err(none));
        write("failing.wast", "(module)");
        assert_eq!(of(folder.path()), Ok((at("failing.wast"), engines())));
        write("reduced.wast", "(module)");
        assert_eq!(of(folder.path()), Ok((at("reduced.wast"), engines())));
        assert_eq!(of(&at("failing.wast")), Ok((at("failing.wast"), Vec::new())));
    }

    /// A missing feature, or a consequence of an earlier directive, is not the engine's deviation.
    #[test]
    fn a_deviation_is_one_of_its_own() {
        let wrong = record(2, "v8", Some("trap"));
        assert!(deviates(&wrong) && !deviates(&record(2, "v8", None)));
        assert!(!deviates(&Record { cause: Some("0".into()), ..wrong.clone() }));
        assert!(!deviates(&Record { verdict: Verdict::Unsupported, ..wrong }));
    }

    /// It exists for calls without arguments of one module, or of two that are linked.
    #[test]
    fn a_program_of_javascript_does_what_the_script_does() {
        let one = r#"(module (func (export "f") (param i32)) (func (export "g")) (func (export "h")))"#;
        let linked = r#"(module (func (export "e"))) (register "p")
            (module (import "p" "e" (func)) (func (export "g")))"#;
        let made = |modules: &str, calls: &str, count: usize| {
            javascript(&format!("{modules}\n{calls}"), count).expect("a script")
        };
        let calls = |text: &str| text.lines().filter(|line| line.starts_with("if (instance)")).count();
        let text = made(one, r#"(invoke "g") (assert_return (invoke "h"))"#, 1).expect("a program");
        assert!(calls(&text) == 2 && !text.contains("provider"), "{text}");
        assert!(text.ends_with("if (instance) tried(\"h\", () => instance.exports[\"h\"]());\n"), "{text}");
        assert_eq!(made(one, r#"(invoke "g") (invoke "f" (i32.const 1))"#, 1), None);
        // A second module has no calls of its own, but may change what the first one does.
        assert_eq!(made(one, r#"(invoke "g")"#, 2), None);
        let text = made(linked, r#"(invoke "g")"#, 2).expect("a program");
        assert!(calls(&text) == 1 && text.contains(", {\"p\": provider.exports})"), "{text}");
    }

    /// The whole report, except for what it says about this program and this machine.
    #[test]
    fn a_report_says_what_where_and_how() {
        let columns = ["interp", "jit", "v8", "other", XDIFF];
        let mut records = Vec::new();
        for line in [2, 3] {
            records.extend(columns.iter().map(|column| {
                let got = match (*column, line) {
                    ("v8", 2) => Some("trap: a | b"),
                    ("v8", 3) => Some("returned [i32 2]"),
                    ("other", 3) => Some("returned [i32 3]"),
                    _ => None,
                };
                record(line, column, got)
            }));
        }
        let named = |label: &str, name: &str, version: &str| (label.into(), name.into(), version.into());
        let engines = [named("v8", "v8", "V8 1.2"), named("other", "cmd:x y", "Other 3")];
        let deviations: Vec<&Record> = records.iter().filter(|r| r.backend == "v8" && deviates(r)).collect();
        let reported = |javascript| report("(module)\n(invoke \"f\")\n\n", &engines, &records, &deviations, javascript);
        let v8 =
            ENGINES.iter().find(|engine| engine.name == "v8").and_then(|engine| engine.by_hand()).expect("a command");
        let by_hand = format!("```sh\n{v8}\n```\n\nOr, with the whole script and all engines below:\n\n");
        for (javascript, by_hand) in [(true, &by_hand[..]), (false, "")] {
            let expected = format!(
                r#"# V8 1.2: trap: a | b

Line 2, `assert_return f2`: expected returned [i32 1], got trap: a | b.

## Script

```wast
(module)
(invoke "f")
```

## Steps

{by_hand}```sh
wasmoon test case.wast --backend interp,jit --engine v8 --engine 'other=cmd:x y'
```

## What each engine does

| line | directive | engine | outcome |
|---:|---|---|---|
| | all 2 | `interp` | as the script expects |
| | all 2 | `jit` | as the script expects |
| 2 | `assert_return f2` | `v8` | fail: trap: a \| b |
| 3 | `assert_return f3` | `v8` | fail: returned [i32 2] |
| 3 | `assert_return f3` | `other` | fail: returned [i32 3] |

## Why this is expected

2 of 4 columns do what the script expects: interp, jit.
The script is judged by the rules of the WebAssembly testsuite, phases and traps included.

## Versions

"#
            );
            let text = reported(javascript);
            let versions = text.strip_prefix(&expected).unwrap_or_else(|| panic!("{text}\ninstead of\n{expected}"));
            let lines: Vec<&str> = versions.lines().collect();
            assert!(lines[0].starts_with("- wasmoon "), "{versions}");
            assert_eq!(lines[1..3], ["- `v8`: V8 1.2", "- `other`: Other 3"]);
            assert_eq!(lines.len(), 5, "{versions}");
        }
    }
}
