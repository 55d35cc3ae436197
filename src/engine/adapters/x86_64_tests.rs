//! The instruction sequences that the adapter tests need, on x86-64.

use crate::runtime::code::CodeTables;
use crate::runtime::libcalls::Libcall;
use crate::runtime::vm::*;
use dynasmrt::x64::X64Relocation;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, VecAssembler, dynasm};
use std::mem::offset_of;

const STORE: i32 = offset_of!(VMContext, store) as i32;
const MEMORY: i32 = offset_of!(VMContext, memory0_base) as i32;
const LIBCALLS: i32 = offset_of!(VMStore, libcalls) as i32;
const LIMIT: i32 = offset_of!(VMStore, stack_limit) as i32;
const PENDING: i32 = offset_of!(VMStore, pending_exception) as i32;
const NATIVE: i32 = offset_of!(VMFunc, native_entry) as i32;
const CTX: i32 = offset_of!(VMFunc, ctx) as i32;

/// Code with its tables.
pub struct Asm {
    ops: VecAssembler<X64Relocation>,
    pub tables: CodeTables,
}

impl Asm {
    /// Opens a frame with the context and 8 bytes of locals.
    pub fn new() -> Asm {
        let mut asm = Asm::bare();
        dynasm!(asm.ops ; .arch x64 ; push rbp ; mov rbp, rsp ; push rdi ; push rdi);
        asm
    }

    pub fn bare() -> Asm {
        Asm { ops: VecAssembler::new(0), tables: CodeTables::default() }
    }

    pub fn here(&self) -> u32 {
        self.ops.offset().0 as u32
    }

    pub fn finish(self) -> (Vec<u8>, CodeTables) {
        (self.ops.finalize().unwrap(), self.tables)
    }

    pub fn bind(&mut self, label: DynamicLabel) {
        dynasm!(self.ops ; .arch x64 ; =>label);
    }

    pub fn jump(&mut self, label: DynamicLabel) {
        dynasm!(self.ops ; .arch x64 ; jmp =>label);
    }

    /// Closes the frame and returns.
    pub fn ret(&mut self) {
        dynasm!(self.ops ; .arch x64 ; leave ; ret);
    }

    /// Emits an illegal instruction.
    pub fn trap(&mut self) {
        dynasm!(self.ops ; .arch x64 ; ud2);
    }

    /// Calls a function whose arguments are in place.
    pub fn call_func(&mut self, func: *const VMFunc) {
        dynasm!(self.ops ; .arch x64 ; mov rax, QWORD func as i64 ; mov rdi, [rax + CTX] ; call QWORD [rax + NATIVE]);
    }

    /// Like `call_func`, but jumps and does not return here.
    pub fn jump_func(&mut self, func: *const VMFunc) {
        dynasm!(self.ops ; .arch x64 ; mov rax, QWORD func as i64 ; mov rdi, [rax + CTX] ; jmp QWORD [rax + NATIVE]);
    }

    /// Calls a libcall whose arguments are in place.
    pub fn call_libcall(&mut self, libcall: Libcall) {
        let at = 8 * libcall as i32;
        dynasm!(self.ops
            ; .arch x64
            ; mov r11, [rdi + STORE]
            ; mov r11, [r11 + LIBCALLS]
            ; call QWORD [r11 + at]
        );
    }

    /// Sets the first two integer arguments.
    pub fn set_args(&mut self, [first, second]: [u32; 2]) {
        dynasm!(self.ops ; .arch x64 ; mov esi, first as i32 ; mov edx, second as i32);
    }

    /// Sets an integer register.
    pub fn set_int(&mut self, reg: u8, value: u64) {
        dynasm!(self.ops ; .arch x64 ; mov Rq(reg), QWORD value as i64);
    }

    /// Sets both halves of a vector register; clobbers the scratch register.
    pub fn set_vector(&mut self, reg: u8, half: u64) {
        dynasm!(self.ops ; .arch x64 ; mov r11, QWORD half as i64 ; movq Rx(reg), r11 ; punpcklqdq Rx(reg), Rx(reg));
    }

    /// Returns the sum of an i32 in the first register, a float in the first register and the first argument on the
    /// stack, and pops 16 bytes of arguments.
    pub fn sum_and_pop_16(&mut self) {
        dynasm!(self.ops
            ; .arch x64
            ; mov eax, esi
            ; cvttsd2si rcx, xmm0
            ; add rax, rcx
            ; add rax, [rbp + 16]
            ; leave
            ; ret 16
        );
    }

    /// Loads the address of the memory, for `load_memory`.
    pub fn memory_base(&mut self) {
        dynasm!(self.ops ; .arch x64 ; mov rax, [rdi + MEMORY]);
    }

    /// Emits one instruction that loads 32 bits of memory at the first argument, as the result.
    pub fn load_memory(&mut self) {
        dynasm!(self.ops ; .arch x64 ; mov eax, [rax + rsi]);
    }

    /// Begins a handler: restores the stack pointer and the context, and combines the exnref with a number in the upper
    /// half of the result.
    pub fn pending_exception(&mut self, number: u16) {
        dynasm!(self.ops
            ; .arch x64
            ; lea rsp, [rbp - 16]
            ; mov rdi, [rbp - 8]
            ; mov rax, [rdi + STORE]
            ; mov eax, [rax + PENDING]
            ; mov rcx, QWORD i64::from(number) << 32
            ; or rax, rcx
        );
    }

    /// In an open frame, checks the stack and calls the function itself, which opens a frame. Returns the label to
    /// branch to when the stack is exhausted.
    pub fn call_itself(&mut self) -> DynamicLabel {
        let (start, slow) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        dynasm!(self.ops
            ; .arch x64
            ; jmp BYTE >first
            ; =>start
            ; push rbp
            ; mov rbp, rsp
            ; push rdi
            ; push rdi
            ; first:
            ; mov r11, [rdi + STORE]
            ; cmp rsp, [r11 + LIMIT]
            ; jb =>slow
            ; call =>start
        );
        slow
    }

    /// Emits a loop that ends when the stack seems exhausted. Returns its label.
    pub fn spin(&mut self) -> DynamicLabel {
        let header = self.ops.new_dynamic_label();
        dynasm!(self.ops
            ; .arch x64
            ; mov esi, 4711
            ; =>header
            ; mov r11, [rdi + STORE]
            ; cmp rsp, [r11 + LIMIT]
            ; jae =>header
        );
        header
    }

    /// Inverts the lower 16 bits of the first argument in a register and, with `keep`, stores the result in the upper
    /// half of the local. The register is then cleared.
    pub fn unmask(&mut self, keep: bool) {
        dynasm!(self.ops ; .arch x64 ; mov rcx, rsi ; xor rcx, 0xffff);
        if keep {
            dynasm!(self.ops ; .arch x64 ; shl rcx, 32 ; mov [rbp - 16], rcx);
        }
        dynasm!(self.ops ; .arch x64 ; xor ecx, ecx);
    }
}

/// Calls an entry as C does. Returns the bits that have changed in registers that C expects to be preserved.
///
/// # Safety
/// As of the entry.
#[unsafe(naked)]
pub unsafe extern "C" fn changed(func: *const VMFunc, slots: *mut u64, entry: ArrayEntry) -> u64 {
    std::arch::naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "push rbp",
        "mov ebx, 11",
        ".irp n, 12, 13, 14, 15",
        "mov r\\n, \\n",
        ".endr",
        "call rdx",
        "lea rax, [rsp + 48]",
        "xor rax, rbp",
        "xor rbx, 11",
        "or rax, rbx",
        ".irp n, 12, 13, 14, 15",
        "xor r\\n, \\n",
        "or rax, r\\n",
        ".endr",
        "lea rsp, [rbp - 40]",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}
