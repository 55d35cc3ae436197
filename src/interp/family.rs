//! The translations of operators: the opcodes of an operation, by where its operands are. The [table](super::opcodes)
//! makes a [`Family`] of each of its operators, and the translator chooses from it.

use super::evaluate::*;
use super::handlers::Op;
use super::lanes::*;
use super::opcodes::*;
use super::shapes::{Binary, Compare, LoadOp, Opposite, StoreOp, Unary};
use super::vector_shapes::{Extract, Lanes};
use pastey::paste;
use wasmparser::Operator;

/// Opcodes of a binary operation that can neither trap nor yield two values, by where its operands are. For a
/// comparison: those that yield its value.
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

/// The negation of a comparison.
#[derive(Debug)]
pub enum Negation {
    /// Another comparison.
    Opposite(fn() -> &'static Cmp),
    /// Not a comparison, because of NaN: these opcodes branch if the comparison does not hold.
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

/// Loads: from memory 0 by the width of its addresses, and from any memory.
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
    /// `None` for vectors, which have no accumulator.
    pub sa: Option<Op>,
    /// For an immediate: address in a slot, in the accumulator.
    pub constant: Option<(Op, Op)>,
    pub sum: Op,
}

/// The translation of a WebAssembly operator. The class of the result is that of its accumulator.
#[derive(Clone, Copy, Debug)]
pub enum Family {
    Bin(&'static Bin, ValueClass, ValueClass),
    Cmp(&'static Cmp, ValueClass),
    /// Operand, result.
    Un(&'static Un, ValueClass, ValueClass),
    Load(&'static LoadFamily, ValueClass),
    Store(&'static StoreFamily, ValueClass),
    Lanes(&'static LaneOp),
    Shift(&'static ShiftOp),
    /// The class of the number that a lane is.
    Extract(Op, ValueClass),
    Replace(Op),
    LoadLane(Op),
    StoreLane(Op),
}

/// An operation on vectors in slots.
#[derive(Debug)]
pub struct LaneOp {
    pub op: Op,
    pub operands: &'static [ValueClass],
    pub result: ValueClass,
}

/// A shift of lanes, by a slot or by a constant.
#[derive(Debug)]
pub struct ShiftOp {
    pub v: Op,
    pub k: Op,
}

/// The accumulator that a value goes through. References go with the integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueClass {
    Int32,
    Int64,
    F32,
    F64,
    /// The first slot of a vector. There is no accumulator for it.
    V128,
    /// The second slot.
    V128High,
}

impl ValueClass {
    /// The number of slots of a value whose first slot is of this class.
    pub fn slots(self) -> usize {
        if self == ValueClass::V128 { 2 } else { 1 }
    }
}

/// A type whose values go through an accumulator, or through no accumulator.
trait Classed {
    const CLASS: ValueClass;
}
impl Classed for u32 {
    const CLASS: ValueClass = ValueClass::Int32;
}
impl Classed for u64 {
    const CLASS: ValueClass = ValueClass::Int64;
}
impl Classed for f32 {
    const CLASS: ValueClass = ValueClass::F32;
}
impl Classed for f64 {
    const CLASS: ValueClass = ValueClass::F64;
}

macro_rules! vectors {
    ($($t:ty),*) => {$(impl Classed for $t {
        const CLASS: ValueClass = ValueClass::V128;
    })*};
}
vectors!(U8x16, U16x8, U32x4, U64x2, I8x16, I16x8, I32x4, I64x2, F32x4, F64x2);

/// An operator, with the opcodes that it translates to.
trait Translated {
    fn family() -> Family;
}

/// A comparison.
trait Comparison {
    fn comparison() -> &'static Cmp;
}

macro_rules! families {
    ([$($kind:ident $rows:tt)*]) => { $(rows!($kind $rows);)* };
}

macro_rules! rows {
    (instructions $rows:tt) => {};
    ($kind:ident { $([$($prefix:ident)*] $name:ident $text:literal $args:tt -> $result:tt $body:tt)* }) => { paste! {
        $($(family!($kind [<$prefix $name>]);)*)*
    } };
    ($kind:ident { $([$($prefix:ident)*] $name:ident $text:literal $lane:ident)* }) => { paste! {
        $($(family!($kind [<$prefix $name>]);)*)*
    } };
}

/// The family of one operator: the opcodes of its kind.
macro_rules! family {
    (commutative $w:ident) => { family!(@binary $w, None); };
    (binary $w:ident) => { paste! { family!(@binary $w, Some(Op::[<$w Sa>])); } };
    (float_binary $w:ident) => { paste! { family!(@binary $w, Some(Op::[<$w Sa>])); } };
    (@binary $w:ident, $sa:expr) => { paste! {
        family!(@of $w, {
            static F: Bin = Bin {
                ss: Op::[<$w Ss>],
                sk: Some(Op::[<$w Sk>]),
                as_: Op::[<$w As>],
                sa: $sa,
                ak: Some(Op::[<$w Ak>]),
            };
            Family::Bin(&F, class!($w Binary A), class!($w Binary R))
        });
    } };
    (compare $w:ident) => { paste! {
        family!(@compare $w, Cmp {
            value: Bin {
                ss: Op::[<$w Ss>],
                sk: Some(Op::[<$w Sk>]),
                as_: Op::[<$w As>],
                sa: None,
                ak: Some(Op::[<$w Ak>]),
            },
            branch: Branches {
                ss: Op::[<$w BrSs>],
                sk: Some(Op::[<$w BrSk>]),
                as_: Op::[<$w BrAs>],
                ak: Some(Op::[<$w BrAk>]),
            },
            swap: <$w as Compare>::Swapped::comparison,
            not: Negation::Opposite(<$w as Opposite>::Not::comparison),
        });
    } };
    (float_compare $w:ident) => { paste! {
        family!(@compare $w, Cmp {
            value: Bin { ss: Op::[<$w Ss>], sk: None, as_: Op::[<$w As>], sa: None, ak: None },
            branch: Branches { ss: Op::[<$w BrSs>], sk: None, as_: Op::[<$w BrAs>], ak: None },
            swap: <$w as Compare>::Swapped::comparison,
            not: Negation::Branch(Branches { ss: Op::[<$w BnSs>], sk: None, as_: Op::[<$w BnAs>], ak: None }),
        });
    } };
    (@compare $w:ident, $cmp:expr) => {
        impl Comparison for $w {
            fn comparison() -> &'static Cmp {
                static F: Cmp = $cmp;
                &F
            }
        }
        family!(@of $w, { Family::Cmp($w::comparison(), class!($w Compare A)) });
    };
    (unary $w:ident) => { paste! {
        family!(@of $w, {
            static F: Un = Un { s: Op::[<$w S>], a: Op::[<$w A>] };
            Family::Un(&F, class!($w Unary A), class!($w Unary R))
        });
    } };
    (load $w:ident) => { paste! {
        family!(@of $w, {
            static F: LoadFamily = LoadFamily {
                narrow: Loads { s: Op::[<$w S>], a: Op::[<$w A>], sum: Op::[<$w Ss>] },
                wide: Loads { s: Op::[<$w W>], a: Op::[<$w Wa>], sum: Op::[<$w Wss>] },
                m: Op::[<$w M>],
            };
            Family::Load(&F, class!($w LoadOp R))
        });
    } };
    (store $w:ident) => { paste! {
        family!(@store $w,
            Some(Op::[<$w Sa>]), Some((Op::[<$w Sk>], Op::[<$w Ak>])),
            Some(Op::[<$w Wsa>]), Some((Op::[<$w Wsk>], Op::[<$w Wak>])));
    } };
    (vector_store $w:ident) => { family!(@store $w, None, None, None, None); };
    (@store $w:ident, $sa:expr, $constant:expr, $wide_sa:expr, $wide_constant:expr) => { paste! {
        family!(@of $w, {
            static F: StoreFamily = StoreFamily {
                narrow: Stores {
                    ss: Op::[<$w Ss>],
                    as_: Op::[<$w As>],
                    sa: $sa,
                    constant: $constant,
                    sum: Op::[<$w Sss>],
                },
                wide: Stores {
                    ss: Op::[<$w Wss>],
                    as_: Op::[<$w Was>],
                    sa: $wide_sa,
                    constant: $wide_constant,
                    sum: Op::[<$w Wsss>],
                },
                m: Op::[<$w M>],
            };
            Family::Store(&F, class!($w StoreOp V))
        });
    } };
    (vector_unary $w:ident) => { family!(@lanes $w, [class!($w Lanes A)]); };
    (vector_binary $w:ident) => { family!(@lanes $w, [class!($w Lanes A), class!($w Lanes B)]); };
    (vector_ternary $w:ident) => {
        family!(@lanes $w, [class!($w Lanes A), class!($w Lanes B), class!($w Lanes C)]);
    };
    (@lanes $w:ident, $operands:expr) => { paste! {
        family!(@of $w, {
            static F: LaneOp = LaneOp { op: Op::[<$w V>], operands: &$operands, result: class!($w Lanes R) };
            Family::Lanes(&F)
        });
    } };
    (shift $w:ident) => { paste! {
        family!(@of $w, {
            static F: ShiftOp = ShiftOp { v: Op::[<$w V>], k: Op::[<$w K>] };
            Family::Shift(&F)
        });
    } };
    (extract_lane $w:ident) => { paste! {
        family!(@of $w, { Family::Extract(Op::[<$w V>], class!($w Extract R)) });
    } };
    (replace_lane $w:ident) => { paste! { family!(@of $w, { Family::Replace(Op::[<$w V>]) }); } };
    (load_lane $w:ident) => { paste! { family!(@of $w, { Family::LoadLane(Op::[<$w V>]) }); } };
    (store_lane $w:ident) => { paste! { family!(@of $w, { Family::StoreLane(Op::[<$w V>]) }); } };
    (@of $w:ident, $family:block) => {
        impl Translated for $w {
            fn family() -> Family $family
        }
    };
}

/// The class of an operand or result of an operator.
macro_rules! class {
    ($w:ident $kind:ident $value:ident) => {
        <<$w as $kind>::$value as Classed>::CLASS
    };
}
for_each_row!(families);

macro_rules! lookup {
    ([$($prefix:ident $name:ident $modes:tt)*] $instructions:tt) => { paste! {
        /// All operators of the table: name in the text format, family.
        #[cfg(test)]
        pub fn families() -> Vec<(&'static str, Family)> {
            use super::shapes::Named;
            vec![$(([<$prefix $name>]::NAME, [<$prefix $name>]::family()),)*]
        }

        /// The family that a WebAssembly operator belongs to.
        pub fn family_of(operator: &Operator<'_>) -> Option<Family> {
            Some(match operator {
                $(Operator::[<$prefix $name>] { .. } => [<$prefix $name>]::family(),)*
                _ => return None,
            })
        }
    } };
}
for_each_opcode!(lookup);

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

/// The amount that adding or subtracting a constant adds, if the family is an addition or subtraction.
pub fn i32_step(f: &Bin, imm: i32) -> Option<i32> {
    match f.ss {
        Op::I32AddSs => Some(imm),
        Op::I32SubSs => Some(imm.wrapping_neg()),
        _ => None,
    }
}

/// `i32.eq`, of which `i32.eqz` is a special case.
pub fn i32_eq() -> &'static Cmp {
    I32Eq::comparison()
}

/// `i64.eq`.
pub fn i64_eq() -> &'static Cmp {
    I64Eq::comparison()
}
