//! Traces of calls and stores, and the state that a trap leaves behind for reports.
//!
//! | file | contents |
//! |---|---|
//! | `tracing` | lines about calls and stores, while they happen |
//! | `post_mortem` | registers, stack and slots at the moment of a trap |

pub mod post_mortem;
pub mod tracing;
