//! Edges of what is computed step by step: chains of scalar operators, of which compilers merge some and interpreters fuse some.
//! A chain is a function, which several operands see; its result is noted, stored, or a condition.

use super::Edge;
use crate::triage::smith::edges::spaces::argument;
use crate::triage::smith::operators::scalars::store;
use wasm_encoder::{BlockType, Instruction as I, ValType as V};

/// What becomes of the result of a chain.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Noted,
    Stored,
    /// It decides about one of the two ways of an `if`.
    If,
    /// It decides about a branch over something.
    Branch,
    /// The same; values are below it, and one is carried.
    Carrying,
    /// It decides about a return.
    Return,
    /// It is the index of a branch table.
    Switch,
    /// It chooses one of two values.
    Select(V),
}

impl Edge<'_, '_> {
    /// A chain of operators, several times.
    pub(super) fn chained(&mut self) {
        let params = [V::I64, self.number(), self.number()];
        let mut first = None;
        let function = self.separate(&params, |e| first = e.chain(&[(1, params[1]), (2, params[2])]));
        for _ in 0..3 + self.below(6) {
            self.put([I::LocalGet(0)]);
            for (i, &ty) in params[1..].iter().enumerate() {
                let bits = match &first {
                    Some(operator) if i == 0 => self.operand(operator, ty, false),
                    _ => self.bits(ty),
                };
                self.known(ty, bits);
            }
            self.put([I::Call(function), I::LocalSet(0)]);
        }
    }

    /// A chain that begins with the first of these locals; returns its first operator.
    fn chain(&mut self, given: &[(u32, V)]) -> Option<I<'static>> {
        let used = self.drawn_use();
        self.prepared(used);
        let (start, mut ty) = given[0];
        self.put([I::LocalGet(start)]);
        // Values that are there already, and constants which several operators may have.
        let mut held = given.to_vec();
        let constants: Vec<u64> = (0..2).map(|_| self.operand(&I::I64Add, V::I64, true) as u64).collect();
        let mut first = None;
        for _ in 0..1 + self.below(5) {
            let (operator, result) = self.link(ty, &held, &constants);
            ty = result;
            first.get_or_insert(operator);
            if self.once_in(3) {
                let local = self.fresh(ty);
                self.put([I::LocalTee(local)]);
                held.push((local, ty));
            }
        }
        self.finished(used, ty);
        for &(local, ty) in &held[given.len()..] {
            self.put([I::LocalGet(local)]);
            self.noted(ty);
        }
        first
    }

    /// An operator that takes the number on the stack; returns its result's type, too.
    fn link(&mut self, ty: V, held: &[(u32, V)], constants: &[u64]) -> (I<'static>, V) {
        // The same bits as another type.
        if self.once_in(12) {
            let (operator, result) = match ty {
                V::I32 => (I::F32ReinterpretI32, V::F32),
                V::I64 => (I::F64ReinterpretI64, V::F64),
                V::F32 => (I::I32ReinterpretF32, V::I32),
                _ => (I::I64ReinterpretF64, V::I64),
            };
            if matches!(ty, V::F32 | V::F64) {
                self.canonical(ty);
            }
            self.put([operator.clone()]);
            return (operator, result);
        }
        let (group, operator) = loop {
            let group = self.operators();
            let operator = self.one_of(&group.of);
            let name = format!("{operator:?}");
            let traps = ["Div", "Rem", "TruncF"].iter().any(|part| name.contains(part)) && !name.starts_with('F');
            if group.operands[0] == ty && (!traps || self.once_in(3)) {
                break (group, operator);
            }
        };
        let signs = matches!(operator, I::F32Copysign | I::F64Copysign);
        if signs {
            self.canonical(ty);
        }
        if group.operands.len() == 2 {
            let first = self.once_in(4);
            let own = (first || self.once_in(8)).then(|| self.fresh(ty));
            let others: Vec<u32> = held.iter().filter(|(_, of)| *of == ty).map(|(local, _)| *local).collect();
            self.put(own.map(|own| if first { I::LocalSet(own) } else { I::LocalTee(own) }));
            match own {
                // With itself.
                Some(own) if !first => self.put([I::LocalGet(own)]),
                _ if self.once_in(4) && !others.is_empty() => {
                    let other = self.drawn(&others);
                    self.put([I::LocalGet(other)]);
                }
                _ if matches!(ty, V::I32 | V::I64) && self.once_in(2) => {
                    let constant = self.drawn(constants);
                    self.known(ty, constant.into());
                }
                _ => {
                    let bits = self.operand(&operator, ty, !first);
                    if self.once_in(4) { self.opaque(ty, bits) } else { self.known(ty, bits) }
                }
            }
            if signs {
                self.canonical(ty);
            }
            self.put(own.filter(|_| first).map(I::LocalGet));
        }
        self.put([operator.clone()]);
        (operator, group.result)
    }

    fn drawn_use(&mut self) -> Use {
        match self.below(10) {
            0..3 => Use::Noted,
            3 => Use::Stored,
            4 => Use::If,
            5 => Use::Branch,
            6 => Use::Carrying,
            7 => Use::Return,
            8 => Use::Switch,
            _ => Use::Select(self.number()),
        }
    }

    /// What comes before the operators.
    fn prepared(&mut self, used: Use) {
        match used {
            Use::Noted | Use::Stored | Use::If => {}
            Use::Branch => self.put([I::Block(BlockType::Empty)]),
            Use::Carrying => {
                self.put([I::Block(BlockType::Result(V::I64))]);
                self.any(V::F32);
                self.put([I::LocalGet(0)]);
            }
            Use::Return => self.put([I::LocalGet(0)]),
            Use::Switch => self.put([I::Block(BlockType::Empty), I::Block(BlockType::Empty)]),
            Use::Select(ty) => {
                self.any(ty);
                self.any(ty);
            }
        }
    }

    /// What comes after them: the number on the stack has this type.
    fn finished(&mut self, used: Use, ty: V) {
        match used {
            Use::Noted => return self.noted(ty),
            Use::Stored => {
                let (memory, wide, length) = self.memory();
                let (held, kind) = (self.fresh(ty), self.below(8));
                if matches!(ty, V::F32 | V::F64) {
                    self.canonical(ty);
                }
                self.put([I::LocalSet(held)]);
                self.integer(wide, length.saturating_sub(8));
                self.put([I::LocalGet(held), store(ty, kind, argument(memory, 0))]);
                return;
            }
            _ => {}
        }
        self.condition(ty);
        match used {
            Use::Noted | Use::Stored => {}
            Use::If => {
                self.put([I::If(BlockType::Empty)]);
                self.passed_here(1);
                self.put([I::Else]);
                self.passed_here(2);
                self.put([I::End]);
            }
            Use::Branch => {
                self.put([I::BrIf(0)]);
                self.passed_here(1);
                self.put([I::End]);
            }
            Use::Carrying => {
                self.put([I::BrIf(0)]);
                self.noted(V::I64);
                self.noted(V::F32);
                self.put([I::I64Const(3), I::End]);
                self.noted(V::I64);
            }
            Use::Return => {
                self.put([I::BrIf(0)]);
                self.noted(V::I64);
                self.passed_here(1);
            }
            Use::Switch => {
                self.put([I::BrTable(vec![0].into(), 1), I::End]);
                self.passed_here(1);
                self.put([I::End]);
            }
            Use::Select(ty) => {
                self.put([I::Select]);
                self.noted(ty);
            }
        }
    }

    /// Turns a number into a condition.
    fn condition(&mut self, ty: V) {
        match ty {
            V::I32 => {
                if self.once_in(4) {
                    self.put([I::I32Eqz]);
                }
            }
            V::I64 if self.once_in(2) => self.put([I::I64Eqz]),
            V::I64 => self.put([I::I32WrapI64]),
            _ => {
                let wide = ty == V::F64;
                let bits = self.float_bits(wide);
                self.known(ty, bits.into());
                let comparison = self.one_of(match wide {
                    true => &[I::F64Eq, I::F64Ne, I::F64Lt, I::F64Gt, I::F64Le, I::F64Ge],
                    false => &[I::F32Eq, I::F32Ne, I::F32Lt, I::F32Gt, I::F32Le, I::F32Ge],
                });
                self.put([comparison]);
            }
        }
    }

    /// Notes the number on the stack, or which way it leads as a condition.
    pub(super) fn decided(&mut self, ty: V) {
        if ty == V::I32 && self.once_in(2) { self.finished(Use::If, ty) } else { self.noted(ty) }
    }
}
