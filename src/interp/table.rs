//! The table of operations. Each is defined once; opcode, layout, mnemonic, handler and family follow from it.
//!
//! `wasm` rows are families, named as in `wasmparser::Operator`, with an opcode for each way in which operands come:
//! `S` slot, `A` accumulator, `K` constant; `Br`/`Bn` fused with a branch on the result or its negation; `M` any memory
//! but the first; `W` a 64-bit address of the first. An address of two slots is their sum. `plain` rows are single
//! operations.

macro_rules! for_each_op {
    ($m:ident) => { $crate::interp::object_table::with_object_rows! { $m {
        com I32Add "i32.add" [I32AddSs I32AddSk I32AddAs I32AddAk] { (a: u32, b: u32) -> u32 { a.wrapping_add(b) } }
        com I32Mul "i32.mul" [I32MulSs I32MulSk I32MulAs I32MulAk] { (a: u32, b: u32) -> u32 { a.wrapping_mul(b) } }
        com I32And "i32.and" [I32AndSs I32AndSk I32AndAs I32AndAk] { (a: u32, b: u32) -> u32 { a & b } }
        com I32Or "i32.or" [I32OrSs I32OrSk I32OrAs I32OrAk] { (a: u32, b: u32) -> u32 { a | b } }
        com I32Xor "i32.xor" [I32XorSs I32XorSk I32XorAs I32XorAk] { (a: u32, b: u32) -> u32 { a ^ b } }
        bin I32Sub "i32.sub"
            [I32SubSs I32SubSk I32SubAs I32SubSa I32SubAk]
            { (a: u32, b: u32) -> u32 { a.wrapping_sub(b) } }
        bin I32Shl "i32.shl"
            [I32ShlSs I32ShlSk I32ShlAs I32ShlSa I32ShlAk]
            { (a: u32, b: u32) -> u32 { a.wrapping_shl(b) } }
        bin I32ShrS "i32.shr_s"
            [I32ShrSSs I32ShrSSk I32ShrSAs I32ShrSSa I32ShrSAk]
            { (a: u32, b: u32) -> u32 { (a as i32).wrapping_shr(b) as u32 } }
        bin I32ShrU "i32.shr_u"
            [I32ShrUSs I32ShrUSk I32ShrUAs I32ShrUSa I32ShrUAk]
            { (a: u32, b: u32) -> u32 { a.wrapping_shr(b) } }
        bin I32Rotl "i32.rotl"
            [I32RotlSs I32RotlSk I32RotlAs I32RotlSa I32RotlAk]
            { (a: u32, b: u32) -> u32 { a.rotate_left(b & 31) } }
        bin I32Rotr "i32.rotr"
            [I32RotrSs I32RotrSk I32RotrAs I32RotrSa I32RotrAk]
            { (a: u32, b: u32) -> u32 { a.rotate_right(b & 31) } }
        bin I32DivS "i32.div_s"
            [I32DivSSs I32DivSSk I32DivSAs I32DivSSa I32DivSAk]
            { (a: u32, b: u32) -> u32 { num::i32_div_s(a, b)? } }
        bin I32DivU "i32.div_u"
            [I32DivUSs I32DivUSk I32DivUAs I32DivUSa I32DivUAk]
            { (a: u32, b: u32) -> u32 { num::i32_div_u(a, b)? } }
        bin I32RemS "i32.rem_s"
            [I32RemSSs I32RemSSk I32RemSAs I32RemSSa I32RemSAk]
            { (a: u32, b: u32) -> u32 { num::i32_rem_s(a, b)? } }
        bin I32RemU "i32.rem_u"
            [I32RemUSs I32RemUSk I32RemUAs I32RemUSa I32RemUAk]
            { (a: u32, b: u32) -> u32 { num::i32_rem_u(a, b)? } }
        com I64Add "i64.add" [I64AddSs I64AddSk I64AddAs I64AddAk] { (a: u64, b: u64) -> u64 { a.wrapping_add(b) } }
        com I64Mul "i64.mul" [I64MulSs I64MulSk I64MulAs I64MulAk] { (a: u64, b: u64) -> u64 { a.wrapping_mul(b) } }
        com I64And "i64.and" [I64AndSs I64AndSk I64AndAs I64AndAk] { (a: u64, b: u64) -> u64 { a & b } }
        com I64Or "i64.or" [I64OrSs I64OrSk I64OrAs I64OrAk] { (a: u64, b: u64) -> u64 { a | b } }
        com I64Xor "i64.xor" [I64XorSs I64XorSk I64XorAs I64XorAk] { (a: u64, b: u64) -> u64 { a ^ b } }
        bin I64Sub "i64.sub"
            [I64SubSs I64SubSk I64SubAs I64SubSa I64SubAk]
            { (a: u64, b: u64) -> u64 { a.wrapping_sub(b) } }
        bin I64Shl "i64.shl"
            [I64ShlSs I64ShlSk I64ShlAs I64ShlSa I64ShlAk]
            { (a: u64, b: u64) -> u64 { a.wrapping_shl(b as u32) } }
        bin I64ShrS "i64.shr_s"
            [I64ShrSSs I64ShrSSk I64ShrSAs I64ShrSSa I64ShrSAk]
            { (a: u64, b: u64) -> u64 { (a as i64).wrapping_shr(b as u32) as u64 } }
        bin I64ShrU "i64.shr_u"
            [I64ShrUSs I64ShrUSk I64ShrUAs I64ShrUSa I64ShrUAk]
            { (a: u64, b: u64) -> u64 { a.wrapping_shr(b as u32) } }
        bin I64Rotl "i64.rotl"
            [I64RotlSs I64RotlSk I64RotlAs I64RotlSa I64RotlAk]
            { (a: u64, b: u64) -> u64 { a.rotate_left(b as u32 & 63) } }
        bin I64Rotr "i64.rotr"
            [I64RotrSs I64RotrSk I64RotrAs I64RotrSa I64RotrAk]
            { (a: u64, b: u64) -> u64 { a.rotate_right(b as u32 & 63) } }
        bin I64DivS "i64.div_s"
            [I64DivSSs I64DivSSk I64DivSAs I64DivSSa I64DivSAk]
            { (a: u64, b: u64) -> u64 { num::i64_div_s(a, b)? } }
        bin I64DivU "i64.div_u"
            [I64DivUSs I64DivUSk I64DivUAs I64DivUSa I64DivUAk]
            { (a: u64, b: u64) -> u64 { num::i64_div_u(a, b)? } }
        bin I64RemS "i64.rem_s"
            [I64RemSSs I64RemSSk I64RemSAs I64RemSSa I64RemSAk]
            { (a: u64, b: u64) -> u64 { num::i64_rem_s(a, b)? } }
        bin I64RemU "i64.rem_u"
            [I64RemUSs I64RemUSk I64RemUAs I64RemUSa I64RemUAk]
            { (a: u64, b: u64) -> u64 { num::i64_rem_u(a, b)? } }
        cmp I32Eq "i32.eq"
            [I32EqSs I32EqSk I32EqAs I32EqAk I32EqBrSs I32EqBrSk I32EqBrAs I32EqBrAk]
            { not I32Ne swap I32Eq (a: u32, b: u32) { a == b } }
        cmp I32Ne "i32.ne"
            [I32NeSs I32NeSk I32NeAs I32NeAk I32NeBrSs I32NeBrSk I32NeBrAs I32NeBrAk]
            { not I32Eq swap I32Ne (a: u32, b: u32) { a != b } }
        cmp I32LtS "i32.lt_s"
            [I32LtSSs I32LtSSk I32LtSAs I32LtSAk I32LtSBrSs I32LtSBrSk I32LtSBrAs I32LtSBrAk]
            { not I32GeS swap I32GtS (a: u32, b: u32) { (a as i32) < b as i32 } }
        cmp I32LtU "i32.lt_u"
            [I32LtUSs I32LtUSk I32LtUAs I32LtUAk I32LtUBrSs I32LtUBrSk I32LtUBrAs I32LtUBrAk]
            { not I32GeU swap I32GtU (a: u32, b: u32) { a < b } }
        cmp I32GtS "i32.gt_s"
            [I32GtSSs I32GtSSk I32GtSAs I32GtSAk I32GtSBrSs I32GtSBrSk I32GtSBrAs I32GtSBrAk]
            { not I32LeS swap I32LtS (a: u32, b: u32) { a as i32 > b as i32 } }
        cmp I32GtU "i32.gt_u"
            [I32GtUSs I32GtUSk I32GtUAs I32GtUAk I32GtUBrSs I32GtUBrSk I32GtUBrAs I32GtUBrAk]
            { not I32LeU swap I32LtU (a: u32, b: u32) { a > b } }
        cmp I32LeS "i32.le_s"
            [I32LeSSs I32LeSSk I32LeSAs I32LeSAk I32LeSBrSs I32LeSBrSk I32LeSBrAs I32LeSBrAk]
            { not I32GtS swap I32GeS (a: u32, b: u32) { a as i32 <= b as i32 } }
        cmp I32LeU "i32.le_u"
            [I32LeUSs I32LeUSk I32LeUAs I32LeUAk I32LeUBrSs I32LeUBrSk I32LeUBrAs I32LeUBrAk]
            { not I32GtU swap I32GeU (a: u32, b: u32) { a <= b } }
        cmp I32GeS "i32.ge_s"
            [I32GeSSs I32GeSSk I32GeSAs I32GeSAk I32GeSBrSs I32GeSBrSk I32GeSBrAs I32GeSBrAk]
            { not I32LtS swap I32LeS (a: u32, b: u32) { a as i32 >= b as i32 } }
        cmp I32GeU "i32.ge_u"
            [I32GeUSs I32GeUSk I32GeUAs I32GeUAk I32GeUBrSs I32GeUBrSk I32GeUBrAs I32GeUBrAk]
            { not I32LtU swap I32LeU (a: u32, b: u32) { a >= b } }
        cmp I64Eq "i64.eq"
            [I64EqSs I64EqSk I64EqAs I64EqAk I64EqBrSs I64EqBrSk I64EqBrAs I64EqBrAk]
            { not I64Ne swap I64Eq (a: u64, b: u64) { a == b } }
        cmp I64Ne "i64.ne"
            [I64NeSs I64NeSk I64NeAs I64NeAk I64NeBrSs I64NeBrSk I64NeBrAs I64NeBrAk]
            { not I64Eq swap I64Ne (a: u64, b: u64) { a != b } }
        cmp I64LtS "i64.lt_s"
            [I64LtSSs I64LtSSk I64LtSAs I64LtSAk I64LtSBrSs I64LtSBrSk I64LtSBrAs I64LtSBrAk]
            { not I64GeS swap I64GtS (a: u64, b: u64) { (a as i64) < b as i64 } }
        cmp I64LtU "i64.lt_u"
            [I64LtUSs I64LtUSk I64LtUAs I64LtUAk I64LtUBrSs I64LtUBrSk I64LtUBrAs I64LtUBrAk]
            { not I64GeU swap I64GtU (a: u64, b: u64) { a < b } }
        cmp I64GtS "i64.gt_s"
            [I64GtSSs I64GtSSk I64GtSAs I64GtSAk I64GtSBrSs I64GtSBrSk I64GtSBrAs I64GtSBrAk]
            { not I64LeS swap I64LtS (a: u64, b: u64) { a as i64 > b as i64 } }
        cmp I64GtU "i64.gt_u"
            [I64GtUSs I64GtUSk I64GtUAs I64GtUAk I64GtUBrSs I64GtUBrSk I64GtUBrAs I64GtUBrAk]
            { not I64LeU swap I64LtU (a: u64, b: u64) { a > b } }
        cmp I64LeS "i64.le_s"
            [I64LeSSs I64LeSSk I64LeSAs I64LeSAk I64LeSBrSs I64LeSBrSk I64LeSBrAs I64LeSBrAk]
            { not I64GtS swap I64GeS (a: u64, b: u64) { a as i64 <= b as i64 } }
        cmp I64LeU "i64.le_u"
            [I64LeUSs I64LeUSk I64LeUAs I64LeUAk I64LeUBrSs I64LeUBrSk I64LeUBrAs I64LeUBrAk]
            { not I64GtU swap I64GeU (a: u64, b: u64) { a <= b } }
        cmp I64GeS "i64.ge_s"
            [I64GeSSs I64GeSSk I64GeSAs I64GeSAk I64GeSBrSs I64GeSBrSk I64GeSBrAs I64GeSBrAk]
            { not I64LtS swap I64LeS (a: u64, b: u64) { a as i64 >= b as i64 } }
        cmp I64GeU "i64.ge_u"
            [I64GeUSs I64GeUSk I64GeUAs I64GeUAk I64GeUBrSs I64GeUBrSk I64GeUBrAs I64GeUBrAk]
            { not I64LtU swap I64LeU (a: u64, b: u64) { a >= b } }
        un I32Clz "i32.clz" [I32ClzS I32ClzA] { (a: u32) -> u32 { a.leading_zeros() } }
        un I32Ctz "i32.ctz" [I32CtzS I32CtzA] { (a: u32) -> u32 { a.trailing_zeros() } }
        un I32Popcnt "i32.popcnt" [I32PopcntS I32PopcntA] { (a: u32) -> u32 { a.count_ones() } }
        un I32Extend8S "i32.extend8_s" [I32Extend8SS I32Extend8SA] { (a: u32) -> u32 { a as i8 as u32 } }
        un I32Extend16S "i32.extend16_s" [I32Extend16SS I32Extend16SA] { (a: u32) -> u32 { a as i16 as u32 } }
        un I64Clz "i64.clz" [I64ClzS I64ClzA] { (a: u64) -> u64 { u64::from(a.leading_zeros()) } }
        un I64Ctz "i64.ctz" [I64CtzS I64CtzA] { (a: u64) -> u64 { u64::from(a.trailing_zeros()) } }
        un I64Popcnt "i64.popcnt" [I64PopcntS I64PopcntA] { (a: u64) -> u64 { u64::from(a.count_ones()) } }
        un I64Extend8S "i64.extend8_s" [I64Extend8SS I64Extend8SA] { (a: u64) -> u64 { a as i8 as u64 } }
        un I64Extend16S "i64.extend16_s" [I64Extend16SS I64Extend16SA] { (a: u64) -> u64 { a as i16 as u64 } }
        un I64Extend32S "i64.extend32_s" [I64Extend32SS I64Extend32SA] { (a: u64) -> u64 { a as i32 as u64 } }
        un I32WrapI64 "i32.wrap_i64" [I32WrapI64S I32WrapI64A] { (a: u64) -> u32 { a as u32 } }
        un I64ExtendI32S "i64.extend_i32_s"
            [I64ExtendI32SS I64ExtendI32SA]
            { (a: u32) -> u64 { i64::from(a as i32) as u64 } }
        un I64ExtendI32U "i64.extend_i32_u" [I64ExtendI32US I64ExtendI32UA] { (a: u32) -> u64 { u64::from(a) } }
        fbin F32Add "f32.add" [F32AddSs F32AddAs F32AddSa F32AddSk F32AddAk] { (a: f32, b: f32) -> f32 { a + b } }
        fbin F32Mul "f32.mul" [F32MulSs F32MulAs F32MulSa F32MulSk F32MulAk] { (a: f32, b: f32) -> f32 { a * b } }
        fbin F32Sub "f32.sub" [F32SubSs F32SubAs F32SubSa F32SubSk F32SubAk] { (a: f32, b: f32) -> f32 { a - b } }
        fbin F32Div "f32.div" [F32DivSs F32DivAs F32DivSa F32DivSk F32DivAk] { (a: f32, b: f32) -> f32 { a / b } }
        fbin F32Min "f32.min"
            [F32MinSs F32MinAs F32MinSa F32MinSk F32MinAk]
            { (a: f32, b: f32) -> f32 { num::f32_min(a, b) } }
        fbin F32Max "f32.max"
            [F32MaxSs F32MaxAs F32MaxSa F32MaxSk F32MaxAk]
            { (a: f32, b: f32) -> f32 { num::f32_max(a, b) } }
        fbin F32Copysign "f32.copysign"
            [F32CopysignSs F32CopysignAs F32CopysignSa F32CopysignSk F32CopysignAk]
            { (a: f32, b: f32) -> f32 { a.copysign(b) } }
        fcmp F32Eq "f32.eq"
            [F32EqSs F32EqAs F32EqBrSs F32EqBrAs F32EqBnSs F32EqBnAs]
            { swap F32Eq (a: f32, b: f32) { a == b } }
        fcmp F32Ne "f32.ne"
            [F32NeSs F32NeAs F32NeBrSs F32NeBrAs F32NeBnSs F32NeBnAs]
            { swap F32Ne (a: f32, b: f32) { a != b } }
        fcmp F32Lt "f32.lt"
            [F32LtSs F32LtAs F32LtBrSs F32LtBrAs F32LtBnSs F32LtBnAs]
            { swap F32Gt (a: f32, b: f32) { a < b } }
        fcmp F32Gt "f32.gt"
            [F32GtSs F32GtAs F32GtBrSs F32GtBrAs F32GtBnSs F32GtBnAs]
            { swap F32Lt (a: f32, b: f32) { a > b } }
        fcmp F32Le "f32.le"
            [F32LeSs F32LeAs F32LeBrSs F32LeBrAs F32LeBnSs F32LeBnAs]
            { swap F32Ge (a: f32, b: f32) { a <= b } }
        fcmp F32Ge "f32.ge"
            [F32GeSs F32GeAs F32GeBrSs F32GeBrAs F32GeBnSs F32GeBnAs]
            { swap F32Le (a: f32, b: f32) { a >= b } }
        un F32Abs "f32.abs" [F32AbsS F32AbsA] { (a: f32) -> f32 { a.abs() } }
        un F32Neg "f32.neg" [F32NegS F32NegA] { (a: f32) -> f32 { -a } }
        un F32Ceil "f32.ceil" [F32CeilS F32CeilA] { (a: f32) -> f32 { num::f32_ceil(a) } }
        un F32Floor "f32.floor" [F32FloorS F32FloorA] { (a: f32) -> f32 { num::f32_floor(a) } }
        un F32Trunc "f32.trunc" [F32TruncS F32TruncA] { (a: f32) -> f32 { num::f32_trunc(a) } }
        un F32Nearest "f32.nearest" [F32NearestS F32NearestA] { (a: f32) -> f32 { num::f32_nearest(a) } }
        un F32Sqrt "f32.sqrt" [F32SqrtS F32SqrtA] { (a: f32) -> f32 { a.sqrt() } }
        fbin F64Add "f64.add" [F64AddSs F64AddAs F64AddSa F64AddSk F64AddAk] { (a: f64, b: f64) -> f64 { a + b } }
        fbin F64Mul "f64.mul" [F64MulSs F64MulAs F64MulSa F64MulSk F64MulAk] { (a: f64, b: f64) -> f64 { a * b } }
        fbin F64Sub "f64.sub" [F64SubSs F64SubAs F64SubSa F64SubSk F64SubAk] { (a: f64, b: f64) -> f64 { a - b } }
        fbin F64Div "f64.div" [F64DivSs F64DivAs F64DivSa F64DivSk F64DivAk] { (a: f64, b: f64) -> f64 { a / b } }
        fbin F64Min "f64.min"
            [F64MinSs F64MinAs F64MinSa F64MinSk F64MinAk]
            { (a: f64, b: f64) -> f64 { num::f64_min(a, b) } }
        fbin F64Max "f64.max"
            [F64MaxSs F64MaxAs F64MaxSa F64MaxSk F64MaxAk]
            { (a: f64, b: f64) -> f64 { num::f64_max(a, b) } }
        fbin F64Copysign "f64.copysign"
            [F64CopysignSs F64CopysignAs F64CopysignSa F64CopysignSk F64CopysignAk]
            { (a: f64, b: f64) -> f64 { a.copysign(b) } }
        fcmp F64Eq "f64.eq"
            [F64EqSs F64EqAs F64EqBrSs F64EqBrAs F64EqBnSs F64EqBnAs]
            { swap F64Eq (a: f64, b: f64) { a == b } }
        fcmp F64Ne "f64.ne"
            [F64NeSs F64NeAs F64NeBrSs F64NeBrAs F64NeBnSs F64NeBnAs]
            { swap F64Ne (a: f64, b: f64) { a != b } }
        fcmp F64Lt "f64.lt"
            [F64LtSs F64LtAs F64LtBrSs F64LtBrAs F64LtBnSs F64LtBnAs]
            { swap F64Gt (a: f64, b: f64) { a < b } }
        fcmp F64Gt "f64.gt"
            [F64GtSs F64GtAs F64GtBrSs F64GtBrAs F64GtBnSs F64GtBnAs]
            { swap F64Lt (a: f64, b: f64) { a > b } }
        fcmp F64Le "f64.le"
            [F64LeSs F64LeAs F64LeBrSs F64LeBrAs F64LeBnSs F64LeBnAs]
            { swap F64Ge (a: f64, b: f64) { a <= b } }
        fcmp F64Ge "f64.ge"
            [F64GeSs F64GeAs F64GeBrSs F64GeBrAs F64GeBnSs F64GeBnAs]
            { swap F64Le (a: f64, b: f64) { a >= b } }
        un F64Abs "f64.abs" [F64AbsS F64AbsA] { (a: f64) -> f64 { a.abs() } }
        un F64Neg "f64.neg" [F64NegS F64NegA] { (a: f64) -> f64 { -a } }
        un F64Ceil "f64.ceil" [F64CeilS F64CeilA] { (a: f64) -> f64 { num::f64_ceil(a) } }
        un F64Floor "f64.floor" [F64FloorS F64FloorA] { (a: f64) -> f64 { num::f64_floor(a) } }
        un F64Trunc "f64.trunc" [F64TruncS F64TruncA] { (a: f64) -> f64 { num::f64_trunc(a) } }
        un F64Nearest "f64.nearest" [F64NearestS F64NearestA] { (a: f64) -> f64 { num::f64_nearest(a) } }
        un F64Sqrt "f64.sqrt" [F64SqrtS F64SqrtA] { (a: f64) -> f64 { a.sqrt() } }
        un I32TruncF32S "i32.trunc_f32_s"
            [I32TruncF32SS I32TruncF32SA]
            { (a: f32) -> u32 { num::i32_trunc_f32_s(a)? } }
        un I32TruncSatF32S "i32.trunc_sat_f32_s"
            [I32TruncSatF32SS I32TruncSatF32SA]
            { (a: f32) -> u32 { a as i32 as u32 } }
        un I32TruncF32U "i32.trunc_f32_u"
            [I32TruncF32US I32TruncF32UA]
            { (a: f32) -> u32 { num::i32_trunc_f32_u(a)? } }
        un I32TruncSatF32U "i32.trunc_sat_f32_u" [I32TruncSatF32US I32TruncSatF32UA] { (a: f32) -> u32 { a as u32 } }
        un I32TruncF64S "i32.trunc_f64_s"
            [I32TruncF64SS I32TruncF64SA]
            { (a: f64) -> u32 { num::i32_trunc_f64_s(a)? } }
        un I32TruncSatF64S "i32.trunc_sat_f64_s"
            [I32TruncSatF64SS I32TruncSatF64SA]
            { (a: f64) -> u32 { a as i32 as u32 } }
        un I32TruncF64U "i32.trunc_f64_u"
            [I32TruncF64US I32TruncF64UA]
            { (a: f64) -> u32 { num::i32_trunc_f64_u(a)? } }
        un I32TruncSatF64U "i32.trunc_sat_f64_u" [I32TruncSatF64US I32TruncSatF64UA] { (a: f64) -> u32 { a as u32 } }
        un I64TruncF32S "i64.trunc_f32_s"
            [I64TruncF32SS I64TruncF32SA]
            { (a: f32) -> u64 { num::i64_trunc_f32_s(a)? } }
        un I64TruncSatF32S "i64.trunc_sat_f32_s"
            [I64TruncSatF32SS I64TruncSatF32SA]
            { (a: f32) -> u64 { a as i64 as u64 } }
        un I64TruncF32U "i64.trunc_f32_u"
            [I64TruncF32US I64TruncF32UA]
            { (a: f32) -> u64 { num::i64_trunc_f32_u(a)? } }
        un I64TruncSatF32U "i64.trunc_sat_f32_u" [I64TruncSatF32US I64TruncSatF32UA] { (a: f32) -> u64 { a as u64 } }
        un I64TruncF64S "i64.trunc_f64_s"
            [I64TruncF64SS I64TruncF64SA]
            { (a: f64) -> u64 { num::i64_trunc_f64_s(a)? } }
        un I64TruncSatF64S "i64.trunc_sat_f64_s"
            [I64TruncSatF64SS I64TruncSatF64SA]
            { (a: f64) -> u64 { a as i64 as u64 } }
        un I64TruncF64U "i64.trunc_f64_u"
            [I64TruncF64US I64TruncF64UA]
            { (a: f64) -> u64 { num::i64_trunc_f64_u(a)? } }
        un I64TruncSatF64U "i64.trunc_sat_f64_u" [I64TruncSatF64US I64TruncSatF64UA] { (a: f64) -> u64 { a as u64 } }
        un F32ConvertI32S "f32.convert_i32_s"
            [F32ConvertI32SS F32ConvertI32SA]
            { (a: u32) -> f32 { a as i32 as f32 } }
        un F32ConvertI32U "f32.convert_i32_u" [F32ConvertI32US F32ConvertI32UA] { (a: u32) -> f32 { a as f32 } }
        un F32ConvertI64S "f32.convert_i64_s"
            [F32ConvertI64SS F32ConvertI64SA]
            { (a: u64) -> f32 { a as i64 as f32 } }
        un F32ConvertI64U "f32.convert_i64_u" [F32ConvertI64US F32ConvertI64UA] { (a: u64) -> f32 { a as f32 } }
        un F64ConvertI32S "f64.convert_i32_s"
            [F64ConvertI32SS F64ConvertI32SA]
            { (a: u32) -> f64 { a as i32 as f64 } }
        un F64ConvertI32U "f64.convert_i32_u" [F64ConvertI32US F64ConvertI32UA] { (a: u32) -> f64 { a as f64 } }
        un F64ConvertI64S "f64.convert_i64_s"
            [F64ConvertI64SS F64ConvertI64SA]
            { (a: u64) -> f64 { a as i64 as f64 } }
        un F64ConvertI64U "f64.convert_i64_u" [F64ConvertI64US F64ConvertI64UA] { (a: u64) -> f64 { a as f64 } }
        un F32DemoteF64 "f32.demote_f64" [F32DemoteF64S F32DemoteF64A] { (a: f64) -> f32 { num::demote(a) } }
        un F64PromoteF32 "f64.promote_f32" [F64PromoteF32S F64PromoteF32A] { (a: f32) -> f64 { num::promote(a) } }
        un I32ReinterpretF32 "i32.reinterpret_f32"
            [I32ReinterpretF32S I32ReinterpretF32A]
            { (a: f32) -> u32 { a.to_bits() } }
        un F32ReinterpretI32 "f32.reinterpret_i32"
            [F32ReinterpretI32S F32ReinterpretI32A]
            { (a: u32) -> f32 { f32::from_bits(a) } }
        un I64ReinterpretF64 "i64.reinterpret_f64"
            [I64ReinterpretF64S I64ReinterpretF64A]
            { (a: f64) -> u64 { a.to_bits() } }
        un F64ReinterpretI64 "f64.reinterpret_i64"
            [F64ReinterpretI64S F64ReinterpretI64A]
            { (a: u64) -> f64 { f64::from_bits(a) } }
        load I32Load "i32.load"
            [I32LoadS I32LoadA I32LoadM I32LoadSs I32LoadW I32LoadWa I32LoadWss]
            { (raw: u32) -> u32 { raw } }
        load I64Load "i64.load"
            [I64LoadS I64LoadA I64LoadM I64LoadSs I64LoadW I64LoadWa I64LoadWss]
            { (raw: u64) -> u64 { raw } }
        load F32Load "f32.load"
            [F32LoadS F32LoadA F32LoadM F32LoadSs F32LoadW F32LoadWa F32LoadWss]
            { (raw: u32) -> f32 { f32::from_bits(raw) } }
        load F64Load "f64.load"
            [F64LoadS F64LoadA F64LoadM F64LoadSs F64LoadW F64LoadWa F64LoadWss]
            { (raw: u64) -> f64 { f64::from_bits(raw) } }
        load I32Load8S "i32.load8_s"
            [I32Load8SS I32Load8SA I32Load8SM I32Load8SSs I32Load8SW I32Load8SWa I32Load8SWss]
            { (raw: u8) -> u32 { raw as i8 as u32 } }
        load I32Load8U "i32.load8_u"
            [I32Load8US I32Load8UA I32Load8UM I32Load8USs I32Load8UW I32Load8UWa I32Load8UWss]
            { (raw: u8) -> u32 { raw as u32 } }
        load I32Load16S "i32.load16_s"
            [I32Load16SS I32Load16SA I32Load16SM I32Load16SSs I32Load16SW I32Load16SWa I32Load16SWss]
            { (raw: u16) -> u32 { raw as i16 as u32 } }
        load I32Load16U "i32.load16_u"
            [I32Load16US I32Load16UA I32Load16UM I32Load16USs I32Load16UW I32Load16UWa I32Load16UWss]
            { (raw: u16) -> u32 { raw as u32 } }
        load I64Load8S "i64.load8_s"
            [I64Load8SS I64Load8SA I64Load8SM I64Load8SSs I64Load8SW I64Load8SWa I64Load8SWss]
            { (raw: u8) -> u64 { raw as i8 as u64 } }
        load I64Load8U "i64.load8_u"
            [I64Load8US I64Load8UA I64Load8UM I64Load8USs I64Load8UW I64Load8UWa I64Load8UWss]
            { (raw: u8) -> u64 { raw as u64 } }
        load I64Load16S "i64.load16_s"
            [I64Load16SS I64Load16SA I64Load16SM I64Load16SSs I64Load16SW I64Load16SWa I64Load16SWss]
            { (raw: u16) -> u64 { raw as i16 as u64 } }
        load I64Load16U "i64.load16_u"
            [I64Load16US I64Load16UA I64Load16UM I64Load16USs I64Load16UW I64Load16UWa I64Load16UWss]
            { (raw: u16) -> u64 { raw as u64 } }
        load I64Load32S "i64.load32_s"
            [I64Load32SS I64Load32SA I64Load32SM I64Load32SSs I64Load32SW I64Load32SWa I64Load32SWss]
            { (raw: u32) -> u64 { raw as i32 as u64 } }
        load I64Load32U "i64.load32_u"
            [I64Load32US I64Load32UA I64Load32UM I64Load32USs I64Load32UW I64Load32UWa I64Load32UWss]
            { (raw: u32) -> u64 { raw as u64 } }
        store I32Store "i32.store"
            [I32StoreSs I32StoreAs I32StoreSa I32StoreSk I32StoreAk I32StoreM I32StoreSss
             I32StoreWss I32StoreWas I32StoreWsa I32StoreWsk I32StoreWak I32StoreWsss]
            { (value: u32) -> u32 { value } }
        store I64Store "i64.store"
            [I64StoreSs I64StoreAs I64StoreSa I64StoreSk I64StoreAk I64StoreM I64StoreSss
             I64StoreWss I64StoreWas I64StoreWsa I64StoreWsk I64StoreWak I64StoreWsss]
            { (value: u64) -> u64 { value } }
        store F32Store "f32.store"
            [F32StoreSs F32StoreAs F32StoreSa F32StoreSk F32StoreAk F32StoreM F32StoreSss
             F32StoreWss F32StoreWas F32StoreWsa F32StoreWsk F32StoreWak F32StoreWsss]
            { (value: f32) -> u32 { value.to_bits() } }
        store F64Store "f64.store"
            [F64StoreSs F64StoreAs F64StoreSa F64StoreSk F64StoreAk F64StoreM F64StoreSss
             F64StoreWss F64StoreWas F64StoreWsa F64StoreWsk F64StoreWak F64StoreWsss]
            { (value: f64) -> u64 { value.to_bits() } }
        store I32Store8 "i32.store8"
            [I32Store8Ss I32Store8As I32Store8Sa I32Store8Sk I32Store8Ak I32Store8M I32Store8Sss
             I32Store8Wss I32Store8Was I32Store8Wsa I32Store8Wsk I32Store8Wak I32Store8Wsss]
            { (value: u32) -> u8 { value as u8 } }
        store I32Store16 "i32.store16"
            [I32Store16Ss I32Store16As I32Store16Sa I32Store16Sk I32Store16Ak I32Store16M I32Store16Sss
             I32Store16Wss I32Store16Was I32Store16Wsa I32Store16Wsk I32Store16Wak I32Store16Wsss]
            { (value: u32) -> u16 { value as u16 } }
        store I64Store8 "i64.store8"
            [I64Store8Ss I64Store8As I64Store8Sa I64Store8Sk I64Store8Ak I64Store8M I64Store8Sss
             I64Store8Wss I64Store8Was I64Store8Wsa I64Store8Wsk I64Store8Wak I64Store8Wsss]
            { (value: u64) -> u8 { value as u8 } }
        store I64Store16 "i64.store16"
            [I64Store16Ss I64Store16As I64Store16Sa I64Store16Sk I64Store16Ak I64Store16M I64Store16Sss
             I64Store16Wss I64Store16Was I64Store16Wsa I64Store16Wsk I64Store16Wak I64Store16Wsss]
            { (value: u64) -> u16 { value as u16 } }
        store I64Store32 "i64.store32"
            [I64Store32Ss I64Store32As I64Store32Sa I64Store32Sk I64Store32Ak I64Store32M I64Store32Sss
             I64Store32Wss I64Store32Was I64Store32Wsa I64Store32Wsk I64Store32Wak I64Store32Wsss]
            { (value: u64) -> u32 { value as u32 } }
    } {
        // The next of a list: a pointer is loaded into the local that it was reached by. Opcodes of their own, because the
        // CPU predicts by where a load is which store it waits for: the slot is written in each round, what else is loaded
        // by it is not.
        I32LoadLink "i32.load.link" Load |s, i| { load_from::<I32Load, Load>(s, i.dst, u32::read(s, i.dst), i.offset) }
        I64LoadLink "i64.load.64.link" Load |s, i| {
            load_from::<Wide<I64Load>, Load>(s, i.dst, u64::read(s, i.dst), i.offset)
        }

        // Moving values. Those that write no accumulator leave it to the operands that follow.
        Mov "mov" Da |s, i| { *s.slot(i.dst) = *s.slot(i.a); s.next::<Da>() }
        MovV "mov.v128" Da |s, i| { U8x16::read(s, i.a).put(s, i.dst); s.next::<Da>() }
        MovA "mov.a" D |s, i| { *s.slot(i.dst) = s.acc; s.next::<D>() }
        // Locals above the header.
        Zero "zero" Dx |s, i| { s.slot(i.dst).write_bytes(0, i.index as usize); s.next::<Dx>() }
        Const "const" Di |s, i| { *s.slot(i.dst) = i64::from(i.imm) as u64; s.next::<Di>() }
        ConstLong "const.long" Dl |s, i| { *s.slot(i.dst) = i.imm; s.next::<Dl>() }
        ConstV "v128.const" Dll |s, i| { [i.low, i.high].put(s, i.dst); s.next::<Dll>() }
        Select "select" Dabc |s, i| {
            let from = if u32::read(s, i.c) != 0 { i.a } else { i.b };
            u64::read(s, from).put(s, i.dst);
            s.next::<Dabc>()
        }
        SelectA "select.a" Dab |s, i| {
            let from = if u32::acc(s) != 0 { i.a } else { i.b };
            u64::read(s, from).put(s, i.dst);
            s.next::<Dab>()
        }
        SelectV "select.v128" Dabc |s, i| {
            let from = if u32::read(s, i.c) != 0 { i.a } else { i.b };
            U8x16::read(s, from).put(s, i.dst);
            s.next::<Dabc>()
        }
        Shuffle "i8x16.shuffle" Dabll |s, i| {
            let [low, high] = [i.low.to_le_bytes(), i.high.to_le_bytes()];
            let indices = std::array::from_fn(|i| if i < 8 { low[i] } else { high[i - 8] });
            lanes::shuffle(U8x16::read(s, i.a), U8x16::read(s, i.b), indices).put(s, i.dst);
            s.next::<Dabll>()
        }
        // The same, and `i8x16.swizzle`, where the CPU has an instruction for it: see `lanes::later`.
        ShuffleLater "i8x16.shuffle" Dabll |s, i| {
            let indices = sys::words(i.low, i.high);
            sys::shuffle(Bytes::read(s, i.a), Bytes::read(s, i.b), indices).put(s, i.dst);
            s.next::<Dabll>()
        }
        SwizzleLater "i8x16.swizzle" Dab |s, i| {
            sys::swizzle(Bytes::read(s, i.a), Bytes::read(s, i.b)).put(s, i.dst);
            s.next::<Dab>()
        }

        // 128 bits as two slots, the lower half first: operands (a, b) and (c, d), the result in `dst` and behind it. The
        // upper half goes to the accumulator, too.
        I64Add128 "i64.add128" Dabcd |s, i| {
            let (a, b) = (u64::read(s, i.a), u64::read(s, i.b));
            s.put_pair(i.dst, num::add128((a, b), (u64::read(s, i.c), u64::read(s, i.d))));
            s.next::<Dabcd>()
        }
        I64Sub128 "i64.sub128" Dabcd |s, i| {
            let (a, b) = (u64::read(s, i.a), u64::read(s, i.b));
            s.put_pair(i.dst, num::sub128((a, b), (u64::read(s, i.c), u64::read(s, i.d))));
            s.next::<Dabcd>()
        }
        I64MulWideS "i64.mul_wide_s" Dab |s, i| {
            s.put_pair(i.dst, num::mul_wide_s(u64::read(s, i.a), u64::read(s, i.b)));
            s.next::<Dab>()
        }
        I64MulWideU "i64.mul_wide_u" Dab |s, i| {
            s.put_pair(i.dst, num::mul_wide_u(u64::read(s, i.a), u64::read(s, i.b)));
            s.next::<Dab>()
        }

        // Control.
        Br "br" Jump |s, i| { s.jump(i.to) }
        BrIf "br_if" JumpA |s, i| { if u32::read(s, i.a) != 0 { s.jump(i.to) } else { s.next::<JumpA>() } }
        BrIfA "br_if.a" Jump |s, i| { if u32::acc(s) != 0 { s.jump(i.to) } else { s.next::<Jump>() } }
        BrUnless "br_unless" JumpA |s, i| { if u32::read(s, i.a) == 0 { s.jump(i.to) } else { s.next::<JumpA>() } }
        BrUnlessA "br_unless.a" Jump |s, i| { if u32::acc(s) == 0 { s.jump(i.to) } else { s.next::<Jump>() } }
        // A local is stepped and tested: `br_if (local.tee $n (i32.add (local.get $n) (i32.const -1)))`.
        StepBrIf "i32.add.br_if" JumpAi |s, i| {
            let stepped = u32::read(s, i.a).wrapping_add(i.imm as u32);
            stepped.put(s, i.a);
            if stepped != 0 { s.jump(i.to) } else { s.next::<JumpAi>() }
        }
        BrTable "br_table" Table |s, i| {
            let entry = u32::read(s, i.a).min(i.count);
            let to = Target(*s.pc.add(1 + Table::WORDS + entry as usize) as i32);
            s.jump(to)
        }
        Unreachable "unreachable" Nothing |s, _i| { s.trap(TrapCode::Unreachable) }
        // A unit of fuel, at function entries and loop headers.
        Fuel "fuel" Nothing |s, _i| {
            let store = s.store();
            match (*store).fuel {
                0 => s.trap(TrapCode::OutOfFuel),
                fuel => { (*store).fuel = fuel - 1; s.next::<Nothing>() }
            }
        }

        // Accumulators that nothing relies on, by bit, hold garbage.
        Poison "poison" X |s, i| {
            if i.index & 1 != 0 {
                s.acc = POISON;
            }
            if i.index & 2 != 0 {
                s.acc32 = f32::from_bits(POISON as u32);
            }
            if i.index & 4 != 0 {
                s.acc64 = f64::from_bits(POISON);
            }
            s.next::<X>()
        }

        // Calls and returns. `own`: a function that this module defines.
        CallOwn "call" Call |s, i| {
            let func = (*s.ctx).defined_funcs.add(i.index as usize);
            calls::call::<true>(s, func, i.base, 1 + Call::WORDS)
        }
        CallAny "call.import" Call |s, i| {
            let func = *(*s.ctx).funcs.add(i.index as usize);
            calls::call::<false>(s, func, i.base, 1 + Call::WORDS)
        }
        CallTable "call_indirect" CallIndirect |s, i| {
            match calls::callee(s, i.table, s.index(i.a, false), i.ty) {
                Ok(func) => calls::call::<false>(s, func, i.base, 1 + CallIndirect::WORDS),
                Err((code, detail)) => s.trap_at(code, detail),
            }
        }
        CallTable64 "call_indirect.64" CallIndirect |s, i| {
            match calls::callee(s, i.table, s.index(i.a, true), i.ty) {
                Ok(func) => calls::call::<false>(s, func, i.base, 1 + CallIndirect::WORDS),
                Err((code, detail)) => s.trap_at(code, detail),
            }
        }
        TailAny "return_call" Call |s, i| {
            let func = *(*s.ctx).funcs.add(i.index as usize);
            calls::tail_call(s, func, i.base, 1 + Call::WORDS)
        }
        TailTable "return_call_indirect" CallIndirect |s, i| {
            match calls::callee(s, i.table, s.index(i.a, false), i.ty) {
                Ok(func) => calls::tail_call(s, func, i.base, 1 + CallIndirect::WORDS),
                Err((code, detail)) => s.trap_at(code, detail),
            }
        }
        TailTable64 "return_call_indirect.64" CallIndirect |s, i| {
            match calls::callee(s, i.table, s.index(i.a, true), i.ty) {
                Ok(func) => calls::tail_call(s, func, i.base, 1 + CallIndirect::WORDS),
                Err((code, detail)) => s.trap_at(code, detail),
            }
        }
        CallSlot "call_ref" CallRef |s, i| {
            match *s.slot(i.a) as *const VMFunc {
                func if func.is_null() => s.trap(TrapCode::NullFunctionReference),
                func => calls::call::<false>(s, func, i.base, 1 + CallRef::WORDS),
            }
        }
        TailSlot "return_call_ref" CallRef |s, i| {
            match *s.slot(i.a) as *const VMFunc {
                func if func.is_null() => s.trap(TrapCode::NullFunctionReference),
                func => calls::tail_call(s, func, i.base, 1 + CallRef::WORDS),
            }
        }
        Ret "return" Blank |s, _i| { calls::leave(s) }
        RetS "return" Return |s, i| {
            s.acc = *s.slot(i.a);
            *s.slot(i.to) = s.acc;
            calls::leave(s)
        }
        RetA "return.a" Return |s, i| { *s.slot(i.to) = s.acc; calls::leave(s) }
        RetF32 "return.f32" Return |s, i| { f32::read(s, i.a).put(s, i.to); calls::leave(s) }
        RetF32A "return.f32.a" Return |s, i| { f32::acc(s).put(s, i.to); calls::leave(s) }
        RetF64 "return.f64" Return |s, i| { f64::read(s, i.a).put(s, i.to); calls::leave(s) }
        RetF64A "return.f64.a" Return |s, i| { f64::acc(s).put(s, i.to); calls::leave(s) }
        RetV "return.v128" Return |s, i| { U8x16::read(s, i.a).put(s, i.to); calls::leave(s) }
        RetMany "return.many" Return |s, i| { calls::leave_many(s, i.a, i.to, i.count) }
        // What a call becomes whose callee is not interpreted: see `calls::divert`.
        CallOut "call.out" Nothing |s, _i| { calls::call_diverted(s) }
        TailOut "return_call.out" Nothing |s, _i| { calls::tail_call_diverted(s) }
        Exit "exit" Nothing |_s, _i| { Flow::Exit(Status::Ok) }

        // Exceptions.
        Throw "throw" Ax |s, i| { let r = calls::throw(s.pc, s.fp, u64::from(i.index), s.slot(i.a)); s.resume(r) }
        ThrowRef "throw_ref" A |s, i| {
            match u32::read(s, i.a) {
                0 => s.trap(TrapCode::NullExceptionReference),
                exnref => { let r = calls::throw_ref(s.pc, s.fp, u64::from(exnref)); s.resume(r) }
            }
        }

        // Stack switching.
        ContNew "cont.new" Dax |s, i| {
            let r = calls::libcall(s, Libcall::ContNew, [i.index.into(), *s.slot(i.a), 0, 0, 0]);
            finish!(s, r, Dax, |cont| (cont as u32).put(s, i.dst))
        }
        // So many slots from `a` on, then the continuation.
        ContBind "cont.bind" Daxn |s, i| {
            let r = continuations::bind(s.pc, s.fp);
            finish!(s, r, Daxn, |cont| (cont as u32).put(s, i.dst))
        }
        Suspend "suspend" Suspension |s, i| {
            let _: Suspension = i;
            let r = continuations::suspend(s.pc, s.fp);
            s.resume(r)
        }
        Switch "switch" Suspension |s, i| {
            let _: Suspension = i;
            let r = continuations::switch(s.pc, s.fp);
            s.resume(r)
        }
        Resume "resume" Resumption |s, i| {
            let _: Resumption = i;
            let r = continuations::resume(s.pc, s.fp);
            s.resume(r)
        }
        ResumeThrow "resume_throw" Resumption |s, i| {
            let _: Resumption = i;
            let r = continuations::resume_throw(s.pc, s.fp);
            s.resume(r)
        }
        ResumeThrowRef "resume_throw_ref" Resumption |s, i| {
            let _: Resumption = i;
            let r = continuations::resume_throw_ref(s.pc, s.fp);
            s.resume(r)
        }

        // What follows an operation that made a NaN, under the profile of canonical ones: its result is in the accumulator.
        F32Canonical "f32.canonical" D |s, i| { num::f32_canonical(f32::acc(s)).put(s, i.dst); s.next::<D>() }
        F64Canonical "f64.canonical" D |s, i| { num::f64_canonical(f64::acc(s)).put(s, i.dst); s.next::<D>() }
        F32x4Canonical "f32x4.canonical" Da |s, i| {
            map(F32x4::read(s, i.a), num::f32_canonical).put(s, i.dst);
            s.next::<Da>()
        }
        F64x2Canonical "f64x2.canonical" Da |s, i| {
            map(F64x2::read(s, i.a), num::f64_canonical).put(s, i.dst);
            s.next::<Da>()
        }

        // Variables and references.
        // 32-bit globals have undefined upper bits: slots never have.
        GlobalGet32 "global.get32" Dx |s, i| {
            let global = *(*s.ctx).globals.add(i.index as usize);
            ((*global).value[0] as u32).put(s, i.dst);
            s.next::<Dx>()
        }
        GlobalGet64 "global.get64" Dx |s, i| {
            let global = *(*s.ctx).globals.add(i.index as usize);
            (*global).value[0].put(s, i.dst);
            s.next::<Dx>()
        }
        GlobalGetV "global.get.v128" Dx |s, i| {
            let global = *(*s.ctx).globals.add(i.index as usize);
            (*global).value.put(s, i.dst);
            s.next::<Dx>()
        }
        GlobalSetV "global.set.v128" Ax |s, i| {
            let global = *(*s.ctx).globals.add(i.index as usize);
            (*global).value = U64x2::read(s, i.a);
            s.next::<Ax>()
        }
        GlobalSet "global.set" Ax |s, i| {
            let global = *(*s.ctx).globals.add(i.index as usize);
            (*global).value[0] = *s.slot(i.a);
            s.next::<Ax>()
        }
        RefFunc "ref.func" Dx |s, i| { (*(*s.ctx).funcs.add(i.index as usize) as u64).put(s, i.dst); s.next::<Dx>() }

        TrapIfNull "trap_if_null" A |s, i| {
            if *s.slot(i.a) == 0 { s.trap(TrapCode::NullReference) } else { s.next::<A>() }
        }
        TrapIfNullGc "trap_if_null.gc" A |s, i| {
            if u32::read(s, i.a) == 0 { s.trap(TrapCode::NullReference) } else { s.next::<A>() }
        }

        // Memories.
        MemorySize "memory.size" Dx |s, i| {
            let memory = &*s.memory(i.index);
            (memory.byte_len.load(Ordering::SeqCst) as u64 >> memory.page_shift).put(s, i.dst);
            s.next::<Dx>()
        }
        MemoryGrow "memory.grow" Dax |s, i| {
            let r = calls::libcall(s, Libcall::MemoryGrow, [i.index.into(), u32::read(s, i.a).into(), 0, 0, 0]);
            s.reload_memory();
            finish!(s, r, Dax, |old| (old as u32).put(s, i.dst))
        }
        MemoryGrow64 "memory.grow.64" Dax |s, i| {
            let r = calls::libcall(s, Libcall::MemoryGrow, [i.index.into(), u64::read(s, i.a), 0, 0, 0]);
            s.reload_memory();
            finish!(s, r, Dax, |old| old.put(s, i.dst))
        }
        MemoryFill "memory.fill" Abcx |s, i| {
            let (to, len) = (s.index(i.a, i.wide & 1 != 0), s.index(i.c, i.wide & 4 != 0));
            let args = [i.index.into(), to, u32::read(s, i.b).into(), len, 0];
            finish!(s, calls::libcall(s, Libcall::MemoryFill, args), Abcx)
        }
        MemoryCopy "memory.copy" Abcx |s, i| {
            finish!(s, calls::bulk(s, Libcall::MemoryCopy, &i), Abcx)
        }
        MemoryInit "memory.init" Abcx |s, i| {
            finish!(s, calls::bulk(s, Libcall::MemoryInit, &i), Abcx)
        }
        TraceStore "trace_store" Trace |s, i| {
            let args = [i.kind, s.index(i.a, i.wide != 0), i.offset, *s.slot(i.b), 0];
            finish!(s, calls::libcall(s, Libcall::TraceStore, args), Trace)
        }
        TraceStoreV "trace_store.v128" Trace |s, i| {
            let [low, high] = U64x2::read(s, i.b);
            let args = [i.kind, s.index(i.a, i.wide != 0), i.offset, low, high];
            finish!(s, calls::libcall(s, Libcall::TraceStore, args), Trace)
        }
        TraceStoreLane "trace_store.lane" TraceLane |s, i| {
            let [low, high] = U64x2::read(s, i.b);
            let lane = (u128::from(high) << 64 | u128::from(low)) >> i.from & ((1 << i.bits) - 1);
            let args = [i.kind, s.index(i.a, i.wide != 0), i.offset, lane as u64, 0];
            finish!(s, calls::libcall(s, Libcall::TraceStore, args), TraceLane)
        }

        // Atomics. Bounds are checked before alignment.
        AtomicLoad "atomic.load" Atomic |s, i| {
            let kind = Kind::decode(i.kind);
            match s.atomic_address(&i, kind) {
                Ok(at) => { s.put_integer(atomics::load(at, kind.log2), i.dst, kind.long); s.next::<Atomic>() }
                Err(code) => s.trap(code),
            }
        }
        AtomicStore "atomic.store" Atomic |s, i| {
            let kind = Kind::decode(i.kind);
            match s.atomic_address(&i, kind) {
                Ok(at) => { atomics::store(at, kind.log2, *s.slot(i.b)); s.next::<Atomic>() }
                Err(code) => s.trap(code),
            }
        }
        AtomicRmw "atomic.rmw" Atomic |s, i| {
            let kind = Kind::decode(i.kind);
            match s.atomic_address(&i, kind) {
                Ok(at) => { s.put_integer(atomics::rmw(at, kind, *s.slot(i.b)), i.dst, kind.long); s.next::<Atomic>() }
                Err(code) => s.trap(code),
            }
        }
        AtomicCmpxchg "atomic.cmpxchg" Atomic |s, i| {
            let kind = Kind::decode(i.kind);
            match s.atomic_address(&i, kind) {
                Ok(at) => {
                    let old = atomics::compare_exchange(at, kind.log2, s.index(i.b, kind.long), *s.slot(i.c));
                    s.put_integer(old, i.dst, kind.long);
                    s.next::<Atomic>()
                }
                Err(code) => s.trap(code),
            }
        }
        AtomicFence "atomic.fence" Nothing |s, i| {
            let _: Nothing = i;
            fence(Ordering::SeqCst);
            s.next::<Nothing>()
        }
        AtomicWait "memory.atomic.wait" Atomic |s, i| {
            let long = Kind::decode(i.kind).long;
            let call = if long { Libcall::AtomicWait64 } else { Libcall::AtomicWait32 };
            let (address, expected) = (s.index(i.a, i.wide != 0), s.index(i.b, long));
            let args = [i.memory.into(), address, i.offset, expected, u64::read(s, i.c)];
            finish!(s, calls::libcall(s, call, args), Atomic, |woken| (woken as u32).put(s, i.dst))
        }
        AtomicNotify "memory.atomic.notify" Atomic |s, i| {
            let args = [i.memory.into(), s.index(i.a, i.wide != 0), i.offset, u32::read(s, i.b).into(), 0];
            finish!(s, calls::libcall(s, Libcall::AtomicNotify, args), Atomic, |woken| (woken as u32).put(s, i.dst))
        }
        DataDrop "data.drop" X |s, i| {
            finish!(s, calls::libcall(s, Libcall::DataDrop, [i.index.into(), 0, 0, 0, 0]), X)
        }

        // Tables.
        TableGet "table.get" Dax |s, i| {
            match s.element(i.index, s.index(i.a, false)) {
                Some(element) => { (*element).put(s, i.dst); s.next::<Dax>() }
                None => s.trap(TrapCode::TableOutOfBounds),
            }
        }
        TableGet64 "table.get.64" Dax |s, i| {
            match s.element(i.index, s.index(i.a, true)) {
                Some(element) => { (*element).put(s, i.dst); s.next::<Dax>() }
                None => s.trap(TrapCode::TableOutOfBounds),
            }
        }
        TableSet "table.set" Abx |s, i| {
            match s.element(i.index, s.index(i.a, false)) {
                Some(element) => { *element = *s.slot(i.b); s.next::<Abx>() }
                None => s.trap(TrapCode::TableOutOfBounds),
            }
        }
        TableSetGc "table.set.gc" Abx |s, i| {
            match s.element(i.index, s.index(i.a, false)) {
                Some(element) => { *element = u64::from(u32::read(s, i.b)); s.next::<Abx>() }
                None => s.trap(TrapCode::TableOutOfBounds),
            }
        }
        TableSet64 "table.set.64" Abx |s, i| {
            match s.element(i.index, s.index(i.a, true)) {
                Some(element) => { *element = *s.slot(i.b); s.next::<Abx>() }
                None => s.trap(TrapCode::TableOutOfBounds),
            }
        }
        TableSetGc64 "table.set.gc.64" Abx |s, i| {
            match s.element(i.index, s.index(i.a, true)) {
                Some(element) => { *element = u64::from(u32::read(s, i.b)); s.next::<Abx>() }
                None => s.trap(TrapCode::TableOutOfBounds),
            }
        }
        TableSize "table.size" Dx |s, i| {
            ((**(*s.ctx).tables.add(i.index as usize)).len as u64).put(s, i.dst);
            s.next::<Dx>()
        }
        TableGrow "table.grow" Dabx |s, i| {
            let args = [i.index.into(), calls::element(s, i.a, i.gc), s.index(i.b, i.wide != 0), 0, 0];
            let mask = if i.wide != 0 { u64::MAX } else { u32::MAX.into() };
            finish!(s, calls::libcall(s, Libcall::TableGrow, args), Dabx, |old| (old & mask).put(s, i.dst))
        }
        TableFill "table.fill" Abcx |s, i| {
            let (to, len) = (s.index(i.a, i.wide & 1 != 0), s.index(i.c, i.wide & 4 != 0));
            let args = [i.index.into(), to, calls::element(s, i.b, i.index2), len, 0];
            finish!(s, calls::libcall(s, Libcall::TableFill, args), Abcx)
        }
        TableCopy "table.copy" Abcx |s, i| {
            finish!(s, calls::bulk(s, Libcall::TableCopy, &i), Abcx)
        }
        TableInit "table.init" Abcx |s, i| {
            finish!(s, calls::bulk(s, Libcall::TableInit, &i), Abcx)
        }
        ElemDrop "elem.drop" X |s, i| {
            finish!(s, calls::libcall(s, Libcall::ElemDrop, [i.index.into(), 0, 0, 0, 0]), X)
        }
    } } };
}
pub(super) use for_each_op;
