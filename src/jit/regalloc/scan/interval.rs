//! Live intervals: the facts about a virtual register, and where it is.

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
    /// Marks of what is being looked at.
    pub marks: Marks,
    /// From the scan.
    pub place: Placement,
    /// For edges.
    pub edge: EdgeState,
}

/// Where a value is defined and read.
#[derive(Clone, Copy)]
pub(super) struct Liveness {
    /// Where it is used next, in the order of the code.
    pub next: Position,
    /// Where it is defined: an instruction, or the first one of the block whose parameter it is. Of a parameter in
    /// memory: the first edge that writes it.
    pub first: Position,
    /// Where it may be read for the last time, as far as the scan has seen.
    pub last: Position,
    /// The block that defines it.
    pub block: BlockId,
}

/// Where a value should be.
#[derive(Clone, Copy)]
pub(super) struct Hint {
    /// The register that an instruction requires; or [`NO_REG`].
    pub reg: Reg,
    /// The instruction that does.
    pub at: Position,
    /// A value that should be in the same register: the parameter that it becomes, or the result that overwrites it.
    pub link: IntervalId,
}

/// Marks that hold as long as something is being looked at: none need be taken back.
#[derive(Clone, Copy)]
pub(super) struct Marks {
    /// The instruction that is being allocated, if it uses the value.
    pub used: Position,
    /// The same if the value ends there.
    pub ends: Position,
    /// The block that needs it from before, or the loop.
    pub live: Stamp,
    /// The loop that needs it throughout.
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

    /// Counted down from where no block's number comes.
    pub fn in_loop(l: LoopIndex) -> Stamp {
        Stamp(Position::NEVER.0 - 1 - l.0)
    }
}

/// Where a value is, and what that rests on.
#[derive(Clone, Copy)]
pub(super) struct Placement {
    /// Where it is; or [`NO_REG`].
    pub reg: Reg,
    /// Where it was defined. Of a parameter, before its block: where its first argument was.
    pub home: Reg,
    /// 0: integers, 1: floats.
    pub class: u8,
    /// Its slot is written by its definition.
    pub in_memory: bool,
    /// The block that dominates all that read it from its slot; none if it needs no slot.
    pub readers: BlockId,
    /// Last position of the loop whose header has promised it in a register.
    pub promised: Position,
}

/// What edges between blocks have to do with a value.
#[derive(Clone, Copy)]
pub(super) struct EdgeState {
    /// Where it is at the end of the predecessor that is being looked at; or [`NO_REG`].
    pub reg: Reg,
    /// It is a parameter of its block: edges define it.
    pub is_param: bool,
    /// The number of predecessors that have it in a register.
    pub preds: u32,
}

impl Interval {
    /// A virtual register of which nothing is known.
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

    /// A value that only its slot holds, for a moment.
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

    /// Notes that it is read at a position.
    pub fn read_at(&mut self, at: Position) {
        self.live.last = self.live.last.max(at);
    }
}

// One line of a cache.
const _: () = assert!(size_of::<Interval>() == 64);
