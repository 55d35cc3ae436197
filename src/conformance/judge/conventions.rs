//! Outcomes that other engines' scripts accept although the specification is stricter.
//!
//! wasmtime's runner (crate `wasmtime-wast`): a named module is automatically registered under its name; there is a host function
//! `"wasmtime" "gc"`; the shared memory of `spectest` cannot grow; `assert_invalid` and `assert_malformed` mean the same;
//! `assert_trap` and `assert_exhaustion` take any failure of an instantiation or a call; `assert_unlinkable` any failure of an
//! instantiation; an `invoke` without an assertion may end in any way. The text decides: the expected one must occur in the
//! message of wasmtime or wasmparser. wasm-tools looks for its texts in the same way, but never executes anything.

use crate::conformance::outcome::{Expect, Outcome};
use crate::conformance::read::language::Dialect;
use crate::conformance::read::script::Action;
use crate::runtime::trap::TrapCode;
use crate::runtime::trap::wasmtime::{PREFIX, THROWN};
use std::borrow::Cow;

/// The outcome of an action, changed to the expected one if the dialect accepts it.
pub fn as_expected<'o>(dialect: Dialect, action: &Action, expect: &Expect, outcome: &'o Outcome) -> Cow<'o, Outcome> {
    let agreed = match dialect {
        Dialect::Spec => None,
        Dialect::WasmTools => match (expect, outcome) {
            (Expect::Malformed(want), Outcome::Malformed(got)) if got.text.contains(want) => {
                Some(Outcome::Malformed(want.as_str().into()))
            }
            (Expect::Invalid(want), Outcome::Invalid(got)) if got.text.contains(want) => {
                Some(Outcome::Invalid(want.as_str().into()))
            }
            (Expect::InvalidCustom(want), Outcome::InvalidCustom(got)) if got.text.contains(want) => {
                Some(Outcome::InvalidCustom(want.as_str().into()))
            }
            (Expect::MalformedCustom(want), Outcome::MalformedCustom(got)) if got.text.contains(want) => {
                Some(Outcome::MalformedCustom(want.as_str().into()))
            }
            _ => None,
        },
        Dialect::Wasmtime => wasmtime(action, expect, outcome),
    };
    agreed.map_or(Cow::Borrowed(outcome), Cow::Owned)
}

fn wasmtime(action: &Action, expect: &Expect, outcome: &Outcome) -> Option<Outcome> {
    match (expect, outcome) {
        // The end of a call about which nothing is asserted is ignored.
        (
            Expect::Success,
            Outcome::Trap(..) | Outcome::Exhaustion(_) | Outcome::Exception(_) | Outcome::Suspension(_),
        ) if matches!(action, Action::Invoke { .. }) => Some(Outcome::Done),
        (Expect::Malformed(want), Outcome::Malformed(got) | Outcome::Invalid(got)) if got.text.contains(want) => {
            Some(Outcome::Malformed(want.as_str().into()))
        }
        (Expect::Invalid(want), Outcome::Malformed(got) | Outcome::Invalid(got)) if got.text.contains(want) => {
            Some(Outcome::Invalid(want.as_str().into()))
        }
        (Expect::Unlinkable(want), _) => failure_contains(outcome, want).then(|| Outcome::Unlinkable(want.clone())),
        (Expect::Trap(want), _) => {
            failure_contains(outcome, want).then(|| Outcome::Trap(TrapCode::Unreachable, want.clone()))
        }
        (Expect::Exhaustion(want), _) => failure_contains(outcome, want).then(|| Outcome::Exhaustion(want.clone())),
        (Expect::Suspension(want), Outcome::Suspension(_)) => Some(Outcome::Suspension(want.clone())),
        _ => None,
    }
}

/// Whether a call or an instantiation failed, and the expected text occurs in what wasmtime says about it.
fn failure_contains(outcome: &Outcome, want: &str) -> bool {
    let (ours, theirs) = match outcome {
        Outcome::Trap(code, text) => (text, format!("{PREFIX}{}", code.wasmtime_message().unwrap_or(text))),
        Outcome::Exhaustion(text) => (text, format!("{PREFIX}{}", TrapCode::CallStackExhausted.message())),
        Outcome::Suspension(text) => (text, format!("{PREFIX}{}", TrapCode::UnhandledTag.message())),
        Outcome::Exception(_) => return THROWN.contains(want),
        Outcome::Unlinkable(text) => (text, text.clone()),
        _ => return false,
    };
    let null = |text: &str| text.contains("null") && text.contains("reference");
    ours.contains(want)
        || theirs.contains(want)
        // wasmtime does not say which element is not initialized, nor the kind of a null.
        || want.contains("uninitialized element 2") && theirs.contains("uninitialized element")
        || want.contains("null function")
            && (theirs.contains("uninitialized element") || theirs.contains("null reference"))
        || null(want) && theirs.contains("null reference")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::judge::verdict::judge;
    use crate::conformance::outcome::observed::Observed;
    use crate::conformance::read::dialect::linking;
    use crate::conformance::record::Verdict;
    use crate::module::MemoryType;
    use crate::runtime::linking::{ImportMismatch, ImportPair, LinkError};
    use crate::runtime::store::TagId;

    const MODULE: Action = Action::AnonymousInstance { module: None };

    fn passes(dialect: Dialect, action: &Action, expect: &Expect, outcome: &Outcome) -> bool {
        judge(expect, &as_expected(dialect, action, expect, outcome)).verdict == Verdict::Pass
    }

    /// Tests every expectation with every outcome under each dialect: which pass for a module, and which for a call.
    #[test]
    fn what_each_dialect_takes() {
        let long = || "a text with m in it".to_string();
        let call = Action::Invoke { module: None, name: String::new(), args: Vec::new() };
        let expectations = Expect::of_each_kind("m");
        let outcomes = [
            Outcome::Malformed(long().into()),
            Outcome::Invalid(long().into()),
            Outcome::Unlinkable(long()),
            Outcome::Trap(TrapCode::CastFailure, long()),
            Outcome::Exhaustion(long()),
            Outcome::Suspension(long()),
            Outcome::Done,
            Outcome::Error(long()),
            Outcome::Timeout,
            Outcome::Exception(Observed::Exception(TagId(0), Vec::new())),
            Outcome::MalformedCustom(long().into()),
            Outcome::InvalidCustom(long().into()),
        ];
        let (none, failures, success): (&[usize], &[usize], &[usize]) = (&[], &[2, 3, 4, 5, 9], &[6]);
        let any_end = &[3, 4, 5, 6, 9];
        let wasmtime = [&[0, 1], &[0, 1], failures, failures, failures, &[5], none, none, &[9]];
        let table = [
            (Dialect::Spec, &call, [none, none, none, none, none, none, none, none, &[9]], success),
            (Dialect::WasmTools, &call, [&[0], &[1], none, none, none, none, &[10], &[11], &[9]], success),
            (Dialect::Wasmtime, &call, wasmtime, any_end),
            (Dialect::Wasmtime, &MODULE, wasmtime, success),
        ];
        for (dialect, action, rows, success) in table {
            let rows: Vec<_> = rows.into_iter().chain([&[6][..], none, success]).collect();
            assert_eq!(rows.len(), expectations.len());
            for (expect, pass) in expectations.iter().zip(rows) {
                let passing: Vec<usize> =
                    (0..outcomes.len()).filter(|&i| passes(dialect, action, expect, &outcomes[i])).collect();
                assert_eq!(passing, pass, "{dialect:?} {expect:?}");
            }
        }
    }

    #[test]
    fn texts_of_wasmtime() {
        let trap = |code: TrapCode| Outcome::Trap(code, code.message().into());
        let cases = [
            (TrapCode::Unreachable, "wasm `unreachable` instruction executed", true),
            (TrapCode::Unreachable, "wasm trap: wasm `unreachable`", true),
            (TrapCode::Unreachable, "out of bounds", false),
            (TrapCode::UndefinedElement, "out of bounds table access", true),
            (TrapCode::TableOutOfBounds, "undefined element", true),
            (TrapCode::UninitializedElement, "uninitialized element 2", true),
            (TrapCode::UninitializedElement, "null function reference", true),
            (TrapCode::NullStructureReference, "null reference", true),
            (TrapCode::NullStructureReference, "null i31 reference", true),
            (TrapCode::NullStructureReference, "cast failure", false),
            (TrapCode::IntegerOverflow, "integer divide by zero", false),
        ];
        for (code, want, pass) in cases {
            let expect = Expect::Trap(want.into());
            assert_eq!(passes(Dialect::Wasmtime, &MODULE, &expect, &trap(code)), pass, "{code:?} {want}");
        }
        let unknown = LinkError::Unknown { module: "a".into(), name: "b".into() };
        let unknown = Outcome::Unlinkable(linking(Dialect::Wasmtime, &unknown));
        let passes = |want: &str| passes(Dialect::Wasmtime, &MODULE, &Expect::Unlinkable(want.into()), &unknown);
        assert!(passes("unknown import: `a::b` has not been defined") && passes("unknown import"));
        let memory = |initial, maximum, page_size_log2| MemoryType {
            memory64: false,
            shared: false,
            initial,
            maximum,
            page_size_log2,
        };
        let wanted = memory(1, Some(2), Some(0));
        for (given, limits) in [
            (memory(1, Some(2), None), false),
            (memory(2, Some(1), None), false),
            (memory(0, Some(2), None), true),
            (memory(1, Some(3), None), true),
            (memory(1, None, None), true),
        ] {
            let types = ImportMismatch::of(ImportPair::Memory { wanted, given }).expect("they differ");
            let text =
                linking(Dialect::Wasmtime, &LinkError::Incompatible { module: "a".into(), name: "b".into(), types });
            let of = if limits { "memory limits (min: 1, max: 2)" } else { "a page size of 1, but received" };
            assert!(text.contains(of), "{text}");
        }
        assert!(!passes("unknown import: `a::c`") && !passes("incompatible import type"));
    }

    #[test]
    fn a_text_that_does_not_occur_passes_nothing() {
        let ours = || "a text".to_string();
        let rejected = [
            Outcome::Malformed(ours().into()),
            Outcome::Invalid(ours().into()),
            Outcome::MalformedCustom(ours().into()),
            Outcome::InvalidCustom(ours().into()),
        ];
        let expectations = |want: &str| {
            [
                Expect::Malformed(want.into()),
                Expect::Invalid(want.into()),
                Expect::MalformedCustom(want.into()),
                Expect::InvalidCustom(want.into()),
            ]
        };
        // The outcomes that meet each expectation.
        let wasm_tools: [&[usize]; 4] = [&[0], &[1], &[2], &[3]];
        let wasmtime: [&[usize]; 4] = [&[0, 1], &[0, 1], &[], &[]];
        for (dialect, rows) in [(Dialect::WasmTools, wasm_tools), (Dialect::Wasmtime, wasmtime)] {
            for (want, occurs) in [("text", true), ("texts", false)] {
                for (expect, row) in expectations(want).iter().zip(rows) {
                    let passing: Vec<usize> =
                        (0..rejected.len()).filter(|&i| passes(dialect, &MODULE, expect, &rejected[i])).collect();
                    let row = if occurs { row } else { &[] };
                    assert_eq!(passing, row, "{dialect:?} {expect:?}");
                }
            }
        }
    }

    #[test]
    fn wasmtime_s_texts_and_ours() {
        let cases = [
            (TrapCode::AtomicWaitOnUnshared, "expected shared memory", true),
            (TrapCode::AtomicWaitOnUnshared, "atomic wait on non-shared memory", true),
            (TrapCode::DescriptorCastFailure, "descriptor cast failure", true),
            (TrapCode::DescriptorCastFailure, "wasm trap: cast failure", true),
            (TrapCode::OutOfFuel, "all fuel consumed by WebAssembly", true),
            (TrapCode::TableOutOfBounds, "undefined element: out of bounds table access", true),
            (TrapCode::NullContinuationReference, "wasm trap: null reference", true),
            (TrapCode::UninitializedElement, "out of bounds", false),
            (TrapCode::Unreachable, "uninitialized element 2", false),
            (TrapCode::Unreachable, "null function", false),
            (TrapCode::Unreachable, "null i31 reference", false),
            (TrapCode::NullStructureReference, "null function", true),
            // Neither does the text of a null reference match.
            (TrapCode::NullStructureReference, "null i31", false),
            (TrapCode::NullStructureReference, "i31 reference", false),
        ];
        for (code, want, pass) in cases {
            let outcome = Outcome::Trap(code, code.message().into());
            let expect = Expect::Trap(want.into());
            assert_eq!(passes(Dialect::Wasmtime, &MODULE, &expect, &outcome), pass, "{code:?} {want}");
        }
        for (outcome, want) in [
            (Outcome::Exhaustion("m".into()), "wasm trap: call stack exhausted"),
            (Outcome::Suspension("m".into()), "wasm trap: unhandled tag"),
        ] {
            assert!(passes(Dialect::Wasmtime, &MODULE, &Expect::Exhaustion(want.into()), &outcome), "{want}");
        }
    }
}
