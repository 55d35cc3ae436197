//! Checks of the pages about `examples/`: their commands run as printed, and every example is in a page.

mod support;

use std::path::Path;
use std::process::Command;
use support::{Missing, lacking, tool};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages whose commands need no build with planted bugs, no other engine and no separately built program.
const PAGES: [&str; 2] = ["README.md", "docs/trap-reports.md"];

fn transcripts(pages: &[&str]) -> (bool, String) {
    let python = std::env::var("WASMOON_PYTHON").unwrap_or_else(|_| "python3".into());
    let mut command = Command::new(python);
    command.arg(root().join("ci/transcripts")).arg("--check").args(pages).current_dir(root());
    let output = command.env("WASMOON", env!("CARGO_BIN_EXE_wasmoon")).output().expect("python3 starts");
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.success(), text)
}

fn commands_print_what_the_pages_say() -> Result<(), Missing> {
    tool("python3")?;
    let (same, text) = transcripts(&PAGES);
    assert!(same, "{text}");
    assert!(text.contains("README.md: $ wasmoon run"), "no command was run: {text}");
    Ok(())
}

/// A page with wrong output is detected.
fn a_wrong_page_is_found() -> Result<(), Missing> {
    tool("python3")?;
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("wrong.md");
    let text = "<!-- transcripts -->\n```console\n$ wasmoon run $REPO/examples/fac.wat --invoke nothing\nfine\n```\n";
    std::fs::write(&page, text).expect("writable");
    let (same, text) = transcripts(&[page.to_str().expect("text")]);
    assert!(!same && text.contains("-fine") && text.contains("+[exit 2]"), "{text}");
    Ok(())
}

/// Every file named by a page exists, and every example is named in the list.
fn examples_and_pages_agree() {
    let read = |path: &Path| std::fs::read_to_string(path).expect("text");
    let folder = root().join("examples");
    let list = read(&folder.join("README.md"));
    for entry in std::fs::read_dir(&folder).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("text");
        assert!(name == "README.md" || list.contains(&format!("| `{name}` |")), "examples/README.md lacks {name}");
    }
    let docs = std::fs::read_dir(root().join("docs")).expect("a folder").map(|e| e.expect("an entry").path());
    let mut named = 0;
    for page in docs.filter(|p| p.extension().is_some_and(|e| e == "md")).chain([root().join("README.md")]) {
        for (at, _) in read(&page).match_indices("examples/") {
            let text = read(&page);
            let name: String =
                text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "/._-".contains(*c)).collect();
            let name = name.trim_end_matches(['.', '/']);
            named += 1;
            assert!(root().join(name).exists(), "{}: {name} does not exist", page.display());
        }
    }
    assert!(named > 10, "{named} names");
}

/// The Rust examples, which `cargo test` builds, run successfully; each asserts what it shows.
fn programs_in_rust_run() -> Result<(), Missing> {
    let tests = std::env::current_exe().expect("this test");
    let built = tests.parent().and_then(Path::parent).expect("the folder of a profile").join("examples");
    let mut ran = 0;
    for entry in std::fs::read_dir(root().join("examples")).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|e| e != "rs") {
            continue;
        }
        let lines = std::fs::read_to_string(&path).expect("text").lines().count();
        // A driver is a complete program.
        let most = if path.ends_with("driver.rs") { 170 } else { 80 };
        assert!(lines < most, "{}: {lines} lines", path.display());
        let program = built.join(path.file_stem().expect("a name"));
        lacking("examples", program.exists())?;
        let output = Command::new(&program).output().expect("it starts");
        assert!(output.status.success() && !output.stdout.is_empty(), "{}: {output:?}", path.display());
        ran += 1;
    }
    assert!(ran >= 9, "{ran} programs");
    Ok(())
}

fn main() -> std::process::ExitCode {
    support::run(tests![
        programs_in_rust_run,
        commands_print_what_the_pages_say,
        a_wrong_page_is_found,
        examples_and_pages_agree
    ])
}
