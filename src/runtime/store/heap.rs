//! The store's side of the GC heap: objects that the embedder makes and sees, and roots.

use super::{Abort, GcRef, Object, Ref, Store, StoreInner, Tag, Trap, Val};
use crate::module::ValType;
use crate::runtime::gc::{self, Kind, Stats};
use crate::runtime::types;
use std::ffi::c_void;
use std::num::NonZeroU32;

impl Store {
    /// A host value as an externref (in the handle scope).
    ///
    /// # Errors
    /// A trap when the heap is at its limit.
    pub fn try_new_extern(&mut self, value: u64) -> Result<Ref, Abort> {
        // SAFETY: the heap is not borrowed.
        let object = unsafe { gc::new_host_extern(self.vm(), value) };
        let object = object.map_err(|code| Abort::Trap(Trap::new(code)))?;
        self.inner_mut().handles.push(object);
        Ok(Ref::Gc(object))
    }

    /// A host value as an externref (in the handle scope). Panics when the heap is at its limit.
    pub fn new_extern(&mut self, value: u64) -> Ref {
        self.try_new_extern(value).expect("room in the GC heap")
    }

    /// What a reference refers to. Panics if nothing (a reference that was not kept alive).
    pub fn object(&self, object: GcRef) -> Object {
        // SAFETY: nothing runs.
        let heap = unsafe { &(*self.vm()).heap };
        match heap.kind(object) {
            Kind::HostExtern => Object::HostExtern(heap.host_value(object)),
            Kind::Array => {
                let elements = heap.array_elements(object);
                let element = |&slot: &u64| NonZeroU32::new(slot as u32).map_or(Ref::Null, |r| Ref::Gc(GcRef(r)));
                Object::Array(elements.iter().map(element).collect())
            }
            Kind::Exception => {
                // SAFETY: tags of a store are `Tag`s, and live as long as it.
                let tag = unsafe { &*heap.exception_tag(object).cast::<Tag>() };
                let slots = heap.exception_payload(object);
                let mut at = 0;
                let ty = types::func_type(tag.vm.type_id);
                let payload = ty.params().iter().map(|&ty| {
                    let value = Val::from_slots(&slots[at..], ty);
                    at += Val::slots(&[ty]);
                    value
                });
                Object::Exception { tag: tag.id, payload: payload.collect() }
            }
        }
    }

    pub fn collect_garbage(&mut self) {
        // SAFETY: the heap is not borrowed.
        unsafe { gc::collect(self.vm()) };
    }

    pub fn gc_stats(&self) -> Stats {
        // SAFETY: nothing runs.
        unsafe { (*self.vm()).heap.stats() }
    }

    /// Collect at every allocation?
    pub fn set_gc_stress(&mut self, stress: bool) {
        // SAFETY: nothing runs.
        unsafe { (*self.vm()).heap.stress = stress };
    }
}

/// Lists what the store refers to in its heap; see [`RootsFn`](crate::runtime::vm::RootsFn).
///
/// # Safety
/// `store` is a live [`StoreInner`] to which no exclusive reference exists.
pub(super) unsafe fn roots(store: *mut c_void, visit: &mut dyn FnMut(u64)) {
    // SAFETY: the caller's promise.
    let inner = unsafe { &*store.cast::<StoreInner>() };
    inner.handles.iter().for_each(|object| visit(u64::from(object.0.get())));
    for table in &inner.tables {
        // SAFETY: nothing runs that could change it.
        let table = unsafe { table.get() };
        if !table.functions {
            table.slots().iter().for_each(|&slot| visit(slot));
        }
    }
    for global in &inner.globals {
        // SAFETY: nothing runs that could change it.
        let global = unsafe { global.get() };
        if matches!(global.ty.content_type, ValType::Ref(ty) if !types::is_func_hierarchy(ty)) {
            visit(global.vm.value[0]);
        }
    }
    for instance in &inner.instances {
        // SAFETY: nothing runs that could change it.
        let instance = unsafe { instance.get() };
        for (elements, &gc) in instance.elements.iter().zip(&instance.gc_elements) {
            if gc && let Some(slots) = elements {
                slots.iter().for_each(|&slot| visit(slot));
            }
        }
    }
}
