//! References to objects, as embedders hold them.

use super::error::{Error, UsageError};
use super::store::{AsContext, AsContextMut, StoreContext, StoreContextMut, StoreId, StoreOpaque};
use crate::runtime::store::{Handle, Owner};
use crate::runtime::value::GcRef;
use std::fmt;
use std::marker::PhantomData;

/// A reference to an object of a store, valid until its scope ends: the scope of the host function it was made in, a
/// [`RootScope`], or otherwise the store itself. Using it after that is [`UsageError::Unrooted`].
pub struct Rooted<R> {
    store: StoreId,
    handle: Handle,
    kind: PhantomData<fn() -> R>,
}

impl<R> Rooted<R> {
    /// Roots an object of this store in the innermost scope.
    pub(super) fn new(store: &mut StoreOpaque, object: GcRef) -> Rooted<R> {
        Rooted { store: store.id, handle: store.low.hold(object), kind: PhantomData }
    }

    /// # Errors
    /// `OtherStore`, `Unrooted`.
    pub(super) fn object(&self, store: &StoreOpaque) -> Result<GcRef, Error> {
        store.check(self.store, "a reference")?;
        store.low.held(self.handle).ok_or_else(|| UsageError::Unrooted.into())
    }

    /// Returns the same reference as one of another kind. Either every object of the first kind is of the other, or the
    /// caller has checked.
    pub(super) fn as_kind<S>(self) -> Rooted<S> {
        Rooted { store: self.store, handle: self.handle, kind: PhantomData }
    }

    /// Returns a reference to the same object that does not end with a scope.
    ///
    /// # Errors
    /// If it belongs to another store, or its scope has ended.
    pub fn to_owned_rooted(&self, mut store: impl AsContextMut) -> Result<OwnedRooted<R>, Error> {
        let mut store = store.as_context_mut();
        let object = self.object(store.opaque())?;
        Ok(OwnedRooted::new(store.opaque_mut(), object))
    }

    /// Returns whether both are references to the same object.
    ///
    /// # Errors
    /// If one belongs to another store, or its scope has ended.
    pub fn ref_eq(store: impl AsContext, a: &Rooted<R>, b: &Rooted<R>) -> Result<bool, Error> {
        let store = store.as_context();
        Ok(a.object(store.opaque())? == b.object(store.opaque())?)
    }
}

impl<R> Clone for Rooted<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Rooted<R> {}

impl<R> fmt::Debug for Rooted<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rooted<{}>", short_name::<R>())
    }
}

/// A reference to an object of a store, valid until it and all its clones are dropped.
pub struct OwnedRooted<R> {
    store: StoreId,
    object: GcRef,
    owner: Owner,
    kind: PhantomData<fn() -> R>,
}

impl<R> OwnedRooted<R> {
    pub(super) fn new(store: &mut StoreOpaque, object: GcRef) -> OwnedRooted<R> {
        OwnedRooted { store: store.id, object, owner: store.low.own(object), kind: PhantomData }
    }

    /// # Errors
    /// `OtherStore`.
    pub(super) fn object(&self, store: &StoreOpaque) -> Result<GcRef, Error> {
        store.check(self.store, "a reference")?;
        Ok(self.object)
    }

    /// Returns a reference in the innermost scope.
    ///
    /// # Errors
    /// If it belongs to another store.
    pub fn to_rooted(&self, mut store: impl AsContextMut) -> Result<Rooted<R>, Error> {
        let mut store = store.as_context_mut();
        let object = self.object(store.opaque())?;
        Ok(Rooted::new(store.opaque_mut(), object))
    }
}

impl<R> Clone for OwnedRooted<R> {
    fn clone(&self) -> Self {
        OwnedRooted { store: self.store, object: self.object, owner: self.owner.clone(), kind: PhantomData }
    }
}

impl<R> fmt::Debug for OwnedRooted<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnedRooted<{}>", short_name::<R>())
    }
}

fn short_name<R>() -> &'static str {
    std::any::type_name::<R>().rsplit("::").next().unwrap_or_default()
}

/// A scope for references: those made in it end with it, so that a loop does not keep all its objects alive.
///
/// ```
/// # use wasmoon::{AsContextMut, Engine, ExternRef, RootScope, Store};
/// let mut store = Store::new(&Engine::default(), ());
/// let outer;
/// {
///     let mut scope = RootScope::new(&mut store);
///     outer = ExternRef::new(&mut scope, "gone")?;
/// }
/// assert!(outer.data(&store).is_err());
/// # Ok::<(), wasmoon::Error>(())
/// ```
pub struct RootScope<C: AsContextMut> {
    store: C,
    scope: usize,
}

impl<C: AsContextMut> RootScope<C> {
    /// Begins a scope, which uses the store until the scope is dropped.
    pub fn new(store: C) -> RootScope<C> {
        let scope = store.as_context().opaque().low.begin_scope();
        RootScope { store, scope }
    }
}

impl<C: AsContextMut> AsContext for RootScope<C> {
    type Data = C::Data;

    fn as_context(&self) -> StoreContext<'_, C::Data> {
        self.store.as_context()
    }
}

impl<C: AsContextMut> AsContextMut for RootScope<C> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, C::Data> {
        self.store.as_context_mut()
    }
}

impl<C: AsContextMut> Drop for RootScope<C> {
    fn drop(&mut self) {
        self.store.as_context_mut().opaque_mut().low.end_scope(self.scope);
    }
}
