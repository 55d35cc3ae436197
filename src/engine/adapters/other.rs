//! Adapters for a CPU that cannot run compiled code.

pub const EMIT: Option<super::Emit> = None;
