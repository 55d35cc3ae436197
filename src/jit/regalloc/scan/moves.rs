//! Locations, moves between them, and parallel moves.

use super::index::{IntervalId, Position, Table};
use super::interval::{Interval, Intervals};
use super::registers::{Reg, RegisterFile};

/// A register, or the slot of a value or a web.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Loc(u32);

impl Loc {
    const SLOT: u32 = 1 << 31;

    pub fn reg(reg: Reg) -> Loc {
        Loc(u32::from(reg))
    }

    pub fn slot(value: IntervalId) -> Loc {
        Loc(value.0 | Loc::SLOT)
    }

    /// The register, or the value whose slot it is, which is the representative of its web.
    pub fn kind(self) -> LocKind {
        if self.is_slot() { LocKind::Slot(IntervalId(self.0 & !Loc::SLOT)) } else { LocKind::Reg(self.0 as Reg) }
    }

    pub fn is_slot(self) -> bool {
        self.0 & Loc::SLOT != 0
    }
}

/// A decoded [`Loc`].
pub(super) enum LocKind {
    Reg(Reg),
    Slot(IntervalId),
}

/// The point where a move is made: an instruction and a turn at it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct EditPoint(u32);

/// The turns at one position, in order: moves of the edge into a block, stores at its beginning, moves before an
/// instruction, moves of the edge out of a block, and stores after an instruction.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum When {
    Enter,
    Stored,
    Before,
    Leave,
    After,
}

impl When {
    pub fn at(self, inst: Position) -> EditPoint {
        EditPoint(inst.0 * EditPoint::TURNS + self as u32)
    }
}

impl EditPoint {
    /// The number of turns reserved for each instruction.
    const TURNS: u32 = 8;
    /// Positions must be below this.
    pub const MOST_INSTS: usize = (Position::NEVER.0 / EditPoint::TURNS) as usize;

    pub fn position(self) -> Position {
        Position(self.0 / EditPoint::TURNS)
    }

    pub fn is_after(self) -> bool {
        self.0 % EditPoint::TURNS == When::After as u32
    }
}

/// A move.
#[derive(Clone, Copy)]
pub(super) struct Move {
    pub at: EditPoint,
    pub from: Loc,
    pub to: Loc,
}

/// A set of parallel moves, to be put into an order.
///
/// The algorithm is that of Boissinot, Darte, Rastello, de Dinechin and Guillon, "Revisiting Out-of-SSA Translation for
/// Correctness, Code Quality, and Efficiency": a move is ready as soon as its target no longer needs to be read; if none
/// is ready, only cycles are left, and one location of a cycle is saved elsewhere.
#[derive(Default)]
pub(super) struct ParallelMoves {
    moves: Vec<ParallelMove>,
    /// Moves that are ready.
    ready: Vec<u32>,
    traffic: TrafficTable,
}

#[derive(Clone, Copy)]
struct ParallelMove {
    to: Loc,
    from: Loc,
    class: u8,
    made: bool,
}

/// The moves that read and write a location.
#[derive(Clone, Copy)]
struct Traffic {
    readers: u32,
    /// The number of a move, or [`NO_MOVE`].
    writer: u32,
}

const NO_MOVE: u32 = u32::MAX;

impl Traffic {
    const NONE: Traffic = Traffic { readers: 0, writer: NO_MOVE };
}

/// Traffic by location. Entries are written before they are read, so they are not reset between sets of moves.
struct TrafficTable {
    registers: [Traffic; 64],
    /// Long enough for the highest slot that has occurred in moves.
    slots: Table<IntervalId, Traffic>,
}

impl Default for TrafficTable {
    fn default() -> Self {
        TrafficTable { registers: [Traffic::NONE; 64], slots: Table::default() }
    }
}

impl TrafficTable {
    fn begin(&mut self, loc: Loc) {
        if let LocKind::Slot(value) = loc.kind() {
            self.slots.grow_to(value, Traffic::NONE);
        }
        *self.of(loc) = Traffic::NONE;
    }

    fn of(&mut self, loc: Loc) -> &mut Traffic {
        match loc.kind() {
            LocKind::Slot(value) => &mut self.slots[value],
            LocKind::Reg(reg) => &mut self.registers[usize::from(reg)],
        }
    }
}

impl ParallelMoves {
    /// Adds a move unless source and target are the same.
    pub fn push(&mut self, to: Loc, from: Loc, class: u8) {
        if to == from {
            return;
        }
        self.moves.push(ParallelMove { to, from, class, made: false });
    }

    /// Appends the moves to `out` in an order that has the same effect. A cycle of registers uses the scratch register. A
    /// cycle that contains a slot uses a slot of its own, which is a new interval and one more of the `spilled` values,
    /// because each of its moves between slots needs the scratch register.
    pub fn sequence(
        &mut self,
        at: EditPoint,
        file: &RegisterFile,
        intervals: &mut Intervals,
        spilled: &mut Vec<IntervalId>,
        out: &mut Vec<Move>,
    ) {
        let ParallelMoves { moves, ready, traffic } = self;
        if moves.is_empty() {
            return;
        }
        if let [only] = moves[..] {
            only.transfer(at, file, out);
            moves.clear();
            return;
        }
        for m in moves.iter() {
            traffic.begin(m.from);
            traffic.begin(m.to);
        }
        for (n, m) in moves.iter().enumerate() {
            traffic.of(m.from).readers += 1;
            traffic.of(m.to).writer = n as u32;
        }
        ready.clear();
        for (n, m) in moves.iter().enumerate() {
            if traffic.of(m.to).readers == 0 {
                ready.push(n as u32);
            }
        }
        let mut left = moves.len();
        let mut next = 0;
        while left > 0 {
            if let Some(n) = ready.pop() {
                let m = &mut moves[n as usize];
                m.made = true;
                m.transfer(at, file, out);
                left -= 1;
                was_read(traffic, m.from, ready);
                continue;
            }
            // Only cycles are left. One move's source is saved elsewhere so that the move that overwrites it can be made.
            while moves[next].made {
                next += 1;
            }
            let ParallelMove { to, from, class, .. } = moves[next];
            let mut in_registers = !to.is_slot();
            let mut loc = from;
            while loc != to {
                in_registers &= !loc.is_slot();
                loc = moves[traffic.of(loc).writer as usize].from;
            }
            let aside = if in_registers {
                Loc::reg(file.scratch[usize::from(class)])
            } else {
                let slot = intervals.push(Interval::in_slot(at.position(), class));
                spilled.push(slot);
                Loc::slot(slot)
            };
            ParallelMove { to: aside, ..moves[next] }.transfer(at, file, out);
            traffic.begin(aside);
            traffic.of(aside).readers = 1;
            moves[next].from = aside;
            was_read(traffic, from, ready);
        }
        moves.clear();
    }
}

/// Records that a location was read: after the last read, it may be overwritten.
fn was_read(traffic: &mut TrafficTable, loc: Loc, ready: &mut Vec<u32>) {
    let traffic = traffic.of(loc);
    traffic.readers -= 1;
    if traffic.readers == 0 && traffic.writer != NO_MOVE {
        ready.push(traffic.writer);
    }
}

impl ParallelMove {
    /// Appends a move, which goes through the scratch register if it is between slots.
    fn transfer(&self, at: EditPoint, file: &RegisterFile, out: &mut Vec<Move>) {
        let ParallelMove { to, from, class, .. } = *self;
        if to.is_slot() && from.is_slot() {
            let scratch = Loc::reg(file.scratch[usize::from(class)]);
            out.push(Move { at, from, to: scratch });
            out.push(Move { at, from: scratch, to });
        } else {
            out.push(Move { at, from, to });
        }
    }
}
