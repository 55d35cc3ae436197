//! x86-64, from SSE4.1 on. A [`CpuLevel`](crate::target::CpuLevel) says which additional instructions may be used. With
//! AVX, rows with a VEX form are emitted in that form.
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
//! | `operand` | values as immediates and memory operands |
//! | `address` | base, scaled index and displacement of an access |
//! | `integer`, `wide` | integers; sums with a carry, and products of twice the width |
//! | `float` | floats and conversions |
//! | `condition` | comparisons, flags, selects |
//! | `memory`, `atomic` | loads, stores and objects; atomic operations |
//! | `control` | conditional branches and traps |
//! | `vector` | vectors; a folder with `parts`, `integers`, `floats`, `lanes`, `shuffle` |
//! | **emission** | |
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
#[expect(clippy::useless_conversion, reason = "the assembler macro converts register numbers, which are bytes already")]
mod assembler;
mod atomic;
mod builder;
mod condition;
mod control;
#[expect(clippy::useless_conversion, reason = "the assembler macro converts register numbers, which are bytes already")]
mod emit;
mod encode;
#[cfg(test)]
mod encode_tests;
mod fixup;
mod float;
#[expect(clippy::useless_conversion, reason = "the assembler macro converts register numbers, which are bytes already")]
mod frame;
mod inst;
mod integer;
mod listing;
mod lower;
mod memory;
mod operand;
mod registers;
#[expect(clippy::useless_conversion, reason = "the assembler macro converts register numbers, which are bytes already")]
mod sequence;
mod table;
mod traits;
mod vector;
mod wide;

/// The back end for x86-64.
#[derive(Debug)]
pub struct X64;
