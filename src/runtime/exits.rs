//! The libcalls as a table, and how native code reaches them.

use super::vm::{ArrayEntry, Libcall, LibcallFn, LibcallResult, VMContext, VMFunc};
use super::{exceptions, libcalls, traps};
use std::ffi::c_void;
use std::sync::atomic::Ordering;

const COUNT: usize = Libcall::ALL.len();

/// The implementation of a libcall, for the interpreter and for exit trampolines.
pub const fn implementation(libcall: Libcall) -> LibcallFn {
    match libcall {
        Libcall::MemoryGrow => libcalls::memory_grow,
        Libcall::MemoryCopy => libcalls::memory_copy,
        Libcall::MemoryFill => libcalls::memory_fill,
        Libcall::MemoryInit => libcalls::memory_init,
        Libcall::DataDrop => libcalls::data_drop,
        Libcall::TableGrow => libcalls::table_grow,
        Libcall::TableCopy => libcalls::table_copy,
        Libcall::TableFill => libcalls::table_fill,
        Libcall::TableInit => libcalls::table_init,
        Libcall::ElemDrop => libcalls::elem_drop,
        Libcall::ExceptionNew => exceptions::exception_new,
        Libcall::Throw => exceptions::throw,
        Libcall::Trap => traps::trap,
        Libcall::StackCheck => traps::stack_check,
        Libcall::CallArray => call_array,
    }
}

/// All implementations, indexed by [`Libcall`]: what exit trampolines call.
pub(super) static IMPLEMENTATIONS: [LibcallFn; COUNT] = {
    let mut table: [LibcallFn; COUNT] = [call_array; COUNT];
    let mut i = 0;
    while i < COUNT {
        table[i] = implementation(Libcall::ALL[i]);
        i += 1;
    }
    table
};

/// What [`VMStore::libcalls`](super::vm::VMStore::libcalls) points to: an exit trampoline for each libcall, for the whole
/// life of the process. Null where there is no native code.
pub fn trampolines() -> *const *const c_void {
    #[cfg(target_arch = "x86_64")]
    {
        super::sys::x86_64::EXITS.0.as_ptr()
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        std::ptr::null()
    }
}

/// Libcall: calls a function that has no native code.
///
/// # Safety
/// `func` is a function of the running store; `slots` has room for its arguments and results, and arguments have the
/// right types.
pub unsafe extern "sysv64" fn call_array(
    _: *mut VMContext,
    func: u64,
    slots: u64,
    _: u64,
    _: u64,
    _: u64,
) -> LibcallResult {
    let func = func as *const VMFunc;
    // SAFETY: the caller's promise; `array_entry` holds an `ArrayEntry` once the function is installed.
    let status = unsafe {
        let entry = (*func).array_entry.load(Ordering::Acquire);
        debug_assert!(!entry.is_null(), "the function was not installed");
        let entry: ArrayEntry = std::mem::transmute(entry);
        entry(func, slots as *mut u64)
    };
    LibcallResult { value: 0, status }
}
