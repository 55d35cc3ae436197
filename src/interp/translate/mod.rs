//! One pass from WebAssembly's operators to bytecode.
//!
//! The operand stack is followed entry by entry. An entry is in the temporary of its height, or it is *deferred*: a
//! constant, or a local that was read and has not changed since. Deferred entries become operands of whatever uses
//! them, without an instruction of their own. What keeps this right:
//!
//! - A write of a local first copies deferred reads of it into their temporaries.
//! - Deferred reads do not cross the entry of a block: otherwise such a copy, made on one path into a label only, would
//!   leave the entry in two places. Constants may, since nothing ever moves those below the block's height.
//! - Values that a label takes are in the temporaries of their heights at each jump to it.
//!
//! The result of the last instruction is known to be in an accumulator too, until a label, a call or the next result.

mod atomics;
mod continuations;
mod control;
pub(super) mod nans;
mod objects;
mod operators;
mod stack;
mod vectors;

use super::InterpCode;
use super::code::{self, Catch, Handler};
use super::dispatch;
use super::family::{Class, Cmp};
use super::frame::HEADER;
use super::operands::{Operands, P16, Slot, encode};
use super::operation::FrameEffect;
use super::ops::{Op, RETURNS};
use crate::config::Config;
use crate::module::{BodyIndex, BodyKind, Module, RefType, ValType};
use crate::runtime::heap::layout;
use crate::runtime::value::Val;
use control::Control;
use stack::Entry;
use wasmparser::{BinaryReader, FunctionBody, OperatorsReader};

/// A body that the interpreter cannot execute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported {
    pub reason: Reason,
    /// Byte offset in the module's binary.
    pub offset: usize,
}

/// Why the interpreter cannot execute a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It uses a feature that there is not yet: "shared-everything-threads", ….
    Feature(&'static str),
    Limit(Limit),
}

/// An implementation limit that a body is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Locals and operand stack together take more slots than instructions can name.
    Frame,
    /// Values that many branches take along are copied at each of them.
    Code,
    /// Arguments and handlers of a `resume` have no room where values pass between stacks.
    Handlers,
}

/// Slots on one side of the header.
const MOST_SLOTS: usize = 32_000;
/// Words of bytecode.
const MOST_WORDS: usize = 32 << 20;

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Reason::Feature(feature) => feature,
            Reason::Limit(Limit::Frame) => "frame of more than 64,000 slots",
            Reason::Limit(Limit::Code) => "body of more than 256 MiB of bytecode",
            Reason::Limit(Limit::Handlers) => "resume with more than some 4,000 arguments and handlers",
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
/// When the body uses a feature that the interpreter does not have, or is over one of its limits.
///
/// # Panics
/// If `chained` and the build has no chained dispatcher, if there is no such body, or if the module is not valid.
pub fn translate(module: &Module, body: BodyIndex, chained: bool) -> Result<InterpCode, Unsupported> {
    translate_with(module, body, chained, &Config::default())
}

/// As [`translate`], under a configuration: fuel, tracing of stores, poison and NaNs are the interpreter's.
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
) -> Result<InterpCode, Unsupported> {
    assert!(!chained || dispatch::CHAIN, "this build has no chained dispatcher");
    let range = module.bodies[body.0 as usize].range.clone();
    let reader = BinaryReader::new(&module.bytes[range.clone()], range.start as u64);
    let signature = module.body_signature(body);
    let mut t = Translator::new(module, chained, range.start);
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
    t.fuel = config.fuel && matches!(module.bodies[body.0 as usize].kind, BodyKind::Function(_));
    t.take_fuel();
    t.body(operators, signature.results())?;
    Ok(t.finish(body, Val::slots(signature.params()) as u32, Val::slots(signature.results()) as u32))
}

/// The class of a type: of a vector, that of its first slot.
fn class_of(module: &Module, ty: ValType) -> Class {
    match ty {
        ValType::I32 => Class::Int32,
        ValType::I64 => Class::Int64,
        ValType::F32 => Class::F32,
        ValType::F64 => Class::F64,
        ValType::V128 => Class::V128,
        ValType::Ref(r) if layout::is_func_in_module(module, r) => Class::Int64,
        ValType::Ref(_) => Class::Int32,
    }
}

/// The classes of the slots that values of these types take.
fn classes_of(module: &Module, types: &[ValType]) -> Vec<Class> {
    let mut classes = Vec::with_capacity(types.len());
    for &ty in types {
        let class = class_of(module, ty);
        classes.push(class);
        if class == Class::V128 {
            classes.push(Class::V128High);
        }
    }
    classes
}

/// Which slots the accumulators are known to mirror.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Mirrors {
    int: Option<Slot>,
    f32: Option<Slot>,
    f64: Option<Slot>,
}

impl Mirrors {
    /// Of the accumulator for a class, if there is one.
    fn of(&mut self, class: Class) -> Option<&mut Option<Slot>> {
        match class {
            Class::Int32 | Class::Int64 => Some(&mut self.int),
            Class::F32 => Some(&mut self.f32),
            Class::F64 => Some(&mut self.f64),
            Class::V128 | Class::V128High => None,
        }
    }

    /// The slots of a value of this class get another value.
    fn clobber(&mut self, first: Slot, class: Class) {
        for mirror in [&mut self.int, &mut self.f32, &mut self.f64] {
            if mirror.is_some_and(|slot| (first.0..first.0 + class.slots() as i16).contains(&slot.0)) {
                *mirror = None;
            }
        }
    }
}

/// How the operands of a comparison come: enough to emit it again as a branch.
#[derive(Clone, Copy, Debug)]
enum Form {
    Ss(Slot, Slot),
    Sk(Slot, i32),
    As(Slot),
    Ak(i32),
}

/// The last instruction, if it has a destination and nothing can jump behind it.
#[derive(Clone, Copy, Debug)]
struct Last {
    start: usize,
    dst: Slot,
    /// What was mirrored before it.
    before: Mirrors,
    made: Made,
}

/// What the last instruction can be fused with.
#[derive(Clone, Copy, Debug)]
enum Made {
    /// A branch on it.
    Comparison(&'static Cmp, Form),
    /// An access at the sum.
    Sum(Slot, Slot),
    /// A branch, if the slot that a constant is added to is the one that is written.
    Step(Slot, i32),
    /// NaNs canonical, which is left out where the value goes to what does not tell NaNs apart.
    Canonical(nans::Floats),
    /// This opcode, if the slot of its address is the one that is written.
    Load(Slot, Op),
    Other,
}

struct Translator<'m> {
    module: &'m Module,
    chained: bool,
    words: Vec<u64>,
    offsets: Vec<(u32, u32)>,
    /// With the order in which they ended.
    handlers: Vec<(u32, Handler)>,
    ended_handlers: u32,
    /// Slot and class of each local.
    local_slots: Vec<(Slot, Class)>,
    /// Slots below the frame pointer.
    below: usize,
    /// Locals for which there is no room there, between the header and the operand stack.
    above: usize,
    stack: Vec<Entry>,
    /// The vectors that constants are.
    vectors: Vec<u128>,
    /// By number of a local: the highest entry that is, or was, a deferred read of it; the others are linked from there.
    reads: Vec<u32>,
    /// How many entries are deferred locals.
    deferred_locals: usize,
    max_height: usize,
    control: Vec<Control>,
    mirrors: Mirrors,
    last: Option<Last>,
    /// False between a jump and the next `else` or `end` of the same block.
    reachable: bool,
    /// Unconditional jumps, by the word index of their instruction.
    jumps: Vec<usize>,
    /// Blocks opened while unreachable.
    dead_blocks: usize,
    /// Of the current operator.
    offset: usize,
    /// Count fuel.
    fuel: bool,
    trace_stores: bool,
    poison: bool,
    canonical_nans: bool,
}

type Done = Result<(), Unsupported>;

impl<'m> Translator<'m> {
    fn new(module: &'m Module, chained: bool, offset: usize) -> Self {
        let mut t = Translator {
            module,
            chained,
            words: Vec::new(),
            offsets: Vec::new(),
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
            mirrors: Mirrors::default(),
            last: None,
            reachable: true,
            jumps: Vec::new(),
            dead_blocks: 0,
            offset,
            fuel: false,
            trace_stores: false,
            poison: false,
            canonical_nans: false,
        };
        // Where entry frames return to, and what calls are diverted to.
        for op in [Op::Exit, Op::CallOut, Op::TailOut] {
            t.emit(op, super::operands::Nothing {});
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

    /// Lays out the locals below the frame pointer. There is always room for the results, which come in their place:
    /// so no result lands on the header. Those that instructions could not name there come above the header, and are
    /// zeroed by an instruction; there are never that many parameters.
    fn locals(&mut self, types: &[ValType], results: usize) -> Done {
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
            self.emit(Op::Zero, super::operands::Dx { dst: first, pad: P16, index: self.above as u32 });
        }
        Ok(())
    }

    fn body(&mut self, operators: OperatorsReader<'_>, results: &[ValType]) -> Done {
        self.control.push(Control::function(self.module, results));
        for item in operators.into_iter_with_offsets() {
            let (operator, offset) = item.expect("the module was decoded");
            self.offset = offset as usize;
            self.operator(&operator)?;
            if self.words.len() > MOST_WORDS {
                return Err(self.over(Limit::Code));
            }
        }
        assert!(self.control.is_empty(), "a body ends with its last `end`");
        Ok(())
    }

    fn finish(mut self, body: BodyIndex, params: u32, results: u32) -> InterpCode {
        self.handlers.sort_by_key(|&(order, _)| order);
        self.thread_returns();
        let words = self.words.into_boxed_slice();
        InterpCode {
            entry: words[code::ENTRY..].as_ptr(),
            locals: self.below as u32,
            extent: (HEADER + self.above + self.max_height + HEADER) as u32,
            zeroed: self.below as u32 - params,
            params,
            results,
            chained: self.chained,
            body,
            words,
            handlers: self.handlers.into_iter().map(|(_, h)| h).collect(),
            offsets: self.offsets.into_boxed_slice(),
        }
    }

    /// Jumps to a return become that return.
    fn thread_returns(&mut self) {
        let returns = RETURNS.map(|op| dispatch::head(op, self.chained));
        for &jump in &self.jumps {
            let target = (jump as i64 + i64::from(self.words[jump + 1] as i32)) as usize;
            if returns.contains(&self.words[target]) {
                // Jumps and returns are of two words. A return that reads an accumulator is never a target, since a
                // label forgets what they hold.
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

    /// Poisons what is in no slot that the accumulators mirror. A call leaves nothing of them, whatever it finds.
    fn poison_before(&mut self, op: Op) {
        let calls = op.effect() == FrameEffect::Calls;
        let Mirrors { int, f32, f64 } = self.mirrors;
        let free = |mirror: Option<Slot>, bit: u32| if calls || mirror.is_none() { bit } else { 0 };
        let index = free(int, 1) | free(f32, 2) | free(f64, 4);
        if index != 0 {
            self.append(Op::Poison, super::operands::X { index, pad: super::operands::P32 });
        }
    }

    fn append<T: Operands>(&mut self, op: Op, operands: T) -> usize {
        assert_eq!(op.layout(), T::LAYOUT, "{op:?} is encoded as it will be decoded");
        let start = self.words.len();
        let offset = self.offset as u32;
        if self.offsets.last().is_none_or(|&(_, last)| last != offset) {
            self.offsets.push((start as u32, offset));
        }
        self.words.push(dispatch::head(op, self.chained));
        encode(operands, &mut self.words);
        self.last = None;
        start
    }

    /// Appends an instruction that writes `dst` (the first field of its operands) and the accumulator of `register`;
    /// the value is of class `class`.
    fn emit_dst<T: Operands>(&mut self, op: Op, operands: T, dst: Slot, register: Class, class: Class) {
        let start = self.emit(op, operands);
        let before = self.mirrors;
        self.mirrors.clobber(dst, class);
        let same = matches!(
            (register, class),
            (Class::Int32 | Class::Int64, Class::Int32 | Class::Int64)
                | (Class::F32, Class::F32)
                | (Class::F64, Class::F64)
        );
        if let Some(mirror) = self.mirrors.of(register) {
            *mirror = same.then_some(dst);
        }
        self.last = Some(Last { start, dst, before, made: Made::Other });
    }

    /// Takes the last instruction back.
    fn take_back(&mut self, last: Last) {
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
            self.emit(Op::Fuel, super::operands::Nothing {});
        }
    }

    /// Something can jump here.
    fn label(&mut self) -> usize {
        self.mirrors = Mirrors::default();
        self.last = None;
        self.words.len()
    }
}

/// Slots a clause delivers its payload to, and the label.
impl Catch {
    fn unresolved(tag: Option<u32>, payload: u32, with_ref: bool, to: Slot) -> Catch {
        let ref_to = with_ref.then(|| to.0 + payload as i16);
        Catch { tag, payload, to: to.0, ref_to, target: u32::MAX }
    }
}
