//! Other engines as witnesses.
