//! Traps in wasmtime's words: its scripts expect them, and its command line prints them.

use super::TrapCode;

/// The prefix of the text of a trap.
pub const PREFIX: &str = "wasm trap: ";

/// The text for an exception that nothing catches. It is not a trap, and has no prefix.
pub const THROWN: &str = "thrown Wasm exception";

impl TrapCode {
    /// wasmtime's text for this trap, after `wasm trap: `; `None` if it is [`TrapCode::message`].
    pub fn wasmtime_message(self) -> Option<&'static str> {
        Some(match self {
            TrapCode::Unreachable => "wasm `unreachable` instruction executed",
            TrapCode::TableOutOfBounds | TrapCode::UndefinedElement => "undefined element: out of bounds table access",
            TrapCode::OutOfFuel => "all fuel consumed by WebAssembly",
            TrapCode::AtomicWaitOnUnshared => "atomic wait on non-shared memory",
            TrapCode::NullFunctionReference
            | TrapCode::NullExceptionReference
            | TrapCode::NullStructureReference
            | TrapCode::NullArrayReference
            | TrapCode::NullI31Reference
            | TrapCode::NullDescriptorReference
            | TrapCode::NullContinuationReference => "null reference",
            TrapCode::DescriptorCastFailure => "cast failure",
            _ => return None,
        })
    }
}
