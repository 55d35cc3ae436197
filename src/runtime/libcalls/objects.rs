//! Libcalls that make structures and arrays, and those that work on ranges of arrays. Accesses to one field or one
//! element belong to each backend.
//!
//! Everything is checked before the first byte is written, in the order of the specification: null, the array, the
//! source. References come with undefined upper bits.

use super::memories_and_tables::{data, in_bounds, in_pieces, in_pieces_of_elements, ok, pay, trap};
use crate::runtime::heap::layout::{Layout, Storage};
use crate::runtime::heap::{self, Heap};
use crate::runtime::store::Instance;
use crate::runtime::table::ELEMENT_BYTES;
use crate::runtime::trap::TrapCode;
use crate::runtime::types::{self, TypeId};
use crate::runtime::value::GcRef;
use crate::runtime::vm::{LibcallResult, VMContext};
use std::num::NonZeroU32;
use std::ptr;

/// Canonical type of a module's type index.
///
/// # Safety
/// `ctx` is the context of an instance whose module has this type.
pub(in crate::runtime) unsafe fn canonical(ctx: *mut VMContext, ty: u64) -> TypeId {
    // SAFETY: the caller's promise.
    unsafe { *(*ctx).type_ids.add(ty as usize) }
}

/// # Safety
/// As of the libcalls.
unsafe fn allocated(ctx: *mut VMContext, object: Result<GcRef, TrapCode>) -> LibcallResult {
    match object {
        Ok(object) => ok(u64::from(object.0.get())),
        // SAFETY: the caller's promise.
        Err(code) => unsafe { trap(ctx, code) },
    }
}

/// An array: how an element is stored, the address of the first, and their number.
struct Elements {
    storage: Storage,
    base: *mut u8,
    len: usize,
}

impl Elements {
    /// `None` if the reference is null.
    fn of(heap: &mut Heap, array: u64) -> Option<Elements> {
        let array = GcRef(NonZeroU32::new(array as u32)?);
        // Compiled code may just have made it, behind many others.
        heap.note();
        let (storage, base, len) = heap.array_elements(array);
        Some(Elements { storage, base, len: len as usize })
    }

    fn size(&self) -> usize {
        self.storage.size() as usize
    }

    /// Address of an element, which may be beyond the end.
    fn at(&self, index: usize) -> *mut u8 {
        self.base.wrapping_add(index * self.size())
    }
}

/// Storage of the elements of a canonical array type.
fn element_of(ty: TypeId) -> Storage {
    match types::info(ty).layout {
        Layout::Array(storage) => storage,
        _ => panic!("type {ty} is not an array"),
    }
}

/// Size of a structure of a canonical type.
fn bytes_of_struct(ty: TypeId) -> u64 {
    match &types::info(ty).layout {
        Layout::Struct(layout) => layout.size.into(),
        _ => panic!("type {ty} is not a structure"),
    }
}

/// The slots of an element segment; empty once it is dropped.
///
/// # Safety
/// As [`data`].
unsafe fn elements<'a>(ctx: *mut VMContext, segment: u64) -> &'a [u64] {
    // SAFETY: the caller's promise.
    unsafe { Instance::of(ctx).elements[segment as usize].as_deref().unwrap_or_default() }
}

/// Writes slots of a segment as elements of an array.
///
/// # Safety
/// The array has at least this many elements from `to` on, and holds references of the segment's hierarchy.
unsafe fn write_elements(storage: Storage, to: *mut u8, slots: &[u64]) {
    for (i, &slot) in slots.iter().enumerate() {
        // SAFETY: the caller's promise.
        unsafe {
            match storage {
                Storage::Func => to.cast::<u64>().add(i).write(slot),
                _ => to.cast::<u32>().add(i).write(slot as u32),
            }
        }
    }
}

macro_rules! libcall {
    ($(#[$doc:meta])* $name:ident |$ctx:ident $(, $arg:ident)*| $(_ $pad:ident)* $body:block) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// The context is that of an instance of a store whose code runs and has published its frames; indices are
        /// those of its module, and references have the types that validation knows.
        pub unsafe extern "C" fn $name($ctx: *mut VMContext $(, $arg: u64)* $(, _: $pad)*) -> LibcallResult {
            // SAFETY: the caller's promise; accesses are checked.
            unsafe { $body }
        }
    };
}

libcall! {
    /// `struct.new_default`: a new structure, its fields zero.
    struct_new |ctx, ty| _ u64 _ u64 _ u64 _ u64 {
        let ty = canonical(ctx, ty);
        if !pay(ctx, bytes_of_struct(ty)) {
            return trap(ctx, TrapCode::OutOfFuel);
        }
        allocated(ctx, heap::new_struct((*ctx).store, ty))
    }
}

libcall! {
    /// `array.new_default`: a new array, its elements zero.
    array_new |ctx, ty, len| _ u64 _ u64 _ u64 {
        let ty = canonical(ctx, ty);
        if !pay(ctx, len * u64::from(element_of(ty).size())) {
            return trap(ctx, TrapCode::OutOfFuel);
        }
        allocated(ctx, heap::new_array((*ctx).store, ty, len as u32))
    }
}

libcall! {
    /// The slow path of an allocation by compiled code, which found no room.
    allocate |ctx, ty, len| _ u64 _ u64 _ u64 {
        let id = canonical(ctx, ty);
        let store = (*ctx).store;
        match types::info(id).layout {
            Layout::Array(_) => allocated(ctx, heap::new_array(store, id, len as u32)),
            _ => allocated(ctx, heap::new_struct(store, id)),
        }
    }
}

libcall! {
    /// `array.new_data`.
    array_new_data |ctx, ty, segment, src, len| _ u64 {
        let (ty, bytes) = (canonical(ctx, ty), data(ctx, segment));
        let size = u64::from(element_of(ty).size());
        let Some((src, bytes_len)) = in_bounds(src, len * size, bytes.len()) else {
            return trap(ctx, TrapCode::MemoryOutOfBounds);
        };
        if !pay(ctx, len * size) {
            return trap(ctx, TrapCode::OutOfFuel);
        }
        let array = heap::new_array((*ctx).store, ty, len as u32);
        if let Ok(array) = array {
            let (_, to, _) = (*(*ctx).store).heap.array_elements(array);
            ptr::copy_nonoverlapping(bytes[src..].as_ptr(), to, bytes_len);
        }
        allocated(ctx, array)
    }
}

libcall! {
    /// `array.new_elem`.
    array_new_elem |ctx, ty, segment, src, len| _ u64 {
        let (ty, slots) = (canonical(ctx, ty), elements(ctx, segment));
        let Some((src, len)) = in_bounds(src, len, slots.len()) else {
            return trap(ctx, TrapCode::TableOutOfBounds);
        };
        if !pay(ctx, 8 * len as u64) {
            return trap(ctx, TrapCode::OutOfFuel);
        }
        let array = heap::new_array((*ctx).store, ty, len as u32);
        if let Ok(array) = array {
            let (storage, to, _) = (*(*ctx).store).heap.array_elements(array);
            write_elements(storage, to, &elements(ctx, segment)[src..src + len]);
        }
        allocated(ctx, array)
    }
}

libcall! {
    /// `array.fill`.
    array_fill |ctx, array, at, len, low, high| {
        let Some(array) = Elements::of(&mut (*(*ctx).store).heap, array) else {
            return trap(ctx, TrapCode::NullArrayReference);
        };
        let Some((at, len)) = in_bounds(at, len, array.len) else {
            return trap(ctx, TrapCode::ArrayOutOfBounds);
        };
        if !pay(ctx, (len * array.size()) as u64) {
            return trap(ctx, TrapCode::OutOfFuel);
        }
        let (to, value) = (array.at(at), u128::from(high) << 64 | u128::from(low));
        in_pieces_of_elements(ctx, array.size(), len, false, |at, len| match array.size() {
            1 => to.add(at).write_bytes(low as u8, len),
            2 => std::slice::from_raw_parts_mut(to.cast::<u16>().add(at), len).fill(low as u16),
            4 => std::slice::from_raw_parts_mut(to.cast::<u32>().add(at), len).fill(low as u32),
            8 => std::slice::from_raw_parts_mut(to.cast::<u64>().add(at), len).fill(low),
            _ => std::slice::from_raw_parts_mut(to.cast::<u128>().add(at), len).fill(value),
        })
    }
}

libcall! {
    /// `array.copy`.
    array_copy |ctx, dst_array, dst, src_array, src, len| {
        let heap = &mut (*(*ctx).store).heap;
        let (Some(to), Some(from)) = (Elements::of(heap, dst_array), Elements::of(heap, src_array)) else {
            return trap(ctx, TrapCode::NullArrayReference);
        };
        let (Some((dst, len)), Some((src, _))) = (in_bounds(dst, len, to.len), in_bounds(src, len, from.len)) else {
            return trap(ctx, TrapCode::ArrayOutOfBounds);
        };
        let bytes = len * to.size();
        if !pay(ctx, bytes as u64) {
            return trap(ctx, TrapCode::OutOfFuel);
        }
        let (to, from) = (to.at(dst), from.at(src));
        in_pieces(ctx, bytes, to.cast_const() > from, |at, len| ptr::copy(from.add(at), to.add(at), len))
    }
}

libcall! {
    /// `array.init_data`.
    array_init_data |ctx, segment, array, dst, src, len| {
        let Some(array) = Elements::of(&mut (*(*ctx).store).heap, array) else {
            return trap(ctx, TrapCode::NullArrayReference);
        };
        let (bytes, size) = (data(ctx, segment), array.size() as u64);
        let Some((dst, _)) = in_bounds(dst, len, array.len) else {
            return trap(ctx, TrapCode::ArrayOutOfBounds);
        };
        let Some((src, len)) = in_bounds(src, len * size, bytes.len()) else {
            return trap(ctx, TrapCode::MemoryOutOfBounds);
        };
        if !pay(ctx, len as u64) {
            return trap(ctx, TrapCode::OutOfFuel);
        }
        let (to, from) = (array.at(dst), bytes[src..].as_ptr());
        in_pieces(ctx, len, false, |at, len| ptr::copy_nonoverlapping(from.add(at), to.add(at), len))
    }
}

libcall! {
    /// `array.init_elem`.
    array_init_elem |ctx, segment, array, dst, src, len| {
        let Some(array) = Elements::of(&mut (*(*ctx).store).heap, array) else {
            return trap(ctx, TrapCode::NullArrayReference);
        };
        let slots = elements(ctx, segment);
        let Some((dst, _)) = in_bounds(dst, len, array.len) else {
            return trap(ctx, TrapCode::ArrayOutOfBounds);
        };
        let Some((src, len)) = in_bounds(src, len, slots.len()) else {
            return trap(ctx, TrapCode::TableOutOfBounds);
        };
        if !pay(ctx, 8 * len as u64) {
            return trap(ctx, TrapCode::OutOfFuel);
        }
        let slots = &slots[src..src + len];
        in_pieces_of_elements(ctx, ELEMENT_BYTES as usize, len, false, |at, len| {
            write_elements(array.storage, array.at(dst + at), &slots[at..at + len]);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::CompositeInnerType;
    use crate::runtime::heap::layout::{ARRAY_LENGTH, OBJECT_KIND, OBJECT_KIND_SHIFT, OBJECT_TYPE};
    use crate::runtime::heap::{GRANULE, ObjectKind};
    use crate::runtime::stacks::activation::Stack;
    use crate::runtime::vm::{Status, VMStore};
    use wasmparser::{ArrayType, FieldType, StorageType};

    /// Operations on arrays that compiled code has just made look at each of them once, not at all of them each time.
    #[test]
    fn what_compiled_code_made_is_looked_at_once() {
        let element = FieldType { element_type: StorageType::I8, mutable: true };
        let ty = types::register_final(CompositeInnerType::Array(ArrayType(element))).unwrap();
        let mut stack = Stack::new(4096).unwrap();
        let mut store = VMStore::new(&mut stack, Heap::new(1 << 20, false));
        let mut ctx = VMContext::new(&raw mut store);
        let (store, ctx) = (&raw mut store, &raw mut ctx);
        // SAFETY: nothing runs; compiled code would write these headers, in memory that the heap has for them.
        unsafe {
            heap::new_array(store, ty, 1).unwrap();
            let base = (*store).heap.base();
            for made in 1..100 {
                let array = (*store).heap.cursor as usize;
                (*store).heap.cursor += 2 * GRANULE as u64;
                base.add(array + OBJECT_TYPE as usize).cast::<u32>().write(ty);
                let kind = (ObjectKind::Array as u32) << OBJECT_KIND_SHIFT | 2;
                base.add(array + OBJECT_KIND as usize).cast::<u32>().write(kind);
                base.add(array + ARRAY_LENGTH as usize).cast::<u32>().write(GRANULE as u32);
                assert_eq!((*store).heap.unnoted_bytes(), 2 * GRANULE as u64, "{made} arrays");
                let array = array as u64;
                let results = match made % 3 {
                    0 => array_fill(ctx, array, 0, 16, 7, 0),
                    1 => array_copy(ctx, array, 0, array, 1, 15),
                    _ => array_copy(ctx, array, 8, array, 0, 8),
                };
                assert_eq!((results.status, (*store).heap.unnoted_bytes()), (Status::Ok, 0), "{made} arrays");
            }
            assert_eq!((*store).heap.stats().allocated_objects, 100);
        }
    }
}
