//! x86-64, from SSE4.1 on. What more may be used is a [`CpuLevel`](crate::target::CpuLevel): with AVX, rows that have a VEX
//! form are emitted in it.
//!
//! | file | inside |
//! |---|---|
//! | `table` | one row a machine operation: encoding, operands, widths |
//! | `encode` | bytes from a row and physical operands |
//! | `inst` | what an instruction is before allocation |
//! | `lower` | selection: integers, memory, control |
//! | `float` | selection: floats and conversions |
//! | `vector`, `shuffle` | selection: vectors |
//! | `call` | selection: calls, returns, throws |
//! | `fixup` | fields that refer to labels |
//! | `emit` | instructions with locations to bytes |
//! | `sequence` | the short sequences that one instruction stands for |
//! | `frame` | prologue, calls, tail calls, slow paths |
//! | `agreement` | what instructions really do, held against what they say |
//! | `listing` | all of it as text |
//!
//! # The frame
//!
//! ```text
//! [rbp + 16 ...]        the function's stack arguments, which it pops
//! [rbp + 8]             return address
//! [rbp]                 caller's rbp
//! [rbp - 8]             context
//! [rbp - 16 - results]  area for results of calls that registers do not hold
//! [...]                 spill slots
//! [rsp ...]             stack arguments of calls
//! ```

pub mod agreement;
#[cfg(test)]
mod agreement_tests;
mod atomic;
mod call;
mod condition;
// What the assembler macro expands to converts register numbers that are bytes already.
#[expect(clippy::useless_conversion)]
mod emit;
pub mod encode;
#[cfg(test)]
mod encode_tests;
mod fixup;
mod float;
// What the assembler macro expands to converts register numbers that are bytes already.
#[expect(clippy::useless_conversion)]
mod frame;
pub mod inst;
mod listing;
mod lower;
// What the assembler macro expands to converts register numbers that are bytes already.
#[expect(clippy::useless_conversion)]
mod sequence;
mod shuffle;
pub mod table;
mod vector;
mod wide;

use super::lower::{Lower, LowerIsa};
use super::vcode::MachBlock;
use super::{Isa, Lowered};
use crate::jit::buffer::Label;
use crate::jit::code::FunctionCode;
use crate::jit::disassembly::{Disassembled, Names, Symbols};
use crate::jit::emit::{EmitIsa, Emitter};
use crate::jit::ir;
use crate::runtime::compile_error::CompileError;
use crate::target::{Target, x86_64};
use fixup::Distance;
use inst::{Cold, Inst, Side};
use regalloc2::{Allocation, Operand, Output, PReg, RegClass, VReg};

/// The back end.
#[derive(Debug)]
pub struct X64;

pub(super) const RAX: u8 = 0;
pub(super) const RCX: u8 = 1;
pub(super) const RDX: u8 = 2;
pub(super) const RSP: u8 = 4;
pub(super) const RBP: u8 = 5;
pub(super) const RSI: u8 = 6;
pub(super) const RDI: u8 = 7;
/// Scratch.
pub(super) const R11: u8 = x86_64::TARGET.abi.int_scratch;
pub(super) const XMM15: u8 = x86_64::TARGET.abi.float_scratch;

impl LowerIsa for X64 {
    fn lower_entry(cx: &mut Lower<'_, Self>) {
        call::entry(cx);
    }

    fn lower(cx: &mut Lower<'_, Self>, inst: ir::Inst) -> Result<(), CompileError> {
        lower::lower(cx, inst)
    }

    fn lower_constant(cx: &mut Lower<'_, Self>, inst: ir::Inst, to: VReg) {
        lower::constant(cx, inst, to);
    }

    fn lower_after_call(cx: &mut Lower<'_, Self>, inst: ir::Inst) {
        call::memory_results(cx, inst);
    }

    fn copy(cx: &mut Lower<'_, Self>, from: VReg, to: VReg) {
        cx.push(Inst::Copy, &[Operand::any_use(from), Operand::reg_def(to)], false);
    }

    fn poison(cx: &mut Lower<'_, Self>, from: VReg, to: VReg) {
        if to.class() == RegClass::Float {
            return vector::poison(cx, from, to);
        }
        cx.push(Inst::Poison, &[Operand::reg_use(from), Operand::reg_reuse_def(to, 0)], false);
    }
}

impl EmitIsa for X64 {
    fn emit_prologue(cx: &mut Emitter<'_, Self>) {
        frame::prologue(cx);
    }

    fn emit_landing(cx: &mut Emitter<'_, Self>) {
        frame::landing(cx);
    }

    fn emit_nops(cx: &mut Emitter<'_, Self>, bytes: u32) {
        frame::nops(cx, bytes);
    }

    fn emit(cx: &mut Emitter<'_, Self>, inst: &Inst, allocs: &[Allocation]) {
        emit::emit(cx, inst, allocs);
    }

    fn emit_move(cx: &mut Emitter<'_, Self>, from: Allocation, to: Allocation, class: RegClass) {
        emit::emit_move(cx, from, to, class);
    }

    fn emit_cold(cx: &mut Emitter<'_, Self>, cold: Cold) {
        frame::cold(cx, cold);
    }

    fn emit_jump(cx: &mut Emitter<'_, Self>, to: Label) {
        emit::jump_to(cx, to);
    }
}

impl Isa for X64 {
    type Inst = Inst;
    type Side = Side;
    type Cold = Cold;
    type Fixup = Distance;

    const TARGET: &'static Target = &x86_64::TARGET;
    /// No distance is too far: only a guess.
    const LONGEST: u32 = 256;
    const FUNCTION_REFERENCE: Distance = Distance::LAST;

    fn costs_more(reg: PReg) -> bool {
        // The upper half of the register file takes a prefix.
        reg.hw_enc() >= 8
    }

    fn jump(to: MachBlock) -> Inst {
        Inst::Jump { to }
    }

    fn never() -> Inst {
        Inst::Never
    }

    fn as_jump(inst: &Inst) -> Option<MachBlock> {
        match inst {
            Inst::Jump { to } => Some(*to),
            _ => None,
        }
    }

    fn show(vcode: &Lowered<Self>, inst: usize, operands: &[String], defined: Names<'_>) -> String {
        listing::show(vcode, inst, operands, defined)
    }

    fn callee(vcode: &Lowered<Self>, inst: usize, defined: Names<'_>) -> Option<String> {
        listing::callee(vcode, inst, defined)
    }

    fn slot_name(vcode: &Lowered<Self>, slot: usize, class: RegClass) -> String {
        listing::slot_name(vcode, slot, class)
    }

    fn disassemble(code: &[u8], symbols: Symbols<'_>) -> Vec<Disassembled> {
        listing::disassemble(code, symbols)
    }

    fn check_agreement(vcode: &Lowered<Self>, output: &Output, code: &FunctionCode) -> Result<(), String> {
        agreement::check(vcode, output, code)
    }
}
