//! Names of JIT code for profilers and debuggers: a map or a dump for `perf`, symbol files for GDB.
//!
//! Profiling belongs to the process, not to an engine: it is switched on once, before the first module is compiled, and
//! from then on each piece of code is registered when it is published. If it is off, publishing reads one atomic.
//!
//! | file | for |
//! |---|---|
//! | `map` | `perf report`: a line for each function in `/tmp/perf-PID.map` |
//! | `jitdump` | `perf inject --jit`: the code as well, with lines of a listing |
//! | `symbols`, `dwarf` | GDB: an ELF file in memory, with names, unwind rules and lines |
//! | `listing` | both: the text that lines refer to |
//!
//! If a file can no longer be written, it is given up, and [`finish`] reports that; the profiled program continues.

#[cfg(test)]
mod debugger_tests;
mod dwarf;
mod jitdump;
mod listing;
mod map;
#[cfg(test)]
mod profiler_tests;
mod symbols;
#[cfg(test)]
mod tests;

use crate::module::{BodyIndex, BodyKind, Module};
use crate::runtime::code::{CodeObject, FunctionKind, FunctionRange};
use crate::runtime::sys::observers::SymbolFile;
use crate::target::Target;
use jitdump::Jitdump;
use listing::{Lines, Listing};
use map::PerfMap;
use parking_lot::Mutex;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Why profiling failed.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// A folder for the files is not writable.
    #[error("cannot write to {}: {error}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The map for perf cannot be written.
    #[error("cannot write {}: {error} (perf looks for names there)", path.display())]
    Map {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// Another file cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// A dump cannot be mapped, so perf would not find it.
    #[error("cannot map {} as code, which is how perf finds it: {error}; choose another folder", path.display())]
    Marker {
        /// The dump.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The listing of a module cannot be printed, with the printer's error.
    #[error("cannot list the module: {0}")]
    Listing(String),
    /// A symbol file for GDB cannot be made.
    #[error("cannot make symbols for GDB: {0}")]
    Symbols(object::write::Error),
    /// Profiling was switched on twice in this process.
    #[error("profiling is already on in this process")]
    Twice,
}

/// A profiler or debugger that is informed about code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// `perf report`, through a map.
    PerfMap,
    /// `perf inject --jit`, through a dump.
    Jitdump,
    /// GDB.
    Gdb,
}

impl Audience {
    /// The names used on the command line.
    pub const NAMES: [(&str, Audience); 3] =
        [("map", Audience::PerfMap), ("jitdump", Audience::Jitdump), ("gdb", Audience::Gdb)];
}

#[derive(Default)]
struct ProfileState {
    map: Option<PerfMap>,
    dump: Option<Jitdump>,
    gdb: bool,
    /// The folder for listings, if lines are wanted.
    listings: Option<PathBuf>,
    modules: u32,
    problem: Option<ProfileError>,
}

impl ProfileState {
    /// Writes the listing of a module if lines of it are wanted.
    fn list(&mut self, source: Option<CodeSource<'_>>) -> Option<Listing> {
        let (folder, source) = self.listings.as_ref().zip(source)?;
        let number = self.modules;
        self.modules += 1;
        match Listing::write(folder, number, source.module) {
            Ok(listing) => Some(listing),
            Err(e) => {
                self.listings = None;
                self.problem.get_or_insert(e);
                None
            }
        }
    }
}

static STATE: OnceLock<Mutex<ProfileState>> = OnceLock::new();

/// Switches profiling on for this process. A dump and listings go to `folder`, by default the current one; GDB gets
/// lines only if a folder is given.
///
/// # Errors
/// If a file cannot be created, with its path, or if profiling is already on.
pub fn start(audiences: &[Audience], folder: Option<&Path>) -> Result<(), ProfileError> {
    let mut state = ProfileState { gdb: audiences.contains(&Audience::Gdb), ..ProfileState::default() };
    let dumps = audiences.contains(&Audience::Jitdump);
    if dumps || state.gdb && folder.is_some() {
        let folder = folder.unwrap_or(Path::new("."));
        // Whoever reads a listing or a dump may be in another folder.
        let whole =
            std::fs::canonicalize(folder).map_err(|error| ProfileError::Folder { folder: folder.into(), error })?;
        state.listings = Some(whole);
    }
    if audiences.contains(&Audience::PerfMap) {
        state.map = Some(PerfMap::create()?);
    }
    if let (true, Some(folder)) = (dumps, &state.listings) {
        state.dump = Some(Jitdump::create(folder)?);
    }
    STATE.set(Mutex::new(state)).map_err(|_| ProfileError::Twice)
}

/// Ends profiling and reports whether everything was written.
///
/// # Errors
/// The first failure: the file, and why it could not be written.
pub fn finish() -> Result<(), ProfileError> {
    let Some(state) = STATE.get() else { return Ok(()) };
    let mut state = state.lock();
    if let Some(dump) = state.dump.take()
        && let Err(e) = dump.close()
    {
        state.problem.get_or_insert(e);
    }
    state.problem.take().map_or(Ok(()), Err)
}

/// The rules for unwinding a function's frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameRules {
    /// Compiled code: preserves nothing except the frame pointer.
    Compiled,
    /// Entry from Rust: preserves the registers that its caller expects.
    Entry,
}

/// A function of published code.
#[derive(Clone, Debug)]
pub(super) struct Symbol {
    /// The bounds, as offsets in the code object.
    pub start: u32,
    pub end: u32,
    pub name: String,
    pub frame: FrameRules,
    /// The offset of the body in the module's binary.
    pub wasm: Option<u32>,
}

/// The module that code was compiled from, and its operators: code offset, offset in the binary.
#[derive(Clone, Copy)]
pub(super) struct CodeSource<'a> {
    pub module: &'a Module,
    pub lines: &'a [(u32, u32)],
}

/// Published code that is registered with profilers and debuggers. Drop it before the code.
#[derive(Debug, Default)]
pub(super) struct Published {
    _symbols: Option<SymbolFile>,
}

/// Registers the code of a module.
pub(super) fn publish_module(object: &CodeObject, source: CodeSource<'_>) -> Published {
    publish(object, Some(source), || {
        let functions = object.tables().functions.iter();
        let describe = |kind| match kind {
            FunctionKind::Body(body) => {
                let start = source.module.bodies[body.0 as usize].range.start;
                (body_name(source.module, body), FrameRules::Compiled, Some(start as u32))
            }
            // The adapter of code that begins at a loop.
            FunctionKind::Adapter => (ENTER.0.to_string(), ENTER.1, None),
        };
        let symbol = |f: &FunctionRange| {
            let (name, frame, wasm) = describe(f.kind);
            Symbol { start: f.start, end: f.end, name, frame, wasm }
        };
        functions.map(symbol).collect()
    })
}

/// The adapter from Rust to compiled code: its name, and its unwind rules.
const ENTER: (&str, FrameRules) = ("wasm::enter", FrameRules::Entry);

/// Opens a file that only this process has created. An earlier process's file with the same name is removed, and a link is
/// not followed, since others may be able to write to the folder.
fn new_file(path: &Path, options: &mut std::fs::OpenOptions) -> io::Result<std::fs::File> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    options.write(true).create_new(true).open(path)
}

/// Registers pairs of adapters.
pub(super) fn publish_adapters(object: &CodeObject) -> Published {
    const NAMES: [(&str, FrameRules); 2] = [ENTER, ("wasm::leave", FrameRules::Compiled)];
    publish(object, None, || {
        let functions = object.tables().functions.iter().zip(NAMES.iter().cycle());
        let symbol = |(f, &(name, frame)): (&FunctionRange, &(&str, FrameRules))| Symbol {
            start: f.start,
            end: f.end,
            name: name.into(),
            frame,
            wasm: None,
        };
        functions.map(symbol).collect()
    })
}

fn publish(object: &CodeObject, source: Option<CodeSource<'_>>, symbols: impl FnOnce() -> Vec<Symbol>) -> Published {
    let Some(state) = STATE.get() else { return Published::default() };
    let mut state = state.lock();
    let symbols = symbols();
    let listing = state.list(source);
    let lines = source.zip(listing.as_ref()).map(|(s, listing)| Lines { listing, sources: s.lines });
    if let Some(map) = &mut state.map
        && let Err(e) = map.add(object, &symbols)
    {
        state.map = None;
        state.problem.get_or_insert(e);
    }
    if let Some(dump) = &mut state.dump
        && let Err(e) = dump.add(object, &symbols, lines.as_ref())
    {
        state.dump = None;
        state.problem.get_or_insert(e);
    }
    let target = Target::native().filter(|_| state.gdb);
    let file = target.map(|target| symbols::file(target, object, &symbols, lines.as_ref())).transpose();
    match file {
        Ok(file) => Published { _symbols: file.map(SymbolFile::register) },
        Err(e) => {
            state.gdb = false;
            state.problem.get_or_insert(ProfileError::Symbols(e));
            Published::default()
        }
    }
}

/// Returns the function's name, or one made from its number. Characters that would end a line or a string are replaced:
/// names in hostile modules may contain anything.
fn body_name(module: &Module, body: BodyIndex) -> String {
    let name = match module.bodies[body.0 as usize].kind {
        BodyKind::Const(_) => format!("wasm::const_{}", body.0 - module.num_defined_functions()),
        BodyKind::Function(f) => match module.function_names().get(&f) {
            Some(name) if !name.is_empty() => name.clone(),
            _ => format!("wasm[{f}]::func_{f}"),
        },
    };
    name.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
