//! One pass from WebAssembly's operators to bytecode.
//!
//! The operand stack is followed entry by entry. An entry is in the temporary of its height, or it is *deferred*: a
//! constant, or a local that was read and has not changed since. Deferred entries become operands of whatever uses
//! them, without an instruction of their own. Three invariants keep this right:
//!
//! - A write of a local first copies deferred reads of it into their temporaries.
//! - Deferred reads do not cross the entry of a block: otherwise such a copy, made on one path into a label only, would
//!   leave the entry in two places. Constants may, since nothing ever moves those below the block's height.
//! - Values that a label takes are in the temporaries of their heights at each jump to it.
//!
//! The result of the last instruction is also known to be in an accumulator, until a label, a call or the next result.

mod atomics;
mod continuations;
mod control;
pub(super) mod nans;
mod objects;
mod operators;
mod stack;
mod vectors;
mod weights;

use super::InterpCode;
use super::code::{self, Catch, Handler, Nesting, Site};
use super::dispatch;
use super::encoding::{Counted, Operands, P16, Slot, decode, encode};
use super::family::{Cmp, ValueClass};
use super::frame::HEADER;
use super::handlers::{Op, RETURNS};
use super::shapes::FrameEffect;
use crate::config::Config;
use crate::module::{BodyIndex, BodyKind, Module, RefType, ValType};
use crate::runtime::compile_error::CompileLimits;
use crate::runtime::heap::layout;
use crate::runtime::value::Val;
use control::Control;
use foldhash::{HashMap, HashMapExt};
use stack::StackEntry;
use std::ops::Range;
use std::rc::Rc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32};
use wasmparser::{BinaryReader, FunctionBody, OperatorsReader};
use weights::Weights;

/// A body that the interpreter cannot execute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// The missing feature, or the limit.
    pub reason: Reason,
    /// Byte offset in the module's binary.
    pub offset: usize,
}

/// Why the interpreter cannot execute a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A feature that is not implemented: "shared-everything-threads", ….
    Feature(&'static str),
    /// An implementation limit.
    Limit(Limit),
    /// An implementation limit that is lowered by the memory for compiling.
    Memory(Limit),
    /// The time limit was reached, or there was an interrupt.
    Timeout,
}

/// An implementation limit that a body exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Locals and operand stack together take more slots than instructions can name.
    Frame,
    /// Values that many branches take along are copied at each of them.
    Code,
    /// Arguments and handlers of a `resume` have no room in the transfer area.
    Handlers,
}

/// Slots on one side of the header.
const MOST_SLOTS: usize = 32_000;
/// Words of bytecode.
const MOST_WORDS: usize = 32 << 20;
/// Bytes of memory for a word, while the bytecode grows by doubling.
pub(super) const BYTES_PER_WORD: u64 = 32;
/// Bytes of memory for a slot of the frame.
const BYTES_PER_SLOT: u64 = 64;

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Reason::Feature(feature) => feature,
            Reason::Timeout => "a function that takes longer than the time limit",
            Reason::Limit(Limit::Frame) => "frame of more than 64,000 slots",
            Reason::Limit(Limit::Code) => "bytecode of more than 256 MiB",
            Reason::Limit(Limit::Handlers) => "resume with more than some 4,000 arguments and handlers",
            Reason::Memory(Limit::Frame) => "frame of more slots than the memory for compiling allows",
            Reason::Memory(Limit::Code) => "bytecode of more bytes than the memory for compiling allows",
            Reason::Memory(Limit::Handlers) => "more arguments and handlers than the memory for compiling allows",
        })
    }
}

impl std::fmt::Display for Unsupported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is not supported by the interpreter (at offset {:#x})", self.reason, self.offset)
    }
}

impl std::error::Error for Unsupported {}

/// Translates a body of a valid module.
///
/// # Errors
/// If the body uses a feature that the interpreter does not have, or exceeds one of its limits.
///
/// # Panics
/// If `chained` and the build has no chained dispatcher, if the body does not exist, or if the module is not valid.
pub fn translate(module: &Module, body: BodyIndex, chained: bool) -> Result<InterpCode, Unsupported> {
    translate_with(module, body, chained, &Config::default(), None)
}

/// As [`translate`], with a configuration (fuel, tracing of stores, poison and NaNs apply to the interpreter) and the bytes
/// of memory that branches which copy many values may take.
///
/// # Errors
/// As [`translate`].
///
/// # Panics
/// As [`translate`].
pub fn translate_with(
    module: &Module,
    body: BodyIndex,
    chained: bool,
    config: &Config,
    memory: Option<u64>,
) -> Result<InterpCode, Unsupported> {
    translate_within(module, body, chained, config, CompileLimits { memory, ..CompileLimits::default() })
}

/// As [`translate_with`], within all limits.
///
/// # Errors
/// As [`translate`], and if the time limit is reached.
///
/// # Panics
/// As [`translate`].
pub fn translate_within(
    module: &Module,
    body: BodyIndex,
    chained: bool,
    config: &Config,
    limits: CompileLimits<'_>,
) -> Result<InterpCode, Unsupported> {
    assert!(!chained || dispatch::CHAIN, "this build has no chained dispatcher");
    let range = module.bodies[body.0 as usize].range.clone();
    let reader = BinaryReader::new(&module.bytes[range.clone()], range.start as u64);
    let signature = module.body_signature(body);
    let mut t = Translator::new(module, chained, range.clone());
    t.limits = limits;
    if let Some(bytes) = limits.memory {
        t.most_words = MOST_WORDS.min((bytes / BYTES_PER_WORD) as usize);
        t.most_slots = MOST_SLOTS.min((bytes / BYTES_PER_SLOT) as usize);
    }
    let mut local_types = signature.params().to_vec();
    let operators = match module.bodies[body.0 as usize].kind {
        BodyKind::Function(_) => {
            let function = FunctionBody::new(reader);
            let locals = function.get_locals_reader().expect("the module was decoded");
            for group in locals {
                let (count, ty) = group.expect("the module was decoded");
                local_types.extend(std::iter::repeat_n(ty, count as usize));
            }
            function.get_operators_reader().expect("the module was decoded")
        }
        BodyKind::Const(_) => OperatorsReader::new(reader),
    };
    t.locals(&local_types, Val::slots(signature.results()))?;
    // Constant expressions take no fuel: their length is bounded, and they run before any is given.
    t.trace_stores = config.trace_stores;
    t.poison = config.poison;
    t.canonical_nans = config.nan.is_canonical();
    t.fuel = config.fuel && t.is_function(body);
    t.counts = config.mode.replaces() && t.is_function(body);
    // Nothing weighs more than what executes the whole body.
    let most = config.mode.weight(range.len(), range.len());
    t.weights = (t.counts && most > 1).then(|| Weights::new(config.mode, range));
    t.count(code::AT_ENTRY);
    t.take_fuel();
    t.body(operators, signature.results())?;
    Ok(t.finish(body, Val::slots(signature.params()) as u32, Val::slots(signature.results()) as u32))
}

/// The class of a type; for a vector, that of its first slot.
fn class_of(module: &Module, ty: ValType) -> ValueClass {
    match ty {
        ValType::I32 => ValueClass::Int32,
        ValType::I64 => ValueClass::Int64,
        ValType::F32 => ValueClass::F32,
        ValType::F64 => ValueClass::F64,
        ValType::V128 => ValueClass::V128,
        ValType::Ref(r) if layout::is_func_in_module(module, r) => ValueClass::Int64,
        ValType::Ref(_) => ValueClass::Int32,
    }
}

/// Classes of slots, shared by all blocks of a type: a block takes few bytes, but its type may have a thousand values.
type Classes = Rc<[ValueClass]>;

/// The classes of the slots that values of these types take.
fn classes_of(module: &Module, types: &[ValType]) -> Vec<ValueClass> {
    let mut classes = Vec::with_capacity(types.len());
    for &ty in types {
        let class = class_of(module, ty);
        classes.push(class);
        if class == ValueClass::V128 {
            classes.push(ValueClass::V128High);
        }
    }
    classes
}

/// The slots that the accumulators are known to mirror.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Mirrors {
    int: Option<Slot>,
    f32: Option<Slot>,
    f64: Option<Slot>,
}

impl Mirrors {
    /// The slot mirrored by the accumulator of a class, if there is such an accumulator.
    fn of(&mut self, class: ValueClass) -> Option<&mut Option<Slot>> {
        match class {
            ValueClass::Int32 | ValueClass::Int64 => Some(&mut self.int),
            ValueClass::F32 => Some(&mut self.f32),
            ValueClass::F64 => Some(&mut self.f64),
            ValueClass::V128 | ValueClass::V128High => None,
        }
    }

    /// Forgets the mirrors of a value's slots, which are about to be overwritten. `class`: the class of the value.
    fn clobber(&mut self, first: Slot, class: ValueClass) {
        for mirror in [&mut self.int, &mut self.f32, &mut self.f64] {
            if mirror.is_some_and(|slot| (first.0..first.0 + class.slots() as i16).contains(&slot.0)) {
                *mirror = None;
            }
        }
    }
}

/// Where the operands of a comparison are: enough to emit it again as a branch.
#[derive(Clone, Copy, Debug)]
enum CompareForm {
    Ss(Slot, Slot),
    Sk(Slot, i32),
    As(Slot),
    Ak(i32),
}

/// The last instruction, if it has a destination and nothing can jump to the point after it.
#[derive(Clone, Copy, Debug)]
struct LastInst {
    start: usize,
    dst: Slot,
    /// The mirrors before it.
    before: Mirrors,
    fusible: Fusible,
}

/// The fusion that the last instruction allows.
#[derive(Clone, Copy, Debug)]
enum Fusible {
    /// A branch on it.
    Comparison(&'static Cmp, CompareForm),
    /// An access at the sum.
    Sum(Slot, Slot),
    /// A branch, if the constant is added to the slot that is written.
    Step(Slot, i32),
    /// Canonical NaNs: left out where the consumer of the value does not distinguish NaNs.
    Canonical(nans::Floats),
    /// This opcode, if the slot of its address is the one that is written.
    Load(Slot, Op),
    Other,
}

struct Translator<'m> {
    module: &'m Module,
    chained: bool,
    words: Vec<u64>,
    /// The maximum length of `words`: it is linear in the size of the WebAssembly, except where branches copy values.
    most_words: usize,
    /// What the loops that are counted take beside them: memory, and time to look at what is below them.
    words_of_loops: usize,
    /// The maximum number of slots above the frame pointer, for the same reason.
    most_slots: usize,
    offsets: Vec<(u32, u32)>,
    /// With the order in which they ended.
    handlers: Vec<(u32, Handler)>,
    ended_handlers: u32,
    /// Slot and class of each local.
    local_slots: Vec<(Slot, ValueClass)>,
    /// Slots below the frame pointer.
    below: usize,
    /// Locals without room there, between the header and the operand stack.
    above: usize,
    stack: Vec<StackEntry>,
    /// The vector constants.
    vectors: Vec<u128>,
    /// By number of a local: the highest entry that is, or was, a deferred read of it; the others are linked from
    /// there.
    reads: Vec<u32>,
    /// The number of entries that are deferred locals.
    deferred_locals: usize,
    max_height: usize,
    control: Vec<Control>,
    /// The parameters and results of blocks, by index of their type.
    block_types: HashMap<u32, (Classes, Classes)>,
    no_classes: Classes,
    mirrors: Mirrors,
    last: Option<LastInst>,
    /// False between a jump and the next `else` or `end` of the same block.
    reachable: bool,
    /// Unconditional jumps, by the word index of their instruction.
    jumps: Vec<usize>,
    /// Blocks opened while unreachable.
    dead_blocks: usize,
    /// The byte offset of the current operator.
    offset: usize,
    /// Count fuel.
    fuel: bool,
    /// Count entries and beginnings of loops.
    counts: bool,
    loops: Vec<code::CountedLoop>,
    /// What entries and beginnings of loops weigh; `None` if each weighs 1.
    weights: Option<Weights>,
    /// Branches that can be watched.
    sites: Vec<Site>,
    trace_stores: bool,
    poison: bool,
    canonical_nans: bool,
    limits: CompileLimits<'m>,
}

type TranslateResult = Result<(), Unsupported>;

impl<'m> Translator<'m> {
    /// `range`: of the body, in the binary.
    fn new(module: &'m Module, chained: bool, range: Range<usize>) -> Self {
        // More than nearly all bodies need, and shrunk at the end: growing would leave holes.
        let words = range.len() + code::ENTRY;
        let mut t = Translator {
            module,
            chained,
            words: Vec::with_capacity(words),
            most_words: MOST_WORDS,
            words_of_loops: 0,
            most_slots: MOST_SLOTS,
            offsets: Vec::with_capacity(words / 2),
            handlers: Vec::new(),
            ended_handlers: 0,
            local_slots: Vec::new(),
            below: 0,
            above: 0,
            stack: Vec::new(),
            vectors: Vec::new(),
            reads: Vec::new(),
            deferred_locals: 0,
            max_height: 0,
            control: Vec::new(),
            block_types: HashMap::new(),
            no_classes: Classes::default(),
            mirrors: Mirrors::default(),
            last: None,
            reachable: true,
            jumps: Vec::new(),
            dead_blocks: 0,
            offset: range.start,
            fuel: false,
            counts: false,
            loops: Vec::new(),
            weights: None,
            sites: Vec::new(),
            trace_stores: false,
            poison: false,
            canonical_nans: false,
            limits: CompileLimits::default(),
        };
        // The return point of entry frames, and the targets of diverted instructions.
        for op in [Op::Exit, Op::CallOut, Op::TailOut, Op::Heated] {
            t.emit(op, super::encoding::Nothing {});
        }
        debug_assert_eq!(t.words.len(), code::ENTRY);
        t
    }

    fn unsupported(&self, feature: &'static str) -> Unsupported {
        Unsupported { reason: Reason::Feature(feature), offset: self.offset }
    }

    fn over(&self, limit: Limit) -> Unsupported {
        Unsupported { reason: Reason::Limit(limit), offset: self.offset }
    }

    /// As [`Translator::over`], where the memory for compiling may have lowered the limit: `count` is over the lower one, and
    /// `most` is the limit without it.
    fn over_lowered(&self, limit: Limit, count: usize, most: usize) -> Unsupported {
        let reason = if count > most { Reason::Limit(limit) } else { Reason::Memory(limit) };
        Unsupported { reason, offset: self.offset }
    }

    /// Lays out the locals below the frame pointer. There is always room for the results, which take their place, so
    /// that no result lands on the header. Locals that instructions could not name there go above the header, and are
    /// zeroed by an instruction; there are never that many parameters.
    fn locals(&mut self, types: &[ValType], results: usize) -> TranslateResult {
        let slots = Val::slots(types);
        // A vector does not lie on both sides of the header.
        let mut below = 0;
        for &ty in types {
            let more = class_of(self.module, ty).slots();
            if below + more > MOST_SLOTS {
                break;
            }
            below += more;
        }
        self.below = below.max(results);
        self.above = slots - below;
        if self.below > MOST_SLOTS || self.above > MOST_SLOTS {
            return Err(self.over(Limit::Frame));
        }
        let mut i = 0;
        for &ty in types {
            let class = class_of(self.module, ty);
            let slot = if i < below { i as isize - self.below as isize } else { (HEADER + i - below) as isize };
            self.local_slots.push((Slot(slot as i16), class));
            i += class.slots();
        }
        self.reads = vec![stack::NONE; self.below + self.above];
        if self.above > 0 {
            let first = Slot(HEADER as i16);
            self.emit(Op::Zero, super::encoding::Dx { dst: first, pad: P16, index: self.above as u32 });
        }
        Ok(())
    }

    fn has_too_many_words(&self) -> bool {
        self.words.len() + self.words_of_loops > self.most_words
    }

    fn check_words(&self) -> TranslateResult {
        match self.has_too_many_words() {
            true => Err(self.over_lowered(Limit::Code, self.words.len() + self.words_of_loops, MOST_WORDS)),
            false => Ok(()),
        }
    }

    fn body(&mut self, mut operators: OperatorsReader<'_>, results: &[ValType]) -> TranslateResult {
        self.control.push(Control::function(self.module, results));
        let mut number = 0;
        while !operators.eof() {
            self.offset = operators.original_position() as usize;
            if self.limits.check_time_at(number).is_err() {
                return Err(Unsupported { reason: Reason::Timeout, offset: self.offset });
            }
            number += 1;
            let operator = operators.read().expect("the module was decoded");
            if let Some(weights) = &mut self.weights
                && self.reachable
            {
                weights.operator(&operator, self.offset, self.control.len());
            }
            self.operator(&operator)?;
            self.check_words()?;
        }
        assert!(self.control.is_empty(), "a body ends with its last `end`");
        Ok(())
    }

    fn finish(mut self, body: BodyIndex, params: u32, results: u32) -> InterpCode {
        self.handlers.sort_unstable_by_key(|&(order, _)| order);
        self.thread_returns();
        let words = self.words.into_boxed_slice();
        let handlers: Box<[Handler]> = self.handlers.into_iter().map(|(_, h)| h).collect();
        InterpCode {
            entry: words[code::ENTRY..].as_ptr(),
            locals: self.below as u32,
            extent: (HEADER + self.above + self.max_height + HEADER) as u32,
            zeroed: self.below as u32 - params,
            below: (self.local_slots.iter().map(|&(_, class)| class.slots()).sum::<usize>() - self.above) as u32,
            above: self.above as u32,
            params,
            results,
            chained: self.chained,
            body,
            words,
            nesting: Nesting::of(&handlers),
            handlers,
            offsets: self.offsets.into_boxed_slice(),
            passings: AtomicU32::new(u32::MAX),
            entered: AtomicU32::new(0),
            loops: self.loops.into_boxed_slice(),
            sites: self.sites.into_boxed_slice(),
            watching: OnceLock::new(),
            is_watched: AtomicBool::new(false),
            watch: None,
        }
    }

    /// Replaces jumps to a return by that return.
    fn thread_returns(&mut self) {
        let returns = RETURNS.map(|op| dispatch::head(op, self.chained));
        for &jump in &self.jumps {
            let target = (jump as i64 + i64::from(self.words[jump + 1] as i32)) as usize;
            if returns.contains(&self.words[target]) {
                // Jumps and returns take two words. A return that reads an accumulator is never a target, since a label
                // forgets the contents of accumulators.
                self.words.copy_within(target..target + 2, jump);
            }
        }
    }

    /// Appends an instruction; returns its word index.
    fn emit<T: Operands>(&mut self, op: Op, operands: T) -> usize {
        if self.poison {
            self.poison_before(op);
        }
        self.append(op, operands)
    }

    /// Poisons the accumulators that mirror no slot; in front of a call all of them, since a callee must not rely on
    /// any.
    fn poison_before(&mut self, op: Op) {
        let calls = op.effect() == FrameEffect::Calls;
        let Mirrors { int, f32, f64 } = self.mirrors;
        let free = |mirror: Option<Slot>, bit: u32| if calls || mirror.is_none() { bit } else { 0 };
        let index = free(int, 1) | free(f32, 2) | free(f64, 4);
        if index != 0 {
            self.append(Op::Poison, super::encoding::X { index, pad: super::encoding::P32 });
        }
    }

    fn append<T: Operands>(&mut self, op: Op, operands: T) -> usize {
        assert_eq!(op.layout(), T::LAYOUT, "{op:?} is encoded as it will be decoded");
        let start = self.words.len();
        let offset = self.offset as u32;
        if self.offsets.last().is_none_or(|&(_, last)| last != offset) {
            self.offsets.push((start as u32, offset));
        }
        if dispatch::is_branch(T::LAYOUT) && op != Op::Br && self.counts && self.chained {
            self.sites.push(Site { word: start as u32, op: op as u16, jumps_if: true, offset });
        }
        self.words.push(dispatch::head(op, self.chained));
        encode(operands, &mut self.words);
        self.last = None;
        start
    }

    /// Appends an instruction that writes `dst` (the first field of its operands) and the accumulator of `register`;
    /// the value is of class `class`.
    fn emit_dst<T: Operands>(&mut self, op: Op, operands: T, dst: Slot, register: ValueClass, class: ValueClass) {
        let start = self.emit(op, operands);
        let before = self.mirrors;
        self.mirrors.clobber(dst, class);
        let same = matches!(
            (register, class),
            (ValueClass::Int32 | ValueClass::Int64, ValueClass::Int32 | ValueClass::Int64)
                | (ValueClass::F32, ValueClass::F32)
                | (ValueClass::F64, ValueClass::F64)
        );
        if let Some(mirror) = self.mirrors.of(register) {
            *mirror = same.then_some(dst);
        }
        self.last = Some(LastInst { start, dst, before, fusible: Fusible::Other });
    }

    /// Removes the last instruction.
    fn take_back(&mut self, last: LastInst) {
        self.words.truncate(last.start);
        while self.offsets.last().is_some_and(|&(word, _)| word as usize >= last.start) {
            self.offsets.pop();
        }
        self.mirrors = last.before;
        self.last = None;
    }

    /// At a function's entry or a loop's header: takes a unit of fuel, if fuel is counted.
    fn take_fuel(&mut self) {
        if self.fuel {
            self.emit(Op::Fuel, super::encoding::Nothing {});
        }
    }

    /// Counts a passing of the entry or of a loop, if these are counted.
    fn count(&mut self, place: u32) {
        if self.counts {
            let op = if place == code::AT_ENTRY { Op::CountEntry } else { Op::Count };
            let word = self.emit(op, Counted { place, weight: 1 });
            if let Some(weights) = &mut self.weights {
                weights.begin(word, self.control.len());
            }
        }
    }

    /// Called at the end of a block: if its beginnings are counted, the weight of each is known now.
    fn weigh(&mut self) {
        let Some(weights) = &mut self.weights else { return };
        if let Some((word, weight)) = weights.end(self.control.len()) {
            let counted: Counted = decode(&self.words[word + 1..]);
            let mut operands = Vec::with_capacity(Counted::WORDS);
            encode(Counted { weight, ..counted }, &mut operands);
            self.words[word + 1..][..Counted::WORDS].copy_from_slice(&operands);
        }
    }

    fn is_function(&self, body: BodyIndex) -> bool {
        matches!(self.module.bodies[body.0 as usize].kind, BodyKind::Function(_))
    }

    /// Marks a place that can be jumped to; returns its word index.
    fn label(&mut self) -> usize {
        self.mirrors = Mirrors::default();
        self.last = None;
        self.words.len()
    }
}

impl Catch {
    /// A clause that delivers its payload to these slots, to a label that is not known yet; `None` if there are no such
    /// slots.
    fn unresolved(tag: Option<u32>, payload: u32, with_ref: bool, to: Slot) -> Option<Catch> {
        let behind = to.0.checked_add(i16::try_from(payload).ok()?)?;
        Some(Catch { tag, payload, to: to.0, ref_to: with_ref.then_some(behind), target: u32::MAX })
    }
}
