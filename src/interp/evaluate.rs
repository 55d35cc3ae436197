//! The operators of the [table](super::opcodes) as types that compute. They are named as in `wasmparser::Operator`, and
//! implement the trait of their kind.

use super::lanes::{self, *};
use super::numbers;
use super::opcodes::*;
use super::shapes::*;
use super::vector_shapes::*;
use crate::runtime::trap::TrapCode;
use pastey::paste;

macro_rules! operators {
    ([$($kind:ident $rows:tt)*]) => { $(rows!($kind $rows);)* };
}

macro_rules! rows {
    (instructions $rows:tt) => {};
    ($kind:ident { $([$($prefix:ident)*] $name:ident $text:literal $args:tt -> $result:tt $body:tt)* }) => {
        $($(rows!(@one $kind $prefix $name $text { $args -> $result $body });)*)*
    };
    ($kind:ident { $([$($prefix:ident)*] $name:ident $text:literal $lane:ident)* }) => {
        $($(rows!(@one $kind $prefix $name $text { $lane });)*)*
    };
    (@one $kind:ident $prefix:ident $name:ident $text:literal { $($row:tt)* }) => { paste! {
        pub struct [<$prefix $name>];
        impl Named for [<$prefix $name>] {
            const NAME: &'static str = concat!(stringify!([<$prefix:lower>]), ".", $text);
        }
        const _: () = {
            #[allow(unused_imports, reason = "a row may not need the names of its shape")]
            use vocabulary::$prefix::*;
            compute!($kind $prefix [<$prefix $name>] $($row)*);
        };
    } };
}

/// Implements the trait of its kind for one operator.
macro_rules! compute {
    (commutative $($row:tt)*) => { compute!(binary $($row)*); };
    (float_binary $($row:tt)*) => { compute!(binary $($row)*); };
    (binary $prefix:ident $w:ident ($a:ident: $t:ident, $b:ident: $u:ident) -> $r:ident $body:block) => {
        impl Binary for $w {
            type A = $t;
            type B = $u;
            type R = $r;
            #[inline(always)]
            fn eval($a: $t, $b: $u) -> Result<$r, TrapCode> {
                Ok($body)
            }
        }
    };
    (compare $prefix:ident $w:ident
        ($a:ident: $t:ident, $b:ident: $u:ident, not: $not:ident, swapped: $swapped:ident) -> bool
        $body:block) => { paste! {
        compute!(float_compare $prefix $w ($a: $t, $b: $u, swapped: $swapped) -> bool $body);
        impl Opposite for $w {
            type Not = [<$prefix $not>];
        }
    } };
    (float_compare $prefix:ident $w:ident
        ($a:ident: $t:ident, $b:ident: $u:ident, swapped: $swapped:ident) -> bool $body:block) => { paste! {
        impl Compare for $w {
            type A = $t;
            type Swapped = [<$prefix $swapped>];
            #[inline(always)]
            fn holds($a: $t, $b: $u) -> bool $body
        }
    } };
    (unary $prefix:ident $w:ident ($a:ident: $t:ident) -> $r:ident $body:block) => {
        impl Unary for $w {
            type A = $t;
            type R = $r;
            #[inline(always)]
            fn eval($a: $t) -> Result<$r, TrapCode> {
                Ok($body)
            }
        }
    };
    (load $prefix:ident $w:ident ($a:ident: $t:ident) -> $r:ident $body:block) => {
        impl LoadOp for $w {
            type Address = u32;
            type Raw = $t;
            type R = $r;
            #[inline(always)]
            fn extend($a: $t) -> $r $body
        }
    };
    (vector_store $($row:tt)*) => { compute!(store $($row)*); };
    (store $prefix:ident $w:ident ($a:ident: $t:ident) -> $r:ident $body:block) => {
        impl StoreOp for $w {
            type Address = u32;
            type V = $t;
            type Raw = $r;
            #[inline(always)]
            fn wrap($a: $t) -> $r $body
        }
    };
    (vector_unary $prefix:ident $w:ident ($a:ident: $t:ident) -> $r:ident $body:block) => {
        compute!(vector_ternary $prefix $w ($a: $t, _b: Unused, _c: Unused) -> $r $body);
    };
    (vector_binary $prefix:ident $w:ident ($a:ident: $t:ident, $b:ident: $u:ident) -> $r:ident $body:block) => {
        compute!(vector_ternary $prefix $w ($a: $t, $b: $u, _c: Unused) -> $r $body);
    };
    (vector_ternary $prefix:ident $w:ident
        ($a:ident: $t:ident, $b:ident: $u:ident, $c:ident: $v:ident) -> $r:ident $body:block) => {
        impl Lanes for $w {
            type A = $t;
            type B = $u;
            type C = $v;
            type R = $r;
            #[inline(always)]
            fn eval($a: $t, $b: $u, $c: $v) -> $r $body
        }
    };
    (shift $prefix:ident $w:ident ($a:ident: $t:ident, $by:ident: u32) -> $r:ident $body:block) => {
        impl Shift for $w {
            type A = $t;
            #[inline(always)]
            fn eval($a: $t, $by: u32) -> $r $body
        }
    };
    (extract_lane $prefix:ident $w:ident ($x:ident: $t:ident) -> $r:ident $body:block) => {
        impl Extract for $w {
            type Lane = $t;
            type R = $r;
            #[inline(always)]
            fn eval($x: $t) -> $r $body
        }
    };
    (replace_lane $prefix:ident $w:ident ($a:ident: $t:ident, $x:ident: $u:ident) -> $lane:ident $body:block) => {
        impl Replace for $w {
            type A = $t;
            type X = $u;
            #[inline(always)]
            fn eval($a: $t, $x: $u, lane: u16) -> $t {
                let x: $lane = $body;
                lanes::replace($a, x, lane)
            }
        }
    };
    (store_lane $($row:tt)*) => { compute!(load_lane $($row)*); };
    (load_lane $prefix:ident $w:ident $lane:ident) => {
        impl LaneAccess for $w {
            type Lane = $lane;
            type A = [$lane; 16 / size_of::<$lane>()];
            #[inline(always)]
            fn replace(a: Self::A, lane: $lane, index: u16) -> Self::A {
                lanes::replace(a, lane, index)
            }
        }
    };
}
for_each_row!(operators);
