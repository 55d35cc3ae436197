//! Adapters of a CPU that code cannot run on.

pub const EMIT: Option<super::Emit> = None;
