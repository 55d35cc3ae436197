//! Matching of imports, by the rules of the specification's "External Type Matching".

use super::{Extern, InstantiateError, Store, StoreInner};
use crate::module::{GlobalType, Import, ImportType, MemoryType, Module, TableType};
use crate::runtime::types::{self, TypeId};

fn incompatible(import: &Import, why: impl std::fmt::Display) -> InstantiateError {
    InstantiateError::Unlinkable(format!(
        "incompatible import type for \"{}\" \"{}\": {why}",
        import.module, import.name
    ))
}

impl StoreInner {
    /// Checks number and types of imports.
    pub(super) fn check_imports(
        &self,
        module: &Module,
        type_ids: &[TypeId],
        imports: &[Extern],
    ) -> Result<(), InstantiateError> {
        if imports.len() != module.imports.len() {
            let (given, wanted) = (imports.len(), module.imports.len());
            return Err(InstantiateError::Unlinkable(format!("unknown import: {given} given, {wanted} wanted")));
        }
        for (wanted, &given) in module.imports.iter().zip(imports) {
            self.check_import(wanted, type_ids, given).map_err(|why| incompatible(wanted, why))?;
        }
        Ok(())
    }

    fn check_import(&self, wanted: &Import, type_ids: &[TypeId], given: Extern) -> Result<(), String> {
        match (wanted.ty, given) {
            (ImportType::Func { ty, exact }, Extern::Func(func)) => {
                self.assert_own(func);
                // SAFETY: function records live as long as their store.
                let (given, wanted) = (unsafe { func.0.as_ref() }.type_id, type_ids[ty as usize]);
                if given == wanted || !exact && types::is_subtype(given, wanted) {
                    Ok(())
                } else {
                    Err(format!("{} is no {}", types::func_type(given), types::func_type(wanted)))
                }
            }
            (ImportType::Table(wanted), Extern::Table(table)) => {
                table_matches(self.table(table).ty(), wanted, type_ids)
            }
            (ImportType::Memory(wanted), Extern::Memory(memory)) => memory_matches(self.memory(memory).ty(), wanted),
            (ImportType::Global(wanted), Extern::Global(global)) => {
                global_matches(self.global(global).ty, wanted, type_ids)
            }
            (ImportType::Tag(wanted), Extern::Tag(tag)) => {
                let (given, wanted) = (self.tag(tag).vm.type_id, type_ids[wanted as usize]);
                if given == wanted { Ok(()) } else { Err("a tag of another type".to_string()) }
            }
            _ => Err("another kind of entity".to_string()),
        }
    }
}

fn limits_match(given: (u64, Option<u64>), wanted: (u64, Option<u64>)) -> Result<(), String> {
    if given.0 < wanted.0 {
        return Err(format!("size {} is below the minimum {}", given.0, wanted.0));
    }
    match (given.1, wanted.1) {
        (_, None) => Ok(()),
        (Some(given), Some(wanted)) if given <= wanted => Ok(()),
        (Some(given), Some(wanted)) => Err(format!("maximum {given} is above the maximum {wanted}")),
        (None, Some(wanted)) => Err(format!("no maximum where {wanted} is wanted")),
    }
}

fn table_matches(given: TableType, wanted: TableType, type_ids: &[TypeId]) -> Result<(), String> {
    let element = types::canonical_ref(wanted.element_type, type_ids);
    if given.table64 != wanted.table64 || given.shared != wanted.shared {
        return Err("a table of another index type or sharing".to_string());
    }
    // Elements are written through either type, so they must be equal.
    if !types::ref_matches(given.element_type, element) || !types::ref_matches(element, given.element_type) {
        return Err(format!("elements are {}, not {element}", given.element_type));
    }
    limits_match((given.initial, given.maximum), (wanted.initial, wanted.maximum))
}

fn memory_matches(given: MemoryType, wanted: MemoryType) -> Result<(), String> {
    if given.memory64 != wanted.memory64 || given.shared != wanted.shared {
        return Err("a memory of another index type or sharing".to_string());
    }
    if given.page_size_log2() != wanted.page_size_log2() {
        return Err("a memory of another page size".to_string());
    }
    limits_match((given.initial, given.maximum), (wanted.initial, wanted.maximum))
}

fn global_matches(given: GlobalType, wanted: GlobalType, type_ids: &[TypeId]) -> Result<(), String> {
    let content = types::canonical_val(wanted.content_type, type_ids);
    if given.mutable != wanted.mutable || given.shared != wanted.shared {
        return Err("a global of another mutability or sharing".to_string());
    }
    let matches = types::val_matches(given.content_type, content)
        && (!given.mutable || types::val_matches(content, given.content_type));
    if matches { Ok(()) } else { Err(format!("holds {}, not {content}", given.content_type)) }
}

/// Looks imports up by their two names.
///
/// # Errors
/// `Unlinkable("unknown import …")` for the first that `lookup` does not know.
pub fn resolve_imports(
    module: &Module,
    mut lookup: impl FnMut(&str, &str) -> Option<Extern>,
) -> Result<Vec<Extern>, InstantiateError> {
    let unknown = |import: &Import| {
        InstantiateError::Unlinkable(format!("unknown import \"{}\" \"{}\"", import.module, import.name))
    };
    module.imports.iter().map(|import| lookup(&import.module, &import.name).ok_or_else(|| unknown(import))).collect()
}

/// Named modules that others import from: instances under their registered names, and single definitions.
#[derive(Clone, Debug, Default)]
pub struct Linker {
    instances: std::collections::HashMap<String, super::InstanceId>,
    definitions: std::collections::HashMap<(String, String), Extern>,
}

impl Linker {
    pub fn new() -> Linker {
        Linker::default()
    }

    /// Makes the exports of an instance importable under a module name; an earlier instance of that name is forgotten.
    pub fn register(&mut self, module: &str, instance: super::InstanceId) {
        self.instances.insert(module.to_string(), instance);
    }

    /// Makes one thing importable, before what an instance of that name exports.
    pub fn define(&mut self, module: &str, name: &str, item: Extern) {
        self.definitions.insert((module.to_string(), name.to_string()), item);
    }

    pub fn get(&self, store: &Store, module: &str, name: &str) -> Option<Extern> {
        let defined = self.definitions.get(&(module.to_string(), name.to_string())).copied();
        defined.or_else(|| store.export(*self.instances.get(module)?, name))
    }

    /// Looks up what a module imports.
    ///
    /// # Errors
    /// `Unlinkable("unknown import …")`.
    pub fn resolve(&self, store: &Store, module: &Module) -> Result<Vec<Extern>, InstantiateError> {
        resolve_imports(module, |module, name| self.get(store, module, name))
    }
}
