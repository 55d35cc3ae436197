//! From "the JIT is wrong" to the line that is wrong.
//!
//! | file | question |
//! |---|---|
//! | `against` | one program on another engine too: output, exit, memory, files |
//! | `subject` | what is executed, and how it is driven |
//! | `value` | values that can be held against those of another store |
//! | `observe` | what one execution showed |
//! | `difference` | where two differ |
//! | `post_mortem` | what a program that trapped left behind |
//! | `explore` | stages for people: coloured text, a page |
//! | `differential` | the same on several configurations: which differ |
//! | `script` | a subject as a script of the testsuite |
//! | `smith` | random modules |
//! | `fuzz` | the bodies of the fuzz targets |
//! | `stages` | what one function is at each stage, from WebAssembly to assembly |
//! | `trial` | one execution, whatever it does: in a process of its own |
//! | `bisect` | which function, which stage, which rewrite |
//! | `reduce` | a small module that still shows it, as a script |

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

/// Writes a file in one piece: it is whole or not there. Folders that it needs are made.
///
/// # Errors
/// Why it cannot be written.
pub fn write_whole(path: &std::path::Path, text: &str) -> Result<(), String> {
    use std::io::Write;
    let failed = |e: std::io::Error| format!("{}: {e}", path.display());
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    // A temporary file is its owner's alone; this one is to be what others can read.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    let mut file = tempfile::Builder::new().permissions(mode).tempfile_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}
