//! What a program says when it traps.

use super::super::wire::WireEnd;
use crate::runtime::trap::TrapCode::{self, *};

const NULLS: &[TrapCode] = &[
    NullReference,
    NullFunctionReference,
    NullExceptionReference,
    NullStructureReference,
    NullArrayReference,
    NullI31Reference,
    NullDescriptorReference,
    NullContinuationReference,
];
/// Indirect calls through a null, as some have it.
const NULL_ENTRY: &[TrapCode] =
    &[UninitializedElement, IndirectCallTypeMismatch, NullReference, NullFunctionReference, NullContinuationReference];

/// Words of engines, in lower case, and the traps that they may stand for. The first that is found counts; behind them come
/// the messages of the specification.
const WORDS: &[(&str, &[TrapCode])] = &[
    ("undefined element: out of bounds table access", &[UndefinedElement, TableOutOfBounds]),
    ("undefined table index", &[UndefinedElement]),
    ("uninitialized table element", &[UninitializedElement]),
    ("indirect call signature mismatch", &[IndirectCallTypeMismatch]),
    ("memory access out of bounds", &[MemoryOutOfBounds]),
    ("out of bounds call_indirect", &[UndefinedElement]),
    ("call_indirect to a null table entry", NULL_ENTRY),
    ("call_indirect to a signature", &[IndirectCallTypeMismatch, UninitializedElement]),
    ("null function or function signature mismatch", NULL_ENTRY),
    ("function signature mismatch", &[IndirectCallTypeMismatch]),
    ("table index is out of bounds", &[UndefinedElement, TableOutOfBounds]),
    ("out of bounds trunc", &[IntegerOverflow, InvalidConversionToInteger]),
    ("float unrepresentable", &[IntegerOverflow, InvalidConversionToInteger]),
    ("division by zero", &[IntegerDivideByZero]),
    ("divide by zero", &[IntegerDivideByZero]),
    ("remainder by zero", &[IntegerDivideByZero]),
    ("divide result unrepresentable", &[IntegerOverflow]),
    ("array element access out of bounds", &[ArrayOutOfBounds]),
    ("unaligned", &[UnalignedAtomic]),
    ("invalid atomic access", &[UnalignedAtomic]),
    ("dereferencing a null pointer", NULLS),
    ("to a null reference", NULLS),
    ("illegal cast", &[CastFailure, DescriptorCastFailure]),
    ("ref.cast failed", &[CastFailure]),
    ("failed to allocate in array.new_elem", &[TableOutOfBounds, ArrayOutOfBounds, AllocationTooLarge]),
    ("failed to allocate in array.new_data", &[MemoryOutOfBounds, ArrayOutOfBounds, AllocationTooLarge]),
];

/// Words for a call stack that was used up.
const EXHAUSTED: &[&str] = &["call stack exhausted", "stack overflow", "maximum call stack", "stack exhausted"];
/// Words for an exception that nothing caught.
const EXCEPTION: &[&str] =
    &["uncaught exception", "webassembly.exception", "uncaught wasm exception", "unhandled exception", "exception {"];
/// Words for a suspension that nothing handled.
const SUSPENSION: &[&str] = &["unhandled tag", "unhandled suspension"];

/// The end of a program that said this, if the words are known.
pub fn trap(said: &str) -> Option<WireEnd> {
    let lower = said.to_lowercase();
    let among = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if among(EXHAUSTED) {
        return Some(WireEnd::Exhausted);
    }
    if among(EXCEPTION) {
        return Some(WireEnd::Exception);
    }
    if among(SUSPENSION) {
        return Some(WireEnd::Suspension(line(said, "unhandled")));
    }
    let known = WORDS.iter().map(|(word, codes)| (*word, *codes));
    // Longer messages first: some are the beginning of others.
    let mut messages: Vec<&TrapCode> = TrapCode::ALL.iter().collect();
    messages.sort_by_key(|code| std::cmp::Reverse(code.message().len()));
    let messages = messages.into_iter().map(|code| (code.message(), std::slice::from_ref(code)));
    let (word, codes) = known.chain(messages).find(|(word, _)| lower.contains(word))?;
    Some(WireEnd::Trap(codes.iter().map(|code| code.message().to_string()).collect(), line(said, word)))
}

/// The line with these words.
fn line(said: &str, word: &str) -> String {
    let found = said.lines().find(|line| line.to_lowercase().contains(word));
    found.unwrap_or(said).trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_kinds() {
        let messages = |said: &str| match trap(said) {
            Some(WireEnd::Trap(messages, _)) => messages,
            other => panic!("{said}: {other:?}"),
        };
        assert_eq!(messages("Error: wasm trap: integer divide by zero"), ["integer divide by zero"]);
        assert_eq!(messages("RuntimeError: Division by zero\n at start"), ["integer divide by zero"]);
        assert_eq!(
            messages("out of bounds memory access: access at 1+8 >= max value 2"),
            ["out of bounds memory access"]
        );
        assert_eq!(messages("null i31 reference"), ["null i31 reference"]);
        assert_eq!(messages("undefined table index"), ["undefined element"]);
        assert_eq!(messages("error: invalid atomic access at 3"), ["unaligned atomic"]);
        assert_eq!(trap("RangeError: Maximum call stack size exceeded."), Some(WireEnd::Exhausted));
        assert_eq!(trap("thread panicked"), None);
    }

    /// An engine may have the specification's own words: none of these is taken for a shorter one inside it.
    #[test]
    fn messages_of_the_specification_are_known() {
        for code in TrapCode::ALL {
            let message = code.message();
            let words = format!("wasm trap: {message}");
            let expected = match code {
                TrapCode::CallStackExhausted | TrapCode::TooManyStacks => WireEnd::Exhausted,
                TrapCode::UnhandledTag => WireEnd::Suspension(words.clone()),
                _ => WireEnd::Trap(vec![message.to_string()], words.clone()),
            };
            assert_eq!(trap(&format!("Error: at 7\n  {words} \nback there")), Some(expected), "{message}");
        }
    }
}
