//! Redundant loads and store-to-load forwarding, by region.
//!
//! Walks the dominator tree. Facts at the end of a block hold at the start of the blocks that have it as their only
//! predecessor; where paths meet, all facts are dropped. Instead of sets of facts, the pass keeps for each class of
//! memory the time of its last possible write, and for each known value the time at which it was learnt: a known value is
//! valid if it was learnt after the last write.

use super::super::ir::{Access, Block, Effect, Function, Imm, Inst, Op, Region, Type, Value};
use super::edit::{finish_resolving, resolve_uses};
use super::walk::{Step, walk_dominators};
use crate::runtime::libcalls::Libcall;
use foldhash::{HashMap, HashMapExt};

/// The number of classes of memory. Classes never alias each other: linear memory, and the regions.
pub const CLASSES: usize = CONSTANT + 1;
/// All of linear memory: two memories may be the same one.
const HEAP: usize = 0;
/// Sizes of memories.
pub const MEMORY_LEN: usize = 1;
const STORE_STATE: usize = 5;
/// The buffer for values that pass between stacks.
const TRANSFER: usize = 7;
/// The first class of globals; there is one for each type.
const GLOBALS: usize = 8;
/// The first class of array elements; there is one for each type and two more for packed elements.
const ELEMENTS: usize = GLOBALS + TYPES;
/// The first class of fields; all fields are spread over these classes.
const FIELDS: usize = ELEMENTS + TYPES + 2;
const FIELD_CLASSES: usize = 24;
const TYPES: usize = Type::ALL.len();
/// Memory that is never written after it has been read.
const CONSTANT: usize = FIELDS + FIELD_CLASSES;

/// Returns the class of a region; `None` for memory that never changes. Two regions that may alias have the same class.
pub fn class(region: Region) -> Option<usize> {
    Some(match region {
        Region::Immutable | Region::ImmutableGlobal => return None,
        Region::MemoryLen(_) => MEMORY_LEN,
        Region::TableDesc(_) => 2,
        Region::TableElem => 3,
        Region::ExceptionPayload => 4,
        Region::StoreState => STORE_STATE,
        Region::Fuel => 6,
        Region::Transfer => TRANSFER,
        Region::Global(_, ty) => GLOBALS + ty as usize,
        Region::Elements(Type::I32, 1) => ELEMENTS + TYPES,
        Region::Elements(Type::I32, 2) => ELEMENTS + TYPES + 1,
        Region::Elements(ty, _) => ELEMENTS + ty as usize,
        Region::StructField(offset, ty) => FIELDS + (offset as usize / 4 * TYPES + ty as usize) % FIELD_CLASSES,
        Region::Constant => CONSTANT,
    })
}

/// A set of classes as bits.
pub type Classes = u64;
const ALL: Classes = (1 << CONSTANT) - 1;
/// All classes of elements, relative to the first one.
const ELEMENT_CLASSES: Classes = (1 << (FIELDS - ELEMENTS)) - 1;
/// Classes that other threads may have changed after this thread has synchronized with them.
const SHARED: Classes = 1 << HEAP | 1 << MEMORY_LEN;

/// Returns the classes that an instruction may write.
pub fn written(op: Op, imm: Imm) -> Classes {
    match (op, imm) {
        (Op::Store, Imm::Field { region: Region::Constant, .. }) => 0,
        (Op::Store, Imm::Field { region, .. }) => class(region).map_or(0, |c| 1 << c),
        (Op::HeapStore, _) => 1 << HEAP,
        (Op::Libcall | Op::TryLibcall, Imm::Libcall(libcall)) => written_by(libcall),
        // Synchronising makes the writes of other threads visible.
        (op, _) if op.is_atomic() => SHARED,
        (Op::Fence, _) => SHARED,
        // A poll only looks for an interrupt. A landing pad only reads: the call that threw has written.
        (Op::Poll | Op::LandingPad, _) => 0,
        // A new object was not visible before.
        (Op::Alloc, _) => 1 << STORE_STATE,
        // These leave the function.
        (Op::Return | Op::TrapNow | Op::ReturnCall | Op::ReturnCallRef, _) => 0,
        (Op::Jump | Op::BrIf | Op::BrTable, _) => 0,
        _ => match op.effect() {
            Effect::Call | Effect::Terminator | Effect::Write | Effect::WriteTrap => ALL,
            Effect::Pure | Effect::Guarded | Effect::Read | Effect::ReadTrap | Effect::Trap => 0,
        },
    }
}

fn written_by(libcall: Libcall) -> Classes {
    let bits = |regions: &[Region]| regions.iter().filter_map(|&r| class(r)).map(|c| 1 << c).sum::<Classes>();
    match libcall {
        // Synchronises with other threads, as `memory.size` of a shared memory does, which is a growth by 0.
        Libcall::MemoryGrow => SHARED,
        // Bulk operations take fuel.
        Libcall::MemoryCopy | Libcall::MemoryFill | Libcall::MemoryInit => bits(&[Region::Fuel]) | 1 << HEAP,
        Libcall::TableGrow => bits(&[Region::TableDesc(0), Region::TableElem]),
        Libcall::TableCopy | Libcall::TableFill | Libcall::TableInit => bits(&[Region::TableElem, Region::Fuel]),
        // They synchronise with other threads.
        Libcall::AtomicWait32 | Libcall::AtomicWait64 | Libcall::AtomicNotify => SHARED,
        Libcall::DataDrop | Libcall::ElemDrop | Libcall::TraceStore => 0,
        // Elements of new arrays were not visible before. Large ones take fuel.
        Libcall::StructNew | Libcall::Allocate | Libcall::ArrayNew => bits(&[Region::StoreState, Region::Fuel]),
        Libcall::ArrayNewData | Libcall::ArrayNewElem => bits(&[Region::StoreState, Region::Fuel]),
        Libcall::ArrayFill | Libcall::ArrayCopy | Libcall::ArrayInitData | Libcall::ArrayInitElem => {
            (ELEMENT_CLASSES << ELEMENTS) | bits(&[Region::Fuel])
        }
        Libcall::ExceptionNew => bits(&[Region::StoreState, Region::ExceptionPayload]),
        // Any code may have run before they return.
        Libcall::Resume | Libcall::ResumeThrow | Libcall::Suspend | Libcall::Switch => ALL,
        Libcall::ContNew | Libcall::ContBind => bits(&[Region::StoreState, Region::Transfer]),
        Libcall::Throw | Libcall::Trap | Libcall::StackCheck | Libcall::CallArray => ALL,
    }
}

/// An address and the kind of access to it. Equal locations hold equal contents.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Location {
    base: Value,
    /// `None` outside linear memory.
    index: Option<Value>,
    imm: Imm,
    ty: Type,
}

#[derive(Clone, Copy)]
struct KnownValue {
    value: Value,
    /// The time at which the value was learnt.
    since: u64,
}

/// Replaces redundant loads; returns their number.
pub fn forward_loads(f: &mut Function) -> u64 {
    let cfg = f.cfg();
    let mut facts =
        MemoryFacts { recent: Vec::new(), known: HashMap::new(), log: Vec::new(), killed: [0; CLASSES], now: 0 };
    let mut saved = Vec::new();
    let mut count = 0;
    for step in walk_dominators(f, &cfg) {
        match step {
            Step::Enter(block) => {
                saved.push((facts.log.len(), facts.killed));
                if cfg.preds(block).len() != 1 {
                    facts.kill(ALL);
                }
                count += facts.block(f, block);
            }
            Step::Leave(_) => {
                let (mark, killed) = saved.pop().expect("entered before");
                facts.undo(mark);
                facts.killed = killed;
            }
        }
    }
    finish_resolving(f, &cfg);
    count
}

/// The maximum number of locations in linear memory that a store compares itself with to keep those that it cannot touch.
const RECENT: usize = 16;

impl Location {
    /// The offsets of the first byte and of the end in linear memory, relative to base + index.
    fn range(&self) -> (u64, u64) {
        match self.imm {
            Imm::Heap { offset, access, .. } => {
                (u64::from(offset), u64::from(offset) + u64::from(access.bytes(self.ty)))
            }
            _ => (0, u64::MAX),
        }
    }

    /// Whether the two are relative to one address and do not overlap. (Base and index are added without wrapping: an
    /// access beyond 2^32 is out of bounds.)
    fn is_beside(&self, other: &Location) -> bool {
        let ((a, a_end), (b, b_end)) = (self.range(), other.range());
        self.base == other.base && self.index == other.index && (a_end <= b || b_end <= a)
    }
}

/// The values known at the current point of the walk.
struct MemoryFacts {
    /// The locations in linear memory that were learnt last.
    recent: Vec<Location>,
    known: HashMap<Location, KnownValue>,
    /// Entries to restore when the walk leaves a block.
    log: Vec<(Location, Option<KnownValue>)>,
    /// For each class, the time of the last possible write.
    killed: [u64; CLASSES],
    /// The current time: counts writes and learnt values.
    now: u64,
}

impl MemoryFacts {
    fn kill(&mut self, classes: Classes) {
        self.now += 1;
        let mut left = classes;
        while left != 0 {
            self.killed[left.trailing_zeros() as usize] = self.now;
            left &= left - 1;
        }
    }

    fn undo(&mut self, mark: usize) {
        for (location, before) in self.log.drain(mark..).rev() {
            match before {
                Some(known) => self.known.insert(location, known),
                None => self.known.remove(&location),
            };
        }
    }

    fn learn(&mut self, location: Location, value: Value) {
        self.now += 1;
        let before = self.known.insert(location, KnownValue { value, since: self.now });
        self.log.push((location, before));
        if location.index.is_some() && !self.recent.contains(&location) {
            if self.recent.len() == RECENT {
                self.recent.remove(0);
            }
            self.recent.push(location);
        }
    }

    /// Handles a store to linear memory: drops what is known about it except for locations that the store does not overlap.
    fn store(&mut self, location: Location) {
        let killed = self.killed[HEAP];
        let kept: Vec<(Location, Value)> = self
            .recent
            .iter()
            .filter(|other| other.is_beside(&location))
            .filter_map(|other| Some((*other, self.known.get(other).filter(|known| known.since > killed)?.value)))
            .collect();
        self.kill(1 << HEAP);
        for (location, value) in kept {
            self.learn(location, value);
        }
    }

    fn block(&mut self, f: &mut Function, block: Block) -> u64 {
        let mut count = 0;
        let mut insts = std::mem::take(&mut f.blocks[block.index()].insts);
        insts.retain(|&inst| {
            let gone = self.inst(f, inst);
            count += u64::from(gone);
            !gone
        });
        f.blocks[block.index()].insts = insts;
        count
    }

    /// Records the effect of an instruction. Returns true if it was a load of a known value and must be dropped.
    fn inst(&mut self, f: &mut Function, inst: Inst) -> bool {
        resolve_uses(f, inst);
        let data = f.inst(inst);
        let (op, imm) = (data.op, data.imm);
        let location = |base: Value, index: Option<Value>, ty: Type| Location { base, index, imm, ty };
        match op {
            Op::Load | Op::HeapLoad => {
                let Some(class) = (match imm {
                    Imm::Field { region, .. } => class(region),
                    _ => Some(HEAP),
                }) else {
                    return false;
                };
                let location = location(data.args[0], data.args.get(1).copied(), data.ty);
                match self.known.get(&location) {
                    Some(known) if known.since > self.killed[class] && f.may_rewrite() => {
                        let (value, result) = (known.value, f.result(inst));
                        f.replace(result, value);
                        return true;
                    }
                    _ => self.learn(location, f.inst(inst).first_result),
                }
            }
            Op::Store => {
                let (location, value) = (location(data.args[1], None, data.ty), data.args[0]);
                self.kill(written(op, imm));
                if let Imm::Field { region, access, .. } = imm
                    && class(region).is_some()
                    && access == Access::Full
                {
                    self.learn(location, value);
                }
            }
            Op::HeapStore => {
                let whole = matches!(imm, Imm::Heap { access: Access::Full, .. });
                let location = location(data.args[1], Some(data.args[2]), data.ty);
                let value = data.args[0];
                self.store(location);
                if whole {
                    self.learn(location, value);
                }
            }
            _ => {
                let classes = written(op, imm);
                if classes != 0 {
                    self.kill(classes);
                }
            }
        }
        false
    }
}
