//! The registers of a thread that got a signal, on Linux.

use crate::runtime::observe::post_mortem::Registers;
use crate::runtime::sys::signals::{Fault, FaultKind, Redirect};

/// Reads the state that a signal interrupted.
///
/// # Safety
/// `context` is the kernel's argument of the handler.
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

/// Makes the thread continue elsewhere when the handler returns.
///
/// # Safety
/// `context` is the kernel's argument of the handler; the target can be executed with these arguments and any stack.
pub unsafe fn redirect(context: *mut libc::c_void, fault: &Fault, Redirect { target, ctx, code }: Redirect) {
    // Bytes below the stack pointer that a frame may use.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What the register with this number in the kernel's order holds.
    fn number(i: u64) -> u64 {
        0x8765_4321_8000_0000 + i
    }

    fn interrupted() -> libc::ucontext_t {
        // SAFETY: numbers and pointers, for which zeros are valid.
        let mut context = unsafe { std::mem::zeroed::<libc::ucontext_t>() };
        for (register, i) in context.uc_mcontext.gregs.iter_mut().zip(0..) {
            *register = number(i) as i64;
        }
        context
    }

    /// The kernel's order, as its headers have it: r8 to r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, flags.
    #[test]
    fn each_register_is_read_from_its_place() {
        let mut context = interrupted();
        // SAFETY: numbers, for which zeros are valid.
        let mut floats = unsafe { std::mem::zeroed::<libc::_libc_fpstate>() };
        for (xmm, i) in floats._xmm.iter_mut().zip(0..) {
            xmm.element = [0x9000_0010, 0x9000_0020, 0x9000_0030, 0x9000_0040].map(|word: u32| word + i);
        }
        let lanes =
            |i: usize| 0x9000_0040_9000_0030_9000_0020_9000_0010 + i as u128 * 0x1_0000_0001_0000_0001_0000_0001;
        let general = [13, 14, 12, 11, 15, 10, 9, 8, 0, 1, 2, 3, 4, 5, 6, 7].map(number);
        for (state, vector) in [(&raw mut floats, std::array::from_fn(lanes)), (std::ptr::null_mut(), [0; 16])] {
            context.uc_mcontext.fpregs = state;
            for (kind, address) in [
                (FaultKind::Access { address: 0x8fff_1234_89ab_cdef }, 0x8fff_1234_89ab_cdef),
                (FaultKind::Illegal, 0),
                (FaultKind::Arithmetic, 0),
            ] {
                let registers = Registers { general, vector, pc: number(16), flags: number(17), address };
                let [pc, sp, fp] = [16, 15, 10].map(|i| number(i) as usize);
                // SAFETY: it is laid out as the kernel's.
                let fault = unsafe { read((&raw const context).cast(), kind) };
                assert_eq!(fault, Fault { kind, pc, sp, fp, registers });
            }
        }
    }

    /// Below what the frame may use, 16-aligned, with two arguments; everything else stays.
    #[test]
    fn a_thread_goes_on_where_it_is_sent() {
        for (sp, below) in [(0x7000_0000_1238, 0x7000_0000_11b0), (0x7000_0000_1240, 0x7000_0000_11c0)] {
            let mut context = interrupted();
            let kind = FaultKind::Illegal;
            let fault = Fault { kind, pc: 1, sp, fp: 2, registers: Registers::default() };
            let to = Redirect { target: 0x7123_4567_89ab, ctx: 0x7fed_cba9_8765, code: 9 };
            // SAFETY: nothing continues there.
            unsafe { redirect((&raw mut context).cast(), &fault, to) };
            let mut expected = interrupted().uc_mcontext.gregs;
            (expected[16], expected[15], expected[8], expected[9]) = (0x7123_4567_89ab, below, 0x7fed_cba9_8765, 9);
            assert_eq!(context.uc_mcontext.gregs, expected);
        }
    }
}
