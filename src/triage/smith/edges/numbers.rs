//! Edges of numbers: every scalar and vector operator on values at the ends of its domain; values that are held across operators
//! with operands in fixed registers.

use super::{Edge, NUMBERS};
use crate::triage::smith::operators::scalars::{
    BINARY_32, BINARY_64, BINARY_F32, BINARY_F64, COMPARE_32, COMPARE_64, COMPARE_F32, COMPARE_F64, CONVERT_F32,
    CONVERT_F64, SATURATE_32, SATURATE_64, TRUNCATE_32, TRUNCATE_64, UNARY_F32, UNARY_F64,
};
use crate::triage::smith::operators::vectors::{self, Row};
use crate::triage::smith::values::{divisor, drawn, half_way, half_way_float, integer};
use wasm_encoder::{Instruction as I, ValType as V};

/// Operators with these types.
pub(super) struct Operators {
    pub(super) operands: &'static [V],
    pub(super) result: V,
    pub(super) of: Vec<I<'static>>,
}

impl Edge<'_, '_> {
    /// Draws a float at an edge of its format: exponents at the ends, around those of integers' widths, and significands of no
    /// bits, all bits, or the outermost ones.
    pub(super) fn float_bits(&mut self, wide: bool) -> u64 {
        let (width, bias): (u64, u64) = if wide { (52, 1023) } else { (23, 127) };
        let exponent = match self.below(4) {
            0 => self.drawn(&[0, 1, 2, 2 * bias - 1, 2 * bias, 2 * bias, 2 * bias + 1]),
            1 => bias + self.drawn(&[7, 8, 15, 16, 30, 31, 32, 62, 63, 64]),
            2 => bias + self.drawn(&[width - 1, width, width + 1, 0, 1]),
            _ if wide && self.once_in(2) => {
                // Around the ends of the narrower format.
                bias.wrapping_add(self.drawn(&[
                    127,
                    128,
                    126u64.wrapping_neg(),
                    127u64.wrapping_neg(),
                    149u64.wrapping_neg(),
                    150u64.wrapping_neg(),
                ]))
            }
            _ => bias - self.drawn(&[1, 2, width, width + 1]),
        };
        let all = (1 << width) - 1;
        let significand = match self.below(8) {
            0..3 => 0,
            3 => 1,
            4 => all,
            5 => 1 << (width - 1),
            // All bits of the narrower format, and perhaps more.
            6 if wide => all - self.drawn(&[(1 << 29) - 1, (1 << 28) - 1, 1 << 28]),
            6 => all - 1,
            _ => self.m.random.next() & all,
        };
        self.below(2) << (width + if wide { 11 } else { 8 }) | exponent << width | significand
    }

    /// Draws a float where an integer's range or that of the narrower float format ends, or next to that.
    fn limit_bits(&mut self, wide: bool) -> u64 {
        let limit = match self.below(3) {
            0 if wide => self.drawn(&[
                f64::from(f32::MAX),
                2f64.powi(128),
                f64::from(f32::MIN_POSITIVE),
                2f64.powi(-149),
                2f64.powi(-150),
                2f64.powi(-127),
            ]),
            1 => self.drawn(&[0.0, 0.5, 1.0, 127.0, 128.0, 255.0, 256.0, 32767.0, 32768.0, 65535.0, 65536.0]),
            _ => 2f64.powi(self.drawn(&[31, 31, 32, 63, 63, 64])),
        };
        let sign = if self.once_in(2) { -1.0 } else { 1.0 };
        let fraction = self.drawn(&[0.0, 0.0, 0.0, 0.5, -0.5, 1.0, -1.0]);
        // As many units in the last place as may matter, those of the narrower format included.
        let units = self.drawn(&[0, 0, 0, 1, u64::MAX, 1 << 28, (1 << 28) - 1, (1 << 28) + 1, 1 << 29]);
        let limit = sign * (limit + fraction);
        match wide {
            true => limit.to_bits().wrapping_add(units),
            false => u64::from((limit as f32).to_bits().wrapping_add(if units > 1 << 20 { 0 } else { units as u32 })),
        }
    }

    /// Draws a vector: lanes of one width at edges, all equal or not.
    pub(super) fn lanes(&mut self) -> u128 {
        let kind = self.below(6) as usize;
        self.lanes_of([8, 16, 32, 64, 32, 64][kind], kind > 3, false)
    }

    /// Draws lanes of this width, which may be floats, and then converted.
    fn lanes_of(&mut self, width: u64, floats: bool, converted: bool) -> u128 {
        let lane = |e: &mut Self| match () {
            _ if converted && !e.once_in(3) => e.limit_bits(width == 64),
            _ if floats => e.float_bits(width == 64),
            _ if e.once_in(8) => e.m.random.next(),
            _ => {
                let near = e.drawn(&[0, 0, 1, 2, u64::MAX, u64::MAX - 1]);
                near.wrapping_add(e.drawn(&[0, 1 << (width - 1), 1 << (width - 1)]))
            }
        };
        let alike = self.once_in(2).then(|| lane(self));
        let mask = u64::MAX >> (64 - width);
        (0..128 / width).fold(0, |v, i| v | u128::from(alike.unwrap_or_else(|| lane(self)) & mask) << (i * width))
    }

    /// Draws a group of operators.
    pub(super) fn operators(&mut self) -> Operators {
        use V::{F32, F64, I32, I64};
        let of = |operands, result, of: &[I<'static>]| Operators { operands, result, of: of.to_vec() };
        let signs = self.m.has.signs;
        let conversion = |e: &mut Self, table: &[(V, I<'static>); 4], result| {
            let (from, operator) = table[e.below(4) as usize].clone();
            let operands: &[V] = match from {
                V::I32 => &[I32],
                V::I64 => &[I64],
                V::F32 => &[F32],
                _ => &[F64],
            };
            Operators { operands, result, of: vec![operator] }
        };
        match self.below(20) {
            0 | 1 => of(&[I32, I32], I32, &BINARY_32),
            2 | 3 => of(&[I64, I64], I64, &BINARY_64),
            4 => of(&[I32, I32], I32, &COMPARE_32),
            5 => of(&[I64, I64], I32, &COMPARE_64),
            6 => of(&[F32, F32], F32, &BINARY_F32),
            7 => of(&[F64, F64], F64, &BINARY_F64),
            8 => of(&[F32, F32], I32, &COMPARE_F32),
            9 => of(&[F64, F64], I32, &COMPARE_F64),
            10 => of(&[F32], F32, &UNARY_F32),
            11 => of(&[F64], F64, &UNARY_F64),
            12 => conversion(self, &CONVERT_F32, F32),
            13 => conversion(self, &CONVERT_F64, F64),
            14 if self.m.has.saturating => conversion(self, &SATURATE_32, I32),
            15 if self.m.has.saturating => conversion(self, &SATURATE_64, I64),
            16 if self.once_in(2) => conversion(self, &TRUNCATE_32, I32),
            16 => conversion(self, &TRUNCATE_64, I64),
            17 if self.once_in(2) => of(&[F64], F32, &[I::F32DemoteF64]),
            17 => of(&[F32], F64, &[I::F64PromoteF32]),
            18 if self.once_in(2) => {
                let signed: &[I] = if signs { &[I::I32Extend8S, I::I32Extend16S] } else { &[] };
                of(&[I32], I32, &[&[I::I32Clz, I::I32Ctz, I::I32Popcnt, I::I32Eqz], signed].concat())
            }
            18 => {
                let signed: &[I] = if signs { &[I::I64Extend8S, I::I64Extend16S, I::I64Extend32S] } else { &[] };
                of(&[I64], I64, &[&[I::I64Clz, I::I64Ctz, I::I64Popcnt], signed].concat())
            }
            _ if self.once_in(2) => of(&[I64], I32, &[I::I32WrapI64, I::I64Eqz]),
            _ => of(&[I32], I64, &[I::I64ExtendI32S, I::I64ExtendI32U]),
        }
    }

    /// Draws an operand that is an edge for the operator.
    pub(super) fn operand(&mut self, operator: &I<'static>, ty: V, second: bool) -> u128 {
        let wide = matches!(ty, V::I64 | V::F64);
        let width = if wide { 64 } else { 32 };
        let random = &mut *self.m.random;
        u128::from(match ty {
            V::I32 | V::I64 => match operator {
                I::I32Shl
                | I::I32ShrS
                | I::I32ShrU
                | I::I32Rotl
                | I::I32Rotr
                | I::I64Shl
                | I::I64ShrS
                | I::I64ShrU
                | I::I64Rotl
                | I::I64Rotr
                    if second =>
                {
                    drawn(random, &[0, 1, 2, 3, 4, 8, 16, width - 1, width, width + 1, 31, 32, 33, u64::MAX])
                }
                I::I32DivS
                | I::I32DivU
                | I::I32RemS
                | I::I32RemU
                | I::I64DivS
                | I::I64DivU
                | I::I64RemS
                | I::I64RemU
                    if second =>
                {
                    match random.below(6) {
                        0 => u64::MAX,
                        1 if random.below(4) == 0 => 0,
                        _ => divisor(random, wide),
                    }
                }
                I::F32ConvertI32S
                | I::F32ConvertI32U
                | I::F32ConvertI64S
                | I::F32ConvertI64U
                | I::F64ConvertI64S
                | I::F64ConvertI64U => half_way(random),
                // A power of two, or a neighbour.
                _ if random.below(3) == 0 => {
                    (1u64 << random.below(width)).wrapping_add(drawn(random, &[0, 0, 1, u64::MAX]))
                }
                _ if random.below(3) == 0 => drawn(random, &[1u64 << (width - 1), u64::MAX, (1 << (width - 1)) - 1]),
                _ => integer(random),
            },
            V::F64 if matches!(operator, I::F32DemoteF64) && random.below(3) == 0 => half_way_float(random).to_bits(),
            // Another type from a float, or a whole number.
            _ if !second && converts(operator) && !self.once_in(3) => self.limit_bits(wide),
            _ => self.float_bits(wide),
        })
    }

    /// An operator on edges, several times.
    pub(super) fn numbers(&mut self) {
        match self.below(24) {
            0 => return self.carried(),
            1 | 2 if self.m.has.wide_arithmetic => return self.wide(),
            _ => {}
        }
        // One operator that sees several values: those of a constant operand are special cases in compilers.
        let group = self.operators();
        let operator = self.one_of(&group.of);
        let fixed = self.once_in(2).then(|| {
            let second = group.operands.len() == 2 && !self.once_in(4);
            let at = usize::from(second);
            (at, self.operand(&operator, group.operands[at], second))
        });
        for _ in 0..2 + self.below(6) {
            for (i, &ty) in group.operands.iter().enumerate() {
                match fixed {
                    Some((at, bits)) if at == i => self.known(ty, bits),
                    _ => {
                        let bits = self.operand(&operator, ty, i == 1);
                        if fixed.is_some() { self.opaque(ty, bits) } else { self.either(ty, bits) }
                    }
                }
            }
            self.put([operator.clone()]);
            self.decided(group.result);
        }
    }

    /// A sum or difference of two words, whose carry is found by a comparison: the right one or another.
    fn carried(&mut self) {
        let [a, b, low] = [0; 3].map(|_| self.fresh(V::I64));
        for local in [a, b] {
            let bits = self.drawn(&[0, 0, 1, 1, u64::MAX, u64::MAX, 1 << 63, (1 << 63) - 1]);
            self.either(V::I64, bits.into());
            self.put([I::LocalSet(local)]);
        }
        let adds = self.once_in(2);
        self.put([I::LocalGet(a), I::LocalGet(b), if adds { I::I64Add } else { I::I64Sub }, I::LocalSet(low)]);
        let with = self.drawn(&[a, b]);
        let mut compared = if adds { [low, with] } else { [a, b] };
        if self.once_in(2) {
            compared.reverse();
        }
        let test = self.one_of(&[I::I64LtU, I::I64GtU, I::I64LeU, I::I64GeU, I::I64LtS, I::I64Eq]);
        // The upper words.
        for _ in 0..2 {
            let bits = self.drawn(&[0, 1, u64::MAX]);
            self.opaque(V::I64, bits.into());
        }
        self.put([if adds { I::I64Add } else { I::I64Sub }]);
        self.put(compared.map(I::LocalGet));
        self.put([test, I::I64ExtendI32U, if adds { I::I64Add } else { I::I64Sub }]);
        self.noted(V::I64);
        self.put([I::LocalGet(low)]);
        self.noted(V::I64);
    }

    /// Operators of 128 bits.
    fn wide(&mut self) {
        for _ in 0..1 + self.below(3) {
            let operator = self.one_of(&[I::I64Add128, I::I64Sub128, I::I64MulWideS, I::I64MulWideU]);
            let count = if matches!(operator, I::I64Add128 | I::I64Sub128) { 4 } else { 2 };
            for _ in 0..count {
                let bits = self.drawn(&[0, 0, 1, u64::MAX, 1 << 63, (1 << 63) - 1, 1 << 32]);
                self.either(V::I64, bits.into());
            }
            self.put([operator]);
            self.noted(V::I64);
            self.noted(V::I64);
        }
    }

    /// Lanes that a minimum or a maximum limits, and an operator then converts, for several operands and one limit.
    fn limited(&mut self) {
        let wide = self.once_in(2);
        let row = |name: &str| vectors::ROWS.iter().find(|row| row.name == name).expect("a vector operator");
        let (limits, conversions): ([&str; 5], [&str; 4]) = match wide {
            true => (
                ["F64x2Min", "F64x2Min", "F64x2Max", "F64x2PMin", "F64x2PMax"],
                ["I32x4TruncSatF64x2SZero", "I32x4TruncSatF64x2UZero", "F32x4DemoteF64x2Zero", "F64x2Nearest"],
            ),
            false => (
                ["F32x4Min", "F32x4Min", "F32x4Max", "F32x4PMin", "F32x4PMax"],
                ["I32x4TruncSatF32x4S", "I32x4TruncSatF32x4U", "F64x2PromoteLowF32x4", "F32x4Nearest"],
            ),
        };
        let limits = row(self.drawn(&limits));
        let limit = if self.once_in(2) {
            let limit = 2f64.powi(self.drawn(&[31, 31, 31, 32, 127])) - self.drawn(&[0.0, 0.0, 0.0, 1.0, 128.0, 256.0]);
            match wide {
                true => u128::from(limit.to_bits()) * 0x1_0000_0000_0000_0001,
                false => u128::from((limit as f32).to_bits()) * 0x1_0000_0001_0000_0001_0000_0001,
            }
        } else {
            self.lanes_of(if wide { 64 } else { 32 }, true, true)
        };
        let held = self.fresh(V::V128);
        for _ in 0..2 + self.below(4) {
            let lanes = if self.once_in(3) { limit } else { self.lanes_of(if wide { 64 } else { 32 }, true, true) };
            self.opaque(V::V128, lanes);
            self.put([I::LocalSet(held)]);
            let of = self.fresh(V::V128);
            self.known(V::V128, limit);
            self.put([I::LocalSet(of)]);
            let mut operands = [held, of];
            if self.once_in(3) {
                operands.reverse();
            }
            self.put(operands.map(I::LocalGet));
            let instruction = limits.instruction(self.m.random, (0, 0));
            self.put([instruction, I::LocalSet(held)]);
            for conversion in conversions {
                self.vector_operator(row(conversion), Some((held, V::V128)));
                self.noted(V::V128);
            }
        }
    }

    /// An operator on vectors, for several operands; perhaps its result is the operand of another one.
    pub(super) fn vectors(&mut self) {
        if self.once_in(12) {
            return self.limited();
        }
        let rows = if self.m.has.relaxed && self.once_in(4) { &*vectors::RELAXED } else { &*vectors::ROWS };
        // Now and then one whose lanes are known one by one.
        let by_lane = self.once_in(4);
        let lanes = ["Splat", "ReplaceLane"];
        let known = |row: &&Row| !row.accesses && lanes.iter().any(|name| row.name.ends_with(name));
        let row = match by_lane {
            true => self.drawn(&vectors::ROWS.iter().filter(known).collect::<Vec<_>>()),
            false => &rows[self.below(rows.len() as u64) as usize],
        };
        if row.accesses {
            return self.access();
        }
        for _ in 0..2 + self.below(4) {
            self.vector_operator(row, None);
            match row.result {
                Some(V::V128) if by_lane || self.once_in(2) => {
                    // Usually one that takes such lanes.
                    let (same, single) = (!self.once_in(4), by_lane && !self.once_in(4));
                    let next: Vec<&Row> = vectors::ROWS
                        .iter()
                        .filter(|next| !next.accesses && next.operands.contains(&V::V128))
                        .filter(|next| !same || next.takes() == row.makes())
                        .filter(|next| !single || next.name.contains("Lane"))
                        .collect();
                    if next.is_empty() {
                        self.noted(V::V128);
                        continue;
                    }
                    let next = self.drawn(&next);
                    let held = self.fresh(V::V128);
                    self.put([I::LocalSet(held)]);
                    self.vector_operator(next, Some((held, V::V128)));
                    self.decided(next.result.expect("an operator that accesses nothing has a result"));
                }
                result => self.decided(result.expect("an operator that accesses nothing has a result")),
            }
        }
    }

    /// Pushes the operands of an operator, and makes it. The first operand of the type of the local is the one in it.
    fn vector_operator(&mut self, row: &Row, mut held: Option<(u32, V)>) {
        // Lanes as the operator sees them, or not; often the same vector for both operands.
        let (count, floats) = row.takes();
        let converts = ["Trunc", "Demote", "Nearest"].iter().any(|name| row.name.contains(name));
        let draw =
            |e: &mut Self| if e.once_in(4) { e.lanes() } else { e.lanes_of(128 / count, floats, floats && converts) };
        let alike = self.once_in(2).then(|| draw(self));
        for &ty in &row.operands {
            if let Some((local, _)) = held.take_if(|(_, of)| *of == ty) {
                self.put([I::LocalGet(local)]);
                continue;
            }
            match ty {
                V::V128 => {
                    let bits = alike.unwrap_or_else(|| draw(self));
                    self.either(V::V128, bits);
                }
                V::I32 if row.shifts() => {
                    let width = 128 / vectors::lanes(row.name);
                    let by = self.drawn(&[0, 1, width / 2, width - 1, width, width + 1, 31, 32, 33, 63, 64, u64::MAX]);
                    self.either(V::I32, by.into());
                }
                ty => {
                    let bits = self.bits(ty);
                    self.either(ty, bits);
                }
            }
        }
        let instruction = row.instruction(self.m.random, (0, 0));
        self.put([instruction]);
        match row.nans {
            Some(format) if !self.m.has.settled_nans => {
                let helper = self.fresh(V::V128);
                self.put(format.canonical(helper));
            }
            _ => {}
        }
    }

    /// An operator that takes the value on the stack, which may have been loaded from memory for it alone.
    pub(super) fn taken(&mut self, ty: V) {
        let held = self.fresh(ty);
        self.put([I::LocalSet(held)]);
        if self.m.has.simd && (ty == V::V128 || self.once_in(2)) {
            // Often one that needs a part of the vector only.
            let part = ty == V::V128 && self.once_in(2);
            let parts = ["Low", "ExtractLane", "Zero"];
            let rows: Vec<&Row> = vectors::ROWS
                .iter()
                .filter(|row| !row.accesses && row.operands.contains(&ty))
                .filter(|row| !part || parts.iter().any(|name| row.name.contains(name)))
                .collect();
            let row = self.drawn(&rows);
            self.vector_operator(row, Some((held, ty)));
            return self.decided(row.result.expect("an operator that accesses nothing has a result"));
        }
        let group = (0..100).map(|_| self.operators()).find(|group| group.operands.contains(&ty));
        let group = group.expect("every type has operators");
        let operator = self.one_of(&group.of);
        let at = if self.once_in(2) { 0 } else { group.operands.len() - 1 };
        for (i, &of) in group.operands.iter().enumerate() {
            if i == at {
                self.put([I::LocalGet(held)]);
            } else {
                let bits = self.operand(&operator, of, i == 1);
                self.either(of, bits);
            }
        }
        self.put([operator]);
        self.decided(group.result);
    }

    /// As many locals as an instruction can name, or more; some of them are used.
    fn crowded(&mut self) {
        let count = self.drawn(&[127, 129, 255, 257, 4095, 4097, 32_000, 32_001, 32_767, 32_769, 40_000]);
        let ty = if self.m.has.simd && count < 5000 { V::V128 } else { self.number() };
        let first = self.locals.len() as u32;
        self.locals.extend(std::iter::repeat_n(ty, count as usize));
        let mut used = vec![first, first + 1, first + count / 2, first + count - 2, first + count - 1];
        used.extend(
            [31_998, 31_999, 32_000, 32_001].into_iter().filter(|local| (first..first + count).contains(local)),
        );
        for &local in &used {
            if self.once_in(3) {
                continue;
            }
            self.any(ty);
            self.put([I::LocalSet(local)]);
        }
        let leaf = self.m.leaves[0];
        self.put([I::Call(leaf)]);
        self.noted(V::I64);
        for local in used {
            self.put([I::LocalGet(local)]);
            self.noted(ty);
        }
    }

    /// Values of several types that stay alive across an operator with operands in fixed registers, or a call.
    pub(super) fn pressed(&mut self) {
        if self.once_in(20) {
            return self.crowded();
        }
        let count = self.drawn(&[2, 4, 8, 12, 13, 14, 15, 16, 17, 24, 40, 140, 300]);
        let only = self.once_in(2).then(|| self.number());
        let held: Vec<(u32, V)> = (0..count)
            .map(|_| {
                let ty = match only {
                    Some(ty) => ty,
                    None if self.m.has.simd && self.once_in(5) => V::V128,
                    None => self.number(),
                };
                let bits = self.bits(ty);
                self.opaque(ty, bits);
                let local = self.fresh(ty);
                // One that is computed, so that it is not loaded again later.
                match ty {
                    V::I32 => self.put([I::I32Const(3), I::I32Add]),
                    V::I64 => self.put([I::I64Const(5), I::I64Sub]),
                    V::F32 => self.put([I::F32Neg]),
                    V::F64 => self.put([I::F64Neg]),
                    _ => self.put([I::V128Not]),
                }
                self.put([I::LocalSet(local)]);
                (local, ty)
            })
            .collect();
        for _ in 0..1 + self.below(3) {
            self.fixed(&held);
        }
        for (local, ty) in held {
            self.put([I::LocalGet(local)]);
            self.noted(ty);
        }
    }

    /// An operator with operands in fixed registers, on held values.
    fn fixed(&mut self, held: &[(u32, V)]) {
        let of = |e: &mut Self, ty: V| {
            let some: Vec<u32> = held.iter().filter(|(_, of)| *of == ty).map(|(local, _)| *local).collect();
            if some.is_empty() || e.once_in(8) {
                return e.any(ty);
            }
            let local = e.drawn(&some);
            e.put([I::LocalGet(local)]);
        };
        let leaf = self.m.leaves[3];
        match self.below(8) {
            0 | 1 => {
                let wide = self.once_in(2);
                let ty = if wide { V::I64 } else { V::I32 };
                of(self, ty);
                of(self, ty);
                // Neither 0 nor -1.
                self.put(match wide {
                    true => [I::I64Const(1), I::I64ShrU, I::I64Const(1), I::I64Or],
                    false => [I::I32Const(1), I::I32ShrU, I::I32Const(1), I::I32Or],
                });
                let operator = self.one_of(match wide {
                    true => &[I::I64DivS, I::I64DivU, I::I64RemS, I::I64RemU],
                    false => &[I::I32DivS, I::I32DivU, I::I32RemS, I::I32RemU],
                });
                self.put([operator]);
                self.noted(ty);
            }
            2 | 3 => {
                let wide = self.once_in(2);
                let ty = if wide { V::I64 } else { V::I32 };
                of(self, ty);
                of(self, ty);
                let operator = self.one_of(match wide {
                    true => &[I::I64Shl, I::I64ShrS, I::I64ShrU, I::I64Rotl, I::I64Rotr],
                    false => &[I::I32Shl, I::I32ShrS, I::I32ShrU, I::I32Rotl, I::I32Rotr],
                });
                self.put([operator]);
                self.noted(ty);
            }
            4 if self.m.has.wide_arithmetic => {
                of(self, V::I64);
                of(self, V::I64);
                let operator = self.one_of(&[I::I64MulWideS, I::I64MulWideU]);
                self.put([operator]);
                self.noted(V::I64);
                self.noted(V::I64);
            }
            5 => {
                of(self, V::I64);
                self.put([I::Call(leaf)]);
                self.noted(V::I64);
            }
            6 if self.m.has.threads => self.atomic(),
            7 if self.m.has.bulk => self.bulk(),
            _ => {
                let ty = self.drawn(&NUMBERS);
                of(self, ty);
                of(self, ty);
                of(self, V::I32);
                self.put([I::Select]);
                self.noted(ty);
            }
        }
    }
}

/// Whether the operator converts a float to a narrower type, or rounds it.
fn converts(operator: &I) -> bool {
    let name = format!("{operator:?}");
    ["Trunc", "Demote", "Nearest", "Ceil", "Floor"].iter().any(|part| name.contains(part))
}
