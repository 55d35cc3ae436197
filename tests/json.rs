//! Compares scripts in JSON with the same scripts as text: each directive must have the same verdict, on every backend and in the
//! comparison. The scripts of the legacy exceptions also run through wabt.
//!
//! This is a sample, converted by the crate json-from-wast (a tool that `ci/json build` builds) and by wabt's wast2json, if they
//! are installed; `ci/json` converts all files.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;
use support::{Missing, tool};
use wasmoon::conformance::backend::Backend;
use wasmoon::conformance::plan::{Event, FileResult, Plan};
use wasmoon::conformance::read::suite::{Suite, SuiteFile};
use wasmoon::conformance::record::Verdict;
use wasmoon::conformance::supervise::run;

/// Every kind of command and value: text modules, names outside of ASCII, vectors, alternatives, references, versions.
const SAMPLE: &[&str] = &[
    "core/names",
    "core/exports",
    "core/linking",
    "core/comments",
    "core/instance",
    "core/binary",
    "core/custom",
    "core/traps",
    "core/skip-stack-guard-page",
    "core/utf8-import-field",
    "core/token",
    "core/f32",
    "core/ref_null",
    "core-1.0/linking",
    "core-2.0/elem",
    "mutable-global/linking",
    "exceptions/throw",
    "exceptions/try_table",
    "reference-types/ref_func",
    "simd/simd_const",
    "simd/simd_f32x4_arith",
    "simd/simd_lane",
    "relaxed-simd/relaxed_min_max",
    "relaxed-simd/i8x16_relaxed_swizzle",
    "multi-memory/data_drop0",
    "annotations/annotations",
    "threads/imports",
];

/// Scripts that wabt 1.0.32 changes: the file, the lines, and what is lost.
const WABT: &[(&str, &[u32], &str)] = &[
    ("reference-types/select", &[345], "a `select` with an empty list of types becomes one without a list"),
    ("core-2.0/select", &[323], "the same"),
    ("function-references/func", &[659], "typed references are of an older form of the proposal"),
    ("function-references/type-equivalence", &[5, 16, 38, 69, 93, 100, 104, 105, 113, 122, 123], "the same"),
    ("bulk-memory/memory_init", &[189, 265], "`data.drop` in a module without data comes without a count of them"),
    ("reference-types/memory_init", &[189, 226], "the same"),
    ("core-2.0/memory_init", &[189, 226], "the same"),
];

#[derive(Clone, Copy, PartialEq)]
enum Writer {
    JsonFromWast,
    Wabt,
}

impl Writer {
    /// The command that starts it, without file arguments.
    fn command(self) -> Command {
        let mut command = match self {
            Writer::JsonFromWast => {
                Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/target/json-from-wast/release/script-to-json"))
            }
            Writer::Wabt => Command::new("wast2json"),
        };
        if self == Writer::Wabt {
            command.args(["--enable-all", "--no-check"]);
        }
        command
    }

    /// Its name in ci/tools.
    fn name(self) -> &'static str {
        match self {
            Writer::JsonFromWast => "json-from-wast",
            Writer::Wabt => "wabt",
        }
    }

    /// Writes the JSON of a script and its modules into a separate folder.
    fn convert(self, text: &str, folder: &Path) -> Result<PathBuf, String> {
        std::fs::create_dir_all(folder).map_err(|e| e.to_string())?;
        let (source, json) = (folder.join("script.wast"), folder.join("script.json"));
        std::fs::write(&source, text).map_err(|e| e.to_string())?;
        let mut command = self.command();
        command.arg(&source);
        if self == Writer::Wabt {
            command.arg("-o");
        }
        let output = command.arg(&json).stdin(Stdio::null()).output().map_err(|e| e.to_string())?;
        if output.status.success() {
            return Ok(json);
        }
        let message = String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default().to_string();
        Err(message.rsplit('/').next().unwrap_or_default().to_string())
    }
}

fn execute(files: Vec<Arc<SuiteFile>>, backends: &[&str]) -> Vec<FileResult> {
    let mut plan = Plan::new(files);
    plan.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_wasmoon")));
    plan.timeout = Duration::from_secs(60);
    plan.backends.retain(|b| backends.contains(&b.name.as_str()));
    let mut results = Vec::new();
    run(&plan, &mut |event| {
        if let Event::Finished(result) = event {
            results.push(*result);
        }
    })
    .expect("workers start");
    results.sort_by_key(|r| r.file.key());
    results
}

/// The directives whose verdicts differ between the two. With `texts_too`, the texts are compared as well.
fn differences(text: &FileResult, json: &FileResult, texts_too: bool) -> Vec<String> {
    let key = text.file.key();
    if let Some(error) = &json.error {
        return vec![format!("{key}: {error}")];
    }
    if text.records.len() != json.records.len() {
        return vec![format!("{key}: {} records, through JSON {}", text.records.len(), json.records.len())];
    }
    let mut out = Vec::new();
    for (a, b) in text.records.iter().zip(&json.records) {
        let same = (&a.index, &a.backend, a.verdict) == (&b.index, &b.backend, b.verdict)
            && (!texts_too
                || (&a.directive, &a.expected, &a.got, &a.cause) == (&b.directive, &b.expected, &b.got, &b.cause));
        let known = |(file, lines, _): &(&str, &[u32], &str)| *file == key && lines.contains(&a.line);
        if !same && (texts_too || !WABT.iter().any(known)) {
            out.push(format!(
                "{key} line {} {} on {}: {} {:?}, through JSON {} {} {:?}",
                a.line,
                a.directive,
                a.backend,
                a.verdict.name(),
                a.got,
                b.directive,
                b.verdict.name(),
                b.got
            ));
        }
    }
    out
}

struct Compared {
    files: usize,
    directives: usize,
    /// The files that the writer did not convert, and the reasons.
    lost: Vec<String>,
    different: Vec<String>,
}

fn compare(files: &[Arc<SuiteFile>], writer: Writer, backends: &[&str]) -> Compared {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut texts, mut jsons, mut lost) = (Vec::new(), Vec::new(), Vec::new());
    for (n, file) in files.iter().enumerate() {
        let text = file.text().expect("text");
        match writer.convert(&text, &folder.path().join(n.to_string())) {
            Ok(path) => {
                texts.push(file.clone());
                jsons.push(Arc::new(file.replaced_by(path)));
            }
            Err(why) => lost.push(format!("{}: {why}", file.key())),
        }
    }
    let (texts, jsons) = (execute(texts, backends), execute(jsons, backends));
    assert_eq!(texts.len(), jsons.len());
    let pairs = || texts.iter().zip(&jsons);
    assert!(pairs().all(|(a, b)| a.file.key() == b.file.key()));
    // Error messages may differ if another encoder wrote the module.
    let different = pairs().flat_map(|(a, b)| differences(a, b, writer == Writer::JsonFromWast)).collect();
    let directives = texts.iter().map(|r| r.stats.directives as usize).sum();
    Compared { files: texts.len(), directives, lost, different }
}

fn verdicts_through_json_are_those_through_text(writer: Writer) -> Result<(), Missing> {
    tool(writer.name())?;
    let all = Suite::embedded().expect("the embedded suite").files;
    let files: Vec<Arc<SuiteFile>> = all.into_iter().filter(|f| SAMPLE.contains(&f.key().as_str())).collect();
    assert!(files.len() > 20, "only {} of the sample are in the suite", files.len());
    let compared = compare(&files, writer, &["interp", "jit"]);
    // wabt is older than some of the proposals.
    if writer == Writer::JsonFromWast {
        assert_eq!(compared.lost, Vec::<String>::new());
    }
    assert!(compared.files > 10 && compared.directives > 1000, "{} files", compared.files);
    let different = &compared.different;
    assert!(different.is_empty(), "{}: {} differ\n{}", writer.name(), different.len(), different.join("\n"));
    Ok(())
}

/// For `ci/json`: all files, all backends; prints the unconverted files and the differences.
fn all_verdicts_through_json(writer: Writer) -> Result<(), Missing> {
    tool(writer.name())?;
    let files = Suite::embedded().expect("the embedded suite").files;
    let compared = compare(&files, writer, &Backend::NAMES);
    println!(
        "{}: {} files with {} directives converted, {} files not, {} verdicts differ",
        writer.name(),
        compared.files,
        compared.directives,
        compared.lost.len(),
        compared.different.len()
    );
    compared.lost.iter().for_each(|l| println!("  not converted: {l}"));
    compared.different.iter().for_each(|d| println!("  differs: {d}"));
    assert_eq!(compared.different.len(), 0, "verdicts differ");
    Ok(())
}

/// The legacy exceptions through another parser and encoder: all of `wast-extra/legacy` except `basics`, which mixes in
/// `try_table` (unknown to wabt), and folded text, which only wabt reads. `ci/legacy` runs the official scripts.
fn legacy_exceptions_through_wabt() -> Result<(), Missing> {
    tool("wabt")?;
    let all = Suite::embedded().expect("the embedded suite").files;
    let files: Vec<Arc<SuiteFile>> =
        all.into_iter().filter(|f| f.group == "extra/legacy" && f.stem != "basics").collect();
    let compared = compare(&files, Writer::Wabt, &Backend::NAMES);
    assert_eq!(compared.lost, Vec::<String>::new());
    let different = &compared.different;
    assert!(different.is_empty(), "{} differ\n{}", different.len(), different.join("\n"));

    let folder = tempfile::tempdir().expect("a folder");
    let json = Writer::Wabt.convert(FOLDED, folder.path()).expect("converted");
    let mut file = files.first().expect("a file").replaced_by(json);
    file.stem = "folded".into();
    let results = execute(vec![Arc::new(file)], &Backend::NAMES);
    let records = &results[0].records;
    assert_eq!(results[0].error, None);
    assert_eq!(records.len(), 9 * (Backend::NAMES.len() + 1));
    let wrong: Vec<_> = records.iter().filter(|r| r.verdict != Verdict::Pass).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    Ok(())
}

/// Each instruction of the proposal in folded form, which the crate `wast` does not parse.
const FOLDED: &str = r#"
(module
  (tag $a (param i32))
  (tag $b)
  (func $throw (param i32)
    (if (i32.eqz (local.get 0)) (then (throw $b)))
    (throw $a (local.get 0)))
  (func (export "catch") (param i32) (result i32)
    (try (result i32)
      (do (call $throw (local.get 0)) (i32.const 1))
      (catch $a)
      (catch_all (i32.const -1))))
  (func (export "rethrow") (param i32) (result i32)
    (try (result i32)
      (do (try (result i32)
        (do (call $throw (local.get 0)) (i32.const 1))
        (catch_all (rethrow 0))))
      (catch $a (i32.const 100) (i32.add))))
  (func (export "delegate") (param i32) (result i32)
    (try $outer (result i32)
      (do (try (result i32)
        (do (try (result i32)
          (do (call $throw (local.get 0)) (i32.const 1))
          (delegate $outer)))
        (catch_all (i32.const -2))))
      (catch $a (i32.const 200) (i32.add))))
  (func (export "caller") (param i32)
    (try (do (call $throw (local.get 0))) (delegate 0))))
(assert_return (invoke "catch" (i32.const 7)) (i32.const 7))
(assert_return (invoke "catch" (i32.const 0)) (i32.const -1))
(assert_return (invoke "rethrow" (i32.const 7)) (i32.const 107))
(assert_exception (invoke "rethrow" (i32.const 0)))
(assert_return (invoke "delegate" (i32.const 7)) (i32.const 207))
(assert_exception (invoke "delegate" (i32.const 0)))
(assert_exception (invoke "caller" (i32.const 1)))
(assert_malformed (module quote "(module (func (delegate 0)))") "unexpected token")
"#;

fn main() -> ExitCode {
    let mut trials = tests![legacy_exceptions_through_wabt];
    for writer in [Writer::JsonFromWast, Writer::Wabt] {
        let name = |test| format!("{test}::{}", writer.name());
        let sample = move || verdicts_through_json_are_those_through_text(writer);
        trials.push(support::trial(name("verdicts_through_json_are_those_through_text"), sample));
        // Takes minutes.
        let all = support::trial(name("all_verdicts_through_json"), move || all_verdicts_through_json(writer));
        trials.push(all.with_ignored_flag(true));
    }
    support::run(trials)
}
