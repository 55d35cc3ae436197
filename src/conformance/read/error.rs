//! Errors from reading scripts and suites.

use super::find_scripts::FolderError;
use super::language::Spec;
use crate::text::one_line;
use std::io;
use std::path::PathBuf;

/// Why a text is not a script, and where in it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct ScriptError {
    /// The 1-based line.
    pub line: u32,
    /// The 1-based column, in bytes.
    pub column: u32,
    /// The parser's message.
    pub message: String,
}

impl ScriptError {
    pub(super) fn of(e: &wast::Error, text: &str) -> ScriptError {
        let (line, column) = e.span().linecol_in(text);
        ScriptError { line: line as u32 + 1, column: column as u32 + 1, message: one_line(&e.message()).into_owned() }
    }
}

/// A message about a script, prefixed with the file. A message that has a position begins with it: `FILE:LINE:COL: …`.
pub fn in_file(file: &str, message: &str) -> String {
    let colon = if message.starts_with(|c: char| c.is_ascii_digit()) { ":" } else { ": " };
    format!("{file}{colon}{message}")
}

/// Why scripts could not be selected.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// The manifest is not TOML, or not a manifest.
    #[error("suite.toml: {0}")]
    Manifest(#[from] toml::de::Error),
    /// The manifest gives a group a feature that does not exist.
    #[error("suite.toml: group {group}: unknown feature '{feature}'")]
    UnknownFeature {
        /// The name of the group.
        group: String,
        /// The feature as the manifest writes it.
        feature: String,
    },
    /// The manifest names a file that is not embedded.
    #[error("suite.toml names {folder}/{stem}, which is not in the embedded suite")]
    NotEmbedded {
        /// The folder in the embedded data.
        folder: String,
        /// The file name without `.wast`.
        stem: String,
    },
    /// A version of the specification that has no files of its own.
    #[error("suite.toml has no files of version {}", .0.name())]
    NoVersion(Spec),
    /// A folder that should be a checkout but holds no script.
    #[error("{}: no .wast files found; expected a checkout of the testsuite repository", .0.display())]
    NotACheckout(PathBuf),
    /// A folder without scripts.
    #[error("{}: no .wast or .json files found", .0.display())]
    NoScript(PathBuf),
    /// A path that does not exist.
    #[error("{}: {error}", path.display())]
    NoPath {
        /// The path as it was given.
        path: PathBuf,
        /// The error of the system.
        #[source]
        error: io::Error,
    },
    /// A folder that cannot be read, or a script of `wast-extra/` in the wrong place.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The embedded files are not those of the manifest: one line for each difference.
    #[error("{}", .0.join("\n"))]
    Drift(Vec<String>),
}
