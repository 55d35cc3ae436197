//! Machine instructions of x86-64 before allocation.
//!
//! Most are a row of the [table](super::table) with the shape of its second operand. The others stand for short
//! sequences whose parts must stay together. Register operands are beside the instruction, in this order: those of the
//! register field, those of the r/m field (a tied operand is a use and a definition that reuses it; a memory operand
//! is its base, then its index), then fixed ones.

use super::table::{Cond, Op, W};
use crate::jit::buffer::Label;
use crate::jit::isa::common::Common;
use crate::jit::isa::vcode::MachBlock;
use crate::runtime::trap::TrapCode;
use regalloc2::PReg;

/// The start of a memory operand.
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
    /// Entry of the constant pool.
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

/// Shape of the second operand.
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
    /// In its VEX form.
    pub vex: bool,
    pub rm: Rm,
    pub imm: i32,
    /// The guarded memory that the access may fault on.
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
    /// `[def]`: all bits of a vector.
    Ones,
    /// [use a, use b, def]: the sum, wherever it is.
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
    /// [use, def reuses it, use]: the last one if the condition holds. Not for `FEq`.
    Cmov {
        w: W,
        cond: Cond,
    },
    /// As `Cmov`, for floats, and any condition.
    CmovFloat {
        cond: Cond,
    },
    /// [use rax, late use of the divisor, def], rax and rdx overwritten.
    Divide {
        w: W,
        signed: bool,
        remainder: bool,
        /// The divisor may be -1.
        minus_one: bool,
    },
    /// [use a, def reuses it, late use b]
    MinMax {
        double: bool,
        max: bool,
    },
    /// [use, def reuses it]: NaNs become canonical. `pool`: of a scalar the canonical NaN, of lanes the bits that it
    /// does not have.
    Canonical {
        double: bool,
        lanes: bool,
        pool: u32,
    },
    /// [late use int, early def float, early def temp int]: unsigned 64 bits to float.
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
    /// A locked access at base + index + `disp`; its operands are listed at [`Locked`]. `extend`: the result is
    /// zero-extended.
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
    /// [use value, def reuses it, use base, use index]: exchanges.
    Xchg,
    /// The same: adds.
    Xadd,
    /// [use value, use base, use index]
    And,
    Or,
    Xor,
    /// [use value, base and index at the end, def rax]: the old value, too.
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
    /// There is a NaN in the register (of lanes, where [`float_scratch`](crate::target::CpuAbi::float_scratch) has
    /// ones): make it canonical, and go on there. See [`Inst::Canonical`].
    Canonical {
        double: bool,
        lanes: bool,
        pool: u32,
        to: u8,
        back: Label,
    },
    /// Slow path of a poll: where the pointer to the store is, and where to compare again.
    Poll {
        store: u8,
        retry: Label,
    },
    /// Slow path of the prologue.
    StackCheck(Label),
}
