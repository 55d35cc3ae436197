//! wasmoon: a WebAssembly engine that proves itself.
//!
//! Two backends, a fast interpreter and an optimizing JIT, are written to know nothing of each other; a conformance
//! harness runs every directive of the WebAssembly testsuite on both and compares each with the expected outcome and
//! with the other. `ARCHITECTURE.md` describes the rooms and the direction of their imports: `{target, module} <-
//! config <- runtime <- {interp, jit, process} <- engine <- {wasi, conformance, oracle} <- triage <- cli`.

pub mod cli;
pub mod config;
pub mod conformance;
pub mod engine;
pub mod interp;
pub mod jit;
pub mod module;
pub mod oracle;
pub mod process;
pub mod random;
pub mod runtime;
pub mod target;
pub mod text;
pub mod triage;
pub mod wasi;
