//! The state at the moment of a trap, kept for reports: registers, the innermost frame, a piece of the native stack.
//! The frames are gone by then.
//!
//! The signal handler copies registers at every fault (400 bytes, no allocation); everything else is kept only in
//! stores that asked for it by [`Store::keep_post_mortem`](crate::runtime::store::Store::keep_post_mortem).

use crate::runtime::code::RETURN_SLOT;
use crate::runtime::stacks::unwind;
use crate::runtime::sys::cpu::{GENERAL_REGISTERS, VECTOR_REGISTERS};
use crate::runtime::vm::{ActivationKind, VMStore};
use std::ops::ControlFlow;

/// The maximum number of words of native stack that are kept, from the stack pointer up.
const STACK_WORDS: usize = 256;

/// Registers of a thread at a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Registers {
    /// General registers by hardware encoding; the [target](crate::target::RegisterNames) has their names.
    pub general: [u64; GENERAL_REGISTERS],
    /// Float and vector registers, by hardware encoding.
    pub vector: [u128; VECTOR_REGISTERS],
    pub pc: u64,
    pub flags: u64,
    /// The address that could not be accessed; 0 if the fault was not an access.
    pub address: u64,
}

/// The state that a trap left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostMortem {
    /// Registers, if the trap was a fault of native code.
    pub registers: Option<Registers>,
    /// PC, SP and FP of native code. `None` if the interpreter trapped.
    pub native: Option<[u64; 3]>,
    /// The native stack from SP up (through the innermost frame, if it is not too large).
    pub stack: Vec<u64>,
    /// Slots of the innermost frames ([`FRAMES`] at most), innermost first; `None` for frames whose slots are unknown.
    pub frames: Vec<Option<Slots>>,
}

/// Number of frames whose slots are kept, and that a report shows.
pub const FRAMES: usize = 5;

/// Slots of an interpreted frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slots {
    /// Parameters and locals, in order.
    pub locals: Vec<u64>,
    /// The operand stack; some slots are left over from earlier.
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

/// Keeps the state of the innermost frames.
///
/// # Safety
/// As [`unwind::walk`].
pub(in crate::runtime) unsafe fn capture(store: *const VMStore, fault: bool) -> PostMortem {
    let mut post_mortem = PostMortem::default();
    // SAFETY: the caller's promise; slots of a visited frame are readable during the visit. The range of stack is
    // between the stack pointer of live code and the base of its stack.
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
