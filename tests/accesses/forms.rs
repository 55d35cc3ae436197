//! Forms of addresses and indices, computed from parameters and constants at edges.

use crate::operators::edge;
use wasm_encoder::{Instruction as I, ValType as V};
use wasmoon::random::Random;

/// The parameter types of each function.
pub const PARAMS: [V; 4] = [V::I32, V::I32, V::I64, V::I64];
pub const X: u32 = 0;
pub const Y: u32 = 1;
pub const Z: u32 = 2;
pub const W: u32 = 3;

/// The constants that an address is made of, in addition to the parameters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Numbers {
    pub c: i64,
    pub d: i64,
    /// A shift amount.
    pub k: i64,
}

impl Numbers {
    pub fn new(random: &mut Random, bits: u32) -> Numbers {
        const NEAR: [i64; 12] = [0, 1, 3, 4, 8, 16, 24, 32, 255, 4096, 65528, 65535];
        const FAR: [i64; 4] = [0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000];
        let mut number = || {
            let near = NEAR[random.below(12) as usize];
            match random.below(12) {
                0..7 => near,
                7..10 => near.wrapping_neg(),
                10 => FAR[random.below(4) as usize],
                _ => edge(random, bits) as i64,
            }
        };
        let (c, d) = (number(), number());
        let shifts = [0, 1, 2, 2, 3, 3, 4, 5, 31, 32, 35];
        Numbers { c, d, k: shifts[random.below(11) as usize] }
    }
}

pub type Form = (&'static str, fn(Numbers) -> Vec<I<'static>>);

/// Forms of addresses: lists of instructions in execution order.
macro_rules! forms {
    ($c:ident, $d:ident, $k:ident: $($name:literal => [$($instruction:expr),*];)*) => {
        &[$(($name, {
            #[allow(unused_variables, reason = "a form has some of the numbers")]
            fn form(Numbers { c: $c, d: $d, k: $k }: Numbers) -> Vec<I<'static>> { vec![$($instruction),*] }
            form
        })),*]
    };
}

pub fn x() -> I<'static> {
    I::LocalGet(X)
}

pub fn y() -> I<'static> {
    I::LocalGet(Y)
}

pub fn z() -> I<'static> {
    I::LocalGet(Z)
}

pub fn w() -> I<'static> {
    I::LocalGet(W)
}

pub fn c32(value: i64) -> I<'static> {
    I::I32Const(value as i32)
}

pub fn c64(value: i64) -> I<'static> {
    I::I64Const(value)
}

pub const FORMS_32: &[Form] = forms! { c, d, k:
    "x" => [x()];
    "c" => [c32(c)];
    "x + c" => [x(), c32(c), I::I32Add];
    "c + x" => [c32(c), x(), I::I32Add];
    "x - c" => [x(), c32(c), I::I32Sub];
    "c - x" => [c32(c), x(), I::I32Sub];
    "x + y" => [x(), y(), I::I32Add];
    "x - y" => [x(), y(), I::I32Sub];
    "(x + c) + d" => [x(), c32(c), I::I32Add, c32(d), I::I32Add];
    "(x + c) + y" => [x(), c32(c), I::I32Add, y(), I::I32Add];
    "(x + y) + c" => [x(), y(), I::I32Add, c32(c), I::I32Add];
    "x << k" => [x(), c32(k), I::I32Shl];
    "(x << k) + c" => [x(), c32(k), I::I32Shl, c32(c), I::I32Add];
    "(x + c) << k" => [x(), c32(c), I::I32Add, c32(k), I::I32Shl];
    "x + (y << k)" => [x(), y(), c32(k), I::I32Shl, I::I32Add];
    "(x << k) + (y + c)" => [x(), c32(k), I::I32Shl, y(), c32(c), I::I32Add, I::I32Add];
    "x * c" => [x(), c32(c), I::I32Mul];
    "x + y * c" => [x(), y(), c32(c), I::I32Mul, I::I32Add];
    "x & c" => [x(), c32(c), I::I32And];
    "(x & c) + d" => [x(), c32(c), I::I32And, c32(d), I::I32Add];
    "(x + c) & d" => [x(), c32(c), I::I32Add, c32(d), I::I32And];
    "x | c" => [x(), c32(c), I::I32Or];
    "x ^ c" => [x(), c32(c), I::I32Xor];
    "x >> k" => [x(), c32(k), I::I32ShrU];
    "x >> k, signed" => [x(), c32(k), I::I32ShrS];
    "x rotated" => [x(), c32(k), I::I32Rotl];
    "wrap z" => [z(), I::I32WrapI64];
    "wrap (z + c)" => [z(), c64(c), I::I64Add, I::I32WrapI64];
    "wrap z + c" => [z(), I::I32WrapI64, c32(c), I::I32Add];
    "wrap (z >> k)" => [z(), c64(k), I::I64ShrU, I::I32WrapI64];
    "low byte of x, signed, + c" => [x(), I::I32Extend8S, c32(c), I::I32Add];
    "low half of x, signed" => [x(), I::I32Extend16S];
    "x or c by y" => [x(), c32(c), y(), c32(1), I::I32And, I::Select];
    "x < c" => [x(), c32(c), I::I32LtU];
    "bits of x, + c" => [x(), I::I32Popcnt, c32(c), I::I32Add];
};

pub const FORMS_64: &[Form] = forms! { c, d, k:
    "z" => [z()];
    "c" => [c64(c)];
    "z + c" => [z(), c64(c), I::I64Add];
    "c + z" => [c64(c), z(), I::I64Add];
    "z - c" => [z(), c64(c), I::I64Sub];
    "c - z" => [c64(c), z(), I::I64Sub];
    "z + w" => [z(), w(), I::I64Add];
    "(z + c) + d" => [z(), c64(c), I::I64Add, c64(d), I::I64Add];
    "(z + w) + c" => [z(), w(), I::I64Add, c64(c), I::I64Add];
    "z << k" => [z(), c64(k), I::I64Shl];
    "(z << k) + c" => [z(), c64(k), I::I64Shl, c64(c), I::I64Add];
    "z + (w << k)" => [z(), w(), c64(k), I::I64Shl, I::I64Add];
    "z * c" => [z(), c64(c), I::I64Mul];
    "z & c" => [z(), c64(c), I::I64And];
    "(z & c) + d" => [z(), c64(c), I::I64And, c64(d), I::I64Add];
    "z | c" => [z(), c64(c), I::I64Or];
    "z >> k" => [z(), c64(k), I::I64ShrU];
    "x" => [x(), I::I64ExtendI32U];
    "x, signed" => [x(), I::I64ExtendI32S];
    "x + c, extended" => [x(), c32(c), I::I32Add, I::I64ExtendI32U];
    "x + c, extended signed" => [x(), c32(c), I::I32Add, I::I64ExtendI32S];
    "x extended, + c" => [x(), I::I64ExtendI32U, c64(c), I::I64Add];
    "x extended signed, + c" => [x(), I::I64ExtendI32S, c64(c), I::I64Add];
    "x extended, << k" => [x(), I::I64ExtendI32U, c64(k), I::I64Shl];
    "x << k, extended" => [x(), c32(k), I::I32Shl, I::I64ExtendI32U];
    "z + x extended" => [z(), x(), I::I64ExtendI32U, I::I64Add];
    "z + x extended signed" => [z(), x(), I::I64ExtendI32S, I::I64Add];
    "z + (x << k, extended)" => [z(), x(), c32(k), I::I32Shl, I::I64ExtendI32U, I::I64Add];
    "low half of z, signed" => [z(), I::I64Extend32S];
    "z or c by y" => [z(), c64(c), y(), c32(1), I::I32And, I::Select];
};
