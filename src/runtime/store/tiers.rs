//! Functions that are prepared at their first call, and replaced by compiled code while they run.
//!
//! A record that [`Code::install`] leaves for its first call has [`first_call`] as its array entry. An interpreted function that
//! has been passed often enough asks for its [`replacement`]. At its entry, that is the function's own record, which leads to
//! compiled code from then on; at a loop, it is another record, whose code takes the function's locals and operands at the
//! beginning of that loop as its parameters.

use super::{Code, Instance, StoreInner};
use crate::module::BodyIndex;
use crate::runtime::compile_error::{CompileError, Interrupt};
use crate::runtime::libcalls::exits;
use crate::runtime::libcalls::memories_and_tables::interrupt;
use crate::runtime::owned::Owned;
use crate::runtime::trap::{TrapCode, raise};
use crate::runtime::vm::{Status, VMContext, VMFunc};
use std::ffi::c_void;
use std::ptr;

/// A point of an interpreted function that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Passing {
    /// Its entry.
    Entry,
    /// The beginning of the loop at this byte offset in the module's binary.
    Loop(u32),
}

/// The entries of compiled code.
#[derive(Clone, Copy, Debug)]
pub struct CompiledEntry {
    /// The code, in the native ABI.
    pub native: *const u8,
    /// An [`ArrayEntry`](crate::runtime::vm::ArrayEntry) that calls it.
    pub array: *const u8,
}

/// Compiled code for an interpreted function that asks for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Replacement {
    /// Code that continues where the function asks.
    pub here: Option<CompiledEntry>,
    /// If the function asks at a loop, code for its later calls.
    pub entry: Option<CompiledEntry>,
    /// Code of the interpreter for its later calls, if they are interpreted: an `interp_code`.
    pub bytecode: Option<*const c_void>,
}

/// Records for code that begins at a loop, by body and offset of the loop.
pub(super) type LoopRecords = std::collections::HashMap<(u32, u32), Owned<VMFunc>>;

impl CompiledEntry {
    /// Makes a record lead to this code.
    pub fn install(&self, func: &VMFunc) {
        // In this order: the array entry of compiled code calls the native one.
        func.native_entry.publish(self.native.cast_mut());
        func.array_entry.publish(self.array.cast_mut().cast());
        func.interp_code.publish(ptr::null_mut());
    }
}

/// The array entry of a function that has not been called yet.
///
/// # Safety
/// As for any [`ArrayEntry`](crate::runtime::vm::ArrayEntry); the record is one that [`Code::install`] was given, or a copy.
pub unsafe extern "C" fn first_call(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: the caller's promise; the code lives as long as the instance.
    unsafe {
        let ctx = (*func).ctx;
        let code: *const dyn Code = &*Instance::of(ctx).code;
        let body = BodyIndex((*func).index - (*code).module().num_imported_functions);
        match (*code).prepare(body, &*func, Interrupt::new(&(*(*ctx).store).stack_limit)) {
            Ok(()) => {
                (*(*ctx).store).prepared += 1;
                exits::enter(func, slots)
            }
            Err(CompileError::Timeout) => interrupt(ctx).status,
            Err(CompileError::Invalid(_)) => raise::raise((*ctx).store, TrapCode::InvalidFunction, u64::MAX),
            Err(_) => raise::raise((*ctx).store, TrapCode::FunctionTooLarge, u64::MAX),
        }
    }
}

/// The function to call in place of the rest of an interpreted one whose passings are used up; `None` if there is none for now.
/// At a loop, its arguments are the locals and the operands there.
///
/// # Safety
/// The context is that of a published frame of this body.
pub unsafe fn replacement(ctx: *mut VMContext, body: BodyIndex, passing: Passing) -> Option<*const VMFunc> {
    // SAFETY: the caller's promise; no reference into the instance is alive while code runs.
    unsafe {
        let instance = Instance::of(ctx);
        let interrupt = Interrupt::new(&(*(*ctx).store).stack_limit);
        let Replacement { here, entry, bytecode } = instance.code.replacement(body, passing, interrupt);
        let record = &*instance.bodies.first().add(body.0 as usize);
        // Of a traced function, the copy that the tracer calls.
        let data = record.data.get();
        let traced =
            (*(*(*ctx).store).store.cast::<StoreInner>()).traced.iter().find(|t| ptr::eq(t.as_ptr().cast(), data));
        let record = traced.map_or(record, |traced| traced.get().original());
        if let Some(bytecode) = bytecode.filter(|_| !record.interp_code.get().is_null()) {
            record.interp_code.publish(bytecode.cast_mut());
        }
        if let Some(entry) = entry {
            entry.install(record);
        }
        let entry = here?;
        (*(*ctx).store).replaced[usize::from(passing != Passing::Entry)] += 1;
        let Passing::Loop(offset) = passing else {
            entry.install(record);
            return Some(ptr::from_ref(record));
        };
        let made = instance.loops.entry((body.0, offset)).or_insert_with(|| {
            let made = VMFunc::new(ctx, record.type_id, record.index);
            entry.install(&made);
            Owned::new(made)
        });
        Some(made.as_ptr())
    }
}
