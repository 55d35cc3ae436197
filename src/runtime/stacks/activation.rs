//! Stacks, and entries into WebAssembly from Rust.

use super::HOST_RESERVE;
use super::continuations::{self, Continuations, is_on};
use super::limit::StackLimit;
use crate::runtime::area::Area;
use crate::runtime::heap::Heap;
use crate::runtime::libcalls::exits;
use crate::runtime::observe::post_mortem::Registers;
use crate::runtime::sys::stack;
use crate::runtime::trap::TrapCode;
use crate::runtime::trap::from_fault;
use crate::runtime::types;
use crate::runtime::vm::{Backtrace, Status, TRANSFER_SLOTS, VMFunc, VMStack, VMStore};
use std::io;
use std::ptr::{null, null_mut};

/// A store's own stack: the buffer that [`VMStore::transfer`] points to, and behind it the value area. The address of
/// its [`VMStack`] does not change.
#[derive(Debug)]
pub struct Stack {
    vm: Box<VMStack>,
    transfer: *mut u64,
    /// The memory of both; a stack without it can run nothing.
    _area: Option<Area>,
}

impl Stack {
    /// A stack with a value area of at least `value_bytes`, which takes physical memory as it is used.
    ///
    /// # Errors
    /// If the address space is exhausted.
    pub fn new(value_bytes: usize) -> io::Result<Stack> {
        let bytes = (TRANSFER_SLOTS * 8).checked_add(value_bytes).ok_or(io::ErrorKind::OutOfMemory)?;
        let area = Area::take(bytes)?;
        let transfer = area.base().cast::<u64>();
        let values = transfer.wrapping_add(TRANSFER_SLOTS);
        Ok(Stack::over(transfer, values, area.len() / 8 - TRANSFER_SLOTS, Some(area)))
    }

    /// A stack without value area, on which every interpreted call exhausts the stack.
    pub fn none() -> Stack {
        Stack::over(null_mut(), null_mut(), 0, None)
    }

    fn over(transfer: *mut u64, values: *mut u64, slots: usize, area: Option<Area>) -> Stack {
        let vm = Box::new(VMStack::new((0, 0), values, values.wrapping_add(slots)));
        Stack { vm, transfer, _area: area }
    }

    /// The record that [`VMStore::stack`] points to.
    pub fn vm(&mut self) -> *mut VMStack {
        &raw mut *self.vm
    }
}

impl VMStack {
    /// The record of an idle stack, given the lowest address and the end of the native range that code may use, and the
    /// value area.
    pub fn new((native_limit, native_base): (usize, usize), values_base: *mut u64, values_end: *mut u64) -> VMStack {
        debug_assert!(native_limit <= native_base && values_base <= values_end, "an area ends before it begins");
        debug_assert!(values_base.is_aligned() && values_end.is_aligned(), "values are whole slots");
        VMStack {
            native_limit,
            native_base,
            values_base,
            values_end,
            values_top: values_base,
            activation: null_mut(),
            exit_pc: 0,
            exit_sp: 0,
            exit_fp: 0,
            parent: null_mut(),
            saved_sp: 0,
            handlers: null(),
            num_handlers: 0,
            reentries: 0,
            index: 0,
            func: null(),
            charge: 0,
            host_sp: 0,
            listed: 0,
            native_low: 0,
        }
    }
}

impl VMStack {
    /// Whether something runs on this stack or on those that it resumed. (There is no activation once a function has ended with a
    /// tail call to a host function.)
    pub fn is_running(&self) -> bool {
        self.native_base != 0
    }
}

impl VMStore {
    /// The record of a store that runs on `stack`. The owner sets `store` and `roots`.
    pub fn new(stack: &mut Stack, heap: Heap) -> VMStore {
        VMStore {
            stack_limit: StackLimit::new(0),
            libcalls: exits::trampolines(),
            gc_base: null_mut(),
            types: types::table(),
            stack: stack.vm(),
            fuel: u64::MAX,
            pending_exception: 0,
            pending_trap: 0,
            pending_trap_detail: u64::MAX,
            interp_calls: 0,
            native_entries: 0,
            transfer: stack.transfer,
            store: null_mut(),
            replaced: [0; 2],
            prepared: 0,
            heap,
            roots: None,
            bytes_left: u64::MAX,
            memory_bytes: u64::MAX,
            elements_left: u64::MAX,
            refused: None,
            backtrace: Backtrace::default(),
            fault_registers: Registers::default(),
            keep_post_mortem: false,
            post_mortem: None,
            tracer: null_mut(),
            continuations: Continuations::new(continuations::DEFAULT_LIMIT),
            tail_func: null(),
            tail_args: Vec::new(),
        }
    }
}

/// Calls a function through its `ArrayEntry`.
///
/// The outermost call of a store determines how much native stack there is: at most `native_bytes` from here, excluding the last
/// [`HOST_RESERVE`] bytes of the thread's. A call on a stack that is neither the thread's nor a continuation's gets none, since
/// its end is unknown. If there is no address space for a thread's signal stack, no call gets any. An interrupt that came while
/// nothing ran is kept.
///
/// # Safety
/// `store` and `func` are valid, `func` belongs to `store`, `slots` has room for its arguments and results, arguments
/// have the right types. No reference to anything that WebAssembly may change is alive.
pub unsafe fn call(store: *mut VMStore, func: *const VMFunc, slots: *mut u64, native_bytes: usize) -> Status {
    // SAFETY: the caller's promise.
    unsafe {
        let vm = (*store).stack;
        if (*vm).is_running() {
            if !is_on(&*vm) {
                (*store).pending_trap = TrapCode::CallStackExhausted as u32;
                (*store).refused = Some("a call on a stack that a host function made");
                return Status::Trap;
            }
            // Called by a host function, whose frame no continuation may contain.
            (*vm).reentries += 1;
            let status = exits::invoke(func, slots);
            (*vm).reentries -= 1;
            return status;
        }
        // Without a stack for the handler, a fault of the code could not be distinguished from a crash.
        if from_fault::prepare_thread().is_err() {
            (*store).pending_trap = TrapCode::CallStackExhausted as u32;
            (*store).refused = Some("a stack for signals");
            return Status::Trap;
        }
        if !stack::is_known() {
            (*store).pending_trap = TrapCode::CallStackExhausted as u32;
            (*store).refused = Some("a call on a stack that is not the thread's");
            return Status::Trap;
        }
        let (here, low) = (stack::pointer(), stack::low());
        (*vm).native_base = here;
        (*vm).native_low = low;
        (*vm).native_limit = here.saturating_sub(native_bytes).max(low + HOST_RESERVE);
        (*store).stack_limit.set((*vm).native_limit);
        let status = exits::invoke(func, slots);
        (*vm).native_base = 0;
        status
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_has_the_values_that_were_asked_for() {
        for bytes in [0, 8, 4096, 12_345, 1 << 20] {
            let mut stack = Stack::new(bytes).unwrap();
            let transfer = stack.transfer as usize;
            // SAFETY: alive as long as the stack is.
            let (base, end) = unsafe { ((*stack.vm()).values_base as usize, (*stack.vm()).values_end as usize) };
            assert!(base - transfer >= TRANSFER_SLOTS * 8, "the buffer is in front of them");
            assert!(end - base >= bytes, "{} of {bytes} bytes", end - base);
            let area = stack._area.as_ref().unwrap();
            assert_eq!((transfer, end), (area.base() as usize, area.base() as usize + area.len()));
        }
    }

    /// A new store has no history, and no limit except that of stacks.
    #[test]
    fn nothing_has_happened_to_a_new_store() {
        let mut stack = Stack::none();
        let store = VMStore::new(&mut stack, Heap::new(0, false));
        assert_eq!(store.stack_limit.get(), 0);
        assert_eq!((store.pending_exception, store.pending_trap, store.pending_trap_detail), (0, 0, u64::MAX));
        assert_eq!((store.interp_calls, store.native_entries, store.prepared, store.replaced), (0, 0, 0, [0; 2]));
        assert_eq!([store.fuel, store.bytes_left, store.memory_bytes, store.elements_left], [u64::MAX; 4]);
        assert_eq!((store.keep_post_mortem, &store.post_mortem, store.refused), (false, &None, None));
        assert_eq!((&store.backtrace, store.fault_registers), (&Backtrace::default(), Registers::default()));
        assert!(store.tail_func.is_null() && store.tail_args.is_empty() && store.tracer.is_null());
        assert_eq!((store.continuations.limit, store.continuations.stacks()), (100_000, 0));
    }

    #[test]
    fn nothing_runs_on_a_new_stack() {
        let mut values = [0u64; 4];
        let area = values.as_mut_ptr_range();
        let vm = VMStack::new((0x1000, 0x2000), area.start, area.end);
        assert_eq!((vm.native_limit, vm.native_base), (0x1000, 0x2000));
        assert_eq!((vm.values_base, vm.values_end, vm.values_top), (area.start, area.end, area.start));
        let numbers = [vm.exit_pc, vm.exit_sp, vm.exit_fp, vm.saved_sp, vm.num_handlers, vm.index, vm.charge];
        assert_eq!((numbers, vm.host_sp, vm.listed, vm.native_low, vm.reentries), ([0; 7], 0, 0, 0, 0));
        assert!(vm.activation.is_null() && vm.parent.is_null() && vm.handlers.is_null() && vm.func.is_null());
        let runs = |base| VMStack::new((0, base), area.start, area.end).is_running();
        assert_eq!([0, 1, 0x2000].map(runs), [false, true, true]);
    }
}
