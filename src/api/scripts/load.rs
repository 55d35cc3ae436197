//! Scripts, and where they come from.

use super::error::Error;
use crate::conformance::lockstep::alone;
use crate::conformance::read::files::ReadError;
use crate::conformance::read::kind::NotText;
use crate::conformance::read::language::Dialect;
use crate::conformance::read::suite::{Source, Suite, SuiteFile};
use crate::conformance::selection::{Filter, select_files};
use crate::module::features;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A list of scripts.
///
/// A script has a group and a name. Its language is the newest version of the specification, unless its group is of
/// another version or of a proposal, or it begins with a header: `;;! threads = true` enables a proposal.
#[derive(Clone, Debug)]
pub struct Scripts(pub(super) Suite);

impl Scripts {
    /// Returns the official testsuite, which is embedded in this crate, and wasmoon's own scripts.
    ///
    /// ```
    /// # use wasmoon::scripts::Scripts;
    /// let scripts = Scripts::embedded()?.filter("core::i32")?;
    /// assert_eq!(scripts.iter().map(|script| script.to_string()).collect::<Vec<_>>(), ["core/i32"]);
    /// # Ok::<(), wasmoon::scripts::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Load`](Error::Load) in a broken checkout of wasmoon.
    pub fn embedded() -> Result<Scripts, Error> {
        Suite::embedded().map(Scripts).map_err(|error| Error::Load(error.to_string()))
    }

    /// Returns a script, or all scripts in a folder and below it: `.wast` files, and `.json` files as `wast2json`
    /// writes them.
    ///
    /// # Errors
    /// [`Load`](Error::Load) if there is nothing at the path, or no script in the folder. The scripts themselves are
    /// read later: see [`Script::check`].
    pub fn path(path: impl AsRef<Path>) -> Result<Scripts, Error> {
        let paths = [path.as_ref().to_path_buf()];
        Suite::paths(&paths, Dialect::Spec).map(Scripts).map_err(|error| Error::Load(error.to_string()))
    }

    /// Returns a script from its text. Its group is `text`.
    pub fn text(name: &str, text: &str) -> Scripts {
        Scripts(Suite::given("text", name, text))
    }

    /// Returns the scripts whose name `group::name` (`group::theme::name` in the embedded suite) contains a text.
    ///
    /// # Errors
    /// [`Filter`](Error::Filter) if there is none.
    pub fn filter(&self, text: &str) -> Result<Scripts, Error> {
        let files = select_files(&self.0, &Filter::new(text)).map_err(|nothing| Error::Filter(nothing.to_string()))?;
        Ok(Scripts(Suite { files, ..self.0.clone() }))
    }

    /// Adds other scripts. A script whose group and name are taken gets another name.
    pub fn append(&mut self, other: Scripts) {
        self.0.append(other.0);
    }

    /// The scripts, in the order in which they are reported.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Script> + '_ {
        self.0.files.iter().cloned().map(Script)
    }

    /// The number of scripts.
    pub fn len(&self) -> usize {
        self.0.files.len()
    }

    /// Returns whether there are no scripts.
    pub fn is_empty(&self) -> bool {
        self.0.files.is_empty()
    }
}

/// One script.
#[derive(Clone)]
pub struct Script(Arc<SuiteFile>);

impl Script {
    pub(super) fn new(file: &Arc<SuiteFile>) -> Script {
        Script(Arc::clone(file))
    }

    /// Its group, as [`Record::group`](super::Record::group).
    pub fn group(&self) -> &str {
        &self.0.group
    }

    /// Its name in the group, as [`Record::file`](super::Record::file).
    pub fn name(&self) -> &str {
        &self.0.stem
    }

    /// Its file, if it is in one.
    pub fn path(&self) -> Option<&Path> {
        match &self.0.source {
            Source::Disk(path) => Some(path),
            Source::Embedded(_) | Source::Given(_) => None,
        }
    }

    /// The version of the specification that it is written for: `mvp`, `1.0`, `2.0`, `3.0` or `latest`.
    pub fn spec(&self) -> &'static str {
        self.0.language.spec.name()
    }

    /// Returns whether its modules may use a feature, by the name of the proposal: `threads`, `multi-memory`, `gc`, ….
    /// Modules that use any other feature are invalid.
    pub fn has_feature(&self, name: &str) -> bool {
        features::by_name(name).is_some_and(|feature| self.0.language.features.contains(feature))
    }

    /// Returns whether it expects every NaN made by an operator to be canonical.
    pub fn canonical_nans(&self) -> bool {
        self.0.language.canonical_nans
    }

    /// Reads it without running anything. A script that cannot be read fails in every column when it is run.
    ///
    /// # Errors
    /// [`Syntax`](Error::Syntax), with the position.
    ///
    /// ```
    /// # use wasmoon::scripts::Scripts;
    /// let scripts = Scripts::text("wrong", "(module)\n(assert_nothing)");
    /// let error = scripts.iter().next().expect("one").check().unwrap_err();
    /// assert!(error.to_string().starts_with("text/wrong:2:2: "), "{error}");
    /// ```
    pub fn check(&self) -> Result<(), Error> {
        let file = &self.0;
        let wrong = |line, column, message| Error::Syntax { file: file.place(), line, column, message };
        if let Some(trouble) = &file.trouble {
            return Err(wrong(trouble.line, 0, trouble.message.clone()));
        }
        let text = file.text().map_err(|error| match &error {
            ReadError::NotText(NotText::Utf8(at)) => wrong(at.line, at.column, error.to_string()),
            _ => wrong(0, 0, error.to_string()),
        })?;
        alone::read(&text, &file.language, file.json_folder().as_ref(), |_| ())
            .map_err(|error| wrong(error.line, error.column, error.message))
    }
}

/// The group and name, separated by a slash.
impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.key())
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Script({self})")
    }
}
