//! Host functions: their records are like those of other functions, with an array entry that decodes arguments and
//! encodes results.

use super::{Abort, HostFn, Store, StoreInner};
use crate::module::FuncType;
use crate::runtime::libcalls::exceptions::in_flight;
use crate::runtime::owned::Owned;
use crate::runtime::sys::stack::{self, Bounds, Elsewhere};
use crate::runtime::trap::raise;
use crate::runtime::types::{self, TypeId};
use crate::runtime::value::{FuncRef, Ref, Val};
use crate::runtime::vm::{Status, VMFunc};
use smallvec::SmallVec;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

/// A host function of a store. `vm.data` points here.
#[repr(C)]
pub(crate) struct HostFunction {
    vm: VMFunc,
    name: String,
    ty: FuncType,
    /// Number of slots that arguments and results need.
    slots: usize,
    call: HostCall,
}

/// A host function on slots: arguments in, results in their place. There are as many slots as either needs, and whoever
/// made the function promised that it leaves results of its types there.
pub(super) type SlotFn = Box<dyn Fn(&mut Store, &mut [u64]) -> Result<(), Abort>>;

/// The two forms of a host function.
enum HostCall {
    Values(HostFn),
    Slots(SlotFn),
}

impl Store {
    /// Makes a function of the embedder. `name` is for reports; concrete heap types in `ty` are canonical.
    pub fn new_host_func(&mut self, name: &str, ty: FuncType, f: HostFn) -> FuncRef {
        let ty = types::register_func(&ty).expect("fewer than 2^20 types");
        self.add_host_func(name, ty, HostCall::Values(f))
    }

    /// As [`Store::new_host_func`], but without converting slots to values and back.
    ///
    /// # Safety
    /// `f` leaves results of the canonical types in the slots when it returns normally, and references among them are
    /// alive then.
    pub(crate) unsafe fn new_slot_func(&mut self, name: &str, ty: TypeId, f: SlotFn) -> FuncRef {
        self.add_host_func(name, ty, HostCall::Slots(f))
    }

    /// Something must keep the type registered.
    fn add_host_func(&mut self, name: &str, type_id: TypeId, call: HostCall) -> FuncRef {
        let ty = types::info(type_id).func().expect("a function type").clone();
        let inner = self.inner_mut();
        let native = inner.native_to_array(&ty);
        let vm = VMFunc::new(inner.host_ctx.as_ptr(), type_id, 0);
        vm.native_entry.publish(native.cast_mut());
        vm.array_entry.publish(host_entry as *mut c_void);
        let host = Owned::new(HostFunction {
            vm,
            name: name.to_string(),
            slots: Val::slots(ty.params()).max(Val::slots(ty.results())),
            ty,
            call,
        });
        let record = host.as_ptr();
        // SAFETY: just made; only this has it.
        unsafe { (*record).vm.data.publish(record.cast()) };
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

impl HostFunction {
    fn call_with_values(&self, call: &HostFn, store: &mut Store, slots: &mut [u64]) -> Result<(), Abort> {
        let mut args = SmallVec::<[Val; 8]>::new();
        let mut at = 0;
        for &ty in self.ty.params() {
            let arg = Val::from_slots(&slots[at..], ty);
            if let Val::Ref(Ref::Gc(object)) = arg {
                store.inner_mut().handles.push(object);
            }
            args.push(arg);
            at += Val::slots(&[ty]);
        }
        let results = call(store, &args)?;
        let types = self.ty.results();
        assert_eq!(results.len(), types.len(), "wrong number of results of host function `{}`", self.name);
        let mut at = 0;
        for (value, ty) in results.iter().zip(types) {
            assert!(
                store.inner().has_type(*value, *ty),
                "result {value:?} of host function `{}` is not of type {ty}",
                self.name
            );
            at += value.to_slots(&mut slots[at..]);
        }
        Ok(())
    }
}

/// The [`ArrayEntry`](crate::runtime::vm::ArrayEntry) of all host functions.
unsafe extern "C" fn host_entry(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: this entry is only in records whose data is their `HostFunction`, which lives as long as the store and is
    // not in the store's own allocation.
    let host = unsafe { &*(*func).data.get().cast::<HostFunction>() };
    // SAFETY: host functions have the context of their store.
    let inner = unsafe { StoreInner::address((*func).ctx) };
    // SAFETY: by contract of array entries there is room for arguments and results.
    let slots = unsafe { std::slice::from_raw_parts_mut(slots, host.slots) };
    // References that the host function gets or makes are kept alive until it returns; its results are then in the
    // caller's slots. SAFETY: no other reference into the store is alive: running code holds none.
    let scope = unsafe { (*inner.as_ptr()).handles.begin() };
    // SAFETY: as above.
    let watched = unsafe { inner.as_ref() }.watch();
    let mut store = Store { inner, owner: false };
    // On a continuation's stack, so are its calls into other stores. No continuation is captured across a host function.
    // SAFETY: a store has a stack as long as it lives, and one lives as long as something runs on it.
    let (running, elsewhere, outer) = unsafe {
        let running = (*inner.as_ref().vm.get()).stack;
        let bounds = || Bounds { low: (*running).native_low, high: (*running).native_base };
        let elsewhere = (!(*running).parent.is_null()).then(|| Elsewhere::new(bounds()));
        (running, elsewhere, std::mem::replace(&mut (*running).host_sp, stack::pointer()))
    };
    let result = catch_unwind(AssertUnwindSafe(|| match &host.call {
        HostCall::Values(call) => host.call_with_values(call, &mut store, slots),
        HostCall::Slots(call) => call(&mut store, slots),
    }));
    // SAFETY: as above.
    unsafe { (*running).host_sp = outer };
    drop(elsewhere);
    if store.owner || store.inner != inner {
        // The view of this store is now held elsewhere, and could be used after the store has died.
        eprintln!("host function `{}` replaced the store it was lent", host.name);
        std::process::abort();
    }
    // SAFETY: the host function has returned; no other reference into the store is alive.
    let inner = unsafe { &mut *inner.as_ptr() };
    inner.changed(watched, &host.name);
    let end = match result {
        Ok(Ok(())) => Status::Ok,
        Ok(Err(Abort::Exception(object))) => {
            // SAFETY: the store runs; code that calls the host has published its frames.
            unsafe { in_flight(inner.vm.get(), object.0.get().into()) }.status
        }
        Ok(Err(abort)) => {
            if matches!(&abort, Abort::Trap(trap) if trap.backtrace.is_empty()) {
                // SAFETY: code that calls the host has published its frames.
                unsafe { raise::record(inner.vm.get(), false) };
            }
            inner.pending_abort = Some(abort);
            Status::Trap
        }
        Err(panic) => {
            inner.pending_panic = Some(panic);
            Status::Trap
        }
    };
    inner.handles.end(scope);
    end
}
