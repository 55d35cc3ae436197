//! The files of a finding: a folder with the module, the difference, and a script that fails.

use super::features::Features;
use super::small::ReducedFinding;
use super::worker::Finding;
use crate::conformance::report::replay::quoted;
use crate::triage::FileError;
use crate::triage::subject::{PROVIDER, Subject};
use crate::triage::witness::NamedEngine;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The commands that a finding's folder names.
#[derive(Clone, Copy, Debug)]
pub struct Commands<'a> {
    /// Runs the module again.
    pub replay: &'a str,
    /// The part after the script in a command of `wasmoon test`, with a leading space: the columns and their switches.
    pub columns: &'a str,
}

/// Writes `out/<seed>/`: `module.wasm`, `provider.wasm` for a linked module, `finding.txt`, `finding.json` and, if possible,
/// `failing.wast`. The folder appears once it is complete. `nth`: the number of the finding among those of this seed in this run.
/// The first one replaces the folders that an earlier run left for the seed; the second one is in `out/<seed>-2/`, and so on.
///
/// # Errors
/// A file cannot be written.
pub fn store(
    out: &Path,
    nth: u32,
    found: &Finding,
    subject: Option<&Subject>,
    features: Features,
    commands: Commands<'_>,
) -> Result<PathBuf, FileError> {
    let failed = |path: &Path, source: std::io::Error| FileError { path: path.to_path_buf(), source };
    std::fs::create_dir_all(out).map_err(|e| failed(out, e))?;
    let place = |nth: u32| match nth {
        1 => out.join(found.seed.to_string()),
        _ => out.join(format!("{}-{nth}", found.seed)),
    };
    let target = place(nth);
    let folder = tempfile::Builder::new().prefix(".finding").tempdir_in(out).map_err(|e| failed(out, e))?;
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).map_err(|e| failed(&path, e))
    };
    let mut text = found.title(features);
    text += &format!("\n\nreplay: {}\n", commands.replay);
    if let Some(subject) = subject {
        write("module.wasm", &subject.bytes)?;
        if let Some(provider) = &subject.provider {
            write("provider.wasm", provider)?;
            text += &format!("linked: what module.wasm imports from {PROVIDER:?} is provided by provider.wasm\n");
        }
    }
    if let Some(script) = &found.script {
        write("failing.wast", script.as_bytes())?;
        let script = target.join("failing.wast").display().to_string();
        text += &format!("script: wasmoon test {}{}\n", quoted(&script), commands.columns);
    }
    write("finding.txt", text.as_bytes())?;
    let engines = found.engines.iter().chain(&found.others).map(NamedEngine::given).collect();
    let stored = StoredFinding { seed: found.seed, signature: found.signature.clone(), engines };
    let json = serde_json::to_string_pretty(&stored).expect("numbers and texts");
    write(StoredFinding::FILE, json.as_bytes())?;
    for old in (nth..).map(place).take_while(|path| path.exists()) {
        std::fs::remove_dir_all(&old).map_err(|e| failed(&old, e))?;
    }
    let folder = folder.keep();
    std::fs::rename(&folder, &target).map_err(|e| failed(&target, e))?;
    Ok(target)
}

/// The part of a finding that other programs read: `finding.json` in its folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredFinding {
    /// The seed of the module.
    pub seed: u64,
    /// The kind of the difference.
    pub signature: String,
    /// The engines that differ, as options name them, then the others that were asked; empty if columns of this program differ
    /// from each other.
    pub engines: Vec<String>,
}

impl StoredFinding {
    /// The name of the file.
    const FILE: &str = "finding.json";

    /// Reads the finding of a folder.
    ///
    /// # Errors
    /// There is no finding, or it cannot be read.
    pub fn read(folder: &Path) -> Result<StoredFinding, FileError> {
        let path = folder.join(StoredFinding::FILE);
        let text = std::fs::read_to_string(&path);
        let read = text.and_then(|text| serde_json::from_str(&text).map_err(std::io::Error::from));
        read.map_err(|source| FileError { path, source })
    }
}

/// Adds the result of reduction to a finding's folder.
///
/// # Errors
/// A file cannot be written.
pub fn add_small(folder: &Path, small: &ReducedFinding) -> Result<(), FileError> {
    crate::triage::write_whole(&folder.join("reduced.wast"), &small.script)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(column: &str, engines: &[&str], others: &[&str]) -> Finding {
        let named = |labels: &[&str]| {
            let named =
                |label: &&str| NamedEngine { label: label.to_string(), name: "cmd:x".into(), version: "1".into() };
            labels.iter().map(named).collect()
        };
        Finding {
            seed: 20,
            column: column.into(),
            reference: "interp".into(),
            signature: "result".into(),
            sides: None,
            witnesses: Vec::new(),
            engines: named(engines),
            others: named(others),
            what: "call 0".into(),
            step: 1,
            left: "i32 1".into(),
            right: "i32 2".into(),
            script: Some("(module)".into()),
        }
    }

    /// The second finding of a seed does not replace the first one; a later run replaces both.
    #[test]
    fn each_finding_of_a_seed_has_a_folder() {
        let out = tempfile::tempdir().unwrap();
        let commands = Commands { replay: "wasmoon smith --seed 20", columns: " --backend interp" };
        let store = |nth: u32, found: &Finding| {
            let folder = store(out.path(), nth, found, None, Features::supported(), commands).unwrap();
            let text = std::fs::read_to_string(folder.join("finding.txt")).unwrap();
            assert_eq!(std::fs::read_to_string(folder.join("failing.wast")).unwrap(), "(module)");
            assert!(text.contains("\nreplay: wasmoon smith --seed 20\n"), "{text}");
            let script = folder.join("failing.wast").display().to_string();
            let line = text.lines().find_map(|line| line.strip_prefix("script: ")).unwrap();
            assert_eq!(line, format!("wasmoon test {script} --backend interp"));
            assert!(text.contains(&format!("\n{}: i32 2\n", found.column)), "{text}");
            StoredFinding::read(&folder).unwrap()
        };
        let folders = || {
            let entries = std::fs::read_dir(out.path()).unwrap();
            let mut names: Vec<String> =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort_unstable();
            names
        };
        assert_eq!(store(1, &finding("jit", &[], &[])).engines.len(), 0);
        let stored = store(2, &finding("a, b", &["a", "b"], &["c"]));
        assert_eq!(stored.engines, ["a=cmd:x", "b=cmd:x", "c=cmd:x"]);
        assert_eq!((stored.seed, &*stored.signature), (20, "result"));
        store(3, &finding("c", &["c"], &[]));
        assert_eq!(folders(), ["20", "20-2", "20-3"]);
        let first = std::fs::read_to_string(out.path().join("20/finding.txt")).unwrap();
        assert!(first.contains("\njit: i32 2\n"), "{first}");
        store(1, &finding("jit-O0", &[], &[]));
        assert_eq!(folders(), ["20"]);
    }
}
