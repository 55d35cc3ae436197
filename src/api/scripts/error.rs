//! Why scripts cannot be loaded or run.

/// Why scripts cannot be loaded, or a matrix cannot be run. Problems within a script are in its records.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A path that does not exist, or a folder without scripts.
    #[error("{0}")]
    Load(String),
    /// A text that is not a script.
    #[error("{file}:{line}:{column}: {message}")]
    Syntax {
        /// Path or name of the script.
        file: String,
        /// 1-based; 0 if the file as a whole cannot be read.
        line: u32,
        /// 1-based, in characters; 0 if only the line is known.
        column: u32,
        /// The problem.
        message: String,
    },
    /// A filter that matches no script, with similar names if there are any.
    #[error("{0}")]
    Filter(String),
    /// A column that does not exist, or whose name is already taken.
    #[error("{0}")]
    Column(String),
    /// A worker process or a thread cannot be started.
    #[error("{0}")]
    Start(String),
    /// A report cannot be written.
    #[error("{0}")]
    Report(String),
}
