//! Tests of folding and passes: on random and on exhaustive inputs, against an oracle that shares nothing with what it
//! judges.
//!
//! | file | inside |
//! |---|---|
//! | `oracle` | what each scalar operation means, in the plainest way |
//! | `exec` | executes a whole function over the oracle |
//! | `eval`, `fold`, `exhaustive` | evaluator, folder and rules against the oracle |
//! | `random` | random functions before and after each pass |
//! | `passes`, `memory` | passes as a whole; classes of memory |
//!
//! What single passes do to small functions is in `tests/filetests/passes`, as text.

mod eval;
mod exec;
mod exhaustive;
mod fold;
mod memory;
pub(in crate::jit) mod oracle;
mod passes;
pub(in crate::jit) mod random;
