//! Exit trampolines of x86-64: calls from native code to Rust, and their ends other than by a return.
//!
//! A libcall is called with SysV arguments (context in rdi, up to five more in rsi, rdx, rcx, r8, r9) and a 16-aligned
//! stack pointer; its value comes back in rax. Its trampoline records in the running stack where native code left,
//! calls the implementation, and either returns or, with a status other than `Ok`, resumes where [`after_libcall`]
//! says. No registers but rsp and rbp are preserved, except by the trampolines of the two preserving classes (the
//! scratch register, which holds a result, is r11), which find the context in the caller's frame.
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

/// Records PC, SP and FP of native code in the running stack. Expects the context in rdi and rbp just pushed and set;
/// clobbers rax and r11.
macro_rules! record_exit {
    () => {
        "mov rax, [rdi + {ctx_store}]
         mov rax, [rax + {store_stack}]
         mov r11, [rbp + 8]
         mov [rax + {exit_pc}], r11
         lea r11, [rbp + 16]
         mov [rax + {exit_sp}], r11
         mov r11, [rbp]
         mov [rax + {exit_fp}], r11"
    };
}

/// An exit trampoline by the class of its libcall: see [`for_each_libcall`].
///
/// The preserving ones are for calls from prologues, where arguments are still in their registers, and from the slow
/// paths of short sequences, which should not pay for a call that is hardly ever made.
macro_rules! trampoline {
    (plain $libcall:ident = $module:ident :: $function:ident) => {
        #[unsafe(naked)]
        pub(super) unsafe extern "sysv64" fn $libcall() {
            naked_asm!(
                "push rbp",
                "mov rbp, rsp",
                "push rdi",
                "push rdi",
                record_exit!(),
                "call {implementation}",
                "test rdx, rdx",
                "jne 2f",
                "leave",
                "ret",
                "2: mov rdi, [rbp - 8]",
                "mov rsi, rdx",
                "jmp {unwind}",
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
    // Above the vector registers lie r15, r14, r13, r12, and then r11.
    (preserving_with_result $libcall:ident = $module:ident :: $function:ident) => {
        trampoline! { @preserving $libcall = $module::$function, "mov [rsp + 256 + 4 * 8], rax" }
    };
    (@preserving $libcall:ident = $module:ident :: $function:ident $(, $result:literal)?) => {
        #[unsafe(naked)]
        pub(super) unsafe extern "sysv64" fn $libcall() {
            naked_asm!(
                "push rbp",
                "mov rbp, rsp",
                "push rdi",
                "push rax",
                "push rcx",
                "push rdx",
                "push rbx",
                "push rsi",
                "push r8",
                "push r9",
                "push r10",
                "push r11",
                "push r12",
                "push r13",
                "push r14",
                "push r15",
                "sub rsp, 256",
                "movups [rsp], xmm0",
                "movups [rsp + 16], xmm1",
                "movups [rsp + 32], xmm2",
                "movups [rsp + 48], xmm3",
                "movups [rsp + 64], xmm4",
                "movups [rsp + 80], xmm5",
                "movups [rsp + 96], xmm6",
                "movups [rsp + 112], xmm7",
                "movups [rsp + 128], xmm8",
                "movups [rsp + 144], xmm9",
                "movups [rsp + 160], xmm10",
                "movups [rsp + 176], xmm11",
                "movups [rsp + 192], xmm12",
                "movups [rsp + 208], xmm13",
                "movups [rsp + 224], xmm14",
                "movups [rsp + 240], xmm15",
                "mov rdi, [rbp]",
                "mov rdi, [rdi + {context}]",
                record_exit!(),
                "call {implementation}",
                "test rdx, rdx",
                "jne 2f",
                $($result,)?
                "movups xmm0, [rsp]",
                "movups xmm1, [rsp + 16]",
                "movups xmm2, [rsp + 32]",
                "movups xmm3, [rsp + 48]",
                "movups xmm4, [rsp + 64]",
                "movups xmm5, [rsp + 80]",
                "movups xmm6, [rsp + 96]",
                "movups xmm7, [rsp + 112]",
                "movups xmm8, [rsp + 128]",
                "movups xmm9, [rsp + 144]",
                "movups xmm10, [rsp + 160]",
                "movups xmm11, [rsp + 176]",
                "movups xmm12, [rsp + 192]",
                "movups xmm13, [rsp + 208]",
                "movups xmm14, [rsp + 224]",
                "movups xmm15, [rsp + 240]",
                "add rsp, 256",
                "pop r15",
                "pop r14",
                "pop r13",
                "pop r12",
                "pop r11",
                "pop r10",
                "pop r9",
                "pop r8",
                "pop rsi",
                "pop rbx",
                "pop rdx",
                "pop rcx",
                "pop rax",
                "pop rdi",
                "pop rbp",
                "ret",
                "2: mov rdi, [rbp]",
                "mov rdi, [rdi + {context}]",
                "mov rsi, rdx",
                "jmp {unwind}",
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

/// Jumped to, with a 16-aligned stack pointer, context in rdi and status in rsi: determines where to continue, and goes
/// there.
#[unsafe(naked)]
unsafe extern "sysv64" fn unwind() {
    naked_asm!(
        "sub rsp, 32",
        "mov rdx, rsp",
        "call {after_libcall}",
        "jmp {resume}",
        after_libcall = sym after_libcall,
        resume = sym resume,
    )
}

/// Where a thread whose native code trapped continues when the signal handler returns: 16-aligned stack pointer below
/// its frame, context in rdi, trap code in rsi.
#[unsafe(naked)]
unsafe extern "sysv64" fn after_signal() {
    naked_asm!(
        "sub rsp, 32",
        "mov rdx, rsp",
        "call {after_fault}",
        "jmp {resume}",
        after_fault = sym after_fault,
        resume = sym resume,
    )
}

/// Loads the [`ResumePoint`](crate::runtime::stacks::unwind::ResumePoint) at the stack pointer and goes there, with the
/// status in rax.
#[unsafe(naked)]
unsafe extern "sysv64" fn resume() {
    naked_asm!("mov rax, [rsp + 24]", "mov rcx, [rsp]", "mov rbp, [rsp + 16]", "mov rsp, [rsp + 8]", "jmp rcx",)
}
