//! The check of [`super::agreement`] on all that can be compiled here; and that it can fail.

use super::X64;
use super::agreement::check;
use super::inst::Inst;
use crate::config::{Config, NanProfile, OptLevel};
use crate::jit::backend::GeneratorOf;
use crate::jit::code::{DirectCalls, FunctionCode};
use crate::jit::emit;
use crate::jit::isa::Lowered;
use crate::jit::isa::common::Common;
use crate::jit::pipeline::{build, check_agreement};
use crate::module::BodyIndex;
use crate::module::scripts::suite_modules;
use crate::target::x86_64;

#[test]
fn code_reads_and_writes_what_the_allocator_was_told() {
    for options in crate::jit::pipeline::tests::options() {
        for program in crate::jit::pipeline::tests::PROGRAMS {
            let module = crate::jit::pipeline::tests::module(program);
            let checked = check_agreement(&module, &options).unwrap();
            assert_eq!(checked, module.bodies.len() as u64);
        }
    }
}

/// Optimized with all registers, and not optimized with few and poison between.
#[test]
fn so_does_the_code_of_the_suite() {
    let few =
        Config { opt: OptLevel::O0, registers: Some(5), poison: true, cpu: Some(x86_64::SSE41), ..Config::default() };
    let canonical = Config { nan: NanProfile::Canonical, ..Config::default() };
    for options in [Config::default(), few, canonical] {
        let mut checked = 0;
        suite_modules(|file, module| {
            checked += check_agreement(module, &options).unwrap_or_else(|e| panic!("{file}, {options:?}: {e}"))
        });
        assert!(checked > 15_000, "only {checked} functions with {options:?}");
    }
}

/// A function's code, with the stages that it was made from.
fn emitted(text: &str, body: u32) -> (Lowered<X64>, regalloc2::Output, FunctionCode) {
    let module = crate::jit::pipeline::tests::module(text);
    let options = Config::default();
    let mut generator = GeneratorOf::<X64>::new(&options, 0, DirectCalls::of(&options)).unwrap();
    let function = build(&module, BodyIndex(body), &options).unwrap();
    let vcode = generator.lower(&function).unwrap();
    let output = generator.allocator.run::<X64>(&vcode).unwrap().clone();
    let code = emit::emit::<X64>(&vcode, &output, &generator.abi, &options, &DirectCalls::of(&options), true).unwrap();
    check::<X64>(&vcode, &output, &code).unwrap();
    (vcode, output, code)
}

/// The test above can fail.
#[test]
fn lies_are_found() {
    let (mut vcode, output, code) = emitted(
        "(module (func (param i64 i64) (result i64) (i64.div_u (i64.xor (local.get 0) (local.get 1)) (local.get 1))))",
        0,
    );
    // A division that declares no register that it overwrites, except for its result.
    let clobbers = std::mem::replace(&mut vcode.clobbers, vec![regalloc2::PRegSet::empty(); 16]);
    let lie = check::<X64>(&vcode, &output, &code).unwrap_err().to_string();
    assert!(lie.contains("neither defined nor overwritten"), "{lie}");
    vcode.clobbers = clobbers;
    // Operands that are declared as 32 bits wide.
    vcode.widths.fill(32);
    let lie = check::<X64>(&vcode, &output, &code).unwrap_err().to_string();
    assert!(lie.contains("which holds 32"), "{lie}");
}

/// A call that may throw ends its block, so it moves its results from registers to their places itself.
#[test]
fn results_of_calls_that_throw_are_read_after_them() {
    let callee = "(func (result f64 i32 f32) (f64.const 1.5) (i32.const 7) (f32.const 2.5))";
    let caller = "(func (result f64 i32 f32) (block (return (try_table (result f64 i32 f32) (catch_all 0) (call 0)))) \
        (f64.const 0) (i32.const 0) (f32.const 0))";
    let (_, _, code) = emitted(&format!("(module {callee} {caller})"), 1);
    assert!(code.calls.iter().any(|call| !call.handlers.is_empty()));
}

#[test]
fn a_call_that_preserves_registers_is_a_lie() {
    let (mut vcode, output, code) =
        emitted("(module (func) (func (param i32) (result i32) (call 0) (local.get 0)))", 1);
    vcode.clobbers.fill(regalloc2::PRegSet::empty());
    let lie = check::<X64>(&vcode, &output, &code).unwrap_err().to_string();
    assert!(lie.contains("which is not said"), "{lie}");
}

#[test]
fn arguments_that_do_not_arrive_are_found() {
    let (vcode, mut output, code) = emitted(
        "(module (memory 1) (func (param i32 i32 i32) (memory.copy (local.get 2) (local.get 0) (local.get 1))))",
        0,
    );
    let libcall =
        vcode.insts.iter().position(|record| matches!(record.inst, Inst::Common(Common::Libcall { .. }))).unwrap();
    let first = output.inst_alloc_offsets[libcall] as usize;
    assert!(output.allocs[first].is_reg() && output.allocs[first + 1].is_reg());
    output.allocs.swap(first, first + 1);
    let lie = check::<X64>(&vcode, &output, &code).unwrap_err().to_string();
    assert!(lie.contains("does not get to"), "{lie}");
}
