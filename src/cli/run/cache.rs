//! `run --cache`: keeps compiled code of modules in a folder.

use crate::cli::way::Way;
use crate::cli::{Failed, values};
use crate::engine::compiled_file::{self, CompiledFile, CompiledFileError, EXTENSION, Key};
use crate::engine::{CompileError, CompileLimits, Engine};
use crate::module::Module;
use crate::runtime::store::Code;
use crate::runtime::sys::process::effective_user;
use crate::text::{counted, harmless, reason};
use std::fs::{DirBuilder, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};
use tempfile::NamedTempFile;

/// The permission bits that let the group and others write.
const OTHERS_WRITE: u32 = 0o022;
/// The default size of the folder, in bytes.
const DEFAULT_SIZE: u64 = 1 << 30;
/// The beginning and the end of the names of unfinished entries. In between are letters and digits.
const UNFINISHED: (&str, &str) = (".wasmoon-cache-", ".new");
/// The number of these letters and digits.
const RANDOM: usize = 12;
/// The environment variable that stands for `--cache`.
const VARIABLE: &str = "WASMOON_CACHE";

/// The options of the cache.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Cache")]
pub struct CacheArgs {
    /// Folder that keeps compiled code between runs. Every function is then compiled before the program starts, as with
    /// -O2, unless the folder already has the code. The folder must be yours, and no one else may be able to write to
    /// it. Not used with --no-jit, --only-funcs, --against, --profile-in, --profile-out, --perf or -g
    #[arg(long, value_name = "DIR", env = values::variable(VARIABLE))]
    cache: Option<PathBuf>,
    /// Maximum size of the cache folder, in bytes, or in KiB, MiB or GiB with suffix K, M or G; the least recently used
    /// code is deleted first [default: 1G]
    #[arg(long, value_name = "BYTES", requires = "cache", value_parser = values::bytes)]
    cache_size: Option<u64>,
    /// Print what the cache did, and how long it took
    #[arg(long, requires = "cache")]
    cache_stats: bool,
}

/// A folder of compiled code that only this user can write to.
pub struct Cache {
    /// The path without links, which is the one that was checked.
    folder: PathBuf,
    /// The path as it was named, for messages.
    named: PathBuf,
    size: u64,
    stats: bool,
}

/// Why an entry is not used.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("no entry")]
    Missing,
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("{0}")]
    NotOurs(String),
    #[error(transparent)]
    File(#[from] CompiledFileError),
}

/// The folder that the environment names. As for many variables, an empty value counts as unset.
pub fn variable() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from)
}

impl CacheArgs {
    /// The requested folder.
    pub fn folder(&self) -> Option<&Path> {
        self.cache.as_deref()
    }

    /// Opens the cache, whose folder is created if it does not exist; `None` if no cache was requested. `dirs` are the
    /// folders that the program is given.
    ///
    /// # Errors
    /// The folder cannot be created or belongs to another user, or others (including the program) can write to it or
    /// put another folder in its place.
    pub fn open(&self, dirs: &[(PathBuf, String)]) -> Result<Option<Cache>, Failed> {
        let Some(named) = self.folder() else { return Ok(None) };
        let by = if variable().as_deref() == Some(named) { "WASMOON_CACHE=" } else { "--cache " };
        let failed = |e: io::Error| format!("{by}{}: {e}", named.display());
        let way = Way::of(named).map_err(failed)?;
        for (dir, _) in dirs {
            // A folder that does not exist cannot be given to the program either: that is reported later.
            let Ok(real) = dir.canonicalize() else { continue };
            let why = if way.end.starts_with(&real) {
                "it is in"
            } else if way.goes_through(&real) {
                "its path leads through"
            } else {
                continue;
            };
            return Err(format!(
                "{by}{}: {why} {}, which --dir gives to the program, so the program could run any code as you; choose \
                 another folder",
                named.display(),
                dir.display()
            )
            .into());
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&way.end).map_err(failed)?;
        let metadata = std::fs::metadata(&way.end).map_err(failed)?;
        only_ours(&metadata).map_err(|why| {
            format!("{by}{}: {why}, who could run any code as you; choose another folder", named.display())
        })?;
        Ok(Some(Cache {
            folder: way.end,
            named: named.to_path_buf(),
            size: self.cache_size.unwrap_or(DEFAULT_SIZE),
            stats: self.cache_stats,
        }))
    }
}

/// Checks that only this user can write to a file or folder.
///
/// # Errors
/// The message says who else can.
fn only_ours(metadata: &Metadata) -> Result<(), &'static str> {
    if metadata.uid() != effective_user() {
        return Err("it belongs to another user");
    }
    if metadata.mode() & OTHERS_WRITE != 0 {
        return Err("it is writable by other users");
    }
    Ok(())
}

impl Cache {
    /// Returns the code of a module: from the folder, or compiled and then kept there. If the code cannot be kept, the
    /// program runs anyway.
    ///
    /// # Errors
    /// Compiling fails.
    pub fn code(
        &self,
        engine: &Engine,
        module: &Arc<Module>,
        limits: CompileLimits,
    ) -> Result<Arc<dyn Code>, CompileError> {
        let start = Instant::now();
        let key = Key::new(module, engine.config());
        let (key, name) = match key.and_then(|key| key.name().map(|name| (key, name))) {
            Ok(pair) => pair,
            Err(e) => {
                self.tell(&format!("not used: {e}"));
                return engine.compile_within(module, limits);
            }
        };
        let name = PathBuf::from(name).with_extension(EXTENSION);
        let (path, shown) = (self.folder.join(&name), self.named.join(&name));
        let why = match self.load(&path, engine, module, &key) {
            Ok(code) => {
                // Deletes code that was kept under a larger size limit. Whether that succeeds does not matter to the
                // program.
                let _ = self.make_room(self.size);
                self.tell(&format!("loaded {} in {:.3} s", shown.display(), start.elapsed().as_secs_f64()));
                return Ok(code);
            }
            Err(why) => why,
        };
        let start = Instant::now();
        let code = engine.compile_within(module, limits)?;
        let seconds = start.elapsed().as_secs_f64();
        let kept = match self.keep(&path, &*code, &key) {
            Ok(()) => "kept".to_string(),
            Err(e) => format!("not kept ({e})"),
        };
        self.tell(&format!("{}: {why}; compiled in {seconds:.3} s, {kept}", shown.display()));
        Ok(code)
    }

    fn tell(&self, what: &str) {
        if self.stats {
            let _ = writeln!(anstream::stderr(), "cache: {}", harmless(what));
        }
    }

    /// Writes an entry. It gets its name only when it is complete, so two processes do not interfere with each other.
    /// (If the system loses a part of it, the checksum shows that.)
    fn keep(&self, path: &Path, code: &dyn Code, key: &Key) -> Result<(), Unusable> {
        let bytes = compiled_file::write(code, key, false)?;
        if bytes.len() as u64 > self.size {
            return Err(Unusable::NotOurs(format!("{}, over --cache-size", counted(bytes.len(), "byte"))));
        }
        self.make_room(self.size - bytes.len() as u64)?;
        let mut file = unfinished(&self.folder)?;
        file.as_file_mut().write_all(&bytes)?;
        file.persist(path).map_err(|e| e.error)?;
        Ok(())
    }

    /// Deletes the least recently used entries until the rest is no larger than this size. This includes unfinished
    /// entries of processes that were killed.
    fn make_room(&self, size: u64) -> io::Result<()> {
        let mut entries: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            // Another process may have deleted it.
            if let (true, Ok(metadata)) = (is_ours(&entry.file_name().to_string_lossy()), entry.metadata())
                && metadata.is_file()
            {
                entries.push((metadata.modified()?, metadata.len(), entry.path()));
            }
        }
        entries.sort();
        let mut total: u64 = entries.iter().map(|(_, len, _)| len).sum();
        for (_, len, path) in entries {
            if total <= size {
                break;
            }
            match std::fs::remove_file(path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => total -= len,
            }
        }
        Ok(())
    }

    /// Loads an entry, and records that it was used.
    fn load(&self, path: &Path, engine: &Engine, module: &Arc<Module>, key: &Key) -> Result<Arc<dyn Code>, Unusable> {
        let file = File::open(path).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => Unusable::Missing,
            _ => e.into(),
        })?;
        let metadata = file.metadata()?;
        only_ours(&metadata).map_err(|why| Unusable::NotOurs(why.into()))?;
        // A damaged file may have any length.
        if metadata.len() > self.size {
            return Err(Unusable::NotOurs(format!("{}, over --cache-size", counted(metadata.len(), "byte"))));
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(usize::try_from(metadata.len()).unwrap_or(usize::MAX)).map_err(io::Error::other)?;
        (&file).take(metadata.len()).read_to_end(&mut bytes)?;
        let code = CompiledFile::read(bytes)?.load(engine, module, key)?;
        // This only affects the order of deletion.
        let _ = file.set_modified(SystemTime::now());
        Ok(code)
    }
}

/// Creates a new, unfinished entry.
fn unfinished(folder: &Path) -> io::Result<NamedTempFile> {
    let (prefix, suffix) = UNFINISHED;
    let made = tempfile::Builder::new().prefix(prefix).suffix(suffix).rand_bytes(RANDOM).tempfile_in(folder);
    made.map_err(|e| io::Error::new(e.kind(), reason(&e)))
}

/// Whether the cache gives files this name: a hash, or the name of an unfinished entry.
fn is_ours(name: &str) -> bool {
    let hash = name.strip_suffix(EXTENSION).and_then(|name| name.strip_suffix('.'));
    let random = name.strip_prefix(UNFINISHED.0).and_then(|rest| rest.strip_suffix(UNFINISHED.1));
    hash.is_some_and(|hash| hash.len() == 64 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
        || random.is_some_and(|random| random.len() == RANDOM && random.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_cache_are_told_from_others() {
        let hash = "0123456789abcdef".repeat(4);
        for name in [format!("{hash}.cwasm"), ".wasmoon-cache-0aZ456789012.new".into()] {
            assert!(is_ours(&name), "{name}");
        }
        let others = [
            hash.clone(),
            format!("{hash}0.cwasm"),
            format!("{}.cwasm", &hash[1..]),
            format!("{}.cwasm", hash.to_uppercase()),
            "sort.cwasm".into(),
            "sort.cwasm.new".into(),
            ".wasmoon-cache-0aZ45678901.new".into(),
            ".wasmoon-cache-0aZ4567890123.new".into(),
            ".wasmoon-cache-0aZ45678901-.new".into(),
            ".wasmoon-cache-.new".into(),
        ];
        for name in others {
            assert!(!is_ours(&name), "{name}");
        }
    }

    /// An unfinished entry that is left behind is deleted later to make room.
    #[test]
    fn unfinished_entries_have_a_name_of_the_cache() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = unfinished(folder.path()).expect("a file");
        let name = made.path().file_name().expect("a name").to_str().expect("UTF-8");
        assert!(is_ours(name), "{name}");
    }
}
