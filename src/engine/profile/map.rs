//! `/tmp/perf-PID.map`, where `perf report` looks for names of code that is not in a file.

use super::{ProfileError, Symbol, new_file};
use crate::runtime::code::CodeObject;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

/// A map being written. Lines are written as code is published, so that a process that dies leaves a complete map.
pub(super) struct PerfMap {
    pub path: PathBuf,
    pub file: File,
}

impl PerfMap {
    /// # Errors
    /// The path, and why it cannot be written.
    pub fn create() -> Result<PerfMap, ProfileError> {
        // perf requires this folder.
        let path = PathBuf::from(format!("/tmp/perf-{}.map", std::process::id()));
        let failed = |error| ProfileError::Map { path: path.clone(), error };
        let file = new_file(&path, &mut File::options()).map_err(failed)?;
        Ok(PerfMap { path, file })
    }

    /// # Errors
    /// As [`PerfMap::create`].
    pub fn add(&mut self, object: &CodeObject, symbols: &[Symbol]) -> Result<(), ProfileError> {
        let lines = lines(object.base() as usize, symbols);
        self.file.write_all(lines.as_bytes()).map_err(|error| ProfileError::File { path: self.path.clone(), error })
    }
}

/// Returns one line for each function: address and size in hexadecimal, name.
pub(super) fn lines(base: usize, symbols: &[Symbol]) -> String {
    let mut text = String::new();
    for s in symbols {
        let _ = writeln!(text, "{:x} {:x} {}", base + s.start as usize, s.end - s.start, s.name);
    }
    text
}
