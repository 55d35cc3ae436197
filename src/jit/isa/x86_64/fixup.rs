//! Fields that refer to labels: distances from the end of their instruction.

use crate::jit::buffer::{CodeBuffer, Fixup, Reach, Veneer};
use dynasmrt::{AssemblyOffset, DynasmApi};

/// A kind of distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distance {
    /// One byte, which is the last of its instruction.
    Byte,
    /// Four bytes, followed by this many bytes of the instruction.
    Dword { behind: u8 },
}

impl Distance {
    /// Four bytes at the end of their instruction.
    pub const LAST: Distance = Distance::Dword { behind: 0 };
}

impl Fixup for Distance {
    fn reach(self) -> Reach {
        match self {
            Distance::Byte => Reach { behind: 0x7f, ahead: 0x80 },
            Distance::Dword { .. } => Reach { behind: i32::MAX as u32 - 8, ahead: i32::MAX as u32 },
        }
    }

    fn patch(self, code: &mut [u8], at: u32, distance: i64) {
        let at = at as usize;
        match self {
            Distance::Byte => {
                code[at] = i8::try_from(distance - 1).expect("a short jump inside a sequence") as u8;
            }
            Distance::Dword { behind } => {
                let distance = (distance - 4 - i64::from(behind)) as i32;
                code[at..at + 4].copy_from_slice(&distance.to_le_bytes());
            }
        }
    }

    /// Four-byte distances reach everything, and one-byte distances stay inside a sequence.
    fn veneer(self) -> Option<Veneer<Distance>> {
        None
    }
}

/// The target of the assembler macro.
impl DynasmApi for CodeBuffer<Distance> {
    fn offset(&self) -> AssemblyOffset {
        AssemblyOffset(self.position() as usize)
    }

    fn push(&mut self, byte: u8) {
        self.put(byte);
    }

    fn align(&mut self, alignment: usize, with: u8) {
        CodeBuffer::align(self, alignment as u32, &[with]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iced_x86::{Decoder, DecoderOptions, FlowControl};

    /// The place to which an instruction refers according to a decoder, relative to the field. The instruction has these
    /// opcode bytes and a field of `size` bytes with this distance, followed by `behind` bytes.
    fn refers(kind: Distance, opcode: &[u8], size: usize, behind: usize, distance: i64) -> i64 {
        const BASE: u64 = 1 << 40;
        let mut code = [opcode, &vec![0xcc; size + behind]].concat();
        kind.patch(&mut code, opcode.len() as u32, distance);
        let instruction = Decoder::with_ip(64, &code, BASE, DecoderOptions::NONE).decode();
        assert_eq!(instruction.len(), code.len(), "{kind:?}");
        let to = match instruction.flow_control() {
            FlowControl::Next => instruction.ip_rel_memory_address(),
            _ => instruction.near_branch_target(),
        };
        to.wrapping_sub(BASE + opcode.len() as u64) as i64
    }

    #[test]
    fn fields_refer_to_what_is_within_their_reach() {
        // A conditional jump, a call, and a comparison in memory with a one-byte immediate after the field.
        let dwords: [(&[u8], usize); 3] = [(&[0x0f, 0x84], 0), (&[0xe8], 0), (&[0x80, 0x3d], 1)];
        let ends = |reach: Reach| [-i64::from(reach.behind), -130, -1, 0, 1, 5, 130, i64::from(reach.ahead)];
        for (opcode, behind) in dwords {
            let kind = Distance::Dword { behind: behind as u8 };
            for distance in ends(kind.reach()) {
                assert_eq!(refers(kind, opcode, 4, behind, distance), distance, "{opcode:x?}");
            }
        }
        let short = Distance::Byte.reach();
        assert_eq!(short, Reach { behind: 127, ahead: 128 }, "128 bytes from the end of the field, and 127");
        for distance in [-127, -126, -1, 0, 1, 2, 127, 128] {
            assert_eq!(refers(Distance::Byte, &[0x74], 1, 0, distance), distance);
            assert!(short.includes(distance));
        }
        assert!(!short.includes(-128) && !short.includes(129));
    }
}
