//! Reading of inputs that the user names, up to a size limit: a device or a pipe may give bytes for ever, and a file
//! may be larger than the machine's memory.

use crate::runtime::sys::mmap::fill_by_large_pages;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The largest input in bytes, which is also the largest module that the embeddings of the web take.
pub const LIMIT: u64 = 1 << 30;

/// Why an input could not be read. No message names the input: the caller knows it.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system refuses.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A folder, a pipe or a device, where the input has to be read more than once.
    #[error("not a regular file")]
    NotRegular,
    /// Larger than the limit: so many bytes.
    #[error("more than {}, the largest input that is read", size(*.0))]
    TooLarge(u64),
    /// A script that is not UTF-8, with its first wrong byte.
    #[error("not UTF-8: byte {byte:#04x} on line {line}, at offset {offset}")]
    NotUtf8 {
        /// The byte itself.
        byte: u8,
        /// 1-based.
        line: usize,
        /// In bytes.
        offset: usize,
    },
    /// The file has changed since it was selected.
    #[error("{}", CHANGED)]
    Changed,
}

fn size(bytes: u64) -> String {
    if bytes.is_multiple_of(1 << 20) { format!("{} MiB", bytes >> 20) } else { format!("{bytes} bytes") }
}

/// Bytes of a file to be read into large pages: the system takes four times as long to provide as many of the usual size.
const LARGE: usize = 4 << 20;

/// Reads a regular file, the only kind that can be read more than once.
///
/// # Errors
/// When it cannot be read, is not a regular file, or is larger than [`LIMIT`]; the message does not name it.
pub fn regular(path: &Path) -> Result<Vec<u8>, ReadError> {
    // Opening a pipe without a writer would wait for ever.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(ReadError::NotRegular);
    }
    any(path, LIMIT)
}

/// Reads a file of any kind, a pipe or a device to its end, if it has at most `limit` bytes.
///
/// # Errors
/// As [`regular`].
pub fn any(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let file = File::open(path)?;
    let length = file.metadata().map_or(0, |m| m.len());
    if length > limit {
        return Err(ReadError::TooLarge(limit));
    }
    bounded(file, length as usize, limit)
}

/// Reads a stream to its end; `expected` is its probable length in bytes.
///
/// # Errors
/// When reading fails, or there are more than `limit` bytes.
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
        assert!(matches!(regular(Path::new("/dev/null")), Err(ReadError::NotRegular)));
        assert_eq!(any(Path::new("/dev/null"), LIMIT).expect("readable"), b"");
        // A file of holes: its length is known before anything is read.
        File::create(&path).and_then(|f| f.set_len(LIMIT + 1)).expect("writable");
        let error = regular(&path).expect_err("too large").to_string();
        assert!(error.contains("more than 1024 MiB"), "{error}");
    }
}
