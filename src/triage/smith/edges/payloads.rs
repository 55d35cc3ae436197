//! Edges of what is passed: lists of values of all types in any order and of any length, as parameters, results, payloads, and
//! through blocks, loops and recursion.

use super::{Edge, NUMBERS};
use crate::triage::smith::values::{ANY, EXN};
use wasm_encoder::{BlockType, Catch, Instruction as I, ValType as V};

impl Edge<'_, '_> {
    /// Draws a list of types: around the numbers of registers, all alike or not.
    pub(super) fn list(&mut self) -> Vec<V> {
        let count = self.drawn(&[0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 17, 24, 40, 70]);
        let mut types = NUMBERS.to_vec();
        if self.m.has.simd {
            types.extend([V::V128; 2]);
        }
        if self.m.has.references {
            types.push(V::FUNCREF);
        }
        if self.m.has.gc {
            types.push(ANY);
        }
        let only = self.once_in(4).then(|| self.drawn(&types));
        (0..count).map(|_| only.unwrap_or_else(|| self.drawn(&types))).collect()
    }

    /// Notes values of these types, the last of which is on the top of the stack.
    pub(super) fn noted_all(&mut self, types: &[V]) {
        types.iter().rev().for_each(|&ty| self.noted(ty));
    }

    pub(super) fn any_all(&mut self, types: &[V]) {
        types.iter().for_each(|&ty| self.any(ty));
    }

    /// Calls a function with a list of values, which it returns in another order, perhaps by way of others.
    pub(super) fn passed(&mut self) {
        match self.below(24) {
            0..4 => return self.through_blocks(),
            4..9 => return self.exchanged(),
            9..12 => return self.in_turns(),
            12 => return self.signatures(),
            _ => {}
        }
        let params = self.list();
        let order: Vec<u32> = match self.below(4) {
            0 => (0..params.len() as u32).rev().collect(),
            1 => (0..params.len() as u32).cycle().skip(1).take(params.len()).collect(),
            2 => (0..self.below(6))
                .filter(|_| !params.is_empty())
                .map(|_| self.below(params.len() as u64) as u32)
                .collect(),
            _ => (0..params.len() as u32).collect(),
        };
        let results: Vec<V> = order.iter().map(|&at| params[at as usize]).collect();
        let code = order.iter().map(|&at| I::LocalGet(at)).collect();
        let mut callee = self.m.function(&params, &results, &[], code);
        let mut arguments = params.clone();
        if self.m.has.tail {
            // Functions with other lists of parameters, which hand some of theirs on.
            for _ in 0..self.below(3) {
                let more = self.list();
                let code: Vec<I> = arguments
                    .iter()
                    .map(|ty| match more.iter().position(|of| of == ty) {
                        Some(at) => I::LocalGet(at as u32),
                        None => zero(*ty),
                    })
                    .chain([I::ReturnCall(callee)])
                    .collect();
                callee = self.m.function(&more, &results, &[], code);
                arguments = more;
            }
        }
        self.any_all(&arguments);
        if self.m.has.gc && self.once_in(3) {
            let ty = self.m.function_type(&arguments, &results);
            self.put([I::RefFunc(callee), I::CallRef(ty)]);
        } else {
            self.put([I::Call(callee)]);
        }
        self.noted_all(&results);
    }

    /// Values that blocks take and return, and that branches carry.
    fn through_blocks(&mut self) {
        let types = self.list();
        let ty = BlockType::FunctionType(self.m.function_type(&types, &types));
        self.any_all(&types);
        self.put([I::Block(ty)]);
        let locals: Vec<u32> = types.iter().map(|&ty| self.fresh(ty)).collect();
        let taken = self.below(2);
        self.opaque(V::I32, taken.into());
        self.put([I::BrIf(0)]);
        self.put(locals.iter().rev().map(|&local| I::LocalSet(local)));
        self.put(locals.iter().map(|&local| I::LocalGet(local)));
        self.opaque(V::I32, (1 - taken).into());
        if self.once_in(2) {
            self.put([I::BrTable(vec![0].into(), 0)]);
        } else {
            self.put([I::BrIf(0)]);
        }
        self.put([I::End]);
        self.noted_all(&types);
    }

    /// A loop with parameters, which it returns or hands to its next turn.
    fn in_turns(&mut self) {
        let types = self.list();
        let ty = BlockType::FunctionType(self.m.function_type(&types, &types));
        let locals: Vec<u32> = types.iter().map(|&ty| self.fresh(ty)).collect();
        let counter = self.fresh(V::I32);
        let turns = self.drawn(&[1, 2, 3, 5]);
        self.put([I::I32Const(turns), I::LocalSet(counter)]);
        self.any_all(&types);
        // Tested at its end, or before anything else.
        let before = self.once_in(2);
        let test = [I::LocalGet(counter), I::I32Eqz, I::BrIf(1)];
        self.put(before.then_some(I::Block(ty)));
        self.put([I::Loop(ty)]);
        self.put(before.then_some(test).into_iter().flatten());
        self.put(locals.iter().rev().map(|&local| I::LocalSet(local)));
        for (&local, &ty) in locals.iter().zip(&types) {
            if self.once_in(3) {
                self.put([I::LocalGet(local)]);
                self.noted(ty);
            }
        }
        self.put([I::LocalGet(counter), I::I32Const(1), I::I32Sub, I::LocalSet(counter)]);
        for (i, (&local, &ty)) in locals.iter().zip(&types).enumerate() {
            match self.below(4) {
                0 => self.any(ty),
                1 => {
                    let other = (0..i).rev().find(|&other| types[other] == ty);
                    self.put([I::LocalGet(other.map_or(local, |other| locals[other]))]);
                }
                _ => self.put([I::LocalGet(local)]),
            }
        }
        self.put(if before {
            [I::Br(0), I::End, I::End].to_vec()
        } else {
            [I::LocalGet(counter), I::BrIf(0), I::End].to_vec()
        });
        self.noted_all(&types);
    }

    /// Calls of many functions, each of which has another type.
    fn signatures(&mut self) {
        let count = self.drawn(&[17, 63, 64, 65, 66, 129]);
        for n in 0..count {
            let params: Vec<V> = (0..4).map(|digit| NUMBERS[n >> (2 * digit) & 3]).collect();
            let at = n as u32 % 4;
            let code = vec![I::LocalGet(at)];
            let callee = self.m.function(&params, &[params[at as usize]], &[], code);
            self.any_all(&params);
            self.put([I::Call(callee)]);
            self.noted(params[at as usize]);
        }
    }

    /// A loop in which values change places.
    fn exchanged(&mut self) {
        let mut types = self.list();
        // More of some type than there are registers.
        if self.once_in(2) {
            let ty = types.first().copied().unwrap_or(V::I64);
            types.extend([ty; 20]);
        }
        let locals: Vec<u32> = types.iter().map(|&ty| self.fresh(ty)).collect();
        for (&local, &ty) in locals.iter().zip(&types) {
            let bits = self.bits_of(ty);
            match bits {
                Some(bits) => self.opaque(ty, bits),
                None => self.any(ty),
            }
            self.put([I::LocalSet(local)]);
        }
        let counter = self.fresh(V::I32);
        let turns = self.drawn(&[1, 2, 3, 5]);
        self.put([I::I32Const(turns), I::LocalSet(counter), I::Loop(BlockType::Empty)]);
        // Among those of a type, each takes the place of a later one or of any, or two change places.
        for ty in types.iter().copied().fold(Vec::new(), |mut seen, ty| {
            if !seen.contains(&ty) {
                seen.push(ty);
            }
            seen
        }) {
            let mut of: Vec<u32> = locals.iter().zip(&types).filter(|(_, t)| **t == ty).map(|(&l, _)| l).collect();
            if self.once_in(3) {
                of.truncate(2);
            }
            self.put(of.iter().map(|&local| I::LocalGet(local)));
            if self.once_in(2) {
                let by = self.below(of.len() as u64) as usize;
                of.rotate_left(by);
            } else {
                for i in (1..of.len()).rev() {
                    let other = self.below(i as u64 + 1) as usize;
                    of.swap(i, other);
                }
            }
            self.put(of.iter().map(|&local| I::LocalSet(local)));
            // Some are computed anew.
            let (number, add) = match ty {
                V::I32 => (I::I32Const(3), I::I32Add),
                V::I64 => (I::I64Const(5), I::I64Add),
                _ => continue,
            };
            for &local in &of {
                if self.once_in(3) {
                    self.put([I::LocalGet(local), number.clone(), add.clone(), I::LocalSet(local)]);
                }
                if self.once_in(12) {
                    let leaf = self.m.leaves[0];
                    self.put([I::Call(leaf)]);
                    self.noted(V::I64);
                }
            }
        }
        if self.once_in(3) {
            let leaf = self.m.leaves[1];
            self.put([I::Call(leaf)]);
            self.noted(V::I64);
        }
        self.put([I::LocalGet(counter), I::I32Const(1), I::I32Sub, I::LocalTee(counter), I::BrIf(0), I::End]);
        self.put(locals.iter().map(|&local| I::LocalGet(local)));
        self.noted_all(&types);
    }

    fn bits_of(&mut self, ty: V) -> Option<u128> {
        (!matches!(ty, V::Ref(_))).then(|| self.bits(ty))
    }

    /// An exception with a list of values, which is caught here or further out, or thrown beside what would catch it.
    pub(super) fn thrown(&mut self) {
        if self.m.has.legacy && self.once_in(2) {
            return self.legacy();
        }
        let payload = self.list();
        let (tag, other) = (self.m.tag(&payload, &[]), self.m.tag(&[], &[]));
        let thrower = self.thrower(tag, &payload);
        let (throws, first) = (self.below(4), self.once_in(2));
        let call = |e: &mut Self, at: u64| {
            e.opaque(V::I32, u128::from(at == throws));
            e.put([I::Call(thrower)]);
            e.noted(V::I64);
        };
        let by_reference = self.once_in(2);
        let mut results = payload.clone();
        if by_reference {
            results.push(EXN);
        }
        let ty = BlockType::FunctionType(self.m.function_type(&[], &results));
        // The outermost catches everything.
        self.put([I::Block(BlockType::Empty)]);
        self.put([I::TryTable(BlockType::Empty, vec![Catch::All { label: 0 }].into())]);
        self.put([I::Block(BlockType::Empty), I::Block(ty)]);
        if first {
            call(self, 0);
        }
        let catch = match by_reference {
            true => Catch::OneRef { tag, label: 0 },
            false => Catch::One { tag, label: 0 },
        };
        let mut catches = vec![catch];
        if self.once_in(3) {
            catches.insert(0, Catch::One { tag: other, label: 1 });
        }
        self.put([I::TryTable(BlockType::Empty, catches.into())]);
        call(self, 1);
        if self.once_in(3) {
            self.any_all(&payload);
            self.put([I::Throw(tag)]);
        } else if self.once_in(2) {
            self.passed_here(6);
        }
        // The last instruction of the region, or not.
        self.opaque(V::I32, u128::from(throws == 2));
        self.put([I::Call(thrower)]);
        if self.once_in(2) {
            self.put([I::Drop, I::End]);
        } else {
            let result = self.fresh(V::I64);
            self.put([I::LocalSet(result), I::End]);
        }
        call(self, 3);
        self.put([I::Br(1), I::End]);
        let exception = self.fresh(EXN);
        if by_reference {
            self.put([I::LocalSet(exception)]);
        }
        self.noted_all(&payload);
        self.wasted();
        if by_reference && self.once_in(3) {
            self.put([I::LocalGet(exception), I::ThrowRef]);
        }
        self.put([I::End]);
        self.passed_here(7);
        self.put([I::End, I::End]);
        self.passed_here(8);
    }

    /// Makes a function that throws an exception if its argument is not 0.
    fn thrower(&mut self, tag: u32, payload: &[V]) -> u32 {
        let mut code = vec![I::LocalGet(0), I::If(BlockType::Empty)];
        let before = self.code.len();
        self.any_all(payload);
        code.extend(self.code.drain(before..));
        code.extend([I::Throw(tag), I::End, I::I64Const(0x77)]);
        self.m.function(&[V::I32], &[V::I64], &[], code)
    }

    /// An exception that is caught, thrown again or delegated by the first version of exception handling, in a function, and what
    /// leaves it by its caller.
    fn legacy(&mut self) {
        let payload = self.list();
        let (tag, other) = (self.m.tag(&payload, &[]), self.m.tag(&[], &[]));
        let thrower = self.thrower(tag, &payload);
        let inner = self.separate(&[], |e| {
            let throws = e.below(3);
            let call = |e: &mut Self, at: u64| {
                e.opaque(V::I32, u128::from(at == throws));
                e.put([I::Call(thrower)]);
                e.noted(V::I64);
            };
            e.put([I::Try(BlockType::Empty), I::Try(BlockType::Empty)]);
            call(e, 0);
            if e.once_in(2) {
                e.put([I::Block(BlockType::Empty), I::Try(BlockType::Empty)]);
                call(e, 1);
                // To the block, which catches nothing, to one of those around it, or to the function's own label.
                let label = e.below(4) as u32;
                e.put([I::Delegate(label), I::End]);
            }
            if e.once_in(4) {
                // The same where nothing gets.
                e.put([I::Block(BlockType::Empty), I::Br(0), I::Try(BlockType::Empty)]);
                e.put([I::I32Const(1), I::Call(thrower), I::Drop]);
                let end = if e.once_in(2) { I::Delegate(0) } else { I::End };
                e.put([end, I::End]);
            }
            if e.once_in(2) {
                e.put([I::Catch(other)]);
                e.passed_here(1);
            }
            if e.once_in(2) {
                e.put([I::Catch(tag)]);
                e.noted_all(&payload);
                if e.once_in(3) {
                    // This one, from within another.
                    e.put([I::Try(BlockType::Empty)]);
                    call(e, 2);
                    e.put([I::CatchAll, I::Rethrow(1), I::End]);
                }
                if e.once_in(3) {
                    e.put([I::Rethrow(0)]);
                }
            }
            e.put([I::End]);
            e.passed_here(2);
            match e.below(3) {
                0 => {
                    e.put([I::Catch(tag)]);
                    e.noted_all(&payload);
                }
                1 => {
                    e.put([I::CatchAll]);
                    e.passed_here(3);
                }
                _ => {}
            }
            e.put([I::End]);
            e.passed_here(4);
        });
        self.put([I::Try(BlockType::Empty), I::Call(inner)]);
        self.noted(V::I64);
        self.put([I::CatchAll]);
        self.passed_here(5);
        self.put([I::End]);
    }

    /// Makes a function that returns an i64 into which it mixes things, as the edge itself does. That one is its first parameter,
    /// or a local if there are no parameters.
    pub(super) fn separate(&mut self, params: &[V], body: impl FnOnce(&mut Self)) -> u32 {
        debug_assert!(params.first().is_none_or(|&first| first == V::I64));
        let code = std::mem::take(&mut self.code);
        let first = if params.is_empty() { vec![V::I64] } else { params.to_vec() };
        let locals = std::mem::replace(&mut self.locals, first);
        body(self);
        self.put([I::LocalGet(0)]);
        let code = std::mem::replace(&mut self.code, code);
        let locals = std::mem::replace(&mut self.locals, locals);
        self.m.function(params, &[V::I64], &locals[params.len()..], code)
    }

    /// Functions that call themselves, a few times or often, with lists of values which stay alive across the call or go on in
    /// other places.
    pub(super) fn recursive(&mut self) {
        let mut params = self.list();
        let depth = match params.len() {
            0..8 => self.drawn(&[1, 2, 9, 60, 500]),
            _ => self.drawn(&[1, 2, 9, 60]),
        };
        // Others call it with any number.
        let most = if params.len() < 8 { 0x1ff } else { 0x3f };
        let tail = self.m.has.tail && self.once_in(3);
        // Now and then it never ends: what comes afterwards is not compared.
        let endless = !tail && self.once_in(24);
        let given: Vec<(u32, V)> = (2..).zip(params.iter().copied()).collect();
        params.splice(0..0, [V::I64, V::I32]);
        let (own, counter) = (self.m.functions.len() as u32, 1);
        let function = self.separate(&params, |e| {
            e.put([I::LocalGet(counter), I::I32Const(most), I::I32And, I::LocalTee(counter)]);
            e.put([if endless { I::Drop } else { I::I32Eqz }]);
            if !endless {
                e.put([I::If(BlockType::Empty), I::LocalGet(0), I::Return, I::End]);
            }
            e.put([I::LocalGet(0), I::LocalGet(counter), I::I32Const(1), I::I32Sub]);
            // Where there is another one of its type, that one's value.
            for (i, &(local, ty)) in given.iter().enumerate() {
                let next = given[i + 1..].iter().chain(&given).find(|(_, of)| *of == ty);
                e.put([I::LocalGet(next.map_or(local, |(next, _)| *next))]);
            }
            if tail {
                e.put([I::ReturnCall(own)]);
                return;
            }
            e.put([I::Call(own), I::LocalSet(0)]);
            for &(local, ty) in given.iter().chain(&[(counter, V::I32)]) {
                e.put([I::LocalGet(local)]);
                e.noted(ty);
            }
        });
        assert_eq!(function, own, "its body makes no functions");
        self.put([I::LocalGet(0), I::I32Const(depth)]);
        params[2..].iter().for_each(|&ty| self.any(ty));
        self.put([I::Call(function), I::LocalSet(0)]);
    }

    /// Values that stay on the stack below a block which changes the locals that they came from, and is left by a branch that carries
    /// values over others.
    pub(super) fn underneath(&mut self) {
        let (below, carried, left) = (self.list(), self.list(), self.list());
        let locals: Vec<u32> = below.iter().map(|&ty| self.fresh(ty)).collect();
        for (&local, &ty) in locals.iter().zip(&below) {
            self.any(ty);
            self.put([I::LocalSet(local)]);
        }
        self.put(locals.iter().map(|&local| I::LocalGet(local)));
        let ty = BlockType::FunctionType(self.m.function_type(&[], &carried));
        self.put([I::Block(ty)]);
        left.iter().for_each(|&ty| self.any(ty));
        for (&local, &ty) in locals.iter().zip(&below) {
            if self.once_in(2) {
                self.any(ty);
                self.put([I::LocalSet(local)]);
            }
        }
        // What is carried may be what was in these locals, too.
        for &ty in &carried {
            match locals.iter().zip(&below).find(|(_, of)| **of == ty) {
                Some((&local, _)) if self.once_in(2) => self.put([I::LocalGet(local)]),
                _ => self.any(ty),
            }
        }
        let taken = self.below(2);
        match self.below(4) {
            0 => {
                self.put([I::Br(0)]);
            }
            1 => {
                self.integer(false, taken);
                self.put([I::BrTable(vec![0].into(), 0)]);
            }
            _ => {
                self.opaque(V::I32, taken.into());
                self.put([I::BrIf(0)]);
                self.noted_all(&carried);
                self.noted_all(&left);
                carried.iter().for_each(|&ty| self.any(ty));
            }
        }
        self.put([I::End]);
        self.noted_all(&carried);
        self.noted_all(&below);
        for (&local, &ty) in locals.iter().zip(&below) {
            self.put([I::LocalGet(local)]);
            self.noted(ty);
        }
    }
}

/// A zero or null of a type.
fn zero(ty: V) -> I<'static> {
    match ty {
        V::I32 => I::I32Const(0),
        V::I64 => I::I64Const(0),
        V::F32 => I::F32Const(0f32.into()),
        V::F64 => I::F64Const(0f64.into()),
        V::V128 => I::V128Const(0),
        V::Ref(ty) => I::RefNull(ty.heap_type),
    }
}
