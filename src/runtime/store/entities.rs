//! Memories, tables, globals and tags, as the embedder makes and inspects them.

use super::{FuncRef, Global, GlobalId, Memory, MemoryId, Ref, Store, StoreInner, Table, TableId, Tag, TagId, Val};
use crate::module::{FuncType, GlobalType, MemoryType, TableType};
use crate::runtime::libcalls::memories_and_tables;
use crate::runtime::memory::SharedMemory;
use crate::runtime::resource::ResourceError;
use crate::runtime::types::{self, TypeId};
use std::sync::Arc;

impl StoreInner {
    // SAFETY, for all of these: compiled code and libcalls, which change the entities, do not run while the store is
    // borrowed.

    pub(in crate::runtime) fn memory(&self, id: MemoryId) -> &Memory {
        &self.memories[id.0 as usize]
    }

    pub(in crate::runtime) fn table(&self, id: TableId) -> &Table {
        // SAFETY: see above.
        unsafe { self.tables[id.0 as usize].get() }
    }

    pub(in crate::runtime) fn global(&self, id: GlobalId) -> &Global {
        // SAFETY: see above.
        unsafe { self.globals[id.0 as usize].get() }
    }

    pub(in crate::runtime) fn tag(&self, id: TagId) -> &Tag {
        // SAFETY: see above.
        unsafe { self.tags[id.0 as usize].get() }
    }
}

impl Store {
    /// The signature of a function, canonical.
    pub fn func_type(&self, func: FuncRef) -> FuncType {
        // SAFETY: function records live as long as their store.
        types::func_type(unsafe { func.0.as_ref() }.type_id)
    }

    /// # Errors
    /// If a limit of the store is exceeded or memory is exhausted.
    pub fn new_memory(&mut self, ty: MemoryType) -> Result<MemoryId, ResourceError> {
        self.inner_mut().add_memory(ty)
    }

    /// A memory in the form that other stores, on other threads, can add; `None` if it is not shared.
    pub fn shared_memory(&self, memory: MemoryId) -> Option<SharedMemory> {
        let memory = &self.inner().memories[memory.0 as usize];
        (memory.vm.shared != 0).then(|| SharedMemory(Arc::clone(memory)))
    }

    /// Adds a shared memory to this store. Adding it twice returns the same number.
    ///
    /// # Errors
    /// If a limit of the store is exceeded.
    pub fn add_shared_memory(&mut self, memory: &SharedMemory) -> Result<MemoryId, ResourceError> {
        self.inner_mut().adopt_memory(Arc::clone(&memory.0))
    }

    /// Undoes [`Store::add_shared_memory`] for the memories that were added since there were `count`: for an
    /// instantiation that needed them, and that failed before it used them.
    pub(crate) fn forget_shared_memories(&mut self, count: u32) {
        self.inner_mut().forget_adopted(MemoryId(count));
    }

    /// # Errors
    /// If a limit of the store is exceeded or memory is exhausted.
    ///
    /// # Panics
    /// If `init` is not an element of the (canonical) type.
    pub fn new_table(&mut self, ty: TableType, init: Ref) -> Result<TableId, ResourceError> {
        assert!(
            self.inner().has_type(init.into(), ty.element_type.into()),
            "{init:?} is not of type {}",
            ty.element_type
        );
        let table = self.inner_mut().add_table(ty, init.to_slot())?;
        // SAFETY: just made.
        Ok(unsafe { (*table).id })
    }

    /// Grows a memory by pages of its own size. Returns the old size, or `None` if a limit or the system refuses.
    pub(crate) fn memory_grow(&mut self, memory: MemoryId, delta: u64) -> Option<u64> {
        // SAFETY: nothing runs, and the memory is this store's.
        unsafe { memories_and_tables::grow_memory(self.vm(), self.inner().memory(memory), delta) }
    }

    /// Grows a table by elements of its type. Returns the old size, or `None` if a limit or the system refuses.
    ///
    /// # Panics
    /// If `init` is not an element of the table's type.
    pub(crate) fn table_grow(&mut self, table: TableId, delta: u64, init: Ref) -> Option<u64> {
        let element = self.table_type(table).element_type;
        assert!(self.inner().has_type(init.into(), element.into()), "{init:?} is not of type {element}");
        // SAFETY: no code runs while the store is borrowed; exclusive by `&mut self`; the value was checked.
        unsafe {
            let table = &mut *self.inner_mut().tables[table.0 as usize].as_ptr();
            memories_and_tables::grow_table(self.vm(), table, delta, init.to_slot())
        }
    }

    /// Makes a global.
    ///
    /// # Panics
    /// If the value is not of the (canonical) type.
    pub fn new_global(&mut self, ty: GlobalType, value: Val) -> GlobalId {
        let global = self.inner_mut().add_global(ty);
        // SAFETY: just made.
        let id = unsafe { (*global).id };
        self.write_global(id, value);
        id
    }

    /// Makes a tag with a new (canonical) type.
    pub fn new_tag(&mut self, ty: FuncType) -> TagId {
        self.new_tag_of(types::register_func(&ty).expect("fewer than 2^20 types"))
    }

    /// Makes a tag of a type that something keeps registered.
    pub fn new_tag_of(&mut self, ty: TypeId) -> TagId {
        let tag = self.inner_mut().add_tag(ty);
        // SAFETY: just made.
        unsafe { (*tag).id }
    }

    /// Number of memories.
    pub fn memories(&self) -> u32 {
        self.inner().memories.len() as u32
    }

    /// Number of tables.
    pub fn tables(&self) -> u32 {
        self.inner().tables.len() as u32
    }

    /// Number of globals.
    pub fn globals(&self) -> u32 {
        self.inner().globals.len() as u32
    }

    /// The type, with the current size as minimum.
    pub fn memory_type(&self, memory: MemoryId) -> MemoryType {
        self.inner().memory(memory).ty()
    }

    /// The contents of a memory.
    pub fn memory_bytes(&self, memory: MemoryId) -> &[u8] {
        let memory = self.inner().memory(memory);
        // SAFETY: committed up to its length; no code runs while the store is borrowed.
        unsafe { std::slice::from_raw_parts(memory.vm.base, memory.len()) }
    }

    /// The contents of a memory, to be changed.
    pub fn memory_bytes_mut(&mut self, memory: MemoryId) -> &mut [u8] {
        let memory = self.inner_mut().memory(memory);
        // SAFETY: as above, exclusive by `&mut self`.
        unsafe { std::slice::from_raw_parts_mut(memory.vm.base, memory.len()) }
    }

    /// Indices of host pages (of [`host_page_size`](crate::runtime::sys::mmap::page_size) bytes) that may have been
    /// touched since creation; all others are zero.
    pub fn touched_pages(&self, memory: MemoryId) -> Vec<u32> {
        self.inner().memory(memory).touched_pages()
    }

    /// The canonical type, with the current size as minimum.
    pub fn table_type(&self, table: TableId) -> TableType {
        self.inner().table(table).ty()
    }

    /// Number of elements of a table.
    pub fn table_len(&self, table: TableId) -> u64 {
        self.inner().table(table).slots().len() as u64
    }

    /// An element; `None` beyond the end.
    pub fn table_get(&self, table: TableId, index: u64) -> Option<Ref> {
        let table = self.inner().table(table);
        let slot = *table.slots().get(usize::try_from(index).ok()?)?;
        Some(Ref::from_slot(slot, table.ty().element_type))
    }

    /// Sets an element.
    ///
    /// # Panics
    /// If the index is beyond the end, or the value is not an element of the table's type.
    pub fn table_set(&mut self, table: TableId, index: u64, value: Ref) {
        let element = self.table_type(table).element_type;
        assert!(self.inner().has_type(value.into(), element.into()), "{value:?} is not of type {element}");
        // SAFETY: no code runs while the store is borrowed; exclusive by `&mut self`.
        let table = unsafe { &mut *self.inner_mut().tables[table.0 as usize].as_ptr() };
        table.slots_mut()[index as usize] = value.to_slot();
    }

    /// The canonical type.
    pub fn global_type(&self, global: GlobalId) -> GlobalType {
        self.inner().global(global).ty
    }

    /// The value of a global.
    pub fn global_get(&self, global: GlobalId) -> Val {
        let global = self.inner().global(global);
        Val::from_slots(&global.vm.value, global.ty.content_type)
    }

    /// Sets a global.
    ///
    /// # Panics
    /// If the global is immutable or the value is not of its type.
    pub fn global_set(&mut self, global: GlobalId, value: Val) {
        assert!(self.global_type(global).mutable, "an immutable global was set");
        self.write_global(global, value);
    }

    fn write_global(&mut self, global: GlobalId, value: Val) {
        let ty = self.global_type(global).content_type;
        assert!(self.inner().has_type(value, ty), "{value:?} is not of type {ty}");
        // SAFETY: no code runs while the store is borrowed; exclusive by `&mut self`.
        let global = unsafe { &mut *self.inner_mut().globals[global.0 as usize].as_ptr() };
        value.to_slots(&mut global.vm.value);
    }

    /// The canonical type of a tag.
    pub(crate) fn tag_type_id(&self, tag: TagId) -> TypeId {
        self.inner().tag(tag).vm.type_id
    }

    /// The signature of a tag, canonical.
    pub fn tag_type(&self, tag: TagId) -> FuncType {
        types::func_type(self.inner().tag(tag).vm.type_id)
    }
}
