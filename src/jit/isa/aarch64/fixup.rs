//! Fields that refer to labels: distances from their instruction, in words.

use crate::jit::buffer::{Fixup, Reach, Veneer};

/// A distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distance {
    /// 14 bits, in `tbz` and `tbnz`.
    Bit,
    /// 19 bits, in `b.cond`, `cbz` and `cbnz`.
    Condition,
    /// 26 bits, in `b`.
    Jump,
    /// 26 bits, in `bl` and `b` to another function.
    Call,
    /// 19 bits, in a load of a constant.
    Literal,
    /// 21 bits, in `adr`, in bytes.
    Address,
    /// 32 bits of data: the distance in bytes from this many bytes before.
    Word { behind: u32 },
    /// In `movz` and the `movk` after it: the distance in bytes from the instruction before them.
    Far,
}

/// `b`, to be filled in.
const JUMP: [u8; 4] = 0x1400_0000u32.to_le_bytes();

/// A jump to any distance in memory:
///
/// ```text
///   adr x16, 0
///   ldrsw x17, 16
///   add x16, x16, x17
///   br x16
///   .word the distance from the beginning
/// ```
const FAR_JUMP: [u8; 20] = words([0x1000_0010, 0x9800_0071, 0x8b11_0210, 0xd61f_0200, 0]);

const fn words(words: [u32; 5]) -> [u8; 20] {
    let mut bytes = [0; 20];
    let mut i = 0;
    while i < 20 {
        bytes[i] = words[i / 4].to_le_bytes()[i % 4];
        i += 1;
    }
    bytes
}

impl Distance {
    /// The lowest bit of the field, and its number of bits; in words.
    fn field(self) -> (u32, u32) {
        match self {
            Distance::Bit => (5, 14),
            Distance::Condition | Distance::Literal => (5, 19),
            Distance::Jump | Distance::Call => (0, 26),
            Distance::Address | Distance::Word { .. } | Distance::Far => unreachable!("no distance in words"),
        }
    }
}

fn word_at(code: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(code[at..at + 4].try_into().expect("four bytes"))
}

impl Fixup for Distance {
    fn reach(self) -> Reach {
        match self {
            Distance::Address => Reach { behind: 1 << 20, ahead: (1 << 20) - 1 },
            Distance::Word { .. } | Distance::Far => Reach { behind: i32::MAX as u32 / 2, ahead: i32::MAX as u32 / 2 },
            _ => {
                let (_, bits) = self.field();
                Reach { behind: 4 << (bits - 1), ahead: (4 << (bits - 1)) - 4 }
            }
        }
    }

    fn patch(self, code: &mut [u8], at: u32, to: u32) {
        let distance = i64::from(to) - i64::from(at);
        let at = at as usize;
        let mut put = |at: usize, word: u32| code[at..at + 4].copy_from_slice(&word.to_le_bytes());
        match self {
            Distance::Address => {
                let bits = distance as u32;
                let instruction = word_at(code, at) & !0x60ff_ffe0;
                code[at..at + 4]
                    .copy_from_slice(&(instruction | (bits & 3) << 29 | (bits >> 2 & 0x7_ffff) << 5).to_le_bytes());
            }
            Distance::Word { behind } => put(at, (distance + i64::from(behind)) as u32),
            Distance::Far => {
                let bits = (distance + 4) as u32;
                for (i, half) in [bits & 0xffff, bits >> 16].into_iter().enumerate() {
                    let instruction = word_at(code, at + 4 * i) & !(0xffff << 5);
                    code[at + 4 * i..at + 4 * i + 4].copy_from_slice(&(instruction | half << 5).to_le_bytes());
                }
            }
            _ => {
                debug_assert_eq!(distance & 3, 0, "instructions are aligned");
                let (lowest, bits) = self.field();
                let mask = (1u32 << bits) - 1;
                let field = (distance >> 2) as u32 & mask;
                let instruction = word_at(code, at) & !(mask << lowest);
                code[at..at + 4].copy_from_slice(&(instruction | field << lowest).to_le_bytes());
            }
        }
    }

    fn veneer(self) -> Option<Veneer<Distance>> {
        match self {
            Distance::Bit | Distance::Condition => Some(Veneer { code: &JUMP, at: 0, kind: Distance::Jump }),
            // x16 and x17 carry nothing between functions.
            Distance::Call => Some(Veneer { code: &FAR_JUMP, at: 16, kind: Distance::Word { behind: 16 } }),
            Distance::Jump | Distance::Literal | Distance::Address | Distance::Word { .. } | Distance::Far => None,
        }
    }
}
