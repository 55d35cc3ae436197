//! New entities of a store, within its limits.

use super::instance::InstanceParts;
use super::{Extern, Global, GlobalId, MemoryId, StoreInner, TableId, Tag, TagId};
use crate::module::{GlobalType, MemoryType, Module, TableType};
use crate::runtime::heap::layout;
use crate::runtime::memory::Memory;
use crate::runtime::owned::Owned;
use crate::runtime::resource::ResourceError;
use crate::runtime::stacks::continuations::make_room;
use crate::runtime::table::{ELEMENT_BYTES, Table};
use crate::runtime::types::{self, TypeId};
use crate::runtime::vm::{VMGlobal, VMMemory, VMTag};
use crate::text::counted;
use std::sync::Arc;

impl StoreInner {
    /// Allocates the entities of an instance: imports, then new ones with zero and null values.
    ///
    /// # Errors
    /// If a limit of the store is exceeded, or there is no address space. Nothing is left behind.
    pub(in crate::runtime) fn allocate(
        &mut self,
        module: &Module,
        type_ids: &[TypeId],
        imports: &[Extern],
    ) -> Result<InstanceParts, ResourceError> {
        if self.instances.len() >= self.limits.instances as usize {
            let limit = self.limits.instances;
            return Err(ResourceError::Instances { limit });
        }
        let (memories, tables) = (self.memories.len(), self.tables.len());
        let mut parts = InstanceParts::default();
        for &import in imports {
            match import {
                Extern::Func(f) => parts.funcs.push(f.0.as_ptr()),
                Extern::Table(t) => parts.tables.push(self.tables[t.0 as usize].as_ptr().cast()),
                Extern::Memory(m) => {
                    parts.memories.push(self.memory_ptr(m));
                    parts.memory_ids.push(m);
                }
                Extern::Global(g) => parts.globals.push(self.globals[g.0 as usize].as_ptr().cast()),
                Extern::Tag(t) => parts.tags.push(self.tags[t.0 as usize].as_ptr().cast()),
            }
        }
        let allocated: Result<(), ResourceError> = (|| {
            if layout::has_objects(module) {
                // Compiled code expects the base of the heap to be known when it starts. SAFETY: nothing runs.
                let vm = unsafe { &mut *self.vm.get() };
                vm.heap.reserve().map_err(ResourceError::system("address space for objects"))?;
                vm.gc_base = vm.heap.base();
            }
            for table in &module.tables[parts.tables.len()..] {
                let element_type = types::canonical_ref(table.ty.element_type, type_ids);
                parts.tables.push(self.add_table(TableType { element_type, ..table.ty }, 0)?.cast());
            }
            for &ty in &module.memories[parts.memories.len()..] {
                let id = self.add_memory(ty)?;
                parts.memories.push(self.memory_ptr(id));
                parts.memory_ids.push(id);
            }
            Ok(())
        })();
        if let Err(e) = allocated {
            // SAFETY: nothing runs, and nothing else refers to the new entities.
            unsafe {
                let vm = &mut *self.vm.get();
                let elements = self.tables[tables..].iter().map(|t| t.get().slots().len() as u64).sum::<u64>();
                vm.bytes_left += self.memories[memories..].iter().map(|m| m.len() as u64).sum::<u64>();
                vm.bytes_left += elements * ELEMENT_BYTES;
                vm.elements_left += elements;
            }
            self.memories.truncate(memories);
            self.tables.truncate(tables);
            return Err(e);
        }
        for global in &module.globals[parts.globals.len()..] {
            let content_type = types::canonical_val(global.ty.content_type, type_ids);
            parts.globals.push(self.add_global(GlobalType { content_type, ..global.ty }).cast());
        }
        for &ty in &module.tags[parts.tags.len()..] {
            parts.tags.push(self.add_tag(type_ids[ty as usize]).cast());
        }
        Ok(parts)
    }

    pub(super) fn add_memory(&mut self, ty: MemoryType) -> Result<MemoryId, ResourceError> {
        let all = self.limits.total_bytes;
        let bytes = ty.initial.checked_mul(1 << ty.page_size_log2());
        let over =
            || ResourceError::Together { what: format!("memory of {}", counted(ty.initial, "page")), limit: all };
        // A memory that is too large by itself is reported as such.
        let mut most = self.limits.memory_bytes;
        if !ty.memory64 && ty.page_size_log2() == 0 {
            most = most.min(self.limits.one_byte_pages);
        }
        let memory = Memory::new(ty, most)?;
        let bytes = bytes.filter(|&bytes| self.has_room(bytes)).ok_or_else(over)?;
        self.take_bytes(bytes);
        Ok(self.push_memory(Arc::new(memory)))
    }

    fn push_memory(&mut self, memory: Arc<Memory>) -> MemoryId {
        self.memories.push(memory);
        MemoryId(self.memories.len() as u32 - 1)
    }

    /// Adds a shared memory to this store; its size counts toward the store's limit.
    pub(super) fn adopt_memory(&mut self, memory: Arc<Memory>) -> Result<MemoryId, ResourceError> {
        if let Some(known) = self.memories.iter().position(|m| Arc::ptr_eq(m, &memory)) {
            return Ok(MemoryId(known as u32));
        }
        // Another thread may grow it meanwhile.
        let bytes = memory.len();
        if bytes as u64 > self.limits.memory_bytes || !self.has_room(bytes as u64) {
            return Err(ResourceError::AdoptedMemory { bytes });
        }
        self.take_bytes(bytes as u64);
        let id = self.push_memory(memory);
        self.adopted.push((id, bytes as u64));
        Ok(id)
    }

    /// Forgets the memories from this number on, and gives back what they took. All are shared memories that were just added and
    /// that nothing uses yet.
    pub(super) fn forget_adopted(&mut self, from: MemoryId) {
        self.memories.truncate(from.0 as usize);
        while let Some((_, bytes)) = self.adopted.pop_if(|(id, _)| id.0 >= from.0) {
            // SAFETY: no reference to the store's fields is alive.
            unsafe { (*self.vm.get()).bytes_left += bytes };
        }
    }

    /// Whether this many bytes are left, if need be after waiting stacks have given up what they do not need.
    fn has_room(&mut self, bytes: u64) -> bool {
        // SAFETY: no reference to the store's fields is alive.
        unsafe { make_room(self.vm.get(), bytes) }
    }

    /// Takes bytes for which there is room.
    fn take_bytes(&mut self, bytes: u64) {
        // SAFETY: no reference to the store's fields is alive.
        unsafe { (*self.vm.get()).bytes_left -= bytes };
    }

    /// The pointer that contexts have to a memory.
    fn memory_ptr(&self, id: MemoryId) -> *mut VMMemory {
        Arc::as_ptr(&self.memories[id.0 as usize]).cast_mut().cast()
    }

    pub(super) fn add_table(&mut self, ty: TableType, init: u64) -> Result<*mut Table, ResourceError> {
        let id = TableId(self.tables.len() as u32);
        let all = self.limits.all_table_elements;
        // SAFETY: no reference to the store's fields is alive.
        let elements_left = unsafe { &raw mut (*self.vm.get()).elements_left };
        // A table that is too large by itself is reported as such.
        if ty.initial <= self.limits.table_elements {
            // SAFETY: as above.
            if ty.initial > unsafe { *elements_left } {
                return Err(ResourceError::AllTables { elements: ty.initial, limit: all });
            }
            if !self.has_room(ty.initial.saturating_mul(ELEMENT_BYTES)) {
                let limit = self.limits.total_bytes;
                return Err(ResourceError::Together {
                    what: format!("table of {}", counted(ty.initial, "element")),
                    limit,
                });
            }
        }
        let table = Table::new(id, ty, init, self.limits.table_elements)?;
        // SAFETY: as above.
        unsafe { *elements_left -= ty.initial };
        self.take_bytes(ty.initial * ELEMENT_BYTES);
        self.tables.push(Owned::new(table));
        Ok(self.tables[id.0 as usize].as_ptr())
    }

    pub(super) fn add_global(&mut self, ty: GlobalType) -> *mut Global {
        let id = GlobalId(self.globals.len() as u32);
        self.globals.push(Owned::new(Global { vm: VMGlobal { value: [0; 2] }, id, ty }));
        self.globals[id.0 as usize].as_ptr()
    }

    pub(super) fn add_tag(&mut self, type_id: TypeId) -> *mut Tag {
        let id = TagId(self.tags.len() as u32);
        self.tags.push(Owned::new(Tag { vm: VMTag::new(type_id, &types::func_type(type_id)), id }));
        self.tags[id.0 as usize].as_ptr()
    }
}
