//! The features of the scripts in a folder, by the folder's name.

use super::files::regular;
use super::header::HeaderError;
use super::language::{Dialect, Language};
use crate::module::features;
use std::path::Path;
use wasmparser::WasmFeatures;

/// The language of the scripts in a folder: `language`, and the proposals that folders on the way there are named
/// after. These are a folder of the specification's `core/` or of `proposals/`, any that has the name of a proposal
/// beyond the newest language, `legacy/`, and Wizard's `ext:NAME`; and what Wizard's file `flags` beside the scripts
/// says. The other engines' dialects have headers instead, so there only `proposals/` counts.
///
/// # Errors
/// An extension of Wizard's that is unknown.
pub fn of_folder(dir: &Path, mut language: Language) -> Result<Language, HeaderError> {
    // An empty path means the current folder, but cannot be resolved.
    let dir = Path::new(".").join(dir);
    let dir = dir.canonicalize().unwrap_or(dir);
    let names: Vec<_> = dir.components().map(|c| c.as_os_str().to_string_lossy()).collect();
    let ours = language.dialect == Dialect::Spec;
    for (i, name) in names.iter().enumerate() {
        let above = i.checked_sub(1).map_or("", |i| &names[i]);
        let known = match name.strip_prefix("ext:") {
            Some(extension) if ours => Some(wizard_extension(extension)?),
            _ if above == "proposals" || ours && above == "core" => features::by_name(name),
            _ if ours && features::BEYOND.contains(&&**name) => features::by_name(name),
            _ if ours && i + 1 == names.len() && LEGACY_FOLDERS.contains(&&**name) => features::by_name("legacy"),
            _ => None,
        };
        language.features |= known.unwrap_or(WasmFeatures::empty());
    }
    if ours && let Some(flags) = regular(&dir.join("flags")).ok().and_then(|flags| String::from_utf8(flags).ok()) {
        let named = flags.split_whitespace().filter_map(|flag| flag.strip_prefix("--ext:"));
        for extension in named.flat_map(|list| list.split(',')) {
            language.features |= wizard_extension(extension)?;
        }
    }
    Ok(language)
}

/// Names of folders of scripts with the older exceptions.
const LEGACY_FOLDERS: [&str; 3] = ["legacy", "legacy-exceptions", "legacy-exception-handling"];

/// The features that Wizard's option `--ext:NAME` switches on.
fn wizard_extension(name: &str) -> Result<WasmFeatures, HeaderError> {
    match name {
        "all" => Ok(features::all()),
        "legacy-eh" => Ok(WasmFeatures::LEGACY_EXCEPTIONS),
        "exception-handling" => Ok(WasmFeatures::EXCEPTIONS),
        name => features::by_name(name)
            .ok_or_else(|| HeaderError::unsupported(1, format!("Wizard's extension '{name}' is unknown"))),
    }
}
