//! The meaning of the names of types and functions in a row of the [table](super), by the type in its brackets.
//!
//! - `U`, `S`, `F`: unsigned integers, signed integers, floats: numbers of the type, or vectors of its lanes. Integers
//!   are unsigned where the operation does not say otherwise.
//! - `Lane`, `SignedLane`: a lane, an integer unsigned or signed; `V`: the vector of all of its `Lane`s; `LANES`: their
//!   number.
//! - `SIGN`: the sign bit of a lane that is a float.
//! - Functions on numbers and on lanes that exist for each type are here without the type in their name.

macro_rules! shapes {
    ($($shape:ident { $($item:item)* })*) => {$(
        #[allow(non_snake_case, reason = "named as the types that operators' names begin with")]
        #[allow(unused_imports, dead_code, reason = "no shape is used in all ways")]
        pub mod $shape {
            use crate::interp::lanes::{self, *};
            use crate::interp::numbers;
            $($item)*
        }
    )*};
}

shapes! {
    I32 {
        pub type U = u32;
        pub type S = i32;
        pub use numbers::word32::*;
    }
    I64 {
        pub type U = u64;
        pub type S = i64;
        pub use numbers::word64::*;
    }
    F32 {
        pub type U = u32;
        pub type F = f32;
        pub use numbers::float32::*;
    }
    F64 {
        pub type U = u64;
        pub type F = f64;
        pub use numbers::float64::*;
    }
    V128 {}
    I8x16 {
        pub type U = U8x16;
        pub type S = lanes::I8x16;
        pub type Lane = u8;
        pub type SignedLane = i8;
        pub const LANES: usize = 16;
        pub use lanes::average8 as average;
        pub use lanes::bitmask8 as bitmask;
    }
    I16x8 {
        pub type U = U16x8;
        pub type S = lanes::I16x8;
        pub type Lane = u16;
        pub type SignedLane = i16;
        pub const LANES: usize = 8;
        pub use lanes::average16 as average;
        pub use lanes::bitmask16 as bitmask;
    }
    I32x4 {
        pub type U = U32x4;
        pub type S = lanes::I32x4;
        pub type V = U;
        pub type Lane = u32;
        pub type SignedLane = i32;
        pub const LANES: usize = 4;
        pub use lanes::bitmask32 as bitmask;
    }
    I64x2 {
        pub type U = U64x2;
        pub type S = lanes::I64x2;
        pub type V = U;
        pub type Lane = u64;
        pub type SignedLane = i64;
        pub const LANES: usize = 2;
        pub use lanes::bitmask64 as bitmask;
    }
    F32x4 {
        pub type U = U32x4;
        pub type F = lanes::F32x4;
        pub type V = F;
        pub type Lane = f32;
        pub const LANES: usize = 4;
        pub const SIGN: u32 = 1 << 31;
        pub use lanes::float32::*;
    }
    F64x2 {
        pub type U = U64x2;
        pub type F = lanes::F64x2;
        pub type V = F;
        pub type Lane = f64;
        pub const LANES: usize = 2;
        pub const SIGN: u64 = 1 << 63;
        pub use lanes::float64::*;
    }
}
