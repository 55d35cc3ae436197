//! The operators that `dense` and `edges` draw from.

pub(super) mod atomics;
pub(super) mod scalars;
pub(super) mod vectors;
