//! Traces of calls and stores, and the state that a trap leaves behind for reports.

pub mod post_mortem;
pub mod tracing;
