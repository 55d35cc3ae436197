//! Live intervals: what is known about each virtual register, and its place.

use super::index::{BlockId, IntervalId, LoopIndex, Position, Table};
use super::registers::{NO_REG, Reg};

/// The intervals of a function.
pub(super) type Intervals = Table<IntervalId, Interval>;

/// A virtual register, from its definition to its last use. The parts are grouped by the phase that writes them. They
/// take 64 bytes in total, because the allocator accesses intervals at random.
#[derive(Clone, Copy)]
pub(super) struct Interval {
    /// Written by the survey; the scan advances `next` and `last`.
    pub live: Liveness,
    /// Written by the survey.
    pub hint: Hint,
    /// The block, loop or instruction that last marked it.
    pub marks: Marks,
    /// Written by the scan.
    pub place: Placement,
    /// For edges.
    pub edge: EdgeState,
}

/// The definition and the reads of a value.
#[derive(Clone, Copy)]
pub(super) struct Liveness {
    /// The next use, in the order of the code.
    pub next: Position,
    /// The definition: an instruction, or the first instruction of the block if it is a block parameter. For a parameter
    /// in memory: the first edge that writes it.
    pub first: Position,
    /// The last read that the scan has reached so far.
    pub last: Position,
    /// The block that defines it.
    pub block: BlockId,
}

/// The preferred register of a value.
#[derive(Clone, Copy)]
pub(super) struct Hint {
    /// The register that an instruction requires, or [`NO_REG`].
    pub reg: Reg,
    /// The instruction that requires it.
    pub at: Position,
    /// A value that should be in the same register: the parameter that this value becomes, or the result that overwrites it.
    pub link: IntervalId,
}

/// Marks that are valid only while the given instruction, block or loop is being looked at, so that they need not be cleared.
#[derive(Clone, Copy)]
pub(super) struct Marks {
    /// The instruction being allocated, if it uses the value.
    pub used: Position,
    /// The instruction being allocated, if the value dies there.
    pub ends: Position,
    /// The block or the loop that it is live into.
    pub live: Stamp,
    /// The loop that it is live throughout.
    pub through: LoopIndex,
}

/// A block or a loop whose live values are being looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp(u32);

impl Stamp {
    const NONE: Stamp = Stamp(u32::MAX);

    pub fn block(block: BlockId) -> Stamp {
        Stamp(block.0)
    }

    /// Counted down from a number that no block has.
    pub fn in_loop(l: LoopIndex) -> Stamp {
        Stamp(Position::NEVER.0 - 1 - l.0)
    }
}

/// The place of a value, and what determines it.
#[derive(Clone, Copy)]
pub(super) struct Placement {
    /// The register that holds the value now, or [`NO_REG`].
    pub reg: Reg,
    /// The register of its definition. For a parameter whose block has not been reached: the register of its first argument.
    pub home: Reg,
    /// 0: integers, 1: floats.
    pub class: u8,
    /// Whether its definition writes its slot.
    pub in_memory: bool,
    /// The block that dominates all reads of its slot; `NONE` if it needs no slot.
    pub readers: BlockId,
    /// The last position of the loop whose header has promised the value in a register.
    pub promised: Position,
}

/// The state of a value while edges between blocks are handled.
#[derive(Clone, Copy)]
pub(super) struct EdgeState {
    /// Its register at the end of the predecessor being looked at, or [`NO_REG`].
    pub reg: Reg,
    /// Whether it is a block parameter, which edges define.
    pub is_param: bool,
    /// The number of predecessors that have it in a register.
    pub preds: u32,
}

impl Interval {
    /// A virtual register about which nothing is known yet.
    pub const NEW: Interval = Interval {
        live: Liveness { next: Position::NEVER, first: Position(0), last: Position(0), block: BlockId::NONE },
        hint: Hint { reg: NO_REG, at: Position(0), link: IntervalId::NONE },
        marks: Marks { used: Position::NONE, ends: Position::NONE, live: Stamp::NONE, through: LoopIndex::NONE },
        place: Placement {
            reg: NO_REG,
            home: NO_REG,
            class: 0,
            in_memory: false,
            readers: BlockId::NONE,
            promised: Position(0),
        },
        edge: EdgeState { reg: NO_REG, is_param: false, preds: 0 },
    };

    /// A temporary value that exists only in its slot.
    pub fn in_slot(at: Position, class: u8) -> Interval {
        let mut interval = Interval::NEW;
        interval.live = Liveness { next: Position::NEVER, first: at, last: at, block: BlockId::ENTRY };
        interval.place.class = class;
        interval.place.in_memory = true;
        interval.place.readers = BlockId::ENTRY;
        interval
    }

    /// 0: integers, 1: floats.
    pub fn class(&self) -> usize {
        usize::from(self.place.class)
    }

    /// Records a read at a position.
    pub fn read_at(&mut self, at: Position) {
        self.live.last = self.live.last.max(at);
    }
}

// A cache line.
const _: () = assert!(size_of::<Interval>() == 64);
