//! Finds the scripts of a folder and of the folders below it. The build script, which embeds `wast-extra/`, also uses this file.

use std::collections::HashSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The size up to which a `.json` is inspected, in bytes.
const LARGEST: u64 = 256 << 20;

/// Why the scripts of a folder could not be listed.
#[derive(Debug)]
pub enum FolderError {
    /// A folder that cannot be read.
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
    /// A script of `wast-extra/` that cannot be embedded or has no theme.
    Misplaced {
        /// The script.
        path: PathBuf,
        /// The remedy.
        advice: &'static str,
    },
}

// Written by hand, because the build script has no `thiserror`.
impl fmt::Display for FolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FolderError::Unreadable { path, error } => write!(f, "{}: {error}", path.display()),
            FolderError::Misplaced { path, advice } => write!(f, "{}: {advice}", path.display()),
        }
    }
}

impl std::error::Error for FolderError {}

impl FolderError {
    fn unreadable(path: &Path) -> impl Fn(io::Error) -> FolderError {
        move |error| FolderError::Unreadable { path: path.to_path_buf(), error }
    }
}

/// A script in a folder.
#[derive(Debug, PartialEq)]
pub struct Found {
    /// The script's path.
    pub path: PathBuf,
    /// The path from the named folder to the one that holds the script, with slashes; empty if it is the same.
    pub below: String,
}

/// All scripts of a folder: files ending in `.wast`, or in `.json` if they are scripts, in upper or lower case. A folder's own
/// scripts come first, then those of its folders that `below` accepts by their path from here. Hidden folders are left out. Each
/// folder is read once, however many links lead to it, and under its own name if it has one here. A link to a folder that
/// contains the named one leads out of it, and is left out.
///
/// A file with a script's name that cannot be read is included, so that it fails when it is run. A folder that cannot be read is
/// listed as if it were a script.
///
/// # Errors
/// The folder itself cannot be read.
pub fn scripts(dir: &Path, below: &dyn Fn(&str) -> bool) -> Result<Vec<Found>, FolderError> {
    let root = dir.canonicalize().map_err(FolderError::unreadable(dir))?;
    let seen = root.ancestors().map(Path::to_path_buf).collect();
    let mut walk = Walk { found: Vec::new(), seen, links: Vec::new(), below };
    walk.list(entries(dir)?, "");
    // Links to folders come last: so files of this tree are found under their own names.
    while let Some((path, below)) = walk.links.pop() {
        walk.enter(path, below);
    }
    walk.found.sort_by(|a, b| (&a.below, &a.path).cmp(&(&b.below, &b.path)));
    Ok(walk.found)
}

/// The scripts of `wast-extra/`, by theme: each is in a folder there, at any depth.
///
/// # Errors
/// A folder cannot be read, or has a script that cannot be embedded or has no theme.
pub fn themed(dir: &Path) -> Result<Vec<Found>, FolderError> {
    let found = scripts(dir, &|_| true)?;
    for Found { path, below } in &found {
        let advice = if below.is_empty() {
            "move it into a folder named after its theme"
        } else if !has_extension(path, "wast") {
            "our own scripts must be in the text format and end in .wast"
        } else {
            continue;
        };
        return Err(FolderError::Misplaced { path: path.clone(), advice });
    }
    Ok(found)
}

struct Walk<'w> {
    found: Vec<Found>,
    /// The folders seen so far, without links in their paths.
    seen: HashSet<PathBuf>,
    /// Links to folders, with their paths from the named folder.
    links: Vec<(PathBuf, String)>,
    below: &'w dyn Fn(&str) -> bool,
}

impl Walk<'_> {
    fn list(&mut self, entries: Vec<PathBuf>, below: &str) {
        for path in entries {
            if path.is_dir() {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let way = if below.is_empty() { name.to_string() } else { format!("{below}/{name}") };
                if name.starts_with('.') || !(self.below)(&way) {
                    continue;
                }
                if path.is_symlink() {
                    self.links.push((path, way));
                } else {
                    self.enter(path, way);
                }
            } else if has_extension(&path, "wast") || has_extension(&path, "json") && is_script(&path) {
                self.found.push(Found { path, below: below.to_string() });
            }
        }
    }

    fn enter(&mut self, path: PathBuf, below: String) {
        if path.canonicalize().is_ok_and(|real| !self.seen.insert(real)) {
            return;
        }
        match entries(&path) {
            Ok(list) => self.list(list, &below),
            Err(_) => {
                let above = below.rsplit_once('/').map_or("", |(above, _)| above).to_string();
                self.found.push(Found { path, below: above });
            }
        }
    }
}

/// Whether a `.json` in a folder is a script, or might be one. A JSON object that has neither field of a script is something
/// else, such as a `package.json`.
fn is_script(path: &Path) -> bool {
    // A device or a pipe might never end.
    if !path.is_file() {
        return true;
    }
    // As a tree it takes ten times its size. A file this large is reported when it is read as a script.
    if path.metadata().is_ok_and(|metadata| metadata.len() > LARGEST) {
        return true;
    }
    let Ok(text) = std::fs::read(path) else { return true };
    match serde_json::from_slice::<serde_json::Value>(&text) {
        Ok(serde_json::Value::Object(fields)) => {
            fields.is_empty() || ["commands", "source_filename"].iter().any(|name| fields.contains_key(*name))
        }
        Ok(_) => false,
        Err(_) => true,
    }
}

/// Whether a file's name ends in `.extension`, in upper or lower case.
pub fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension))
}

/// The entries of a folder, sorted by name.
///
/// # Errors
/// The folder cannot be read; the message names it.
pub fn entries(dir: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let entries = std::fs::read_dir(dir).map_err(FolderError::unreadable(dir))?;
    let mut paths: Vec<PathBuf> =
        entries.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>().map_err(FolderError::unreadable(dir))?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn names(dir: &Path) -> Vec<String> {
        let found = scripts(dir, &|below| below != "not-this").expect("a folder");
        found
            .iter()
            .map(|f| format!("{} in {:?}", f.path.strip_prefix(dir).expect("in it").display(), f.below))
            .collect()
    }

    #[test]
    fn to_the_bottom() {
        let dir = tempfile::tempdir().expect("a folder");
        let root = dir.path();
        for folder in ["a/b/c", ".git", "not-this", "z.wast"] {
            fs::create_dir_all(root.join(folder)).expect("folders");
        }
        for (file, text) in [
            ("x.wast", ""),
            ("Y.WAST", ""),
            ("a/b/c/deep.wast", ""),
            (".git/hidden.wast", ""),
            ("not-this/left-out.wast", ""),
            ("z.wast/in.wast", ""),
            ("script.json", "{\"commands\": []}"),
            ("source.json", "{\"source_filename\": \"x\"}"),
            ("wast", ""),
            ("README", ""),
            ("broken.json", "{\"commands\": ["),
            ("empty.json", "{}"),
            ("package.json", "{\"name\": \"x\"}"),
            ("list.json", "[1]"),
            ("x.wat", ""),
        ] {
            fs::write(root.join(file), text).expect("writable");
        }
        assert_eq!(
            names(root),
            [
                "Y.WAST in \"\"",
                "broken.json in \"\"",
                "empty.json in \"\"",
                "script.json in \"\"",
                "source.json in \"\"",
                "x.wast in \"\"",
                "a/b/c/deep.wast in \"a/b/c\"",
                "z.wast/in.wast in \"z.wast\"",
            ]
        );
        assert!(scripts(&root.join("absent"), &|_| true).is_err());
    }

    #[test]
    fn our_own_have_themes() {
        let dir = tempfile::tempdir().expect("a folder");
        let write = |name: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
            fs::write(&path, "{\"commands\": []}").expect("writable");
            path
        };
        write("a/b/x.wast");
        let found = themed(dir.path()).expect("scripts");
        assert_eq!(found.iter().map(|f| f.below.as_str()).collect::<Vec<_>>(), ["a/b"]);
        for (name, advice) in [("a/x.json", "end in .wast"), ("x.wast", "into a folder")] {
            let path = write(name);
            let error = themed(dir.path()).expect_err(name).to_string();
            assert!(error.starts_with(&path.display().to_string()) && error.contains(advice), "{error}");
            fs::remove_file(path).expect("written before");
        }
    }

    #[test]
    fn links() {
        let dir = tempfile::tempdir().expect("a folder");
        let root = dir.path();
        fs::create_dir_all(root.join("b/c")).expect("folders");
        fs::write(root.join("b/c/x.wast"), "").expect("writable");
        let outside = tempfile::tempdir().expect("a folder");
        fs::write(outside.path().join("y.wast"), "").expect("writable");
        for (to, at) in [
            // A cycle, a link to a folder of the same tree under another name, one to a folder elsewhere, and a broken one.
            (root.to_path_buf(), "b/c/loop"),
            (root.join("b"), "a"),
            (outside.path().to_path_buf(), "other"),
            (root.join("absent"), "dangling.wast"),
            (root.join("self.wast"), "self.wast"),
        ] {
            symlink(to, root.join(at)).expect("a link");
        }
        assert_eq!(
            names(root),
            ["dangling.wast in \"\"", "self.wast in \"\"", "b/c/x.wast in \"b/c\"", "other/y.wast in \"other\""]
        );
    }

    #[test]
    fn names_end_in_an_extension() {
        for (name, is_wast) in
            [("x.wast", true), ("x.WaSt", true), ("a/x.y.wast", true), ("x", false), (".wast", false), ("wast", false)]
        {
            assert_eq!(has_extension(Path::new(name), "wast"), is_wast, "{name}");
        }
        assert!(!has_extension(Path::new("x.wast.txt"), "wast"));
    }

    /// A file that cannot be read, or is too large to be inspected, fails when it is run.
    #[test]
    fn what_cannot_be_looked_into_is_taken_for_a_script() {
        let dir = tempfile::tempdir().expect("a folder");
        let large = dir.path().join("large.json");
        fs::File::create(&large).and_then(|file| file.set_len(LARGEST + 1)).expect("writable");
        // No page is mapped at the beginning of a process.
        for path in [large.as_path(), Path::new("/dev/zero"), Path::new("/proc/self/mem")] {
            assert!(is_script(path), "{}", path.display());
        }
    }

    #[test]
    fn entries_are_sorted() {
        let dir = tempfile::tempdir().expect("a folder");
        for name in ["c", "a", "f", "b", "e", "d"] {
            fs::write(dir.path().join(name), "").expect("writable");
        }
        let found = entries(dir.path()).expect("a folder");
        assert_eq!(found, ["a", "b", "c", "d", "e", "f"].map(|name| dir.path().join(name)));
        let absent = dir.path().join("absent");
        let error = entries(&absent).expect_err("no folder").to_string();
        assert!(error.starts_with(&format!("{}: ", absent.display())), "{error}");
    }
}
