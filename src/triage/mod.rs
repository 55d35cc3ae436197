//! From "the JIT is wrong" to the line that is wrong.
//!
//! | file | contents |
//! |---|---|
//! | `against` | compares one program with another engine: output, exit, memory, files |
//! | `subject` | the code to execute, and the calls that drive it |
//! | `value` | values that can be compared across stores |
//! | `observe` | the observations of one execution |
//! | `difference` | the first difference between two observations |
//! | `post_mortem` | reports on programs that trapped |
//! | `explore` | stages for people: coloured text, a page |
//! | `differential` | the same subject on several configurations |
//! | `script` | a subject as a `.wast` script |
//! | `smith` | random modules |
//! | `fuzz` | the bodies of the fuzz targets |
//! | `stages` | one function at each stage, from WebAssembly to assembly |
//! | `trial` | one execution in a process of its own, which may crash or hang |
//! | `bisect` | the function, the stage and the rewrite that are to blame |
//! | `witness` | another engine, which executes subjects too |
//! | `reduce` | a small module that still shows the failure, as a script |

pub mod against;
pub mod bisect;
pub mod difference;
pub mod differential;
pub mod explore;
pub mod fuzz;
pub mod observe;
pub mod post_mortem;
pub mod reduce;
pub mod script;
pub mod smith;
pub mod stages;
pub mod subject;
pub mod trial;
pub mod value;
pub mod witness;

use crate::conformance::report::{check_writable, write_atomically};
use crate::text::reason;

/// The reason why a file or folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", .path.display())]
pub struct FileError {
    /// The file or folder.
    pub path: std::path::PathBuf,
    /// The system's error.
    pub source: std::io::Error,
}

/// Writes a file atomically: it is complete or absent. Creates missing folders. What a link leads to is replaced, and a device
/// is written to.
///
/// # Errors
/// The file cannot be written.
pub fn write_whole(path: &std::path::Path, text: &str) -> Result<(), FileError> {
    let failed = |source: std::io::Error| FileError { path: path.to_path_buf(), source };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    write_atomically(path, text).map_err(|e| failed(std::io::Error::other(e.reason)))
}

/// Checks that new files can be made in a folder, which need not exist yet. Leaves nothing behind.
///
/// # Errors
/// They cannot.
pub fn check_folder(folder: &std::path::Path) -> Result<(), FileError> {
    let failed = |reason| FileError { path: folder.to_path_buf(), source: std::io::Error::other(reason) };
    if folder.as_os_str().is_empty() || folder.is_dir() {
        // Without a name, it is in nobody's way, and gone with this process.
        let folder = std::path::Path::new(".").join(folder);
        return tempfile::tempfile_in(folder).map(drop).map_err(|e| failed(reason(&e)));
    }
    // Any name will do, since nothing is in a folder that does not exist yet.
    check_whole(&folder.join("file")).map_err(|e| FileError { path: folder.to_path_buf(), ..e })
}

/// Checks that [`write_whole`] can write a file, before the work whose result it will have. Nothing is made.
///
/// # Errors
/// It cannot.
pub fn check_whole(path: &std::path::Path) -> Result<(), FileError> {
    use std::path::Path;
    let is_there = |folder: &&Path| folder.as_os_str().is_empty() || folder.exists();
    let folder = path.ancestors().skip(1).find(is_there).unwrap_or(Path::new(""));
    // The file, or the first folder on the way to it that would be made.
    let mut rest = path.strip_prefix(folder).unwrap_or(Path::new("")).components();
    let first = rest.next().map_or(Path::new(""), |name| Path::new(name.as_os_str()));
    let made = Path::new(".").join(folder).join(first);
    let failed = |reason| FileError { path: path.to_path_buf(), source: std::io::Error::other(reason) };
    // No folder is made through a link, as a file is.
    if rest.next().is_some() && made.is_symlink() {
        return Err(failed(format!("{} is a dangling link", folder.join(first).display())));
    }
    check_writable(&made).map_err(|e| failed(e.reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As it could be written then; nothing is made.
    #[test]
    fn what_can_be_written_whole_is_known_before() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "text").unwrap();
        for (name, can) in [
            ("file", true),
            ("new", true),
            ("a/b/new", true),
            ("a/../new", true),
            (".", false),
            ("file/new", false),
            ("file/a/new", false),
        ] {
            let path = folder.path().join(name);
            assert_eq!(check_whole(&path).is_ok(), can, "{name}");
            let names: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(names, ["file"], "{name}");
        }
        assert_eq!(std::fs::read_to_string(folder.path().join("file")).unwrap(), "text");
    }

    /// A file is written through a link to nothing; a folder is not made through one.
    #[test]
    fn links_to_nothing_lead_to_files_and_to_no_folders() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for (name, target) in [("link", "new"), ("round", "round")] {
            std::os::unix::fs::symlink(target, path(name)).unwrap();
        }
        for (name, can) in [("link", true), ("link/new", false), ("link/a/new", false), ("round/new", false)] {
            let checked = check_whole(&path(name)).map_err(|e| e.to_string());
            assert_eq!(checked.is_ok(), can, "{name}: {checked:?}");
            assert_eq!(write_whole(&path(name), "text").is_ok(), can, "{name}");
            std::fs::remove_file(path("new")).unwrap_or_else(|e| assert!(!can, "{name}: {e}"));
        }
        let refused = check_folder(&path("link")).map_err(|e| e.to_string());
        let link = path("link").display().to_string();
        assert_eq!(refused, Err(format!("{link}: {link} is a dangling link")));
    }

    /// Whatever is in the folder already.
    #[test]
    fn folders_take_more_files() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("0")).unwrap();
        // Whatever it has the name of.
        std::fs::create_dir(folder.path().join(".probe")).unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        for (name, can) in
            [("", true), ("0", true), ("new", true), ("a/new", true), ("file", false), ("file/new", false)]
        {
            let path = folder.path().join(name);
            let refused = check_folder(&path).err();
            assert_eq!(refused.map(|e| e.path), (!can).then_some(path), "{name}");
        }
        assert_eq!(folder.path().read_dir().unwrap().count(), 3);
    }

    #[test]
    fn a_link_stays_one_and_what_it_leads_to_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let [link, file] = ["new/link", "file"].map(|name| folder.path().join(name));
        write_whole(&link, "first").unwrap();
        std::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink("../file", &link).unwrap();
        for text in ["made", "replaced"] {
            write_whole(&link, text).unwrap();
            assert!(link.is_symlink() && !file.is_symlink());
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        }
    }
}
