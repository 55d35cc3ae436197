//! Machine instructions of AArch64 before allocation.
//!
//! Most are a row of the [table](super::table). The others stand for short sequences whose parts must stay together.
//! Register operands are beside the instruction: those of a row in the table's order (a tied operand is a use and a
//! definition that reuses it), then base and index of an access.

use super::encode::Imm;
use super::table::{Cc, Op, W};
use crate::jit::buffer::Label;
use crate::jit::isa::common::Common;
use crate::jit::isa::vcode::MachBlock;
use crate::runtime::trap::TrapCode;
use regalloc2::PReg;

/// The start of a place in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// A register operand.
    Reg,
    /// The function's own stack arguments.
    Incoming,
    /// Stack arguments for a call.
    Outgoing,
    /// The area for results of calls.
    Results,
}

/// A place in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amode {
    /// At any distance, with the help of a scratch register if need be.
    Offset { base: Base, disp: i32 },
    /// Two register operands. `scaled`: the index counts in units of the access. `extend`: it is 32 bits wide, with a
    /// sign or without.
    Index { scaled: bool, extend: Option<bool> },
    /// Entry of the constant pool.
    Pool(u32),
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub op: Op,
    pub w: W,
    pub double: bool,
    pub imm: Imm,
    /// A bit for each operand of the table that is no register operand: the zero register.
    pub zeros: u8,
    pub at: Option<Amode>,
    /// The guarded memory that the access may fault on.
    pub site: Option<u32>,
}

/// What a conditional jump depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// Flags.
    Flags(Cc),
    /// Whether a register operand of this width is 0, or is not.
    Zero { w: W, not: bool },
    /// Whether a bit of a register operand is set.
    Bit { bit: u8, set: bool },
}

impl Test {
    /// The opposite.
    pub fn invert(self) -> Test {
        match self {
            Test::Flags(cc) => Test::Flags(cc.invert()),
            Test::Zero { w, not } => Test::Zero { w, not: !not },
            Test::Bit { bit, set } => Test::Bit { bit, set: !set },
        }
    }
}

/// A machine instruction.
#[derive(Clone, Copy, Debug)]
pub enum Inst {
    Common(Common),
    Row(Row),
    /// `[def]`
    Const {
        bits: u64,
    },
    /// `[def]`: the address of the area for results of calls.
    ResultsAddress,
    /// [use, def reuses it, use]: the last one, a vector, if the condition holds.
    SelectVector {
        cc: Cc,
    },
    /// [use, def reuses it]: NaNs become canonical.
    Canonical {
        double: bool,
        lanes: bool,
    },
    /// [use, use v0, use of the indices, def]: bytes of the two first operands.
    Tbl2,
    /// A loop of an exclusive load and an exclusive store; its operands are listed at [`Exclusive`].
    Exclusive {
        what: Exclusive,
        w: W,
    },
    Fence,
    /// [use of the result for null, def reuses it, late use of the reference, late use of the object's address]: a word
    /// of the header. `zero`: null gives 0, as an i31 does.
    Header {
        offset: i32,
        i31: bool,
        zero: bool,
    },
    /// [use, def reuses it]
    Poison,
    /// [use, if the test is one of a register]
    Branch {
        test: Test,
        then: MachBlock,
        or: MachBlock,
    },
    /// [use, if the test is one of a register]
    TrapIf {
        test: Test,
        code: TrapCode,
    },
    /// [use of the detail; use, if the test is one of a register]
    TrapIfDetail {
        test: Test,
        code: TrapCode,
        w: W,
    },
}

impl From<Common> for Inst {
    fn from(common: Common) -> Inst {
        Inst::Common(common)
    }
}

/// What a loop of exclusive accesses does, without FEAT_LSE. The old contents come zero-extended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclusive {
    /// [late use of the address, late use of the operand, early def of the old contents]
    Add,
    And,
    Or,
    Xor,
    Swap,
    /// [late use of the address, late use of what is expected, late use of what is to be stored, early def of the old
    /// contents]
    Compare,
}

impl Exclusive {
    pub fn name(self) -> &'static str {
        match self {
            Exclusive::Add => "exclusive_add",
            Exclusive::And => "exclusive_and",
            Exclusive::Or => "exclusive_or",
            Exclusive::Xor => "exclusive_xor",
            Exclusive::Swap => "exclusive_swap",
            Exclusive::Compare => "exclusive_compare",
        }
    }
}

/// Code away from the hot path.
#[derive(Debug)]
pub struct Cold {
    pub label: Label,
    pub offset: u32,
    pub kind: ColdKind,
}

#[derive(Debug)]
pub enum ColdKind {
    Trap(TrapCode),
    /// Register of the detail.
    TrapDetail(TrapCode, W, PReg),
    /// An object is not made in place: where the pointer to the store is, the object's type and length, where the
    /// reference goes, and where to go on.
    Alloc {
        store: u8,
        ty: u32,
        len: u32,
        to: u8,
        back: Label,
    },
    /// There is a NaN in the register, or in one of its lanes: make it canonical, and go on there. See
    /// [`Inst::Canonical`].
    Canonical {
        double: bool,
        lanes: bool,
        to: u8,
        back: Label,
    },
    /// Slow path of the prologue or of a poll: where the pointer to the store is, and where to compare again.
    StackCheck {
        store: u8,
        retry: Label,
    },
}
