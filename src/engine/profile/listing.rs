//! The text of a module in a file, to which the lines of profilers and debuggers refer.

use super::{ProfileError, Symbol};
use crate::module::Module;
use crate::text::reason;
use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A listing that has been written.
pub(super) struct Listing {
    /// The absolute path.
    pub path: String,
    /// The line number of each operator, by its offset in the binary.
    pub lines: BTreeMap<u32, u32>,
}

impl Listing {
    /// Writes `jit-PID-N.wat`, either completely or not at all.
    ///
    /// # Errors
    /// The path, and why it cannot be written.
    pub fn write(folder: &Path, number: u32, module: &Module) -> Result<Listing, ProfileError> {
        let path = folder.join(format!("jit-{}-{number}.wat", std::process::id()));
        let mut text = String::new();
        let mut lines = BTreeMap::new();
        let mut config = wasmprinter::Config::new();
        let printed = config
            .indent_text("  ")
            .features(module.features)
            .offsets_and_lines(&module.bytes, &mut text)
            .map_err(|e| ProfileError::Listing(format!("{e:#}")))?;
        for (i, (offset, _)) in printed.enumerate() {
            if let Some(offset) = offset {
                lines.entry(offset as u32).or_insert(i as u32 + 1);
            }
        }
        let permissions = Permissions::from_mode(0o666);
        tempfile::Builder::new()
            .prefix(".wasmoon-")
            .permissions(permissions)
            .tempfile_in(folder)
            .and_then(|mut file| file.write_all(text.as_bytes()).map(|()| file))
            .and_then(|file| file.persist(&path).map_err(|e| e.error))
            .map_err(|e| ProfileError::File { path: path.clone(), error: io::Error::new(e.kind(), reason(&e)) })?;
        Ok(Listing { path: path.to_string_lossy().into_owned(), lines })
    }
}

/// The lines that code comes from.
pub(super) struct Lines<'a> {
    pub listing: &'a Listing,
    /// Code offsets, each with the offset in the binary of the operator from there on; ascending. 0: no operator.
    pub sources: &'a [(u32, u32)],
}

impl Lines<'_> {
    /// Returns the positions where lines of a function begin: code offset, line number.
    pub fn of(&self, s: &Symbol) -> impl Iterator<Item = (u32, u32)> {
        let from = self.sources.partition_point(|l| l.0 < s.start);
        let to = self.sources.partition_point(|l| l.0 < s.end);
        let sources = self.sources[from..to].iter().filter(|l| l.1 != 0);
        sources.filter_map(|&(at, wasm)| Some((at, self.line(wasm)?)))
    }

    /// Returns the line of an offset in the binary.
    pub fn line(&self, wasm: u32) -> Option<u32> {
        self.listing.lines.range(..=wasm).next_back().map(|(_, &line)| line)
    }
}
