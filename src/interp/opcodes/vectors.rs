//! Rows for vectors. Operands and results are lanes in an array, or a number.

macro_rules! vector_rows {
    ($next:ident $($then:ident)* [$($before:tt)*]) => { $next! { $($then)* [ $($before)*
        load {
            [V128] Load "load" (raw: U8x16) -> U8x16 { raw }
            [V128] Load8x8S "load8x8_s" (raw: u64) -> I16x8 { map(lanes::u8s(raw), |x| i16::from(x as i8)) }
            [V128] Load8x8U "load8x8_u" (raw: u64) -> U16x8 { map(lanes::u8s(raw), |x| u16::from(x)) }
            [V128] Load16x4S "load16x4_s" (raw: u64) -> I32x4 { map(lanes::u16s(raw), |x| i32::from(x as i16)) }
            [V128] Load16x4U "load16x4_u" (raw: u64) -> U32x4 { map(lanes::u16s(raw), |x| u32::from(x)) }
            [V128] Load32x2S "load32x2_s" (raw: u64) -> I64x2 { map(lanes::u32s(raw), |x| i64::from(x as i32)) }
            [V128] Load32x2U "load32x2_u" (raw: u64) -> U64x2 { map(lanes::u32s(raw), |x| u64::from(x)) }
            [V128] Load8Splat "load8_splat" (raw: u8) -> U8x16 { [raw; 16] }
            [V128] Load16Splat "load16_splat" (raw: u16) -> U16x8 { [raw; 8] }
            [V128] Load32Splat "load32_splat" (raw: u32) -> U32x4 { [raw; 4] }
            [V128] Load64Splat "load64_splat" (raw: u64) -> U64x2 { [raw; 2] }
            [V128] Load32Zero "load32_zero" (raw: u32) -> U32x4 { [raw, 0, 0, 0] }
            [V128] Load64Zero "load64_zero" (raw: u64) -> U64x2 { [raw, 0] }
        }
        vector_store {
            [V128] Store "store" (value: U8x16) -> U8x16 { value }
        }
        load_lane {
            [V128] Load8Lane "load8_lane" u8
            [V128] Load16Lane "load16_lane" u16
            [V128] Load32Lane "load32_lane" u32
            [V128] Load64Lane "load64_lane" u64
        }
        store_lane {
            [V128] Store8Lane "store8_lane" u8
            [V128] Store16Lane "store16_lane" u16
            [V128] Store32Lane "store32_lane" u32
            [V128] Store64Lane "store64_lane" u64
        }
        extract_lane {
            [I8x16 I16x8] ExtractLaneS "extract_lane_s" (x: SignedLane) -> u32 { i32::from(x) as u32 }
            [I8x16 I16x8] ExtractLaneU "extract_lane_u" (x: Lane) -> u32 { u32::from(x) }
            [I32x4 I64x2 F32x4 F64x2] ExtractLane "extract_lane" (x: Lane) -> Lane { x }
        }
        replace_lane {
            [I8x16 I16x8] ReplaceLane "replace_lane" (a: U, x: u32) -> Lane { x as Lane }
            [I32x4 I64x2 F32x4 F64x2] ReplaceLane "replace_lane" (a: V, x: Lane) -> Lane { x }
        }
        shift {
            [I8x16 I16x8 I32x4 I64x2] Shl "shl" (a: U, by: u32) -> U { map(a, |a| a.wrapping_shl(by)) }
            [I8x16 I16x8 I32x4 I64x2] ShrS "shr_s" (a: S, by: u32) -> S { map(a, |a| a.wrapping_shr(by)) }
            [I8x16 I16x8 I32x4 I64x2] ShrU "shr_u" (a: U, by: u32) -> U { map(a, |a| a.wrapping_shr(by)) }
        }
        vector_unary {
            [I8x16 I16x8 I32x4] Splat "splat" (a: u32) -> U { [a as Lane; LANES] }
            [I64x2 F32x4 F64x2] Splat "splat" (a: Lane) -> V { [a; LANES] }
            [V128] Not "not" (a: U64x2) -> U64x2 { map(a, |a| !a) }
            [V128] AnyTrue "any_true" (a: U64x2) -> u32 { u32::from(a[0] | a[1] != 0) }
            // Integers.
            [I8x16 I16x8 I32x4 I64x2] Abs "abs" (a: S) -> S { map(a, SignedLane::wrapping_abs) }
            [I8x16 I16x8 I32x4 I64x2] Neg "neg" (a: U) -> U { map(a, Lane::wrapping_neg) }
            [I8x16] Popcnt "popcnt" (a: U) -> U { map(a, lanes::ones) }
            [I8x16 I16x8 I32x4 I64x2] AllTrue "all_true" (a: U64x2) -> u32 { lanes::all_true::<{ Lane::BITS }>(a) }
            [I8x16 I16x8 I32x4 I64x2] Bitmask "bitmask" (a: U64x2) -> u32 { bitmask(a) }
            // Floats. Signs are bits: a signalling NaN stays one.
            [F32x4 F64x2] Abs "abs" (a: U) -> U { map(a, |a| a & !SIGN) }
            [F32x4 F64x2] Neg "neg" (a: U) -> U { map(a, |a| a ^ SIGN) }
            [F32x4 F64x2] Sqrt "sqrt" (a: F) -> F { map(a, Lane::sqrt) }
            [F32x4 F64x2] Ceil "ceil" (a: F) -> F { map(a, ceil) }
            [F32x4 F64x2] Floor "floor" (a: F) -> F { map(a, floor) }
            [F32x4 F64x2] Trunc "trunc" (a: F) -> F { map(a, trunc) }
            [F32x4 F64x2] Nearest "nearest" (a: F) -> F { map(a, nearest) }
            // From one width to another.
            [I16x8] ExtendLowI8x16S "extend_low_i8x16_s" (a: I8x16) -> S { lanes::low(a) }
            [I16x8] ExtendLowI8x16U "extend_low_i8x16_u" (a: U8x16) -> U { lanes::low(a) }
            [I16x8] ExtendHighI8x16S "extend_high_i8x16_s" (a: I8x16) -> S { lanes::high(a) }
            [I16x8] ExtendHighI8x16U "extend_high_i8x16_u" (a: U8x16) -> U { lanes::high(a) }
            [I32x4] ExtendLowI16x8S "extend_low_i16x8_s" (a: I16x8) -> S { lanes::low(a) }
            [I32x4] ExtendLowI16x8U "extend_low_i16x8_u" (a: U16x8) -> U { lanes::low(a) }
            [I32x4] ExtendHighI16x8S "extend_high_i16x8_s" (a: I16x8) -> S { lanes::high(a) }
            [I32x4] ExtendHighI16x8U "extend_high_i16x8_u" (a: U16x8) -> U { lanes::high(a) }
            [I64x2] ExtendLowI32x4S "extend_low_i32x4_s" (a: I32x4) -> S { lanes::low(a) }
            [I64x2] ExtendLowI32x4U "extend_low_i32x4_u" (a: U32x4) -> U { lanes::low(a) }
            [I64x2] ExtendHighI32x4S "extend_high_i32x4_s" (a: I32x4) -> S { lanes::high(a) }
            [I64x2] ExtendHighI32x4U "extend_high_i32x4_u" (a: U32x4) -> U { lanes::high(a) }
            [I16x8] ExtAddPairwiseI8x16S "extadd_pairwise_i8x16_s" (a: I8x16) -> S {
                lanes::pairs(a, i16::wrapping_add)
            }
            [I16x8] ExtAddPairwiseI8x16U "extadd_pairwise_i8x16_u" (a: U8x16) -> U {
                lanes::pairs(a, u16::wrapping_add)
            }
            [I32x4] ExtAddPairwiseI16x8S "extadd_pairwise_i16x8_s" (a: I16x8) -> S {
                lanes::pairs(a, i32::wrapping_add)
            }
            [I32x4] ExtAddPairwiseI16x8U "extadd_pairwise_i16x8_u" (a: U16x8) -> U {
                lanes::pairs(a, u32::wrapping_add)
            }
            [I32x4] TruncSatF32x4S "trunc_sat_f32x4_s" (a: F32x4) -> S { map(a, |a| a as i32) }
            [I32x4] TruncSatF32x4U "trunc_sat_f32x4_u" (a: F32x4) -> U { map(a, |a| a as u32) }
            [I32x4] TruncSatF64x2SZero "trunc_sat_f64x2_s_zero" (a: F64x2) -> S { [a[0] as i32, a[1] as i32, 0, 0] }
            [I32x4] TruncSatF64x2UZero "trunc_sat_f64x2_u_zero" (a: F64x2) -> U { [a[0] as u32, a[1] as u32, 0, 0] }
            [F32x4] ConvertI32x4S "convert_i32x4_s" (a: I32x4) -> F { map(a, |a| a as f32) }
            [F32x4] ConvertI32x4U "convert_i32x4_u" (a: U32x4) -> F { map(a, |a| a as f32) }
            [F64x2] ConvertLowI32x4S "convert_low_i32x4_s" (a: I32x4) -> F { [a[0].into(), a[1].into()] }
            [F64x2] ConvertLowI32x4U "convert_low_i32x4_u" (a: U32x4) -> F { [a[0].into(), a[1].into()] }
            [F32x4] DemoteF64x2Zero "demote_f64x2_zero" (a: F64x2) -> F {
                [numbers::demote(a[0]), numbers::demote(a[1]), 0.0, 0.0]
            }
            [F64x2] PromoteLowF32x4 "promote_low_f32x4" (a: F32x4) -> F { [numbers::promote(a[0]), numbers::promote(a[1])] }
            // Relaxed operations, as in the deterministic profile: the first of the results that are allowed.
            [I32x4] RelaxedTruncF32x4S "relaxed_trunc_f32x4_s" (a: F32x4) -> S { map(a, |a| a as i32) }
            [I32x4] RelaxedTruncF32x4U "relaxed_trunc_f32x4_u" (a: F32x4) -> U { map(a, |a| a as u32) }
            [I32x4] RelaxedTruncF64x2SZero "relaxed_trunc_f64x2_s_zero" (a: F64x2) -> S {
                [a[0] as i32, a[1] as i32, 0, 0]
            }
            [I32x4] RelaxedTruncF64x2UZero "relaxed_trunc_f64x2_u_zero" (a: F64x2) -> U {
                [a[0] as u32, a[1] as u32, 0, 0]
            }
        }
        vector_binary {
            [I8x16] Swizzle "swizzle" (a: U, b: U) -> U { lanes::swizzle(a, b) }
            [I8x16] RelaxedSwizzle "relaxed_swizzle" (a: U, b: U) -> U { lanes::swizzle(a, b) }
            [V128] And "and" (a: U64x2, b: U64x2) -> U64x2 { zip(a, b, |a, b| a & b) }
            [V128] AndNot "andnot" (a: U64x2, b: U64x2) -> U64x2 { zip(a, b, |a, b| a & !b) }
            [V128] Or "or" (a: U64x2, b: U64x2) -> U64x2 { zip(a, b, |a, b| a | b) }
            [V128] Xor "xor" (a: U64x2, b: U64x2) -> U64x2 { zip(a, b, |a, b| a ^ b) }
            // Comparisons.
            [I8x16 I16x8 I32x4 I64x2] Eq "eq" (a: U, b: U) -> U { compare(a, b, |a, b| a == b) }
            [I8x16 I16x8 I32x4 I64x2] Ne "ne" (a: U, b: U) -> U { compare(a, b, |a, b| a != b) }
            [I8x16 I16x8 I32x4 I64x2] LtS "lt_s" (a: S, b: S) -> U { compare(a, b, |a, b| a < b) }
            [I8x16 I16x8 I32x4] LtU "lt_u" (a: U, b: U) -> U { compare(a, b, |a, b| a < b) }
            [I8x16 I16x8 I32x4 I64x2] GtS "gt_s" (a: S, b: S) -> U { compare(a, b, |a, b| a > b) }
            [I8x16 I16x8 I32x4] GtU "gt_u" (a: U, b: U) -> U { compare(a, b, |a, b| a > b) }
            [I8x16 I16x8 I32x4 I64x2] LeS "le_s" (a: S, b: S) -> U { compare(a, b, |a, b| a <= b) }
            [I8x16 I16x8 I32x4] LeU "le_u" (a: U, b: U) -> U { compare(a, b, |a, b| a <= b) }
            [I8x16 I16x8 I32x4 I64x2] GeS "ge_s" (a: S, b: S) -> U { compare(a, b, |a, b| a >= b) }
            [I8x16 I16x8 I32x4] GeU "ge_u" (a: U, b: U) -> U { compare(a, b, |a, b| a >= b) }
            [F32x4 F64x2] Eq "eq" (a: F, b: F) -> U { compare(a, b, |a, b| a == b) }
            [F32x4 F64x2] Ne "ne" (a: F, b: F) -> U { compare(a, b, |a, b| a != b) }
            [F32x4 F64x2] Lt "lt" (a: F, b: F) -> U { compare(a, b, |a, b| a < b) }
            [F32x4 F64x2] Gt "gt" (a: F, b: F) -> U { compare(a, b, |a, b| a > b) }
            [F32x4 F64x2] Le "le" (a: F, b: F) -> U { compare(a, b, |a, b| a <= b) }
            [F32x4 F64x2] Ge "ge" (a: F, b: F) -> U { compare(a, b, |a, b| a >= b) }
            // Integers.
            [I8x16 I16x8 I32x4 I64x2] Add "add" (a: U, b: U) -> U { zip(a, b, Lane::wrapping_add) }
            [I8x16 I16x8] AddSatS "add_sat_s" (a: S, b: S) -> S { zip(a, b, SignedLane::saturating_add) }
            [I8x16 I16x8] AddSatU "add_sat_u" (a: U, b: U) -> U { zip(a, b, Lane::saturating_add) }
            [I8x16 I16x8 I32x4 I64x2] Sub "sub" (a: U, b: U) -> U { zip(a, b, Lane::wrapping_sub) }
            [I8x16 I16x8] SubSatS "sub_sat_s" (a: S, b: S) -> S { zip(a, b, SignedLane::saturating_sub) }
            [I8x16 I16x8] SubSatU "sub_sat_u" (a: U, b: U) -> U { zip(a, b, Lane::saturating_sub) }
            [I16x8 I32x4 I64x2] Mul "mul" (a: U, b: U) -> U { zip(a, b, Lane::wrapping_mul) }
            [I8x16 I16x8 I32x4] MinS "min_s" (a: S, b: S) -> S { zip(a, b, SignedLane::min) }
            [I8x16 I16x8 I32x4] MinU "min_u" (a: U, b: U) -> U { zip(a, b, Lane::min) }
            [I8x16 I16x8 I32x4] MaxS "max_s" (a: S, b: S) -> S { zip(a, b, SignedLane::max) }
            [I8x16 I16x8 I32x4] MaxU "max_u" (a: U, b: U) -> U { zip(a, b, Lane::max) }
            [I8x16 I16x8] AvgrU "avgr_u" (a: U, b: U) -> U { zip(a, b, average) }
            [I16x8] Q15MulrSatS "q15mulr_sat_s" (a: S, b: S) -> S { zip(a, b, lanes::q15) }
            [I16x8] RelaxedQ15mulrS "relaxed_q15mulr_s" (a: S, b: S) -> S { zip(a, b, lanes::q15) }
            [I32x4] DotI16x8S "dot_i16x8_s" (a: S, b: S) -> S { lanes::dot(a, b) }
            [I16x8] RelaxedDotI8x16I7x16S "relaxed_dot_i8x16_i7x16_s" (a: I8x16, b: I8x16) -> S {
                lanes::relaxed_dot(a, b)
            }
            // From one width to another.
            [I8x16] NarrowI16x8S "narrow_i16x8_s" (a: I16x8, b: I16x8) -> S {
                narrow(a, b, |a| a.clamp(i8::MIN.into(), i8::MAX.into()) as i8)
            }
            [I8x16] NarrowI16x8U "narrow_i16x8_u" (a: I16x8, b: I16x8) -> U {
                narrow(a, b, |a| a.clamp(u8::MIN.into(), u8::MAX.into()) as u8)
            }
            [I16x8] NarrowI32x4S "narrow_i32x4_s" (a: I32x4, b: I32x4) -> S {
                narrow(a, b, |a| a.clamp(i16::MIN.into(), i16::MAX.into()) as i16)
            }
            [I16x8] NarrowI32x4U "narrow_i32x4_u" (a: I32x4, b: I32x4) -> U {
                narrow(a, b, |a| a.clamp(u16::MIN.into(), u16::MAX.into()) as u16)
            }
            [I16x8] ExtMulLowI8x16S "extmul_low_i8x16_s" (a: I8x16, b: I8x16) -> S {
                zip(lanes::low(a), lanes::low(b), i16::wrapping_mul)
            }
            [I16x8] ExtMulLowI8x16U "extmul_low_i8x16_u" (a: U8x16, b: U8x16) -> U {
                zip(lanes::low(a), lanes::low(b), u16::wrapping_mul)
            }
            [I16x8] ExtMulHighI8x16S "extmul_high_i8x16_s" (a: I8x16, b: I8x16) -> S {
                zip(lanes::high(a), lanes::high(b), i16::wrapping_mul)
            }
            [I16x8] ExtMulHighI8x16U "extmul_high_i8x16_u" (a: U8x16, b: U8x16) -> U {
                zip(lanes::high(a), lanes::high(b), u16::wrapping_mul)
            }
            [I32x4] ExtMulLowI16x8S "extmul_low_i16x8_s" (a: I16x8, b: I16x8) -> S {
                zip(lanes::low(a), lanes::low(b), i32::wrapping_mul)
            }
            [I32x4] ExtMulLowI16x8U "extmul_low_i16x8_u" (a: U16x8, b: U16x8) -> U {
                zip(lanes::low(a), lanes::low(b), u32::wrapping_mul)
            }
            [I32x4] ExtMulHighI16x8S "extmul_high_i16x8_s" (a: I16x8, b: I16x8) -> S {
                zip(lanes::high(a), lanes::high(b), i32::wrapping_mul)
            }
            [I32x4] ExtMulHighI16x8U "extmul_high_i16x8_u" (a: U16x8, b: U16x8) -> U {
                zip(lanes::high(a), lanes::high(b), u32::wrapping_mul)
            }
            [I64x2] ExtMulLowI32x4S "extmul_low_i32x4_s" (a: I32x4, b: I32x4) -> S {
                zip(lanes::low(a), lanes::low(b), i64::wrapping_mul)
            }
            [I64x2] ExtMulLowI32x4U "extmul_low_i32x4_u" (a: U32x4, b: U32x4) -> U {
                zip(lanes::low(a), lanes::low(b), u64::wrapping_mul)
            }
            [I64x2] ExtMulHighI32x4S "extmul_high_i32x4_s" (a: I32x4, b: I32x4) -> S {
                zip(lanes::high(a), lanes::high(b), i64::wrapping_mul)
            }
            [I64x2] ExtMulHighI32x4U "extmul_high_i32x4_u" (a: U32x4, b: U32x4) -> U {
                zip(lanes::high(a), lanes::high(b), u64::wrapping_mul)
            }
            // Floats.
            [F32x4 F64x2] Add "add" (a: F, b: F) -> F { zip(a, b, |a, b| a + b) }
            [F32x4 F64x2] Sub "sub" (a: F, b: F) -> F { zip(a, b, |a, b| a - b) }
            [F32x4 F64x2] Mul "mul" (a: F, b: F) -> F { zip(a, b, |a, b| a * b) }
            [F32x4 F64x2] Div "div" (a: F, b: F) -> F { zip(a, b, |a, b| a / b) }
            [F32x4 F64x2] Min "min" (a: F, b: F) -> F { zip(a, b, min) }
            [F32x4 F64x2] Max "max" (a: F, b: F) -> F { zip(a, b, max) }
            [F32x4 F64x2] RelaxedMin "relaxed_min" (a: F, b: F) -> F { zip(a, b, min) }
            [F32x4 F64x2] RelaxedMax "relaxed_max" (a: F, b: F) -> F { zip(a, b, max) }
            [F32x4 F64x2] PMin "pmin" (a: F, b: F) -> F { zip(a, b, |a, b| if b < a { b } else { a }) }
            [F32x4 F64x2] PMax "pmax" (a: F, b: F) -> F { zip(a, b, |a, b| if a < b { b } else { a }) }
        }
        vector_ternary {
            [V128] Bitselect "bitselect" (a: U64x2, b: U64x2, c: U64x2) -> U64x2 { lanes::bitselect(a, b, c) }
            [I8x16 I16x8 I32x4 I64x2] RelaxedLaneselect "relaxed_laneselect" (a: U64x2, b: U64x2, c: U64x2) -> U64x2 {
                lanes::bitselect(a, b, c)
            }
            [F32x4 F64x2] RelaxedMadd "relaxed_madd" (a: F, b: F, c: F) -> F {
                zip(zip(a, b, |a, b| a * b), c, |ab, c| ab + c)
            }
            [F32x4 F64x2] RelaxedNmadd "relaxed_nmadd" (a: F, b: F, c: F) -> F {
                zip(zip(a, b, |a, b| -a * b), c, |ab, c| ab + c)
            }
            [I32x4] RelaxedDotI8x16I7x16AddS "relaxed_dot_i8x16_i7x16_add_s" (a: I8x16, b: I8x16, c: S) -> S {
                lanes::relaxed_dot_add(a, b, c)
            }
        }
    ] } };
}
pub(in crate::interp) use vector_rows;
