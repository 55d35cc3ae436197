//! Host functions: their records are like those of other functions, with an array entry that decodes arguments and
//! encodes results.

use super::{Abort, HostFn, Store, StoreInner};
use crate::module::FuncType;
use crate::runtime::owned::Owned;
use crate::runtime::types;
use crate::runtime::value::{FuncRef, Ref, Val};
use crate::runtime::vm::{Status, VMFunc};
use smallvec::SmallVec;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering};

/// A host function of a store. `vm.data` points here.
#[repr(C)]
pub(crate) struct HostFunction {
    vm: VMFunc,
    name: String,
    ty: FuncType,
    call: HostFn,
}

impl Store {
    /// Makes a function of the embedder. `name` is for reports; concrete heap types in `ty` are canonical.
    pub fn new_host_func(&mut self, name: &str, ty: FuncType, f: HostFn) -> FuncRef {
        let type_id = types::register_func(&ty).expect("fewer than 2^20 types");
        let inner = self.inner_mut();
        let native = inner.native_to_array(&ty);
        let host = Owned::new(HostFunction {
            vm: VMFunc {
                native_entry: AtomicPtr::new(native.cast_mut()),
                array_entry: AtomicPtr::new(host_entry as *mut c_void),
                interp_code: AtomicPtr::new(ptr::null_mut()),
                ctx: inner.host_ctx.as_ptr(),
                type_id,
                index: 0,
                data: AtomicPtr::new(ptr::null_mut()),
            },
            name: name.to_string(),
            ty,
            call: f,
        });
        let record = host.as_ptr();
        // SAFETY: just made; only this has it.
        unsafe { *(*record).vm.data.get_mut() = record.cast() };
        inner.host_functions.push(host);
        FuncRef(NonNull::new(record.cast()).expect("allocated"))
    }

    /// The name of a host function; `None` for functions of instances.
    pub fn host_func_name(&self, func: FuncRef) -> Option<&str> {
        let host = self.inner().host_functions.iter().find(|h| h.as_ptr().cast() == func.0.as_ptr())?;
        // SAFETY: host functions are immutable once made.
        Some(unsafe { &host.get().name })
    }
}

/// The [`ArrayEntry`](crate::runtime::vm::ArrayEntry) of all host functions.
unsafe extern "C" fn host_entry(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: this entry is only in records whose data is their `HostFunction`, which lives as long as the store and is
    // not in the store's own allocation.
    let host = unsafe { &*(*func).data.load(Ordering::Relaxed).cast::<HostFunction>() };
    // SAFETY: host functions have the context of their store.
    let inner = unsafe { StoreInner::address((*func).ctx) };
    // SAFETY: by contract of array entries there is room for arguments and results.
    let slots = unsafe {
        std::slice::from_raw_parts_mut(slots, Val::slots(host.ty.params()).max(Val::slots(host.ty.results())))
    };
    let mut args = SmallVec::<[Val; 8]>::new();
    let mut at = 0;
    for &ty in host.ty.params() {
        args.push(Val::from_slots(&slots[at..], ty));
        at += Val::slots(&[ty]);
    }
    // References that the host function gets or makes are kept alive until it returns; its results are then in the
    // caller's slots. SAFETY: no other reference into the store is alive: running code holds none.
    let scope = unsafe {
        let handles = &mut (*inner.as_ptr()).handles;
        let scope = handles.len();
        handles.extend(args.iter().filter_map(|arg| match arg {
            Val::Ref(Ref::Gc(object)) => Some(*object),
            _ => None,
        }));
        scope
    };
    // SAFETY: as above.
    let watched = unsafe { inner.as_ref() }.watch();
    let mut store = Store { inner, owner: false };
    let result = catch_unwind(AssertUnwindSafe(|| {
        let result = (host.call)(&mut store, &args)?;
        let types = host.ty.results();
        assert_eq!(result.len(), types.len(), "number of results of host function `{}`", host.name);
        for (value, ty) in result.iter().zip(types) {
            assert!(value.fits(*ty), "result {value:?} of host function `{}` is not of type {ty}", host.name);
        }
        Ok(result)
    }));
    if store.owner || store.inner != inner {
        // The view of this store is now held elsewhere, and could be used after the store has died.
        eprintln!("host function `{}` exchanged the store it was lent", host.name);
        std::process::abort();
    }
    // SAFETY: the host function has returned; no other reference into the store is alive.
    let inner = unsafe { &mut *inner.as_ptr() };
    inner.changed(watched, &host.name);
    let end = match result {
        Ok(Ok(values)) => {
            let mut at = 0;
            for value in values {
                at += value.to_slots(&mut slots[at..]);
            }
            Status::Ok
        }
        Ok(Err(Abort::Exception(object))) => {
            // SAFETY: nothing runs.
            unsafe { (*inner.vm.get()).pending_exception = object.0.get() };
            Status::Exception
        }
        Ok(Err(abort)) => {
            inner.pending_abort = Some(abort);
            Status::Trap
        }
        Err(panic) => {
            inner.pending_panic = Some(panic);
            Status::Trap
        }
    };
    inner.handles.truncate(scope);
    end
}
