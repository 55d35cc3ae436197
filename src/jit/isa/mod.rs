//! What is particular to a CPU, behind one interface.
//!
//! The portable half of code generation knows blocks, virtual registers, operands and edits; an [`Isa`] knows
//! instructions. It is asked three things: to *lower* an SSA instruction into machine instructions over virtual
//! registers ([`Isa::lower`], driven backwards by [`lower`]), to *emit* a machine instruction whose operands have
//! got locations ([`Isa::emit`], driven forwards by [`super::emit`]), and to move a value between two locations.
//! A second CPU is a second folder next to [`x64`].
//!
//! **Flags.** The allocator does not know about them: an instruction that sets flags and the one that reads them are
//! lowered back to back, by one call of [`Isa::lower`], and what comes between them are moves of the allocator, so
//! [`Isa::emit_move`] must preserve flags.

pub mod lower;
mod order;
pub mod vcode;
pub mod x64;

use super::emit::Emitter;
use super::ir;
use super::listing::{Disassembled, Names, Symbols};
use crate::runtime::abi::CpuAbi;
use crate::runtime::compile_error::CompileError;
use lower::Lower;
use regalloc2::{Allocation, PReg, RegClass, VReg};
use vcode::{MachBlock, VCode};

/// A target CPU.
pub trait Isa: Sized + 'static {
    /// A machine instruction; its register operands live beside it, in the [`VCode`].
    type Inst: Copy + std::fmt::Debug;
    /// What an instruction needs that is too large for it (calls).
    type Side: std::fmt::Debug;
    /// Code to be emitted after the function's hot blocks.
    type Cold;
    /// How its labels are patched.
    type Relocation: dynasmrt::relocations::Relocation + std::fmt::Debug;

    const ABI: &'static CpuAbi;
    /// Registers that the emitter and the allocator's move resolution may overwrite between any two instructions.
    const SCRATCH_INT: u8;
    const SCRATCH_FLOAT: u8;

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

    /// Does nothing, in so many bytes.
    fn emit_nops(cx: &mut Emitter<'_, Self>, bytes: u32);

    fn emit(cx: &mut Emitter<'_, Self>, inst: &Self::Inst, allocs: &[Allocation]);

    /// A move between two registers, or a register and a spill slot; it preserves flags.
    fn emit_move(cx: &mut Emitter<'_, Self>, from: Allocation, to: Allocation, class: RegClass);

    fn emit_cold(cx: &mut Emitter<'_, Self>, cold: Self::Cold);

    /// Patches the distance from the reference at `at` in `code` to `to`.
    fn relocate(code: &mut [u8], at: usize, to: usize);

    /// An instruction that traps, for padding between functions.
    const PADDING: &'static [u8];

    /// A machine instruction as text; `operands` are its register operands as they are to be shown, `defined` names the
    /// functions that the module defines.
    fn show(vcode: &Lowered<Self>, inst: usize, operands: &[String], defined: Names<'_>) -> String;

    /// What a machine instruction calls, if it is a call.
    fn callee(vcode: &Lowered<Self>, inst: usize, defined: Names<'_>) -> Option<String>;

    fn register_name(reg: PReg) -> &'static str;

    /// Where in the frame a spill slot is, as text.
    fn slot_name(vcode: &Lowered<Self>, slot: usize, class: RegClass) -> String;

    /// Reads machine code that begins at offset 0.
    fn disassemble(code: &[u8], symbols: Symbols<'_>) -> Vec<Disassembled>;
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
