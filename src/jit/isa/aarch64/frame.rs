//! Prologue, calls, tail calls and slow paths.

use super::assembler::{
    Cx, access, add_offset, call_register, compare_sp, emit_move, frame_bytes, jump, jump_cc, jump_if, jump_register,
    jump_to, load, load_const, mov, op, op_imm, reg, slot, store, undefined, word,
};
use super::encode::Imm;
use super::immediate::arithmetic;
use super::inst::{Cold, ColdKind, Test};
use super::registers::{FP, LR, SP, X0, X9, X16, X17};
use super::sequence;
use super::table::{Cc, Op as M, W};
use crate::jit::isa::common::{Arrival, Callee, Late, Side, arrival};
use crate::jit::isa::int_reg;
use crate::jit::isa::layout::INCOMING;
use crate::jit::isa::vcode::HandlerRef;
use crate::runtime::code::{CALLER_SLOT, CONTEXT_SLOT, RETURN_SLOT, SiteKind};
use crate::runtime::heap::Heap;
use crate::runtime::heap::layout::{OBJECT_KIND, OBJECT_TYPE, object_bytes};
use crate::runtime::libcalls::Libcall;
use crate::runtime::vm::{VMContext, VMFunc, VMStore};
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

/// `stp x29, x30, [sp, #-16]!`
const PUSH_FRAME: u32 = 0xa9bf_7bfd;
/// `mov x29, sp`
const SET_FRAME: u32 = 0x9100_03fd;
/// `mov sp, x29`
const DROP_FRAME: u32 = 0x9100_03bf;
/// `ldp x29, x30, [sp], #16`
const POP_FRAME: u32 = 0xa8c1_7bfd;
const RETURN: u32 = 0xd65f_03c0;
const NOP: u32 = 0xd503_201f;

/// `bl` or `b`, to be filled in by the linker; until then the target is beyond any function.
const CALL: u32 = 0x95ff_ffff;
const JUMP: u32 = 0x15ff_ffff;

/// `stp x1, x2, [sp, #-16]!`
const PUSH_ARGUMENTS: u32 = 0xa9bf_0be1;
/// `ldp x1, x2, [sp], #16`
const POP_ARGUMENTS: u32 = 0xa8c1_0be1;
/// `stp xzr, x0, [sp, #-16]!`
const PUSH_CONTEXT: u32 = 0xa9bf_03ff;

/// Compares the stack pointer with the stack limit of the store that register `store` points to. Overwrites x17.
fn compare_limit(cx: &mut Cx<'_>, store: u8) {
    load(cx, X17, store, STACK_LIMIT);
    compare_sp(cx, X17);
}

/// Calls through a pointer in memory. Overwrites x16.
fn call_through(cx: &mut Cx<'_>, base: u8, offset: i32) {
    load(cx, X16, base, offset);
    call_register(cx, X16);
}

pub(super) fn prologue(cx: &mut Cx<'_>) {
    let frame = frame_bytes(cx);
    word(cx, PUSH_FRAME);
    word(cx, SET_FRAME);
    // The context is stored below the frame pointer, after 8 bytes that may hold anything. The slow path of the stack
    // check expects it there; that path is a call, so before it no more of the stack is used.
    const { assert!(CONTEXT_SLOT == -8) };
    word(cx, PUSH_CONTEXT);
    let rest = |cx: &mut Cx<'_>| {
        if frame > 16 {
            add_offset(cx, SP, SP, 16 - i64::from(frame));
        }
    };
    if cx.vcode.leaf && frame <= SMALL_FRAME {
        return rest(cx);
    }
    let (retry, label) = (cx.asm.label(), cx.asm.label());
    cx.asm.bind(retry);
    if frame <= SMALL_FRAME {
        load(cx, X16, X0, STORE);
        compare_limit(cx, X16);
    } else {
        // The return address is already in the frame, so LR is free.
        add_offset(cx, LR, SP, -i64::from(frame));
        load(cx, X16, X0, STORE);
        load(cx, X17, X16, STACK_LIMIT);
        op(cx, M::Cmp, W::B64, &[LR, X17]);
    }
    jump_cc(cx, Cc::Lo, label);
    let offset = cx.offset;
    cx.add_cold(Cold { label, offset, kind: ColdKind::StackCheck { store: X16, retry } });
    rest(cx);
}

pub(super) fn nops(cx: &mut Cx<'_>, bytes: u32) {
    debug_assert_eq!(bytes % 4, 0, "instructions are aligned");
    for _ in 0..bytes / 4 {
        word(cx, NOP);
    }
}

pub(super) fn landing(cx: &mut Cx<'_>) {
    let frame = frame_bytes(cx);
    add_offset(cx, SP, FP, -i64::from(frame));
}

pub(super) fn landing_pad(cx: &mut Cx<'_>, to: u8) {
    load(cx, X16, FP, CONTEXT_SLOT);
    load(cx, X16, X16, STORE);
    access(cx, M::Ldr32, to, X16, PENDING_EXCEPTION);
}

/// Leaves the frame and pops the function's own stack arguments.
fn leave(cx: &mut Cx<'_>) {
    word(cx, DROP_FRAME);
    word(cx, POP_FRAME);
    let incoming = cx.vcode.incoming;
    if incoming != 0 {
        add_offset(cx, SP, SP, incoming.into());
    }
}

pub(super) fn ret(cx: &mut Cx<'_>) {
    leave(cx);
    word(cx, RETURN);
}

/// Emits an interrupt check. `store` is the location of the pointer to the store.
pub(super) fn poll(cx: &mut Cx<'_>, store: Allocation) {
    let (retry, label) = (cx.asm.label(), cx.asm.label());
    cx.asm.bind(retry);
    let store = pointer(cx, store);
    compare_limit(cx, store);
    jump_cc(cx, Cc::Lo, label);
    let offset = cx.offset;
    cx.add_cold(Cold { label, offset, kind: ColdKind::StackCheck { store, retry } });
}

/// Returns the register that holds a pointer; if the pointer is in a slot, it is loaded into x16.
fn pointer(cx: &mut Cx<'_>, at: Allocation) -> u8 {
    if at.is_stack() {
        let offset = slot(cx, at, RegClass::Int);
        load(cx, X16, SP, offset);
        return X16;
    }
    reg(at)
}

/// Allocates a new object at the heap's cursor, if it fits before the limit.
pub(super) fn alloc(cx: &mut Cx<'_>, side: u32, allocs: &[Allocation]) {
    let vcode = cx.vcode;
    let Side::Alloc { ty, word: kind, len } = vcode.sides[side as usize] else { unreachable!("an allocation") };
    let (id, to, temp) = (reg(allocs[1]), reg(allocs[2]), reg(allocs[3]));
    let mut store_at = pointer(cx, allocs[0]);
    // The pointer to the store need not be preserved beyond this point.
    if [to, temp].contains(&store_at) {
        mov(cx, X16, store_at);
        store_at = X16;
    }
    let (label, back) = (cx.asm.label(), cx.asm.label());
    load(cx, to, store_at, CURSOR);
    add_offset_with(cx, temp, to, object_bytes(kind).into());
    load(cx, X17, store_at, LIMIT);
    op(cx, M::Cmp, W::B64, &[temp, X17]);
    jump_cc(cx, Cc::Hi, label);
    store(cx, temp, store_at, CURSOR);
    load(cx, temp, store_at, GC_BASE);
    op(cx, M::Add, W::B64, &[temp, temp, to]);
    access(cx, M::Str32, id, temp, OBJECT_TYPE);
    load_const(cx, X16, kind.into());
    access(cx, M::Str32, X16, temp, OBJECT_KIND);
    cx.asm.bind(back);
    let offset = cx.offset;
    cx.add_cold(Cold { label, offset, kind: ColdKind::Alloc { store: store_at, ty, len, to, back } });
}

/// `to = from + offset`; overwrites x17 if the offset is large.
fn add_offset_with(cx: &mut Cx<'_>, to: u8, from: u8, offset: u64) {
    match arithmetic(offset) {
        Some((value, shifted)) => op_imm(cx, M::AddImm, W::B64, &[to, from], Imm::Arithmetic(value, shifted)),
        None => {
            load_const(cx, X17, offset);
            op(cx, M::Add, W::B64, &[to, from, X17]);
        }
    }
}

pub(super) fn trap_if(cx: &mut Cx<'_>, test: Test, register: u8, kind: ColdKind) {
    let label = cx.asm.label();
    jump_if(cx, test, register, label);
    let offset = cx.offset;
    cx.add_cold(Cold { label, offset, kind });
}

/// Sets up the context and the callee's record according to the ABI, unless the code is called directly.
fn callee(cx: &mut Cx<'_>, callee: Callee) {
    match callee {
        Callee::Defined(func) => {
            load(cx, X0, FP, CONTEXT_SLOT);
            if !cx.direct.include(func) {
                load(cx, X9, X0, DEFINED_FUNCS);
                let record = u64::from(func) * size_of::<VMFunc>() as u64;
                if record != 0 {
                    add_offset_with(cx, X9, X9, record);
                }
            }
        }
        Callee::Ref => load(cx, X0, X9, CALLEE_CONTEXT),
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
            let at = cx.position();
            word(cx, CALL);
            cx.function_reference(at, func);
        }
        _ => call_through(cx, X9, NATIVE_ENTRY),
    }
    cx.call_site(handlers);
    // The callee has popped its arguments; the frame keeps the space for them.
    if abi.arg_area > 0 {
        add_offset(cx, SP, SP, -i64::from(abi.arg_area));
    }
    if let Some(normal) = normal {
        for (&from, &to) in kept.iter().zip(&allocs[allocs.len() - kept.len()..]) {
            // All registers are overwritten by the call: these are slots, which cannot collide.
            debug_assert!(to.is_stack());
            // There may be more of them than an instruction is long.
            cx.make_room(32);
            emit_move(cx, Allocation::reg(from), to, from.class());
        }
        jump(cx, *normal);
    }
}

/// Leaves the frame in the state that the caller of this function expects after the callee returns, with the callee's
/// arguments in place.
///
/// The new arguments end where the function's own did. They are copied from lower addresses, at the stack pointer, so
/// copying from the last to the first overwrites nothing that has yet to be copied. The return address and the frame
/// pointer, which may be overwritten, are kept in registers that carry no argument.
pub(super) fn tail_call(cx: &mut Cx<'_>, side: u32) {
    /// Registers that carry no argument, used for the copy.
    const COPIED: u8 = 10;
    const CALLER: u8 = 11;
    let vcode = cx.vcode;
    let Side::Call { callee: target, abi, .. } = &vcode.sides[side as usize] else { unreachable!("a call") };
    let target = *target;
    callee(cx, target);
    let (incoming, outgoing) = (vcode.incoming as i32, abi.arg_area as i32);
    if outgoing == 0 {
        leave(cx);
    } else {
        let to = INCOMING + incoming - outgoing;
        load(cx, LR, FP, RETURN_SLOT);
        load(cx, CALLER, FP, CALLER_SLOT);
        for offset in (0..outgoing).step_by(8).rev() {
            cx.make_room(64);
            load(cx, COPIED, SP, offset);
            store(cx, COPIED, FP, to + offset);
        }
        add_offset(cx, SP, FP, to.into());
        mov(cx, FP, CALLER);
    }
    match target {
        Callee::Defined(func) if cx.direct.include(func) => {
            let at = cx.position();
            word(cx, JUMP);
            cx.function_reference(at, func);
        }
        _ => {
            load(cx, X16, X9, NATIVE_ENTRY);
            jump_register(cx, X16);
        }
    }
}

/// The registers of a libcall's arguments after the context.
pub(super) const RUNTIME_ARGS: [u8; 5] = [1, 2, 3, 4, 5];

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
                let offset = slot(cx, at, RegClass::Int);
                access(cx, if w == W::B32 { M::Ldr32 } else { M::Ldr64 }, to, SP, offset);
            }
            Late::Arrived(W::B32) => op(cx, M::Mov, W::B32, &[to, to]),
            Late::Arrived(_) => {}
        }
    }
    call_runtime(cx, *libcall, handlers);
    if let Some(normal) = normal {
        if let Some(&to) = operands.next() {
            // As for a call: all registers are overwritten, so this is a slot.
            debug_assert!(to.is_stack());
            emit_move(cx, Allocation::reg(int_reg(X0)), to, RegClass::Int);
        }
        jump(cx, *normal);
    }
    if *ends {
        // Not a trap site: execution reaches this only because of a defect.
        undefined(cx);
    }
}

/// Makes parallel moves between registers. Overwrites x16.
fn parallel_moves(cx: &mut Cx<'_>, mut moves: Vec<(u8, u8)>) {
    moves.retain(|&(from, to)| from != to);
    while !moves.is_empty() {
        // A destination that no other move reads can be written. If there is none, all moves are in cycles: then the
        // content of one is kept elsewhere, so that it can be.
        match moves.iter().position(|&(_, to)| moves.iter().all(|&(from, _)| from != to)) {
            Some(free) => {
                let (from, to) = moves.swap_remove(free);
                mov(cx, to, from);
            }
            None => {
                let kept = moves[0].1;
                mov(cx, X16, kept);
                for m in moves.iter_mut().filter(|m| m.0 == kept) {
                    m.0 = X16;
                }
            }
        }
    }
}

/// Calls a libcall whose arguments are in place.
fn call_runtime(cx: &mut Cx<'_>, libcall: Libcall, handlers: &[HandlerRef]) {
    load(cx, X0, FP, CONTEXT_SLOT);
    load(cx, X16, X0, STORE);
    call_exit(cx, X16, libcall, handlers);
}

/// Calls the exit trampoline of a libcall of the store that a register points to.
fn call_exit(cx: &mut Cx<'_>, store: u8, libcall: Libcall, handlers: &[HandlerRef]) {
    load(cx, X16, store, LIBCALLS);
    call_through(cx, X16, 8 * libcall as i32);
    cx.call_site(handlers);
}

pub(super) fn cold(cx: &mut Cx<'_>, cold: Cold) {
    let label = cold.label;
    cx.offset = cold.offset;
    cx.asm.bind(label);
    match cold.kind {
        ColdKind::Trap(code) => {
            cx.trap_site(code, SiteKind::Explicit);
            undefined(cx);
        }
        ColdKind::TrapDetail(code, w, detail) => {
            cx.trap_site(code, SiteKind::Detail { register: detail.hw_enc() as u8, bits: w.bits() });
            undefined(cx);
        }
        ColdKind::Alloc { store, ty, len, to, back } => {
            word(cx, PUSH_ARGUMENTS);
            // An argument may be moved into its register.
            mov(cx, X16, store);
            load_const(cx, RUNTIME_ARGS[0], ty.into());
            load_const(cx, RUNTIME_ARGS[1], len.into());
            call_exit(cx, X16, Libcall::Allocate, &[]);
            word(cx, POP_ARGUMENTS);
            op(cx, M::Mov, W::B32, &[to, X16]);
            jump_to(cx, back);
        }
        ColdKind::Canonical { double, lanes, to, back } => {
            sequence::canonical_nans(cx, double, lanes, to);
            jump_to(cx, back);
        }
        ColdKind::StackCheck { store, retry } => {
            call_exit(cx, store, Libcall::StackCheck, &[]);
            jump_to(cx, retry);
        }
    }
    debug_assert_eq!((X0, X9), (cx.abi.cpu.ctx, cx.abi.cpu.callee));
}
