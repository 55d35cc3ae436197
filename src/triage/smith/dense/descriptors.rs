//! A shape with custom descriptors: an object whose descriptor is chosen at run time from two is cast by either of them
//! and asked for its own.

use super::Body;
use wasm_encoder::{
    BlockType, CompositeInnerType, CompositeType, FieldType, HeapType, Instruction as I, RefType, StorageType,
    StructType, SubType, TypeSection, ValType as V,
};

/// The types that the shape needs.
#[derive(Clone, Copy)]
pub(super) struct Described {
    /// Structures with a descriptor; they have an i32.
    object: u32,
    /// The descriptor type; it has an i64.
    descriptor: u32,
}

/// Declares the types; the first one has the index `object`.
pub(super) fn declare(types: &mut TypeSection, object: u32) -> Described {
    let described = Described { object, descriptor: object + 1 };
    let structure = |field, descriptor, describes| SubType {
        is_final: false,
        supertype_idxs: Vec::new(),
        composite_type: CompositeType {
            inner: CompositeInnerType::Struct(StructType {
                fields: Box::new([FieldType { element_type: StorageType::Val(field), mutable: true }]),
            }),
            shared: false,
            descriptor,
            describes,
        },
    };
    types.ty().rec([structure(V::I32, Some(object + 1), None), structure(V::I64, None, Some(object))]);
    described
}

fn reference(nullable: bool, heap_type: HeapType) -> RefType {
    RefType { nullable, heap_type }
}

impl Body<'_> {
    /// Adds a local for references that no other code reads.
    fn held(&mut self, ty: RefType) -> u32 {
        let local = self.fresh(V::Ref(ty));
        self.own.push(local);
        local
    }

    /// Makes an object and casts it.
    pub(super) fn described(&mut self, Described { object, descriptor }: Described) {
        let exact = reference(true, HeapType::Exact(descriptor));
        let by = [self.held(exact), self.held(exact)];
        // The code of a cast depends on the static types.
        let known = !self.once_in(4);
        let from = reference(true, if known { HeapType::Concrete(object) } else { HeapType::ANY });
        let made = self.held(from);
        for to in by {
            self.expression(V::I64, 1);
            self.put([I::StructNew(descriptor), I::LocalSet(to)]);
        }
        let default = self.once_in(4);
        if !default {
            self.expression(V::I32, 1);
        }
        self.put(by.map(I::LocalGet));
        self.condition(1);
        self.put([I::TypedSelect(V::Ref(exact))]);
        self.put([if default { I::StructNewDefaultDesc(object) } else { I::StructNewDesc(object) }, I::LocalSet(made)]);
        if self.once_in(12) {
            self.condition(1);
            self.put([I::If(BlockType::Empty), I::RefNull(from.heap_type), I::LocalSet(made), I::End]);
        }
        for _ in 0..1 + self.below(2) {
            self.cast(object, by, from, made);
        }
        if known {
            let target = self.local(V::I64);
            self.put([I::LocalGet(made), I::RefGetDesc(object)]);
            self.put([I::StructGet { struct_type_index: descriptor, field_index: 0 }, I::LocalSet(target)]);
        }
    }

    /// Casts the value of a local by a descriptor, which may be its own, and records the outcome.
    fn cast(&mut self, object: u32, by: [u32; 2], from_ref_type: RefType, made: u32) {
        let target = self.local(V::I64);
        let to_ref_type = reference(false, HeapType::Concrete(object));
        let field = [I::StructGet { struct_type_index: object, field_index: 0 }, I::I64ExtendI32U, I::LocalSet(target)];
        let by = by[self.below(2) as usize];
        let operands = [I::LocalGet(made), I::LocalGet(by)];
        match self.below(8) {
            0 => {
                self.put(operands);
                let nullable = self.once_in(2);
                let cast = if nullable { I::RefCastDescEqNullable } else { I::RefCastDescEqNonNull };
                self.put([cast(to_ref_type.heap_type)]);
                self.put(field);
            }
            1..5 => {
                self.put([I::Block(BlockType::Empty), I::Block(BlockType::Result(V::Ref(to_ref_type)))]);
                self.put(operands);
                self.put([I::BrOnCastDescEq { relative_depth: 0, from_ref_type, to_ref_type }, I::Drop]);
                self.expression(V::I64, 1);
                self.put([I::LocalSet(target), I::Br(1), I::End]);
                self.put(field);
                self.put([I::End]);
            }
            _ => {
                self.put([I::Block(BlockType::Empty), I::Block(BlockType::Result(V::Ref(from_ref_type)))]);
                self.put(operands);
                self.put([I::BrOnCastDescEqFail { relative_depth: 0, from_ref_type, to_ref_type }]);
                self.put(field);
                self.put([I::Br(1), I::End, I::Drop]);
                self.expression(V::I64, 1);
                self.put([I::LocalSet(target), I::End]);
            }
        }
    }
}
