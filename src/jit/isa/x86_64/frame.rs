//! Prologue, calls, tail calls and slow paths.

use super::assembler::{Cx, emit_move, jcc, jump, jump_if, jump_to, load_const, op, op_imm, op_rm_imm, reg};
use super::encode::{Mem, Place};
use super::inst::*;
use super::registers::{R11, RAX, RBP, RDI, RDX, RSI, RSP};
use super::sequence;
use super::table::{Cc, Cond, Op as M, W};
use crate::jit::isa::common::{Arrival, Callee, Late, Side, arrival};
use crate::jit::isa::int_reg;
use crate::jit::isa::layout::{frame_bytes, spill};
use crate::jit::isa::vcode::HandlerRef;
use crate::runtime::code::{CONTEXT_SLOT, SiteKind};
use crate::runtime::heap::Heap;
use crate::runtime::heap::layout::{OBJECT_KIND, OBJECT_TYPE, object_bytes};
use crate::runtime::libcalls::Libcall;
use crate::runtime::vm::{VMContext, VMFunc, VMStore};
use dynasmrt::{DynasmApi, dynasm};
use regalloc2::{Allocation, RegClass};
use std::mem::{offset_of, size_of};

const STORE: i32 = offset_of!(VMContext, store) as i32;
const DEFINED_FUNCS: i32 = offset_of!(VMContext, defined_funcs) as i32;
const STACK_LIMIT: i32 = offset_of!(VMStore, stack_limit) as i32;
const LIBCALLS: i32 = offset_of!(VMStore, libcalls) as i32;
const PENDING_EXCEPTION: i32 = offset_of!(VMStore, pending_exception) as i32;
const GC_BASE: i32 = offset_of!(VMStore, gc_base) as i32;
const CURSOR: i32 = (offset_of!(VMStore, heap) + offset_of!(Heap, cursor)) as i32;
const LIMIT: i32 = (offset_of!(VMStore, heap) + offset_of!(Heap, limit)) as i32;
const NATIVE_ENTRY: i32 = offset_of!(VMFunc, native_entry) as i32;
const CALLEE_CONTEXT: i32 = offset_of!(VMFunc, ctx) as i32;

/// Frames smaller than this are not counted in the stack check: the limit leaves room for that much.
const SMALL_FRAME: u32 = 1024;

/// Loads 64 bits.
fn load(cx: &mut Cx<'_>, to: u8, base: u8, disp: i32) {
    op(cx, M::Mov, W::B64, to, Place::Mem(Mem::base(base, disp)));
}

/// Compares a register with the stack limit of the store that register `store` points to.
fn compare_limit(cx: &mut Cx<'_>, reg: u8, store: u8) {
    op(cx, M::Cmp, W::B64, reg, Place::Mem(Mem::base(store, STACK_LIMIT)));
}

/// Calls through a pointer in memory.
fn call_through(cx: &mut Cx<'_>, base: u8, disp: i32) {
    op(cx, M::CallMem, W::B32, 0, Place::Mem(Mem::base(base, disp)));
}

pub(super) fn prologue(cx: &mut Cx<'_>) {
    let frame = frame_bytes(cx.vcode, cx.output.num_spillslots);
    dynasm!(cx.asm; .arch x64
        ; push rbp
        ; mov rbp, rsp
        ; push rdi
    );
    if !cx.vcode.leaf || frame > SMALL_FRAME {
        let (retry, label) = (cx.asm.label(), cx.asm.label());
        cx.asm.bind(retry);
        load(cx, R11, RDI, STORE);
        if frame <= SMALL_FRAME {
            compare_limit(cx, RSP, R11);
        } else {
            // rax holds the callee's record, which compiled code does not need.
            dynasm!(cx.asm; .arch x64; lea rax, [rsp - frame as i32]);
            compare_limit(cx, RAX, R11);
        }
        jcc(cx, Cc::B, label);
        let offset = cx.offset;
        cx.add_cold(Cold { label, offset, kind: ColdKind::StackCheck(retry) });
    }
    // The context is part of the frame and has already been pushed.
    op_imm(cx, M::Sub, W::B64, RSP, frame as i32 - 8);
}

pub(super) fn nops(cx: &mut Cx<'_>, mut bytes: u32) {
    while bytes > 0 {
        let nop = nop(bytes);
        cx.asm.extend(nop);
        bytes -= nop.len() as u32;
    }
}

/// Returns a single no-op instruction of this many bytes, at most 9.
fn nop(bytes: u32) -> &'static [u8] {
    // The longest one that all decoders handle at full speed: nop [rax + rax + disp32] with an operand size prefix.
    const LONG: &[u8] = &[0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0];
    match bytes {
        1 => &[0x90],
        2 => &[0x66, 0x90],
        3 => &[0x0f, 0x1f, 0x00],
        4 => &[0x0f, 0x1f, 0x40, 0],
        5 => &[0x0f, 0x1f, 0x44, 0, 0],
        6 => &[0x66, 0x0f, 0x1f, 0x44, 0, 0],
        7 => &[0x0f, 0x1f, 0x80, 0, 0, 0, 0],
        8 => &LONG[1..],
        _ => LONG,
    }
}

pub(super) fn landing(cx: &mut Cx<'_>) {
    let frame = frame_bytes(cx.vcode, cx.output.num_spillslots) as i32;
    dynasm!(cx.asm; .arch x64; lea rsp, [rbp - frame]);
}

pub(super) fn landing_pad(cx: &mut Cx<'_>, to: u8) {
    load(cx, R11, RBP, CONTEXT_SLOT);
    load(cx, R11, R11, STORE);
    op(cx, M::Mov, W::B32, to, Place::Mem(Mem::base(R11, PENDING_EXCEPTION)));
}

pub(super) fn ret(cx: &mut Cx<'_>) {
    dynasm!(cx.asm; .arch x64; leave);
    match cx.vcode.incoming {
        0 => dynasm!(cx.asm; .arch x64; ret),
        n => dynasm!(cx.asm; .arch x64; ret n as i16),
    }
}

/// Emits an interrupt check. `store` is the location of the pointer to the store.
pub(super) fn poll(cx: &mut Cx<'_>, store: Allocation) {
    let (retry, label) = (cx.asm.label(), cx.asm.label());
    cx.asm.bind(retry);
    let register = match store.as_stack() {
        Some(slot) => {
            let slot = spill(cx.vcode, slot.index(), RegClass::Int);
            load(cx, R11, RBP, slot);
            R11
        }
        None => reg(store),
    };
    compare_limit(cx, RSP, register);
    jcc(cx, Cc::B, label);
    let offset = cx.offset;
    cx.add_cold(Cold { label, offset, kind: ColdKind::Poll { store: register, retry } });
}

/// Allocates a new object at the heap's cursor, if it fits before the limit.
pub(super) fn alloc(cx: &mut Cx<'_>, side: u32, allocs: &[Allocation]) {
    let vcode = cx.vcode;
    let Side::Alloc { ty, word, len } = vcode.sides[side as usize] else { unreachable!("an allocation") };
    let (id, to, temp) = (reg(allocs[1]), reg(allocs[2]), reg(allocs[3]));
    let store = match allocs[0].as_stack() {
        Some(slot) => {
            let slot = spill(cx.vcode, slot.index(), RegClass::Int);
            load(cx, R11, RBP, slot);
            R11
        }
        // The pointer to the store need not be preserved beyond this point.
        None if [to, temp].contains(&reg(allocs[0])) => {
            op(cx, M::Mov, W::B64, R11, Place::Reg(reg(allocs[0])));
            R11
        }
        None => reg(allocs[0]),
    };
    let (label, back) = (cx.asm.label(), cx.asm.label());
    load(cx, to, store, CURSOR);
    op(cx, M::Lea, W::B64, temp, Place::Mem(Mem::base(to, object_bytes(word) as i32)));
    op(cx, M::Cmp, W::B64, temp, Place::Mem(Mem::base(store, LIMIT)));
    jcc(cx, Cc::A, label);
    op(cx, M::Store, W::B64, temp, Place::Mem(Mem::base(store, CURSOR)));
    load(cx, temp, store, GC_BASE);
    let header = |disp| Place::Mem(Mem { base: temp, index: Some(to), scale: 0, disp });
    op(cx, M::Store, W::B32, id, header(OBJECT_TYPE));
    op_rm_imm(cx, M::StoreImm, W::B32, header(OBJECT_KIND), word as i32);
    cx.asm.bind(back);
    let offset = cx.offset;
    cx.add_cold(Cold { label, offset, kind: ColdKind::Alloc { store, ty, len, to, back } });
}

pub(super) fn trap_if(cx: &mut Cx<'_>, cond: Cond, kind: ColdKind) {
    let label = cx.asm.label();
    jump_if(cx, cond, label);
    let offset = cx.offset;
    cx.add_cold(Cold { label, offset, kind });
}

/// Sets up the context and the callee's record according to the ABI, unless the code is called directly.
fn callee(cx: &mut Cx<'_>, callee: Callee) {
    match callee {
        Callee::Defined(func) => {
            load(cx, RDI, RBP, CONTEXT_SLOT);
            if !cx.direct.include(func) {
                let record = (func as usize * size_of::<VMFunc>()) as i32;
                load(cx, RAX, RDI, DEFINED_FUNCS);
                if record != 0 {
                    dynasm!(cx.asm; .arch x64; add rax, record);
                }
            }
        }
        Callee::Ref => load(cx, RDI, RAX, CALLEE_CONTEXT),
    }
}

pub(super) fn call(cx: &mut Cx<'_>, side: u32, allocs: &[Allocation]) {
    let vcode = cx.vcode;
    let Side::Call { callee: to, abi, handlers, normal, kept } = &vcode.sides[side as usize] else {
        unreachable!("a call")
    };
    callee(cx, *to);
    match *to {
        Callee::Defined(func) if cx.direct.include(func) => {
            dynasm!(cx.asm; .arch x64; call i32::MAX);
            let at = cx.position() - 4;
            cx.function_reference(at, func);
        }
        _ => call_through(cx, RAX, NATIVE_ENTRY),
    }
    cx.call_site(handlers);
    // The callee has popped its arguments; the frame keeps the space for them.
    if abi.arg_area > 0 {
        op_imm(cx, M::Sub, W::B64, RSP, abi.arg_area as i32);
    }
    if let Some(normal) = normal {
        for (&from, &to) in kept.iter().zip(&allocs[allocs.len() - kept.len()..]) {
            // All registers are overwritten by the call: these are slots, which cannot collide.
            debug_assert!(to.is_stack());
            emit_move(cx, Allocation::reg(from), to, from.class());
        }
        jump(cx, *normal);
    }
}

/// Leaves the frame in the state that the caller of this function expects after the callee returns, with the callee's
/// arguments in place.
///
/// The new arguments end where the function's own did. They are copied from lower addresses, at rsp, so copying from the
/// last to the first overwrites nothing that has yet to be copied. The return address and rbp, which may be overwritten,
/// are kept in registers that carry no argument.
pub(super) fn tail_call(cx: &mut Cx<'_>, side: u32) {
    let vcode = cx.vcode;
    let Side::Call { callee: target, abi, .. } = &vcode.sides[side as usize] else { unreachable!("a call") };
    let target = *target;
    callee(cx, target);
    let (incoming, outgoing) = (vcode.incoming as i32, abi.arg_area as i32);
    if outgoing == 0 {
        if incoming == 0 {
            dynasm!(cx.asm; .arch x64; leave);
        } else {
            dynasm!(cx.asm; .arch x64
                ; mov r11, [rbp + 8]
                ; leave
                ; lea rsp, [rsp + 8 + incoming]
                ; push r11
            );
        }
    } else {
        let to = 16 + incoming - outgoing;
        dynasm!(cx.asm; .arch x64
            ; mov rbx, [rbp + 8]
            ; mov r12, [rbp]
        );
        for offset in (0..outgoing).step_by(8).rev() {
            op(cx, M::Mov, W::B64, R11, Place::Mem(Mem::base(RSP, offset)));
            op(cx, M::Store, W::B64, R11, Place::Mem(Mem::base(RBP, to + offset)));
        }
        dynasm!(cx.asm; .arch x64
            ; lea rsp, [rbp + to]
            ; push rbx
            ; mov rbp, r12
        );
    }
    match target {
        Callee::Defined(func) if cx.direct.include(func) => {
            dynasm!(cx.asm; .arch x64; jmp i32::MAX);
            let at = cx.position() - 4;
            cx.function_reference(at, func);
        }
        _ => op(cx, M::JmpMem, W::B32, 0, Place::Mem(Mem::base(RAX, NATIVE_ENTRY))),
    }
}

/// The registers of a libcall's arguments after the context.
pub(super) const RUNTIME_ARGS: [u8; 5] = [RSI, RDX, 1, 8, 9];

pub(super) fn libcall(cx: &mut Cx<'_>, side: u32, allocs: &[Allocation]) {
    let vcode = cx.vcode;
    let Side::Libcall { libcall, args, handlers, normal, ends } = &vcode.sides[side as usize] else {
        unreachable!("a libcall")
    };
    let mut operands = allocs.iter();
    let Arrival { moves, late } = arrival(args, &mut operands, &RUNTIME_ARGS);
    parallel_moves(cx, moves);
    for (to, late) in late {
        match late {
            Late::Constant(bits) => load_const(cx, to, bits),
            Late::Slot(at, w) => {
                let slot = at.as_stack().expect("a register or a slot");
                let slot = Place::Mem(Mem::base(RBP, spill(cx.vcode, slot.index(), RegClass::Int)));
                op(cx, M::Mov, w, to, slot);
            }
            Late::Arrived(W::B32) => op(cx, M::Mov, W::B32, to, Place::Reg(to)),
            Late::Arrived(_) => {}
        }
    }
    call_runtime(cx, *libcall, handlers);
    if let Some(normal) = normal {
        if let Some(&to) = operands.next() {
            // As for a call: all registers are overwritten, so this is a slot.
            debug_assert!(to.is_stack());
            emit_move(cx, Allocation::reg(int_reg(RAX)), to, RegClass::Int);
        }
        jump(cx, *normal);
    }
    if *ends {
        // Not a trap site: execution reaches this only because of a defect.
        dynasm!(cx.asm; .arch x64; ud2);
    }
}

/// Makes parallel moves between registers.
fn parallel_moves(cx: &mut Cx<'_>, mut moves: Vec<(u8, u8)>) {
    moves.retain(|&(from, to)| from != to);
    while !moves.is_empty() {
        // A destination that no other move reads can be written. If there is none, all remaining moves are in cycles.
        match moves.iter().position(|&(_, to)| moves.iter().all(|&(from, _)| from != to)) {
            Some(free) => {
                let (from, to) = moves.swap_remove(free);
                op(cx, M::Mov, W::B64, to, Place::Reg(from));
            }
            None => {
                let (from, to) = moves.swap_remove(0);
                dynasm!(cx.asm; .arch x64; xchg Rq(to), Rq(from));
                for m in &mut moves {
                    // The contents of `to` and `from` have changed places.
                    if m.0 == to {
                        m.0 = from;
                    } else if m.0 == from {
                        m.0 = to;
                    }
                }
                moves.retain(|&(from, to)| from != to);
            }
        }
    }
}

/// Calls a libcall whose arguments are in place.
fn call_runtime(cx: &mut Cx<'_>, libcall: Libcall, handlers: &[HandlerRef]) {
    load(cx, RDI, RBP, CONTEXT_SLOT);
    load(cx, RAX, RDI, STORE);
    load(cx, RAX, RAX, LIBCALLS);
    call_through(cx, RAX, 8 * libcall as i32);
    cx.call_site(handlers);
}

/// Calls the exit trampoline of a libcall that preserves registers, for the store that register `store` points to.
fn call_preserving(cx: &mut Cx<'_>, store: u8, libcall: Libcall) {
    load(cx, R11, store, LIBCALLS);
    call_through(cx, R11, 8 * libcall as i32);
    cx.call_site(&[]);
}

pub(super) fn cold(cx: &mut Cx<'_>, cold: Cold) {
    let label = cold.label;
    cx.offset = cold.offset;
    cx.asm.bind(label);
    match cold.kind {
        ColdKind::Trap(code) => {
            cx.trap_site(code, SiteKind::Explicit);
            dynasm!(cx.asm; .arch x64; ud2);
        }
        ColdKind::TrapDetail(code, w, detail) => {
            cx.trap_site(code, SiteKind::Detail { register: detail.hw_enc() as u8, bits: w.bits() });
            dynasm!(cx.asm; .arch x64; ud2);
        }
        ColdKind::Poll { store, retry } => {
            call_preserving(cx, store, Libcall::StackCheck);
            jump_to(cx, retry);
        }
        ColdKind::Alloc { store, ty, len, to, back } => {
            dynasm!(cx.asm; .arch x64
                ; push rsi
                ; push rdx
            );
            // An argument may be moved into its register.
            op(cx, M::Mov, W::B64, R11, Place::Reg(store));
            load_const(cx, RSI, ty.into());
            load_const(cx, RDX, len.into());
            call_preserving(cx, R11, Libcall::Allocate);
            dynasm!(cx.asm; .arch x64
                ; pop rdx
                ; pop rsi
            );
            op(cx, M::Mov, W::B32, to, Place::Reg(R11));
            jump_to(cx, back);
        }
        ColdKind::Canonical { double, lanes, pool, to, back } => {
            sequence::canonical_nans(cx, double, lanes, pool, to);
            jump_to(cx, back);
        }
        ColdKind::StackCheck(retry) => {
            // For alignment.
            dynasm!(cx.asm; .arch x64; push rdi);
            call_preserving(cx, R11, Libcall::StackCheck);
            dynasm!(cx.asm; .arch x64; pop rdi);
            jump_to(cx, retry);
        }
    }
    debug_assert_eq!(RUNTIME_ARGS[1], RDX);
    debug_assert_eq!(RAX, cx.abi.cpu.callee);
    debug_assert_eq!(RDI, cx.abi.cpu.ctx);
}

#[cfg(test)]
mod tests {
    use super::*;
    use iced_x86::{Decoder, DecoderOptions, Mnemonic};

    #[test]
    fn each_gap_is_filled_by_the_fewest_instructions_that_do_nothing() {
        for bytes in 1..40 {
            let nop = nop(bytes);
            assert_eq!(nop.len(), bytes.min(9) as usize);
            let instruction = Decoder::new(64, nop, DecoderOptions::NONE).decode();
            assert_eq!((instruction.mnemonic(), instruction.len()), (Mnemonic::Nop, nop.len()), "{nop:x?}");
        }
    }
}
