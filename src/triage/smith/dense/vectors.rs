//! A shape with vectors: chains of operators on lanes at edges.

use super::expressions::argument;
use super::{Body, POOL, POOLED};
use crate::triage::smith::operators::vectors::{Lanes, RELAXED, ROWS, Row, lanes, vector};
use crate::triage::smith::values::{drawn, halves};
use wasm_encoder::{BlockType, Instruction as I, ValType as V};

impl Body<'_> {
    /// Makes chains of operators whose bits go into a local.
    pub(super) fn vectors(&mut self) {
        let held = self.fresh(V::V128);
        self.own.push(held);
        self.vector_leaf(None);
        self.put([I::LocalSet(held)]);
        let count = 2 + self.below(5);
        self.mixed(count, |b| {
            let row = b.row();
            let depth = b.below(3) as u32;
            match b.operator(row, held, depth) {
                Some(ty) => ty,
                None => {
                    b.put([I::LocalGet(held)]);
                    V::V128
                }
            }
        });
    }

    /// Draws an operator.
    fn row(&mut self) -> &'static Row {
        let rows = if self.shared.has.relaxed && self.once_in(3) { &*RELAXED } else { &*ROWS };
        &rows[self.below(rows.len() as u64) as usize]
    }

    /// Pushes a vector: one that the compiler knows, one that it does not, or the one that is held.
    fn vector_leaf(&mut self, held: Option<u32>) {
        match (self.below(4), held) {
            (0, Some(held)) => self.put([I::LocalGet(held)]),
            (1, _) => {
                let value = vector(self.random);
                self.put([I::V128Const(value as i128)]);
            }
            _ => {
                let value = vector(self.random);
                let slot = {
                    let mut pool = self.shared.pool.borrow_mut();
                    if pool.len() + 2 <= POOLED {
                        pool.extend([value as u64, (value >> 64) as u64]);
                    }
                    pool.len() - 2
                };
                self.put([I::I32Const(0), I::V128Load(argument(POOL + 8 * slot as u64))]);
            }
        }
    }

    /// Pushes a vector that is computed from others, in at most `depth` steps.
    fn vector_expression(&mut self, held: u32, depth: u32) {
        if depth == 0 || self.once_in(4) {
            return self.vector_leaf(Some(held));
        }
        match self.below(16) {
            // One of two, by a condition.
            0 => {
                self.vector_expression(held, depth - 1);
                self.vector_expression(held, depth - 1);
                self.condition(1);
                return self.put([I::Select]);
            }
            // One that is carried by a branch.
            1 => {
                self.put([I::Block(BlockType::Result(V::V128))]);
                self.vector_expression(held, depth - 1);
                self.condition(1);
                self.put([I::BrIf(0)]);
                if self.once_in(2) {
                    self.put([I::LocalSet(held), I::LocalGet(held)]);
                } else {
                    self.put([I::Drop]);
                    self.vector_expression(held, depth - 1);
                }
                return self.put([I::End]);
            }
            _ => {}
        }
        // Most operators make vectors.
        for _ in 0..8 {
            let row = self.row();
            if row.result == Some(V::V128) {
                self.operator(row, held, depth - 1);
                return;
            }
        }
        self.vector_leaf(Some(held));
    }

    /// Pushes the result of an operator, and returns its type if it has one. A result also becomes the held vector now and then.
    fn operator(&mut self, row: &Row, held: u32, depth: u32) -> Option<V> {
        let mut offset = 0;
        for (i, &ty) in row.operands.iter().enumerate() {
            match ty {
                V::V128 => self.vector_expression(held, depth),
                _ if i == 0 && row.accesses => offset = self.address(),
                V::I32 if row.shifts() && !self.once_in(3) => {
                    // A shift: by 0, around the width of a lane, or by anything.
                    let width = (128 / lanes(row.name)) as i32;
                    let by = drawn(self.random, &[0, 1, width / 2, width - 1, width, width + 1, -1]);
                    self.put([I::I32Const(by)]);
                }
                ty => {
                    self.expression(ty, 1);
                    self.settled(ty);
                }
            }
        }
        let instruction = row.instruction(self.random, (0, offset));
        self.put([instruction]);
        if let Some(lanes) = row.nans {
            self.canonical_lanes(lanes);
        }
        if row.result == Some(V::V128) && self.once_in(3) {
            self.put([I::LocalTee(held)]);
        }
        row.result
    }

    /// Turns the NaNs among the lanes of the vector on the stack into the canonical one, unless the engine does.
    fn canonical_lanes(&mut self, lanes: Lanes) {
        if self.shared.has.settled_nans {
            return;
        }
        let helper = self.fresh(V::V128);
        self.own.push(helper);
        self.put(lanes.canonical(helper));
    }

    /// Joins the halves of the vector on the stack.
    pub(super) fn vector_bits(&mut self) {
        let helper = self.fresh(V::V128);
        self.own.push(helper);
        self.put(halves(helper));
    }
}
