use super::*;
use crate::config::{Mode, OptLevel, Tier};
use crate::module::WasmFeatures;

pub(crate) fn module(wat: &str) -> Module {
    let bytes = wat::parse(wat);
    Module::new(&bytes, WasmFeatures::all()).unwrap()
}

mod wat {
    pub fn parse(text: &str) -> Vec<u8> {
        let buffer = wast::parser::ParseBuffer::new(text).unwrap();
        wast::parser::parse::<wast::Wat>(&buffer).unwrap().encode().unwrap()
    }
}

/// Configurations that between them have every level, number of registers and switch.
pub(crate) fn options() -> Vec<Config> {
    let all = [
        (OptLevel::O0, None, false, false),
        (OptLevel::O0, Some(4), true, false),
        (OptLevel::O1, Some(5), false, false),
        (OptLevel::O2, None, false, true),
        (OptLevel::O2, Some(4), false, false),
        (OptLevel::O2, Some(6), true, false),
    ];
    all.map(|(opt, registers, poison, direct_calls)| Config {
        mode: Mode::All(if direct_calls { Tier::Jit } else { Tier::Interp }),
        opt,
        registers,
        verify: true,
        poison,
        ..Config::default()
    })
    .to_vec()
}

pub(crate) const PROGRAMS: &[&str] = &[
    include_str!("pipeline_tests/fib.wat"),
    include_str!("pipeline_tests/numeric.wat"),
    include_str!("pipeline_tests/memory.wat"),
    include_str!("pipeline_tests/calls.wat"),
    include_str!("pipeline_tests/control.wat"),
    include_str!("pipeline_tests/stacks.wat"),
];

#[test]
fn programs_compile_in_all_configurations_and_twice_alike() {
    for program in PROGRAMS {
        let module = module(program);
        for options in options() {
            let once = compile(&module, &options).unwrap_or_else(|e| panic!("{options:?}: {e}"));
            assert_eq!(once, compile(&module, &options).unwrap());
        }
    }
}
