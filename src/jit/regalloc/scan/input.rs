//! The input: functions that state how often their blocks are executed; and the reasons to refuse a function.

use regalloc2::{Block, Function};

/// A function that states how often its blocks are executed, in addition to what regalloc2 requires.
pub trait BlockFrequency: Function {
    /// Whether the block is seldom entered.
    fn is_cold(&self, block: Block) -> bool;
}

/// The reason why this allocator refuses a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// A loop with two entries.
    Irreducible,
    /// Too many values are live in too many blocks.
    Crowded,
    /// An instruction needs more registers than there are, or something unsupported: a register for a result of a
    /// terminator, operands of a jump, ranges of registers.
    Operands,
}
