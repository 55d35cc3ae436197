//! A shape with numbers of 128 bits.

use super::Body;
use wasm_encoder::{BlockType, Instruction as I, ValType as V};

impl Body<'_> {
    /// Sums, differences and products of 128 bits, whose halves go into locals that are used again.
    pub(super) fn wide(&mut self) {
        let [low, high] = [0; 2].map(|_| self.local(V::I64));
        self.expression(V::I64, 1);
        self.expression(V::I64, 1);
        if self.once_in(3) {
            let product = self.one_of(&[I::I64MulWideS, I::I64MulWideU]);
            return self.put([product, I::LocalSet(high), I::LocalSet(low)]);
        }
        // A comparison between the sum and its use.
        let (sum, first) = (self.one_of(&[I::I64Add128, I::I64Sub128]), self.once_in(2));
        if first {
            self.put([I::LocalGet(low), I::LocalGet(high)]);
        } else {
            self.expression(V::I64, 1);
            self.put([I::I64Const(0)]);
        }
        self.put([sum.clone(), I::LocalSet(high), I::LocalSet(low)]);
        if self.once_in(2) {
            self.put([I::LocalGet(low), I::LocalGet(high), I::LocalGet(high), I::LocalGet(low), sum]);
            self.put([
                I::LocalSet(high),
                I::LocalSet(low),
                I::Block(BlockType::Empty),
                I::LocalGet(low),
                I::I64Eqz,
                I::BrIf(0),
            ]);
            self.assignment();
            self.put([I::End]);
        }
    }
}
