//! What is particular to a CPU, behind one interface.
//!
//! The portable half of code generation knows blocks, virtual registers, operands and edits; an [`Isa`] knows
//! instructions. It is asked three things: to *lower* an SSA instruction into machine instructions over virtual
//! registers ([`Isa::lower`], driven backwards by [`lower`]), to *emit* a machine instruction whose operands have
//! got locations ([`Isa::emit`], driven forwards by [`super::emit`]), and to move a value between two locations.
//! Each CPU has a folder here and a row in [`backend`](super::backend), whose functions choose one by its
//! [`Target`].
//!
//! **Flags.** The allocator does not know about them: an instruction that sets flags and the one that reads them are
//! lowered back to back, by one call of [`Isa::lower`], and what comes between them are moves of the allocator, so
//! [`Isa::emit_move`] must preserve flags.

pub mod lower;
mod order;
pub mod vcode;
pub mod x64;

use super::buffer::{Fixup, Label};
use super::code::FunctionCode;
use super::emit::Emitter;
use super::ir;
use super::listing::{Disassembled, Names, Symbols};
use crate::runtime::compile_error::CompileError;
use crate::target::Target;
use lower::Lower;
use regalloc2::{Allocation, Output, PReg, RegClass, VReg};
use vcode::{MachBlock, VCode};

/// The back end for a CPU.
pub trait Isa: Sized + 'static {
    /// A machine instruction; its register operands live beside it, in the [`VCode`].
    type Inst: Copy + std::fmt::Debug;
    /// What an instruction needs that is too large for it (calls).
    type Side: std::fmt::Debug;
    /// Code to be emitted after the function's hot blocks.
    type Cold;
    /// The fields of instructions that refer to other places of the code.
    type Fixup: Fixup;

    /// The CPU.
    const TARGET: &'static Target;
    /// Most bytes that one machine instruction becomes, except for those that call [`Emitter::make_room`] in between. A move
    /// of the allocator and a jump take no more.
    const LONGEST: u32;
    /// The kind of field by which one function calls another.
    const FUNCTION_REFERENCE: Self::Fixup;

    /// Whether instructions that name the register are longer than others: the allocator prefers those that cost nothing.
    fn costs_more(reg: PReg) -> bool;

    /// Defines the function's parameters: the first instructions of the entry block.
    fn lower_entry(cx: &mut Lower<'_, Self>);

    /// Lowers one instruction; terminators find their targets in [`Lower::targets`].
    fn lower(cx: &mut Lower<'_, Self>, inst: ir::Inst) -> Result<(), CompileError>;

    /// Makes a constant in `to`.
    fn lower_constant(cx: &mut Lower<'_, Self>, inst: ir::Inst, to: VReg);

    /// What the normal successor of the throwing call `inst` has to do first: fetch results from memory.
    fn lower_after_call(cx: &mut Lower<'_, Self>, inst: ir::Inst);

    /// A jump, with the arguments that the block's only edge carries.
    fn jump(to: MachBlock) -> Self::Inst;

    /// What ends a block that is never entered.
    fn never() -> Self::Inst;

    /// The target, if the instruction is nothing but a jump.
    fn as_jump(inst: &Self::Inst) -> Option<MachBlock>;

    /// Defines `to` as `from`, wherever that is.
    fn copy(cx: &mut Lower<'_, Self>, from: VReg, to: VReg);

    /// Defines `to` as `from` with the undefined upper bits of a 32-bit integer set to garbage.
    fn poison(cx: &mut Lower<'_, Self>, from: VReg, to: VReg);

    /// The beginning of the function, up to where its first block starts.
    fn emit_prologue(cx: &mut Emitter<'_, Self>);

    /// The beginning of a landing block, before the allocator's moves: only the frame pointer is right.
    fn emit_landing(cx: &mut Emitter<'_, Self>);

    /// Does nothing, in this many bytes.
    fn emit_nops(cx: &mut Emitter<'_, Self>, bytes: u32);

    fn emit(cx: &mut Emitter<'_, Self>, inst: &Self::Inst, allocs: &[Allocation]);

    /// A move between two registers, or a register and a spill slot; it preserves flags.
    fn emit_move(cx: &mut Emitter<'_, Self>, from: Allocation, to: Allocation, class: RegClass);

    fn emit_cold(cx: &mut Emitter<'_, Self>, cold: Self::Cold);

    /// A jump of the farthest reach; it preserves flags.
    fn emit_jump(cx: &mut Emitter<'_, Self>, to: Label);

    /// A machine instruction as text; `operands` are its register operands as they are to be shown, `defined` names the
    /// functions that the module defines.
    fn show(vcode: &Lowered<Self>, inst: usize, operands: &[String], defined: Names<'_>) -> String;

    /// What a machine instruction calls, if it is a call.
    fn callee(vcode: &Lowered<Self>, inst: usize, defined: Names<'_>) -> Option<String>;

    /// Where in the frame a spill slot is, as text.
    fn slot_name(vcode: &Lowered<Self>, slot: usize, class: RegClass) -> String;

    /// Reads machine code that begins at offset 0.
    fn disassemble(code: &[u8], symbols: Symbols<'_>) -> Vec<Disassembled>;

    /// Holds what the emitted instructions really read, write and overwrite against what the allocator was told. `code` was
    /// emitted with spans.
    ///
    /// # Errors
    /// The instruction that does something else than it says.
    fn check_agreement(vcode: &Lowered<Self>, output: &Output, code: &FunctionCode) -> Result<(), String>;
}

/// The name of a register of a target.
pub fn register_name(target: &Target, reg: PReg) -> &'static str {
    target.registers.name(class_of_register(reg), reg.hw_enc() as u8)
}

fn class_of_register(reg: PReg) -> crate::target::RegClass {
    match reg.class() {
        RegClass::Int => crate::target::RegClass::Int,
        RegClass::Float | RegClass::Vector => crate::target::RegClass::Float,
    }
}

/// A register by class and hardware encoding.
pub fn int_reg(encoding: u8) -> PReg {
    PReg::new(usize::from(encoding), RegClass::Int)
}

pub fn float_reg(encoding: u8) -> PReg {
    PReg::new(usize::from(encoding), RegClass::Float)
}

/// Lowered code of a function before allocation.
pub type Lowered<I> = VCode<<I as Isa>::Inst, <I as Isa>::Side>;
