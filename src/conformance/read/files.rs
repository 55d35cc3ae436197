//! Reads inputs that the user names, up to a size limit: a device or a pipe may produce bytes forever, and a file may be larger
//! than the machine's memory.

use super::kind::NotText;
use crate::runtime::sys::mmap::fill_by_large_pages;
use crate::text::counted;
use sha2::{Digest as _, Sha256};
use std::cell::OnceCell;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use wasmparser::BinaryReader;

/// The largest input in bytes, which is also the largest module that web embeddings accept.
pub const LIMIT: u64 = 1 << 30;

/// Why an input could not be read. No message names the input: the caller knows it.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system refuses.
    #[error("{}", refusal(.0))]
    Io(#[from] std::io::Error),
    /// The input is a folder, a pipe or a device, but has to be read more than once.
    #[error("not a regular file")]
    NotRegular,
    /// The input is larger than the limit of this many bytes.
    #[error("larger than {}, the limit on inputs", size(*.0))]
    TooLarge(u64),
    /// The script is not text.
    #[error(transparent)]
    NotText(#[from] NotText),
    /// The file has changed since it was selected.
    #[error("{}", CHANGED)]
    Changed,
}

fn refusal(e: &std::io::Error) -> String {
    match e.kind() {
        std::io::ErrorKind::IsADirectory => "a folder, not a file".into(),
        _ => e.to_string(),
    }
}

fn size(bytes: u64) -> String {
    if bytes.is_multiple_of(1 << 20) { format!("{} MiB", bytes >> 20) } else { counted(bytes, "byte") }
}

/// The size of a file from which on it is read into large pages: the system takes four times as long to provide the same amount
/// in ordinary pages.
const LARGE: usize = 4 << 20;

/// Reads a regular file, the only kind that can be read more than once.
///
/// # Errors
/// The file cannot be read, is not a regular file, or is larger than [`LIMIT`]; the message does not name it.
pub fn regular(path: &Path) -> Result<Vec<u8>, ReadError> {
    // Opening a pipe without a writer would block forever.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(ReadError::NotRegular);
    }
    any(path, LIMIT)
}

/// Reads a file of any kind, a pipe or a device to its end, if it has at most `limit` bytes.
///
/// # Errors
/// As for [`regular`].
pub fn any(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let file = File::open(path)?;
    let length = file.metadata().map_or(0, |m| m.len());
    if length > limit {
        return Err(ReadError::TooLarge(limit));
    }
    bounded(file, length as usize, limit)
}

/// The size from which on it is worth leaving a section out, in bytes.
const LARGE_SECTION: usize = 16 << 10;

/// Like [`any`], for a module that is executed: the contents of its large debug sections (`.debug_info` and the like) are not
/// read; in their place are zeros, which take no memory. They are the larger part of many modules, and only trap reports need
/// them. A report can read them by means of the second value, which is returned if anything was left out.
///
/// # Errors
/// As for [`any`]; also if the file becomes shorter in the meantime.
pub fn without_debug_info(path: &Path, limit: u64) -> Result<(Vec<u8>, Option<LeftOut>), ReadError> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.len() > limit {
        return Err(ReadError::TooLarge(limit));
    }
    let length = metadata.len() as usize;
    if !metadata.is_file() || length < LARGE_SECTION {
        return Ok((bounded(file, length, limit)?, None));
    }
    let mut bytes = vec![0; length];
    if length >= LARGE {
        fill_by_large_pages(&mut bytes);
    }
    let mut partial = Partial { file, bytes, end: 0 };
    let places = partial.read_without_debug_info()?;
    let left_out = (!places.is_empty()).then(|| LeftOut { path: path.to_path_buf(), places, read: OnceCell::new() });
    Ok((partial.bytes, left_out))
}

/// Parts of a file that were left out when it was read.
#[derive(Debug)]
pub struct LeftOut {
    path: PathBuf,
    /// Their positions, in order.
    places: Vec<Range<usize>>,
    /// Their contents, once they have been asked for.
    read: OnceCell<Result<Vec<Vec<u8>>, ReadError>>,
}

impl LeftOut {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The contents of what was left out, each with its position in the file. They are read when first asked for. `rest`: the
    /// file as it was read, with anything in their positions.
    ///
    /// # Errors
    /// [`ReadError::Changed`] if the file no longer has this length, or has other bytes around them. Other errors if it cannot be
    /// read.
    pub fn contents(&self, rest: &[u8]) -> Result<impl Iterator<Item = (&Range<usize>, &[u8])>, &ReadError> {
        let read = self.read.get_or_init(|| self.read(rest)).as_ref()?;
        Ok(self.places.iter().zip(read.iter().map(Vec::as_slice)))
    }

    fn read(&self, rest: &[u8]) -> Result<Vec<Vec<u8>>, ReadError> {
        // Opening a pipe without a writer would block forever.
        let metadata = std::fs::metadata(&self.path)?;
        if !metadata.is_file() || metadata.len() != rest.len() as u64 {
            return Err(ReadError::Changed);
        }
        let mut file = File::open(&self.path)?;
        let mut found = Vec::with_capacity(self.places.len());
        let mut end = 0;
        for place in &self.places {
            goes_on_with(&mut file, &rest[end..place.start])?;
            let mut contents = vec![0; place.len()];
            file.read_exact(&mut contents)?;
            found.push(contents);
            end = place.end;
        }
        goes_on_with(&mut file, &rest[end..])?;
        Ok(found)
    }
}

/// # Errors
/// The file continues with other bytes, or cannot be read.
fn goes_on_with(file: &mut File, bytes: &[u8]) -> Result<(), ReadError> {
    let mut buffer = vec![0; bytes.len().min(64 << 10)];
    for piece in bytes.chunks(64 << 10) {
        let read = &mut buffer[..piece.len()];
        file.read_exact(read)?;
        if read != piece {
            return Err(ReadError::Changed);
        }
    }
    Ok(())
}

/// A file of which not everything is read.
struct Partial<R> {
    file: R,
    /// As long as the file, with zeros where it was not read.
    bytes: Vec<u8>,
    /// The offset up to which it was read or left out.
    end: usize,
}

impl<R: Read + Seek> Partial<R> {
    /// The maximum number of bytes before the contents of a section that is left out.
    const HEAD: usize = 32;
    /// The number of bytes that are read ahead: a module may have many small sections.
    const AHEAD: usize = 64 << 10;

    /// Reads everything that has to be read. Returns the positions of what was left out, in order.
    fn read_without_debug_info(&mut self) -> Result<Vec<Range<usize>>, ReadError> {
        let mut places = Vec::new();
        let mut at = 8;
        self.read_to(at)?;
        if self.bytes.starts_with(b"\0asm\x01\0\0\0") {
            while let Some((contents, is_left_out)) = self.section(at)? {
                at = contents.end;
                if is_left_out {
                    self.leave_out(&contents)?;
                    places.push(contents);
                }
            }
        }
        // The parser reports whatever is not a section.
        self.read_to(self.bytes.len())?;
        Ok(places)
    }

    /// Reads at least up to `end`.
    fn read_to(&mut self, end: usize) -> Result<(), ReadError> {
        if end > self.end {
            let end = self.bytes.len().min(end + Self::AHEAD);
            self.file.read_exact(&mut self.bytes[self.end..end])?;
            self.end = end;
        }
        Ok(())
    }

    /// Leaves out a range whose beginning may have been read.
    fn leave_out(&mut self, range: &Range<usize>) -> Result<(), ReadError> {
        self.bytes[range.start..self.end.min(range.end)].fill(0);
        if range.end > self.end {
            self.file.seek(SeekFrom::Start(range.end as u64))?;
            self.end = range.end;
        }
        Ok(())
    }

    /// The position of the contents of the section that begins at `start` (after its name, if it is to be left out), and whether
    /// it is. `None` if no section that is as long as it says begins there.
    fn section(&mut self, start: usize) -> Result<Option<(Range<usize>, bool)>, ReadError> {
        let behind = (start + Self::HEAD).min(self.bytes.len());
        self.read_to(behind)?;
        let mut head = BinaryReader::new(&self.bytes[start..behind], 0);
        let (Ok(id), Ok(size)) = (head.read_u8(), head.read_var_u32()) else { return Ok(None) };
        let contents = start + head.current_position();
        let end = contents + size as usize;
        if end > self.bytes.len() {
            return Ok(None);
        }
        let is_debug_info = id == 0
            && size as usize >= LARGE_SECTION
            && head.read_string().is_ok_and(|name| name.starts_with(".debug_"));
        let contents = if is_debug_info { start + head.current_position() } else { contents };
        Ok(Some((contents..end, is_debug_info)))
    }
}

/// Reads a stream to its end; `expected` is its probable length in bytes.
///
/// # Errors
/// Reading fails, or there are more than `limit` bytes.
pub fn bounded(reader: impl Read, expected: usize, limit: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::with_capacity(expected);
    if expected >= LARGE {
        fill_by_large_pages(bytes.spare_capacity_mut());
    }
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(ReadError::TooLarge(limit)) } else { Ok(bytes) }
}

/// The message about a file that was changed after it had been selected.
pub const CHANGED: &str = "changed during the run";

/// SHA-256 of a text or of bytes, in hexadecimal.
pub fn hash(content: impl AsRef<[u8]>) -> String {
    Sha256::digest(content).iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_is_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x");
        std::fs::write(&path, "abc").expect("writable");
        assert_eq!(regular(&path).expect("readable"), b"abc");
        assert_eq!(any(&path, LIMIT).expect("readable"), b"abc");
        // The limit is the largest length.
        let partly = |path: &Path, limit| without_debug_info(path, limit).map(|(bytes, _)| bytes);
        for read in [any, partly] {
            assert_eq!(read(&path, 3).expect("readable"), b"abc");
            assert!(matches!(read(&path, 2), Err(ReadError::TooLarge(2))));
        }
        assert!(matches!(regular(Path::new("/dev/null")), Err(ReadError::NotRegular)));
        assert_eq!(any(Path::new("/dev/null"), LIMIT).expect("readable"), b"");
        // A stream, whose length is not known in advance.
        let bytes = [7u8; 5];
        for limit in 0..8 {
            let read = bounded(&bytes[..], 0, limit);
            match limit {
                0..5 => assert!(matches!(read, Err(ReadError::TooLarge(n)) if n == limit), "{limit}"),
                _ => assert_eq!(read.expect("short enough"), bytes),
            }
        }
        assert_eq!(bounded(&bytes[..], 0, u64::MAX).expect("short enough"), bytes);
        // A sparse file: its length is known before anything is read.
        File::create(&path).and_then(|f| f.set_len(LIMIT + 1)).expect("writable");
        let error = regular(&path).expect_err("too large").to_string();
        assert!(error.contains("larger than 1024 MiB"), "{error}");
        let sizes = [(1 << 20) - 1, 1 << 20, 3 << 20, (3 << 20) + (1 << 19)].map(size);
        assert_eq!(sizes, ["1048575 bytes", "1 MiB", "3 MiB", "3670016 bytes"]);
    }

    #[test]
    fn contents_have_hashes() {
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    /// Only the contents of large debug sections are left out.
    #[test]
    fn debug_info_is_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.wasm");
        let read_of = |bytes: &[u8]| {
            std::fs::write(&path, bytes).expect("writable");
            let (read, left_out) = without_debug_info(&path, LIMIT).expect("readable");
            // With what was left out, it is the file again.
            let mut whole = read.clone();
            for (place, contents) in left_out.iter().flat_map(|it| it.contents(&read).expect("as it was")) {
                whole[place.clone()].copy_from_slice(contents);
            }
            assert!(whole == bytes && left_out.is_some() == (read != bytes));
            read
        };
        let custom = |name: &str, size: usize| {
            let mut module = wasm_encoder::Module::new();
            module.section(&wasm_encoder::CustomSection { name: name.into(), data: vec![7; size].into() });
            module.finish()[8..].to_vec()
        };
        let header = b"\0asm\x01\0\0\0".to_vec();
        let (large, before, after) =
            (custom(".debug_info", 70_000), custom("name", 70_000), custom(".debug_line", 100));
        let whole = [header.clone(), before.clone(), large.clone(), after.clone()].concat();
        let first = header.len() + before.len() + large.len() - 70_000;
        let mut expected = whole.clone();
        expected[first..first + 70_000].fill(0);
        assert!(read_of(&whole) == expected);
        // At the end, and several in a row.
        let several = [header.clone(), before.clone(), large.clone(), large.clone(), large.clone()].concat();
        let mut wanted = several.clone();
        for i in 0..3 {
            let at = first + i * large.len();
            wanted[at..at + 70_000].fill(0);
        }
        assert!(read_of(&several) == wanted);
        // The smallest section that is left out has 16 KiB with its name, and the longest name has 27 bytes. Others are read, as
        // are sections of other kinds.
        let (longest, longer) = (format!(".debug_{}", "x".repeat(20)), format!(".debug_{}", "x".repeat(21)));
        for (name, contents, is_left_out) in [
            (".debug_info", (16 << 10) - 12, true),
            (".debug_info", (16 << 10) - 13, false),
            (longest.as_str(), 70_000, true),
            (longer.as_str(), 70_000, false),
            ("debug_info", 70_000, false),
        ] {
            let bytes = [header.clone(), custom(name, contents), after.clone()].concat();
            let mut wanted = bytes.clone();
            if is_left_out {
                let end = bytes.len() - after.len();
                wanted[end - contents..end].fill(0);
            }
            assert!(read_of(&bytes) == wanted, "{name} {contents}");
        }
        let mut code = whole.clone();
        code[header.len() + before.len()] = 10;
        assert!(read_of(&code) == code);
        // A section that claims to be longer than the file, other versions, and inputs that are too small or not modules at all.
        let cut = &whole[..whole.len() - after.len() - 1];
        assert!(read_of(cut) == cut);
        let mut other = whole.clone();
        other[4] = 2;
        assert!(read_of(&other) == other);
        for small in [&b""[..], b"\0asm", &whole[..first - 70_000], &[0xff; 40_000], &[0; 40_000]] {
            assert!(read_of(small) == small);
        }
        // Bytes that are not a section, after sections.
        for tail in [&[0xff; 9][..], &[0], &[0, 0x80], &[11, 0xff, 0xff, 0xff, 0xff, 0xff]] {
            assert!(read_of(&[&whole[..], tail].concat()) == [&expected[..], tail].concat());
        }
        assert!(matches!(without_debug_info(&path, 100), Err(ReadError::TooLarge(100))));
        assert_eq!(without_debug_info(Path::new("/dev/null"), LIMIT).expect("readable").0, b"");
    }

    /// However many sections there are, a file is read in large pieces, and what is left out is skipped at once.
    #[test]
    fn small_sections_are_read_many_at_a_time() {
        struct Counted {
            file: std::io::Cursor<Vec<u8>>,
            reads: usize,
            seeks: usize,
        }
        impl Read for Counted {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                self.reads += 1;
                self.file.read(buffer)
            }
        }
        impl Seek for Counted {
            fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
                self.seeks += 1;
                self.file.seek(to)
            }
        }
        // Custom sections without a name and without contents.
        let small = [0, 1, 0].repeat(100_000);
        let mut large = wasm_encoder::Module::new();
        large.section(&wasm_encoder::CustomSection { name: ".debug_info".into(), data: vec![7; 1 << 20].into() });
        let large = large.finish();
        let whole = [&large[..8], &small, &large[8..], &small].concat();
        let file = Counted { file: std::io::Cursor::new(whole.clone()), reads: 0, seeks: 0 };
        let mut partial = Partial { file, bytes: vec![0; whole.len()], end: 0 };
        let places = partial.read_without_debug_info().expect("readable");
        let end = large.len() + small.len();
        let expected = end - (1 << 20)..end;
        assert_eq!(places, std::slice::from_ref(&expected));
        let mut wanted = whole;
        wanted[expected].fill(0);
        assert!(partial.bytes == wanted);
        assert!(partial.file.reads <= 2 * (small.len() >> 16) + 4, "{} reads", partial.file.reads);
        assert_eq!(partial.file.seeks, 1);
    }

    /// What was left out is read from the file that the rest was read from, or not at all.
    #[test]
    fn what_was_left_out_is_not_read_from_another_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.wasm");
        let mut module = wasm_encoder::Module::new();
        for (name, size) in [("name", 100), (".debug_info", 70_000), ("other", 100_000), (".debug_line", 70_000)] {
            module.section(&wasm_encoder::CustomSection { name: name.into(), data: vec![7; size].into() });
        }
        let whole = module.finish();
        // Applies a change to the file after it was read, and returns the lengths of what is then found.
        let found = |change: &dyn Fn()| {
            std::fs::write(&path, &whole).expect("writable");
            let (read, left_out) = without_debug_info(&path, LIMIT).expect("readable");
            change();
            let left_out = left_out.expect("two sections");
            assert_eq!(left_out.path(), path);
            let contents = left_out.contents(&read).map(|all| all.map(|(_, bytes)| bytes.len()).collect::<Vec<_>>());
            contents.map_err(ToString::to_string)
        };
        let with = |at: usize| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, bytes).expect("writable");
        };
        assert_eq!(found(&|| ()), Ok(vec![70_000, 70_000]));
        for at in [50, 100_000] {
            assert_eq!(found(&|| with(at)), Err(CHANGED.to_string()), "{at}");
        }
        // Nobody knows what the last byte was.
        assert_eq!(found(&|| with(whole.len() - 1)), Ok(vec![70_000, 70_000]));
        let longer = || std::fs::write(&path, [&whole[..], &[0]].concat()).expect("writable");
        assert_eq!(found(&longer), Err(CHANGED.to_string()));
        assert_eq!(found(&|| std::fs::write(&path, &whole[1..]).expect("writable")), Err(CHANGED.to_string()));
        let folder_of_its_name = || {
            std::fs::remove_file(&path).expect("removed");
            std::fs::create_dir(&path).expect("made");
        };
        assert_eq!(found(&folder_of_its_name), Err(CHANGED.to_string()));
        std::fs::remove_dir(&path).expect("removed");
        assert!(found(&|| std::fs::remove_file(&path).expect("removed")).is_err());
    }
}
