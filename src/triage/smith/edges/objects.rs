//! Edges of objects: casts at each depth of a chain of subtypes, of null and of what is not null, and what is known afterwards on
//! either path; the ends of arrays; heaps with objects of many sizes.

use super::{Edge, Maker, PASSIVE, PASSIVE_BYTES, PASSIVE_ELEMENTS, PASSIVE_FUNCTIONS};
use crate::triage::smith::values::{ANY, ANY_REF, nullable};
use wasm_encoder::{
    AbstractHeapType, ArrayType, BlockType, CompositeInnerType, CompositeType, FieldType, HeapType, Instruction as I,
    RefType, StorageType, StructType, SubType, ValType as V,
};

/// The length of the chain: longer than the list of a type's supertypes that compiled code looks up directly.
const CHAIN: u32 = 12;
/// The depths of the structures beside the chain; each has the same supertype as the one of the chain at its depth.
const BESIDE: [u32; 4] = [1, 7, 8, 9];
/// The elements of the arrays.
const ELEMENTS: [StorageType; 9] = [
    StorageType::I8,
    StorageType::I16,
    StorageType::Val(V::I32),
    StorageType::Val(V::I64),
    StorageType::Val(V::F32),
    StorageType::Val(V::F64),
    StorageType::Val(V::V128),
    StorageType::Val(ANY),
    StorageType::Val(V::FUNCREF),
];
/// The indices of the first and of the last two of these.
const BYTES: u32 = 0;
const ANYS: u32 = 7;
const FUNCTIONS: u32 = 8;

const fn abstracted(ty: AbstractHeapType) -> HeapType {
    HeapType::Abstract { shared: false, ty }
}

/// The types above all of these, and the one below.
const ABSTRACT: [HeapType; 6] = [
    HeapType::ANY,
    abstracted(AbstractHeapType::Eq),
    HeapType::I31,
    abstracted(AbstractHeapType::Struct),
    abstracted(AbstractHeapType::Array),
    abstracted(AbstractHeapType::None),
];
const EQ: HeapType = ABSTRACT[1];

/// The types of objects.
#[derive(Clone, Copy)]
pub(super) struct Objects {
    /// The first structure of the chain; the others follow, then those beside it.
    chain: u32,
    /// The first array; the others follow.
    arrays: u32,
    /// A function that makes the object of a number, of [`kinds`]; the compiler does not know what it returns.
    make: u32,
    /// A function that returns something of what an object contains.
    look: u32,
    /// A function that makes as many objects as its argument says, which nothing refers to.
    waste: u32,
}

/// How to make each kind of object.
fn kinds(chain: u32, arrays: u32) -> Vec<Vec<I<'static>>> {
    let small = [0, 1, -1, 0x3fff_ffff, 0x4000_0000, i32::MIN].map(|n| vec![I::I32Const(n), I::RefI31]);
    let structures = (0..CHAIN + BESIDE.len() as u32).map(|i| vec![I::StructNewDefault(chain + i)]);
    let arrays = (0..ELEMENTS.len() as u32).map(|i| vec![I::I32Const(3), I::ArrayNewDefault(arrays + i)]);
    let null = vec![I::RefNull(HeapType::ANY)];
    [null.clone(), null].into_iter().chain(small).chain(structures).chain(arrays).collect()
}

/// Declares the types, and makes the function.
pub(super) fn declare(m: &mut Maker) -> Objects {
    let chain = m.type_count;
    let field = |element_type| FieldType { element_type, mutable: true };
    let sub = |supertype: Option<u32>, inner| SubType {
        is_final: false,
        supertype_idxs: supertype.into_iter().collect(),
        composite_type: CompositeType { inner, shared: false, descriptor: None, describes: None },
    };
    let structure = |fields: &[V]| {
        let fields = fields.iter().map(|&ty| field(StorageType::Val(ty))).collect();
        CompositeInnerType::Struct(StructType { fields })
    };
    for i in 0..CHAIN {
        m.types.ty().subtype(&sub((i > 0).then(|| chain + i - 1), structure(&[V::I32])));
    }
    for depth in BESIDE {
        m.types.ty().subtype(&sub(Some(chain + depth - 1), structure(&[V::I32, V::I64])));
    }
    let arrays = chain + CHAIN + BESIDE.len() as u32;
    for element in ELEMENTS {
        m.types.ty().subtype(&sub(None, CompositeInnerType::Array(ArrayType(field(element)))));
    }
    m.type_count = arrays + ELEMENTS.len() as u32;
    let mut code = Vec::new();
    for (n, kind) in (0..).zip(kinds(chain, arrays)) {
        code.extend([I::LocalGet(0), I::I32Const(n), I::I32Eq, I::If(BlockType::Empty)]);
        code.extend(kind);
        code.extend([I::Return, I::End]);
    }
    code.push(I::RefNull(HeapType::ANY));
    let make = m.function(&[V::I32], &[ANY], &[], code);
    let mut code = Vec::new();
    let object = || I::LocalGet(0);
    code.extend([object(), I::RefTestNonNull(HeapType::I31), I::If(BlockType::Empty)]);
    code.extend([object(), I::RefCastNonNull(HeapType::I31), I::I31GetS, I::I64ExtendI32S, I::Return, I::End]);
    let (first, array) = (HeapType::Concrete(chain), abstracted(AbstractHeapType::Array));
    code.extend([object(), I::RefTestNonNull(first), I::If(BlockType::Empty), object(), I::RefCastNonNull(first)]);
    code.push(I::StructGet { struct_type_index: chain, field_index: 0 });
    code.extend([I::I64ExtendI32U, I::I64Const(1000), I::I64Add, I::Return, I::End]);
    code.extend([object(), I::RefTestNonNull(array), I::If(BlockType::Empty), object(), I::RefCastNonNull(array)]);
    code.extend([I::ArrayLen, I::I64ExtendI32U, I::I64Const(2000), I::I64Add, I::Return, I::End]);
    code.extend([object(), I::RefIsNull, I::I64ExtendI32U]);
    let look = m.function(&[ANY], &[V::I64], &[], code);
    let mut code = vec![I::LocalGet(0), I::I32Const(0xfff), I::I32And, I::LocalSet(0)];
    code.extend([I::Block(BlockType::Empty), I::Loop(BlockType::Empty), I::LocalGet(0), I::I32Eqz, I::BrIf(1)]);
    code.extend([I::LocalGet(0), I::ArrayNewDefault(arrays + BYTES), I::Drop]);
    code.extend([I::LocalGet(0), I::I32Const(1), I::I32Sub, I::LocalSet(0), I::Br(0), I::End, I::End]);
    let waste = m.function(&[V::I32], &[], &[], code);
    Objects { chain, arrays, make, look, waste }
}

/// A final structure of these fields.
fn plain(fields: &[StorageType], descriptor: Option<u32>, describes: Option<u32>) -> SubType {
    let fields = fields.iter().map(|&element_type| FieldType { element_type, mutable: true }).collect();
    let inner = CompositeInnerType::Struct(StructType { fields });
    let composite_type = CompositeType { inner, shared: false, descriptor, describes };
    SubType { is_final: true, supertype_idxs: Vec::new(), composite_type }
}

impl Edge<'_, '_> {
    fn types(&self) -> Objects {
        self.m.objects.expect("only where there are objects")
    }

    /// Pushes an object that is not null, as `(ref any)` or below.
    pub(super) fn object(&mut self) {
        let types = self.types();
        let kinds = kinds(types.chain, types.arrays);
        // Behind the nulls.
        let at = 2 + self.below(kinds.len() as u64 - 2) as usize;
        self.put(kinds[at].clone());
    }

    /// Mixes something of what the object on the stack contains into the result.
    pub(super) fn looked(&mut self) {
        let look = self.types().look;
        self.put([I::Call(look)]);
        self.noted(V::I64);
    }

    /// Now and then makes objects that nothing refers to, a few or many, so that there may be a collection.
    pub(super) fn wasted(&mut self) {
        if self.m.has.gc && self.once_in(3) {
            let (waste, count) = (self.types().waste, self.drawn(&[1, 2, 10, 10, 100, 0x800]));
            self.put([I::I32Const(count), I::Call(waste)]);
        }
    }

    /// Draws a type for a cast, often of the chain.
    fn target(&mut self) -> HeapType {
        let types = self.types();
        match self.below(4) {
            0 => self.drawn(&ABSTRACT),
            1 => HeapType::Concrete(types.arrays + self.below(ELEMENTS.len() as u64) as u32),
            _ => HeapType::Concrete(types.chain + self.below(u64::from(CHAIN) + BESIDE.len() as u64) as u32),
        }
    }

    /// Casts and tests of one object, and what is known of it afterwards.
    pub(super) fn cast(&mut self) {
        let types = self.types();
        let object = self.fresh(ANY);
        let kinds = kinds(types.chain, types.arrays);
        // Null, something of the chain, or anything.
        let kind = match self.below(4) {
            0 => 0,
            1 => self.below(kinds.len() as u64) as usize,
            _ => 8 + self.below(CHAIN.into()) as usize,
        };
        if self.once_in(4) {
            self.put(kinds[kind].clone());
        } else {
            self.either(V::I32, kind as u128);
            self.put([I::Call(types.make)]);
        }
        self.put([I::LocalSet(object)]);
        for _ in 0..1 + self.below(3) {
            let of = self.target();
            self.tested(object, of);
        }
    }

    /// Tests an object, and uses it on both paths.
    fn tested(&mut self, object: u32, of: HeapType) {
        let to_ref_type = RefType { nullable: self.once_in(2), heap_type: of };
        let test = if to_ref_type.nullable { I::RefTestNullable(of) } else { I::RefTestNonNull(of) };
        let cast = self.fresh(V::Ref(nullable(of)));
        let rest = self.fresh(ANY);
        match self.below(10) {
            0 => {
                self.put([I::LocalGet(object), test]);
                self.noted(V::I32);
            }
            1 => {
                self.put([I::LocalGet(object), test, I::If(BlockType::Empty)]);
                self.used(object);
                self.put([I::LocalGet(object)]);
                self.put([if to_ref_type.nullable { I::RefCastNullable(of) } else { I::RefCastNonNull(of) }]);
                self.put([I::LocalSet(cast)]);
                self.used_as(cast, of);
                self.put([I::Else]);
                self.used(object);
                self.put([I::End]);
            }
            2..5 => {
                self.put([I::Block(BlockType::Empty), I::Block(BlockType::Result(V::Ref(to_ref_type)))]);
                self.put([I::LocalGet(object)]);
                self.put([I::BrOnCast { relative_depth: 0, from_ref_type: ANY_REF, to_ref_type }, I::LocalSet(rest)]);
                let other = if self.once_in(2) { object } else { rest };
                self.used(other);
                self.put([I::Br(1), I::End, I::LocalSet(cast)]);
                self.used_as(cast, of);
                self.put([I::End]);
            }
            5..7 => {
                self.put([I::Block(BlockType::Empty), I::Block(BlockType::Result(ANY)), I::LocalGet(object)]);
                self.put([I::BrOnCastFail { relative_depth: 0, from_ref_type: ANY_REF, to_ref_type }]);
                self.put([I::LocalSet(cast)]);
                self.used_as(cast, of);
                self.put([I::Br(1), I::End, I::LocalSet(rest)]);
                let other = if self.once_in(2) { object } else { rest };
                self.used(other);
                self.put([I::End]);
            }
            7 => {
                self.put([I::LocalGet(object)]);
                self.put([if to_ref_type.nullable { I::RefCastNullable(of) } else { I::RefCastNonNull(of) }]);
                self.put([I::LocalSet(cast)]);
                self.used_as(cast, of);
                self.used(object);
            }
            8 => {
                self.put([I::Block(BlockType::Empty), I::LocalGet(object), I::BrOnNull(0), I::Drop]);
                self.used(object);
                self.put([I::End]);
                self.used(object);
            }
            _ => {
                let result = RefType { nullable: false, heap_type: HeapType::ANY };
                self.put([I::Block(BlockType::Empty), I::Block(BlockType::Result(V::Ref(result)))]);
                self.put([I::LocalGet(object), I::BrOnNonNull(0)]);
                self.used(object);
                self.put([I::Br(1), I::End, I::LocalSet(rest)]);
                self.used(rest);
                self.put([I::End]);
            }
        }
    }

    /// Uses an object of which tests may have told something.
    fn used(&mut self, object: u32) {
        self.put([I::LocalGet(object)]);
        match self.below(6) {
            0 => self.put([I::RefIsNull]),
            1 => {
                // Traps if it is null.
                self.put([I::RefAsNonNull, I::RefIsNull]);
            }
            2 => self.put([I::RefTestNonNull(HeapType::ANY)]),
            3 => {
                let of = self.target();
                let test = if self.once_in(2) { I::RefTestNullable(of) } else { I::RefTestNonNull(of) };
                self.put([test]);
            }
            4 => self.put([I::RefCastNullable(EQ), I::LocalGet(object), I::RefCastNullable(EQ), I::RefEq]),
            _ => {
                let (of, signed) = (HeapType::I31, self.once_in(2));
                self.put([I::RefTestNonNull(of), I::If(BlockType::Empty), I::LocalGet(object), I::RefCastNonNull(of)]);
                self.put([if signed { I::I31GetS } else { I::I31GetU }]);
                self.noted(V::I32);
                self.put([I::End, I::LocalGet(object), I::RefIsNull]);
            }
        }
        self.noted(V::I32);
    }

    /// Uses what was cast, which may be null.
    fn used_as(&mut self, cast: u32, of: HeapType) {
        let types = self.types();
        self.put([I::LocalGet(cast), I::RefIsNull]);
        self.noted(V::I32);
        match of {
            HeapType::Concrete(struct_type_index) if struct_type_index < types.arrays => {
                self.put([I::LocalGet(cast), I::StructGet { struct_type_index, field_index: 0 }]);
                self.noted(V::I32);
            }
            HeapType::Concrete(_) => {
                self.put([I::LocalGet(cast), I::ArrayLen]);
                self.noted(V::I32);
            }
            _ => {}
        }
    }

    /// An array, and an operation at its end.
    pub(super) fn array(&mut self) {
        let types = self.types();
        let at = self.below(ELEMENTS.len() as u64) as u32;
        let (ty, element) = (types.arrays + at, ELEMENTS[at as usize]);
        let size = match element {
            StorageType::I8 => 1,
            StorageType::I16 => 2,
            StorageType::Val(V::I32 | V::F32) => 4,
            StorageType::Val(V::V128) => 16,
            StorageType::Val(_) => 8,
        };
        let array = self.fresh(V::Ref(nullable(HeapType::Concrete(ty))));
        let unpacked = element.unpack();
        let numeric = !matches!(unpacked, V::Ref(_));
        let mut count = self.drawn(&[0, 0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 127, 128, 129]);
        let functions = at == FUNCTIONS;
        match self.below(4) {
            0 => {
                count = count.min(17);
                for _ in 0..count {
                    self.any(unpacked);
                }
                self.put([I::ArrayNewFixed { array_type_index: ty, array_size: count as u32 }]);
            }
            1 if numeric || functions => {
                // From a segment, up to its end or beyond.
                let whole = if functions { PASSIVE_FUNCTIONS } else { PASSIVE_BYTES / size };
                count = count.min(whole + 1);
                let from = self
                    .position(count * if functions { 1 } else { size }, if functions { whole } else { PASSIVE_BYTES });
                self.integer(false, from);
                self.integer(false, count);
                self.put([match functions {
                    true => I::ArrayNewElem { array_type_index: ty, array_elem_index: PASSIVE_ELEMENTS },
                    false => I::ArrayNewData { array_type_index: ty, array_data_index: PASSIVE },
                }]);
            }
            2 => {
                self.integer(false, count);
                self.put([I::ArrayNewDefault(ty)]);
            }
            _ => {
                self.any(unpacked);
                self.integer(false, count);
                self.put([I::ArrayNew(ty)]);
            }
        }
        self.put([I::LocalSet(array)]);
        self.wasted();
        if self.once_in(16) {
            self.put([I::RefNull(HeapType::Concrete(ty)), I::LocalSet(array)]);
        }
        // An element that is read before and after some of what follows.
        let watched = (count > 0).then(|| self.below(count));
        for _ in 0..1 + self.below(3) {
            let watched = watched.filter(|_| self.once_in(2));
            self.watched(array, (ty, element), watched);
            self.array_operation(array, (ty, element), count, functions);
            self.watched(array, (ty, element), watched);
        }
        self.put([I::LocalGet(array), I::ArrayLen]);
        self.noted(V::I32);
        // All of its elements, in a loop.
        let index = self.fresh(V::I32);
        self.put([I::Block(BlockType::Empty), I::Loop(BlockType::Empty)]);
        self.put([I::LocalGet(index), I::LocalGet(array), I::ArrayLen, I::I32GeU, I::BrIf(1)]);
        self.put([I::LocalGet(array), I::LocalGet(index)]);
        self.array_get((ty, element));
        self.put([I::LocalGet(index), I::I32Const(1), I::I32Add, I::LocalSet(index), I::Br(0), I::End, I::End]);
    }

    /// Reads the element with this index, if there is one, by a constant.
    fn watched(&mut self, array: u32, of: (u32, StorageType), at: Option<u64>) {
        if let Some(at) = at {
            self.put([I::LocalGet(array), I::I32Const(at as i32)]);
            self.array_get(of);
        }
    }

    /// Reads the element of the array and the index on the stack.
    fn array_get(&mut self, (ty, element): (u32, StorageType)) {
        let instruction = match element {
            StorageType::Val(_) => I::ArrayGet(ty),
            _ if self.once_in(2) => I::ArrayGetS(ty),
            _ => I::ArrayGetU(ty),
        };
        self.put([instruction]);
        self.noted(element.unpack());
    }

    fn array_operation(&mut self, array: u32, (ty, element): (u32, StorageType), length: u64, functions: bool) {
        let unpacked = element.unpack();
        let numeric = !matches!(unpacked, V::Ref(_));
        let count = self.drawn(&[0, 1, 2, 3, 8, 16, length, length, length.saturating_sub(1)]).min(length);
        let at = self.position(count, length);
        self.put([I::LocalGet(array)]);
        match self.below(6) {
            0 | 1 => {
                let at = self.position(1, length);
                self.integer(false, at);
                self.array_get((ty, element));
            }
            2 => {
                let at = self.position(1, length);
                self.integer(false, at);
                self.any(unpacked);
                self.put([I::ArraySet(ty)]);
            }
            3 => {
                self.integer(false, at);
                self.any(unpacked);
                self.integer(false, count);
                self.put([I::ArrayFill(ty)]);
            }
            4 if numeric => {
                let count = count.min(4);
                let from = self.position(count, PASSIVE_BYTES);
                self.integer(false, at);
                self.integer(false, from);
                self.integer(false, count);
                self.put([I::ArrayInitData { array_type_index: ty, array_data_index: PASSIVE }]);
            }
            4 if functions => {
                let from = self.position(count.min(PASSIVE_FUNCTIONS), PASSIVE_FUNCTIONS);
                self.integer(false, at);
                self.integer(false, from);
                self.integer(false, count.min(PASSIVE_FUNCTIONS));
                self.put([I::ArrayInitElem { array_type_index: ty, array_elem_index: PASSIVE_ELEMENTS }]);
            }
            _ => {
                // Onto itself, in either direction.
                self.integer(false, at);
                self.put([I::LocalGet(array)]);
                let from = match self.below(2) {
                    0 => at.wrapping_add(self.drawn(&[1, u64::MAX, 8, 8u64.wrapping_neg()])),
                    _ => self.position(count, length),
                };
                self.integer(false, from);
                self.integer(false, count);
                self.put([I::ArrayCopy { array_type_index_dst: ty, array_type_index_src: ty }]);
            }
        }
        self.passed_here(5);
    }

    /// A structure of any fields, in any order: each is written and read.
    pub(super) fn structure(&mut self) {
        if self.m.has.descriptors && self.once_in(2) {
            return self.described();
        }
        if self.once_in(6) {
            return self.large();
        }
        let fields = self.fields();
        let struct_type_index = self.m.type_count;
        self.m.types.ty().subtype(&plain(&fields, None, None));
        self.m.type_count += 1;
        let object = self.fresh(V::Ref(nullable(HeapType::Concrete(struct_type_index))));
        if self.once_in(4) {
            self.put([I::StructNewDefault(struct_type_index)]);
        } else {
            for field in &fields {
                self.any(field.unpack());
            }
            self.put([I::StructNew(struct_type_index)]);
        }
        self.put([I::LocalSet(object)]);
        if fields.is_empty() {
            return;
        }
        for _ in 0..self.below(3) {
            let field_index = self.below(fields.len() as u64) as u32;
            self.put([I::LocalGet(object)]);
            self.any(fields[field_index as usize].unpack());
            self.put([I::StructSet { struct_type_index, field_index }]);
        }
        self.wasted();
        self.read(object, struct_type_index, &fields);
    }

    /// A structure of so many fields that some are further from its start than a short displacement or a page; perhaps null.
    fn large(&mut self) {
        let ty = self.drawn(&[V::I32, V::I64, if self.m.has.simd { V::V128 } else { V::F64 }]);
        let count = self.drawn(&[15, 16, 31, 127, 128, 255, 256, 257, 513, 1030]);
        let fields = vec![StorageType::Val(ty); count as usize];
        let struct_type_index = self.m.type_count;
        self.m.types.ty().subtype(&plain(&fields, None, None));
        self.m.type_count += 1;
        let of = HeapType::Concrete(struct_type_index);
        let object = self.fresh(V::Ref(nullable(of)));
        let null = self.once_in(3);
        self.put([if null { I::RefNull(of) } else { I::StructNewDefault(struct_type_index) }, I::LocalSet(object)]);
        for _ in 0..1 + self.below(4) {
            let field_index = self.drawn(&[0, 1, 6, 7, 14, 15, 126, count / 2, count - 2, count - 1]).min(count - 1);
            self.put([I::LocalGet(object)]);
            if self.once_in(2) {
                self.any(ty);
                self.put([I::StructSet { struct_type_index, field_index }]);
                self.passed_here(1);
            } else {
                self.put([I::StructGet { struct_type_index, field_index }]);
                self.noted(ty);
            }
        }
        for field_index in [0, count / 2, count - 2, count - 1] {
            self.put([I::LocalGet(object), I::StructGet { struct_type_index, field_index }]);
            self.noted(ty);
        }
    }

    /// Draws the types of fields.
    fn fields(&mut self) -> Vec<StorageType> {
        let mut fields: Vec<StorageType> = self.list().into_iter().map(StorageType::Val).collect();
        for _ in 0..self.below(4) {
            let (at, packed) = (self.below(fields.len() as u64 + 1) as usize, self.once_in(2));
            fields.insert(at, if packed { StorageType::I8 } else { StorageType::I16 });
        }
        fields
    }

    /// Pushes values for fields.
    fn written(&mut self, fields: &[StorageType]) {
        fields.iter().for_each(|field| self.any(field.unpack()));
    }

    /// Reads all fields of the structure in a local.
    fn read(&mut self, object: u32, struct_type_index: u32, fields: &[StorageType]) {
        for (field_index, field) in (0..).zip(fields) {
            self.put([I::LocalGet(object)]);
            self.put([match field {
                StorageType::Val(_) => I::StructGet { struct_type_index, field_index },
                _ if field_index % 2 == 0 => I::StructGetS { struct_type_index, field_index },
                _ => I::StructGetU { struct_type_index, field_index },
            }]);
            self.noted(field.unpack());
        }
    }

    /// A structure with a descriptor, both of any fields; casts of it, or of null, by its descriptor, another one, or null.
    fn described(&mut self) {
        let (fields, others) = (self.fields(), self.fields());
        let (object, descriptor) = (self.m.type_count, self.m.type_count + 1);
        let group = [plain(&fields, Some(descriptor), None), plain(&others, None, Some(object))];
        self.m.types.ty().rec(group);
        self.m.type_count += 2;
        let exact = HeapType::Exact(descriptor);
        let by = [0; 2].map(|_| self.fresh(V::Ref(nullable(exact))));
        for local in by {
            self.written(&others);
            self.put([I::StructNew(descriptor), I::LocalSet(local)]);
        }
        let known = !self.once_in(3);
        let of = HeapType::Concrete(object);
        let from_ref_type = if known { nullable(of) } else { ANY_REF };
        let made = self.fresh(V::Ref(from_ref_type));
        if self.once_in(4) {
            self.put([I::RefNull(from_ref_type.heap_type)]);
        } else {
            self.written(&fields);
            self.put([I::LocalGet(by[0]), I::StructNewDesc(object)]);
        }
        self.put([I::LocalSet(made)]);
        self.wasted();
        let cast = self.fresh(V::Ref(nullable(of)));
        for _ in 0..1 + self.below(3) {
            let to_ref_type = RefType { nullable: self.once_in(2), heap_type: of };
            let operand = match self.below(5) {
                0 => I::RefNull(exact),
                1 | 2 => I::LocalGet(by[1]),
                _ => I::LocalGet(by[0]),
            };
            let operands = [I::LocalGet(made), operand];
            match self.below(3) {
                0 => {
                    self.put(operands);
                    let nullable = to_ref_type.nullable;
                    self.put([if nullable { I::RefCastDescEqNullable(of) } else { I::RefCastDescEqNonNull(of) }]);
                    self.put([I::LocalSet(cast)]);
                    self.passed_here(9);
                }
                1 => {
                    self.put([I::Block(BlockType::Empty), I::Block(BlockType::Result(V::Ref(to_ref_type)))]);
                    self.put(operands);
                    self.put([I::BrOnCastDescEq { relative_depth: 0, from_ref_type, to_ref_type }, I::Drop]);
                    self.passed_here(10);
                    self.put([I::Br(1), I::End, I::LocalSet(cast)]);
                    self.passed_here(11);
                    self.put([I::End]);
                }
                _ => {
                    self.put([I::Block(BlockType::Empty), I::Block(BlockType::Result(V::Ref(from_ref_type)))]);
                    self.put(operands);
                    self.put([I::BrOnCastDescEqFail { relative_depth: 0, from_ref_type, to_ref_type }]);
                    self.put([I::LocalSet(cast)]);
                    self.passed_here(12);
                    self.put([I::Br(1), I::End, I::Drop]);
                    self.passed_here(13);
                    self.put([I::End]);
                }
            }
        }
        self.put([I::LocalGet(cast), I::RefIsNull]);
        self.noted(V::I32);
        // Both objects, of which the first may be null.
        self.read(by[1], descriptor, &others);
        if known {
            self.read(made, object, &fields);
            let own = self.fresh(V::Ref(nullable(HeapType::Concrete(descriptor))));
            self.put([I::LocalGet(made), I::RefGetDesc(object), I::LocalSet(own)]);
            self.read(own, descriptor, &others);
        }
    }

    /// Many objects of many sizes, of which some are kept in a list that is read at the end.
    pub(super) fn heap(&mut self) {
        let types = self.types();
        let (bytes, anys) = (types.arrays + BYTES, types.arrays + ANYS);
        let (list, one) = (self.fresh(ANY), self.fresh(V::Ref(nullable(HeapType::Concrete(bytes)))));
        let (counter, size) = (self.fresh(V::I32), self.fresh(V::I32));
        let count = self.drawn(&[10, 200, 1000, 3000, 6000]);
        let step = self.drawn(&[0, 1, 3, 8, 13, 127, 128]);
        let first = self.below(600) as i32;
        let mask = self.drawn(&[0x1f, 0xff, 0x3ff, 0x7ff]);
        let every = self.drawn(&[0, 1, 7, 31]);
        self.put([I::I32Const(count), I::LocalSet(counter), I::I32Const(first), I::LocalSet(size)]);
        self.put([I::Loop(BlockType::Empty)]);
        self.put([I::LocalGet(size), I::I32Const(step), I::I32Add, I::I32Const(mask), I::I32And, I::LocalTee(size)]);
        self.put([I::ArrayNewDefault(bytes), I::LocalSet(one)]);
        self.put([I::LocalGet(counter), I::I32Const(every), I::I32And, I::I32Eqz, I::If(BlockType::Empty)]);
        self.put([I::LocalGet(list), I::LocalGet(one)]);
        self.put([I::ArrayNewFixed { array_type_index: anys, array_size: 2 }, I::LocalSet(list)]);
        // Its last byte.
        self.put([I::LocalGet(size), I::If(BlockType::Empty), I::LocalGet(one), I::LocalGet(size), I::I32Const(1)]);
        self.put([I::I32Sub, I::LocalGet(counter), I::ArraySet(bytes), I::End, I::End]);
        self.put([I::LocalGet(counter), I::I32Const(1), I::I32Sub, I::LocalTee(counter), I::BrIf(0), I::End]);
        // The list, from its end.
        let (node, of) = (HeapType::Concrete(anys), HeapType::Concrete(bytes));
        self.put([I::Block(BlockType::Empty), I::Loop(BlockType::Empty), I::LocalGet(list), I::BrOnNull(1)]);
        self.put([I::RefCastNonNull(node), I::I32Const(1), I::ArrayGet(anys), I::RefCastNonNull(of), I::LocalTee(one)]);
        self.put([I::ArrayLen, I::LocalTee(size)]);
        self.noted(V::I32);
        self.put([I::LocalGet(size), I::If(BlockType::Empty), I::LocalGet(one), I::LocalGet(size), I::I32Const(1)]);
        self.put([I::I32Sub, I::ArrayGetU(bytes)]);
        self.noted(V::I32);
        self.put([I::End, I::LocalGet(list), I::RefCastNonNull(node), I::I32Const(0), I::ArrayGet(anys)]);
        self.put([I::LocalSet(list), I::Br(0), I::End, I::End]);
    }
}
