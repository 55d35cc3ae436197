//! x86-64, from SSE4.1 on. A [`CpuLevel`](crate::target::CpuLevel) says which further instructions may be used. With
//! AVX, rows that have a VEX form are emitted in it.
//!
//! | file | inside |
//! |---|---|
//! | `traits` | the traits of a CPU, implemented by the other files |
//! | `table` | one row for each machine operation: encoding, operands, widths |
//! | `registers` | numbers of registers |
//! | `inst` | machine instructions before allocation |
//! | **selection** | |
//! | `lower` | the file for each SSA operation |
//! | `builder` | rows of the table, built from operands over virtual registers |
//! | `operand` | values as immediates and memory operands |
//! | `address` | base, scaled index and displacement of an access |
//! | `integer`, `wide` | integers; sums with a carry, and products of twice the width |
//! | `float` | floats and conversions |
//! | `condition` | comparisons, flags, selections |
//! | `memory`, `atomic` | loads, stores and objects; atomic operations |
//! | `control` | conditional branches and traps |
//! | `vector` | vectors; a folder with `parts`, `integers`, `floats`, `lanes`, `shuffle` |
//! | **emission** | |
//! | `encode` | bytes of a row with physical operands |
//! | `fixup` | fields that refer to labels |
//! | `assembler` | the primitives: rows, constants, moves, jumps |
//! | `emit` | the code of each instruction |
//! | `sequence` | the short sequences that one instruction stands for |
//! | `frame` | prologue, calls, tail calls, slow paths |
//! | **views** | |
//! | `agreement` | the effects of emitted code, to be compared with the declared ones |
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
