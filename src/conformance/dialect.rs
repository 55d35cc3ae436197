//! What other engines' scripts take for the expected outcome, where the specification's reading is stricter.
//!
//! wasmtime's runner (crate `wasmtime-wast`): a module that is named is registered under that name by itself; there is a
//! host function `"wasmtime" "gc"`; the shared memory of `spectest` cannot grow; `assert_invalid` and `assert_malformed`
//! mean the same; `assert_trap` and `assert_exhaustion` take any failure of an instantiation or a call;
//! `assert_unlinkable` any failure of an instantiation; an `invoke` without an assertion may end in any way. What decides
//! is the text: the expected one has to occur in the text of wasmtime or wasmparser. wasm-tools looks for its texts in the
//! same way, but never executes anything.
//!
//! Modules that cannot be linked are told of in the words of wasmtime's linker ([`linking`]), in the place of our own.

use super::language::{Dialect, Language};
use super::outcome::{Expect, Outcome};
use super::script::Action;
use crate::module::{
    CompositeInnerType, ExternKind, GlobalType, HeapType, MemoryType, RefType, TableType, UnpackedIndex, ValType,
};
use crate::runtime::linking::{ImportPair, LinkError};
use crate::runtime::trap::TrapCode;
use crate::runtime::types::{self, TypeId};
use std::borrow::Cow;
use wasmparser::Validator;

/// What became of an action, in the terms of what is expected, where the dialect takes it for that; otherwise as it is.
pub fn as_expected<'o>(
    dialect: Dialect,
    action: &Action<'_>,
    expect: &Expect,
    outcome: &'o Outcome,
) -> Cow<'o, Outcome> {
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

fn wasmtime(action: &Action<'_>, expect: &Expect, outcome: &Outcome) -> Option<Outcome> {
    match (expect, outcome) {
        // Nothing looks at how a call ended of which nothing is asserted.
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

/// Whether a call or an instantiation failed, and the expected text occurs in what wasmtime says of that.
fn failure_contains(outcome: &Outcome, want: &str) -> bool {
    let (ours, theirs) = match outcome {
        Outcome::Trap(code, text) => (text, trap_text(*code, text)),
        Outcome::Exhaustion(text) => (text, "wasm trap: call stack exhausted".into()),
        Outcome::Suspension(text) => (text, "wasm trap: unhandled tag".into()),
        Outcome::Exception(_) => return "thrown Wasm exception".contains(want),
        Outcome::Unlinkable(text) => (text, text.into()),
        _ => return false,
    };
    let null = |text: &str| text.contains("null") && text.contains("reference");
    ours.contains(want)
        || theirs.contains(want)
        // wasmtime does not say which element is not initialized, nor of which kind a null is.
        || want.contains("uninitialized element 2") && theirs.contains("uninitialized element")
        || want.contains("null function")
            && (theirs.contains("uninitialized element") || theirs.contains("null reference"))
        || null(want) && theirs.contains("null reference")
}

/// What wasmtime says of a trap, where it says it otherwise than the specification.
fn trap_text(code: TrapCode, ours: &str) -> Cow<'_, str> {
    let text = match code {
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
        _ => ours,
    };
    format!("wasm trap: {text}").into()
}

/// The text of a module that cannot be linked, in the words of whoever links it.
pub fn linking(dialect: Dialect, error: &LinkError) -> String {
    match (dialect, error) {
        (Dialect::Wasmtime, LinkError::Unknown { module, name }) => {
            format!("unknown import: `{module}::{name}` has not been defined")
        }
        (Dialect::Wasmtime, LinkError::Incompatible { module, name, types }) => {
            format!("incompatible import type for `{module}::{name}`: {}", incompatible(types))
        }
        _ => error.to_string(),
    }
}

/// What wasmtime says of the first thing that it finds wrong with an import. It looks at the type of a global before its
/// mutability, and at a memory's page size last.
fn incompatible(types: &ImportPair) -> String {
    let differ = |entity: &str, wanted: String, given: String| {
        format!("{entity} types incompatible: expected {wanted}, found {given}")
    };
    match *types {
        ImportPair::Kinds { wanted, given } => {
            let given = if given == ExternKind::Func { "function" } else { kind(given) };
            format!("expected {}, but found {given}", kind(wanted))
        }
        // Earlier versions, and the scripts for them, had arrows.
        ImportPair::Func { wanted, given, .. } => format!(
            "types incompatible: expected type `{}`, found type `{}`; expected func of type `{}`, found func of type `{}`",
            declared(wanted),
            declared(given),
            arrow(wanted),
            arrow(given)
        ),
        ImportPair::Table { wanted, given } => {
            let ty = |ty: TableType| format!("table of type `{}`", value_type(ValType::Ref(ty.element_type)));
            let limits = |ty: TableType| (ty.initial, ty.maximum);
            if wanted.element_type != given.element_type {
                differ("table", ty(wanted), ty(given))
            } else if wanted.table64 != given.table64 {
                differ("table", width(wanted.table64, "table"), width(given.table64, "table"))
            } else {
                outside("table", limits(wanted), limits(given))
            }
        }
        ImportPair::Memory { wanted, given } => {
            let sharing = |ty: MemoryType| format!("{} memory", if ty.shared { "shared" } else { "non-shared" });
            let limits = |ty: MemoryType| (ty.initial, ty.maximum);
            let page = |ty: MemoryType| 1u64 << ty.page_size_log2();
            if wanted.shared != given.shared {
                differ("memory", sharing(wanted), sharing(given))
            } else if wanted.memory64 != given.memory64 {
                differ("memory", width(wanted.memory64, "memory"), width(given.memory64, "memory"))
            } else if !within(limits(wanted), limits(given)) {
                outside("memory", limits(wanted), limits(given))
            } else {
                format!(
                    "memory types incompatible: expected a memory with a page size of {}, but received a memory with a \
                     page size of {}",
                    page(wanted),
                    page(given)
                )
            }
        }
        ImportPair::Global { wanted, given } => {
            let ty = |ty: GlobalType| format!("global of type `{}`", value_type(ty.content_type));
            let mutability = |ty: GlobalType| format!("{} global", if ty.mutable { "mutable" } else { "immutable" });
            let fits = if wanted.mutable || given.mutable {
                given.content_type == wanted.content_type
            } else {
                types::val_matches(given.content_type, wanted.content_type)
            };
            let text = if fits { mutability } else { ty };
            differ("global", text(wanted), text(given))
        }
        ImportPair::Tag { .. } => "incompatible tag types".to_string(),
    }
}

fn kind(kind: ExternKind) -> &'static str {
    match kind {
        ExternKind::Func => "func",
        ExternKind::Table => "table",
        ExternKind::Memory => "memory",
        ExternKind::Global => "global",
        ExternKind::Tag => "tag",
    }
}

fn width(wide: bool, entity: &str) -> String {
    format!("{}-bit {entity}", if wide { 64 } else { 32 })
}

/// Smallest size, and largest if there is one.
type Sizes = (u64, Option<u64>);

fn within(wanted: Sizes, given: Sizes) -> bool {
    wanted.0 <= given.0 && wanted.1.is_none_or(|most| given.1.is_some_and(|given| given <= most))
}

fn outside(entity: &str, wanted: Sizes, given: Sizes) -> String {
    let text = |(min, max): Sizes| {
        let max = max.map_or("none".to_string(), |max| max.to_string());
        format!("{entity} limits (min: {min}, max: {max})")
    };
    format!("{entity} types incompatible: expected {} doesn't match provided {}", text(wanted), text(given))
}

/// A type as wasmtime writes it: it abbreviates the references of the second version of the language only.
fn value_type(ty: ValType) -> String {
    let ValType::Ref(reference) = ty else { return ty.to_string() };
    if [RefType::FUNCREF, RefType::EXTERNREF].contains(&reference) {
        return reference.to_string();
    }
    let text = match reference.heap_type() {
        // No script can know its number of a type.
        HeapType::Concrete(UnpackedIndex::Module(id)) | HeapType::Exact(UnpackedIndex::Module(id)) => {
            let kind = match types::info(id).ty.composite_type.inner {
                CompositeInnerType::Func(_) => "func",
                CompositeInnerType::Array(_) => "array",
                CompositeInnerType::Struct(_) => "struct",
                CompositeInnerType::Cont(_) => "cont",
            };
            format!("(ref {kind} (engine {id}))")
        }
        _ => reference.as_non_null().to_string(),
    };
    if reference.is_nullable() { text.replacen("(ref ", "(ref null ", 1) } else { text }
}

/// A function type, with what it says of sub- and supertypes.
fn declared(id: TypeId) -> String {
    let declared = &types::info(id).ty;
    let list = |word: &str, of: &[ValType]| match of {
        [] => String::new(),
        of => format!(" ({word}{})", of.iter().map(|ty| format!(" {}", value_type(*ty))).collect::<String>()),
    };
    let func = types::func_type(id);
    let text = format!("(func{}{})", list("param", func.params()), list("result", func.results()));
    let last = if declared.is_final { " final" } else { "" };
    match types::info(id).display {
        [.., above, _] => format!("(sub{last} (engine {above}) {text})"),
        _ if declared.is_final => text,
        _ => format!("(sub {text})"),
    }
}

/// A function type with an arrow.
fn arrow(id: TypeId) -> String {
    let func = types::func_type(id);
    let list = |of: &[ValType]| of.iter().map(|ty| value_type(*ty)).collect::<Vec<_>>().join(", ");
    format!("({}) -> ({})", list(func.params()), list(func.results()))
}

/// Our text for a rejection, with wasmparser's behind it where that is another, for dialects that look for it.
pub fn rejection(language: &Language, ours: String, bytes: &[u8]) -> String {
    if language.dialect == Dialect::Spec {
        return ours;
    }
    match Validator::new_with_features(language.features).validate_all(bytes) {
        Err(e) => language.dialect.with(ours, e.message()),
        Ok(_) => ours,
    }
}

impl Dialect {
    /// Our text, and behind it the one that wasmparser or its text format's parser has, for dialects that look for that.
    pub fn with(self, ours: String, theirs: &str) -> String {
        if self == Dialect::Spec || ours.contains(theirs) { ours } else { format!("{ours} ({theirs})") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::record::Verdict;
    use crate::conformance::values::Seen;
    use crate::conformance::verdict::judge;
    use crate::runtime::store::TagId;

    const MODULE: Action<'_> = Action::AnonymousInstance { module: None };

    fn passes(dialect: Dialect, action: &Action<'_>, expect: &Expect, outcome: &Outcome) -> bool {
        judge(expect, &as_expected(dialect, action, expect, outcome)).verdict == Verdict::Pass
    }

    /// Every expectation with every outcome, under each dialect: which pass, of a module and of a call.
    #[test]
    fn what_each_dialect_takes() {
        let m = || "m".to_string();
        let long = || "a text with m in it".to_string();
        let call = Action::Invoke { module: None, name: String::new(), args: Vec::new() };
        let expectations = [
            Expect::Malformed(m()),
            Expect::Invalid(m()),
            Expect::Unlinkable(m()),
            Expect::Trap(m()),
            Expect::Exhaustion(m()),
            Expect::Suspension(m()),
            Expect::MalformedCustom(m()),
            Expect::InvalidCustom(m()),
            Expect::Exception,
            Expect::Success,
        ];
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
            Outcome::Exception(Seen::Exception(TagId(0), Vec::new())),
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
            for (expect, pass) in expectations.iter().zip(rows.into_iter().chain([success])) {
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
        assert!(!passes("unknown import: `a::c`") && !passes("incompatible import type"));
    }
}
