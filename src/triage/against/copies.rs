//! Copies of a program's folders, for another engine to work on.

use crate::triage::FileError;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write;
use std::fs::FileType;
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
    #[error("cannot copy {} for the oracle: {}", .0.path.display(), .0.source)]
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
    /// Whether it is inside another of these folders, whose copy contains it, or is one of them under another name.
    is_inner: bool,
}

impl Copies {
    /// Copies these folders, each given as its path on the host and its path in the guest.
    ///
    /// # Errors
    /// A folder cannot be read, or is not a folder.
    pub fn of(dirs: &[(PathBuf, String)]) -> Result<Copies, CopyError> {
        let folder = tempfile::tempdir().map_err(|e| failed(&std::env::temp_dir(), e))?;
        // By their real paths: what a program does in a folder is visible under all of its names.
        let mut real = Vec::new();
        for (host, _) in dirs {
            let found = host.canonicalize().map_err(|e| CopyError::Dir(failed(host, e)))?;
            if !found.is_dir() {
                return Err(CopyError::NotAFolder(host.clone()));
            }
            real.push(found);
        }
        let mut copies = Vec::new();
        for (n, (host, guest)) in dirs.iter().enumerate() {
            let around = |outer: usize| real[n].starts_with(&real[outer]) && (real[outer] != real[n] || outer < n);
            // The outermost one contains all others.
            let outer = (0..dirs.len()).filter(|&outer| around(outer)).min_by_key(|&i| (real[i].as_os_str().len(), i));
            let mut copy = folder.path().join(outer.unwrap_or(n).to_string());
            match outer {
                None => copied(host, &copy)?,
                Some(outer) => copy.extend(real[n].strip_prefix(&real[outer]).iter()),
            }
            copies.push(FolderCopy { host: host.clone(), copy, guest: guest.clone(), is_inner: outer.is_some() });
        }
        Ok(Copies { dirs: copies, _folder: folder })
    }

    /// Lists the files that differ after both programs have run, one per line.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn differences(&self) -> Result<String, FileError> {
        let mut text = String::new();
        for dir in self.dirs.iter().filter(|dir| !dir.is_inner) {
            let (ours, theirs) = (listed(&dir.host)?, listed(&dir.copy)?);
            let mut names: Vec<&OsString> = ours.keys().chain(theirs.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let what = match (ours.get(name), theirs.get(name)) {
                    (Some(_), None) => "only in ours",
                    (None, Some(_)) => "only in theirs",
                    (Some((kind, _)), Some((other, _))) if kind != other => "kind",
                    (Some(a), Some(b)) if a != b => "contents",
                    _ => continue,
                };
                let name = name.to_string_lossy();
                let _ = writeln!(text, "file '{}' in '{}': {what}", name.escape_debug(), dir.guest.escape_debug());
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

/// Everything below a folder, by kind: the contents of files, the targets of links.
fn listed(folder: &Path) -> Result<BTreeMap<OsString, (FileType, Vec<u8>)>, FileError> {
    use std::os::unix::ffi::OsStringExt;
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(path) = open.pop() {
        let failed = |e: std::io::Error| failed(&path, e);
        for entry in std::fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?.path();
            let kind = std::fs::symlink_metadata(&entry).map_err(failed)?;
            let name = entry.strip_prefix(folder).unwrap_or(&entry).as_os_str().to_os_string();
            let contents = if kind.is_dir() {
                open.push(entry);
                Vec::new()
            } else if kind.is_symlink() {
                std::fs::read_link(&entry).map_err(failed)?.into_os_string().into_vec()
            } else if kind.is_file() {
                std::fs::read(&entry).map_err(failed)?
            } else {
                continue;
            };
            found.insert(name, (kind.file_type(), contents));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nested folders, and a folder under two names, have the same relation in the copy.
    #[test]
    fn a_folder_in_another_is_in_its_copy() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(path("outer/inner")).unwrap();
        std::fs::create_dir(path("outer2")).unwrap();
        std::os::unix::fs::symlink(path("outer"), path("again")).unwrap();
        let names = ["outer/inner", "outer", "outer2", "again", "outer/inner/.."];
        let dirs: Vec<(PathBuf, String)> = names.iter().map(|name| (path(name), format!("/{name}"))).collect();
        let copies = Copies::of(&dirs).unwrap();
        assert_eq!(copies.differences().unwrap(), "");
        // Both programs make a file in the inner one, by the path that each one has.
        std::fs::write(path("outer/inner/x"), "x").unwrap();
        std::fs::write(copies.dirs[0].copy.join("x"), "x").unwrap();
        assert_eq!(copies.differences().unwrap(), "");
        assert!(copies.dirs[3].copy.join("inner/x").exists() && copies.dirs[4].copy.join("inner/x").exists());
        std::fs::write(path("outer/inner/y"), "y").unwrap();
        std::fs::write(path("outer2/z"), "z").unwrap();
        let text = copies.differences().unwrap();
        assert_eq!(text, "file 'inner/y' in '/outer': only in ours\nfile 'z' in '/outer2': only in ours\n");
    }

    #[test]
    fn an_empty_folder_is_no_empty_file_and_a_link_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let copies = Copies::of(&[(folder.path().to_path_buf(), "/".into())]).unwrap();
        let (ours, theirs) = (folder.path(), &copies.dirs[0].copy);
        std::fs::create_dir(ours.join("a")).unwrap();
        std::fs::write(theirs.join("a"), "").unwrap();
        std::os::unix::fs::symlink("text", ours.join("b")).unwrap();
        std::fs::write(theirs.join("b"), "text").unwrap();
        [ours, theirs].iter().for_each(|folder| std::fs::write(folder.join("c"), "c").unwrap());
        assert_eq!(copies.differences().unwrap(), "file 'a' in '/': kind\nfile 'b' in '/': kind\n");
    }

    /// It includes files and links at any depth.
    #[test]
    fn a_copy_has_everything_that_is_below() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join("given").join(name);
        std::fs::create_dir_all(path("a/b/empty")).unwrap();
        std::fs::write(path("a/b/text"), "text").unwrap();
        std::os::unix::fs::symlink("b/text", path("a/link")).unwrap();
        let copies = Copies::of(&[(path(""), "/".into())]).unwrap();
        assert_eq!(copies.differences().unwrap(), "");
        let copy = &copies.dirs[0].copy;
        assert!(copy.join("a/b/empty").is_dir() && copy.join("a/link").is_symlink());
        // Each copy has its own.
        std::fs::write(copy.join("a/link"), "other").unwrap();
        assert_eq!(std::fs::read_to_string(path("a/b/text")).unwrap(), "text");
        std::fs::remove_file(copy.join("a/link")).unwrap();
        assert_eq!(
            copies.differences().unwrap(),
            "file 'a/b/text' in '/': contents\nfile 'a/link' in '/': only in ours\n"
        );
    }

    #[test]
    fn what_is_no_folder_is_not_copied() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let refused = |path: &Path| Copies::of(&[(path.to_path_buf(), "/".into())]).err();
        assert!(matches!(refused(&path), Some(CopyError::Dir(_))));
        std::fs::write(&path, "").unwrap();
        assert!(matches!(refused(&path), Some(CopyError::NotAFolder(named)) if named == path));
    }
}
