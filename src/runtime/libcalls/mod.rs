//! The Rust functions that code of both backends calls.

pub mod atomics;
pub mod bulk;
pub mod exceptions;
pub mod exits;
pub mod objects;
