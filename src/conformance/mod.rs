//! The conformance harness: every directive of a script on every backend, compared with the expected outcome and
//! against the other backends.
//!
//! | folder | inside |
//! |---|---|
//! | [`record`] | the line of a report, which every other folder writes or reads |
//! | [`outcome`] | expectations, outcomes, and the values in both |
//! | [`read`] | lists of scripts, their languages, and scripts as steps |
//! | [`execute`] | one backend working through a script, with its threads |
//! | [`compare`] | the comparison of the states of two backends |
//! | [`judge`] | outcomes and expectations, records and `expectations.toml`, and the check of the judge |
//! | [`lockstep`] | one script on several backends, directive by directive; or on one engine that is not ours |
//! | [`foreign`] | columns that are not ours |
//! | [`supervise`] | scripts in worker processes, so that a crash is an outcome |
//! | [`report`] | records as text, tables and pages; two reports compared |
//!
//! `plan::run` executes a [`plan::Plan`] and hands out [`record::Record`]s: one for each directive and backend, and
//! one for each directive and comparison.

pub mod backend;
pub mod compare;
pub mod execute;
pub mod foreign;
pub mod injected_fault;
pub mod judge;
pub mod lockstep;
pub mod matrix;
pub mod outcome;
pub mod plan;
pub mod progress;
pub mod read;
pub mod record;
pub mod report;
pub mod selection;
pub mod stats;
pub mod supervise;
pub mod unsupervised;
