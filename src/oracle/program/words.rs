//! The messages of programs that trap.

use super::super::wire::WireEnd;
use crate::runtime::trap::TrapCode::{self, *};
use crate::runtime::trap::wasmtime::{PREFIX, THROWN};

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
/// Indirect calls through a null, as some engines report them.
const NULL_ENTRY: &[TrapCode] =
    &[UninitializedElement, IndirectCallTypeMismatch, NullReference, NullFunctionReference, NullContinuationReference];

/// Messages of engines, in lower case, and the traps that they may stand for. The first that is found counts. Those of wasmtime
/// are tried before them, and the messages of the specification after them.
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
    ("gc heap out of memory", &[AllocationTooLarge]),
    ("failed to allocate in array.new_elem", &[TableOutOfBounds, ArrayOutOfBounds, AllocationTooLarge]),
    ("failed to allocate in array.new_data", &[MemoryOutOfBounds, ArrayOutOfBounds, AllocationTooLarge]),
];

/// Messages for an exhausted call stack.
const EXHAUSTED: &[&str] = &["call stack exhausted", "stack overflow", "maximum call stack", "stack exhausted"];
/// Messages for an uncaught exception; wasmtime's are [`THROWN`].
const EXCEPTION: &[&str] =
    &["uncaught exception", "webassembly.exception", "uncaught wasm exception", "unhandled exception", "exception {"];
/// Messages for an unhandled suspension.
const SUSPENSION: &[&str] = &["unhandled tag", "unhandled suspension"];

/// The end of a program with this output, if the message is known.
pub fn trap(said: &str) -> Option<WireEnd> {
    let lower = said.to_lowercase();
    let among = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if among(EXHAUSTED) {
        return Some(WireEnd::Exhausted);
    }
    if among(EXCEPTION) || lower.contains(&THROWN.to_lowercase()) {
        return Some(WireEnd::Exception);
    }
    if among(SUSPENSION) {
        return Some(WireEnd::Suspension(line(said, "unhandled")));
    }
    if let Some((message, codes)) = of_wasmtime(&lower) {
        return Some(WireEnd::Trap(messages_of(&codes), line(said, &message)));
    }
    let known = WORDS.iter().map(|(word, codes)| (*word, *codes));
    // Longer messages come first: some are prefixes of others.
    let mut messages: Vec<&TrapCode> = TrapCode::ALL.iter().collect();
    messages.sort_by_key(|code| std::cmp::Reverse(code.message().len()));
    let messages = messages.into_iter().map(|code| (code.message(), std::slice::from_ref(code)));
    let (word, codes) = known.chain(messages).find(|(word, _)| lower.contains(word))?;
    Some(WireEnd::Trap(messages_of(codes), line(said, word)))
}

/// A message of wasmtime that is not the specification's, in lower case, and the traps that have it there.
fn of_wasmtime(lower: &str) -> Option<(String, Vec<TrapCode>)> {
    let mut texts = TrapCode::ALL.iter().filter_map(|code| code.wasmtime_message());
    let said = |text: &&str| lower.contains(&format!("{PREFIX}{text}").to_lowercase());
    let text = texts.find(said)?;
    let has = |code: &TrapCode| code.wasmtime_message().unwrap_or(code.message()) == text;
    Some((text.to_lowercase(), TrapCode::ALL.iter().copied().filter(has).collect()))
}

fn messages_of(codes: &[TrapCode]) -> Vec<String> {
    codes.iter().map(|code| code.message().to_string()).collect()
}

/// The line that contains this text.
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

    /// What scripts for wasmtime expect is what its command line says.
    #[test]
    fn traps_in_wasmtime_s_words_are_known() {
        let headline =
            "Error: failed to run main module `f`\n\nCaused by:\n    0: failed to invoke command default\n    2: ";
        let of = |words: &str| trap(&format!("{headline}{words}\n\nStack backtrace:\n   0: run"));
        for &code in TrapCode::ALL {
            let words = format!("wasm trap: {}", code.wasmtime_message().unwrap_or(code.message()));
            match of(&words) {
                Some(WireEnd::Trap(messages, said)) => {
                    assert!(messages.contains(&code.message().to_string()), "{words}: {messages:?}");
                    assert_eq!(said, format!("2: {words}"));
                }
                Some(WireEnd::Exhausted) => assert!(matches!(code, CallStackExhausted | TooManyStacks)),
                Some(WireEnd::Suspension(_)) => assert_eq!(code, UnhandledTag),
                other => panic!("{words}: {other:?}"),
            }
        }
        let messages = |words: &str| match of(words) {
            Some(WireEnd::Trap(messages, _)) => messages,
            other => panic!("{words}: {other:?}"),
        };
        assert_eq!(messages("wasm trap: atomic wait on non-shared memory"), ["expected shared memory"]);
        assert_eq!(messages("wasm trap: cast failure"), ["cast failure", "descriptor cast failure"]);
        assert_eq!(messages("wasm trap: null reference").len(), NULLS.len());
        assert_eq!(
            messages("wasm trap: undefined element: out of bounds table access"),
            ["out of bounds table access", "undefined element"]
        );
        assert_eq!(
            messages("GC heap out of memory: no capacity for allocation of 8 bytes"),
            ["allocation size too large"]
        );
        assert_eq!(of("thrown Wasm exception"), Some(WireEnd::Exception));
    }

    /// An engine may use the specification's own messages: none of these is mistaken for a shorter one inside it.
    #[test]
    fn messages_of_the_specification_are_known() {
        for code in TrapCode::ALL {
            let message = code.message();
            let words = format!("a trap: {message}");
            let expected = match code {
                TrapCode::CallStackExhausted | TrapCode::TooManyStacks => WireEnd::Exhausted,
                TrapCode::UnhandledTag => WireEnd::Suspension(words.clone()),
                _ => WireEnd::Trap(vec![message.to_string()], words.clone()),
            };
            assert_eq!(trap(&format!("Error: at 7\n  {words} \nback there")), Some(expected), "{message}");
        }
    }
}
