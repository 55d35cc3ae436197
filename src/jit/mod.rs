//! The optimizing JIT: WebAssembly -> SSA -> passes -> instruction selection -> register allocation -> machine code.
//!
//! | module | contents | knows the CPU |
//! |---|---|---|
//! | `frontend` | WebAssembly to SSA | no |
//! | `ir` | the SSA form: builder, verifier, printer, parser, evaluator | no |
//! | `opt` | folding and passes | no |
//! | `isa` | the interface to a CPU and the driver of instruction selection; one folder for each CPU | only these folders |
//! | `regalloc` | register allocation: our allocator, regalloc2, and the checker | no |
//! | `emit` | the driver of emission | no |
//! | `buffer` | code with labels, and with references of limited reach to them | no |
//! | `code` | machine code of functions and of modules | no |
//! | `backend` | the stages from selection on for a given target; the list of back ends | one row each |
//! | `pipeline` | runs the stages in order | no |
//! | `parallel` | compiles the functions of a module on several threads | no |
//! | `disassembly` | instructions as a disassembler reads them | no |
//! | `listing` | the late stages of one function as text | no |
//!
//! There is no fallback: a function that the JIT cannot compile results in
//! [`CompileError::Unsupported`](crate::runtime::compile_error::CompileError::Unsupported).

pub(crate) mod backend;
pub(crate) mod buffer;
pub(crate) mod code;
pub(crate) mod disassembly;
pub(crate) mod emit;
pub mod frontend;
pub mod ir;
pub(crate) mod isa;
pub mod listing;
#[cfg(test)]
mod listing_tests;
#[cfg(test)]
mod operation_tests;
pub mod opt;
pub(crate) mod parallel;
pub mod pipeline;
pub(crate) mod regalloc;

pub use code::ModuleCode;
pub(crate) use code::{Callees, DirectCalls};
pub use pipeline::compile;
pub(crate) use pipeline::{LoopCode, compile_from_loop, compile_some, compile_within, link_at};
