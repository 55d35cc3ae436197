//! The table of operations.

pub(super) mod instructions;
pub(super) mod objects;
pub(super) mod vectors;
