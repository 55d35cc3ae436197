//! The CPU-specific part of code generation, behind one interface.
//!
//! The CPU-independent part of code generation knows blocks, virtual registers, operands and edits; an [`Isa`] knows
//! instructions. A CPU implements three traits: [`Isa`] defines its instructions and prints them,
//! [`LowerIsa`](lower::LowerIsa) *lowers* an SSA instruction into machine instructions over virtual registers (driven
//! backwards by [`lower`]), and [`EmitIsa`](super::emit::EmitIsa) *emits* a machine instruction whose operands have been
//! assigned locations, or a move between two locations (driven forwards by [`super::emit`]). Each CPU has a folder here
//! and a row in [`backend`](super::backend), whose functions choose one by its [`Target`].
//!
//! **Flags.** The allocator does not know about flags: an instruction that sets flags and the one that reads them are
//! lowered back to back, by one call of [`LowerIsa::lower`](lower::LowerIsa::lower). Only moves of the allocator can come
//! between them, so [`EmitIsa::emit_move`](super::emit::EmitIsa::emit_move) must preserve flags.

pub(super) mod aarch64;
mod agreement;
pub(super) mod common;
mod disagreement;
pub(super) mod layout;
pub(super) mod lower;
mod order;
pub(super) mod show;
pub(super) mod vcode;
pub(super) mod width;
pub(super) mod x86_64;

use super::buffer::Fixup;
use super::code::FunctionCode;
use super::disassembly::{Disassembled, Symbols};
use crate::target::Target;
use common::Common;
use regalloc2::{Output, PReg, RegClass};
use vcode::VCode;

pub use disagreement::Disagreement;

/// The instructions of a CPU.
pub trait Isa: Sized + 'static {
    /// A machine instruction; its register operands are stored separately, in the [`VCode`].
    type Inst: Copy + std::fmt::Debug + From<Common>;
    /// Code to be emitted after the function's hot blocks.
    type Cold;
    /// The fields of instructions that refer to other places in the code.
    type Fixup: Fixup;

    /// The CPU.
    const TARGET: &'static Target;
    /// The maximum number of bytes that one machine instruction becomes, except for instructions that call
    /// [`Emitter::make_room`](super::emit::Emitter::make_room) in between. A move of the allocator and a jump take no
    /// more.
    const LONGEST: u32;
    /// The kind of field with which one function calls another.
    const FUNCTION_REFERENCE: Self::Fixup;

    /// Whether instructions that name the register are longer than others: the allocator prefers the other registers.
    fn costs_more(reg: PReg) -> bool;

    /// The instruction as one that every CPU has, if it is one.
    fn as_common(inst: &Self::Inst) -> Option<Common>;

    /// A machine instruction specific to this CPU as text; `operands` are its register operands as they are to be shown.
    fn show(vcode: &Lowered<Self>, inst: usize, operands: &[String]) -> String;

    /// Disassembles machine code that begins at offset 0.
    fn disassemble(code: &[u8], symbols: Symbols<'_>) -> Vec<Disassembled>;

    /// Compares the registers that the emitted instructions really read, write and overwrite with those that they
    /// declare to the allocator. `code` was emitted with spans.
    ///
    /// # Errors
    /// The first instruction that does something else than it declares.
    fn check_agreement(vcode: &Lowered<Self>, output: &Output, code: &FunctionCode) -> Result<(), Disagreement>;
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

/// Returns the integer register with a hardware encoding.
pub fn int_reg(encoding: u8) -> PReg {
    PReg::new(usize::from(encoding), RegClass::Int)
}

/// Returns the float register with a hardware encoding.
pub fn float_reg(encoding: u8) -> PReg {
    PReg::new(usize::from(encoding), RegClass::Float)
}

/// The lowered code of a function before register allocation.
pub type Lowered<I> = VCode<<I as Isa>::Inst>;
