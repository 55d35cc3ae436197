//! Vectors. A v128 takes two entries of the operand stack, as it takes two slots: the lower half, which records where
//! the value is, and the upper half, whose place follows from it.

use super::operators::memarg;
use super::stack::{EntryPlace, StackEntry};
use super::*;
use crate::interp::encoding::*;
use crate::interp::family::{LaneOp, ShiftOp};
use crate::interp::sys;
use crate::module::syntax;
use crate::runtime::observe::tracing::StoreKind;
use wasmparser::{MemArg, Operator};

impl Translator<'_> {
    /// Pushes a constant. Entries hold its number among the constants.
    pub fn vector_constant(&mut self, value: u128) -> TranslateResult {
        self.vectors.push(value);
        self.push(EntryPlace::Const(self.vectors.len() as u64 - 1), ValueClass::V128)
    }

    pub fn lanes(&mut self, f: &'static LaneOp) -> TranslateResult {
        match *f.operands {
            [_] => {
                let [a] = self.operands();
                let dst = self.temp(self.height());
                self.result(f.op, Da { dst, a, pad: P32 }, dst, f.result, f.result)
            }
            [_, _] => {
                let [a, b] = self.operands();
                let dst = self.temp(self.height());
                let swizzle = matches!(f.op, Op::I8x16SwizzleV | Op::I8x16RelaxedSwizzleV);
                let op = if swizzle && sys::has_bytes() { Op::SwizzleLater } else { f.op };
                self.result(op, Dab { dst, a, b, pad: P16 }, dst, f.result, f.result)
            }
            _ => {
                let [a, b, c] = self.operands();
                let dst = self.temp(self.height());
                self.result(f.op, Dabc { dst, a, b, c }, dst, f.result, f.result)
            }
        }
    }

    pub fn shift(&mut self, f: &'static ShiftOp) -> TranslateResult {
        if let Some(&StackEntry { place: EntryPlace::Const(by), .. }) = self.stack.last() {
            self.pop();
            let [a] = self.operands();
            let dst = self.temp(self.height());
            return self.result(f.k, Dai { dst, a, imm: by as i32 }, dst, ValueClass::V128, ValueClass::V128);
        }
        let [a, b] = self.operands();
        let dst = self.temp(self.height());
        self.result(f.v, Dab { dst, a, b, pad: P16 }, dst, ValueClass::V128, ValueClass::V128)
    }

    pub fn extract(&mut self, op: Op, class: ValueClass, operator: &Operator<'_>) -> TranslateResult {
        let [a] = self.operands();
        let dst = self.temp(self.height());
        self.result(op, DaLane { dst, a, lane: lane(operator), pad: P16 }, dst, class, class)
    }

    pub fn replace(&mut self, op: Op, operator: &Operator<'_>) -> TranslateResult {
        let [a, b] = self.operands();
        let dst = self.temp(self.height());
        self.result(op, DabLane { dst, a, b, lane: lane(operator) }, dst, ValueClass::V128, ValueClass::V128)
    }

    pub fn shuffle(&mut self, indices: [u8; 16]) -> TranslateResult {
        let [a, b] = self.operands();
        let dst = self.temp(self.height());
        let indices = u128::from_le_bytes(indices);
        let operands = Dabll { dst, a, b, pad: P16, low: indices as u64, high: (indices >> 64) as u64 };
        let op = if sys::has_bytes() { Op::ShuffleLater } else { Op::Shuffle };
        self.result(op, operands, dst, ValueClass::V128, ValueClass::V128)
    }

    pub fn load_lane(&mut self, op: Op, memarg: MemArg, operator: &Operator<'_>) -> TranslateResult {
        let (memory, wide) = self.memory_of(&memarg)?;
        let [a, b] = self.operands();
        let dst = self.temp(self.height());
        let operands =
            LoadLane { dst, a, b, lane: lane(operator), memory, wide: wide.into(), pad: P32, offset: memarg.offset };
        self.result(op, operands, dst, ValueClass::V128, ValueClass::V128)
    }

    pub fn store_lane(&mut self, op: Op, memarg: MemArg, operator: &Operator<'_>) -> TranslateResult {
        let (memory, wide) = self.memory_of(&memarg)?;
        let [a, b] = self.operands();
        let lane = lane(operator);
        self.emit(op, StoreLane { a, b, lane, memory, wide: wide.into(), pad: P48, offset: memarg.offset });
        Ok(())
    }

    /// Reports a store of a vector or of a lane, whose operands are on the stack; they stay there.
    pub fn trace_vector_store(&mut self, operator: &Operator<'_>) -> TranslateResult {
        let memarg = memarg(operator);
        let (memory, wide) = self.memory_of(&memarg)?;
        let a = self.settle_top(3);
        let b = self.temp(self.height() - 2);
        let offset = memarg.offset;
        // A lane is reported as a store of its number would be.
        let (kind, bits) = match operator {
            Operator::V128Store { .. } => {
                let kind = StoreKind::V128.encode(memory.into());
                self.emit(Op::TraceStoreV, Trace { a, b, wide: wide.into(), offset, kind });
                return Ok(());
            }
            Operator::V128Store8Lane { .. } => (StoreKind::I32As8, 8),
            Operator::V128Store16Lane { .. } => (StoreKind::I32As16, 16),
            Operator::V128Store32Lane { .. } => (StoreKind::I32, 32),
            Operator::V128Store64Lane { .. } => (StoreKind::I64, 64),
            _ => unreachable!("{operator:?} stores no vector"),
        };
        let from = bits * lane(operator);
        let (wide, kind) = (wide.into(), kind.encode(memory.into()));
        self.emit(Op::TraceStoreLane, TraceLane { a, b, from, bits, wide, pad: P32, offset, kind });
        Ok(())
    }
}

/// The immediate of an operator on one lane.
fn lane(operator: &Operator<'_>) -> u16 {
    syntax::lane(operator).expect("an operator on a lane").into()
}
