//! Worker processes: this executable, started again for work that may kill, hang or bloat a process.
//!
//! | file | inside |
//! |---|---|
//! | [`spawn`] | starting a process that dies with this one |
//! | [`worker`] | a worker as seen by its supervisor, and the supervisor as seen by a worker |
//! | [`channel`] | messages between the two, over a socket |
//! | `confine` | the rights that a worker gives up |
//! | [`board`] | memory that both map: the worker's position, its last words, and a log |
//!
//! The content of the messages is up to the users of this room: the conformance harness (`conformance::supervise`),
//! random modules (`triage::smith`) and trials of one execution (`triage::trial`) each have a [`worker::Role`].

pub mod board;
pub mod channel;
mod confine;
pub mod spawn;
pub mod worker;

pub use worker::serve_if_worker;
