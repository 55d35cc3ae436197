//! Lanes: the operands of operations on `v128`.
//!
//! A vector itself has no shape: it is 128 bits, and the immediate of each operation states how it divides them. Lane 0
//! is the lowest. Operations that also exist on scalars (sums, shifts, float arithmetic, conversions) are the same
//! operations with `v128` as their type; operations that exist only on vectors have names that begin with `v` or move
//! lanes. A column of the operation table lists their arguments: [`VectorForm`].
//!
//! There are no relaxed operations here: the frontend replaces them according to the deterministic profile or the CPU.

use super::ops::ImmKind;
use super::{Imm, Type};

named! {
    /// A division of a vector into lanes.
    Shape {
        I8x16 "i8x16",
        I16x8 "i16x8",
        I32x4 "i32x4",
        I64x2 "i64x2",
        F32x4 "f32x4",
        F64x2 "f64x2",
    }
}

impl Shape {
    /// The width of a lane in bits.
    pub fn bits(self) -> u32 {
        match self {
            Shape::I8x16 => 8,
            Shape::I16x8 => 16,
            Shape::I32x4 | Shape::F32x4 => 32,
            Shape::I64x2 | Shape::F64x2 => 64,
        }
    }

    /// The number of lanes.
    pub fn lanes(self) -> u32 {
        128 / self.bits()
    }

    /// The type of a lane as a separate value: `i32` for narrow integers.
    pub fn lane_type(self) -> Type {
        match self {
            Shape::I8x16 | Shape::I16x8 | Shape::I32x4 => Type::I32,
            Shape::I64x2 => Type::I64,
            Shape::F32x4 => Type::F32,
            Shape::F64x2 => Type::F64,
        }
    }

    /// Whether lanes are floats.
    pub fn is_float(self) -> bool {
        matches!(self, Shape::F32x4 | Shape::F64x2)
    }

    /// The shape with integer lanes of half the width; `None` for 8-bit lanes and floats.
    pub fn half(self) -> Option<Shape> {
        match self {
            Shape::I16x8 => Some(Shape::I8x16),
            Shape::I32x4 => Some(Shape::I16x8),
            Shape::I64x2 => Some(Shape::I32x4),
            _ => None,
        }
    }
}

/// An argument of an operation on lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneArg {
    /// A vector.
    Vector,
    /// A value of the lane's type.
    Lane,
    /// An `i32`, modulo the lane's width.
    Count,
}

/// The arguments of an operation on lanes: a column of the operation table.
#[derive(Clone, Copy, Debug)]
pub struct VectorForm {
    /// The kind of immediate.
    pub imm: ImmKind,
    /// The shapes that the immediate may have; empty if it has no shape.
    pub shapes: &'static [Shape],
    /// The arguments.
    pub args: &'static [LaneArg],
}

/// Sets of shapes for rows of the table.
pub(super) const INT_LANES: &[Shape] = &[Shape::I8x16, Shape::I16x8, Shape::I32x4, Shape::I64x2];
pub(super) const FLOAT_LANES: &[Shape] = &[Shape::F32x4, Shape::F64x2];
pub(super) const NARROW_LANES: &[Shape] = &[Shape::I8x16, Shape::I16x8];
pub(super) const WORD_LANES: &[Shape] = &[Shape::I8x16, Shape::I16x8, Shape::I32x4];
pub(super) const WIDE_LANES: &[Shape] = &[Shape::I16x8, Shape::I32x4, Shape::I64x2];

impl VectorForm {
    /// Whether this form accepts an immediate; the indices of a shuffle are not checked.
    pub fn accepts(&self, imm: Imm) -> bool {
        let has = |shape: Shape| self.shapes.contains(&shape);
        match (self.imm, imm) {
            (ImmKind::None, Imm::None) | (ImmKind::Indices, Imm::Vector(_)) => true,
            (ImmKind::Shape, Imm::Shape(s)) | (ImmKind::LaneFloatCond, Imm::LaneFloatCond(s, _)) => has(s),
            (ImmKind::Lane, Imm::Lane(s, lane)) => has(s) && u32::from(lane) < s.lanes(),
            // WebAssembly compares 64-bit lanes only as signed numbers.
            (ImmKind::LaneIntCond, Imm::LaneIntCond(s, c)) => has(s) && !(c.is_unsigned() && s == Shape::I64x2),
            _ => false,
        }
    }

    /// The type of an argument of an instruction with this immediate.
    pub fn arg_type(&self, i: usize, imm: Imm) -> Type {
        match self.args[i] {
            LaneArg::Vector => Type::V128,
            LaneArg::Count => Type::I32,
            LaneArg::Lane => shape_of(imm).map_or(Type::I32, Shape::lane_type),
        }
    }
}

/// The shape in an immediate, if it has one.
pub fn shape_of(imm: Imm) -> Option<Shape> {
    match imm {
        Imm::Shape(s) | Imm::Lane(s, _) | Imm::LaneIntCond(s, _) | Imm::LaneFloatCond(s, _) => Some(s),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FloatCond, IntCond};
    use super::*;

    #[test]
    fn a_form_takes_one_kind_of_immediate() {
        let kinds = [
            (ImmKind::None, Imm::None),
            (ImmKind::Indices, Imm::Vector(0)),
            (ImmKind::Shape, Imm::Shape(Shape::I32x4)),
            (ImmKind::LaneFloatCond, Imm::LaneFloatCond(Shape::I32x4, FloatCond::Eq)),
            (ImmKind::Lane, Imm::Lane(Shape::I32x4, 3)),
            (ImmKind::LaneIntCond, Imm::LaneIntCond(Shape::I32x4, IntCond::Eq)),
        ];
        for (i, (imm, _)) in kinds.into_iter().enumerate() {
            let form = |shapes| VectorForm { imm, shapes, args: &[] };
            for (j, (_, given)) in kinds.into_iter().enumerate() {
                assert_eq!(form(&[Shape::I32x4]).accepts(given), i == j, "{imm:?} {given:?}");
                // Neither of these has a shape.
                assert_eq!(form(&[Shape::I16x8]).accepts(given), i == j && i < 2, "{imm:?} {given:?}");
            }
        }
    }
}
