//! Where reports are written: a file appears whole or not at all. One whose name ends in `.zst` is compressed.

use std::fs::{File, Metadata, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::NamedTempFile;
use zstd::stream::write::Encoder;

/// Why something was not written, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot write {name}: {reason}")]
pub struct WriteError {
    /// A path, or "standard output".
    pub name: String,
    /// The message of the system.
    pub reason: String,
}

/// A report under way.
pub struct Output {
    name: String,
    writer: Writer,
}

enum Writer {
    Plain(Sink),
    /// A run's records repeat themselves: they take a fortieth.
    Compressed(Encoder<'static, Sink>),
}

enum Sink {
    Stdout(BufWriter<io::Stdout>),
    /// A device, a pipe or what is open already: renaming a file over it would replace it.
    Special(BufWriter<File>),
    /// Written beside its destination, renamed at the end.
    Beside {
        temp: BufWriter<NamedTempFile>,
        path: PathBuf,
    },
}

impl Output {
    /// Opens a destination; `-` is standard output.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(path: &str) -> Result<Output, WriteError> {
        let failed = |e: io::Error| WriteError { name: path.to_string(), reason: e.to_string() };
        let refused = |why: &str| WriteError { name: path.to_string(), reason: why.to_string() };
        let sink = if is_stdout(path) {
            Sink::Stdout(BufWriter::new(io::stdout()))
        } else if is_descriptor(path) {
            let file = File::options().append(true).open(path).map_err(failed)?;
            Sink::Special(BufWriter::new(file))
        } else {
            // A symbolic link stays one: its target is replaced.
            let target = std::fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path));
            match std::fs::metadata(&target) {
                Ok(meta) if meta.is_dir() => return Err(refused("it is a folder")),
                Ok(meta) if !meta.is_file() => {
                    let file = File::options().write(true).open(&target).map_err(failed)?;
                    Sink::Special(BufWriter::new(file))
                }
                Ok(meta) if meta.permissions().readonly() => {
                    return Err(refused("it is write-protected"));
                }
                _ => Sink::Beside {
                    temp: BufWriter::with_capacity(1 << 16, beside(&target).map_err(failed)?),
                    path: target,
                },
            }
        };
        let writer = match is_compressed(path) {
            true => Writer::Compressed(Encoder::new(sink, zstd::DEFAULT_COMPRESSION_LEVEL).map_err(failed)?),
            false => Writer::Plain(sink),
        };
        Ok(Output { name: if is_stdout(path) { "standard output".into() } else { path.into() }, writer })
    }

    /// The error of a failed write.
    pub fn error(&self, e: &io::Error) -> WriteError {
        WriteError { name: self.name.clone(), reason: e.to_string() }
    }

    /// Publishes the written report.
    ///
    /// # Errors
    /// When the rest cannot be written or the file cannot be put in its place; then nothing is there.
    pub fn commit(self) -> Result<(), WriteError> {
        let name = self.name;
        let failed = |e: io::Error| WriteError { name: name.clone(), reason: e.to_string() };
        let sink = match self.writer {
            Writer::Plain(sink) => sink,
            Writer::Compressed(encoder) => encoder.finish().map_err(failed)?,
        };
        match sink {
            Sink::Stdout(mut out) => out.flush().map_err(failed),
            Sink::Special(mut out) => out.flush().map_err(failed),
            Sink::Beside { temp, path } => {
                let temp = temp.into_inner().map_err(|e| failed(e.into_error()))?;
                temp.persist(path).map(drop).map_err(|e| failed(e.error))
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match &mut self.writer {
            Writer::Plain(sink) => sink.write(buf),
            Writer::Compressed(encoder) => encoder.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.writer {
            Writer::Plain(sink) => sink.flush(),
            Writer::Compressed(encoder) => encoder.flush(),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Sink::Stdout(out) => out.write(buf),
            Sink::Special(out) => out.write(buf),
            Sink::Beside { temp, .. } => temp.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Sink::Stdout(out) => out.flush(),
            Sink::Special(out) => out.flush(),
            Sink::Beside { temp, .. } => temp.flush(),
        }
    }
}

/// Whether a destination is standard output, by one of its names.
pub(super) fn is_stdout(path: &str) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].contains(&path)
}

/// Whether a destination is what this process has open already. It may be a file, to which others write, too.
fn is_descriptor(path: &str) -> bool {
    path == "/dev/stderr" || ["/dev/fd/", "/proc/self/fd/"].iter().any(|folder| path.starts_with(folder))
}

/// The identity of a destination, whichever of its names is used.
pub(super) fn destination(path: &str) -> PathBuf {
    if is_stdout(path) {
        return "-".into();
    }
    let path = Path::new(path);
    // A file that does not exist yet has a folder that does.
    let created = || {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(folder.canonicalize().ok()?.join(path.file_name()?))
    };
    path.canonicalize().ok().or_else(created).unwrap_or_else(|| path.to_path_buf())
}

fn is_compressed(path: &str) -> bool {
    path.ends_with(".zst")
}

/// The content of a report before compression; an uncompressed report stays as it is.
///
/// # Errors
/// The compressed data is damaged, or cut.
pub fn decompressed(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    if bytes.starts_with(&MAGIC) { zstd::decode_all(&bytes[..]) } else { Ok(bytes) }
}

/// The beginning and the end of the names of temporary files. In between are letters and digits.
const TEMPORARY: (&str, &str) = (".wasmoon-report-", ".tmp");
/// Their number.
const RANDOM: usize = 6;

/// Whether a file's name is one that [`beside`] gives.
fn is_temporary(name: &str) -> bool {
    let random = name.strip_prefix(TEMPORARY.0).and_then(|rest| rest.strip_suffix(TEMPORARY.1));
    random.is_some_and(|random| random.len() == RANDOM && random.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// A new file in the folder of `path`, with the permissions that a plain creation would give. It is locked for as long
/// as it is open, so that [`sweep`] can distinguish it from a file that a killed process left behind.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    sweep(folder);
    let (prefix, suffix) = TEMPORARY;
    let file = tempfile::Builder::new()
        .prefix(prefix)
        .suffix(suffix)
        .rand_bytes(RANDOM)
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    // Without locks nothing is swept either.
    let _ = file.as_file().lock();
    Ok(file)
}

/// Removes the files that killed processes left in a folder: files of ours without a lock. A file that cannot be
/// removed stays.
fn sweep(folder: &Path) {
    /// A file is not locked in the moment after its creation.
    const YOUNG: Duration = Duration::from_secs(60);
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        let ours = entry.file_name().to_str().is_some_and(is_temporary);
        let old = |m: Metadata| m.is_file() && m.modified().is_ok_and(|t| t.elapsed().is_ok_and(|age| age > YOUNG));
        if !ours || !entry.metadata().is_ok_and(old) {
            continue;
        }
        if File::options().write(true).open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Replaces a file's content in one step.
///
/// # Errors
/// When it cannot be written.
pub fn write_atomically(path: &Path, content: &str) -> Result<(), WriteError> {
    let mut out = Output::create(&path.display().to_string())?;
    out.write_all(content.as_bytes()).map_err(|e| out.error(&e))?;
    out.commit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    /// A file that a killed process left is removed by the next report beside it; one that is being written is not, nor
    /// one of another name, whatever it begins with.
    #[test]
    fn nothing_is_left_for_ever() {
        let folder = tempfile::tempdir().expect("a folder");
        let long_ago = SystemTime::now() - Duration::from_secs(3600);
        let age = |file: &File| file.set_modified(long_ago).expect("writable");
        let left = folder.path().join(".wasmoon-report-Left12.tmp");
        age(&File::create(&left).expect("writable"));
        let young = folder.path().join(".wasmoon-report-Young1.tmp");
        File::create(&young).expect("writable");
        let others = [
            ".wasmoon-notes",
            ".wasmoon-Abc123",
            ".wasmoon-report-Abc123",
            ".wasmoon-report-Abc1234.tmp",
            ".wasmoon-report-a.b-c1.tmp",
            "wasmoon-report-Abc123.tmp",
        ];
        let others = others.map(|name| folder.path().join(name));
        others.iter().for_each(|other| age(&File::create(other).expect("writable")));
        let first = beside(&folder.path().join("x")).expect("writable");
        age(first.as_file());
        let second = beside(&folder.path().join("x")).expect("writable");
        assert!(!left.exists());
        assert!([young.as_path(), first.path(), second.path()].iter().all(|path| path.exists()));
        assert!(others.iter().all(|other| other.exists()));
    }
}
