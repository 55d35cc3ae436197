//! The store's side of the GC heap: objects that the embedder makes and sees, and roots.

use super::{Abort, Cont, GcRef, Object, ObjectShape, Ref, Store, StoreInner, Tag, Trap, Val};
use crate::module::ValType;
use crate::runtime::heap::layout::{Field, Storage};
use crate::runtime::heap::{self, HeapStats, ObjectKind};
use crate::runtime::stacks::continuations::ContinuationState;
use crate::runtime::types;
use crate::runtime::value::FuncRef;
use crate::runtime::vm::VMFunc;
use std::ffi::c_void;
use std::num::NonZeroU32;
use std::ptr::NonNull;

impl Store {
    /// A host value as an externref (in the handle scope).
    ///
    /// # Errors
    /// A trap when the heap is at its limit.
    pub fn try_new_extern(&mut self, value: u64) -> Result<Ref, Abort> {
        // SAFETY: the heap is not borrowed.
        let object = unsafe { heap::new_host_extern(self.vm(), value) };
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
        let mut values = Vec::new();
        match self.shape(object, &mut values) {
            ObjectShape::HostExtern(value) => Object::HostExtern(value),
            ObjectShape::I31(value) => Object::I31(value),
            ObjectShape::Struct(ty) => Object::Struct(ty, values),
            ObjectShape::Array(ty, len) => Object::Array(ty, len),
            ObjectShape::Exception(tag) => Object::Exception { tag, payload: values },
            ObjectShape::Cont(_, cont) => Object::Cont(cont),
        }
    }

    /// What a reference refers to; appends what is in it to `values`: fields (packed ones zero-extended) and then the
    /// descriptor, if there is one; a payload; the arguments that a continuation is bound to, as long as it is fresh. For
    /// elements see [`Store::array_element`]. Panics if the reference was not kept alive.
    pub fn shape(&self, object: GcRef, values: &mut Vec<Val>) -> ObjectShape {
        if let Some(atom) = self.atom(object) {
            return atom;
        }
        // SAFETY: nothing runs.
        let heap = unsafe { &(*self.vm()).heap };
        match heap.kind(object) {
            ObjectKind::HostExtern => unreachable!("an atom"),
            ObjectKind::Struct => {
                let (layout, base) = heap.struct_fields(object);
                // SAFETY: a structure has these fields.
                let field = |f: &Field| unsafe { read(f.storage, base.add(f.offset as usize)) };
                let offset = layout.descriptor_offset();
                let descriptor = offset.map(|offset| Field { offset, storage: Storage::Gc });
                values.extend(layout.fields.iter().chain(&descriptor).map(field));
                ObjectShape::Struct(heap.type_of(object))
            }
            ObjectKind::Cont => {
                let cont = match heap.continuation(object) {
                    ContinuationState::Fresh(func) => {
                        let func = NonNull::new(func.cast_mut()).expect("what has not started has a function");
                        let (slots, bound) = heap.bound_arguments(object);
                        // SAFETY: the object has these slots, and nothing runs; the function is one of this store.
                        let (slots, ty) = unsafe {
                            (std::slice::from_raw_parts(slots, bound), types::func_type(func.as_ref().type_id))
                        };
                        let mut at = 0;
                        for &ty in ty.params() {
                            if at >= bound {
                                break;
                            }
                            values.push(Val::from_slots(&slots[at..], ty));
                            at += Val::slots(&[ty]);
                        }
                        Cont::Fresh { ty: heap.type_of(object), func: FuncRef(func), bound }
                    }
                    ContinuationState::Suspended(..) => Cont::Suspended,
                    ContinuationState::Consumed => Cont::Consumed,
                };
                ObjectShape::Cont(heap.type_of(object), cont)
            }
            ObjectKind::Array => ObjectShape::Array(heap.type_of(object), heap.array_elements(object).2),
            ObjectKind::Exception => {
                // SAFETY: tags of a store are `Tag`s, and live as long as it.
                let tag = unsafe { &*heap.exception_tag(object).cast::<Tag>() };
                let slots = heap.exception_payload(object);
                let mut at = 0;
                let ty = types::func_type(tag.vm.type_id);
                values.extend(ty.params().iter().map(|&ty| {
                    let value = Val::from_slots(&slots[at..], ty);
                    at += Val::slots(&[ty]);
                    value
                }));
                ObjectShape::Exception(tag.id)
            }
        }
    }

    /// A reference without identity (an i31 or a host value) as its value; `None` of what is an object. Panics if the
    /// reference was not kept alive.
    pub fn atom(&self, object: GcRef) -> Option<ObjectShape> {
        if object.0.get() & 1 != 0 {
            return Some(ObjectShape::I31(object.0.get() >> 1));
        }
        // SAFETY: nothing runs.
        let heap = unsafe { &(*self.vm()).heap };
        (heap.kind(object) == ObjectKind::HostExtern).then(|| ObjectShape::HostExtern(heap.host_value(object)))
    }

    /// Whether a reference is one to an exception. Panics if it was not kept alive.
    pub fn is_exception(&self, object: GcRef) -> bool {
        // SAFETY: nothing runs.
        object.0.get() & 1 == 0 && unsafe { (*self.vm()).heap.kind(object) } == ObjectKind::Exception
    }

    /// The elements of an array as bytes; `None` if they are references. Panics if it is no array.
    pub fn array_bytes(&self, array: GcRef) -> Option<&[u8]> {
        // SAFETY: nothing runs.
        let heap = unsafe { &(*self.vm()).heap };
        let (storage, base, len) = heap.array_elements(array);
        let plain = !matches!(storage, Storage::Gc | Storage::Func);
        // SAFETY: the array has these elements; nothing writes to them while the store is borrowed.
        plain.then(|| unsafe { std::slice::from_raw_parts(base, len as usize * storage.size() as usize) })
    }

    /// An element of an array, zero-extended if it is packed. Panics if there is none.
    pub fn array_element(&self, array: GcRef, index: u32) -> Val {
        // SAFETY: nothing runs.
        let heap = unsafe { &(*self.vm()).heap };
        let (storage, base, len) = heap.array_elements(array);
        assert!(index < len, "element {index} of {len}");
        // SAFETY: checked.
        unsafe { read(storage, base.add(index as usize * storage.size() as usize)) }
    }

    pub fn collect_garbage(&mut self) {
        // SAFETY: the heap is not borrowed.
        unsafe { heap::collect(self.vm()) };
    }

    pub fn gc_stats(&self) -> HeapStats {
        // SAFETY: nothing runs.
        unsafe { (*self.vm()).heap.stats() }
    }

    /// Collect at every allocation?
    pub fn set_gc_stress(&mut self, stress: bool) {
        // SAFETY: nothing runs.
        unsafe { (*self.vm()).heap.set_stress(stress) };
    }
}

/// Reads a field or an element.
///
/// # Safety
/// There is one at this address.
unsafe fn read(storage: Storage, at: *const u8) -> Val {
    // SAFETY: the caller's promise.
    unsafe {
        match storage {
            Storage::I8 => Val::I32(u32::from(at.read())),
            Storage::I16 => Val::I32(u32::from(at.cast::<u16>().read())),
            Storage::I32 => Val::I32(at.cast::<u32>().read()),
            Storage::F32 => Val::F32(at.cast::<u32>().read()),
            Storage::I64 => Val::I64(at.cast::<u64>().read()),
            Storage::F64 => Val::F64(at.cast::<u64>().read()),
            Storage::V128 => Val::V128(at.cast::<u128>().read()),
            Storage::Gc => {
                let reference = NonZeroU32::new(at.cast::<u32>().read());
                Val::Ref(reference.map_or(Ref::Null, |r| Ref::Gc(GcRef(r))))
            }
            Storage::Func => {
                let function = NonNull::new(at.cast::<*mut VMFunc>().read());
                Val::Ref(function.map_or(Ref::Null, |f| Ref::Func(FuncRef(f))))
            }
        }
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
