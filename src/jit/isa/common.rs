//! Machine instructions that every CPU has, with the same operands, and instruction data that is stored separately.

use super::vcode::{HandlerRef, MachBlock};
use super::width::W;
use crate::runtime::abi::AbiSignature;
use crate::runtime::libcalls::Libcall;
use crate::runtime::trap::TrapCode;
use regalloc2::{Allocation, PReg};
use std::rc::Rc;

/// A machine instruction that every CPU has. Each variant lists its operands in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Common {
    /// Defines the parameters in their registers; emits no code.
    Args,
    /// [any use, def]
    Copy,
    /// [any use of the pointer to the store]: interrupt check.
    Poll,
    /// `[def]`: the exception in flight.
    LandingPad,
    /// [any use of the pointer to the store, late use of the canonical id, early def, early def temp]: a new object.
    Alloc {
        side: u32,
    },
    Jump {
        to: MachBlock,
    },
    /// [use index, early def temp]: jump through a table of the block's successors; the last one is the default.
    JumpTable {
        side: u32,
    },
    Trap {
        code: TrapCode,
    },
    /// Faults; not a trap.
    Never,
    /// Fixed uses of the results.
    Ret,
    /// Fixed uses of arguments, fixed defs of results; any defs of the results if the call may throw.
    Call {
        side: u32,
    },
    /// Fixed uses of arguments.
    TailCall {
        side: u32,
    },
    /// [any uses of arguments…, fixed def, or any def if the call may throw]
    Libcall {
        side: u32,
    },
}

/// The target of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callee {
    /// A function that the module defines, by its number among these.
    Defined(u32),
    /// The `VMFunc` in the ABI's callee register.
    Ref,
}

/// An argument of a libcall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LibArg {
    Imm(u64),
    /// The next operand, zero-extended from this width.
    Value(W),
}

/// Data that is too large to be stored in an instruction.
#[derive(Debug)]
pub enum Side {
    Call {
        callee: Callee,
        abi: Rc<AbiSignature>,
        handlers: Vec<HandlerRef>,
        /// The block where execution continues after a throwing call.
        normal: Option<MachBlock>,
        /// The registers of the results that a throwing call itself moves to the places of its last operands.
        kept: Vec<PReg>,
    },
    Libcall {
        libcall: Libcall,
        args: Vec<LibArg>,
        handlers: Vec<HandlerRef>,
        /// The block where execution continues if the call may throw. The call itself moves its value, if needed, to the
        /// place of its last operand.
        normal: Option<MachBlock>,
        /// Whether the call never returns.
        ends: bool,
    },
    Table {
        targets: Vec<MachBlock>,
    },
    /// See [`Imm::Alloc`](crate::jit::ir::Imm::Alloc).
    Alloc {
        ty: u32,
        word: u32,
        len: u32,
    },
}

/// What remains to be done for an argument of a libcall after all moves between registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// Load this constant.
    Constant(u64),
    /// Load it from this slot at this width.
    Slot(Allocation, W),
    /// The argument has arrived and has this width: a 32-bit one has to be extended.
    Arrived(W),
}

/// How the arguments of a libcall get to the registers of the convention.
#[derive(Debug, Default)]
pub struct Arrival {
    /// Parallel moves from register to register.
    pub moves: Vec<(u8, u8)>,
    /// What remains to be done after the moves, by register.
    pub late: Vec<(u8, Late)>,
}

/// Sorts the arguments of a libcall; takes the locations of those that are operands from `operands`.
///
/// # Panics
/// If there are fewer operands than arguments that need one.
pub fn arrival(args: &[LibArg], operands: &mut std::slice::Iter<'_, Allocation>, registers: &[u8]) -> Arrival {
    let mut arrival = Arrival::default();
    for (&arg, &to) in args.iter().zip(registers) {
        let late = match arg {
            LibArg::Imm(bits) => Late::Constant(bits),
            LibArg::Value(w) => {
                let from = *operands.next().expect("an operand for each argument");
                match from.as_reg() {
                    Some(from) => {
                        arrival.moves.push((from.hw_enc() as u8, to));
                        Late::Arrived(w)
                    }
                    None => Late::Slot(from, w),
                }
            }
        };
        arrival.late.push((to, late));
    }
    arrival
}
