//! Opcodes, and what the [table](super::table) says of them.

use super::atomics::{self, Kind};
use super::calls;
use super::continuations;
use super::lanes::{self, *};
use super::num;
use super::objects;
use super::operands::*;
use super::operation::*;
use super::state::{Flow, POISON, State, Stored, Value};
use super::sys::{self, Bytes};
use super::table::for_each_op;
use super::vector::*;
use crate::runtime::libcalls::Libcall;
use crate::runtime::trap::TrapCode;
use crate::runtime::vm::{Status, VMFunc};
use std::sync::atomic::{Ordering, fence};
use wasmparser::Operator;

/// Opcodes of an operation without trapping results or of two values, by the way operands come. For comparisons: of
/// the value.
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

/// What a comparison's negation is.
#[derive(Debug)]
pub enum Negation {
    /// Another comparison.
    Opposite(fn() -> &'static Cmp),
    /// None, because of NaN: but these branch if the comparison does not hold.
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

/// Loads: of memory 0 by the width of its addresses, and of any memory.
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
    /// `None` for vectors, of which there is no accumulator.
    pub sa: Option<Op>,
    /// Of an immediate: address in a slot, in the accumulator.
    pub constant: Option<(Op, Op)>,
    pub sum: Op,
}

/// What a WebAssembly operator translates to. The class of the result is that of its accumulator.
#[derive(Clone, Copy, Debug)]
pub enum Family {
    Bin(&'static Bin, Class, Class),
    Cmp(&'static Cmp, Class),
    /// Operand, result.
    Un(&'static Un, Class, Class),
    Load(&'static LoadFamily, Class),
    Store(&'static StoreFamily, Class),
    Lanes(&'static LaneOp),
    Shift(&'static ShiftOp),
    /// Class of the number that a lane is.
    Extract(Op, Class),
    Replace(Op),
    LoadLane(Op),
    StoreLane(Op),
}

/// An operation on vectors in slots.
#[derive(Debug)]
pub struct LaneOp {
    pub op: Op,
    pub operands: &'static [Class],
    pub result: Class,
}

/// A shift of lanes, by a slot or by a constant.
#[derive(Debug)]
pub struct ShiftOp {
    pub v: Op,
    pub k: Op,
}

/// Which accumulator a value goes through. References go with the integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Int32,
    Int64,
    F32,
    F64,
    /// The first slot of a vector. There is no accumulator for it.
    V128,
    /// The second slot.
    V128High,
}

impl Class {
    /// Slots that a value takes whose first slot is of this class.
    pub fn slots(self) -> usize {
        if self == Class::V128 { 2 } else { 1 }
    }
}

trait Classed {
    const CLASS: Class;
}
impl Classed for u32 {
    const CLASS: Class = Class::Int32;
}
impl Classed for u64 {
    const CLASS: Class = Class::Int64;
}
impl Classed for f32 {
    const CLASS: Class = Class::F32;
}
impl Classed for f64 {
    const CLASS: Class = Class::F64;
}

macro_rules! vectors {
    ($($t:ty),*) => {$(impl Classed for $t {
        const CLASS: Class = Class::V128;
    })*};
}
vectors!(U8x16, U16x8, U32x4, U64x2, I8x16, I16x8, I32x4, I64x2, F32x4, F64x2);

/// Ends an operation that calls the runtime.
macro_rules! finish {
    ($s:ident, $r:expr, $layout:ident $(, |$value:ident| $put:expr)?) => {{
        let r = $r;
        if r.status != Status::Ok {
            return Flow::Exit(r.status);
        }
        $(let $value = r.value; $put;)?
        $s.next::<$layout>()
    }};
}

macro_rules! wasm_types {
    (com $w:ident $mn:literal [$ss:ident $sk:ident $as:ident $ak:ident]
        { ($a:ident: $t:ty, $b:ident: $t2:ty) -> $r:ty $body:block }) => {
        wasm_types!(binary $w $mn ($a: $t, $b: $t2) -> $r $body);
        pub type $ss = BinSs<$w>;
        pub type $sk = BinSk<$w>;
        pub type $as = BinAs<$w>;
        pub type $ak = BinAk<$w>;
    };
    (bin $w:ident $mn:literal [$ss:ident $sk:ident $as:ident $sa:ident $ak:ident]
        { ($a:ident: $t:ty, $b:ident: $t2:ty) -> $r:ty $body:block }) => {
        wasm_types!(binary $w $mn ($a: $t, $b: $t2) -> $r $body);
        pub type $ss = BinSs<$w>;
        pub type $sk = BinSk<$w>;
        pub type $as = BinAs<$w>;
        pub type $sa = BinSa<$w>;
        pub type $ak = BinAk<$w>;
    };
    (fbin $w:ident $mn:literal [$ss:ident $as:ident $sa:ident $sk:ident $ak:ident]
        { ($a:ident: $t:ty, $b:ident: $t2:ty) -> $r:ty $body:block }) => {
        wasm_types!(binary $w $mn ($a: $t, $b: $t2) -> $r $body);
        pub type $ss = BinSs<$w>;
        pub type $as = BinAs<$w>;
        pub type $sk = BinSl<$w>;
        pub type $ak = BinAl<$w>;
        pub type $sa = BinSa<$w>;
    };
    (binary $w:ident $mn:literal ($a:ident: $t:ty, $b:ident: $t2:ty) -> $r:ty $body:block) => {
        pub struct $w;
        impl Binary for $w {
            const NAME: &'static str = $mn;
            type A = $t;
            type B = $t2;
            type R = $r;
            #[inline(always)]
            fn eval($a: $t, $b: $t2) -> Result<$r, TrapCode> {
                Ok($body)
            }
        }
    };
    (cmp $w:ident $mn:literal [$ss:ident $sk:ident $as:ident $ak:ident $bss:ident $bsk:ident $bas:ident $bak:ident]
        { not $not:ident swap $swap:ident ($a:ident: $t:ty, $b:ident: $t2:ty) $body:block }) => {
        wasm_types!(compare $w $mn ($a: $t, $b: $t2) $body);
        pub type $ss = CmpSs<$w>;
        pub type $sk = CmpSk<$w>;
        pub type $as = CmpAs<$w>;
        pub type $ak = CmpAk<$w>;
        pub type $bss = BrSs<$w>;
        pub type $bsk = BrSk<$w>;
        pub type $bas = BrAs<$w>;
        pub type $bak = BrAk<$w>;
    };
    (fcmp $w:ident $mn:literal [$ss:ident $as:ident $bss:ident $bas:ident $nss:ident $nas:ident]
        { swap $swap:ident ($a:ident: $t:ty, $b:ident: $t2:ty) $body:block }) => {
        wasm_types!(compare $w $mn ($a: $t, $b: $t2) $body);
        pub type $ss = CmpSs<$w>;
        pub type $as = CmpAs<$w>;
        pub type $bss = BrSs<$w>;
        pub type $bas = BrAs<$w>;
        pub type $nss = BnSs<$w>;
        pub type $nas = BnAs<$w>;
    };
    (compare $w:ident $mn:literal ($a:ident: $t:ty, $b:ident: $t2:ty) $body:block) => {
        pub struct $w;
        impl Compare for $w {
            const NAME: &'static str = $mn;
            type A = $t;
            #[inline(always)]
            fn holds($a: $t, $b: $t2) -> bool $body
        }
    };
    (un $w:ident $mn:literal [$s:ident $acc:ident] { ($a:ident: $t:ty) -> $r:ty $body:block }) => {
        pub struct $w;
        impl Unary for $w {
            const NAME: &'static str = $mn;
            type A = $t;
            type R = $r;
            #[inline(always)]
            fn eval($a: $t) -> Result<$r, TrapCode> {
                Ok($body)
            }
        }
        pub type $s = UnS<$w>;
        pub type $acc = UnA<$w>;
    };
    (load $w:ident $mn:literal
        [$s:ident $acc:ident $m:ident $sum:ident $ws:ident $wacc:ident $wsum:ident]
        { ($a:ident: $t:ty) -> $r:ty $body:block }) => {
        pub struct $w;
        impl LoadOp for $w {
            const NAME: &'static str = $mn;
            type Address = u32;
            type Raw = $t;
            type R = $r;
            #[inline(always)]
            fn extend($a: $t) -> $r $body
        }
        pub type $s = LoadS<$w>;
        pub type $acc = LoadA<$w>;
        pub type $m = LoadMem<$w>;
        pub type $sum = LoadSum<$w>;
        pub type $ws = LoadS<Wide<$w>>;
        pub type $wacc = LoadA<Wide<$w>>;
        pub type $wsum = LoadSum<Wide<$w>>;
    };
    (store $w:ident $mn:literal
        [$ss:ident $as:ident $sa:ident $sk:ident $ak:ident $m:ident $sum:ident
         $wss:ident $was:ident $wsa:ident $wsk:ident $wak:ident $wsum:ident]
        { ($a:ident: $t:ty) -> $r:ty $body:block }) => {
        wasm_types!(vstore $w $mn [$ss $as $m $sum $wss $was $wsum] { ($a: $t) -> $r $body });
        pub type $sa = StoreSa<$w>;
        pub type $sk = StoreSk<$w>;
        pub type $ak = StoreAk<$w>;
        pub type $wsa = StoreSa<Wide<$w>>;
        pub type $wsk = StoreSk<Wide<$w>>;
        pub type $wak = StoreAk<Wide<$w>>;
    };
    (vstore $w:ident $mn:literal [$ss:ident $as:ident $m:ident $sum:ident $wss:ident $was:ident $wsum:ident]
        { ($a:ident: $t:ty) -> $r:ty $body:block }) => {
        pub struct $w;
        impl StoreOp for $w {
            const NAME: &'static str = $mn;
            type Address = u32;
            type V = $t;
            type Raw = $r;
            #[inline(always)]
            fn wrap($a: $t) -> $r $body
        }
        pub type $ss = StoreSs<$w>;
        pub type $as = StoreAs<$w>;
        pub type $m = StoreMem<$w>;
        pub type $sum = StoreSum<$w>;
        pub type $wss = StoreSs<Wide<$w>>;
        pub type $was = StoreAs<Wide<$w>>;
        pub type $wsum = StoreSum<Wide<$w>>;
    };
    (lanes $w:ident $mn:literal [$op:ident] { ($a:ident: $t:ty) -> $r:ty $body:block }) => {
        wasm_types!(eval $w $mn ($a: $t, _unused: Unused, _unused2: Unused) -> $r $body);
        pub type $op = Lanes1<$w>;
    };
    (lanes $w:ident $mn:literal [$op:ident] { ($a:ident: $t:ty, $b:ident: $t2:ty) -> $r:ty $body:block }) => {
        wasm_types!(eval $w $mn ($a: $t, $b: $t2, _unused: Unused) -> $r $body);
        pub type $op = Lanes2<$w>;
    };
    (lanes $w:ident $mn:literal [$op:ident]
        { ($a:ident: $t:ty, $b:ident: $t2:ty, $c:ident: $t3:ty) -> $r:ty $body:block }) => {
        wasm_types!(eval $w $mn ($a: $t, $b: $t2, $c: $t3) -> $r $body);
        pub type $op = Lanes3<$w>;
    };
    (eval $w:ident $mn:literal ($a:ident: $t:ty, $b:ident: $t2:ty, $c:ident: $t3:ty) -> $r:ty $body:block) => {
        pub struct $w;
        impl Lanes for $w {
            const NAME: &'static str = $mn;
            type A = $t;
            type B = $t2;
            type C = $t3;
            type R = $r;
            #[inline(always)]
            fn eval($a: $t, $b: $t2, $c: $t3) -> $r $body
        }
    };
    (shift $w:ident $mn:literal [$v:ident $k:ident] { ($a:ident: $t:ty, $by:ident: $t2:ty) $body:block }) => {
        pub struct $w;
        impl Shift for $w {
            const NAME: &'static str = $mn;
            type A = $t;
            #[inline(always)]
            fn eval($a: $t, $by: $t2) -> $t $body
        }
        pub type $v = ShiftV<$w>;
        pub type $k = ShiftK<$w>;
    };
    (extract $w:ident $mn:literal [$op:ident] { ($x:ident: $t:ty) -> $r:ty $body:block }) => {
        pub struct $w;
        impl Extract for $w {
            const NAME: &'static str = $mn;
            type Lane = $t;
            type R = $r;
            #[inline(always)]
            fn eval($x: $t) -> $r $body
        }
        pub type $op = ExtractV<$w>;
    };
    (replace $w:ident $mn:literal [$op:ident] { ($a:ident: $t:ty, $x:ident: $t2:ty) $body:block }) => {
        pub struct $w;
        impl Replace for $w {
            const NAME: &'static str = $mn;
            type A = $t;
            type X = $t2;
            #[inline(always)]
            fn eval($a: $t, $x: $t2, lane: u16) -> $t {
                lanes::replace($a, $body, lane)
            }
        }
        pub type $op = ReplaceV<$w>;
    };
    (load_lane $w:ident $mn:literal [$op:ident] { $t:ty }) => {
        wasm_types!(lane $w $mn $t);
        pub type $op = LoadLaneV<$w>;
    };
    (store_lane $w:ident $mn:literal [$op:ident] { $t:ty }) => {
        wasm_types!(lane $w $mn $t);
        pub type $op = StoreLaneV<$w>;
    };
    (lane $w:ident $mn:literal $t:ty) => {
        pub struct $w;
        impl LaneAccess for $w {
            const NAME: &'static str = $mn;
            type Lane = $t;
            type A = [$t; 16 / size_of::<$t>()];
            #[inline(always)]
            fn replace(a: Self::A, lane: $t, index: u16) -> Self::A {
                lanes::replace(a, lane, index)
            }
        }
    };
}

macro_rules! families {
    (com $w:ident $mn:literal [$ss:ident $sk:ident $as:ident $ak:ident]
        { ($a:ident: $t:ty, $b:ident: $t2:ty) -> $r:ty $body:block }) => {
        pub fn $w() -> Family {
            static F: Bin = Bin { ss: Op::$ss, sk: Some(Op::$sk), as_: Op::$as, sa: None, ak: Some(Op::$ak) };
            Family::Bin(&F, <$t>::CLASS, <$r>::CLASS)
        }
    };
    (bin $w:ident $mn:literal [$ss:ident $sk:ident $as:ident $sa:ident $ak:ident]
        { ($a:ident: $t:ty, $b:ident: $t2:ty) -> $r:ty $body:block }) => {
        pub fn $w() -> Family {
            static F: Bin = Bin { ss: Op::$ss, sk: Some(Op::$sk), as_: Op::$as, sa: Some(Op::$sa), ak: Some(Op::$ak) };
            Family::Bin(&F, <$t>::CLASS, <$r>::CLASS)
        }
    };
    (fbin $w:ident $mn:literal [$ss:ident $as:ident $sa:ident $sk:ident $ak:ident]
        { ($a:ident: $t:ty, $b:ident: $t2:ty) -> $r:ty $body:block }) => {
        pub fn $w() -> Family {
            static F: Bin = Bin { ss: Op::$ss, sk: Some(Op::$sk), as_: Op::$as, sa: Some(Op::$sa), ak: Some(Op::$ak) };
            Family::Bin(&F, <$t>::CLASS, <$r>::CLASS)
        }
    };
    (cmp $w:ident $mn:literal [$ss:ident $sk:ident $as:ident $ak:ident $bss:ident $bsk:ident $bas:ident $bak:ident]
        { not $not:ident swap $swap:ident ($a:ident: $t:ty, $b:ident: $t2:ty) $body:block }) => {
        pub fn $w() -> Family {
            Family::Cmp(cmp::$w(), <$t>::CLASS)
        }
    };
    (fcmp $w:ident $mn:literal [$($op:ident)*] { swap $swap:ident ($a:ident: $t:ty, $b:ident: $t2:ty) $body:block }) => {
        pub fn $w() -> Family {
            Family::Cmp(cmp::$w(), <$t>::CLASS)
        }
    };
    (un $w:ident $mn:literal [$s:ident $acc:ident] { ($a:ident: $t:ty) -> $r:ty $body:block }) => {
        pub fn $w() -> Family {
            static F: Un = Un { s: Op::$s, a: Op::$acc };
            Family::Un(&F, <$t>::CLASS, <$r>::CLASS)
        }
    };
    (load $w:ident $mn:literal
        [$s:ident $acc:ident $m:ident $sum:ident $ws:ident $wacc:ident $wsum:ident]
        { ($a:ident: $t:ty) -> $r:ty $body:block }) => {
        pub fn $w() -> Family {
            static F: LoadFamily = LoadFamily {
                narrow: Loads { s: Op::$s, a: Op::$acc, sum: Op::$sum },
                wide: Loads { s: Op::$ws, a: Op::$wacc, sum: Op::$wsum },
                m: Op::$m,
            };
            Family::Load(&F, <$r>::CLASS)
        }
    };
    (store $w:ident $mn:literal
        [$ss:ident $as:ident $sa:ident $sk:ident $ak:ident $m:ident $sum:ident
         $wss:ident $was:ident $wsa:ident $wsk:ident $wak:ident $wsum:ident]
        { ($a:ident: $t:ty) -> $r:ty $body:block }) => {
        families!(stores $w $t, $m,
            [$ss $as $sum Some(Op::$sa), Some((Op::$sk, Op::$ak))]
            [$wss $was $wsum Some(Op::$wsa), Some((Op::$wsk, Op::$wak))]);
    };
    (vstore $w:ident $mn:literal [$ss:ident $as:ident $m:ident $sum:ident $wss:ident $was:ident $wsum:ident]
        { ($a:ident: $t:ty) -> $r:ty $body:block }) => {
        families!(stores $w $t, $m, [$ss $as $sum None, None] [$wss $was $wsum None, None]);
    };
    (stores $w:ident $t:ty, $m:ident,
        [$ss:ident $as:ident $sum:ident $sa:expr, $k:expr] [$wss:ident $was:ident $wsum:ident $wsa:expr, $wk:expr]) => {
        pub fn $w() -> Family {
            static F: StoreFamily = StoreFamily {
                narrow: Stores { ss: Op::$ss, as_: Op::$as, sa: $sa, constant: $k, sum: Op::$sum },
                wide: Stores { ss: Op::$wss, as_: Op::$was, sa: $wsa, constant: $wk, sum: Op::$wsum },
                m: Op::$m,
            };
            Family::Store(&F, <$t>::CLASS)
        }
    };
    (lanes $w:ident $mn:literal [$op:ident] { ($($a:ident: $t:ty),*) -> $r:ty $body:block }) => {
        pub fn $w() -> Family {
            static F: LaneOp = LaneOp { op: Op::$op, operands: &[$(<$t>::CLASS),*], result: <$r>::CLASS };
            Family::Lanes(&F)
        }
    };
    (shift $w:ident $mn:literal [$v:ident $k:ident] $rest:tt) => {
        pub fn $w() -> Family {
            static F: ShiftOp = ShiftOp { v: Op::$v, k: Op::$k };
            Family::Shift(&F)
        }
    };
    (extract $w:ident $mn:literal [$op:ident] { ($x:ident: $t:ty) -> $r:ty $body:block }) => {
        pub fn $w() -> Family {
            Family::Extract(Op::$op, <$r>::CLASS)
        }
    };
    (replace $w:ident $mn:literal [$op:ident] { ($a:ident: $t:ty, $x:ident: $t2:ty) $body:block }) => {
        pub fn $w() -> Family {
            Family::Replace(Op::$op)
        }
    };
    (load_lane $w:ident $mn:literal [$op:ident] $rest:tt) => {
        pub fn $w() -> Family {
            Family::LoadLane(Op::$op)
        }
    };
    (store_lane $w:ident $mn:literal [$op:ident] $rest:tt) => {
        pub fn $w() -> Family {
            Family::StoreLane(Op::$op)
        }
    };
}

macro_rules! comparisons {
    (cmp $w:ident $mn:literal [$ss:ident $sk:ident $as:ident $ak:ident $bss:ident $bsk:ident $bas:ident $bak:ident]
        { not $not:ident swap $swap:ident ($a:ident: $t:ty, $b:ident: $t2:ty) $body:block }) => {
        pub fn $w() -> &'static Cmp {
            static F: Cmp = Cmp {
                value: Bin { ss: Op::$ss, sk: Some(Op::$sk), as_: Op::$as, sa: None, ak: Some(Op::$ak) },
                branch: Branches { ss: Op::$bss, sk: Some(Op::$bsk), as_: Op::$bas, ak: Some(Op::$bak) },
                swap: $swap,
                not: Negation::Opposite($not),
            };
            &F
        }
    };
    (fcmp $w:ident $mn:literal [$ss:ident $as:ident $bss:ident $bas:ident $nss:ident $nas:ident]
        { swap $swap:ident ($a:ident: $t:ty, $b:ident: $t2:ty) $body:block }) => {
        pub fn $w() -> &'static Cmp {
            static F: Cmp = Cmp {
                value: Bin { ss: Op::$ss, sk: None, as_: Op::$as, sa: None, ak: None },
                branch: Branches { ss: Op::$bss, sk: None, as_: Op::$bas, ak: None },
                swap: $swap,
                not: Negation::Branch(Branches { ss: Op::$nss, sk: None, as_: Op::$nas, ak: None }),
            };
            &F
        }
    };
    ($($other:tt)*) => {};
}

macro_rules! define {
    (wasm { $($kind:ident $w:ident $mn:literal [$($op:ident)*] $rest:tt)* }
     plain { $($p:ident $pmn:literal $layout:ident |$s:ident, $i:ident| $body:block)* }) => {
        /// Opcode. In the code of the loop dispatcher, the head of an instruction.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum Op { $($($op,)*)* $($p,)* }

        impl Op {
            pub const ALL: &'static [Op] = &[$($(Op::$op,)*)* $(Op::$p,)*];

            /// Mnemonic, in two parts: operation and how its operands come.
            pub fn mnemonic(self) -> (&'static str, &'static str) {
                match self {
                    $($(Op::$op => (types::$op::NAME, types::$op::MODE),)*)*
                    $(Op::$p => (types::$p::NAME, types::$p::MODE),)*
                }
            }

            pub fn layout(self) -> Layout {
                match self {
                    $($(Op::$op => <types::$op as Operation>::Args::LAYOUT,)*)*
                    $(Op::$p => <types::$p as Operation>::Args::LAYOUT,)*
                }
            }
        }

        /// The operations as types.
        pub mod types {
            use super::*;
            $(wasm_types!($kind $w $mn [$($op)*] $rest);)*
            $(
                pub struct $p;
                impl Operation for $p {
                    type Args = $layout;
                    const NAME: &'static str = $pmn;
                    const MODE: &'static str = "";
                    #[cfg_attr(wasmoon_optimised, inline(always))]
                    unsafe fn exec($s: &mut State) -> Flow {
                        // SAFETY: the caller promises that the machine is at an instruction of this opcode: operands
                        // have this layout, slots are in the frame, indices are of entities that the instance has.
                        unsafe {
                            let $i: $layout = *$s.operands();
                            $body
                        }
                    }
                }
            )*
        }

        #[allow(non_snake_case)]
        mod cmp {
            use super::*;
            $(comparisons!($kind $w $mn [$($op)*] $rest);)*
        }

        #[allow(non_snake_case)]
        mod family {
            use super::*;
            $(families!($kind $w $mn [$($op)*] $rest);)*
        }

        /// All families, by name.
        #[cfg(test)]
        pub fn families() -> Vec<(&'static str, Family)> {
            vec![$(($mn, family::$w()),)*]
        }

        /// The family that a WebAssembly operator belongs to.
        pub fn family_of(operator: &Operator<'_>) -> Option<Family> {
            Some(match operator {
                $(Operator::$w { .. } => family::$w(),)*
                _ => return None,
            })
        }
    };
}
for_each_op!(define);

/// Integer addition, which makes addresses.
pub fn is_add(f: &Bin) -> bool {
    matches!(f.ss, Op::I32AddSs | Op::I64AddSs)
}

/// What a load becomes whose destination is the slot of its address.
pub fn link(op: Op) -> Option<Op> {
    match op {
        Op::I32LoadS => Some(Op::I32LoadLink),
        Op::I64LoadW => Some(Op::I64LoadLink),
        _ => None,
    }
}

/// What adding or subtracting a constant adds, if that is what the family does.
pub fn i32_step(f: &Bin, imm: i32) -> Option<i32> {
    match f.ss {
        Op::I32AddSs => Some(imm),
        Op::I32SubSs => Some(imm.wrapping_neg()),
        _ => None,
    }
}

/// `i32.eq`, which `i32.eqz` is a case of.
pub fn i32_eq() -> &'static Cmp {
    cmp::I32Eq()
}

/// `i64.eq`.
pub fn i64_eq() -> &'static Cmp {
    cmp::I64Eq()
}
