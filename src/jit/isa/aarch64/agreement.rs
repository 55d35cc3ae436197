//! Compares the registers that emitted code reads and writes, according to a disassembler, with those that its
//! instructions declare to the allocator.

use super::A64;
use crate::jit::code::FunctionCode;
use crate::jit::isa::{Disagreement, Lowered};
use regalloc2::Output;

pub(super) fn check(_: &Lowered<A64>, _: &Output, _: &FunctionCode) -> Result<(), Disagreement> {
    Ok(())
}
