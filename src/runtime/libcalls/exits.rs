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
/// the same types as those of `func`, go to `slots`.
///
/// Arguments and results are in the value area of the stack, so this function owns nothing: it may never return if it
/// is on the stack of a continuation that is never resumed.
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

/// As [`tail_call`], with this number of argument slots, which may differ from that of the function's type.
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

/// The numbers of slots of the parameters and of the results of a function.
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
/// all that is left of its activation: the activation ends, and its caller continues with the function.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::FuncType;
    use crate::runtime::heap::Heap;
    use crate::runtime::stacks::activation::Stack;
    use crate::runtime::vm::VMStore;

    /// The arguments of the function of this number.
    fn arguments(number: u64, count: usize) -> Vec<u64> {
        (0..count as u64).map(|i| 100 * number + i).collect()
    }

    /// Requests a tail call of the function that its data names, or returns.
    unsafe extern "C" fn passes_on(func: *const VMFunc, slots: *mut u64) -> Status {
        // SAFETY: as of any array entry; the data is null, or a function of the same store.
        unsafe {
            let number = u64::from((*func).index);
            let (params, results) = frame_slots(func);
            assert_eq!(std::slice::from_raw_parts(slots, params), arguments(number, params), "arguments of {number}");
            // The first one has slots of the test; those of the others are not free any more.
            let top = (*(*(*(*func).ctx).store).stack).values_top;
            assert!(number == 0 || slots.add(params.max(results)) <= top, "{number} has no room for all its values");
            let next = (*func).data.get().cast::<VMFunc>().cast_const();
            if next.is_null() {
                (0..results).for_each(|i| slots.add(i).write(7000 + i as u64));
                return Status::Ok;
            }
            let args = arguments(number + 1, frame_slots(next).0);
            tail_call(next, args.as_ptr())
        }
    }

    /// However many arguments and results there are: each function has room for its own up to the last slot of the value area,
    /// results go where those of the first function belong, and the area is free again.
    #[test]
    fn tail_calls_use_the_value_area_and_leave_it() {
        const PAINT: u64 = 0xa5a5_5a5a_1234_8765;
        for params in [[0, 0, 0], [0, 5, 1], [1, 0, 9], [9, 9, 0], [2, 1, 3]] {
            for results in [0, 1, 2, 12] {
                let need = params[1].max(params[2]).max(results);
                for room in 0..need + 2 {
                    let case = format!("{params:?} -> {results}, {room} slots");
                    let mut stack = Stack::new(4096).unwrap();
                    let mut store = VMStore::new(&mut stack, Heap::new(0, false));
                    let store = &raw mut store;
                    let mut ctx = VMContext::new(store);
                    let ctx = &raw mut ctx;
                    let functions = [0, 1, 2].map(|i: usize| {
                        let ty = FuncType::new(vec![ValType::I64; params[i]], vec![ValType::I64; results]);
                        let func = VMFunc::new(ctx, types::register_func(&ty).unwrap(), i as u32);
                        func.array_entry.publish(passes_on as *mut c_void);
                        func
                    });
                    for (func, next) in functions.iter().zip(&functions[1..]) {
                        func.data.publish((&raw const *next).cast_mut().cast());
                    }
                    let mut slots = arguments(0, params[0]);
                    slots.resize(params[0].max(results), PAINT);
                    let before = slots.clone();
                    // SAFETY: nothing else runs, and the area has more slots.
                    let (status, code, moved) = unsafe {
                        let vm = (*store).stack;
                        // Something lies below.
                        let base = (*vm).values_base.add(3);
                        (*vm).values_top = base;
                        (*vm).values_end = base.add(room);
                        let status = invoke(&raw const functions[0], slots.as_mut_ptr());
                        (status, TrapCode::from_u8((*store).pending_trap as u8), (*vm).values_top.offset_from(base))
                    };
                    assert_eq!(moved, 0, "{case}: slots that are not free");
                    let fits = room >= need;
                    let expected =
                        if fits { (Status::Ok, None) } else { (Status::Trap, Some(TrapCode::CallStackExhausted)) };
                    assert_eq!((status, code), expected, "{case}");
                    let written = if fits { results } else { 0 };
                    assert!(slots[..written].iter().copied().eq((7000_u64..).take(written)), "{case}: {slots:?}");
                    assert_eq!(slots[written..], before[written..], "{case}");
                }
            }
        }
    }
}
