//! Shapes with continuations: any later function is run on its own stack, suspends somewhere, and is resumed, given an
//! argument, thrown into, or dropped.

use super::{Body, TAGS};
use crate::random::Random;
use crate::triage::smith::values::drawn;
use wasm_encoder::{
    BlockType, Catch, CompositeInnerType, CompositeType, ContType, FuncType, Function, Handle, HeapType,
    Instruction as I, RefType, SubType, TypeSection, ValType as V,
};

/// The tags that functions suspend with: each takes an i64 and returns one, and each resume handles both.
const YIELDS: [u32; 2] = [TAGS.len() as u32, TAGS.len() as u32 + 1];
/// The number of types per function in [`declare`].
const EACH: u32 = 6;

/// The indices of the types needed to run a function as a continuation.
#[derive(Clone, Copy)]
struct Types {
    /// The continuation of the function itself.
    fresh: u32,
    /// The continuation of a suspended function: from an i64 to the function's results.
    suspended: u32,
    /// The same continuation, with its argument already bound.
    bound: u32,
    /// The type of a block that ends with the payload and the continuation.
    handler: u32,
}

/// The index of the first type made by [`declare`].
#[derive(Clone, Copy)]
pub(super) struct Stacks {
    first: u32,
    /// The type of continuations that switch to each other.
    swap: u32,
}

/// The tag that functions switch by, after the [`YIELDS`].
const SWAP: u32 = YIELDS[1] + 1;

/// Declares the types that functions with these results need; their own types are the first ones, in the same order. Also returns
/// the index of the type of the [`YIELDS`]. The next type is that of the tag that functions switch by; then comes that of the
/// functions that switch, in a group of two.
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
    types.ty().function([], [V::I64]);
    let (function, swap) = (tag + 2, tag + 3);
    let plain = |inner| SubType {
        is_final: true,
        supertype_idxs: Vec::new(),
        composite_type: CompositeType { inner, shared: false, descriptor: None, describes: None },
    };
    types.ty().rec([
        plain(CompositeInnerType::Func(FuncType::new([reference(swap)], [V::I64]))),
        plain(CompositeInnerType::Cont(ContType(function))),
    ]);
    (Stacks { first, swap }, tag)
}

/// The bodies of two functions that switch to each other, the first of which has this index. The first one runs the second one as
/// a continuation in its place and passes itself to it; the second one switches back at most once.
pub(super) fn swapping(random: &mut Random, stacks: Stacks, first: u32) -> [Function; 2] {
    let switch = I::Switch { cont_type_index: stacks.swap, tag_index: SWAP };
    let body = |code: Vec<I<'static>>| {
        let mut function = Function::new([]);
        code.iter().for_each(|instruction| _ = function.instruction(instruction));
        function
    };
    let (mut left, mut right) = (Vec::new(), Vec::new());
    left.extend([I::RefFunc(first + 1), I::ContNew(stacks.swap), switch.clone(), I::LocalSet(0)]);
    if random.below(2) == 0 {
        // Once more to the second one, at the point where it waits.
        left.extend([I::LocalGet(0), switch.clone(), I::LocalSet(0)]);
    }
    left.extend([I::LocalGet(0), I::RefIsNull, I::I64ExtendI32U]);
    if random.below(3) > 0 {
        right.extend([I::LocalGet(0), switch, I::LocalSet(0)]);
    }
    right.extend([I::LocalGet(0), I::RefIsNull, I::I64ExtendI32U, I::I64Const(8 + random.below(50) as i64), I::I64Add]);
    [left, right].map(|code| body(code.into_iter().chain([I::End]).collect()))
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
        // A continuation that may have been consumed: mostly it was, which traps.
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
        // The payload shows which label was the target.
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

    /// Runs the first of the functions that switch to each other.
    pub(super) fn swapped(&mut self, stacks: Stacks) {
        let target = self.local(V::I64);
        let resume_table = vec![Handle::OnSwitch { tag: SWAP }].into();
        self.put([I::RefNull(HeapType::Concrete(stacks.swap)), I::RefFunc(self.shared.functions.len() as u32)]);
        self.put([I::ContNew(stacks.swap), I::Resume { cont_type_index: stacks.swap, resume_table }]);
        self.put([I::LocalGet(target), I::I64Xor, I::LocalSet(target)]);
    }

    /// Throws into the continuation, and catches exceptions from it.
    fn throw_into(&mut self, types: Types, left: u32, callee: usize) {
        let cont_type_index = types.suspended;
        self.put([I::Block(BlockType::Empty)]);
        // An existing exception.
        let held = self.once_in(2).then(|| self.exception());
        if let Some(held) = held {
            self.caught_into(held, 0, |b| b.throw());
        }
        self.put([I::TryTable(BlockType::Empty, vec![Catch::All { label: 0 }].into())]);
        if let Some(held) = held {
            self.put([I::LocalGet(held), I::LocalGet(left)]);
            self.put([I::ResumeThrowRef { cont_type_index, resume_table: Vec::new().into() }]);
        } else {
            let tag_index = self.thrown();
            self.put([I::LocalGet(left)]);
            self.put([I::ResumeThrow { cont_type_index, tag_index, resume_table: Vec::new().into() }]);
        }
        self.results(callee);
        self.put([I::End, I::End]);
    }
}
