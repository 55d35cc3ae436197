//! Widths of operations.

/// The width of an integer operation, of a memory access or of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum W {
    B8,
    B16,
    B32,
    B64,
    B128,
}

impl W {
    pub fn bits(self) -> u8 {
        8 * self.bytes()
    }

    pub fn bytes(self) -> u8 {
        1 << self as u8
    }

    /// Returns the width for this many bytes; for more than 8, that of a vector.
    pub fn of_bytes(bytes: u32) -> W {
        match bytes {
            1 => W::B8,
            2 => W::B16,
            4 => W::B32,
            8 => W::B64,
            _ => W::B128,
        }
    }
}
