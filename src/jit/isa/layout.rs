//! The layout of the frame, as offsets from the frame pointer, for every CPU.
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

/// The size of the result area in bytes, rounded up to a multiple of 16.
fn result_bytes<I>(vcode: &VCode<I>) -> u32 {
    match vcode.result_area {
        0 => 0,
        n => n + 8,
    }
}

/// The offset of the result area.
pub fn results<I>(vcode: &VCode<I>) -> i32 {
    CONTEXT_SLOT - result_bytes(vcode) as i32
}

/// The end of the spill slots: a multiple of 16 if any of them hold vectors.
fn spills<I>(vcode: &VCode<I>) -> i32 {
    let end = results(vcode);
    if vcode.has_vectors { end & !15 } else { end }
}

/// The offset of a spill slot.
pub fn spill<I>(vcode: &VCode<I>, slot: usize, class: RegClass) -> i32 {
    let slots = if class == RegClass::Float && vcode.has_vectors { 2 } else { 1 };
    spills(vcode) - 8 * (slot + slots) as i32
}

/// The distance in bytes from the frame pointer down to the stack pointer, with this many spill slots.
pub fn frame_bytes<I>(vcode: &VCode<I>, spill_slots: usize) -> u32 {
    let spilled = spill_slots as u32 * 8;
    (spills(vcode).unsigned_abs() + spilled + vcode.outgoing).next_multiple_of(16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vcode(result_area: u32, outgoing: u32, has_vectors: bool) -> VCode<()> {
        VCode { result_area, outgoing, has_vectors, ..VCode::empty() }
    }

    /// From the frame pointer down: the context, the results, the slots in the order of their numbers, the arguments of
    /// calls. They do not overlap, and the only gaps are those that alignment requires.
    #[test]
    fn parts_of_the_frame_lie_one_below_the_other() {
        for (result_area, outgoing, has_vectors) in (0..27).map(|n| (16 * (n % 3), 16 * (n / 3 % 3), n >= 13)) {
            for slots in [0, 1, 2, 3, 4, 7, 64, 1000, 70_000] {
                let vcode = vcode(result_area, outgoing, has_vectors);
                let case = (result_area, outgoing, has_vectors, slots);
                let results = results(&vcode);
                assert!(results + result_area as i32 <= CONTEXT_SLOT, "{case:?}");
                assert!(result_area == 0 || results % 16 == 0, "{case:?}");
                let frame = frame_bytes(&vcode, slots) as i32;
                assert_eq!(frame % 16, 0, "{case:?}");
                let arguments = outgoing as i32 - frame;
                let mut above = results;
                for slot in 0..slots {
                    let at = spill(&vcode, slot, RegClass::Int);
                    // A vector takes two slots, of which this is the first.
                    let wide = spill(&vcode, slot, RegClass::Float);
                    assert_eq!(wide, if has_vectors { at - 8 } else { at }, "{case:?}");
                    assert!(at + 8 <= above && at % 8 == 0 && at >= arguments, "{case:?}, {slot}");
                    // The slots of vectors begin at multiples of 16.
                    assert_eq!(
                        at + 8,
                        if slot > 0 || !has_vectors { above } else { results & !15 },
                        "{case:?}, {slot}"
                    );
                    above = at;
                }
                let vectors = if has_vectors { 15 } else { 0 };
                assert!(above - arguments < 16 + vectors, "{case:?}: {above} {arguments}");
            }
        }
    }
}
