//! Structures, arrays, i31, and casts.
//!
//! Fields, elements, lengths and headers are accessed in place, after explicit checks that facts may make redundant;
//! operators that allocate or that work on many elements call the runtime. Regions are alias classes: mutable fields by
//! offset and type, because types that share a field have it at the same place; mutable elements by type; all parts of an
//! object that never change are constant.
//!
//! A cast reads the canonical type from the header and compares it with the target or, if there may be subtypes, looks
//! into the display. Both are loads of memory that never changes, so the passes share them. The operation `header`
//! includes the tests for null and i31 that must precede the read of a header.

use super::facts::matches;
use super::*;
use crate::module::{AbstractHeapType, CompositeInnerType, HeapType, RefType};
use crate::runtime::heap::ObjectKind;
use crate::runtime::heap::layout::{self, Storage, StructLayout};
use crate::runtime::heap::layout::{
    ARRAY_ELEMENTS, ARRAY_LENGTH, INLINE_ALLOCATION, OBJECT_KIND, OBJECT_KIND_SHIFT, OBJECT_TYPE,
};
use crate::runtime::types::{NEAR, TypeInfo};
use wasmparser::{FieldType, StorageType};

/// The outcome of a type test, as far as it is known at compile time.
pub(super) enum TypeTest {
    Always,
    If(Value),
}

/// Returns the type of a value held in a field or element, and the access that reads and writes it.
fn held(storage: Storage, signed: bool) -> (Type, Access) {
    match storage {
        Storage::I8 if signed => (Type::I32, Access::S8),
        Storage::I8 => (Type::I32, Access::U8),
        Storage::I16 if signed => (Type::I32, Access::S16),
        Storage::I16 => (Type::I32, Access::U16),
        Storage::I32 => (Type::I32, Access::Full),
        Storage::I64 => (Type::I64, Access::Full),
        Storage::F32 => (Type::F32, Access::Full),
        Storage::F64 => (Type::F64, Access::Full),
        Storage::V128 => (Type::V128, Access::Full),
        Storage::Gc => (Type::Ref32, Access::Full),
        Storage::Func => (Type::Ptr, Access::Full),
    }
}

/// The type of the value of a field or element, if it is a reference.
fn reference(field: FieldType) -> Option<RefType> {
    match field.element_type {
        StorageType::Val(ValType::Ref(ty)) => Some(ty),
        _ => None,
    }
}

impl<'m> Translator<'m, '_> {
    /// Translates an operator on objects; `None` for any other.
    pub(super) fn object_operator(&mut self, op: &Operator<'_>) -> Option<TranslateResult> {
        use Operator as O;
        Some(match *op {
            O::StructNew { struct_type_index } | O::StructNewDesc { struct_type_index } => {
                self.struct_new(struct_type_index, false)
            }
            O::StructNewDefault { struct_type_index } | O::StructNewDefaultDesc { struct_type_index } => {
                self.struct_new(struct_type_index, true)
            }
            O::RefGetDesc { type_index } => self.ref_get_desc(type_index),
            O::RefCastDescEqNonNull { hty } => self.ref_cast_desc_eq(hty, false),
            O::RefCastDescEqNullable { hty } => self.ref_cast_desc_eq(hty, true),
            O::BrOnCastDescEq { relative_depth, to_ref_type, .. } => {
                self.br_on_cast_desc_eq(relative_depth, to_ref_type, true)
            }
            O::BrOnCastDescEqFail { relative_depth, to_ref_type, .. } => {
                self.br_on_cast_desc_eq(relative_depth, to_ref_type, false)
            }
            O::StructGet { struct_type_index, field_index } | O::StructGetU { struct_type_index, field_index } => {
                self.struct_get(struct_type_index, field_index, false)
            }
            O::StructGetS { struct_type_index, field_index } => self.struct_get(struct_type_index, field_index, true),
            O::StructSet { struct_type_index, field_index } => self.struct_set(struct_type_index, field_index),
            O::ArrayNew { array_type_index } => self.array_new(array_type_index, false),
            O::ArrayNewDefault { array_type_index } => self.array_new(array_type_index, true),
            O::ArrayNewFixed { array_type_index, array_size } => self.array_new_fixed(array_type_index, array_size),
            O::ArrayNewData { array_type_index, array_data_index } => {
                self.array_new_segment(Libcall::ArrayNewData, array_type_index, array_data_index)
            }
            O::ArrayNewElem { array_type_index, array_elem_index } => {
                self.array_new_segment(Libcall::ArrayNewElem, array_type_index, array_elem_index)
            }
            O::ArrayGet { array_type_index } | O::ArrayGetU { array_type_index } => {
                self.array_get(array_type_index, false)
            }
            O::ArrayGetS { array_type_index } => self.array_get(array_type_index, true),
            O::ArraySet { array_type_index } => self.array_set(array_type_index),
            O::ArrayLen => {
                let array = self.pop();
                let len = self.array_len(array);
                self.push(len);
                Ok(())
            }
            O::ArrayFill { array_type_index } => self.array_fill(array_type_index),
            O::ArrayCopy { array_type_index_dst, array_type_index_src } => {
                self.object_type(array_type_index_dst).and_then(|()| self.object_type(array_type_index_src)).map(|()| {
                    let operands = self.pop_list(5);
                    self.b.libcall(Libcall::ArrayCopy, &operands);
                })
            }
            O::ArrayInitData { array_type_index, array_data_index } => {
                self.array_init(Libcall::ArrayInitData, array_type_index, array_data_index)
            }
            O::ArrayInitElem { array_type_index, array_elem_index } => {
                self.array_init(Libcall::ArrayInitElem, array_type_index, array_elem_index)
            }
            O::RefI31 => {
                let v = self.pop();
                let one = self.b.i32(1);
                let shifted = self.b.binary(Op::Shl, v, one);
                let bits = self.b.binary(Op::Or, shifted, one);
                let r = self.b.convert(Op::Bitcast, Type::Ref32, bits);
                self.learn(r, RefType::I31);
                self.push(r);
                Ok(())
            }
            O::I31GetS => self.i31_get(Op::ShrS),
            O::I31GetU => self.i31_get(Op::ShrU),
            O::RefTestNonNull { hty } => self.ref_test(hty, false),
            O::RefTestNullable { hty } => self.ref_test(hty, true),
            O::RefCastNonNull { hty } => self.ref_cast(hty, false),
            O::RefCastNullable { hty } => self.ref_cast(hty, true),
            O::BrOnCast { relative_depth, to_ref_type, .. } => self.br_on_cast(relative_depth, to_ref_type, true),
            O::BrOnCastFail { relative_depth, to_ref_type, .. } => self.br_on_cast(relative_depth, to_ref_type, false),
            // Both hierarchies use the same representation.
            O::AnyConvertExtern => {
                self.convert_hierarchy(RefType::ANYREF);
                Ok(())
            }
            O::ExternConvertAny => {
                self.convert_hierarchy(RefType::EXTERNREF);
                Ok(())
            }
            _ => return None,
        })
    }

    /// Records the declared type of a value.
    pub(super) fn declared(&mut self, v: Value, ty: ValType) {
        if let ValType::Ref(ty) = ty {
            self.learn(v, ty);
        }
    }

    pub(super) fn learn(&mut self, v: Value, ty: RefType) {
        self.check_held(v, ty);
        self.facts.learn(self.module, v, ty);
    }

    /// Asserts that references of this type have the same representation as the value: pointers or offsets.
    fn check_held(&self, v: Value, ty: RefType) {
        debug_assert_eq!(supported_heap_type(self.module, ty.heap_type()), Ok(self.b.ty(v)), "{v} can be no {ty}");
    }

    /// Records that the value is not null from here on.
    pub(super) fn learn_non_null(&mut self, v: Value) {
        // Without facts, the top of its hierarchy: func for a pointer; anything else may be an i31.
        let top = if self.b.ty(v) == Type::Ptr { RefType::FUNCREF } else { RefType::ANYREF };
        let ty = self.facts.get(v).unwrap_or(top);
        self.learn(v, ty.as_non_null());
    }

    /// Emits a null check, unless the value is known not to be null.
    pub(super) fn check_null(&mut self, v: Value, code: TrapCode) {
        if !self.facts.is_non_null(v) {
            let is_null = self.is_null(v);
            self.b.trapnz(is_null, code, None);
            self.learn_non_null(v);
        }
    }

    fn convert_hierarchy(&mut self, top: RefType) {
        // Its facts are types of the other hierarchy, so all of them except nullness are forgotten.
        let v = self.pop();
        let nullable = !self.facts.is_non_null(v);
        let ty = RefType::new(nullable, top.heap_type()).expect("an abstract type");
        self.check_held(v, ty);
        self.facts.replace(v, ty);
        self.push(v);
    }

    /// Checks that this compiler can handle a type's objects.
    pub(super) fn object_type(&self, index: u32) -> TranslateResult {
        if self.module.types[index as usize].composite_type.shared {
            return self.unsupported("shared-everything-threads");
        }
        self.check_values(index)
    }

    fn fields(&self, ty: u32) -> &[FieldType] {
        match &self.module.types[ty as usize].composite_type.inner {
            CompositeInnerType::Struct(s) => &s.fields,
            CompositeInnerType::Array(a) => std::slice::from_ref(&a.0),
            other => unreachable!("validated: {other:?} has fields"),
        }
    }

    /// Loads a field or an element of this storage type.
    fn load_object(&mut self, storage: Storage, signed: bool, base: Value, offset: i32, region: Region) -> Value {
        let (ty, access) = held(storage, signed);
        self.b.ins(Op::Load, ty, Imm::Field { offset, access, region }, &[base])
    }

    fn store_object(&mut self, storage: Storage, v: Value, base: Value, offset: i32, region: Region) {
        let (ty, access) = held(storage, false);
        self.b.effect(Op::Store, ty, Imm::Field { offset, access, region }, &[v, base]);
    }

    fn field_region(&self, ty: u32, field: u32, offset: u32, storage: Storage) -> Region {
        match self.fields(ty)[field as usize].mutable {
            true => Region::StructField(offset, held(storage, false).0),
            false => Region::Constant,
        }
    }

    fn element_region(&self, ty: u32, storage: Storage) -> Region {
        match self.fields(ty)[0].mutable {
            true => Region::Elements(held(storage, false).0, storage.size()),
            false => Region::Constant,
        }
    }

    /// The layout of a structure.
    pub(super) fn layout_of(&self, ty: u32) -> Result<&'m StructLayout, Unsupported> {
        self.object_type(ty)?;
        Ok(layout::struct_in_module(self.module, ty))
    }

    /// Converts the result of an allocation to a non-null reference of exactly this type.
    fn fresh(&mut self, ty: u32, bits: Value) -> Value {
        let r = self.b.convert(Op::Wrap, Type::Ref32, bits);
        self.learn(r, exactly(ty));
        r
    }

    /// Emits the allocation of a new object in place.
    fn alloc(&mut self, ty: u32, kind: ObjectKind, bytes: u32, len: u32) -> Value {
        let id = self.type_id(ty);
        let word = ((kind as u32) << OBJECT_KIND_SHIFT) | (bytes / 16);
        let r = self.b.ins(Op::Alloc, Type::I32, Imm::Alloc { ty, word, len }, &[id]);
        self.learn(r, exactly(ty));
        r
    }

    /// Allocates a new array of zeros.
    fn new_array(&mut self, ty: u32, len: Value) -> Value {
        let storage = layout::array_in_module(self.module, ty);
        if let Some(count) = self.b.func.as_const(len)
            && let bytes = ARRAY_ELEMENTS as u64 + count * u64::from(storage.size())
            && bytes <= u64::from(INLINE_ALLOCATION)
        {
            let r = self.alloc(ty, ObjectKind::Array, (bytes as u32).next_multiple_of(16), count as u32);
            let address = self.object_address(r);
            self.b.store(len, address, ARRAY_LENGTH, Region::Constant);
            return r;
        }
        let index = self.b.i32(ty);
        let bits = self.b.libcall(Libcall::ArrayNew, &[index, len]);
        self.fresh(ty, bits)
    }

    fn struct_new(&mut self, ty: u32, default: bool) -> TranslateResult {
        let layout = self.layout_of(ty)?;
        let descriptor = layout.descriptor_offset().map(|offset| (self.pop_descriptor(), offset));
        let values = if default { ArgList::new() } else { self.pop_list(layout.fields.len()) };
        let r = if layout.size <= INLINE_ALLOCATION {
            self.alloc(ty, ObjectKind::Struct, layout.size, 0)
        } else {
            let index = self.b.i32(ty);
            let bits = self.b.libcall(Libcall::StructNew, &[index]);
            self.fresh(ty, bits)
        };
        if !values.is_empty() || descriptor.is_some() {
            let address = self.object_address(r);
            if let Some((v, offset)) = descriptor {
                self.store_object(Storage::Gc, v, address, offset as i32, Region::Constant);
            }
            for (i, (&v, field)) in values.iter().zip(&layout.fields).enumerate() {
                let region = self.field_region(ty, i as u32, field.offset, field.storage);
                self.store_object(field.storage, v, address, field.offset as i32, region);
            }
        }
        self.push(r);
        Ok(())
    }

    fn struct_get(&mut self, ty: u32, field: u32, signed: bool) -> TranslateResult {
        let place = self.layout_of(ty)?.fields[field as usize];
        let r = self.pop();
        self.check_null(r, TrapCode::NullStructureReference);
        let address = self.object_address(r);
        let region = self.field_region(ty, field, place.offset, place.storage);
        let v = self.load_object(place.storage, signed, address, place.offset as i32, region);
        self.push_field(v, self.fields(ty)[field as usize]);
        Ok(())
    }

    fn push_field(&mut self, v: Value, field: FieldType) {
        if let Some(ty) = reference(field) {
            self.learn(v, ty);
        }
        self.push(v);
    }

    fn struct_set(&mut self, ty: u32, field: u32) -> TranslateResult {
        let place = self.layout_of(ty)?.fields[field as usize];
        let (r, v) = self.pop2();
        self.check_null(r, TrapCode::NullStructureReference);
        let address = self.object_address(r);
        let region = self.field_region(ty, field, place.offset, place.storage);
        self.store_object(place.storage, v, address, place.offset as i32, region);
        Ok(())
    }

    fn array_new(&mut self, ty: u32, default: bool) -> TranslateResult {
        self.object_type(ty)?;
        let len = self.pop();
        let value = (!default).then(|| self.pop());
        let r = self.new_array(ty, len);
        // Memory is zeroed already; but if fuel is counted, filling takes fuel, whatever the value is.
        if let Some(v) = value.filter(|&v| self.fuel || self.b.func.as_const(v) != Some(0)) {
            let zero = self.b.i32(0);
            self.fill(r, zero, v, len);
        }
        self.push(r);
        Ok(())
    }

    fn array_new_fixed(&mut self, ty: u32, len: u32) -> TranslateResult {
        self.object_type(ty)?;
        let storage = layout::array_in_module(self.module, ty);
        let values = self.pop_list(len as usize);
        let count = self.b.i32(len);
        let r = self.new_array(ty, count);
        if !values.is_empty() {
            let address = self.object_address(r);
            let region = self.element_region(ty, storage);
            for (i, &v) in values.iter().enumerate() {
                let offset = ARRAY_ELEMENTS + i as i32 * storage.size() as i32;
                self.store_object(storage, v, address, offset, region);
            }
        }
        self.push(r);
        Ok(())
    }

    fn array_new_segment(&mut self, libcall: Libcall, ty: u32, segment: u32) -> TranslateResult {
        self.object_type(ty)?;
        let (at, len) = self.pop2();
        let (index, segment) = (self.b.i32(ty), self.b.i32(segment));
        let bits = self.b.libcall(libcall, &[index, segment, at, len]);
        let r = self.fresh(ty, bits);
        self.push(r);
        Ok(())
    }

    fn array_len(&mut self, array: Value) -> Value {
        self.check_null(array, TrapCode::NullArrayReference);
        let address = self.object_address(array);
        self.b.load(Type::I32, address, ARRAY_LENGTH, Region::Constant)
    }

    /// Returns the address of an element minus the offset of the first element, after all checks.
    fn element_address(&mut self, storage: Storage, array: Value, index: Value) -> Value {
        let len = self.array_len(array);
        let inside = self.b.icmp(IntCond::LtU, index, len);
        self.b.trapz(inside, TrapCode::ArrayOutOfBounds, None);
        let address = self.object_address(array);
        let index = self.b.convert(Op::ZExt, Type::I64, index);
        let scale = self.b.i64(u64::from(storage.size().trailing_zeros()));
        let offset = self.b.binary(Op::Shl, index, scale);
        self.b.binary(Op::IAdd, address, offset)
    }

    fn array_get(&mut self, ty: u32, signed: bool) -> TranslateResult {
        self.object_type(ty)?;
        let storage = layout::array_in_module(self.module, ty);
        let (array, index) = self.pop2();
        let address = self.element_address(storage, array, index);
        let region = self.element_region(ty, storage);
        let v = self.load_object(storage, signed, address, ARRAY_ELEMENTS, region);
        self.push_field(v, self.fields(ty)[0]);
        Ok(())
    }

    fn array_set(&mut self, ty: u32) -> TranslateResult {
        self.object_type(ty)?;
        let storage = layout::array_in_module(self.module, ty);
        let v = self.pop();
        let (array, index) = self.pop2();
        let address = self.element_address(storage, array, index);
        let region = self.element_region(ty, storage);
        self.store_object(storage, v, address, ARRAY_ELEMENTS, region);
        Ok(())
    }

    fn array_fill(&mut self, ty: u32) -> TranslateResult {
        self.object_type(ty)?;
        let (v, len) = self.pop2();
        let (array, at) = self.pop2();
        self.fill(array, at, v, len);
        Ok(())
    }

    /// Fills elements with a value, whose bits are passed in two halves.
    fn fill(&mut self, array: Value, at: Value, v: Value, len: Value) {
        let half = |b: &mut Builder<'_>, lane| b.ins(Op::VExtract, Type::I64, Imm::Lane(Shape::I64x2, lane), &[v]);
        let low = match self.b.ty(v) {
            Type::F32 => self.b.convert(Op::Bitcast, Type::I32, v),
            Type::F64 => self.b.convert(Op::Bitcast, Type::I64, v),
            Type::V128 => half(&mut self.b, 0),
            _ => v,
        };
        let high = if self.b.ty(v) == Type::V128 { half(&mut self.b, 1) } else { self.b.i64(0) };
        self.b.libcall(Libcall::ArrayFill, &[array, at, len, low, high]);
    }

    fn array_init(&mut self, libcall: Libcall, ty: u32, segment: u32) -> TranslateResult {
        self.object_type(ty)?;
        let (src, len) = self.pop2();
        let (array, dst) = self.pop2();
        let segment = self.b.i32(segment);
        self.b.libcall(libcall, &[segment, array, dst, src, len]);
        Ok(())
    }

    fn i31_get(&mut self, shift: Op) -> TranslateResult {
        let r = self.pop();
        self.check_null(r, TrapCode::NullI31Reference);
        let bits = self.b.convert(Op::Bitcast, Type::I32, r);
        let one = self.b.i32(1);
        let v = self.b.binary(shift, bits, one);
        self.push(v);
        Ok(())
    }

    // Casts

    pub(super) fn target(&self, heap: HeapType, nullable: bool) -> Result<RefType, Unsupported> {
        self.require(supported_heap_type(self.module, heap))?;
        Ok(RefType::new(nullable, heap).expect("decoded before"))
    }

    fn ref_test(&mut self, heap: HeapType, nullable: bool) -> TranslateResult {
        let target = self.target(heap, nullable)?;
        let v = self.pop();
        let r = match self.test(v, target)? {
            TypeTest::Always => self.b.i32(1),
            TypeTest::If(cond) => cond,
        };
        self.push(r);
        Ok(())
    }

    fn ref_cast(&mut self, heap: HeapType, nullable: bool) -> TranslateResult {
        let target = self.target(heap, nullable)?;
        let v = *self.stack.last().expect("validated: an operand");
        if let TypeTest::If(cond) = self.test(v, target)? {
            self.b.trapz(cond, TrapCode::CastFailure, None);
        }
        self.learn(v, target);
        Ok(())
    }

    /// If `on`, branches if the cast succeeds, otherwise if it fails.
    fn br_on_cast(&mut self, depth: u32, target: RefType, on: bool) -> TranslateResult {
        let target = self.target(target.heap_type(), target.is_nullable())?;
        let v = *self.stack.last().expect("validated: an operand");
        let cond = match self.test(v, target)? {
            TypeTest::Always => self.b.i32(1),
            TypeTest::If(cond) => cond,
        };
        self.branch_on_test(cond, depth, v, target, on);
        Ok(())
    }

    /// Branches on the result of a test of the value on top of the stack; if not `on`, branches if the test fails.
    pub(super) fn branch_on_test(&mut self, cond: Value, depth: u32, v: Value, target: RefType, on: bool) {
        let zero = self.b.i32(0);
        let cond = if on { cond } else { self.b.icmp(IntCond::Eq, cond, zero) };
        self.branch_if(cond, depth);
        if !on {
            self.learn(v, target);
        } else if target.is_nullable() {
            // Null has been excluded.
            self.learn_non_null(v);
        }
    }

    /// Tests whether a value is of a type in its hierarchy.
    pub(super) fn test(&mut self, v: Value, target: RefType) -> Result<TypeTest, Unsupported> {
        let (heap, nullable) = (target.heap_type(), target.is_nullable());
        let from = self.facts.get(v);
        let matches_known = |heap| from.is_some_and(|from| matches(self.module, from.heap_type(), heap));
        if is_top(heap) || matches_known(heap) {
            let maybe_null = !nullable && !self.facts.is_non_null(v);
            if !maybe_null {
                return Ok(TypeTest::Always);
            }
            let null = self.b.constant(self.b.ty(v), 0);
            return Ok(TypeTest::If(self.b.icmp(IntCond::Ne, v, null)));
        }
        // An i31 has no header.
        let eq = |ty| HeapType::Abstract { shared: false, ty };
        let maybe_i31 = !matches_known(eq(AbstractHeapType::Struct)) && !matches_known(eq(AbstractHeapType::Array));
        let cond = match heap {
            HeapType::Abstract { ty, .. } => match ty {
                AbstractHeapType::I31 => {
                    let is_i31 = self.is_i31(v);
                    self.or_null(v, is_i31, nullable)
                }
                AbstractHeapType::Struct => self.is_kind(v, &[ObjectKind::Struct], maybe_i31, nullable),
                AbstractHeapType::Array => self.is_kind(v, &[ObjectKind::Array], maybe_i31, nullable),
                AbstractHeapType::Eq => {
                    let object = self.is_kind(v, &[ObjectKind::Struct, ObjectKind::Array], maybe_i31, nullable);
                    let is_i31 = self.is_i31(v);
                    self.b.binary(Op::Or, object, is_i31)
                }
                AbstractHeapType::None
                | AbstractHeapType::NoFunc
                | AbstractHeapType::NoExtern
                | AbstractHeapType::NoExn => {
                    let never = self.b.i32(0);
                    self.or_null(v, never, nullable)
                }
                _ => unreachable!(
                    "validated: nothing is cast to a continuation, and {ty:?} is not the top of a hierarchy"
                ),
            },
            HeapType::Concrete(index) | HeapType::Exact(index) => {
                let index = index.as_module_index().expect("a module's types refer by index");
                let exact = matches!(heap, HeapType::Exact(_));
                let expected = self.type_id(index);
                // Null either passes as an object of the target type or fails.
                let for_null = if nullable { expected } else { self.b.i32(0) };
                let actual = match self.b.ty(v) {
                    Type::Ptr => self.function_type_id(v, for_null),
                    _ => self.header(v, OBJECT_TYPE, for_null, maybe_i31),
                };
                self.is_subtype(actual, index, expected, exact)
            }
        };
        Ok(TypeTest::If(cond))
    }

    fn or_null(&mut self, v: Value, cond: Value, nullable: bool) -> Value {
        if !nullable {
            return cond;
        }
        let is_null = self.is_null(v);
        self.b.binary(Op::Or, cond, is_null)
    }

    fn is_i31(&mut self, v: Value) -> Value {
        let bits = self.b.convert(Op::Bitcast, Type::I32, v);
        let one = self.b.i32(1);
        self.b.binary(Op::And, bits, one)
    }

    /// Loads a word of an object's header; the result is `for_null` for null and 0 for an i31.
    fn header(&mut self, v: Value, offset: i32, for_null: Value, maybe_i31: bool) -> Value {
        let address = self.object_address(v);
        if self.facts.is_non_null(v) && !maybe_i31 {
            return self.b.load(Type::I32, address, offset, Region::Constant);
        }
        self.b.ins(Op::Header, Type::I32, Imm::Header { offset, i31: maybe_i31 }, &[for_null, v, address])
    }

    fn is_kind(&mut self, v: Value, kinds: &[ObjectKind], maybe_i31: bool, nullable: bool) -> Value {
        let for_null = if nullable { kinds[0] as u32 } else { 0 };
        let for_null = self.b.i32(for_null << OBJECT_KIND_SHIFT);
        let word = self.header(v, OBJECT_KIND, for_null, maybe_i31);
        let shift = self.b.i32(OBJECT_KIND_SHIFT);
        let kind = self.b.binary(Op::ShrU, word, shift);
        let mut any = None;
        for &wanted in kinds {
            let wanted = self.b.i32(wanted as u32);
            let is = self.b.icmp(IntCond::Eq, kind, wanted);
            any = Some(any.map_or(is, |any| self.b.binary(Op::Or, any, is)));
        }
        any.expect("a kind")
    }

    /// The canonical id of a type of the module.
    pub(super) fn type_id(&mut self, ty: u32) -> Value {
        let ids = self.context_field(Type::Ptr, offset_of!(VMContext, type_ids));
        self.b.load(Type::I32, ids, (ty * 4) as i32, Region::Immutable)
    }

    /// The canonical type of a function, or `for_null` if it is null.
    fn function_type_id(&mut self, v: Value, for_null: Value) -> Value {
        let at = offset_of!(VMFunc, type_id) as i32;
        if self.facts.is_non_null(v) {
            return self.b.load(Type::I32, v, at, Region::Immutable);
        }
        // Some address must be readable, so the context is read instead.
        let is_null = self.is_null(v);
        let ctx = self.b.ctx();
        let from = self.b.select(is_null, ctx, v);
        let id = self.b.load(Type::I32, from, at, Region::Immutable);
        self.b.select(is_null, for_null, id)
    }

    /// Whether the type with the id `actual` (0: none) is the module's type `ty`, whose id is `expected`, or a subtype of
    /// it unless `exact` is set.
    pub(super) fn is_subtype(&mut self, actual: Value, ty: u32, expected: Value, exact: bool) -> Value {
        let sub = &self.module.types[ty as usize];
        if exact || sub.is_final {
            return self.b.icmp(IntCond::Eq, actual, expected);
        }
        let mut depth = 0;
        let mut above = sub.supertype_idxs.first();
        while let Some(index) = above.and_then(|s| s.as_module_index()) {
            above = self.module.types[index as usize].supertype_idxs.first();
            depth += 1;
        }
        let store = self.context_field(Type::Ptr, offset_of!(VMContext, store));
        let table = self.b.load(Type::Ptr, store, offset_of!(VMStore, types) as i32, Region::Immutable);
        let (three, id) = (self.b.i64(3), self.b.convert(Op::ZExt, Type::I64, actual));
        let offset = self.b.binary(Op::Shl, id, three);
        let entry = self.b.binary(Op::IAdd, table, offset);
        let info = self.b.load(Type::Ptr, entry, 0, Region::Immutable);
        if depth < NEAR {
            let at = offset_of!(TypeInfo, near) + 4 * depth;
            let entry = self.b.load(Type::I32, info, at as i32, Region::Immutable);
            return self.b.icmp(IntCond::Eq, entry, expected);
        }
        // Not every type has an entry there; the first entry, which every display has, is read instead.
        let count = self.b.load(Type::I32, info, offset_of!(TypeInfo, supertypes) as i32, Region::Immutable);
        let (wanted, none) = (self.b.i32(depth as u32), self.b.i64(0));
        let reaches = self.b.icmp(IntCond::GtU, count, wanted);
        let far = self.b.load(Type::Ptr, info, offset_of!(TypeInfo, far) as i32, Region::Immutable);
        let offset = self.b.i64(4 * depth as u64);
        let offset = self.b.select(reaches, offset, none);
        let entry = self.b.binary(Op::IAdd, far, offset);
        let entry = self.b.load(Type::I32, entry, 0, Region::Immutable);
        let equal = self.b.icmp(IntCond::Eq, entry, expected);
        self.b.binary(Op::And, equal, reaches)
    }
}

/// Whether a heap type is the top of its hierarchy.
fn is_top(heap: HeapType) -> bool {
    use AbstractHeapType as H;
    matches!(heap, HeapType::Abstract { ty: H::Any | H::Func | H::Extern | H::Exn, .. })
}

/// The type of non-null references to objects of exactly this type of the module.
fn exactly(ty: u32) -> RefType {
    let index = wasmparser::UnpackedIndex::Module(ty);
    RefType::new(false, HeapType::Exact(index)).expect("decoded before")
}
