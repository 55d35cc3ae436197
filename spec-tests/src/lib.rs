//! The texts of the official WebAssembly testsuite, embedded: of three versions of the specification, of the newest
//! state, and of the proposals. `suite.toml` beside this crate lists those that are run, with their languages.

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// A script of the testsuite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Version or proposal, such as `wasm-v3` or `gc`.
    pub folder: &'static str,
    /// The file's name without `.wast`.
    pub stem: &'static str,
    /// The file's content.
    pub text: &'static str,
}

/// All scripts, by folder and stem; the folders of versions first. Several folders may hold the same text.
pub fn files() -> impl Iterator<Item = File> {
    FILES.iter().map(|&(folder, stem, text)| File { folder, stem, text: TEXTS[text] })
}

/// The source of the texts: a crate and its version.
pub const fn revision() -> &'static str {
    REVISION
}
