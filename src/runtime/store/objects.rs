//! The GC heap for embedders: objects that they make and inspect, and roots.

use super::{Abort, Cont, GcRef, Object, ObjectShape, Ref, Store, StoreInner, Tag, TagId, Trap, Val};
use crate::module::{CompositeInnerType, ValType};
use crate::runtime::heap::layout::{Field, Layout, Storage};
use crate::runtime::heap::{self, HeapStats, ObjectKind};
use crate::runtime::stacks::continuations::ContinuationState;
use crate::runtime::trap::TrapCode;
use crate::runtime::types::{self, TypeId};
use crate::runtime::value::FuncRef;
use crate::runtime::vm::VMFunc;
use std::ffi::c_void;
use std::num::NonZeroU32;
use std::ptr::NonNull;
use wasmparser::StorageType;

impl Store {
    /// Makes an externref of a host value (in the handle scope).
    ///
    /// # Errors
    /// A trap if the heap is at its limit, or if an interrupt of running code came before a collection could make room.
    pub fn try_new_extern(&mut self, value: u64) -> Result<Ref, Abort> {
        // SAFETY: the heap is not borrowed.
        let object = unsafe { heap::new_host_extern(self.vm(), value) };
        let object = object.map_err(|code| Abort::Trap(Trap::new(code)))?;
        self.inner_mut().handles.push(object);
        Ok(Ref::Gc(object))
    }

    /// Makes an externref of a host value (in the handle scope).
    ///
    /// # Panics
    /// If [`Store::try_new_extern`] would return an error.
    pub fn new_extern(&mut self, value: u64) -> Ref {
        self.try_new_extern(value).expect("room in the GC heap")
    }

    /// Makes a structure of a canonical type (in the handle scope), with the given fields; packed ones are truncated.
    ///
    /// # Panics
    /// If the type is not a structure type, or has a descriptor; if the number or the types of the fields are wrong.
    ///
    /// # Errors
    /// A trap if the heap is at its limit, or if an interrupt of running code came before a collection could make room.
    pub(crate) fn new_struct(&mut self, ty: TypeId, fields: &[Val]) -> Result<GcRef, Abort> {
        let Layout::Struct(layout) = &types::info(ty).layout else { panic!("type {ty} is not a structure") };
        assert!(!layout.descriptor && fields.len() == layout.fields.len(), "fields of type {ty}");
        self.assert_storable(ty, fields);
        // SAFETY: the heap is not borrowed; the object has these fields.
        unsafe {
            let object = self.made(heap::new_struct(self.vm(), ty))?;
            let (layout, base) = (*self.vm()).heap.struct_fields(object);
            for (field, &value) in layout.fields.iter().zip(fields) {
                write(field.storage, base.add(field.offset as usize), value);
            }
            Ok(object)
        }
    }

    /// Makes an array of a canonical type (in the handle scope), with the given elements; packed ones are truncated.
    ///
    /// # Panics
    /// If the type is not an array type, or an element is not of its type.
    ///
    /// # Errors
    /// A trap if the array is too large; otherwise as [`Store::new_struct`].
    pub(crate) fn new_array(&mut self, ty: TypeId, elements: &[Val]) -> Result<GcRef, Abort> {
        self.assert_storable(ty, elements);
        let len = u32::try_from(elements.len()).map_err(|_| Abort::Trap(Trap::new(TrapCode::AllocationTooLarge)))?;
        // SAFETY: the heap is not borrowed; the object has these elements.
        unsafe {
            let object = self.made(heap::new_array(self.vm(), ty, len))?;
            let (storage, base, _) = (*self.vm()).heap.array_elements(object);
            for (i, &value) in elements.iter().enumerate() {
                write(storage, base.add(i * storage.size() as usize), value);
            }
            Ok(object)
        }
    }

    /// Makes an exception (in the handle scope).
    ///
    /// # Panics
    /// If the number or the types of the payload are wrong.
    ///
    /// # Errors
    /// A trap if the heap is at its limit, or if an interrupt of running code came before a collection could make room.
    pub(crate) fn new_exception(&mut self, tag: TagId, payload: &[Val]) -> Result<GcRef, Abort> {
        let ty = self.tag_type(tag);
        assert_eq!(payload.len(), ty.params().len(), "payload");
        for (&value, &ty) in payload.iter().zip(ty.params()) {
            assert!(self.inner().has_type(value, ty), "{value:?} is not of type {ty}");
        }
        // SAFETY: the heap is not borrowed; tags live as long as the store; the object has these slots.
        unsafe {
            let tag = &raw const (*self.inner().tags[tag.0 as usize].as_ptr()).vm;
            let object = self.made(heap::new_exception(self.vm(), tag))?;
            let slots = (*self.vm()).heap.exception_payload(object);
            let slots = std::slice::from_raw_parts_mut(slots.as_ptr().cast_mut(), slots.len());
            let mut at = 0;
            for &value in payload {
                at += value.to_slots(&mut slots[at..]);
            }
            Ok(object)
        }
    }

    /// Sets a field of a structure or an element of an array.
    ///
    /// # Panics
    /// If it does not exist, or the value is not of its type. (Whether it is mutable is the caller's business.)
    pub(crate) fn set_object(&mut self, object: GcRef, index: u32, value: Val) {
        // SAFETY: nothing runs.
        let heap = unsafe { &(*self.vm()).heap };
        let ty = heap.type_of(object);
        let wanted = stored_type(ty, index as usize).expect("a field").unpack();
        assert!(self.inner().has_type(value, wanted), "{value:?} is not of type {wanted}");
        let (storage, at) = match heap.kind(object) {
            ObjectKind::Struct => {
                let (layout, base) = heap.struct_fields(object);
                let field = layout.fields[index as usize];
                (field.storage, base.wrapping_add(field.offset as usize))
            }
            _ => {
                let (storage, base, len) = heap.array_elements(object);
                assert!(index < len, "element {index} of {len}");
                (storage, base.wrapping_add(index as usize * storage.size() as usize))
            }
        };
        // SAFETY: the object has this field or element.
        unsafe { write(storage, at, value) };
    }

    /// Adds a new object to the handle scope.
    fn made(&mut self, object: Result<GcRef, TrapCode>) -> Result<GcRef, Abort> {
        let object = object.map_err(|code| Abort::Trap(Trap::new(code)))?;
        self.inner_mut().handles.push(object);
        Ok(object)
    }

    fn assert_storable(&self, ty: TypeId, values: &[Val]) {
        for (i, &value) in values.iter().enumerate() {
            let ty = stored_type(ty, i).expect("a field").unpack();
            assert!(self.inner().has_type(value, ty), "{value:?} is not of type {ty}");
        }
    }

    /// The object of a reference, with its contents.
    ///
    /// # Panics
    /// If the object is gone (the reference was not kept alive).
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

    /// The object of a reference; appends its contents to `values`: fields (packed ones zero-extended) and then the
    /// descriptor, if there is one; a payload; the bound arguments of a continuation that has not started. For elements
    /// see [`Store::array_element`].
    ///
    /// # Panics
    /// If the reference was not kept alive.
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
                        let func =
                            NonNull::new(func.cast_mut()).expect("a continuation that has not started has a function");
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

    /// A reference without identity (an i31 or a host value) as its value; `None` for other objects.
    ///
    /// # Panics
    /// If the reference was not kept alive.
    pub fn atom(&self, object: GcRef) -> Option<ObjectShape> {
        if object.0.get() & 1 != 0 {
            return Some(ObjectShape::I31(object.0.get() >> 1));
        }
        // SAFETY: nothing runs.
        let heap = unsafe { &(*self.vm()).heap };
        (heap.kind(object) == ObjectKind::HostExtern).then(|| ObjectShape::HostExtern(heap.host_value(object)))
    }

    /// Whether a reference is to an exception.
    ///
    /// # Panics
    /// If it was not kept alive.
    pub fn is_exception(&self, object: GcRef) -> bool {
        // SAFETY: nothing runs.
        object.0.get() & 1 == 0 && unsafe { (*self.vm()).heap.kind(object) } == ObjectKind::Exception
    }

    /// The elements of an array as bytes; `None` if they are references.
    ///
    /// # Panics
    /// If `array` is not an array.
    pub fn array_bytes(&self, array: GcRef) -> Option<&[u8]> {
        // SAFETY: nothing runs.
        let heap = unsafe { &(*self.vm()).heap };
        let (storage, base, len) = heap.array_elements(array);
        let plain = !matches!(storage, Storage::Gc | Storage::Func);
        // SAFETY: the array has these elements; nothing writes to them while the store is borrowed.
        plain.then(|| unsafe { std::slice::from_raw_parts(base, len as usize * storage.size() as usize) })
    }

    /// An element of an array, zero-extended if it is packed.
    ///
    /// # Panics
    /// If the element does not exist.
    pub fn array_element(&self, array: GcRef, index: u32) -> Val {
        // SAFETY: nothing runs.
        let heap = unsafe { &(*self.vm()).heap };
        let (storage, base, len) = heap.array_elements(array);
        assert!(index < len, "element {index} of {len}");
        // SAFETY: checked.
        unsafe { read(storage, base.add(index as usize * storage.size() as usize)) }
    }

    /// Collects garbage now. An interrupt does not end this, and is pending afterwards.
    pub fn collect_garbage(&mut self) {
        // SAFETY: the heap is not borrowed.
        unsafe { heap::collect(self.vm()) };
    }

    /// Collects garbage, unless running code, which called a host function, is interrupted before the collection ends.
    pub(crate) fn collect_unless_interrupted(&mut self) {
        // SAFETY: the heap is not borrowed.
        unsafe { heap::collect_unless_interrupted(self.vm()) };
    }

    /// Statistics of the heap.
    pub fn gc_stats(&self) -> HeapStats {
        // SAFETY: nothing runs.
        unsafe { (*self.vm()).heap.stats() }
    }

    /// Sets whether every allocation collects.
    pub fn set_gc_stress(&mut self, stress: bool) {
        // SAFETY: nothing runs.
        unsafe { (*self.vm()).heap.set_stress(stress) };
    }
}

/// The type of a field of a structure, or of the elements of an array; `None` if there is no such field.
pub(super) fn stored_type(ty: TypeId, index: usize) -> Option<StorageType> {
    match &types::info(ty).ty.composite_type.inner {
        CompositeInnerType::Struct(ty) => ty.fields.get(index).map(|field| field.element_type),
        CompositeInnerType::Array(ty) => Some(ty.0.element_type),
        _ => None,
    }
}

/// Writes a field or an element.
///
/// # Safety
/// There is one at this address, and the value is of its type.
unsafe fn write(storage: Storage, at: *mut u8, value: Val) {
    let mut slots = [0; 2];
    value.to_slots(&mut slots);
    let low = slots[0];
    // SAFETY: the caller's promise.
    unsafe {
        match storage {
            Storage::I8 => at.write(low as u8),
            Storage::I16 => at.cast::<u16>().write(low as u16),
            Storage::I32 | Storage::F32 | Storage::Gc => at.cast::<u32>().write(low as u32),
            Storage::I64 | Storage::F64 | Storage::Func => at.cast::<u64>().write(low),
            Storage::V128 => at.cast::<u128>().write(u128::from(low) | u128::from(slots[1]) << 64),
        }
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

/// Visits the store's references into its heap; see [`RootsFn`](crate::runtime::vm::RootsFn).
///
/// # Safety
/// `store` is a live [`StoreInner`] to which no exclusive reference exists.
pub(super) unsafe fn roots(store: *mut c_void, visit: &mut dyn FnMut(&[u64])) {
    // SAFETY: the caller's promise.
    let inner = unsafe { &*store.cast::<StoreInner>() };
    inner.handles.iter().for_each(|object| visit(&[u64::from(object.0.get())]));
    for table in &inner.tables {
        // SAFETY: nothing runs that could change it.
        let table = unsafe { table.get() };
        if !table.functions {
            visit(table.slots());
        }
    }
    for global in &inner.globals {
        // SAFETY: nothing runs that could change it.
        let global = unsafe { global.get() };
        if matches!(global.ty.content_type, ValType::Ref(ty) if !types::is_func_hierarchy(ty)) {
            visit(&global.vm.value[..1]);
        }
    }
    for instance in &inner.instances {
        // SAFETY: nothing runs that could change it.
        let instance = unsafe { instance.get() };
        for (elements, &gc) in instance.elements.iter().zip(&instance.gc_elements) {
            if gc && let Some(slots) = elements {
                visit(slots);
            }
        }
    }
}
