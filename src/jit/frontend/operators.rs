//! The translation of single operators.

use super::*;
use crate::runtime::observe::tracing::StoreKind;
use crate::runtime::vm::{GUARD_BYTES, VMMemory};
use wasmparser::{MemArg, MemArgTarget};

impl Translator<'_, '_> {
    /// Translates an operator in reachable code.
    pub(super) fn operator(&mut self, op: &Operator<'_>) -> TranslateResult {
        use Operator as O;
        use Type::*;
        match *op {
            // Control
            O::Unreachable => {
                self.b.trap(TrapCode::Unreachable, None);
                self.reachable = false;
            }
            O::Nop => {}
            O::Block { blockty } => self.open(FrameKind::Block, blockty)?,
            O::Loop { blockty } => self.begin_loop(blockty)?,
            O::If { blockty } => self.begin_if(blockty)?,
            O::TryTable { ref try_table } => self.begin_try_table(try_table)?,
            O::Try { blockty } => self.begin_old_try(blockty)?,
            O::Catch { .. } | O::CatchAll => self.old_catch(),
            O::Rethrow { relative_depth } => self.rethrow(relative_depth),
            O::Else => self.begin_else(),
            O::End | O::Delegate { .. } => self.end(),
            O::Br { relative_depth } => self.br(relative_depth),
            O::BrIf { relative_depth } => self.br_if(relative_depth),
            O::BrTable { ref targets } => self.br_table(targets)?,
            O::Return => self.ret(),
            O::Call { function_index } => self.call(function_index, false)?,
            O::CallIndirect { type_index, table_index } => self.call_indirect(type_index, table_index, false)?,
            O::ReturnCall { function_index } => self.call(function_index, true)?,
            O::ReturnCallIndirect { type_index, table_index } => self.call_indirect(type_index, table_index, true)?,
            O::Throw { tag_index } => self.throw(tag_index)?,
            O::ThrowRef => self.throw_ref(),

            // Operands and variables
            O::Drop => drop(self.pop()),
            O::Select => self.select(),
            O::TypedSelect { ty } => {
                self.require(supported_type(self.module, ty))?;
                self.select();
            }
            O::LocalGet { local_index } => {
                let v = self.locals[local_index as usize];
                self.declared(v, self.local_types[local_index as usize]);
                self.push(v);
            }
            O::LocalSet { local_index } => self.locals[local_index as usize] = self.pop(),
            O::LocalTee { local_index } => self.locals[local_index as usize] = *self.stack.last().unwrap(),
            O::GlobalGet { global_index } => {
                let (ty, base, region) = self.global(global_index)?;
                let v = self.b.load(ty, base, 0, region);
                self.declared(v, self.module.globals[global_index as usize].ty.content_type);
                self.push(v);
            }
            O::GlobalSet { global_index } => {
                let (_, base, region) = self.global(global_index)?;
                let v = self.pop();
                self.b.store(v, base, 0, region);
            }

            // References
            O::RefNull { hty } => {
                let ty = self.require(supported_heap_type(self.module, hty))?;
                self.constant(ty, 0);
            }
            O::RefIsNull => {
                let v = self.pop();
                let r = self.is_null(v);
                self.push(r);
            }
            O::RefEq => {
                let (b, a) = (self.pop(), self.pop());
                let r = self.b.icmp(IntCond::Eq, a, b);
                self.push(r);
            }
            O::RefAsNonNull => {
                let v = *self.stack.last().expect("validated: an operand");
                self.check_null(v, TrapCode::NullReference);
            }
            O::BrOnNull { relative_depth } => self.br_on_null(relative_depth),
            O::BrOnNonNull { relative_depth } => self.br_on_non_null(relative_depth),
            O::CallRef { type_index } => self.call_ref(type_index, false)?,
            O::ReturnCallRef { type_index } => self.call_ref(type_index, true)?,
            O::RefFunc { function_index } => {
                let v = self.func_ref(function_index);
                self.learn_non_null(v);
                self.push(v);
            }
            O::TableGet { table } => {
                let ty = self.check_table(table)?;
                let index = self.pop();
                let address = self.table_element(table, index, TrapCode::TableOutOfBounds, None);
                let v = self.b.load(ty, address, 0, Region::TableElem);
                self.declared(v, ValType::Ref(self.module.tables[table as usize].ty.element_type));
                self.push(v);
            }
            O::TableSet { table } => {
                self.check_table(table)?;
                let (index, v) = self.pop2();
                let address = self.table_element(table, index, TrapCode::TableOutOfBounds, None);
                // Elements take whole slots: the upper half of a heap offset must be 0.
                let v = if self.b.ty(v) == Ref32 { self.b.convert(Op::ZExt, I64, v) } else { v };
                self.b.store(v, address, 0, Region::TableElem);
            }
            O::TableSize { table } => {
                self.check_table(table)?;
                let desc = self.entity(offset_of!(VMContext, tables), table);
                let len = self.b.load(I64, desc, offset_of!(VMTable, len) as i32, Region::TableDesc(table));
                self.size(self.table_index_type(table), len);
            }
            O::TableGrow { table } => {
                self.check_table(table)?;
                self.libcall(Libcall::TableGrow, &[table], 2, Some(self.table_index_type(table)));
            }
            O::TableFill { table } => {
                self.check_table(table)?;
                self.libcall(Libcall::TableFill, &[table], 3, None);
            }
            O::TableCopy { dst_table, src_table } => {
                self.check_table(dst_table)?;
                self.check_table(src_table)?;
                self.libcall(Libcall::TableCopy, &[dst_table, src_table], 3, None);
            }
            O::TableInit { elem_index, table } => {
                self.check_table(table)?;
                self.libcall(Libcall::TableInit, &[table, elem_index], 3, None);
            }
            O::ElemDrop { elem_index } => self.libcall(Libcall::ElemDrop, &[elem_index], 0, None),

            // Memories
            // Another thread may grow the memory, so the length seen before may be outdated.
            O::MemorySize { mem } if self.module.memories[mem as usize].shared => {
                let args = [self.b.i32(mem), self.b.i32(0)];
                let pages = self.b.libcall(Libcall::MemoryGrow, &args);
                self.size(self.address_type(mem), pages);
            }
            O::MemorySize { mem } => {
                let len = self.memory_len(mem);
                let log2 = self.module.memories[mem as usize].page_size_log2;
                let shift = self.b.i64(u64::from(log2.unwrap_or(16)));
                let pages = self.b.binary(Op::ShrU, len, shift);
                self.size(self.address_type(mem), pages);
            }
            O::MemoryGrow { mem } => {
                self.libcall(Libcall::MemoryGrow, &[mem], 1, Some(self.address_type(mem)));
            }
            O::MemoryFill { mem } => self.libcall(Libcall::MemoryFill, &[mem], 3, None),
            O::MemoryCopy { dst_mem, src_mem } => {
                self.libcall(Libcall::MemoryCopy, &[dst_mem, src_mem], 3, None);
            }
            O::MemoryInit { data_index, mem } => {
                self.libcall(Libcall::MemoryInit, &[mem, data_index], 3, None);
            }
            O::DataDrop { data_index } => self.libcall(Libcall::DataDrop, &[data_index], 0, None),
            O::I32Load { memarg } => self.heap_load(I32, Access::Full, memarg)?,
            O::I64Load { memarg } => self.heap_load(I64, Access::Full, memarg)?,
            O::F32Load { memarg } => self.heap_load(F32, Access::Full, memarg)?,
            O::F64Load { memarg } => self.heap_load(F64, Access::Full, memarg)?,
            O::I32Load8S { memarg } => self.heap_load(I32, Access::S8, memarg)?,
            O::I32Load8U { memarg } => self.heap_load(I32, Access::U8, memarg)?,
            O::I32Load16S { memarg } => self.heap_load(I32, Access::S16, memarg)?,
            O::I32Load16U { memarg } => self.heap_load(I32, Access::U16, memarg)?,
            O::I64Load8S { memarg } => self.heap_load(I64, Access::S8, memarg)?,
            O::I64Load8U { memarg } => self.heap_load(I64, Access::U8, memarg)?,
            O::I64Load16S { memarg } => self.heap_load(I64, Access::S16, memarg)?,
            O::I64Load16U { memarg } => self.heap_load(I64, Access::U16, memarg)?,
            O::I64Load32S { memarg } => self.heap_load(I64, Access::S32, memarg)?,
            O::I64Load32U { memarg } => self.heap_load(I64, Access::U32, memarg)?,
            O::I32Store { memarg } | O::I64Store { memarg } | O::F32Store { memarg } | O::F64Store { memarg } => {
                self.heap_store(Access::Full, memarg)?;
            }
            O::I32Store8 { memarg } | O::I64Store8 { memarg } => self.heap_store(Access::U8, memarg)?,
            O::I32Store16 { memarg } | O::I64Store16 { memarg } => self.heap_store(Access::U16, memarg)?,
            O::I64Store32 { memarg } => self.heap_store(Access::U32, memarg)?,

            // Constants
            O::I32Const { value } => self.constant(I32, u64::from(value as u32)),
            O::I64Const { value } => self.constant(I64, value as u64),
            O::F32Const { value } => self.constant(F32, u64::from(value.bits())),
            O::F64Const { value } => self.constant(F64, value.bits()),

            // Comparisons
            O::I32Eqz | O::I64Eqz => {
                let v = self.pop();
                let zero = self.b.constant(self.b.ty(v), 0);
                let r = self.b.icmp(IntCond::Eq, v, zero);
                self.push(r);
            }
            O::I32Eq | O::I64Eq => self.icmp(IntCond::Eq),
            O::I32Ne | O::I64Ne => self.icmp(IntCond::Ne),
            O::I32LtS | O::I64LtS => self.icmp(IntCond::LtS),
            O::I32LtU | O::I64LtU => self.icmp(IntCond::LtU),
            O::I32GtS | O::I64GtS => self.icmp(IntCond::GtS),
            O::I32GtU | O::I64GtU => self.icmp(IntCond::GtU),
            O::I32LeS | O::I64LeS => self.icmp(IntCond::LeS),
            O::I32LeU | O::I64LeU => self.icmp(IntCond::LeU),
            O::I32GeS | O::I64GeS => self.icmp(IntCond::GeS),
            O::I32GeU | O::I64GeU => self.icmp(IntCond::GeU),
            O::F32Eq | O::F64Eq => self.fcmp(FloatCond::Eq),
            O::F32Ne | O::F64Ne => self.fcmp(FloatCond::Ne),
            O::F32Lt | O::F64Lt => self.fcmp(FloatCond::Lt),
            O::F32Gt | O::F64Gt => self.fcmp(FloatCond::Gt),
            O::F32Le | O::F64Le => self.fcmp(FloatCond::Le),
            O::F32Ge | O::F64Ge => self.fcmp(FloatCond::Ge),

            // Arithmetic
            O::I32Clz | O::I64Clz => self.unary(Op::Clz),
            O::I32Ctz | O::I64Ctz => self.unary(Op::Ctz),
            O::I32Popcnt | O::I64Popcnt => self.unary(Op::Popcnt),
            O::I32Extend8S | O::I64Extend8S => self.unary(Op::SExt8),
            O::I32Extend16S | O::I64Extend16S => self.unary(Op::SExt16),
            O::I64Extend32S => self.unary(Op::SExt32),
            O::I32Add | O::I64Add => self.binary(Op::IAdd),
            O::I32Sub | O::I64Sub => self.binary(Op::ISub),
            O::I32Mul | O::I64Mul => self.binary(Op::IMul),
            O::I32DivS | O::I64DivS => self.divide(Op::SDiv),
            O::I32DivU | O::I64DivU => self.divide(Op::UDiv),
            O::I32RemS | O::I64RemS => self.divide(Op::SRem),
            O::I32RemU | O::I64RemU => self.divide(Op::URem),
            O::I64Add128 => self.wide_sum(Op::IAdd),
            O::I64Sub128 => self.wide_sum(Op::ISub),
            O::I64MulWideS => self.wide_product(Op::SMulHi),
            O::I64MulWideU => self.wide_product(Op::UMulHi),
            O::I32And | O::I64And => self.binary(Op::And),
            O::I32Or | O::I64Or => self.binary(Op::Or),
            O::I32Xor | O::I64Xor => self.binary(Op::Xor),
            O::I32Shl | O::I64Shl => self.binary(Op::Shl),
            O::I32ShrS | O::I64ShrS => self.binary(Op::ShrS),
            O::I32ShrU | O::I64ShrU => self.binary(Op::ShrU),
            O::I32Rotl | O::I64Rotl => self.binary(Op::Rotl),
            O::I32Rotr | O::I64Rotr => self.binary(Op::Rotr),
            O::F32Abs | O::F64Abs => self.unary(Op::FAbs),
            O::F32Neg | O::F64Neg => self.unary(Op::FNeg),
            O::F32Ceil | O::F64Ceil => self.unary(Op::FCeil),
            O::F32Floor | O::F64Floor => self.unary(Op::FFloor),
            O::F32Trunc | O::F64Trunc => self.unary(Op::FTrunc),
            O::F32Nearest | O::F64Nearest => self.unary(Op::FNearest),
            O::F32Sqrt | O::F64Sqrt => self.unary(Op::FSqrt),
            O::F32Add | O::F64Add => self.binary(Op::FAdd),
            O::F32Sub | O::F64Sub => self.binary(Op::FSub),
            O::F32Mul | O::F64Mul => self.binary(Op::FMul),
            O::F32Div | O::F64Div => self.binary(Op::FDiv),
            O::F32Min | O::F64Min => self.binary(Op::FMin),
            O::F32Max | O::F64Max => self.binary(Op::FMax),
            O::F32Copysign | O::F64Copysign => self.binary(Op::FCopysign),

            // Conversions
            O::I32WrapI64 => self.convert(Op::Wrap, I32),
            O::I64ExtendI32S => self.convert(Op::SExt, I64),
            O::I64ExtendI32U => self.convert(Op::ZExt, I64),
            O::I32TruncF32S | O::I32TruncF64S => self.truncate(Op::FToS, I32),
            O::I32TruncF32U | O::I32TruncF64U => self.truncate(Op::FToU, I32),
            O::I64TruncF32S | O::I64TruncF64S => self.truncate(Op::FToS, I64),
            O::I64TruncF32U | O::I64TruncF64U => self.truncate(Op::FToU, I64),
            O::I32TruncSatF32S | O::I32TruncSatF64S => self.convert(Op::FToSSat, I32),
            O::I32TruncSatF32U | O::I32TruncSatF64U => self.convert(Op::FToUSat, I32),
            O::I64TruncSatF32S | O::I64TruncSatF64S => self.convert(Op::FToSSat, I64),
            O::I64TruncSatF32U | O::I64TruncSatF64U => self.convert(Op::FToUSat, I64),
            O::F32ConvertI32S | O::F32ConvertI64S => self.convert(Op::SToF, F32),
            O::F32ConvertI32U | O::F32ConvertI64U => self.convert(Op::UToF, F32),
            O::F64ConvertI32S | O::F64ConvertI64S => self.convert(Op::SToF, F64),
            O::F64ConvertI32U | O::F64ConvertI64U => self.convert(Op::UToF, F64),
            O::F32DemoteF64 => self.convert(Op::FDemote, F32),
            O::F64PromoteF32 => self.convert(Op::FPromote, F64),
            O::I32ReinterpretF32 => self.convert(Op::Bitcast, I32),
            O::I64ReinterpretF64 => self.convert(Op::Bitcast, I64),
            O::F32ReinterpretI32 => self.convert(Op::Bitcast, F32),
            O::F64ReinterpretI64 => self.convert(Op::Bitcast, F64),

            _ => match self.object_operator(op).or_else(|| self.stack_operator(op)) {
                Some(translated) => translated?,
                None => return self.vector_operator(op),
            },
        }
        Ok(())
    }

    fn constant(&mut self, ty: Type, bits: u64) {
        let v = self.b.constant(ty, bits);
        self.push(v);
    }

    fn unary(&mut self, op: Op) {
        let v = self.pop();
        let r = self.b.unary(op, v);
        self.push(r);
    }

    fn binary(&mut self, op: Op) {
        let (x, y) = self.pop2();
        let r = self.b.binary(op, x, y);
        self.push(r);
    }

    /// The sum or difference of two 128-bit numbers, lower halves first. Instruction selection turns the parts back into
    /// one operation with carry.
    fn wide_sum(&mut self, op: Op) {
        let (c, d) = self.pop2();
        let (a, b) = self.pop2();
        let low = self.b.binary(op, a, c);
        // If the sum is less than a term, there is a carry; if the first term is less than the second, there is a borrow.
        let carry = if op == Op::IAdd { self.b.icmp(IntCond::LtU, low, a) } else { self.b.icmp(IntCond::LtU, a, c) };
        let carry = self.b.convert(Op::ZExt, Type::I64, carry);
        let high = self.b.binary(op, b, d);
        let high = self.b.binary(op, high, carry);
        self.push(low);
        self.push(high);
    }

    /// The full product, lower half first.
    fn wide_product(&mut self, op: Op) {
        let (a, b) = self.pop2();
        let low = self.b.binary(Op::IMul, a, b);
        let high = self.b.binary(op, a, b);
        self.push(low);
        self.push(high);
    }

    fn icmp(&mut self, cond: IntCond) {
        let (x, y) = self.pop2();
        let r = self.b.icmp(cond, x, y);
        self.push(r);
    }

    fn fcmp(&mut self, cond: FloatCond) {
        let (x, y) = self.pop2();
        let r = self.b.fcmp(cond, x, y);
        self.push(r);
    }

    fn convert(&mut self, op: Op, to: Type) {
        let v = self.pop();
        self.convert_value(op, to, v);
    }

    pub(super) fn convert_value(&mut self, op: Op, to: Type, v: Value) {
        let r = self.b.convert(op, to, v);
        self.push(r);
    }

    fn select(&mut self) {
        let cond = self.pop();
        let (x, y) = self.pop2();
        let r = self.b.select(cond, x, y);
        self.push(r);
    }

    fn divide(&mut self, op: Op) {
        let (x, y) = self.pop2();
        let ty = self.b.ty(x);
        let zero = self.b.constant(ty, 0);
        let by_zero = self.b.icmp(IntCond::Eq, y, zero);
        self.b.trapnz(by_zero, TrapCode::IntegerDivideByZero, None);
        if op == Op::SDiv {
            let min = self.b.constant(ty, if ty == Type::I32 { 1 << 31 } else { 1 << 63 });
            let minus_one = self.b.constant(ty, u64::MAX);
            let is_min = self.b.icmp(IntCond::Eq, x, min);
            let is_minus_one = self.b.icmp(IntCond::Eq, y, minus_one);
            let overflows = self.b.binary(Op::And, is_min, is_minus_one);
            self.b.trapnz(overflows, TrapCode::IntegerOverflow, None);
        }
        let r = self.b.binary(op, x, y);
        self.push(r);
    }

    /// Converts a float to an integer of type `to`, rounding toward zero; traps if it does not fit.
    fn truncate(&mut self, op: Op, to: Type) {
        self.passed += TRUNCATION;
        let x = self.pop();
        let from = self.b.ty(x);
        let nan = self.b.fcmp(FloatCond::Ne, x, x);
        self.b.trapnz(nan, TrapCode::InvalidConversionToInteger, None);
        // Everything strictly between the limits truncates into range. (Where the float type cannot hold MIN - 1, MIN
        // itself is included.)
        let (low_cond, low, high) = match (op, to, from) {
            (Op::FToU, Type::I32, _) => (FloatCond::Gt, -1.0, 4_294_967_296.0),
            (Op::FToU, ..) => (FloatCond::Gt, -1.0, 18_446_744_073_709_551_616.0),
            (_, Type::I32, Type::F64) => (FloatCond::Gt, -2_147_483_649.0, 2_147_483_648.0),
            (_, Type::I32, _) => (FloatCond::Ge, -2_147_483_648.0, 2_147_483_648.0),
            _ => (FloatCond::Ge, -9_223_372_036_854_775_808.0, 9_223_372_036_854_775_808.0),
        };
        let bound = |b: &mut Builder<'_>, v: f64| match from {
            Type::F32 => b.constant(from, u64::from((v as f32).to_bits())),
            _ => b.constant(from, v.to_bits()),
        };
        let (low, high) = (bound(&mut self.b, low), bound(&mut self.b, high));
        let above = self.b.fcmp(low_cond, x, low);
        let below = self.b.fcmp(FloatCond::Lt, x, high);
        let fits = self.b.binary(Op::And, above, below);
        self.b.trapz(fits, TrapCode::IntegerOverflow, None);
        self.convert_value(op, to, x);
    }

    /// Pushes a size or the result of growing, which has 64 bits, as a value of an index type.
    fn size(&mut self, index: Type, size: Value) {
        match index {
            Type::I64 => self.push(size),
            _ => self.convert_value(Op::Wrap, Type::I32, size),
        }
    }

    /// Calls a libcall with immediates and then `operands` operands from the stack. `value` is the index type of its
    /// result, if it has one.
    fn libcall(&mut self, libcall: Libcall, immediates: &[u32], operands: usize, value: Option<Type>) {
        let operands = self.pop_list(operands);
        let mut args: SmallVec<[Value; 5]> = immediates.iter().map(|&i| self.b.i32(i)).collect();
        args.extend_from_slice(&operands);
        let r = self.b.libcall(libcall, &args);
        if let Some(ty) = value {
            self.size(ty, r);
        }
    }

    /// The type, address and region of a global.
    fn global(&mut self, index: u32) -> Result<(Type, Value, Region), Unsupported> {
        let global = &self.module.globals[index as usize].ty;
        if global.shared {
            return self.unsupported("shared-everything-threads");
        }
        let ty = self.require(supported_type(self.module, global.content_type))?;
        let region = if global.mutable { Region::Global(index, ty) } else { Region::ImmutableGlobal };
        Ok((ty, self.entity(offset_of!(VMContext, globals), index), region))
    }

    /// The type of a memory's addresses.
    pub(super) fn address_type(&self, memory: u32) -> Type {
        if self.module.memories[memory as usize].memory64 { Type::I64 } else { Type::I32 }
    }

    pub(super) fn memory_len(&mut self, memory: u32) -> Value {
        let desc = match memory {
            0 => self.context_field(Type::Ptr, offset_of!(VMContext, memory0)),
            _ => self.entity(offset_of!(VMContext, memories), memory),
        };
        self.b.load(Type::I64, desc, offset_of!(VMMemory, byte_len) as i32, Region::MemoryLen(memory))
    }

    pub(super) fn memory_base(&mut self, memory: u32) -> Value {
        match memory {
            0 => self.context_field(Type::Ptr, offset_of!(VMContext, memory0_base)),
            _ => {
                let desc = self.entity(offset_of!(VMContext, memories), memory);
                self.b.load(Type::Ptr, desc, offset_of!(VMMemory, base) as i32, Region::Immutable)
            }
        }
    }

    /// Returns the base, 64-bit index and immediate of an access to a value of type `ty`.
    fn heap_access(
        &mut self,
        ty: Type,
        access: Access,
        arg: MemArg,
        index: Value,
    ) -> Result<(Value, Value, Imm), Unsupported> {
        let memory = match arg.target {
            MemArgTarget::Memory(m) => m,
            MemArgTarget::Array(_) => return self.unsupported("multibyte-array-access"),
        };
        if self.address_type(memory) == Type::I64 {
            return Ok(self.wide_access(memory, access, access.bytes(ty).into(), arg.offset, index));
        }
        let index = self.b.convert(Op::ZExt, Type::I64, index);
        // Memories with the usual page size are guarded.
        let guarded = self.module.memories[memory as usize].page_size_log2.is_none_or(|p| p == 16);
        let guard = guarded && arg.offset <= GUARD_BYTES - 16;
        if !guard {
            // index + offset + size is far below 2^64, because both are 32-bit numbers.
            let beyond = self.b.i64(arg.offset + u64::from(access.bytes(ty)));
            let end = self.b.binary(Op::IAdd, index, beyond);
            let len = self.memory_len(memory);
            let outside = self.b.icmp(IntCond::GtU, end, len);
            self.b.trapnz(outside, TrapCode::MemoryOutOfBounds, None);
        }
        let base = self.memory_base(memory);
        Ok((base, index, Imm::Heap { offset: arg.offset as u32, access, memory, guard }))
    }

    /// The same for `bytes` bytes in a memory with 64-bit addresses: checked without a sum that could wrap around.
    pub(super) fn wide_access(
        &mut self,
        memory: u32,
        access: Access,
        bytes: u64,
        offset: u64,
        index: Value,
    ) -> (Value, Value, Imm) {
        let base = self.memory_base(memory);
        let imm = |offset| Imm::Heap { offset, access, memory, guard: false };
        let Some(beyond) = offset.checked_add(bytes) else {
            // No memory reaches that far.
            let always = self.b.i32(1);
            self.b.trapnz(always, TrapCode::MemoryOutOfBounds, None);
            return (base, self.b.i64(0), imm(0));
        };
        let len = self.memory_len(memory);
        let needed = self.b.i64(beyond);
        // Memories never shrink: accesses within the initial size need no check.
        let ty = &self.module.memories[memory as usize];
        let least = ty.initial.saturating_mul(1 << ty.page_size_log2.unwrap_or(16));
        if beyond > least {
            let short = self.b.icmp(IntCond::LtU, len, needed);
            self.b.trapnz(short, TrapCode::MemoryOutOfBounds, None);
        }
        let last = self.b.binary(Op::ISub, len, needed);
        let outside = self.b.icmp(IntCond::GtU, index, last);
        self.b.trapnz(outside, TrapCode::MemoryOutOfBounds, None);
        match u32::try_from(offset) {
            Ok(offset) => (base, index, imm(offset)),
            Err(_) => {
                let offset = self.b.i64(offset);
                (base, self.b.binary(Op::IAdd, index, offset), imm(0))
            }
        }
    }

    pub(super) fn heap_load(&mut self, ty: Type, access: Access, arg: MemArg) -> TranslateResult {
        let index = self.pop();
        let (base, index, imm) = self.heap_access(ty, access, arg, index)?;
        let v = self.b.ins(Op::HeapLoad, ty, imm, &[base, index]);
        self.push(v);
        Ok(())
    }

    pub(super) fn heap_store(&mut self, access: Access, arg: MemArg) -> TranslateResult {
        let signed = matches!(access, Access::S8 | Access::S16 | Access::S32);
        debug_assert!(!signed, "a store has no sign, so that stores of the same bytes compare equal");
        let (address, v) = self.pop2();
        let ty = self.b.ty(v);
        let (base, index, imm) = self.heap_access(ty, access, arg, address)?;
        if self.trace_stores {
            self.trace_store(access, imm, v, address, arg.offset);
        }
        self.b.effect(Op::HeapStore, ty, imm, &[v, base, index]);
        Ok(())
    }

    /// Reports the store of `v` at `address + offset` that follows.
    fn trace_store(&mut self, access: Access, imm: Imm, v: Value, address: Value, offset: u64) {
        let Imm::Heap { memory, .. } = imm else { unreachable!("an access of a memory") };
        let ty = self.b.ty(v);
        let kind = match (ty, access) {
            (Type::I32, Access::S8 | Access::U8) => StoreKind::I32As8,
            (Type::I32, Access::S16 | Access::U16) => StoreKind::I32As16,
            (Type::I32, _) => StoreKind::I32,
            (_, Access::S8 | Access::U8) => StoreKind::I64As8,
            (_, Access::S16 | Access::U16) => StoreKind::I64As16,
            (_, Access::S32 | Access::U32) => StoreKind::I64As32,
            (Type::F32, Access::Full) => StoreKind::F32,
            (Type::F64, Access::Full) => StoreKind::F64,
            (Type::V128, _) => StoreKind::V128,
            _ => StoreKind::I64,
        };
        let half = |b: &mut Builder<'_>, lane| b.ins(Op::VExtract, Type::I64, Imm::Lane(Shape::I64x2, lane), &[v]);
        let bits = match ty {
            Type::I32 => self.b.convert(Op::ZExt, Type::I64, v),
            Type::F32 => {
                let bits = self.b.convert(Op::Bitcast, Type::I32, v);
                self.b.convert(Op::ZExt, Type::I64, bits)
            }
            Type::F64 => self.b.convert(Op::Bitcast, Type::I64, v),
            Type::V128 => half(&mut self.b, 0),
            _ => v,
        };
        let high = if ty == Type::V128 { half(&mut self.b, 1) } else { self.b.i64(0) };
        let (kind, offset) = (self.b.i64(kind.encode(memory)), self.b.i64(offset));
        self.b.libcall(Libcall::TraceStore, &[kind, address, offset, bits, high]);
    }
}
