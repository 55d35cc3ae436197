//! Modules as files, in either format.

use super::Failed;
use crate::conformance::read::files::{self, ReadError};
use crate::conformance::read::kind::{self, InputKind, WantedInput, WrongKind};
use crate::conformance::read::language::Language;
use crate::conformance::read::syntax;
use crate::conformance::report::replay::quoted;
use crate::conformance::report::would_replace;
use crate::module::{DecodeError, Module, features, text};
use crate::text::counted;
use crate::triage;
use std::path::{Path, PathBuf};

/// Reads a file, pipe or device to its end; `-` is standard input.
///
/// # Errors
/// The message names the file. A file larger than [`files::LIMIT`] is also an error.
pub fn read(path: &Path) -> Result<Vec<u8>, Failed> {
    read_within(path, None)
}

/// Like [`read`], with the limit in bytes that an option sets.
///
/// # Errors
/// The same as for [`read`].
pub fn read_within(path: &Path, limit: Option<(u64, &str)>) -> Result<Vec<u8>, Failed> {
    read_by(files::any, path, limit)
}

/// Like [`read_within`], with one of the functions of [`files`].
///
/// # Errors
/// The same as for [`read`].
pub fn read_by(
    by: impl FnOnce(&Path, u64) -> Result<Vec<u8>, ReadError>,
    path: &Path,
    limit: Option<(u64, &str)>,
) -> Result<Vec<u8>, Failed> {
    let most = limit.map_or(files::LIMIT, |(most, _)| most);
    let (name, read) = if path == Path::new("-") {
        ("standard input".to_string(), files::bounded(std::io::stdin(), 0, most))
    } else {
        (path.display().to_string(), by(path, most))
    };
    Ok(read.map_err(|e| match (e, limit) {
        (ReadError::TooLarge(_), Some((most, option))) => too_large(&name, most, option),
        (e, _) => format!("{name}: {e}"),
    })?)
}

/// Returns a path quoted for a shell, in a form that no command takes for an option; `-` stays standard input.
pub fn word(path: &Path) -> String {
    let text = path.display().to_string();
    quoted(&if text.starts_with('-') && text != "-" { format!("./{text}") } else { text })
}

/// Refuses an output that would replace an input. `option` is the option that names another output.
///
/// # Errors
/// They are the same file.
pub fn spare(input: &Path, output: &Path, option: &str) -> Result<(), Failed> {
    match would_replace(output, input) {
        true => {
            Err(format!("{}: the input would be overwritten; choose another output with {option}", output.display())
                .into())
        }
        false => Ok(()),
    }
}

/// Refuses outputs that cannot be written, before the work that produces them. Each has the name of its option; folders
/// that do not exist will be created.
///
/// # Errors
/// The message is about the first such output.
pub fn check_whole(outputs: impl IntoIterator<Item = (&'static str, Option<PathBuf>)>) -> Result<(), Failed> {
    for (option, path) in outputs {
        if let Some(path) = path {
            triage::check_whole(&path).map_err(|e| format!("{option}: cannot write {e}"))?;
        }
    }
    Ok(())
}

/// Refuses a folder in which outputs cannot be created, before the work that produces them. `option` is the option that
/// names another folder.
///
/// # Errors
/// The message is about the folder.
pub fn check_folder(option: &str, folder: &Path) -> Result<(), Failed> {
    Ok(triage::check_folder(folder).map_err(|e| format!("{option}: cannot write {e}"))?)
}

/// Refuses inputs of which two are standard input: the second one would be empty.
///
/// # Errors
/// `-` is given twice.
pub fn one_stdin<'a>(inputs: impl IntoIterator<Item = &'a Path>) -> Result<(), Failed> {
    match inputs.into_iter().filter(|path| *path == Path::new("-")).count() {
        0 | 1 => Ok(()),
        _ => Err("standard input (`-`) can be read only once".into()),
    }
}

/// The message about an input that exceeds the limit set by an option.
pub fn too_large(name: &str, most: u64, option: &str) -> String {
    format!("{name}: larger than {}, the limit set by {option}", counted(most, "byte"))
}

/// Returns the binary of a module, which is encoded if it is text.
///
/// # Errors
/// Text that does not parse, with file, line and column; or an input of another kind.
pub fn binary(path: &Path, bytes: Vec<u8>) -> Result<Vec<u8>, Failed> {
    let is_named_binary = path.extension().is_some_and(|e| e == "wasm");
    let binary = match InputKind::of_binary(&bytes) {
        Some(InputKind::Binary) => bytes,
        Some(found) => return Err(wrong_kind(path, found, WantedInput::Binary)),
        None if is_named_binary => match InputKind::of(&bytes) {
            // The decoder reports what is wrong with it.
            InputKind::Unknown => bytes,
            found => return Err(wrong_kind(path, found, WantedInput::BinaryByName)),
        },
        None => {
            let text = kind::utf8(&bytes).map_err(|e| {
                format!("{}: neither a binary module (does not begin with \\0asm) nor text ({e})", path.display())
            })?;
            encode(path, text)?
        }
    };
    match InputKind::of_binary(&binary) {
        Some(found @ InputKind::Component) => Err(wrong_kind(path, found, WantedInput::Binary)),
        _ => Ok(binary),
    }
}

/// Returns the text of a file that must be text.
///
/// # Errors
/// It is a binary, or not UTF-8; the message names the file.
pub fn text(path: &Path, wanted: WantedInput) -> Result<String, Failed> {
    let bytes = read(path)?;
    let text = kind::text(&bytes, wanted).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(text.to_string())
}

/// Reads a file that must be a binary module. It may be malformed, but must not be anything else.
///
/// # Errors
/// The file cannot be read, or is an input of another kind.
pub fn binary_only(path: &Path) -> Result<Vec<u8>, Failed> {
    let bytes = read(path)?;
    match InputKind::of(&bytes) {
        InputKind::Binary => Ok(bytes),
        found => Err(wrong_kind(path, found, WantedInput::Binary)),
    }
}

/// The message about an input of a kind that the command does not take.
fn wrong_kind(path: &Path, found: InputKind, wanted: WantedInput) -> Failed {
    format!("{}: {}", path.display(), WrongKind { found, wanted }).into()
}

/// Decodes the module in a file, in the language that programs are run in: the newest version, with the proposals that
/// wasmoon supports.
///
/// # Errors
/// It is not a valid module of that language.
pub fn module(path: &Path, binary: &[u8]) -> Result<Module, Failed> {
    Module::new(binary, features::all()).map_err(|e| refused(path, &e))
}

/// The message about a file that is not a valid module.
pub fn refused(path: &Path, error: &DecodeError) -> Failed {
    format!("{}: {error}", path.display()).into()
}

/// Like [`binary`], for a module that is to be judged: text must follow the grammar strictly, while [`binary`] accepts
/// slightly more.
///
/// # Errors
/// The same as for [`binary`].
pub fn judged(path: &Path, bytes: Vec<u8>, language: &Language) -> Result<Vec<u8>, Failed> {
    let encoded = binary(path, bytes.clone())?;
    if encoded != bytes
        && let Ok(text) = kind::utf8(&bytes)
    {
        syntax::check(text, language).map_err(|e| format!("{}:{}", path.display(), e.located(text)))?;
    }
    Ok(encoded)
}

/// Encodes a module in the text format.
///
/// # Errors
/// The same as for [`binary`].
pub fn encode(path: &Path, text: &str) -> Result<Vec<u8>, Failed> {
    if text::is_component(text) {
        return Err(wrong_kind(path, InputKind::Component, WantedInput::Text));
    }
    text::encode(text).map_err(|e| match InputKind::of(text.as_bytes()) {
        found @ InputKind::Script => wrong_kind(path, found, WantedInput::Text),
        _ => text::shown(&e, &path.display().to_string(), text).into(),
    })
}
