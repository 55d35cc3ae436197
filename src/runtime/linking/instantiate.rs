//! Instantiation, in the order of the specification: imports are matched, entities allocated, globals, tables and
//! element segments initialized by running their constant expressions, active segments written, and the start function
//! called.
//!
//! **Two languages.** Active segments are written one after the other; an out-of-bounds one traps, and earlier ones
//! stay written. In the first release of the language, all segments were checked first, and an out-of-bounds one made
//! the module unlinkable, with nothing written: [`Store::check_segments_first`].

use super::LinkError;
use crate::module::{BodyIndex, BodyKind, ElementItems, ElementMode, Module, RefType};
use crate::runtime::memory::{Memory, racy};
use crate::runtime::observe::tracing;
use crate::runtime::resource::ResourceError;
use crate::runtime::store::{Abort, Code, Extern, InstanceId, Store, StoreInner, Trap};
use crate::runtime::table::Table;
use crate::runtime::trap::TrapCode;
use crate::runtime::types::{self, ModuleTypes, TypeId};
use crate::runtime::value::FuncRef;
use std::ptr::NonNull;
use std::sync::Arc;

/// Why a module was not instantiated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InstantiateError {
    /// It does not match its imports. Nothing was written.
    #[error(transparent)]
    Unlinkable(#[from] LinkError),
    /// A segment trapped, or the start function did not return normally. Side effects are kept.
    #[error("{0}")]
    Abort(Abort),
    /// Out of host memory or over a limit of the store.
    #[error(transparent)]
    Resource(#[from] ResourceError),
}

impl Store {
    /// Chooses the language of the first release for later instantiations: all segments are checked before one is
    /// written, and one that does not fit is `Unlinkable("… segment does not fit")`.
    pub fn check_segments_first(&mut self, on: bool) {
        self.inner_mut().segments_first = on;
    }

    /// Links, allocates, initializes and starts a module. `imports` is in the order of the module's imports. The module's types
    /// stay registered for ever, so that type ids observed in different stores can be compared.
    ///
    /// # Errors
    /// See [`InstantiateError`].
    pub fn instantiate(&mut self, code: Arc<dyn Code>, imports: &[Extern]) -> Result<InstanceId, InstantiateError> {
        let type_ids = types::register_module(code.module()).map_err(ResourceError::from)?;
        self.instantiate_typed(code, &type_ids, None, imports)
    }

    /// As [`Store::instantiate`], given the canonical ids of the module's types, and what holds these unless they are held for
    /// ever: the store holds it from now on.
    ///
    /// # Errors
    /// As there.
    pub(in crate::runtime) fn instantiate_typed(
        &mut self,
        code: Arc<dyn Code>,
        type_ids: &[TypeId],
        types: Option<Arc<ModuleTypes>>,
        imports: &[Extern],
    ) -> Result<InstanceId, InstantiateError> {
        self.inner().check_refusal()?;
        let module = Arc::clone(code.module());
        let inner = self.inner_mut();
        inner.check_imports(&module, type_ids, imports)?;
        // Everything that can fail comes before memories and tables are made, which stay.
        for body in &module.bodies {
            if let BodyKind::Const(ty) = body.kind {
                types::register_constant(types::canonical_val(ty, type_ids)).map_err(ResourceError::from)?;
            }
        }
        let parts = inner.allocate(&module, type_ids, imports)?;
        inner.types.extend(types);
        let id = inner.add_instance(code, type_ids, parts).map_err(ResourceError::from)?;
        inner.check_refusal()?;
        let ran = Instantiation { store: self, id, module }.run();
        self.check_if_paranoid();
        self.collect_if_paranoid();
        ran.map(|()| id)
    }
}

fn trap(code: TrapCode) -> InstantiateError {
    InstantiateError::Abort(Abort::Trap(Trap::new(code)))
}

/// The steps of an instantiation that follow once the instance exists.
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

    /// Runs a constant expression that returns a reference; the result is in the form of a table's element.
    fn reference(&mut self, body: BodyIndex, ty: RefType) -> Result<u64, InstantiateError> {
        let slot = self.constant(body)?[0];
        Ok(if self.is_func(ty) { slot } else { u64::from(slot as u32) })
    }

    /// Evaluates the elements of a segment. Those evaluated so far are in the instance, where the collector finds them.
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
        let known = self.store.inner().instance(self.id).code.constant(body);
        let slot = match known {
            Some(bits) => bits,
            None => self.constant(body)?[0],
        };
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
            for part in bulk {
                tracing::after_bulk(vm, &part, &format!("data {segment}"), None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::{FuncType, WasmFeatures};
    use crate::runtime::store::{Adapters, Limits, MemoryId};
    use crate::runtime::vm::{Status, VMFunc};
    use std::ffi::c_void;

    struct NoAdapters;

    impl Adapters for NoAdapters {
        fn native_to_array(&self, _: &FuncType) -> std::io::Result<*const u8> {
            Ok(std::ptr::null())
        }
    }

    /// The result of every constant expression.
    type End = Result<u64, TrapCode>;

    struct Constants(Arc<Module>, End);

    impl Code for Constants {
        fn module(&self) -> &Arc<Module> {
            &self.0
        }

        fn install(&self, _: BodyIndex, func: &VMFunc) {
            func.array_entry.publish(entry as *mut c_void);
            func.data.publish((&raw const self.1).cast_mut().cast());
        }
    }

    unsafe extern "C" fn entry(func: *const VMFunc, slots: *mut u64) -> Status {
        // SAFETY: `install` set the data, which the store keeps; there is room for a result.
        unsafe {
            match *(*func).data.get().cast::<End>() {
                Ok(value) => {
                    slots.write(value);
                    Status::Ok
                }
                Err(code) => {
                    (*(*(*func).ctx).store).pending_trap = code as u32;
                    Status::Trap
                }
            }
        }
    }

    fn compile(text: &str, end: End) -> Arc<dyn Code> {
        let bytes = wat::parse_str(text).expect("a module");
        let module = Module::new(&bytes, WasmFeatures::all()).expect("it is valid");
        Arc::new(Constants(Arc::new(module), end))
    }

    fn instantiate(text: &str, end: End) -> (Store, Result<InstanceId, InstantiateError>) {
        let mut store = Store::new(Arc::new(NoAdapters), Limits::default());
        let made = store.instantiate(compile(text, end), &[]);
        (store, made)
    }

    /// Constant expressions may allocate more objects than there is room for, wherever they occur.
    #[test]
    fn a_constant_that_traps_ends_the_instantiation() {
        for text in [
            "(module (global i32 (i32.const 0)))",
            "(module (table 1 funcref (ref.null func)))",
            "(module (elem funcref (ref.null func)))",
            "(module (table 1 funcref) (func $f) (elem (i32.const 0) $f))",
            "(module (memory 1) (data (i32.const 0) \"a\"))",
        ] {
            let (_, made) = instantiate(text, Err(TrapCode::AllocationTooLarge));
            let trap = InstantiateError::Abort(Abort::Trap(Trap::new(TrapCode::AllocationTooLarge)));
            assert_eq!(made, Err(trap), "{text}");
            let (_, made) = instantiate(text, Ok(0));
            assert_eq!(made, Ok(InstanceId(0)), "{text}");
        }
    }

    /// A 32-bit offset has no sign and no upper half; a 64-bit offset is taken whole.
    #[test]
    fn segments_are_written_far_behind_in_their_memory() {
        for (memory, offset, value, at) in [
            ("65536", "i32", 0xdead_beef_8000_0001, 0x8000_0001_usize),
            ("i64 65537", "i64", 0x1_0000_0005, 0x1_0000_0005),
        ] {
            let text = format!("(module (memory {memory}) (data ({offset}.const 0) \"abc\"))");
            let (store, made) = instantiate(&text, Ok(value));
            assert_eq!(made, Ok(InstanceId(0)), "{text}");
            let bytes = store.memory_bytes(MemoryId(0));
            assert_eq!((&bytes[at - 1..at + 4], &bytes[..9]), (&b"\0abc\0"[..], &[0; 9][..]), "{text}");
        }
    }

    /// A store holds the types of its instances as long as it lives.
    #[test]
    fn types_are_held_by_the_store() {
        let code = compile("(module (type (func (param i32))) (type (struct (field i64))))", Ok(0));
        let types = Arc::new(ModuleTypes::new(code.module()).expect("few types"));
        let mut store = Store::new(Arc::new(NoAdapters), Limits::default());
        for instances in 1..4 {
            let given = Some(Arc::clone(&types));
            store.instantiate_typed(Arc::clone(&code), types.ids(), given, &[]).expect("no imports");
            assert_eq!(Arc::strong_count(&types), 1 + instances);
        }
        drop(store);
        assert_eq!(Arc::strong_count(&types), 1);
        // An instance that is not made holds nothing.
        let mut store = Store::new(Arc::new(NoAdapters), Limits { instances: 1, ..Limits::default() });
        for attempt in 0..3 {
            let given = Some(Arc::clone(&types));
            let made = store.instantiate_typed(Arc::clone(&code), types.ids(), given, &[]);
            assert_eq!((made.is_ok(), Arc::strong_count(&types)), (attempt == 0, 2));
        }
    }

    /// What an instantiation leaves behind is collected after it, where each collection is checked.
    #[test]
    fn each_instantiation_of_a_paranoid_store_is_followed_by_a_collection() {
        for paranoid in [false, true] {
            let mut store = Store::new(Arc::new(NoAdapters), Limits::default());
            store.set_paranoid(paranoid);
            let before = store.gc_stats().collections;
            store.instantiate(compile("(module)", Ok(0)), &[]).expect("no imports");
            assert_eq!(store.gc_stats().collections - before, u64::from(paranoid));
        }
    }

    /// Where calls are impossible, no instance can be made any more.
    #[test]
    fn a_store_that_refuses_takes_nothing() {
        struct NoRoom;
        impl Adapters for NoRoom {
            fn native_to_array(&self, _: &FuncType) -> std::io::Result<*const u8> {
                Err(std::io::ErrorKind::OutOfMemory.into())
            }
        }
        let mut store = Store::new(Arc::new(NoRoom), Limits::default());
        assert_eq!(store.instantiate(compile("(module (memory 1))", Ok(0)), &[]), Ok(InstanceId(0)));
        store.new_host_func("f", FuncType::new([], []), Box::new(|_, _| Ok(Vec::new())));
        for _ in 0..2 {
            let refused = store.instantiate(compile("(module (memory 1))", Ok(0)), &[]);
            assert!(matches!(refused, Err(InstantiateError::Resource(_))), "{refused:?}");
            assert_eq!(store.instances(), 1);
        }
    }
}
