//! What the official suite and `wast-extra/` are translated to, compared with a file.

use crate::config::Config;
use crate::interp::code::InterpCode;
use crate::interp::translate::translate_with;
use crate::interp::{Unsupported, disassemble_with};
use crate::module::scripts::{BASIS, Origin, hash, held_against};
use crate::module::{BodyIndex, Module};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Everything in a body's code except its instructions, as text.
fn tables(code: &InterpCode) -> String {
    let InterpCode { locals, extent, zeroed, below, above, params, results, handlers, offsets, loops, sites, .. } =
        code;
    format!(
        "{locals} {extent} {zeroed} {below} {above} {params} {results} {handlers:?} {offsets:?} {loops:?} {sites:?}"
    )
}

/// Functions, words, and a hash of their text.
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
            self.state = hash(hash(self.state, text.as_bytes()), tables(&code).as_bytes());
        }
    }
}

/// Each script's functions have as many words, and text and tables of this hash: as they are, and with everything that can be
/// requested besides. Nothing else notices a superinstruction that is no longer made, a copy too many, or a slot too many.
///
/// After a change to the translator: `WASMOON_BLESS=1 cargo test --lib translated_to_the_same_bytecode`.
fn is_translated_to_the_same_bytecode(origin: Origin) {
    let plain = Config::default();
    let all = Config::with_all_that_bytecode_has();
    let mut scripts = BTreeMap::<String, [Sum; 2]>::new();
    origin.modules(|file, module| {
        let none = Sum { functions: 0, words: 0, state: BASIS };
        let sums = scripts.entry(file.into()).or_insert([none; 2]);
        sums.iter_mut().zip([&plain, &all]).for_each(|(sum, config)| sum.add(file, module, config));
    });
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
    let path = format!("src/interp/tests/bytecode/{}.txt", origin.folder());
    held_against(&path, &found, "are translated to other bytecode");
}

#[test]
fn the_suite_is_translated_to_the_same_bytecode() {
    is_translated_to_the_same_bytecode(Origin::Suite);
}

#[test]
fn wast_extra_is_translated_to_the_same_bytecode() {
    is_translated_to_the_same_bytecode(Origin::Extra);
}
