//! The texts of other engines, where scripts for them look for these.
//!
//! Modules that cannot be linked are described in the words of wasmtime's linker ([`linking`]); behind our own text of
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

/// wasmtime's message about the first problem of an import. It looks at the type of a global before its
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
    /// Our text, followed by that of wasmparser or its text format's parser, for dialects that look for that.
    pub fn with(self, ours: String, theirs: &str) -> String {
        if self == Dialect::Spec || ours.contains(theirs) { ours } else { format!("{ours} ({theirs})") }
    }
}
