//! Adapters for AArch64.
//!
//! *Array to native* is the way from Rust into native code. It saves the registers that C callers expect to be
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
use dynasmrt::aarch64::Aarch64Relocation;
use dynasmrt::{DynasmApi, DynasmLabelApi, VecAssembler, dynasm};
use std::mem::offset_of;

type Assembler = VecAssembler<Aarch64Relocation>;

/// The filling of undefined upper bits under poisoning, in pieces of 16 bits.
const POISON: [u32; 2] = [0x0ff0, 0x5aa5];

/// See [`Emit`](super::Emit).
pub const EMIT: Option<super::Emit> = Some(emit);

fn emit(abi: &AbiConfig, poison: bool, ty: &FuncType) -> AdapterCode {
    let signature = abi.signature(ty.params(), ty.results());
    let mut asm = Assembler::new(0);
    array_to_native(&mut asm, &signature, ty, poison);
    dynasm!(asm ; .arch aarch64 ; .align 16);
    let native_to_array_at = asm.offset().0 as u32;
    native_to_array(&mut asm, &signature, ty, poison);
    AdapterCode { bytes: asm.finalize().expect("all labels are bound"), native_to_array: native_to_array_at }
}

const X9: u8 = 9;
const X16: u8 = 16;
const X17: u8 = 17;
const X20: u8 = 20;
const FP: u8 = 29;
const SP: u8 = 31;
const V31: u8 = 31;

/// Sets a register to another one plus a constant with a sign and at most 24 bits.
fn add(asm: &mut Assembler, to: u8, from: u8, n: i32) {
    let (low, high) = (n.unsigned_abs() & 0xfff, n.unsigned_abs() >> 12);
    let mut from = from;
    if high != 0 {
        match n > 0 {
            true => dynasm!(asm ; .arch aarch64 ; add XSP(to), XSP(from), high, lsl 12),
            false => dynasm!(asm ; .arch aarch64 ; sub XSP(to), XSP(from), high, lsl 12),
        }
        from = to;
    }
    if low != 0 || from != to {
        match n >= 0 {
            true => dynasm!(asm ; .arch aarch64 ; add XSP(to), XSP(from), low),
            false => dynasm!(asm ; .arch aarch64 ; sub XSP(to), XSP(from), low),
        }
    }
}

/// Returns a place in memory as an instruction can address it: a register and a displacement. A place that is too far
/// away, below the register, or not aligned to its own size needs x17.
fn reach(asm: &mut Assembler, (base, at): (u8, i32), size: i32) -> (u8, u32) {
    if at >= 0 && at % size == 0 && at / size < 1 << 12 {
        return (base, at as u32);
    }
    add(asm, X17, base, at);
    (X17, 0)
}

/// Loads 64 bits. Clobbers x17.
fn ldr(asm: &mut Assembler, reg: u8, from: (u8, i32)) {
    let (base, at) = reach(asm, from, 8);
    dynasm!(asm ; .arch aarch64 ; ldr X(reg), [XSP(base), at]);
}

/// Loads 32 bits. Clobbers x17.
fn ldr_w(asm: &mut Assembler, reg: u8, from: (u8, i32)) {
    let (base, at) = reach(asm, from, 4);
    dynasm!(asm ; .arch aarch64 ; ldr W(reg), [XSP(base), at]);
}

/// Loads 128 bits. Clobbers x17.
fn ldr_q(asm: &mut Assembler, reg: u8, from: (u8, i32)) {
    let (base, at) = reach(asm, from, 16);
    dynasm!(asm ; .arch aarch64 ; ldr Q(reg), [XSP(base), at]);
}

/// Stores 64 bits. Clobbers x17.
fn str(asm: &mut Assembler, reg: u8, to: (u8, i32)) {
    let (base, at) = reach(asm, to, 8);
    dynasm!(asm ; .arch aarch64 ; str X(reg), [XSP(base), at]);
}

/// Stores 128 bits. Clobbers x17.
fn str_q(asm: &mut Assembler, reg: u8, to: (u8, i32)) {
    let (base, at) = reach(asm, to, 16);
    dynasm!(asm ; .arch aarch64 ; str Q(reg), [XSP(base), at]);
}

/// Loads a value from memory into its location for a call; `to` is the base of the area if that location is in memory.
/// Clobbers x16, x17 and v31.
fn load(asm: &mut Assembler, from: (u8, i32), width: Width, loc: Loc, to: u8, poison: bool) {
    let int = match loc {
        Loc::Reg(RegClass::Int, reg) => reg,
        _ => X16,
    };
    match width {
        Width::W128 => {
            let reg = if let Loc::Reg(_, reg) = loc { reg } else { V31 };
            ldr_q(asm, reg, from);
            if let Loc::Mem(offset) = loc {
                str_q(asm, reg, (to, offset as i32));
            }
            return;
        }
        Width::W64 => ldr(asm, int, from),
        Width::W32 => ldr_w(asm, int, from),
    }
    if width == Width::W32 && poison {
        dynasm!(asm ; .arch aarch64 ; movk X(int), POISON[0], lsl 32 ; movk X(int), POISON[1], lsl 48);
    }
    match loc {
        Loc::Reg(RegClass::Int, _) => {}
        Loc::Reg(RegClass::Float, reg) => dynasm!(asm ; .arch aarch64 ; fmov D(reg), x16),
        Loc::Mem(offset) => str(asm, X16, (to, offset as i32)),
    }
}

/// Stores a value from its location in a call to memory, with the upper bits of 32-bit values zero. If the location is
/// in memory, `from` is the base of the area and a displacement. Clobbers x16, x17 and v31.
fn store(asm: &mut Assembler, width: Width, loc: Loc, (from, base): (u8, i32), to: (u8, i32)) {
    match (loc, width) {
        (Loc::Reg(RegClass::Int, reg), Width::W32) => {
            dynasm!(asm ; .arch aarch64 ; mov w16, W(reg));
            str(asm, X16, to);
        }
        (Loc::Reg(RegClass::Int, reg), _) => str(asm, reg, to),
        (Loc::Reg(RegClass::Float, reg), Width::W32) => {
            dynasm!(asm ; .arch aarch64 ; fmov w16, S(reg));
            str(asm, X16, to);
        }
        (Loc::Reg(RegClass::Float, reg), Width::W64) => {
            dynasm!(asm ; .arch aarch64 ; fmov x16, D(reg));
            str(asm, X16, to);
        }
        (Loc::Reg(RegClass::Float, reg), Width::W128) => str_q(asm, reg, to),
        (Loc::Mem(offset), Width::W32) => {
            ldr_w(asm, X16, (from, base + offset as i32));
            str(asm, X16, to);
        }
        (Loc::Mem(offset), Width::W64) => {
            ldr(asm, X16, (from, base + offset as i32));
            str(asm, X16, to);
        }
        (Loc::Mem(offset), Width::W128) => {
            ldr_q(asm, V31, (from, base + offset as i32));
            str_q(asm, V31, to);
        }
    }
}

// Offsets used on both sides of an entry. x19 to x28 are saved, and the lower halves of v8 to v15.
const SAVED_REGISTERS: i32 = (10 + 8) * 8;
const SLOTS: i32 = -SAVED_REGISTERS - 8;
const STACK: i32 = SLOTS - 8;
const ACTIVATION: i32 = (STACK - size_of::<VMActivation>() as i32) & !15;

const FUNC_CTX: u32 = offset_of!(VMFunc, ctx) as u32;
const FUNC_NATIVE: u32 = offset_of!(VMFunc, native_entry) as u32;
const CTX_STORE: u32 = offset_of!(VMContext, store) as u32;
const STORE_STACK: u32 = offset_of!(VMStore, stack) as u32;
const STORE_ENTRIES: u32 = offset_of!(VMStore, native_entries) as u32;
const STORE_LIBCALLS: u32 = offset_of!(VMStore, libcalls) as u32;
const STACK_ACTIVATION: u32 = offset_of!(VMStack, activation) as u32;
const EXITS: [u32; 3] =
    [offset_of!(VMStack, exit_pc) as u32, offset_of!(VMStack, exit_sp) as u32, offset_of!(VMStack, exit_fp) as u32];
const ACT_PREV: i32 = ACTIVATION + offset_of!(VMActivation, prev) as i32;
const ACT_KIND: i32 = ACTIVATION + offset_of!(VMActivation, kind) as i32;
const ACT_FRAME: i32 = ACTIVATION + offset_of!(VMActivation, frame) as i32;
const ACT_LANDING_SP: i32 = ACTIVATION + offset_of!(VMActivation, landing_sp) as i32;
const ACT_LANDING_PC: i32 = ACTIVATION + offset_of!(VMActivation, landing_pc) as i32;
const ACT_SAVED: i32 = ACTIVATION + offset_of!(VMActivation, saved_exit) as i32;
const ACT_WALK: i32 = ACTIVATION + offset_of!(VMActivation, walk) as i32;
const _: () = assert!(ACTIVATION >= -256, "displacements from x29 fit into single instructions");

/// x0: `*const VMFunc`, x1: slots.
fn array_to_native(asm: &mut Assembler, signature: &AbiSignature, ty: &FuncType, poison: bool) {
    let landing = asm.new_dynamic_label();
    let (args, results) = (signature.arg_area as i32, signature.result_area as i32);
    dynasm!(asm
        ; .arch aarch64
        ; stp x29, x30, [sp, -16]!
        ; mov x29, sp
        ; stp x19, x20, [sp, -16]!
        ; stp x21, x22, [sp, -16]!
        ; stp x23, x24, [sp, -16]!
        ; stp x25, x26, [sp, -16]!
        ; stp x27, x28, [sp, -16]!
        ; stp d8, d9, [sp, -16]!
        ; stp d10, d11, [sp, -16]!
        ; stp d12, d13, [sp, -16]!
        ; stp d14, d15, [sp, -16]!
        ; sub sp, x29, -ACTIVATION as u32
        ; mov x19, x0
        ; mov x20, x1
        ; stur x1, [x29, SLOTS]
        ; ldr x9, [x0, FUNC_CTX]
        ; ldr x21, [x9, CTX_STORE]
        ; ldr x22, [x21, STORE_STACK]
        ; stur x22, [x29, STACK]
        ; ldr x9, [x22, STACK_ACTIVATION]
        ; stur x9, [x29, ACT_PREV]
        ; stur xzr, [x29, ACT_KIND]
        ; stur x29, [x29, ACT_FRAME]
        ; mov x10, sp
        ; stur x10, [x29, ACT_LANDING_SP]
        ; adr x9, =>landing
        ; stur x9, [x29, ACT_LANDING_PC]
        ; stur xzr, [x29, ACT_WALK]
    );
    for (i, exit) in EXITS.into_iter().enumerate() {
        dynasm!(asm ; .arch aarch64 ; ldr x9, [x22, exit] ; stur x9, [x29, ACT_SAVED + 8 * i as i32]);
    }
    dynasm!(asm
        ; .arch aarch64
        // The stack pointer is still the activation's address.
        ; str x10, [x22, STACK_ACTIVATION]
        ; ldr x9, [x21, STORE_ENTRIES]
        ; add x9, x9, 1
        ; str x9, [x21, STORE_ENTRIES]
    );
    add(asm, SP, SP, -(args + results));
    for (slot, width, loc) in placed(ty.params(), &signature.params) {
        load(asm, (X20, slot), width, loc, SP, poison);
    }
    match signature.hidden {
        Some(Loc::Reg(_, reg)) => add(asm, reg, SP, args),
        Some(Loc::Mem(offset)) => {
            add(asm, X16, SP, args);
            str(asm, X16, (SP, offset as i32));
        }
        None => {}
    }
    dynasm!(asm
        ; .arch aarch64
        ; ldr x0, [x19, FUNC_CTX]
        ; mov x9, x19
        ; ldr x16, [x9, FUNC_NATIVE]
        ; blr x16
        // The callee popped its arguments.
        ; ldur x9, [x29, SLOTS]
    );
    for (slot, width, loc) in placed(ty.results(), &signature.results) {
        store(asm, width, loc, (SP, 0), (X9, slot));
    }
    dynasm!(asm
        ; .arch aarch64
        ; mov x0, xzr
        // Landing: x29 is this frame's, x0 the status; everything else is lost.
        ; =>landing
        ; ldur x16, [x29, STACK]
    );
    for (i, exit) in EXITS.into_iter().enumerate() {
        dynasm!(asm ; .arch aarch64 ; ldur x9, [x29, ACT_SAVED + 8 * i as i32] ; str x9, [x16, exit]);
    }
    dynasm!(asm
        ; .arch aarch64
        ; ldur x9, [x29, ACT_PREV]
        ; str x9, [x16, STACK_ACTIVATION]
        ; sub sp, x29, SAVED_REGISTERS as u32
        ; ldp d14, d15, [sp], 16
        ; ldp d12, d13, [sp], 16
        ; ldp d10, d11, [sp], 16
        ; ldp d8, d9, [sp], 16
        ; ldp x27, x28, [sp], 16
        ; ldp x25, x26, [sp], 16
        ; ldp x23, x24, [sp], 16
        ; ldp x21, x22, [sp], 16
        ; ldp x19, x20, [sp], 16
        ; ldp x29, x30, [sp], 16
        ; ret
    );
}

/// Native ABI: x0 is the context, x9 the `VMFunc`.
fn native_to_array(asm: &mut Assembler, signature: &AbiSignature, ty: &FuncType, poison: bool) {
    const HIDDEN: i32 = CONTEXT_SLOT - 8;
    const ARGS: i32 = 16;
    let slots = (slot_bytes(ty.params()).max(slot_bytes(ty.results())) + 15) & !15;
    dynasm!(asm
        ; .arch aarch64
        ; stp x29, x30, [sp, -16]!
        ; mov x29, sp
    );
    add(asm, SP, SP, HIDDEN - slots);
    dynasm!(asm ; .arch aarch64 ; stur x0, [x29, CONTEXT_SLOT]);
    for (slot, width, loc) in placed(ty.params(), &signature.params) {
        store(asm, width, loc, (FP, ARGS), (SP, slot));
    }
    if let Some(loc) = signature.hidden {
        store(asm, Width::W64, loc, (FP, ARGS), (FP, HIDDEN));
    }
    dynasm!(asm
        ; .arch aarch64
        ; mov x1, x9
        ; mov x2, sp
        ; ldr x16, [x0, CTX_STORE]
        ; ldr x16, [x16, STORE_LIBCALLS]
        ; ldr x16, [x16, 8 * Libcall::CallArray as u32]
        ; blr x16
    );
    if signature.hidden.is_some() {
        dynasm!(asm ; .arch aarch64 ; ldur x9, [x29, HIDDEN]);
    }
    for (slot, width, loc) in placed(ty.results(), &signature.results) {
        load(asm, (SP, slot), width, loc, X9, poison);
    }
    dynasm!(asm ; .arch aarch64 ; mov sp, x29 ; ldp x29, x30, [sp], 16);
    add(asm, SP, SP, signature.arg_area as i32);
    dynasm!(asm ; .arch aarch64 ; ret);
}

#[cfg(all(test, target_os = "linux"))]
#[path = "aarch64_tests.rs"]
pub mod assembly;
