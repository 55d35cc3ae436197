//! Fields that refer to labels: distances from their instruction, in words.

use crate::jit::buffer::{Fixup, Reach, Veneer};

/// A kind of distance.
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
    /// 32 bits of data: the distance in bytes, measured from this many bytes before the data.
    Word { behind: u32 },
    /// In `movz` and the `movk` after it: the distance in bytes from the instruction before them, an `adr`.
    Far,
}

/// A `b` whose distance is yet to be filled in.
const JUMP: [u8; 4] = 0x1400_0000u32.to_le_bytes();

/// A jump to any distance in memory:
///
/// ```text
///   adr x16, 0
///   ldrsw x17, .word
///   add x16, x16, x17
///   br x16
///   .word    the distance from the beginning
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
    /// The lowest bit of the field and its number of bits; the field counts words.
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
            Distance::Word { .. } => Reach { behind: i32::MAX as u32 / 2, ahead: i32::MAX as u32 / 2 },
            // Constants follow the code, and the distance is unsigned.
            Distance::Far => Reach { behind: 0, ahead: i32::MAX as u32 / 2 },
            _ => {
                let (_, bits) = self.field();
                Reach { behind: 4 << (bits - 1), ahead: (4 << (bits - 1)) - 4 }
            }
        }
    }

    fn patch(self, code: &mut [u8], at: u32, distance: i64) {
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
            // x16 and x17 hold nothing at calls and jumps between functions.
            Distance::Call => Some(Veneer { code: &FAR_JUMP, at: 16, kind: Distance::Word { behind: 16 } }),
            Distance::Jump | Distance::Literal | Distance::Address | Distance::Word { .. } | Distance::Far => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::encode_tests::shown;
    use super::super::listing::decode;
    use super::*;
    use crate::jit::buffer::CodeBuffer;
    use yaxpeax_arm::armv8::a64::Operand;

    /// The kinds whose distance is in a single instruction, each with an instruction of distance 0 and how far it reaches
    /// according to the manual.
    const FIELDS: [(Distance, u32, &str, u32, u32); 9] = [
        (Distance::Bit, 0xb608_0001, "tbz x1, #33, ", 32 << 10, (32 << 10) - 4),
        (Distance::Bit, 0x3700_001e, "tbnz w30, #0, ", 32 << 10, (32 << 10) - 4),
        (Distance::Condition, 0x5400_000d, "b.le ", 1 << 20, (1 << 20) - 4),
        (Distance::Condition, 0xb500_001e, "cbnz x30, ", 1 << 20, (1 << 20) - 4),
        (Distance::Jump, 0x1400_0000, "b ", 128 << 20, (128 << 20) - 4),
        (Distance::Call, 0x9400_0000, "bl ", 128 << 20, (128 << 20) - 4),
        (Distance::Literal, 0x9c00_001e, "ldr q30, ", 1 << 20, (1 << 20) - 4),
        (Distance::Literal, 0x1c00_0001, "ldr s1, ", 1 << 20, (1 << 20) - 4),
        (Distance::Address, 0x1000_0010, "adr x16, ", 1 << 20, (1 << 20) - 1),
    ];

    /// Returns the distance of an instruction; the rest of its text must be `text`.
    fn distance(word: u32, text: &str) -> i64 {
        let instruction = decode(word).unwrap();
        let shown = shown(&instruction);
        assert!(shown.strip_prefix(text).is_some_and(|rest| rest.starts_with(['+', '-'])), "{shown}, not {text}");
        let distance =
            |operand: &Operand| if let Operand::PCOffset(distance) = operand { Some(*distance) } else { None };
        instruction.operands.iter().find_map(distance).unwrap()
    }

    #[test]
    fn fields_reach_as_far_as_the_manual_says() {
        for (kind, instruction, text, behind, ahead) in FIELDS {
            assert_eq!(kind.reach(), Reach { behind, ahead }, "{kind:?}");
            let at = (128 << 20) + 8;
            let mut code = vec![0; at as usize + 4];
            code[at as usize..].copy_from_slice(&instruction.to_le_bytes());
            let unit = if kind == Distance::Address { 1 } else { 4 };
            // Each is patched over the previous one.
            for by in [0, unit, ahead, ahead - unit].map(i64::from) {
                kind.patch(&mut code, at, by);
                assert_eq!(distance(word_at(&code, at as usize), text), by, "{kind:?}");
            }
            for by in [unit, behind, behind - unit].map(i64::from) {
                kind.patch(&mut code, at, -by);
                assert_eq!(distance(word_at(&code, at as usize), text), -by, "{kind:?}");
            }
            // Distances one unit farther do not fit.
            for by in [i64::from(ahead + unit), -i64::from(behind + unit)] {
                kind.patch(&mut code, at, by);
                assert_ne!(distance(word_at(&code, at as usize), text), by, "{kind:?}");
            }
        }
    }

    #[test]
    fn data_holds_distances_in_bytes() {
        let mut code = [0xff; 64];
        for (at, to, behind, distance) in [(16, 48, 0, 32), (32, 16, 0, -16), (32, 16, 20, 4), (60, 0, 0, -60)] {
            Distance::Word { behind }.patch(&mut code, at, i64::from(to) - i64::from(at));
            assert_eq!(word_at(&code, at as usize) as i32, distance);
        }
    }

    /// `adr` followed by the two halves that are added to it.
    #[test]
    fn far_places_are_reached_in_two_halves() {
        let mut code: Vec<u8> =
            [0x1000_0010u32, 0xd280_0011, 0xf2a0_0011].into_iter().flat_map(u32::to_le_bytes).collect();
        let Reach { behind, ahead } = Distance::Far.reach();
        // The sum of the halves is unsigned.
        assert_eq!(behind, 0);
        for to in [8, 0xfffc, 0x1_0000, 0x1234_5678, 4 + ahead, 16] {
            Distance::Far.patch(&mut code, 4, i64::from(to) - 4);
            let text = |at: usize| shown(&decode(word_at(&code, at)).unwrap());
            assert_eq!(text(0), "adr x16, +0");
            assert_eq!(text(4), format!("movz x17, #{}", to & 0xffff));
            assert_eq!(text(8), format!("movk x17, #{}, lsl #16", to >> 16));
        }
    }

    #[test]
    fn veneers_go_where_their_fields_say() {
        for kind in [Distance::Bit, Distance::Condition] {
            let veneer = kind.veneer().unwrap();
            assert_eq!((veneer.at, veneer.kind), (0, Distance::Jump));
            assert_eq!(distance(word_at(veneer.code, 0), "b "), 0);
        }
        let veneer = Distance::Call.veneer().unwrap();
        let text: Vec<String> = (0..4).map(|i| shown(&decode(word_at(veneer.code, 4 * i)).unwrap())).collect();
        assert_eq!(text, ["adr x16, +0", "ldrsw x17, +12", "add x16, x16, x17", "br x16"]);
        // What the second instruction loads is added to the address of the first one.
        let mut code = veneer.code.to_vec();
        assert_eq!((veneer.at, code.len()), (4 + 12, 20));
        veneer.kind.patch(&mut code, veneer.at, 0x1234_5678 - i64::from(veneer.at));
        assert_eq!(word_at(&code, veneer.at as usize), 0x1234_5678);
        for kind in [Distance::Jump, Distance::Literal, Distance::Address, Distance::Far, Distance::Word { behind: 0 }]
        {
            assert!(kind.veneer().is_none());
        }
    }

    /// A bit is tested, and the jump is out of its reach.
    #[test]
    fn an_island_carries_a_jump_on() {
        let mut buffer = CodeBuffer::<Distance>::default();
        let (over, far) = (buffer.label(), buffer.label());
        buffer.put_all(&0xb608_0001u32.to_le_bytes());
        buffer.refer(0, Distance::Bit, far);
        while !buffer.needs_island(8) {
            buffer.put_all(&0xd503_201fu32.to_le_bytes());
        }
        let jump = buffer.position();
        buffer.put_all(&JUMP);
        buffer.refer(jump, Distance::Jump, over);
        let island = buffer.position();
        buffer.write_island(0);
        buffer.bind(over);
        let behind = buffer.position();
        buffer.put_all(&[0; 64 << 10]);
        buffer.bind(far);
        let end = buffer.position();
        let code = buffer.finish().unwrap();
        assert_eq!(distance(word_at(&code, 0), "tbz x1, #33, "), i64::from(island));
        assert_eq!(distance(word_at(&code, island as usize), "b "), i64::from(end - island));
        assert_eq!(distance(word_at(&code, jump as usize), "b "), i64::from(behind - jump));
    }
}
