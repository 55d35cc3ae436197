//! `wasmoon smith`: the seeds of a run.

use super::*;

#[test]
fn a_run_of_no_modules_is_refused() {
    let f = folder();
    wasmoon(f.path(), &["smith", "--count", "0"]).status(2).says("--count");
}

/// The folder of an earlier finding, which a new one may replace, does not make the output folder unwritable.
#[test]
fn a_run_goes_on_beside_the_findings_of_another() {
    let f = folder();
    write(&f, "o/0/finding.txt", "found");
    for seed in [["--count", "1"], ["--replay", "0"]] {
        let args = [&["smith", "--jobs", "1", "--out", "o"][..], &seed].concat();
        wasmoon(f.path(), &args).status(0).says("no findings");
    }
    assert_eq!(std::fs::read_to_string(f.path().join("o/0/finding.txt")).unwrap(), "found");
}

/// Each feature has a line. Features that not all backends support are generated only on request.
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

/// Scripts are generated up to the last possible seed, and kept if requested.
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

/// Running scripts are completed, no other is started, and the output says how to continue.
#[test]
fn a_run_of_random_scripts_can_be_interrupted() {
    const COUNT: u64 = 1000;
    let f = folder();
    let args = ["smith", "linking", "--count", &COUNT.to_string(), "--jobs", "1", "--out", "o"];
    let mut child = command(f.path(), &args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The folder is created with the scripts, before the first one runs.
    while !f.path().join("o").exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it began");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert_eq!(output.status.code(), Some(1), "out: {out}\nerr: {err}");
    assert!(
        err.contains("interrupted: starting no more scripts and waiting for the running ones")
            && err.contains("press Ctrl-C again"),
        "{err}"
    );
    let rest = out.lines().find_map(|line| line.strip_prefix("stopped early: continue with --seed "));
    let rest = rest.and_then(|rest| rest.split_once(" --count ")).unwrap_or_else(|| panic!("no rest in {out}"));
    let [seed, count] = [rest.0, rest.1].map(|number| number.parse::<u64>().unwrap());
    assert!(seed + count == COUNT && count > 0, "{out}");
}
