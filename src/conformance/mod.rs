//! The conformance harness: every directive of a script on every backend, held against the expected outcome and
//! against the other backends.
//!
//! [`suite`] says which files there are, [`language`] what they are written in; [`plan::run`] executes a [`plan::Plan`] in worker processes and hands out
//! [`record::Record`]s, one a directive and backend and one a directive for the comparison.

pub mod about;
mod annotations;
pub mod child;
pub mod compare;
pub mod dialect;
pub mod expectations;
mod faults;
mod folder;
mod grammar;
pub mod json;
pub mod language;
mod legacy;
pub mod literals;
pub mod matrix;
pub mod mutate;
mod nested;
mod objects;
pub mod outcome;
pub mod plan;
mod reach;
pub mod reading;
pub mod record;
pub mod replay;
pub mod report;
pub mod run;
pub mod script;
pub mod selection;
pub mod session;
mod shadow;
mod shown;
mod state;
pub mod suite;
pub mod supervisor;
pub mod syntax;
pub mod threads;
pub mod values;
pub mod verdict;
pub mod walk;
mod watch;
pub mod wire;
pub mod worker;
