//! Lanes: what operations on `v128` take.
//!
//! A vector has no shape of its own: it is 128 bits, and each operation says in its immediate how it divides them. Lane 0
//! is the lowest. Operations that scalars have too (sums, shifts, float arithmetic, conversions) are the same ones with
//! `v128` as their type; those that only vectors have begin with `v` or move lanes about. [`form`] is the one table of
//! what each takes; verifier, parser and tests follow it.
//!
//! Nothing is said of relaxed operations: the frontend makes others of them, as the deterministic profile or the CPU has it.

use super::{Imm, IntCond, Op, Type};

/// How an operation divides a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    I8x16,
    I16x8,
    I32x4,
    I64x2,
    F32x4,
    F64x2,
}

impl Shape {
    pub const ALL: [Shape; 6] = [Shape::I8x16, Shape::I16x8, Shape::I32x4, Shape::I64x2, Shape::F32x4, Shape::F64x2];

    pub fn name(self) -> &'static str {
        match self {
            Shape::I8x16 => "i8x16",
            Shape::I16x8 => "i16x8",
            Shape::I32x4 => "i32x4",
            Shape::I64x2 => "i64x2",
            Shape::F32x4 => "f32x4",
            Shape::F64x2 => "f64x2",
        }
    }

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

/// Which immediate an operation has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImmKind {
    None,
    Shape,
    Lane,
    IntCond,
    FloatCond,
    /// Sixteen byte indices, each less than 32.
    Indices,
}

/// An argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgKind {
    Vector,
    /// A value of the lane's type.
    Lane,
    /// An `i32`, modulo the lane's width.
    Count,
}

/// What an operation takes on vectors.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    pub imm: ImmKind,
    /// Those that the immediate may name.
    pub shapes: &'static [Shape],
    pub args: &'static [ArgKind],
}

use ArgKind::{Count, Lane, Vector as V};
use Shape::*;

const INT: &[Shape] = &[I8x16, I16x8, I32x4, I64x2];
const FLOAT: &[Shape] = &[F32x4, F64x2];
const NARROW: &[Shape] = &[I8x16, I16x8];
const SMALL: &[Shape] = &[I8x16, I16x8, I32x4];
const WIDE: &[Shape] = &[I16x8, I32x4, I64x2];

const fn shaped(shapes: &'static [Shape], args: &'static [ArgKind]) -> Option<Form> {
    Some(Form { imm: ImmKind::Shape, shapes, args })
}

const fn plain(imm: ImmKind, shapes: &'static [Shape], args: &'static [ArgKind]) -> Option<Form> {
    Some(Form { imm, shapes, args })
}

/// What the operation takes when it works on vectors; `None` if it does not (or, as constants, selections and accesses to
/// memory, takes nothing particular to them).
pub fn form(op: Op) -> Option<Form> {
    match op {
        Op::IAdd | Op::ISub => shaped(INT, &[V, V]),
        Op::IMul => shaped(WIDE, &[V, V]),
        Op::Shl | Op::ShrS | Op::ShrU => shaped(INT, &[V, Count]),
        Op::Popcnt => shaped(&[I8x16], &[V]),
        Op::And | Op::Or | Op::Xor | Op::VAndNot | Op::VSwizzle | Op::VSwizzleLow => plain(ImmKind::None, &[], &[V, V]),
        Op::FAdd | Op::FSub | Op::FMul | Op::FDiv | Op::FMin | Op::FMax | Op::VPMin | Op::VPMax => {
            shaped(FLOAT, &[V, V])
        }
        Op::FAbs | Op::FNeg | Op::FSqrt | Op::FCeil | Op::FFloor | Op::FTrunc | Op::FNearest | Op::FCanon => {
            shaped(FLOAT, &[V])
        }
        // The shape of the floats; integers are 32 bits wide. What is left of the result is 0.
        Op::FToSSat | Op::FToUSat | Op::VFToSMin | Op::SToF | Op::UToF => shaped(FLOAT, &[V]),
        Op::VFma => shaped(FLOAT, &[V, V, V]),
        Op::FPromote => shaped(&[F64x2], &[V]),
        Op::FDemote => shaped(&[F32x4], &[V]),
        Op::VSplat => shaped(&Shape::ALL, &[Lane]),
        Op::VExtract => plain(ImmKind::Lane, &Shape::ALL, &[V]),
        Op::VReplace => plain(ImmKind::Lane, &Shape::ALL, &[V, Lane]),
        Op::VShuffle => plain(ImmKind::Indices, &[], &[V, V]),
        Op::VICmp => plain(ImmKind::IntCond, INT, &[V, V]),
        Op::VFCmp => plain(ImmKind::FloatCond, FLOAT, &[V, V]),
        Op::VBitselect => plain(ImmKind::None, &[], &[V, V, V]),
        Op::VAnyTrue => plain(ImmKind::None, &[], &[V]),
        Op::VAllTrue | Op::VBitmask | Op::VAbs => shaped(INT, &[V]),
        Op::VMinS | Op::VMinU | Op::VMaxS | Op::VMaxU => shaped(SMALL, &[V, V]),
        Op::VAddSatS | Op::VAddSatU | Op::VSubSatS | Op::VSubSatU | Op::VAvgrU => shaped(NARROW, &[V, V]),
        Op::VQ15MulrSat | Op::VQ15Mulr | Op::VDotSU => shaped(&[I16x8], &[V, V]),
        Op::VLaneSelect => shaped(INT, &[V, V, V]),
        Op::VDot => shaped(&[I32x4], &[V, V]),
        Op::VExtendLowS | Op::VExtendLowU | Op::VExtendHighS | Op::VExtendHighU => shaped(WIDE, &[V]),
        Op::VPairwiseS | Op::VPairwiseU => shaped(&[I16x8, I32x4], &[V]),
        Op::VNarrowS | Op::VNarrowU => shaped(NARROW, &[V, V]),
        _ => None,
    }
}

impl Form {
    /// Whether an immediate is one of those that this form has; indices of a shuffle are not looked at.
    pub fn accepts(&self, imm: Imm) -> bool {
        let has = |shape: Shape| self.shapes.contains(&shape);
        match (self.imm, imm) {
            (ImmKind::None, Imm::None) | (ImmKind::Indices, Imm::Vector(_)) => true,
            (ImmKind::Shape, Imm::Shape(s)) | (ImmKind::FloatCond, Imm::LaneFloatCond(s, _)) => has(s),
            (ImmKind::Lane, Imm::Lane(s, lane)) => has(s) && u32::from(lane) < s.lanes(),
            // WebAssembly compares 64-bit lanes as signed numbers only.
            (ImmKind::IntCond, Imm::LaneIntCond(s, c)) => {
                let unsigned = matches!(c, IntCond::LtU | IntCond::GtU | IntCond::LeU | IntCond::GeU);
                has(s) && !(unsigned && s == I64x2)
            }
            _ => false,
        }
    }

    /// Type of an argument of an instruction with this immediate.
    pub fn arg_type(&self, i: usize, imm: Imm) -> Type {
        match self.args[i] {
            ArgKind::Vector => Type::V128,
            ArgKind::Count => Type::I32,
            ArgKind::Lane => shape_of(imm).map_or(Type::I32, Shape::lane_type),
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
