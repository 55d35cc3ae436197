//! The features of the scripts in a folder, by the folder's name.

use super::files::regular;
use super::header::HeaderError;
use super::language::{Dialect, Language};
use crate::module::features;
use std::path::Path;
use wasmparser::WasmFeatures;

/// The language of the scripts in a folder: `language`, plus the proposals that folders in its path are named after: a folder of
/// the specification's `core/` or of `proposals/`, any that has the name of a proposal beyond the newest language, `legacy/`, and
/// Wizard's `ext:NAME`; plus what Wizard's file `flags` beside the scripts says. The other engines' dialects have headers
/// instead, so there only `proposals/` counts.
///
/// # Errors
/// Wizard's extension is unknown.
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

/// The names of folders of scripts with legacy exceptions.
const LEGACY_FOLDERS: [&str; 3] = ["legacy", "legacy-exceptions", "legacy-exception-handling"];

/// The features that Wizard's option `--ext:NAME` switches on.
fn wizard_extension(name: &str) -> Result<WasmFeatures, HeaderError> {
    match name {
        "all" => Ok(features::all()),
        "legacy-eh" => Ok(WasmFeatures::LEGACY_EXCEPTIONS),
        "exception-handling" => Ok(WasmFeatures::EXCEPTIONS),
        name => features::by_name(name)
            .ok_or_else(|| HeaderError::unsupported(1, format!("unknown Wizard extension '{name}'"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::read::language::Spec;

    /// The features that a folder adds, in the specification's dialect and in wasmtime's.
    #[test]
    fn folders_add_features() {
        use WasmFeatures as F;
        let root = tempfile::tempdir().expect("a folder");
        let none = F::empty();
        for (folder, ours, wasmtime) in [
            ("plain", none, none),
            ("ext:threads", F::THREADS, none),
            ("ext:threads/deep", F::THREADS, none),
            ("ext:tail-call", F::TAIL_CALL, none),
            ("ext:legacy-eh", F::LEGACY_EXCEPTIONS, none),
            ("ext:exception-handling", F::EXCEPTIONS, none),
            ("ext:all", features::all(), none),
            ("proposals", none, none),
            ("proposals/tail-call", F::TAIL_CALL, F::TAIL_CALL),
            ("proposals/tail-call/gc", F::TAIL_CALL, F::TAIL_CALL),
            ("core", none, none),
            ("core/tail-call", F::TAIL_CALL, none),
            ("core/unheard-of", none, none),
            // A proposal beyond the newest language, and one that is a part of it.
            ("threads/deep", F::THREADS, none),
            ("tail-call", none, none),
            ("legacy", F::LEGACY_EXCEPTIONS, none),
            ("legacy/deep", none, none),
            ("legacy-exception-handling", F::LEGACY_EXCEPTIONS, none),
            ("legacy-exception-handling/deep", none, none),
            ("legacy-exceptions", F::LEGACY_EXCEPTIONS, none),
            ("threads/legacy", F::THREADS | F::LEGACY_EXCEPTIONS, none),
        ] {
            let path = root.path().join(folder);
            std::fs::create_dir_all(&path).expect("writable");
            for (dialect, added) in [(Dialect::Spec, ours), (Dialect::Wasmtime, wasmtime)] {
                let base = Language { dialect, ..Language::of(Spec::Mvp) };
                let expected = Language { features: base.features | added, ..base };
                assert_eq!(of_folder(&path, base), Ok(expected), "{folder}");
            }
        }
    }

    #[test]
    fn flags_of_wizard_add_features() {
        use WasmFeatures as F;
        let root = tempfile::tempdir().expect("a folder");
        let base = Language::of(Spec::Mvp);
        let elsewhere = Language { dialect: Dialect::Wasmtime, ..base };
        let write = |text: &str| std::fs::write(root.path().join("flags"), text).expect("writable");
        write("--ext:threads,tail-call --other\n--ext:legacy-eh");
        let features = base.features | F::THREADS | F::TAIL_CALL | F::LEGACY_EXCEPTIONS;
        assert_eq!(of_folder(root.path(), base), Ok(Language { features, ..base }));
        assert_eq!(of_folder(root.path(), elsewhere), Ok(elsewhere));
        let unknown = HeaderError::unsupported(1, "unknown Wizard extension 'flux'".into());
        write("--ext:threads,flux");
        assert_eq!(of_folder(root.path(), base), Err(unknown.clone()));
        write("");
        let folder = root.path().join("ext:flux");
        std::fs::create_dir(&folder).expect("writable");
        assert_eq!(of_folder(&folder, base), Err(unknown));
        assert_eq!(of_folder(&folder, elsewhere), Ok(elsewhere));
    }
}
