//! Rows for numbers: arithmetic, comparisons, conversions, and access to memory.

macro_rules! number_rows {
    ($next:ident $($then:ident)* [$($before:tt)*]) => { $next! { $($then)* [ $($before)*
        commutative {
            [I32 I64] Add "add" (a: U, b: U) -> U { a.wrapping_add(b) }
            [I32 I64] Mul "mul" (a: U, b: U) -> U { a.wrapping_mul(b) }
            [I32 I64] And "and" (a: U, b: U) -> U { a & b }
            [I32 I64] Or "or" (a: U, b: U) -> U { a | b }
            [I32 I64] Xor "xor" (a: U, b: U) -> U { a ^ b }
        }
        binary {
            [I32 I64] Sub "sub" (a: U, b: U) -> U { a.wrapping_sub(b) }
            [I32 I64] Shl "shl" (a: U, b: U) -> U { a.wrapping_shl(b as u32) }
            [I32 I64] ShrS "shr_s" (a: U, b: U) -> U { (a as S).wrapping_shr(b as u32) as U }
            [I32 I64] ShrU "shr_u" (a: U, b: U) -> U { a.wrapping_shr(b as u32) }
            [I32 I64] Rotl "rotl" (a: U, b: U) -> U { a.rotate_left(b as u32 & (U::BITS - 1)) }
            [I32 I64] Rotr "rotr" (a: U, b: U) -> U { a.rotate_right(b as u32 & (U::BITS - 1)) }
            [I32 I64] DivS "div_s" (a: U, b: U) -> U { div_s(a, b)? }
            [I32 I64] DivU "div_u" (a: U, b: U) -> U { div_u(a, b)? }
            [I32 I64] RemS "rem_s" (a: U, b: U) -> U { rem_s(a, b)? }
            [I32 I64] RemU "rem_u" (a: U, b: U) -> U { rem_u(a, b)? }
        }
        float_binary {
            [F32 F64] Add "add" (a: F, b: F) -> F { a + b }
            [F32 F64] Mul "mul" (a: F, b: F) -> F { a * b }
            [F32 F64] Sub "sub" (a: F, b: F) -> F { a - b }
            [F32 F64] Div "div" (a: F, b: F) -> F { a / b }
            [F32 F64] Min "min" (a: F, b: F) -> F { min(a, b) }
            [F32 F64] Max "max" (a: F, b: F) -> F { max(a, b) }
            [F32 F64] Copysign "copysign" (a: F, b: F) -> F { a.copysign(b) }
        }
        compare {
            [I32 I64] Eq "eq" (a: U, b: U, not: Ne, swapped: Eq) -> bool { a == b }
            [I32 I64] Ne "ne" (a: U, b: U, not: Eq, swapped: Ne) -> bool { a != b }
            [I32 I64] LtS "lt_s" (a: U, b: U, not: GeS, swapped: GtS) -> bool { (a as S) < b as S }
            [I32 I64] LtU "lt_u" (a: U, b: U, not: GeU, swapped: GtU) -> bool { a < b }
            [I32 I64] GtS "gt_s" (a: U, b: U, not: LeS, swapped: LtS) -> bool { a as S > b as S }
            [I32 I64] GtU "gt_u" (a: U, b: U, not: LeU, swapped: LtU) -> bool { a > b }
            [I32 I64] LeS "le_s" (a: U, b: U, not: GtS, swapped: GeS) -> bool { a as S <= b as S }
            [I32 I64] LeU "le_u" (a: U, b: U, not: GtU, swapped: GeU) -> bool { a <= b }
            [I32 I64] GeS "ge_s" (a: U, b: U, not: LtS, swapped: LeS) -> bool { a as S >= b as S }
            [I32 I64] GeU "ge_u" (a: U, b: U, not: LtU, swapped: LeU) -> bool { a >= b }
        }
        float_compare {
            [F32 F64] Eq "eq" (a: F, b: F, swapped: Eq) -> bool { a == b }
            [F32 F64] Ne "ne" (a: F, b: F, swapped: Ne) -> bool { a != b }
            [F32 F64] Lt "lt" (a: F, b: F, swapped: Gt) -> bool { a < b }
            [F32 F64] Gt "gt" (a: F, b: F, swapped: Lt) -> bool { a > b }
            [F32 F64] Le "le" (a: F, b: F, swapped: Ge) -> bool { a <= b }
            [F32 F64] Ge "ge" (a: F, b: F, swapped: Le) -> bool { a >= b }
        }
        unary {
            [I32 I64] Clz "clz" (a: U) -> U { a.leading_zeros() as U }
            [I32 I64] Ctz "ctz" (a: U) -> U { a.trailing_zeros() as U }
            [I32 I64] Popcnt "popcnt" (a: U) -> U { a.count_ones() as U }
            [I32 I64] Extend8S "extend8_s" (a: U) -> U { a as i8 as U }
            [I32 I64] Extend16S "extend16_s" (a: U) -> U { a as i16 as U }
            [I64] Extend32S "extend32_s" (a: U) -> U { a as i32 as U }
            [F32 F64] Abs "abs" (a: F) -> F { a.abs() }
            [F32 F64] Neg "neg" (a: F) -> F { -a }
            [F32 F64] Ceil "ceil" (a: F) -> F { ceil(a) }
            [F32 F64] Floor "floor" (a: F) -> F { floor(a) }
            [F32 F64] Trunc "trunc" (a: F) -> F { trunc(a) }
            [F32 F64] Nearest "nearest" (a: F) -> F { nearest(a) }
            [F32 F64] Sqrt "sqrt" (a: F) -> F { a.sqrt() }
            // From one type to another.
            [I32] WrapI64 "wrap_i64" (a: u64) -> U { a as U }
            [I64] ExtendI32S "extend_i32_s" (a: u32) -> U { a as i32 as U }
            [I64] ExtendI32U "extend_i32_u" (a: u32) -> U { a as U }
            [I32 I64] TruncF32S "trunc_f32_s" (a: f32) -> U { trunc_f32_s(a)? }
            [I32 I64] TruncF32U "trunc_f32_u" (a: f32) -> U { trunc_f32_u(a)? }
            [I32 I64] TruncF64S "trunc_f64_s" (a: f64) -> U { trunc_f64_s(a)? }
            [I32 I64] TruncF64U "trunc_f64_u" (a: f64) -> U { trunc_f64_u(a)? }
            [I32 I64] TruncSatF32S "trunc_sat_f32_s" (a: f32) -> U { a as S as U }
            [I32 I64] TruncSatF32U "trunc_sat_f32_u" (a: f32) -> U { a as U }
            [I32 I64] TruncSatF64S "trunc_sat_f64_s" (a: f64) -> U { a as S as U }
            [I32 I64] TruncSatF64U "trunc_sat_f64_u" (a: f64) -> U { a as U }
            [F32 F64] ConvertI32S "convert_i32_s" (a: u32) -> F { a as i32 as F }
            [F32 F64] ConvertI32U "convert_i32_u" (a: u32) -> F { a as F }
            [F32 F64] ConvertI64S "convert_i64_s" (a: u64) -> F { a as i64 as F }
            [F32 F64] ConvertI64U "convert_i64_u" (a: u64) -> F { a as F }
            [F32] DemoteF64 "demote_f64" (a: f64) -> F { numbers::demote(a) }
            [F64] PromoteF32 "promote_f32" (a: f32) -> F { numbers::promote(a) }
            [I32] ReinterpretF32 "reinterpret_f32" (a: f32) -> U { a.to_bits() }
            [F32] ReinterpretI32 "reinterpret_i32" (a: u32) -> F { F::from_bits(a) }
            [I64] ReinterpretF64 "reinterpret_f64" (a: f64) -> U { a.to_bits() }
            [F64] ReinterpretI64 "reinterpret_i64" (a: u64) -> F { F::from_bits(a) }
        }
        load {
            [I32 I64] Load "load" (raw: U) -> U { raw }
            [F32 F64] Load "load" (raw: U) -> F { F::from_bits(raw) }
            [I32 I64] Load8S "load8_s" (raw: u8) -> U { raw as i8 as U }
            [I32 I64] Load8U "load8_u" (raw: u8) -> U { raw as U }
            [I32 I64] Load16S "load16_s" (raw: u16) -> U { raw as i16 as U }
            [I32 I64] Load16U "load16_u" (raw: u16) -> U { raw as U }
            [I64] Load32S "load32_s" (raw: u32) -> U { raw as i32 as U }
            [I64] Load32U "load32_u" (raw: u32) -> U { raw as U }
        }
        store {
            [I32 I64] Store "store" (value: U) -> U { value }
            [F32 F64] Store "store" (value: F) -> U { value.to_bits() }
            [I32 I64] Store8 "store8" (value: U) -> u8 { value as u8 }
            [I32 I64] Store16 "store16" (value: U) -> u16 { value as u16 }
            [I64] Store32 "store32" (value: U) -> u32 { value as u32 }
        }
    ] } };
}
pub(in crate::interp) use number_rows;
