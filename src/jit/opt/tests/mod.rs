//! Tests of folding and passes: on random and on exhaustive inputs, against an oracle that shares nothing with what it
//! judges.
//!
//! | file | inside |
//! |---|---|
//! | `oracle` | what each scalar operation means, in the plainest way |
//! | `exec` | executes a whole function over the oracle |
//! | `eval`, `fold`, `exhaustive` | evaluator, folder and rules against the oracle |
//! | `random` | random functions before and after each pass |
//! | `passes`, `memory`, `objects`, `stacks` | single passes on small functions |

mod eval;
mod exec;
mod exhaustive;
mod fold;
mod memory;
mod objects;
pub(in crate::jit) mod oracle;
mod passes;
pub(in crate::jit) mod random;
mod stacks;
