//! Shapes with continuations: any later function is run on its own stack, suspends somewhere, and is resumed, given an
//! argument, thrown into, or dropped.

use super::values::drawn;
use super::{Body, TAGS};
use wasm_encoder::{
    BlockType, Catch, ContType, Handle, HeapType, Instruction as I, RefType, TypeSection, ValType as V,
};

/// The tags that functions suspend with: each takes an i64 and returns one, and each resume handles both.
const YIELDS: [u32; 2] = [TAGS.len() as u32, TAGS.len() as u32 + 1];
/// The number of types per function in [`declare`].
const EACH: u32 = 6;

/// The indices of the types needed to run a function as a continuation.
#[derive(Clone, Copy)]
struct Types {
    /// The function's own.
    fresh: u32,
    /// The continuation of a suspended function: from an i64 to the function's results.
    suspended: u32,
    /// The same, with its argument already bound.
    bound: u32,
    /// The type of a block that ends with the payload and the continuation.
    handler: u32,
}

/// The index of the first type made by [`declare`].
#[derive(Clone, Copy)]
pub(super) struct Stacks {
    first: u32,
}

/// Declares the types that functions with these results need; their own types are the first ones, in the same order.
/// Returns also the index of the type of the [`YIELDS`].
pub(super) fn declare(types: &mut TypeSection, results: &[Vec<V>]) -> (Stacks, u32) {
    let first = types.len();
    for (i, results) in (0..).zip(results) {
        let at = first + EACH * i;
        types.ty().cont(&ContType(i));
        types.ty().function([V::I64], results.iter().copied());
        types.ty().cont(&ContType(at + 1));
        types.ty().function([], results.iter().copied());
        types.ty().cont(&ContType(at + 3));
        types.ty().function([], [V::I64, reference(at + 2)]);
    }
    let tag = types.len();
    types.ty().function([V::I64], [V::I64]);
    (Stacks { first }, tag)
}

fn reference(ty: u32) -> V {
    V::Ref(RefType { nullable: true, heap_type: HeapType::Concrete(ty) })
}

impl Stacks {
    fn of(self, function: usize) -> Types {
        let at = self.first + EACH * function as u32;
        Types { fresh: at, suspended: at + 2, bound: at + 4, handler: at + 5 }
    }
}

impl Body<'_> {
    /// Counts one more or one fewer active resume: functions suspend only inside a resume.
    fn inside(&mut self, more: bool) {
        let inside = self.shared.inside();
        let step = if more { I::I32Add } else { I::I32Sub };
        self.put([I::GlobalGet(inside), I::I32Const(1), step, I::GlobalSet(inside)]);
    }

    /// Suspends, if a handler exists.
    pub(super) fn suspend(&mut self) {
        let target = self.local(V::I64);
        self.put([I::GlobalGet(self.shared.inside()), I::If(BlockType::Empty)]);
        self.expression(V::I64, 1);
        let tag = drawn(self.random, &YIELDS);
        self.put([I::Suspend(tag), I::LocalSet(target), I::End]);
    }

    /// Runs a function as a continuation, and uses the continuation that it leaves when it suspends.
    pub(super) fn resume(&mut self, stacks: Stacks) {
        let Some(callee) = self.callee() else { return self.assignment() };
        self.shared.resumed.borrow_mut().push(callee);
        let types = stacks.of(callee);
        let left = self.fresh(reference(types.suspended));
        self.own.push(left);
        let payload = self.local(V::I64);
        self.put([I::Block(BlockType::Empty)]);
        self.handlers(types);
        self.arguments(callee);
        self.put([I::RefFunc(callee as u32), I::ContNew(types.fresh)]);
        self.resumed(types.fresh, left, callee, 1);
        self.put([I::LocalSet(left), I::LocalSet(payload)]);
        self.inside(false);
        match self.below(8) {
            0 => {}
            1 | 2 if self.shared.has.exceptions => self.throw_into(types, left, callee),
            3 => self.bound(types, left, callee),
            _ => self.again(types, left, callee),
        }
        // A continuation that was consumed, or was not: mostly consumed, which traps.
        if self.once_in(12) {
            self.expression(V::I64, 1);
            self.put([
                I::LocalGet(left),
                I::Resume { cont_type_index: types.suspended, resume_table: Vec::new().into() },
            ]);
            self.results(callee);
        }
        self.put([I::End]);
    }

    /// Opens the blocks that handle a suspension, one per tag.
    fn handlers(&mut self, types: Types) {
        self.put([I::Block(BlockType::FunctionType(types.handler)), I::Block(BlockType::FunctionType(types.handler))]);
    }

    /// Resumes the continuation on the stack, and ends these blocks; if the function returns, branches to `out`. `left`
    /// is a local for the remaining continuation.
    fn resumed(&mut self, cont_type_index: u32, left: u32, callee: usize, out: u32) {
        self.inside(true);
        let [mut first, mut second] = YIELDS.map(|tag| (tag, self.random.below(2) as u32));
        if !self.once_in(4) {
            // One label each.
            second.1 = 1 - first.1;
        }
        if self.once_in(2) {
            std::mem::swap(&mut first, &mut second);
        }
        let resume_table = [first, second].map(|(tag, label)| Handle::OnLabel { tag, label }).to_vec().into();
        self.put([I::Resume { cont_type_index, resume_table }]);
        self.results(callee);
        self.inside(false);
        // The payload shows which label it came by.
        self.put([I::Br(out + 1), I::End, I::LocalSet(left), I::I64Const(0x55), I::I64Xor, I::LocalGet(left), I::End]);
    }

    /// Resumes the continuation a few times.
    fn again(&mut self, types: Types, left: u32, callee: usize) {
        let (counter, payload) = (self.fresh(V::I32), self.local(V::I64));
        self.own.push(counter);
        let times = 1 + self.below(4) as i32;
        self.put([I::I32Const(times), I::LocalSet(counter), I::Loop(BlockType::Empty)]);
        self.loops += 1;
        self.handlers(types);
        self.expression(V::I64, 1);
        self.put([I::LocalGet(left)]);
        self.resumed(types.suspended, left, callee, 2);
        self.put([I::LocalSet(left), I::LocalSet(payload)]);
        self.inside(false);
        if self.once_in(2) {
            self.statement();
        }
        self.loops -= 1;
        self.put([I::LocalGet(counter), I::I32Const(1), I::I32Sub, I::LocalTee(counter), I::BrIf(0), I::End]);
    }

    /// Binds the argument first.
    fn bound(&mut self, types: Types, left: u32, callee: usize) {
        let payload = self.local(V::I64);
        self.handlers(types);
        self.expression(V::I64, 1);
        self.put([I::LocalGet(left)]);
        self.put([I::ContBind { argument_index: types.suspended, result_index: types.bound }]);
        self.resumed(types.bound, left, callee, 1);
        self.put([I::LocalSet(left), I::LocalSet(payload)]);
        self.inside(false);
    }

    /// Throws into the continuation, and catches exceptions from it.
    fn throw_into(&mut self, types: Types, left: u32, callee: usize) {
        self.put([I::Block(BlockType::Empty)]);
        self.put([I::TryTable(BlockType::Empty, vec![Catch::All { label: 0 }].into())]);
        let tag = self.below(TAGS.len() as u64) as u32;
        if let Some(ty) = TAGS[tag as usize] {
            self.expression(ty, 1);
        }
        self.put([I::LocalGet(left)]);
        let cont_type_index = types.suspended;
        self.put([I::ResumeThrow { cont_type_index, tag_index: tag, resume_table: Vec::new().into() }]);
        self.results(callee);
        self.put([I::End, I::End]);
    }
}
