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

use crate::conformance::report::write_atomically;

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

#[cfg(test)]
mod tests {
    use super::*;

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
