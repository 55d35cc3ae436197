//! Matching of imports, by the rules of the specification's "External Type Matching".

use crate::module::{ExternKind, GlobalType, Import, ImportType, MemoryType, Module, TableType};
use crate::runtime::store::{Extern, Store, StoreInner};
use crate::runtime::types::{self, TypeId};

/// Why a module cannot be linked. The texts begin with the specification's words.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LinkError {
    /// The number of imports is wrong.
    #[error("unknown import: {given} provided, {wanted} required")]
    Count {
        /// Number of provided entities.
        given: usize,
        /// Number of imports.
        wanted: usize,
    },
    /// An import is not provided.
    #[error("unknown import {module:?} {name:?}")]
    Unknown {
        /// The import's first name.
        module: String,
        /// The import's second name.
        name: String,
    },
    /// The types of an import and of the provided entity do not match.
    #[error("incompatible import type for {module:?} {name:?}: {types}")]
    Incompatible {
        /// The import's first name.
        module: String,
        /// The import's second name.
        name: String,
        /// What is wrong.
        types: ImportMismatch,
    },
    /// In the first release of the language: a segment of this kind is out of bounds.
    #[error("{0} segment does not fit")]
    Segment(&'static str),
}

impl LinkError {
    /// The error for an import that is not provided.
    pub fn unknown(import: &Import) -> LinkError {
        LinkError::Unknown { module: import.module.to_string(), name: import.name.clone() }
    }
}

/// Why the type of a provided entity does not match that of an import, in words, which outlive the types.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportMismatch {
    why: String,
    types: Box<ImportPair>,
}

impl ImportMismatch {
    /// `None` if the types match.
    pub(crate) fn of(types: ImportPair) -> Option<ImportMismatch> {
        types.mismatch().map(|why| ImportMismatch { why, types: Box::new(types) })
    }

    /// Both types, which are meaningful as long as something holds them.
    pub(crate) fn types(&self) -> &ImportPair {
        &self.types
    }
}

impl std::fmt::Display for ImportMismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

/// The type that an import requires, and that of the provided entity. All types are canonical, and the sizes of the
/// provided entity are the current ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ImportPair {
    /// Entities of two kinds.
    Kinds {
        /// The import's kind.
        wanted: ExternKind,
        /// The provided kind.
        given: ExternKind,
    },
    /// Functions.
    Func {
        /// The import's type.
        wanted: TypeId,
        /// The provided type.
        given: TypeId,
        /// Whether the import is exact, so that a subtype does not match.
        exact: bool,
    },
    /// Tables.
    Table {
        /// The import's type.
        wanted: TableType,
        /// The provided type.
        given: TableType,
    },
    /// Memories.
    Memory {
        /// The import's type.
        wanted: MemoryType,
        /// The provided type.
        given: MemoryType,
    },
    /// Globals.
    Global {
        /// The import's type.
        wanted: GlobalType,
        /// The provided type.
        given: GlobalType,
    },
    /// Tags.
    Tag {
        /// The import's type.
        wanted: TypeId,
        /// The provided type.
        given: TypeId,
    },
}

impl ImportPair {
    /// Why the given type does not match the wanted one; `None` if it matches. Of several reasons, the coarsest: index
    /// type and sharing, then elements or page size, then size and maximum.
    pub fn mismatch(&self) -> Option<String> {
        match *self {
            ImportPair::Kinds { .. } => Some("a different kind of entity".to_string()),
            ImportPair::Func { wanted, given, exact } => {
                let matches = given == wanted || !exact && types::is_subtype(given, wanted);
                (!matches).then(|| format!("{} does not match {}", types::func_type(given), types::func_type(wanted)))
            }
            ImportPair::Table { wanted, given } => table_mismatch(given, wanted),
            ImportPair::Memory { wanted, given } => memory_mismatch(given, wanted),
            ImportPair::Global { wanted, given } => global_mismatch(given, wanted),
            ImportPair::Tag { wanted, given } => (given != wanted).then(|| "a tag of a different type".to_string()),
        }
    }
}

impl StoreInner {
    /// Checks the number and the types of imports.
    pub(in crate::runtime) fn check_imports(
        &self,
        module: &Module,
        type_ids: &[TypeId],
        imports: &[Extern],
    ) -> Result<(), LinkError> {
        if imports.len() != module.imports.len() {
            return Err(LinkError::Count { given: imports.len(), wanted: module.imports.len() });
        }
        for (import, &given) in module.imports.iter().zip(imports) {
            if let Some(types) = ImportMismatch::of(self.import_pair(import, type_ids, given)) {
                let (module, name) = (import.module.to_string(), import.name.clone());
                return Err(LinkError::Incompatible { module, name, types });
            }
        }
        Ok(())
    }

    fn import_pair(&self, import: &Import, type_ids: &[TypeId], given: Extern) -> ImportPair {
        match (import.ty, given) {
            (ImportType::Func { ty, exact }, Extern::Func(func)) => {
                self.assert_own(func);
                // SAFETY: function records live as long as their store.
                let given = unsafe { func.0.as_ref() }.type_id;
                ImportPair::Func { wanted: type_ids[ty as usize], given, exact }
            }
            (ImportType::Table(ty), Extern::Table(table)) => {
                let wanted = TableType { element_type: types::canonical_ref(ty.element_type, type_ids), ..ty };
                ImportPair::Table { wanted, given: self.table(table).ty() }
            }
            (ImportType::Memory(wanted), Extern::Memory(memory)) => {
                ImportPair::Memory { wanted, given: self.memory(memory).ty() }
            }
            (ImportType::Global(ty), Extern::Global(global)) => {
                let wanted = GlobalType { content_type: types::canonical_val(ty.content_type, type_ids), ..ty };
                ImportPair::Global { wanted, given: self.global(global).ty }
            }
            (ImportType::Tag(wanted), Extern::Tag(tag)) => {
                ImportPair::Tag { wanted: type_ids[wanted as usize], given: self.tag(tag).vm.type_id }
            }
            (wanted, given) => ImportPair::Kinds { wanted: wanted.kind(), given: given.kind() },
        }
    }
}

fn limits_mismatch(given: (u64, Option<u64>), wanted: (u64, Option<u64>)) -> Option<String> {
    if given.0 < wanted.0 {
        return Some(format!("size {} is below the minimum {}", given.0, wanted.0));
    }
    match (given.1, wanted.1) {
        (_, None) => None,
        (Some(given), Some(wanted)) if given <= wanted => None,
        (Some(given), Some(wanted)) => Some(format!("maximum {given} is above the maximum {wanted}")),
        (None, Some(wanted)) => Some(format!("no maximum, but {wanted} is required")),
    }
}

fn table_mismatch(given: TableType, wanted: TableType) -> Option<String> {
    let element = wanted.element_type;
    if given.table64 != wanted.table64 || given.shared != wanted.shared {
        return Some("a table of a different index type or sharing".to_string());
    }
    // Elements are written through either type, so they must be equal.
    if !types::ref_matches(given.element_type, element) || !types::ref_matches(element, given.element_type) {
        return Some(format!("elements are {}, not {element}", given.element_type));
    }
    limits_mismatch((given.initial, given.maximum), (wanted.initial, wanted.maximum))
}

fn memory_mismatch(given: MemoryType, wanted: MemoryType) -> Option<String> {
    if given.memory64 != wanted.memory64 || given.shared != wanted.shared {
        return Some("a memory of a different index type or sharing".to_string());
    }
    if given.page_size_log2() != wanted.page_size_log2() {
        return Some("a memory of a different page size".to_string());
    }
    limits_mismatch((given.initial, given.maximum), (wanted.initial, wanted.maximum))
}

fn global_mismatch(given: GlobalType, wanted: GlobalType) -> Option<String> {
    let content = wanted.content_type;
    if given.mutable != wanted.mutable || given.shared != wanted.shared {
        return Some("a global of a different mutability or sharing".to_string());
    }
    let matches = types::val_matches(given.content_type, content)
        && (!given.mutable || types::val_matches(content, given.content_type));
    (!matches).then(|| format!("holds {}, not {content}", given.content_type))
}

/// Looks imports up by their two names.
///
/// # Errors
/// `Unknown` for the first import that `lookup` does not find.
pub fn resolve_imports(
    module: &Module,
    mut lookup: impl FnMut(&str, &str) -> Option<Extern>,
) -> Result<Vec<Extern>, LinkError> {
    module
        .imports
        .iter()
        .map(|import| lookup(&import.module, &import.name).ok_or_else(|| LinkError::unknown(import)))
        .collect()
}

/// Named modules that others import from: instances under their registered names, and single definitions.
#[derive(Clone, Debug, Default)]
pub struct Linker {
    instances: std::collections::HashMap<String, crate::runtime::store::InstanceId>,
    definitions: std::collections::HashMap<(String, String), Extern>,
}

impl Linker {
    /// A linker that provides nothing.
    pub fn new() -> Linker {
        Linker::default()
    }

    /// Makes the exports of an instance importable under a module name, replacing those of an earlier instance.
    pub fn register(&mut self, module: &str, instance: crate::runtime::store::InstanceId) {
        self.instances.insert(module.to_string(), instance);
    }

    /// Makes one entity importable, with precedence over the exports of an instance of that name.
    pub fn define(&mut self, module: &str, name: &str, item: Extern) {
        self.definitions.insert((module.to_string(), name.to_string()), item);
    }

    /// The entity that is importable under two names.
    pub fn get(&self, store: &Store, module: &str, name: &str) -> Option<Extern> {
        let defined = self.definitions.get(&(module.to_string(), name.to_string())).copied();
        defined.or_else(|| store.export(*self.instances.get(module)?, name))
    }

    /// Looks up a module's imports.
    ///
    /// # Errors
    /// `Unknown` for the first import that is not found.
    pub fn resolve(&self, store: &Store, module: &Module) -> Result<Vec<Extern>, LinkError> {
        resolve_imports(module, |module, name| self.get(store, module, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::{FuncType, RefType, ValType, WasmFeatures};

    #[test]
    fn the_coarsest_difference_of_tables_is_named() {
        let ty = |element_type, table64, initial, maximum| TableType {
            element_type,
            table64,
            initial,
            maximum,
            shared: false,
        };
        let (func, any) = (RefType::FUNCREF, RefType::EXTERNREF);
        let wanted = ty(func, false, 5, Some(10));
        let (index, elements) = ("a table of a different index type or sharing", "elements are externref, not funcref");
        for (given, reason) in [
            (wanted, None),
            (ty(func, false, 10, Some(10)), None),
            (ty(func, false, 6, Some(9)), None),
            (ty(func, false, 4, Some(10)), Some("size 4 is below the minimum 5")),
            (ty(func, false, 5, Some(11)), Some("maximum 11 is above the maximum 10")),
            (ty(func, false, 4, Some(11)), Some("size 4 is below the minimum 5")),
            (ty(func, false, 5, None), Some("no maximum, but 10 is required")),
            (ty(any, false, 5, Some(10)), Some(elements)),
            (ty(any, false, 0, None), Some(elements)),
            (ty(RefType::NULLFUNCREF, false, 5, Some(10)), Some("elements are nullfuncref, not funcref")),
            (ty(func, true, 5, Some(10)), Some(index)),
            (ty(any, true, 0, None), Some(index)),
            (TableType { shared: true, ..ty(any, false, 0, None) }, Some(index)),
        ] {
            assert_eq!(ImportPair::Table { wanted, given }.mismatch().as_deref(), reason, "{given:?}");
        }
        // Elements can be written, so a subtype does not match, in either direction.
        let narrow = ty(RefType::NULLFUNCREF, false, 5, Some(10));
        assert!(ImportPair::Table { wanted: narrow, given: wanted }.mismatch().is_some());
        let open = ty(func, false, 5, None);
        assert_eq!([open, wanted].map(|given| ImportPair::Table { wanted: open, given }.mismatch()), [None, None]);
    }

    #[test]
    fn the_coarsest_difference_of_memories_is_named() {
        let ty = |memory64, page_size_log2, initial, maximum| MemoryType {
            memory64,
            shared: false,
            initial,
            maximum,
            page_size_log2,
        };
        let wanted = ty(false, None, 5, Some(10));
        let (index, page) = ("a memory of a different index type or sharing", "a memory of a different page size");
        for (given, reason) in [
            (wanted, None),
            (ty(false, Some(16), 10, Some(10)), None),
            (ty(false, None, 4, Some(10)), Some("size 4 is below the minimum 5")),
            (ty(false, None, 5, Some(11)), Some("maximum 11 is above the maximum 10")),
            (ty(false, None, 4, None), Some("size 4 is below the minimum 5")),
            (ty(false, None, 5, None), Some("no maximum, but 10 is required")),
            (ty(false, Some(0), 5, Some(10)), Some(page)),
            (ty(false, Some(0), 0, None), Some(page)),
            (ty(true, None, 5, Some(10)), Some(index)),
            (ty(true, Some(0), 0, None), Some(index)),
            (MemoryType { shared: true, ..ty(false, Some(0), 0, None) }, Some(index)),
        ] {
            assert_eq!(ImportPair::Memory { wanted, given }.mismatch().as_deref(), reason, "{given:?}");
        }
    }

    #[test]
    fn the_coarsest_difference_of_globals_is_named() {
        let ty = |content_type, mutable, shared| GlobalType { content_type, mutable, shared };
        let (any, eq) = (ValType::Ref(RefType::ANYREF), ValType::Ref(RefType::EQREF));
        let kind = "a global of a different mutability or sharing";
        for (wanted, given, reason) in [
            (ty(any, false, false), ty(any, false, false), None),
            (ty(any, false, false), ty(eq, false, false), None),
            (ty(eq, false, false), ty(any, false, false), Some("holds anyref, not eqref")),
            (ty(any, true, false), ty(any, true, false), None),
            (ty(any, true, false), ty(eq, true, false), Some("holds eqref, not anyref")),
            (ty(eq, true, false), ty(any, true, false), Some("holds anyref, not eqref")),
            (ty(ValType::I32, false, false), ty(ValType::I64, false, false), Some("holds i64, not i32")),
            (ty(ValType::I32, false, false), ty(ValType::I64, true, false), Some(kind)),
            (ty(ValType::I32, true, false), ty(ValType::I32, false, false), Some(kind)),
            (ty(ValType::I32, true, true), ty(ValType::I64, true, false), Some(kind)),
        ] {
            assert_eq!(ImportPair::Global { wanted, given }.mismatch().as_deref(), reason, "{wanted:?} {given:?}");
        }
    }

    #[test]
    fn functions_and_tags_are_compared_by_their_types() {
        let [none, one] =
            [vec![], vec![ValType::I32]].map(|params| types::register_func(&FuncType::new(params, [])).unwrap());
        for exact in [false, true] {
            let pair = |wanted, given| ImportPair::Func { wanted, given, exact }.mismatch();
            assert_eq!((pair(none, none), pair(one, one)), (None, None));
            let reason = format!("{} does not match {}", types::func_type(one), types::func_type(none));
            assert_eq!(pair(none, one), Some(reason));
        }
        // A function of a subtype matches unless the import is exact, one of a supertype never does. A tag has one type.
        let text = "(module (type $a (sub (func))) (type (sub $a (func))))";
        let module = Module::new(&wat::parse_str(text).unwrap(), WasmFeatures::all()).unwrap();
        let [above, below] = types::register_module(&module).unwrap()[..] else { panic!("two types") };
        for (wanted, given, exact, matches) in [
            (above, below, false, true),
            (above, below, true, false),
            (below, above, false, false),
            (below, above, true, false),
            (below, below, true, true),
        ] {
            let pair = ImportPair::Func { wanted, given, exact };
            assert_eq!(pair.mismatch().is_none(), matches, "{pair:?}");
            let pair = ImportPair::Tag { wanted, given };
            assert_eq!(pair.mismatch().is_none(), wanted == given, "{pair:?}");
        }
        assert_eq!(ImportPair::Tag { wanted: one, given: one }.mismatch(), None);
        let other = ImportPair::Tag { wanted: none, given: one }.mismatch();
        assert_eq!(other.as_deref(), Some("a tag of a different type"));
        let kinds = ImportPair::Kinds { wanted: ExternKind::Func, given: ExternKind::Tag }.mismatch();
        assert_eq!(kinds.as_deref(), Some("a different kind of entity"));
    }
}
