//! The input: functions that say how often their blocks are executed; and reasons to refuse one.

use regalloc2::{Block, Function};

/// A function whose blocks say how often they are executed, beyond what regalloc2 asks.
pub trait BlockFrequency: Function {
    /// Whether the block is seldom entered.
    fn is_cold(&self, block: Block) -> bool;
}

/// Why this allocator refuses a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// A loop with two entries.
    Irreducible,
    /// Too many values live in too many blocks.
    Crowded,
    /// An instruction that needs more registers than there are, or asks for what is not supported: a register for what
    /// a terminator defines, operands of a jump, ranges of registers.
    Operands,
}
