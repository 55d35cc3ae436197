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

mod agreement;
#[cfg(test)]
mod agreement_tests;
mod assembler;
mod atomic;
mod builder;
mod call;
mod condition;
mod control;
// What the assembler macro expands to converts register numbers that are bytes already.
#[expect(clippy::useless_conversion)]
mod emit;
mod encode;
#[cfg(test)]
mod encode_tests;
mod fixup;
mod float;
// What the assembler macro expands to converts register numbers that are bytes already.
#[expect(clippy::useless_conversion)]
mod frame;
mod inst;
mod integer;
mod interface;
mod layout;
mod listing;
mod lower;
mod memory;
mod operand;
mod registers;
// What the assembler macro expands to converts register numbers that are bytes already.
#[expect(clippy::useless_conversion)]
mod sequence;
mod table;
mod vector;
mod wide;

/// The back end.
#[derive(Debug)]
pub struct X64;
