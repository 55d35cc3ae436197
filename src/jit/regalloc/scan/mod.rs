//! An allocator in two passes over the code, whose time is proportional to it.
//!
//! It is a linear scan (Poletto and Sarkar, "Linear Scan Register Allocation", TOPLAS 1999) on SSA form (Wimmer and Franz,
//! "Linear Scan Register Allocation on SSA Form", CGO 2010). Which value leaves a register is decided by the distance to its
//! next use (Belady, "A Study of Replacement Algorithms for a Virtual-Storage Computer", 1966; Braun and Hack, "Register
//! Spilling and Live-Range Splitting for SSA-Form Programs", CC 2009).
//!
//! The *survey* walks backwards. It notes for each use where the next one is, whether the value ends there, which values
//! each block needs from before it, which register a value had best be in, and the loops and dominators.
//!
//! The *scan* walks forwards, in reverse postorder, and simulates the registers: a value is in one register or in none.
//! An instruction that needs a register for which there is no room displaces the value whose next use is farthest away.
//! Displacing costs nothing then and there. Values are defined once, so that a spill slot, written once where it
//! dominates all that read it, is right wherever it is read: only when a displaced value is read again is it *known to
//! be spilled*, and where to store it is decided at the end, at the latest place that dominates the reads, is in no deeper
//! loop than the definition, and still has the value in a register. So a value that only a cold path displaces is stored
//! on that path.
//!
//! A block with one predecessor begins in the state that that one ended in. Where edges meet, a state is chosen, by
//! preference one that costs the most frequent edge nothing, and what differs is moved at the end of each predecessor;
//! as slots are valid wherever they are read, edges never store but to parameters that live in memory. At a loop header
//! the state is a promise to the edges back, whose sources have not been seen: values that the loop uses are in registers
//! (loaded before it, if need be), unless a call in each passing would displace them; others stay if there is room.
//!
//! | file | inside |
//! |---|---|
//! | `survey` | uses, liveness, hints |
//! | `graph` | loops and dominators |
//! | `inst` | one instruction |
//! | `edges` | where blocks meet |
//! | `place` | stores, slots, the result |
//!
//! Liveness is the one thing whose size is a product, of blocks and values: where it is too large for the function,
//! [`Scan::run`] refuses ([`Unfit`]).

mod edges;
mod graph;
mod inst;
mod place;
mod survey;
#[cfg(test)]
mod tests;

use regalloc2::{Allocation, Block, Function, Inst, MachineEnv, Output, PReg, PRegSet, RegClass, SpillSlot};

/// What the scan asks beyond what regalloc2 does.
pub trait Machine: Function {
    /// Whether the block is seldom entered.
    fn is_cold(&self, block: Block) -> bool;
}

/// Why a function is not for this allocator.
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

/// No block, no value, no loop.
const NONE: u32 = u32::MAX;
/// No further use. Positions are numbers of instructions.
const NEVER: u32 = 0x7fff_ffff;
/// Bit of a use: the value is not used after it in this block, nor on any way forward.
const ENDS: u32 = 0x8000_0000;

/// A register: 32 integer ones, then 32 of floats.
type Reg = u8;
const NO_REG: Reg = 0xff;
/// Registers as bits.
type Mask = u64;

const CLASS_MASK: [Mask; 2] = [0xffff_ffff, 0xffff_ffff << 32];

fn bit(reg: Reg) -> Mask {
    1 << reg
}

fn number(reg: PReg) -> Reg {
    (class_index(reg.class()) * 32 + reg.hw_enc()) as Reg
}

fn class_index(class: RegClass) -> usize {
    usize::from(class != RegClass::Int)
}

fn preg(reg: Reg) -> PReg {
    PReg::new(usize::from(reg & 31), if reg < 32 { RegClass::Int } else { RegClass::Float })
}

fn bits(mut mask: Mask) -> impl Iterator<Item = Reg> {
    std::iter::from_fn(move || {
        let reg = mask.trailing_zeros() as Reg;
        (mask != 0).then(|| {
            mask &= mask - 1;
            reg
        })
    })
}

/// A register, or the slot of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Loc(u32);

impl Loc {
    const SLOT: u32 = 1 << 31;

    fn reg(reg: Reg) -> Loc {
        Loc(u32::from(reg))
    }

    fn slot(value: u32) -> Loc {
        Loc(value | Loc::SLOT)
    }

    /// The value whose slot it is.
    fn as_slot(self) -> Option<u32> {
        (self.0 & Loc::SLOT != 0).then_some(self.0 & !Loc::SLOT)
    }
}

/// A virtual register.
#[derive(Clone, Copy)]
struct Value {
    /// Where it is used next, in the order of the code.
    next: u32,
    /// Where it is defined: an instruction, or the first one of the block whose parameter it is.
    first: u32,
    /// Where it may still be read.
    last: u32,
    /// The block that defines it.
    block: u32,
    /// The instruction that is being allocated, if it mentions the value; and if the value ends there.
    used: u32,
    ends: u32,
    /// The block that needs it from before, while that block is looked at.
    seen: u32,
    /// The loop that needs it throughout, while a block of that loop is looked at.
    looped: u32,
    /// Last position of the loop whose header has promised it in a register.
    held: u32,
    /// The block that dominates all that read it from its slot.
    need: u32,
    /// Where `hint` is wanted.
    hint_at: u32,
    /// A value that had best be in the same register: a parameter that it becomes, a result that overwrites it.
    link: u32,
    hint: Reg,
    /// Where it is.
    reg: Reg,
    /// Where it was defined. Of a parameter, before its block: where its first argument was.
    home: Reg,
    /// Where it is at the end of a predecessor, while edges are looked at.
    at: Reg,
    /// How many predecessors have it in a register.
    count: u32,
    /// As a slot, while moves are put into an order.
    traffic: edges::Traffic,
    class: u8,
    is_param: bool,
    /// Its slot is written by its definition.
    in_memory: bool,
}

impl Value {
    const NEW: Value = Value {
        next: NEVER,
        first: 0,
        last: 0,
        block: NONE,
        used: NONE,
        ends: NONE,
        seen: NONE,
        looped: NONE,
        held: 0,
        need: NONE,
        hint_at: 0,
        link: NONE,
        hint: NO_REG,
        reg: NO_REG,
        home: NO_REG,
        at: NO_REG,
        count: 0,
        traffic: edges::Traffic { readers: 0, writer: NONE },
        class: 0,
        is_param: false,
        in_memory: false,
    };
}

/// A block.
#[derive(Clone, Copy, Default)]
struct BlockData {
    first: u32,
    last: u32,
    /// In `live`: values that it needs from before and that are used here or on some way forward.
    live: (u32, u32),
    /// In `states`: what is in registers at its beginning and at its end.
    entry: (u32, u32),
    exit: (u32, u32),
    /// In `uses`: those by arguments of its edges.
    args: u32,
    /// Which of its predecessor's edges leads here: of several predecessors, each has one.
    edge: u32,
    idom: u32,
    /// A dominator farther away.
    jump: u32,
    depth: u32,
    /// The innermost loop.
    in_loop: u32,
    loop_depth: u32,
    /// How many values of each class are live at once.
    pressure: [u16; 2],
    cold: bool,
    calls: bool,
}

impl BlockData {
    /// How often it is executed, roughly: less is less often.
    fn weight(&self) -> u32 {
        self.loop_depth * 2 + u32::from(!self.cold)
    }
}

/// A natural loop.
#[derive(Clone, Copy)]
struct Loop {
    header: u32,
    parent: u32,
    /// Its last position.
    end: u32,
    /// In `through`: values that are live in all of it.
    live: (u32, u32),
    /// It has a call that is not on a cold path; one is on the way to a jump back.
    calls: bool,
    must_call: bool,
    pressure: [u16; 2],
}

/// A move: position with its place among what is there, and locations.
#[derive(Clone, Copy)]
struct Move {
    at: u32,
    from: Loc,
    to: Loc,
}

/// What is at one position, in order: moves of the edge into a block, stores at its beginning, moves before an
/// instruction, moves of the edge out of a block; and stores after an instruction.
#[derive(Clone, Copy)]
#[repr(u32)]
enum When {
    Enter,
    Stored,
    Before,
    Leave,
    After,
}

impl When {
    fn at(self, inst: u32) -> u32 {
        inst * 8 + self as u32
    }
}

/// The allocator: its registers, and memory that it keeps from one function to the next.
pub struct Scan {
    /// Allocatable registers, those with shorter encodings, scratch registers by class.
    all: Mask,
    short: Mask,
    scratch: [Reg; 2],
    /// Registers that instructions want for themselves, so that others had better not be there.
    shy: Mask,

    values: Vec<Value>,
    blocks: Vec<BlockData>,
    loops: Vec<Loop>,
    /// Index of each instruction's first operand.
    offsets: Vec<u32>,
    /// By operand, then by argument of an edge: the next use of the same value, and [`ENDS`].
    uses: Vec<u32>,
    live: Vec<u32>,
    through: Vec<u32>,
    states: Vec<(u32, Reg)>,
    /// Positions of calls outside of cold blocks, from the last to the first; those passed are removed.
    calls: Vec<u32>,
    /// Values that need slots.
    spilled: Vec<u32>,
    moves: Vec<Move>,
    /// Moves that do not come up in order: on edges, and stores.
    loose: Vec<Move>,
    allocs: Vec<Allocation>,
    /// Operands that are in slots.
    stack_allocs: Vec<u32>,
    parallel: edges::Parallel,
    candidates: Vec<u32>,
    work: Vec<u32>,

    /// What is in each register, as far as `occupied` says.
    content: [u32; 64],
    occupied: Mask,
    /// The block that is being allocated, and the loop whose values are marked.
    block: u32,
    in_loop: u32,
    /// Registers that the instruction reads, and those that it writes or that must last until its end.
    early: Mask,
    late: Mask,
    /// The last set of overwritten registers, in both forms.
    clobbers: (PRegSet, Mask),
}

impl Scan {
    pub fn new(env: &MachineEnv) -> Scan {
        let mask = |sets: &[PRegSet; 3]| sets.iter().flat_map(|&s| s).fold(0, |m, r| m | bit(number(r)));
        let short = mask(&env.preferred_regs_by_class);
        let scratch = |class: usize| env.scratch_by_class[class].map_or(NO_REG, number);
        Scan {
            all: short | mask(&env.non_preferred_regs_by_class),
            short,
            scratch: [scratch(0), scratch(1)],
            shy: 0,
            values: Vec::new(),
            blocks: Vec::new(),
            loops: Vec::new(),
            offsets: Vec::new(),
            uses: Vec::new(),
            live: Vec::new(),
            through: Vec::new(),
            states: Vec::new(),
            calls: Vec::new(),
            spilled: Vec::new(),
            moves: Vec::new(),
            loose: Vec::new(),
            allocs: Vec::new(),
            stack_allocs: Vec::new(),
            parallel: edges::Parallel::default(),
            candidates: Vec::new(),
            work: Vec::new(),
            content: [NONE; 64],
            occupied: 0,
            block: NONE,
            in_loop: NONE,
            early: 0,
            late: 0,
            clobbers: (PRegSet::empty(), 0),
        }
    }

    /// Allocates.
    ///
    /// # Errors
    /// [`Unfit`]; `output` is then unchanged.
    pub fn run<F: Machine>(&mut self, f: &F, output: &mut Output) -> Result<(), Unfit> {
        self.survey(f)?;
        self.allocs.clear();
        self.allocs.resize(self.offsets.last().map_or(0, |&n| n as usize), Allocation::none());
        self.stack_allocs.clear();
        self.states.clear();
        self.spilled.clear();
        self.moves.clear();
        self.loose.clear();
        self.occupied = 0;
        self.in_loop = NONE;
        for block in 0..self.blocks.len() as u32 {
            self.block(f, block)?;
        }
        self.finish(f, output);
        Ok(())
    }

    fn block<F: Machine>(&mut self, f: &F, b: u32) -> Result<(), Unfit> {
        self.block = b;
        self.enter(f, b);
        let BlockData { first, last, .. } = self.blocks[b as usize];
        for inst in first..=last {
            self.inst(f, inst)?;
        }
        self.leave(f, b);
        Ok(())
    }

    fn place(&mut self, value: u32, reg: Reg) {
        debug_assert_eq!(self.occupied & bit(reg), 0, "register {reg} is free");
        self.content[usize::from(reg)] = value;
        self.occupied |= bit(reg);
        self.values[value as usize].reg = reg;
    }

    /// Takes what is in a register out of it.
    fn unplace(&mut self, reg: Reg) {
        debug_assert_ne!(self.occupied & bit(reg), 0, "register {reg} is occupied");
        self.occupied &= !bit(reg);
        self.values[self.content[usize::from(reg)] as usize].reg = NO_REG;
    }

    fn class_of(&self, value: u32) -> Mask {
        self.all & CLASS_MASK[usize::from(self.values[value as usize].class)]
    }

    /// The value is read from its slot in this block (or at its beginning).
    fn needs(&mut self, value: u32, block: u32) {
        let need = self.values[value as usize].need;
        if need == NONE {
            self.spilled.push(value);
            self.values[value as usize].need = block;
        } else if need != block && !self.values[value as usize].in_memory {
            self.values[value as usize].need = self.common_dominator(need, block);
        }
    }

    /// The value's definition writes its slot.
    fn define_in_memory(&mut self, value: u32) {
        if self.values[value as usize].need == NONE {
            self.spilled.push(value);
            self.values[value as usize].need = self.values[value as usize].block;
        }
        self.values[value as usize].in_memory = true;
    }

    /// Registers where the value had best be.
    fn wish(&self, value: u32) -> Mask {
        let mut value = &self.values[value as usize];
        let mut wishes = 0;
        let call = self.calls.last().copied().unwrap_or(NEVER);
        for _ in 0..3 {
            if value.hint != NO_REG && value.hint_at <= call {
                return wishes | bit(value.hint);
            }
            if value.link == NONE {
                break;
            }
            value = &self.values[value.link as usize];
            if value.home != NO_REG {
                wishes |= bit(value.home);
                break;
            }
        }
        wishes
    }

    /// One of several registers.
    fn choose(&self, free: Mask, wish: Mask) -> Reg {
        for mask in [wish, self.short & !self.shy, !self.shy, self.short] {
            if free & mask != 0 {
                return (free & mask).trailing_zeros() as Reg;
            }
        }
        free.trailing_zeros() as Reg
    }

    /// Notes that a definition got a register, for those that want to be in the same one.
    fn settle(&mut self, value: u32, reg: Reg) {
        self.values[value as usize].home = reg;
        let link = self.values[value as usize].link;
        if link != NONE && self.values[link as usize].is_param && self.values[link as usize].home == NO_REG {
            self.values[link as usize].home = reg;
        }
    }

    fn clobbers<F: Machine>(&mut self, f: &F, inst: u32) -> Mask {
        let set = f.inst_clobbers(Inst::new(inst as usize));
        if set != self.clobbers.0 {
            self.clobbers = (set, set.into_iter().fold(0, |m, r| m | bit(number(r))) & self.all);
        }
        self.clobbers.1
    }

    /// Whether an instruction that overwrites these registers is like a call.
    fn is_call(&self, clobbers: Mask) -> bool {
        let ints = self.all & CLASS_MASK[0];
        (clobbers & ints).count_ones() * 2 > ints.count_ones()
    }

    fn allocation(&self, loc: Loc) -> Allocation {
        match loc.as_slot() {
            // Slots get their numbers at the end, in the field that is not needed any more.
            Some(value) => Allocation::stack(SpillSlot::new(self.values[value as usize].count as usize)),
            None => Allocation::reg(preg(loc.0 as Reg)),
        }
    }
}
