//! All rewrite rules, in one table.
//!
//! A rule is `name: TYPES, pattern => replacement [, when GUARD] [, k = COMPUTE] [, l = COMPUTE];`. `TYPES` are the
//! result types (for comparisons: the argument types) at which the rule holds; a rule that holds at one width only names
//! only that width. In patterns, `x y z` are any values (the same letter twice: the same value), `c d` are integer, float
//! or reference constants, `0 1 ones` are that constant at the width of its place, and `cc` is any comparison condition.
//! In replacements, `k l` are computed constants, and `inv` and `swap` are the captured condition inverted or with its
//! operands exchanged. Guards and computations get a [`Consts`].
//!
//! Constants are on the right of commutative operations: the `*_const_right` rules, which are generated from the
//! operation table, move them there, and the other rules rely on it. No rule undoes another, so repeated folding
//! terminates.
//!
//! A rule holds wherever its pattern is defined. A guarded operation in it (a division) is defined only where a check
//! dominates it, and no rule moves one.

use super::super::ir::ops::{Arg, Results};
use super::super::ir::{Function, Imm, IntCond, Op, Type, Value};
use super::expr::{Expr, Folded};
use std::sync::LazyLock;

pub(crate) mod print;

/// The condition of a comparison in a pattern or a replacement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cond {
    /// For operations that are not comparisons.
    None,
    /// This condition.
    Int(IntCond),
    /// Any condition; it is captured.
    Any,
    /// In a replacement: the captured condition.
    Same,
    /// The inverse of the captured condition.
    Inverse,
    /// The captured condition with exchanged operands.
    Swapped,
}

/// A pattern.
#[derive(Clone, Copy, Debug)]
pub enum Pat {
    /// Any value: `x`, `y` or `z`, by number.
    Var(u8),
    /// Any constant: `c` or `d`, by number.
    Const(u8),
    /// 0, 1 or -1 (all ones).
    Lit(i64),
    /// An operation on patterns.
    Op(Op, Cond, &'static [Pat]),
}

/// A replacement.
#[derive(Clone, Copy, Debug)]
pub enum Rhs {
    /// A captured value, by number.
    Var(u8),
    /// A captured constant, by number.
    Const(u8),
    /// 0, 1 or -1 (all ones).
    Lit(i64),
    /// A computed constant: `k` or `l`, by number.
    Computed(u8),
    /// An operation on replacements.
    Op(Op, Cond, &'static [Rhs]),
}

/// The constants of a match.
#[derive(Clone, Copy, Debug)]
pub struct Consts {
    /// Width of the rule's type in bits.
    pub width: u64,
    /// `c` and `d`, zero-extended.
    pub c: u64,
    /// The second constant.
    pub d: u64,
    /// The captured integer condition.
    pub cond: Option<IntCond>,
}

impl Consts {
    /// All ones at that width.
    pub fn ones(&self) -> u64 {
        u64::MAX >> (64 - self.width)
    }

    /// Whether a shift count is less than the width.
    fn in_range(&self, count: u64) -> bool {
        count < self.width
    }

    fn power_of_two(&self, bits: u64) -> bool {
        (bits & self.ones()).is_power_of_two()
    }
}

type Guard = fn(&Consts) -> bool;
type Compute = fn(&Consts) -> u64;

/// A rewrite rule; see the module docs.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// A unique name.
    pub name: &'static str,
    /// The types at which the rule holds.
    pub types: &'static [Type],
    /// The expression to replace.
    pub pattern: Pat,
    /// Its replacement.
    pub replacement: Rhs,
    /// The guard, if the rule does not always hold.
    pub when: Option<Guard>,
    /// Computations of `k` and `l`.
    pub computed: [Option<Compute>; 2],
    /// The source text of the guard and of the computations, for proofs and listings; empty where absent.
    pub source: [&'static str; 3],
}

macro_rules! pat {
    (x) => { Pat::Var(0) };
    (y) => { Pat::Var(1) };
    (z) => { Pat::Var(2) };
    (c) => { Pat::Const(0) };
    (d) => { Pat::Const(1) };
    (ones) => { Pat::Lit(-1) };
    ($lit:literal) => { Pat::Lit($lit) };
    ((ICmp cc $($arg:tt)*)) => { Pat::Op(Op::ICmp, Cond::Any, &[$(pat!($arg)),*]) };
    ((ICmp $cond:ident $($arg:tt)*)) => { Pat::Op(Op::ICmp, Cond::Int(IntCond::$cond), &[$(pat!($arg)),*]) };
    ((FCmp cc $($arg:tt)*)) => { Pat::Op(Op::FCmp, Cond::Any, &[$(pat!($arg)),*]) };
    (($op:ident $($arg:tt)*)) => { Pat::Op(Op::$op, Cond::None, &[$(pat!($arg)),*]) };
}

macro_rules! rhs {
    (x) => { Rhs::Var(0) };
    (y) => { Rhs::Var(1) };
    (z) => { Rhs::Var(2) };
    (c) => { Rhs::Const(0) };
    (d) => { Rhs::Const(1) };
    (k) => { Rhs::Computed(0) };
    (l) => { Rhs::Computed(1) };
    (ones) => { Rhs::Lit(-1) };
    ($lit:literal) => { Rhs::Lit($lit) };
    ((ICmp cc $($arg:tt)*)) => { Rhs::Op(Op::ICmp, Cond::Same, &[$(rhs!($arg)),*]) };
    ((ICmp inv $($arg:tt)*)) => { Rhs::Op(Op::ICmp, Cond::Inverse, &[$(rhs!($arg)),*]) };
    ((ICmp swap $($arg:tt)*)) => { Rhs::Op(Op::ICmp, Cond::Swapped, &[$(rhs!($arg)),*]) };
    ((ICmp $cond:ident $($arg:tt)*)) => { Rhs::Op(Op::ICmp, Cond::Int(IntCond::$cond), &[$(rhs!($arg)),*]) };
    ((FCmp cc $($arg:tt)*)) => { Rhs::Op(Op::FCmp, Cond::Same, &[$(rhs!($arg)),*]) };
    (($op:ident $($arg:tt)*)) => { Rhs::Op(Op::$op, Cond::None, &[$(rhs!($arg)),*]) };
}

macro_rules! optional {
    () => {
        None
    };
    ($e:expr) => {
        Some($e)
    };
}

macro_rules! rules {
    ($($name:ident: $types:ident, $pat:tt => $rhs:tt $(, when $when:expr)? $(, k = $k:expr)? $(, l = $l:expr)?;)*) => {
        &[$(Rule {
            name: stringify!($name),
            types: $types,
            pattern: pat!($pat),
            replacement: rhs!($rhs),
            when: optional!($($when)?),
            computed: [optional!($($k)?), optional!($($l)?)],
            source: [concat!($(stringify!($when))?), concat!($(stringify!($k))?), concat!($(stringify!($l))?)],
        }),*]
    };
}

const I32: &[Type] = &[Type::I32];
const I64: &[Type] = &[Type::I64];
const PTR: &[Type] = &[Type::Ptr];
const INT: &[Type] = &[Type::I32, Type::I64];
const INT_PTR: &[Type] = &[Type::I32, Type::I64, Type::Ptr];
/// The types that can be compared for equality.
const EQ: &[Type] = &[Type::I32, Type::I64, Type::Ref32, Type::Ptr];
const F32: &[Type] = &[Type::F32];
const F64: &[Type] = &[Type::F64];
const FLOAT: &[Type] = &[Type::F32, Type::F64];
/// The types that `bitcast` converts between.
const BITS: &[Type] = &[Type::I32, Type::I64, Type::F32, Type::F64, Type::Ptr];
const ANY: &[Type] = &[Type::I32, Type::I64, Type::F32, Type::F64, Type::Ref32, Type::Ptr];

/// The rules in the table below.
const WRITTEN: &[Rule] = rules! {
    // Constants to the right; those of commutative operations are made from the table of operations.
    icmp_const_right: EQ, (ICmp cc c x) => (ICmp swap x c);

    // Sums.
    iadd_zero: INT_PTR, (IAdd x 0) => x;
    iadd_iadd: INT_PTR, (IAdd (IAdd x c) d) => (IAdd x k), k = |m| m.c.wrapping_add(m.d);
    iadd_isub_const: INT, (IAdd (ISub c x) d) => (ISub k x), k = |m| m.c.wrapping_add(m.d);
    iadd_neg_left: INT, (IAdd (ISub 0 x) y) => (ISub y x);
    iadd_neg_right: INT, (IAdd x (ISub 0 y)) => (ISub x y);
    iadd_isub_cancel: INT, (IAdd (ISub x y) y) => x;
    iadd_isub_cancel_right: INT, (IAdd y (ISub x y)) => x;
    isub_zero: INT_PTR, (ISub x 0) => x;
    isub_self: INT, (ISub x x) => 0;
    isub_const: INT, (ISub x c) => (IAdd x k), k = |m| m.c.wrapping_neg();
    isub_const_ptr: PTR, (ISub x c) => (IAdd x k), k = |m| m.c.wrapping_neg();
    isub_iadd_const: INT, (ISub c (IAdd x d)) => (ISub k x), k = |m| m.c.wrapping_sub(m.d);
    isub_isub_const: INT, (ISub c (ISub d x)) => (IAdd x k), k = |m| m.c.wrapping_sub(m.d);
    isub_neg: INT, (ISub x (ISub 0 y)) => (IAdd x y);
    isub_iadd_cancel: INT, (ISub (IAdd x y) y) => x;
    isub_iadd_cancel_left: INT, (ISub (IAdd x y) x) => y;

    // Products.
    imul_zero: INT, (IMul x 0) => 0;
    imul_one: INT, (IMul x 1) => x;
    imul_ones: INT, (IMul x ones) => (ISub 0 x);
    imul_power: INT, (IMul x c) => (Shl x k), when |m| m.power_of_two(m.c), k = |m| m.c.trailing_zeros().into();
    imul_imul: INT, (IMul (IMul x c) d) => (IMul x k), k = |m| m.c.wrapping_mul(m.d);
    imul_shl: INT, (IMul (Shl x c) d) => (IMul x k),
        when |m| m.in_range(m.c), k = |m| m.d.wrapping_shl(m.c as u32);
    smulhi_zero: I64, (SMulHi x 0) => 0;
    smulhi_one: I64, (SMulHi x 1) => (ShrS x k), k = |m| m.width - 1;
    umulhi_zero: I64, (UMulHi x 0) => 0;
    umulhi_one: I64, (UMulHi x 1) => 0;
    umulhi_power: I64, (UMulHi x c) => (ShrU x k),
        when |m| m.power_of_two(m.c) && m.c != 1, k = |m| m.width - u64::from(m.c.trailing_zeros());

    // Divisions; signed ones by powers of two need several instructions: see the pass `division`.
    sdiv_one: INT, (SDiv x 1) => x;
    udiv_one: INT, (UDiv x 1) => x;
    udiv_power: INT, (UDiv x c) => (ShrU x k), when |m| m.power_of_two(m.c), k = |m| m.c.trailing_zeros().into();
    srem_one: INT, (SRem x 1) => 0;
    srem_ones: INT, (SRem x ones) => 0;
    urem_one: INT, (URem x 1) => 0;
    urem_power: INT, (URem x c) => (And x k), when |m| m.power_of_two(m.c), k = |m| m.c - 1;

    // Bits.
    and_zero: INT, (And x 0) => 0;
    and_ones: INT, (And x ones) => x;
    and_self: INT, (And x x) => x;
    and_and: INT, (And (And x c) d) => (And x k), k = |m| m.c & m.d;
    and_absorb: INT, (And x (Or x y)) => x;
    and_shr_u: INT, (And (ShrU x c) d) => (ShrU x c),
        when |m| m.in_range(m.c) && !m.d & (m.ones() >> m.c) == 0;
    or_zero: INT, (Or x 0) => x;
    or_ones: INT, (Or x ones) => ones;
    or_self: INT, (Or x x) => x;
    or_or: INT, (Or (Or x c) d) => (Or x k), k = |m| m.c | m.d;
    or_absorb: INT, (Or x (And x y)) => x;
    or_rotate: INT, (Or (Shl x c) (ShrU x d)) => (Rotl x c),
        when |m| m.in_range(m.c) && m.in_range(m.d) && m.c + m.d == m.width;
    or_rotate_right: INT, (Or (ShrU x d) (Shl x c)) => (Rotl x c),
        when |m| m.in_range(m.c) && m.in_range(m.d) && m.c + m.d == m.width;
    xor_zero: INT, (Xor x 0) => x;
    xor_self: INT, (Xor x x) => 0;
    xor_xor: INT, (Xor (Xor x c) d) => (Xor x k), k = |m| m.c ^ m.d;
    xor_cancel: INT, (Xor (Xor x y) y) => x;
    xor_cancel_left: INT, (Xor (Xor x y) x) => y;
    xor_icmp_one: I32, (Xor (ICmp cc x y) 1) => (ICmp inv x y);
    and_icmp_one: I32, (And (ICmp cc x y) 1) => (ICmp cc x y);

    // Shifts. Counts are taken modulo the width first, so that the other rules see them in range.
    shl_count: INT, (Shl x c) => (Shl x k), when |m| m.c >= m.width, k = |m| m.c & (m.width - 1);
    shr_s_count: INT, (ShrS x c) => (ShrS x k), when |m| m.c >= m.width, k = |m| m.c & (m.width - 1);
    shr_u_count: INT, (ShrU x c) => (ShrU x k), when |m| m.c >= m.width, k = |m| m.c & (m.width - 1);
    rotl_count: INT, (Rotl x c) => (Rotl x k), when |m| m.c >= m.width, k = |m| m.c & (m.width - 1);
    rotr_const: INT, (Rotr x c) => (Rotl x k), k = |m| m.c.wrapping_neg() & (m.width - 1);
    shl_zero: INT, (Shl x 0) => x;
    shr_s_zero: INT, (ShrS x 0) => x;
    shr_u_zero: INT, (ShrU x 0) => x;
    rotl_zero: INT, (Rotl x 0) => x;
    zero_shl: INT, (Shl 0 x) => 0;
    zero_shr_s: INT, (ShrS 0 x) => 0;
    zero_shr_u: INT, (ShrU 0 x) => 0;
    zero_rotl: INT, (Rotl 0 x) => 0;
    zero_rotr: INT, (Rotr 0 x) => 0;
    ones_shr_s: INT, (ShrS ones x) => ones;
    ones_rotl: INT, (Rotl ones x) => ones;
    ones_rotr: INT, (Rotr ones x) => ones;
    // A count needs no mask of its own: shifts mask it.
    shl_masked: INT, (Shl x (And y c)) => (Shl x y), when |m| m.c & (m.width - 1) == m.width - 1;
    shr_s_masked: INT, (ShrS x (And y c)) => (ShrS x y), when |m| m.c & (m.width - 1) == m.width - 1;
    shr_u_masked: INT, (ShrU x (And y c)) => (ShrU x y), when |m| m.c & (m.width - 1) == m.width - 1;
    rotl_masked: INT, (Rotl x (And y c)) => (Rotl x y), when |m| m.c & (m.width - 1) == m.width - 1;
    rotr_masked: INT, (Rotr x (And y c)) => (Rotr x y), when |m| m.c & (m.width - 1) == m.width - 1;
    shl_shl: INT, (Shl (Shl x c) d) => (Shl x k),
        when |m| m.in_range(m.c) && m.in_range(m.d) && m.c + m.d < m.width, k = |m| m.c.wrapping_add(m.d);
    shl_shl_out: INT, (Shl (Shl x c) d) => 0,
        when |m| m.in_range(m.c) && m.in_range(m.d) && m.c + m.d >= m.width;
    shr_u_shr_u: INT, (ShrU (ShrU x c) d) => (ShrU x k),
        when |m| m.in_range(m.c) && m.in_range(m.d) && m.c + m.d < m.width, k = |m| m.c.wrapping_add(m.d);
    shr_u_shr_u_out: INT, (ShrU (ShrU x c) d) => 0,
        when |m| m.in_range(m.c) && m.in_range(m.d) && m.c + m.d >= m.width;
    shr_s_shr_s: INT, (ShrS (ShrS x c) d) => (ShrS x k),
        when |m| m.in_range(m.c) && m.in_range(m.d), k = |m| (m.c + m.d).min(m.width - 1);
    rotl_rotl: INT, (Rotl (Rotl x c) d) => (Rotl x k), k = |m| m.c.wrapping_add(m.d) & (m.width - 1);
    shr_u_of_shl: INT, (ShrU (Shl x c) c) => (And x k), when |m| m.in_range(m.c), k = |m| m.ones() >> m.c;
    shl_of_shr_u: INT, (Shl (ShrU x c) c) => (And x k), when |m| m.in_range(m.c), k = |m| m.ones() << m.c;
    shl_of_shr_s: INT, (Shl (ShrS x c) c) => (And x k), when |m| m.in_range(m.c), k = |m| m.ones() << m.c;
    sext8_shifts: INT, (ShrS (Shl x c) c) => (SExt8 x), when |m| m.c == m.width - 8;
    sext16_shifts: INT, (ShrS (Shl x c) c) => (SExt16 x), when |m| m.c == m.width - 16;
    sext32_shifts: I64, (ShrS (Shl x c) c) => (SExt32 x), when |m| m.c == 32;

    // Sign extension within a width.
    sext8_sext8: INT, (SExt8 (SExt8 x)) => (SExt8 x);
    sext8_sext16: INT, (SExt8 (SExt16 x)) => (SExt8 x);
    sext8_sext32: I64, (SExt8 (SExt32 x)) => (SExt8 x);
    sext16_sext8: INT, (SExt16 (SExt8 x)) => (SExt8 x);
    sext16_sext16: INT, (SExt16 (SExt16 x)) => (SExt16 x);
    sext16_sext32: I64, (SExt16 (SExt32 x)) => (SExt16 x);
    sext32_sext8: I64, (SExt32 (SExt8 x)) => (SExt8 x);
    sext32_sext16: I64, (SExt32 (SExt16 x)) => (SExt16 x);
    sext32_sext32: I64, (SExt32 (SExt32 x)) => (SExt32 x);
    sext8_and: INT, (SExt8 (And x c)) => (SExt8 x), when |m| m.c & 0xff == 0xff;
    sext16_and: INT, (SExt16 (And x c)) => (SExt16 x), when |m| m.c & 0xffff == 0xffff;
    sext32_and: I64, (SExt32 (And x c)) => (SExt32 x), when |m| m.c & 0xffff_ffff == 0xffff_ffff;
    and_sext8: INT, (And (SExt8 x) c) => (And x c), when |m| m.c & !0xff == 0;
    and_sext16: INT, (And (SExt16 x) c) => (And x c), when |m| m.c & !0xffff == 0;
    and_sext32: I64, (And (SExt32 x) c) => (And x c), when |m| m.c & !0xffff_ffff == 0;

    // Between the widths. The upper half of an i32 is undefined, so none of these is a no-op by accident.
    wrap_zext: I32, (Wrap (ZExt x)) => x;
    wrap_sext: I32, (Wrap (SExt x)) => x;
    wrap_and: I32, (Wrap (And x c)) => (Wrap x), when |m| m.c & 0xffff_ffff == 0xffff_ffff;
    wrap_sext32: I32, (Wrap (SExt32 x)) => (Wrap x);
    sext_wrap: I64, (SExt (Wrap x)) => (SExt32 x);
    sext32_zext: I64, (SExt32 (ZExt x)) => (SExt x);
    sext32_sext: I64, (SExt32 (SExt x)) => (SExt x);
    and_zext: I64, (And (ZExt x) c) => (ZExt x), when |m| m.c & 0xffff_ffff == 0xffff_ffff;
    and_sext: I64, (And (SExt x) c) => (ZExt x), when |m| m.c == 0xffff_ffff;
    and_low32: I64, (And x c) => (ZExt (Wrap x)), when |m| m.c == 0xffff_ffff;
    sext_icmp: I64, (SExt (ICmp cc x y)) => (ZExt (ICmp cc x y));

    // Comparisons.
    icmp_self: EQ, (ICmp cc x x) => k, k = |m| u64::from(holds_for_equals(m.cond));
    icmp_ltu_zero: INT, (ICmp LtU x 0) => 0;
    icmp_geu_zero: INT, (ICmp GeU x 0) => 1;
    icmp_gtu_zero: INT, (ICmp GtU x 0) => (ICmp Ne x 0);
    icmp_leu_zero: INT, (ICmp LeU x 0) => (ICmp Eq x 0);
    icmp_ltu_one: INT, (ICmp LtU x 1) => (ICmp Eq x 0);
    icmp_geu_one: INT, (ICmp GeU x 1) => (ICmp Ne x 0);
    icmp_gtu_max: INT, (ICmp GtU x ones) => 0;
    icmp_leu_max: INT, (ICmp LeU x ones) => 1;
    icmp_gts_ones: INT, (ICmp GtS x ones) => (ICmp GeS x 0);
    icmp_les_ones: INT, (ICmp LeS x ones) => (ICmp LtS x 0);
    icmp_ne_icmp: I32, (ICmp Ne (ICmp cc x y) 0) => (ICmp cc x y);
    icmp_eq_icmp: I32, (ICmp Eq (ICmp cc x y) 0) => (ICmp inv x y);
    icmp_ne_fcmp: I32, (ICmp Ne (FCmp cc x y) 0) => (FCmp cc x y);
    icmp_eq_isub: INT, (ICmp Eq (ISub x y) 0) => (ICmp Eq x y);
    icmp_ne_isub: INT, (ICmp Ne (ISub x y) 0) => (ICmp Ne x y);
    icmp_eq_xor: INT, (ICmp Eq (Xor x y) 0) => (ICmp Eq x y);
    icmp_ne_xor: INT, (ICmp Ne (Xor x y) 0) => (ICmp Ne x y);
    icmp_eq_iadd: INT, (ICmp Eq (IAdd x c) d) => (ICmp Eq x k), k = |m| m.d.wrapping_sub(m.c);
    icmp_ne_iadd: INT, (ICmp Ne (IAdd x c) d) => (ICmp Ne x k), k = |m| m.d.wrapping_sub(m.c);
    icmp_eq_zext: I64, (ICmp Eq (ZExt x) c) => (ICmp Eq x c), when |m| m.c >> 32 == 0;
    icmp_ne_zext: I64, (ICmp Ne (ZExt x) c) => (ICmp Ne x c), when |m| m.c >> 32 == 0;
    icmp_eq_zext_out: I64, (ICmp Eq (ZExt x) c) => 0, when |m| m.c >> 32 != 0;
    icmp_ne_zext_out: I64, (ICmp Ne (ZExt x) c) => 1, when |m| m.c >> 32 != 0;
    icmp_ltu_zext: I64, (ICmp LtU (ZExt x) c) => (ICmp LtU x c), when |m| m.c >> 32 == 0;
    icmp_ltu_zext_in: I64, (ICmp LtU (ZExt x) c) => 1, when |m| m.c >> 32 != 0;
    icmp_gtu_zext: I64, (ICmp GtU (ZExt x) c) => (ICmp GtU x c), when |m| m.c >> 32 == 0;
    icmp_gtu_zext_out: I64, (ICmp GtU (ZExt x) c) => 0, when |m| m.c >> 32 != 0;
    icmp_zext_zext: I64, (ICmp cc (ZExt x) (ZExt y)) => (ICmp cc x y),
        when |m| !signed(m.cond);
    icmp_sext_sext: I64, (ICmp cc (SExt x) (SExt y)) => (ICmp cc x y);

    // Choices.
    select_true: ANY, (Select c x y) => x, when |m| m.c != 0;
    select_false: ANY, (Select 0 x y) => y;
    select_same: ANY, (Select x y y) => y;
    select_ne_zero: ANY, (Select (ICmp Ne x 0) y z) => (Select x y z);
    select_eq_zero: ANY, (Select (ICmp Eq x 0) y z) => (Select x z y);
    select_one_zero: I32, (Select x 1 0) => (ICmp Ne x 0);
    select_zero_one: I32, (Select x 0 1) => (ICmp Eq x 0);

    // Floats: only rewrites that never make, lose or quiet a NaN.
    fneg_fneg: FLOAT, (FNeg (FNeg x)) => x;
    fabs_fabs: FLOAT, (FAbs (FAbs x)) => (FAbs x);
    fabs_fneg: FLOAT, (FAbs (FNeg x)) => (FAbs x);
    fabs_fcopysign: FLOAT, (FAbs (FCopysign x y)) => (FAbs x);
    fcopysign_negative: FLOAT, (FCopysign x c) => (FNeg (FAbs x)), when |m| m.c >> (m.width - 1) == 1;
    fcopysign_positive: FLOAT, (FCopysign x c) => (FAbs x), when |m| m.c >> (m.width - 1) == 0;
    fcopysign_self: FLOAT, (FCopysign x x) => x;
    fcopysign_fabs: FLOAT, (FCopysign (FAbs x) y) => (FCopysign x y);
    fcopysign_fneg: FLOAT, (FCopysign (FNeg x) y) => (FCopysign x y);
    fdiv_power32: F32, (FDiv x c) => (FMul x k), when |m| reciprocal32(m.c).is_some(),
        k = |m| reciprocal32(m.c).unwrap_or(0);
    fdiv_power64: F64, (FDiv x c) => (FMul x k), when |m| reciprocal64(m.c).is_some(),
        k = |m| reciprocal64(m.c).unwrap_or(0);
    // Bits there and back.
    bitcast_bitcast: BITS, (Bitcast (Bitcast x)) => x;
};

/// Returns every rule. The order matters only among rules for one operation: the first that matches is applied.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    static CONST_RIGHT: LazyLock<Vec<Rule>> = LazyLock::new(|| {
        let commutative = Op::ALL.iter().copied().filter(|op| op.row().commutes);
        commutative.filter_map(const_right).collect()
    });
    CONST_RIGHT.iter().chain(WRITTEN)
}

/// Returns the rule that puts a constant on the right of a commutative operation; `None` if the operation exists only on
/// lanes.
fn const_right(op: Op) -> Option<Rule> {
    let one_type = |ty: &Type| arg_type(op, *ty, 0) == arg_type(op, *ty, 1);
    let types: Vec<Type> = op.row().types.iter().copied().filter(one_type).collect();
    // Leaked once per process.
    (!types.is_empty()).then(|| Rule {
        name: format!("{}_const_right", op.name()).leak(),
        types: types.leak(),
        pattern: Pat::Op(op, Cond::None, &[Pat::Const(0), Pat::Var(0)]),
        replacement: Rhs::Op(op, Cond::None, &[Rhs::Var(0), Rhs::Const(0)]),
        when: None,
        computed: [None; 2],
        source: [""; 3],
    })
}

fn signed(cond: Option<IntCond>) -> bool {
    cond.is_some_and(IntCond::is_signed)
}

fn holds_for_equals(cond: Option<IntCond>) -> bool {
    cond.is_some_and(IntCond::holds_for_equals)
}

/// The bits of 1/c if c is a power of two whose reciprocal is normal: then dividing by c and multiplying by the
/// reciprocal always round alike.
fn reciprocal32(bits: u64) -> Option<u64> {
    let exponent = bits >> 23 & 0xff;
    (bits & 0x7f_ffff == 0 && (1..=253).contains(&exponent)).then(|| bits & 1 << 31 | (254 - exponent) << 23)
}

fn reciprocal64(bits: u64) -> Option<u64> {
    let exponent = bits >> 52 & 0x7ff;
    (bits & ((1 << 52) - 1) == 0 && (1..=2045).contains(&exponent)).then(|| bits & 1 << 63 | (2046 - exponent) << 52)
}

/// Returns the rules that may match an operation with these arguments, in order: those with the operation at their root,
/// except those ruled out by its type, its condition or the definitions of its arguments.
pub fn candidates(f: &Function, op: Op, ty: Type, imm: Imm, args: &[Value]) -> impl Iterator<Item = &'static Rule> {
    let root = INDEX.roots[op as usize].as_deref();
    let mut left = root.map_or(0, |root| {
        let asked = args.iter().zip(&root.with).map(|(&arg, with)| with[INDEX.definition(f, arg)]);
        let cond = if let Imm::IntCond(cond) = imm { root.under[cond as usize] } else { u64::MAX };
        asked.fold(root.at[ty as usize] & cond, |left, with| left & with)
    });
    std::iter::from_fn(move || {
        let next = left.trailing_zeros() as usize;
        left &= left.wrapping_sub(1);
        root?.rules.get(next).copied()
    })
}

/// The rules by the operation at their root. With it, an instruction is compared with only one or two rules, not with all
/// rules for its operation.
struct Index {
    roots: Vec<Option<Box<Root>>>,
    /// For each operation, its number among the [`DEFINITIONS`]. Only operations below a pattern's root have their own
    /// number.
    definitions: Vec<u8>,
}

/// The rules with one operation at their root. Sets of rules are bit masks; the first rule has the lowest bit.
#[derive(Default)]
struct Root {
    rules: Vec<&'static Rule>,
    /// For each type, the rules that hold at it.
    at: [u64; Type::ALL.len()],
    /// For each condition, the rules for it or for any condition.
    under: [u64; IntCond::ALL.len()],
    /// For each argument and each definition of it, the rules whose patterns allow that definition.
    with: [[u64; DEFINITIONS]; 3],
}

/// The number of definitions of an argument that are distinguished: a definition that no pattern names, constants, and
/// each operation below a pattern's root.
const DEFINITIONS: usize = 32;
const OTHER: u8 = 0;
/// A constant that no pattern names. Those named in patterns follow.
const CONSTANT: u8 = 1;
const LITERALS: [i64; 3] = [0, 1, -1];
const FIRST_OPERATION: u8 = CONSTANT + 1 + LITERALS.len() as u8;

static INDEX: LazyLock<Index> = LazyLock::new(Index::new);

impl Index {
    fn new() -> Index {
        let mut index =
            Index { roots: Op::ALL.iter().map(|_| None).collect(), definitions: vec![OTHER; Op::ALL.len()] };
        let mut next = FIRST_OPERATION;
        for rule in all() {
            let Pat::Op(op, cond, args) = rule.pattern else { continue };
            let root = index.roots[op as usize].get_or_insert_default();
            let own = 1u64
                .checked_shl(root.rules.len() as u32)
                .expect("at most 64 rules have the same operation at the root");
            root.rules.push(rule);
            rule.types.iter().for_each(|&ty| root.at[ty as usize] |= own);
            for known in IntCond::ALL {
                if cond == Cond::Int(known) || cond == Cond::Any {
                    root.under[known as usize] |= own;
                }
            }
            for (with, pat) in root.with.iter_mut().zip(args) {
                match pat {
                    Pat::Var(_) => with.iter_mut().for_each(|rules| *rules |= own),
                    Pat::Const(_) => with[usize::from(CONSTANT)..usize::from(FIRST_OPERATION)]
                        .iter_mut()
                        .for_each(|rules| *rules |= own),
                    Pat::Lit(lit) => {
                        let number = LITERALS.iter().position(|known| known == lit).expect("a known literal");
                        with[usize::from(CONSTANT) + 1 + number] |= own;
                    }
                    Pat::Op(op, ..) => {
                        let number = &mut index.definitions[*op as usize];
                        if *number == OTHER {
                            *number = next;
                            next += 1;
                        }
                        with[usize::from(*number)] |= own;
                    }
                }
            }
        }
        index
    }

    fn definition(&self, f: &Function, value: Value) -> usize {
        let Some(inst) = f.def_inst(f.resolve(value)) else { return usize::from(OTHER) };
        let data = f.inst(inst);
        match data.imm {
            Imm::Const(bits) => {
                let number = LITERALS.iter().position(|&lit| literal(lit, data.ty) == bits);
                usize::from(CONSTANT) + number.map_or(0, |number| 1 + number)
            }
            _ => usize::from(self.definitions[data.op as usize]),
        }
    }
}

/// The type of argument `i` of a pure operation with this controlling type; `None` if it is free (the source of a
/// conversion between classes).
pub fn arg_type(op: Op, ty: Type, i: usize) -> Option<Type> {
    match op.fixed_args()[i] {
        // Rules concern integers.
        Arg::Word => Some(Type::I32),
        arg => arg.exact(ty),
    }
}

/// The bits of a literal at a type.
fn literal(lit: i64, ty: Type) -> u64 {
    lit as u64 & u64::MAX >> (64 - ty.bytes().min(8) * 8)
}

/// The captures of a pattern.
#[derive(Clone, Debug)]
pub struct Match {
    vars: [Option<Value>; 3],
    consts: [Option<u64>; 2],
    cond: Imm,
}

impl Match {
    /// Returns the rule's replacement for `op.ty imm args` if it matches.
    pub fn apply(f: &Function, rule: &Rule, op: Op, ty: Type, imm: Imm, args: &[Value]) -> Option<Folded> {
        if !rule.types.contains(&ty) {
            return None;
        }
        let mut m = Match { vars: [None; 3], consts: [None; 2], cond: Imm::None };
        if !m.operation(f, &rule.pattern, op, ty, imm, args) {
            return None;
        }
        let cond = match m.cond {
            Imm::IntCond(cond) => Some(cond),
            _ => None,
        };
        let width = u64::from(ty.bytes()) * 8;
        let consts = Consts { width, c: m.consts[0].unwrap_or(0), d: m.consts[1].unwrap_or(0), cond };
        if rule.when.is_some_and(|when| !when(&consts)) {
            return None;
        }
        let expr = m.replacement(f, rule, &rule.replacement, op.result_type(ty), &consts)?;
        Some(match expr {
            Expr::Value(value) => Folded::Value(value),
            Expr::Const(ty, bits) => Folded::Const(ty, bits),
            inst => Folded::Inst(inst),
        })
    }

    fn operation(&mut self, f: &Function, pat: &Pat, op: Op, ty: Type, imm: Imm, args: &[Value]) -> bool {
        let Pat::Op(want, cond, pats) = *pat else { return false };
        if want != op || args.len() != pats.len() {
            return false;
        }
        match cond {
            Cond::Int(cond) if imm != Imm::IntCond(cond) => return false,
            Cond::Any => self.cond = imm,
            _ => {}
        }
        pats.iter().enumerate().all(|(i, pat)| self.value(f, pat, args[i], arg_type(op, ty, i)))
    }

    fn value(&mut self, f: &Function, pat: &Pat, value: Value, expected: Option<Type>) -> bool {
        let value = f.resolve(value);
        if expected.is_some_and(|ty| ty != f.ty(value)) {
            return false;
        }
        match *pat {
            Pat::Var(i) => *self.vars[usize::from(i)].get_or_insert(value) == value,
            Pat::Const(i) => match f.as_const(value) {
                Some(bits) => *self.consts[usize::from(i)].get_or_insert(bits) == bits,
                None => false,
            },
            Pat::Lit(lit) => f.as_const(value) == Some(literal(lit, f.ty(value))),
            Pat::Op(..) => f.def_inst(value).is_some_and(|inst| {
                let data = f.inst(inst);
                self.operation(f, pat, data.op, data.ty, data.imm, &data.args)
            }),
        }
    }

    /// Returns the expression for a replacement of this type; `None` if the types do not fit (an `r32` in place of an `i32`).
    fn replacement(&self, f: &Function, rule: &Rule, rhs: &Rhs, want: Option<Type>, m: &Consts) -> Option<Expr> {
        let bits = match *rhs {
            Rhs::Var(i) => {
                let value = self.vars[usize::from(i)]?;
                return want.is_none_or(|ty| ty == f.ty(value)).then_some(Expr::Value(value));
            }
            Rhs::Op(op, cond, args) => {
                // Comparisons have the type of their arguments; all other operations have that of their result.
                let ty = match op.results() {
                    Results::I32 => self.type_of(f, args)?,
                    _ => want?,
                };
                let args = args.iter().enumerate();
                let args = args.map(|(i, arg)| self.replacement(f, rule, arg, arg_type(op, ty, i), m));
                return Some(Expr::Inst { op, ty, imm: self.condition(cond), args: args.collect::<Option<_>>()? });
            }
            Rhs::Const(i) => self.consts[usize::from(i)]?,
            Rhs::Computed(i) => rule.computed[usize::from(i)]?(m),
            Rhs::Lit(lit) => lit as u64,
        };
        let ty = want?;
        Some(Expr::Const(ty, bits & literal(-1, ty)))
    }

    fn type_of(&self, f: &Function, args: &[Rhs]) -> Option<Type> {
        args.iter().find_map(|arg| match arg {
            Rhs::Var(i) => Some(f.ty(self.vars[usize::from(*i)]?)),
            _ => None,
        })
    }

    fn condition(&self, cond: Cond) -> Imm {
        match (cond, self.cond) {
            (Cond::Int(cond), _) => Imm::IntCond(cond),
            (Cond::Inverse, Imm::IntCond(cond)) => Imm::IntCond(cond.inverse()),
            (Cond::Swapped, Imm::IntCond(cond)) => Imm::IntCond(cond.swapped()),
            (Cond::None, _) => Imm::None,
            (_, captured) => captured,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For numbers whose fraction is 0, 1, in the middle or all ones: there is a reciprocal exactly if it and the number
    /// are normal powers of two.
    #[test]
    fn reciprocals_are_those_that_the_cpu_computes() {
        for high in 0..1u64 << 9 {
            for low in [0, 1, 1 << 22, (1 << 23) - 1] {
                let bits = high << 23 | low;
                let x = f32::from_bits(bits as u32);
                let exact = low == 0 && x.is_normal() && x.recip().is_normal();
                assert_eq!(reciprocal32(bits), exact.then(|| u64::from(x.recip().to_bits())), "{x:e}");
            }
        }
        for high in 0..1u64 << 12 {
            for low in [0, 1, 1 << 51, (1 << 52) - 1] {
                let bits = high << 52 | low;
                let x = f64::from_bits(bits);
                let exact = low == 0 && x.is_normal() && x.recip().is_normal();
                assert_eq!(reciprocal64(bits), exact.then(|| x.recip().to_bits()), "{x:e}");
            }
        }
    }
}
