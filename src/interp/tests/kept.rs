//! What the official suite and `wast-extra/` are translated to, held against a file.

use crate::config::{Config, Mode, NanProfile};
use crate::interp::code::InterpCode;
use crate::interp::translate::translate_with;
use crate::interp::{Unsupported, disassemble_with};
use crate::module::scripts::{extra_modules, suite_modules};
use crate::module::{BodyIndex, Module};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// A hash for comparisons (FNV-1a).
fn hash(state: u64, text: &str) -> u64 {
    text.bytes().fold(state, |state, byte| (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Whatever else there is of a body's code than its instructions, as text.
fn tables(code: &InterpCode) -> String {
    let InterpCode { locals, extent, zeroed, below, above, params, results, handlers, offsets, loops, sites, .. } =
        code;
    format!(
        "{locals} {extent} {zeroed} {below} {above} {params} {results} {handlers:?} {offsets:?} {loops:?} {sites:?}"
    )
}

/// Functions, words, hash of the text of them.
#[derive(Clone, Copy)]
struct Sum {
    functions: u32,
    words: usize,
    state: u64,
}

impl Sum {
    fn add(&mut self, file: &str, module: &Module, config: &Config) {
        for body in (0..module.bodies.len() as u32).map(BodyIndex) {
            let code = match translate_with(module, body, false, config, None) {
                Ok(code) => code,
                Err(Unsupported { .. }) => continue,
            };
            let text = disassemble_with(module, body, config).unwrap_or_else(|e| panic!("{file}: {e}"));
            self.functions += 1;
            self.words += code.words.len();
            self.state = hash(hash(self.state, &text), &tables(&code));
        }
    }
}

/// Each script's functions have as many words, and text and tables of this hash: as they are, and with everything that can be
/// asked for besides. A superinstruction that is not made any more, a copy too many, a slot too much is seen by nothing
/// else.
///
/// After a change to the translator: `WASMOON_BLESS=1 cargo test --lib the_suite_is_translated_to_the_same_bytecode`.
#[test]
fn the_suite_is_translated_to_the_same_bytecode() {
    let plain = Config::default();
    let all = Config {
        trace_stores: true,
        poison: true,
        fuel: true,
        nan: NanProfile::Canonical,
        mode: Mode::Tiered { seed: None },
        ..Config::default()
    };
    let mut scripts = BTreeMap::<String, [Sum; 2]>::new();
    let mut each = |file: &str, module: &Module| {
        let none = Sum { functions: 0, words: 0, state: 0xcbf2_9ce4_8422_2325 };
        let sums = scripts.entry(file.into()).or_insert([none; 2]);
        sums.iter_mut().zip([&plain, &all]).for_each(|(sum, config)| sum.add(file, module, config));
    };
    suite_modules(&mut each);
    extra_modules(&mut each);
    let mut found = String::new();
    for (file, [plain, all]) in &scripts {
        assert_eq!(plain.functions, all.functions, "{file}");
        let (words, hash) = (plain.words, plain.state);
        let _ = writeln!(
            found,
            "{file}: {} functions, {words} words, {hash:016x}; with all {} words, {:016x}",
            plain.functions, all.words, all.state
        );
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/interp/tests/bytecode.txt");
    if std::env::var_os("WASMOON_BLESS").is_some_and(|v| v == "1") {
        std::fs::write(path, &found).unwrap();
        return;
    }
    let known = std::fs::read_to_string(path).unwrap_or_default();
    let (known, found): (BTreeSet<&str>, BTreeSet<&str>) = (known.lines().collect(), found.lines().collect());
    let (lost, new): (Vec<_>, Vec<_>) = (known.difference(&found).collect(), found.difference(&known).collect());
    assert!(
        lost.is_empty() && new.is_empty(),
        "{} scripts are translated to other bytecode; if the translator was to change, write the file anew.\n\
         before: {lost:#?}\nnow: {new:#?}",
        new.len()
    );
}
