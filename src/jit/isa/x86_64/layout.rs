//! Places in the frame, as offsets from rbp. The drawing in [`super`] shows them.

use super::X64;
use crate::jit::isa::Lowered;
use crate::runtime::code::CONTEXT_SLOT;
use regalloc2::RegClass;

/// Bytes of the result area, aligned to 16.
fn result_bytes(vcode: &Lowered<X64>) -> u32 {
    match vcode.result_area {
        0 => 0,
        n => n + 8,
    }
}

/// The result area.
pub(super) fn results(vcode: &Lowered<X64>) -> i32 {
    CONTEXT_SLOT - result_bytes(vcode) as i32
}

/// A spill slot.
pub(super) fn spill(vcode: &Lowered<X64>, slot: usize, class: RegClass) -> i32 {
    let slots = if class == RegClass::Float && vcode.has_vectors { 2 } else { 1 };
    results(vcode) - 8 * (slot + slots) as i32
}

/// Bytes from rbp down to rsp.
pub(super) fn frame_bytes(vcode: &Lowered<X64>, spill_slots: usize) -> u32 {
    let spills = spill_slots as u32 * 8;
    (8 + result_bytes(vcode) + spills + vcode.outgoing).next_multiple_of(16)
}
