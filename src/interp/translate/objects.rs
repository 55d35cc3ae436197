//! Operators on structures, arrays and i31, and type tests.

use super::*;
use crate::interp::encoding::*;
use crate::interp::objects::wanted;
use crate::module::syntax;
use crate::runtime::heap::layout::{Field, Storage};
use wasmparser::{AbstractHeapType, HeapType, Operator};

/// The extension of a packed field when it is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extend {
    /// It is not packed.
    None,
    Signed,
    Unsigned,
}

/// The class of a value read from storage.
fn class_of_storage(storage: Storage) -> ValueClass {
    match storage {
        Storage::I8 | Storage::I16 | Storage::I32 | Storage::Gc => ValueClass::Int32,
        Storage::I64 | Storage::Func => ValueClass::Int64,
        Storage::F32 => ValueClass::F32,
        Storage::F64 => ValueClass::F64,
        Storage::V128 => ValueClass::V128,
    }
}

/// The classes of the slots that values for these fields or elements take.
fn classes_for(storages: impl Iterator<Item = Storage>) -> Vec<ValueClass> {
    let slots = |storage| match class_of_storage(storage) {
        ValueClass::V128 => vec![ValueClass::V128, ValueClass::V128High],
        class => vec![class],
    };
    storages.flat_map(slots).collect()
}

/// The accumulator of a class: floats go as bits.
fn register_of(class: ValueClass) -> ValueClass {
    match class {
        ValueClass::F32 => ValueClass::Int32,
        ValueClass::F64 => ValueClass::Int64,
        other => other,
    }
}

impl Translator<'_> {
    /// Translates operators on objects in the heap.
    pub fn object(&mut self, operator: &Operator<'_>) -> TranslateResult {
        match *operator {
            Operator::StructNew { struct_type_index } => {
                let layout = layout::struct_in_module(self.module, struct_type_index);
                let slots = layout.fields.iter().map(|f| class_of_storage(f.storage).slots()).sum();
                let fields = || classes_for(layout.fields.iter().map(|f| f.storage));
                debug_assert!(self.has_on_top(&fields(), 0), "fields of other types");
                let a = self.settle_top(slots);
                self.truncate(self.height() - slots);
                let dst = self.temp(self.height());
                self.reference(Op::StructNew, Dax { dst, a, index: struct_type_index }, dst)
            }
            Operator::StructNewDesc { struct_type_index: index } => {
                let layout = layout::struct_in_module(self.module, index);
                let slots = 1 + layout.fields.iter().map(|f| class_of_storage(f.storage).slots()).sum::<usize>();
                let fields = || classes_for(layout.fields.iter().map(|f| f.storage));
                debug_assert!(self.has_on_top(&fields(), 1), "fields of other types");
                let a = self.settle_top(slots);
                let b = self.temp(self.height() - 1);
                self.truncate(self.height() - slots);
                let dst = self.temp(self.height());
                self.reference(Op::StructNewDesc, Dabx { dst, a, b, wide: 0, index, gc: 0 }, dst)
            }
            Operator::StructNewDefaultDesc { struct_type_index: index } => {
                let [b] = self.operands();
                let dst = self.temp(self.height());
                self.reference(Op::StructNewDesc, Dabx { dst, a: b, b, wide: 1, index, gc: 0 }, dst)
            }
            Operator::RefGetDesc { .. } => self.int(Op::RefGetDesc),
            Operator::RefCastDescEqNonNull { hty } => self.ref_cast_desc(self.want(hty, false)),
            Operator::RefCastDescEqNullable { hty } => self.ref_cast_desc(self.want(hty, true)),
            Operator::BrOnCastDescEq { relative_depth, to_ref_type: to, .. } => {
                self.br_on_cast_desc(relative_depth, self.want(to.heap_type(), to.is_nullable()))
            }
            Operator::BrOnCastDescEqFail { relative_depth, to_ref_type: to, .. } => {
                self.br_on_cast_desc(relative_depth, self.want(to.heap_type(), to.is_nullable()) | wanted::NOT)
            }
            Operator::StructNewDefault { struct_type_index } => {
                let dst = self.temp(self.height());
                self.reference(Op::StructNewDefault, Dx { dst, pad: P16, index: struct_type_index }, dst)
            }
            Operator::StructGet { struct_type_index, field_index } => {
                self.get(self.field(struct_type_index, field_index), Extend::None)
            }
            Operator::StructGetS { struct_type_index, field_index } => {
                self.get(self.field(struct_type_index, field_index), Extend::Signed)
            }
            Operator::StructGetU { struct_type_index, field_index } => {
                self.get(self.field(struct_type_index, field_index), Extend::Unsigned)
            }
            Operator::StructSet { struct_type_index, field_index } => {
                let field = self.field(struct_type_index, field_index);
                let [a, b] = self.operands();
                let op = match field.storage.size() {
                    1 => Op::StructSet8,
                    2 => Op::StructSet16,
                    4 => Op::StructSet32,
                    8 => Op::StructSet64,
                    _ => Op::StructSetV,
                };
                self.emit(op, Abx { a, b, index: field.offset });
                Ok(())
            }

            Operator::ArrayNew { array_type_index: index } => {
                let wide = u16::from(layout::array_in_module(self.module, index) == Storage::V128);
                let [a, b] = self.operands();
                let dst = self.temp(self.height());
                self.reference(Op::ArrayNew, Dabx { dst, a, b, wide, index, gc: 0 }, dst)
            }
            Operator::ArrayNewDefault { array_type_index: index } => {
                let [a] = self.operands();
                let dst = self.temp(self.height());
                self.reference(Op::ArrayNewDefault, Dax { dst, a, index }, dst)
            }
            Operator::ArrayNewFixed { array_type_index: index, array_size: count } => {
                let storage = layout::array_in_module(self.module, index);
                let elements = || classes_for(std::iter::repeat_n(storage, count as usize));
                debug_assert!(self.has_on_top(&elements(), 0), "elements of other types");
                let slots = count as usize * class_of_storage(storage).slots();
                let a = self.settle_top(slots);
                self.truncate(self.height() - slots);
                let dst = self.temp(self.height());
                self.reference(Op::ArrayNewFixed, Daxn { dst, a, pad: P32, index, count }, dst)
            }
            Operator::ArrayNewData { array_type_index: index, array_data_index: index2 } => {
                let [a, b] = self.operands();
                let dst = self.temp(self.height());
                self.reference(Op::ArrayNewData, Dabxx { dst, a, b, pad: P16, index, index2 }, dst)
            }
            Operator::ArrayNewElem { array_type_index: index, array_elem_index: index2 } => {
                let [a, b] = self.operands();
                let dst = self.temp(self.height());
                self.reference(Op::ArrayNewElem, Dabxx { dst, a, b, pad: P16, index, index2 }, dst)
            }
            Operator::ArrayGet { array_type_index } => self.array_get(array_type_index, Extend::None),
            Operator::ArrayGetS { array_type_index } => self.array_get(array_type_index, Extend::Signed),
            Operator::ArrayGetU { array_type_index } => self.array_get(array_type_index, Extend::Unsigned),
            Operator::ArraySet { array_type_index } => {
                let [a, b, c] = self.operands();
                let op = match layout::array_in_module(self.module, array_type_index).size() {
                    1 => Op::ArraySet8,
                    2 => Op::ArraySet16,
                    4 => Op::ArraySet32,
                    8 => Op::ArraySet64,
                    _ => Op::ArraySetV,
                };
                self.emit(op, Abc { a, b, c, pad: P16 });
                Ok(())
            }
            Operator::ArrayLen => self.int(Op::ArrayLen),
            Operator::ArrayFill { array_type_index } => {
                let index = u32::from(layout::array_in_module(self.module, array_type_index) == Storage::V128);
                let [a, b, c, d] = self.operands();
                self.emit(Op::ArrayFill, Abcdx { a, b, c, d, index, pad: P32 });
                Ok(())
            }
            Operator::ArrayCopy { .. } => {
                let [a, b, c, d, e] = self.operands();
                self.emit(Op::ArrayCopy, Abcde { a, b, c, d, e, pad: P48 });
                Ok(())
            }
            Operator::ArrayInitData { array_data_index: index, .. } => {
                let [a, b, c, d] = self.operands();
                self.emit(Op::ArrayInitData, Abcdx { a, b, c, d, index, pad: P32 });
                Ok(())
            }
            Operator::ArrayInitElem { array_elem_index: index, .. } => {
                let [a, b, c, d] = self.operands();
                self.emit(Op::ArrayInitElem, Abcdx { a, b, c, d, index, pad: P32 });
                Ok(())
            }

            Operator::RefI31 => self.int(Op::RefI31),
            Operator::I31GetS => self.int(Op::I31GetS),
            Operator::I31GetU => self.int(Op::I31GetU),
            // The same bits mean the same in both hierarchies.
            Operator::AnyConvertExtern | Operator::ExternConvertAny => Ok(()),

            Operator::RefTestNonNull { hty } => self.ref_test(self.want(hty, false)),
            Operator::RefTestNullable { hty } => self.ref_test(self.want(hty, true)),
            Operator::RefCastNonNull { hty } => self.ref_cast(self.want(hty, false)),
            Operator::RefCastNullable { hty } => self.ref_cast(self.want(hty, true)),
            Operator::BrOnCast { relative_depth, to_ref_type: to, .. } => {
                self.br_on_cast(relative_depth, self.want(to.heap_type(), to.is_nullable()))
            }
            Operator::BrOnCastFail { relative_depth, to_ref_type: to, .. } => {
                self.br_on_cast(relative_depth, self.want(to.heap_type(), to.is_nullable()) | wanted::NOT)
            }
            _ => Err(self.unsupported(syntax::proposal(operator))),
        }
    }

    /// Emits an operation whose result is a reference into the heap.
    fn reference<T: Operands>(&mut self, op: Op, operands: T, dst: Slot) -> TranslateResult {
        self.result(op, operands, dst, ValueClass::Int32, ValueClass::Int32)
    }

    /// An operation from 32 bits to 32 bits.
    fn int(&mut self, op: Op) -> TranslateResult {
        let [a] = self.operands();
        let dst = self.temp(self.height());
        self.result(op, Da { dst, a, pad: P32 }, dst, ValueClass::Int32, ValueClass::Int32)
    }

    fn field(&self, ty: u32, field: u32) -> Field {
        layout::struct_in_module(self.module, ty).fields[field as usize]
    }

    fn get(&mut self, field: Field, extend: Extend) -> TranslateResult {
        let op = match (field.storage.size(), extend) {
            (1, Extend::Signed) => Op::StructGet8S,
            (1, _) => Op::StructGet8U,
            (2, Extend::Signed) => Op::StructGet16S,
            (2, _) => Op::StructGet16U,
            (4, _) => Op::StructGet32,
            (8, _) => Op::StructGet64,
            _ => Op::StructGetV,
        };
        let [a] = self.operands();
        let (dst, class) = (self.temp(self.height()), class_of_storage(field.storage));
        self.result(op, Dax { dst, a, index: field.offset }, dst, register_of(class), class)
    }

    fn array_get(&mut self, ty: u32, extend: Extend) -> TranslateResult {
        let storage = layout::array_in_module(self.module, ty);
        let op = match (storage.size(), extend) {
            (1, Extend::Signed) => Op::ArrayGet8S,
            (1, _) => Op::ArrayGet8U,
            (2, Extend::Signed) => Op::ArrayGet16S,
            (2, _) => Op::ArrayGet16U,
            (4, _) => Op::ArrayGet32,
            (8, _) => Op::ArrayGet64,
            _ => Op::ArrayGetV,
        };
        let [a, b] = self.operands();
        let (dst, class) = (self.temp(self.height()), class_of_storage(storage));
        self.result(op, Dab { dst, a, b, pad: P16 }, dst, register_of(class), class)
    }

    /// The encoding of a type test, as [`wanted`] defines it.
    fn want(&self, ty: HeapType, null: bool) -> u32 {
        use AbstractHeapType as H;
        use wanted::*;
        let func = layout::is_func_in_module(self.module, RefType::new(true, ty).expect("the module is valid"));
        let what = match ty {
            HeapType::Concrete(index) => index.as_module_index().expect("a module's types refer by index"),
            HeapType::Exact(index) => EXACT | index.as_module_index().expect("a module's types refer by index"),
            HeapType::Abstract { ty, .. } => {
                KINDS
                    | match ty {
                        H::Func => ALL,
                        H::Any | H::Extern => I31 | STRUCT | ARRAY | HOST,
                        H::Eq => I31 | STRUCT | ARRAY,
                        H::I31 => I31,
                        H::Struct => STRUCT,
                        H::Array => ARRAY,
                        H::Exn => EXCEPTION,
                        H::None | H::NoExtern | H::NoFunc | H::NoExn | H::Cont | H::NoCont => 0,
                    }
            }
        };
        what | if func { FUNC } else { 0 } | if null { NULL } else { 0 }
    }

    fn ref_test(&mut self, index: u32) -> TranslateResult {
        let [a] = self.operands();
        let dst = self.temp(self.height());
        self.result(Op::RefTest, Dax { dst, a, index }, dst, ValueClass::Int32, ValueClass::Int32)
    }

    /// The descriptor is popped, the reference stays where it is.
    fn ref_cast_desc(&mut self, index: u32) -> TranslateResult {
        let (descriptor, at) = (self.pop(), self.height());
        let b = self.operand(descriptor, at);
        let entry = self.pop();
        let a = self.operand(entry, self.height());
        self.emit(Op::RefCastDesc, Abx { a, b, index });
        self.push_again(entry)
    }

    /// The reference stays where it is.
    fn ref_cast(&mut self, index: u32) -> TranslateResult {
        let entry = self.pop();
        let a = self.operand(entry, self.height());
        self.emit(Op::RefCast, Ax { a, pad: P16, index });
        self.push_again(entry)
    }
}
