//! The operation table: one row for each operation, with everything that verifier, builder, parser, printer, folder,
//! passes and tests need to know about it. The *results* of an operation are not here: the evaluator (`eval_value`,
//! `eval_vector`), the folder (`opt::constant`) and the tests' oracle each compute them independently.
//!
//! A row starts with a constructor that fixes the class and takes the common columns as arguments; uncommon columns are
//! appended: `pure("iadd", INT_PTR, &[Ty, Addend]).commutes().lanes(INT_LANES, &[V, V])`.

use super::vector::{
    FLOAT_LANES, INT_LANES, LaneArg,
    LaneArg::{Count, Lane, Vector as V},
    NARROW_LANES, Shape, VectorForm, WIDE_LANES, WORD_LANES, shape_of,
};
use super::{Imm, Type};
use crate::runtime::libcalls::Libcall;

/// The side effects of an operation, which determine what passes may do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Depends only on its arguments: may be merged, moved, dropped, executed speculatively.
    Pure,
    /// Pure, but defined only after a check (such as division by a value checked not to be 0): may be merged and dropped,
    /// but never moved above its dominators.
    Guarded,
    /// Reads memory of its region (or linear memory): may be dropped, and may be merged or moved across instructions that
    /// do not write there.
    Read,
    /// As `Read`, but may trap: must not be dropped or reordered with other effects.
    ReadTrap,
    /// Writes memory.
    Write,
    /// Writes memory and may trap.
    WriteTrap,
    /// May trap, otherwise pure.
    Trap,
    /// Any effect: calls and polls.
    Call,
    /// Ends a block.
    Terminator,
}

/// The kind of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpClass {
    /// A constant.
    Constant,
    /// Computes its result from its arguments only: these operations are handled by the folder and make up random programs.
    Compute,
    /// Reads or writes memory, or makes an object.
    Memory,
    /// An atomic access to linear memory.
    Atomic,
    /// Traps on a condition.
    Check,
    /// Calls a function or a libcall.
    Call,
    /// A fence, a poll, a landing pad.
    Marker,
    /// Continues at one of its targets.
    Branch,
    /// Leaves the function.
    Exit,
    /// A terminator whose exceptions go to landing blocks.
    Throwing,
}

/// The types of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Results {
    /// No results.
    None,
    /// One result, of the controlling type.
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

/// The type of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arg {
    /// The controlling type.
    Ty,
    /// The controlling type, but `i64` if that is `ptr`.
    Addend,
    /// This type.
    Is(Type),
    /// An `i32`, or an `r32` instead.
    Word,
    /// `i32` or `i64`.
    Int,
    /// `f32` or `f64`.
    Float,
    /// Any integer, reference or pointer.
    IntRef,
    /// A type with as many bits as the controlling type; `bitcast` converts between the two.
    SameBits,
}

impl Arg {
    /// The type, if the controlling type determines it.
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

/// The arguments of an operation that does not work on lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Args {
    /// These.
    Fixed(&'static [Arg]),
    /// These, optionally followed by a detail number, `i32` or `i64`.
    Detail(&'static [Arg]),
    /// These, then the parameters of the signature in the immediate.
    Sig(&'static [Arg]),
    /// As many integers, references or pointers as the libcall in the immediate takes.
    Libcall,
    /// One for each result of the function.
    Results,
}

/// The kind of immediate of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImmKind {
    /// [`Imm::None`].
    None,
    /// [`Imm::Const`].
    Const,
    /// [`Imm::Vector`]: 128 bits.
    Vector,
    /// [`Imm::IntCond`].
    IntCond,
    /// [`Imm::FloatCond`].
    FloatCond,
    /// [`Imm::Field`].
    Field,
    /// [`Imm::Heap`].
    Heap,
    /// [`Imm::Header`].
    Header,
    /// [`Imm::Alloc`].
    Alloc,
    /// [`Imm::Trap`].
    Trap,
    /// [`Imm::Func`].
    Func,
    /// [`Imm::Sig`].
    Sig,
    /// [`Imm::Libcall`].
    Libcall,
    /// [`Imm::Shape`], for operations on lanes.
    Shape,
    /// [`Imm::Lane`].
    Lane,
    /// [`Imm::LaneIntCond`].
    LaneIntCond,
    /// [`Imm::LaneFloatCond`].
    LaneFloatCond,
    /// [`Imm::Vector`]: sixteen byte indices, each less than 32.
    Indices,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct OpRow {
    /// The name in the text form.
    pub name: &'static str,
    /// The side effects.
    pub effect: Effect,
    /// The kind of operation.
    pub class: OpClass,
    /// The controlling types of the operation, apart from those that `form` adds.
    pub types: &'static [Type],
    /// The arguments.
    pub args: Args,
    /// The immediate.
    pub imm: ImmKind,
    /// The types of the results.
    pub results: Results,
    /// Whether the two arguments may be exchanged whenever they have the same type. Not true for float arithmetic: the
    /// order may decide which NaN results.
    pub commutes: bool,
    /// Whether it makes no difference which NaNs the arguments contain, apart from the bits of a resulting NaN.
    pub nan_blind: bool,
    /// The arguments and shapes of the operation on lanes, if it has any.
    pub form: Option<VectorForm>,
}

impl OpRow {
    const fn new(name: &'static str, effect: Effect, class: OpClass, types: &'static [Type], args: Args) -> OpRow {
        let (imm, results) = (ImmKind::None, Results::None);
        OpRow { name, effect, class, types, args, imm, results, commutes: false, nan_blind: false, form: None }
    }

    const fn imm(self, imm: ImmKind) -> OpRow {
        OpRow { imm, ..self }
    }

    const fn results(self, results: Results) -> OpRow {
        OpRow { results, ..self }
    }

    const fn commutes(self) -> OpRow {
        OpRow { commutes: true, ..self }
    }

    const fn nan_blind(self) -> OpRow {
        OpRow { nan_blind: true, ..self }
    }

    /// Also works on lanes; the immediate is one of these shapes.
    const fn lanes(self, shapes: &'static [Shape], args: &'static [LaneArg]) -> OpRow {
        self.form(ImmKind::Shape, shapes, args)
    }

    /// Also works on all 128 bits.
    const fn bits(self, args: &'static [LaneArg]) -> OpRow {
        self.form(ImmKind::None, &[], args)
    }

    const fn form(self, imm: ImmKind, shapes: &'static [Shape], args: &'static [LaneArg]) -> OpRow {
        OpRow { form: Some(VectorForm { imm, shapes, args }), ..self }
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
/// For operations whose controlling type has no meaning.
const NONE: &[Type] = &[Type::I32];

const fn constant(name: &'static str, types: &'static [Type], imm: ImmKind) -> OpRow {
    OpRow::new(name, Pure, OpClass::Constant, types, Args::Fixed(&[])).imm(imm).results(Results::Ty)
}

/// Computes one value of the controlling type.
const fn pure(name: &'static str, types: &'static [Type], args: &'static [Arg]) -> OpRow {
    OpRow::new(name, Pure, OpClass::Compute, types, Args::Fixed(args)).results(Results::Ty)
}

/// As `pure`, but defined only after a check.
const fn guarded(name: &'static str, types: &'static [Type], args: &'static [Arg]) -> OpRow {
    OpRow { effect: Guarded, ..pure(name, types, args) }
}

/// Computes a vector; `form` states its arguments.
const fn vector(name: &'static str) -> OpRow {
    pure(name, &[], &[])
}

const fn memory(
    name: &'static str,
    effect: Effect,
    types: &'static [Type],
    args: &'static [Arg],
    imm: ImmKind,
) -> OpRow {
    let results = if let Write | WriteTrap = effect { Results::None } else { Results::Ty };
    OpRow::new(name, effect, OpClass::Memory, types, Args::Fixed(args)).imm(imm).results(results)
}

const fn atomic(name: &'static str, args: &'static [Arg]) -> OpRow {
    OpRow::new(name, WriteTrap, OpClass::Atomic, INT, Args::Fixed(args)).imm(ImmKind::Heap).results(Results::Ty)
}

const fn check(name: &'static str) -> OpRow {
    OpRow::new(name, Effect::Trap, OpClass::Check, NONE, Args::Detail(&[I32])).imm(ImmKind::Trap)
}

const fn call(name: &'static str, args: Args, imm: ImmKind) -> OpRow {
    OpRow::new(name, Effect::Call, OpClass::Call, ANY, args).imm(imm).results(Results::Sig)
}

const fn marker(name: &'static str) -> OpRow {
    OpRow::new(name, Effect::Call, OpClass::Marker, NONE, Args::Fixed(&[]))
}

const fn branch(name: &'static str, args: &'static [Arg]) -> OpRow {
    OpRow::new(name, Terminator, OpClass::Branch, NONE, Args::Fixed(args))
}

const fn exit(name: &'static str, args: Args, imm: ImmKind) -> OpRow {
    OpRow::new(name, Terminator, OpClass::Exit, ANY, args).imm(imm)
}

const fn throwing(name: &'static str, args: Args, imm: ImmKind, results: Results) -> OpRow {
    OpRow::new(name, Terminator, OpClass::Throwing, ANY, args).imm(imm).results(results)
}

macro_rules! ops {
    ($($(#[$doc:meta])* $variant:ident: $row:expr;)*) => {
        /// An operation. "`ty`" in the docs is the instruction's controlling type.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op { $($(#[$doc])* $variant,)* }

        impl Op {
            /// All operations, in the order of the table.
            pub const ALL: &'static [Op] = &[$(Op::$variant),*];
        }

        static ROWS: [OpRow; Op::ALL.len()] = [$($row),*];
        static EFFECTS: [Effect; Op::ALL.len()] = [$($row.effect),*];
    };
}

ops! {
    // Operations whose ty may be `v128` work on lanes: their description holds for each lane, and the immediate is the
    // shape (`Imm::Shape`). See `vector` for shapes and arguments.

    // Constants: Imm::Const; `v128` Imm::Vector.
    /// A constant of a scalar type.
    Const: constant("const", SCALAR, ImmKind::Const);
    /// A vector constant.
    VConst: constant("vconst", &[Type::V128], ImmKind::Vector);

    // Integers, ty = i32 | i64 (iadd and isub also ptr, with an i64 second argument for ptr). Arithmetic is modulo
    // 2^width.
    /// Sum.
    IAdd: pure("iadd", INT_PTR, &[Ty, Addend]).commutes().lanes(INT_LANES, &[V, V]);
    /// Difference.
    ISub: pure("isub", INT_PTR, &[Ty, Addend]).lanes(INT_LANES, &[V, V]);
    /// Product, lower half.
    IMul: pure("imul", INT, &[Ty, Ty]).commutes().lanes(WIDE_LANES, &[V, V]);
    /// Upper half of the 128-bit product of two signed i64.
    SMulHi: pure("smulhi", &[Type::I64], &[Ty, Ty]).commutes();
    /// As `smulhi`, unsigned.
    UMulHi: pure("umulhi", &[Type::I64], &[Ty, Ty]).commutes();
    /// Signed quotient. Defined only for a divisor other than 0, and not for MIN / -1.
    SDiv: guarded("sdiv", INT, &[Ty, Ty]);
    /// Unsigned quotient. Defined only for a divisor other than 0.
    UDiv: guarded("udiv", INT, &[Ty, Ty]);
    /// Signed remainder. Defined only for a divisor other than 0; MIN % -1 = 0.
    SRem: guarded("srem", INT, &[Ty, Ty]);
    /// Unsigned remainder. Defined only for a divisor other than 0.
    URem: guarded("urem", INT, &[Ty, Ty]);
    /// Bitwise conjunction.
    And: pure("and", INT, &[Ty, Ty]).commutes().bits(&[V, V]);
    /// Bitwise disjunction.
    Or: pure("or", INT, &[Ty, Ty]).commutes().bits(&[V, V]);
    /// Bitwise exclusive disjunction.
    Xor: pure("xor", INT, &[Ty, Ty]).commutes().bits(&[V, V]);
    /// Shift left. Shift amounts have the type of the value and count modulo its width, here and below.
    Shl: pure("shl", INT, &[Ty, Ty]).lanes(INT_LANES, &[V, Count]);
    /// Arithmetic shift right.
    ShrS: pure("shr_s", INT, &[Ty, Ty]).lanes(INT_LANES, &[V, Count]);
    /// Logical shift right.
    ShrU: pure("shr_u", INT, &[Ty, Ty]).lanes(INT_LANES, &[V, Count]);
    /// Rotation to the left.
    Rotl: pure("rotl", INT, &[Ty, Ty]);
    /// Rotation to the right.
    Rotr: pure("rotr", INT, &[Ty, Ty]);
    /// Number of leading zeros.
    Clz: pure("clz", INT, &[Ty]);
    /// Number of trailing zeros.
    Ctz: pure("ctz", INT, &[Ty]);
    /// Number of ones.
    Popcnt: pure("popcnt", INT, &[Ty]).lanes(&[Shape::I8x16], &[V]);
    /// The low 8 bits, sign-extended within ty.
    SExt8: pure("sext8", INT, &[Ty]);
    /// As `sext8`, from 16 bits.
    SExt16: pure("sext16", INT, &[Ty]);
    /// As `sext8`, from 32 bits to an i64.
    SExt32: pure("sext32", &[Type::I64], &[Ty]);
    /// Imm::IntCond: 1 if the condition holds, else 0; ty is that of the arguments (i32, i64, r32, ptr).
    ICmp: pure("icmp", INT_REF, &[Ty, Ty]).imm(ImmKind::IntCond).results(Results::I32);

    // Floats, ty = f32 | f64. NaN results are quiet; which of several NaNs is unspecified, except that abs, neg and
    // copysign touch the sign only.
    /// Sum.
    FAdd: pure("fadd", FLOAT, &[Ty, Ty]).nan_blind().lanes(FLOAT_LANES, &[V, V]);
    /// Difference.
    FSub: pure("fsub", FLOAT, &[Ty, Ty]).nan_blind().lanes(FLOAT_LANES, &[V, V]);
    /// Product.
    FMul: pure("fmul", FLOAT, &[Ty, Ty]).nan_blind().lanes(FLOAT_LANES, &[V, V]);
    /// Quotient.
    FDiv: pure("fdiv", FLOAT, &[Ty, Ty]).nan_blind().lanes(FLOAT_LANES, &[V, V]);
    /// WebAssembly's minimum: NaN if either argument is, -0 < +0.
    FMin: pure("fmin", FLOAT, &[Ty, Ty]).nan_blind().lanes(FLOAT_LANES, &[V, V]);
    /// As `fmin`, the maximum.
    FMax: pure("fmax", FLOAT, &[Ty, Ty]).nan_blind().lanes(FLOAT_LANES, &[V, V]);
    /// The first argument with the sign of the second.
    FCopysign: pure("fcopysign", FLOAT, &[Ty, Ty]);
    /// The argument with a clear sign.
    FAbs: pure("fabs", FLOAT, &[Ty]).lanes(FLOAT_LANES, &[V]);
    /// The argument with the other sign.
    FNeg: pure("fneg", FLOAT, &[Ty]).lanes(FLOAT_LANES, &[V]);
    /// Square root.
    FSqrt: pure("fsqrt", FLOAT, &[Ty]).nan_blind().lanes(FLOAT_LANES, &[V]);
    /// Rounded up to an integer.
    FCeil: pure("fceil", FLOAT, &[Ty]).nan_blind().lanes(FLOAT_LANES, &[V]);
    /// Rounded down to an integer.
    FFloor: pure("ffloor", FLOAT, &[Ty]).nan_blind().lanes(FLOAT_LANES, &[V]);
    /// Rounded toward zero to an integer.
    FTrunc: pure("ftrunc", FLOAT, &[Ty]).nan_blind().lanes(FLOAT_LANES, &[V]);
    /// Rounded to the nearest integer, ties to even.
    FNearest: pure("fnearest", FLOAT, &[Ty]).nan_blind().lanes(FLOAT_LANES, &[V]);
    /// The positive canonical NaN for any NaN; all other values are unchanged. Where the engine makes NaNs canonical,
    /// the frontend puts it behind each operation that computes one.
    FCanon: pure("fcanon", FLOAT, &[Ty]).nan_blind().lanes(FLOAT_LANES, &[V]);
    /// Imm::FloatCond: 1 if the condition holds, else 0; ty is that of the arguments.
    FCmp: pure("fcmp", FLOAT, &[Ty, Ty]).imm(ImmKind::FloatCond).results(Results::I32).nan_blind();

    // Conversions, ty = the result's type; the source's is the argument's.
    /// i64 to i32 (or r32).
    Wrap: pure("wrap", &[Type::I32, Type::Ref32], &[I64]);
    /// i32 (or r32) to i64 (or ptr).
    ZExt: pure("zext", &[Type::I64, Type::Ptr], &[Word]);
    /// i32 to i64, with its sign.
    SExt: pure("sext", &[Type::I64], &[I32]);
    /// Float to integer, toward zero; defined only for a value in range.
    FToS: guarded("ftos", INT, &[Float]).nan_blind();
    /// As `ftos`, unsigned.
    FToU: guarded("ftou", INT, &[Float]).nan_blind();
    /// Float to integer, toward zero, saturating; NaN gives 0.
    FToSSat: pure("ftos_sat", INT, &[Float]).nan_blind().lanes(FLOAT_LANES, &[V]);
    /// As `ftos_sat`, unsigned.
    FToUSat: pure("ftou_sat", INT, &[Float]).nan_blind().lanes(FLOAT_LANES, &[V]);
    /// Integer to float, to nearest even.
    SToF: pure("stof", FLOAT, &[Int]).lanes(FLOAT_LANES, &[V]);
    /// As `stof`, unsigned.
    UToF: pure("utof", FLOAT, &[Int]).lanes(FLOAT_LANES, &[V]);
    /// f32 to f64; on lanes, the lower half.
    FPromote: pure("fpromote", &[Type::F64], &[F32]).nan_blind().lanes(&[Shape::F64x2], &[V]);
    /// f64 to f32; on lanes, to the lower half, zeros above.
    FDemote: pure("fdemote", &[Type::F32], &[F64]).nan_blind().lanes(&[Shape::F32x4], &[V]);
    /// Same bits: i32/f32, i32/r32, i64/f64, i64/ptr.
    Bitcast: pure("bitcast", SCALAR, &[SameBits]);

    // Vectors, ty = v128 unless stated otherwise; Imm::Shape where there are several.
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
    /// Imm::LaneFloatCond: all ones or 0 in each lane.
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
    /// Absolute value, modulo the width: the lowest number is its own.
    VAbs: vector("vabs").lanes(INT_LANES, &[V]);
    /// Minimum of signed lanes.
    VMinS: vector("vmin_s").commutes().lanes(WORD_LANES, &[V, V]);
    /// Minimum of unsigned lanes.
    VMinU: vector("vmin_u").commutes().lanes(WORD_LANES, &[V, V]);
    /// Maximum of signed lanes.
    VMaxS: vector("vmax_s").commutes().lanes(WORD_LANES, &[V, V]);
    /// Maximum of unsigned lanes.
    VMaxU: vector("vmax_u").commutes().lanes(WORD_LANES, &[V, V]);
    /// Signed sum, saturating.
    VAddSatS: vector("vadd_sat_s").commutes().lanes(NARROW_LANES, &[V, V]);
    /// Unsigned sum, saturating.
    VAddSatU: vector("vadd_sat_u").commutes().lanes(NARROW_LANES, &[V, V]);
    /// Signed difference, saturating.
    VSubSatS: vector("vsub_sat_s").lanes(NARROW_LANES, &[V, V]);
    /// Unsigned difference, saturating.
    VSubSatU: vector("vsub_sat_u").lanes(NARROW_LANES, &[V, V]);
    /// (a + b + 1) / 2, unsigned, without overflow.
    VAvgrU: vector("vavgr_u").commutes().lanes(NARROW_LANES, &[V, V]);
    /// (a * b + 0x4000) >> 15, signed, saturating.
    VQ15MulrSat: vector("vq15mulr_sat_s").commutes().lanes(&[Shape::I16x8], &[V, V]);
    /// Sums of products of neighbours, signed lanes of half the width, modulo the width; the shape is the result's.
    VDot: vector("vdot_s").commutes().lanes(&[Shape::I16x8, Shape::I32x4], &[V, V]);
    /// Lanes of half the width, from one half of the argument; the shape is the result's.
    VExtendLowS: vector("vextend_low_s").lanes(WIDE_LANES, &[V]);
    /// As `vextend_low_s`, zero-extended.
    VExtendLowU: vector("vextend_low_u").lanes(WIDE_LANES, &[V]);
    /// As `vextend_low_s`, from the upper half.
    VExtendHighS: vector("vextend_high_s").lanes(WIDE_LANES, &[V]);
    /// As `vextend_high_s`, zero-extended.
    VExtendHighU: vector("vextend_high_u").lanes(WIDE_LANES, &[V]);
    /// Sums of neighbours of half the width; the shape is the result's.
    VPairwiseS: vector("vpairwise_s").lanes(&[Shape::I16x8, Shape::I32x4], &[V]);
    /// As `vpairwise_s`, unsigned.
    VPairwiseU: vector("vpairwise_u").lanes(&[Shape::I16x8, Shape::I32x4], &[V]);
    /// (low, high): signed lanes of twice the width, saturated; the shape is the result's.
    VNarrowS: vector("vnarrow_s").lanes(NARROW_LANES, &[V, V]);
    /// As `vnarrow_s`, saturated to unsigned lanes.
    VNarrowU: vector("vnarrow_u").lanes(NARROW_LANES, &[V, V]);
    /// b < a ? b : a.
    VPMin: vector("vpmin").lanes(FLOAT_LANES, &[V, V]);
    /// a < b ? b : a.
    VPMax: vector("vpmax").lanes(FLOAT_LANES, &[V, V]);
    // Relaxed operators where the CPU chooses.
    /// (a, indices): bytes of a by the lower four bits; 0 for an index with its highest bit.
    VSwizzleLow: vector("swizzle_low").bits(&[V, V]);
    /// (a, b, mask): lanes of a where that of the mask has its highest bit, of b elsewhere. For CPUs that have it.
    VLaneSelect: vector("laneselect").lanes(INT_LANES, &[V, V, V]);
    /// (a * b + 0x4000) >> 15, signed, modulo the width.
    VQ15Mulr: vector("vq15mulr_s").commutes().lanes(&[Shape::I16x8], &[V, V]);
    /// Saturated sums of products of neighbours: signed bytes of a and unsigned ones of b, to signed 16-bit lanes.
    VDotSU: vector("vdot_su").lanes(&[Shape::I16x8], &[V, V]);
    /// (a, b, c): sums of four products of neighbours, signed bytes, added to the 32-bit lanes of c. For CPUs that have
    /// it.
    VDotAdd: vector("vdot_add_s").lanes(&[Shape::I32x4], &[V, V, V]);
    /// As `ftos_sat`, but the lowest number for every value outside the 32-bit range.
    VFToSMin: vector("vftos_min").lanes(FLOAT_LANES, &[V]).nan_blind();
    /// a * b + c, rounded once. For CPUs that have it.
    VFma: vector("vfma").lanes(FLOAT_LANES, &[V, V, V]).nan_blind();

    /// (cond: i32, a: ty, b: ty): a if cond is not 0.
    Select: pure("select", ANY, &[I32, Ty, Ty]);

    // Objects. Imm::Header.
    /// (for_null: i32, reference: r32, address: ptr of the object that the reference refers to): a word of the header;
    /// `for_null` if the reference is null, 0 if it is an i31, where the immediate says that it may be one: else it is only
    /// defined behind a check that it is none. Headers never change.
    Header: OpRow { effect: Guarded, ..memory("header", Read, &[Type::I32], &[I32, REF, PTR], ImmKind::Header) };

    /// (id: i32): a new object of this canonical type, which is that of the type in the immediate; zero except for its
    /// header. May collect. Traps if there is no room.
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

    // Atomic accesses of linear memory, which are checked before: in bounds, aligned. Imm::Heap; ty = i32 | i64.
    // Sequentially consistent; other accesses do not move across them. Narrow ones use the lower bits of their
    // operands, and the old contents of memory come zero-extended.
    /// (base: ptr, index: i64)
    AtomicLoad: atomic("atomic_load", &[PTR, I64]);
    /// (value: ty, base: ptr, index: i64)
    AtomicStore: atomic("atomic_store", &[Ty, PTR, I64]).results(Results::None);
    /// The same; the old value.
    AtomicAdd: atomic("atomic_add", &[Ty, PTR, I64]);
    /// As `atomic_add`, conjunction.
    AtomicAnd: atomic("atomic_and", &[Ty, PTR, I64]);
    /// As `atomic_add`, disjunction.
    AtomicOr: atomic("atomic_or", &[Ty, PTR, I64]);
    /// As `atomic_add`, exclusive disjunction.
    AtomicXor: atomic("atomic_xor", &[Ty, PTR, I64]);
    /// As `atomic_add`, exchange.
    AtomicXchg: atomic("atomic_xchg", &[Ty, PTR, I64]);
    /// (expected: ty, new: ty, base: ptr, index: i64): stores `new` if memory holds the lower bits of `expected`; the
    /// old value.
    AtomicCas: atomic("atomic_cas", &[Ty, Ty, PTR, I64]);
    /// Accesses of linear memory do not move across it.
    Fence: marker("fence");

    // Traps. Imm::Trap. An optional last argument (i32 or i64) is the detail number.
    /// (cond: i32, optionally a detail)
    TrapNz: check("trapnz");
    /// As `trapnz`, if the condition is 0.
    TrapZ: check("trapz");

    // Calls. Arguments exclude the context. Imm::Func, Imm::Sig, Imm::Libcall.
    /// (args…): calls a function that the module defines.
    Call: call("call", Args::Sig(&[]), ImmKind::Func);
    /// (callee: ptr to VMFunc, not null and of the right type, args…)
    CallRef: call("call_ref", Args::Sig(&[PTR]), ImmKind::Sig);
    /// (args: i32 or i64 or ptr or r32, up to five; 32-bit ones are zero-extended by this operation). The value, if it
    /// has one.
    Libcall: call("libcall", Args::Libcall, ImmKind::Libcall).results(Results::I64);
    /// Interrupt check at a loop header.
    Poll: marker("poll");
    /// The exnref that was caught; first in a landing block.
    LandingPad: marker("landing_pad").results(Results::Ref32);

    // Terminators.
    /// To the only target.
    Jump: branch("jump", &[]);
    /// (cond: i32): then, else.
    BrIf: branch("brif", &[I32]);
    /// (index: i32, unsigned): targets, the last one being the default.
    BrTable: branch("br_table", &[I32]);
    /// (results…)
    Return: exit("return", Args::Results, ImmKind::None);
    /// Imm::Trap, (optionally a detail)
    TrapNow: exit("trap", Args::Detail(&[]), ImmKind::Trap);
    /// Imm::Func, (args…)
    ReturnCall: exit("return_call", Args::Sig(&[]), ImmKind::Func);
    /// Imm::Sig, (callee, args…)
    ReturnCallRef: exit("return_call_ref", Args::Sig(&[PTR]), ImmKind::Sig);
    /// As `call`.
    TryCall: throwing("try_call", Args::Sig(&[]), ImmKind::Func, Results::Sig);
    /// As `call_ref`.
    TryCallRef: throwing("try_call_ref", Args::Sig(&[PTR]), ImmKind::Sig, Results::Sig);
    /// As `libcall`, for one that runs other code, which may throw: see [`may_throw`].
    TryLibcall: throwing("try_libcall", Args::Libcall, ImmKind::Libcall, Results::I64);
    /// (exnref, not null)
    Throw: throwing("throw", Args::Fixed(&[REF]), ImmKind::None, Results::None);
}

impl Op {
    /// The row of the operation in the table.
    #[inline]
    pub fn row(self) -> &'static OpRow {
        &ROWS[self as usize]
    }

    /// The name in the text form.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The operation with this name.
    pub fn from_name(name: &str) -> Option<Op> {
        Op::ALL.iter().copied().find(|op| op.name() == name)
    }

    /// The side effects.
    #[inline]
    pub fn effect(self) -> Effect {
        EFFECTS[self as usize]
    }

    /// The kind of operation.
    pub fn class(self) -> OpClass {
        self.row().class
    }

    /// The types of the results.
    pub fn results(self) -> Results {
        self.row().results
    }

    /// The type of the only result; `None` if there is no result or the signature determines the results.
    pub fn result_type(self, ty: Type) -> Option<Type> {
        match self.results() {
            Results::None | Results::Sig => None,
            Results::Ty => Some(ty),
            Results::I32 => Some(Type::I32),
            Results::Ref32 => Some(Type::Ref32),
            Results::I64 => Some(Type::I64),
        }
    }

    /// Whether the arguments and signature do not determine the instruction's type, so that it has to be printed.
    pub fn is_typed(self) -> bool {
        !matches!(self.effect(), Effect::Call | Effect::Trap | Effect::Terminator)
    }

    /// Whether this is a terminator whose exceptions go to landing blocks.
    pub fn is_throwing(self) -> bool {
        self.class() == OpClass::Throwing
    }

    /// Whether this is an atomic access to linear memory.
    pub fn is_atomic(self) -> bool {
        self.class() == OpClass::Atomic
    }

    /// The arguments and shapes, if the operation works on lanes at this controlling type.
    pub fn form(self, ty: Type) -> Option<VectorForm> {
        // An extraction has the type of the lane.
        self.row().form.filter(|_| ty == Type::V128 || self == Op::VExtract)
    }

    /// The kind of immediate at this controlling type.
    pub fn imm_kind(self, ty: Type) -> ImmKind {
        self.form(ty).map_or(self.row().imm, |form| form.imm)
    }

    /// Whether the operation exists at this controlling type, on scalars or on lanes. `imm` is its immediate, which must
    /// have the right kind.
    pub fn has_type(self, ty: Type, imm: Imm) -> bool {
        match self.form(ty) {
            Some(_) => self != Op::VExtract || shape_of(imm).map(Shape::lane_type) == Some(ty),
            None => self.row().types.contains(&ty),
        }
    }

    /// The arguments of an operation with a fixed number of arguments.
    pub fn fixed_args(self) -> &'static [Arg] {
        match self.row().args {
            Args::Fixed(args) => args,
            _ => &[],
        }
    }

    /// The controlling types and argument types of the operation on scalars, if it has a fixed number of arguments.
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

/// Whether a libcall may end with an exception thrown by code that it runs: libcalls that leave the stack.
pub fn may_throw(libcall: Libcall) -> bool {
    matches!(libcall, Libcall::Resume | Libcall::ResumeThrow | Libcall::Suspend | Libcall::Switch)
}
