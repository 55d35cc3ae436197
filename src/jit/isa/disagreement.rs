//! The ways in which emitted code can disagree with what its machine instructions declare to the allocator.

use regalloc2::{Allocation, PReg, VReg};

/// A machine instruction whose code reads, writes or overwrites something other than it declares. `instruction` is the
/// text of an instruction of the emitted code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Disagreement {
    #[error("{place}: {cause}")]
    At { place: String, cause: Box<Disagreement> },
    #[error("no instruction at {at:#x}: {bytes:02x?}")]
    NoInstruction { at: u64, bytes: Vec<u8> },
    #[error("what {instruction} reads and writes is not known")]
    Unknown { instruction: String },
    #[error("{instruction} reads {reg}, which is not an operand")]
    ReadsOther { instruction: String, reg: PReg },
    #[error("{instruction} reads {bits} bits of {reg}, which holds {width}")]
    ReadsMore { instruction: String, bits: usize, reg: PReg, width: usize },
    #[error("a copy has {bits} bits of a value of {width}")]
    CopiesMore { bits: usize, width: usize },
    #[error("{instruction} reads flags that nothing before it set")]
    ReadsFlags { instruction: String },
    #[error("{instruction} writes {reg}, which is neither defined nor overwritten")]
    WritesOther { instruction: String, reg: PReg },
    #[error("{reg} is read as 64 bits, but nothing clears the upper ones")]
    NotExtended { reg: PReg },
    #[error("{from} is passed to {to}, which is read as 64 bits, but nothing clears the upper ones")]
    PassesNotExtended { from: VReg, to: VReg },
    #[error("nothing writes {reg}")]
    NotWritten { reg: PReg },
    #[error("the callee may overwrite {reg}, which is not declared")]
    CalleeOverwrites { reg: PReg },
    #[error("an argument without an operand")]
    NoArgument,
    #[error("the argument in {from} does not reach {to}")]
    ArgumentLost { from: PReg, to: PReg },
    #[error("{count} instructions")]
    MoveOfMany { count: usize },
    #[error("{instruction} changes flags")]
    MoveChangesFlags { instruction: String },
    #[error("{instruction} is not a move from {from} to {to}")]
    NoMove { instruction: String, from: Allocation, to: Allocation },
    #[error("{instruction} does not move from {from:?} to {to:?}")]
    NoMoves { instruction: String, from: [Allocation; 2], to: [Allocation; 2] },
}

impl Disagreement {
    /// Adds the place where the disagreement was found.
    pub fn at(self, place: String) -> Disagreement {
        Disagreement::At { place, cause: Box::new(self) }
    }
}
