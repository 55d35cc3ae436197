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

/// The reason why a file or folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", .path.display())]
pub struct FileError {
    /// The file or folder.
    pub path: std::path::PathBuf,
    /// The system's error.
    pub source: std::io::Error,
}

/// Writes a file atomically: it is complete or absent. Creates missing folders.
///
/// # Errors
/// The file cannot be written.
pub fn write_whole(path: &std::path::Path, text: &str) -> Result<(), FileError> {
    use std::io::Write;
    let failed = |source: std::io::Error| FileError { path: path.to_path_buf(), source };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    // A temporary file is private to its owner; this file should be readable by others.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    let mut file = tempfile::Builder::new().permissions(mode).tempfile_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}
