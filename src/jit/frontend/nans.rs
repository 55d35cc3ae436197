//! Operators that can produce NaNs whose bits the specification leaves open, and the operation that makes these canonical.

use super::*;

/// If an operator computes floats whose NaNs may have any bits: the type of its result and, for lanes, its shape. All
/// other operators on floats move bits or change a sign: loads, constants, reinterpretations, `neg`, `abs`, `copysign`,
/// `pmin`, `pmax`. Conversions of integers do not produce NaNs.
pub(crate) fn made_by(op: &Operator<'_>) -> Option<(Type, Imm)> {
    use Operator as O;
    const LANES_F32: (Type, Imm) = (Type::V128, Imm::Shape(Shape::F32x4));
    const LANES_F64: (Type, Imm) = (Type::V128, Imm::Shape(Shape::F64x2));
    Some(match op {
        O::F32Add | O::F32Sub | O::F32Mul | O::F32Div | O::F32Min | O::F32Max | O::F32Sqrt => (Type::F32, Imm::None),
        O::F32Ceil | O::F32Floor | O::F32Trunc | O::F32Nearest | O::F32DemoteF64 => (Type::F32, Imm::None),
        O::F64Add | O::F64Sub | O::F64Mul | O::F64Div | O::F64Min | O::F64Max | O::F64Sqrt => (Type::F64, Imm::None),
        O::F64Ceil | O::F64Floor | O::F64Trunc | O::F64Nearest | O::F64PromoteF32 => (Type::F64, Imm::None),
        O::F32x4Add | O::F32x4Sub | O::F32x4Mul | O::F32x4Div | O::F32x4Min | O::F32x4Max | O::F32x4Sqrt => LANES_F32,
        O::F32x4Ceil | O::F32x4Floor | O::F32x4Trunc | O::F32x4Nearest | O::F32x4DemoteF64x2Zero => LANES_F32,
        O::F32x4RelaxedMin | O::F32x4RelaxedMax | O::F32x4RelaxedMadd | O::F32x4RelaxedNmadd => LANES_F32,
        O::F64x2Add | O::F64x2Sub | O::F64x2Mul | O::F64x2Div | O::F64x2Min | O::F64x2Max | O::F64x2Sqrt => LANES_F64,
        O::F64x2Ceil | O::F64x2Floor | O::F64x2Trunc | O::F64x2Nearest | O::F64x2PromoteLowF32x4 => LANES_F64,
        O::F64x2RelaxedMin | O::F64x2RelaxedMax | O::F64x2RelaxedMadd | O::F64x2RelaxedNmadd => LANES_F64,
        _ => return None,
    })
}

impl Translator<'_, '_> {
    /// Makes the NaNs of the top operand canonical.
    pub(super) fn canonicalise(&mut self, (ty, imm): (Type, Imm)) {
        let value = self.pop();
        let canonical = self.b.ins(Op::FCanon, ty, imm, &[value]);
        self.push(canonical);
    }
}
