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
//! | `relaxed` | what relaxed operators may do | no |
//! | `pipeline` | puts them in a row | no |
//! | `listing` | the late stages of one function as text | no |
//!
//! There is no fallback: what the JIT cannot compile is [`CompileError::Unsupported`].

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
pub mod relaxed;

pub use code::CompiledModule;
pub use opt::Level;
pub use pipeline::{compile, compile_some};
pub use relaxed::Relaxed;

use crate::target::CpuLevel;

/// Everything that changes the code; but for `relaxed` and `canonical_nans`, never what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `O0`: no passes, and the fast allocator.
    pub level: Level,
    /// Names of passes to run instead of the level's own.
    pub passes: Option<Vec<String>>,
    /// Allocatable registers of each class; `None`: all. At least 4. Changes the ABI: the same for all code of a store.
    pub registers: Option<u8>,
    /// Verify the SSA after each pass, and check each allocation.
    pub verify: bool,
    /// Fill the undefined upper half of 32-bit values with garbage, so that reliance on it shows; in functions with vectors
    /// also what a vector register has above a float.
    pub poison: bool,
    /// The CPU to compile for, and which of its instructions may be used.
    pub cpu: CpuLevel,
    /// What relaxed operators do.
    pub relaxed: Relaxed,
    /// Have operators of floats return the positive canonical NaN where the specification leaves its bits open.
    pub canonical_nans: bool,
    /// Call the module's own functions directly, not through their records: only where every function of the module
    /// is, and stays, native.
    pub direct_calls: bool,
    /// Count down [`VMStore::fuel`](crate::runtime::vm::VMStore::fuel).
    pub fuel: bool,
    /// Tell of each store by the libcall `TraceStore`.
    pub trace_stores: bool,
    /// Run only the first so many of [`pipeline::stages`].
    pub stage_limit: Option<u32>,
    /// Let the last of these stages make only the first so many changes.
    pub rewrite_limit: Option<u64>,
    /// `None`: the fast one at `O0`, else the good one.
    pub effort: Option<regalloc::Effort>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            level: Level::O2,
            passes: None,
            registers: None,
            verify: false,
            poison: false,
            cpu: CpuLevel::default(),
            relaxed: Relaxed::default(),
            canonical_nans: false,
            direct_calls: false,
            fuel: false,
            trace_stores: false,
            stage_limit: None,
            rewrite_limit: None,
            effort: None,
        }
    }
}

/// Why a valid module cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// A feature that the JIT does not have yet: its name, and where.
    Unsupported(String),
    /// Over an implementation limit.
    Limit(String),
    /// A pass that does not exist.
    Options(String),
    /// A defect of wasmoon: verifier or checker failed.
    Internal(String),
}

impl std::fmt::Display for CompileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CompileError::Unsupported(what) => write!(f, "not supported by the JIT: {what}"),
            CompileError::Limit(what) => write!(f, "over a limit of the JIT: {what}"),
            CompileError::Options(what) => f.write_str(what),
            CompileError::Internal(what) => write!(f, "defect of the JIT: {what}"),
        }
    }
}

impl std::error::Error for CompileError {}
