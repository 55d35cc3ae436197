//! Takes a small program through all stages: a sample, a build in which some changes do not compile, what is reached, and what is
//! caught.

use crate::candidates::Candidate;
use crate::compile::compile;
use crate::cover::{Reach, cover};
use crate::means::{Means, Trial, trials};
use crate::page::Outcome;
use crate::sample::{Rooms, order};
use crate::score::Scorer;
use crate::tree::{Tree, git};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// The program has the name of the real one, because a build refers to it by name. `libc` is the part of that crate that switches
/// need.
const FILES: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[package]\nname = \"wasmoon\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[features]\ninternals = []\n[dependencies]\n\
         libc = { path = \"libc\" }\n[workspace]\n",
    ),
    (".gitignore", "/target\n"),
    ("libc/Cargo.toml", "[package]\nname = \"libc\"\nversion = \"0.0.0\"\nedition = \"2024\"\n"),
    (
        "libc/src/lib.rs",
        "pub const PROT_READ: i32 = 1;\npub const PROT_WRITE: i32 = 2;\npub const MAP_SHARED: i32 = 1;\n\
         pub const MAP_FAILED: *mut u8 = !0 as *mut u8;\nunsafe extern \"C\" {\n\
         pub fn mmap(at: *mut u8, length: usize, rights: i32, how: i32, file: i32, offset: i64) -> *mut u8;\n}\n",
    ),
    ("src/lib.rs", "pub mod jit;\n"),
    (
        "src/jit/mod.rs",
        "pub fn sum(a: u32, b: u32) -> u32 {\n    a.wrapping_add(b)\n}\n\n\
         pub fn text(a: bool) -> &'static [u8] {\n    if a { &[1, 2] } else { &[] }\n}\n\n\
         pub fn never(a: u32) -> u32 {\n    a.wrapping_mul(2)\n}\n\n\
         pub fn count(to: u32) -> u32 {\n    let mut i = 0;\n    while i != to {\n        i += 1;\n    }\n    i\n}\n\n\
         pub fn wide(a: u32) -> u64 {\n    a as u64\n}\n\n\
         pub fn small(a: u64) -> u64 {\n    a as u64\n}\n",
    ),
    (
        "src/main.rs",
        "use wasmoon::jit;\n\nfn main() {\n    let asked: Vec<String> = std::env::args().collect();\n\
         let scripts: [(&str, fn() -> bool); 5] = [\n\
         (\"core::sum\", || jit::sum(2, 3) == 5),\n(\"core::text\", || jit::text(true).len() == 2),\n\
         (\"core::wide\", || jit::wide(!0) == 0xffff_ffff && jit::small(7) == 7),\n\
         (\"extra::count\", || jit::count(3) < 100),\n(\"core::never\", || std::process::exit(2)),\n];\n\
         for (name, script) in scripts {\n\
         if asked.contains(&format!(\"^{name}::\")) && !script() {\nstd::process::exit(1);\n}\n}\n}\n",
    ),
];

#[test]
fn changes_are_built_reached_and_caught() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (name, text) in FILES {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    git(root, &["init", "--quiet"]).unwrap();
    let locked = Command::new("cargo").args(["generate-lockfile", "--offline", "--quiet"]).current_dir(root).status();
    assert!(locked.unwrap().success());
    let tree = Tree::read(root).unwrap();
    let found = tree.candidates().unwrap();
    let all = found.candidates.len();
    let orders = BTreeMap::from([("jit".to_string(), order(found.candidates.iter(), 1))]);
    std::fs::create_dir_all(tree.target()).unwrap();
    let compiled =
        compile(&tree, &orders, &Rooms(vec![("jit".into(), all)]), Default::default(), &|_, _| Ok(())).unwrap();
    // Of the two changes of a conversion, one can be built.
    assert_eq!(compiled.chosen.len() + compiled.refused.len(), all - 1, "each is built or refused");
    // A slice with a static lifetime rules out a choice between two. So does a number that every type on its way can hold.
    // Neither is a number that every type on its way holds.
    let is_refused = |c: &Candidate| c.function == "text" || c.after == "(a) as u32 as u64" && c.function == "wide";
    assert!(compiled.refused.iter().all(|c| is_refused(c)), "{:?}", compiled.refused);
    assert!(compiled.refused.iter().any(|c| c.function == "wide"));

    let names = ["core::sum", "core::text", "core::wide", "extra::count"].map(str::to_string);
    let means = [Means::Suite, Means::Extra];
    let trials = trials(&compiled.program, &tree.copy(), Path::new("out"), &names, &means, 0);
    let reach = cover(&trials, compiled.chosen.len(), &tree.target(), 2, &|| ()).unwrap();
    assert!(reach.iter().all(|reach| reach.trouble.is_none()), "{reach:?}");
    let folder = tree.target();
    let scorer = Scorer { trials: &trials, reach: &reach, budget: 5.0, test_budget: 5.0, folder: &folder, key: "" };
    // A trial that fails anyway has caught nothing.
    let broken: Vec<Trial> = trials
        .iter()
        .filter(|trial| trial.name == "core::sum")
        .map(|trial| Trial { args: vec!["^core::never::".into()], ..trial.clone() })
        .collect();
    let reached = [Reach { reached: (0..compiled.chosen.len() as u32).collect(), ..Reach::default() }];
    let scorer_of_broken = Scorer { trials: &broken, reach: &reached, ..scorer };
    let error = scorer_of_broken.show(0, compiled.chosen[0], Means::Suite, 0).unwrap_err();
    assert!(error.contains("core::sum does not pass without a change") && error.contains("status 2"), "{error}");
    for (n, candidate) in (0..).zip(&compiled.chosen) {
        // The change that makes it endless takes ten seconds.
        let is_endless = candidate.function == "count" && candidate.mutator == "arithmetic";
        if candidate.function == "count" && !is_endless {
            continue;
        }
        let shown = means.map(|means| (means, scorer.show(n, candidate, means, 0).unwrap()));
        let outcome = Outcome::of(&shown.each_ref().map(|(means, shown)| (*means, shown)));
        let expected: &[Outcome] = match (candidate.function.as_str(), candidate.mutator) {
            ("sum", "arguments-swapped") => &[Outcome::Survived],
            ("sum", _) => &[Outcome::Caught(Means::Suite)],
            ("never", _) => &[Outcome::Unreached],
            ("wide", _) => &[Outcome::Caught(Means::Suite)],
            ("small", "cast") => &[Outcome::Unreached],
            ("count", _) => &[Outcome::TimeOut, Outcome::Caught(Means::Extra)],
            _ => continue,
        };
        assert!(expected.contains(&outcome), "{}: {outcome:?}", candidate.identity());
    }
}
