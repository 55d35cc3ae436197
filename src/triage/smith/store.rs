//! What a finding leaves behind: a folder with the module, what differs, and a script that fails.

use super::features::Features;
use super::small::Small;
use super::worker::Found;
use crate::conformance::backend::Backend;
use crate::triage::subject::{PROVIDER, Subject};
use std::path::{Path, PathBuf};

/// Writes `out/<seed>/`: `module.wasm`, of a linked module `provider.wasm`, `finding.txt` and, where it could be made,
/// `failing.wast`. A folder of the same name from an earlier run is replaced; until all is written there is none.
///
/// # Errors
/// What could not be written, where, and why.
pub fn store(
    out: &Path,
    found: &Found,
    subject: Option<&Subject>,
    features: Features,
    replay: &str,
) -> Result<PathBuf, String> {
    let failed = |path: &Path, e: std::io::Error| format!("cannot write {}: {e}", path.display());
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
        // Other engines, and columns with a switch, `test` does not know by these names; without names it takes all.
        let known = [&found.reference, &found.column].map(|name| Backend::named(name).map(|b| b.name));
        let columns = match known {
            [Some(left), Some(right)] => format!(" --backend {left},{right}"),
            _ => String::new(),
        };
        text += &format!(
            "script: wasmoon test {}{columns}\n",
            out.join(found.seed.to_string()).join("failing.wast").display()
        );
    }
    write("finding.txt", text.as_bytes())?;
    let target = out.join(found.seed.to_string());
    if target.exists() {
        std::fs::remove_dir_all(&target).map_err(|e| failed(&target, e))?;
    }
    let folder = folder.keep();
    std::fs::rename(&folder, &target).map_err(|e| failed(&target, e))?;
    Ok(target)
}

/// Adds to a finding's folder what reduction made of it.
///
/// # Errors
/// What could not be written, where, and why.
pub fn add_small(folder: &Path, small: &Small) -> Result<(), String> {
    crate::triage::write_whole(&folder.join("reduced.wast"), &small.script)
}
