//! Instances: contexts with their arrays, function records, segments.

use super::{Code, Extern, Global, InstanceId, MemoryId, Store, StoreInner, Tag};
use crate::module::{BodyKind, Module};
use crate::runtime::owned::Owned;
use crate::runtime::table::Table;
use crate::runtime::types::{self, TypeId};
use crate::runtime::value::{FuncRef, Ref};
use crate::runtime::vm::{VMContext, VMFunc, VMGlobal, VMMemory, VMTable, VMTag};
use std::ptr::NonNull;
use std::sync::Arc;

/// The Rust side of an instance; `VMContext::instance` points here.
pub(crate) struct Instance {
    pub id: InstanceId,
    pub code: Arc<dyn Code>,
    pub ctx: Owned<VMContext>,
    /// Records of the module's bodies: defined functions, then constant expressions.
    pub bodies: Owned<[VMFunc]>,
    /// Contents of the context's arrays, beginning with its functions.
    pub funcs: Owned<[*mut VMFunc]>,
    pub memories: Owned<[*mut VMMemory]>,
    /// The memories' numbers in this store: a shared memory may belong to several stores.
    pub memory_ids: Box<[MemoryId]>,
    pub tables: Owned<[*mut VMTable]>,
    pub globals: Owned<[*mut VMGlobal]>,
    pub tags: Owned<[*mut VMTag]>,
    pub type_ids: Owned<[TypeId]>,
    /// Elements of the segments, as slots of a table; `None` when dropped.
    pub elements: Vec<Option<Box<[u64]>>>,
    /// Whether elements of the segments are GC references.
    pub gc_elements: Vec<bool>,
    pub dropped_data: Vec<bool>,
    /// Records of code that begins at a loop of an interpreted function.
    pub(super) loops: super::tiers::LoopRecords,
}

/// The entities of an instance under construction, imports first.
#[derive(Default)]
pub(in crate::runtime) struct InstanceParts {
    pub funcs: Vec<*mut VMFunc>,
    pub memories: Vec<*mut VMMemory>,
    pub memory_ids: Vec<MemoryId>,
    pub tables: Vec<*mut VMTable>,
    pub globals: Vec<*mut VMGlobal>,
    pub tags: Vec<*mut VMTag>,
}

impl StoreInner {
    /// Makes the records and the context of an instance, installs the code, and assigns its number. `Err` if the type
    /// registry is full.
    pub(in crate::runtime) fn add_instance(
        &mut self,
        code: Arc<dyn Code>,
        type_ids: &[TypeId],
        mut parts: InstanceParts,
    ) -> Result<InstanceId, types::TooManyTypes> {
        let module = Arc::clone(code.module());
        let id = InstanceId(self.instances.len() as u32);
        let ctx = Owned::new(VMContext::new(self.vm.get()));
        let bodies: Owned<[VMFunc]> = (0..)
            .zip(&module.bodies)
            .map(|(i, body)| {
                let type_id = match body.kind {
                    BodyKind::Function(f) => type_ids[module.functions[f as usize] as usize],
                    BodyKind::Const(ty) => types::register_constant(types::canonical_val(ty, type_ids))?,
                };
                Ok(VMFunc::new(ctx.as_ptr(), type_id, module.num_imported_functions + i))
            })
            .collect::<Result<Vec<_>, _>>()?
            .into();
        for i in 0..module.num_defined_functions() as usize {
            // SAFETY: in bounds.
            parts.funcs.push(unsafe { bodies.first().add(i) });
        }
        self.install(&*code, &module, &bodies);
        let instance = Owned::new(Instance {
            id,
            ctx,
            bodies,
            funcs: parts.funcs.into(),
            memories: parts.memories.into(),
            memory_ids: parts.memory_ids.into(),
            tables: parts.tables.into(),
            globals: parts.globals.into(),
            tags: parts.tags.into(),
            type_ids: type_ids.to_vec().into(),
            elements: vec![None; module.elements.len()],
            gc_elements: module
                .elements
                .iter()
                .map(|s| !types::is_func_hierarchy(types::canonical_ref(s.ty, type_ids)))
                .collect(),
            dropped_data: vec![false; module.data.len()],
            loops: super::tiers::LoopRecords::default(),
            code,
        });
        // SAFETY: just made; nothing else accesses it. Pointers of the context are to allocations of the instance or
        // the store.
        unsafe {
            let this = instance.get();
            let ctx = &mut *this.ctx.as_ptr();
            ctx.defined_funcs = this.bodies.first();
            ctx.funcs = this.funcs.first();
            ctx.memories = this.memories.first();
            ctx.tables = this.tables.first();
            ctx.globals = this.globals.first();
            ctx.tags = this.tags.first();
            ctx.type_ids = this.type_ids.first();
            if this.memories.len() > 0 {
                ctx.memory0 = *ctx.memories;
                ctx.memory0_base = (*ctx.memory0).base;
            }
            ctx.instance = instance.as_ptr().cast();
        }
        self.instances.push(instance);
        self.trace_functions(id);
        Ok(id)
    }

    fn install(&self, code: &dyn Code, module: &Module, bodies: &Owned<[VMFunc]>) {
        // SAFETY: records are only changed through their atomic fields.
        for (i, record) in (0..).zip(unsafe { bodies.get() }) {
            code.install(crate::module::BodyIndex(i), record);
            // Constant expressions are only called from Rust.
            if i < module.num_defined_functions() && record.native_entry.get().is_null() {
                let signature = types::info(record.type_id);
                let adapter = self.native_to_array(signature.func().expect("a function type"));
                record.native_entry.publish(adapter.cast_mut());
            }
        }
    }

    pub(in crate::runtime) fn instance(&self, id: InstanceId) -> &Instance {
        // SAFETY: no code runs while the store is borrowed; libcalls that change an instance borrow the store.
        unsafe { self.instances[id.0 as usize].get() }
    }

    pub(in crate::runtime) fn instance_mut(&mut self, id: InstanceId) -> &mut Instance {
        // SAFETY: as above, exclusive.
        unsafe { &mut *self.instances[id.0 as usize].as_ptr() }
    }
}

impl Instance {
    /// The instance that a context belongs to.
    ///
    /// # Safety
    /// `ctx` is the context of an instance of a live store. The result must not be used after code runs again.
    pub unsafe fn of<'a>(ctx: *const VMContext) -> &'a mut Instance {
        // SAFETY: as `StoreInner::of`.
        unsafe { &mut *(*ctx).instance.cast::<Instance>() }
    }

    fn externs(&self) -> Vec<Extern> {
        // SAFETY: the arrays point to entities of the store, which start with the part that compiled code accesses;
        // only numbers, which never change, are read.
        unsafe {
            let funcs = self.funcs.get().iter().map(|&f| Extern::Func(FuncRef(NonNull::new_unchecked(f))));
            let tables = self.tables.get().iter().map(|&t| Extern::Table((*t.cast::<Table>()).id));
            let memories = self.memory_ids.iter().map(|&m| Extern::Memory(m));
            let globals = self.globals.get().iter().map(|&g| Extern::Global((*g.cast::<Global>()).id));
            let tags = self.tags.get().iter().map(|&t| Extern::Tag((*t.cast::<Tag>()).id));
            funcs.chain(tables).chain(memories).chain(globals).chain(tags).collect()
        }
    }

    fn export(&self, name: &str) -> Option<Extern> {
        use crate::module::ExternKind;
        let export = self.code.module().export(name)?;
        let i = export.index as usize;
        // SAFETY: as in `externs`; validation checked the index.
        Some(unsafe {
            match export.kind {
                ExternKind::Func => Extern::Func(FuncRef(NonNull::new_unchecked(self.funcs.get()[i]))),
                ExternKind::Table => Extern::Table((*self.tables.get()[i].cast::<Table>()).id),
                ExternKind::Memory => Extern::Memory(self.memory_ids[i]),
                ExternKind::Global => Extern::Global((*self.globals.get()[i].cast::<Global>()).id),
                ExternKind::Tag => Extern::Tag((*self.tags.get()[i].cast::<Tag>()).id),
            }
        })
    }
}

impl Store {
    /// The decoded module of an instance.
    pub fn module(&self, instance: InstanceId) -> &Arc<Module> {
        self.inner().instance(instance).code.module()
    }

    /// The export of an instance with this name.
    pub fn export(&self, instance: InstanceId, name: &str) -> Option<Extern> {
        self.inner().instance(instance).export(name)
    }

    /// The number of instances.
    pub fn instances(&self) -> u32 {
        self.inner().instances.len() as u32
    }

    /// Entities of an instance (imports first), for reachability.
    pub fn instance_externs(&self, instance: InstanceId) -> Vec<Extern> {
        self.inner().instance(instance).externs()
    }

    /// Which data segments and which element segments are dropped.
    pub fn dropped(&self, instance: InstanceId) -> (Vec<bool>, Vec<bool>) {
        let instance = self.inner().instance(instance);
        (instance.dropped_data.clone(), instance.elements.iter().map(Option::is_none).collect())
    }

    /// Number of elements of a segment; `None` if it is dropped.
    ///
    /// # Panics
    /// If the segment does not exist.
    pub fn segment_len(&self, instance: InstanceId, segment: usize) -> Option<usize> {
        self.inner().instance(instance).elements[segment].as_ref().map(|slots| slots.len())
    }

    /// An element of a segment.
    ///
    /// # Panics
    /// If the segment is dropped, or does not have such an element.
    pub fn segment_get(&self, instance: InstanceId, segment: usize, index: usize) -> Ref {
        let instance = self.inner().instance(instance);
        let slot = instance.elements[segment].as_ref().expect("a segment that is not dropped")[index];
        // SAFETY: as in `externs`.
        let ty = types::canonical_ref(instance.code.module().elements[segment].ty, unsafe { instance.type_ids.get() });
        Ref::from_slot(slot, ty)
    }

    /// The origin of a function: instance and function index; `None` for host functions.
    pub fn func_origin(&self, func: FuncRef) -> Option<(InstanceId, u32)> {
        // SAFETY: function records live as long as their store, and so do the contexts they name.
        unsafe {
            let record = func.0.as_ref();
            let instance = (*record.ctx).instance.cast::<Instance>();
            (!instance.is_null()).then(|| ((*instance).id, record.index))
        }
    }

    /// The first declaration of a canonical type: instance and type index; `None` if no instance declares it.
    pub fn type_origin(&self, ty: TypeId) -> Option<(InstanceId, u32)> {
        (0..self.instances()).map(InstanceId).find_map(|id| {
            // SAFETY: as in `externs`.
            let ids = unsafe { self.inner().instance(id).type_ids.get() };
            Some((id, ids.iter().position(|&declared| declared == ty)? as u32))
        })
    }
}
