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
            let (from, words) = kept(stack.exit_sp, stack.exit_fp, stack.native_base);
            post_mortem.stack = std::slice::from_raw_parts(from as *const u64, words).to_vec();
            if fault {
                post_mortem.registers = Some((*store).fault_registers);
            }
        }
    }
    post_mortem
}

/// The words of native stack that are kept: the address of the first, and their number. They reach from the stack pointer to the
/// frame's return address, but not beyond the base of the stack.
fn kept(sp: usize, fp: usize, base: usize) -> (usize, usize) {
    const WORD: usize = 8;
    let from = sp & !(WORD - 1);
    let to = (fp + RETURN_SLOT as usize + WORD).min(base & !(WORD - 1));
    (from, (to.saturating_sub(from) / WORD).min(STACK_WORDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Word by word: frames of all sizes around the maximum, at all distances from the base, with pointers that are not aligned.
    #[test]
    fn words_from_the_stack_pointer_to_the_return_address() {
        const SP: usize = 0x7000;
        let mut most = 0;
        for skew in 0..8 {
            for size in (0..40).chain(2000..2080) {
                for above in (0..40).step_by(3) {
                    let (sp, fp) = (SP + skew, SP + size);
                    let base = fp + above;
                    let is_kept = |word: &usize| word + 8 <= fp + 16 && word + 8 <= base;
                    let words = (SP..).step_by(8).take_while(is_kept).take(STACK_WORDS).count();
                    assert_eq!(kept(sp, fp, base), (SP, words), "{sp:#x} {fp:#x} {base:#x}");
                    most = most.max(words);
                }
            }
        }
        assert_eq!(most, STACK_WORDS);
        // A frame pointer that is not an address in the stack.
        assert_eq!(kept(SP, 8, 0x8000).1, 0);
    }
}
