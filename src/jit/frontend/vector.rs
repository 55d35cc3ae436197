//! Operators on vectors.
//!
//! Operators that can be expressed by others are translated to these: extending multiplications multiply extended lanes,
//! which instruction selection recognizes; loads of one lane load a scalar. Relaxed operators follow the deterministic
//! profile: they give the first of the allowed results, which is that of the ordinary operators (so a fused multiply-add
//! is not used on any CPU). For their results if the CPU may choose, see [`relaxed`].

use super::*;
use crate::module::syntax;
use wasmparser::MemArg;

impl Translator<'_, '_> {
    /// Translates a vector operator; anything else is unsupported.
    pub(super) fn vector_operator(&mut self, op: &Operator<'_>) -> TranslateResult {
        use FloatCond as F;
        use IntCond as I;
        use Op::*;
        use Operator as O;
        use Shape::*;
        if let Some(level) = self.native
            && self.native_choice(op, level)
        {
            return Ok(());
        }
        match *op {
            // Memory
            O::V128Load { memarg } => self.heap_load(Type::V128, Access::Full, memarg)?,
            O::V128Load8x8S { memarg } => self.load_extended(VExtendLowS, I16x8, memarg)?,
            O::V128Load8x8U { memarg } => self.load_extended(VExtendLowU, I16x8, memarg)?,
            O::V128Load16x4S { memarg } => self.load_extended(VExtendLowS, I32x4, memarg)?,
            O::V128Load16x4U { memarg } => self.load_extended(VExtendLowU, I32x4, memarg)?,
            O::V128Load32x2S { memarg } => self.load_extended(VExtendLowS, I64x2, memarg)?,
            O::V128Load32x2U { memarg } => self.load_extended(VExtendLowU, I64x2, memarg)?,
            O::V128Load8Splat { memarg } => self.load_splat(I8x16, Access::U8, memarg)?,
            O::V128Load16Splat { memarg } => self.load_splat(I16x8, Access::U16, memarg)?,
            // As floats, so that they are loaded into float registers.
            O::V128Load32Splat { memarg } => self.load_splat(F32x4, Access::Full, memarg)?,
            O::V128Load64Splat { memarg } => self.load_splat(F64x2, Access::Full, memarg)?,
            O::V128Load32Zero { memarg } => self.heap_load(Type::V128, Access::U32, memarg)?,
            O::V128Load64Zero { memarg } => self.heap_load(Type::V128, Access::U64, memarg)?,
            O::V128Store { memarg } => self.heap_store(Access::Full, memarg)?,
            O::V128Load8Lane { memarg, lane } => self.load_lane(I8x16, lane, Access::U8, memarg)?,
            O::V128Load16Lane { memarg, lane } => self.load_lane(I16x8, lane, Access::U16, memarg)?,
            O::V128Load32Lane { memarg, lane } => self.load_lane(I32x4, lane, Access::Full, memarg)?,
            O::V128Load64Lane { memarg, lane } => self.load_lane(I64x2, lane, Access::Full, memarg)?,
            O::V128Store8Lane { memarg, lane } => self.store_lane(I8x16, lane, Access::U8, memarg)?,
            O::V128Store16Lane { memarg, lane } => self.store_lane(I16x8, lane, Access::U16, memarg)?,
            O::V128Store32Lane { memarg, lane } => self.store_lane(I32x4, lane, Access::Full, memarg)?,
            O::V128Store64Lane { memarg, lane } => self.store_lane(I64x2, lane, Access::Full, memarg)?,

            // Moving lanes
            O::V128Const { value } => {
                let v = self.b.vconst(u128::from_le_bytes(*value.bytes()));
                self.push(v);
            }
            O::I8x16Shuffle { lanes } => {
                let imm = self.b.func.vector(u128::from_le_bytes(lanes));
                self.vector(VShuffle, imm, 2);
            }
            O::I8x16Swizzle | O::I8x16RelaxedSwizzle => self.vector(VSwizzle, Imm::None, 2),
            O::I8x16Splat => self.lanes(VSplat, I8x16, 1),
            O::I16x8Splat => self.lanes(VSplat, I16x8, 1),
            O::I32x4Splat => self.lanes(VSplat, I32x4, 1),
            O::I64x2Splat => self.lanes(VSplat, I64x2, 1),
            O::F32x4Splat => self.lanes(VSplat, F32x4, 1),
            O::F64x2Splat => self.lanes(VSplat, F64x2, 1),
            O::I8x16ExtractLaneS { lane } => self.extract(I8x16, lane, Some(SExt8)),
            O::I8x16ExtractLaneU { lane } => self.extract(I8x16, lane, None),
            O::I16x8ExtractLaneS { lane } => self.extract(I16x8, lane, Some(SExt16)),
            O::I16x8ExtractLaneU { lane } => self.extract(I16x8, lane, None),
            O::I32x4ExtractLane { lane } => self.extract(I32x4, lane, None),
            O::I64x2ExtractLane { lane } => self.extract(I64x2, lane, None),
            O::F32x4ExtractLane { lane } => self.extract(F32x4, lane, None),
            O::F64x2ExtractLane { lane } => self.extract(F64x2, lane, None),
            O::I8x16ReplaceLane { lane } => self.vector(VReplace, Imm::Lane(I8x16, lane), 2),
            O::I16x8ReplaceLane { lane } => self.vector(VReplace, Imm::Lane(I16x8, lane), 2),
            O::I32x4ReplaceLane { lane } => self.vector(VReplace, Imm::Lane(I32x4, lane), 2),
            O::I64x2ReplaceLane { lane } => self.vector(VReplace, Imm::Lane(I64x2, lane), 2),
            O::F32x4ReplaceLane { lane } => self.vector(VReplace, Imm::Lane(F32x4, lane), 2),
            O::F64x2ReplaceLane { lane } => self.vector(VReplace, Imm::Lane(F64x2, lane), 2),

            // Comparisons
            O::I8x16Eq => self.vicmp(I8x16, I::Eq),
            O::I8x16Ne => self.vicmp(I8x16, I::Ne),
            O::I8x16LtS => self.vicmp(I8x16, I::LtS),
            O::I8x16LtU => self.vicmp(I8x16, I::LtU),
            O::I8x16GtS => self.vicmp(I8x16, I::GtS),
            O::I8x16GtU => self.vicmp(I8x16, I::GtU),
            O::I8x16LeS => self.vicmp(I8x16, I::LeS),
            O::I8x16LeU => self.vicmp(I8x16, I::LeU),
            O::I8x16GeS => self.vicmp(I8x16, I::GeS),
            O::I8x16GeU => self.vicmp(I8x16, I::GeU),
            O::I16x8Eq => self.vicmp(I16x8, I::Eq),
            O::I16x8Ne => self.vicmp(I16x8, I::Ne),
            O::I16x8LtS => self.vicmp(I16x8, I::LtS),
            O::I16x8LtU => self.vicmp(I16x8, I::LtU),
            O::I16x8GtS => self.vicmp(I16x8, I::GtS),
            O::I16x8GtU => self.vicmp(I16x8, I::GtU),
            O::I16x8LeS => self.vicmp(I16x8, I::LeS),
            O::I16x8LeU => self.vicmp(I16x8, I::LeU),
            O::I16x8GeS => self.vicmp(I16x8, I::GeS),
            O::I16x8GeU => self.vicmp(I16x8, I::GeU),
            O::I32x4Eq => self.vicmp(I32x4, I::Eq),
            O::I32x4Ne => self.vicmp(I32x4, I::Ne),
            O::I32x4LtS => self.vicmp(I32x4, I::LtS),
            O::I32x4LtU => self.vicmp(I32x4, I::LtU),
            O::I32x4GtS => self.vicmp(I32x4, I::GtS),
            O::I32x4GtU => self.vicmp(I32x4, I::GtU),
            O::I32x4LeS => self.vicmp(I32x4, I::LeS),
            O::I32x4LeU => self.vicmp(I32x4, I::LeU),
            O::I32x4GeS => self.vicmp(I32x4, I::GeS),
            O::I32x4GeU => self.vicmp(I32x4, I::GeU),
            O::I64x2Eq => self.vicmp(I64x2, I::Eq),
            O::I64x2Ne => self.vicmp(I64x2, I::Ne),
            O::I64x2LtS => self.vicmp(I64x2, I::LtS),
            O::I64x2GtS => self.vicmp(I64x2, I::GtS),
            O::I64x2LeS => self.vicmp(I64x2, I::LeS),
            O::I64x2GeS => self.vicmp(I64x2, I::GeS),
            O::F32x4Eq => self.vfcmp(F32x4, F::Eq),
            O::F32x4Ne => self.vfcmp(F32x4, F::Ne),
            O::F32x4Lt => self.vfcmp(F32x4, F::Lt),
            O::F32x4Gt => self.vfcmp(F32x4, F::Gt),
            O::F32x4Le => self.vfcmp(F32x4, F::Le),
            O::F32x4Ge => self.vfcmp(F32x4, F::Ge),
            O::F64x2Eq => self.vfcmp(F64x2, F::Eq),
            O::F64x2Ne => self.vfcmp(F64x2, F::Ne),
            O::F64x2Lt => self.vfcmp(F64x2, F::Lt),
            O::F64x2Gt => self.vfcmp(F64x2, F::Gt),
            O::F64x2Le => self.vfcmp(F64x2, F::Le),
            O::F64x2Ge => self.vfcmp(F64x2, F::Ge),

            // Bits
            O::V128Not => {
                let ones = self.b.vconst(u128::MAX);
                self.push(ones);
                self.vector(Xor, Imm::None, 2);
            }
            O::V128And => self.vector(And, Imm::None, 2),
            O::V128AndNot => self.vector(VAndNot, Imm::None, 2),
            O::V128Or => self.vector(Or, Imm::None, 2),
            O::V128Xor => self.vector(Xor, Imm::None, 2),
            O::V128Bitselect
            | O::I8x16RelaxedLaneselect
            | O::I16x8RelaxedLaneselect
            | O::I32x4RelaxedLaneselect
            | O::I64x2RelaxedLaneselect => self.vector(VBitselect, Imm::None, 3),
            O::V128AnyTrue => self.vector(VAnyTrue, Imm::None, 1),
            O::I8x16AllTrue => self.lanes(VAllTrue, I8x16, 1),
            O::I16x8AllTrue => self.lanes(VAllTrue, I16x8, 1),
            O::I32x4AllTrue => self.lanes(VAllTrue, I32x4, 1),
            O::I64x2AllTrue => self.lanes(VAllTrue, I64x2, 1),
            O::I8x16Bitmask => self.lanes(VBitmask, I8x16, 1),
            O::I16x8Bitmask => self.lanes(VBitmask, I16x8, 1),
            O::I32x4Bitmask => self.lanes(VBitmask, I32x4, 1),
            O::I64x2Bitmask => self.lanes(VBitmask, I64x2, 1),

            // Integers
            O::I8x16Abs => self.lanes(VAbs, I8x16, 1),
            O::I16x8Abs => self.lanes(VAbs, I16x8, 1),
            O::I32x4Abs => self.lanes(VAbs, I32x4, 1),
            O::I64x2Abs => self.lanes(VAbs, I64x2, 1),
            O::I8x16Neg => self.negate(I8x16),
            O::I16x8Neg => self.negate(I16x8),
            O::I32x4Neg => self.negate(I32x4),
            O::I64x2Neg => self.negate(I64x2),
            O::I8x16Popcnt => self.lanes(Popcnt, I8x16, 1),
            O::I8x16Shl => self.lanes(Shl, I8x16, 2),
            O::I16x8Shl => self.lanes(Shl, I16x8, 2),
            O::I32x4Shl => self.lanes(Shl, I32x4, 2),
            O::I64x2Shl => self.lanes(Shl, I64x2, 2),
            O::I8x16ShrS => self.lanes(ShrS, I8x16, 2),
            O::I16x8ShrS => self.lanes(ShrS, I16x8, 2),
            O::I32x4ShrS => self.lanes(ShrS, I32x4, 2),
            O::I64x2ShrS => self.lanes(ShrS, I64x2, 2),
            O::I8x16ShrU => self.lanes(ShrU, I8x16, 2),
            O::I16x8ShrU => self.lanes(ShrU, I16x8, 2),
            O::I32x4ShrU => self.lanes(ShrU, I32x4, 2),
            O::I64x2ShrU => self.lanes(ShrU, I64x2, 2),
            O::I8x16Add => self.lanes(IAdd, I8x16, 2),
            O::I16x8Add => self.lanes(IAdd, I16x8, 2),
            O::I32x4Add => self.lanes(IAdd, I32x4, 2),
            O::I64x2Add => self.lanes(IAdd, I64x2, 2),
            O::I8x16Sub => self.lanes(ISub, I8x16, 2),
            O::I16x8Sub => self.lanes(ISub, I16x8, 2),
            O::I32x4Sub => self.lanes(ISub, I32x4, 2),
            O::I64x2Sub => self.lanes(ISub, I64x2, 2),
            O::I16x8Mul => self.lanes(IMul, I16x8, 2),
            O::I32x4Mul => self.lanes(IMul, I32x4, 2),
            O::I64x2Mul => self.lanes(IMul, I64x2, 2),
            O::I8x16AddSatS => self.lanes(VAddSatS, I8x16, 2),
            O::I8x16AddSatU => self.lanes(VAddSatU, I8x16, 2),
            O::I16x8AddSatS => self.lanes(VAddSatS, I16x8, 2),
            O::I16x8AddSatU => self.lanes(VAddSatU, I16x8, 2),
            O::I8x16SubSatS => self.lanes(VSubSatS, I8x16, 2),
            O::I8x16SubSatU => self.lanes(VSubSatU, I8x16, 2),
            O::I16x8SubSatS => self.lanes(VSubSatS, I16x8, 2),
            O::I16x8SubSatU => self.lanes(VSubSatU, I16x8, 2),
            O::I8x16MinS => self.lanes(VMinS, I8x16, 2),
            O::I8x16MinU => self.lanes(VMinU, I8x16, 2),
            O::I8x16MaxS => self.lanes(VMaxS, I8x16, 2),
            O::I8x16MaxU => self.lanes(VMaxU, I8x16, 2),
            O::I16x8MinS => self.lanes(VMinS, I16x8, 2),
            O::I16x8MinU => self.lanes(VMinU, I16x8, 2),
            O::I16x8MaxS => self.lanes(VMaxS, I16x8, 2),
            O::I16x8MaxU => self.lanes(VMaxU, I16x8, 2),
            O::I32x4MinS => self.lanes(VMinS, I32x4, 2),
            O::I32x4MinU => self.lanes(VMinU, I32x4, 2),
            O::I32x4MaxS => self.lanes(VMaxS, I32x4, 2),
            O::I32x4MaxU => self.lanes(VMaxU, I32x4, 2),
            O::I8x16AvgrU => self.lanes(VAvgrU, I8x16, 2),
            O::I16x8AvgrU => self.lanes(VAvgrU, I16x8, 2),
            O::I16x8Q15MulrSatS | O::I16x8RelaxedQ15mulrS => self.lanes(VQ15MulrSat, I16x8, 2),
            O::I32x4DotI16x8S => self.lanes(VDot, I32x4, 2),
            O::I16x8RelaxedDotI8x16I7x16S => self.lanes(VDot, I16x8, 2),
            O::I32x4RelaxedDotI8x16I7x16AddS => {
                let sum = self.pop();
                self.lanes(VDot, I16x8, 2);
                self.lanes(VPairwiseS, I32x4, 1);
                self.push(sum);
                self.lanes(IAdd, I32x4, 2);
            }
            O::I8x16NarrowI16x8S => self.lanes(VNarrowS, I8x16, 2),
            O::I8x16NarrowI16x8U => self.lanes(VNarrowU, I8x16, 2),
            O::I16x8NarrowI32x4S => self.lanes(VNarrowS, I16x8, 2),
            O::I16x8NarrowI32x4U => self.lanes(VNarrowU, I16x8, 2),
            O::I16x8ExtendLowI8x16S => self.lanes(VExtendLowS, I16x8, 1),
            O::I16x8ExtendLowI8x16U => self.lanes(VExtendLowU, I16x8, 1),
            O::I16x8ExtendHighI8x16S => self.lanes(VExtendHighS, I16x8, 1),
            O::I16x8ExtendHighI8x16U => self.lanes(VExtendHighU, I16x8, 1),
            O::I32x4ExtendLowI16x8S => self.lanes(VExtendLowS, I32x4, 1),
            O::I32x4ExtendLowI16x8U => self.lanes(VExtendLowU, I32x4, 1),
            O::I32x4ExtendHighI16x8S => self.lanes(VExtendHighS, I32x4, 1),
            O::I32x4ExtendHighI16x8U => self.lanes(VExtendHighU, I32x4, 1),
            O::I64x2ExtendLowI32x4S => self.lanes(VExtendLowS, I64x2, 1),
            O::I64x2ExtendLowI32x4U => self.lanes(VExtendLowU, I64x2, 1),
            O::I64x2ExtendHighI32x4S => self.lanes(VExtendHighS, I64x2, 1),
            O::I64x2ExtendHighI32x4U => self.lanes(VExtendHighU, I64x2, 1),
            O::I16x8ExtMulLowI8x16S => self.extended_product(VExtendLowS, I16x8),
            O::I16x8ExtMulLowI8x16U => self.extended_product(VExtendLowU, I16x8),
            O::I16x8ExtMulHighI8x16S => self.extended_product(VExtendHighS, I16x8),
            O::I16x8ExtMulHighI8x16U => self.extended_product(VExtendHighU, I16x8),
            O::I32x4ExtMulLowI16x8S => self.extended_product(VExtendLowS, I32x4),
            O::I32x4ExtMulLowI16x8U => self.extended_product(VExtendLowU, I32x4),
            O::I32x4ExtMulHighI16x8S => self.extended_product(VExtendHighS, I32x4),
            O::I32x4ExtMulHighI16x8U => self.extended_product(VExtendHighU, I32x4),
            O::I64x2ExtMulLowI32x4S => self.extended_product(VExtendLowS, I64x2),
            O::I64x2ExtMulLowI32x4U => self.extended_product(VExtendLowU, I64x2),
            O::I64x2ExtMulHighI32x4S => self.extended_product(VExtendHighS, I64x2),
            O::I64x2ExtMulHighI32x4U => self.extended_product(VExtendHighU, I64x2),
            O::I16x8ExtAddPairwiseI8x16S => self.lanes(VPairwiseS, I16x8, 1),
            O::I16x8ExtAddPairwiseI8x16U => self.lanes(VPairwiseU, I16x8, 1),
            O::I32x4ExtAddPairwiseI16x8S => self.lanes(VPairwiseS, I32x4, 1),
            O::I32x4ExtAddPairwiseI16x8U => self.lanes(VPairwiseU, I32x4, 1),

            // Floats
            O::F32x4Abs => self.lanes(FAbs, F32x4, 1),
            O::F32x4Neg => self.lanes(FNeg, F32x4, 1),
            O::F32x4Sqrt => self.lanes(FSqrt, F32x4, 1),
            O::F32x4Ceil => self.lanes(FCeil, F32x4, 1),
            O::F32x4Floor => self.lanes(FFloor, F32x4, 1),
            O::F32x4Trunc => self.lanes(FTrunc, F32x4, 1),
            O::F32x4Nearest => self.lanes(FNearest, F32x4, 1),
            O::F32x4Add => self.lanes(FAdd, F32x4, 2),
            O::F32x4Sub => self.lanes(FSub, F32x4, 2),
            O::F32x4Mul => self.lanes(FMul, F32x4, 2),
            O::F32x4Div => self.lanes(FDiv, F32x4, 2),
            O::F32x4Min | O::F32x4RelaxedMin => self.lanes(FMin, F32x4, 2),
            O::F32x4Max | O::F32x4RelaxedMax => self.lanes(FMax, F32x4, 2),
            O::F32x4PMin => self.lanes(VPMin, F32x4, 2),
            O::F32x4PMax => self.lanes(VPMax, F32x4, 2),
            O::F64x2Abs => self.lanes(FAbs, F64x2, 1),
            O::F64x2Neg => self.lanes(FNeg, F64x2, 1),
            O::F64x2Sqrt => self.lanes(FSqrt, F64x2, 1),
            O::F64x2Ceil => self.lanes(FCeil, F64x2, 1),
            O::F64x2Floor => self.lanes(FFloor, F64x2, 1),
            O::F64x2Trunc => self.lanes(FTrunc, F64x2, 1),
            O::F64x2Nearest => self.lanes(FNearest, F64x2, 1),
            O::F64x2Add => self.lanes(FAdd, F64x2, 2),
            O::F64x2Sub => self.lanes(FSub, F64x2, 2),
            O::F64x2Mul => self.lanes(FMul, F64x2, 2),
            O::F64x2Div => self.lanes(FDiv, F64x2, 2),
            O::F64x2Min | O::F64x2RelaxedMin => self.lanes(FMin, F64x2, 2),
            O::F64x2Max | O::F64x2RelaxedMax => self.lanes(FMax, F64x2, 2),
            O::F64x2PMin => self.lanes(VPMin, F64x2, 2),
            O::F64x2PMax => self.lanes(VPMax, F64x2, 2),
            O::F32x4RelaxedMadd => self.multiply_add(F32x4, false),
            O::F32x4RelaxedNmadd => self.multiply_add(F32x4, true),
            O::F64x2RelaxedMadd => self.multiply_add(F64x2, false),
            O::F64x2RelaxedNmadd => self.multiply_add(F64x2, true),

            // Conversions
            O::I32x4TruncSatF32x4S | O::I32x4RelaxedTruncF32x4S => self.lanes(FToSSat, F32x4, 1),
            O::I32x4TruncSatF32x4U | O::I32x4RelaxedTruncF32x4U => self.lanes(FToUSat, F32x4, 1),
            O::I32x4TruncSatF64x2SZero | O::I32x4RelaxedTruncF64x2SZero => self.lanes(FToSSat, F64x2, 1),
            O::I32x4TruncSatF64x2UZero | O::I32x4RelaxedTruncF64x2UZero => self.lanes(FToUSat, F64x2, 1),
            O::F32x4ConvertI32x4S => self.lanes(SToF, F32x4, 1),
            O::F32x4ConvertI32x4U => self.lanes(UToF, F32x4, 1),
            O::F64x2ConvertLowI32x4S => self.lanes(SToF, F64x2, 1),
            O::F64x2ConvertLowI32x4U => self.lanes(UToF, F64x2, 1),
            O::F32x4DemoteF64x2Zero => self.lanes(FDemote, F32x4, 1),
            O::F64x2PromoteLowF32x4 => self.lanes(FPromote, F64x2, 1),

            _ => match self.atomic_operator(op) {
                Some(translated) => translated?,
                None => return self.unsupported(syntax::proposal(op)),
            },
        }
        Ok(())
    }

    /// Emits an operation on the top operands.
    pub(super) fn vector(&mut self, op: Op, imm: Imm, args: usize) {
        let args = self.pop_list(args);
        let r = self.b.ins(op, Type::V128, imm, &args);
        self.push(r);
    }

    pub(super) fn lanes(&mut self, op: Op, shape: Shape, args: usize) {
        self.vector(op, Imm::Shape(shape), args);
    }

    fn vicmp(&mut self, shape: Shape, cond: IntCond) {
        self.vector(Op::VICmp, Imm::LaneIntCond(shape, cond), 2);
    }

    fn vfcmp(&mut self, shape: Shape, cond: FloatCond) {
        self.vector(Op::VFCmp, Imm::LaneFloatCond(shape, cond), 2);
    }

    fn negate(&mut self, shape: Shape) {
        let v = self.pop();
        let zero = self.b.vconst(0);
        self.stack.extend([zero, v]);
        self.lanes(Op::ISub, shape, 2);
    }

    fn extract(&mut self, shape: Shape, lane: u8, extend: Option<Op>) {
        let v = self.pop();
        let mut r = self.b.ins(Op::VExtract, shape.lane_type(), Imm::Lane(shape, lane), &[v]);
        if let Some(op) = extend {
            r = self.b.unary(op, r);
        }
        self.push(r);
    }

    fn load_extended(&mut self, op: Op, shape: Shape, arg: MemArg) -> TranslateResult {
        self.heap_load(Type::V128, Access::U64, arg)?;
        self.lanes(op, shape, 1);
        Ok(())
    }

    fn load_splat(&mut self, shape: Shape, access: Access, arg: MemArg) -> TranslateResult {
        self.heap_load(shape.lane_type(), access, arg)?;
        self.lanes(Op::VSplat, shape, 1);
        Ok(())
    }

    fn load_lane(&mut self, shape: Shape, lane: u8, access: Access, arg: MemArg) -> TranslateResult {
        let v = self.pop();
        self.heap_load(shape.lane_type(), access, arg)?;
        let x = self.pop();
        self.stack.extend([v, x]);
        self.vector(Op::VReplace, Imm::Lane(shape, lane), 2);
        Ok(())
    }

    fn store_lane(&mut self, shape: Shape, lane: u8, access: Access, arg: MemArg) -> TranslateResult {
        self.extract(shape, lane, None);
        self.heap_store(access, arg)
    }

    /// The product of two vectors' extended lanes.
    fn extended_product(&mut self, extend: Op, shape: Shape) {
        let (a, b) = self.pop2();
        let [a, b] = [a, b].map(|v| self.b.ins(extend, Type::V128, Imm::Shape(shape), &[v]));
        self.stack.extend([a, b]);
        self.lanes(Op::IMul, shape, 2);
    }

    /// a * b + c, or, negated, -a * b + c: rounded twice.
    fn multiply_add(&mut self, shape: Shape, negated: bool) {
        let c = self.pop();
        let (mut a, b) = self.pop2();
        if negated {
            a = self.b.ins(Op::FNeg, Type::V128, Imm::Shape(shape), &[a]);
        }
        self.stack.extend([a, b]);
        self.lanes(Op::FMul, shape, 2);
        self.push(c);
        self.lanes(Op::FAdd, shape, 2);
    }
}
