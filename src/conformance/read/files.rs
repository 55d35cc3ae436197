//! Reading what a person names. Nothing is read without end: a device or a pipe may give bytes for ever, and a file may
//! be larger than the machine's memory.

use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The largest input in bytes, which is also the largest module that the embeddings of the web take.
pub const LIMIT: u64 = 1 << 30;

/// Reads a regular file, the only kind that can be read more than once.
///
/// # Errors
/// When it cannot be read, is not a regular file, or is larger than [`LIMIT`]; the message does not name it.
pub fn regular(path: &Path) -> Result<Vec<u8>, String> {
    // Opening a pipe that nobody writes to would wait for ever.
    let metadata = std::fs::metadata(path).map_err(|e| e.to_string())?;
    if !metadata.is_file() {
        return Err("not a regular file".into());
    }
    any(path)
}

/// Reads a file of any kind: a pipe or a device to its end.
///
/// # Errors
/// As [`regular`].
pub fn any(path: &Path) -> Result<Vec<u8>, String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    let length = file.metadata().map_or(0, |m| m.len());
    if length > LIMIT {
        return Err(too_large());
    }
    bounded(file, length as usize)
}

/// Reads all that there is; `expected` is how many bytes that will probably be.
///
/// # Errors
/// When reading fails, or there is more than [`LIMIT`].
pub fn bounded(reader: impl Read, expected: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(expected);
    reader.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() as u64 > LIMIT { Err(too_large()) } else { Ok(bytes) }
}

fn too_large() -> String {
    format!("more than {} MiB, the largest input that is read", LIMIT >> 20)
}

/// Said of a file that was not what it had been when it was selected.
pub const CHANGED: &str = "changed during the run";

/// SHA-256 of a text or of bytes, in hexadecimal.
pub fn hash(content: impl AsRef<[u8]>) -> String {
    Sha256::digest(content).iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_much_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x");
        std::fs::write(&path, "abc").expect("writable");
        assert_eq!(regular(&path).as_deref(), Ok(&b"abc"[..]));
        assert_eq!(any(&path).as_deref(), Ok(&b"abc"[..]));
        assert_eq!(regular(Path::new("/dev/null")), Err("not a regular file".into()));
        assert_eq!(any(Path::new("/dev/null")), Ok(Vec::new()));
        // A file of holes: its length is known before anything is read.
        File::create(&path).and_then(|f| f.set_len(LIMIT + 1)).expect("writable");
        let error = regular(&path).expect_err("too large");
        assert!(error.contains("more than 1024 MiB"), "{error}");
    }
}
