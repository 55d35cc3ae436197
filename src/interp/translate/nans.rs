//! The profile of canonical NaNs: each operator whose NaN bits the specification leaves open is followed by an
//! instruction that makes a NaN canonical. The instruction is removed if the next operator does not distinguish NaNs:
//! that operator turns any NaN into a NaN, and has such an instruction of its own, or its result is not a float.

use super::stack::EntryPlace;
use super::*;
use crate::interp::encoding::*;
use crate::interp::family::Family;
use wasmparser::Operator;

/// The float format of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Floats {
    F32,
    F64,
    F32x4,
    F64x2,
}

impl Floats {
    /// The name in the text format.
    #[cfg(test)]
    pub fn name(self) -> &'static str {
        match self {
            Floats::F32 => "f32",
            Floats::F64 => "f64",
            Floats::F32x4 => "f32x4",
            Floats::F64x2 => "f64x2",
        }
    }
}

/// The result format of an operator whose NaNs may have any bits. All other operators keep the bits of NaNs, except
/// signs, or make no NaN.
pub(crate) fn made_by(operator: &Operator<'_>) -> Option<Floats> {
    use Operator as O;
    Some(match operator {
        O::F32Add
        | O::F32Sub
        | O::F32Mul
        | O::F32Div
        | O::F32Min
        | O::F32Max
        | O::F32Sqrt
        | O::F32Ceil
        | O::F32Floor
        | O::F32Trunc
        | O::F32Nearest
        | O::F32DemoteF64 => Floats::F32,
        O::F64Add
        | O::F64Sub
        | O::F64Mul
        | O::F64Div
        | O::F64Min
        | O::F64Max
        | O::F64Sqrt
        | O::F64Ceil
        | O::F64Floor
        | O::F64Trunc
        | O::F64Nearest
        | O::F64PromoteF32 => Floats::F64,
        O::F32x4Add
        | O::F32x4Sub
        | O::F32x4Mul
        | O::F32x4Div
        | O::F32x4Min
        | O::F32x4Max
        | O::F32x4RelaxedMin
        | O::F32x4RelaxedMax
        | O::F32x4RelaxedMadd
        | O::F32x4RelaxedNmadd
        | O::F32x4Sqrt
        | O::F32x4Ceil
        | O::F32x4Floor
        | O::F32x4Trunc
        | O::F32x4Nearest
        | O::F32x4DemoteF64x2Zero => Floats::F32x4,
        O::F64x2Add
        | O::F64x2Sub
        | O::F64x2Mul
        | O::F64x2Div
        | O::F64x2Min
        | O::F64x2Max
        | O::F64x2RelaxedMin
        | O::F64x2RelaxedMax
        | O::F64x2RelaxedMadd
        | O::F64x2RelaxedNmadd
        | O::F64x2Sqrt
        | O::F64x2Ceil
        | O::F64x2Floor
        | O::F64x2Trunc
        | O::F64x2Nearest
        | O::F64x2PromoteLowF32x4 => Floats::F64x2,
        _ => return None,
    })
}

/// The format in which an operator reads its operands, if it treats all NaNs alike.
fn read_by(operator: &Operator<'_>) -> Option<Floats> {
    use Operator as O;
    Some(match operator {
        O::F64PromoteF32 => Floats::F32,
        O::F32DemoteF64 => Floats::F64,
        O::F64x2PromoteLowF32x4 => Floats::F32x4,
        O::F32x4DemoteF64x2Zero => Floats::F64x2,
        O::F32Eq | O::F32Ne | O::F32Lt | O::F32Gt | O::F32Le | O::F32Ge => Floats::F32,
        O::I32TruncF32S | O::I32TruncF32U | O::I64TruncF32S | O::I64TruncF32U => Floats::F32,
        O::I32TruncSatF32S | O::I32TruncSatF32U | O::I64TruncSatF32S | O::I64TruncSatF32U => Floats::F32,
        O::F64Eq | O::F64Ne | O::F64Lt | O::F64Gt | O::F64Le | O::F64Ge => Floats::F64,
        O::I32TruncF64S | O::I32TruncF64U | O::I64TruncF64S | O::I64TruncF64U => Floats::F64,
        O::I32TruncSatF64S | O::I32TruncSatF64U | O::I64TruncSatF64S | O::I64TruncSatF64U => Floats::F64,
        O::F32x4Eq | O::F32x4Ne | O::F32x4Lt | O::F32x4Gt | O::F32x4Le | O::F32x4Ge => Floats::F32x4,
        O::I32x4TruncSatF32x4S | O::I32x4TruncSatF32x4U => Floats::F32x4,
        O::I32x4RelaxedTruncF32x4S | O::I32x4RelaxedTruncF32x4U => Floats::F32x4,
        O::F64x2Eq | O::F64x2Ne | O::F64x2Lt | O::F64x2Gt | O::F64x2Le | O::F64x2Ge => Floats::F64x2,
        O::I32x4TruncSatF64x2SZero | O::I32x4TruncSatF64x2UZero => Floats::F64x2,
        O::I32x4RelaxedTruncF64x2SZero | O::I32x4RelaxedTruncF64x2UZero => Floats::F64x2,
        // Operators from floats to floats read the format that they make.
        _ => return made_by(operator),
    })
}

impl Translator<'_> {
    /// Removes the instruction in front of an operator if its only effect is to make a NaN among the operands
    /// canonical, and the operator treats all NaNs alike.
    pub fn uncover(&mut self, operator: &Operator<'_>, family: Family) {
        let Some(last @ LastInst { fusible: Fusible::Canonical(floats), .. }) = self.last else { return };
        if read_by(operator) != Some(floats) {
            return;
        }
        let slots = match family {
            Family::Bin(..) | Family::Cmp(..) => 2,
            Family::Un(..) => 1,
            Family::Lanes(f) => f.operands.iter().map(|class| class.slots()).sum(),
            _ => return,
        };
        let mut operands = self.height() - slots..self.height();
        if operands.any(|height| self.stack[height].place == EntryPlace::Temp && self.temp(height) == last.dst) {
            self.take_back(last);
        }
    }

    /// Makes the NaNs of the value that an operator pushed canonical, if it makes any.
    pub fn canonicalise(&mut self, operator: &Operator<'_>) -> TranslateResult {
        let Some(floats) = made_by(operator) else { return Ok(()) };
        let class = self.pop().class;
        let dst = self.temp(self.height());
        match floats {
            Floats::F32 => self.result(Op::F32Canonical, D { dst, pad: P48 }, dst, class, class)?,
            Floats::F64 => self.result(Op::F64Canonical, D { dst, pad: P48 }, dst, class, class)?,
            Floats::F32x4 => self.result(Op::F32x4Canonical, Da { dst, a: dst, pad: P32 }, dst, class, class)?,
            Floats::F64x2 => self.result(Op::F64x2Canonical, Da { dst, a: dst, pad: P32 }, dst, class, class)?,
        }
        if let Some(last) = &mut self.last {
            last.fusible = Fusible::Canonical(floats);
        }
        Ok(())
    }
}
