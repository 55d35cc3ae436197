//! What is kept of the moment of a trap, for whoever looks at it afterwards: registers, the innermost frame, a piece of
//! the native stack. The frames are gone by then.
//!
//! Registers are copied by the signal handler at every fault (400 bytes, no allocation); everything else only in stores
//! that were asked for it by [`Store::keep_post_mortem`](crate::runtime::store::Store::keep_post_mortem).

use crate::runtime::code::RETURN_SLOT;
use crate::runtime::stacks::unwind;
use crate::runtime::sys::cpu::{GENERAL_REGISTERS, VECTOR_REGISTERS};
use crate::runtime::vm::{ActivationKind, VMStore};
use std::ops::ControlFlow;

/// Words of native stack that are kept at most, from the stack pointer up.
const STACK_WORDS: usize = 256;

/// Registers of a thread as a fault found them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Registers {
    /// By hardware encoding; the [target](crate::target::RegisterNames) has their names.
    pub general: [u64; GENERAL_REGISTERS],
    /// Floats and vectors, by hardware encoding.
    pub vector: [u128; VECTOR_REGISTERS],
    pub pc: u64,
    pub flags: u64,
    /// The address that could not be accessed; 0 if the fault was no access.
    pub address: u64,
}

/// What a trap left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostMortem {
    /// Only of a trap that was a fault of native code.
    pub registers: Option<Registers>,
    /// Where native code was: PC, SP and FP. `None` if the interpreter trapped.
    pub native: Option<[u64; 3]>,
    /// The native stack from SP up (through the innermost frame, if it is not too large).
    pub stack: Vec<u64>,
    /// What is known of the innermost frames ([`FRAMES`] of them at most), innermost first.
    pub frames: Vec<Option<Slots>>,
}

/// Frames that slots are kept of, and that a report shows.
pub const FRAMES: usize = 5;

/// What an interpreted frame held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slots {
    /// Parameters first.
    pub locals: Vec<u64>,
    /// Some of them are left over from before.
    pub temporaries: Vec<u64>,
}

/// Slots of an interpreted frame while a walk visits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawSlots {
    pub locals: *const u64,
    pub num_locals: u32,
    pub temporaries: *const u64,
    pub num_temporaries: u32,
}

/// Keeps what is known of the innermost frames.
///
/// # Safety
/// As [`unwind::walk`].
pub(in crate::runtime) unsafe fn capture(store: *const VMStore, fault: bool) -> PostMortem {
    let mut post_mortem = PostMortem::default();
    // SAFETY: the caller's promise; slots that a walk shows are readable while it visits. The range of stack is between
    // the stack pointer of live code and the base of its stack.
    unsafe {
        let _ = unwind::walk(store, fault, &mut |frame| {
            let copy = |at: *const u64, n: u32| std::slice::from_raw_parts(at, n as usize).to_vec();
            post_mortem.frames.push(frame.slots.map(|slots| Slots {
                locals: copy(slots.locals, slots.num_locals),
                temporaries: copy(slots.temporaries, slots.num_temporaries),
            }));
            if post_mortem.frames.len() < FRAMES { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        let stack = &*(*store).stack;
        if stack.activation.as_ref().is_some_and(|a| a.kind == ActivationKind::Native) {
            post_mortem.native = Some([stack.exit_pc, stack.exit_sp, stack.exit_fp].map(|v| v as u64));
            let (from, to) =
                (stack.exit_sp & !7, (stack.exit_fp + RETURN_SLOT as usize + 8).min(stack.native_base & !7));
            let words = (to.saturating_sub(from) / 8).min(STACK_WORDS);
            post_mortem.stack = std::slice::from_raw_parts(from as *const u64, words).to_vec();
            if fault {
                post_mortem.registers = Some((*store).fault_registers);
            }
        }
    }
    post_mortem
}
