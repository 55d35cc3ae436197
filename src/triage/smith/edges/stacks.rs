//! Edges of stacks: continuations that suspend, are bound and switch to others with lists of values.

use super::Edge;
use crate::triage::smith::values::nullable;
use wasm_encoder::{
    BlockType, CompositeInnerType, CompositeType, ContType, FuncType, Handle, HeapType, Instruction as I, RefType,
    SubType, ValType as V,
};

impl Edge<'_, '_> {
    /// Continuations that suspend with a list of values and go on with another one; several at once, in any order.
    pub(super) fn suspended(&mut self) {
        match self.below(6) {
            0 => return self.bound(),
            1 => return self.switched(),
            _ => {}
        }
        let (payload, answer) = (self.list(), self.list());
        let tag = self.m.tag(&payload, &answer);
        let times = 1 + self.below(2);
        let function = self.separate(&[], |e| {
            for _ in 0..times {
                e.any_all(&payload);
                e.put([I::Suspend(tag)]);
                e.noted_all(&answer);
            }
        });
        let fresh = self.continuation(&[], &[V::I64]);
        let left = self.continuation(&answer, &[V::I64]);
        let count = 1 + self.below(3);
        let held: Vec<u32> = (0..count).map(|_| self.fresh(reference_to(left))).collect();
        let handled = RefType { nullable: false, heap_type: HeapType::Concrete(left) };
        let results: Vec<V> = payload.iter().copied().chain([V::Ref(handled)]).collect();
        let handler = BlockType::FunctionType(self.m.function_type(&[], &results));
        let resumed = |e: &mut Self, cont_type_index: u32, local: u32| {
            let resume_table = vec![Handle::OnLabel { tag, label: 0 }].into();
            e.put([I::Resume { cont_type_index, resume_table }]);
            e.noted(V::I64);
            e.put([I::RefNull(HeapType::Concrete(left)), I::LocalSet(local), I::Br(1), I::End, I::LocalSet(local)]);
            e.noted_all(&payload);
            e.put([I::End]);
        };
        for &local in &held {
            self.put([I::Block(BlockType::Empty), I::Block(handler)]);
            self.put([I::RefFunc(function), I::ContNew(fresh)]);
            resumed(self, fresh, local);
        }
        self.wasted();
        // A loop that takes all that comes, and is the target of the handler.
        if self.once_in(3) {
            let ty = BlockType::FunctionType(self.m.function_type(&results, &[]));
            let (local, counter) = (held[0], self.fresh(V::I32));
            self.put([I::LocalGet(local), I::RefIsNull, I::I32Eqz, I::If(BlockType::Empty)]);
            self.any_all(&payload);
            self.put([I::LocalGet(local), I::RefAsNonNull, I::Loop(ty), I::LocalSet(local)]);
            self.noted_all(&payload);
            // It ends in any case: what suspends does so a few times.
            self.put([I::LocalGet(counter), I::I32Const(1), I::I32Add, I::LocalTee(counter)]);
            self.put([I::I32Const(4), I::I32LtU, I::If(BlockType::Empty)]);
            self.any_all(&answer);
            self.put([I::LocalGet(local), I::RefNull(HeapType::Concrete(left)), I::LocalSet(local)]);
            // The label of the loop, out of the condition.
            let resume_table = vec![Handle::OnLabel { tag, label: 1 }].into();
            self.put([I::Resume { cont_type_index: left, resume_table }]);
            self.noted(V::I64);
            self.put([I::End, I::End, I::End]);
        }
        for _ in 0..1 + self.below(times * count + 1) {
            let local = self.drawn(&held);
            if self.once_in(8) {
                // Nothing refers to it any more.
                self.put([I::RefNull(HeapType::Concrete(left)), I::LocalSet(local)]);
                continue;
            }
            self.put([I::LocalGet(local), I::RefIsNull, I::I32Eqz, I::If(BlockType::Empty)]);
            self.put([I::Block(BlockType::Empty), I::Block(handler)]);
            let with = if self.once_in(3) {
                // Some of the values first.
                let first = self.below(answer.len() as u64 + 1) as usize;
                let bound = self.continuation(&answer[first..], &[V::I64]);
                let held = self.fresh(reference_to(bound));
                self.any_all(&answer[..first]);
                self.put([I::LocalGet(local), I::ContBind { argument_index: left, result_index: bound }]);
                self.put([I::LocalSet(held)]);
                self.any_all(&answer[first..]);
                self.put([I::LocalGet(held)]);
                bound
            } else {
                self.any_all(&answer);
                self.put([I::LocalGet(local)]);
                left
            };
            resumed(self, with, local);
            self.put([I::End]);
        }
        // One that may be null, or was resumed before.
        if self.once_in(6) {
            self.put([I::Block(BlockType::Empty), I::Block(handler)]);
            self.any_all(&answer);
            self.put([I::LocalGet(held[0])]);
            resumed(self, left, held[0]);
        }
    }

    /// Declares a type of continuations.
    fn continuation(&mut self, params: &[V], results: &[V]) -> u32 {
        let function = self.m.function_type(params, results);
        self.m.types.ty().cont(&ContType(function));
        self.m.type_count += 1;
        self.m.type_count - 1
    }

    /// A continuation whose parameters are bound in several steps.
    fn bound(&mut self) {
        let params: Vec<V> = [V::I64].into_iter().chain(self.list()).collect();
        let function = self.separate(&params, |e| {
            for (local, &ty) in (1..).zip(&params[1..]) {
                e.put([I::LocalGet(local)]);
                e.noted(ty);
            }
        });
        let mut of = self.continuation(&params, &[V::I64]);
        let mut held = self.fresh(reference_to(of));
        self.put([I::RefFunc(function), I::ContNew(of), I::LocalSet(held)]);
        let mut done = 0;
        for _ in 0..self.below(4) {
            let next = done + self.drawn(&[0, 1, 1, 2, 3, 8, params.len()]).min(params.len() - done);
            let bound = self.continuation(&params[next..], &[V::I64]);
            self.any_all(&params[done..next]);
            self.put([I::LocalGet(held), I::ContBind { argument_index: of, result_index: bound }]);
            let spent = (of, held, done);
            (of, held, done) = (bound, self.fresh(reference_to(bound)), next);
            self.put([I::LocalSet(held)]);
            self.wasted();
            if self.once_in(24) {
                // One that was bound can no longer be resumed.
                (of, held, done) = spent;
            }
        }
        self.any_all(&params[done..]);
        self.put([I::LocalGet(held), I::Resume { cont_type_index: of, resume_table: Vec::new().into() }]);
        self.noted(V::I64);
    }

    /// Two continuations that switch to each other with lists of values.
    fn switched(&mut self) {
        let tag = self.m.tag(&[], &[V::I64]);
        let there: Vec<V> = [V::I64].into_iter().chain(self.list()).collect();
        let back = self.list();
        let first = self.m.type_count;
        let (to, from) = (first + 1, first + 3);
        let plain = |inner| SubType {
            is_final: true,
            supertype_idxs: Vec::new(),
            composite_type: CompositeType { inner, shared: false, descriptor: None, describes: None },
        };
        let function = |params: &[V], other| {
            let params = params.iter().copied().chain([reference_to(other)]);
            plain(CompositeInnerType::Func(FuncType::new(params, [V::I64])))
        };
        self.m.types.ty().rec([
            function(&there, from),
            plain(CompositeInnerType::Cont(ContType(first))),
            function(&back, to),
            plain(CompositeInnerType::Cont(ContType(first + 2))),
        ]);
        self.m.type_count += 4;
        let switch = |e: &mut Self, to: u32, with: &[V], local: u32| {
            e.any_all(with);
            e.put([I::LocalGet(local), I::Switch { cont_type_index: to, tag_index: tag }]);
        };
        let params: Vec<V> = there.iter().copied().chain([reference_to(from)]).collect();
        let times = self.below(3);
        let second = self.separate(&params, |e| {
            for (local, &ty) in (1..).zip(&there[1..]) {
                e.put([I::LocalGet(local)]);
                e.noted(ty);
            }
            let caller = there.len() as u32;
            for _ in 0..times {
                switch(e, from, &back, caller);
                e.put([I::LocalSet(caller)]);
                e.noted_all(&there);
                e.wasted();
            }
        });
        // Its type is that of the group.
        self.m.functions[second as usize].0 = first;
        let main = self.separate(&[], |e| {
            let other = e.fresh(reference_to(to));
            e.put([I::RefFunc(second), I::ContNew(to), I::LocalSet(other)]);
            for _ in 0..1 + times.min(1) {
                switch(e, to, &there, other);
                e.put([I::LocalSet(other)]);
                e.noted_all(&back);
            }
        });
        let fresh = self.continuation(&[], &[V::I64]);
        let resume_table = vec![Handle::OnSwitch { tag }].into();
        self.put([I::RefFunc(main), I::ContNew(fresh), I::Resume { cont_type_index: fresh, resume_table }]);
        self.noted(V::I64);
    }
}

/// The type of references to continuations of a type.
fn reference_to(of: u32) -> V {
    V::Ref(nullable(HeapType::Concrete(of)))
}
