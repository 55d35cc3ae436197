//! Adapters for x86-64.
//!
//! *Array to native* is the way from Rust into native code. It saves the registers that SysV callers expect to be
//! preserved, links an activation into the running stack, loads arguments, calls, stores results and unlinks. A trap or
//! an uncaught exception arrives at its landing pad.
//!
//! *Native to array* is the native entry of functions that have no native code. It stores arguments in an array on the
//! stack and calls the function through the libcall `CallArray`.

use super::{AdapterCode, Width, placed, slot_bytes};
use crate::module::FuncType;
use crate::runtime::abi::{AbiConfig, AbiSignature, Loc};
use crate::runtime::code::CONTEXT_SLOT;
use crate::runtime::libcalls::Libcall;
use crate::runtime::vm::{VMActivation, VMContext, VMFunc, VMStack, VMStore};
use crate::target::RegClass;
use dynasmrt::x64::X64Relocation;
use dynasmrt::{DynasmApi, DynasmLabelApi, VecAssembler, dynasm};
use std::mem::offset_of;

type Assembler = VecAssembler<X64Relocation>;

/// The filling of undefined upper bits under poisoning.
const POISON: i64 = 0x5aa5_0ff0_0000_0000;

/// See [`Emit`](super::Emit).
pub const EMIT: Option<super::Emit> = Some(emit);

fn emit(abi: &AbiConfig, poison: bool, ty: &FuncType) -> AdapterCode {
    let signature = abi.signature(ty.params(), ty.results());
    let mut asm = Assembler::new(0);
    array_to_native(&mut asm, &signature, ty, poison);
    dynasm!(asm ; .arch x64 ; .align 16);
    let native_to_array_at = asm.offset().0 as u32;
    native_to_array(&mut asm, &signature, ty, poison);
    AdapterCode { bytes: asm.finalize().expect("all labels are bound"), native_to_array: native_to_array_at }
}

const RSP: u8 = 4;
const RBP: u8 = 5;
const R11: u8 = 11;

/// Loads a value from memory into its location for a call; `to` is the base of the area if that location is in memory.
/// Clobbers r11 and xmm15.
fn load(asm: &mut Assembler, (from, at): (u8, i32), width: Width, loc: Loc, to: u8, poison: bool) {
    let int = match loc {
        Loc::Reg(RegClass::Int, reg) => reg,
        _ => R11,
    };
    match width {
        Width::W128 => {
            let reg = if let Loc::Reg(_, reg) = loc { reg } else { 15 };
            dynasm!(asm ; .arch x64 ; movups Rx(reg), [Rq(from) + at]);
            if let Loc::Mem(offset) = loc {
                dynasm!(asm ; .arch x64 ; movups [Rq(to) + offset as i32], xmm15);
            }
            return;
        }
        Width::W64 => dynasm!(asm ; .arch x64 ; mov Rq(int), [Rq(from) + at]),
        Width::W32 => dynasm!(asm ; .arch x64 ; mov Rd(int), [Rq(from) + at]),
    }
    if width == Width::W32 && poison {
        // A rotation brings the undefined half within the range of 32-bit immediates.
        dynasm!(asm ; .arch x64 ; rol Rq(int), 32 ; or Rq(int), (POISON >> 32) as i32 ; rol Rq(int), 32);
    }
    match loc {
        Loc::Reg(RegClass::Int, _) => {}
        Loc::Reg(RegClass::Float, reg) => dynasm!(asm ; .arch x64 ; movq Rx(reg), r11),
        Loc::Mem(offset) => dynasm!(asm ; .arch x64 ; mov [Rq(to) + offset as i32], r11),
    }
}

/// Stores a value from its location in a call to memory, with the upper bits of 32-bit values zero. If the location is
/// in memory, `from` is the base of the area and a displacement. Clobbers r11 and xmm15.
fn store(asm: &mut Assembler, width: Width, loc: Loc, (from, base): (u8, i32), (to, at): (u8, i32)) {
    match (loc, width) {
        (Loc::Reg(RegClass::Int, reg), Width::W32) => {
            dynasm!(asm ; .arch x64 ; mov Rd(reg), Rd(reg) ; mov [Rq(to) + at], Rq(reg));
        }
        (Loc::Reg(RegClass::Int, reg), _) => dynasm!(asm ; .arch x64 ; mov [Rq(to) + at], Rq(reg)),
        (Loc::Reg(RegClass::Float, reg), Width::W32) => {
            dynasm!(asm ; .arch x64 ; movd r11d, Rx(reg) ; mov [Rq(to) + at], r11);
        }
        (Loc::Reg(RegClass::Float, reg), Width::W64) => dynasm!(asm ; .arch x64 ; movq [Rq(to) + at], Rx(reg)),
        (Loc::Reg(RegClass::Float, reg), Width::W128) => dynasm!(asm ; .arch x64 ; movups [Rq(to) + at], Rx(reg)),
        (Loc::Mem(offset), Width::W32) => {
            dynasm!(asm ; .arch x64 ; mov r11d, [Rq(from) + base + offset as i32] ; mov [Rq(to) + at], r11);
        }
        (Loc::Mem(offset), Width::W64) => {
            dynasm!(asm ; .arch x64 ; mov r11, [Rq(from) + base + offset as i32] ; mov [Rq(to) + at], r11);
        }
        (Loc::Mem(offset), Width::W128) => {
            dynasm!(asm ; .arch x64 ; movups xmm15, [Rq(from) + base + offset as i32] ; movups [Rq(to) + at], xmm15);
        }
    }
}

// Offsets used on both sides of an entry.
const SAVED_REGISTERS: i32 = 5 * 8;
const SLOTS: i32 = -SAVED_REGISTERS - 8;
const STACK: i32 = SLOTS - 8;
const ACTIVATION: i32 = STACK - size_of::<VMActivation>() as i32;
const _: () = assert!(ACTIVATION % 16 == 0, "the stack pointer is to be aligned below");

const FUNC_CTX: i32 = offset_of!(VMFunc, ctx) as i32;
const FUNC_NATIVE: i32 = offset_of!(VMFunc, native_entry) as i32;
const CTX_STORE: i32 = offset_of!(VMContext, store) as i32;
const STORE_STACK: i32 = offset_of!(VMStore, stack) as i32;
const STORE_ENTRIES: i32 = offset_of!(VMStore, native_entries) as i32;
const STORE_LIBCALLS: i32 = offset_of!(VMStore, libcalls) as i32;
const STACK_ACTIVATION: i32 = offset_of!(VMStack, activation) as i32;
const EXITS: [i32; 3] =
    [offset_of!(VMStack, exit_pc) as i32, offset_of!(VMStack, exit_sp) as i32, offset_of!(VMStack, exit_fp) as i32];
const ACT_PREV: i32 = ACTIVATION + offset_of!(VMActivation, prev) as i32;
const ACT_KIND: i32 = ACTIVATION + offset_of!(VMActivation, kind) as i32;
const ACT_FRAME: i32 = ACTIVATION + offset_of!(VMActivation, frame) as i32;
const ACT_LANDING_SP: i32 = ACTIVATION + offset_of!(VMActivation, landing_sp) as i32;
const ACT_LANDING_PC: i32 = ACTIVATION + offset_of!(VMActivation, landing_pc) as i32;
const ACT_SAVED: i32 = ACTIVATION + offset_of!(VMActivation, saved_exit) as i32;
const ACT_WALK: i32 = ACTIVATION + offset_of!(VMActivation, walk) as i32;

/// rdi: `*const VMFunc`, rsi: slots.
fn array_to_native(asm: &mut Assembler, signature: &AbiSignature, ty: &FuncType, poison: bool) {
    let landing = asm.new_dynamic_label();
    let (args, results) = (signature.arg_area as i32, signature.result_area as i32);
    dynasm!(asm
        ; .arch x64
        ; push rbp
        ; mov rbp, rsp
        ; push rbx
        ; push r12
        ; push r13
        ; push r14
        ; push r15
        ; lea rsp, [rbp + ACTIVATION]
        ; mov r14, rdi
        ; mov rbx, rsi
        ; mov [rbp + SLOTS], rsi
        ; mov rax, [rdi + FUNC_CTX]
        ; mov r12, [rax + CTX_STORE]
        ; mov r13, [r12 + STORE_STACK]
        ; mov [rbp + STACK], r13
        ; mov rax, [r13 + STACK_ACTIVATION]
        ; mov [rbp + ACT_PREV], rax
        ; mov QWORD [rbp + ACT_KIND], 0
        ; mov [rbp + ACT_FRAME], rbp
        ; mov [rbp + ACT_LANDING_SP], rsp
        ; lea rax, [=>landing]
        ; mov [rbp + ACT_LANDING_PC], rax
        ; mov QWORD [rbp + ACT_WALK], 0
    );
    for (i, exit) in EXITS.into_iter().enumerate() {
        dynasm!(asm ; .arch x64 ; mov rax, [r13 + exit] ; mov [rbp + ACT_SAVED + 8 * i as i32], rax);
    }
    dynasm!(asm
        ; .arch x64
        ; lea rax, [rbp + ACTIVATION]
        ; mov [r13 + STACK_ACTIVATION], rax
        ; inc QWORD [r12 + STORE_ENTRIES]
        ; sub rsp, args + results
    );
    for (slot, width, loc) in placed(ty.params(), &signature.params) {
        load(asm, (3, slot), width, loc, RSP, poison);
    }
    match signature.hidden {
        Some(Loc::Reg(_, reg)) => dynasm!(asm ; .arch x64 ; lea Rq(reg), [rsp + args]),
        Some(Loc::Mem(offset)) => {
            dynasm!(asm ; .arch x64 ; lea r11, [rsp + args] ; mov [rsp + offset as i32], r11);
        }
        None => {}
    }
    dynasm!(asm
        ; .arch x64
        ; mov rdi, [r14 + FUNC_CTX]
        ; mov rax, r14
        ; call QWORD [rax + FUNC_NATIVE]
        // The callee popped its arguments.
        ; mov r10, [rbp + SLOTS]
    );
    for (slot, width, loc) in placed(ty.results(), &signature.results) {
        store(asm, width, loc, (RSP, 0), (10, slot));
    }
    dynasm!(asm
        ; .arch x64
        ; xor eax, eax
        // Landing: rbp is this frame's, rax the status; everything else is lost.
        ; =>landing
        ; mov r11, [rbp + STACK]
    );
    for (i, exit) in EXITS.into_iter().enumerate() {
        dynasm!(asm ; .arch x64 ; mov rcx, [rbp + ACT_SAVED + 8 * i as i32] ; mov [r11 + exit], rcx);
    }
    dynasm!(asm
        ; .arch x64
        ; mov rcx, [rbp + ACT_PREV]
        ; mov [r11 + STACK_ACTIVATION], rcx
        ; lea rsp, [rbp - SAVED_REGISTERS]
        ; pop r15
        ; pop r14
        ; pop r13
        ; pop r12
        ; pop rbx
        ; pop rbp
        ; ret
    );
}

/// Native ABI: rdi is the context, rax the `VMFunc`.
fn native_to_array(asm: &mut Assembler, signature: &AbiSignature, ty: &FuncType, poison: bool) {
    const HIDDEN: i32 = CONTEXT_SLOT - 8;
    const ARGS: i32 = 16;
    let slots = (slot_bytes(ty.params()).max(slot_bytes(ty.results())) + 15) & !15;
    dynasm!(asm
        ; .arch x64
        ; push rbp
        ; mov rbp, rsp
        ; sub rsp, slots - HIDDEN
        ; mov [rbp + CONTEXT_SLOT], rdi
    );
    for (slot, width, loc) in placed(ty.params(), &signature.params) {
        store(asm, width, loc, (RBP, ARGS), (RSP, slot));
    }
    if let Some(loc) = signature.hidden {
        store(asm, Width::W64, loc, (RBP, ARGS), (RBP, HIDDEN));
    }
    dynasm!(asm
        ; .arch x64
        ; mov rsi, rax
        ; mov rdx, rsp
        ; mov r11, [rdi + CTX_STORE]
        ; mov r11, [r11 + STORE_LIBCALLS]
        ; call QWORD [r11 + 8 * Libcall::CallArray as i32]
    );
    if signature.hidden.is_some() {
        dynasm!(asm ; .arch x64 ; mov r10, [rbp + HIDDEN]);
    }
    for (slot, width, loc) in placed(ty.results(), &signature.results) {
        load(asm, (RSP, slot), width, loc, 10, poison);
    }
    dynasm!(asm ; .arch x64 ; leave);
    match signature.arg_area {
        0 => dynasm!(asm ; .arch x64 ; ret),
        area => dynasm!(asm ; .arch x64 ; ret area as i16),
    }
}

#[cfg(all(test, target_os = "linux"))]
#[path = "x86_64_tests.rs"]
pub mod assembly;
