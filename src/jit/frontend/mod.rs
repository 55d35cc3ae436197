//! The frontend: translates WebAssembly to SSA in one pass over a body's operators.
//!
//! Control flow is structured, so the join points of SSA form need not be searched for (compare Brandis and Mössenböck,
//! "Single-Pass Generation of Static Single-Assignment Form for Structured Languages", 1994): a prescan lists the locals
//! that each `block`, `loop`, `if` and `try_table` assigns. A loop header gets a parameter for each of these locals and
//! for each operand. Where forward branches meet, every branch first passes all operands and assigned locals; when the
//! structure ends, all branches to it are known, and only values that differ between them become parameters. Unreachable
//! code is skipped, not translated. (Arbitrary control flow needs incomplete φ-functions: Braun et al., "Simple and
//! Efficient Construction of Static Single Assignment Form", CC 2013.)
//!
//! Checks are explicit: division, truncation, tables, indirect calls, accesses that a guard region cannot catch. Inside a
//! `try_table`, each call is a terminator with a landing block for each handler, innermost first (`catch_all` ends the
//! list); a landing block loads the payload from the exception object and branches to the handler's label.
//!
//! A function may also begin at a loop in the middle of the body: see `from_loop.rs`.

mod atomics;
mod calls;
mod descriptors;
mod exceptions;
mod facts;
mod from_loop;
pub(crate) mod nans;
mod objects;
mod operators;
mod prescan;
mod profile;
mod relaxed;
mod stacks;
#[cfg(test)]
pub(in crate::jit) mod tests;
mod unsupported;
mod vector;

use crate::config::{Config, Relaxed};
use crate::jit::ir::builder::{Builder, Simplifier};
use crate::jit::ir::*;
use crate::module::syntax::{self, Nest};
use crate::module::{BodyIndex, BodyKind, BranchHint, FuncType, Module, ValType};
use crate::runtime::abi::slots_of;
use crate::runtime::compile_error::CompileLimits;
use crate::runtime::heap::layout;
use crate::runtime::heap::layout::EXCEPTION_PAYLOAD;
use crate::runtime::libcalls::Libcall;
use crate::runtime::trap::TrapCode;
use crate::runtime::vm::{VMContext, VMFunc, VMStore, VMTable};
use crate::target::CpuLevel;
use facts::Facts;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use from_loop::{Held, Way};
use prescan::Assigned;
use profile::{Hint, Watched};
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::mem::offset_of;
use std::ops::Range;
pub use unsupported::{Limit, Reason, Unsupported};
use unsupported::{erased, supported_heap_type, supported_type};
use wasmparser::{BinaryReader, BlockType, FunctionBody, Operator, OperatorsReader};

/// Returns the name of a body's function for display. Reading the names of a large module takes longer than compiling
/// many a function, so this is not called for compilation alone.
pub fn name_of(module: &Module, body: BodyIndex) -> String {
    match module.bodies[body.0 as usize].kind {
        BodyKind::Function(f) => module.display_name(f),
        BodyKind::Const(_) => format!("const_{}", body.0),
    }
}

/// Translates a body and names the function. `simplifier` sees every instruction before it is appended.
///
/// # Errors
/// [`Unsupported`] if the body uses a feature that the JIT does not have.
///
/// # Panics
/// If the module was not validated.
pub fn translate(
    module: &Module,
    body: BodyIndex,
    simplifier: Option<&mut dyn Simplifier>,
) -> Result<Function, Unsupported> {
    let mut function = translate_with(module, body, simplifier, &Config::default(), CompileLimits::default())?;
    function.name = name_of(module, body);
    Ok(function)
}

/// As [`translate`], but without a name, with a configuration (fuel, tracing of stores, relaxed operators and NaNs
/// concern the frontend), and within limits: the memory limit applies to branches that pass many values.
///
/// # Errors
/// As [`translate`], and if the time runs out.
///
/// # Panics
/// As [`translate`].
pub fn translate_with(
    module: &Module,
    body: BodyIndex,
    simplifier: Option<&mut dyn Simplifier>,
    config: &Config,
    limits: CompileLimits<'_>,
) -> Result<Function, Unsupported> {
    let (mut translator, operators, results) = begin(module, body, simplifier, config, limits)?;
    translator.take_fuel();
    translator.body(&operators, results)?;
    Ok(translator.finish())
}

/// As [`translate_with`], but from the beginning of the loop at this byte offset in the module's binary on. The
/// parameters of the function are all locals of the body, then the operands at that point, including the exceptions of
/// open clauses of the older proposal.
///
/// # Errors
/// As [`translate_with`]; also if there are more than `from_loop::MOST_CARRIED` parameters, or if the loop is unreachable.
///
/// # Panics
/// As [`translate`], and if there is no loop.
pub fn translate_from_loop(
    module: &Module,
    body: BodyIndex,
    at: u32,
    simplifier: Option<&mut dyn Simplifier>,
    config: &Config,
    limits: CompileLimits<'_>,
) -> Result<Function, Unsupported> {
    let (mut translator, operators, results) = begin(module, body, None, config, limits)?;
    let target = operators.iter().position(|&(_, offset)| offset == at).expect("the offset of an operator");
    translator.open_body(&operators, results)?;
    translator.operators(&operators, 0..target)?;
    let way = translator.way_to_loop(target)?;
    // The function begins at the outermost loop around the given one.
    let (mut translator, ..) = at_operators(module, body, None, config, limits)?;
    translator.open_body(&operators, results)?;
    translator.operators(&operators, 0..way.first())?;
    let first = way.first();
    translator.begin_at_loop(way, simplifier);
    translator.operators(&operators, first..operators.len())?;
    Ok(translator.finish())
}

/// The operators of a body with their byte offsets in the module's binary.
type Operators<'m> = Vec<(Operator<'m>, u32)>;

/// Returns a translator positioned before the first operator of a body, with the operators and the number of results.
fn begin<'m, 's>(
    module: &'m Module,
    body: BodyIndex,
    simplifier: Option<&'s mut dyn Simplifier>,
    config: &Config,
    limits: CompileLimits<'m>,
) -> Result<(Translator<'m, 's>, Operators<'m>, usize), Unsupported> {
    let (translator, mut reader, results) = at_operators(module, body, simplifier, config, limits)?;
    let mut operators = Vec::with_capacity(expected(module, body));
    while !reader.eof() {
        let offset = reader.original_position() as u32;
        operators.push((reader.read().expect(VALIDATED), offset));
    }
    Ok((translator, operators, results))
}

/// As [`begin`], but with a reader of the operators.
fn at_operators<'m, 's>(
    module: &'m Module,
    body: BodyIndex,
    simplifier: Option<&'s mut dyn Simplifier>,
    config: &Config,
    limits: CompileLimits<'m>,
) -> Result<(Translator<'m, 's>, OperatorsReader<'m>, usize), Unsupported> {
    let data = &module.bodies[body.0 as usize];
    let index = match data.kind {
        BodyKind::Function(f) => f,
        BodyKind::Const(_) => u32::MAX,
    };
    let offset = data.range.start as u32;
    let wasm = module.body_signature(body);
    for &ty in wasm.params().iter().chain(wasm.results()) {
        supported_type(module, ty).map_err(|feature| Unsupported { reason: Reason::Feature(feature), offset })?;
    }
    let results = wasm.results().len();
    let mut function = Function::new(String::new(), index, Signature { wasm: erased(module, &wasm) });
    let expected = expected(module, body);
    function.insts.reserve(expected);
    function.values.reserve(expected);
    let mut translator = Translator {
        module,
        locals: function.blocks[0].params[1..].to_vec(),
        b: Builder::new(function, simplifier),
        stack: Vec::new(),
        frames: Vec::new(),
        assigned: Assigned::default(),
        structures: 0,
        reachable: true,
        saved: Vec::new(),
        handlers: vec![Vec::new()],
        next: 0,
        signatures: HashMap::new(),
        offset,
        fuel: config.fuel && matches!(data.kind, BodyKind::Function(_)),
        trace_stores: config.trace_stores,
        native: (config.relaxed == Relaxed::Native).then(|| config.cpu_level()),
        canonical_nans: config.nan.is_canonical(),
        passed: 0,
        most_passed: limits.memory.map_or(MOST_PASSED, |bytes| MOST_PASSED.min((bytes / BYTES_PER_PASSED) as usize)),
        has_objects: layout::has_objects(module),
        facts: Facts::default(),
        local_types: wasm.params().to_vec(),
        way: None,
        held: Vec::new(),
        hints: if index == u32::MAX { &[] } else { module.branch_hints(index) },
        begin: offset,
        watched: Watched::of(config, index),
        limits,
    };
    for (i, &ty) in wasm.params().iter().enumerate() {
        translator.declared(translator.locals[i], ty);
    }
    let reader = BinaryReader::new(&module.bytes[data.range.clone()], u64::from(offset));
    let operators = match data.kind {
        BodyKind::Function(_) => {
            let body = FunctionBody::new(reader);
            translator.declare_locals(&body)?;
            body.get_operators_reader().expect(VALIDATED)
        }
        BodyKind::Const(_) => OperatorsReader::new(reader),
    };
    translator.b.set_offset(offset);
    Ok((translator, operators, results))
}

/// Estimates the number of operators of a body, and of instructions made from them.
fn expected(module: &Module, body: BodyIndex) -> usize {
    (module.bodies[body.0 as usize].range.len() / BYTES_PER_INST).min(MOST_EXPECTED)
}

/// The number of bytes of a body per operator, and per instruction made from them, in code from compilers. Room for that
/// many is reserved at the beginning.
const BYTES_PER_INST: usize = 2;
/// The most room reserved before anything has been translated.
const MOST_EXPECTED: usize = 1 << 16;

const VALIDATED: &str = "the module was decoded before";

/// The origin of a branch: a terminator and the index of its target.
type EdgeFrom = (Inst, u32);

/// The kind of a control structure, with data specific to that kind.
enum FrameKind {
    Block,
    Loop,
    /// Before its `else`. The operands and assigned locals at its beginning are in [`Translator::saved`] from index
    /// `saved` on.
    If {
        else_block: Block,
        saved: usize,
    },
    /// After its `else`.
    Else {
        saved: usize,
    },
    TryTable,
    /// A `try` of the older proposal before its first `catch`, with all clauses in order.
    OldTry {
        clauses: VecDeque<Clause>,
    },
    /// The same after its first `catch`: the clauses that have not begun, and the exception caught by the current clause.
    OldCatch {
        clauses: VecDeque<Clause>,
        caught: Option<Value>,
    },
    /// The structure began in unreachable code and is not translated.
    Skipped,
}

/// An open control structure.
struct Frame {
    kind: FrameKind,
    /// The target of branches: the header of a loop, otherwise the block after the end.
    label: Block,
    /// Height of the operand stack below the structure's operands.
    height: usize,
    params: usize,
    results: usize,
    /// The locals that it assigns.
    assigned: Range<u32>,
    /// Branches to the end (none are kept for loops, whose header exists).
    edges: SmallVec<[EdgeFrom; 2]>,
    /// The index in [`Translator::handlers`] of the handlers that are active in it.
    handlers: usize,
    /// The type of the structure.
    ty: BlockType,
    /// The mark of the facts known when it began.
    facts: usize,
    /// The index of the operator that begins it, and the number of structures begun before.
    begins: (usize, usize),
    /// For a loop around the one where the function begins: branches to it pass an additional last operand, 0.
    is_passed_through: bool,
    /// The index of the innermost loop among this frame and those around it.
    inner_loop: Option<usize>,
    /// For a structure on the path to that loop: the length of [`Translator::held`] before it began.
    held: Option<usize>,
}

impl Frame {
    /// A structure without operands and results, at the bottom of the frame stack.
    fn new(kind: FrameKind, label: Block) -> Frame {
        Frame {
            kind,
            label,
            height: 0,
            params: 0,
            results: 0,
            assigned: 0..0,
            edges: SmallVec::new(),
            handlers: 0,
            ty: BlockType::Empty,
            facts: 0,
            begins: (0, 0),
            is_passed_through: false,
            inner_loop: None,
            held: None,
        }
    }

    fn is_loop(&self) -> bool {
        matches!(self.kind, FrameKind::Loop)
    }

    /// The number of operands that a branch to it takes.
    fn label_arity(&self) -> usize {
        if self.is_loop() { self.params } else { self.results }
    }

    /// The exception caught by the clause.
    fn caught(&self) -> Option<Value> {
        if let FrameKind::OldCatch { caught, .. } = self.kind { caught } else { None }
    }

    /// The clauses of a `try` of the older proposal.
    fn clauses(&mut self) -> &mut VecDeque<Clause> {
        match &mut self.kind {
            FrameKind::OldTry { clauses } => clauses,
            _ => panic!("only a try before its first `catch` has clauses to come"),
        }
    }
}

/// A `catch` or `catch_all` of a `try`.
struct Clause {
    catch: Catch,
    /// The first block of the clause, and the branches to it, which pass payload and exnref.
    label: Block,
    edges: SmallVec<[EdgeFrom; 2]>,
}

/// A catch clause of an open `try_table`.
#[derive(Clone, Copy)]
struct Handler {
    catch: Catch,
    /// Whether the exnref is passed as the last operand.
    with_ref: bool,
    /// Index of the target in `frames`.
    frame: usize,
    /// The index of a clause of that frame, which is the target instead of the frame's label.
    clause: Option<usize>,
}

struct Translator<'m, 's> {
    module: &'m Module,
    b: Builder<'s>,
    /// The operand stack.
    stack: Vec<Value>,
    /// The current values of the locals.
    locals: Vec<Value>,
    frames: Vec<Frame>,
    assigned: Assigned,
    /// The number of control structures begun so far; it is also the number of the next one.
    structures: usize,
    reachable: bool,
    /// Operands and locals at the beginnings of the open `if`s.
    saved: Vec<Value>,
    /// For each open `try_table`, all active handlers, innermost first; the bottom entry is empty.
    handlers: Vec<Vec<Handler>>,
    /// The index of the next operator.
    next: usize,
    /// The signatures of the types that calls have used so far, by type index.
    signatures: HashMap<u32, Sig>,
    /// The byte offset of the current operator.
    offset: u32,
    /// Whether fuel is counted. It is not in constant expressions, because their length is bounded.
    fuel: bool,
    trace_stores: bool,
    /// The level whose instructions relaxed operators use; `None` for the deterministic profile.
    native: Option<CpuLevel>,
    canonical_nans: bool,
    /// Counts values passed along branches, and other amounts that grow with the product of two sizes of a body or are
    /// large compared with its bytes.
    passed: usize,
    /// The maximum of `passed`.
    most_passed: usize,
    /// Whether the base of the heap never changes.
    has_objects: bool,
    /// Facts about references.
    facts: Facts,
    /// The declared types of the locals.
    local_types: Vec<ValType>,
    /// The path to the loop where the function begins, until that loop is reached.
    way: Option<Way>,
    /// Values below the open structures on that path, which depend on whether the structures were entered there. They
    /// also follow the locals in `locals` and join where the locals join.
    held: Vec<Held>,
    /// The module's branch hints for this body; their offsets are relative to the beginning of the body.
    hints: &'m [BranchHint],
    begin: u32,
    watched: Watched,
    limits: CompileLimits<'m>,
}

/// The maximum number of values that the branches of a function pass, before parameters on which all branches agree are
/// dropped. A body may have 50,000 locals that each of a million branches passes: sizes that are linear in WebAssembly
/// are not linear in SSA and need a limit. (The largest function of SQLite passes some tens of thousands of values.)
const MOST_PASSED: usize = 4 << 20;
/// The number of values that an operator may make without being counted: they are in proportion to its bytes.
const FEW_VALUES: usize = 16;
/// How much a truncation that may trap counts beyond its bytes: its checks are comparisons, branches and blocks.
const TRUNCATION: usize = 6;
/// How many times more entries the scan for assigned locals may find; they take far less memory each.
const ASSIGNED_FOR_PASSED: usize = 4;
/// The most bytes of memory that one of these values takes in all stages.
const BYTES_PER_PASSED: u64 = 512;

type TranslateResult = Result<(), Unsupported>;

impl<'m> Translator<'m, '_> {
    fn unsupported<T>(&self, feature: &'static str) -> Result<T, Unsupported> {
        Err(Unsupported { reason: Reason::Feature(feature), offset: self.offset })
    }

    fn over<T>(&self, limit: Limit) -> Result<T, Unsupported> {
        Err(Unsupported { reason: Reason::Limit(limit), offset: self.offset })
    }

    fn require<T>(&self, supported: Result<T, &'static str>) -> Result<T, Unsupported> {
        supported.or_else(|feature| self.unsupported(feature))
    }

    /// Returns the error for too many passed values: lack of memory for compiling if that has lowered the limit.
    fn over_passed<T>(&self) -> Result<T, Unsupported> {
        match self.most_passed < MOST_PASSED {
            true => Err(Unsupported { reason: Reason::Memory, offset: self.offset }),
            false => self.over(Limit::PassedValues),
        }
    }

    fn check_passed(&self) -> TranslateResult {
        if self.passed > self.most_passed { self.over_passed() } else { Ok(()) }
    }

    fn declare_locals(&mut self, body: &FunctionBody<'_>) -> TranslateResult {
        let mut zeros: SmallVec<[Value; 6]> = SmallVec::new();
        for declaration in body.get_locals_reader().expect(VALIDATED) {
            let (count, declared) = declaration.expect(VALIDATED);
            let ty = self.require(supported_type(self.module, declared))?;
            let zero = zeros.iter().copied().find(|&z| self.b.ty(z) == ty).unwrap_or_else(|| {
                zeros.push(self.b.zero(ty));
                *zeros.last().unwrap()
            });
            self.locals.resize(self.locals.len() + count as usize, zero);
            self.local_types.resize(self.locals.len(), declared);
        }
        Ok(())
    }

    fn body(&mut self, operators: &[(Operator<'m>, u32)], results: usize) -> TranslateResult {
        self.open_body(operators, results)?;
        self.operators(operators, 0..operators.len())
    }

    /// Scans a body and opens its outermost frame.
    fn open_body(&mut self, operators: &[(Operator<'m>, u32)], results: usize) -> TranslateResult {
        self.b.func.offset = operators.first().map_or(self.offset, |&(_, offset)| offset);
        let Some(assigned) = Assigned::scan(operators.iter().map(|(op, _)| op), ASSIGNED_FOR_PASSED * self.most_passed)
        else {
            return self.over_passed();
        };
        self.assigned = assigned;
        // Locals are dead at the end of the function, so its frame passes none.
        let label = self.b.create_block();
        self.frames.push(Frame { results, ..Frame::new(FrameKind::Block, label) });
        Ok(())
    }

    /// Translates a range of the operators of a body.
    fn operators(&mut self, operators: &[(Operator<'m>, u32)], range: Range<usize>) -> TranslateResult {
        self.next = range.start;
        while self.next < range.end {
            let (op, offset) = &operators[self.next];
            self.offset = *offset;
            if self.limits.check_time_at(self.next).is_err() {
                return Err(Unsupported { reason: Reason::Timeout, offset: *offset });
            }
            self.next += 1;
            self.b.set_offset(*offset);
            let before = self.b.func.values.len();
            if self.reachable {
                let made = if self.canonical_nans { nans::made_by(op) } else { None };
                self.operator(op)?;
                if let Some(made) = made {
                    self.canonicalise(made);
                }
            } else {
                self.skip(op)?;
            }
            // An operator of two bytes may have a thousand results.
            self.passed += (self.b.func.values.len() - before).saturating_sub(FEW_VALUES);
            self.check_passed()?;
        }
        debug_assert!(range.end < operators.len() || self.frames.is_empty());
        Ok(())
    }

    /// Handles an operator in unreachable code.
    fn skip(&mut self, op: &Operator<'_>) -> TranslateResult {
        match syntax::nest(op) {
            Nest::Open => {
                self.structures += 1;
                self.frames.push(Frame::new(FrameKind::Skipped, Block(u32::MAX)));
            }
            Nest::Else if matches!(op, Operator::Else) => self.begin_else(),
            Nest::Else => self.old_catch(),
            Nest::End => self.end(),
            Nest::None => {}
        }
        Ok(())
    }

    // Operands

    fn push(&mut self, v: Value) {
        self.stack.push(v);
    }

    fn pop(&mut self) -> Value {
        self.stack.pop().expect("validated: an operand")
    }

    fn pop2(&mut self) -> (Value, Value) {
        let b = self.pop();
        (self.pop(), b)
    }

    fn pop_list(&mut self, count: usize) -> ArgList {
        let at = self.stack.len() - count;
        let list = ArgList::from_slice(&self.stack[at..]);
        self.stack.truncate(at);
        self.passed += count.saturating_sub(FEW_VALUES);
        list
    }

    // Control

    fn block_type(&self, ty: BlockType) -> Result<(usize, usize), Unsupported> {
        match ty {
            BlockType::Empty => Ok((0, 0)),
            BlockType::Type(t) => {
                self.require(supported_type(self.module, t))?;
                Ok((0, 1))
            }
            BlockType::FuncType(i) => {
                let f = self.module.func_type(i);
                Ok((f.params().len(), f.results().len()))
            }
        }
    }

    fn open(&mut self, kind: FrameKind, ty: BlockType) -> Result<(), Unsupported> {
        let (params, results) = self.block_type(ty)?;
        let height = self.stack.len() - params;
        let (assigned, held) = self.assigned_on_way(&kind, height);
        let begins = (self.next - 1, self.structures);
        self.structures += 1;
        let label = self.b.create_block();
        let inner_loop = if matches!(kind, FrameKind::Loop) { Some(self.frames.len()) } else { self.innermost_loop() };
        self.frames.push(Frame {
            height,
            params,
            results,
            assigned,
            handlers: self.handlers.len() - 1,
            ty,
            facts: self.facts.mark(),
            begins,
            inner_loop,
            held,
            ..Frame::new(kind, label)
        });
        Ok(())
    }

    fn begin_loop(&mut self, ty: BlockType) -> TranslateResult {
        let is_on_way = self.way.as_ref().is_some_and(|way| way.leads_to(self.structures));
        self.open(FrameKind::Loop, ty)?;
        let entering = if is_on_way { self.join_way() } else { None };
        let frame = self.frames.last().unwrap();
        let (label, height, assigned) = (frame.label, frame.height, frame.assigned.clone());
        self.passed += self.stack.len() - height + assigned.len();
        let mut args = self.stack[height..].to_vec();
        args.extend(self.assigned.locals(&assigned).iter().map(|&l| self.locals[l as usize]));
        args.extend(entering);
        self.b.jump(label, &args);
        for v in &mut self.stack[height..] {
            *v = self.b.add_param(label, self.b.ty(*v));
        }
        for &l in self.assigned.locals(&assigned) {
            let local = &mut self.locals[l as usize];
            *local = self.b.add_param(label, self.b.ty(*local));
        }
        self.b.switch_to(label);
        if entering.is_some() {
            self.continue_way(label);
        }
        self.b.effect(Op::Poll, Type::I32, Imm::None, &[]);
        self.take_fuel();
        Ok(())
    }

    /// Takes one unit of fuel at the function's entry or at a loop header, if fuel is counted.
    fn take_fuel(&mut self) {
        if !self.fuel {
            return;
        }
        let store = self.context_field(Type::Ptr, offset_of!(VMContext, store));
        let offset = offset_of!(VMStore, fuel) as i32;
        let fuel = self.b.load(Type::I64, store, offset, Region::Fuel);
        let none = self.b.i64(0);
        let any = self.b.icmp(IntCond::Ne, fuel, none);
        self.b.trapz(any, TrapCode::OutOfFuel, None);
        let one = self.b.i64(1);
        let left = self.b.binary(Op::ISub, fuel, one);
        self.b.store(left, store, offset, Region::Fuel);
    }

    fn begin_if(&mut self, ty: BlockType) -> TranslateResult {
        let cond = self.pop();
        let (then_block, else_block) = (self.b.create_block(), self.b.create_block());
        if let Some(hint) = self.hint() {
            self.set_seldom(if hint.holds() { else_block } else { then_block }, hint, None);
        }
        self.open(FrameKind::If { else_block, saved: self.saved.len() }, ty)?;
        let frame = self.frames.last().unwrap();
        self.saved.extend_from_slice(&self.stack[frame.height..]);
        let locals = self.assigned.locals(&frame.assigned);
        self.passed += self.stack.len() - frame.height + locals.len();
        self.saved.extend(locals.iter().map(|&l| self.locals[l as usize]));
        self.b.brif(cond, then_block, &[], else_block, &[]);
        self.b.switch_to(then_block);
        Ok(())
    }

    /// Returns the arguments of a branch to a frame: the given operands, then the locals that the frame assigns.
    fn label_args(&mut self, frame: usize, operands: &[Value]) -> Vec<Value> {
        let locals = self.assigned.locals(&self.frames[frame].assigned);
        self.passed += operands.len() + locals.len();
        let mut args = Vec::with_capacity(operands.len() + locals.len());
        args.extend_from_slice(operands);
        args.extend(locals.iter().map(|&l| self.locals[l as usize]));
        if self.frames[frame].is_passed_through {
            args.push(self.b.i32(0));
        }
        args
    }

    /// The innermost open loop.
    fn innermost_loop(&self) -> Option<usize> {
        self.frames.last()?.inner_loop
    }

    fn target_frame(&self, depth: u32) -> usize {
        self.frames.len() - 1 - depth as usize
    }

    /// Returns the arguments of a branch that takes its operands from the top of the stack and leaves them there.
    fn branch_args(&mut self, frame: usize) -> Vec<Value> {
        let f = &self.frames[frame];
        let operands: SmallVec<[Value; 8]> = SmallVec::from_slice(&self.stack[self.stack.len() - f.label_arity()..]);
        self.label_args(frame, &operands)
    }

    fn note_edge(&mut self, frame: usize, inst: Inst, target: u32) {
        let f = &mut self.frames[frame];
        if !f.is_loop() {
            f.edges.push((inst, target));
        }
    }

    fn jump_to(&mut self, frame: usize, args: &[Value]) {
        let inst = self.b.jump(self.frames[frame].label, args);
        self.note_edge(frame, inst, 0);
    }

    fn br(&mut self, depth: u32) {
        let frame = self.target_frame(depth);
        if frame == 0 {
            return self.ret();
        }
        let args = self.branch_args(frame);
        self.jump_to(frame, &args);
        self.reachable = false;
    }

    fn br_if(&mut self, depth: u32) {
        let cond = self.pop();
        self.branch_if(cond, depth);
    }

    fn br_on_null(&mut self, depth: u32) {
        let reference = self.pop();
        let is_null = self.is_null(reference);
        self.branch_if(is_null, depth);
        self.learn_non_null(reference);
        self.push(reference);
    }

    /// The label takes the reference as its last operand.
    fn br_on_non_null(&mut self, depth: u32) {
        let reference = *self.stack.last().expect("validated: an operand");
        let null = self.b.constant(self.b.ty(reference), 0);
        let is_not_null = self.b.icmp(IntCond::Ne, reference, null);
        self.branch_if(is_not_null, depth);
        self.pop();
    }

    fn branch_if(&mut self, cond: Value, depth: u32) {
        let frame = self.target_frame(depth);
        let args = self.branch_args(frame);
        let next = self.b.create_block();
        match self.hint() {
            Some(hint) if !hint.holds() => {
                // A separate block for the branch, so that its arguments are moved there.
                let seldom = self.b.create_block();
                self.set_seldom(seldom, hint, Some(frame));
                self.b.brif(cond, seldom, &[], next, &[]);
                self.b.switch_to(seldom);
                self.jump_to(frame, &args);
            }
            hint => {
                let inst = self.b.brif(cond, self.frames[frame].label, &args, next, &[]);
                self.note_edge(frame, inst, 0);
                if let Some(hint) = hint {
                    self.set_seldom(next, hint, None);
                }
            }
        }
        self.b.switch_to(next);
    }

    fn br_table(&mut self, table: &wasmparser::BrTable<'_>) -> TranslateResult {
        let index = self.pop();
        let depths = table.targets().map(|d| d.expect(VALIDATED)).chain(std::iter::once(table.default()));
        let reached = self.reached_by(table);
        // A separate block for each label that takes arguments, so that a large table does not repeat them.
        let mut stubs: Vec<(usize, Block, Vec<Value>)> = Vec::new();
        // For each frame, the target of branches to it.
        let mut known: HashMap<usize, Block> = HashMap::new();
        let mut targets = Vec::new();
        let mut direct = Vec::new();
        for (i, depth) in depths.enumerate() {
            let frame = self.target_frame(depth);
            let block = match known.get(&frame) {
                Some(&block) => block,
                None => {
                    self.check_passed()?;
                    let args = self.branch_args(frame);
                    let seldom = reached.as_ref().is_some_and(|reached| !reached.contains(&frame));
                    if args.is_empty() && !seldom {
                        direct.push((frame, i as u32));
                        self.frames[frame].label
                    } else {
                        let block = self.b.create_block();
                        if seldom {
                            self.set_seldom(block, Hint::NEVER, Some(frame));
                        }
                        stubs.push((frame, block, args));
                        known.insert(frame, block);
                        block
                    }
                }
            };
            targets.push(Target { block, args: Vec::new() });
        }
        let inst = self.b.br_table(index, targets);
        for (frame, i) in direct {
            self.note_edge(frame, inst, i);
        }
        for (frame, block, args) in stubs {
            self.b.switch_to(block);
            self.jump_to(frame, &args);
        }
        self.reachable = false;
        Ok(())
    }

    fn ret(&mut self) {
        let results = self.frames[0].results;
        self.passed += results.saturating_sub(FEW_VALUES);
        let at = self.stack.len() - results;
        self.b.ret(&self.stack[at..]);
        self.reachable = false;
    }

    fn begin_else(&mut self) {
        let index = self.frames.len() - 1;
        let (else_block, saved) = match self.frames[index].kind {
            FrameKind::If { else_block, saved } => (Some(else_block), saved),
            // The function begins in a loop in the first branch of this `if`.
            FrameKind::Block => (None, 0),
            _ => return,
        };
        if self.reachable {
            let args = self.branch_args(index);
            self.jump_to(index, &args);
        }
        let Some(else_block) = else_block else {
            self.reachable = false;
            return;
        };
        self.continue_in_else(index, else_block, saved);
        self.frames[index].kind = FrameKind::Else { saved };
    }

    /// Continues in the else block of an `if`, in the state at the beginning of the `if`.
    fn continue_in_else(&mut self, index: usize, else_block: Block, saved: usize) {
        let frame = &self.frames[index];
        self.facts.forget(frame.facts);
        self.stack.truncate(frame.height);
        self.stack.extend_from_slice(&self.saved[saved..saved + frame.params]);
        let locals = self.assigned.locals(&frame.assigned);
        for (&l, &v) in locals.iter().zip(&self.saved[saved + frame.params..]) {
            self.locals[l as usize] = v;
        }
        self.restore_held(index);
        self.b.switch_to(else_block);
        self.reachable = true;
    }

    fn end(&mut self) {
        let index = self.frames.len() - 1;
        if let FrameKind::If { else_block, saved } = self.frames[index].kind {
            // Without an `else`, the operands are the results.
            if self.reachable {
                let args = self.branch_args(index);
                self.jump_to(index, &args);
            }
            self.continue_in_else(index, else_block, saved);
        }
        if !self.frames[index].edges.is_empty() {
            if self.reachable {
                let operands = self.stack.len() - self.frames[index].results;
                let operands: SmallVec<[Value; 8]> = SmallVec::from_slice(&self.stack[operands..]);
                let args = self.label_args(index, &operands);
                self.jump_to(index, &args);
            }
            self.merge(index);
            self.reachable = true;
        }
        let frame = self.frames.pop().unwrap();
        if let Some(held) = frame.held {
            self.hold_no_more(held);
        }
        match frame.kind {
            FrameKind::Skipped => return,
            FrameKind::If { saved, .. } | FrameKind::Else { saved } => self.saved.truncate(saved),
            FrameKind::TryTable | FrameKind::OldTry { .. } => {
                self.handlers.pop();
            }
            FrameKind::Block | FrameKind::Loop | FrameKind::OldCatch { .. } => {}
        }
        if self.reachable {
            if self.frames.is_empty() {
                let at = self.stack.len() - frame.results;
                self.b.ret(&self.stack[at..]);
            }
        } else {
            self.stack.truncate(frame.height);
        }
    }

    /// Begins the block that follows a structure.
    fn merge(&mut self, index: usize) {
        let (label, results) = (self.frames[index].label, self.frames[index].results);
        let edges = std::mem::take(&mut self.frames[index].edges);
        let ty = self.frames[index].ty;
        self.merge_at(index, label, results, edges);
        let module = self.module;
        let results: &[ValType] = match &ty {
            BlockType::Empty => &[],
            BlockType::Type(ty) => std::slice::from_ref(ty),
            BlockType::FuncType(i) => module.func_type(*i).results(),
        };
        let at = self.stack.len() - results.len();
        for (i, &ty) in results.iter().enumerate() {
            self.declared(self.stack[at + i], ty);
        }
    }

    /// Begins a block where branches meet that pass `results` operands and the locals that a frame assigns. Values on
    /// which all branches agree need no parameter.
    fn merge_at(&mut self, index: usize, label: Block, results: usize, edges: SmallVec<[EdgeFrom; 2]>) {
        let (height, assigned) = (self.frames[index].height, self.frames[index].assigned.clone());
        let locals = self.assigned.locals(&assigned);
        let count = results + locals.len();
        self.stack.truncate(height);
        let mut differs: SmallVec<[bool; 16]> = SmallVec::from_elem(false, count);
        let first: SmallVec<[Value; 16]> =
            SmallVec::from_slice(&self.b.func.targets(edges[0].0)[edges[0].1 as usize].args);
        for &(inst, target) in &edges[1..] {
            for (i, v) in self.b.func.targets(inst)[target as usize].args.iter().enumerate() {
                differs[i] |= *v != first[i];
            }
        }
        for (i, &v) in first.iter().enumerate() {
            let value = if differs[i] { self.b.add_param(label, self.b.ty(v)) } else { v };
            match i.checked_sub(results) {
                None => self.stack.push(value),
                Some(l) => self.locals[locals[l] as usize] = value,
            }
        }
        for &(inst, target) in &edges {
            let control = self.b.func.insts[inst.index()].control.as_mut().unwrap();
            let mut i = 0;
            control.targets[target as usize].args.retain(|_| {
                i += 1;
                differs[i - 1]
            });
        }
        self.restore_held(index);
        // Facts learnt on one of the paths need not hold on the others.
        self.facts.forget(self.frames[index].facts);
        self.b.switch_to(label);
    }
}
