//! Machine instructions of x86-64 before register allocation.
//!
//! Most are a row of the [table](super::table) with the shape of its second operand. The others stand for short sequences
//! whose parts must stay together. Register operands are stored separately from the instruction, in this order: those of
//! the register field, those of the r/m field (a tied operand is a use and a definition that reuses it; a memory operand
//! is its base, then its index), then fixed ones.

use super::table::{Cond, Op, W};
use crate::jit::buffer::Label;
use crate::jit::isa::common::Common;
use crate::jit::isa::vcode::MachBlock;
use crate::runtime::trap::TrapCode;
use regalloc2::PReg;

/// The base of a memory operand.
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
    /// An entry of the constant pool.
    Pool(u32),
}

/// A memory operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amode {
    pub base: Base,
    pub index: bool,
    pub scale: u8,
    pub disp: i32,
}

/// The shape of the second operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rm {
    Reg,
    Mem(Amode),
    Imm,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub op: Op,
    pub w: W,
    pub double: bool,
    /// Whether its VEX form is used.
    pub vex: bool,
    pub rm: Rm,
    pub imm: i32,
    /// The guarded memory on which the access may fault.
    pub site: Option<u32>,
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
    /// `[def]`: +0, in all lanes.
    ZeroFloat,
    /// `[def]`: all bits of a vector set.
    Ones,
    /// [use a, use b, def]: the sum, in any register.
    Add {
        w: W,
    },
    /// [use, def]
    AddImm {
        w: W,
        imm: i32,
    },
    /// `[def]`: 1 or 0.
    SetCond {
        cond: Cond,
    },
    /// [use, def reuses it, use]: the last operand if the condition holds. Not for `FEq`.
    Cmov {
        w: W,
        cond: Cond,
    },
    /// As `Cmov`, for floats, with any condition.
    CmovFloat {
        cond: Cond,
    },
    /// [use rax, late use of the divisor, def], rax and rdx overwritten.
    Divide {
        w: W,
        signed: bool,
        remainder: bool,
        /// Whether the divisor may be -1.
        minus_one: bool,
    },
    /// [use a, def reuses it, late use b]
    MinMax {
        double: bool,
        max: bool,
    },
    /// [use, def reuses it]: NaNs become canonical. `pool`: the canonical NaN for a scalar; for lanes, the bits that it
    /// does not have.
    Canonical {
        double: bool,
        lanes: bool,
        pool: u32,
    },
    /// [late use int, early def float, early def temp int]: unsigned 64-bit integer to float.
    U64ToFloat {
        double: bool,
    },
    /// [late use float, early def int, early def temp float]: in range.
    FloatToU64 {
        double: bool,
    },
    /// [late use float, early def int, early def temp float]
    FloatToSSat {
        w: W,
        double: bool,
    },
    /// [late use float, early def int, early def temp float]
    FloatToUSat {
        w: W,
        double: bool,
    },
    /// A locked access at base + index + `disp`; see [`Locked`] for its operands. `extend`: the result is zero-extended.
    Atomic {
        what: Locked,
        w: W,
        disp: i32,
        extend: bool,
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
    Branch {
        cond: Cond,
        then: MachBlock,
        or: MachBlock,
    },
    TrapIf {
        cond: Cond,
        code: TrapCode,
    },
    /// [use of the detail]
    TrapIfDetail {
        cond: Cond,
        code: TrapCode,
        w: W,
    },
}

impl From<Common> for Inst {
    fn from(common: Common) -> Inst {
        Inst::Common(common)
    }
}

/// A locked instruction, or a loop of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    /// [use value, def reuses it, use base, use index]: exchange.
    Xchg,
    /// The same operands: exchange and add.
    Xadd,
    /// [use value, use base, use index]
    And,
    Or,
    Xor,
    /// [use value, late uses of base and index, def rax]: also returns the old value.
    FetchAnd,
    FetchOr,
    FetchXor,
    /// [use expected rax, use new, use base, use index, def rax]
    Cmpxchg,
}

impl Locked {
    pub fn name(self) -> &'static str {
        match self {
            Locked::Xchg => "xchg",
            Locked::Xadd => "xadd",
            Locked::And => "lock_and",
            Locked::Or => "lock_or",
            Locked::Xor => "lock_xor",
            Locked::FetchAnd => "fetch_and",
            Locked::FetchOr => "fetch_or",
            Locked::FetchXor => "fetch_xor",
            Locked::Cmpxchg => "cmpxchg",
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
    /// The register holds a NaN (for lanes, [`float_scratch`](crate::target::CpuAbi::float_scratch) has ones where they
    /// are NaNs): make it canonical, and where to continue. See [`Inst::Canonical`].
    Canonical {
        double: bool,
        lanes: bool,
        pool: u32,
        to: u8,
        back: Label,
    },
    /// The slow path of a poll: the location of the pointer to the store, and where to compare again.
    Poll {
        store: u8,
        retry: Label,
    },
    /// The slow path of the prologue.
    StackCheck(Label),
}
