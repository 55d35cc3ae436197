//! The registers of a thread that got a signal, on Linux.

use crate::runtime::observe::post_mortem::Registers;
use crate::runtime::sys::signals::{Fault, FaultKind, Redirect};

/// The state that a signal interrupted.
///
/// # Safety
/// `context` is what the kernel passes to a handler.
pub unsafe fn read(context: *const libc::c_void, kind: FaultKind) -> Fault {
    // SAFETY: the caller's promise.
    let context = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
    let reg = |i: i32| context.gregs[i as usize] as usize;
    Fault {
        kind,
        pc: reg(libc::REG_RIP),
        sp: reg(libc::REG_RSP),
        fp: reg(libc::REG_RBP),
        registers: saved(context, kind),
    }
}

/// Has the thread go on elsewhere when the handler returns.
///
/// # Safety
/// `context` is what the kernel passes to a handler; the target can be executed with these arguments and any stack.
pub unsafe fn redirect(context: *mut libc::c_void, fault: &Fault, Redirect { target, ctx, code }: Redirect) {
    // Below what a frame may use without moving its stack pointer.
    const RED_ZONE: usize = 128;
    // SAFETY: the caller's promise.
    let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let mut set = |i: i32, value: usize| registers[i as usize] = value as i64;
    set(libc::REG_RIP, target);
    set(libc::REG_RSP, (fault.sp - RED_ZONE) & !15);
    set(libc::REG_RDI, ctx);
    set(libc::REG_RSI, code);
}

/// The registers that the kernel saved.
fn saved(context: &libc::mcontext_t, kind: FaultKind) -> Registers {
    const ORDER: [i32; 16] = [
        libc::REG_RAX,
        libc::REG_RCX,
        libc::REG_RDX,
        libc::REG_RBX,
        libc::REG_RSP,
        libc::REG_RBP,
        libc::REG_RSI,
        libc::REG_RDI,
        libc::REG_R8,
        libc::REG_R9,
        libc::REG_R10,
        libc::REG_R11,
        libc::REG_R12,
        libc::REG_R13,
        libc::REG_R14,
        libc::REG_R15,
    ];
    let general = |i: i32| context.gregs[i as usize] as u64;
    // SAFETY: null, or the kernel's copy of the floating point state.
    let vector = unsafe { context.fpregs.as_ref() }.map_or([0; 16], |state| {
        state._xmm.map(|xmm| xmm.element.iter().rev().fold(0u128, |v, &word| v << 32 | u128::from(word)))
    });
    let address = if let FaultKind::Access { address } = kind { address as u64 } else { 0 };
    let (pc, flags) = (general(libc::REG_RIP), general(libc::REG_EFL));
    Registers { general: ORDER.map(general), vector, pc, flags, address }
}
