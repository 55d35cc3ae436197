//! Hosted CI runs every step of `.ci/run` by a name that exists: a check that is only run by hand is soon not run at all.

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Missing, tool};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn workflow(name: &str) -> String {
    std::fs::read_to_string(root().join(".github/workflows").join(name)).expect("the workflow")
}

/// The steps: when they run, their names and their commands.
fn steps() -> Vec<(String, String, String)> {
    let output = Command::new(root().join(".ci/run")).arg("--list").output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let fields = |line: &str| {
        let fields: Vec<&str> = line.split('|').map(str::trim).collect();
        assert_eq!(fields.len(), 4, "{line}");
        assert!(["quick", "both", "night"].contains(&fields[0]), "{line}");
        (fields[0].to_string(), fields[1].to_string(), fields[2].to_string())
    };
    text.lines().map(fields).collect()
}

fn every_step_of_the_night_is_hosted() {
    let text = workflow("nightly.yml");
    let hosted: BTreeSet<&str> = text.lines().filter_map(|l| l.strip_prefix("          - ")).collect();
    let steps = steps();
    let nightly: BTreeSet<&str> =
        steps.iter().filter(|(when, ..)| when != "quick").map(|(_, name, _)| name.as_str()).collect();
    assert_eq!(hosted, nightly);
    assert!(text.contains("  WASMOON_REQUIRE: all\n"), "a missing tool is not an error");
}

fn every_quick_step_is_hosted() {
    let text = workflow("ci.yml");
    let runs = text.lines().filter_map(|l| l.trim().strip_prefix("- run: .ci/run "));
    let hosted: BTreeSet<&str> = runs.flat_map(str::split_whitespace).collect();
    let steps = steps();
    let known: BTreeSet<&str> = steps.iter().map(|(_, name, _)| name.as_str()).collect();
    assert!(hosted.is_subset(&known), "{:?}", hosted.difference(&known));
    let quick = steps.iter().filter(|(when, ..)| when != "night").map(|(_, name, _)| name.as_str());
    // Run in another form: the tests with all required tools, and the matrix in shards.
    let otherwise = ["test", "matrix"];
    for name in quick.filter(|name| !otherwise.contains(name)) {
        assert!(hosted.contains(name), "ci.yml does not run {name}");
    }
    assert!(hosted.contains("required") && text.contains("ci/shard"));
    assert!(text.contains("      WASMOON_REQUIRE: all\n"), "a missing tool is not an error");
}

/// The lock files of crates that are separate workspaces have the dependencies of wasmoon: they are not updated with it.
fn other_lock_files_have_the_dependencies() {
    let read = |file: &str| -> toml::Table { std::fs::read_to_string(root().join(file)).unwrap().parse().unwrap() };
    let manifest = read("Cargo.toml");
    let tables = ["dependencies", "build-dependencies"].map(|table| manifest[table].as_table().unwrap());
    for (folder, feature) in [("fuzz", "default"), ("benches/beside", "wat")] {
        // Dependencies that are not optional, and those that the features enable.
        let (mut features, mut asked) = (vec![feature], BTreeSet::new());
        while let Some(feature) = features.pop() {
            for item in manifest["features"][feature].as_array().unwrap().iter().map(|item| item.as_str().unwrap()) {
                match item.strip_prefix("dep:") {
                    Some(name) => drop(asked.insert(name)),
                    None => features.push(item),
                }
            }
        }
        let is_required =
            |(name, spec): &(&String, &toml::Value)| spec.get("optional").is_none() || asked.contains(name.as_str());
        let dependencies = tables.into_iter().flatten().filter(is_required);
        let required: BTreeSet<&str> = dependencies.map(|(name, _)| name.as_str()).collect();
        let lock = read(&format!("{folder}/Cargo.lock"));
        let packages = lock["package"].as_array().unwrap();
        let wasmoon = packages.iter().find(|p| p["name"].as_str() == Some("wasmoon")).expect("wasmoon is locked");
        // `name`, or `name version` if there are several versions.
        let locked = wasmoon["dependencies"].as_array().unwrap().iter().filter_map(|d| d.as_str()?.split(' ').next());
        let locked: BTreeSet<&str> = locked.collect();
        assert_eq!(required, locked, "run cargo metadata --manifest-path {folder}/Cargo.toml");
    }
}

/// Every fuzz target is described, and built for continuous fuzzing.
fn every_fuzz_target_is_listed() {
    let read = |file: &str| std::fs::read_to_string(root().join("fuzz").join(file)).expect("text");
    let manifest: toml::Table = read("Cargo.toml").parse().expect("a manifest");
    let bins = manifest["bin"].as_array().expect("targets");
    let targets: BTreeSet<&str> = bins.iter().filter_map(|bin| bin["name"].as_str()).collect();
    let (readme, script) = (read("README.md"), read("oss-fuzz/build.sh"));
    let described = readme.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(targets, described, "fuzz/README.md");
    let built = script.lines().find_map(|line| line.strip_prefix("for target in ")?.strip_suffix("; do"));
    assert_eq!(targets, built.expect("a loop").split(' ').collect(), "fuzz/oss-fuzz/build.sh");
    let files = std::fs::read_dir(root().join("fuzz/fuzz_targets")).expect("a folder");
    let files: Vec<PathBuf> = files.map(|entry| entry.expect("an entry").path()).collect();
    let stems = files.iter().filter_map(|path| path.file_stem()?.to_str()).collect();
    assert_eq!(targets, stems, "fuzz/fuzz_targets");
}

/// What the steps execute: their commands, and the bodies of the functions that they call.
fn executed() -> String {
    let run = std::fs::read_to_string(root().join(".ci/run")).expect("the steps");
    let lines: Vec<&str> = run.lines().collect();
    let mut text = String::new();
    for (_, _, command) in steps() {
        let head = format!("{}() {{", command.split(' ').next().unwrap_or_default());
        if let Some(begin) = lines.iter().position(|line| line.starts_with(&head)) {
            let body = &lines[begin..];
            let end = body.iter().position(|line| line.ends_with('}') && (*line == "}" || line.starts_with(&head)));
            text += &body[..=end.expect("it ends")].join("\n");
        }
        text += &format!("{command}\n");
    }
    text
}

/// Whether a text contains the path of this script or of a file in the folder of this name, but not as the start of a longer
/// name.
fn names_script(text: &str, name: &str) -> bool {
    let path = format!("ci/{name}");
    text.match_indices(&path)
        .any(|(at, _)| !text[at + path.len()..].starts_with(|c: char| c.is_alphanumeric() || "._-".contains(c)))
}

/// The build script for continuous fuzzing packs all existing seeds; its compiler and archiver are stubs.
fn seeds_of_fuzzing_are_packed() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |path: &str| folder.path().join(path);
    let run = |script: &str| {
        let output = Command::new("bash")
            .args(["-euc", script])
            .current_dir(folder.path())
            .env("ROOT", root())
            .env("PROGRAM", env!("CARGO_BIN_EXE_wasmoon"))
            .env("SRC", folder.path())
            .env("OUT", at("out"))
            .env("PATH", format!("{}:{}", at("bin").display(), std::env::var("PATH").expect("a path")))
            .output()
            .expect("bash");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    run(r#"mkdir -p bin out wasmoon/fuzz
        for part in oss-fuzz dictionaries seeds seeds.sh; do cp -r "$ROOT/fuzz/$part" wasmoon/fuzz/; done
        cp -r "$ROOT/wast-extra" wasmoon/
        cat > bin/cargo <<'END'
#!/bin/bash -eu
built=fuzz/target/x86_64-unknown-linux-gnu/release
mkdir -p $built target/release
for target in differential decode wast seeds ir_rules assembler api wasi; do touch $built/$target; done
ln -sf "$PROGRAM" target/release/wasmoon
END
        cat > bin/zip <<'END'
#!/bin/bash -eu
[ "$1 $2 $4" = "-q -r ." ]
find . -type f > "$3"
END
        chmod +x bin/cargo bin/zip"#);
    run("fuzz=wasmoon/fuzz/oss-fuzz/build.sh; bash -eu $fuzz");
    let packed = |name: &str| std::fs::read_to_string(at("out").join(name)).expect("a list").lines().count();
    let count = |script: &str| run(script).trim().parse::<usize>().expect("a number");
    let scripts = count("find wasmoon/wast-extra -name '*.wast' -size -64k | wc -l");
    assert!(packed("wast_seed_corpus.zip") == scripts && scripts > 100, "{scripts}");
    assert_eq!(packed("decode_seed_corpus.zip"), count("ls wasmoon/fuzz/seeds/decode | wc -l"));
}

/// Every executable file in `ci/` is run by a step.
fn every_script_is_run() {
    assert!(names_script("ci/json build && x", "json") && names_script("ci/suites/run", "suites"));
    assert!(!names_script("ci/json-from-wast ci/page.py", "json") && !names_script("ci/page.py", "page"));
    let (run, hosted) = (executed(), workflow("ci.yml"));
    // These measure times and sizes for people to read, make files that are committed, or install the tools for the steps.
    let others = ["bench", "code", "whole", "peers", "seeds", "need", "tools"];
    for entry in std::fs::read_dir(root().join("ci")).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        if name.contains('.') || others.contains(&name.as_str()) || ["loom", "json-from-wast"].contains(&name.as_str())
        {
            continue;
        }
        let called = [&run, &hosted].iter().any(|text| names_script(text, &name));
        assert!(called, "no step runs ci/{name}");
    }
}

/// The Python programs in `ci/` and elsewhere, or the shell scripts.
fn scripts(python: bool) -> Vec<PathBuf> {
    let ci = std::fs::read_dir(root().join("ci")).expect("a folder").map(|e| e.expect("an entry").path());
    // `need` is sourced by scripts, and `tools` is a table.
    let others = ["need", "tools"].map(|name| root().join("ci").join(name));
    let more = [".ci/run", "ci/suites/run", "wast-extra/generate"].map(|name| root().join(name));
    let is_program = |path: &PathBuf| path.is_file() && path.extension().is_none() && !others.contains(path);
    let is_python = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("text");
        text.lines().next().is_some_and(|line| line.contains("python3"))
    };
    ci.filter(is_program).chain(more).filter(|path| is_python(path) == python).collect()
}

/// `--help` prints help, and does not build, install or write anything.
fn has_help(scripts: &[PathBuf]) {
    let folder = tempfile::tempdir().expect("a folder");
    for tool in ["cargo", "apt-get", "mkdir"] {
        let path = folder.path().join(tool);
        std::fs::write(&path, "#!/bin/sh\necho started >>\"$STARTED\"\nexit 99\n").expect("writable");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, mode).expect("writable");
    }
    let started = folder.path().join("started");
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").expect("a path"));
    for script in scripts {
        let mut command = Command::new(script);
        let output = command.arg("--help").env("PATH", &path).env("STARTED", &started).output().expect("it starts");
        let text = String::from_utf8_lossy(&output.stdout);
        let name = script.strip_prefix(root()).expect("in it").display().to_string();
        assert!(output.status.success(), "{name}: {text}{}", String::from_utf8_lossy(&output.stderr));
        assert!(text.contains(script.file_name().expect("a name").to_str().expect("text")), "{name}: {text}");
        assert!(!started.exists(), "{name} started a program");
    }
}

fn every_shell_script_has_help() {
    let scripts = scripts(false);
    assert!(scripts.len() > 10, "{scripts:?}");
    has_help(&scripts);
}

fn every_python_script_has_help() -> Result<(), Missing> {
    tool("python3")?;
    let scripts = scripts(true);
    assert!(scripts.len() > 3, "{scripts:?}");
    has_help(&scripts);
    Ok(())
}

/// A shard with unexpected results did run, and its report says so. One that could not run has no report, and is an error.
fn a_shard_that_cannot_run_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    for (status, expected) in [(0, 0), (1, 0), (2, 2), (101, 101)] {
        let program = folder.path().join(format!("ends-with-{status}"));
        std::fs::write(&program, format!("#!/bin/sh\nexit {status}\n")).expect("writable");
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("writable");
        let mut command = Command::new(root().join("ci/shard"));
        let ended = command.arg("9/9").arg(folder.path()).env("WASMOON", &program).status().expect("it starts");
        assert_eq!(ended.code(), Some(expected), "of {status}");
    }
}

fn main() -> std::process::ExitCode {
    support::run(tests![
        every_step_of_the_night_is_hosted,
        every_quick_step_is_hosted,
        other_lock_files_have_the_dependencies,
        every_fuzz_target_is_listed,
        seeds_of_fuzzing_are_packed,
        every_script_is_run,
        a_shard_that_cannot_run_is_an_error,
        every_shell_script_has_help,
        every_python_script_has_help
    ])
}
