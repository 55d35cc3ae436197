//! Lanes: what operations on `v128` take.
//!
//! A vector has no shape of its own: it is 128 bits, and each operation says in its immediate how it divides them. Lane 0
//! is the lowest. Operations that scalars have too (sums, shifts, float arithmetic, conversions) are the same ones with
//! `v128` as their type; those that only vectors have begin with `v` or move lanes about. What each takes is a column of the
//! table of operations: [`VectorForm`].
//!
//! Nothing is said of relaxed operations: the frontend makes others of them, as the deterministic profile or the CPU has it.

use super::ops::ImmKind;
use super::{Imm, Type};

named! {
    /// How an operation divides a vector.
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
    /// Width of a lane.
    pub fn bits(self) -> u32 {
        match self {
            Shape::I8x16 => 8,
            Shape::I16x8 => 16,
            Shape::I32x4 | Shape::F32x4 => 32,
            Shape::I64x2 | Shape::F64x2 => 64,
        }
    }

    pub fn lanes(self) -> u32 {
        128 / self.bits()
    }

    /// Type of a lane as a value of its own: narrow integers are an `i32`.
    pub fn lane_type(self) -> Type {
        match self {
            Shape::I8x16 | Shape::I16x8 | Shape::I32x4 => Type::I32,
            Shape::I64x2 => Type::I64,
            Shape::F32x4 => Type::F32,
            Shape::F64x2 => Type::F64,
        }
    }

    pub fn is_float(self) -> bool {
        matches!(self, Shape::F32x4 | Shape::F64x2)
    }

    /// The shape with integer lanes of half the width; `None` for 8-bit ones and floats.
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
    Vector,
    /// A value of the lane's type.
    Lane,
    /// An `i32`, modulo the lane's width.
    Count,
}

/// What an operation takes when it works on lanes: a column of the table of operations.
#[derive(Clone, Copy, Debug)]
pub struct VectorForm {
    pub imm: ImmKind,
    /// Those that the immediate may name; empty where it names none.
    pub shapes: &'static [Shape],
    pub args: &'static [LaneArg],
}

/// Sets of shapes for rows of the table.
pub(super) const INT_LANES: &[Shape] = &[Shape::I8x16, Shape::I16x8, Shape::I32x4, Shape::I64x2];
pub(super) const FLOAT_LANES: &[Shape] = &[Shape::F32x4, Shape::F64x2];
pub(super) const NARROW_LANES: &[Shape] = &[Shape::I8x16, Shape::I16x8];
pub(super) const WORD_LANES: &[Shape] = &[Shape::I8x16, Shape::I16x8, Shape::I32x4];
pub(super) const WIDE_LANES: &[Shape] = &[Shape::I16x8, Shape::I32x4, Shape::I64x2];

impl VectorForm {
    /// Whether an immediate is one of those that this form has; indices of a shuffle are not looked at.
    pub fn accepts(&self, imm: Imm) -> bool {
        let has = |shape: Shape| self.shapes.contains(&shape);
        match (self.imm, imm) {
            (ImmKind::None, Imm::None) | (ImmKind::Indices, Imm::Vector(_)) => true,
            (ImmKind::Shape, Imm::Shape(s)) | (ImmKind::LaneFloatCond, Imm::LaneFloatCond(s, _)) => has(s),
            (ImmKind::Lane, Imm::Lane(s, lane)) => has(s) && u32::from(lane) < s.lanes(),
            // WebAssembly compares 64-bit lanes as signed numbers only.
            (ImmKind::LaneIntCond, Imm::LaneIntCond(s, c)) => has(s) && !(c.is_unsigned() && s == Shape::I64x2),
            _ => false,
        }
    }

    /// Type of an argument of an instruction with this immediate.
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
