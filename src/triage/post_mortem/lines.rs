//! Source lines of a module that carries DWARF in custom sections, as compilers write with `-g`.
//!
//! Addresses in DWARF for WebAssembly count from the beginning of the code section's contents.

use crate::conformance::read::files::{LeftOut, ReadError};
use crate::module::{self, Module};
use addr2line::Context;
use addr2line::gimli::{DW_AT_ranges, Dwarf, EndianSlice, LittleEndian, SectionId};
use std::collections::HashMap;
use std::path::Path;
use wasmparser::{Parser, Payload};

type Reader<'m> = EndianSlice<'m, LittleEndian>;

/// A custom section.
struct Section<'m> {
    contents: &'m [u8],
    /// The offset of its contents in the module's binary.
    start: usize,
}

/// The maximum number of bytes of memory that reading takes for each byte of DWARF: abbreviations, rows of line tables, file
/// names.
const BYTES_PER_BYTE: u64 = 64;

/// The DWARF of a module, and the limit on the cost of reading it.
#[derive(Clone, Copy, Debug, Default)]
pub struct DebugInfo<'a> {
    /// The maximum number of bytes of memory that reading it may take, by an upper estimate; `None` for no limit.
    pub memory: Option<u64>,
    /// What was left out of the module when its file was read.
    pub left_out: Option<&'a LeftOut>,
}

/// Why there are no lines, although there is DWARF.
#[derive(Debug, thiserror::Error)]
pub enum NoLines<'a> {
    /// Reading it may take more memory than allowed, or is out of proportion to its size.
    #[error("{bytes} bytes of DWARF are too much to read (--max-compile)")]
    TooLarge {
        /// The size of all its sections in bytes.
        bytes: u64,
    },
    /// The file that contains it cannot be read again, or has changed.
    #[error("{}: {why}", .path.display())]
    File {
        /// The file.
        path: &'a Path,
        /// The error.
        why: &'a ReadError,
    },
}

/// The maximum nesting of entries. Those of inlined functions are read recursively.
const MOST_NESTED: isize = 200;
/// The maximum number of entries, attributes and ranges for each byte of DWARF: all entries may share the attributes of one
/// abbreviation, and the ranges of one list.
const READ_PER_BYTE: u64 = 4;

/// The DWARF in these sections, if it can be read.
fn dwarf<'m>(sections: &HashMap<&str, Section<'m>>) -> Option<Dwarf<Reader<'m>>> {
    let load = |id: SectionId| {
        let bytes = sections.get(id.name()).map_or(&[][..], |section| section.contents);
        Ok::<_, addr2line::gimli::Error>(Reader::new(bytes, LittleEndian))
    };
    Dwarf::load(load).ok()
}

/// Whether entries are not nested too deeply, and have a number of attributes and ranges in proportion to `bytes`. Broken DWARF
/// is checked up to the first error, beyond which nothing is read.
fn is_in_proportion(dwarf: &Dwarf<Reader<'_>>, bytes: u64) -> bool {
    let mut left = bytes.saturating_mul(READ_PER_BYTE);
    let mut take = |count: u64| left.checked_sub(count).inspect(|rest| left = *rest).is_some();
    let mut units = dwarf.units();
    while let Ok(Some(header)) = units.next() {
        let Ok(unit) = dwarf.unit(header) else { continue };
        let Ok(mut entries) = unit.header.entries_raw(&unit.abbreviations, None) else { continue };
        while !entries.is_empty() {
            if entries.next_depth() > MOST_NESTED {
                return false;
            }
            let abbreviation = match entries.read_abbreviation() {
                Ok(Some(abbreviation)) => abbreviation,
                Ok(None) => continue,
                Err(_) => break,
            };
            if !take(1 + abbreviation.attributes().len() as u64) {
                return false;
            }
            let mut is_broken = false;
            for specification in abbreviation.attributes() {
                let Ok(attribute) = entries.read_attribute(*specification) else {
                    is_broken = true;
                    break;
                };
                if attribute.name() != DW_AT_ranges {
                    continue;
                }
                let Ok(Some(mut ranges)) = dwarf.attr_ranges(&unit, attribute.value()) else { continue };
                while let Ok(Some(_)) = ranges.next() {
                    if !take(1) {
                        return false;
                    }
                }
            }
            if is_broken {
                break;
            }
        }
    }
    true
}

/// The source lines of a module's code.
pub struct Lines<'m> {
    context: Context<Reader<'m>>,
    /// The offset of the contents of the code section in the module's binary.
    code: u32,
}

impl<'m> Lines<'m> {
    /// Reads the line table of a module; `None` if the module has no DWARF, or only DWARF that cannot be read.
    ///
    /// # Errors
    /// See [`NoLines`].
    pub fn of(module: &'m Module, debug_info: DebugInfo<'m>) -> Result<Option<Lines<'m>>, NoLines<'m>> {
        let mut sections = HashMap::new();
        let mut code = None;
        for payload in Parser::new(0).parse_all(&module.bytes).map_while(Result::ok) {
            match payload {
                Payload::CodeSectionStart { unchecked_range, .. } => code = Some(unchecked_range.start as u32),
                Payload::CustomSection(section) if section.name().starts_with(".debug_") => {
                    let start = section.data_offset() as usize;
                    sections.insert(section.name(), Section { contents: section.data(), start });
                }
                _ => {}
            }
        }
        if !sections.contains_key(".debug_line") {
            return Ok(None);
        }
        let bytes: u64 = sections.values().map(|section| section.contents.len() as u64).sum();
        if debug_info.memory.is_some_and(|memory| bytes.saturating_mul(BYTES_PER_BYTE) > memory) {
            return Err(NoLines::TooLarge { bytes });
        }
        if let Some(left_out) = debug_info.left_out {
            let read = left_out.contents(&module.bytes).map_err(|why| NoLines::File { path: left_out.path(), why })?;
            let read: HashMap<usize, &[u8]> = read.map(|(place, contents)| (place.start, contents)).collect();
            for section in sections.values_mut() {
                section.contents = read.get(&section.start).copied().unwrap_or(section.contents);
            }
        }
        let (Some(code), Some(dwarf)) = (code, dwarf(&sections)) else { return Ok(None) };
        if !is_in_proportion(&dwarf, bytes) {
            return Err(NoLines::TooLarge { bytes });
        }
        Ok(Context::from_dwarf(dwarf).ok().map(|context| Lines { context, code }))
    }

    /// Returns the source of an operator, given by its offset in the module's binary: `at file.c:12:3`. Functions
    /// inlined there come first, each with its name.
    pub fn at(&self, offset: u32) -> Vec<String> {
        let Some(address) = offset.checked_sub(self.code) else { return Vec::new() };
        let Ok(mut frames) = self.context.find_frames(address.into()).skip_all_loads() else { return Vec::new() };
        let mut found = Vec::new();
        // Broken DWARF gives the frames read before the error.
        while let Ok(Some(frame)) = frames.next() {
            let Some(location) = frame.location else { continue };
            let Some(file) = location.file else { continue };
            let mut text = format!("at {}", module::short(file).escape_debug());
            for number in [location.line, location.column].into_iter().flatten().filter(|&n| n != 0) {
                text.push_str(&format!(":{number}"));
            }
            let name = frame.function.as_ref().and_then(|f| f.raw_name().ok());
            found.push((text, name.map(|name| module::short(&name).escape_debug().to_string())));
        }
        let last = found.len().saturating_sub(1);
        let text = |(i, (text, name)): (usize, (String, Option<String>))| match name {
            // The outermost is the function of the frame, whose name is known.
            Some(name) if i < last => format!("{text} (inlined '{name}')"),
            _ => text,
        };
        found.into_iter().enumerate().map(text).collect()
    }
}
