//! What the interface for embedders builds on: calls without type checks, handles of references, the embedder's own data.

use super::rooting::{Handle, Owner};
use super::{Abort, Code, Extern, InstanceId, Store, StoreInner};
use crate::module::ValType;
use crate::runtime::heap::ObjectKind;
use crate::runtime::linking::InstantiateError;
use crate::runtime::resource::ResourceError;
use crate::runtime::stacks::unwind;
use crate::runtime::store::Instance;
use crate::runtime::types::{ModuleTypes, TypeId};
use crate::runtime::value::{FuncRef, GcRef, Val};
use std::ffi::c_void;
use std::ops::ControlFlow;
use std::ptr::NonNull;
use std::sync::Arc;

/// The address of a store.
#[derive(Clone, Copy)]
pub(crate) struct StoreAddress(NonNull<StoreInner>);

impl Store {
    /// Calls a function with arguments in slots, and leaves its results there.
    ///
    /// # Errors
    /// How the call ended, if not normally.
    ///
    /// # Safety
    /// The store is alive, and borrowed exclusively by the caller, who holds no reference to it or into it, since host functions
    /// make their own. The function is one of this store's. The slots hold arguments of its types, with all references alive, and
    /// have room for its results.
    pub(crate) unsafe fn call_slots(store: StoreAddress, func: FuncRef, slots: &mut [u64]) -> Result<(), Abort> {
        // SAFETY: the caller's promise.
        unsafe {
            let status = StoreInner::enter(store.0, func.0.as_ptr(), slots.as_mut_ptr());
            let outcome = (*store.0.as_ptr()).outcome(status);
            Store { inner: store.0, owner: false }.check_if_paranoid();
            outcome
        }
    }

    /// As [`Store::instantiate`], with the types of the code's module, which the store holds if it has the instance.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Safety
    /// As [`Store::call_slots`] for the store; the imports are its entities, and the code is of its engine.
    pub(crate) unsafe fn instantiate_at(
        store: StoreAddress,
        code: Arc<dyn Code>,
        types: &Arc<ModuleTypes>,
        imports: &[Extern],
    ) -> Result<InstanceId, InstantiateError> {
        let mut store = Store { inner: store.0, owner: false };
        store.instantiate_typed(code, types.ids(), Some(Arc::clone(types)), imports)
    }

    /// The store without a borrow of it.
    pub(crate) fn address(&self) -> StoreAddress {
        StoreAddress(self.inner)
    }

    /// The canonical type of a function.
    ///
    /// # Safety
    /// It is one of this store's.
    pub(crate) unsafe fn func_type_id(&self, func: FuncRef) -> TypeId {
        // SAFETY: the caller's promise: function records live as long as their store.
        unsafe { func.0.as_ref() }.type_id
    }

    /// Checks that code may call a function: one without a native entry must not reach native code.
    ///
    /// # Errors
    /// If the system refused the memory for the entry.
    ///
    /// # Safety
    /// As [`Store::func_type_id`].
    pub(crate) unsafe fn check_entry(&self, func: FuncRef) -> Result<(), ResourceError> {
        // SAFETY: the caller's promise. Without an assembler there are no such entries, and no code that would need one.
        let missing = unsafe { func.0.as_ref() }.native_entry.get().is_null();
        if missing { self.inner().check_refusal() } else { Ok(()) }
    }

    /// Whether a value is of a canonical type. References are this store's, and are alive.
    pub(crate) fn has_type(&self, value: Val, ty: ValType) -> bool {
        self.inner().has_type(value, ty)
    }

    /// Keeps a reference alive until the innermost scope ends.
    pub(crate) fn hold(&mut self, object: GcRef) -> Handle {
        self.inner_mut().handles.push(object)
    }

    /// The reference of a handle; `None` once its scope has ended.
    pub(crate) fn held(&self, handle: Handle) -> Option<GcRef> {
        self.inner().handles.get(handle)
    }

    /// Begins a scope of handles. Returns the value to give to [`Store::end_scope`].
    pub(crate) fn begin_scope(&self) -> usize {
        self.inner().handles.begin()
    }

    /// Ends a scope of handles.
    pub(crate) fn end_scope(&mut self, scope: usize) {
        self.inner_mut().handles.end(scope);
    }

    /// Keeps an object alive until its owner is dropped.
    pub(crate) fn own(&mut self, object: GcRef) -> Owner {
        self.inner_mut().handles.own(object)
    }

    /// The number of collections up to now.
    pub(crate) fn collections(&self) -> u64 {
        // SAFETY: nothing runs.
        unsafe { (*self.vm()).heap.collections() }
    }

    /// Bytes of objects after which the next collection is due.
    pub(crate) fn collection_threshold(&self) -> usize {
        // SAFETY: nothing runs.
        unsafe { (*self.vm()).heap.threshold() }
    }

    /// Prepares for many queries about objects, such as [`Store::is_host_extern`].
    pub(crate) fn note_objects(&mut self) {
        // SAFETY: nothing runs.
        unsafe { (*self.vm()).heap.note() };
    }

    /// Whether the externref of a host value still exists. No other externref may have this value.
    pub(crate) fn is_host_extern(&self, object: GcRef, value: u64) -> bool {
        // SAFETY: nothing runs.
        let heap = unsafe { &(*self.vm()).heap };
        heap.is_object(object.0.get())
            && heap.kind(object) == ObjectKind::HostExtern
            && heap.host_value(object) == value
    }

    /// Sets the data that host functions of the embedder find by [`Store::embedder`].
    pub(crate) fn set_embedder(&mut self, data: *mut c_void) {
        self.inner_mut().embedder = data;
    }

    /// The embedder's data; null if there is none.
    pub(crate) fn embedder(&self) -> *mut c_void {
        self.inner().embedder
    }

    /// In a host function: the instance whose code called it, or last called the host. `None` if no code runs.
    pub(crate) fn running_instance(&self) -> Option<InstanceId> {
        let mut found = None;
        // SAFETY: code that calls the host has published its frames, and contexts of frames are live.
        unsafe {
            let _ = unwind::walk(self.vm(), false, &mut |frame| {
                let instance = (*frame.ctx).instance.cast::<Instance>();
                found = instance.as_ref().map(|instance| instance.id);
                ControlFlow::Break(())
            });
        }
        found
    }
}
