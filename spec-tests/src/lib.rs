//! The texts of the official WebAssembly testsuite, embedded: of three versions of the specification, of the newest
//! state, and of the proposals. `suite.toml` beside this crate lists those that are run, with their languages.

include!(concat!(env!("OUT_DIR"), "/revision.rs"));
include!(concat!(env!("OUT_DIR"), "/suite.rs"));

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

/// Scripts that are embedded, as `embed.rs` writes them. There is no table of pointers: in a program that may lie at any address,
/// each would have to be made when it starts.
#[derive(Clone, Copy, Debug)]
pub struct Scripts {
    rows: &'static str,
    ends: &'static [u32],
    texts: &'static str,
}

impl Scripts {
    /// For each script a line of `rows`: folder, stem and the number of its text, which goes from the end of the one before, in
    /// bytes of `texts`, to its own end.
    pub const fn new(rows: &'static str, ends: &'static [u32], texts: &'static str) -> Scripts {
        Scripts { rows, ends, texts }
    }

    /// The scripts, by folder and stem as they were embedded.
    pub fn files(self) -> impl Iterator<Item = File> {
        let end = move |number: usize| self.ends[number] as usize;
        self.rows.lines().map(move |row| {
            let mut words = row.split('\t');
            let mut word = || words.next().expect("a line has three words");
            let (folder, stem) = (word(), word());
            let number: usize = word().parse().expect("the third is a number");
            let start = number.checked_sub(1).map_or(0, end);
            File { folder, stem, text: &self.texts[start..end(number)] }
        })
    }
}

/// All scripts, by folder and stem; the folders of versions first. Several folders may hold the same text.
pub fn files() -> impl Iterator<Item = File> {
    SUITE.files()
}

/// The source of the texts: a crate and its version.
pub const fn revision() -> &'static str {
    REVISION
}
