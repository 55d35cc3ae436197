//! Where reports and other outputs are written: a file appears complete or not at all. A report whose name ends in `.zst` is
//! compressed.

use crate::conformance::read::files::{self, ReadError};
use crate::text::reason;
use std::fs::{File, Metadata, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::NamedTempFile;
use zstd::stream::read::Decoder;
use zstd::stream::write::Encoder;

/// Why something could not be written, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot write {name}: {reason}")]
pub struct WriteError {
    /// A path, or "standard output".
    pub name: String,
    /// The message of the system.
    pub reason: String,
}

/// An output under way.
pub struct Output {
    name: String,
    writer: Writer,
}

enum Writer {
    Plain(Sink),
    /// Records of a run are repetitive: they shrink to a fortieth.
    Compressed(Encoder<'static, Sink>),
}

enum Sink {
    Stdout(BufWriter<io::Stdout>),
    /// A device, a pipe or something already open: renaming a file over it would replace it.
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
    /// It cannot be written.
    pub fn create(path: impl AsRef<Path>) -> Result<Output, WriteError> {
        let path = path.as_ref();
        let name = if is_stdout(path) { "standard output".into() } else { path.display().to_string() };
        match sink(path) {
            Ok(sink) => Ok(Output { name, writer: Writer::Plain(sink) }),
            Err(e) => Err(WriteError { name, reason: reason(&e) }),
        }
    }

    /// Like [`Output::create`], but compresses the output if the name ends in `.zst`.
    ///
    /// # Errors
    /// As for [`Output::create`].
    pub fn report(path: impl AsRef<Path>) -> Result<Output, WriteError> {
        let path = path.as_ref();
        let mut output = Output::create(path)?;
        if path.as_os_str().as_bytes().ends_with(b".zst")
            && let Writer::Plain(sink) = output.writer
        {
            let failed = |e: io::Error| WriteError { name: output.name.clone(), reason: reason(&e) };
            let encoder = Encoder::new(sink, zstd::DEFAULT_COMPRESSION_LEVEL).map_err(failed)?;
            output.writer = Writer::Compressed(encoder);
        }
        Ok(output)
    }

    /// The error of a failed write.
    pub fn error(&self, e: &io::Error) -> WriteError {
        WriteError { name: self.name.clone(), reason: reason(e) }
    }

    /// Publishes the written report.
    ///
    /// # Errors
    /// The rest cannot be written, or the file cannot be moved into place. In that case nothing is there.
    pub fn commit(self) -> Result<(), WriteError> {
        let name = self.name;
        let failed = |e: io::Error| WriteError { name: name.clone(), reason: reason(&e) };
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

/// Opens what a destination refers to.
fn sink(path: &Path) -> io::Result<Sink> {
    if is_stdout(path) {
        return Ok(Sink::Stdout(BufWriter::new(io::stdout())));
    }
    if is_descriptor(path) {
        return Ok(Sink::Special(BufWriter::new(File::options().append(true).open(path)?)));
    }
    // A symbolic link stays one: its target is replaced, or made.
    let target = resolved(path);
    let permissions = match std::fs::metadata(&target) {
        Ok(meta) if meta.is_dir() => return Err(io::Error::other("it is a folder")),
        Ok(meta) if !meta.is_file() => {
            return Ok(Sink::Special(BufWriter::new(File::options().write(true).open(&target)?)));
        }
        Ok(meta) if meta.permissions().readonly() => return Err(io::Error::other("it is write-protected")),
        Ok(meta) => Some(meta.permissions()),
        Err(_) => None,
    };
    let temp = beside(&target, permissions)?;
    Ok(Sink::Beside { temp: BufWriter::with_capacity(1 << 16, temp), path: target })
}

/// Whether a destination is standard output, by one of its names.
pub(super) fn is_stdout(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path.as_os_str() == *name)
}

/// Whether a destination is something that this process already has open. It may be a file that others write to as well.
fn is_descriptor(path: &Path) -> bool {
    path.as_os_str() == "/dev/stderr"
        || ["/dev/fd/", "/proc/self/fd/"]
            .iter()
            .any(|folder| path.as_os_str().as_bytes().starts_with(folder.as_bytes()))
}

/// The identity of a destination, independent of which of its names is used.
pub(super) fn destination(path: &Path) -> PathBuf {
    if is_stdout(path) { "-".into() } else { resolved(path) }
}

/// The name of a file with its links resolved, even if it does not exist.
fn resolved(path: &Path) -> PathBuf {
    /// The number of links that the system follows.
    const LINKS: usize = 40;
    let mut path = path.to_path_buf();
    for _ in 0..=LINKS {
        if let Ok(real) = path.canonicalize() {
            return real;
        }
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match std::fs::read_link(&path) {
            Ok(target) => path = folder.join(target),
            // A file that does not exist yet has a folder that does.
            Err(_) => {
                let made = || Some(folder.canonicalize().ok()?.join(path.file_name()?));
                return made().unwrap_or(path);
            }
        }
    }
    path
}

/// Whether writing to `output` would replace the file that is read as `input`, whatever names are used.
pub fn would_replace(output: &Path, input: &Path) -> bool {
    let [output, input] = [output, input].map(destination);
    // A stream or a device is written to, not replaced.
    output == input && output != Path::new("-") && std::fs::metadata(&output).map_or(true, |meta| meta.is_file())
}

/// The content of a report before compression, of at most `limit` bytes; an uncompressed report stays as it is.
///
/// # Errors
/// The compressed data is damaged or truncated, or has more bytes.
pub fn decompressed(bytes: Vec<u8>, limit: u64) -> Result<Vec<u8>, ReadError> {
    const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    if !bytes.starts_with(&MAGIC) {
        return Ok(bytes);
    }
    files::bounded(Decoder::with_buffer(&bytes[..])?, 0, limit)
}

/// The beginning and the end of the names of temporary files. Letters and digits are in between.
const TEMPORARY: (&str, &str) = (".wasmoon-report-", ".tmp");
/// The number of these letters and digits.
const RANDOM: usize = 6;

/// Whether a file's name is one that [`beside`] gives.
fn is_temporary(name: &str) -> bool {
    let random = name.strip_prefix(TEMPORARY.0).and_then(|rest| rest.strip_suffix(TEMPORARY.1));
    random.is_some_and(|random| random.len() == RANDOM && random.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// A new file in the folder of `path`, with these permissions, or those that a plain creation would set. It is locked for as long
/// as it is open, so that [`sweep`] can distinguish it from a file that a killed process left behind.
fn beside(path: &Path, permissions: Option<Permissions>) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    sweep(folder);
    let (prefix, suffix) = TEMPORARY;
    let file = tempfile::Builder::new()
        .prefix(prefix)
        .suffix(suffix)
        .rand_bytes(RANDOM)
        .permissions(permissions.clone().unwrap_or(Permissions::from_mode(0o666)))
        .tempfile_in(folder)
        .map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => io::Error::other(format!("the folder {} does not exist", folder.display())),
            _ => e,
        })?;
    // At its creation the file has at most what others may have by default.
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    // Without locks nothing is swept either.
    let _ = file.as_file().lock();
    Ok(file)
}

/// Removes the files that killed processes left in a folder: our files without a lock. A file that cannot be removed stays.
fn sweep(folder: &Path) {
    /// A file is not locked immediately after its creation.
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

/// Checks that a file can be written, before the work whose result goes there. Leaves nothing behind.
///
/// # Errors
/// It cannot be written.
pub fn check_writable(path: &Path) -> Result<(), WriteError> {
    // A pipe or a device is opened once.
    if std::fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) {
        return Ok(());
    }
    Output::create(path).map(drop)
}

/// Replaces a file's content in one step.
///
/// # Errors
/// It cannot be written.
pub fn write_atomically(path: &Path, content: &str) -> Result<(), WriteError> {
    // A file of this name, not standard output.
    let path = if path == Path::new("-") { Path::new("./-") } else { path };
    let mut out = Output::create(path)?;
    out.write_all(content.as_bytes()).map_err(|e| out.error(&e))?;
    out.commit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::fd::AsRawFd;
    use std::time::SystemTime;

    /// A file that does not exist yet is found through as many links as the system follows.
    #[test]
    fn links_to_nothing_lead_to_a_name() {
        use std::os::unix::fs::symlink;
        for links in [1, 2, 39, 40] {
            let folder = tempfile::tempdir().expect("a folder");
            std::fs::create_dir(folder.path().join("inside")).expect("writable");
            symlink("inside/../end", folder.path().join("1")).expect("writable");
            for n in 2..=links {
                symlink((n - 1).to_string(), folder.path().join(n.to_string())).expect("writable");
            }
            let first = folder.path().join(links.to_string());
            let end = folder.path().canonicalize().expect("it is there").join("end");
            assert_eq!(resolved(&first), end, "{links} links");
            std::fs::write(&first, "x").expect("the system follows them, too");
            assert_eq!(resolved(&first), end, "{links} links to what is there");
        }
    }

    /// A file that a killed process left is removed by the next report beside it. One that is being written is not, nor one with
    /// another name, whatever it begins with.
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
        let odd = folder.path().join(OsStr::from_bytes(b".wasmoon-report-\xff.tmp"));
        age(&File::create(&odd).expect("writable"));
        let first = beside(&folder.path().join("x"), None).expect("writable");
        age(first.as_file());
        let second = beside(&folder.path().join("x"), None).expect("writable");
        assert!(!left.exists());
        assert!([young.as_path(), first.path(), second.path()].iter().all(|path| path.exists()));
        assert!(odd.exists() && others.iter().all(|other| other.exists()));
    }

    #[test]
    fn a_new_file_has_the_usual_permissions() {
        let folder = tempfile::tempdir().expect("a folder");
        let [ours, plain] = ["ours", "plain"].map(|name| folder.path().join(name));
        write_atomically(&ours, "text").expect("writable");
        std::fs::write(&plain, "text").expect("writable");
        let mode = |path: &Path| path.metadata().expect("a file").permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
        assert_eq!(std::fs::read_to_string(&ours).expect("readable"), "text");
    }

    /// What is flushed is in the file, even though the output is not complete.
    #[test]
    fn what_is_flushed_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = NamedTempFile::new().expect("writable");
        let descriptor = format!("/proc/self/fd/{}", open.as_file().as_raw_fd());
        let flushed = |path: &Path| {
            let mut out = Output::create(path).expect("writable");
            out.write_all(b"text").expect("writable");
            out.flush().expect("writable");
            out
        };
        let beside = flushed(&folder.path().join("x"));
        let files: Vec<PathBuf> = folder.path().read_dir().expect("readable").flatten().map(|e| e.path()).collect();
        let texts: Vec<String> = files.iter().map(|path| std::fs::read_to_string(path).expect("readable")).collect();
        assert_eq!(texts, ["text"], "{files:?}");
        assert!(!folder.path().join("x").exists());
        let special = flushed(Path::new(&descriptor));
        assert_eq!(std::fs::read_to_string(open.path()).expect("readable"), "text");
        [beside, special].into_iter().for_each(|out| out.commit().expect("writable"));
        assert_eq!(std::fs::read_to_string(folder.path().join("x")).expect("readable"), "text");
    }

    /// Checking that a file can be written does not create it, and leaves an existing file alone.
    #[test]
    fn what_can_be_written_is_known_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("there"), "text").expect("writable");
        for (path, why) in [
            (at("there"), None),
            (at("absent"), None),
            ("/dev/null".into(), None),
            (at("no/x"), Some(format!("the folder {} does not exist", at("no").display()))),
            (folder.path().into(), Some("it is a folder".to_string())),
        ] {
            assert_eq!(check_writable(&path).err().map(|e| e.reason), why, "{path:?}");
        }
        assert!(check_writable(&at("there/x")).is_err(), "below a file");
        let names: Vec<_> = folder.path().read_dir().expect("readable").flatten().map(|e| e.file_name()).collect();
        assert_eq!(names, ["there"]);
        assert_eq!(std::fs::read_to_string(at("there")).expect("readable"), "text");
    }

    /// A stream or a device is not replaced, and what does not exist yet would be made.
    #[test]
    fn only_a_file_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = ["there", "./there", "absent"].map(|name| folder.path().join(name));
        std::fs::write(&paths[0], "text").expect("writable");
        let [there, again, absent] = paths.each_ref().map(PathBuf::as_path);
        let [stdout, device] = ["-", "/dev/null"].map(Path::new);
        for (output, input, replaces) in [
            (there, there, true),
            (again, there, true),
            (absent, absent, true),
            (absent, there, false),
            (stdout, stdout, false),
            (stdout, there, false),
            (device, device, false),
        ] {
            assert_eq!(would_replace(output, input), replaces, "{output:?} {input:?}");
        }
    }
}
