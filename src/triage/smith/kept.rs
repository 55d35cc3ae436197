//! Compares the bytecode and machine code of random modules with files, so that changes are also noticed in code that no script
//! has.
//!
//! After a change to the translator, the compiler or the generator, run: `WASMOON_BLESS=1 cargo test --lib
//! random_modules_make_the_same`.

use super::features::Features;
use super::generate::generate;
use crate::config::{Config, Mode, NanProfile, OptLevel, Tier};
use crate::interp::disassemble_with;
use crate::jit;
use crate::module::scripts::{BASIS, hash, held_against};
use crate::module::{BodyIndex, Module, WasmFeatures};
use crate::runtime::compile_error::CompileError;
use crate::target;
use std::fmt::Write;

/// The number of modules that share a line of a file, and the number of lines.
const TOGETHER: u64 = 10;
const LINES: u64 = 100;

/// Returns a line for each group of seeds: how much is made from their modules, how much is refused, and a hash of everything.
/// `make` makes something from a module in several ways, each `None` if it is refused.
fn lines(make: impl Fn(&Module) -> Vec<Option<Vec<u8>>>) -> String {
    let mut text = String::new();
    for line in 0..LINES {
        let seeds = line * TOGETHER..(line + 1) * TOGETHER;
        let (mut made, mut refused, mut state) = (0, 0, BASIS);
        for seed in seeds.clone() {
            // From both generators, with everything that is on by default.
            let subject =
                generate(seed, Features::supported(), NanProfile::Native).unwrap_or_else(|e| panic!("{seed}: {e}"));
            let module = Module::new(&subject.bytes, WasmFeatures::all()).unwrap_or_else(|e| panic!("{seed}: {e}"));
            for bytes in make(&module) {
                made += u32::from(bytes.is_some());
                refused += u32::from(bytes.is_none());
                state = hash(state, &bytes.unwrap_or_default());
            }
        }
        let _ = writeln!(text, "seeds {seeds:?}: {made} made, {refused} refused, {state:016x}");
    }
    text
}

#[test]
fn random_modules_make_the_same_bytecode() {
    let plain = Config::default();
    let all = Config::with_all_that_bytecode_has();
    let found = lines(|module| {
        let bodies = (0..module.bodies.len() as u32).map(BodyIndex);
        let both = bodies.flat_map(|body| [&plain, &all].map(|config| disassemble_with(module, body, config)));
        both.map(|text| text.ok().map(String::into_bytes)).collect()
    });
    held_against("src/triage/smith/kept/bytecode.txt", &found, "are translated to other bytecode");
}

/// Tests the highest level of each CPU, and the lowest with few registers.
#[test]
fn random_modules_make_the_same_code() {
    let settings: Vec<Config> = target::ALL
        .iter()
        .flat_map(|target| {
            let best = target.all_levels().next_back().expect("a CPU has a level");
            let few = Config { opt: OptLevel::O0, registers: Some(4), short_reach: true, ..Config::default() };
            [Config { cpu: Some(best), ..Config::default() }, Config { cpu: Some(target.baseline()), ..few }]
        })
        .map(|config| Config { mode: Mode::All(Tier::Jit), verify: true, ..config })
        .collect();
    let found = lines(|module| {
        let compiled = |config| match jit::compile(module, config) {
            Ok(compiled) => Some(compiled.code),
            Err(CompileError::Unsupported(_) | CompileError::Limit(_) | CompileError::Memory(_)) => None,
            Err(e) => panic!("{config:?}: {e}"),
        };
        settings.iter().map(compiled).collect()
    });
    held_against("src/triage/smith/kept/code.txt", &found, "compile to other code");
}
