//! Relaxed operators as the CPU has them: of the results that the specification allows, those of the cheapest instruction.
//!
//! Each choice is one operation with one meaning, so that passes and evaluator need to know of no choice. What no
//! instruction does within the bounds of the specification (truncation to unsigned numbers, before AVX-512) stays as the
//! deterministic profile has it.

use super::*;

impl Translator<'_, '_> {
    /// Translates a relaxed operator for which this level has something better; `false` for all others.
    pub(super) fn native_choice(&mut self, op: &Operator<'_>, level: CpuLevel) -> bool {
        use Op::*;
        use Operator as O;
        use Shape::*;
        match op {
            O::I8x16RelaxedSwizzle => self.vector(VSwizzleLow, Imm::None, 2),
            O::I8x16RelaxedLaneselect if level >= CpuLevel::Avx => self.lanes(VLaneSelect, I8x16, 3),
            O::I16x8RelaxedLaneselect if level >= CpuLevel::Avx => self.lanes(VLaneSelect, I16x8, 3),
            O::I32x4RelaxedLaneselect if level >= CpuLevel::Avx => self.lanes(VLaneSelect, I32x4, 3),
            O::I64x2RelaxedLaneselect if level >= CpuLevel::Avx => self.lanes(VLaneSelect, I64x2, 3),
            O::I16x8RelaxedQ15mulrS => self.lanes(VQ15Mulr, I16x8, 2),
            O::I16x8RelaxedDotI8x16I7x16S => self.lanes(VDotSU, I16x8, 2),
            O::I32x4RelaxedDotI8x16I7x16AddS => {
                let sum = self.pop();
                self.lanes(VDotSU, I16x8, 2);
                self.lanes(VPairwiseS, I32x4, 1);
                self.push(sum);
                self.lanes(IAdd, I32x4, 2);
            }
            O::F32x4RelaxedMin => self.second_unless(VPMin, F32x4),
            O::F32x4RelaxedMax => self.second_unless(VPMax, F32x4),
            O::F64x2RelaxedMin => self.second_unless(VPMin, F64x2),
            O::F64x2RelaxedMax => self.second_unless(VPMax, F64x2),
            O::I32x4RelaxedTruncF32x4S => self.lanes(VFToSMin, F32x4, 1),
            O::I32x4RelaxedTruncF64x2SZero => self.lanes(VFToSMin, F64x2, 1),
            O::F32x4RelaxedMadd if level >= CpuLevel::Avx2 => self.lanes(VFma, F32x4, 3),
            O::F64x2RelaxedMadd if level >= CpuLevel::Avx2 => self.lanes(VFma, F64x2, 3),
            O::F32x4RelaxedNmadd if level >= CpuLevel::Avx2 => self.negated_multiply_add(F32x4),
            O::F64x2RelaxedNmadd if level >= CpuLevel::Avx2 => self.negated_multiply_add(F64x2),
            _ => return false,
        }
        true
    }

    /// The minimum or maximum that is the second operand where the comparison is false: pseudo-minimum and -maximum take
    /// the first one.
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
