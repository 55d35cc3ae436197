//! Numbers of the registers that have a role of their own, as instructions encode them.

use crate::target::aarch64::TARGET;

/// The context of a callee, the first argument and the value of a libcall.
pub(super) const X0: u8 = TARGET.abi.ctx;
/// The record of a callee.
pub(super) const X9: u8 = TARGET.abi.callee;
/// Scratch, of emission and of the allocator's moves.
pub(super) const X16: u8 = TARGET.abi.int_scratch;
/// Scratch of emission alone: for addresses, also within a move of the allocator.
pub(super) const X17: u8 = 17;
pub(super) const FP: u8 = TARGET.abi.fp;
/// The return address.
pub(super) const LR: u8 = 30;
/// The number of the stack pointer, where an instruction has one.
pub(super) const SP: u8 = TARGET.abi.sp;
/// The same number means 0 where an instruction has no stack pointer.
pub(super) const ZR: u8 = 31;
/// Scratch for floats and vectors.
pub(super) const V31: u8 = TARGET.abi.float_scratch;
