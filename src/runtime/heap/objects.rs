//! Objects: allocation and contents.

use super::*;
use crate::runtime::heap::layout::StructLayout;

impl Heap {
    /// The kind of an object.
    ///
    /// # Panics
    /// If `object` is not an object.
    pub fn kind(&self, object: GcRef) -> ObjectKind {
        self.header(object.0.get()).kind()
    }

    /// Canonical type of a structure or an array; `NO_TYPE` for all others.
    ///
    /// # Panics
    /// If `object` is not an object.
    pub fn type_of(&self, object: GcRef) -> types::TypeId {
        self.header(object.0.get()).ty
    }

    /// Layout of a structure, and its address.
    ///
    /// # Panics
    /// If `object` is not a structure.
    pub fn struct_fields(&self, object: GcRef) -> (&'static StructLayout, *mut u8) {
        match &types::info(self.type_of(object)).layout {
            Layout::Struct(layout) => (layout, self.address(object.0.get())),
            _ => panic!("not a structure"),
        }
    }

    /// Storage of the elements of an array, the address of the first, and their number.
    ///
    /// # Panics
    /// If `object` is not an array.
    pub fn array_elements(&self, object: GcRef) -> (Storage, *mut u8, u32) {
        let Layout::Array(storage) = types::info(self.type_of(object)).layout else { panic!("not an array") };
        let base = self.address(object.0.get());
        // SAFETY: an object of this kind has its length there.
        let len = unsafe { base.add(ARRAY_LENGTH as usize).cast::<u32>().read() };
        (storage, base.wrapping_add(ARRAY_ELEMENTS as usize), len)
    }

    /// The bytes of an array behind its last element. They are zero: nothing writes them.
    ///
    /// # Panics
    /// If `object` is not an array.
    pub fn array_padding(&self, object: GcRef) -> &[u8] {
        let (storage, elements, len) = self.array_elements(object);
        let start = ARRAY_ELEMENTS as usize + len as usize * storage.size() as usize;
        let padding = self.header(object.0.get()).size() - start;
        // SAFETY: an array has room for its elements, and is as large as its header says.
        unsafe { std::slice::from_raw_parts(elements.sub(ARRAY_ELEMENTS as usize).add(start), padding) }
    }

    /// The value in an externref that wraps a host value.
    ///
    /// # Panics
    /// If `object` is not one.
    pub fn host_value(&self, object: GcRef) -> u64 {
        assert_eq!(self.kind(object), ObjectKind::HostExtern);
        // SAFETY: an object of this kind has 8 bytes after its header.
        unsafe { self.address(object.0.get()).add(8).cast::<u64>().read() }
    }

    /// Tag of an exception.
    ///
    /// # Panics
    /// If `object` is not an exception.
    pub fn exception_tag(&self, object: GcRef) -> *const VMTag {
        assert_eq!(self.kind(object), ObjectKind::Exception);
        // SAFETY: an object of this kind has its tag there.
        unsafe { self.address(object.0.get()).add(EXCEPTION_TAG as usize).cast::<*const VMTag>().read() }
    }

    /// Payload slots of an exception.
    ///
    /// # Panics
    /// If `object` is not an exception.
    pub fn exception_payload(&self, object: GcRef) -> &[u64] {
        let tag = self.exception_tag(object);
        // SAFETY: tags live as long as their store, and the object was allocated with this many slots.
        unsafe {
            let slots = self.address(object.0.get()).add(EXCEPTION_PAYLOAD as usize).cast::<u64>();
            std::slice::from_raw_parts(slots, (*tag).slots as usize)
        }
    }
}

impl Heap {
    /// The state of a continuation.
    ///
    /// # Panics
    /// If `object` is not a continuation.
    pub fn continuation(&self, object: GcRef) -> ContinuationState {
        assert_eq!(self.kind(object), ObjectKind::Cont);
        // SAFETY: an object of this kind is one.
        unsafe { continuation_at(self.address(object.0.get())) }
    }

    /// Sets the state of a continuation.
    ///
    /// # Panics
    /// If `object` is not a continuation.
    pub fn set_continuation(&mut self, object: GcRef, state: ContinuationState) {
        assert_eq!(self.kind(object), ObjectKind::Cont);
        let null = std::ptr::null_mut();
        let (innermost, other) = match state {
            ContinuationState::Consumed => (null, null),
            ContinuationState::Fresh(func) => (null, func.cast_mut().cast()),
            ContinuationState::Suspended(innermost, outermost) => (innermost, outermost),
        };
        let address = self.address(object.0.get());
        // SAFETY: an object of this kind has these fields.
        unsafe {
            address.add(CONT_STACK as usize).cast::<*mut VMStack>().write(innermost);
            address.add(CONT_FUNC as usize).cast::<*mut VMStack>().write(other);
        }
    }

    /// Address of the arguments that a continuation was bound to, and their number of slots.
    ///
    /// # Panics
    /// If `object` is not a continuation.
    pub fn bound_arguments(&self, object: GcRef) -> (*mut u64, usize) {
        assert_eq!(self.kind(object), ObjectKind::Cont);
        let address = self.address(object.0.get());
        // SAFETY: an object of this kind has these fields.
        let count = unsafe { address.add(CONT_BOUND as usize).cast::<u32>().read() };
        (address.wrapping_add(CONT_ARGS as usize).cast(), count as usize)
    }
}

/// Makes a consumed continuation with `bound` slots for arguments, which are zero.
///
/// # Errors
/// `AllocationTooLarge` if the heap is at its limit after a collection; `Interrupt` if an interrupt of running code ended that
/// collection (the interrupt is taken).
///
/// # Safety
/// As [`collect`].
pub unsafe fn new_continuation(store: *mut VMStore, ty: types::TypeId, bound: usize) -> Result<GcRef, TrapCode> {
    // SAFETY: the caller's promise; the object has room for the number.
    unsafe {
        let object = allocate(store, ObjectKind::Cont, ty, CONT_ARGS as u64 + 8 * bound as u64)?;
        (*store).heap.address(object.0.get()).add(CONT_BOUND as usize).cast::<u32>().write(bound as u32);
        Ok(object)
    }
}

/// Makes an externref that wraps a host value.
///
/// # Errors
/// `AllocationTooLarge` if the heap is at its limit after a collection; `Interrupt` if an interrupt of running code ended that
/// collection (the interrupt is taken).
///
/// # Safety
/// As [`collect`].
pub unsafe fn new_host_extern(store: *mut VMStore, value: u64) -> Result<GcRef, TrapCode> {
    // SAFETY: the caller's promise; the object has room for the value.
    unsafe {
        let object = allocate(store, ObjectKind::HostExtern, types::NO_TYPE, 16)?;
        (*store).heap.address(object.0.get()).add(8).cast::<u64>().write(value);
        Ok(object)
    }
}

/// Makes a structure of a canonical type, its fields zero.
///
/// # Panics
/// If `ty` is not a type of structures.
///
/// # Errors
/// `AllocationTooLarge` if the heap is at its limit after a collection; `Interrupt` if an interrupt of running code ended that
/// collection (the interrupt is taken).
///
/// # Safety
/// As [`collect`].
pub unsafe fn new_struct(store: *mut VMStore, ty: types::TypeId) -> Result<GcRef, TrapCode> {
    let Layout::Struct(layout) = &types::info(ty).layout else { panic!("type {ty} is not a structure") };
    // SAFETY: the caller's promise.
    unsafe { allocate(store, ObjectKind::Struct, ty, u64::from(layout.size)) }
}

/// Makes an array of a canonical type, its elements zero.
///
/// # Panics
/// If `ty` is not a type of arrays.
///
/// # Errors
/// `AllocationTooLarge` if it is larger than any heap, or the heap is at its limit after a collection; `Interrupt` as for
/// [`new_struct`].
///
/// # Safety
/// As [`collect`].
pub unsafe fn new_array(store: *mut VMStore, ty: types::TypeId, len: u32) -> Result<GcRef, TrapCode> {
    let Layout::Array(storage) = types::info(ty).layout else { panic!("type {ty} is not an array") };
    let size = ARRAY_ELEMENTS as u64 + u64::from(len) * u64::from(storage.size());
    // SAFETY: the caller's promise; the object has room for its length.
    unsafe {
        let object = allocate(store, ObjectKind::Array, ty, size)?;
        (*store).heap.address(object.0.get()).add(ARRAY_LENGTH as usize).cast::<u32>().write(len);
        Ok(object)
    }
}

/// Makes an exception of a tag, its payload zero.
///
/// # Errors
/// `AllocationTooLarge` if the heap is at its limit after a collection; `Interrupt` if an interrupt of running code ended that
/// collection (the interrupt is taken).
///
/// # Safety
/// As [`collect`]; `tag` lives as long as the store.
pub unsafe fn new_exception(store: *mut VMStore, tag: *const VMTag) -> Result<GcRef, TrapCode> {
    // SAFETY: the caller's promise; the object has room for its tag.
    unsafe {
        let size = EXCEPTION_PAYLOAD as u64 + 8 * u64::from((*tag).slots);
        let object = allocate(store, ObjectKind::Exception, types::NO_TYPE, size)?;
        (*store).heap.address(object.0.get()).add(EXCEPTION_TAG as usize).cast::<*const VMTag>().write(tag);
        Ok(object)
    }
}
