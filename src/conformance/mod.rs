//! The conformance harness: every directive of a script on every backend, held against the expected outcome and
//! against the other backends.

pub mod record;
