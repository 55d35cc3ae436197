//! The kinds of mutants.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// The kind of a mutant: the thing that its mutator changes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum MutantKind {
            $($(#[$doc])* #[serde(rename = $name)] $kind,)*
        }

        impl MutantKind {
            /// All kinds.
            pub const ALL: &[MutantKind] = &[$(MutantKind::$kind),*];

            /// As the table of the self-check has it.
            pub fn name(self) -> &'static str {
                match self {
                    $(MutantKind::$kind => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// The lowest bit of an expected number.
    LowBit = "low-bit",
    /// A bit in the middle of an integer, or of a float's fraction.
    MiddleBit = "middle-bit",
    /// The highest bit of an integer.
    HighBit = "high-bit",
    /// The sign of an expected float.
    Sign = "sign",
    /// The lowest or the highest bit of a float's exponent.
    Exponent = "exponent",
    /// A bit of a lane of a vector: each of the classes above, in each lane.
    Lane = "lane",
    /// An expected NaN, for a NaN with another payload.
    NanPayload = "nan-payload",
    /// An expected NaN, for a number.
    NanNumber = "nan-number",
    /// The type of a result.
    Type = "type",
    /// A reference: another one, null, or another null.
    Reference = "reference",
    /// All arms of an `either`.
    Alternatives = "alternatives",
    /// One result more.
    MoreResults = "more-results",
    /// One result fewer.
    FewerResults = "fewer-results",
    /// The text of an error, changed at its start.
    MessageStart = "message-start",
    /// ... in its middle.
    MessageMiddle = "message-middle",
    /// ... at its end: by another last character, and by one more.
    MessageEnd = "message-end",
    /// ... in the case of its letters.
    MessageCase = "message-case",
    /// The kind of assertion: a trap for a result, invalid for malformed, …: each into each other.
    End = "end",
    /// A failure, where a directive that asserts nothing succeeded.
    Success = "success",
    /// Of the comparison: a bit of a result on one side, or null in its place.
    ComparedValue = "xdiff-value",
    /// ... one result fewer.
    ComparedNumber = "xdiff-number",
    /// ... another end.
    ComparedEnd = "xdiff-end",
    /// ... another trap, or another text.
    ComparedText = "xdiff-text",
    /// ... another tag.
    ComparedTag = "xdiff-tag",
    /// ... a function of another instance.
    ComparedInstance = "xdiff-instance",
}

/// The masks that change one bit of an integer, by the bit's class.
pub fn integer(width: u32) -> Vec<(MutantKind, u64)> {
    let (low, middle) = (width / 2 - 1, width / 2);
    let bits = [
        (MutantKind::LowBit, 0),
        (MutantKind::MiddleBit, low),
        (MutantKind::MiddleBit, middle),
        (MutantKind::HighBit, width - 1),
    ];
    bits.map(|(kind, bit)| (kind, 1 << bit)).to_vec()
}
