//! Hosted CI runs every step of `.ci/run`, by names that exist: what is run by hand only, nobody runs.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn workflow(name: &str) -> String {
    std::fs::read_to_string(root().join(".github/workflows").join(name)).expect("the workflow")
}

/// When they run, and their names.
fn steps() -> Vec<(String, String)> {
    let output = Command::new(root().join(".ci/run")).arg("--list").output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let fields = |line: &str| {
        let fields: Vec<&str> = line.split('|').map(str::trim).collect();
        assert_eq!(fields.len(), 4, "{line}");
        assert!(["quick", "both", "night"].contains(&fields[0]), "{line}");
        (fields[0].to_string(), fields[1].to_string())
    };
    text.lines().map(fields).collect()
}

#[test]
fn every_step_of_the_night_is_hosted() {
    let text = workflow("nightly.yml");
    let hosted: BTreeSet<&str> = text.lines().filter_map(|l| l.strip_prefix("          - ")).collect();
    let steps = steps();
    let nightly: BTreeSet<&str> =
        steps.iter().filter(|(when, _)| when != "quick").map(|(_, name)| name.as_str()).collect();
    assert_eq!(hosted, nightly);
    assert!(text.contains("  WASMOON_REQUIRE: all\n"), "a missing tool is no error");
}

#[test]
fn every_quick_step_is_hosted() {
    let text = workflow("ci.yml");
    let runs = text.lines().filter_map(|l| l.trim().strip_prefix("- run: .ci/run "));
    let hosted: BTreeSet<&str> = runs.flat_map(str::split_whitespace).collect();
    let steps = steps();
    let known: BTreeSet<&str> = steps.iter().map(|(_, name)| name.as_str()).collect();
    assert!(hosted.is_subset(&known), "{:?}", hosted.difference(&known));
    let quick = steps.iter().filter(|(when, _)| when != "night").map(|(_, name)| name.as_str());
    // The tests with all that they need, and the matrix in shards.
    let otherwise = ["test", "matrix"];
    for name in quick.filter(|name| !otherwise.contains(name)) {
        assert!(hosted.contains(name), "ci.yml does not run {name}");
    }
    assert!(hosted.contains("required") && text.contains("ci/shard"));
    assert!(text.contains("      WASMOON_REQUIRE: all\n"), "a missing tool is no error");
}

/// Whatever is in `ci/` to be run belongs to a step, or is a part of one.
#[test]
fn every_script_is_run() {
    let run = std::fs::read_to_string(root().join(".ci/run")).expect("the steps");
    let hosted = workflow("ci.yml");
    // Timings are looked at by people; the others make files that are committed, or install what the steps need.
    let others = ["bench", "peers", "need", "tools"];
    for entry in std::fs::read_dir(root().join("ci")).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        if name.contains('.') || others.contains(&name.as_str()) || ["loom", "json-from-wast"].contains(&name.as_str())
        {
            continue;
        }
        let called = [&run, &hosted].iter().any(|text| text.contains(&format!("ci/{name}")));
        assert!(called, "no step runs ci/{name}");
    }
}
