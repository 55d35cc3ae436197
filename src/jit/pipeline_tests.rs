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

fn options() -> Vec<Options> {
    let mut all = Vec::new();
    for level in [Level::O0, Level::O1, Level::O2] {
        for registers in [None, Some(4), Some(5), Some(6)] {
            for poison in [false, true] {
                all.push(Options { level, registers, poison, verify: true, ..Options::default() });
            }
        }
    }
    all.push(Options { direct_calls: true, verify: true, ..Options::default() });
    all
}

const PROGRAMS: &[&str] = &[
    include_str!("pipeline_tests/fib.wat"),
    include_str!("pipeline_tests/numeric.wat"),
    include_str!("pipeline_tests/memory.wat"),
    include_str!("pipeline_tests/calls.wat"),
    include_str!("pipeline_tests/control.wat"),
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
