//! The instruction sequences that the adapter tests need, on AArch64.

use crate::runtime::code::CodeTables;
use crate::runtime::libcalls::Libcall;
use crate::runtime::vm::*;
use dynasmrt::aarch64::Aarch64Relocation;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, VecAssembler, dynasm};
use std::mem::offset_of;

const STORE: u32 = offset_of!(VMContext, store) as u32;
const MEMORY: u32 = offset_of!(VMContext, memory0_base) as u32;
const LIBCALLS: u32 = offset_of!(VMStore, libcalls) as u32;
const LIMIT: u32 = offset_of!(VMStore, stack_limit) as u32;
const PENDING: u32 = offset_of!(VMStore, pending_exception) as u32;
const NATIVE: u32 = offset_of!(VMFunc, native_entry) as u32;
const CTX: u32 = offset_of!(VMFunc, ctx) as u32;

/// Code with its tables.
pub struct Asm {
    ops: VecAssembler<Aarch64Relocation>,
    pub tables: CodeTables,
}

impl Asm {
    /// Opens a frame with the context and 8 bytes of locals.
    pub fn new() -> Asm {
        let mut asm = Asm::bare();
        dynasm!(asm.ops ; .arch aarch64 ; stp x29, x30, [sp, -16]! ; mov x29, sp ; stp x0, x0, [sp, -16]!);
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
        dynasm!(self.ops ; .arch aarch64 ; =>label);
    }

    pub fn jump(&mut self, label: DynamicLabel) {
        dynasm!(self.ops ; .arch aarch64 ; b =>label);
    }

    /// Closes the frame and returns.
    pub fn ret(&mut self) {
        dynasm!(self.ops ; .arch aarch64 ; mov sp, x29 ; ldp x29, x30, [sp], 16 ; ret);
    }

    /// Emits an illegal instruction.
    pub fn trap(&mut self) {
        dynasm!(self.ops ; .arch aarch64 ; udf 0);
    }

    /// Loads a function with its context and its entry.
    fn callee(&mut self, func: *const VMFunc) {
        self.set_int(9, func as u64);
        dynasm!(self.ops ; .arch aarch64 ; ldr x0, [x9, CTX] ; ldr x16, [x9, NATIVE]);
    }

    /// Calls a function whose arguments are in place.
    pub fn call_func(&mut self, func: *const VMFunc) {
        self.callee(func);
        dynasm!(self.ops ; .arch aarch64 ; blr x16);
    }

    /// Like `call_func`, but jumps and does not return here.
    pub fn jump_func(&mut self, func: *const VMFunc) {
        self.callee(func);
        dynasm!(self.ops ; .arch aarch64 ; br x16);
    }

    /// Calls a libcall whose arguments are in place.
    pub fn call_libcall(&mut self, libcall: Libcall) {
        let at = 8 * libcall as u32;
        dynasm!(self.ops
            ; .arch aarch64
            ; ldr x16, [x0, STORE]
            ; ldr x16, [x16, LIBCALLS]
            ; ldr x16, [x16, at]
            ; blr x16
        );
    }

    /// Sets the first two integer arguments.
    pub fn set_args(&mut self, [first, second]: [u32; 2]) {
        dynasm!(self.ops ; .arch aarch64 ; movz w1, first ; movz w2, second);
    }

    /// Sets an integer register.
    pub fn set_int(&mut self, reg: u8, value: u64) {
        let piece = |n: usize| (value >> (16 * n)) as u32 & 0xffff;
        dynasm!(self.ops
            ; .arch aarch64
            ; movz X(reg), piece(0)
            ; movk X(reg), piece(1), lsl 16
            ; movk X(reg), piece(2), lsl 32
            ; movk X(reg), piece(3), lsl 48
        );
    }

    /// Sets both halves of a vector register; clobbers the scratch register.
    pub fn set_vector(&mut self, reg: u8, half: u64) {
        self.set_int(16, half);
        dynasm!(self.ops ; .arch aarch64 ; dup V(reg).D2, x16);
    }

    /// Returns the sum of an i32 in the first register, a float in the first register and the first argument on the
    /// stack, and pops 16 bytes of arguments.
    pub fn sum_and_pop_16(&mut self) {
        dynasm!(self.ops
            ; .arch aarch64
            ; mov w0, w1
            ; fcvtzs x1, d0
            ; add x0, x0, x1
            ; ldr x1, [x29, 16]
            ; add x0, x0, x1
            ; mov sp, x29
            ; ldp x29, x30, [sp], 16
            ; add sp, sp, 16
            ; ret
        );
    }

    /// Loads the address of the memory, for `load_memory`.
    pub fn memory_base(&mut self) {
        dynasm!(self.ops ; .arch aarch64 ; ldr x0, [x0, MEMORY]);
    }

    /// Emits one instruction that loads 32 bits of memory at the first argument, as the result.
    pub fn load_memory(&mut self) {
        dynasm!(self.ops ; .arch aarch64 ; ldr w0, [x0, x1]);
    }

    /// Begins a handler: restores the stack pointer and the context, and combines the exnref with a number in the upper
    /// half of the result.
    pub fn pending_exception(&mut self, number: u16) {
        dynasm!(self.ops
            ; .arch aarch64
            ; sub sp, x29, 16
            ; ldur x0, [x29, -8]
            ; ldr x0, [x0, STORE]
            ; ldr w0, [x0, PENDING]
            ; movk x0, u32::from(number), lsl 32
        );
    }

    /// In an open frame, checks the stack and calls the function itself, which opens a frame. Returns the label to
    /// branch to when the stack is exhausted.
    pub fn call_itself(&mut self) -> DynamicLabel {
        let (start, slow) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        dynasm!(self.ops
            ; .arch aarch64
            ; b >first
            ; =>start
            ; stp x29, x30, [sp, -16]!
            ; mov x29, sp
            ; stp x0, x0, [sp, -16]!
            ; first:
            ; ldr x16, [x0, STORE]
            ; ldr x16, [x16, LIMIT]
            ; cmp sp, x16
            ; b.lo =>slow
            ; bl =>start
        );
        slow
    }

    /// Emits a loop that ends when the stack seems exhausted. Returns its label.
    pub fn spin(&mut self) -> DynamicLabel {
        let header = self.ops.new_dynamic_label();
        dynasm!(self.ops
            ; .arch aarch64
            ; =>header
            ; ldr x16, [x0, STORE]
            ; ldr x16, [x16, LIMIT]
            ; cmp sp, x16
            ; b.hs =>header
        );
        header
    }

    /// Inverts the lower 16 bits of the first argument in a register and, with `keep`, stores the result in the upper
    /// half of the local. The register is then cleared.
    pub fn unmask(&mut self, keep: bool) {
        dynasm!(self.ops ; .arch aarch64 ; eor x2, x1, 0xffff);
        if keep {
            dynasm!(self.ops ; .arch aarch64 ; lsl x2, x2, 32 ; stur x2, [x29, -16]);
        }
        dynasm!(self.ops ; .arch aarch64 ; mov x2, xzr);
    }
}

/// Calls an entry as C does. Returns the bits that have changed in registers that C expects to be preserved.
///
/// # Safety
/// As of the entry.
#[unsafe(naked)]
pub unsafe extern "C" fn changed(func: *const VMFunc, slots: *mut u64, entry: ArrayEntry) -> u64 {
    std::arch::naked_asm!(
        "stp x29, x30, [sp, #-160]!",
        "stp x19, x20, [sp, #16]",
        "stp x21, x22, [sp, #32]",
        "stp x23, x24, [sp, #48]",
        "stp x25, x26, [sp, #64]",
        "stp x27, x28, [sp, #80]",
        "stp d8, d9, [sp, #96]",
        "stp d10, d11, [sp, #112]",
        "stp d12, d13, [sp, #128]",
        "stp d14, d15, [sp, #144]",
        "mov x29, sp",
        ".irp n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28",
        "mov x\\n, #\\n",
        ".endr",
        ".irp n, 8, 9, 10, 11, 12, 13, 14, 15",
        "mov x9, #\\n",
        "fmov d\\n, x9",
        ".endr",
        "blr x2",
        "mov x9, sp",
        "eor x0, x9, x29",
        ".irp n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28",
        "sub x9, x\\n, #\\n",
        "orr x0, x0, x9",
        ".endr",
        ".irp n, 8, 9, 10, 11, 12, 13, 14, 15",
        "fmov x9, d\\n",
        "sub x9, x9, #\\n",
        "orr x0, x0, x9",
        ".endr",
        "mov sp, x29",
        "ldp x19, x20, [sp, #16]",
        "ldp x21, x22, [sp, #32]",
        "ldp x23, x24, [sp, #48]",
        "ldp x25, x26, [sp, #64]",
        "ldp x27, x28, [sp, #80]",
        "ldp d8, d9, [sp, #96]",
        "ldp d10, d11, [sp, #112]",
        "ldp d12, d13, [sp, #128]",
        "ldp d14, d15, [sp, #144]",
        "ldp x29, x30, [sp], #160",
        "ret",
    )
}
