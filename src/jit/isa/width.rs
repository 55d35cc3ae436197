//! Widths of operations.

/// Width of an integer operation, of an access to memory, or of a lane.
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

    /// The width of this many bytes; of more than 8, that of a vector.
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
