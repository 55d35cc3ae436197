//! Relaxed operators in native mode: among the results that the specification allows, they give those of the CPU's
//! cheapest instruction.
//!
//! Each choice is one operation with one meaning, so passes and the evaluator need not know about choices. Operators for
//! which the CPU has no instruction within the bounds of the specification follow the deterministic profile.

use super::*;
use crate::target::Capability;

impl Translator<'_, '_> {
    /// Translates a relaxed operator for which this level has a better instruction; `false` for all others.
    pub(super) fn native_choice(&mut self, op: &Operator<'_>, level: CpuLevel) -> bool {
        use Capability::*;
        use Op::*;
        use Operator as O;
        use Shape::*;
        match op {
            O::I8x16RelaxedSwizzle if level.has(SwizzleByLowBits) => self.vector(VSwizzleLow, Imm::None, 2),
            O::I8x16RelaxedLaneselect if level.has(SelectLanesBySign) => self.lanes(VLaneSelect, I8x16, 3),
            O::I16x8RelaxedLaneselect if level.has(SelectLanesBySign) => self.lanes(VLaneSelect, I16x8, 3),
            O::I32x4RelaxedLaneselect if level.has(SelectLanesBySign) => self.lanes(VLaneSelect, I32x4, 3),
            O::I64x2RelaxedLaneselect if level.has(SelectLanesBySign) => self.lanes(VLaneSelect, I64x2, 3),
            O::I16x8RelaxedQ15mulrS if level.has(WrappingRoundingMultiply) => self.lanes(VQ15Mulr, I16x8, 2),
            O::I16x8RelaxedDotI8x16I7x16S if level.has(DotUnsignedSigned) => self.lanes(VDotSU, I16x8, 2),
            O::I32x4RelaxedDotI8x16I7x16AddS if level.has(DotSigned) => self.lanes(VDotAdd, I32x4, 3),
            O::I32x4RelaxedDotI8x16I7x16AddS if level.has(DotUnsignedSigned) => {
                let sum = self.pop();
                self.lanes(VDotSU, I16x8, 2);
                self.lanes(VPairwiseS, I32x4, 1);
                self.push(sum);
                self.lanes(IAdd, I32x4, 2);
            }
            O::F32x4RelaxedMin if level.has(SecondUnlessLess) => self.second_unless(VPMin, F32x4),
            O::F32x4RelaxedMax if level.has(SecondUnlessLess) => self.second_unless(VPMax, F32x4),
            O::F64x2RelaxedMin if level.has(SecondUnlessLess) => self.second_unless(VPMin, F64x2),
            O::F64x2RelaxedMax if level.has(SecondUnlessLess) => self.second_unless(VPMax, F64x2),
            O::I32x4RelaxedTruncF32x4S if level.has(TruncateToLeast) => self.lanes(VFToSMin, F32x4, 1),
            O::I32x4RelaxedTruncF64x2SZero if level.has(TruncateToLeast) => self.lanes(VFToSMin, F64x2, 1),
            O::F32x4RelaxedMadd if level.has(FusedMultiplyAdd) => self.lanes(VFma, F32x4, 3),
            O::F64x2RelaxedMadd if level.has(FusedMultiplyAdd) => self.lanes(VFma, F64x2, 3),
            O::F32x4RelaxedNmadd if level.has(FusedMultiplyAdd) => self.negated_multiply_add(F32x4),
            O::F64x2RelaxedNmadd if level.has(FusedMultiplyAdd) => self.negated_multiply_add(F64x2),
            _ => return false,
        }
        true
    }

    /// The minimum or maximum that is the second operand if the comparison is false; pseudo-minimum and -maximum take the
    /// first.
    fn second_unless(&mut self, op: Op, shape: Shape) {
        let (a, b) = self.pop2();
        self.stack.extend([b, a]);
        self.lanes(op, shape, 2);
    }

    fn negated_multiply_add(&mut self, shape: Shape) {
        let c = self.pop();
        let (a, b) = self.pop2();
        let a = self.b.ins(Op::FNeg, Type::V128, Imm::Shape(shape), &[a]);
        self.stack.extend([a, b, c]);
        self.lanes(Op::VFma, shape, 3);
    }
}
