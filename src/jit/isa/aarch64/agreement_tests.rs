//! The check of [`super::agreement`] on all that can be compiled; and that it can fail.

use crate::config::{Config, NanProfile, OptLevel};
use crate::jit::frontend::tests::suite_modules;
use crate::jit::pipeline::check_agreement;
use crate::target::aarch64;

/// Every level's code, in every configuration.
#[test]
fn code_reads_and_writes_what_the_allocator_was_told() {
    for level in aarch64::TARGET.all_levels() {
        for options in crate::jit::pipeline::tests::options() {
            let options = Config { cpu: Some(level), ..options };
            for program in crate::jit::pipeline::tests::PROGRAMS {
                let module = crate::jit::pipeline::tests::module(program);
                let checked = check_agreement(&module, &options).unwrap_or_else(|e| panic!("{options:?}: {e}"));
                assert_eq!(checked, module.bodies.len() as u64);
            }
        }
    }
}

/// Optimized with all registers, and not optimized with few and poison between.
#[test]
fn so_does_the_code_of_the_suite() {
    let highest = aarch64::TARGET.all_levels().next_back();
    let best = Config { cpu: highest, ..Config::default() };
    let few =
        Config { opt: OptLevel::O0, registers: Some(5), poison: true, cpu: Some(aarch64::V8), ..Config::default() };
    let canonical = Config { nan: NanProfile::Canonical, ..best.clone() };
    for options in [best, few, canonical] {
        let mut checked = 0;
        suite_modules(|file, module| {
            checked += check_agreement(module, &options).unwrap_or_else(|e| panic!("{file}, {options:?}: {e}"))
        });
        assert!(checked > 15_000, "only {checked} functions with {options:?}");
    }
}
