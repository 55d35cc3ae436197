//! Shapes that repeat one thing with different values: folding of constants, divisions by one constant, conversions of
//! half-way values, truncations at the bounds. All bits of each result go into a local.
//!
//! A value that the compiler must not know is loaded from the pool, a part of memory that is initialized for this
//! purpose.

use super::expressions::argument;
use super::{Body, POOL, POOLED, TYPES};
use crate::triage::smith::operators::scalars::{
    BINARY_32, BINARY_64, BINARY_F32, BINARY_F64, COMPARE_32, COMPARE_64, COMPARE_F32, COMPARE_F64, CONVERT_F32,
    CONVERT_F64, DIVISIONS, SATURATE_32, SATURATE_64, TRUNCATE_32, TRUNCATE_64, UNARY_F32, UNARY_F64,
};
use crate::triage::smith::values::{bits, constant, divisor, drawn, half_way, half_way_float, integer};
use wasm_encoder::{Instruction as I, ValType as V};

impl Body<'_> {
    /// Pushes a value that the compiler does not know.
    pub(super) fn opaque(&mut self, ty: V, bits: u64) {
        let slot = {
            let mut pool = self.shared.pool.borrow_mut();
            match pool.iter().position(|&b| b == bits) {
                Some(known) => known,
                None if pool.len() < POOLED => {
                    pool.push(bits);
                    pool.len() - 1
                }
                // A value that is already there is an edge case too.
                None => self.random.below(POOLED as u64) as usize,
            }
        };
        let at = POOL + 8 * slot as u64;
        let m = if self.once_in(2) { argument(at) } else { argument(0) };
        self.put([I::I32Const((at - m.offset) as i32)]);
        self.put([match ty {
            V::I32 => I::I32Load(m),
            V::I64 => I::I64Load(m),
            V::F32 => I::F32Load(m),
            _ => I::F64Load(m),
        }]);
    }

    /// Pushes a value that the compiler usually knows.
    fn known_or_not(&mut self, ty: V, bits: u64) {
        if self.once_in(8) { self.opaque(ty, bits) } else { self.put([constant(ty, bits)]) }
    }

    /// Mixes values into a local, one after another; `value` pushes one and returns its type.
    pub(super) fn mixed(&mut self, count: u64, mut value: impl FnMut(&mut Self) -> V) {
        let target = self.local(V::I64);
        self.put([I::LocalGet(target)]);
        for _ in 0..count {
            self.put([I::I64Const(9), I::I64Rotl]);
            let ty = value(self);
            self.as_bits(ty);
            self.put([I::I64Xor]);
        }
        self.put([I::LocalSet(target)]);
    }

    /// Converts the value on the stack to an i64. NaNs become canonical.
    pub(super) fn as_bits(&mut self, ty: V) {
        match ty {
            V::I32 => self.put([I::I64ExtendI32U]),
            V::F32 => {
                self.canonical(ty);
                self.put([I::I32ReinterpretF32, I::I64ExtendI32U]);
            }
            V::F64 => {
                self.canonical(ty);
                self.put([I::I64ReinterpretF64]);
            }
            V::V128 => self.vector_bits(),
            _ => debug_assert!(TYPES.contains(&ty)),
        }
    }

    /// Operations on constants. Most are folded, and some are simplified by rules that know one operand.
    pub(super) fn folded(&mut self) {
        let count = 3 + self.below(5);
        self.mixed(count, |b| match b.below(12) {
            0..5 => b.folded_integer(),
            5..9 => b.folded_float(),
            _ => b.folded_unary(),
        });
    }

    fn folded_integer(&mut self) -> V {
        let wide = self.once_in(3);
        let ty = if wide { V::I64 } else { V::I32 };
        let (mut first, mut second) = (integer(self.random), integer(self.random));
        let at = self.below(25);
        let compares = at >= 15;
        let operation = match at {
            n if compares => (if wide { &COMPARE_64 } else { &COMPARE_32 })[n as usize - 15].clone(),
            n => (if wide { &BINARY_64 } else { &BINARY_32 })[n as usize].clone(),
        };
        let divides = DIVISIONS.contains(&at);
        let zero = if wide { second == 0 } else { second as u32 == 0 };
        let minus_one = if wide { second == u64::MAX } else { second as u32 == u32::MAX };
        if divides && (zero || minus_one && !self.once_in(3)) {
            second = 3;
        }
        let least = if wide { first == 1 << 63 } else { first as u32 == 1 << 31 };
        if divides && minus_one && least {
            first = 5;
        }
        self.known_or_not(ty, first);
        self.known_or_not(ty, second);
        self.put([operation]);
        if compares { V::I32 } else { ty }
    }

    fn folded_float(&mut self) -> V {
        let wide = self.once_in(2);
        let ty = if wide { V::F64 } else { V::F32 };
        let zero = |b: &mut Self| {
            let sign = b.below(2);
            if wide { sign << 63 } else { sign << 31 }
        };
        let (first, second) = match self.below(8) {
            // Zeros of both signs, which compare equal.
            0..4 => (zero(self), zero(self)),
            4 => {
                let same = bits(self.random, ty);
                (same, same)
            }
            _ => (bits(self.random, ty), bits(self.random, ty)),
        };
        self.known_or_not(ty, first);
        self.known_or_not(ty, second);
        match self.below(12) {
            n if n < 7 => self.put([(if wide { &BINARY_F64 } else { &BINARY_F32 })[n as usize].clone()]),
            7 | 8 => self.put([if wide { I::F64Min } else { I::F32Min }]),
            9 => self.put([if wide { I::F64Max } else { I::F32Max }]),
            _ => {
                let comparison = self.one_of(if wide { &COMPARE_F64 } else { &COMPARE_F32 });
                self.put([comparison]);
                return V::I32;
            }
        }
        ty
    }

    fn folded_unary(&mut self) -> V {
        let (from, operations, to): (V, &[I], V) = match self.below(9) {
            0 => (V::I32, &[I::I32Clz, I::I32Ctz, I::I32Popcnt, I::I32Eqz], V::I32),
            1 => (V::I64, &[I::I64Clz, I::I64Ctz, I::I64Popcnt], V::I64),
            2 => (V::I64, &[I::I32WrapI64, I::I64Eqz], V::I32),
            3 => (V::I32, &[I::I64ExtendI32S, I::I64ExtendI32U], V::I64),
            4 if self.shared.has.signs => (V::I64, &[I::I64Extend8S, I::I64Extend16S, I::I64Extend32S], V::I64),
            5 if self.shared.has.signs => (V::I32, &[I::I32Extend8S, I::I32Extend16S], V::I32),
            6 => (V::F64, &UNARY_F64, V::F64),
            7 => (V::F32, &UNARY_F32, V::F32),
            _ => return self.convert(),
        };
        let value = bits(self.random, from);
        self.known_or_not(from, value);
        let operation = self.one_of(operations);
        self.put([operation]);
        to
    }

    /// Conversions of values that are half-way between two results.
    pub(super) fn conversions(&mut self) {
        let count = 2 + self.below(3);
        self.mixed(count, |b| b.convert());
    }

    fn convert(&mut self) -> V {
        let (from, operation, to) = match self.below(12) {
            0..3 => (V::F64, I::F32DemoteF64, V::F32),
            3 => (V::F32, I::F64PromoteF32, V::F64),
            4..7 => {
                let (from, operation) = drawn_row(self, &CONVERT_F32);
                (from, operation, V::F32)
            }
            7 | 8 => {
                let (from, operation) = drawn_row(self, &CONVERT_F64);
                (from, operation, V::F64)
            }
            9 => (V::F64, I::F64Nearest, V::F64),
            10 if self.shared.has.saturating => {
                let (from, operation) = drawn_row(self, &SATURATE_32);
                (from, operation, V::I32)
            }
            11 if self.shared.has.saturating => {
                let (from, operation) = drawn_row(self, &SATURATE_64);
                (from, operation, V::I64)
            }
            _ => (V::F32, I::F32Nearest, V::F32),
        };
        let value = match from {
            V::F64 if self.once_in(2) => half_way_float(self.random).to_bits(),
            V::I64 => half_way(self.random),
            V::I32 if self.once_in(2) => half_way(self.random),
            _ => bits(self.random, from),
        };
        // Code must do it, not only the constant folder.
        if self.once_in(6) {
            self.put([constant(from, value)])
        } else {
            self.opaque(from, value)
        }
        self.put([operation]);
        to
    }

    /// Divisions of several unknown values by one constant: edge cases, multiples of it, and their predecessors.
    pub(super) fn divisions(&mut self) {
        let wide = self.once_in(3);
        let ty = if wide { V::I64 } else { V::I32 };
        let by = divisor(self.random, wide);
        let operation = match (wide, self.below(6)) {
            (false, 0 | 1) => I::I32DivU,
            (false, 2) => I::I32RemU,
            (false, 3 | 4) => I::I32DivS,
            (false, _) => I::I32RemS,
            (true, 0 | 1) => I::I64DivU,
            (true, 2) => I::I64RemU,
            (true, 3 | 4) => I::I64DivS,
            (true, _) => I::I64RemS,
        };
        let most = if wide { u64::MAX } else { u64::from(u32::MAX) };
        // -1 divides everything except the least number.
        let by = if by == most { 7 } else { by };
        let count = 3 + self.below(4);
        self.mixed(count, |b| {
            let dividend = match b.below(6) {
                0 => integer(b.random),
                1 => b.random.next(),
                // The last multiples, where multiplying by an inverse is least exact.
                2 | 3 => (most / by - b.below(3).min(most / by)).wrapping_mul(by).wrapping_sub(1),
                4 => (most / 2 / by - b.below(3).min(most / 2 / by)).wrapping_mul(by).wrapping_sub(1),
                _ => (b.random.next() % (most / by).max(1)).wrapping_mul(by).wrapping_sub(b.below(2)),
            };
            if b.once_in(8) {
                b.put([constant(ty, dividend)])
            } else {
                b.opaque(ty, dividend)
            }
            b.put([constant(ty, by), operation.clone()]);
            ty
        });
    }

    /// Truncations that trap, of values close to the limits.
    pub(super) fn truncations(&mut self) {
        let count = 1 + self.below(3);
        self.mixed(count, |b| {
            let wide = b.once_in(3);
            let at = b.below(4) as usize;
            let (from, operation) = (if wide { &TRUNCATE_64 } else { &TRUNCATE_32 })[at].clone();
            let signed = at.is_multiple_of(2);
            let double = from == V::F64;
            // The least and the greatest value of the type that have a result.
            let (least, most) = match (wide, signed, double) {
                (false, true, true) => (next_up(-2_147_483_649.0), next_down(2_147_483_648.0)),
                (false, true, false) => (-2_147_483_648.0, f64::from(2_147_483_648f32.next_down())),
                (true, true, true) => (-9_223_372_036_854_775_808.0, next_down(9_223_372_036_854_775_808.0)),
                (true, true, false) => {
                    (-9_223_372_036_854_775_808.0, f64::from(9_223_372_036_854_775_808f32.next_down()))
                }
                (false, false, true) => (next_up(-1.0), next_down(4_294_967_296.0)),
                (false, false, false) => (f64::from((-1f32).next_up()), f64::from(4_294_967_296f32.next_down())),
                (true, false, true) => (next_up(-1.0), next_down(18_446_744_073_709_551_616.0)),
                (true, false, false) => {
                    (f64::from((-1f32).next_up()), f64::from(18_446_744_073_709_551_616f32.next_down()))
                }
            };
            let value = match b.below(16) {
                // Out of bounds, which ends the call.
                0 if b.once_in(3) => drawn(b.random, &[least.floor() - 1.0, f64::NAN, most * 2.0, next_down(least)]),
                1..6 => least,
                6..10 => most,
                // A fraction, if there is room for one.
                10 | 11 => least.ceil() - 0.5f64.min(least.ceil() - least),
                12 => most.floor(),
                _ => [0.0, -0.0, -0.5, 0.5, 1.5][b.below(5) as usize],
            };
            let bits = if double { value.to_bits() } else { u64::from((value as f32).to_bits()) };
            if b.once_in(8) {
                b.put([constant(from, bits)])
            } else {
                b.opaque(from, bits)
            }
            b.put([operation]);
            if wide { V::I64 } else { V::I32 }
        });
    }
}

/// Draws a conversion from a table; among those of integers, more often that of the wide ones.
fn drawn_row(b: &mut Body<'_>, table: &[(V, I<'static>); 4]) -> (V, I<'static>) {
    let at = if b.once_in(2) { 2 + b.below(2) } else { b.below(4) };
    table[at as usize].clone()
}

fn next_up(v: f64) -> f64 {
    v.next_up()
}

fn next_down(v: f64) -> f64 {
    v.next_down()
}
