//! The optimizing JIT: WebAssembly -> SSA -> passes -> instruction selection -> register allocation -> machine code.
//!
//! | room | inside | knows the CPU |
//! |---|---|---|
//! | `frontend` | WebAssembly to SSA | no |
//! | `ir` | the SSA form: builder, verifier, printer, parser, evaluator | no |
//! | `opt` | folding and passes | no |
//! | `isa` | the interface of a CPU, driver of selection; a folder for each CPU | only these folders |
//! | `regalloc` | registers: our allocator, regalloc2's, and its checker | no |
//! | `emit` | driver of emission | no |
//! | `buffer` | code with labels, and references to them of limited reach | no |
//! | `code` | machine code of functions and modules | no |
//! | `backend` | the stages from selection on, for a CPU chosen by its target; the list of these | one row each |
//! | `pipeline` | puts them in a row | no |
//! | `listing` | the late stages of one function as text | no |
//!
//! There is no fallback: what the JIT cannot compile is [`CompileError::Unsupported`](crate::runtime::compile_error::CompileError::Unsupported).

pub mod backend;
pub mod buffer;
pub mod code;
pub mod emit;
pub mod frontend;
pub mod ir;
pub mod isa;
pub mod listing;
#[cfg(test)]
mod listing_tests;
#[cfg(test)]
mod operation_tests;
pub mod opt;
pub mod pipeline;
pub mod regalloc;

pub use code::ModuleCode;
pub use pipeline::{compile, compile_some};
