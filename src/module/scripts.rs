//! The modules of scripts, for tests of whatever is made of modules.

use super::{Module, WasmFeatures};
use std::collections::BTreeSet;

/// Every valid module of the official suite, with the name of its file. Files of one content come once.
pub fn suite_modules(mut each: impl FnMut(&str, &Module)) {
    let mut contents = BTreeSet::new();
    for file in spec_tests::files().filter(|file| contents.insert(file.text)) {
        modules_of(file.text, |module| each(file.stem, module));
    }
}

/// Every valid module of `wast-extra/`, with the name of its file.
pub fn extra_modules(mut each: impl FnMut(&str, &Module)) {
    let files = glob::glob(concat!(env!("CARGO_MANIFEST_DIR"), "/wast-extra/**/*.wast")).unwrap();
    for path in files.map(Result::unwrap) {
        let text = std::fs::read_to_string(&path).unwrap();
        modules_of(&text, |module| each(path.file_stem().unwrap().to_str().unwrap(), module));
    }
}

/// Every valid module of a script.
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
