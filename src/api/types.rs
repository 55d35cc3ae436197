//! Types of values and entities. Types that a module declares are *canonical*: equal types of different modules are the
//! same type.

use crate::module as low;
use crate::runtime::heap::layout::MOST_FIELDS;
use crate::runtime::resource::ResourceError;
use crate::runtime::types::{self, TypeId};
use std::fmt;
use wasmparser::UnpackedIndex;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValType {
    /// 32-bit integers.
    I32,
    /// 64-bit integers.
    I64,
    /// 32-bit floats.
    F32,
    /// 64-bit floats.
    F64,
    /// 128-bit vectors.
    V128,
    /// References.
    Ref(RefType),
}

impl ValType {
    /// `funcref`: functions or null.
    pub const FUNCREF: ValType = ValType::Ref(RefType::FUNCREF);
    /// `externref`: host values or null.
    pub const EXTERNREF: ValType = ValType::Ref(RefType::EXTERNREF);
    /// `anyref`: objects, small integers or null.
    pub const ANYREF: ValType = ValType::Ref(RefType::ANYREF);
    /// `exnref`: exceptions or null.
    pub const EXNREF: ValType = ValType::Ref(RefType::EXNREF);

    /// Returns whether every value of this type is also a value of `other`.
    pub fn matches(self, other: ValType) -> bool {
        types::val_matches(self.lower(), other.lower())
    }

    pub(super) fn lower(self) -> low::ValType {
        match self {
            ValType::I32 => low::ValType::I32,
            ValType::I64 => low::ValType::I64,
            ValType::F32 => low::ValType::F32,
            ValType::F64 => low::ValType::F64,
            ValType::V128 => low::ValType::V128,
            ValType::Ref(ty) => low::ValType::Ref(ty.lower()),
        }
    }

    /// Converts a type, keeping what it names alive for ever.
    pub(super) fn raise(ty: low::ValType) -> ValType {
        if let low::ValType::Ref(ty) = ty {
            RefType::raise(ty);
        }
        ValType::held(ty)
    }

    /// Converts a type without keeping it alive: valid for as long as something else holds what it names.
    pub(super) fn held(ty: low::ValType) -> ValType {
        match ty {
            low::ValType::I32 => ValType::I32,
            low::ValType::I64 => ValType::I64,
            low::ValType::F32 => ValType::F32,
            low::ValType::F64 => ValType::F64,
            low::ValType::V128 => ValType::V128,
            low::ValType::Ref(ty) => ValType::Ref(RefType::held(ty)),
        }
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValType::I32 => f.write_str("i32"),
            ValType::I64 => f.write_str("i64"),
            ValType::F32 => f.write_str("f32"),
            ValType::F64 => f.write_str("f64"),
            ValType::V128 => f.write_str("v128"),
            ValType::Ref(ty) => ty.fmt(f),
        }
    }
}

/// The type of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RefType {
    nullable: bool,
    heap_type: HeapType,
}

impl RefType {
    /// `funcref`.
    pub const FUNCREF: RefType = RefType::new(true, HeapType::Func);
    /// `externref`.
    pub const EXTERNREF: RefType = RefType::new(true, HeapType::Extern);
    /// `anyref`.
    pub const ANYREF: RefType = RefType::new(true, HeapType::Any);
    /// `exnref`.
    pub const EXNREF: RefType = RefType::new(true, HeapType::Exn);

    /// Creates a reference type, with or without null.
    pub const fn new(nullable: bool, heap_type: HeapType) -> RefType {
        RefType { nullable, heap_type }
    }

    /// Returns whether null is among its values.
    pub fn is_nullable(self) -> bool {
        self.nullable
    }

    /// The type of what the references refer to.
    pub fn heap_type(self) -> HeapType {
        self.heap_type
    }

    pub(super) fn lower(self) -> low::RefType {
        low::RefType::new(self.nullable, self.heap_type.lower()).expect("ids of types are below 2^20")
    }

    /// As [`ValType::raise`].
    pub(super) fn raise(ty: low::RefType) -> RefType {
        let ty = RefType::held(ty);
        if let HeapType::Concrete(defined) | HeapType::Exact(defined) = ty.heap_type {
            types::keep(defined.0);
        }
        ty
    }

    /// As [`ValType::held`].
    pub(super) fn held(ty: low::RefType) -> RefType {
        RefType { nullable: ty.is_nullable(), heap_type: HeapType::held(ty.heap_type()) }
    }
}

impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let null = if self.nullable { "null " } else { "" };
        write!(f, "(ref {null}{})", self.heap_type)
    }
}

macro_rules! heap_types {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// The type of what a reference refers to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum HeapType {
            $($(#[$doc])* $name,)*
            /// Functions, structures, arrays or continuations of a declared type or of one of its subtypes.
            Concrete(DefinedType),
            /// Like `Concrete`, without the subtypes.
            Exact(DefinedType),
        }

        impl HeapType {
            fn lower(self) -> low::HeapType {
                let abstract_type = |ty| low::HeapType::Abstract { shared: false, ty };
                match self {
                    $(HeapType::$name => abstract_type(low::AbstractHeapType::$name),)*
                    HeapType::Concrete(ty) => low::HeapType::Concrete(UnpackedIndex::Module(ty.0)),
                    HeapType::Exact(ty) => low::HeapType::Exact(UnpackedIndex::Module(ty.0)),
                }
            }

            /// As [`ValType::held`].
            fn held(ty: low::HeapType) -> HeapType {
                let defined =
                    |index: UnpackedIndex| DefinedType(index.as_module_index().expect("a canonical type"));
                match ty {
                    $(low::HeapType::Abstract { ty: low::AbstractHeapType::$name, .. } => HeapType::$name,)*
                    low::HeapType::Concrete(index) => HeapType::Concrete(defined(index)),
                    low::HeapType::Exact(index) => HeapType::Exact(defined(index)),
                }
            }
        }

        impl fmt::Display for HeapType {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(HeapType::$name => f.write_str($text),)*
                    HeapType::Concrete(ty) => ty.fmt(f),
                    HeapType::Exact(ty) => write!(f, "(exact {ty})"),
                }
            }
        }
    };
}

heap_types! {
    /// All functions.
    Func = "func",
    /// No function.
    NoFunc = "nofunc",
    /// All host values.
    Extern = "extern",
    /// No host value.
    NoExtern = "noextern",
    /// All objects and small integers.
    Any = "any",
    /// No object.
    None = "none",
    /// Everything that can be compared: structures, arrays, small integers.
    Eq = "eq",
    /// 31-bit integers.
    I31 = "i31",
    /// All structures.
    Struct = "struct",
    /// All arrays.
    Array = "array",
    /// All exceptions.
    Exn = "exn",
    /// No exception.
    NoExn = "noexn",
    /// All continuations.
    Cont = "cont",
    /// No continuation.
    NoCont = "nocont",
}

/// A type of functions, structures, arrays or continuations that a module or the embedder declares. The process keeps it, and
/// everything that it names, for ever.
// So types that it names need not be kept again while a handle to this one exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DefinedType(pub(super) TypeId);

impl DefinedType {
    /// Creates a handle to a type that a module or store holds.
    pub(super) fn raise(id: TypeId) -> DefinedType {
        types::keep(id);
        DefinedType(id)
    }

    /// The signature, if it is a function type.
    pub fn as_func(self) -> Option<FuncType> {
        types::info(self.0).func().map(|_| FuncType(self.0))
    }

    /// The fields, if it is a structure type.
    pub fn as_struct(self) -> Option<StructType> {
        matches!(self.composite(), low::CompositeInnerType::Struct(_)).then_some(StructType(self.0))
    }

    /// The element type, if it is an array type.
    pub fn as_array(self) -> Option<ArrayType> {
        matches!(self.composite(), low::CompositeInnerType::Array(_)).then_some(ArrayType(self.0))
    }

    /// Returns whether values of this type are values of `other`: they are equal, or this one was declared as a
    /// subtype.
    pub fn matches(self, other: DefinedType) -> bool {
        types::is_subtype(self.0, other.0)
    }

    fn composite(self) -> &'static low::CompositeInnerType {
        &types::info(self.0).ty.composite_type.inner
    }
}

impl fmt::Display for DefinedType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.composite() {
            low::CompositeInnerType::Func(_) => "func",
            low::CompositeInnerType::Struct(_) => "struct",
            low::CompositeInnerType::Array(_) => "array",
            low::CompositeInnerType::Cont(_) => "cont",
        };
        write!(f, "${kind}{}", self.0)
    }
}

/// The maximum number of parameters of a function, and of results, as in validation.
const MOST_VALUES: usize = 1000;

/// The signature of a function; also the type of a tag, whose parameters are the payload. The process keeps it for ever, like
/// a [`DefinedType`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FuncType(pub(super) TypeId);

impl FuncType {
    /// Creates the type of functions with these parameters and results.
    ///
    /// # Panics
    /// If there are more than a thousand parameters or results, or the process has a million distinct types.
    pub fn new(params: impl IntoIterator<Item = ValType>, results: impl IntoIterator<Item = ValType>) -> FuncType {
        FuncType::try_new(params, results).expect("room for another type")
    }

    /// As [`FuncType::new`].
    ///
    /// # Errors
    /// If the process has a million distinct types.
    pub(super) fn try_new(
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> Result<FuncType, ResourceError> {
        let params: Vec<_> = params.into_iter().map(ValType::lower).take(MOST_VALUES + 1).collect();
        let results: Vec<_> = results.into_iter().map(ValType::lower).take(MOST_VALUES + 1).collect();
        assert!(params.len() <= MOST_VALUES && results.len() <= MOST_VALUES, "more than {MOST_VALUES} values");
        Ok(FuncType(types::register_func(&low::FuncType::new(params, results))?))
    }

    /// Creates a handle to the type of a function or tag that a module or store holds.
    pub(super) fn raise(id: TypeId) -> FuncType {
        types::keep(id);
        FuncType(id)
    }

    /// The types of the parameters.
    pub fn params(&self) -> impl ExactSizeIterator<Item = ValType> + Clone + use<> {
        self.lower().params().iter().map(|&ty| ValType::held(ty))
    }

    /// The types of the results.
    pub fn results(&self) -> impl ExactSizeIterator<Item = ValType> + Clone + use<> {
        self.lower().results().iter().map(|&ty| ValType::held(ty))
    }

    /// Returns whether a function of this type can be used as one of `other`.
    pub fn matches(&self, other: &FuncType) -> bool {
        types::is_subtype(self.0, other.0)
    }

    pub(super) fn lower(self) -> &'static low::FuncType {
        types::info(self.0).func().expect("a function type")
    }
}

impl From<FuncType> for HeapType {
    fn from(ty: FuncType) -> HeapType {
        HeapType::Concrete(DefinedType(ty.0))
    }
}

impl fmt::Debug for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FuncType({self})")
    }
}

impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |types: Vec<String>| types.join(" ");
        let (params, results) = (self.params().map(|ty| ty.to_string()), self.results().map(|ty| ty.to_string()));
        write!(f, "({}) -> ({})", list(params.collect()), list(results.collect()))
    }
}

/// The type of what a field or an element holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StorageType {
    /// An 8-bit integer.
    I8,
    /// A 16-bit integer.
    I16,
    /// A value.
    Val(ValType),
}

impl StorageType {
    /// The type of the values that are written and read: i32 for packed integers.
    pub fn unpack(self) -> ValType {
        match self {
            StorageType::I8 | StorageType::I16 => ValType::I32,
            StorageType::Val(ty) => ty,
        }
    }
}

/// Whether a global, field or element can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mutability {
    /// It keeps its initial value.
    Const,
    /// It can be set.
    Var,
}

/// The type of a field of a structure, or of the elements of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FieldType {
    mutability: Mutability,
    storage: StorageType,
}

impl FieldType {
    /// A field of this type.
    pub fn new(mutability: Mutability, storage: StorageType) -> FieldType {
        FieldType { mutability, storage }
    }

    /// Whether it can be set.
    pub fn mutability(self) -> Mutability {
        self.mutability
    }

    /// What it holds.
    pub fn element_type(self) -> StorageType {
        self.storage
    }

    fn lower(self) -> wasmparser::FieldType {
        let element_type = match self.storage {
            StorageType::I8 => wasmparser::StorageType::I8,
            StorageType::I16 => wasmparser::StorageType::I16,
            StorageType::Val(ty) => wasmparser::StorageType::Val(ty.lower()),
        };
        wasmparser::FieldType { element_type, mutable: self.mutability == Mutability::Var }
    }

    fn held(ty: wasmparser::FieldType) -> FieldType {
        let storage = match ty.element_type {
            wasmparser::StorageType::I8 => StorageType::I8,
            wasmparser::StorageType::I16 => StorageType::I16,
            wasmparser::StorageType::Val(ty) => StorageType::Val(ValType::held(ty)),
        };
        FieldType { mutability: mutability(ty.mutable), storage }
    }
}

/// The type of a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StructType(pub(super) TypeId);

impl StructType {
    /// Creates the final type of structures with these fields. It equals the type of any module that declares the same.
    ///
    /// # Panics
    /// If there are more than 10,000 fields, which no module may have, or the process has a million distinct types.
    pub fn new(fields: impl IntoIterator<Item = FieldType>) -> StructType {
        let fields: Box<[_]> = fields.into_iter().map(FieldType::lower).take(MOST_FIELDS + 1).collect();
        assert!(fields.len() <= MOST_FIELDS, "more than {MOST_FIELDS} fields");
        let inner = low::CompositeInnerType::Struct(wasmparser::StructType { fields });
        StructType(types::register_final(inner).expect("room for another type"))
    }

    /// The fields.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = FieldType> + Clone + use<> {
        let low::CompositeInnerType::Struct(ty) = DefinedType(self.0).composite() else { unreachable!("checked") };
        ty.fields.iter().map(|&field| FieldType::held(field))
    }

    /// Returns whether a structure of this type needs a descriptor, and so can be created only by WebAssembly.
    pub(super) fn has_descriptor(self) -> bool {
        types::info(self.0).ty.composite_type.descriptor_idx.is_some()
    }
}

impl From<StructType> for HeapType {
    fn from(ty: StructType) -> HeapType {
        HeapType::Concrete(DefinedType(ty.0))
    }
}

/// The type of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArrayType(pub(super) TypeId);

impl ArrayType {
    /// Creates the final type of arrays of this element type. It equals the type of any module that declares the same.
    ///
    /// # Panics
    /// If the process has a million distinct types.
    pub fn new(element: FieldType) -> ArrayType {
        let inner = low::CompositeInnerType::Array(wasmparser::ArrayType(element.lower()));
        ArrayType(types::register_final(inner).expect("room for another type"))
    }

    /// The type of the elements.
    pub fn field_type(&self) -> FieldType {
        let low::CompositeInnerType::Array(ty) = DefinedType(self.0).composite() else { unreachable!("checked") };
        FieldType::held(ty.0)
    }
}

impl From<ArrayType> for HeapType {
    fn from(ty: ArrayType) -> HeapType {
        HeapType::Concrete(DefinedType(ty.0))
    }
}

/// The type of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GlobalType {
    content: ValType,
    mutability: Mutability,
}

impl GlobalType {
    /// Creates the type of globals with values of this type.
    pub fn new(content: ValType, mutability: Mutability) -> GlobalType {
        GlobalType { content, mutability }
    }

    /// The type of its values.
    pub fn content(&self) -> ValType {
        self.content
    }

    /// Whether it can be set.
    pub fn mutability(&self) -> Mutability {
        self.mutability
    }

    pub(super) fn lower(self) -> low::GlobalType {
        let mutable = self.mutability == Mutability::Var;
        low::GlobalType { content_type: self.content.lower(), mutable, shared: false }
    }

    pub(super) fn raise(ty: low::GlobalType) -> GlobalType {
        GlobalType { content: ValType::raise(ty.content_type), mutability: mutability(ty.mutable) }
    }
}

fn mutability(mutable: bool) -> Mutability {
    if mutable { Mutability::Var } else { Mutability::Const }
}

/// The type of a memory: its limits in pages, the page size, 32- or 64-bit indices, and whether it is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemoryType(low::MemoryType);

impl MemoryType {
    /// A memory with 32-bit indices and pages of 64 KiB.
    pub fn new(minimum: u32, maximum: Option<u32>) -> MemoryType {
        MemoryType(low::MemoryType {
            memory64: false,
            shared: false,
            initial: minimum.into(),
            maximum: maximum.map(u64::from),
            page_size_log2: None,
        })
    }

    /// A memory with 64-bit indices and pages of 64 KiB.
    pub fn new64(minimum: u64, maximum: Option<u64>) -> MemoryType {
        MemoryType(low::MemoryType { memory64: true, initial: minimum, maximum, ..MemoryType::new(0, None).0 })
    }

    /// A shared memory with 32-bit indices and pages of 64 KiB.
    pub fn shared(minimum: u32, maximum: u32) -> MemoryType {
        MemoryType(low::MemoryType { shared: true, ..MemoryType::new(minimum, Some(maximum)).0 })
    }

    /// The minimum number of pages; for an existing memory, its current number.
    pub fn minimum(&self) -> u64 {
        self.0.initial
    }

    /// The maximum number of pages.
    pub fn maximum(&self) -> Option<u64> {
        self.0.maximum
    }

    /// Returns whether its indices have 64 bits.
    pub fn is_64(&self) -> bool {
        self.0.memory64
    }

    /// Returns whether threads may share it.
    pub fn is_shared(&self) -> bool {
        self.0.shared
    }

    /// The size of a page in bytes.
    pub fn page_size(&self) -> u64 {
        1 << self.0.page_size_log2()
    }

    pub(super) fn lower(self) -> low::MemoryType {
        self.0
    }

    pub(super) fn raise(ty: low::MemoryType) -> MemoryType {
        MemoryType(ty)
    }

    /// Returns whether a memory of this type can exist, by the rules of validation.
    pub(super) fn is_valid(self) -> bool {
        let most = match (self.0.memory64, self.0.page_size_log2()) {
            (false, 16) => 1 << 16,
            (true, 16) => 1 << 48,
            (false, _) => u64::from(u32::MAX),
            (true, _) => u64::MAX,
        };
        let maximum = self.0.maximum.unwrap_or(most);
        self.0.initial <= maximum && maximum <= most
    }
}

/// The type of a table: its elements and limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TableType {
    element: RefType,
    minimum: u64,
    maximum: Option<u64>,
    is_64: bool,
}

impl TableType {
    /// A table with 32-bit indices.
    pub fn new(element: RefType, minimum: u32, maximum: Option<u32>) -> TableType {
        TableType { element, minimum: minimum.into(), maximum: maximum.map(u64::from), is_64: false }
    }

    /// A table with 64-bit indices.
    pub fn new64(element: RefType, minimum: u64, maximum: Option<u64>) -> TableType {
        TableType { element, minimum, maximum, is_64: true }
    }

    /// The type of its elements.
    pub fn element(&self) -> RefType {
        self.element
    }

    /// The minimum number of elements; for an existing table, its current number.
    pub fn minimum(&self) -> u64 {
        self.minimum
    }

    /// The maximum number of elements.
    pub fn maximum(&self) -> Option<u64> {
        self.maximum
    }

    /// Returns whether its indices have 64 bits.
    pub fn is_64(&self) -> bool {
        self.is_64
    }

    pub(super) fn lower(self) -> low::TableType {
        low::TableType {
            element_type: self.element.lower(),
            table64: self.is_64,
            initial: self.minimum,
            maximum: self.maximum,
            shared: false,
        }
    }

    pub(super) fn raise(ty: low::TableType) -> TableType {
        TableType {
            element: RefType::raise(ty.element_type),
            minimum: ty.initial,
            maximum: ty.maximum,
            is_64: ty.table64,
        }
    }
}

/// The type of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TagType(FuncType);

impl TagType {
    /// Creates the type of tags for exceptions with this payload, which is the parameters of `ty`.
    pub fn new(ty: FuncType) -> TagType {
        TagType(ty)
    }

    /// The payload as parameters; results are for tags of `suspend`.
    pub fn ty(&self) -> FuncType {
        self.0
    }
}

/// The type of an import or an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A global.
    Global(GlobalType),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A tag.
    Tag(TagType),
}

impl ExternType {
    /// The signature, if it is a function.
    pub fn func(&self) -> Option<&FuncType> {
        if let ExternType::Func(ty) = self { Some(ty) } else { None }
    }

    /// The type of the memory, if it is one.
    pub fn memory(&self) -> Option<&MemoryType> {
        if let ExternType::Memory(ty) = self { Some(ty) } else { None }
    }

    /// The type of the table, if it is one.
    pub fn table(&self) -> Option<&TableType> {
        if let ExternType::Table(ty) = self { Some(ty) } else { None }
    }

    /// The type of the global, if it is one.
    pub fn global(&self) -> Option<&GlobalType> {
        if let ExternType::Global(ty) = self { Some(ty) } else { None }
    }
}
