//! What operators translate to: the opcodes of an operation, by the way in which its operands come. The
//! [table](super::table) makes a [`Family`] of each of its operators, and the translator chooses from it.

use super::lanes::*;
use super::ops::{Comparison, Op, operators};

/// Opcodes of an operation without trapping results or of two values, by the way operands come. For comparisons: of
/// the value.
#[derive(Debug)]
pub struct Bin {
    pub ss: Op,
    /// For floats with an immediate of full width.
    pub sk: Option<Op>,
    pub as_: Op,
    /// `None`: operands may be swapped.
    pub sa: Option<Op>,
    pub ak: Option<Op>,
}

/// A comparison and its fusions with branches.
#[derive(Debug)]
pub struct Cmp {
    pub value: Bin,
    pub branch: Branches,
    /// The comparison of swapped operands.
    pub swap: fn() -> &'static Cmp,
    pub not: Negation,
}

/// What a comparison's negation is.
#[derive(Debug)]
pub enum Negation {
    /// Another comparison.
    Opposite(fn() -> &'static Cmp),
    /// Not a comparison, because of NaN: but these branch if the comparison does not hold.
    Branch(Branches),
}

#[derive(Debug)]
pub struct Branches {
    pub ss: Op,
    pub sk: Option<Op>,
    pub as_: Op,
    pub ak: Option<Op>,
}

#[derive(Debug)]
pub struct Un {
    pub s: Op,
    pub a: Op,
}

/// Loads: of memory 0 by the width of its addresses, and of any memory.
#[derive(Debug)]
pub struct LoadFamily {
    pub narrow: Loads,
    pub wide: Loads,
    pub m: Op,
}

#[derive(Debug)]
pub struct Loads {
    pub s: Op,
    pub a: Op,
    pub sum: Op,
}

/// Stores, as loads.
#[derive(Debug)]
pub struct StoreFamily {
    pub narrow: Stores,
    pub wide: Stores,
    pub m: Op,
}

#[derive(Debug)]
pub struct Stores {
    pub ss: Op,
    pub as_: Op,
    /// `None` for vectors, of which there is no accumulator.
    pub sa: Option<Op>,
    /// Of an immediate: address in a slot, in the accumulator.
    pub constant: Option<(Op, Op)>,
    pub sum: Op,
}

/// What a WebAssembly operator translates to. The class of the result is that of its accumulator.
#[derive(Clone, Copy, Debug)]
pub enum Family {
    Bin(&'static Bin, Class, Class),
    Cmp(&'static Cmp, Class),
    /// Operand, result.
    Un(&'static Un, Class, Class),
    Load(&'static LoadFamily, Class),
    Store(&'static StoreFamily, Class),
    Lanes(&'static LaneOp),
    Shift(&'static ShiftOp),
    /// Class of the number that a lane is.
    Extract(Op, Class),
    Replace(Op),
    LoadLane(Op),
    StoreLane(Op),
}

/// An operation on vectors in slots.
#[derive(Debug)]
pub struct LaneOp {
    pub op: Op,
    pub operands: &'static [Class],
    pub result: Class,
}

/// A shift of lanes, by a slot or by a constant.
#[derive(Debug)]
pub struct ShiftOp {
    pub v: Op,
    pub k: Op,
}

/// Which accumulator a value goes through. References go with the integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Int32,
    Int64,
    F32,
    F64,
    /// The first slot of a vector. There is no accumulator for it.
    V128,
    /// The second slot.
    V128High,
}

impl Class {
    /// Slots that a value takes whose first slot is of this class.
    pub fn slots(self) -> usize {
        if self == Class::V128 { 2 } else { 1 }
    }
}

/// A type whose values go through an accumulator, or through none.
pub trait Classed {
    const CLASS: Class;
}
impl Classed for u32 {
    const CLASS: Class = Class::Int32;
}
impl Classed for u64 {
    const CLASS: Class = Class::Int64;
}
impl Classed for f32 {
    const CLASS: Class = Class::F32;
}
impl Classed for f64 {
    const CLASS: Class = Class::F64;
}

macro_rules! vectors {
    ($($t:ty),*) => {$(impl Classed for $t {
        const CLASS: Class = Class::V128;
    })*};
}
vectors!(U8x16, U16x8, U32x4, U64x2, I8x16, I16x8, I32x4, I64x2, F32x4, F64x2);

/// Integer addition, which makes addresses.
pub fn is_add(f: &Bin) -> bool {
    matches!(f.ss, Op::I32AddSs | Op::I64AddSs)
}

/// The opcode for a load whose destination is the slot of its address, if there is one.
pub fn link(op: Op) -> Option<Op> {
    match op {
        Op::I32LoadS => Some(Op::I32LoadLink),
        Op::I64LoadW => Some(Op::I64LoadLink),
        _ => None,
    }
}

/// What adding or subtracting a constant adds, if that is what the family does.
pub fn i32_step(f: &Bin, imm: i32) -> Option<i32> {
    match f.ss {
        Op::I32AddSs => Some(imm),
        Op::I32SubSs => Some(imm.wrapping_neg()),
        _ => None,
    }
}

/// `i32.eq`, which `i32.eqz` is a case of.
pub fn i32_eq() -> &'static Cmp {
    operators::I32Eq::comparison()
}

/// `i64.eq`.
pub fn i64_eq() -> &'static Cmp {
    operators::I64Eq::comparison()
}
