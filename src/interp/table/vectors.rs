//! The rows of the [table](super::table) for vectors.
//!
//! `lanes` rows take their operands from slots; types are those of the lanes, of a vector or a number. `shift` rows have
//! a second opcode for a constant, which is the usual case. Loads have the forms of any load; `vstore` those of a store
//! without an accumulator for the value. `extract` and `replace` rows, and accesses of a single lane, take the lane's
//! number as an immediate.

macro_rules! with_vector_rows {
    ($m:ident { $($wasm:tt)* } $plain:tt) => { $m! { wasm {
        $($wasm)*
        // Loads and stores of vectors.
        load V128Load "v128.load"
            [V128LoadS V128LoadA V128LoadM V128LoadSs V128LoadW V128LoadWa V128LoadWss]
            { (raw: U8x16) -> U8x16 { raw } }
        load V128Load8x8S "v128.load8x8_s"
            [V128Load8x8SS V128Load8x8SA V128Load8x8SM V128Load8x8SSs V128Load8x8SW V128Load8x8SWa V128Load8x8SWss]
            { (raw: u64) -> I16x8 { map(lanes::u8s(raw), |x| i16::from(x as i8)) } }
        load V128Load8x8U "v128.load8x8_u"
            [V128Load8x8US V128Load8x8UA V128Load8x8UM V128Load8x8USs V128Load8x8UW V128Load8x8UWa V128Load8x8UWss]
            { (raw: u64) -> U16x8 { map(lanes::u8s(raw), |x| u16::from(x)) } }
        load V128Load16x4S "v128.load16x4_s"
            [V128Load16x4SS V128Load16x4SA V128Load16x4SM V128Load16x4SSs
             V128Load16x4SW V128Load16x4SWa V128Load16x4SWss]
            { (raw: u64) -> I32x4 { map(lanes::u16s(raw), |x| i32::from(x as i16)) } }
        load V128Load16x4U "v128.load16x4_u"
            [V128Load16x4US V128Load16x4UA V128Load16x4UM V128Load16x4USs
             V128Load16x4UW V128Load16x4UWa V128Load16x4UWss]
            { (raw: u64) -> U32x4 { map(lanes::u16s(raw), |x| u32::from(x)) } }
        load V128Load32x2S "v128.load32x2_s"
            [V128Load32x2SS V128Load32x2SA V128Load32x2SM V128Load32x2SSs
             V128Load32x2SW V128Load32x2SWa V128Load32x2SWss]
            { (raw: u64) -> I64x2 { map(lanes::u32s(raw), |x| i64::from(x as i32)) } }
        load V128Load32x2U "v128.load32x2_u"
            [V128Load32x2US V128Load32x2UA V128Load32x2UM V128Load32x2USs
             V128Load32x2UW V128Load32x2UWa V128Load32x2UWss]
            { (raw: u64) -> U64x2 { map(lanes::u32s(raw), |x| u64::from(x)) } }
        load V128Load8Splat "v128.load8_splat"
            [V128Load8SplatS V128Load8SplatA V128Load8SplatM V128Load8SplatSs
             V128Load8SplatW V128Load8SplatWa V128Load8SplatWss]
            { (raw: u8) -> U8x16 { [raw; 16] } }
        load V128Load16Splat "v128.load16_splat"
            [V128Load16SplatS V128Load16SplatA V128Load16SplatM V128Load16SplatSs
             V128Load16SplatW V128Load16SplatWa V128Load16SplatWss]
            { (raw: u16) -> U16x8 { [raw; 8] } }
        load V128Load32Splat "v128.load32_splat"
            [V128Load32SplatS V128Load32SplatA V128Load32SplatM V128Load32SplatSs
             V128Load32SplatW V128Load32SplatWa V128Load32SplatWss]
            { (raw: u32) -> U32x4 { [raw; 4] } }
        load V128Load64Splat "v128.load64_splat"
            [V128Load64SplatS V128Load64SplatA V128Load64SplatM V128Load64SplatSs
             V128Load64SplatW V128Load64SplatWa V128Load64SplatWss]
            { (raw: u64) -> U64x2 { [raw; 2] } }
        load V128Load32Zero "v128.load32_zero"
            [V128Load32ZeroS V128Load32ZeroA V128Load32ZeroM V128Load32ZeroSs
             V128Load32ZeroW V128Load32ZeroWa V128Load32ZeroWss]
            { (raw: u32) -> U32x4 { [raw, 0, 0, 0] } }
        load V128Load64Zero "v128.load64_zero"
            [V128Load64ZeroS V128Load64ZeroA V128Load64ZeroM V128Load64ZeroSs
             V128Load64ZeroW V128Load64ZeroWa V128Load64ZeroWss]
            { (raw: u64) -> U64x2 { [raw, 0] } }
        vstore V128Store "v128.store"
            [V128StoreSs V128StoreAs V128StoreM V128StoreSss V128StoreWss V128StoreWas V128StoreWsss]
            { (value: U8x16) -> U8x16 { value } }
        load_lane V128Load8Lane "v128.load8_lane" [V128Load8LaneV] { u8 }
        load_lane V128Load16Lane "v128.load16_lane" [V128Load16LaneV] { u16 }
        load_lane V128Load32Lane "v128.load32_lane" [V128Load32LaneV] { u32 }
        load_lane V128Load64Lane "v128.load64_lane" [V128Load64LaneV] { u64 }
        store_lane V128Store8Lane "v128.store8_lane" [V128Store8LaneV] { u8 }
        store_lane V128Store16Lane "v128.store16_lane" [V128Store16LaneV] { u16 }
        store_lane V128Store32Lane "v128.store32_lane" [V128Store32LaneV] { u32 }
        store_lane V128Store64Lane "v128.store64_lane" [V128Store64LaneV] { u64 }
        // Single lanes.
        extract I8x16ExtractLaneS "i8x16.extract_lane_s" [I8x16ExtractLaneSV] { (x: i8) -> u32 { i32::from(x) as u32 } }
        extract I8x16ExtractLaneU "i8x16.extract_lane_u" [I8x16ExtractLaneUV] { (x: u8) -> u32 { u32::from(x) } }
        extract I16x8ExtractLaneS "i16x8.extract_lane_s" [I16x8ExtractLaneSV]
            { (x: i16) -> u32 { i32::from(x) as u32 } }
        extract I16x8ExtractLaneU "i16x8.extract_lane_u" [I16x8ExtractLaneUV] { (x: u16) -> u32 { u32::from(x) } }
        extract I32x4ExtractLane "i32x4.extract_lane" [I32x4ExtractLaneV] { (x: u32) -> u32 { x } }
        extract I64x2ExtractLane "i64x2.extract_lane" [I64x2ExtractLaneV] { (x: u64) -> u64 { x } }
        extract F32x4ExtractLane "f32x4.extract_lane" [F32x4ExtractLaneV] { (x: f32) -> f32 { x } }
        extract F64x2ExtractLane "f64x2.extract_lane" [F64x2ExtractLaneV] { (x: f64) -> f64 { x } }
        replace I8x16ReplaceLane "i8x16.replace_lane" [I8x16ReplaceLaneV] { (a: U8x16, x: u32) { x as u8 } }
        replace I16x8ReplaceLane "i16x8.replace_lane" [I16x8ReplaceLaneV] { (a: U16x8, x: u32) { x as u16 } }
        replace I32x4ReplaceLane "i32x4.replace_lane" [I32x4ReplaceLaneV] { (a: U32x4, x: u32) { x } }
        replace I64x2ReplaceLane "i64x2.replace_lane" [I64x2ReplaceLaneV] { (a: U64x2, x: u64) { x } }
        replace F32x4ReplaceLane "f32x4.replace_lane" [F32x4ReplaceLaneV] { (a: F32x4, x: f32) { x } }
        replace F64x2ReplaceLane "f64x2.replace_lane" [F64x2ReplaceLaneV] { (a: F64x2, x: f64) { x } }
        lanes I8x16Splat "i8x16.splat" [I8x16SplatV] { (a: u32) -> U8x16 { [a as u8; 16] } }
        lanes I16x8Splat "i16x8.splat" [I16x8SplatV] { (a: u32) -> U16x8 { [a as u16; 8] } }
        lanes I32x4Splat "i32x4.splat" [I32x4SplatV] { (a: u32) -> U32x4 { [a; 4] } }
        lanes I64x2Splat "i64x2.splat" [I64x2SplatV] { (a: u64) -> U64x2 { [a; 2] } }
        lanes F32x4Splat "f32x4.splat" [F32x4SplatV] { (a: f32) -> F32x4 { [a; 4] } }
        lanes F64x2Splat "f64x2.splat" [F64x2SplatV] { (a: f64) -> F64x2 { [a; 2] } }
        lanes I8x16Swizzle "i8x16.swizzle" [I8x16SwizzleV] { (a: U8x16, b: U8x16) -> U8x16 { lanes::swizzle(a, b) } }
        // Comparisons.
        lanes I8x16Eq "i8x16.eq" [I8x16EqV] { (a: U8x16, b: U8x16) -> U8x16 { compare(a, b, |a, b| a == b) } }
        lanes I8x16Ne "i8x16.ne" [I8x16NeV] { (a: U8x16, b: U8x16) -> U8x16 { compare(a, b, |a, b| a != b) } }
        lanes I8x16LtS "i8x16.lt_s" [I8x16LtSV] { (a: I8x16, b: I8x16) -> U8x16 { compare(a, b, |a, b| a < b) } }
        lanes I8x16LtU "i8x16.lt_u" [I8x16LtUV] { (a: U8x16, b: U8x16) -> U8x16 { compare(a, b, |a, b| a < b) } }
        lanes I8x16GtS "i8x16.gt_s" [I8x16GtSV] { (a: I8x16, b: I8x16) -> U8x16 { compare(a, b, |a, b| a > b) } }
        lanes I8x16GtU "i8x16.gt_u" [I8x16GtUV] { (a: U8x16, b: U8x16) -> U8x16 { compare(a, b, |a, b| a > b) } }
        lanes I8x16LeS "i8x16.le_s" [I8x16LeSV] { (a: I8x16, b: I8x16) -> U8x16 { compare(a, b, |a, b| a <= b) } }
        lanes I8x16LeU "i8x16.le_u" [I8x16LeUV] { (a: U8x16, b: U8x16) -> U8x16 { compare(a, b, |a, b| a <= b) } }
        lanes I8x16GeS "i8x16.ge_s" [I8x16GeSV] { (a: I8x16, b: I8x16) -> U8x16 { compare(a, b, |a, b| a >= b) } }
        lanes I8x16GeU "i8x16.ge_u" [I8x16GeUV] { (a: U8x16, b: U8x16) -> U8x16 { compare(a, b, |a, b| a >= b) } }
        lanes I16x8Eq "i16x8.eq" [I16x8EqV] { (a: U16x8, b: U16x8) -> U16x8 { compare(a, b, |a, b| a == b) } }
        lanes I16x8Ne "i16x8.ne" [I16x8NeV] { (a: U16x8, b: U16x8) -> U16x8 { compare(a, b, |a, b| a != b) } }
        lanes I16x8LtS "i16x8.lt_s" [I16x8LtSV] { (a: I16x8, b: I16x8) -> U16x8 { compare(a, b, |a, b| a < b) } }
        lanes I16x8LtU "i16x8.lt_u" [I16x8LtUV] { (a: U16x8, b: U16x8) -> U16x8 { compare(a, b, |a, b| a < b) } }
        lanes I16x8GtS "i16x8.gt_s" [I16x8GtSV] { (a: I16x8, b: I16x8) -> U16x8 { compare(a, b, |a, b| a > b) } }
        lanes I16x8GtU "i16x8.gt_u" [I16x8GtUV] { (a: U16x8, b: U16x8) -> U16x8 { compare(a, b, |a, b| a > b) } }
        lanes I16x8LeS "i16x8.le_s" [I16x8LeSV] { (a: I16x8, b: I16x8) -> U16x8 { compare(a, b, |a, b| a <= b) } }
        lanes I16x8LeU "i16x8.le_u" [I16x8LeUV] { (a: U16x8, b: U16x8) -> U16x8 { compare(a, b, |a, b| a <= b) } }
        lanes I16x8GeS "i16x8.ge_s" [I16x8GeSV] { (a: I16x8, b: I16x8) -> U16x8 { compare(a, b, |a, b| a >= b) } }
        lanes I16x8GeU "i16x8.ge_u" [I16x8GeUV] { (a: U16x8, b: U16x8) -> U16x8 { compare(a, b, |a, b| a >= b) } }
        lanes I32x4Eq "i32x4.eq" [I32x4EqV] { (a: U32x4, b: U32x4) -> U32x4 { compare(a, b, |a, b| a == b) } }
        lanes I32x4Ne "i32x4.ne" [I32x4NeV] { (a: U32x4, b: U32x4) -> U32x4 { compare(a, b, |a, b| a != b) } }
        lanes I32x4LtS "i32x4.lt_s" [I32x4LtSV] { (a: I32x4, b: I32x4) -> U32x4 { compare(a, b, |a, b| a < b) } }
        lanes I32x4LtU "i32x4.lt_u" [I32x4LtUV] { (a: U32x4, b: U32x4) -> U32x4 { compare(a, b, |a, b| a < b) } }
        lanes I32x4GtS "i32x4.gt_s" [I32x4GtSV] { (a: I32x4, b: I32x4) -> U32x4 { compare(a, b, |a, b| a > b) } }
        lanes I32x4GtU "i32x4.gt_u" [I32x4GtUV] { (a: U32x4, b: U32x4) -> U32x4 { compare(a, b, |a, b| a > b) } }
        lanes I32x4LeS "i32x4.le_s" [I32x4LeSV] { (a: I32x4, b: I32x4) -> U32x4 { compare(a, b, |a, b| a <= b) } }
        lanes I32x4LeU "i32x4.le_u" [I32x4LeUV] { (a: U32x4, b: U32x4) -> U32x4 { compare(a, b, |a, b| a <= b) } }
        lanes I32x4GeS "i32x4.ge_s" [I32x4GeSV] { (a: I32x4, b: I32x4) -> U32x4 { compare(a, b, |a, b| a >= b) } }
        lanes I32x4GeU "i32x4.ge_u" [I32x4GeUV] { (a: U32x4, b: U32x4) -> U32x4 { compare(a, b, |a, b| a >= b) } }
        lanes I64x2Eq "i64x2.eq" [I64x2EqV] { (a: U64x2, b: U64x2) -> U64x2 { compare(a, b, |a, b| a == b) } }
        lanes I64x2Ne "i64x2.ne" [I64x2NeV] { (a: U64x2, b: U64x2) -> U64x2 { compare(a, b, |a, b| a != b) } }
        lanes I64x2LtS "i64x2.lt_s" [I64x2LtSV] { (a: I64x2, b: I64x2) -> U64x2 { compare(a, b, |a, b| a < b) } }
        lanes I64x2GtS "i64x2.gt_s" [I64x2GtSV] { (a: I64x2, b: I64x2) -> U64x2 { compare(a, b, |a, b| a > b) } }
        lanes I64x2LeS "i64x2.le_s" [I64x2LeSV] { (a: I64x2, b: I64x2) -> U64x2 { compare(a, b, |a, b| a <= b) } }
        lanes I64x2GeS "i64x2.ge_s" [I64x2GeSV] { (a: I64x2, b: I64x2) -> U64x2 { compare(a, b, |a, b| a >= b) } }
        lanes F32x4Eq "f32x4.eq" [F32x4EqV] { (a: F32x4, b: F32x4) -> U32x4 { compare(a, b, |a, b| a == b) } }
        lanes F32x4Ne "f32x4.ne" [F32x4NeV] { (a: F32x4, b: F32x4) -> U32x4 { compare(a, b, |a, b| a != b) } }
        lanes F32x4Lt "f32x4.lt" [F32x4LtV] { (a: F32x4, b: F32x4) -> U32x4 { compare(a, b, |a, b| a < b) } }
        lanes F32x4Gt "f32x4.gt" [F32x4GtV] { (a: F32x4, b: F32x4) -> U32x4 { compare(a, b, |a, b| a > b) } }
        lanes F32x4Le "f32x4.le" [F32x4LeV] { (a: F32x4, b: F32x4) -> U32x4 { compare(a, b, |a, b| a <= b) } }
        lanes F32x4Ge "f32x4.ge" [F32x4GeV] { (a: F32x4, b: F32x4) -> U32x4 { compare(a, b, |a, b| a >= b) } }
        lanes F64x2Eq "f64x2.eq" [F64x2EqV] { (a: F64x2, b: F64x2) -> U64x2 { compare(a, b, |a, b| a == b) } }
        lanes F64x2Ne "f64x2.ne" [F64x2NeV] { (a: F64x2, b: F64x2) -> U64x2 { compare(a, b, |a, b| a != b) } }
        lanes F64x2Lt "f64x2.lt" [F64x2LtV] { (a: F64x2, b: F64x2) -> U64x2 { compare(a, b, |a, b| a < b) } }
        lanes F64x2Gt "f64x2.gt" [F64x2GtV] { (a: F64x2, b: F64x2) -> U64x2 { compare(a, b, |a, b| a > b) } }
        lanes F64x2Le "f64x2.le" [F64x2LeV] { (a: F64x2, b: F64x2) -> U64x2 { compare(a, b, |a, b| a <= b) } }
        lanes F64x2Ge "f64x2.ge" [F64x2GeV] { (a: F64x2, b: F64x2) -> U64x2 { compare(a, b, |a, b| a >= b) } }
        // Bits.
        lanes V128Not "v128.not" [V128NotV] { (a: U64x2) -> U64x2 { map(a, |a| !a) } }
        lanes V128And "v128.and" [V128AndV] { (a: U64x2, b: U64x2) -> U64x2 { zip(a, b, |a, b| a & b) } }
        lanes V128AndNot "v128.andnot" [V128AndNotV] { (a: U64x2, b: U64x2) -> U64x2 { zip(a, b, |a, b| a & !b) } }
        lanes V128Or "v128.or" [V128OrV] { (a: U64x2, b: U64x2) -> U64x2 { zip(a, b, |a, b| a | b) } }
        lanes V128Xor "v128.xor" [V128XorV] { (a: U64x2, b: U64x2) -> U64x2 { zip(a, b, |a, b| a ^ b) } }
        lanes V128Bitselect "v128.bitselect" [V128BitselectV]
            { (a: U64x2, b: U64x2, c: U64x2) -> U64x2 { lanes::bitselect(a, b, c) } }
        lanes V128AnyTrue "v128.any_true" [V128AnyTrueV] { (a: U64x2) -> u32 { u32::from(a[0] | a[1] != 0) } }
        // Integers.
        lanes I8x16Abs "i8x16.abs" [I8x16AbsV] { (a: I8x16) -> I8x16 { map(a, i8::wrapping_abs) } }
        lanes I8x16Neg "i8x16.neg" [I8x16NegV] { (a: U8x16) -> U8x16 { map(a, u8::wrapping_neg) } }
        lanes I8x16Popcnt "i8x16.popcnt" [I8x16PopcntV] { (a: U8x16) -> U8x16 { map(a, lanes::ones) } }
        lanes I8x16AllTrue "i8x16.all_true" [I8x16AllTrueV] { (a: U64x2) -> u32 { lanes::all_true::<8>(a) } }
        lanes I8x16Bitmask "i8x16.bitmask" [I8x16BitmaskV] { (a: U64x2) -> u32 { lanes::bitmask8(a) } }
        shift I8x16Shl "i8x16.shl" [I8x16ShlV I8x16ShlK] { (a: U8x16, by: u32) { map(a, |a| a.wrapping_shl(by)) } }
        shift I8x16ShrS "i8x16.shr_s" [I8x16ShrSV I8x16ShrSK] { (a: I8x16, by: u32) { map(a, |a| a.wrapping_shr(by)) } }
        shift I8x16ShrU "i8x16.shr_u" [I8x16ShrUV I8x16ShrUK] { (a: U8x16, by: u32) { map(a, |a| a.wrapping_shr(by)) } }
        lanes I8x16Add "i8x16.add" [I8x16AddV] { (a: U8x16, b: U8x16) -> U8x16 { zip(a, b, u8::wrapping_add) } }
        lanes I8x16AddSatS "i8x16.add_sat_s" [I8x16AddSatSV]
            { (a: I8x16, b: I8x16) -> I8x16 { zip(a, b, i8::saturating_add) } }
        lanes I8x16AddSatU "i8x16.add_sat_u" [I8x16AddSatUV]
            { (a: U8x16, b: U8x16) -> U8x16 { zip(a, b, u8::saturating_add) } }
        lanes I8x16Sub "i8x16.sub" [I8x16SubV] { (a: U8x16, b: U8x16) -> U8x16 { zip(a, b, u8::wrapping_sub) } }
        lanes I8x16SubSatS "i8x16.sub_sat_s" [I8x16SubSatSV]
            { (a: I8x16, b: I8x16) -> I8x16 { zip(a, b, i8::saturating_sub) } }
        lanes I8x16SubSatU "i8x16.sub_sat_u" [I8x16SubSatUV]
            { (a: U8x16, b: U8x16) -> U8x16 { zip(a, b, u8::saturating_sub) } }
        lanes I8x16MinS "i8x16.min_s" [I8x16MinSV] { (a: I8x16, b: I8x16) -> I8x16 { zip(a, b, i8::min) } }
        lanes I8x16MinU "i8x16.min_u" [I8x16MinUV] { (a: U8x16, b: U8x16) -> U8x16 { zip(a, b, u8::min) } }
        lanes I8x16MaxS "i8x16.max_s" [I8x16MaxSV] { (a: I8x16, b: I8x16) -> I8x16 { zip(a, b, i8::max) } }
        lanes I8x16MaxU "i8x16.max_u" [I8x16MaxUV] { (a: U8x16, b: U8x16) -> U8x16 { zip(a, b, u8::max) } }
        lanes I8x16AvgrU "i8x16.avgr_u" [I8x16AvgrUV] { (a: U8x16, b: U8x16) -> U8x16 { zip(a, b, lanes::average8) } }
        lanes I16x8Abs "i16x8.abs" [I16x8AbsV] { (a: I16x8) -> I16x8 { map(a, i16::wrapping_abs) } }
        lanes I16x8Neg "i16x8.neg" [I16x8NegV] { (a: U16x8) -> U16x8 { map(a, u16::wrapping_neg) } }
        lanes I16x8AllTrue "i16x8.all_true" [I16x8AllTrueV] { (a: U64x2) -> u32 { lanes::all_true::<16>(a) } }
        lanes I16x8Bitmask "i16x8.bitmask" [I16x8BitmaskV] { (a: U64x2) -> u32 { lanes::bitmask16(a) } }
        shift I16x8Shl "i16x8.shl" [I16x8ShlV I16x8ShlK] { (a: U16x8, by: u32) { map(a, |a| a.wrapping_shl(by)) } }
        shift I16x8ShrS "i16x8.shr_s" [I16x8ShrSV I16x8ShrSK] { (a: I16x8, by: u32) { map(a, |a| a.wrapping_shr(by)) } }
        shift I16x8ShrU "i16x8.shr_u" [I16x8ShrUV I16x8ShrUK] { (a: U16x8, by: u32) { map(a, |a| a.wrapping_shr(by)) } }
        lanes I16x8Add "i16x8.add" [I16x8AddV] { (a: U16x8, b: U16x8) -> U16x8 { zip(a, b, u16::wrapping_add) } }
        lanes I16x8AddSatS "i16x8.add_sat_s" [I16x8AddSatSV]
            { (a: I16x8, b: I16x8) -> I16x8 { zip(a, b, i16::saturating_add) } }
        lanes I16x8AddSatU "i16x8.add_sat_u" [I16x8AddSatUV]
            { (a: U16x8, b: U16x8) -> U16x8 { zip(a, b, u16::saturating_add) } }
        lanes I16x8Sub "i16x8.sub" [I16x8SubV] { (a: U16x8, b: U16x8) -> U16x8 { zip(a, b, u16::wrapping_sub) } }
        lanes I16x8SubSatS "i16x8.sub_sat_s" [I16x8SubSatSV]
            { (a: I16x8, b: I16x8) -> I16x8 { zip(a, b, i16::saturating_sub) } }
        lanes I16x8SubSatU "i16x8.sub_sat_u" [I16x8SubSatUV]
            { (a: U16x8, b: U16x8) -> U16x8 { zip(a, b, u16::saturating_sub) } }
        lanes I16x8Mul "i16x8.mul" [I16x8MulV] { (a: U16x8, b: U16x8) -> U16x8 { zip(a, b, u16::wrapping_mul) } }
        lanes I16x8MinS "i16x8.min_s" [I16x8MinSV] { (a: I16x8, b: I16x8) -> I16x8 { zip(a, b, i16::min) } }
        lanes I16x8MinU "i16x8.min_u" [I16x8MinUV] { (a: U16x8, b: U16x8) -> U16x8 { zip(a, b, u16::min) } }
        lanes I16x8MaxS "i16x8.max_s" [I16x8MaxSV] { (a: I16x8, b: I16x8) -> I16x8 { zip(a, b, i16::max) } }
        lanes I16x8MaxU "i16x8.max_u" [I16x8MaxUV] { (a: U16x8, b: U16x8) -> U16x8 { zip(a, b, u16::max) } }
        lanes I16x8AvgrU "i16x8.avgr_u" [I16x8AvgrUV] { (a: U16x8, b: U16x8) -> U16x8 { zip(a, b, lanes::average16) } }
        lanes I32x4Abs "i32x4.abs" [I32x4AbsV] { (a: I32x4) -> I32x4 { map(a, i32::wrapping_abs) } }
        lanes I32x4Neg "i32x4.neg" [I32x4NegV] { (a: U32x4) -> U32x4 { map(a, u32::wrapping_neg) } }
        lanes I32x4AllTrue "i32x4.all_true" [I32x4AllTrueV] { (a: U64x2) -> u32 { lanes::all_true::<32>(a) } }
        lanes I32x4Bitmask "i32x4.bitmask" [I32x4BitmaskV] { (a: U64x2) -> u32 { lanes::bitmask32(a) } }
        shift I32x4Shl "i32x4.shl" [I32x4ShlV I32x4ShlK] { (a: U32x4, by: u32) { map(a, |a| a.wrapping_shl(by)) } }
        shift I32x4ShrS "i32x4.shr_s" [I32x4ShrSV I32x4ShrSK] { (a: I32x4, by: u32) { map(a, |a| a.wrapping_shr(by)) } }
        shift I32x4ShrU "i32x4.shr_u" [I32x4ShrUV I32x4ShrUK] { (a: U32x4, by: u32) { map(a, |a| a.wrapping_shr(by)) } }
        lanes I32x4Add "i32x4.add" [I32x4AddV] { (a: U32x4, b: U32x4) -> U32x4 { zip(a, b, u32::wrapping_add) } }
        lanes I32x4Sub "i32x4.sub" [I32x4SubV] { (a: U32x4, b: U32x4) -> U32x4 { zip(a, b, u32::wrapping_sub) } }
        lanes I32x4Mul "i32x4.mul" [I32x4MulV] { (a: U32x4, b: U32x4) -> U32x4 { zip(a, b, u32::wrapping_mul) } }
        lanes I32x4MinS "i32x4.min_s" [I32x4MinSV] { (a: I32x4, b: I32x4) -> I32x4 { zip(a, b, i32::min) } }
        lanes I32x4MinU "i32x4.min_u" [I32x4MinUV] { (a: U32x4, b: U32x4) -> U32x4 { zip(a, b, u32::min) } }
        lanes I32x4MaxS "i32x4.max_s" [I32x4MaxSV] { (a: I32x4, b: I32x4) -> I32x4 { zip(a, b, i32::max) } }
        lanes I32x4MaxU "i32x4.max_u" [I32x4MaxUV] { (a: U32x4, b: U32x4) -> U32x4 { zip(a, b, u32::max) } }
        lanes I64x2Abs "i64x2.abs" [I64x2AbsV] { (a: I64x2) -> I64x2 { map(a, i64::wrapping_abs) } }
        lanes I64x2Neg "i64x2.neg" [I64x2NegV] { (a: U64x2) -> U64x2 { map(a, u64::wrapping_neg) } }
        lanes I64x2AllTrue "i64x2.all_true" [I64x2AllTrueV] { (a: U64x2) -> u32 { lanes::all_true::<64>(a) } }
        lanes I64x2Bitmask "i64x2.bitmask" [I64x2BitmaskV] { (a: U64x2) -> u32 { lanes::bitmask64(a) } }
        shift I64x2Shl "i64x2.shl" [I64x2ShlV I64x2ShlK] { (a: U64x2, by: u32) { map(a, |a| a.wrapping_shl(by)) } }
        shift I64x2ShrS "i64x2.shr_s" [I64x2ShrSV I64x2ShrSK] { (a: I64x2, by: u32) { map(a, |a| a.wrapping_shr(by)) } }
        shift I64x2ShrU "i64x2.shr_u" [I64x2ShrUV I64x2ShrUK] { (a: U64x2, by: u32) { map(a, |a| a.wrapping_shr(by)) } }
        lanes I64x2Add "i64x2.add" [I64x2AddV] { (a: U64x2, b: U64x2) -> U64x2 { zip(a, b, u64::wrapping_add) } }
        lanes I64x2Sub "i64x2.sub" [I64x2SubV] { (a: U64x2, b: U64x2) -> U64x2 { zip(a, b, u64::wrapping_sub) } }
        lanes I64x2Mul "i64x2.mul" [I64x2MulV] { (a: U64x2, b: U64x2) -> U64x2 { zip(a, b, u64::wrapping_mul) } }
        lanes I16x8Q15MulrSatS "i16x8.q15mulr_sat_s" [I16x8Q15MulrSatSV]
            { (a: I16x8, b: I16x8) -> I16x8 { zip(a, b, lanes::q15) } }
        lanes I32x4DotI16x8S "i32x4.dot_i16x8_s" [I32x4DotI16x8SV]
            { (a: I32x4, b: I32x4) -> I32x4 { lanes::dot(a, b) } }
        // From one width to another.
        lanes I8x16NarrowI16x8S "i8x16.narrow_i16x8_s" [I8x16NarrowI16x8SV]
            { (a: I16x8, b: I16x8) -> I8x16 { narrow(a, b, |a| a.clamp(i8::MIN.into(), i8::MAX.into()) as i8) } }
        lanes I8x16NarrowI16x8U "i8x16.narrow_i16x8_u" [I8x16NarrowI16x8UV]
            { (a: I16x8, b: I16x8) -> U8x16 { narrow(a, b, |a| a.clamp(u8::MIN.into(), u8::MAX.into()) as u8) } }
        lanes I16x8NarrowI32x4S "i16x8.narrow_i32x4_s" [I16x8NarrowI32x4SV]
            { (a: I32x4, b: I32x4) -> I16x8 { narrow(a, b, |a| a.clamp(i16::MIN.into(), i16::MAX.into()) as i16) } }
        lanes I16x8NarrowI32x4U "i16x8.narrow_i32x4_u" [I16x8NarrowI32x4UV]
            { (a: I32x4, b: I32x4) -> U16x8 { narrow(a, b, |a| a.clamp(u16::MIN.into(), u16::MAX.into()) as u16) } }
        lanes I16x8ExtendLowI8x16S "i16x8.extend_low_i8x16_s" [I16x8ExtendLowI8x16SV]
            { (a: I8x16) -> I16x8 { lanes::low(a) } }
        lanes I16x8ExtendHighI8x16S "i16x8.extend_high_i8x16_s" [I16x8ExtendHighI8x16SV]
            { (a: I8x16) -> I16x8 { lanes::high(a) } }
        lanes I16x8ExtMulLowI8x16S "i16x8.extmul_low_i8x16_s" [I16x8ExtMulLowI8x16SV]
            { (a: I8x16, b: I8x16) -> I16x8 { zip(lanes::low(a), lanes::low(b), i16::wrapping_mul) } }
        lanes I16x8ExtMulHighI8x16S "i16x8.extmul_high_i8x16_s" [I16x8ExtMulHighI8x16SV]
            { (a: I8x16, b: I8x16) -> I16x8 { zip(lanes::high(a), lanes::high(b), i16::wrapping_mul) } }
        lanes I16x8ExtAddPairwiseI8x16S "i16x8.extadd_pairwise_i8x16_s" [I16x8ExtAddPairwiseI8x16SV]
            { (a: I8x16) -> I16x8 { lanes::pairs(a, i16::wrapping_add) } }
        lanes I16x8ExtendLowI8x16U "i16x8.extend_low_i8x16_u" [I16x8ExtendLowI8x16UV]
            { (a: U8x16) -> U16x8 { lanes::low(a) } }
        lanes I16x8ExtendHighI8x16U "i16x8.extend_high_i8x16_u" [I16x8ExtendHighI8x16UV]
            { (a: U8x16) -> U16x8 { lanes::high(a) } }
        lanes I16x8ExtMulLowI8x16U "i16x8.extmul_low_i8x16_u" [I16x8ExtMulLowI8x16UV]
            { (a: U8x16, b: U8x16) -> U16x8 { zip(lanes::low(a), lanes::low(b), u16::wrapping_mul) } }
        lanes I16x8ExtMulHighI8x16U "i16x8.extmul_high_i8x16_u" [I16x8ExtMulHighI8x16UV]
            { (a: U8x16, b: U8x16) -> U16x8 { zip(lanes::high(a), lanes::high(b), u16::wrapping_mul) } }
        lanes I16x8ExtAddPairwiseI8x16U "i16x8.extadd_pairwise_i8x16_u" [I16x8ExtAddPairwiseI8x16UV]
            { (a: U8x16) -> U16x8 { lanes::pairs(a, u16::wrapping_add) } }
        lanes I32x4ExtendLowI16x8S "i32x4.extend_low_i16x8_s" [I32x4ExtendLowI16x8SV]
            { (a: I16x8) -> I32x4 { lanes::low(a) } }
        lanes I32x4ExtendHighI16x8S "i32x4.extend_high_i16x8_s" [I32x4ExtendHighI16x8SV]
            { (a: I16x8) -> I32x4 { lanes::high(a) } }
        lanes I32x4ExtMulLowI16x8S "i32x4.extmul_low_i16x8_s" [I32x4ExtMulLowI16x8SV]
            { (a: I16x8, b: I16x8) -> I32x4 { zip(lanes::low(a), lanes::low(b), i32::wrapping_mul) } }
        lanes I32x4ExtMulHighI16x8S "i32x4.extmul_high_i16x8_s" [I32x4ExtMulHighI16x8SV]
            { (a: I16x8, b: I16x8) -> I32x4 { zip(lanes::high(a), lanes::high(b), i32::wrapping_mul) } }
        lanes I32x4ExtAddPairwiseI16x8S "i32x4.extadd_pairwise_i16x8_s" [I32x4ExtAddPairwiseI16x8SV]
            { (a: I16x8) -> I32x4 { lanes::pairs(a, i32::wrapping_add) } }
        lanes I32x4ExtendLowI16x8U "i32x4.extend_low_i16x8_u" [I32x4ExtendLowI16x8UV]
            { (a: U16x8) -> U32x4 { lanes::low(a) } }
        lanes I32x4ExtendHighI16x8U "i32x4.extend_high_i16x8_u" [I32x4ExtendHighI16x8UV]
            { (a: U16x8) -> U32x4 { lanes::high(a) } }
        lanes I32x4ExtMulLowI16x8U "i32x4.extmul_low_i16x8_u" [I32x4ExtMulLowI16x8UV]
            { (a: U16x8, b: U16x8) -> U32x4 { zip(lanes::low(a), lanes::low(b), u32::wrapping_mul) } }
        lanes I32x4ExtMulHighI16x8U "i32x4.extmul_high_i16x8_u" [I32x4ExtMulHighI16x8UV]
            { (a: U16x8, b: U16x8) -> U32x4 { zip(lanes::high(a), lanes::high(b), u32::wrapping_mul) } }
        lanes I32x4ExtAddPairwiseI16x8U "i32x4.extadd_pairwise_i16x8_u" [I32x4ExtAddPairwiseI16x8UV]
            { (a: U16x8) -> U32x4 { lanes::pairs(a, u32::wrapping_add) } }
        lanes I64x2ExtendLowI32x4S "i64x2.extend_low_i32x4_s" [I64x2ExtendLowI32x4SV]
            { (a: I32x4) -> I64x2 { lanes::low(a) } }
        lanes I64x2ExtendHighI32x4S "i64x2.extend_high_i32x4_s" [I64x2ExtendHighI32x4SV]
            { (a: I32x4) -> I64x2 { lanes::high(a) } }
        lanes I64x2ExtMulLowI32x4S "i64x2.extmul_low_i32x4_s" [I64x2ExtMulLowI32x4SV]
            { (a: I32x4, b: I32x4) -> I64x2 { zip(lanes::low(a), lanes::low(b), i64::wrapping_mul) } }
        lanes I64x2ExtMulHighI32x4S "i64x2.extmul_high_i32x4_s" [I64x2ExtMulHighI32x4SV]
            { (a: I32x4, b: I32x4) -> I64x2 { zip(lanes::high(a), lanes::high(b), i64::wrapping_mul) } }
        lanes I64x2ExtendLowI32x4U "i64x2.extend_low_i32x4_u" [I64x2ExtendLowI32x4UV]
            { (a: U32x4) -> U64x2 { lanes::low(a) } }
        lanes I64x2ExtendHighI32x4U "i64x2.extend_high_i32x4_u" [I64x2ExtendHighI32x4UV]
            { (a: U32x4) -> U64x2 { lanes::high(a) } }
        lanes I64x2ExtMulLowI32x4U "i64x2.extmul_low_i32x4_u" [I64x2ExtMulLowI32x4UV]
            { (a: U32x4, b: U32x4) -> U64x2 { zip(lanes::low(a), lanes::low(b), u64::wrapping_mul) } }
        lanes I64x2ExtMulHighI32x4U "i64x2.extmul_high_i32x4_u" [I64x2ExtMulHighI32x4UV]
            { (a: U32x4, b: U32x4) -> U64x2 { zip(lanes::high(a), lanes::high(b), u64::wrapping_mul) } }
        lanes I32x4TruncSatF32x4S "i32x4.trunc_sat_f32x4_s" [I32x4TruncSatF32x4SV]
            { (a: F32x4) -> I32x4 { map(a, |a| a as i32) } }
        lanes I32x4TruncSatF64x2SZero "i32x4.trunc_sat_f64x2_s_zero" [I32x4TruncSatF64x2SZeroV]
            { (a: F64x2) -> I32x4 { [a[0] as i32, a[1] as i32, 0, 0] } }
        lanes I32x4TruncSatF32x4U "i32x4.trunc_sat_f32x4_u" [I32x4TruncSatF32x4UV]
            { (a: F32x4) -> U32x4 { map(a, |a| a as u32) } }
        lanes I32x4TruncSatF64x2UZero "i32x4.trunc_sat_f64x2_u_zero" [I32x4TruncSatF64x2UZeroV]
            { (a: F64x2) -> U32x4 { [a[0] as u32, a[1] as u32, 0, 0] } }
        lanes F32x4ConvertI32x4S "f32x4.convert_i32x4_s" [F32x4ConvertI32x4SV]
            { (a: I32x4) -> F32x4 { map(a, |a| a as f32) } }
        lanes F64x2ConvertLowI32x4S "f64x2.convert_low_i32x4_s" [F64x2ConvertLowI32x4SV]
            { (a: I32x4) -> F64x2 { [a[0].into(), a[1].into()] } }
        lanes F32x4ConvertI32x4U "f32x4.convert_i32x4_u" [F32x4ConvertI32x4UV]
            { (a: U32x4) -> F32x4 { map(a, |a| a as f32) } }
        lanes F64x2ConvertLowI32x4U "f64x2.convert_low_i32x4_u" [F64x2ConvertLowI32x4UV]
            { (a: U32x4) -> F64x2 { [a[0].into(), a[1].into()] } }
        lanes F32x4DemoteF64x2Zero "f32x4.demote_f64x2_zero" [F32x4DemoteF64x2ZeroV]
            { (a: F64x2) -> F32x4 { [num::demote(a[0]), num::demote(a[1]), 0.0, 0.0] } }
        lanes F64x2PromoteLowF32x4 "f64x2.promote_low_f32x4" [F64x2PromoteLowF32x4V]
            { (a: F32x4) -> F64x2 { [num::promote(a[0]), num::promote(a[1])] } }
        // Floats. Signs are bits: a signalling NaN stays one.
        lanes F32x4Abs "f32x4.abs" [F32x4AbsV] { (a: U32x4) -> U32x4 { map(a, |a| a & !(1 << 31)) } }
        lanes F32x4Neg "f32x4.neg" [F32x4NegV] { (a: U32x4) -> U32x4 { map(a, |a| a ^ 1 << 31) } }
        lanes F32x4Sqrt "f32x4.sqrt" [F32x4SqrtV] { (a: F32x4) -> F32x4 { map(a, f32::sqrt) } }
        lanes F32x4Ceil "f32x4.ceil" [F32x4CeilV] { (a: F32x4) -> F32x4 { map(a, lanes::f32_ceil) } }
        lanes F32x4Floor "f32x4.floor" [F32x4FloorV] { (a: F32x4) -> F32x4 { map(a, lanes::f32_floor) } }
        lanes F32x4Trunc "f32x4.trunc" [F32x4TruncV] { (a: F32x4) -> F32x4 { map(a, lanes::f32_trunc) } }
        lanes F32x4Nearest "f32x4.nearest" [F32x4NearestV] { (a: F32x4) -> F32x4 { map(a, lanes::f32_nearest) } }
        lanes F32x4Add "f32x4.add" [F32x4AddV] { (a: F32x4, b: F32x4) -> F32x4 { zip(a, b, |a, b| a + b) } }
        lanes F32x4Sub "f32x4.sub" [F32x4SubV] { (a: F32x4, b: F32x4) -> F32x4 { zip(a, b, |a, b| a - b) } }
        lanes F32x4Mul "f32x4.mul" [F32x4MulV] { (a: F32x4, b: F32x4) -> F32x4 { zip(a, b, |a, b| a * b) } }
        lanes F32x4Div "f32x4.div" [F32x4DivV] { (a: F32x4, b: F32x4) -> F32x4 { zip(a, b, |a, b| a / b) } }
        lanes F32x4Min "f32x4.min" [F32x4MinV] { (a: F32x4, b: F32x4) -> F32x4 { zip(a, b, lanes::f32_min) } }
        lanes F32x4Max "f32x4.max" [F32x4MaxV] { (a: F32x4, b: F32x4) -> F32x4 { zip(a, b, lanes::f32_max) } }
        lanes F32x4PMin "f32x4.pmin" [F32x4PMinV]
            { (a: F32x4, b: F32x4) -> F32x4 { zip(a, b, |a, b| if b < a { b } else { a }) } }
        lanes F32x4PMax "f32x4.pmax" [F32x4PMaxV]
            { (a: F32x4, b: F32x4) -> F32x4 { zip(a, b, |a, b| if a < b { b } else { a }) } }
        lanes F64x2Abs "f64x2.abs" [F64x2AbsV] { (a: U64x2) -> U64x2 { map(a, |a| a & !(1 << 63)) } }
        lanes F64x2Neg "f64x2.neg" [F64x2NegV] { (a: U64x2) -> U64x2 { map(a, |a| a ^ 1 << 63) } }
        lanes F64x2Sqrt "f64x2.sqrt" [F64x2SqrtV] { (a: F64x2) -> F64x2 { map(a, f64::sqrt) } }
        lanes F64x2Ceil "f64x2.ceil" [F64x2CeilV] { (a: F64x2) -> F64x2 { map(a, lanes::f64_ceil) } }
        lanes F64x2Floor "f64x2.floor" [F64x2FloorV] { (a: F64x2) -> F64x2 { map(a, lanes::f64_floor) } }
        lanes F64x2Trunc "f64x2.trunc" [F64x2TruncV] { (a: F64x2) -> F64x2 { map(a, lanes::f64_trunc) } }
        lanes F64x2Nearest "f64x2.nearest" [F64x2NearestV] { (a: F64x2) -> F64x2 { map(a, lanes::f64_nearest) } }
        lanes F64x2Add "f64x2.add" [F64x2AddV] { (a: F64x2, b: F64x2) -> F64x2 { zip(a, b, |a, b| a + b) } }
        lanes F64x2Sub "f64x2.sub" [F64x2SubV] { (a: F64x2, b: F64x2) -> F64x2 { zip(a, b, |a, b| a - b) } }
        lanes F64x2Mul "f64x2.mul" [F64x2MulV] { (a: F64x2, b: F64x2) -> F64x2 { zip(a, b, |a, b| a * b) } }
        lanes F64x2Div "f64x2.div" [F64x2DivV] { (a: F64x2, b: F64x2) -> F64x2 { zip(a, b, |a, b| a / b) } }
        lanes F64x2Min "f64x2.min" [F64x2MinV] { (a: F64x2, b: F64x2) -> F64x2 { zip(a, b, lanes::f64_min) } }
        lanes F64x2Max "f64x2.max" [F64x2MaxV] { (a: F64x2, b: F64x2) -> F64x2 { zip(a, b, lanes::f64_max) } }
        lanes F64x2PMin "f64x2.pmin" [F64x2PMinV]
            { (a: F64x2, b: F64x2) -> F64x2 { zip(a, b, |a, b| if b < a { b } else { a }) } }
        lanes F64x2PMax "f64x2.pmax" [F64x2PMaxV]
            { (a: F64x2, b: F64x2) -> F64x2 { zip(a, b, |a, b| if a < b { b } else { a }) } }
        // Relaxed operations, as the deterministic profile has them: the first of the results that are allowed.
        lanes I8x16RelaxedSwizzle "i8x16.relaxed_swizzle" [I8x16RelaxedSwizzleV]
            { (a: U8x16, b: U8x16) -> U8x16 { lanes::swizzle(a, b) } }
        lanes I32x4RelaxedTruncF32x4S "i32x4.relaxed_trunc_f32x4_s" [I32x4RelaxedTruncF32x4SV]
            { (a: F32x4) -> I32x4 { map(a, |a| a as i32) } }
        lanes I32x4RelaxedTruncF64x2SZero "i32x4.relaxed_trunc_f64x2_s_zero" [I32x4RelaxedTruncF64x2SZeroV]
            { (a: F64x2) -> I32x4 { [a[0] as i32, a[1] as i32, 0, 0] } }
        lanes I32x4RelaxedTruncF32x4U "i32x4.relaxed_trunc_f32x4_u" [I32x4RelaxedTruncF32x4UV]
            { (a: F32x4) -> U32x4 { map(a, |a| a as u32) } }
        lanes I32x4RelaxedTruncF64x2UZero "i32x4.relaxed_trunc_f64x2_u_zero" [I32x4RelaxedTruncF64x2UZeroV]
            { (a: F64x2) -> U32x4 { [a[0] as u32, a[1] as u32, 0, 0] } }
        lanes F32x4RelaxedMadd "f32x4.relaxed_madd" [F32x4RelaxedMaddV]
            { (a: F32x4, b: F32x4, c: F32x4) -> F32x4 { zip(zip(a, b, |a, b| a * b), c, |ab, c| ab + c) } }
        lanes F32x4RelaxedNmadd "f32x4.relaxed_nmadd" [F32x4RelaxedNmaddV]
            { (a: F32x4, b: F32x4, c: F32x4) -> F32x4 { zip(zip(a, b, |a, b| -a * b), c, |ab, c| ab + c) } }
        lanes F64x2RelaxedMadd "f64x2.relaxed_madd" [F64x2RelaxedMaddV]
            { (a: F64x2, b: F64x2, c: F64x2) -> F64x2 { zip(zip(a, b, |a, b| a * b), c, |ab, c| ab + c) } }
        lanes F64x2RelaxedNmadd "f64x2.relaxed_nmadd" [F64x2RelaxedNmaddV]
            { (a: F64x2, b: F64x2, c: F64x2) -> F64x2 { zip(zip(a, b, |a, b| -a * b), c, |ab, c| ab + c) } }
        lanes I8x16RelaxedLaneselect "i8x16.relaxed_laneselect" [I8x16RelaxedLaneselectV]
            { (a: U64x2, b: U64x2, c: U64x2) -> U64x2 { lanes::bitselect(a, b, c) } }
        lanes I16x8RelaxedLaneselect "i16x8.relaxed_laneselect" [I16x8RelaxedLaneselectV]
            { (a: U64x2, b: U64x2, c: U64x2) -> U64x2 { lanes::bitselect(a, b, c) } }
        lanes I32x4RelaxedLaneselect "i32x4.relaxed_laneselect" [I32x4RelaxedLaneselectV]
            { (a: U64x2, b: U64x2, c: U64x2) -> U64x2 { lanes::bitselect(a, b, c) } }
        lanes I64x2RelaxedLaneselect "i64x2.relaxed_laneselect" [I64x2RelaxedLaneselectV]
            { (a: U64x2, b: U64x2, c: U64x2) -> U64x2 { lanes::bitselect(a, b, c) } }
        lanes F32x4RelaxedMin "f32x4.relaxed_min" [F32x4RelaxedMinV]
            { (a: F32x4, b: F32x4) -> F32x4 { zip(a, b, lanes::f32_min) } }
        lanes F32x4RelaxedMax "f32x4.relaxed_max" [F32x4RelaxedMaxV]
            { (a: F32x4, b: F32x4) -> F32x4 { zip(a, b, lanes::f32_max) } }
        lanes F64x2RelaxedMin "f64x2.relaxed_min" [F64x2RelaxedMinV]
            { (a: F64x2, b: F64x2) -> F64x2 { zip(a, b, lanes::f64_min) } }
        lanes F64x2RelaxedMax "f64x2.relaxed_max" [F64x2RelaxedMaxV]
            { (a: F64x2, b: F64x2) -> F64x2 { zip(a, b, lanes::f64_max) } }
        lanes I16x8RelaxedQ15mulrS "i16x8.relaxed_q15mulr_s" [I16x8RelaxedQ15mulrSV]
            { (a: I16x8, b: I16x8) -> I16x8 { zip(a, b, lanes::q15) } }
        lanes I16x8RelaxedDotI8x16I7x16S "i16x8.relaxed_dot_i8x16_i7x16_s" [I16x8RelaxedDotI8x16I7x16SV]
            { (a: I8x16, b: I8x16) -> I16x8 { lanes::relaxed_dot(a, b) } }
        lanes I32x4RelaxedDotI8x16I7x16AddS "i32x4.relaxed_dot_i8x16_i7x16_add_s" [I32x4RelaxedDotI8x16I7x16AddSV]
            { (a: I8x16, b: I8x16, c: I32x4) -> I32x4 { lanes::relaxed_dot_add(a, b, c) } }
    } plain $plain } };
}
pub(in crate::interp) use with_vector_rows;
