//! Linkers: imports by name.

use super::engine::Engine;
use super::entities::Extern;
use super::error::{Error, UsageError};
use super::func::{Func, IntoFunc};
use super::instance::Instance;
use super::module::Module;
use super::store::{AsContextMut, Caller, StoreContextMut};
use super::types::FuncType;
use super::values::Val;
use crate::runtime::linking::LinkError;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Definitions for the imports of modules, by the two names of an import. Host functions that a linker defines belong
/// to no store: each store creates its own when it needs one, so one linker can serve many stores.
///
/// ```
/// # use wasmoon::{Caller, Engine, Linker, Module, Store};
/// let engine = Engine::default();
/// let module = Module::new(&engine, r#"(module
///     (import "host" "count" (func $count (param i32)))
///     (func (export "run") (call $count (i32.const 2)) (call $count (i32.const 3))))"#)?;
/// let mut linker = Linker::new(&engine);
/// linker.func_wrap("host", "count", |mut caller: Caller<'_, i32>, by: i32| *caller.data_mut() += by)?;
/// let mut store = Store::new(&engine, 0);
/// let instance = linker.instantiate(&mut store, &module)?;
/// instance.get_typed_func::<(), ()>(&mut store, "run")?.call(&mut store, ())?;
/// assert_eq!(*store.data(), 5);
/// # Ok::<(), wasmoon::Error>(())
/// ```
pub struct Linker<T: 'static> {
    engine: Engine,
    items: HashMap<(String, String), Definition<T>>,
    shadowing: bool,
}

enum Definition<T: 'static> {
    Extern(Extern),
    Host(Arc<HostDefinition<T>>),
}

impl<T> Clone for Definition<T> {
    fn clone(&self) -> Self {
        match self {
            Definition::Extern(it) => Definition::Extern(it.clone()),
            Definition::Host(it) => Definition::Host(it.clone()),
        }
    }
}

/// Creates a host function in a store.
pub(super) type Make<T> = dyn Fn(StoreContextMut<'_, T>) -> Func + Send + Sync;

/// A host function that stores create when they need it.
pub(super) struct HostDefinition<T: 'static> {
    make: Box<Make<T>>,
}

impl<T> HostDefinition<T> {
    pub fn make(&self, store: StoreContextMut<'_, T>) -> Func {
        (self.make)(store)
    }
}

impl<T> Linker<T> {
    /// Returns a linker with no definitions.
    pub fn new(engine: &Engine) -> Linker<T> {
        Linker { engine: engine.clone(), items: HashMap::new(), shadowing: false }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Sets whether a name may be defined again, replacing its earlier definition.
    pub fn allow_shadowing(&mut self, allow: bool) -> &mut Self {
        self.shadowing = allow;
        self
    }

    fn insert(&mut self, module: &str, name: &str, item: Definition<T>) -> Result<&mut Self, Error> {
        let key = (module.to_string(), name.to_string());
        if !self.shadowing && self.items.contains_key(&key) {
            return Err(UsageError::Defined { module: key.0, name: key.1 }.into());
        }
        self.items.insert(key, item);
        Ok(self)
    }

    /// Defines an import as an item of a store: modules that need it can only be instantiated in that store.
    ///
    /// # Errors
    /// [`Defined`](UsageError::Defined) if the name is taken; likewise for all methods below.
    pub fn define(&mut self, module: &str, name: &str, item: impl Into<Extern>) -> Result<&mut Self, Error> {
        self.insert(module, name, Definition::Extern(item.into()))
    }

    /// Defines a host function with the type of a closure: see [`Func::wrap`].
    ///
    /// # Errors
    /// [`Defined`](UsageError::Defined); [`Resource`](super::ErrorKind::Resource) if the process has a million distinct types.
    pub fn func_wrap<Params: 'static, Results: 'static>(
        &mut self,
        module: &str,
        name: &str,
        f: impl IntoFunc<T, Params, Results>,
    ) -> Result<&mut Self, Error> {
        // The type is kept from here on, so that creating the function cannot fail in any store.
        f.ty()?;
        let (f, display) = (Arc::new(f), name.to_string());
        let make =
            Box::new(move |store: StoreContextMut<'_, T>| IntoFunc::<T, Params, Results>::make(&f, store, &display));
        self.define_host(module, name, make)
    }

    /// Defines a host function whose type is known only at run time: see [`Func::new`].
    ///
    /// # Errors
    /// [`Defined`](UsageError::Defined).
    pub fn func_new(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        f: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Result<&mut Self, Error> {
        let (f, display): (Arc<super::func::Dynamic<T>>, _) = (Arc::new(f), name.to_string());
        let make = Box::new(move |store: StoreContextMut<'_, T>| Func::new_named(store, &display, ty, f.clone()));
        self.define_host(module, name, make)
    }

    pub(super) fn define_host(&mut self, module: &str, name: &str, make: Box<Make<T>>) -> Result<&mut Self, Error> {
        self.insert(module, name, Definition::Host(Arc::new(HostDefinition { make })))
    }

    /// Defines all exports of an instance under a module name.
    ///
    /// # Errors
    /// [`Defined`](UsageError::Defined); the exports before that one stay defined.
    ///
    /// # Panics
    /// If the instance belongs to another store.
    pub fn instance(
        &mut self,
        store: impl AsContextMut<Data = T>,
        module: &str,
        instance: Instance,
    ) -> Result<&mut Self, Error> {
        for (name, item) in instance.exports(store) {
            self.define(module, &name, item)?;
        }
        Ok(self)
    }

    /// Defines one name as another.
    ///
    /// # Errors
    /// [`Missing`](UsageError::Missing), [`Defined`](UsageError::Defined).
    pub fn alias(&mut self, module: &str, name: &str, as_module: &str, as_name: &str) -> Result<&mut Self, Error> {
        let item = self.items.get(&(module.to_string(), name.to_string())).cloned();
        let missing = || UsageError::Missing { what: "definition", name: format!("{module}.{name}") };
        self.insert(as_module, as_name, item.ok_or_else(missing)?)
    }

    /// Returns what a name stands for in a store.
    pub fn get(&self, mut store: impl AsContextMut<Data = T>, module: &str, name: &str) -> Option<Extern> {
        let item = self.items.get(&(module.to_string(), name.to_string()))?;
        Some(match item {
            Definition::Extern(it) => it.clone(),
            Definition::Host(definition) => store.as_context_mut().defined(definition).into(),
        })
    }

    /// Instantiates a module and runs its start function.
    ///
    /// # Errors
    /// [`Link`](super::ErrorKind::Link) for an import that is not defined or has another type; otherwise as
    /// [`Instance::new`].
    pub fn instantiate(&self, mut store: impl AsContextMut<Data = T>, module: &Module) -> Result<Instance, Error> {
        let mut store = store.as_context_mut();
        let mut imports = Vec::with_capacity(module.imports().len());
        for import in &module.low().imports {
            let item = self.get(&mut store, &import.module, &import.name);
            imports.push(item.ok_or_else(|| LinkError::unknown(import))?);
        }
        Instance::instantiate(&mut store, module, &imports)
    }
}

impl<T> Clone for Linker<T> {
    fn clone(&self) -> Self {
        Linker { engine: self.engine.clone(), items: self.items.clone(), shadowing: self.shadowing }
    }
}

impl<T> fmt::Debug for Linker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linker").field("definitions", &self.items.len()).finish_non_exhaustive()
    }
}
