//! Exit trampolines of AArch64: calls from native code to Rust, and their ends other than by a return.
//!
//! A libcall is called with arguments as C passes them (context in x0, up to five more in x1 to x5) and a 16-aligned
//! stack pointer; its value comes back in x0. Its trampoline records in the running stack where native code left, calls
//! the implementation, and either returns or, with a status other than `Ok`, resumes where [`after_libcall`] says. No
//! registers but sp and x29 are preserved, except by the trampolines of the two preserving classes: these change only
//! x16 (the scratch register, which holds a result), x17 and x30, and find the context in the caller's frame.
//!
//! Entering native code from Rust takes an adapter for each signature: those are emitted in `engine/`.

use crate::runtime::code::CONTEXT_SLOT;
use crate::runtime::libcalls::{
    Libcall, atomics, continuations, exceptions, exits, for_each_libcall, memories_and_tables, objects, raise, tracing,
};
use crate::runtime::stacks::unwind::after_libcall;
use crate::runtime::trap::from_fault::after_fault;
use crate::runtime::vm::{VMContext, VMStack, VMStore};
use std::arch::naked_asm;
use std::ffi::c_void;
use std::mem::offset_of;

/// The trampolines from native code to Rust, indexed by [`Libcall`].
pub fn exits() -> *const *const c_void {
    EXITS.0.as_ptr()
}

/// The address at which a thread continues after its native code trapped: see
/// [`Redirect`](crate::runtime::sys::signals::Redirect).
pub fn fault_entry() -> Option<usize> {
    Some(after_signal as *const () as usize)
}

struct Exits([*const c_void; Libcall::ALL.len()]);

// SAFETY: addresses of code.
unsafe impl Sync for Exits {}

/// Records PC, SP and FP of native code in the running stack. Expects the context in x0, the return address in x30, and
/// x29 just pushed and set; clobbers x16 and x17.
macro_rules! record_exit {
    () => {
        "ldr x16, [x0, #{ctx_store}]
         ldr x16, [x16, #{store_stack}]
         str x30, [x16, #{exit_pc}]
         add x17, x29, #16
         str x17, [x16, #{exit_sp}]
         ldr x17, [x29]
         str x17, [x16, #{exit_fp}]"
    };
}

/// An exit trampoline by the class of its libcall: see [`for_each_libcall`].
///
/// The preserving ones are for calls from prologues, where arguments are still in their registers, and from the slow
/// paths of short sequences, which should not pay for a call that is hardly ever made.
macro_rules! trampoline {
    (plain $libcall:ident = $module:ident :: $function:ident) => {
        #[unsafe(naked)]
        pub(super) unsafe extern "C" fn $libcall() {
            naked_asm!(
                "stp x29, x30, [sp, #-16]!",
                "mov x29, sp",
                "str x0, [sp, #-16]!",
                record_exit!(),
                "bl {implementation}",
                "cbnz x1, 2f",
                "mov sp, x29",
                "ldp x29, x30, [sp], #16",
                "ret",
                "2: ldr x0, [sp]",
                "b {unwind}",
                implementation = sym $module::$function,
                unwind = sym unwind,
                ctx_store = const offset_of!(VMContext, store),
                store_stack = const offset_of!(VMStore, stack),
                exit_pc = const offset_of!(VMStack, exit_pc),
                exit_sp = const offset_of!(VMStack, exit_sp),
                exit_fp = const offset_of!(VMStack, exit_fp),
            )
        }
    };
    (preserving $libcall:ident = $module:ident :: $function:ident) => {
        trampoline! { @preserving $libcall = $module::$function }
    };
    (preserving_with_result $libcall:ident = $module:ident :: $function:ident) => {
        trampoline! { @preserving $libcall = $module::$function, "mov x16, x0" }
    };
    // Lowest lie the general registers, x0 first, then the vectors.
    (@preserving $libcall:ident = $module:ident :: $function:ident $(, $result:literal)?) => {
        #[unsafe(naked)]
        pub(super) unsafe extern "C" fn $libcall() {
            naked_asm!(
                "stp x29, x30, [sp, #-16]!",
                "mov x29, sp",
                "sub sp, sp, #720",
                "stp x0, x1, [sp]",
                "stp x2, x3, [sp, #16]",
                "stp x4, x5, [sp, #32]",
                "stp x6, x7, [sp, #48]",
                "stp x8, x9, [sp, #64]",
                "stp x10, x11, [sp, #80]",
                "stp x12, x13, [sp, #96]",
                "stp x14, x15, [sp, #112]",
                "stp x19, x20, [sp, #128]",
                "stp x21, x22, [sp, #144]",
                "stp x23, x24, [sp, #160]",
                "stp x25, x26, [sp, #176]",
                "stp x27, x28, [sp, #192]",
                "stp q0, q1, [sp, #208]",
                "stp q2, q3, [sp, #240]",
                "stp q4, q5, [sp, #272]",
                "stp q6, q7, [sp, #304]",
                "stp q8, q9, [sp, #336]",
                "stp q10, q11, [sp, #368]",
                "stp q12, q13, [sp, #400]",
                "stp q14, q15, [sp, #432]",
                "stp q16, q17, [sp, #464]",
                "stp q18, q19, [sp, #496]",
                "stp q20, q21, [sp, #528]",
                "stp q22, q23, [sp, #560]",
                "stp q24, q25, [sp, #592]",
                "stp q26, q27, [sp, #624]",
                "stp q28, q29, [sp, #656]",
                "stp q30, q31, [sp, #688]",
                "ldr x16, [x29]",
                "ldur x0, [x16, #{context}]",
                record_exit!(),
                "bl {implementation}",
                "cbnz x1, 2f",
                $($result,)?
                "ldp x0, x1, [sp]",
                "ldp x2, x3, [sp, #16]",
                "ldp x4, x5, [sp, #32]",
                "ldp x6, x7, [sp, #48]",
                "ldp x8, x9, [sp, #64]",
                "ldp x10, x11, [sp, #80]",
                "ldp x12, x13, [sp, #96]",
                "ldp x14, x15, [sp, #112]",
                "ldp x19, x20, [sp, #128]",
                "ldp x21, x22, [sp, #144]",
                "ldp x23, x24, [sp, #160]",
                "ldp x25, x26, [sp, #176]",
                "ldp x27, x28, [sp, #192]",
                "ldp q0, q1, [sp, #208]",
                "ldp q2, q3, [sp, #240]",
                "ldp q4, q5, [sp, #272]",
                "ldp q6, q7, [sp, #304]",
                "ldp q8, q9, [sp, #336]",
                "ldp q10, q11, [sp, #368]",
                "ldp q12, q13, [sp, #400]",
                "ldp q14, q15, [sp, #432]",
                "ldp q16, q17, [sp, #464]",
                "ldp q18, q19, [sp, #496]",
                "ldp q20, q21, [sp, #528]",
                "ldp q22, q23, [sp, #560]",
                "ldp q24, q25, [sp, #592]",
                "ldp q26, q27, [sp, #624]",
                "ldp q28, q29, [sp, #656]",
                "ldp q30, q31, [sp, #688]",
                "mov sp, x29",
                "ldp x29, x30, [sp], #16",
                "ret",
                "2: ldr x16, [x29]",
                "ldur x0, [x16, #{context}]",
                "b {unwind}",
                implementation = sym $module::$function,
                unwind = sym unwind,
                context = const CONTEXT_SLOT,
                ctx_store = const offset_of!(VMContext, store),
                store_stack = const offset_of!(VMStore, stack),
                exit_pc = const offset_of!(VMStack, exit_pc),
                exit_sp = const offset_of!(VMStack, exit_sp),
                exit_fp = const offset_of!(VMStack, exit_fp),
            )
        }
    };
}

macro_rules! exits {
    ($($(#[$doc:meta])* $class:ident $libcall:ident = $module:ident :: $function:ident ( $($arg:ident),* );)*) => {
        static EXITS: Exits = Exits([$(trampolines::$libcall as *const c_void),*]);

        #[allow(non_snake_case, reason = "named after their libcalls")]
        mod trampolines {
            use super::*;
            $(trampoline! { $class $libcall = $module::$function })*
        }
    };
}

for_each_libcall!(exits);

/// Jumped to, with a 16-aligned stack pointer, context in x0 and status in x1: determines where to continue, and goes
/// there.
#[unsafe(naked)]
unsafe extern "C" fn unwind() {
    naked_asm!(
        "sub sp, sp, #32",
        "mov x2, sp",
        "bl {after_libcall}",
        "b {resume}",
        after_libcall = sym after_libcall,
        resume = sym resume,
    )
}

/// Where a thread whose native code trapped continues when the signal handler returns: 16-aligned stack pointer below
/// its frame, context in x0, trap code in x1.
#[unsafe(naked)]
unsafe extern "C" fn after_signal() {
    naked_asm!(
        "sub sp, sp, #32",
        "mov x2, sp",
        "bl {after_fault}",
        "b {resume}",
        after_fault = sym after_fault,
        resume = sym resume,
    )
}

/// Loads the [`ResumePoint`](crate::runtime::stacks::unwind::ResumePoint) at the stack pointer and goes there, with the
/// status in x0.
#[unsafe(naked)]
unsafe extern "C" fn resume() {
    naked_asm!("ldp x16, x17, [sp]", "ldp x29, x0, [sp, #16]", "mov sp, x17", "br x16")
}
