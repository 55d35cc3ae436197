//! Instantiation, in the order of the specification: imports are matched, entities allocated, globals, tables and
//! element segments initialised by running their constant expressions, active segments written, the start function
//! called.
//!
//! **Two languages.** Active segments are written one after the other, an out-of-bounds one traps, and what was written
//! stays. In the first release of the language, all segments were checked first, and one that does not fit made the
//! module unlinkable, with nothing written: [`Store::check_segments_first`].

use super::instance::Parts;
use super::{
    Abort, Code, Extern, Global, InstanceId, InstantiateError, LinkError, MemoryId, Store, StoreInner, Tag, Trap,
};
use crate::module::{BodyIndex, ElementItems, ElementMode, GlobalType, Module, RefType, TableType};
use crate::runtime::layout;
use crate::runtime::memory::Memory;
use crate::runtime::owned::Owned;
use crate::runtime::racy;
use crate::runtime::table::Table;
use crate::runtime::tracing;
use crate::runtime::trap::TrapCode;
use crate::runtime::types::{self, TypeId};
use crate::runtime::value::FuncRef;
use crate::runtime::vm::{VMGlobal, VMMemory, VMTag};
use std::ptr::NonNull;
use std::sync::Arc;

impl Store {
    /// Chooses the language of the first release for instantiations from now on: segments are checked before one is
    /// written, and one that does not fit is `Unlinkable("… segment does not fit")`.
    pub fn check_segments_first(&mut self, on: bool) {
        self.inner_mut().segments_first = on;
    }

    /// Links, allocates, initialises and starts. `imports` is in the order of the module's imports.
    ///
    /// # Errors
    /// See [`InstantiateError`].
    pub fn instantiate(&mut self, code: Arc<dyn Code>, imports: &[Extern]) -> Result<InstanceId, InstantiateError> {
        self.inner().check_refusal()?;
        let module = Arc::clone(code.module());
        let too_many = |_| InstantiateError::Resource("too many types".to_string());
        let type_ids = types::register_module(&module).map_err(too_many)?;
        let inner = self.inner_mut();
        inner.check_imports(&module, &type_ids, imports).map_err(InstantiateError::Unlinkable)?;
        if inner.instances.len() >= inner.limits.instances as usize {
            let limit = inner.limits.instances;
            return Err(InstantiateError::Resource(format!("more than the limit of {limit} instances")));
        }
        let parts = inner.allocate(&module, &type_ids, imports)?;
        let id = inner.add_instance(code, &type_ids, parts).map_err(too_many)?;
        inner.check_refusal()?;
        Instantiation { store: self, id, module }.run()?;
        Ok(id)
    }
}

impl StoreInner {
    /// Imports, then new entities with zero and null values. What cannot be allocated leaves nothing behind.
    fn allocate(
        &mut self,
        module: &Module,
        type_ids: &[TypeId],
        imports: &[Extern],
    ) -> Result<Parts, InstantiateError> {
        let (memories, tables) = (self.memories.len(), self.tables.len());
        let mut parts = Parts::default();
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
        let allocated = (|| {
            if layout::has_objects(module) {
                // Compiled code takes the base of the heap to be known when it starts.
                // SAFETY: nothing runs.
                let vm = unsafe { &mut *self.vm.get() };
                vm.heap.reserve().map_err(|e| format!("address space for objects: {e}"))?;
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
            // SAFETY: nothing runs, and nobody refers to what has just been made.
            unsafe {
                let vm = &mut *self.vm.get();
                vm.memory_left += self.memories[memories..].iter().map(|m| m.len() as u64).sum::<u64>();
                vm.elements_left += self.tables[tables..].iter().map(|t| t.get().slots().len() as u64).sum::<u64>();
            }
            self.memories.truncate(memories);
            self.tables.truncate(tables);
            return Err(InstantiateError::Resource(e));
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

    pub(super) fn add_memory(&mut self, ty: crate::module::MemoryType) -> Result<MemoryId, String> {
        let all = self.limits.all_memory_bytes;
        // SAFETY: nothing runs.
        let left = unsafe { &mut (*self.vm.get()).memory_left };
        let bytes = ty.initial.checked_mul(1 << ty.page_size_log2());
        let over =
            || format!("memory of {} pages: all memories together would be over the limit of {all} bytes", ty.initial);
        // A memory that is too large by itself is told so by itself.
        let one_byte_pages = !ty.memory64 && ty.page_size_log2() == 0;
        let most = if one_byte_pages { self.limits.one_byte_pages } else { u64::MAX };
        let memory = Memory::new(ty, self.limits.memory_bytes.min(most))?;
        *left = bytes.and_then(|bytes| left.checked_sub(bytes)).ok_or_else(over)?;
        Ok(self.push_memory(Arc::new(memory)))
    }

    fn push_memory(&mut self, memory: Arc<Memory>) -> MemoryId {
        self.memories.push(memory);
        MemoryId(self.memories.len() as u32 - 1)
    }

    /// Makes a shared memory one of this store's, too; what it has counts as this store's.
    pub(super) fn adopt_memory(&mut self, memory: Arc<Memory>) -> Result<MemoryId, String> {
        if let Some(known) = self.memories.iter().position(|m| Arc::ptr_eq(m, &memory)) {
            return Ok(MemoryId(known as u32));
        }
        // SAFETY: nothing runs.
        let left = unsafe { &mut (*self.vm.get()).memory_left };
        let over = || format!("a shared memory of {} bytes is over the limit of the store", memory.len());
        *left = left.checked_sub(memory.len() as u64).ok_or_else(over)?;
        Ok(self.push_memory(memory))
    }

    /// What contexts point to.
    fn memory_ptr(&self, id: MemoryId) -> *mut VMMemory {
        Arc::as_ptr(&self.memories[id.0 as usize]).cast_mut().cast()
    }

    pub(super) fn add_table(&mut self, ty: TableType, init: u64) -> Result<*mut Table, String> {
        let id = super::TableId(self.tables.len() as u32);
        let all = self.limits.all_table_elements;
        // SAFETY: nothing runs.
        let left = unsafe { &mut (*self.vm.get()).elements_left };
        let over = || format!("table of {} elements: all tables together would be over the limit of {all}", ty.initial);
        if ty.initial > *left && ty.initial <= self.limits.table_elements {
            return Err(over());
        }
        let table = Table::new(id, ty, init, self.limits.table_elements)?;
        *left -= ty.initial;
        self.tables.push(Owned::new(table));
        Ok(self.tables[id.0 as usize].as_ptr())
    }

    pub(super) fn add_global(&mut self, ty: GlobalType) -> *mut Global {
        let id = super::GlobalId(self.globals.len() as u32);
        self.globals.push(Owned::new(Global { vm: VMGlobal { value: [0; 2] }, id, ty }));
        self.globals[id.0 as usize].as_ptr()
    }

    pub(super) fn add_tag(&mut self, type_id: TypeId) -> *mut Tag {
        let id = super::TagId(self.tags.len() as u32);
        self.tags.push(Owned::new(Tag { vm: VMTag::new(type_id, &types::func_type(type_id)), id }));
        self.tags[id.0 as usize].as_ptr()
    }
}

fn trap(code: TrapCode) -> InstantiateError {
    InstantiateError::Abort(Abort::Trap(Trap::new(code)))
}

/// What remains to be done once the instance exists.
struct Instantiation<'a> {
    store: &'a mut Store,
    id: InstanceId,
    module: Arc<Module>,
}

impl Instantiation<'_> {
    fn run(mut self) -> Result<(), InstantiateError> {
        let module = Arc::clone(&self.module);
        for (i, global) in module.globals.iter().enumerate() {
            if let Some(init) = global.init {
                let value = self.constant(init)?;
                // SAFETY: nothing runs; the array has an entry for each global.
                unsafe { (*self.store.inner().instance(self.id).globals.get()[i]).value = value };
            }
        }
        for (i, table) in module.tables.iter().enumerate() {
            if let Some(init) = table.init {
                let value = self.reference(init, table.ty.element_type)?;
                self.table(i).slots_mut().fill(value);
            }
        }
        for (i, segment) in module.elements.iter().enumerate() {
            let slots = match &segment.items {
                ElementItems::Functions(functions) => {
                    // SAFETY: nothing runs. The array does not change.
                    let all = unsafe { self.store.inner().instance(self.id).funcs.get() };
                    functions.iter().map(|&f| all[f as usize] as u64).collect()
                }
                ElementItems::Expressions(items) => self.elements(i, items, segment.ty)?,
            };
            self.store.inner_mut().instance_mut(self.id).elements[i] = Some(slots);
        }
        if self.store.inner().segments_first {
            self.checked_segments()?;
        } else {
            self.active_elements()?;
            self.active_data()?;
        }
        if let Some(start) = module.start {
            // SAFETY: nothing runs. The array has an entry for each function.
            let func = unsafe { self.store.inner().instance(self.id).funcs.get()[start as usize] };
            let func = FuncRef(NonNull::new(func).expect("functions are not null"));
            self.store.call(func, &[]).map_err(InstantiateError::Abort)?;
        }
        Ok(())
    }

    /// Runs a constant expression.
    fn constant(&mut self, body: BodyIndex) -> Result<[u64; 2], InstantiateError> {
        let inner = self.store.inner;
        let mut slots = [0; 2];
        // SAFETY: the record is one of the instance's; a constant expression has no parameters and one result; no
        // reference into the store is alive.
        let status = unsafe {
            let record = inner.as_ref().instance(self.id).bodies.first().add(body.0 as usize);
            StoreInner::enter(inner, record, slots.as_mut_ptr())
        };
        self.store.inner_mut().outcome(status).map_err(InstantiateError::Abort)?;
        Ok(slots)
    }

    /// Runs a constant expression that gives a reference; the result is as a table holds it.
    fn reference(&mut self, body: BodyIndex, ty: RefType) -> Result<u64, InstantiateError> {
        let slot = self.constant(body)?[0];
        Ok(if self.is_func(ty) { slot } else { u64::from(slot as u32) })
    }

    /// Evaluates the elements of a segment. Those evaluated so far stand in the instance, where the collector sees them.
    fn elements(&mut self, segment: usize, items: &[BodyIndex], ty: RefType) -> Result<Box<[u64]>, InstantiateError> {
        self.store.inner_mut().instance_mut(self.id).elements[segment] = Some(vec![0; items.len()].into());
        for (i, &item) in items.iter().enumerate() {
            let value = self.reference(item, ty)?;
            let slots = self.store.inner_mut().instance_mut(self.id).elements[segment].as_mut();
            slots.expect("nothing is dropped yet")[i] = value;
        }
        let slots = self.store.inner_mut().instance_mut(self.id).elements[segment].take();
        Ok(slots.expect("nothing is dropped yet"))
    }

    fn is_func(&self, ty: RefType) -> bool {
        // SAFETY: the array never changes.
        let type_ids = unsafe { self.store.inner().instance(self.id).type_ids.get() };
        types::is_func_hierarchy(types::canonical_ref(ty, type_ids))
    }

    fn offset(&mut self, body: BodyIndex, wide: bool) -> Result<u64, InstantiateError> {
        let slot = self.constant(body)?[0];
        Ok(if wide { slot } else { u64::from(slot as u32) })
    }

    fn active_elements(&mut self) -> Result<(), InstantiateError> {
        let module = Arc::clone(&self.module);
        for (i, segment) in module.elements.iter().enumerate() {
            match segment.mode {
                ElementMode::Passive => continue,
                ElementMode::Declared => {}
                ElementMode::Active { table, offset } => {
                    let at = self.offset(offset, module.tables[table as usize].ty.table64)?;
                    if !self.element_fits(i, table, at) {
                        return Err(trap(TrapCode::TableOutOfBounds));
                    }
                    self.write_elements(i, table, at);
                }
            }
            self.store.inner_mut().instance_mut(self.id).elements[i] = None;
        }
        Ok(())
    }

    fn active_data(&mut self) -> Result<(), InstantiateError> {
        let module = Arc::clone(&self.module);
        for (i, segment) in module.data.iter().enumerate() {
            let Some((memory, offset)) = segment.active else { continue };
            let at = self.offset(offset, module.memories[memory as usize].memory64)?;
            if !self.data_fits(i, memory, at) {
                return Err(trap(TrapCode::MemoryOutOfBounds));
            }
            self.write_data(i, memory, at);
            self.store.inner_mut().instance_mut(self.id).dropped_data[i] = true;
        }
        Ok(())
    }

    /// All segments are active in this language.
    fn checked_segments(&mut self) -> Result<(), InstantiateError> {
        let module = Arc::clone(&self.module);
        let unlinkable = |what| Err(InstantiateError::Unlinkable(LinkError::Segment(what)));
        let mut elements = Vec::new();
        for (i, segment) in module.elements.iter().enumerate() {
            if let ElementMode::Active { table, offset } = segment.mode {
                let at = self.offset(offset, module.tables[table as usize].ty.table64)?;
                if !self.element_fits(i, table, at) {
                    return unlinkable("elements");
                }
                elements.push((i, table, at));
            }
        }
        let mut data = Vec::new();
        for (i, segment) in module.data.iter().enumerate() {
            if let Some((memory, offset)) = segment.active {
                let at = self.offset(offset, module.memories[memory as usize].memory64)?;
                if !self.data_fits(i, memory, at) {
                    return unlinkable("data");
                }
                data.push((i, memory, at));
            }
        }
        for (i, table, at) in elements {
            self.write_elements(i, table, at);
            self.store.inner_mut().instance_mut(self.id).elements[i] = None;
        }
        for (i, memory, at) in data {
            self.write_data(i, memory, at);
            self.store.inner_mut().instance_mut(self.id).dropped_data[i] = true;
        }
        Ok(())
    }

    fn table(&mut self, index: usize) -> &mut Table {
        // SAFETY: the array points to tables of the store; nothing runs; exclusive by `&mut self`.
        unsafe { &mut *self.store.inner().instance(self.id).tables.get()[index].cast::<Table>() }
    }

    fn memory(&self, index: usize) -> &Memory {
        // SAFETY: as for tables; they are only changed through shared references.
        unsafe { &*self.store.inner().instance(self.id).memories.get()[index].cast::<Memory>() }
    }

    fn element_fits(&mut self, segment: usize, table: u32, at: u64) -> bool {
        let len = self.store.inner().instance(self.id).elements[segment].as_ref().map_or(0, |slots| slots.len());
        at.checked_add(len as u64).is_some_and(|end| end <= self.table(table as usize).slots().len() as u64)
    }

    fn write_elements(&mut self, segment: usize, table: u32, at: u64) {
        let slots = self.store.inner_mut().instance_mut(self.id).elements[segment].take().unwrap_or_default();
        self.table(table as usize).slots_mut()[at as usize..][..slots.len()].copy_from_slice(&slots);
    }

    fn data_fits(&mut self, segment: usize, memory: u32, at: u64) -> bool {
        let len = self.module.data[segment].range.len() as u64;
        at.checked_add(len).is_some_and(|end| end <= self.memory(memory as usize).len() as u64)
    }

    fn write_data(&mut self, segment: usize, memory: u32, at: u64) {
        let module = Arc::clone(&self.module);
        let bytes = &module.bytes[module.data[segment].range.clone()];
        let vm = self.store.vm();
        let memory = self.memory(memory as usize);
        assert!(at + bytes.len() as u64 <= memory.len() as u64);
        // SAFETY: in bounds of committed memory, which nothing else accesses now unless it is shared.
        unsafe {
            let bulk = tracing::before_bulk(vm, &raw const memory.vm, at, bytes.len() as u64);
            let to = memory.vm.base.add(at as usize);
            match memory.vm.shared {
                0 => to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()),
                _ => racy::copy(to, bytes.as_ptr(), bytes.len()),
            }
            if let Some(bulk) = bulk {
                tracing::after_bulk(vm, &bulk, &format!("data {segment}"), None);
            }
        }
    }
}
