//! The modules of scripts, for tests of everything made from modules, and stored texts about what is made from them.

use super::{Module, WasmFeatures};
use std::collections::BTreeSet;

/// The scripts of one origin. What is made from them is stored in separate files, so that each origin can be judged
/// alone.
#[derive(Clone, Copy, Debug)]
pub enum Origin {
    /// The official suite.
    Suite,
    /// `wast-extra/`.
    Extra,
}

impl Origin {
    /// Both.
    pub const ALL: [Origin; 2] = [Origin::Suite, Origin::Extra];

    /// Calls `each` with every valid module and the name of its file.
    pub fn modules(self, each: impl FnMut(&str, &Module)) {
        match self {
            Origin::Suite => suite_modules(each),
            Origin::Extra => extra_modules(each),
        }
    }

    /// Returns the folder of a stored text.
    pub fn folder(self) -> &'static str {
        match self {
            Origin::Suite => "suite",
            Origin::Extra => "wast-extra",
        }
    }
}

/// Adds bytes to a hash for comparisons (FNV-1a), which starts with [`BASIS`].
pub fn hash(state: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(state, |state, &byte| (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// The state of [`hash`] before anything is added.
pub const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// Compares a text with a line for each script with a file of this crate; rewrites the file if `WASMOON_BLESS` is 1.
///
/// # Panics
/// If they differ. `what` says what the scripts then do.
pub fn held_against(path: &str, found: &str, what: &str) {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("WASMOON_BLESS").is_some_and(|v| v == "1") {
        std::fs::write(path, found).unwrap();
        return;
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let (known, found): (BTreeSet<&str>, BTreeSet<&str>) = (known.lines().collect(), found.lines().collect());
    let (lost, new): (Vec<_>, Vec<_>) = (known.difference(&found).collect(), found.difference(&known).collect());
    assert!(
        lost.is_empty() && new.is_empty(),
        "{} scripts {what}; if this is intended, rewrite {path} with WASMOON_BLESS=1\nbefore: {lost:#?}\nnow: {new:#?}",
        new.len()
    );
}

/// Calls `each` with every valid module of the official suite and the name of its file. Files with the same content
/// come once.
pub fn suite_modules(mut each: impl FnMut(&str, &Module)) {
    let mut contents = BTreeSet::new();
    for file in spec_tests::files().filter(|file| contents.insert(file.text)) {
        modules_of(file.text, |module| each(file.stem, module));
    }
}

/// Calls `each` with every valid module of `wast-extra/` and the name of its file.
pub fn extra_modules(mut each: impl FnMut(&str, &Module)) {
    let files = glob::glob(concat!(env!("CARGO_MANIFEST_DIR"), "/wast-extra/**/*.wast")).unwrap();
    for path in files.map(Result::unwrap) {
        let text = std::fs::read_to_string(&path).unwrap();
        modules_of(&text, |module| each(path.file_stem().unwrap().to_str().unwrap(), module));
    }
}

/// Calls `each` with every valid module of a script.
fn modules_of(text: &str, mut each: impl FnMut(&Module)) {
    let mut lexer = wast::lexer::Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let Ok(buffer) = wast::parser::ParseBuffer::new_with_lexer(lexer) else { return };
    let Ok(script) = wast::parser::parse::<wast::Wast>(&buffer) else { return };
    for directive in script.directives {
        let (wast::WastDirective::Module(mut m) | wast::WastDirective::ModuleDefinition(mut m)) = directive else {
            continue;
        };
        let Ok(bytes) = m.encode() else { continue };
        let Ok(module) = Module::new(&bytes, WasmFeatures::all()) else { continue };
        each(&module);
    }
}
