//! Tests of folding and passes on random and exhaustive inputs, against an oracle that shares no code with them.
//!
//! | file | inside |
//! |---|---|
//! | `oracle` | the meaning of each scalar operation, written in the simplest way |
//! | `exec` | executes a whole function using the oracle |
//! | `eval`, `fold`, `exhaustive` | evaluator, folder and rules against the oracle |
//! | `random` | random functions before and after each pass |
//! | `passes` | the passes as a whole |
//! | `branches`, `licm`, `loads` | single passes at their limits and for every class of memory |
//!
//! The effects of single passes on small functions are in `tests/filetests/passes`, as text.

mod branches;
mod eval;
mod exec;
mod exhaustive;
mod fold;
mod licm;
mod loads;
pub(in crate::jit) mod oracle;
mod passes;
pub(in crate::jit) mod random;
