//! Operations on structures, arrays and i31: access, creation, type tests.
//!
//! Operations that allocate are never inlined, like all slow paths. Their operands are in the frame while they run,
//! where a collection finds them.

use super::encoding::{Abc, Abx, Dab, Dax, Slot};
use super::machine::{Flow, Machine, Stored};
use super::slow_paths::libcall_at;
use crate::runtime::heap::ObjectKind;
use crate::runtime::heap::layout::{ARRAY_ELEMENTS, ARRAY_LENGTH, OBJECT_KIND, OBJECT_KIND_SHIFT, OBJECT_TYPE};
use crate::runtime::heap::layout::{Layout, Storage, object_bytes};
use crate::runtime::libcalls::Libcall;
use crate::runtime::trap::TrapCode;
use crate::runtime::types;
use crate::runtime::vm::{LibcallResult, Status, VMContext, VMFunc};

/// Address of the object that a slot refers to; `None` if it is null. (For an i31, the address is meaningless.)
///
/// # Safety
/// The slot is in the frame.
#[inline(always)]
pub unsafe fn at(s: &Machine, slot: Slot) -> Option<*mut u8> {
    // SAFETY: the caller's promise.
    unsafe {
        match u32::read(s, slot) {
            0 => None,
            reference => Some((*s.store()).gc_base.wrapping_add(reference as usize)),
        }
    }
}

/// Length of the array at an address.
///
/// # Safety
/// `array` is the address of an array.
#[inline(always)]
pub unsafe fn len(array: *mut u8) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { array.add(ARRAY_LENGTH as usize).cast::<u32>().read() }
}

/// Reads a field.
///
/// # Safety
/// The machine is at an instruction with these operands; `a` is null or a structure with such a field.
#[inline(always)]
pub unsafe fn get<T: Copy, V: Stored>(s: &mut Machine, i: Dax, extend: impl Fn(T) -> V) -> Flow {
    // SAFETY: the caller's promise.
    unsafe {
        let Some(object) = at(s, i.a) else { return s.trap(TrapCode::NullStructureReference) };
        extend(object.add(i.index as usize).cast::<T>().read()).put(s, i.dst);
        s.next::<Dax>()
    }
}

/// Writes a field.
///
/// # Safety
/// As [`get`].
#[inline(always)]
pub unsafe fn set<T: Copy, V: Stored>(s: &mut Machine, i: Abx, wrap: impl Fn(V) -> T) -> Flow {
    // SAFETY: the caller's promise.
    unsafe {
        let Some(object) = at(s, i.a) else { return s.trap(TrapCode::NullStructureReference) };
        object.add(i.index as usize).cast::<T>().write(wrap(V::read(s, i.b)));
        s.next::<Abx>()
    }
}

/// Address of an element, or the trap.
///
/// # Safety
/// `array` is null or an array of such elements.
#[inline(always)]
unsafe fn element_at<T>(s: &Machine, array: Slot, index: Slot) -> Result<*mut T, TrapCode> {
    // SAFETY: the caller's promise.
    unsafe {
        let Some(array) = at(s, array) else { return Err(TrapCode::NullArrayReference) };
        let index = u32::read(s, index);
        if index >= len(array) {
            return Err(TrapCode::ArrayOutOfBounds);
        }
        Ok(array.add(ARRAY_ELEMENTS as usize).cast::<T>().add(index as usize))
    }
}

/// Reads an element.
///
/// # Safety
/// The machine is at an instruction with these operands; `a` is null or an array of such elements.
#[inline(always)]
pub unsafe fn element<T: Copy, V: Stored>(s: &mut Machine, i: Dab, extend: impl Fn(T) -> V) -> Flow {
    // SAFETY: the caller's promise.
    unsafe {
        match element_at::<T>(s, i.a, i.b) {
            Ok(element) => {
                extend(element.read()).put(s, i.dst);
                s.next::<Dab>()
            }
            Err(code) => s.trap(code),
        }
    }
}

/// Writes an element.
///
/// # Safety
/// As [`element`].
#[inline(always)]
pub unsafe fn set_element<T: Copy, V: Stored>(s: &mut Machine, i: Abc, wrap: impl Fn(V) -> T) -> Flow {
    // SAFETY: the caller's promise.
    unsafe {
        match element_at::<T>(s, i.a, i.b) {
            Ok(element) => {
                element.write(wrap(V::read(s, i.c)));
                s.next::<Abc>()
            }
            Err(code) => s.trap(code),
        }
    }
}

/// Writes a value from slots to a field or an element.
///
/// # Safety
/// `value` has the slots of a value, and `to` is a field or element, of this storage type.
unsafe fn write(storage: Storage, to: *mut u8, value: *const u64) {
    // SAFETY: the caller's promise; fields are aligned to their size.
    unsafe {
        match storage.size() {
            1 => to.write(*value as u8),
            2 => to.cast::<u16>().write(*value as u16),
            4 => to.cast::<u32>().write(*value as u32),
            8 => to.cast::<u64>().write(*value),
            _ => to.cast::<[u64; 2]>().write(value.cast::<[u64; 2]>().read()),
        }
    }
}

/// The number of slots of a value that is stored this way.
fn slots(storage: Storage) -> usize {
    if storage == Storage::V128 { 2 } else { 1 }
}

/// A new structure of the values in slots from `values` on.
///
/// # Safety
/// `pc` is an instruction of the running frame `fp`; the slots hold values of the fields' types.
#[inline(never)]
pub unsafe extern "C" fn struct_new(pc: *const u64, fp: *mut u64, ty: u32, values: *const u64) -> LibcallResult {
    // SAFETY: the caller's promise.
    unsafe {
        let (ctx, r) = libcall_at(pc, fp, Libcall::StructNew, [ty.into()]);
        if r.status == Status::Ok {
            let object = (*(*ctx).store).gc_base.add(r.value as usize);
            let Layout::Struct(layout) = &types::info(*(*ctx).type_ids.add(ty as usize)).layout else { unreachable!() };
            let mut value = values;
            for field in &layout.fields {
                write(field.storage, object.add(field.offset as usize), value);
                value = value.add(slots(field.storage));
            }
        }
        r
    }
}

/// The descriptor of a structure whose type has one: at the end of the object.
///
/// # Safety
/// `object` is the address of such a structure.
#[inline(always)]
pub unsafe fn descriptor(object: *mut u8) -> u32 {
    // SAFETY: the caller's promise; the header has the size.
    unsafe {
        let header = object.add(OBJECT_KIND as usize).cast::<u32>().read();
        object.add(object_bytes(header) as usize - 4).cast::<u32>().read()
    }
}

/// A new structure with a descriptor, of the values in slots from `values` on, or of zeros.
///
/// # Safety
/// As [`struct_new`]; the descriptor is in a slot of the frame, too.
#[inline(never)]
pub unsafe extern "C" fn struct_new_desc(
    pc: *const u64,
    fp: *mut u64,
    ty: u32,
    values: *const u64,
    descriptor: *const u64,
    zero: bool,
) -> LibcallResult {
    // SAFETY: the caller's promise; a type that is made with a descriptor has room for it.
    unsafe {
        let (ctx, r) = match zero {
            true => libcall_at(pc, fp, Libcall::StructNew, [ty.into()]),
            false => {
                let r = struct_new(pc, fp, ty, values);
                (*fp.add(2) as *mut VMContext, r)
            }
        };
        if r.status == Status::Ok {
            let Layout::Struct(layout) = &types::info(*(*ctx).type_ids.add(ty as usize)).layout else { unreachable!() };
            let offset = layout.descriptor_offset().expect("the module is valid");
            let object = (*(*ctx).store).gc_base.add(r.value as usize);
            write(Storage::Gc, object.add(offset as usize), descriptor);
        }
        r
    }
}

/// Whether the reference in a slot has the wanted type and its descriptor is the one in the other slot; `None` if that
/// other slot is null.
///
/// The type is tested first, because only its objects are known to have a descriptor.
///
/// # Safety
/// As [`is`]; `want` names a type with descriptors.
#[inline(always)]
pub unsafe fn is_described(s: &Machine, slot: Slot, with: Slot, want: u32) -> Option<bool> {
    // SAFETY: the caller's promise.
    unsafe {
        let (not, with) = (want & wanted::NOT != 0, u32::read(s, with));
        if with == 0 {
            return None;
        }
        let conforms = is(s, slot, want & !wanted::NOT);
        let described = conforms && at(s, slot).is_none_or(|object| descriptor(object) == with);
        Some(described != not)
    }
}

/// A new array with one value everywhere.
///
/// # Safety
/// As [`struct_new`].
#[inline(never)]
pub unsafe extern "C" fn array_new(
    pc: *const u64,
    fp: *mut u64,
    ty: u32,
    len: u32,
    value: *const u64,
    wide: bool,
) -> LibcallResult {
    // SAFETY: the caller's promise.
    unsafe {
        let (_, array) = libcall_at(pc, fp, Libcall::ArrayNew, [ty.into(), len.into()]);
        if array.status != Status::Ok {
            return array;
        }
        let high = if wide { *value.add(1) } else { 0 };
        let args = [array.value, 0, len.into(), *value, high];
        let (_, filled) = libcall_at(pc, fp, Libcall::ArrayFill, args);
        LibcallResult { value: array.value, ..filled }
    }
}

/// A new array of the values in slots from `values` on.
///
/// # Safety
/// As [`struct_new`].
#[inline(never)]
pub unsafe extern "C" fn array_new_fixed(
    pc: *const u64,
    fp: *mut u64,
    ty: u32,
    count: u32,
    values: *const u64,
) -> LibcallResult {
    // SAFETY: the caller's promise.
    unsafe {
        let (ctx, r) = libcall_at(pc, fp, Libcall::ArrayNew, [ty.into(), count.into()]);
        if r.status == Status::Ok {
            let elements = (*(*ctx).store).gc_base.add(r.value as usize + ARRAY_ELEMENTS as usize);
            let Layout::Array(storage) = types::info(*(*ctx).type_ids.add(ty as usize)).layout else { unreachable!() };
            for i in 0..count as usize {
                write(storage, elements.add(i * storage.size() as usize), values.add(i * slots(storage)));
            }
        }
        r
    }
}

/// The query of a type test, in 32 bits: the translator makes it, [`is`] reads it.
pub mod wanted {
    use super::ObjectKind;

    /// Null passes.
    pub const NULL: u32 = 1 << 31;
    /// A subtype does not pass.
    pub const EXACT: u32 = 1 << 30;
    /// The answer is inverted.
    pub const NOT: u32 = 1 << 29;
    /// The reference is a pointer to a function.
    pub const FUNC: u32 = 1 << 28;
    /// The lower bits are a set of kinds, not a type index.
    pub const KINDS: u32 = 1 << 27;
    pub const INDEX: u32 = KINDS - 1;

    pub const I31: u32 = 1;
    pub const STRUCT: u32 = 1 << ObjectKind::Struct as u32;
    pub const ARRAY: u32 = 1 << ObjectKind::Array as u32;
    pub const HOST: u32 = 1 << ObjectKind::HostExtern as u32;
    pub const EXCEPTION: u32 = 1 << ObjectKind::Exception as u32;
    /// With [`FUNC`]: all functions.
    pub const ALL: u32 = INDEX;
}

/// Whether the reference in a slot passes the test: see [`wanted`].
///
/// # Safety
/// The slot holds a reference of the test's hierarchy.
#[inline(always)]
pub unsafe fn is(s: &Machine, slot: Slot, want: u32) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let not = want & wanted::NOT != 0;
        let kinds = want & wanted::KINDS != 0;
        let ty = if want & wanted::FUNC != 0 {
            match *s.slot(slot) as *const VMFunc {
                func if func.is_null() => return (want & wanted::NULL != 0) != not,
                _ if kinds => return (want & wanted::INDEX != 0) != not,
                func => (*func).type_id,
            }
        } else {
            let reference = u32::read(s, slot);
            if reference == 0 {
                return (want & wanted::NULL != 0) != not;
            }
            if reference & 1 != 0 {
                return (kinds && want & wanted::I31 != 0) != not;
            }
            let object = (*s.store()).gc_base.wrapping_add(reference as usize);
            if kinds {
                let kind = object.add(OBJECT_KIND as usize).cast::<u32>().read() >> OBJECT_KIND_SHIFT;
                return (want >> kind & 1 != 0) != not;
            }
            object.add(OBJECT_TYPE as usize).cast::<u32>().read()
        };
        let other = *(*s.ctx).type_ids.add((want & wanted::INDEX) as usize);
        (ty == other || want & wanted::EXACT == 0 && is_subtype(s.ctx, ty, other)) != not
    }
}

/// Whether a type is a proper subtype of another one: whether its display has the latter at the latter's depth.
///
/// # Safety
/// Both are registered type indices, or `ty` is not a type.
pub unsafe fn is_subtype(ctx: *const VMContext, ty: u32, of: u32) -> bool {
    // SAFETY: the caller's promise; the table has an entry for each.
    unsafe {
        let table = (*(*ctx).store).types;
        let info = |ty: u32| &*(*table.add(ty as usize)).get();
        info(ty).display().get(info(of).display().len() - 1) == Some(&of)
    }
}
