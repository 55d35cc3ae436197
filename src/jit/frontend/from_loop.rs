//! Functions that begin at a loop, for on-stack replacement: an interpreter frame becomes a compiled one at the start of
//! a loop iteration (Fink and Qian, "Design, Implementation and Evaluation of Adaptive Recompilation with On-Stack
//! Replacement", CGO 2003).
//!
//! The locals and operands at that point are the parameters. If there are loops around that loop, the function begins at
//! the header of the outermost one, so each loop has one entry and every pass treats it like any other loop. Each header
//! on the path has an additional last parameter, the selector, which says whether to go straight on to the next loop: it
//! is 1 where the function begins, and 0 in all branches. Code before the outermost loop is left out.
//!
//! ```text
//!   loop A            entry: jump to A, 1
//!     before          A's header: if the last parameter is not 0, jump to C
//!     loop B                      before; jump to C
//!       inner         C: the values of both ways join; jump to B
//!       br_if B       B's header: inner; br_if B
//!     end                         after; br_if A, 0
//!     after
//!     br_if A
//!   end
//! ```
//!
//! The path leads into the middle of all structures between the two loops. So where the paths through one of these
//! structures join, it must pass the locals that the outer loop assigns and the operands below the structure: their
//! values depend on where the structure was entered.

use super::*;
use crate::module::RefType;

/// The maximum number of parameters of a function that begins at a loop.
pub const MOST_CARRIED: usize = 1000;

/// The path from the beginning of the function, at the outermost loop, to the inner loop where execution starts.
pub(super) struct Way {
    /// The index of the operator that begins the outer loop.
    first: usize,
    /// The structures from the outer loop to the inner one that have not begun yet, each identified by the number of
    /// structures before it.
    ahead: VecDeque<usize>,
    /// The number of operands below the outer loop, not counting those that the loop takes.
    below: usize,
    /// The values at the inner loop other than locals.
    carried: Vec<(Carried, Type)>,
    /// The parameters that are operands, in order.
    operands: Vec<Value>,
    /// The parameters that are exceptions, by frame.
    caught: HashMap<usize, Value>,
    /// The last loop on the path that has begun.
    passed: Option<PassedThrough>,
}

/// A loop around the one where the function begins.
struct PassedThrough {
    /// The empty block where the path continues, and the locals there.
    block: Block,
    locals: Vec<Value>,
    /// The index of the loop's frame, the frame's height, and the locals that it assigns.
    frame: usize,
    height: usize,
    assigned: Range<u32>,
    /// The mark of the facts known at the loop's header.
    facts: usize,
    /// The length of [`Translator::held`] at the loop's header.
    held: usize,
    /// The first operand, and the first frame after the loop's own, that no structure on the path has been found to pass yet.
    unseen: (usize, usize),
}

/// A value other than a local that the function takes.
#[derive(Clone, Copy)]
enum Carried {
    Operand,
    /// The exception caught by the clause of this frame.
    Caught(usize),
}

/// The location of a value that is not a local.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Held {
    /// An operand, by its index on the stack.
    Operand(usize),
    /// The exception caught by the clause of this frame.
    Caught(usize),
}

/// The type of a parameter for values of an IR type; reference types are erased, as in all signatures.
fn carried_type(ty: Type) -> ValType {
    match ty {
        Type::I32 => ValType::I32,
        Type::I64 => ValType::I64,
        Type::F32 => ValType::F32,
        Type::F64 => ValType::F64,
        Type::V128 => ValType::V128,
        Type::Ref32 => ValType::Ref(RefType::ANYREF),
        Type::Ptr => ValType::Ref(RefType::FUNCREF),
    }
}

impl Way {
    /// The index of the operator where the function begins.
    pub fn first(&self) -> usize {
        self.first
    }

    /// Whether the structure with this many structures before it is the next one on the path.
    pub fn leads_to(&self, number: usize) -> bool {
        self.ahead.front() == Some(&number)
    }
}

impl<'s> Translator<'_, 's> {
    /// Returns the path to the loop that begins with the operator at index `target`, which is the next operator.
    pub(super) fn way_to_loop(&self, target: usize) -> Result<Way, Unsupported> {
        if !self.reachable {
            return self.unsupported("code from a loop on that is never reached");
        }
        let carried = self.carried();
        if self.local_types.len() + carried.len() > MOST_CARRIED {
            return self.over(Limit::CarriedValues);
        }
        let outer = self.frames.iter().position(Frame::is_loop).unwrap_or(self.frames.len());
        let around = &self.frames[outer..];
        Ok(Way {
            first: around.first().map_or(target, |frame| frame.begins.0),
            ahead: around.iter().map(|frame| frame.begins.1).chain([self.structures]).collect(),
            below: around.first().map_or(self.stack.len(), |frame| frame.height),
            carried,
            operands: Vec::new(),
            caught: HashMap::new(),
            passed: None,
        })
    }

    /// Returns the values to carry other than locals: operands, and the exception of each clause before the operands of
    /// its block.
    fn carried(&self) -> Vec<(Carried, Type)> {
        let mut carried = Vec::new();
        let operands = |range: Range<usize>| range.map(|i| (Carried::Operand, self.b.ty(self.stack[i])));
        let mut next = 0;
        for (index, frame) in self.frames.iter().enumerate() {
            if frame.caught().is_some() {
                carried.extend(operands(next..frame.height));
                next = frame.height;
                carried.push((Carried::Caught(index), Type::Ref32));
            }
        }
        carried.extend(operands(next..self.stack.len()));
        carried
    }

    /// Begins a function here, in front of the outermost loop on the way, in place of the one that was built so far.
    pub(super) fn begin_at_loop(&mut self, mut way: Way, simplifier: Option<&'s mut dyn Simplifier>) {
        let types = way.carried.iter().map(|&(_, ty)| carried_type(ty));
        let results = self.b.func.signature.wasm.results().to_vec();
        let wasm = erased(self.module, &FuncType::new(self.local_types.iter().copied().chain(types), results));
        let mut func = Function::new(self.b.func.name.clone(), self.b.func.index, Signature { wasm });
        func.offset = self.b.func.offset;
        let params = func.blocks[0].params[1..].to_vec();
        let dropped = std::mem::replace(&mut self.b, Builder::new(func, simplifier)).finish();
        self.b.set_offset(self.offset);

        let (locals, others) = params.split_at(self.local_types.len());
        self.locals = locals.to_vec();
        self.saved.clear();
        self.watched.forget_marks();
        self.signatures.clear();
        self.facts = Facts::default();
        for (&local, ty) in locals.iter().zip(self.local_types.clone()) {
            self.declared(local, ty);
        }
        for (&(carried, _), &value) in way.carried.iter().zip(others) {
            match carried {
                Carried::Operand => way.operands.push(value),
                Carried::Caught(frame) => _ = way.caught.insert(frame, value),
            }
        }
        for (index, operand) in self.stack.iter_mut().enumerate() {
            // Nothing reads the operands of a loop that is passed through.
            *operand = if index < way.below { way.operands[index] } else { self.b.zero(dropped.ty(*operand)) };
        }
        for (index, frame) in std::mem::take(&mut self.frames).into_iter().enumerate() {
            let open = self.opened_again(frame, way.caught.get(&index).copied());
            self.frames.push(open);
        }
        self.way = (way.ahead.len() > 1).then_some(way);
    }

    /// Reopens a structure of the dropped function, with blocks of the new one and no branches so far.
    fn opened_again(&mut self, frame: Frame, caught: Option<Value>) -> Frame {
        let label = self.b.create_block();
        let mut fresh = |mut clauses: VecDeque<Clause>| {
            for clause in &mut clauses {
                clause.label = self.b.create_block();
                clause.edges.clear();
            }
            clauses
        };
        let kind = match frame.kind {
            FrameKind::Block | FrameKind::If { .. } | FrameKind::Else { .. } => FrameKind::Block,
            FrameKind::TryTable => FrameKind::TryTable,
            FrameKind::OldTry { clauses } => FrameKind::OldTry { clauses: fresh(clauses) },
            FrameKind::OldCatch { clauses, .. } => FrameKind::OldCatch { clauses: fresh(clauses), caught },
            FrameKind::Loop => unreachable!("all loops are on the way"),
            FrameKind::Skipped => unreachable!("a loop that is reached is not in skipped code"),
        };
        Frame { kind, label, edges: SmallVec::new(), facts: self.facts.mark(), ..frame }
    }

    /// Returns the locals that a structure assigns that begins above `height` operands, and the value of its [`Frame::held`].
    pub(super) fn assigned_on_way(&mut self, kind: &FrameKind, height: usize) -> (Range<u32>, Option<usize>) {
        let own = self.assigned.range(self.structures);
        let Some(way) = self.way.as_mut().filter(|way| way.leads_to(self.structures)) else { return (own, None) };
        way.ahead.pop_front();
        // A loop has one entry, where the two paths have joined.
        if matches!(kind, FrameKind::Loop) {
            return (own, None);
        }
        let passed = way.passed.as_mut().expect("a loop is the first on the way");
        let before = self.held.len();
        // Structures on the path are nested, so each passes whatever the previous one passes, too.
        let (operand, frame) = std::mem::replace(&mut passed.unseen, (height, self.frames.len()));
        self.held.extend((operand..height).map(Held::Operand));
        let clauses = (frame..self.frames.len()).filter(|&frame| self.frames[frame].caught().is_some());
        self.held.extend(clauses.map(Held::Caught));
        let held = passed.held..self.held.len();
        self.passed += (passed.assigned.len() + held.len()) / ASSIGNED_FOR_PASSED;
        let assigned = passed.assigned.clone();
        for index in before..self.held.len() {
            self.locals.push(self.value_held(self.held[index]));
        }
        let locals = self.local_types.len();
        (self.assigned.and_more(&assigned, held.map(|index| (locals + index) as u32)), Some(before))
    }

    fn value_held(&self, held: Held) -> Value {
        match held {
            Held::Operand(index) => self.stack[index],
            Held::Caught(frame) => self.frames[frame].caught().expect("a clause"),
        }
    }

    fn set_held(&mut self, held: Held, value: Value) {
        match held {
            Held::Operand(index) => self.stack[index] = value,
            Held::Caught(frame) => match &mut self.frames[frame].kind {
                FrameKind::OldCatch { caught, .. } => *caught = Some(value),
                _ => unreachable!("a clause"),
            },
        }
    }

    /// Moves the values that a structure on the path passed as locals back to their locations.
    pub(super) fn restore_held(&mut self, frame: usize) {
        if self.frames[frame].held.is_some() {
            for index in 0..self.held.len() {
                self.set_held(self.held[index], self.locals[self.local_types.len() + index]);
            }
        }
    }

    /// Drops all but the first `held` values at the end of a structure on the path.
    pub(super) fn hold_no_more(&mut self, held: usize) {
        self.held.truncate(held);
        self.locals.truncate(self.local_types.len() + held);
    }

    /// Joins the path with the code before a loop on it, whose frame is the last one. Returns the last argument of the
    /// loop if the path continues from there.
    pub(super) fn join_way(&mut self) -> Option<Value> {
        let mut way = self.way.take().expect("a loop on it begins");
        let goes_on = !way.ahead.is_empty();
        let selector = match way.passed.take() {
            None => goes_on.then(|| self.b.i32(1)),
            Some(passed) => self.join_with(&way, &passed, goes_on),
        };
        if goes_on {
            self.frames.last_mut().unwrap().is_passed_through = true;
            self.way = Some(way);
        }
        selector
    }

    fn join_with(&mut self, way: &Way, passed: &PassedThrough, goes_on: bool) -> Option<Value> {
        let frame = self.frames.len() - 1;
        let height = self.frames[frame].height;
        let locals: Vec<usize> = (0..self.local_types.len()).filter(|&l| self.locals[l] != passed.locals[l]).collect();
        let clauses = (passed.frame + 1..frame).filter(|&frame| self.frames[frame].caught().is_some());
        let others: Vec<Held> =
            (passed.height..self.stack.len()).map(Held::Operand).chain(clauses.map(Held::Caught)).collect();
        self.passed += locals.len() + others.len();

        let join = self.b.create_block();
        let mut args: Vec<Value> = locals.iter().map(|&l| self.locals[l]).collect();
        args.extend(others.iter().map(|&held| self.value_held(held)));
        args.extend(goes_on.then(|| self.b.i32(0)));
        let types: Vec<Type> = args.iter().map(|&value| self.b.ty(value)).collect();
        self.b.jump(join, &args);

        self.b.switch_to(passed.block);
        let mut args: Vec<Value> = locals.iter().map(|&l| passed.locals[l]).collect();
        for (held, &ty) in others.iter().zip(&types[locals.len()..]) {
            args.push(match *held {
                // Nothing reads the operands of a loop that is passed through.
                Held::Operand(index) if goes_on && index >= height => self.b.zero(ty),
                Held::Operand(index) => way.operands[index],
                Held::Caught(frame) => way.caught[&frame],
            });
        }
        args.extend(goes_on.then(|| self.b.i32(1)));
        self.b.jump(join, &args);

        self.b.switch_to(join);
        let mut values = types.into_iter().map(|ty| self.b.add_param(join, ty)).collect::<Vec<_>>().into_iter();
        for (l, value) in locals.into_iter().zip(&mut values) {
            self.locals[l] = value;
        }
        for (held, value) in others.into_iter().zip(&mut values) {
            self.set_held(held, value);
        }
        for index in passed.held..self.held.len() {
            self.locals[self.local_types.len() + index] = self.value_held(self.held[index]);
        }
        // Facts learnt before the loop do not hold on the path.
        self.facts.forget(passed.facts);
        for frame in &mut self.frames[passed.frame + 1..] {
            frame.facts = frame.facts.min(passed.facts);
        }
        values.next()
    }

    /// In the header of a loop from which the path continues: branches to the rest of the path if the last parameter is
    /// not 0.
    pub(super) fn continue_way(&mut self, header: Block) {
        let selector = self.b.add_param(header, Type::I32);
        let (block, own) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold(block);
        self.b.brif(selector, block, &[], own, &[]);
        self.b.switch_to(own);
        let frame = self.frames.len() - 1;
        self.way.as_mut().expect("it goes on").passed = Some(PassedThrough {
            block,
            locals: self.locals[..self.local_types.len()].to_vec(),
            frame,
            height: self.frames[frame].height,
            assigned: self.frames[frame].assigned.clone(),
            facts: self.facts.mark(),
            held: self.held.len(),
            unseen: (self.frames[frame].height, frame + 1),
        });
    }
}
