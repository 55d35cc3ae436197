//! The table of lenient judges (`museum/judges.toml`) matches the current source. `ci/judges` checks that each one is
//! caught; it builds a copy of the tree with all of them in it.

use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

/// The minimum number of judges.
const JUDGES: usize = 195;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    judge: Vec<Judge>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Judge {
    name: String,
    about: String,
    file: String,
    find: String,
    with: String,
    caught_by: String,
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Returns the source files that may hold a test, given `caught_by`; `None` if that has an unexpected form.
fn sources_of(test: &str) -> Option<(Vec<String>, &str)> {
    let (binary, path) = test.split_once("::")?;
    let name = path.rsplit("::").next()?;
    if binary != "lib" {
        // `binary::test`, or `binary::part::test` of a file in the binary's folder.
        let file = match path.rsplit_once("::") {
            Some((part, _)) => format!("tests/{binary}/{}.rs", part.replace("::", "/")),
            None => format!("tests/{binary}.rs"),
        };
        return Some((vec![file], name));
    }
    let module: Vec<&str> = path.rsplit_once("::")?.0.split("::").collect();
    // `a::b::tests`: in a/b.rs, a/b/mod.rs, or a file of tests beside it.
    let (inner, outer) = module.split_last()?;
    let base = outer.join("/");
    let files = [format!("src/{base}.rs"), format!("src/{base}/mod.rs"), format!("src/{base}/{inner}.rs")];
    Some((files.into_iter().filter(|f| Path::new(env!("CARGO_MANIFEST_DIR")).join(f).is_file()).collect(), name))
}

#[test]
fn judges_are_about_the_source_as_it_is() {
    let table: Table = toml::from_str(&read("museum/judges.toml")).expect("museum/judges.toml");
    let mut wrong = Vec::new();
    let mut names = BTreeSet::new();
    for judge in &table.judge {
        if !names.insert(&judge.name) {
            wrong.push(format!("{}: the name occurs twice", judge.name));
        }
        let found = read(&judge.file).matches(&judge.find).count();
        if found != 1 {
            wrong.push(format!("{}: {} has {found} times {:?}, and not once", judge.name, judge.file, judge.find));
        }
        if judge.about.is_empty() || !judge.with.contains("$lenient") {
            wrong.push(format!("{}: `about` is empty, or `with` lacks its switch", judge.name));
        }
        let defined = sources_of(&judge.caught_by).is_some_and(|(files, name)| {
            let definition = format!("fn {name}(");
            files.iter().any(|file| read(file).contains(&definition))
        });
        if !defined {
            wrong.push(format!("{}: there is no test {}", judge.name, judge.caught_by));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(table.judge.len() >= JUDGES, "{} judges, and there were {JUDGES}", table.judge.len());
}
