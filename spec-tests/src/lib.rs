//! The texts of the official WebAssembly testsuite, embedded: of three versions of the specification, of the newest state, and
//! of the proposals. Which of them are run, and in which language, says `suite.toml` beside this crate.

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// A script of the testsuite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Version or proposal, such as `wasm-v3` or `gc`.
    pub folder: &'static str,
    /// Its name without `.wast`.
    pub stem: &'static str,
    pub text: &'static str,
}

/// All scripts, by folder and stem; the folders of versions first. Several folders may hold the same text.
pub fn files() -> impl Iterator<Item = File> {
    FILES.iter().map(|&(folder, stem, text)| File { folder, stem, text: TEXTS[text] })
}

/// Where the texts are from: a crate and its version.
pub const fn revision() -> &'static str {
    REVISION
}
