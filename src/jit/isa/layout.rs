//! Places in the frame, as offsets from the frame pointer, for every CPU.
//!
//! ```text
//! [fp + 16 ...]        the function's stack arguments, which it pops
//! [fp + 8]             return address
//! [fp]                 the caller's frame pointer
//! [fp - 8]             context
//! [fp - 16 - results]  area for results of calls that registers do not hold
//! [...]                spill slots
//! [sp ...]             stack arguments of calls
//! ```

use super::vcode::VCode;
use crate::runtime::code::CONTEXT_SLOT;
use regalloc2::RegClass;

/// The function's first stack argument.
pub const INCOMING: i32 = 16;

/// Bytes of the result area, aligned to 16.
fn result_bytes<I>(vcode: &VCode<I>) -> u32 {
    match vcode.result_area {
        0 => 0,
        n => n + 8,
    }
}

/// The result area.
pub fn results<I>(vcode: &VCode<I>) -> i32 {
    CONTEXT_SLOT - result_bytes(vcode) as i32
}

/// Where spill slots end: a multiple of 16 if there are vectors among them.
fn spills<I>(vcode: &VCode<I>) -> i32 {
    let end = results(vcode);
    if vcode.has_vectors { end & !15 } else { end }
}

/// A spill slot.
pub fn spill<I>(vcode: &VCode<I>, slot: usize, class: RegClass) -> i32 {
    let slots = if class == RegClass::Float && vcode.has_vectors { 2 } else { 1 };
    spills(vcode) - 8 * (slot + slots) as i32
}

/// Bytes from the frame pointer down to the stack pointer, with this many spill slots.
pub fn frame_bytes<I>(vcode: &VCode<I>, spill_slots: usize) -> u32 {
    let spilled = spill_slots as u32 * 8;
    (spills(vcode).unsigned_abs() + spilled + vcode.outgoing).next_multiple_of(16)
}
