//! Numbers and vectors as text, and properties of their bits.

use std::fmt::{self, Write};

/// The shape in which a v128 is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VectorShape {
    /// 16 integers of 8 bits.
    I8x16,
    /// 8 integers of 16 bits.
    I16x8,
    /// 4 integers of 32 bits.
    I32x4,
    /// 2 integers of 64 bits.
    I64x2,
    /// 4 floats of 32 bits.
    F32x4,
    /// 2 floats of 64 bits.
    F64x2,
}

impl VectorShape {
    /// The number of bits in a lane.
    pub fn lane_bits(self) -> u32 {
        match self {
            VectorShape::I8x16 => 8,
            VectorShape::I16x8 => 16,
            VectorShape::I32x4 | VectorShape::F32x4 => 32,
            VectorShape::I64x2 | VectorShape::F64x2 => 64,
        }
    }

    /// The name in the text format.
    pub fn name(self) -> &'static str {
        match self {
            VectorShape::I8x16 => "i8x16",
            VectorShape::I16x8 => "i16x8",
            VectorShape::I32x4 => "i32x4",
            VectorShape::I64x2 => "i64x2",
            VectorShape::F32x4 => "f32x4",
            VectorShape::F64x2 => "f64x2",
        }
    }
}

/// Whether the bits of a float of this width are a NaN.
pub fn is_nan(bits: u64, width: u32) -> bool {
    match width {
        32 => bits & 0x7fff_ffff > 0x7f80_0000,
        _ => bits & 0x7fff_ffff_ffff_ffff > 0x7ff0_0000_0000_0000,
    }
}

/// A vector as a script writes it, with its lanes in hexadecimal.
pub fn vector_text(shape: VectorShape, bits: u128) -> String {
    let width = shape.lane_bits();
    let mut text = format!("v128 {}", shape.name());
    for lane in 0..128 / width {
        let lane = (bits >> (lane * width)) as u64 & (u64::MAX >> (64 - width));
        let _ = write!(text, " 0x{lane:0w$x}", w = width as usize / 4);
    }
    text
}

/// A float in at most 24 characters, and its bits, which also distinguish NaNs.
pub fn f32_text(bits: u32) -> String {
    format!("f32 {:?} (0x{bits:08x})", f32::from_bits(bits))
}

/// As [`f32_text`].
pub fn f64_text(bits: u64) -> String {
    format!("f64 {:?} (0x{bits:016x})", f64::from_bits(bits))
}

/// A comma-separated list of items.
pub fn list<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nans_are_what_lies_beyond_infinity() {
        for (width, infinity, sign) in [(32, 0x7f80_0000, 1 << 31), (64, 0x7ff0_0000_0000_0000, 1 << 63)] {
            for bits in [0, 1, infinity - 1, infinity] {
                assert!(!is_nan(bits, width) && !is_nan(bits | sign, width), "{bits:#x}");
            }
            for bits in [infinity + 1, infinity | infinity >> 1, sign - 1] {
                assert!(is_nan(bits, width) && is_nan(bits | sign, width), "{bits:#x}");
            }
        }
    }

    /// All lanes, starting with the lowest, with all their digits.
    #[test]
    fn a_vector_is_written_lane_by_lane() {
        let bits = 0xf0e1_d2c3_b4a5_9687_8978_6b5a_4d3c_2f1f;
        for (shape, width, text) in [
            (
                VectorShape::I8x16,
                8,
                "v128 i8x16 0x1f 0x2f 0x3c 0x4d 0x5a 0x6b 0x78 0x89 0x87 0x96 0xa5 0xb4 0xc3 0xd2 0xe1 0xf0",
            ),
            (VectorShape::I16x8, 16, "v128 i16x8 0x2f1f 0x4d3c 0x6b5a 0x8978 0x9687 0xb4a5 0xd2c3 0xf0e1"),
            (VectorShape::I32x4, 32, "v128 i32x4 0x4d3c2f1f 0x89786b5a 0xb4a59687 0xf0e1d2c3"),
            (VectorShape::I64x2, 64, "v128 i64x2 0x89786b5a4d3c2f1f 0xf0e1d2c3b4a59687"),
            (VectorShape::F32x4, 32, "v128 f32x4 0x4d3c2f1f 0x89786b5a 0xb4a59687 0xf0e1d2c3"),
            (VectorShape::F64x2, 64, "v128 f64x2 0x89786b5a4d3c2f1f 0xf0e1d2c3b4a59687"),
        ] {
            assert_eq!((shape.lane_bits(), vector_text(shape, bits).as_str()), (width, text));
        }
        let zeros = "v128 i64x2 0x0000000000000000 0x0000000000000000";
        assert_eq!(vector_text(VectorShape::I64x2, 0), zeros);
        assert_eq!([list::<u32>(&[]), list(&[1]), list(&[1, 2])], ["", "1", "1, 2"]);
        assert_eq!([f32_text(1 << 31), f64_text(1)], ["f32 -0.0 (0x80000000)", "f64 5e-324 (0x0000000000000001)"]);
    }
}
