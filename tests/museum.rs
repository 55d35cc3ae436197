//! The museum's table is sound, and a build for use has no museum.

use std::collections::BTreeSet;
use std::process::Command;
use wasmoon::conformance::read::suite::Suite;
use wasmoon::museum::{BUGS, Bug, VARIABLE, find, planted};

/// Stages that a bug can be in, besides the names of passes.
const STAGES: [&str; 6] = ["frontend", "construct", "lowering", "regalloc", "emission", "runtime"];

/// The features of the language beyond its first version, by the groups of the suite, followed by features without a
/// group; each has a bug of its own.
const FEATURES: [(&str, &str); 27] = [
    ("mutable-global", "global-over-call"),
    ("sign-extension-ops", "extension-key"),
    ("nontrapping-float-to-int-conversions", "saturated-nan"),
    ("multi-value", "table-operands"),
    ("bulk-memory", "load-over-copy"),
    ("reference-types", "stale-table"),
    ("simd", "vector-pool-key"),
    ("extended-const", "constant-difference"),
    ("multi-memory", "copy-memories"),
    ("tail-call", "tail-overlap"),
    ("exceptions", "handler-locals"),
    ("function-references", "null-on-branch"),
    ("gc", "subtype-depth"),
    ("memory64", "address-wraps"),
    ("relaxed-simd", "negated-addend"),
    ("threads", "wide-expected"),
    ("custom-page-sizes", "page-shift"),
    ("custom-descriptors", "descriptor-by-type"),
    ("wide-arithmetic", "carry-constant"),
    ("legacy", "delegate-depth"),
    ("rethrow", "rethrow-innermost"),
    ("table64", "table-index"),
    ("branch-hinting", "hint-flip"),
    ("wait and notify", "wait-offset"),
    ("stack-switching", "handler-number"),
    ("payloads of exceptions", "payload-slots"),
    ("imports", "callee-context"),
];

#[test]
fn each_feature_of_the_language_has_a_bug() {
    for (feature, bug) in FEATURES {
        assert!(find(bug).is_ok(), "{feature}: no bug {bug}");
    }
    let bugs: BTreeSet<&str> = FEATURES.iter().map(|(_, bug)| *bug).collect();
    assert_eq!(bugs.len(), FEATURES.len(), "a bug of two features");
    // The other groups are whole versions, our own scripts, or features without code.
    let others = |name: &str| {
        let no_code = ["annotations", "custom", "compact-import-section"];
        name.starts_with("core") || name.starts_with("extra/") || no_code.contains(&name)
    };
    for group in Suite::embedded().expect("the suite").groups {
        let has = FEATURES.iter().any(|(feature, _)| *feature == group.name);
        assert!(has || others(&group.name), "{} has no bug", group.name);
    }
}

#[test]
fn names_are_unique_and_can_be_typed() {
    let names: BTreeSet<&str> = BUGS.iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), BUGS.len());
    for entry in BUGS {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(entry.name.chars().all(plain), "{}", entry.name);
        assert_eq!(find(entry.name).map(|found| found.bug), Ok(entry.bug));
    }
    let message = find("no-such-bug").map(|entry| entry.name).unwrap_err();
    assert!(message.contains("no-such-bug") && message.contains("fixed-argument"), "{message}");
}

#[test]
fn each_bug_has_a_source_a_stage_and_somebody_who_must_find_it() {
    assert!(BUGS.len() >= 25, "only {} bugs", BUGS.len());
    for entry in BUGS {
        let name = entry.name;
        assert!(entry.source.contains('#') || entry.source.contains("CVE-"), "{name}: {}", entry.source);
        assert!(entry.plant.ends_with('.'), "{name}: {}", entry.plant);
        let pass = wasmoon::jit::opt::PASSES.iter().any(|pass| pass.name == entry.stage);
        assert!(pass || STAGES.contains(&entry.stage), "{name}: no stage {}", entry.stage);
        assert!(!entry.finders.is_empty(), "{name}: nobody has to find it");
        assert!(entry.is_stage(entry.stage));
    }
    assert!(find("displacement").is_ok_and(|entry| entry.is_stage("lowering") && !entry.is_stage("regalloc")));
}

/// Each plant is a branch somewhere outside of the museum.
#[test]
fn each_bug_is_planted_somewhere() {
    fn sources(dir: &std::path::Path, text: &mut String) {
        for entry in std::fs::read_dir(dir).expect("a folder").map(|e| e.expect("an entry").path()) {
            if entry.is_dir() {
                if !entry.ends_with("museum") {
                    sources(&entry, text);
                }
            } else if entry.extension().is_some_and(|e| e == "rs") {
                *text += &std::fs::read_to_string(&entry).expect("a source");
            }
        }
    }
    let mut text = String::new();
    sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
    for entry in BUGS {
        assert!(text.contains(&format!("planted(Bug::{:?})", entry.bug)), "{} is planted nowhere", entry.name);
    }
}

/// Without the feature nothing is planted, whatever the environment says, and there is no command for it.
#[cfg(not(feature = "museum"))]
#[test]
fn a_build_for_use_has_no_museum() {
    const NOTHING: bool = planted(Bug::FixedArgument);
    const { assert!(!NOTHING) };
    let wasmoon = |args: &[&str]| {
        let run = Command::new(env!("CARGO_BIN_EXE_wasmoon")).args(args).env(VARIABLE, "narrow-load").output();
        run.expect("wasmoon starts")
    };
    assert_eq!(wasmoon(&["museum", "--list"]).status.code(), Some(2));
    assert_eq!(wasmoon(&["--plant", "narrow-load", "test", "--list"]).status.code(), Some(2));
    let run = wasmoon(&["test", "extra::width::narrow_memory", "--backend", "interp,jit"]);
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stdout));
}

/// With it, a bug is planted by option or environment, in worker processes too, and a misspelt one is refused.
#[cfg(feature = "museum")]
#[test]
fn a_bug_is_planted_by_name() {
    assert!(!planted(Bug::FixedArgument));
    let wasmoon = |plant: Option<&str>, args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
        command.args(args).env_remove(VARIABLE);
        plant.map(|name| command.env(VARIABLE, name));
        command.output().expect("wasmoon starts").status.code()
    };
    let test = ["test", "extra::width::narrow_memory", "--backend", "interp,jit"];
    assert_eq!(wasmoon(None, &test), Some(0));
    assert_eq!(wasmoon(Some("narrow-load"), &test), Some(1));
    let option: Vec<&str> = ["--plant", "narrow-load"].into_iter().chain(test).collect();
    assert_eq!(wasmoon(None, &option), Some(1));
    assert_eq!(wasmoon(Some("no-such-bug"), &test), Some(2));
    assert_eq!(wasmoon(None, &["--plant", "no-such-bug", "test", "--list"]), Some(2));
}

/// One bug from end to end: found, bisected and reduced in a folder of its own; a second run knows it already.
#[cfg(feature = "museum")]
#[test]
fn a_bug_is_found_and_a_run_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
        command.args(["museum", "clz-zero", "--means", "wast-extra,verifier,checker"]).args(args);
        let run = command.env_remove(VARIABLE).current_dir(folder.path()).output().expect("wasmoon starts");
        (run.status.code(), String::from_utf8_lossy(&run.stdout).into_owned())
    };
    let (status, text) = run(&["--markdown", "page.md", "--build", "a test"]);
    assert_eq!(status, Some(0), "{text}");
    let line = text.lines().next().expect("a line a bug");
    assert!(line.contains("wast-extra found") && line.contains("checker -") && line.contains(": lowering"), "{text}");
    assert!(line.contains(" instructions") && !line.contains("WRONG") && !line.contains("without the bug"), "{text}");
    let page = std::fs::read_to_string(folder.path().join("page.md")).expect("a page");
    assert!(page.contains("of a test") && page.contains("| `clz-zero` |"), "{page}");
    // What is known is not tried again, unless it is of another build.
    let file = folder.path().join("target/museum/clz-zero.json");
    let known = std::fs::read_to_string(&file).expect("what is known");
    std::fs::write(&file, known.replace("\"instructions\": ", "\"instructions\": 7")).expect("written");
    assert!(run(&[]).1.contains(" 7"), "the second run does not use what the first one found");
    let build = known.split('"').nth(3).expect("the build");
    std::fs::write(&file, known.replace(build, "another")).expect("written");
    let (status, text) = run(&["--find-only", "--jobs", "1"]);
    // The line of the bug: the totals speak of instructions in any case.
    let line = text.lines().next().expect("a line a bug");
    assert!(status == Some(1) && !line.contains(" instructions"), "{text}");
    let now = std::fs::read_to_string(&file).expect("what is known");
    assert!(now.contains(build) && !now.contains("another"), "{now}");
}
