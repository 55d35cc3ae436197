//! AArch64, from Armv8.0 on. A [`CpuLevel`](crate::target::CpuLevel) says which additional instructions may be used.
//!
//! | file | inside |
//! |---|---|
//! | `traits` | the traits that each CPU implements, using the other files |
//! | `table` | one row for each machine operation: encoding, operands, widths |
//! | `registers` | the numbers of registers |
//! | `inst` | machine instructions before register allocation |
//! | **selection** | |
//! | `lower` | dispatches each SSA operation to the file that lowers it |
//! | `builder` | builds rows of the table from operands over virtual registers |
//! | `operand` | values that an instruction can shift, extend or hold as an immediate |
//! | `address` | base, scaled and extended index, offset of an access |
//! | `integer`, `wide` | integers; sums with a carry |
//! | `float` | floats and conversions |
//! | `condition` | comparisons, flags, tests of registers, selects |
//! | `memory`, `atomic` | loads, stores and objects; atomic operations |
//! | `control` | conditional branches and traps |
//! | `vector` | vectors; a folder with `parts`, `integers`, `floats`, `lanes`, `shuffle` |
//! | **emission** | |
//! | `immediate` | constants that fit in instructions |
//! | `encode` | encodes a row with physical operands |
//! | `fixup` | fields that refer to labels |
//! | `assembler` | the primitives: rows, constants, moves, jumps |
//! | `emit` | the code of each instruction |
//! | `sequence` | the short sequences that one instruction stands for |
//! | `frame` | prologue, calls, tail calls, slow paths |
//! | **views** | |
//! | `agreement` | the effects of emitted code, for comparison with the declared ones |
//! | `listing` | instructions, registers and bytes as text |

mod address;
mod agreement;
#[cfg(test)]
mod agreement_tests;
mod assembler;
mod atomic;
mod builder;
mod condition;
mod control;
mod emit;
mod encode;
#[cfg(test)]
mod encode_tests;
mod fixup;
mod float;
mod frame;
mod immediate;
mod inst;
mod integer;
mod listing;
mod lower;
mod memory;
mod operand;
mod registers;
mod sequence;
mod table;
mod traits;
mod vector;
mod wide;

/// The back end for AArch64.
#[derive(Debug)]
pub struct A64;
