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

/// Checks that [`write_whole`] can write a file, before the work whose result it will have. Nothing is made.
///
/// # Errors
/// It cannot.
pub fn check_whole(path: &std::path::Path) -> Result<(), FileError> {
    use std::path::Path;
    let is_there = |folder: &&Path| folder.as_os_str().is_empty() || folder.exists();
    let folder = path.ancestors().skip(1).find(is_there).unwrap_or(Path::new(""));
    // The file, or the first folder on the way to it that would be made.
    let first = path.strip_prefix(folder).ok().and_then(|rest| rest.components().next());
    let made = Path::new(".").join(folder).join(first.map_or(Path::new(""), |name| Path::new(name.as_os_str())));
    let failed = |reason| FileError { path: path.to_path_buf(), source: std::io::Error::other(reason) };
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
