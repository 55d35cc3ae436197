//! Expressions by type. Each pushes one value.

use super::{Body, PAGES};
use crate::triage::smith::operators::scalars::{
    BINARY_32, BINARY_64, BINARY_F32, BINARY_F64, COMPARE_32, COMPARE_64, COMPARE_F32, COMPARE_F64, CONVERT_F32,
    CONVERT_F64, DIVISIONS, SATURATE_32, SATURATE_64, TRUNCATE_32, TRUNCATE_64, UNARY_F32, UNARY_F64, load,
};
use crate::triage::smith::values::{bits, canonical, constant, divisor, drawn, integer};
use wasm_encoder::{BlockType, Instruction as I, MemArg, MemArgTarget, ValType as V};

impl Body<'_> {
    pub(super) fn constant(&mut self, ty: V) {
        let bits = bits(self.random, ty);
        self.put([constant(ty, bits)]);
    }

    fn leaf(&mut self, ty: V) {
        match self.below(8) {
            0 | 1 => self.constant(ty),
            2 => {
                let global = self.global(ty);
                self.put([I::GlobalGet(global)]);
            }
            _ => {
                let local = self.local(ty);
                self.put([I::LocalGet(local)]);
            }
        }
    }

    pub(super) fn expression(&mut self, ty: V, depth: u32) {
        if depth == 0 {
            return self.leaf(ty);
        }
        match self.below(16) {
            0..3 => self.leaf(ty),
            3..6 => self.load(ty),
            6 => self.select(ty, depth - 1),
            7 if self.budget > 0 => {
                // A side effect while operands are on the stack.
                self.expression(ty, depth - 1);
                self.put([I::Block(BlockType::Result(ty))]);
                self.statement();
                self.expression(ty, depth - 1);
                self.put([I::End]);
                self.combine(ty);
            }
            _ => match ty {
                V::I32 => self.i32(depth - 1),
                V::I64 => self.i64(depth - 1),
                V::F32 => self.float(V::F32, depth - 1),
                _ => self.float(V::F64, depth - 1),
            },
        }
    }

    /// Combines two values into one, without a trap.
    fn combine(&mut self, ty: V) {
        let instruction = match (ty, self.below(2)) {
            (V::I32, 0) => I::I32Add,
            (V::I32, _) => I::I32Sub,
            (V::I64, 0) => I::I64Add,
            (V::I64, _) => I::I64Xor,
            (V::F32, 0) => I::F32Sub,
            (V::F32, _) => I::F32Min,
            (_, 0) => I::F64Max,
            _ => I::F64Add,
        };
        self.put([instruction]);
    }

    fn select(&mut self, ty: V, depth: u32) {
        self.expression(ty, depth);
        self.expression(ty, depth);
        self.condition(depth);
        self.put([I::Select]);
    }

    /// Pushes an i32 that is usually a comparison.
    pub(super) fn condition(&mut self, depth: u32) {
        match self.below(8) {
            0 => self.expression(V::I32, depth),
            1 => {
                self.expression(V::I32, depth);
                self.put([I::I32Eqz]);
            }
            2 | 3 => {
                // Arithmetic, immediately compared with 0.
                let wide = self.once_in(2);
                let ty = if wide { V::I64 } else { V::I32 };
                self.leaf(ty);
                self.leaf(ty);
                let (sum, zero, table) = match wide {
                    true => ([I::I64Add, I::I64Sub, I::I64And, I::I64Xor], I::I64Const(0), &COMPARE_64),
                    false => ([I::I32Add, I::I32Sub, I::I32And, I::I32Xor], I::I32Const(0), &COMPARE_32),
                };
                let (sum, comparison) = (self.one_of(&sum), self.one_of(table));
                self.put([sum, zero, comparison]);
            }
            _ => self.comparison(depth),
        }
    }

    fn comparison(&mut self, depth: u32) {
        match self.below(8) {
            0..3 => {
                self.two(V::I32, depth);
                let comparison = self.one_of(&COMPARE_32);
                self.put([comparison]);
            }
            3 | 4 => {
                if self.once_in(3) {
                    for _ in 0..2 {
                        self.leaf(V::I32);
                        self.put([I::I64ExtendI32U]);
                    }
                } else {
                    self.two(V::I64, depth);
                }
                let comparison = self.one_of(&COMPARE_64);
                self.put([comparison]);
            }
            5 => {
                self.two(V::F32, depth);
                let comparison = self.one_of(&COMPARE_F32);
                self.put([comparison]);
            }
            _ => {
                self.two(V::F64, depth);
                let comparison = if self.once_in(2) { I::F64Eq } else { self.one_of(&COMPARE_F64) };
                self.put([comparison]);
            }
        }
    }

    fn two(&mut self, ty: V, depth: u32) {
        self.expression(ty, depth);
        self.expression(ty, depth);
    }

    pub(super) fn one_of(&mut self, table: &[I<'static>]) -> I<'static> {
        table[self.below(table.len() as u64) as usize].clone()
    }

    fn converted(&mut self, table: &[(V, I<'static>); 4], depth: u32) {
        let (from, instruction) = table[self.below(4) as usize].clone();
        self.expression(from, depth);
        self.put([instruction]);
    }

    fn truncated(&mut self, saturating: &[(V, I<'static>); 4], trapping: &[(V, I<'static>); 4], depth: u32) {
        if self.shared.has.saturating && !self.once_in(8) {
            return self.converted(saturating, depth);
        }
        let (from, instruction) = trapping[self.below(4) as usize].clone();
        self.leaf(from);
        self.put([instruction]);
    }

    fn i32(&mut self, depth: u32) {
        match self.below(16) {
            0..7 => self.integer_binary(V::I32, depth),
            7 => {
                self.expression(V::I64, depth);
                self.put([I::I32WrapI64]);
            }
            8 => self.condition(depth),
            9 if self.shared.has.signs => self.extended(V::I32),
            10 => self.truncated(&SATURATE_32, &TRUNCATE_32, depth),
            11 => {
                self.expression(V::F32, depth);
                self.canonical(V::F32);
                self.put([I::I32ReinterpretF32]);
            }
            12 => {
                self.expression(V::I32, depth);
                let instruction = self.one_of(&[I::I32Clz, I::I32Ctz, I::I32Popcnt]);
                self.put([instruction]);
            }
            13 => self.put([I::MemorySize(0)]),
            14 if self.shared.has.references => self.put([I::TableSize(0)]),
            _ => self.leaf(V::I32),
        }
    }

    fn i64(&mut self, depth: u32) {
        match self.below(16) {
            0..7 => self.integer_binary(V::I64, depth),
            7..10 => {
                if self.once_in(3) {
                    // A value whose upper half is undefined.
                    for _ in 0..2 {
                        self.leaf(V::I64);
                        self.put([I::I32WrapI64]);
                    }
                    self.condition(depth);
                    self.put([I::Select]);
                } else {
                    self.expression(V::I32, depth);
                }
                let instruction = self.one_of(&[I::I64ExtendI32U, I::I64ExtendI32U, I::I64ExtendI32S]);
                self.put([instruction]);
            }
            10 if self.shared.has.signs => self.extended(V::I64),
            11 => self.truncated(&SATURATE_64, &TRUNCATE_64, depth),
            12 => {
                self.expression(V::F64, depth);
                self.canonical(V::F64);
                self.put([I::I64ReinterpretF64]);
            }
            13 => {
                self.expression(V::I64, depth);
                let instruction = self.one_of(&[I::I64Clz, I::I64Ctz, I::I64Popcnt]);
                self.put([instruction]);
            }
            _ => self.leaf(V::I64),
        }
    }

    /// Extends one value from two widths.
    fn extended(&mut self, ty: V) {
        let local = self.local(ty);
        let (table, join): (&[I], I) = match ty {
            V::I32 => (&[I::I32Extend8S, I::I32Extend16S], I::I32Sub),
            _ => (&[I::I64Extend8S, I::I64Extend16S, I::I64Extend32S], I::I64Sub),
        };
        let (first, second) = (self.one_of(table), self.one_of(table));
        self.put([I::LocalGet(local), first, I::LocalGet(local), second, join]);
    }

    fn integer_binary(&mut self, ty: V, depth: u32) {
        let at = self.below(15);
        let wide = ty == V::I64;
        let instruction = if wide { BINARY_64[at as usize].clone() } else { BINARY_32[at as usize].clone() };
        // Two constants, which are folded.
        if self.once_in(16) {
            self.constant(ty);
        } else {
            self.expression(ty, depth);
        }
        match self.below(4) {
            // By a constant, which is not 0 in a divisor.
            0 | 1 => {
                let mut by = integer(self.random);
                if DIVISIONS.contains(&at) {
                    by = divisor(self.random, wide);
                }
                self.put([if wide { I::I64Const(by as i64) } else { I::I32Const(by as i32) }]);
            }
            _ => {
                self.expression(ty, depth.saturating_sub(1));
                if DIVISIONS.contains(&at) && !self.once_in(12) {
                    // Neither 0 nor -1.
                    self.put(match wide {
                        true => [I::I64Const(1), I::I64ShrU, I::I64Const(1), I::I64Or],
                        false => [I::I32Const(1), I::I32ShrU, I::I32Const(1), I::I32Or],
                    });
                }
            }
        }
        self.put([instruction]);
    }

    fn float(&mut self, ty: V, depth: u32) {
        let wide = ty == V::F64;
        match self.below(12) {
            0..5 => {
                if self.once_in(8) {
                    self.constant(ty);
                    self.constant(ty);
                } else {
                    self.two(ty, depth);
                }
                let instruction = self.one_of(if wide { &BINARY_F64 } else { &BINARY_F32 });
                if matches!(instruction, I::F32Copysign | I::F64Copysign) {
                    // The sign of a NaN would become visible in a result that is not a NaN.
                    self.canonical(ty);
                }
                self.put([instruction]);
            }
            5 => {
                self.expression(ty, depth);
                let instruction = self.one_of(if wide { &UNARY_F64 } else { &UNARY_F32 });
                self.put([instruction]);
            }
            6..9 => self.converted(if wide { &CONVERT_F64 } else { &CONVERT_F32 }, depth),
            9 => {
                self.expression(if wide { V::F32 } else { V::F64 }, depth);
                self.put([if wide { I::F64PromoteF32 } else { I::F32DemoteF64 }]);
            }
            10 => {
                self.expression(if wide { V::I64 } else { V::I32 }, depth);
                self.put([if wide { I::F64ReinterpretI64 } else { I::F32ReinterpretI32 }]);
            }
            _ => self.leaf(ty),
        }
    }

    /// Pushes a value for a place where its bits are observable.
    pub(super) fn settled(&mut self, ty: V) {
        if matches!(ty, V::F32 | V::F64) {
            self.canonical(ty);
        }
    }

    /// Turns any NaN on the stack into the canonical one, unless the engine guarantees canonical NaNs.
    pub(super) fn canonical(&mut self, ty: V) {
        if self.shared.has.settled_nans {
            return;
        }
        // Nothing to do after an operator whose result is not a NaN, or is canonical.
        let clean = match self.code.last() {
            Some(I::F32Const(c)) => !f32::from_bits(c.bits()).is_nan() || c.bits() == f32::NAN.to_bits(),
            Some(I::F64Const(c)) => !f64::from_bits(c.bits()).is_nan() || c.bits() == f64::NAN.to_bits(),
            Some(I::GlobalGet(_)) => true,
            Some(I::F32ConvertI32S | I::F32ConvertI32U | I::F32ConvertI64S | I::F32ConvertI64U) => true,
            Some(I::F64ConvertI32S | I::F64ConvertI32U | I::F64ConvertI64S | I::F64ConvertI64U) => true,
            _ => false,
        };
        if clean {
            return;
        }
        let wide = ty == V::F64;
        let helper = match self.helpers[usize::from(wide)] {
            Some(helper) => helper,
            None => {
                let helper = self.fresh(ty);
                self.own.push(helper);
                self.helpers[usize::from(wide)] = Some(helper);
                helper
            }
        };
        self.put(canonical(ty, helper));
    }

    pub(super) fn load(&mut self, ty: V) {
        let offset = self.address();
        let kind = self.below(8);
        self.put([load(ty, kind, argument(offset))]);
    }

    /// Pushes an address, nearly always in bounds, and returns the offset that goes with it.
    pub(super) fn address(&mut self) -> u64 {
        match self.below(16) {
            0 | 1 => {
                // A shift that drops bits.
                let shift = 1 + self.below(3) as i32;
                let local = self.local(V::I32);
                let high = 1 << (31 - self.below(shift as u64));
                self.put([
                    I::LocalGet(local),
                    I::I32Const(0xfff),
                    I::I32And,
                    I::I32Const(high),
                    I::I32Or,
                    I::I32Const(shift),
                    I::I32Shl,
                ]);
            }
            2 => {
                let at = self.below(300) as i32;
                self.put([I::I32Const(at)]);
            }
            3 => {
                // Near the current end of the memory.
                self.put([I::MemorySize(0), I::I32Const(16), I::I32Shl, I::I32Const(24), I::I32Sub]);
                return self.below(17);
            }
            4 if self.once_in(16) => return self.far_address(),
            _ => {
                let local = self.local(V::I32);
                self.put([I::LocalGet(local), I::I32Const(0xfff), I::I32And]);
            }
        }
        drawn(self.random, &[0, 0, 1, 2, 4, 8, 120, 128, 200])
    }

    /// Pushes an address out of bounds, perhaps by far.
    fn far_address(&mut self) -> u64 {
        match self.below(3) {
            0 => {
                let local = self.local(V::I32);
                self.put([I::LocalGet(local)]);
                0
            }
            1 => {
                let page = self.below(PAGES.1) << 16;
                self.put([I::I32Const(page as i32)]);
                0xfffa
            }
            _ => {
                let at = self.below(1000) as i32;
                self.put([I::I32Const(i32::MIN + at)]);
                if self.once_in(2) {
                    let local = self.local(V::I32);
                    self.put([I::LocalGet(local), I::I32Const(0xff), I::I32And, I::I32Or]);
                }
                0x8000_0000
            }
        }
    }
}

pub fn argument(offset: u64) -> MemArg {
    MemArg { offset, align: 0, target: MemArgTarget::Memory(0), ordering: None }
}
