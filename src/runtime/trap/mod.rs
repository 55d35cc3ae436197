//! Trap codes and their texts.

pub mod raise;

/// Why execution trapped. The discriminant is what native trap tables and libcalls carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum TrapCode {
    Unreachable = 1,
    MemoryOutOfBounds,
    TableOutOfBounds,
    /// `call_indirect` through an index beyond the table.
    UndefinedElement,
    /// `call_indirect` through a null entry.
    UninitializedElement,
    IndirectCallTypeMismatch,
    IntegerDivideByZero,
    IntegerOverflow,
    InvalidConversionToInteger,
    NullReference,
    NullFunctionReference,
    NullExceptionReference,
    NullStructureReference,
    NullArrayReference,
    NullI31Reference,
    NullDescriptorReference,
    ArrayOutOfBounds,
    CastFailure,
    DescriptorCastFailure,
    UnalignedAtomic,
    AtomicWaitOnUnshared,
    /// Native stack, value area or call depth: `assert_exhaustion`.
    CallStackExhausted,
    /// The GC heap's limit.
    AllocationTooLarge,
    /// Asked to stop from outside: time-out, Ctrl-C.
    Interrupt,
    /// Code that counts fuel has none left.
    OutOfFuel,
    NullContinuationReference,
    /// A continuation can be resumed (or bound) once.
    ContinuationConsumed,
    /// Nobody handles the tag of a `suspend` or a `switch`: `assert_suspension`.
    UnhandledTag,
    /// The store's limit of continuations that have a stack: `assert_exhaustion`.
    TooManyStacks,
}

impl TrapCode {
    pub const ALL: [TrapCode; 29] = [
        TrapCode::Unreachable,
        TrapCode::MemoryOutOfBounds,
        TrapCode::TableOutOfBounds,
        TrapCode::UndefinedElement,
        TrapCode::UninitializedElement,
        TrapCode::IndirectCallTypeMismatch,
        TrapCode::IntegerDivideByZero,
        TrapCode::IntegerOverflow,
        TrapCode::InvalidConversionToInteger,
        TrapCode::NullReference,
        TrapCode::NullFunctionReference,
        TrapCode::NullExceptionReference,
        TrapCode::NullStructureReference,
        TrapCode::NullArrayReference,
        TrapCode::NullI31Reference,
        TrapCode::NullDescriptorReference,
        TrapCode::ArrayOutOfBounds,
        TrapCode::CastFailure,
        TrapCode::DescriptorCastFailure,
        TrapCode::UnalignedAtomic,
        TrapCode::AtomicWaitOnUnshared,
        TrapCode::CallStackExhausted,
        TrapCode::AllocationTooLarge,
        TrapCode::Interrupt,
        TrapCode::OutOfFuel,
        TrapCode::NullContinuationReference,
        TrapCode::ContinuationConsumed,
        TrapCode::UnhandledTag,
        TrapCode::TooManyStacks,
    ];

    pub fn from_u8(code: u8) -> Option<TrapCode> {
        Self::ALL.get(usize::from(code).wrapping_sub(1)).copied()
    }

    /// The text the official testsuite uses.
    pub fn message(self) -> &'static str {
        match self {
            TrapCode::Unreachable => "unreachable",
            TrapCode::MemoryOutOfBounds => "out of bounds memory access",
            TrapCode::TableOutOfBounds => "out of bounds table access",
            TrapCode::UndefinedElement => "undefined element",
            TrapCode::UninitializedElement => "uninitialized element",
            TrapCode::IndirectCallTypeMismatch => "indirect call type mismatch",
            TrapCode::IntegerDivideByZero => "integer divide by zero",
            TrapCode::IntegerOverflow => "integer overflow",
            TrapCode::InvalidConversionToInteger => "invalid conversion to integer",
            TrapCode::NullReference => "null reference",
            TrapCode::NullFunctionReference => "null function reference",
            TrapCode::NullExceptionReference => "null exception reference",
            TrapCode::NullStructureReference => "null structure reference",
            TrapCode::NullArrayReference => "null array reference",
            TrapCode::NullI31Reference => "null i31 reference",
            TrapCode::NullDescriptorReference => "null descriptor reference",
            TrapCode::ArrayOutOfBounds => "out of bounds array access",
            TrapCode::CastFailure => "cast failure",
            TrapCode::DescriptorCastFailure => "descriptor cast failure",
            TrapCode::UnalignedAtomic => "unaligned atomic",
            TrapCode::AtomicWaitOnUnshared => "expected shared memory",
            TrapCode::CallStackExhausted => "call stack exhausted",
            TrapCode::AllocationTooLarge => "allocation size too large",
            TrapCode::Interrupt => "interrupt",
            TrapCode::OutOfFuel => "all fuel consumed",
            TrapCode::NullContinuationReference => "null continuation reference",
            TrapCode::ContinuationConsumed => "continuation already consumed",
            TrapCode::UnhandledTag => "unhandled tag",
            // What is at its end is the stack, as far as a program is concerned that resumes without bound.
            TrapCode::TooManyStacks => "call stack exhausted (too many stacks of continuations)",
        }
    }
}
