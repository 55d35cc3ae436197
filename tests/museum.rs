//! The museum's patches apply to the current tree, and the tree itself contains none of their bugs. `ci/museum` checks that the
//! bugs are found; it builds a copy of the tree with all of them in it.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Missing, tool};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn succeeds(command: &str, args: &[&str]) -> String {
    let output = Command::new(root().join(command)).args(args).output().expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}: {text}");
    text.into_owned()
}

fn every_patch_applies() -> Result<(), Missing> {
    tool("python3")?;
    let text = succeeds("ci/museum", &["apply"]);
    let applied: usize = text.split(' ').next().and_then(|n| n.parse().ok()).expect("a number of patches");
    let patches = std::fs::read_dir(root().join("museum/patches")).expect("the patches").count();
    assert!(applied == patches && patches >= 109, "{applied} of {patches} patches: {text}");
    Ok(())
}

fn patches_are_merged_as_they_should_be() -> Result<(), Missing> {
    tool("python3")?;
    succeeds("ci/patches_test.py", &[]);
    Ok(())
}

fn sources(folder: &Path, paths: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        match path.is_dir() {
            true => sources(&path, paths),
            false => paths.push(path),
        }
    }
}

/// The sources contain no trace of planted bugs, so readers need not disregard any.
fn the_sources_name_no_planted_bug() -> Result<(), Missing> {
    let mut paths = Vec::new();
    sources(&root().join("src"), &mut paths);
    assert!(paths.len() > 300, "only {} sources", paths.len());
    let mut found = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a source");
        let lines = text.lines().enumerate();
        let named =
            lines.filter(|(_, line)| ["planted", "museum", "WASMOON_PLANT"].iter().any(|word| line.contains(word)));
        found.extend(named.map(|(at, line)| format!("{}:{}: {}", path.display(), at + 1, line.trim())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

fn main() -> std::process::ExitCode {
    support::run(tests![every_patch_applies, patches_are_merged_as_they_should_be, the_sources_name_no_planted_bug])
}
