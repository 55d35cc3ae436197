//! Worker processes: this same executable, started again to do what may kill, hang or bloat a process.
//!
//! | file | inside |
//! |---|---|
//! | [`spawn`] | starting a process that dies with this one |
//! | [`worker`] | a worker as its supervisor sees it, and the supervisor as a worker sees it |
//! | [`channel`] | messages between the two, over a socket |
//! | [`board`] | memory that both map: what the worker is at, its last words, and a log |
//!
//! What the messages say is up to who uses this: the conformance harness (`conformance::supervise`), random modules
//! (`triage::smith`) and trials of one execution (`triage::trial`) each have a [`worker::Role`].

pub mod board;
pub mod channel;
pub mod spawn;
pub mod worker;

pub use worker::serve_if_worker;
