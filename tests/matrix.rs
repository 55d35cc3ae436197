//! Properties of a run of the whole suite on all columns.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;
use wasmoon::conformance::backend::Backend;
use wasmoon::conformance::plan::{Event, FileResult, Plan};
use wasmoon::conformance::read::suite::Suite;
use wasmoon::conformance::record::{Record, Verdict, XDIFF, index_path};
use wasmoon::conformance::stats::RunStats;
use wasmoon::conformance::supervise::run;

/// The groups that are fully supported.
const GROUPS: [&str; 18] = [
    "mutable-global",
    "multi-value",
    "sign-extension-ops",
    "nontrapping-float-to-int-conversions",
    "bulk-memory",
    "reference-types",
    "simd",
    "relaxed-simd",
    "annotations",
    "extended-const",
    "multi-memory",
    "tail-call",
    "exceptions",
    "function-references",
    "custom-page-sizes",
    "memory64",
    "wide-arithmetic",
    "core-1.0",
];
/// The groups in which a file is supported if it needs no missing feature.
const CORE: [&str; 3] = ["core", "core-3.0", "core-2.0"];

/// The files of these groups that need a missing feature, with the feature.
const WAITING: &[(&str, &str)] = &[];

/// The number of comparisons without a result because the sides may differ there; each one is explained here.
const POISONED: u64 = 0;

struct Whole {
    files: Vec<FileResult>,
    stats: RunStats,
}

/// The run shared by all tests of this binary.
fn whole() -> &'static Whole {
    static WHOLE: OnceLock<Whole> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let mut plan = Plan::new(Suite::embedded().expect("the embedded suite").files);
        plan.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_wasmoon")));
        plan.timeout = Duration::from_secs(60);
        let mut files = Vec::new();
        let summary = run(&plan, &mut |event| {
            if let Event::Finished(result) = event {
                files.push(*result);
            }
        })
        .expect("workers start");
        Whole { files, stats: summary.stats }
    })
}

#[test]
fn each_directive_has_one_record_a_column() {
    let columns: Vec<&str> = Backend::NAMES.into_iter().chain([XDIFF]).collect();
    for result in &whole().files {
        let key = result.file.key();
        assert!(result.complete, "{key}: {:?}", result.error);
        let mut last: Option<Vec<u32>> = None;
        for records in result.records.chunks(columns.len()) {
            let names: Vec<&str> = records.iter().map(|r| r.backend.as_str()).collect();
            assert_eq!(names, columns, "{key}");
            assert!(records.iter().all(|r| r.index == records[0].index && r.line == records[0].line), "{key}");
            // 0, 1, 2, …; nested directives count from 0 within theirs.
            let path = index_path(&records[0].index);
            let expected = match &last {
                None => vec![0],
                Some(last) if path.len() > last.len() => [last.as_slice(), &[0]].concat(),
                Some(last) => {
                    let mut next = last[..path.len()].to_vec();
                    next[path.len() - 1] += 1;
                    next
                }
            };
            assert_eq!(path, expected, "{key}: a hole");
            last = Some(path);
        }
    }
}

#[test]
fn what_is_supported_passes_everywhere() {
    let waiting: BTreeMap<&str, &str> = WAITING.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut unsupported: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for result in &whole().files {
        let group = result.file.group.as_str();
        if !GROUPS.contains(&group) && !CORE.contains(&group) && !group.starts_with("extra/") {
            continue;
        }
        let key = result.file.key();
        for r in &result.records {
            match r.verdict {
                Verdict::Pass | Verdict::Poisoned => {}
                Verdict::Unsupported => {
                    let got = r.got.clone().unwrap_or_default();
                    unsupported.entry(key.clone()).or_default().insert(feature(&got));
                }
                _ => wrong.push(format!(
                    "{key} line {} {} on {}: {} {}",
                    r.line,
                    r.directive,
                    r.backend,
                    r.verdict.name(),
                    r.got.as_deref().unwrap_or("")
                )),
            }
        }
    }
    for (key, features) in &unsupported {
        let features: Vec<&str> = features.iter().map(String::as_str).filter(|f| !f.is_empty()).collect();
        if waiting.get(key.as_str()).is_none_or(|f| features != [*f]) {
            wrong.push(format!("{key} waits for {}", features.join(", ")));
        }
    }
    for (key, feature) in waiting {
        if !unsupported.contains_key(key) {
            wrong.push(format!("{key} no longer waits for {feature}"));
        }
    }
    assert!(wrong.is_empty(), "{} are wrong\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

/// The feature in `unsupported: gc is not supported …`; empty for the comparison's text about both sides.
fn feature(got: &str) -> String {
    let text = got.split("unsupported: ").nth(1).unwrap_or("");
    text.split_whitespace().next().unwrap_or("").trim_end_matches([':', ',']).to_string()
}

#[test]
fn the_columns_prove_what_they_ran() {
    let stats = whole().stats;
    assert_eq!(stats.fallbacks, 0, "interpreted function entries in columns that are all JIT");
    assert!(stats.jit_functions > 10_000, "{} functions compiled", stats.jit_functions);
    assert!(stats.native_entries > 100_000, "{} entries into native code", stats.native_entries);
}

#[test]
fn few_comparisons_are_poisoned() {
    let poisoned = whole().files.iter().flat_map(|f| &f.records).filter(|r| r.verdict == Verdict::Poisoned);
    let places: Vec<String> = poisoned.map(|r| format!("{} line {} {}", r.key(), r.line, r.directive)).collect();
    assert_eq!(places.len() as u64, POISONED, "\n{}", places.join("\n"));
    assert_eq!(whole().stats.poisoned, POISONED);
    // Only floats that are NaNs on both sides are not compared, and each is reported at its directive. The number of NaNs that
    // differ in their bits depends on how this build was compiled: the compiler orders the operands of the interpreter's
    // additions.
    let says = |r: &&Record| r.expected.as_ref().is_some_and(|e| e.contains("the same except for bits of NaNs"));
    let nans = whole().files.iter().flat_map(|f| &f.records).filter(says).count() as u64;
    assert!(nans > 0 && nans < 1000, "{nans} directives with NaNs that differ");
    assert_eq!(whole().stats.not_compared, nans);
}

/// The number of comparisons, three per directive, in which the state shared with threads is only compared at the end of the
/// thread: all of them are in the scripts about threads.
const AFTER_THREADS: u64 = 213;

#[test]
fn little_is_left_to_the_end_of_a_thread() {
    assert_eq!(whole().stats.after_threads, AFTER_THREADS);
}
