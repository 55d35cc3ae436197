//! Tests of ignored tests; and the number of ignored tests with the reasons, printed at the end of `cargo test`, since cargo runs
//! test binaries in alphabetical order.

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode};

fn needs_what_is_nowhere() -> Result<(), support::Missing> {
    support::lacking("optimized-build", false)?;
    panic!("a test that lacks something goes no further");
}

fn needs_nothing() {}

/// Returns the output and the status of a child process with only the two tests above, which is told to require these tools.
fn child(require: Option<&str>, args: &[&str]) -> (String, Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(args).env(support::FOLDER, folder.path()).env_remove("WASMOON_REQUIRE");
    require.map(|r| command.env("WASMOON_REQUIRE", r));
    let output = command.output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let left: Vec<String> =
        std::fs::read_dir(folder.path()).unwrap().map(|e| read_record(&e.unwrap().path()).0).collect();
    let ignored = if text.contains("; 1 ignored") { vec!["zz_ignored::needs_what_is_nowhere"] } else { vec![] };
    assert_eq!(left, ignored, "what is printed at the end");
    (text, output.status.code())
}

fn what_is_missing_is_ignored_and_counted() {
    for other in [None, Some(""), Some("z3"), Some("z3, node")] {
        let (text, status) = child(other, &[]);
        assert_eq!(status, Some(0), "{text}");
        assert!(text.contains("1 passed; 0 failed; 1 ignored"), "{text}");
        assert!(text.contains("optimized-build is missing: tests are run with --profile dev"), "{text}");
    }
    // As nextest runs it.
    let (text, status) = child(None, &["--exact", "needs_what_is_nowhere", "--nocapture"]);
    assert!(status == Some(0) && text.contains("0 passed; 0 failed; 1 ignored"), "{text}");
    let (text, _) = child(None, &["--list", "--format", "terse"]);
    assert_eq!(text, "needs_what_is_nowhere: test\nneeds_nothing: test\n");
}

fn what_is_missing_fails_where_it_is_required() {
    for list in ["all", "optimized-build", "z3,optimized-build", "node, all"] {
        let (text, status) = child(Some(list), &[]);
        assert!(status != Some(0) && text.contains("1 passed; 1 failed; 0 ignored"), "{list}: {text}");
        assert!(text.contains("optimized-build is missing: tests are run with --profile dev"), "{text}");
    }
    let (text, status) = child(Some("node,wasnoi"), &[]);
    assert!(status == Some(2) && text.contains("ci/tools has no 'wasnoi'"), "{text}");
}

/// The scripts in `ci/` use the same table through `ci/need`, and obey the same variable.
fn scripts_ignore_and_require_alike() {
    let need = |require: Option<&str>, tools: &str| {
        let script = format!("source ci/need; need 'half of it' {tools}; echo went on");
        let mut command = Command::new("bash");
        command.args(["-c", &script]).current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("WASMOON_REQUIRE");
        require.map(|r| command.env("WASMOON_REQUIRE", r));
        let output = command.output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (text, output.status.code())
    };
    let ignored = "ignored: half of it: optimized-build is missing: tests are run with --profile dev\n";
    assert_eq!(need(None, "optimized-build"), (ignored.into(), Some(0)));
    assert_eq!(need(Some("z3"), "optimized-build"), (ignored.into(), Some(0)));
    for list in ["all", "z3, optimized-build"] {
        let (text, status) = need(Some(list), "optimized-build");
        assert_eq!(status, Some(1), "{text}");
        assert!(text.contains("required, but optimized-build is missing") && !text.contains("went on"), "{text}");
    }
    let (text, status) = need(None, "wasnoi");
    assert!(status == Some(2) && text.contains("ci/tools has no 'wasnoi'"), "{text}");
    let (text, status) = need(Some("z4"), "optimized-build");
    assert!(status == Some(2) && text.contains("ci/tools has no 'z4'"), "{text}");
}

fn main() -> ExitCode {
    if std::env::var_os(support::FOLDER).is_some() {
        return support::run(tests![needs_what_is_nowhere, needs_nothing]);
    }
    let status = support::run(tests![
        what_is_missing_is_ignored_and_counted,
        what_is_missing_fails_where_it_is_required,
        scripts_ignore_and_require_alike,
    ]);
    if !std::env::args().any(|a| a == "--list" || a == "--exact") {
        print_ignored();
    }
    status
}

/// Reads a test and its reason from a file of [`support::folder`].
fn read_record(file: &Path) -> (String, String) {
    let test = file.file_name().unwrap_or_default().to_string_lossy().replacen(' ', "::", 1);
    (test, std::fs::read_to_string(file).unwrap_or_default())
}

/// Prints the records that the other test binaries left in [`support::folder`].
fn print_ignored() {
    let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in std::fs::read_dir(support::folder()).into_iter().flatten().flatten() {
        let (test, why) = read_record(&entry.path());
        by_reason.entry(why).or_default().push(test);
    }
    let total: usize = by_reason.values().map(Vec::len).sum();
    println!("ignored because something is missing: {total} tests");
    for (why, mut tests) in by_reason {
        tests.sort();
        println!("  {why}\n    {}", tests.join(", "));
    }
}
