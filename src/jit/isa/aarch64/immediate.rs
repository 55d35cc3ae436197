//! Constants that fit in instructions.

use super::table::W;

/// A 12-bit immediate for an addition, and whether it is shifted by 12 bits.
pub(super) fn arithmetic(value: u64) -> Option<(u16, bool)> {
    match value {
        0..=0xfff => Some((value as u16, false)),
        _ if value & 0xfff == 0 && value >> 12 <= 0xfff => Some(((value >> 12) as u16, true)),
        _ => None,
    }
}

/// The fields N, immr and imms of a logical immediate, as in an instruction: a rotated run of ones, repeated in elements
/// of 2 to 64 bits (Arm Architecture Reference Manual, `DecodeBitMasks`). 0 and all ones cannot be encoded.
pub(super) fn logical(value: u64, w: W) -> Option<u32> {
    let value = match w {
        W::B64 => value,
        _ => (value & 0xffff_ffff) | value << 32,
    };
    if value == 0 || value == u64::MAX {
        return None;
    }
    // The shortest element that repeats.
    let mut size = 64;
    while size > 2 {
        let half = size / 2;
        let mask = u64::MAX >> (64 - half);
        if value & mask != value >> half & mask {
            break;
        }
        size = half;
    }
    let mask = u64::MAX >> (64 - size);
    let element = value & mask;
    let ones = element.count_ones();
    // The run rotated to the bottom.
    let run = u64::MAX >> (64 - ones);
    let rotated = |by: u32| match by {
        0 => element,
        _ => (element >> by | element << (size - by)) & mask,
    };
    // Rotating right by this amount moves the run's lowest bit to bit 0.
    let to_bottom = (0..size).find(|&by| rotated(by) == run)?;
    let immr = (size - to_bottom) % size;
    let n = u32::from(size == 64);
    let imms = (!(size * 2 - 1) & 0x3f) | (ones - 1);
    Some(n << 12 | immr << 6 | imms)
}

/// One of up to four instructions that make a constant, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// `movz`: sets the 16 bits at position 16 times the number, and zeros elsewhere.
    Zeros(u16, u8),
    /// `movn`: sets the inverted 16 bits at position 16 times the number, and ones elsewhere.
    Ones(u16, u8),
    /// `orr` with the zero register: the fields of a logical immediate.
    Logical(u32),
    /// `movk`: sets the 16 bits at position 16 times the number, and keeps the others.
    Keep(u16, u8),
}

/// The shortest way to make a constant in a register. The register's upper half becomes 0 if the constant's upper half is.
pub(super) fn pieces(value: u64) -> smallvec::SmallVec<[Piece; 4]> {
    let narrow = value >> 32 == 0;
    let (w, halves) = if narrow { (W::B32, 2) } else { (W::B64, 4) };
    let part = |i: u8| (value >> (16 * i)) as u16;
    let zeros = (0..halves).filter(|&i| part(i) == 0).count();
    let ones = (0..halves).filter(|&i| part(i) == 0xffff).count();
    let least = halves as usize - zeros.max(ones).min(halves as usize - 1);
    if least > 1
        && let Some(fields) = logical(value, w)
    {
        return smallvec::smallvec![Piece::Logical(fields)];
    }
    let background = if ones > zeros { 0xffff } else { 0 };
    let mut all = smallvec::SmallVec::new();
    for i in (0..halves).filter(|&i| part(i) != background) {
        all.push(match (all.is_empty(), background) {
            (true, 0) => Piece::Zeros(part(i), i),
            (true, _) => Piece::Ones(!part(i), i),
            (false, _) => Piece::Keep(part(i), i),
        });
    }
    if all.is_empty() {
        all.push(if background == 0 { Piece::Zeros(0, 0) } else { Piece::Ones(0, 0) });
    }
    all
}

/// The 8 bits of a floating-point immediate, ±(16 to 31) / 16 * 2^(-3 to 4), if a float has such a value.
pub(super) fn float(bits: u64, double: bool) -> Option<u8> {
    let (sign, exponent, fraction, bias, rest) = match double {
        true => (bits >> 63, bits >> 52 & 0x7ff, bits >> 48 & 15, 1023, bits & ((1 << 48) - 1)),
        false => (bits >> 31 & 1, bits >> 23 & 0xff, bits >> 19 & 15, 127, bits & ((1 << 19) - 1)),
    };
    let power = exponent as i64 - bias;
    if rest != 0 || !(-3..=4).contains(&power) {
        return None;
    }
    // The exponent field is the inverse of its highest bit, followed by two more bits.
    let field = (power + 3) as u64 ^ 4;
    Some((sign << 7 | field << 4 | fraction) as u8)
}

/// A vector constant that one instruction can make in all lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lanes {
    /// The fields op and cmode.
    pub op: u8,
    pub cmode: u8,
    pub byte: u8,
}

/// The fields of a `movi` or `mvni` instruction that makes a vector, if there is one.
pub(super) fn lanes(bits: u128) -> Option<Lanes> {
    let double = bits as u64;
    if (bits >> 64) as u64 != double {
        return None;
    }
    let bytes = double.to_le_bytes();
    if bytes.iter().all(|&b| b == bytes[0]) {
        return Some(Lanes { op: 0, cmode: 0b1110, byte: bytes[0] });
    }
    let word = double as u32;
    if (double >> 32) as u32 == word {
        for (op, word) in [(0, word), (1, !word)] {
            let half = word as u16;
            for n in 0..2u8 {
                if (word >> 16) as u16 == half && half & !(0xff << (8 * n)) == 0 {
                    return Some(Lanes { op, cmode: 0b1000 | n << 1, byte: (half >> (8 * n)) as u8 });
                }
            }
            for n in 0..4u8 {
                if word & !(0xff << (8 * n)) == 0 {
                    return Some(Lanes { op, cmode: n << 1, byte: (word >> (8 * n)) as u8 });
                }
            }
            // With ones shifted in from the right.
            if word & 0xffff_00ff == 0xff {
                return Some(Lanes { op, cmode: 0b1100, byte: (word >> 8) as u8 });
            }
            if word & 0xff00_ffff == 0xffff {
                return Some(Lanes { op, cmode: 0b1101, byte: (word >> 16) as u8 });
            }
        }
        if let Some(byte) = float(word.into(), false) {
            return Some(Lanes { op: 0, cmode: 0b1111, byte });
        }
    }
    if bytes.iter().all(|b| matches!(b, 0 | 0xff)) {
        let byte = bytes.iter().enumerate().fold(0, |all, (i, &b)| all | (b & 1) << i);
        return Some(Lanes { op: 1, cmode: 0b1110, byte });
    }
    float(double, true).map(|byte| Lanes { op: 1, cmode: 0b1111, byte })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The meaning of the fields, computed as in the manual.
    fn decoded(fields: u32, w: W) -> u64 {
        let (n, immr, imms) = (fields >> 12, fields >> 6 & 63, fields & 63);
        let len = 31 - (n << 6 | (!imms & 63)).leading_zeros();
        let size = 1 << len;
        let (s, r) = (imms & (size - 1), immr & (size - 1));
        let run = u64::MAX >> (63 - s);
        let mask = u64::MAX >> (64 - size);
        let element = if r == 0 { run } else { (run >> r | run << (size - r)) & mask };
        let all = (0..64 / size).fold(0, |all, i| all | element << (i * size));
        if w == W::B64 { all } else { all & 0xffff_ffff }
    }

    #[test]
    fn logical_immediates_are_all_found_and_mean_what_they_should() {
        let mut seen = std::collections::HashSet::new();
        for size in [2u32, 4, 8, 16, 32, 64] {
            for ones in 1..size {
                for rotated in 0..size {
                    let mask = u64::MAX >> (64 - size);
                    let run = u64::MAX >> (64 - ones);
                    let element = if rotated == 0 { run } else { (run >> rotated | run << (size - rotated)) & mask };
                    let value = (0..64 / size).fold(0, |all, i| all | element << (i * size));
                    seen.insert(value);
                    assert_eq!(decoded(logical(value, W::B64).unwrap(), W::B64), value, "{value:#x}");
                    if size <= 32 {
                        let value = value & 0xffff_ffff;
                        let fields = logical(value, W::B32).unwrap();
                        assert_eq!((decoded(fields, W::B32), fields >> 12), (value, 0), "{value:#x}");
                    }
                }
            }
        }
        assert_eq!(seen.len(), 5334, "as many as there are");
        for value in [0, u64::MAX, 5, 0x1234, 0xffff_0001_0000_ffff, 0x0f0f_0f0f_0f0f_0f0e] {
            assert_eq!(logical(value, W::B64), None, "{value:#x}");
        }
        assert_eq!((logical(0, W::B32), logical(0xffff_ffff, W::B32)), (None, None));
    }

    #[test]
    fn constants_are_what_their_pieces_make() {
        let make = |value: u64| {
            let mut made = 0;
            let pieces = pieces(value);
            for (i, piece) in pieces.iter().enumerate() {
                made = match *piece {
                    Piece::Zeros(bits, at) => u64::from(bits) << (16 * at),
                    // For 32 bits, the upper half is 0.
                    Piece::Ones(bits, at) => {
                        !(u64::from(bits) << (16 * at)) & if value >> 32 == 0 { 0xffff_ffff } else { u64::MAX }
                    }
                    Piece::Logical(fields) => decoded(fields, if value >> 32 == 0 { W::B32 } else { W::B64 }),
                    Piece::Keep(bits, at) => made & !(0xffff << (16 * at)) | u64::from(bits) << (16 * at),
                };
                assert_eq!(matches!(piece, Piece::Keep(..)), i > 0);
            }
            assert_eq!(made, value, "{value:#x}: {pieces:?}");
            pieces.len()
        };
        for (value, instructions) in [
            (0, 1),
            (1, 1),
            (0xffff_ffff, 1),
            (u64::MAX, 1),
            (0xffff_1234, 1),
            (0x1234_0000_0000, 1),
            (!0x1234_0000_0000, 1),
            (0x5555_5555_5555_5555, 1),
            (0x0001_0002, 2),
            (0xffff_1234_5678_ffff, 2),
            (0x1234_5678_9abc_def0, 4),
        ] {
            assert_eq!(make(value), instructions, "{value:#x}");
        }
        let mut value = 1u64;
        for _ in 0..10_000 {
            value = value.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            make(value);
            make(value >> 32);
            make(value & 0xffff_0000_ffff_0000);
        }
    }

    #[test]
    fn floats_are_the_256_that_there_are() {
        let mut found = 0;
        for byte in 0..=255u8 {
            let (sign, power, fraction) = (byte >> 7, i32::from(byte >> 4 & 7 ^ 4) - 3, f64::from(byte & 15));
            let value = (1.0 + fraction / 16.0) * 2f64.powi(power) * if sign == 1 { -1.0 } else { 1.0 };
            assert_eq!(float(value.to_bits(), true), Some(byte), "{value}");
            assert_eq!(float((value as f32).to_bits().into(), false), Some(byte), "{value}");
            found += 1;
        }
        assert_eq!(found, 256);
        for value in [0.0, -0.0, 0.1, 32.0, 0.0625, f64::NAN, f64::INFINITY, 1.03125] {
            assert_eq!(float(value.to_bits(), true), None, "{value}");
        }
    }

    /// `AdvSIMDExpandImm` of the manual.
    fn expanded(Lanes { op, cmode, byte }: Lanes) -> u128 {
        let b = u64::from(byte);
        let every = |bits: u32, lane: u64| (0..64 / bits).fold(0, |all, i| all | lane << (i * bits));
        let inverted = |v: u64| if op == 1 { !v } else { v };
        let value = match cmode {
            0b1110 if op == 1 => (0..8).fold(0, |all, i| all | if b >> i & 1 == 1 { 0xff << (8 * i) } else { 0 }),
            0b1110 => every(8, b),
            0b1111 => {
                let (power, fraction) = (i32::from(byte >> 4 & 7 ^ 4) - 3, f64::from(byte & 15));
                let value = (1.0 + fraction / 16.0) * 2f64.powi(power) * if byte >> 7 == 1 { -1.0 } else { 1.0 };
                if op == 1 { value.to_bits() } else { every(32, (value as f32).to_bits().into()) }
            }
            0b1100 => inverted(every(32, b << 8 | 0xff)),
            0b1101 => inverted(every(32, b << 16 | 0xffff)),
            _ if cmode & 0b1000 != 0 => inverted(every(16, b << (8 * (cmode >> 1 & 1)))),
            _ => inverted(every(32, b << (8 * (cmode >> 1)))),
        };
        u128::from(value) << 64 | u128::from(value)
    }

    #[test]
    fn lanes_mean_what_they_should() {
        let mut kinds = std::collections::HashSet::new();
        for byte in [0u64, 1, 0x12, 0x80, 0xff, 0x70] {
            for shift in 0..8 {
                for fill in [0, 0xff, 0xffff] {
                    for bits in [8u32, 16, 32, 64] {
                        let mask = u64::MAX >> (64 - bits);
                        let lane = (byte << (8 * shift) | fill) & mask;
                        for lane in [lane, !lane & mask] {
                            let vector = (0..128 / bits).fold(0, |all, i| all | u128::from(lane) << (i * bits));
                            if let Some(found) = lanes(vector) {
                                kinds.insert((found.op, found.cmode));
                                assert_eq!(expanded(found), vector, "{vector:#x}: {found:?}");
                            }
                        }
                    }
                }
            }
        }
        for (value, op) in [(1.5f32.to_bits().into(), 0), ((-2f64).to_bits(), 1)] {
            let vector = if op == 0 { value << 32 | value } else { value };
            let found = lanes(u128::from(vector) << 64 | u128::from(vector)).unwrap();
            assert_eq!((found.op, found.cmode), (op, 0b1111));
            assert_eq!(expanded(found) as u64, vector);
        }
        assert!(kinds.len() >= 14, "{kinds:?}");
        assert_eq!(lanes(1), None);
        assert_eq!(lanes(0x1234_5678_1234_5678_1234_5678_1234_5678), None);
    }
}
