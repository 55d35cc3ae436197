//! Live intervals: the facts about a virtual register, and its place.

use super::index::{BlockId, IntervalId, LoopIndex, Position, Table};
use super::registers::{NO_REG, Reg};

/// The intervals of a function.
pub(super) type Intervals = Table<IntervalId, Interval>;

/// A virtual register, from its definition to its last use. The parts are ordered by who writes them; together they
/// take 64 bytes, as the allocator goes through them at random.
#[derive(Clone, Copy)]
pub(super) struct Interval {
    /// From the survey; the scan moves `next` and `last` on.
    pub live: Liveness,
    /// From the survey.
    pub hint: Hint,
    /// The block, loop or instruction that last marked it.
    pub marks: Marks,
    /// From the scan.
    pub place: Placement,
    /// For edges.
    pub edge: EdgeState,
}

/// The definition and the reads of a value.
#[derive(Clone, Copy)]
pub(super) struct Liveness {
    /// The next use, in the order of the code.
    pub next: Position,
    /// The definition: an instruction, or the first one of the block whose parameter it is. For a parameter in memory:
    /// the first edge that writes it.
    pub first: Position,
    /// The last read, as far as the scan has come.
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
    /// A value that should be in the same register: the parameter that it becomes, or the result that overwrites it.
    pub link: IntervalId,
}

/// Marks that count only while the named instruction, block or loop is being looked at, so that they need not be
/// cleared.
#[derive(Clone, Copy)]
pub(super) struct Marks {
    /// The instruction that is being allocated, if it uses the value.
    pub used: Position,
    /// The same, if the value ends there.
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

    /// Counted down from a number that no block reaches.
    pub fn in_loop(l: LoopIndex) -> Stamp {
        Stamp(Position::NEVER.0 - 1 - l.0)
    }
}

/// The place of a value, and the facts that it follows from.
#[derive(Clone, Copy)]
pub(super) struct Placement {
    /// The register that it is in now, or [`NO_REG`].
    pub reg: Reg,
    /// The register of its definition. For a parameter, before its block: the register of its first argument.
    pub home: Reg,
    /// 0: integers, 1: floats.
    pub class: u8,
    /// Whether its definition writes its slot.
    pub in_memory: bool,
    /// The block that dominates all reads of its slot; `NONE` if it needs no slot.
    pub readers: BlockId,
    /// The last position of the loop whose header has promised it in a register.
    pub promised: Position,
}

/// The state of a value for edges between blocks.
#[derive(Clone, Copy)]
pub(super) struct EdgeState {
    /// Its register at the end of the predecessor that is being looked at, or [`NO_REG`].
    pub reg: Reg,
    /// Whether it is a parameter of its block, which edges define.
    pub is_param: bool,
    /// The number of predecessors that have it in a register.
    pub preds: u32,
}

impl Interval {
    /// A virtual register without any known facts.
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

    /// A temporary value that is only in its slot.
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
