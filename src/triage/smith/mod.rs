//! Random modules on every backend, held against each other: results, traps, exceptions, and all state after each call.
//!
//! | file | what |
//! |---|---|
//! | `features` | what modules may use |
//! | `generate` | the module of a seed |
//! | `dense` | modules of dense code, in the shapes in which compilers go wrong |
//! | `tame` | what waits for ever, or has no one right result, taken out of a module |
//! | `link` | a module linked against a copy of itself |
//! | `columns` | what the module of a seed runs on |
//! | `worker` | the process that runs them |
//! | `supervisor` | who hands out seeds, and survives what a worker does not |
//! | `witness` | another engine, held against the reference |
//! | `small` | a finding made small |
//! | `store` | what a finding leaves behind |

pub mod columns;
mod dense;
pub mod features;
pub mod generate;
mod link;
pub mod small;
pub mod store;
mod supervisor;
mod tame;
mod witness;
pub mod worker;

pub use columns::{Checked, Choice};
pub use features::{FEATURES, Features};
pub use generate::Maker;
pub use supervisor::{KEPT, News, Plan, Summary, run};
pub use witness::Cut;
pub use worker::{Fault, FaultKind, Found, Made, Tally};
