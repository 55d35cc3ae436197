//! The messages of other engines, for scripts that expect them.
//!
//! Modules that cannot be linked are described in the words of wasmtime's linker ([`linking`]); our own message of a rejection is
//! followed by wasmparser's ([`rejection`]).
//! a rejection stands wasmparser's ([`rejection`]).

use super::language::{Dialect, Language};
use crate::module::{
    CompositeInnerType, ExternKind, GlobalType, HeapType, MemoryType, RefType, TableType, UnpackedIndex, ValType,
};
use crate::runtime::linking::{ImportPair, LinkError};
use crate::runtime::types::{self, TypeId};
use wasmparser::Validator;

/// The message about a module that cannot be linked, in the words of the dialect's engine.
pub fn linking(dialect: Dialect, error: &LinkError) -> String {
    match (dialect, error) {
        (Dialect::Wasmtime, LinkError::Unknown { module, name }) => {
            format!("unknown import: `{module}::{name}` has not been defined")
        }
        (Dialect::Wasmtime, LinkError::Incompatible { module, name, types }) => {
            format!("incompatible import type for `{module}::{name}`: {}", incompatible(types.types()))
        }
        _ => error.to_string(),
    }
}

/// wasmtime's message about the first problem of an import. wasmtime checks the type of a global before its mutability, and a
/// memory's page size last.
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

/// The minimum size, and the maximum if there is one.
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

/// A type as wasmtime writes it: it abbreviates only the reference types of version 2.0.
fn value_type(ty: ValType) -> String {
    let ValType::Ref(reference) = ty else { return ty.to_string() };
    if [RefType::FUNCREF, RefType::EXTERNREF].contains(&reference) {
        return reference.to_string();
    }
    let text = match reference.heap_type() {
        // No script can know wasmtime's number of a type.
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

/// A function type, with its supertype and finality.
fn declared(id: TypeId) -> String {
    let declared = &types::info(id).ty;
    let list = |word: &str, of: &[ValType]| match of {
        [] => String::new(),
        of => format!(" ({word}{})", of.iter().map(|ty| format!(" {}", value_type(*ty))).collect::<String>()),
    };
    let func = types::func_type(id);
    let text = format!("(func{}{})", list("param", func.params()), list("result", func.results()));
    let last = if declared.is_final { " final" } else { "" };
    match types::info(id).display() {
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

/// Our text for a rejection, followed by wasmparser's if that is different, for dialects that look for it.
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
    /// Our text, followed by that of wasmparser or its text format's parser, for dialects that look for that.
    pub fn with(self, ours: String, theirs: &str) -> String {
        if self == Dialect::Spec || ours.contains(theirs) { ours } else { format!("{ours} ({theirs})") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::read::language::Spec;
    use crate::module::Module;
    use wasmparser::WasmFeatures;

    /// The ids of a module's types.
    fn ids(text: &str) -> Box<[TypeId]> {
        let bytes = wat::parse_str(text).expect("a module");
        types::register_module(&Module::new(&bytes, WasmFeatures::all()).expect("valid")).expect("a few types")
    }

    #[test]
    fn functions_are_described_with_their_supertype_and_their_references() {
        let ids = ids("(module
            (type (func)) (type (sub (func))) (type (sub 1 (func))) (type (sub final 2 (func)))
            (type (struct)) (type (array i8)) (type (cont 0))
            (type (func (param (ref 4) (ref null 5) (ref 6)) (result (ref null 0) funcref (ref func) externref)))
            (type (func (result anyref (ref extern) i64))))");
        assert_eq!(
            ids[..4].iter().map(|id| declared(*id)).collect::<Vec<_>>(),
            [
                "(func)".to_string(),
                "(sub (func))".into(),
                format!("(sub (engine {}) (func))", ids[1]),
                format!("(sub final (engine {}) (func))", ids[2]),
            ]
        );
        let (param, result) = (
            [
                format!("(ref struct (engine {}))", ids[4]),
                format!("(ref null array (engine {}))", ids[5]),
                format!("(ref cont (engine {}))", ids[6]),
            ],
            [format!("(ref null func (engine {}))", ids[0]), "funcref".into(), "(ref func)".into(), "externref".into()],
        );
        assert_eq!(declared(ids[7]), format!("(func (param {}) (result {}))", param.join(" "), result.join(" ")));
        assert_eq!(arrow(ids[7]), format!("({}) -> ({})", param.join(", "), result.join(", ")));
        assert_eq!(declared(ids[8]), "(func (result (ref null any) (ref extern) i64))");
        assert_eq!(arrow(ids[8]), "() -> ((ref null any), (ref extern), i64)");
        assert_eq!(arrow(ids[0]), "() -> ()");
    }

    #[test]
    fn sizes_are_within_others() {
        for (wanted, given, fits) in [
            ((1, None), (1, None), true),
            ((1, None), (2, Some(2)), true),
            ((2, None), (1, None), false),
            ((0, Some(3)), (0, Some(3)), true),
            ((0, Some(3)), (0, Some(2)), true),
            ((0, Some(3)), (0, Some(4)), false),
            ((0, Some(3)), (0, None), false),
            ((1, Some(3)), (0, Some(3)), false),
        ] {
            assert_eq!(within(wanted, given), fits, "{wanted:?} {given:?}");
        }
        assert_eq!(
            outside("table", (1, None), (0, Some(9))),
            "table types incompatible: expected table limits (min: 1, max: none) doesn't match provided table limits \
             (min: 0, max: 9)"
        );
    }

    #[test]
    fn kinds_have_names() {
        use ExternKind as K;
        for (wanted, given, text) in [
            (K::Func, K::Table, "expected func, but found table"),
            (K::Table, K::Memory, "expected table, but found memory"),
            (K::Memory, K::Global, "expected memory, but found global"),
            (K::Global, K::Tag, "expected global, but found tag"),
            (K::Tag, K::Func, "expected tag, but found function"),
        ] {
            assert_eq!(incompatible(&ImportPair::Kinds { wanted, given }), text);
        }
    }

    #[test]
    fn messages_are_those_of_the_dialect() {
        let unknown = LinkError::Unknown { module: "a".into(), name: "b".into() };
        for (dialect, text) in [
            (Dialect::Spec, "unknown import \"a\" \"b\""),
            (Dialect::WasmTools, "unknown import \"a\" \"b\""),
            (Dialect::Wasmtime, "unknown import: `a::b` has not been defined"),
        ] {
            assert_eq!(linking(dialect, &unknown), text, "{dialect:?}");
            assert_eq!(linking(dialect, &LinkError::Segment("data")), "data segment does not fit", "{dialect:?}");
        }
        for (dialect, ours, theirs, text) in [
            (Dialect::Spec, "ours", "theirs", "ours"),
            (Dialect::Wasmtime, "ours", "theirs", "ours (theirs)"),
            (Dialect::WasmTools, "ours", "theirs", "ours (theirs)"),
            (Dialect::WasmTools, "ours: theirs too", "theirs", "ours: theirs too"),
        ] {
            assert_eq!(dialect.with(ours.into(), theirs), text, "{dialect:?}");
            // Nothing is wrong with this module.
            let language = Language { dialect, ..Language::of(Spec::Latest) };
            assert_eq!(rejection(&language, ours.into(), b"\0asm\x01\0\0\0"), ours, "{dialect:?}");
        }
    }
}
