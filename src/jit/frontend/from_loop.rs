//! Functions that begin at a loop, for on-stack replacement: an interpreted frame becomes a compiled one where a loop begins
//! again (Fink and Qian, "Design, Implementation and Evaluation of Adaptive Recompilation with On-Stack Replacement", CGO
//! 2003).
//!
//! The locals and operands of that moment are the parameters. The body is translated twice: up to the loop, to learn what is
//! open there and which values are on the stack, and then from the loop on, with the same structures open. What stands in
//! front of the loop is reached again only through a loop around it. Where such an outer loop ends, its body is translated
//! once more, from its own header: all branches to that header came from behind the inner loop, so both remain loops with a
//! single entry, and every pass treats them as such.
//!
//! ```text
//!   loop A            entry: jump to B           A's header: before; jump to a copy of B
//!     before          B's header: inner          copy of B's header: inner
//!     loop B            br_if B                    br_if copy of B
//!       inner           after; br_if A  ------->   after; br_if A
//!       br_if B         jump to end                jump to end
//!     end
//!     after           end: what A's two bodies agree on, and parameters for the rest
//!     br_if A
//!   end
//! ```

use super::*;
use crate::module::RefType;

/// The most parameters of a function that begins at a loop.
pub const MOST_CARRIED: usize = 1000;

/// What is known of a loop in whose middle the function begins.
pub(super) struct Reentry {
    /// The index of the first operator in it.
    first: usize,
    /// The number of structures begun up to there, itself included.
    structures: usize,
    /// The block behind it.
    join: Block,
    /// Whether there was a branch to it.
    pub is_branched_to: bool,
    /// Whether its body is being translated from its header on.
    is_whole: bool,
}

/// A value that the function takes besides locals.
enum Carried {
    Operand(usize),
    /// The exception of the clause that is this frame.
    Caught(usize),
}

/// The type of a parameter for values of an IR type; reference types are erased as in all signatures.
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

impl<'s> Translator<'_, 's> {
    /// Begins a function here, in front of a loop, in place of the one that was built so far.
    pub(super) fn begin_at_loop(&mut self, simplifier: Option<&'s mut dyn Simplifier>) -> TranslateResult {
        assert!(self.reachable, "a loop that executes is reached");
        let carried = self.carried();
        if self.local_types.len() + carried.len() > MOST_CARRIED {
            return self.over(Limit::CarriedValues);
        }
        let types = carried.iter().map(|carried| match carried {
            Carried::Operand(i) => carried_type(self.b.ty(self.stack[*i])),
            Carried::Caught(_) => ValType::Ref(RefType::ANYREF),
        });
        let results = self.b.func.signature.wasm.results().to_vec();
        let wasm = erased(self.module, &FuncType::new(self.local_types.iter().copied().chain(types), results));
        let mut func = Function::new(self.b.func.name.clone(), self.b.func.index, Signature { wasm });
        func.offset = self.b.func.offset;
        let params = func.blocks[0].params[1..].to_vec();
        let dropped = std::mem::replace(&mut self.b, Builder::new(func, simplifier)).finish();
        self.b.set_offset(self.offset);

        let (locals, others) = params.split_at(self.local_types.len());
        self.locals = locals.to_vec();
        self.stack.clear();
        self.saved.clear();
        self.signatures.clear();
        self.facts = Facts::default();
        for (&local, ty) in locals.iter().zip(self.local_types.clone()) {
            self.declared(local, ty);
        }
        let mut caught = HashMap::new();
        for (carried, &value) in carried.iter().zip(others) {
            match *carried {
                Carried::Operand(_) => self.stack.push(value),
                Carried::Caught(frame) => _ = caught.insert(frame, value),
            }
        }
        for (index, frame) in std::mem::take(&mut self.frames).into_iter().enumerate() {
            let open = self.opened_again(frame, caught.get(&index).copied(), &dropped);
            self.frames.push(open);
        }
        Ok(())
    }

    /// The values to carry besides locals: operands, and the exception of a clause in front of the operands of its block.
    fn carried(&self) -> Vec<Carried> {
        let mut carried = Vec::new();
        let mut operands = 0..self.stack.len();
        for (index, frame) in self.frames.iter().enumerate() {
            if frame.caught().is_some() {
                carried.extend((operands.start..frame.height).map(Carried::Operand));
                operands.start = frame.height;
                carried.push(Carried::Caught(index));
            }
        }
        carried.extend(operands.map(Carried::Operand));
        carried
    }

    /// An open structure of the function that was dropped, with blocks of this one and without branches so far.
    fn opened_again(&mut self, frame: Frame, caught: Option<Value>, old: &Function) -> Frame {
        let label = self.b.create_block();
        let mut fresh = |mut clauses: VecDeque<Clause>| {
            for clause in &mut clauses {
                clause.label = self.b.create_block();
                clause.edges.clear();
            }
            clauses
        };
        let mut reentry = None;
        let kind = match frame.kind {
            FrameKind::Block | FrameKind::If { .. } | FrameKind::Else { .. } => FrameKind::Block,
            FrameKind::TryTable => FrameKind::TryTable,
            FrameKind::OldTry { clauses } => FrameKind::OldTry { clauses: fresh(clauses) },
            FrameKind::OldCatch { clauses, .. } => FrameKind::OldCatch { clauses: fresh(clauses), caught },
            FrameKind::Loop => {
                for &param in &old.blocks[frame.label.index()].params {
                    self.b.add_param(label, old.ty(param));
                }
                let join = self.b.create_block();
                let (first, structures) = frame.begins;
                reentry = Some(Box::new(Reentry { first, structures, join, is_branched_to: false, is_whole: false }));
                FrameKind::Loop
            }
            FrameKind::Skipped => unreachable!("a loop that is reached is not in skipped code"),
        };
        Frame { kind, label, edges: SmallVec::new(), facts: self.facts.mark(), reentry, ..frame }
    }

    /// Where a loop ends in whose middle the function begins: the first time, continues at its header, if that is branched
    /// to. Returns whether it does; the loop is an ordinary block otherwise.
    pub(super) fn reenter(&mut self, index: usize) -> bool {
        let Some(mut reentry) = self.frames[index].reentry.take() else { return false };
        if self.reachable {
            let operands = self.stack.len() - self.frames[index].results;
            let operands: SmallVec<[Value; 8]> = SmallVec::from_slice(&self.stack[operands..]);
            let args = self.label_args(index, &operands);
            let inst = self.b.jump(reentry.join, &args);
            self.frames[index].edges.push((inst, 0));
            self.reachable = false;
        }
        if reentry.is_whole || !reentry.is_branched_to {
            let frame = &mut self.frames[index];
            frame.kind = FrameKind::Block;
            frame.label = reentry.join;
            return false;
        }
        self.next = reentry.first;
        self.structures = reentry.structures;
        let frame = &self.frames[index];
        let (label, height, assigned) = (frame.label, frame.height, frame.assigned.clone());
        self.facts.forget(frame.facts);
        let params = self.b.func.blocks[label.index()].params.clone();
        let (operands, locals) = params.split_at(frame.params);
        self.stack.truncate(height);
        self.stack.extend_from_slice(operands);
        for (&local, &value) in self.assigned.locals(&assigned).iter().zip(locals) {
            self.locals[local as usize] = value;
        }
        self.reachable = true;
        self.begin_header(label);
        reentry.is_whole = true;
        self.frames[index].reentry = Some(reentry);
        true
    }
}
