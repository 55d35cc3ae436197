//! Layout of objects. All backends and the collector use these offsets.
//!
//! Pure functions of types: a module's own types, for compilers, and canonical types, for the collector, give the same
//! layout.
//!
//! Fields come in order, each at the next multiple of its size, from [`STRUCT_FIELDS`] on. So a subtype's layout begins
//! with that of its supertype: refining a field never changes its representation.

use crate::module::{AbstractHeapType, CompositeInnerType, HeapType, Module, RefType, SubType, UnpackedIndex, ValType};
use std::sync::OnceLock;
use wasmparser::StorageType;

/// Offset of the canonical type in an object's header: 32 bits, [`types::NO_TYPE`](crate::runtime::types::NO_TYPE) if
/// the object is neither structure nor array.
pub const OBJECT_TYPE: i32 = 0;
/// Offset of kind and size in an object's header, 32 bits together: the [`ObjectKind`](super::ObjectKind) in the bits
/// from [`OBJECT_KIND_SHIFT`] on, and below it the size, header included, in units of 16 bytes.
pub const OBJECT_KIND: i32 = 4;
/// The lowest bit of the kind in the word at [`OBJECT_KIND`].
pub const OBJECT_KIND_SHIFT: u32 = 28;

/// The maximum number of fields of a structure, the same as in validation.
pub const MOST_FIELDS: usize = 10_000;

/// Size in bytes of an object whose header has this second word.
pub const fn object_bytes(word: u32) -> u32 {
    (word & ((1 << OBJECT_KIND_SHIFT) - 1)) * 16
}

/// Offset of the tag in an exception object, a `*const VMTag`.
pub const EXCEPTION_TAG: i32 = 8;
/// Offset of the payload in an exception object.
pub const EXCEPTION_PAYLOAD: i32 = 16;

/// Offset of the fields in a structure; in order.
pub const STRUCT_FIELDS: i32 = 8;

/// Offset of the length in an array, 32 bits.
pub const ARRAY_LENGTH: i32 = 8;
/// Offset of the elements in an array, which lie one after the other in the form of
/// [`Storage`].
pub const ARRAY_ELEMENTS: i32 = 16;

/// Offset in a continuation of the innermost of its stacks; null if it has none (it has not started, or is consumed).
pub const CONT_STACK: i32 = 8;
/// Offset in a continuation of the outermost of its stacks, or, if it has none, of the function that it will call: null
/// if it is consumed.
pub const CONT_FUNC: i32 = 16;
/// Offset in a continuation of the number of slots of its bound arguments, 32 bits.
pub const CONT_BOUND: i32 = 24;
/// Offset of the bound arguments in a continuation.
pub const CONT_ARGS: i32 = 32;

/// The largest object in bytes that compiled code may allocate by itself: see [`Heap::cursor`](super::Heap).
/// (Such objects take no fuel, and no blocks of their own.)
pub const INLINE_ALLOCATION: u32 = 1 << 10;

/// The representation of a field or an element in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Storage {
    /// A packed 8-bit integer.
    I8,
    /// A packed 16-bit integer.
    I16,
    /// 32 bits.
    I32,
    /// 64 bits.
    I64,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
    /// 128 bits.
    V128,
    /// A reference outside func's hierarchy: 32 bits, null is 0.
    Gc,
    /// A pointer to a [`VMFunc`](crate::runtime::vm::VMFunc), or null.
    Func,
}

impl Storage {
    /// Size in bytes, which is also the alignment.
    pub fn size(self) -> u32 {
        match self {
            Storage::I8 => 1,
            Storage::I16 => 2,
            Storage::I32 | Storage::F32 | Storage::Gc => 4,
            Storage::I64 | Storage::F64 | Storage::Func => 8,
            Storage::V128 => 16,
        }
    }

    /// The storage of a field of a module's type.
    pub fn in_module(module: &Module, ty: StorageType) -> Storage {
        of_field(ty, &|index| func_in_module(module, index))
    }
}

/// One field of a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Bytes from the start of the object.
    pub offset: u32,
    /// The representation.
    pub storage: Storage,
}

/// The layout of a structure type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StructLayout {
    /// Size of an object in bytes, header included: a multiple of 16.
    pub size: u32,
    /// All fields, in order.
    pub fields: Box<[Field]>,
    /// Whether the last 32 bits of an object are a reference to its descriptor. (It is not among the fields, which a subtype
    /// may have more of: the header gives the object's end.)
    pub descriptor: bool,
}

impl StructLayout {
    /// Offset of the descriptor in an object of exactly this type.
    pub fn descriptor_offset(&self) -> Option<u32> {
        self.descriptor.then(|| self.size - Storage::Gc.size())
    }
}

/// The layout of objects of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Functions and continuations have no such layout.
    None,
    /// A structure.
    Struct(StructLayout),
    /// The storage of an element.
    Array(Storage),
}

/// The layouts of a module's structures, by type index, each computed when it is first asked for.
type Layouts = Box<[OnceLock<Box<StructLayout>>]>;

/// Layout of a structure by a module's type index. It is computed once for each module: a structure may have many fields, and
/// code may name it often.
///
/// # Panics
/// If the type is not a structure.
pub fn struct_in_module(module: &Module, index: u32) -> &StructLayout {
    let layouts = module.derived(|| -> Layouts { module.types.iter().map(|_| OnceLock::new()).collect() });
    layouts[index as usize].get_or_init(|| {
        match of_type(&module.types[index as usize], &|index| func_in_module(module, index)) {
            Layout::Struct(layout) => Box::new(layout),
            other => panic!("type {index} is not a structure: {other:?}"),
        }
    })
}

/// Storage of the elements of an array by a module's type index.
///
/// # Panics
/// If the type is not an array.
pub fn array_in_module(module: &Module, index: u32) -> Storage {
    match of_type(&module.types[index as usize], &|index| func_in_module(module, index)) {
        Layout::Array(storage) => storage,
        other => panic!("type {index} is not an array: {other:?}"),
    }
}

/// Whether code of a module may access objects without a libcall: the module has types of structures or arrays, or
/// tags. The base of the heap is known before such code runs.
pub fn has_objects(module: &Module) -> bool {
    !module.tags.is_empty() || module.has_object_types
}

/// Whether a reference type of a module is in func's hierarchy: its values are pointers, all others 32-bit offsets.
pub fn is_func_in_module(module: &Module, ty: RefType) -> bool {
    is_func(ty, &|index| func_in_module(module, index))
}

fn func_in_module(module: &Module, index: UnpackedIndex) -> bool {
    let index = index.as_module_index().expect("a module's types refer by index");
    matches!(module.types[index as usize].composite_type.inner, CompositeInnerType::Func(_))
}

type IsFunc<'a> = &'a dyn Fn(UnpackedIndex) -> bool;

/// Layout of a type, given which of the types that it names are function types.
///
/// # Panics
/// If there are more than [`MOST_FIELDS`].
pub(in crate::runtime) fn of_type(ty: &SubType, is_func_type: IsFunc<'_>) -> Layout {
    let descriptor = ty.composite_type.descriptor_idx.is_some();
    match &ty.composite_type.inner {
        CompositeInnerType::Struct(ty) => {
            // So no sum below overflows its type.
            assert!(ty.fields.len() <= MOST_FIELDS, "a structure of {} fields", ty.fields.len());
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
    use crate::runtime::types;

    const TEXT: &str = "(module
        (type $f (func))
        (rec (type $s (sub (struct
                 (field i8) (field i16) (field (ref null $s)) (field (ref $f)) (field i8) (field v128))))
             (type $t (sub $s (struct
                 (field i8) (field i16) (field (ref $t)) (field (ref nofunc)) (field i8) (field v128)
                 (field externref) (field f64) (field i8)))))
        (type $e (struct)) (type $a (array i16)) (type $r (array (ref null $t))) (type $g (array (ref null $f)))
        (type $k (cont $f)) (type (struct (field i32) (field (ref null $k)) (field i64) (field (ref nocont))))
        (type (array (ref $k))))";

    fn module() -> Module {
        let bytes = wat::parse_str(TEXT).unwrap();
        Module::new(&bytes, WasmFeatures::all()).unwrap()
    }

    #[test]
    fn fields_are_aligned_and_a_subtype_begins_as_its_supertype() {
        let module = module();
        let (s, t) = (struct_in_module(&module, 1), struct_in_module(&module, 2));
        let offsets = |l: &StructLayout| l.fields.iter().map(|f| f.offset).collect::<Vec<_>>();
        assert_eq!((offsets(s), s.size), (vec![8, 10, 12, 16, 24, 32], 48));
        assert_eq!((offsets(t), t.size), (vec![8, 10, 12, 16, 24, 32, 48, 56, 64], 80));
        assert_eq!(t.fields[..6], s.fields[..]);
        assert_eq!(s.fields.iter().map(|f| f.storage).collect::<Vec<_>>(), {
            use Storage::*;
            [I8, I16, Gc, Func, I8, V128]
        });
        assert_eq!(struct_in_module(&module, 3).size, 16);
        // A continuation is an object, though its type names a function's.
        let conts = struct_in_module(&module, 8);
        assert_eq!((offsets(conts), conts.size), (vec![8, 12, 16, 24], 32));
        let arrays = [4, 5, 6, 9].map(|i| array_in_module(&module, i));
        assert_eq!(arrays, [Storage::I16, Storage::Gc, Storage::Func, Storage::Gc]);
    }

    /// Asking again gives the same layout, and another module has its own.
    #[test]
    fn a_layout_is_computed_once_for_each_module() {
        let modules = [module(), module()];
        let layouts = modules.each_ref().map(|module| [1, 2, 3, 8].map(|index| struct_in_module(module, index)));
        for (module, layouts) in modules.iter().zip(layouts) {
            for (index, layout) in [1, 2, 3, 8].into_iter().zip(layouts) {
                assert!(std::ptr::eq(struct_in_module(module, index), layout), "type {index}");
            }
        }
        for (one, other) in layouts[0].into_iter().zip(layouts[1]) {
            assert!(!std::ptr::eq(one, other));
            assert_eq!(one, other);
        }
    }

    /// All others need no heap.
    #[test]
    fn modules_have_objects_by_their_types_and_tags() {
        for (text, expected) in [
            ("(module (type (func (param externref i31ref) (result anyref))) (func) (table 1 eqref))", false),
            ("(module (type (struct)))", true),
            ("(module (type (array i8)))", true),
            ("(module (type (func)) (rec (type (func)) (type (sub (struct)))))", true),
            ("(module (tag))", true),
            (r#"(module (import "m" "t" (tag)))"#, true),
        ] {
            let module = Module::new(&wat::parse_str(text).unwrap(), WasmFeatures::all()).unwrap();
            assert_eq!(has_objects(&module), expected, "{text}");
        }
    }

    #[test]
    fn canonical_types_have_the_same_layout() {
        let module = module();
        let ids = types::register_module(&module).unwrap();
        for i in [1, 2, 3, 8] {
            assert_eq!(types::info(ids[i]).layout, Layout::Struct(struct_in_module(&module, i as u32).clone()));
        }
        for i in [4, 5, 6, 9] {
            assert_eq!(types::info(ids[i]).layout, Layout::Array(array_in_module(&module, i as u32)));
        }
        assert_eq!([0, 7].map(|i: usize| &types::info(ids[i]).layout), [&Layout::None; 2]);
    }

    /// A descriptor takes the last four bytes of what the fields and it need together.
    #[test]
    fn a_descriptor_is_the_end_of_an_object() {
        for (fields, size, with_descriptor) in [
            ("", 16, 16),
            ("i8", 16, 16),
            ("i32", 16, 16),
            ("i64", 16, 32),
            ("i64 i32", 32, 32),
            ("i64 i64 i32", 32, 32),
            ("i64 i64 i64", 32, 48),
            ("i32 v128", 32, 48),
        ] {
            let fields: String = fields.split_whitespace().map(|ty| format!("(field {ty})")).collect();
            let text = format!(
                "(module (rec (type $d (sub (descriptor $e) (struct {fields}))) (type $e (sub (describes $d) (struct))))
                   (type (struct {fields})))"
            );
            let module = Module::new(&wat::parse_str(&text).unwrap(), WasmFeatures::all()).unwrap();
            let layouts = [0, 1, 2].map(|index| struct_in_module(&module, index));
            let all = layouts.map(|layout| (layout.size, layout.descriptor_offset()));
            assert_eq!(all, [(with_descriptor, Some(with_descriptor - 4)), (16, None), (size, None)], "{fields}");
        }
    }
}
