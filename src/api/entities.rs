//! Memories, tables, globals and tags, and `Extern`, which is any of them.

use super::engine::Engine;
use super::error::{Error, UsageError};
use super::func::Func;
use super::store::{AsContext, AsContextMut, StoreId, StoreOpaque};
use super::types::{ExternType, FuncType, GlobalType, MemoryType, RefType, TableType, TagType, ValType};
use super::values::Val;
use crate::runtime::memory as low_memory;
use crate::runtime::store as low;
use crate::runtime::store::{GlobalId, MemoryId, TableId, TagId};
use crate::runtime::value as raw;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

/// An item that can be imported and exported.
#[derive(Clone, Debug)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A global.
    Global(Global),
    /// A table.
    Table(Table),
    /// A memory that is not shared.
    Memory(Memory),
    /// A shared memory.
    SharedMemory(SharedMemory),
    /// A tag.
    Tag(Tag),
}

macro_rules! externs {
    ($($(#[$doc:meta])* $name:ident -> $ty:ident;)*) => {
        impl Extern {
            $(
                $(#[$doc])*
                pub fn $name(self) -> Option<$ty> {
                    if let Extern::$ty(it) = self { Some(it) } else { None }
                }
            )*
        }
        $(
            impl From<$ty> for Extern {
                fn from(it: $ty) -> Extern {
                    Extern::$ty(it)
                }
            }
        )*
    };
}

externs! {
    /// The function, if it is one.
    into_func -> Func;
    /// The global, if it is one.
    into_global -> Global;
    /// The table, if it is one.
    into_table -> Table;
    /// The memory, if it is one that is not shared.
    into_memory -> Memory;
    /// The memory, if it is a shared one.
    into_shared_memory -> SharedMemory;
    /// The tag, if it is one.
    into_tag -> Tag;
}

impl Extern {
    /// Returns the type. For memories and tables, the minimum is the current size.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> ExternType {
        match self {
            Extern::Func(it) => ExternType::Func(it.ty(store)),
            Extern::Global(it) => ExternType::Global(it.ty(store)),
            Extern::Table(it) => ExternType::Table(it.ty(store)),
            Extern::Memory(it) => ExternType::Memory(it.ty(store)),
            Extern::SharedMemory(it) => ExternType::Memory(it.ty()),
            Extern::Tag(it) => ExternType::Tag(it.ty(store)),
        }
    }

    pub(super) fn lower(&self, store: &mut StoreOpaque) -> Result<low::Extern, Error> {
        Ok(match self {
            Extern::Func(it) => low::Extern::Func(it.record(store)?),
            Extern::Global(it) => low::Extern::Global(it.number(store)?),
            Extern::Table(it) => low::Extern::Table(it.number(store)?),
            Extern::Memory(it) => low::Extern::Memory(it.number(store)?),
            Extern::SharedMemory(it) => low::Extern::Memory(store.low.add_shared_memory(&it.0)?),
            Extern::Tag(it) => low::Extern::Tag(it.number(store)?),
        })
    }

    pub(super) fn raise(store: &StoreOpaque, it: low::Extern) -> Extern {
        match it {
            low::Extern::Func(func) => Extern::Func(Func::new_in(store, func)),
            low::Extern::Global(id) => Extern::Global(Global { store: store.id, id }),
            low::Extern::Table(id) => Extern::Table(Table { store: store.id, id }),
            low::Extern::Memory(id) => match store.low.shared_memory(id) {
                Some(shared) => Extern::SharedMemory(SharedMemory(shared)),
                None => Extern::Memory(Memory { store: store.id, id }),
            },
            low::Extern::Tag(id) => Extern::Tag(Tag { store: store.id, id }),
        }
    }
}

macro_rules! handles {
    ($($(#[$doc:meta])* $name:ident($id:ident) = $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name {
            store: StoreId,
            id: $id,
        }

        impl $name {
            /// # Errors
            /// `OtherStore`.
            fn number(&self, store: &StoreOpaque) -> Result<$id, Error> {
                store.check(self.store, $what)?;
                Ok(self.id)
            }

            /// # Panics
            /// If it belongs to another store.
            #[track_caller]
            fn own(&self, store: &StoreOpaque) -> $id {
                store.assert(self.store, $what);
                self.id
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.id.0)
            }
        }
    )*};
}

handles! {
    /// A memory of one store. For memories that threads share, see [`SharedMemory`].
    ///
    /// ```
    /// # use wasmoon::{Engine, Memory, MemoryType, Store};
    /// let mut store = Store::new(&Engine::default(), ());
    /// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
    /// memory.write(&mut store, 65_530, b"hello")?;
    /// assert_eq!(&memory.data(&store)[65_530..65_535], b"hello");
    /// assert!(memory.write(&mut store, 65_534, b"hello").is_err());
    /// assert_eq!(memory.grow(&mut store, 1)?, 1);
    /// # Ok::<(), wasmoon::Error>(())
    /// ```
    Memory(MemoryId) = "a memory";
    /// A table of a store.
    Table(TableId) = "a table";
    /// A global of a store.
    Global(GlobalId) = "a global";
    /// A tag of a store, which identifies a kind of exception.
    Tag(TagId) = "a tag";
}

impl Memory {
    /// Creates a memory filled with zeros.
    ///
    /// # Errors
    /// [`Resource`](super::ErrorKind::Resource) if a limit of the store is exceeded or the system is out of memory;
    /// [`Invalid`](UsageError::Invalid) if no memory has this type.
    pub fn new(mut store: impl AsContextMut, ty: MemoryType) -> Result<Memory, Error> {
        let mut store = store.as_context_mut();
        if ty.is_shared() {
            return Err(UsageError::Invalid("a shared memory must be created with SharedMemory::new").into());
        }
        valid(ty)?;
        let opaque = store.opaque_mut();
        Ok(Memory { id: opaque.low.new_memory(ty.lower())?, store: opaque.id })
    }

    /// Returns the type, with the current size as the minimum.
    ///
    /// # Panics
    /// If the memory belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> MemoryType {
        let store = store.as_context();
        MemoryType::raise(store.opaque().low.memory_type(self.own(store.opaque())))
    }

    /// The size in pages.
    ///
    /// # Panics
    /// If the memory belongs to another store.
    pub fn size(&self, store: impl AsContext) -> u64 {
        self.ty(store).minimum()
    }

    /// The size in bytes.
    ///
    /// # Panics
    /// If the memory belongs to another store.
    pub fn data_size(&self, store: impl AsContext) -> usize {
        self.data(store.as_context()).len()
    }

    /// The bytes.
    ///
    /// # Panics
    /// If the memory belongs to another store.
    pub fn data<'a, T: 'static>(&self, store: impl Into<super::StoreContext<'a, T>>) -> &'a [u8] {
        let opaque = store.into().opaque_for_long();
        opaque.low.memory_bytes(self.own(opaque))
    }

    /// The bytes, mutably.
    ///
    /// # Panics
    /// If the memory belongs to another store.
    pub fn data_mut<'a, T: 'static>(&self, store: impl Into<super::StoreContextMut<'a, T>>) -> &'a mut [u8] {
        self.data_and_store_mut(store).0
    }

    /// The bytes and the embedder's data, both mutably.
    ///
    /// # Panics
    /// If the memory belongs to another store.
    pub fn data_and_store_mut<'a, T: 'static>(
        &self,
        store: impl Into<super::StoreContextMut<'a, T>>,
    ) -> (&'a mut [u8], &'a mut T) {
        let (opaque, data) = store.into().split();
        let id = self.own(opaque);
        (opaque.low.memory_bytes_mut(id), data)
    }

    /// Reads bytes.
    ///
    /// # Errors
    /// [`Bounds`](UsageError::Bounds) if the range goes beyond the end.
    pub fn read(&self, store: impl AsContext, offset: usize, buffer: &mut [u8]) -> Result<(), Error> {
        let store = store.as_context();
        let bytes = store.opaque().low.memory_bytes(self.number(store.opaque())?);
        let range = bytes.get(offset..).and_then(|bytes| bytes.get(..buffer.len()));
        buffer.copy_from_slice(range.ok_or_else(|| out_of_bounds(offset, buffer.len(), bytes.len()))?);
        Ok(())
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// [`Bounds`](UsageError::Bounds) if the range goes beyond the end.
    pub fn write(&self, mut store: impl AsContextMut, offset: usize, buffer: &[u8]) -> Result<(), Error> {
        let mut store = store.as_context_mut();
        let id = self.number(store.opaque())?;
        let bytes = store.opaque_mut().low.memory_bytes_mut(id);
        let len = bytes.len();
        let range = bytes.get_mut(offset..).and_then(|bytes| bytes.get_mut(..buffer.len()));
        range.ok_or_else(|| out_of_bounds(offset, buffer.len(), len))?.copy_from_slice(buffer);
        Ok(())
    }

    /// Grows the memory by `delta` pages and returns the previous size.
    ///
    /// # Errors
    /// [`Growth`](UsageError::Growth) if a limit forbids it or the system is out of memory.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64) -> Result<u64, Error> {
        let mut store = store.as_context_mut();
        let id = self.number(store.opaque())?;
        store.opaque_mut().low.memory_grow(id, delta).ok_or_else(|| UsageError::Growth("the memory").into())
    }
}

fn valid(ty: MemoryType) -> Result<(), Error> {
    if ty.is_valid() { Ok(()) } else { Err(UsageError::Invalid("invalid limits of a memory").into()) }
}

fn out_of_bounds(offset: usize, bytes: usize, len: usize) -> Error {
    UsageError::Bounds { what: "end of bytes", index: (offset as u64).saturating_add(bytes as u64), len: len as u64 }
        .into()
}

/// A memory that stores on several threads can use at once. Its bytes are therefore never borrowed: they are copied, or
/// accessed as atomic words.
#[derive(Clone, Debug)]
pub struct SharedMemory(pub(super) low_memory::SharedMemory);

impl SharedMemory {
    /// Creates a shared memory filled with zeros. Its address space is reserved from the start: for its maximum, or for
    /// at most 64 GiB where accesses are checked, as with 64-bit addresses. It cannot grow beyond that.
    ///
    /// # Errors
    /// As [`Memory::new`].
    pub fn new(_engine: &Engine, ty: MemoryType) -> Result<SharedMemory, Error> {
        if !ty.is_shared() || ty.maximum().is_none() {
            return Err(UsageError::Invalid("the type of a shared memory must be shared and have a maximum").into());
        }
        valid(ty)?;
        Ok(SharedMemory(low_memory::SharedMemory::new(ty.lower(), u64::MAX)?))
    }

    /// Returns the type, with the current size as the minimum.
    pub fn ty(&self) -> MemoryType {
        MemoryType::raise(self.0.ty())
    }

    /// The size in pages.
    pub fn size(&self) -> u64 {
        self.ty().minimum()
    }

    /// The size in bytes.
    pub fn data_size(&self) -> usize {
        self.0.raw().1
    }

    /// The address of the bytes, which never changes. All accesses must be atomic.
    pub fn data_ptr(&self) -> *mut u8 {
        self.0.raw().0
    }

    /// Reads bytes, each with a relaxed atomic access.
    ///
    /// # Errors
    /// [`Bounds`](UsageError::Bounds) if the range goes beyond the end.
    pub fn read(&self, offset: usize, buffer: &mut [u8]) -> Result<(), Error> {
        let inside = self.0.read(offset, buffer);
        if inside { Ok(()) } else { Err(out_of_bounds(offset, buffer.len(), self.data_size())) }
    }

    /// Writes bytes, each with a relaxed atomic access.
    ///
    /// # Errors
    /// [`Bounds`](UsageError::Bounds) if the range goes beyond the end.
    pub fn write(&self, offset: usize, buffer: &[u8]) -> Result<(), Error> {
        let inside = self.0.write(offset, buffer);
        if inside { Ok(()) } else { Err(out_of_bounds(offset, buffer.len(), self.data_size())) }
    }

    /// A word for atomic accesses.
    ///
    /// # Errors
    /// [`Bounds`](UsageError::Bounds) beyond the end, or if the offset is not a multiple of 4.
    pub fn atomic_u32(&self, offset: usize) -> Result<&AtomicU32, Error> {
        self.0.word(offset).ok_or_else(|| out_of_bounds(offset, 4, self.data_size()))
    }

    /// Grows the memory by `delta` pages and returns the previous size.
    ///
    /// # Errors
    /// [`Growth`](UsageError::Growth) if a limit forbids it or the system is out of memory.
    pub fn grow(&self, delta: u64) -> Result<u64, Error> {
        self.0.grow(delta).ok_or_else(|| UsageError::Growth("the memory").into())
    }

    /// Sets a word and wakes up to `count` threads waiting at it (with `memory.atomic.wait32`). Returns how many it
    /// woke.
    ///
    /// # Errors
    /// As [`SharedMemory::atomic_u32`].
    pub fn store_and_notify(&self, offset: usize, value: u32, count: u32) -> Result<u32, Error> {
        self.atomic_u32(offset)?.store(value, Ordering::SeqCst);
        Ok(self.0.notify(offset as u64, count))
    }

    /// Wakes up to `count` threads waiting at an address. Returns how many it woke.
    ///
    /// # Errors
    /// As [`SharedMemory::atomic_u32`].
    pub fn atomic_notify(&self, offset: usize, count: u32) -> Result<u32, Error> {
        self.atomic_u32(offset)?;
        Ok(self.0.notify(offset as u64, count))
    }
}

impl Table {
    /// Creates a table whose elements are all `init`.
    ///
    /// # Errors
    /// [`Resource`](super::ErrorKind::Resource) if a limit of the store is exceeded or the system is out of memory;
    /// [`Type`](UsageError::Type) if `init` is not of the element type.
    pub fn new(mut store: impl AsContextMut, ty: TableType, init: Val) -> Result<Table, Error> {
        let mut store = store.as_context_mut();
        let most = if ty.is_64() { u64::MAX } else { u64::from(u32::MAX) };
        let maximum = ty.maximum().unwrap_or(most);
        if ty.minimum() > maximum || maximum > most {
            return Err(UsageError::Invalid("invalid limits of a table").into());
        }
        let opaque = store.opaque_mut();
        let init = lower_ref(opaque, &init, ValType::Ref(ty.element()))?;
        Ok(Table { id: opaque.low.new_table(ty.lower(), init)?, store: opaque.id })
    }

    /// Returns the type, with the current size as the minimum.
    ///
    /// # Panics
    /// If the table belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> TableType {
        let store = store.as_context();
        TableType::raise(store.opaque().low.table_type(self.own(store.opaque())))
    }

    /// The number of elements.
    ///
    /// # Panics
    /// If the table belongs to another store.
    pub fn size(&self, store: impl AsContext) -> u64 {
        let store = store.as_context();
        store.opaque().low.table_len(self.own(store.opaque()))
    }

    /// Returns an element as a reference of the table's type; `None` beyond the end.
    ///
    /// # Panics
    /// If the table belongs to another store.
    pub fn get(&self, mut store: impl AsContextMut, index: u64) -> Option<Val> {
        let mut store = store.as_context_mut();
        let id = self.own(store.opaque());
        let opaque = store.opaque_mut();
        let element = opaque.low.table_get(id, index)?;
        let ty = element_type(opaque, id);
        Some(Val::raise(opaque, raw::Val::Ref(element), ty))
    }

    /// Sets an element.
    ///
    /// # Errors
    /// [`Bounds`](UsageError::Bounds) beyond the end, [`Type`](UsageError::Type) if the value is not of the element
    /// type.
    pub fn set(&self, mut store: impl AsContextMut, index: u64, value: Val) -> Result<(), Error> {
        let mut store = store.as_context_mut();
        let id = self.number(store.opaque())?;
        let len = self.size(&store);
        if index >= len {
            return Err(UsageError::Bounds { what: "element", index, len }.into());
        }
        let opaque = store.opaque_mut();
        let value = lower_ref(opaque, &value, element_type(opaque, id))?;
        opaque.low.table_set(id, index, value);
        Ok(())
    }

    /// Grows the table by `delta` elements, all `init`, and returns the previous size.
    ///
    /// # Errors
    /// [`Growth`](UsageError::Growth) if a limit forbids it or the system is out of memory; [`Type`](UsageError::Type)
    /// if `init` is not of the element type.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64, init: Val) -> Result<u64, Error> {
        let mut store = store.as_context_mut();
        let id = self.number(store.opaque())?;
        let opaque = store.opaque_mut();
        let init = lower_ref(opaque, &init, element_type(opaque, id))?;
        opaque.low.table_grow(id, delta, init).ok_or_else(|| UsageError::Growth("the table").into())
    }
}

/// The type of the elements; the table keeps it alive.
fn element_type(store: &StoreOpaque, id: TableId) -> ValType {
    ValType::Ref(RefType::held(store.low.table_type(id).element_type))
}

fn lower_ref(store: &StoreOpaque, value: &Val, ty: ValType) -> Result<raw::Ref, Error> {
    match value.lower(store, ty, || "element".into())? {
        raw::Val::Ref(reference) => Ok(reference),
        _ => unreachable!("it has a type of references"),
    }
}

impl Global {
    /// Creates a global.
    ///
    /// # Errors
    /// [`Type`](UsageError::Type) if the value is not of the type.
    pub fn new(mut store: impl AsContextMut, ty: GlobalType, value: Val) -> Result<Global, Error> {
        let mut store = store.as_context_mut();
        let opaque = store.opaque_mut();
        let value = value.lower(opaque, ty.content(), || "value of a global".into())?;
        Ok(Global { id: opaque.low.new_global(ty.lower(), value), store: opaque.id })
    }

    /// The type.
    ///
    /// # Panics
    /// If the global belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> GlobalType {
        let store = store.as_context();
        GlobalType::raise(store.opaque().low.global_type(self.own(store.opaque())))
    }

    /// The value.
    ///
    /// # Panics
    /// If the global belongs to another store.
    pub fn get(&self, mut store: impl AsContextMut) -> Val {
        let mut store = store.as_context_mut();
        let opaque = store.opaque_mut();
        let id = self.own(opaque);
        let (ty, value) = (opaque.low.global_type(id), opaque.low.global_get(id));
        Val::raise(opaque, value, ValType::held(ty.content_type))
    }

    /// Sets the value.
    ///
    /// # Errors
    /// [`Immutable`](UsageError::Immutable), [`Type`](UsageError::Type).
    pub fn set(&self, mut store: impl AsContextMut, value: Val) -> Result<(), Error> {
        let mut store = store.as_context_mut();
        let id = self.number(store.opaque())?;
        let opaque = store.opaque_mut();
        let ty = opaque.low.global_type(id);
        if !ty.mutable {
            return Err(UsageError::Immutable("an immutable global").into());
        }
        let value = value.lower(opaque, ValType::held(ty.content_type), || "value of a global".into())?;
        opaque.low.global_set(id, value);
        Ok(())
    }
}

impl Tag {
    /// Creates a tag, which is equal to no other.
    pub fn new(mut store: impl AsContextMut, ty: TagType) -> Tag {
        let mut store = store.as_context_mut();
        let opaque = store.opaque_mut();
        Tag { id: opaque.low.new_tag_of(ty.ty().0), store: opaque.id }
    }

    /// The type.
    ///
    /// # Panics
    /// If the tag belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> TagType {
        let store = store.as_context();
        TagType::new(FuncType::raise(store.opaque().low.tag_type_id(self.own(store.opaque()))))
    }

    pub(super) fn new_in(store: &StoreOpaque, id: TagId) -> Tag {
        Tag { store: store.id, id }
    }

    /// The tag's number.
    ///
    /// # Errors
    /// `OtherStore`.
    pub(super) fn id(&self, store: &StoreOpaque) -> Result<TagId, Error> {
        self.number(store)
    }
}
