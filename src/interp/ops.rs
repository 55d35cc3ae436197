//! Opcodes, and the code that follows from the rows of the [table](super::table).

use super::atomics::{self, Kind};
use super::calls;
use super::continuations;
use super::family::*;
use super::lanes::later::Bytes;
use super::lanes::{self, *};
use super::num;
use super::objects;
use super::operands::*;
use super::operation::*;
use super::state::{Flow, POISON, State, Stored, Value};
use super::table::*;
use super::vector::*;
use crate::runtime::trap::TrapCode;
use crate::runtime::vm::{Libcall, Status, VMFunc};
use pastey::paste;
use std::sync::atomic::{Ordering, fence};
use wasmparser::Operator;

/// An operator of the table, as a type.
pub trait Translated: Named {
    fn family() -> Family;
}

/// A comparison of the table.
pub trait Comparison {
    fn comparison() -> &'static Cmp;
}

/// The operators of rows: types that implement the trait of their kind, and [`Translated`].
macro_rules! operators {
    ([$($kind:ident $rows:tt)*]) => {
        /// The operators as types, which compute them.
        pub mod operators {
            use super::*;
            $(rows!($kind $rows);)*
        }
    };
}

macro_rules! rows {
    (instructions $rows:tt) => {};
    ($kind:ident { $([$($prefix:ident)*] $name:ident $text:literal $args:tt -> $result:tt $body:tt)* }) => {
        $($(rows!(@operator $kind $prefix $name $text { $args -> $result $body });)*)*
    };
    ($kind:ident { $([$($prefix:ident)*] $name:ident $text:literal $lane:ident)* }) => {
        $($(rows!(@operator $kind $prefix $name $text { $lane });)*)*
    };
    (@operator $kind:ident $prefix:ident $name:ident $text:literal { $($row:tt)* }) => { paste! {
        pub struct [<$prefix $name>];
        impl Named for [<$prefix $name>] {
            const NAME: &'static str = concat!(stringify!([<$prefix:lower>]), ".", $text);
        }
        const _: () = {
            #[allow(unused_imports, reason = "rows may do without the names of their shape")]
            use shape::$prefix::*;
            row!($kind $prefix [<$prefix $name>] $($row)*);
        };
    } };
}

/// One operator: what it computes, and the opcodes of its kind as a family.
macro_rules! row {
    (commutative $prefix:ident $w:ident $args:tt -> $r:ident $body:block) => {
        row!(@binary $w None, $args -> $r $body);
    };
    (binary $prefix:ident $w:ident $args:tt -> $r:ident $body:block) => { paste! {
        row!(@binary $w Some(Op::[<$w Sa>]), $args -> $r $body);
    } };
    (float_binary $prefix:ident $w:ident $args:tt -> $r:ident $body:block) => { paste! {
        row!(@binary $w Some(Op::[<$w Sa>]), $args -> $r $body);
    } };
    (@binary $w:ident $sa:expr, ($a:ident: $t:ident, $b:ident: $u:ident) -> $r:ident $body:block) => {
        impl Binary for $w {
            type A = $t;
            type B = $u;
            type R = $r;
            #[inline(always)]
            fn eval($a: $t, $b: $u) -> Result<$r, TrapCode> {
                Ok($body)
            }
        }
        impl Translated for $w {
            fn family() -> Family { paste! {
                static F: Bin = Bin {
                    ss: Op::[<$w Ss>],
                    sk: Some(Op::[<$w Sk>]),
                    as_: Op::[<$w As>],
                    sa: $sa,
                    ak: Some(Op::[<$w Ak>]),
                };
                Family::Bin(&F, <$t>::CLASS, <$r>::CLASS)
            } }
        }
    };
    (compare $prefix:ident $w:ident
        ($a:ident: $t:ident, $b:ident: $u:ident, not: $not:ident, swapped: $swapped:ident) -> bool $body:block) => { paste! {
        row!(@compare $w ($a: $t, $b: $u) $body, Cmp {
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
            swap: [<$prefix $swapped>]::comparison,
            not: Negation::Opposite([<$prefix $not>]::comparison),
        });
    } };
    (float_compare $prefix:ident $w:ident
        ($a:ident: $t:ident, $b:ident: $u:ident, swapped: $swapped:ident) -> bool $body:block) => { paste! {
        row!(@compare $w ($a: $t, $b: $u) $body, Cmp {
            value: Bin { ss: Op::[<$w Ss>], sk: None, as_: Op::[<$w As>], sa: None, ak: None },
            branch: Branches { ss: Op::[<$w BrSs>], sk: None, as_: Op::[<$w BrAs>], ak: None },
            swap: [<$prefix $swapped>]::comparison,
            not: Negation::Branch(Branches { ss: Op::[<$w BnSs>], sk: None, as_: Op::[<$w BnAs>], ak: None }),
        });
    } };
    (@compare $w:ident ($a:ident: $t:ident, $b:ident: $u:ident) $body:block, $cmp:expr) => {
        impl Compare for $w {
            type A = $t;
            #[inline(always)]
            fn holds($a: $t, $b: $u) -> bool $body
        }
        impl Comparison for $w {
            fn comparison() -> &'static Cmp {
                static F: Cmp = $cmp;
                &F
            }
        }
        impl Translated for $w {
            fn family() -> Family {
                Family::Cmp($w::comparison(), <$t>::CLASS)
            }
        }
    };
    (unary $prefix:ident $w:ident ($a:ident: $t:ident) -> $r:ident $body:block) => { paste! {
        impl Unary for $w {
            type A = $t;
            type R = $r;
            #[inline(always)]
            fn eval($a: $t) -> Result<$r, TrapCode> {
                Ok($body)
            }
        }
        impl Translated for $w {
            fn family() -> Family {
                static F: Un = Un { s: Op::[<$w S>], a: Op::[<$w A>] };
                Family::Un(&F, <$t>::CLASS, <$r>::CLASS)
            }
        }
    } };
    (load $prefix:ident $w:ident ($a:ident: $t:ident) -> $r:ident $body:block) => { paste! {
        impl LoadOp for $w {
            type Address = u32;
            type Raw = $t;
            type R = $r;
            #[inline(always)]
            fn extend($a: $t) -> $r $body
        }
        impl Translated for $w {
            fn family() -> Family {
                static F: LoadFamily = LoadFamily {
                    narrow: Loads { s: Op::[<$w S>], a: Op::[<$w A>], sum: Op::[<$w Ss>] },
                    wide: Loads { s: Op::[<$w W>], a: Op::[<$w Wa>], sum: Op::[<$w Wss>] },
                    m: Op::[<$w M>],
                };
                Family::Load(&F, <$r>::CLASS)
            }
        }
    } };
    (store $prefix:ident $w:ident $args:tt -> $r:ident $body:block) => { paste! {
        row!(@store $w $args -> $r $body,
            [Some(Op::[<$w Sa>]), Some((Op::[<$w Sk>], Op::[<$w Ak>]))],
            [Some(Op::[<$w Wsa>]), Some((Op::[<$w Wsk>], Op::[<$w Wak>]))]);
    } };
    (vector_store $prefix:ident $w:ident $args:tt -> $r:ident $body:block) => {
        row!(@store $w $args -> $r $body, [None, None], [None, None]);
    };
    (@store $w:ident ($a:ident: $t:ident) -> $r:ident $body:block,
        [$sa:expr, $constant:expr], [$wide_sa:expr, $wide_constant:expr]) => {
        impl StoreOp for $w {
            type Address = u32;
            type V = $t;
            type Raw = $r;
            #[inline(always)]
            fn wrap($a: $t) -> $r $body
        }
        impl Translated for $w {
            fn family() -> Family { paste! {
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
                Family::Store(&F, <$t>::CLASS)
            } }
        }
    };
    (vector_unary $prefix:ident $w:ident ($a:ident: $t:ident) -> $r:ident $body:block) => {
        row!(@lanes $w [$t] ($a: $t, _b: Unused, _c: Unused) -> $r $body);
    };
    (vector_binary $prefix:ident $w:ident ($a:ident: $t:ident, $b:ident: $u:ident) -> $r:ident $body:block) => {
        row!(@lanes $w [$t $u] ($a: $t, $b: $u, _c: Unused) -> $r $body);
    };
    (vector_ternary $prefix:ident $w:ident
        ($a:ident: $t:ident, $b:ident: $u:ident, $c:ident: $v:ident) -> $r:ident $body:block) => {
        row!(@lanes $w [$t $u $v] ($a: $t, $b: $u, $c: $v) -> $r $body);
    };
    (@lanes $w:ident [$($operand:ident)*]
        ($a:ident: $t:ident, $b:ident: $u:ident, $c:ident: $v:ident) -> $r:ident $body:block) => { paste! {
        impl Lanes for $w {
            type A = $t;
            type B = $u;
            type C = $v;
            type R = $r;
            #[inline(always)]
            fn eval($a: $t, $b: $u, $c: $v) -> $r $body
        }
        impl Translated for $w {
            fn family() -> Family {
                static F: LaneOp =
                    LaneOp { op: Op::[<$w V>], operands: &[$(<$operand>::CLASS),*], result: <$r>::CLASS };
                Family::Lanes(&F)
            }
        }
    } };
    (shift $prefix:ident $w:ident ($a:ident: $t:ident, $by:ident: u32) -> $r:ident $body:block) => { paste! {
        impl Shift for $w {
            type A = $t;
            #[inline(always)]
            fn eval($a: $t, $by: u32) -> $r $body
        }
        impl Translated for $w {
            fn family() -> Family {
                static F: ShiftOp = ShiftOp { v: Op::[<$w V>], k: Op::[<$w K>] };
                Family::Shift(&F)
            }
        }
    } };
    (extract_lane $prefix:ident $w:ident ($x:ident: $t:ident) -> $r:ident $body:block) => { paste! {
        impl Extract for $w {
            type Lane = $t;
            type R = $r;
            #[inline(always)]
            fn eval($x: $t) -> $r $body
        }
        impl Translated for $w {
            fn family() -> Family {
                Family::Extract(Op::[<$w V>], <$r>::CLASS)
            }
        }
    } };
    (replace_lane $prefix:ident $w:ident ($a:ident: $t:ident, $x:ident: $u:ident) -> $lane:ident $body:block) => { paste! {
        impl Replace for $w {
            type A = $t;
            type X = $u;
            #[inline(always)]
            fn eval($a: $t, $x: $u, lane: u16) -> $t {
                let x: $lane = $body;
                lanes::replace($a, x, lane)
            }
        }
        impl Translated for $w {
            fn family() -> Family {
                Family::Replace(Op::[<$w V>])
            }
        }
    } };
    (load_lane $prefix:ident $w:ident $lane:ident) => {
        row!(@lane $w $lane LoadLane);
    };
    (store_lane $prefix:ident $w:ident $lane:ident) => {
        row!(@lane $w $lane StoreLane);
    };
    (@lane $w:ident $lane:ident $family:ident) => { paste! {
        impl LaneAccess for $w {
            type Lane = $lane;
            type A = [$lane; 16 / size_of::<$lane>()];
            #[inline(always)]
            fn replace(a: Self::A, lane: $lane, index: u16) -> Self::A {
                lanes::replace(a, lane, index)
            }
        }
        impl Translated for $w {
            fn family() -> Family {
                Family::$family(Op::[<$w V>])
            }
        }
    } };
}
for_each_row!(operators);

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

/// The column of a row that says what an instruction does to its frame.
macro_rules! effect {
    () => {
        FrameEffect::Stays
    };
    (calls) => {
        FrameEffect::Calls
    };
    (returns) => {
        FrameEffect::Returns
    };
}

macro_rules! define {
    ([$($prefix:ident $name:ident [$($mode:ident: $shape:ident),*])*]
     [$($op:ident $text:literal $layout:ident $($effect:ident)? |$s:ident, $i:ident| $body:block)*]) => { paste! {
        /// Opcode. In the code of the loop dispatcher, the head of an instruction.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum Op { $($([<$prefix $name $mode>],)*)* $($op,)* }

        impl Op {
            pub const ALL: &'static [Op] = &[$($(Op::[<$prefix $name $mode>],)*)* $(Op::$op,)*];

            /// Mnemonic, in two parts: operation and how its operands come.
            pub fn mnemonic(self) -> (&'static str, &'static str) {
                match self {
                    $($(Op::[<$prefix $name $mode>] => (types::[<$prefix $name $mode>]::NAME, types::[<$prefix $name $mode>]::MODE),)*)*
                    $(Op::$op => (types::$op::NAME, types::$op::MODE),)*
                }
            }

            pub fn layout(self) -> Layout {
                match self {
                    $($(Op::[<$prefix $name $mode>] => <types::[<$prefix $name $mode>] as Operation>::Args::LAYOUT,)*)*
                    $(Op::$op => <types::$op as Operation>::Args::LAYOUT,)*
                }
            }

            pub const fn effect(self) -> FrameEffect {
                match self {
                    $($(Op::[<$prefix $name $mode>] => types::[<$prefix $name $mode>]::EFFECT,)*)*
                    $(Op::$op => types::$op::EFFECT,)*
                }
            }
        }

        /// The operations as types.
        pub mod types {
            use super::*;
            use super::operators::*;
            $($(pub type [<$prefix $name $mode>] = $shape<[<$prefix $name>]>;)*)*
            $(
                pub struct $op;
                impl Operation for $op {
                    type Args = $layout;
                    const NAME: &'static str = $text;
                    const MODE: &'static str = "";
                    const EFFECT: FrameEffect = effect!($($effect)?);
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

        /// All operators of the table: name in the text format, family.
        #[cfg(test)]
        pub fn families() -> Vec<(&'static str, Family)> {
            vec![$((operators::[<$prefix $name>]::NAME, operators::[<$prefix $name>]::family()),)*]
        }

        /// The family that a WebAssembly operator belongs to.
        pub fn family_of(operator: &Operator<'_>) -> Option<Family> {
            Some(match operator {
                $(Operator::[<$prefix $name>] { .. } => operators::[<$prefix $name>]::family(),)*
                _ => return None,
            })
        }
    } };
}
for_each_opcode!(define);

/// The opcodes that end their frame.
pub const RETURNS: [Op; RETURN_COUNT] = {
    let (mut returns, mut count, mut i) = ([Op::Ret; RETURN_COUNT], 0, 0);
    while i < Op::ALL.len() {
        if matches!(Op::ALL[i].effect(), FrameEffect::Returns) {
            returns[count] = Op::ALL[i];
            count += 1;
        }
        i += 1;
    }
    returns
};

const RETURN_COUNT: usize = {
    let (mut count, mut i) = (0, 0);
    while i < Op::ALL.len() {
        count += matches!(Op::ALL[i].effect(), FrameEffect::Returns) as usize;
        i += 1;
    }
    count
};
