//! Fields that refer to labels: distances from the end of their instruction.

use crate::jit::buffer::{CodeBuffer, Fixup, Reach, Veneer};
use dynasmrt::{AssemblyOffset, DynasmApi};

/// A distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distance {
    /// One byte, the last of its instruction.
    Byte,
    /// Four bytes, with this many behind them.
    Dword { behind: u8 },
}

impl Distance {
    /// Four bytes that are the last of their instruction.
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

    /// Those of four bytes reach everything, and those of one byte stay inside of a sequence.
    fn veneer(self) -> Option<Veneer<Distance>> {
        None
    }
}

/// The sink of the assembler macro.
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
