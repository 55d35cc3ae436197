//! Traces of calls and stores, and the state that a trap leaves behind for reports.
//!
//! | file | contents |
//! |---|---|
//! | `tracer` | filters and sink of a trace |
//! | `traced` | data of traced functions |
//! | `tracing` | lines about calls and stores, while they happen |
//! | `post_mortem` | registers, stack and slots at the moment of a trap |
//! | `capture` | takes them |

pub(in crate::runtime) mod capture;
pub mod post_mortem;
pub(in crate::runtime) mod traced;
pub mod tracer;
pub mod tracing;
