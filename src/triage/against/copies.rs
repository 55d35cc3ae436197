//! Copies of a program's folders, for another engine to work on.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};

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
    pub fn of(dirs: &[(PathBuf, String)]) -> Result<Copies, String> {
        let folder = tempfile::tempdir().map_err(|e| format!("{}: {e}", std::env::temp_dir().display()))?;
        let mut copies = Vec::new();
        for (n, (host, guest)) in dirs.iter().enumerate() {
            let copy = folder.path().join(n.to_string());
            let found = std::fs::metadata(host).map_err(|e| format!("--dir {}: {e}", host.display()))?;
            if !found.is_dir() {
                return Err(format!("--dir {}: not a folder", host.display()));
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
    pub fn differences(&self) -> Result<String, String> {
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

/// Copies a folder recursively. Links stay links; whatever is neither a file, a folder nor a link is left out.
fn copied(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |path: &Path, e: std::io::Error| format!("copying {} for the oracle: {e}", path.display());
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
fn listed(folder: &Path) -> Result<BTreeMap<OsString, Vec<u8>>, String> {
    use std::os::unix::ffi::OsStringExt;
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(path) = open.pop() {
        let failed = |e: std::io::Error| format!("{}: {e}", path.display());
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
