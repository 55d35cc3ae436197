//! The embedder's interface to tracing and post-mortems.

use super::{BacktraceFrame, InstanceId, Store, StoreInner, Tag};
use crate::module::ValType;
use crate::runtime::observe::post_mortem::PostMortem;
use crate::runtime::observe::tracer::Tracer;
use crate::runtime::observe::tracing::{self, BulkWrite};
use crate::runtime::types;
use crate::runtime::vm::{VMMemory, VMStore, VMTag};

impl Store {
    /// Traces calls and stores of all instances made from now on.
    ///
    /// # Panics
    /// If the store has a tracer already.
    pub fn trace(&mut self, tracer: Tracer) {
        let vm = self.vm();
        // SAFETY: nothing runs. The box is freed when the store is dropped.
        unsafe {
            assert!((*vm).tracer.is_null(), "a store has one tracer");
            (*vm).tracer = Box::into_raw(Box::new(tracer));
        }
    }

    /// Why the trace is incomplete, if it is.
    pub fn trace_failure(&self) -> Option<String> {
        // SAFETY: nothing runs.
        unsafe { (*self.vm()).tracer.as_ref() }?.failure().map(str::to_string)
    }

    /// Keeps a [`PostMortem`] of each trap from now on, and the frames where exceptions are thrown.
    pub fn keep_post_mortem(&mut self) {
        // SAFETY: nothing runs.
        unsafe { (*self.vm()).keep_post_mortem = true };
    }

    /// The frames where the last uncaught exception was thrown (or rethrown), innermost first: the inner ones, if they
    /// were kept.
    pub fn thrown_at(&self) -> &[BacktraceFrame] {
        &self.inner().thrown_at
    }

    /// Takes the state that the last trap left behind.
    pub fn take_post_mortem(&mut self) -> Option<Box<PostMortem>> {
        // SAFETY: nothing runs.
        unsafe { (*self.vm()).post_mortem.take() }
    }
}

impl StoreInner {
    /// Redirects the functions of a new instance (imports, too) whose calls are traced.
    pub(super) fn trace_functions(&mut self, id: InstanceId) {
        let mut redirected = Vec::new();
        // SAFETY: nothing runs in the instance yet; a tracer lives as long as its store, and records do.
        unsafe {
            let Some(tracer) = (*self.vm.get()).tracer.as_ref() else { return };
            let instance = self.instance(id);
            let module = instance.code.module();
            for (index, &func) in (0..).zip(instance.funcs.get()) {
                let name = module.display_name(index);
                if tracer.wants(index, &name) {
                    let info = types::info((*func).type_id);
                    let native = self.native_to_array(info.func().expect("a function type"));
                    redirected.extend(tracing::redirect(&*func, index, &name, native));
                }
            }
        }
        self.traced.extend(redirected);
    }

    /// The number of a memory in a store; a memory shared between stores has a number in each.
    ///
    /// # Safety
    /// The store is alive, and the memory one of its own.
    pub(in crate::runtime) unsafe fn memory_number(store: *const VMStore, memory: *const VMMemory) -> u32 {
        // SAFETY: the caller's promise; no reference outlives this.
        let memories = unsafe { &(*(*store).store.cast::<StoreInner>()).memories };
        memories.iter().position(|m| std::ptr::eq(&raw const m.vm, memory)).map_or(0, |number| number as u32)
    }

    /// Called before a host function: the traced ranges, with their contents.
    pub(super) fn watch(&self) -> Vec<(*const VMMemory, u64, Vec<u8>)> {
        let mut watched = Vec::new();
        // SAFETY: the reference to the tracer ends here; memories live as long as the store, and the ranges are in
        // bounds.
        unsafe {
            let Some(tracer) = (*self.vm.get()).tracer.as_ref() else { return watched };
            for (id, memory) in (0..).zip(&self.memories) {
                for range in tracer.ranges(id) {
                    let end = range.end.min(memory.len() as u64);
                    if range.start < end {
                        let at = memory.vm.base.add(range.start as usize);
                        let bytes = std::slice::from_raw_parts(at, (end - range.start) as usize).to_vec();
                        watched.push((&raw const memory.vm, range.start, bytes));
                    }
                }
            }
        }
        watched
    }

    /// Called after a host function: reports the ranges that it changed.
    pub(super) fn changed(&self, watched: Vec<(*const VMMemory, u64, Vec<u8>)>, name: &str) {
        for (memory, start, was) in watched {
            // SAFETY: memories never shrink, and live as long as the store.
            unsafe {
                let now = std::slice::from_raw_parts((*memory).base.add(start as usize), was.len());
                let differs = |i: &usize| now[*i] != was[*i];
                let (Some(first), Some(last)) = ((0..was.len()).find(differs), (0..was.len()).rfind(differs)) else {
                    continue;
                };
                let bulk = BulkWrite::new(memory, start + first as u64, &was[first..=last]);
                tracing::after_bulk(self.vm.get(), &bulk, &format!("host {name}"), None);
            }
        }
    }
}

/// Number and canonical payload types of a store's tag.
///
/// # Safety
/// It is one of a live store.
pub(in crate::runtime) unsafe fn tag_of(tag: *const VMTag) -> (u32, Box<[ValType]>) {
    // SAFETY: the caller's promise: tags of stores are `Tag`s.
    let tag = unsafe { &*tag.cast::<Tag>() };
    (tag.id.0, types::func_type(tag.vm.type_id).params().into())
}
