//! Takes the [`PostMortem`] of a trap.

use super::post_mortem::{FRAMES, PostMortem, Slots};
use crate::runtime::code::RETURN_SLOT;
use crate::runtime::stacks::unwind;
use crate::runtime::vm::{ActivationKind, VMStore};
use std::ops::ControlFlow;

/// The maximum number of words of native stack that are kept, from the stack pointer up.
const STACK_WORDS: usize = 256;

/// Keeps the state of the innermost frames.
///
/// # Safety
/// As [`unwind::walk`].
pub(in crate::runtime) unsafe fn post_mortem(store: *const VMStore, fault: bool) -> PostMortem {
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
