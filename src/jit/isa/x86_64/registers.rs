//! The numbers of registers with special roles, as instructions encode them.

use crate::target::x86_64;

pub(super) const RAX: u8 = 0;
pub(super) const RCX: u8 = 1;
pub(super) const RDX: u8 = 2;
pub(super) const RSP: u8 = 4;
pub(super) const RBP: u8 = 5;
pub(super) const RSI: u8 = 6;
pub(super) const RDI: u8 = 7;
/// Scratch register.
pub(super) const R11: u8 = x86_64::TARGET.abi.int_scratch;
pub(super) const XMM15: u8 = x86_64::TARGET.abi.float_scratch;
