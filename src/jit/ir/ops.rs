//! The table of operations: one row for each, with everything that verifier, builder, parser, printer, folder, passes and
//! tests have to know of it. What an operation *computes* is not here: the evaluator ([`super::eval_value`],
//! [`super::eval_vector`]), the folder (`opt::constant`) and the oracle of the tests each have their own opinion of that.
//!
//! A row starts with a constructor that fixes the class and has the usual columns as arguments; what is unusual is
//! appended: `pure("iadd", INT_PTR, &[Ty, Addend]).commutes().lanes(INT_LANES, &[V, V])`.

use super::vector::{
    FLOAT_LANES, INT_LANES, LaneArg,
    LaneArg::{Count, Lane, Vector as V},
    NARROW_LANES, Shape, VectorForm, WIDE_LANES, WORD_LANES, shape_of,
};
use super::{Imm, Type};
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

/// What kind of operation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Constant,
    /// Computes its result from its arguments and nothing else: what the folder looks at, and what random programs are
    /// made of.
    Compute,
    /// Reads or writes memory, or makes an object.
    Memory,
    /// An atomic access of linear memory.
    Atomic,
    /// Traps on a condition.
    Check,
    /// Calls a function or a libcall.
    Call,
    /// A fence, a poll, a landing pad.
    Marker,
    /// Goes to one of its targets.
    Branch,
    /// Leaves the function.
    Exit,
    /// A terminator whose exceptions go to landing blocks.
    Throwing,
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

/// Type of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arg {
    /// The controlling type.
    Ty,
    /// The controlling type, but `i64` beside a `ptr`.
    Addend,
    /// This type.
    Is(Type),
    /// An `i32`, or an `r32` in its place.
    Word,
    /// `i32` or `i64`.
    Int,
    /// `f32` or `f64`.
    Float,
    /// Any integer, reference or pointer.
    IntRef,
    /// A type whose bits `bitcast` makes one of the controlling type.
    SameBits,
}

impl Arg {
    /// The type, if the controlling type fixes it.
    pub fn exact(self, ty: Type) -> Option<Type> {
        match self {
            Arg::Addend if ty == Type::Ptr => Some(Type::I64),
            Arg::Ty | Arg::Addend => Some(ty),
            Arg::Is(of) => Some(of),
            Arg::Word | Arg::Int | Arg::Float | Arg::IntRef | Arg::SameBits => None,
        }
    }

    /// Whether an argument of type `have` fits an operation with this controlling type.
    pub fn accepts(self, ty: Type, have: Type) -> bool {
        use Type::{F32, F64, I32, I64, Ptr, Ref32};
        match self {
            Arg::Word => matches!(have, I32 | Ref32),
            Arg::Int => matches!(have, I32 | I64),
            Arg::Float => have.is_float(),
            Arg::IntRef => have.is_int(),
            Arg::SameBits => {
                matches!((have, ty), (I32, F32 | Ref32) | (F32 | Ref32, I32) | (I64, F64 | Ptr) | (F64 | Ptr, I64))
            }
            Arg::Ty | Arg::Addend | Arg::Is(_) => self.exact(ty) == Some(have),
        }
    }
}

/// The arguments of an operation on anything but lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Args {
    Fixed(&'static [Arg]),
    /// These, and perhaps a detail number behind them: `i32` or `i64`.
    Detail(&'static [Arg]),
    /// These, then the parameters of the signature in the immediate.
    Sig(&'static [Arg]),
    /// As many integers, references or pointers as the libcall in the immediate takes.
    Libcall,
    /// One for each result of the function.
    Results,
}

/// Which immediate an operation has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImmKind {
    None,
    Const,
    /// 128 bits.
    Vector,
    IntCond,
    FloatCond,
    Field,
    Heap,
    Header,
    Alloc,
    Trap,
    Func,
    Sig,
    Libcall,
    /// Of operations on lanes.
    Shape,
    Lane,
    LaneIntCond,
    LaneFloatCond,
    /// Sixteen byte indices, each less than 32.
    Indices,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// As printed.
    pub name: &'static str,
    pub effect: Effect,
    pub class: Class,
    /// The controlling types that the operation has, apart from those that `form` brings.
    pub types: &'static [Type],
    pub args: Args,
    pub imm: ImmKind,
    pub results: Results,
    /// Whether the two arguments may be exchanged wherever they have one type. Not so for float arithmetic: which NaN comes
    /// out may depend on the order.
    pub commutes: bool,
    /// Whether it makes no difference which NaNs are among the arguments, apart from the bits of a NaN that comes out.
    pub nan_blind: bool,
    /// What it takes when it works on lanes, if it does.
    pub form: Option<VectorForm>,
}

impl Row {
    const fn new(name: &'static str, effect: Effect, class: Class, types: &'static [Type], args: Args) -> Row {
        let (imm, results) = (ImmKind::None, Results::None);
        Row { name, effect, class, types, args, imm, results, commutes: false, nan_blind: false, form: None }
    }

    const fn imm(self, imm: ImmKind) -> Row {
        Row { imm, ..self }
    }

    const fn results(self, results: Results) -> Row {
        Row { results, ..self }
    }

    const fn commutes(self) -> Row {
        Row { commutes: true, ..self }
    }

    const fn nan_blind(self) -> Row {
        Row { nan_blind: true, ..self }
    }

    /// The same on lanes; the immediate is the shape, one of these.
    const fn lanes(self, shapes: &'static [Shape], args: &'static [LaneArg]) -> Row {
        self.form(ImmKind::Shape, shapes, args)
    }

    /// The same on all 128 bits.
    const fn bits(self, args: &'static [LaneArg]) -> Row {
        self.form(ImmKind::None, &[], args)
    }

    const fn form(self, imm: ImmKind, shapes: &'static [Shape], args: &'static [LaneArg]) -> Row {
        Row { form: Some(VectorForm { imm, shapes, args }), ..self }
    }
}

use Arg::{Addend, Float, Int, Is, SameBits, Ty, Word};
use Effect::{Guarded, Pure, Read, ReadTrap, Terminator, Write, WriteTrap};

const I32: Arg = Is(Type::I32);
const I64: Arg = Is(Type::I64);
const F32: Arg = Is(Type::F32);
const F64: Arg = Is(Type::F64);
const REF: Arg = Is(Type::Ref32);
const PTR: Arg = Is(Type::Ptr);

const INT: &[Type] = &[Type::I32, Type::I64];
const INT_PTR: &[Type] = &[Type::I32, Type::I64, Type::Ptr];
const INT_REF: &[Type] = &[Type::I32, Type::I64, Type::Ref32, Type::Ptr];
const FLOAT: &[Type] = &[Type::F32, Type::F64];
const NUMBER: &[Type] = &[Type::I32, Type::I64, Type::F32, Type::F64, Type::V128];
const SCALAR: &[Type] = &[Type::I32, Type::I64, Type::F32, Type::F64, Type::Ref32, Type::Ptr];
const ANY: &[Type] = &Type::ALL;

const fn constant(name: &'static str, types: &'static [Type], imm: ImmKind) -> Row {
    Row::new(name, Pure, Class::Constant, types, Args::Fixed(&[])).imm(imm).results(Results::Ty)
}

/// Computes one value of the controlling type.
const fn pure(name: &'static str, types: &'static [Type], args: &'static [Arg]) -> Row {
    Row::new(name, Pure, Class::Compute, types, Args::Fixed(args)).results(Results::Ty)
}

/// As `pure`, defined only behind a check.
const fn guarded(name: &'static str, types: &'static [Type], args: &'static [Arg]) -> Row {
    Row { effect: Guarded, ..pure(name, types, args) }
}

/// Computes a vector; `form` says of what.
const fn vector(name: &'static str) -> Row {
    pure(name, &[], &[])
}

const fn memory(name: &'static str, effect: Effect, types: &'static [Type], args: &'static [Arg], imm: ImmKind) -> Row {
    let results = if let Write | WriteTrap = effect { Results::None } else { Results::Ty };
    Row::new(name, effect, Class::Memory, types, Args::Fixed(args)).imm(imm).results(results)
}

const fn atomic(name: &'static str, args: &'static [Arg]) -> Row {
    Row::new(name, WriteTrap, Class::Atomic, INT, Args::Fixed(args)).imm(ImmKind::Heap).results(Results::Ty)
}

const fn check(name: &'static str) -> Row {
    Row::new(name, Effect::Trap, Class::Check, ANY, Args::Detail(&[I32])).imm(ImmKind::Trap)
}

const fn call(name: &'static str, args: Args, imm: ImmKind) -> Row {
    Row::new(name, Effect::Call, Class::Call, ANY, args).imm(imm).results(Results::Sig)
}

const fn marker(name: &'static str) -> Row {
    Row::new(name, Effect::Call, Class::Marker, ANY, Args::Fixed(&[]))
}

const fn branch(name: &'static str, args: &'static [Arg]) -> Row {
    Row::new(name, Terminator, Class::Branch, ANY, Args::Fixed(args))
}

const fn exit(name: &'static str, args: Args, imm: ImmKind) -> Row {
    Row::new(name, Terminator, Class::Exit, ANY, args).imm(imm)
}

const fn throwing(name: &'static str, args: Args, imm: ImmKind, results: Results) -> Row {
    Row::new(name, Terminator, Class::Throwing, ANY, args).imm(imm).results(results)
}

macro_rules! ops {
    ($($(#[$doc:meta])* $variant:ident: $row:expr;)*) => {
        /// An operation. "`ty`" in the docs is the instruction's controlling type.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op { $($(#[$doc])* $variant,)* }

        impl Op {
            pub const ALL: &'static [Op] = &[$(Op::$variant),*];
        }

        static ROWS: [Row; Op::ALL.len()] = [$($row),*];
        const EFFECTS: [Effect; Op::ALL.len()] = [$($row.effect),*];
    };
}

ops! {
    // Operations whose ty may be `v128` work on lanes: their description holds for each lane, and the immediate is the shape
    // (`Imm::Shape`). See [`super::vector`] for shapes and arguments.

    // Constants: Imm::Const; `v128` Imm::Vector.
    Const: constant("const", SCALAR, ImmKind::Const);
    VConst: constant("vconst", &[Type::V128], ImmKind::Vector);

    // Integers, ty = i32 | i64 (iadd and isub also ptr, with an i64 second argument for ptr). Arithmetic is modulo 2^width.
    IAdd: pure("iadd", INT_PTR, &[Ty, Addend]).commutes().lanes(INT_LANES, &[V, V]);
    ISub: pure("isub", INT_PTR, &[Ty, Addend]).lanes(INT_LANES, &[V, V]);
    IMul: pure("imul", INT, &[Ty, Ty]).commutes().lanes(WIDE_LANES, &[V, V]);
    /// Upper half of the 128-bit product of two i64, signed or unsigned.
    SMulHi: pure("smulhi", &[Type::I64], &[Ty, Ty]).commutes();
    UMulHi: pure("umulhi", &[Type::I64], &[Ty, Ty]).commutes();
    /// Defined only for a divisor other than 0, and not for MIN / -1.
    SDiv: guarded("sdiv", INT, &[Ty, Ty]);
    /// Defined only for a divisor other than 0.
    UDiv: guarded("udiv", INT, &[Ty, Ty]);
    /// Defined only for a divisor other than 0; MIN % -1 = 0.
    SRem: guarded("srem", INT, &[Ty, Ty]);
    /// Defined only for a divisor other than 0.
    URem: guarded("urem", INT, &[Ty, Ty]);
    And: pure("and", INT, &[Ty, Ty]).commutes().bits(&[V, V]);
    Or: pure("or", INT, &[Ty, Ty]).commutes().bits(&[V, V]);
    Xor: pure("xor", INT, &[Ty, Ty]).commutes().bits(&[V, V]);
    /// Shift amounts have the type of the value and count modulo its width.
    Shl: pure("shl", INT, &[Ty, Ty]).lanes(INT_LANES, &[V, Count]);
    ShrS: pure("shr_s", INT, &[Ty, Ty]).lanes(INT_LANES, &[V, Count]);
    ShrU: pure("shr_u", INT, &[Ty, Ty]).lanes(INT_LANES, &[V, Count]);
    Rotl: pure("rotl", INT, &[Ty, Ty]);
    Rotr: pure("rotr", INT, &[Ty, Ty]);
    Clz: pure("clz", INT, &[Ty]);
    Ctz: pure("ctz", INT, &[Ty]);
    Popcnt: pure("popcnt", INT, &[Ty]).lanes(&[Shape::I8x16], &[V]);
    /// Sign-extend the low 8, 16, 32 bits within ty (32: i64 only).
    SExt8: pure("sext8", INT, &[Ty]);
    SExt16: pure("sext16", INT, &[Ty]);
    SExt32: pure("sext32", &[Type::I64], &[Ty]);
    /// Imm::IntCond; ty is that of the arguments (i32, i64, r32, ptr). 1 or 0.
    ICmp: pure("icmp", INT_REF, &[Ty, Ty]).imm(ImmKind::IntCond).results(Results::I32);

    // Floats, ty = f32 | f64. NaN results are quiet; which of several NaNs is unspecified, except that abs, neg and copysign
    // touch the sign only.
    FAdd: pure("fadd", FLOAT, &[Ty, Ty]).nan_blind().lanes(FLOAT_LANES, &[V, V]);
    FSub: pure("fsub", FLOAT, &[Ty, Ty]).nan_blind().lanes(FLOAT_LANES, &[V, V]);
    FMul: pure("fmul", FLOAT, &[Ty, Ty]).nan_blind().lanes(FLOAT_LANES, &[V, V]);
    FDiv: pure("fdiv", FLOAT, &[Ty, Ty]).nan_blind().lanes(FLOAT_LANES, &[V, V]);
    /// WebAssembly's: NaN if either is, -0 < +0.
    FMin: pure("fmin", FLOAT, &[Ty, Ty]).nan_blind().lanes(FLOAT_LANES, &[V, V]);
    FMax: pure("fmax", FLOAT, &[Ty, Ty]).nan_blind().lanes(FLOAT_LANES, &[V, V]);
    FCopysign: pure("fcopysign", FLOAT, &[Ty, Ty]);
    FAbs: pure("fabs", FLOAT, &[Ty]).lanes(FLOAT_LANES, &[V]);
    FNeg: pure("fneg", FLOAT, &[Ty]).lanes(FLOAT_LANES, &[V]);
    FSqrt: pure("fsqrt", FLOAT, &[Ty]).nan_blind().lanes(FLOAT_LANES, &[V]);
    FCeil: pure("fceil", FLOAT, &[Ty]).nan_blind().lanes(FLOAT_LANES, &[V]);
    FFloor: pure("ffloor", FLOAT, &[Ty]).nan_blind().lanes(FLOAT_LANES, &[V]);
    FTrunc: pure("ftrunc", FLOAT, &[Ty]).nan_blind().lanes(FLOAT_LANES, &[V]);
    FNearest: pure("fnearest", FLOAT, &[Ty]).nan_blind().lanes(FLOAT_LANES, &[V]);
    /// The positive canonical NaN for any NaN, all else as it is. Where the engine makes NaNs canonical, the frontend puts it
    /// behind each operation that computes one.
    FCanon: pure("fcanon", FLOAT, &[Ty]).nan_blind().lanes(FLOAT_LANES, &[V]);
    /// Imm::FloatCond; ty is that of the arguments.
    FCmp: pure("fcmp", FLOAT, &[Ty, Ty]).imm(ImmKind::FloatCond).results(Results::I32).nan_blind();

    // Conversions, ty = the result's type; the source's is the argument's.
    /// i64 to i32 (or r32).
    Wrap: pure("wrap", &[Type::I32, Type::Ref32], &[I64]);
    /// i32 (or r32) to i64 (or ptr).
    ZExt: pure("zext", &[Type::I64, Type::Ptr], &[Word]);
    SExt: pure("sext", &[Type::I64], &[I32]);
    /// Float to integer, toward zero; defined only for a value in range.
    FToS: guarded("ftos", INT, &[Float]).nan_blind();
    FToU: guarded("ftou", INT, &[Float]).nan_blind();
    /// Saturating; NaN gives 0.
    FToSSat: pure("ftos_sat", INT, &[Float]).nan_blind().lanes(FLOAT_LANES, &[V]);
    FToUSat: pure("ftou_sat", INT, &[Float]).nan_blind().lanes(FLOAT_LANES, &[V]);
    /// Integer to float, to nearest even.
    SToF: pure("stof", FLOAT, &[Int]).lanes(FLOAT_LANES, &[V]);
    UToF: pure("utof", FLOAT, &[Int]).lanes(FLOAT_LANES, &[V]);
    FPromote: pure("fpromote", &[Type::F64], &[F32]).nan_blind().lanes(&[Shape::F64x2], &[V]);
    FDemote: pure("fdemote", &[Type::F32], &[F64]).nan_blind().lanes(&[Shape::F32x4], &[V]);
    /// Same bits: i32/f32, i32/r32, i64/f64, i64/ptr.
    Bitcast: pure("bitcast", SCALAR, &[SameBits]);

    // Vectors, ty = v128 where nothing else is said; Imm::Shape where there are several.
    /// (x: a lane): x in every lane.
    VSplat: vector("splat").lanes(&Shape::ALL, &[Lane]);
    /// Imm::Lane; ty = the lane's type. Narrow integers are zero-extended.
    VExtract: vector("extract").form(ImmKind::Lane, &Shape::ALL, &[V]);
    /// (v, x: a lane); Imm::Lane: v with x in that lane.
    VReplace: vector("replace").form(ImmKind::Lane, &Shape::ALL, &[V, Lane]);
    /// (a, b); Imm::Vector: bytes of a (0 to 15) and b (16 to 31) by the indices in it.
    VShuffle: vector("shuffle").form(ImmKind::Indices, &[], &[V, V]);
    /// (a, indices): bytes of a; 0 for an index beyond them.
    VSwizzle: vector("swizzle").bits(&[V, V]);
    /// Imm::LaneIntCond: all ones or 0 in each lane.
    VICmp: vector("vicmp").form(ImmKind::LaneIntCond, INT_LANES, &[V, V]);
    /// Imm::LaneFloatCond
    VFCmp: vector("vfcmp").form(ImmKind::LaneFloatCond, FLOAT_LANES, &[V, V]).nan_blind();
    /// (a, b): a and not b.
    VAndNot: vector("andnot").bits(&[V, V]);
    /// (a, b, mask): bits of a where the mask has ones, of b elsewhere.
    VBitselect: vector("bitselect").bits(&[V, V, V]);
    /// Whether any bit is set.
    VAnyTrue: vector("any_true").bits(&[V]).results(Results::I32);
    /// Whether every lane is other than 0.
    VAllTrue: vector("all_true").lanes(INT_LANES, &[V]).results(Results::I32);
    /// The lanes' sign bits, lane 0 lowest.
    VBitmask: vector("bitmask").lanes(INT_LANES, &[V]).results(Results::I32);
    /// Modulo the width: that of the lowest number is itself.
    VAbs: vector("vabs").lanes(INT_LANES, &[V]);
    VMinS: vector("vmin_s").commutes().lanes(WORD_LANES, &[V, V]);
    VMinU: vector("vmin_u").commutes().lanes(WORD_LANES, &[V, V]);
    VMaxS: vector("vmax_s").commutes().lanes(WORD_LANES, &[V, V]);
    VMaxU: vector("vmax_u").commutes().lanes(WORD_LANES, &[V, V]);
    VAddSatS: vector("vadd_sat_s").commutes().lanes(NARROW_LANES, &[V, V]);
    VAddSatU: vector("vadd_sat_u").commutes().lanes(NARROW_LANES, &[V, V]);
    VSubSatS: vector("vsub_sat_s").lanes(NARROW_LANES, &[V, V]);
    VSubSatU: vector("vsub_sat_u").lanes(NARROW_LANES, &[V, V]);
    /// (a + b + 1) / 2, unsigned, without overflow.
    VAvgrU: vector("vavgr_u").commutes().lanes(NARROW_LANES, &[V, V]);
    /// (a * b + 0x4000) >> 15, signed, saturating.
    VQ15MulrSat: vector("vq15mulr_sat_s").commutes().lanes(&[Shape::I16x8], &[V, V]);
    /// Sums of products of neighbours, signed 16-bit lanes to 32-bit ones.
    VDot: vector("vdot_s").commutes().lanes(&[Shape::I32x4], &[V, V]);
    /// Lanes of half the width, from one half of the argument; the shape is the result's.
    VExtendLowS: vector("vextend_low_s").lanes(WIDE_LANES, &[V]);
    VExtendLowU: vector("vextend_low_u").lanes(WIDE_LANES, &[V]);
    VExtendHighS: vector("vextend_high_s").lanes(WIDE_LANES, &[V]);
    VExtendHighU: vector("vextend_high_u").lanes(WIDE_LANES, &[V]);
    /// Sums of neighbours of half the width; the shape is the result's.
    VPairwiseS: vector("vpairwise_s").lanes(&[Shape::I16x8, Shape::I32x4], &[V]);
    VPairwiseU: vector("vpairwise_u").lanes(&[Shape::I16x8, Shape::I32x4], &[V]);
    /// (low, high): signed lanes of twice the width, saturated; the shape is the result's.
    VNarrowS: vector("vnarrow_s").lanes(NARROW_LANES, &[V, V]);
    VNarrowU: vector("vnarrow_u").lanes(NARROW_LANES, &[V, V]);
    /// b < a ? b : a.
    VPMin: vector("vpmin").lanes(FLOAT_LANES, &[V, V]);
    /// a < b ? b : a.
    VPMax: vector("vpmax").lanes(FLOAT_LANES, &[V, V]);
    // What relaxed operators are where the CPU chooses.
    /// (a, indices): bytes of a by the lower four bits; 0 for an index with its highest bit.
    VSwizzleLow: vector("swizzle_low").bits(&[V, V]);
    /// (a, b, mask): lanes of a where that of the mask has its highest bit, of b elsewhere. For CPUs that have it.
    VLaneSelect: vector("laneselect").lanes(INT_LANES, &[V, V, V]);
    /// (a * b + 0x4000) >> 15, signed, modulo the width.
    VQ15Mulr: vector("vq15mulr_s").commutes().lanes(&[Shape::I16x8], &[V, V]);
    /// Saturated sums of products of neighbours: signed bytes of a and unsigned ones of b, to signed 16-bit lanes.
    VDotSU: vector("vdot_su").lanes(&[Shape::I16x8], &[V, V]);
    /// As `ftos_sat`, but the lowest number for whatever has no place among the 32-bit ones.
    VFToSMin: vector("vftos_min").lanes(FLOAT_LANES, &[V]).nan_blind();
    /// a * b + c, rounded once. For CPUs that have it.
    VFma: vector("vfma").lanes(FLOAT_LANES, &[V, V, V]).nan_blind();

    /// (cond: i32, a: ty, b: ty): a if cond is not 0.
    Select: pure("select", ANY, &[I32, Ty, Ty]);

    // Objects. Imm::Header.
    /// (for_null: i32, reference: r32, address: ptr, of what the reference refers to): a word of the header; `for_null` if
    /// the reference is null, 0 if it is an i31. Headers never change.
    Header: Row { effect: Pure, ..memory("header", Read, &[Type::I32], &[I32, REF, PTR], ImmKind::Header) };

    /// (id: i32): a new object of this canonical type, which is that of the type in the immediate; zero but for its header.
    /// May collect. Traps if there is no room.
    Alloc: memory("alloc", Effect::Call, ANY, &[I32], ImmKind::Alloc).results(Results::Ref32);

    // Memory outside linear memory: never traps. Imm::Field.
    /// (base: ptr)
    Load: memory("load", Read, ANY, &[PTR], ImmKind::Field);
    /// (value: ty, base: ptr)
    Store: memory("store", Write, ANY, &[Ty, PTR], ImmKind::Field);
    // Linear memory. Imm::Heap. A guarded access traps MemoryOutOfBounds by its fault.
    /// (base: ptr, index: i64): the value at base + index + offset.
    HeapLoad: memory("heap_load", ReadTrap, NUMBER, &[PTR, I64], ImmKind::Heap);
    /// (value: ty, base: ptr, index: i64)
    HeapStore: memory("heap_store", WriteTrap, NUMBER, &[Ty, PTR, I64], ImmKind::Heap);

    // Atomic accesses of linear memory, which are checked before: in bounds, aligned. Imm::Heap; ty = i32 | i64. Sequentially
    // consistent; other accesses do not move across them. Narrow ones use the lower bits of their operands, and what was in
    // memory comes zero-extended.
    /// (base: ptr, index: i64)
    AtomicLoad: atomic("atomic_load", &[PTR, I64]);
    /// (value: ty, base: ptr, index: i64)
    AtomicStore: atomic("atomic_store", &[Ty, PTR, I64]).results(Results::None);
    /// The same; the old value.
    AtomicAdd: atomic("atomic_add", &[Ty, PTR, I64]);
    AtomicAnd: atomic("atomic_and", &[Ty, PTR, I64]);
    AtomicOr: atomic("atomic_or", &[Ty, PTR, I64]);
    AtomicXor: atomic("atomic_xor", &[Ty, PTR, I64]);
    AtomicXchg: atomic("atomic_xchg", &[Ty, PTR, I64]);
    /// (expected: ty, new: ty, base: ptr, index: i64): stores `new` if the lower bits of `expected` are there; the old value.
    AtomicCas: atomic("atomic_cas", &[Ty, Ty, PTR, I64]);
    /// Accesses of linear memory do not move across it.
    Fence: marker("fence");

    // Traps. Imm::Trap. An optional last argument (i32 or i64) is the detail number.
    /// (cond: i32, [detail])
    TrapNz: check("trapnz");
    TrapZ: check("trapz");

    // Calls. Arguments exclude the context. Imm::Func, Imm::Sig, Imm::Libcall.
    Call: call("call", Args::Sig(&[]), ImmKind::Func);
    /// (callee: ptr to VMFunc, not null and of the right type, args…)
    CallRef: call("call_ref", Args::Sig(&[PTR]), ImmKind::Sig);
    /// (args: i32 or i64 or ptr or r32, up to five; 32-bit ones are zero-extended by this operation). The value, if it has one.
    Libcall: call("libcall", Args::Libcall, ImmKind::Libcall).results(Results::I64);
    /// Interrupt check at a loop header.
    Poll: marker("poll");
    /// The exnref that was caught; first in a landing block.
    LandingPad: marker("landing_pad").results(Results::Ref32);

    // Terminators.
    Jump: branch("jump", &[]);
    /// (cond: i32): then, else.
    BrIf: branch("brif", &[I32]);
    /// (index: i32, unsigned): targets, the last one being the default.
    BrTable: branch("br_table", &[I32]);
    Return: exit("return", Args::Results, ImmKind::None);
    /// Imm::Trap, ([detail])
    TrapNow: exit("trap", Args::Detail(&[]), ImmKind::Trap);
    /// Imm::Func, (args…)
    ReturnCall: exit("return_call", Args::Sig(&[]), ImmKind::Func);
    /// Imm::Sig, (callee, args…)
    ReturnCallRef: exit("return_call_ref", Args::Sig(&[PTR]), ImmKind::Sig);
    TryCall: throwing("try_call", Args::Sig(&[]), ImmKind::Func, Results::Sig);
    TryCallRef: throwing("try_call_ref", Args::Sig(&[PTR]), ImmKind::Sig, Results::Sig);
    /// As `libcall`, of one that runs other code, which may throw: see [`may_throw`].
    TryLibcall: throwing("try_libcall", Args::Libcall, ImmKind::Libcall, Results::I64);
    /// (exnref, not null)
    Throw: throwing("throw", Args::Fixed(&[REF]), ImmKind::None, Results::None);
}

impl Op {
    /// All that there is to know of an operation.
    #[inline]
    pub fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// As printed.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    pub fn from_name(name: &str) -> Option<Op> {
        Op::ALL.iter().copied().find(|op| op.name() == name)
    }

    #[inline]
    pub fn effect(self) -> Effect {
        EFFECTS[self as usize]
    }

    pub fn class(self) -> Class {
        self.row().class
    }

    pub fn results(self) -> Results {
        self.row().results
    }

    /// Type of the single result; `None` if there is no result, or the signature determines the results.
    pub fn result_type(self, ty: Type) -> Option<Type> {
        match self.results() {
            Results::None | Results::Sig => None,
            Results::Ty => Some(ty),
            Results::I32 => Some(Type::I32),
            Results::Ref32 => Some(Type::Ref32),
            Results::I64 => Some(Type::I64),
        }
    }

    /// Whether the instruction's type says more than its arguments and its signature do: it is printed then.
    pub fn is_typed(self) -> bool {
        !matches!(self.effect(), Effect::Call | Effect::Trap | Effect::Terminator)
    }

    /// Whether it is a terminator of which exceptions go to landing blocks.
    pub fn is_throwing(self) -> bool {
        self.class() == Class::Throwing
    }

    /// Whether it is an atomic access of linear memory.
    pub fn is_atomic(self) -> bool {
        self.class() == Class::Atomic
    }

    /// What it takes at this controlling type, if it works on lanes there.
    pub fn form(self, ty: Type) -> Option<VectorForm> {
        // An extracted lane has the type of the lane.
        self.row().form.filter(|_| ty == Type::V128 || self == Op::VExtract)
    }

    /// The immediate that it has at this controlling type.
    pub fn imm_kind(self, ty: Type) -> ImmKind {
        self.form(ty).map_or(self.row().imm, |form| form.imm)
    }

    /// Whether it exists at this controlling type, on scalars or on lanes. `imm`: its immediate, which is of its kind.
    pub fn has_type(self, ty: Type, imm: Imm) -> bool {
        match self.form(ty) {
            Some(_) => self != Op::VExtract || shape_of(imm).map(Shape::lane_type) == Some(ty),
            None => self.row().types.contains(&ty),
        }
    }

    /// The arguments of an operation with a fixed number of them.
    pub fn fixed_args(self) -> &'static [Arg] {
        match self.row().args {
            Args::Fixed(args) => args,
            _ => &[],
        }
    }

    /// Controlling types and argument types that it has on scalars, if the number of its arguments is fixed.
    pub fn scalar_shapes(self) -> Vec<(Type, Vec<Type>)> {
        let scalar = |ty: &Type| *ty != Type::V128;
        let Args::Fixed(args) = self.row().args else { return Vec::new() };
        let mut shapes = Vec::new();
        for ty in self.row().types.iter().copied().filter(scalar) {
            let mut lists = vec![Vec::new()];
            for arg in args {
                let fitting: Vec<Type> = Type::ALL.into_iter().filter(|&have| arg.accepts(ty, have)).collect();
                let longer =
                    |list: Vec<Type>| fitting.clone().into_iter().map(move |have| [&list[..], &[have]].concat());
                lists = lists.into_iter().flat_map(longer).collect();
            }
            shapes.extend(lists.into_iter().map(|list| (ty, list)));
        }
        shapes
    }
}

/// Whether a libcall ends with an exception where code that it runs does: those that leave the stack.
pub fn may_throw(libcall: Libcall) -> bool {
    matches!(libcall, Libcall::Resume | Libcall::ResumeThrow | Libcall::Suspend | Libcall::Switch)
}
