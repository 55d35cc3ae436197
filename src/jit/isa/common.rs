//! Machine instructions that every CPU has, with the same operands, and the data of those that are too large.

use super::vcode::{HandlerRef, MachBlock};
use super::width::W;
use crate::runtime::abi::AbiSignature;
use crate::runtime::libcalls::Libcall;
use crate::runtime::trap::TrapCode;
use regalloc2::{Allocation, PReg};
use std::rc::Rc;

/// A machine instruction that every CPU has. Its operands are listed beside it, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Common {
    /// Defines parameters in their registers; emits nothing.
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
    /// [use index, early def temp]: through a table of the block's successors, the last being the default.
    JumpTable {
        side: u32,
    },
    Trap {
        code: TrapCode,
    },
    /// Faults, and is no trap.
    Never,
    /// Fixed uses of results.
    Ret,
    /// Fixed uses of arguments, fixed definitions of results; any definitions of the results of one that throws.
    Call {
        side: u32,
    },
    /// Fixed uses of arguments.
    TailCall {
        side: u32,
    },
    /// [any uses of arguments…, fixed def, or any def of one that may throw]
    Libcall {
        side: u32,
    },
}

/// The target of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callee {
    /// A function that the module defines, by its number among those.
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

/// Data of an instruction that are too large for it.
#[derive(Debug)]
pub enum Side {
    Call {
        callee: Callee,
        abi: Rc<AbiSignature>,
        handlers: Vec<HandlerRef>,
        /// The block where a throwing call goes on.
        normal: Option<MachBlock>,
        /// Registers of the results that a throwing call itself moves to the places of its last operands.
        kept: Vec<PReg>,
    },
    Libcall {
        libcall: Libcall,
        args: Vec<LibArg>,
        handlers: Vec<HandlerRef>,
        /// Where one that may throw goes on. It moves its value, if that is needed, to the place of its last operand.
        normal: Option<MachBlock>,
        /// It never returns.
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

/// What is to be done for an argument of a libcall once all moves between registers are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// It is a constant.
    Constant(u64),
    /// It is in a slot, and of this width.
    Slot(Allocation, W),
    /// It is there, and of this width: of 32 bits, it is to be extended.
    Arrived(W),
}

/// Arguments of a libcall on their way to the registers of the convention.
#[derive(Debug, Default)]
pub struct Arrival {
    /// Moves from one register to another, as if all at once.
    pub moves: Vec<(u8, u8)>,
    /// What follows, by register.
    pub late: Vec<(u8, Late)>,
}

/// Sorts the arguments of a libcall; takes the locations of those that are operands.
///
/// # Panics
/// If there are fewer operands than arguments that are operands.
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
