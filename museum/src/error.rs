//! The errors of a run.

use crate::patches::{Means, UnknownBug, VARIABLE};
use std::io;
use std::path::PathBuf;
use wasmoon::conformance::read::error::SuiteError;
use wasmoon::conformance::read::files::ReadError;
use wasmoon::triage::FileError;

/// The reason why a run cannot continue.
#[derive(Debug, thiserror::Error)]
pub enum MuseumError {
    /// A name on the command line is not one of a bug.
    #[error(transparent)]
    UnknownBug(#[from] UnknownBug),
    /// A bug is planted in the process that is to plant all of them.
    #[error("{VARIABLE} is set: this command plants the bugs itself")]
    Planted,
    /// A child process cannot be started.
    #[error("cannot start {args}: {source}")]
    Start {
        /// Its arguments.
        args: String,
        /// The error of the system.
        source: io::Error,
    },
    /// A file or folder cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The hashes in a file cannot be decoded or encoded.
    #[error("{}: {source}", .path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// The error of the decoder or encoder.
        source: serde_json::Error,
    },
    /// The scripts cannot be selected.
    #[error(transparent)]
    Suite(#[from] SuiteError),
    /// A script cannot be read.
    #[error("{place}: {source}")]
    Script {
        /// The place of the script.
        place: String,
        /// The reason.
        source: ReadError,
    },
    /// A record is about a script that the suite does not have.
    #[error("{0}: no such file")]
    NoScript(String),
    /// The process that compiles everything failed.
    #[error("no hashes with {bug}: {complaint}")]
    NoHashes {
        /// The planted bug.
        bug: String,
        /// The child's standard error.
        complaint: String,
    },
    /// The output of the process that compiles everything cannot be read.
    #[error("hashes with {bug}: {source}")]
    Hashes {
        /// The planted bug.
        bug: String,
        /// The error of the decoder.
        source: serde_json::Error,
    },
    /// A check of the compiler fails although no bug is planted.
    #[error("without any bug: {0}")]
    Unplanted(String),
    /// The results cannot be encoded.
    #[error(transparent)]
    Encode(#[from] serde_json::Error),
    /// This executable cannot be read.
    #[error("this executable: {0}")]
    Executable(#[source] io::Error),
    /// Standard output is closed, or its disk is full.
    #[error("cannot write standard output: {0}")]
    Stdout(#[source] io::Error),
    /// A bug could not be tried.
    #[error("{bug}: {source}")]
    Bug {
        /// The bug.
        bug: &'static str,
        /// The reason.
        source: Box<MuseumError>,
    },
}

/// A name that no means has.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("there are {}", Means::ALL.map(Means::name).join(", "))]
pub struct UnknownMeans;
