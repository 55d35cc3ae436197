//! Exit trampolines of x86-64: how native code calls Rust, and what happens when that does not return to it.
//!
//! A libcall is called with SysV arguments (context in rdi, up to five more in rsi, rdx, rcx, r8, r9) and a 16-aligned
//! stack pointer; its value comes back in rax. Its trampoline records where native code left in the running stack, calls
//! the implementation, and either returns or, with a status other than `Ok`, resumes where
//! [`after_libcall`](crate::runtime::unwind::after_libcall) says. No register but rsp and rbp is preserved, except by
//! `StackCheck` and `Allocate`, which preserve all (but r11, which is where the latter's result is).
//!
//! Entering native code from Rust takes an adapter for each signature: those are emitted in `engine/`.

use crate::runtime::exits::IMPLEMENTATIONS;
use crate::runtime::traps::after_fault;
use crate::runtime::unwind::after_libcall;
use crate::runtime::vm::{Libcall, VMContext, VMStack, VMStore};
use std::arch::naked_asm;
use std::ffi::c_void;
use std::mem::offset_of;

/// The trampolines by which native code leaves for Rust, indexed by [`Libcall`].
pub fn exits() -> *const *const c_void {
    EXITS.0.as_ptr()
}

/// Where a thread goes on whose native code trapped: see [`Redirect`](crate::runtime::sys::signals::Redirect).
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

macro_rules! exits {
    ($($libcall:ident)*) => {
        static EXITS: Exits = Exits({
            let mut table = [std::ptr::null(); Libcall::ALL.len()];
            $(table[Libcall::$libcall as usize] = trampolines::$libcall as *const c_void;)*
            table[Libcall::StackCheck as usize] = stack_check as *const c_void;
            table[Libcall::Allocate as usize] = allocate as *const c_void;
            table
        });

        // With those that preserve registers.
        const _: () =
            assert!([$(Libcall::$libcall),*].len() + 2 == Libcall::ALL.len(), "a libcall without an exit trampoline");

        #[allow(non_snake_case, reason = "named after their libcalls")]
        mod trampolines {
            use super::*;
            $(
                #[unsafe(naked)]
                pub(super) unsafe extern "sysv64" fn $libcall() {
                    naked_asm!(
                        "push rbp",
                        "mov rbp, rsp",
                        "push rdi",
                        "push rdi",
                        record_exit!(),
                        "call [rip + {table} + {index} * 8]",
                        "test rdx, rdx",
                        "jne 2f",
                        "leave",
                        "ret",
                        "2: mov rdi, [rbp - 8]",
                        "mov rsi, rdx",
                        "jmp {unwind}",
                        table = sym IMPLEMENTATIONS,
                        index = const Libcall::$libcall as usize,
                        unwind = sym unwind,
                        ctx_store = const offset_of!(VMContext, store),
                        store_stack = const offset_of!(VMStore, stack),
                        exit_pc = const offset_of!(VMStack, exit_pc),
                        exit_sp = const offset_of!(VMStack, exit_sp),
                        exit_fp = const offset_of!(VMStack, exit_fp),
                    )
                }
            )*
        }
    };
}

exits! {
    MemoryGrow MemoryCopy MemoryFill MemoryInit DataDrop AtomicWait32 AtomicWait64 AtomicNotify
    TableGrow TableCopy TableFill TableInit ElemDrop
    ExceptionNew Throw Trap CallArray TraceStore
    ContNew ContBind Resume ResumeThrow Suspend Switch
    StructNew ArrayNew ArrayNewData ArrayNewElem ArrayFill ArrayCopy ArrayInitData ArrayInitElem
}

/// Trampolines that preserve registers: for what is called from prologues, where arguments are still in theirs, and from
/// the slow paths of short sequences, where nobody wants to pay for a call that is hardly ever made. The instruction after
/// the name may move the result to where it survives: the place of r11 on the stack.
macro_rules! preserving_exit {
    ($name:ident $libcall:ident $($result:literal)?) => {
        #[unsafe(naked)]
        unsafe extern "sysv64" fn $name() {
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
                record_exit!(),
                "call [rip + {table} + {index} * 8]",
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
                "2: mov rdi, [rbp - 8]",
                "mov rsi, rdx",
                "jmp {unwind}",
                table = sym IMPLEMENTATIONS,
                index = const Libcall::$libcall as usize,
                unwind = sym unwind,
                ctx_store = const offset_of!(VMContext, store),
                store_stack = const offset_of!(VMStore, stack),
                exit_pc = const offset_of!(VMStack, exit_pc),
                exit_sp = const offset_of!(VMStack, exit_sp),
                exit_fp = const offset_of!(VMStack, exit_fp),
            )
        }
    };
}

preserving_exit!(stack_check StackCheck);
// Above the vector registers lie r15, r14, r13, r12, and then r11.
preserving_exit!(allocate Allocate "mov [rsp + 256 + 4 * 8], rax");

/// Jumped to, with a 16-aligned stack pointer, context in rdi and status in rsi: asks where to go on, and goes there.
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

/// Where a signal handler sends a thread whose native code trapped: 16-aligned stack pointer below its frame, context in
/// rdi, trap code in rsi.
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

/// Loads the [`Resume`](crate::runtime::unwind::Resume) at the stack pointer and goes there, with the status in rax.
#[unsafe(naked)]
unsafe extern "sysv64" fn resume() {
    naked_asm!("mov rax, [rsp + 24]", "mov rcx, [rsp]", "mov rbp, [rsp + 16]", "mov rsp, [rsp + 8]", "jmp rcx",)
}
