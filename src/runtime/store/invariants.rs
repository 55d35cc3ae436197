//! What is true of every store while nothing runs in it. Under `--paranoid` it is checked after each call, so that a
//! defect is found where it does its harm, not where it is noticed later.

use super::objects::stored_type;
use super::{Instance, ObjectShape, Store, StoreInner};
use crate::module::ValType;
use crate::runtime::heap::BLOCK;
use crate::runtime::owned::Owned;
use crate::runtime::table::ELEMENT_BYTES;
use crate::runtime::types::canonical_ref;
use crate::runtime::value::{GcRef, Ref, Val};
use crate::runtime::vm::VMFunc;
use std::collections::HashSet;

/// Fails with a text if a condition does not hold.
macro_rules! holds {
    ($condition:expr, $($text:tt)*) => {
        if !$condition {
            return Err(format!($($text)*));
        }
    };
}

impl Store {
    /// Sets whether the invariants are checked after each call and instantiation, which takes time in proportion to
    /// everything that the store has.
    pub fn set_paranoid(&mut self, on: bool) {
        self.inner_mut().paranoid = on;
    }

    /// Checks the invariants if that was requested and nothing runs.
    ///
    /// # Panics
    /// If one does not hold.
    pub(in crate::runtime) fn check_if_paranoid(&self) {
        if self.inner().paranoid && self.is_idle() {
            self.check_invariants().unwrap_or_else(|e| panic!("the store is inconsistent: {e}"));
        }
    }

    /// Under `--paranoid`, collects garbage when nothing runs: no native stack then keeps an object alive whose root or edge the
    /// collector forgot. What remains must be what a marker that knows only types and values reaches.
    ///
    /// # Panics
    /// If it is not.
    pub(in crate::runtime) fn collect_if_paranoid(&mut self) {
        if self.inner().paranoid && self.is_idle() {
            let reached = self.reached();
            self.collect_garbage();
            let checked = self.check_collection(&reached).and_then(|()| self.check_invariants());
            checked.unwrap_or_else(|e| panic!("a collection was wrong: {e}"));
        }
    }

    fn is_idle(&self) -> bool {
        // SAFETY: the store has a stack, of which the runtime alone changes these fields.
        unsafe { !(*(*self.vm()).stack).is_running() }
    }

    /// Checks the invariants of a store in which nothing runs.
    ///
    /// # Errors
    /// The first that does not hold, as a text.
    pub fn check_invariants(&self) -> Result<(), String> {
        let known = self.inner().functions();
        self.check_stacks()?;
        self.check_instances(&known)?;
        self.check_entities(&known)?;
        self.check_objects(&known)?;
        self.check_budgets()
    }

    fn check_stacks(&self) -> Result<(), String> {
        // SAFETY: nothing runs.
        let vm = unsafe { &*self.vm() };
        // SAFETY: a store has a stack as long as it lives.
        let stack = unsafe { &*vm.stack };
        holds!(stack.values_top == stack.values_base, "values are left in the value area");
        holds!(stack.reentries == 0, "{} calls from host functions go on", stack.reentries);
        holds!(vm.pending_trap == 0, "trap {} is in flight", vm.pending_trap);
        let continuations = &vm.continuations;
        holds!(continuations.ended.is_null(), "an ended stack was not returned");
        holds!(continuations.roots() == ([0; 2], 0), "references are held");
        let mut waiting = 0;
        for (i, chain) in continuations.suspended.iter().enumerate() {
            holds!(vm.heap.is_object(chain.owner.0.get()), "chain {i} has no owner");
            let mut at = chain.innermost;
            // SAFETY: the stacks of a chain are alive, and each but the last has the next as its parent.
            unsafe {
                holds!((*chain.outermost).index == i, "chain {i} has the index {}", (*chain.outermost).index);
                let outermost = &*chain.outermost;
                holds!(outermost.parent.is_null(), "chain {i} has not been cut off");
                holds!(
                    (outermost.handlers.is_null(), outermost.num_handlers) == (true, 0),
                    "chain {i} has handlers above it"
                );
                loop {
                    holds!((*at).reentries == 0, "chain {i} was captured across a host function");
                    if at == chain.outermost {
                        break;
                    }
                    waiting += 1;
                    at = (*at).parent;
                    holds!(!at.is_null(), "chain {i} is torn");
                }
            }
            waiting += 1;
        }
        let taken = continuations.stacks();
        holds!(waiting == taken, "{waiting} stacks wait, and {taken} were taken");
        Ok(())
    }

    fn check_instances(&self, known: &HashSet<*const VMFunc>) -> Result<(), String> {
        let inner = self.inner();
        let tables: HashSet<usize> = inner.tables.iter().map(|t| t.as_ptr() as usize).collect();
        let globals: HashSet<usize> = inner.globals.iter().map(|g| g.as_ptr() as usize).collect();
        let tags: HashSet<usize> = inner.tags.iter().map(|t| t.as_ptr() as usize).collect();
        let memories: HashSet<usize> = inner.memories.iter().map(|m| std::sync::Arc::as_ptr(m) as usize).collect();
        for instance in &inner.instances {
            // SAFETY: nothing runs that could change it, nor the arrays.
            let (instance, ctx) = unsafe { (instance.get(), instance.get().ctx.get()) };
            let id = instance.id.0;
            holds!(std::ptr::eq(ctx.store, self.vm()), "instance {id} belongs to another store");
            let own = std::ptr::from_ref::<Instance>(instance).cast();
            holds!(std::ptr::eq(ctx.instance.cast_const(), own), "the context of instance {id} is another's");
            // SAFETY: as above.
            unsafe {
                let funcs = instance.funcs.get().iter();
                holds!(funcs.clone().all(|f| known.contains(&f.cast_const())), "instance {id} has a foreign function");
                holds!(all_known(&tables, instance.tables.get()), "instance {id} has a foreign table");
                holds!(all_known(&globals, instance.globals.get()), "instance {id} has a foreign global");
                holds!(all_known(&tags, instance.tags.get()), "instance {id} has a foreign tag");
                holds!(all_known(&memories, instance.memories.get()), "instance {id} has a foreign memory");
                if let Some(&first) = instance.memories.get().first() {
                    let cached = (ctx.memory0, ctx.memory0_base);
                    holds!(cached == (first, (*first).base), "instance {id} accesses another memory 0");
                }
            }
        }
        Ok(())
    }

    fn check_entities(&self, known: &HashSet<*const VMFunc>) -> Result<(), String> {
        let inner = self.inner();
        for (i, memory) in inner.memories.iter().enumerate() {
            let (len, page) = (memory.len() as u64, 1u64 << memory.vm.page_shift);
            holds!(len.is_multiple_of(page), "memory {i} of {len} bytes is not a whole number of pages");
            let most = memory.ty().maximum.and_then(|pages| pages.checked_mul(page)).unwrap_or(u64::MAX);
            holds!(len <= most, "memory {i} of {len} bytes is over its maximum");
        }
        for (i, table) in inner.tables.iter().enumerate() {
            // SAFETY: nothing runs that could change it.
            let table = unsafe { table.get() };
            let ty = table.ty();
            holds!(table.is_consistent(), "the record of table {i} is not of its elements");
            holds!(ty.initial <= ty.maximum.unwrap_or(u64::MAX), "table {i} is over its maximum");
            for (at, &slot) in table.slots().iter().enumerate() {
                holds!(table.functions || slot >> 32 == 0, "element {at} of table {i} has an upper half: {slot:#x}");
                let value = Val::Ref(Ref::from_slot(slot, ty.element_type));
                self.check_value(value, ValType::Ref(ty.element_type), known)
                    .map_err(|e| format!("element {at} of table {i}: {e}"))?;
            }
        }
        for (i, global) in inner.globals.iter().enumerate() {
            // SAFETY: nothing runs that could change it.
            let global = unsafe { global.get() };
            let ty = global.ty.content_type;
            let value = Val::from_slots(&global.vm.value, ty);
            self.check_value(value, ty, known).map_err(|e| format!("global {i}: {e}"))?;
        }
        for object in inner.handles.iter() {
            self.check_live(Val::Ref(Ref::Gc(object))).map_err(|e| format!("a reference that the host holds: {e}"))?;
        }
        Ok(())
    }

    /// Checks every object of the heap, reachable or not: what was not collected refers to nothing that was.
    fn check_objects(&self, known: &HashSet<*const VMFunc>) -> Result<(), String> {
        // SAFETY: nothing runs.
        let objects = unsafe { (*self.vm()).heap.objects() };
        // SAFETY: as above; what is called below reads.
        let heap = unsafe { &(*self.vm()).heap };
        // A write that is too wide, or goes too far, changes free memory, or what lies behind an array's elements.
        holds!(heap.hole().iter().all(|&byte| byte == 0), "free memory for objects was written");
        let mut values = Vec::new();
        for object in objects {
            values.clear();
            let at = object.0;
            match self.shape(object, &mut values) {
                ObjectShape::Struct(ty) => {
                    for (i, &value) in values.iter().enumerate() {
                        // The descriptor comes after the fields.
                        let field = stored_type(ty, i).map(|field| field.unpack());
                        let checked = match field {
                            Some(ty) => self.check_value(value, ty, known),
                            None => self.check_live(value),
                        };
                        checked.map_err(|e| format!("field {i} of the structure at {at:#x}: {e}"))?;
                    }
                }
                ObjectShape::Array(ty, len) => {
                    let padding = heap.array_padding(object);
                    holds!(padding.iter().all(|&byte| byte == 0), "the array at {at:#x} is written behind its end");
                    let element = stored_type(ty, 0).expect("arrays have elements").unpack();
                    let references = matches!(element, ValType::Ref(_));
                    for i in (0..len).filter(|_| references) {
                        self.check_value(self.array_element(object, i), element, known)
                            .map_err(|e| format!("element {i} of the array at {at:#x}: {e}"))?;
                    }
                }
                ObjectShape::Exception(tag) => {
                    let signature = self.tag_type(tag);
                    for (i, (&value, &ty)) in values.iter().zip(signature.params()).enumerate() {
                        self.check_value(value, ty, known)
                            .map_err(|e| format!("value {i} of the exception at {at:#x}: {e}"))?;
                    }
                }
                ObjectShape::Cont(..) => {
                    for &value in &values {
                        self.check_live(value).map_err(|e| format!("the continuation at {at:#x}: {e}"))?;
                    }
                }
                ObjectShape::HostExtern(_) | ObjectShape::I31(_) => {}
            }
        }
        Ok(())
    }

    /// Every object that is reachable from a value of the store.
    fn reached(&self) -> HashSet<GcRef> {
        let inner = self.inner();
        let mut values: Vec<Val> = inner.handles.iter().map(|object| Val::Ref(Ref::Gc(object))).collect();
        // SAFETY: nothing runs that could change any of these.
        unsafe {
            for table in inner.tables.iter().map(|table| table.get()) {
                let ty = table.ty().element_type;
                values.extend(table.slots().iter().map(|&slot| Val::Ref(Ref::from_slot(slot, ty))));
            }
            for global in inner.globals.iter().map(|global| global.get()) {
                values.push(Val::from_slots(&global.vm.value, global.ty.content_type));
            }
            for instance in inner.instances.iter().map(|instance| instance.get()) {
                let types = instance.type_ids.get();
                for (segment, slots) in instance.code.module().elements.iter().zip(&instance.elements) {
                    let ty = canonical_ref(segment.ty, types);
                    values.extend(slots.iter().flatten().map(|&slot| Val::Ref(Ref::from_slot(slot, ty))));
                }
            }
        }
        let mut reached = HashSet::new();
        while let Some(value) = values.pop() {
            let Val::Ref(Ref::Gc(object)) = value else { continue };
            if object.0.get() & 1 != 0 || !reached.insert(object) {
                continue;
            }
            if let ObjectShape::Array(ty, len) = self.shape(object, &mut values)
                && stored_type(ty, 0).is_some_and(|element| matches!(element.unpack(), ValType::Ref(_)))
            {
                values.extend((0..len).map(|i| self.array_element(object, i)));
            }
        }
        reached
    }

    /// Checks, after a collection, that what was reached before it is there, and nothing else. The stacks of suspended
    /// continuations may keep more, since they are scanned conservatively.
    fn check_collection(&self, reached: &HashSet<GcRef>) -> Result<(), String> {
        // SAFETY: nothing runs.
        let vm = unsafe { &mut *self.vm() };
        let kept: HashSet<GcRef> = vm.heap.objects().into_iter().collect();
        if let Some(lost) = reached.difference(&kept).min_by_key(|object| object.0) {
            return Err(format!("the object at {:#x} is reachable, and was collected", lost.0));
        }
        if vm.continuations.suspended.is_empty()
            && let Some(left) = kept.difference(reached).min_by_key(|object| object.0)
        {
            return Err(format!("the object at {:#x} was kept, and nothing leads to it", left.0));
        }
        Ok(())
    }

    /// Checks that what was taken from each budget is what exists.
    fn check_budgets(&self) -> Result<(), String> {
        let inner = self.inner();
        // SAFETY: nothing runs.
        let vm = unsafe { &*self.vm() };
        // SAFETY: nothing runs that could change them.
        let elements: u64 = inner.tables.iter().map(|t| unsafe { t.get() }.slots().len() as u64).sum();
        holds!(
            elements + vm.elements_left == inner.limits.all_table_elements,
            "{elements} elements, and {} left",
            vm.elements_left
        );
        // Another store may have grown a shared memory, at its own cost.
        if inner.memories.iter().all(|memory| memory.vm.shared == 0) {
            let memories: u64 = inner.memories.iter().map(|memory| memory.len() as u64).sum();
            let (objects, stacks) = ((vm.heap.blocks() * BLOCK) as u64, vm.continuations.charges());
            let taken = memories + elements * ELEMENT_BYTES + objects + stacks;
            holds!(
                taken + vm.bytes_left == inner.limits.total_bytes,
                "memories {memories}, elements {elements}, objects {objects}, stacks {stacks}, and {} left",
                vm.bytes_left
            );
        }
        Ok(())
    }

    /// Checks that a value is of a canonical type. Null always is: an instantiation that failed may have left it.
    fn check_value(&self, value: Val, ty: ValType, known: &HashSet<*const VMFunc>) -> Result<(), String> {
        match value {
            Val::Ref(Ref::Null) => return Ok(()),
            Val::Ref(Ref::Func(func)) => {
                holds!(known.contains(&func.0.as_ptr().cast_const()), "no function at {:p}", func.0);
            }
            value => self.check_live(value)?,
        }
        holds!(self.inner().has_type(value, ty), "{value:?} is not of type {ty}");
        Ok(())
    }

    fn check_live(&self, value: Val) -> Result<(), String> {
        if let Val::Ref(Ref::Gc(object)) = value {
            holds!(self.is_live(object), "no object at {:#x}", object.0);
        }
        Ok(())
    }

    fn is_live(&self, object: GcRef) -> bool {
        // SAFETY: nothing runs.
        object.0.get() & 1 != 0 || unsafe { (*self.vm()).heap.is_object(object.0.get()) }
    }
}

fn all_known<T>(known: &HashSet<usize>, pointers: &[*mut T]) -> bool {
    pointers.iter().all(|&pointer| known.contains(&(pointer as usize)))
}

impl StoreInner {
    /// The records of all functions of the store.
    fn functions(&self) -> HashSet<*const VMFunc> {
        // SAFETY: the records live as long as the store; the array of a module's bodies does not change.
        let of_instance = |instance: &Owned<Instance>| unsafe {
            let bodies = &instance.get().bodies;
            (0..bodies.len()).map(|i| bodies.first().add(i).cast_const()).collect::<Vec<_>>()
        };
        let host = self.host_functions.iter().map(|function| function.as_ptr().cast::<VMFunc>().cast_const());
        self.instances.iter().flat_map(of_instance).chain(host).collect()
    }
}
