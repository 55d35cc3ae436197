//! Checks of the pages: paths, tests, benches and Rust names exist, links have a target, commands have the options that they are
//! shown with, and ARCHITECTURE.md has every room and stays short.

mod sources;

use sources::sources;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmoon::conformance::record::Verdict;

/// The maximum number of lines of ARCHITECTURE.md, which should take ten minutes to read.
const MOST_LINES: usize = 250;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Every page, relative to the root of the checkout.
fn pages() -> Vec<String> {
    let mut pages = Vec::new();
    for folder in [".", "docs", "examples", "museum", "wast-extra"] {
        let Ok(entries) = std::fs::read_dir(root().join(folder)) else { continue };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let names = names.filter(|name| name.ends_with(".md"));
        pages.extend(names.map(|name| if folder == "." { name } else { format!("{folder}/{name}") }));
    }
    assert!(pages.len() > 10, "the pages are not where this test looks for them: {pages:?}");
    pages.sort();
    pages
}

/// Splits a page into its text, with empty lines in place of each code block, and the lines of its code blocks.
fn parts(page: &str) -> (String, Vec<String>) {
    let (mut text, mut code, mut in_code) = (String::new(), Vec::new(), false);
    for line in page.lines() {
        let fence = line.trim_start().starts_with("```");
        if !fence && in_code {
            code.push(line.to_owned());
        } else if !fence {
            text.push_str(line);
        }
        text.push('\n');
        in_code ^= fence;
    }
    (text, code)
}

/// The texts between backticks. A span may continue on the next line.
fn spans(text: &str) -> Vec<String> {
    let spans = text.split("\n\n").flat_map(|paragraph| paragraph.split('`').skip(1).step_by(2));
    spans.map(|span| span.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The names in the root of the checkout and in `src` that paths begin with.
struct Names {
    top: BTreeSet<String>,
    rooms: BTreeSet<String>,
}

fn names_in(folder: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

impl Names {
    fn new() -> Names {
        // Build outputs are not part of the checkout.
        let top = names_in(".").into_iter().filter(|name| name != "target" && name != ".git").collect();
        Names { top, rooms: names_in("src") }
    }

    /// The error in a span that is a path, or a path and a test in that file.
    fn wrong_path(&self, span: &str) -> Option<String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.-/:".contains(c);
        if !span.chars().all(plain) || span.starts_with("::") {
            return None;
        }
        let (path, function) = span.split_once("::").map_or((span, None), |(path, f)| (path, Some(f)));
        let path = path.split(':').next().unwrap();
        let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let is_file = [".rs", ".md", ".toml", ".py"].iter().any(|end| path.ends_with(end));
        if !self.top.contains(first) {
            return match rest {
                Some(_) if first != "target" && self.rooms.contains(first) => {
                    Some(format!("`{span}`: write `src/{span}`"))
                }
                None if is_file => Some(format!("`{span}` is not in the root of the checkout: write its whole path")),
                _ => None,
            };
        }
        let found = root().join(path);
        match function {
            // Function names in pages are those of tests.
            Some(f) if is_file => {
                let source = std::fs::read_to_string(&found).unwrap_or_default();
                let declared = source.contains(&format!("fn {f}(")) || source.contains(&format!("mod {f} "));
                (!declared).then(|| format!("`{span}`: no such test"))
            }
            _ => (!found.exists()).then(|| format!("`{span}` does not exist")),
        }
    }
}

#[test]
fn paths_and_tests_exist() {
    let names = Names::new();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for page in pages() {
        let (text, code) = parts(&read(&page));
        // Diagrams give the full paths of sources.
        let words = code.iter().flat_map(|line| line.split([' ', ',', ';'])).filter(|word| word.starts_with("src/"));
        for span in spans(&text).into_iter().chain(words.map(str::to_owned)) {
            checked += usize::from(names.top.contains(span.split(['/', ':']).next().unwrap()));
            // A folder's README names files in that folder.
            if page.ends_with("/README.md") && root().join(&page).with_file_name(&span).exists() {
                continue;
            }
            wrong.extend(names.wrong_path(&span).map(|w| format!("{page}: {w}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 200, "only {checked} paths were found: spans are not read as they are written");
}

/// The counter-example: each way to name something that does not exist is detected.
#[test]
fn what_does_not_exist_is_seen() {
    let names = Names::new();
    let is_wrong = |span: &str| names.wrong_path(span).is_some();
    for span in [
        "src/nowhere",
        "tests/nowhere.rs",
        "tests/documents.rs::nowhere",
        "jit/mod.rs",
        "nowhere.rs",
        "ci/nowhere",
        "docs/nowhere.md",
    ] {
        assert!(is_wrong(span), "{span}");
    }
    for span in
        ["src/jit", "tests/documents.rs", "tests/documents.rs::what_does_not_exist_is_seen", "Cargo.toml", ".ci/run"]
    {
        assert!(!is_wrong(span), "{span}");
    }
    for span in ["core/threads", "i32.div_s", "target/tmp", "a, b", "Config::cpu", "core::i32::jit"] {
        assert!(!is_wrong(span), "{span} is not a path");
    }
    assert_eq!(spans("a `b\nc` d\n\n`e` f ` g"), ["b c", "e", "g"]);
    assert_eq!(parts("a\n```\nb `c`\n```\nd"), ("a\n\n\n\nd\n".into(), vec!["b `c`".into()]));
}

/// Whether a span has the form `A::b` or `a::b::C`.
fn is_rust_path(span: &str) -> bool {
    let is_word = |word: &str| {
        word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && word.starts_with(|c: char| !c.is_ascii_digit())
    };
    span.contains("::") && span.split("::").all(is_word)
}

#[test]
fn rust_names_exist() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    sources(&root().join("tests"), &mut files);
    // The drivers of other engines contain names, too.
    sources(&root().join("drivers"), &mut files);
    let text: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let known: BTreeSet<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let mut wrong = Vec::new();
    for page in pages() {
        for span in spans(&parts(&read(&page)).0).into_iter().filter(|span| is_rust_path(span)) {
            // The path of a test in the library begins with `lib`, that of one in `tests/` with its file.
            let is_known =
                |word: &&str| known.contains(word) || *word == "lib" || Path::new(&format!("tests/{word}.rs")).exists();
            let missing: Vec<&str> = span.split("::").filter(|word| !is_known(word)).collect();
            if !missing.is_empty() {
                wrong.push(format!("{page}: `{span}`: nothing in the sources is named {}", missing.join(" or ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(is_rust_path("Config::cpu") && !is_rust_path("core::") && !is_rust_path("a b::c"));
    assert!(known.contains("VMFunc") && !known.contains(["VM", "Nothing"].concat().as_str()));
}

/// The anchor that GitHub generates for a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

fn anchors(page: &str) -> BTreeSet<String> {
    let (text, _) = parts(page);
    text.lines().filter(|line| line.starts_with('#')).map(|line| anchor(line.trim_start_matches('#'))).collect()
}

/// The targets of a page's links, except external ones.
fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target.to_owned()).filter(|target| !target.contains("://")).collect()
}

fn wrong_link(page: &str, target: &str) -> Option<String> {
    let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
    let folder = Path::new(page).parent().unwrap();
    let file = if file.is_empty() { PathBuf::from(page) } else { folder.join(file) };
    let Ok(file) = root().join(file).canonicalize() else { return Some("leads nowhere".into()) };
    let is_there = |anchor: &str| anchors(&std::fs::read_to_string(&file).unwrap()).contains(anchor);
    anchor.filter(|anchor| !is_there(anchor)).map(|anchor| format!("no heading is #{anchor}"))
}

#[test]
fn links_lead_somewhere() {
    let mut wrong = Vec::new();
    let mut from: BTreeMap<String, usize> = BTreeMap::new();
    for page in pages() {
        for target in links(&parts(&read(&page)).0) {
            wrong.extend(wrong_link(&page, &target).map(|w| format!("{page}: ({target}) {w}")));
            *from.entry(page.clone()).or_default() += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(from["docs/README.md"] > 20, "{from:?}");
    assert!(wrong_link("README.md", "nowhere.md").is_some());
    assert!(wrong_link("README.md", "ARCHITECTURE.md#nowhere").is_some());
    assert!(wrong_link("docs/README.md", "../ARCHITECTURE.md#glossary").is_none());
}

/// The matrix in the README adds up, so no row is from a different run.
#[test]
fn the_matrix_in_the_readme_adds_up() {
    let readme = read("README.md");
    let rows =
        readme.lines().skip_while(|line| !line.starts_with("group ")).skip(1).take_while(|line| !line.is_empty());
    let numbers =
        |row: &str| row.split_whitespace().skip(1).map(|n| n.parse().expect("a number")).collect::<Vec<u64>>();
    let rows: Vec<(bool, Vec<u64>)> = rows.map(|row| (row.starts_with("all "), numbers(row))).collect();
    let (all, groups): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(is_all, _)| *is_all);
    assert!(groups.len() > 40 && groups.iter().all(|(_, row)| row.len() == 5), "{groups:?}");
    let sums: Vec<u64> = (0..5).map(|column| groups.iter().map(|(_, row)| row[column]).sum()).collect();
    assert_eq!(all, [(true, sums)]);
}

/// The index links to each page in `docs/`.
#[test]
fn the_index_has_every_page() {
    let index = read("docs/README.md");
    let missing: Vec<String> = pages()
        .into_iter()
        .filter(|page| page != "docs/README.md")
        .filter(|page| page.strip_prefix("docs/").is_some_and(|name| !index.contains(&format!("]({name}"))))
        .collect();
    assert!(missing.is_empty(), "not in docs/README.md: {missing:?}");
}

/// The values of an option in a command: the words after `option`.
fn behind<'t>(text: &'t str, option: &str) -> Vec<&'t str> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .windows(2)
        .filter(|pair| pair[0] == option)
        .map(|pair| pair[1].trim_matches(|c| "`,.;:)".contains(c)))
        .collect()
}

#[test]
fn commands_of_cargo_name_what_exists() {
    let manifest = read("Cargo.toml");
    let mut checked = 0;
    for page in pages() {
        let (text, code) = parts(&read(&page));
        let commands = spans(&text).into_iter().chain(code).filter(|line| line.contains("cargo "));
        for command in commands {
            for (option, folder) in [("--test", "tests"), ("--bench", "benches")] {
                for name in behind(&command, option) {
                    checked += 1;
                    let file = root().join(folder).join(name);
                    let there = file.with_extension("rs").exists() || file.join("main.rs").exists();
                    assert!(there, "{page}: {command}: no such file in {folder}/");
                }
            }
            for name in behind(&command, "--features") {
                assert!(manifest.contains(&format!("\n{name} = [")), "{page}: {command}: no such feature");
            }
        }
    }
    assert!(checked > 10, "only {checked} commands of cargo were found");
}

/// The options in the help of a subcommand, and the global ones.
fn options(subcommand: &str, cache: &mut HashMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let help = || {
        let output = Command::new(env!("CARGO_BIN_EXE_wasmoon")).args([subcommand, "--help"]).output().unwrap();
        assert!(output.status.success(), "wasmoon {subcommand} --help");
        let text = String::from_utf8(output.stdout).unwrap();
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
        words.filter(|word| word.starts_with('-')).map(str::to_owned).collect()
    };
    cache.entry(subcommand.to_owned()).or_insert_with(help).clone()
}

#[test]
fn commands_have_the_options_they_are_shown_with() {
    let mut cache = HashMap::new();
    let mut checked = 0;
    let mut wrong = Vec::new();
    for page in pages() {
        let (text, code) = parts(&read(&page));
        let commands = code.into_iter().chain(spans(&text));
        for command in commands {
            let command = command.trim_start().trim_start_matches("$ ");
            let Some(rest) = command.strip_prefix("wasmoon ") else { continue };
            let words: Vec<&str> = rest.split('#').next().unwrap().split_whitespace().collect();
            let Some(subcommand) = words.first().filter(|w| w.chars().all(|c| c.is_ascii_alphanumeric())) else {
                continue;
            };
            if *subcommand == "SUBCOMMAND" {
                continue;
            }
            let known = options(subcommand, &mut cache);
            for option in words.iter().take_while(|w| **w != "--").filter(|w| w.starts_with("--")) {
                checked += 1;
                let option = option.split('=').next().unwrap();
                if !known.contains(option) {
                    wrong.push(format!("{page}: `{command}`: no option {option}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 50, "only {checked} options were found");
}

/// The rooms in `tests/layering.rs`, from the bottom up.
fn floors() -> Vec<Vec<String>> {
    let source = read("tests/layering.rs");
    let list = source.split("const FLOORS").nth(1).and_then(|rest| rest.split("];").next()).expect("the floors");
    let rows = list.lines().skip(1).map(|line| line.split('"').skip(1).step_by(2).map(str::to_owned).collect());
    rows.filter(|row: &Vec<String>| !row.is_empty()).collect()
}

/// The table and the diagram of ARCHITECTURE.md both have every room.
#[test]
fn the_architecture_has_every_room() {
    let page = read("ARCHITECTURE.md");
    let rows: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | `src/"))
        .map(|(room, _)| room.to_owned())
        .collect();
    let rooms: BTreeSet<String> = names_in("src")
        .into_iter()
        .map(|name| name.trim_end_matches(".rs").to_owned())
        .filter(|name| name != "lib" && name != "main")
        .collect();
    assert_eq!(rows, rooms, "rows of the table, and what is in src/");

    let diagram = page.split("```").nth(1).expect("the diagram");
    let drawn: Vec<BTreeSet<String>> = diagram
        .lines()
        .map(|line| line.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>())
        .filter(|line| !line.is_empty())
        .collect();
    let floors: Vec<BTreeSet<String>> = floors().into_iter().rev().map(BTreeSet::from_iter).collect();
    assert_eq!(drawn, floors, "the diagram, and the floors of tests/layering.rs");
}

#[test]
fn the_architecture_is_short_and_names_each_verdict() {
    let page = read("ARCHITECTURE.md");
    let lines = page.lines().count();
    assert!(lines < MOST_LINES, "ARCHITECTURE.md has {lines} lines");
    let row = page.lines().find(|line| line.starts_with("| verdict |")).expect("a row of the glossary");
    let named: Vec<String> = spans(row);
    let verdicts: Vec<&str> = Verdict::ALL.iter().map(|v| v.name()).collect();
    assert_eq!(named, verdicts);
}
