//! Instances of modules.

use super::entities::{Extern, Global, Memory, SharedMemory, Table, Tag};
use super::error::{Error, ErrorKind, UsageError};
use super::func::{Func, TypedFunc, WasmParams, WasmResults};
use super::module::Module;
use super::store::{AsContextMut, StoreContextMut, StoreId, StoreOpaque};
use crate::runtime::linking::InstantiateError;
use crate::runtime::store as low;
use crate::runtime::store::InstanceId;

/// An instance of a module, in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    pub(super) store: StoreId,
    pub(super) id: InstanceId,
}

impl Instance {
    /// Instantiates a module, with its imports in order, and runs its start function. A [`Linker`](super::Linker) finds
    /// imports by name.
    ///
    /// # Errors
    /// [`Link`](ErrorKind::Link) if the imports do not fit; [`Resource`](ErrorKind::Resource) if a limit of the store is
    /// exceeded; a trap of a segment; for the start function, as [`Func::call`]. Whatever was written before the error
    /// stays.
    pub fn new(mut store: impl AsContextMut, module: &Module, imports: &[Extern]) -> Result<Instance, Error> {
        Instance::instantiate(&mut store.as_context_mut(), module, imports)
    }

    pub(super) fn instantiate<T>(
        store: &mut StoreContextMut<'_, T>,
        module: &Module,
        imports: &[Extern],
    ) -> Result<Instance, Error> {
        let opaque = store.opaque_mut();
        if !super::Engine::same(&opaque.engine, module.engine()) {
            return Err(UsageError::OtherEngine("a module").into());
        }
        let (memories, instances) = (opaque.low.memories(), opaque.low.instances());
        let imports = imports.iter().map(|it| it.lower(opaque)).collect::<Result<Vec<_>, _>>().inspect_err(|_| {
            opaque.low.forget_shared_memories(memories);
        })?;
        let (scope, address, id) = (opaque.low.begin_scope(), opaque.low.address(), opaque.id);
        // SAFETY: the context borrows the store, and no reference to it is alive.
        let made = unsafe { low::Store::instantiate_at(address, module.code().clone(), module.types(), &imports) };
        let opaque = store.opaque_mut();
        opaque.sweep_externs();
        // An instance stays, even if it could not be initialized, and uses what it imports.
        if made.is_err() && opaque.low.instances() == instances {
            opaque.low.forget_shared_memories(memories);
        }
        let made = made.map_err(|error| match error {
            InstantiateError::Unlinkable(error) => ErrorKind::Link(error).into(),
            InstantiateError::Resource(error) => ErrorKind::Resource(error).into(),
            InstantiateError::Abort(abort) => opaque.raise(abort),
        });
        opaque.low.end_scope(scope);
        Ok(Instance { store: id, id: made? })
    }

    fn number(&self, store: &StoreOpaque) -> InstanceId {
        store.assert(self.store, "an instance");
        self.id
    }

    /// An export.
    ///
    /// # Panics
    /// If the instance belongs to another store; likewise for all methods below.
    pub fn get_export(&self, mut store: impl AsContextMut, name: &str) -> Option<Extern> {
        let store = store.as_context_mut();
        let opaque = store.opaque();
        opaque.low.export(self.number(opaque), name).map(|it| Extern::raise(opaque, it))
    }

    /// All exports, with their names, in order.
    pub fn exports(&self, mut store: impl AsContextMut) -> Vec<(String, Extern)> {
        let store = store.as_context_mut();
        let opaque = store.opaque();
        let id = self.number(opaque);
        let module = opaque.low.module(id);
        let export = |name: &String| opaque.low.export(id, name).map(|it| (name.clone(), Extern::raise(opaque, it)));
        module.exports.iter().filter_map(|e| export(&e.name)).collect()
    }

    /// An exported function.
    pub fn get_func(&self, store: impl AsContextMut, name: &str) -> Option<Func> {
        self.get_export(store, name)?.into_func()
    }

    /// Returns an exported function with its signature as a static type.
    ///
    /// # Errors
    /// [`Missing`](UsageError::Missing) if there is no such function, [`Signature`](UsageError::Signature) if it has a
    /// different signature.
    pub fn get_typed_func<Params: WasmParams, Results: WasmResults>(
        &self,
        mut store: impl AsContextMut,
        name: &str,
    ) -> Result<TypedFunc<Params, Results>, Error> {
        let mut store = store.as_context_mut();
        let func = self.get_func(&mut store, name);
        let missing = || UsageError::Missing { what: "exported function", name: name.into() };
        func.ok_or_else(missing)?.typed(&store)
    }

    /// An exported memory that is not shared.
    pub fn get_memory(&self, store: impl AsContextMut, name: &str) -> Option<Memory> {
        self.get_export(store, name)?.into_memory()
    }

    /// An exported shared memory.
    pub fn get_shared_memory(&self, store: impl AsContextMut, name: &str) -> Option<SharedMemory> {
        self.get_export(store, name)?.into_shared_memory()
    }

    /// An exported table.
    pub fn get_table(&self, store: impl AsContextMut, name: &str) -> Option<Table> {
        self.get_export(store, name)?.into_table()
    }

    /// An exported global.
    pub fn get_global(&self, store: impl AsContextMut, name: &str) -> Option<Global> {
        self.get_export(store, name)?.into_global()
    }

    /// An exported tag.
    pub fn get_tag(&self, store: impl AsContextMut, name: &str) -> Option<Tag> {
        self.get_export(store, name)?.into_tag()
    }
}
