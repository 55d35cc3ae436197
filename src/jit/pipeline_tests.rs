use super::*;
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
pub(crate) fn options() -> Vec<Options> {
    let all = [
        (Level::O0, None, false, false),
        (Level::O0, Some(4), true, false),
        (Level::O1, Some(5), false, false),
        (Level::O2, None, false, true),
        (Level::O2, Some(4), false, false),
        (Level::O2, Some(6), true, false),
    ];
    all.map(|(level, registers, poison, direct_calls)| Options {
        level,
        passes: None,
        registers,
        verify: true,
        poison,
        direct_calls,
        ..Options::default()
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
