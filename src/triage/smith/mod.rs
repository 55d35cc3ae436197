//! Random modules on every backend, compared: results, traps, exceptions, and all state after each call.
//!
//! | file | contents |
//! |---|---|
//! | `features` | the features that modules may use |
//! | `generate` | the module of a seed |
//! | `dense` | modules of dense code, in the shapes in which compilers go wrong |
//! | `edges` | modules whose functions do one thing each, where something ends |
//! | `operators`, `values` | what these two draw from |
//! | `tame` | removes endless waits and unspecified results from a module |
//! | `link` | a module linked against a copy of itself |
//! | `columns` | the columns that a seed's module runs on |
//! | `witnesses` | what several other engines say about a module |
//! | `worker` | the process that runs them |
//! | `supervisor` | hands out seeds, and survives the death of workers |
//! | `small` | reduction of findings |
//! | `findings` | the files of a finding |
//! | [`scripts`] | random scripts about types and linking |

pub mod columns;
mod dense;
mod edges;
pub mod features;
pub mod findings;
pub mod generate;
#[cfg(test)]
mod kept;
mod link;
mod operators;
pub mod scripts;
pub mod small;
mod supervisor;
mod tame;
mod values;
mod witnesses;
pub mod worker;

/// The reason why a generated module cannot be rewritten.
#[derive(Debug, thiserror::Error)]
pub enum RewriteError {
    /// The module cannot be parsed.
    #[error(transparent)]
    Parse(#[from] wasmparser::Error),
    /// An item cannot be encoded.
    #[error(transparent)]
    Encode(#[from] wasm_encoder::reencode::Error),
}

pub use columns::{CheckedShare, ColumnChoice};
pub use features::{FEATURES, Features, UnknownFeature};
pub use generate::{GenerateError, Generator};
pub use supervisor::{KEPT, Seeds, SmithError, SmithFailure, SmithNews, SmithPlan, SmithSummary, run};
pub use worker::{Digest, EngineTally, Fault, FaultKind, Finding, GeneratorFigures, SmithTally};
