//! The registers of a thread that got a signal, on Linux.

use crate::runtime::observe::post_mortem::Registers;
use crate::runtime::sys::signals::{Fault, FaultKind, Redirect};

/// Reads the state that a signal interrupted.
///
/// # Safety
/// `context` is the kernel's argument of the handler.
pub unsafe fn read(context: *const libc::c_void, kind: FaultKind) -> Fault {
    // SAFETY: the caller's promise.
    let (context, vector) = unsafe {
        let context = &raw const (*context.cast::<libc::ucontext_t>()).uc_mcontext;
        let records = context.cast::<u8>().add(size_of::<libc::mcontext_t>() - RECORDS);
        (&*context, vectors(&*records.cast::<[u8; RECORDS]>()))
    };
    let mut general = [0; 32];
    general[..31].copy_from_slice(&context.regs);
    general[31] = context.sp;
    let address = if let FaultKind::Access { address } = kind { address as u64 } else { 0 };
    Fault {
        kind,
        pc: context.pc as usize,
        sp: context.sp as usize,
        fp: context.regs[29] as usize,
        registers: Registers { general, vector, pc: context.pc, flags: context.pstate, address },
    }
}

/// Makes the thread continue elsewhere when the handler returns.
///
/// # Safety
/// `context` is the kernel's argument of the handler; the target can be executed with these arguments and any stack.
pub unsafe fn redirect(context: *mut libc::c_void, fault: &Fault, Redirect { target, ctx, code }: Redirect) {
    // SAFETY: the caller's promise.
    let context = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext };
    context.pc = target as u64;
    // No frame uses memory below its stack pointer.
    context.sp = fault.sp as u64 & !15;
    context.regs[0] = ctx as u64;
    context.regs[1] = code as u64;
}

/// Bytes at the end of the context in which the kernel writes records about the rest of the state.
const RECORDS: usize = 4096;

/// The vector registers; zeros if no record has them.
///
/// Each record begins with its kind and its length, 32 bits each; one of kind 0 ends them.
fn vectors(records: &[u8; RECORDS]) -> [u128; 32] {
    const FPSIMD: u32 = 0x4650_8001;
    // After its head, the record has two status registers, then v0 to v31.
    const FIRST: usize = 16;
    let mut rest = &records[..];
    while let Some((head, _)) = rest.split_at_checked(8) {
        let word = |at: usize| u32::from_ne_bytes(std::array::from_fn(|i| head[at + i]));
        let (kind, len) = (word(0), word(4) as usize);
        let Some((record, after)) = rest.split_at_checked(len) else { break };
        if kind == FPSIMD && len >= FIRST + 32 * 16 {
            return std::array::from_fn(|n| u128::from_ne_bytes(std::array::from_fn(|i| record[FIRST + 16 * n + i])));
        }
        if kind == 0 || len == 0 {
            break;
        }
        rest = after;
    }
    [0; 32]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records of these kinds and lengths, each filled with its own number, one after another.
    fn chain(of: &[(u32, u32)]) -> Box<[u8; RECORDS]> {
        let mut records = Box::new([0; RECORDS]);
        let mut at = 0;
        for (n, &(kind, len)) in of.iter().enumerate() {
            let end = (at + len as usize).min(RECORDS);
            records[at..end].fill(n as u8 + 1);
            records[at..at + 4].copy_from_slice(&kind.to_ne_bytes());
            records[at + 4..at + 8].copy_from_slice(&len.to_ne_bytes());
            at = end;
        }
        records
    }

    #[test]
    fn vectors_are_found_among_the_records() {
        const FPSIMD: u32 = 0x4650_8001;
        const OTHER: u32 = 0x4553_5201;
        let found = |of: &[(u32, u32)]| vectors(&chain(of));
        let filled = |n: u8| [u128::from_ne_bytes([n; 16]); 32];
        assert_eq!(found(&[(FPSIMD, 528), (0, 0)]), filled(1));
        assert_eq!(found(&[(OTHER, 16), (FPSIMD, 528)]), filled(2));
        assert_eq!(found(&[(OTHER, 4096 - 528), (FPSIMD, 528)]), filled(2), "the last one that fits");
        // Missing, after the end of the list, without a length, too short, or beyond the room.
        for none in [
            &[(0, 0)][..],
            &[(OTHER, 16), (0, 0)],
            &[(0, 16), (FPSIMD, 528)],
            &[(OTHER, 0)],
            &[(FPSIMD, 520), (0, 0)],
            &[(OTHER, 4096 - 64), (FPSIMD, 528)],
            &[(OTHER, 5000)],
            &[(OTHER, 4090)],
        ] {
            assert_eq!(found(none), [0; 32], "{none:x?}");
        }
    }
}
