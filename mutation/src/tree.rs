//! The tree whose sources are changed, and its copy, which is built: `target/mutation/tree`.

use crate::candidates::{Candidate, Found, find, hash};
use crate::instrument::{SWITCHES, instrument};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The file that cargo reads in each enclosing folder.
const CONFIG: &str = ".cargo/config.toml";

/// The library. Changes to other crates would be on the wrong side of the switches.
const SOURCES: &str = "src/";

/// The files of a checkout.
pub struct Tree {
    root: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
    /// The optimization level of the copy.
    pub opt_level: u8,
}

/// The places of the changes in the copy, by file.
pub type Places = BTreeMap<String, Vec<(u32, Range<usize>)>>;

impl Tree {
    /// Reads the files of a checkout that git does not ignore. The copy is optimized as tests are.
    ///
    /// # Errors
    /// The folder is not a checkout, or a file cannot be read.
    pub fn read(root: &Path) -> Result<Tree, String> {
        let listed = git(root, &["ls-files", "-z", "--cached", "--others", "--exclude-standard"])?;
        let mut files = BTreeMap::new();
        for name in listed.split('\0').filter(|name| !name.is_empty() && root.join(name).is_file()) {
            files.insert(name.to_string(), std::fs::read(root.join(name)).map_err(|e| format!("{name}: {e}"))?);
        }
        Ok(Tree { root: root.to_path_buf(), files, opt_level: 2 })
    }

    /// Leaves the scripts of `wast-extra/` out of the copy.
    pub fn without_extra(&mut self) {
        self.files.retain(|name, _| !(name.starts_with("wast-extra/") && name.ends_with(".wast")));
    }

    /// The folder for all outputs.
    pub fn target(&self) -> PathBuf {
        self.root.join("target/mutation")
    }

    /// The folder for cargo's build of packages. Unchanged ones are already there, if the checkout's tests were built.
    pub fn packages(&self) -> PathBuf {
        self.root.join("target")
    }

    /// The program that is built from the copy.
    pub fn program(&self) -> PathBuf {
        self.target().join("build/debug/wasmoon")
    }

    /// The folder of the copy.
    pub fn copy(&self) -> PathBuf {
        self.target().join("tree")
    }

    /// The text of a source file.
    pub fn text(&self, file: &str) -> &str {
        self.files.get(file).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// A hash of everything that a build of the program and its judgement depend on; `with_tests`, also of what the tests depend
    /// on.
    pub fn key(&self, with_tests: bool) -> String {
        let of_build = [SOURCES, "spec-tests/", "wast-extra/", "Cargo.", "build.rs", CONFIG, "rust-toolchain"];
        // The known deviations, the random modules that are always made, and how changes are made, shown and judged.
        let of_judgement = ["expectations.toml", "tests/smith/", "mutation/src/"];
        let counts = |name: &str| {
            of_build.iter().chain(&of_judgement).any(|f| name.starts_with(f))
                || with_tests && name.starts_with("tests/")
        };
        let all = self.files.iter().filter(|(name, _)| counts(name));
        let mut parts: Vec<String> =
            all.map(|(name, bytes)| format!("{name} {:x}", hash(&[&String::from_utf8_lossy(bytes)]))).collect();
        parts.push(self.opt_level.to_string());
        format!("{:016x}", hash(&parts.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    /// The source files that changes are made to.
    fn sources(&self) -> impl Iterator<Item = &str> {
        let is_source = |name: &str| {
            let of_tests = name.ends_with("tests.rs") || name.contains("/tests/");
            // Files for another CPU, or for none in particular, are not in the program.
            let of_others = name.contains("aarch64") || name.ends_with("/other.rs");
            name.starts_with(SOURCES)
                && name.ends_with(".rs")
                && name.matches('/').count() > 1
                && !of_tests
                && !of_others
        };
        self.files.keys().map(String::as_str).filter(move |name| is_source(name))
    }

    /// All changes that can be made to the tree.
    ///
    /// # Errors
    /// A file cannot be parsed.
    pub fn candidates(&self) -> Result<Found, String> {
        let mut all = Found::default();
        for file in self.sources() {
            let found = find(file, self.text(file))?;
            all.candidates.extend(found.candidates);
            all.opaque += found.opaque;
        }
        Ok(all)
    }

    /// The lines that differ from those of a revision, by file.
    ///
    /// # Errors
    /// Git does not know the revision.
    pub fn changed(&self, revision: &str) -> Result<BTreeMap<String, BTreeSet<usize>>, String> {
        let text = git(&self.root, &["diff", "--unified=0", "--no-color", revision, "--", "src"])?;
        let mut changed: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        let mut file = String::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("+++ b/") {
                file = name.to_string();
            } else if let Some(place) = line.strip_prefix("@@ ").and_then(|l| l.split(" +").nth(1)?.split(' ').next()) {
                let (first, count) = place.split_once(',').unwrap_or((place, "1"));
                let (first, count) = (first.parse().unwrap_or(0), count.parse().unwrap_or(0));
                changed.entry(file.clone()).or_default().extend(first..first + count);
            }
        }
        Ok(changed)
    }

    /// The line number of a position in a file.
    pub fn line(&self, file: &str, at: usize) -> usize {
        1 + self.text(file).as_bytes()[..at].iter().filter(|b| **b == b'\n').count()
    }

    /// Makes the copy, with these changes in it. An unchanged file keeps its time, so that cargo builds no more than it must. The
    /// copy is inside the checkout, so the checkout's `.cargo/config.toml` applies to it as well.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, chosen: &[(u32, &Candidate)]) -> Result<Places, String> {
        let mut by_file: BTreeMap<&str, Vec<(u32, &Candidate)>> = BTreeMap::new();
        for (n, candidate) in chosen {
            by_file.entry(&candidate.file).or_default().push((*n, candidate));
        }
        let (mut places, mut changed) = (Places::new(), BTreeMap::new());
        for (file, chosen) in by_file {
            let made = instrument(self.text(file), &chosen);
            places.insert(file.to_string(), made.places);
            changed.insert(file, made.text);
        }
        changed.insert("src/mutant.rs", SWITCHES.to_string());
        changed.insert("src/lib.rs", format!("{}mod mutant;\n", self.text("src/lib.rs")));
        let copy = self.copy();
        for name in list(&copy)? {
            if name == CONFIG || !self.files.contains_key(&name) && !changed.contains_key(name.as_str()) {
                std::fs::remove_file(copy.join(&name)).map_err(|e| format!("{name}: {e}"))?;
            }
        }
        let same = self.files.iter().filter(|(name, _)| !changed.contains_key(name.as_str()) && *name != CONFIG);
        let same = same.map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        for (name, bytes) in same.chain(changed.iter().map(|(name, text)| (*name, text.as_bytes()))) {
            let path = copy.join(name);
            if std::fs::read(&path).is_ok_and(|now| now == bytes) {
                continue;
            }
            let folder = path.parent().unwrap_or(&copy);
            std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
            std::fs::write(&path, bytes).map_err(|e| format!("{}: {e}", path.display()))?;
            if let Ok(metadata) = self.root.join(name).metadata() {
                std::fs::set_permissions(&path, metadata.permissions()).map_err(|e| format!("{name}: {e}"))?;
            }
        }
        Ok(places)
    }
}

/// The files below a folder, by their relative paths, without those that its builds and tests create.
fn list(folder: &Path) -> Result<Vec<String>, String> {
    let (mut found, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(inside) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder.join(&inside)) else { continue };
        for entry in entries {
            let entry = entry.map_err(|e| format!("{}: {e}", inside.display()))?;
            let path = inside.join(entry.file_name());
            match entry.file_type() {
                Ok(t) if t.is_dir() && path != Path::new("target") => folders.push(path),
                Ok(t) if !t.is_dir() => found.push(path.to_string_lossy().into_owned()),
                _ => {}
            }
        }
    }
    Ok(found)
}

/// The output of git.
///
/// # Errors
/// Git cannot be started, or fails.
pub fn git(root: &Path, args: &[&str]) -> Result<String, String> {
    let done = Command::new("git").args(args).current_dir(root).output().map_err(|e| format!("git: {e}"))?;
    if !done.status.success() {
        return Err(format!("git {}: {}", args.join(" "), String::from_utf8_lossy(&done.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unchanged things are not measured again, so the key covers everything that a result depends on.
    #[test]
    fn the_key_is_of_what_results_depend_on() {
        let tree = |other: Option<&str>| {
            let names = [
                "src/lib.rs",
                "wast-extra/calls/a.wast",
                "Cargo.lock",
                ".cargo/config.toml",
                "expectations.toml",
                "tests/smith/seeds.txt",
                "tests/cli.rs",
                "mutation/src/means.rs",
                "mutation/equivalent.toml",
                "docs/mutation.md",
            ];
            let files = names.map(|name| (name.to_string(), vec![u8::from(other == Some(name))]));
            Tree { root: PathBuf::new(), files: files.into(), opt_level: 2 }
        };
        let changes = |name: &str, with_tests| tree(None).key(with_tests) != tree(Some(name)).key(with_tests);
        for name in tree(None).files.keys() {
            let matters = match name.as_str() {
                // Changes that make no difference are left out of the score, and not shown to any means.
                "mutation/equivalent.toml" | "docs/mutation.md" => [false, false],
                "tests/cli.rs" => [false, true],
                _ => [true, true],
            };
            assert_eq!([false, true].map(|with_tests| changes(name, with_tests)), matters, "{name}");
        }
        assert_ne!(Tree { opt_level: 0, ..tree(None) }.key(false), tree(None).key(false));
    }
}
