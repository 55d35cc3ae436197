//! Machine instructions of AArch64 before register allocation.
//!
//! Most are a row of the [table](super::table). The others stand for short sequences whose parts must stay together.
//! Register operands are stored separately from the instruction: those of a row in the table's order (a tied operand is a
//! use and a definition that reuses it), then the base and the index of an access.
//! definition that reuses it), then base and index of an access.

use super::encode::Imm;
use super::table::{Cc, Op, W};
use crate::jit::buffer::Label;
use crate::jit::isa::common::Common;
use crate::jit::isa::vcode::MachBlock;
use crate::runtime::trap::TrapCode;
use regalloc2::PReg;

/// The base of a place in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// A register operand.
    Reg,
    /// The function's stack arguments.
    Incoming,
    /// Stack arguments for a call.
    Outgoing,
    /// The area for call results.
    Results,
}

/// A place in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amode {
    /// At any distance; if necessary, a scratch register is used.
    Offset { base: Base, disp: i32 },
    /// Two register operands. `scaled`: the index counts in units of the access. `extend`: the index has 32 bits, signed
    /// if true.
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
    /// A bit for each operand in the table that is the zero register instead of a register operand.
    pub zeros: u8,
    pub at: Option<Amode>,
    /// The guarded memory on which the access may fault.
    pub site: Option<u32>,
}

/// What a conditional jump depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// Flags.
    Flags(Cc),
    /// Whether a register operand of this width is 0 or, if `not`, is not 0.
    Zero { w: W, not: bool },
    /// Whether a bit of a register operand is set, or is clear if not `set`.
    Bit { bit: u8, set: bool },
}

impl Test {
    /// Returns the opposite test.
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
    /// `[def]`: the address of the area for call results.
    ResultsAddress,
    /// [use, def reuses it, use]: the last operand, a vector, if the condition holds.
    SelectVector {
        cc: Cc,
    },
    /// [use, def reuses it]: NaNs become canonical.
    Canonical {
        double: bool,
        lanes: bool,
    },
    /// [use, use v0, use of the indices, def]: bytes of the first two operands.
    Tbl2,
    /// A loop of an exclusive load and an exclusive store; see [`Exclusive`] for its operands.
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
    /// [use, if a register is tested]
    Branch {
        test: Test,
        then: MachBlock,
        or: MachBlock,
    },
    /// [use, if a register is tested]
    TrapIf {
        test: Test,
        code: TrapCode,
    },
    /// [use of the detail; use, if a register is tested]
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

/// What a loop of exclusive accesses does on CPUs without FEAT_LSE. The old contents are returned zero-extended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclusive {
    /// [late use of the address, late use of the operand, early def of the old contents]
    Add,
    And,
    Or,
    Xor,
    Swap,
    /// [late use of the address, late use of the expected value, late use of the value to be stored, early def of the old
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

/// Code emitted away from the hot path.
#[derive(Debug)]
pub struct Cold {
    pub label: Label,
    pub offset: u32,
    pub kind: ColdKind,
}

#[derive(Debug)]
pub enum ColdKind {
    Trap(TrapCode),
    /// A trap with the register of its detail.
    TrapDetail(TrapCode, W, PReg),
    /// The object cannot be allocated in place: the location of the pointer to the store, the object's type and length,
    /// the register for the reference, and where to continue.
    Alloc {
        store: u8,
        ty: u32,
        len: u32,
        to: u8,
        back: Label,
    },
    /// The register, or one of its lanes, holds a NaN: make it canonical, and where to continue. See [`Inst::Canonical`].
    Canonical {
        double: bool,
        lanes: bool,
        to: u8,
        back: Label,
    },
    /// The slow path of the prologue or of a poll: the location of the pointer to the store, and where to compare again.
    StackCheck {
        store: u8,
        retry: Label,
    },
}
