//! The scalar operators, by their types.

use wasm_encoder::{Instruction as I, MemArg, ValType as V};

pub const BINARY_32: [I<'static>; 15] = [
    I::I32Add,
    I::I32Sub,
    I::I32Mul,
    I::I32DivS,
    I::I32DivU,
    I::I32RemS,
    I::I32RemU,
    I::I32And,
    I::I32Or,
    I::I32Xor,
    I::I32Shl,
    I::I32ShrS,
    I::I32ShrU,
    I::I32Rotl,
    I::I32Rotr,
];
pub const BINARY_64: [I<'static>; 15] = [
    I::I64Add,
    I::I64Sub,
    I::I64Mul,
    I::I64DivS,
    I::I64DivU,
    I::I64RemS,
    I::I64RemU,
    I::I64And,
    I::I64Or,
    I::I64Xor,
    I::I64Shl,
    I::I64ShrS,
    I::I64ShrU,
    I::I64Rotl,
    I::I64Rotr,
];
/// The indices of the divisions in the two tables above.
pub const DIVISIONS: std::ops::Range<u64> = 3..7;
pub const COMPARE_32: [I<'static>; 10] =
    [I::I32Eq, I::I32Ne, I::I32LtS, I::I32LtU, I::I32GtS, I::I32GtU, I::I32LeS, I::I32LeU, I::I32GeS, I::I32GeU];
pub const COMPARE_64: [I<'static>; 10] =
    [I::I64Eq, I::I64Ne, I::I64LtS, I::I64LtU, I::I64GtS, I::I64GtU, I::I64LeS, I::I64LeU, I::I64GeS, I::I64GeU];
pub const COMPARE_F32: [I<'static>; 6] = [I::F32Eq, I::F32Ne, I::F32Lt, I::F32Gt, I::F32Le, I::F32Ge];
pub const COMPARE_F64: [I<'static>; 6] = [I::F64Eq, I::F64Ne, I::F64Lt, I::F64Gt, I::F64Le, I::F64Ge];
pub const BINARY_F32: [I<'static>; 7] =
    [I::F32Add, I::F32Sub, I::F32Mul, I::F32Div, I::F32Min, I::F32Max, I::F32Copysign];
pub const BINARY_F64: [I<'static>; 7] =
    [I::F64Add, I::F64Sub, I::F64Mul, I::F64Div, I::F64Min, I::F64Max, I::F64Copysign];
pub const UNARY_F32: [I<'static>; 7] =
    [I::F32Sqrt, I::F32Ceil, I::F32Floor, I::F32Trunc, I::F32Nearest, I::F32Neg, I::F32Abs];
pub const UNARY_F64: [I<'static>; 7] =
    [I::F64Sqrt, I::F64Ceil, I::F64Floor, I::F64Trunc, I::F64Nearest, I::F64Neg, I::F64Abs];
pub const CONVERT_F32: [(V, I<'static>); 4] = [
    (V::I32, I::F32ConvertI32S),
    (V::I32, I::F32ConvertI32U),
    (V::I64, I::F32ConvertI64S),
    (V::I64, I::F32ConvertI64U),
];
pub const CONVERT_F64: [(V, I<'static>); 4] = [
    (V::I32, I::F64ConvertI32S),
    (V::I32, I::F64ConvertI32U),
    (V::I64, I::F64ConvertI64S),
    (V::I64, I::F64ConvertI64U),
];
pub const SATURATE_32: [(V, I<'static>); 4] = [
    (V::F32, I::I32TruncSatF32S),
    (V::F32, I::I32TruncSatF32U),
    (V::F64, I::I32TruncSatF64S),
    (V::F64, I::I32TruncSatF64U),
];
pub const SATURATE_64: [(V, I<'static>); 4] = [
    (V::F32, I::I64TruncSatF32S),
    (V::F32, I::I64TruncSatF32U),
    (V::F64, I::I64TruncSatF64S),
    (V::F64, I::I64TruncSatF64U),
];
pub const TRUNCATE_32: [(V, I<'static>); 4] =
    [(V::F32, I::I32TruncF32S), (V::F32, I::I32TruncF32U), (V::F64, I::I32TruncF64S), (V::F64, I::I32TruncF64U)];
pub const TRUNCATE_64: [(V, I<'static>); 4] =
    [(V::F32, I::I64TruncF32S), (V::F32, I::I64TruncF32U), (V::F64, I::I64TruncF64S), (V::F64, I::I64TruncF64U)];

/// Returns a load of a type, of any width.
pub fn load(ty: V, kind: u64, m: MemArg) -> I<'static> {
    match (ty, kind) {
        (V::I32, 0) => I::I32Load8S(m),
        (V::I32, 1) => I::I32Load8U(m),
        (V::I32, 2) => I::I32Load16S(m),
        (V::I32, 3) => I::I32Load16U(m),
        (V::I32, _) => I::I32Load(m),
        (V::I64, 0) => I::I64Load8S(m),
        (V::I64, 1) => I::I64Load8U(m),
        (V::I64, 2) => I::I64Load16S(m),
        (V::I64, 3) => I::I64Load16U(m),
        (V::I64, 4) => I::I64Load32S(m),
        (V::I64, 5) => I::I64Load32U(m),
        (V::I64, _) => I::I64Load(m),
        (V::F32, _) => I::F32Load(m),
        _ => I::F64Load(m),
    }
}

/// Returns a store of a type, of any width.
pub fn store(ty: V, kind: u64, m: MemArg) -> I<'static> {
    match (ty, kind) {
        (V::I32, 0 | 1) => I::I32Store8(m),
        (V::I32, 2 | 3) => I::I32Store16(m),
        (V::I32, _) => I::I32Store(m),
        (V::I64, 0 | 1) => I::I64Store8(m),
        (V::I64, 2 | 3) => I::I64Store16(m),
        (V::I64, 4 | 5) => I::I64Store32(m),
        (V::I64, _) => I::I64Store(m),
        (V::F32, _) => I::F32Store(m),
        _ => I::F64Store(m),
    }
}
