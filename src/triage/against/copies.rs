//! Copies of a program's folders, for another engine to work on.

use crate::triage::FileError;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The reason why folders cannot be copied or compared.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// A folder cannot be made or read.
    #[error(transparent)]
    Folder(#[from] FileError),
    /// The system's error about a folder that the program is given.
    #[error("--dir {0}")]
    Dir(#[source] FileError),
    /// The path that the program is given is not a folder.
    #[error("--dir {}: not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// A file or folder cannot be copied.
    #[error("copying {} for the oracle: {}", .0.path.display(), .0.source)]
    Copy(#[source] FileError),
}

/// Copies of the folders that a program is given.
pub struct Copies {
    pub dirs: Vec<FolderCopy>,
    /// Owns the temporary folder with the copies.
    _folder: tempfile::TempDir,
}

pub struct FolderCopy {
    host: PathBuf,
    pub copy: PathBuf,
    pub guest: String,
}

impl Copies {
    /// Copies these folders, each given as its path on the host and its path in the guest.
    ///
    /// # Errors
    /// A folder cannot be read, or is not a folder.
    pub fn of(dirs: &[(PathBuf, String)]) -> Result<Copies, CopyError> {
        let folder = tempfile::tempdir().map_err(|e| failed(&std::env::temp_dir(), e))?;
        let mut copies = Vec::new();
        for (n, (host, guest)) in dirs.iter().enumerate() {
            let copy = folder.path().join(n.to_string());
            let found = std::fs::metadata(host).map_err(|e| CopyError::Dir(failed(host, e)))?;
            if !found.is_dir() {
                return Err(CopyError::NotAFolder(host.clone()));
            }
            copied(host, &copy)?;
            copies.push(FolderCopy { host: host.clone(), copy, guest: guest.clone() });
        }
        Ok(Copies { dirs: copies, _folder: folder })
    }

    /// Lists the files that differ after both programs have run, a line each.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn differences(&self) -> Result<String, FileError> {
        let mut text = String::new();
        for dir in &self.dirs {
            let (ours, theirs) = (listed(&dir.host)?, listed(&dir.copy)?);
            let mut names: Vec<&OsString> = ours.keys().chain(theirs.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let what = match (ours.get(name), theirs.get(name)) {
                    (Some(_), None) => "only in ours",
                    (None, Some(_)) => "only in theirs",
                    (Some(a), Some(b)) if a != b => "contents",
                    _ => continue,
                };
                let _ = writeln!(text, "file '{}' in '{}': {what}", name.display(), dir.guest);
            }
        }
        Ok(text)
    }
}

fn failed(path: &Path, source: std::io::Error) -> FileError {
    FileError { path: path.to_path_buf(), source }
}

/// Copies a folder recursively. Links stay links; anything that is not a file, a folder or a link is left out.
fn copied(from: &Path, to: &Path) -> Result<(), CopyError> {
    let failed = |path: &Path, e: std::io::Error| CopyError::Copy(failed(path, e));
    std::fs::create_dir(to).map_err(|e| failed(to, e))?;
    for entry in std::fs::read_dir(from).map_err(|e| failed(from, e))? {
        let entry = entry.map_err(|e| failed(from, e))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(|e| failed(&path, e))?;
        if kind.is_dir() {
            copied(&path, &target)?;
        } else if kind.is_symlink() {
            let link = std::fs::read_link(&path).map_err(|e| failed(&path, e))?;
            std::os::unix::fs::symlink(link, &target).map_err(|e| failed(&target, e))?;
        } else if kind.is_file() {
            std::fs::copy(&path, &target).map_err(|e| failed(&path, e))?;
        }
    }
    Ok(())
}

/// Everything below a folder: the contents of files, the targets of links.
fn listed(folder: &Path) -> Result<BTreeMap<OsString, Vec<u8>>, FileError> {
    use std::os::unix::ffi::OsStringExt;
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(path) = open.pop() {
        let failed = |e: std::io::Error| failed(&path, e);
        for entry in std::fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?.path();
            let kind = std::fs::symlink_metadata(&entry).map_err(failed)?;
            let name = entry.strip_prefix(folder).unwrap_or(&entry).as_os_str().to_os_string();
            if kind.is_dir() {
                found.insert(name, Vec::new());
                open.push(entry);
            } else if kind.is_symlink() {
                found.insert(name, std::fs::read_link(&entry).map_err(failed)?.into_os_string().into_vec());
            } else if kind.is_file() {
                found.insert(name, std::fs::read(&entry).map_err(failed)?);
            }
        }
    }
    Ok(found)
}
