//! Encodes table operations with physical operands.

use super::immediate::Lanes;
use super::table::{Cc, Field, Op, Shift, Size, W};

/// The fields of an instruction that do not name registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imm {
    None,
    /// 12 bits, shifted by 12 or not.
    Arithmetic(u16, bool),
    /// N, immr and imms of a logical immediate.
    Logical(u32),
    /// A shift of the last operand.
    Shift(Shift, u8),
    /// An extension of the last operand from 32 bits, and a left shift by this amount after it.
    Extend {
        signed: bool,
        by: u8,
    },
    /// immr and imms of a bit field; imms alone for `extr`.
    Bits(u8, u8),
    Cond(Cc),
    /// A condition for making the comparison, and the flags to set if it does not hold.
    CondFlags(Cc, u8),
    /// As `CondFlags`, with a 5-bit constant as second operand.
    CondFlagsConst(Cc, u8, u8),
    /// The 8 bits of a float immediate.
    Float(u8),
    Lanes(Lanes),
    /// The number of a lane of this width.
    Lane(W, u8),
    /// The numbers of a lane and of the lane that it is copied from.
    Lanes2(W, u8, u8),
    /// A left shift of lanes of this width.
    Left(W, u8),
    /// A right shift of lanes of this width; for a narrowing operation, it is the width of the result.
    Right(W, u8),
    /// The number of the first byte.
    Byte(u8),
    /// A right rotation.
    Rotate(u8),
}

impl Imm {
    /// Returns the bits of the fields in place.
    pub fn bits(self) -> u32 {
        let lane = |w: W, n: u8| (u32::from(n) << 1 | 1) << w as u32;
        match self {
            Imm::None => 0,
            Imm::Arithmetic(value, shifted) => u32::from(shifted) << 22 | u32::from(value) << 10,
            Imm::Logical(fields) => fields << 10,
            Imm::Shift(kind, by) => (kind as u32) << 22 | u32::from(by) << 10,
            Imm::Extend { signed, by } => (if signed { 6 } else { 2 }) << 13 | u32::from(by) << 10,
            Imm::Bits(immr, imms) => u32::from(immr) << 16 | u32::from(imms) << 10,
            Imm::Cond(cc) => (cc as u32) << 12,
            Imm::CondFlags(cc, flags) => (cc as u32) << 12 | u32::from(flags),
            Imm::CondFlagsConst(cc, flags, value) => u32::from(value) << 16 | (cc as u32) << 12 | u32::from(flags),
            Imm::Float(byte) => u32::from(byte) << 13,
            Imm::Lanes(Lanes { op, cmode, byte }) => {
                let byte = u32::from(byte);
                u32::from(op) << 29 | u32::from(cmode) << 12 | (byte >> 5) << 16 | (byte & 31) << 5
            }
            Imm::Lane(w, n) => lane(w, n) << 16,
            Imm::Lanes2(w, to, from) => lane(w, to) << 16 | u32::from(from) << (11 + w as u32),
            Imm::Left(w, by) => u32::from(w.bits() + by) << 16,
            Imm::Right(w, by) => (2 * u32::from(w.bits()) - u32::from(by)) << 16,
            Imm::Byte(n) => u32::from(n) << 11,
            Imm::Rotate(by) => u32::from(by) << 10,
        }
    }
}

/// Returns the bits that encode the widths of an operation.
pub fn size_bits(size: Size, w: W, double: bool) -> u32 {
    let wide = u32::from(w == W::B64);
    let double = u32::from(double);
    match size {
        Size::No | Size::Word => 0,
        Size::Sf => wide << 31,
        Size::SfN => wide << 31 | wide << 22,
        Size::Float | Size::FloatLane => double << 22,
        Size::SfFloat => wide << 31 | double << 22,
        Size::Lane => (w as u32) << 22,
        Size::Whole => wide << 30,
        Size::Access => (w as u32) << 30,
    }
}

/// Encodes an instruction that does not access memory. `registers` are their numbers in the table's order; a tied one
/// occurs once.
pub fn encode(op: Op, w: W, double: bool, registers: &[u8], imm: Imm) -> u32 {
    let d = op.desc();
    debug_assert_eq!(registers.len(), d.regs.len(), "{op:?}");
    debug_assert!(d.access.is_none(), "{op:?} accesses memory");
    let named = d.regs.iter().zip(registers).fold(0, |bits, (reg, &n)| bits | u32::from(n) << reg.field as u32);
    d.bits | size_bits(d.size, w, double) | imm.bits() | named
}

/// The place of a memory access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `base + offset`, where the base may be the stack pointer; the offset [fits](offset_fits).
    Offset { base: u8, offset: i32 },
    /// `base + (index << scale)`: the scale is 0 or the log2 of the access size. `extend`: the index is the lower half of
    /// its register, sign-extended if true, otherwise zero-extended.
    Index { base: u8, index: u8, scaled: bool, extend: Option<bool> },
}

/// Whether one instruction reaches `base + offset`.
pub fn offset_fits(offset: i32, access: W) -> bool {
    let bytes = i32::from(access.bytes());
    (-256..256).contains(&offset) || offset % bytes == 0 && (0..4096).contains(&(offset / bytes))
}

/// Encodes a load or a store of a register.
pub fn encode_access(op: Op, register: u8, place: Place) -> u32 {
    let d = op.desc();
    let access = d.access.expect("an access to memory");
    let bits = d.bits | u32::from(register);
    match place {
        Place::Offset { base, offset } => {
            let bytes = i32::from(access.bytes());
            let base = u32::from(base) << Field::N as u32;
            if offset >= 0 && offset % bytes == 0 && offset / bytes < 4096 {
                bits | 1 << 24 | base | ((offset / bytes) as u32) << 10
            } else {
                debug_assert!((-256..256).contains(&offset), "{op:?} does not reach {offset}");
                bits | base | (offset as u32 & 0x1ff) << 12
            }
        }
        Place::Index { base, index, scaled, extend } => {
            let option = match extend {
                None => 3,
                Some(false) => 2,
                Some(true) => 6,
            };
            let registers = u32::from(index) << Field::M as u32 | u32::from(base) << Field::N as u32;
            bits | 1 << 21 | registers | option << 13 | u32::from(scaled) << 12 | 2 << 10
        }
    }
}
