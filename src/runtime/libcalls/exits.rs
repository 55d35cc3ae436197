//! Ways from native code to libcalls, and calls across tiers.

use crate::module::ValType;
use crate::runtime::abi::slots_of;
use crate::runtime::code::CALLER_SLOT;
use crate::runtime::trap::{TrapCode, raise};
use crate::runtime::types;
use crate::runtime::vm::{ArrayEntry, LibcallResult, Status, VMContext, VMFunc};
use std::ffi::c_void;

/// The value of [`VMStore::libcalls`](crate::runtime::vm::VMStore::libcalls): an exit trampoline for each libcall,
/// valid until the process ends. Null where there is no native code.
pub fn trampolines() -> *const *const c_void {
    crate::runtime::sys::cpu::exits()
}

/// Calls a function through its [`ArrayEntry`], and the functions that it tail-calls across tiers.
///
/// # Safety
/// `func` is a function of the running store; `slots` has room for its arguments and results, and arguments have the
/// right types.
pub unsafe fn invoke(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: the caller's promise.
    unsafe {
        match enter(func, slots) {
            Status::TailCall => finish_tail_calls(func, slots),
            status => status,
        }
    }
}

/// Calls a function through its [`ArrayEntry`]. The result may be a request for a tail call.
///
/// # Safety
/// As [`invoke`].
pub(in crate::runtime) unsafe fn enter(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: the caller's promise; `array_entry` holds an `ArrayEntry` once the function is installed.
    unsafe {
        let entry = (*func).array_entry.get();
        debug_assert!(!entry.is_null(), "the function was not installed");
        let entry: ArrayEntry = std::mem::transmute(entry);
        entry(func, slots)
    }
}

/// Makes the tail call that `func` requested, and those that follow from it. The results of the last one, which have
/// the types of those of `func`, go to `slots`.
///
/// Arguments and results are in the value area of the stack, so that this function owns nothing: it may never return,
/// if it is on the stack of a continuation that is never resumed.
///
/// # Safety
/// As [`invoke`]; `func` has just returned `TailCall`.
#[cold]
unsafe fn finish_tail_calls(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: the caller's promise; a function that requests a tail call stored its target and arguments. No reference
    // to the store's fields is alive while code runs. The value area above its published top is free, and the room is
    // checked.
    unsafe {
        let store = (*(*func).ctx).store;
        let stack = (*store).stack;
        let results = frame_slots(func).1;
        let base = (*stack).values_top;
        let status = loop {
            let callee = (*store).tail_func;
            let count = (*store).tail_args.len();
            let top = base.wrapping_add(count.max(results));
            if top > (*stack).values_end {
                break raise::raise(store, TrapCode::CallStackExhausted, u64::MAX);
            }
            base.copy_from_nonoverlapping((*store).tail_args.as_ptr(), count);
            (*stack).values_top = top;
            match enter(callee, base) {
                Status::TailCall => {}
                Status::Ok => {
                    slots.copy_from_nonoverlapping(base, results);
                    break Status::Ok;
                }
                status => break status,
            }
        };
        (*stack).values_top = base;
        status
    }
}

/// Requests that the caller of the running array entry call `func` in its place: the entry must return the result.
/// `args` are the arguments of `func`; they are copied.
///
/// # Safety
/// `func` is a function of the running store, with results of the same types as those of the function that was entered,
/// and `args` holds its arguments.
pub unsafe fn tail_call(func: *const VMFunc, args: *const u64) -> Status {
    // SAFETY: the caller's promise.
    unsafe { tail_call_slots(func, args, frame_slots(func).0) }
}

/// As [`tail_call`], with this number of slots as arguments, which another signature than that of the function's type may
/// have.
///
/// # Safety
/// As [`tail_call`].
pub unsafe fn tail_call_slots(func: *const VMFunc, args: *const u64, count: usize) -> Status {
    // SAFETY: the caller's promise.
    unsafe {
        let store = (*(*func).ctx).store;
        let args = std::slice::from_raw_parts(args, count);
        let buffer = &mut (*store).tail_args;
        buffer.clear();
        buffer.extend_from_slice(args);
        (*store).tail_func = func;
    }
    Status::TailCall
}

/// Slots of the parameters and of the results of a function.
///
/// # Safety
/// `func` is valid.
pub unsafe fn frame_slots(func: *const VMFunc) -> (usize, usize) {
    // SAFETY: the caller's promise.
    let info = types::info(unsafe { (*func).type_id });
    let ty = info.func().expect("functions have function types");
    let slots = |types: &[ValType]| types.iter().map(|&ty| slots_of(ty)).sum();
    (slots(ty.params()), slots(ty.results()))
}

/// Libcall: calls a function that has no native code.
///
/// If the adapter that calls this was entered by Rust directly, or by native code as a tail call from there, then it is
/// all that is left of its activation: that ends, and its caller continues with the function.
///
/// # Safety
/// Called by a native adapter: `func` is a function of the running store; `slots` has room for its arguments and
/// results, and arguments have the right types.
pub unsafe extern "C" fn call_array(
    ctx: *mut VMContext,
    func: u64,
    slots: u64,
    _: u64,
    _: u64,
    _: u64,
) -> LibcallResult {
    let (func, slots) = (func as *const VMFunc, slots as *mut u64);
    // SAFETY: the caller's promise; it left through an exit trampoline, so that `exit_fp` is the adapter's frame.
    let status = unsafe {
        let stack = &*(*(*ctx).store).stack;
        let caller = *(stack.exit_fp.wrapping_add_signed(CALLER_SLOT as isize) as *const usize);
        // Host functions return soon enough, and have no instance.
        if caller == (*stack.activation).frame && !(*ctx).instance.is_null() {
            tail_call(func, slots)
        } else {
            invoke(func, slots)
        }
    };
    LibcallResult { value: 0, status }
}
