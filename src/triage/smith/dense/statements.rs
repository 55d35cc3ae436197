//! Statements: the shapes. Each leaves the operand stack as it was.

use super::expressions::argument;
use super::roles::Role;
use super::{Body, TAGS};
use crate::triage::smith::operators::scalars::{load, store};
use crate::triage::smith::values::drawn;
use wasm_encoder::{BlockType, Catch, Instruction as I, ValType as V};

/// The number of kinds of statements; see [`Body::statement`].
pub(super) const SHAPES: u64 = 39;
/// The shape that runs a function as a continuation.
pub(super) const RESUME: u64 = 30;
/// The shape that casts by descriptor.
pub(super) const DESCRIBED: u64 = 31;
/// The shape that makes objects.
pub(super) const OBJECTS: u64 = 32;
/// The shape that computes with vectors.
pub(super) const VECTORS: u64 = 33;
/// The shape that uses the second memory and the second table.
pub(super) const SPACES: u64 = 34;
/// The shape with atomic accesses.
pub(super) const ATOMICS: u64 = 35;

impl Body<'_> {
    /// Makes the whole function: the fuel counter, statements, code that shows the locals, the results.
    pub(super) fn whole(&mut self, params: usize) {
        if self.index == 0 && self.shared.has.stacks.is_some() {
            // Only the driver calls this function. A previous exception or trap may have left the counter at any value.
            self.put([I::I32Const(0), I::GlobalSet(self.shared.inside())]);
        }
        self.spend();
        for local in params as u32..self.locals.len() as u32 {
            let ty = self.locals[local as usize];
            if self.once_in(2) {
                let global = self.global(ty);
                self.put([I::GlobalGet(global), I::LocalSet(local)]);
            }
        }
        let resumed = self.shared.resumed.borrow().contains(&self.index);
        while self.budget > 0 {
            if resumed && self.once_in(2) {
                self.suspend();
            }
            self.statement();
        }
        if !self.once_in(3) {
            self.digest();
        }
        let tail = self.shared.has.tail && self.once_in(2) && self.tail_call();
        if !tail {
            for ty in self.shared.functions[self.index].results.clone() {
                self.expression(ty, 1);
                self.settled(ty);
            }
        }
        self.put([I::End]);
    }

    /// Takes one unit of fuel; traps if none is left.
    pub(super) fn spend(&mut self) {
        let fuel = self.shared.fuel();
        self.put([I::GlobalGet(fuel), I::I32Eqz, I::If(BlockType::Empty), I::Unreachable, I::End]);
        self.put([I::GlobalGet(fuel), I::I32Const(1), I::I32Sub, I::GlobalSet(fuel)]);
    }

    pub(super) fn statement(&mut self) {
        self.budget = self.budget.saturating_sub(1);
        let has = &self.shared.has;
        let shape = match self.random.below(2) {
            0 => drawn(self.random, &self.shared.favourites),
            _ => self.random.below(SHAPES),
        };
        match shape {
            0..4 => self.assignment(),
            4 => {
                let ty = self.ty();
                let global = self.global(ty);
                self.expression(ty, 2);
                self.settled(ty);
                self.put([I::GlobalSet(global)]);
            }
            5 => self.store(),
            6 | 7 => self.overlapping(),
            8 => self.branch(),
            9 => self.known_condition(),
            10 | 11 if self.loops < 2 => self.counted_loop(),
            12 | 13 => self.call(),
            14 => self.around_call(),
            15 if has.exceptions => self.handled(),
            16 if has.exceptions && self.loops == 0 => self.perhaps_throw(),
            17 => self.switch(),
            18 if self.once_in(2) => self.grow(),
            19 if has.bulk => self.bulk(),
            20 if has.references => self.table(),
            21 => self.pressed(),
            22 => self.folded(),
            23 => self.divisions(),
            24 => self.conversions(),
            25 => self.truncations(),
            26 => self.folded(),
            27 => self.conversions(),
            28 if has.exceptions => self.handled(),
            29 if has.stacks.is_some() => self.suspend(),
            RESUME => match has.stacks {
                Some(stacks) => self.resume(stacks),
                None => self.assignment(),
            },
            DESCRIBED => match has.described {
                Some(types) => self.described(types),
                None => self.assignment(),
            },
            OBJECTS => match has.objects {
                Some(types) => self.objects(types),
                None => self.assignment(),
            },
            VECTORS if has.vectors => self.vectors(),
            SPACES => match has.spaces {
                Some(spaces) => self.spaces(spaces),
                None => self.assignment(),
            },
            ATOMICS if has.atomics => self.atomics(has.spaces),
            36 if has.wide_arithmetic => self.wide(),
            37 => match has.caught {
                Some(types) if self.loops == 0 => self.rethrown(types),
                _ => self.assignment(),
            },
            38 if has.typed => match has.stacks {
                Some(stacks) if self.once_in(2) => self.swapped(stacks),
                _ => self.nullness(),
            },
            _ => self.assignment(),
        }
    }

    pub(super) fn assignment(&mut self) {
        let ty = self.ty();
        let local = self.local(ty);
        let depth = 2 + self.below(2) as u32;
        self.expression(ty, depth);
        self.put([I::LocalSet(local)]);
    }

    fn store(&mut self) {
        let ty = self.ty();
        let (offset, kind) = (self.address(), self.below(8));
        self.expression(ty, 2);
        self.settled(ty);
        self.put([store(ty, kind, argument(offset))]);
    }

    /// Loads and stores of all widths at one place; loaded values are held while stores are made.
    fn overlapping(&mut self) {
        let base = self.fresh(V::I32);
        let source = self.local(V::I32);
        self.put([I::LocalGet(source), I::I32Const(0xff0), I::I32And, I::LocalSet(base)]);
        let at = |b: &mut Self| [0, 0, 0, 1, 2, 4][b.below(6) as usize];
        let sum = self.fresh(V::I64);
        for _ in 0..3 + self.below(4) {
            let ty = if self.once_in(2) { V::I64 } else { V::I32 };
            let (first, second) = (at(self), at(self));
            let (from, width) = (self.below(7), self.below(7));
            match self.below(3) {
                0 => {
                    // A load, a store, then the use of both.
                    let (value, other) = (self.local(ty), self.local(ty));
                    let add = if ty == V::I64 { I::I64Add } else { I::I32Add };
                    let narrow = self.below(4);
                    self.put([I::LocalGet(base), load(ty, 6, argument(first))]);
                    self.put([I::LocalGet(base), I::LocalGet(value), store(ty, narrow, argument(second))]);
                    self.put([I::LocalGet(other), add, I::LocalSet(other)]);
                }
                1 => {
                    let value = self.local(ty);
                    self.put([I::LocalGet(base), I::LocalGet(value), store(ty, width, argument(first))]);
                }
                _ => {
                    self.put([I::LocalGet(sum), I::I64Const(5), I::I64Rotl]);
                    self.put([I::LocalGet(base), load(ty, from, argument(second))]);
                    if ty == V::I32 {
                        self.put([I::I64ExtendI32U]);
                    }
                    self.put([I::I64Xor, I::LocalSet(sum)]);
                }
            }
        }
        let target = self.local(V::I64);
        self.put([I::LocalGet(sum), I::LocalSet(target)]);
    }

    fn branch(&mut self) {
        self.condition(2);
        if self.once_in(2) {
            self.put([I::If(BlockType::Empty)]);
            self.statement();
            self.put([I::Else]);
            self.statement();
        } else {
            self.put([I::If(BlockType::Empty)]);
            self.statement();
        }
        self.put([I::End]);
    }

    /// A repeated condition, both where its outcome is known and where it is not.
    fn known_condition(&mut self) {
        let known = self.fresh(V::I32);
        self.condition(1);
        self.put([I::LocalSet(known)]);
        let (skip, target) = (self.local(V::I32), self.local(V::I32));
        self.put([I::Block(BlockType::Empty), I::LocalGet(known), I::BrIf(0)]);
        if self.once_in(2) {
            self.assignment();
        }
        self.put([I::LocalGet(skip), I::BrIf(0)]);
        self.statement();
        self.put([I::End]);
        let value = self.ty();
        let chosen = self.local(value);
        self.put([I::LocalGet(known), I::If(BlockType::Empty)]);
        self.expression(value, 1);
        self.put([I::LocalSet(chosen), I::End]);
        self.put([I::LocalGet(known), I::LocalGet(target), I::I32Add, I::LocalSet(target)]);
    }

    /// A loop that counts; invariant code may move out of it.
    fn counted_loop(&mut self) {
        let counter = self.fresh(V::I32);
        self.own.push(counter);
        let times = 1 + self.below(6) as i32;
        self.put([I::I32Const(times), I::LocalSet(counter), I::Loop(BlockType::Empty)]);
        self.loops += 1;
        match self.below(3) {
            0 => {
                // A division guarded by a test.
                let wide = self.once_in(2);
                let ty = if wide { V::I64 } else { V::I32 };
                let (a, b, to) = (self.local(ty), self.local(ty), self.fresh(ty));
                let choice = self.below(4) as usize;
                let (test, divide, add) = match wide {
                    true => (I::I64Eqz, [I::I64DivS, I::I64DivU, I::I64RemS, I::I64RemU][choice].clone(), I::I64Add),
                    false => (I::I32Eqz, [I::I32DivS, I::I32DivU, I::I32RemS, I::I32RemU][choice].clone(), I::I32Add),
                };
                self.put([I::LocalGet(b), test, I::I32Eqz, I::If(BlockType::Empty)]);
                self.put([I::LocalGet(a), I::LocalGet(b), divide, I::LocalGet(to), add, I::LocalSet(to), I::End]);
            }
            1 => {
                if self.once_in(2) {
                    self.grow();
                }
                let target = self.local(V::I32);
                self.put([I::MemorySize(0), I::LocalGet(target), I::I32Add, I::LocalSet(target)]);
                self.overlapping();
            }
            _ => {}
        }
        for _ in 0..1 + self.below(3) {
            self.statement();
        }
        self.loops -= 1;
        self.put([I::LocalGet(counter), I::I32Const(1), I::I32Sub, I::LocalTee(counter), I::BrIf(0), I::End]);
    }

    /// Draws a later function.
    pub(super) fn callee(&mut self) -> Option<usize> {
        let all = self.shared.functions.iter().enumerate().skip(self.index + 1);
        let fit: Vec<usize> = all.filter(|(_, f)| f.role != Role::Far).map(|(i, _)| i).collect();
        (!fit.is_empty()).then(|| drawn(self.random, &fit))
    }

    /// Pushes arguments: mostly locals as they are, so that they must change places.
    pub(super) fn arguments(&mut self, callee: usize) {
        let callee = &self.shared.functions[callee];
        for &ty in &callee.params {
            if self.once_in(4) {
                self.expression(ty, 1);
            } else {
                let local = self.local(ty);
                self.put([I::LocalGet(local)]);
            }
            if let (V::I32, Some(mask)) = (ty, callee.mask) {
                self.put([I::I32Const(mask), I::I32And]);
            }
        }
    }

    /// Stores results in locals.
    pub(super) fn results(&mut self, callee: usize) {
        for ty in self.shared.functions[callee].results.clone().into_iter().rev() {
            let local = self.local(ty);
            self.put([I::LocalSet(local)]);
        }
    }

    pub(super) fn transfer(&mut self, callee: usize, tail: bool) {
        let elements = 6 / self.shared.functions.len() as u64;
        if self.once_in(3) && elements > 0 {
            // Through the table, which contains functions repeatedly; with the type or an equal one.
            let count = self.shared.functions.len() as i32;
            let double = self.shared.functions[callee].double.filter(|_| self.random.below(2) == 0);
            let type_index = double.unwrap_or(callee as u32);
            let element = callee as i32 + count * self.below(elements) as i32;
            let element = if self.once_in(30) { 7 } else { element };
            let instruction = match tail {
                true => I::ReturnCallIndirect { type_index, table_index: 0 },
                false => I::CallIndirect { type_index, table_index: 0 },
            };
            return self.put([I::I32Const(element), instruction]);
        }
        if self.shared.has.typed && self.once_in(6) {
            let ty = self.shared.functions[callee].double.unwrap_or(callee as u32);
            let ty = if self.once_in(2) { ty } else { callee as u32 };
            return self.put([I::RefFunc(callee as u32), if tail { I::ReturnCallRef(ty) } else { I::CallRef(ty) }]);
        }
        self.put([if tail { I::ReturnCall(callee as u32) } else { I::Call(callee as u32) }]);
    }

    fn call(&mut self) {
        let Some(callee) = self.callee() else { return self.assignment() };
        self.arguments(callee);
        self.transfer(callee, false);
        self.results(callee);
        if self.once_in(2) {
            // The same locals again: they were arguments and are still live.
            self.arguments(callee);
            self.transfer(callee, false);
            self.results(callee);
        }
    }

    /// Reads state that a call may change, before and after it.
    fn around_call(&mut self) {
        let Some(callee) = self.callee() else { return self.assignment() };
        let sum = self.fresh(V::I64);
        let kind = self.below(4);
        let offset = self.below(9);
        let global = self.global(V::I64);
        let base = self.local(V::I32);
        let look = |b: &mut Self| match kind {
            0 => b.put([I::GlobalGet(global)]),
            1 => b.put([I::MemorySize(0), I::I64ExtendI32U]),
            2 if b.shared.has.references => b.put([I::TableSize(0), I::I64ExtendI32U]),
            _ => b.put([I::LocalGet(base), I::I32Const(0xff0), I::I32And, I::I64Load(argument(offset))]),
        };
        look(self);
        self.put([I::LocalSet(sum)]);
        self.arguments(callee);
        self.transfer(callee, false);
        self.results(callee);
        look(self);
        let target = self.local(V::I64);
        self.put([I::LocalGet(sum), I::I64Const(7), I::I64Rotl, I::I64Xor, I::LocalSet(target)]);
    }

    /// Makes a call in tail position, if a later function has the same results.
    fn tail_call(&mut self) -> bool {
        let Some(callee) = self.tail_callee() else { return false };
        self.arguments(callee);
        self.transfer(callee, true);
        true
    }

    /// Draws a later function with the same results.
    pub(super) fn tail_callee(&mut self) -> Option<usize> {
        let own = &self.shared.functions[self.index].results;
        let all = self.shared.functions.iter().enumerate().skip(self.index + 1);
        let fit = all.filter(|(_, f)| f.results == *own && f.role != Role::Far);
        let fit: Vec<usize> = fit.map(|(i, _)| i).collect();
        (!fit.is_empty()).then(|| drawn(self.random, &fit))
    }

    /// Pushes the payload of a tag, and returns the tag.
    pub(super) fn thrown(&mut self) -> u32 {
        let tag = self.below(TAGS.len() as u64) as u32;
        for &ty in TAGS[tag as usize] {
            self.expression(ty, 1);
            self.settled(ty);
        }
        tag
    }

    pub(super) fn throw(&mut self) {
        let tag = self.thrown();
        self.put([I::Throw(tag)]);
    }

    fn perhaps_throw(&mut self) {
        self.condition(1);
        self.put([I::If(BlockType::Empty)]);
        self.throw();
        self.put([I::End]);
    }

    /// Makes a try_table whose handlers see a change made before the throw.
    fn handled(&mut self) {
        let payload = self.local(V::I64);
        self.put([I::Block(BlockType::Result(V::I64)), I::Block(BlockType::Empty)]);
        let mut catches = vec![Catch::One { tag: 0, label: 1 }, Catch::One { tag: 1, label: 0 }];
        match self.below(4) {
            0 => catches.push(Catch::All { label: 0 }),
            1 => {}
            _ => catches.push(Catch::One { tag: 2, label: 0 }),
        }
        self.put([I::TryTable(BlockType::Empty, catches.into())]);
        for _ in 0..1 + self.below(3) {
            self.assignment();
        }
        match self.callee() {
            Some(callee) if !self.once_in(3) => {
                self.arguments(callee);
                self.transfer(callee, false);
                self.results(callee);
                self.assignment();
                self.perhaps_throw();
            }
            _ => {
                self.perhaps_throw();
                self.assignment();
            }
        }
        self.statement();
        self.put([I::End, I::End]);
        self.expression(V::I64, 1);
        self.put([I::End, I::LocalSet(payload)]);
    }

    /// A br_table over a few blocks, each case with its own code.
    fn switch(&mut self) {
        // Now and then more than there are bits in a word.
        let cases = if self.once_in(30) { 65 + self.below(20) as u32 } else { 2 + self.below(4) as u32 };
        for _ in 0..=cases {
            self.put([I::Block(BlockType::Empty)]);
        }
        let (index, target) = (self.local(V::I32), self.local(V::I32));
        self.put([I::LocalGet(index)]);
        if !self.once_in(4) {
            self.put([I::I32Const(if cases > 64 { 127 } else { 7 }), I::I32And]);
        }
        let labels: Vec<u32> = (0..cases).collect();
        let default = self.below(u64::from(cases)) as u32;
        self.put([I::BrTable(labels.into(), default)]);
        for case in 0..cases {
            self.put([I::End, I::LocalGet(target), I::I32Const(case as i32 * 77 + 1), I::I32Xor, I::LocalSet(target)]);
            if self.once_in(3) {
                self.put([I::Br(cases - 1 - case)]);
            }
        }
        self.put([I::End]);
    }

    /// Growth, followed by reads of the new area.
    fn grow(&mut self) {
        let target = self.local(V::I32);
        let by = self.below(2) as i32;
        self.put([I::I32Const(by), I::MemoryGrow(0), I::LocalSet(target)]);
        if self.once_in(2) {
            let ty = self.ty();
            let to = self.local(ty);
            self.put([I::MemorySize(0), I::I32Const(16), I::I32Shl, I::I32Const(16), I::I32Sub]);
            self.put([load(ty, 6, argument(0)), I::LocalSet(to)]);
        }
    }

    /// Bulk operations whose operands are locals in any order.
    fn bulk(&mut self) {
        let (a, b, c) = (self.local(V::I32), self.local(V::I32), self.local(V::I32));
        if self.once_in(3) {
            // Locals as they are: parameters change places. A test before ensures that they are small enough.
            self.put([I::LocalGet(a), I::LocalGet(b), I::I32Or, I::LocalGet(c), I::I32Or]);
            self.put([I::I32Const(0x4000), I::I32LtU, I::If(BlockType::Empty)]);
            self.put([I::LocalGet(a), I::LocalGet(b), I::LocalGet(c)]);
            let copy = self.once_in(2);
            self.put([if copy { I::MemoryCopy { src_mem: 0, dst_mem: 0 } } else { I::MemoryFill(0) }]);
            return self.put([I::End]);
        }
        // Three masked values, used in one order and then in another.
        let made = [a, b, c].map(|from| {
            let to = self.fresh(V::I32);
            self.put([I::LocalGet(from), I::I32Const(0x1ff), I::I32And, I::LocalSet(to)]);
            to
        });
        for _ in 0..2 {
            let first = self.below(3) as usize;
            let step = 1 + self.below(2) as usize;
            self.put((0..3).map(|i| I::LocalGet(made[(first + i * step) % 3])));
            let copy = self.once_in(2);
            self.put([if copy { I::MemoryCopy { src_mem: 0, dst_mem: 0 } } else { I::MemoryFill(0) }]);
        }
    }

    /// Elements read before growth and after.
    fn table(&mut self) {
        let target = self.local(V::I32);
        let element = self.below(9) as i32;
        let by = self.below(3) as i32;
        self.put([I::I32Const(element & 7), I::TableGet(0), I::RefIsNull, I::LocalGet(target), I::I32Add]);
        self.put([I::LocalSet(target)]);
        let null = I::RefNull(wasm_encoder::HeapType::FUNC);
        if self.once_in(2) {
            self.put([null, I::I32Const(by), I::TableGrow(0), I::LocalGet(target), I::I32Xor, I::LocalSet(target)]);
            self.put([I::TableSize(0), I::I32Const(1), I::I32Sub, I::TableGet(0), I::RefIsNull]);
            self.put([I::LocalGet(target), I::I32Add, I::TableSize(0), I::I32Xor, I::LocalSet(target)]);
        } else {
            let to = 6 + self.below(2) as i32;
            self.put([I::I32Const(to), I::I32Const(element & 7), I::TableGet(0), I::TableSet(0)]);
        }
    }

    /// Many values at once, more than there are registers, some of them extended just before.
    fn pressed(&mut self) {
        let count = 8 + self.below(14);
        let mut made = Vec::new();
        for _ in 0..count {
            let to = self.fresh(V::I64);
            let (narrow, wide) = (self.local(V::I32), self.local(V::I64));
            match self.below(3) {
                0 => self.put([I::LocalGet(narrow), I::I64ExtendI32U]),
                1 => self.put([I::LocalGet(wide), I::I32WrapI64, I::I64ExtendI32U]),
                _ => self.put([I::LocalGet(wide), I::LocalGet(narrow), I::I64ExtendI32U, I::I64Mul]),
            }
            self.put([I::LocalSet(to)]);
            made.push(to);
        }
        if self.once_in(2) {
            self.call();
        } else {
            self.assignment();
        }
        let target = self.local(V::I64);
        self.put([I::LocalGet(target)]);
        for value in made {
            self.put([I::I64Const(3), I::I64Rotl, I::LocalGet(value), I::I64Xor]);
        }
        self.put([I::LocalSet(target)]);
    }

    /// Mixes all locals into one global.
    pub(super) fn digest(&mut self) {
        let global = self.global(V::I64);
        self.put([I::GlobalGet(global)]);
        for local in 0..self.locals.len() as u32 {
            // A local that was never set has nothing to show, unless it is a parameter.
            if self.own.contains(&local) || !self.is_parameter(local) && !self.sets(local) {
                continue;
            }
            let ty = self.locals[local as usize];
            self.put([I::I64Const(9), I::I64Rotl, I::LocalGet(local)]);
            match ty {
                // An unchanged parameter is shown as it is.
                V::F32 if self.untouched(local) => self.put([I::I32ReinterpretF32, I::I64ExtendI32U]),
                V::F64 if self.untouched(local) => self.put([I::I64ReinterpretF64]),
                _ => self.as_bits(ty),
            }
            self.put([I::I64Xor]);
        }
        self.put([I::GlobalSet(global)]);
    }

    /// Returns whether a local is a parameter with the driver's value: no code calls the first function.
    fn untouched(&self, local: u32) -> bool {
        self.index == 0 && self.is_parameter(local) && !self.sets(local)
    }

    fn is_parameter(&self, local: u32) -> bool {
        (local as usize) < self.shared.functions[self.index].params.len()
    }

    /// Returns whether an instruction so far sets a local.
    fn sets(&self, local: u32) -> bool {
        self.code.iter().any(|i| matches!(i, I::LocalSet(l) | I::LocalTee(l) if *l == local))
    }
}
