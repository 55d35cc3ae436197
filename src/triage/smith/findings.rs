//! The files of a finding: a folder with the module, the difference, and a script that fails.

use super::features::Features;
use super::small::ReducedFinding;
use super::worker::Finding;
use crate::conformance::backend::Backend;
use crate::conformance::report::replay::quoted;
use crate::triage::FileError;
use crate::triage::subject::{PROVIDER, Subject};
use crate::triage::witness::NamedEngine;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Writes `out/<seed>/`: `module.wasm`, `provider.wasm` for a linked module, `finding.txt`, `finding.json` and, if possible,
/// `failing.wast`. Replaces a folder of the same name from an earlier run. The folder appears once it is complete.
///
/// # Errors
/// A file cannot be written.
pub fn store(
    out: &Path,
    found: &Finding,
    subject: Option<&Subject>,
    features: Features,
    replay: &str,
) -> Result<PathBuf, FileError> {
    let failed = |path: &Path, source: std::io::Error| FileError { path: path.to_path_buf(), source };
    std::fs::create_dir_all(out).map_err(|e| failed(out, e))?;
    let folder = tempfile::Builder::new().prefix(".finding").tempdir_in(out).map_err(|e| failed(out, e))?;
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).map_err(|e| failed(&path, e))
    };
    let mut text = found.title(features);
    text += &format!("\n\nreplay: {replay}\n");
    if let Some(subject) = subject {
        write("module.wasm", &subject.bytes)?;
        if let Some(provider) = &subject.provider {
            write("provider.wasm", provider)?;
            text += &format!("linked: what module.wasm imports from {PROVIDER:?} is provider.wasm's\n");
        }
    }
    if let Some(script) = &found.script {
        write("failing.wast", script.as_bytes())?;
        // `test` does not know the names of columns with a switch; without names it takes all columns.
        let known = |name: &str| Backend::named(name).map(|b| b.name);
        // Except that of a mode; the verifier changes no code.
        let column = found.column.strip_suffix("+verify").unwrap_or(&found.column);
        let mode = column.split_once('+').filter(|(_, mode)| mode.starts_with("tier:") && !mode.contains('+'));
        let columns = match (known(&found.reference), known(column)) {
            (Some(left), Some(right)) => format!(" --backend {left},{right}"),
            (Some(left), None) if let Some((right, mode)) = mode => format!(" --backend {left},{right} --mode {mode}"),
            (Some(left), None) if !found.engines.is_empty() => {
                let engine = |engine: &NamedEngine| format!(" --engine {}", quoted(&engine.given()));
                format!(" --backend {left}{}", found.engines.iter().map(engine).collect::<String>())
            }
            _ => String::new(),
        };
        let script = out.join(found.seed.to_string()).join("failing.wast").display().to_string();
        text += &format!("script: wasmoon test {}{columns}\n", quoted(&script));
    }
    write("finding.txt", text.as_bytes())?;
    let engines = found.engines.iter().chain(&found.others).map(NamedEngine::given).collect();
    let stored = StoredFinding { seed: found.seed, signature: found.signature.clone(), engines };
    let json = serde_json::to_string_pretty(&stored).expect("numbers and texts");
    write(StoredFinding::FILE, json.as_bytes())?;
    let target = out.join(found.seed.to_string());
    if target.exists() {
        std::fs::remove_dir_all(&target).map_err(|e| failed(&target, e))?;
    }
    let folder = folder.keep();
    std::fs::rename(&folder, &target).map_err(|e| failed(&target, e))?;
    Ok(target)
}

/// What other programs read of a finding: `finding.json` in its folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredFinding {
    /// The seed of the module.
    pub seed: u64,
    /// The kind of the difference.
    pub signature: String,
    /// The engines that differ, as options name them, and then those that were asked too; empty if columns of this
    /// program differ from each other.
    pub engines: Vec<String>,
}

impl StoredFinding {
    /// The name of the file.
    const FILE: &str = "finding.json";

    /// Reads the finding of a folder.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
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

    /// The command that runs the script again; that of an engine is made of the first in the list.
    #[test]
    fn a_folder_says_how_to_run_it_again() {
        let out = tempfile::tempdir().unwrap();
        let store = |found: &Finding| {
            let folder = store(out.path(), found, None, Features::supported(), "wasmoon smith --seed 20").unwrap();
            let text = std::fs::read_to_string(folder.join("finding.txt")).unwrap();
            assert_eq!(std::fs::read_to_string(folder.join("failing.wast")).unwrap(), "(module)");
            assert!(text.contains("\nreplay: wasmoon smith --seed 20\n"), "{text}");
            let script = folder.join("failing.wast").display().to_string();
            let line = text.lines().find_map(|line| line.strip_prefix("script: wasmoon test ")).unwrap();
            let columns = line.strip_prefix(&script).unwrap().to_string();
            (columns, StoredFinding::read(&folder).unwrap())
        };
        let (columns, stored) = store(&finding("a, b", &["a", "b"], &["c"]));
        assert_eq!(columns, " --backend interp --engine a=cmd:x --engine b=cmd:x");
        assert_eq!(stored.engines, ["a=cmd:x", "b=cmd:x", "c=cmd:x"]);
        assert_eq!((stored.seed, &*stored.signature), (20, "result"));
        // A folder of the same seed is replaced.
        for (column, columns) in [
            ("jit", " --backend interp,jit"),
            ("jit+verify", " --backend interp,jit"),
            ("tiered+tier:7", " --backend interp,tiered --mode tier:7"),
            ("tiered+tier:7+verify", " --backend interp,tiered --mode tier:7"),
            ("jit+tier:7+regs", ""),
            ("jit+regs", ""),
        ] {
            let (found, stored) = store(&finding(column, &[], &[]));
            assert_eq!((&*found, stored.engines.len()), (columns, 0), "{column}");
        }
        let left_over = std::fs::read_dir(out.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(left_over.collect::<Vec<_>>(), ["20"]);
    }
}
