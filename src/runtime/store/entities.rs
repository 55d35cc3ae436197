//! Memories, tables, globals and tags, as the embedder makes and inspects them.

use super::{FuncRef, Global, GlobalId, Memory, MemoryId, Ref, Store, StoreInner, Table, TableId, Tag, TagId, Val};
use crate::module::{FuncType, GlobalType, MemoryType, TableType};
use crate::runtime::memory::SharedMemory;
use crate::runtime::resource::ResourceError;
use crate::runtime::types;
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
    /// Signature of a function, canonical.
    pub fn func_type(&self, func: FuncRef) -> FuncType {
        // SAFETY: function records live as long as their store.
        types::func_type(unsafe { func.0.as_ref() }.type_id)
    }

    /// # Errors
    /// Over a limit, when it is over the store's limit or memory is exhausted.
    pub fn new_memory(&mut self, ty: MemoryType) -> Result<MemoryId, ResourceError> {
        self.inner_mut().add_memory(ty)
    }

    /// A memory as other stores, on other threads, can have it; `None` if it is not shared.
    pub fn shared_memory(&self, memory: MemoryId) -> Option<SharedMemory> {
        let memory = &self.inner().memories[memory.0 as usize];
        (memory.vm.shared != 0).then(|| SharedMemory(Arc::clone(memory)))
    }

    /// Makes a shared memory one of this store's, too. The same one twice has the same number.
    ///
    /// # Errors
    /// Over a limit, when it is over the store's limit.
    pub fn add_shared_memory(&mut self, memory: &SharedMemory) -> Result<MemoryId, ResourceError> {
        self.inner_mut().adopt_memory(Arc::clone(&memory.0))
    }

    /// # Errors
    /// Over a limit, when it is over the store's limit or memory is exhausted.
    ///
    /// # Panics
    /// If `init` is no element of the (canonical) type.
    pub fn new_table(&mut self, ty: TableType, init: Ref) -> Result<TableId, ResourceError> {
        assert!(Val::Ref(init).fits(ty.element_type.into()), "{init:?} is no {}", ty.element_type);
        let table = self.inner_mut().add_table(ty, init.to_slot())?;
        // SAFETY: just made.
        Ok(unsafe { (*table).id })
    }

    /// Panics if the value is not of the (canonical) type.
    pub fn new_global(&mut self, ty: GlobalType, value: Val) -> GlobalId {
        let global = self.inner_mut().add_global(ty);
        // SAFETY: just made.
        let id = unsafe { (*global).id };
        self.write_global(id, value);
        id
    }

    /// A tag with a (canonical) type of its own.
    pub fn new_tag(&mut self, ty: FuncType) -> TagId {
        let type_id = types::register_func(&ty).expect("fewer than 2^20 types");
        let tag = self.inner_mut().add_tag(type_id);
        // SAFETY: just made.
        unsafe { (*tag).id }
    }

    pub fn memories(&self) -> u32 {
        self.inner().memories.len() as u32
    }

    pub fn tables(&self) -> u32 {
        self.inner().tables.len() as u32
    }

    pub fn globals(&self) -> u32 {
        self.inner().globals.len() as u32
    }

    /// Type, with the current size as minimum.
    pub fn memory_type(&self, memory: MemoryId) -> MemoryType {
        self.inner().memory(memory).ty()
    }

    pub fn memory_bytes(&self, memory: MemoryId) -> &[u8] {
        let memory = self.inner().memory(memory);
        // SAFETY: committed up to its length; no code runs while the store is borrowed.
        unsafe { std::slice::from_raw_parts(memory.vm.base, memory.len()) }
    }

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

    /// Canonical type, with the current size as minimum.
    pub fn table_type(&self, table: TableId) -> TableType {
        self.inner().table(table).ty()
    }

    pub fn table_len(&self, table: TableId) -> u64 {
        self.inner().table(table).slots().len() as u64
    }

    /// An element; `None` beyond the end.
    pub fn table_get(&self, table: TableId, index: u64) -> Option<Ref> {
        let table = self.inner().table(table);
        let slot = *table.slots().get(usize::try_from(index).ok()?)?;
        Some(Ref::from_slot(slot, table.ty().element_type))
    }

    /// Panics beyond the end, and if the value is no element of the table's type.
    pub fn table_set(&mut self, table: TableId, index: u64, value: Ref) {
        // SAFETY: no code runs while the store is borrowed; exclusive by `&mut self`.
        let table = unsafe { &mut *self.inner_mut().tables[table.0 as usize].as_ptr() };
        let element = table.ty().element_type;
        assert!(Val::Ref(value).fits(element.into()), "{value:?} is no {element}");
        table.slots_mut()[index as usize] = value.to_slot();
    }

    /// Canonical type.
    pub fn global_type(&self, global: GlobalId) -> GlobalType {
        self.inner().global(global).ty
    }

    pub fn global_get(&self, global: GlobalId) -> Val {
        let global = self.inner().global(global);
        Val::from_slots(&global.vm.value, global.ty.content_type)
    }

    /// Panics if the global is immutable or the value is not of its type.
    pub fn global_set(&mut self, global: GlobalId, value: Val) {
        assert!(self.global_type(global).mutable, "an immutable global was set");
        self.write_global(global, value);
    }

    fn write_global(&mut self, global: GlobalId, value: Val) {
        // SAFETY: no code runs while the store is borrowed; exclusive by `&mut self`.
        let global = unsafe { &mut *self.inner_mut().globals[global.0 as usize].as_ptr() };
        assert!(value.fits(global.ty.content_type), "{value:?} is no {}", global.ty.content_type);
        value.to_slots(&mut global.vm.value);
    }

    pub fn tag_type(&self, tag: TagId) -> FuncType {
        types::func_type(self.inner().tag(tag).vm.type_id)
    }
}
