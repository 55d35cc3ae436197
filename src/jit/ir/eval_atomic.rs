//! What the atomic operations do, for the evaluator: each as one loop around a comparison and exchange.

use super::{Access, Imm, InstData, Op, Type};
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

/// What is in memory after `op` found `old` there; `None` if it leaves it alone. Only the lower bits count, as many as the
/// access has.
fn after(op: Op, old: u64, args: [u64; 2], mask: u64) -> Option<u64> {
    Some(match op {
        Op::AtomicLoad => return None,
        Op::AtomicStore | Op::AtomicXchg => args[0],
        Op::AtomicAdd => old.wrapping_add(args[0]),
        Op::AtomicAnd => old & args[0],
        Op::AtomicOr => old | args[0],
        Op::AtomicXor => old ^ args[0],
        Op::AtomicCas if old == args[0] & mask => args[1],
        Op::AtomicCas => return None,
        _ => unreachable!("{op:?} is not atomic"),
    })
}

/// Executes an atomic operation on memory and returns what was there, zero-extended. `args` are the operands before base and
/// index.
///
/// # Safety
/// The access is in bounds and aligned.
pub(super) unsafe fn execute(data: &InstData, at: *mut u8, args: [u64; 2]) -> u64 {
    let Imm::Heap { access, .. } = data.imm else { unreachable!("an atomic access has its immediate") };
    let (op, bytes) = (data.op, width(access, data.ty));
    assert_eq!(at as usize % bytes, 0, "alignment is checked before an atomic access");
    macro_rules! update {
        ($t:ty, $cell:ty) => {{
            // SAFETY: the caller's promise.
            let cell = unsafe { <$cell>::from_ptr(at.cast()) };
            let mut old = cell.load(Ordering::SeqCst);
            while let Some(new) = after(op, old.into(), args, <$t>::MAX.into()) {
                match cell.compare_exchange(old, new as $t, Ordering::SeqCst, Ordering::SeqCst) {
                    Ok(_) => break,
                    Err(now) => old = now,
                }
            }
            u64::from(old)
        }};
    }
    match bytes {
        1 => update!(u8, AtomicU8),
        2 => update!(u16, AtomicU16),
        4 => update!(u32, AtomicU32),
        _ => update!(u64, AtomicU64),
    }
}

fn width(access: Access, ty: Type) -> usize {
    access.bytes(ty) as usize
}
