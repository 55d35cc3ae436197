//! The table of operations: each is defined once, here.

use crate::runtime::libcalls::Libcall;

/// What an operation may do besides computing its results: fixes what passes may do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Depends on its arguments only: may be merged, moved, dropped, executed speculatively.
    Pure,
    /// Pure, but only defined after a check (division by a value checked not to be 0): may be merged and dropped, never
    /// moved above what dominates it.
    Guarded,
    /// Reads memory of its region (or linear memory): may be dropped; merged or moved across what does not write there.
    Read,
    /// As `Read`, and may trap: not dropped, not reordered with other effects.
    ReadTrap,
    /// Writes memory.
    Write,
    /// Writes memory and may trap.
    WriteTrap,
    /// May trap, otherwise pure.
    Trap,
    /// Anything: calls and polls.
    Call,
    /// Ends a block.
    Terminator,
}

/// Types of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Results {
    None,
    /// One, of the controlling type.
    Ty,
    /// One `i32` (comparisons).
    I32,
    /// One `r32`.
    Ref32,
    /// One `i64`.
    I64,
    /// Those of the signature.
    Sig,
}

macro_rules! ops {
    ($($(#[$doc:meta])* $variant:ident $name:literal $effect:ident $results:ident $arity:literal;)*) => {
        /// An operation. "`ty`" in the docs is the instruction's controlling type.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op { $($(#[$doc])* $variant,)* }

        impl Op {
            pub const ALL: &'static [Op] = &[$(Op::$variant),*];
            /// As printed.
            pub fn name(self) -> &'static str { match self { $(Op::$variant => $name,)* } }
            pub fn from_name(name: &str) -> Option<Op> { match name { $($name => Some(Op::$variant),)* _ => None } }
            pub fn effect(self) -> Effect { match self { $(Op::$variant => Effect::$effect,)* } }
            pub fn results(self) -> Results { match self { $(Op::$variant => Results::$results,)* } }
            /// Number of value arguments; -1: depends on the instruction.
            pub fn arity(self) -> i32 { match self { $(Op::$variant => $arity,)* } }
        }
    };
}

ops! {
    // Operations whose ty may be `v128` work on lanes: what is said of them holds for each, and the immediate is the shape
    // (`Imm::Shape`). See [`super::vector`] for shapes and arguments.

    // Constants: Imm::Const; `v128` Imm::Vector.
    Const "const" Pure Ty 0;
    VConst "vconst" Pure Ty 0;

    // Integers, ty = i32 | i64 (iadd and isub also ptr, with an i64 second argument for ptr). Arithmetic is modulo 2^width.
    IAdd "iadd" Pure Ty 2;
    ISub "isub" Pure Ty 2;
    IMul "imul" Pure Ty 2;
    /// Upper half of the 128-bit product of two i64, signed or unsigned.
    SMulHi "smulhi" Pure Ty 2;
    UMulHi "umulhi" Pure Ty 2;
    /// Defined only for a divisor other than 0, and not for MIN / -1.
    SDiv "sdiv" Guarded Ty 2;
    /// Defined only for a divisor other than 0.
    UDiv "udiv" Guarded Ty 2;
    /// Defined only for a divisor other than 0; MIN % -1 = 0.
    SRem "srem" Guarded Ty 2;
    /// Defined only for a divisor other than 0.
    URem "urem" Guarded Ty 2;
    And "and" Pure Ty 2;
    Or "or" Pure Ty 2;
    Xor "xor" Pure Ty 2;
    /// Shift amounts have the type of the value and count modulo its width.
    Shl "shl" Pure Ty 2;
    ShrS "shr_s" Pure Ty 2;
    ShrU "shr_u" Pure Ty 2;
    Rotl "rotl" Pure Ty 2;
    Rotr "rotr" Pure Ty 2;
    Clz "clz" Pure Ty 1;
    Ctz "ctz" Pure Ty 1;
    Popcnt "popcnt" Pure Ty 1;
    /// Sign-extend the low 8, 16, 32 bits within ty (32: i64 only).
    SExt8 "sext8" Pure Ty 1;
    SExt16 "sext16" Pure Ty 1;
    SExt32 "sext32" Pure Ty 1;
    /// Imm::IntCond; ty is that of the arguments (i32, i64, r32, ptr). 1 or 0.
    ICmp "icmp" Pure I32 2;

    // Floats, ty = f32 | f64. NaN results are quiet; which of several NaNs is unspecified, except that abs, neg and copysign
    // touch the sign only.
    FAdd "fadd" Pure Ty 2;
    FSub "fsub" Pure Ty 2;
    FMul "fmul" Pure Ty 2;
    FDiv "fdiv" Pure Ty 2;
    /// WebAssembly's: NaN if either is, -0 < +0.
    FMin "fmin" Pure Ty 2;
    FMax "fmax" Pure Ty 2;
    FCopysign "fcopysign" Pure Ty 2;
    FAbs "fabs" Pure Ty 1;
    FNeg "fneg" Pure Ty 1;
    FSqrt "fsqrt" Pure Ty 1;
    FCeil "fceil" Pure Ty 1;
    FFloor "ffloor" Pure Ty 1;
    FTrunc "ftrunc" Pure Ty 1;
    FNearest "fnearest" Pure Ty 1;
    /// The positive canonical NaN for any NaN, all else as it is. Where the engine makes NaNs canonical, the frontend puts it
    /// behind each operation that computes one.
    FCanon "fcanon" Pure Ty 1;
    /// Imm::FloatCond; ty is that of the arguments.
    FCmp "fcmp" Pure I32 2;

    // Conversions, ty = the result's type; the source's is the argument's.
    /// i64 to i32 (or r32).
    Wrap "wrap" Pure Ty 1;
    /// i32 (or r32) to i64 (or ptr).
    ZExt "zext" Pure Ty 1;
    SExt "sext" Pure Ty 1;
    /// Float to integer, toward zero; defined only for a value in range.
    FToS "ftos" Guarded Ty 1;
    FToU "ftou" Guarded Ty 1;
    /// Saturating; NaN gives 0.
    FToSSat "ftos_sat" Pure Ty 1;
    FToUSat "ftou_sat" Pure Ty 1;
    /// Integer to float, to nearest even.
    SToF "stof" Pure Ty 1;
    UToF "utof" Pure Ty 1;
    FPromote "fpromote" Pure Ty 1;
    FDemote "fdemote" Pure Ty 1;
    /// Same bits: i32/f32, i32/r32, i64/f64, i64/ptr.
    Bitcast "bitcast" Pure Ty 1;

    // Vectors, ty = v128 where nothing else is said; Imm::Shape where there are several.
    /// (x: a lane): x in every lane.
    VSplat "splat" Pure Ty 1;
    /// Imm::Lane; ty = the lane's type. Narrow integers are zero-extended.
    VExtract "extract" Pure Ty 1;
    /// (v, x: a lane); Imm::Lane: v with x in that lane.
    VReplace "replace" Pure Ty 2;
    /// (a, b); Imm::Vector: bytes of a (0 to 15) and b (16 to 31) by the indices in it.
    VShuffle "shuffle" Pure Ty 2;
    /// (a, indices): bytes of a; 0 for an index beyond them.
    VSwizzle "swizzle" Pure Ty 2;
    /// Imm::LaneIntCond: all ones or 0 in each lane.
    VICmp "vicmp" Pure Ty 2;
    /// Imm::LaneFloatCond
    VFCmp "vfcmp" Pure Ty 2;
    /// (a, b): a and not b.
    VAndNot "andnot" Pure Ty 2;
    /// (a, b, mask): bits of a where the mask has ones, of b elsewhere.
    VBitselect "bitselect" Pure Ty 3;
    /// Whether any bit is set.
    VAnyTrue "any_true" Pure I32 1;
    /// Whether every lane is other than 0.
    VAllTrue "all_true" Pure I32 1;
    /// The lanes' sign bits, lane 0 lowest.
    VBitmask "bitmask" Pure I32 1;
    /// Modulo the width: that of the lowest number is itself.
    VAbs "vabs" Pure Ty 1;
    VMinS "vmin_s" Pure Ty 2;
    VMinU "vmin_u" Pure Ty 2;
    VMaxS "vmax_s" Pure Ty 2;
    VMaxU "vmax_u" Pure Ty 2;
    VAddSatS "vadd_sat_s" Pure Ty 2;
    VAddSatU "vadd_sat_u" Pure Ty 2;
    VSubSatS "vsub_sat_s" Pure Ty 2;
    VSubSatU "vsub_sat_u" Pure Ty 2;
    /// (a + b + 1) / 2, unsigned, without overflow.
    VAvgrU "vavgr_u" Pure Ty 2;
    /// (a * b + 0x4000) >> 15, signed, saturating.
    VQ15MulrSat "vq15mulr_sat_s" Pure Ty 2;
    /// Sums of products of neighbours, signed 16-bit lanes to 32-bit ones.
    VDot "vdot_s" Pure Ty 2;
    /// Lanes of half the width, from one half of the argument; the shape is the result's.
    VExtendLowS "vextend_low_s" Pure Ty 1;
    VExtendLowU "vextend_low_u" Pure Ty 1;
    VExtendHighS "vextend_high_s" Pure Ty 1;
    VExtendHighU "vextend_high_u" Pure Ty 1;
    /// Sums of neighbours of half the width; the shape is the result's.
    VPairwiseS "vpairwise_s" Pure Ty 1;
    VPairwiseU "vpairwise_u" Pure Ty 1;
    /// (low, high): signed lanes of twice the width, saturated; the shape is the result's.
    VNarrowS "vnarrow_s" Pure Ty 2;
    VNarrowU "vnarrow_u" Pure Ty 2;
    /// b < a ? b : a.
    VPMin "vpmin" Pure Ty 2;
    /// a < b ? b : a.
    VPMax "vpmax" Pure Ty 2;
    // What relaxed operators are where the CPU chooses.
    /// (a, indices): bytes of a by the lower four bits; 0 for an index with its highest bit.
    VSwizzleLow "swizzle_low" Pure Ty 2;
    /// (a, b, mask): lanes of a where that of the mask has its highest bit, of b elsewhere. For CPUs that have it.
    VLaneSelect "laneselect" Pure Ty 3;
    /// (a * b + 0x4000) >> 15, signed, modulo the width.
    VQ15Mulr "vq15mulr_s" Pure Ty 2;
    /// Saturated sums of products of neighbours: signed bytes of a and unsigned ones of b, to signed 16-bit lanes.
    VDotSU "vdot_su" Pure Ty 2;
    /// As `ftos_sat`, but the lowest number for whatever has no place among the 32-bit ones.
    VFToSMin "vftos_min" Pure Ty 1;
    /// a * b + c, rounded once. For CPUs that have it.
    VFma "vfma" Pure Ty 3;

    /// (cond: i32, a: ty, b: ty): a if cond is not 0.
    Select "select" Pure Ty 3;

    // Objects. Imm::Header.
    /// (for_null: i32, reference: r32, address: ptr, of what the reference refers to): a word of the header; `for_null` if
    /// the reference is null, 0 if it is an i31. Headers never change.
    Header "header" Pure I32 3;

    /// (id: i32): a new object of this canonical type, which is that of the type in the immediate; zero but for its header.
    /// May collect. Traps if there is no room.
    Alloc "alloc" Call Ref32 1;

    // Memory outside linear memory: never traps. Imm::Field.
    /// (base: ptr)
    Load "load" Read Ty 1;
    /// (value: ty, base: ptr)
    Store "store" Write None 2;
    // Linear memory. Imm::Heap. A guarded access traps MemoryOutOfBounds by its fault.
    /// (base: ptr, index: i64): the value at base + index + offset.
    HeapLoad "heap_load" ReadTrap Ty 2;
    /// (value: ty, base: ptr, index: i64)
    HeapStore "heap_store" WriteTrap None 3;

    // Atomic accesses of linear memory, which are checked before: in bounds, aligned. Imm::Heap; ty = i32 | i64. Sequentially
    // consistent; other accesses do not move across them. Narrow ones use the lower bits of their operands, and what was in
    // memory comes zero-extended.
    /// (base: ptr, index: i64)
    AtomicLoad "atomic_load" WriteTrap Ty 2;
    /// (value: ty, base: ptr, index: i64)
    AtomicStore "atomic_store" WriteTrap None 3;
    /// The same; the old value.
    AtomicAdd "atomic_add" WriteTrap Ty 3;
    AtomicAnd "atomic_and" WriteTrap Ty 3;
    AtomicOr "atomic_or" WriteTrap Ty 3;
    AtomicXor "atomic_xor" WriteTrap Ty 3;
    AtomicXchg "atomic_xchg" WriteTrap Ty 3;
    /// (expected: ty, new: ty, base: ptr, index: i64): stores `new` if the lower bits of `expected` are there; the old value.
    AtomicCas "atomic_cas" WriteTrap Ty 4;
    /// Accesses of linear memory do not move across it.
    Fence "fence" Call None 0;

    // Traps. Imm::Trap. An optional last argument (i32 or i64) is the detail number.
    /// (cond: i32, [detail])
    TrapNz "trapnz" Trap None -1;
    TrapZ "trapz" Trap None -1;

    // Calls. Arguments exclude the context. Imm::Func, Imm::Sig, Imm::Libcall.
    Call "call" Call Sig -1;
    /// (callee: ptr to VMFunc, not null and of the right type, args…)
    CallRef "call_ref" Call Sig -1;
    /// (args: i32 or i64 or ptr or r32, up to five; 32-bit ones are zero-extended by this operation). The value, if it has one.
    Libcall "libcall" Call I64 -1;
    /// Interrupt check at a loop header.
    Poll "poll" Call None 0;
    /// The exnref that was caught; first in a landing block.
    LandingPad "landing_pad" Call Ref32 0;

    // Terminators.
    Jump "jump" Terminator None 0;
    /// (cond: i32): then, else.
    BrIf "brif" Terminator None 1;
    /// (index: i32, unsigned): targets, the last one being the default.
    BrTable "br_table" Terminator None 1;
    Return "return" Terminator None -1;
    /// Imm::Trap, ([detail])
    TrapNow "trap" Terminator None -1;
    /// Imm::Func, (args…)
    ReturnCall "return_call" Terminator None -1;
    /// Imm::Sig, (callee, args…)
    ReturnCallRef "return_call_ref" Terminator None -1;
    TryCall "try_call" Terminator Sig -1;
    TryCallRef "try_call_ref" Terminator Sig -1;
    /// As `libcall`, of one that runs other code, which may throw: see [`may_throw`].
    TryLibcall "try_libcall" Terminator I64 -1;
    /// (exnref, not null)
    Throw "throw" Terminator None 1;
}

/// Whether it is a terminator of which exceptions go to landing blocks.
pub fn is_throwing(op: Op) -> bool {
    matches!(op, Op::TryCall | Op::TryCallRef | Op::TryLibcall | Op::Throw)
}

/// Whether a libcall ends with an exception where code that it runs does: those that leave the stack.
pub fn may_throw(libcall: Libcall) -> bool {
    matches!(libcall, Libcall::Resume | Libcall::ResumeThrow | Libcall::Suspend | Libcall::Switch)
}

/// Whether it is an atomic access of linear memory.
pub fn is_atomic(op: Op) -> bool {
    use Op::{AtomicAdd, AtomicAnd, AtomicCas, AtomicLoad, AtomicOr, AtomicStore, AtomicXchg, AtomicXor};
    matches!(op, AtomicLoad | AtomicStore | AtomicAdd | AtomicAnd | AtomicOr | AtomicXor | AtomicXchg | AtomicCas)
}
