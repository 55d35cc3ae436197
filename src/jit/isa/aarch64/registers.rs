//! The numbers of registers with special roles, as instructions encode them.

use crate::target::aarch64::TARGET;

/// The context of a callee; the first argument and the value of a libcall.
pub(super) const X0: u8 = TARGET.abi.ctx;
/// The callee's record.
pub(super) const X9: u8 = TARGET.abi.callee;
/// Scratch register for emission and for the allocator's moves.
pub(super) const X16: u8 = TARGET.abi.int_scratch;
/// Scratch register for emission only: for addresses, including those within a move of the allocator.
pub(super) const X17: u8 = 17;
pub(super) const FP: u8 = TARGET.abi.fp;
/// The return address.
pub(super) const LR: u8 = 30;
/// The number of the stack pointer in instructions that can name it.
pub(super) const SP: u8 = TARGET.abi.sp;
/// The same number stands for 0 in instructions that cannot name the stack pointer.
pub(super) const ZR: u8 = 31;
/// Scratch register for floats and vectors.
pub(super) const V31: u8 = TARGET.abi.float_scratch;
