//! A shape with objects: structures of a long chain of subtypes, arrays of every element, and small integers are held as `anyref`
//! while other code runs; then they are cast, changed and read.

use super::Body;
use crate::triage::smith::values::{ANY, ANY_REF, drawn};
use wasm_encoder::{
    AbstractHeapType, ArrayType, BlockType, CompositeInnerType, CompositeType, FieldType, HeapType, Instruction as I,
    RefType, StorageType, StructType, SubType, TypeSection, ValType as V,
};
use wasm_encoder::{ConstExpr, Elements};

/// The length of the chain: longer than the list of a type's supertypes that compiled code can look up directly.
const CHAIN: u32 = 12;

/// The fields of the last structure of the chain; each type of the chain has one more. They have all widths, so that there are
/// gaps between them.
const FIELDS: [StorageType; CHAIN as usize] = [
    StorageType::Val(V::I32),
    StorageType::I8,
    StorageType::Val(V::I64),
    StorageType::I16,
    StorageType::Val(V::F32),
    StorageType::Val(ANY),
    StorageType::I8,
    StorageType::Val(V::F64),
    StorageType::I16,
    StorageType::Val(V::I32),
    StorageType::Val(ANY),
    StorageType::Val(V::I64),
];

/// The elements of the arrays.
const ELEMENTS: [StorageType; 7] = [
    StorageType::I8,
    StorageType::I16,
    StorageType::Val(V::I32),
    StorageType::Val(V::I64),
    StorageType::Val(V::F32),
    StorageType::Val(V::F64),
    StorageType::Val(ANY),
];

const STRUCT: HeapType = HeapType::Abstract { shared: false, ty: AbstractHeapType::Struct };
const ARRAY: HeapType = HeapType::Abstract { shared: false, ty: AbstractHeapType::Array };
const EQ: HeapType = HeapType::Abstract { shared: false, ty: AbstractHeapType::Eq };

/// The types that the shape needs.
#[derive(Clone, Copy)]
pub(super) struct Objects {
    /// The first structure of the chain; the others follow.
    chain: u32,
    /// A structure with the fields of the one in the middle of the chain, and the same supertype.
    sibling: u32,
    /// The first array; the others follow.
    arrays: u32,
    /// A final structure, whose fields do not change: an i32 and a reference.
    sealed: u32,
    /// The passive segment of elements for arrays of references.
    elements: Option<u32>,
}

/// The number of elements of that segment.
const PASSIVE: i32 = 5;

/// Returns that segment.
pub(super) fn elements() -> Elements<'static> {
    let values = (0..PASSIVE).map(|i| match i {
        0 => ConstExpr::ref_null(HeapType::ANY),
        i => ConstExpr::extended([I::I32Const(i - 2), I::RefI31]),
    });
    Elements::Expressions(ANY_REF, values.collect::<Vec<_>>().into())
}

/// Declares the types; the first one has the index `chain`. `elements` is the segment of [`elements`], if there is one.
pub(super) fn declare(types: &mut TypeSection, chain: u32, elements: Option<u32>) -> Objects {
    let field = |element_type| FieldType { element_type, mutable: true };
    let sub = |supertype: Option<u32>, inner| SubType {
        is_final: false,
        supertype_idxs: supertype.into_iter().collect(),
        composite_type: CompositeType { inner, shared: false, descriptor: None, describes: None },
    };
    let structure = |count: u32| {
        CompositeInnerType::Struct(StructType {
            fields: FIELDS[..count as usize].iter().map(|&ty| field(ty)).collect(),
        })
    };
    for i in 0..CHAIN {
        types.ty().subtype(&sub((i > 0).then(|| chain + i - 1), structure(i + 1)));
    }
    let sibling = chain + CHAIN;
    // In a group with another type, so that the types are not equal.
    let middle = CHAIN / 2;
    types.ty().rec([sub(Some(chain + middle - 1), structure(middle + 1)), sub(None, structure(1))]);
    let arrays = sibling + 2;
    for element in ELEMENTS {
        types.ty().subtype(&sub(None, CompositeInnerType::Array(ArrayType(field(element)))));
    }
    let sealed = arrays + ELEMENTS.len() as u32;
    let fixed = |ty| FieldType { element_type: StorageType::Val(ty), mutable: false };
    let fields = Box::new([fixed(V::I32), fixed(ANY)]);
    types.ty().subtype(&SubType { is_final: true, ..sub(None, CompositeInnerType::Struct(StructType { fields })) });
    Objects { chain, sibling, arrays, sealed, elements }
}

fn is_packed(ty: StorageType) -> bool {
    matches!(ty, StorageType::I8 | StorageType::I16)
}

fn unpacked(ty: StorageType) -> V {
    match ty {
        StorageType::Val(ty) => ty,
        StorageType::I8 | StorageType::I16 => V::I32,
    }
}

impl Body<'_> {
    /// Makes a few objects, executes something, and inspects them.
    pub(super) fn objects(&mut self, types: Objects) {
        let held = [0; 3].map(|_| {
            let local = self.fresh(ANY);
            self.own.push(local);
            local
        });
        for local in held {
            self.object(types, &held);
            self.put([I::LocalSet(local)]);
        }
        if self.budget > 0 && self.once_in(2) {
            self.statement();
        }
        for _ in 0..2 + self.below(4) {
            let one = drawn(self.random, &held);
            match self.below(8) {
                0 => self.compared(&held),
                1 => self.small(one),
                2 if self.once_in(2) => self.sealed(types, one),
                2..5 => self.structure(types, one, &held),
                _ => self.array(types, one, &held),
            }
        }
    }

    /// Mixes the value on the stack into a local.
    fn noted(&mut self, ty: V) {
        if let V::Ref(_) = ty {
            // For a reference, only whether it is of some kind.
            let of = drawn(self.random, &[HeapType::I31, STRUCT, ARRAY, EQ]);
            self.put([I::RefTestNonNull(of)]);
            self.as_bits(V::I32);
        } else {
            self.as_bits(ty);
        }
        let target = self.local(V::I64);
        self.put([I::LocalGet(target), I::I64Const(11), I::I64Rotl, I::I64Xor, I::LocalSet(target)]);
    }

    /// Pushes a value for a field or an element.
    fn stored(&mut self, ty: StorageType, held: &[u32]) {
        match unpacked(ty) {
            V::Ref(_) => {
                let other = drawn(self.random, held);
                self.put([I::LocalGet(other)]);
            }
            ty => {
                self.expression(ty, 1);
                self.settled(ty);
            }
        }
    }

    /// Pushes an object of any kind, or now and then null.
    fn object(&mut self, types: Objects, held: &[u32]) {
        match self.below(12) {
            0 => self.put([I::RefNull(HeapType::ANY)]),
            1 | 2 => {
                self.expression(V::I32, 1);
                self.put([I::RefI31]);
            }
            3 => {
                self.stored(StorageType::Val(V::I32), held);
                self.stored(StorageType::Val(ANY), held);
                self.put([I::StructNew(types.sealed)]);
            }
            4..8 => {
                let (ty, count) = self.some_structure(types);
                if self.once_in(4) {
                    return self.put([I::StructNewDefault(ty)]);
                }
                for field in &FIELDS[..count as usize] {
                    self.stored(*field, held);
                }
                self.put([I::StructNew(ty)]);
            }
            _ => {
                let at = self.below(ELEMENTS.len() as u64) as u32;
                let (ty, element) = (types.arrays + at, ELEMENTS[at as usize]);
                let count = drawn(self.random, &[0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 100]);
                match self.below(4) {
                    0 => self.put([I::I32Const(count), I::ArrayNewDefault(ty)]),
                    1 => {
                        let array_size = count.min(9) as u32;
                        for _ in 0..array_size {
                            self.stored(element, held);
                        }
                        self.put([I::ArrayNewFixed { array_type_index: ty, array_size }]);
                    }
                    2 if element == StorageType::Val(ANY)
                        && let Some(array_elem_index) = types.elements =>
                    {
                        let (first, count) = (self.below(3) as i32, count.min(2));
                        self.put([I::I32Const(first), I::I32Const(count)]);
                        self.put([I::ArrayNewElem { array_type_index: ty, array_elem_index }]);
                    }
                    2 if self.shared.has.bulk && element != StorageType::Val(ANY) => {
                        // Within the 64 bytes of the passive segment.
                        let (first, count) = (self.below(9) as i32, count.min(7));
                        self.put([I::I32Const(first), I::I32Const(count)]);
                        self.put([I::ArrayNewData { array_type_index: ty, array_data_index: 1 }]);
                    }
                    _ => {
                        self.stored(element, held);
                        self.put([I::I32Const(count), I::ArrayNew(ty)]);
                    }
                }
            }
        }
    }

    /// Draws a type of the chain, often around the middle, or the sibling; and the number of its fields.
    fn some_structure(&mut self, types: Objects) -> (u32, u32) {
        let middle = CHAIN / 2;
        match self.below(6) {
            0 => (types.sibling, middle + 1),
            1 => (types.chain + middle, middle + 1),
            _ => {
                let at = self.below(CHAIN.into()) as u32;
                (types.chain + at, at + 1)
            }
        }
    }

    /// Compares two of the objects by identity.
    fn compared(&mut self, held: &[u32]) {
        for _ in 0..2 {
            let one = drawn(self.random, held);
            self.put([I::LocalGet(one), I::RefCastNullable(EQ)]);
        }
        self.put([I::RefEq]);
        self.noted(V::I32);
    }

    /// Uses the object as a small integer, if it is one.
    fn small(&mut self, object: u32) {
        let get = self.one_of(&[I::I31GetS, I::I31GetU]);
        self.if_cast(object, HeapType::I31, |b, as_it_is| {
            b.put([I::LocalGet(as_it_is), get]);
            b.noted(V::I32);
        });
    }

    /// Does something with the object of a local if it is of this type.
    fn if_cast(&mut self, object: u32, heap_type: HeapType, then: impl FnOnce(&mut Self, u32)) {
        let to_ref_type = RefType { nullable: self.once_in(8), heap_type };
        let cast = self.fresh(V::Ref(RefType { nullable: true, heap_type }));
        self.own.push(cast);
        let result = |ty| BlockType::Result(V::Ref(ty));
        match self.below(4) {
            0 => {
                let test = if to_ref_type.nullable { I::RefTestNullable } else { I::RefTestNonNull };
                self.put([I::LocalGet(object), test(heap_type), I::If(BlockType::Empty)]);
                let cast_to =
                    if to_ref_type.nullable || self.once_in(2) { I::RefCastNullable } else { I::RefCastNonNull };
                self.put([I::LocalGet(object), cast_to(heap_type), I::LocalSet(cast)]);
                then(self, cast);
                self.put([I::End]);
            }
            1 => {
                self.put([I::Block(BlockType::Empty), I::Block(result(ANY_REF)), I::LocalGet(object)]);
                self.put([
                    I::BrOnCastFail { relative_depth: 0, from_ref_type: ANY_REF, to_ref_type },
                    I::LocalSet(cast),
                ]);
                then(self, cast);
                self.put([I::Br(1), I::End, I::Drop, I::End]);
            }
            _ => {
                self.put([I::Block(BlockType::Empty), I::Block(result(to_ref_type)), I::LocalGet(object)]);
                self.put([
                    I::BrOnCast { relative_depth: 0, from_ref_type: ANY_REF, to_ref_type },
                    I::Drop,
                    I::Br(1),
                    I::End,
                ]);
                self.put([I::LocalSet(cast)]);
                then(self, cast);
                self.put([I::End]);
            }
        }
    }

    /// Reads a field of a structure, or changes and reads it, if the object's type has that field.
    fn structure(&mut self, types: Objects, object: u32, held: &[u32]) {
        let (ty, count) = self.some_structure(types);
        let field = if self.once_in(3) { count - 1 } else { self.below(count.into()) as u32 };
        let storage = FIELDS[field as usize];
        let held = held.to_vec();
        self.if_cast(object, HeapType::Concrete(ty), |b, cast| {
            if b.once_in(2) {
                b.put([I::LocalGet(cast)]);
                b.stored(storage, &held);
                b.put([I::StructSet { struct_type_index: ty, field_index: field }]);
            }
            b.put([I::LocalGet(cast)]);
            let (struct_type_index, field_index) = (ty, field);
            let packed = is_packed(storage).then(|| b.once_in(2));
            b.put([match packed {
                None => I::StructGet { struct_type_index, field_index },
                Some(true) => I::StructGetS { struct_type_index, field_index },
                Some(false) => I::StructGetU { struct_type_index, field_index },
            }]);
            b.noted(unpacked(storage));
        });
    }

    /// Reads an immutable field, if the object has the final type.
    fn sealed(&mut self, types: Objects, object: u32) {
        let struct_type_index = types.sealed;
        self.if_cast(object, HeapType::Concrete(struct_type_index), |b, cast| {
            let field_index = b.below(2) as u32;
            b.put([I::LocalGet(cast), I::StructGet { struct_type_index, field_index }]);
            b.noted([V::I32, ANY][field_index as usize]);
        });
    }

    /// Uses the object as an array, if it is one: its length, its elements, fills and copies.
    fn array(&mut self, types: Objects, object: u32, held: &[u32]) {
        let at = self.below(ELEMENTS.len() as u64) as u32;
        let (ty, element) = (types.arrays + at, ELEMENTS[at as usize]);
        let held = held.to_vec();
        if self.once_in(4) {
            return self.if_cast(object, ARRAY, |b, cast| {
                b.put([I::LocalGet(cast), I::ArrayLen]);
                b.noted(V::I32);
            });
        }
        self.if_cast(object, HeapType::Concrete(ty), |b, cast| {
            // Usually within the bounds of eight elements, and now and then not.
            let traps = b.once_in(24);
            if !traps {
                b.put([I::LocalGet(cast), I::ArrayLen, I::I32Const(8), I::I32GeU, I::If(BlockType::Empty)]);
            }
            let index = |b: &mut Self, end: u64| {
                let last = b.once_in(3);
                let at = if last { end as i32 } else { b.below(end + 1) as i32 };
                let before = if traps && b.once_in(2) { 9 } else { 0 };
                b.put([I::I32Const(at - before)]);
                at as u64
            };
            match b.below(5) {
                4 if element != StorageType::Val(ANY) && b.shared.has.bulk => {
                    b.put([I::LocalGet(cast)]);
                    let first = index(b, 7);
                    // Within the 64 bytes of the passive segment, at most 8 for each element.
                    let (from, count) = (b.below(9) as i32, b.below(8 - first) as i32);
                    b.put([I::I32Const(from), I::I32Const(count.min(6))]);
                    b.put([I::ArrayInitData { array_type_index: ty, array_data_index: 1 }]);
                }
                4 if element == StorageType::Val(ANY)
                    && let Some(array_elem_index) = types.elements =>
                {
                    b.put([I::LocalGet(cast)]);
                    index(b, 5);
                    let from = b.below(3) as i32;
                    b.put([I::I32Const(from), I::I32Const(2)]);
                    b.put([I::ArrayInitElem { array_type_index: ty, array_elem_index }]);
                }
                0 => {
                    b.put([I::LocalGet(cast)]);
                    let first = index(b, 8);
                    b.stored(element, &held);
                    index(b, 8 - first);
                    b.put([I::ArrayFill(ty)]);
                }
                1 => {
                    // Onto itself, in either direction.
                    b.put([I::LocalGet(cast)]);
                    let to = index(b, 8);
                    b.put([I::LocalGet(cast)]);
                    let from = index(b, 8);
                    index(b, 8 - to.max(from));
                    b.put([I::ArrayCopy { array_type_index_dst: ty, array_type_index_src: ty }]);
                }
                2 => {
                    b.put([I::LocalGet(cast)]);
                    index(b, 7);
                    b.stored(element, &held);
                    b.put([I::ArraySet(ty)]);
                }
                _ => {}
            }
            for _ in 0..2 {
                b.put([I::LocalGet(cast)]);
                index(b, 7);
                let packed = is_packed(element).then(|| b.once_in(2));
                b.put([match packed {
                    None => I::ArrayGet(ty),
                    Some(true) => I::ArrayGetS(ty),
                    Some(false) => I::ArrayGetU(ty),
                }]);
                b.noted(unpacked(element));
            }
            if !traps {
                b.put([I::End]);
            }
        });
    }
}
