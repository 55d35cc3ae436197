//! The translation of each operator.

use super::stack::{EntryPlace, StackEntry, immediate};
use super::*;
use crate::interp::encoding::*;
use crate::interp::family::{self, Bin, Family, LoadFamily, Negation, StoreFamily, Un};
use crate::module::syntax::{self, Nest};
use crate::runtime::observe::tracing::StoreKind;
use wasmparser::{MemArg, MemArgTarget, Operator};

impl Translator<'_> {
    pub fn operator(&mut self, operator: &Operator<'_>) -> TranslateResult {
        if !self.reachable {
            match syntax::nest(operator) {
                Nest::Open => self.dead_blocks += 1,
                Nest::End if self.dead_blocks > 0 => self.dead_blocks -= 1,
                Nest::Else | Nest::End if self.dead_blocks == 0 => return self.nested(operator),
                Nest::Else | Nest::End | Nest::None => {}
            }
            return Ok(());
        }
        // Operators with a case of their own are most of a body.
        match *operator {
            Operator::Nop => Ok(()),
            Operator::Unreachable => {
                self.emit(Op::Unreachable, Nothing {});
                self.reachable = false;
                Ok(())
            }
            Operator::Block { blockty } => self.block(blockty),
            Operator::Loop { blockty } => self.loop_(blockty),
            Operator::If { blockty } => self.if_(blockty),
            Operator::TryTable { ref try_table } => self.try_table(try_table),
            Operator::Try { blockty } => self.old_try(blockty),
            Operator::Else
            | Operator::End
            | Operator::Catch { .. }
            | Operator::CatchAll
            | Operator::Delegate { .. } => self.nested(operator),
            Operator::Rethrow { relative_depth } => {
                self.rethrow(relative_depth);
                Ok(())
            }
            Operator::Br { relative_depth } => self.br(relative_depth),
            Operator::BrIf { relative_depth } => {
                self.br_if(relative_depth);
                Ok(())
            }
            Operator::BrTable { ref targets } => self.br_table(targets),
            Operator::Return => self.return_(),
            Operator::Call { function_index } => self.call(function_index),
            Operator::CallIndirect { type_index, table_index } => self.call_indirect(type_index, table_index, false),
            Operator::ReturnCall { function_index } => self.return_call(function_index),
            Operator::ReturnCallIndirect { type_index, table_index } => {
                self.call_indirect(type_index, table_index, true)
            }
            Operator::CallRef { type_index } => self.call_ref(type_index, false),
            Operator::ReturnCallRef { type_index } => self.call_ref(type_index, true),
            Operator::BrOnNull { relative_depth } => self.br_on_null(relative_depth),
            Operator::BrOnNonNull { relative_depth } => {
                self.br_on_non_null(relative_depth);
                Ok(())
            }
            Operator::RefAsNonNull => {
                let entry = self.pop();
                let a = self.operand(entry, self.height());
                let op = if entry.class == ValueClass::Int32 { Op::TrapIfNullGc } else { Op::TrapIfNull };
                self.emit(op, A { a, pad: P48 });
                self.push_again(entry)
            }
            Operator::Throw { tag_index } => self.throw(tag_index),
            Operator::ThrowRef => {
                let entry = self.pop();
                let a = self.operand(entry, self.height());
                self.emit(Op::ThrowRef, A { a, pad: P48 });
                self.reachable = false;
                Ok(())
            }

            Operator::Drop => {
                self.pop();
                Ok(())
            }
            Operator::Select | Operator::TypedSelect { .. } => self.select(),
            Operator::I32Const { value } => self.push(EntryPlace::Const(u64::from(value as u32)), ValueClass::Int32),
            Operator::I64Const { value } => self.push(EntryPlace::Const(value as u64), ValueClass::Int64),
            Operator::F32Const { value } => self.push(EntryPlace::Const(u64::from(value.bits())), ValueClass::F32),
            Operator::F64Const { value } => self.push(EntryPlace::Const(value.bits()), ValueClass::F64),
            Operator::V128Const { value } => self.vector_constant(u128::from_le_bytes(*value.bytes())),
            Operator::I8x16Shuffle { lanes } => self.shuffle(lanes),
            Operator::I32Eqz => {
                self.push(EntryPlace::Const(0), ValueClass::Int32)?;
                self.compare(family::i32_eq(), ValueClass::Int32)
            }
            Operator::I64Eqz => {
                self.push(EntryPlace::Const(0), ValueClass::Int64)?;
                self.compare(family::i64_eq(), ValueClass::Int64)
            }
            Operator::RefNull { hty } => {
                let class = class_of(self.module, ValType::Ref(RefType::new(true, hty).expect("the module is valid")));
                self.push(EntryPlace::Const(0), class)
            }
            Operator::RefIsNull => {
                let class = self.stack.last().expect("the module is valid").class;
                self.push(EntryPlace::Const(0), class)?;
                self.compare(is_null(class), class)
            }
            // References of this hierarchy are offsets: equal if their bits are.
            Operator::RefEq => self.compare(family::i32_eq(), ValueClass::Int32),
            Operator::RefFunc { function_index } => {
                let dst = self.temp(self.height());
                let operands = Dx { dst, pad: P16, index: function_index };
                self.result(Op::RefFunc, operands, dst, ValueClass::Int64, ValueClass::Int64)
            }

            Operator::LocalGet { local_index } => {
                let (slot, class) = self.local_slots[local_index as usize];
                self.push(EntryPlace::Local(slot), class)
            }
            Operator::LocalSet { local_index } => {
                let (slot, class) = self.local_slots[local_index as usize];
                let entry = self.pop();
                debug_assert_eq!(entry.class, class, "a local of another type");
                self.write_local(entry, self.height(), slot);
                Ok(())
            }
            Operator::LocalTee { local_index } => {
                let (slot, class) = self.local_slots[local_index as usize];
                let entry = self.pop();
                debug_assert_eq!(entry.class, class, "a local of another type");
                self.write_local(entry, self.height(), slot);
                match entry.place {
                    EntryPlace::Const(_) => self.push(entry.place, class),
                    _ => self.push(EntryPlace::Local(slot), class),
                }
            }
            Operator::GlobalGet { global_index } => {
                let class = class_of(self.module, self.module.globals[global_index as usize].ty.content_type);
                let dst = self.temp(self.height());
                let (op, register) = match class {
                    ValueClass::Int32 | ValueClass::F32 => (Op::GlobalGet32, ValueClass::Int64),
                    ValueClass::Int64 | ValueClass::F64 => (Op::GlobalGet64, ValueClass::Int64),
                    ValueClass::V128 | ValueClass::V128High => (Op::GlobalGetV, ValueClass::V128),
                };
                self.result(op, Dx { dst, pad: P16, index: global_index }, dst, register, class)
            }
            Operator::GlobalSet { global_index } => {
                let entry = self.pop();
                let class = class_of(self.module, self.module.globals[global_index as usize].ty.content_type);
                debug_assert_eq!(entry.class, class, "a global of another type");
                let a = self.operand(entry, self.height());
                let op = if class == ValueClass::V128 { Op::GlobalSetV } else { Op::GlobalSet };
                self.emit(op, Ax { a, pad: P16, index: global_index });
                Ok(())
            }
            Operator::I64Add128 | Operator::I64Sub128 => {
                let op = if *operator == Operator::I64Add128 { Op::I64Add128 } else { Op::I64Sub128 };
                let [a, b, c, d] = self.operands();
                self.pair(|dst| (op, Dabcd { dst, a, b, c, d, pad: P48 }))
            }
            Operator::I64MulWideS | Operator::I64MulWideU => {
                let op = if *operator == Operator::I64MulWideS { Op::I64MulWideS } else { Op::I64MulWideU };
                let [a, b] = self.operands();
                self.pair(|dst| (op, Dab { dst, a, b, pad: P16 }))
            }
            Operator::ContNew { .. }
            | Operator::ContBind { .. }
            | Operator::Suspend { .. }
            | Operator::Resume { .. }
            | Operator::ResumeThrow { .. }
            | Operator::ResumeThrowRef { .. }
            | Operator::Switch { .. } => self.continuation(operator),
            _ => self.computed(operator),
        }
    }

    /// An operator for which there is a family of operations, or an atomic one; any other is left to [`Translator::entity`].
    fn computed(&mut self, operator: &Operator<'_>) -> TranslateResult {
        if let Some(family) = family::family_of(operator) {
            if self.canonical_nans {
                self.uncover(operator, family);
            }
            match family {
                Family::Bin(f, operands, result) => self.binary(f, operands, result),
                Family::Cmp(cmp, class) => self.compare(cmp, class),
                Family::Un(f, operand, result) => self.unary(f, operand, result),
                Family::Load(f, class) => self.load(f, class, memarg(operator)),
                Family::Store(f, class) => {
                    if self.trace_stores {
                        self.trace_store(operator)?;
                    }
                    self.store(f, class, memarg(operator))
                }
                Family::Lanes(f) => self.lanes(f),
                Family::Shift(f) => self.shift(f),
                Family::Extract(op, class) => self.extract(op, class, operator),
                Family::Replace(op) => self.replace(op, operator),
                Family::LoadLane(op) => self.load_lane(op, memarg(operator), operator),
                Family::StoreLane(op) => {
                    if self.trace_stores {
                        self.trace_store(operator)?;
                    }
                    self.store_lane(op, memarg(operator), operator)
                }
            }?;
            return if self.canonical_nans { self.canonicalise(operator) } else { Ok(()) };
        }
        self.atomic(operator).unwrap_or_else(|| self.entity(operator))
    }

    /// An operator that ends a control structure, or a part of one: it has a meaning in unreachable code, too.
    fn nested(&mut self, operator: &Operator<'_>) -> TranslateResult {
        match *operator {
            Operator::Else => self.else_(),
            Operator::Catch { tag_index } => self.old_catch(Some(tag_index)),
            Operator::CatchAll => self.old_catch(None),
            Operator::Delegate { relative_depth } => self.delegate(relative_depth),
            Operator::End => self.end(),
            _ => unreachable!("{operator:?} ends nothing"),
        }
    }

    /// Emits an operation with two 64-bit results, of which the first goes to the destination and the second after it,
    /// and into the accumulator. It cannot be re-aimed.
    fn pair<T: Operands>(&mut self, operation: impl FnOnce(Slot) -> (Op, T)) -> TranslateResult {
        let low = self.temp(self.height());
        self.push(EntryPlace::Temp, ValueClass::Int64)?;
        let high = self.temp(self.height());
        self.push(EntryPlace::Temp, ValueClass::Int64)?;
        let (op, operands) = operation(low);
        self.emit(op, operands);
        self.mirrors.clobber(low, ValueClass::Int64);
        self.mirrors.clobber(high, ValueClass::Int64);
        self.mirrors.int = Some(high);
        Ok(())
    }

    /// Operators on memories, tables and segments.
    fn entity(&mut self, operator: &Operator<'_>) -> TranslateResult {
        match *operator {
            Operator::MemorySize { mem } => {
                let class = self.check_memory(mem)?;
                let dst = self.temp(self.height());
                self.result(Op::MemorySize, Dx { dst, pad: P16, index: mem }, dst, class, class)
            }
            Operator::MemoryGrow { mem } => {
                let class = self.check_memory(mem)?;
                let entry = self.pop();
                let a = self.operand(entry, self.height());
                let dst = self.temp(self.height());
                let op = if class == ValueClass::Int64 { Op::MemoryGrow64 } else { Op::MemoryGrow };
                self.result(op, Dax { dst, a, index: mem }, dst, class, class)
            }
            Operator::MemoryFill { mem } => {
                let at = self.check_memory(mem)?;
                self.bulk(Op::MemoryFill, mem, 0, [at, ValueClass::Int32, at])
            }
            Operator::MemoryCopy { dst_mem, src_mem } => {
                let (to, from) = (self.check_memory(dst_mem)?, self.check_memory(src_mem)?);
                self.bulk(Op::MemoryCopy, dst_mem, src_mem, [to, from, narrower(to, from)])
            }
            Operator::MemoryInit { data_index, mem } => {
                let to = self.check_memory(mem)?;
                self.bulk(Op::MemoryInit, mem, data_index, [to, ValueClass::Int32, ValueClass::Int32])
            }
            Operator::DataDrop { data_index } => {
                self.emit(Op::DataDrop, X { index: data_index, pad: P32 });
                Ok(())
            }
            Operator::TableGet { table } => {
                let (class, at) = self.check_table(table)?;
                let entry = self.pop();
                let a = self.operand(entry, self.height());
                let dst = self.temp(self.height());
                let op = if at == ValueClass::Int64 { Op::TableGet64 } else { Op::TableGet };
                self.result(op, Dax { dst, a, index: table }, dst, ValueClass::Int64, class)
            }
            Operator::TableSet { table } => {
                let (class, at) = self.check_table(table)?;
                let [a, b] = self.operands();
                let op = match (class, at) {
                    (ValueClass::Int32, ValueClass::Int64) => Op::TableSetGc64,
                    (ValueClass::Int32, _) => Op::TableSetGc,
                    (_, ValueClass::Int64) => Op::TableSet64,
                    _ => Op::TableSet,
                };
                self.emit(op, Abx { a, b, index: table });
                Ok(())
            }
            Operator::TableSize { table } => {
                let (_, at) = self.check_table(table)?;
                let dst = self.temp(self.height());
                self.result(Op::TableSize, Dx { dst, pad: P16, index: table }, dst, at, at)
            }
            Operator::TableGrow { table } => {
                let (class, at) = self.check_table(table)?;
                let [a, b] = self.operands();
                let dst = self.temp(self.height());
                let (wide, gc) = (u16::from(at == ValueClass::Int64), u32::from(class == ValueClass::Int32));
                self.result(Op::TableGrow, Dabx { dst, a, b, wide, index: table, gc }, dst, at, at)
            }
            Operator::TableFill { table } => {
                let (class, at) = self.check_table(table)?;
                self.bulk(Op::TableFill, table, u32::from(class == ValueClass::Int32), [at, ValueClass::Int32, at])
            }
            Operator::TableCopy { dst_table, src_table } => {
                let ((_, to), (_, from)) = (self.check_table(dst_table)?, self.check_table(src_table)?);
                self.bulk(Op::TableCopy, dst_table, src_table, [to, from, narrower(to, from)])
            }
            Operator::TableInit { elem_index, table } => {
                let (_, to) = self.check_table(table)?;
                self.bulk(Op::TableInit, table, elem_index, [to, ValueClass::Int32, ValueClass::Int32])
            }
            Operator::ElemDrop { elem_index } => {
                self.emit(Op::ElemDrop, X { index: elem_index, pad: P32 });
                Ok(())
            }
            _ => self.object(operator),
        }
    }

    /// An operation of three operands that calls the runtime; `classes` are those of indices and lengths.
    fn bulk(&mut self, op: Op, index: u32, index2: u32, classes: [ValueClass; 3]) -> TranslateResult {
        let [a, b, c] = self.operands();
        let wide = classes.iter().enumerate().map(|(i, &class)| u16::from(class == ValueClass::Int64) << i).sum();
        self.emit(op, Abcx { a, b, c, wide, index, index2 });
        Ok(())
    }

    /// Pops operands; returns their slots, the deepest first.
    pub fn operands<const N: usize>(&mut self) -> [Slot; N] {
        let mut entries: [Option<StackEntry>; N] = [None; N];
        for entry in entries.iter_mut().rev() {
            *entry = Some(self.pop());
        }
        let mut height = self.height();
        entries.map(|entry| {
            let entry = entry.expect("filled above");
            let slot = self.operand(entry, height);
            height += entry.class.slots();
            slot
        })
    }

    /// Emits an operation and pushes its result.
    pub fn result<T: Operands>(
        &mut self,
        op: Op,
        operands: T,
        dst: Slot,
        register: ValueClass,
        class: ValueClass,
    ) -> TranslateResult {
        // The height is checked before the slot is used for anything.
        self.push(EntryPlace::Temp, class)?;
        self.emit_dst(op, operands, dst, register, class);
        Ok(())
    }

    fn binary(&mut self, f: &'static Bin, class: ValueClass, result: ValueClass) -> TranslateResult {
        let (mut b, mut a) = (self.pop(), self.pop());
        let base = self.height();
        let (mut at_a, mut at_b) = (base, base + 1);
        let is_const = |e: StackEntry| matches!(e.place, EntryPlace::Const(_));
        if f.sa.is_none() && is_const(a) && !is_const(b) {
            (a, b, at_a, at_b) = (b, a, at_b, at_a);
        }
        let dst = self.temp(base);
        if let (EntryPlace::Const(bits), Some(sk), Some(ak), ValueClass::Int32 | ValueClass::Int64) =
            (b.place, f.sk, f.ak, class)
            && let Some(imm) = immediate(bits, class)
        {
            let a = self.operand(a, at_a);
            if self.mirrored(a, class) {
                self.result(ak, Di { dst, pad: P16, imm }, dst, result, result)?;
            } else {
                self.result(sk, Dai { dst, a, imm }, dst, result, result)?;
            }
            if let (Some(last), Some(by)) = (&mut self.last, family::i32_step(f, imm)) {
                last.fusible = Fusible::Step(a, by);
            }
            return Ok(());
        }
        if let (EntryPlace::Const(imm), Some(sk), Some(ak), ValueClass::F32 | ValueClass::F64) =
            (b.place, f.sk, f.ak, class)
        {
            let a = self.operand(a, at_a);
            return if self.mirrored(a, class) {
                self.result(ak, Dl { dst, pad: P48, imm }, dst, result, result)
            } else {
                self.result(sk, Dal { dst, a, pad: P32, imm }, dst, result, result)
            };
        }
        let a = self.operand(a, at_a);
        let b = self.operand(b, at_b);
        if self.mirrored(a, class) {
            self.result(f.as_, Da { dst, a: b, pad: P32 }, dst, result, result)?;
        } else if self.mirrored(b, class) {
            // Without an opcode for it, the operands may be swapped.
            self.result(f.sa.unwrap_or(f.as_), Da { dst, a, pad: P32 }, dst, result, result)?;
        } else {
            self.result(f.ss, Dab { dst, a, b, pad: P16 }, dst, result, result)?;
        }
        if let Some(last) = &mut self.last
            && family::is_add(f)
        {
            // A value in an accumulator is in a slot, too.
            last.fusible = Fusible::Sum(a, b);
        }
        Ok(())
    }

    /// Removes a sum that was just made if it is the address, popped from `height`, and the offset is small; returns
    /// its operands.
    fn sum(&mut self, address: StackEntry, height: usize, offset: u32) -> Option<(Slot, Slot, u16)> {
        let offset = u16::try_from(offset).ok()?;
        let last = self.last?;
        let Fusible::Sum(a, b) = last.fusible else { return None };
        if address.place != EntryPlace::Temp || last.dst != self.temp(height) {
            return None;
        }
        self.take_back(last);
        Some((a, b, offset))
    }

    fn compare(&mut self, cmp: &'static Cmp, class: ValueClass) -> TranslateResult {
        let (b, a) = (self.pop(), self.pop());
        let base = self.height();
        let dst = self.temp(base);
        // `(x < y) == 0` is another comparison, or, of floats, at least needs no value of its own.
        if let (EntryPlace::Const(0), ValueClass::Int32) = (b.place, class)
            && std::ptr::eq(cmp, family::i32_eq())
            && let Some(last @ LastInst { fusible: Fusible::Comparison(inner, form), .. }) = self.last
            && a.place == EntryPlace::Temp
            && last.dst == dst
            && let Negation::Opposite(not) = &inner.not
        {
            self.take_back(last);
            return self.compare_form(not(), form, dst);
        }
        let is_const = |e: StackEntry| matches!(e.place, EntryPlace::Const(_));
        let (cmp, a, b, at_a, at_b) = if is_const(a) && !is_const(b) {
            ((cmp.swap)(), b, a, base + 1, base)
        } else {
            (cmp, a, b, base, base + 1)
        };
        if let (EntryPlace::Const(bits), Some(_)) = (b.place, cmp.value.sk)
            && let Some(imm) = immediate(bits, class)
        {
            let a = self.operand(a, at_a);
            let form = if self.mirrored(a, class) { CompareForm::Ak(imm) } else { CompareForm::Sk(a, imm) };
            return self.compare_form(cmp, form, dst);
        }
        let a = self.operand(a, at_a);
        let b = self.operand(b, at_b);
        if self.mirrored(a, class) {
            self.compare_form(cmp, CompareForm::As(b), dst)
        } else if self.mirrored(b, class) {
            self.compare_form((cmp.swap)(), CompareForm::As(a), dst)
        } else {
            self.compare_form(cmp, CompareForm::Ss(a, b), dst)
        }
    }

    fn compare_form(&mut self, cmp: &'static Cmp, form: CompareForm, dst: Slot) -> TranslateResult {
        let (i, f) = (ValueClass::Int32, &cmp.value);
        match form {
            CompareForm::Ss(a, b) => self.result(f.ss, Dab { dst, a, b, pad: P16 }, dst, i, i)?,
            CompareForm::Sk(a, imm) => {
                self.result(f.sk.expect("the form was chosen for it"), Dai { dst, a, imm }, dst, i, i)?
            }
            CompareForm::As(a) => self.result(f.as_, Da { dst, a, pad: P32 }, dst, i, i)?,
            CompareForm::Ak(imm) => {
                self.result(f.ak.expect("the form was chosen for it"), Di { dst, pad: P16, imm }, dst, i, i)?
            }
        }
        if let Some(last) = &mut self.last {
            last.fusible = Fusible::Comparison(cmp, form);
        }
        Ok(())
    }

    fn unary(&mut self, f: &'static Un, operand: ValueClass, result: ValueClass) -> TranslateResult {
        let entry = self.pop();
        let a = self.operand(entry, self.height());
        let dst = self.temp(self.height());
        if self.mirrored(a, operand) {
            self.result(f.a, D { dst, pad: P48 }, dst, result, result)
        } else {
            self.result(f.s, Da { dst, a, pad: P32 }, dst, result, result)
        }
    }

    fn select(&mut self) -> TranslateResult {
        let condition = self.pop();
        let at_condition = self.height();
        let class = self.stack.last().expect("the module is valid").class;
        let c = self.operand(condition, at_condition);
        let [a, b] = self.operands();
        let dst = self.temp(self.height());
        if class == ValueClass::V128High {
            return self.result(Op::SelectV, Dabc { dst, a, b, c }, dst, ValueClass::V128, ValueClass::V128);
        }
        if self.mirrored(c, ValueClass::Int32) {
            self.result(Op::SelectA, Dab { dst, a, b, pad: P16 }, dst, ValueClass::Int64, class)
        } else {
            self.result(Op::Select, Dabc { dst, a, b, c }, dst, ValueClass::Int64, class)
        }
    }

    fn load(&mut self, f: &'static LoadFamily, class: ValueClass, memarg: MemArg) -> TranslateResult {
        let (memory, wide) = self.memory_of(&memarg)?;
        let plain = self.plain(memory, &memarg);
        let entry = self.pop();
        let dst = self.temp(self.height());
        let Some(offset) = plain else {
            let a = self.operand(entry, self.height());
            let operands = LoadM { dst, a, memory, wide: wide.into(), offset: memarg.offset };
            return self.result(f.m, operands, dst, class, class);
        };
        let f = if wide { &f.wide } else { &f.narrow };
        if let Some((a, b, offset)) = self.sum(entry, self.height(), offset) {
            return self.result(f.sum, LoadAb { dst, a, b, offset }, dst, class, class);
        }
        let a = self.operand(entry, self.height());
        let op = if self.mirrored(a, entry.class) { f.a } else { f.s };
        self.result(op, Load { dst, a, offset }, dst, class, class)?;
        if let (Some(last), Some(link)) = (&mut self.last, family::link(op)) {
            last.fusible = Fusible::Load(a, link);
        }
        Ok(())
    }

    fn store(&mut self, f: &'static StoreFamily, class: ValueClass, memarg: MemArg) -> TranslateResult {
        let (memory, wide) = self.memory_of(&memarg)?;
        let plain = self.plain(memory, &memarg);
        let (value, address) = (self.pop(), self.pop());
        let base = self.height();
        let Some(offset) = plain else {
            let a = self.operand(address, base);
            let b = self.operand(value, base + 1);
            self.emit(f.m, StoreM { a, b, memory, wide: wide.into(), offset: memarg.offset });
            return Ok(());
        };
        let f = if wide { &f.wide } else { &f.narrow };
        // A deferred value that is not a constant comes after the sum without an instruction.
        if let EntryPlace::Local(c) = value.place
            && let Some((a, b, offset)) = self.sum(address, base, offset)
        {
            self.emit(f.sum, StoreAbc { a, b, c, offset });
            return Ok(());
        }
        let a = self.operand(address, base);
        if let (EntryPlace::Const(bits), Some((sk, ak))) = (value.place, f.constant)
            && let Some(imm) = immediate(bits, class)
        {
            if self.mirrored(a, address.class) {
                self.emit(ak, StoreAi { offset, imm });
            } else {
                self.emit(sk, StoreK { a, pad: P48, offset, imm });
            }
            return Ok(());
        }
        let b = self.operand(value, base + 1);
        let op = if self.mirrored(a, address.class) {
            f.as_
        } else if let (true, Some(sa)) = (self.mirrored(b, class), f.sa) {
            sa
        } else {
            f.ss
        };
        self.emit(op, Store { a, b, offset });
        Ok(())
    }

    /// Reports a store whose operands are on the stack; they stay there. The value of a number is on top.
    fn trace_store(&mut self, operator: &Operator<'_>) -> TranslateResult {
        let memarg = memarg(operator);
        let (memory, wide) = self.memory_of(&memarg)?;
        let kind = match operator {
            Operator::I32Store { .. } => StoreKind::I32,
            Operator::I64Store { .. } => StoreKind::I64,
            Operator::F32Store { .. } => StoreKind::F32,
            Operator::F64Store { .. } => StoreKind::F64,
            Operator::I32Store8 { .. } => StoreKind::I32As8,
            Operator::I32Store16 { .. } => StoreKind::I32As16,
            Operator::I64Store8 { .. } => StoreKind::I64As8,
            Operator::I64Store16 { .. } => StoreKind::I64As16,
            Operator::I64Store32 { .. } => StoreKind::I64As32,
            _ => return self.trace_vector_store(operator),
        };
        let a = self.settle_top(2);
        let b = self.temp(self.height() - 1);
        let kind = kind.encode(memory.into());
        self.emit(Op::TraceStore, Trace { a, b, wide: wide.into(), offset: memarg.offset, kind });
        Ok(())
    }

    /// Index of an access's memory, and whether its addresses have 64 bits.
    pub fn memory_of(&self, memarg: &MemArg) -> Result<(u16, bool), Unsupported> {
        match memarg.target {
            MemArgTarget::Memory(memory) => {
                let class = self.check_memory(memory)?;
                let memory = u16::try_from(memory).expect("the validator allows 100 memories");
                Ok((memory, class == ValueClass::Int64))
            }
            MemArgTarget::Array(_) => Err(self.unsupported("multibyte-array-access")),
        }
    }

    /// The class of a memory's addresses.
    fn check_memory(&self, memory: u32) -> Result<ValueClass, Unsupported> {
        let ty = &self.module.memories[memory as usize];
        Ok(if ty.memory64 { ValueClass::Int64 } else { ValueClass::Int32 })
    }

    /// The offset of an access that can use the base and length that the machine has at hand: those of the first
    /// memory. If another thread may grow the memory meanwhile, the length is looked up each time. Offsets of more than
    /// 32 bits are too rare to have room there.
    fn plain(&self, memory: u16, memarg: &MemArg) -> Option<u32> {
        let plain = memory == 0 && !self.module.memories[0].shared;
        u32::try_from(memarg.offset).ok().filter(|_| plain)
    }

    /// The class of a table's elements, and of its indices.
    fn check_table(&self, table: u32) -> Result<(ValueClass, ValueClass), Unsupported> {
        let ty = &self.module.tables[table as usize].ty;
        if ty.shared {
            return Err(self.unsupported("shared-everything-threads"));
        }
        let index = if ty.table64 { ValueClass::Int64 } else { ValueClass::Int32 };
        Ok((class_of(self.module, ValType::Ref(ty.element_type)), index))
    }

    fn call(&mut self, function: u32) -> TranslateResult {
        let signature = self.module.function_signature(function);
        let (params, results) = (signature.params(), signature.results());
        let base = self.settle_values(params);
        match function.checked_sub(self.module.num_imported_functions) {
            Some(index) => self.emit(Op::CallOwn, Call { base, pad: P16, index }),
            None => self.emit(Op::CallAny, Call { base, pad: P16, index: function }),
        };
        self.called(Val::slots(params), results)
    }

    fn call_indirect(&mut self, type_index: u32, table: u32, tail: bool) -> TranslateResult {
        let (_, at) = self.check_table(table)?;
        let signature = self.module.func_type(type_index);
        let (params, results) = (signature.params(), signature.results());
        let index = self.pop();
        let a = self.operand(index, self.height());
        let base = self.settle_values(params);
        let op = match (tail, at == ValueClass::Int64) {
            (false, false) => Op::CallTable,
            (false, true) => Op::CallTable64,
            (true, false) => Op::TailTable,
            (true, true) => Op::TailTable64,
        };
        self.emit(op, CallIndirect { base, a, table, ty: type_index, pad: P32 });
        if !tail {
            return self.called(Val::slots(params), results);
        }
        self.reachable = false;
        Ok(())
    }

    fn call_ref(&mut self, type_index: u32, tail: bool) -> TranslateResult {
        let signature = self.module.func_type(type_index);
        let (params, results) = (signature.params(), signature.results());
        let func = self.pop();
        let a = self.operand(func, self.height());
        let base = self.settle_values(params);
        self.emit(if tail { Op::TailSlot } else { Op::CallSlot }, CallRef { base, a, pad: P32 });
        if !tail {
            return self.called(Val::slots(params), results);
        }
        self.reachable = false;
        Ok(())
    }

    fn return_call(&mut self, function: u32) -> TranslateResult {
        let signature = self.module.function_signature(function);
        let base = self.settle_values(signature.params());
        self.emit(Op::TailAny, Call { base, pad: P16, index: function });
        self.reachable = false;
        Ok(())
    }

    /// The state after a call: results are where the arguments were, and a single one is in its accumulator.
    pub fn called(&mut self, params: usize, results: &[ValType]) -> TranslateResult {
        self.truncate(self.height() - params);
        self.mirrors = Mirrors::default();
        let base = self.temp(self.height());
        for &ty in results {
            let class = class_of(self.module, ty);
            self.push(EntryPlace::Temp, class)?;
            if let (1, Some(mirror)) = (results.len(), self.mirrors.of(class)) {
                *mirror = Some(base);
            }
        }
        Ok(())
    }

    fn throw(&mut self, tag: u32) -> TranslateResult {
        let params = self.module.tag_signature(tag).params();
        let a = self.settle_values(params);
        self.emit(Op::Throw, Ax { a, pad: P16, index: tag });
        self.reachable = false;
        Ok(())
    }
}

/// The class of a length that two index types share.
fn narrower(a: ValueClass, b: ValueClass) -> ValueClass {
    if a == ValueClass::Int64 { b } else { a }
}

/// The comparison of a reference with 0: of all bits of a pointer, of 32 otherwise.
pub fn is_null(class: ValueClass) -> &'static Cmp {
    if class == ValueClass::Int32 { family::i32_eq() } else { family::i64_eq() }
}

/// The memory argument of an operator that has one.
pub fn memarg(operator: &Operator<'_>) -> MemArg {
    syntax::memarg(operator).expect("an access of memory")
}
