//! Trap codes and their texts.
//!
//! | file | contents |
//! |---|---|
//! | `mod` | trap codes |
//! | `raise` | raising traps from Rust |
//! | `from_fault` | faults of native code that are traps |
//! | `wasmtime` | traps in wasmtime's words |

pub mod from_fault;
pub mod raise;
pub mod wasmtime;

macro_rules! trap_codes {
    ($($(#[$doc:meta])* $code:ident = $message:literal;)*) => {
        /// Why execution trapped. Native trap tables and libcalls contain the discriminant, which starts at 1.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[repr(u8)]
        pub enum TrapCode {
            $(
                #[doc = concat!("\"", $message, "\".")]
                #[doc = ""]
                $(#[$doc])*
                $code = Position::$code as u8 + 1,
            )*
        }

        /// The codes, counted from 0.
        enum Position { $($code,)* }

        impl TrapCode {
            /// All codes, in the order of their discriminants.
            pub const ALL: &[TrapCode] = &[$(TrapCode::$code,)*];

            /// The text that the official testsuite uses.
            pub fn message(self) -> &'static str {
                match self { $(TrapCode::$code => $message,)* }
            }
        }
    };
}

trap_codes! {
    Unreachable = "unreachable";
    MemoryOutOfBounds = "out of bounds memory access";
    TableOutOfBounds = "out of bounds table access";
    /// `call_indirect` through an index beyond the table.
    UndefinedElement = "undefined element";
    /// `call_indirect` through a null entry.
    UninitializedElement = "uninitialized element";
    IndirectCallTypeMismatch = "indirect call type mismatch";
    IntegerDivideByZero = "integer divide by zero";
    IntegerOverflow = "integer overflow";
    InvalidConversionToInteger = "invalid conversion to integer";
    NullReference = "null reference";
    NullFunctionReference = "null function reference";
    NullExceptionReference = "null exception reference";
    NullStructureReference = "null structure reference";
    NullArrayReference = "null array reference";
    NullI31Reference = "null i31 reference";
    NullDescriptorReference = "null descriptor reference";
    ArrayOutOfBounds = "out of bounds array access";
    CastFailure = "cast failure";
    DescriptorCastFailure = "descriptor cast failure";
    UnalignedAtomic = "unaligned atomic";
    AtomicWaitOnUnshared = "expected shared memory";
    /// Native stack, value area or call depth: `assert_exhaustion`.
    CallStackExhausted = "call stack exhausted";
    /// The GC heap is at its limit.
    AllocationTooLarge = "allocation size too large";
    /// Interrupted from outside: time-out, Ctrl-C.
    Interrupt = "interrupt";
    /// Code that counts fuel has used it up.
    OutOfFuel = "all fuel consumed";
    NullContinuationReference = "null continuation reference";
    /// A continuation can be resumed (or bound) once.
    ContinuationConsumed = "continuation already consumed";
    /// No handler has the tag of a `suspend` or a `switch`: `assert_suspension`.
    UnhandledTag = "unhandled tag";
    /// A function that is prepared at its first call is over a limit of the interpreter and of the compiler, or of validation.
    FunctionTooLarge = "function over an implementation limit";
    /// The store's limit of continuations that have a stack: `assert_exhaustion`. The text begins like that of a call
    /// stack: for a program that resumes without bound, it is the stack that ends.
    TooManyStacks = "call stack exhausted (too many stacks of continuations)";
    /// A function that is validated at its first call is not valid.
    InvalidFunction = "invalid function";
}

impl TrapCode {
    /// The code with this discriminant.
    pub fn from_u8(code: u8) -> Option<TrapCode> {
        Self::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }

    /// Whether the trap's message ends with the index of an element of a table, which may be any number of 64 bits.
    pub fn names_element(self) -> bool {
        matches!(self, TrapCode::UndefinedElement | TrapCode::UninitializedElement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_discriminant_is_read_as_the_code_that_has_it() {
        assert!(TrapCode::ALL.iter().all(|&code| TrapCode::from_u8(code as u8) == Some(code)));
        assert_eq!((TrapCode::from_u8(0), TrapCode::from_u8(TrapCode::ALL.len() as u8 + 1)), (None, None));
    }
}
