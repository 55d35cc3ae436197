//! `jit-PID.dump`: code, names and lines, from which `perf inject --jit` creates a file for each function, for `perf
//! annotate`. The format is documented in `tools/perf/Documentation/jitdump-specification.txt` of Linux.
//!
//! Lines refer to a listing of the module, which is written next to it.

use super::listing::Lines;
use super::{ProfileError, Symbol, new_file};
use crate::runtime::code::CodeObject;
use crate::runtime::sys::observers::{map_as_marker, monotonic_nanoseconds, thread_id};
use crate::target::Target;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// "JiTD", read as a number in this machine's byte order.
const MAGIC: u32 = 0x4a69_5444;
const VERSION: u32 = 1;
/// ELF's machine number for "none".
const NO_MACHINE: u32 = 0;
const HEADER_BYTES: u32 = 40;

// Record kinds.
const CODE_LOAD: u32 = 0;
const DEBUG_INFO: u32 = 2;
const CODE_CLOSE: u32 = 3;

/// A dump being written. Records are written as code is published, so that a process that dies leaves a complete dump.
pub(super) struct Jitdump {
    pub path: PathBuf,
    pub file: File,
    functions: u64,
}

impl Jitdump {
    /// # Errors
    /// The path, and why it cannot be written or mapped.
    pub fn create(folder: &Path) -> Result<Jitdump, ProfileError> {
        let failed = |path: &Path, error| ProfileError::File { path: path.into(), error };
        // perf finds the dump by its absolute path.
        let folder = std::fs::canonicalize(folder).map_err(|e| failed(folder, e))?;
        let path = folder.join(format!("jit-{}.dump", std::process::id()));
        let mut file = new_file(&path, File::options().read(true)).map_err(|e| failed(&path, e))?;
        file.write_all(&header()).map_err(|e| failed(&path, e))?;
        map_as_marker(&file).map_err(|error| ProfileError::Marker { path: path.clone(), error })?;
        Ok(Jitdump { path, file, functions: 0 })
    }

    /// # Errors
    /// As [`Jitdump::create`].
    pub fn add(
        &mut self,
        object: &CodeObject,
        symbols: &[Symbol],
        lines: Option<&Lines<'_>>,
    ) -> Result<(), ProfileError> {
        let mut records = Vec::new();
        for s in symbols {
            if let Some(lines) = lines {
                debug_info(&mut records, object, s, lines);
            }
            code_load(&mut records, object, s, self.functions);
            self.functions += 1;
        }
        self.write(&records)
    }

    /// # Errors
    /// As [`Jitdump::create`].
    pub fn close(mut self) -> Result<(), ProfileError> {
        let mut records = Vec::new();
        record(&mut records, CODE_CLOSE, |_| {});
        self.write(&records)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), ProfileError> {
        self.file.write_all(bytes).map_err(|error| ProfileError::File { path: self.path.clone(), error })
    }
}

pub(super) fn header() -> Vec<u8> {
    let mut bytes = Vec::new();
    let machine = Target::native().map_or(NO_MACHINE, |target| target.elf_machine.into());
    for word in [MAGIC, VERSION, HEADER_BYTES, machine, 0, std::process::id()] {
        bytes.extend(word.to_ne_bytes());
    }
    bytes.extend(monotonic_nanoseconds().to_ne_bytes());
    bytes.extend(0u64.to_ne_bytes());
    bytes
}

/// Appends a record: its kind, its total size, the time, and what `body` appends.
fn record(out: &mut Vec<u8>, kind: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend(kind.to_ne_bytes());
    out.extend(0u32.to_ne_bytes());
    out.extend(monotonic_nanoseconds().to_ne_bytes());
    body(out);
    let size = (out.len() - start) as u32;
    out[start + 4..start + 8].copy_from_slice(&size.to_ne_bytes());
}

fn string(out: &mut Vec<u8>, text: &str) {
    out.extend(text.bytes().filter(|&b| b != 0));
    out.push(0);
}

/// Appends the record of lines, which belongs to the function that is loaded next.
pub(super) fn debug_info(out: &mut Vec<u8>, object: &CodeObject, s: &Symbol, lines: &Lines<'_>) {
    let entries: Vec<(u64, u32)> = lines.of(s).map(|(at, line)| (object.address(at) as u64, line)).collect();
    if entries.is_empty() {
        return;
    }
    record(out, DEBUG_INFO, |out| {
        out.extend((object.address(s.start) as u64).to_ne_bytes());
        out.extend((entries.len() as u64).to_ne_bytes());
        for (address, line) in entries {
            out.extend(address.to_ne_bytes());
            out.extend(line.to_ne_bytes());
            out.extend(0u32.to_ne_bytes());
            string(out, &lines.listing.path);
        }
    });
}

pub(super) fn code_load(out: &mut Vec<u8>, object: &CodeObject, s: &Symbol, number: u64) {
    record(out, CODE_LOAD, |out| {
        out.extend(std::process::id().to_ne_bytes());
        out.extend(thread_id().to_ne_bytes());
        let address = object.address(s.start) as u64;
        for word in [address, address, u64::from(s.end - s.start), number] {
            out.extend(word.to_ne_bytes());
        }
        string(out, &s.name);
        out.extend_from_slice(&object.bytes()[s.start as usize..s.end as usize]);
    });
}
