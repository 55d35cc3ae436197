//! Where the fields of structures and the elements of arrays lie. All backends and the collector use these offsets.
//!
//! Pure functions of types: a module's own, for compilers, and canonical ones, for the collector, give the same.
//!
//! Fields come in order, each at the next multiple of its size, from [`STRUCT_FIELDS`] on. So a subtype's layout begins
//! with that of its supertype: refining a field never changes its representation.

use crate::module::{AbstractHeapType, CompositeInnerType, HeapType, Module, RefType, SubType, UnpackedIndex, ValType};
use crate::runtime::types;
use crate::runtime::vm::{ARRAY_ELEMENTS, STRUCT_FIELDS};
use wasmparser::StorageType;

/// How a field or an element lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Storage {
    I8,
    I16,
    I32,
    I64,
    F32,
    F64,
    V128,
    /// A reference of any hierarchy but func's: 32 bits, null is 0.
    Gc,
    /// A pointer to a [`VMFunc`](crate::runtime::vm::VMFunc), or null.
    Func,
}

impl Storage {
    /// Bytes it takes, and its alignment.
    pub fn size(self) -> u32 {
        match self {
            Storage::I8 => 1,
            Storage::I16 => 2,
            Storage::I32 | Storage::F32 | Storage::Gc => 4,
            Storage::I64 | Storage::F64 | Storage::Func => 8,
            Storage::V128 => 16,
        }
    }

    /// Of a field of a module's type.
    pub fn in_module(module: &Module, ty: StorageType) -> Storage {
        of_field(ty, &|index| func_in_module(module, index))
    }
}

/// One field of a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Bytes from the start of the object.
    pub offset: u32,
    pub storage: Storage,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StructLayout {
    /// Bytes of an object, header included: a multiple of 16.
    pub size: u32,
    pub fields: Box<[Field]>,
    /// The last 32 bits of an object are a reference to its descriptor. (There, and not among the fields, because a
    /// subtype may have one where its supertype has none: the header says where an object ends.)
    pub descriptor: bool,
}

impl StructLayout {
    /// Where the descriptor is in an object of exactly this type.
    pub fn descriptor_offset(&self) -> Option<u32> {
        self.descriptor.then(|| self.size - Storage::Gc.size())
    }
}

/// What objects of a type look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Functions and continuations are no objects of this kind.
    None,
    Struct(StructLayout),
    /// Of an element.
    Array(Storage),
}

/// Layout of a structure by a module's type index. Panics if it is none.
pub fn struct_in_module(module: &Module, index: u32) -> StructLayout {
    match of_type(&module.types[index as usize], &|index| func_in_module(module, index)) {
        Layout::Struct(layout) => layout,
        other => panic!("type {index} is no structure: {other:?}"),
    }
}

/// Storage of the elements of an array by a module's type index. Panics if it is none.
pub fn array_in_module(module: &Module, index: u32) -> Storage {
    match of_type(&module.types[index as usize], &|index| func_in_module(module, index)) {
        Layout::Array(storage) => storage,
        other => panic!("type {index} is no array: {other:?}"),
    }
}

/// Whether code of a module may look into objects of its own accord: it has types of structures or arrays, or tags. The
/// base of the heap is known before such code runs.
pub fn has_objects(module: &Module) -> bool {
    let of_objects =
        |ty: &SubType| matches!(ty.composite_type.inner, CompositeInnerType::Struct(_) | CompositeInnerType::Array(_));
    !module.tags.is_empty() || module.types.iter().any(of_objects)
}

/// Whether a reference type of a module is in func's hierarchy: its values are pointers, all others 32-bit offsets.
pub fn is_func_in_module(module: &Module, ty: RefType) -> bool {
    is_func(ty, &|index| func_in_module(module, index))
}

fn func_in_module(module: &Module, index: UnpackedIndex) -> bool {
    let index = index.as_module_index().expect("a module's types refer by index");
    matches!(module.types[index as usize].composite_type.inner, CompositeInnerType::Func(_))
}

/// Layout of a canonical type, none of whose references is to a type that is not registered.
pub(in crate::runtime) fn of_canonical(ty: &SubType, is_func_type: &dyn Fn(types::TypeId) -> bool) -> Layout {
    of_type(ty, &|index| is_func_type(index.as_module_index().expect("canonical types refer by canonical id")))
}

type IsFunc<'a> = &'a dyn Fn(UnpackedIndex) -> bool;

fn of_type(ty: &SubType, is_func_type: IsFunc<'_>) -> Layout {
    let descriptor = ty.composite_type.descriptor_idx.is_some();
    match &ty.composite_type.inner {
        CompositeInnerType::Struct(ty) => {
            let mut end = STRUCT_FIELDS as u32;
            let mut place = |storage: Storage| {
                let offset = end.next_multiple_of(storage.size());
                end = offset + storage.size();
                Field { offset, storage }
            };
            let fields = ty.fields.iter().map(|f| place(of_field(f.element_type, is_func_type))).collect();
            if descriptor {
                place(Storage::Gc);
            }
            Layout::Struct(StructLayout { size: end.next_multiple_of(ARRAY_ELEMENTS as u32), fields, descriptor })
        }
        CompositeInnerType::Array(ty) => Layout::Array(of_field(ty.0.element_type, is_func_type)),
        CompositeInnerType::Func(_) | CompositeInnerType::Cont(_) => Layout::None,
    }
}

fn of_field(ty: StorageType, is_func_type: IsFunc<'_>) -> Storage {
    match ty {
        StorageType::I8 => Storage::I8,
        StorageType::I16 => Storage::I16,
        StorageType::Val(ValType::I32) => Storage::I32,
        StorageType::Val(ValType::I64) => Storage::I64,
        StorageType::Val(ValType::F32) => Storage::F32,
        StorageType::Val(ValType::F64) => Storage::F64,
        StorageType::Val(ValType::V128) => Storage::V128,
        StorageType::Val(ValType::Ref(r)) if is_func(r, is_func_type) => Storage::Func,
        StorageType::Val(ValType::Ref(_)) => Storage::Gc,
    }
}

fn is_func(ty: RefType, is_func_type: IsFunc<'_>) -> bool {
    match ty.heap_type() {
        HeapType::Abstract { ty, .. } => matches!(ty, AbstractHeapType::Func | AbstractHeapType::NoFunc),
        HeapType::Concrete(index) | HeapType::Exact(index) => is_func_type(index),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::WasmFeatures;

    const TEXT: &str = "(module
        (type $f (func))
        (rec (type $s (sub (struct (field i8) (field i16) (field (ref null $s)) (field (ref $f)) (field i8) (field v128))))
             (type $t (sub $s (struct (field i8) (field i16) (field (ref $t)) (field (ref nofunc)) (field i8) (field v128)
                 (field externref) (field f64) (field i8)))))
        (type $e (struct)) (type $a (array i16)) (type $r (array (ref null $t))) (type $g (array (ref null $f))))";

    fn module() -> Module {
        let buffer = wast::parser::ParseBuffer::new(TEXT).unwrap();
        let bytes = wast::parser::parse::<wast::Wat<'_>>(&buffer).unwrap().encode().unwrap();
        Module::new(&bytes, WasmFeatures::all()).unwrap()
    }

    #[test]
    fn fields_are_aligned_and_a_subtype_begins_as_its_supertype() {
        let module = module();
        let (s, t) = (struct_in_module(&module, 1), struct_in_module(&module, 2));
        let offsets = |l: &StructLayout| l.fields.iter().map(|f| f.offset).collect::<Vec<_>>();
        assert_eq!((offsets(&s), s.size), (vec![8, 10, 12, 16, 24, 32], 48));
        assert_eq!((offsets(&t), t.size), (vec![8, 10, 12, 16, 24, 32, 48, 56, 64], 80));
        assert_eq!(t.fields[..6], s.fields[..]);
        assert_eq!(s.fields.iter().map(|f| f.storage).collect::<Vec<_>>(), {
            use Storage::*;
            [I8, I16, Gc, Func, I8, V128]
        });
        assert_eq!(struct_in_module(&module, 3).size, 16);
        let arrays = [4, 5, 6].map(|i| array_in_module(&module, i));
        assert_eq!(arrays, [Storage::I16, Storage::Gc, Storage::Func]);
    }

    #[test]
    fn canonical_types_have_the_same_layout() {
        let module = module();
        let ids = types::register_module(&module).unwrap();
        for i in [1, 2, 3] {
            assert_eq!(types::info(ids[i]).layout, Layout::Struct(struct_in_module(&module, i as u32)));
        }
        for i in [4, 5, 6] {
            assert_eq!(types::info(ids[i]).layout, Layout::Array(array_in_module(&module, i as u32)));
        }
        assert_eq!(types::info(ids[0]).layout, Layout::None);
    }
}
