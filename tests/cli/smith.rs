//! `wasmoon smith`: which seeds a run is about.

use super::*;

#[test]
fn a_run_of_no_modules_is_refused() {
    let f = folder();
    wasmoon(f.path(), &["smith", "--count", "0"]).status(2).says("--count");
}

/// Each feature has a line. What not all backends support is generated where it is asked for.
#[test]
fn features_are_listed() {
    let f = folder();
    let out = wasmoon(f.path(), &["smith", "--list-features"]).status(0).out;
    let listed: Vec<(&str, &str)> =
        out.lines().map(|line| line.split_once(' ').unwrap()).map(|(name, rest)| (name, rest.trim())).collect();
    let expected: Vec<(&str, &str)> = wasmoon::triage::smith::FEATURES
        .iter()
        .map(|feature| (feature.name, if feature.supported { "" } else { "on request only" }))
        .collect();
    assert_eq!(listed, expected);
    assert!(listed.contains(&("gc", "")) && listed.contains(&("shared-everything-threads", "on request only")));
}

/// Scripts are those of so many seeds, as far as there are numbers; those that are to be kept are.
#[test]
fn scripts_are_made_of_the_last_seed_too() {
    let f = TempDir::new().unwrap();
    let ran = wasmoon(
        f.path(),
        &["smith", "linking", "--seed", "18446744073709551615", "--count", "2", "--keep", "--out", "o"],
    );
    ran.status(0).says(" imports in 1 script");
    let kept: Vec<_> = std::fs::read_dir(f.path().join("o")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(kept, ["linking-18446744073709551615.wast"]);
}
