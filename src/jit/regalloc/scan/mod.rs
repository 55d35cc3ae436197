//! A register allocator with two passes over the code, in time proportional to its length.
//!
//! The *survey* walks backwards. It records for each use the position of the next use and whether the value dies there,
//! for each block the values that are live into it, for each value its preferred register, and the loops and dominators.
//!
//! The *scan* walks forwards, in reverse postorder, and simulates the registers: each value is in one register or in
//! none. If an instruction needs a register and none is free, it displaces the value whose next use is farthest away.
//! Displacing costs nothing at that point. Values are defined once, so a spill slot that is written once, at a place that
//! dominates all reads, is valid at each of them. Only when a displaced value is read again is it *known to be spilled*.
//! The place of the store is chosen at the end: the latest one that dominates the reads, is in no deeper loop than the
//! definition, and still has the value in a register. So a value that only a cold path displaces is stored on that path.
//!
//! A block with one predecessor begins in the state in which the predecessor ended. Where edges meet, a state is chosen,
//! preferably one that costs nothing on the most frequent edge, and moves at the end of each predecessor make up the
//! difference. As slots are valid wherever they are read, edges never store, except to parameters that live in memory. At
//! a loop header the state is a promise to the back edges, whose sources have not been seen yet: values that the loop
//! uses are in registers (if necessary, they are loaded before the loop) unless a call in each iteration would displace
//! them; other values stay in registers if there is room.
//!
//! # Sources
//!
//! * One pass over the code decides and rewrites, and edges are repaired afterwards: Traub, Holloway and Smith, "Quality
//!   and Speed in Linear-scan Register Allocation", PLDI 1998 (second-chance binpacking). A displaced value may come back
//!   to a different register, which splits its live range.
//! * The value with the farthest next use is displaced: Belady, "A Study of Replacement Algorithms for a
//!   Virtual-Storage Computer", 1966. The distance is weighted by the cost of a store.
//! * The rules for joins and loop headers are close to those of Braun and Hack, "Register Spilling and Live-Range
//!   Splitting for SSA-Form Programs", CC 2009, but distances are measured in code order instead of over all paths.
//! * One store serves all reads: Wimmer and Franz, "Linear Scan Register Allocation on SSA Form", CGO 2010. They store at
//!   the definition.
//! * Slots are shared as registers are in Poletto and Sarkar, "Linear Scan Register Allocation", TOPLAS 1999: by
//!   intervals without holes, in the order of their starts.
//!
//! # Phases
//!
//! | file | inside | writes |
//! |---|---|---|
//! | `survey` | uses, liveness, hints | `Survey`, intervals, blocks |
//! | `graph` | loops and dominators | `Graph` |
//! | `webs` | values that share slots because one becomes the other | `Webs` |
//! | `assign` | the scan: one instruction | placements, moves, operands |
//! | `edges` | the scan: block boundaries | placements, states of blocks, moves |
//! | `finish` | stores, slots | the result |
//!
//! All of these use `input` (functions, and reasons to refuse one), `index` (indices and positions), `registers`
//! (registers and sets of them), `interval` (live intervals) and `moves` (locations and parallel moves).
//!
//! Only liveness can take space proportional to a product, of blocks and values: if it becomes too large for the
//! function, [`Scan::run`] refuses ([`Unfit`]).

mod assign;
mod edges;
mod finish;
mod graph;
mod index;
mod input;
mod interval;
mod moves;
mod registers;
mod survey;
#[cfg(test)]
mod tests;
mod webs;

pub use input::{BlockFrequency, Unfit};

use graph::{BlockData, Graph};
use index::{BlockId, IntervalId, LoopIndex, Position, Table};
use interval::{Interval, Intervals};
use moves::{Loc, Move, ParallelMoves};
use regalloc2::{Allocation, MachineEnv, Output};
use registers::{ClobberCache, Mask, NO_REG, Reg, RegisterFile, bit};
use survey::Survey;
use webs::Webs;

/// The registers at the current position of the scan.
struct RegisterState {
    /// The value in each register that is in `occupied`.
    content: [IntervalId; 64],
    occupied: Mask,
    /// Registers that the instruction reads.
    early: Mask,
    /// Registers that the instruction writes, or whose values must last until its end.
    late: Mask,
}

impl RegisterState {
    const EMPTY: RegisterState = RegisterState { content: [IntervalId::NONE; 64], occupied: 0, early: 0, late: 0 };

    /// The value in an occupied register.
    fn at(&self, reg: Reg) -> IntervalId {
        self.content[usize::from(reg)]
    }
}

/// The output of the scan. Stores of spilled values and slot numbers are added at the end.
#[derive(Default)]
struct Edits {
    /// Moves before instructions, in order.
    ordered: Vec<Move>,
    /// Moves that are not generated in order: moves on edges, and stores.
    loose: Vec<Move>,
    /// The location of each operand. Until slots are numbered, an operand in a slot has the number of its value.
    operands: Vec<Allocation>,
    /// Indices of operands that are in slots.
    in_slots: Vec<u32>,
    /// Values that need slots; the values of one web share a slot.
    spilled: Vec<IntervalId>,
}

impl Edits {
    fn reset(&mut self, operands: usize) {
        self.ordered.clear();
        self.loose.clear();
        self.operands.clear();
        self.operands.resize(operands, Allocation::none());
        self.in_slots.clear();
        self.spilled.clear();
    }
}

/// The allocator: its registers, and memory that it reuses between functions.
pub struct Scan {
    file: RegisterFile,
    clobbers: ClobberCache,

    // Results of the survey.
    survey: Survey,
    graph: Graph,
    /// The intervals, which also record the places of values.
    intervals: Intervals,
    /// The values that share slots.
    webs: Webs,

    // The position of the scan.
    registers: RegisterState,
    /// The block that is being allocated.
    block: BlockId,
    /// The innermost loop around the block; its live values are marked.
    in_loop: LoopIndex,

    // Results of the scan.
    /// The contents of registers at the beginning and the end of blocks.
    states: Vec<(IntervalId, Reg)>,
    edits: Edits,
    /// The slot of each value that has one.
    slots: Table<IntervalId, u32>,

    // Working memory, reused between functions.
    parallel: ParallelMoves,
    candidates: Vec<IntervalId>,
}

impl Scan {
    /// Returns an allocator for these registers.
    pub fn new(env: &MachineEnv) -> Scan {
        Scan {
            file: RegisterFile::new(env),
            clobbers: ClobberCache::default(),
            survey: Survey::default(),
            graph: Graph::default(),
            intervals: Table::default(),
            webs: Webs::default(),
            registers: RegisterState::EMPTY,
            block: BlockId::NONE,
            in_loop: LoopIndex::NONE,
            states: Vec::new(),
            edits: Edits::default(),
            slots: Table::default(),
            parallel: ParallelMoves::default(),
            candidates: Vec::new(),
        }
    }

    /// Allocates the registers of a function whose blocks are in reverse postorder.
    ///
    /// # Errors
    /// [`Unfit`]; `output` is then left unchanged.
    pub fn run<F: BlockFrequency>(&mut self, f: &F, output: &mut Output) -> Result<(), Unfit> {
        self.survey.run(f, &self.file, &mut self.clobbers, &mut self.intervals, &mut self.graph)?;
        self.webs.find(f, &self.file, &self.survey, &self.intervals, &self.graph);
        self.edits.reset(self.survey.offsets.last().map_or(0, |&n| n as usize));
        self.states.clear();
        self.registers.occupied = 0;
        self.in_loop = LoopIndex::NONE;
        for block in self.graph.blocks.ids() {
            self.block(f, block)?;
        }
        self.finish(f, output);
        Ok(())
    }

    fn block<F: BlockFrequency>(&mut self, f: &F, b: BlockId) -> Result<(), Unfit> {
        self.block = b;
        self.enter(f, b);
        let BlockData { first, last, .. } = self.graph.blocks[b];
        for inst in first.0..=last.0 {
            self.inst(f, Position(inst))?;
        }
        self.leave(f, b);
        Ok(())
    }

    /// Puts a value into a free register.
    fn place(&mut self, value: IntervalId, reg: Reg) {
        debug_assert_eq!(self.registers.occupied & bit(reg), 0, "register {reg} is free");
        self.registers.content[usize::from(reg)] = value;
        self.registers.occupied |= bit(reg);
        self.intervals[value].place.reg = reg;
    }

    /// Removes the value in a register from it.
    fn unplace(&mut self, reg: Reg) {
        debug_assert_ne!(self.registers.occupied & bit(reg), 0, "register {reg} is occupied");
        self.registers.occupied &= !bit(reg);
        self.intervals[self.registers.at(reg)].place.reg = NO_REG;
    }

    /// The slot of a value.
    fn slot(&self, value: IntervalId) -> Loc {
        Loc::slot(self.webs.of(value))
    }

    /// The registers that a value may be in.
    fn allowed(&self, value: IntervalId) -> Mask {
        self.file.of_class(self.intervals[value].class())
    }

    /// Whether the value is live throughout the loop around the block.
    fn is_live_through(&self, value: &Interval) -> bool {
        !self.in_loop.is_none() && value.marks.through == self.in_loop
    }

    /// The next call outside of cold blocks.
    fn next_call(&self) -> Position {
        self.survey.calls.last().copied().unwrap_or(Position::NEVER)
    }

    /// Records that the value is read from its slot in this block (or at its beginning).
    fn read_from_slot(&mut self, value: IntervalId, block: BlockId) {
        let place = &mut self.intervals[value].place;
        if place.readers.is_none() {
            place.readers = block;
            self.edits.spilled.push(value);
        } else if !place.in_memory {
            place.readers = self.graph.common_dominator(place.readers, block);
        }
    }

    /// Records that the value's definition writes its slot.
    fn define_in_memory(&mut self, value: IntervalId) {
        let interval = &mut self.intervals[value];
        if interval.place.readers.is_none() {
            interval.place.readers = interval.live.block;
            self.edits.spilled.push(value);
        }
        interval.place.in_memory = true;
    }

    /// The preferred registers of a value.
    fn wish(&self, value: IntervalId) -> Mask {
        let mut value = &self.intervals[value];
        let mut wishes = 0;
        let call = self.next_call();
        for _ in 0..3 {
            if value.hint.reg != NO_REG && value.hint.at <= call {
                return wishes | bit(value.hint.reg);
            }
            if value.hint.link.is_none() {
                break;
            }
            value = &self.intervals[value.hint.link];
            if value.place.home != NO_REG {
                wishes |= bit(value.place.home);
                break;
            }
        }
        wishes
    }

    /// Chooses one of several registers.
    fn choose(&self, free: Mask, wish: Mask) -> Reg {
        let (short, required) = (self.file.short, self.survey.required);
        for mask in [wish, short & !required, !required, short] {
            if free & mask != 0 {
                return (free & mask).trailing_zeros() as Reg;
            }
        }
        free.trailing_zeros() as Reg
    }

    /// Records the register of a definition, also for the value that should be in the same register.
    fn settle(&mut self, value: IntervalId, reg: Reg) {
        self.intervals[value].place.home = reg;
        let link = self.intervals[value].hint.link;
        if !link.is_none() {
            let link = &mut self.intervals[link];
            if link.edge.is_param && link.place.home == NO_REG {
                link.place.home = reg;
            }
        }
    }
}
